/* SPDX-License-Identifier: Apache-2.0
 * Silence, and what is behind it; calls that were forgotten. */
#include "relay/relay_int.h"

enum {
	PERIOD_MS = 1000,
	STRANGE_SHARE = 2, /* of all packets, one in so many */
	/* Whoever suppresses silence reports more often (RFC 3550 section 6.2). */
	STOPPED_MS = 10000,
};

/* ---- texts ---- */

static const char *const keyings[BEL_RELAY_KEYINGS] = {
	[BEL_RELAY_AS_OFFERED] = "as offered",
	[BEL_RELAY_PLAIN] = "RTP",
	[BEL_RELAY_SDES] = "SRTP by SDES",
	[BEL_RELAY_DTLS] = "SRTP by DTLS",
};

static const struct {
	const char *text, *remedy;
} verdicts[BEL_RELAY_VERDICTS] = {
	[BEL_RELAY_FINE] = { "it sends", "" },
	[BEL_RELAY_NO_PACKETS] = { "nothing came",
				   "look at its firewall, and whether it is muted" },
	[BEL_RELAY_PRIVATE_ADDRESS] = { "nothing came, and the address that it announced "
					"is private",
					"its NAT lets nothing through: try STUN or TURN "
					"on the phone" },
	[BEL_RELAY_WRONG_SOURCE] = { "packets came only from where it may not send",
				     "it sends from another address than it announced "
				     "and signals from: "
				     "announce the right one" },
	[BEL_RELAY_UNDECRYPTABLE] = { "its packets are not encrypted with the agreed "
				      "keys",
				      "let it call again; if that does not help, switch "
				      "its SRTP off and on" },
	[BEL_RELAY_NO_KEYS] = { "the handshake of DTLS was not done",
				"look whether its firewall drops large datagrams" },
	[BEL_RELAY_NO_CHECKS] = { "it speaks ICE, and none of its checks came",
				  "look whether its firewall lets UDP out to the media "
				  "ports of this server" },
	[BEL_RELAY_STOPPED] = { "it has stopped sending",
				"its network or its NAT may have changed: see whether it "
				"still registers" },
	[BEL_RELAY_WRONG_CODEC] = { "it sends payload types that were not agreed on",
				    "give both sides the same codecs, in the same "
				    "order" },
};

const char *bel_relay_keying_text(enum bel_relay_keying keying)
{
	return keyings[keying];
}

const char *bel_relay_verdict_text(enum bel_relay_verdict verdict)
{
	return verdicts[verdict].text;
}

const char *bel_relay_verdict_remedy(enum bel_relay_verdict verdict)
{
	return verdicts[verdict].remedy;
}

static void write_who(struct bel_writer *writer, const struct bel_relay_event *event)
{
	bel_write_text(writer,
		       event->side == BEL_RELAY_CALLER ? "the caller" : "the callee");
	if (event->stream) {
		bel_write_lit(writer, ", stream ");
		bel_write_u64(writer, event->stream + 1);
	}
}

static void write_seconds(struct bel_writer *writer, uint64_t ms)
{
	bel_write_u64(writer, ms / 1000);
	bel_write_char(writer, '.');
	bel_write_u64(writer, ms % 1000 / 100);
	bel_write_lit(writer, " s");
}

static void write_silent(struct bel_writer *writer, const struct bel_relay_event *event)
{
	bel_write_lit(writer, "no sound from ");
	write_who(writer, event);
	bel_write_lit(writer, " in ");
	write_seconds(writer, event->after_ms);
	bel_write_lit(writer, ": ");
	bel_write_text(writer, bel_relay_verdict_text(event->verdict));
	if (event->announced.family) {
		bel_write_lit(writer, "; it announced ");
		bel_addr_write(writer, &event->announced);
	}
	if (event->from.family) {
		bel_write_lit(writer, ", they came from ");
		bel_addr_write(writer, &event->from);
	}
	bel_write_lit(writer, " - ");
	bel_write_text(writer, bel_relay_verdict_remedy(event->verdict));
}

void bel_relay_event_write(struct bel_writer *writer, const struct bel_relay_event *event)
{
	switch (event->news) {
	case BEL_RELAY_FLOWS:
		bel_write_lit(writer, "media flows, ");
		write_seconds(writer, event->after_ms);
		bel_write_lit(writer, " after the answer");
		break;
	case BEL_RELAY_SILENT:
		write_silent(writer, event);
		break;
	case BEL_RELAY_HEARD:
		bel_write_lit(writer, "sound from ");
		write_who(writer, event);
		bel_write_lit(writer, " after all, ");
		write_seconds(writer, event->after_ms);
		bel_write_lit(writer, " after the answer");
		break;
	case BEL_RELAY_TIMEOUT:
		bel_write_lit(writer, "no media at all in ");
		write_seconds(writer, event->after_ms);
		bel_write_lit(writer, ": it is no longer carried");
		break;
	}
}

/* ---- what is wrong ---- */

/* Whether packets should come from it: it said that it sends, the other that it listens.
 */
static bool should_send(const struct leg *leg)
{
	const struct leg *other = &leg->stream->legs[bel_relay_other(leg->side)];

	return leg->is_agreed && leg->rtp.udp &&
	       (leg->said.direction & BEL_SDP_SENDONLY) &&
	       (other->said.direction & BEL_SDP_RECVONLY);
}

static enum bel_relay_verdict judge_silence(const struct leg *leg)
{
	const struct call *call = leg->stream->call;

	if (bel_relay_ice_is_used(leg) && !leg->rtp_latch.remote.family && !leg->foreign)
		return BEL_RELAY_NO_CHECKS;
	if (leg->keying == BEL_RELAY_DTLS && !bel_relay_dtls_is_done(leg))
		return BEL_RELAY_NO_KEYS;
	if (leg->unreadable)
		return BEL_RELAY_UNDECRYPTABLE;
	if (leg->foreign)
		return BEL_RELAY_WRONG_SOURCE;
	return bel_addr_is_hidden(&leg->said.rtp, &call->places[leg->side].signal)
		       ? BEL_RELAY_PRIVATE_ADDRESS
		       : BEL_RELAY_NO_PACKETS;
}

/* Since it was last heard, or since what it should do was agreed on. */
static uint64_t silent_ms_of(const struct leg *leg)
{
	const struct call *call = leg->stream->call;
	uint64_t since_ms = leg->last_ms > call->answered_ms ? leg->last_ms
							     : call->answered_ms;

	return bel_loop_now_ms(call->relay->opts.loop) - since_ms;
}

static enum bel_relay_verdict judge(const struct leg *leg)
{
	if (!leg->packets)
		return judge_silence(leg);
	if (silent_ms_of(leg) >= STOPPED_MS)
		return BEL_RELAY_STOPPED;
	return leg->strange_payloads * STRANGE_SHARE > leg->packets
		       ? BEL_RELAY_WRONG_CODEC
		       : BEL_RELAY_FINE;
}

/* ---- telling ---- */

static void tell(struct call *call, struct bel_relay_event *event)
{
	const struct bel_relay_opts *opts = &call->relay->opts;

	event->call = call->id;
	event->call_id = bel_relay_call_id(call);
	if (opts->port && opts->port->on_event)
		opts->port->on_event(opts->user, event);
}

static uint64_t since_answer(const struct call *call)
{
	return bel_loop_now_ms(call->relay->opts.loop) - call->answered_ms;
}

/* False when the call was ended by who was told. */
static bool tell_verdict(struct leg *leg, enum bel_relay_verdict verdict)
{
	struct call *call = leg->stream->call;
	struct bel_relay *relay = call->relay;
	bel_relay_call id = call->id;
	struct bel_relay_event event = {
		.news = verdict ? BEL_RELAY_SILENT : BEL_RELAY_HEARD,
		.side = leg->side,
		.stream = leg->stream->index,
		.verdict = verdict,
		.announced = leg->said.rtp,
		.after_ms = since_answer(call),
	};

	if (verdict == BEL_RELAY_WRONG_SOURCE)
		event.from = leg->rtp_latch.foreign;
	if (verdict == BEL_RELAY_STOPPED)
		event.after_ms = silent_ms_of(leg);
	leg->verdict = verdict;
	relay->counters.verdicts += verdict != BEL_RELAY_FINE;
	tell(call, &event);
	return bel_relay_has(relay, id);
}

static bool look_at(struct leg *leg)
{
	enum bel_relay_verdict verdict;

	if (!should_send(leg))
		return true;
	verdict = judge(leg);
	/* The first one stays: what follows from it is no news. */
	if (!verdict == !leg->verdict)
		return true;
	return tell_verdict(leg, verdict);
}

static bool look_at_all(struct call *call)
{
	for (unsigned i = 0; i < call->streams_count; i++)
		for (unsigned side = 0; side < BEL_RELAY_SIDES; side++)
			if (!look_at(&call->streams[i]->legs[side]))
				return false;
	return true;
}

/* Of the streams that should flow, whether all do; *is_held: none should. */
static bool does_flow(const struct call *call, bool *is_held, uint64_t *last_ms)
{
	bool is_whole = true;

	*is_held = true;
	*last_ms = call->answered_ms;
	for (unsigned i = 0; i < call->streams_count; i++)
		for (unsigned side = 0; side < BEL_RELAY_SIDES; side++) {
			const struct leg *leg = &call->streams[i]->legs[side];
			if (leg->last_ms > *last_ms)
				*last_ms = leg->last_ms;
			if (!should_send(leg))
				continue;
			*is_held = false;
			is_whole &= leg->packets != 0;
		}
	return is_whole && !*is_held;
}

static void end_forgotten(struct call *call, uint64_t silent_ms)
{
	struct bel_relay *relay = call->relay;
	struct bel_relay_event event = { .news = BEL_RELAY_TIMEOUT,
					 .after_ms = silent_ms };
	char call_id[BEL_RELAY_NAMES_BYTES_MAX];
	bel_str name = bel_relay_call_id(call);
	bel_relay_call id = call->id;

	memcpy(call_id, name.ptr, name.len);
	event.call = id;
	event.call_id = (bel_str){ call_id, name.len };
	relay->counters.timeouts++;
	bel_relay_end(relay, id);
	if (relay->opts.port && relay->opts.port->on_event)
		relay->opts.port->on_event(relay->opts.user, &event);
}

void bel_relay_on_watch(void *user)
{
	struct call *call = user;
	struct bel_relay *relay = call->relay;
	bel_relay_call id = call->id;
	uint64_t now_ms = bel_loop_now_ms(relay->opts.loop), last_ms;
	bool is_held, is_flowing;

	bel_relay_each_leg(call, bel_relay_fast_read);
	is_flowing = does_flow(call, &is_held, &last_ms);
	if (!is_held && now_ms - last_ms >= relay->opts.timeout_ms) {
		end_forgotten(call, now_ms - last_ms);
		return;
	}
	bel_timer_start(relay->opts.loop, &call->timer, now_ms + PERIOD_MS);
	bel_relay_each_leg(call, bel_relay_fast_lay);
	bel_relay_keep(call);
	if (is_flowing && !call->has_flown) {
		struct bel_relay_event event = { .news = BEL_RELAY_FLOWS,
						 .after_ms = since_answer(call) };
		call->has_flown = true;
		tell(call, &event);
		if (!bel_relay_has(relay, id))
			return;
	}
	if (since_answer(call) >= relay->opts.silent_ms)
		look_at_all(call);
}

void bel_relay_watch_start(struct call *call)
{
	struct bel_relay *relay = call->relay;

	call->answered_ms = bel_loop_now_ms(relay->opts.loop);
	bel_timer_start(relay->opts.loop, &call->timer, call->answered_ms + PERIOD_MS);
}
