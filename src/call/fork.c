/* SPDX-License-Identifier: Apache-2.0
 * What comes back to our INVITE, by branches: each that answers is a dialog of its own
 * (RFC 3261 section 13.2.2). */
#include "call/call_int.h"

/* ---- ACK ---- */

void bel_leg_ack(struct leg *leg, const struct bel_ua_request *invite, bel_str body)
{
	char buf[WITHIN_BYTES_MAX / 2]; /* two answers to challenges */
	struct bel_writer lines = bel_writer_init(buf, sizeof buf);
	uint32_t cseq = bel_ua_cseq(invite);

	if (leg->ack && leg->ack_cseq == cseq) {
		bel_ua_resend(leg->ack);
		return;
	}
	if (leg->ack)
		bel_ua_forget(leg->ack);
	leg->ack = NULL;
	leg->ack_cseq = cseq;
	bel_ua_write_credentials(&lines, invite);
	/* One that cannot be sent now is asked for again by the next 2xx. */
	bel_leg_send(&leg->ack, leg,
		     &(struct bel_call_send){
			     .method = BEL_SIP_ACK,
			     .cseq = cseq,
			     .lines = bel_writer_str(&lines),
			     .content_type = BEL_STR("application/sdp"),
			     .body = body,
		     });
}

/* ---- legs ---- */

static struct leg *find_leg(const struct bel_call *call, struct bel_sip_msg *response)
{
	BEL_LIST_EACH(node, &call->legs)
	{
		struct leg *leg = BEL_CONTAINER_OF(node, struct leg, node);
		if (bel_dialog_is_match(&leg->dialog, response))
			return leg;
	}
	return NULL;
}

/* The dialog of an answer; a new one when its tag is new. NULL: there are too many, or no
 * memory. */
static struct leg *meet_leg(struct bel_call *call, struct bel_sip_msg *response)
{
	struct leg *leg = find_leg(call, response);

	if (leg)
		return leg;
	if (call->legs_count == LEGS_MAX)
		return NULL;
	leg = bel_leg_new(call);
	if (!leg || bel_dialog_fork(&leg->dialog, &call->arena, &call->trying) ||
	    bel_offer_copy(&leg->offer, &call->arena, &call->offered)) {
		if (leg)
			bel_list_remove(&leg->node);
		return NULL;
	}
	leg->flow = call->flow;
	call->legs_count++;
	return leg;
}

static enum bel_err teach_leg(struct leg *leg, struct bel_sip_msg *response)
{
	enum bel_err err = bel_dialog_on_response(&leg->dialog, response);

	leg->has_flow = bel_leg_keeps_flow(leg, &leg->flow);
	return err;
}

/* ---- answers ---- */

/* Media before the answer (RFC 3960): the branch that sent a description last is heard.
 * A reliable one is an answer for good. */
static void on_early_body(struct leg *leg, struct bel_sip_msg *response, bool is_reliable,
			  bel_str *reply)
{
	struct bel_call *call = leg->call;
	enum bel_err err;

	if (leg->offer.state == BEL_OFFER_IDLE && is_reliable) {
		/* The offer was left to them, and here it is (RFC 3262 section 5). */
		err = bel_session_take_body(&leg->offer, response);
		if (!err)
			err = bel_session_write_answer(reply, call, &leg->offer);
	} else if (leg->offer.state == BEL_OFFER_OURS) {
		err = is_reliable ? bel_session_take_body(&leg->offer, response)
				  : bel_session_take_preview(&leg->offer, response);
	} else {
		return;
	}
	if (err)
		return;
	call->leg = leg;
	bel_session_apply(call, &leg->offer);
}

/* RFC 6228 section 4: a branch is over before the call is. What was heard of it is heard
 * no more, if another has something to say; a branch that is not known is no news. */
static void on_branch_gone(struct bel_call *call, struct bel_sip_msg *response)
{
	struct leg *gone = find_leg(call, response), *last = NULL;
	unsigned count;

	if (!gone || call->is_answered)
		return;
	gone->is_gone = true;
	if (call->leg != gone)
		return;
	BEL_LIST_EACH(node, &call->legs)
	{
		struct leg *leg = BEL_CONTAINER_OF(node, struct leg, node);
		bel_offer_agreed(&leg->offer, &count);
		if (!leg->is_gone && (count || !last))
			last = leg;
	}
	if (!last)
		return;
	call->leg = last;
	bel_session_apply(call, &last->offer);
}

void bel_fork_on_provisional(struct bel_call *call, struct bel_sip_msg *response)
{
	bool is_reliable = bel_sip_has_token(response, BEL_SIP_H_REQUIRE,
					     BEL_STR("100rel"));
	struct leg *leg;
	bool has_body = bel_session_has_body(response);
	bel_str reply = BEL_STR_NONE;

	if (response->status == 199) {
		on_branch_gone(call, response);
		return;
	}
	leg = bel_sip_to(response)->tag.len ? meet_leg(call, response) : NULL;
	bel_call_note_abilities(call, response);
	if (leg && !call->is_answered) {
		if (is_reliable && !bel_reliable_is_next(leg, response))
			return;
		teach_leg(leg, response);
		if (!call->leg)
			call->leg = leg;
		if (has_body)
			on_early_body(leg, response, is_reliable, &reply);
		if (is_reliable)
			bel_reliable_acknowledge(leg, response, reply);
	}
	bel_call_take(call, CALL_RX_1XX,
		      &(struct call_cause){ .msg = response,
					    .leg = leg,
					    .status = response->status,
					    .has_media = has_body });
}

/* A second branch answered, or the first one too late: it is told so (RFC 3261
 * section 13.2.2.4). */
static void part_with(struct leg *leg, const struct bel_ua_request *invite, bool is_first)
{
	bel_leg_ack(leg, invite, BEL_STR_NONE);
	if (!is_first)
		return;
	leg->is_surplus = true;
	bel_leg_send_plain(leg, &(struct bel_call_send){ .method = BEL_SIP_BYE });
	bel_dialog_move(&leg->dialog, BEL_DIALOG_GONE);
}

/* What the 2xx says of media; *reply is for the ACK. */
static enum bel_err conclude(struct leg *leg, struct bel_sip_msg *response,
			     bel_str *reply)
{
	struct bel_call *call = leg->call;
	bool has_body = bel_session_has_body(response);
	enum bel_err err;

	if (!call->media)
		return BEL_OK;
	if (leg->offer.state == BEL_OFFER_OURS) {
		err = has_body ? bel_session_take_body(&leg->offer, response)
			       : BEL_ERR_NOT_FOUND;
	} else if (call->offered.state == BEL_OFFER_OURS || !has_body) {
		/* Agreed in a reliable 1xx: what is repeated here means nothing. */
		err = BEL_OK;
	} else {
		err = bel_session_take_body(&leg->offer, response);
		if (!err)
			err = bel_session_write_answer(reply, call, &leg->offer);
	}
	if (!err)
		bel_session_apply(call, &leg->offer);
	return err;
}

static void on_first_success(struct leg *leg, struct bel_ua_request *invite,
			     struct bel_sip_msg *response)
{
	struct bel_call *call = leg->call;
	bel_str reply = BEL_STR_NONE;
	enum bel_err err;

	call->is_answered = true;
	call->leg = leg;
	bel_call_note_abilities(call, response);
	err = conclude(leg, response, &reply);
	bel_call_take(call, CALL_RX_2XX,
		      &(struct call_cause){ .msg = response,
					    .leg = leg,
					    .status = response->status,
					    .request = invite,
					    .body = reply });
	if (err)
		bel_call_hang_up(call, BEL_STR("Reason: SIP;cause=488;text=\"Not "
					       "Acceptable Here\"\r\n"));
	else
		bel_refresh_arm(call,
				bel_session_on_success(&call->session, response,
						       bel_loop_now_ms(loop_of(call))));
}

void bel_fork_on_success(struct bel_call *call, struct bel_ua_request *invite,
			 struct bel_sip_msg *response)
{
	struct leg *leg = meet_leg(call, response);
	bool is_first = leg && leg->dialog.state != BEL_DIALOG_CONFIRMED &&
			leg->dialog.state != BEL_DIALOG_OVER;

	/* Nothing can be sent to one that does not say where it is. */
	if (!leg || (is_first && teach_leg(leg, response))) {
		if (!call->is_answered)
			bel_call_take(call, CALL_LOST,
				      &(struct call_cause){ .err = BEL_ERR_SYNTAX });
		return;
	}
	if (!call->is_answered && call->state != BEL_CALL_OVER)
		on_first_success(leg, invite, response);
	else if (leg != call->leg || !call->is_answered)
		part_with(leg, invite, is_first);
	else
		bel_call_take(call, CALL_RX_2XX,
			      &(struct call_cause){ .leg = leg, .request = invite });
}
