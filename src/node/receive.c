/* SPDX-License-Identifier: Apache-2.0
 * The path of a message, top down: indexed, found, planned, given to a role. */
#include <stdlib.h>

#include "node/node_int.h"

enum { LINES_BYTES_MAX = 4096, ROUTE_BYTES_MAX = 512, RETRY_BYTES = 32 };

/* What is known of one message on its way. */
struct passage {
	struct worker *worker;
	struct bel_sip_msg *msg;
	const struct bel_flow *flow;
	struct bel_facts facts;
	struct bel_plan plan;
};

/* ---- outcomes ---- */

/* Nothing is ever sent back for an ACK (RFC 3261 section 17). */
static void answer(struct passage *p, uint16_t status, bel_str reason, bel_str lines)
{
	if (p->msg->method == BEL_SIP_ACK)
		return;
	bel_reply_send(
		p->worker, p->msg, p->flow,
		&(struct reply){ .status = status, .reason = reason, .lines = lines });
}

/* Whether a refusal or a challenge may be sent: strangers have a budget. */
static bool may_reply(const struct passage *p)
{
	return p->facts.identity == BEL_IDENTITY_VALID ||
	       bel_reply_is_allowed(p->worker, p->msg, p->flow);
}

static void drop(struct passage *p)
{
	bel_count(p->worker, COUNT_DROPPED);
}

static void reject(struct passage *p)
{
	bel_str lines = p->plan.detail;

	bel_count(p->worker, COUNT_REJECTED);
	if (!lines.len)
		lines = bel_reply_allow(p->plan.status);
	if (may_reply(p))
		answer(p, p->plan.status, p->plan.reason, lines);
}

static void challenge(struct passage *p)
{
	char buf[LINES_BYTES_MAX];
	struct bel_writer lines = bel_writer_init(buf, sizeof buf);
	uint32_t salt = atomic_fetch_add_explicit(&p->worker->node->nonces_made, 1,
						  memory_order_relaxed);

	bel_count(p->worker, COUNT_CHALLENGES);
	if (!may_reply(p))
		return;
	if (bel_auth_challenge(&lines, &p->worker->node->auth, &p->flow->peer,
			       bel_loop_wall_ms(p->worker->loop), salt,
			       p->plan.status == 407, p->plan.is_stale))
		return;
	answer(p, p->plan.status, BEL_STR_NONE, bel_writer_str(&lines));
}

static void answer_options(struct passage *p)
{
	if (may_reply(p))
		bel_reply_options(p->worker, p->msg, p->flow);
}

static void redirect(struct passage *p)
{
	char buf[LINES_BYTES_MAX];
	struct bel_writer lines = bel_writer_init(buf, sizeof buf);

	bel_count(p->worker, COUNT_REDIRECTED);
	for (unsigned i = 0; i < p->plan.targets_count; i++) {
		const struct bel_plan_target *target = &p->plan.targets[i];
		bel_sip_write_name(&lines, BEL_SIP_H_CONTACT);
		bel_write_char(&lines, '<');
		bel_sip_write_text(&lines, target->uri);
		bel_write_char(&lines, '>');
		if (target->binding)
			bel_write_format(&lines, ";q=%u.%03u", target->q / 1000u,
					 target->q % 1000u);
		bel_sip_write_crlf(&lines);
	}
	answer(p, p->plan.status, p->plan.reason, bel_writer_str(&lines));
}

static void refuse_call(struct passage *p, enum bel_guard_verdict verdict)
{
	const char *reason = verdict == BEL_GUARD_TOO_FAST ? "Too many calls a second"
							   : "Too many calls at a time";
	bel_str call_id = bel_sip_call_id(p->msg);

	bel_count(p->worker, COUNT_CALLS_REFUSED);
	bel_trails_note(p->worker->trails, call_id, bel_str_from(reason),
			bel_loop_wall_ms(p->worker->loop));
	answer(p, 503, bel_str_from(reason), BEL_STR("Retry-After: 5\r\n"));
}

/* The calls of users are counted: from their INVITE until it fails, or until a BYE. False
 * when it was refused. *token is for the proxy to bring back. */
static bool count_call(struct passage *p, uint64_t *token)
{
	struct bel_guard *guard = p->worker->node->guard;
	uint64_t now_ms = bel_loop_now_ms(p->worker->loop);
	bel_str call_id = bel_sip_call_id(p->msg);
	bel_str from_tag = bel_sip_from(p->msg)->tag;
	enum bel_guard_verdict verdict;

	if (p->facts.has_to_tag && p->msg->method != BEL_SIP_ACK)
		bel_guard_on_dialog(guard, call_id, from_tag, bel_sip_to(p->msg)->tag,
				    p->msg->method == BEL_SIP_BYE, now_ms);
	if (p->facts.has_to_tag || p->msg->method != BEL_SIP_INVITE ||
	    p->facts.identity != BEL_IDENTITY_VALID ||
	    p->plan.kind == BEL_PLAN_FORWARD_STATELESS)
		return true;
	*token = bel_guard_call_key(guard, call_id, from_tag);
	verdict = bel_guard_begin_call(guard, p->facts.identity_user, *token, now_ms);
	if (verdict == BEL_GUARD_FINE)
		return true;
	refuse_call(p, verdict);
	return false;
}

static void forward(struct passage *p)
{
	struct worker *worker = p->worker;
	uint64_t token = 0;

	if (!count_call(p, &token))
		return;
	bel_count(worker, COUNT_FORWARDED);
	bel_proxy_on_request(worker->proxy, &(struct bel_proxy_request){
						    .msg = p->msg,
						    .came_by = p->flow,
						    .facts = &p->facts,
						    .plan = &p->plan,
						    .token = token,
					    });
}

static void do_register(struct passage *p)
{
	bel_count(p->worker, COUNT_REGISTERS);
	bel_node_register(p->worker, p->msg, p->flow, p->plan.key);
}

/* A number of the server's own. */
static void called(struct passage *p)
{
	struct worker *worker = p->worker;
	uint64_t token = 0;

	if (!count_call(p, &token))
		return;
	bel_count(worker, COUNT_CALLS_ANSWERED);
	if (!bel_agent_answer(worker->agent, p->msg, p->flow, p->plan.answer, p->plan.key,
			      token))
		bel_guard_end_call(worker->node->guard, token);
}

static void (*const outcomes[])(struct passage *) = {
	[BEL_PLAN_DROP] = drop,
	[BEL_PLAN_REJECT] = reject,
	[BEL_PLAN_CHALLENGE] = challenge,
	[BEL_PLAN_REGISTER] = do_register,
	[BEL_PLAN_ANSWER] = answer_options,
	[BEL_PLAN_CALLED] = called,
	[BEL_PLAN_REDIRECT] = redirect,
	[BEL_PLAN_FORWARD] = forward,
	[BEL_PLAN_FORWARD_STATELESS] = forward,
	[BEL_PLAN_IN_DIALOG] = forward,
};

/* ---- requests ---- */

/* Registrations and signs of life are too many to be remembered one by one; what begins a
 * call is. Challenges come back with credentials: the second one counts. */
static bool is_worth_a_trail(const struct passage *p)
{
	return p->msg->method != BEL_SIP_REGISTER && p->msg->method != BEL_SIP_OPTIONS &&
	       p->plan.kind != BEL_PLAN_CHALLENGE && p->plan.kind != BEL_PLAN_DROP &&
	       p->plan.kind != BEL_PLAN_FORWARD_STATELESS && !p->facts.has_to_tag;
}

/* A strict router before us has put our Record-Route value into the Request-URI and the
 * real one last into Route: both go back to where they belong (RFC 3261 section 16.4). */
static struct bel_sip_msg *undo_strict(struct passage *p)
{
	struct worker *worker = p->worker;
	struct bel_sip_msg *msg = p->msg, *again;
	const struct bel_uri *target = bel_sip_uri(msg);
	struct bel_writer writer = bel_writer_init(worker->reply, sizeof worker->reply);
	struct bel_sip_splice splice;
	struct bel_sip_values values;
	struct bel_sip_refusal why;
	struct bel_sip_addr last;
	char buf[ROUTE_BYTES_MAX];
	struct bel_writer route = bel_writer_init(buf, sizeof buf);
	bel_str value, final = BEL_STR_NONE;
	unsigned count = 0;

	if (!bel_uri_param(target, BEL_STR("b"), NULL) || !bel_uri_is_loose(target) ||
	    !bel_route_is_own(worker->conf, worker->node->own, worker->node->own_count,
			      target))
		return msg;
	bel_sip_values_init(&values, msg, BEL_SIP_H_ROUTE);
	for (; bel_sip_values_next(&value, &values); count++)
		final = value;
	if (!count || bel_sip_addr_parse(&last, final))
		return msg;
	bel_write_char(&route, '<');
	bel_write_str(&route, msg->uri_text);
	bel_write_char(&route, '>');
	bel_sip_splice_init(&splice, msg);
	bel_sip_splice_uri(&splice, last.uri.text);
	bel_sip_splice_remove_value(&splice, BEL_SIP_H_ROUTE, count - 1);
	bel_sip_splice_insert(&splice, BEL_SIP_H_ROUTE, bel_writer_str(&route));
	again = bel_arena_alloc(msg->arena, sizeof *again);
	if (!again || bel_sip_splice_write(&writer, &splice))
		return msg;
	value = bel_arena_copy(msg->arena, bel_writer_str(&writer));
	if (bel_sip_parse(again, msg->arena, value, &why) ||
	    bel_sip_validate(again, &why))
		return msg;
	return again;
}

static void plan_and_do(struct passage *p)
{
	struct worker *worker = p->worker;
	struct bel_node *node = worker->node;

	p->msg = undo_strict(p);
	bel_facts_init(&p->facts, &(struct bel_facts_opts){
					  .request = p->msg,
					  .source = &p->flow->peer,
					  .transport = p->flow->transport,
					  .own = node->own,
					  .own_count = node->own_count,
					  .conf = worker->conf,
					  .key = &node->mark_key,
				  });
	if (p->facts.route == BEL_ROUTE_MARKED)
		p->facts.source_has_phones = bel_location_has_source(node->location,
								     &p->flow->peer);
	if (bel_sip_vias_count(p->msg) > 1)
		p->facts.is_own_loop = bel_proxy_is_loop(worker->proxy, p->msg, node->own,
							 node->own_count);
	const struct planning by = { .node = node,
				     .conf = worker->conf,
				     .wall_ms = bel_loop_wall_ms(worker->loop),
				     .worker = worker,
				     .request = p->msg };
	if (bel_node_plan(&by, &p->plan, p->msg->arena, &p->facts)) {
		answer(p, 500, BEL_STR_NONE, BEL_STR_NONE);
		return;
	}
	if (is_worth_a_trail(p))
		bel_trails_put(worker->trails, p->msg, &p->facts, worker->conf,
			       by.wall_ms);
	outcomes[p->plan.kind](p);
}

static void on_cancel(struct passage *p)
{
	struct bel_tx *invite = bel_tx_find_cancelled(p->worker->table, p->msg);

	/* RFC 3261 section 9.2. */
	if (!invite) {
		if (may_reply(p))
			answer(p, 481, BEL_STR_NONE, BEL_STR_NONE);
		return;
	}
	if (bel_ua_on_cancel(p->worker->ua, invite, p->msg, p->flow))
		return;
	answer(p, 200, BEL_STR_NONE, BEL_STR_NONE);
	bel_proxy_on_cancel(p->worker->proxy, invite, p->msg);
}

static bool is_draining(const struct worker *worker)
{
	return atomic_load_explicit(&worker->node->is_draining, memory_order_relaxed);
}

static void on_request(struct passage *p)
{
	struct bel_tx *tx = bel_tx_find_server(p->worker->table, p->msg);

	bel_count(p->worker, COUNT_REQUESTS);
	if (tx) {
		bel_count(p->worker, COUNT_RETRANSMISSIONS);
		bel_tx_on_request(tx, p->msg);
		return;
	}
	if (p->msg->method == BEL_SIP_ACK && bel_reply_is_acked(p->worker, p->msg))
		return;
	if (p->msg->method == BEL_SIP_CANCEL) {
		on_cancel(p);
		return;
	}
	if (bel_agent_on_request(p->worker->agent, p->msg, p->flow))
		return;
	if (is_draining(p->worker) && !bel_sip_to(p->msg)->tag.len) {
		if (may_reply(p))
			answer(p, 503, BEL_STR_NONE, BEL_STR("Retry-After: 10\r\n"));
		return;
	}
	plan_and_do(p);
}

static void on_response(struct passage *p)
{
	struct bel_tx *tx = bel_tx_find_client(p->worker->table, p->msg);

	bel_count(p->worker, COUNT_RESPONSES);
	if (tx)
		bel_tx_on_response(tx, p->msg);
	else if (!bel_str_has_prefix(bel_sip_via(p->msg)->branch,
				     BEL_STR(BEL_PING_BRANCH)) &&
		 !bel_proxy_on_stray(p->worker->proxy, p->msg))
		bel_count(p->worker, COUNT_STRAY_RESPONSES);
}

/* ---- overload ---- */

static enum bel_overload_class class_of(struct bel_sip_msg *request)
{
	const struct bel_sip_addr *to = bel_sip_to(request);

	if (!to || to->tag.len || request->method == BEL_SIP_CANCEL)
		return BEL_OVERLOAD_BEGUN;
	return request->method == BEL_SIP_INVITE     ? BEL_OVERLOAD_CALL
	       : request->method == BEL_SIP_REGISTER ? BEL_OVERLOAD_REGISTER
						     : BEL_OVERLOAD_OTHER;
}

/* When more comes than can be done: new requests are refused, before anything else is
 * read of them than what an answer needs, and the ACKs of such answers are known by their
 * tags. False for whatever goes the usual way. */
static bool was_refused(struct passage *p)
{
	struct worker *worker = p->worker;
	char buf[RETRY_BYTES];
	struct bel_writer line = bel_writer_init(buf, sizeof buf);
	enum bel_overload_class class;
	uint64_t random;

	if (!p->msg->is_request || !bel_sip_can_respond(p->msg) ||
	    bel_tx_find_server(worker->table, p->msg))
		return false;
	if (p->msg->method == BEL_SIP_ACK)
		return bel_reply_is_acked(worker, p->msg);
	class = class_of(p->msg);
	if (!bel_overload_refuses(&worker->overload, class))
		return false;
	bel_count(worker, COUNT_OVERLOAD_REFUSED);
	if (!may_reply(p))
		return true;
	bel_loop_random(worker->loop, &random, sizeof random);
	bel_write_format(&line, "Retry-After: %u\r\n",
			 bel_overload_retry_s(class, random));
	answer(p, 503, BEL_STR_NONE, bel_writer_str(&line));
	return true;
}

static void look_at_load(struct worker *worker)
{
	enum bel_overload_change change = bel_overload_on_lag(
		&worker->overload, bel_loop_lag_us(worker->loop),
		bel_loop_now_ms(worker->loop));

	if (change == BEL_OVERLOAD_BEGINS)
		bel_log_write(worker->node->log, BEL_LOG_WARNING,
			      "more comes than can be done: new requests get 503", NULL,
			      0);
	else if (change == BEL_OVERLOAD_ENDS)
		bel_log_write(worker->node->log, BEL_LOG_WARNING,
			      "new requests are served again", NULL, 0);
}

/* ---- messages ---- */

static void act(struct worker *worker, struct bel_sip_msg *msg,
		const struct bel_flow *flow)
{
	struct passage passage; /* facts and plan are set where there are any */
	struct bel_sip_refusal why;

	passage.worker = worker;
	passage.msg = msg;
	passage.flow = flow;
	passage.facts.identity = BEL_IDENTITY_UNASKED;
	if (bel_overload_is_on(&worker->overload) && was_refused(&passage))
		return;
	if (bel_sip_validate(msg, &why)) {
		bel_reply_malformed(worker, msg, flow, &why);
		return;
	}
	if (msg->is_request)
		on_request(&passage);
	else
		on_response(&passage);
}

static void on_messages(void *user, struct bel_rx *rx, unsigned count)
{
	struct worker *worker = user;
	bool is_whole[BEL_RX_BATCH];

	look_at_load(worker);
	/* All are indexed before the first is acted upon: the next one's bytes are on
	 * their way from memory while this one is scanned. */
	for (unsigned i = 0; i < count; i++) {
		struct bel_sip_refusal why;
		bel_arena_init(&worker->arenas[i], i ? NULL : worker->arena_block,
			       i ? 0 : sizeof worker->arena_block, MESSAGE_BUDGET_BYTES);
		is_whole[i] = bel_sip_parse(&worker->msgs[i], &worker->arenas[i],
					    rx[i].bytes, &why) == BEL_OK;
		if (!is_whole[i])
			bel_reply_malformed(worker, &worker->msgs[i], &rx[i].flow, &why);
	}
	for (unsigned i = 0; i < count; i++) {
		if (is_whole[i])
			act(worker, &worker->msgs[i], &rx[i].flow);
		bel_arena_fini(&worker->arenas[i]);
	}
}

static bool may_receive(void *user, const bel_addr *peer,
			enum bel_sip_transport transport)
{
	struct worker *worker = user;

	(void)transport;
	return bel_guard_may_receive(worker->node->guard, peer,
				     bel_loop_now_ms(worker->loop));
}

/* STUN keepalives of phones that are registered are none of a stranger's. */
static bool may_answer(void *user, const bel_addr *peer)
{
	struct worker *worker = user;
	struct bel_node *node = worker->node;

	return bel_location_has_source(node->location, peer) ||
	       bel_guard_may_reply(node->guard, peer, false,
				   bel_loop_now_ms(worker->loop));
}

static bool is_trusted(void *user, const bel_addr *peer)
{
	struct worker *worker = user;

	return bel_guard_is_trusted(worker->node->guard, peer);
}

static void on_broken(void *user, const struct bel_flow *flow, bel_str bytes,
		      const struct bel_sip_refusal *why)
{
	struct worker *worker = user;
	struct bel_sip_refusal again;
	struct bel_sip_msg *msg = &worker->msgs[0];

	bel_arena_init(&worker->arenas[0], worker->arena_block,
		       sizeof worker->arena_block, MESSAGE_BUDGET_BYTES);
	/* Whatever its length says, its header fields may tell whom to answer. */
	bel_sip_parse(msg, &worker->arenas[0], bytes, &again);
	bel_reply_malformed(worker, msg, flow, why);
	bel_arena_fini(&worker->arenas[0]);
}

static void on_closed(void *user, const struct bel_flow *flow)
{
	struct worker *worker = user;

	bel_location_on_flow_closed(worker->node->location, flow);
}

const struct bel_transport_port bel_node_transport_port = {
	.on_messages = on_messages,
	.find_owner = bel_node_find_owner,
	.may_receive = may_receive,
	.may_answer = may_answer,
	.is_trusted = is_trusted,
	.on_broken = on_broken,
	.on_closed = on_closed,
};
