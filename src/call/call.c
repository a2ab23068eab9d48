/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "call/call_int.h"

/* ---- life ---- */

static void tell_end(struct bel_call *call)
{
	if (call->is_told)
		return;
	call->is_told = true;
	if (call->port && call->port->on_ended)
		call->port->on_ended(call->user, call, &call->end);
	bel_call_release(call);
}

static void on_ending(void *user)
{
	tell_end(user);
}

static void on_no_ack(struct bel_call *call)
{
	bel_call_take(call, CALL_NO_ACK, &(struct call_cause){ .err = BEL_ERR_TIMEOUT });
}

struct bel_call *bel_call_new(struct bel_calls *calls, bel_str call_id)
{
	struct bel_call *call = calloc(1, sizeof *call);

	if (!call)
		return NULL;
	call->calls = calls;
	call->references = 1;
	call->hash = bel_hash(&calls->key, call_id);
	bel_arena_init(&call->arena, NULL, 0, ARENA_BUDGET_BYTES);
	bel_list_init(&call->legs);
	bel_timer_init(&call->ending, on_ending, call);
	bel_refresh_init(call);
	bel_modify_init(call);
	bel_transfer_init(call);
	bel_repeat_init(&call->accepted, call, on_no_ack);
	bel_repeat_init(&call->alerted, call, bel_reliable_on_lost);
	bel_loop_random(loop_of(call), &call->session_id, sizeof call->session_id);
	call->session_id >>= 2; /* fits what signed readers expect */
	bel_list_put(&calls->all, &call->node);
	bel_list_init(&call->bucket);
	return call;
}

void bel_call_free(struct bel_call *call)
{
	bel_modify_stop(call);
	bel_repeat_stop(&call->accepted);
	bel_repeat_stop(&call->alerted);
	bel_timer_stop(loop_of(call), &call->session_timer);
	bel_timer_stop(loop_of(call), &call->transferring);
	BEL_LIST_EACH(node, &call->legs)
	{
		struct leg *leg = BEL_CONTAINER_OF(node, struct leg, node);
		if (leg->ack)
			bel_ua_forget(leg->ack);
	}
	bel_timer_stop(loop_of(call), &call->ending);
	bel_list_remove(&call->node);
	bel_list_remove(&call->bucket);
	bel_arena_fini(&call->arena);
	free(call);
}

void bel_call_release(struct bel_call *call)
{
	if (!--call->references)
		bel_call_free(call);
}

struct leg *bel_leg_new(struct bel_call *call)
{
	struct leg *leg = BEL_ARENA_NEW(&call->arena, struct leg);

	if (!leg)
		return NULL;
	leg->call = call;
	bel_list_put(&call->legs, &leg->node);
	return leg;
}

/* ---- requests within it ---- */

void bel_call_write_abilities(struct bel_writer *lines, const struct bel_call *call)
{
	bel_write_lit(lines, "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE, "
			     "INFO, MESSAGE, REFER, NOTIFY\r\n");
	bel_write_lit(lines, "Supported: replaces, timer, norefersub, 199");
	if (call->rel != BEL_CALL_100REL_OFF)
		bel_write_lit(lines, ", 100rel");
	bel_write_lit(lines, "\r\n");
}

void bel_call_note_abilities(struct bel_call *call, struct bel_sip_msg *msg)
{
	if (bel_sip_has(msg, BEL_SIP_H_SUPPORTED))
		call->knows_replaces = bel_sip_has_token(msg, BEL_SIP_H_SUPPORTED,
							 BEL_STR("replaces"));
	if (!bel_sip_has(msg, BEL_SIP_H_ALLOW))
		return;
	call->knows_update = bel_sip_has_token(msg, BEL_SIP_H_ALLOW, BEL_STR("UPDATE"));
	call->knows_refer = bel_sip_has_token(msg, BEL_SIP_H_ALLOW, BEL_STR("REFER"));
}

enum bel_err bel_leg_send(struct bel_ua_request **out, struct leg *leg,
			  const struct bel_call_send *send)
{
	struct bel_call *call = leg->call;
	char buf[WITHIN_BYTES_MAX];
	struct bel_writer lines = bel_writer_init(buf, sizeof buf);
	struct bel_dialog_way way;
	enum bel_err err;

	bel_dialog_write(&lines, &way, &leg->dialog);
	bel_write_str(&lines, send->lines);
	if (lines.is_full)
		return BEL_ERR_SPACE;
	err = bel_ua_start(out, ua_of(call),
			   &(struct bel_ua_send){
				   .method = send->method,
				   .uri = way.uri,
				   .next_hop = way.next_hop,
				   .flow = leg->has_flow ? &leg->flow : NULL,
				   .cseq = send->cseq
						   ? send->cseq
						   : bel_dialog_next_cseq(&leg->dialog),
				   .lines = bel_writer_str(&lines),
				   .has_contact = send->has_contact,
				   .contact_user = call->contact_user,
				   .contact_params = call->contact_params,
				   .content_type = send->content_type,
				   .body = send->body,
				   .account = call->account,
				   .port = send->port,
				   .user = send->user,
			   });
	if (!err && send->method != BEL_SIP_ACK)
		call->references++;
	return err;
}

static void plain_on_response(void *user, struct bel_ua_request *request,
			      struct bel_sip_msg *response)
{
	struct leg *leg = user;

	(void)request;
	if (response->status >= 300 && leg == leg->call->leg)
		bel_call_on_refusal(leg->call, bel_sip_cseq(response)->method,
				    response->status);
}

static void plain_on_failure(void *user, struct bel_ua_request *request, enum bel_err err)
{
	struct leg *leg = user;

	(void)err;
	if (leg == leg->call->leg)
		bel_call_on_refusal(leg->call, bel_ua_method(request), 408);
}

static void plain_on_end(void *user, struct bel_ua_request *request)
{
	(void)request;
	bel_call_release(((struct leg *)user)->call);
}

static uint32_t leg_next_cseq(void *user)
{
	return bel_dialog_next_cseq(&((struct leg *)user)->dialog);
}

static const struct bel_ua_port plain_port = { .on_response = plain_on_response,
					       .on_failure = plain_on_failure,
					       .on_end = plain_on_end,
					       .next_cseq = leg_next_cseq };

enum bel_err bel_leg_send_plain(struct leg *leg, const struct bel_call_send *send)
{
	struct bel_call_send plain = *send;
	struct bel_ua_request *request;

	plain.port = &plain_port;
	plain.user = leg;
	return bel_leg_send(&request, leg, &plain);
}

/* What a refusal says of the call (RFC 5057 section 5.1). That somebody cannot do an INFO
 * or a REFER (405, 501) says nothing of it, and 404 or 416 of a REFER speaks of its
 * target. */
static bool is_end(enum bel_sip_method method, uint16_t status)
{
	if (method == BEL_SIP_REFER)
		return status == 481;
	if (bel_dialog_effect(status) == BEL_DIALOG_ALL)
		return true;
	return method != BEL_SIP_NOTIFY &&
	       (status == 408 || status == 480 || status == 481);
}

void bel_call_on_refusal(struct bel_call *call, enum bel_sip_method method,
			 uint16_t status)
{
	/* The usage of a NOTIFY is its subscription. */
	if (method == BEL_SIP_NOTIFY)
		bel_notifier_take(&call->notifier, BEL_NOTIFIER_LOST, 0,
				  bel_loop_now_ms(loop_of(call)));
	if (is_end(method, status))
		bel_call_take(call, CALL_EXPIRED,
			      &(struct call_cause){ .status = status });
}

void bel_call_reply(struct bel_call *call, struct bel_sip_msg *request,
		    const struct bel_flow *came_by, const struct bel_sip_reply *reply)
{
	struct bel_ua_incoming *incoming;

	if (bel_ua_take(&incoming, ua_of(call), request, came_by, NULL, NULL)) {
		bel_ua_refuse(ua_of(call), request, came_by, reply);
		return;
	}
	if (bel_ua_respond(incoming, reply))
		bel_ua_drop(incoming);
}

/* ---- the executor ---- */

static void bye_on_response(void *user, struct bel_ua_request *request,
			    struct bel_sip_msg *response)
{
	(void)request;
	if (response->status >= 200)
		bel_call_take(((struct leg *)user)->call, CALL_BYE_DONE,
			      &(struct call_cause){ 0 });
}

static void bye_on_failure(void *user, struct bel_ua_request *request, enum bel_err err)
{
	(void)request;
	bel_call_take(((struct leg *)user)->call, CALL_BYE_DONE,
		      &(struct call_cause){ .err = err });
}

static const struct bel_ua_port bye_port = { .on_response = bye_on_response,
					     .on_failure = bye_on_failure,
					     .on_end = plain_on_end,
					     .next_cseq = leg_next_cseq };

static void say_bye(struct bel_call *call, bel_str lines)
{
	struct bel_ua_request *bye;
	enum bel_err err = bel_leg_send(&bye, call->leg,
					&(struct bel_call_send){ .method = BEL_SIP_BYE,
								 .lines = lines,
								 .port = &bye_port,
								 .user = call->leg });

	/* It cannot be said: then it is over without a word. */
	if (err)
		bel_call_take(call, CALL_BYE_DONE, &(struct call_cause){ .err = err });
}

/* The words of whoever ended it: the phrase of a refusal, or the text of a Reason. */
static bel_str words_of(struct bel_sip_msg *msg)
{
	struct bel_sip_reason reason;

	if (!msg)
		return BEL_STR_NONE;
	if (bel_sip_has(msg, BEL_SIP_H_REASON) &&
	    !bel_sip_reason_parse(&reason, bel_sip_value(msg, BEL_SIP_H_REASON)) &&
	    reason.text.len)
		return reason.text;
	return msg->is_request ? BEL_STR_NONE : msg->reason;
}

/* What is told at the end is what came first: later events are its echo. */
static void note_end(struct bel_call *call, enum call_event event, unsigned actions,
		     const struct call_cause *cause)
{
	bool is_refusal = event == CALL_RX_REFUSAL || event == CALL_EXPIRED ||
			  (event == CALL_HANG_UP && actions & CALL_REFUSE);
	bel_str words = words_of(cause->msg);
	struct bel_writer text = bel_writer_init(call->end_text, sizeof call->end_text);

	if (call->has_ended)
		return;
	call->has_ended = true;
	bel_write_str(&text, bel_str_slice(words, 0, sizeof call->end_text));
	call->end = (struct bel_call_end){
		.status = is_refusal ? cause->status : 0,
		.err = cause->err,
		.was_up = call->was_up,
		.is_ours = event == CALL_HANG_UP,
		.reason = bel_writer_str(&text),
	};
}

static void finish(struct bel_call *call)
{
	struct bel_loop *loop = loop_of(call);

	bel_modify_cancel(call);
	bel_transfer_stop(call);
	bel_refresh_take(call, BEL_SESSION_ENDED);
	if (call->leg)
		bel_dialog_move(&call->leg->dialog, BEL_DIALOG_GONE);
	if (call->replaced)
		bel_call_release(call->replaced);
	call->replaced = NULL;
	call->calls->count--;
	bel_timer_start(loop, &call->ending, bel_loop_now_ms(loop));
}

static bool is_leaving(enum bel_call_state state)
{
	return state == BEL_CALL_CANCELLING || state == BEL_CALL_LEAVING ||
	       state == BEL_CALL_ENDING || state == BEL_CALL_OVER;
}

bool bel_call_take(struct bel_call *call, enum call_event event,
		   const struct call_cause *cause)
{
	struct call_move move = bel_call_step(call->state, event);
	const struct bel_call_port *port = call->port;

	if (!move.is_move)
		return false;
	call->references++;
	call->state = move.next;
	call->was_up |= move.next == BEL_CALL_UP;
	if (is_leaving(call->state))
		note_end(call, event, move.actions, cause);
	if (move.actions & CALL_CALM) {
		bel_repeat_stop(&call->accepted);
		bel_repeat_stop(&call->alerted);
	}
	if (move.actions & CALL_ACK)
		bel_leg_ack(cause->leg, cause->request, cause->body);
	if (move.actions & CALL_ALERT)
		bel_call_alert(call, cause);
	if (move.actions & CALL_ACCEPT)
		bel_call_accept(call);
	if (move.actions & CALL_REFUSE)
		bel_call_refuse_now(call, cause);
	if (move.actions & CALL_CANCEL && call->invite)
		bel_ua_cancel(call->invite, cause->lines);
	if (move.actions & CALL_BYE)
		say_bye(call, event == CALL_HANG_UP ? cause->lines : BEL_STR_NONE);
	if (move.actions & CALL_TELL_PROGRESS)
		bel_transfer_report(call, cause->status);
	if (move.actions & CALL_TELL_ANSWERED)
		bel_transfer_report(call, 200);
	if (move.actions & CALL_TELL_PROGRESS && port->on_progress)
		port->on_progress(call->user, call, cause->status, cause->has_media);
	if (move.actions & CALL_TELL_ANSWERED && port->on_answered)
		port->on_answered(call->user, call);
	if (move.actions & CALL_TELL_ENDED)
		finish(call);
	bel_call_release(call);
	return true;
}

/* ---- the door ---- */

void bel_call_hang_up(struct bel_call *call, bel_str lines)
{
	bel_call_take(call, CALL_HANG_UP,
		      &(struct call_cause){ .status = 486, .lines = lines });
}

void bel_call_drop(struct bel_call *call)
{
	static const struct bel_call_port silent;

	call->port = &silent;
	call->media = NULL;
	bel_call_hang_up(call, BEL_STR_NONE);
}

enum bel_err bel_call_message(struct bel_call *call, enum bel_sip_method method,
			      bel_str lines, bel_str content_type, bel_str body)
{
	if (!call->leg || !call->leg->dialog.target.len)
		return BEL_ERR_NOT_FOUND;
	return bel_leg_send_plain(call->leg,
				  &(struct bel_call_send){ .method = method,
							   .lines = lines,
							   .content_type = content_type,
							   .body = body });
}

enum bel_call_state bel_call_state(const struct bel_call *call)
{
	return call->state;
}

bool bel_call_has_replaces(const struct bel_call *call)
{
	return call->knows_replaces;
}

bool bel_call_is_caller(const struct bel_call *call)
{
	return call->is_caller;
}

const struct bel_dialog *bel_call_dialog(const struct bel_call *call)
{
	return call->leg ? &call->leg->dialog : &call->trying;
}

const struct bel_flow *bel_call_flow(const struct bel_call *call)
{
	return &call->flow;
}

void *bel_call_user(const struct bel_call *call)
{
	return call->user;
}
