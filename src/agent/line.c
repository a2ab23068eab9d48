/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "agent/line.h"
#include "crypto/crypto.h"
#include "rtp/rtp.h"

enum { DYNAMIC_FIRST = 96, EVENTS_PAYLOAD = 101, DYNAMIC_AFTER_EVENTS = 103 };
enum {
	FINGERPRINT_CHARS_MAX = 128,
	LINES_BYTES = 2048, /* of ICE */
	PARSED_BYTES_MAX = 256 * 1024,
};

/* Offered in this order. */
static const enum bel_srtp_suite suites[BEL_OFFER_CRYPTOS_MAX] = {
	BEL_SRTP_AES_CM_128_HMAC_SHA1_80,
	BEL_SRTP_AEAD_AES_256_GCM,
	BEL_SRTP_AEAD_AES_128_GCM,
	BEL_SRTP_AES_CM_128_HMAC_SHA1_32,
};

struct bel_line {
	struct bel_line_opts opts;
	struct bel_media_stream *stream;
	enum bel_sdp_direction direction;
	bool is_held;
	enum bel_offer_srtp agreed; /* last */
	struct bel_sdp_codec codecs[BEL_OFFER_CODECS_MAX];
	unsigned codecs_count;
	struct bel_offer_crypto cryptos[BEL_OFFER_CRYPTOS_MAX];
	char fingerprint[FINGERPRINT_CHARS_MAX]; /* of our certificate */
	size_t fingerprint_len;
	char lines[LINES_BYTES]; /* of the last description */
};

/* ---- codecs ---- */

static bool is_wanted(const struct bel_line_opts *opts, const char *name)
{
	if (!opts->codecs)
		return true;
	for (const char *const *each = opts->codecs; *each; each++)
		if (bel_str_is_equal_nocase(bel_str_from(*each), bel_str_from(name)))
			return true;
	return false;
}

static void add_codec(struct bel_line *line, const struct bel_codec *codec,
		      unsigned payload)
{
	if (line->codecs_count == BEL_OFFER_CODECS_MAX)
		return;
	line->codecs[line->codecs_count++] = (struct bel_sdp_codec){
		.payload = (uint8_t)payload,
		.channels = codec->rtpmap_channels,
		.clock_hz = codec->clock_hz,
		.name = bel_str_from(codec->name),
		.fmtp = bel_str_from(codec->fmtp),
	};
}

static unsigned next_dynamic(unsigned payload)
{
	return payload + 1 == EVENTS_PAYLOAD ? DYNAMIC_AFTER_EVENTS : payload + 1;
}

/* The n-th codec by preference: in the user's order when there is one. */
static const struct bel_codec *codec_at(const struct bel_line_opts *opts, unsigned index,
					const struct bel_codec *all, unsigned count)
{
	const char *const *names = opts->codecs;
	unsigned passed = 0;

	if (!names)
		return index < count ? &all[index] : NULL;
	for (; *names; names++)
		for (unsigned i = 0; i < count; i++)
			if (bel_str_is_equal_nocase(bel_str_from(*names),
						    bel_str_from(all[i].name)) &&
			    passed++ == index)
				return &all[i];
	return NULL;
}

/* Sounds first, then events for each clock that they have. */
static enum bel_err choose_codecs(struct bel_line *line)
{
	unsigned count, dynamic = DYNAMIC_FIRST, events = EVENTS_PAYLOAD;
	const struct bel_codec *all = bel_codecs(&count), *codec;

	for (unsigned i = 0; (codec = codec_at(&line->opts, i, all, count)); i++) {
		unsigned payload = codec->payload;
		if (codec->kind != BEL_CODEC_AUDIO ||
		    !bel_codec_is_here(codec, line->opts.libs))
			continue;
		if (payload == BEL_CODEC_DYNAMIC) {
			payload = dynamic;
			dynamic = next_dynamic(dynamic);
		}
		add_codec(line, codec, payload);
	}
	if (!line->codecs_count)
		return BEL_ERR_UNSUPPORTED;
	for (unsigned i = 0; i < count; i++) {
		bool is_used = false;
		for (unsigned k = 0; k < line->codecs_count; k++)
			is_used |= line->codecs[k].clock_hz == all[i].clock_hz;
		if (all[i].kind == BEL_CODEC_EVENTS && is_used &&
		    (!line->opts.codecs || is_wanted(&line->opts, all[i].name)))
			add_codec(line, &all[i], events++);
	}
	return BEL_OK;
}

static void make_keys(struct bel_line *line)
{
	for (unsigned i = 0; i < BEL_OFFER_CRYPTOS_MAX; i++) {
		struct bel_offer_crypto *crypto = &line->cryptos[i];
		crypto->suite = bel_srtp_suite_name(suites[i]);
		crypto->key_len = bel_srtp_key_bytes(suites[i]) +
				  bel_srtp_salt_bytes(suites[i]);
		bel_loop_random(line->opts.loop, crypto->key, crypto->key_len);
	}
}

static void write_byte(struct bel_writer *writer, char before, uint8_t byte)
{
	static const char digits[] = "0123456789ABCDEF";

	bel_write_char(writer, before);
	bel_write_char(writer, digits[byte >> 4]);
	bel_write_char(writer, digits[byte & 15]);
}

/* "sha-256 4A:AD:..." (RFC 8122 section 5). */
static enum bel_err make_fingerprint(struct bel_line *line)
{
	struct bel_writer text = bel_writer_init(line->fingerprint,
						 sizeof line->fingerprint);
	struct bel_dtls_fingerprint ours;
	enum bel_err err;

	if (!line->opts.dtls)
		return line->opts.srtp == BEL_LINE_SRTP_DTLS ? BEL_ERR_UNSUPPORTED
							     : BEL_OK;
	err = bel_dtls_fingerprint(&ours, line->opts.dtls, BEL_STR("sha-256"));
	if (err)
		return err;
	bel_write_lit(&text, "sha-256");
	for (size_t i = 0; i < ours.len; i++)
		write_byte(&text, i ? ':' : ' ', ours.bytes[i]);
	line->fingerprint_len = text.len;
	return BEL_OK;
}

/* ---- the door ---- */

enum bel_err bel_line_open(struct bel_line **out, const struct bel_line_opts *opts)
{
	struct bel_line *line = calloc(1, sizeof *line);
	enum bel_err err;

	if (!line)
		return bel_err_from_errno(ENOMEM);
	line->opts = *opts;
	line->direction = BEL_SDP_SENDRECV;
	err = choose_codecs(line);
	if (!err)
		err = make_fingerprint(line);
	if (!err)
		err = bel_media_stream_open(&line->stream,
					    &(struct bel_media_stream_opts){
						    .loop = opts->loop,
						    .libs = opts->libs,
						    .dtls = opts->dtls,
						    .local = opts->local,
						    .shown = opts->shown,
						    .has_ice = opts->has_ice,
						    .offers_ice = opts->offers_ice,
						    .servers = opts->servers,
						    .port_min = opts->port_min,
						    .port_max = opts->port_max,
						    .is_faithful = opts->is_faithful,
						    .port = opts->port,
						    .user = opts->user,
					    });
	if (err) {
		free(line);
		return err;
	}
	make_keys(line);
	*out = line;
	return BEL_OK;
}

void bel_line_close(struct bel_line *line)
{
	if (!line)
		return;
	bel_media_stream_close(line->stream);
	bel_wipe(line->cryptos, sizeof line->cryptos);
	free(line);
}

struct bel_media_stream *bel_line_stream(struct bel_line *line)
{
	return line->stream;
}

void bel_line_set_direction(struct bel_line *line, enum bel_sdp_direction direction)
{
	line->direction = direction;
}

/* Nobody sends anything, and so there is nowhere to send it to. */
static void be_quiet(const struct bel_line *line, struct bel_offer_local_stream *stream)
{
	stream->addr = line->opts.shown.family ? line->opts.shown : line->opts.local;
	stream->addr.port = BEL_OFFER_QUIET_PORT;
	stream->rtcp = (bel_addr){ 0 };
	stream->direction = BEL_SDP_INACTIVE;
}

/* Theirs, parsed; its index lies in the arena. False: it cannot be. */
static bool read(struct bel_sdp *out, bel_str theirs, struct bel_arena *arena)
{
	struct bel_sdp_refusal why;

	bel_arena_init(arena, NULL, 0, PARSED_BYTES_MAX);
	return theirs.len && bel_sdp_parse(out, theirs, arena, &why) == BEL_OK;
}

/* What is said of ICE, after their offer was heard. */
static void write_lines(struct bel_line *line, struct bel_offer_local *local)
{
	struct bel_path *path = bel_media_stream_path(line->stream);
	struct bel_writer writer = bel_writer_init(line->lines, sizeof line->lines);
	struct bel_arena arena;
	struct bel_sdp theirs;

	if (read(&theirs, local->theirs, &arena) && theirs.media_count)
		bel_path_take_offer(path, &theirs, 0);
	bel_arena_fini(&arena);
	bel_path_write(&writer, path);
	/* Half of it would be wrong. */
	if (writer.is_full)
		writer.len = 0;
	local->streams[0].lines = bel_writer_str(&writer);
}

enum bel_err bel_line_describe(struct bel_line *line, struct bel_offer_local *local)
{
	static const enum bel_offer_srtp offered[] = {
		[BEL_LINE_SRTP_PREFER] = BEL_OFFER_SDES,
		[BEL_LINE_SRTP_SDES] = BEL_OFFER_SDES,
		[BEL_LINE_SRTP_DTLS] = BEL_OFFER_DTLS,
	};
	struct bel_offer_local_stream *stream = &local->streams[0];
	enum bel_line_srtp srtp = line->opts.srtp;
	struct bel_path *path = bel_media_stream_path(line->stream);
	bool is_bound = bel_path_is_bound(path);
	enum bel_err err = BEL_OK;

	if (!is_bound && !local->is_quiet)
		err = bel_media_stream_bind(line->stream);
	if (err)
		return err;
	*stream = (struct bel_offer_local_stream){
		.kind = BEL_STR("audio"),
		.addr = bel_path_address(path, BEL_PATH_RTP),
		.rtcp = bel_path_address(path, BEL_PATH_RTCP),
		.direction = line->direction,
		.codecs_count = line->codecs_count,
		/* What the other side wanted protected is offered so again. */
		.srtp = srtp == BEL_LINE_SRTP_NONE ? line->agreed : offered[srtp],
		.accepts_srtp = true,
		.accepts_plain = srtp == BEL_LINE_SRTP_NONE ||
				 srtp == BEL_LINE_SRTP_PREFER,
		.has_mux = true,
		/* Who demands DTLS does not want keys that the servers saw. */
		.cryptos_count = srtp == BEL_LINE_SRTP_DTLS ? 0 : BEL_OFFER_CRYPTOS_MAX,
		.fingerprint = { line->fingerprint, line->fingerprint_len },
	};
	memcpy(stream->codecs, line->codecs, sizeof line->codecs);
	memcpy(stream->cryptos, line->cryptos, sizeof line->cryptos);
	local->streams_count = 1;
	write_lines(line, local);
	if (!is_bound && local->is_quiet)
		be_quiet(line, stream);
	return BEL_OK;
}

static void agree(struct bel_line *line, const struct bel_offer_stream *agreed)
{
	struct bel_arena arena;
	struct bel_sdp theirs;
	bool is_read = read(&theirs, agreed->description, &arena);

	bel_path_agree(bel_media_stream_path(line->stream),
		       &(struct bel_path_agreed){ .theirs = is_read ? &theirs : NULL,
						  .has_mux = agreed->has_mux,
						  .remote = agreed->remote,
						  .remote_rtcp = agreed->remote_rtcp });
	bel_arena_fini(&arena);
}

void bel_line_apply(struct bel_line *line, const struct bel_offer_stream *streams,
		    unsigned count)
{
	if (!count)
		return;
	line->is_held = streams[0].is_held;
	line->agreed = streams[0].srtp;
	agree(line, &streams[0]);
	/* What cannot be carried out is not sent: the other side hears nothing, and the
	 * statistics say so. */
	bel_media_stream_configure(line->stream, &streams[0]);
}

bool bel_line_is_held(const struct bel_line *line)
{
	return line->is_held;
}
