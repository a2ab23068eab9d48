/* SPDX-License-Identifier: Apache-2.0
 *
 * relay: carries the media of calls between two sides that cannot, or shall not, send to
 * each other. A description that goes from one side to the other is written anew with
 * addresses of ours, and with other keys where the two sides do not understand each
 * other's; packets are taken at one side's socket and leave by the other's.
 *
 *   relay.c     calls: new, found by name, ended; start here
 *   profile.c   what a media part says of itself: transport, keys, addresses
 *   describe.c  their description, as the other side gets it
 *   exchange.c  offers and answers, and what holds after them
 *   leg.c       sockets of one side of one stream
 *   packet.c    a packet's way
 *   latch.c     from where a side may send (SECURITY, rule H)
 *   keys.c      keys by SDES (RFC 4568)
 *   dtls.c      keys by DTLS (RFC 5763, RFC 5764)
 *   ice.c       sides that look for their way by ICE (RFC 8445): a lite agent
 *   watch.c     silence, verdicts, the end of what is forgotten
 *   report.c    figures of each leg
 *   fast.c      streams that the kernel carries by itself
 *   keep.c      calls that go on in another process
 *
 * Keys that both sides share are passed on as they are, and the relay cannot read what it
 * carries. Only where a side was asked for other keys than the first one offered does it
 * decrypt and encrypt; SSRC, sequence numbers, payload types and timestamps stay as they
 * are.
 *
 * One relay a worker; its thread only. */
#ifndef BEL_RELAY_RELAY_H
#define BEL_RELAY_RELAY_H

#include "base/base.h"
#include "crypto/crypto.h"
#include "fast/fast.h"
#include "io/io.h"
#include "sdp/sdp.h"

struct bel_relay;

/* A call that is carried; 0: none. A number that is no longer a call's is passed over. */
typedef uint64_t bel_relay_call;

enum bel_relay_side { BEL_RELAY_CALLER, BEL_RELAY_CALLEE, BEL_RELAY_SIDES };

static inline enum bel_relay_side bel_relay_other(enum bel_relay_side side)
{
	return side == BEL_RELAY_CALLER ? BEL_RELAY_CALLEE : BEL_RELAY_CALLER;
}

/* How a side's packets are protected. */
enum bel_relay_keying {
	BEL_RELAY_AS_OFFERED, /* as the other side wants it: end to end */
	BEL_RELAY_PLAIN,
	BEL_RELAY_SDES,
	BEL_RELAY_DTLS,
	BEL_RELAY_KEYINGS
};
/* "RTP", "SRTP by SDES"; static. */
const char *bel_relay_keying_text(enum bel_relay_keying keying);

/* ---- the relay ---- */

enum bel_relay_verdict {
	BEL_RELAY_FINE,
	BEL_RELAY_NO_PACKETS,      /* nothing came */
	BEL_RELAY_PRIVATE_ADDRESS, /* nothing came, and what it announced is private */
	BEL_RELAY_WRONG_SOURCE,    /* only from where it may not send */
	BEL_RELAY_UNDECRYPTABLE,   /* with other keys than were agreed on */
	BEL_RELAY_NO_KEYS,         /* the handshake of DTLS was not done */
	BEL_RELAY_NO_CHECKS,       /* it speaks ICE, and none of its checks came */
	BEL_RELAY_STOPPED,         /* it sent, and for ten seconds nothing has come */
	BEL_RELAY_WRONG_CODEC,     /* with payload types that were not agreed on */
	BEL_RELAY_VERDICTS
};
/* What is wrong, and what may help, as clauses; static. */
const char *bel_relay_verdict_text(enum bel_relay_verdict verdict);
const char *bel_relay_verdict_remedy(enum bel_relay_verdict verdict);

enum bel_relay_news {
	BEL_RELAY_FLOWS,   /* every side that may send does */
	BEL_RELAY_SILENT,  /* a side that should send does not: verdict says why */
	BEL_RELAY_HEARD,   /* one that was silent sends after all */
	BEL_RELAY_TIMEOUT, /* nothing came for so long that the call was ended */
};

/* Texts and the event itself last for the callback. */
struct bel_relay_event {
	enum bel_relay_news news;
	bel_relay_call call;
	bel_str call_id;
	enum bel_relay_side side; /* of SILENT and HEARD */
	unsigned stream;          /* as the index of its media part */
	enum bel_relay_verdict verdict;
	bel_addr announced; /* where the side said that it is */
	bel_addr from;      /* of WRONG_SOURCE: where its packets came from */
	uint64_t after_ms;  /* since the answer */
};
/* As a clause for `why` and the log: "nothing came from the callee in 3.0 s, ...". */
void bel_relay_event_write(struct bel_writer *writer,
			   const struct bel_relay_event *event);

struct bel_relay_port {
	/* The call is still there, but for TIMEOUT. It may be ended in here. */
	void (*on_event)(void *user, const struct bel_relay_event *event);
	/* What is to be kept of an answered call so that another process can go on with
	 * it (bel_relay_restore), after each answer and each second: the same bytes as
	 * before where nothing has changed. They have its keys in them. *place is the
	 * user's own, 0 at first. Both NULL: nothing is kept. */
	void (*on_keep)(void *user, bel_str record, uint32_t *place);
	void (*on_forget)(void *user, uint32_t place); /* the call is over */
};
enum { BEL_RELAY_RECORD_BYTES_MAX = 8192 };

struct bel_relay_opts {
	struct bel_loop *loop;
	struct bel_ports *ports;     /* of all workers; outlives the relay */
	uint16_t port_min, port_max; /* both are used; a stream takes an even one and the
				      * next, where reports have a port of their own */
	struct bel_dtls_context *dtls; /* a reference is taken; NULL: no DTLS here */
	struct bel_fast *fast; /* of all workers, outlives the relay; NULL: every packet
				* goes by a socket */
	unsigned silent_ms;    /* without a packet, before that is told */
	unsigned timeout_ms;   /* without any packet, before the call is ended */
	const struct bel_relay_port *port; /* may be NULL */
	void *user;
};

/* -ENOMEM. */
enum bel_err bel_relay_open(struct bel_relay **out, const struct bel_relay_opts *opts);
/* Every call ends without a word, and what was kept of it stays. NULL is allowed. */
void bel_relay_close(struct bel_relay *relay);
/* For calls to come, but for the times, which are for all. */
void bel_relay_set(struct bel_relay *relay, uint16_t port_min, uint16_t port_max,
		   unsigned silent_ms, unsigned timeout_ms);

/* ---- calls ---- */

/* Where a side is, as signalling knows it. */
struct bel_relay_place {
	bel_addr own;    /* where we open sockets for it; port 0 */
	bel_addr outer;  /* what it is told that is; port 0 */
	bel_addr signal; /* where its signalling comes from; family 0: not known */
};

struct bel_relay_names {
	bel_str call_id, caller_tag, callee_tag; /* the last may come later */
};

/* BEL_ERR_LIMIT: names of more than BEL_RELAY_NAMES_BYTES_MAX together. -ENOMEM. */
enum { BEL_RELAY_NAMES_BYTES_MAX = 1024 };
enum bel_err bel_relay_new(bel_relay_call *out, struct bel_relay *relay,
			   const struct bel_relay_names *names,
			   const struct bel_relay_place places[BEL_RELAY_SIDES]);
void bel_relay_end(struct bel_relay *relay, bel_relay_call call);
/* Goes on with a call of a process that is no more, at the same ports and with the same
 * keys. BEL_ERR_SYNTAX: no record, or of another version; BEL_ERR_UNSUPPORTED: we were an
 * end of its keys by DTLS, which were in that process alone; BEL_ERR_EXISTS: it is there;
 * BEL_ERR_BUSY: a port is taken; -ENOMEM. */
enum bel_err bel_relay_restore(bel_relay_call *out, struct bel_relay *relay,
			       bel_str record);
/* Whose record it is; empty: it is none. */
bel_str bel_relay_record_call_id(bel_str record);
bool bel_relay_has(const struct bel_relay *relay, bel_relay_call call);

/* The call with that Call-ID in which tag is one side's and other the other's; other may
 * be empty. *side (may be NULL) is tag's. A call whose callee has no tag yet goes with
 * any. 0: none. */
bel_relay_call bel_relay_find(const struct bel_relay *relay, enum bel_relay_side *side,
			      bel_str call_id, bel_str tag, bel_str other);
/* The names, until the call ends or gets another tag. False: no such call. */
bool bel_relay_names(struct bel_relay_names *out, const struct bel_relay *relay,
		     bel_relay_call call);
/* Without memory it keeps the one that it has. */
void bel_relay_set_callee_tag(struct bel_relay *relay, bel_relay_call call, bel_str tag);
/* Of a side whose signalling comes from somewhere else now. */
void bel_relay_set_signal(struct bel_relay *relay, bel_relay_call call,
			  enum bel_relay_side side, const bel_addr *signal);
/* Calls on_call for each with that Call-ID, or for all of them when it is empty. Nothing
 * may be ended in there. */
void bel_relay_each(const struct bel_relay *relay, bel_str call_id,
		    void (*on_call)(void *user, bel_relay_call call), void *user);

/* ---- offers and answers ---- */

/* What the other side is asked for in place of what was offered; holds for the offers to
 * come. A side that has keys already keeps them. */
void bel_relay_ask(struct bel_relay *relay, bel_relay_call call, enum bel_relay_side side,
		   enum bel_relay_keying keying);

/* The offer of a side as the other one gets it. What was agreed holds until the answer
 * comes. Errors as bel_sdp_parse, with *why (may be NULL); BEL_ERR_NOT_FOUND: no such
 * call; BEL_ERR_BUSY: no port is free; BEL_ERR_UNSUPPORTED: nothing in it that can be
 * carried; BEL_ERR_LIMIT: more than BEL_RELAY_STREAMS_MAX streams; BEL_ERR_SPACE. The
 * writer is then of no use, and the offer as if it had not been. */
enum { BEL_RELAY_STREAMS_MAX = 16 };
enum bel_err bel_relay_offer(struct bel_writer *writer, struct bel_relay *relay,
			     bel_relay_call call, enum bel_relay_side from, bel_str sdp,
			     struct bel_sdp_refusal *why);
/* The answer to the other side's last offer, as that side gets it; it may come again,
 * changed, in a later message of the same exchange. Errors as above; BEL_ERR_MISMATCH: it
 * does not fit the offer, or there was none. */
enum bel_err bel_relay_answer(struct bel_writer *writer, struct bel_relay *relay,
			      bel_relay_call call, enum bel_relay_side from, bel_str sdp,
			      struct bel_sdp_refusal *why);
/* The pending offer was refused: whether there is another way to put it, with other keys,
 * to a side that has agreed to nothing yet. The offer has then to be written again. */
bool bel_relay_offer_next(struct bel_relay *relay, bel_relay_call call);
/* The pending offer never was. */
void bel_relay_roll_back(struct bel_relay *relay, bel_relay_call call);
/* Whether an offer of this side waits for its answer. */
bool bel_relay_awaits(const struct bel_relay *relay, bel_relay_call call,
		      enum bel_relay_side from);
/* What a side was asked for last; AS_OFFERED also where there is no such call. */
enum bel_relay_keying bel_relay_asked(const struct bel_relay *relay, bel_relay_call call,
				      enum bel_relay_side side);

/* ---- figures ---- */

/* One side of one stream. */
struct bel_relay_leg {
	enum bel_relay_side side;
	unsigned stream;
	bel_addr local, outer; /* where we are for it */
	bel_addr announced;    /* where it said that it is */
	bel_addr remote;       /* where it is */
	bool is_latched;       /* that was learned from its packets */
	enum bel_relay_keying keying;
	uint64_t packets, bytes; /* that came from it and were taken */
	uint64_t foreign;        /* from where it may not send */
	uint64_t unreadable;     /* not authentic under the agreed keys, or repeated */
	uint64_t lost, expected; /* of its present source */
	uint32_t jitter_us, ssrc;
	uint32_t round_trip_us; /* between it and us; 0: not known */
	bool is_fast;           /* the kernel carries what comes from it */
	uint64_t silent_ms;     /* since the last packet; since the answer */
	double mos;             /* of what we got from it; 0: not known */
	enum bel_relay_verdict verdict;
};
struct bel_relay_report {
	uint64_t began_ms, last_ms; /* of the loop's clock; of the last packet, or 0 */
	bool is_answered;
};
/* Calls on_leg for each side of each stream that has sockets. False: no such call. */
bool bel_relay_report(struct bel_relay_report *out, const struct bel_relay *relay,
		      bel_relay_call call,
		      void (*on_leg)(void *user, const struct bel_relay_leg *leg),
		      void *user);

/* For who reads them on the thread. */
struct bel_relay_counters {
	uint64_t calls, legs;                   /* now */
	uint64_t calls_total;                   /* since the start */
	uint64_t packets, bytes;                /* carried on */
	uint64_t fast_packets;                  /* those by the kernel, of them */
	uint64_t fast_legs;                     /* now */
	uint64_t foreign, unreadable, homeless; /* dropped; the last: nowhere to go to */
	uint64_t timeouts, verdicts;
	uint64_t ports_out; /* times that no port was free */
};
const struct bel_relay_counters *bel_relay_counters(const struct bel_relay *relay);

#endif
