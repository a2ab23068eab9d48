/* SPDX-License-Identifier: Apache-2.0
 * Who is asking, and what that allows. */
#include "route/plan_int.h"

/* The registrar and the packages of events answer themselves: 401; all else is forwarded:
 * 407 (RFC 3261 section 22). */
static bool is_for_server(const struct planner *planner)
{
	if (bel_plan_is_for_phone(planner))
		return false;
	switch (planner->facts->method) {
	case BEL_SIP_REGISTER:
	case BEL_SIP_SUBSCRIBE:
	case BEL_SIP_PUBLISH:
		return planner->is_local;
	default:
		return false;
	}
}

static enum verdict challenge(struct planner *planner, bool is_stale)
{
	planner->plan->status = is_for_server(planner) ? 401 : 407;
	planner->plan->is_stale = is_stale;
	return bel_plan_end(planner, BEL_PLAN_CHALLENGE, BEL_STR_NONE);
}

const struct bel_conf_accept *bel_plan_find_accept(const struct planner *planner)
{
	const struct bel_conf *conf = planner->conf;

	for (unsigned i = 0; i < conf->accepts_count; i++)
		if (!conf->accepts[i].domain.len ||
		    bel_str_is_equal_nocase(conf->accepts[i].domain,
					    planner->facts->from.host))
			return &conf->accepts[i];
	return NULL;
}

/* Within an open domain nobody is asked. */
static bool is_open_call(const struct planner *planner)
{
	if (!planner->is_local || !planner->domain)
		return false;
	return planner->facts->method == BEL_SIP_REGISTER ||
	       bel_str_is_equal_nocase(planner->facts->from.host, planner->domain->name);
}

/* Foreign callers who need not prove anything because the configuration lets them in to
 * local users. Somebody who claims a name of ours always proves it. */
static const struct bel_conf_accept *is_welcome(const struct planner *planner)
{
	const struct bel_facts *facts = planner->facts;

	if (!planner->is_local || is_for_server(planner) ||
	    bel_route_is_own(planner->conf, facts->own, facts->own_count, &facts->from))
		return NULL;
	return bel_plan_find_accept(planner);
}

enum verdict bel_rule_identity(struct planner *planner)
{
	const struct bel_facts *facts = planner->facts;
	const struct bel_conf_accept *accept = is_welcome(planner);

	if (planner->is_trusted && !is_for_server(planner))
		return GO_ON;
	if (is_open_call(planner)) {
		planner->plan->is_from_stranger = true;
		bel_plan_note(planner, &planner->domain->at,
			      "%.*s is open: nobody is asked",
			      BEL_STR_ARG(planner->domain->name));
		return GO_ON;
	}
	if (accept && facts->identity != BEL_IDENTITY_VALID) {
		planner->plan->is_from_stranger = true;
		bel_plan_note(planner, &accept->at, "callers from %.*s are accepted",
			      BEL_STR_ARG(facts->from.host));
		return GO_ON;
	}
	/* Nobody can be asked in return for an ACK (RFC 3261 section 22.1). */
	if (facts->method == BEL_SIP_ACK) {
		bel_plan_note(planner, NULL, "an ACK of somebody who would be asked");
		return bel_plan_end(planner, BEL_PLAN_DROP, BEL_STR_NONE);
	}
	switch (facts->identity) {
	case BEL_IDENTITY_UNASKED:
		return bel_plan_end(planner, BEL_PLAN_NEED_IDENTITY, BEL_STR_NONE);
	case BEL_IDENTITY_NONE:
		bel_plan_note(planner, NULL, "no credentials for our realm");
		return challenge(planner, false);
	case BEL_IDENTITY_STALE:
		bel_plan_note(planner, NULL, "right credentials on an old nonce");
		return challenge(planner, true);
	case BEL_IDENTITY_WRONG:
		bel_plan_note(planner, NULL, "wrong credentials");
		return challenge(planner, false);
	case BEL_IDENTITY_BROKEN:
		bel_plan_note(planner, NULL, "credentials that cannot be read");
		return bel_plan_reject(planner, 400, "Malformed credentials");
	case BEL_IDENTITY_VALID:
		bel_plan_note(planner, NULL, "proved to be %.*s",
			      BEL_STR_ARG(facts->identity_user));
	}
	return GO_ON;
}

/* RFC 3323 section 4.1.1.3: a caller may hide his name, not from us. */
static bool is_anonymous(const struct bel_uri *from)
{
	return bel_str_is_equal_nocase(from->host, BEL_STR("anonymous.invalid")) ||
	       bel_str_is_equal_nocase(from->user, BEL_STR("anonymous"));
}

static void assert_identity(struct planner *planner)
{
	const struct bel_facts *facts = planner->facts;
	char buf[BEL_USER_NAME_BYTES_MAX * 4 + 300];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	bel_str host = planner->conf->domains_count
			       ? bel_conf_default_domain(planner->conf)
			       : facts->from.host;

	bel_write_lit(&writer, "<sip:");
	bel_uri_user_escape(&writer, facts->identity_user);
	bel_write_char(&writer, '@');
	bel_write_str(&writer, is_anonymous(&facts->from) && !planner->conf->domains_count
				       ? facts->target.host
				       : host);
	bel_write_char(&writer, '>');
	if (!writer.is_full)
		planner->plan->asserted = bel_arena_copy(planner->arena,
							 bel_writer_str(&writer));
}

/* The name in From must belong to who proved himself. */
enum verdict bel_rule_caller(struct planner *planner)
{
	const struct bel_facts *facts = planner->facts;

	if (facts->identity != BEL_IDENTITY_VALID || is_for_server(planner))
		return GO_ON;
	if (is_anonymous(&facts->from)) {
		bel_plan_note(planner, NULL, "the caller hides his name");
		assert_identity(planner);
		return GO_ON;
	}
	if (!bel_route_is_own(planner->conf, facts->own, facts->own_count,
			      &facts->from)) {
		bel_plan_note(planner, NULL, "From names %.*s, a domain that is not ours",
			      BEL_STR_ARG(facts->from.host));
		return bel_plan_reject(planner, 403,
				       "From is not an address of the caller");
	}
	if (facts->caller_known == BEL_UNASKED)
		return bel_plan_end(planner, BEL_PLAN_NEED_CALLER,
				    bel_plan_user_of(planner, &facts->from));
	if (facts->caller_known == BEL_ABSENT ||
	    !bel_str_is_equal(facts->caller.name, facts->identity_user)) {
		bel_plan_note(planner, NULL, "From does not belong to %.*s",
			      BEL_STR_ARG(facts->identity_user));
		return bel_plan_reject(planner, 403,
				       "From is not an address of the caller");
	}
	assert_identity(planner);
	return GO_ON;
}

enum verdict bel_rule_registrar(struct planner *planner)
{
	const struct bel_facts *facts = planner->facts;
	const struct bel_uri *to = &facts->to;
	const struct bel_conf_domain *domain = bel_conf_find_domain(planner->conf,
								    to->host);

	if (facts->method != BEL_SIP_REGISTER || !planner->is_local)
		return GO_ON;
	/* RFC 3261 section 10.3 step 5: the address of record is one of this domain. */
	if (!to->user.len ||
	    !bel_route_is_own(planner->conf, facts->own, facts->own_count, to) ||
	    (domain && domain->is_open ? domain : NULL) != planner->domain) {
		bel_plan_note(planner, NULL,
			      "To names no address of record of this domain");
		return bel_plan_reject(planner, 404, "Not an address of this domain");
	}
	bel_str name = bel_plan_user_of(planner, to);
	if (planner->domain) {
		bel_plan_note(planner, &planner->domain->at, "registers %.*s",
			      BEL_STR_ARG(name));
		return bel_plan_end(planner, BEL_PLAN_REGISTER,
				    bel_plan_aor(planner, name));
	}
	if (facts->user_known == BEL_UNASKED)
		return bel_plan_end(planner, BEL_PLAN_NEED_USER, name);
	/* Third parties would need a right that nobody can give yet (step 4). */
	if (facts->user_known == BEL_ABSENT ||
	    !bel_str_is_equal(facts->user.name, facts->identity_user)) {
		bel_plan_note(planner, NULL, "%.*s may not register %.*s",
			      BEL_STR_ARG(facts->identity_user), BEL_STR_ARG(name));
		return bel_plan_reject(planner, 403, "Not your address of record");
	}
	bel_plan_note(planner, &facts->user.at, "registers %.*s",
		      BEL_STR_ARG(facts->user.name));
	return bel_plan_end(planner, BEL_PLAN_REGISTER,
			    bel_plan_aor(planner, facts->user.name));
}

/* Phones subscribe and publish when they boot: a clear answer, never a fork. */
enum verdict bel_rule_events(struct planner *planner)
{
	if (!planner->is_local || bel_plan_is_for_phone(planner))
		return GO_ON;
	switch (planner->facts->method) {
	case BEL_SIP_SUBSCRIBE:
	case BEL_SIP_PUBLISH:
		bel_plan_note(planner, NULL, "no event package is served here yet");
		return bel_plan_reject(planner, 489, "Bad Event");
	case BEL_SIP_NOTIFY:
		bel_plan_note(planner, NULL, "nobody here has subscribed");
		return bel_plan_reject(planner, 481, "Subscription Does Not Exist");
	default:
		return GO_ON;
	}
}
