/* SPDX-License-Identifier: Apache-2.0
 * What a packet costs in the jitter buffer, put and got, on a network that is steady and
 * on one that is not:
 *   bench_jitter [PACKETS] */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "rtp/rtp.h"

enum { FRAME_US = 20000, FRAME_SAMPLES = 160, PAYLOAD_BYTES = 160, PACKETS = 1000000 };

static double now_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

/* ns a packet; *stats says what became of them. */
static double run(struct bel_jitter_stats *stats, uint64_t packets, uint32_t shake_us)
{
	static const char payload[PAYLOAD_BYTES];
	const struct bel_jitter_opts opts = { .clock_hz = 8000,
					      .frame_samples = FRAME_SAMPLES };
	size_t bytes = bel_jitter_bytes(&opts);
	void *memory = malloc(bytes);
	struct bel_jitter *jitter;
	struct bel_jitter_frame frame;
	struct bel_rtp_packet packet = { .payload = { payload, sizeof payload } };
	uint64_t random = 1;

	if (!memory || bel_jitter_init(&jitter, &opts, memory, bytes))
		exit(1);
	double begun = now_ns();
	for (uint64_t i = 0; i < packets; i++) {
		random = random * 6364136223846793005u + 1442695040888963407u;
		uint64_t late_us = shake_us ? (random >> 33) % shake_us : 0;
		bel_jitter_put(jitter, &packet, 1000000 + i * FRAME_US + late_us);
		bel_jitter_get(&frame, jitter, 1000000 + (i + 1) * FRAME_US);
		packet.seq++;
		packet.timestamp += FRAME_SAMPLES;
	}
	double ended = now_ns();
	bel_jitter_stats(stats, jitter);
	free(memory);
	return (ended - begun) / (double)packets;
}

int main(int argc, char **argv)
{
	static const uint32_t shakes_us[] = { 0, 5000, 20000 };
	uint64_t packets = PACKETS;

	if (argc > 1 && bel_str_to_u64(&packets, bel_str_from(argv[1]), UINT32_MAX))
		return 2;
	printf("%10s %10s %10s %10s\n", "jitter ms", "ns", "played", "concealed");
	for (size_t i = 0; i < BEL_COUNT_OF(shakes_us); i++) {
		struct bel_jitter_stats stats;
		double ns = run(&stats, packets, shakes_us[i]);
		printf("%10u %10.0f %10llu %10llu\n", shakes_us[i] / 1000, ns,
		       (unsigned long long)stats.played,
		       (unsigned long long)stats.concealed);
	}
	return 0;
}
