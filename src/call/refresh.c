/* SPDX-License-Identifier: Apache-2.0 */
#include "call/call_int.h"

void bel_refresh_arm(struct bel_call *call, unsigned actions)
{
	struct bel_loop *loop = loop_of(call);

	if (actions & BEL_SESSION_ARM) {
		bel_timer_stop(loop, &call->session_timer);
		if (call->session.due_ms)
			bel_timer_start(loop, &call->session_timer, call->session.due_ms);
	}
	/* While another exchange is under way its 2xx refreshes as well. */
	if (actions & BEL_SESSION_REFRESH && call->state == BEL_CALL_UP)
		bel_modify_send(call, false);
	if (actions & BEL_SESSION_BYE)
		bel_call_take(call, CALL_EXPIRED,
			      &(struct call_cause){ .err = BEL_ERR_TIMEOUT });
}

void bel_refresh_take(struct bel_call *call, enum bel_session_event event)
{
	bel_refresh_arm(call, bel_session_take(&call->session, event,
					       bel_loop_now_ms(loop_of(call))));
}

static void on_due(void *user)
{
	struct bel_call *call = user;

	call->references++;
	bel_refresh_take(call, BEL_SESSION_DUE);
	bel_call_release(call);
}

void bel_refresh_init(struct bel_call *call)
{
	bel_timer_init(&call->session_timer, on_due, call);
}
