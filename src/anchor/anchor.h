/* SPDX-License-Identifier: Apache-2.0
 *
 * anchor: which calls have their media carried by this server, and why; and the relay
 * that carries them, set up by what signalling knows of the two sides.
 *
 *   need.c     the decision, a pure function of what is known
 *   known.c    which keys phones insist on
 *   anchor.c   a worker's relay, its calls, what is told of them
 *
 * Decision 0015 says what the decision looks at. The proxy asks with the offer at hand,
 * for nothing before it says where the caller's media are. One a worker; its thread only.
 */
#ifndef BEL_ANCHOR_ANCHOR_H
#define BEL_ANCHOR_ANCHOR_H

#include "base/base.h"
#include "conf/conf.h"
#include "relay/relay.h"
#include "transport/transport.h"

/* ---- the decision ---- */

enum bel_anchor_reason {
	BEL_ANCHOR_ALWAYS = 1 << 0,     /* the configuration says so */
	BEL_ANCHOR_CALLER_NAT = 1 << 1, /* what the caller announces is not where it is */
	BEL_ANCHOR_CALLEE_NAT = 1 << 2,
	BEL_ANCHOR_FAMILIES = 1 << 3, /* one has IPv4, the other IPv6 */
	BEL_ANCHOR_NETWORKS = 1 << 4, /* one is in a network that the other is not in */
	BEL_ANCHOR_KEYS = 1 << 5,     /* the callee refuses the caller's keys */
	BEL_ANCHOR_REASONS = 6
};

/* Family 0: not known. */
struct bel_anchor_facts {
	enum bel_conf_relay mode;
	bel_addr caller, callee; /* where their signalling comes from */
	/* where they say that they are: the caller's media, else its Contact; the
	 * callee's registered Contact */
	bel_addr caller_says, callee_says;
	bool are_keys_refused;
};
/* enum bel_anchor_reason together; 0: media need no help. */
unsigned bel_anchor_need(const struct bel_anchor_facts *facts);
/* "the caller is behind a NAT, the callee refuses the caller's keys". */
void bel_anchor_need_write(struct bel_writer *writer, unsigned reasons);

/* ---- keys that phones insist on ---- */

/* Learned from their offers and refusals; of all workers, for who asks on any thread. */
struct bel_anchor_known;
/* -ENOMEM. The loop gives randomness and is not kept. */
enum bel_err bel_anchor_known_open(struct bel_anchor_known **out, struct bel_loop *loop);
void bel_anchor_known_close(struct bel_anchor_known *known);
/* contact is the URI of its Contact, seen where its messages come from. AS_OFFERED
 * forgets it. */
void bel_anchor_learn(struct bel_anchor_known *known, bel_str contact,
		      const bel_addr *seen, enum bel_relay_keying keying);
/* AS_OFFERED: nothing is known. */
enum bel_relay_keying bel_anchor_recall(const struct bel_anchor_known *known,
					bel_str contact, const bel_addr *seen);

/* ---- the worker's relay ---- */

struct bel_anchor;

struct bel_anchor_port {
	/* One clause about a call; is_bad: somebody hears nothing. */
	void (*on_note)(void *user, bel_str call_id, bel_str text, bool is_bad);
	/* As struct bel_relay_port has them. */
	void (*on_keep)(void *user, bel_str record, uint32_t *place);
	void (*on_forget)(void *user, uint32_t place);
};

struct bel_anchor_opts {
	struct bel_loop *loop;
	struct bel_transport *transport;
	struct bel_ports *ports;        /* of all workers */
	struct bel_dtls_context *dtls;  /* of all workers; a reference is taken */
	struct bel_fast *fast;          /* of all workers; NULL: without */
	struct bel_anchor_known *known; /* of all workers */
	const struct bel_conf *conf;    /* read, not kept */
	const struct bel_anchor_port *port;
	void *user;
};

/* -ENOMEM. */
enum bel_err bel_anchor_open(struct bel_anchor **out, const struct bel_anchor_opts *opts);
/* NULL is allowed. */
void bel_anchor_close(struct bel_anchor *anchor);
/* For calls to come. */
void bel_anchor_set_conf(struct bel_anchor *anchor, const struct bel_conf *conf);
struct bel_relay *bel_anchor_relay(struct bel_anchor *anchor);
struct bel_anchor_known *bel_anchor_known(struct bel_anchor *anchor);
enum bel_conf_relay bel_anchor_mode(const struct bel_anchor *anchor);

/* A call between who came by one flow and who is reached by the other. reasons are told.
 * Errors as bel_relay_new. */
enum bel_err bel_anchor_begin(bel_relay_call *out, struct bel_anchor *anchor,
			      const struct bel_relay_names *names,
			      const struct bel_flow *caller,
			      const struct bel_flow *callee, unsigned reasons);
/* Its figures are told, and it ends. Nothing for a call that is not there. */
void bel_anchor_end(struct bel_anchor *anchor, bel_relay_call call);
void bel_anchor_note(struct bel_anchor *anchor, bel_str call_id, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
