/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_MEDIA_SINK_H
#define BEL_MEDIA_SINK_H

#include "media/audio.h"
#include "media/libs.h"

/* Takes everything and keeps nothing; gives silence. */
enum bel_err bel_null_open(struct bel_audio_port **out,
			   const struct bel_audio_format *format);

/* A WAV file of 16-bit samples, complete when it is closed. Opening, writing and closing
 * block as files do: for tools and service threads. An existing file is replaced.
 * BEL_ERR_UNSUPPORTED: libsndfile is not installed; BEL_ERR_DENIED: the file cannot be
 * made. A disk that fails later ends the recording where it stands. */
enum bel_err bel_recorder_open(struct bel_audio_port **out, struct bel_media_libs *libs,
			       const char *path, const struct bel_audio_format *format);

#endif
