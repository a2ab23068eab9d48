/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_MEDIA_AUDIO_H
#define BEL_MEDIA_AUDIO_H

#include "base/base.h"

/* Samples are signed, 16 bits, of this machine's byte order, channels interleaved. A
 * count of samples is always one a channel: 160 are 20 ms of 8,000 Hz, mono or stereo. */
struct bel_audio_format {
	uint32_t rate_hz;
	uint8_t channels;
};

enum {
	BEL_AUDIO_RATE_MAX = 48000,
	BEL_AUDIO_CHANNELS_MAX = 2,
	BEL_AUDIO_FRAME_MS_MAX = 120,
	/* int16_t elements of the longest frame there is */
	BEL_AUDIO_FRAME_MAX = BEL_AUDIO_RATE_MAX / 1000 * BEL_AUDIO_FRAME_MS_MAX *
			      BEL_AUDIO_CHANNELS_MAX,
};

/* 8,000 to 48,000 Hz in whole frames of 10 ms, one channel or two. */
bool bel_audio_format_is_valid(const struct bel_audio_format *format);
bool bel_audio_format_is_equal(const struct bel_audio_format *a,
			       const struct bel_audio_format *b);

/* Where sound comes from (read), goes to (write), or both. It lies in its owner's memory,
 * at the head of what it is; whoever opened it closes it. A port that does not do one of
 * them has NULL there: reading it gives silence, writing to it leads nowhere. */
struct bel_audio_port {
	struct bel_audio_format format;
	/* Fills samples and returns how many there were before the end; fewer than count:
	 * it is over, or has nothing now. Nothing is allocated. */
	unsigned (*read)(struct bel_audio_port *port, int16_t *samples, unsigned count);
	void (*write)(struct bel_audio_port *port, const int16_t *samples,
		      unsigned count);
	void (*close)(struct bel_audio_port *port);
};

/* What read leaves is filled with silence. */
unsigned bel_audio_read(struct bel_audio_port *port, int16_t *samples, unsigned count);
void bel_audio_write(struct bel_audio_port *port, const int16_t *samples, unsigned count);
/* NULL is allowed. */
void bel_audio_close(struct bel_audio_port *port);

/* Mean power of samples in dBov: 0 is that of a square wave of the largest amplitude,
 * -127 the least, digital silence among it. */
double bel_audio_level(const int16_t *samples, size_t elements);
/* The peak of a sine of this level in dBm0, as networks count it (ITU-T G.711: the
 * largest sine has +3.14 dBm0); at most 32,767. */
double bel_audio_sine_peak(double level_dbm0);

#endif
