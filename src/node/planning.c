/* SPDX-License-Identifier: Apache-2.0
 * A plan is pure: it says what it has to know, and is asked again when that is
 * looked up. Here is where it is looked up. */
#include "node/node_int.h"

enum { ASKS_MAX = 8 };

static enum bel_known look_up_user(const struct planning *by, struct bel_arena *arena,
				   bel_str key, struct bel_user *out)
{
	return bel_users_find(by->node->users, key, arena, out) == BEL_OK ? BEL_FOUND
									  : BEL_ABSENT;
}

static void look_up_bindings(const struct planning *by, struct bel_arena *arena,
			     bel_str aor, struct bel_facts *facts)
{
	struct bel_binding *bindings = NULL;
	unsigned count = 0;

	if (bel_location_lookup(by->node->location, aor, by->wall_ms, arena, &bindings,
				&count))
		count = 0;
	bel_facts_take_bindings(facts, bindings, count);
}

/* Who explains has no worker: he gets what a worker keeps at hand. */
static void look_up_gruu(const struct planning *by, struct bel_arena *arena, bel_str user,
			 struct bel_facts *facts)
{
	struct bel_node *node = by->node;
	struct bel_crypto *crypto = by->worker ? by->worker->crypto : NULL;

	facts->gruu_known = BEL_ABSENT;
	if (!crypto && bel_crypto_open(&crypto))
		return;
	if (bel_gruu_find(node->location, crypto, &node->gruu_key, user, by->wall_ms,
			  arena, &facts->gruu_aor, &facts->gruu_instance) == BEL_OK)
		facts->gruu_known = BEL_FOUND;
	if (!by->worker)
		bel_crypto_close(crypto);
}

enum bel_err bel_node_plan(const struct planning *by, struct bel_plan *plan,
			   struct bel_arena *arena, struct bel_facts *facts)
{
	for (unsigned i = 0; i < ASKS_MAX; i++) {
		enum bel_err err = bel_route_plan(plan, arena, facts, by->conf,
						  by->has_steps);
		if (err)
			return err;
		switch (plan->kind) {
		case BEL_PLAN_NEED_IDENTITY:
			if (!by->request)
				return BEL_OK; /* who explains has said who is asking */
			bel_node_identify(by->worker, facts, by->request);
			break;
		case BEL_PLAN_NEED_CALLER:
			facts->caller_known = look_up_user(by, arena, plan->key,
							   &facts->caller);
			break;
		case BEL_PLAN_NEED_USER:
			facts->user_known = look_up_user(by, arena, plan->key,
							 &facts->user);
			break;
		case BEL_PLAN_NEED_BINDINGS:
			look_up_bindings(by, arena, plan->key, facts);
			break;
		case BEL_PLAN_NEED_GRUU:
			look_up_gruu(by, arena, plan->key, facts);
			break;
		default:
			return BEL_OK;
		}
	}
	return BEL_ERR_LIMIT;
}

enum bel_err bel_node_explain(struct bel_node *node, struct bel_plan *plan,
			      struct bel_arena *arena, struct bel_facts *facts)
{
	struct bel_conf *conf = bel_node_conf(node);
	const struct planning by = { .node = node,
				     .conf = conf,
				     .wall_ms = bel_loop_wall_ms(node->workers[0]->loop),
				     .has_steps = true };
	enum bel_err err;

	facts->own = node->own;
	facts->own_count = node->own_count;
	err = bel_node_plan(&by, plan, arena, facts);
	/* The steps name lines of a configuration that the node keeps until the next
	 * reload but one. */
	bel_conf_unref(conf);
	return err;
}

enum bel_err bel_node_plan_again(void *user, struct bel_sip_msg *request,
				 const struct bel_flow *came_by,
				 const struct bel_uri *target, enum bel_identity identity,
				 bel_str identity_user, struct bel_arena *arena,
				 struct bel_plan *plan)
{
	struct worker *worker = user;
	struct bel_node *node = worker->node;
	struct bel_facts facts;
	const struct planning by = { .node = node,
				     .conf = worker->conf,
				     .wall_ms = bel_loop_wall_ms(worker->loop),
				     .worker = worker };

	bel_facts_init(&facts, &(struct bel_facts_opts){ .request = request,
							 .source = &came_by->peer,
							 .transport = came_by->transport,
							 .own = node->own,
							 .own_count = node->own_count,
							 .conf = worker->conf,
							 .key = &node->mark_key });
	facts.target = *target;
	facts.identity = identity;
	facts.identity_user = identity_user;
	return bel_node_plan(&by, plan, arena, &facts);
}
