/* SPDX-License-Identifier: Apache-2.0 */
#include "api/explain.h"

/* "alice" is alice of the default domain. */
static bel_str as_uri(const struct bel_explain *explain, bel_str word)
{
	bel_str space = bel_conf_default_domain(explain->conf);
	char buf[512];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	struct bel_uri uri;

	if (bel_uri_parse(&uri, word) == BEL_OK && uri.scheme != BEL_URI_OTHER)
		return word;
	bel_write_lit(&writer, "sip:");
	bel_write_str(&writer, word);
	if (bel_str_find(word, '@') == word.len) {
		bel_write_char(&writer, '@');
		if (bel_conf_find_domain(explain->conf, space))
			bel_write_str(&writer, space);
		else if (explain->own_count)
			bel_addr_write_uri_host(&writer, &explain->own[0]);
		else
			bel_write_lit(&writer, "127.0.0.1");
	}
	return bel_arena_copy(explain->arena, bel_writer_str(&writer));
}

/* Who asks is taken for who he says he is, when it is a user of ours; a foreign caller
 * proves nothing. */
static void set_identity(const struct bel_explain *explain, struct bel_facts *facts)
{
	struct bel_user user;
	char buf[BEL_USER_NAME_BYTES_MAX];
	struct bel_writer name = bel_writer_init(buf, sizeof buf);

	facts->identity = BEL_IDENTITY_NONE;
	bel_uri_user_unescape(&name, facts->from.user);
	if (!bel_route_is_own(explain->conf, explain->own, explain->own_count,
			      &facts->from) ||
	    bel_users_find(explain->users, bel_writer_str(&name), explain->arena, &user))
		return;
	facts->identity = BEL_IDENTITY_VALID;
	facts->identity_user = user.name;
}

static const char *set_facts(const struct bel_explain *explain, struct bel_facts *facts)
{
	bel_str source = explain->source.len ? explain->source : BEL_STR("198.51.100.1");

	*facts = (struct bel_facts){ .max_forwards = 70, .transport = BEL_SIP_UDP };
	if (!explain->from.len || !explain->to.len)
		return "explain FROM TO [--method M] [--source IP] [--mermaid]";
	if (bel_uri_parse(&facts->from, as_uri(explain, explain->from)) ||
	    bel_uri_parse(&facts->target, as_uri(explain, explain->to)))
		return "FROM and TO are users, numbers or URIs";
	if (bel_addr_parse(&facts->source, source, 5060))
		return "--source is an address";
	facts->to = facts->target;
	facts->method_text = explain->method.len ? explain->method : BEL_STR("INVITE");
	facts->method = bel_sip_method_find(facts->method_text);
	facts->own = explain->own;
	facts->own_count = explain->own_count;
	set_identity(explain, facts);
	return NULL;
}

static void write_text(struct bel_writer *writer, const struct bel_facts *facts,
		       const struct bel_plan *plan)
{
	bel_write_escaped(writer, facts->method_text);
	bel_write_char(writer, ' ');
	bel_write_escaped(writer, facts->target.text);
	bel_write_char(writer, '\n');
	bel_plan_write(writer, plan);
}

int bel_explain_write(struct bel_writer *writer, const struct bel_explain *explain,
		      const char **wrong)
{
	struct bel_facts facts;
	struct bel_plan plan;

	*wrong = set_facts(explain, &facts);
	if (*wrong)
		return 2;
	if (explain->plan(explain->user, &plan, explain->arena, &facts)) {
		*wrong = "there is no memory for that";
		return 2;
	}
	if (explain->form == BEL_EXPLAIN_JSON)
		bel_plan_write_json(writer, &plan);
	else if (explain->form == BEL_EXPLAIN_MERMAID)
		bel_plan_write_mermaid(writer, &plan);
	else
		write_text(writer, &facts, &plan);
	return plan.kind == BEL_PLAN_REJECT || plan.kind == BEL_PLAN_DROP ||
			       plan.kind == BEL_PLAN_CHALLENGE
		       ? 1
		       : 0;
}
