/* SPDX-License-Identifier: Apache-2.0
 * Numbered calls: begun, taken, held, ended. */
#include <stdlib.h>

#include "phone/phone_int.h"

enum { BUSY_HERE = 486, SETTLE_MS = 200 };

/* ---- their life ---- */

/* The lowest number that is free, as a person counts. */
struct bel_phone_call *bel_phone_call_new(struct bel_phone *phone,
					  struct belfry_call *below, bool is_incoming)
{
	struct bel_phone_call *call;
	unsigned slot = 0;

	while (slot < PHONE_CALLS_MAX && phone->calls[slot])
		slot++;
	call = slot < PHONE_CALLS_MAX ? calloc(1, sizeof *call) : NULL;
	if (!call)
		return NULL;
	call->phone = phone;
	call->call = below;
	call->number = slot + 1;
	call->is_incoming = is_incoming;
	phone->calls[slot] = call;
	belfry_call_set_user_data(below, call);
	return call;
}

/* Whom a person would mean next: who talks or waits, else who rings. */
static struct bel_phone_call *next_at_hand(const struct bel_phone *phone)
{
	struct bel_phone_call *found = NULL;

	for (unsigned i = 0; i < PHONE_CALLS_MAX; i++) {
		struct bel_phone_call *call = phone->calls[i];
		if (call && !call->is_leaving &&
		    (!found || (call->is_up && !found->is_up)))
			found = call;
	}
	return found;
}

void bel_phone_call_free(struct bel_phone_call *call)
{
	struct bel_phone *phone = call->phone;

	bel_phone_sound_unplug(call);
	phone->calls[call->number - 1] = NULL;
	free(call);
	if (phone->at_hand == call)
		phone->at_hand = next_at_hand(phone);
}

struct bel_phone_call *bel_phone_call_number(const struct bel_phone *phone,
					     uint64_t number)
{
	return number && number <= PHONE_CALLS_MAX ? phone->calls[number - 1] : NULL;
}

struct bel_phone_call *bel_phone_call_of(const struct belfry_event *event)
{
	return event->call ? belfry_call_user_data(event->call) : NULL;
}

static bool rings_here(const struct bel_phone_call *call)
{
	return call && call->is_incoming && !call->is_up && !call->is_leaving &&
	       !call->is_answered;
}

struct bel_phone_call *bel_phone_call_ringing(const struct bel_phone *phone)
{
	for (unsigned i = 0; i < PHONE_CALLS_MAX; i++)
		if (rings_here(phone->calls[i]))
			return phone->calls[i];
	return NULL;
}

unsigned bel_phone_calls_count(const struct bel_phone *phone)
{
	unsigned count = 0;

	for (unsigned i = 0; i < PHONE_CALLS_MAX; i++)
		count += phone->calls[i] != NULL;
	return count;
}

/* ---- who waits ---- */

bool bel_phone_call_is_unsettled(const struct bel_phone_call *call)
{
	return call->is_up && !call->is_leaving && !call->is_asking &&
	       call->wants_hold != call->is_holding;
}

static uint64_t now_ms(const struct bel_phone_call *call)
{
	return call->phone->port->clock_ms(call->phone->user);
}

void bel_phone_call_settle(struct bel_phone_call *call)
{
	enum belfry_error error;

	if (!bel_phone_call_is_unsettled(call) || now_ms(call) < call->settle_from_ms)
		return;
	error = call->wants_hold ? belfry_call_hold(call->call)
				 : belfry_call_resume(call->call);
	call->is_asking = error == BELFRY_OK;
	call->settle_from_ms = now_ms(call) + SETTLE_MS;
	if (!error || error == BELFRY_ERROR_BUSY)
		return;
	call->wants_hold = call->is_holding;
	bel_phone_fail_by(call->phone, error);
}

void bel_phone_call_settled(struct bel_phone_call *call, bool is_holding, uint16_t status,
			    const char *text)
{
	struct bel_phone *phone = call->phone;

	call->is_asking = false;
	call->is_holding = is_holding;
	call->settle_from_ms = 0;
	if (status >= 300 || !status) {
		call->wants_hold = call->is_holding;
		bel_phone_fail(phone, "%s: that was not agreed (%u %s)", call->name,
			       status, text);
		return;
	}
	bel_phone_tell(
		phone, BEL_PHONE_NEWS,
		&(struct bel_phone_facts){ .event = is_holding ? "holding" : "resumed",
					   .call = call },
		is_holding ? "%s waits" : "you talk with %s again", call->name);
	bel_phone_wait_note(phone, BEL_PHONE_HOLDS);
}

void bel_phone_call_take(struct bel_phone_call *call)
{
	struct bel_phone *phone = call->phone;

	phone->at_hand = call;
	for (unsigned i = 0; i < PHONE_CALLS_MAX; i++) {
		struct bel_phone_call *other = phone->calls[i];
		if (!other)
			continue;
		/* Who is called beside a conference ends it. */
		if (!call->is_member)
			other->is_member = false;
		other->wants_hold = other != call && !other->is_member;
		bel_phone_call_settle(other);
	}
	bel_phone_sound_plug(phone);
}

void bel_phone_do_hold(struct bel_phone *phone, const struct bel_phone_words *words)
{
	unsigned index = 0;
	struct bel_phone_call *call = bel_phone_take_call(phone, words, &index, 0);

	if (!call)
		return;
	if (!call->is_up) {
		bel_phone_fail(phone, "call %u does not stand yet", call->number);
		return;
	}
	call->wants_hold = true;
	call->is_member = false;
	bel_phone_call_settle(call);
	bel_phone_sound_plug(phone);
}

void bel_phone_do_resume(struct bel_phone *phone, const struct bel_phone_words *words)
{
	unsigned index = 0;
	struct bel_phone_call *call = bel_phone_take_call(phone, words, &index, 0);

	if (call && call->is_up)
		bel_phone_call_take(call);
	else if (call)
		bel_phone_fail(phone, "call %u does not stand yet", call->number);
}

/* ---- beginning ---- */

void bel_phone_dial(struct bel_phone *phone, bel_str to)
{
	char whom[PHONE_URI_BYTES];
	struct belfry_dial dial = { .to = whom };
	struct belfry_call *below;
	struct bel_phone_call *call;
	enum belfry_error error;

	if (!bel_phone_copy(whom, sizeof whom, to)) {
		bel_phone_fail(phone, "nobody has such an address");
		return;
	}
	if (phone->account)
		dial.account = phone->account->account;
	error = belfry_call_dial(&below, phone->agent, &dial);
	if (error) {
		bel_phone_fail_by(phone, error);
		return;
	}
	call = bel_phone_call_new(phone, below, false);
	if (!call) {
		belfry_call_hang_up(below);
		bel_phone_fail(phone, "there are too many calls");
		return;
	}
	bel_phone_name(call->name, phone, BEL_STR_NONE, to);
	bel_phone_tell(phone, BEL_PHONE_NEWS,
		       &(struct bel_phone_facts){
			       .event = "dialling", .call = call, .to = whom },
		       "calling %s (call %u)", call->name, call->number);
	bel_phone_call_take(call);
}

void bel_phone_do_call(struct bel_phone *phone, const struct bel_phone_words *words)
{
	bel_phone_dial(phone, bel_phone_word(words, 0));
}

/* ---- being called ---- */

void bel_phone_call_answer(struct bel_phone_call *call)
{
	enum belfry_error error = belfry_call_answer(call->call);

	if (error) {
		bel_phone_fail_by(call->phone, error);
		return;
	}
	call->is_answered = true;
	bel_phone_call_take(call);
}

/* The call that a number names, or the oldest that rings. */
static struct bel_phone_call *take_ringing(struct bel_phone *phone,
					   const struct bel_phone_words *words,
					   unsigned *index)
{
	struct bel_phone_call *call = bel_phone_call_ringing(phone);

	if (bel_phone_word(words, *index).len)
		call = bel_phone_take_call(phone, words, index, 0);
	else if (!call)
		bel_phone_fail(phone, "nobody calls");
	if (!call || rings_here(call))
		return call;
	bel_phone_fail(phone, "call %u does not ring here", call->number);
	return NULL;
}

void bel_phone_do_answer(struct bel_phone *phone, const struct bel_phone_words *words)
{
	unsigned index = 0;
	struct bel_phone_call *call = take_ringing(phone, words, &index);

	if (call)
		bel_phone_call_answer(call);
}

static void refuse(struct bel_phone_call *call, uint16_t status)
{
	enum belfry_error error = belfry_call_refuse(call->call, status);

	if (error)
		bel_phone_fail_by(call->phone, error);
	else
		call->is_leaving = true;
}

/* `refuse 603` is a status, `refuse 2` a call. */
void bel_phone_do_refuse(struct bel_phone *phone, const struct bel_phone_words *words)
{
	uint64_t status = BUSY_HERE, number;
	bel_str last = bel_phone_word(words, words->count - 2);
	unsigned index = 0;
	struct bel_phone_call *call;
	struct bel_phone_words head = *words;

	if (words->count > 1 && bel_str_to_u64(&number, last, 699) == BEL_OK &&
	    number >= 300) {
		status = number;
		head.count--;
	}
	call = take_ringing(phone, &head, &index);
	if (call)
		refuse(call, (uint16_t)status);
}

/* ---- ending ---- */

void bel_phone_call_hang_up(struct bel_phone_call *call)
{
	if (rings_here(call)) {
		refuse(call, BUSY_HERE);
	} else {
		belfry_call_hang_up(call->call);
		call->is_leaving = true;
	}
	if (call->phone->at_hand == call)
		call->phone->at_hand = next_at_hand(call->phone);
	bel_phone_sound_plug(call->phone);
}

void bel_phone_do_hangup(struct bel_phone *phone, const struct bel_phone_words *words)
{
	unsigned index = 0;
	struct bel_phone_call *call;

	if (!bel_str_is_equal_nocase(bel_phone_word(words, 0), BEL_STR("all"))) {
		call = bel_phone_take_call(phone, words, &index, 0);
		if (call)
			bel_phone_call_hang_up(call);
		return;
	}
	for (unsigned i = 0; i < PHONE_CALLS_MAX; i++)
		if (phone->calls[i])
			bel_phone_call_hang_up(phone->calls[i]);
}
