/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "proxy/proxy_int.h"

_Static_assert(sizeof(struct call) + sizeof(struct branch) + sizeof(struct attempt) +
			       192 <
		       CALL_FIRST_BYTES,
	       "the first block of a call holds what lasts of most");

enum bel_err bel_proxy_open(struct bel_proxy **out, const struct bel_proxy_opts *opts)
{
	struct bel_proxy *proxy = calloc(1, sizeof *proxy);

	if (!proxy)
		return bel_err_from_errno(ENOMEM);
	proxy->opts = *opts;
	bel_list_init(&proxy->calls);
	enum bel_err err = bel_pool_open(&proxy->pool);
	if (!err)
		err = bel_pool_open(&proxy->work_pool);
	if (err) {
		bel_pool_close(proxy->pool);
		free(proxy);
		return err;
	}
	*out = proxy;
	return BEL_OK;
}

void bel_proxy_set_limits(struct bel_proxy *proxy, unsigned timer_c_ms,
			  unsigned branches_max)
{
	proxy->opts.timer_c_ms = timer_c_ms;
	proxy->opts.branches_max = branches_max;
}

size_t bel_proxy_count(const struct bel_proxy *proxy)
{
	return proxy->calls_count;
}

size_t bel_proxy_pending(const struct bel_proxy *proxy)
{
	return proxy->pending_count;
}

struct call *bel_proxy_call_of(struct bel_tx *tx)
{
	return BEL_CONTAINER_OF(tx, struct call, tx);
}

static void on_trying_due(void *user)
{
	struct call *call = user;

	/* RFC 3261 section 16.2: INVITE is answered within 200 ms. Other methods get no
	 * 100 from us (RFC 4320 section 4.1). */
	if (!call->is_answered)
		bel_response_send(call, 100, BEL_STR_NONE, BEL_STR_NONE);
}

static struct call *call_new(struct bel_proxy *proxy)
{
	struct call *call = bel_pool_take(proxy->pool, CALL_FIRST_BYTES);

	if (!call)
		return NULL;
	*call = (struct call){ .proxy = proxy, .breadth = BREADTH_DEFAULT };
	bel_arena_init_in(&call->arena, proxy->pool, call + 1,
			  CALL_FIRST_BYTES - sizeof *call, CALL_BUDGET_BYTES);
	bel_arena_init_in(&call->work, proxy->work_pool, NULL, 0, CALL_BUDGET_BYTES);
	bel_timer_init(&call->trying, on_trying_due, call);
	bel_list_put(&proxy->calls, &call->node);
	proxy->calls_count++;
	proxy->pending_count++;
	return call;
}

static void call_free(struct call *call)
{
	struct bel_proxy *proxy = call->proxy;

	bel_timer_stop(proxy->opts.loop, &call->trying);
	for (struct branch *branch = call->branches; branch; branch = branch->next) {
		bel_timer_stop(proxy->opts.loop, &branch->timer_c);
		for (struct attempt *at = branch->attempts; at; at = at->next) {
			bel_flow_forget(&at->waiter);
			if (at->cancel)
				bel_timer_stop(proxy->opts.loop, &at->cancel->unanswered);
		}
	}
	if (!call->has_final)
		proxy->pending_count--;
	proxy->calls_count--;
	if (proxy->scratch_of == call)
		proxy->scratch_of = NULL;
	bel_list_remove(&call->node);
	bel_arena_fini(&call->work);
	bel_arena_fini(&call->arena);
	bel_pool_give(proxy->pool, call, CALL_FIRST_BYTES);
}

void bel_proxy_call_release(struct call *call)
{
	if (--call->users == 0)
		call_free(call);
}

static bool is_settled(const struct branch *branch)
{
	if (branch->state != BRANCH_DONE)
		return false;
	for (const struct attempt *at = branch->attempts; at; at = at->next)
		if (!at->is_ended && !bel_tx_is_settled(&at->tx))
			return false;
	return true;
}

static void settle_branch(struct branch *branch)
{
	branch->uri = branch->path = branch->next_hop = BEL_STR_NONE;
	branch->query_uri = branch->answer = BEL_STR_NONE;
	branch->hops = NULL;
	branch->hops_count = branch->hop_at = 0;
	for (struct attempt *at = branch->attempts; at; at = at->next) {
		at->hop = NULL;
		bel_tx_move_last(&at->tx, BEL_STR_NONE);
	}
}

void bel_proxy_call_settle(struct call *call)
{
	struct bel_proxy *proxy = call->proxy;
	bel_str last = bel_tx_last(&call->tx);

	if (!call->work.used || !call->has_final || !bel_tx_is_settled(&call->tx))
		return;
	for (struct branch *branch = call->branches; branch; branch = branch->next)
		if (!is_settled(branch))
			return;
	if (last.len) {
		last = bel_arena_copy(&call->arena, last);
		if (!last.ptr)
			return;
	}
	bel_tx_move_last(&call->tx, last);
	for (struct branch *branch = call->branches; branch; branch = branch->next)
		settle_branch(branch);
	call->request = call->plan_asserted = call->identity_user = BEL_STR_NONE;
	if (proxy->scratch_of == call)
		proxy->scratch_of = NULL;
	bel_arena_reset(&call->work);
}

void bel_proxy_close(struct bel_proxy *proxy)
{
	if (!proxy)
		return;
	while (!bel_list_is_empty(&proxy->calls))
		call_free(BEL_CONTAINER_OF(proxy->calls.next, struct call, node));
	bel_pool_close(proxy->work_pool);
	bel_pool_close(proxy->pool);
	free(proxy);
}

static void tell_note(const struct call *call, bel_str note)
{
	const struct bel_proxy_opts *opts = &call->proxy->opts;

	if (opts->port && opts->port->on_note)
		opts->port->on_note(opts->user, call->call_id, note);
}

void bel_proxy_call_note(struct call *call, const char *format, ...)
{
	char text[NOTE_BYTES_MAX];
	va_list args;
	bel_str note;

	va_start(args, format);
	note = bel_str_format(text, sizeof text, format, args);
	va_end(args);
	tell_note(call, note);
}

void bel_proxy_call_note_answer(struct call *call, const struct bel_sip_msg *msg)
{
	char text[NOTE_BYTES_MAX];
	struct bel_writer writer = bel_writer_init(text, sizeof text);

	bel_write_u64(&writer, msg->status);
	bel_write_char(&writer, ' ');
	bel_write_str(&writer, bel_str_slice(msg->reason, 0, sizeof text - writer.len));
	tell_note(call, bel_writer_str(&writer));
}

struct bel_sip_msg *bel_proxy_call_request(struct call *call)
{
	struct bel_proxy *proxy = call->proxy;
	struct bel_sip_refusal why;

	if (proxy->live_of == call)
		return proxy->live;
	if (proxy->scratch_of == call)
		return &proxy->scratch;
	proxy->scratch_of = NULL;
	/* It was parsed and validated once: a failure now would be a bug of ours. */
	if (!call->request.len ||
	    bel_sip_parse(&proxy->scratch, &call->work, call->request, &why))
		return NULL;
	proxy->scratch_of = call;
	return &proxy->scratch;
}

/* The server transaction's side. */

static enum bel_err server_send(struct bel_tx *tx, bel_str bytes)
{
	struct call *call = bel_proxy_call_of(tx);

	if (!call->has_reply_flow)
		return BEL_ERR_CLOSED;
	return bel_flow_send(call->proxy->opts.transport, &call->reply_flow, bytes);
}

static void server_on_failure(struct bel_tx *tx, enum bel_err err)
{
	bel_proxy_call_note(bel_proxy_call_of(tx),
			    "the answer could not be delivered: %s", bel_err_text(err));
}

static void server_on_message(struct bel_tx *tx, struct bel_sip_msg *msg)
{
	/* An ACK with the INVITE's own branch: RFC 2543 peers. The ACK of a 2xx goes on
	 * by its Route; this one ended here. */
	(void)tx;
	(void)msg;
}

static void server_on_end(struct bel_tx *tx)
{
	bel_proxy_call_release(bel_proxy_call_of(tx));
}

static const struct bel_tx_port server_port = {
	.send = server_send,
	.on_message = server_on_message,
	.on_failure = server_on_failure,
	.on_end = server_on_end,
};

static enum bel_err begin_server(struct call *call, struct bel_sip_msg *msg)
{
	struct bel_proxy *proxy = call->proxy;
	const struct bel_tx_server_opts opts = {
		.port = &server_port,
		.arena = &call->arena,
		.is_reliable = bel_flow_is_stream(&call->came_by),
	};
	enum bel_err err = bel_tx_server_start(&call->tx, proxy->opts.table, msg, &opts);

	if (err)
		return err;
	call->users = 1;
	call->has_reply_flow = bel_flow_for_response(
				       &call->reply_flow, proxy->opts.transport,
				       &call->came_by, bel_sip_via(msg)) == BEL_OK;
	return BEL_OK;
}

/* Everything of the received request and its plan that is needed later. */
static enum bel_err keep(struct call *call, const struct bel_proxy_request *request)
{
	const struct bel_plan *plan = request->plan;
	uint32_t breadth;

	call->came_by = *request->came_by;
	call->request = bel_arena_copy(&call->work, request->msg->bytes);
	call->call_id = bel_arena_copy(&call->arena, bel_sip_call_id(request->msg));
	call->plan_asserted = bel_arena_copy(&call->work, plan->asserted);
	call->identity = request->facts->identity;
	call->identity_user = bel_arena_copy(&call->work, request->facts->identity_user);
	call->strips_identity = plan->is_from_stranger || plan->asserted.len;
	call->records_route = plan->records_route;
	call->is_one_phone = plan->is_one_phone;
	call->own_routes = request->facts->own_routes;
	call->is_caller_direct = bel_sip_vias_count(request->msg) == 1 &&
				 !bel_sip_has(request->msg, BEL_SIP_H_RECORD_ROUTE);
	call->began_ms = bel_loop_now_ms(call->proxy->opts.loop);
	if (bel_sip_number(&breadth, request->msg, BEL_SIP_H_MAX_BREADTH, UINT32_MAX) ==
	    BEL_OK)
		call->breadth = breadth;
	return call->request.ptr && call->call_id.ptr && call->plan_asserted.ptr
		       ? BEL_OK
		       : BEL_ERR_SPACE;
}

/* A request within a dialog has one target: where it says, or down the marked flow. */
static enum bel_err add_dialog_branch(struct call *call,
				      const struct bel_proxy_request *request)
{
	bool has_mark;
	const struct bel_plan_target target = bel_dialog_target(call->proxy, request,
								&has_mark);
	struct branch *branch = bel_branch_add(call, &target);

	if (!branch)
		return BEL_ERR_SPACE;
	if (has_mark)
		bel_branch_set_flow(branch, &request->facts->mark);
	return BEL_OK;
}

static enum bel_err add_branches(struct call *call,
				 const struct bel_proxy_request *request)
{
	const struct bel_plan *plan = request->plan;

	if (plan->kind == BEL_PLAN_IN_DIALOG)
		return add_dialog_branch(call, request);
	for (unsigned i = 0; i < plan->targets_count; i++)
		if (i < call->proxy->opts.branches_max &&
		    !bel_branch_add(call, &plan->targets[i]))
			return BEL_ERR_SPACE;
	return BEL_OK;
}

static void tell_final(const struct bel_proxy *proxy, const struct bel_proxy_final *final)
{
	if (proxy->opts.port && proxy->opts.port->on_final)
		proxy->opts.port->on_final(proxy->opts.user, final);
}

void bel_proxy_call_note_final(struct call *call, uint16_t status)
{
	struct bel_loop *loop = call->proxy->opts.loop;

	if (call->has_final)
		return;
	call->has_final = true;
	call->proxy->pending_count--;
	bel_timer_stop(loop, &call->trying);
	tell_final(call->proxy, &(struct bel_proxy_final){
					.method = call->tx.method,
					.status = status,
					.token = call->token,
					.took_ms = bel_loop_now_ms(loop) - call->began_ms,
				});
}

void bel_proxy_on_request(struct bel_proxy *proxy,
			  const struct bel_proxy_request *request)
{
	struct call *call;

	if (request->msg->method == BEL_SIP_ACK ||
	    request->plan->kind == BEL_PLAN_FORWARD_STATELESS) {
		bel_stateless_forward(proxy, request);
		return;
	}
	call = call_new(proxy);
	if (!call) {
		/* The peer sends it again: nothing was promised. */
		tell_final(proxy, &(struct bel_proxy_final){ request->msg->method, 0,
							     request->token, 0 });
		return;
	}
	call->token = request->token;
	if (keep(call, request) || begin_server(call, request->msg)) {
		bel_proxy_call_note_final(call, 0);
		call_free(call);
		return;
	}
	/* Held while the branches start: one that fails at once must not end the call. */
	call->users++;
	proxy->live_of = call;
	proxy->live = request->msg;
	if (add_branches(call, request)) {
		bel_response_send(call, 500, BEL_STR_NONE, BEL_STR_NONE);
	} else if (!call->is_one_phone && call->branches_count > call->breadth) {
		bel_response_send(call, 440, BEL_STR_NONE, BEL_STR_NONE);
	} else {
		if (request->msg->method == BEL_SIP_INVITE)
			bel_timer_start(proxy->opts.loop, &call->trying,
					call->began_ms + TRYING_MS);
		bel_proxy_call_advance(call);
		bel_proxy_call_review(call);
	}
	proxy->live_of = NULL;
	bel_proxy_call_settle(call);
	bel_proxy_call_release(call);
}

void bel_proxy_call_end_silently(struct call *call)
{
	bel_proxy_call_note_final(call, 0);
	bel_tx_abandon(&call->tx);
}

/* RFC 5627 section 6.1 and RFC 5626 section 7: another way to the same phone is tried
 * when one led nowhere, not when the phone has said something. */
static bool has_spoken(const struct call *call)
{
	for (const struct branch *branch = call->branches; branch; branch = branch->next)
		if (branch->state == BRANCH_DONE && branch->status != 408 &&
		    branch->status != 430 &&
		    (branch->status != 503 || branch->answer.len))
			return true;
	return false;
}

bool bel_proxy_call_advance(struct call *call)
{
	unsigned best = 0;
	bool has_started = false;

	if (call->is_cancelled || call->has_final ||
	    (call->is_one_phone && has_spoken(call)))
		return false;
	for (struct branch *branch = call->branches; branch; branch = branch->next)
		if (branch->state == BRANCH_QUEUED && branch->q >= best)
			best = branch->q;
	for (struct branch *branch = call->branches; branch; branch = branch->next) {
		if (branch->state != BRANCH_QUEUED || branch->q != best)
			continue;
		has_started = true;
		bel_branch_start(branch);
	}
	return has_started;
}

void bel_proxy_call_review(struct call *call)
{
	if (call->has_final)
		return;
	for (;;) {
		bool is_open = false;
		for (struct branch *branch = call->branches; branch;
		     branch = branch->next)
			is_open |= branch->state != BRANCH_DONE &&
				   branch->state != BRANCH_QUEUED;
		if (is_open)
			return;
		if (!bel_proxy_call_advance(call))
			break;
		if (call->has_final)
			return;
	}
	bel_response_send_best(call);
}

void bel_proxy_call_cancel_branches(struct call *call, bel_str reason)
{
	for (struct branch *branch = call->branches; branch; branch = branch->next)
		bel_branch_cancel(branch, reason);
}

bool bel_proxy_on_cancel(struct bel_proxy *proxy, struct bel_tx *invite,
			 struct bel_sip_msg *cancel)
{
	struct call *call;
	bel_str reason = BEL_STR_NONE;

	if (invite->port != &server_port)
		return false;
	call = bel_proxy_call_of(invite);
	if (call->proxy != proxy)
		return false;
	/* Sent again by the caller: it was passed on when it first came. */
	if (call->has_final || call->is_cancelled)
		return true;
	const struct bel_sip_field *field = bel_sip_field_first(cancel, BEL_SIP_H_REASON);
	if (field)
		reason = bel_sip_field_line(cancel, field);
	bel_proxy_call_note(call, "cancelled by the caller");
	call->users++;
	call->is_cancelled = true;
	bel_proxy_call_cancel_branches(call, reason);
	bel_proxy_call_review(call);
	bel_proxy_call_release(call);
	return true;
}

void bel_proxy_drain(struct bel_proxy *proxy)
{
	BEL_LIST_EACH(node, &proxy->calls)
	{
		struct call *call = BEL_CONTAINER_OF(node, struct call, node);
		if (call->has_final)
			continue;
		call->users++;
		call->is_cancelled = true;
		call->is_draining = true;
		bel_proxy_call_cancel_branches(call, BEL_STR_NONE);
		bel_response_send(call, 503, BEL_STR_NONE, BEL_STR_NONE);
		bel_proxy_call_release(call);
	}
}
