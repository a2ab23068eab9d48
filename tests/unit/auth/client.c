/* SPDX-License-Identifier: Apache-2.0
 * Answers to challenges, and to which ones there is none. */
#include "unit/auth/auth_support.h"

static struct bel_sip_msg *take_challenge(struct desk *desk, unsigned status,
					  const char *lines)
{
	struct bel_writer writer = bel_writer_init(desk->bytes, sizeof desk->bytes);
	struct bel_sip_refusal why;

	bel_write_format(&writer,
			 "SIP/2.0 %u No\r\nVia: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK1\r\n"
			 "From: <sip:alice@example.com>;tag=1\r\n"
			 "To: <sip:alice@example.com>;tag=2\r\nCall-ID: c\r\n"
			 "CSeq: 1 REGISTER\r\n%sContent-Length: 0\r\n\r\n",
			 status, lines);
	assert_false(writer.is_full);
	bel_arena_reset(&desk->arena);
	assert_int_equal(
		bel_sip_parse(&desk->msg, &desk->arena, bel_writer_str(&writer), &why),
		BEL_OK);
	assert_int_equal(bel_sip_validate(&desk->msg, &why), BEL_OK);
	return &desk->msg;
}

static enum bel_err answer_as(struct desk *desk, struct bel_writer *writer,
			      const struct bel_auth_account *account)
{
	return bel_auth_answer(writer, desk->crypto, &desk->msg, account,
			       BEL_STR("REGISTER"), BEL_STR("sip:example.com"),
			       BEL_STR("body"), BEL_STR("c0"), 1);
}

static enum bel_err answer(struct desk *desk, struct bel_writer *writer)
{
	const struct bel_auth_account account = { .username = BEL_STR("alice"),
						  .password = BEL_STR("secret"),
						  .realm = BEL_STR("example.com") };

	return answer_as(desk, writer, &account);
}

/* Our client at our server, by both pairs of headers. */
static void every_challenge_of_ours_is_answered_rightly(void **state)
{
	static const enum bel_digest digests[] = { BEL_MD5, BEL_SHA256, BEL_SHA512_256 };

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(digests) * 2; i++) {
		struct desk *desk = open_desk(digests[i / 2]);
		bool is_proxy = i % 2;
		char lines[1024], reply[1024];
		struct bel_writer writer = bel_writer_init(lines, sizeof lines - 1);
		struct bel_writer line = bel_writer_init(reply, sizeof reply);
		struct bel_auth_credentials credentials;
		assert_int_equal(bel_auth_challenge(&writer, &desk->server, &desk->source,
						    desk->wall_ms, 5, is_proxy, false),
				 BEL_OK);
		lines[writer.len] = '\0';
		take_challenge(desk, is_proxy ? 407 : 401, lines);
		assert_int_equal(answer(desk, &line), BEL_OK);
		ask_for(desk, "REGISTER", "sip:example.com", bel_writer_str(&line),
			"body");
		assert_int_equal(
			bel_auth_find(&credentials, &desk->server, &desk->msg, is_proxy),
			BEL_AUTH_VALID);
		assert_int_equal(bel_auth_verify(&credentials, &desk->server,
						 desk->crypto, &desk->msg, &desk->ha1,
						 &desk->source, desk->wall_ms),
				 BEL_AUTH_VALID);
		assert_int_equal(credentials.nc, 1);
		close_desk(desk);
	}
}

static void which_challenge_is_answered(void **state)
{
	static const struct {
		const char *lines;
		enum bel_err err;
		const char *part; /* of the answer */
	} rows[] = {
		/* the server's favourite is on top (RFC 8760 section 2.4) */
		{ "WWW-Authenticate: Digest realm=\"example.com\",nonce=\"n\","
		  "algorithm=SHA-256,qop=\"auth\"\r\n"
		  "WWW-Authenticate: Digest realm=\"example.com\",nonce=\"n\","
		  "algorithm=MD5,qop=\"auth\"\r\n",
		  BEL_OK, "algorithm=SHA-256" },
		{ "WWW-Authenticate: Digest realm=\"example.com\",nonce=\"n\","
		  "algorithm=SHA-1\r\n"
		  "WWW-Authenticate: Digest realm=\"example.com\",nonce=\"n\","
		  "algorithm=MD5,qop=\"auth\"\r\n",
		  BEL_OK, "algorithm=MD5" },
		{ "WWW-Authenticate: Digest realm=\"example.org\",nonce=\"n\"\r\n"
		  "WWW-Authenticate: Digest realm=\"example.com\",nonce=\"m\"\r\n",
		  BEL_OK, "nonce=\"m\"" },
		{ "WWW-Authenticate: Digest realm=\"example.com\",nonce=\"n\","
		  "qop=\"auth-int,auth\"\r\n",
		  BEL_OK, "qop=auth\r\n" },
		{ "WWW-Authenticate: Digest realm=\"example.com\",nonce=\"n\","
		  "qop=\"auth-int\"\r\n",
		  BEL_OK, "qop=auth-int\r\n" },
		{ "WWW-Authenticate: Digest realm=\"example.com\",nonce=\"n\","
		  "opaque=\"o\\\"p\"\r\n",
		  BEL_OK, ", opaque=\"o\\\"p\"\r\n" },
		{ "WWW-Authenticate: Digest realm=\"example.com\",nonce=\"n\","
		  "algorithm=SHA-256-sess,qop=\"auth\"\r\n",
		  BEL_OK, "algorithm=SHA-256-sess" },
		/* no digest leaks to a realm that the account does not know */
		{ "WWW-Authenticate: Digest realm=\"example.org\",nonce=\"n\"\r\n",
		  BEL_ERR_NOT_FOUND, NULL },
		{ "WWW-Authenticate: Basic realm=\"example.com\"\r\n", BEL_ERR_NOT_FOUND,
		  NULL },
		{ "WWW-Authenticate: Digest realm=\"example.com\"\r\n", BEL_ERR_NOT_FOUND,
		  NULL },
		{ "Proxy-Authenticate: Digest realm=\"example.com\",nonce=\"n\"\r\n",
		  BEL_ERR_NOT_FOUND, NULL },
		{ "WWW-Authenticate: Digest realm=\"example.com\",nonce=\"n\","
		  "algorithm=SHA-1\r\n",
		  BEL_ERR_UNSUPPORTED, NULL },
		/* what would end our own quotes is not repeated in them */
		{ "WWW-Authenticate: Digest realm=\"example.com\",nonce=n\\\r\n",
		  BEL_ERR_NOT_FOUND, NULL },
		{ "WWW-Authenticate: Digest realm=\"example.com\",nonce=\"n\","
		  "opaque=o\\\r\n",
		  BEL_ERR_NOT_FOUND, NULL },
		{ "", BEL_ERR_NOT_FOUND, NULL },
	};

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		struct desk *desk = open_desk(BEL_MD5);
		char buf[1024];
		struct bel_writer writer = bel_writer_init(buf, sizeof buf - 1);
		take_challenge(desk, 401, rows[i].lines);
		assert_int_equal(answer(desk, &writer), rows[i].err);
		buf[writer.len] = '\0';
		if (rows[i].part && !strstr(buf, rows[i].part))
			fail_msg("row %zu: no %s in %s", i, rows[i].part, buf);
		if (rows[i].err)
			assert_int_equal(writer.len, 0);
		close_desk(desk);
	}
}

static void a_name_with_quotes_stays_one_parameter(void **state)
{
	struct desk *desk = open_desk(BEL_MD5);
	const struct bel_auth_account account = {
		.username = BEL_STR("a\", response=\"x"), .password = BEL_STR("secret")
	};
	struct bel_auth_credentials credentials;
	char buf[1024];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	(void)state;
	take_challenge(desk, 401,
		       "WWW-Authenticate: Digest realm=\"example.com\",nonce=\"n\","
		       "qop=\"auth\"\r\n");
	assert_int_equal(answer_as(desk, &writer, &account), BEL_OK);
	ask_for(desk, "REGISTER", "sip:example.com", bel_writer_str(&writer), "");
	assert_int_equal(bel_auth_find(&credentials, &desk->server, &desk->msg, false),
			 BEL_AUTH_VALID);
	assert_str(credentials.username, "a\", response=\"x");
	close_desk(desk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_challenge_of_ours_is_answered_rightly),
		cmocka_unit_test(which_challenge_is_answered),
		cmocka_unit_test(a_name_with_quotes_stays_one_parameter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
