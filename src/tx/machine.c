/* SPDX-License-Identifier: Apache-2.0 */
#include "tx/tx.h"

#define SEND        BEL_TX_SEND
#define RESEND      BEL_TX_RESEND
#define RESEND_SLOW BEL_TX_RESEND_SLOW
#define STOP        BEL_TX_STOP
#define START       BEL_TX_START
#define LINGER      BEL_TX_LINGER
#define ACK         BEL_TX_ACK
#define PASS        BEL_TX_PASS
#define LOST        BEL_TX_LOST
#define DOWN        BEL_TX_DOWN
#define GO(state, actions)                                                               \
	{                                                                                \
		BEL_TX_##state, (actions)                                                \
	}

/* clang-format off */
static const struct bel_tx_move moves[BEL_TX_KIND_COUNT][BEL_TX_STATE_COUNT]
				     [BEL_TX_EVENT_COUNT] = {

/* RFC 6026 figure 5. A 2xx is acknowledged by the user, not here. */
[BEL_TX_INVITE_CLIENT] = {
	[BEL_TX_CALLING] = {
		[BEL_TX_RESEND_DUE]  = GO(CALLING, RESEND),
		[BEL_TX_GIVE_UP]     = GO(TERMINATED, STOP | LOST),
		[BEL_TX_UNREACHABLE] = GO(TERMINATED, STOP | DOWN),
		[BEL_TX_RX_1XX]      = GO(PROCEEDING, STOP | PASS),
		[BEL_TX_RX_2XX]      = GO(ACCEPTED, STOP | LINGER | PASS),
		[BEL_TX_RX_FAILURE]  = GO(COMPLETED, STOP | LINGER | ACK | PASS),
	},
	[BEL_TX_PROCEEDING] = {
		[BEL_TX_RX_1XX]      = GO(PROCEEDING, PASS),
		[BEL_TX_RX_2XX]      = GO(ACCEPTED, LINGER | PASS),
		[BEL_TX_RX_FAILURE]  = GO(COMPLETED, LINGER | ACK | PASS),
	},
	[BEL_TX_ACCEPTED] = {
		[BEL_TX_RX_2XX]      = GO(ACCEPTED, PASS),
		[BEL_TX_LINGER_DUE]  = GO(TERMINATED, STOP),
	},
	[BEL_TX_COMPLETED] = {
		[BEL_TX_RX_FAILURE]  = GO(COMPLETED, ACK),
		[BEL_TX_LINGER_DUE]  = GO(TERMINATED, STOP),
		[BEL_TX_UNREACHABLE] = GO(TERMINATED, STOP | DOWN),
	},
},

/* RFC 3261 figure 6. A provisional response leaves timer E as it runs; from the next time
 * on it is T2 (section 17.1.2.2). */
[BEL_TX_NON_INVITE_CLIENT] = {
	[BEL_TX_TRYING] = {
		[BEL_TX_RESEND_DUE]  = GO(TRYING, RESEND),
		[BEL_TX_GIVE_UP]     = GO(TERMINATED, STOP | LOST),
		[BEL_TX_UNREACHABLE] = GO(TERMINATED, STOP | DOWN),
		[BEL_TX_RX_1XX]      = GO(PROCEEDING, PASS),
		[BEL_TX_RX_2XX]      = GO(COMPLETED, STOP | LINGER | PASS),
		[BEL_TX_RX_FAILURE]  = GO(COMPLETED, STOP | LINGER | PASS),
	},
	[BEL_TX_PROCEEDING] = {
		[BEL_TX_RESEND_DUE]  = GO(PROCEEDING, RESEND | RESEND_SLOW),
		[BEL_TX_GIVE_UP]     = GO(TERMINATED, STOP | LOST),
		[BEL_TX_UNREACHABLE] = GO(TERMINATED, STOP | DOWN),
		[BEL_TX_RX_1XX]      = GO(PROCEEDING, PASS),
		[BEL_TX_RX_2XX]      = GO(COMPLETED, STOP | LINGER | PASS),
		[BEL_TX_RX_FAILURE]  = GO(COMPLETED, STOP | LINGER | PASS),
	},
	[BEL_TX_COMPLETED] = {
		[BEL_TX_LINGER_DUE]  = GO(TERMINATED, STOP),
	},
},

/* RFC 6026 figure 7. 2xx are sent again by the user until the ACK comes; retransmitted
 * INVITEs are absorbed once accepted. */
[BEL_TX_INVITE_SERVER] = {
	[BEL_TX_PROCEEDING] = {
		[BEL_TX_RX_REQUEST]  = GO(PROCEEDING, RESEND),
		[BEL_TX_TU_1XX]      = GO(PROCEEDING, SEND),
		[BEL_TX_TU_2XX]      = GO(ACCEPTED, SEND | LINGER),
		[BEL_TX_TU_FAILURE]  = GO(COMPLETED, SEND | START),
		[BEL_TX_UNREACHABLE] = GO(PROCEEDING, DOWN),
	},
	[BEL_TX_ACCEPTED] = {
		[BEL_TX_TU_2XX]      = GO(ACCEPTED, SEND),
		[BEL_TX_RX_ACK]      = GO(ACCEPTED, PASS),
		[BEL_TX_LINGER_DUE]  = GO(TERMINATED, STOP),
		[BEL_TX_UNREACHABLE] = GO(ACCEPTED, DOWN),
	},
	[BEL_TX_COMPLETED] = {
		[BEL_TX_RX_REQUEST]  = GO(COMPLETED, RESEND),
		[BEL_TX_RESEND_DUE]  = GO(COMPLETED, RESEND),
		[BEL_TX_RX_ACK]      = GO(CONFIRMED, STOP | LINGER),
		[BEL_TX_GIVE_UP]     = GO(TERMINATED, STOP | LOST),
		[BEL_TX_UNREACHABLE] = GO(COMPLETED, DOWN),
	},
	[BEL_TX_CONFIRMED] = {
		[BEL_TX_LINGER_DUE]  = GO(TERMINATED, STOP),
	},
},

/* RFC 3261 figure 8. */
[BEL_TX_NON_INVITE_SERVER] = {
	[BEL_TX_TRYING] = {
		[BEL_TX_TU_1XX]      = GO(PROCEEDING, SEND),
		[BEL_TX_TU_2XX]      = GO(COMPLETED, SEND | LINGER),
		[BEL_TX_TU_FAILURE]  = GO(COMPLETED, SEND | LINGER),
	},
	[BEL_TX_PROCEEDING] = {
		[BEL_TX_RX_REQUEST]  = GO(PROCEEDING, RESEND),
		[BEL_TX_TU_1XX]      = GO(PROCEEDING, SEND),
		[BEL_TX_TU_2XX]      = GO(COMPLETED, SEND | LINGER),
		[BEL_TX_TU_FAILURE]  = GO(COMPLETED, SEND | LINGER),
		[BEL_TX_UNREACHABLE] = GO(TERMINATED, STOP | DOWN),
	},
	[BEL_TX_COMPLETED] = {
		[BEL_TX_RX_REQUEST]  = GO(COMPLETED, RESEND),
		[BEL_TX_LINGER_DUE]  = GO(TERMINATED, STOP),
		[BEL_TX_UNREACHABLE] = GO(TERMINATED, STOP | DOWN),
	},
},
};
/* clang-format on */

struct bel_tx_move bel_tx_step(enum bel_tx_kind kind, enum bel_tx_state state,
			       enum bel_tx_event event)
{
	return moves[kind][state][event];
}

const char *bel_tx_state_name(enum bel_tx_state state)
{
	static const char *const names[BEL_TX_STATE_COUNT] = {
		"none",     "calling",   "trying",    "proceeding",
		"accepted", "completed", "confirmed", "terminated",
	};
	return names[state];
}

const char *bel_tx_event_name(enum bel_tx_event event)
{
	static const char *const names[BEL_TX_EVENT_COUNT] = {
		"request again",    "ACK",         "1xx received", "2xx received",
		"3xx-6xx received", "1xx to send", "2xx to send",  "3xx-6xx to send",
		"resend due",       "give up",     "linger over",  "unreachable",
	};
	return names[event];
}
