/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy/proxy_int.h"

enum { VIA_BYTES_MAX = 256, ROUTE_BYTES_MAX = 256, SCRATCH_BYTES = 2048 };

static const char *transport_param(uint8_t transport)
{
	return transport == BEL_SIP_TCP   ? ";transport=tcp"
	       : transport == BEL_SIP_TLS ? ";transport=tls"
					  : "";
}

/* RFC 5393 section 4.2.1: everything that routing looks at, under a key so that nobody
 * can make two requests look alike. */
uint32_t bel_request_loop_hash(const struct bel_proxy *proxy, struct bel_sip_msg *msg)
{
	const struct bel_hash_key *key = &proxy->opts.branch_key;
	const struct bel_sip_field *route = bel_sip_field_first(msg, BEL_SIP_H_ROUTE);
	uint32_t number = bel_sip_cseq(msg)->number;
	const bel_str looked_at[] = { msg->uri_text,
				      bel_sip_call_id(msg),
				      bel_sip_from(msg)->tag,
				      bel_sip_to(msg)->tag,
				      { (const char *)&number, sizeof number } };
	uint64_t hash = bel_hash_list(key, looked_at, BEL_COUNT_OF(looked_at));

	for (; route; route = bel_sip_field_next(msg, route))
		hash = hash * 31 + bel_hash(key, bel_sip_field_value(msg, route));
	return (uint32_t)(hash ^ hash >> 32);
}

/* "z9hG4bK" worker (2 digits) "." counter (16) "." loop hash (8): the loop hash is read
 * back by bel_proxy_is_loop. */
enum { BRANCH_WORKER_AT = 7, BRANCH_LOOP_AT = 7 + 2 + 1 + 16 + 1 };

static bel_str mint_branch(struct branch *branch, uint32_t loop_hash)
{
	struct bel_proxy *proxy = branch->call->proxy;
	char buf[BRANCH_LOOP_AT + 8];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	uint64_t unique;

	bel_loop_random(proxy->opts.loop, &unique, sizeof unique);
	bel_write_lit(&writer, "z9hG4bK");
	bel_write_hex64(&writer, proxy->opts.worker, 2);
	bel_write_char(&writer, '.');
	bel_write_hex64(&writer, unique, 16);
	bel_write_char(&writer, '.');
	bel_write_hex64(&writer, loop_hash, 8);
	return bel_arena_copy(&branch->call->arena, bel_writer_str(&writer));
}

int bel_proxy_owner(bel_str branch)
{
	uint64_t worker;

	if (branch.len != BRANCH_LOOP_AT + 8 ||
	    bel_str_to_hex64(&worker, bel_str_slice(branch, BRANCH_WORKER_AT,
						    BRANCH_WORKER_AT + 2)))
		return -1;
	return (int)worker;
}

bool bel_proxy_is_loop(const struct bel_proxy *proxy, struct bel_sip_msg *request,
		       const bel_addr *own, unsigned own_count)
{
	struct bel_sip_values values;
	bool has_hash = false;
	uint32_t hash = 0;
	bel_str value;

	bel_sip_values_init(&values, request, BEL_SIP_H_VIA);
	/* The topmost is that of whoever sent it here: a loop has ours below. When we
	 * sent it to ourselves it is ours, so it is looked at as well. */
	while (bel_sip_values_next(&value, &values)) {
		struct bel_sip_via via;
		bel_addr addr;
		uint64_t theirs;
		if (bel_sip_via_parse_in(&via, request, value) ||
		    via.branch.len != BRANCH_LOOP_AT + 8 ||
		    bel_addr_parse_host(&addr, via.host) ||
		    bel_str_to_hex64(&theirs, bel_str_slice(via.branch, BRANCH_LOOP_AT,
							    via.branch.len)))
			continue;
		for (unsigned i = 0; i < own_count; i++) {
			if (!bel_addr_is_same_host(&addr, &own[i]))
				continue;
			if (!has_hash)
				hash = bel_request_loop_hash(proxy, request);
			has_hash = true;
			if (theirs == hash)
				return true;
		}
	}
	return false;
}

bel_str bel_request_via(struct bel_arena *arena, const struct bel_proxy *proxy,
			const struct bel_flow *flow, bel_str branch_id)
{
	bel_addr own = bel_flow_own_addr(proxy->opts.transport, flow);
	char host[64], buf[VIA_BYTES_MAX];
	struct bel_writer name = bel_writer_init(host, sizeof host);
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	bel_addr_write_uri_host(&name, &own);
	bel_sip_write_via(&writer, flow->transport, bel_writer_str(&name), own.port,
			  branch_id, true);
	return bel_arena_copy(arena, bel_writer_str(&writer));
}

/* One side of the dialog: <sip:HOST:PORT;transport=tcp;lr;b=MARK>. */
static bel_str record_route(struct branch *branch, struct bel_arena *arena,
			    struct bel_sip_msg *msg, const struct bel_flow *listener,
			    const struct bel_mark *mark)
{
	struct bel_proxy *proxy = branch->call->proxy;
	bel_addr own = bel_flow_own_addr(proxy->opts.transport, listener);
	char buf[ROUTE_BYTES_MAX];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	bel_write_lit(&writer, "<sip:");
	bel_addr_write(&writer, &own);
	bel_write_text(&writer, transport_param(listener->transport));
	bel_write_lit(&writer, ";lr;b=");
	bel_mark_write(&writer, mark, &proxy->opts.mark_key, bel_sip_call_id(msg));
	bel_write_char(&writer, '>');
	return bel_arena_copy(arena, bel_writer_str(&writer));
}

static void add_record_routes(struct bel_sip_splice *splice, struct branch *branch,
			      struct bel_arena *arena, struct bel_sip_msg *msg,
			      const struct bel_flow *flow)
{
	const struct call *call = branch->call;
	/* The caller is reached where he called from, unless proxies stand between: then
	 * their Record-Route leads to him. */
	const struct bel_mark_key *key = &branch->call->proxy->opts.mark_key;
	const struct bel_mark caller = { .has_flow = call->is_caller_direct,
					 .flow = call->came_by,
					 .near = bel_mark_near(&flow->peer, key) };
	const struct bel_mark callee = { .has_flow = branch->has_flow,
					 .flow = *flow,
					 .binding = branch->binding,
					 .near = bel_mark_near(&call->came_by.peer,
							       key) };

	bel_sip_splice_insert(splice, BEL_SIP_H_RECORD_ROUTE,
			      record_route(branch, arena, msg, flow, &callee));
	bel_sip_splice_insert(splice, BEL_SIP_H_RECORD_ROUTE,
			      record_route(branch, arena, msg, &call->came_by, &caller));
}

/* Credentials for our realm have done their work (RFC 3261 section 22.3). */
static void remove_credentials(struct bel_sip_splice *splice,
			       const struct bel_proxy *proxy)
{
	const struct bel_sip_field *field = bel_sip_field_first(
		splice->msg, BEL_SIP_H_PROXY_AUTHORIZATION);

	for (unsigned index = 0; field;
	     field = bel_sip_field_next(splice->msg, field), index++) {
		struct bel_sip_auth auth;
		struct bel_sip_param param;
		if (bel_sip_auth_parse(&auth, bel_sip_field_value(splice->msg, field)))
			continue;
		while (bel_sip_auth_next(&param, &auth.params) == BEL_OK) {
			if (!bel_str_is_equal_nocase(param.name, BEL_STR("realm")) ||
			    !bel_str_is_equal(param.value, proxy->opts.realm))
				continue;
			bel_sip_splice_remove_value(splice, BEL_SIP_H_PROXY_AUTHORIZATION,
						    index);
			break;
		}
	}
}

void bel_request_edit_body(struct bel_sip_splice *splice, bel_str body)
{
	if (body.len)
		bel_sip_splice_body(splice,
				    bel_sip_value(splice->msg, BEL_SIP_H_CONTENT_TYPE),
				    body);
}

void bel_request_edit_length(struct bel_sip_splice *splice, const struct bel_flow *flow)
{
	if (bel_flow_is_stream(flow) && !splice->has_body &&
	    !bel_sip_has(splice->msg, BEL_SIP_H_CONTENT_LENGTH))
		bel_sip_splice_set_number(splice, BEL_SIP_H_CONTENT_LENGTH,
					  (uint32_t)bel_sip_body(splice->msg).len);
}

void bel_request_edit(struct bel_sip_splice *splice, const struct bel_proxy *proxy,
		      const struct bel_flow *flow, const bel_addr *source,
		      unsigned own_routes)
{
	uint32_t hops = 70;

	if (bel_sip_number(&hops, splice->msg, BEL_SIP_H_MAX_FORWARDS, 255) == BEL_OK)
		hops = hops ? hops - 1 : 0;
	bel_sip_splice_set_number(splice, BEL_SIP_H_MAX_FORWARDS, hops);
	bel_sip_splice_via_source(splice, source);
	for (unsigned i = 0; i < own_routes; i++)
		bel_sip_splice_remove_value(splice, BEL_SIP_H_ROUTE, i);
	remove_credentials(splice, proxy);
	bel_request_edit_length(splice, flow);
}

bel_str bel_request_next_hop(struct bel_sip_msg *msg, unsigned own_routes)
{
	struct bel_sip_values values;
	struct bel_sip_addr route;
	bel_str value;

	bel_sip_values_init(&values, msg, BEL_SIP_H_ROUTE);
	while (bel_sip_values_next(&value, &values))
		if (own_routes)
			own_routes--;
		else if (bel_sip_addr_parse_in(&route, msg, value) == BEL_OK)
			return route.uri.text;
	return BEL_STR_NONE;
}

/* RFC 3325 section 5: we say who the caller is, nobody else. */
static void edit_identity(struct bel_sip_splice *splice, const struct call *call)
{
	if (!call->strips_identity)
		return;
	if (call->plan_asserted.len)
		bel_sip_splice_set(splice, BEL_SIP_H_P_ASSERTED_IDENTITY,
				   call->plan_asserted);
	else
		bel_sip_splice_remove(splice, BEL_SIP_H_P_ASSERTED_IDENTITY);
	bel_sip_splice_remove(splice, BEL_SIP_H_P_PREFERRED_IDENTITY);
}

bel_str bel_request_edit_strict(struct bel_sip_splice *splice, struct bel_arena *arena,
				bel_str target, unsigned own_routes)
{
	bel_str hop = bel_request_next_hop(splice->msg, own_routes);
	size_t size = target.len + 2;
	struct bel_uri uri;
	char *buf;

	if (!hop.len || bel_uri_parse(&uri, hop) || bel_uri_is_loose(&uri))
		return target;
	buf = bel_arena_bytes(arena, size);
	struct bel_writer writer = bel_writer_init(buf, buf ? size : 0);
	bel_write_char(&writer, '<');
	bel_write_str(&writer, target);
	bel_write_char(&writer, '>');
	bel_sip_splice_remove_value(splice, BEL_SIP_H_ROUTE, own_routes);
	bel_sip_splice_append(splice, BEL_SIP_H_ROUTE, bel_writer_str(&writer));
	return hop;
}

static void edit_breadth(struct bel_sip_splice *splice, const struct call *call)
{
	unsigned parallel = call->branches_count && !call->is_one_phone
				    ? call->branches_count
				    : 1;

	/* RFC 5393 section 5.3.3: what one request may still fork into is shared out. */
	if (parallel > 1 || bel_sip_has(splice->msg, BEL_SIP_H_MAX_BREADTH))
		bel_sip_splice_set_number(
			splice, BEL_SIP_H_MAX_BREADTH,
			call->breadth / parallel ? call->breadth / parallel : 1);
}

enum bel_err bel_request_build(bel_str *out, bel_str *branch_id, struct branch *branch,
			       const struct bel_flow *flow)
{
	struct call *call = branch->call;
	struct bel_proxy *proxy = call->proxy;
	struct bel_sip_msg *msg = bel_proxy_call_request(call);
	struct bel_writer writer = bel_writer_init(proxy->buf, sizeof proxy->buf);
	char scratch[SCRATCH_BYTES];
	struct bel_sip_splice splice;
	struct bel_arena arena; /* of what is only joined into the request */
	bel_str body;
	enum bel_err err;

	if (!msg)
		return BEL_ERR_SYNTAX;
	err = bel_media_on_request(&body, branch, msg, flow);
	if (err)
		return err;
	bel_arena_init(&arena, scratch, sizeof scratch, MESSAGE_BYTES_MAX);
	*branch_id = mint_branch(branch, bel_request_loop_hash(proxy, msg));
	bel_sip_splice_init(&splice, msg);
	bel_sip_splice_insert(&splice, BEL_SIP_H_VIA,
			      bel_request_via(&arena, proxy, flow, *branch_id));
	bel_request_edit_body(&splice, body);
	bel_request_edit(&splice, proxy, flow, &call->came_by.peer, call->own_routes);
	edit_identity(&splice, call);
	edit_breadth(&splice, call);
	if (branch->path.len)
		bel_sip_splice_insert(&splice, BEL_SIP_H_ROUTE, branch->path);
	bel_sip_splice_uri(&splice,
			   branch->path.len
				   ? branch->uri
				   : bel_request_edit_strict(&splice, &arena, branch->uri,
							     call->own_routes));
	if (call->records_route)
		add_record_routes(&splice, branch, &arena, msg, flow);
	err = bel_sip_splice_write(&writer, &splice);
	bel_arena_fini(&arena);
	if (err)
		return err;
	*out = bel_arena_copy(&call->work, bel_writer_str(&writer));
	return out->ptr && branch_id->ptr ? BEL_OK : BEL_ERR_SPACE;
}
