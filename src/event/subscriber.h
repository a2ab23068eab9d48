/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_EVENT_SUBSCRIBER_H
#define BEL_EVENT_SUBSCRIBER_H

#include "base/base.h"
#include "sip/sip.h"

/* A subscription of ours, from the request that asks for it to the last NOTIFY (RFC 6665
 * section 4.1.2). That request is a SUBSCRIBE, or a REFER, which is never renewed. */

enum bel_subscriber_state {
	BEL_SUBSCRIBER_IDLE,
	BEL_SUBSCRIBER_WAITING, /* asked; the first NOTIFY has not come */
	BEL_SUBSCRIBER_PENDING, /* somebody must allow it yet */
	BEL_SUBSCRIBER_ACTIVE,
	BEL_SUBSCRIBER_RENEWING, /* asked again; the NOTIFY after it has not come */
	BEL_SUBSCRIBER_LEAVING,  /* asked to end it; the last NOTIFY has not come */
	BEL_SUBSCRIBER_OVER,
	BEL_SUBSCRIBER_STATE_COUNT
};

enum bel_subscriber_event {
	BEL_SUBSCRIBER_ASKED,   /* the request was sent */
	BEL_SUBSCRIBER_REFUSED, /* that request, or one that renews, so that it ends */
	BEL_SUBSCRIBER_FAILED,  /* one that renews; the subscription is not touched */
	BEL_SUBSCRIBER_TOLD_PENDING, /* NOTIFYs, by their Subscription-State */
	BEL_SUBSCRIBER_TOLD_ACTIVE,
	BEL_SUBSCRIBER_TOLD_TERMINATED,
	BEL_SUBSCRIBER_DUE,
	BEL_SUBSCRIBER_LEFT, /* the request with "Expires: 0" was sent */
	BEL_SUBSCRIBER_EVENT_COUNT
};

enum bel_subscriber_action {
	BEL_SUBSCRIBER_ARM = 1,   /* the next deadline */
	BEL_SUBSCRIBER_RENEW = 2, /* send SUBSCRIBE, or what is over ends */
	BEL_SUBSCRIBER_END = 4,   /* it is over: once, whatever happens afterwards */
};

struct bel_subscriber_move {
	uint8_t next; /* enum bel_subscriber_state */
	uint8_t actions;
	bool is_move; /* false: nothing happens; a NOTIFY is answered 481 */
};
struct bel_subscriber_move bel_subscriber_step(enum bel_subscriber_state state,
					       enum bel_subscriber_event event);
const char *bel_subscriber_state_name(enum bel_subscriber_state state);

struct bel_subscriber {
	enum bel_subscriber_state state;
	/* Never renewed: it ends with its time, or wait_s after the last NOTIFY if that
	 * is later. */
	bool is_once;
	uint32_t wait_s; /* for a NOTIFY after each request; 0: 32, timer N */
	uint64_t due_ms; /* of the next DUE; 0: none */
	uint64_t end_ms; /* of the subscription, as it was told last; 0: not told */
};

/* Moves by the machine and sets due_ms. Returns the actions. expires_s: of the NOTIFY,
 * or of the 2xx that came with it; 0: not said. */
unsigned bel_subscriber_take(struct bel_subscriber *subscriber,
			     enum bel_subscriber_event event, uint32_t expires_s,
			     uint64_t now_ms);
/* A NOTIFY within it. False: there is no such subscription, 481; a NOTIFY that does not
 * say how it stands is taken as one of an active one (RFC 3265 forgot to demand it of
 * REFER's). */
bool bel_subscriber_on_notify(unsigned *actions, struct bel_subscriber *subscriber,
			      struct bel_sip_msg *notify, uint64_t now_ms);
/* Whether NOTIFYs of it are awaited. */
bool bel_subscriber_is_alive(const struct bel_subscriber *subscriber);

#endif
