/* SPDX-License-Identifier: Apache-2.0
 * The bytes choose what is put into a jitter buffer and when it is asked. What comes out
 * was put in, in the order of its sequence, once; everything put is counted. */
#include <stdlib.h>
#include "rtp/rtp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FRAME_SAMPLES = 160, SLOTS = 64, SLOT_BYTES = 16, STEP_BYTES = 3 };

static void require(bool is_true)
{
	if (!is_true)
		abort();
}

struct run {
	struct bel_jitter *jitter;
	struct bel_rtp_packet next;
	uint64_t now_us, puts, restarts;
	bool has_played;
	uint16_t last_seq;
};

/* The payload is the number and the timestamp, so that it is known again. */
static void put(struct run *run, const uint8_t *step)
{
	struct bel_rtp_packet packet = run->next;
	char payload[SLOT_BYTES + 1] = { 0 };
	struct bel_writer writer = bel_writer_init(payload, sizeof payload);
	int shift = (int8_t)step[1];

	if (step[0] & 0x10)
		packet.seq = (uint16_t)(packet.seq + shift);
	if (step[0] & 0x20)
		packet.timestamp += (uint32_t)(shift * FRAME_SAMPLES);
	if (step[0] & 0x40 && step[2] > 250)
		packet.ssrc++;
	packet.payload_type = step[2] % 8 == 7 ? 13 : 0;
	packet.is_marked = step[2] & 0x40;
	bel_write_be16(&writer, packet.seq);
	bel_write_be32(&writer, packet.timestamp);
	bool is_event = step[2] % 16 == 3;
	packet.payload = (bel_str){ payload, is_event ? 0 : 6 + step[2] % 12 };
	enum bel_err err = bel_jitter_put(run->jitter, &packet, run->now_us);
	require(err == BEL_OK || err == BEL_ERR_EXISTS || err == BEL_ERR_TIMEOUT ||
		(err == BEL_ERR_LIMIT && packet.payload.len > SLOT_BYTES));
	run->puts++;
	run->next.seq++;
	run->next.timestamp += FRAME_SAMPLES;
}

static void get(struct run *run)
{
	struct bel_jitter_frame frame;
	struct bel_jitter_stats stats;

	bel_jitter_get(&frame, run->jitter, run->now_us);
	bel_jitter_stats(&stats, run->jitter);
	require(frame.samples > 0 && frame.samples <= 8000 / 5);
	run->now_us += (uint64_t)frame.samples * 125;
	if (stats.restarts != run->restarts)
		run->has_played = false;
	run->restarts = stats.restarts;
	if (frame.answer != BEL_JITTER_PACKET)
		return;
	struct bel_cursor cursor = bel_cursor_init(frame.payload);
	uint16_t seq;
	uint32_t timestamp;
	require(bel_cursor_be16(&seq, &cursor) && bel_cursor_be32(&timestamp, &cursor));
	require(seq == frame.seq && timestamp == frame.timestamp);
	if (run->has_played)
		require((int16_t)(seq - run->last_seq) > 0);
	run->has_played = true;
	run->last_seq = seq;
}

static void check_counts(const struct run *run)
{
	struct bel_jitter_stats stats;

	bel_jitter_stats(&stats, run->jitter);
	require(stats.received == run->puts);
	require(stats.played + stats.dropped + stats.late + stats.duplicate +
			stats.overflowed + stats.waiting <=
		stats.received);
	require(stats.waiting <= SLOTS && stats.stretched <= stats.concealed);
	require(stats.target_ms >= 20 && stats.target_ms <= 400);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct bel_jitter_opts opts = { .clock_hz = 8000,
					      .frame_samples = FRAME_SAMPLES,
					      .slots_count = SLOTS,
					      .slot_bytes = SLOT_BYTES };
	size_t bytes = bel_jitter_bytes(&opts);
	void *memory = malloc(bytes);
	struct run run = { .now_us = 1000000, .next = { .seq = 65530 } };

	if (bel_jitter_init(&run.jitter, &opts, memory, bytes))
		abort();
	for (size_t i = 0; i + STEP_BYTES <= size; i += STEP_BYTES) {
		const uint8_t *step = data + i;
		if (step[0] & 1)
			put(&run, step);
		if (step[0] & 2)
			get(&run);
		if (step[0] & 4)
			run.now_us += (uint64_t)step[1] * 500;
		if ((step[0] & 0x88) == 0x88) {
			/* Lost on the way. */
			run.next.seq++;
			run.next.timestamp += FRAME_SAMPLES;
		}
		check_counts(&run);
	}
	free(memory);
	return 0;
}
