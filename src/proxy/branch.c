/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy/proxy_int.h"

static void try_next_hop(struct branch *branch);
static enum bel_err start_attempt(struct branch *branch, const struct bel_flow *flow,
				  const struct bel_hop *hop);
static void on_unanswered(void *user);

static struct bel_proxy *proxy_of(const struct branch *branch)
{
	return branch->call->proxy;
}

/* The branch has its final answer, from outside or ours. */
static void finish(struct branch *branch, uint16_t status)
{
	bel_timer_stop(proxy_of(branch)->opts.loop, &branch->timer_c);
	branch->state = BRANCH_DONE;
	branch->status = status;
	if (status >= 300)
		bel_media_drop(branch);
}

static void on_timer_c(void *user)
{
	struct branch *branch = user;

	/* RFC 3261 section 16.8. */
	bel_proxy_call_note(branch->call, "%.*s rang too long", BEL_STR_ARG(branch->uri));
	if (!branch->status)
		branch->status = 408;
	bel_branch_cancel(branch, BEL_STR_NONE);
	bel_proxy_call_review(branch->call);
}

/* A stream is preferred because it is there, not because nothing else can work: a contact
 * at the very address it registered from can be connected to (decision 0005). */
static bool may_connect(const struct bel_binding *binding)
{
	struct bel_uri uri;
	bel_addr addr;

	return !binding->reg_id && bel_uri_parse(&uri, binding->contact) == BEL_OK &&
	       !bel_uri_param(&uri, BEL_STR("ob"), NULL) &&
	       bel_addr_parse_host(&addr, uri.host) == BEL_OK &&
	       bel_addr_is_same_host(&addr, &binding->flow.peer);
}

struct branch *bel_branch_add(struct call *call, const struct bel_plan_target *target)
{
	struct branch *branch = BEL_ARENA_NEW(&call->arena, struct branch);
	struct branch **last = &call->branches;

	if (!branch)
		return NULL;
	branch->call = call;
	branch->q = target->q;
	branch->uri = bel_arena_copy(&call->arena, target->uri);
	branch->path = bel_arena_copy(&call->arena, target->path);
	branch->next_hop = bel_arena_copy(&call->arena, target->next_hop);
	if (!branch->uri.ptr || !branch->path.ptr || !branch->next_hop.ptr)
		return NULL;
	if (target->binding) {
		branch->binding = target->binding->id;
		branch->has_flow = target->binding->uses_flow && !target->path.len;
		branch->flow = target->binding->flow;
		branch->flow_is_gone = target->binding->flow_is_gone;
		branch->may_connect = may_connect(target->binding);
		branch->has_udp = target->binding->flow.transport == BEL_SIP_UDP &&
				  !target->path.len;
	}
	bel_timer_init(&branch->timer_c, on_timer_c, branch);
	while (*last)
		last = &(*last)->next;
	*last = branch;
	call->branches_count++;
	return branch;
}

void bel_branch_set_flow(struct branch *branch, const struct bel_mark *mark)
{
	if (mark->binding)
		branch->binding = mark->binding;
	branch->has_flow = mark->has_flow;
	branch->flow_is_gone = false;
	branch->flow = mark->flow;
}

/* ---- attempts ---- */

static struct attempt *attempt_of(struct bel_tx *tx)
{
	return BEL_CONTAINER_OF(tx, struct attempt, tx);
}

static enum bel_err client_send(struct bel_tx *tx, bel_str bytes)
{
	struct attempt *at = attempt_of(tx);

	return bel_flow_send(proxy_of(at->branch)->opts.transport, &at->waiter.flow,
			     bytes);
}

static bool is_invite(const struct branch *branch)
{
	return branch->call->tx.method == BEL_SIP_INVITE;
}

static void restart_timer_c(struct branch *branch)
{
	struct bel_proxy *proxy = proxy_of(branch);

	if (is_invite(branch))
		bel_timer_start(proxy->opts.loop, &branch->timer_c,
				bel_loop_now_ms(proxy->opts.loop) +
					proxy->opts.timer_c_ms);
}

/* ---- CANCEL ---- */

static enum bel_err cancel_send(struct bel_tx *tx, bel_str bytes)
{
	struct cancel *cancel = BEL_CONTAINER_OF(tx, struct cancel, tx);

	return bel_flow_send(cancel->call->proxy->opts.transport,
			     &cancel->attempt->waiter.flow, bytes);
}

static void cancel_on_message(struct bel_tx *tx, struct bel_sip_msg *msg)
{
	/* What counts is the INVITE's own final answer. */
	(void)tx;
	(void)msg;
}

static void cancel_on_end(struct bel_tx *tx)
{
	bel_proxy_call_release(BEL_CONTAINER_OF(tx, struct cancel, tx)->call);
}

static const struct bel_tx_port cancel_port = {
	.send = cancel_send,
	.on_message = cancel_on_message,
	.on_end = cancel_on_end,
};

/* RFC 3261 section 9.1: to the same place, by a transaction with the same branch. */
static void send_cancel(struct attempt *at, bel_str reason)
{
	struct call *call = at->branch->call;
	struct bel_proxy *proxy = call->proxy;
	struct cancel *cancel = BEL_ARENA_NEW(&call->arena, struct cancel);
	struct bel_writer writer = bel_writer_init(proxy->buf, sizeof proxy->buf);
	bel_str request;

	if (at->cancel || !cancel || bel_tx_write_cancel(&writer, &at->tx, reason))
		return;
	request = bel_arena_copy(&call->arena, bel_writer_str(&writer));
	if (!request.ptr)
		return;
	cancel->call = call;
	cancel->attempt = at;
	call->users++;
	at->cancel = cancel;
	bel_timer_init(&cancel->unanswered, on_unanswered, at);
	bel_timer_start(proxy->opts.loop, &cancel->unanswered,
			bel_loop_now_ms(proxy->opts.loop) + CANCELLED_MS);
	bel_tx_client_start(&cancel->tx, proxy->opts.table,
			    &(struct bel_tx_client_opts){
				    .port = &cancel_port,
				    .arena = &call->arena,
				    .branch = at->tx.key,
				    .request = request,
				    .method = BEL_SIP_CANCEL,
				    .is_reliable = at->tx.is_reliable,
			    });
}

static bool is_pending(const struct attempt *at)
{
	return !at->is_ended &&
	       (at->tx.state == BEL_TX_CALLING || at->tx.state == BEL_TX_PROCEEDING);
}

/* RFC 3261 section 9.1: what was cancelled and has no final answer after 64 * T1 will
 * never have one. */
static void on_unanswered(void *user)
{
	struct attempt *at = user;
	struct branch *branch = at->branch;
	struct call *call = branch->call;

	if (!is_pending(at))
		return;
	call->users++;
	bel_tx_abandon(&at->tx);
	if (at->is_current && branch->state != BRANCH_DONE) {
		finish(branch, branch->status ? branch->status : 487);
		bel_proxy_call_review(call);
	}
	bel_proxy_call_release(call);
}

static void cancel_attempt(struct attempt *at, bel_str reason)
{
	if (!is_pending(at))
		return;
	/* Before a provisional answer the CANCEL might overtake its INVITE. */
	if (at->tx.state == BEL_TX_CALLING)
		at->wants_cancel = true;
	else
		send_cancel(at, reason);
}

void bel_branch_cancel(struct branch *branch, bel_str reason)
{
	struct bel_proxy *proxy = proxy_of(branch);

	switch (branch->state) {
	case BRANCH_DONE:
		return;
	case BRANCH_QUEUED:
		finish(branch, 487);
		return;
	case BRANCH_RESOLVING:
		/* Nothing was sent: it is as if the answer were here. */
		bel_targets_cancel(proxy->opts.targets, &branch->query);
		finish(branch, branch->status ? branch->status : 487);
		bel_proxy_call_release(branch->call);
		return;
	default:
		break;
	}
	/* Only INVITE can be cancelled; the others are over soon by themselves. */
	if (!is_invite(branch))
		return;
	for (struct attempt *at = branch->attempts; at; at = at->next)
		cancel_attempt(at, reason);
	/* A peer that never said a word gets no CANCEL and will hardly answer: the caller
	 * need not wait for it. */
	if (branch->state == BRANCH_TRYING && branch->attempts &&
	    branch->attempts->tx.state == BEL_TX_CALLING)
		finish(branch, branch->status ? branch->status : 487);
}

/* ---- answers ---- */

static void on_provisional(struct attempt *at, struct bel_sip_msg *msg)
{
	struct branch *branch = at->branch;

	if (at->wants_cancel) {
		at->wants_cancel = false;
		send_cancel(at, BEL_STR_NONE);
	}
	if (branch->state == BRANCH_DONE || !at->is_current) {
		/* The next hop was tried already: this one is late. */
		if (!at->is_current)
			send_cancel(at, BEL_STR_NONE);
		return;
	}
	if (msg->status == 100)
		return;
	branch->state = BRANCH_RINGING;
	restart_timer_c(branch);
	if (!branch->call->has_final && !branch->call->is_cancelled)
		bel_response_forward(branch, msg);
}

static void on_success(struct attempt *at, struct bel_sip_msg *msg)
{
	struct branch *branch = at->branch;
	struct call *call = branch->call;

	finish(branch, msg->status);
	/* Every 2xx of an INVITE goes back, late ones and those of other branches too
	 * (RFC 3261 section 16.7 step 5); of other methods only one final answer does. */
	if (is_invite(branch) || !call->has_final)
		bel_response_forward(branch, msg);
	bel_proxy_call_cancel_branches(
		call, BEL_STR("Reason: SIP;cause=200;text=\"Call completed "
			      "elsewhere\"\r\n"));
}

static bool is_worth_another_hop(const struct branch *branch, uint16_t status)
{
	return status == 503 && branch->hop_at < branch->hops_count &&
	       !branch->call->is_cancelled;
}

/* The callee does not like what it was offered: perhaps it likes other keys. */
static bool put_again(struct attempt *at, struct bel_sip_msg *msg)
{
	struct branch *branch = at->branch;

	if (!bel_media_put_again(branch, msg->status, &at->waiter.flow))
		return false;
	if (!branch->refusal) {
		branch->refusal = msg->status;
		branch->answer = bel_response_keep(branch, msg);
	}
	return start_attempt(branch, &at->waiter.flow, at->hop) == BEL_OK;
}

static void on_refusal(struct attempt *at, struct bel_sip_msg *msg)
{
	struct branch *branch = at->branch;
	struct call *call = branch->call;

	if (branch->state == BRANCH_DONE || !at->is_current)
		return;
	if (is_worth_another_hop(branch, msg->status)) {
		if (at->hop)
			bel_targets_failed(proxy_of(branch)->opts.targets, at->hop);
		try_next_hop(branch);
		return;
	}
	if (put_again(at, msg))
		return;
	/* It was timer C that ended it: the caller has cancelled nothing. */
	if (branch->status == 408 && msg->status == 487) {
		finish(branch, 408);
		bel_proxy_call_review(call);
		return;
	}
	/* To some phones the same call by another offer is one that they know (RFC 3261
	 * section 8.2.2.2): what they said first holds. */
	if (branch->refusal && msg->status == 482) {
		finish(branch, branch->refusal);
		bel_proxy_call_review(call);
		return;
	}
	finish(branch, msg->status);
	branch->is_replaced = bel_branch_redirect(branch, msg);
	branch->answer = bel_response_keep(branch, msg);
	if (msg->status >= 600)
		bel_proxy_call_cancel_branches(call, BEL_STR_NONE);
	bel_proxy_call_review(call);
}

static void client_on_message(struct bel_tx *tx, struct bel_sip_msg *msg)
{
	struct attempt *at = attempt_of(tx);
	struct call *call = at->branch->call;

	bel_flow_forget(&at->waiter);
	if (at->hop)
		bel_targets_worked(call->proxy->opts.targets, at->hop);
	call->users++;
	if (msg->status < 200)
		on_provisional(at, msg);
	else if (msg->status < 300)
		on_success(at, msg);
	else
		on_refusal(at, msg);
	bel_proxy_call_settle(call);
	bel_proxy_call_release(call);
}

static void client_on_failure(struct bel_tx *tx, enum bel_err err)
{
	struct attempt *at = attempt_of(tx);
	struct branch *branch = at->branch;
	struct call *call = branch->call;

	if (branch->state == BRANCH_DONE || !at->is_current)
		return;
	call->users++;
	bel_proxy_call_note(call, "%.*s: %s", BEL_STR_ARG(branch->uri),
			    bel_err_text(err));
	if (at->hop)
		bel_targets_failed(proxy_of(branch)->opts.targets, at->hop);
	if (branch->hop_at < branch->hops_count && !call->is_cancelled) {
		try_next_hop(branch);
	} else {
		/* RFC 3261 section 16.9: a transport error is as a 503. */
		finish(branch, err == BEL_ERR_TIMEOUT ? 408 : 503);
		bel_proxy_call_review(call);
	}
	bel_proxy_call_settle(call);
	bel_proxy_call_release(call);
}

static void client_on_end(struct bel_tx *tx)
{
	struct attempt *at = attempt_of(tx);

	at->is_ended = true;
	if (at->cancel)
		bel_timer_stop(proxy_of(at->branch)->opts.loop, &at->cancel->unanswered);
	bel_flow_forget(&at->waiter);
	bel_proxy_call_release(at->branch->call);
}

static const struct bel_tx_port client_port = {
	.send = client_send,
	.on_message = client_on_message,
	.on_failure = client_on_failure,
	.on_end = client_on_end,
};

static void on_flow_failed(struct bel_flow_waiter *waiter, enum bel_err err)
{
	bel_tx_on_unreachable(&BEL_CONTAINER_OF(waiter, struct attempt, waiter)->tx, err);
}

/* ---- sending ---- */

static enum bel_err start_attempt(struct branch *branch, const struct bel_flow *flow,
				  const struct bel_hop *hop)
{
	struct call *call = branch->call;
	struct bel_proxy *proxy = call->proxy;
	struct attempt *at = BEL_ARENA_NEW(&call->arena, struct attempt);
	bel_str request, branch_id;
	enum bel_err err;

	if (!at)
		return BEL_ERR_SPACE;
	err = bel_request_build(&request, &branch_id, branch, flow);
	if (err)
		return err;
	if (branch->attempts)
		branch->attempts->is_current = false;
	at->branch = branch;
	at->is_current = true;
	at->hop = hop;
	at->next = branch->attempts;
	branch->attempts = at;
	branch->state = BRANCH_TRYING;
	bel_flow_waiter_init(&at->waiter, on_flow_failed);
	bel_flow_wait(proxy->opts.transport, flow, &at->waiter);
	call->users++;
	restart_timer_c(branch);
	bel_tx_client_start(&at->tx, proxy->opts.table,
			    &(struct bel_tx_client_opts){
				    .port = &client_port,
				    .arena = &call->arena,
				    .branch = branch_id,
				    .request = request,
				    .method = call->tx.method,
				    .is_reliable = bel_flow_is_stream(flow),
			    });
	return BEL_OK;
}

static void try_next_hop(struct branch *branch)
{
	struct bel_proxy *proxy = proxy_of(branch);

	while (branch->hop_at < branch->hops_count) {
		const struct bel_hop *hop = &branch->hops[branch->hop_at++];
		struct bel_flow flow;
		enum bel_err err = bel_flow_open(&flow, proxy->opts.transport, hop);
		if (!err)
			err = start_attempt(branch, &flow, hop);
		if (!err)
			return;
		if (err == BEL_ERR_SPACE)
			break;
		bel_targets_failed(proxy->opts.targets, hop);
	}
	finish(branch, 503);
}

static void on_targets(struct bel_targets_query *query, enum bel_err err,
		       const struct bel_hop *hops, unsigned count)
{
	struct branch *branch = BEL_CONTAINER_OF(query, struct branch, query);
	struct call *call = branch->call;

	if (!err) {
		branch->hops = bel_arena_alloc(&call->arena, count * sizeof *hops);
		err = branch->hops ? BEL_OK : BEL_ERR_SPACE;
	}
	if (err) {
		bel_proxy_call_note(call, "%.*s cannot be resolved: %s",
				    BEL_STR_ARG(branch->query_uri), bel_err_text(err));
		finish(branch, err == BEL_ERR_NOT_FOUND ? 404 : 503);
	} else {
		branch->hops_count = count;
		for (unsigned i = 0; i < count; i++) {
			branch->hops[i] = hops[i];
			branch->hops[i].name = bel_arena_copy(&call->arena, hops[i].name);
		}
		try_next_hop(branch);
	}
	bel_proxy_call_review(call);
	bel_proxy_call_release(call);
}

/* RFC 3261 section 16.6 step 7: by the first Route when there is one. */
static bel_str next_hop_of(struct branch *branch)
{
	struct bel_sip_msg *request;
	struct bel_sip_addr first;
	bel_str value, path = branch->path;

	if (branch->next_hop.len)
		return branch->next_hop;
	if (path.len && bel_sip_list_next(&value, &path) &&
	    bel_sip_addr_parse(&first, value) == BEL_OK)
		return first.uri.text;
	request = bel_proxy_call_request(branch->call);
	if (!request)
		return branch->uri;
	bel_str route = bel_request_next_hop(request, branch->call->own_routes);
	return route.len ? bel_arena_copy(&branch->call->work, route) : branch->uri;
}

static void resolve(struct branch *branch)
{
	struct call *call = branch->call;
	struct bel_uri uri;

	branch->query_uri = next_hop_of(branch);
	if (bel_uri_parse(&uri, branch->query_uri)) {
		finish(branch, 400);
		return;
	}
	branch->state = BRANCH_RESOLVING;
	branch->query.on_targets = on_targets;
	call->users++;
	bel_targets_find(call->proxy->opts.targets, &branch->query, &uri,
			 branch->has_udp ? 0 : call->request.len);
}

static bool has_open_flow(const struct branch *branch)
{
	return !branch->flow_is_gone &&
	       bel_flow_is_open(proxy_of(branch)->opts.transport, &branch->flow);
}

/* The flow that a binding or a mark names; when that is gone, the one its phone has now
 * (RFC 5626 section 5.3). */
static bool find_flow(struct branch *branch)
{
	struct bel_proxy *proxy = proxy_of(branch);
	struct bel_binding binding;
	bel_str aor;

	if (has_open_flow(branch))
		return true;
	if (!branch->binding || bel_location_find(proxy->opts.location, branch->binding,
						  bel_loop_wall_ms(proxy->opts.loop),
						  &branch->call->work, &binding, &aor))
		return false;
	branch->flow = binding.flow;
	branch->flow_is_gone = binding.flow_is_gone;
	return has_open_flow(branch);
}

void bel_branch_start(struct branch *branch)
{
	bool is_found = branch->has_flow
				? find_flow(branch)
				: bel_dialog_find_hidden(&branch->flow, proxy_of(branch),
							 branch->binding, branch->uri,
							 &branch->call->work);

	if (is_found) {
		if (start_attempt(branch, &branch->flow, NULL))
			finish(branch, 500);
	} else if (!branch->has_flow || branch->may_connect) {
		branch->has_flow = false;
		resolve(branch);
	} else {
		bel_proxy_call_note(branch->call, "the flow to %.*s is gone",
				    BEL_STR_ARG(branch->uri));
		finish(branch, 430);
	}
}
