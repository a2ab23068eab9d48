/* SPDX-License-Identifier: Apache-2.0
 * Their description, as the other side gets it: addresses, transport and keys are written
 * anew, all other lines stay as they are. */
#include "relay/relay_int.h"

/* What is written. */
struct description {
	struct bel_writer *writer;
	struct call *call;
	const struct bel_sdp *sdp;
	enum bel_relay_side to;
	bool is_offer;
};

/* Attributes that speak of a way or of keys: ours take their place. Candidates lead past
 * us, and bundled parts (RFC 9143) would come to one port of several. */
static const bel_str ours[] = {
	{ "candidate", 9 },
	{ "ice-ufrag", 9 },
	{ "ice-pwd", 7 },
	{ "ice-options", 11 },
	{ "ice-lite", 8 },
	{ "ice-pacing", 10 },
	{ "ice-mismatch", 12 },
	{ "end-of-candidates", 17 },
	{ "remote-candidates", 17 },
	{ "rtcp", 4 },
	{ "rtcp-mux", 8 },
	{ "rtcp-mux-only", 13 },
	{ "bundle-only", 11 },
	{ "crypto", 6 },
	{ "fingerprint", 11 },
	{ "setup", 5 },
	{ "connection", 10 },
	{ "tls-id", 6 },
	{ "key-mgmt", 8 },
};

/* Of these, what two sides who share their keys have to hear. */
static const struct {
	bel_str name;
	bool is_inherited;
} lines_of_keys[] = {
	{ { "crypto", 6 }, false },      { { "key-mgmt", 8 }, true },
	{ { "setup", 5 }, true },        { { "connection", 10 }, true },
	{ { "fingerprint", 11 }, true }, { { "tls-id", 6 }, true },
};

static bool is_ours(const struct bel_sdp *sdp, const struct bel_sdp_line *line)
{
	bel_str text = { sdp->text.ptr + line->at, line->len };
	bel_str name = bel_str_slice(text, 0, line->name_len);

	if (line->type != 'a')
		return false;
	for (unsigned i = 0; i < BEL_COUNT_OF(ours); i++)
		if (bel_str_is_equal(name, ours[i]))
			return true;
	return bel_str_has_prefix(text, BEL_STR("group:BUNDLE"));
}

static void write_line(const struct description *by, const struct bel_sdp_line *line)
{
	bel_sdp_write_line(by->writer, line->type,
			   (bel_str){ by->sdp->text.ptr + line->at, line->len });
}

/* ---- ICE ---- */

/* An offer speaks of it when the other side did; to one who has answered, as he did. */
static bool speaks_ice(const struct description *by, const struct leg *leg)
{
	const struct leg *from = &leg->stream->legs[bel_relay_other(by->to)];

	if (!by->is_offer)
		return leg->said.ice == SAID_ICE || leg->said.ice == SAID_ICE_LITE;
	return leg->is_agreed ? bel_relay_ice_is_used(leg)
			      : from->pending.ice != SAID_NO_ICE;
}

static void write_ice(const struct description *by, struct leg *leg, bool has_rtcp)
{
	uint64_t peer = by->is_offer ? 0 : leg->said.ice_peer;

	if (!by->is_offer && leg->said.ice == SAID_ICE_CHANGED)
		bel_sdp_write_attribute(by->writer, BEL_STR("ice-mismatch"),
					BEL_STR_NONE);
	if (speaks_ice(by, leg) && bel_relay_ice_write(by->writer, leg, peer, has_rtcp))
		by->writer->is_full = true;
}

/* ---- the session ---- */

/* RFC 8839 section 5.3: it stands for all parts. */
static bool has_ice(const struct description *by)
{
	for (unsigned i = 0; i < by->sdp->media_count; i++)
		if (by->call->streams[i]->legs[by->to].port &&
		    speaks_ice(by, &by->call->streams[i]->legs[by->to]))
			return true;
	return false;
}

static void write_session(const struct description *by)
{
	const bel_addr *outer = &by->call->places[by->to].outer;

	for (unsigned i = 0; i < by->sdp->session_count; i++) {
		const struct bel_sdp_line *line = &by->sdp->lines[i];
		if (line->type == 'c')
			bel_sdp_write_connection(by->writer, outer);
		else if (!is_ours(by->sdp, line))
			write_line(by, line);
	}
	if (has_ice(by))
		bel_sdp_write_attribute(by->writer, BEL_STR("ice-lite"), BEL_STR_NONE);
}

/* ---- keys ---- */

static void write_keys_through(const struct description *by, unsigned media)
{
	for (unsigned i = 0; i < BEL_COUNT_OF(lines_of_keys); i++) {
		bel_str value;
		unsigned at = 0, count = 0;
		while (bel_sdp_attribute_next(&value, by->sdp, media,
					      lines_of_keys[i].name, &at)) {
			bel_sdp_write_attribute(by->writer, lines_of_keys[i].name, value);
			count++;
		}
		if (!count && lines_of_keys[i].is_inherited &&
		    bel_sdp_attribute(&value, by->sdp, BEL_SDP_SESSION,
				      lines_of_keys[i].name, 0, false))
			bel_sdp_write_attribute(by->writer, lines_of_keys[i].name, value);
	}
}

static void write_crypto(const struct description *by, uint32_t tag,
			 const struct relay_keys *keys)
{
	bel_sdp_write_crypto(by->writer, tag, bel_srtp_suite_name(keys->suite),
			     (bel_str){ (const char *)keys->bytes, keys->len });
}

static void write_sdes(const struct description *by, struct leg *leg)
{
	if (!by->is_offer) {
		write_crypto(by, leg->said.crypto_tag, bel_relay_keys_answer(leg));
		return;
	}
	bel_relay_keys_make(leg);
	for (unsigned i = 0; i < OFFERED_SUITES; i++)
		write_crypto(by, i + 1, &leg->offered[i]);
}

static void write_dtls(const struct description *by, const struct leg *leg)
{
	const bel_str hash = BEL_STR("sha-256");
	struct bel_dtls_fingerprint fingerprint;
	char text[16 + BEL_DTLS_FINGERPRINT_BYTES_MAX * 3];
	struct bel_writer value = bel_writer_init(text, sizeof text);
	enum bel_sdp_setup setup = BEL_SDP_SETUP_ACTPASS;

	if (bel_dtls_fingerprint(&fingerprint, by->call->relay->opts.dtls, hash)) {
		by->writer->is_full = true;
		return;
	}
	bel_write_str(&value, hash);
	for (size_t i = 0; i < fingerprint.len; i++)
		bel_write_format(&value, "%c%02X", i ? ':' : ' ', fingerprint.bytes[i]);
	/* Who is to begin shows where he is; and where we cannot know, he has to. */
	if (!by->is_offer)
		setup = leg->said.setup == BEL_SDP_SETUP_PASSIVE ? BEL_SDP_SETUP_ACTIVE
								 : BEL_SDP_SETUP_PASSIVE;
	bel_sdp_write_attribute(by->writer, BEL_STR("setup"), bel_sdp_setup_name(setup));
	bel_sdp_write_attribute(by->writer, BEL_STR("fingerprint"),
				bel_writer_str(&value));
}

static enum bel_relay_keying keying_for(const struct description *by,
					const struct leg *leg)
{
	return by->is_offer ? leg->asked : leg->said.keying;
}

/* RTP/SAVP may stand for either kind of keys, as some phones mean it: who is asked for
 * them by description may answer with a fingerprint instead. */
static void write_keys(const struct description *by, struct leg *leg)
{
	enum bel_relay_keying keying = keying_for(by, leg);
	bool is_either = by->is_offer && !leg->is_agreed && by->call->relay->opts.dtls;

	if (keying == BEL_RELAY_SDES)
		write_sdes(by, leg);
	if (keying == BEL_RELAY_DTLS || (keying == BEL_RELAY_SDES && is_either))
		write_dtls(by, leg);
}

/* ---- a media part ---- */

static bool is_through(const struct description *by, const struct stream *stream)
{
	return by->is_offer ? stream->is_through_pending : stream->is_through;
}

/* In an answer, as it was offered (RFC 3264 section 6). */
static bel_str proto_for(const struct description *by, const struct stream *stream,
			 const struct leg *leg, unsigned media)
{
	if (!by->is_offer)
		return bel_relay_proto_text(leg->said.proto);
	if (stream->is_through_pending)
		return by->sdp->media[media].proto;
	if (leg->is_agreed && leg->said.keying == leg->asked)
		return bel_relay_proto_text(leg->said.proto);
	return bel_relay_proto_text(bel_relay_proto_for(
		leg->asked, bel_relay_proto_find(by->sdp->media[media].proto)));
}

static void write_head(const struct description *by, unsigned media, uint16_t port,
		       bel_str proto)
{
	const struct bel_sdp_media *part = &by->sdp->media[media];

	bel_sdp_write_media(by->writer, part->kind, port, proto);
	bel_write_char(by->writer, ' ');
	bel_write_str(by->writer, part->formats);
	bel_sdp_write_end(by->writer);
}

static bool has_connection(const struct description *by, unsigned media)
{
	const struct bel_sdp_media *part = &by->sdp->media[media];

	for (unsigned i = part->first; i < part->first + part->count; i++)
		if (by->sdp->lines[i].type == 'c')
			return true;
	return false;
}

/* Nothing that we carry: every line stays, and with it the address, which the session's
 * is no longer. */
static void write_alone(const struct description *by, unsigned media)
{
	const struct bel_sdp_media *part = &by->sdp->media[media];

	write_head(by, media, part->port, part->proto);
	if (!has_connection(by, media) && by->sdp->connection.len)
		bel_sdp_write_line(by->writer, 'c', by->sdp->connection);
	for (unsigned i = part->first; i < part->first + part->count; i++)
		write_line(by, &by->sdp->lines[i]);
}

static void write_rejected(const struct description *by, unsigned media, bel_str proto)
{
	const struct bel_sdp_media *part = &by->sdp->media[media];

	write_head(by, media, 0, proto);
	for (unsigned i = part->first; i < part->first + part->count; i++)
		if (!is_ours(by->sdp, &by->sdp->lines[i]) &&
		    by->sdp->lines[i].type != 'c')
			write_line(by, &by->sdp->lines[i]);
}

/* RFC 3264 section 8.4: who holds by 0.0.0.0 is understood by it. */
static bool is_nowhere(const struct description *by, unsigned media)
{
	bel_addr addr = bel_sdp_address(by->sdp, media);

	return addr.family && bel_addr_range(&addr) == BEL_ADDR_UNSPECIFIED;
}

static void write_place(const struct description *by, unsigned media)
{
	bel_addr outer = by->call->places[by->to].outer;

	if (is_nowhere(by, media))
		outer = outer.family == 6 ? (bel_addr){ .family = 6 }
					  : bel_addr_v4(0, 0, 0, 0, 0);
	else if (!has_connection(by, media) && by->sdp->connection.len)
		return;
	bel_sdp_write_connection(by->writer, &outer);
}

static void write_carried(const struct description *by, unsigned media)
{
	const struct bel_sdp_media *part = &by->sdp->media[media];
	struct stream *stream = by->call->streams[media];
	struct leg *leg = &stream->legs[by->to];
	const struct leg *from = &stream->legs[bel_relay_other(by->to)];
	bool has_mux = by->is_offer ? from->pending.has_mux : leg->has_mux;

	write_head(by, media, leg->port, proto_for(by, stream, leg, media));
	write_place(by, media);
	for (unsigned i = part->first; i < part->first + part->count; i++)
		if (by->sdp->lines[i].type != 'c' &&
		    !is_ours(by->sdp, &by->sdp->lines[i]))
			write_line(by, &by->sdp->lines[i]);
	if (has_mux)
		bel_sdp_write_attribute(by->writer, BEL_STR("rtcp-mux"), BEL_STR_NONE);
	write_ice(by, leg, leg->rtcp.udp);
	if (is_through(by, stream))
		write_keys_through(by, media);
	else
		write_keys(by, leg);
}

enum bel_err bel_relay_describe(struct bel_writer *writer, struct call *call,
				enum bel_relay_side to, const struct bel_sdp *sdp,
				bool is_offer)
{
	const struct description by = { writer, call, sdp, to, is_offer };

	write_session(&by);
	for (unsigned i = 0; i < sdp->media_count; i++) {
		const struct leg *leg = &call->streams[i]->legs[to];
		const struct leg *from = &call->streams[i]->legs[bel_relay_other(to)];
		const struct said *said = is_offer ? &from->pending : &from->said;
		if (said->proto == PROTO_OTHER ||
		    (!is_offer && leg->said.proto == PROTO_OTHER))
			write_alone(&by, i);
		else if (said->is_rejected || !leg->port)
			write_rejected(&by, i,
				       is_offer ? sdp->media[i].proto
						: bel_relay_proto_text(leg->said.proto));
		else
			write_carried(&by, i);
	}
	return bel_writer_check(writer);
}
