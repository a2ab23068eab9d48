/* SPDX-License-Identifier: Apache-2.0 */
#include "call/call_int.h"

/* ---- ours ---- */

/* RFC 3262 section 3: when they ask for it; and when they can, for what must not get
 * lost, or when our user wishes it. */
bool bel_reliable_may(const struct bel_call *call, bool has_media)
{
	struct bel_sip_msg *invite = bel_ua_message(call->incoming);

	if (bel_sip_has_token(invite, BEL_SIP_H_REQUIRE, BEL_STR("100rel")))
		return true;
	return (has_media || call->rel == BEL_CALL_100REL_REQUIRED) &&
	       call->rel != BEL_CALL_100REL_OFF &&
	       bel_sip_has_token(invite, BEL_SIP_H_SUPPORTED, BEL_STR("100rel"));
}

void bel_reliable_write(struct bel_writer *lines, struct bel_call *call)
{
	uint32_t random;

	if (!call->leg->rseq) {
		bel_loop_random(loop_of(call), &random, sizeof random);
		call->leg->rseq = random >> 2;
	}
	bel_sip_write_header(lines, BEL_SIP_H_REQUIRE, BEL_STR("100rel"));
	bel_sip_write_number(lines, BEL_SIP_H_RSEQ, ++call->leg->rseq);
}

void bel_reliable_on_lost(struct bel_call *call)
{
	bel_call_refuse(call, 504, BEL_STR_NONE);
}

/* Whether the PRACK names the answer that waits for it. */
static bool is_awaited(const struct bel_call *call, struct bel_sip_msg *prack)
{
	struct bel_sip_rack rack;

	return call->prack_waits &&
	       bel_sip_rack_parse(&rack, bel_sip_value(prack, BEL_SIP_H_RACK)) ==
		       BEL_OK &&
	       rack.rseq == call->leg->rseq && rack.cseq.number == call->invite_cseq &&
	       rack.cseq.method == BEL_SIP_INVITE;
}

/* The answer to our offer, or an offer of their own (RFC 3262 section 5). */
static enum bel_err take_body(struct bel_call *call, struct bel_sip_msg *prack,
			      bel_str *reply)
{
	struct bel_offer *offer = &call->leg->offer;
	bool is_offer = offer->state != BEL_OFFER_OURS;
	enum bel_err err;

	if (!bel_session_has_body(prack))
		return BEL_OK;
	err = bel_session_take_body(offer, prack);
	if (!err && is_offer)
		err = bel_session_write_answer(reply, call, offer);
	if (err)
		bel_offer_roll_back(offer);
	else
		bel_session_apply(call, offer);
	return err;
}

/* What waited for the PRACK: the answer, or else another 1xx. */
static void go_on(struct bel_call *call)
{
	struct call_cause ring = { .status = call->ring_waits,
				   .has_media = call->ring_has_media };

	call->ring_waits = 0;
	call->ring_has_media = false;
	if (call->answer_waits) {
		call->answer_waits = false;
		bel_call_take(call, CALL_ANSWER, &(struct call_cause){ 0 });
	} else if (ring.status) {
		bel_call_take(call, CALL_RING, &ring);
	}
}

void bel_reliable_on_prack(struct bel_call *call, struct bel_sip_msg *prack,
			   const struct bel_flow *came_by)
{
	char buf[64];
	struct bel_writer lines = bel_writer_init(buf, sizeof buf);
	bel_str reply = BEL_STR_NONE;
	uint16_t status;
	enum bel_err err;

	if (!is_awaited(call, prack)) {
		bel_call_reply(call, prack, came_by,
			       &(struct bel_sip_reply){ .status = 481 });
		return;
	}
	call->prack_waits = false;
	bel_repeat_stop(&call->alerted);
	err = take_body(call, prack, &reply);
	status = err ? bel_session_refusal(&lines, err) : 200;
	bel_call_reply(call, prack, came_by,
		       &(struct bel_sip_reply){
			       .status = status,
			       .lines = bel_writer_str(&lines),
			       .content_type = BEL_STR("application/sdp"),
			       .body = reply,
		       });
	go_on(call);
}

/* ---- theirs ---- */

bool bel_reliable_is_next(struct leg *leg, struct bel_sip_msg *response)
{
	uint32_t rseq;

	if (bel_sip_number(&rseq, response, BEL_SIP_H_RSEQ, UINT32_MAX))
		return false;
	/* RFC 3262 section 4: the first one says where counting begins. */
	if (leg->rseq && rseq != leg->rseq + 1)
		return false;
	leg->rseq = rseq;
	return true;
}

void bel_reliable_acknowledge(struct leg *leg, struct bel_sip_msg *response, bel_str body)
{
	char buf[64];
	struct bel_writer lines = bel_writer_init(buf, sizeof buf);

	bel_sip_write_name(&lines, BEL_SIP_H_RACK);
	bel_write_u64(&lines, leg->rseq);
	bel_write_char(&lines, ' ');
	bel_write_u64(&lines, bel_sip_cseq(response)->number);
	bel_write_lit(&lines, " INVITE\r\n");
	bel_leg_send_plain(leg, &(struct bel_call_send){
					.method = BEL_SIP_PRACK,
					.lines = bel_writer_str(&lines),
					.content_type = BEL_STR("application/sdp"),
					.body = body,
				});
}
