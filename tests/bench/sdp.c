/* SPDX-License-Identifier: Apache-2.0
 * Session descriptions, for callgrind and for the clock:
 *   bench_sdp FILE OPERATION ROUNDS
 * FILE is a description, or a SIP message that carries one. Operations: index (lines and
 * media parts), ask (and every address, direction and codec), write (and all of it
 * again). Instructions for one round are those of N+M rounds less those of N, divided by
 * M. */
#include <stdio.h>
#include <string.h>

#include "base/base.h"
#include "sdp/sdp.h"

struct bench {
	bel_str text;
	struct bel_sdp sdp;
	struct bel_arena arena;
	char block[65536], out[65536];
	unsigned seen; /* so that nothing is optimised away */
};

static bool index_lines(struct bench *bench)
{
	struct bel_sdp_refusal why;

	bel_arena_init(&bench->arena, bench->block, sizeof bench->block, 0);
	return !bel_sdp_parse(&bench->sdp, bench->text, &bench->arena, &why);
}

static bool ask(struct bench *bench)
{
	struct bel_sdp_codec codec;

	if (!index_lines(bench))
		return false;
	for (unsigned i = 0; i < bench->sdp.media_count; i++) {
		bel_str formats = bench->sdp.media[i].formats;
		bench->seen += bel_sdp_rtcp_address(&bench->sdp, i).port;
		bench->seen += bel_sdp_direction(&bench->sdp, i);
		while (bel_sdp_codec_next(&codec, &bench->sdp, i, &formats))
			bench->seen += codec.payload;
	}
	return true;
}

static bool write_again(struct bench *bench)
{
	struct bel_writer writer = bel_writer_init(bench->out, sizeof bench->out);

	if (!index_lines(bench))
		return false;
	bel_sdp_write(&writer, &bench->sdp);
	return !writer.is_full;
}

static const struct {
	const char *name;
	bool (*run)(struct bench *bench);
} operations[] = {
	{ "index", index_lines },
	{ "ask", ask },
	{ "write", write_again },
};

/* Behind the empty line of a message, if there is one. */
static bel_str body_of(bel_str bytes)
{
	for (size_t i = 0; i + 4 <= bytes.len; i++)
		if (!memcmp(bytes.ptr + i, "\r\n\r\n", 4))
			return bel_str_slice(bytes, i + 4, bytes.len);
	return bytes;
}

int main(int argc, char **argv)
{
	static struct bench bench;
	static char bytes[65536];
	FILE *file = argc == 4 ? fopen(argv[1], "rb") : NULL;
	uint64_t rounds = 0;

	if (!file || bel_str_to_u64(&rounds, bel_str_from(argv[3]), 1000000000)) {
		fprintf(stderr, "usage: bench_sdp FILE index|ask|write ROUNDS\n");
		return 2;
	}
	bench.text = body_of((bel_str){ bytes, fread(bytes, 1, sizeof bytes, file) });
	fclose(file);
	for (size_t k = 0; k < BEL_COUNT_OF(operations); k++)
		for (uint64_t i = 0; !strcmp(operations[k].name, argv[2]) && i < rounds;
		     i++)
			if (!operations[k].run(&bench))
				return 1;
	return 0;
}
