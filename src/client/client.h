/* SPDX-License-Identifier: Apache-2.0
 *
 * client: requests of ours that belong to no dialog. A registration keeps one contact of
 * ours known to a registrar for as long as it is wanted, whatever happens to servers,
 * addresses and connections (RFC 3261 section 10.2, RFC 5626, RFC 3608, RFC 5627 section
 * 4.1); a oneshot is one request and its answer (OPTIONS, MESSAGE, PUBLISH).
 *
 *   machine.c       the states of a registration, one row an arrow
 *   registration.c  the executor, the life of a registration
 *   register.c      the bytes of a REGISTER
 *   answer.c        what its answer says
 *   flow.c          the flow it stands on: keepalives, its end, the way back to the first
 *   retry.c         how long to wait
 *   oneshot.c       one request, one answer
 *
 * Everything belongs to the thread of the ua's loop. Nothing is called back from inside
 * a call into this room. Start with machine.c. */
#ifndef BEL_CLIENT_CLIENT_H
#define BEL_CLIENT_CLIENT_H

#include "auth/auth.h"
#include "base/base.h"
#include "sip/sip.h"
#include "ua/ua.h"

/* ---- the machine of a registration ---- */

enum bel_registration_state {
	BEL_REGISTRATION_IDLE,
	BEL_REGISTRATION_REGISTERING, /* a REGISTER is out, nothing is known of us */
	BEL_REGISTRATION_REGISTERED,
	BEL_REGISTRATION_REFRESHING, /* registered, and the next REGISTER is out */
	BEL_REGISTRATION_RETRYING,   /* the last one failed */
	BEL_REGISTRATION_STOPPING,   /* not wanted any more; a REGISTER is still out */
	BEL_REGISTRATION_UNREGISTERING,
	BEL_REGISTRATION_OVER,
	BEL_REGISTRATION_STATE_COUNT
};

enum bel_registration_event {
	BEL_REGISTRATION_START,
	BEL_REGISTRATION_GRANTED,
	BEL_REGISTRATION_ELSEWHERE, /* granted, but the world sees us at another address
				     */
	BEL_REGISTRATION_AGAIN,     /* refused, and we know how to ask better: 423, 3xx */
	BEL_REGISTRATION_FAILED,    /* refused, or no answer */
	BEL_REGISTRATION_DUE,       /* the one timer */
	BEL_REGISTRATION_LOST,      /* the flow is gone */
	BEL_REGISTRATION_LOST_OFTEN, /* and it is not the first within two minutes */
	BEL_REGISTRATION_MOVED,      /* our address changed, or a better server is back */
	BEL_REGISTRATION_STOP,
	BEL_REGISTRATION_STOP_BOUND, /* the same, while a binding of ours may stand */
	BEL_REGISTRATION_EVENT_COUNT
};

enum bel_registration_action {
	BEL_REGISTRATION_FORGET = 1, /* the REGISTER that is out */
	BEL_REGISTRATION_LEAVE = 2,  /* the flow */
	BEL_REGISTRATION_KEEP = 4,   /* the flow that the REGISTER went down */
	BEL_REGISTRATION_DISARM = 8, /* the one timer */
	BEL_REGISTRATION_ARM_REFRESH = 16,
	BEL_REGISTRATION_ARM_RETRY = 32,
	BEL_REGISTRATION_ARM_END = 64, /* 4 s */
	BEL_REGISTRATION_ARM_NOW = 128,
	BEL_REGISTRATION_SEND = 256, /* a REGISTER */
	BEL_REGISTRATION_TELL_REGISTERED = 512,
	BEL_REGISTRATION_TELL_FAILED = 1024,
	BEL_REGISTRATION_END = 2048, /* give everything back; on_gone */
};

struct bel_registration_move {
	uint8_t next; /* enum bel_registration_state */
	bool is_move; /* false: nothing happens */
	uint16_t actions;
};
struct bel_registration_move bel_registration_step(enum bel_registration_state state,
						   enum bel_registration_event event);
const char *bel_registration_state_name(enum bel_registration_state state);

/* ---- registrations ---- */

struct bel_registration;

/* Texts are borrowed for the call. */
struct bel_registration_grant {
	uint32_t expires_s;
	bel_addr public_addr;  /* as the first server saw us; family 0: it does not say */
	bel_str service_route; /* values, comma list; may be empty */
	bel_str public_gruu, temporary_gruu; /* URIs, or empty */
	const struct bel_flow *flow;         /* that took it */
};

struct bel_registration_failure {
	uint16_t status;  /* of the refusal; 0: there was none */
	enum bel_err err; /* then why; CLOSED: the flow breaks again and again */
	uint32_t retry_in_s;
};

struct bel_registration_port {
	/* After the first answer and after every refresh. */
	void (*on_registered)(void *user, struct bel_registration *registration,
			      const struct bel_registration_grant *grant);
	/* It goes on trying. */
	void (*on_failed)(void *user, struct bel_registration *registration,
			  const struct bel_registration_failure *failure);
	/* After bel_registration_stop, the last call; the handle is gone already. May be
	 * NULL. */
	void (*on_gone)(void *user);
};

enum { BEL_REGISTRATION_PROXIES_MAX = 8 };

/* Times of 0 take the default. */
struct bel_registration_opts {
	struct bel_ua *ua; /* outlives it */
	bel_str aor;       /* value of From and To: "Alice" <sip:alice@a.test> */
	bel_str registrar; /* Request-URI: sip:a.test */
	/* URIs of the outbound proxies, best first: the next one is tried when one
	 * fails, and the first is asked from time to time whether it is back. None: the
	 * registrar itself. */
	const bel_str *proxies;
	unsigned proxies_count;
	const struct bel_auth_account *account; /* outlives it; NULL: none */
	bel_str contact_user;
	bel_str contact_params; /* ";q=0.5", or empty */
	uint32_t expires_s;     /* asked for: 3,600 */
	bel_str instance;       /* urn:uuid:..., or empty (RFC 5626 section 4.1) */
	uint32_t reg_id;        /* 0: none, and no Supported: outbound */
	/* The Contact becomes the address at which the server sees us, when we register
	 * over UDP (on streams its port means nothing to others). */
	bool follows_nat;
	uint32_t ping_s;   /* between keepalives over UDP: 25; streams: Flow-Timer */
	uint32_t return_s; /* between looks whether the first proxy is back: 300 */
	const struct bel_registration_port *port;
	void *user;
};

/* Everything but ua, account and port is copied. The first REGISTER goes at once. On
 * failure *out is untouched: SYNTAX for a text that is not what it should be, LIMIT for
 * too many proxies, SPACE, -ENOMEM. */
enum bel_err bel_registration_start(struct bel_registration **out,
				    const struct bel_registration_opts *opts);
/* Takes our contact, and no other, out of the registrar again (RFC 3261 section 10.2.2).
 * on_gone comes when that is answered, at the latest after 4 s. The handle may still be
 * asked until then. Calling it again changes nothing. */
void bel_registration_stop(struct bel_registration *registration);
/* Ends it here and now, without a word to anybody; for a program that ends, before its
 * ua. Allowed within on_registered and on_failed. NULL is allowed. */
void bel_registration_drop(struct bel_registration *registration);
/* Something outside says that the network changed: registers again at once over a new
 * flow. Nothing happens while a REGISTER is out. */
void bel_registration_renew(struct bel_registration *registration);

enum bel_registration_state
bel_registration_state(const struct bel_registration *registration);

/* How a request of this account goes: to the server that took the REGISTER. The fields
 * are those of bel_call_dial, bel_oneshot_opts and bel_ua_send. */
struct bel_registration_way {
	const struct bel_flow *flow;
	bel_str routes; /* values of Route, comma list: Service-Route, else the proxy */
	bel_str next_hop;
	bel_str public_gruu; /* URI for the Contact, or empty */
};
/* Borrowed until the loop's next turn. False while it is not registered. */
bool bel_registration_route(struct bel_registration_way *out,
			    const struct bel_registration *registration);

/* ---- one request ---- */

struct bel_oneshot;

struct bel_oneshot_opts {
	struct bel_ua *ua;           /* outlives it */
	enum bel_sip_method method;  /* not INVITE, ACK, CANCEL, BYE */
	bel_str from;                /* value of From without a tag */
	bel_str to;                  /* value of To; empty: <target> */
	bel_str target;              /* Request-URI */
	bel_str routes;              /* values of Route, comma list */
	bel_str next_hop;            /* URI; empty: the target */
	const struct bel_flow *flow; /* goes there while it is open; may be NULL */
	const struct bel_auth_account *account; /* outlives it; NULL: none */
	bool has_contact;                       /* RFC 3261: OPTIONS; not MESSAGE */
	bel_str contact_user;
	bel_str lines; /* more header lines: Accept, Event, Expires ... */
	bel_str content_type, body;
	/* Once: the final response, borrowed, or NULL and why there is none (as
	 * on_failure of bel_ua_port). The handle is gone when it returns. */
	void (*on_answer)(void *user, struct bel_sip_msg *response, enum bel_err err);
	void *user;
};
/* Texts are copied. On failure *out is untouched and nothing is sent: SYNTAX,
 * UNSUPPORTED for a method that needs more than this, SPACE, -ENOMEM. */
enum bel_err bel_oneshot_send(struct bel_oneshot **out,
			      const struct bel_oneshot_opts *opts);
/* The user loses interest: on_answer does not come. Not within it. NULL is allowed. */
void bel_oneshot_drop(struct bel_oneshot *oneshot);

#endif
