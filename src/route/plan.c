/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>

#include "route/plan_int.h"

/* The order is the policy: what costs nothing and protects first, then who is asking,
 * then where it goes. A rule says nothing, notes a step, or ends the plan. */
static const struct rule rules[] = {
	{ "loop", bel_rule_loop },
	{ "max-forwards", bel_rule_max_forwards },
	{ "scheme", bel_rule_scheme },
	{ "require", bel_rule_require },
	{ "dialog", bel_rule_dialog },
	{ "ack", bel_rule_ack },
	{ "destination", bel_rule_destination },
	{ "scanner", bel_rule_scanner },
	{ "server", bel_rule_server },
	{ "identity", bel_rule_identity },
	{ "caller", bel_rule_caller },
	{ "registrar", bel_rule_registrar },
	{ "events", bel_rule_events },
	{ "relay", bel_rule_relay },
	{ "gruu", bel_rule_gruu },
	{ "dialled", bel_rule_dialled },
	{ "route", bel_rule_route_local },
	{ "user", bel_rule_user },
	{ "out", bel_rule_route_out },
	{ "redirect", bel_rule_redirect },
	{ "bindings", bel_rule_bindings },
};

void bel_plan_note(struct planner *planner, const struct bel_conf_at *at,
		   const char *format, ...)
{
	static const struct bel_conf_at nowhere = { .line = 0 };
	struct bel_plan *plan = planner->plan;
	char text[512];
	va_list args;
	bel_str note;

	if (!planner->has_steps || plan->steps_count == BEL_PLAN_STEPS_MAX)
		return;
	va_start(args, format);
	note = bel_str_format(text, sizeof text, format, args);
	va_end(args);
	struct bel_plan_step *step = &plan->steps[plan->steps_count++];
	*step = (struct bel_plan_step){ .text = bel_arena_copy(planner->arena, note),
					.at = at ? *at : nowhere };
	if (!step->text.ptr)
		planner->err = BEL_ERR_SPACE;
}

enum verdict bel_plan_end(struct planner *planner, enum bel_plan_kind kind, bel_str key)
{
	planner->plan->kind = kind;
	planner->plan->key = key;
	return DONE;
}

enum verdict bel_plan_reject(struct planner *planner, uint16_t status, const char *reason)
{
	return bel_plan_reject_as(planner, status, bel_str_from(reason));
}

enum verdict bel_plan_reject_as(struct planner *planner, uint16_t status, bel_str reason)
{
	/* Nothing is ever sent back for an ACK (RFC 3261 section 17). */
	if (planner->facts->method == BEL_SIP_ACK)
		return bel_plan_end(planner, BEL_PLAN_DROP, BEL_STR_NONE);
	planner->plan->status = status;
	planner->plan->reason = reason;
	return bel_plan_end(planner, BEL_PLAN_REJECT, BEL_STR_NONE);
}

struct bel_plan_target *bel_plan_target_add(struct planner *planner, bel_str uri)
{
	struct bel_plan *plan = planner->plan;

	if (plan->targets_count == BEL_LOCATION_TARGETS_MAX)
		return NULL;
	struct bel_plan_target *target = &plan->targets[plan->targets_count++];
	*target = (struct bel_plan_target){ .uri = uri, .q = 1000 };
	return target;
}

bel_str bel_plan_user_of(struct planner *planner, const struct bel_uri *uri)
{
	char *buf = bel_arena_bytes(planner->arena, uri->user.len);
	struct bel_writer writer = bel_writer_init(buf, buf ? uri->user.len : 0);

	if (!buf)
		planner->err = BEL_ERR_SPACE;
	if (uri->scheme == BEL_URI_TEL)
		bel_uri_write_number(&writer, uri->user);
	else
		bel_uri_user_unescape(&writer, uri->user);
	return bel_writer_str(&writer);
}

bool bel_route_is_own_addr(const bel_addr *own, unsigned count, const struct bel_uri *uri)
{
	bel_addr addr;

	if (uri->host_kind != BEL_URI_IPV4 && uri->host_kind != BEL_URI_IPV6) {
		if (!bel_str_is_equal_nocase(uri->host, BEL_STR("localhost")))
			return false;
		for (unsigned i = 0; i < count; i++)
			if (bel_addr_range(&own[i]) == BEL_ADDR_LOOPBACK)
				return true;
		return false;
	}
	if (bel_addr_parse_host(&addr, uri->host))
		return false;
	for (unsigned i = 0; i < count; i++)
		if (bel_addr_is_same_host(&addr, &own[i]))
			return true;
	return false;
}

bool bel_route_is_own_port(const bel_addr *own, unsigned count, uint16_t port)
{
	for (unsigned i = 0; i < count; i++)
		if (own[i].port == port)
			return true;
	return port == 0;
}

bool bel_route_is_own(const struct bel_conf *conf, const bel_addr *own,
		      unsigned own_count, const struct bel_uri *uri)
{
	if (uri->scheme == BEL_URI_TEL)
		return true;
	return bel_conf_find_domain(conf, uri->host) ||
	       bel_route_is_own_addr(own, own_count, uri);
}

static bel_str join_aor(struct bel_arena *arena, bel_str name, bel_str domain)
{
	size_t size = name.len + 1 + domain.len;
	char *buf = bel_arena_bytes(arena, size);
	struct bel_writer writer = bel_writer_init(buf, buf ? size : 0);

	bel_write_str(&writer, name);
	bel_write_char(&writer, '@');
	bel_write_str(&writer, domain);
	return writer.is_full ? BEL_STR_NONE : bel_writer_str(&writer);
}

bel_str bel_plan_aor(struct planner *planner, bel_str name)
{
	bel_str domain = planner->domain ? planner->domain->name
					 : bel_conf_default_domain(planner->conf);
	bel_str aor = join_aor(planner->arena, name, domain);

	if (!aor.len)
		planner->err = BEL_ERR_SPACE;
	return aor;
}

bel_str bel_route_aor(struct bel_arena *arena, const struct bel_facts *facts,
		      const struct bel_conf *conf, const struct bel_uri *uri)
{
	struct planner planner = { .facts = facts, .conf = conf, .arena = arena };
	const struct bel_conf_domain *domain = bel_conf_find_domain(conf, uri->host);

	if (!bel_route_is_own(conf, facts->own, facts->own_count, uri) || !uri->user.len)
		return BEL_STR_NONE;
	planner.domain = domain && domain->is_open ? domain : NULL;
	return bel_plan_aor(&planner, bel_plan_user_of(&planner, uri));
}

enum bel_err bel_route_plan(struct bel_plan *plan, struct bel_arena *arena,
			    const struct bel_facts *facts, const struct bel_conf *conf,
			    bool has_steps)
{
	struct planner planner = { .facts = facts,
				   .conf = conf,
				   .plan = plan,
				   .arena = arena,
				   .has_steps = has_steps };

	memset(plan, 0, offsetof(struct bel_plan, targets));
	plan->kind = BEL_PLAN_REJECT;
	for (size_t i = 0; i < BEL_COUNT_OF(rules) && !planner.err; i++) {
		unsigned before = plan->steps_count;
		enum verdict verdict = rules[i].apply(&planner);
		for (unsigned k = before; k < plan->steps_count; k++)
			plan->steps[k].rule = rules[i].name;
		if (verdict == DONE)
			break;
	}
	return planner.err;
}
