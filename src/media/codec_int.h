/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_MEDIA_CODEC_INT_H
#define BEL_MEDIA_CODEC_INT_H

#include "media/codec.h"
#include "media/conceal.h"
#include "media/libs_int.h"

/* The head of every codec in use. */
struct bel_coder {
	const struct bel_codec *codec;
	struct bel_audio_format format;
	struct bel_concealer *concealer; /* NULL: the codec conceals by itself */
};

/* One a file: what the rows of the table point to. Counts are checked before; close frees
 * what open took, but not the concealer. */
enum bel_err bel_ulaw_encode(struct bel_writer *writer, struct bel_coder *coder,
			     const int16_t *samples, unsigned count);
enum bel_err bel_ulaw_decode(int16_t *samples, unsigned *count, struct bel_coder *coder,
			     bel_str payload);
enum bel_err bel_alaw_encode(struct bel_writer *writer, struct bel_coder *coder,
			     const int16_t *samples, unsigned count);
enum bel_err bel_alaw_decode(int16_t *samples, unsigned *count, struct bel_coder *coder,
			     bel_str payload);

enum bel_err bel_l16_encode(struct bel_writer *writer, struct bel_coder *coder,
			    const int16_t *samples, unsigned count);
enum bel_err bel_l16_decode(int16_t *samples, unsigned *count, struct bel_coder *coder,
			    bel_str payload);
/* For codecs without a state of their own. */
enum bel_err bel_plain_open(struct bel_coder **out, const struct bel_coder_opts *opts);
void bel_plain_close(struct bel_coder *coder);

enum bel_err bel_g722_open(struct bel_coder **out, const struct bel_coder_opts *opts);
enum bel_err bel_g722_encode(struct bel_writer *writer, struct bel_coder *coder,
			     const int16_t *samples, unsigned count);
enum bel_err bel_g722_decode(int16_t *samples, unsigned *count, struct bel_coder *coder,
			     bel_str payload);
void bel_g722_close(struct bel_coder *coder);

enum bel_err bel_gsm_open(struct bel_coder **out, const struct bel_coder_opts *opts);
enum bel_err bel_gsm_encode(struct bel_writer *writer, struct bel_coder *coder,
			    const int16_t *samples, unsigned count);
enum bel_err bel_gsm_decode(int16_t *samples, unsigned *count, struct bel_coder *coder,
			    bel_str payload);
void bel_gsm_close(struct bel_coder *coder);

enum bel_err bel_opus_open(struct bel_coder **out, const struct bel_coder_opts *opts);
enum bel_err bel_opus_encode(struct bel_writer *writer, struct bel_coder *coder,
			     const int16_t *samples, unsigned count);
enum bel_err bel_opus_decode(int16_t *samples, unsigned *count, struct bel_coder *coder,
			     bel_str payload);
enum bel_err bel_opus_conceal(int16_t *samples, unsigned count, struct bel_coder *coder,
			      bel_str next);
void bel_opus_close(struct bel_coder *coder);

#endif
