/* SPDX-License-Identifier: Apache-2.0
 * Where a request within a dialog goes on. */
#include "proxy/proxy_int.h"

/* The mark tells where the phone was, its registration where it is: the mark's way is
 * taken when it is a stream that stands and the registration has none. */
static bool is_mark_better(const struct bel_proxy *proxy, const struct bel_mark *mark,
			   const struct bel_binding *binding)
{
	bool has_stream = mark->has_flow && bel_flow_is_stream(&mark->flow) &&
			  bel_flow_is_open(proxy->opts.transport, &mark->flow);

	return has_stream && !(binding && binding->uses_flow && !binding->flow_is_gone);
}

struct bel_plan_target bel_dialog_target(const struct bel_proxy *proxy,
					 const struct bel_proxy_request *request,
					 bool *has_mark)
{
	const struct bel_facts *facts = request->facts;
	const struct bel_plan *plan = request->plan;
	const struct bel_mark *mark = &facts->mark;
	struct bel_plan_target target = { .uri = request->msg->uri_text, .q = 1000 };

	*has_mark = plan->kind == BEL_PLAN_IN_DIALOG && !facts->has_further_route;
	if (!plan->targets_count)
		return target;
	target = plan->targets[0];
	for (unsigned i = 0; i < plan->targets_count; i++)
		if (mark->binding && plan->targets[i].binding &&
		    plan->targets[i].binding->id == mark->binding)
			target = plan->targets[i];
	*has_mark = *has_mark && is_mark_better(proxy, mark, target.binding);
	if (*has_mark || facts->has_further_route)
		target.path = BEL_STR_NONE; /* RFC 5627 section 6.1 */
	if (facts->has_further_route)
		target.binding = NULL;
	return target;
}

bool bel_dialog_find_hidden(struct bel_flow *flow, const struct bel_proxy *proxy,
			    uint64_t id, bel_str text, struct bel_arena *arena)
{
	struct bel_binding binding;
	struct bel_uri uri;
	bel_addr says;
	bel_str aor;

	if (!id || bel_uri_parse(&uri, text) || bel_addr_parse_host(&says, uri.host) ||
	    !bel_addr_is_inside(&says) ||
	    bel_location_find(proxy->opts.location, id,
			      bel_loop_wall_ms(proxy->opts.loop), arena, &binding,
			      &aor) ||
	    !bel_addr_is_hidden(&says, &binding.flow.peer))
		return false;
	*flow = binding.flow;
	return !binding.flow_is_gone && bel_flow_is_open(proxy->opts.transport, flow);
}
