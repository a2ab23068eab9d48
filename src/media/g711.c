/* SPDX-License-Identifier: Apache-2.0
 * ITU-T G.711 by its definition: a sign, three bits of segment, four of step. */
#include "media/codec_int.h"

enum {
	ULAW_BIAS = 33 << 2, /* in 16-bit samples; the law has 14 */
	ULAW_PEAK = 32767 - ULAW_BIAS,
	ALAW_FLIP = 0x55, /* even bits go inverted */
};

static uint8_t ulaw_from(int16_t sample)
{
	unsigned sign = sample < 0 ? 0x80 : 0;
	int magnitude = sample < 0 ? -(int)sample : sample;
	unsigned biased = (unsigned)(magnitude > ULAW_PEAK ? ULAW_PEAK : magnitude) +
			  ULAW_BIAS;
	/* The highest bit that is set is 7 to 14 and names the segment. */
	unsigned segment = 24U - (unsigned)__builtin_clz(biased);

	return (uint8_t) ~(sign | segment << 4 | (biased >> (segment + 3) & 0xf));
}

static int16_t ulaw_to(uint8_t code)
{
	unsigned bits = (uint8_t)~code;
	int magnitude = (int)((((bits & 0xf) << 3) + ULAW_BIAS) << (bits >> 4 & 7)) -
			ULAW_BIAS;

	return (int16_t)(bits & 0x80 ? -magnitude : magnitude);
}

static uint8_t alaw_from(int16_t sample)
{
	unsigned sign = sample < 0 ? 0 : 0x80;
	/* One's complement: the law has no negative zero to lose. */
	unsigned magnitude = (unsigned)(sample < 0 ? ~(int)sample : sample) >> 4;
	unsigned segment = magnitude < 16 ? 0 : 28U - (unsigned)__builtin_clz(magnitude);
	unsigned step = segment ? magnitude >> (segment - 1) & 0xf : magnitude;

	return (uint8_t)((sign | segment << 4 | step) ^ ALAW_FLIP);
}

static int16_t alaw_to(uint8_t code)
{
	unsigned bits = code ^ ALAW_FLIP;
	unsigned segment = bits >> 4 & 7, step = (bits & 0xf) << 1 | 1;
	unsigned magnitude = segment ? (step + 32) << (segment - 1) : step;

	return (int16_t)(bits & 0x80 ? (int)(magnitude << 3) : -(int)(magnitude << 3));
}

static enum bel_err encode(struct bel_writer *writer, const int16_t *samples,
			   unsigned count, uint8_t (*from)(int16_t))
{
	char *room = bel_writer_room(writer, count);

	if (!room)
		return BEL_ERR_SPACE;
	for (unsigned i = 0; i < count; i++)
		room[i] = (char)from(samples[i]);
	return BEL_OK;
}

static enum bel_err decode(int16_t *samples, unsigned *count, bel_str payload,
			   int16_t (*to)(uint8_t))
{
	if (payload.len > *count)
		return BEL_ERR_SPACE;
	*count = (unsigned)payload.len;
	for (size_t i = 0; i < payload.len; i++)
		samples[i] = to((uint8_t)payload.ptr[i]);
	return BEL_OK;
}

enum bel_err bel_ulaw_encode(struct bel_writer *writer, struct bel_coder *coder,
			     const int16_t *samples, unsigned count)
{
	(void)coder;
	return encode(writer, samples, count, ulaw_from);
}

enum bel_err bel_ulaw_decode(int16_t *samples, unsigned *count, struct bel_coder *coder,
			     bel_str payload)
{
	(void)coder;
	return decode(samples, count, payload, ulaw_to);
}

enum bel_err bel_alaw_encode(struct bel_writer *writer, struct bel_coder *coder,
			     const int16_t *samples, unsigned count)
{
	(void)coder;
	return encode(writer, samples, count, alaw_from);
}

enum bel_err bel_alaw_decode(int16_t *samples, unsigned *count, struct bel_coder *coder,
			     bel_str payload)
{
	(void)coder;
	return decode(samples, count, payload, alaw_to);
}
