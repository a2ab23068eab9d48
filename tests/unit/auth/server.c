/* SPDX-License-Identifier: Apache-2.0
 * Challenges, and what is said to credentials: one claim that is right, and each thing
 * that can be wrong about it. */
#include "unit/auth/auth_support.h"

static const enum bel_digest all_digests[] = { BEL_MD5, BEL_SHA256, BEL_SHA512_256 };

static void right_credentials_are_valid_for_every_digest_and_qop(void **state)
{
	static const struct {
		const char *qop, *algorithms[3];
		bool is_session;
	} rows[] = {
		{ "auth", { NULL, NULL, NULL }, false },
		{ "auth-int", { NULL, NULL, NULL }, false },
		{ "auth", { "MD5-sess", "SHA-256-sess", "SHA-512-256-sess" }, true },
		{ "auth-int", { "MD5-sess", "SHA-256-sess", "SHA-512-256-sess" }, true },
		{ "AUTH", { "md5", "sha-256", "sha-512-256" }, false },
	};

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		for (size_t k = 0; k < BEL_COUNT_OF(all_digests); k++) {
			struct desk *desk = open_desk(all_digests[k]);
			const struct claim claim = { .qop = rows[i].qop,
						     .algorithm = rows[i].algorithms[k],
						     .is_session = rows[i].is_session,
						     .body = "v=0\r\n" };
			struct bel_auth_credentials credentials;
			assert_int_equal(judge(desk, &claim, &credentials),
					 BEL_AUTH_VALID);
			assert_str(credentials.username, "alice");
			assert_int_equal(credentials.nc, 1);
			assert_int_equal(credentials.nonce_time_s, NOW_S);
			assert_int_equal(credentials.nonce_salt, 7);
			close_desk(desk);
		}
	}
}

static void each_wrong_thing_has_its_verdict(void **state)
{
	static const struct {
		const char *what;
		struct claim claim;
		enum bel_auth_verdict verdict;
	} rows[] = {
		{ "another password", { .password = "guess" }, BEL_AUTH_WRONG },
		{ "another target", { .uri = "sip:example.org" }, BEL_AUTH_WRONG },
		{ "a user in the target",
		  { .uri = "sip:bob@example.com" },
		  BEL_AUTH_VALID },
		{ "the target with its port",
		  { .uri = "sip:example.com:5060" },
		  BEL_AUTH_VALID },
		{ "the target with parameters",
		  { .uri = "sip:EXAMPLE.com;transport=tcp" },
		  BEL_AUTH_VALID },
		{ "a target that is no URI", { .uri = "example.com" }, BEL_AUTH_WRONG },
		{ "another realm", { .realm = "example.org" }, BEL_AUTH_MISSING },
		{ "no realm", { .realm = "-" }, BEL_AUTH_MISSING },
		{ "no qop (RFC 8760 section 2.6)", { .qop = "-" }, BEL_AUTH_WRONG },
		{ "an unknown qop", { .qop = "auth-conf" }, BEL_AUTH_WRONG },
		{ "count 0", { .nc = "00000000" }, BEL_AUTH_WRONG },
		{ "no count", { .nc = "-" }, BEL_AUTH_WRONG },
		{ "a count that is no number", { .nc = "0000000g" }, BEL_AUTH_BROKEN },
		{ "a count of nine digits", { .nc = "000000001" }, BEL_AUTH_BROKEN },
		{ "a short count", { .nc = "1" }, BEL_AUTH_VALID },
		{ "an unknown algorithm", { .algorithm = "SHA-1" }, BEL_AUTH_MISSING },
		{ "an algorithm that was not offered",
		  { .algorithm = "SHA-256" },
		  BEL_AUTH_WRONG },
		{ "a response of nothing", { .response = "" }, BEL_AUTH_BROKEN },
		{ "a response that is too short", { .response = "0" }, BEL_AUTH_WRONG },
		{ "no user name", { .username = "" }, BEL_AUTH_BROKEN },
		{ "no nonce", { .nonce = { "-", 1 } }, BEL_AUTH_BROKEN },
		{ "the user name twice",
		  { .extra = ", username=\"bob\"" },
		  BEL_AUTH_BROKEN },
		{ "the realm twice",
		  { .extra = ", realm=\"example.com\"" },
		  BEL_AUTH_BROKEN },
		{ "the algorithm twice",
		  { .extra = ", algorithm=MD5" },
		  BEL_AUTH_BROKEN },
		{ "a parameter without an end",
		  { .extra = ", opaque=\"x" },
		  BEL_AUTH_BROKEN },
		{ "an unknown parameter", { .extra = ", colour=blue" }, BEL_AUTH_VALID },
	};

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		struct desk *desk = open_desk(BEL_MD5);
		enum bel_auth_verdict verdict = judge(desk, &rows[i].claim, NULL);
		if (verdict != rows[i].verdict)
			fail_msg("%s: verdict %d, not %d", rows[i].what, verdict,
				 rows[i].verdict);
		close_desk(desk);
	}
}

static void the_body_counts_with_auth_int_alone(void **state)
{
	struct desk *desk = open_desk(BEL_SHA256);
	char lines[2048];

	(void)state;
	for (int has_int = 0; has_int <= 1; has_int++) {
		const struct claim claim = { .qop = has_int ? "auth-int" : "auth",
					     .body = "what was signed" };
		struct bel_writer writer = bel_writer_init(lines, sizeof lines);
		struct bel_auth_credentials credentials;
		write_claim(&writer, desk, &claim, "Authorization");
		ask_for(desk, "REGISTER", "sip:example.com", bel_writer_str(&writer),
			"what was sent");
		assert_int_equal(
			bel_auth_find(&credentials, &desk->server, &desk->msg, false),
			BEL_AUTH_VALID);
		assert_int_equal(bel_auth_verify(&credentials, &desk->server,
						 desk->crypto, &desk->msg, &desk->ha1,
						 &desk->source, desk->wall_ms),
				 has_int ? BEL_AUTH_WRONG : BEL_AUTH_VALID);
	}
	close_desk(desk);
}

static void an_ack_is_checked_as_its_invite(void **state)
{
	struct desk *desk = open_desk(BEL_MD5);
	const struct claim claim = { .method = "INVITE" };
	struct bel_auth_credentials credentials;
	char lines[2048];
	struct bel_writer writer = bel_writer_init(lines, sizeof lines);

	(void)state;
	write_claim(&writer, desk, &claim, "Proxy-Authorization");
	ask_for(desk, "ACK", "sip:example.com", bel_writer_str(&writer), "");
	assert_int_equal(bel_auth_find(&credentials, &desk->server, &desk->msg, true),
			 BEL_AUTH_VALID);
	assert_int_equal(bel_auth_verify(&credentials, &desk->server, desk->crypto,
					 &desk->msg, &desk->ha1, &desk->source,
					 desk->wall_ms),
			 BEL_AUTH_VALID);
	/* What answers a challenge of a proxy is not for the registrar. */
	assert_int_equal(bel_auth_find(&credentials, &desk->server, &desk->msg, false),
			 BEL_AUTH_MISSING);
	close_desk(desk);
}

static void a_nonce_ages_to_the_second(void **state)
{
	static const struct {
		int64_t later_s;
		enum bel_auth_verdict verdict;
	} rows[] = {
		{ 0, BEL_AUTH_VALID },
		{ FRESH_S, BEL_AUTH_VALID },
		{ FRESH_S + 1, BEL_AUTH_STALE },
		{ 1 << 20, BEL_AUTH_STALE },
		/* made in the future: by another worker, or before the clock was set */
		{ -2, BEL_AUTH_VALID },
		{ -3, BEL_AUTH_STALE },
	};

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		struct desk *desk = open_desk(BEL_MD5);
		char buf[64];
		const struct claim claim = { .nonce = fresh_nonce(desk, buf,
								  sizeof buf) };
		desk->wall_ms += (uint64_t)(rows[i].later_s * 1000);
		assert_int_equal(judge(desk, &claim, NULL), rows[i].verdict);
		close_desk(desk);
	}
}

static void a_nonce_is_for_one_address_on_any_port(void **state)
{
	struct desk *desk = open_desk(BEL_MD5);
	char buf[64];
	const struct claim claim = { .nonce = fresh_nonce(desk, buf, sizeof buf) };

	(void)state;
	desk->source.port = 40000;
	assert_int_equal(judge(desk, &claim, NULL), BEL_AUTH_VALID);
	desk->source = bel_addr_v4(192, 0, 2, 8, 5060);
	assert_int_equal(judge(desk, &claim, NULL), BEL_AUTH_STALE);
	close_desk(desk);
}

static void a_nonce_of_another_key_or_realm_is_stale(void **state)
{
	struct desk *desk = open_desk(BEL_MD5);
	char buf[64];
	const struct claim claim = { .nonce = fresh_nonce(desk, buf, sizeof buf) };

	(void)state;
	desk->server.key[31] ^= 1;
	assert_int_equal(judge(desk, &claim, NULL), BEL_AUTH_STALE);
	desk->server.key[31] ^= 1;
	assert_int_equal(judge(desk, &claim, NULL), BEL_AUTH_VALID);
	desk->server.realm = BEL_STR("example.net");
	assert_false(bel_nonce_is_ours(&desk->server, &desk->source, claim.nonce));
	close_desk(desk);
}

static void no_byte_of_a_nonce_can_be_changed(void **state)
{
	struct desk *desk = open_desk(BEL_MD5);
	char buf[64];
	bel_str nonce = fresh_nonce(desk, buf, sizeof buf);
	uint32_t time_s, salt;

	(void)state;
	assert_true(bel_nonce_is_ours(&desk->server, &desk->source, nonce));
	/* The last digit holds bits that base64 leaves over. */
	for (size_t i = 0; i + 1 < nonce.len; i++) {
		char kept = buf[i];
		buf[i] = kept == 'A' ? 'B' : 'A';
		assert_false(bel_nonce_is_ours(&desk->server, &desk->source, nonce));
		buf[i] = kept;
	}
	for (size_t len = 0; len < nonce.len; len++)
		assert_int_equal(
			bel_nonce_parse(&time_s, &salt, bel_str_slice(nonce, 0, len)),
			BEL_ERR_SYNTAX);
	assert_int_equal(bel_nonce_parse(&time_s, &salt, BEL_STR("not base64 at all!")),
			 BEL_ERR_SYNTAX);
	close_desk(desk);
}

/* RFC 3261 section 22: the same is done and said for a user who is not there; even who
 * guesses the secret that stands in for his. */
static void nobody_is_as_wrong_as_a_wrong_password(void **state)
{
	struct desk *desk = open_desk(BEL_SHA256);
	const struct bel_auth_ha1 zeros = { .digest = BEL_SHA256 };
	char lines[2048], response[BEL_AUTH_RESPONSE_BYTES_MAX];
	struct bel_writer writer = bel_writer_init(lines, sizeof lines);
	struct bel_writer value = bel_writer_init(response, sizeof response);
	struct bel_auth_credentials credentials;
	const struct claim claim = { .username = "nobody" };

	(void)state;
	write_claim(&writer, desk, &claim, "Authorization");
	ask_for(desk, "REGISTER", "sip:example.com", bel_writer_str(&writer), "");
	assert_int_equal(bel_auth_find(&credentials, &desk->server, &desk->msg, false),
			 BEL_AUTH_VALID);
	const struct bel_auth_input input = { .ha1 = &zeros,
					      .nonce = credentials.nonce,
					      .cnonce = credentials.cnonce,
					      .nc = credentials.nc_text,
					      .qop = credentials.qop,
					      .method = BEL_STR("REGISTER"),
					      .uri = credentials.uri };
	assert_int_equal(bel_auth_verify(&credentials, &desk->server, desk->crypto,
					 &desk->msg, NULL, &desk->source, desk->wall_ms),
			 BEL_AUTH_WRONG);
	assert_int_equal(bel_auth_response(&value, desk->crypto, &input), BEL_OK);
	credentials.response = bel_writer_str(&value);
	assert_int_equal(bel_auth_verify(&credentials, &desk->server, desk->crypto,
					 &desk->msg, NULL, &desk->source, desk->wall_ms),
			 BEL_AUTH_WRONG);
	/* The stand-in is a secret like any other to whoever has it. */
	assert_int_equal(bel_auth_verify(&credentials, &desk->server, desk->crypto,
					 &desk->msg, &zeros, &desk->source,
					 desk->wall_ms),
			 BEL_AUTH_VALID);
	close_desk(desk);
}

static void the_line_for_our_realm_is_found_among_others(void **state)
{
	struct desk *desk = open_desk(BEL_MD5);
	char lines[3000];
	struct bel_writer writer = bel_writer_init(lines, sizeof lines);
	const struct claim other = { .realm = "example.org" };
	const struct claim ours = { .nc = "00000002" };
	const struct claim unknown = { .algorithm = "SHA-1" };
	struct bel_auth_credentials credentials;

	(void)state;
	bel_write_lit(&writer, "Authorization: Basic YWxpY2U6c2VjcmV0\r\n");
	write_claim(&writer, desk, &other, "Authorization");
	write_claim(&writer, desk, &unknown, "Authorization");
	write_claim(&writer, desk, &ours, "Authorization");
	ask_for(desk, "REGISTER", "sip:example.com", bel_writer_str(&writer), "");
	assert_int_equal(bel_auth_find(&credentials, &desk->server, &desk->msg, false),
			 BEL_AUTH_VALID);
	assert_int_equal(credentials.nc, 2);
	close_desk(desk);
}

static bel_str challenge(struct desk *desk, char *buf, size_t size, bool is_proxy,
			 bool is_stale)
{
	struct bel_writer writer = bel_writer_init(buf, size);

	assert_int_equal(bel_auth_challenge(&writer, &desk->server, &desk->source,
					    desk->wall_ms, 9, is_proxy, is_stale),
			 BEL_OK);
	return bel_writer_str(&writer);
}

static void a_challenge_offers_each_digest_in_order(void **state)
{
	struct desk *desk = open_desk(BEL_SHA256);
	char buf[1024], expected[1024], nonce[64];
	struct bel_writer text = bel_writer_init(expected, sizeof expected - 1);
	struct bel_writer made = bel_writer_init(nonce, sizeof nonce);

	(void)state;
	desk->digests[1] = BEL_MD5;
	desk->server.digests_count = 2;
	desk->server.realm = BEL_STR("a \"quoted\" realm");
	assert_int_equal(bel_nonce_write(&made, &desk->server, &desk->source, NOW_S, 9),
			 BEL_OK);
	for (int i = 0; i < 2; i++)
		bel_write_format(&text,
				 "Proxy-Authenticate: Digest realm=\"a \\\"quoted\\\" "
				 "realm\", nonce=\"%.*s\", algorithm=%s, "
				 "qop=\"auth\", stale=true\r\n",
				 (int)made.len, nonce, i ? "MD5" : "SHA-256");
	expected[text.len] = '\0';
	assert_str(challenge(desk, buf, sizeof buf, true, true), expected);
	assert_true(bel_str_has_prefix(challenge(desk, buf, sizeof buf, false, false),
				       BEL_STR("WWW-Authenticate: Digest ")));
	struct bel_writer tiny = bel_writer_init(buf, 40);
	assert_int_equal(bel_auth_challenge(&tiny, &desk->server, &desk->source,
					    desk->wall_ms, 9, true, false),
			 BEL_ERR_SPACE);
	close_desk(desk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(right_credentials_are_valid_for_every_digest_and_qop),
		cmocka_unit_test(each_wrong_thing_has_its_verdict),
		cmocka_unit_test(the_body_counts_with_auth_int_alone),
		cmocka_unit_test(an_ack_is_checked_as_its_invite),
		cmocka_unit_test(a_nonce_ages_to_the_second),
		cmocka_unit_test(a_nonce_is_for_one_address_on_any_port),
		cmocka_unit_test(a_nonce_of_another_key_or_realm_is_stale),
		cmocka_unit_test(no_byte_of_a_nonce_can_be_changed),
		cmocka_unit_test(nobody_is_as_wrong_as_a_wrong_password),
		cmocka_unit_test(the_line_for_our_realm_is_found_among_others),
		cmocka_unit_test(a_challenge_offers_each_digest_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
