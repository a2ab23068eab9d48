/* SPDX-License-Identifier: Apache-2.0
 * What is known of who sends to us (RFC 3550 appendix A), and of our own stream. */
#include "support/support.h"

#include "rtp/rtp.h"

enum { CLOCK_HZ = 8000, FRAME_US = 20000 };

static enum bel_rtp_verdict put(struct bel_rtp_source *source, uint16_t seq)
{
	const struct bel_rtp_packet packet = { .seq = seq,
					       .ssrc = source->ssrc,
					       .timestamp = (uint32_t)seq * 160 };

	return bel_rtp_source_on_packet(source, &packet,
					1000000 + seq * (uint64_t)FRAME_US);
}

/* A source that has passed its probation with first and first + 1. */
static void begin(struct bel_rtp_source *source, uint16_t first)
{
	bel_rtp_source_init(source, 7, CLOCK_HZ, first);
	assert_int_equal(put(source, first), BEL_RTP_PROBATION);
	assert_int_equal(put(source, (uint16_t)(first + 1)), BEL_RTP_VALID);
}

static void two_packets_in_sequence_make_a_source_valid(void **state)
{
	struct bel_rtp_source source;

	(void)state;
	bel_rtp_source_init(&source, 7, CLOCK_HZ, 10);
	assert_int_equal(put(&source, 10), BEL_RTP_PROBATION);
	assert_int_equal(put(&source, 20), BEL_RTP_PROBATION);
	assert_int_equal(bel_rtp_source_expected(&source), 0);
	assert_int_equal(put(&source, 21), BEL_RTP_VALID);
	assert_int_equal(bel_rtp_source_expected(&source), 1);
	assert_int_equal(bel_rtp_source_lost(&source), 0);
}

static void a_wrap_counts_a_cycle(void **state)
{
	struct bel_rtp_source source;
	struct bel_rtcp_report report;

	(void)state;
	begin(&source, 65533);
	assert_int_equal(put(&source, 65535), BEL_RTP_VALID);
	assert_int_equal(put(&source, 1), BEL_RTP_VALID);
	assert_int_equal(put(&source, 0), BEL_RTP_VALID); /* out of order */
	assert_int_equal(bel_rtp_source_expected(&source), 4);
	assert_int_equal(bel_rtp_source_lost(&source), 0);
	bel_rtp_source_report(&report, &source, 0);
	assert_int_equal(report.highest_seq, 65536 + 1);
}

static void a_jump_is_stray_until_a_second_packet_follows_it(void **state)
{
	struct bel_rtp_source source;

	(void)state;
	begin(&source, 100);
	assert_int_equal(put(&source, 100 + 2999), BEL_RTP_VALID);
	assert_int_equal(put(&source, 3099 + 3000), BEL_RTP_STRAY);
	assert_int_equal(put(&source, 3100), BEL_RTP_VALID);
	assert_int_equal(put(&source, 30000), BEL_RTP_STRAY);
	assert_int_equal(put(&source, 30001), BEL_RTP_RESTARTED);
	assert_int_equal(bel_rtp_source_expected(&source), 1);
	assert_int_equal(put(&source, 30001 - 99), BEL_RTP_VALID);
	assert_int_equal(put(&source, 30001 - 101), BEL_RTP_STRAY);
}

/* Appendix A.3. */
static void loss_is_reported_by_interval_and_in_all(void **state)
{
	struct bel_rtp_source source;
	struct bel_rtcp_report report;

	(void)state;
	begin(&source, 0);
	for (uint16_t seq = 2; seq <= 8; seq++)
		if (seq != 3 && seq != 5)
			put(&source, seq);
	bel_rtp_source_report(&report, &source, 0);
	assert_int_equal(report.lost, 2);
	assert_int_equal(report.fraction_lost, 2 * 256 / 8);
	assert_int_equal(report.lsr, 0);
	put(&source, 9);
	bel_rtp_source_report(&report, &source, 0);
	assert_int_equal(report.fraction_lost, 0);
	assert_int_equal(report.lost, 2);
	bel_rtp_source_report(&report, &source, 0);
	assert_int_equal(report.fraction_lost, 0);
}

static void duplicates_make_loss_negative_and_no_fraction(void **state)
{
	struct bel_rtp_source source;
	struct bel_rtcp_report report;

	(void)state;
	begin(&source, 0);
	for (unsigned i = 0; i < 5; i++)
		put(&source, 1);
	bel_rtp_source_report(&report, &source, 0);
	assert_int_equal(report.lost, -5);
	assert_int_equal(report.fraction_lost, 0);
}

/* Appendix A.8 by hand: 16 late by 16 ms (128 samples) and back. */
static void jitter_follows_the_formula(void **state)
{
	struct bel_rtp_source source;
	struct bel_rtp_packet packet = { .ssrc = 7 };
	double jitter = 0;
	int64_t late_us = 0;

	(void)state;
	begin(&source, 0);
	for (uint16_t seq = 2; seq < 40; seq++) {
		int64_t before_us = late_us;
		late_us = seq % 2 ? 16000 : 0;
		packet.seq = seq;
		packet.timestamp = (uint32_t)seq * 160;
		bel_rtp_source_on_packet(&source, &packet,
					 1000000 + seq * (uint64_t)FRAME_US +
						 (uint64_t)late_us);
		double change = late_us == before_us ? 0 : 128;
		jitter += (change - jitter) / 16;
		assert_in_range((source.jitter_q4 >> 4) + 1, (unsigned)jitter,
				(unsigned)jitter + 2);
	}
	assert_in_range(bel_rtp_source_jitter_us(&source), 14000, 16000);
}

static void a_clock_that_does_not_wrap_with_the_timestamp_is_no_jitter(void **state)
{
	struct bel_rtp_source source;
	struct bel_rtp_packet packet = { .ssrc = 7, .timestamp = 0xffffff00 };
	uint64_t now_us = (uint64_t)1 << 52;

	(void)state;
	bel_rtp_source_init(&source, 7, CLOCK_HZ, 0);
	for (unsigned i = 0; i < 100; i++) {
		bel_rtp_source_on_packet(&source, &packet, now_us);
		packet.seq++;
		packet.timestamp += 160;
		now_us += FRAME_US;
	}
	assert_int_equal(bel_rtp_source_jitter_us(&source), 0);
}

static void the_last_sender_report_comes_back_in_the_block(void **state)
{
	struct bel_rtp_source source;
	struct bel_rtcp_report report;

	(void)state;
	begin(&source, 0);
	bel_rtp_source_on_sender_report(&source, 0x0102030405060708, 5000000);
	bel_rtp_source_report(&report, &source, 6500000);
	assert_int_equal(report.lsr, 0x03040506);
	assert_int_equal(report.dlsr, 65536 * 3 / 2);
}

/* ---- one stream at a time ---- */

struct meeting {
	struct bel_rtp_receiver receiver;
	bel_addr bob, mallory;
	uint64_t now_us;
};

static void meet(struct meeting *meeting)
{
	*meeting = (struct meeting){ .bob = bel_addr_v4(192, 0, 2, 1, 4000),
				     .mallory = bel_addr_v4(192, 0, 2, 66, 4000),
				     .now_us = 1000000 };
	bel_rtp_receiver_init(&meeting->receiver, 99, CLOCK_HZ);
}

static enum bel_rtp_verdict hear(struct meeting *meeting, uint32_t ssrc, uint16_t seq)
{
	const struct bel_rtp_packet packet = { .ssrc = ssrc, .seq = seq };
	const bel_addr *from = ssrc == 66 ? &meeting->mallory : &meeting->bob;

	meeting->now_us += FRAME_US;
	return bel_rtp_receiver_on_packet(&meeting->receiver, &packet, from,
					  meeting->now_us);
}

static void another_source_takes_over_after_its_probation(void **state)
{
	struct meeting meeting;

	(void)state;
	meet(&meeting);
	assert_int_equal(hear(&meeting, 1, 10), BEL_RTP_PROBATION);
	assert_int_equal(hear(&meeting, 1, 11), BEL_RTP_VALID);
	assert_int_equal(hear(&meeting, 2, 500), BEL_RTP_STRAY);
	assert_int_equal(meeting.receiver.source.ssrc, 1);
	assert_int_equal(hear(&meeting, 2, 501), BEL_RTP_RESTARTED);
	assert_int_equal(meeting.receiver.source.ssrc, 2);
	assert_int_equal(hear(&meeting, 2, 502), BEL_RTP_VALID);
	assert_int_equal(meeting.receiver.changes_count, 1);
	/* A late packet of the former one changes nothing. */
	assert_int_equal(hear(&meeting, 1, 12), BEL_RTP_STRAY);
	assert_int_equal(hear(&meeting, 2, 503), BEL_RTP_VALID);
	assert_int_equal(bel_rtp_source_expected(&meeting.receiver.source), 3);
}

static void packets_thrown_in_between_never_take_over(void **state)
{
	struct meeting meeting;

	(void)state;
	meet(&meeting);
	hear(&meeting, 1, 10);
	for (uint16_t seq = 11; seq < 200; seq++) {
		assert_int_equal(hear(&meeting, 1, seq), BEL_RTP_VALID);
		assert_int_equal(hear(&meeting, 66, seq), BEL_RTP_STRAY);
	}
	assert_int_equal(meeting.receiver.source.ssrc, 1);
}

static void who_wears_our_ssrc_collides_once_and_loops_then(void **state)
{
	struct meeting meeting;

	(void)state;
	meet(&meeting);
	assert_int_equal(hear(&meeting, 99, 1), BEL_RTP_COLLISION);
	assert_int_equal(hear(&meeting, 99, 2), BEL_RTP_LOOP);
	assert_int_equal(hear(&meeting, 1, 2), BEL_RTP_PROBATION);
	meeting.now_us += 60000000;
	assert_int_equal(hear(&meeting, 99, 3), BEL_RTP_COLLISION);
	for (uint8_t i = 0; i < 10; i++) {
		meeting.bob = bel_addr_v4(192, 0, 2, i, 1);
		assert_int_equal(hear(&meeting, 99, 3), BEL_RTP_COLLISION);
	}
}

static void an_echo_of_ours_is_followed_like_anybody(void **state)
{
	struct bel_rtp_packet packet = { .ssrc = 99 };
	struct meeting meeting;

	(void)state;
	meet(&meeting);
	assert_int_equal(hear(&meeting, 99, 1), BEL_RTP_COLLISION);
	assert_int_equal(hear(&meeting, 99, 2), BEL_RTP_LOOP);
	packet.seq = 2;
	assert_int_equal(bel_rtp_receiver_on_echo(&meeting.receiver, &packet, 1),
			 BEL_RTP_PROBATION);
	packet.seq = 3;
	assert_int_equal(bel_rtp_receiver_on_echo(&meeting.receiver, &packet, 2),
			 BEL_RTP_VALID);
	assert_int_equal(meeting.receiver.source.ssrc, 99);
}

/* ---- our own ---- */

static void a_talkspurt_begins_with_the_marker(void **state)
{
	const uint32_t random[3] = { 0x11111111, 0xffffff60, 0xffffffff };
	struct bel_rtp_sender sender;
	struct bel_rtp_packet packet = { .payload = { "0123", 4 } };

	(void)state;
	bel_rtp_sender_init(&sender, random, CLOCK_HZ);
	bel_rtp_sender_next(&packet, &sender, 160, 1);
	assert_int_equal(packet.ssrc, 0x11111111);
	assert_int_equal(packet.timestamp, 0xffffff60);
	assert_int_equal(packet.seq, 0x7fff);
	assert_true(packet.is_marked);
	bel_rtp_sender_next(&packet, &sender, 160, 1);
	assert_int_equal(packet.timestamp, 0);
	assert_int_equal(packet.seq, 0x8000);
	assert_false(packet.is_marked);
	bel_rtp_sender_skip(&sender, 320);
	bel_rtp_sender_next(&packet, &sender, 160, 1);
	assert_int_equal(packet.timestamp, 160 + 320);
	assert_int_equal(packet.seq, 0x8001);
	assert_true(packet.is_marked);
}

static void an_event_takes_a_number_and_no_time(void **state)
{
	const uint32_t random[3] = { 1, 1000, 5 };
	struct bel_rtp_sender sender;
	struct bel_rtp_packet packet = { .timestamp = 77 };

	(void)state;
	bel_rtp_sender_init(&sender, random, CLOCK_HZ);
	bel_rtp_sender_next_beside(&packet, &sender);
	assert_int_equal(packet.seq, 5);
	assert_int_equal(packet.timestamp, 77);
	bel_rtp_sender_next(&packet, &sender, 160, 1);
	assert_int_equal(packet.seq, 6);
	assert_int_equal(packet.timestamp, 1000);
}

static void a_sender_report_has_the_timestamp_of_now(void **state)
{
	const uint32_t random[3] = { 1, 1000, 5 };
	struct bel_rtp_sender sender;
	struct bel_rtp_packet packet = { .payload = { "0123", 4 } };
	struct bel_rtcp_sender_info info;

	(void)state;
	bel_rtp_sender_init(&sender, random, CLOCK_HZ);
	bel_rtp_sender_next(&packet, &sender, 160, 1000000);
	bel_rtp_sender_next(&packet, &sender, 160, 1020000);
	bel_rtp_sender_report(&info, &sender, 42, 2025000);
	assert_int_equal(info.ntp, 42);
	assert_int_equal(info.rtp_timestamp, 1160 + 8000 + 40);
	assert_int_equal(info.packets_count, 2);
	assert_int_equal(info.payload_bytes, 8);
	bel_rtp_sender_rename(&sender, 9);
	bel_rtp_sender_report(&info, &sender, 42, 2025000);
	assert_int_equal(info.packets_count, 0);
	bel_rtp_sender_next(&packet, &sender, 160, 1040000);
	assert_int_equal(packet.ssrc, 9);
	assert_int_equal(packet.seq, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_packets_in_sequence_make_a_source_valid),
		cmocka_unit_test(a_wrap_counts_a_cycle),
		cmocka_unit_test(a_jump_is_stray_until_a_second_packet_follows_it),
		cmocka_unit_test(loss_is_reported_by_interval_and_in_all),
		cmocka_unit_test(duplicates_make_loss_negative_and_no_fraction),
		cmocka_unit_test(jitter_follows_the_formula),
		cmocka_unit_test(
			a_clock_that_does_not_wrap_with_the_timestamp_is_no_jitter),
		cmocka_unit_test(the_last_sender_report_comes_back_in_the_block),
		cmocka_unit_test(another_source_takes_over_after_its_probation),
		cmocka_unit_test(packets_thrown_in_between_never_take_over),
		cmocka_unit_test(who_wears_our_ssrc_collides_once_and_loops_then),
		cmocka_unit_test(an_echo_of_ours_is_followed_like_anybody),
		cmocka_unit_test(a_talkspurt_begins_with_the_marker),
		cmocka_unit_test(an_event_takes_a_number_and_no_time),
		cmocka_unit_test(a_sender_report_has_the_timestamp_of_now),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
