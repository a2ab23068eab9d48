/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "lib/lib_int.h"

enum { RING_S = 180 };

/* ---- its life ---- */

static void on_soon(void *user);
static void on_patience(void *user);
static void on_targets(struct bel_targets_query *query, enum bel_err err,
		       const struct bel_hop *hops, unsigned count);

struct belfry_call *bel_lib_call_new(struct belfry_agent *agent,
				     struct belfry_account *account)
{
	struct belfry_call *call = calloc(1, sizeof *call);

	if (!call)
		return NULL;
	call->agent = agent;
	call->account = bel_account_ref(account);
	call->peer = call->peer_name = "";
	call->query.on_targets = on_targets;
	bel_arena_init(&call->arena, NULL, 0, TEXTS_BYTES_MAX);
	bel_timer_init(&call->patience, on_patience, call);
	bel_timer_init(&call->soon, on_soon, call);
	bel_list_put(&agent->calls, &call->node);
	return call;
}

/* From whom wished for it, and from what it wished for. */
static void part(struct belfry_call *call)
{
	if (call->wisher)
		call->wisher->follower = NULL;
	if (call->follower)
		call->follower->wisher = NULL;
	call->wisher = call->follower = NULL;
}

void bel_lib_call_free(struct belfry_call *call)
{
	struct belfry_agent *agent = call->agent;

	part(call);
	if (call->is_finding)
		bel_targets_cancel(bel_lib_targets(agent->lib), &call->query);
	if (call->call)
		bel_call_drop(call->call);
	bel_timer_stop(agent->loop, &call->patience);
	bel_timer_stop(agent->loop, &call->soon);
	bel_line_close(call->line);
	bel_sound_close(call);
	bel_list_remove(&call->node);
	bel_account_unref(call->account);
	bel_arena_fini(&call->arena);
	free(call);
}

void bel_lib_calls_close(struct belfry_agent *agent)
{
	BEL_LIST_EACH(node, &agent->calls)
	bel_lib_call_free(BEL_CONTAINER_OF(node, struct belfry_call, node));
}

/* ---- telling ---- */

struct belfry_account *bel_lib_call_account(const struct belfry_call *call)
{
	return call->account && !call->account->is_removed ? call->account : NULL;
}

struct bel_news bel_lib_call_news(const struct belfry_call *call,
				  enum belfry_event_type type)
{
	return (struct bel_news){
		.event = { .type = type,
			   .call = (struct belfry_call *)call,
			   .account = bel_lib_call_account(call) },
	};
}

void bel_lib_call_tell(struct belfry_call *call, enum belfry_event_type type)
{
	struct bel_news news = bel_lib_call_news(call, type);

	bel_news_tell(call->agent, &news);
}

/* The last word, after which it is gone. */
static void finish(struct belfry_call *call, const struct bel_call_end *end)
{
	struct bel_news news = bel_lib_call_news(call, BELFRY_EVENT_ENDED);

	call->call = NULL;
	call->is_over = true;
	bel_timer_stop(call->agent->loop, &call->patience);
	bel_timer_stop(call->agent->loop, &call->soon);
	if (call->wisher && call->wisher->call)
		bel_call_take_refer(call->wisher->call, 503);
	news.event.status = end->status;
	news.event.error = call->has_no_answer ? BELFRY_ERROR_TIMEOUT
					       : bel_error_from(end->err);
	news.event.is_set = end->was_up;
	news.event.is_ours = end->is_ours;
	news.text = end->reason;
	if (!news.text.len && end->status)
		news.text = bel_sip_status_phrase(end->status);
	else if (!news.text.len && end->err)
		news.text = bel_str_from(bel_err_text(end->err));
	bel_news_tell(call->agent, &news);
	bel_lib_call_free(call);
}

void bel_lib_call_soon(struct belfry_call *call, unsigned pending)
{
	if (call->is_over)
		return;
	call->pending |= pending;
	bel_agent_soon(call->agent, &call->soon);
}

static void on_soon(void *user)
{
	struct belfry_call *call = user;
	unsigned pending = call->pending;

	call->pending = 0;
	if (pending & PENDING_PLAYED)
		bel_lib_call_tell(call, BELFRY_EVENT_PLAYED);
	if (pending & PENDING_END)
		finish(call, &call->end);
}

/* It never came to be. */
static void fail(struct belfry_call *call, enum bel_err err)
{
	call->end = (struct bel_call_end){ .err = err };
	bel_lib_call_soon(call, PENDING_END);
}

/* Nobody has answered for long enough, here or there. */
static void on_patience(void *user)
{
	struct belfry_call *call = user;

	if (call->is_up || call->is_answering)
		return;
	call->has_no_answer = true;
	if (call->is_incoming)
		bel_call_refuse(call->call, 480, BEL_STR_NONE);
	else
		belfry_call_hang_up(call);
}

/* ---- what the room below says ---- */

static void on_progress(void *user, struct bel_call *below, uint16_t status,
			bool has_media)
{
	struct belfry_call *call = user;
	struct bel_news news = bel_lib_call_news(call, BELFRY_EVENT_PROGRESS);

	(void)below;
	call->is_ringing |= status == 180;
	news.event.status = status;
	news.event.is_set = has_media;
	news.text = bel_sip_status_phrase(status);
	bel_news_tell(call->agent, &news);
}

static void on_answered(void *user, struct bel_call *below)
{
	struct belfry_call *call = user;

	(void)below;
	call->is_up = true;
	call->answered_ms = bel_loop_now_ms(call->agent->loop);
	bel_timer_stop(call->agent->loop, &call->patience);
	bel_lib_call_tell(call, BELFRY_EVENT_ANSWERED);
	bel_lib_tell_held(call);
}

static void on_ended(void *user, struct bel_call *below, const struct bel_call_end *end)
{
	(void)below;
	finish(user, end);
}

const struct bel_call_port bel_lib_call_port = {
	.on_progress = on_progress,
	.on_answered = on_answered,
	.on_ended = on_ended,
	.on_modified = bel_lib_on_modified,
	.on_message = bel_lib_on_message,
	.on_refer = bel_lib_on_refer,
	.on_transfer = bel_lib_on_transfer,
};

static enum bel_err describe(void *user, struct bel_call *below,
			     struct bel_offer_local *local)
{
	(void)below;
	return bel_line_describe(((struct belfry_call *)user)->line, local);
}

static void apply(void *user, struct bel_call *below,
		  const struct bel_offer_stream *streams, unsigned count)
{
	(void)below;
	bel_line_apply(((struct belfry_call *)user)->line, streams, count);
}

const struct bel_call_media bel_lib_call_media = { .describe = describe, .apply = apply };

/* ---- its line ---- */

static void on_digit(void *user, char digit)
{
	struct belfry_call *call = user;
	struct bel_news news = bel_lib_call_news(call, BELFRY_EVENT_DIGIT);

	news.event.digit = digit;
	bel_news_tell(call->agent, &news);
}

static void on_heard(void *user)
{
	bel_lib_call_tell(user, BELFRY_EVENT_HEARD);
}

static void on_gathered(void *user);
static const struct bel_media_stream_port stream_port = { .on_digit = on_digit,
							  .on_heard = on_heard,
							  .on_gathered = on_gathered };

enum bel_err bel_lib_call_open_line(struct belfry_call *call, const bel_addr *local,
				    const bel_addr *shown)
{
	static const enum bel_line_srtp srtp[] = {
		[BELFRY_PROTECTION_ACCEPT] = BEL_LINE_SRTP_NONE,
		[BELFRY_PROTECTION_PREFER] = BEL_LINE_SRTP_PREFER,
		[BELFRY_PROTECTION_SDES] = BEL_LINE_SRTP_SDES,
		[BELFRY_PROTECTION_DTLS] = BEL_LINE_SRTP_DTLS,
	};
	struct belfry_agent *agent = call->agent;
	enum bel_err err = bel_line_open(
		&call->line, &(struct bel_line_opts){
				     .loop = agent->loop,
				     .libs = bel_lib_media(agent->lib),
				     .local = *local,
				     .shown = shown ? *shown : (bel_addr){ .family = 0 },
				     .codecs = agent->codecs[0] ? agent->codecs : NULL,
				     .srtp = srtp[agent->opts.protection],
				     .dtls = agent->dtls,
				     .has_ice = true,
				     .offers_ice = agent->opts.has_ice,
				     .servers = agent->servers.found,
				     .port_min = agent->opts.media_port_min,
				     .port_max = agent->opts.media_port_max,
				     .port = &stream_port,
				     .user = call,
			     });

	if (!err)
		bel_sound_plug(call);
	return err;
}

/* ---- calling ---- */

static enum bel_err dial_now(struct belfry_call *call)
{
	struct belfry_agent *agent = call->agent;
	const struct bel_way *way = &call->way;
	struct belfry_call *wisher = call->wisher;
	enum bel_err err = bel_call_dial(&call->call, bel_lib_calls(agent->lib),
					 &(struct bel_call_dial){
						 .from = way->from,
						 .target = way->target,
						 .routes = way->routes,
						 .next_hop = way->next_hop,
						 .flow = way->flow,
						 .account = way->auth,
						 .contact_user = way->contact_user,
						 .lines = call->lines,
						 .session.interval_s = SESSION_S,
						 .asked_in = wisher ? wisher->call : NULL,
						 .port = &bel_lib_call_port,
						 .media = &bel_lib_call_media,
						 .user = call,
					 });
	/* From now on the call itself tells how it goes. */
	if (!err)
		part(call);
	return err;
}

bool bel_lib_call_gathers(struct belfry_call *call)
{
	struct bel_path *path = bel_media_stream_path(bel_line_stream(call->line));

	/* What does not work is told when the call is described. */
	return call->agent->opts.has_ice && bel_path_bind(path) == BEL_OK &&
	       bel_path_is_gathering(path);
}

/* The first hop is known, and with it which of our addresses the sound must come from. */
static enum bel_err dial(struct belfry_call *call, const bel_addr *hop)
{
	bel_addr local;
	enum bel_err err = bel_loop_local_for(call->agent->loop, hop, &local);

	if (!err)
		err = bel_lib_call_open_line(call, &local, NULL);
	if (err)
		return err;
	if (!bel_lib_call_gathers(call))
		return dial_now(call);
	call->waits = BEL_LIB_WAITS_TO_DIAL;
	return BEL_OK;
}

/* Flows that it was to go by may have gone meanwhile. */
static void dial_at_last(struct belfry_call *call)
{
	enum bel_err err = bel_way_find(&call->way, &call->arena, call->account,
					call->to);

	if (!err)
		err = dial_now(call);
	if (err)
		fail(call, err);
}

static void on_gathered(void *user)
{
	struct belfry_call *call = user;
	int waited = call->waits;

	call->waits = BEL_LIB_WAITS_NOT;
	bel_servers_tell(call->agent, bel_media_stream_path(bel_line_stream(call->line)));
	if (call->is_left || call->is_over)
		return;
	if (waited == BEL_LIB_WAITS_TO_DIAL)
		dial_at_last(call);
	else if (waited == BEL_LIB_WAITS_TO_ANSWER && call->call)
		bel_call_answer(call->call);
}

static void on_targets(struct bel_targets_query *query, enum bel_err err,
		       const struct bel_hop *hops, unsigned count)
{
	struct belfry_call *call = BEL_CONTAINER_OF(query, struct belfry_call, query);

	(void)count;
	call->is_finding = false;
	if (!err)
		err = dial(call, &hops[0].addr);
	if (err)
		fail(call, err);
}

static enum bel_err prepare(struct belfry_call *call, bel_str to, bel_str lines)
{
	enum bel_err err = bel_way_find(&call->way, &call->arena, call->account, to);

	if (err)
		return err;
	call->lines = bel_arena_copy(&call->arena, lines);
	call->to = bel_arena_copy(&call->arena, to);
	call->peer = bel_text_copy(&call->arena, call->way.target);
	return lines.len && !call->lines.ptr ? bel_err_from_errno(ENOMEM) : BEL_OK;
}

static void find_first_hop(struct belfry_call *call)
{
	enum bel_err err;

	if (!call->way.flow) {
		call->is_finding = true;
		bel_targets_find(bel_lib_targets(call->agent->lib), &call->query,
				 &call->way.hop, 0);
		return;
	}
	err = dial(call, &call->way.flow->peer);
	call->way.flow = NULL;
	if (err)
		fail(call, err);
}

enum belfry_error bel_lib_call_begin(struct belfry_call **out, struct belfry_agent *agent,
				     const struct belfry_dial *dial, bel_str to,
				     bel_str lines, struct belfry_call *wisher)
{
	uint32_t ring_s = dial->ring_s ? dial->ring_s : RING_S;
	struct belfry_call *call;
	enum bel_err err;

	bel_agent_enter(agent);
	if (dial->account && dial->account->is_removed)
		return bel_fail_as(agent, BELFRY_ERROR_STATE,
				   "cannot call: the account was removed");
	if (belfry_agent_calls(agent) >= agent->opts.calls_max)
		return bel_fail(agent, BEL_ERR_LIMIT, "cannot call");
	call = bel_lib_call_new(agent, dial->account);
	if (!call)
		return bel_fail(agent, bel_err_from_errno(ENOMEM), "cannot call");
	err = prepare(call, to, lines);
	if (err) {
		bel_lib_call_free(call);
		return bel_fail(agent, err, "cannot call \"%.*s\"", BEL_STR_ARG(to));
	}
	call->user_data = dial->user_data;
	call->wisher = wisher;
	if (wisher)
		wisher->follower = call;
	bel_timer_start(agent->loop, &call->patience,
			bel_loop_now_ms(agent->loop) + ring_s * 1000ULL);
	find_first_hop(call);
	*out = call;
	return BELFRY_OK;
}

/* Whole lines, each with a name: nothing that ends the header before its time. */
static bool are_lines(bel_str text)
{
	while (text.len) {
		size_t end = bel_str_find(text, '\r');
		bel_str line = bel_str_slice(text, 0, end);
		size_t colon = bel_str_find(line, ':');
		if (!colon || colon == line.len || bel_str_find(line, '\n') < line.len ||
		    !bel_str_has_prefix(bel_str_slice(text, end, text.len),
					BEL_STR("\r\n")))
			return false;
		text = bel_str_slice(text, end + 2, text.len);
	}
	return true;
}

enum belfry_error belfry_call_dial(struct belfry_call **out, struct belfry_agent *agent,
				   const struct belfry_dial *dial)
{
	if (!are_lines(bel_str_from(dial->headers)))
		return bel_fail(agent, BEL_ERR_SYNTAX, "cannot call: no header lines");
	return bel_lib_call_begin(out, agent, dial, bel_str_from(dial->to),
				  bel_str_from(dial->headers), NULL);
}

/* ---- the end ---- */

void belfry_call_hang_up(struct belfry_call *call)
{
	if (call->is_over || call->is_left)
		return;
	bel_agent_enter(call->agent);
	call->is_left = true;
	if (call->call) {
		bel_call_hang_up(call->call, BEL_STR_NONE);
		return;
	}
	if (call->is_finding)
		bel_targets_cancel(bel_lib_targets(call->agent->lib), &call->query);
	call->is_finding = false;
	call->end = (struct bel_call_end){ .is_ours = true };
	bel_lib_call_soon(call, PENDING_END);
}
