/* SPDX-License-Identifier: Apache-2.0 */
#include "rtp/jitter_int.h"

enum {
	MIN_MS_DEFAULT = 20,
	MAX_MS_DEFAULT = 400,
	SLOTS_DEFAULT = 64,
	SLOTS_MAX = 1024,
	SLOT_BYTES_DEFAULT = 1500,
	COMFORT_TYPE = 13,
	LATE_RUN_MAX = 8, /* late ones in a row: not late, a new time line */
	FRAMES_A_SECOND_MIN = 5,
	EARLIER_MAX = 16, /* packets that may come before the first that came */
	ALIGNMENT = 16,
	JUMP_US = 2000000, /* no network delays so differently: a new time line */
};

/* Where extended numbers begin, so that earlier ones are positive, too. */
static const int64_t seq_base = (int64_t)1 << 32, timestamp_base = (int64_t)1 << 40;

/* ---- memory ---- */

static size_t align(size_t bytes)
{
	return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static struct bel_jitter_opts with_defaults(const struct bel_jitter_opts *opts)
{
	struct bel_jitter_opts full = *opts;

	full.min_ms = opts->min_ms ? opts->min_ms : MIN_MS_DEFAULT;
	full.max_ms = opts->max_ms ? opts->max_ms : MAX_MS_DEFAULT;
	full.slots_count = opts->slots_count ? opts->slots_count : SLOTS_DEFAULT;
	full.slot_bytes = opts->slot_bytes ? opts->slot_bytes : SLOT_BYTES_DEFAULT;
	full.comfort_type = opts->comfort_type ? opts->comfort_type : COMFORT_TYPE;
	return full;
}

/* The slots must hold the longest delay, and as much again that comes at once. */
static bool is_sensible(const struct bel_jitter_opts *opts)
{
	uint64_t held = (uint64_t)opts->slots_count * opts->frame_samples * 1000;

	return opts->clock_hz && opts->frame_samples &&
	       opts->frame_samples <= opts->clock_hz / FRAMES_A_SECOND_MIN &&
	       opts->min_ms <= opts->max_ms && opts->slots_count <= SLOTS_MAX &&
	       opts->slot_bytes <= UINT16_MAX &&
	       held >= (uint64_t)opts->max_ms * 2 * opts->clock_hz;
}

size_t bel_jitter_bytes(const struct bel_jitter_opts *opts)
{
	struct bel_jitter_opts full = with_defaults(opts);

	if (!is_sensible(&full))
		return 0;
	return align(sizeof(struct bel_jitter)) +
	       align(full.slots_count * sizeof(struct bel_jitter_slot)) +
	       (size_t)full.slots_count * full.slot_bytes;
}

enum bel_err bel_jitter_init(struct bel_jitter **out, const struct bel_jitter_opts *opts,
			     void *memory, size_t memory_bytes)
{
	struct bel_jitter *jitter = memory;
	size_t bytes = bel_jitter_bytes(opts);

	if (!bytes || memory_bytes < bytes)
		return BEL_ERR_LIMIT;
	*jitter = (struct bel_jitter){ .opts = with_defaults(opts) };
	size_t head = align(sizeof *jitter);
	jitter->slots = (void *)((char *)memory + head);
	jitter->payloads = (char *)memory + head +
			   align(jitter->opts.slots_count *
				 sizeof(struct bel_jitter_slot));
	bel_jitter_clear(jitter);
	*out = jitter;
	return BEL_OK;
}

void bel_jitter_clear(struct bel_jitter *jitter)
{
	for (unsigned i = 0; i < jitter->opts.slots_count; i++)
		jitter->slots[i] = (struct bel_jitter_slot){ 0 };
	jitter->has_stream = jitter->is_playing = jitter->is_silent = false;
	jitter->frame_samples = jitter->opts.frame_samples;
	jitter->next_frame_samples = 0;
	bel_jitter_delay_init(&jitter->delay, jitter->opts.min_ms, jitter->opts.max_ms);
}

static void begin_stream(struct bel_jitter *jitter, const struct bel_rtp_packet *packet,
			 uint64_t now_us)
{
	if (jitter->has_stream)
		jitter->stats.restarts++;
	for (unsigned i = 0; i < jitter->opts.slots_count; i++)
		jitter->slots[i].is_used = false;
	bel_jitter_delay_restart(&jitter->delay);
	jitter->has_stream = true;
	jitter->is_playing = jitter->has_played = false;
	jitter->ssrc = packet->ssrc;
	jitter->next_seq = seq_base + packet->seq;
	jitter->highest_seq = jitter->next_seq - 1;
	jitter->highest_timestamp = timestamp_base + packet->timestamp;
	jitter->origin_timestamp = jitter->highest_timestamp;
	jitter->origin_us = (int64_t)now_us;
	jitter->last_transit_us = 0;
	jitter->seen = 0;
	jitter->dry = jitter->late_run = 0;
}

/* ---- putting ---- */

static int64_t extend_seq(const struct bel_jitter *jitter, uint16_t seq)
{
	return jitter->highest_seq + (int16_t)(seq - (uint16_t)jitter->highest_seq);
}

static int64_t extend_timestamp(const struct bel_jitter *jitter, uint32_t timestamp)
{
	return jitter->highest_timestamp +
	       (int32_t)(timestamp - (uint32_t)jitter->highest_timestamp);
}

/* Whether the time to play it is over. */
static bool is_past(const struct bel_jitter *jitter, int64_t timestamp)
{
	return jitter->is_playing &&
	       timestamp + jitter->frame_samples / 2 < jitter->playhead;
}

/* Whether the packet cannot belong to the time line that is being played. */
static bool is_elsewhere(const struct bel_jitter *jitter,
			 const struct bel_rtp_packet *packet, uint64_t now_us)
{
	int64_t seq = extend_seq(jitter, packet->seq);
	int64_t timestamp = extend_timestamp(jitter, packet->timestamp);
	int64_t change = bel_jitter_transit_of(jitter, timestamp, now_us) -
			 jitter->last_transit_us;

	if (packet->ssrc != jitter->ssrc ||
	    seq >= jitter->next_seq + jitter->opts.slots_count)
		return true;
	if (jitter->late_run >= LATE_RUN_MAX &&
	    (seq < jitter->next_seq || is_past(jitter, timestamp)))
		return true;
	return packet->payload.len && (change > JUMP_US || change < -JUMP_US);
}

/* What is missing in front of a stream that goes on elsewhere in its sequence is lost. */
static void count_jump(struct bel_jitter *jitter, const struct bel_rtp_packet *packet)
{
	int64_t ahead = extend_seq(jitter, packet->seq) - jitter->next_seq;

	if (packet->ssrc != jitter->ssrc || ahead <= 0)
		return;
	for (int64_t seq = jitter->next_seq; seq <= jitter->highest_seq; seq++)
		ahead -= bel_jitter_is_here(jitter, seq);
	jitter->stats.lost += (uint64_t)ahead;
}

/* Two packets in a row that last equally long say how long a frame is. */
static void learn_frame(struct bel_jitter *jitter, int64_t seq, int64_t timestamp)
{
	int64_t samples = timestamp - jitter->highest_timestamp;

	if (seq != jitter->highest_seq + 1 || samples <= 0 ||
	    samples > jitter->opts.clock_hz / FRAMES_A_SECOND_MIN)
		return;
	if (samples == jitter->next_frame_samples)
		jitter->frame_samples = samples;
	jitter->next_frame_samples = samples;
}

static void store(struct bel_jitter *jitter, const struct bel_rtp_packet *packet,
		  int64_t seq, int64_t timestamp, bool is_beside)
{
	struct bel_jitter_slot *slot = bel_jitter_slot_of(jitter, seq);

	*slot = (struct bel_jitter_slot){
		.seq = seq,
		.timestamp = timestamp,
		.len = (uint32_t)packet->payload.len,
		.payload_type = packet->payload_type,
		.is_used = true,
		.is_marked = packet->is_marked,
		.is_beside = is_beside,
	};
	if (!is_beside)
		memcpy(bel_jitter_payload_of(jitter, slot), packet->payload.ptr,
		       packet->payload.len);
	if (seq > jitter->highest_seq) {
		jitter->highest_seq = seq;
		if (packet->payload.len)
			jitter->highest_timestamp = timestamp;
	} else {
		jitter->stats.reordered += !is_beside;
	}
}

/* Its turn is over: it was played, or it comes too late. */
static enum bel_err refuse_old(struct bel_jitter *jitter, int64_t seq)
{
	int64_t back = jitter->next_seq - 1 - seq;

	if (back < 64 && jitter->seen >> back & 1) {
		jitter->stats.duplicate++;
		return BEL_ERR_EXISTS;
	}
	/* It was counted as lost when its turn came. */
	if (back < 64) {
		jitter->seen |= (uint64_t)1 << back;
		jitter->stats.lost -= jitter->stats.lost > 0;
	}
	jitter->late_run++;
	jitter->stats.late++;
	return BEL_ERR_TIMEOUT;
}

/* Before anything was played the stream may turn out to have begun earlier. */
static void begin_earlier(struct bel_jitter *jitter, int64_t seq)
{
	if (!jitter->has_played && seq < jitter->next_seq &&
	    jitter->next_seq - seq <= EARLIER_MAX &&
	    jitter->highest_seq - seq < jitter->opts.slots_count)
		jitter->next_seq = seq;
}

enum bel_err bel_jitter_put(struct bel_jitter *jitter,
			    const struct bel_rtp_packet *packet, uint64_t now_us)
{
	jitter->stats.received++;
	if (packet->payload.len > jitter->opts.slot_bytes) {
		jitter->stats.overflowed++;
		return BEL_ERR_LIMIT;
	}
	if (!jitter->has_stream) {
		begin_stream(jitter, packet, now_us);
	} else if (is_elsewhere(jitter, packet, now_us)) {
		count_jump(jitter, packet);
		begin_stream(jitter, packet, now_us);
	}
	int64_t seq = extend_seq(jitter, packet->seq);
	int64_t timestamp = extend_timestamp(jitter, packet->timestamp);
	bool is_event = !packet->payload.len;

	begin_earlier(jitter, seq);
	if (seq >= jitter->next_seq && bel_jitter_is_here(jitter, seq)) {
		jitter->stats.duplicate++;
		return BEL_ERR_EXISTS;
	}
	/* A late one is measured, too: it is what the delay has to learn from. */
	if (!is_event) {
		jitter->last_transit_us = bel_jitter_transit_of(jitter, timestamp,
								now_us);
		bel_jitter_delay_put(&jitter->delay, jitter->last_transit_us,
				     (int64_t)now_us);
	}
	if (seq < jitter->next_seq)
		return refuse_old(jitter, seq);
	bool is_late = !is_event && is_past(jitter, timestamp);
	if (!is_event)
		learn_frame(jitter, seq, timestamp);
	store(jitter, packet, seq, timestamp, is_event || is_late);
	if (!is_late) {
		jitter->late_run = 0;
		return BEL_OK;
	}
	jitter->late_run++;
	jitter->stats.late++;
	return BEL_ERR_TIMEOUT;
}

static unsigned to_ms(int64_t us)
{
	return us > 0 ? (unsigned)(us / 1000) : 0;
}

void bel_jitter_stats(struct bel_jitter_stats *out, const struct bel_jitter *jitter)
{
	*out = jitter->stats;
	out->delay_ms = jitter->is_playing ? to_ms(jitter->delay_us) : 0;
	out->target_ms = to_ms(jitter->delay.target_us);
	out->waiting = 0;
	for (unsigned i = 0; i < jitter->opts.slots_count; i++)
		out->waiting += jitter->slots[i].is_used && !jitter->slots[i].is_beside;
}
