/* SPDX-License-Identifier: Apache-2.0
 * RFC 5627 section 6: a target that leads to one phone of a user. Who may send to it is
 * the same as for the user's address; what becomes of it is less: it is not dialled,
 * redirected or forwarded to anybody else. */
#include "route/plan_int.h"

bool bel_plan_is_gruu(const struct planner *planner)
{
	const struct bel_facts *facts = planner->facts;
	const struct bel_uri *target = &facts->target;

	return planner->conf->registrar.has_gruu &&
	       (target->scheme == BEL_URI_SIP || target->scheme == BEL_URI_SIPS) &&
	       target->user.len && facts->method != BEL_SIP_REGISTER &&
	       bel_uri_param(target, BEL_STR("gr"), NULL) &&
	       bel_route_is_own(planner->conf, facts->own, facts->own_count, target);
}

bool bel_plan_is_for_phone(const struct planner *planner)
{
	/* RFC 3903 section 4: PUBLISH is never part of a dialog. */
	return planner->is_gruu && planner->facts->has_to_tag &&
	       planner->facts->method != BEL_SIP_PUBLISH;
}

static bel_str unescape(struct planner *planner, bel_str value)
{
	char *buf = bel_arena_bytes(planner->arena, value.len);
	struct bel_writer writer = bel_writer_init(buf, buf ? value.len : 0);

	if (!buf)
		planner->err = BEL_ERR_SPACE;
	bel_uri_user_unescape(&writer, value);
	return bel_writer_str(&writer);
}

/* The name in a canonical address; a name may have an @ in it, a domain has none. */
static bel_str name_of(bel_str aor, bel_str *space)
{
	size_t at = aor.len;

	while (at && aor.ptr[at - 1] != '@')
		at--;
	*space = bel_str_slice(aor, at, aor.len);
	return bel_str_slice(aor, 0, at ? at - 1 : 0);
}

static enum verdict find_temporary(struct planner *planner)
{
	const struct bel_facts *facts = planner->facts;
	bel_str space, name;

	if (facts->gruu_known == BEL_UNASKED)
		return bel_plan_end(planner, BEL_PLAN_NEED_GRUU,
				    bel_plan_user_of(planner, &facts->target));
	if (facts->gruu_known == BEL_ABSENT)
		return GO_ON;
	/* The same user part at another domain is another URI. */
	name = name_of(facts->gruu_aor, &space);
	if (!bel_str_is_equal(bel_plan_aor(planner, name), facts->gruu_aor))
		return GO_ON;
	planner->dialled = name;
	planner->instance = facts->gruu_instance;
	return GO_ON;
}

enum verdict bel_plan_gruu_find(struct planner *planner)
{
	const struct bel_facts *facts = planner->facts;
	bel_str value;

	planner->instance = BEL_STR_NONE;
	bel_uri_param(&facts->target, BEL_STR("gr"), &value);
	if (!value.len)
		return find_temporary(planner);
	value = unescape(planner, value);
	/* Such as our registrar makes; every instance of a user of ours may have one. */
	if (!bel_str_has_prefix_nocase(value, BEL_STR("urn:")))
		return GO_ON;
	planner->dialled = bel_plan_user_of(planner, &facts->target);
	planner->instance = value;
	return GO_ON;
}

enum verdict bel_rule_gruu(struct planner *planner)
{
	if (!planner->is_gruu)
		return GO_ON;
	if (bel_plan_gruu_find(planner) == DONE)
		return DONE;
	if (planner->instance.len) {
		bel_plan_note(planner, NULL, "a GRUU: phone %.*s of %.*s alone",
			      BEL_STR_ARG(planner->instance),
			      BEL_STR_ARG(planner->dialled));
		return GO_ON;
	}
	/* Another program at our address may make GRUUs of its own (section 4.3). */
	if (planner->may_be_foreign)
		return GO_ON;
	bel_plan_note(planner, NULL, "a GRUU that is not, or no longer, valid");
	return bel_plan_reject(planner, 404, "No such user");
}

static bool is_later(const struct bel_binding *a, const struct bel_binding *b)
{
	return a->changed_ms != b->changed_ms ? a->changed_ms > b->changed_ms
					      : a->id > b->id;
}

/* The newest of the instance that is older than the one before (NULL: of all). */
static const struct bel_binding *find_next(const struct planner *planner,
					   const struct bel_binding *before)
{
	const struct bel_facts *facts = planner->facts;
	const struct bel_binding *next = NULL;

	for (unsigned i = 0; i < facts->bindings_count; i++) {
		const struct bel_binding *binding = &facts->bindings[i];
		if (bel_str_is_equal_nocase(binding->instance, planner->instance) &&
		    (!before || is_later(before, binding)) &&
		    (!next || is_later(binding, next)))
			next = binding;
	}
	return next;
}

/* Section 6.1: the one that was refreshed last. The others are for when it is not there;
 * q, which chooses between phones, orders them. */
void bel_plan_gruu_targets(struct planner *planner)
{
	const struct bel_binding *binding = NULL;
	uint16_t q = 1000;

	planner->plan->is_one_phone = true;
	while ((binding = find_next(planner, binding))) {
		struct bel_plan_target *target = bel_plan_binding_add(planner, binding);
		if (target)
			target->q = q--;
	}
}
