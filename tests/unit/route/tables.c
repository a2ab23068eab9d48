/* SPDX-License-Identifier: Apache-2.0
 * What the configuration adds: route tables, redirects, numbers. */
#include "unit/route/route_support.h"

static const struct bel_conf_route routes[] = {
	{ .at = AT(20),
	  .table = BEL_ROUTE_LOCAL,
	  .pattern = TEXT("9*"),
	  .step = BEL_STEP_REJECT,
	  .status = 404 },
	{ .at = AT(21),
	  .table = BEL_ROUTE_LOCAL,
	  .pattern = TEXT("8*"),
	  .step = BEL_STEP_REDIRECT,
	  .status = 302,
	  .target = TEXT("sip:away@x.test") },
	{ .at = AT(22),
	  .table = BEL_ROUTE_LOCAL,
	  .pattern = TEXT("7?"),
	  .step = BEL_STEP_USER,
	  .target = TEXT("bob") },
	{ .at = AT(23),
	  .table = BEL_ROUTE_LOCAL,
	  .pattern = TEXT("6*"),
	  .step = BEL_STEP_TO,
	  .target = TEXT("sip:media.test:5070;transport=tcp"),
	  .as = TEXT("room-*") },
	{ .at = AT(24),
	  .table = BEL_ROUTE_LOCAL,
	  .pattern = TEXT("5*@192.0.2.1"),
	  .step = BEL_STEP_REJECT,
	  .status = 410 },
	{ .at = AT(25),
	  .table = BEL_ROUTE_LOCAL,
	  .pattern = TEXT("bob"),
	  .step = BEL_STEP_LOCAL },
	{ .at = AT(26),
	  .table = BEL_ROUTE_LOCAL,
	  .pattern = TEXT("b*"),
	  .step = BEL_STEP_REJECT,
	  .status = 403 },
	{ .at = AT(27),
	  .table = BEL_ROUTE_OUT,
	  .pattern = TEXT("+49*"),
	  .step = BEL_STEP_TO,
	  .target = TEXT("sip:[2001:db8::9]:5060") },
	{ .at = AT(28),
	  .table = BEL_ROUTE_OUT,
	  .pattern = TEXT("00*"),
	  .step = BEL_STEP_REJECT,
	  .status = 603,
	  .text = TEXT("No calls abroad") },
};

static struct world *open_tables(void)
{
	struct world *world = open_world();

	world->conf.routes = routes;
	world->conf.routes_count = BEL_COUNT_OF(routes);
	return world;
}

static void the_first_row_that_matches_decides(void **state)
{
	static const struct {
		const char *target, *from;
		enum bel_identity identity;
		const char *outcome, *uri, *next_hop;
		unsigned line; /* of the row */
	} rows[] = {
		{ "sip:911@example.com", "sip:alice@example.com", BEL_IDENTITY_VALID,
		  "404", NULL, NULL, 20 },
		{ "sip:80@example.com", "sip:alice@example.com", BEL_IDENTITY_VALID,
		  "redirect", "sip:away@x.test", NULL, 21 },
		{ "sip:71@example.com", "sip:alice@example.com", BEL_IDENTITY_VALID,
		  "fwd", "sip:bob@203.0.113.9:5070", "", 22 },
		{ "sip:777@example.com", "sip:alice@example.com", BEL_IDENTITY_VALID,
		  "404", NULL, NULL, 0 },
		{ "sip:600@example.com", "sip:alice@example.com", BEL_IDENTITY_VALID,
		  "fwd", "sip:room-00@media.test:5070",
		  "sip:media.test:5070;transport=tcp", 23 },
		/* who is let in reaches users, not the world behind */
		{ "sip:600@example.com", "sip:fay@friends.test", BEL_IDENTITY_NONE, "403",
		  NULL, NULL, 23 },
		{ "sip:71@example.com", "sip:fay@friends.test", BEL_IDENTITY_NONE, "fwd",
		  "sip:bob@203.0.113.9:5070", "", 22 },
		{ "sip:600@open.test", "sip:olga@open.test", BEL_IDENTITY_NONE, "403",
		  NULL, NULL, 23 },
		{ "sip:555@192.0.2.1", "sip:alice@example.com", BEL_IDENTITY_VALID, "410",
		  NULL, NULL, 24 },
		{ "sip:555@example.com", "sip:alice@example.com", BEL_IDENTITY_VALID,
		  "404", NULL, NULL, 0 },
		{ "sip:bob@example.com", "sip:alice@example.com", BEL_IDENTITY_VALID,
		  "fwd", "sip:bob@203.0.113.9:5070", "", 25 },
		{ "sip:berta@example.com", "sip:alice@example.com", BEL_IDENTITY_VALID,
		  "403", NULL, NULL, 26 },
		{ "sip:+4930@example.com", "sip:alice@example.com", BEL_IDENTITY_VALID,
		  "fwd", "sip:+4930@[2001:db8::9]:5060", "sip:[2001:db8::9]:5060", 27 },
		{ "sip:0044@example.com", "sip:alice@example.com", BEL_IDENTITY_VALID,
		  "603", NULL, NULL, 28 },
		/* toll fraud: the table for the outside is not for strangers */
		{ "sip:+4930@example.com", "sip:fay@friends.test", BEL_IDENTITY_NONE,
		  "404", NULL, NULL, 0 },
		{ "sip:+4930@example.com", "sip:eve@x.test", BEL_IDENTITY_NONE, "407",
		  NULL, NULL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		struct world *world = open_tables();
		char buf[16];
		unsigned line = 0;
		world->facts.target = uri(rows[i].target);
		world->facts.from = uri(rows[i].from);
		world->facts.identity_user = BEL_STR("alice");
		struct bel_plan *plan = plan_all(world, rows[i].identity);
		if (strcmp(outcome_of(plan, buf, sizeof buf), rows[i].outcome) != 0)
			fail_msg("%s by %s: %s, not %s", rows[i].target, rows[i].from,
				 outcome_of(plan, buf, sizeof buf), rows[i].outcome);
		for (unsigned k = 0; k < plan->steps_count; k++)
			if (plan->steps[k].at.line >= 20)
				line = plan->steps[k].at.line;
		assert_int_equal(line, rows[i].line);
		if (rows[i].uri)
			assert_str(plan->targets[0].uri, rows[i].uri);
		if (rows[i].next_hop)
			assert_str(plan->targets[0].next_hop, rows[i].next_hop);
		close_world(world);
	}
}

static void the_nearest_redirect_wins(void **state)
{
	struct world *world = open_world();
	struct bel_conf_domain domain = world_domains[0];
	char buf[16];

	(void)state;
	prove(world, "alice");
	world->conf.redirect = (struct bel_conf_redirect){ .at = AT(30), .status = 302 };
	assert_string_equal(outcome_of(plan_all(world, 0), buf, sizeof buf), "redirect");
	assert_int_equal(world->plan.status, 302);
	assert_str(world->plan.targets[0].uri, "sip:bob@203.0.113.9:5070");

	domain.redirect = (struct bel_conf_redirect){ .at = AT(31),
						      .status = 301,
						      .target = TEXT("sip:new.test") };
	world->conf.domains = &domain;
	world->conf.domains_count = 1;
	plan_all(world, 0);
	assert_int_equal(world->plan.status, 301);
	assert_str(world->plan.targets[0].uri, "sip:new.test");

	world->facts.user.redirect = (struct bel_conf_redirect){
		.at = AT(32), .status = 380, .target = TEXT("sip:desk@x.test")
	};
	plan_all(world, 0);
	assert_int_equal(world->plan.status, 380);
	assert_str(world->plan.targets[0].uri, "sip:desk@x.test");

	/* nobody without a phone is redirected to nothing */
	domain.redirect.target = BEL_STR_NONE;
	world->facts.user.redirect.status = 0;
	world->facts.bindings_count = 0;
	assert_string_equal(outcome_of(plan_all(world, 0), buf, sizeof buf), "480");
	close_world(world);
}

static void numbers_are_normalised_by_the_country(void **state)
{
	static const struct {
		const char *dialled;
		bool is_phone;
		const char *expected;
	} rows[] = {
		{ "0301234", false, "+49301234" },
		{ "00431234", false, "+431234" },
		{ "+49301234", false, "+49301234" },
		{ "101", false, "101" },
		{ "0", false, "0" },
		{ "00", false, "+490" }, /* the trunk prefix and one more digit */
		{ "0049-30-12", true, "+493012" },
		{ "0049-30-12", false, "0049-30-12" },
		{ "(030)12.34-5", true, "+493012345" },
		{ "alice", false, "alice" },
		{ "0alice", false, "0alice" },
		{ "*21*0301", false, "*21*0301" },
		{ "+", false, "+" },
		{ "", false, "" },
	};
	struct world *world = open_world();

	(void)state;
	world->conf.dialling.country = BEL_STR("+49");
	world->conf.dialling.trunk_prefix = BEL_STR("0");
	world->conf.dialling.international_prefix = BEL_STR("00");
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		bel_str number = bel_dial_normalise(&world->arena, &world->conf,
						    bel_str_from(rows[i].dialled),
						    rows[i].is_phone);
		assert_str(number, rows[i].expected);
	}
	world->conf.dialling.country = BEL_STR_NONE;
	assert_str(
		bel_dial_normalise(&world->arena, &world->conf, BEL_STR("0301"), false),
		"0301");
	assert_str(
		bel_dial_normalise(&world->arena, &world->conf, BEL_STR("0-301"), true),
		"0301");
	close_world(world);
}

static void a_pattern_rewrites_what_its_star_matched(void **state)
{
	static const struct {
		const char *pattern, *as, *text, *expected;
	} rows[] = {
		{ "00*", "+*", "0049", "+49" },   { "6*", "room-*", "600", "room-00" },
		{ "6*", "*", "600", "00" },       { "6*", "fixed", "600", "fixed" },
		{ "*", "+49*", "30", "+4930" },   { "*#", "*", "30#", "30" },
		{ "112", "911", "112", "911" },   { "112", "+*", "112", "+112" },
		{ "9*9", "<*>", "9999", "<99>" }, { "9*", "a*b*", "91", "a1b*" },
		{ "0*0", "*", "0", "0" }, /* shorter than the pattern: left alone */
	};
	struct world *world = open_world();

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++)
		assert_str(bel_dial_rewrite(&world->arena, bel_str_from(rows[i].pattern),
					    bel_str_from(rows[i].as),
					    bel_str_from(rows[i].text)),
			   rows[i].expected);
	close_world(world);
}

static void a_refusal_has_the_words_of_its_row(void **state)
{
	struct world *world = open_tables();
	char text[1024];
	struct bel_writer writer = bel_writer_init(text, sizeof text);

	(void)state;
	prove(world, "alice");
	world->facts.target = uri("sip:0044@example.com");
	bel_plan_write(&writer, plan_all(world, 0));
	assert_str(world->plan.reason, "No calls abroad");
	assert_str(bel_writer_str(&writer),
		   "  destination    domain example.com is ours   [belfry.conf:1]\n"
		   "  identity       proved to be alice\n"
		   "  user           no user 0044\n"
		   "  out            0044 matches 00*   [belfry.conf:28]\n"
		   "  so it is       refused 603 No calls abroad\n");
	close_world(world);
}

static void where_it_goes_is_told_with_the_next_hop(void **state)
{
	struct world *world = open_tables();
	char text[1024];
	struct bel_writer writer = bel_writer_init(text, sizeof text);

	(void)state;
	prove(world, "alice");
	world->facts.target = uri("sip:600@example.com");
	plan_all(world, 0);
	world->plan.steps_count = 0;
	bel_plan_write(&writer, &world->plan);
	assert_str(bel_writer_str(&writer), "  so it is       forwarded\n"
					    "  to             sip:room-00@media.test:5070"
					    "   by sip:media.test:5070;transport=tcp\n");
	close_world(world);
}

/* What a star brings into a Request-URI stays a user part. */
static void a_rewritten_user_part_is_escaped(void **state)
{
	struct world *world = open_tables();

	(void)state;
	prove(world, "alice");
	world->facts.target = uri("sip:6%40evil.test%3e%0d%0a@example.com");
	plan_all(world, 0);
	assert_str(world->plan.targets[0].uri,
		   "sip:room-%40evil.test%3E%0D%0A@media.test:5070");
	close_world(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_row_that_matches_decides),
		cmocka_unit_test(the_nearest_redirect_wins),
		cmocka_unit_test(numbers_are_normalised_by_the_country),
		cmocka_unit_test(a_pattern_rewrites_what_its_star_matched),
		cmocka_unit_test(a_refusal_has_the_words_of_its_row),
		cmocka_unit_test(where_it_goes_is_told_with_the_next_hop),
		cmocka_unit_test(a_rewritten_user_part_is_escaped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
