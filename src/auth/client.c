/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/auth.h"

struct challenge {
	bel_str realm, nonce, opaque, qop, algorithm;
	enum bel_digest digest;
	bool is_session;
};

/* What comes back goes into quotes as it came. Without quotes of its own it may hold
 * nothing that would end or bend them. */
static bool is_repeatable(const struct bel_sip_param *param)
{
	return param->is_quoted || (bel_str_find(param->value, '"') == param->value.len &&
				    bel_str_find(param->value, '\\') == param->value.len);
}

static enum bel_err parse_challenge(struct challenge *out, bel_str params)
{
	const struct {
		bel_str name;
		bel_str *value;
	} rows[] = {
		{ BEL_STR("realm"), &out->realm },
		{ BEL_STR("nonce"), &out->nonce },
		{ BEL_STR("opaque"), &out->opaque },
		{ BEL_STR("qop"), &out->qop },
		{ BEL_STR("algorithm"), &out->algorithm },
	};
	struct bel_sip_param param;
	enum bel_err err;

	*out = (struct challenge){ .digest = BEL_MD5 };
	while ((err = bel_sip_auth_next(&param, &params)) == BEL_OK) {
		if (!is_repeatable(&param))
			return BEL_ERR_SYNTAX;
		for (size_t i = 0; i < BEL_COUNT_OF(rows); i++)
			if (bel_str_is_equal_nocase(param.name, rows[i].name))
				*rows[i].value = param.value;
	}
	if (err != BEL_ERR_NOT_FOUND)
		return err;
	if (!out->nonce.len)
		return BEL_ERR_SYNTAX;
	return bel_auth_digest_find(&out->digest, &out->is_session, out->algorithm);
}

/* Whether auth is among the offered; auth-int is answered only when nothing else is. */
static bel_str choose_qop(bel_str offered)
{
	bel_str value, best = BEL_STR_NONE;

	while (bel_sip_list_next(&value, &offered)) {
		value = bel_str_trim(value);
		if (bel_str_is_equal_nocase(value, BEL_STR("auth")))
			return BEL_STR("auth");
		if (bel_str_is_equal_nocase(value, BEL_STR("auth-int")))
			best = BEL_STR("auth-int");
	}
	return best;
}

static void write_quoted(struct bel_writer *writer, const char *name, bel_str raw)
{
	bel_write_text(writer, name);
	bel_write_lit(writer, "=\"");
	bel_sip_write_text(writer, raw);
	bel_write_char(writer, '"');
}

static enum bel_err write_answer(struct bel_writer *writer, struct bel_crypto *crypto,
				 const struct challenge *challenge,
				 const struct bel_auth_account *account,
				 struct bel_auth_input *input, uint32_t nc, bel_str realm)
{
	char nc_text[8], response[BEL_AUTH_RESPONSE_BYTES_MAX];
	struct bel_writer count = bel_writer_init(nc_text, sizeof nc_text);
	struct bel_writer value = bel_writer_init(response, sizeof response);
	struct bel_auth_ha1 ha1;
	enum bel_err err = bel_auth_ha1(&ha1, crypto, challenge->digest,
					account->username, realm, account->password);

	bel_write_hex64(&count, nc, sizeof nc_text);
	input->ha1 = &ha1;
	input->nc = bel_writer_str(&count);
	input->qop = choose_qop(challenge->qop);
	if (!err)
		err = bel_auth_response(&value, crypto, input);
	bel_wipe(&ha1, sizeof ha1);
	if (err)
		return err;
	bel_write_lit(writer, "Digest username=");
	bel_sip_write_quoted(writer, account->username);
	write_quoted(writer, ", realm", challenge->realm);
	write_quoted(writer, ", nonce", challenge->nonce);
	write_quoted(writer, ", uri", input->uri);
	write_quoted(writer, ", response", bel_writer_str(&value));
	if (challenge->algorithm.len) {
		bel_write_lit(writer, ", algorithm=");
		bel_sip_write_text(writer, challenge->algorithm);
	}
	if (input->qop.len) {
		write_quoted(writer, ", cnonce", input->cnonce);
		bel_write_lit(writer, ", nc=");
		bel_write_str(writer, input->nc);
		bel_write_lit(writer, ", qop=");
		bel_write_str(writer, input->qop);
	}
	if (challenge->opaque.len)
		write_quoted(writer, ", opaque", challenge->opaque);
	bel_sip_write_crlf(writer);
	return bel_writer_check(writer);
}

/* The first that we can answer: the server puts its favourite on top (RFC 8760 section
 * 2.4). */
static enum bel_err choose(struct challenge *out, bel_str *realm,
			   struct bel_sip_msg *response, enum bel_sip_header header,
			   const struct bel_auth_account *account)
{
	const struct bel_sip_field *field = bel_sip_field_first(response, header);
	enum bel_err outcome = BEL_ERR_NOT_FOUND;

	for (; field; field = bel_sip_field_next(response, field)) {
		struct bel_sip_auth auth;
		enum bel_err err;
		if (bel_sip_auth_parse(&auth, bel_sip_field_value(response, field)) ||
		    !bel_str_is_equal_nocase(auth.scheme, BEL_STR("Digest")))
			continue;
		err = parse_challenge(out, auth.params);
		if (err == BEL_ERR_UNSUPPORTED)
			outcome = err;
		if (err || bel_sip_unquote(realm, response->arena, out->realm))
			continue;
		if (!account->realm.len || bel_str_is_equal(account->realm, *realm))
			return BEL_OK;
	}
	return outcome;
}

enum bel_err bel_auth_answer(struct bel_writer *writer, struct bel_crypto *crypto,
			     struct bel_sip_msg *response,
			     const struct bel_auth_account *account, bel_str method,
			     bel_str uri, bel_str body, bel_str cnonce, uint32_t nc)
{
	bool is_proxy = response->status == 407;
	struct challenge challenge = { .digest = BEL_MD5 };
	bel_str realm;
	enum bel_err err = choose(&challenge, &realm, response,
				  is_proxy ? BEL_SIP_H_PROXY_AUTHENTICATE
					   : BEL_SIP_H_WWW_AUTHENTICATE,
				  account);
	struct bel_auth_input input = { .is_session = challenge.is_session,
					.nonce = challenge.nonce,
					.cnonce = cnonce,
					.method = method,
					.uri = uri,
					.body = body };

	if (err)
		return err;
	bel_sip_write_name(writer, is_proxy ? BEL_SIP_H_PROXY_AUTHORIZATION
					    : BEL_SIP_H_AUTHORIZATION);
	return write_answer(writer, crypto, &challenge, account, &input, nc, realm);
}

bool bel_auth_is_stale(struct bel_sip_msg *challenge)
{
	enum bel_sip_header header = challenge->status == 407
					     ? BEL_SIP_H_PROXY_AUTHENTICATE
					     : BEL_SIP_H_WWW_AUTHENTICATE;
	const struct bel_sip_field *field = bel_sip_field_first(challenge, header);

	for (; field; field = bel_sip_field_next(challenge, field)) {
		struct bel_sip_auth auth;
		struct bel_sip_param param;
		if (bel_sip_auth_parse(&auth, bel_sip_field_value(challenge, field)))
			continue;
		while (bel_sip_auth_next(&param, &auth.params) == BEL_OK)
			if (bel_str_is_equal_nocase(param.name, BEL_STR("stale")) &&
			    bel_str_is_equal_nocase(param.value, BEL_STR("true")))
				return true;
	}
	return false;
}
