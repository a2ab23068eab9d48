/* SPDX-License-Identifier: Apache-2.0 */
#include "support/support.h"

#include <unistd.h>

#include "agent/agent.h"

static void write_tone(const char *path, double hz)
{
	const struct bel_tone_opts opts = { .format = { 8000, 1 },
					    .parts = { { hz, -10 } },
					    .parts_count = 1 };
	struct bel_media_libs *libs;
	struct bel_audio_port *tone, *recorder;
	int16_t samples[800];

	assert_int_equal(bel_media_libs_open(&libs), BEL_OK);
	assert_int_equal(bel_tone_open(&tone, &opts), BEL_OK);
	assert_int_equal(bel_recorder_open(&recorder, libs, path, &opts.format), BEL_OK);
	bel_audio_read(tone, samples, 800);
	bel_audio_write(recorder, samples, 800);
	bel_audio_close(recorder);
	bel_audio_close(tone);
	bel_media_libs_close(libs);
}

static void a_recording_is_read_once_and_again_when_it_changed(void **state)
{
	char path[] = "/tmp/belfry-clip-XXXXXX";
	int fd = mkstemp(path);
	struct bel_clips *clips;
	const struct bel_clip *first, *second;

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	write_tone(path, 440);
	assert_int_equal(bel_clips_open(&clips), BEL_OK);
	assert_null(bel_clips_find(clips, bel_str_from(path)));
	assert_int_equal(bel_clips_load(clips, bel_str_from(path)), BEL_OK);
	first = bel_clips_find(clips, bel_str_from(path));
	assert_non_null(first);
	assert_int_equal(first->count, 800);
	assert_int_equal(bel_clips_load(clips, bel_str_from(path)), BEL_OK);
	assert_ptr_equal(bel_clips_find(clips, bel_str_from(path)), first);
	write_tone(path, 880);
	assert_int_equal(bel_clips_load(clips, bel_str_from(path)), BEL_OK);
	second = bel_clips_find(clips, bel_str_from(path));
	assert_ptr_not_equal(second, first);
	/* Who hears the former one still can. */
	assert_memory_not_equal(first->samples, second->samples, 800);
	unlink(path);
	assert_true(bel_clips_load(clips, bel_str_from(path)) < 0);
	assert_ptr_equal(bel_clips_find(clips, bel_str_from(path)), second);
	bel_clips_close(clips);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_recording_is_read_once_and_again_when_it_changed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
