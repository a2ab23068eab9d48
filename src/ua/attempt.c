/* SPDX-License-Identifier: Apache-2.0 */
#include "ua/ua_int.h"

/* RFC 3261 section 9.1: what was cancelled and has no final answer after 64 * T1 will
 * never have one. */
enum { CANCELLED_MS = 32000 };

struct cancel {
	struct bel_ua_request *request;
	struct bel_tx tx;
	struct bel_flow flow;
};

static struct attempt *attempt_of(struct bel_tx *tx)
{
	return BEL_CONTAINER_OF(tx, struct attempt, tx);
}

static bool is_present(const struct attempt *at)
{
	return at->request->attempts == at;
}

/* ---- CANCEL ---- */

static enum bel_err cancel_send(struct bel_tx *tx, bel_str bytes)
{
	struct cancel *cancel = BEL_CONTAINER_OF(tx, struct cancel, tx);

	return bel_flow_send(cancel->request->ua->opts.transport, &cancel->flow, bytes);
}

static void cancel_on_message(struct bel_tx *tx, struct bel_sip_msg *msg)
{
	/* What counts is the INVITE's own final answer. */
	(void)tx;
	(void)msg;
}

static void cancel_on_failure(struct bel_tx *tx, enum bel_err err)
{
	(void)tx;
	(void)err;
}

static void cancel_on_end(struct bel_tx *tx)
{
	bel_ua_release(BEL_CONTAINER_OF(tx, struct cancel, tx)->request);
}

static const struct bel_tx_port cancel_port = {
	.send = cancel_send,
	.on_message = cancel_on_message,
	.on_failure = cancel_on_failure,
	.on_end = cancel_on_end,
};

static void send_cancel(struct attempt *at)
{
	struct bel_ua_request *request = at->request;
	struct bel_ua *ua = request->ua;
	struct bel_writer writer = bel_writer_init(ua->buf, sizeof ua->buf);
	struct cancel *cancel;
	bel_str bytes;

	if (at->is_cancelled)
		return;
	/* Even one that cannot be written is an end: nobody waits for the answer. */
	at->is_cancelled = true;
	bel_timer_start(ua->opts.loop, &at->unanswered,
			bel_loop_now_ms(ua->opts.loop) + CANCELLED_MS);
	cancel = BEL_ARENA_NEW(&request->arena, struct cancel);
	if (!cancel || bel_tx_write_cancel(&writer, &at->tx, request->cancel_lines))
		return;
	bytes = bel_arena_copy(&request->arena, bel_writer_str(&writer));
	if (!bytes.ptr)
		return;
	cancel->request = request;
	cancel->flow = at->flow;
	request->references++;
	bel_tx_client_start(&cancel->tx, ua->opts.table,
			    &(struct bel_tx_client_opts){
				    .port = &cancel_port,
				    .arena = &request->arena,
				    .branch = at->tx.key,
				    .request = bytes,
				    .method = BEL_SIP_CANCEL,
				    .is_reliable = at->tx.is_reliable,
			    });
}

static bool is_pending(const struct attempt *at)
{
	return !at->is_ended &&
	       (at->tx.state == BEL_TX_CALLING || at->tx.state == BEL_TX_PROCEEDING);
}

void bel_attempt_cancel(struct attempt *at)
{
	if (!is_pending(at))
		return;
	/* Before a provisional answer the CANCEL might overtake its INVITE. */
	if (at->tx.state == BEL_TX_CALLING)
		at->wants_cancel = true;
	else
		send_cancel(at);
}

static void on_unanswered(void *user)
{
	struct attempt *at = user;
	struct bel_ua_request *request = at->request;

	if (!is_pending(at))
		return;
	request->references++;
	bel_tx_abandon(&at->tx);
	if (is_present(at))
		bel_ua_tell_failure(request, BEL_ERR_TIMEOUT);
	bel_ua_release(request);
}

/* ---- the transaction ---- */

static enum bel_err client_send(struct bel_tx *tx, bel_str bytes)
{
	struct attempt *at = attempt_of(tx);

	return bel_flow_send(at->request->ua->opts.transport, &at->flow, bytes);
}

static void on_provisional(struct attempt *at, struct bel_sip_msg *response)
{
	/* A target that was given up speaks after all: it is not wanted any more. */
	if (at->wants_cancel || (!is_present(at) && at->tx.method == BEL_SIP_INVITE))
		send_cancel(at);
	at->wants_cancel = false;
	if (is_present(at) && response->status != 100)
		bel_ua_tell(at->request, response);
}

static void client_on_message(struct bel_tx *tx, struct bel_sip_msg *response)
{
	struct attempt *at = attempt_of(tx);
	struct bel_ua_request *request = at->request;

	bel_flow_forget(&at->waiter);
	if (at->hop.addr.family)
		bel_targets_worked(request->ua->opts.targets, &at->hop);
	request->references++;
	if (response->status < 200)
		on_provisional(at, response);
	else if (is_present(at) || response->status < 300)
		bel_ua_on_final(at, response);
	bel_ua_release(request);
}

static void client_on_failure(struct bel_tx *tx, enum bel_err err)
{
	struct attempt *at = attempt_of(tx);
	struct bel_ua_request *request = at->request;

	if (at->hop.addr.family)
		bel_targets_failed(request->ua->opts.targets, &at->hop);
	if (!is_present(at))
		return;
	request->references++;
	bel_ua_try_next(request, err);
	bel_ua_release(request);
}

static void client_on_end(struct bel_tx *tx)
{
	struct attempt *at = attempt_of(tx);

	at->is_ended = true;
	bel_timer_stop(at->request->ua->opts.loop, &at->unanswered);
	bel_flow_forget(&at->waiter);
	bel_ua_release(at->request);
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

/* RFC 3261 section 13.2.2.4: no transaction, no answer, no second target. */
static enum bel_err send_ack(struct bel_ua_request *request, const struct bel_flow *flow)
{
	bel_str branch;
	enum bel_err err = bel_ua_write_request(&request->bytes, &branch, request, flow);

	if (err)
		return err;
	request->flow = *flow;
	bel_ua_resend(request);
	return BEL_OK;
}

enum bel_err bel_attempt_start(struct bel_ua_request *request,
			       const struct bel_flow *flow, const struct bel_hop *hop)
{
	struct bel_ua *ua = request->ua;
	struct attempt *at;
	bel_str branch;
	enum bel_err err;

	if (request->send.method == BEL_SIP_ACK)
		return send_ack(request, flow);
	at = BEL_ARENA_NEW(&request->arena, struct attempt);
	if (!at)
		return BEL_ERR_SPACE;
	err = bel_ua_write_request(&request->bytes, &branch, request, flow);
	if (err)
		return err;
	at->request = request;
	at->flow = *flow;
	if (hop)
		at->hop = *hop;
	bel_timer_init(&at->unanswered, on_unanswered, at);
	at->next = request->attempts;
	request->attempts = at;
	request->flow = *flow;
	request->references++;
	bel_flow_waiter_init(&at->waiter, on_flow_failed);
	bel_flow_wait(ua->opts.transport, flow, &at->waiter);
	bel_tx_client_start(&at->tx, ua->opts.table,
			    &(struct bel_tx_client_opts){
				    .port = &client_port,
				    .arena = &request->arena,
				    .branch = branch,
				    .request = request->bytes,
				    .method = request->send.method,
				    .is_reliable = bel_flow_is_stream(flow),
			    });
	return BEL_OK;
}
