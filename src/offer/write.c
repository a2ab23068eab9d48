/* SPDX-License-Identifier: Apache-2.0 */
#include "offer/offer_int.h"

static void write_ptime(struct bel_writer *writer, uint32_t ptime_ms)
{
	char buf[16];
	struct bel_writer value = bel_writer_init(buf, sizeof buf);

	if (!ptime_ms)
		return;
	bel_write_u64(&value, ptime_ms);
	bel_sdp_write_attribute(writer, BEL_STR("ptime"), bel_writer_str(&value));
}

/* RFC 3605: only when it is not the port after. An offer of rtcp-mux says it all the
 * same: who does not take that wants it (RFC 5761 section 5.1.1). */
static void write_rtcp(struct bel_writer *writer,
		       const struct bel_offer_local_stream *local)
{
	if (local->rtcp.family && (local->rtcp.port != local->addr.port + 1 ||
				   !bel_addr_is_same_host(&local->rtcp, &local->addr)))
		bel_sdp_write_rtcp(writer, &local->rtcp, &local->addr);
}

static void write_mux(struct bel_writer *writer)
{
	bel_sdp_write_attribute(writer, BEL_STR("rtcp-mux"), BEL_STR_NONE);
}

static void write_mid(struct bel_writer *writer, bel_str mid)
{
	if (mid.len)
		bel_sdp_write_attribute(writer, BEL_STR("mid"), mid);
}

static void write_dtls(struct bel_writer *writer,
		       const struct bel_offer_local_stream *local, bel_str setup)
{
	bel_sdp_write_attribute(writer, BEL_STR("fingerprint"), local->fingerprint);
	bel_sdp_write_attribute(writer, BEL_STR("setup"), setup);
}

static void write_direction(struct bel_writer *writer, enum bel_sdp_direction direction)
{
	bel_sdp_write_attribute(writer, bel_sdp_direction_name(direction), BEL_STR_NONE);
}

static void write_codecs(struct bel_writer *writer, const struct bel_sdp_codec *codecs,
			 unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		bel_sdp_write_format(writer, codecs[i].payload);
	bel_sdp_write_end(writer);
	for (unsigned i = 0; i < count; i++)
		bel_sdp_write_codec(writer, &codecs[i]);
}

/* RFC 3264 section 6: a part that is not wanted keeps its place, with port 0. */
static void write_rejected(struct bel_writer *writer, bel_str kind, bel_str proto,
			   bel_str formats)
{
	bel_sdp_write_media(writer, kind, 0, proto);
	bel_write_char(writer, ' ');
	bel_write_str(writer, formats.len ? formats : BEL_STR("0"));
	bel_sdp_write_end(writer);
}

/* ---- offers ---- */

static void write_cryptos(struct bel_writer *writer,
			  const struct bel_offer_local_stream *local)
{
	if (local->srtp != BEL_OFFER_SDES)
		return;
	for (unsigned i = 0; i < local->cryptos_count; i++) {
		const struct bel_offer_crypto *crypto = &local->cryptos[i];
		bel_str key = { (const char *)crypto->key, crypto->key_len };
		bel_sdp_write_crypto(writer, i + 1, crypto->suite, key);
	}
}

static void offer_stream(struct bel_writer *writer,
			 const struct bel_offer_local_stream *local, bel_str mid,
			 const bel_addr *common)
{
	/* Keys without S in the protocol: protected when the other side can (best
	 * effort), plain when it cannot. */
	bool is_lenient = local->srtp == BEL_OFFER_SDES && local->accepts_plain;
	bel_str proto = bel_profile_name(is_lenient ? BEL_OFFER_PLAIN : local->srtp,
					 local->has_feedback);

	if (!local->codecs_count) {
		write_rejected(writer, local->kind, proto, BEL_STR_NONE);
		return;
	}
	bel_sdp_write_media(writer, local->kind, local->addr.port, proto);
	write_codecs(writer, local->codecs, local->codecs_count);
	if (!bel_addr_is_same_host(&local->addr, common))
		bel_sdp_write_connection(writer, &local->addr);
	write_ptime(writer, local->ptime_ms);
	if (local->has_mux)
		write_mux(writer);
	write_rtcp(writer, local);
	write_mid(writer, local->mid.len ? local->mid : mid);
	write_cryptos(writer, local);
	if (local->srtp == BEL_OFFER_DTLS)
		write_dtls(writer, local, BEL_STR("actpass"));
	write_direction(writer, local->direction);
	bel_write_str(writer, local->lines);
}

/* Our description after its head. Parts that were there before do not vanish (RFC 3264
 * section 8); what is written of the others is what keep_offered has made of them. */
static void write_offered(struct bel_writer *writer, const struct bel_offer *offer,
			  const struct bel_offer_local *local, const bel_addr *common)
{
	const struct bel_offer_slot *agreed = &offer->slots[offer->agreed];

	for (unsigned i = 0; i < local->streams_count; i++)
		offer_stream(writer, &offer->offered[i],
			     i < agreed->count ? agreed->streams[i].mid : BEL_STR_NONE,
			     common);
	for (unsigned i = local->streams_count; i < agreed->count; i++)
		write_rejected(writer, agreed->streams[i].kind, agreed->streams[i].proto,
			       agreed->streams[i].formats);
}

static const bel_addr *common_address(const struct bel_offer_local *local)
{
	static const bel_addr nowhere = { .family = 4 };

	for (unsigned i = 0; i < local->streams_count; i++)
		if (local->streams[i].addr.family)
			return &local->streams[i].addr;
	return &nowhere;
}

/* The version grows when the description differs from the last one (RFC 3264 section 8);
 * body is written where it will stand, to be hashed first. */
static enum bel_err write_whole(struct bel_writer *writer, struct bel_offer *offer,
				const struct bel_offer_local *local,
				void (*write_body)(struct bel_writer *writer,
						   const struct bel_offer *offer,
						   const struct bel_offer_local *local,
						   const bel_addr *common))
{
	static const struct bel_hash_key key;
	const bel_addr *common = common_address(local);
	struct bel_writer body = { .buf = writer->buf + writer->len,
				   .size = writer->size - writer->len };
	uint64_t hash, version = offer->version;

	write_body(&body, offer, local, common);
	if (body.is_full)
		return BEL_ERR_SPACE;
	hash = bel_hash(&key, bel_writer_str(&body));
	if (hash != offer->written_hash)
		version++;
	bel_sdp_write_head(writer, common, local->session_id, version);
	write_body(writer, offer, local, common);
	if (writer->is_full)
		return BEL_ERR_SPACE;
	offer->version = version;
	offer->written_hash = hash;
	return BEL_OK;
}

/* RFC 3264 section 8.1: a place that is used again is a new stream, whose numbers are
 * free. */
static void forget_rejected(struct bel_offer *offer, unsigned index)
{
	const struct bel_offer_slot *agreed = agreed_of(offer);

	if (index < agreed->count && agreed->streams[index].is_rejected)
		offer->numbers[index] = (struct bel_offer_numbers){ { 0 } };
}

static enum bel_err keep_offered(struct bel_offer *offer,
				 const struct bel_offer_local *local)
{
	unsigned agreed = agreed_of(offer)->count;
	unsigned count = local->streams_count > agreed ? local->streams_count : agreed;
	size_t size = count * sizeof *offer->offered;
	enum bel_err err = bel_numbers_reserve(offer, local->streams_count);

	if (err)
		return err;
	if (count > offer->offered_size) {
		void *room = bel_arena_alloc(offer->arena, size);
		if (!room)
			return BEL_ERR_SPACE;
		offer->offered = room;
		offer->offered_size = count;
	}
	if (size)
		memset(offer->offered, 0, size);
	for (unsigned i = 0; i < local->streams_count; i++) {
		offer->offered[i] = local->streams[i];
		forget_rejected(offer, i);
		bel_numbers_give(&offer->numbers[i], &offer->offered[i]);
	}
	offer->offered_count = count;
	return BEL_OK;
}

enum bel_err bel_offer_write_offer(struct bel_writer *writer, struct bel_offer *offer,
				   const struct bel_offer_local *local)
{
	enum bel_err err;

	if (!bel_offer_may(offer, BEL_OFFER_SEND_OFFER))
		return BEL_ERR_BUSY;
	err = keep_offered(offer, local);
	if (!err)
		err = write_whole(writer, offer, local, write_offered);
	return err ? err : bel_offer_move(offer, BEL_OFFER_SEND_OFFER);
}

/* ---- answers ---- */

static void answer_stream(struct bel_writer *writer,
			  const struct bel_offer_stream *stream,
			  const struct bel_offer_local_stream *local,
			  const bel_addr *common)
{
	bel_sdp_write_media(writer, stream->kind, local->addr.port, stream->proto);
	write_codecs(writer, stream->receives, stream->receives_count);
	if (!bel_addr_is_same_host(&local->addr, common))
		bel_sdp_write_connection(writer, &local->addr);
	write_ptime(writer, stream->ptime_ms ? stream->ptime_ms : local->ptime_ms);
	if (stream->has_mux)
		write_mux(writer);
	else
		write_rtcp(writer, local);
	write_mid(writer, stream->mid);
	if (stream->srtp == BEL_OFFER_SDES)
		bel_sdp_write_crypto(
			writer, stream->crypto_tag, stream->suite,
			(bel_str){ (const char *)stream->our_key, stream->our_key_len });
	if (stream->srtp == BEL_OFFER_DTLS)
		write_dtls(writer, local,
			   stream->setup == BEL_OFFER_PASSIVE ? BEL_STR("passive")
							      : BEL_STR("active"));
	write_direction(writer, stream->direction);
	bel_write_str(writer, local->lines);
}

static void write_answered(struct bel_writer *writer, const struct bel_offer *offer,
			   const struct bel_offer_local *local, const bel_addr *common)
{
	const struct bel_offer_slot *pending = &offer->slots[pending_index(offer)];

	for (unsigned i = 0; i < pending->count; i++) {
		const struct bel_offer_stream *stream = &pending->streams[i];
		if (stream->is_rejected)
			write_rejected(writer, stream->kind, stream->proto,
				       stream->formats);
		else
			answer_stream(writer, stream, &local->streams[i], common);
	}
}

/* What becomes of each media part. BEL_ERR_UNSUPPORTED when nothing is left. */
static enum bel_err match_parts(struct bel_offer *offer, const struct bel_sdp *sdp,
				const struct bel_offer_local *local)
{
	struct bel_offer_slot *pending = pending_of(offer), *agreed = agreed_of(offer);
	bool is_possible = !sdp->media_count;
	enum bel_err err = bel_slot_reserve(pending, offer->arena, sdp->media_count);

	if (!err)
		err = bel_numbers_reserve(offer, sdp->media_count);
	for (unsigned i = 0; !err && i < sdp->media_count; i++) {
		bel_stream_answer(&pending->streams[i], sdp, i,
				  i < local->streams_count ? &local->streams[i] : NULL,
				  i < agreed->count ? &agreed->streams[i] : NULL);
		is_possible |= !pending->streams[i].is_rejected;
		/* Of an offer that takes everything away nothing is left to do. */
		is_possible |= !sdp->media[i].port && agreed->count;
		if (i >= offer->numbers_count)
			continue;
		forget_rejected(offer, i);
		bel_numbers_learn(&offer->numbers[i], sdp, i);
	}
	if (!err && !is_possible)
		err = BEL_ERR_UNSUPPORTED;
	return err;
}

enum bel_err bel_offer_write_answer(struct bel_writer *writer, struct bel_offer *offer,
				    const struct bel_offer_local *local)
{
	struct bel_offer_slot *pending = pending_of(offer);
	char block[SCRATCH_BYTES];
	struct bel_arena scratch;
	struct bel_sdp sdp;
	struct bel_sdp_refusal why;
	enum bel_err err;

	if (!bel_offer_may(offer, BEL_OFFER_SEND_ANSWER))
		return BEL_ERR_BUSY;
	bel_arena_init(&scratch, block, sizeof block, 0);
	err = bel_sdp_parse(&sdp, (bel_str){ pending->text, pending->text_len }, &scratch,
			    &why);
	if (!err)
		err = match_parts(offer, &sdp, local);
	bel_arena_fini(&scratch);
	if (!err)
		err = write_whole(writer, offer, local, write_answered);
	if (err)
		return err;
	offer->complete = offer->agreed = pending_index(offer);
	return bel_offer_move(offer, BEL_OFFER_SEND_ANSWER);
}
