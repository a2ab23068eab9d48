/* SPDX-License-Identifier: Apache-2.0
 * Telephone events (RFC 4733), sent and received over a network that loses, and digits in
 * INFO. */
#include "support/support.h"

#include "rtp/rtp.h"

enum { FRAME = 160, FRAME_US = 20000, PACKETS_MAX = 2048 };

struct sent {
	struct bel_rtp_packet packet;
	struct bel_dtmf_event event;
	char payload[BEL_DTMF_EVENT_BYTES];
};

/* Everything that one event sends; the count. */
static unsigned send_event(struct sent *sent, char sign, uint32_t timestamp,
			   uint32_t samples)
{
	struct bel_dtmf_sender sender = { 0 };
	uint8_t number = 0;
	unsigned count = 0;

	assert_int_equal(bel_dtmf_from_char(&number, sign), BEL_OK);
	assert_int_equal(bel_dtmf_sender_start(&sender, number, timestamp, samples),
			 BEL_OK);
	while (count < PACKETS_MAX &&
	       bel_dtmf_sender_next(&sent[count].event, &sent[count].packet.timestamp,
				    &sent[count].packet.is_marked, &sender, FRAME)) {
		struct sent *next = &sent[count++];
		struct bel_writer writer = bel_writer_init(next->payload,
							   sizeof next->payload);
		bel_dtmf_event_write(&writer, &next->event);
		next->packet.payload = bel_writer_str(&writer);
	}
	return count;
}

static void an_event_is_marked_once_and_ends_three_times(void **state)
{
	struct sent sent[16] = { 0 };
	unsigned count = send_event(sent, '5', 1000, 800);

	(void)state;
	assert_int_equal(count, 7);
	for (unsigned i = 0; i < count; i++) {
		assert_int_equal(sent[i].packet.timestamp, 1000);
		assert_int_equal(sent[i].packet.is_marked, i == 0);
		assert_int_equal(sent[i].event.event, 5);
		assert_int_equal(sent[i].event.is_end, i >= 4);
		assert_int_equal(sent[i].event.duration, i < 4 ? (i + 1) * FRAME : 800);
	}
}

static void the_shortest_event_lasts_a_frame(void **state)
{
	struct sent sent[16] = { 0 };

	(void)state;
	assert_int_equal(send_event(sent, '#', 0, 0), 3);
	assert_true(sent[0].packet.is_marked);
	assert_true(sent[0].event.is_end);
	assert_false(sent[1].packet.is_marked);
	assert_int_equal(sent[2].event.duration, FRAME);
}

static void a_key_that_is_released_ends_the_event(void **state)
{
	struct bel_dtmf_sender sender = { 0 };
	struct bel_dtmf_event event;
	uint32_t timestamp;
	bool is_marked;

	(void)state;
	bel_dtmf_sender_start(&sender, 1, 0, UINT32_MAX);
	assert_int_equal(bel_dtmf_sender_start(&sender, 2, 0, 1), BEL_ERR_BUSY);
	for (unsigned i = 0; i < 10; i++)
		assert_true(bel_dtmf_sender_next(&event, &timestamp, &is_marked, &sender,
						 FRAME));
	assert_false(event.is_end);
	bel_dtmf_sender_stop(&sender);
	for (unsigned i = 0; i < 3; i++) {
		assert_true(bel_dtmf_sender_next(&event, &timestamp, &is_marked, &sender,
						 FRAME));
		assert_true(event.is_end);
		assert_int_equal(event.duration, 10 * FRAME);
	}
	assert_false(
		bel_dtmf_sender_next(&event, &timestamp, &is_marked, &sender, FRAME));
}

/* Section 2.5.1.3: 150,000 samples are two whole segments and 18,930. */
static void a_long_event_goes_on_in_segments(void **state)
{
	static struct sent sent[PACKETS_MAX];
	unsigned count = send_event(sent, '0', 1000, 150000);
	unsigned full = 0;

	(void)state;
	memset(&sent[count], 0, sizeof *sent);
	for (unsigned i = 0; i < count; i++) {
		assert_int_equal(sent[i].packet.is_marked, i == 0);
		assert_int_equal(sent[i].event.is_end, i >= count - 3);
		full += sent[i].event.duration == 0xffff;
		if (sent[i].event.duration == 0xffff)
			assert_false(sent[i].event.is_end);
	}
	assert_int_equal(full, 6);
	assert_int_equal(sent[count - 1].packet.timestamp, 1000 + 2 * 0xffff);
	assert_int_equal(sent[count - 1].event.duration, 150000 - 2 * 0xffff);
}

/* ---- receiving ---- */

struct listener {
	struct bel_dtmf_receiver receiver;
	char heard[64]; /* a sign when it begins, and its lower row when it ends */
	unsigned begun, ended;
	uint32_t duration;
	uint64_t now_us;
};

static void note(struct listener *listener, const struct bel_dtmf_report *report)
{
	if (report->has_ended_other) {
		listener->ended++;
		listener->duration = report->ended_duration;
	}
	if (report->news == BEL_DTMF_BEGUN)
		listener->heard[listener->begun++] = bel_dtmf_to_char(report->event);
	if (report->news == BEL_DTMF_ENDED) {
		listener->ended++;
		listener->duration = report->duration;
	}
}

static void hear(struct listener *listener, const struct sent *sent)
{
	struct bel_dtmf_report report;

	assert_int_equal(bel_dtmf_receiver_on_packet(&report, &listener->receiver,
						     &sent->packet, listener->now_us),
			 BEL_OK);
	note(listener, &report);
}

static void pass(struct listener *listener, uint64_t us)
{
	struct bel_dtmf_report report;

	listener->now_us += us;
	bel_dtmf_receiver_advance(&report, &listener->receiver, listener->now_us);
	note(listener, &report);
}

/* Every pattern of loss in a short event: whatever comes through is one event. */
static void an_event_is_heard_once_whatever_is_lost(void **state)
{
	struct sent sent[16] = { 0 };
	unsigned count = send_event(sent, '7', 4000, 480);

	(void)state;
	assert_int_equal(count, 5);
	for (unsigned lost = 0; lost < 1u << count; lost++) {
		struct listener listener = { .now_us = 5000000 };
		for (unsigned i = 0; i < count; i++) {
			if (!(lost >> i & 1))
				hear(&listener, &sent[i]);
			pass(&listener, FRAME_US);
		}
		pass(&listener, 200000);
		bool is_heard = lost != (1u << count) - 1;
		assert_int_equal(listener.begun, is_heard);
		assert_int_equal(listener.ended, is_heard);
		if (is_heard)
			assert_string_equal(listener.heard, "7");
	}
}

static void an_event_is_heard_once_in_any_order(void **state)
{
	struct sent sent[16] = { 0 };
	unsigned count = send_event(sent, '7', 4000, 480);

	(void)state;
	for (unsigned turn = 0; turn < 120; turn++) {
		struct listener listener = { .now_us = 5000000 };
		unsigned order[5] = { 0, 1, 2, 3, 4 }, rest = turn;
		for (unsigned i = count; i > 1; rest /= i, i--) {
			unsigned other = rest % i, kept = order[i - 1];
			order[i - 1] = order[other];
			order[other] = kept;
		}
		for (unsigned i = 0; i < count; i++)
			hear(&listener, &sent[order[i]]);
		pass(&listener, FRAME_US);
		assert_int_equal(listener.begun, 1);
		assert_int_equal(listener.ended, 1);
		assert_int_equal(listener.receiver.is_active, false);
	}
}

static void the_same_key_twice_is_two_events(void **state)
{
	struct sent first[16] = { 0 }, second[16] = { 0 };
	struct listener listener = { .now_us = 5000000 };
	unsigned count = send_event(first, '1', 4000, 480);

	(void)state;
	send_event(second, '1', 4000 + 800, 480);
	for (unsigned i = 0; i < count; i++)
		hear(&listener, &first[i]);
	for (unsigned i = 0; i < count; i++) {
		hear(&listener, &second[i]);
		hear(&listener, &first[count - 1]); /* one that comes late */
	}
	assert_string_equal(listener.heard, "11");
	assert_int_equal(listener.ended, 2);
	assert_int_equal(listener.duration, 480);
}

static void the_next_event_ends_one_whose_end_was_lost(void **state)
{
	struct sent first[16] = { 0 }, second[16] = { 0 };
	struct listener listener = { .now_us = 5000000 };

	(void)state;
	send_event(first, '1', 4000, 480);
	send_event(second, '2', 4800, 480);
	hear(&listener, &first[0]);
	hear(&listener, &second[0]);
	assert_string_equal(listener.heard, "12");
	assert_int_equal(listener.ended, 1);
	assert_int_equal(listener.duration, FRAME);
	pass(&listener, 149999);
	assert_int_equal(listener.ended, 1);
	pass(&listener, 1);
	assert_int_equal(listener.ended, 2);
	pass(&listener, 1000000);
	assert_int_equal(listener.ended, 2);
}

static void a_long_event_is_one_event(void **state)
{
	static struct sent sent[PACKETS_MAX];
	struct listener listener = { .now_us = 5000000 };
	unsigned count = send_event(sent, '0', 0xfffff000, 150000);

	(void)state;
	for (unsigned i = 0; i < count; i++) {
		if (i % 3 != 1)
			hear(&listener, &sent[i]);
		pass(&listener, FRAME_US);
	}
	assert_string_equal(listener.heard, "0");
	assert_int_equal(listener.ended, 1);
	assert_int_equal(listener.duration, 150000);
}

static void a_payload_too_short_is_no_event(void **state)
{
	struct bel_dtmf_receiver receiver = { 0 };
	struct bel_dtmf_report report;
	const struct bel_rtp_packet packet = { .payload = BEL_STR("\5\0\0") };

	(void)state;
	assert_int_equal(bel_dtmf_receiver_on_packet(&report, &receiver, &packet, 0),
			 BEL_ERR_SYNTAX);
	assert_false(receiver.is_active);
}

/* ---- signs and INFO ---- */

static void signs_have_their_numbers(void **state)
{
	static const char signs[] = "0123456789*#ABCD!";
	uint8_t event = 99;

	(void)state;
	for (uint8_t i = 0; i < sizeof signs - 1; i++) {
		assert_int_equal(bel_dtmf_from_char(&event, signs[i]), BEL_OK);
		assert_int_equal(event, i);
		assert_int_equal(bel_dtmf_to_char(i), signs[i]);
	}
	assert_int_equal(bel_dtmf_from_char(&event, 'd'), BEL_OK);
	assert_int_equal(event, 15);
	assert_int_equal(bel_dtmf_from_char(&event, 'e'), BEL_ERR_SYNTAX);
	assert_int_equal(bel_dtmf_from_char(&event, '\0'), BEL_ERR_SYNTAX);
	assert_int_equal(bel_dtmf_to_char(17), '\0');
}

static void bodies_of_info_are_read_as_phones_write_them(void **state)
{
	static const struct {
		const char *body;
		enum bel_err err;
		uint8_t event;
		unsigned duration_ms;
	} rows[] = {
		{ "Signal=5\r\nDuration=160\r\n", BEL_OK, 5, 160 },
		{ "Signal= 5\r\nDuration= 160", BEL_OK, 5, 160 },
		{ "signal = #\nduration = 250\n", BEL_OK, 11, 250 },
		{ "Duration=100\r\nSignal=*\r\n", BEL_OK, 10, 100 },
		{ "Signal=d", BEL_OK, 15, 0 },
		{ "Signal=10\r\n", BEL_OK, 10, 0 },
		{ "Signal=16\r\n", BEL_OK, 16, 0 },
		{ "Signal=5\r\nDuration=forever\r\n", BEL_OK, 5, 0 },
		{ "7", BEL_OK, 7, 0 },
		{ "#\r\n", BEL_OK, 11, 0 },
		{ "Signal=17", BEL_ERR_SYNTAX, 0, 0 },
		{ "Signal=", BEL_ERR_SYNTAX, 0, 0 },
		{ "Signal=55555555555555555555555", BEL_ERR_SYNTAX, 0, 0 },
		{ "Duration=160", BEL_ERR_SYNTAX, 0, 0 },
		{ "hello", BEL_ERR_SYNTAX, 0, 0 },
		{ "", BEL_ERR_SYNTAX, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		struct bel_dtmf_info info = { 0 };
		enum bel_err err = bel_dtmf_info_parse(&info, bel_str_from(rows[i].body));
		if (err != rows[i].err || info.event != rows[i].event ||
		    info.duration_ms != rows[i].duration_ms)
			fail_msg("%s: %d, %u for %u ms", rows[i].body, err, info.event,
				 info.duration_ms);
	}
}

static void a_body_is_written_as_it_is_read(void **state)
{
	const struct bel_dtmf_info info = { 11, 160 };
	char buf[64];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	struct bel_dtmf_info read;

	(void)state;
	bel_dtmf_info_write(&writer, &info);
	assert_str(bel_writer_str(&writer), "Signal=#\r\nDuration=160\r\n");
	assert_int_equal(bel_dtmf_info_parse(&read, bel_writer_str(&writer)), BEL_OK);
	assert_int_equal(read.event, 11);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event_is_marked_once_and_ends_three_times),
		cmocka_unit_test(the_shortest_event_lasts_a_frame),
		cmocka_unit_test(a_key_that_is_released_ends_the_event),
		cmocka_unit_test(a_long_event_goes_on_in_segments),
		cmocka_unit_test(an_event_is_heard_once_whatever_is_lost),
		cmocka_unit_test(an_event_is_heard_once_in_any_order),
		cmocka_unit_test(the_same_key_twice_is_two_events),
		cmocka_unit_test(the_next_event_ends_one_whose_end_was_lost),
		cmocka_unit_test(a_long_event_is_one_event),
		cmocka_unit_test(a_payload_too_short_is_no_event),
		cmocka_unit_test(signs_have_their_numbers),
		cmocka_unit_test(bodies_of_info_are_read_as_phones_write_them),
		cmocka_unit_test(a_body_is_written_as_it_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
