/* SPDX-License-Identifier: Apache-2.0
 * What was agreed becomes coders, keys and addresses. */
#include "media/stream_int.h"

enum { PTIME_MS_MAX = 60, PAYLOAD_BYTES_MAX = 1920 };

void bel_stream_forget_agreed(struct bel_media_stream *stream)
{
	bel_coder_close(stream->encoder);
	bel_coder_close(stream->decoder);
	bel_stream_dtls_close(stream);
	bel_srtp_close(stream->protects);
	bel_srtp_close(stream->unprotects);
	stream->encoder = stream->decoder = NULL;
	stream->protects = stream->unprotects = NULL;
	stream->map_count = 0;
	stream->is_agreed = stream->may_send = stream->may_hear = false;
}

/* ---- codecs ---- */

static void keep_codec(struct bel_media_stream *stream, const struct bel_sdp_codec *sends,
		       const struct bel_sdp_codec *receives)
{
	struct mapped *mapped = &stream->map[stream->map_count];
	struct bel_writer fmtp = bel_writer_init(mapped->fmtp, sizeof mapped->fmtp - 1);
	const struct bel_codec *codec = bel_codec_find(sends->name, sends->clock_hz,
						       sends->channels);

	if (!codec || stream->map_count == MAPPED_MAX)
		return;
	*mapped = (struct mapped){ .codec = codec,
				   .sends = sends->payload,
				   .receives = receives->payload,
				   .channels = sends->channels };
	bel_write_str(&fmtp, sends->fmtp);
	stream->map_count++;
}

/* Events go with the codec whose clock they share (RFC 4733 section 2.1). */
static void choose_events(struct bel_media_stream *stream)
{
	stream->has_events = false;
	for (unsigned i = 0; i < stream->map_count && stream->encoder; i++) {
		const struct mapped *mapped = &stream->map[i];
		if (mapped->codec->kind != BEL_CODEC_EVENTS ||
		    mapped->codec->clock_hz !=
			    stream->map[stream->encoder_index].codec->clock_hz)
			continue;
		stream->has_events = true;
		stream->events_payload = mapped->sends;
		return;
	}
}

static bool is_same_map(const struct bel_media_stream *stream,
			const struct bel_offer_stream *agreed)
{
	if (stream->map_count != agreed->sends_count)
		return false;
	for (unsigned i = 0; i < stream->map_count; i++)
		if (stream->map[i].sends != agreed->sends[i].payload ||
		    stream->map[i].receives != agreed->receives[i].payload ||
		    stream->map[i].codec != bel_codec_find(agreed->sends[i].name,
							   agreed->sends[i].clock_hz,
							   agreed->sends[i].channels))
			return false;
	return true;
}

static enum bel_err take_codecs(struct bel_media_stream *stream,
				const struct bel_offer_stream *agreed)
{
	uint32_t random[3];
	enum bel_err err;

	if (stream->encoder && is_same_map(stream, agreed))
		return BEL_OK;
	bel_coder_close(stream->encoder);
	bel_coder_close(stream->decoder);
	stream->encoder = stream->decoder = NULL;
	stream->map_count = 0;
	for (unsigned i = 0; i < agreed->sends_count; i++)
		keep_codec(stream, &agreed->sends[i], &agreed->receives[i]);
	err = bel_stream_open_encoder(stream);
	if (err)
		return err;
	bel_loop_random(stream->opts.loop, random, sizeof random);
	if (!stream->sender.clock_hz)
		bel_rtp_sender_init(&stream->sender, random,
				    stream->map[stream->encoder_index].codec->clock_hz);
	stream->sender.clock_hz = stream->map[stream->encoder_index].codec->clock_hz;
	choose_events(stream);
	return BEL_OK;
}

/* ---- keys ---- */

static enum bel_err open_key(struct bel_srtp **srtp, uint8_t *kept,
			     enum bel_srtp_suite suite, const uint8_t *key, size_t len)
{
	struct bel_srtp *opened;
	enum bel_err err;

	/* The same key goes on where it was: its index may not begin anew. */
	if (*srtp && !memcmp(kept, key, len))
		return BEL_OK;
	err = bel_srtp_open(&opened,
			    &(struct bel_srtp_opts){ .suite = suite,
						     .key = { (const char *)key, len } });
	if (err)
		return err;
	bel_srtp_close(*srtp);
	*srtp = opened;
	memcpy(kept, key, len);
	return BEL_OK;
}

static enum bel_err take_keys(struct bel_media_stream *stream,
			      const struct bel_offer_stream *agreed)
{
	enum bel_srtp_suite suite;
	enum bel_err err;

	if (agreed->srtp == BEL_OFFER_DTLS)
		return bel_stream_dtls_agree(stream, agreed);
	bel_stream_dtls_close(stream);
	if (agreed->srtp == BEL_OFFER_PLAIN) {
		bel_srtp_close(stream->protects);
		bel_srtp_close(stream->unprotects);
		stream->protects = stream->unprotects = NULL;
		return BEL_OK;
	}
	err = bel_srtp_suite_find(&suite, agreed->suite);
	if (!err)
		err = open_key(&stream->protects, stream->keys[0], suite, agreed->our_key,
			       agreed->our_key_len);
	if (!err)
		err = open_key(&stream->unprotects, stream->keys[1], suite,
			       agreed->their_key, agreed->their_key_len);
	return err;
}

/* ---- where ---- */

bool bel_stream_is_wayless(const struct bel_media_stream *stream,
			   enum bel_path_component component)
{
	bel_addr remote;

	return bel_path_has_ice(stream->path) &&
	       !bel_path_way(&remote, stream->path, component);
}

void bel_stream_take_way(struct bel_media_stream *stream)
{
	bel_addr none = { .family = 0 };

	if (!bel_path_way(&stream->remote, stream->path, BEL_PATH_RTP))
		stream->remote = none;
	if (stream->has_mux)
		stream->remote_rtcp = stream->remote;
	else if (!bel_path_way(&stream->remote_rtcp, stream->path, BEL_PATH_RTCP))
		stream->remote_rtcp = none;
}

static void take_address(struct bel_media_stream *stream,
			 const struct bel_offer_stream *agreed)
{
	if (bel_path_has_ice(stream->path)) {
		bel_stream_take_way(stream);
		return;
	}
	/* Where their packets come from is known better than by what they say, as long
	 * as they say the same as before. */
	if (stream->is_agreed && bel_addr_is_equal(&stream->signalled, &agreed->remote))
		return;
	stream->signalled = agreed->remote;
	stream->remote = agreed->remote;
	stream->remote_rtcp = agreed->remote_rtcp;
	stream->is_latched = false;
}

bool bel_stream_is_somewhere(const bel_addr *addr)
{
	return addr->family && addr->port && bel_addr_range(addr) != BEL_ADDR_UNSPECIFIED;
}

/* ---- how much at once ---- */

/* What they would like, as far as the codec's frames and the size of a packet allow:
 * Opus has frames of 10, 20, 40 and 60 ms (RFC 6716 section 2.1.4). */
static unsigned choose_ptime(const struct bel_codec *codec, unsigned wanted_ms)
{
	static const unsigned opus_ms[] = { 60, 40, 20, 10 };
	unsigned granule_ms = codec->granule_ms > BEL_TICK_MS ? codec->granule_ms
							      : BEL_TICK_MS;
	unsigned ms = wanted_ms ? wanted_ms : codec->ptime_ms;

	if (ms > PTIME_MS_MAX)
		ms = PTIME_MS_MAX;
	if (codec->frame_bytes == 0)
		for (unsigned i = 0; i < BEL_COUNT_OF(opus_ms); i++)
			if (ms >= opus_ms[i])
				return opus_ms[i];
	while (ms > granule_ms &&
	       (size_t)codec->frame_bytes * ms / codec->ptime_ms > PAYLOAD_BYTES_MAX)
		ms -= granule_ms;
	return ms < granule_ms ? granule_ms : ms - ms % granule_ms;
}

enum bel_err bel_media_stream_configure(struct bel_media_stream *stream,
					const struct bel_offer_stream *agreed)
{
	enum bel_err err;

	if (agreed->is_rejected || !bel_path_is_bound(stream->path)) {
		bel_stream_forget_agreed(stream);
		return BEL_OK;
	}
	/* RFC 3264 section 8.4: they may speak before they can be spoken to. */
	stream->has_mux = agreed->has_mux;
	take_address(stream, agreed);
	err = take_keys(stream, agreed);
	if (!err)
		err = take_codecs(stream, agreed);
	if (err) {
		bel_stream_forget_agreed(stream);
		return err;
	}
	stream->ptime_ms = choose_ptime(stream->map[stream->encoder_index].codec,
					agreed->ptime_ms);
	bel_stream_forget_clock(stream);
	stream->may_send = (agreed->direction & BEL_SDP_SENDONLY) && !agreed->is_held &&
			   (bel_path_has_ice(stream->path) ||
			    bel_stream_is_somewhere(&agreed->remote));
	stream->may_hear = agreed->direction & BEL_SDP_RECVONLY;
	if (!stream->is_agreed) {
		stream->is_agreed = true;
		stream->agreed_ms = bel_loop_now_ms(stream->opts.loop);
		bel_stream_report_start(stream);
	}
	bel_stream_wake(stream);
	return BEL_OK;
}
