/* SPDX-License-Identifier: Apache-2.0
 * What location finds again after a restart, and what it does when the disk is full. */
#include <errno.h>

#include "support/support.h"
#include "io/sim.h"
#include "location/location.h"

enum { WORKERS = 2, SEGMENT_BYTES = 1 << 20 };

static const uint64_t wall_ms = 1700000000000;

struct world {
	struct bel_sim *sim;
	struct bel_sim_node *node;
	struct bel_loop *loops[WORKERS];
	struct bel_disk *disk;
	struct bel_store *store;
	struct bel_location *location;
	struct bel_arena arena;
	size_t segment_bytes;
	struct bel_binding *bindings;
	unsigned count;
};

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
						.sync_ms = 5,
						.segment_bytes = world->segment_bytes }),
			 BEL_OK);
	assert_int_equal(
		bel_location_open(&world->location,
				  &(struct bel_location_opts){
					  .store = world->store,
					  .seed = bel_sim_draw(world->sim, UINT64_MAX),
					  .wall_ms = wall_ms }),
		BEL_OK);
}

static void shut(struct world *world)
{
	bel_location_close(world->location);
	bel_store_close(world->store);
	bel_disk_close(world->disk);
	for (unsigned i = 0; i < WORKERS; i++)
		bel_loop_close(world->loops[i]);
}

static void restart(struct world *world)
{
	bel_sim_crash(world->node);
	shut(world);
	boot(world);
}

static int begin(void **state)
{
	struct world *world = calloc(1, sizeof *world);
	bel_addr ip = bel_addr_v4(192, 0, 2, 1, 0);

	world->segment_bytes = SEGMENT_BYTES;
	world->sim = bel_sim_new(1, &(struct bel_sim_net){ 0 });
	world->node = bel_sim_node_new(world->sim, "belfry", &ip);
	bel_arena_init(&world->arena, NULL, 0, 64 << 20);
	boot(world);
	*state = world;
	return 0;
}

static int end(void **state)
{
	struct world *world = *state;

	shut(world);
	bel_sim_free(world->sim);
	bel_arena_fini(&world->arena);
	free(world);
	return 0;
}

static enum bel_err bind_one(struct world *world, unsigned index, uint32_t cseq,
			     uint32_t expires_s, uint8_t transport, unsigned worker)
{
	char aor[32];
	struct bel_uri uri;
	struct bel_contact_change change = {
		.uri = &uri,
		.uri_text = BEL_STR("sip:a@192.0.2.1"),
		.params = BEL_STR(";methods=\"INVITE\""),
		.instance = BEL_STR("urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6"),
		.reg_id = 3,
		.expires_s = expires_s,
		.q = 700,
		.uses_flow = true,
		.needs_ping = true,
	};

	snprintf(aor, sizeof aor, "user%u@example.com", index);
	assert_int_equal(bel_uri_parse(&uri, change.uri_text), BEL_OK);
	return bel_location_bind(
		world->location,
		&(struct bel_bind){
			.aor = bel_str_from(aor),
			.call_id = BEL_STR("call"),
			.cseq = cseq,
			.contacts = &change,
			.contacts_count = 1,
			.contacts_max = 10,
			.path = BEL_STR("<sip:edge;lr>"),
			.user_agent = BEL_STR("Phone"),
			.flow = { .transport = transport,
				  .listener = 1,
				  .index = 7,
				  .generation = 9,
				  .peer = bel_addr_v4(192, 0, 2, 1, 5060),
				  .local = bel_addr_v4(192, 0, 2, 9, 5060) },
			.wall_ms = wall_ms,
			.worker = (uint16_t)worker,
		},
		&world->arena, &world->bindings, &world->count, NULL);
}

static unsigned look_up(struct world *world, unsigned index)
{
	char aor[32];

	snprintf(aor, sizeof aor, "user%u@example.com", index);
	assert_int_equal(bel_location_lookup(world->location, bel_str_from(aor), wall_ms,
					     &world->arena, &world->bindings,
					     &world->count),
			 BEL_OK);
	return world->count;
}

static void a_binding_is_found_again_as_it_was(void **state)
{
	struct world *world = *state;
	struct bel_binding before, after;
	bel_addr source = bel_addr_v4(192, 0, 2, 1, 1);

	bind_one(world, 1, 5, 600, BEL_SIP_UDP, 0);
	before = world->bindings[0];
	restart(world);
	assert_int_equal(look_up(world, 1), 1);
	after = world->bindings[0];
	assert_int_equal(after.id, before.id);
	assert_int_not_equal(after.series, 0);
	assert_int_equal(after.series, before.series);
	assert_str(after.contact, "sip:a@192.0.2.1");
	assert_str(after.params, ";methods=\"INVITE\"");
	assert_str(after.instance, "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6");
	assert_str(after.path, "<sip:edge;lr>");
	assert_str(after.user_agent, "Phone");
	assert_int_equal(after.call_id_hash, before.call_id_hash);
	assert_int_equal(after.cseq, 5);
	assert_int_equal(after.expires_ms, before.expires_ms);
	assert_int_equal(after.q, 700);
	assert_int_equal(after.reg_id, 3);
	assert_true(after.uses_flow && after.needs_ping && !after.flow_is_gone);
	assert_true(bel_addr_is_equal(&after.flow.peer, &before.flow.peer));
	assert_true(bel_addr_is_equal(&after.flow.local, &before.flow.local));
	assert_true(bel_location_has_source(world->location, &source));
	/* Still the same REGISTER dialogue with the phone. */
	assert_int_equal(bind_one(world, 1, 4, 600, BEL_SIP_UDP, 0), BEL_ERR_MISMATCH);
	assert_int_equal(bind_one(world, 1, 6, 600, BEL_SIP_UDP, 0), BEL_OK);
}

static void a_stream_of_before_is_gone(void **state)
{
	struct world *world = *state;

	bind_one(world, 1, 5, 600, BEL_SIP_TLS, 0);
	restart(world);
	assert_int_equal(look_up(world, 1), 1);
	assert_true(world->bindings[0].flow_is_gone);
}

static void what_is_over_is_not_taken_back(void **state)
{
	struct world *world = *state;

	bind_one(world, 1, 1, 60, BEL_SIP_UDP, 0);
	bind_one(world, 2, 1, 600, BEL_SIP_UDP, 0);
	restart(world);
	assert_int_equal(bel_location_expire(world->location, wall_ms + 61000), 1);
	assert_int_equal(look_up(world, 2), 1);
}

static void thousands_are_found_again_by_every_worker(void **state)
{
	struct world *world = *state;
	struct bel_location_counters counters;
	enum { ADDRESSES = 6000 };

	for (unsigned i = 0; i < ADDRESSES; i++)
		assert_int_equal(bind_one(world, i, 1, 600, BEL_SIP_UDP, i % 2), BEL_OK);
	for (unsigned i = 0; i < ADDRESSES; i += 2)
		assert_int_equal(bind_one(world, i, 2, 900, BEL_SIP_UDP, (i + 1) % 2),
				 BEL_OK);
	for (unsigned i = 0; i < ADDRESSES; i += 3)
		assert_int_equal(bind_one(world, i, 3, 0, BEL_SIP_UDP, i % 2), BEL_OK);
	bel_arena_reset(&world->arena);
	for (unsigned times = 0; times < 2; times++) {
		restart(world);
		bel_location_counters(world->location, &counters);
		assert_int_equal(counters.addresses, ADDRESSES - ADDRESSES / 3);
		for (unsigned i = 0; i < ADDRESSES; i++) {
			assert_int_equal(look_up(world, i), i % 3 != 0);
			if (i % 3)
				assert_int_equal(world->bindings[0].expires_ms,
						 wall_ms + (i % 2 ? 600000 : 900000));
		}
		bel_arena_reset(&world->arena);
	}
}

static void a_number_is_never_given_again(void **state)
{
	struct world *world = *state;
	uint64_t highest = 0;

	for (uint32_t cseq = 1; cseq < 40; cseq += 2) {
		bind_one(world, 1, cseq, 600, BEL_SIP_UDP, 0);
		assert_true(world->bindings[0].id > highest);
		highest = world->bindings[0].id;
		bind_one(world, 1, cseq + 1, 0, BEL_SIP_UDP, 0);
		restart(world);
	}
}

static void a_full_disk_changes_nothing_and_says_so(void **state)
{
	struct world *world = *state;
	enum bel_err err = BEL_OK;
	unsigned bound = 0;

	shut(world);
	world->segment_bytes = 4096;
	boot(world);
	bel_sim_disk_fault(world->node, BEL_DISK_FULL);
	for (; bound < 200; bound += !err) {
		err = bind_one(world, bound, 1, 600, BEL_SIP_UDP, 0);
		if (err)
			break;
	}
	assert_int_equal(err, -ENOSPC);
	assert_int_equal(look_up(world, bound), 0);
	assert_int_equal(look_up(world, bound - 1), 1);
	bel_sim_disk_fault(world->node, BEL_DISK_FINE);
	/* It is tried for again, on the store's thread. */
	bind_one(world, bound, 1, 600, BEL_SIP_UDP, 0);
	bel_sim_run(world->sim, bel_sim_now_ms(world->sim) + 20);
	assert_int_equal(bind_one(world, bound, 1, 600, BEL_SIP_UDP, 0), BEL_OK);
}

static void snapshots_keep_everybody(void **state)
{
	struct world *world = *state;
	struct bel_store_counters counters;

	shut(world);
	world->segment_bytes = 8192;
	boot(world);
	for (unsigned i = 0; i < 3000; i++) {
		assert_int_equal(
			bind_one(world, i % 50, i + 1, 600 + i % 2, BEL_SIP_UDP, i % 2),
			BEL_OK);
		bel_sim_run(world->sim, bel_sim_now_ms(world->sim) + 2);
		bel_arena_reset(&world->arena);
	}
	bel_store_counters(world->store, &counters);
	assert_true(counters.snapshots > 3);
	restart(world);
	for (unsigned i = 0; i < 50; i++) {
		assert_int_equal(look_up(world, i), 1);
		assert_int_equal(world->bindings[0].cseq, 2950 + i + 1);
	}
}

struct file_copy {
	char name[64], bytes[8192];
	size_t name_len, size;
};

static void copy_first_journal(void *user, bel_str name)
{
	struct file_copy *copy = user;

	if (copy->name_len || !bel_str_has_prefix(name, BEL_STR("journal-0000-")))
		return;
	memcpy(copy->name, name.ptr, name.len);
	copy->name_len = name.len;
}

static void load_copy(struct world *world, struct file_copy *copy)
{
	struct bel_file *file;

	bel_disk_list(world->disk, copy_first_journal, copy);
	assert_int_equal(bel_file_open(&file, world->disk,
				       (bel_str){ copy->name, copy->name_len },
				       BEL_FILE_READ, 0),
			 BEL_OK);
	copy->size = bel_file_size(file);
	assert_in_range(copy->size, 1, sizeof copy->bytes);
	memcpy(copy->bytes, bel_file_map(file), copy->size);
	bel_file_close(file);
}

static void put_back(struct world *world, const struct file_copy *copy)
{
	struct bel_file *file;

	assert_int_equal(bel_file_open(&file, world->disk,
				       (bel_str){ copy->name, copy->name_len },
				       BEL_FILE_CREATE, copy->size),
			 BEL_OK);
	memcpy(bel_file_map(file), copy->bytes, copy->size);
	bel_file_close(file);
}

/* The journals do not turn at one moment: what one worker ended in a segment that went
 * may have begun in another's that stays. */
static void a_segment_that_outlives_its_snapshot_brings_nothing_back(void **state)
{
	struct world *world = *state;
	struct file_copy *copy = calloc(1, sizeof *copy);
	struct bel_store_counters counters = { 0 };

	shut(world);
	world->segment_bytes = sizeof copy->bytes;
	boot(world);
	bind_one(world, 100, 1, 600, BEL_SIP_UDP, 0);
	bind_one(world, 101, 1, 600, BEL_SIP_UDP, 0);
	load_copy(world, copy);
	bind_one(world, 100, 2, 0, BEL_SIP_UDP, 1);
	bind_one(world, 101, 2, 700, BEL_SIP_UDP, 1);
	for (uint32_t i = 0; counters.snapshots < 2; i++) {
		bind_one(world, i % 20, i + 1, 600 + i % 2, BEL_SIP_UDP, i % 2);
		bel_sim_run(world->sim, bel_sim_now_ms(world->sim) + 2);
		bel_arena_reset(&world->arena);
		bel_store_counters(world->store, &counters);
	}
	bel_sim_crash(world->node);
	shut(world);
	assert_int_equal(bel_sim_disk(&world->disk, world->node), BEL_OK);
	put_back(world, copy);
	bel_disk_close(world->disk);
	boot(world);
	assert_int_equal(look_up(world, 100), 0);
	assert_int_equal(look_up(world, 101), 1);
	assert_int_equal(world->bindings[0].cseq, 2);
	free(copy);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_binding_is_found_again_as_it_was),
		TEST(a_stream_of_before_is_gone),
		TEST(what_is_over_is_not_taken_back),
		TEST(thousands_are_found_again_by_every_worker),
		TEST(a_number_is_never_given_again),
		TEST(a_full_disk_changes_nothing_and_says_so),
		TEST(snapshots_keep_everybody),
		TEST(a_segment_that_outlives_its_snapshot_brings_nothing_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
