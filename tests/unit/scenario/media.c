/* SPDX-License-Identifier: Apache-2.0
 * Phones that know of no NAT, behind every kind of it, call each other by way of a server
 * that nobody has told anything: there is sound both ways. */
#include "support/support.h"

#include "support/world.h"

enum { KINDS = 5, TALK_MS = 5000, SECOND_MS = 1000, ENOUGH = 200 };

static const struct bel_sim_net fine = { .delay_min_ms = 5, .delay_max_ms = 15 };

static struct phone *phone_at(struct world *world, const char *name,
			      enum bel_sim_nat_kind nat, unsigned number)
{
	struct phone *phone = bel_world_phone(world, 0, name, nat, number);

	bel_phone_open_sound(phone);
	bel_phone_register(phone, 3600);
	return phone;
}

static void run_ms(struct world *world, uint64_t ms)
{
	bel_sim_run(world->sim, bel_sim_now_ms(world->sim) + ms);
}

struct pair {
	struct world *world;
	struct phone *alice, *bob;
	struct phone_call *call;
};

static struct pair connect(const struct bel_sim_net *net, uint64_t seed, unsigned workers,
			   enum bel_sim_nat_kind alice, enum bel_sim_nat_kind bob)
{
	struct pair pair = { .world = bel_world_new(seed, net, 1, workers) };

	pair.alice = phone_at(pair.world, "alice", alice, 1);
	pair.bob = phone_at(pair.world, "bob", bob, 2);
	run_ms(pair.world, 2000);
	assert_true(pair.alice->is_registered && pair.bob->is_registered);
	pair.call = bel_phone_call(pair.alice, "sip:bob@a.test");
	run_ms(pair.world, TALK_MS + 1000);
	return pair;
}

static void assert_both_hear(const struct pair *pair)
{
	assert_int_equal(pair->call->state, PHONE_TALKING);
	assert_true(pair->alice->sound->heard > ENOUGH);
	assert_true(pair->bob->sound->heard > ENOUGH);
	assert_int_equal(pair->alice->sound->heard_ssrc, pair->bob->sound->ssrc);
	assert_int_equal(pair->bob->sound->heard_ssrc, pair->alice->sound->ssrc);
}

static void every_pair_of_nats_has_sound_both_ways(void **state)
{
	(void)state;
	for (unsigned i = 0; i < KINDS * KINDS; i++) {
		struct pair pair = connect(&fine, i + 1, 1 + i % 2, i % KINDS, i / KINDS);
		assert_both_hear(&pair);
		bel_world_free(pair.world);
	}
}

static void nothing_is_carried_where_nothing_stands_between(void **state)
{
	struct pair pair = connect(&fine, 1, 1, BEL_NAT_NONE, BEL_NAT_NONE);

	(void)state;
	assert_both_hear(&pair);
	assert_int_equal(bel_world_counter(pair.world, 0, "relay_carried"), 0);
	bel_world_free(pair.world);
}

static void a_bye_gives_the_ports_back(void **state)
{
	struct pair pair = connect(&fine, 1, 1, BEL_NAT_SYMMETRIC, BEL_NAT_SYMMETRIC);

	(void)state;
	assert_int_equal(bel_world_counter(pair.world, 0, "relay_calls"), 1);
	assert_int_equal(bel_world_counter(pair.world, 0, "relay_legs"), 2);
	bel_phone_hang_up(pair.call);
	run_ms(pair.world, 2 * SECOND_MS);
	assert_int_equal(bel_world_counter(pair.world, 0, "relay_calls"), 0);
	assert_int_equal(bel_world_counter(pair.world, 0, "relay_legs"), 0);
	bel_world_free(pair.world);
}

/* Neither a refusal nor a CANCEL leaves ports behind. */
static void a_call_that_is_not_answered_leaves_nothing(void **state)
{
	struct world *world = bel_world_new(1, &fine, 1, 1);
	struct phone *alice = phone_at(world, "alice", BEL_NAT_SYMMETRIC, 1);
	struct phone *bob = phone_at(world, "bob", BEL_NAT_SYMMETRIC, 2);
	struct phone_call *call;

	(void)state;
	bob->answer_after_ms = 60000;
	run_ms(world, 2000);
	call = bel_phone_call(alice, "sip:bob@a.test");
	run_ms(world, 3000);
	assert_int_equal(bel_world_counter(world, 0, "relay_calls"), 1);
	bel_phone_hang_up(call);
	run_ms(world, 3000);
	assert_int_equal(call->status, 487);
	assert_int_equal(bel_world_counter(world, 0, "relay_calls"), 0);
	bel_world_free(world);
}

/* A BYE may be lost for good: without packets the call is forgotten. */
static void a_call_whose_end_was_not_heard_of_is_ended(void **state)
{
	struct pair pair = connect(&fine, 1, 1, BEL_NAT_SYMMETRIC, BEL_NAT_SYMMETRIC);

	(void)state;
	bel_timer_stop(pair.alice->loop, &pair.alice->sound->timer);
	bel_timer_stop(pair.bob->loop, &pair.bob->sound->timer);
	run_ms(pair.world, 55 * SECOND_MS);
	assert_int_equal(bel_world_counter(pair.world, 0, "relay_calls"), 1);
	run_ms(pair.world, 10 * SECOND_MS);
	assert_int_equal(bel_world_counter(pair.world, 0, "relay_calls"), 0);
	assert_int_equal(bel_world_counter(pair.world, 0, "relay_timeouts"), 1);
	bel_world_free(pair.world);
}

static void loss_and_disorder_leave_sound(void **state)
{
	const struct bel_sim_net bad = { .loss = 100,
					 .duplicate = 50,
					 .reorder = 50,
					 .delay_min_ms = 5,
					 .delay_max_ms = 80 };

	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct world *world = bel_world_new(seed, &bad, 1, 2);
		struct pair pair = { .world = world };
		pair.alice = phone_at(world, "alice", BEL_NAT_SYMMETRIC, 1);
		pair.bob = phone_at(world, "bob", BEL_NAT_PORT_RESTRICTED, 2);
		run_ms(world, 20000);
		pair.call = bel_phone_call(pair.alice, "sip:bob@a.test");
		run_ms(world, 40000);
		if (pair.call->state == PHONE_TALKING)
			assert_both_hear(&pair);
		bel_world_free(world);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_pair_of_nats_has_sound_both_ways),
		cmocka_unit_test(nothing_is_carried_where_nothing_stands_between),
		cmocka_unit_test(a_bye_gives_the_ports_back),
		cmocka_unit_test(a_call_that_is_not_answered_leaves_nothing),
		cmocka_unit_test(a_call_whose_end_was_not_heard_of_is_ended),
		cmocka_unit_test(loss_and_disorder_leave_sound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
