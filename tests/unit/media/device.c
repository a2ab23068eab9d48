/* SPDX-License-Identifier: Apache-2.0
 * What a person speaks into and listens to; and a room that echoes. The sound card is one
 * of ALSA's own that reads and writes files. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "support/support.h"

#include "media/media.h"
#include "support/sound.h"

enum { RATE_HZ = 16000, BLOCK = RATE_HZ / 50, SECONDS = 8 };

static const struct bel_audio_format mono = { RATE_HZ, 1 };

struct desk {
	struct bel_media_libs *libs;
	char folder[64];
	char said[96], heard[96], conf[96];
};

static void path(char out[96], const struct desk *desk, const char *name)
{
	snprintf(out, 96, "%s/%s", desk->folder, name);
}

static int open_desk(void **state)
{
	static struct desk desk;

	strcpy(desk.folder, "/tmp/belfry-device-XXXXXX");
	if (!mkdtemp(desk.folder))
		return -1;
	path(desk.said, &desk, "said");
	path(desk.heard, &desk, "heard");
	path(desk.conf, &desk, "conf");
	*state = &desk;
	return bel_media_libs_open(&desk.libs);
}

static int close_desk(void **state)
{
	struct desk *desk = *state;

	bel_media_libs_close(desk->libs);
	unlink(desk->said);
	unlink(desk->heard);
	unlink(desk->conf);
	return rmdir(desk->folder);
}

static void words_that_name_no_device_are_refused(void **state)
{
	struct desk *desk = *state;
	struct bel_audio_port *device;
	const struct bel_audio_format none = { 7000, 1 };

	assert_int_equal(bel_device_open(&device, desk->libs, BEL_STR("speaker"), &mono),
			 BEL_ERR_SYNTAX);
	assert_int_equal(bel_device_open(&device, desk->libs, BEL_STR_NONE, &mono),
			 BEL_ERR_SYNTAX);
	assert_int_equal(bel_device_open(&device, desk->libs, BEL_STR("null:x"), &mono),
			 BEL_ERR_SYNTAX);
	assert_int_equal(bel_device_open(&device, desk->libs, BEL_STR("null"), &none),
			 BEL_ERR_LIMIT);
	assert_int_equal(bel_device_open(&device, desk->libs,
					 BEL_STR("file:/nowhere/at/all.wav"), &mono),
			 BEL_ERR_NOT_FOUND);
	assert_int_equal(bel_device_open(&device, desk->libs,
					 BEL_STR("file:,/nowhere/at/all.wav"), &mono),
			 BEL_ERR_DENIED);
}

static void nobody_speaks_into_the_null_device(void **state)
{
	struct desk *desk = *state;
	struct bel_audio_port *device;
	int16_t samples[BLOCK];

	assert_int_equal(bel_device_open(&device, desk->libs, BEL_STR("null"), &mono),
			 BEL_OK);
	bel_audio_write(device, samples, BLOCK);
	bel_audio_read(device, samples, BLOCK);
	assert_true(bel_audio_level(samples, BLOCK) <= -127);
	bel_audio_close(device);
}

/* What one records, another plays, once. */
static void files_speak_and_listen(void **state)
{
	struct desk *desk = *state;
	struct bel_audio_port *device;
	int16_t samples[BLOCK], again[BLOCK];
	char words[128];

	bel_sound_voice(samples, BLOCK, RATE_HZ, 1);
	snprintf(words, sizeof words, "file:,%s", desk->heard);
	assert_int_equal(bel_device_open(&device, desk->libs, bel_str_from(words), &mono),
			 BEL_OK);
	assert_int_equal(bel_audio_read(device, again, BLOCK), 0);
	bel_audio_write(device, samples, BLOCK);
	bel_audio_close(device);
	snprintf(words, sizeof words, "file:%s", desk->heard);
	assert_int_equal(bel_device_open(&device, desk->libs, bel_str_from(words), &mono),
			 BEL_OK);
	assert_int_equal(bel_audio_read(device, again, BLOCK), BLOCK);
	assert_memory_equal(again, samples, sizeof samples);
	bel_audio_write(device, samples, BLOCK);
	assert_int_equal(bel_audio_read(device, again, BLOCK), 0);
	bel_audio_close(device);
}

/* ---- a sound card ---- */

static void write_file(const char *name, const void *bytes, size_t len)
{
	FILE *file = fopen(name, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
	fclose(file);
}

static void plug_in_a_card(const struct desk *desk)
{
	char text[512];

	snprintf(text, sizeof text,
		 "pcm.nowhere { type null }\n"
		 "pcm.desk { type file slave.pcm nowhere file \"%s\" infile \"%s\" "
		 "format raw }\n",
		 desk->heard, desk->said);
	write_file(desk->conf, text, strlen(text));
	setenv("ALSA_CONFIG_PATH", desk->conf, 1);
}

static void a_card_that_is_not_there_is_not_found(void **state)
{
	struct desk *desk = *state;
	struct bel_audio_port *device;

	plug_in_a_card(desk);
	assert_int_equal(bel_device_open(&device, desk->libs,
					 BEL_STR("alsa:somewhere-else"), &mono),
			 BEL_ERR_NOT_FOUND);
	assert_int_equal(bel_device_open(&device, desk->libs, BEL_STR("alsa"), &mono),
			 BEL_ERR_NOT_FOUND);
}

static void a_card_hears_and_speaks(void **state)
{
	struct desk *desk = *state;
	struct bel_audio_port *device;
	int16_t voice[RATE_HZ], samples[BLOCK];
	double heard = -127;
	FILE *file;

	plug_in_a_card(desk);
	bel_sound_voice(voice, RATE_HZ, RATE_HZ, 1);
	write_file(desk->said, voice, sizeof voice);
	assert_int_equal(
		bel_device_open(&device, desk->libs, BEL_STR("alsa:desk"), &mono),
		BEL_OK);
	for (unsigned i = 0; i < 25; i++) {
		bel_audio_write(device, voice + (size_t)i * BLOCK, BLOCK);
		bel_audio_read(device, samples, BLOCK);
		heard = fmax(heard, bel_audio_level(samples, BLOCK));
	}
	bel_audio_close(device);
	assert_true(heard > -30);
	file = fopen(desk->heard, "r");
	assert_non_null(file);
	/* After the silence with which it began. */
	fseek(file, (long)(RATE_HZ / 1000 * 40 * sizeof *samples), SEEK_SET);
	assert_int_equal(fread(samples, sizeof *samples, BLOCK, file), BLOCK);
	assert_memory_equal(samples, voice, sizeof samples);
	fclose(file);
}

/* ---- a room that echoes ---- */

enum { ECHO_DELAY = RATE_HZ / 1000 * 70, ECHO_RING = RATE_HZ };

struct den {
	struct bel_audio_port base;
	int16_t played[ECHO_RING];
	size_t written, read;
	int16_t *near; /* SECONDS of it; NULL: nobody speaks */
};

static unsigned read_den(struct bel_audio_port *port, int16_t *samples, unsigned count)
{
	struct den *den = BEL_CONTAINER_OF(port, struct den, base);

	for (unsigned i = 0; i < count; i++, den->read++) {
		size_t at = den->read;
		int echo = at >= ECHO_DELAY ? den->played[(at - ECHO_DELAY) % ECHO_RING]
					    : 0;
		int wall = at >= 2 * ECHO_DELAY
				   ? den->played[(at - 2 * ECHO_DELAY) % ECHO_RING]
				   : 0;
		samples[i] = (int16_t)(echo / 3 + wall / 10 +
				       (den->near ? den->near[at] : 0));
	}
	return count;
}

static void write_den(struct bel_audio_port *port, const int16_t *samples, unsigned count)
{
	struct den *den = BEL_CONTAINER_OF(port, struct den, base);

	for (unsigned i = 0; i < count; i++)
		den->played[den->written++ % ECHO_RING] = samples[i];
}

/* What leaves the den in the last two seconds, in dBov. */
static double leaving(const struct desk *desk, int16_t *near, bool has_far)
{
	static struct den den;
	static int16_t far[SECONDS * RATE_HZ], out[SECONDS * RATE_HZ];
	struct bel_audio_port *canceller;

	memset(&den, 0, sizeof den);
	den.base = (struct bel_audio_port){ .format = mono,
					    .read = read_den,
					    .write = write_den };
	den.near = near;
	memset(far, 0, sizeof far);
	if (has_far)
		bel_sound_voice(far, BEL_COUNT_OF(far), RATE_HZ, 1);
	assert_int_equal(bel_canceller_open(&canceller, desk->libs, &den.base, 200),
			 BEL_OK);
	for (size_t at = 0; at < BEL_COUNT_OF(far); at += BLOCK) {
		bel_audio_write(canceller, far + at, BLOCK);
		assert_int_equal(bel_audio_read(canceller, out + at, BLOCK), BLOCK);
	}
	bel_audio_close(canceller);
	return bel_audio_level(out + (SECONDS - 2) * RATE_HZ, 2 * RATE_HZ);
}

/* The echo is 10 dB below the voice, which has -20 dBov. */
static void the_echo_of_the_loudspeaker_is_taken_out(void **state)
{
	assert_true(leaving(*state, NULL, true) < -50);
}

static void who_speaks_meanwhile_is_heard(void **state)
{
	static int16_t near[SECONDS * RATE_HZ];
	double alone, beside;

	bel_sound_voice(near, BEL_COUNT_OF(near), RATE_HZ, 2);
	alone = leaving(*state, near, false);
	beside = leaving(*state, near, true);
	assert_true(alone > -26);
	assert_true(fabs(beside - alone) < 4);
}

static void blocks_of_any_size_pass(void **state)
{
	static const unsigned sizes[] = { 1, 7, 160, 333, 960, 5760 };
	struct desk *desk = *state;
	struct bel_audio_port *device, *canceller;
	int16_t samples[5760] = { 0 };

	assert_int_equal(bel_device_open(&device, desk->libs, BEL_STR("null"), &mono),
			 BEL_OK);
	assert_int_equal(bel_canceller_open(&canceller, desk->libs, device, 200), BEL_OK);
	for (size_t i = 0; i < BEL_COUNT_OF(sizes); i++) {
		bel_audio_write(canceller, samples, sizes[i]);
		assert_int_equal(bel_audio_read(canceller, samples, sizes[i]), sizes[i]);
	}
	bel_audio_close(canceller);
	assert_int_equal(bel_canceller_open(&canceller, desk->libs, device, 501),
			 BEL_ERR_LIMIT);
	assert_int_equal(bel_canceller_open(&canceller, desk->libs, device, 0),
			 BEL_ERR_LIMIT);
	bel_audio_close(device);
}

#define AT_DESK(test) cmocka_unit_test_setup_teardown(test, open_desk, close_desk)

int main(void)
{
	const struct CMUnitTest tests[] = {
		AT_DESK(words_that_name_no_device_are_refused),
		AT_DESK(nobody_speaks_into_the_null_device),
		AT_DESK(files_speak_and_listen),
		AT_DESK(a_card_that_is_not_there_is_not_found),
		AT_DESK(a_card_hears_and_speaks),
		AT_DESK(the_echo_of_the_loudspeaker_is_taken_out),
		AT_DESK(who_speaks_meanwhile_is_heard),
		AT_DESK(blocks_of_any_size_pass),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
