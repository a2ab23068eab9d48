/* SPDX-License-Identifier: Apache-2.0
 * What the library tells, in words, and what becomes of it. */
#include "phone/phone_int.h"

/* ---- accounts ---- */

static void on_registered(struct bel_phone *phone, const struct belfry_event *event)
{
	struct bel_phone_account *account = bel_phone_account_of(phone, event->account);

	if (!account)
		return;
	account->is_refused = account->is_lost = false;
	if (account->is_told)
		return;
	account->is_told = true;
	bel_phone_tell(phone, BEL_PHONE_NEWS,
		       &(struct bel_phone_facts){
			       .event = "registered",
			       .address = belfry_account_address(event->account),
			       .seconds = event->seconds },
		       "%s is registered: calls come here now", account->name);
}

/* Once for each change for the worse, not for each try. */
static void on_refused(struct bel_phone *phone, const struct belfry_event *event)
{
	struct bel_phone_account *account = bel_phone_account_of(phone, event->account);
	bool is_password = event->status == 401 || event->status == 407;

	if (!account || account->is_refused)
		return;
	account->is_refused = true;
	account->is_told = false;
	phone->has_failed = true;
	bel_phone_tell(phone, BEL_PHONE_PROBLEM,
		       &(struct bel_phone_facts){
			       .event = "register_refused",
			       .address = belfry_account_address(event->account),
			       .status = event->status,
			       .seconds = event->seconds,
			       .text = event->text },
		       "%s is not registered: %u %s%s", account->name, event->status,
		       event->text,
		       is_password ? ": the password is wrong, or missing" : "");
}

static void on_lost(struct bel_phone *phone, const struct belfry_event *event)
{
	struct bel_phone_account *account = bel_phone_account_of(phone, event->account);

	if (!account || account->is_lost)
		return;
	account->is_lost = true;
	account->is_told = false;
	bel_phone_tell(phone, BEL_PHONE_PROBLEM,
		       &(struct bel_phone_facts){
			       .event = "register_lost",
			       .address = belfry_account_address(event->account),
			       .seconds = event->seconds },
		       "%s is not registered: %s; again in %u s", account->name,
		       belfry_error_text(event->error), event->seconds);
}

static void on_removed(struct bel_phone *phone, const struct belfry_event *event)
{
	struct bel_phone_account *account = bel_phone_account_of(phone, event->account);

	if (!account)
		return;
	bel_phone_tell(phone, BEL_PHONE_NEWS,
		       &(struct bel_phone_facts){
			       .event = "unregistered",
			       .address = belfry_account_address(event->account) },
		       "%s is registered no more", account->name);
	bel_phone_account_gone(account, phone);
}

/* ---- calls ---- */

static void on_incoming(struct bel_phone *phone, const struct belfry_event *event)
{
	struct bel_phone_account *account = bel_phone_account_of(phone, event->account);
	struct bel_phone_call *call = NULL, *other = NULL;
	bool is_for = account && bel_phone_accounts_count(phone) > 1;

	if (!phone->is_leaving)
		call = bel_phone_call_new(phone, event->call, true);
	if (!call) {
		belfry_call_refuse(event->call, 480);
		return;
	}
	bel_phone_name(call->name, phone, bel_str_from(event->from_name),
		       bel_str_from(event->from));
	if (event->other)
		other = belfry_call_user_data(event->other);
	/* RFC 3891 section 3: it takes the place of one that was answered already. */
	if (other && other->is_up) {
		bel_phone_tell(phone, BEL_PHONE_NEWS,
			       &(struct bel_phone_facts){ .event = "replaced",
							  .call = call,
							  .from = event->from },
			       "%s hands you over to %s (call %u)", other->name,
			       call->name, call->number);
		bel_phone_wait_note(phone, BEL_PHONE_HANDOVERS);
		/* The library ends it. */
		other->is_leaving = true;
		bel_phone_call_answer(call);
		return;
	}
	belfry_call_ring(event->call);
	if (!phone->at_hand)
		phone->at_hand = call;
	bel_phone_tell(phone, BEL_PHONE_RING,
		       &(struct bel_phone_facts){ .event = "incoming",
						  .call = call,
						  .from = event->from,
						  .to = event->to },
		       "%s calls%s%s (call %u): Enter answers, \"refuse\" does not",
		       call->name, is_for ? " " : " you", is_for ? account->name : "",
		       call->number);
}

static void on_progress(struct bel_phone *phone, const struct belfry_event *event)
{
	struct bel_phone_call *call = bel_phone_call_of(event);

	if (!call || (call->status >= event->status && call->is_early == event->is_set))
		return;
	call->is_early |= event->is_set;
	if (event->status > call->status)
		call->status = event->status;
	bel_phone_sound_plug(phone);
	bel_phone_tell(phone, BEL_PHONE_NEWS,
		       &(struct bel_phone_facts){ .event = "progress",
						  .call = call,
						  .status = event->status,
						  .text = event->text },
		       event->status == 180 ? "it rings at %s" : "%s: %u %s", call->name,
		       event->status, event->text);
}

static void on_answered(struct bel_phone *phone, const struct belfry_event *event)
{
	struct bel_phone_call *call = bel_phone_call_of(event);
	struct belfry_call_info info;

	if (!call)
		return;
	call->is_up = true;
	belfry_call_info(&info, call->call);
	bel_phone_tell(phone, BEL_PHONE_NEWS,
		       &(struct bel_phone_facts){
			       .event = "answered", .call = call, .info = &info },
		       "you talk with %s (call %u%s%s%s)", call->name, call->number,
		       info.codec[0] ? ", " : "", info.codec,
		       info.is_protected ? ", protected" : "");
	bel_phone_call_settle(call);
	bel_phone_sound_plug(phone);
}

/* What a refusal means to a person. */
static const char *meaning_of(uint16_t status)
{
	static const struct {
		uint16_t status;
		const char *text;
	} rows[] = {
		{ 401, "the password is wrong, or missing" },
		{ 403, "that is not allowed" },
		{ 404, "nobody has that number" },
		{ 407, "the password is wrong, or missing" },
		{ 408, "no answer" },
		{ 480, "no phone of theirs is registered" },
		{ 486, "busy" },
		{ 487, "hung up before it was answered" },
		{ 488, "no codec or protection in common" },
		{ 600, "busy everywhere" },
		{ 603, "declined" },
	};

	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++)
		if (rows[i].status == status)
			return rows[i].text;
	return NULL;
}

static void write_end(struct bel_writer *out, const struct bel_phone_call *call,
		      const struct belfry_event *event, uint64_t lasted_ms)
{
	const char *meaning = meaning_of(event->status);

	if (event->is_set) {
		bel_write_format(out, "%s hung up after ",
				 event->is_ours ? "you" : call->name);
		bel_phone_write_time(out, lasted_ms);
	} else if (event->error) {
		bel_write_text(out, belfry_error_text(event->error));
	} else if (event->is_ours || !event->status) {
		bel_write_text(out,
			       event->is_ours ? "not taken up by you" : "they gave up");
	} else if (meaning) {
		bel_write_format(out, "%s (%u)", meaning, event->status);
	} else {
		bel_write_format(out, "%u %s", event->status, event->text);
	}
}

static void tell_waiting(struct bel_phone *phone)
{
	const struct bel_phone_call *call = phone->at_hand;

	if (call && call->is_up && call->wants_hold && !phone->is_leaving)
		bel_phone_tell(
			phone, BEL_PHONE_NEWS,
			&(struct bel_phone_facts){ .event = "waiting", .call = call },
			"%s waits: \"resume\" to talk", call->name);
}

static void on_ended(struct bel_phone *phone, const struct belfry_event *event)
{
	struct bel_phone_call *call = bel_phone_call_of(event);
	struct belfry_call_info info;
	char buf[128];
	struct bel_writer end = bel_writer_init(buf, sizeof buf);

	if (!call)
		return;
	belfry_call_info(&info, call->call);
	write_end(&end, call, event, info.answered_ms_ago);
	bel_phone_tell(phone, BEL_PHONE_NEWS,
		       &(struct bel_phone_facts){ .event = "ended",
						  .call = call,
						  .info = &info,
						  .status = event->status,
						  .text = event->text },
		       "call %u with %s is over: %.*s", call->number, call->name,
		       BEL_STR_ARG(bel_writer_str(&end)));
	bel_phone_call_free(call);
	bel_phone_sound_plug(phone);
	tell_waiting(phone);
}

static void on_heard(struct bel_phone *phone, const struct belfry_event *event)
{
	(void)event;
	bel_phone_wait_note(phone, BEL_PHONE_HEARDS);
}

static void on_digit(struct bel_phone *phone, const struct belfry_event *event)
{
	struct bel_phone_call *call = bel_phone_call_of(event);

	if (!call)
		return;
	bel_phone_tell(phone, BEL_PHONE_NEWS,
		       &(struct bel_phone_facts){
			       .event = "digit", .call = call, .digit = event->digit },
		       "%s pressed %c", call->name, event->digit);
	bel_phone_wait_note(phone, BEL_PHONE_DIGITS);
}

static void on_played(struct bel_phone *phone, const struct belfry_event *event)
{
	struct bel_phone_call *call = bel_phone_call_of(event);

	if (!call || !call->is_playing)
		return;
	bel_phone_sound_play(call, false);
	bel_phone_tell(phone, BEL_PHONE_NEWS,
		       &(struct bel_phone_facts){ .event = "played", .call = call },
		       "%s heard all of it", call->name);
	bel_phone_wait_note(phone, BEL_PHONE_PLAYEDS);
}

static void on_held(struct bel_phone *phone, const struct belfry_event *event)
{
	struct bel_phone_call *call = bel_phone_call_of(event);

	if (!call)
		return;
	call->is_held = event->is_set;
	bel_phone_tell(phone, BEL_PHONE_NEWS,
		       &(struct bel_phone_facts){
			       .event = event->is_set ? "held" : "unheld", .call = call },
		       event->is_set ? "%s puts you on hold" : "%s talks with you again",
		       call->name);
	bel_phone_wait_note(phone, BEL_PHONE_HOLDS);
}

static void on_holding(struct bel_phone *phone, const struct belfry_event *event)
{
	struct bel_phone_call *call = bel_phone_call_of(event);

	if (!call)
		return;
	bel_phone_call_settled(call, event->is_set, event->status, event->text);
	bel_phone_call_settle(call);
	bel_phone_sound_plug(phone);
}

/* ---- messages ---- */

static void on_message(struct bel_phone *phone, const struct belfry_event *event)
{
	char name[PHONE_NAME_BYTES];

	bel_phone_name(name, phone, bel_str_from(event->from_name),
		       bel_str_from(event->from));
	bel_phone_tell(phone, BEL_PHONE_NEWS,
		       &(struct bel_phone_facts){ .event = "message",
						  .from = event->from,
						  .to = event->to,
						  .text = event->text,
						  .text_count = event->text_count },
		       "%s writes: %s", name, event->text);
	bel_phone_wait_note(phone, BEL_PHONE_MESSAGES);
}

static void on_reply(struct bel_phone *phone, const struct belfry_event *event)
{
	bool is_taken = event->status >= 200 && event->status < 300;
	const char *meaning = meaning_of(event->status);
	const struct bel_phone_facts facts = { .event = "reply",
					       .status = event->status,
					       .text = event->text };

	if (phone->replies_due)
		phone->replies_due--;
	if (!is_taken)
		phone->has_failed = true;
	if (is_taken)
		bel_phone_tell(phone, BEL_PHONE_NEWS, &facts, "the message arrived");
	else
		bel_phone_tell(phone, BEL_PHONE_PROBLEM, &facts,
			       "the message did not arrive: %s (%u)",
			       event->error ? belfry_error_text(event->error)
			       : meaning    ? meaning
					    : event->text,
			       event->status);
	bel_phone_wait_note(phone, BEL_PHONE_REPLIES);
}

/* ---- all ---- */

void bel_phone_on_event(void *user, const struct belfry_event *event)
{
	static void (*const rows[])(struct bel_phone * phone,
				    const struct belfry_event *event) = {
		[BELFRY_EVENT_REGISTERED] = on_registered,
		[BELFRY_EVENT_REGISTER_REFUSED] = on_refused,
		[BELFRY_EVENT_REGISTER_LOST] = on_lost,
		[BELFRY_EVENT_REMOVED] = on_removed,
		[BELFRY_EVENT_INCOMING] = on_incoming,
		[BELFRY_EVENT_PROGRESS] = on_progress,
		[BELFRY_EVENT_ANSWERED] = on_answered,
		[BELFRY_EVENT_ENDED] = on_ended,
		[BELFRY_EVENT_HEARD] = on_heard,
		[BELFRY_EVENT_DIGIT] = on_digit,
		[BELFRY_EVENT_PLAYED] = on_played,
		[BELFRY_EVENT_HELD] = on_held,
		[BELFRY_EVENT_HOLDING] = on_holding,
		[BELFRY_EVENT_TRANSFER_WISH] = bel_phone_on_wish,
		[BELFRY_EVENT_TRANSFER] = bel_phone_on_transfer,
		[BELFRY_EVENT_MESSAGE] = on_message,
		[BELFRY_EVENT_REPLY] = on_reply,
	};
	struct bel_phone *phone = user;

	if ((size_t)event->type < BEL_COUNT_OF(rows) && rows[event->type])
		rows[event->type](phone, event);
	bel_phone_wait_check(phone);
	bel_phone_leave_check(phone);
}
