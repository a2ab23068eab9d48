/* SPDX-License-Identifier: Apache-2.0
 *
 * Between the files of the jitter buffer. */
#ifndef BEL_RTP_JITTER_INT_H
#define BEL_RTP_JITTER_INT_H

#include "rtp/jitter.h"

enum {
	BEL_DELAY_SECONDS = 10, /* how long the fastest packet is remembered */
	BEL_DELAY_BINS = 128,
	BEL_DELAY_BIN_US = 5000,
};

/* What delays were measured of late. Transit is arrival less timestamp on the stream's
 * own time line; delay is how much longer than the fastest. */
struct bel_jitter_delay {
	struct {
		int64_t second, transit_us;
	} fastest[BEL_DELAY_SECONDS];  /* of each of the last seconds */
	uint32_t bins[BEL_DELAY_BINS]; /* weights; the last holds all that is longer */
	int64_t min_us, max_us;        /* bounds of the target */
	int64_t target_us;
};

void bel_jitter_delay_init(struct bel_jitter_delay *delay, unsigned min_ms,
			   unsigned max_ms);
/* A new time line, over the same network. */
void bel_jitter_delay_restart(struct bel_jitter_delay *delay);
void bel_jitter_delay_put(struct bel_jitter_delay *delay, int64_t transit_us,
			  int64_t now_us);
/* The transit of the fastest packet; 0 before the first. */
int64_t bel_jitter_delay_fastest(const struct bel_jitter_delay *delay);

struct bel_jitter_slot {
	int64_t seq, timestamp;
	uint32_t len;
	uint8_t payload_type;
	bool is_used, is_marked;
	bool is_beside; /* nothing to play in it: an event, or too late */
};

struct bel_jitter {
	/* set once */
	struct bel_jitter_opts opts;
	struct bel_jitter_slot *slots; /* packet n is in slot n modulo slots_count */
	char *payloads;

	/* the stream */
	bool has_stream;
	uint32_t ssrc;
	int64_t origin_us, origin_timestamp; /* of its time line */
	int64_t highest_seq, highest_timestamp;
	int64_t last_transit_us;
	int64_t frame_samples, next_frame_samples; /* the second: seen once so far */
	struct bel_jitter_delay delay;

	/* playing */
	bool is_playing, has_played, is_silent;
	int64_t next_seq; /* all before are over */
	int64_t playhead; /* the timestamp that is due */
	uint64_t seen;    /* bit n: next_seq - 1 - n came */
	unsigned dry;     /* frames since the buffer ran dry */
	unsigned late_run;
	int64_t adjusted_us; /* when the delay was last changed */
	int64_t delay_us;

	struct bel_jitter_stats stats;
};

static inline struct bel_jitter_slot *bel_jitter_slot_of(struct bel_jitter *jitter,
							 int64_t seq)
{
	return &jitter->slots[(uint64_t)seq % jitter->opts.slots_count];
}

static inline char *bel_jitter_payload_of(struct bel_jitter *jitter,
					  const struct bel_jitter_slot *slot)
{
	return jitter->payloads +
	       (size_t)(slot - jitter->slots) * jitter->opts.slot_bytes;
}

static inline bool bel_jitter_is_here(struct bel_jitter *jitter, int64_t seq)
{
	const struct bel_jitter_slot *slot = bel_jitter_slot_of(jitter, seq);

	return slot->is_used && slot->seq == seq;
}

static inline int64_t bel_jitter_us_of(const struct bel_jitter *jitter, int64_t samples)
{
	return samples * 1000000 / jitter->opts.clock_hz;
}

static inline int64_t bel_jitter_transit_of(const struct bel_jitter *jitter,
					    int64_t timestamp, uint64_t now_us)
{
	return (int64_t)now_us - jitter->origin_us -
	       bel_jitter_us_of(jitter, timestamp - jitter->origin_timestamp);
}

/* What the delay is when this timestamp is played now. */
static inline int64_t bel_jitter_delay_at(const struct bel_jitter *jitter,
					  int64_t timestamp, uint64_t now_us)
{
	return bel_jitter_transit_of(jitter, timestamp, now_us) -
	       bel_jitter_delay_fastest(&jitter->delay);
}

#endif
