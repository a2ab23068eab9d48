/* SPDX-License-Identifier: Apache-2.0
 * Offers and answers, and what holds after them. */
#include <errno.h>
#include <stdlib.h>

#include "relay/relay_int.h"

/* ---- reading ---- */

enum bel_err bel_relay_stream_ensure(struct call *call, unsigned index)
{
	struct stream *stream;

	if (index < call->streams_count)
		return BEL_OK;
	stream = calloc(1, sizeof *stream);
	if (!stream)
		return bel_err_from_errno(ENOMEM);
	stream->call = call;
	stream->index = index;
	for (unsigned side = 0; side < BEL_RELAY_SIDES; side++) {
		stream->legs[side].stream = stream;
		stream->legs[side].side = (enum bel_relay_side)side;
	}
	call->streams[call->streams_count++] = stream;
	return BEL_OK;
}

static enum bel_err parse(struct bel_sdp *out, struct bel_relay *relay, bel_str text,
			  struct bel_sdp_refusal *why)
{
	struct bel_sdp_refusal unread;
	enum bel_err err;

	bel_arena_reset(&relay->arena);
	err = bel_sdp_parse(out, text, &relay->arena, why ? why : &unread);
	return !err && out->media_count > BEL_RELAY_STREAMS_MAX ? BEL_ERR_LIMIT : err;
}

/* ---- an offer ---- */

/* Who offers to be either end of a handshake mostly becomes the one that waits (RFC 5763
 * section 5). Behind a NAT it would wait for ever: there it has to begin, with us. */
static bool waits_in_vain(const struct call *call, const struct stream *stream,
			  enum bel_relay_side from)
{
	const struct said *offered = &stream->legs[from].pending;

	return call->relay->opts.dtls && offered->keying == BEL_RELAY_DTLS &&
	       bel_addr_is_hidden(&offered->rtp, &call->places[from].signal);
}

/* What a side is asked for: the keys that it has with us, else those that it was decided
 * to ask for, else those that were offered. */
static enum bel_relay_keying keying_to_ask(const struct call *call,
					   const struct stream *stream,
					   enum bel_relay_side to)
{
	const struct leg *leg = &stream->legs[to];
	const struct said *offered = &stream->legs[bel_relay_other(to)].pending;
	enum bel_relay_keying keying = call->asks[to];

	if (offered->proto == PROTO_UDPTL)
		return BEL_RELAY_AS_OFFERED;
	if (leg->is_agreed && !leg->said.is_rejected && !stream->is_through)
		return leg->keying;
	if (keying != BEL_RELAY_AS_OFFERED && keying != offered->keying)
		return keying;
	return waits_in_vain(call, stream, bel_relay_other(to)) ? BEL_RELAY_DTLS
								: BEL_RELAY_AS_OFFERED;
}

static enum bel_err offer_stream(struct call *call, unsigned index,
				 enum bel_relay_side from, const struct bel_sdp *sdp)
{
	enum bel_relay_side to = bel_relay_other(from);
	struct stream *stream = call->streams[index];
	struct leg *offering = &stream->legs[from], *asked = &stream->legs[to];

	bel_relay_said_read(&offering->pending, call, sdp, index);
	if (!bel_relay_is_carried(&offering->pending))
		return BEL_OK;
	asked->asked = keying_to_ask(call, stream, to);
	stream->is_through_pending = asked->asked == BEL_RELAY_AS_OFFERED;
	if (!stream->is_through_pending && asked->asked == BEL_RELAY_DTLS &&
	    !call->relay->opts.dtls)
		return BEL_ERR_UNSUPPORTED;
	return bel_relay_leg_open(asked, offering->pending.proto != PROTO_UDPTL);
}

static bool has_carried(const struct call *call, enum bel_relay_side from, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (call->streams[i]->legs[from].pending.proto != PROTO_OTHER)
			return true;
	return false;
}

enum bel_err bel_relay_offer(struct bel_writer *writer, struct bel_relay *relay,
			     bel_relay_call id, enum bel_relay_side from, bel_str text,
			     struct bel_sdp_refusal *why)
{
	struct call *call = bel_relay_call_find(relay, id);
	struct bel_sdp sdp;
	enum bel_err err;

	if (!call)
		return BEL_ERR_NOT_FOUND;
	err = parse(&sdp, relay, text, why);
	for (unsigned i = 0; !err && i < sdp.media_count; i++) {
		err = bel_relay_stream_ensure(call, i);
		if (!err)
			err = offer_stream(call, i, from, &sdp);
	}
	/* A description without streams, or with none that is ours, needs no relay. */
	if (!err && !has_carried(call, from, sdp.media_count))
		err = BEL_ERR_UNSUPPORTED;
	if (!err)
		err = bel_relay_describe(writer, call, bel_relay_other(from), &sdp, true);
	call->is_awaiting = !err;
	if (err)
		return err;
	call->has_offer = true;
	call->offer_from = from;
	return BEL_OK;
}

void bel_relay_roll_back(struct bel_relay *relay, bel_relay_call id)
{
	struct call *call = bel_relay_call_find(relay, id);

	if (call)
		call->is_awaiting = false;
}

bool bel_relay_awaits(const struct bel_relay *relay, bel_relay_call id,
		      enum bel_relay_side from)
{
	const struct call *call = bel_relay_call_find(relay, id);

	return call && call->is_awaiting && call->offer_from == from;
}

/* ---- other keys ---- */

void bel_relay_ask(struct bel_relay *relay, bel_relay_call id, enum bel_relay_side side,
		   enum bel_relay_keying keying)
{
	struct call *call = bel_relay_call_find(relay, id);

	if (call)
		call->asks[side] = keying;
}

enum bel_relay_keying bel_relay_asked(const struct bel_relay *relay, bel_relay_call id,
				      enum bel_relay_side side)
{
	const struct call *call = bel_relay_call_find(relay, id);

	return call ? call->asks[side] : BEL_RELAY_AS_OFFERED;
}

static enum bel_relay_keying offered_keying(const struct call *call)
{
	for (unsigned i = 0; i < call->streams_count; i++) {
		const struct said *said =
			&call->streams[i]->legs[call->offer_from].pending;
		if (bel_relay_is_carried(said))
			return said->keying;
	}
	return BEL_RELAY_PLAIN;
}

bool bel_relay_offer_next(struct bel_relay *relay, bel_relay_call id)
{
	/* By what was offered: what to ask for then. */
	static const enum bel_relay_keying next[BEL_RELAY_KEYINGS][2] = {
		[BEL_RELAY_PLAIN] = { BEL_RELAY_SDES, BEL_RELAY_DTLS },
		[BEL_RELAY_SDES] = { BEL_RELAY_DTLS, BEL_RELAY_PLAIN },
		[BEL_RELAY_DTLS] = { BEL_RELAY_SDES, BEL_RELAY_PLAIN },
	};
	struct call *call = bel_relay_call_find(relay, id);
	enum bel_relay_keying keying;

	if (!call || !call->is_awaiting || call->is_answered ||
	    (offered_keying(call) == BEL_RELAY_DTLS && !relay->opts.dtls))
		return false;
	do {
		if (call->puts_count >= BEL_COUNT_OF(next[0]))
			return false;
		keying = next[offered_keying(call)][call->puts_count++];
	} while (keying == call->asks[bel_relay_other(call->offer_from)] ||
		 (keying == BEL_RELAY_DTLS && !relay->opts.dtls));
	call->asks[bel_relay_other(call->offer_from)] = keying;
	return true;
}

/* ---- an answer ---- */

static void arm_latches(struct leg *leg, bool is_new)
{
	const struct bel_relay_place *place = &leg->stream->call->places[leg->side];

	bel_relay_latch_arm(&leg->rtp_latch, &leg->said.rtp, place, is_new);
	if (!leg->has_mux)
		bel_relay_latch_arm(&leg->rtcp_latch, &leg->said.rtcp, place, is_new);
}

/* The side that offered gets its sockets when somebody has answered. */
static enum bel_err agree_leg(struct leg *leg, bool is_new)
{
	struct leg *other = bel_relay_other_leg(leg);
	bool is_offerer = leg->side == leg->stream->call->offer_from;
	enum bel_err err;

	/* Reports are joined and split between sides that do and do not mux. But two
	 * handshakes that we only carry cannot become one (RFC 5764 section 3). */
	bool is_joined = is_offerer &&
			 !(leg->stream->is_through && leg->said.keying == BEL_RELAY_DTLS);
	leg->has_mux = leg->said.has_mux && (is_joined || other->said.has_mux);
	err = bel_relay_leg_open(leg, !leg->has_mux && leg->said.proto != PROTO_UDPTL);
	if (err)
		return err;
	if (leg->has_mux)
		bel_relay_leg_close_rtcp(leg);
	leg->keying = leg->stream->is_through ? BEL_RELAY_AS_OFFERED : leg->said.keying;
	leg->is_agreed = true;
	err = bel_relay_ice_agree(leg);
	if (err)
		return err;
	if (!bel_relay_ice_is_used(leg))
		arm_latches(leg, is_new);
	return bel_relay_keys_agree(leg);
}

/* Keys in the description were asked for together with a fingerprint. */
static bool is_what_was_asked(const struct leg *leg, const struct said *answered)
{
	return answered->keying == leg->asked ||
	       (leg->asked == BEL_RELAY_SDES && answered->keying == BEL_RELAY_DTLS);
}

/* Looked at as a whole before any of it holds. */
static enum bel_err check_stream(const struct stream *stream, const struct bel_sdp *sdp)
{
	const struct call *call = stream->call;
	const struct leg *offerer = &stream->legs[call->offer_from];
	const struct leg *answerer = &stream->legs[bel_relay_other(call->offer_from)];
	const struct said *offered = call->is_awaiting ? &offerer->pending
						       : &offerer->said;
	struct said answered;

	bel_relay_said_read(&answered, call, sdp, stream->index);
	if (!bel_relay_is_carried(offered) || answered.is_rejected)
		return BEL_OK;
	if (answered.proto == PROTO_OTHER ||
	    (!stream->is_through_pending && !is_what_was_asked(answerer, &answered)))
		return BEL_ERR_MISMATCH;
	return BEL_OK;
}

static enum bel_err agree_stream(struct stream *stream, const struct bel_sdp *sdp,
				 bool is_new)
{
	struct call *call = stream->call;
	struct leg *offerer = &stream->legs[call->offer_from];
	struct leg *answerer = bel_relay_other_leg(offerer);
	enum bel_err err;

	bel_relay_fast_end_both(stream);
	bel_relay_said_read(&answerer->said, call, sdp, stream->index);
	if (is_new)
		offerer->said = offerer->pending;
	if (offerer->said.proto == PROTO_OTHER)
		return BEL_OK;
	stream->is_through = stream->is_through_pending;
	if (offerer->said.is_rejected || answerer->said.is_rejected) {
		answerer->said.is_rejected = offerer->said.is_rejected = true;
		bel_relay_leg_close(offerer);
		bel_relay_leg_close(answerer);
		return BEL_OK;
	}
	err = agree_leg(offerer, is_new);
	return err ? err : agree_leg(answerer, is_new);
}

/* Parts of the offer that have no answer are refused by it. */
static void reject_rest(struct call *call, unsigned first)
{
	for (unsigned i = first; i < call->streams_count; i++)
		for (unsigned side = 0; side < BEL_RELAY_SIDES; side++)
			bel_relay_leg_close(&call->streams[i]->legs[side]);
}

enum bel_err bel_relay_answer(struct bel_writer *writer, struct bel_relay *relay,
			      bel_relay_call id, enum bel_relay_side from, bel_str text,
			      struct bel_sdp_refusal *why)
{
	struct call *call = bel_relay_call_find(relay, id);
	struct bel_sdp sdp;
	bool is_new;
	enum bel_err err;

	if (!call)
		return BEL_ERR_NOT_FOUND;
	if (!call->has_offer || call->offer_from == from)
		return BEL_ERR_MISMATCH;
	err = parse(&sdp, relay, text, why);
	if (err)
		return err;
	if (sdp.media_count > call->streams_count)
		return BEL_ERR_MISMATCH;
	is_new = call->is_awaiting;
	for (unsigned i = 0; !err && i < sdp.media_count; i++)
		err = check_stream(call->streams[i], &sdp);
	if (err)
		return err;
	for (unsigned i = 0; i < sdp.media_count; i++) {
		err = agree_stream(call->streams[i], &sdp, is_new);
		if (err)
			return err;
	}
	reject_rest(call, sdp.media_count);
	err = bel_relay_describe(writer, call, call->offer_from, &sdp, false);
	if (err)
		return err;
	call->is_awaiting = false;
	call->is_answered = true;
	if (is_new)
		bel_relay_watch_start(call);
	bel_relay_keep(call);
	return BEL_OK;
}
