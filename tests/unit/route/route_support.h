/* SPDX-License-Identifier: Apache-2.0
 * A small world to plan in: example.com with alice and bob, of whom bob has a phone;
 * open.test, where nobody is asked; friends.test, whose callers are let in; a trusted
 * network. A GRUU of bob's phone has the user part `tgruu.bob`. `plan_all` plays the
 * executor and looks up what the plan asks for. */
#ifndef BEL_TESTS_ROUTE_SUPPORT_H
#define BEL_TESTS_ROUTE_SUPPORT_H

#include "support/support.h"

#include "route/plan_int.h"

#define WORLD_INSTANCE "urn:uuid:00000000-0000-1000-8000-000a95a0e128"

#define AT(number)                                                                       \
	{                                                                                \
		.file = { "belfry.conf", 11 }, .line = number                            \
	}
#define TEXT(literal)                                                                    \
	{                                                                                \
		literal, sizeof(literal) - 1                                             \
	}

static const struct bel_conf_domain world_domains[] = {
	{ .at = AT(1), .name = TEXT("example.com") },
	{ .at = AT(2), .name = TEXT("open.test"), .is_open = true },
};
static const struct bel_conf_accept world_accepts[] = {
	{ .at = AT(3), .domain = TEXT("friends.test") },
};

struct world {
	struct bel_conf conf;
	struct bel_conf_net trusted[1];
	struct bel_arena arena;
	bel_addr own[2];
	struct bel_user users[2];
	struct bel_binding bindings[2]; /* of bob */
	unsigned bindings_count;
	struct bel_facts facts;
	struct bel_plan plan;
};

static inline bel_addr addr(const char *text)
{
	bel_addr out = { .family = 0 };

	assert_int_equal(bel_addr_parse(&out, bel_str_from(text), 0), BEL_OK);
	return out;
}

static inline struct bel_uri uri(const char *text)
{
	struct bel_uri out;

	assert_int_equal(bel_uri_parse(&out, bel_str_from(text)), BEL_OK);
	return out;
}

static inline struct world *open_world(void)
{
	struct world *world = calloc(1, sizeof *world);

	assert_non_null(world);
	bel_arena_init(&world->arena, NULL, 0, 1 << 20);
	world->conf.registrar.has_gruu = true;
	world->conf.domains = world_domains;
	world->conf.domains_count = BEL_COUNT_OF(world_domains);
	world->conf.accepts = world_accepts;
	world->conf.accepts_count = BEL_COUNT_OF(world_accepts);
	world->trusted[0] = (struct bel_conf_net){ .at = AT(4),
						   .addr = addr("198.51.100.0"),
						   .prefix_bits = 24 };
	world->conf.trusted = world->trusted;
	world->conf.trusted_count = 1;
	world->own[0] = addr("192.0.2.1:5060");
	world->own[1] = addr("192.0.2.1:5061");
	world->users[0] = (struct bel_user){ .name = TEXT("alice"), .at = AT(5) };
	world->users[1] = (struct bel_user){ .name = TEXT("bob"), .at = AT(6) };
	world->bindings[0] =
		(struct bel_binding){ .id = 1,
				      .contact = TEXT("sip:bob@203.0.113.9:5070"),
				      .instance = TEXT(WORLD_INSTANCE),
				      .q = 1000 };
	world->bindings_count = 1;
	world->facts = (struct bel_facts){ .method = BEL_SIP_INVITE,
					   .method_text = TEXT("INVITE"),
					   .target = uri("sip:bob@example.com"),
					   .from = uri("sip:alice@example.com"),
					   .to = uri("sip:bob@example.com"),
					   .max_forwards = 70,
					   .source = addr("203.0.113.5:5060"),
					   .transport = BEL_SIP_UDP,
					   .own = world->own,
					   .own_count = BEL_COUNT_OF(world->own) };
	return world;
}

static inline void close_world(struct world *world)
{
	bel_arena_fini(&world->arena);
	free(world);
}

static inline void prove(struct world *world, const char *user)
{
	world->facts.identity = BEL_IDENTITY_VALID;
	world->facts.identity_user = bel_str_from(user);
}

static inline enum bel_known look_up(struct world *world, bel_str key,
				     struct bel_user *out)
{
	for (size_t i = 0; i < BEL_COUNT_OF(world->users); i++) {
		if (!bel_str_is_equal(world->users[i].name, key))
			continue;
		*out = world->users[i];
		return BEL_FOUND;
	}
	return BEL_ABSENT;
}

/* bob's phone is his in both domains. */
static inline void look_up_bindings(struct world *world, bel_str aor)
{
	bool is_bob = bel_str_has_prefix(aor, BEL_STR("bob@"));

	world->facts.bindings_known = is_bob ? BEL_FOUND : BEL_ABSENT;
	world->facts.bindings = world->bindings;
	world->facts.bindings_count = is_bob ? world->bindings_count : 0;
}

static inline void look_up_gruu(struct world *world, bel_str user)
{
	if (!bel_str_is_equal(user, BEL_STR("tgruu.bob"))) {
		world->facts.gruu_known = BEL_ABSENT;
		return;
	}
	world->facts.gruu_known = BEL_FOUND;
	world->facts.gruu_aor = BEL_STR("bob@example.com");
	world->facts.gruu_instance = BEL_STR(WORLD_INSTANCE);
}

/* `when_asked` is what credentials turn out to be. */
static inline struct bel_plan *plan_all(struct world *world, enum bel_identity when_asked)
{
	struct bel_facts *facts = &world->facts;

	for (int i = 0; i < 6; i++) {
		assert_int_equal(bel_route_plan(&world->plan, &world->arena, facts,
						&world->conf, true),
				 BEL_OK);
		switch (world->plan.kind) {
		case BEL_PLAN_NEED_IDENTITY:
			assert_int_equal(facts->identity, BEL_IDENTITY_UNASKED);
			facts->identity = when_asked;
			break;
		case BEL_PLAN_NEED_CALLER:
			facts->caller_known = look_up(world, world->plan.key,
						      &facts->caller);
			break;
		case BEL_PLAN_NEED_USER:
			facts->user_known = look_up(world, world->plan.key, &facts->user);
			break;
		case BEL_PLAN_NEED_BINDINGS:
			look_up_bindings(world, world->plan.key);
			break;
		case BEL_PLAN_NEED_GRUU:
			look_up_gruu(world, world->plan.key);
			break;
		default:
			return &world->plan;
		}
	}
	fail_msg("the plan asks for ever");
	return NULL;
}

/* "reg", "fwd" ... "401s" for a challenge with stale=true; statuses as they are. */
static inline const char *outcome_of(const struct bel_plan *plan, char *buf, size_t size)
{
	static const char *const names[] = {
		[BEL_PLAN_DROP] = "-",        [BEL_PLAN_REGISTER] = "reg",
		[BEL_PLAN_ANSWER] = "ans",    [BEL_PLAN_REDIRECT] = "redirect",
		[BEL_PLAN_FORWARD] = "fwd",   [BEL_PLAN_FORWARD_STATELESS] = "raw",
		[BEL_PLAN_IN_DIALOG] = "dlg", [BEL_PLAN_CALLED] = "call",
	};

	if (plan->kind != BEL_PLAN_REJECT && plan->kind != BEL_PLAN_CHALLENGE)
		return names[plan->kind];
	snprintf(buf, size, "%u%s", plan->status, plan->is_stale ? "s" : "");
	return buf;
}

#endif
