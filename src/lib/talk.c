/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/lib_int.h"
#include "rtp/rtp.h"

enum { LINES_BYTES = 2048, TEXT_BYTES_MAX = 16000, NAME_BYTES = 256, DIGIT_MS = 160 };

enum belfry_error bel_lib_call_check_up(struct belfry_call *call)
{
	bel_agent_enter(call->agent);
	if (call->call && call->is_up && !call->is_left)
		return BELFRY_OK;
	return bel_fail_as(call->agent, BELFRY_ERROR_STATE, "this call does not stand");
}

/* ---- holding ---- */

static void set_direction(struct belfry_call *call, bool is_holding)
{
	bel_line_set_direction(call->line,
			       is_holding ? BEL_SDP_SENDONLY : BEL_SDP_SENDRECV);
}

static enum belfry_error ask_to_hold(struct belfry_call *call, bool is_holding)
{
	enum belfry_error error = bel_lib_call_check_up(call);
	enum bel_err err;

	if (error)
		return error;
	if (call->is_asking)
		return bel_fail(call->agent, BEL_ERR_BUSY, "cannot hold or resume");
	set_direction(call, is_holding);
	err = bel_call_modify(call->call);
	if (err) {
		set_direction(call, call->is_holding);
		return bel_fail(call->agent, err, "cannot hold or resume");
	}
	call->is_asking = true;
	call->wants_hold = is_holding;
	return BELFRY_OK;
}

enum belfry_error belfry_call_hold(struct belfry_call *call)
{
	return ask_to_hold(call, true);
}

enum belfry_error belfry_call_resume(struct belfry_call *call)
{
	return ask_to_hold(call, false);
}

void bel_lib_tell_held(struct belfry_call *call)
{
	struct bel_news news = bel_lib_call_news(call, BELFRY_EVENT_HELD);

	if (call->is_held == bel_line_is_held(call->line))
		return;
	call->is_held = !call->is_held;
	news.event.is_set = call->is_held;
	bel_news_tell(call->agent, &news);
}

/* Ours, or theirs: only one of them is under way at a time (RFC 3261 section 14.1). */
void bel_lib_on_modified(void *user, struct bel_call *below, uint16_t status)
{
	struct belfry_call *call = user;
	struct bel_news news = bel_lib_call_news(call, BELFRY_EVENT_HOLDING);

	(void)below;
	if (call->is_asking) {
		call->is_asking = false;
		if (status < 300)
			call->is_holding = call->wants_hold;
		set_direction(call, call->is_holding);
		news.event.status = status;
		news.event.is_set = call->is_holding;
		news.text = bel_sip_status_phrase(status);
		bel_news_tell(call->agent, &news);
	}
	bel_lib_tell_held(call);
}

void belfry_call_mute(struct belfry_call *call, bool is_muted)
{
	call->sound.is_muted = is_muted;
}

/* ---- digits ---- */

static enum bel_err send_info(struct belfry_call *call, bel_str digits)
{
	enum bel_err err = BEL_OK;

	for (size_t i = 0; i < digits.len && !err; i++)
		err = bel_call_send_digit(call->call, digits.ptr[i], DIGIT_MS);
	return err;
}

static enum bel_err send_events(struct belfry_call *call, bel_str digits)
{
	enum bel_err err = BEL_OK;

	for (size_t i = 0; i < digits.len && !err; i++)
		err = bel_media_stream_send_digit(bel_line_stream(call->line),
						  digits.ptr[i]);
	return err;
}

static enum bel_err (*const senders[])(struct belfry_call *call, bel_str digits) = {
	[BELFRY_DIGIT_EVENT] = send_events,
	[BELFRY_DIGIT_INFO] = send_info,
	[BELFRY_DIGIT_TONE] = bel_sound_send_tones,
};

enum belfry_error belfry_call_send_digits(struct belfry_call *call, const char *digits,
					  enum belfry_digit_way way)
{
	enum belfry_error error = bel_lib_call_check_up(call);
	bel_str text = bel_str_from(digits);
	enum bel_err err;
	uint8_t event;

	if (error)
		return error;
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] == '!' || bel_dtmf_from_char(&event, text.ptr[i]))
			return bel_fail(call->agent, BEL_ERR_SYNTAX, "no digits: \"%s\"",
					digits);
	if ((unsigned)way >= BEL_COUNT_OF(senders))
		return bel_fail(call->agent, BEL_ERR_UNSUPPORTED,
				"no such way of digits");
	err = senders[way](call, text);
	return err ? bel_fail(call->agent, err, "cannot send digits") : BELFRY_OK;
}

/* ---- texts, and digits that come as such ---- */

enum belfry_error belfry_call_send_text(struct belfry_call *call, const char *text,
					const char *content_type)
{
	enum belfry_error error = bel_lib_call_check_up(call);
	bel_str body = bel_str_from(text), type = bel_str_from(content_type);
	enum bel_err err;

	if (error)
		return error;
	if (body.len > TEXT_BYTES_MAX)
		return bel_fail(call->agent, BEL_ERR_LIMIT, "cannot send the text");
	err = bel_call_message(call->call, BEL_SIP_MESSAGE, BEL_STR_NONE,
			       type.len ? type : BEL_STR("text/plain;charset=UTF-8"),
			       body);
	return err ? bel_fail(call->agent, err, "cannot send the text") : BELFRY_OK;
}

static void tell_digit(struct belfry_call *call, struct bel_sip_msg *info)
{
	struct bel_news news = bel_lib_call_news(call, BELFRY_EVENT_DIGIT);

	news.event.digit = bel_call_digit_of(info);
	if (news.event.digit)
		bel_news_tell(call->agent, &news);
}

void bel_lib_on_message(void *user, struct bel_call *below, struct bel_sip_msg *msg)
{
	struct belfry_call *call = user;
	struct bel_news news = bel_lib_call_news(call, BELFRY_EVENT_MESSAGE);
	char name[NAME_BYTES];
	struct bel_arena arena;

	(void)below;
	if (msg->method == BEL_SIP_INFO) {
		tell_digit(call, msg);
		return;
	}
	bel_arena_init(&arena, name, sizeof name, 0);
	news.from = bel_sip_from(msg)->uri.text;
	news.from_name = bel_name_of(&arena, bel_sip_from(msg));
	news.to = bel_sip_to(msg)->uri.text;
	news.text = bel_sip_body(msg);
	news.content_type = bel_sip_value(msg, BEL_SIP_H_CONTENT_TYPE);
	bel_news_tell(call->agent, &news);
}

/* ---- transfers ---- */

enum belfry_error belfry_call_transfer(struct belfry_call *call, const char *to)
{
	enum belfry_error error = bel_lib_call_check_up(call);
	struct bel_arena arena;
	struct bel_way way;
	char first[LINES_BYTES];
	enum bel_err err;

	if (error)
		return error;
	bel_arena_init(&arena, first, sizeof first, 0);
	err = bel_way_find(&way, &arena, call->account, bel_str_from(to));
	if (!err)
		err = bel_call_transfer(call->call, way.target, NULL);
	bel_arena_fini(&arena);
	return err ? bel_fail(call->agent, err, "cannot transfer to \"%s\"", to)
		   : BELFRY_OK;
}

/* The address that leads to the other by servers, not that of its Contact, which may be
 * behind a NAT: Replaces says which of its phones is meant. */
enum belfry_error belfry_call_transfer_to_call(struct belfry_call *call,
					       struct belfry_call *other)
{
	enum belfry_error error = bel_lib_call_check_up(call);
	enum bel_err err;

	if (!error)
		error = bel_lib_call_check_up(other);
	if (error)
		return error;
	if (!bel_call_has_replaces(call->call))
		return bel_fail_as(call->agent, BELFRY_ERROR_UNSUPPORTED,
				   "the other side cannot take the place of a call");
	err = bel_call_transfer(call->call, bel_str_from(other->peer), other->call);
	return err ? bel_fail(call->agent, err, "cannot transfer") : BELFRY_OK;
}

void bel_lib_on_transfer(void *user, struct bel_call *below, uint16_t status,
			 bool is_last)
{
	struct belfry_call *call = user;
	struct bel_news news = bel_lib_call_news(call, BELFRY_EVENT_TRANSFER);

	(void)below;
	news.event.status = status;
	news.event.is_set = is_last;
	news.text = bel_sip_status_phrase(status);
	bel_news_tell(call->agent, &news);
}

/* ---- wishes of theirs ---- */

void bel_lib_on_refer(void *user, struct bel_call *below,
		      const struct bel_call_refer *refer)
{
	struct belfry_call *call = user;
	struct bel_news news = bel_lib_call_news(call, BELFRY_EVENT_TRANSFER_WISH);

	call->wish = refer;
	call->is_followed = false;
	news.to = refer->target;
	news.from = refer->referred_by;
	bel_news_tell(call->agent, &news);
	call->wish = NULL;
	if (!call->is_followed)
		bel_call_take_refer(below, 603);
}

enum belfry_error belfry_call_follow(struct belfry_call **out, struct belfry_call *call)
{
	const struct bel_call_refer *wish = call->wish;
	char buf[LINES_BYTES];
	struct bel_writer lines = bel_writer_init(buf, sizeof buf);
	enum belfry_error error;

	if (!wish || call->is_followed)
		return bel_fail_as(call->agent, BELFRY_ERROR_STATE,
				   "there is no wish of the other side to follow");
	bel_call_refer_write(&lines, wish);
	if (lines.is_full)
		return bel_fail(call->agent, BEL_ERR_SPACE, "cannot follow");
	call->is_followed = true;
	bel_call_take_refer(call->call, 202);
	error = bel_lib_call_begin(
		out, call->agent,
		&(struct belfry_dial){ .account = bel_lib_call_account(call) },
		wish->target, bel_writer_str(&lines), call);
	if (error)
		bel_call_take_refer(call->call, 503);
	return error;
}
