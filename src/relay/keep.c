/* SPDX-License-Identifier: Apache-2.0
 * A call as a record, from which another process goes on with it: what was agreed, where
 * everybody is, and how far SRTP has counted. */
#include <errno.h>

#include "relay/relay_int.h"

enum {
	VERSION = 2,
	STATES_MAX = 8,
	/* More reports of ours than there can be after the last record. */
	RTCP_AHEAD = 256,
	RTCP_UNKEPT_MAX = RTCP_AHEAD / 2,
	FLAG_NEXT = 1, /* of a leg: it holds the port behind its own */
	FLAG_AGREED = 2,
	FLAG_MUX = 4,
	FLAG_REJECTED = 1, /* of what it said */
	FLAG_SAID_MUX = 2,
	FLAG_MET = 1, /* of a latch */
	FLAG_LATCHED = 2,
	FLAG_RTP = 1, /* of a state of SRTP */
	FLAG_RTCP = 2,
};

/* ---- small things ---- */

void bel_relay_keep_addr(struct bel_writer *writer, const bel_addr *addr)
{
	size_t len = addr->family == 4 ? 4 : addr->family == 6 ? 16 : 0;

	bel_write_be8(writer, addr->family);
	bel_write_be16(writer, addr->port);
	bel_write_str(writer, (bel_str){ (const char *)addr->ip + 16 - len, len });
}

bool bel_relay_restore_addr(bel_addr *out, struct bel_cursor *record)
{
	uint8_t family;
	uint16_t port;
	bel_str ip;
	size_t len;

	if (!bel_cursor_be8(&family, record) || !bel_cursor_be16(&port, record))
		return false;
	len = family == 4 ? 4 : family == 6 ? 16 : 0;
	if ((family && !len) || !bel_cursor_bytes(&ip, record, len))
		return false;
	*out = bel_addr_v4(0, 0, 0, 0, port);
	if (family != 4)
		*out = (bel_addr){ .family = family, .port = port };
	memcpy(out->ip + 16 - len, ip.ptr, len);
	return true;
}

static bool restore_enum(uint8_t *out, struct bel_cursor *record, unsigned count)
{
	return bel_cursor_be8(out, record) && *out < count;
}

static void keep_text(struct bel_writer *writer, bel_str text)
{
	bel_write_be16(writer, (uint16_t)text.len);
	bel_write_str(writer, text);
}

static bool restore_text(bel_str *out, struct bel_cursor *record)
{
	uint16_t len;

	return bel_cursor_be16(&len, record) && bel_cursor_bytes(out, record, len);
}

/* ---- keys ---- */

static void keep_keys(struct bel_writer *writer, const struct relay_keys *keys)
{
	bel_write_be8(writer, (uint8_t)keys->suite);
	keep_text(writer, (bel_str){ (const char *)keys->bytes, keys->len });
}

static bool restore_keys(struct relay_keys *out, struct bel_cursor *record)
{
	uint8_t suite;
	bel_str bytes;

	if (!restore_enum(&suite, record, BEL_SRTP_SUITE_COUNT) ||
	    !restore_text(&bytes, record))
		return false;
	out->suite = (enum bel_srtp_suite)suite;
	if (bytes.len &&
	    bytes.len != bel_srtp_key_bytes(out->suite) + bel_srtp_salt_bytes(out->suite))
		return false;
	out->len = (uint8_t)bytes.len;
	memcpy(out->bytes, bytes.ptr, bytes.len);
	return true;
}

static void keep_states(struct bel_writer *writer, const struct bel_srtp *srtp)
{
	struct bel_srtp_state states[STATES_MAX];
	unsigned count = bel_srtp_states(states, STATES_MAX, srtp);

	bel_write_be32(writer, bel_srtp_rtcp_first(srtp));
	bel_write_be8(writer, (uint8_t)count);
	for (unsigned i = 0; i < count; i++) {
		const struct bel_srtp_state *state = &states[i];
		bel_write_be8(writer, (uint8_t)((state->has_rtp ? FLAG_RTP : 0) |
						(state->has_rtcp ? FLAG_RTCP : 0)));
		bel_write_be32(writer, state->ssrc);
		bel_write_be64(writer, state->index);
		bel_write_be32(writer, state->rtcp_index);
		bel_write_be32(writer, state->rtcp_next);
	}
}

static bool restore_states(struct bel_srtp *srtp, struct bel_cursor *record)
{
	struct bel_srtp_state states[STATES_MAX];
	uint32_t rtcp_first;
	uint8_t count;

	if (!bel_cursor_be32(&rtcp_first, record) ||
	    !restore_enum(&count, record, STATES_MAX + 1))
		return false;
	for (unsigned i = 0; i < count; i++) {
		uint8_t flags;
		if (!bel_cursor_be8(&flags, record) ||
		    !bel_cursor_be32(&states[i].ssrc, record) ||
		    !bel_cursor_be64(&states[i].index, record) ||
		    !bel_cursor_be32(&states[i].rtcp_index, record) ||
		    !bel_cursor_be32(&states[i].rtcp_next, record))
			return false;
		states[i].has_rtp = flags & FLAG_RTP;
		states[i].has_rtcp = flags & FLAG_RTCP;
	}
	return bel_srtp_resume(srtp, states, count, rtcp_first, RTCP_AHEAD) == BEL_OK;
}

static void keep_sdes(struct bel_writer *writer, const struct leg *leg)
{
	keep_keys(writer, &leg->ours);
	keep_keys(writer, &leg->theirs);
	keep_states(writer, leg->in);
	keep_states(writer, leg->out);
}

static bool restore_sdes(struct leg *leg, struct bel_cursor *record)
{
	struct relay_keys ours = { .len = 0 }, theirs = { .len = 0 };
	bool is_fine = restore_keys(&ours, record) && restore_keys(&theirs, record) &&
		       ours.len && theirs.len &&
		       bel_relay_keys_open(leg, &ours, &theirs) == BEL_OK &&
		       restore_states(leg->in, record) &&
		       restore_states(leg->out, record);

	bel_wipe(&ours, sizeof ours);
	bel_wipe(&theirs, sizeof theirs);
	return is_fine;
}

/* ---- what a side said ---- */

static void keep_said(struct bel_writer *writer, const struct said *said)
{
	bel_write_be8(writer, (uint8_t)said->proto);
	bel_write_be8(writer, (uint8_t)said->keying);
	bel_write_be8(writer, (uint8_t)said->direction);
	bel_write_be8(writer, (uint8_t)said->setup);
	bel_write_be8(writer, (uint8_t)said->ice);
	bel_write_be8(writer, (uint8_t)((said->is_rejected ? FLAG_REJECTED : 0) |
					(said->has_mux ? FLAG_SAID_MUX : 0)));
	bel_relay_keep_addr(writer, &said->rtp);
	bel_relay_keep_addr(writer, &said->rtcp);
	bel_write_be32(writer, said->crypto_tag);
	bel_write_be32(writer, said->clock_hz);
	for (unsigned i = 0; i < PAYLOADS_WORDS; i++)
		bel_write_be64(writer, said->payloads[i]);
}

static bool restore_said(struct said *out, struct bel_cursor *record)
{
	uint8_t proto, keying, direction, setup, ice, flags;

	if (!restore_enum(&proto, record, PROTO_COUNT) ||
	    !restore_enum(&keying, record, BEL_RELAY_KEYINGS) ||
	    !restore_enum(&direction, record, BEL_SDP_SENDRECV + 1) ||
	    !restore_enum(&setup, record, BEL_SDP_SETUP_COUNT) ||
	    !restore_enum(&ice, record, SAID_ICE_CHANGED + 1) ||
	    !bel_cursor_be8(&flags, record) ||
	    !bel_relay_restore_addr(&out->rtp, record) ||
	    !bel_relay_restore_addr(&out->rtcp, record) ||
	    !bel_cursor_be32(&out->crypto_tag, record) ||
	    !bel_cursor_be32(&out->clock_hz, record))
		return false;
	for (unsigned i = 0; i < PAYLOADS_WORDS; i++)
		if (!bel_cursor_be64(&out->payloads[i], record))
			return false;
	out->proto = (enum proto)proto;
	out->keying = (enum bel_relay_keying)keying;
	out->direction = (enum bel_sdp_direction)direction;
	out->setup = (enum bel_sdp_setup)setup;
	out->ice = (enum said_ice)ice;
	out->is_rejected = flags & FLAG_REJECTED;
	out->has_mux = flags & FLAG_SAID_MUX;
	return true;
}

/* ---- a leg ---- */

static void keep_latch(struct bel_writer *writer, const struct latch *latch)
{
	bel_relay_keep_addr(writer, &latch->announced);
	bel_relay_keep_addr(writer, &latch->remote);
	bel_write_be8(writer, (uint8_t)((latch->is_met ? FLAG_MET : 0) |
					(latch->is_latched ? FLAG_LATCHED : 0)));
}

static bool restore_latch(struct latch *latch, struct bel_cursor *record)
{
	uint8_t flags;

	if (!bel_relay_restore_addr(&latch->announced, record) ||
	    !bel_relay_restore_addr(&latch->remote, record) ||
	    !bel_cursor_be8(&flags, record))
		return false;
	latch->is_met = flags & FLAG_MET;
	latch->is_latched = flags & FLAG_LATCHED;
	return true;
}

static void keep_leg(struct bel_writer *writer, const struct leg *leg)
{
	keep_said(writer, &leg->said);
	bel_write_be16(writer, leg->port);
	if (!leg->port)
		return;
	bel_write_be8(writer, (uint8_t)((leg->holds_next ? FLAG_NEXT : 0) |
					(leg->is_agreed ? FLAG_AGREED : 0) |
					(leg->has_mux ? FLAG_MUX : 0)));
	bel_write_be8(writer, (uint8_t)leg->keying);
	bel_write_be8(writer, (uint8_t)leg->asked);
	keep_latch(writer, &leg->rtp_latch);
	keep_latch(writer, &leg->rtcp_latch);
	bel_relay_ice_keep(writer, leg);
	if (leg->keying == BEL_RELAY_SDES && leg->is_agreed)
		keep_sdes(writer, leg);
}

static enum bel_err restore_leg(struct leg *leg, struct bel_cursor *record)
{
	uint8_t flags, keying, asked;
	uint16_t port;
	enum bel_err err;

	if (!restore_said(&leg->said, record) || !bel_cursor_be16(&port, record))
		return BEL_ERR_SYNTAX;
	if (!port)
		return BEL_OK;
	if (!bel_cursor_be8(&flags, record) ||
	    !restore_enum(&keying, record, BEL_RELAY_KEYINGS) ||
	    !restore_enum(&asked, record, BEL_RELAY_KEYINGS) ||
	    !restore_latch(&leg->rtp_latch, record) ||
	    !restore_latch(&leg->rtcp_latch, record) ||
	    !bel_relay_ice_restore(leg, record))
		return BEL_ERR_SYNTAX;
	if (keying == BEL_RELAY_DTLS)
		return BEL_ERR_UNSUPPORTED;
	err = bel_relay_leg_open_at(leg, port, flags & FLAG_NEXT);
	if (err)
		return err;
	leg->is_agreed = flags & FLAG_AGREED;
	leg->has_mux = flags & FLAG_MUX;
	leg->keying = (enum bel_relay_keying)keying;
	leg->asked = (enum bel_relay_keying)asked;
	return keying == BEL_RELAY_SDES && leg->is_agreed && !restore_sdes(leg, record)
		       ? BEL_ERR_SYNTAX
		       : BEL_OK;
}

/* ---- a call ---- */

static void write_call(struct bel_writer *writer, const struct call *call)
{
	struct bel_relay_names names;

	bel_relay_names(&names, call->relay, call->id);
	bel_write_be8(writer, VERSION);
	keep_text(writer, names.call_id);
	keep_text(writer, names.caller_tag);
	keep_text(writer, names.callee_tag);
	for (unsigned side = 0; side < BEL_RELAY_SIDES; side++) {
		bel_relay_keep_addr(writer, &call->places[side].own);
		bel_relay_keep_addr(writer, &call->places[side].outer);
		bel_relay_keep_addr(writer, &call->places[side].signal);
		bel_write_be8(writer, (uint8_t)call->asks[side]);
	}
	bel_write_be8(writer, (uint8_t)call->offer_from);
	bel_write_be8(writer, (uint8_t)call->streams_count);
	for (unsigned i = 0; i < call->streams_count; i++) {
		const struct stream *stream = call->streams[i];
		bel_write_be8(writer, stream->is_through);
		for (unsigned side = 0; side < BEL_RELAY_SIDES; side++)
			keep_leg(writer, &stream->legs[side]);
	}
}

/* What does not fit is not kept: sixteen streams with keys of their own. */
void bel_relay_keep(struct call *call)
{
	const struct bel_relay_opts *opts = &call->relay->opts;
	char buf[BEL_RELAY_RECORD_BYTES_MAX];
	struct bel_writer record = bel_writer_init(buf, sizeof buf);

	if (!opts->port || !opts->port->on_keep || !call->is_answered)
		return;
	call->unkept_reports = 0;
	write_call(&record, call);
	/* One of before would be worse than none. */
	if (record.is_full)
		bel_relay_forget(call);
	else
		opts->port->on_keep(opts->user, bel_writer_str(&record), &call->kept);
	bel_wipe(buf, record.len);
}

/* A side decides how many reports it sends in the second until the next record. */
void bel_relay_keep_reported(struct call *call)
{
	if (++call->unkept_reports >= RTCP_UNKEPT_MAX)
		bel_relay_keep(call);
}

void bel_relay_forget(struct call *call)
{
	const struct bel_relay_opts *opts = &call->relay->opts;

	if (call->kept && opts->port && opts->port->on_forget)
		opts->port->on_forget(opts->user, call->kept);
	call->kept = 0;
}

static bool read_names(struct bel_relay_names *out, struct bel_cursor *record)
{
	uint8_t version;

	return bel_cursor_be8(&version, record) && version == VERSION &&
	       restore_text(&out->call_id, record) &&
	       restore_text(&out->caller_tag, record) &&
	       restore_text(&out->callee_tag, record);
}

bel_str bel_relay_record_call_id(bel_str record)
{
	struct bel_cursor cursor = bel_cursor_init(record);
	struct bel_relay_names names;

	return read_names(&names, &cursor) ? names.call_id : BEL_STR_NONE;
}

static bool read_places(struct bel_relay_place places[BEL_RELAY_SIDES],
			uint8_t asks[BEL_RELAY_SIDES], struct bel_cursor *record)
{
	for (unsigned side = 0; side < BEL_RELAY_SIDES; side++)
		if (!bel_relay_restore_addr(&places[side].own, record) ||
		    !places[side].own.family ||
		    !bel_relay_restore_addr(&places[side].outer, record) ||
		    !bel_relay_restore_addr(&places[side].signal, record) ||
		    !restore_enum(&asks[side], record, BEL_RELAY_KEYINGS))
			return false;
	return true;
}

static enum bel_err restore_streams(struct call *call, struct bel_cursor *record)
{
	uint8_t count, is_through;
	enum bel_err err = BEL_OK;

	if (!restore_enum(&count, record, BEL_RELAY_STREAMS_MAX + 1))
		return BEL_ERR_SYNTAX;
	for (unsigned i = 0; i < count && !err; i++) {
		if (!bel_cursor_be8(&is_through, record))
			return BEL_ERR_SYNTAX;
		err = bel_relay_stream_ensure(call, i);
		if (err)
			return err;
		call->streams[i]->is_through = is_through;
		call->streams[i]->is_through_pending = is_through;
		for (unsigned side = 0; side < BEL_RELAY_SIDES && !err; side++)
			err = restore_leg(&call->streams[i]->legs[side], record);
	}
	return err ? err : bel_cursor_left(record) ? BEL_ERR_SYNTAX : BEL_OK;
}

enum bel_err bel_relay_restore(bel_relay_call *out, struct bel_relay *relay,
			       bel_str record)
{
	struct bel_cursor cursor = bel_cursor_init(record);
	struct bel_relay_place places[BEL_RELAY_SIDES];
	uint8_t asks[BEL_RELAY_SIDES], offer_from;
	struct bel_relay_names names;
	bel_relay_call id;
	struct call *call;
	enum bel_err err;

	if (!read_names(&names, &cursor) || !read_places(places, asks, &cursor) ||
	    !restore_enum(&offer_from, &cursor, BEL_RELAY_SIDES))
		return BEL_ERR_SYNTAX;
	if (bel_relay_find(relay, NULL, names.call_id, names.caller_tag,
			   names.callee_tag))
		return BEL_ERR_EXISTS;
	err = bel_relay_new(&id, relay, &names, places);
	if (err)
		return err;
	call = bel_relay_call_find(relay, id);
	for (unsigned side = 0; side < BEL_RELAY_SIDES; side++)
		call->asks[side] = (enum bel_relay_keying)asks[side];
	call->offer_from = (enum bel_relay_side)offer_from;
	call->has_offer = call->is_answered = true;
	err = restore_streams(call, &cursor);
	if (err) {
		bel_relay_end(relay, id);
		return err;
	}
	bel_relay_watch_start(call);
	bel_relay_keep(call);
	*out = id;
	return BEL_OK;
}
