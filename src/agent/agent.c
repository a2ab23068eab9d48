/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "agent/agent.h"

enum {
	CALLS_MAX = 20000,
	SESSION_S = 1800,
	LOOK_MS = 30 * 1000, /* how often a call is looked at */
	AFTERWARDS_MS = 500, /* silence after a recording, before it ends */
	TONE_LEVEL_DBM0 = -10,
};

struct visit {
	struct bel_agent *agent;
	struct bel_list node;
	struct bel_call *call;
	struct bel_line *line;
	struct bel_audio_port *source;
	struct bel_timer look;
	uint64_t heard; /* packets when it was last looked at */
	uint64_t token;
	uint64_t length_ms; /* of a recording; 0: no end */
};

struct bel_agent {
	struct bel_agent_opts opts;
	struct bel_calls *calls;
	struct bel_media_libs *libs;
	struct bel_dtls_context *dtls; /* of all its lines */
	struct bel_list visits;
	/* the INVITE that is being answered right now */
	const struct bel_conf_route *answer;
	bel_str user;
	uint64_t token;
	bool is_taken;
};

/* ---- one call ---- */

static void close_visit(struct visit *visit)
{
	bel_timer_stop(bel_ua_loop(visit->agent->opts.ua), &visit->look);
	bel_list_remove(&visit->node);
	bel_line_close(visit->line);
	bel_audio_close(visit->source);
	free(visit);
}

static enum bel_err describe(void *user, struct bel_call *call,
			     struct bel_offer_local *local)
{
	(void)call;
	return bel_line_describe(((struct visit *)user)->line, local);
}

static void apply(void *user, struct bel_call *call,
		  const struct bel_offer_stream *streams, unsigned count)
{
	(void)call;
	bel_line_apply(((struct visit *)user)->line, streams, count);
}

static const struct bel_call_media media = { .describe = describe, .apply = apply };

static void look_in(struct visit *visit, uint64_t after_ms)
{
	struct bel_loop *loop = bel_ua_loop(visit->agent->opts.ua);

	bel_timer_start(loop, &visit->look, bel_loop_now_ms(loop) + after_ms);
}

/* A recording is over; or nobody has been heard for a while, and nobody said that he
 * would be silent: the phone is gone, and will not say BYE. */
static void on_look(void *user)
{
	struct visit *visit = user;
	struct bel_media_stats stats;

	bel_media_stream_stats(&stats, bel_line_stream(visit->line));
	if (visit->length_ms ||
	    (stats.received == visit->heard && !bel_line_is_held(visit->line))) {
		bel_call_hang_up(visit->call, BEL_STR_NONE);
		return;
	}
	visit->heard = stats.received;
	look_in(visit, LOOK_MS);
}

static void on_answered(void *user, struct bel_call *call)
{
	struct visit *visit = user;

	(void)call;
	look_in(visit, visit->length_ms ? visit->length_ms + AFTERWARDS_MS : LOOK_MS);
}

static void on_ended(void *user, struct bel_call *call, const struct bel_call_end *end)
{
	struct visit *visit = user;
	struct bel_agent *agent = visit->agent;
	uint64_t token = visit->token;

	(void)call;
	(void)end;
	close_visit(visit);
	if (agent->opts.on_ended)
		agent->opts.on_ended(agent->opts.user, token);
}

static const struct bel_call_port port = { .on_answered = on_answered,
					   .on_ended = on_ended };

/* ---- what is heard ---- */

static enum bel_err begin_echo(struct visit *visit, const struct bel_conf_route *answer)
{
	(void)answer;
	bel_media_stream_set_echo(bel_line_stream(visit->line), true);
	return BEL_OK;
}

static enum bel_err begin_tone(struct visit *visit, const struct bel_conf_route *answer)
{
	const struct bel_tone_opts opts = {
		.format = { 8000, 1 },
		.parts = { { answer->tone_hz, TONE_LEVEL_DBM0 } },
		.parts_count = 1,
	};

	return bel_tone_open(&visit->source, &opts);
}

static enum bel_err begin_play(struct visit *visit, const struct bel_conf_route *answer)
{
	struct bel_clips *clips = visit->agent->opts.clips;
	const struct bel_clip *clip = clips ? bel_clips_find(clips, answer->target)
					    : NULL;

	if (!clip)
		return BEL_ERR_NOT_FOUND;
	visit->length_ms = (uint64_t)clip->count * 1000 / clip->format.rate_hz + 1;
	return bel_player_open(&visit->source, clip, false);
}

static enum bel_err (*const beginnings[])(struct visit *visit,
					  const struct bel_conf_route *answer) = {
	[BEL_ANSWER_ECHO] = begin_echo,
	[BEL_ANSWER_TONE] = begin_tone,
	[BEL_ANSWER_PLAY] = begin_play,
};

/* ---- a call arrives ---- */

static enum bel_err open_line(struct visit *visit)
{
	struct bel_agent *agent = visit->agent;
	const struct bel_flow *flow = bel_call_flow(visit->call);

	return bel_line_open(&visit->line, &(struct bel_line_opts){
						   .loop = bel_ua_loop(agent->opts.ua),
						   .libs = agent->libs,
						   .local = flow->local,
						   .shown = bel_flow_own_addr(
							   agent->opts.transport, flow),
						   .dtls = agent->dtls,
						   .has_ice = true,
						   .port_min = agent->opts.port_min,
						   .port_max = agent->opts.port_max,
					   });
}

static enum bel_err begin(struct visit *visit, const struct bel_conf_route *answer)
{
	enum bel_err err = open_line(visit);

	if (!err)
		err = beginnings[answer->answer](visit, answer);
	if (!err && visit->source)
		bel_media_stream_set_source(bel_line_stream(visit->line), visit->source);
	return err;
}

static void on_incoming(void *user, struct bel_call *call, struct bel_sip_msg *invite,
			struct bel_call *replaced)
{
	struct bel_agent *agent = user;
	struct visit *visit = calloc(1, sizeof *visit);

	(void)invite;
	(void)replaced;
	if (!visit)
		return;
	*visit = (struct visit){ .agent = agent, .call = call, .token = agent->token };
	bel_list_put(&agent->visits, &visit->node);
	bel_timer_init(&visit->look, on_look, visit);
	if (begin(visit, agent->answer)) {
		close_visit(visit);
		return;
	}
	agent->is_taken = true;
	bel_call_take_on(call, &(struct bel_call_owner){ .port = &port,
							 .media = &media,
							 .contact_user = agent->user,
							 .user = visit });
	bel_call_ring(call, 180, false);
	bel_call_answer(call);
}

bool bel_agent_answer(struct bel_agent *agent, struct bel_sip_msg *invite,
		      const struct bel_flow *came_by, const struct bel_conf_route *answer,
		      bel_str user, uint64_t token)
{
	agent->answer = answer;
	agent->user = user;
	agent->token = token;
	agent->is_taken = false;
	bel_calls_on_request(agent->calls, invite, came_by);
	return agent->is_taken;
}

bool bel_agent_on_request(struct bel_agent *agent, struct bel_sip_msg *request,
			  const struct bel_flow *came_by)
{
	return bel_sip_to(request)->tag.len &&
	       bel_calls_on_request(agent->calls, request, came_by);
}

/* ---- the role ---- */

enum bel_err bel_agent_open(struct bel_agent **out, const struct bel_agent_opts *opts)
{
	struct bel_agent *agent = calloc(1, sizeof *agent);
	enum bel_err err;

	if (!agent)
		return bel_err_from_errno(ENOMEM);
	agent->opts = *opts;
	bel_list_init(&agent->visits);
	err = bel_media_libs_open(&agent->libs);
	if (!err)
		err = bel_dtls_context_self_signed(&agent->dtls);
	if (!err)
		err = bel_calls_open(&agent->calls,
				     &(struct bel_calls_opts){
					     .ua = opts->ua,
					     .session.interval_s = SESSION_S,
					     .calls_max = opts->calls_max
								  ? opts->calls_max
								  : CALLS_MAX,
					     .keeps_flows = true,
					     .on_incoming = on_incoming,
					     .user = agent,
				     });
	if (err) {
		bel_dtls_context_unref(agent->dtls);
		bel_media_libs_close(agent->libs);
		free(agent);
		return err;
	}
	*out = agent;
	return BEL_OK;
}

void bel_agent_close(struct bel_agent *agent)
{
	if (!agent)
		return;
	bel_calls_close(agent->calls);
	BEL_LIST_EACH(node, &agent->visits)
	close_visit(BEL_CONTAINER_OF(node, struct visit, node));
	bel_dtls_context_unref(agent->dtls);
	bel_media_libs_close(agent->libs);
	free(agent);
}

size_t bel_agent_count(const struct bel_agent *agent)
{
	return bel_calls_count(agent->calls);
}
