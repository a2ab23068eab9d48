/* SPDX-License-Identifier: Apache-2.0
 * A machine in a simulated network, perhaps behind a NAT, and the doctor on it. */
#ifndef BEL_TESTS_DOCTOR_VISIT_H
#define BEL_TESTS_DOCTOR_VISIT_H

#include "support/support.h"

#include "doctor/doctor.h"
#include "io/sim.h"

enum { FINDINGS_MAX = 64, FINDING_BYTES = 600, PATIENCE_MS = 15000 };

struct visit {
	struct bel_sim *sim;
	struct bel_sim_node *machine;
	struct bel_loop *loop;
	struct bel_resolver *resolver;
	struct bel_doctor_opts opts;
	struct bel_doctor *doctor;
	char findings[FINDINGS_MAX][FINDING_BYTES]; /* "warn nat: text -> remedy" */
	unsigned count;
	bool has_ended;
	uint64_t took_ms;
};

static inline void visit_on_finding(void *user, const struct bel_finding *finding)
{
	struct visit *visit = user;
	struct bel_writer line;

	assert_true(visit->count < FINDINGS_MAX);
	assert_false(visit->has_ended);
	line = bel_writer_init(visit->findings[visit->count++], FINDING_BYTES - 1);
	bel_write_text(&line, bel_doctor_level_name(finding->level));
	bel_write_lit(&line, " ");
	bel_write_text(&line, finding->check);
	bel_write_lit(&line, ": ");
	bel_write_str(&line, finding->text);
	if (finding->remedy.len) {
		bel_write_lit(&line, " -> ");
		bel_write_str(&line, finding->remedy);
	}
}

static inline void visit_on_end(void *user)
{
	struct visit *visit = user;

	visit->has_ended = true;
	visit->took_ms = bel_sim_now_ms(visit->sim);
}

/* ip: of the machine. */
static inline struct visit *visit_new(bel_addr ip)
{
	struct visit *visit = calloc(1, sizeof *visit);

	assert_non_null(visit);
	visit->sim = bel_sim_new(1, NULL);
	visit->machine = bel_sim_node_new(visit->sim, "machine", &ip);
	assert_int_equal(bel_sim_loop(&visit->loop, visit->machine), BEL_OK);
	assert_int_equal(bel_resolver_open(&visit->resolver, visit->loop, NULL), BEL_OK);
	visit->opts = (struct bel_doctor_opts){ .loop = visit->loop,
						.resolver = visit->resolver,
						.on_finding = visit_on_finding,
						.on_end = visit_on_end,
						.user = visit };
	return visit;
}

static inline void visit_begin(struct visit *visit)
{
	assert_int_equal(bel_doctor_open(&visit->doctor, &visit->opts), BEL_OK);
	assert_false(visit->has_ended);
}

/* Until it is over. */
static inline void visit_make(struct visit *visit)
{
	visit_begin(visit);
	bel_sim_run(visit->sim, bel_sim_now_ms(visit->sim) + PATIENCE_MS);
	assert_true(visit->has_ended);
}

static inline void visit_free(struct visit *visit)
{
	bel_doctor_close(visit->doctor);
	bel_resolver_close(visit->resolver);
	bel_loop_close(visit->loop);
	bel_sim_free(visit->sim);
	free(visit);
}

static inline bool visit_found(const struct visit *visit, const char *start)
{
	for (unsigned i = 0; i < visit->count; i++)
		if (strncmp(visit->findings[i], start, strlen(start)) == 0)
			return true;
	return false;
}

/* A finding that begins so is there. */
#define assert_found(visit, start)                                                       \
	do {                                                                             \
		if (visit_found((visit), (start)))                                       \
			break;                                                           \
		for (unsigned found = 0; found < (visit)->count; found++)                \
			print_message("%s\n", (visit)->findings[found]);                 \
		fail_msg("nothing found: %s", (start));                                  \
	} while (0)

#endif
