/* SPDX-License-Identifier: Apache-2.0
 * Rule by rule: what differs from an ordinary call of alice to bob, what comes of it, and
 * which rules had something to say. */
#include "unit/route/route_support.h"

/* What differs; empty: alice, proved, calls bob@example.com. */
struct change {
	enum bel_sip_method method; /* OTHER: INVITE */
	const char *target, *from, *to, *source;
	enum bel_identity identity; /* UNASKED: VALID, as alice */
	int max_forwards;           /* 0: 70; ZERO: 0 */
	const char *unsupported;
	bool is_proxy_unsupported, is_own_loop, has_to_tag, has_further_route, has_flow;
	bool is_near, source_has_phones;
	enum bel_route_mark_state route;
	unsigned bindings_count; /* 0: one; NONE: none */
};

enum { ZERO = -9, NONE = 9 };

#define BOBS_PHONE "sip:bob@example.com;gr=" WORLD_INSTANCE

static const struct row {
	const char *what;
	struct change change;
	const char *outcome, *rules; /* those that noted something, in order */
} rows[] = {
	{ "an ordinary call", { 0 }, "fwd", "destination identity user bindings" },

	{ "a loop", { .is_own_loop = true }, "482", "loop" },
	{ "a loop, even of a stranger",
	  { .is_own_loop = true, .identity = BEL_IDENTITY_NONE },
	  "482",
	  "loop" },

	{ "no hop left", { .max_forwards = ZERO }, "483", "max-forwards" },
	{ "one hop left",
	  { .max_forwards = 1 },
	  "fwd",
	  "destination identity user bindings" },
	{ "OPTIONS with no hop left asks us",
	  { .method = BEL_SIP_OPTIONS,
	    .max_forwards = ZERO,
	    .target = "sip:example.com" },
	  "ans",
	  "destination server" },
	{ "OPTIONS with no hop left to another server",
	  { .method = BEL_SIP_OPTIONS, .max_forwards = ZERO, .target = "sip:x.test" },
	  "483",
	  "max-forwards" },
	{ "OPTIONS with no hop left to a user behind us",
	  { .method = BEL_SIP_OPTIONS, .max_forwards = ZERO },
	  "483",
	  "max-forwards" },
	{ "REGISTER with no hop left is for us",
	  { .method = BEL_SIP_REGISTER,
	    .max_forwards = ZERO,
	    .target = "sip:example.com",
	    .to = "sip:alice@example.com" },
	  "reg",
	  "destination identity registrar" },

	{ "an unknown scheme", { .target = "nobodyKnowsThisScheme:x" }, "416", "scheme" },
	{ "a tel URI",
	  { .target = "tel:+49-30-1234" },
	  "404",
	  "destination identity user" },
	{ "REGISTER of an unknown scheme",
	  { .method = BEL_SIP_REGISTER, .target = "sip:example.com", .to = "isbn:29" },
	  "400",
	  "scheme" },

	{ "Require on its way to somebody else",
	  { .unsupported = "100rel" },
	  "fwd",
	  "destination identity user bindings" },
	{ "Proxy-Require",
	  { .unsupported = "x", .is_proxy_unsupported = true },
	  "420",
	  "require" },
	{ "Require of a REGISTER",
	  { .method = BEL_SIP_REGISTER,
	    .target = "sip:example.com",
	    .to = "sip:alice@example.com",
	    .unsupported = "x" },
	  "420",
	  "require" },
	{ "Require of OPTIONS to the server",
	  { .method = BEL_SIP_OPTIONS, .target = "sip:example.com", .unsupported = "x" },
	  "420",
	  "require" },
	{ "Proxy-Require of an ACK is nobody's",
	  { .method = BEL_SIP_ACK, .unsupported = "x", .is_proxy_unsupported = true },
	  "-",
	  "ack" },

	{ "a dialog of ours",
	  { .method = BEL_SIP_BYE,
	    .route = BEL_ROUTE_MARKED,
	    .has_to_tag = true,
	    .is_near = true },
	  "dlg",
	  "dialog" },
	{ "a dialog of ours, from a phone of ours",
	  { .method = BEL_SIP_BYE,
	    .route = BEL_ROUTE_MARKED,
	    .has_to_tag = true,
	    .source_has_phones = true },
	  "dlg",
	  "dialog" },
	{ "a dialog of ours, from nowhere of it, to its far end",
	  { .method = BEL_SIP_BYE,
	    .route = BEL_ROUTE_MARKED,
	    .has_to_tag = true,
	    .from = "sip:eve@x.test",
	    .target = "sip:carol@x.test",
	    .identity = BEL_IDENTITY_NONE },
	  "407",
	  "dialog destination identity" },
	{ "the same, with a password",
	  { .method = BEL_SIP_BYE,
	    .route = BEL_ROUTE_MARKED,
	    .has_to_tag = true,
	    .target = "sip:carol@x.test" },
	  "fwd",
	  "dialog destination identity relay" },
	{ "the same, an ACK",
	  { .method = BEL_SIP_ACK,
	    .route = BEL_ROUTE_MARKED,
	    .has_to_tag = true,
	    .target = "sip:carol@x.test" },
	  "dlg",
	  "dialog" },
	{ "a dialog of ours down a flow",
	  { .method = BEL_SIP_ACK,
	    .route = BEL_ROUTE_MARKED,
	    .has_to_tag = true,
	    .has_flow = true },
	  "dlg",
	  "dialog" },
	{ "a forged mark", { .route = BEL_ROUTE_FORGED }, "403", "dialog" },
	{ "a plain Route of ours",
	  { .route = BEL_ROUTE_PLAIN },
	  "fwd",
	  "destination identity user bindings" },
	{ "a Route to another server",
	  { .route = BEL_ROUTE_FOREIGN },
	  "fwd",
	  "destination identity relay" },
	{ "a Route to another server behind ours, of a stranger",
	  { .route = BEL_ROUTE_PLAIN,
	    .has_further_route = true,
	    .identity = BEL_IDENTITY_NONE },
	  "407",
	  "destination identity" },

	{ "an ACK of nothing", { .method = BEL_SIP_ACK }, "-", "ack" },
	{ "a CANCEL of nothing", { .method = BEL_SIP_CANCEL }, "481", "ack" },

	{ "OPTIONS of who names nothing of ours",
	  { .method = BEL_SIP_OPTIONS,
	    .target = "sip:100@192.0.2.1",
	    .from = "sip:scan@1.1.1.1",
	    .identity = BEL_IDENTITY_NONE },
	  "-",
	  "destination scanner" },
	{ "the same from a trusted address",
	  { .method = BEL_SIP_OPTIONS,
	    .target = "sip:192.0.2.1",
	    .from = "sip:scan@1.1.1.1",
	    .source = "198.51.100.9:5060",
	    .identity = BEL_IDENTITY_NONE },
	  "ans",
	  "destination server" },
	{ "OPTIONS to the server by its address",
	  { .method = BEL_SIP_OPTIONS,
	    .target = "sip:192.0.2.1:5060",
	    .from = "sip:alice@192.0.2.1",
	    .identity = BEL_IDENTITY_NONE },
	  "ans",
	  "destination server" },
	{ "a method that the server does not serve",
	  { .target = "sip:example.com" },
	  "405",
	  "destination server" },
	{ "an unknown method to the server",
	  { .method = BEL_SIP_METHOD_COUNT, .target = "sip:example.com" },
	  "501",
	  "destination server" },

	{ "no credentials",
	  { .identity = BEL_IDENTITY_NONE },
	  "407",
	  "destination identity" },
	{ "old credentials",
	  { .identity = BEL_IDENTITY_STALE },
	  "407s",
	  "destination identity" },
	{ "wrong credentials",
	  { .identity = BEL_IDENTITY_WRONG },
	  "407",
	  "destination identity" },
	{ "broken credentials",
	  { .identity = BEL_IDENTITY_BROKEN },
	  "400",
	  "destination identity" },

	{ "From of somebody else",
	  { .from = "sip:bob@example.com" },
	  "403",
	  "destination identity caller" },
	{ "From of nobody",
	  { .from = "sip:nobody@example.com" },
	  "403",
	  "destination identity caller" },
	{ "From of another domain",
	  { .from = "sip:alice@x.test" },
	  "403",
	  "destination identity caller" },
	{ "From by our address",
	  { .from = "sip:alice@192.0.2.1:9999" },
	  "fwd",
	  "destination identity user bindings" },
	{ "an anonymous caller",
	  { .from = "sip:anonymous@anonymous.invalid" },
	  "fwd",
	  "destination identity caller user bindings" },

	{ "REGISTER of oneself",
	  { .method = BEL_SIP_REGISTER,
	    .target = "sip:example.com",
	    .to = "sip:alice@example.com" },
	  "reg",
	  "destination identity registrar" },
	{ "REGISTER of somebody else",
	  { .method = BEL_SIP_REGISTER,
	    .target = "sip:example.com",
	    .to = "sip:bob@example.com" },
	  "403",
	  "destination identity registrar" },
	{ "REGISTER of nobody",
	  { .method = BEL_SIP_REGISTER,
	    .target = "sip:example.com",
	    .to = "sip:nobody@example.com" },
	  "403",
	  "destination identity registrar" },
	{ "REGISTER without a user",
	  { .method = BEL_SIP_REGISTER,
	    .target = "sip:example.com",
	    .to = "sip:example.com" },
	  "404",
	  "destination identity registrar" },
	{ "REGISTER of another domain's user",
	  { .method = BEL_SIP_REGISTER,
	    .target = "sip:example.com",
	    .to = "sip:alice@open.test" },
	  "404",
	  "destination identity registrar" },
	{ "REGISTER in the open domain",
	  { .method = BEL_SIP_REGISTER,
	    .target = "sip:open.test",
	    .to = "sip:anybody@open.test",
	    .identity = BEL_IDENTITY_NONE },
	  "reg",
	  "destination identity registrar" },

	{ "SUBSCRIBE",
	  { .method = BEL_SIP_SUBSCRIBE },
	  "489",
	  "destination identity events" },
	{ "NOTIFY", { .method = BEL_SIP_NOTIFY }, "481", "destination identity events" },

	{ "a foreign domain",
	  { .target = "sip:carol@x.test" },
	  "fwd",
	  "destination identity relay" },
	{ "another program at our address",
	  { .target = "sip:600@192.0.2.1:5090" },
	  "fwd",
	  "destination identity user out" },
	{ "our address, our port, nobody",
	  { .target = "sip:600@192.0.2.1:5060" },
	  "404",
	  "destination identity user" },
	{ "one address to a trusted source needs no state",
	  { .method = BEL_SIP_MESSAGE,
	    .target = "sip:carol@203.0.113.50",
	    .source = "198.51.100.9:5060",
	    .identity = BEL_IDENTITY_NONE },
	  "raw",
	  "destination relay" },
	{ "its calls do",
	  { .target = "sip:carol@203.0.113.50",
	    .source = "198.51.100.9:5060",
	    .identity = BEL_IDENTITY_NONE },
	  "fwd",
	  "destination relay" },

	{ "a user without a phone",
	  { .bindings_count = NONE },
	  "480",
	  "destination identity user bindings" },
	{ "sips to a phone without TLS",
	  { .target = "sips:bob@example.com" },
	  "480",
	  "destination identity user bindings" },
	{ "two phones",
	  { .bindings_count = 2 },
	  "fwd",
	  "destination identity user bindings" },

	{ "a public GRUU",
	  { .target = BOBS_PHONE },
	  "fwd",
	  "destination identity gruu user bindings" },
	{ "a public GRUU of a phone that is not there",
	  { .target = "sip:bob@example.com;gr=urn:uuid:other" },
	  "480",
	  "destination identity gruu user bindings" },
	{ "a public GRUU of nobody",
	  { .target = "sip:nobody@example.com;gr=urn:uuid:other" },
	  "404",
	  "destination identity gruu user" },
	{ "a GRUU such as nobody gave out",
	  { .target = "sip:bob@example.com;gr=kjh29x97us97d" },
	  "404",
	  "destination identity gruu" },
	{ "a temporary GRUU",
	  { .target = "sip:tgruu.bob@example.com;gr" },
	  "fwd",
	  "destination identity gruu user bindings" },
	{ "a temporary GRUU with escapes",
	  { .target = "sip:tgruu.%62ob@EXAMPLE.com;gr;transport=tcp" },
	  "fwd",
	  "destination identity gruu user bindings" },
	{ "a temporary GRUU at another domain",
	  { .target = "sip:tgruu.bob@open.test;gr" },
	  "404",
	  "destination identity gruu" },
	{ "a temporary GRUU that is over",
	  { .target = "sip:tgruu.old@example.com;gr" },
	  "404",
	  "destination identity gruu" },
	{ "a GRUU that another program made at our address",
	  { .target = "sip:600@192.0.2.1:5090;gr" },
	  "fwd",
	  "destination identity user out" },
	{ "an ACK to a GRUU of who would be asked",
	  { .method = BEL_SIP_ACK, .target = BOBS_PHONE, .has_to_tag = true },
	  "-",
	  "destination identity" },
	{ "an ACK to a GRUU of who is let in",
	  { .method = BEL_SIP_ACK,
	    .target = BOBS_PHONE,
	    .has_to_tag = true,
	    .from = "sip:fay@friends.test",
	    .identity = BEL_IDENTITY_NONE },
	  "fwd",
	  "destination identity gruu user bindings" },
	{ "NOTIFY within a dialog of the phone",
	  { .method = BEL_SIP_NOTIFY, .target = BOBS_PHONE, .has_to_tag = true },
	  "fwd",
	  "destination identity gruu user bindings" },
	{ "SUBSCRIBE within a dialog of the phone, not yet proved",
	  { .method = BEL_SIP_SUBSCRIBE,
	    .target = BOBS_PHONE,
	    .has_to_tag = true,
	    .identity = BEL_IDENTITY_NONE },
	  "407",
	  "destination identity" },
	{ "a dialog of ours to a GRUU",
	  { .method = BEL_SIP_BYE,
	    .route = BEL_ROUTE_MARKED,
	    .has_to_tag = true,
	    .is_near = true,
	    .target = BOBS_PHONE },
	  "dlg",
	  "dialog" },
	{ "a dialog of ours to a GRUU that is over, down a flow",
	  { .method = BEL_SIP_BYE,
	    .route = BEL_ROUTE_MARKED,
	    .has_to_tag = true,
	    .has_flow = true,
	    .target = "sip:tgruu.old@example.com;gr" },
	  "dlg",
	  "dialog" },
	{ "a dialog of ours to a GRUU that is over",
	  { .method = BEL_SIP_BYE,
	    .route = BEL_ROUTE_MARKED,
	    .has_to_tag = true,
	    .is_near = true,
	    .target = "sip:tgruu.old@example.com;gr" },
	  "404",
	  "dialog" },
	{ "a dialog of ours to a GRUU whose phone has left",
	  { .method = BEL_SIP_BYE,
	    .route = BEL_ROUTE_MARKED,
	    .has_to_tag = true,
	    .is_near = true,
	    .bindings_count = NONE,
	    .target = BOBS_PHONE },
	  "480",
	  "dialog" },
};

static struct world *open_changed(const struct change *change)
{
	struct world *world = open_world();
	struct bel_facts *facts = &world->facts;

	if (change->method)
		facts->method = change->method == BEL_SIP_METHOD_COUNT
					? BEL_SIP_METHOD_OTHER
					: change->method;
	facts->method_text = bel_sip_method_name(facts->method);
	if (change->target)
		facts->target = uri(change->target);
	if (change->from)
		facts->from = uri(change->from);
	if (change->to)
		facts->to = uri(change->to);
	if (change->source)
		facts->source = addr(change->source);
	if (change->max_forwards)
		facts->max_forwards = change->max_forwards == ZERO ? 0
								   : change->max_forwards;
	facts->unsupported = bel_str_from(change->unsupported);
	facts->is_proxy_unsupported = change->is_proxy_unsupported;
	facts->is_own_loop = change->is_own_loop;
	facts->has_to_tag = change->has_to_tag;
	facts->has_further_route = change->has_further_route;
	facts->mark.has_flow = change->has_flow;
	facts->is_near = change->is_near;
	facts->source_has_phones = change->source_has_phones;
	facts->route = change->route;
	facts->identity_user = BEL_STR("alice");
	world->bindings[1] = (struct bel_binding){ .id = 2,
						   .contact = TEXT("sip:bob@203.0.113.8"),
						   .q = 500 };
	if (change->bindings_count)
		world->bindings_count = change->bindings_count == NONE
						? 0
						: change->bindings_count;
	return world;
}

static void write_rules(struct bel_writer *writer, const struct bel_plan *plan)
{
	for (unsigned i = 0; i < plan->steps_count; i++) {
		if (i && plan->steps[i].rule == plan->steps[i - 1].rule)
			continue;
		bel_write_text(writer, writer->len ? " " : "");
		bel_write_text(writer, plan->steps[i].rule);
	}
}

static void each_change_has_its_outcome_and_its_rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		const struct change *change = &rows[i].change;
		struct world *world = open_changed(change);
		char buf[16], text[256];
		struct bel_writer writer = bel_writer_init(text, sizeof text);
		struct bel_plan *plan = plan_all(
			world, change->identity ? change->identity : BEL_IDENTITY_VALID);
		write_rules(&writer, plan);
		if (strcmp(outcome_of(plan, buf, sizeof buf), rows[i].outcome) != 0)
			fail_msg("%s: %s, not %s", rows[i].what,
				 outcome_of(plan, buf, sizeof buf), rows[i].outcome);
		if (!bel_str_is_equal(bel_writer_str(&writer),
				      bel_str_from(rows[i].rules)))
			fail_msg("%s: by %.*s, not %s", rows[i].what, (int)writer.len,
				 text, rows[i].rules);
		close_world(world);
	}
}

static void steps_do_not_change_the_plan(void **state)
{
	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		struct world *world = open_changed(&rows[i].change);
		struct bel_plan told, quiet;
		plan_all(world, rows[i].change.identity ? rows[i].change.identity
							: BEL_IDENTITY_VALID);
		told = world->plan;
		assert_int_equal(bel_route_plan(&quiet, &world->arena, &world->facts,
						&world->conf, false),
				 BEL_OK);
		assert_int_equal(quiet.steps_count, 0);
		assert_int_equal(quiet.kind, told.kind);
		assert_int_equal(quiet.status, told.status);
		assert_int_equal(quiet.targets_count, told.targets_count);
		assert_true(bel_str_is_equal(quiet.key, told.key));
		close_world(world);
	}
}

static void the_plan_of_a_call_says_all_that_is_to_be_done(void **state)
{
	struct world *world = open_changed(&(struct change){ .bindings_count = 2 });
	struct bel_plan *plan = plan_all(world, BEL_IDENTITY_VALID);

	(void)state;
	assert_str(plan->key, "bob@example.com");
	assert_str(plan->asserted, "<sip:alice@example.com>");
	assert_false(plan->is_from_stranger);
	assert_true(plan->records_route);
	assert_int_equal(plan->targets_count, 2);
	assert_str(plan->targets[0].uri, "sip:bob@203.0.113.9:5070");
	assert_ptr_equal(plan->targets[0].binding, &world->bindings[0]);
	assert_int_equal(plan->targets[1].q, 500);
	assert_int_equal(plan->steps[0].at.line, 1);
	close_world(world);
}

static void an_asserted_name_is_escaped(void **state)
{
	struct world *world = open_world();

	(void)state;
	world->users[0].name = (bel_str)TEXT("a>;x=\r\n<b");
	world->facts.from = uri("sip:a%3E;x=%0d%0a%3Cb@example.com");
	prove(world, "a>;x=\r\n<b");
	assert_str(plan_all(world, BEL_IDENTITY_VALID)->asserted,
		   "<sip:a%3E;x=%0D%0A%3Cb@example.com>");
	close_world(world);
}

/* RFC 5630 section 4. */
static void sips_goes_to_phones_with_tls_alone(void **state)
{
	struct world *world = open_changed(&(struct change){
		.target = "sips:bob@example.com", .bindings_count = 2 });

	(void)state;
	world->bindings[1].uses_flow = true;
	world->bindings[1].flow.transport = BEL_SIP_TLS;
	assert_int_equal(plan_all(world, BEL_IDENTITY_VALID)->targets_count, 1);
	assert_ptr_equal(world->plan.targets[0].binding, &world->bindings[1]);
	world->bindings[0].contact = (bel_str)TEXT("sips:bob@203.0.113.9");
	assert_int_equal(plan_all(world, BEL_IDENTITY_VALID)->targets_count, 2);
	close_world(world);
}

static void an_arena_that_is_used_up_is_told(void **state)
{
	struct world *world = open_changed(&(struct change){ 0 });
	struct bel_arena tiny;

	(void)state;
	plan_all(world, BEL_IDENTITY_VALID);
	bel_arena_init(&tiny, NULL, 0, 0);
	assert_int_equal(
		bel_route_plan(&world->plan, &tiny, &world->facts, &world->conf, true),
		BEL_ERR_SPACE);
	assert_int_equal(
		bel_route_plan(&world->plan, &tiny, &world->facts, &world->conf, false),
		BEL_ERR_SPACE);
	bel_arena_fini(&tiny);
	close_world(world);
}

static void names_of_ours_share_one_space(void **state)
{
	static const struct {
		const char *uri, *aor;
	} aors[] = {
		{ "sip:bob@example.com", "bob@example.com" },
		{ "sip:b%6fb@EXAMPLE.com:5090;transport=tcp", "bob@example.com" },
		{ "sip:bob@192.0.2.1", "bob@example.com" },
		{ "sip:bob@open.test", "bob@open.test" },
		{ "tel:+49-30-1", "+49301@example.com" },
		{ "sip:bob@x.test", "" },
		{ "sip:example.com", "" },
	};
	struct world *world = open_world();

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(aors); i++) {
		struct bel_uri parsed = uri(aors[i].uri);
		assert_str(bel_route_aor(&world->arena, &world->facts, &world->conf,
					 &parsed),
			   aors[i].aor);
	}
	close_world(world);
}

/* ---- GRUUs ---- */

static void a_gruu_leads_to_its_phone_alone(void **state)
{
	static const char *const targets[] = { BOBS_PHONE,
					       "sip:tgruu.bob@example.com;gr" };

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(targets); i++) {
		struct world *world = open_changed(
			&(struct change){ .target = targets[i], .bindings_count = 2 });
		struct bel_plan *plan = plan_all(world, BEL_IDENTITY_VALID);
		assert_int_equal(plan->targets_count, 1);
		assert_str(plan->targets[0].uri, "sip:bob@203.0.113.9:5070");
		assert_true(plan->is_one_phone && plan->records_route);
		assert_str(plan->key, "bob@example.com");
		close_world(world);
	}
}

/* RFC 5627 section 6.1: the one refreshed last; the other is there for when it fails. */
static void of_two_bindings_of_a_phone_the_newest_comes_first(void **state)
{
	struct world *world = open_changed(
		&(struct change){ .target = BOBS_PHONE, .bindings_count = 2 });
	struct bel_plan *plan;

	(void)state;
	world->bindings[1].instance = BEL_STR("URN:UUID:00000000-0000-1000-8000-"
					      "000A95A0E128");
	world->bindings[0].changed_ms = 1000;
	world->bindings[1].changed_ms = 2000;
	plan = plan_all(world, BEL_IDENTITY_VALID);
	assert_int_equal(plan->targets_count, 2);
	assert_str(plan->targets[0].uri, "sip:bob@203.0.113.8");
	assert_true(plan->targets[0].q > plan->targets[1].q);
	close_world(world);
}

static void a_gruu_is_refused_like_its_user_and_never_redirected(void **state)
{
	static const struct bel_conf_route routes[] = {
		{ .at = AT(7),
		  .pattern = TEXT("bob"),
		  .step = BEL_STEP_REJECT,
		  .status = 603 },
	};
	static const struct bel_conf_route forwards[] = {
		{ .at = AT(7),
		  .pattern = TEXT("bob"),
		  .step = BEL_STEP_USER,
		  .target = TEXT("alice") },
	};
	const struct change change = { .target = "sip:tgruu.bob@example.com;gr" };
	struct world *world = open_changed(&change);

	(void)state;
	world->conf.routes = routes;
	world->conf.routes_count = 1;
	assert_int_equal(plan_all(world, BEL_IDENTITY_VALID)->status, 603);
	close_world(world);
	world = open_changed(&change);
	world->conf.routes = forwards;
	world->conf.routes_count = 1;
	world->conf.redirect = (struct bel_conf_redirect){ .status = 302 };
	assert_int_equal(plan_all(world, BEL_IDENTITY_VALID)->kind, BEL_PLAN_FORWARD);
	assert_str(world->plan.targets[0].uri, "sip:bob@203.0.113.9:5070");
	close_world(world);
}

static void without_gruus_the_parameter_says_nothing(void **state)
{
	struct world *world = open_changed(
		&(struct change){ .target = BOBS_PHONE, .bindings_count = 2 });

	(void)state;
	world->conf.registrar.has_gruu = false;
	assert_int_equal(plan_all(world, BEL_IDENTITY_VALID)->targets_count, 2);
	close_world(world);
}

/* What a stranger is told does not depend on whether it is one. */
static void a_stranger_learns_nothing_of_a_temporary_gruu(void **state)
{
	static const char *const targets[] = { "sip:tgruu.bob@example.com;gr",
					       "sip:tgruu.old@example.com;gr" };

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(targets); i++) {
		struct world *world = open_changed(
			&(struct change){ .target = targets[i] });
		struct bel_plan *plan = plan_all(world, BEL_IDENTITY_NONE);
		assert_int_equal(plan->kind, BEL_PLAN_CHALLENGE);
		assert_int_equal(world->facts.gruu_known, BEL_UNASKED);
		for (unsigned k = 0; k < plan->steps_count; k++)
			assert_null(memmem(plan->steps[k].text.ptr,
					   plan->steps[k].text.len, "bob@", 4));
		close_world(world);
	}
}

/* An open domain is a space of its own, so it is not the one that all others share. */
static void the_default_domain_is_the_first_that_is_not_open(void **state)
{
	static const struct bel_conf_domain open_first[] = {
		{ .name = TEXT("open.test"), .is_open = true },
		{ .name = TEXT("example.com") },
		{ .name = TEXT("example.net") },
	};
	struct bel_conf conf = { .domains = open_first, .domains_count = 3 };

	(void)state;
	assert_str(bel_conf_default_domain(&conf), "example.com");
	conf.domains_count = 1;
	assert_str(bel_conf_default_domain(&conf), "local");
	conf.domains_count = 0;
	assert_str(bel_conf_default_domain(&conf), "local");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_change_has_its_outcome_and_its_rules),
		cmocka_unit_test(steps_do_not_change_the_plan),
		cmocka_unit_test(the_plan_of_a_call_says_all_that_is_to_be_done),
		cmocka_unit_test(an_asserted_name_is_escaped),
		cmocka_unit_test(sips_goes_to_phones_with_tls_alone),
		cmocka_unit_test(an_arena_that_is_used_up_is_told),
		cmocka_unit_test(names_of_ours_share_one_space),
		cmocka_unit_test(a_gruu_leads_to_its_phone_alone),
		cmocka_unit_test(of_two_bindings_of_a_phone_the_newest_comes_first),
		cmocka_unit_test(a_gruu_is_refused_like_its_user_and_never_redirected),
		cmocka_unit_test(without_gruus_the_parameter_says_nothing),
		cmocka_unit_test(a_stranger_learns_nothing_of_a_temporary_gruu),
		cmocka_unit_test(the_default_domain_is_the_first_that_is_not_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
