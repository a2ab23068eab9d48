/* SPDX-License-Identifier: Apache-2.0
 * A server of digest authentication and a client who knows how to be wrong in one thing
 * at a time. */
#ifndef BEL_TESTS_AUTH_SUPPORT_H
#define BEL_TESTS_AUTH_SUPPORT_H

#include "support/support.h"

#include "auth/nonce.h"

enum { NOW_S = 1700000000, FRESH_S = 300 };

struct desk {
	struct bel_crypto *crypto;
	struct bel_auth_server server;
	enum bel_digest digests[3];
	bel_addr source;
	uint64_t wall_ms;
	struct bel_auth_ha1 ha1; /* of alice, password secret, for `digest` */
	enum bel_digest digest;
	/* the last request */
	struct bel_arena arena;
	struct bel_sip_msg msg;
	char bytes[4096];
};

static inline struct desk *open_desk(enum bel_digest digest)
{
	struct desk *desk = calloc(1, sizeof *desk);

	assert_non_null(desk);
	assert_int_equal(bel_crypto_open(&desk->crypto), BEL_OK);
	desk->digests[0] = desk->digest = digest;
	desk->server = (struct bel_auth_server){ .realm = BEL_STR("example.com"),
						 .key = { 1, 2, 3 },
						 .nonce_s = FRESH_S,
						 .digests = desk->digests,
						 .digests_count = 1 };
	desk->source = bel_addr_v4(192, 0, 2, 7, 5060);
	desk->wall_ms = NOW_S * 1000ull;
	assert_int_equal(bel_auth_ha1(&desk->ha1, desk->crypto, digest, BEL_STR("alice"),
				      desk->server.realm, BEL_STR("secret")),
			 BEL_OK);
	bel_arena_init(&desk->arena, NULL, 0, 16384);
	return desk;
}

static inline void close_desk(struct desk *desk)
{
	bel_arena_fini(&desk->arena);
	bel_crypto_close(desk->crypto);
	free(desk);
}

/* What a client puts into its credentials; empty: what is right. "-" leaves a parameter
 * out. */
struct claim {
	const char *username, *realm, *uri, *algorithm, *qop, *cnonce, *nc, *response;
	const char *password, *method, *body, *extra;
	bel_str nonce; /* empty: a fresh one for desk->source */
	bool is_session;
};

static inline const char *or_else(const char *text, const char *usual)
{
	return text ? text : usual;
}

static inline bel_str fresh_nonce(struct desk *desk, char *buf, size_t size)
{
	struct bel_writer writer = bel_writer_init(buf, size);

	assert_int_equal(bel_nonce_write(&writer, &desk->server, &desk->source,
					 (uint32_t)(desk->wall_ms / 1000), 7),
			 BEL_OK);
	return bel_writer_str(&writer);
}

static inline void write_param(struct bel_writer *writer, const char *name, bel_str value,
			       bool is_quoted)
{
	if (bel_str_is_equal(value, BEL_STR("-")))
		return;
	bel_write_text(writer, ", ");
	bel_write_text(writer, name);
	bel_write_text(writer, is_quoted ? "=\"" : "=");
	bel_write_str(writer, value);
	bel_write_text(writer, is_quoted ? "\"" : "");
}

/* The line of Authorization that the claim makes, with the response it computes. */
static inline void write_claim(struct bel_writer *writer, struct desk *desk,
			       const struct claim *claim, const char *header)
{
	char nonce_buf[64], response[BEL_AUTH_RESPONSE_BYTES_MAX];
	struct bel_writer value = bel_writer_init(response, sizeof response);
	bel_str username = bel_str_from(or_else(claim->username, "alice"));
	bel_str realm = bel_str_from(or_else(claim->realm, "example.com"));
	bel_str qop = bel_str_from(or_else(claim->qop, "auth"));
	bel_str nonce = claim->nonce.len ? claim->nonce
					 : fresh_nonce(desk, nonce_buf, sizeof nonce_buf);
	struct bel_auth_ha1 ha1;
	struct bel_auth_input input = {
		.ha1 = &ha1,
		.is_session = claim->is_session,
		.nonce = nonce,
		.cnonce = bel_str_from(or_else(claim->cnonce, "c0")),
		.nc = bel_str_from(or_else(claim->nc, "00000001")),
		.qop = bel_str_is_equal(qop, BEL_STR("-")) ? BEL_STR_NONE : qop,
		.method = bel_str_from(or_else(claim->method, "REGISTER")),
		.uri = bel_str_from(or_else(claim->uri, "sip:example.com")),
		.body = bel_str_from(or_else(claim->body, "")),
	};

	assert_int_equal(bel_auth_ha1(&ha1, desk->crypto, desk->digest, username, realm,
				      bel_str_from(or_else(claim->password, "secret"))),
			 BEL_OK);
	assert_int_equal(bel_auth_response(&value, desk->crypto, &input), BEL_OK);
	bel_write_text(writer, header);
	bel_write_lit(writer, ": Digest x=y");
	write_param(writer, "username", username, true);
	write_param(writer, "realm", realm, true);
	write_param(writer, "nonce", nonce, true);
	write_param(writer, "uri", input.uri, true);
	write_param(writer, "response",
		    claim->response ? bel_str_from(claim->response)
				    : bel_writer_str(&value),
		    true);
	write_param(writer, "algorithm",
		    claim->algorithm ? bel_str_from(claim->algorithm)
				     : bel_auth_digest_name(desk->digest),
		    false);
	write_param(writer, "qop", qop, false);
	write_param(writer, "cnonce", input.cnonce, true);
	write_param(writer, "nc", input.nc, false);
	bel_write_text(writer, or_else(claim->extra, ""));
	bel_write_lit(writer, "\r\n");
}

/* Parses a request with these header lines and body into desk->msg. */
static inline struct bel_sip_msg *ask_for(struct desk *desk, const char *method,
					  const char *uri, bel_str lines,
					  const char *body)
{
	struct bel_writer writer = bel_writer_init(desk->bytes, sizeof desk->bytes);
	struct bel_sip_refusal why;

	bel_write_format(&writer,
			 "%s %s SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK1\r\n"
			 "From: <sip:alice@example.com>;tag=1\r\n"
			 "To: <sip:alice@example.com>\r\nCall-ID: c\r\nCSeq: 1 %s\r\n"
			 "Max-Forwards: 70\r\n",
			 method, uri, method);
	bel_write_str(&writer, lines);
	bel_write_format(&writer, "Content-Length: %zu\r\n\r\n%s", strlen(body), body);
	assert_false(writer.is_full);
	bel_arena_reset(&desk->arena);
	assert_int_equal(
		bel_sip_parse(&desk->msg, &desk->arena, bel_writer_str(&writer), &why),
		BEL_OK);
	assert_int_equal(bel_sip_validate(&desk->msg, &why), BEL_OK);
	return &desk->msg;
}

/* The whole way of a claim: found, verified, not yet counted. */
static inline enum bel_auth_verdict judge(struct desk *desk, const struct claim *claim,
					  struct bel_auth_credentials *out)
{
	char lines[2048];
	struct bel_writer writer = bel_writer_init(lines, sizeof lines);
	struct bel_auth_credentials credentials;
	enum bel_auth_verdict verdict;

	write_claim(&writer, desk, claim, "Authorization");
	ask_for(desk, or_else(claim->method, "REGISTER"), "sip:example.com",
		bel_writer_str(&writer), or_else(claim->body, ""));
	verdict = bel_auth_find(&credentials, &desk->server, &desk->msg, false);
	if (verdict == BEL_AUTH_VALID)
		verdict = bel_auth_verify(&credentials, &desk->server, desk->crypto,
					  &desk->msg, &desk->ha1, &desk->source,
					  desk->wall_ms);
	if (out)
		*out = credentials;
	return verdict;
}

#endif
