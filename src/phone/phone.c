/* SPDX-License-Identifier: Apache-2.0
 * A phone: its beginning, its end, its time and its prompt. */
#include <stdlib.h>

#include "phone/phone_int.h"

enum { LEAVE_MS = 5000 };

/* ---- beginning ---- */

static enum belfry_error open_agent(struct bel_phone *phone,
				    const struct bel_phone_opts *opts)
{
	struct belfry_agent_options options = opts->agent;

	options.on_event = bel_phone_on_event;
	options.user = phone;
	options.has_messages = true;
	options.calls_max = PHONE_CALLS_MAX;
	if (opts->open_agent)
		return opts->open_agent(&phone->agent, &options, opts->user);
	return belfry_agent_open(&phone->agent, &options);
}

static enum belfry_error open_device(struct bel_phone *phone, const char *words)
{
	enum belfry_error error;

	if (words)
		return bel_phone_sound_open(phone, words);
	error = bel_phone_sound_open(phone, "alsa");
	if (!error)
		return error;
	phone->has_no_card = true;
	return bel_phone_sound_open(phone, "null");
}

enum belfry_error bel_phone_open(struct bel_phone **out,
				 const struct bel_phone_opts *opts,
				 struct bel_writer *why)
{
	struct bel_phone *phone = calloc(1, sizeof *phone);
	enum belfry_error error;

	if (!phone)
		return BELFRY_ERROR_MEMORY;
	phone->port = opts->port;
	phone->user = opts->user;
	phone->is_json = opts->is_json;
	phone->has_headset = opts->has_headset;
	error = open_agent(phone, opts);
	if (!error)
		error = open_device(phone, opts->device);
	if (error) {
		if (why)
			bel_write_text(
				why, phone->agent ? belfry_agent_last_error(phone->agent)
						  : belfry_error_text(error));
		bel_phone_close(phone);
		return error;
	}
	*out = phone;
	return BELFRY_OK;
}

void bel_phone_close(struct bel_phone *phone)
{
	if (!phone)
		return;
	for (unsigned i = 0; i < PHONE_CALLS_MAX; i++)
		if (phone->calls[i])
			bel_phone_call_free(phone->calls[i]);
	belfry_agent_close(phone->agent);
	free(phone);
}

void bel_phone_greet(struct bel_phone *phone)
{
	const struct bel_phone_account *account = phone->account;

	if (account)
		bel_phone_tell(
			phone, BEL_PHONE_ANSWER,
			&(struct bel_phone_facts){
				.event = "hello",
				.address = belfry_account_address(account->account) },
			"belfry %s  you are %s, %s", belfry_version(), account->name,
			belfry_account_address(account->account));
	if (phone->has_no_card)
		bel_phone_tell(
			phone, BEL_PHONE_ANSWER,
			&(struct bel_phone_facts){ .event = "device", .address = "null" },
			"  sound  no sound card here: nobody hears you "
			"(--device file:in.wav,out.wav)");
	else
		bel_phone_tell(
			phone, BEL_PHONE_ANSWER,
			&(struct bel_phone_facts){ .event = "device",
						   .address = phone->device_words },
			"  sound  %s", phone->device_words);
	if (!phone->is_json)
		bel_phone_tell(phone, BEL_PHONE_ANSWER,
			       &(struct bel_phone_facts){ .event = "hint" },
			       "  type   call 600, or help");
}

struct belfry_agent *bel_phone_agent(const struct bel_phone *phone)
{
	return phone->agent;
}

/* ---- ending ---- */

static bool has_accounts(const struct bel_phone *phone)
{
	return bel_phone_accounts_count(phone) > 0;
}

/* Messages under way are waited for before the accounts go that sent them. */
void bel_phone_leave_check(struct bel_phone *phone)
{
	if (!phone->is_leaving || phone->is_over)
		return;
	if (!phone->replies_due)
		for (unsigned i = 0; i < PHONE_ACCOUNTS_MAX; i++)
			if (phone->accounts[i].account &&
			    !phone->accounts[i].is_leaving) {
				phone->accounts[i].is_leaving = true;
				belfry_account_remove(phone->accounts[i].account);
			}
	phone->is_over = (!phone->replies_due && !bel_phone_calls_count(phone) &&
			  !has_accounts(phone)) ||
			 phone->port->clock_ms(phone->user) >= phone->leave_by_ms;
}

void bel_phone_leave(struct bel_phone *phone)
{
	if (phone->is_leaving)
		return;
	phone->is_leaving = true;
	phone->wait.is_on = false;
	phone->leave_by_ms = phone->port->clock_ms(phone->user) + LEAVE_MS;
	for (unsigned i = 0; i < PHONE_CALLS_MAX; i++)
		if (phone->calls[i] && !phone->calls[i]->is_leaving)
			bel_phone_call_hang_up(phone->calls[i]);
	bel_phone_leave_check(phone);
}

bool bel_phone_is_leaving(const struct bel_phone *phone)
{
	return phone->is_leaving;
}

bool bel_phone_is_over(const struct bel_phone *phone)
{
	return phone->is_over;
}

bool bel_phone_has_failed(const struct bel_phone *phone)
{
	return phone->has_failed;
}

void bel_phone_interrupt(struct bel_phone *phone)
{
	if (phone->is_leaving)
		phone->is_over = true;
	else if (phone->wait.is_on)
		phone->wait.is_on = false;
	else if (phone->at_hand)
		bel_phone_call_hang_up(phone->at_hand);
	else
		bel_phone_leave(phone);
}

/* ---- time ---- */

static uint64_t sooner(uint64_t a_ms, uint64_t b_ms)
{
	return a_ms < b_ms ? a_ms : b_ms;
}

void bel_phone_advance(struct bel_phone *phone)
{
	for (unsigned i = 0; i < PHONE_CALLS_MAX; i++)
		if (phone->calls[i])
			bel_phone_call_settle(phone->calls[i]);
	bel_phone_wait_check(phone);
	bel_phone_leave_check(phone);
}

int bel_phone_next_ms(const struct bel_phone *phone)
{
	uint64_t now_ms = phone->port->clock_ms(phone->user), due_ms = UINT64_MAX;

	for (unsigned i = 0; i < PHONE_CALLS_MAX; i++)
		if (phone->calls[i] && bel_phone_call_is_unsettled(phone->calls[i]))
			due_ms = sooner(due_ms, phone->calls[i]->settle_from_ms);
	if (phone->wait.is_on)
		due_ms = sooner(due_ms, phone->wait.until_ms);
	if (phone->is_leaving)
		due_ms = sooner(due_ms, phone->leave_by_ms);
	if (due_ms == UINT64_MAX)
		return -1;
	if (due_ms <= now_ms)
		return 0;
	return due_ms - now_ms > INT32_MAX ? INT32_MAX : (int)(due_ms - now_ms);
}

/* ---- the prompt ---- */

static void write_call(struct bel_writer *out, const struct bel_phone_call *call)
{
	struct belfry_call_info info;

	belfry_call_info(&info, call->call);
	bel_write_format(out, " [%u ", call->number);
	bel_write_escaped(out, bel_str_from(call->name));
	bel_write_text(out, call->is_member ? " and others" : "");
	if (!call->is_up) {
		bel_write_text(out, call->is_incoming ? " calls"
				    : call->status    ? " rings"
						      : " ...");
	} else {
		bel_write_char(out, ' ');
		bel_phone_write_time(out, info.answered_ms_ago);
		if (call->wants_hold)
			bel_write_lit(out, " waits");
		else if (info.is_held)
			bel_write_lit(out, " holds you");
		else if (info.quality.mos >= 0)
			bel_write_format(out, " MOS %.1f", info.quality.mos);
	}
	bel_write_text(out, call->phone->is_muted ? " muted]" : "]");
}

void bel_phone_write_prompt(const struct bel_phone *phone, struct bel_writer *prompt)
{
	const struct bel_phone_call *ringing = bel_phone_call_ringing(phone);

	bel_write_escaped(prompt, phone->account ? bel_str_from(phone->account->name)
						 : BEL_STR("belfry"));
	if (phone->at_hand)
		write_call(prompt, phone->at_hand);
	if (ringing && ringing != phone->at_hand)
		write_call(prompt, ringing);
	bel_write_lit(prompt, "> ");
}
