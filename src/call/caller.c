/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "call/call_int.h"

enum { TRIES_MAX = 5, CALL_ID_BYTES = 2 * BEL_UA_TOKEN_BYTES };

static enum bel_err send_invite(struct bel_call *call, const struct bel_flow *flow);

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

static void on_provisional(struct bel_call *call, struct bel_sip_msg *response)
{
	bool is_reliable = bel_sip_has_token(response, BEL_SIP_H_REQUIRE,
					     BEL_STR("100rel"));
	struct leg *leg = bel_sip_to(response)->tag.len ? meet_leg(call, response) : NULL;
	bool has_body = bel_session_has_body(response);
	bel_str reply = BEL_STR_NONE;

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

static void on_success(struct bel_call *call, struct bel_ua_request *invite,
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

/* ---- another try ---- */

/* Headers have no place in a Request-URI (RFC 3261 section 19.1.1). */
static bel_str without_headers(const struct bel_uri *uri)
{
	size_t len = uri->headers.len ? uri->headers.len + 1 : 0;

	return bel_str_slice(uri->text, 0, uri->text.len - len);
}

/* The best Contact of a redirection (RFC 3261 section 8.1.3.4). */
static bool choose_contact(bel_str *out, struct bel_sip_msg *response)
{
	struct bel_sip_values each;
	bel_str value, q_text;
	int best = -1;

	bel_sip_values_init(&each, response, BEL_SIP_H_CONTACT);
	while (bel_sip_values_next(&value, &each)) {
		struct bel_sip_addr contact;
		uint16_t q = 1000;
		if (bel_sip_contact_parse(&contact, value) || contact.is_star ||
		    (contact.uri.scheme != BEL_URI_SIP &&
		     contact.uri.scheme != BEL_URI_SIPS))
			continue;
		if (bel_sip_param_find(&q_text, contact.params, BEL_STR("q")) &&
		    bel_sip_q_parse(&q, q_text))
			continue;
		if (q > best) {
			best = q;
			*out = without_headers(&contact.uri);
		}
	}
	return best >= 0;
}

/* A refusal that says how to ask better: redirected, or a longer interval. */
static bool try_again(struct bel_call *call, struct bel_sip_msg *response)
{
	bel_str contact;

	if (call->state == BEL_CALL_CANCELLING || call->tries == TRIES_MAX)
		return false;
	if (response->status == 422) {
		if (!bel_session_on_too_small(&call->session, response))
			return false;
	} else if (response->status / 100 == 3) {
		if (call->is_faithful || !choose_contact(&contact, response))
			return false;
		contact = bel_arena_copy(&call->arena, contact);
		if (!contact.ptr)
			return false;
		/* RFC 3261 section 21.3.4: 305 names a proxy, not a target. */
		if (response->status == 305)
			call->next_hop = contact;
		else
			call->target = contact, call->next_hop = BEL_STR_NONE;
		call->has_flow = false;
	} else {
		return false;
	}
	call->tries++;
	bel_dialog_next_cseq(&call->trying);
	return send_invite(call, NULL) == BEL_OK;
}

static void on_refusal(struct bel_call *call, struct bel_sip_msg *response)
{
	if (call->is_answered || try_again(call, response))
		return;
	bel_call_take(
		call, CALL_RX_REFUSAL,
		&(struct call_cause){ .msg = response, .status = response->status });
}

static void on_response(void *user, struct bel_ua_request *request,
			struct bel_sip_msg *response)
{
	struct bel_call *call = user;

	if (!call->is_answered)
		call->flow = *bel_ua_flow(request);
	if (response->status < 200)
		on_provisional(call, response);
	else if (response->status < 300)
		on_success(call, request, response);
	else
		on_refusal(call, response);
}

static void on_failure(void *user, struct bel_ua_request *request, enum bel_err err)
{
	(void)request;
	bel_call_take(user, CALL_LOST, &(struct call_cause){ .err = err });
}

static void on_end(void *user, struct bel_ua_request *request)
{
	struct bel_call *call = user;

	if (call->invite == request)
		call->invite = NULL;
	bel_call_release(call);
}

static uint32_t next_cseq(void *user)
{
	struct bel_call *call = user;

	call->invite_cseq = bel_dialog_next_cseq(&call->trying);
	return call->invite_cseq;
}

static const struct bel_ua_port port = { .on_response = on_response,
					 .on_failure = on_failure,
					 .on_end = on_end,
					 .next_cseq = next_cseq };

/* ---- the INVITE ---- */

static enum bel_err send_invite(struct bel_call *call, const struct bel_flow *flow)
{
	char buf[WITHIN_BYTES_MAX];
	struct bel_writer lines = bel_writer_init(buf, sizeof buf);
	struct bel_ua_request *request;
	struct bel_dialog_way way;
	enum bel_err err;

	bel_dialog_write(&lines, &way, &call->trying);
	bel_call_write_abilities(&lines, call);
	if (call->rel == BEL_CALL_100REL_REQUIRED)
		bel_sip_write_header(&lines, BEL_SIP_H_REQUIRE, BEL_STR("100rel"));
	bel_session_write_request(&lines, &call->session, &call->policy);
	bel_write_str(&lines, call->lines);
	if (lines.is_full)
		return BEL_ERR_SPACE;
	call->invite_cseq = call->trying.local_cseq;
	err = bel_ua_start(&request, ua_of(call),
			   &(struct bel_ua_send){
				   .method = BEL_SIP_INVITE,
				   .uri = call->target,
				   .next_hop = call->next_hop.len        ? call->next_hop
					       : call->trying.routes.len ? way.next_hop
									 : call->target,
				   .flow = flow,
				   .cseq = call->invite_cseq,
				   .lines = bel_writer_str(&lines),
				   .has_contact = true,
				   .contact_user = call->contact_user,
				   .contact_params = call->contact_params,
				   .content_type = BEL_STR("application/sdp"),
				   .body = call->body,
				   .account = call->account,
				   .port = &port,
				   .user = call,
			   });
	if (err)
		return err;
	call->invite = request;
	call->references++;
	return BEL_OK;
}

static enum bel_err keep_all(struct bel_call *call, const struct bel_call_dial *dial)
{
	const struct {
		bel_str *out, text;
	} rows[] = {
		{ &call->target, dial->target },
		{ &call->next_hop, dial->next_hop },
		{ &call->lines, dial->lines },
		{ &call->contact_user, dial->contact_user },
		{ &call->contact_params, dial->contact_params },
	};

	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		*rows[i].out = bel_arena_copy(&call->arena, rows[i].text);
		if (rows[i].text.len && !rows[i].out->ptr)
			return BEL_ERR_SPACE;
	}
	return BEL_OK;
}

static enum bel_err begin_dialog(struct bel_call *call, const struct bel_call_dial *dial,
				 bel_str call_id)
{
	char from_text[LINES_BYTES_MAX], to_text[LINES_BYTES_MAX],
		tag[BEL_UA_TOKEN_BYTES];
	struct bel_writer from = bel_writer_init(from_text, sizeof from_text);
	struct bel_writer to = bel_writer_init(to_text, sizeof to_text);
	struct bel_writer token = bel_writer_init(tag, sizeof tag);

	bel_ua_write_token(&token, ua_of(call));
	bel_write_str(&from, dial->from);
	bel_write_lit(&from, ";tag=");
	bel_write_str(&from, bel_writer_str(&token));
	if (dial->to.len)
		bel_write_str(&to, dial->to);
	else
		bel_sip_write_addr(&to, BEL_STR_NONE, dial->target, BEL_STR_NONE);
	if (from.is_full || to.is_full)
		return BEL_ERR_SPACE;
	return bel_dialog_init(&call->trying, &(struct bel_dialog_opts){
						      .arena = &call->arena,
						      .call_id = call_id,
						      .local = bel_writer_str(&from),
						      .local_tag = bel_writer_str(&token),
						      .remote = bel_writer_str(&to),
						      .target = dial->target,
						      .routes = dial->routes,
						      .cseq = 1,
					      });
}

static enum bel_err begin(struct bel_call *call, const struct bel_call_dial *dial,
			  bel_str call_id)
{
	bel_str body = BEL_STR_NONE;
	enum bel_err err = keep_all(call, dial);

	if (!err)
		err = begin_dialog(call, dial, call_id);
	bel_offer_init(&call->offered, &call->arena);
	if (!err && !dial->is_late)
		err = bel_session_write_offer(&body, call, &call->offered);
	if (err)
		return err;
	call->body = bel_arena_copy(&call->arena, body);
	if (body.len && !call->body.ptr)
		return BEL_ERR_SPACE;
	return send_invite(call, dial->flow);
}

enum bel_err bel_call_dial(struct bel_call **out, struct bel_calls *calls,
			   const struct bel_call_dial *dial)
{
	char buf[CALL_ID_BYTES];
	struct bel_writer call_id = bel_writer_init(buf, sizeof buf);
	struct bel_call *call;
	enum bel_err err;

	if (calls->count >= calls->opts.calls_max)
		return BEL_ERR_LIMIT;
	bel_ua_write_token(&call_id, calls->opts.ua);
	bel_ua_write_token(&call_id, calls->opts.ua);
	call = bel_call_new(calls, bel_writer_str(&call_id));
	if (!call)
		return bel_err_from_errno(ENOMEM);
	call->is_caller = true;
	call->port = dial->port;
	call->media = dial->media;
	call->account = dial->account;
	call->user = dial->user;
	call->rel = dial->rel;
	call->policy = dial->session;
	call->is_faithful = dial->is_faithful;
	err = begin(call, dial, bel_writer_str(&call_id));
	if (err) {
		bel_call_release(call);
		return err;
	}
	bel_calls_put(calls, call);
	bel_call_take(call, CALL_DIAL, &(struct call_cause){ 0 });
	*out = call;
	return BEL_OK;
}
