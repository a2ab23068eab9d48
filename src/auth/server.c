/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/nonce.h"

enum { AHEAD_S = 2 }; /* clocks of workers are read one after the other */

enum bel_err bel_auth_challenge(struct bel_writer *writer,
				const struct bel_auth_server *server,
				const bel_addr *source, uint64_t wall_ms, uint32_t salt,
				bool is_proxy, bool is_stale)
{
	enum bel_err err = BEL_OK;

	for (unsigned i = 0; i < server->digests_count && !err; i++) {
		bel_sip_write_name(writer, is_proxy ? BEL_SIP_H_PROXY_AUTHENTICATE
						    : BEL_SIP_H_WWW_AUTHENTICATE);
		bel_write_lit(writer, "Digest realm=");
		bel_sip_write_quoted(writer, server->realm);
		bel_write_lit(writer, ", nonce=\"");
		err = bel_nonce_write(writer, server, source, (uint32_t)(wall_ms / 1000),
				      salt);
		bel_write_lit(writer, "\", algorithm=");
		bel_write_str(writer, bel_auth_digest_name(server->digests[i]));
		/* auth-int is taken from who offers it; asked for, it confuses SIPp and
		 * others. */
		bel_write_lit(writer, ", qop=\"auth\"");
		if (is_stale)
			bel_write_lit(writer, ", stale=true");
		bel_sip_write_crlf(writer);
	}
	return err ? err : bel_writer_check(writer);
}

/* The parameters of a digest that are strings, and where they go. */
static const struct {
	bel_str name;
	size_t offset;
} strings[] = {
#define ROW(text, member)                                                                \
	{                                                                                \
		{ text, sizeof text - 1 }, offsetof(struct bel_auth_credentials, member) \
	}
	ROW("username", username), ROW("realm", realm),       ROW("nonce", nonce),
	ROW("uri", uri),           ROW("response", response), ROW("cnonce", cnonce),
	ROW("qop", qop),           ROW("nc", nc_text),
#undef ROW
};

static bel_str *place_of(struct bel_auth_credentials *out, bel_str *algorithm,
			 bel_str name)
{
	if (bel_str_is_equal_nocase(name, BEL_STR("algorithm")))
		return algorithm;
	for (size_t i = 0; i < BEL_COUNT_OF(strings); i++)
		if (bel_str_is_equal_nocase(name, strings[i].name))
			return (bel_str *)(void *)((char *)out + strings[i].offset);
	return NULL;
}

static enum bel_err take_param(struct bel_auth_credentials *out, bel_str *algorithm,
			       struct bel_arena *arena, const struct bel_sip_param *param)
{
	bel_str *place = place_of(out, algorithm, param->name);
	bel_str value = param->value;
	enum bel_err err = BEL_OK;

	if (!place)
		return BEL_OK;
	if (param->is_quoted)
		err = bel_sip_unquote(&value, arena, param->value);
	if (err)
		return err;
	/* The same parameter twice: two readers could see different ones. */
	if (place->ptr)
		return BEL_ERR_SYNTAX;
	*place = value;
	return BEL_OK;
}

static enum bel_err parse_credentials(struct bel_auth_credentials *out,
				      struct bel_arena *arena, bel_str params)
{
	bel_str algorithm = BEL_STR_NONE;
	struct bel_sip_param param;
	uint64_t nc = 0;
	enum bel_err err;

	*out = (struct bel_auth_credentials){ .digest = BEL_MD5 };
	while ((err = bel_sip_auth_next(&param, &params)) == BEL_OK) {
		err = take_param(out, &algorithm, arena, &param);
		if (err)
			return err;
	}
	if (err != BEL_ERR_NOT_FOUND)
		return err;
	if (!out->username.len || !out->nonce.len || !out->uri.len || !out->response.len)
		return BEL_ERR_SYNTAX;
	if (out->nc_text.len &&
	    (out->nc_text.len > 8 || bel_str_to_hex64(&nc, out->nc_text)))
		return BEL_ERR_SYNTAX;
	out->nc = (uint32_t)nc;
	return bel_auth_digest_find(&out->digest, &out->is_session, algorithm);
}

static bool is_ours(const struct bel_auth_server *server, bel_str params)
{
	struct bel_sip_param param;

	while (bel_sip_auth_next(&param, &params) == BEL_OK)
		if (bel_str_is_equal_nocase(param.name, BEL_STR("realm")))
			return bel_str_is_equal(param.value, server->realm);
	return false;
}

enum bel_auth_verdict bel_auth_find(struct bel_auth_credentials *out,
				    const struct bel_auth_server *server,
				    struct bel_sip_msg *request, bool is_proxy)
{
	enum bel_sip_header header = is_proxy ? BEL_SIP_H_PROXY_AUTHORIZATION
					      : BEL_SIP_H_AUTHORIZATION;
	const struct bel_sip_field *field = bel_sip_field_first(request, header);
	enum bel_auth_verdict verdict = BEL_AUTH_MISSING;

	for (; field; field = bel_sip_field_next(request, field)) {
		struct bel_sip_auth auth;
		enum bel_err err = bel_sip_auth_parse(
			&auth, bel_sip_field_value(request, field));
		if (err || !bel_str_is_equal_nocase(auth.scheme, BEL_STR("Digest")) ||
		    !is_ours(server, auth.params))
			continue;
		err = parse_credentials(out, request->arena, auth.params);
		if (!err)
			return BEL_AUTH_VALID;
		/* An algorithm that we did not offer is as good as no answer. */
		if (err != BEL_ERR_UNSUPPORTED)
			verdict = BEL_AUTH_BROKEN;
	}
	return verdict;
}

static bool is_offered(const struct bel_auth_server *server, enum bel_digest digest)
{
	for (unsigned i = 0; i < server->digests_count; i++)
		if (server->digests[i] == digest)
			return true;
	return false;
}

/* RFC 7616 section 3.4.6: the uri is that of the request. Phones write it with and
 * without user (SIPp never with it), port and parameters, so the host decides; what keeps
 * credentials from being used again is the nonce count. */
static bool is_same_target(struct bel_sip_msg *request, bel_str text)
{
	const struct bel_uri *target = bel_sip_uri(request);
	struct bel_uri uri;

	if (bel_str_is_equal(text, request->uri_text))
		return true;
	if (!target || bel_uri_parse(&uri, text))
		return false;
	return bel_str_is_equal_nocase(uri.host, target->host);
}

static bool is_qop_ours(bel_str qop)
{
	return bel_str_is_equal_nocase(qop, BEL_STR("auth")) ||
	       bel_str_is_equal_nocase(qop, BEL_STR("auth-int"));
}

/* An ACK repeats the credentials of its INVITE (RFC 3261 section 22.1). */
static bel_str method_of(const struct bel_sip_msg *request)
{
	return request->method == BEL_SIP_ACK ? BEL_STR("INVITE") : request->method_text;
}

static bool is_response_right(const struct bel_auth_credentials *credentials,
			      struct bel_crypto *crypto, struct bel_sip_msg *request,
			      const struct bel_auth_ha1 *ha1)
{
	char expected[BEL_AUTH_RESPONSE_BYTES_MAX];
	struct bel_writer writer = bel_writer_init(expected, sizeof expected);
	struct bel_auth_input input = {
		.ha1 = ha1,
		.is_session = credentials->is_session,
		.nonce = credentials->nonce,
		.cnonce = credentials->cnonce,
		.nc = credentials->nc_text,
		.qop = credentials->qop,
		.method = method_of(request),
		.uri = credentials->uri,
		.body = bel_sip_body(request),
	};

	return bel_auth_response(&writer, crypto, &input) == BEL_OK &&
	       bel_str_is_equal_secret(bel_writer_str(&writer), credentials->response);
}

enum bel_auth_verdict bel_auth_verify(struct bel_auth_credentials *credentials,
				      const struct bel_auth_server *server,
				      struct bel_crypto *crypto,
				      struct bel_sip_msg *request,
				      const struct bel_auth_ha1 *ha1,
				      const bel_addr *source, uint64_t wall_ms)
{
	/* An unknown user costs what a wrong password costs: a secret that is nobody's.
	 */
	struct bel_auth_ha1 nobody = { .digest = credentials->digest };
	bool is_right = is_response_right(credentials, crypto, request,
					  ha1 ? ha1 : &nobody);
	bool is_fresh = true;
	uint32_t now_s = (uint32_t)(wall_ms / 1000);

	if (bel_nonce_parse(&credentials->nonce_time_s, &credentials->nonce_salt,
			    credentials->nonce) ||
	    !bel_nonce_is_ours(server, source, credentials->nonce))
		is_fresh = false;
	else
		is_fresh = now_s + AHEAD_S - credentials->nonce_time_s <=
			   server->nonce_s + AHEAD_S;
	if (!is_right || !ha1 || !is_offered(server, credentials->digest) ||
	    !is_qop_ours(credentials->qop) || credentials->nc == 0 ||
	    !is_same_target(request, credentials->uri))
		return BEL_AUTH_WRONG;
	/* The password was right: a nonce of another day, address or server is no attack.
	 */
	return is_fresh ? BEL_AUTH_VALID : BEL_AUTH_STALE;
}
