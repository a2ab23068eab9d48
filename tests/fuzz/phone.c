/* SPDX-License-Identifier: Apache-2.0
 * Three phones in one network, led by lines that are anything. The first byte of a line
 * says whose it is: 0, 1 or 2; with + some time passes. What is said has no controls in
 * it, and in the end all phones can be left with no call open. */
#include <stdint.h>
#include <stdlib.h>

#include "io/sim.h"
#include "lib/lib_int.h"
#include "phone/phone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { DESKS = 3, LINES_MAX = 40, SOME_MS = 300, LEAVE_MS = 6000, STEP_MS = 100 };

struct desk {
	struct bel_sim *sim;
	struct bel_loop *loop;
	struct bel_phone *phone;
};

static void require(bool is_true)
{
	if (!is_true)
		abort();
}

static void on_tell(void *user, enum bel_phone_kind kind, bel_str line)
{
	(void)user;
	(void)kind;
	require(line.len);
	for (size_t i = 0; i < line.len; i++)
		require((unsigned char)line.ptr[i] >= ' ' && line.ptr[i] != 0x7f);
}

static uint64_t clock_ms(void *user)
{
	return bel_sim_now_ms(((struct desk *)user)->sim);
}

static const struct bel_phone_port port = { .tell = on_tell, .clock_ms = clock_ms };

static enum belfry_error open_agent(struct belfry_agent **out,
				    const struct belfry_agent_options *options,
				    void *user)
{
	return bel_agent_open_on(out, options, ((struct desk *)user)->loop);
}

static void open_desk(struct desk *desk, struct bel_sim *sim, unsigned number,
		      bool is_json)
{
	static const char *const listeners[DESKS] = { "udp:192.0.2.1:5060",
						      "udp:192.0.2.2:5060",
						      "udp:192.0.2.3:5060" };
	static const char *const codecs[] = { "PCMU", NULL };
	const char *const listen[] = { listeners[number], NULL };
	const bel_addr ip = bel_addr_v4(192, 0, 2, (uint8_t)(number + 1), 0);
	const struct bel_phone_opts opts = {
		.port = &port,
		.user = desk,
		.is_json = is_json,
		.device = "null",
		.agent = { .listen = listen,
			   .codecs = codecs,
			   /* Reading whom the system trusts takes longest. */
			   .has_any_certificate = true },
		.open_agent = open_agent
	};

	desk->sim = sim;
	require(!bel_sim_loop(&desk->loop, bel_sim_node_new(sim, "desk", &ip)));
	require(!bel_phone_open(&desk->phone, &opts, NULL));
}

static void run(struct desk *desks, unsigned for_ms)
{
	for (unsigned ms = 0; ms < for_ms; ms += STEP_MS) {
		bel_sim_run(desks[0].sim, bel_sim_now_ms(desks[0].sim) + STEP_MS);
		for (unsigned i = 0; i < DESKS; i++)
			bel_phone_advance(desks[i].phone);
	}
}

/* What reads and writes files is not for random names. */
static bool is_harmless(bel_str line)
{
	static const bel_str words[] = { { "record", 6 },
					 { "device", 6 },
					 { "play", 4 } };

	for (size_t at = 0; at < line.len; at++)
		for (size_t i = 0; i < BEL_COUNT_OF(words); i++)
			if (bel_str_has_prefix_nocase(bel_str_slice(line, at, line.len),
						      words[i]))
				return false;
	return true;
}

static void take(struct desk *desks, bel_str line)
{
	bel_str words = bel_str_slice(line, 1, line.len);
	unsigned who = line.len ? (unsigned)(line.ptr[0] - '0') : DESKS;
	char buf[256];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	if (line.len && line.ptr[0] == '+')
		run(desks, SOME_MS);
	if (who >= DESKS || !is_harmless(words))
		return;
	bel_phone_command(desks[who].phone, words);
	bel_phone_write_prompt(desks[who].phone, &writer);
	bel_phone_complete(desks[who].phone, words, &writer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bel_str left = { (const char *)data, size };
	struct desk desks[DESKS] = { { .sim = NULL } };
	struct bel_sim *sim = bel_sim_new(1, NULL);

	for (unsigned i = 0; i < DESKS; i++)
		open_desk(&desks[i], sim, i, i == 2);
	for (unsigned count = 0; left.len && count < LINES_MAX; count++) {
		size_t end = bel_str_find(left, '\n');
		take(desks, bel_str_slice(left, 0, end));
		left = bel_str_slice(left, end + 1, left.len);
	}
	for (unsigned i = 0; i < DESKS; i++)
		bel_phone_leave(desks[i].phone);
	run(desks, LEAVE_MS);
	for (unsigned i = 0; i < DESKS; i++) {
		require(bel_phone_is_over(desks[i].phone));
		bel_phone_close(desks[i].phone);
		bel_loop_close(desks[i].loop);
	}
	bel_sim_free(sim);
	return 0;
}
