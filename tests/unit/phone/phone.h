/* SPDX-License-Identifier: Apache-2.0
 * Phones in a simulated network, led by lines; what they say is kept. */
#ifndef BEL_TESTS_PHONE_PHONE_H
#define BEL_TESTS_PHONE_PHONE_H

#include "support/support.h"

#include <belfry/belfry.h>

#include "io/sim.h"
#include "lib/lib_int.h"
#include "phone/phone_int.h"

enum { DESKS_MAX = 3, STEP_MS = 20 };

struct desk {
	struct bel_sim *sim;
	struct bel_loop *loop;
	struct bel_phone *phone;
	char text[32 * 1024];
	struct bel_writer said;
	unsigned rings, problems;
};

struct office {
	struct bel_sim *sim;
	struct desk desks[DESKS_MAX];
};

static inline void desk_on_tell(void *user, enum bel_phone_kind kind, bel_str line)
{
	struct desk *desk = user;

	desk->rings += kind == BEL_PHONE_RING;
	desk->problems += kind == BEL_PHONE_PROBLEM;
	bel_write_str(&desk->said, line);
	bel_write_char(&desk->said, '\n');
}

static inline uint64_t desk_clock_ms(void *user)
{
	return bel_sim_now_ms(((struct desk *)user)->sim);
}

static const struct bel_phone_port desk_port = { .tell = desk_on_tell,
						 .clock_ms = desk_clock_ms };

static inline enum belfry_error desk_open_agent(struct belfry_agent **out,
						const struct belfry_agent_options *opts,
						void *user)
{
	return bel_agent_open_on(out, opts, ((struct desk *)user)->loop);
}

/* On a loop that is there. */
static inline enum belfry_error desk_open_on(struct desk *desk, unsigned number,
					     bool is_json, const char *device,
					     struct bel_writer *why)
{
	char listener[64];
	const char *const listen[] = { listener, NULL };
	const struct bel_phone_opts opts = { .port = &desk_port,
					     .user = desk,
					     .is_json = is_json,
					     .device = device,
					     .agent = { .listen = listen },
					     .open_agent = desk_open_agent };

	snprintf(listener, sizeof listener, "udp:192.0.2.%u:5060", number);
	return bel_phone_open(&desk->phone, &opts, why);
}

/* At 192.0.2.number. */
static inline enum belfry_error desk_open(struct desk *desk, struct bel_sim *sim,
					  unsigned number, bool is_json,
					  const char *device, struct bel_writer *why)
{
	const bel_addr ip = bel_addr_v4(192, 0, 2, (uint8_t)number, 0);

	*desk = (struct desk){ .sim = sim };
	desk->said = bel_writer_init(desk->text, sizeof desk->text);
	assert_int_equal(bel_sim_loop(&desk->loop, bel_sim_node_new(sim, "desk", &ip)),
			 BEL_OK);
	return desk_open_on(desk, number, is_json, device, why);
}

static inline void office_open(struct office *office, unsigned count, bool is_json)
{
	*office = (struct office){ .sim = bel_sim_new(1, NULL) };
	for (unsigned i = 0; i < count; i++)
		assert_int_equal(desk_open(&office->desks[i], office->sim, i + 1, is_json,
					   "null", NULL),
				 BELFRY_OK);
}

static inline void office_close(struct office *office)
{
	for (unsigned i = 0; i < DESKS_MAX; i++) {
		bel_phone_close(office->desks[i].phone);
		bel_loop_close(office->desks[i].loop);
	}
	bel_sim_free(office->sim);
}

static inline void office_run(struct office *office, uint64_t for_ms)
{
	for (uint64_t ms = 0; ms < for_ms; ms += STEP_MS) {
		bel_sim_run(office->sim, bel_sim_now_ms(office->sim) + STEP_MS);
		for (unsigned i = 0; i < DESKS_MAX; i++)
			if (office->desks[i].phone)
				bel_phone_advance(office->desks[i].phone);
	}
}

static inline void desk_type(struct desk *desk, const char *line)
{
	bel_phone_command(desk->phone, bel_str_from(line));
}

static inline bool desk_has_said(const struct desk *desk, const char *words)
{
	bel_str left = bel_writer_str(&desk->said), wanted = bel_str_from(words);

	for (; left.len >= wanted.len; left = bel_str_slice(left, 1, left.len))
		if (bel_str_has_prefix(left, wanted))
			return true;
	return false;
}

/* Said since the last time; what was said is forgotten then. */
#define assert_said(desk, words)                                                         \
	do {                                                                             \
		if (!desk_has_said((desk), (words)))                                     \
			fail_msg("not said: %s\n%.*s", (words), (int)(desk)->said.len,   \
				 (desk)->text);                                          \
		(desk)->said.len = 0;                                                    \
	} while (0)

#define assert_prompt(desk, words)                                                       \
	do {                                                                             \
		char prompt_buf[256];                                                    \
		struct bel_writer prompt = bel_writer_init(prompt_buf,                   \
							   sizeof prompt_buf);           \
		bel_phone_write_prompt((desk)->phone, &prompt);                          \
		assert_str(bel_writer_str(&prompt), (words));                            \
	} while (0)

/* The first calls the second, who answers by Enter. */
static inline void office_connect(struct office *office)
{
	desk_type(&office->desks[0], "call sip:bob@192.0.2.2");
	office_run(office, 300);
	desk_type(&office->desks[1], "");
	office_run(office, 500);
	assert_said(&office->desks[0], "you talk with bob@192.0.2.2 (call 1");
	assert_said(&office->desks[1], "you talk with ");
}

/* And then the third, who answers too; the second waits. */
static inline void office_connect_third(struct office *office)
{
	desk_type(&office->desks[0], "call sip:carol@192.0.2.3");
	office_run(office, 500);
	desk_type(&office->desks[2], "answer");
	office_run(office, 500);
}

#endif
