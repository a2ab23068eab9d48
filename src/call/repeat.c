/* SPDX-License-Identifier: Apache-2.0 */
#include "call/call_int.h"

static void again(struct repeated *repeated)
{
	struct bel_loop *loop = loop_of(repeated->call);
	uint64_t at_ms = bel_loop_now_ms(loop) + repeated->interval_ms;

	if (at_ms > repeated->give_up_ms)
		at_ms = repeated->give_up_ms;
	bel_timer_start(loop, &repeated->timer, at_ms);
}

static void on_due(void *user)
{
	struct repeated *repeated = user;

	if (bel_loop_now_ms(loop_of(repeated->call)) >= repeated->give_up_ms) {
		repeated->incoming = NULL;
		repeated->on_lost(repeated->call);
		return;
	}
	bel_ua_respond_again(repeated->incoming);
	repeated->interval_ms *= 2;
	if (repeated->interval_max_ms &&
	    repeated->interval_ms > repeated->interval_max_ms)
		repeated->interval_ms = repeated->interval_max_ms;
	again(repeated);
}

void bel_repeat_init(struct repeated *repeated, struct bel_call *call,
		     void (*on_lost)(struct bel_call *call))
{
	repeated->call = call;
	repeated->on_lost = on_lost;
	bel_timer_init(&repeated->timer, on_due, repeated);
}

void bel_repeat_start(struct repeated *repeated, struct bel_ua_incoming *incoming,
		      unsigned interval_max_ms)
{
	repeated->incoming = incoming;
	repeated->interval_ms = T1_MS;
	repeated->interval_max_ms = interval_max_ms;
	repeated->give_up_ms = bel_loop_now_ms(loop_of(repeated->call)) + GIVE_UP_MS;
	again(repeated);
}

void bel_repeat_stop(struct repeated *repeated)
{
	repeated->incoming = NULL;
	bel_timer_stop(loop_of(repeated->call), &repeated->timer);
}

void bel_repeat_on_gone(struct repeated *repeated, struct bel_ua_incoming *incoming)
{
	if (repeated->incoming != incoming)
		return;
	bel_repeat_stop(repeated);
	repeated->on_lost(repeated->call);
}
