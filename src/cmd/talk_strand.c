/* SPDX-License-Identifier: Apache-2.0
 * One call of a talk. There is a second one when somebody is consulted or transferred,
 * and when somebody takes the place of who was there. */
#include "cmd/talk.h"

bool talk_has_calls(const struct talk *talk)
{
	for (unsigned i = 0; i < talk->strands_count; i++)
		if (talk->strands[i].call)
			return true;
	return false;
}

void talk_strand_select(struct strand *strand)
{
	struct talk *talk = strand->talk;

	if (talk->now) {
		talk_judge_part(talk, true);
		bel_media_stream_set_source(bel_line_stream(talk->now->line), NULL);
		bel_media_stream_set_sink(bel_line_stream(talk->now->line), NULL);
	}
	talk->now = strand;
	talk->is_held = false;
	talk_connect_sound(talk, strand->line);
}

/* ---- its course ---- */

static void on_progress(void *user, struct bel_call *call, uint16_t status,
			bool has_media)
{
	const struct strand *strand = user;

	(void)call;
	(void)has_media;
	if (strand == strand->talk->now)
		talk_say_progress(strand->talk, status);
}

static void on_answered(void *user, struct bel_call *call)
{
	struct strand *strand = user;
	struct talk *talk = strand->talk;

	(void)call;
	strand->is_up = true;
	if (strand == talk->now) {
		talk_begin(talk);
	} else if (strand->is_consulted) {
		talk_on_consulted(talk);
	} else {
		talk_strand_select(strand);
	}
}

/* Whether a call that this one was to be followed by is under way. */
static bool has_successor(const struct strand *strand)
{
	const struct talk *talk = strand->talk;

	for (unsigned i = 0; i < talk->strands_count; i++)
		if (talk->strands[i].call && talk->strands[i].before == strand)
			return true;
	return false;
}

static void on_first_refused(struct talk *talk, const struct bel_call_end *end)
{
	talk->status = end->status;
	talk->exit_status = EXIT_NO;
	talk_say_refused(talk, end);
}

/* What nothing could be agreed on was no call: the same caller may come again with other
 * keys. */
static bool was_unfit(const struct talk *talk, const struct bel_call_end *end)
{
	return talk->on_call && !talk->was_answered && end->is_ours && end->status == 488;
}

static void on_ended(void *user, struct bel_call *call, const struct bel_call_end *end)
{
	struct strand *strand = user;
	struct talk *talk = strand->talk;

	if (was_unfit(talk, end)) {
		if (strand->call == call) {
			strand->call = NULL;
			talk_stop_timer(talk);
		}
		return;
	}
	strand->call = NULL;
	if (strand == talk->now && !end->was_up)
		on_first_refused(talk, end);
	if (strand->is_consulted && !end->was_up) {
		talk->transferred = (struct talk_transfer){ end->status, true };
		talk_say_transfer(talk);
		talk_hang_up(talk);
	} else if (strand->is_consulted) {
		talk_on_left(talk);
	} else if (strand == talk->now && !has_successor(strand)) {
		talk_hang_up(talk);
	} else if (talk->now && !talk->now->call && !has_successor(talk->now)) {
		/* Whom we were to call instead is not there. */
		talk_hang_up(talk);
	}
	if (!talk_has_calls(talk))
		talk_finish(talk);
}

static void on_modified(void *user, struct bel_call *call, uint16_t status)
{
	struct strand *strand = user;

	(void)call;
	if (strand == strand->talk->now)
		talk_on_modified(strand->talk, status);
}

/* Digits by INFO. */
static void on_message(void *user, struct bel_call *call, struct bel_sip_msg *msg)
{
	const struct strand *strand = user;
	char digit = bel_call_digit_of(msg);

	(void)call;
	if (digit && strand == strand->talk->now)
		talk_on_digit(strand->talk, digit);
}

static void on_refer(void *user, struct bel_call *call,
		     const struct bel_call_refer *refer)
{
	struct strand *strand = user, *next = NULL;
	struct talk *talk = strand->talk;
	char buf[2048];
	struct bel_writer lines = bel_writer_init(buf, sizeof buf);

	if (talk->follows && strand == talk->now && !has_successor(strand))
		next = talk_strand_new(talk, &talk->local);
	if (!next) {
		bel_call_take_refer(call, 603);
		return;
	}
	next->before = strand;
	bel_call_refer_write(&lines, refer);
	bel_call_take_refer(call, 202);
	if (lines.is_full ||
	    talk_strand_dial(next, refer->target, bel_writer_str(&lines)))
		bel_call_take_refer(call, 503);
}

static void on_transfer(void *user, struct bel_call *call, uint16_t status, bool is_last)
{
	struct talk *talk = ((struct strand *)user)->talk;

	(void)call;
	talk->transferred = (struct talk_transfer){ status, is_last };
	talk_say_transfer(talk);
	if (is_last && talk->step == TALK_TRANSFER)
		talk_next(talk);
}

static const struct bel_call_port call_port = {
	.on_progress = on_progress,
	.on_answered = on_answered,
	.on_ended = on_ended,
	.on_modified = on_modified,
	.on_message = on_message,
	.on_refer = on_refer,
	.on_transfer = on_transfer,
};

/* ---- its sound ---- */

static enum bel_err describe(void *user, struct bel_call *call,
			     struct bel_offer_local *local)
{
	(void)call;
	return bel_line_describe(((struct strand *)user)->line, local);
}

static void apply(void *user, struct bel_call *call,
		  const struct bel_offer_stream *streams, unsigned count)
{
	struct strand *strand = user;

	(void)call;
	bel_line_apply(strand->line, streams, count);
	if (strand == strand->talk->now)
		talk_on_held(strand->talk, bel_line_is_held(strand->line));
}

static const struct bel_call_media call_media = { .describe = describe, .apply = apply };

static void on_digit(void *user, char digit)
{
	struct strand *strand = user;

	if (strand == strand->talk->now)
		talk_on_digit(strand->talk, digit);
}

static void on_gathered(void *user);
static const struct bel_media_stream_port stream_port = { .on_digit = on_digit,
							  .on_gathered = on_gathered };

/* ---- beginning ---- */

struct strand *talk_strand_new(struct talk *talk, const bel_addr *local)
{
	struct strand *strand = &talk->strands[talk->strands_count];
	enum bel_err err;

	if (talk->strands_count == STRANDS_MAX)
		return NULL;
	*strand = (struct strand){ .talk = talk };
	err = bel_line_open(&strand->line,
			    &(struct bel_line_opts){
				    .loop = bel_lib_loop(talk->lib),
				    .libs = bel_lib_media(talk->lib),
				    .local = *local,
				    .codecs = talk->codecs[0] ? talk->codecs : NULL,
				    .srtp = talk->srtp,
				    .dtls = talk->dtls,
				    .has_ice = true,
				    .offers_ice = talk->ways.offers_ice,
				    .servers = talk->ways.servers,
				    .is_faithful = true,
				    .port = &stream_port,
				    .user = strand,
			    });
	if (err) {
		bel_cmd_fail("no sound: %s",
			     err == BEL_ERR_UNSUPPORTED
				     ? "none of these codecs is here; belfry help call "
				       "lists them"
				     : bel_err_text(err));
		return NULL;
	}
	talk->local = *local;
	talk->strands_count++;
	if (talk->has_echo)
		bel_media_stream_set_echo(bel_line_stream(strand->line), true);
	return strand;
}

/* Some leave the port out when they name somebody at the server, or the transport. */
static bool is_at_server(const struct talk *talk, bel_str target)
{
	struct bel_uri uri, server;

	return !bel_uri_parse(&uri, target) && !bel_uri_parse(&server, talk->server) &&
	       (!uri.port || uri.port == server.port) &&
	       bel_str_is_equal_nocase(uri.host, server.host);
}

/* Whether ringing has to arrive (RFC 3262). */
static enum bel_call_100rel rel_of(const struct talk *talk)
{
	return talk->is_reliable ? BEL_CALL_100REL_REQUIRED : BEL_CALL_100REL_SUPPORTED;
}

static enum bel_err dial_now(struct strand *strand, bel_str target, bel_str lines)
{
	const struct talk *talk = strand->talk;
	const struct parties *parties = &talk->parties;

	return bel_call_dial(
		&strand->call, bel_lib_calls(talk->lib),
		&(struct bel_call_dial){
			.from = parties->from_value,
			.target = target,
			.next_hop = is_at_server(talk, target) ? talk->server
							       : BEL_STR_NONE,
			.account = parties->has_account ? &parties->account : NULL,
			.contact_user = parties->from_user,
			.lines = lines,
			.rel = rel_of(talk),
			.asked_in = strand->before ? strand->before->call : NULL,
			.port = &call_port,
			.media = &call_media,
			.user = strand,
		});
}

/* ---- after its candidates are gathered ---- */

static struct bel_path *path_of(const struct strand *strand)
{
	return bel_media_stream_path(bel_line_stream(strand->line));
}

/* True: it has to be waited for. What does not work is told when the call is made. */
static bool gathers(struct strand *strand)
{
	return strand->talk->ways.offers_ice &&
	       bel_path_bind(path_of(strand)) == BEL_OK &&
	       bel_path_is_gathering(path_of(strand));
}

enum bel_err talk_strand_dial(struct strand *strand, bel_str target, bel_str lines)
{
	if (!gathers(strand))
		return dial_now(strand, target, lines);
	strand->waits_to = STRAND_DIALS;
	strand->target = bel_arena_copy(&strand->talk->arena, target);
	strand->lines = bel_arena_copy(&strand->talk->arena, lines);
	return BEL_OK;
}

void talk_strand_answer(struct strand *strand)
{
	if (gathers(strand))
		strand->waits_to = STRAND_ANSWERS;
	else if (strand->call)
		bel_call_answer(strand->call);
}

static void dial_at_last(struct strand *strand)
{
	enum bel_err err = dial_now(strand, strand->target, strand->lines);

	if (!err)
		return;
	bel_cmd_fail("cannot call: %s", bel_err_text(err));
	if (!talk_has_calls(strand->talk))
		talk_finish(strand->talk);
}

static void on_gathered(void *user)
{
	struct strand *strand = user;
	int waited_to = strand->waits_to;

	strand->waits_to = STRAND_IDLE;
	ways_say(&strand->talk->ways, path_of(strand));
	if (waited_to == STRAND_DIALS)
		dial_at_last(strand);
	else if (waited_to == STRAND_ANSWERS && strand->call)
		bel_call_answer(strand->call);
}

void talk_strand_take_on(struct strand *strand, struct bel_call *call)
{
	const struct parties *parties = &strand->talk->parties;

	strand->call = call;
	gathers(strand);
	bel_call_take_on(
		call, &(struct bel_call_owner){
			      .port = &call_port,
			      .media = &call_media,
			      .account = parties->has_account ? &parties->account : NULL,
			      .contact_user = parties->from_user,
			      .rel = rel_of(strand->talk),
			      .user = strand,
		      });
}

void talk_on_incoming(void *user, struct bel_call *call, struct bel_sip_msg *invite,
		      struct bel_call *replaced)
{
	struct talk *talk = user;
	struct strand *strand;

	(void)invite;
	if (!replaced) {
		if (talk->on_call)
			talk->on_call(talk, call);
		return;
	}
	strand = talk_strand_new(talk, &bel_call_flow(call)->local);
	if (!strand)
		return;
	/* The other one ends as soon as we answer, before this one is acknowledged. */
	strand->before = bel_call_user(replaced);
	talk_strand_take_on(strand, call);
	talk_strand_answer(strand);
}
