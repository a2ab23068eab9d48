/* SPDX-License-Identifier: Apache-2.0
 * Two paths through simulated NATs, with the server's STUN and TURN beside them. */
#include "support/failing_alloc.h"
#include "unit/path/path_support.h"

static void try_cell(enum bel_sim_nat_kind a, enum bel_sim_nat_kind b, bool has_mux)
{
	struct world world;

	open_world(&world, a, b, false);
	world.has_mux = has_mux;
	connect(&world);
	assert_talk(&world);
	assert_int_equal(is_by_relay(&world.ends[0]) || is_by_relay(&world.ends[1]),
			 needs_relay(a, b));
	close_world(&world);
}

static void every_pair_of_nats_talks(void **state)
{
	(void)state;
	for (enum bel_sim_nat_kind a = BEL_NAT_NONE; a <= BEL_NAT_SYMMETRIC; a++)
		for (enum bel_sim_nat_kind b = BEL_NAT_NONE; b <= BEL_NAT_SYMMETRIC; b++)
			for (int has_mux = 0; has_mux < 2; has_mux++)
				try_cell(a, b, has_mux);
}

/* No NAT of the simulation turns around what is sent to its own outer address. */
static void neighbours_behind_one_nat_talk_directly(void **state)
{
	(void)state;
	for (enum bel_sim_nat_kind nat = BEL_NAT_FULL_CONE; nat <= BEL_NAT_SYMMETRIC;
	     nat++) {
		struct world world;
		bel_addr remote;
		open_world(&world, nat, nat, true);
		connect(&world);
		assert_talk(&world);
		assert_true(bel_path_way(&remote, world.ends[0].path, BEL_PATH_RTP));
		assert_int_equal(remote.ip[12], 10);
		close_world(&world);
	}
}

/* A NAT at home and one at the provider's. Whoever is behind two is as hard to reach as
 * behind the harder one. */
static void behind_two_nats_it_is_no_other(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4 * 4 * 5; i++) {
		enum bel_sim_nat_kind home = BEL_NAT_FULL_CONE + i % 4;
		enum bel_sim_nat_kind provider = BEL_NAT_FULL_CONE + i / 4 % 4;
		enum bel_sim_nat_kind other = i / 16, harder;
		const bel_addr homes = bel_addr_v4(30, 0, 0, 1, 0);
		const bel_addr providers = bel_addr_v4(31, 0, 0, 1, 0);
		struct world world;

		open_world(&world, home, other, false);
		assert_int_equal(bel_sim_nat_nest(world.post->sim, &homes, provider,
						  &providers, 0),
				 BEL_OK);
		connect(&world);
		assert_talk(&world);
		harder = home > provider ? home : provider;
		assert_int_equal(is_by_relay(&world.ends[0]) ||
					 is_by_relay(&world.ends[1]),
				 needs_relay(harder, other));
		close_world(&world);
	}
}

/* Two homes behind one provider's NAT: with hairpins they reach each other there, if both
 * of all four let them; else by the relay. */
static void neighbours_at_one_provider_talk(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4 * 4 * 2; i++) {
		enum bel_sim_nat_kind home = BEL_NAT_FULL_CONE + i % 4;
		enum bel_sim_nat_kind provider = BEL_NAT_FULL_CONE + i / 4 % 4, harder;
		const bel_addr homes[] = { bel_addr_v4(30, 0, 0, 1, 0),
					   bel_addr_v4(30, 0, 0, 2, 0) };
		const bel_addr providers = bel_addr_v4(31, 0, 0, 1, 0);
		bool has_hairpin = i / 16;
		struct world world;

		open_world(&world, home, home, false);
		for (int k = 0; k < ENDS; k++)
			assert_int_equal(bel_sim_nat_nest(world.post->sim, &homes[k],
							  provider, &providers, 0),
					 BEL_OK);
		bel_sim_nat_set_hairpin(world.post->sim, &providers, has_hairpin);
		connect(&world);
		assert_talk(&world);
		harder = home > provider ? home : provider;
		assert_int_equal(is_by_relay(&world.ends[0]) ||
					 is_by_relay(&world.ends[1]),
				 !has_hairpin || needs_relay(harder, harder));
		close_world(&world);
	}
}

/* ---- who speaks no ICE ---- */

/* What they send to is the relay, and it is from there that they hear us. */
static void a_plain_peer_is_reached_by_the_relay(void **state)
{
	struct world world;
	struct end *end = &world.ends[0];
	bel_addr peer = at(4, 4000), relay;
	char text[512];

	(void)state;
	open_world(&world, BEL_NAT_SYMMETRIC, BEL_NAT_NONE, false);
	gather(end);
	describe(end);
	relay = bel_path_address(end->path, BEL_PATH_RTP);
	assert_int_equal(relay.ip[12], 20);
	snprintf(text, sizeof text,
		 "v=0\r\no=- 1 1 IN IP4 20.0.0.4\r\ns=-\r\nt=0 0\r\n"
		 "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 20.0.0.4\r\n");
	agree(end, text);
	assert_false(bel_path_has_ice(end->path));
	run_for(world.post, 200);
	assert_int_equal(bel_path_send(end->path, BEL_PATH_RTP, &peer, BEL_STR("there")),
			 BEL_OK);
	run_for(world.post, 100);
	assert_heard(&world.post->peer, "there");
	assert_true(bel_addr_is_equal(&world.post->peer.from, &relay));
	bel_udp_send(world.post->peer.udp, &relay, NULL, BEL_STR("and back"));
	run_for(world.post, 100);
	assert_got_by(end, BEL_PATH_RTP, "and back");
	assert_true(bel_addr_is_equal(&end->heard[BEL_PATH_RTP].from, &peer));
	/* What is offered later speaks of ICE no more. */
	describe(end);
	assert_null(strstr(end->sdp, "ice"));
	close_world(&world);
}

static void replace(char *text, const char *line, const char *with)
{
	char *found = strstr(text, line);
	char rest[SDP_BYTES];

	assert_non_null(found);
	strcpy(rest, strchr(found, '\n') + 1);
	strcpy(found, with);
	strcat(text, rest);
}

/* RFC 8839 section 4.2.5: a server between rewrote the addresses that it knows of. */
static void a_changed_address_ends_ice_and_is_told(void **state)
{
	struct world world;
	struct end *ends = world.ends;

	(void)state;
	open_world(&world, BEL_NAT_NONE, BEL_NAT_NONE, false);
	gather(&ends[0]);
	gather(&ends[1]);
	describe(&ends[0]);
	replace(ends[0].sdp, "c=", "c=IN IP4 66.6.6.6\r\n");
	hear_offer(&ends[1], ends[0].sdp);
	describe(&ends[1]);
	assert_non_null(strstr(ends[1].sdp, "a=ice-mismatch\r\n"));
	assert_null(strstr(ends[1].sdp, "candidate"));
	agree(&ends[1], ends[0].sdp);
	agree(&ends[0], ends[1].sdp);
	for (int i = 0; i < ENDS; i++)
		assert_false(bel_path_has_ice(ends[i].path));
	close_world(&world);
}

static void who_only_answers_offers_nothing(void **state)
{
	struct world world;
	struct end *end = &world.ends[1];

	(void)state;
	open_world(&world, BEL_NAT_NONE, BEL_NAT_NONE, false);
	bel_path_close(end->path);
	struct bel_path_opts opts = opts_of(end, bel_addr_v4(40, 0, 0, 2, 0));
	opts.offers_ice = false;
	assert_int_equal(bel_path_open(&end->path, &opts), BEL_OK);
	gather(end);
	describe(end);
	assert_null(strstr(end->sdp, "ice"));
	gather(&world.ends[0]);
	exchange(&world.ends[0], end);
	run_for(world.post, 1000);
	assert_talk(&world);
	close_world(&world);
}

/* ---- later ---- */

static unsigned count_of(const char *text, const char *what)
{
	unsigned count = 0;

	for (; (text = strstr(text, what)); text++)
		count++;
	return count;
}

/* RFC 8839 section 4.4.1.2.2. */
static void once_chosen_only_that_is_described(void **state)
{
	struct world world;
	struct end *ends = world.ends;

	(void)state;
	open_world(&world, BEL_NAT_PORT_RESTRICTED, BEL_NAT_FULL_CONE, false);
	connect(&world);
	assert_true(count_of(ends[0].sdp, "a=candidate:") > 2);
	exchange(&ends[0], &ends[1]);
	for (int i = 0; i < ENDS; i++) {
		assert_int_equal(count_of(ends[i].sdp, "a=candidate:"), 1);
		assert_non_null(strstr(ends[i].sdp, "c=IN IP4 30.0.0."));
		assert_int_equal(count_of(ends[i].sdp, "a=remote-candidates:1 30.0.0."),
				 i == 0);
	}
	assert_talk(&world);
	close_world(&world);
}

static void a_restart_keeps_the_way_until_there_is_another(void **state)
{
	struct world world;
	struct end *ends = world.ends;
	bel_addr local = inside(0), before, after;
	struct bel_path_opts opts;

	(void)state;
	open_world(&world, BEL_NAT_FULL_CONE, BEL_NAT_PORT_RESTRICTED, false);
	connect(&world);
	/* Another device of the caller's takes the call over. */
	assert_true(bel_path_way(&before, ends[1].path, BEL_PATH_RTP));
	bel_path_close(ends[0].path);
	opts = opts_of(&ends[0], local);
	ends[0].has_gathered = false;
	assert_int_equal(bel_path_open(&ends[0].path, &opts), BEL_OK);
	gather(&ends[0]);
	describe(&ends[0]);
	hear_offer(&ends[1], ends[0].sdp);
	describe(&ends[1]);
	assert_true(count_of(ends[1].sdp, "a=candidate:") > 1);
	agree(&ends[1], ends[0].sdp);
	assert_true(bel_path_way(&after, ends[1].path, BEL_PATH_RTP));
	assert_true(bel_addr_is_equal(&before, &after));
	agree(&ends[0], ends[1].sdp);
	run_for(world.post, 2000);
	assert_true(bel_path_way(&after, ends[1].path, BEL_PATH_RTP));
	assert_false(bel_addr_is_equal(&before, &after));
	assert_talk(&world);
	close_world(&world);
}

static void a_path_may_be_closed_by_a_packet(void **state)
{
	(void)state;
	/* Directly, and by the relay, whose client is just being heard. */
	for (int is_relayed = 0; is_relayed < 2; is_relayed++) {
		enum bel_sim_nat_kind nat = is_relayed ? BEL_NAT_SYMMETRIC
						       : BEL_NAT_FULL_CONE;
		struct world world;
		open_world(&world, nat, nat, false);
		connect(&world);
		assert_talk(&world);
		world.ends[1].closes_on_packet = true;
		say(&world.ends[0], BEL_PATH_RTP, "the end");
		assert_null(world.ends[1].path);
		close_world(&world);
	}
}

/* ---- servers ---- */

static void a_server_that_is_silent_is_waited_for_no_longer_than_that(void **state)
{
	struct world world;
	struct end *end = &world.ends[0];
	struct bel_path_servers_report report;

	(void)state;
	open_world(&world, BEL_NAT_NONE, BEL_NAT_NONE, false);
	bel_path_close(end->path);
	struct bel_path_opts opts = opts_of(end, bel_addr_v4(40, 0, 0, 1, 0));
	opts.servers.stun = opts.servers.turn = bel_addr_v4(77, 0, 0, 1, 3478);
	assert_int_equal(bel_path_open(&end->path, &opts), BEL_OK);
	assert_int_equal(bel_path_bind(end->path), BEL_OK);
	run_for(world.post, 2400);
	assert_false(end->has_gathered);
	run_for(world.post, 200);
	assert_true(end->has_gathered);
	run_for(world.post, 60000);
	bel_path_servers_report(&report, end->path);
	assert_int_equal(report.stun, BEL_ERR_TIMEOUT);
	assert_int_equal(report.turn, BEL_ERR_TIMEOUT);
	close_world(&world);
}

static void a_wrong_password_is_told(void **state)
{
	struct world world;
	struct end *end = &world.ends[0];
	struct bel_path_servers_report report;

	(void)state;
	open_world(&world, BEL_NAT_NONE, BEL_NAT_NONE, false);
	bel_path_close(end->path);
	struct bel_path_opts opts = opts_of(end, bel_addr_v4(40, 0, 0, 1, 0));
	opts.servers.turn_password = BEL_STR("wrong");
	assert_int_equal(bel_path_open(&end->path, &opts), BEL_OK);
	gather(end);
	bel_path_servers_report(&report, end->path);
	assert_int_equal(report.stun, BEL_OK);
	assert_int_equal(report.turn, BEL_ERR_DENIED);
	assert_int_equal(report.turn_code, 401);
	close_world(&world);
}

/* ---- memory ---- */

static enum bel_err try_all(void *user)
{
	struct world *world = user;
	struct end *end = &world->ends[0];
	struct bel_path_opts opts = opts_of(end, bel_addr_v4(40, 0, 0, 1, 0));
	enum bel_err err = bel_path_open(&end->path, &opts);

	if (err)
		return err;
	err = bel_path_bind(end->path);
	if (!err) {
		run_for(world->post, 3000);
		describe(end);
		/* Without memory for the agent nothing is said of ICE. */
		if (!strstr(end->sdp, "a=ice-ufrag:") || !strstr(end->sdp, " typ relay "))
			err = bel_err_from_errno(ENOMEM);
	}
	bel_path_close(end->path);
	end->path = NULL;
	run_for(world->post, 200);
	return err;
}

static void without_memory_it_does_what_it_can(void **state)
{
	struct world world;

	(void)state;
	open_world(&world, BEL_NAT_NONE, BEL_NAT_NONE, false);
	bel_path_close(world.ends[0].path);
	world.ends[0].path = NULL;
	bel_test_each_allocation_fails(try_all, &world);
	run_for(world.post, 700 * 1000);
	close_world(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_pair_of_nats_talks),
		cmocka_unit_test(neighbours_behind_one_nat_talk_directly),
		cmocka_unit_test(behind_two_nats_it_is_no_other),
		cmocka_unit_test(neighbours_at_one_provider_talk),
		cmocka_unit_test(a_plain_peer_is_reached_by_the_relay),
		cmocka_unit_test(a_changed_address_ends_ice_and_is_told),
		cmocka_unit_test(who_only_answers_offers_nothing),
		cmocka_unit_test(once_chosen_only_that_is_described),
		cmocka_unit_test(a_restart_keeps_the_way_until_there_is_another),
		cmocka_unit_test(a_path_may_be_closed_by_a_packet),
		cmocka_unit_test(
			a_server_that_is_silent_is_waited_for_no_longer_than_that),
		cmocka_unit_test(a_wrong_password_is_told),
		cmocka_unit_test(without_memory_it_does_what_it_can),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
