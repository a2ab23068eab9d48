/* SPDX-License-Identifier: Apache-2.0
 * A sound card by ALSA: two PCMs that never block, one that hears and one that speaks. */
#include <errno.h>
#include <stdlib.h>

#include "media/device_int.h"
#include "media/libs_int.h"

enum {
	NAME_BYTES_MAX = 256,
	BUFFER_US = 160000,
	/* of sound that waits: to begin with, and before some of it is dropped */
	START_MS = 40,
	WAITING_MS_MAX = 80,
	CHUNK_MAX = BEL_AUDIO_FRAME_MAX,
};

struct card {
	struct bel_audio_port base;
	const struct bel_alsa *lib;
	snd_pcm_t *hears, *speaks; /* NULL: it cannot */
	unsigned long room;        /* samples that speaks can hold */
};

static unsigned samples_of(const struct card *card, unsigned ms)
{
	return card->base.format.rate_hz / 1000 * ms;
}

/* ---- hearing ---- */

static void restart_hearing(struct card *card, int fault)
{
	if (card->lib->snd_pcm_recover(card->hears, fault, 1) == 0)
		card->lib->snd_pcm_start(card->hears);
}

/* What is there; 0 after a fault that was mended. */
static unsigned long heard(struct card *card)
{
	long count = card->lib->snd_pcm_avail_update(card->hears);

	if (count >= 0)
		return (unsigned long)count;
	restart_hearing(card, (int)count);
	return 0;
}

static unsigned read_card(struct bel_audio_port *port, int16_t *samples, unsigned count)
{
	struct card *card = BEL_CONTAINER_OF(port, struct card, base);
	unsigned long there = card->hears ? heard(card) : 0;
	long got;

	/* Its clock is the faster one, or nobody read for a while. */
	if (there > samples_of(card, WAITING_MS_MAX) + count) {
		int16_t old[CHUNK_MAX];
		unsigned long many = there - samples_of(card, START_MS);
		unsigned long fits = (unsigned)CHUNK_MAX / port->format.channels;
		card->lib->snd_pcm_readi(card->hears, old, many < fits ? many : fits);
	}
	if (there == 0)
		return 0;
	got = card->lib->snd_pcm_readi(card->hears, samples, count);
	if (got >= 0)
		return (unsigned)got;
	if (got != -EAGAIN)
		restart_hearing(card, (int)got);
	return 0;
}

/* ---- speaking ---- */

/* Silence first: the next samples may come a little late. */
static void begin_speaking(struct card *card)
{
	static const int16_t silence[CHUNK_MAX];

	card->lib->snd_pcm_writei(card->speaks, silence, samples_of(card, START_MS));
	card->lib->snd_pcm_start(card->speaks);
}

static void restart_speaking(struct card *card, int fault)
{
	if (card->lib->snd_pcm_recover(card->speaks, fault, 1) == 0)
		begin_speaking(card);
}

static void write_card(struct bel_audio_port *port, const int16_t *samples,
		       unsigned count)
{
	struct card *card = BEL_CONTAINER_OF(port, struct card, base);
	long space, put;

	if (!card->speaks)
		return;
	space = card->lib->snd_pcm_avail_update(card->speaks);
	if (space < 0)
		restart_speaking(card, (int)space);
	else if ((unsigned long)space < card->room &&
		 card->room - (unsigned long)space > samples_of(card, WAITING_MS_MAX))
		return;
	put = card->lib->snd_pcm_writei(card->speaks, samples, count);
	if (put < 0 && put != -EAGAIN)
		restart_speaking(card, (int)put);
}

/* ---- opening ---- */

static void close_card(struct bel_audio_port *port)
{
	struct card *card = BEL_CONTAINER_OF(port, struct card, base);

	if (card->hears)
		card->lib->snd_pcm_close(card->hears);
	if (card->speaks)
		card->lib->snd_pcm_close(card->speaks);
	free(card);
}

/* Negative: why not, as ALSA has it. */
static int open_pcm(snd_pcm_t **out, const struct card *card, const char *name,
		    snd_pcm_stream_t way)
{
	snd_pcm_t *pcm;
	int fault = card->lib->snd_pcm_open(&pcm, name, way, SND_PCM_NONBLOCK);

	if (fault < 0)
		return fault;
	fault = card->lib->snd_pcm_set_params(
		pcm, SND_PCM_FORMAT_S16, SND_PCM_ACCESS_RW_INTERLEAVED,
		card->base.format.channels, card->base.format.rate_hz, 1, BUFFER_US);
	if (fault < 0) {
		card->lib->snd_pcm_close(pcm);
		return fault;
	}
	*out = pcm;
	return 0;
}

static void be_quiet(const char *file, int line, const char *function, int fault,
		     const char *format, ...)
{
	(void)file;
	(void)line;
	(void)function;
	(void)fault;
	(void)format;
}

/* BEL_ERR_BUSY before BEL_ERR_NOT_FOUND: it is there, and somebody else speaks. */
static enum bel_err open_both(struct card *card, const char *name)
{
	snd_pcm_uframes_t period;
	int hears, speaks;

	/* What it has to say of a card that is not there would go to the terminal. */
	card->lib->snd_lib_error_set_handler(be_quiet);
	hears = open_pcm(&card->hears, card, name, SND_PCM_STREAM_CAPTURE);
	speaks = open_pcm(&card->speaks, card, name, SND_PCM_STREAM_PLAYBACK);
	card->lib->snd_lib_error_set_handler(NULL);
	if (hears < 0 && speaks < 0)
		return hears == -EBUSY || speaks == -EBUSY ? BEL_ERR_BUSY
							   : BEL_ERR_NOT_FOUND;
	if (card->hears)
		card->lib->snd_pcm_start(card->hears);
	if (!card->speaks)
		return BEL_OK;
	if (card->lib->snd_pcm_get_params(card->speaks, &card->room, &period) < 0)
		return BEL_ERR_NOT_FOUND;
	begin_speaking(card);
	return BEL_OK;
}

enum bel_err bel_device_alsa_open(struct bel_audio_port **out,
				  struct bel_media_libs *libs, bel_str name,
				  const struct bel_audio_format *format)
{
	enum bel_err err = bel_media_lib_find(libs, BEL_MEDIA_ALSA);
	char room[NAME_BYTES_MAX] = "default";
	struct card *card;

	if (err)
		return err;
	if (name.len >= sizeof room)
		return BEL_ERR_NOT_FOUND;
	if (name.len) {
		memcpy(room, name.ptr, name.len);
		room[name.len] = '\0';
	}
	card = calloc(1, sizeof *card);
	if (!card)
		return bel_err_from_errno(ENOMEM);
	card->base = (struct bel_audio_port){ .format = *format,
					      .read = read_card,
					      .write = write_card,
					      .close = close_card };
	card->lib = &libs->alsa;
	err = open_both(card, room);
	if (err)
		close_card(&card->base);
	else
		*out = &card->base;
	return err;
}
