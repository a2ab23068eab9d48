/* SPDX-License-Identifier: Apache-2.0
 * The bytes as the body of an INFO, as event packets of a stream, and as keys pressed and
 * released: every event begins once and ends once. */
#include <stdlib.h>
#include "rtp/rtp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FRAME_SAMPLES = 160, FRAME_US = 20000, STEP_BYTES = 8 };

static void require(bool is_true)
{
	if (!is_true)
		abort();
}

static void check_info(bel_str body)
{
	struct bel_dtmf_info info, again;
	char buf[64];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	if (bel_dtmf_info_parse(&info, body))
		return;
	require(info.event <= BEL_DTMF_FLASH);
	bel_dtmf_info_write(&writer, &info);
	require(!bel_dtmf_info_parse(&again, bel_writer_str(&writer)));
	require(again.event == info.event && again.duration_ms == info.duration_ms);
}

/* How many are heard and not ended. */
static int count(int open, const struct bel_dtmf_report *report)
{
	open -= report->has_ended_other + (report->news == BEL_DTMF_ENDED);
	open += report->news == BEL_DTMF_BEGUN;
	require(open == 0 || open == 1);
	return open;
}

static void check_receiver(const uint8_t *data, size_t size)
{
	struct bel_dtmf_receiver receiver = { 0 };
	struct bel_dtmf_report report;
	uint64_t now_us = 0;
	int open = 0;

	for (size_t i = 0; i + STEP_BYTES <= size; i += STEP_BYTES) {
		const struct bel_rtp_packet packet = {
			.timestamp = (uint32_t)data[i] << 16 | data[i + 1],
			.is_marked = data[i + 2] & 1,
			.payload = { (const char *)data + i + 3, data[i + 2] >> 1 & 7 },
		};
		now_us += (uint64_t)data[i + 7] * 1000;
		if (packet.payload.len > 4)
			continue;
		if (!bel_dtmf_receiver_on_packet(&report, &receiver, &packet, now_us))
			open = count(open, &report);
		bel_dtmf_receiver_advance(&report, &receiver, now_us);
		open = count(open, &report);
	}
	bel_dtmf_receiver_advance(&report, &receiver, now_us + 1000000);
	require(count(open, &report) == 0);
}

/* What is pressed here is heard there, over a network that loses by the data. */
static void check_both(const uint8_t *data, size_t size)
{
	struct bel_dtmf_sender sender = { 0 };
	struct bel_dtmf_receiver receiver = { 0 };
	struct bel_dtmf_report report;
	struct bel_dtmf_event event;
	uint32_t timestamp = 0;
	unsigned pressed = 0, heard = 0;

	for (size_t i = 0; i < size; i++, timestamp += FRAME_SAMPLES) {
		struct bel_rtp_packet packet = { 0 };
		char buf[BEL_DTMF_EVENT_BYTES];
		struct bel_writer writer = bel_writer_init(buf, sizeof buf);
		if (data[i] & 1)
			pressed += !bel_dtmf_sender_start(&sender, data[i] >> 4,
							  timestamp,
							  (data[i] & 14u) * 10000u);
		if ((data[i] & 0x30) == 0x30)
			bel_dtmf_sender_stop(&sender);
		if (!bel_dtmf_sender_next(&event, &packet.timestamp, &packet.is_marked,
					  &sender, FRAME_SAMPLES))
			continue;
		bel_dtmf_event_write(&writer, &event);
		packet.payload = bel_writer_str(&writer);
		if (data[i] & 0x40)
			continue;
		require(!bel_dtmf_receiver_on_packet(&report, &receiver, &packet,
						     i * FRAME_US));
		heard += report.news == BEL_DTMF_BEGUN;
	}
	require(heard <= pressed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_info((bel_str){ (const char *)data, size });
	check_receiver(data, size);
	check_both(data, size);
	return 0;
}
