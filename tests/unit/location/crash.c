/* SPDX-License-Identifier: Apache-2.0
 * Nothing acknowledged is lost: seeds of changes, kills and power cuts on a simulated
 * disk. A kill keeps what was written; a power cut leaves of what was not synced whatever
 * it likes, sector by sector. */
#include <limits.h>

#include "support/support.h"
#include "io/sim.h"
#include "location/location.h"

enum {
	CHANGES = 60, /* of files, in about a life of a node */
	SEEDS = 40,
	SEEDS_ALL = 2000,
	LIVES = 4,
	OPS = 300,
	ADDRESSES = 12,
	CONTACTS = 2,
	HISTORY_MAX = LIVES * OPS + 1,
	WORKERS = 2,
	SEGMENT_BYTES = 8192,
};

/* CSeq of each contact of an address after an operation; 0: not bound. */
struct state {
	uint32_t cseq[CONTACTS];
};

struct address {
	struct state history[HISTORY_MAX];
	unsigned count; /* operations done, the first state is empty */
	unsigned acked; /* the last that was acknowledged */
	uint32_t next_cseq;
};

struct world {
	struct bel_sim *sim;
	struct bel_sim_node *node;
	struct bel_loop *loops[WORKERS];
	struct bel_disk *disk;
	struct bel_store *store;
	struct bel_location *location;
	unsigned sync_ms;
	struct address addresses[ADDRESSES];
	unsigned deaths_inside; /* while a file was changed */
};

struct pending {
	struct bel_store_waiter waiter;
	struct address *address;
	unsigned operation;
};

static const uint64_t wall_ms = 1700000000000;

static void on_synced(struct bel_store_waiter *waiter, enum bel_err err)
{
	struct pending *pending = BEL_CONTAINER_OF(waiter, struct pending, waiter);

	if (!err && pending->operation > pending->address->acked)
		pending->address->acked = pending->operation;
	free(pending);
}

static void boot(struct world *world)
{
	assert_int_equal(bel_sim_disk(&world->disk, world->node), BEL_OK);
	for (unsigned i = 0; i < WORKERS; i++)
		assert_int_equal(bel_sim_loop(&world->loops[i], world->node), BEL_OK);
	assert_int_equal(bel_store_open(&world->store,
					&(struct bel_store_opts){
						.disk = world->disk,
						.loops = world->loops,
						.workers = WORKERS,
						.sync_ms = world->sync_ms,
						.segment_bytes = SEGMENT_BYTES,
					}),
			 BEL_OK);
	assert_int_equal(
		bel_location_open(&world->location,
				  &(struct bel_location_opts){
					  .store = world->store,
					  .seed = bel_sim_draw(world->sim, UINT64_MAX),
					  .wall_ms = wall_ms,
				  }),
		BEL_OK);
}

static void shut(struct world *world)
{
	for (unsigned i = 0; i < WORKERS; i++)
		bel_store_leave(world->store, i);
	bel_location_close(world->location);
	bel_store_close(world->store);
	bel_disk_close(world->disk);
	for (unsigned i = 0; i < WORKERS; i++)
		bel_loop_close(world->loops[i]);
}

/* One REGISTER of one contact: new, refreshed, moved or removed. */
static enum bel_err change(struct world *world, unsigned index, unsigned contact,
			   uint32_t cseq, uint32_t expires_s, unsigned worker,
			   uint64_t *ticket)
{
	char aor[32], uri[64], call_id[16];
	struct bel_uri parsed;
	struct bel_contact_change wanted = { .uri = &parsed,
					     .expires_s = expires_s,
					     .q = 1000 };

	snprintf(aor, sizeof aor, "user%u@example.com", index);
	snprintf(uri, sizeof uri, "sip:user%u@192.0.2.%u", index, contact + 1);
	snprintf(call_id, sizeof call_id, "call-%u", contact);
	wanted.uri_text = bel_str_from(uri);
	assert_int_equal(bel_uri_parse(&parsed, wanted.uri_text), BEL_OK);
	return bel_location_bind(
		world->location,
		&(struct bel_bind){
			.aor = bel_str_from(aor),
			.call_id = bel_str_from(call_id),
			.cseq = cseq,
			.contacts = &wanted,
			.contacts_count = 1,
			.contacts_max = 10,
			.user_agent = BEL_STR("Phone"),
			.flow = { .transport = BEL_SIP_UDP,
				  .peer = bel_addr_v4(
					  192, 0, 2, 1,
					  bel_sim_draw(world->sim, 8) ? 5060 : 5062) },
			.wall_ms = wall_ms,
			.worker = (uint16_t)worker,
		},
		NULL, NULL, NULL, ticket);
}

static void operate(struct world *world)
{
	unsigned index = (unsigned)bel_sim_draw(world->sim, ADDRESSES);
	unsigned contact = (unsigned)bel_sim_draw(world->sim, CONTACTS);
	unsigned worker = (unsigned)bel_sim_draw(world->sim, WORKERS);
	bool removes = bel_sim_draw(world->sim, 6) == 0;
	struct address *address = &world->addresses[index];
	struct pending *pending;
	uint64_t ticket = 0;

	if (change(world, index, contact, ++address->next_cseq, removes ? 0 : 3600,
		   worker, &ticket))
		return;
	address->history[address->count + 1] = address->history[address->count];
	address->history[++address->count].cseq[contact] = removes ? 0
								   : address->next_cseq;
	if (!ticket) {
		return; /* nothing to remove */
	}
	pending = malloc(sizeof *pending);
	*pending = (struct pending){ .waiter.on_synced = on_synced,
				     .address = address,
				     .operation = address->count };
	bel_store_wait(world->store, worker, ticket, &pending->waiter);
}

static struct state read_state(struct world *world, unsigned index)
{
	struct state state = { { 0 } };
	struct bel_binding *bindings, found;
	struct bel_arena arena;
	char aor[32];
	unsigned count;
	bel_str owner;

	bel_arena_init(&arena, NULL, 0, 1 << 20);
	snprintf(aor, sizeof aor, "user%u@example.com", index);
	assert_int_equal(bel_location_lookup(world->location, bel_str_from(aor), wall_ms,
					     &arena, &bindings, &count),
			 BEL_OK);
	for (unsigned i = 0; i < count; i++) {
		char last = bindings[i].contact.ptr[bindings[i].contact.len - 1];
		state.cseq[last - '1'] = bindings[i].cseq;
		assert_int_equal(bel_location_find(world->location, bindings[i].id,
						   wall_ms, &arena, &found, &owner),
				 BEL_OK);
	}
	bel_arena_fini(&arena);
	return state;
}

/* The last operation after which the address was so; UINT_MAX: after none. */
static unsigned find_moment(const struct address *address, const struct state *state)
{
	unsigned at = address->count + 1;

	while (at--)
		if (memcmp(&address->history[at], state, sizeof *state) == 0)
			return at;
	return UINT_MAX;
}

/* Each contact for itself: a power cut may take the last milliseconds of one worker's
 * journal and leave those of another's. */
static bool was_ever_so(const struct address *address, const struct state *state)
{
	for (unsigned i = 0; i < CONTACTS; i++) {
		unsigned at = address->count + 1;
		while (at && address->history[at - 1].cseq[i] != state->cseq[i])
			at--;
		if (!at)
			return false;
	}
	return true;
}

/* What is there is the state after the last acknowledged operation, or a later one. */
static void check_address(struct world *world, unsigned index, bool keeps_all)
{
	struct address *address = &world->addresses[index];
	struct state state = read_state(world, index);
	unsigned at = find_moment(address, &state);

	if (keeps_all)
		assert_in_range(at, address->acked, address->count);
	else
		assert_true(was_ever_so(address, &state));
	address->history[0] = state;
	address->count = address->acked = 0;
}

static void live(struct world *world, bool is_power_cut)
{
	unsigned operations = (unsigned)bel_sim_draw(world->sim, OPS);
	/* With a few milliseconds between syncs a power cut may take those. */
	bool keeps_all = !is_power_cut || world->sync_ms == 0;

	boot(world);
	for (unsigned i = 0; i < ADDRESSES; i++)
		check_address(world, i, true);
	/* Half of them die between two requests, half while a file is changed: a snapshot
	 * under way, half of the old segments removed. */
	if (bel_sim_draw(world->sim, 2))
		bel_sim_die_at(world->node,
			       1 + (unsigned)bel_sim_draw(world->sim, CHANGES),
			       is_power_cut);
	for (unsigned i = 0; i < operations && bel_sim_is_up(world->node); i++) {
		operate(world);
		bel_sim_run(world->sim,
			    bel_sim_now_ms(world->sim) + bel_sim_draw(world->sim, 4));
	}
	bel_sim_die_at(world->node, 0, false);
	if (!bel_sim_is_up(world->node))
		world->deaths_inside++;
	else if (is_power_cut)
		bel_sim_power_off(world->node);
	else
		bel_sim_crash(world->node);
	shut(world);
	boot(world);
	for (unsigned i = 0; i < ADDRESSES; i++)
		check_address(world, i, keeps_all);
	shut(world);
}

/* How often the node died while a file was changed. */
static unsigned run_seed(uint64_t seed, unsigned sync_ms)
{
	unsigned deaths_inside;
	struct world *world = calloc(1, sizeof *world);
	bel_addr ip = bel_addr_v4(192, 0, 2, 1, 0);

	print_message("seed %llu, sync %u\n", (unsigned long long)seed, sync_ms);
	world->sync_ms = sync_ms;
	world->sim = bel_sim_new(seed, &(struct bel_sim_net){ 0 });
	world->node = bel_sim_node_new(world->sim, "belfry", &ip);
	for (unsigned i = 0; i < LIVES; i++)
		live(world, bel_sim_draw(world->sim, 2));
	deaths_inside = world->deaths_inside;
	bel_sim_free(world->sim);
	free(world);
	return deaths_inside;
}

/* A few, or with BELFRY_SEEDS=all many. */
static uint64_t seeds(void)
{
	const char *wanted = getenv("BELFRY_SEEDS");

	return wanted && bel_str_is_equal(bel_str_from(wanted), BEL_STR("all"))
		       ? SEEDS_ALL
		       : SEEDS;
}

static void run_seeds(unsigned sync_ms)
{
	unsigned deaths_inside = 0;

	for (uint64_t seed = 1; seed <= seeds(); seed++)
		deaths_inside += run_seed(seed, sync_ms);
	assert_true(deaths_inside > seeds() / 2);
}

static void nothing_acknowledged_is_lost_with_sync_always(void **state)
{
	(void)state;
	run_seeds(0);
}

static void a_kill_loses_nothing_with_sync_5ms(void **state)
{
	(void)state;
	run_seeds(5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_acknowledged_is_lost_with_sync_always),
		cmocka_unit_test(a_kill_loses_nothing_with_sync_5ms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
