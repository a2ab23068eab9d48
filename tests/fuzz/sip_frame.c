/* SPDX-License-Identifier: Apache-2.0
 * A stream, framed as a whole and in pieces: the same frames must come out. The first
 * byte is the size of the pieces. And the parser sees the same end as the framer. */
#include <stdlib.h>
#include "sip/sip_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool is_true)
{
	if (!is_true)
		abort();
}

enum { FRAMES_MAX = 64 };

struct frames {
	unsigned count;
	enum bel_sip_frame kinds[FRAMES_MAX];
	size_t lens[FRAMES_MAX];
};

/* Gives the framer step more bytes whenever it asks. */
static void frame_all(struct frames *out, bel_str stream, size_t step)
{
	struct bel_sip_framer framer = { 0 };
	struct bel_sip_framed framed = { 0 };
	size_t start = 0, have = step < stream.len ? step : stream.len;

	out->count = 0;
	while (out->count < FRAMES_MAX) {
		enum bel_sip_frame kind = bel_sip_frame(
			&framed, &framer, bel_str_slice(stream, start, have));
		if (kind == BEL_SIP_FRAME_MORE) {
			if (have == stream.len)
				return;
			have = stream.len - have < step ? stream.len : have + step;
			continue;
		}
		out->kinds[out->count] = kind;
		out->lens[out->count++] = framed.len;
		require(framed.len <= have - start);
		if (kind == BEL_SIP_FRAME_ERROR)
			return;
		start += framed.len;
	}
}

static void require_parser_agrees(bel_str message)
{
	static struct bel_sip_msg msg;
	struct bel_sip_refusal why;

	if (!bel_sip_parse(&msg, NULL, message, &why))
		require(msg.bytes.len == message.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct frames whole, pieces;
	size_t at = 0;

	if (size < 2)
		return 0;
	bel_str stream = { (const char *)data + 1, size - 1 };
	frame_all(&whole, stream, stream.len);
	frame_all(&pieces, stream, data[0] % 61u + 1u);
	require(whole.count == pieces.count);
	for (unsigned i = 0; i < whole.count; i++) {
		require(whole.kinds[i] == pieces.kinds[i]);
		/* An over-long line is noticed as soon as it is. */
		require(whole.kinds[i] == BEL_SIP_FRAME_ERROR ||
			whole.lens[i] == pieces.lens[i]);
		if (whole.kinds[i] == BEL_SIP_FRAME_MESSAGE)
			require_parser_agrees(
				bel_str_slice(stream, at, at + whole.lens[i]));
		at += whole.lens[i];
	}
	return 0;
}
