/* SPDX-License-Identifier: Apache-2.0
 * Who may do what: every method with every kind of credentials. */
#include "support/turn.h"

#include "crypto/crypto.h"

#define PEER "20.1.1.1:4000"

enum who {
	NOBODY,
	UNKNOWN,
	WRONG_PASSWORD,
	RIGHT,
	RIGHT_MD5_SAID,
	RIGHT_SHA256,
	RIGHT_BY_HASH,
	RIGHT_SHA256_UNSAID, /* MESSAGE-INTEGRITY-SHA256, and nothing of algorithms */
	OTHER_USER,
	WHO_COUNT,
};

static const struct bel_test_turn_login logins[WHO_COUNT] = {
	[UNKNOWN] = { .username = "mallory", .password = "wonder" },
	[WRONG_PASSWORD] = { .username = "alice", .password = "guess" },
	[RIGHT] = { .username = "alice", .password = "wonder" },
	[RIGHT_MD5_SAID] = { .username = "alice",
			     .password = "wonder",
			     .has_algorithm = true,
			     .algorithm = BEL_STUN_MD5 },
	[RIGHT_SHA256] = { .username = "alice",
			   .password = "wonder",
			   .has_algorithm = true,
			   .algorithm = BEL_STUN_SHA256,
			   .is_sha256 = true },
	[RIGHT_BY_HASH] = { .username = "alice",
			    .password = "wonder",
			    .has_algorithm = true,
			    .algorithm = BEL_STUN_SHA256,
			    .is_sha256 = true,
			    .is_by_hash = true },
	[RIGHT_SHA256_UNSAID] = { .username = "alice",
				  .password = "wonder",
				  .is_sha256 = true },
	[OTHER_USER] = { .username = "bob", .password = "builder" },
};

static struct bel_writer request_of(struct bel_test_turn *bench, char *buf,
				    enum bel_stun_method method)
{
	struct bel_writer request = bel_test_turn_request(bench, buf, method);
	bel_addr peer = bel_test_addr(PEER);

	if (method == BEL_STUN_ALLOCATE)
		bel_stun_write_u32(&request, BEL_STUN_REQUESTED_TRANSPORT, 17u << 24);
	if (method == BEL_STUN_CHANNEL_BIND)
		bel_stun_write_u32(&request, BEL_STUN_CHANNEL_NUMBER, 0x40000000);
	if (method == BEL_STUN_CREATE_PERMISSION || method == BEL_STUN_CHANNEL_BIND)
		bel_stun_write_addr(&request, BEL_STUN_XOR_PEER_ADDRESS, &peer);
	return request;
}

static unsigned try(struct bel_test_turn *bench, const struct bel_turn_tuple *from,
		    enum bel_stun_method method, enum who who)
{
	char buf[BEL_TEST_TURN_BYTES];
	struct bel_writer request = request_of(bench, buf, method);

	return who == NOBODY ? bel_test_turn_send(bench, from, bel_writer_str(&request))
			     : bel_test_turn_ask(bench, from, &logins[who], &request);
}

static const enum bel_stun_method methods[] = {
	BEL_STUN_ALLOCATE,
	BEL_STUN_REFRESH,
	BEL_STUN_CREATE_PERMISSION,
	BEL_STUN_CHANNEL_BIND,
};

static bool is_right(enum who who)
{
	return who >= RIGHT && who <= RIGHT_SHA256_UNSAID;
}

/* Where nobody has an allocation: only who is known gets past the door, and then there is
 * one to be made, or none to be used. */
static void every_method_of_everyone_without_an_allocation(void **state)
{
	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(methods); i++) {
		for (enum who who = NOBODY; who < WHO_COUNT; who++) {
			struct bel_test_turn bench;
			struct bel_turn_tuple client = bel_test_turn_client(1, 1000);
			unsigned known = methods[i] == BEL_STUN_ALLOCATE ? 0 : 437;
			unsigned expected = is_right(who) || who == OTHER_USER ? known
									       : 401;
			bel_test_turn_open(&bench, NULL);
			if (try(&bench, &client, methods[i], who) != expected)
				fail_msg("method %u, who %u", methods[i], who);
			assert_int_equal(bench.relays_count, expected == 0);
			bel_test_turn_close(&bench);
		}
	}
}

/* Where alice has one: it does what she says, and nothing of it changes for anyone else
 * on the same 5-tuple. */
static void every_method_of_everyone_with_alices_allocation(void **state)
{
	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(methods); i++) {
		for (enum who who = NOBODY; who < WHO_COUNT; who++) {
			struct bel_test_turn bench;
			struct bel_turn_tuple client = bel_test_turn_client(1, 1000);
			bool is_allocate = methods[i] == BEL_STUN_ALLOCATE;
			unsigned expected = 401;
			bel_test_turn_open(&bench, NULL);
			assert_int_equal(bel_test_turn_allocate(&bench, &client), 0);
			bel_test_turn_wait(&bench, 500 * 1000);
			if (is_right(who))
				expected = is_allocate ? 437 : 0;
			if (who == OTHER_USER)
				expected = is_allocate ? 437 : 441;
			if (try(&bench, &client, methods[i], who) != expected)
				fail_msg("method %u, who %u", methods[i], who);
			bool is_granted = methods[i] == BEL_STUN_CREATE_PERMISSION ||
					  methods[i] == BEL_STUN_CHANNEL_BIND;
			assert_true(bel_test_turn_say(&bench, &client, PEER, "x") ==
				    (is_granted && expected == 0));
			/* Refreshed by whom, it lives on. */
			bel_test_turn_wait(&bench, 101 * 1000);
			assert_true(bench.relays[0].is_open ==
				    (methods[i] == BEL_STUN_REFRESH && expected == 0));
			bel_test_turn_close(&bench);
		}
	}
}

static void a_wrong_user_and_a_wrong_password_look_alike(void **state)
{
	struct bel_test_turn bench;
	struct bel_turn_tuple client = bel_test_turn_client(1, 1000);
	char first[BEL_TEST_TURN_BYTES];
	size_t len;

	(void)state;
	bel_test_turn_open(&bench, NULL);
	assert_int_equal(try(&bench, &client, BEL_STUN_ALLOCATE, UNKNOWN), 401);
	len = bench.sent_len;
	memcpy(first, bench.sent, len);
	assert_int_equal(try(&bench, &client, BEL_STUN_ALLOCATE, WRONG_PASSWORD), 401);
	assert_int_equal(bench.sent_len, len);
	assert_memory_equal(bench.sent, first, 8);
	assert_memory_equal(bench.sent + BEL_STUN_HEADER_BYTES,
			    first + BEL_STUN_HEADER_BYTES, len - BEL_STUN_HEADER_BYTES);
	bel_test_turn_close(&bench);
}

/* RFC 8489 section 9.2.4, item by item. */
static void half_a_claim_is_a_bad_request(void **state)
{
	static const struct {
		bool has_user, has_realm, has_nonce;
		enum bel_stun_algorithm said; /* 0: none */
		bool has_list;
		unsigned code;
	} rows[] = {
		{ false, true, true, 0, false, 400 },
		{ true, false, true, 0, false, 400 },
		{ true, true, false, 0, false, 400 },
		{ true, true, true, 0, true, 400 },
		{ true, true, true, BEL_STUN_SHA256, false, 400 },
		{ true, true, true, 7, true, 400 },
		{ true, true, true, 0, false, 0 },
	};
	struct bel_test_turn bench;
	struct bel_turn_tuple client = bel_test_turn_client(1, 1000);
	struct bel_stun_key key;
	char nonce[64];

	(void)state;
	bel_test_turn_open(&bench, NULL);
	bel_test_turn_nonce(&bench, &client, nonce);
	bel_stun_key_init(&key, bench.crypto, BEL_STUN_MD5, BEL_STR("alice"),
			  BEL_STR("example.org"), BEL_STR("wonder"));
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		static const enum bel_stun_algorithm both[] = { BEL_STUN_SHA256,
								BEL_STUN_MD5 };
		char buf[BEL_TEST_TURN_BYTES];
		struct bel_writer request = request_of(&bench, buf, BEL_STUN_ALLOCATE);
		if (rows[i].has_user)
			bel_stun_write_bytes(&request, BEL_STUN_USERNAME,
					     BEL_STR("alice"));
		if (rows[i].has_realm)
			bel_stun_write_bytes(&request, BEL_STUN_REALM,
					     BEL_STR("example.org"));
		if (rows[i].has_nonce)
			bel_stun_write_bytes(&request, BEL_STUN_NONCE,
					     bel_str_from(nonce));
		if (rows[i].has_list)
			bel_stun_write_algorithms(&request, BEL_STUN_PASSWORD_ALGORITHMS,
						  both, 2);
		if (rows[i].said)
			bel_stun_write_algorithms(&request, BEL_STUN_PASSWORD_ALGORITHM,
						  &rows[i].said, 1);
		bel_stun_write_integrity(&request, bench.crypto,
					 BEL_STUN_MESSAGE_INTEGRITY,
					 bel_stun_key_str(&key));
		assert_int_equal(
			bel_test_turn_send(&bench, &client, bel_writer_str(&request)),
			rows[i].code);
		if (rows[i].code)
			assert_false(bel_stun_has(&bench.answer, BEL_STUN_NONCE));
	}
	bel_test_turn_close(&bench);
}

/* A man in between who strikes SHA-256 from the list is seen: the list comes back. */
static void a_list_of_algorithms_that_was_changed_is_refused(void **state)
{
	static const enum bel_stun_algorithm md5 = BEL_STUN_MD5;
	struct bel_test_turn bench;
	struct bel_turn_tuple client = bel_test_turn_client(1, 1000);
	struct bel_stun_key key;
	char nonce[64], buf[BEL_TEST_TURN_BYTES];

	(void)state;
	bel_test_turn_open(&bench, NULL);
	bel_test_turn_nonce(&bench, &client, nonce);
	bel_stun_key_init(&key, bench.crypto, BEL_STUN_MD5, BEL_STR("alice"),
			  BEL_STR("example.org"), BEL_STR("wonder"));
	struct bel_writer request = request_of(&bench, buf, BEL_STUN_ALLOCATE);
	bel_stun_write_bytes(&request, BEL_STUN_USERNAME, BEL_STR("alice"));
	bel_stun_write_bytes(&request, BEL_STUN_REALM, BEL_STR("example.org"));
	bel_stun_write_bytes(&request, BEL_STUN_NONCE, bel_str_from(nonce));
	bel_stun_write_algorithms(&request, BEL_STUN_PASSWORD_ALGORITHMS, &md5, 1);
	bel_stun_write_algorithms(&request, BEL_STUN_PASSWORD_ALGORITHM, &md5, 1);
	bel_stun_write_integrity(&request, bench.crypto, BEL_STUN_MESSAGE_INTEGRITY,
				 bel_stun_key_str(&key));
	assert_int_equal(bel_test_turn_send(&bench, &client, bel_writer_str(&request)),
			 400);
	/* And so are features that were struck from the nonce. */
	struct bel_test_turn_login login = bel_test_turn_alice;
	nonce[9] = 'A';
	login.nonce = nonce;
	request = request_of(&bench, buf, BEL_STUN_ALLOCATE);
	assert_int_equal(bel_test_turn_ask(&bench, &client, &login, &request), 438);
	bel_test_turn_close(&bench);
}

static void a_store_that_fails_is_no_wrong_password(void **state)
{
	struct bel_test_turn bench;
	struct bel_turn_tuple client = bel_test_turn_client(1, 1000);

	(void)state;
	bel_test_turn_open(&bench, NULL);
	bench.is_broken = true;
	assert_int_equal(try(&bench, &client, BEL_STUN_ALLOCATE, RIGHT), 500);
	assert_int_equal(try(&bench, &client, BEL_STUN_ALLOCATE, UNKNOWN), 500);
	bel_test_turn_close(&bench);
}

static void a_server_of_old_keys_offers_no_algorithms(void **state)
{
	const struct bel_turn_server_opts opts = { .is_md5_only = true };
	struct bel_test_turn bench;
	struct bel_turn_tuple client = bel_test_turn_client(1, 1000);
	uint32_t features = 1;
	bel_str nonce;

	(void)state;
	bel_test_turn_open(&bench, &opts);
	assert_int_equal(try(&bench, &client, BEL_STUN_ALLOCATE, NOBODY), 401);
	assert_false(bel_stun_has(&bench.answer, BEL_STUN_PASSWORD_ALGORITHMS));
	bel_stun_find(&nonce, &bench.answer, BEL_STUN_NONCE);
	assert_true(bel_stun_cookie_parse(&features, nonce));
	assert_int_equal(features, 0);
	assert_int_equal(try(&bench, &client, BEL_STUN_ALLOCATE, RIGHT_SHA256), 400);
	assert_int_equal(try(&bench, &client, BEL_STUN_ALLOCATE, RIGHT), 0);
	bel_test_turn_close(&bench);
}

/* ---- time-limited credentials ---- */

static void make_limited(char username[64], char password[64], uint64_t until_s,
			 const char *account, const char *secret)
{
	struct bel_writer name = bel_writer_init(username, 64);
	struct bel_writer text = bel_writer_init(password, 64);
	uint8_t mac[BEL_DIGEST_BYTES_MAX];
	struct bel_crypto *crypto;

	bel_write_u64(&name, until_s);
	bel_write_char(&name, ':');
	bel_write_text(&name, account);
	const bel_str said = bel_writer_str(&name);
	bel_write_char(&name, '\0');
	assert_int_equal(bel_crypto_open(&crypto), BEL_OK);
	assert_int_equal(bel_hmac(mac, crypto, BEL_SHA1, bel_str_from(secret), &said, 1),
			 BEL_OK);
	bel_crypto_close(crypto);
	bel_write_base64(&text, (bel_str){ (char *)mac, 20 });
	bel_write_char(&text, '\0');
}

/* Made with openssl:
 * printf 1433895918:alice | openssl dgst -sha1 -hmac secret -binary | base64 */
static void a_limited_password_is_what_others_make_of_the_secret(void **state)
{
	char username[64], password[64];

	(void)state;
	make_limited(username, password, 1433895918, "alice", "secret");
	assert_string_equal(username, "1433895918:alice");
	assert_string_equal(password, "9FlGeCxuzk5viW4BIqwHUUUEvWw=");
}

static void limited_credentials_open_until_their_time_is_over(void **state)
{
	static const bel_str secrets[] = { { "old", 3 }, { "new", 3 } };
	const struct bel_turn_server_opts opts = { .secrets = secrets,
						   .secrets_count = 2 };
	struct bel_test_turn bench;
	struct bel_turn_tuple client = bel_test_turn_client(1, 1000);
	struct bel_turn_tuple later = bel_test_turn_client(1, 2000);
	char username[64], password[64], buf[BEL_TEST_TURN_BYTES];
	struct bel_test_turn_login login = { .username = username, .password = password };

	(void)state;
	bel_test_turn_open(&bench, &opts);
	for (unsigned i = 0; i < 2; i++) {
		client.client.port++;
		login.has_algorithm = login.is_sha256 = i == 1;
		login.algorithm = BEL_STUN_SHA256;
		make_limited(username, password, bench.wall_s, "guest",
			     i ? "old" : "new");
		struct bel_writer request = request_of(&bench, buf, BEL_STUN_ALLOCATE);
		assert_int_equal(bel_test_turn_ask(&bench, &client, &login, &request), 0);
	}
	bench.wall_s++;
	/* What stands is served, to the same account. */
	struct bel_writer request = request_of(&bench, buf, BEL_STUN_CREATE_PERMISSION);
	assert_int_equal(bel_test_turn_ask(&bench, &client, &login, &request), 0);
	request = request_of(&bench, buf, BEL_STUN_ALLOCATE);
	assert_int_equal(bel_test_turn_ask(&bench, &later, &login, &request), 401);
	for (size_t i = 0; i < BEL_COUNT_OF(methods); i++) {
		request = request_of(&bench, buf, methods[i]);
		assert_int_equal(bel_test_turn_ask(&bench, &later, &login, &request),
				 401);
	}
	/* Another time, the same account; another account. */
	make_limited(username, password, bench.wall_s + 60, "guest", "new");
	request = request_of(&bench, buf, BEL_STUN_REFRESH);
	assert_int_equal(bel_test_turn_ask(&bench, &client, &login, &request), 0);
	make_limited(username, password, bench.wall_s + 60, "thief", "new");
	request = request_of(&bench, buf, BEL_STUN_REFRESH);
	assert_int_equal(bel_test_turn_ask(&bench, &client, &login, &request), 441);
	make_limited(username, password, bench.wall_s + 60, "guest", "guess");
	request = request_of(&bench, buf, BEL_STUN_REFRESH);
	assert_int_equal(bel_test_turn_ask(&bench, &client, &login, &request), 401);
	/* Users of the store are users still. */
	assert_int_equal(bel_test_turn_allocate(&bench, &later), 0);
	bel_test_turn_close(&bench);
}

static void without_secrets_no_limited_credentials_are_known(void **state)
{
	struct bel_test_turn bench;
	struct bel_turn_tuple client = bel_test_turn_client(1, 1000);
	char username[64], password[64], buf[BEL_TEST_TURN_BYTES];
	struct bel_test_turn_login login = { .username = username, .password = password };

	(void)state;
	bel_test_turn_open(&bench, NULL);
	make_limited(username, password, bench.wall_s + 60, "guest", "");
	struct bel_writer request = request_of(&bench, buf, BEL_STUN_ALLOCATE);
	assert_int_equal(bel_test_turn_ask(&bench, &client, &login, &request), 401);
	bel_test_turn_close(&bench);
}

/* Who has no nonce of ours may stand anywhere: nobody is blamed for what he says. */
static void only_who_was_given_a_nonce_can_have_guessed(void **state)
{
	const struct bel_test_turn_login wrong = { .username = "alice", .password = "x" };
	const struct bel_test_turn_login stranger = { .username = "eve",
						      .password = "x" };
	struct bel_test_turn_login forged = wrong;
	struct bel_turn_tuple client = bel_test_turn_client(1, 1000);
	struct bel_test_turn bench;

	(void)state;
	forged.nonce = "obMatJos2AAAAAAAAAAAAAAAAAAAA";
	bel_test_turn_open(&bench, NULL);
	assert_int_equal(try(&bench, &client, BEL_STUN_ALLOCATE, NOBODY), 401);
	assert_int_equal(bel_test_turn_allocate(&bench, &client), 0);
	for (unsigned i = 0; i < 3; i++) {
		static const unsigned expected[] = { 0, 1, 2 };
		const struct bel_test_turn_login *const given[] = { &forged, &wrong,
								    &stranger };
		char buf[BEL_TEST_TURN_BYTES];
		struct bel_writer request = request_of(&bench, buf, BEL_STUN_REFRESH);
		assert_int_equal(bel_test_turn_ask(&bench, &client, given[i], &request),
				 401);
		assert_int_equal(bench.wrong_count, expected[i]);
	}
	assert_true(bel_addr_is_equal(&bench.wrong_source, &client.client));
	bel_test_turn_close(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_method_of_everyone_without_an_allocation),
		cmocka_unit_test(every_method_of_everyone_with_alices_allocation),
		cmocka_unit_test(a_wrong_user_and_a_wrong_password_look_alike),
		cmocka_unit_test(only_who_was_given_a_nonce_can_have_guessed),
		cmocka_unit_test(half_a_claim_is_a_bad_request),
		cmocka_unit_test(a_list_of_algorithms_that_was_changed_is_refused),
		cmocka_unit_test(a_store_that_fails_is_no_wrong_password),
		cmocka_unit_test(a_server_of_old_keys_offers_no_algorithms),
		cmocka_unit_test(a_limited_password_is_what_others_make_of_the_secret),
		cmocka_unit_test(limited_credentials_open_until_their_time_is_over),
		cmocka_unit_test(without_secrets_no_limited_credentials_are_known),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
