/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_PATH_PATH_INT_H
#define BEL_PATH_PATH_INT_H

#include "path/path.h"
#include "turn/turn.h"

enum {
	/* A call that waits longer to begin would be the worse one. */
	GATHER_MS = 2500,
	STUN_RTO_MS = 500,
	STUN_SENT_MAX = 5, /* more would come after the gathering is over */
	FOUND_MAX = 8,     /* candidates of both components */
};

/* A candidate that was gathered; each agent gets all of them. */
struct found {
	struct bel_ice_candidate candidate;
	uint16_t preference;
	bel_addr server;
};

/* One socket, and what was asked from it. */
struct part {
	struct bel_path *path;
	enum bel_path_component component;
	struct bel_udp *udp;
	bel_addr local;

	/* the Binding request to the STUN server */
	char id[BEL_STUN_TRANSACTION_BYTES];
	bool is_asking;
	unsigned sent_count;
	uint64_t due_ms;
	enum bel_err stun_err;

	struct bel_path_line *line;   /* to the TURN server; NULL: by our socket */
	struct bel_turn_client *turn; /* NULL: none, or none any more */
	bool is_allocating, is_turn_over;
	enum bel_err turn_err;
	unsigned turn_code;
	bel_addr relayed; /* family 0: none */

	bool is_by_relay; /* without ICE, when it was the relay that we described */
};

/* What they said of ICE, and what came of it. */
enum use {
	USE_OPEN, /* not agreed on yet */
	USE_ICE,  /* both speak it */
	USE_NONE, /* they do not, or somebody between changes addresses */
};

struct bel_path {
	struct bel_path_opts opts;
	struct bel_crypto *crypto; /* NULL: not needed yet */
	struct part parts[BEL_PATH_COMPONENTS];
	struct bel_timer timer;
	unsigned busy; /* calls up the stack that still work with it */
	bool is_closed, is_bound;

	struct found found[FOUND_MAX];
	unsigned found_count;
	bool is_gathering;
	uint64_t gather_end_ms;

	enum use use;
	bool is_silent;     /* their offer spoke of no ICE, and so will our answer */
	bool is_mismatched; /* somebody between changed it, which the answer says */
	/* The agent, and the one before a restart, whose way is used until there is a new
	 * one; NULL: none. */
	struct bel_ice *ice, *former;
	/* Where the data of a TURN client lies that is being handed up. */
	char *receiving;
	size_t receiving_len;
};

/* Around whatever may call the user, who may close the path then. */
void bel_path_enter(struct bel_path *path);
void bel_path_leave(struct bel_path *path);
/* The timer, for what is due next. */
void bel_path_schedule(struct bel_path *path);
/* A packet, from wherever it came; base: of the candidate it came to. */
void bel_path_on_bytes(struct part *part, const bel_addr *base, char *buf, size_t len,
		       const bel_addr *peer);
/* Opened when it is first needed: many paths never speak ICE. */
enum bel_err bel_path_need_crypto(struct bel_path *path);
static inline uint64_t bel_path_now_ms(const struct bel_path *path)
{
	return bel_loop_now_ms(path->opts.loop);
}

/* ---- gather.c ---- */

void bel_path_gather_start(struct bel_path *path);
void bel_path_gather_advance(struct bel_path *path);
uint64_t bel_path_gather_next_ms(const struct bel_path *path);
/* Allocations are given back, while the sockets are open; and their memory, when nothing
 * of it is in use. */
void bel_path_gather_stop(struct bel_path *path);
void bel_path_gather_fini(struct bel_path *path);
/* An answer of a STUN server; false: it is none. */
bool bel_path_on_stun_answer(struct part *part, const bel_addr *from,
			     const struct bel_stun_msg *msg);
/* What comes from the TURN server. */
bool bel_path_on_turn(struct part *part, char *buf, size_t len, const bel_addr *from);
/* By the relay; asks for a permission where there is none yet, and wants a channel where
 * it is used for long. */
enum bel_err bel_path_send_relayed(struct part *part, const bel_addr *to, bel_str packet);
void bel_path_permit(struct part *part, const bel_addr *peer, bool wants_channel);

/* A message from it, in a buffer that may be changed. */
bool bel_path_on_turn_message(struct part *part, char *buf, size_t len);
/* The connection to it stands, or there is none any more. */
void bel_path_on_line_open(struct part *part);
void bel_path_on_line_end(struct part *part, enum bel_err err);

/* ---- line.c ---- */

/* bel_path_on_line_open or bel_path_on_line_end, once, not from inside this call. */
enum bel_err bel_path_line_open(struct part *part);
/* What was sent still leaves, if the server takes it at once. No line is no harm. */
void bel_path_line_close(struct part *part);
void bel_path_line_send(struct bel_path_line *line, bel_str message);

/* ---- agree.c ---- */

/* ICE's part of a datagram: true when it was. */
bool bel_path_on_check(struct part *part, const bel_addr *base, const bel_addr *from,
		       const struct bel_stun_msg *msg);
void bel_path_ice_advance(struct bel_path *path);
uint64_t bel_path_ice_next_ms(const struct bel_path *path);
void bel_path_ice_close(struct bel_path *path);
/* A candidate that was found after an agent had begun. */
void bel_path_ice_add(struct bel_path *path, const struct found *found);
/* The way of a component, of whichever agent has one. */
bool bel_path_ice_way(struct bel_ice_candidate *from, struct bel_ice_candidate *to,
		      const struct bel_path *path, enum bel_path_component component);

#endif
