/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "media/device_int.h"
#include "media/resample.h"
#include "media/sink.h"
#include "media/source.h"

enum { PATH_BYTES_MAX = 4096 };

/* ---- files ---- */

struct file_device {
	struct bel_audio_port base;
	struct bel_clip clip;
	struct bel_audio_port *player, *resampler; /* NULL: nothing is said */
	struct bel_audio_port *recorder;           /* NULL: nothing is kept */
};

static unsigned read_file(struct bel_audio_port *port, int16_t *samples, unsigned count)
{
	struct file_device *device = BEL_CONTAINER_OF(port, struct file_device, base);

	return device->resampler ? bel_audio_read(device->resampler, samples, count) : 0;
}

static void write_file(struct bel_audio_port *port, const int16_t *samples,
		       unsigned count)
{
	struct file_device *device = BEL_CONTAINER_OF(port, struct file_device, base);

	if (device->recorder)
		bel_audio_write(device->recorder, samples, count);
}

static void close_file(struct bel_audio_port *port)
{
	struct file_device *device = BEL_CONTAINER_OF(port, struct file_device, base);

	bel_audio_close(device->recorder);
	bel_audio_close(device->resampler);
	bel_audio_close(device->player);
	bel_clip_fini(&device->clip);
	free(device);
}

static enum bel_err open_player(struct file_device *device, struct bel_media_libs *libs,
				const char *path)
{
	enum bel_err err = bel_clip_load(&device->clip, libs, path);

	if (!err)
		err = bel_player_open(&device->player, &device->clip, false);
	if (!err)
		err = bel_resampler_open(&device->resampler, libs, device->player,
					 &device->base.format);
	return err;
}

static const char *path_of(char *room, bel_str text)
{
	memcpy(room, text.ptr, text.len);
	room[text.len] = '\0';
	return room;
}

static enum bel_err open_file(struct bel_audio_port **out, struct bel_media_libs *libs,
			      bel_str name, const struct bel_audio_format *format)
{
	struct file_device *device;
	char room[PATH_BYTES_MAX];
	size_t comma = bel_str_find(name, ',');
	bel_str says = bel_str_slice(name, 0, comma);
	bel_str hears = bel_str_slice(name, comma + 1, name.len);
	enum bel_err err = BEL_OK;

	if (says.len >= sizeof room || hears.len >= sizeof room)
		return BEL_ERR_LIMIT;
	device = calloc(1, sizeof *device);
	if (!device)
		return bel_err_from_errno(ENOMEM);
	device->base = (struct bel_audio_port){ .format = *format,
						.read = read_file,
						.write = write_file,
						.close = close_file };
	if (says.len)
		err = open_player(device, libs, path_of(room, says));
	if (!err && hears.len)
		err = bel_recorder_open(&device->recorder, libs, path_of(room, hears),
					format);
	if (err)
		close_file(&device->base);
	else
		*out = &device->base;
	return err;
}

/* ---- all ---- */

static enum bel_err open_null(struct bel_audio_port **out, struct bel_media_libs *libs,
			      bel_str name, const struct bel_audio_format *format)
{
	(void)libs;
	return name.len ? BEL_ERR_SYNTAX : bel_null_open(out, format);
}

static const struct {
	bel_str word;
	enum bel_err (*open)(struct bel_audio_port **out, struct bel_media_libs *libs,
			     bel_str name, const struct bel_audio_format *format);
} kinds[] = {
	{ { "alsa", 4 }, bel_device_alsa_open },
	{ { "file", 4 }, open_file },
	{ { "null", 4 }, open_null },
};

enum bel_err bel_device_open(struct bel_audio_port **out, struct bel_media_libs *libs,
			     bel_str words, const struct bel_audio_format *format)
{
	size_t colon = bel_str_find(words, ':');
	bel_str word = bel_str_slice(words, 0, colon);
	bel_str name = bel_str_slice(words, colon + 1, words.len);

	if (!bel_audio_format_is_valid(format))
		return BEL_ERR_LIMIT;
	for (size_t i = 0; i < BEL_COUNT_OF(kinds); i++)
		if (bel_str_is_equal(word, kinds[i].word))
			return kinds[i].open(out, libs, name, format);
	return BEL_ERR_SYNTAX;
}
