/* SPDX-License-Identifier: Apache-2.0
 * The codec on one message, for callgrind and for the clock:
 *   sip_bench FILE OPERATION ROUNDS
 * Operations: split (index and names), core (and every check of validate), trying (a
 * 100), forward (Request-URI, Via, Max-Forwards, Record-Route, source). Instructions for
 * one round are those of N+M rounds less those of N, divided by M. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "sip/sip.h"

struct bench {
	bel_str bytes;
	struct bel_sip_msg msg;
	struct bel_sip_splice splice;
	char out[65536];
	size_t out_len; /* so that nothing is optimised away */
};

static bool split(struct bench *bench)
{
	struct bel_sip_refusal why;

	return !bel_sip_parse(&bench->msg, NULL, bench->bytes, &why);
}

static bool core(struct bench *bench)
{
	struct bel_sip_refusal why;

	return split(bench) && !bel_sip_validate(&bench->msg, &why);
}

static bool trying(struct bench *bench)
{
	struct bel_writer writer = bel_writer_init(bench->out, sizeof bench->out);
	bel_addr source = bel_addr_v4(192, 0, 2, 1, 5060);
	struct bel_sip_reply reply = { .status = 100, .source = &source };

	if (!core(bench) || bel_sip_respond(&writer, &bench->msg, &reply))
		return false;
	bench->out_len += writer.len;
	return true;
}

static bool forward(struct bench *bench)
{
	struct bel_writer writer = bel_writer_init(bench->out, sizeof bench->out);
	bel_addr source = bel_addr_v4(192, 0, 2, 1, 5060);
	struct bel_sip_splice *splice = &bench->splice;

	if (!core(bench))
		return false;
	bel_sip_splice_init(splice, &bench->msg);
	bel_sip_splice_uri(splice, BEL_STR("sip:bob@192.0.2.4:5060"));
	bel_sip_splice_via_source(splice, &source);
	bel_sip_splice_insert(
		splice, BEL_SIP_H_VIA,
		BEL_STR("SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bK0123456789"));
	bel_sip_splice_insert(splice, BEL_SIP_H_RECORD_ROUTE,
			      BEL_STR("<sip:192.0.2.9;lr>"));
	bel_sip_splice_set_number(splice, BEL_SIP_H_MAX_FORWARDS, 69);
	if (bel_sip_splice_write(&writer, splice))
		return false;
	bench->out_len += writer.len;
	return true;
}

static const struct operation {
	const char *name;
	bool (*run)(struct bench *bench);
} operations[] = {
	{ "split", split },
	{ "core", core },
	{ "trying", trying },
	{ "forward", forward },
};

static const struct operation *operation_find(const char *name)
{
	for (unsigned i = 0; i < BEL_COUNT_OF(operations); i++)
		if (!strcmp(operations[i].name, name))
			return &operations[i];
	return NULL;
}

int main(int argc, char **argv)
{
	static struct bench bench;
	static char bytes[65536];
	const struct operation *operation = argc == 4 ? operation_find(argv[2]) : NULL;
	FILE *file = operation ? fopen(argv[1], "rb") : NULL;
	uint64_t rounds = 0;

	if (!file || bel_str_to_u64(&rounds, bel_str_from(argv[3]), 1000000000)) {
		fprintf(stderr,
			"usage: sip_bench FILE split|core|trying|forward ROUNDS\n");
		return 2;
	}
	bench.bytes = (bel_str){ bytes, fread(bytes, 1, sizeof bytes, file) };
	fclose(file);
	for (uint64_t i = 0; i < rounds; i++)
		if (!operation->run(&bench))
			return 1;
	return 0;
}
