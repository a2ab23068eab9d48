/* SPDX-License-Identifier: Apache-2.0
 * RTCP: what is written is read back alike, and nothing is read too far. */
#include "support/support.h"

#include "rtp/rtp.h"

#define BYTES(literal) ((bel_str){ literal, sizeof(literal) - 1 })

struct compound {
	char buf[1024];
	struct bel_writer writer;
};

static struct bel_writer *begin(struct compound *compound)
{
	compound->writer = bel_writer_init(compound->buf, sizeof compound->buf);
	return &compound->writer;
}

/* The packet written first. */
static struct bel_rtcp_packet first(const struct compound *compound)
{
	struct bel_cursor left = bel_cursor_init(bel_writer_str(&compound->writer));
	struct bel_rtcp_packet packet = { 0 };

	assert_true(bel_rtcp_take(&packet, &left));
	return packet;
}

static void a_sender_report_is_read_as_it_was_written(void **state)
{
	const struct bel_rtcp_sender_info info = { 0x1122334455667788, 9, 10, 11 };
	const struct bel_rtcp_report blocks[] = {
		{ 5, 128, -3, 70000, 40, 0x01020304, 6 },
		{ 6, 255, 0x7fffff, 1, 2, 3, 4 },
	};
	struct compound compound;
	struct bel_rtcp_sender_info info_read;
	struct bel_rtcp_report read;

	(void)state;
	assert_int_equal(bel_rtcp_report_write(begin(&compound), 1, &info, blocks, 2),
			 BEL_OK);
	struct bel_rtcp_packet packet = first(&compound);
	assert_int_equal(packet.type, BEL_RTCP_SR);
	assert_int_equal(packet.ssrc, 1);
	assert_int_equal(packet.bytes.len, 28 + 2 * 24);
	assert_int_equal(bel_rtcp_sender_info(&info_read, &packet), BEL_OK);
	assert_int_equal(info_read.ntp, info.ntp);
	assert_int_equal(info_read.rtp_timestamp, info.rtp_timestamp);
	assert_int_equal(info_read.packets_count, info.packets_count);
	assert_int_equal(info_read.payload_bytes, info.payload_bytes);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(bel_rtcp_report_find(&read, &packet, blocks[i].ssrc),
				 BEL_OK);
		assert_int_equal(read.fraction_lost, blocks[i].fraction_lost);
		assert_int_equal(read.lost, blocks[i].lost);
		assert_int_equal(read.highest_seq, blocks[i].highest_seq);
		assert_int_equal(read.lsr, blocks[i].lsr);
		assert_int_equal(read.dlsr, blocks[i].dlsr);
	}
	assert_int_equal(bel_rtcp_report_find(&read, &packet, 7), BEL_ERR_NOT_FOUND);
}

static void a_compound_begins_with_a_report(void **state)
{
	const struct bel_rtcp_report block = { .ssrc = 5 };
	struct compound compound;
	struct bel_writer *writer = begin(&compound);

	(void)state;
	bel_rtcp_report_write(writer, 1, NULL, &block, 1);
	bel_rtcp_cname_write(writer, 1, BEL_STR("alice"));
	bel_rtcp_bye_write(writer, 1, BEL_STR("gone"));
	bel_str all = bel_writer_str(writer);
	assert_int_equal(bel_rtcp_check(all, false), BEL_OK);
	assert_int_equal(bel_rtcp_check(bel_str_slice(all, 0, all.len - 4), false),
			 BEL_ERR_SYNTAX);
	bel_str tail = bel_str_slice(all, 32, all.len);
	assert_int_equal(bel_rtcp_check(tail, false), BEL_ERR_SYNTAX);
	assert_int_equal(bel_rtcp_check(tail, true), BEL_OK);
	assert_int_equal(bel_rtcp_check(BEL_STR_NONE, true), BEL_ERR_SYNTAX);
	for (size_t len = 1; len < all.len; len++) {
		bel_str piece = bel_test_exact(bel_str_slice(all, 0, len));
		enum bel_err err = bel_rtcp_check(piece, false);
		bool is_whole = len == 32 || len == 48;
		assert_int_equal(err, is_whole ? BEL_OK : BEL_ERR_SYNTAX);
		free((void *)(uintptr_t)piece.ptr);
	}
}

static void padding_stands_at_the_end_only(void **state)
{
	const bel_str padded = BYTES("\xa0\xc9\0\2\0\0\0\1\0\0\0\4");
	const bel_str inside = BYTES("\xa0\xc9\0\2\0\0\0\1\0\0\0\4\x80\xc9\0\1\0\0\0\1");
	const bel_str too_long = BYTES("\xa0\xc9\0\2\0\0\0\1\0\0\0\x0c");

	(void)state;
	assert_int_equal(bel_rtcp_check(padded, false), BEL_OK);
	assert_int_equal(bel_rtcp_check(inside, false), BEL_ERR_SYNTAX);
	assert_int_equal(bel_rtcp_check(too_long, false), BEL_ERR_SYNTAX);
}

static void a_name_of_every_length_ends_on_a_word(void **state)
{
	static const char text[] = "alice@example.com";

	(void)state;
	for (size_t len = 0; len < sizeof text; len++) {
		struct compound compound;
		bel_str name;
		assert_int_equal(bel_rtcp_cname_write(begin(&compound), 0x0a0b0c0d,
						      (bel_str){ text, len }),
				 BEL_OK);
		assert_int_equal(compound.writer.len % 4, 0);
		assert_int_equal(bel_rtcp_check(bel_writer_str(&compound.writer), true),
				 BEL_OK);
		struct bel_rtcp_packet packet = first(&compound);
		assert_int_equal(bel_rtcp_cname_find(&name, &packet, 0x0a0b0c0d), BEL_OK);
		assert_true(bel_str_is_equal(name, (bel_str){ text, len }));
		assert_int_equal(bel_rtcp_cname_find(&name, &packet, 1),
				 BEL_ERR_NOT_FOUND);
	}
}

static void a_name_is_found_behind_other_items_and_chunks(void **state)
{
	const bel_str bytes = BYTES("\x82\xca\x00\x07"
				    "\0\0\0\1\2\4anna\0\0"
				    "\0\0\0\2\3\1x\1\3bob\0\0\0\0");
	struct bel_cursor left = bel_cursor_init(bytes);
	struct bel_rtcp_packet packet;
	bel_str name;

	(void)state;
	assert_true(bel_rtcp_take(&packet, &left));
	assert_int_equal(bel_rtcp_cname_find(&name, &packet, 1), BEL_ERR_NOT_FOUND);
	assert_int_equal(bel_rtcp_cname_find(&name, &packet, 2), BEL_OK);
	assert_str(name, "bob");
}

static void a_bye_names_who_leaves_and_why(void **state)
{
	struct compound compound;
	bel_str reason;

	(void)state;
	assert_int_equal(
		bel_rtcp_bye_write(begin(&compound), 9, BEL_STR("camera malfunction")),
		BEL_OK);
	struct bel_rtcp_packet packet = first(&compound);
	assert_true(bel_rtcp_is_bye_of(&packet, 9));
	assert_false(bel_rtcp_is_bye_of(&packet, 8));
	assert_int_equal(bel_rtcp_bye_reason(&reason, &packet), BEL_OK);
	assert_str(reason, "camera malfunction");
	bel_rtcp_bye_write(begin(&compound), 9, BEL_STR_NONE);
	packet = first(&compound);
	assert_int_equal(packet.bytes.len, 8);
	assert_int_equal(bel_rtcp_bye_reason(&reason, &packet), BEL_ERR_NOT_FOUND);
}

static void what_an_application_sends_is_kept(void **state)
{
	const struct bel_rtcp_app app = { BEL_STR("test"), BEL_STR("12345678") };
	struct bel_rtcp_app bad = app, read;
	struct compound compound;

	(void)state;
	assert_int_equal(bel_rtcp_app_write(begin(&compound), 3, 17, &app), BEL_OK);
	struct bel_rtcp_packet packet = first(&compound);
	assert_int_equal(packet.count, 17);
	assert_int_equal(bel_rtcp_app(&read, &packet), BEL_OK);
	assert_str(read.name, "test");
	assert_str(read.data, "12345678");
	bad.data.len = 3;
	assert_int_equal(bel_rtcp_app_write(begin(&compound), 3, 1, &bad), BEL_ERR_LIMIT);
	assert_int_equal(bel_rtcp_app_write(begin(&compound), 3, 32, &app),
			 BEL_ERR_LIMIT);
}

static void a_nack_lists_what_is_lost(void **state)
{
	const struct bel_rtcp_nack nacks[] = { { 100, 0x8001 }, { 65535, 0 } };
	struct compound compound;
	struct bel_rtcp_nack read;
	struct bel_cursor left;
	uint32_t media_ssrc;

	(void)state;
	assert_int_equal(bel_rtcp_nack_write(begin(&compound), 1, 2, nacks, 2), BEL_OK);
	struct bel_rtcp_packet packet = first(&compound);
	assert_int_equal(packet.count, BEL_RTCP_NACK);
	assert_int_equal(bel_rtcp_feedback(&media_ssrc, &left, &packet), BEL_OK);
	assert_int_equal(media_ssrc, 2);
	for (unsigned i = 0; i < 2; i++) {
		assert_true(bel_rtcp_nack_take(&read, &left));
		assert_memory_equal(&read, &nacks[i], sizeof read);
	}
	assert_false(bel_rtcp_nack_take(&read, &left));
}

static void a_picture_is_asked_for_in_two_ways(void **state)
{
	struct compound compound;

	(void)state;
	bel_rtcp_pli_write(begin(&compound), 1, 2);
	struct bel_rtcp_packet packet = first(&compound);
	assert_true(bel_rtcp_is_picture_asked(&packet, 2));
	assert_false(bel_rtcp_is_picture_asked(&packet, 1));
	bel_rtcp_fir_write(begin(&compound), 1, 2, 7);
	packet = first(&compound);
	assert_true(bel_rtcp_is_picture_asked(&packet, 2));
	assert_false(bel_rtcp_is_picture_asked(&packet, 0));
}

static void voip_metrics_stand_where_rfc_3611_has_them(void **state)
{
	const struct bel_rtcp_voip voip = { .ssrc = 0x01020304,
					    .loss_rate = 12,
					    .discard_rate = 13,
					    .burst_density = 84,
					    .gap_density = 10,
					    .burst_ms = 120,
					    .gap_ms = 520,
					    .round_trip_ms = 300,
					    .end_system_ms = 40,
					    .signal_dbm = -20,
					    .noise_dbm = 127,
					    .echo_loss_db = 45,
					    .gmin = 16,
					    .r_factor = 93,
					    .external_r_factor = 127,
					    .mos_lq = 44,
					    .mos_cq = 43,
					    .config = BEL_RTCP_PLC_ENHANCED |
						      BEL_RTCP_JITTER_ADAPTIVE,
					    .jitter_nominal_ms = 40,
					    .jitter_max_ms = 80,
					    .jitter_limit_ms = 400 };
	static const char wire[] = "\x80\xcf\x00\x0a\x00\x00\x00\x09"
				   "\x07\x00\x00\x08\x01\x02\x03\x04"
				   "\x0c\x0d\x54\x0a\x00\x78\x02\x08"
				   "\x01\x2c\x00\x28\xec\x7f\x2d\x10"
				   "\x5d\x7f\x2c\x2b\xb0\x00\x00\x28"
				   "\x00\x50\x01\x90";
	struct compound compound;
	struct bel_rtcp_xr_block block;
	struct bel_rtcp_voip read;
	struct bel_cursor left;

	(void)state;
	assert_int_equal(bel_rtcp_voip_write(begin(&compound), 9, &voip), BEL_OK);
	assert_int_equal(compound.writer.len, sizeof wire - 1);
	assert_memory_equal(compound.buf, wire, sizeof wire - 1);
	struct bel_rtcp_packet packet = first(&compound);
	assert_int_equal(bel_rtcp_xr(&left, &packet), BEL_OK);
	assert_true(bel_rtcp_xr_take(&block, &left));
	assert_int_equal(bel_rtcp_xr_voip(&read, &block), BEL_OK);
	struct compound again;
	bel_rtcp_voip_write(begin(&again), 9, &read);
	assert_memory_equal(again.buf, wire, sizeof wire - 1);
	assert_false(bel_rtcp_xr_take(&block, &left));
}

static void who_sends_nothing_measures_by_reference_time(void **state)
{
	const struct bel_rtcp_dlrr entries[] = { { 1, 2, 3 }, { 4, 5, 6 } };
	struct compound compound;
	struct bel_rtcp_xr_block block;
	struct bel_rtcp_dlrr read;
	struct bel_cursor left;
	uint64_t ntp;

	(void)state;
	bel_rtcp_reference_time_write(begin(&compound), 9, 0x1122334455667788);
	struct bel_rtcp_packet packet = first(&compound);
	assert_int_equal(bel_rtcp_xr(&left, &packet), BEL_OK);
	assert_true(bel_rtcp_xr_take(&block, &left));
	assert_int_equal(bel_rtcp_xr_reference_time(&ntp, &block), BEL_OK);
	assert_int_equal(ntp, 0x1122334455667788);
	bel_rtcp_dlrr_write(begin(&compound), 9, entries, 2);
	packet = first(&compound);
	assert_int_equal(bel_rtcp_xr(&left, &packet), BEL_OK);
	assert_true(bel_rtcp_xr_take(&block, &left));
	assert_int_equal(bel_rtcp_xr_dlrr_find(&read, &block, 4), BEL_OK);
	assert_int_equal(read.lrr, 5);
	assert_int_equal(read.dlrr, 6);
	assert_int_equal(bel_rtcp_xr_dlrr_find(&read, &block, 7), BEL_ERR_NOT_FOUND);
}

/* RFC 3550 figure 2. */
static void the_round_trip_of_the_figure_is_6125_ms(void **state)
{
	uint32_t us;

	(void)state;
	assert_int_equal(bel_rtcp_round_trip_us(&us, (uint64_t)0xb7108000 << 16,
						0xb7052000, 0x00054000),
			 BEL_OK);
	assert_int_equal(us, 6125000);
	assert_int_equal(bel_rtcp_round_trip_us(&us, (uint64_t)0xb7108000 << 16, 0, 5),
			 BEL_ERR_NOT_FOUND);
	assert_int_equal(bel_rtcp_round_trip_us(&us, (uint64_t)0xb7108000 << 16,
						0xb7108000, 0x00054000),
			 BEL_ERR_NOT_FOUND);
}

static void ntp_begins_in_1900(void **state)
{
	(void)state;
	assert_int_equal(bel_ntp_from_unix_us(0), (uint64_t)2208988800 << 32);
	assert_int_equal(bel_ntp_from_unix_us(1500000),
			 (uint64_t)2208988801 << 32 | 0x80000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sender_report_is_read_as_it_was_written),
		cmocka_unit_test(a_compound_begins_with_a_report),
		cmocka_unit_test(padding_stands_at_the_end_only),
		cmocka_unit_test(a_name_of_every_length_ends_on_a_word),
		cmocka_unit_test(a_name_is_found_behind_other_items_and_chunks),
		cmocka_unit_test(a_bye_names_who_leaves_and_why),
		cmocka_unit_test(what_an_application_sends_is_kept),
		cmocka_unit_test(a_nack_lists_what_is_lost),
		cmocka_unit_test(a_picture_is_asked_for_in_two_ways),
		cmocka_unit_test(voip_metrics_stand_where_rfc_3611_has_them),
		cmocka_unit_test(who_sends_nothing_measures_by_reference_time),
		cmocka_unit_test(the_round_trip_of_the_figure_is_6125_ms),
		cmocka_unit_test(ntp_begins_in_1900),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
