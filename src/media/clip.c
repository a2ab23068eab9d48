/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "media/libs_int.h"
#include "media/source.h"

struct player {
	struct bel_audio_port base;
	const struct bel_clip *clip;
	size_t at;
	bool is_endless;
};

static enum bel_err read_all(struct bel_clip *out, const struct bel_sndfile *lib,
			     SNDFILE *file, const SF_INFO *info)
{
	struct bel_clip clip = { .count = (size_t)info->frames };
	sf_count_t got;

	if (info->channels < 1 || info->channels > BEL_AUDIO_CHANNELS_MAX ||
	    info->samplerate < 0)
		return BEL_ERR_LIMIT;
	clip.format.rate_hz = (uint32_t)info->samplerate;
	clip.format.channels = (uint8_t)info->channels;
	if (!bel_audio_format_is_valid(&clip.format) || info->frames < 0 ||
	    clip.count > (size_t)clip.format.rate_hz * BEL_CLIP_SECONDS_MAX)
		return BEL_ERR_LIMIT;
	clip.samples = calloc(clip.count ? clip.count : 1,
			      clip.format.channels * sizeof(int16_t));
	if (!clip.samples)
		return bel_err_from_errno(ENOMEM);
	got = lib->sf_readf_short(file, clip.samples, info->frames);
	clip.count = got > 0 ? (size_t)got : 0;
	*out = clip;
	return BEL_OK;
}

enum bel_err bel_clip_load(struct bel_clip *out, struct bel_media_libs *libs,
			   const char *path)
{
	enum bel_err err = bel_media_lib_find(libs, BEL_MEDIA_SNDFILE);
	SF_INFO info = { 0 };
	SNDFILE *file;

	if (err)
		return err;
	if (access(path, R_OK) != 0)
		return BEL_ERR_NOT_FOUND;
	file = libs->sndfile.sf_open(path, SFM_READ, &info);
	if (!file)
		return BEL_ERR_SYNTAX;
	err = read_all(out, &libs->sndfile, file, &info);
	libs->sndfile.sf_close(file);
	return err;
}

void bel_clip_fini(struct bel_clip *clip)
{
	free(clip->samples);
	*clip = (struct bel_clip){ 0 };
}

static unsigned read_player(struct bel_audio_port *port, int16_t *samples, unsigned count)
{
	struct player *player = BEL_CONTAINER_OF(port, struct player, base);
	const struct bel_clip *clip = player->clip;
	unsigned done = 0;

	while (done < count) {
		size_t part = clip->count - player->at;

		if (part == 0 && (!player->is_endless || clip->count == 0))
			break;
		if (part == 0) {
			player->at = 0;
			continue;
		}
		if (part > count - done)
			part = count - done;
		memcpy(samples + (size_t)done * clip->format.channels,
		       clip->samples + player->at * clip->format.channels,
		       part * clip->format.channels * sizeof *samples);
		player->at += part;
		done += (unsigned)part;
	}
	return done;
}

static void close_player(struct bel_audio_port *port)
{
	free(BEL_CONTAINER_OF(port, struct player, base));
}

enum bel_err bel_player_open(struct bel_audio_port **out, const struct bel_clip *clip,
			     bool is_endless)
{
	struct player *player = calloc(1, sizeof *player);

	if (!player)
		return bel_err_from_errno(ENOMEM);
	player->base = (struct bel_audio_port){ .format = clip->format,
						.read = read_player,
						.close = close_player };
	player->clip = clip;
	player->is_endless = is_endless;
	*out = &player->base;
	return BEL_OK;
}
