/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "lib/lib_int.h"

enum { RATE_HZ = 16000 };

struct belfry_mixer {
	struct belfry_agent *agent;
	struct bel_list node;
	struct bel_mixer *mixer;
};

enum belfry_error belfry_mixer_open(struct belfry_mixer **out, struct belfry_agent *agent,
				    uint32_t rate_hz)
{
	struct belfry_mixer *mixer = calloc(1, sizeof *mixer);
	enum bel_err err = bel_err_from_errno(ENOMEM);

	if (mixer)
		err = bel_mixer_open(&mixer->mixer, rate_hz ? rate_hz : RATE_HZ);
	if (err) {
		free(mixer);
		return bel_fail(agent, err, "cannot open a mixer");
	}
	mixer->agent = agent;
	bel_list_put(&agent->mixers, &mixer->node);
	*out = mixer;
	return BELFRY_OK;
}

void belfry_mixer_close(struct belfry_mixer *mixer)
{
	if (!mixer)
		return;
	BEL_LIST_EACH(node, &mixer->agent->audios)
	{
		struct belfry_audio *audio = BEL_CONTAINER_OF(node, struct belfry_audio,
							      node);
		if (audio->mixer == mixer)
			belfry_audio_close(audio);
	}
	bel_list_remove(&mixer->node);
	bel_mixer_close(mixer->mixer);
	free(mixer);
}

void bel_mixers_close(struct belfry_agent *agent)
{
	while (!bel_list_is_empty(&agent->mixers))
		belfry_mixer_close(
			BEL_CONTAINER_OF(agent->mixers.next, struct belfry_mixer, node));
}

enum belfry_error belfry_mixer_open_place(struct belfry_audio **out,
					  struct belfry_mixer *mixer)
{
	struct belfry_audio *audio = bel_audio_new(mixer->agent);
	enum bel_err err = bel_err_from_errno(ENOMEM);

	if (audio)
		err = bel_mixer_join(&audio->port, mixer->mixer);
	if (err) {
		belfry_audio_close(audio);
		return bel_fail(mixer->agent, err, "cannot join the mixer");
	}
	audio->mixer = mixer;
	*out = audio;
	return BELFRY_OK;
}

void belfry_mixer_mute(struct belfry_audio *place, bool is_muted)
{
	if (place->mixer)
		bel_mixer_set_muted(place->port, is_muted);
}
