/* SPDX-License-Identifier: Apache-2.0
 *
 * ng: the relay under the proxy of somebody else. Kamailio and OpenSIPS steer a relay of
 * media by rtpengine's NG protocol: a datagram is a cookie, a blank and a dictionary, and
 * so is its answer. Here such commands are carried out by relay/.
 *
 *   server.c   the socket, and who may ask: start here
 *   letter.c   commands that go from worker to worker
 *   cookies.c  answers that are given again when a command is repeated
 *   command.c  the table of commands
 *   flags.c    the table of what a command may ask for besides
 *   report.c   figures of calls
 *   bencode.c  the encoding of dictionaries
 *
 * One call of the relay is kept for one Call-ID and tag of who offered first. Where a
 * request was forked, whoever answered last is the callee.
 *
 * What is asked for and not carried out is named in the answer's `warning`. There are no
 * passwords in the protocol: only this machine and the networks of opts.allowed are
 * listened to. */
#ifndef BEL_NG_NG_H
#define BEL_NG_NG_H

#include "base/base.h"
#include "io/io.h"
#include "relay/relay.h"

struct bel_ng;

struct bel_ng_net {
	bel_addr addr;
	unsigned prefix_bits; /* of 32 or 128 */
};

/* Where sockets for media are opened, and what the sides are told that is; ports 0. */
struct bel_ng_face {
	bel_addr own, outer;
};
enum { BEL_NG_FACES_MAX = 2 };

/* Something that goes to another worker's; how is its owner's business. */
struct bel_ng_letter;

/* Several workers: each has one of these, all with the same address. A command comes to
 * any of them and is carried out by the one whose calls have that Call-ID. */
struct bel_ng_port {
	unsigned (*find_owner)(void *user, bel_str call_id);
	/* To be given to bel_ng_take there, on its thread. False: it is still the
	 * caller's. */
	bool (*hand_over)(void *user, unsigned worker, struct bel_ng_letter *letter);
};

struct bel_ng_opts {
	struct bel_loop *loop;
	struct bel_relay *relay; /* of the same thread; outlives this */
	bel_addr local;          /* where commands are listened for; port 0: any */
	/* One a family, the first for who names none; at least one. */
	struct bel_ng_face faces[BEL_NG_FACES_MAX];
	unsigned faces_count;
	const struct bel_ng_net *allowed; /* outlives this */
	size_t allowed_count;
	const struct bel_log *log;      /* may be NULL */
	unsigned workers, worker;       /* how many, and which this is; 0: one */
	const struct bel_ng_port *port; /* with more than one */
	void *user;
};

/* Errors as bel_udp_open; -ENOMEM. */
enum bel_err bel_ng_open(struct bel_ng **out, const struct bel_ng_opts *opts);
/* The calls stay. NULL is allowed. */
void bel_ng_close(struct bel_ng *ng);
/* With the port that was given when it was 0. */
bel_addr bel_ng_local(const struct bel_ng *ng);
/* What another worker has handed over; it is freed. */
void bel_ng_take(struct bel_ng *ng, struct bel_ng_letter *letter);
/* When there is nobody to take it. */
void bel_ng_letter_free(struct bel_ng_letter *letter);
/* For calls to come. */
void bel_ng_set_faces(struct bel_ng *ng, const struct bel_ng_face *faces, unsigned count);

/* For who reads them on the thread. */
struct bel_ng_counters {
	uint64_t commands; /* answered, the ones below too */
	uint64_t refused;  /* with an error */
	uint64_t repeated; /* with the answer of before */
	uint64_t foreign;  /* dropped: from who may not ask */
	uint64_t broken;   /* dropped: without a cookie */
};
const struct bel_ng_counters *bel_ng_counters(const struct bel_ng *ng);

#endif
