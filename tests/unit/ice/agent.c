/* SPDX-License-Identifier: Apache-2.0
 * Two agents in simulated time, over a network that loses, delays and translates. */
#include "support/failing_alloc.h"
#include "support/support.h"

#include "ice/ice.h"

enum {
	SIDES = 2,
	FLIGHT_MAX = 512,
	PACKET_BYTES = 700,
	MAPPINGS_MAX = 64,
	DELAY_MS = 20,
	SENT_MAX = 256,
};

enum nat { OPEN, CONE, PORT_RESTRICTED, SYMMETRIC, NATS };

struct mapping {
	int side;
	bel_addr inside, outside, to;
};

struct packet {
	uint64_t at_ms;
	bel_addr from, to;
	size_t len;
	char bytes[PACKET_BYTES];
};

struct world;
struct side {
	struct world *world;
	int number;
	struct bel_ice *ice;
	enum nat nat;
	unsigned ways, states;
	enum bel_ice_state state;
	bel_addr relayed; /* an open address elsewhere; family 0: none */
};

struct world {
	struct bel_crypto *crypto;
	struct side sides[SIDES];
	uint64_t now_ms, seed;
	unsigned loss; /* in a thousand */
	bool is_down;
	unsigned components;
	struct packet flight[FLIGHT_MAX];
	unsigned flight_count;
	struct mapping mappings[MAPPINGS_MAX];
	unsigned mappings_count;
	uint64_t sent_ms[SENT_MAX];
	unsigned sent_count;
	/* What is sent to this address goes to on_test instead. */
	bel_addr test;
	struct packet last;
};

static uint64_t draw(struct world *world, uint64_t limit)
{
	world->seed = world->seed * 6364136223846793005u + 1442695040888963407u;
	return (world->seed >> 33) % limit;
}

/* ---- the network ---- */

static bel_addr inside_of(int side, unsigned component)
{
	return bel_addr_v4(10, (uint8_t)side, 0, 2, (uint16_t)(4000 + component));
}

static bool is_inside_of(const bel_addr *addr, int side)
{
	return addr->family == 4 && addr->ip[12] == 10 && addr->ip[13] == side;
}

static bel_addr map(struct world *world, const struct side *side, const bel_addr *from,
		    const bel_addr *to, const struct mapping *like)
{
	unsigned number = world->mappings_count++;

	assert_true(number < MAPPINGS_MAX);
	world->mappings[number] = (struct mapping){
		.side = side->number,
		.inside = *from,
		.to = *to,
		.outside = like ? like->outside
				: bel_addr_v4(20, 0, 0, (uint8_t)(side->number + 1),
					      (uint16_t)(6000 + number)),
	};
	return world->mappings[number].outside;
}

/* What is sent from inside shows itself as; a mapping is made where there is none. */
static bel_addr outside_of(struct world *world, const struct side *side,
			   const bel_addr *from, const bel_addr *to)
{
	const struct mapping *like = NULL;

	if (side->nat == OPEN || bel_addr_is_equal(from, &side->relayed))
		return *from;
	for (unsigned i = 0; i < world->mappings_count; i++) {
		const struct mapping *each = &world->mappings[i];
		if (each->side != side->number || !bel_addr_is_equal(&each->inside, from))
			continue;
		if (bel_addr_is_equal(&each->to, to))
			return each->outside;
		if (side->nat != SYMMETRIC)
			like = each;
	}
	return map(world, side, from, to, like);
}

/* Where a packet to an address ends; false: nowhere. */
static bool inside_for(struct world *world, const bel_addr *from, const bel_addr *to,
		       int *side, bel_addr *inside)
{
	for (int i = 0; i < SIDES; i++) {
		bool is_open = world->sides[i].nat == OPEN;
		if ((is_open && is_inside_of(to, i)) ||
		    (to->family && bel_addr_is_equal(to, &world->sides[i].relayed))) {
			*side = i;
			*inside = *to;
			return true;
		}
	}
	for (unsigned i = 0; i < world->mappings_count; i++) {
		struct mapping *each = &world->mappings[i];
		if (!bel_addr_is_equal(&each->outside, to) ||
		    (world->sides[each->side].nat != CONE &&
		     !bel_addr_is_equal(&each->to, from)))
			continue;
		*side = each->side;
		*inside = each->inside;
		return true;
	}
	return false;
}

static void fly(struct world *world, const bel_addr *from, const bel_addr *to,
		bel_str bytes)
{
	struct packet *packet;

	assert_true(world->sent_count < SENT_MAX || world->loss || world->is_down);
	if (world->sent_count < SENT_MAX)
		world->sent_ms[world->sent_count++] = world->now_ms;
	if (world->is_down || draw(world, 1000) < world->loss)
		return;
	assert_true(world->flight_count < FLIGHT_MAX && bytes.len <= PACKET_BYTES);
	packet = &world->flight[world->flight_count++];
	packet->at_ms = world->now_ms + DELAY_MS;
	packet->from = *from;
	packet->to = *to;
	packet->len = bytes.len;
	memcpy(packet->bytes, bytes.ptr, bytes.len);
}

static void arrive(struct world *world, const struct packet *packet)
{
	bel_str bytes = bel_test_exact((bel_str){ packet->bytes, packet->len });
	struct bel_stun_msg msg;
	bel_addr inside;
	int side;

	if (bel_addr_is_equal(&packet->to, &world->test)) {
		world->last = *packet;
	} else if (inside_for(world, &packet->from, &packet->to, &side, &inside)) {
		assert_int_equal(bel_stun_parse(&msg, bytes), BEL_OK);
		bel_ice_receive(world->sides[side].ice, &inside, &packet->from, &msg,
				world->now_ms);
	}
	free((void *)(uintptr_t)bytes.ptr);
}

/* ---- the agents ---- */

static void send_out(void *user, const struct bel_ice_candidate *from, const bel_addr *to,
		     bel_str datagram)
{
	struct side *side = user;
	bel_addr outside = outside_of(side->world, side, &from->base, to);

	fly(side->world, &outside, to, datagram);
}

static void make_random(void *user, void *out, size_t len)
{
	struct side *side = user;

	for (size_t i = 0; i < len; i++)
		((uint8_t *)out)[i] = (uint8_t)draw(side->world, 256);
}

static void on_way(void *user, unsigned component)
{
	struct side *side = user;

	assert_in_range(component, 1, side->world->components);
	side->ways++;
}

static void on_state(void *user, enum bel_ice_state state)
{
	struct side *side = user;

	assert_int_not_equal(state, side->state);
	side->state = state;
	side->states++;
}

static const struct bel_ice_port port = { send_out, make_random, on_way, on_state };

static void open_side(struct world *world, int number, enum nat nat, bool is_controlling)
{
	struct side *side = &world->sides[number];
	struct bel_ice_opts opts = { .port = &port,
				     .user = side,
				     .crypto = world->crypto,
				     .components = world->components,
				     .is_controlling = is_controlling };

	*side = (struct side){ .world = world, .number = number, .nat = nat };
	assert_int_equal(bel_ice_open(&side->ice, &opts), BEL_OK);
}

static void open_world(struct world *world, unsigned components, enum nat first,
		       enum nat second)
{
	*world = (struct world){ .seed = 1, .components = components };
	assert_int_equal(bel_crypto_open(&world->crypto), BEL_OK);
	open_side(world, 0, first, true);
	open_side(world, 1, second, false);
}

static void close_world(struct world *world)
{
	for (int i = 0; i < SIDES; i++)
		bel_ice_close(world->sides[i].ice);
	bel_crypto_close(world->crypto);
}

static void add(struct side *side, enum bel_ice_type type, unsigned component,
		const bel_addr *addr, const bel_addr *base)
{
	struct bel_ice_candidate candidate = { .type = type,
					       .component = (uint16_t)component,
					       .addr = *addr,
					       .base = *base };
	bel_addr server = bel_addr_v4(30, 0, 0, 1, 3478);

	assert_int_equal(bel_ice_add(side->ice, &candidate, 65535,
				     type == BEL_ICE_HOST ? NULL : &server,
				     side->world->now_ms),
			 BEL_OK);
}

/* Host, what a server would tell, and a relay where it is wanted. */
static void gather(struct side *side, bool has_relay)
{
	bel_addr server = bel_addr_v4(30, 0, 0, 1, 3478);

	for (unsigned i = 1; i <= side->world->components; i++) {
		bel_addr inside = inside_of(side->number, i);
		bel_addr outside = outside_of(side->world, side, &inside, &server);
		add(side, BEL_ICE_HOST, i, &inside, &inside);
		if (side->nat != OPEN)
			add(side, BEL_ICE_SERVER_REFLEXIVE, i, &outside, &inside);
	}
	if (has_relay) {
		side->relayed = bel_addr_v4(30, 0, 0, 1,
					    (uint16_t)(50000 + side->number));
		add(side, BEL_ICE_RELAYED, 1, &side->relayed, &side->relayed);
	}
	bel_ice_end(side->ice, side->world->now_ms);
}

static struct bel_ice_remote login_of(const struct side *side)
{
	return (struct bel_ice_remote){ .ufrag = bel_ice_ufrag(side->ice),
					.pwd = bel_ice_pwd(side->ice),
					.pace_ms = BEL_ICE_PACE_MS };
}

/* What one describes, the other takes. */
static void show(struct side *from, struct side *to)
{
	struct bel_ice_remote remote = login_of(from);
	const struct bel_ice_candidate *each;
	uint64_t now_ms = from->world->now_ms;

	assert_int_equal(bel_ice_set_remote(to->ice, &remote, now_ms), BEL_OK);
	for (unsigned i = 0; (each = bel_ice_candidate(from->ice, i)); i++)
		assert_int_equal(bel_ice_add_remote(to->ice, each, now_ms), BEL_OK);
	bel_ice_end_remote(to->ice, now_ms);
}

static void begin(struct world *world, bool has_relay)
{
	gather(&world->sides[0], has_relay);
	gather(&world->sides[1], has_relay);
	show(&world->sides[0], &world->sides[1]);
	show(&world->sides[1], &world->sides[0]);
}

/* ---- time ---- */

static uint64_t next_event(const struct world *world)
{
	uint64_t next_ms = UINT64_MAX;

	for (int i = 0; i < SIDES; i++) {
		uint64_t due_ms = bel_ice_next_ms(world->sides[i].ice);
		if (due_ms < next_ms)
			next_ms = due_ms;
	}
	for (unsigned i = 0; i < world->flight_count; i++)
		if (world->flight[i].at_ms < next_ms)
			next_ms = world->flight[i].at_ms;
	return next_ms;
}

static void turn_once(struct world *world)
{
	for (unsigned i = 0; i < world->flight_count;) {
		struct packet packet = world->flight[i];
		if (packet.at_ms > world->now_ms) {
			i++;
			continue;
		}
		world->flight[i] = world->flight[--world->flight_count];
		arrive(world, &packet);
	}
	for (int i = 0; i < SIDES; i++) {
		struct bel_ice *ice = world->sides[i].ice;
		bel_ice_advance(ice, world->now_ms);
		/* Nothing is due that was not done. */
		assert_true(bel_ice_next_ms(ice) > world->now_ms);
	}
}

static void run(struct world *world, uint64_t ms)
{
	uint64_t end_ms = world->now_ms + ms, next_ms;

	turn_once(world);
	while ((next_ms = next_event(world)) <= end_ms) {
		if (next_ms > world->now_ms)
			world->now_ms = next_ms;
		turn_once(world);
	}
	world->now_ms = end_ms;
}

/* ---- what came of it ---- */

static void assert_agree(struct world *world)
{
	struct bel_ice_candidate from[SIDES], to[SIDES];

	for (int i = 0; i < SIDES; i++)
		assert_int_equal(bel_ice_state(world->sides[i].ice), BEL_ICE_CONNECTED);
	assert_true(bel_ice_is_controlling(world->sides[0].ice) !=
		    bel_ice_is_controlling(world->sides[1].ice));
	for (unsigned c = 1; c <= world->components; c++)
		for (int i = 0; i < SIDES; i++) {
			int side;
			bel_addr inside;
			assert_true(bel_ice_is_selected(world->sides[i].ice, c));
			assert_true(
				bel_ice_way(&from[i], &to[i], world->sides[i].ice, c));
			assert_int_equal(from[i].component, c);
			/* What one sends ends at the other's base. */
			bel_addr seen = outside_of(world, &world->sides[i], &from[i].base,
						   &to[i].addr);
			assert_true(
				inside_for(world, &seen, &to[i].addr, &side, &inside));
			assert_int_equal(side, 1 - i);
		}
}

static enum bel_ice_type type_of_way(struct side *side)
{
	struct bel_ice_candidate from, to;

	assert_true(bel_ice_way(&from, &to, side->ice, 1));
	return from.type;
}

static void two_in_the_open_connect_at_once(void **state)
{
	struct world world;

	(void)state;
	open_world(&world, 2, OPEN, OPEN);
	begin(&world, false);
	run(&world, 400);
	assert_agree(&world);
	assert_int_equal(type_of_way(&world.sides[0]), BEL_ICE_HOST);
	/* Checks of both, one more for each nomination, and their answers. */
	assert_in_range(world.sent_count, 8, 16);
	close_world(&world);
}

/* Two symmetric NATs, and one before one that looks at ports, leave only a relay. */
static bool needs_relay(enum nat a, enum nat b)
{
	return (a == SYMMETRIC && b >= PORT_RESTRICTED) ||
	       (b == SYMMETRIC && a >= PORT_RESTRICTED);
}

static void every_pair_of_nats_connects(void **state)
{
	(void)state;
	for (enum nat a = OPEN; a < NATS; a++)
		for (enum nat b = OPEN; b < NATS; b++) {
			struct world world;
			open_world(&world, 1, a, b);
			begin(&world, true);
			run(&world, 3000);
			assert_agree(&world);
			bool is_relayed = type_of_way(&world.sides[0]) ==
						  BEL_ICE_RELAYED ||
					  type_of_way(&world.sides[1]) == BEL_ICE_RELAYED;
			assert_int_equal(is_relayed, needs_relay(a, b));
			close_world(&world);
		}
}

static void without_a_relay_symmetric_nats_fail_with_patience(void **state)
{
	struct world world;

	(void)state;
	open_world(&world, 1, SYMMETRIC, SYMMETRIC);
	begin(&world, false);
	run(&world, 39000);
	assert_int_equal(world.sides[0].state, BEL_ICE_CHECKING);
	run(&world, 10000);
	for (int i = 0; i < SIDES; i++) {
		struct bel_ice_candidate from, to;
		assert_int_equal(world.sides[i].state, BEL_ICE_FAILED);
		assert_false(bel_ice_way(&from, &to, world.sides[i].ice, 1));
	}
	close_world(&world);
}

static void lost_checks_are_sent_again(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= 200; seed++) {
		struct world world;
		open_world(&world, 2, PORT_RESTRICTED, CONE);
		world.seed = seed;
		world.loss = 150;
		begin(&world, false);
		run(&world, 15000);
		world.loss = 0;
		run(&world, 30000);
		assert_agree(&world);
		close_world(&world);
	}
}

static void two_of_one_role_settle_it(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= 50; seed++)
		for (int is_controlling = 0; is_controlling < 2; is_controlling++) {
			struct world world;
			open_world(&world, 1, OPEN, CONE);
			for (int i = 0; i < SIDES; i++) {
				bel_ice_close(world.sides[i].ice);
				world.seed += seed;
				open_side(&world, i, world.sides[i].nat, is_controlling);
			}
			begin(&world, false);
			run(&world, 3000);
			assert_agree(&world);
			close_world(&world);
		}
}

static void checks_may_come_before_the_answer(void **state)
{
	struct world world;

	(void)state;
	open_world(&world, 1, OPEN, CONE);
	gather(&world.sides[0], false);
	gather(&world.sides[1], false);
	show(&world.sides[0], &world.sides[1]);
	run(&world, 300);
	/* They are answered, and what was learned counts when the answer is there. */
	assert_int_equal(world.sides[0].state, BEL_ICE_WAITING);
	assert_int_equal(world.sides[1].ways, 1);
	assert_int_equal(world.sides[0].ways, 0);
	show(&world.sides[1], &world.sides[0]);
	run(&world, 500);
	assert_agree(&world);
	close_world(&world);
}

static void candidates_may_come_later(void **state)
{
	struct world world;
	struct side *sides = world.sides;

	(void)state;
	open_world(&world, 1, CONE, CONE);
	for (int i = 0; i < SIDES; i++) {
		struct bel_ice_remote remote = login_of(&sides[1 - i]);
		remote.is_trickling = true;
		assert_int_equal(bel_ice_set_remote(sides[i].ice, &remote, 0), BEL_OK);
	}
	/* However long that takes. */
	run(&world, 60000);
	assert_int_equal(sides[0].state, BEL_ICE_CHECKING);
	for (int i = 0; i < SIDES; i++) {
		gather(&sides[i], false);
		show(&sides[i], &sides[1 - i]);
	}
	run(&world, 500);
	assert_agree(&world);
	close_world(&world);
}

static void who_has_another_password_gets_nowhere(void **state)
{
	struct world world;
	struct bel_ice_candidate from, to;
	struct bel_ice_remote remote;

	(void)state;
	open_world(&world, 1, OPEN, OPEN);
	gather(&world.sides[0], false);
	gather(&world.sides[1], false);
	show(&world.sides[0], &world.sides[1]);
	remote = login_of(&world.sides[1]);
	remote.pwd = BEL_STR("anotherpasswordof22char");
	assert_int_equal(bel_ice_set_remote(world.sides[0].ice, &remote, 0), BEL_OK);
	assert_int_equal(bel_ice_add_remote(world.sides[0].ice,
					    bel_ice_candidate(world.sides[1].ice, 0), 0),
			 BEL_OK);
	bel_ice_end_remote(world.sides[0].ice, 0);
	run(&world, 90000);
	/* What it answers is not believed, and what it asks is refused. */
	assert_false(bel_ice_way(&from, &to, world.sides[0].ice, 1));
	assert_int_equal(world.sides[0].state, BEL_ICE_FAILED);
	close_world(&world);
}

/* ---- consent ---- */

static void consent_is_asked_for_every_few_seconds(void **state)
{
	struct world world;

	(void)state;
	open_world(&world, 1, CONE, PORT_RESTRICTED);
	begin(&world, false);
	run(&world, 1000);
	assert_agree(&world);
	world.sent_count = 0;
	run(&world, 60000);
	/* Two a round, and their answers: 10 to 15 rounds of both. */
	assert_in_range(world.sent_count, 40, 60);
	assert_agree(&world);
	close_world(&world);
}

static void without_consent_nothing_may_be_sent(void **state)
{
	struct world world;
	struct bel_ice_candidate from, to;

	(void)state;
	open_world(&world, 1, CONE, CONE);
	begin(&world, false);
	run(&world, 1000);
	assert_agree(&world);
	world.is_down = true;
	run(&world, 23000);
	assert_int_equal(world.sides[0].state, BEL_ICE_CONNECTED);
	run(&world, 8000);
	for (int i = 0; i < SIDES; i++) {
		assert_int_equal(world.sides[i].state, BEL_ICE_LOST);
		assert_false(bel_ice_way(&from, &to, world.sides[i].ice, 1));
	}
	/* What comes later brings nothing back (RFC 7675 section 5.1). */
	world.is_down = false;
	run(&world, 60000);
	assert_int_equal(world.sides[0].state, BEL_ICE_LOST);
	close_world(&world);
}

/* ---- peers of other kinds ---- */

static struct bel_ice_candidate at(const char *text, uint32_t priority)
{
	struct bel_ice_candidate candidate = { .component = 1, .priority = priority };

	assert_int_equal(bel_addr_parse(&candidate.addr, bel_str_from(text), 0), BEL_OK);
	candidate.foundation[0] = text[0];
	return candidate;
}

static const bel_str test_ufrag = { "test", 4 };
static const bel_str test_pwd = { "apasswordof22charsabcd", 22 };

/* A check of a peer that the test is. */
static void check_side(struct world *world, struct side *side, const bel_addr *from,
		       const struct bel_ice_check *check)
{
	char buf[BEL_ICE_CHECK_BYTES_MAX];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	bel_addr to = inside_of(side->number, 1);

	assert_int_equal(bel_ice_check_write(
				 &writer, world->crypto, BEL_STR("transaction."),
				 bel_ice_ufrag(side->ice), bel_ice_pwd(side->ice), check),
			 BEL_OK);
	fly(world, from, &to, bel_writer_str(&writer));
}

/* Answers the check that came last. */
static void answer_last(struct world *world, struct side *side)
{
	char buf[BEL_ICE_CHECK_BYTES_MAX];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	struct bel_stun_msg msg;
	struct bel_ice_check check;
	unsigned code = 0;

	(void)side;
	assert_int_equal(
		bel_stun_parse(&msg, (bel_str){ world->last.bytes, world->last.len }),
		BEL_OK);
	assert_int_equal(bel_ice_check_read(&check, &code, world->crypto, &msg,
					    test_ufrag, test_pwd),
			 BEL_OK);
	assert_int_equal(code, 0);
	assert_int_equal(bel_ice_check_answer(&writer, world->crypto, &msg, test_pwd, 0,
					      &world->last.from),
			 BEL_OK);
	fly(world, &world->test, &world->last.from, bel_writer_str(&writer));
}

static void open_beside_test(struct world *world)
{
	struct bel_ice_remote remote = { .ufrag = test_ufrag, .pwd = test_pwd };

	open_world(world, 1, OPEN, OPEN);
	gather(&world->sides[1], false);
	assert_int_equal(bel_ice_set_remote(world->sides[1].ice, &remote, 0), BEL_OK);
}

/* RFC 5245: USE-CANDIDATE in every check. */
static void the_best_of_many_nominations_counts(void **state)
{
	struct world world;
	struct side *side = &world.sides[1];
	struct bel_ice_candidate worse = at("40.0.0.1:1000", 1000);
	struct bel_ice_candidate better = at("50.0.0.1:1000", 2000);
	struct bel_ice_check check = { .ufrag = test_ufrag,
				       .priority = 500,
				       .is_controlling = true,
				       .nominates = true };
	struct bel_ice_candidate from, to;
	const struct bel_ice_candidate *order[] = { &worse, &better, &worse };

	(void)state;
	open_beside_test(&world);
	bel_ice_add_remote(side->ice, &worse, 0);
	bel_ice_add_remote(side->ice, &better, 0);
	bel_ice_end_remote(side->ice, 0);
	for (unsigned i = 0; i < BEL_COUNT_OF(order); i++) {
		world.test = order[i]->addr;
		check_side(&world, side, &order[i]->addr, &check);
		run(&world, 200);
		answer_last(&world, side);
		run(&world, 200);
		assert_true(bel_ice_way(&from, &to, side->ice, 1));
		assert_true(bel_addr_is_equal(&to.addr, i ? &better.addr : &worse.addr));
		assert_int_equal(side->state, BEL_ICE_CONNECTED);
	}
	close_world(&world);
}

static void an_answer_from_elsewhere_is_none(void **state)
{
	struct world world;
	struct side *side = &world.sides[1];
	struct bel_ice_candidate peer = at("40.0.0.1:1000", 1000), from, to;

	(void)state;
	open_beside_test(&world);
	bel_ice_add_remote(side->ice, &peer, 0);
	world.test = peer.addr;
	run(&world, 100);
	world.test = bel_addr_v4(66, 6, 6, 6, 666);
	answer_last(&world, side);
	run(&world, 100);
	assert_false(bel_ice_way(&from, &to, side->ice, 1));
	close_world(&world);
}

static void what_is_for_others_is_left_to_them(void **state)
{
	struct world world;
	struct side *side = &world.sides[1];
	struct bel_ice_check check = { .ufrag = test_ufrag, .priority = 1 };
	char buf[BEL_ICE_CHECK_BYTES_MAX];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	bel_addr to = inside_of(1, 1), from = bel_addr_v4(40, 0, 0, 1, 1000);
	struct bel_stun_msg msg;

	(void)state;
	open_beside_test(&world);
	assert_int_equal(bel_ice_check_write(&writer, world.crypto,
					     BEL_STR("transaction."), BEL_STR("other"),
					     test_pwd, &check),
			 BEL_OK);
	assert_int_equal(bel_stun_parse(&msg, bel_writer_str(&writer)), BEL_OK);
	assert_false(bel_ice_receive(side->ice, &to, &from, &msg, 0));
	assert_int_equal(world.sent_count, 0);
	close_world(&world);
}

/* A peer that keeps nothing: bel_ice_lite_answer. */
static void a_lite_peer_is_told_what_is_used(void **state)
{
	struct world world;
	struct side *side = &world.sides[1];
	struct bel_ice_candidate peer = at("40.0.0.1:1000", 1000), from, to;
	struct bel_ice_remote remote = { .ufrag = test_ufrag,
					 .pwd = test_pwd,
					 .is_lite = true };
	bool was_nominated = false;

	(void)state;
	open_world(&world, 1, OPEN, CONE);
	gather(side, false);
	world.test = peer.addr;
	assert_int_equal(bel_ice_set_remote(side->ice, &remote, 0), BEL_OK);
	bel_ice_add_remote(side->ice, &peer, 0);
	bel_ice_end_remote(side->ice, 0);
	assert_true(bel_ice_is_controlling(side->ice));
	for (unsigned i = 0; i < 60; i++) {
		char buf[BEL_ICE_CHECK_BYTES_MAX];
		struct bel_writer writer = bel_writer_init(buf, sizeof buf);
		struct bel_stun_msg msg;
		struct bel_ice_check check;

		run(&world, 10);
		if (!world.last.len)
			continue;
		assert_int_equal(bel_stun_parse(&msg, (bel_str){ world.last.bytes,
								 world.last.len }),
				 BEL_OK);
		assert_int_equal(bel_ice_lite_answer(&writer, &check, world.crypto, &msg,
						     test_ufrag, test_pwd,
						     &world.last.from),
				 BEL_OK);
		was_nominated |= check.nominates;
		fly(&world, &world.test, &world.last.from, bel_writer_str(&writer));
		world.last.len = 0;
	}
	assert_true(was_nominated);
	assert_int_equal(side->state, BEL_ICE_CONNECTED);
	assert_true(bel_ice_way(&from, &to, side->ice, 1));
	close_world(&world);
}

static void a_lite_agent_controls_nothing(void **state)
{
	struct world world;
	struct bel_ice_check check = { .ufrag = { "they", 4 }, .priority = 1 };
	char buf[BEL_ICE_CHECK_BYTES_MAX], out[BEL_ICE_CHECK_BYTES_MAX];
	struct bel_writer asked = bel_writer_init(buf, sizeof buf);
	struct bel_writer answer = bel_writer_init(out, sizeof out);
	bel_addr from = bel_addr_v4(40, 0, 0, 1, 1000);
	struct bel_stun_msg msg;
	unsigned code = 0;

	(void)state;
	open_world(&world, 1, OPEN, OPEN);
	assert_int_equal(bel_ice_check_write(&asked, world.crypto,
					     BEL_STR("transaction."), test_ufrag,
					     test_pwd, &check),
			 BEL_OK);
	assert_int_equal(bel_stun_parse(&msg, bel_writer_str(&asked)), BEL_OK);
	assert_int_equal(bel_ice_lite_answer(&answer, &check, world.crypto, &msg,
					     test_ufrag, test_pwd, &from),
			 BEL_ERR_DENIED);
	assert_int_equal(bel_stun_parse(&msg, bel_writer_str(&answer)), BEL_OK);
	assert_true(bel_stun_find_error(&code, &msg, BEL_STUN_ERROR_CODE));
	assert_int_equal(code, BEL_ICE_ROLE_CONFLICT);
	/* And never says more than it was asked. */
	assert_true(answer.len <= asked.len);
	close_world(&world);
}

/* ---- limits ---- */

static void many_candidates_make_the_best_hundred_pairs(void **state)
{
	struct world world;

	(void)state;
	open_world(&world, 1, OPEN, OPEN);
	for (int i = 0; i < SIDES; i++) {
		struct bel_ice_candidate more = { .type = BEL_ICE_RELAYED,
						  .component = 1 };
		for (unsigned j = 0; j + 1 < BEL_ICE_CANDIDATES_MAX; j++) {
			more.addr = more.base = bel_addr_v4(99, (uint8_t)i, 0, 1,
							    (uint16_t)(1000 + j));
			assert_int_equal(bel_ice_add(world.sides[i].ice, &more,
						     (uint16_t)j, &more.addr, 0),
					 BEL_OK);
		}
		gather(&world.sides[i], false);
		more.addr.port = more.base.port = 9;
		assert_int_equal(bel_ice_add(world.sides[i].ice, &more, 1, &more.addr, 0),
				 BEL_ERR_LIMIT);
	}
	show(&world.sides[0], &world.sides[1]);
	show(&world.sides[1], &world.sides[0]);
	run(&world, 1000);
	assert_agree(&world);
	assert_int_equal(type_of_way(&world.sides[0]), BEL_ICE_HOST);
	close_world(&world);
}

static void what_is_as_good_is_added_once(void **state)
{
	struct world world;
	bel_addr inside = inside_of(0, 1);
	struct bel_ice_candidate again = { .type = BEL_ICE_SERVER_REFLEXIVE,
					   .component = 1,
					   .addr = inside,
					   .base = inside };

	(void)state;
	open_world(&world, 1, OPEN, OPEN);
	gather(&world.sides[0], false);
	assert_int_equal(bel_ice_add(world.sides[0].ice, &again, 65535, &inside, 0),
			 BEL_ERR_EXISTS);
	again.component = 2;
	assert_int_equal(bel_ice_add(world.sides[0].ice, &again, 65535, &inside, 0),
			 BEL_ERR_LIMIT);
	close_world(&world);
}

static void another_peer_is_a_restart(void **state)
{
	struct world world;
	struct bel_ice_remote remote;

	(void)state;
	open_world(&world, 1, OPEN, OPEN);
	begin(&world, false);
	remote = login_of(&world.sides[1]);
	assert_int_equal(bel_ice_set_remote(world.sides[0].ice, &remote, 0), BEL_OK);
	assert_true(bel_ice_is_remote(world.sides[0].ice, &remote));
	remote.ufrag = BEL_STR("else");
	assert_false(bel_ice_is_remote(world.sides[0].ice, &remote));
	assert_int_equal(bel_ice_set_remote(world.sides[0].ice, &remote, 0),
			 BEL_ERR_EXISTS);
	close_world(&world);
}

static enum bel_err try_to_open(void *user)
{
	struct world *world = user;
	struct bel_ice_opts opts = { .port = &port,
				     .user = &world->sides[0],
				     .crypto = world->crypto,
				     .components = 1 };
	struct bel_ice *ice;
	enum bel_err err = bel_ice_open(&ice, &opts);

	if (!err)
		bel_ice_close(ice);
	return err;
}

static void without_memory_there_is_no_agent(void **state)
{
	struct world world;

	(void)state;
	open_world(&world, 1, OPEN, OPEN);
	bel_test_each_allocation_fails(try_to_open, &world);
	close_world(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_in_the_open_connect_at_once),
		cmocka_unit_test(every_pair_of_nats_connects),
		cmocka_unit_test(without_a_relay_symmetric_nats_fail_with_patience),
		cmocka_unit_test(lost_checks_are_sent_again),
		cmocka_unit_test(two_of_one_role_settle_it),
		cmocka_unit_test(checks_may_come_before_the_answer),
		cmocka_unit_test(candidates_may_come_later),
		cmocka_unit_test(who_has_another_password_gets_nowhere),
		cmocka_unit_test(consent_is_asked_for_every_few_seconds),
		cmocka_unit_test(without_consent_nothing_may_be_sent),
		cmocka_unit_test(the_best_of_many_nominations_counts),
		cmocka_unit_test(an_answer_from_elsewhere_is_none),
		cmocka_unit_test(what_is_for_others_is_left_to_them),
		cmocka_unit_test(a_lite_peer_is_told_what_is_used),
		cmocka_unit_test(a_lite_agent_controls_nothing),
		cmocka_unit_test(many_candidates_make_the_best_hundred_pairs),
		cmocka_unit_test(what_is_as_good_is_added_once),
		cmocka_unit_test(another_peer_is_a_restart),
		cmocka_unit_test(without_memory_there_is_no_agent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
