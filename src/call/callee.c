/* SPDX-License-Identifier: Apache-2.0 */
#include "call/call_int.h"

/* ---- answers ---- */

bool bel_leg_keeps_flow(const struct leg *leg, const struct bel_flow *flow)
{
	struct bel_uri uri;
	bel_addr addr;

	if (leg->call->calls->opts.keeps_flows)
		return true;
	if (!bel_flow_is_stream(flow))
		return false;
	/* Whoever stays in the way was reached by this connection. */
	if (leg->dialog.routes.len)
		return true;
	return bel_uri_parse(&uri, leg->dialog.target) == BEL_OK &&
	       bel_addr_parse_host(&addr, uri.host) == BEL_OK &&
	       bel_addr_is_same_host(&addr, &flow->peer);
}

void bel_call_write_answer(struct bel_writer *lines, struct bel_call *call,
			   struct bel_ua_incoming *incoming)
{
	bel_sip_write_name(lines, BEL_SIP_H_CONTACT);
	bel_ua_write_contact(lines, ua_of(call), bel_ua_came_by(incoming),
			     call->contact_user, call->contact_params,
			     call->leg->dialog.is_secure);
	bel_sip_write_crlf(lines);
	bel_call_write_abilities(lines, call);
}

static enum bel_err respond(struct bel_call *call, uint16_t status, bel_str lines,
			    bel_str body)
{
	return bel_ua_respond(
		call->incoming,
		&(struct bel_sip_reply){
			.status = status,
			.record_route = status > 100 && status<300, .to_tag = status> 100
						? call->leg->dialog.local_tag
						: BEL_STR_NONE,
			.lines = lines,
			.content_type = BEL_STR("application/sdp"),
			.body = body,
		});
}

/* Our description for an answer to the INVITE: the answer to their offer, once; or an
 * offer when they left it to us. The same again when it stood in a 1xx that need not
 * have arrived (RFC 3261 section 13.3.1.1). */
static enum bel_err make_body(struct bel_call *call)
{
	struct bel_offer *offer = &call->leg->offer;
	bel_str body;
	enum bel_err err;

	if (call->body.len || !call->media)
		return BEL_OK;
	if (offer->state == BEL_OFFER_THEIRS)
		err = bel_session_write_answer(&body, call, offer);
	else
		err = bel_session_write_offer(&body, call, offer);
	if (err)
		return err;
	call->body = bel_arena_copy(&call->arena, body);
	if (body.len && !call->body.ptr)
		return BEL_ERR_SPACE;
	if (offer->state == BEL_OFFER_IDLE)
		bel_session_apply(call, offer);
	return BEL_OK;
}

void bel_call_alert(struct bel_call *call, const struct call_cause *cause)
{
	char buf[LINES_BYTES_MAX];
	struct bel_writer lines = bel_writer_init(buf, sizeof buf);
	bool is_reliable = bel_reliable_may(call, cause->has_media);
	bel_str body = BEL_STR_NONE;

	/* RFC 3262 section 3: one after the other. The last one counts. */
	if (call->alerted.incoming) {
		call->ring_waits = cause->status;
		call->ring_has_media |= cause->has_media;
		return;
	}
	if (cause->has_media && !make_body(call))
		body = call->body;
	bel_call_write_answer(&lines, call, call->incoming);
	if (is_reliable)
		bel_reliable_write(&lines, call);
	bel_dialog_move(&call->leg->dialog, BEL_DIALOG_PROVISIONAL);
	if (lines.is_full || respond(call, cause->status, bel_writer_str(&lines), body) ||
	    !is_reliable)
		return;
	call->alert_has_body = body.len;
	call->prack_waits = true;
	bel_repeat_start(&call->alerted, call->incoming, 0);
}

/* The description that was agreed on reliably is not repeated. */
static bel_str body_of_2xx(const struct bel_call *call)
{
	return call->alert_has_body ? BEL_STR_NONE : call->body;
}

/* The right answer cannot be written: a plain 500 may still go, and the INVITE ends. */
static void let_go(struct bel_call *call)
{
	bel_ua_drop(call->incoming);
	call->incoming = NULL;
	bel_call_release(call);
}

void bel_call_accept(struct bel_call *call)
{
	char buf[LINES_BYTES_MAX];
	struct bel_writer lines = bel_writer_init(buf, sizeof buf);
	struct bel_sip_msg *invite = bel_ua_message(call->incoming);

	bel_call_write_answer(&lines, call, call->incoming);
	bel_refresh_arm(call,
			bel_session_accept(&lines, &call->session, invite, &call->policy,
					   bel_loop_now_ms(loop_of(call))));
	bel_dialog_move(&call->leg->dialog, BEL_DIALOG_SUCCESS);
	if (lines.is_full ||
	    respond(call, 200, bel_writer_str(&lines), body_of_2xx(call))) {
		let_go(call);
		bel_call_take(call, CALL_UNSENT,
			      &(struct call_cause){ .err = BEL_ERR_SPACE });
		return;
	}
	bel_repeat_start(&call->accepted, call->incoming, T2_MS);
	if (call->replaced)
		bel_call_hang_up(call->replaced,
				 BEL_STR("Reason: SIP;cause=200;text=\"Replaced\"\r\n"));
}

void bel_call_refuse_now(struct bel_call *call, const struct call_cause *cause)
{
	/* Who cancels, or says BYE, has asked for 487 (RFC 3261 sections 9.2, 15.1.2). */
	uint16_t status = cause->msg ? 487 : cause->status;

	if (call->incoming && bel_ua_status(call->incoming) < 200 &&
	    respond(call, status, cause->msg ? BEL_STR_NONE : cause->lines, BEL_STR_NONE))
		let_go(call);
}

static uint32_t accepted_cseq(const struct bel_call *call)
{
	return bel_sip_cseq(bel_ua_message(call->accepted.incoming))->number;
}

void bel_call_on_implied_ack(struct bel_call *call, struct bel_sip_msg *invite)
{
	if (!call->accepted.incoming || call->leg->offer.state == BEL_OFFER_OURS ||
	    bel_sip_cseq(invite)->number <= accepted_cseq(call))
		return;
	bel_repeat_stop(&call->accepted);
	bel_call_take(call, CALL_RX_ACK, &(struct call_cause){ .msg = invite });
}

void bel_call_on_ack(struct bel_call *call, struct bel_sip_msg *ack)
{
	struct bel_offer *offer = &call->leg->offer;
	enum bel_err err = BEL_OK;

	if (!call->accepted.incoming || bel_sip_cseq(ack)->number != accepted_cseq(call))
		return;
	bel_repeat_stop(&call->accepted);
	/* The offer stood in our 2xx: this is the answer. */
	if (offer->state == BEL_OFFER_OURS && call->media) {
		err = bel_session_take_body(offer, ack);
		if (err)
			bel_offer_roll_back(offer);
		else
			bel_session_apply(call, offer);
	}
	bel_call_take(call, CALL_RX_ACK, &(struct call_cause){ .msg = ack });
	if (err)
		bel_call_hang_up(call, BEL_STR("Reason: SIP;cause=488;text=\"Not "
					       "Acceptable Here\"\r\n"));
}

/* ---- the INVITE arrives ---- */

static void on_cancel(void *user, struct bel_ua_incoming *incoming,
		      struct bel_sip_msg *cancel)
{
	(void)incoming;
	bel_call_take(user, CALL_RX_CANCEL, &(struct call_cause){ .msg = cancel });
}

static void on_failure(void *user, struct bel_ua_incoming *incoming, enum bel_err err)
{
	(void)incoming;
	bel_call_take(user, CALL_LOST, &(struct call_cause){ .err = err });
}

static void on_end(void *user, struct bel_ua_incoming *incoming)
{
	struct bel_call *call = user;

	if (call->incoming == incoming)
		call->incoming = NULL;
	bel_repeat_on_gone(&call->accepted, incoming);
	bel_call_release(call);
}

static const struct bel_ua_incoming_port incoming_port = { .on_cancel = on_cancel,
							   .on_failure = on_failure,
							   .on_end = on_end };

uint16_t bel_call_check_options(struct bel_writer *lines, struct bel_sip_msg *request)
{
	static const bel_str known[] = { { "100rel", 6 },   { "timer", 5 },
					 { "replaces", 8 }, { "norefersub", 10 },
					 { "outbound", 8 }, { "path", 4 } };
	struct bel_sip_values each;
	bel_str value;
	bool is_found = false;

	bel_sip_values_init(&each, request, BEL_SIP_H_REQUIRE);
	while (bel_sip_values_next(&value, &each)) {
		bool is_known = false;
		for (size_t i = 0; i < BEL_COUNT_OF(known); i++)
			is_known |= bel_str_is_equal_nocase(bel_str_trim(value),
							    known[i]);
		if (is_known)
			continue;
		bel_sip_write_header(lines, BEL_SIP_H_UNSUPPORTED, bel_str_trim(value));
		is_found = true;
	}
	return is_found ? 420 : 0;
}

/* Why an INVITE is refused before anybody is asked: a status, or 0. */
static uint16_t check(struct bel_writer *lines, struct bel_calls *calls,
		      struct bel_sip_msg *invite, struct bel_call **replaced)
{
	uint16_t status;

	if (calls->count >= calls->opts.calls_max)
		return bel_session_refusal(lines, BEL_ERR_LIMIT);
	status = bel_call_check_options(lines, invite);
	if (!status)
		status = bel_session_check_body(lines, invite);
	if (!status)
		status = bel_transfer_find_replaced(replaced, calls, invite);
	return status ? status : bel_session_check(lines, invite, &calls->opts.session);
}

static enum bel_err begin(struct bel_call *call, struct bel_sip_msg *invite,
			  const struct bel_flow *came_by)
{
	char buf[BEL_UA_TOKEN_BYTES];
	struct bel_writer tag = bel_writer_init(buf, sizeof buf);
	struct leg *leg = bel_leg_new(call);
	enum bel_err err = leg ? BEL_OK : BEL_ERR_SPACE;

	if (err)
		return err;
	bel_ua_write_token(&tag, ua_of(call));
	err = bel_dialog_accept(&leg->dialog, &call->arena, invite, bel_writer_str(&tag));
	if (err)
		return err;
	bel_offer_init(&leg->offer, &call->arena);
	call->leg = leg;
	call->flow = leg->flow = *came_by;
	leg->has_flow = bel_leg_keeps_flow(leg, came_by);
	call->invite_cseq = bel_sip_cseq(invite)->number;
	call->policy = call->calls->opts.session;
	bel_call_note_abilities(call, invite);
	return BEL_OK;
}

/* Their offer is read before anybody rings: one that is no description is refused at
 * once. */
static enum bel_err take_offer(struct bel_call *call, struct bel_sip_msg *invite)
{
	return bel_session_has_body(invite)
		       ? bel_session_take_body(&call->leg->offer, invite)
		       : BEL_OK;
}

/* What failed is answered for good. */
static void give_up(struct bel_call *call, enum bel_err err)
{
	char buf[LINES_BYTES_MAX];
	struct bel_writer lines = bel_writer_init(buf, sizeof buf);
	uint16_t status = bel_session_refusal(&lines, err);

	bel_call_refuse(call, status, bel_writer_str(&lines));
}

static void refuse(struct bel_calls *calls, struct bel_sip_msg *invite,
		   const struct bel_flow *came_by, uint16_t status, bel_str lines)
{
	char buf[BEL_UA_TOKEN_BYTES];
	struct bel_writer tag = bel_writer_init(buf, sizeof buf);
	struct bel_ua_incoming *incoming;
	struct bel_sip_reply reply = { .status = status, .lines = lines };

	bel_ua_write_token(&tag, calls->opts.ua);
	reply.to_tag = bel_writer_str(&tag);
	if (bel_ua_take(&incoming, calls->opts.ua, invite, came_by, NULL, NULL))
		bel_ua_refuse(calls->opts.ua, invite, came_by, &reply);
	else if (bel_ua_respond(incoming, &reply))
		bel_ua_drop(incoming);
}

bool bel_call_arrive(struct bel_calls *calls, struct bel_sip_msg *invite,
		     const struct bel_flow *came_by)
{
	char buf[LINES_BYTES_MAX];
	struct bel_writer lines = bel_writer_init(buf, sizeof buf);
	struct bel_call *call, *replaced = NULL;
	uint16_t status = check(&lines, calls, invite, &replaced);
	enum bel_err err;

	if (status) {
		refuse(calls, invite, came_by, status, bel_writer_str(&lines));
		return true;
	}
	call = bel_call_new(calls, bel_sip_call_id(invite));
	err = call ? begin(call, invite, came_by) : BEL_ERR_SPACE;
	if (!err)
		err = bel_ua_take(&call->incoming, ua_of(call), invite, came_by,
				  &incoming_port, call);
	if (err) {
		status = bel_session_refusal(&lines, err);
		refuse(calls, invite, came_by, status, bel_writer_str(&lines));
		if (call)
			bel_call_release(call);
		return true;
	}
	call->references++;
	bel_dialog_take(&call->leg->dialog, invite);
	bel_calls_put(calls, call);
	bel_call_take(call, CALL_ARRIVE, &(struct call_cause){ 0 });
	respond(call, 100, BEL_STR_NONE, BEL_STR_NONE);
	err = take_offer(call, invite);
	if (err) {
		give_up(call, err);
		return true;
	}
	/* It may end while this one rings. */
	call->replaced = replaced;
	if (replaced)
		replaced->references++;
	call->references++;
	calls->opts.on_incoming(calls->opts.user, call, bel_ua_message(call->incoming),
				replaced);
	if (!call->port)
		bel_call_refuse(call, 480, BEL_STR_NONE);
	bel_call_release(call);
	return true;
}

/* ---- the door ---- */

void bel_call_take_on(struct bel_call *call, const struct bel_call_owner *owner)
{
	call->port = owner->port;
	call->media = owner->media;
	call->account = owner->account;
	call->user = owner->user;
	call->rel = owner->rel;
	call->contact_user = bel_arena_copy(&call->arena, owner->contact_user);
	call->contact_params = bel_arena_copy(&call->arena, owner->contact_params);
}

enum bel_err bel_call_ring(struct bel_call *call, uint16_t status, bool has_media)
{
	if (!bel_call_take(
		    call, CALL_RING,
		    &(struct call_cause){ .status = status, .has_media = has_media }))
		return BEL_ERR_CLOSED;
	return BEL_OK;
}

enum bel_err bel_call_answer(struct bel_call *call)
{
	enum bel_err err;

	if (call->state != BEL_CALL_ARRIVED && call->state != BEL_CALL_ALERTING)
		return BEL_ERR_CLOSED;
	err = make_body(call);
	if (err) {
		give_up(call, err);
		return err;
	}
	/* RFC 3262 section 3: not before the PRACK when that 1xx agreed on media. */
	if (call->alerted.incoming && call->alert_has_body) {
		call->answer_waits = true;
		return BEL_OK;
	}
	bel_call_take(call, CALL_ANSWER, &(struct call_cause){ 0 });
	return BEL_OK;
}

void bel_call_refuse(struct bel_call *call, uint16_t status, bel_str lines)
{
	if (call->state == BEL_CALL_ARRIVED || call->state == BEL_CALL_ALERTING)
		bel_call_take(call, CALL_HANG_UP,
			      &(struct call_cause){ .status = status, .lines = lines });
}
