/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "media/digit.h"
#include "media/libs_int.h"
#include "media/resample.h"
#include "media/sines.h"

enum { DEFAULT_MS = 100, DETECTOR_HZ = 8000 };

/* ITU-T Q.23: a row and a column of the keys. Level by Q.24, the higher tone 2 dB up. */
static const char keys[] = "123A456B789C*0#D";
static const double rows_hz[] = { 697, 770, 852, 941 };
static const double columns_hz[] = { 1209, 1336, 1477, 1633 };
static const double row_dbm0 = -9, column_dbm0 = -7;

/* ---- playing ---- */

struct digit_source {
	struct bel_audio_port base;
	unsigned on, off; /* samples */
	char queue[BEL_DIGITS_MAX];
	unsigned queue_count;
	struct bel_sines sines;
	unsigned on_left, off_left;
};

static bool find_key(unsigned *out, char digit)
{
	if (digit >= 'a' && digit <= 'd')
		digit = (char)(digit - 'a' + 'A');
	for (unsigned i = 0; i < sizeof keys - 1; i++)
		if (keys[i] == digit) {
			*out = i;
			return true;
		}
	return false;
}

static void start_digit(struct digit_source *source)
{
	double rate_hz = source->base.format.rate_hz;
	unsigned key = 0;

	find_key(&key, source->queue[0]);
	source->queue_count--;
	memmove(source->queue, source->queue + 1, source->queue_count);
	bel_sines_init(&source->sines);
	bel_sines_put(&source->sines, rows_hz[key / 4], rate_hz,
		      bel_audio_sine_peak(row_dbm0));
	bel_sines_put(&source->sines, columns_hz[key % 4], rate_hz,
		      bel_audio_sine_peak(column_dbm0));
	source->on_left = source->on;
	source->off_left = source->off;
}

static int16_t next_sample(struct digit_source *source)
{
	if (source->on_left + source->off_left == 0 && source->queue_count > 0)
		start_digit(source);
	if (source->on_left > 0) {
		source->on_left--;
		return (int16_t)lrint(bel_sines_next(&source->sines));
	}
	if (source->off_left > 0)
		source->off_left--;
	return 0;
}

static unsigned read_digits(struct bel_audio_port *port, int16_t *samples, unsigned count)
{
	struct digit_source *source = BEL_CONTAINER_OF(port, struct digit_source, base);

	for (unsigned i = 0; i < count; i++) {
		int16_t sample = next_sample(source);
		for (unsigned c = 0; c < port->format.channels; c++)
			*samples++ = sample;
	}
	return count;
}

static void close_source(struct bel_audio_port *port)
{
	free(BEL_CONTAINER_OF(port, struct digit_source, base));
}

enum bel_err bel_digit_source_open(struct bel_audio_port **out,
				   const struct bel_audio_format *format, unsigned on_ms,
				   unsigned off_ms)
{
	struct digit_source *source;

	if (!bel_audio_format_is_valid(format))
		return BEL_ERR_LIMIT;
	source = calloc(1, sizeof *source);
	if (!source)
		return bel_err_from_errno(ENOMEM);
	source->base = (struct bel_audio_port){ .format = *format,
						.read = read_digits,
						.close = close_source };
	source->on = format->rate_hz / 1000 * (on_ms ? on_ms : DEFAULT_MS);
	source->off = format->rate_hz / 1000 * (off_ms ? off_ms : DEFAULT_MS);
	*out = &source->base;
	return BEL_OK;
}

enum bel_err bel_digit_source_put(struct bel_audio_port *port, char digit)
{
	struct digit_source *source = BEL_CONTAINER_OF(port, struct digit_source, base);
	unsigned key;

	if (!find_key(&key, digit))
		return BEL_ERR_SYNTAX;
	if (source->queue_count == BEL_DIGITS_MAX)
		return BEL_ERR_BUSY;
	source->queue[source->queue_count++] = digit;
	return BEL_OK;
}

bool bel_digit_source_is_busy(const struct bel_audio_port *port)
{
	const struct digit_source *source =
		(const struct digit_source *)(const void *)((const char *)port -
							    offsetof(struct digit_source,
								     base));

	return source->queue_count > 0 || source->on_left + source->off_left > 0;
}

/* ---- hearing ---- */

struct digit_sink {
	struct bel_audio_port base;  /* of 8,000 Hz, mono */
	struct bel_audio_port outer; /* what the user writes to, if it is another */
	struct bel_audio_port *resampler;
	const struct bel_spandsp *lib;
	dtmf_rx_state_t *detector;
	void (*on_digit)(void *user, char digit);
	void *user;
};

static void on_digits(void *user, const char *digits, int count)
{
	struct digit_sink *sink = user;

	for (int i = 0; i < count; i++)
		sink->on_digit(sink->user, digits[i]);
}

static void write_digits(struct bel_audio_port *port, const int16_t *samples,
			 unsigned count)
{
	struct digit_sink *sink = BEL_CONTAINER_OF(port, struct digit_sink, base);

	sink->lib->dtmf_rx(sink->detector, samples, (int)count);
}

static void free_sink(struct digit_sink *sink)
{
	bel_audio_close(sink->resampler);
	if (sink->detector)
		sink->lib->dtmf_rx_free(sink->detector);
	free(sink);
}

static void write_outer(struct bel_audio_port *port, const int16_t *samples,
			unsigned count)
{
	struct digit_sink *sink = BEL_CONTAINER_OF(port, struct digit_sink, outer);

	bel_audio_write(sink->resampler ? sink->resampler : &sink->base, samples, count);
}

static void close_outer(struct bel_audio_port *port)
{
	free_sink(BEL_CONTAINER_OF(port, struct digit_sink, outer));
}

enum bel_err bel_digit_sink_open(struct bel_audio_port **out, struct bel_media_libs *libs,
				 const struct bel_audio_format *format,
				 void (*on_digit)(void *user, char digit), void *user)
{
	static const struct bel_audio_format own = { DETECTOR_HZ, 1 };
	enum bel_err err = bel_media_lib_find(libs, BEL_MEDIA_SPANDSP);
	struct digit_sink *sink;

	if (err)
		return err;
	sink = calloc(1, sizeof *sink);
	if (!sink)
		return bel_err_from_errno(ENOMEM);
	sink->base = (struct bel_audio_port){ .format = own, .write = write_digits };
	sink->outer = (struct bel_audio_port){ .format = *format,
					       .write = write_outer,
					       .close = close_outer };
	sink->lib = &libs->spandsp;
	sink->on_digit = on_digit;
	sink->user = user;
	if (!bel_audio_format_is_equal(format, &own))
		err = bel_resampler_open(&sink->resampler, libs, &sink->base, format);
	if (!err) {
		sink->detector = sink->lib->dtmf_rx_init(NULL, on_digits, sink);
		err = sink->detector ? BEL_OK : bel_err_from_errno(ENOMEM);
	}
	if (err) {
		free_sink(sink);
		return err;
	}
	*out = &sink->outer;
	return BEL_OK;
}
