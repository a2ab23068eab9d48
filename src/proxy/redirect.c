/* SPDX-License-Identifier: Apache-2.0
 * Following a 3xx (RFC 3261 section 16.7 step 4). Only to phones of our own users: where
 * else a call goes is for the caller to decide, not for whoever was called; so a redirect
 * cannot be made to call the world at the caller's expense. */
#include "proxy/proxy_int.h"

static bool is_tried(const struct call *call, bel_str uri)
{
	struct bel_uri one, other;

	if (bel_uri_parse(&one, uri))
		return true;
	for (const struct branch *branch = call->branches; branch; branch = branch->next)
		if (bel_uri_parse(&other, branch->uri) == BEL_OK &&
		    bel_uri_is_equal(&one, &other))
			return true;
	return false;
}

static bool add_targets(struct call *call, const struct bel_plan *plan)
{
	bool has_added = false;

	for (unsigned i = 0; i < plan->targets_count; i++) {
		const struct bel_plan_target *target = &plan->targets[i];
		if (!target->binding || is_tried(call, target->uri) ||
		    call->branches_count >= call->proxy->opts.branches_max)
			continue;
		has_added |= bel_branch_add(call, target) != NULL;
	}
	return has_added;
}

static bool follow(struct call *call, const struct bel_uri *target)
{
	const struct bel_proxy_opts *opts = &call->proxy->opts;
	struct bel_sip_msg *request = bel_proxy_call_request(call);
	struct bel_plan *plan = BEL_ARENA_NEW(&call->work, struct bel_plan);
	struct bel_sip_refusal why;

	if (!plan || !request || bel_sip_validate(request, &why) ||
	    opts->port->plan_again(opts->user, request, &call->came_by, target,
				   call->identity, call->identity_user, &call->work,
				   plan))
		return false;
	return plan->kind == BEL_PLAN_FORWARD && add_targets(call, plan);
}

bool bel_branch_redirect(struct branch *branch, struct bel_sip_msg *msg)
{
	struct call *call = branch->call;
	const struct bel_proxy_port *port = call->proxy->opts.port;
	struct bel_sip_values values;
	bool is_followed = false;
	bel_str value;

	/* What was sent to one phone is not for others (RFC 5627 section 6.1). */
	if (msg->status < 300 || msg->status > 302 || call->is_cancelled ||
	    call->is_one_phone || !port || !port->plan_again)
		return false;
	bel_sip_values_init(&values, msg, BEL_SIP_H_CONTACT);
	while (call->redirects_count < REDIRECTS_MAX &&
	       bel_sip_values_next(&value, &values)) {
		struct bel_sip_addr contact;
		if (bel_sip_addr_parse(&contact, value))
			continue;
		call->redirects_count++;
		if (!follow(call, &contact.uri))
			continue;
		bel_proxy_call_note(call, "%u: on to %.*s", msg->status,
				    BEL_STR_ARG(contact.uri.text));
		is_followed = true;
	}
	return is_followed;
}
