/* SPDX-License-Identifier: Apache-2.0 */
#include "call/call_int.h"

enum { PATIENCE_MS = 60 * 1000 };

static void tell(struct bel_call *call, uint16_t status)
{
	if (call->port && call->port->on_modified && call->state != BEL_CALL_OVER)
		call->port->on_modified(call->user, call, status);
}

/* The last word on what we asked for. */
static void conclude(struct bel_call *call, uint16_t status)
{
	call->modify_tries = 0;
	tell(call, status);
}

/* ---- ours ---- */

static void ask_again_in(struct bel_call *call, unsigned wait_ms)
{
	struct bel_loop *loop = loop_of(call);

	bel_timer_start(loop, &call->again, bel_loop_now_ms(loop) + wait_ms);
}

/* Before the answer there must be somebody who knows UPDATE. */
static bool may_modify(const struct bel_call *call)
{
	bool is_early = call->state == BEL_CALL_RINGING ||
			call->state == BEL_CALL_ALERTING;

	return call->state == BEL_CALL_UP ||
	       (is_early && call->knows_update && call->leg);
}

static void on_again(void *user)
{
	struct bel_call *call = user;
	enum bel_err err;

	/* When we answered meanwhile, it waits for the ACK. */
	if (!may_modify(call) && call->state != BEL_CALL_ANSWERED)
		return;
	err = bel_modify_send(call, call->modify_has_offer);
	if (err == BEL_ERR_BUSY)
		ask_again_in(call, bel_later_glare_ms(call));
	else if (err)
		conclude(call, 500);
}

/* A 1xx and nothing more: a re-INVITE may wait for somebody's consent, but not for ever
 * (RFC 3261 section 14.1). */
static void on_impatience(void *user)
{
	struct bel_call *call = user;

	if (call->modifying && call->modify_method == BEL_SIP_INVITE)
		bel_ua_cancel(call->modifying, BEL_STR_NONE);
}

void bel_modify_init(struct bel_call *call)
{
	bel_timer_init(&call->again, on_again, call);
	bel_timer_init(&call->impatience, on_impatience, call);
}

static void take_success(struct bel_call *call, struct bel_sip_msg *response)
{
	struct bel_offer *offer = &call->leg->offer;

	bel_dialog_refresh(&call->leg->dialog, response);
	bel_call_note_abilities(call, response);
	if (offer->state == BEL_OFFER_OURS && call->modify_has_offer) {
		if (!bel_session_has_body(response) ||
		    bel_session_take_body(offer, response))
			bel_offer_roll_back(offer);
		else
			bel_session_apply(call, offer);
	}
	bel_refresh_arm(call, bel_session_on_success(&call->session, response,
						     bel_loop_now_ms(loop_of(call))));
	conclude(call, response->status);
}

static void take_refusal(struct bel_call *call, struct bel_sip_msg *response)
{
	uint16_t status = response->status;
	unsigned wait_ms;

	if (call->modify_has_offer)
		bel_offer_roll_back(&call->leg->offer);
	if (bel_later_may(&wait_ms, call, response)) {
		call->modify_tries++;
		ask_again_in(call, wait_ms);
		return;
	}
	if (status == 422 && bel_session_on_too_small(&call->session, response) &&
	    !bel_modify_send(call, call->modify_has_offer))
		return;
	/* What holds goes on as it was, unless the other side knows nothing of it. */
	bel_call_on_refusal(call, call->modify_method, status);
	conclude(call, status);
}

static void on_response(void *user, struct bel_ua_request *request,
			struct bel_sip_msg *response)
{
	struct leg *leg = user;
	struct bel_call *call = leg->call;
	bool is_first = call->modifying == request && !call->modify_is_answered;

	if (response->status < 200)
		return;
	if (response->status < 300 && bel_sip_cseq(response)->method == BEL_SIP_INVITE)
		bel_leg_ack(leg, request, BEL_STR_NONE);
	if (!is_first)
		return;
	call->modify_is_answered = true;
	call->modifying = NULL;
	if (call->state == BEL_CALL_OVER)
		return;
	if (response->status < 300)
		take_success(call, response);
	else
		take_refusal(call, response);
}

static void on_failure(void *user, struct bel_ua_request *request, enum bel_err err)
{
	struct bel_call *call = ((struct leg *)user)->call;

	(void)err;
	if (call->modifying != request)
		return;
	call->modifying = NULL;
	if (call->modify_has_offer)
		bel_offer_roll_back(&call->leg->offer);
	bel_call_on_refusal(call, call->modify_method, 408);
	conclude(call, 408);
}

static void on_end(void *user, struct bel_ua_request *request)
{
	struct bel_call *call = ((struct leg *)user)->call;

	if (call->modifying == request)
		call->modifying = NULL;
	bel_call_release(call);
}

static uint32_t next_cseq(void *user)
{
	return bel_dialog_next_cseq(&((struct leg *)user)->dialog);
}

static const struct bel_ua_port port = { .on_response = on_response,
					 .on_failure = on_failure,
					 .on_end = on_end,
					 .next_cseq = next_cseq };

/* RFC 3311 section 5.1: UPDATE before the answer, and for what needs no consent. */
static enum bel_sip_method choose_method(const struct bel_call *call, bool has_offer)
{
	if (call->state != BEL_CALL_UP || (call->knows_update && !has_offer))
		return BEL_SIP_UPDATE;
	return BEL_SIP_INVITE;
}

enum bel_err bel_modify_send(struct bel_call *call, bool has_offer)
{
	char buf[LINES_BYTES_MAX];
	struct bel_writer lines = bel_writer_init(buf, sizeof buf);
	enum bel_sip_method method = choose_method(call, has_offer);
	bel_str body = BEL_STR_NONE;
	enum bel_err err = BEL_OK;

	if (call->modifying || call->accepted.incoming ||
	    bel_timer_is_running(&call->again))
		return BEL_ERR_BUSY;
	/* A re-INVITE without an offer would ask for one: the present one is said again.
	 */
	has_offer |= method == BEL_SIP_INVITE;
	if (has_offer && call->leg->offer.state != BEL_OFFER_IDLE)
		return BEL_ERR_BUSY;
	if (has_offer)
		err = bel_session_write_offer(&body, call, &call->leg->offer);
	if (err)
		return err;
	call->modify_has_offer = body.len;
	call->modify_is_answered = false;
	call->modify_method = method;
	bel_call_write_abilities(&lines, call);
	bel_session_write_request(&lines, &call->session, &call->policy);
	err = bel_leg_send(&call->modifying, call->leg,
			   &(struct bel_call_send){
				   .method = method,
				   .lines = bel_writer_str(&lines),
				   .content_type = BEL_STR("application/sdp"),
				   .body = body,
				   .has_contact = true,
				   .port = &port,
				   .user = call->leg,
			   });
	if (err && call->modify_has_offer)
		bel_offer_roll_back(&call->leg->offer);
	if (!err)
		bel_timer_start(loop_of(call), &call->impatience,
				bel_loop_now_ms(loop_of(call)) + PATIENCE_MS);
	return err;
}

enum bel_err bel_call_modify(struct bel_call *call)
{
	return may_modify(call) ? bel_modify_send(call, true) : BEL_ERR_CLOSED;
}

/* One that was answered with a 1xx would wait for ever. */
void bel_modify_cancel(struct bel_call *call)
{
	if (call->modifying && call->modify_method == BEL_SIP_INVITE)
		bel_ua_cancel(call->modifying, BEL_STR_NONE);
	bel_modify_stop(call);
}

void bel_modify_stop(struct bel_call *call)
{
	bel_timer_stop(loop_of(call), &call->again);
	bel_timer_stop(loop_of(call), &call->impatience);
	call->modifying = NULL;
}

/* ---- theirs ---- */

/* Why it is not the time for it: a status, or 0 (RFC 3261 section 14.2, RFC 3311 section
 * 5.2). */
static uint16_t find_obstacle(struct bel_writer *lines, const struct bel_call *call,
			      struct bel_sip_msg *request)
{
	uint16_t status = bel_session_check_body(lines, request);
	bool is_invite = request->method == BEL_SIP_INVITE;
	bool has_body = bel_session_has_body(request);
	bool is_early = call->state == BEL_CALL_ARRIVED ||
			call->state == BEL_CALL_ALERTING;
	bool is_calling = call->state == BEL_CALL_RINGING ||
			  call->state == BEL_CALL_CANCELLING;

	if (status)
		return status;
	if (call->state == BEL_CALL_ENDING || call->state == BEL_CALL_OVER)
		return 481;
	if ((is_invite && (is_early || call->accepted.incoming)) ||
	    (has_body && call->leg->offer.state == BEL_OFFER_THEIRS)) {
		bel_later_write(lines, call);
		return 500;
	}
	if (is_invite && is_calling)
		return 491;
	if (call->modifying && (is_invite || call->modify_has_offer))
		return 491;
	if ((has_body || is_invite) && call->leg->offer.state == BEL_OFFER_OURS)
		return 491;
	return bel_session_check(lines, request, &call->policy);
}

/* What their body asks for, answered; or our offer when a re-INVITE has none. */
static enum bel_err make_reply(struct bel_call *call, struct bel_sip_msg *request,
			       bel_str *reply)
{
	struct bel_offer *offer = &call->leg->offer;
	enum bel_err err;

	*reply = BEL_STR_NONE;
	if (!bel_session_has_body(request))
		return request->method == BEL_SIP_INVITE
			       ? bel_session_write_offer(reply, call, offer)
			       : BEL_OK;
	err = bel_session_take_body(offer, request);
	if (!err)
		err = bel_session_write_answer(reply, call, offer);
	if (err)
		bel_offer_roll_back(offer);
	return err;
}

static void on_incoming_end(void *user, struct bel_ua_incoming *incoming)
{
	struct bel_call *call = user;

	bel_repeat_on_gone(&call->accepted, incoming);
	bel_call_release(call);
}

static void on_cancel(void *user, struct bel_ua_incoming *incoming,
		      struct bel_sip_msg *cancel)
{
	/* It is answered as soon as it comes: there is nothing to cancel. */
	(void)user;
	(void)incoming;
	(void)cancel;
}

static const struct bel_ua_incoming_port incoming_port = { .on_cancel = on_cancel,
							   .on_end = on_incoming_end };

static void accept(struct bel_call *call, struct bel_sip_msg *request,
		   const struct bel_flow *came_by, bel_str reply)
{
	char buf[LINES_BYTES_MAX];
	struct bel_writer lines = bel_writer_init(buf, sizeof buf);
	struct bel_ua_incoming *incoming;
	enum bel_err err = bel_ua_take(&incoming, ua_of(call), request, came_by,
				       &incoming_port, call);
	uint16_t status;

	if (err) {
		bel_offer_roll_back(&call->leg->offer);
		status = bel_session_refusal(&lines, err);
		bel_ua_refuse(ua_of(call), request, came_by,
			      &(struct bel_sip_reply){ .status = status,
						       .lines = bel_writer_str(&lines) });
		return;
	}
	call->references++;
	bel_dialog_refresh(&call->leg->dialog, request);
	bel_call_write_answer(&lines, call, incoming);
	bel_refresh_arm(call,
			bel_session_accept(&lines, &call->session, request, &call->policy,
					   bel_loop_now_ms(loop_of(call))));
	if (bel_ua_respond(incoming, &(struct bel_sip_reply){
					     .status = 200,
					     .lines = bel_writer_str(&lines),
					     .content_type = BEL_STR("application/sdp"),
					     .body = reply,
				     })) {
		bel_offer_roll_back(&call->leg->offer);
		bel_ua_drop(incoming);
		bel_call_release(call);
		return;
	}
	if (request->method == BEL_SIP_INVITE)
		bel_repeat_start(&call->accepted, incoming, T2_MS);
	if (call->leg->offer.state == BEL_OFFER_IDLE && reply.len)
		bel_session_apply(call, &call->leg->offer);
	tell(call, 200);
}

void bel_modify_on_request(struct bel_call *call, struct bel_sip_msg *request,
			   const struct bel_flow *came_by)
{
	char buf[LINES_BYTES_MAX];
	struct bel_writer lines = bel_writer_init(buf, sizeof buf);
	bel_str reply;
	uint16_t status;
	enum bel_err err;

	if (request->method == BEL_SIP_INVITE)
		bel_call_on_implied_ack(call, request);
	status = find_obstacle(&lines, call, request);
	if (!status) {
		err = make_reply(call, request, &reply);
		status = err ? bel_session_refusal(&lines, err) : 0;
	}
	if (status)
		bel_call_reply(
			call, request, came_by,
			&(struct bel_sip_reply){ .status = status,
						 .lines = bel_writer_str(&lines) });
	else
		accept(call, request, came_by, reply);
}
