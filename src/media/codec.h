/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_MEDIA_CODEC_H
#define BEL_MEDIA_CODEC_H

#include "base/base.h"
#include "media/audio.h"
#include "media/libs.h"

struct bel_codec;
struct bel_coder;

enum bel_codec_kind {
	BEL_CODEC_AUDIO,
	BEL_CODEC_EVENTS,  /* telephone-event (RFC 4733): no sound in it */
	BEL_CODEC_COMFORT, /* CN (RFC 3389): noise to make */
};

enum { BEL_CODEC_DYNAMIC = 255 };

/* A codec in use: an encoder, a decoder or both. Its memory is taken when it is opened,
 * none for a frame. */
struct bel_coder_opts {
	const struct bel_codec *codec;
	struct bel_media_libs *libs;
	/* What the other side asks for, as in its fmtp (RFC 7587 section 6.1); only the
	 * encoder looks at it. May be empty. */
	bel_str fmtp;
	uint8_t channels;      /* opus: 1 or 2; others have what their row says. 0: 1 */
	unsigned bitrate_bps;  /* opus; 0: its own choice. fmtp may lower it. */
	unsigned loss_percent; /* opus: what forward error correction reckons with; 0:
				* 10 */
	bool has_encoder, has_decoder; /* both false: both */
	/* opus: the wave as it is, for who measures; else voices are made clearer. */
	bool is_faithful;
};

/* A row of the table. Numbers of RFC 3551 section 6, RFC 7587, RFC 4733, RFC 3389. */
struct bel_codec {
	const char *name; /* as in an rtpmap */
	enum bel_codec_kind kind;
	uint8_t payload;         /* static payload type, or BEL_CODEC_DYNAMIC */
	uint8_t rtpmap_channels; /* as in an rtpmap: opus always says 2 */
	uint8_t channels;        /* of the sound; opus: as opened */
	uint32_t clock_hz;       /* of RTP: 8,000 for G722, by RFC 3551 section 4.5.2 */
	uint32_t rate_hz;        /* of the sound */
	uint16_t ptime_ms;       /* when nothing is said */
	uint16_t granule_ms;     /* what is encoded is a multiple of this */
	uint16_t frame_bytes;    /* of ptime_ms; 0: it varies */
	const char *fmtp;        /* what we ask for; empty: nothing */
	bool has_lib;            /* it is done by a library: */
	enum bel_media_lib lib;

	/* private: of audio */
	enum bel_err (*open)(struct bel_coder **out, const struct bel_coder_opts *opts);
	enum bel_err (*encode)(struct bel_writer *writer, struct bel_coder *coder,
			       const int16_t *samples, unsigned count);
	enum bel_err (*decode)(int16_t *samples, unsigned *count, struct bel_coder *coder,
			       bel_str payload);
	/* NULL: by repeating what was heard (conceal.h) */
	enum bel_err (*conceal)(int16_t *samples, unsigned count, struct bel_coder *coder,
				bel_str next);
	void (*close)(struct bel_coder *coder);
};

/* The whole table, best first as an offer has them. */
const struct bel_codec *bel_codecs(unsigned *count);
/* By what an rtpmap says, letter case folded (RFC 8866 section 6.6); channels 0: not
 * said. NULL. */
const struct bel_codec *bel_codec_find(bel_str name, uint32_t clock_hz,
				       unsigned channels);
/* By static payload type; NULL. */
const struct bel_codec *bel_codec_find_static(unsigned payload);

/* Whether what it is done by is installed here. */
bool bel_codec_is_here(const struct bel_codec *codec, struct bel_media_libs *libs);

/* BEL_ERR_UNSUPPORTED: not audio, or its library is not installed (bel_media_lib_text
 * says which); BEL_ERR_LIMIT: channels; -ENOMEM. */
enum bel_err bel_coder_open(struct bel_coder **out, const struct bel_coder_opts *opts);
/* NULL is allowed. */
void bel_coder_close(struct bel_coder *coder);
const struct bel_codec *bel_coder_codec(const struct bel_coder *coder);
/* Of the sound on its near side. */
const struct bel_audio_format *bel_coder_format(const struct bel_coder *coder);

/* One payload of count samples. It may come out empty: send nothing, the codec transmits
 * only when there is something to say. BEL_ERR_LIMIT: not a multiple of the codec's
 * granule, or over BEL_AUDIO_FRAME_MS_MAX; BEL_ERR_SPACE. */
enum bel_err bel_coder_encode(struct bel_writer *writer, struct bel_coder *coder,
			      const int16_t *samples, unsigned count);
/* *count is how many samples fit, and then how many came. BEL_ERR_SYNTAX: no payload of
 * this codec; BEL_ERR_SPACE. Afterwards the same bytes of the network are never a crash,
 * whatever they were. */
enum bel_err bel_coder_decode(int16_t *samples, unsigned *count, struct bel_coder *coder,
			      bel_str payload);
/* What is missing, for so long. next: the payload after it, if that is here (opus mends
 * with it), else empty. Always gives sound, which fades when nothing comes for long. */
void bel_coder_conceal(int16_t *samples, unsigned count, struct bel_coder *coder,
		       bel_str next);

#endif
