/* SPDX-License-Identifier: Apache-2.0 */
#include "support/turn.h"

#define REALM BEL_STR("example.org")

static const struct user {
	const char *name, *password;
} users[] = { { "alice", "wonder" }, { "bob", "builder" } };

const struct bel_test_turn_login bel_test_turn_alice = { .username = "alice",
							 .password = "wonder" };
const struct bel_test_turn_login bel_test_turn_bob = { .username = "bob",
						       .password = "builder" };

/* ---- the surroundings ---- */

static bool is_user(struct bel_crypto *crypto, const struct user *user,
		    const struct bel_turn_login *login)
{
	uint8_t hash[BEL_STUN_USERHASH_BYTES];

	if (login->username.len)
		return bel_str_is_equal(login->username, bel_str_from(user->name));
	bel_stun_userhash(hash, crypto, bel_str_from(user->name), REALM);
	return bel_str_is_equal(login->userhash, (bel_str){ (char *)hash, sizeof hash });
}

static enum bel_err find_key(void *user, struct bel_turn_identity *out,
			     const struct bel_turn_login *login)
{
	struct bel_test_turn *bench = user;

	if (bench->is_broken)
		return BEL_ERR_STORE;
	for (size_t i = 0; i < BEL_COUNT_OF(users); i++) {
		if (!is_user(bench->crypto, &users[i], login))
			continue;
		out->account = bel_str_from(users[i].name);
		return bel_stun_key_init(&out->key, bench->crypto, login->algorithm,
					 out->account, REALM,
					 bel_str_from(users[i].password));
	}
	return BEL_ERR_NOT_FOUND;
}

static bool may_answer(void *user, const bel_addr *source, size_t request_bytes,
		       size_t answer_bytes)
{
	struct bel_test_turn *bench = user;

	(void)source;
	bench->budget_request_bytes += request_bytes;
	bench->budget_answer_bytes += answer_bytes;
	return !bench->is_silent;
}

static void on_wrong(void *user, const bel_addr *source,
		     const struct bel_turn_login *login)
{
	struct bel_test_turn *bench = user;

	(void)login;
	bench->wrong_count++;
	bench->wrong_source = *source;
}

static bool is_relay(void *user, const bel_addr *peer)
{
	return bel_addr_is_equal(&((struct bel_test_turn *)user)->other_relay, peer);
}

static uint64_t wall_s(void *user)
{
	return ((struct bel_test_turn *)user)->wall_s;
}

static enum bel_err open_relay(void *user, bel_addr *out, const bel_turn_relay *ids,
			       uint8_t family, enum bel_turn_parity parity)
{
	struct bel_test_turn *bench = user;
	unsigned count = parity == BEL_TURN_PORT_PAIR ? 2 : 1;

	if (family == 6 && bench->has_no_v6)
		return BEL_ERR_UNSUPPORTED;
	if (bench->is_full || bench->relays_count + count > BEL_TEST_TURN_RELAYS)
		return BEL_ERR_BUSY;
	for (unsigned i = 0; i < count; i++) {
		struct bel_test_turn_relay *relay = &bench->relays[bench->relays_count++];
		relay->id = ids[i];
		relay->addr = family == 4 ? bench->public_v4 : bench->public_v6;
		/* Odd where parity is not asked for, so that asking is seen. */
		relay->addr.port = (uint16_t)(50000 + bench->relays_count * 4 +
					      (parity == BEL_TURN_ANY_PORT));
		if (i == 1)
			relay->addr.port = (uint16_t)(out[0].port + 1);
		relay->is_open = true;
		out[i] = relay->addr;
	}
	return BEL_OK;
}

static void close_relay(void *user, bel_turn_relay id)
{
	struct bel_test_turn *bench = user;

	for (unsigned i = 0; i < bench->relays_count; i++) {
		if (bench->relays[i].id != id)
			continue;
		assert_true(bench->relays[i].is_open);
		bench->relays[i].is_open = false;
		bench->closed_count++;
		return;
	}
	fail_msg("a relay that was never opened is closed");
}

static void send_client(void *user, const struct bel_turn_tuple *to,
			const bel_str *pieces, unsigned count)
{
	struct bel_test_turn *bench = user;
	struct bel_writer writer = bel_writer_init(bench->sent, sizeof bench->sent);

	for (unsigned i = 0; i < count; i++)
		bel_write_str(&writer, pieces[i]);
	assert_int_equal(bel_writer_check(&writer), BEL_OK);
	bench->sent_len = writer.len;
	bench->sent_to = *to;
	bench->sent_count++;
	if (bench->on_sent)
		bench->on_sent(bench->wire, to, bel_writer_str(&writer));
}

static void send_peer(void *user, bel_turn_relay id, const bel_addr *peer, bel_str data,
		      bool is_unfragmented)
{
	struct bel_test_turn *bench = user;
	struct bel_writer writer = bel_writer_init(bench->relayed, sizeof bench->relayed);

	bel_write_str(&writer, data);
	bench->relayed_len = writer.len;
	bench->relayed_by = id;
	bench->relayed_to = *peer;
	bench->is_unfragmented = is_unfragmented;
	bench->relayed_count++;
	if (bench->on_relayed)
		bench->on_relayed(bench->wire, id, peer, data);
}

static const struct bel_turn_server_port port = {
	.find_key = find_key,
	.may_answer = may_answer,
	.on_wrong = on_wrong,
	.is_relay = is_relay,
	.wall_s = wall_s,
	.open_relay = open_relay,
	.close_relay = close_relay,
	.send_client = send_client,
	.send_peer = send_peer,
};

/* ---- the bench ---- */

enum bel_err bel_test_turn_try_open(struct bel_test_turn *bench,
				    const struct bel_turn_server_opts *opts)
{
	struct bel_turn_server_opts all = opts ? *opts
					       : (struct bel_turn_server_opts){ 0 };
	enum bel_err err;

	*bench = (struct bel_test_turn){ .now_ms = 3600 * 1000, .wall_s = 1700000000 };
	bench->public_v4 = bel_test_addr("192.0.2.1");
	bench->public_v6 = bel_test_addr("2a00::1");
	err = bel_crypto_open(&bench->crypto);
	if (err)
		return err;
	all.port = &port;
	all.user = bench;
	all.crypto = bench->crypto;
	if (all.realm.len == 0)
		all.realm = REALM;
	memset(all.key, 0x5a, sizeof all.key);
	err = bel_turn_server_open(&bench->server, &all, bench->now_ms);
	if (err)
		bel_crypto_close(bench->crypto);
	return err;
}

void bel_test_turn_open(struct bel_test_turn *bench,
			const struct bel_turn_server_opts *opts)
{
	assert_int_equal(bel_test_turn_try_open(bench, opts), BEL_OK);
}

void bel_test_turn_close(struct bel_test_turn *bench)
{
	bel_turn_server_close(bench->server);
	assert_int_equal(bench->closed_count, bench->relays_count);
	bel_crypto_close(bench->crypto);
}

void bel_test_turn_wait(struct bel_test_turn *bench, uint64_t ms)
{
	uint64_t end_ms = bench->now_ms + ms;

	while (bench->now_ms < end_ms) {
		uint64_t next_ms = bel_turn_server_next_ms(bench->server);
		if (next_ms > bench->now_ms + 1000)
			next_ms = bench->now_ms + 1000;
		if (next_ms > end_ms)
			next_ms = end_ms;
		if (next_ms <= bench->now_ms)
			next_ms = bench->now_ms + 1;
		bench->now_ms = next_ms;
		bel_turn_server_advance(bench->server, bench->now_ms);
	}
}

struct bel_turn_tuple bel_test_turn_client(uint8_t host, uint16_t client_port)
{
	return (struct bel_turn_tuple){
		.client = bel_addr_v4(198, 51, 100, host, client_port),
		.server = bel_addr_v4(192, 0, 2, 1, 3478),
		.transport = BEL_TURN_UDP,
	};
}

bel_addr bel_test_addr(const char *text)
{
	bel_addr addr = { .family = 0 };

	assert_int_equal(bel_addr_parse(&addr, bel_str_from(text), 0), BEL_OK);
	return addr;
}

struct bel_writer bel_test_turn_request(struct bel_test_turn *bench, char *buf,
					enum bel_stun_method method)
{
	struct bel_writer writer = bel_writer_init(buf, BEL_TEST_TURN_BYTES);
	char id[BEL_STUN_TRANSACTION_BYTES];
	struct bel_writer transaction = bel_writer_init(id, sizeof id);

	bel_write_be32(&transaction, 0x1d1d1d1d);
	bel_write_be64(&transaction, ++bench->transactions_count);
	bel_stun_write_header(&writer, BEL_STUN_REQUEST, method,
			      bel_writer_str(&transaction));
	return writer;
}

/* From a block of exactly its size, so that the sanitizers see one byte too far. */
static void receive(struct bel_test_turn *bench, const struct bel_turn_tuple *from,
		    bel_str bytes)
{
	bel_str exact = bench->is_starved ? bytes : bel_test_exact(bytes);

	bel_turn_server_receive(bench->server, from, exact, bench->now_ms);
	if (!bench->is_starved)
		free((void *)(uintptr_t)exact.ptr);
}

unsigned bel_test_turn_send(struct bel_test_turn *bench,
			    const struct bel_turn_tuple *from, bel_str request)
{
	unsigned before = bench->sent_count, code = 0;
	bel_str sent_id = bel_str_slice(request, 8, BEL_STUN_HEADER_BYTES);

	receive(bench, from, request);
	if (bench->sent_count == before)
		return 1;
	assert_int_equal(bench->sent_count, before + 1);
	assert_int_equal(
		bel_stun_parse(&bench->answer, (bel_str){ bench->sent, bench->sent_len }),
		BEL_OK);
	assert_true(bel_addr_is_equal(&bench->sent_to.client, &from->client));
	assert_true(bel_str_is_equal(bench->answer.transaction, sent_id));
	if (bench->answer.class == BEL_STUN_SUCCESS)
		return 0;
	assert_int_equal(bench->answer.class, BEL_STUN_ERROR);
	assert_true(bel_stun_find_error(&code, &bench->answer, BEL_STUN_ERROR_CODE));
	return code;
}

void bel_test_turn_nonce(struct bel_test_turn *bench, const struct bel_turn_tuple *from,
			 char out[64])
{
	char buf[BEL_TEST_TURN_BYTES];
	struct bel_writer request = bel_test_turn_request(bench, buf, BEL_STUN_REFRESH);
	bel_str nonce;

	assert_int_equal(bel_test_turn_send(bench, from, bel_writer_str(&request)), 401);
	assert_true(bel_stun_find(&nonce, &bench->answer, BEL_STUN_NONCE));
	assert_true(nonce.len < 64);
	memcpy(out, nonce.ptr, nonce.len);
	out[nonce.len] = '\0';
}

static void write_login(struct bel_test_turn *bench, const struct bel_turn_tuple *from,
			const struct bel_test_turn_login *login,
			struct bel_writer *request)
{
	static const enum bel_stun_algorithm both[] = { BEL_STUN_SHA256, BEL_STUN_MD5 };
	uint8_t hash[BEL_STUN_USERHASH_BYTES];
	bel_str username = bel_str_from(login->username);
	char nonce[64];

	if (login->is_by_hash) {
		bel_stun_userhash(hash, bench->crypto, username, REALM);
		bel_stun_write_bytes(request, BEL_STUN_USERHASH,
				     (bel_str){ (char *)hash, sizeof hash });
	} else {
		bel_stun_write_bytes(request, BEL_STUN_USERNAME, username);
	}
	if (!login->nonce)
		bel_test_turn_nonce(bench, from, nonce);
	bel_stun_write_bytes(request, BEL_STUN_REALM, REALM);
	bel_stun_write_bytes(request, BEL_STUN_NONCE,
			     bel_str_from(login->nonce ? login->nonce : nonce));
	if (login->has_algorithm) {
		bel_stun_write_algorithms(request, BEL_STUN_PASSWORD_ALGORITHMS, both, 2);
		bel_stun_write_algorithms(request, BEL_STUN_PASSWORD_ALGORITHM,
					  &login->algorithm, 1);
	}
}

unsigned bel_test_turn_ask(struct bel_test_turn *bench, const struct bel_turn_tuple *from,
			   const struct bel_test_turn_login *login,
			   struct bel_writer *request)
{
	struct bel_stun_key key;

	write_login(bench, from, login, request);
	bel_stun_key_init(&key, bench->crypto,
			  login->has_algorithm ? login->algorithm : BEL_STUN_MD5,
			  bel_str_from(login->username), REALM,
			  bel_str_from(login->password));
	bel_stun_write_integrity(request, bench->crypto,
				 login->is_sha256 ? BEL_STUN_MESSAGE_INTEGRITY_SHA256
						  : BEL_STUN_MESSAGE_INTEGRITY,
				 bel_stun_key_str(&key));
	assert_int_equal(bel_writer_check(request), BEL_OK);
	unsigned code = bel_test_turn_send(bench, from, bel_writer_str(request));
	/* RFC 8489 section 9.2.4, the last item; a 400 may come of half a claim. */
	if (code == 400 && !bel_stun_has(&bench->answer, BEL_STUN_MESSAGE_INTEGRITY) &&
	    !bel_stun_has(&bench->answer, BEL_STUN_MESSAGE_INTEGRITY_SHA256))
		return code;
	if (code != 1 && code != 401 && code != 438 && code != 500)
		assert_int_equal(
			bel_stun_verify(&bench->answer, bench->crypto,
					login->has_algorithm
						? BEL_STUN_MESSAGE_INTEGRITY_SHA256
						: BEL_STUN_MESSAGE_INTEGRITY,
					bel_stun_key_str(&key)),
			BEL_OK);
	return code;
}

/* ---- the usual requests ---- */

unsigned bel_test_turn_allocate(struct bel_test_turn *bench,
				const struct bel_turn_tuple *from)
{
	char buf[BEL_TEST_TURN_BYTES];
	struct bel_writer request = bel_test_turn_request(bench, buf, BEL_STUN_ALLOCATE);

	bel_stun_write_u32(&request, BEL_STUN_REQUESTED_TRANSPORT,
			   (uint32_t)BEL_TURN_PROTOCOL_UDP << 24);
	return bel_test_turn_ask(bench, from, &bel_test_turn_alice, &request);
}

unsigned bel_test_turn_refresh(struct bel_test_turn *bench,
			       const struct bel_turn_tuple *from, uint32_t lifetime_s)
{
	char buf[BEL_TEST_TURN_BYTES];
	struct bel_writer request = bel_test_turn_request(bench, buf, BEL_STUN_REFRESH);

	bel_stun_write_u32(&request, BEL_STUN_LIFETIME, lifetime_s);
	return bel_test_turn_ask(bench, from, &bel_test_turn_alice, &request);
}

unsigned bel_test_turn_permit(struct bel_test_turn *bench,
			      const struct bel_turn_tuple *from, const char *peer)
{
	char buf[BEL_TEST_TURN_BYTES];
	struct bel_writer request = bel_test_turn_request(bench, buf,
							  BEL_STUN_CREATE_PERMISSION);
	bel_addr addr = bel_test_addr(peer);

	bel_stun_write_addr(&request, BEL_STUN_XOR_PEER_ADDRESS, &addr);
	return bel_test_turn_ask(bench, from, &bel_test_turn_alice, &request);
}

unsigned bel_test_turn_bind(struct bel_test_turn *bench,
			    const struct bel_turn_tuple *from, uint16_t channel,
			    const char *peer)
{
	char buf[BEL_TEST_TURN_BYTES];
	struct bel_writer request = bel_test_turn_request(bench, buf,
							  BEL_STUN_CHANNEL_BIND);
	bel_addr addr = bel_test_addr(peer);

	bel_stun_write_u32(&request, BEL_STUN_CHANNEL_NUMBER, (uint32_t)channel << 16);
	bel_stun_write_addr(&request, BEL_STUN_XOR_PEER_ADDRESS, &addr);
	return bel_test_turn_ask(bench, from, &bel_test_turn_alice, &request);
}

static bool is_relayed(struct bel_test_turn *bench, const struct bel_turn_tuple *from,
		       bel_str bytes)
{
	unsigned before = bench->relayed_count, sent = bench->sent_count;

	receive(bench, from, bytes);
	/* Neither is ever answered. */
	assert_int_equal(bench->sent_count, sent);
	return bench->relayed_count > before;
}

bool bel_test_turn_say(struct bel_test_turn *bench, const struct bel_turn_tuple *from,
		       const char *peer, const char *data)
{
	char buf[BEL_TEST_TURN_BYTES];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	bel_addr addr = bel_test_addr(peer);

	bel_stun_write_header(&writer, BEL_STUN_INDICATION, BEL_STUN_SEND,
			      BEL_STR("indications."));
	bel_stun_write_addr(&writer, BEL_STUN_XOR_PEER_ADDRESS, &addr);
	bel_stun_write_bytes(&writer, BEL_STUN_DATA_VALUE, bel_str_from(data));
	return is_relayed(bench, from, bel_writer_str(&writer));
}

bool bel_test_turn_say_by_channel(struct bel_test_turn *bench,
				  const struct bel_turn_tuple *from, uint16_t channel,
				  const char *data)
{
	char buf[BEL_TEST_TURN_BYTES];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	bel_str text = bel_str_from(data);

	bel_write_be16(&writer, channel);
	bel_write_be16(&writer, (uint16_t)text.len);
	bel_write_str(&writer, text);
	return is_relayed(bench, from, bel_writer_str(&writer));
}

bool bel_test_turn_hear(struct bel_test_turn *bench, bel_turn_relay relay,
			const char *peer, const char *data)
{
	unsigned before = bench->sent_count;
	bel_addr addr = bel_test_addr(peer);

	bel_turn_server_on_peer(bench->server, relay, &addr, bel_str_from(data),
				bench->now_ms);
	return bench->sent_count > before;
}
