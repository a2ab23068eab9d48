/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/auth.h"

static const struct {
	enum bel_digest digest;
	bel_str name;
} names[] = {
	{ BEL_MD5, { "MD5", 3 } },
	{ BEL_SHA256, { "SHA-256", 7 } },
	{ BEL_SHA512_256, { "SHA-512-256", 11 } },
};

bel_str bel_auth_digest_name(enum bel_digest digest)
{
	for (size_t i = 0; i < BEL_COUNT_OF(names); i++)
		if (names[i].digest == digest)
			return names[i].name;
	return BEL_STR_NONE;
}

enum bel_err bel_auth_digest_find(enum bel_digest *out, bool *is_session,
				  bel_str algorithm)
{
	bel_str session = BEL_STR("-sess");
	bool has_session = algorithm.len > session.len &&
			   bel_str_is_equal_nocase(
				   bel_str_slice(algorithm, algorithm.len - session.len,
						 algorithm.len),
				   session);

	if (has_session)
		algorithm.len -= session.len;
	if (algorithm.len == 0)
		algorithm = names[0].name;
	for (size_t i = 0; i < BEL_COUNT_OF(names); i++) {
		if (bel_str_is_equal_nocase(names[i].name, algorithm)) {
			*out = names[i].digest;
			*is_session = has_session;
			return BEL_OK;
		}
	}
	return BEL_ERR_UNSUPPORTED;
}

enum bel_err bel_auth_ha1(struct bel_auth_ha1 *out, struct bel_crypto *crypto,
			  enum bel_digest digest, bel_str username, bel_str realm,
			  bel_str password)
{
	const bel_str colon = BEL_STR(":");
	const bel_str pieces[] = { username, colon, realm, colon, password };

	out->digest = digest;
	return bel_digest(out->bytes, crypto, digest, pieces, BEL_COUNT_OF(pieces));
}

struct hex {
	char text[BEL_DIGEST_BYTES_MAX * 2];
	bel_str str;
};

static void to_hex(struct hex *hex, const uint8_t *bytes, size_t size)
{
	struct bel_writer writer = bel_writer_init(hex->text, sizeof hex->text);

	bel_write_hex(&writer, (bel_str){ (const char *)bytes, size });
	hex->str = bel_writer_str(&writer);
}

static enum bel_err hash(struct hex *out, struct bel_crypto *crypto,
			 enum bel_digest digest, const bel_str *pieces, unsigned count)
{
	uint8_t bytes[BEL_DIGEST_BYTES_MAX];
	enum bel_err err = bel_digest(bytes, crypto, digest, pieces, count);

	if (!err)
		to_hex(out, bytes, bel_digest_size(digest));
	return err;
}

/* RFC 7616 section 3.4.2: with "-sess" the nonces go into A1. */
static enum bel_err hash_a1(struct hex *out, struct bel_crypto *crypto,
			    const struct bel_auth_input *input)
{
	const bel_str colon = BEL_STR(":");
	struct hex ha1;

	to_hex(&ha1, input->ha1->bytes, bel_digest_size(input->ha1->digest));
	if (!input->is_session) {
		*out = ha1;
		out->str.ptr = out->text;
		return BEL_OK;
	}
	const bel_str pieces[] = { ha1.str, colon, input->nonce, colon, input->cnonce };
	return hash(out, crypto, input->ha1->digest, pieces, BEL_COUNT_OF(pieces));
}

/* RFC 7616 section 3.4.3. */
static enum bel_err hash_a2(struct hex *out, struct bel_crypto *crypto,
			    const struct bel_auth_input *input)
{
	const bel_str colon = BEL_STR(":");
	bool has_body = bel_str_is_equal_nocase(input->qop, BEL_STR("auth-int"));
	enum bel_digest digest = input->ha1->digest;
	struct hex body = { .str = BEL_STR_NONE };
	enum bel_err err = BEL_OK;

	if (has_body)
		err = hash(&body, crypto, digest, &input->body, 1);
	if (err)
		return err;
	const bel_str pieces[] = { input->method, colon, input->uri, colon, body.str };
	return hash(out, crypto, digest, pieces, has_body ? 5 : 3);
}

enum bel_err bel_auth_response(struct bel_writer *writer, struct bel_crypto *crypto,
			       const struct bel_auth_input *input)
{
	const bel_str colon = BEL_STR(":");
	struct hex a1, a2, result;
	enum bel_err err = hash_a1(&a1, crypto, input);

	if (!err)
		err = hash_a2(&a2, crypto, input);
	if (err)
		return err;
	if (input->qop.len) {
		const bel_str pieces[] = { a1.str,     colon, input->nonce,  colon,
					   input->nc,  colon, input->cnonce, colon,
					   input->qop, colon, a2.str };
		err = hash(&result, crypto, input->ha1->digest, pieces,
			   BEL_COUNT_OF(pieces));
	} else {
		const bel_str pieces[] = { a1.str, colon, input->nonce, colon, a2.str };
		err = hash(&result, crypto, input->ha1->digest, pieces,
			   BEL_COUNT_OF(pieces));
	}
	if (err)
		return err;
	bel_write_str(writer, result.str);
	return bel_writer_check(writer);
}
