/* SPDX-License-Identifier: Apache-2.0 */
#include "turn/server_int.h"

#include <errno.h>
#include <stdlib.h>

static void set_defaults(struct bel_turn_server_opts *opts)
{
	if (opts->relays_max == 0)
		opts->relays_max = 10000;
	if (opts->user_relays_max == 0)
		opts->user_relays_max = 10;
	if (opts->lifetime_max_s == 0)
		opts->lifetime_max_s = 3600;
	if (opts->lifetime_max_s < BEL_TURN_LIFETIME_S)
		opts->lifetime_max_s = BEL_TURN_LIFETIME_S;
	if (opts->nonce_s == 0)
		opts->nonce_s = 600;
}

/* Each key for one thing: a MAC of one kind is none of another. */
static void make_keys(struct bel_turn_server *server)
{
	static const char *const names[] = { "nonce", "token", "table" };
	struct bel_hash_key *const keys[] = { &server->nonce_key, &server->token_key,
					      &server->table_key };
	struct bel_hash_key roots[2];

	_Static_assert(sizeof roots == sizeof server->opts.key, "all of the key is used");
	memcpy(roots, server->opts.key, sizeof roots);
	for (size_t i = 0; i < BEL_COUNT_OF(names); i++) {
		keys[i]->k0 = bel_mac64(&roots[0], bel_str_from(names[i]));
		keys[i]->k1 = bel_mac64(&roots[1], bel_str_from(names[i]));
	}
	bel_wipe(roots, sizeof roots);
}

enum bel_err bel_turn_server_open(struct bel_turn_server **out,
				  const struct bel_turn_server_opts *opts,
				  uint64_t now_ms)
{
	struct bel_turn_server *server;

	if (opts->realm.len == 0 || opts->realm.len > BEL_TURN_REALM_BYTES_MAX)
		return BEL_ERR_LIMIT;
	server = calloc(1, sizeof *server);
	if (!server)
		return bel_err_from_errno(ENOMEM);
	server->opts = *opts;
	set_defaults(&server->opts);
	make_keys(server);
	bel_wheel_init(&server->wheel, now_ms);
	if (bel_turn_table_init(&server->paths) || bel_turn_table_init(&server->relays) ||
	    bel_turn_table_init(&server->accounts)) {
		bel_turn_server_close(server);
		return bel_err_from_errno(ENOMEM);
	}
	*out = server;
	return BEL_OK;
}

void bel_turn_server_set_rules(struct bel_turn_server *server,
			       const struct bel_turn_server_opts *opts)
{
	struct bel_turn_server_opts *mine = &server->opts;

	mine->secrets = opts->secrets;
	mine->secrets_count = opts->secrets_count;
	mine->own = opts->own;
	mine->own_count = opts->own_count;
	mine->allowed = opts->allowed;
	mine->allowed_count = opts->allowed_count;
	mine->denied = opts->denied;
	mine->denied_count = opts->denied_count;
	mine->relays_max = opts->relays_max;
	mine->user_relays_max = opts->user_relays_max;
	mine->user_bytes_per_s = opts->user_bytes_per_s;
	mine->wants_userhash = opts->wants_userhash;
	set_defaults(mine);
	for (uint32_t i = 0; i < server->slots_count; i++)
		if (server->slots[i].relayed)
			bel_turn_peers_review(server->slots[i].relayed);
}

static void close_relays(struct bel_turn_server *server)
{
	for (uint32_t i = 0; i < server->slots_count; i++)
		if (server->slots[i].relayed)
			bel_turn_relayed_close(server->slots[i].relayed, UINT64_MAX / 2);
}

void bel_turn_server_close(struct bel_turn_server *server)
{
	struct bel_turn_node *node;

	if (!server)
		return;
	close_relays(server);
	while (server->accounts.size && (node = bel_turn_table_any(&server->accounts))) {
		struct bel_turn_account *account = BEL_CONTAINER_OF(
			node, struct bel_turn_account, node);
		bel_wheel_remove(&server->wheel, &account->idle);
		bel_turn_table_remove(&server->accounts, node);
		bel_turn_give(server, account, sizeof *account + account->name_len);
	}
	bel_turn_table_fini(&server->paths);
	bel_turn_table_fini(&server->relays);
	bel_turn_table_fini(&server->accounts);
	free(server->slots);
	bel_wipe(server, sizeof *server);
	free(server);
}

void bel_turn_answer_start(struct bel_writer *answer,
			   const struct bel_turn_request *request,
			   enum bel_stun_class class)
{
	bel_stun_write_header(answer, class, request->msg.method,
			      request->msg.transaction);
}

/* Whether what goes to a source that nothing has proved is within its budget. Where a
 * handshake came first, the source is real. */
static bool may_send(const struct bel_turn_request *request, size_t answer_bytes)
{
	const struct bel_turn_server_opts *opts = &request->server->opts;

	return request->is_authenticated || request->from->transport != BEL_TURN_UDP ||
	       !opts->port->may_answer ||
	       opts->port->may_answer(opts->user, &request->from->client,
				      request->msg.bytes.len, answer_bytes);
}

void bel_turn_answer_send(struct bel_writer *answer,
			  const struct bel_turn_request *request)
{
	struct bel_turn_server *server = request->server;

	if (request->is_authenticated &&
	    bel_stun_write_integrity(answer, server->opts.crypto, request->auth.integrity,
				     bel_stun_key_str(&request->auth.identity.key)))
		return;
	if (bel_stun_has(&request->msg, BEL_STUN_FINGERPRINT))
		bel_stun_write_fingerprint(answer);
	if (bel_writer_check(answer))
		return;
	if (!may_send(request, answer->len)) {
		server->counters.unanswered++;
		return;
	}
	const bel_str message = bel_writer_str(answer);
	server->opts.port->send_client(server->opts.user, request->from, &message, 1);
}

/* RFC 8489 section 9.2.4. */
static void write_challenge(struct bel_writer *answer,
			    const struct bel_turn_request *request)
{
	char buf[64];
	struct bel_writer nonce = bel_writer_init(buf, sizeof buf);
	bel_str algorithms = bel_turn_algorithms(request->server);

	bel_turn_nonce_write(&nonce, request->server, request->from, request->now_ms);
	bel_stun_write_bytes(answer, BEL_STUN_REALM, request->server->opts.realm);
	bel_stun_write_bytes(answer, BEL_STUN_NONCE, bel_writer_str(&nonce));
	if (algorithms.len)
		bel_stun_write_bytes(answer, BEL_STUN_PASSWORD_ALGORITHMS, algorithms);
}

/* Whoever has not proved who he is gets no phrase: an answer to a forged source is as
 * small as it can be. */
static void refuse(struct bel_turn_request *request, unsigned code)
{
	char buf[BEL_TURN_ANSWER_BYTES_MAX];
	struct bel_writer answer = bel_writer_init(buf, sizeof buf);
	bool is_challenge = code == 401 || code == 438;

	if (is_challenge)
		request->is_authenticated = false;
	bel_turn_answer_start(&answer, request, BEL_STUN_ERROR);
	bel_stun_write_error(&answer, code,
			     request->is_authenticated ? bel_stun_reason(code)
						       : BEL_STR_NONE);
	if (is_challenge) {
		write_challenge(&answer, request);
		request->server->counters.challenges++;
	} else {
		request->server->counters.refusals++;
	}
	if (code == 420)
		bel_stun_write_unknown(&answer, &request->msg);
	bel_turn_answer_send(&answer, request);
}

static unsigned on_binding(struct bel_turn_request *request)
{
	char buf[BEL_TURN_ANSWER_BYTES_MAX];
	struct bel_writer answer = bel_writer_init(buf, sizeof buf);

	if (request->msg.unknown_count)
		return 420;
	bel_turn_answer_start(&answer, request, BEL_STUN_SUCCESS);
	bel_stun_write_addr(&answer, BEL_STUN_XOR_MAPPED_ADDRESS, &request->from->client);
	bel_turn_answer_send(&answer, request);
	return 0;
}

/* What may be asked of us. A Binding proves nothing and asks for nothing. */
static const struct method {
	enum bel_stun_method method;
	bool needs_login, needs_allocation;
	unsigned (*on_request)(struct bel_turn_request *request);
} methods[] = {
	{ BEL_STUN_BINDING, false, false, on_binding },
	{ BEL_STUN_ALLOCATE, true, false, bel_turn_on_allocate },
	{ BEL_STUN_REFRESH, true, false, bel_turn_on_refresh },
	{ BEL_STUN_CREATE_PERMISSION, true, true, bel_turn_on_create_permission },
	{ BEL_STUN_CHANNEL_BIND, true, true, bel_turn_on_channel_bind },
};

/* Without can_dont_fragment, DONT-FRAGMENT is an attribute that is not known here (RFC
 * 8656 section 7.2). */
static bool has_unknown(struct bel_turn_request *request)
{
	struct bel_stun_msg *msg = &request->msg;

	if (!request->server->opts.can_dont_fragment &&
	    bel_stun_has(msg, BEL_STUN_DONT_FRAGMENT) &&
	    msg->unknown_count < BEL_STUN_UNKNOWN_MAX)
		msg->unknown[msg->unknown_count++] = BEL_STUN_DONT_FRAGMENT;
	return msg->unknown_count > 0;
}

/* The one authoriser: nothing is looked at, and nothing changes, before it says 0. */
static unsigned authorise(struct bel_turn_request *request, const struct method *method)
{
	unsigned code = bel_turn_login_verify(request);

	if (code)
		return code;
	request->path = bel_turn_path_find(request->server, request->from);
	request->allocation = request->path ? request->path->allocation : NULL;
	/* RFC 8656 section 5: the user who made it, and nobody else. */
	if (request->allocation && !bel_turn_account_is(request->allocation->account,
							request->auth.identity.account))
		return method->method == BEL_STUN_ALLOCATE ? 437 : 441;
	if (request->auth.is_expired && !request->allocation)
		return 401;
	if (has_unknown(request))
		return 420;
	if (method->needs_allocation && !request->allocation)
		return 437;
	if (method->needs_allocation && request->path == &request->allocation->next_path)
		bel_turn_path_confirm(request->server, request->allocation);
	return 0;
}

/* A method that there is not is dropped (RFC 8489 section 6.3). */
static void on_request(struct bel_turn_request *request)
{
	const struct method *method = NULL;
	unsigned code = 400;

	for (size_t i = 0; i < BEL_COUNT_OF(methods); i++)
		if (methods[i].method == request->msg.method)
			method = &methods[i];
	if (!method) {
		request->server->counters.broken++;
		return;
	}
	if (!request->msg.is_malformed)
		code = method->needs_login ? authorise(request, method) : 0;
	if (code == 0)
		code = method->on_request(request);
	if (code)
		refuse(request, code);
}

void bel_turn_server_receive(struct bel_turn_server *server,
			     const struct bel_turn_tuple *from, bel_str bytes,
			     uint64_t now_ms)
{
	struct bel_turn_request request = { .server = server,
					    .from = from,
					    .now_ms = now_ms };

	if (bel_turn_is_channel_data(bytes)) {
		bel_turn_on_channel_data(server, from, bytes, now_ms);
		return;
	}
	if (bel_stun_parse(&request.msg, bytes)) {
		server->counters.broken++;
		return;
	}
	if (request.msg.class == BEL_STUN_REQUEST)
		on_request(&request);
	else if (request.msg.class == BEL_STUN_INDICATION &&
		 request.msg.method == BEL_STUN_SEND)
		bel_turn_on_send(server, from, &request.msg, now_ms);
}

void bel_turn_server_on_closed(struct bel_turn_server *server,
			       const struct bel_turn_tuple *tuple, uint64_t now_ms)
{
	struct bel_turn_path *path = bel_turn_path_find(server, tuple);

	if (!path)
		return;
	struct bel_turn_allocation *allocation = path->allocation;
	if (path == &allocation->next_path)
		bel_turn_path_close(server, path);
	else if (allocation->next_path.is_open)
		bel_turn_path_confirm(server, allocation);
	else if (!allocation->is_mobile)
		bel_turn_allocation_close(server, allocation, now_ms);
	else
		bel_turn_path_close(server, path);
}

bool bel_turn_server_has_allocation(struct bel_turn_server *server,
				    const struct bel_turn_tuple *tuple)
{
	return bel_turn_path_find(server, tuple) != NULL;
}

void bel_turn_server_advance(struct bel_turn_server *server, uint64_t now_ms)
{
	bel_wheel_advance(&server->wheel, now_ms);
}

uint64_t bel_turn_server_next_ms(const struct bel_turn_server *server)
{
	return bel_wheel_next_ms(&server->wheel);
}

const struct bel_turn_counters *
bel_turn_server_counters(const struct bel_turn_server *server)
{
	return &server->counters;
}
