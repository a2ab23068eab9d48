/* SPDX-License-Identifier: Apache-2.0
 * What the library does when there is no memory: errors and events, never a leak. */
#include "unit/lib/party.h"

static enum bel_err as_err(enum belfry_error error)
{
	return error == BELFRY_OK ? BEL_OK : BEL_ERR_SPACE;
}

/* An agent at a node of its own, with everything that an agent may have. */
static enum bel_err live(struct belfry_agent *agent)
{
	struct belfry_account *account;
	struct belfry_call *call;
	struct belfry_mixer *mixer;
	struct belfry_audio *place, *tone;
	enum belfry_error error = belfry_account_add(
		&account, agent,
		&(struct belfry_account_options){ .address = "sip:alice@192.0.2.9",
						  .password = "secret" });

	if (!error)
		error = belfry_call_dial(
			&call, agent,
			&(struct belfry_dial){ .account = account, .to = "bob" });
	if (!error)
		error = belfry_message_send(
			NULL, agent,
			&(struct belfry_message){ .to = "sip:bob@192.0.2.9",
						  .text = "hello" });
	if (!error)
		error = belfry_mixer_open(&mixer, agent, 0);
	if (!error)
		error = belfry_mixer_open_place(&place, mixer);
	if (!error)
		error = belfry_audio_open_tone(&tone, agent, 440, -10, 0);
	if (!error)
		error = belfry_audio_join(place, tone);
	if (!error)
		belfry_call_set_source(call, place);
	return as_err(error);
}

static enum bel_err open_and_live(void *user)
{
	const bel_addr ip = bel_addr_v4(192, 0, 2, 1, 0);
	static const char *const listen[] = { "udp:192.0.2.1:5060", NULL };
	struct bel_sim *sim = bel_sim_new(1, NULL);
	struct bel_sim_node *node = sim ? bel_sim_node_new(sim, "lib", &ip) : NULL;
	struct bel_loop *loop = NULL;
	struct belfry_agent *agent = NULL;
	enum bel_err err = node ? bel_sim_loop(&loop, node) : BEL_ERR_SPACE;

	(void)user;
	if (!err)
		err = as_err(bel_agent_open_on(
			&agent, &(struct belfry_agent_options){ .listen = listen },
			loop));
	if (!err)
		err = live(agent);
	if (agent)
		bel_sim_run(sim, bel_sim_now_ms(sim) + 1000);
	belfry_agent_close(agent);
	bel_loop_close(loop);
	bel_sim_free(sim);
	return err;
}

static void an_agent_lives_whole_or_says_that_it_cannot(void **state)
{
	(void)state;
	bel_test_each_allocation_fails(open_and_live, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_agent_lives_whole_or_says_that_it_cannot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
