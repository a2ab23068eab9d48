/* SPDX-License-Identifier: Apache-2.0
 * location under several threads at once: for the thread sanitizer, and for the sums. */
#include <pthread.h>

#include "support/support.h"
#include "location/location.h"

enum { THREADS = 4, ROUNDS = 2000, ADDRESSES = 50 };

static const uint64_t wall_ms = 1700000000000;

struct job {
	struct bel_location *location;
	unsigned index;
	unsigned failures;
};

static void bind_one(struct job *job, unsigned round, struct bel_arena *arena)
{
	char aor[32], text[64], call_id[32];
	struct bel_uri uri;
	struct bel_contact_change change = {
		.uri = &uri, .q = 1000, .expires_s = round % 7 ? 60 + round % 3 : 0
	};
	struct bel_binding *bindings;
	unsigned count;

	snprintf(aor, sizeof aor, "user%u@example.com", round % ADDRESSES);
	snprintf(text, sizeof text, "sip:t%u@192.0.2.%u", job->index, round % 3);
	snprintf(call_id, sizeof call_id, "call-%u", job->index);
	change.uri_text = bel_str_from(text);
	if (bel_uri_parse(&uri, change.uri_text) ||
	    bel_location_bind(job->location,
			      &(struct bel_bind){
				      .aor = bel_str_from(aor),
				      .call_id = bel_str_from(call_id),
				      .cseq = round + 1,
				      .contacts = &change,
				      .contacts_count = 1,
				      .contacts_max = 10,
				      .user_agent = BEL_STR("Phone"),
				      .path = BEL_STR("<sip:edge;lr>"),
				      .flow = { .transport = BEL_SIP_TCP,
						.index = job->index,
						.generation = round % 5,
						.peer = bel_addr_v4(192, 0, 2, 1, 5060) },
				      .wall_ms = wall_ms + round * 100,
				      .worker = (uint16_t)job->index,
			      },
			      arena, &bindings, &count, NULL))
		job->failures++;
}

static bool see(void *user, bel_str aor, const struct bel_binding *bindings,
		unsigned count)
{
	(void)user;
	(void)aor;
	(void)bindings;
	(void)count;
	return true;
}

static void *work(void *user)
{
	struct job *job = user;
	struct bel_binding *bindings;
	bel_addr source = bel_addr_v4(192, 0, 2, 1, 5060);
	unsigned count;

	for (unsigned round = 0; round < ROUNDS; round++) {
		struct bel_arena arena;
		char first[8192];
		bel_arena_init(&arena, first, sizeof first, 1 << 16);
		bind_one(job, round, &arena);
		bel_arena_reset(&arena);
		if (bel_location_lookup(job->location, BEL_STR("user7@example.com"),
					wall_ms, &arena, &bindings, &count))
			job->failures++;
		bel_location_has_source(job->location, &source);
		if (round % 50 == 0)
			bel_location_on_flow_closed(
				job->location,
				&(struct bel_flow){ .index = job->index,
						    .generation = round % 5 });
		/* One thread lets bindings expire, another one walks. */
		if (job->index == 0)
			bel_location_expire(job->location, wall_ms + round * 100);
		if (job->index == 1 && round % 100 == 0)
			bel_location_each(job->location, wall_ms, see, NULL);
		bel_arena_fini(&arena);
	}
	return NULL;
}

static void threads_do_not_disturb_each_other(void **state)
{
	struct bel_location_counters counters;
	struct bel_location *location;
	pthread_t threads[THREADS];
	struct job jobs[THREADS];

	(void)state;
	assert_int_equal(
		bel_location_open(&location,
				  &(struct bel_location_opts){ .wall_ms = wall_ms }),
		BEL_OK);
	for (unsigned i = 0; i < THREADS; i++) {
		jobs[i] = (struct job){ .location = location, .index = i };
		assert_int_equal(pthread_create(&threads[i], NULL, work, &jobs[i]), 0);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(jobs[i].failures, 0);
	}
	bel_location_expire(location, wall_ms + 1000000);
	bel_location_counters(location, &counters);
	assert_int_equal(counters.bindings, 0);
	assert_int_equal(counters.added, counters.removed + counters.expired);
	bel_location_close(location);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(threads_do_not_disturb_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
