/* SPDX-License-Identifier: Apache-2.0
 * Who may use the server, and what those cost who may not. */
#include "nat/nat_int.h"

/* Phones may say "alice@domain"; where the domain is ours, that is alice. The key is that
 * of the name as it was said (users.h), so only an HA1 made for it fits. */
static bel_str account_of(const struct bel_nat *nat, bel_str username)
{
	size_t at = bel_str_find(username, '@');
	bel_str host = bel_str_slice(username, at + 1, username.len);

	return at < username.len && bel_conf_find_domain(nat->opts.conf, host)
		       ? bel_str_slice(username, 0, at)
		       : username;
}

/* A hash that is nobody's is written as it is: guesses are counted by name. */
static bel_str name_of(const struct bel_nat *nat, const struct bel_turn_login *login,
		       struct bel_writer *found)
{
	if (!login->userhash.len)
		return account_of(nat, login->username);
	if (bel_users_lookup_hash(found, nat->opts.users, login->userhash))
		bel_write_base64url(found, login->userhash);
	return bel_writer_str(found);
}

enum bel_err bel_nat_find_key(void *user, struct bel_turn_identity *out,
			      const struct bel_turn_login *login)
{
	struct bel_nat *nat = user;
	char found[BEL_USER_NAME_BYTES_MAX];
	struct bel_writer writer = bel_writer_init(found, sizeof found);
	bel_str name = name_of(nat, login, &writer);
	enum bel_digest digest = login->algorithm == BEL_STUN_SHA256 ? BEL_SHA256
								     : BEL_MD5;
	struct bel_auth_ha1 ha1;
	enum bel_err err;

	if (!name.len || name.len > sizeof nat->account ||
	    !bel_guard_may_try(nat->opts.guard, &nat->asking, name,
			       bel_loop_now_ms(nat->opts.loop)))
		return BEL_ERR_NOT_FOUND;
	err = bel_users_secret(nat->opts.users, name, digest, &ha1);
	if (err)
		return err;
	out->key.len = (uint8_t)bel_digest_size(digest);
	memcpy(out->key.bytes, ha1.bytes, out->key.len);
	bel_wipe(&ha1, sizeof ha1);
	memcpy(nat->account, name.ptr, name.len);
	out->account = (bel_str){ nat->account, name.len };
	return BEL_OK;
}

static bool has_phones(const struct bel_nat *nat, const bel_addr *source)
{
	return nat->opts.location && bel_location_has_source(nat->opts.location, source);
}

void bel_nat_on_wrong(void *user, const bel_addr *source,
		      const struct bel_turn_login *login)
{
	struct bel_nat *nat = user;
	char found[BEL_USER_NAME_BYTES_MAX];
	struct bel_writer writer = bel_writer_init(found, sizeof found);
	bel_str name = name_of(nat, login, &writer);
	char buf[80];
	struct bel_writer text = bel_writer_init(buf, sizeof buf);

	bel_addr_write(&text, source);
	BEL_LOG(nat->opts.log, BEL_LOG_WARNING, "wrong credentials",
		{ "source", bel_writer_str(&text) }, { "user", name },
		{ "for", BEL_STR("turn") });
	if (bel_guard_on_failure(nat->opts.guard, source, name, has_phones(nat, source),
				 bel_loop_now_ms(nat->opts.loop)))
		BEL_LOG(nat->opts.log, BEL_LOG_WARNING,
			"banned after too many wrong passwords",
			{ "source", bel_writer_str(&text) });
}

/* Ten answers a second go to a source that nothing has proved, however small: a flood of
 * forged requests is worth nothing to who sends it. */
bool bel_nat_may_answer(void *user, const bel_addr *source, size_t request_bytes,
			size_t answer_bytes)
{
	struct bel_nat *nat = user;

	(void)request_bytes;
	(void)answer_bytes;
	return has_phones(nat, source) ||
	       bel_guard_may_reply(nat->opts.guard, source, false,
				   bel_loop_now_ms(nat->opts.loop));
}
