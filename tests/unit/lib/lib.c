/* SPDX-License-Identifier: Apache-2.0 */
#include "support/support.h"

#include "io/sim.h"
#include "lib/lib.h"

/* Opens a library in a simulated node and lets it look around. */
static enum bel_err open_and_close(void *user)
{
	const bel_addr ip = bel_addr_v4(192, 0, 2, 1, 0);
	const struct bel_transport_listener listeners[] = {
		{ BEL_SIP_UDP, bel_addr_v4(192, 0, 2, 1, 5060) },
		{ BEL_SIP_TCP, bel_addr_v4(192, 0, 2, 1, 5060) },
	};
	struct bel_sim *sim = bel_sim_new(1, NULL);
	struct bel_sim_node *node = sim ? bel_sim_node_new(sim, "lib", &ip) : NULL;
	struct bel_loop *loop = NULL;
	struct bel_lib *lib = NULL;
	enum bel_err err = node ? bel_sim_loop(&loop, node) : BEL_ERR_SPACE;

	(void)user;
	if (!err)
		err = bel_lib_open(&lib,
				   &(struct bel_lib_opts){
					   .loop = loop,
					   .listeners = listeners,
					   .listeners_count = BEL_COUNT_OF(listeners) });
	if (!err)
		bel_sim_run(sim, bel_sim_now_ms(sim) + 1000);
	bel_lib_close(lib);
	bel_loop_close(loop);
	bel_sim_free(sim);
	return err;
}

static void a_library_opens_whole_or_not_at_all(void **state)
{
	(void)state;
	bel_test_each_allocation_fails(open_and_close, NULL);
}

static void nothing_is_closed_in_peace(void **state)
{
	(void)state;
	bel_lib_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_library_opens_whole_or_not_at_all),
		cmocka_unit_test(nothing_is_closed_in_peace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
