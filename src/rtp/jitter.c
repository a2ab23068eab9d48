/* SPDX-License-Identifier: Apache-2.0 */
#include "rtp/jitter_int.h"

enum {
	MIN_MS_DEFAULT = 20,
	MAX_MS_DEFAULT = 400,
	SLOTS_DEFAULT = 64,
	SLOTS_MAX = 1024,
	SLOT_BYTES_DEFAULT = 1500,
	COMFORT_TYPE = 13,
	DRY_MAX = 3,      /* frames bridged when nothing comes any more */
	LATE_RUN_MAX = 5, /* late ones in a row: not late, a new time line */
	FRAMES_A_SECOND_MIN = 5,
	EARLIER_MAX = 16, /* packets that may come before the first that came */
	ALIGNMENT = 16,
	SHRINK_EVERY_US = 500000,
	GROW_EVERY_US = 100000,
	JUMP_US = 2000000, /* no network delays so differently: a new time line */
};

/* Where extended numbers begin, so that earlier ones are positive, too. */
static const int64_t seq_base = (int64_t)1 << 32, timestamp_base = (int64_t)1 << 40;

struct slot {
	int64_t seq, timestamp;
	uint32_t len;
	uint8_t payload_type;
	bool is_used, is_marked;
	bool is_beside; /* nothing to play in it: an event, or too late */
};

struct bel_jitter {
	/* set once */
	struct bel_jitter_opts opts;
	struct slot *slots; /* packet n is in slot n modulo slots_count */
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
	       align(full.slots_count * sizeof(struct slot)) +
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
			   align(jitter->opts.slots_count * sizeof(struct slot));
	bel_jitter_clear(jitter);
	*out = jitter;
	return BEL_OK;
}

void bel_jitter_clear(struct bel_jitter *jitter)
{
	for (unsigned i = 0; i < jitter->opts.slots_count; i++)
		jitter->slots[i] = (struct slot){ 0 };
	jitter->has_stream = jitter->is_playing = jitter->is_silent = false;
	jitter->frame_samples = jitter->opts.frame_samples;
	jitter->next_frame_samples = 0;
	bel_jitter_delay_init(&jitter->delay, jitter->opts.min_ms, jitter->opts.max_ms);
}

static struct slot *slot_of(struct bel_jitter *jitter, int64_t seq)
{
	return &jitter->slots[(uint64_t)seq % jitter->opts.slots_count];
}

static char *payload_of(struct bel_jitter *jitter, const struct slot *slot)
{
	return jitter->payloads +
	       (size_t)(slot - jitter->slots) * jitter->opts.slot_bytes;
}

static bool is_here(struct bel_jitter *jitter, int64_t seq)
{
	const struct slot *slot = slot_of(jitter, seq);

	return slot->is_used && slot->seq == seq;
}

/* ---- the time line ---- */

static int64_t us_of(const struct bel_jitter *jitter, int64_t samples)
{
	return samples * 1000000 / jitter->opts.clock_hz;
}

static int64_t transit_of(const struct bel_jitter *jitter, int64_t timestamp,
			  uint64_t now_us)
{
	return (int64_t)now_us - jitter->origin_us -
	       us_of(jitter, timestamp - jitter->origin_timestamp);
}

/* What the delay is when this timestamp is played now. */
static int64_t delay_at(const struct bel_jitter *jitter, int64_t timestamp,
			uint64_t now_us)
{
	return transit_of(jitter, timestamp, now_us) -
	       bel_jitter_delay_fastest(&jitter->delay);
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

/* Whether the packet cannot belong to the time line that is being played. */
static bool is_elsewhere(const struct bel_jitter *jitter,
			 const struct bel_rtp_packet *packet, uint64_t now_us)
{
	int64_t seq = extend_seq(jitter, packet->seq);
	int64_t timestamp = extend_timestamp(jitter, packet->timestamp);
	int64_t change = transit_of(jitter, timestamp, now_us) - jitter->last_transit_us;

	if (packet->ssrc != jitter->ssrc || jitter->late_run >= LATE_RUN_MAX ||
	    seq >= jitter->next_seq + jitter->opts.slots_count)
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
		ahead -= is_here(jitter, seq);
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
	struct slot *slot = slot_of(jitter, seq);

	*slot = (struct slot){
		.seq = seq,
		.timestamp = timestamp,
		.len = (uint32_t)packet->payload.len,
		.payload_type = packet->payload_type,
		.is_used = true,
		.is_marked = packet->is_marked,
		.is_beside = is_beside,
	};
	if (!is_beside)
		memcpy(payload_of(jitter, slot), packet->payload.ptr,
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
	if (back < 64)
		jitter->seen |= (uint64_t)1 << back;
	jitter->late_run++;
	jitter->stats.late++;
	jitter->stats.lost -= jitter->stats.lost > 0;
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
	if (seq >= jitter->next_seq && is_here(jitter, seq)) {
		jitter->stats.duplicate++;
		return BEL_ERR_EXISTS;
	}
	/* A late one is measured, too: it is what the delay has to learn from. */
	if (!is_event) {
		jitter->last_transit_us = transit_of(jitter, timestamp, now_us);
		bel_jitter_delay_put(&jitter->delay, jitter->last_transit_us,
				     (int64_t)now_us);
	}
	if (seq < jitter->next_seq)
		return refuse_old(jitter, seq);
	bool is_late = !is_event && jitter->is_playing &&
		       timestamp + jitter->frame_samples / 2 < jitter->playhead;
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

/* ---- getting ---- */

/* The next packet to be played, and how many before it have not come. */
static struct slot *find_head(int64_t *missing, struct bel_jitter *jitter)
{
	*missing = 0;
	for (int64_t seq = jitter->next_seq; seq <= jitter->highest_seq; seq++) {
		if (!is_here(jitter, seq))
			++*missing;
		else if (!slot_of(jitter, seq)->is_beside)
			return slot_of(jitter, seq);
	}
	return NULL;
}

/* All before seq are over. */
static void move_on(struct bel_jitter *jitter, int64_t seq)
{
	for (; jitter->next_seq < seq; jitter->next_seq++) {
		bool has_come = is_here(jitter, jitter->next_seq);
		jitter->seen = jitter->seen << 1 | has_come;
		if (has_come)
			slot_of(jitter, jitter->next_seq)->is_used = false;
		else
			jitter->stats.lost++;
	}
}

/* The first packet of a talkspurt waits for the delay that is wanted. */
static bool may_begin(struct bel_jitter *jitter, uint64_t now_us)
{
	int64_t missing;
	const struct slot *head = find_head(&missing, jitter);

	if (!head || delay_at(jitter, head->timestamp, now_us) < jitter->delay.target_us)
		return false;
	move_on(jitter, head->seq);
	jitter->playhead = head->timestamp;
	jitter->adjusted_us = (int64_t)now_us;
	jitter->is_playing = true;
	jitter->dry = 0;
	return true;
}

static void conceal(struct bel_jitter_frame *out, struct bel_jitter *jitter)
{
	out->answer = BEL_JITTER_CONCEAL;
	jitter->stats.concealed++;
}

/* The delay grows by the frame that is answered now. */
static void stretch(struct bel_jitter_frame *out, struct bel_jitter *jitter,
		    uint64_t now_us)
{
	conceal(out, jitter);
	jitter->stats.stretched++;
	jitter->adjusted_us = (int64_t)now_us;
}

static void answer_dry(struct bel_jitter_frame *out, struct bel_jitter *jitter,
		       uint64_t now_us)
{
	if (jitter->is_silent || jitter->dry++ >= DRY_MAX) {
		jitter->is_playing = false;
		out->answer = jitter->is_silent ? BEL_JITTER_SILENCE : BEL_JITTER_EMPTY;
		return;
	}
	if (jitter->delay_us < jitter->delay.target_us) {
		stretch(out, jitter, now_us);
		return;
	}
	conceal(out, jitter);
	jitter->playhead += jitter->frame_samples;
}

static void answer_gap(struct bel_jitter_frame *out, struct bel_jitter *jitter,
		       const struct slot *head, int64_t missing)
{
	int64_t gap = head->timestamp - jitter->playhead;
	int64_t step = gap < jitter->frame_samples ? gap : jitter->frame_samples;
	int64_t excess_us = jitter->delay_us - jitter->delay.target_us;
	int64_t frame_us = us_of(jitter, jitter->frame_samples);

	if (missing) {
		conceal(out, jitter);
		while (is_here(jitter, jitter->next_seq))
			move_on(jitter, jitter->next_seq + 1);
		move_on(jitter, jitter->next_seq + 1);
		if (head->seq == jitter->next_seq)
			out->next = (bel_str){ payload_of(jitter, head), head->len };
		jitter->playhead += step;
		return;
	}
	/* In silence the delay changes unheard. */
	out->answer = BEL_JITTER_SILENCE;
	if (excess_us < 0)
		return;
	if (excess_us > frame_us) {
		int64_t more = excess_us / frame_us * jitter->frame_samples;
		step += more < gap - step ? more : gap - step;
	}
	jitter->playhead += step;
}

/* Leaves out frames while the delay is too long. True when one was left out. */
static bool shorten(struct bel_jitter *jitter, const struct slot *head, uint64_t now_us)
{
	int64_t frame_us = us_of(jitter, jitter->frame_samples);
	int64_t over_us = jitter->delay_us - jitter->delay.target_us;
	bool is_over_all = jitter->delay_us > jitter->delay.max_us + frame_us;
	bool is_time = (int64_t)now_us - jitter->adjusted_us >= SHRINK_EVERY_US;

	if (head->seq >= jitter->highest_seq ||
	    !(is_over_all || (is_time && over_us > frame_us * 3 / 2)))
		return false;
	jitter->playhead = head->timestamp + jitter->frame_samples;
	move_on(jitter, head->seq + 1);
	jitter->stats.dropped++;
	jitter->adjusted_us = (int64_t)now_us;
	jitter->delay_us = delay_at(jitter, jitter->playhead, now_us);
	return true;
}

static void answer_packet(struct bel_jitter_frame *out, struct bel_jitter *jitter,
			  const struct slot *head)
{
	out->answer = BEL_JITTER_PACKET;
	out->timestamp = (uint32_t)head->timestamp;
	out->seq = (uint16_t)head->seq;
	out->payload_type = head->payload_type;
	out->is_marked = head->is_marked;
	out->payload = (bel_str){ payload_of(jitter, head), head->len };
	jitter->playhead = head->timestamp + jitter->frame_samples;
	jitter->is_silent = head->payload_type == jitter->opts.comfort_type;
	jitter->has_played = true;
	jitter->dry = 0;
	jitter->stats.played++;
	move_on(jitter, head->seq + 1);
}

static bool wants_longer(const struct bel_jitter *jitter, uint64_t now_us)
{
	int64_t short_us = jitter->delay.target_us - jitter->delay_us;

	return short_us > us_of(jitter, jitter->frame_samples) / 2 &&
	       (int64_t)now_us - jitter->adjusted_us >= GROW_EVERY_US;
}

static void answer_playing(struct bel_jitter_frame *out, struct bel_jitter *jitter,
			   uint64_t now_us)
{
	int64_t missing;
	struct slot *head;

	do {
		head = find_head(&missing, jitter);
		if (!head) {
			answer_dry(out, jitter, now_us);
			return;
		}
		if (head->timestamp - jitter->playhead >= jitter->frame_samples / 2 &&
		    head->timestamp > jitter->playhead) {
			answer_gap(out, jitter, head, missing);
			return;
		}
	} while (shorten(jitter, head, now_us));
	if (wants_longer(jitter, now_us))
		stretch(out, jitter, now_us);
	else
		answer_packet(out, jitter, head);
}

void bel_jitter_get(struct bel_jitter_frame *out, struct bel_jitter *jitter,
		    uint64_t now_us)
{
	*out = (struct bel_jitter_frame){
		.answer = jitter->is_silent ? BEL_JITTER_SILENCE : BEL_JITTER_EMPTY,
		.samples = (uint32_t)jitter->frame_samples,
	};
	if (!jitter->has_stream || (!jitter->is_playing && !may_begin(jitter, now_us)))
		return;
	jitter->delay_us = delay_at(jitter, jitter->playhead, now_us);
	out->timestamp = (uint32_t)jitter->playhead;
	answer_playing(out, jitter, now_us);
	out->samples = (uint32_t)jitter->frame_samples;
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
