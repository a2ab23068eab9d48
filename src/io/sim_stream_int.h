/* SPDX-License-Identifier: Apache-2.0
 * One end of a simulated connection: sim_stream.c moves its bytes, sim_connect.c makes
 * and ends it. */
#ifndef BEL_IO_SIM_STREAM_INT_H
#define BEL_IO_SIM_STREAM_INT_H

#include "io/sim_int.h"

enum {
	/* As Linux does by itself: a SYN and data are repeated from one second on, ever
	 * more slowly (a SYN six times), data for a quarter of an hour, at most two
	 * minutes apart; an idle connection is asked after two hours. */
	BEL_SIM_REPEAT_FIRST_MS = 1000,
	BEL_SIM_REPEAT_MAX_MS = 120 * 1000,
	BEL_SIM_GIVE_UP_MS = 924 * 1000,
};

/* What patience waits for. */
enum waiting {
	WAITING_FOR_NOTHING,
	WAITING_FOR_ANSWER,  /* the SYN is under way, or will be repeated */
	WAITING_FOR_OUTCOME, /* the answer to the SYN is under way */
	WAITING_FOR_ACK,     /* data go to a peer that is silent */
	WAITING_FOR_LIFE,    /* an idle connection to a peer that is gone */
};

struct bel_sim_stream {
	struct bel_stream base;
	struct bel_sim_object object;
	struct bel_list in_node, in_backlog;
	struct bel_sim_stream *peer;    /* NULL: none yet, or gone */
	struct bel_sim_node *peer_node; /* NULL: not connected yet */
	bool is_connecting, is_paused, is_ended;
	bool was_blocked;           /* on_drained is due when the outbox is empty */
	bool has_news, has_drained; /* connected; drained: to be told in the turn */
	bool is_orphan;             /* the peer's node lost its power */

	struct bel_list outbox; /* base.queued bytes */
	struct bel_list underway, inbox;
	size_t in_bytes;   /* of both: what the window counts */
	uint64_t last_ms;  /* when the last of those under way gets here */
	uint64_t stall_ms; /* how long it was held by a cut the last time */
	uint64_t stalled_since_ms;
	enum bel_err end_err; /* what comes after them; BEL_OK: nothing yet */
	uint64_t end_ms;
	bool has_end; /* it came */

	struct bel_sim_event arrival; /* of the first of those under way, or of the end */
	struct bel_sim_event window;  /* the peer has read: more can leave */
	struct bel_sim_event again;   /* bytes were left unread */
	struct bel_sim_event patience;
	enum waiting waiting;
	unsigned repeats;
	uint64_t wait_ms, waiting_since_ms;
	enum bel_err outcome;
};

/* Belongs to its user, who closes it; NULL when there is no memory. */
struct bel_sim_stream *bel_sim_stream_new(struct bel_loop *loop);
struct bel_sim_stream *bel_sim_stream_of(struct bel_stream *stream);
struct bel_sim *bel_sim_stream_sim(const struct bel_sim_stream *stream);
struct bel_sim_node *bel_sim_stream_node(const struct bel_sim_stream *stream);
void bel_sim_stream_put_event(struct bel_sim_stream *stream, struct bel_sim_event *event,
			      uint64_t after_ms);
/* One draw of how long a piece takes to the peer. */
uint64_t bel_sim_stream_delay_ms(struct bel_sim_stream *stream);

/* Sends what the window allows. */
void bel_sim_stream_pump(struct bel_sim_stream *stream);
/* The connection has failed at this end; what it did not get yet does not come. */
void bel_sim_stream_fail(struct bel_sim_stream *stream, enum bel_err err);
/* Tells an end that the connection is over, once everything before has arrived. */
void bel_sim_stream_send_end(struct bel_sim_stream *to, enum bel_err err,
			     uint64_t after_ms);
void bel_sim_stream_free_boxes(struct bel_sim_stream *stream);

/* Nothing answers any more: asks again and again (is_sending), or after two hours. */
void bel_sim_stream_meet_silence(struct bel_sim_stream *stream, bool is_sending);
void bel_sim_stream_on_patience(struct bel_sim_event *event);

#endif
