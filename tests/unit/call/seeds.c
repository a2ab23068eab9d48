/* SPDX-License-Identifier: Apache-2.0
 * Calls through a network that loses, repeats and overtakes, with two people who do
 * whatever comes to their mind. Whatever happens: in the end no call is left at either
 * side, no transaction and no request; what began at both was told to have ended at both,
 * once. $BELFRY_SEEDS=all: 10,000 seeds; a number: so many; else 300. --seed N: that one
 * alone. */
#include "unit/call/phone.h"

enum { SHORT_SEEDS = 300, ALL_SEEDS = 10000, CALLS = 3, STEPS = 12 };

struct bench {
	struct bel_sim *sim;
	struct phone a, b;
};

static void run_for(struct bench *bench, uint64_t ms)
{
	bel_sim_run(bench->sim, bel_sim_now_ms(bench->sim) + ms);
}

static void do_nothing(struct bench *bench, struct phone *phone)
{
	(void)bench;
	(void)phone;
}

static void do_answer(struct bench *bench, struct phone *phone)
{
	(void)bench;
	bel_call_answer(phone->call);
}

static void do_ring(struct bench *bench, struct phone *phone)
{
	bel_call_ring(phone->call, bel_sim_draw(bench->sim, 2) ? 180 : 183,
		      bel_sim_draw(bench->sim, 2));
}

static void do_refuse(struct bench *bench, struct phone *phone)
{
	(void)bench;
	bel_call_refuse(phone->call, 486, BEL_STR_NONE);
}

static void do_hang_up(struct bench *bench, struct phone *phone)
{
	if (!bel_sim_draw(bench->sim, 3))
		bel_call_hang_up(phone->call, BEL_STR_NONE);
}

static void do_modify(struct bench *bench, struct phone *phone)
{
	phone->direction = (enum bel_sdp_direction)bel_sim_draw(bench->sim, 4);
	bel_call_modify(phone->call);
}

static void do_message(struct bench *bench, struct phone *phone)
{
	(void)bench;
	bel_call_message(phone->call, BEL_SIP_INFO, BEL_STR_NONE, BEL_STR("text/plain"),
			 BEL_STR("hello"));
}

static void do_transfer(struct bench *bench, struct phone *phone)
{
	(void)bench;
	bel_call_transfer(phone->call, BEL_STR("sip:c@192.0.2.3"), NULL);
}

static void (*const deeds[])(struct bench *, struct phone *) = {
	do_nothing, do_nothing, do_answer,  do_answer, do_ring,
	do_refuse,  do_hang_up, do_message, do_modify, do_transfer,
};

static unsigned count_of(const struct phone *phone, const char *word)
{
	bel_str left = bel_writer_str(&phone->log), what = bel_str_from(word);
	unsigned count = 0;

	for (; left.len >= what.len; left = bel_str_slice(left, 1, left.len))
		count += bel_str_has_prefix(left, what);
	return count;
}

/* As many ends as beginnings, whatever came between. */
static bool is_settled(const struct bench *bench, unsigned dialled)
{
	const struct phone *a = &bench->a, *b = &bench->b;

	return phone_is_idle(a) && phone_is_idle(b) && count_of(a, "ended(") == dialled &&
	       count_of(b, "ended(") == count_of(b, "incoming");
}

static bool run_seed(uint64_t seed)
{
	const struct bel_sim_net net = { .loss = 100,
					 .duplicate = 50,
					 .reorder = 100,
					 .delay_min_ms = 1,
					 .delay_max_ms = 200 };
	const struct bel_sim_net quiet = { .delay_min_ms = 1, .delay_max_ms = 20 };
	struct bench bench = { .sim = bel_sim_new(seed, &net) };
	unsigned dialled = 0;
	bool is_fine;

	bench.a.session.interval_s = bel_sim_draw(bench.sim, 2) ? 90 : 0;
	bench.a.rel = (enum bel_call_100rel)bel_sim_draw(bench.sim, 3);
	phone_open(&bench.a, bench.sim, 1);
	phone_open(&bench.b, bench.sim, 2);
	bench.b.rings = bel_sim_draw(bench.sim, 2) ? 180 : 183;
	bench.b.has_early_media = bel_sim_draw(bench.sim, 2);
	bench.b.answers = bel_sim_draw(bench.sim, 2);
	for (unsigned i = 0; i < CALLS; i++) {
		if (!phone_dial(&bench.a, "sip:b@192.0.2.2",
				&(struct bel_call_dial){
					.is_late = bel_sim_draw(bench.sim, 3) == 0 }))
			dialled++;
		for (unsigned k = 0; k < STEPS; k++) {
			struct phone *who = bel_sim_draw(bench.sim, 2) ? &bench.a
								       : &bench.b;
			run_for(&bench, bel_sim_draw(bench.sim, 3000));
			if (who->call)
				deeds[bel_sim_draw(bench.sim, BEL_COUNT_OF(deeds))](
					&bench, who);
		}
	}
	/* Everybody goes home: each hangs up what it still has, as often as it takes. */
	bel_sim_set_net(bench.sim, &quiet);
	for (unsigned i = 0; i < 20; i++) {
		struct phone *phones[] = { &bench.a, &bench.b };
		for (unsigned k = 0; k < 2; k++) {
			for (unsigned n = 0; phones[k]->alive[n]; n++)
				bel_call_hang_up(phones[k]->alive[n], BEL_STR_NONE);
		}
		run_for(&bench, 10000);
	}
	is_fine = is_settled(&bench, dialled);
	if (!is_fine)
		fprintf(stderr,
			"seed %llu: %u dialled; calls %zu %zu, transactions %zu %zu, "
			"requests %zu %zu\na: %.*s\nb: %.*s\n",
			(unsigned long long)seed, dialled, bel_calls_count(bench.a.calls),
			bel_calls_count(bench.b.calls),
			bel_tx_table_count(bench.a.endpoint.table),
			bel_tx_table_count(bench.b.endpoint.table),
			bel_ua_pending(bench.a.endpoint.ua),
			bel_ua_pending(bench.b.endpoint.ua),
			BEL_STR_ARG(bel_writer_str(&bench.a.log)),
			BEL_STR_ARG(bel_writer_str(&bench.b.log)));
	phone_close(&bench.a);
	phone_close(&bench.b);
	bel_sim_free(bench.sim);
	return is_fine;
}

static uint64_t seeds_wanted(void)
{
	const char *text = getenv("BELFRY_SEEDS");
	uint64_t count = SHORT_SEEDS;

	if (text && bel_str_is_equal(bel_str_from(text), BEL_STR("all")))
		return ALL_SEEDS;
	if (text)
		bel_str_to_u64(&count, bel_str_from(text), ALL_SEEDS * 100u);
	return count;
}

static void no_call_is_left_whatever_happens(void **state)
{
	uint64_t count = seeds_wanted();
	unsigned failed = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= count && failed < 3; seed++)
		failed += !run_seed(seed);
	assert_int_equal(failed, 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_call_is_left_whatever_happens),
	};
	uint64_t seed;

	if (argc == 3 && bel_str_is_equal(bel_str_from(argv[1]), BEL_STR("--seed")) &&
	    !bel_str_to_u64(&seed, bel_str_from(argv[2]), UINT64_MAX))
		return !run_seed(seed);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
