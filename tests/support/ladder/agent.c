/* SPDX-License-Identifier: Apache-2.0 */
#include "support/ladder/agent_int.h"

/* ---- calls ---- */

struct ladder_talk *bel_ladder_talk_new(struct ladder_agent *agent)
{
	for (unsigned i = 0; i < AGENT_TALKS_MAX; i++)
		if (!agent->talks[i].call) {
			agent->talks[i] = (struct ladder_talk){
				.agent = agent,
				.number = ++agent->begun,
				.direction = BEL_SDP_SENDRECV,
			};
			return &agent->talks[i];
		}
	bel_ladder_fail(agent->actor->ladder, "%s has too many calls",
			agent->actor->name);
	return NULL;
}

static bool is_with(const struct ladder_talk *talk, bel_str name)
{
	const struct bel_dialog *dialog = bel_call_dialog(talk->call);
	struct ladder_actor *other = bel_ladder_actor_find(talk->agent->actor->ladder,
							   name);
	struct bel_sip_addr remote;

	return !name.len ||
	       (dialog && !bel_sip_addr_parse(&remote, dialog->remote) &&
		bel_str_is_equal(remote.uri.user, other ? other->user : name));
}

static unsigned count_fits(struct ladder_talk **found, struct ladder_agent *agent,
			   bel_str name, bool (*is_fit)(const struct ladder_talk *talk))
{
	unsigned count = 0;

	for (unsigned i = 0; i < AGENT_TALKS_MAX; i++) {
		struct ladder_talk *talk = &agent->talks[i];
		if (!talk->call || !is_fit(talk) || !is_with(talk, name))
			continue;
		*found = talk;
		count++;
	}
	return count;
}

struct ladder_talk *bel_ladder_talk_find(struct ladder_agent *agent, bel_str name,
					 bool (*is_fit)(const struct ladder_talk *talk))
{
	struct ladder *ladder = agent->actor->ladder;
	struct ladder_talk *found = NULL;
	unsigned count = count_fits(&found, agent, name, is_fit);

	for (unsigned i = 0; !count && i < LADDER_PATIENCE_MS; i++) {
		bel_ground_run(ladder->ground, 1);
		count = count_fits(&found, agent, name, is_fit);
	}
	if (count == 1)
		return found;
	bel_ladder_fail(ladder, "%s has %s such call", agent->actor->name,
			count ? "more than one" : "no");
	return NULL;
}

static void on_ended(void *user, struct bel_call *call, const struct bel_call_end *end)
{
	struct ladder_talk *talk = user;

	(void)call;
	(void)end;
	talk->call = NULL;
}

static void on_refer(void *user, struct bel_call *call,
		     const struct bel_call_refer *refer)
{
	struct ladder_talk *talk = user;
	struct bel_arena *arena = &talk->agent->actor->ladder->arena;

	(void)call;
	talk->is_asked = true;
	talk->asked = (struct bel_call_refer){
		.target = bel_arena_copy(arena, refer->target),
		.replaces = bel_arena_copy(arena, refer->replaces),
		.referred_by = bel_arena_copy(arena, refer->referred_by),
	};
}

const struct bel_call_port bel_ladder_call_port = {
	.on_ended = on_ended,
	.on_refer = on_refer,
};

/* Where sound is expected. */
static bel_addr sound_of(const struct ladder_agent *agent)
{
	bel_addr addr = agent->actor->own;

	addr.port = (uint16_t)(addr.port - AGENT_SOUND_BELOW);
	return addr;
}

static void on_sound(void *user, struct bel_udp *udp, struct bel_datagram *datagrams,
		     unsigned count)
{
	struct ladder_agent *agent = user;

	(void)udp;
	(void)datagrams;
	(void)count;
	agent->heard_ms = bel_ground_now_ms(agent->actor->ladder->ground) + 1;
}

/* One stream of PCMU. An agent listens and is silent. */
static enum bel_err describe(void *user, struct bel_call *call,
			     struct bel_offer_local *local)
{
	const struct ladder_talk *talk = user;

	(void)call;
	local->streams_count = 1;
	local->streams[0] = (struct bel_offer_local_stream){
		.kind = BEL_STR("audio"),
		.addr = sound_of(talk->agent),
		.direction = talk->direction,
		.codecs = { { 0, 1, 8000, BEL_STR("PCMU"), BEL_STR_NONE } },
		.codecs_count = 1,
		.accepts_plain = true,
	};
	return BEL_OK;
}

static void apply(void *user, struct bel_call *call,
		  const struct bel_offer_stream *streams, unsigned count)
{
	struct ladder_talk *talk = user;

	(void)call;
	talk->is_held = count && streams[0].is_held;
}

const struct bel_call_media bel_ladder_call_media = { .describe = describe,
						      .apply = apply };

static void on_incoming(void *user, struct bel_call *call, struct bel_sip_msg *invite,
			struct bel_call *replaced)
{
	struct ladder_agent *agent = user;
	struct ladder_talk *talk = bel_ladder_talk_new(agent);

	(void)invite;
	(void)replaced;
	if (!talk)
		return;
	talk->call = call;
	bel_call_take_on(call,
			 &(struct bel_call_owner){ .port = &bel_ladder_call_port,
						   .media = &bel_ladder_call_media,
						   .account = &agent->account,
						   .contact_user = agent->actor->user,
						   .user = talk });
}

/* ---- the agent ---- */

static void on_request(struct endpoint *endpoint, struct bel_sip_msg *request,
		       const struct bel_flow *came_by)
{
	struct ladder_agent *agent = endpoint->user;

	if (!bel_calls_on_request(agent->calls, request, came_by) &&
	    request->method != BEL_SIP_ACK)
		bel_ua_refuse(endpoint->ua, request, came_by,
			      &(struct bel_sip_reply){ .status = 481,
						       .to_tag = BEL_STR("none") });
}

bel_str bel_ladder_agent_uri(const struct ladder_actor *actor)
{
	struct ladder *ladder = actor->ladder;

	if (actor->server)
		return bel_ladder_format(
			ladder, "sip:%.*s@%.*s", BEL_STR_ARG(actor->user),
			BEL_STR_ARG(bel_ladder_domain_of(actor->server)));
	return bel_ladder_expand(ladder, bel_ladder_format(ladder, "sip:%.*s@{%s}",
							   BEL_STR_ARG(actor->user),
							   actor->name));
}

/* By another server than its own, or by a name that DNS knows. */
static bel_str find_proxy(struct ladder_actor *actor, const struct ladder_line *line)
{
	struct ladder *ladder = actor->ladder;
	bel_str by = bel_ladder_line_after(line, "by");
	struct ladder_actor *server = by.len ? bel_ladder_actor_find(ladder, by)
					     : actor->server;

	if (!server)
		return by.len ? bel_ladder_format(ladder, "sip:%.*s", BEL_STR_ARG(by))
			      : BEL_STR_NONE;
	return bel_ladder_expand(ladder,
				 bel_ladder_format(ladder, "sip:{%s}", server->name));
}

static bool open_agent(struct ladder_agent *agent)
{
	struct ladder_actor *actor = agent->actor;

	agent->endpoint.on_request = on_request;
	agent->endpoint.user = agent;
	agent->account = (struct bel_auth_account){
		.username = actor->user,
		.password = bel_ladder_format(actor->ladder, "%.*s-pw",
					      BEL_STR_ARG(actor->user)),
	};
	return !endpoint_start(&agent->endpoint, actor->loops[0], &actor->own) &&
	       !bel_udp_open(&agent->sound, actor->loops[0],
			     &(struct bel_udp_opts){ .local = sound_of(agent),
						     .on_datagrams = on_sound,
						     .user = agent }) &&
	       !bel_calls_open(&agent->calls,
			       &(struct bel_calls_opts){ .ua = agent->endpoint.ua,
							 .on_incoming = on_incoming,
							 .user = agent });
}

void bel_ladder_agent_new(struct ladder *ladder, const struct ladder_line *line)
{
	bool is_alone = bel_ladder_line_has(line, 2, "alone");
	struct ladder_actor *server = is_alone ? NULL
					       : bel_ladder_standard_server(ladder);
	struct ladder_actor *actor;

	if (!is_alone && !server)
		return;
	actor = bel_ladder_actor_new(ladder, line->words[1]);
	if (!actor || !bel_ladder_actor_settle(actor, line, server))
		return;
	actor->agent = calloc(1, sizeof *actor->agent);
	if (!actor->agent)
		abort();
	actor->agent->actor = actor;
	actor->agent->proxy = find_proxy(actor, line);
	actor->agent->q = bel_ladder_line_after(line, "q");
	if (!open_agent(actor->agent))
		bel_ladder_fail(ladder, "%s does not start", actor->name);
}

void bel_ladder_agent_close(struct ladder_agent *agent)
{
	if (!agent)
		return;
	bel_registration_drop(agent->registration);
	if (agent->endpoint.table)
		endpoint_close_table(&agent->endpoint);
	bel_calls_close(agent->calls);
	if (agent->sound)
		bel_udp_close(agent->sound);
	endpoint_close(&agent->endpoint);
	free(agent);
}

/* ---- registering ---- */

static void on_registered(void *user, struct bel_registration *registration,
			  const struct bel_registration_grant *grant)
{
	(void)user;
	(void)registration;
	(void)grant;
}

static void on_failed(void *user, struct bel_registration *registration,
		      const struct bel_registration_failure *failure)
{
	const struct ladder_agent *agent = user;

	(void)registration;
	bel_ladder_fail(agent->actor->ladder, "%s was not registered: %u",
			agent->actor->name, failure->status);
}

static const struct bel_registration_port registration_port = {
	.on_registered = on_registered, .on_failed = on_failed
};

static void claim_from(struct ladder_actor *to, const struct ladder_actor *from)
{
	BEL_LIST_EACH(node, &to->inbox)
	{
		struct ladder_message *message = BEL_CONTAINER_OF(
			node, struct ladder_message, node);
		if (bel_ladder_is_at(from, &message->peer))
			message->is_claimed = true;
	}
}

void bel_ladder_agent_register(struct ladder_agent *agent)
{
	struct ladder_actor *actor = agent->actor, *server = actor->server;
	struct ladder *ladder = actor->ladder;
	struct bel_registration_opts opts = {
		.ua = agent->endpoint.ua,
		.account = &agent->account,
		.contact_user = actor->user,
		.proxies = &agent->proxy,
		.proxies_count = 1,
		.port = &registration_port,
		.user = agent,
	};

	if (agent->q.len)
		opts.contact_params = bel_ladder_format(ladder, ";q=%.*s",
							BEL_STR_ARG(agent->q));
	if (!server || agent->registration) {
		bel_ladder_fail(ladder, "%s cannot register", actor->name);
		return;
	}
	bel_ladder_check_quiet(ladder);
	opts.aor = bel_ladder_format(ladder, "<%.*s>",
				     BEL_STR_ARG(bel_ladder_agent_uri(actor)));
	opts.registrar = bel_ladder_format(ladder, "sip:%.*s",
					   BEL_STR_ARG(bel_ladder_domain_of(server)));
	if (bel_registration_start(&agent->registration, &opts))
		abort();
	for (unsigned i = 0; i < LADDER_PATIENCE_MS; i++)
		if (bel_registration_state(agent->registration) !=
		    BEL_REGISTRATION_REGISTERED)
			bel_ground_run(ladder->ground, 1);
	if (bel_registration_state(agent->registration) != BEL_REGISTRATION_REGISTERED)
		bel_ladder_fail(ladder, "%s was not registered", actor->name);
	claim_from(server, actor);
	claim_from(actor, server);
}

/* ---- what is asked of it ---- */

/* Not one that is over, though its end was not told yet. */
static bool is_alive(const struct ladder_talk *talk)
{
	return talk->call && bel_call_state(talk->call) != BEL_CALL_ENDING &&
	       bel_call_state(talk->call) != BEL_CALL_OVER;
}

static unsigned count_held(const struct ladder_agent *agent)
{
	unsigned count = 0;

	for (unsigned i = 0; i < AGENT_TALKS_MAX; i++)
		count += is_alive(&agent->talks[i]) && agent->talks[i].is_held;
	return count;
}

static bool hears(const struct ladder_agent *agent)
{
	uint64_t now_ms = bel_ground_now_ms(agent->actor->ladder->ground);

	return agent->heard_ms && now_ms < agent->heard_ms + LADDER_PATIENCE_MS;
}

bool bel_ladder_agent_figure(uint64_t *out, struct ladder_agent *agent, bel_str name)
{
	if (bel_str_is_equal(name, BEL_STR("calls")))
		*out = bel_calls_count(agent->calls);
	else if (bel_str_is_equal(name, BEL_STR("held")))
		*out = count_held(agent);
	else if (bel_str_is_equal(name, BEL_STR("requests")))
		*out = bel_ua_pending(agent->endpoint.ua);
	else if (bel_str_is_equal(name, BEL_STR("hears")))
		*out = hears(agent);
	else
		return false;
	return true;
}

bool bel_ladder_agent_replaces(struct bel_writer *writer, struct ladder_agent *agent)
{
	const struct ladder_talk *found = NULL;
	const struct bel_dialog *dialog;

	for (unsigned i = 0; i < AGENT_TALKS_MAX; i++) {
		if (!is_alive(&agent->talks[i]))
			continue;
		if (found)
			return false;
		found = &agent->talks[i];
	}
	dialog = found ? bel_call_dialog(found->call) : NULL;
	if (dialog)
		bel_dialog_write_replaces(writer, dialog);
	return dialog;
}
