/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "media/libs_int.h"
#include "media/sink.h"

struct recorder {
	struct bel_audio_port base;
	const struct bel_sndfile *lib;
	SNDFILE *file;
	bool is_over; /* the disk failed */
};

static void write_recorder(struct bel_audio_port *port, const int16_t *samples,
			   unsigned count)
{
	struct recorder *recorder = BEL_CONTAINER_OF(port, struct recorder, base);

	if (!recorder->is_over &&
	    recorder->lib->sf_writef_short(recorder->file, samples, count) != count)
		recorder->is_over = true;
}

static void close_recorder(struct bel_audio_port *port)
{
	struct recorder *recorder = BEL_CONTAINER_OF(port, struct recorder, base);

	recorder->lib->sf_close(recorder->file);
	free(recorder);
}

enum bel_err bel_recorder_open(struct bel_audio_port **out, struct bel_media_libs *libs,
			       const char *path, const struct bel_audio_format *format)
{
	enum bel_err err = bel_media_lib_find(libs, BEL_MEDIA_SNDFILE);
	SF_INFO info = { .samplerate = (int)format->rate_hz,
			 .channels = format->channels,
			 .format = SF_FORMAT_WAV | SF_FORMAT_PCM_16 };
	struct recorder *recorder;

	if (err)
		return err;
	if (!bel_audio_format_is_valid(format))
		return BEL_ERR_LIMIT;
	recorder = calloc(1, sizeof *recorder);
	if (!recorder)
		return bel_err_from_errno(ENOMEM);
	recorder->base = (struct bel_audio_port){ .format = *format,
						  .write = write_recorder,
						  .close = close_recorder };
	recorder->lib = &libs->sndfile;
	recorder->file = libs->sndfile.sf_open(path, SFM_WRITE, &info);
	if (!recorder->file) {
		free(recorder);
		return BEL_ERR_DENIED;
	}
	*out = &recorder->base;
	return BEL_OK;
}
