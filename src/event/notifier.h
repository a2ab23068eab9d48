/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_EVENT_NOTIFIER_H
#define BEL_EVENT_NOTIFIER_H

#include "base/base.h"
#include "sip/sip.h"

/* A subscription of theirs, from the request that asks for it to our last NOTIFY (RFC
 * 6665 section 4.2). That request is a SUBSCRIBE, or a REFER. */

enum bel_notifier_state {
	BEL_NOTIFIER_IDLE,
	BEL_NOTIFIER_PENDING, /* somebody must allow it yet */
	BEL_NOTIFIER_ACTIVE,
	BEL_NOTIFIER_OVER,
	BEL_NOTIFIER_STATE_COUNT
};

enum bel_notifier_event {
	BEL_NOTIFIER_HELD,    /* they asked, and somebody must be asked */
	BEL_NOTIFIER_GRANTED, /* they asked and may, or somebody said so */
	BEL_NOTIFIER_RENEWED, /* they asked again */
	BEL_NOTIFIER_CHANGED, /* there is news */
	BEL_NOTIFIER_DENIED,  /* somebody said no, or takes it back */
	BEL_NOTIFIER_ENDED,   /* of what it told there is no more */
	BEL_NOTIFIER_LEFT,    /* they asked with "Expires: 0" */
	BEL_NOTIFIER_DUE,     /* its time is over */
	BEL_NOTIFIER_LOST,    /* a NOTIFY was refused or met no one */
	BEL_NOTIFIER_EVENT_COUNT
};

enum bel_notifier_action {
	BEL_NOTIFIER_ARM = 1,  /* the next deadline */
	BEL_NOTIFIER_TELL = 2, /* send NOTIFY, with how it stands now */
	BEL_NOTIFIER_END = 4,  /* it is over: once, whatever happens afterwards */
};

struct bel_notifier_move {
	uint8_t next; /* enum bel_notifier_state */
	uint8_t actions;
	bool is_move; /* false: nothing happens; a SUBSCRIBE within it is answered 481 */
	bel_str reason; /* of OVER (RFC 6665 section 4.1.3) */
};
struct bel_notifier_move bel_notifier_step(enum bel_notifier_state state,
					   enum bel_notifier_event event);
const char *bel_notifier_state_name(enum bel_notifier_state state);

struct bel_notifier {
	enum bel_notifier_state state;
	bel_str reason;  /* why it is over; static text */
	uint64_t due_ms; /* of its end; 0: over */
};

/* Moves by the machine. Returns the actions. expires_s: how long it lasts from now on, at
 * least 1 to begin with; 0: as it is. */
unsigned bel_notifier_take(struct bel_notifier *notifier, enum bel_notifier_event event,
			   uint32_t expires_s, uint64_t now_ms);
/* The line Subscription-State of a NOTIFY. */
void bel_notifier_write_state(struct bel_writer *lines,
			      const struct bel_notifier *notifier, uint64_t now_ms);
bool bel_notifier_is_alive(const struct bel_notifier *notifier);

#endif
