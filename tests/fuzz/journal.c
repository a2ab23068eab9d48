/* SPDX-License-Identifier: Apache-2.0
 * What a disk may give back at the start. With an even first byte the rest is a segment
 * as it stands; with an odd one it is a row of records (two bytes of length, eight of
 * version), which are appended first, so that their checksums are right. */
#include <stdlib.h>

#include "io/sim.h"
#include "location/location.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SEGMENT_BYTES = 64 << 10 };

static const uint64_t wall_ms = 1700000000000;

static void put_file(struct bel_disk *disk, bel_str bytes)
{
	struct bel_file *file;

	if (bel_file_open(&file, disk, BEL_STR("journal-0000-0000000000000001"),
			  BEL_FILE_CREATE, bytes.len))
		return;
	if (bytes.len)
		memcpy(bel_file_map(file), bytes.ptr, bytes.len);
	bel_file_close(file);
}

static void put_records(struct bel_store *store, bel_str bytes)
{
	struct bel_cursor cursor = bel_cursor_init(bytes);
	uint64_t version, ticket;
	uint16_t len;
	bel_str record;

	while (bel_cursor_be16(&len, &cursor) && bel_cursor_be64(&version, &cursor)) {
		size_t left = bel_cursor_left(&cursor);
		bel_cursor_bytes(&record, &cursor, len < left ? len : left);
		bel_store_append(store, 0, version, record, &ticket);
	}
}

static bool see(void *user, bel_str aor, const struct bel_binding *bindings,
		unsigned count)
{
	struct bel_location *location = user;
	struct bel_arena arena;
	struct bel_binding found;
	bel_str owner;

	bel_arena_init(&arena, NULL, 0, 1 << 20);
	for (unsigned i = 0; i < count; i++)
		bel_location_find(location, bindings[i].id, 0, &arena, &found, &owner);
	bel_arena_fini(&arena);
	return aor.len < SEGMENT_BYTES;
}

static void load(struct bel_disk *disk, struct bel_loop *loop)
{
	struct bel_location *location;
	struct bel_store *store;

	if (bel_store_open(&store,
			   &(struct bel_store_opts){ .disk = disk,
						     .loops = &loop,
						     .workers = 1,
						     .sync_ms = 5,
						     .segment_bytes = SEGMENT_BYTES }))
		return;
	if (bel_location_open(&location,
			      &(struct bel_location_opts){
				      .store = store, .wall_ms = wall_ms }) == BEL_OK) {
		bel_location_each(location, 0, see, location);
		bel_location_expire(location, wall_ms + 100000000);
		bel_location_close(location);
	}
	bel_store_close(store);
}

static void append(struct bel_disk *disk, struct bel_loop *loop, bel_str bytes)
{
	struct bel_store *store;

	if (bel_store_open(&store,
			   &(struct bel_store_opts){ .disk = disk,
						     .loops = &loop,
						     .workers = 1,
						     .sync_ms = 5,
						     .segment_bytes = SEGMENT_BYTES }))
		return;
	put_records(store, bytes);
	bel_store_close(store);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bel_addr ip = bel_addr_v4(192, 0, 2, 1, 0);
	bel_str bytes = { (const char *)data + 1, size - 1 };
	struct bel_sim *sim;
	struct bel_sim_node *node;
	struct bel_loop *loop;
	struct bel_disk *disk;

	if (size < 1)
		return 0;
	sim = bel_sim_new(1, &(struct bel_sim_net){ 0 });
	node = bel_sim_node_new(sim, "belfry", &ip);
	if (bel_sim_loop(&loop, node) || bel_sim_disk(&disk, node))
		abort();
	if (data[0] & 1)
		append(disk, loop, bytes);
	else
		put_file(disk, bytes);
	load(disk, loop);
	bel_disk_close(disk);
	bel_loop_close(loop);
	bel_sim_free(sim);
	return 0;
}
