/* SPDX-License-Identifier: Apache-2.0
 * Those who prove nothing: what they cost, and what they get sent to others. */
#include "nat_support.h"

static const char transaction[] = "abcdefghijkl";

static struct bel_writer request_of(char *buf, size_t size, enum bel_stun_method method)
{
	struct bel_writer writer = bel_writer_init(buf, size);

	bel_stun_write_header(&writer, BEL_STUN_REQUEST, method,
			      (bel_str){ transaction, 12 });
	if (method == BEL_STUN_ALLOCATE)
		bel_stun_write_u32(&writer, BEL_STUN_REQUESTED_TRANSPORT, 17u << 24);
	return writer;
}

static void throw_at(struct ear *from, bel_str bytes)
{
	bel_addr server = at(1, UDP_PORT);

	bel_udp_send(from->udp, &server, NULL, bytes);
}

static void a_binding_is_answered_with_the_source_and_nothing_else(void **state)
{
	struct post *post = open_post("", "");
	struct bel_stun_msg answer;
	bel_addr mapped, source = at(4, 4000);
	char buf[64];
	struct bel_writer request = request_of(buf, sizeof buf, BEL_STUN_BINDING);

	(void)state;
	throw_at(&post->peer, bel_writer_str(&request));
	run_for(post, 10);
	assert_int_equal(post->peer.count, 1);
	assert_int_equal(bel_stun_parse(&answer, (bel_str){ post->peer.last,
							    post->peer.last_len }),
			 BEL_OK);
	assert_true(bel_stun_find_addr(&mapped, &answer, BEL_STUN_XOR_MAPPED_ADDRESS));
	assert_true(bel_addr_is_equal(&mapped, &source));
	/* With the heads of IP and UDP around both: at most a quarter more. */
	assert_int_equal(request.len, 20);
	assert_int_equal(post->peer.last_len, 32);
	close_post(post);
}

/* What one source is sent in answer to a second of forged requests in its name. */
static void a_flood_in_somebodys_name_comes_out_smaller_than_it_went_in(void **state)
{
	static const enum bel_stun_method methods[] = { BEL_STUN_BINDING,
							BEL_STUN_ALLOCATE };
	enum { REQUESTS = 1000 };

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(methods); i++) {
		struct post *post = open_post("", "");
		char buf[64];
		struct bel_writer request = request_of(buf, sizeof buf, methods[i]);
		for (unsigned k = 0; k < REQUESTS; k++) {
			throw_at(&post->peer, bel_writer_str(&request));
			if (k % 50 == 0)
				run_for(post, 40);
		}
		run_for(post, 100);
		assert_in_range(post->peer.count, 5, 20);
		assert_in_range(post->peer.bytes, 1, REQUESTS * request.len / 10);
		assert_int_equal(bel_nat_turn_counters(post->nat)->unanswered,
				 REQUESTS - post->peer.count);
		assert_int_equal(bel_nat_turn_counters(post->nat)->memory_bytes, 0);
		close_post(post);
	}
}

static void add_nothing(struct bel_writer *request)
{
	(void)request;
}

static void add_what_nobody_knows(struct bel_writer *request)
{
	for (uint16_t type = 0x7f00; type < 0x7f00 + BEL_STUN_UNKNOWN_MAX; type++) {
		bel_write_be16(request, type);
		bel_write_be16(request, 0);
	}
	/* The length in the header. */
	request->buf[3] = (char)(request->len - BEL_STUN_HEADER_BYTES);
}

static void add_a_login_of_nobody(struct bel_writer *request)
{
	static const char key[] = "0123456789abcdef";
	struct bel_crypto *crypto;

	assert_int_equal(bel_crypto_open(&crypto), BEL_OK);
	bel_stun_write_bytes(request, BEL_STUN_USERNAME, BEL_STR("x"));
	bel_stun_write_bytes(request, BEL_STUN_REALM, BEL_STR("x"));
	bel_stun_write_bytes(request, BEL_STUN_NONCE, BEL_STR("x"));
	assert_int_equal(bel_stun_write_integrity(request, crypto,
						  BEL_STUN_MESSAGE_INTEGRITY,
						  (bel_str){ key, 16 }),
			 BEL_OK);
	bel_crypto_close(crypto);
}

static void add_half_a_login(struct bel_writer *request)
{
	bel_stun_write_bytes(request, BEL_STUN_USERNAME, BEL_STR("alice"));
}

/* Every method there is, and some that there are not. At ten answers a second even the
 * shortest question, asked a hundred times, is more than all that comes of it. */
static void no_kind_of_request_brings_more_bytes_than_it_has(void **state)
{
	static void (*const adds[])(
		struct bel_writer *) = { add_nothing, add_what_nobody_knows,
					 add_half_a_login, add_a_login_of_nobody };
	enum { METHODS = 16, REQUESTS = 100, ADDS = BEL_COUNT_OF(adds) };
	struct post *post = open_post("", "");
	unsigned answered_count = 0;

	(void)state;
	for (unsigned i = 0; i < METHODS * ADDS; i++) {
		char buf[256];
		struct bel_writer request = request_of(buf, sizeof buf,
						       (enum bel_stun_method)(i / ADDS));
		adds[i % ADDS](&request);
		assert_false(request.is_full);
		post->peer.count = 0;
		post->peer.bytes = 0;
		for (unsigned k = 0; k < REQUESTS; k++)
			throw_at(&post->peer, bel_writer_str(&request));
		run_for(post, 2000);
		assert_in_range(post->peer.bytes, 0, REQUESTS * request.len);
		answered_count += post->peer.count > 0;
	}
	/* Binding, Allocate, Refresh, CreatePermission and ChannelBind, at least. */
	assert_in_range(answered_count, 5 * ADDS, METHODS * ADDS);
	close_post(post);
}

static void who_is_trusted_has_no_budget(void **state)
{
	struct post *post = open_post("", "trust 20.0.0.4");
	char buf[64];
	struct bel_writer request = request_of(buf, sizeof buf, BEL_STUN_BINDING);

	(void)state;
	for (unsigned k = 0; k < 100; k++)
		throw_at(&post->peer, bel_writer_str(&request));
	run_for(post, 100);
	assert_int_equal(post->peer.count, 100);
	close_post(post);
}

static void who_guesses_passwords_is_shut_out_and_others_are_not(void **state)
{
	struct post *post = open_post("", "guard { failures 3 per minute; ban 10m }");
	struct bel_test_relay_client *client;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		client = allocate(post, 0, BEL_TURN_UDP, "alice", "guess");
		assert_int_equal(client->end_code, 401);
		bel_test_relay_close(client);
		run_for(post, 1000);
	}
	client = allocate(post, 0, BEL_TURN_UDP, "alice", "wonder");
	assert_false(client->is_open);
	assert_true(bel_nat_counters(post->nat)->refused > 0);
	assert_true(allocate(post, 1, BEL_TURN_UDP, "alice", "wonder")->is_open);
	bel_test_relay_close(client);
	run_for(post, 601 * 1000);
	assert_true(allocate(post, 0, BEL_TURN_UDP, "alice", "wonder")->is_open);
	close_post(post);
}

/* Requests with a password that is wrong and a nonce that is none, in alice's name and
 * from her address: she is not shut out for it. */
static void nobody_is_shut_out_for_what_others_say_in_his_name(void **state)
{
	struct post *post = open_post("", "guard { failures 3 per minute }");
	static const char key[] = "0123456789abcdef";
	struct ear forger = { .udp = NULL };

	(void)state;
	open_ear(&forger, post->client_loops[0], at(2, 9));
	for (unsigned i = 0; i < 20; i++) {
		char buf[256];
		struct bel_writer request = request_of(buf, sizeof buf,
						       BEL_STUN_ALLOCATE);
		bel_stun_write_bytes(&request, BEL_STUN_USERNAME, BEL_STR("alice"));
		bel_stun_write_bytes(&request, BEL_STUN_REALM, BEL_STR("example.test"));
		bel_stun_write_bytes(&request, BEL_STUN_NONCE, BEL_STR("made up"));
		bel_stun_write_integrity(&request, post->crypto,
					 BEL_STUN_MESSAGE_INTEGRITY,
					 (bel_str){ key, 16 });
		throw_at(&forger, bel_writer_str(&request));
		run_for(post, 200);
	}
	assert_true(forger.count > 0);
	assert_true(allocate(post, 0, BEL_TURN_UDP, "alice", "wonder")->is_open);
	bel_udp_close(forger.udp);
	close_post(post);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_binding_is_answered_with_the_source_and_nothing_else),
		cmocka_unit_test(
			a_flood_in_somebodys_name_comes_out_smaller_than_it_went_in),
		cmocka_unit_test(no_kind_of_request_brings_more_bytes_than_it_has),
		cmocka_unit_test(who_is_trusted_has_no_budget),
		cmocka_unit_test(who_guesses_passwords_is_shut_out_and_others_are_not),
		cmocka_unit_test(nobody_is_shut_out_for_what_others_say_in_his_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
