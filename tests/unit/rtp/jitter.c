/* SPDX-License-Identifier: Apache-2.0
 * The jitter buffer under virtual time: a sender, a network and a listener's clock. */
#include "support/support.h"

#include "rtp/rtp.h"

enum { FRAME_US = 20000, FRAME_SAMPLES = 160, IN_FLIGHT_MAX = 256 };

/* One call: packets wait in flight until their time, the listener asks every 20 ms. */
struct call {
	struct bel_jitter *jitter;
	void *memory;
	uint64_t now_us, next_get_us, next_send_us;
	uint64_t frame_us; /* of the sender's clock, as ours sees it */
	struct bel_rtp_packet next;
	struct {
		struct bel_rtp_packet packet;
		uint64_t at_us;
		bool is_used;
	} flight[IN_FLIGHT_MAX];
	uint64_t random;
	/* of a packet sent now; UINT64_MAX: it is lost */
	uint64_t (*delay_us)(struct call *call);
	bool is_sending;
	unsigned answers[4];
	struct bel_jitter_frame frame; /* the last answer */
	uint32_t last_played;
	uint64_t restarts; /* when that was */
};

static uint64_t draw(struct call *call, uint64_t below)
{
	call->random = call->random * 6364136223846793005u + 1442695040888963407u;
	return (call->random >> 33) % below;
}

static uint64_t at_once(struct call *call)
{
	(void)call;
	return 30000;
}

static void open_call(struct call *call, uint64_t (*delay_us)(struct call *call))
{
	const struct bel_jitter_opts opts = {
		.clock_hz = 8000,
		.frame_samples = FRAME_SAMPLES,
		.slot_bytes = 200,
	};
	size_t bytes = bel_jitter_bytes(&opts);

	*call = (struct call){
		.memory = malloc(bytes),
		.now_us = 1000000,
		.next_get_us = 1007000,
		.next_send_us = 1000000,
		.frame_us = FRAME_US,
		.next = { .ssrc = 7,
			  .seq = 65500,
			  .timestamp = 0xffffff00,
			  .payload = { "0123456789", 10 } },
		.random = 42,
		.delay_us = delay_us,
		.is_sending = true,
	};
	assert_int_equal(bel_jitter_init(&call->jitter, &opts, call->memory, bytes),
			 BEL_OK);
}

static void close_call(struct call *call)
{
	free(call->memory);
}

static struct bel_jitter_stats stats_of(struct call *call)
{
	struct bel_jitter_stats stats;

	bel_jitter_stats(&stats, call->jitter);
	return stats;
}

static void launch(struct call *call, const struct bel_rtp_packet *packet,
		   uint64_t delay_us)
{
	for (unsigned i = 0; i < IN_FLIGHT_MAX; i++) {
		if (call->flight[i].is_used)
			continue;
		call->flight[i].packet = *packet;
		call->flight[i].at_us = call->now_us + delay_us;
		call->flight[i].is_used = true;
		return;
	}
	fail_msg("too many packets in flight");
}

static void send_frame(struct call *call)
{
	uint64_t delay_us = call->delay_us(call);

	if (call->is_sending) {
		if (delay_us != UINT64_MAX)
			launch(call, &call->next, delay_us);
		call->next.seq++;
	}
	call->next.timestamp += FRAME_SAMPLES;
	call->next_send_us += call->frame_us;
}

static void deliver(struct call *call)
{
	for (unsigned i = 0; i < IN_FLIGHT_MAX; i++) {
		if (!call->flight[i].is_used || call->flight[i].at_us > call->now_us)
			continue;
		call->flight[i].is_used = false;
		bel_jitter_put(call->jitter, &call->flight[i].packet, call->now_us);
	}
}

static void get_frame(struct call *call)
{
	bel_jitter_get(&call->frame, call->jitter, call->now_us);
	call->answers[call->frame.answer]++;
	if (call->frame.answer == BEL_JITTER_PACKET) {
		/* What is played goes forward only, on one time line. */
		if (stats_of(call).restarts == call->restarts && call->last_played)
			assert_true((int32_t)(call->frame.timestamp - call->last_played) >
				    0);
		call->last_played = call->frame.timestamp;
		call->restarts = stats_of(call).restarts;
	}
	call->next_get_us += (uint64_t)call->frame.samples * 1000000 / 8000;
}

/* In steps of a millisecond. */
static void run_for(struct call *call, uint64_t ms)
{
	uint64_t end_us = call->now_us + ms * 1000;

	while (call->now_us < end_us) {
		if (call->now_us >= call->next_send_us)
			send_frame(call);
		deliver(call);
		if (call->now_us >= call->next_get_us)
			get_frame(call);
		call->now_us += 1000;
	}
}

static void a_steady_stream_plays_every_packet(void **state)
{
	struct call call;

	(void)state;
	open_call(&call, at_once);
	run_for(&call, 60000);
	struct bel_jitter_stats stats = stats_of(&call);
	assert_true(stats.played >= 2990);
	assert_int_equal(stats.lost + stats.late + stats.concealed + stats.duplicate, 0);
	assert_int_equal(stats.reordered + stats.restarts, 0);
	/* The least delay it may have, after the guess of the beginning has gone. */
	assert_in_range(stats.target_ms, 20, 25);
	assert_in_range(stats.delay_ms, 10, 55);
	close_call(&call);
}

static void nothing_is_played_before_the_delay_is_over(void **state)
{
	struct call call;

	(void)state;
	open_call(&call, at_once);
	run_for(&call, 60); /* the first packet came after 30 ms, and waits for 40 */
	assert_int_equal(call.answers[BEL_JITTER_PACKET], 0);
	assert_int_equal(call.frame.answer, BEL_JITTER_EMPTY);
	run_for(&call, 60);
	assert_true(call.answers[BEL_JITTER_PACKET] > 0);
	close_call(&call);
}

static uint64_t shaky(struct call *call)
{
	return 30000 + draw(call, 60000);
}

static void the_delay_grows_to_what_the_network_needs(void **state)
{
	struct call call;

	(void)state;
	open_call(&call, shaky);
	run_for(&call, 10000);
	struct bel_jitter_stats before = stats_of(&call);
	run_for(&call, 50000);
	struct bel_jitter_stats stats = stats_of(&call);
	assert_in_range(stats.target_ms, 50, 70);
	assert_true(stats.reordered > 100);
	/* One in a hundred at most is late once the delay is learnt. */
	assert_true(stats.late - before.late <= 25);
	assert_int_equal(stats.lost, 0);
	call.delay_us = at_once;
	run_for(&call, 60000);
	assert_in_range(stats_of(&call).target_ms, 20, 25);
	assert_in_range(stats_of(&call).delay_ms, 10, 60);
	close_call(&call);
}

static uint64_t one_in_ten_lost(struct call *call)
{
	return draw(call, 10) ? 30000 : UINT64_MAX;
}

static void lost_packets_are_concealed_one_by_one(void **state)
{
	struct call call;

	(void)state;
	open_call(&call, one_in_ten_lost);
	run_for(&call, 60000);
	struct bel_jitter_stats stats = stats_of(&call);
	assert_in_range(stats.lost, 240, 360);
	assert_in_range(stats.concealed, stats.lost - 5, stats.lost + 5);
	assert_int_equal(stats.late, 0);
	assert_int_equal(stats.received + stats.lost, (uint16_t)(call.next.seq - 65500) -
							      1 - stats.waiting +
							      stats.waiting);
	close_call(&call);
}

static void the_packet_behind_a_lost_one_is_shown_for_mending(void **state)
{
	struct call call;

	(void)state;
	open_call(&call, at_once);
	run_for(&call, 1000);
	call.next.seq++; /* one that never comes */
	call.next.timestamp += FRAME_SAMPLES;
	unsigned shown = 0;
	for (unsigned i = 0; i < 200; i++) {
		run_for(&call, 1);
		shown += call.frame.answer == BEL_JITTER_CONCEAL && call.frame.next.len;
	}
	assert_true(shown > 0);
	assert_int_equal(stats_of(&call).lost, 1);
	close_call(&call);
}

static void duplicates_are_counted_before_and_after_they_were_played(void **state)
{
	struct call call;
	struct bel_rtp_packet old;

	(void)state;
	open_call(&call, at_once);
	old = call.next;
	run_for(&call, 31);
	assert_int_equal(bel_jitter_put(call.jitter, &old, call.now_us), BEL_ERR_EXISTS);
	run_for(&call, 200);
	assert_int_equal(bel_jitter_put(call.jitter, &old, call.now_us), BEL_ERR_EXISTS);
	assert_int_equal(stats_of(&call).duplicate, 2);
	close_call(&call);
}

static void a_late_packet_is_late_and_no_longer_lost(void **state)
{
	struct call call;
	struct bel_rtp_packet late;

	(void)state;
	open_call(&call, at_once);
	run_for(&call, 1000);
	late = call.next;
	call.next.seq++;
	call.next.timestamp += FRAME_SAMPLES;
	run_for(&call, 300);
	assert_int_equal(stats_of(&call).lost, 1);
	assert_int_equal(bel_jitter_put(call.jitter, &late, call.now_us),
			 BEL_ERR_TIMEOUT);
	assert_int_equal(stats_of(&call).lost, 0);
	assert_int_equal(stats_of(&call).late, 1);
	assert_int_equal(bel_jitter_put(call.jitter, &late, call.now_us), BEL_ERR_EXISTS);
	close_call(&call);
}

/* An hour of a remote clock that is off by 300 ppm, either way. */
static void an_hour_of_drift_neither_overflows_nor_runs_dry(void **state)
{
	(void)state;
	for (int sign = -1; sign <= 1; sign += 2) {
		struct call call;
		open_call(&call, at_once);
		call.frame_us = (uint64_t)(FRAME_US + sign * 6);
		run_for(&call, 3600 * 1000);
		struct bel_jitter_stats stats = stats_of(&call);
		uint64_t moved = sign < 0 ? stats.dropped : stats.stretched;
		uint64_t other = sign < 0 ? stats.stretched : stats.dropped;
		/* 1.08 s are 54 frames. */
		assert_in_range(moved, 50, 58);
		assert_in_range(other, 0, 2);
		assert_int_equal(stats.lost + stats.late + stats.overflowed, 0);
		assert_int_equal(stats.restarts, 0);
		assert_int_equal(stats.concealed, stats.stretched);
		assert_in_range(stats.delay_ms, 5, 60);
		/* But for the wait at the beginning. */
		assert_in_range(call.answers[BEL_JITTER_EMPTY], 1, 5);
		close_call(&call);
	}
}

static void silence_after_comfort_noise_is_no_loss(void **state)
{
	struct call call;

	(void)state;
	open_call(&call, at_once);
	run_for(&call, 5000);
	struct bel_jitter_stats before = stats_of(&call);
	for (unsigned turn = 0; turn < 20; turn++) {
		call.next.payload_type = 13;
		run_for(&call, 20);
		call.is_sending = false;
		call.next.payload_type = 0;
		run_for(&call, 3000);
		assert_int_equal(call.frame.answer, BEL_JITTER_SILENCE);
		call.is_sending = true;
		call.next.is_marked = true;
		run_for(&call, 20);
		call.next.is_marked = false;
		run_for(&call, 1000);
		assert_int_equal(call.frame.answer, BEL_JITTER_PACKET);
	}
	struct bel_jitter_stats stats = stats_of(&call);
	assert_int_equal(stats.lost + stats.late + stats.concealed, 0);
	assert_int_equal(stats.dropped + stats.stretched, before.dropped);
	assert_int_equal(stats.restarts, 0);
	close_call(&call);
}

/* Without comfort noise the end of a talkspurt looks like loss for three frames. */
static void a_sender_that_just_stops_is_bridged_shortly(void **state)
{
	struct call call;

	(void)state;
	open_call(&call, at_once);
	run_for(&call, 2000);
	call.is_sending = false;
	run_for(&call, 1000);
	assert_int_equal(call.frame.answer, BEL_JITTER_EMPTY);
	assert_int_equal(stats_of(&call).concealed, 3);
	call.is_sending = true;
	run_for(&call, 1000);
	assert_int_equal(call.frame.answer, BEL_JITTER_PACKET);
	assert_int_equal(stats_of(&call).lost, 0);
	close_call(&call);
}

static void a_timestamp_gap_in_sequence_is_silence(void **state)
{
	struct call call;

	(void)state;
	open_call(&call, shaky);
	run_for(&call, 20000);
	struct bel_jitter_stats before = stats_of(&call);
	/* A pause shorter than the delay: the packet behind it is already here. */
	call.delay_us = at_once;
	call.is_sending = false;
	run_for(&call, 40);
	call.is_sending = true;
	run_for(&call, 1000);
	assert_true(call.answers[BEL_JITTER_SILENCE] > 0);
	assert_int_equal(stats_of(&call).lost, before.lost);
	close_call(&call);
}

static void another_ssrc_starts_anew(void **state)
{
	struct call call;

	(void)state;
	open_call(&call, at_once);
	run_for(&call, 2000);
	call.next.ssrc = 8;
	call.next.seq = 5;
	call.next.timestamp = 99;
	call.answers[BEL_JITTER_PACKET] = 0;
	run_for(&call, 2000);
	assert_int_equal(stats_of(&call).restarts, 1);
	assert_int_equal(stats_of(&call).lost + stats_of(&call).late, 0);
	assert_true(call.answers[BEL_JITTER_PACKET] > 90);
	close_call(&call);
}

static void a_sequence_or_a_timestamp_that_jumps_starts_anew(void **state)
{
	static const struct {
		int seq, timestamp;
	} rows[] = { { 1000, 160000 }, { -1000, 160 }, { 0, 8000000 }, { 0, -8000000 } };

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		struct call call;
		open_call(&call, at_once);
		run_for(&call, 2000);
		call.next.seq = (uint16_t)(call.next.seq + rows[i].seq);
		call.next.timestamp += (uint32_t)rows[i].timestamp;
		run_for(&call, 100);
		call.answers[BEL_JITTER_PACKET] = 0;
		call.answers[BEL_JITTER_CONCEAL] = 0;
		run_for(&call, 2000);
		assert_int_equal(call.frame.answer, BEL_JITTER_PACKET);
		assert_true(call.answers[BEL_JITTER_PACKET] > 85);
		close_call(&call);
	}
}

static uint64_t stalling(struct call *call)
{
	/* Every ten seconds everything of 300 ms comes at once. */
	uint64_t into_us = call->now_us % 10000000;

	return 30000 + (into_us < 300000 ? 300000 - into_us : 0);
}

static void a_stall_is_lived_through_and_its_delay_goes_away(void **state)
{
	struct call call;

	(void)state;
	open_call(&call, stalling);
	run_for(&call, 9900);
	run_for(&call, 600);
	struct bel_jitter_stats stats = stats_of(&call);
	assert_true(stats.delay_ms >= 100);
	assert_int_equal(stats.lost + stats.restarts, 0);
	call.delay_us = at_once;
	run_for(&call, 40000);
	assert_in_range(stats_of(&call).delay_ms, 10, 60);
	assert_true(stats_of(&call).dropped >= 5);
	close_call(&call);
}

static void events_beside_the_audio_are_not_missed(void **state)
{
	struct call call;
	bel_str audio;

	(void)state;
	open_call(&call, at_once);
	run_for(&call, 1000);
	audio = call.next.payload;
	call.next.payload = BEL_STR_NONE;
	run_for(&call, 40);
	uint32_t event_timestamp = call.next.timestamp;
	for (unsigned i = 0; i < 6; i++) {
		/* All packets of an event have its first timestamp. */
		struct bel_rtp_packet event = call.next;
		event.timestamp = event_timestamp;
		launch(&call, &event, 30000);
		call.next.seq++;
		call.is_sending = false;
		run_for(&call, 20);
		call.is_sending = true;
	}
	call.next.payload = audio;
	run_for(&call, 1000);
	assert_int_equal(stats_of(&call).lost + stats_of(&call).late, 0);
	assert_int_equal(call.frame.answer, BEL_JITTER_PACKET);
	close_call(&call);
}

static void a_first_packet_overtaken_is_still_played(void **state)
{
	struct call call;
	struct bel_rtp_packet first, second;
	struct bel_jitter_frame frame;

	(void)state;
	open_call(&call, at_once);
	first = second = call.next;
	second.seq++;
	second.timestamp += FRAME_SAMPLES;
	assert_int_equal(bel_jitter_put(call.jitter, &second, call.now_us), BEL_OK);
	assert_int_equal(bel_jitter_put(call.jitter, &first, call.now_us + 5000), BEL_OK);
	bel_jitter_get(&frame, call.jitter, call.now_us + 100000);
	assert_int_equal(frame.answer, BEL_JITTER_PACKET);
	assert_int_equal(frame.seq, first.seq);
	assert_int_equal(stats_of(&call).reordered, 1);
	close_call(&call);
}

static void frames_of_another_length_are_learnt(void **state)
{
	const struct bel_jitter_opts opts = { .clock_hz = 8000, .frame_samples = 160 };
	struct bel_rtp_packet packet = { .payload = { "x", 1 } };
	struct bel_jitter_frame frame = { 0 };
	struct bel_jitter *jitter;
	void *memory = malloc(bel_jitter_bytes(&opts));

	(void)state;
	assert_int_equal(bel_jitter_init(&jitter, &opts, memory, bel_jitter_bytes(&opts)),
			 BEL_OK);
	uint64_t next_get_us = 0;
	for (uint64_t now_us = 0; now_us < 3000000; now_us += 10000) {
		if (now_us % 30000 == 0) {
			assert_int_equal(bel_jitter_put(jitter, &packet, now_us), BEL_OK);
			packet.seq++;
			packet.timestamp += 240;
		}
		if (now_us < next_get_us)
			continue;
		bel_jitter_get(&frame, jitter, now_us);
		next_get_us = now_us + frame.samples * 1000 / 8;
	}
	assert_int_equal(frame.samples, 240);
	struct bel_jitter_stats stats;
	bel_jitter_stats(&stats, jitter);
	assert_true(stats.played > 90);
	assert_int_equal(stats.concealed + stats.lost, 0);
	free(memory);
}

static void options_that_make_no_sense_are_refused(void **state)
{
	static const struct bel_jitter_opts rows[] = {
		{ .frame_samples = 160 },
		{ .clock_hz = 8000 },
		{ .clock_hz = 8000, .frame_samples = 8000 },
		{ .clock_hz = 8000, .frame_samples = 160, .min_ms = 500 },
		{ .clock_hz = 8000, .frame_samples = 160, .slots_count = 8 },
		{ .clock_hz = 8000, .frame_samples = 160, .slots_count = 100000 },
		{ .clock_hz = 8000, .frame_samples = 160, .slot_bytes = 70000 },
	};
	struct bel_jitter *jitter = NULL;
	char memory[16];

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		assert_int_equal(bel_jitter_bytes(&rows[i]), 0);
		assert_int_equal(
			bel_jitter_init(&jitter, &rows[i], memory, sizeof memory),
			BEL_ERR_LIMIT);
	}
	assert_null(jitter);
}

static void a_payload_too_long_is_refused_and_counted(void **state)
{
	struct call call;
	char big[300] = { 0 };
	struct bel_rtp_packet packet = { .payload = { big, sizeof big } };

	(void)state;
	open_call(&call, at_once);
	assert_int_equal(bel_jitter_put(call.jitter, &packet, 0), BEL_ERR_LIMIT);
	assert_int_equal(stats_of(&call).overflowed, 1);
	close_call(&call);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_steady_stream_plays_every_packet),
		cmocka_unit_test(nothing_is_played_before_the_delay_is_over),
		cmocka_unit_test(the_delay_grows_to_what_the_network_needs),
		cmocka_unit_test(lost_packets_are_concealed_one_by_one),
		cmocka_unit_test(the_packet_behind_a_lost_one_is_shown_for_mending),
		cmocka_unit_test(
			duplicates_are_counted_before_and_after_they_were_played),
		cmocka_unit_test(a_late_packet_is_late_and_no_longer_lost),
		cmocka_unit_test(an_hour_of_drift_neither_overflows_nor_runs_dry),
		cmocka_unit_test(silence_after_comfort_noise_is_no_loss),
		cmocka_unit_test(a_sender_that_just_stops_is_bridged_shortly),
		cmocka_unit_test(a_timestamp_gap_in_sequence_is_silence),
		cmocka_unit_test(another_ssrc_starts_anew),
		cmocka_unit_test(a_sequence_or_a_timestamp_that_jumps_starts_anew),
		cmocka_unit_test(a_stall_is_lived_through_and_its_delay_goes_away),
		cmocka_unit_test(events_beside_the_audio_are_not_missed),
		cmocka_unit_test(a_first_packet_overtaken_is_still_played),
		cmocka_unit_test(frames_of_another_length_are_learnt),
		cmocka_unit_test(options_that_make_no_sense_are_refused),
		cmocka_unit_test(a_payload_too_long_is_refused_and_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
