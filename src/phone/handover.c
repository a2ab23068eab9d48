/* SPDX-License-Identifier: Apache-2.0
 * A call is handed on to somebody else. */
#include "phone/phone_int.h"

/* ---- by us ---- */

/* How `transfer` was written. */
struct handover {
	struct bel_phone_call *call, *other; /* other NULL: to whom */
	bel_str whom;
};

/* The only other one that stands. */
static struct bel_phone_call *beside(const struct bel_phone_call *call)
{
	struct bel_phone *phone = call->phone;
	struct bel_phone_call *found = NULL;

	for (unsigned i = 0; i < PHONE_CALLS_MAX; i++) {
		struct bel_phone_call *other = phone->calls[i];
		if (!other || other == call || !other->is_up || other->is_leaving)
			continue;
		if (found)
			return NULL;
		found = other;
	}
	return found;
}

static struct bel_phone_call *numbered(struct bel_phone *phone, bel_str word)
{
	uint64_t number = 0;
	struct bel_phone_call *call = NULL;

	if (bel_str_to_u64(&number, word, UINT32_MAX) == BEL_OK)
		call = bel_phone_call_number(phone, number);
	if (!call)
		bel_phone_fail(phone, "there is no call %.*s; \"calls\" lists them",
			       BEL_STR_ARG(word));
	return call;
}

/* [N] [to] WHO, [N] [to] call M. */
static bool read_handover(struct handover *out, struct bel_phone *phone,
			  const struct bel_phone_words *words)
{
	unsigned count = words->count - 1;
	bool is_attended = count >= 2 &&
			   bel_str_is_equal_nocase(bel_phone_word(words, count - 2),
						   BEL_STR("call"));
	unsigned head = count - (is_attended ? 2 : 1);

	*out = (struct handover){ .call = phone->at_hand,
				  .whom = bel_phone_word(words, count - 1) };
	if (head &&
	    bel_str_is_equal_nocase(bel_phone_word(words, head - 1), BEL_STR("to")))
		head--;
	if (head > 1) {
		bel_phone_fail(phone, "transfer is written so: transfer 600, transfer 1 "
				      "to 600, transfer 1 to call 2");
		return false;
	}
	if (head && !(out->call = numbered(phone, bel_phone_word(words, 0))))
		return false;
	if (is_attended && !(out->other = numbered(phone, out->whom)))
		return false;
	if (!head && out->other && out->other == out->call)
		out->call = beside(out->other);
	return true;
}

/* RFC 5589 section 7.7: who cannot take the place of a call is asked to call anew, and
 * would find a phone that is busy. */
static enum belfry_error hand_on_anew(const struct handover *hand)
{
	struct belfry_call_info info;
	enum belfry_error error;

	belfry_call_info(&info, hand->other->call);
	error = belfry_call_transfer(hand->call->call, info.peer);
	if (!error)
		bel_phone_call_hang_up(hand->other);
	return error;
}

static enum belfry_error hand_on(const struct handover *hand, const char *whom)
{
	enum belfry_error error;

	if (!hand->other)
		return belfry_call_transfer(hand->call->call, whom);
	error = belfry_call_transfer_to_call(hand->call->call, hand->other->call);
	return error == BELFRY_ERROR_UNSUPPORTED ? hand_on_anew(hand) : error;
}

void bel_phone_do_transfer(struct bel_phone *phone, const struct bel_phone_words *words)
{
	struct handover hand;
	char whom[PHONE_URI_BYTES];
	enum belfry_error error;

	if (!read_handover(&hand, phone, words))
		return;
	if (!hand.call || hand.call == hand.other) {
		bel_phone_fail(phone, "transfer which call? as in: transfer 1 to %s",
			       hand.other ? "call 2" : "600");
		return;
	}
	if (!bel_phone_copy(whom, sizeof whom, hand.whom)) {
		bel_phone_fail(phone, "nobody has such an address");
		return;
	}
	error = hand_on(&hand, whom);
	if (error) {
		bel_phone_fail_by(phone, error);
		return;
	}
	if (hand.other)
		bel_phone_copy(hand.call->goes_to, PHONE_NAME_BYTES,
			       bel_str_from(hand.other->name));
	else
		bel_phone_name(hand.call->goes_to, phone, BEL_STR_NONE, hand.whom);
}

void bel_phone_on_transfer(struct bel_phone *phone, const struct belfry_event *event)
{
	struct bel_phone_call *call = bel_phone_call_of(event);
	bool is_done = event->is_set && event->status >= 200 && event->status < 300;

	if (!call || !event->is_set)
		return;
	if (!is_done) {
		phone->has_failed = true;
		bel_phone_tell(phone, BEL_PHONE_PROBLEM,
			       &(struct bel_phone_facts){ .event = "transfer_failed",
							  .call = call,
							  .status = event->status,
							  .text = event->text },
			       "%s could not be handed over to %s: %u %s", call->name,
			       call->goes_to, event->status, event->text);
		return;
	}
	bel_phone_tell(phone, BEL_PHONE_NEWS,
		       &(struct bel_phone_facts){ .event = "transferred",
						  .call = call,
						  .status = event->status },
		       "%s talks with %s now", call->name, call->goes_to);
	bel_phone_wait_note(phone, BEL_PHONE_TRANSFERS);
	bel_phone_call_hang_up(call);
}

/* ---- to us ---- */

void bel_phone_on_wish(struct bel_phone *phone, const struct belfry_event *event)
{
	struct bel_phone_call *call = bel_phone_call_of(event), *new;
	struct belfry_call *below;

	if (!call || phone->is_leaving || bel_phone_calls_count(phone) == PHONE_CALLS_MAX)
		return;
	if (belfry_call_follow(&below, event->call))
		return;
	new = bel_phone_call_new(phone, below, false);
	if (!new) {
		belfry_call_hang_up(below);
		return;
	}
	bel_phone_name(new->name, phone, BEL_STR_NONE, bel_str_from(event->to));
	bel_phone_tell(phone, BEL_PHONE_NEWS,
		       &(struct bel_phone_facts){ .event = "handed_over",
						  .call = new,
						  .from = event->from,
						  .to = event->to },
		       "%s hands you over to %s: calling (call %u)", call->name,
		       new->name, new->number);
	bel_phone_wait_note(phone, BEL_PHONE_HANDOVERS);
	phone->at_hand = new;
	bel_phone_sound_plug(phone);
}
