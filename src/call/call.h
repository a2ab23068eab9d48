/* SPDX-License-Identifier: Apache-2.0
 *
 * call: INVITE sessions. A call is a dialog, an exchange of offers and answers, and a
 * port to the media; it begins with an INVITE and ends with a BYE, a refusal or a
 * CANCEL, and its user is told each of these once. The same code calls and is called, in
 * the agent of the library, in the server's own numbers and in both halves of a trunk.
 *
 *   machine.c   the states, one row an arrow
 *   call.c      the executor, the life of a call
 *   calls.c     all calls of an agent: whose request it is
 *   caller.c    our INVITE                             (RFC 3261 section 13.2)
 *   fork.c      its branches: early media, 2xx, ACK    (section 13.2.2, RFC 6228)
 *   again.c     asked again, and better                (section 8.1.3.4, RFC 4028)
 *   callee.c    their INVITE: ringing, answering       (RFC 3261 section 13.3)
 *   repeat.c    answers sent again until somebody says that they came
 *   reliable.c  provisional answers that must arrive   (RFC 3262)
 *   modify.c    re-INVITE and UPDATE                   (RFC 3261 section 14, RFC 3311)
 *   later.c     it was not the time: glare, overtaking (sections 14.1, 14.2)
 *   refresh.c   session timers                         (RFC 4028)
 *   transfer.c  REFER, its NOTIFYs, Replaces           (RFC 3515, 3891, 4488)
 *   digits.c    digits by INFO
 *   diversion.c who was called before us               (RFC 5806, 7044)
 *   session.c   bodies in, bodies out: offers and answers (RFC 3264, 6337)
 *
 * Everything belongs to the thread of the ua's loop. Nothing is called back from inside
 * a call into this room. Start with machine.c. */
#ifndef BEL_CALL_CALL_H
#define BEL_CALL_CALL_H

#include "base/base.h"
#include "dialog/dialog.h"
#include "event/event.h"
#include "offer/offer.h"
#include "sip/sip.h"
#include "ua/ua.h"

struct bel_calls;
struct bel_call;

enum bel_call_state {
	BEL_CALL_IDLE,
	BEL_CALL_CALLING,
	BEL_CALL_RINGING,
	BEL_CALL_CANCELLING,
	BEL_CALL_ARRIVED,
	BEL_CALL_ALERTING,
	BEL_CALL_ANSWERED, /* by us; the ACK is awaited */
	BEL_CALL_LEAVING,  /* hung up before that ACK */
	BEL_CALL_UP,
	BEL_CALL_ENDING,
	BEL_CALL_OVER,
	BEL_CALL_STATE_COUNT
};
const char *bel_call_state_name(enum bel_call_state state);

/* How it ended. Texts are borrowed for the call. */
struct bel_call_end {
	uint16_t status;  /* of the refusal that ended it; 0: it was not refused */
	enum bel_err err; /* nobody answered, or nothing could be sent */
	bool was_up;      /* it had been answered */
	bool is_ours;     /* we hung up, cancelled or refused */
	bel_str reason;   /* phrase of the refusal, or text of Reason (RFC 3326) */
};

/* A wish of the other side that we call somebody else (RFC 3515). */
struct bel_call_refer {
	bel_str target;      /* URI, without the headers below */
	bel_str replaces;    /* unescaped value of Replaces, or empty */
	bel_str referred_by; /* value, or empty */
};

/* What the user of a call fills in; one static const struct for each kind of user. NULL
 * where it does not matter to it. */
struct bel_call_port {
	/* 101 to 199. has_media: a session description came with it (RFC 3960). */
	void (*on_progress)(void *user, struct bel_call *call, uint16_t status,
			    bool has_media);
	/* Answered, and for a callee acknowledged. */
	void (*on_answered)(void *user, struct bel_call *call);
	/* The last call. The handle is not used after it returns. */
	void (*on_ended)(void *user, struct bel_call *call,
			 const struct bel_call_end *end);
	/* A re-INVITE or UPDATE of either side was answered with 2xx; status otherwise,
	 * of ours. */
	void (*on_modified)(void *user, struct bel_call *call, uint16_t status);
	/* An INFO or MESSAGE within the call; it is answered with 200 already. */
	void (*on_message)(void *user, struct bel_call *call, struct bel_sip_msg *msg);
	/* Answer with bel_call_take_refer, now or later. NULL: 603. */
	void (*on_refer)(void *user, struct bel_call *call,
			 const struct bel_call_refer *refer);
	/* How a transfer that we asked for goes: the status of what the other side does,
	 * and whether that was the last word; 408 when 180 s brought none. Not after
	 * on_ended, though the other side may go on telling. */
	void (*on_transfer)(void *user, struct bel_call *call, uint16_t status,
			    bool is_last);
};

/* Where sound and picture are. NULL for both: calls without bodies. */
struct bel_call_media {
	/* What this side can do now, for an offer or an answer; is_quiet of local is set
	 * already. The texts stay valid until the next describe or the end of the call.
	 */
	enum bel_err (*describe)(void *user, struct bel_call *call,
				 struct bel_offer_local *local);
	/* What was agreed; again after every exchange. */
	void (*apply)(void *user, struct bel_call *call,
		      const struct bel_offer_stream *streams, unsigned count);
};

enum bel_call_100rel {
	BEL_CALL_100REL_SUPPORTED,
	BEL_CALL_100REL_OFF,
	BEL_CALL_100REL_REQUIRED
};

struct bel_calls_opts {
	struct bel_ua *ua;
	struct bel_session_policy session; /* of incoming calls */
	unsigned calls_max;                /* 0: 10,000; more are answered 503 */
	/* A server's: requests of ours go down the flow of the INVITE while it is open,
	 * for its caller may be behind a NAT that lets nothing else in. */
	bool keeps_flows;
	/* Somebody wants to begin a call: bel_call_take_on sets its user before this
	 * returns, or it is refused with 480. replaced is the call that a Replaces names,
	 * which ends by itself when this one is answered, or NULL. */
	void (*on_incoming)(void *user, struct bel_call *call, struct bel_sip_msg *invite,
			    struct bel_call *replaced);
	void *user;
};

enum bel_err bel_calls_open(struct bel_calls **out, const struct bel_calls_opts *opts);
/* After the table of transactions and before the ua. Calls that are left end without a
 * word. */
void bel_calls_close(struct bel_calls *calls);
/* Not over. */
size_t bel_calls_count(const struct bel_calls *calls);

/* A request that bel_tx_find_server did not find, no CANCEL: an INVITE without To tag, or
 * anything within a call. False: it is none of ours, and nothing was done. An ACK is
 * never answered. */
bool bel_calls_on_request(struct bel_calls *calls, struct bel_sip_msg *request,
			  const struct bel_flow *came_by);
/* Whether a To tag and Call-ID name a call of ours. */
struct bel_call *bel_calls_find(const struct bel_calls *calls, bel_str call_id,
				bel_str local_tag, bel_str remote_tag);

/* ---- calling ---- */

struct bel_call_dial {
	bel_str from;     /* value of From without a tag: "Alice" <sip:alice@a.test> */
	bel_str to;       /* value of To; empty: <target> */
	bel_str target;   /* Request-URI */
	bel_str routes;   /* values of Route, comma list */
	bel_str next_hop; /* URI of a proxy that is no Route; empty: by routes or target
			   */
	const struct bel_flow *flow; /* NULL, or the flow of the registration */
	const struct bel_auth_account *account; /* outlives the call; NULL: none */
	bel_str contact_user, contact_params;
	bel_str lines; /* more header lines: Replaces, Referred-By, Subject ... */
	struct bel_session_policy session;
	enum bel_call_100rel rel;
	bool is_faithful; /* redirections (3xx) end it; else five are followed */
	/* The call in which they asked for this one, with bel_call_take_refer answered
	 * 202 and nothing more: they are told how it goes, even when that call is over
	 * (RFC 5057 section 4.2). NULL: nobody asked. */
	struct bel_call *asked_in;
	bool is_late; /* the offer is left to the other side (RFC 3261 section 13.2.1) */
	const struct bel_call_port *port;
	const struct bel_call_media *media;
	void *user;
};
/* Everything but account is copied. On failure *out is untouched: SPACE, SYNTAX for a
 * target that is no URI, LIMIT, -ENOMEM, or what describe said. */
enum bel_err bel_call_dial(struct bel_call **out, struct bel_calls *calls,
			   const struct bel_call_dial *dial);

/* ---- being called ---- */

struct bel_call_owner {
	const struct bel_call_port *port;
	const struct bel_call_media *media;
	const struct bel_auth_account *account; /* for requests of ours within the call */
	bel_str contact_user, contact_params;   /* copied */
	/* REQUIRED: whatever is said before the answer is said reliably, if the caller
	 * can; else only a session description is. */
	enum bel_call_100rel rel;
	void *user;
};
void bel_call_take_on(struct bel_call *call, const struct bel_call_owner *owner);

/* Somebody who was called before us, and sent the call on. */
struct bel_call_diversion {
	bel_str uri, display; /* display without quotes, escaped; may be empty */
	/* Why, in the words of RFC 5806 section 4: "user-busy", "no-answer",
	 * "unconditional", "deflection", "unavailable"; "unknown" otherwise. */
	bel_str reason;
};
enum { BEL_CALL_DIVERSIONS_MAX = 16 };
/* By Diversion, or else by History-Info (RFC 7044): the one who sent it to us first, the
 * one who was meant at first last. Up to BEL_CALL_DIVERSIONS_MAX, the newest. Texts are
 * borrowed from the message; they are what servers on the way say. Returns how many. */
unsigned bel_call_diversions(struct bel_call_diversion *out, struct bel_sip_msg *invite);

/* 180 to 183; with a session description when has_media. Reliably when the caller can. */
enum bel_err bel_call_ring(struct bel_call *call, uint16_t status, bool has_media);
/* 200. When our description cannot be made the call was refused, and ends: 488 for
 * BEL_ERR_UNSUPPORTED, nothing of what they offer can be done; 503 with Retry-After (RFC
 * 3261 section 21.5.4) for what passes by itself, be it described as -EMFILE, -ENFILE,
 * -EADDRINUSE, -ENOBUFS, -ENOMEM, BEL_ERR_SPACE or BEL_ERR_LIMIT; 500 for anything else.
 * A new offer within the call that meets such an error is refused alike, and the call
 * goes on. */
enum bel_err bel_call_answer(struct bel_call *call);
/* 300 to 699; lines (Contact, Retry-After ...) may be empty. */
void bel_call_refuse(struct bel_call *call, uint16_t status, bel_str lines);

/* ---- both ---- */

/* Cancels, refuses (486) or says BYE, whatever is right now. on_ended comes later. lines
 * may hold a Reason. */
void bel_call_hang_up(struct bel_call *call, bel_str lines);
/* The same, and the user is told nothing any more. */
void bel_call_drop(struct bel_call *call);

/* A new offer, by UPDATE before the answer and re-INVITE after it: describe is asked.
 * BEL_ERR_BUSY while another exchange is under way: on_modified tells when it is over.
 * What only says that it was not the time is asked again first, by itself: 491 (RFC 3261
 * section 14.1) up to 20 times, and 500 with a Retry-After of at most 10 s (section 14.2)
 * up to 3 times. */
enum bel_err bel_call_modify(struct bel_call *call);

/* INFO or MESSAGE within the call; its answer is not told. */
enum bel_err bel_call_message(struct bel_call *call, enum bel_sip_method method,
			      bel_str lines, bel_str content_type, bel_str body);

/* The same for a digit, as application/dtmf-relay; SYNTAX for what is none. */
enum bel_err bel_call_send_digit(struct bel_call *call, char digit, unsigned duration_ms);
/* The digit that came so with on_message; '\0': none did. */
char bel_call_digit_of(struct bel_sip_msg *msg);

/* Asks the other side to call target instead; with other, to take that call's place
 * (attended, RFC 5589), which only those can do who have Replaces: with others, end that
 * call first and ask without it (section 7.7). on_transfer tells how it goes. */
enum bel_err bel_call_transfer(struct bel_call *call, bel_str target,
			       const struct bel_call *other);
/* Whether the other side has said that it understands Replaces (RFC 3891). */
bool bel_call_has_replaces(const struct bel_call *call);
/* Answers a REFER of theirs: 202 or a refusal, then the statuses of what is done about it
 * as they come; a final one ends the subscription (RFC 3515 section 2.4.4). A new call
 * tells its statuses by itself when it is dialled with asked_in. */
void bel_call_take_refer(struct bel_call *call, uint16_t status);
/* The lines of the INVITE that follows it: whose place is taken, and that this must be
 * understood (RFC 5589 section 7.1), and who asked (RFC 3892). */
void bel_call_refer_write(struct bel_writer *lines, const struct bel_call_refer *refer);

enum bel_call_state bel_call_state(const struct bel_call *call);
bool bel_call_is_caller(const struct bel_call *call);
const struct bel_dialog *bel_call_dialog(const struct bel_call *call);
/* Where its last request came from or went. */
const struct bel_flow *bel_call_flow(const struct bel_call *call);
void *bel_call_user(const struct bel_call *call);

#endif
