/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy/proxy_int.h"

enum { BRANCH_BYTES = 7 + 1 + 16, SCRATCH_BYTES = 2048 };

/* RFC 3261 section 16.11: the same request gets the same branch, and nobody else can make
 * one that we would take for ours. */
static void write_branch(struct bel_writer *writer, const struct bel_proxy *proxy,
			 const struct bel_sip_via *via, struct bel_sip_msg *msg)
{
	uint32_t number = bel_sip_cseq(msg)->number;
	const bel_str same[] = { via->branch,
				 via->sent_by,
				 bel_sip_call_id(msg),
				 { (const char *)&number, sizeof number } };

	bel_write_lit(writer, "z9hG4bKs");
	bel_write_hex64(writer,
			bel_mac64_list(&proxy->opts.branch_key, same, BEL_COUNT_OF(same)),
			16);
}

struct stateless {
	struct bel_proxy *proxy;
	const struct bel_proxy_request *request;
	const struct bel_plan_target *target;
	struct bel_targets_query query;
	bool is_sent;
};

static enum bel_err send_on(struct bel_proxy *proxy,
			    const struct bel_proxy_request *request,
			    const struct bel_plan_target *target,
			    const struct bel_flow *flow)
{
	struct bel_sip_msg *msg = request->msg;
	struct bel_writer writer = bel_writer_init(proxy->buf, sizeof proxy->buf);
	char scratch[SCRATCH_BYTES], branch[BRANCH_BYTES];
	struct bel_writer id = bel_writer_init(branch, sizeof branch);
	struct bel_sip_splice splice;
	struct bel_arena arena;
	enum bel_err err;

	bel_arena_init(&arena, scratch, sizeof scratch, 0);
	write_branch(&id, proxy, bel_sip_via(msg), msg);
	bel_sip_splice_init(&splice, msg);
	bel_sip_splice_insert(&splice, BEL_SIP_H_VIA,
			      bel_request_via(&arena, proxy, flow, bel_writer_str(&id)));
	bel_request_edit_body(&splice,
			      bel_media_on_ack(proxy, msg, &request->came_by->peer));
	bel_request_edit(&splice, proxy, flow, &request->came_by->peer,
			 request->facts->own_routes);
	if (target->path.len)
		bel_sip_splice_insert(&splice, BEL_SIP_H_ROUTE, target->path);
	bel_sip_splice_uri(&splice,
			   target->path.len
				   ? target->uri
				   : bel_request_edit_strict(&splice, &arena, target->uri,
							     request->facts->own_routes));
	err = bel_sip_splice_write(&writer, &splice);
	if (!err)
		err = bel_flow_send(proxy->opts.transport, flow, bel_writer_str(&writer));
	return err;
}

static void on_targets(struct bel_targets_query *query, enum bel_err err,
		       const struct bel_hop *hops, unsigned count)
{
	struct stateless *stateless = BEL_CONTAINER_OF(query, struct stateless, query);
	struct bel_flow flow;

	if (!err && count &&
	    !bel_flow_open(&flow, stateless->proxy->opts.transport, &hops[0]))
		send_on(stateless->proxy, stateless->request, stateless->target, &flow);
	stateless->is_sent = true;
}

static bool is_hidden(struct bel_flow *flow, const struct bel_proxy *proxy,
		      uint64_t binding, bel_str uri)
{
	char scratch[SCRATCH_BYTES];
	struct bel_arena arena;
	bool is_found;

	bel_arena_init(&arena, scratch, sizeof scratch, MESSAGE_BYTES_MAX);
	is_found = bel_dialog_find_hidden(flow, proxy, binding, uri, &arena);
	bel_arena_fini(&arena);
	return is_found;
}

/* The flow of the mark, or that of the binding; false when there is none. */
static bool find_flow(struct bel_proxy *proxy, const struct bel_proxy_request *request,
		      const struct bel_plan_target *target, bool has_mark,
		      struct bel_flow *flow)
{
	const struct bel_mark *mark = &request->facts->mark;

	if (has_mark && mark->has_flow)
		*flow = mark->flow;
	else if (target->binding && target->binding->uses_flow && !target->path.len)
		*flow = target->binding->flow;
	else
		return has_mark && is_hidden(flow, proxy, mark->binding, target->uri);
	return bel_flow_is_open(proxy->opts.transport, flow);
}

/* The first Route value, else the Request-URI. */
static bel_str hop_of(const struct bel_proxy_request *request,
		      const struct bel_plan_target *target)
{
	bel_str value, path = target->path, hop;
	struct bel_sip_addr first;

	if (path.len && bel_sip_list_next(&value, &path) &&
	    bel_sip_addr_parse(&first, value) == BEL_OK)
		return first.uri.text;
	hop = bel_request_next_hop(request->msg, request->facts->own_routes);
	return hop.len ? hop : target->uri;
}

void bel_stateless_forward(struct bel_proxy *proxy,
			   const struct bel_proxy_request *request)
{
	bool has_mark;
	const struct bel_plan_target target = bel_dialog_target(proxy, request,
								&has_mark);
	struct stateless stateless = { .proxy = proxy,
				       .request = request,
				       .target = &target,
				       .query = { .on_targets = on_targets } };
	struct bel_flow flow;
	struct bel_uri uri;

	if (find_flow(proxy, request, &target, has_mark, &flow)) {
		send_on(proxy, request, &target, &flow);
		return;
	}
	if (bel_uri_parse(&uri, hop_of(request, &target)))
		return;
	bel_targets_find(proxy->opts.targets, &stateless.query, &uri,
			 request->msg->bytes.len);
	/* A name that is not in the cache: the sender repeats what he wants delivered,
	 * and finds it there then. */
	if (!stateless.is_sent)
		bel_targets_cancel(proxy->opts.targets, &stateless.query);
}

bool bel_proxy_on_stray(struct bel_proxy *proxy, struct bel_sip_msg *response)
{
	struct bel_writer writer = bel_writer_init(proxy->buf, sizeof proxy->buf);
	char expected[BRANCH_BYTES];
	struct bel_writer id = bel_writer_init(expected, sizeof expected);
	struct bel_sip_values values;
	struct bel_sip_via via;
	struct bel_sip_splice splice;
	struct bel_flow flow, none = { .transport = BEL_SIP_TRANSPORT_OTHER };
	bel_str ours, next;

	bel_sip_values_init(&values, response, BEL_SIP_H_VIA);
	if (!bel_sip_values_next(&ours, &values) ||
	    !bel_sip_values_next(&next, &values) ||
	    bel_sip_via_parse_in(&via, response, next))
		return false;
	write_branch(&id, proxy, &via, response);
	if (!bel_str_is_equal_secret(bel_writer_str(&id), bel_sip_via(response)->branch))
		return false;
	bel_sip_splice_init(&splice, response);
	bel_sip_splice_remove_value(&splice, BEL_SIP_H_VIA, 0);
	if (bel_flow_for_response(&flow, proxy->opts.transport, &none, &via))
		return false;
	bel_request_edit_length(&splice, &flow);
	if (bel_sip_splice_write(&writer, &splice))
		return false;
	bel_flow_send(proxy->opts.transport, &flow, bel_writer_str(&writer));
	return true;
}
