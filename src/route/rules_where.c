/* SPDX-License-Identifier: Apache-2.0
 * Where it goes. */
#include "route/plan_int.h"

static bool has_address(const struct bel_uri *uri)
{
	return uri->host_kind == BEL_URI_IPV4 || uri->host_kind == BEL_URI_IPV6;
}

/* What leaves this server is for our users and for trusted sources alone, or this is an
 * open relay. Strangers whom `accept from` or an open domain lets in reach users here. */
static bool may_relay(const struct planner *planner)
{
	return planner->is_trusted || planner->facts->identity == BEL_IDENTITY_VALID;
}

static enum verdict deny_relay(struct planner *planner)
{
	bel_plan_note(planner, NULL, "strangers are not relayed");
	return bel_plan_reject(planner, 403, "Relaying denied");
}

/* To a domain that is not ours. */
static enum verdict relay(struct planner *planner)
{
	const struct bel_facts *facts = planner->facts;

	if (!may_relay(planner))
		return deny_relay(planner);
	bel_plan_target_add(planner, facts->target.text);
	planner->plan->records_route = facts->method == BEL_SIP_INVITE ||
				       facts->method == BEL_SIP_SUBSCRIBE ||
				       facts->method == BEL_SIP_REFER;
	/* One address and nothing to fail over to: no state is needed for it. */
	if (planner->is_trusted && facts->method != BEL_SIP_INVITE &&
	    !planner->plan->records_route && has_address(&facts->target) &&
	    facts->route == BEL_ROUTE_ABSENT && facts->target.scheme == BEL_URI_SIP) {
		bel_plan_note(planner, NULL, "relayed to %.*s without state",
			      BEL_STR_ARG(facts->target.host));
		return bel_plan_end(planner, BEL_PLAN_FORWARD_STATELESS, BEL_STR_NONE);
	}
	bel_plan_note(planner, NULL, "relayed to %.*s", BEL_STR_ARG(facts->target.host));
	return bel_plan_end(planner, BEL_PLAN_FORWARD, BEL_STR_NONE);
}

enum verdict bel_rule_relay(struct planner *planner)
{
	return planner->is_local ? GO_ON : relay(planner);
}

enum verdict bel_rule_dialled(struct planner *planner)
{
	const struct bel_uri *target = &planner->facts->target;
	bel_str user_param;
	if (planner->instance.len)
		return GO_ON; /* a GRUU is no number that somebody dialled */
	bool is_phone = target->scheme == BEL_URI_TEL ||
			(bel_uri_param(target, BEL_STR("user"), &user_param) &&
			 bel_str_is_equal_nocase(user_param, BEL_STR("phone")));
	bel_str raw = bel_plan_user_of(planner, target);

	planner->dialled = bel_dial_normalise(planner->arena, planner->conf, raw,
					      is_phone);
	if (!bel_str_is_equal(raw, planner->dialled))
		bel_plan_note(planner, &planner->conf->dialling.at, "%.*s means %.*s",
			      BEL_STR_ARG(raw), BEL_STR_ARG(planner->dialled));
	return GO_ON;
}

static bool is_route_match(struct planner *planner, const struct bel_conf_route *route)
{
	const struct bel_uri *target = &planner->facts->target;
	char buf[512];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	bel_write_str(&writer, planner->dialled);
	if (bel_str_find(route->pattern, '@') < route->pattern.len) {
		bel_write_char(&writer, '@');
		bel_write_str(&writer, target->host);
	}
	return !writer.is_full &&
	       bel_str_is_match(route->pattern, bel_writer_str(&writer));
}

static enum verdict redirect_to(struct planner *planner, uint16_t status, bel_str uri)
{
	bel_plan_target_add(planner, uri);
	planner->plan->status = status;
	planner->plan->reason = BEL_STR_NONE;
	return bel_plan_end(planner, BEL_PLAN_REDIRECT, BEL_STR_NONE);
}

static enum verdict forward_to(struct planner *planner,
			       const struct bel_conf_route *route)
{
	const struct bel_uri *uri = &planner->facts->target;
	bel_str user = planner->dialled;
	struct bel_plan_target *target;
	char buf[1024];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	struct bel_uri hop;

	if (route->as.len)
		user = bel_dial_rewrite(planner->arena, route->pattern, route->as, user);
	if (bel_uri_parse(&hop, route->target))
		return bel_plan_reject(planner, 500, "Route is broken");
	bel_write_lit(&writer, "sip:");
	bel_uri_user_escape(&writer, user);
	bel_write_char(&writer, '@');
	bel_write_str(&writer, hop.host);
	if (hop.port)
		bel_write_format(&writer, ":%u", hop.port);
	if (writer.is_full)
		return bel_plan_reject(planner, 414, "Request-URI Too Long");
	target = bel_plan_target_add(
		planner, bel_arena_copy(planner->arena, bel_writer_str(&writer)));
	target->next_hop = route->target;
	planner->plan->records_route = uri->scheme != BEL_URI_OTHER;
	return bel_plan_end(planner, BEL_PLAN_FORWARD, BEL_STR_NONE);
}

/* A number of the server's own: calls are answered, signs of life too, and for nothing
 * else is anybody there. */
static enum verdict answer_by(struct planner *planner, const struct bel_conf_route *route)
{
	enum bel_sip_method method = planner->facts->method;

	planner->plan->answer = route;
	/* The calls that there are were looked at before. */
	if (planner->facts->has_to_tag)
		return bel_plan_reject(planner, 481, "No such call");
	if (method == BEL_SIP_INVITE)
		return bel_plan_end(planner, BEL_PLAN_CALLED, planner->dialled);
	if (method == BEL_SIP_OPTIONS)
		return bel_plan_end(planner, BEL_PLAN_ANSWER, BEL_STR_NONE);
	return bel_plan_reject(planner, method ? 405 : 501,
			       "Only calls are answered here");
}

/* The first row of the table that matches. */
static enum verdict take_table(struct planner *planner, enum bel_conf_route_table table)
{
	const struct bel_conf *conf = planner->conf;

	for (unsigned i = 0; i < conf->routes_count; i++) {
		const struct bel_conf_route *route = &conf->routes[i];
		if (route->table != table || !is_route_match(planner, route))
			continue;
		/* What is refused to a user's address is refused to that of his phone;
		 * forwarding is not for it (RFC 5627 section 6.1). */
		if (planner->instance.len && route->step != BEL_STEP_REJECT)
			return GO_ON;
		bel_plan_note(planner, &route->at, "%.*s matches %.*s",
			      BEL_STR_ARG(planner->dialled), BEL_STR_ARG(route->pattern));
		switch (route->step) {
		case BEL_STEP_REJECT:
			return bel_plan_reject_as(planner, route->status, route->text);
		case BEL_STEP_REDIRECT:
			return redirect_to(planner, route->status, route->target);
		case BEL_STEP_USER:
			planner->dialled = route->target;
			return GO_ON;
		case BEL_STEP_TO:
			return may_relay(planner) ? forward_to(planner, route)
						  : deny_relay(planner);
		case BEL_STEP_ANSWER:
			return answer_by(planner, route);
		case BEL_STEP_LOCAL:
			return GO_ON;
		}
	}
	return GO_ON;
}

enum verdict bel_rule_route_local(struct planner *planner)
{
	return take_table(planner, BEL_ROUTE_LOCAL);
}

enum verdict bel_rule_user(struct planner *planner)
{
	const struct bel_facts *facts = planner->facts;

	if (planner->domain)
		return GO_ON;
	if (facts->user_known == BEL_UNASKED)
		return bel_plan_end(planner, BEL_PLAN_NEED_USER, planner->dialled);
	planner->is_nobody = facts->user_known == BEL_ABSENT;
	if (planner->is_nobody) {
		bel_plan_note(planner, NULL, "no user %.*s",
			      BEL_STR_ARG(planner->dialled));
		return GO_ON;
	}
	bel_plan_note(planner, &facts->user.at, "%.*s is user %.*s",
		      BEL_STR_ARG(planner->dialled), BEL_STR_ARG(facts->user.name));
	planner->dialled = facts->user.name;
	return GO_ON;
}

/* No user of that name: a number for the world outside, another program at our address,
 * or nobody. */
enum verdict bel_rule_route_out(struct planner *planner)
{
	bool goes_out = planner->is_nobody && !planner->instance.len &&
			may_relay(planner);

	if (goes_out && take_table(planner, BEL_ROUTE_OUT) == DONE)
		return DONE;
	if (goes_out && planner->may_be_foreign) {
		bel_plan_note(planner, NULL, "port %u is not ours",
			      planner->facts->target.port);
		return relay(planner);
	}
	return planner->is_nobody ? bel_plan_reject(planner, 404, "No such user") : GO_ON;
}

/* The user's redirect, else the domain's, else the server's. */
static struct bel_conf_redirect find_redirect(const struct planner *planner)
{
	const struct bel_conf *conf = planner->conf;
	const struct bel_conf_domain *domain = bel_conf_find_domain(
		conf, planner->facts->target.host);

	if (planner->facts->user_known == BEL_FOUND &&
	    planner->facts->user.redirect.status)
		return planner->facts->user.redirect;
	if (domain && domain->redirect.status)
		return domain->redirect;
	return conf->redirect;
}

enum verdict bel_rule_redirect(struct planner *planner)
{
	if (planner->instance.len)
		return GO_ON; /* RFC 5627 section 6.1 */
	planner->redirect = find_redirect(planner);
	if (!planner->redirect.status)
		return GO_ON;
	bel_plan_note(planner, &planner->redirect.at, "is redirected (%u)",
		      planner->redirect.status);
	if (!planner->redirect.target.len)
		return GO_ON; /* to the bindings, once they are known */
	return redirect_to(planner, planner->redirect.status, planner->redirect.target);
}

/* RFC 5630 section 4: a sips request goes over TLS all the way. */
static bool is_secure(const struct bel_binding *binding)
{
	struct bel_uri uri;

	if (binding->uses_flow)
		return binding->flow.transport == BEL_SIP_TLS;
	return bel_uri_parse(&uri, binding->contact) == BEL_OK &&
	       uri.scheme == BEL_URI_SIPS;
}

struct bel_plan_target *bel_plan_binding_add(struct planner *planner,
					     const struct bel_binding *binding)
{
	bool is_sips = planner->facts->target.scheme == BEL_URI_SIPS;
	struct bel_plan_target *target;

	if (is_sips && !is_secure(binding)) {
		bel_plan_note(planner, NULL, "%.*s is not reached by TLS",
			      BEL_STR_ARG(binding->contact));
		return NULL;
	}
	target = bel_plan_target_add(planner, binding->contact);
	if (!target)
		return NULL;
	target->q = binding->q;
	target->path = binding->path;
	target->binding = binding;
	bel_plan_note(planner, NULL, "to %.*s (q %u.%03u%s)",
		      BEL_STR_ARG(binding->contact), binding->q / 1000u,
		      binding->q % 1000u, binding->uses_flow ? ", its flow" : "");
	return target;
}

static void add_bindings(struct planner *planner)
{
	const struct bel_facts *facts = planner->facts;

	if (planner->instance.len) {
		bel_plan_gruu_targets(planner);
		return;
	}
	for (unsigned i = 0; i < facts->bindings_count; i++)
		bel_plan_binding_add(planner, &facts->bindings[i]);
}

enum verdict bel_rule_bindings(struct planner *planner)
{
	const struct bel_facts *facts = planner->facts;
	struct bel_plan *plan = planner->plan;

	if (facts->bindings_known == BEL_UNASKED)
		return bel_plan_end(planner, BEL_PLAN_NEED_BINDINGS,
				    bel_plan_aor(planner, planner->dialled));
	add_bindings(planner);
	if (!plan->targets_count) {
		bel_plan_note(planner, NULL, "%.*s has %s phone registered",
			      BEL_STR_ARG(planner->dialled),
			      planner->instance.len ? "not that" : "no");
		return bel_plan_reject(planner, 480, "Not registered");
	}
	if (planner->redirect.status) {
		plan->status = planner->redirect.status;
		return bel_plan_end(planner, BEL_PLAN_REDIRECT, BEL_STR_NONE);
	}
	plan->records_route = facts->method == BEL_SIP_INVITE ||
			      facts->method == BEL_SIP_SUBSCRIBE ||
			      facts->method == BEL_SIP_REFER;
	return bel_plan_end(planner, BEL_PLAN_FORWARD,
			    bel_plan_aor(planner, planner->dialled));
}
