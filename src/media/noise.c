/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "media/random.h"
#include "media/sink.h"
#include "media/source.h"

struct noise {
	struct bel_audio_port base;
	uint64_t state;
	double peak;
};

static unsigned read_noise(struct bel_audio_port *port, int16_t *samples, unsigned count)
{
	struct noise *noise = BEL_CONTAINER_OF(port, struct noise, base);

	for (size_t i = 0; i < (size_t)count * port->format.channels; i++)
		samples[i] = (int16_t)lrint(noise->peak * bel_noise_even(&noise->state));
	return count;
}

static void close_noise(struct bel_audio_port *port)
{
	free(BEL_CONTAINER_OF(port, struct noise, base));
}

enum bel_err bel_noise_open(struct bel_audio_port **out,
			    const struct bel_audio_format *format, double level_dbov,
			    uint64_t seed)
{
	struct noise *noise;

	if (!bel_audio_format_is_valid(format))
		return BEL_ERR_LIMIT;
	noise = calloc(1, sizeof *noise);
	if (!noise)
		return bel_err_from_errno(ENOMEM);
	noise->base = (struct bel_audio_port){ .format = *format,
					       .read = read_noise,
					       .close = close_noise };
	noise->state = seed;
	noise->peak = fmin(32767, 32768 * sqrt(3) * pow(10, level_dbov / 20));
	*out = &noise->base;
	return BEL_OK;
}

static unsigned read_silence(struct bel_audio_port *port, int16_t *samples,
			     unsigned count)
{
	memset(samples, 0, (size_t)count * port->format.channels * sizeof *samples);
	return count;
}

static void close_plain(struct bel_audio_port *port)
{
	free(port);
}

enum bel_err bel_silence_open(struct bel_audio_port **out,
			      const struct bel_audio_format *format)
{
	struct bel_audio_port *port;

	if (!bel_audio_format_is_valid(format))
		return BEL_ERR_LIMIT;
	port = calloc(1, sizeof *port);
	if (!port)
		return bel_err_from_errno(ENOMEM);
	*port = (struct bel_audio_port){ .format = *format,
					 .read = read_silence,
					 .close = close_plain };
	*out = port;
	return BEL_OK;
}

/* Without read and write, silence comes out and nothing stays. */
enum bel_err bel_null_open(struct bel_audio_port **out,
			   const struct bel_audio_format *format)
{
	enum bel_err err = bel_silence_open(out, format);

	if (!err)
		(*out)->read = NULL;
	return err;
}
