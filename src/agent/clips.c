/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "agent/agent.h"

enum { PATH_BYTES_MAX = 4096 };

struct recording {
	struct recording *next;
	struct bel_clip clip;
	size_t path_len;
	char path[]; /* terminated */
};

struct bel_clips {
	pthread_mutex_t lock; /* of the list; a recording does not change any more */
	struct recording *first;
	struct bel_media_libs *libs;
};

enum bel_err bel_clips_open(struct bel_clips **out)
{
	struct bel_clips *clips = calloc(1, sizeof *clips);
	enum bel_err err;

	if (!clips)
		return bel_err_from_errno(ENOMEM);
	err = bel_media_libs_open(&clips->libs);
	if (err) {
		free(clips);
		return err;
	}
	pthread_mutex_init(&clips->lock, NULL);
	*out = clips;
	return BEL_OK;
}

static void free_recording(struct recording *recording)
{
	bel_clip_fini(&recording->clip);
	free(recording);
}

void bel_clips_close(struct bel_clips *clips)
{
	if (!clips)
		return;
	while (clips->first) {
		struct recording *next = clips->first->next;
		free_recording(clips->first);
		clips->first = next;
	}
	bel_media_libs_close(clips->libs);
	pthread_mutex_destroy(&clips->lock);
	free(clips);
}

const struct bel_clip *bel_clips_find(struct bel_clips *clips, bel_str path)
{
	const struct bel_clip *found = NULL;

	pthread_mutex_lock(&clips->lock);
	for (struct recording *each = clips->first; each && !found; each = each->next)
		if (bel_str_is_equal((bel_str){ each->path, each->path_len }, path))
			found = &each->clip;
	pthread_mutex_unlock(&clips->lock);
	return found;
}

static bool is_same(const struct bel_clip *a, const struct bel_clip *b)
{
	return a && bel_audio_format_is_equal(&a->format, &b->format) &&
	       a->count == b->count &&
	       !memcmp(a->samples, b->samples,
		       a->count * a->format.channels * sizeof *a->samples);
}

enum bel_err bel_clips_load(struct bel_clips *clips, bel_str path)
{
	struct recording *recording;
	enum bel_err err;

	if (path.len >= PATH_BYTES_MAX)
		return BEL_ERR_LIMIT;
	recording = calloc(1, sizeof *recording + path.len + 1);
	if (!recording)
		return bel_err_from_errno(ENOMEM);
	memcpy(recording->path, path.ptr, path.len);
	recording->path_len = path.len;
	err = bel_clip_load(&recording->clip, clips->libs, recording->path);
	if (err) {
		free(recording);
		return err;
	}
	if (is_same(bel_clips_find(clips, path), &recording->clip)) {
		free_recording(recording);
		return BEL_OK;
	}
	/* In front of what it was before, which somebody may be hearing. */
	pthread_mutex_lock(&clips->lock);
	recording->next = clips->first;
	clips->first = recording;
	pthread_mutex_unlock(&clips->lock);
	return BEL_OK;
}
