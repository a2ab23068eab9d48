/* SPDX-License-Identifier: Apache-2.0 */
#include "turn/server_int.h"

/* What a request says of its sender. */
struct claim {
	struct bel_turn_login login;
	bel_str nonce;
	enum bel_stun_attr integrity;
	bool has_algorithm;
};

/* RFC 8489 section 9.2.4, the second and the third item. */
static unsigned read_claim(struct claim *out, const struct bel_turn_request *request)
{
	const struct bel_stun_msg *msg = &request->msg;
	struct claim claim = { .login = { .algorithm = BEL_STUN_MD5 } };
	bel_str realm, offered;
	bool has_list = bel_stun_find(&offered, msg, BEL_STUN_PASSWORD_ALGORITHMS);

	claim.integrity = bel_stun_has(msg, BEL_STUN_MESSAGE_INTEGRITY_SHA256)
				  ? BEL_STUN_MESSAGE_INTEGRITY_SHA256
				  : BEL_STUN_MESSAGE_INTEGRITY;
	if (!bel_stun_has(msg, claim.integrity))
		return 401;
	bool has_user = bel_stun_find(&claim.login.username, msg, BEL_STUN_USERNAME) ||
			bel_stun_find(&claim.login.userhash, msg, BEL_STUN_USERHASH);
	if (!has_user || !bel_stun_find(&realm, msg, BEL_STUN_REALM) ||
	    !bel_stun_find(&claim.nonce, msg, BEL_STUN_NONCE))
		return 400;
	claim.has_algorithm = bel_stun_has(msg, BEL_STUN_PASSWORD_ALGORITHM);
	if (has_list || claim.has_algorithm) {
		if (!has_list || !claim.has_algorithm ||
		    !bel_str_is_equal(offered, bel_turn_algorithms(request->server)) ||
		    !bel_stun_find_algorithm(&claim.login.algorithm, msg,
					     BEL_STUN_PASSWORD_ALGORITHM))
			return 400;
	}
	*out = claim;
	return 0;
}

/* "UNIXTIME:ACCOUNT"; only where secrets are set, so that no name of a user of the store
 * is taken for one by mistake. */
static bool read_limited(uint64_t *until_s, bel_str *account,
			 const struct bel_turn_server *server, bel_str username)
{
	size_t colon = bel_str_find(username, ':');

	if (server->opts.secrets_count == 0 || colon + 1 >= username.len ||
	    bel_str_to_u64(until_s, bel_str_slice(username, 0, colon), UINT32_MAX))
		return false;
	*account = bel_str_slice(username, colon + 1, username.len);
	return true;
}

static enum bel_err limited_key(struct bel_stun_key *out,
				const struct bel_turn_server *server, bel_str secret,
				const struct bel_turn_login *login)
{
	uint8_t mac[BEL_DIGEST_BYTES_MAX];
	char password[32];
	struct bel_writer writer = bel_writer_init(password, sizeof password);
	enum bel_err err = bel_hmac(mac, server->opts.crypto, BEL_SHA1, secret,
				    &login->username, 1);

	if (err)
		return err;
	bel_write_base64(&writer,
			 (bel_str){ (const char *)mac, bel_digest_size(BEL_SHA1) });
	return bel_stun_key_init(out, server->opts.crypto, login->algorithm,
				 login->username, server->opts.realm,
				 bel_writer_str(&writer));
}

static unsigned verify_limited(struct bel_turn_request *request,
			       const struct claim *claim, bel_str account,
			       uint64_t until_s)
{
	struct bel_turn_server *server = request->server;
	struct bel_turn_auth *auth = &request->auth;

	for (unsigned i = 0; i < server->opts.secrets_count; i++) {
		if (limited_key(&auth->identity.key, server, server->opts.secrets[i],
				&claim->login) ||
		    bel_stun_verify(&request->msg, server->opts.crypto, claim->integrity,
				    bel_stun_key_str(&auth->identity.key)))
			continue;
		auth->identity.account = account;
		auth->is_expired = server->opts.port->wall_s(server->opts.user) > until_s;
		return 0;
	}
	return 401;
}

/* A user that there is not is looked at as long as one that there is: with a key that
 * nobody has. A store that cannot be asked is no wrong password. */
static unsigned verify_stored(struct bel_turn_request *request, const struct claim *claim)
{
	struct bel_turn_server *server = request->server;
	struct bel_turn_identity *identity = &request->auth.identity;
	enum bel_err err = server->opts.port->find_key(server->opts.user, identity,
						       &claim->login);
	bool is_known = err == BEL_OK;

	if (err && err != BEL_ERR_NOT_FOUND)
		return 500;
	if (!is_known) {
		identity->key.len = sizeof server->opts.key;
		memcpy(identity->key.bytes, server->opts.key, sizeof server->opts.key);
	}
	bool is_right = bel_stun_verify(&request->msg, server->opts.crypto,
					claim->integrity,
					bel_stun_key_str(&identity->key)) == BEL_OK;
	return is_known && is_right ? 0 : 401;
}

/* Only who was given the nonce is where he says: others would have somebody else take the
 * blame. */
static void tell_wrong(const struct bel_turn_request *request, const struct claim *claim)
{
	const struct bel_turn_server_opts *opts = &request->server->opts;

	if (opts->port->on_wrong &&
	    bel_turn_nonce_is_fresh(request->server, request->from, claim->nonce,
				    request->now_ms))
		opts->port->on_wrong(opts->user, &request->from->client, &claim->login);
}

unsigned bel_turn_login_verify(struct bel_turn_request *request)
{
	struct claim claim;
	bel_str account;
	uint64_t until_s;
	unsigned code = read_claim(&claim, request);

	if (code)
		return code;
	code = read_limited(&until_s, &account, request->server, claim.login.username)
		       ? verify_limited(request, &claim, account, until_s)
		       : verify_stored(request, &claim);
	if (code == 401)
		tell_wrong(request, &claim);
	if (code)
		return code;
	if (request->auth.identity.account.len > BEL_TURN_ACCOUNT_BYTES_MAX)
		return 401;
	if (!bel_turn_nonce_is_fresh(request->server, request->from, claim.nonce,
				     request->now_ms))
		return 438;
	request->auth.integrity = claim.has_algorithm ? BEL_STUN_MESSAGE_INTEGRITY_SHA256
						      : BEL_STUN_MESSAGE_INTEGRITY;
	request->is_authenticated = true;
	return 0;
}
