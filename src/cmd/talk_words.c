/* SPDX-License-Identifier: Apache-2.0
 * What is said of a call, as text for people or as JSON, an object a line. */
#include <stdio.h>

#include "cmd/talk.h"

/* ---- on the wire ---- */

/* "INVITE", "180": what a message is, from its first line. */
static bel_str word_of(bel_str bytes)
{
	bel_str line = bel_str_slice(bytes, 0, bel_str_find(bytes, '\r'));

	if (bel_str_has_prefix(line, BEL_STR("SIP/2.0 ")))
		return bel_str_slice(line, 8, 11);
	return bel_str_slice(line, 0, bel_str_find(line, ' '));
}

void talk_note_wire(struct talk *talk, bool is_sent, bel_str bytes)
{
	bel_str word = word_of(bytes);

	if (talk->has_ladder && !talk->ladder.is_full) {
		bel_write_text(&talk->ladder, is_sent ? "  belfry -> " : "  belfry <- ");
		bel_write_escaped(&talk->ladder,
				  bel_str_slice(bytes, 0, bel_str_find(bytes, '\r')));
		bel_write_char(&talk->ladder, '\n');
	}
	if (talk->has_words || !word.len)
		return;
	/* Set up: the rest is no longer about how it began. */
	talk->has_words = bel_str_is_equal(word, BEL_STR("ACK")) &&
			  bel_str_has_suffix(bel_writer_str(&talk->words),
					     BEL_STR(" 200"));
	bel_write_char(&talk->words, ' ');
	bel_write_escaped(&talk->words, word);
}

void talk_note_caller(struct talk *talk, const struct bel_call *call)
{
	char buf[128];
	struct bel_writer name = bel_writer_init(buf, sizeof buf);
	struct bel_sip_addr remote;

	talk->words.len = 0;
	bel_write_lit(&talk->words, " INVITE");
	if (bel_sip_addr_parse(&remote, bel_call_dialog(call)->remote))
		return;
	bel_write_escaped(&name, remote.uri.user.len ? remote.uri.user : remote.uri.host);
	talk->parties.from = bel_arena_copy(&talk->arena, bel_writer_str(&name));
}

/* ---- on the way ---- */

void talk_say_progress(const struct talk *talk, uint16_t status)
{
	if (talk->args->is_json)
		printf("{\"event\":\"progress\",\"status\":%u,\"after_ms\":%llu}\n",
		       status,
		       (unsigned long long)(bel_loop_now_ms(bel_lib_loop(talk->lib)) -
					    talk->began_ms));
}

void talk_say_answered(const struct talk *talk)
{
	if (talk->args->is_json)
		printf("{\"event\":\"answered\",\"after_ms\":%llu}\n",
		       (unsigned long long)(talk->answered_ms - talk->began_ms));
	fflush(stdout);
}

void talk_say_digit(const struct talk *talk, char digit)
{
	if (talk->args->is_json)
		printf("{\"event\":\"digit\",\"digit\":\"%c\"}\n", digit);
	else
		printf("  digit %c\n", digit);
	fflush(stdout);
}

void talk_say_hold(const struct talk *talk, bool is_held, bool is_ours, uint64_t packets)
{
	const char *who = is_ours ? "us" : "them";

	if (talk->args->is_json && is_held)
		printf("{\"event\":\"held\",\"by\":\"%s\"}\n", who);
	else if (talk->args->is_json)
		printf("{\"event\":\"resumed\",\"by\":\"%s\",\"packets\":%llu}\n", who,
		       (unsigned long long)packets);
	else if (!is_held)
		printf("  hold  by %s, %llu packets came meanwhile\n", who,
		       (unsigned long long)packets);
	fflush(stdout);
}

void talk_say_transfer(const struct talk *talk)
{
	const struct talk_transfer *transfer = &talk->transferred;

	if (talk->args->is_json)
		printf("{\"event\":\"transfer\",\"status\":%u,\"last\":%s}\n",
		       transfer->status, transfer->is_last ? "true" : "false");
	else if (transfer->is_last)
		printf("  %-5s transferred to %.*s: %u %.*s\n",
		       transfer->status < 300 ? "ok" : "no", BEL_STR_ARG(talk->transfer),
		       transfer->status,
		       BEL_STR_ARG(bel_sip_status_phrase(transfer->status)));
	fflush(stdout);
}

void talk_say_unattended(const struct talk *talk)
{
	printf(talk->args->is_json
		       ? "{\"event\":\"unattended\"}\n"
		       : "  note  they cannot take the place of a call (Replaces): "
			 "asked to call anew\n");
	fflush(stdout);
}

static void print_heading(const struct talk *talk)
{
	printf("%.*s -> %.*s %.*s", BEL_STR_ARG(talk->parties.from),
	       BEL_STR_ARG(talk->parties.to), BEL_STR_ARG(bel_writer_str(&talk->words)));
}

static void print_ladder(const struct talk *talk)
{
	if (talk->has_ladder)
		printf("%.*s", BEL_STR_ARG(bel_writer_str(&talk->ladder)));
}

/* What may be done about it. */
static const char *remedy_of(const struct bel_call_end *end)
{
	static const struct {
		uint16_t status;
		const char *text;
	} rows[] = {
		{ 401, "the password is wrong, or missing: --password file:F" },
		{ 403, "this may not be done; belfry why says which rule forbade it" },
		{ 404, "nobody has that number; belfry user list shows who there is" },
		{ 407, "the password is wrong, or missing: --password file:F" },
		{ 480, "its phone is not registered; belfry reg list shows who is" },
		{ 486, "it is busy" },
		{ 488, "they have no codec or protection in common with us: --codec, "
		       "--srtp" },
	};

	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++)
		if (rows[i].status == end->status)
			return rows[i].text;
	return NULL;
}

void talk_say_refused(const struct talk *talk, const struct bel_call_end *end)
{
	const char *remedy = remedy_of(end);

	if (talk->args->is_json) {
		char buf[256];
		struct bel_writer reason = bel_writer_init(buf, sizeof buf);
		bel_write_json(&reason, end->reason);
		printf("{\"event\":\"ended\",\"status\":%u,\"reason\":\"%.*s\","
		       "\"error\":\"%s\"}\n",
		       end->status, BEL_STR_ARG(bel_writer_str(&reason)),
		       end->err ? bel_err_text(end->err) : "");
		return;
	}
	print_heading(talk);
	printf("\n");
	print_ladder(talk);
	if (end->err)
		printf("  no    %s\n", bel_err_text(end->err));
	else if (end->is_ours)
		printf("  no    given up before it was answered\n");
	else
		printf("  no    %u %.*s%s%s\n", end->status, BEL_STR_ARG(end->reason),
		       remedy ? ": " : "", remedy ? remedy : "");
}

/* ---- the verdict ---- */

static void measure(struct measured *out, const struct talk *talk,
		    const struct bel_media_stats *stats,
		    const struct bel_judge_result *heard)
{
	uint64_t expected = stats->received + stats->lost;

	*out = (struct measured){
		.is_heard = heard->verdict == BEL_JUDGE_HEARD,
		.status = talk->status,
		.mos = stats->mos > 0 ? stats->mos : -1,
		.rtt_ms = stats->round_trip_ms > 0 ? stats->round_trip_ms : -1,
		.loss_percent = expected ? 100.0 * (double)stats->lost / (double)expected
					 : -1,
		.jitter_ms = stats->received ? stats->jitter_ms : -1,
		.setup_ms = talk->was_answered
				    ? (double)(talk->answered_ms - talk->began_ms)
				    : -1,
		.first_ms = stats->first_ms ? (double)stats->first_ms : -1,
		.transfer = talk->transferred.status ? talk->transferred.status : -1,
		.digits = { talk->heard_digits, talk->heard_digits_count },
	};
}

static void print_rtp(const struct bel_media_stats *stats, const struct measured *m)
{
	printf("  %-5s %s  sent %llu  back %llu", stats->is_protected ? "srtp" : "rtp",
	       stats->codec[0] ? stats->codec : "-", (unsigned long long)stats->sent,
	       (unsigned long long)stats->received);
	if (m->loss_percent >= 0)
		printf("  loss %.1f %%", m->loss_percent);
	if (m->jitter_ms >= 0)
		printf("  jitter %.1f ms", m->jitter_ms);
	if (m->rtt_ms >= 0)
		printf("  rtt %.1f ms", m->rtt_ms);
	if (m->mos >= 0)
		printf("  MOS %.1f", m->mos);
	printf("\n");
}

/* The way that the sound took. */
static void print_ice(const struct talk *talk)
{
	char buf[160];
	struct bel_writer way = bel_writer_init(buf, sizeof buf);

	bel_path_describe(&way, bel_media_stream_path(bel_line_stream(talk->now->line)));
	if (way.len)
		printf("  ice   %.*s\n", BEL_STR_ARG(bel_writer_str(&way)));
}

/* Why nothing was heard, when it is for want of keys. */
static void print_keying(enum bel_err keying)
{
	if (keying == BEL_ERR_MISMATCH)
		printf("  no    keys: they showed another certificate than the one that "
		       "was announced\n");
	else if (keying)
		printf("  no    keys: the handshake (DTLS) came to no end\n");
}

static void print_heard(const struct talk *talk, const struct bel_judge_result *heard,
			bool is_fine)
{
	char what[64];
	double hz = talk->expect.tone_hz > 0 ? talk->expect.tone_hz : talk->tone_hz;
	const char *found = heard->verdict == BEL_JUDGE_HEARD ? "heard"
			    : heard->verdict == BEL_JUDGE_SILENCE
				    ? "nothing heard"
				    : "something else heard";

	if (hz > 0)
		snprintf(what, sizeof what, "%.0f Hz", hz);
	else
		snprintf(what, sizeof what, "what was sent");
	if (talk->tone_hz > 0)
		printf("  %-5s %.0f Hz sent, %s%s%s\n", is_fine ? "ok" : "no",
		       talk->tone_hz, heard->verdict == BEL_JUDGE_HEARD ? what : "",
		       heard->verdict == BEL_JUDGE_HEARD ? " " : "", found);
	else
		printf("  %-5s recording sent, %s%s%s\n", is_fine ? "ok" : "no",
		       heard->verdict == BEL_JUDGE_HEARD ? what : "",
		       heard->verdict == BEL_JUDGE_HEARD ? " " : "", found);
}

static bool print_expectations(const struct talk *talk, const struct measured *m)
{
	bool is_fine = true;

	for (unsigned i = 0; i < talk->expect.count; i++) {
		const struct expectation *item = &talk->expect.items[i];
		char buf[64];
		struct bel_writer figure = bel_writer_init(buf, sizeof buf);
		bool is_met = expect_is_met(item, m);
		is_fine &= is_met;
		expect_write_figure(&figure, item, m);
		if (!talk->args->is_json)
			printf("  %-5s %.*s: %.*s\n", is_met ? "ok" : "no",
			       BEL_STR_ARG(item->text),
			       BEL_STR_ARG(bel_writer_str(&figure)));
	}
	return is_fine;
}

static void print_json(const struct talk *talk, const struct bel_media_stats *stats,
		       const struct measured *m, const struct bel_judge_result *heard,
		       bool is_fine)
{
	char buf[160];
	struct bel_writer way = bel_writer_init(buf, sizeof buf);

	bel_path_describe(&way, bel_media_stream_path(bel_line_stream(talk->now->line)));
	printf("{\"event\":\"verdict\",\"ok\":%s,\"status\":%u,\"setup_ms\":%.0f,"
	       "\"codec\":\"%s\",\"protected\":%s,\"sent\":%llu,\"received\":%llu,"
	       "\"lost\":%llu,\"loss_percent\":%.2f,\"jitter_ms\":%.2f,\"rtt_ms\":%.2f,"
	       "\"mos\":%.2f,\"first_ms\":%.0f,\"heard\":\"%s\",\"share\":%.3f,"
	       "\"correlation\":%.3f,\"gaps\":%u,\"digits\":\"%.*s\",\"transfer\":%u,"
	       "\"ice\":\"%.*s\"}\n",
	       is_fine ? "true" : "false", talk->status, m->setup_ms, stats->codec,
	       stats->is_protected ? "true" : "false", (unsigned long long)stats->sent,
	       (unsigned long long)stats->received, (unsigned long long)stats->lost,
	       m->loss_percent, m->jitter_ms, m->rtt_ms, m->mos, m->first_ms,
	       bel_judge_verdict_name(heard->verdict), heard->share, heard->correlation,
	       heard->gaps, BEL_STR_ARG(m->digits), talk->transferred.status,
	       BEL_STR_ARG(bel_writer_str(&way)));
}

/* What the script was to do: to hold, and to transfer. Another outcome of a transfer can
 * be expected. */
static bool is_done(const struct talk *talk)
{
	const struct talk_transfer *transfer = &talk->transferred;
	bool is_transferred = !talk->transfer.len || talk->has_expect ||
			      (transfer->status >= 200 && transfer->status < 300);

	if (talk->hold_status && !talk->args->is_json)
		printf("  no    the hold was refused: %u\n", talk->hold_status);
	return !talk->hold_status && is_transferred;
}

int talk_say_verdict(struct talk *talk)
{
	struct bel_media_stats stats;
	struct bel_judge_result heard;
	struct measured measured;
	bool is_fine;

	bel_media_stream_stats(&stats, bel_line_stream(talk->now->line));
	talk_judge_part(talk, false);
	heard = talk->heard;
	measure(&measured, talk, &stats, &heard);
	if (!talk->args->is_json && talk->was_answered) {
		print_heading(talk);
		printf("   set up in %.0f ms\n", measured.setup_ms);
		print_ladder(talk);
		print_rtp(&stats, &measured);
		print_ice(talk);
		print_keying(stats.keying);
	}
	/* Without a word of what is expected: to hear what was said. An echo hears
	 * nothing, it is enough that somebody called. */
	is_fine = talk->has_expect ? print_expectations(talk, &measured)
				   : talk->has_echo || measured.is_heard;
	is_fine &= is_done(talk);
	if (talk->args->is_json)
		print_json(talk, &stats, &measured, &heard, is_fine);
	else if (!talk->has_expect && !talk->has_echo)
		print_heard(talk, &heard, is_fine);
	return is_fine ? EXIT_YES : EXIT_NO;
}
