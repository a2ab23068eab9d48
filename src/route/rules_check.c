/* SPDX-License-Identifier: Apache-2.0
 * What is looked at before anybody is asked who he is (RFC 3261 section 16.3). */
#include "route/plan_int.h"

enum verdict bel_rule_loop(struct planner *planner)
{
	if (!planner->facts->is_own_loop)
		return GO_ON;
	bel_plan_note(planner, NULL, "it was here before and nothing has changed since");
	return bel_plan_reject(planner, 482, "Loop Detected");
}

enum verdict bel_rule_max_forwards(struct planner *planner)
{
	const struct bel_facts *facts = planner->facts;

	if (facts->max_forwards != 0)
		return GO_ON;
	/* RFC 3261 section 11: OPTIONS with 0 asks the server it has reached, when it
	 * names no user behind it; REGISTER that is ours need not be forwarded either. */
	if ((facts->method == BEL_SIP_REGISTER ||
	     (facts->method == BEL_SIP_OPTIONS && !facts->target.user.len)) &&
	    bel_route_is_own(planner->conf, facts->own, facts->own_count, &facts->target))
		return GO_ON;
	bel_plan_note(planner, NULL, "Max-Forwards is 0");
	return bel_plan_reject(planner, 483, "Too Many Hops");
}

enum verdict bel_rule_scheme(struct planner *planner)
{
	const struct bel_facts *facts = planner->facts;

	if (facts->target.scheme == BEL_URI_OTHER) {
		bel_plan_note(planner, NULL,
			      "the Request-URI is no sip, sips or tel URI");
		return bel_plan_reject(planner, 416, "Unsupported URI Scheme");
	}
	if (facts->method == BEL_SIP_REGISTER && facts->to.scheme == BEL_URI_OTHER) {
		bel_plan_note(planner, NULL, "To of REGISTER is no sip, sips or tel URI");
		return bel_plan_reject(planner, 400, "To is no address of record");
	}
	return GO_ON;
}

enum verdict bel_rule_require(struct planner *planner)
{
	const struct bel_facts *facts = planner->facts;
	const bel_str name = BEL_STR("Unsupported: ");
	size_t size = name.len + facts->unsupported.len + 2;
	char *buf;

	if (!facts->unsupported.len || facts->method == BEL_SIP_ACK)
		return GO_ON;
	/* Require is for whoever answers; only Proxy-Require is for who forwards (RFC
	 * 3261 sections 8.2.2.3 and 16.3 step 5). */
	if (!facts->is_proxy_unsupported && facts->method != BEL_SIP_REGISTER &&
	    !(facts->target.user.len == 0 &&
	      bel_route_is_own(planner->conf, facts->own, facts->own_count,
			       &facts->target)))
		return GO_ON;
	buf = bel_arena_bytes(planner->arena, size);
	struct bel_writer writer = bel_writer_init(buf, buf ? size : 0);
	bel_write_str(&writer, name);
	bel_write_str(&writer, facts->unsupported);
	bel_write_lit(&writer, "\r\n");
	planner->plan->detail = bel_writer_str(&writer);
	bel_plan_note(planner, NULL, "extension %.*s is required and not served",
		      BEL_STR_ARG(facts->unsupported));
	return bel_plan_reject(planner, 420, "Bad Extension");
}

/* Neither is ever part of a dialog (RFC 3261 section 10.2, RFC 3903 section 4); a CANCEL
 * belongs to its request. */
static bool is_for_dialogs(enum bel_sip_method method)
{
	return method != BEL_SIP_REGISTER && method != BEL_SIP_PUBLISH &&
	       method != BEL_SIP_CANCEL;
}

/* RFC 2543 knew no tags: what exists within a dialog alone may lack that of a callee who
 * put none. */
static bool is_within_dialog(const struct bel_facts *facts)
{
	if (facts->method == BEL_SIP_ACK || facts->method == BEL_SIP_BYE)
		return true;
	return facts->has_to_tag && is_for_dialogs(facts->method);
}

static void set_domain(struct planner *planner)
{
	const struct bel_conf_domain *domain = bel_conf_find_domain(
		planner->conf, planner->facts->target.host);

	planner->domain = domain && domain->is_open ? domain : NULL;
}

/* The phone that the Request-URI of a request within a dialog stands for, when it is a
 * GRUU (RFC 5627 section 6.1); GO_ON without a target when that is not known. */
static enum verdict find_phone(struct planner *planner)
{
	const struct bel_facts *facts = planner->facts;

	set_domain(planner);
	if (bel_plan_gruu_find(planner) == DONE)
		return DONE;
	if (!planner->instance.len)
		return GO_ON;
	if (!planner->domain && facts->user_known == BEL_UNASKED)
		return bel_plan_end(planner, BEL_PLAN_NEED_USER, planner->dialled);
	if (!planner->domain && facts->user_known == BEL_ABSENT)
		return GO_ON;
	if (!planner->domain)
		planner->dialled = facts->user.name;
	if (facts->bindings_known == BEL_UNASKED)
		return bel_plan_end(planner, BEL_PLAN_NEED_BINDINGS,
				    bel_plan_aor(planner, planner->dialled));
	bel_plan_gruu_targets(planner);
	return GO_ON;
}

/* Down the flow of the mark when there is one: that is where the phone had the dialog.
 * Without a flow only the GRUU can tell, and one that does not would lead back to us. */
static enum verdict go_on_in_dialog(struct planner *planner)
{
	const struct bel_facts *facts = planner->facts;
	bool is_gruu = bel_plan_is_gruu(planner);

	if (is_gruu && find_phone(planner) == DONE)
		return DONE;
	bel_plan_note(planner, NULL, "within a dialog that we set up: %s",
		      facts->mark.has_flow ? "down the flow of that side"
					   : "by Route and Request-URI");
	if (is_gruu && planner->plan->targets_count)
		bel_plan_note(planner, NULL, "its GRUU is phone %.*s of %.*s",
			      BEL_STR_ARG(planner->instance),
			      BEL_STR_ARG(planner->dialled));
	else if (is_gruu && !facts->mark.has_flow && !facts->has_further_route)
		return planner->instance.len
			       ? bel_plan_reject(planner, 480, "Not registered")
			       : bel_plan_reject(planner, 404, "No such user");
	return bel_plan_end(planner, BEL_PLAN_IN_DIALOG, BEL_STR_NONE);
}

/* A side without a flow or a phone of ours is somewhere in the world, and the request
 * goes where its own Request-URI says. Whoever was once in a dialog has its marks for
 * ever: to go there one has to be where the other side of the dialog was, or a phone of
 * ours is. Nobody can be asked in return for an ACK (RFC 3261 section 22.1), and an ACK
 * begins nothing. */
static bool is_far_end(const struct bel_facts *facts)
{
	return !facts->mark.has_flow && !facts->mark.binding && !facts->is_near &&
	       !facts->source_has_phones && facts->method != BEL_SIP_ACK;
}

enum verdict bel_rule_dialog(struct planner *planner)
{
	const struct bel_facts *facts = planner->facts;

	switch (facts->route) {
	case BEL_ROUTE_FORGED:
		bel_plan_note(planner, NULL,
			      "the Route names this server, but not by us");
		return bel_plan_reject(planner, 403, "Route is not genuine");
	case BEL_ROUTE_MARKED:
		/* The mark proves that a dialog with this Call-ID came through here: it
		 * says nothing about new ones. */
		if (!is_within_dialog(facts))
			return GO_ON;
		if (!is_far_end(facts))
			return go_on_in_dialog(planner);
		bel_plan_note(planner, NULL,
			      "within a dialog, to its far end, from no phone of ours");
		return GO_ON;
	default:
		return GO_ON;
	}
}

/* ACK and CANCEL are never challenged (RFC 3261 section 22.1), so what does not belong to
 * something of ours ends here. */
enum verdict bel_rule_ack(struct planner *planner)
{
	switch (planner->facts->method) {
	case BEL_SIP_ACK:
		/* Of a 2xx whose Contact was a GRUU, from somebody whom no Route leads
		 * through here (RFC 5627 section 6.1): as the INVITE would be. */
		if (planner->facts->has_to_tag && bel_plan_is_gruu(planner))
			return GO_ON;
		bel_plan_note(planner, NULL, "an ACK of no dialog of ours");
		return bel_plan_end(planner, BEL_PLAN_DROP, BEL_STR_NONE);
	case BEL_SIP_CANCEL:
		bel_plan_note(planner, NULL, "a CANCEL of no request of ours");
		return bel_plan_reject(planner, 481, "Transaction Does Not Exist");
	default:
		return GO_ON;
	}
}

static const struct bel_conf_net *find_trust(const struct planner *planner)
{
	bel_addr source = bel_addr_canonical(&planner->facts->source);

	for (unsigned i = 0; i < planner->conf->trusted_count; i++) {
		const struct bel_conf_net *net = &planner->conf->trusted[i];
		if (bel_addr_is_within(&source, &net->addr, net->prefix_bits))
			return net;
	}
	return NULL;
}

enum verdict bel_rule_destination(struct planner *planner)
{
	const struct bel_facts *facts = planner->facts;
	const struct bel_uri *target = &facts->target;
	const struct bel_conf_domain *domain = bel_conf_find_domain(planner->conf,
								    target->host);
	const struct bel_conf_net *trust = find_trust(planner);

	if (trust) {
		planner->is_trusted = true;
		bel_plan_note(planner, &trust->at, "the source is trusted");
	}
	planner->is_local = bel_route_is_own(planner->conf, facts->own, facts->own_count,
					     target);
	set_domain(planner);
	planner->is_gruu = planner->is_local && bel_plan_is_gruu(planner);
	/* Phones use our addresses with any port as a domain, but another program on the
	 * same machine may be meant. */
	planner->may_be_foreign = planner->is_local && !domain &&
				  target->scheme != BEL_URI_TEL &&
				  !bel_route_is_own_port(facts->own, facts->own_count,
							 target->port);
	if (facts->route == BEL_ROUTE_FOREIGN || facts->has_further_route) {
		planner->is_local = planner->is_gruu = false;
		bel_plan_note(planner, NULL, "a Route leads to another server");
	} else if (domain) {
		bel_plan_note(planner, &domain->at, "domain %.*s is ours%s",
			      BEL_STR_ARG(domain->name), domain->is_open ? ", open" : "");
	} else if (planner->is_local) {
		bel_plan_note(planner, NULL, "%.*s is this server",
			      BEL_STR_ARG(target->scheme == BEL_URI_TEL
						  ? target->scheme_text
						  : target->host));
	} else {
		bel_plan_note(planner, NULL, "%.*s is not ours",
			      BEL_STR_ARG(target->host));
	}
	return GO_ON;
}

/* Scanners do not know what this server is called and put anything into From: they get no
 * sign that anybody listens. Phones and monitors that ask for a sign of life name us, or
 * bring credentials. */
enum verdict bel_rule_scanner(struct planner *planner)
{
	const struct bel_facts *facts = planner->facts;

	if (facts->method != BEL_SIP_OPTIONS || planner->is_trusted ||
	    facts->identity == BEL_IDENTITY_VALID ||
	    facts->identity == BEL_IDENTITY_STALE)
		return GO_ON;
	if (planner->is_local && (bel_route_is_own(planner->conf, facts->own,
						   facts->own_count, &facts->from) ||
				  bel_plan_find_accept(planner)))
		return GO_ON;
	if (facts->identity == BEL_IDENTITY_UNASKED)
		return bel_plan_end(planner, BEL_PLAN_NEED_IDENTITY, BEL_STR_NONE);
	bel_plan_note(planner, NULL,
		      "OPTIONS from a stranger that names no domain of ours");
	return bel_plan_end(planner, BEL_PLAN_DROP, BEL_STR_NONE);
}

/* The Request-URI is the server itself. */
enum verdict bel_rule_server(struct planner *planner)
{
	const struct bel_facts *facts = planner->facts;

	if (!planner->is_local || facts->target.user.len)
		return GO_ON;
	switch (facts->method) {
	case BEL_SIP_REGISTER:
	case BEL_SIP_SUBSCRIBE:
	case BEL_SIP_PUBLISH:
	case BEL_SIP_NOTIFY:
		return GO_ON;
	case BEL_SIP_OPTIONS:
		bel_plan_note(planner, NULL, "asks what this server can do");
		return bel_plan_end(planner, BEL_PLAN_ANSWER, BEL_STR_NONE);
	case BEL_SIP_METHOD_OTHER:
		bel_plan_note(planner, NULL, "an unknown method for the server itself");
		return bel_plan_reject(planner, 501, "Not Implemented");
	default:
		bel_plan_note(planner, NULL, "the server itself does not serve %.*s",
			      BEL_STR_ARG(facts->method_text));
		return bel_plan_reject(planner, 405, "Method Not Allowed");
	}
}
