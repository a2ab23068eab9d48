/* SPDX-License-Identifier: Apache-2.0
 * Bans, budgets and limits in virtual time. */
#include <pthread.h>

#include "support/support.h"

#include "guard/guard.h"

enum {
	MINUTE = 60000,
	FAILURES = 10,
	BAN_S = 3600,
	FOREIGN = 10,
	PER_SECOND = 10,
	CALLS = 30
};

static const struct bel_conf_net trusted[] = {
	{ .addr = { .ip = { [10] = 0xff, [11] = 0xff, [12] = 198, [13] = 51, [14] = 100 },
		    .family = 4 },
	  .prefix_bits = 24 },
};

static void fill_conf(struct bel_conf *conf)
{
	*conf = (struct bel_conf){ .guard = { .has_bans = true,
					      .failures_per_minute = FAILURES,
					      .ban_s = BAN_S,
					      .replies_per_minute = FOREIGN,
					      .calls_max = CALLS,
					      .calls_per_second = 5 } };
	conf->trusted = trusted;
	conf->trusted_count = BEL_COUNT_OF(trusted);
}

struct bench {
	struct bel_conf conf;
	struct bel_guard *guard;
};

static int set_up(void **state)
{
	struct bench *bench = calloc(1, sizeof *bench);

	if (!bench)
		return -1;
	fill_conf(&bench->conf);
	*state = bench;
	return bel_guard_open(&bench->guard, &bench->conf, 42);
}

static int tear_down(void **state)
{
	struct bench *bench = *state;

	bel_guard_close(bench->guard);
	free(bench);
	return 0;
}

static struct bel_guard *guard_of(void **state)
{
	return ((struct bench *)*state)->guard;
}

static bel_addr addr(const char *text)
{
	bel_addr out = { .family = 0 };

	assert_int_equal(bel_addr_parse(&out, bel_str_from(text), 5060), BEL_OK);
	return out;
}

/* How many of count wrong passwords it takes until one brings a ban; 0: none did. */
static unsigned mistype(struct bel_guard *guard, const bel_addr *source, bool has_phones,
			unsigned count, uint64_t now_ms)
{
	for (unsigned i = 1; i <= count; i++)
		if (bel_guard_on_failure(guard, source, BEL_STR("alice"), has_phones,
					 now_ms))
			return i;
	return 0;
}

static void the_tenth_wrong_password_in_a_minute_bans_for_an_hour(void **state)
{
	struct bel_guard *guard = guard_of(state);
	bel_addr source = addr("192.0.2.1"), other = addr("192.0.2.2");
	const uint64_t over = 1000 + BAN_S * 1000ull;

	assert_true(bel_guard_may_receive(guard, &source, 1000));
	assert_int_equal(mistype(guard, &source, false, FAILURES - 1, 1000), 0);
	assert_true(bel_guard_may_receive(guard, &source, 1000));
	assert_int_equal(mistype(guard, &source, false, 1, 1000), 1);
	assert_false(bel_guard_may_receive(guard, &source, 1000));
	assert_true(bel_guard_may_receive(guard, &other, 1000));
	source.port = 1;
	assert_false(bel_guard_may_receive(guard, &source, over - 1));
	assert_true(bel_guard_may_receive(guard, &source, over));
	/* and once more from the start */
	assert_int_equal(mistype(guard, &source, false, FAILURES - 1, over), 0);
	assert_true(bel_guard_may_receive(guard, &source, over));
}

static void failures_of_another_minute_do_not_count(void **state)
{
	struct bel_guard *guard = guard_of(state);
	bel_addr source = addr("192.0.2.1");

	for (uint64_t minute = 0; minute < 20; minute++)
		assert_int_equal(
			mistype(guard, &source, false, FAILURES - 1, minute * MINUTE), 0);
	assert_true(bel_guard_may_receive(guard, &source, 20 * MINUTE));
}

static void sources_of_ipv6_count_by_64_bits(void **state)
{
	struct bel_guard *guard = guard_of(state);
	bel_addr neighbour = addr("[2001:db8:0:1:ffff::9]:9");
	bel_addr next_door = addr("[2001:db8:0:2::1]:9");

	for (unsigned i = 1; i <= FAILURES; i++) {
		char text[64];
		struct bel_writer writer = bel_writer_init(text, sizeof text - 1);
		bel_write_format(&writer, "[2001:db8:0:1::%x]:5060", i);
		text[writer.len] = '\0';
		bel_addr source = addr(text);
		assert_int_equal(mistype(guard, &source, false, 1, 0), i == FAILURES);
	}
	assert_false(bel_guard_may_receive(guard, &neighbour, 0));
	assert_true(bel_guard_may_receive(guard, &next_door, 0));
}

static void one_source_in_two_spellings_is_one(void **state)
{
	struct bel_guard *guard = guard_of(state);
	bel_addr plain = addr("192.0.2.1"), mapped = addr("[::ffff:192.0.2.1]:5060");

	assert_int_equal(mistype(guard, &mapped, false, FAILURES, 0), FAILURES);
	assert_false(bel_guard_may_receive(guard, &plain, 0));
}

static void an_office_with_phones_is_not_banned_for_one_of_them(void **state)
{
	struct bel_guard *guard = guard_of(state);
	bel_addr office = addr("192.0.2.1"), home = addr("192.0.2.2");

	assert_int_equal(mistype(guard, &office, true, FAILURES, 0), FAILURES);
	assert_true(bel_guard_may_receive(guard, &office, 0));
	assert_false(bel_guard_may_try(guard, &office, BEL_STR("alice"), 0));
	assert_true(bel_guard_may_try(guard, &office, BEL_STR("bob"), 0));
	/* the user is locked out nowhere else */
	assert_true(bel_guard_may_try(guard, &home, BEL_STR("alice"), 0));
	assert_true(bel_guard_may_try(guard, &office, BEL_STR("alice"), BAN_S * 1000));
}

static void who_is_trusted_is_neither_banned_nor_silenced(void **state)
{
	struct bel_guard *guard = guard_of(state);
	bel_addr friend = addr("198.51.100.7"), mapped = addr("[::ffff:198.51.100.7]:1");
	bel_addr stranger = addr("198.51.101.7");

	assert_true(bel_guard_is_trusted(guard, &friend));
	assert_true(bel_guard_is_trusted(guard, &mapped));
	assert_false(bel_guard_is_trusted(guard, &stranger));
	assert_int_equal(mistype(guard, &friend, false, 100, 0), 0);
	for (int i = 0; i < 100; i++)
		assert_true(bel_guard_may_reply(guard, &friend, true, 0));
	assert_true(bel_guard_may_receive(guard, &friend, 0));
}

static void bans_can_be_switched_off(void **state)
{
	struct bench *bench = *state;
	bel_addr source = addr("192.0.2.1");

	bench->conf.guard.has_bans = false;
	assert_int_equal(mistype(bench->guard, &source, false, 100, 0), 0);
	assert_true(bel_guard_may_receive(bench->guard, &source, 0));
}

static unsigned count_replies(struct bel_guard *guard, const bel_addr *source,
			      bool is_foreign, uint64_t now_ms)
{
	unsigned count = 0;

	for (int i = 0; i < 100; i++)
		count += bel_guard_may_reply(guard, source, is_foreign, now_ms);
	return count;
}

static void strangers_get_ten_answers_a_second(void **state)
{
	struct bel_guard *guard = guard_of(state);
	bel_addr source = addr("192.0.2.1"), other = addr("192.0.2.2");
	struct bel_guard_counters counters;

	assert_int_equal(count_replies(guard, &source, false, 500), PER_SECOND);
	assert_int_equal(count_replies(guard, &source, false, 1499), 0);
	assert_int_equal(count_replies(guard, &other, false, 1499), PER_SECOND);
	assert_int_equal(count_replies(guard, &source, false, 1500), PER_SECOND);
	bel_guard_counters(guard, &counters);
	assert_int_equal(counters.silenced, 90 + 100 + 90 + 90);
}

static void who_names_no_domain_of_ours_gets_ten_a_minute(void **state)
{
	struct bel_guard *guard = guard_of(state);
	bel_addr source = addr("192.0.2.1");

	assert_int_equal(count_replies(guard, &source, true, 0), FOREIGN);
	assert_int_equal(count_replies(guard, &source, true, 30000), 0);
	/* naming one of ours he is answered still */
	assert_int_equal(count_replies(guard, &source, false, 30000), PER_SECOND);
	assert_int_equal(count_replies(guard, &source, true, MINUTE), FOREIGN);
}

static bool begins(struct bel_guard *guard, const char *user, const char *call_id,
		   uint64_t now_ms)
{
	uint64_t key = bel_guard_call_key(guard, bel_str_from(call_id), BEL_STR("t"));

	return bel_guard_begin_call(guard, bel_str_from(user), key, now_ms) ==
	       BEL_GUARD_FINE;
}

static uint64_t calls_of(const struct bel_guard *guard)
{
	struct bel_guard_counters counters;

	bel_guard_counters(guard, &counters);
	return counters.calls;
}

static void a_user_starts_so_many_calls_a_second(void **state)
{
	struct bel_guard *guard = guard_of(state);
	unsigned count = 0;

	for (int i = 0; i < 20; i++)
		count += begins(guard, "alice", "same", 0);
	assert_int_equal(count, 5);
	assert_true(begins(guard, "bob", "other", 0));
	assert_int_equal(bel_guard_begin_call(guard, BEL_STR("alice"), 1, 999),
			 BEL_GUARD_TOO_FAST);
	assert_true(begins(guard, "alice", "same", 1000));
}

/* Begins one call a second, named by a number; how many were let through. */
static unsigned begin_calls(struct bel_guard *guard, const char *user, unsigned wanted,
			    uint64_t from_ms)
{
	unsigned count = 0;

	for (unsigned i = 0; i < wanted; i++) {
		char call_id[32];
		snprintf(call_id, sizeof call_id, "%s-%u", user, i);
		count += begins(guard, user, call_id, from_ms + i * 1000);
	}
	return count;
}

static void a_user_has_so_many_calls_at_a_time(void **state)
{
	struct bel_guard *guard = guard_of(state);
	uint64_t first = bel_guard_call_key(guard, BEL_STR("alice-0"), BEL_STR("t"));

	assert_int_equal(begin_calls(guard, "alice", CALLS + 5, 0), CALLS);
	assert_int_equal(bel_guard_begin_call(guard, BEL_STR("alice"), 1, 90000),
			 BEL_GUARD_TOO_MANY);
	assert_int_equal(begin_calls(guard, "bob", 2, 91000), 2);
	/* a call that is known is no further one */
	assert_true(begins(guard, "alice", "alice-3", 92000));
	/* one that failed, one that was hung up by the callee, one by the caller */
	bel_guard_end_call(guard, first);
	bel_guard_end_call(guard, first);
	bel_guard_on_dialog(guard, BEL_STR("alice-1"), BEL_STR("x"), BEL_STR("t"), true,
			    92000);
	bel_guard_on_dialog(guard, BEL_STR("alice-2"), BEL_STR("t"), BEL_STR("x"), true,
			    92000);
	/* neither is a BYE that belongs to none, or what is no BYE */
	bel_guard_on_dialog(guard, BEL_STR("alice-3"), BEL_STR("x"), BEL_STR("y"), true,
			    92000);
	bel_guard_on_dialog(guard, BEL_STR("alice-3"), BEL_STR("t"), BEL_STR("y"), false,
			    92000);
	assert_int_equal(calls_of(guard), CALLS - 3 + 2);
	for (unsigned i = 0; i < 4; i++) {
		char call_id[] = "further-0";
		call_id[8] = (char)('0' + i);
		assert_int_equal(begins(guard, "alice", call_id, 94000 + i * 1000),
				 i < 3);
	}
}

static void a_call_of_which_nothing_is_heard_is_forgotten(void **state)
{
	enum { HOUR = 60 * MINUTE };
	struct bel_guard *guard = guard_of(state);

	assert_int_equal(begin_calls(guard, "alice", CALLS, 0), CALLS);
	bel_guard_on_dialog(guard, BEL_STR("alice-0"), BEL_STR("t"), BEL_STR("x"), false,
			    3 * HOUR);
	assert_false(begins(guard, "alice", "new", 4 * HOUR - 1));
	assert_int_equal(begin_calls(guard, "carol", 1, 5 * HOUR), 1);
	assert_int_equal(calls_of(guard), 2);
	assert_int_equal(begin_calls(guard, "carol", 1, 7 * HOUR), 1);
	assert_int_equal(calls_of(guard), 1);
}

struct seen {
	unsigned count;
	bel_addr source;
	uint64_t left_ms;
};

static void on_ban(void *user, const bel_addr *source, uint64_t left_ms)
{
	struct seen *seen = user;

	seen->count++;
	seen->source = *source;
	seen->left_ms = left_ms;
}

static void bans_are_listed_and_pardoned(void **state)
{
	struct bel_guard *guard = guard_of(state);
	bel_addr source = addr("192.0.2.1"), office = addr("192.0.2.9");
	struct seen seen = { .count = 0 };

	mistype(guard, &source, false, FAILURES, 1000);
	bel_guard_bans(guard, 2000, on_ban, &seen);
	assert_int_equal(seen.count, 1);
	assert_true(bel_addr_is_same_host(&seen.source, &source));
	assert_int_equal(seen.left_ms, BAN_S * 1000 - 1000);
	assert_true(bel_guard_pardon(guard, &source));
	assert_true(bel_guard_may_receive(guard, &source, 2000));
	assert_false(bel_guard_pardon(guard, &source));
	seen.count = 0;
	bel_guard_bans(guard, 2000, on_ban, &seen);
	assert_int_equal(seen.count, 0);
	/* pardoning an office frees its users */
	mistype(guard, &office, true, FAILURES, 3000);
	assert_true(bel_guard_pardon(guard, &office));
	assert_true(bel_guard_may_try(guard, &office, BEL_STR("alice"), 3000));
}

static void a_pardon_of_one_of_a_64_is_for_all_of_it(void **state)
{
	struct bel_guard *guard = guard_of(state);
	bel_addr source = addr("[2001:db8::1]:1"), other = addr("[2001:db8::2]:1");

	mistype(guard, &source, false, FAILURES, 0);
	assert_true(bel_guard_pardon(guard, &other));
	assert_true(bel_guard_may_receive(guard, &source, 0));
}

static bel_addr nth_source(uint32_t n)
{
	return bel_addr_v4(10, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n, 5060);
}

/* 200,000 sources pass through a table of 65,536: nothing grows, and who is banned stays
 * banned. */
static void floods_of_sources_push_out_no_ban(void **state)
{
	struct bel_guard *guard = guard_of(state);
	bel_addr banned = addr("192.0.2.1");

	mistype(guard, &banned, false, FAILURES, 0);
	for (uint32_t n = 0; n < 200000; n++) {
		bel_addr source = nth_source(n);
		assert_true(bel_guard_may_reply(guard, &source, false, 1 + n / 1000));
	}
	assert_false(bel_guard_may_receive(guard, &banned, 1000));
}

/* Once a row holds bans alone there is no memory for a newcomer; he must not gain by it.
 */
static void a_full_table_gives_no_endless_answers(void **state)
{
	struct bel_guard *guard = guard_of(state);
	unsigned worst = 0;

	for (uint32_t n = 0; n < 150000; n++) {
		bel_addr source = nth_source(n);
		mistype(guard, &source, false, FAILURES, 0);
	}
	for (uint32_t n = 0; n < 200; n++) {
		bel_addr source = nth_source(0x100000 + n);
		unsigned count = count_replies(guard, &source, false, 0);
		worst = count > worst ? count : worst;
	}
	assert_true(worst <= PER_SECOND);
}

static void a_reload_changes_the_figures(void **state)
{
	struct bench *bench = *state;
	struct bel_conf conf;
	bel_addr source = addr("192.0.2.1"), friend = addr("198.51.100.7");

	fill_conf(&conf);
	conf.trusted_count = 0;
	conf.guard.failures_per_minute = 2;
	bel_guard_set_conf(bench->guard, &conf);
	assert_false(bel_guard_is_trusted(bench->guard, &friend));
	assert_int_equal(mistype(bench->guard, &source, false, 3, 0), 2);
	bel_guard_set_conf(bench->guard, &bench->conf);
}

/* ---- many threads ---- */

static void *hammer(void *user)
{
	struct bel_guard *guard = user;
	struct seen seen = { .count = 0 };

	for (uint32_t n = 0; n < 5000; n++) {
		bel_addr source = nth_source(n % 50);
		bel_guard_may_receive(guard, &source, n);
		bel_guard_may_reply(guard, &source, n % 2, n);
		bel_guard_on_failure(guard, &source, BEL_STR("alice"), n % 3 == 0, n);
		bel_guard_may_try(guard, &source, BEL_STR("alice"), n);
		bel_guard_begin_call(guard, BEL_STR("alice"), n % 100 + 1, n);
		bel_guard_on_dialog(guard, BEL_STR("x"), BEL_STR("y"), BEL_STR("z"),
				    n % 2, n);
		bel_guard_end_call(guard, n % 70);
		if (n % 1000 == 0) {
			bel_guard_bans(guard, n, on_ban, &seen);
			bel_guard_pardon(guard, &source);
		}
	}
	return NULL;
}

static void all_workers_share_it(void **state)
{
	struct bel_guard *guard = guard_of(state);
	struct bel_guard_counters counters;
	pthread_t threads[4];

	for (size_t i = 0; i < BEL_COUNT_OF(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, hammer, guard), 0);
	for (size_t i = 0; i < BEL_COUNT_OF(threads); i++)
		pthread_join(threads[i], NULL);
	bel_guard_counters(guard, &counters);
	assert_int_equal(counters.failures, 4 * 5000);
	assert_true(counters.bans > 0);
}

static enum bel_err open_and_close(void *user)
{
	struct bel_guard *guard;
	enum bel_err err = bel_guard_open(&guard, user, 1);

	if (err)
		return err;
	if (bel_guard_begin_call(guard, BEL_STR("alice"), 1, 0) != BEL_GUARD_FINE)
		err = BEL_ERR_SPACE; /* who could not be counted would be free */
	bel_guard_close(guard);
	return err;
}

static void no_memory_is_told(void **state)
{
	bel_test_each_allocation_fails(open_and_close, &((struct bench *)*state)->conf);
	bel_guard_close(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_tenth_wrong_password_in_a_minute_bans_for_an_hour),
		TEST(failures_of_another_minute_do_not_count),
		TEST(sources_of_ipv6_count_by_64_bits),
		TEST(one_source_in_two_spellings_is_one),
		TEST(an_office_with_phones_is_not_banned_for_one_of_them),
		TEST(who_is_trusted_is_neither_banned_nor_silenced),
		TEST(bans_can_be_switched_off),
		TEST(strangers_get_ten_answers_a_second),
		TEST(who_names_no_domain_of_ours_gets_ten_a_minute),
		TEST(a_user_starts_so_many_calls_a_second),
		TEST(a_user_has_so_many_calls_at_a_time),
		TEST(a_call_of_which_nothing_is_heard_is_forgotten),
		TEST(bans_are_listed_and_pardoned),
		TEST(a_pardon_of_one_of_a_64_is_for_all_of_it),
		TEST(floods_of_sources_push_out_no_ban),
		TEST(a_full_table_gives_no_endless_answers),
		TEST(a_reload_changes_the_figures),
		TEST(all_workers_share_it),
		TEST(no_memory_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
