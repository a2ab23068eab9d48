/* SPDX-License-Identifier: Apache-2.0
 * What 20 ms of a conference cost: everybody writes and reads once. Samples alone, and
 * with G.711 decoded before and encoded after:
 *   bench_mixer [PARTIES] [ROUNDS] */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "media/media.h"

enum {
	RATE_HZ = 8000,
	BLOCK = RATE_HZ / 50,
	PARTIES = 50,
	PARTIES_MAX = 1000,
	ROUNDS = 20000
};

static double now_us(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

struct party {
	struct bel_audio_port *place;
	struct bel_coder *coder;
	char packet[BLOCK];
	int16_t voice[BLOCK];
};

static void must(enum bel_err err)
{
	if (!err)
		return;
	fprintf(stderr, "bench_mixer: %s\n", bel_err_text(err));
	exit(1);
}

static void sit_down(struct party *party, struct bel_mixer *mixer,
		     struct bel_media_libs *libs, uint64_t seed)
{
	const struct bel_audio_format format = { RATE_HZ, 1 };
	struct bel_audio_port *noise;

	must(bel_mixer_join(&party->place, mixer));
	must(bel_coder_open(&party->coder,
			    &(struct bel_coder_opts){ .codec = bel_codec_find_static(0),
						      .libs = libs }));
	must(bel_noise_open(&noise, &format, -20, seed));
	bel_audio_read(noise, party->voice, BLOCK);
	bel_audio_close(noise);
	for (unsigned i = 0; i < BLOCK; i++)
		party->packet[i] = (char)party->voice[i];
}

static void go_round(struct party *parties, uint64_t count, bool has_codec)
{
	int16_t samples[BLOCK];
	for (uint64_t i = 0; i < count; i++) {
		struct party *party = &parties[i];
		unsigned got = BLOCK;
		if (has_codec)
			bel_coder_decode(party->voice, &got, party->coder,
					 (bel_str){ party->packet, BLOCK });
		bel_audio_write(party->place, party->voice, BLOCK);
	}
	for (uint64_t i = 0; i < count; i++) {
		struct party *party = &parties[i];
		struct bel_writer packet = bel_writer_init(party->packet, BLOCK);
		bel_audio_read(party->place, samples, BLOCK);
		if (has_codec)
			bel_coder_encode(&packet, party->coder, samples, BLOCK);
	}
}

int main(int argc, char **argv)
{
	static struct party parties[PARTIES_MAX];
	uint64_t count = PARTIES, rounds = ROUNDS;
	struct bel_media_libs *libs;
	struct bel_mixer *mixer;

	if ((argc > 1 && bel_str_to_u64(&count, bel_str_from(argv[1]), PARTIES_MAX)) ||
	    (argc > 2 && bel_str_to_u64(&rounds, bel_str_from(argv[2]), UINT32_MAX)))
		return 2;
	must(bel_media_libs_open(&libs));
	must(bel_mixer_open(&mixer, RATE_HZ));
	for (uint64_t i = 0; i < count; i++)
		sit_down(&parties[i], mixer, libs, i + 1);
	for (unsigned has_codec = 0; has_codec < 2; has_codec++) {
		double begun = now_us();
		for (uint64_t i = 0; i < rounds; i++)
			go_round(parties, count, has_codec);
		printf("%-22s %8.2f us for 20 ms of %u parties\n",
		       has_codec ? "mixed, with G.711" : "mixed",
		       (now_us() - begun) / (double)rounds, (unsigned)count);
	}
	for (uint64_t i = 0; i < count; i++) {
		bel_audio_close(parties[i].place);
		bel_coder_close(parties[i].coder);
	}
	bel_mixer_close(mixer);
	bel_media_libs_close(libs);
	return 0;
}
