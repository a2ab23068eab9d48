/* SPDX-License-Identifier: Apache-2.0 */
#include "event/subscriber.h"

enum {
	TIMER_N_S = 32,
	RENEW_AHEAD_S = 30, /* before the end, at the most */
};

#define ARM   BEL_SUBSCRIBER_ARM
#define RENEW BEL_SUBSCRIBER_RENEW
#define END   BEL_SUBSCRIBER_END
#define GO(state, actions)                                                               \
	{                                                                                \
		BEL_SUBSCRIBER_##state, (actions), true                                  \
	}

/* clang-format off */
/* RFC 6665 section 4.1.2. */
static const struct bel_subscriber_move
moves[BEL_SUBSCRIBER_STATE_COUNT][BEL_SUBSCRIBER_EVENT_COUNT] = {
	[BEL_SUBSCRIBER_IDLE] = {
		[BEL_SUBSCRIBER_ASKED]           = GO(WAITING, ARM),
	},
	[BEL_SUBSCRIBER_WAITING] = {
		[BEL_SUBSCRIBER_REFUSED]         = GO(OVER, END),
		[BEL_SUBSCRIBER_TOLD_PENDING]    = GO(PENDING, ARM),
		[BEL_SUBSCRIBER_TOLD_ACTIVE]     = GO(ACTIVE, ARM),
		[BEL_SUBSCRIBER_TOLD_TERMINATED] = GO(OVER, END),
		[BEL_SUBSCRIBER_DUE]             = GO(OVER, END),
		[BEL_SUBSCRIBER_LEFT]            = GO(LEAVING, ARM),
	},
	[BEL_SUBSCRIBER_PENDING] = {
		[BEL_SUBSCRIBER_ASKED]           = GO(RENEWING, ARM),
		/* The NOTIFY was faster than the answer. */
		[BEL_SUBSCRIBER_REFUSED]         = GO(OVER, END),
		[BEL_SUBSCRIBER_TOLD_PENDING]    = GO(PENDING, ARM),
		[BEL_SUBSCRIBER_TOLD_ACTIVE]     = GO(ACTIVE, ARM),
		[BEL_SUBSCRIBER_TOLD_TERMINATED] = GO(OVER, END),
		[BEL_SUBSCRIBER_DUE]             = GO(PENDING, RENEW),
		[BEL_SUBSCRIBER_LEFT]            = GO(LEAVING, ARM),
	},
	[BEL_SUBSCRIBER_ACTIVE] = {
		[BEL_SUBSCRIBER_ASKED]           = GO(RENEWING, ARM),
		/* The NOTIFY was faster than the answer. */
		[BEL_SUBSCRIBER_REFUSED]         = GO(OVER, END),
		[BEL_SUBSCRIBER_TOLD_PENDING]    = GO(PENDING, ARM),
		[BEL_SUBSCRIBER_TOLD_ACTIVE]     = GO(ACTIVE, ARM),
		[BEL_SUBSCRIBER_TOLD_TERMINATED] = GO(OVER, END),
		[BEL_SUBSCRIBER_DUE]             = GO(ACTIVE, RENEW),
		[BEL_SUBSCRIBER_LEFT]            = GO(LEAVING, ARM),
	},
	[BEL_SUBSCRIBER_RENEWING] = {
		[BEL_SUBSCRIBER_REFUSED]         = GO(OVER, END),
		/* Section 4.1.2.2: it lasts as long as was said. */
		[BEL_SUBSCRIBER_FAILED]          = GO(ACTIVE, ARM),
		[BEL_SUBSCRIBER_TOLD_PENDING]    = GO(PENDING, ARM),
		[BEL_SUBSCRIBER_TOLD_ACTIVE]     = GO(ACTIVE, ARM),
		[BEL_SUBSCRIBER_TOLD_TERMINATED] = GO(OVER, END),
		[BEL_SUBSCRIBER_DUE]             = GO(OVER, END),
		[BEL_SUBSCRIBER_LEFT]            = GO(LEAVING, ARM),
	},
	[BEL_SUBSCRIBER_LEAVING] = {
		[BEL_SUBSCRIBER_REFUSED]         = GO(OVER, END),
		[BEL_SUBSCRIBER_FAILED]          = GO(OVER, END),
		/* Sent before ours arrived. */
		[BEL_SUBSCRIBER_TOLD_PENDING]    = GO(LEAVING, 0),
		[BEL_SUBSCRIBER_TOLD_ACTIVE]     = GO(LEAVING, 0),
		[BEL_SUBSCRIBER_TOLD_TERMINATED] = GO(OVER, END),
		[BEL_SUBSCRIBER_DUE]             = GO(OVER, END),
	},
};
/* clang-format on */

struct bel_subscriber_move bel_subscriber_step(enum bel_subscriber_state state,
					       enum bel_subscriber_event event)
{
	return moves[state][event];
}

const char *bel_subscriber_state_name(enum bel_subscriber_state state)
{
	static const char *const names[] = {
		[BEL_SUBSCRIBER_IDLE] = "idle",
		[BEL_SUBSCRIBER_WAITING] = "waiting",
		[BEL_SUBSCRIBER_PENDING] = "pending",
		[BEL_SUBSCRIBER_ACTIVE] = "active",
		[BEL_SUBSCRIBER_RENEWING] = "renewing",
		[BEL_SUBSCRIBER_LEAVING] = "leaving",
		[BEL_SUBSCRIBER_OVER] = "over",
	};

	return names[state];
}

bool bel_subscriber_is_alive(const struct bel_subscriber *subscriber)
{
	return subscriber->state != BEL_SUBSCRIBER_IDLE &&
	       subscriber->state != BEL_SUBSCRIBER_OVER;
}

static uint64_t wait_ms(const struct bel_subscriber *subscriber)
{
	return (subscriber->wait_s ? subscriber->wait_s : TIMER_N_S) * UINT64_C(1000);
}

/* Early enough for the request that renews it and its answer. */
static uint64_t renew_ms(const struct bel_subscriber *subscriber, uint64_t now_ms)
{
	uint64_t left_ms = subscriber->end_ms > now_ms ? subscriber->end_ms - now_ms : 0;
	uint64_t ahead_ms = left_ms / 10;

	if (subscriber->is_once)
		return now_ms +
		       (left_ms > wait_ms(subscriber) ? left_ms : wait_ms(subscriber));
	if (ahead_ms > RENEW_AHEAD_S * 1000)
		ahead_ms = RENEW_AHEAD_S * 1000;
	return now_ms + left_ms - ahead_ms;
}

static void arm(struct bel_subscriber *subscriber, uint64_t now_ms)
{
	bool is_standing = subscriber->state == BEL_SUBSCRIBER_PENDING ||
			   subscriber->state == BEL_SUBSCRIBER_ACTIVE;

	if (is_standing && subscriber->end_ms)
		subscriber->due_ms = renew_ms(subscriber, now_ms);
	else
		subscriber->due_ms = now_ms + wait_ms(subscriber);
}

unsigned bel_subscriber_take(struct bel_subscriber *subscriber,
			     enum bel_subscriber_event event, uint32_t expires_s,
			     uint64_t now_ms)
{
	struct bel_subscriber_move move = bel_subscriber_step(subscriber->state, event);
	unsigned actions = move.actions;

	if (!move.is_move)
		return 0;
	subscriber->state = (enum bel_subscriber_state)move.next;
	if (expires_s)
		subscriber->end_ms = now_ms + expires_s * UINT64_C(1000);
	/* What may not be renewed, or could have been and was not, ends with its time. */
	if (actions & RENEW) {
		if (!subscriber->is_once && now_ms < subscriber->end_ms) {
			subscriber->due_ms = subscriber->end_ms;
			return actions | ARM;
		}
		subscriber->state = BEL_SUBSCRIBER_OVER;
		actions = END;
	}
	if (actions & ARM)
		arm(subscriber, now_ms);
	if (actions & END)
		subscriber->due_ms = 0;
	return actions;
}

bool bel_subscriber_on_notify(unsigned *actions, struct bel_subscriber *subscriber,
			      struct bel_sip_msg *notify, uint64_t now_ms)
{
	static const struct {
		bel_str word;
		enum bel_subscriber_event event;
	} words[] = {
		{ { "pending", 7 }, BEL_SUBSCRIBER_TOLD_PENDING },
		{ { "terminated", 10 }, BEL_SUBSCRIBER_TOLD_TERMINATED },
	};
	enum bel_subscriber_event event = BEL_SUBSCRIBER_TOLD_ACTIVE;
	struct bel_sip_sub_state state = { .expires_s = -1 };

	*actions = 0;
	if (!bel_subscriber_is_alive(subscriber))
		return false;
	if (!bel_sip_sub_state_parse(&state,
				     bel_sip_value(notify, BEL_SIP_H_SUBSCRIPTION_STATE)))
		for (size_t i = 0; i < BEL_COUNT_OF(words); i++)
			if (bel_str_is_equal_nocase(state.state, words[i].word))
				event = words[i].event;
	*actions = bel_subscriber_take(
		subscriber, event, state.expires_s > 0 ? (uint32_t)state.expires_s : 0,
		now_ms);
	return true;
}
