/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_RTP_JITTER_H
#define BEL_RTP_JITTER_H

#include "rtp/packet.h"

/* A buffer that packets of one audio stream enter whenever they come and leave in order,
 * one frame whenever the caller's clock asks. It waits as long as the delays measured of
 * late call for, within bounds, and follows a sender whose clock runs faster or slower
 * than ours. All its memory comes from the caller, once.
 *
 * Delay is counted from the fastest packet of the last ten seconds: a packet that took no
 * longer than that waits the whole delay, one that took as much longer waits not at all.
 * The delay is lengthened and shortened where it cannot be heard, between talkspurts, and
 * else by one frame at a time. */
struct bel_jitter;

struct bel_jitter_opts {
	uint32_t clock_hz;       /* of the timestamps */
	uint32_t frame_samples;  /* a frame, until two packets have shown it */
	unsigned min_ms, max_ms; /* bounds of the delay; 0: 20 and 400 */
	unsigned slots_count;    /* packets it can hold; 0: 64 */
	unsigned slot_bytes;     /* the longest payload; 0: 1,500 */
	uint8_t comfort_type; /* payload type of comfort noise, 0: 13 (RFC 3389): after it
			       * silence is meant, not loss */
};

/* How much memory bel_jitter_init wants. 0: the options make no sense. */
size_t bel_jitter_bytes(const struct bel_jitter_opts *opts);
/* memory is aligned as malloc does, and stays the caller's; it is free to go when the
 * buffer is no longer used. BEL_ERR_LIMIT: options or memory_bytes. */
enum bel_err bel_jitter_init(struct bel_jitter **out, const struct bel_jitter_opts *opts,
			     void *memory, size_t memory_bytes);
/* Forgets packets and history, keeps the counters. */
void bel_jitter_clear(struct bel_jitter *jitter);

/* Copies the payload in. A packet beside the audio (a telephone event) is put with an
 * empty payload, so that its number is not missed. BEL_ERR_EXISTS: a duplicate;
 * BEL_ERR_TIMEOUT: too late; BEL_ERR_LIMIT: over slot_bytes. All are counted. A packet
 * with another SSRC, or far away from the rest, empties the buffer and starts anew. */
enum bel_err bel_jitter_put(struct bel_jitter *jitter,
			    const struct bel_rtp_packet *packet, uint64_t now_us);

enum bel_jitter_answer {
	BEL_JITTER_EMPTY,   /* nothing to play yet, or nothing any more */
	BEL_JITTER_PACKET,  /* decode this one */
	BEL_JITTER_CONCEAL, /* one is missing, or the delay grows: bridge it */
	BEL_JITTER_SILENCE, /* the talker is silent: comfort noise, or nothing */
};

struct bel_jitter_frame {
	enum bel_jitter_answer answer;
	uint32_t
		samples; /* how long it lasts, in timestamp units: ask again after that */
	uint32_t timestamp;
	uint16_t seq;
	uint8_t payload_type;
	bool is_marked;
	bel_str payload; /* of PACKET; borrowed until the next put or get */
	bel_str next;    /* of CONCEAL: the payload that follows the missing one, if it is
			  * here, for codecs that can mend with it; else empty */
};

/* Whenever the frame before has been played. */
void bel_jitter_get(struct bel_jitter_frame *out, struct bel_jitter *jitter,
		    uint64_t now_us);

struct bel_jitter_stats {
	uint64_t received; /* put, whatever became of them */
	uint64_t played;
	uint64_t lost; /* never came */
	uint64_t late; /* came when their time was over */
	uint64_t duplicate;
	uint64_t reordered;  /* came after a later one, but in time */
	uint64_t concealed;  /* frames answered with CONCEAL, for loss or for delay */
	uint64_t stretched;  /* of these, to make the delay longer */
	uint64_t dropped;    /* frames left out to make the delay shorter */
	uint64_t overflowed; /* packets that found no room, or were too long */
	uint64_t restarts;   /* times that the stream began anew */
	unsigned delay_ms;   /* now */
	unsigned target_ms;  /* what the delay should be */
	unsigned waiting;    /* packets in the buffer */
};
void bel_jitter_stats(struct bel_jitter_stats *out, const struct bel_jitter *jitter);

#endif
