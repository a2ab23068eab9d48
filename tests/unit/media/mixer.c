/* SPDX-License-Identifier: Apache-2.0
 * Many who hear each other. */
#include "support/support.h"

#include "media/media.h"

enum { RATE_HZ = 8000, BLOCK = RATE_HZ / 50, PLACES = 4 };

struct room {
	struct bel_mixer *mixer;
	struct bel_audio_port *places[PLACES];
};

static int open_room(void **state)
{
	static struct room room;

	if (bel_mixer_open(&room.mixer, RATE_HZ))
		return -1;
	for (unsigned i = 0; i < PLACES; i++)
		if (bel_mixer_join(&room.places[i], room.mixer))
			return -1;
	*state = &room;
	return 0;
}

static int close_room(void **state)
{
	struct room *room = *state;

	for (unsigned i = 0; i < PLACES; i++)
		bel_audio_close(room->places[i]);
	bel_mixer_close(room->mixer);
	return 0;
}

static void say(struct bel_audio_port *place, int16_t sample, unsigned count)
{
	int16_t samples[BEL_AUDIO_FRAME_MAX];

	for (unsigned i = 0; i < count; i++)
		samples[i] = sample;
	bel_audio_write(place, samples, count);
}

/* What a place hears in the next count samples, when all of it is one value. */
static int heard(struct bel_audio_port *place, unsigned count)
{
	int16_t samples[BEL_AUDIO_FRAME_MAX];

	assert_int_equal(bel_audio_read(place, samples, count), count);
	for (unsigned i = 1; i < count; i++)
		assert_int_equal(samples[i], samples[0]);
	return samples[0];
}

static void everybody_hears_all_others(void **state)
{
	struct room *room = *state;

	for (unsigned round = 0; round < 50; round++) {
		for (unsigned i = 0; i < PLACES; i++)
			say(room->places[i], (int16_t)(1 << i), BLOCK);
		for (unsigned i = 0; i < PLACES; i++)
			assert_int_equal(heard(room->places[i], BLOCK), 15 - (1 << i));
	}
}

static void who_only_listens_hears_everybody(void **state)
{
	struct room *room = *state;

	for (unsigned round = 0; round < 50; round++) {
		say(room->places[0], 100, BLOCK);
		say(room->places[1], 200, BLOCK);
		assert_int_equal(heard(room->places[3], BLOCK), 300);
		assert_int_equal(heard(room->places[0], BLOCK), 200);
		assert_int_equal(heard(room->places[1], BLOCK), 100);
	}
}

static void loud_voices_clip_and_do_not_wrap(void **state)
{
	struct room *room = *state;

	for (unsigned i = 0; i < 3; i++)
		say(room->places[i], 30000, BLOCK);
	assert_int_equal(heard(room->places[3], BLOCK), INT16_MAX);
	/* Of the sum, and not of what is left of it. */
	for (unsigned i = 0; i < 3; i++)
		say(room->places[i], i ? -30000 : 30000, BLOCK);
	assert_int_equal(heard(room->places[3], BLOCK), -30000);
	assert_int_equal(heard(room->places[0], BLOCK), INT16_MAX);
	assert_int_equal(heard(room->places[0], BLOCK), INT16_MIN);
}

static void who_is_muted_still_hears(void **state)
{
	struct room *room = *state;

	bel_mixer_set_muted(room->places[0], true);
	say(room->places[0], 100, BLOCK);
	say(room->places[1], 200, BLOCK);
	assert_int_equal(heard(room->places[0], BLOCK), 200);
	assert_int_equal(heard(room->places[1], BLOCK), 0);
	bel_mixer_set_muted(room->places[0], false);
	say(room->places[0], 100, BLOCK);
	say(room->places[1], 200, BLOCK);
	assert_int_equal(heard(room->places[1], BLOCK), 100);
}

static void nobody_speaks_and_it_is_quiet(void **state)
{
	struct room *room = *state;

	assert_int_equal(heard(room->places[0], BLOCK), 0);
}

/* Packets of 20 and of 60 ms meet in one room. */
static void blocks_of_any_length_meet(void **state)
{
	struct room *room = *state;
	unsigned right = 0;

	for (unsigned tick = 0; tick < 300; tick++) {
		say(room->places[0], 100, BLOCK);
		if (tick % 3 == 0)
			say(room->places[1], 200, 3 * BLOCK);
		right += heard(room->places[0], BLOCK) == 200;
		if (tick % 3 == 0 && tick > 9)
			assert_int_equal(heard(room->places[1], 3 * BLOCK), 100);
		else if (tick % 3 == 0)
			bel_audio_read(room->places[1], (int16_t[3 * BLOCK]){ 0 },
				       3 * BLOCK);
	}
	assert_true(right > 290);
}

/* Two timers that come due at once may do so in either order. */
static void the_order_of_writing_and_reading_may_change(void **state)
{
	struct room *room = *state;
	unsigned gaps = 0;

	for (unsigned tick = 0; tick < 1000; tick++) {
		bool is_first = tick / 7 % 2;
		if (is_first)
			say(room->places[0], 100, BLOCK);
		gaps += heard(room->places[1], BLOCK) != 100;
		if (!is_first)
			say(room->places[0], 100, BLOCK);
	}
	assert_true(gaps <= 2);
}

static void who_writes_too_much_is_not_late(void **state)
{
	struct room *room = *state;

	for (int i = 1; i <= 100; i++)
		say(room->places[0], (int16_t)i, BLOCK);
	assert_true(heard(room->places[1], BLOCK) >= 97);
}

static void who_rested_hears_what_is_said_now(void **state)
{
	struct room *room = *state;

	for (int i = 1; i <= 100; i++) {
		say(room->places[0], (int16_t)i, BLOCK);
		heard(room->places[1], BLOCK);
	}
	say(room->places[0], 101, BLOCK);
	assert_int_equal(heard(room->places[2], BLOCK), 101);
}

/* One behind by less than is kept misses nothing. */
static void who_is_a_little_late_misses_nothing(void **state)
{
	struct room *room = *state;

	for (int i = 1; i <= 100; i++) {
		say(room->places[0], (int16_t)i, BLOCK);
		heard(room->places[1], BLOCK);
		if (i > 3)
			assert_int_equal(heard(room->places[2], BLOCK), i - 3);
	}
}

static void who_leaves_is_not_heard(void **state)
{
	struct room *room = *state;

	say(room->places[0], 100, BLOCK);
	say(room->places[1], 200, BLOCK);
	bel_audio_close(room->places[0]);
	assert_int_equal(bel_mixer_count(room->mixer), PLACES - 1);
	assert_int_equal(heard(room->places[2], BLOCK), 200);
	assert_int_equal(bel_mixer_join(&room->places[0], room->mixer), BEL_OK);
	say(room->places[1], 200, BLOCK);
	assert_int_equal(heard(room->places[0], BLOCK), 200);
}

static void a_rate_that_is_none_is_refused(void **state)
{
	struct bel_mixer *mixer;

	(void)state;
	assert_int_equal(bel_mixer_open(&mixer, 7999), BEL_ERR_LIMIT);
	assert_int_equal(bel_mixer_open(&mixer, 96000), BEL_ERR_LIMIT);
	bel_mixer_close(NULL);
}

#define IN_ROOM(test) cmocka_unit_test_setup_teardown(test, open_room, close_room)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_ROOM(everybody_hears_all_others),
		IN_ROOM(who_only_listens_hears_everybody),
		IN_ROOM(loud_voices_clip_and_do_not_wrap),
		IN_ROOM(who_is_muted_still_hears),
		IN_ROOM(nobody_speaks_and_it_is_quiet),
		IN_ROOM(blocks_of_any_length_meet),
		IN_ROOM(the_order_of_writing_and_reading_may_change),
		IN_ROOM(who_writes_too_much_is_not_late),
		IN_ROOM(who_rested_hears_what_is_said_now),
		IN_ROOM(who_is_a_little_late_misses_nothing),
		IN_ROOM(who_leaves_is_not_heard),
		cmocka_unit_test(a_rate_that_is_none_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
