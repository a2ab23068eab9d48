/* SPDX-License-Identifier: Apache-2.0
 * Calls through a whole server in the simulator. */
#include "support/support.h"
#include "support/world.h"

static struct phone *add(struct world *world, const char *name, unsigned number)
{
	return bel_world_phone(world, 0, name, BEL_NAT_NONE, number);
}

/* Alice and Bob, both registered at one server. */
static struct world *registered_pair(uint64_t seed, struct phone **alice,
				     struct phone **bob)
{
	struct world *world = bel_world_new(
		seed, &(struct bel_sim_net){ .delay_max_ms = 5 }, 1, 2);

	*alice = add(world, "alice", 1);
	*bob = add(world, "bob", 2);
	bel_phone_register(*alice, 3600);
	bel_phone_register(*bob, 3600);
	bel_sim_run(world->sim, 2000);
	return world;
}

static void a_phone_registers_with_its_password(void **state)
{
	struct world *world = bel_world_new(1, &(struct bel_sim_net){ .delay_max_ms = 5 },
					    1, 2);
	struct phone *alice = add(world, "alice", 1);

	(void)state;
	bel_phone_register(alice, 3600);
	bel_sim_run(world->sim, 2000);
	assert_true(alice->is_registered);
	assert_int_equal(bel_world_counter(world, 0, "bindings"), 1);
	bel_phone_register(alice, 0);
	bel_sim_run(world->sim, 5000);
	assert_int_equal(bel_world_counter(world, 0, "bindings"), 0);
	bel_world_free(world);
}

static void a_call_is_set_up_and_ended_by_the_callee(void **state)
{
	struct phone *alice, *bob;
	struct world *world = registered_pair(2, &alice, &bob);
	struct phone_call *call;

	(void)state;
	bob->talk_ms = 3000;
	call = bel_phone_call(alice, "sip:bob@a.test");
	bel_sim_run(world->sim, 4000);
	assert_int_equal(call->state, PHONE_TALKING);
	assert_int_equal(bel_phone_find(bob, call->id)->state, PHONE_TALKING);
	bel_sim_run(world->sim, 10000);
	assert_int_equal(call->state, PHONE_OVER);
	assert_int_equal(bel_phone_find(bob, call->id)->state, PHONE_OVER);
	bel_sim_run(world->sim, 60000);
	assert_int_equal(bel_world_counter(world, 0, "transactions"), 0);
	assert_int_equal(bel_world_counter(world, 0, "proxied_requests"), 0);
	bel_world_free(world);
}

static void a_cancelled_call_never_rings_on(void **state)
{
	struct phone *alice, *bob;
	struct world *world = registered_pair(3, &alice, &bob);
	struct phone_call *call;

	(void)state;
	bob->answer_after_ms = 20000;
	call = bel_phone_call(alice, "sip:bob@a.test");
	bel_sim_run(world->sim, 5000);
	bel_phone_hang_up(call);
	bel_sim_run(world->sim, 8000);
	assert_int_equal(call->status, 487);
	assert_int_equal(bel_phone_find(bob, call->id)->state, PHONE_OVER);
	bel_sim_run(world->sim, 60000);
	assert_int_equal(bel_world_counter(world, 0, "transactions"), 0);
	bel_world_free(world);
}

static void a_call_to_nobody_is_refused(void **state)
{
	struct world *world = bel_world_new(4, &(struct bel_sim_net){ .delay_max_ms = 5 },
					    1, 2);
	struct phone *alice = add(world, "alice", 1);
	struct phone_call *absent, *unknown;

	(void)state;
	bel_phone_register(alice, 3600);
	bel_sim_run(world->sim, 2000);
	absent = bel_phone_call(alice, "sip:bob@a.test");
	unknown = bel_phone_call(alice, "sip:nobody@a.test");
	bel_sim_run(world->sim, 5000);
	assert_int_equal(absent->status, 480);
	assert_int_equal(unknown->status, 404);
	bel_world_free(world);
}

static void a_wrong_password_gets_nowhere(void **state)
{
	struct world *world = bel_world_new(5, &(struct bel_sim_net){ .delay_max_ms = 5 },
					    1, 2);
	struct phone *alice = add(world, "alice", 1);

	(void)state;
	snprintf(alice->password, sizeof alice->password, "guess");
	bel_phone_register(alice, 3600);
	bel_sim_run(world->sim, 5000);
	assert_false(alice->is_registered);
	assert_int_equal(bel_world_counter(world, 0, "bindings"), 0);
	bel_world_free(world);
}

static void phones_behind_every_nat_are_called(void **state)
{
	static const enum bel_sim_nat_kind kinds[] = { BEL_NAT_FULL_CONE,
						       BEL_NAT_RESTRICTED,
						       BEL_NAT_PORT_RESTRICTED,
						       BEL_NAT_SYMMETRIC };

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(kinds); i++) {
		struct world *world = bel_world_new(
			6, &(struct bel_sim_net){ .delay_max_ms = 5 }, 1, 2);
		struct phone *alice = bel_world_phone(world, 0, "alice", kinds[i], 1);
		struct phone *bob = bel_world_phone(world, 0, "bob", kinds[i], 2);
		struct phone_call *call;
		bel_phone_register(alice, 3600);
		bel_phone_register(bob, 3600);
		/* Longer than a NAT remembers: the server's pings keep the way open. */
		bel_sim_run(world->sim, 600000);
		bob->talk_ms = 3000;
		call = bel_phone_call(alice, "sip:bob@a.test");
		bel_sim_run(world->sim, 602000);
		assert_int_equal(call->state, PHONE_TALKING);
		bel_sim_run(world->sim, 620000);
		assert_int_equal(call->state, PHONE_OVER);
		bel_world_free(world);
	}
}

static void neighbours_call_each_other(void **state)
{
	struct world *world = bel_world_new(7, &(struct bel_sim_net){ .delay_max_ms = 5 },
					    2, 2);
	struct phone *alice = add(world, "alice", 1);
	struct phone *bob = bel_world_phone(world, 1, "bob", BEL_NAT_NONE, 2);
	struct phone_call *call;

	(void)state;
	bel_phone_register(alice, 3600);
	bel_phone_register(bob, 3600);
	bel_sim_run(world->sim, 2000);
	bob->talk_ms = 3000;
	call = bel_phone_call(alice, "sip:bob@b.test");
	bel_sim_run(world->sim, 4000);
	assert_int_equal(call->state, PHONE_TALKING);
	bel_sim_run(world->sim, 10000);
	assert_int_equal(call->state, PHONE_OVER);
	bel_world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_phone_registers_with_its_password),
		cmocka_unit_test(a_call_is_set_up_and_ended_by_the_callee),
		cmocka_unit_test(a_cancelled_call_never_rings_on),
		cmocka_unit_test(a_call_to_nobody_is_refused),
		cmocka_unit_test(a_wrong_password_gets_nowhere),
		cmocka_unit_test(phones_behind_every_nat_are_called),
		cmocka_unit_test(neighbours_call_each_other),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
