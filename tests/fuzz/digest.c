/* SPDX-License-Identifier: Apache-2.0
 * A value of Authorization and WWW-Authenticate: no bytes may be valid for a secret that
 * their sender does not know, what is found is well formed, and a challenge is answered
 * with a line that parses. */
#include <stdlib.h>
#include "auth/auth.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { VALUE_BYTES_MAX = 8000 };

static const enum bel_digest digests[] = { BEL_MD5, BEL_SHA256, BEL_SHA512_256 };

static void require(bool is_true)
{
	if (!is_true)
		abort();
}

/* A message with the value in the given header; false when the codec refuses it. */
static bool make(struct bel_sip_msg *msg, struct bel_arena *arena, const char *start,
		 const char *header, bel_str value)
{
	size_t room = value.len + 512;
	char *bytes = bel_arena_bytes(arena, room);
	struct bel_writer writer = bel_writer_init(bytes, bytes ? room : 0);
	struct bel_sip_refusal why;

	bel_write_text(&writer, start);
	bel_write_lit(&writer, "\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\n"
			       "From: <sip:a@example.com>;tag=1\r\n"
			       "To: <sip:a@example.com>\r\nCall-ID: c\r\n"
			       "CSeq: 1 REGISTER\r\nMax-Forwards: 70\r\n");
	bel_write_text(&writer, header);
	bel_write_lit(&writer, ": ");
	bel_write_str(&writer, value);
	bel_write_lit(&writer, "\r\nContent-Length: 0\r\n\r\n");
	return !bel_writer_check(&writer) &&
	       !bel_sip_parse(msg, arena, bel_writer_str(&writer), &why) &&
	       !bel_sip_validate(msg, &why);
}

static void check_credentials(struct bel_crypto *crypto, struct bel_sip_msg *msg)
{
	static const struct bel_auth_server server = { .realm = { "example.com", 11 },
						       .key = { 7 },
						       .nonce_s = 300,
						       .digests = digests,
						       .digests_count = 3 };
	const bel_addr source = bel_addr_v4(192, 0, 2, 1, 5060);
	struct bel_auth_credentials credentials;
	struct bel_auth_window window = { .forgotten = 0 };
	struct bel_auth_ha1 ha1 = { .bytes = { 0x42 } };

	if (bel_auth_find(&credentials, &server, msg, false) != BEL_AUTH_VALID)
		return;
	require(credentials.username.len && credentials.nonce.len &&
		credentials.response.len && credentials.uri.len);
	require(bel_str_is_equal(credentials.realm, server.realm));
	ha1.digest = credentials.digest;
	require(bel_auth_verify(&credentials, &server, crypto, msg, NULL, &source, 0) ==
		BEL_AUTH_WRONG);
	require(bel_auth_verify(&credentials, &server, crypto, msg, &ha1, &source, 0) ==
		BEL_AUTH_WRONG);
	if (credentials.nc) {
		require(bel_auth_window_take(&window, &credentials) != BEL_AUTH_REPLAYED);
		require(bel_auth_window_take(&window, &credentials) != BEL_AUTH_VALID);
	}
}

static void check_answer(struct bel_crypto *crypto, struct bel_sip_msg *response)
{
	static const struct bel_auth_account account = { .username = { "al\"ice", 6 },
							 .password = { "x", 1 } };
	char line[VALUE_BYTES_MAX * 2];
	struct bel_writer writer = bel_writer_init(line, sizeof line);
	struct bel_sip_auth auth;
	struct bel_sip_param param;
	enum bel_err err;

	if (bel_auth_answer(&writer, crypto, response, &account, BEL_STR("REGISTER"),
			    BEL_STR("sip:example.com"), BEL_STR_NONE, BEL_STR("c"), 1))
		return;
	bel_str value = bel_writer_str(&writer);
	require(bel_str_has_suffix(value, BEL_STR("\r\n")));
	value = bel_str_slice(value, bel_str_find(value, ':') + 2, value.len - 2);
	require(!bel_sip_auth_parse(&auth, value));
	while (!(err = bel_sip_auth_next(&param, &auth.params)))
		;
	require(err == BEL_ERR_NOT_FOUND);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bel_str value = { (const char *)data,
			  size < VALUE_BYTES_MAX ? size : VALUE_BYTES_MAX };
	struct bel_sip_msg *msg = malloc(sizeof *msg);
	struct bel_crypto *crypto = NULL;
	struct bel_arena arena;

	bel_arena_init(&arena, NULL, 0, 1 << 18);
	if (msg && !bel_crypto_open(&crypto)) {
		if (make(msg, &arena, "REGISTER sip:example.com SIP/2.0", "Authorization",
			 value))
			check_credentials(crypto, msg);
		if (make(msg, &arena, "SIP/2.0 401 Unauthorized", "WWW-Authenticate",
			 value))
			check_answer(crypto, msg);
	}
	bel_crypto_close(crypto);
	bel_arena_fini(&arena);
	free(msg);
	return 0;
}
