/* SPDX-License-Identifier: Apache-2.0
 * A message from text, in a block of exactly its size, for the tests of this room. */
#ifndef BEL_TESTS_SIP_SUPPORT_H
#define BEL_TESTS_SIP_SUPPORT_H

#include "support/support.h"
#include "sip/sip.h"

#define VIA "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKa\r\n"
#define REST                                                                             \
	"From: Alice <sip:alice@example.com>;tag=1\r\nTo: <sip:bob@example.com>\r\n"     \
	"Call-ID: c@example.com\r\nCSeq: 1 INVITE\r\n"

struct sample {
	struct bel_sip_msg msg;
	struct bel_sip_refusal why;
	struct bel_arena arena;
	enum bel_err err;
	bel_str bytes;
};

static inline struct sample *sample_new(bel_str text)
{
	struct sample *sample = calloc(1, sizeof *sample);

	assert_non_null(sample);
	sample->bytes = bel_test_exact(text);
	bel_arena_init(&sample->arena, NULL, 0, 4096);
	sample->err = bel_sip_parse(&sample->msg, &sample->arena, sample->bytes,
				    &sample->why);
	if (!sample->err)
		sample->err = bel_sip_validate(&sample->msg, &sample->why);
	return sample;
}

static inline void sample_free(struct sample *sample)
{
	bel_arena_fini(&sample->arena);
	free((void *)(uintptr_t)sample->bytes.ptr);
	free(sample);
}

/* An INVITE with Via and the mandatory fields around the given lines. */
static inline struct sample *sample_with(const char *lines)
{
	char text[16384];
	int len = snprintf(text, sizeof text,
			   "INVITE sip:bob@example.com SIP/2.0\r\n%s%s%s\r\n", VIA, lines,
			   REST);

	return sample_new((bel_str){ text, (size_t)len });
}

#endif
