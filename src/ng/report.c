/* SPDX-License-Identifier: Apache-2.0
 * Figures of calls, under the names that rtpengine gives them. Keys are written in the
 * order of their bytes, where they are ours. */
#include "ng/ng_int.h"

/* What a walk over the legs of a call writes, or sums up. */
struct walk {
	struct bel_writer *writer;
	uint64_t now_s; /* since 1970 */
	enum bel_relay_side side;
	uint64_t packets, bytes, errors;
};

/* ---- names and values ---- */

static void write_count(struct bel_writer *writer, const char *key, uint64_t count)
{
	bel_bencode_write_str(writer, bel_str_from(key));
	bel_bencode_write_count(writer, count);
}

static void write_text(struct bel_writer *writer, const char *key, bel_str text)
{
	bel_bencode_write_str(writer, bel_str_from(key));
	bel_bencode_write_str(writer, text);
}

static void begin(struct bel_writer *writer, const char *key)
{
	bel_bencode_write_str(writer, bel_str_from(key));
	bel_bencode_begin_dictionary(writer);
}

static void begin_list(struct bel_writer *writer, const char *key)
{
	bel_bencode_write_str(writer, bel_str_from(key));
	bel_bencode_begin_list(writer);
}

static bel_str family_of(const bel_addr *addr)
{
	return addr->family == 6 ? BEL_STR("IPv6") : BEL_STR("IPv4");
}

static void write_host(struct bel_writer *writer, const char *key, const bel_addr *addr)
{
	char buf[64];
	struct bel_writer host = bel_writer_init(buf, sizeof buf);

	bel_addr_write_host(&host, addr);
	write_text(writer, key, bel_writer_str(&host));
}

static void write_addr(struct bel_writer *writer, const char *key, const bel_addr *addr)
{
	if (!addr->family)
		return;
	begin(writer, key);
	write_host(writer, "address", addr);
	write_text(writer, "family", family_of(addr));
	write_count(writer, "port", addr->port);
	bel_bencode_end(writer);
}

/* ---- one leg ---- */

static uint64_t errors_of(const struct bel_relay_leg *leg)
{
	return leg->foreign + leg->unreadable;
}

static void write_flags(struct bel_writer *writer, const struct bel_relay_leg *leg)
{
	begin_list(writer, "flags");
	bel_bencode_write_lit(writer, "RTP");
	if (leg->is_latched)
		bel_bencode_write_lit(writer, "confirmed");
	bel_bencode_end(writer);
}

static void write_stream(const struct walk *walk, const struct bel_relay_leg *leg)
{
	struct bel_writer *writer = walk->writer;

	bel_bencode_begin_dictionary(writer);
	if (leg->ssrc)
		write_count(writer, "SSRC", leg->ssrc);
	write_addr(writer, "advertised endpoint", &leg->announced);
	write_addr(writer, "endpoint", &leg->remote);
	write_text(writer, "family", family_of(&leg->local));
	write_flags(writer, leg);
	if (leg->packets)
		write_count(writer, "last packet", walk->now_s - leg->silent_ms / 1000);
	write_host(writer, "local address", &leg->outer);
	write_count(writer, "local port", leg->outer.port);
	begin(writer, "stats");
	write_count(writer, "bytes", leg->bytes);
	write_count(writer, "errors", errors_of(leg));
	write_count(writer, "packets", leg->packets);
	bel_bencode_end(writer);
	if (leg->verdict != BEL_RELAY_FINE)
		write_text(writer, "verdict",
			   bel_str_from(bel_relay_verdict_text(leg->verdict)));
	bel_bencode_end(writer);
}

static void on_media(void *user, const struct bel_relay_leg *leg)
{
	const struct walk *walk = user;
	struct bel_writer *writer = walk->writer;

	if (leg->side != walk->side)
		return;
	bel_bencode_begin_dictionary(writer);
	write_count(writer, "index", leg->stream + 1);
	write_text(writer, "keys", bel_str_from(bel_relay_keying_text(leg->keying)));
	begin_list(writer, "streams");
	write_stream(walk, leg);
	bel_bencode_end(writer);
	bel_bencode_end(writer);
}

/* A MOS of 4.3 is 43. It is of all that came from this source, hence one sample. */
static void on_source(void *user, const struct bel_relay_leg *leg)
{
	const struct walk *walk = user;
	struct bel_writer *writer = walk->writer;
	char buf[16];
	struct bel_writer ssrc = bel_writer_init(buf, sizeof buf);

	if (!leg->ssrc || leg->mos <= 0)
		return;
	bel_write_u64(&ssrc, leg->ssrc);
	bel_bencode_write_str(writer, bel_writer_str(&ssrc));
	bel_bencode_begin_dictionary(writer);
	begin(writer, "average MOS");
	write_count(writer, "MOS", (uint64_t)(leg->mos * 10 + 0.5));
	write_count(writer, "jitter", leg->jitter_us / 1000);
	write_count(writer, "packet loss",
		    leg->expected ? leg->lost * 100 / leg->expected : 0);
	if (leg->round_trip_us)
		write_count(writer, "round-trip time", leg->round_trip_us);
	write_count(writer, "samples", 1);
	bel_bencode_end(writer);
	write_count(writer, "cumulative loss", leg->lost);
	bel_bencode_end(writer);
}

static void on_sum(void *user, const struct bel_relay_leg *leg)
{
	struct walk *walk = user;

	walk->packets += leg->packets;
	walk->bytes += leg->bytes;
	walk->errors += errors_of(leg);
}

/* ---- calls ---- */

static bool walk_legs(const struct bel_ng *ng, bel_relay_call call,
		      void (*on_leg)(void *user, const struct bel_relay_leg *leg),
		      struct walk *walk, struct bel_relay_report *report)
{
	struct bel_relay_report unread;

	return bel_relay_report(report ? report : &unread, ng->opts.relay, call, on_leg,
				walk);
}

/* Seconds since 1970 of a time of the loop. */
static uint64_t wall_s(const struct bel_ng *ng, uint64_t at_ms)
{
	uint64_t now_ms = bel_loop_now_ms(ng->opts.loop);

	return (bel_loop_wall_ms(ng->opts.loop) - (now_ms - at_ms)) / 1000;
}

static void write_times(const struct bel_ng_request *request,
			const struct bel_ng_calls *calls)
{
	const struct bel_ng *ng = request->ng;
	uint64_t first_ms = UINT64_MAX, last_ms = 0;

	for (unsigned i = 0; i < calls->count; i++) {
		struct walk walk = { .writer = request->answer };
		struct bel_relay_report report;
		if (!walk_legs(ng, calls->calls[i], on_sum, &walk, &report))
			continue;
		first_ms = report.began_ms < first_ms ? report.began_ms : first_ms;
		last_ms = report.last_ms > last_ms ? report.last_ms : last_ms;
	}
	if (first_ms != UINT64_MAX)
		write_count(request->answer, "created", wall_s(ng, first_ms));
	if (last_ms)
		write_count(request->answer, "last packet", wall_s(ng, last_ms));
}

static void write_sources(const struct bel_ng_request *request,
			  const struct bel_ng_calls *calls)
{
	begin(request->answer, "SSRC");
	for (unsigned i = 0; i < calls->count; i++) {
		struct walk walk = { .writer = request->answer };
		walk_legs(request->ng, calls->calls[i], on_source, &walk, NULL);
	}
	bel_bencode_end(request->answer);
}

static void write_tag(const struct bel_ng_request *request, bel_relay_call call,
		      enum bel_relay_side side)
{
	const struct bel_ng *ng = request->ng;
	struct bel_writer *writer = request->answer;
	struct walk walk = { .writer = writer,
			     .side = side,
			     .now_s = bel_loop_wall_ms(ng->opts.loop) / 1000 };
	struct bel_relay_names names;

	if (!bel_relay_names(&names, ng->opts.relay, call))
		return;
	const bel_str tags[BEL_RELAY_SIDES] = { names.caller_tag, names.callee_tag };
	if (!tags[side].len)
		return;
	bel_bencode_write_str(writer, tags[side]);
	bel_bencode_begin_dictionary(writer);
	if (tags[bel_relay_other(side)].len)
		write_text(writer, "in dialogue with", tags[bel_relay_other(side)]);
	begin_list(writer, "medias");
	walk_legs(ng, call, on_media, &walk, NULL);
	bel_bencode_end(writer);
	write_text(writer, "tag", tags[side]);
	bel_bencode_end(writer);
}

static void write_totals(const struct bel_ng_request *request,
			 const struct bel_ng_calls *calls)
{
	struct bel_writer *writer = request->answer;
	struct walk walk = { .writer = writer };

	for (unsigned i = 0; i < calls->count; i++)
		walk_legs(request->ng, calls->calls[i], on_sum, &walk, NULL);
	begin(writer, "totals");
	/* Who reads the one wants the other to be there; our figures are of both. */
	begin(writer, "RTCP");
	write_count(writer, "bytes", 0);
	write_count(writer, "errors", 0);
	write_count(writer, "packets", 0);
	bel_bencode_end(writer);
	begin(writer, "RTP");
	write_count(writer, "bytes", walk.bytes);
	write_count(writer, "errors", walk.errors);
	write_count(writer, "packets", walk.packets);
	bel_bencode_end(writer);
	bel_bencode_end(writer);
}

void bel_ng_report_calls(const struct bel_ng_request *request,
			 const struct bel_ng_calls *calls)
{
	write_sources(request, calls);
	write_times(request, calls);
	write_text(request->answer, "result", BEL_STR("ok"));
	begin(request->answer, "tags");
	for (unsigned i = 0; i < calls->count; i++)
		for (unsigned side = 0; side < BEL_RELAY_SIDES; side++)
			write_tag(request, calls->calls[i], (enum bel_relay_side)side);
	bel_bencode_end(request->answer);
	write_totals(request, calls);
}

/* ---- all of them ---- */

struct list {
	const struct bel_ng_request *request;
	uint64_t left;
};

/* As many as fit: what has to follow them is short. */
static void list_name(struct list *list, bel_str call_id)
{
	enum { REST_BYTES = 512 };
	struct bel_writer *writer = list->request->answer;

	if (!list->left || writer->size - writer->len < call_id.len + REST_BYTES)
		return;
	list->left--;
	bel_bencode_write_str(writer, call_id);
}

static void on_listed(void *user, bel_relay_call call)
{
	struct list *list = user;
	struct bel_relay_names names;

	if (bel_relay_names(&names, list->request->ng->opts.relay, call))
		list_name(list, names.call_id);
}

void bel_ng_write_names(struct bel_writer *writer, const struct bel_ng *ng)
{
	struct bel_ng_request request = { .ng = (struct bel_ng *)(uintptr_t)ng,
					  .answer = writer };
	struct list list = { &request, UINT64_MAX };

	bel_relay_each(ng->opts.relay, BEL_STR_NONE, on_listed, &list);
}

/* Those of other workers, which are in bencode already. */
static void list_others(struct list *list, bel_str names)
{
	struct bel_cursor cursor = bel_cursor_init(names);

	while (!bel_cursor_is_end(&cursor)) {
		uint64_t len;
		bel_str name;
		if (bel_str_to_u64(&len, bel_cursor_until_char(&cursor, ':'),
				   names.len) ||
		    !bel_cursor_take(&cursor, ':') ||
		    !bel_cursor_bytes(&name, &cursor, (size_t)len))
			return;
		list_name(list, name);
	}
}

void bel_ng_report_list(const struct bel_ng_request *request)
{
	enum { LIMIT_DEFAULT = 32 };
	struct list list = { request, LIMIT_DEFAULT };
	struct bel_bencode limit;

	if (bel_bencode_find(&limit, &request->dictionary, BEL_STR("limit")) &&
	    limit.kind == BEL_BENCODE_NUMBER && limit.number >= 0)
		list.left = (uint64_t)limit.number;
	begin_list(request->answer, "calls");
	bel_relay_each(request->ng->opts.relay, BEL_STR_NONE, on_listed, &list);
	if (request->ng->others)
		list_others(&list, request->ng->others->names);
	bel_bencode_end(request->answer);
	write_text(request->answer, "result", BEL_STR("ok"));
}

void bel_ng_sum_add(struct bel_ng_sum *sum, const struct bel_ng *ng)
{
	const struct bel_relay_counters *relay = bel_relay_counters(ng->opts.relay);

	sum->control.commands += ng->counters.commands;
	sum->control.refused += ng->counters.refused;
	sum->control.repeated += ng->counters.repeated;
	sum->calls += relay->calls;
	sum->calls_total += relay->calls_total;
	sum->bytes += relay->bytes;
	sum->packets += relay->packets;
	sum->errors += relay->foreign + relay->unreadable + relay->homeless;
	sum->timeouts += relay->timeouts;
}

void bel_ng_report_statistics(const struct bel_ng_request *request)
{
	const struct bel_ng *ng = request->ng;
	struct bel_ng_sum sum = { .calls = 0 };
	struct bel_writer *writer = request->answer;

	if (ng->others)
		sum = *ng->others;
	bel_ng_sum_add(&sum, ng);
	write_text(writer, "result", BEL_STR("ok"));
	begin(writer, "statistics");
	begin(writer, "controlstatistics");
	write_count(writer, "commands", sum.control.commands);
	write_count(writer, "refused", sum.control.refused);
	write_count(writer, "repeated", sum.control.repeated);
	bel_bencode_end(writer);
	begin(writer, "currentstatistics");
	write_count(writer, "sessionsown", sum.calls);
	write_count(writer, "sessionstotal", sum.calls);
	bel_bencode_end(writer);
	begin(writer, "totalstatistics");
	write_count(writer, "managedsessions", sum.calls_total);
	write_count(writer, "relayedbytes", sum.bytes);
	write_count(writer, "relayedpacketerrors", sum.errors);
	write_count(writer, "relayedpackets", sum.packets);
	write_count(writer, "timeoutsessions", sum.timeouts);
	bel_bencode_end(writer);
	bel_bencode_end(writer);
}
