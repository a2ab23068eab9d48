/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "media/mixer.h"

enum {
	FRAMES_PER_SECOND = 100,
	FRAME_MAX = BEL_AUDIO_RATE_MAX / FRAMES_PER_SECOND,
	KEPT = 8,         /* frames; a power of two */
	SLACK_FRAMES = 2, /* that may wait beyond two blocks */
	WAITING_MAX = FRAME_MAX * (2 * BEL_AUDIO_FRAME_MS_MAX / 10 + SLACK_FRAMES),
};

struct bel_mixer {
	struct bel_list places;
	unsigned count;
	uint32_t rate_hz;
	unsigned frame; /* samples */
	unsigned block; /* the longest that anybody said or asked for at once */
	uint64_t mixed; /* frames so far */
	int32_t sums[KEPT][FRAME_MAX];
};

struct place {
	struct bel_audio_port base;
	struct bel_list node;
	struct bel_mixer *mixer;
	bool is_muted;
	/* said, and not mixed yet */
	int16_t *waiting; /* WAITING_MAX in a ring; NULL until it speaks */
	unsigned first, count;
	bool is_flowing; /* it keeps up; else a block is awaited first */
	/* mixed, as it went into the sums */
	int16_t (*said)[FRAME_MAX];
	bool has_said[KEPT];
	/* heard */
	uint64_t heard;  /* frames, whole ones */
	unsigned offset; /* samples of the next one */
};

static void take(int16_t *out, struct place *place, unsigned count)
{
	unsigned before_end = WAITING_MAX - place->first;
	unsigned head = count < before_end ? count : before_end;

	memcpy(out, place->waiting + place->first, head * sizeof *out);
	memcpy(out + head, place->waiting, (count - head) * sizeof *out);
	place->first = (place->first + count) % WAITING_MAX;
	place->count -= count;
}

/* What it adds to the frame: nothing while it has too little. */
static bool collect(struct place *place, unsigned at, unsigned frame)
{
	if (!place->is_flowing)
		return false;
	if (place->count < frame) {
		place->is_flowing = false;
		return false;
	}
	take(place->said[at], place, frame);
	return !place->is_muted;
}

static void mix(struct bel_mixer *mixer)
{
	unsigned at = mixer->mixed % KEPT, frame = mixer->frame;
	int32_t *sum = mixer->sums[at];

	memset(sum, 0, frame * sizeof *sum);
	BEL_LIST_EACH(node, &mixer->places)
	{
		struct place *place = BEL_CONTAINER_OF(node, struct place, node);
		place->has_said[at] = collect(place, at, frame);
		if (!place->has_said[at])
			continue;
		for (unsigned i = 0; i < frame; i++)
			sum[i] += place->said[at][i];
	}
	mixer->mixed++;
}

static int16_t clip(int32_t sample)
{
	return (int16_t)(sample > INT16_MAX   ? INT16_MAX
			 : sample < INT16_MIN ? INT16_MIN
					      : sample);
}

/* From one frame, all others. */
static void hear(int16_t *out, const struct place *place, unsigned count)
{
	unsigned at = place->heard % KEPT;
	const int32_t *sum = place->mixer->sums[at] + place->offset;
	const int16_t *own;

	if (!place->has_said[at]) {
		for (unsigned i = 0; i < count; i++)
			out[i] = clip(sum[i]);
		return;
	}
	own = place->said[at] + place->offset;
	for (unsigned i = 0; i < count; i++)
		out[i] = clip(sum[i] - own[i]);
}

static unsigned longest_block(const struct bel_mixer *mixer)
{
	return mixer->rate_hz / 1000 * BEL_AUDIO_FRAME_MS_MAX;
}

/* Who asks for much at once takes as much from everybody. */
static void note_block(struct bel_mixer *mixer, unsigned count)
{
	unsigned longest = longest_block(mixer);

	if (count > longest)
		count = longest;
	if (count > mixer->block)
		mixer->block = count;
}

static unsigned read_place(struct bel_audio_port *port, int16_t *samples, unsigned count)
{
	struct place *place = BEL_CONTAINER_OF(port, struct place, base);
	struct bel_mixer *mixer = place->mixer;

	note_block(mixer, count);
	/* It rested longer than anything is kept: it goes on with what is said now. */
	if (mixer->mixed - place->heard > KEPT) {
		place->heard = mixer->mixed;
		place->offset = 0;
	}
	for (unsigned done = 0, part; done < count; done += part) {
		if (place->heard == mixer->mixed)
			mix(mixer);
		part = mixer->frame - place->offset;
		if (part > count - done)
			part = count - done;
		hear(samples + done, place, part);
		place->offset += part;
		if (place->offset == mixer->frame) {
			place->heard++;
			place->offset = 0;
		}
	}
	return count;
}

static bool has_room(struct place *place)
{
	if (!place->waiting)
		place->waiting = malloc(WAITING_MAX * sizeof *place->waiting);
	if (!place->said)
		place->said = calloc(KEPT, sizeof *place->said);
	return place->waiting && place->said;
}

static void put(struct place *place, const int16_t *samples, unsigned count)
{
	unsigned at = (place->first + place->count) % WAITING_MAX;
	unsigned head = WAITING_MAX - at < count ? WAITING_MAX - at : count;

	memcpy(place->waiting + at, samples, head * sizeof *samples);
	memcpy(place->waiting, samples + head, (count - head) * sizeof *samples);
	place->count += count;
}

static void leave_out(struct place *place, unsigned count)
{
	count = count < place->count ? count : place->count;
	place->first = (place->first + count) % WAITING_MAX;
	place->count -= count;
}

static void write_place(struct bel_audio_port *port, const int16_t *samples,
			unsigned count)
{
	struct place *place = BEL_CONTAINER_OF(port, struct place, base);
	struct bel_mixer *mixer = place->mixer;
	unsigned longest = longest_block(mixer), limit;

	/* Without memory it is not heard. */
	if (!has_room(place))
		return;
	if (count > longest) {
		samples += count - longest;
		count = longest;
	}
	note_block(mixer, count);
	limit = 2 * mixer->block + SLACK_FRAMES * mixer->frame;
	if (place->count + count > limit)
		leave_out(place, place->count + count - mixer->block);
	put(place, samples, count);
	if (place->count >= mixer->block)
		place->is_flowing = true;
}

static void close_place(struct bel_audio_port *port)
{
	struct place *place = BEL_CONTAINER_OF(port, struct place, base);

	bel_list_remove(&place->node);
	place->mixer->count--;
	free(place->waiting);
	free(place->said);
	free(place);
}

enum bel_err bel_mixer_join(struct bel_audio_port **out, struct bel_mixer *mixer)
{
	struct place *place = calloc(1, sizeof *place);

	if (!place)
		return bel_err_from_errno(ENOMEM);
	place->base = (struct bel_audio_port){ .format = { mixer->rate_hz, 1 },
					       .read = read_place,
					       .write = write_place,
					       .close = close_place };
	place->mixer = mixer;
	place->heard = mixer->mixed;
	bel_list_put(&mixer->places, &place->node);
	mixer->count++;
	*out = &place->base;
	return BEL_OK;
}

void bel_mixer_set_muted(struct bel_audio_port *port, bool is_muted)
{
	BEL_CONTAINER_OF(port, struct place, base)->is_muted = is_muted;
}

unsigned bel_mixer_count(const struct bel_mixer *mixer)
{
	return mixer->count;
}

enum bel_err bel_mixer_open(struct bel_mixer **out, uint32_t rate_hz)
{
	struct bel_audio_format format = { rate_hz, 1 };
	struct bel_mixer *mixer;

	if (!bel_audio_format_is_valid(&format))
		return BEL_ERR_LIMIT;
	mixer = calloc(1, sizeof *mixer);
	if (!mixer)
		return bel_err_from_errno(ENOMEM);
	bel_list_init(&mixer->places);
	mixer->rate_hz = rate_hz;
	mixer->frame = rate_hz / FRAMES_PER_SECOND;
	*out = mixer;
	return BEL_OK;
}

void bel_mixer_close(struct bel_mixer *mixer)
{
	free(mixer);
}
