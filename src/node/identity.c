/* SPDX-License-Identifier: Apache-2.0 */
#include "node/node_int.h"

/* Phones authenticate as "alice" or as "alice@domain"; HA1 of the file is over the name
 * as digest authentication has it, so the form is kept where the user is looked up. */
static bel_str account_of(struct worker *worker, bel_str username)
{
	size_t at = bel_str_find(username, '@');
	bel_str host = bel_str_slice(username, at + 1, username.len);
	struct bel_uri uri = { .scheme = BEL_URI_SIP, .host = host };
	bel_addr addr;

	if (at >= username.len)
		return username;
	uri.host_kind = bel_addr_parse_host(&addr, host) == BEL_OK ? BEL_URI_IPV4
								   : BEL_URI_NAME;
	return bel_route_is_own(worker->conf, worker->node->own, worker->node->own_count,
				&uri)
		       ? bel_str_slice(username, 0, at)
		       : username;
}

static void fail(struct worker *worker, const struct bel_facts *facts, bel_str user)
{
	struct bel_node *node = worker->node;
	bool has_phones = bel_location_has_source(node->location, &facts->source);
	char buf[80];
	struct bel_writer text = bel_writer_init(buf, sizeof buf);

	bel_count(worker, COUNT_WRONG_PASSWORDS);
	bel_addr_write(&text, &facts->source);
	BEL_LOG(node->log, BEL_LOG_WARNING, "wrong credentials",
		{ "source", bel_writer_str(&text) }, { "user", user });
	if (bel_guard_on_failure(node->guard, &facts->source, user, has_phones,
				 bel_loop_now_ms(worker->loop)))
		BEL_LOG(node->log, BEL_LOG_WARNING,
			"banned after too many wrong passwords",
			{ "source", bel_writer_str(&text) },
			{ "user", has_phones ? user : BEL_STR_NONE });
}

static enum bel_identity to_identity(enum bel_auth_verdict verdict)
{
	switch (verdict) {
	case BEL_AUTH_VALID:
		return BEL_IDENTITY_VALID;
	case BEL_AUTH_STALE:
	case BEL_AUTH_REPLAYED: /* a fresh nonce puts a confused phone right */
		return BEL_IDENTITY_STALE;
	case BEL_AUTH_MISSING:
		return BEL_IDENTITY_NONE;
	case BEL_AUTH_BROKEN:
		return BEL_IDENTITY_BROKEN;
	case BEL_AUTH_WRONG:
		break;
	}
	return BEL_IDENTITY_WRONG;
}

/* The count is taken only once the digest is right. A REGISTER sent again after its 200
 * got lost counts as used, so it costs one challenge with stale=true. */
static enum bel_auth_verdict verify(struct worker *worker, const struct bel_facts *facts,
				    struct bel_auth_credentials *credentials,
				    bel_str user, struct bel_sip_msg *request)
{
	struct bel_node *node = worker->node;
	struct bel_auth_ha1 ha1;
	bool is_known = bel_users_secret(node->users, user, credentials->digest, &ha1) ==
			BEL_OK;
	enum bel_auth_verdict verdict = bel_auth_verify(
		credentials, &node->auth, worker->crypto, request, is_known ? &ha1 : NULL,
		&facts->source, bel_loop_wall_ms(worker->loop));

	bel_wipe(&ha1, sizeof ha1);
	if (verdict == BEL_AUTH_VALID)
		verdict = bel_users_take_count(node->users, user, credentials);
	return verdict;
}

void bel_node_identify(struct worker *worker, struct bel_facts *facts,
		       struct bel_sip_msg *request)
{
	struct bel_auth_credentials credentials;
	bool is_proxy = facts->method != BEL_SIP_REGISTER;
	enum bel_auth_verdict verdict;
	bel_str user;

	verdict = bel_auth_find(&credentials, &worker->node->auth, request, is_proxy);
	/* Requests that the server itself answers are challenged with 401. */
	if (verdict == BEL_AUTH_MISSING && is_proxy)
		verdict = bel_auth_find(&credentials, &worker->node->auth, request,
					false);
	if (verdict != BEL_AUTH_VALID) {
		facts->identity = to_identity(verdict);
		return;
	}
	user = account_of(worker, credentials.username);
	if (!bel_guard_may_try(worker->node->guard, &facts->source, user,
			       bel_loop_now_ms(worker->loop))) {
		facts->identity = BEL_IDENTITY_WRONG;
		return;
	}
	verdict = verify(worker, facts, &credentials, user, request);
	if (verdict == BEL_AUTH_WRONG)
		fail(worker, facts, user);
	facts->identity = to_identity(verdict);
	facts->identity_user = user;
}
