/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/lib/party.h"

#include <unistd.h>

#define HELLO     "tests/data/hello.wav"
#define RECORDING "/tmp/belfry-lib-media.wav"

/* Who listens for a tone, through the program's own samples. */
struct ear {
	struct bel_judge *judge;
	struct belfry_audio *audio;
};

static void on_sound(void *user, const int16_t *samples, unsigned count)
{
	bel_audio_write(bel_judge_port(((struct ear *)user)->judge), samples, count);
}

static void open_ear(struct ear *ear, struct party *party, double tone_hz)
{
	const struct belfry_samples samples = { .rate_hz = 8000,
						.write = on_sound,
						.user = ear };

	assert_int_equal(bel_judge_open(&ear->judge,
					&(struct bel_judge_opts){ .tone_hz = tone_hz }),
			 BEL_OK);
	assert_int_equal(belfry_audio_open_samples(&ear->audio, party->agent, &samples),
			 BELFRY_OK);
}

/* What it heard, and its end. */
static enum bel_judge_verdict close_ear(struct ear *ear)
{
	struct bel_judge_result result;

	belfry_audio_close(ear->audio);
	bel_judge_result(&result, ear->judge);
	bel_audio_close(bel_judge_port(ear->judge));
	return result.verdict;
}

static void listen(struct ear *ear, struct party *party, struct belfry_call *call,
		   double tone_hz)
{
	open_ear(ear, party, tone_hz);
	belfry_call_set_sink(call, ear->audio);
}

/* What he hears of it in his first call from now on, for so long. */
static enum bel_judge_verdict hear_for(struct meeting *meeting, struct party *party,
				       double tone_hz, unsigned ms)
{
	struct ear ear;

	listen(&ear, party, party->calls[0], tone_hz);
	meeting_run(meeting, ms);
	return close_ear(&ear);
}

static void a_tone_is_heard_at_the_other_end(void **state)
{
	struct meeting meeting;
	struct party *alice = &meeting.parties[0], *bob = &meeting.parties[1];
	struct ear ear;

	(void)state;
	meeting_begin(&meeting);
	listen(&ear, bob, bob->calls[0], 700);
	assert_int_equal(belfry_call_tone(alice->calls[0], 700, -10, 2000), BELFRY_OK);
	meeting_run(&meeting, 1500);
	assert_told(alice, "");
	meeting_run(&meeting, 1000);
	assert_told(alice, "played");
	assert_int_equal(close_ear(&ear), BEL_JUDGE_HEARD);
	assert_int_equal(belfry_call_tone(alice->calls[0], 9000, -10, 0),
			 BELFRY_ERROR_LIMIT);
	assert_int_equal(belfry_call_tone(alice->calls[0], 0.0 / 0.0, -10, 0),
			 BELFRY_ERROR_LIMIT);
	meeting_close(&meeting);
}

static void who_is_muted_or_holds_says_nothing(void **state)
{
	struct meeting meeting;
	struct party *alice = &meeting.parties[0], *bob = &meeting.parties[1];

	(void)state;
	meeting_begin(&meeting);
	belfry_call_mute(alice->calls[0], true);
	assert_int_equal(belfry_call_tone(alice->calls[0], 700, -10, 0), BELFRY_OK);
	assert_int_equal(hear_for(&meeting, bob, 700, 1000), BEL_JUDGE_SILENCE);

	belfry_call_mute(alice->calls[0], false);
	assert_int_equal(belfry_call_hold(alice->calls[0]), BELFRY_OK);
	meeting_run(&meeting, 500);
	assert_int_equal(hear_for(&meeting, bob, 700, 1000), BEL_JUDGE_SILENCE);
	assert_int_equal(belfry_call_resume(alice->calls[0]), BELFRY_OK);
	meeting_run(&meeting, 500);
	assert_int_equal(hear_for(&meeting, bob, 700, 1000), BEL_JUDGE_HEARD);
	meeting_close(&meeting);
}

static void an_echo_gives_back_what_it_hears(void **state)
{
	struct meeting meeting;
	struct party *alice = &meeting.parties[0], *bob = &meeting.parties[1];

	(void)state;
	meeting_begin(&meeting);
	belfry_call_echo(bob->calls[0], true);
	assert_int_equal(belfry_call_tone(alice->calls[0], 440, -10, 0), BELFRY_OK);
	assert_int_equal(hear_for(&meeting, alice, 440, 1500), BEL_JUDGE_HEARD);
	meeting_close(&meeting);
}

/* Whether the recording has what the file has. */
static bool is_alike(struct bel_media_libs *libs, const char *recording, const char *file)
{
	struct bel_clip heard, said;
	struct bel_judge *judge;
	struct bel_judge_result result;

	assert_int_equal(bel_clip_load(&said, libs, file), BEL_OK);
	assert_int_equal(bel_clip_load(&heard, libs, recording), BEL_OK);
	assert_int_equal(
		bel_judge_open(&judge,
			       &(struct bel_judge_opts){ .rate_hz = said.format.rate_hz,
							 .reference = said.samples,
							 .reference_count = said.count }),
		BEL_OK);
	bel_audio_write(bel_judge_port(judge), heard.samples, (unsigned)heard.count);
	bel_judge_result(&result, judge);
	bel_audio_close(bel_judge_port(judge));
	bel_clip_fini(&heard);
	bel_clip_fini(&said);
	return result.verdict == BEL_JUDGE_HEARD;
}

static void a_recording_is_played_whole_and_recorded(void **state)
{
	const char *const codecs[] = { "pcmu", NULL };
	const struct belfry_agent_options options = { .codecs = codecs };
	struct meeting meeting;
	struct party *alice = &meeting.parties[0], *bob = &meeting.parties[1];

	(void)state;
	meeting_open(&meeting, 2, &options);
	/* Before it is answered; nothing of it is lost. */
	party_dial(alice, bob->address);
	assert_int_equal(belfry_call_play(alice->calls[0], HELLO, false), BELFRY_OK);
	meeting_run(&meeting, 1000);
	assert_int_equal(belfry_call_record(bob->calls[0], RECORDING), BELFRY_OK);
	assert_int_equal(belfry_call_answer(bob->calls[0]), BELFRY_OK);
	meeting_run(&meeting, 10 * 1000);
	assert_told(alice, "answered played");
	assert_int_equal(belfry_call_record(bob->calls[0], NULL), BELFRY_OK);
	assert_true(is_alike(bel_lib_media(bob->agent->lib), RECORDING, HELLO));
	unlink(RECORDING);
	assert_int_equal(belfry_call_play(alice->calls[0], "tests/data/none.wav", false),
			 BELFRY_ERROR_NOT_FOUND);
	assert_string_equal(alice->said, "cannot open tests/data/none.wav: not found");
	assert_int_equal(belfry_call_record(bob->calls[0], "/nowhere/x.wav"),
			 BELFRY_ERROR_DENIED);
	meeting_close(&meeting);
}

static void an_object_is_plugged_into_one_place_at_a_time(void **state)
{
	struct meeting meeting;
	struct party *alice = &meeting.parties[0], *bob = &meeting.parties[1],
		     *carol = &meeting.parties[2];
	struct belfry_audio *tone;
	struct ear ear_of_bob, ear_of_carol;

	(void)state;
	meeting_open(&meeting, 3, NULL);
	meeting_connect(&meeting, alice, bob);
	meeting_connect(&meeting, alice, carol);
	assert_int_equal(belfry_audio_open_tone(&tone, alice->agent, 440, -10, 0),
			 BELFRY_OK);
	belfry_call_set_source(alice->calls[0], tone);
	belfry_call_set_source(alice->calls[1], tone);
	assert_null(alice->calls[0]->sound.source);
	listen(&ear_of_bob, bob, bob->calls[0], 440);
	listen(&ear_of_carol, carol, carol->calls[0], 440);
	meeting_run(&meeting, 1000);
	assert_int_equal(close_ear(&ear_of_bob), BEL_JUDGE_SILENCE);
	assert_int_equal(close_ear(&ear_of_carol), BEL_JUDGE_HEARD);
	assert_null(bob->calls[0]->sound.sink);
	belfry_audio_close(tone);
	assert_null(alice->calls[1]->sound.source);
	meeting_run(&meeting, 100);
	meeting_close(&meeting);
}

/* Alice called bob and carol, and puts them together with herself. */
static void three_hear_each_other_and_not_themselves(void **state)
{
	struct meeting meeting;
	struct party *alice = &meeting.parties[0], *bob = &meeting.parties[1],
		     *carol = &meeting.parties[2];
	struct belfry_mixer *mixer;
	struct belfry_audio *places[3];
	struct ear of_alice, of_bob, of_carol;

	(void)state;
	meeting_open(&meeting, 3, NULL);
	meeting_connect(&meeting, alice, bob);
	meeting_connect(&meeting, alice, carol);
	assert_int_equal(belfry_mixer_open(&mixer, alice->agent, 0), BELFRY_OK);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(belfry_mixer_open_place(&places[i], mixer), BELFRY_OK);
	for (unsigned i = 0; i < 2; i++) {
		belfry_call_set_source(alice->calls[i], places[i]);
		belfry_call_set_sink(alice->calls[i], places[i]);
	}
	open_ear(&of_alice, alice, 440);
	assert_int_equal(belfry_audio_join(of_alice.audio, places[2]), BELFRY_OK);
	listen(&of_bob, bob, bob->calls[0], 440);
	listen(&of_carol, carol, carol->calls[0], 440);
	assert_int_equal(belfry_call_tone(bob->calls[0], 440, -10, 0), BELFRY_OK);
	meeting_run(&meeting, 2000);
	assert_int_equal(close_ear(&of_alice), BEL_JUDGE_HEARD);
	assert_int_equal(close_ear(&of_carol), BEL_JUDGE_HEARD);
	assert_int_equal(close_ear(&of_bob), BEL_JUDGE_SILENCE);

	/* Muted at his place, he is not heard. */
	belfry_mixer_mute(places[0], true);
	meeting_run(&meeting, 200);
	assert_int_equal(hear_for(&meeting, carol, 440, 1000), BEL_JUDGE_SILENCE);
	belfry_mixer_close(mixer);
	assert_null(alice->calls[0]->sound.source);
	meeting_run(&meeting, 100);
	meeting_close(&meeting);
}

static void on_digit(void *user, char digit)
{
	bel_write_char(user, digit);
}

static void hear_digits(void *user, const int16_t *samples, unsigned count)
{
	bel_audio_write(user, samples, count);
}

static void digits_can_be_tones_in_the_sound(void **state)
{
	const char *const codecs[] = { "PCMA", NULL };
	const struct belfry_agent_options options = { .codecs = codecs };
	const struct bel_audio_format format = { 8000, 1 };
	struct meeting meeting;
	struct party *alice = &meeting.parties[0], *bob = &meeting.parties[1];
	char buf[8];
	struct bel_writer heard = bel_writer_init(buf, sizeof buf);
	struct bel_audio_port *digits;
	struct belfry_audio *audio;

	(void)state;
	meeting_open(&meeting, 2, &options);
	meeting_connect(&meeting, alice, bob);
	assert_int_equal(bel_digit_sink_open(&digits, bel_lib_media(bob->agent->lib),
					     &format, on_digit, &heard),
			 BEL_OK);
	assert_int_equal(
		belfry_audio_open_samples(&audio, bob->agent,
					  &(struct belfry_samples){ .rate_hz = 8000,
								    .write = hear_digits,
								    .user = digits }),
		BELFRY_OK);
	belfry_call_set_sink(bob->calls[0], audio);
	assert_int_equal(
		belfry_call_send_digits(alice->calls[0], "159#", BELFRY_DIGIT_TONE),
		BELFRY_OK);
	meeting_run(&meeting, 2000);
	assert_str(bel_writer_str(&heard), "159#");
	belfry_audio_close(audio);
	bel_audio_close(digits);
	meeting_close(&meeting);
}

static void what_cannot_be_opened_says_why(void **state)
{
	struct meeting meeting;
	struct party *alice = &meeting.parties[0];
	struct belfry_audio *audio;
	struct belfry_mixer *mixer;

	(void)state;
	meeting_open(&meeting, 1, NULL);
	assert_int_equal(
		belfry_audio_open_device(&audio, alice->agent, "gramophone", 16000, 0),
		BELFRY_ERROR_SYNTAX);
	assert_int_equal(belfry_audio_open_device(&audio, alice->agent, "null", 11, 0),
			 BELFRY_ERROR_LIMIT);
	assert_int_equal(belfry_audio_open_device(&audio, alice->agent, "null", 16000, 0),
			 BELFRY_OK);
	assert_int_equal(belfry_audio_join(audio, audio), BELFRY_ERROR_STATE);
	assert_int_equal(belfry_mixer_open(&mixer, alice->agent, 7), BELFRY_ERROR_LIMIT);
	assert_int_equal(belfry_audio_open_recorder(&audio, alice->agent, "x.wav", 7),
			 BELFRY_ERROR_LIMIT);
	/* What is left open ends with the agent. */
	assert_int_equal(belfry_mixer_open(&mixer, alice->agent, 8000), BELFRY_OK);
	assert_int_equal(belfry_mixer_open_place(&audio, mixer), BELFRY_OK);
	meeting_close(&meeting);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tone_is_heard_at_the_other_end),
		cmocka_unit_test(who_is_muted_or_holds_says_nothing),
		cmocka_unit_test(an_echo_gives_back_what_it_hears),
		cmocka_unit_test(a_recording_is_played_whole_and_recorded),
		cmocka_unit_test(an_object_is_plugged_into_one_place_at_a_time),
		cmocka_unit_test(three_hear_each_other_and_not_themselves),
		cmocka_unit_test(digits_can_be_tones_in_the_sound),
		cmocka_unit_test(what_cannot_be_opened_says_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
