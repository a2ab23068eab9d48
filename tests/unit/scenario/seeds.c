/* SPDX-License-Identifier: Apache-2.0
 * Two servers of two or four workers each, ten phones behind NATs of all kinds, half of
 * which send from two ports, and a network that loses up to 30 %, repeats, reorders and
 * delays. Phones register, call, hang up and cancel at random; when all is over nothing
 * may be left: no transaction, no call in a proxy, no binding of a phone that has gone,
 * and no end of a call that the other end does not know. No CANCEL may have missed its
 * INVITE.
 *
 *   $BELFRY_SEEDS=all  10,000 seeds; a number: so many; else 40
 *   --seed N           that one alone, told step by step */
#include "support/support.h"
#include "support/world.h"

enum {
	PHONES = 10,
	SEEDS_SHORT = 40,
	SEEDS_ALL = 10000,
	ACTIONS = 60,
	QUIET_MS = 200000, /* longer than any timer that a call can leave behind */
};

static const char *const names[PHONES] = { "alice", "bob",   "carol", "dave", "erin",
					   "frank", "grace", "heidi", "ivan", "judy" };

static uint64_t draw(struct world *world, uint64_t limit)
{
	return bel_sim_draw(world->sim, limit);
}

static void let_pass(struct world *world, uint64_t ms)
{
	bel_sim_run(world->sim, bel_sim_now_ms(world->sim) + ms);
}

static struct world *make_world(uint64_t seed)
{
	struct world *world = bel_world_new(
		seed, &(struct bel_sim_net){ .delay_max_ms = 5 }, 2, seed % 2 ? 2 : 4);
	const struct bel_sim_net net = {
		.loss = (unsigned)draw(world, 301),
		.duplicate = (unsigned)draw(world, 51),
		.reorder = (unsigned)draw(world, 101),
		.delay_min_ms = 1,
		.delay_max_ms = 2 + (unsigned)draw(world, 200),
	};

	for (unsigned i = 0; i < PHONES; i++) {
		struct phone *phone = bel_world_phone(
			world, i % 2, names[i],
			(enum bel_sim_nat_kind)draw(world, BEL_NAT_SYMMETRIC + 1), i + 1);
		phone->answer_after_ms = 100 + (unsigned)draw(world, 5000);
		phone->talk_ms = draw(world, 2) ? 1000 + (unsigned)draw(world, 20000) : 0;
		phone->roams = (unsigned)draw(world, 2) * 300;
	}
	bel_sim_set_net(world->sim, &net);
	return world;
}

static struct phone_call *some_call(struct world *world, struct phone *phone)
{
	struct phone_call *found = NULL;
	uint64_t count = 0;

	BEL_LIST_EACH(node, &phone->calls)
	{
		struct phone_call *call = BEL_CONTAINER_OF(node, struct phone_call, node);
		if (call->state != PHONE_OVER && draw(world, ++count) == 0)
			found = call;
	}
	return found;
}

static void act(struct world *world)
{
	unsigned index = (unsigned)draw(world, PHONES);
	struct phone *phone = world->phones[index];
	char uri[64];

	switch (draw(world, 6)) {
	case 0:
		bel_phone_register(phone, 60 + (unsigned)draw(world, 600));
		return;
	case 1:
	case 2:
		index = (unsigned)draw(world, PHONES);
		snprintf(uri, sizeof uri, "sip:%s@%c.test", names[index],
			 'a' + (char)(index % 2));
		bel_phone_call(phone, uri);
		return;
	case 3:
	case 4: {
		struct phone_call *call = some_call(world, phone);
		if (call)
			bel_phone_hang_up(call);
		return;
	}
	default:
		return;
	}
}

static void hang_up_all(struct world *world)
{
	for (unsigned i = 0; i < PHONES; i++)
		BEL_LIST_EACH(node, &world->phones[i]->calls)
		{
			struct phone_call *call = BEL_CONTAINER_OF(
				node, struct phone_call, node);
			bel_phone_hang_up(call);
		}
}

static unsigned count_wrong(struct world *world, uint64_t seed)
{
	unsigned wrong = 0;

#define CHECK(condition, ...)                                                            \
	do {                                                                             \
		if (!(condition)) {                                                      \
			wrong++;                                                         \
			fprintf(stderr, "seed %llu: ", (unsigned long long)seed);        \
			fprintf(stderr, __VA_ARGS__);                                    \
			fputc('\n', stderr);                                             \
		}                                                                        \
	} while (0)
	for (unsigned i = 0; i < 2; i++) {
		CHECK(bel_world_counter(world, i, "transactions") == 0,
		      "server %u has transactions left", i);
		CHECK(bel_world_counter(world, i, "proxied_requests") == 0,
		      "server %u has calls left", i);
		CHECK(bel_world_counter(world, i, "bindings") == 0,
		      "server %u has bindings left", i);
	}
	for (unsigned i = 0; i < PHONES; i++) {
		struct phone *phone = world->phones[i];
		CHECK(bel_tx_table_count(phone->table) == 0, "%s has transactions left",
		      phone->name);
		CHECK(phone->disowned == 0, "%u CANCELs of %s did not find their INVITE",
		      phone->disowned, phone->name);
		BEL_LIST_EACH(node, &phone->calls)
		{
			struct phone_call *call = BEL_CONTAINER_OF(
				node, struct phone_call, node);
			CHECK(call->state == PHONE_OVER && !call->invite,
			      "%s has call %s in state %d, its INVITE %s", phone->name,
			      call->id, call->state,
			      call->invite ? bel_tx_state_name(call->invite->state)
					   : "gone");
		}
	}
#undef CHECK
	return wrong;
}

/* One line a packet: when, from, to, its fate, the first line and the Call-ID. */
static void tell_packet(void *user, const struct bel_sim_packet *packet)
{
	char text[80];
	struct bel_writer writer = bel_writer_init(text, sizeof text);
	bel_str line = bel_str_slice(packet->bytes, 0, bel_str_find(packet->bytes, '\r'));
	bel_str left = packet->bytes;

	(void)user;
	bel_addr_write(&writer, &packet->from);
	bel_write_lit(&writer, " -> ");
	bel_addr_write(&writer, &packet->to);
	printf("%9.3f %.*s %s %.*s", (double)packet->at_ms / 1000,
	       BEL_STR_ARG(bel_writer_str(&writer)), packet->is_lost ? "LOST" : "    ",
	       BEL_STR_ARG(line));
	while (left.len) {
		line = bel_str_trim(bel_str_slice(left, 0, bel_str_find(left, '\n')));
		if (bel_str_has_prefix(line, BEL_STR("Call-ID:")) ||
		    bel_str_has_prefix(line, BEL_STR("CSeq:")))
			printf("  %.*s", BEL_STR_ARG(line));
		left = bel_str_slice(left, bel_str_find(left, '\n') + 1, left.len);
	}
	printf("\n");
}

static unsigned run_seed(uint64_t seed, bool is_told)
{
	struct world *world = make_world(seed);
	unsigned wrong;

	if (is_told)
		bel_sim_on_packet(world->sim, tell_packet, NULL);
	for (unsigned i = 0; i < PHONES; i++)
		bel_phone_register(world->phones[i], 300);
	let_pass(world, 10000);
	for (unsigned i = 0; i < ACTIONS; i++) {
		act(world);
		let_pass(world, 100 + draw(world, 4000));
	}
	/* What still rings or talks is ended by who can; a BYE that nobody hears ends all
	 * the same. Registrations run out. */
	for (unsigned i = 0; i < 4; i++) {
		hang_up_all(world);
		let_pass(world, QUIET_MS);
	}
	wrong = count_wrong(world, seed);
	bel_world_free(world);
	return wrong;
}

static uint64_t seeds_wanted(void)
{
	const char *text = getenv("BELFRY_SEEDS");
	uint64_t count = SEEDS_SHORT;

	if (text && bel_str_is_equal(bel_str_from(text), BEL_STR("all")))
		return SEEDS_ALL;
	if (text)
		bel_str_to_u64(&count, bel_str_from(text), SEEDS_ALL * 100u);
	return count;
}

static void nothing_is_left_when_all_is_over(void **state)
{
	uint64_t count = seeds_wanted();
	unsigned wrong = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= count; seed++)
		wrong += run_seed(seed, false);
	assert_int_equal(wrong, 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_left_when_all_is_over),
	};
	uint64_t seed;

	if (argc == 3 && bel_str_is_equal(bel_str_from(argv[1]), BEL_STR("--seed")) &&
	    bel_str_to_u64(&seed, bel_str_from(argv[2]), UINT64_MAX) == BEL_OK)
		return run_seed(seed, true) ? 1 : 0;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
