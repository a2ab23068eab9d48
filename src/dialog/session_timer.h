/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_DIALOG_SESSION_TIMER_H
#define BEL_DIALOG_SESSION_TIMER_H

#include "base/base.h"
#include "sip/sip.h"

/* Session timers (RFC 4028): one side says within an interval that the call is still
 * there, else the other ends it. Pure; the owner keeps the clock. */

enum bel_session_state {
	BEL_SESSION_OFF,        /* nobody refreshes */
	BEL_SESSION_OURS,       /* we do; due at half of the interval */
	BEL_SESSION_REFRESHING, /* our refresh is out */
	BEL_SESSION_THEIRS,     /* they do; due shortly before the end */
	BEL_SESSION_OVER,
	BEL_SESSION_STATE_COUNT
};

enum bel_session_event {
	BEL_SESSION_AGREED_OURS, /* a 2xx named us as the refresher */
	BEL_SESSION_AGREED_THEIRS,
	BEL_SESSION_AGREED_NONE, /* a 2xx without Session-Expires */
	BEL_SESSION_DUE,
	BEL_SESSION_FAILED, /* the refresh was refused, or met no one */
	BEL_SESSION_ENDED,  /* the call is over */
	BEL_SESSION_EVENT_COUNT
};

enum bel_session_action {
	BEL_SESSION_ARM = 1,     /* the next deadline */
	BEL_SESSION_REFRESH = 2, /* send UPDATE or re-INVITE */
	BEL_SESSION_BYE = 4,     /* end the call */
};

struct bel_session_move {
	uint8_t next; /* enum bel_session_state */
	uint8_t actions;
	bool is_move; /* false: nothing happens */
};
struct bel_session_move bel_session_step(enum bel_session_state state,
					 enum bel_session_event event);
const char *bel_session_state_name(enum bel_session_state state);

struct bel_session_policy {
	uint32_t interval_s; /* asked for; 0: none of our own, theirs are accepted */
	uint32_t min_s;      /* 0: 90, the least that the RFC allows */
};

struct bel_session_timer {
	enum bel_session_state state;
	uint32_t interval_s; /* agreed */
	uint32_t min_s;      /* the largest Min-SE that came (RFC 4028 section 7.4) */
	uint64_t due_ms;     /* of the next DUE; 0: none */
	uint64_t end_ms;     /* of the session */
};

/* The lines of an INVITE, a re-INVITE or an UPDATE of ours: Session-Expires and Min-SE.
 * "timer" in Supported is the caller's. We stay the refresher if we are. */
void bel_session_write_request(struct bel_writer *lines,
			       const struct bel_session_timer *timer,
			       const struct bel_session_policy *policy);
/* A 422: the interval grows to its Min-SE. False when asking again is pointless. */
bool bel_session_on_too_small(struct bel_session_timer *timer,
			      struct bel_sip_msg *response);
/* A 2xx to such a request came. Returns the actions. */
unsigned bel_session_on_success(struct bel_session_timer *timer,
				struct bel_sip_msg *response, uint64_t now_ms);

/* A request of theirs: 0, or 422 with the line Min-SE written, or 400. */
uint16_t bel_session_check(struct bel_writer *lines, struct bel_sip_msg *request,
			   const struct bel_session_policy *policy);
/* The lines of our 2xx to it (Session-Expires, Require), and what they agree. Returns the
 * actions. */
unsigned bel_session_accept(struct bel_writer *lines, struct bel_session_timer *timer,
			    struct bel_sip_msg *request,
			    const struct bel_session_policy *policy, uint64_t now_ms);

/* DUE, FAILED or ENDED. Returns the actions. */
unsigned bel_session_take(struct bel_session_timer *timer, enum bel_session_event event,
			  uint64_t now_ms);

#endif
