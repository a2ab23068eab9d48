/* SPDX-License-Identifier: Apache-2.0
 * Where sound comes from, goes to and passes through. */
#include <math.h>
#include <unistd.h>

#include "support/support.h"

#include "media/media.h"
#include "support/sound.h"

static const struct bel_audio_format narrow = { 8000, 1 }, wide = { 48000, 2 };

static int open_libs(void **state)
{
	return bel_media_libs_open((struct bel_media_libs **)state);
}

static int close_libs(void **state)
{
	bel_media_libs_close(*state);
	return 0;
}

static void what_a_source_leaves_is_silence(void **state)
{
	struct bel_tone_opts opts = { .format = narrow,
				      .parts = { { 440, 0 } },
				      .parts_count = 1,
				      .length_ms = 10 };
	struct bel_audio_port *tone;
	int16_t samples[160];

	(void)state;
	memset(samples, 0x55, sizeof samples);
	assert_int_equal(bel_tone_open(&tone, &opts), BEL_OK);
	assert_int_equal(bel_audio_read(tone, samples, 160), 80);
	assert_true(bel_audio_level(samples, 80) > -7);
	assert_true(bel_audio_level(samples + 80, 80) <= -127);
	assert_int_equal(bel_audio_read(tone, samples, 160), 0);
	bel_audio_close(tone);
	bel_audio_close(NULL);
}

/* 0 dBm0 is 3.14 dB below the largest sine, which is 3.01 dB below the largest square. */
static void levels_are_those_of_the_network(void **state)
{
	struct bel_tone_opts opts = { .format = narrow,
				      .parts = { { 440, -10 } },
				      .parts_count = 1 };
	struct bel_audio_port *port;
	static int16_t samples[80000];

	(void)state;
	assert_int_equal(bel_tone_open(&port, &opts), BEL_OK);
	bel_audio_read(port, samples, BEL_COUNT_OF(samples));
	assert_true(fabs(bel_audio_level(samples, BEL_COUNT_OF(samples)) + 16.15) < 0.05);
	bel_audio_close(port);
	assert_int_equal(bel_noise_open(&port, &narrow, -30, 7), BEL_OK);
	bel_audio_read(port, samples, BEL_COUNT_OF(samples));
	assert_true(fabs(bel_audio_level(samples, BEL_COUNT_OF(samples)) + 30) < 0.2);
	bel_audio_close(port);
	assert_true(bel_audio_level(samples, 0) <= -127);
}

static void a_busy_tone_is_on_and_off(void **state)
{
	struct bel_tone_opts opts = { .format = narrow,
				      .parts = { { 480, -10 }, { 620, -10 } },
				      .parts_count = 2,
				      .cadence = { { 500, 500 } },
				      .cadence_count = 1 };
	struct bel_audio_port *port;
	int16_t samples[4000];

	(void)state;
	assert_int_equal(bel_tone_open(&port, &opts), BEL_OK);
	for (unsigned i = 0; i < 3; i++) {
		bel_audio_read(port, samples, 4000);
		assert_true(fabs(bel_audio_level(samples, 4000) + 13.1) < 0.2);
		assert_int_equal(bel_audio_read(port, samples, 4000), 4000);
		assert_true(bel_audio_level(samples, 4000) <= -127);
	}
	bel_audio_close(port);
}

static void tones_that_cannot_be_are_refused(void **state)
{
	struct bel_tone_opts opts = { .format = narrow,
				      .parts = { { 4000, 0 } },
				      .parts_count = 1 };
	struct bel_audio_port *port = NULL;

	(void)state;
	assert_int_equal(bel_tone_open(&port, &opts), BEL_ERR_LIMIT);
	opts.parts_count = 5;
	assert_int_equal(bel_tone_open(&port, &opts), BEL_ERR_LIMIT);
	opts = (struct bel_tone_opts){ .format = { 7999, 1 } };
	assert_int_equal(bel_tone_open(&port, &opts), BEL_ERR_LIMIT);
	opts = (struct bel_tone_opts){ .format = { 8000, 3 } };
	assert_int_equal(bel_tone_open(&port, &opts), BEL_ERR_LIMIT);
	assert_null(port);
}

static void a_recording_plays_as_it_was(void **state)
{
	char path[] = "/tmp/belfry-clip-XXXXXX";
	static int16_t voice[9600], back[9600];
	struct bel_audio_port *port;
	struct bel_clip clip;
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	bel_sound_voice(voice, BEL_COUNT_OF(voice), 48000, 1);
	assert_int_equal(bel_recorder_open(&port, *state, path, &wide), BEL_OK);
	bel_audio_write(port, voice, 3000);
	bel_audio_write(port, voice + 6000, 1800);
	bel_audio_close(port);

	assert_int_equal(bel_clip_load(&clip, *state, path), BEL_OK);
	assert_true(bel_audio_format_is_equal(&clip.format, &wide));
	assert_int_equal(clip.count, 4800);
	assert_int_equal(bel_player_open(&port, &clip, false), BEL_OK);
	assert_int_equal(bel_audio_read(port, back, 960), 960);
	assert_int_equal(bel_audio_read(port, back + 1920, 3840), 3840);
	assert_memory_equal(back, voice, sizeof voice);
	assert_int_equal(bel_audio_read(port, back, 960), 0);
	bel_audio_close(port);
	/* Over and over again. */
	assert_int_equal(bel_player_open(&port, &clip, true), BEL_OK);
	for (unsigned i = 0; i < 10; i++)
		assert_int_equal(bel_audio_read(port, back, 1000), 1000);
	bel_audio_close(port);
	bel_clip_fini(&clip);
	close(fd);
	unlink(path);
}

static void what_is_no_recording_is_refused(void **state)
{
	char path[] = "/tmp/belfry-clip-XXXXXX";
	int fd = mkstemp(path);
	struct bel_clip clip;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "no sound", 8), 8);
	close(fd);
	assert_int_equal(bel_clip_load(&clip, *state, path), BEL_ERR_SYNTAX);
	unlink(path);
	assert_int_equal(bel_clip_load(&clip, *state, path), BEL_ERR_NOT_FOUND);
}

static void an_endless_clip_of_nothing_ends(void **state)
{
	struct bel_clip clip = { .format = narrow };
	struct bel_audio_port *port;
	int16_t samples[80];

	(void)state;
	assert_int_equal(bel_player_open(&port, &clip, true), BEL_OK);
	assert_int_equal(bel_audio_read(port, samples, 80), 0);
	bel_audio_close(port);
}

/* From any rate to any other, the tone is the same tone: judged at 8,000 Hz. */
static void a_tone_survives_every_pair_of_rates(void **state)
{
	static const uint32_t rates[] = { 8000, 16000, 32000, 44100, 48000 };
	static int16_t samples[48000 * 2];

	for (unsigned i = 0; i < BEL_COUNT_OF(rates); i++)
		for (unsigned k = 0; k < BEL_COUNT_OF(rates); k++) {
			struct bel_tone_opts opts = { .format = { rates[i],
								  (uint8_t)(1 + i % 2) },
						      .parts = { { 440, -10 } },
						      .parts_count = 1 };
			struct bel_audio_format to = { rates[k], (uint8_t)(1 + k % 2) };
			struct bel_judge_opts judge_opts = { .tone_hz = 440 };
			struct bel_judge_result result;
			struct bel_audio_port *tone, *near, *far;
			struct bel_judge *judge;

			assert_int_equal(bel_tone_open(&tone, &opts), BEL_OK);
			assert_int_equal(bel_judge_open(&judge, &judge_opts), BEL_OK);
			assert_int_equal(bel_resampler_open(&near, *state, tone, &to),
					 BEL_OK);
			assert_int_equal(bel_resampler_open(&far, *state,
							    bel_judge_port(judge), &to),
					 BEL_OK);
			assert_int_equal(bel_audio_read(near, samples, rates[k]),
					 rates[k]);
			bel_audio_write(far, samples, rates[k]);
			bel_judge_result(&result, judge);
			assert_int_equal(result.verdict, BEL_JUDGE_HEARD);
			assert_true(result.share > 0.999);
			assert_true(fabs(result.level_dbov + 16.15) < 0.3);
			bel_audio_close(near);
			bel_audio_close(far);
			bel_audio_close(tone);
			bel_audio_close(bel_judge_port(judge));
		}
}

static void a_port_that_is_over_is_over_at_any_rate(void **state)
{
	struct bel_tone_opts opts = { .format = narrow,
				      .parts = { { 440, -10 } },
				      .parts_count = 1,
				      .length_ms = 100 };
	struct bel_audio_port *tone, *near;
	static int16_t samples[48000 * 2];

	assert_int_equal(bel_tone_open(&tone, &opts), BEL_OK);
	assert_int_equal(bel_resampler_open(&near, *state, tone, &wide), BEL_OK);
	assert_int_equal(bel_audio_read(near, samples, 48000), 4800);
	bel_audio_close(near);
	bel_audio_close(tone);
}

static void note(void *user, char digit)
{
	struct bel_writer *writer = user;

	bel_write_char(writer, digit);
}

static void digits_that_are_played_are_heard(void **state)
{
	static const char all[] = "0123456789*#ABCD";
	static const struct bel_audio_format formats[] = { { 8000, 1 },
							   { 16000, 1 },
							   { 48000, 2 } };
	static int16_t samples[9600 * 2];

	for (unsigned i = 0; i < BEL_COUNT_OF(formats); i++) {
		char buf[32];
		struct bel_writer writer = bel_writer_init(buf, sizeof buf);
		struct bel_audio_port *source, *sink;

		assert_int_equal(bel_digit_source_open(&source, &formats[i], 80, 80),
				 BEL_OK);
		assert_int_equal(
			bel_digit_sink_open(&sink, *state, &formats[i], note, &writer),
			BEL_OK);
		assert_false(bel_digit_source_is_busy(source));
		for (unsigned k = 0; k < sizeof all - 1; k++)
			assert_int_equal(bel_digit_source_put(source, all[k]), BEL_OK);
		while (bel_digit_source_is_busy(source)) {
			bel_audio_read(source, samples, formats[i].rate_hz / 50);
			bel_audio_write(sink, samples, formats[i].rate_hz / 50);
		}
		assert_str(bel_writer_str(&writer), all);
		assert_int_equal(bel_digit_source_put(source, 'x'), BEL_ERR_SYNTAX);
		bel_audio_close(source);
		bel_audio_close(sink);
	}
}

static void a_voice_is_no_digit(void **state)
{
	static int16_t voice[8000 * 5];
	char buf[32];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	struct bel_audio_port *sink;

	bel_sound_voice(voice, BEL_COUNT_OF(voice), 8000, 2);
	assert_int_equal(bel_digit_sink_open(&sink, *state, &narrow, note, &writer),
			 BEL_OK);
	bel_audio_write(sink, voice, BEL_COUNT_OF(voice));
	assert_int_equal(writer.len, 0);
	bel_audio_close(sink);
}

static void a_library_that_is_missing_is_named(void **state)
{
	(void)state;
	for (unsigned i = 0; i < BEL_MEDIA_LIB_COUNT; i++) {
		bel_str text = bel_str_from(bel_media_lib_text(i));
		assert_true(bel_str_is_match(BEL_STR("lib*.so.* is not installed: apt "
						     "install lib*"),
					     text));
		assert_int_equal(bel_media_lib_find(*state, i), BEL_OK);
		assert_int_equal(bel_media_lib_find(*state, i), BEL_OK);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_source_leaves_is_silence),
		cmocka_unit_test(levels_are_those_of_the_network),
		cmocka_unit_test(a_busy_tone_is_on_and_off),
		cmocka_unit_test(tones_that_cannot_be_are_refused),
		cmocka_unit_test(a_recording_plays_as_it_was),
		cmocka_unit_test(what_is_no_recording_is_refused),
		cmocka_unit_test(an_endless_clip_of_nothing_ends),
		cmocka_unit_test(a_tone_survives_every_pair_of_rates),
		cmocka_unit_test(a_port_that_is_over_is_over_at_any_rate),
		cmocka_unit_test(digits_that_are_played_are_heard),
		cmocka_unit_test(a_voice_is_no_digit),
		cmocka_unit_test(a_library_that_is_missing_is_named),
	};

	return cmocka_run_group_tests(tests, open_libs, close_libs);
}
