/* SPDX-License-Identifier: Apache-2.0 */
#include "call/call_int.h"

enum { SUBSCRIPTION_S = 180, URI_BYTES_MAX = 2048 };

/* ---- we ask ---- */

static uint64_t now_of(const struct bel_call *call)
{
	return bel_loop_now_ms(loop_of(call));
}

/* The last word of it was said, or is not waited for any more. */
static void end_transfer(struct bel_call *call)
{
	call->subscriber = (struct bel_subscriber){ 0 };
	bel_timer_stop(loop_of(call), &call->transferring);
	if (call->lingers)
		bel_call_release(call);
	call->lingers = false;
}

static void tell(struct bel_call *call, uint16_t status, bool is_last)
{
	if (call->port->on_transfer && call->state != BEL_CALL_OVER)
		call->port->on_transfer(call->user, call, status, is_last);
}

/* The last word came, or never will: told once, whatever else comes. */
static void conclude(struct bel_call *call, enum bel_subscriber_event event,
		     uint16_t status)
{
	if (!(bel_subscriber_take(&call->subscriber, event, 0, now_of(call)) &
	      BEL_SUBSCRIBER_END))
		return;
	call->references++;
	end_transfer(call);
	tell(call, status, true);
	bel_call_release(call);
}

/* They said that they would, and then nothing more. */
static void on_unheard(void *user)
{
	conclude(user, BEL_SUBSCRIBER_DUE, 408);
}

void bel_transfer_init(struct bel_call *call)
{
	bel_timer_init(&call->transferring, on_unheard, call);
}

bool bel_transfer_is_awaited(const struct bel_call *call)
{
	return bel_subscriber_is_alive(&call->subscriber);
}

static void arm(struct bel_call *call)
{
	bel_timer_start(loop_of(call), &call->transferring, call->subscriber.due_ms);
}

/* The call is over, the transfer is not. */
static void linger(struct bel_call *call)
{
	call->lingers = true;
	call->references++;
	bel_timer_start(loop_of(call), &call->transferring,
			now_of(call) + SUBSCRIPTION_S * 1000);
}

static void on_refer_response(void *user, struct bel_ua_request *request,
			      struct bel_sip_msg *response)
{
	struct bel_call *call = ((struct leg *)user)->call;

	(void)request;
	if (response->status < 300)
		return;
	conclude(call, BEL_SUBSCRIBER_REFUSED, response->status);
	bel_call_on_refusal(call, BEL_SIP_REFER, response->status);
}

static void on_refer_failure(void *user, struct bel_ua_request *request, enum bel_err err)
{
	struct bel_call *call = ((struct leg *)user)->call;

	(void)request;
	(void)err;
	conclude(call, BEL_SUBSCRIBER_REFUSED, 408);
}

static void on_refer_end(void *user, struct bel_ua_request *request)
{
	(void)request;
	bel_call_release(((struct leg *)user)->call);
}

static uint32_t next_cseq(void *user)
{
	return bel_dialog_next_cseq(&((struct leg *)user)->dialog);
}

static const struct bel_ua_port refer_port = { .on_response = on_refer_response,
					       .on_failure = on_refer_failure,
					       .on_end = on_refer_end,
					       .next_cseq = next_cseq };

/* <sip:carol@c.test?Replaces=...>: the header escaped (RFC 3891, RFC 5589 section 7). */
static void write_refer_to(struct bel_writer *lines, bel_str target,
			   const struct bel_call *other)
{
	char buf[URI_BYTES_MAX];
	struct bel_writer value = bel_writer_init(buf, sizeof buf);

	bel_sip_write_name(lines, BEL_SIP_H_REFER_TO);
	bel_write_char(lines, '<');
	bel_sip_write_text(lines, target);
	if (other) {
		bel_dialog_write_replaces(&value, &other->leg->dialog);
		bel_write_lit(lines, "?Replaces=");
		bel_uri_header_escape(lines, bel_writer_str(&value));
		lines->is_full |= value.is_full;
	}
	bel_write_lit(lines, ">\r\n");
}

static void write_referred_by(struct bel_writer *lines, const struct bel_call *call)
{
	struct bel_sip_addr local;

	if (bel_sip_addr_parse(&local, call->leg->dialog.local))
		return;
	bel_sip_write_name(lines, BEL_SIP_H_REFERRED_BY);
	bel_write_char(lines, '<');
	bel_sip_write_text(lines, local.uri.text);
	bel_write_lit(lines, ">\r\n");
}

enum bel_err bel_call_transfer(struct bel_call *call, bel_str target,
			       const struct bel_call *other)
{
	char buf[LINES_BYTES_MAX];
	struct bel_writer lines = bel_writer_init(buf, sizeof buf);
	struct bel_ua_request *refer;
	struct bel_uri uri;
	enum bel_err err;

	if (call->state != BEL_CALL_UP || (other && other->state != BEL_CALL_UP))
		return BEL_ERR_CLOSED;
	if (bel_transfer_is_awaited(call))
		return BEL_ERR_BUSY;
	if (other && !target.len)
		target = other->leg->dialog.target;
	if (bel_uri_parse(&uri, target))
		return BEL_ERR_SYNTAX;
	write_refer_to(&lines, target, other);
	write_referred_by(&lines, call);
	if (lines.is_full)
		return BEL_ERR_SPACE;
	err = bel_leg_send(&refer, call->leg,
			   &(struct bel_call_send){ .method = BEL_SIP_REFER,
						    .lines = bel_writer_str(&lines),
						    .has_contact = true,
						    .port = &refer_port,
						    .user = call->leg });
	if (err)
		return err;
	/* A REFER asks for a subscription that is not renewed (RFC 3515 section 2.4.4).
	 */
	call->subscriber = (struct bel_subscriber){ .is_once = true,
						    .wait_s = SUBSCRIPTION_S };
	bel_subscriber_take(&call->subscriber, BEL_SUBSCRIBER_ASKED, 0, now_of(call));
	arm(call);
	return BEL_OK;
}

/* "SIP/2.0 200 OK" of a message/sipfrag (RFC 3420). */
static uint16_t status_of(bel_str body)
{
	struct bel_cursor cursor = bel_cursor_init(body);
	uint64_t status;

	if (!bel_cursor_take_nocase(&cursor, BEL_STR("SIP/2.0 ")) ||
	    bel_cursor_u64(&status, &cursor, 699) || status < 100)
		return 0;
	return (uint16_t)status;
}

void bel_transfer_on_notify(struct bel_call *call, struct bel_sip_msg *notify,
			    const struct bel_flow *came_by)
{
	struct bel_sip_event event;
	uint16_t status = status_of(bel_sip_body(notify));
	unsigned actions;
	bool is_last;

	if (bel_sip_event_parse(&event, bel_sip_value(notify, BEL_SIP_H_EVENT)) ||
	    !bel_str_is_equal(event.package, BEL_STR("refer"))) {
		bel_call_reply(call, notify, came_by,
			       &(struct bel_sip_reply){ .status = 489 });
		return;
	}
	if (!bel_subscriber_on_notify(&actions, &call->subscriber, notify,
				      now_of(call))) {
		bel_call_reply(call, notify, came_by,
			       &(struct bel_sip_reply){ .status = 481 });
		return;
	}
	bel_call_reply(call, notify, came_by, &(struct bel_sip_reply){ .status = 200 });
	/* Some say the last word and forget to end. */
	is_last = (actions & BEL_SUBSCRIBER_END) || status >= 200;
	if (is_last)
		end_transfer(call);
	else if (!call->lingers)
		arm(call); /* a call that is over is kept no longer for it */
	if (status)
		tell(call, status, is_last);
}

/* ---- they ask ---- */

static void send_notify(struct bel_call *call, uint16_t status)
{
	char buf[256], text[128];
	struct bel_writer lines = bel_writer_init(buf, sizeof buf);
	struct bel_writer body = bel_writer_init(text, sizeof text);

	bel_write_lit(&lines, "Event: refer\r\n");
	bel_notifier_write_state(&lines, &call->notifier, now_of(call));
	bel_sip_write_status_line(&body, status, bel_sip_status_phrase(status));
	bel_leg_send_plain(call->leg,
			   &(struct bel_call_send){
				   .method = BEL_SIP_NOTIFY,
				   .lines = bel_writer_str(&lines),
				   .content_type = BEL_STR("message/sipfrag;version=2.0"),
				   .body = bel_writer_str(&body),
				   .has_contact = true,
			   });
}

static void on_referred_end(void *user, struct bel_ua_incoming *incoming)
{
	struct bel_call *call = user;

	if (call->referred == incoming)
		call->referred = NULL;
	bel_call_release(call);
}

static void on_referred_cancel(void *user, struct bel_ua_incoming *incoming,
			       struct bel_sip_msg *cancel)
{
	(void)user;
	(void)incoming;
	(void)cancel;
}

static const struct bel_ua_incoming_port referred_port = {
	.on_cancel = on_referred_cancel, .on_end = on_referred_end
};

/* The answer to their REFER; one that cannot be written ends its transaction too. */
static void answer_refer(struct bel_call *call, uint16_t status, bel_str lines)
{
	struct bel_ua_incoming *referred = call->referred;

	call->referred = NULL;
	if (!bel_ua_respond(referred,
			    &(struct bel_sip_reply){ .status = status, .lines = lines }))
		return;
	bel_ua_drop(referred);
	bel_call_release(call);
}

/* Of one that nobody refused: it was given up, or nobody answered. */
static uint16_t status_of_end(const struct bel_call_end *end)
{
	if (end->status)
		return end->status;
	return end->err == BEL_ERR_TIMEOUT ? 408 : end->err ? 503 : 487;
}

void bel_transfer_stop(struct bel_call *call)
{
	if (call->referred)
		answer_refer(call, 487, BEL_STR_NONE);
	if (bel_transfer_is_awaited(call))
		linger(call);
	bel_transfer_report(call, status_of_end(&call->end));
}

void bel_call_take_refer(struct bel_call *call, uint16_t status)
{
	enum bel_notifier_event event = status < 200 ? BEL_NOTIFIER_CHANGED
						     : BEL_NOTIFIER_ENDED;

	if (call->referred) {
		bool is_taken = status < 300;
		char buf[LINES_BYTES_MAX];
		struct bel_writer lines = bel_writer_init(buf, sizeof buf);
		bel_call_write_answer(&lines, call, call->referred);
		/* RFC 4488 section 4: without a subscription when they wish so. */
		if (is_taken && call->wants_no_subscription)
			bel_write_lit(&lines, "Refer-Sub: false\r\n");
		answer_refer(call, is_taken ? 202 : status, bel_writer_str(&lines));
		if (!is_taken || call->wants_no_subscription)
			return;
		/* RFC 3515 section 2.4.4: the first NOTIFY comes at once. */
		call->notifier = (struct bel_notifier){ 0 };
		event = BEL_NOTIFIER_GRANTED;
		status = 100;
	}
	if (bel_notifier_take(&call->notifier, event, SUBSCRIPTION_S, now_of(call)) &
	    BEL_NOTIFIER_TELL)
		send_notify(call, status);
}

void bel_transfer_report(struct bel_call *call, uint16_t status)
{
	struct bel_call *asked_in = call->asked_in;

	if (!asked_in)
		return;
	bel_call_take_refer(asked_in, status);
	if (status < 200)
		return;
	call->asked_in = NULL;
	bel_call_release(asked_in);
}

/* Takes the header Replaces off the target's headers. */
static bel_str find_replaces(struct bel_writer *writer, bel_str headers)
{
	while (headers.len) {
		size_t end = bel_str_find(headers, '&');
		bel_str each = bel_str_slice(headers, 0, end);
		size_t equal = bel_str_find(each, '=');
		headers = bel_str_slice(headers, end + 1, headers.len);
		if (!bel_str_is_equal_nocase(bel_str_slice(each, 0, equal),
					     BEL_STR("Replaces")))
			continue;
		bel_uri_user_unescape(writer, bel_str_slice(each, equal + 1, each.len));
		return writer->is_full ? BEL_STR_NONE : bel_writer_str(writer);
	}
	return BEL_STR_NONE;
}

/* One Refer-To with a SIP URI (RFC 3515 section 2.4.2). */
static uint16_t read_refer(struct bel_call_refer *out, struct bel_writer *target,
			   struct bel_writer *replaces, struct bel_sip_msg *refer)
{
	struct bel_sip_addr to;
	const struct bel_sip_field *field = bel_sip_field_first(refer,
								BEL_SIP_H_REFER_TO);

	if (!field || bel_sip_field_next(refer, field) ||
	    bel_sip_addr_parse(&to, bel_sip_field_value(refer, field)))
		return 400;
	if (to.uri.scheme != BEL_URI_SIP && to.uri.scheme != BEL_URI_SIPS)
		return 416;
	out->replaces = find_replaces(replaces, to.uri.headers);
	to.uri.headers = BEL_STR_NONE;
	bel_uri_write(target, &to.uri);
	if (target->is_full || replaces->is_full)
		return 413;
	out->target = bel_writer_str(target);
	out->referred_by = bel_sip_value(refer, BEL_SIP_H_REFERRED_BY);
	return 0;
}

void bel_transfer_on_refer(struct bel_call *call, struct bel_sip_msg *refer,
			   const struct bel_flow *came_by)
{
	char target_text[URI_BYTES_MAX], replaces_text[URI_BYTES_MAX];
	struct bel_writer target = bel_writer_init(target_text, sizeof target_text);
	struct bel_writer replaces = bel_writer_init(replaces_text, sizeof replaces_text);
	struct bel_call_refer wish = { 0 };
	uint16_t status = read_refer(&wish, &target, &replaces, refer);
	bel_str sub = bel_sip_value(refer, BEL_SIP_H_REFER_SUB);

	if (!status && !call->port->on_refer)
		status = 603;
	if (!status && (call->referred || bel_notifier_is_alive(&call->notifier)))
		status = 491;
	if (!status && bel_ua_take(&call->referred, ua_of(call), refer, came_by,
				   &referred_port, call))
		status = 500;
	if (status) {
		bel_call_reply(call, refer, came_by,
			       &(struct bel_sip_reply){ .status = status });
		return;
	}
	call->references++;
	call->wants_no_subscription = bel_str_has_prefix_nocase(sub, BEL_STR("false"));
	call->port->on_refer(call->user, call, &wish);
}

void bel_call_refer_write(struct bel_writer *lines, const struct bel_call_refer *refer)
{
	if (refer->referred_by.len)
		bel_sip_write_header(lines, BEL_SIP_H_REFERRED_BY, refer->referred_by);
	if (!refer->replaces.len)
		return;
	bel_sip_write_header(lines, BEL_SIP_H_REQUIRE, BEL_STR("replaces"));
	bel_sip_write_header(lines, BEL_SIP_H_REPLACES, refer->replaces);
}

/* ---- Replaces ---- */

uint16_t bel_transfer_find_replaced(struct bel_call **out, struct bel_calls *calls,
				    struct bel_sip_msg *invite)
{
	struct bel_sip_replaces replaces;
	struct bel_call *call;

	if (!bel_sip_has(invite, BEL_SIP_H_REPLACES))
		return 0;
	if (bel_sip_replaces_parse(&replaces, bel_sip_value(invite, BEL_SIP_H_REPLACES)))
		return 400;
	call = bel_calls_find(calls, replaces.call_id, replaces.to_tag,
			      replaces.from_tag);
	/* RFC 3891 section 3: an early dialog may be replaced only by who was called;
	 * what is over was declined. */
	if (!call)
		return 481;
	if (call->state == BEL_CALL_OVER || call->state == BEL_CALL_ENDING)
		return 603;
	if (call->state != BEL_CALL_UP && !call->is_caller)
		return 481;
	if (call->state == BEL_CALL_UP && replaces.is_early_only)
		return 486;
	*out = call;
	return 0;
}
