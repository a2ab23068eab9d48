/* SPDX-License-Identifier: Apache-2.0
 * RFC 3551 section 4.5.11: samples as they are, in network byte order. */
#include "media/codec_int.h"

enum bel_err bel_l16_encode(struct bel_writer *writer, struct bel_coder *coder,
			    const int16_t *samples, unsigned count)
{
	size_t elements = (size_t)count * coder->format.channels;
	char *room = bel_writer_room(writer, elements * 2);

	if (!room)
		return BEL_ERR_SPACE;
	for (size_t i = 0; i < elements; i++) {
		room[2 * i] = (char)((uint16_t)samples[i] >> 8);
		room[2 * i + 1] = (char)samples[i];
	}
	return BEL_OK;
}

enum bel_err bel_l16_decode(int16_t *samples, unsigned *count, struct bel_coder *coder,
			    bel_str payload)
{
	size_t elements = payload.len / 2, channels = coder->format.channels;
	struct bel_cursor cursor = bel_cursor_init(payload);

	if (payload.len % (2 * channels) != 0)
		return BEL_ERR_SYNTAX;
	if (elements / channels > *count)
		return BEL_ERR_SPACE;
	*count = (unsigned)(elements / channels);
	for (size_t i = 0; i < elements; i++) {
		uint16_t bits = 0;
		bel_cursor_be16(&bits, &cursor);
		samples[i] = (int16_t)bits;
	}
	return BEL_OK;
}
