/* SPDX-License-Identifier: Apache-2.0 */
#include "client/client.h"

#define FORGET          BEL_REGISTRATION_FORGET
#define LEAVE           BEL_REGISTRATION_LEAVE
#define KEEP            BEL_REGISTRATION_KEEP
#define DISARM          BEL_REGISTRATION_DISARM
#define ARM_REFRESH     BEL_REGISTRATION_ARM_REFRESH
#define ARM_RETRY       BEL_REGISTRATION_ARM_RETRY
#define ARM_END         BEL_REGISTRATION_ARM_END
#define ARM_NOW         BEL_REGISTRATION_ARM_NOW
#define SEND            BEL_REGISTRATION_SEND
#define TELL_REGISTERED BEL_REGISTRATION_TELL_REGISTERED
#define TELL_FAILED     BEL_REGISTRATION_TELL_FAILED
#define END             BEL_REGISTRATION_END
#define GO(state, actions)                                                               \
	{                                                                                \
		BEL_REGISTRATION_##state, true, (actions)                                \
	}

/* clang-format off */
/* RFC 3261 section 10.2: no REGISTER before the last one was answered or given up; RFC
 * 5626 section 4.5: flows are recovered, with patience. Whoever is told something may end
 * the registration: TELL stands alone and last. */
static const struct bel_registration_move moves[BEL_REGISTRATION_STATE_COUNT]
					       [BEL_REGISTRATION_EVENT_COUNT] = {
	[BEL_REGISTRATION_IDLE] = {
		[BEL_REGISTRATION_START]      = GO(REGISTERING, SEND),
	},
	[BEL_REGISTRATION_REGISTERING] = {
		[BEL_REGISTRATION_GRANTED]    = GO(REGISTERED,
						   KEEP | ARM_REFRESH | TELL_REGISTERED),
		[BEL_REGISTRATION_ELSEWHERE]  = GO(REFRESHING, KEEP | SEND),
		[BEL_REGISTRATION_AGAIN]      = GO(REGISTERING, SEND),
		[BEL_REGISTRATION_FAILED]     = GO(RETRYING,
						   LEAVE | ARM_RETRY | TELL_FAILED),
		[BEL_REGISTRATION_STOP]       = GO(STOPPING, ARM_END),
		[BEL_REGISTRATION_STOP_BOUND] = GO(STOPPING, ARM_END),
	},
	[BEL_REGISTRATION_REGISTERED] = {
		[BEL_REGISTRATION_DUE]        = GO(REFRESHING, SEND),
		[BEL_REGISTRATION_LOST]       = GO(REGISTERING, LEAVE | DISARM | SEND),
		[BEL_REGISTRATION_LOST_OFTEN] = GO(RETRYING,
						   LEAVE | ARM_RETRY | TELL_FAILED),
		[BEL_REGISTRATION_MOVED]      = GO(REFRESHING, DISARM | SEND),
		[BEL_REGISTRATION_STOP]       = GO(UNREGISTERING, ARM_END | SEND),
		[BEL_REGISTRATION_STOP_BOUND] = GO(UNREGISTERING, ARM_END | SEND),
	},
	/* The flow's end reaches the REGISTER that is out on it, and fails that. */
	[BEL_REGISTRATION_REFRESHING] = {
		[BEL_REGISTRATION_GRANTED]    = GO(REGISTERED,
						   KEEP | ARM_REFRESH | TELL_REGISTERED),
		[BEL_REGISTRATION_ELSEWHERE]  = GO(REFRESHING, KEEP | SEND),
		[BEL_REGISTRATION_AGAIN]      = GO(REFRESHING, SEND),
		[BEL_REGISTRATION_FAILED]     = GO(RETRYING,
						   LEAVE | ARM_RETRY | TELL_FAILED),
		[BEL_REGISTRATION_STOP]       = GO(STOPPING, ARM_END),
		[BEL_REGISTRATION_STOP_BOUND] = GO(STOPPING, ARM_END),
	},
	[BEL_REGISTRATION_RETRYING] = {
		[BEL_REGISTRATION_DUE]        = GO(REGISTERING, SEND),
		[BEL_REGISTRATION_MOVED]      = GO(REGISTERING, DISARM | SEND),
		[BEL_REGISTRATION_STOP]       = GO(STOPPING, ARM_NOW),
		[BEL_REGISTRATION_STOP_BOUND] = GO(UNREGISTERING, ARM_END | SEND),
	},
	[BEL_REGISTRATION_STOPPING] = {
		[BEL_REGISTRATION_GRANTED]    = GO(UNREGISTERING, KEEP | SEND),
		[BEL_REGISTRATION_ELSEWHERE]  = GO(UNREGISTERING, KEEP | SEND),
		[BEL_REGISTRATION_AGAIN]      = GO(OVER, DISARM | LEAVE | END),
		[BEL_REGISTRATION_FAILED]     = GO(OVER, DISARM | LEAVE | END),
		[BEL_REGISTRATION_DUE]        = GO(OVER, FORGET | LEAVE | END),
	},
	[BEL_REGISTRATION_UNREGISTERING] = {
		[BEL_REGISTRATION_GRANTED]    = GO(OVER, DISARM | LEAVE | END),
		[BEL_REGISTRATION_ELSEWHERE]  = GO(OVER, DISARM | LEAVE | END),
		[BEL_REGISTRATION_AGAIN]      = GO(OVER, DISARM | LEAVE | END),
		[BEL_REGISTRATION_FAILED]     = GO(OVER, DISARM | LEAVE | END),
		[BEL_REGISTRATION_DUE]        = GO(OVER, FORGET | LEAVE | END),
	},
};
/* clang-format on */

struct bel_registration_move bel_registration_step(enum bel_registration_state state,
						   enum bel_registration_event event)
{
	return moves[state][event];
}

const char *bel_registration_state_name(enum bel_registration_state state)
{
	static const char *const names[] = {
		[BEL_REGISTRATION_IDLE] = "idle",
		[BEL_REGISTRATION_REGISTERING] = "registering",
		[BEL_REGISTRATION_REGISTERED] = "registered",
		[BEL_REGISTRATION_REFRESHING] = "refreshing",
		[BEL_REGISTRATION_RETRYING] = "retrying",
		[BEL_REGISTRATION_STOPPING] = "stopping",
		[BEL_REGISTRATION_UNREGISTERING] = "unregistering",
		[BEL_REGISTRATION_OVER] = "over",
	};

	return names[state];
}
