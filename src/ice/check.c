/* SPDX-License-Identifier: Apache-2.0 */
#include "ice/ice.h"

enum bel_err bel_ice_check_write(struct bel_writer *writer, struct bel_crypto *crypto,
				 bel_str transaction, bel_str ufrag, bel_str pwd,
				 const struct bel_ice_check *check)
{
	char buf[2 * BEL_ICE_UFRAG_MAX + 1];
	struct bel_writer name = bel_writer_init(buf, sizeof buf);
	enum bel_err err;

	bel_write_str(&name, ufrag);
	bel_write_char(&name, ':');
	bel_write_str(&name, check->ufrag);
	bel_stun_write_header(writer, BEL_STUN_REQUEST, BEL_STUN_BINDING, transaction);
	bel_stun_write_bytes(writer, BEL_STUN_USERNAME, bel_writer_str(&name));
	bel_stun_write_u32(writer, BEL_STUN_PRIORITY, check->priority);
	bel_stun_write_u64(writer,
			   check->is_controlling ? BEL_STUN_ICE_CONTROLLING
						 : BEL_STUN_ICE_CONTROLLED,
			   check->tie_breaker);
	if (check->nominates)
		bel_stun_write_bytes(writer, BEL_STUN_USE_CANDIDATE, BEL_STR_NONE);
	err = bel_stun_write_integrity(writer, crypto, BEL_STUN_MESSAGE_INTEGRITY, pwd);
	if (err)
		return err;
	bel_stun_write_fingerprint(writer);
	return bel_writer_check(writer);
}

/* ---- what comes ---- */

/* "ours:theirs" (RFC 8445 section 7.2.2). */
static bool read_name(bel_str *theirs, const struct bel_stun_msg *msg, bel_str ours)
{
	struct bel_cursor cursor;
	bel_str name;

	if (!bel_stun_find(&name, msg, BEL_STUN_USERNAME))
		return false;
	cursor = bel_cursor_init(name);
	if (!bel_str_is_equal(bel_cursor_until_char(&cursor, ':'), ours) ||
	    name.len == ours.len)
		return false;
	*theirs = bel_str_slice(name, ours.len + 1, name.len);
	return true;
}

/* RFC 8489 section 9.1.3. ICE's peers sign with SHA-1, newer ones may with SHA-256. */
static unsigned verify(struct bel_crypto *crypto, const struct bel_stun_msg *msg,
		       bel_str pwd)
{
	enum bel_stun_attr attr = bel_stun_has(msg, BEL_STUN_MESSAGE_INTEGRITY_SHA256)
					  ? BEL_STUN_MESSAGE_INTEGRITY_SHA256
					  : BEL_STUN_MESSAGE_INTEGRITY;

	switch (bel_stun_verify(msg, crypto, attr, pwd)) {
	case BEL_OK:
		return 0;
	case BEL_ERR_NOT_FOUND:
		return 400;
	default:
		return 401;
	}
}

static bool read_role(struct bel_ice_check *out, const struct bel_stun_msg *msg)
{
	out->is_controlling = bel_stun_find_u64(&out->tie_breaker, msg,
						BEL_STUN_ICE_CONTROLLING);
	return out->is_controlling ||
	       bel_stun_find_u64(&out->tie_breaker, msg, BEL_STUN_ICE_CONTROLLED);
}

enum bel_err bel_ice_check_read(struct bel_ice_check *out, unsigned *code,
				struct bel_crypto *crypto, const struct bel_stun_msg *msg,
				bel_str ufrag, bel_str pwd)
{
	struct bel_ice_check check = { .priority = 0 };

	if (msg->class != BEL_STUN_REQUEST || msg->method != BEL_STUN_BINDING ||
	    !read_name(&check.ufrag, msg, ufrag))
		return BEL_ERR_NOT_FOUND;
	*code = msg->is_malformed ? 400 : verify(crypto, msg, pwd);
	if (!*code && msg->unknown_count)
		*code = 420;
	/* RFC 8445 section 7.1.1: a check has a priority, or it is none. */
	if (!*code && (!bel_stun_find_u32(&check.priority, msg, BEL_STUN_PRIORITY) ||
		       check.priority == 0 || check.priority > INT32_MAX))
		*code = 400;
	if (*code)
		return BEL_OK;
	check.has_role = read_role(&check, msg);
	check.nominates = bel_stun_has(msg, BEL_STUN_USE_CANDIDATE);
	*out = check;
	return BEL_OK;
}

enum bel_err bel_ice_check_answer(struct bel_writer *writer, struct bel_crypto *crypto,
				  const struct bel_stun_msg *msg, bel_str pwd,
				  unsigned code, const bel_addr *from)
{
	enum bel_err err = BEL_OK;

	bel_stun_write_header(writer, code ? BEL_STUN_ERROR : BEL_STUN_SUCCESS,
			      BEL_STUN_BINDING, msg->transaction);
	if (code)
		bel_stun_write_error(writer, code, BEL_STR_NONE);
	else
		bel_stun_write_addr(writer, BEL_STUN_XOR_MAPPED_ADDRESS, from);
	if (code == 420)
		bel_stun_write_unknown(writer, msg);
	if (code != 400 && code != 401)
		err = bel_stun_write_integrity(
			writer, crypto,
			bel_stun_has(msg, BEL_STUN_MESSAGE_INTEGRITY_SHA256)
				? BEL_STUN_MESSAGE_INTEGRITY_SHA256
				: BEL_STUN_MESSAGE_INTEGRITY,
			pwd);
	if (err)
		return err;
	bel_stun_write_fingerprint(writer);
	return bel_writer_check(writer);
}

enum bel_err bel_ice_lite_answer(struct bel_writer *writer, struct bel_ice_check *out,
				 struct bel_crypto *crypto,
				 const struct bel_stun_msg *msg, bel_str ufrag,
				 bel_str pwd, const bel_addr *from)
{
	struct bel_ice_check check;
	unsigned code;
	enum bel_err err = bel_ice_check_read(&check, &code, crypto, msg, ufrag, pwd);

	if (err)
		return err;
	if (!code && check.has_role && !check.is_controlling)
		code = BEL_ICE_ROLE_CONFLICT;
	err = bel_ice_check_answer(writer, crypto, msg, pwd, code, from);
	if (err)
		return err;
	if (code)
		return BEL_ERR_DENIED;
	*out = check;
	return BEL_OK;
}
