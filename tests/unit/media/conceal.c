/* SPDX-License-Identifier: Apache-2.0
 * Bridging loss, and the noise of silence. */
#include <math.h>

#include "support/support.h"

#include "media/media.h"
#include "support/sound.h"

static const struct bel_audio_format narrow = { 8000, 1 };

/* 80 ms of a tone, and what comes after it. */
static struct bel_concealer *play_tone(double hz, int16_t *samples, unsigned count,
				       const struct bel_audio_format *format)
{
	struct bel_tone_opts opts = { .format = *format,
				      .parts = { { hz, -10 } },
				      .parts_count = 1 };
	struct bel_concealer *concealer;
	struct bel_audio_port *tone;

	assert_int_equal(bel_concealer_open(&concealer, format), BEL_OK);
	assert_int_equal(bel_tone_open(&tone, &opts), BEL_OK);
	bel_audio_read(tone, samples, count);
	bel_concealer_put(concealer, samples, format->rate_hz * 80 / 1000);
	bel_audio_close(tone);
	return concealer;
}

static void a_tone_goes_on_where_it_was(void **state)
{
	static const struct bel_audio_format formats[] = { { 8000, 1 },
							   { 16000, 1 },
							   { 44100, 2 } };
	static int16_t samples[48000], made[48000];

	(void)state;
	for (unsigned i = 0; i < BEL_COUNT_OF(formats); i++) {
		unsigned before = formats[i].rate_hz * 80 / 1000;
		unsigned missing = formats[i].rate_hz / 100, ch = formats[i].channels;
		struct bel_concealer *concealer = play_tone(
			440, samples, before + missing, &formats[i]);
		double error = 0, power = 0;

		bel_concealer_get(made, concealer, missing);
		for (unsigned k = 0; k < missing * ch; k++) {
			error += pow(made[k] - samples[before * ch + k], 2);
			power += pow(samples[before * ch + k], 2);
		}
		/* The error is 20 dB below the tone. */
		assert_true(error < power / 100);
		bel_concealer_close(concealer);
	}
}

static void long_loss_fades_to_silence(void **state)
{
	int16_t samples[640], made[80];
	struct bel_concealer *concealer = play_tone(440, samples, 640, &narrow);
	double last = 0;

	(void)state;
	for (unsigned ms = 0; ms < 200; ms += 10) {
		bel_concealer_get(made, concealer, 80);
		double level = bel_audio_level(made, 80);
		if (ms == 0)
			assert_true(level > -17);
		else
			assert_true(level <= last + 0.5);
		if (ms >= 60)
			assert_true(level <= -127);
		last = level;
	}
	/* What comes then begins softly. */
	int16_t loud[80];
	for (unsigned i = 0; i < 80; i++)
		loud[i] = 10000;
	bel_concealer_put(concealer, loud, 80);
	assert_in_range(loud[0], 0, 1000);
	assert_int_equal(loud[79], 10000);
	for (unsigned i = 1; i < 80; i++)
		assert_true(loud[i] >= loud[i - 1]);
	bel_concealer_close(concealer);
}

static void without_a_past_there_is_silence(void **state)
{
	struct bel_concealer *concealer;
	int16_t made[160];

	(void)state;
	assert_int_equal(bel_concealer_open(&concealer, &narrow), BEL_OK);
	bel_concealer_get(made, concealer, 160);
	assert_true(bel_audio_level(made, 160) <= -127);
	bel_concealer_close(concealer);
	bel_concealer_close(NULL);
}

static void nothing_changes_while_nothing_is_lost(void **state)
{
	int16_t samples[640], same[640];
	struct bel_concealer *concealer = play_tone(1000, samples, 640, &narrow);

	(void)state;
	memcpy(same, samples, sizeof same);
	bel_concealer_put(concealer, samples, 640);
	assert_memory_equal(samples, same, sizeof same);
	bel_concealer_close(concealer);
}

/* RFC 3389 section 3. */
static void comfort_noise_is_read_and_written(void **state)
{
	struct bel_comfort comfort;
	char buf[BEL_COMFORT_BYTES_MAX];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	(void)state;
	assert_int_equal(bel_comfort_parse(&comfort, BEL_STR_NONE), BEL_ERR_SYNTAX);
	assert_int_equal(bel_comfort_parse(&comfort, BEL_STR("\xc0\x10\x7f\xff")),
			 BEL_OK);
	assert_int_equal(comfort.level, 64);
	assert_int_equal(comfort.order, 3);
	bel_comfort_write(&writer, &comfort);
	assert_memory_equal(buf, "\x40\x10\x7f\xff", 4);
	assert_int_equal(writer.len, 4);
	/* More than we can use. */
	assert_int_equal(bel_comfort_parse(&comfort, BEL_STR("\x20"
							     "0123456789abcdefghij")),
			 BEL_OK);
	assert_int_equal(comfort.order, BEL_COMFORT_ORDER_MAX);
}

static void comfort_noise_has_the_level_that_was_sent(void **state)
{
	static const char *const payloads[] = { "\x28", "\x28\xb0", "\x28\x20\x90\x60",
						"\x28\xd0\x40\xa0\x60" };
	static int16_t samples[16000];

	(void)state;
	for (unsigned i = 0; i < BEL_COUNT_OF(payloads); i++) {
		struct bel_comfort_noise noise;
		struct bel_comfort comfort;

		assert_int_equal(bel_comfort_parse(&comfort, bel_str_from(payloads[i])),
				 BEL_OK);
		bel_comfort_noise_init(&noise, 1);
		bel_comfort_noise_set(&noise, &comfort);
		bel_comfort_noise_get(samples, &noise, 8000);
		bel_comfort_noise_get(samples, &noise, 16000);
		double level = bel_audio_level(samples, 16000);
		assert_true(fabs(level + 40) < 1);
		if (i == 0)
			assert_in_range(bel_comfort_measure(samples, 16000).level, 39,
					41);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tone_goes_on_where_it_was),
		cmocka_unit_test(long_loss_fades_to_silence),
		cmocka_unit_test(without_a_past_there_is_silence),
		cmocka_unit_test(nothing_changes_while_nothing_is_lost),
		cmocka_unit_test(comfort_noise_is_read_and_written),
		cmocka_unit_test(comfort_noise_has_the_level_that_was_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
