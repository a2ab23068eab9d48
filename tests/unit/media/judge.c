/* SPDX-License-Identifier: Apache-2.0
 * What the judge says, with every codec, and with what must not pass for sound. */
#include "support/support.h"

#include "support/sound.h"

enum { SECONDS = 6, RATE = 8000, LEVEL_DBM0 = -10 };

static const struct bel_audio_format narrow = { RATE, 1 };
static int16_t voice[RATE * SECONDS];
static int level_dbm0 = LEVEL_DBM0;

static int open_libs(void **state)
{
	bel_sound_voice(voice, BEL_COUNT_OF(voice), RATE, 3);
	return bel_media_libs_open((struct bel_media_libs **)state);
}

static int close_libs(void **state)
{
	bel_media_libs_close(*state);
	return 0;
}

static struct bel_audio_port *open_tone(double hz)
{
	struct bel_tone_opts opts = { .format = narrow,
				      .parts = { { hz, level_dbm0 } },
				      .parts_count = 1 };
	struct bel_audio_port *port = NULL;

	assert_int_equal(bel_tone_open(&port, &opts), BEL_OK);
	return port;
}

static const struct bel_codec *codec_of(const char *name, uint32_t clock_hz)
{
	const struct bel_codec *codec = bel_codec_find(bel_str_from(name), clock_hz, 0);

	assert_non_null(codec);
	return codec;
}

static struct bel_judge_result judge_tone(struct sound_line *line, void **state,
					  double sent_hz, double judged_hz)
{
	struct bel_judge_opts opts = { .tone_hz = judged_hz };
	struct bel_audio_port *tone = open_tone(sent_hz);
	struct bel_judge_result result;
	struct bel_judge *judge;

	assert_int_equal(bel_judge_open(&judge, &opts), BEL_OK);
	bel_sound_send(line, *state, tone, bel_judge_port(judge), SECONDS);
	bel_judge_result(&result, judge);
	print_message(
		"%-5s %6u Hz  tone %.0f as %.0f, lost %u of %u: share %.4f purity %.4f "
		"gaps %u -> %s\n",
		line->codec->name, line->codec->rate_hz, sent_hz, judged_hz, line->lost,
		line->sent, result.share, result.purity, result.gaps,
		bel_judge_verdict_name(result.verdict));
	bel_audio_close(bel_judge_port(judge));
	bel_audio_close(tone);
	return result;
}

static struct bel_judge_result judge_voice(struct sound_line *line, void **state)
{
	struct bel_judge_opts opts = { .reference = voice,
				       .reference_count = BEL_COUNT_OF(voice) };
	struct bel_clip clip = { narrow, BEL_COUNT_OF(voice), voice };
	struct bel_judge_result result;
	struct bel_audio_port *player;
	struct bel_judge *judge;

	assert_int_equal(bel_player_open(&player, &clip, false), BEL_OK);
	assert_int_equal(bel_judge_open(&judge, &opts), BEL_OK);
	bel_sound_send(line, *state, player, bel_judge_port(judge), SECONDS);
	bel_judge_result(&result, judge);
	print_message("%-5s %6u Hz  voice, lost %u of %u: correlation %.4f gaps %u delay "
		      "%u ms -> %s\n",
		      line->codec->name, line->codec->rate_hz, line->lost, line->sent,
		      result.correlation, result.gaps, result.delay_ms,
		      bel_judge_verdict_name(result.verdict));
	bel_audio_close(bel_judge_port(judge));
	bel_audio_close(player);
	return result;
}

static const struct {
	const char *name;
	uint32_t clock_hz;
} audio[] = {
	{ "PCMU", 8000 }, { "PCMA", 8000 }, { "G722", 8000 }, { "opus", 48000 },
	{ "GSM", 8000 },  { "L16", 16000 }, { "L16", 44100 },
};

static void a_tone_is_heard_through_each_codec(void **state)
{
	for (unsigned i = 0; i < BEL_COUNT_OF(audio); i++) {
		struct sound_line line = { .codec = codec_of(audio[i].name,
							     audio[i].clock_hz) };
		struct bel_judge_result result = judge_tone(&line, state, 440, 440);
		assert_int_equal(result.verdict, BEL_JUDGE_HEARD);
		assert_true(result.sound_ms >= SECONDS * 1000 - 100);
	}
}

static void a_voice_is_heard_through_each_codec(void **state)
{
	for (unsigned i = 0; i < BEL_COUNT_OF(audio); i++) {
		struct sound_line line = { .codec = codec_of(audio[i].name,
							     audio[i].clock_hz) };
		assert_int_equal(judge_voice(&line, state).verdict, BEL_JUDGE_HEARD);
	}
}

static void another_tone_is_not_the_tone(void **state)
{
	struct sound_line line = { .codec = codec_of("PCMU", 8000) };

	assert_int_equal(judge_tone(&line, state, 445, 440).verdict, BEL_JUDGE_OTHER);
	assert_int_equal(judge_tone(&line, state, 880, 440).verdict, BEL_JUDGE_OTHER);
}

/* At whatever level: at -12 dBm0 their curves are least different. */
static void the_wrong_codec_is_not_heard(void **state)
{
	struct sound_line line = { .codec = codec_of("PCMU", 8000),
				   .decoded_as = codec_of("PCMA", 8000) };

	for (level_dbm0 = -30; level_dbm0 <= 3; level_dbm0 += 3)
		assert_int_equal(judge_tone(&line, state, 440, 440).verdict,
				 BEL_JUDGE_OTHER);
	level_dbm0 = LEVEL_DBM0;
	assert_int_equal(judge_voice(&line, state).verdict, BEL_JUDGE_OTHER);
	line.codec = line.decoded_as;
	line.decoded_as = codec_of("PCMU", 8000);
	assert_int_equal(judge_tone(&line, state, 440, 440).verdict, BEL_JUDGE_OTHER);
	assert_int_equal(judge_voice(&line, state).verdict, BEL_JUDGE_OTHER);
}

static void loss_that_nobody_conceals_is_not_heard(void **state)
{
	for (uint64_t seed = 1; seed <= 3; seed++) {
		struct sound_line line = { .codec = codec_of("PCMU", 8000),
					   .loss = 100,
					   .seed = seed };
		assert_int_equal(judge_tone(&line, state, 440, 440).verdict,
				 BEL_JUDGE_OTHER);
		assert_int_equal(judge_voice(&line, state).verdict, BEL_JUDGE_OTHER);
	}
}

/* opus sends no copies of what it takes for background noise, such as a tone that lasts;
 * without them in mind it bridges a tone by itself. */
static void loss_that_is_concealed_is_heard(void **state)
{
	static const struct {
		const char *name;
		uint32_t clock_hz;
		unsigned loss;
	} rows[] = { { "PCMU", 8000, 50 },
		     { "PCMA", 8000, 50 },
		     { "G722", 8000, 50 },
		     { "opus", 48000, 100 } };

	for (unsigned i = 0; i < BEL_COUNT_OF(rows); i++) {
		struct sound_line line = { .codec = codec_of(rows[i].name,
							     rows[i].clock_hz),
					   .loss = rows[i].loss,
					   .seed = 1,
					   .is_concealed = true };
		assert_int_equal(judge_tone(&line, state, 440, 440).verdict,
				 BEL_JUDGE_HEARD);
		line.fmtp = BEL_STR("useinbandfec=1");
		assert_int_equal(judge_voice(&line, state).verdict, BEL_JUDGE_HEARD);
		assert_true(line.lost > 10);
	}
}

static void silence_is_silence(void **state)
{
	struct bel_judge_opts opts = { .tone_hz = 440 };
	int16_t zeros[RATE] = { 0 };
	struct bel_judge_result result;
	struct bel_judge *judge;

	(void)state;
	assert_int_equal(bel_judge_open(&judge, &opts), BEL_OK);
	bel_judge_result(&result, judge);
	assert_int_equal(result.verdict, BEL_JUDGE_SILENCE);
	bel_audio_write(bel_judge_port(judge), zeros, RATE);
	bel_judge_result(&result, judge);
	assert_int_equal(result.verdict, BEL_JUDGE_SILENCE);
	bel_audio_close(bel_judge_port(judge));
}

static void what_was_torn_at_the_end_can_be_forgotten(void **state)
{
	struct bel_judge_opts opts = { .tone_hz = 440 };
	struct bel_tone_opts tone_opts = { .format = { RATE, 1 },
					   .parts = { { 440, -10 } },
					   .parts_count = 1 };
	int16_t samples[RATE], zeros[RATE / 10] = { 0 };
	struct bel_judge_result result;
	struct bel_audio_port *tone;
	struct bel_judge *judge;

	(void)state;
	assert_int_equal(bel_judge_open(&judge, &opts), BEL_OK);
	assert_int_equal(bel_tone_open(&tone, &tone_opts), BEL_OK);
	bel_audio_read(tone, samples, RATE);
	bel_audio_write(bel_judge_port(judge), samples, RATE);
	bel_audio_write(bel_judge_port(judge), zeros, RATE / 10);
	bel_audio_write(bel_judge_port(judge), samples, RATE / 50);
	bel_judge_result(&result, judge);
	assert_int_equal(result.verdict, BEL_JUDGE_OTHER);
	bel_judge_forget(judge, 200);
	bel_judge_result(&result, judge);
	assert_int_equal(result.verdict, BEL_JUDGE_HEARD);
	bel_judge_forget(judge, 5000);
	bel_judge_result(&result, judge);
	assert_int_equal(result.verdict, BEL_JUDGE_SILENCE);
	bel_audio_close(bel_judge_port(judge));
	bel_audio_close(tone);
}

static void a_click_in_silence_is_silence(void **state)
{
	struct bel_judge_opts opts = { .tone_hz = 440 };
	int16_t samples[RATE] = { 0 };
	struct bel_judge_result result;
	struct bel_judge *judge;

	(void)state;
	samples[RATE / 2] = 30000;
	assert_int_equal(bel_judge_open(&judge, &opts), BEL_OK);
	bel_audio_write(bel_judge_port(judge), samples, RATE);
	bel_judge_result(&result, judge);
	assert_int_equal(result.verdict, BEL_JUDGE_SILENCE);
	bel_audio_close(bel_judge_port(judge));
}

static void one_missing_packet_is_a_gap(void **state)
{
	struct bel_judge_opts opts = { .tone_hz = 440 };
	struct bel_audio_port *tone = open_tone(440);
	int16_t samples[RATE];
	struct bel_judge_result result;
	struct bel_judge *judge;

	(void)state;
	assert_int_equal(bel_judge_open(&judge, &opts), BEL_OK);
	bel_audio_read(tone, samples, RATE);
	bel_audio_write(bel_judge_port(judge), samples, RATE);
	bel_judge_result(&result, judge);
	assert_int_equal(result.verdict, BEL_JUDGE_HEARD);
	memset(samples + 1234, 0, 160 * sizeof *samples);
	bel_audio_write(bel_judge_port(judge), samples, RATE);
	bel_judge_result(&result, judge);
	assert_int_equal(result.verdict, BEL_JUDGE_OTHER);
	assert_in_range(result.gaps, 1, 2);
	bel_audio_close(bel_judge_port(judge));
	bel_audio_close(tone);
}

static void feed_voice(struct bel_judge *judge, const int16_t *samples, size_t count)
{
	bel_audio_write(bel_judge_port(judge), samples, (unsigned)count);
}

static void a_late_voice_is_found(void **state)
{
	struct bel_judge_opts opts = { .reference = voice,
				       .reference_count = BEL_COUNT_OF(voice) };
	int16_t zeros[RATE] = { 0 };
	struct bel_judge_result result;
	struct bel_judge *judge;

	(void)state;
	assert_int_equal(bel_judge_open(&judge, &opts), BEL_OK);
	feed_voice(judge, zeros, RATE);
	feed_voice(judge, zeros, RATE / 2);
	feed_voice(judge, voice, BEL_COUNT_OF(voice));
	bel_judge_result(&result, judge);
	assert_int_equal(result.verdict, BEL_JUDGE_HEARD);
	assert_in_range(result.delay_ms, 1499, 1501);
	bel_audio_close(bel_judge_port(judge));
}

/* A clock that is 300 ppm off: a sample more every 0.4 s. */
static void a_voice_may_drift(void **state)
{
	struct bel_judge_opts opts = { .reference = voice,
				       .reference_count = BEL_COUNT_OF(voice) };
	struct bel_judge_result result;
	struct bel_judge *judge;

	(void)state;
	assert_int_equal(bel_judge_open(&judge, &opts), BEL_OK);
	for (size_t at = 0; at + 3333 < BEL_COUNT_OF(voice); at += 3333)
		feed_voice(judge, voice + at, 3334);
	bel_judge_result(&result, judge);
	assert_int_equal(result.verdict, BEL_JUDGE_HEARD);
	bel_audio_close(bel_judge_port(judge));
}

static void another_voice_is_not_the_voice(void **state)
{
	static int16_t other[RATE * SECONDS];
	struct bel_judge_opts opts = { .reference = voice,
				       .reference_count = BEL_COUNT_OF(voice) };
	struct bel_judge_result result;
	struct bel_judge *judge;

	(void)state;
	bel_sound_voice(other, BEL_COUNT_OF(other), RATE, 5);
	assert_int_equal(bel_judge_open(&judge, &opts), BEL_OK);
	feed_voice(judge, other, BEL_COUNT_OF(other));
	bel_judge_result(&result, judge);
	print_message("another voice: correlation %.4f\n", result.correlation);
	assert_int_equal(result.verdict, BEL_JUDGE_OTHER);
	bel_audio_close(bel_judge_port(judge));
}

static void only_so_much_is_kept(void **state)
{
	struct bel_judge_opts opts = { .tone_hz = 440 };
	struct bel_audio_port *tone = open_tone(440);
	struct bel_judge_result result;
	struct bel_judge *judge;
	int16_t samples[RATE];

	(void)state;
	assert_int_equal(bel_judge_open(&judge, &opts), BEL_OK);
	for (unsigned i = 0; i < BEL_JUDGE_SECONDS_MAX + 3; i++) {
		bel_audio_read(tone, samples, RATE);
		bel_audio_write(bel_judge_port(judge), samples, RATE);
	}
	bel_judge_result(&result, judge);
	assert_int_equal(result.verdict, BEL_JUDGE_HEARD);
	assert_int_equal(result.sound_ms, BEL_JUDGE_SECONDS_MAX * 1000);
	bel_audio_close(bel_judge_port(judge));
	bel_audio_close(tone);
}

static void a_judge_without_a_question_is_refused(void **state)
{
	struct bel_judge_opts nothing = { 0 }, high = { .tone_hz = 4000 },
			      fast = { .rate_hz = 48000, .tone_hz = 440 };
	struct bel_judge *judge = NULL;

	(void)state;
	assert_int_equal(bel_judge_open(&judge, &nothing), BEL_ERR_LIMIT);
	assert_int_equal(bel_judge_open(&judge, &high), BEL_ERR_LIMIT);
	assert_int_equal(bel_judge_open(&judge, &fast), BEL_ERR_LIMIT);
	assert_null(judge);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tone_is_heard_through_each_codec),
		cmocka_unit_test(a_voice_is_heard_through_each_codec),
		cmocka_unit_test(another_tone_is_not_the_tone),
		cmocka_unit_test(the_wrong_codec_is_not_heard),
		cmocka_unit_test(loss_that_nobody_conceals_is_not_heard),
		cmocka_unit_test(loss_that_is_concealed_is_heard),
		cmocka_unit_test(silence_is_silence),
		cmocka_unit_test(a_click_in_silence_is_silence),
		cmocka_unit_test(what_was_torn_at_the_end_can_be_forgotten),
		cmocka_unit_test(one_missing_packet_is_a_gap),
		cmocka_unit_test(a_late_voice_is_found),
		cmocka_unit_test(a_voice_may_drift),
		cmocka_unit_test(another_voice_is_not_the_voice),
		cmocka_unit_test(only_so_much_is_kept),
		cmocka_unit_test(a_judge_without_a_question_is_refused),
	};

	return cmocka_run_group_tests(tests, open_libs, close_libs);
}
