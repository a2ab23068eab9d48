/* SPDX-License-Identifier: Apache-2.0 */
#include "call/call_int.h"

#define CANCEL   CALL_CANCEL
#define ACK      CALL_ACK
#define BYE      CALL_BYE
#define ALERT    CALL_ALERT
#define ACCEPT   CALL_ACCEPT
#define REFUSE   CALL_REFUSE
#define CALM     CALL_CALM
#define PROGRESS CALL_TELL_PROGRESS
#define ANSWERED CALL_TELL_ANSWERED
#define ENDED    CALL_TELL_ENDED
#define GO(state, actions)                                                               \
	{                                                                                \
		BEL_CALL_##state, (actions), true                                        \
	}

/* clang-format off */
static const struct call_move moves[BEL_CALL_STATE_COUNT][CALL_EVENT_COUNT] = {
	[BEL_CALL_IDLE] = {
		[CALL_DIAL]         = GO(CALLING, 0),
		[CALL_ARRIVE]       = GO(ARRIVED, 0),
	},

	/* RFC 3261 section 13.2: the caller. */
	[BEL_CALL_CALLING] = {
		[CALL_RX_1XX]       = GO(RINGING, PROGRESS),
		[CALL_RX_2XX]       = GO(UP, ACK | ANSWERED),
		[CALL_RX_REFUSAL]   = GO(OVER, ENDED),
		[CALL_LOST]         = GO(OVER, ENDED),
		[CALL_HANG_UP]      = GO(CANCELLING, CANCEL),
	},
	[BEL_CALL_RINGING] = {
		[CALL_RX_1XX]       = GO(RINGING, PROGRESS),
		[CALL_RX_2XX]       = GO(UP, ACK | ANSWERED),
		[CALL_RX_REFUSAL]   = GO(OVER, ENDED),
		[CALL_LOST]         = GO(OVER, ENDED),
		[CALL_HANG_UP]      = GO(CANCELLING, CANCEL),
	},
	/* RFC 3261 section 9.1: the 2xx and the CANCEL may have crossed. */
	[BEL_CALL_CANCELLING] = {
		[CALL_RX_2XX]       = GO(ENDING, ACK | BYE),
		[CALL_RX_REFUSAL]   = GO(OVER, ENDED),
		[CALL_LOST]         = GO(OVER, ENDED),
	},

	/* RFC 3261 section 13.3: the callee. The BYE of an early dialog is the caller's
	 * other way to give up (section 15.1.2). */
	[BEL_CALL_ARRIVED] = {
		[CALL_RING]         = GO(ALERTING, ALERT),
		[CALL_ANSWER]       = GO(ANSWERED, ACCEPT),
		[CALL_HANG_UP]      = GO(OVER, REFUSE | ENDED),
		[CALL_RX_CANCEL]    = GO(OVER, REFUSE | ENDED),
		[CALL_RX_BYE]       = GO(OVER, REFUSE | ENDED),
		[CALL_LOST]         = GO(OVER, ENDED),
	},
	[BEL_CALL_ALERTING] = {
		[CALL_RING]         = GO(ALERTING, ALERT),
		[CALL_ANSWER]       = GO(ANSWERED, ACCEPT | CALM),
		[CALL_HANG_UP]      = GO(OVER, REFUSE | CALM | ENDED),
		[CALL_RX_CANCEL]    = GO(OVER, REFUSE | CALM | ENDED),
		[CALL_RX_BYE]       = GO(OVER, REFUSE | CALM | ENDED),
		[CALL_LOST]         = GO(OVER, CALM | ENDED),
	},
	/* RFC 3261 section 13.3.1.4: repeated until the ACK; section 15: no BYE before
	 * it has come. */
	[BEL_CALL_ANSWERED] = {
		[CALL_RX_ACK]       = GO(UP, CALM | ANSWERED),
		[CALL_NO_ACK]       = GO(ENDING, CALM | BYE),
		[CALL_UNSENT]       = GO(OVER, CALM | ENDED),
		[CALL_RX_BYE]       = GO(OVER, CALM | ENDED),
		[CALL_HANG_UP]      = GO(LEAVING, 0),
		[CALL_EXPIRED]      = GO(LEAVING, 0),
	},
	[BEL_CALL_LEAVING] = {
		[CALL_RX_ACK]       = GO(ENDING, CALM | BYE),
		[CALL_NO_ACK]       = GO(ENDING, CALM | BYE),
		[CALL_RX_BYE]       = GO(OVER, CALM | ENDED),
	},

	/* Both. */
	[BEL_CALL_UP] = {
		[CALL_RX_2XX]       = GO(UP, ACK),
		/* Of a re-INVITE (RFC 3261 section 14.2). */
		[CALL_NO_ACK]       = GO(ENDING, CALM | BYE),
		[CALL_RX_BYE]       = GO(OVER, CALM | ENDED),
		[CALL_HANG_UP]      = GO(ENDING, CALM | BYE),
		[CALL_EXPIRED]      = GO(ENDING, CALM | BYE),
	},
	[BEL_CALL_ENDING] = {
		[CALL_RX_2XX]       = GO(ENDING, ACK),
		[CALL_RX_BYE]       = GO(OVER, ENDED),
		[CALL_BYE_DONE]     = GO(OVER, ENDED),
	},
	/* The other side may not have got our ACK, and repeats its 2xx. */
	[BEL_CALL_OVER] = {
		[CALL_RX_2XX]       = GO(OVER, ACK),
	},
};
/* clang-format on */

struct call_move bel_call_step(enum bel_call_state state, enum call_event event)
{
	return moves[state][event];
}

const char *bel_call_state_name(enum bel_call_state state)
{
	static const char *const names[] = {
		[BEL_CALL_IDLE] = "idle",
		[BEL_CALL_CALLING] = "calling",
		[BEL_CALL_RINGING] = "ringing",
		[BEL_CALL_CANCELLING] = "cancelling",
		[BEL_CALL_ARRIVED] = "arrived",
		[BEL_CALL_ALERTING] = "alerting",
		[BEL_CALL_ANSWERED] = "answered",
		[BEL_CALL_LEAVING] = "leaving",
		[BEL_CALL_UP] = "up",
		[BEL_CALL_ENDING] = "ending",
		[BEL_CALL_OVER] = "over",
	};

	return names[state];
}
