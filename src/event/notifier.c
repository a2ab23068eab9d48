/* SPDX-License-Identifier: Apache-2.0 */
#include "event/notifier.h"

#define ARM  BEL_NOTIFIER_ARM
#define TELL BEL_NOTIFIER_TELL
#define END  BEL_NOTIFIER_END
#define GO(state, actions)                                                               \
	{                                                                                \
		BEL_NOTIFIER_##state, (actions), true,                                   \
		{                                                                        \
			NULL, 0                                                          \
		}                                                                        \
	}
#define STOP(actions, reason)                                                            \
	{                                                                                \
		BEL_NOTIFIER_OVER, (actions) | END, true,                                \
		{                                                                        \
			reason, sizeof(reason) - 1                                       \
		}                                                                        \
	}

/* clang-format off */
/* RFC 6665 sections 4.1.3 and 4.2: a NOTIFY follows every SUBSCRIBE and every change. */
static const struct bel_notifier_move
moves[BEL_NOTIFIER_STATE_COUNT][BEL_NOTIFIER_EVENT_COUNT] = {
	[BEL_NOTIFIER_IDLE] = {
		[BEL_NOTIFIER_HELD]    = GO(PENDING, ARM | TELL),
		[BEL_NOTIFIER_GRANTED] = GO(ACTIVE, ARM | TELL),
		/* Section 4.4.3: asked once, told once. */
		[BEL_NOTIFIER_LEFT]    = STOP(TELL, "timeout"),
	},
	[BEL_NOTIFIER_PENDING] = {
		[BEL_NOTIFIER_GRANTED] = GO(ACTIVE, ARM | TELL),
		[BEL_NOTIFIER_RENEWED] = GO(PENDING, ARM | TELL),
		[BEL_NOTIFIER_DENIED]  = STOP(TELL, "rejected"),
		[BEL_NOTIFIER_ENDED]   = STOP(TELL, "noresource"),
		[BEL_NOTIFIER_LEFT]    = STOP(TELL, "timeout"),
		[BEL_NOTIFIER_DUE]     = STOP(TELL, "giveup"),
		[BEL_NOTIFIER_LOST]    = STOP(0, "noresource"),
	},
	[BEL_NOTIFIER_ACTIVE] = {
		[BEL_NOTIFIER_GRANTED] = GO(ACTIVE, ARM),
		[BEL_NOTIFIER_RENEWED] = GO(ACTIVE, ARM | TELL),
		[BEL_NOTIFIER_CHANGED] = GO(ACTIVE, TELL),
		[BEL_NOTIFIER_DENIED]  = STOP(TELL, "rejected"),
		[BEL_NOTIFIER_ENDED]   = STOP(TELL, "noresource"),
		[BEL_NOTIFIER_LEFT]    = STOP(TELL, "timeout"),
		[BEL_NOTIFIER_DUE]     = STOP(TELL, "timeout"),
		[BEL_NOTIFIER_LOST]    = STOP(0, "noresource"),
	},
};
/* clang-format on */

struct bel_notifier_move bel_notifier_step(enum bel_notifier_state state,
					   enum bel_notifier_event event)
{
	return moves[state][event];
}

const char *bel_notifier_state_name(enum bel_notifier_state state)
{
	static const char *const names[] = {
		[BEL_NOTIFIER_IDLE] = "idle",
		[BEL_NOTIFIER_PENDING] = "pending",
		[BEL_NOTIFIER_ACTIVE] = "active",
		[BEL_NOTIFIER_OVER] = "terminated",
	};

	return names[state];
}

bool bel_notifier_is_alive(const struct bel_notifier *notifier)
{
	return notifier->state == BEL_NOTIFIER_PENDING ||
	       notifier->state == BEL_NOTIFIER_ACTIVE;
}

unsigned bel_notifier_take(struct bel_notifier *notifier, enum bel_notifier_event event,
			   uint32_t expires_s, uint64_t now_ms)
{
	struct bel_notifier_move move = bel_notifier_step(notifier->state, event);

	if (!move.is_move)
		return 0;
	notifier->state = (enum bel_notifier_state)move.next;
	notifier->reason = move.reason;
	if (move.actions & END)
		notifier->due_ms = 0;
	else if (expires_s || !notifier->due_ms)
		notifier->due_ms = now_ms + (expires_s ? expires_s : 1) * UINT64_C(1000);
	return move.actions;
}

void bel_notifier_write_state(struct bel_writer *lines,
			      const struct bel_notifier *notifier, uint64_t now_ms)
{
	uint64_t left_ms = notifier->due_ms > now_ms ? notifier->due_ms - now_ms : 0;

	bel_sip_write_name(lines, BEL_SIP_H_SUBSCRIPTION_STATE);
	bel_write_str(lines, bel_str_from(bel_notifier_state_name(notifier->state)));
	if (notifier->state == BEL_NOTIFIER_OVER) {
		bel_write_lit(lines, ";reason=");
		bel_write_str(lines, notifier->reason);
	} else {
		bel_write_lit(lines, ";expires=");
		bel_write_u64(lines, (left_ms + 999) / 1000);
	}
	bel_write_lit(lines, "\r\n");
}
