/* SPDX-License-Identifier: Apache-2.0
 *
 * The other end of the jitter buffer: what to play now. */
#include "rtp/jitter_int.h"

enum {
	DRY_MAX = 3, /* frames bridged when nothing comes any more */
	SHRINK_EVERY_US = 500000,
	GROW_EVERY_US = 100000,
};

/* The next packet to be played, and how many before it have not come. */
static struct bel_jitter_slot *find_head(int64_t *missing, struct bel_jitter *jitter)
{
	*missing = 0;
	for (int64_t seq = jitter->next_seq; seq <= jitter->highest_seq; seq++) {
		if (!bel_jitter_is_here(jitter, seq))
			++*missing;
		else if (!bel_jitter_slot_of(jitter, seq)->is_beside)
			return bel_jitter_slot_of(jitter, seq);
	}
	return NULL;
}

/* All before seq are over. */
static void move_on(struct bel_jitter *jitter, int64_t seq)
{
	for (; jitter->next_seq < seq; jitter->next_seq++) {
		bool has_come = bel_jitter_is_here(jitter, jitter->next_seq);
		jitter->seen = jitter->seen << 1 | has_come;
		if (has_come)
			bel_jitter_slot_of(jitter, jitter->next_seq)->is_used = false;
		else
			jitter->stats.lost++;
	}
}

/* The first packet of a talkspurt waits for the delay that is wanted. */
static bool may_begin(struct bel_jitter *jitter, uint64_t now_us)
{
	int64_t missing;
	const struct bel_jitter_slot *head = find_head(&missing, jitter);

	if (!head || bel_jitter_delay_at(jitter, head->timestamp, now_us) <
			     jitter->delay.target_us)
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
		       const struct bel_jitter_slot *head, int64_t missing)
{
	int64_t gap = head->timestamp - jitter->playhead;
	int64_t step = gap < jitter->frame_samples ? gap : jitter->frame_samples;
	int64_t excess_us = jitter->delay_us - jitter->delay.target_us;
	int64_t frame_us = bel_jitter_us_of(jitter, jitter->frame_samples);

	if (missing) {
		conceal(out, jitter);
		while (bel_jitter_is_here(jitter, jitter->next_seq))
			move_on(jitter, jitter->next_seq + 1);
		move_on(jitter, jitter->next_seq + 1);
		if (head->seq == jitter->next_seq)
			out->next = (bel_str){ bel_jitter_payload_of(jitter, head),
					       head->len };
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
static bool shorten(struct bel_jitter *jitter, const struct bel_jitter_slot *head,
		    uint64_t now_us)
{
	int64_t frame_us = bel_jitter_us_of(jitter, jitter->frame_samples);
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
	jitter->delay_us = bel_jitter_delay_at(jitter, jitter->playhead, now_us);
	return true;
}

static void answer_packet(struct bel_jitter_frame *out, struct bel_jitter *jitter,
			  const struct bel_jitter_slot *head)
{
	out->answer = BEL_JITTER_PACKET;
	out->timestamp = (uint32_t)head->timestamp;
	out->seq = (uint16_t)head->seq;
	out->payload_type = head->payload_type;
	out->is_marked = head->is_marked;
	out->payload = (bel_str){ bel_jitter_payload_of(jitter, head), head->len };
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

	return short_us > bel_jitter_us_of(jitter, jitter->frame_samples) / 2 &&
	       (int64_t)now_us - jitter->adjusted_us >= GROW_EVERY_US;
}

static void answer_playing(struct bel_jitter_frame *out, struct bel_jitter *jitter,
			   uint64_t now_us)
{
	int64_t missing;
	struct bel_jitter_slot *head;

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
	jitter->delay_us = bel_jitter_delay_at(jitter, jitter->playhead, now_us);
	out->timestamp = (uint32_t)jitter->playhead;
	answer_playing(out, jitter, now_us);
	out->samples = (uint32_t)jitter->frame_samples;
}
