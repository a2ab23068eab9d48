/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "media/audio.h"

bool bel_audio_format_is_valid(const struct bel_audio_format *format)
{
	return format->rate_hz >= 8000 && format->rate_hz <= BEL_AUDIO_RATE_MAX &&
	       format->rate_hz % 100 == 0 && format->channels >= 1 &&
	       format->channels <= BEL_AUDIO_CHANNELS_MAX;
}

bool bel_audio_format_is_equal(const struct bel_audio_format *a,
			       const struct bel_audio_format *b)
{
	return a->rate_hz == b->rate_hz && a->channels == b->channels;
}

unsigned bel_audio_read(struct bel_audio_port *port, int16_t *samples, unsigned count)
{
	unsigned channels = port->format.channels;
	unsigned have = port->read ? port->read(port, samples, count) : 0;

	memset(samples + (size_t)have * channels, 0,
	       (size_t)(count - have) * channels * sizeof *samples);
	return have;
}

void bel_audio_write(struct bel_audio_port *port, const int16_t *samples, unsigned count)
{
	if (port->write)
		port->write(port, samples, count);
}

void bel_audio_close(struct bel_audio_port *port)
{
	if (port && port->close)
		port->close(port);
}

double bel_audio_level(const int16_t *samples, size_t elements)
{
	double power = 0;

	for (size_t i = 0; i < elements; i++)
		power += (double)samples[i] * samples[i];
	if (elements == 0 || power <= 0)
		return -127;
	return fmax(-127, 10 * log10(power / (double)elements / (32768.0 * 32768.0)));
}

double bel_audio_sine_peak(double level_dbm0)
{
	return fmin(32767, 32768 * pow(10, (level_dbm0 - 3.14) / 20));
}
