/* SPDX-License-Identifier: Apache-2.0
 * Files: what both twins promise, run on each; and what only the simulated one can lose.
 */
#include "support/support.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/sim.h"

/* One of the two disks, with what it stands on. */
struct ground {
	struct bel_disk *disk;
	struct bel_sim *sim; /* NULL: the kernel's */
	struct bel_sim_node *node;
	char directory[64];
};

static void open_sim(struct ground *ground, uint64_t seed)
{
	bel_addr ip = bel_addr_v4(192, 0, 2, 1, 0);

	memset(ground, 0, sizeof *ground);
	ground->sim = bel_sim_new(seed, NULL);
	ground->node = bel_sim_node_new(ground->sim, "node", &ip);
	assert_int_equal(bel_sim_disk(&ground->disk, ground->node), BEL_OK);
}

static void open_real(struct ground *ground)
{
	char text[] = "/tmp/belfry-disk-XXXXXX";

	memset(ground, 0, sizeof *ground);
	assert_non_null(mkdtemp(text));
	memcpy(ground->directory, text, sizeof text);
	assert_int_equal(bel_disk_open(&ground->disk, ground->directory), BEL_OK);
}

static void remove_one(void *user, bel_str name)
{
	struct ground *ground = user;
	char path[512];
	struct bel_writer writer = bel_writer_init(path, sizeof path - 1);

	bel_write_text(&writer, ground->directory);
	bel_write_char(&writer, '/');
	bel_write_str(&writer, name);
	path[writer.len] = '\0';
	unlink(path);
}

static void close_ground(struct ground *ground)
{
	if (!ground->sim) {
		bel_disk_list(ground->disk, remove_one, ground);
		rmdir(ground->directory);
	}
	bel_disk_close(ground->disk);
	bel_sim_free(ground->sim);
}

/* Runs a story on both. */
static void on_both(void (*story)(struct bel_disk *disk))
{
	struct ground ground;

	open_real(&ground);
	story(ground.disk);
	close_ground(&ground);
	open_sim(&ground, 1);
	story(ground.disk);
	close_ground(&ground);
}

static struct bel_file *must_open(struct bel_disk *disk, const char *name,
				  enum bel_file_mode mode, size_t size)
{
	struct bel_file *file;

	assert_int_equal(bel_file_open(&file, disk, bel_str_from(name), mode, size),
			 BEL_OK);
	return file;
}

static void put_file(struct bel_disk *disk, const char *name, const char *text)
{
	size_t len = strlen(text);
	struct bel_file *file = must_open(disk, name, BEL_FILE_CREATE, len);

	if (len)
		memcpy(bel_file_map(file), text, len);
	assert_int_equal(bel_file_sync(file), BEL_OK);
	bel_file_close(file);
}

static void assert_file(struct bel_disk *disk, const char *name, const char *text)
{
	struct bel_file *file = must_open(disk, name, BEL_FILE_READ, 0);

	assert_str(((bel_str){ bel_file_map(file), bel_file_size(file) }), text);
	bel_file_close(file);
}

static void assert_none(struct bel_disk *disk, const char *name)
{
	struct bel_file *file;

	assert_int_equal(bel_file_open(&file, disk, bel_str_from(name), BEL_FILE_READ, 0),
			 -ENOENT);
}

/* ---- both ---- */

static void keep(struct bel_disk *disk)
{
	put_file(disk, "a", "what was written");
	assert_file(disk, "a", "what was written");
}

static void what_was_written_is_read(void **state)
{
	(void)state;
	on_both(keep);
}

static void modes(struct bel_disk *disk)
{
	struct bel_file *file;

	assert_none(disk, "a");
	put_file(disk, "a", "text");
	file = must_open(disk, "a", BEL_FILE_UPDATE, 2);
	assert_int_equal(bel_file_size(file), 4);
	bel_file_close(file);
	file = must_open(disk, "a", BEL_FILE_UPDATE, 8);
	assert_int_equal(bel_file_size(file), 8);
	assert_memory_equal(bel_file_map(file), "text\0\0\0\0", 8);
	bel_file_close(file);
	file = must_open(disk, "a", BEL_FILE_CREATE, 0);
	assert_int_equal(bel_file_size(file), 0);
	assert_null(bel_file_map(file));
	bel_file_close(file);
	file = must_open(disk, "b", BEL_FILE_UPDATE, 0);
	assert_int_equal(bel_file_size(file), 0);
	bel_file_close(file);
}

static void each_mode_makes_keeps_or_empties(void **state)
{
	(void)state;
	on_both(modes);
}

static void resize(struct bel_disk *disk)
{
	struct bel_file *file = must_open(disk, "a", BEL_FILE_CREATE, 3);

	memcpy(bel_file_map(file), "abc", 3);
	assert_int_equal(bel_file_resize(file, 100000), BEL_OK);
	assert_int_equal(bel_file_size(file), 100000);
	assert_memory_equal(bel_file_map(file), "abc\0", 4);
	bel_file_map(file)[99999] = 'z';
	assert_int_equal(bel_file_resize(file, 2), BEL_OK);
	assert_memory_equal(bel_file_map(file), "ab", 2);
	assert_int_equal(bel_file_resize(file, 0), BEL_OK);
	assert_null(bel_file_map(file));
	assert_int_equal(bel_file_resize(file, 1), BEL_OK);
	assert_int_equal(bel_file_map(file)[0], 0);
	bel_file_close(file);
}

static void a_file_grows_with_zeros_and_shrinks(void **state)
{
	(void)state;
	on_both(resize);
}

static void move(struct bel_disk *disk)
{
	put_file(disk, "new", "new");
	put_file(disk, "old", "old");
	assert_int_equal(bel_disk_rename(disk, BEL_STR("new"), BEL_STR("old")), BEL_OK);
	assert_file(disk, "old", "new");
	assert_none(disk, "new");
	assert_int_equal(bel_disk_rename(disk, BEL_STR("none"), BEL_STR("old")), -ENOENT);
	assert_int_equal(bel_disk_remove(disk, BEL_STR("old")), BEL_OK);
	assert_none(disk, "old");
	assert_int_equal(bel_disk_remove(disk, BEL_STR("old")), -ENOENT);
}

static void a_rename_replaces_and_a_removed_file_is_gone(void **state)
{
	(void)state;
	on_both(move);
}

static void outlive(struct bel_disk *disk)
{
	struct bel_file *file;

	put_file(disk, "a", "content");
	file = must_open(disk, "a", BEL_FILE_UPDATE, 0);
	assert_int_equal(bel_disk_remove(disk, BEL_STR("a")), BEL_OK);
	assert_memory_equal(bel_file_map(file), "content", 7);
	assert_int_equal(bel_file_sync(file), BEL_OK);
	put_file(disk, "a", "other");
	assert_memory_equal(bel_file_map(file), "content", 7);
	bel_file_close(file);
	assert_file(disk, "a", "other");
}

static void an_open_file_outlives_its_name(void **state)
{
	(void)state;
	on_both(outlive);
}

static void count_one(void *user, bel_str name)
{
	unsigned *counts = user;

	assert_int_equal(name.len, 1);
	assert_in_range(name.ptr[0], 'a', 'c');
	counts[name.ptr[0] - 'a']++;
}

static void list(struct bel_disk *disk)
{
	unsigned counts[3] = { 0 };

	put_file(disk, "a", "");
	put_file(disk, "b", "b");
	put_file(disk, "c", "c");
	bel_disk_remove(disk, BEL_STR("b"));
	assert_int_equal(bel_disk_list(disk, count_one, counts), BEL_OK);
	/* Asked twice, it begins anew. */
	assert_int_equal(bel_disk_list(disk, count_one, counts), BEL_OK);
	assert_int_equal(counts[0], 2);
	assert_int_equal(counts[1], 0);
	assert_int_equal(counts[2], 2);
}

static void every_file_is_listed_once(void **state)
{
	(void)state;
	on_both(list);
}

static void names(struct bel_disk *disk)
{
	char longest[256];
	static const char *const wrong[] = {
		"", ".", "..", "a/b", "/etc/passwd", "../a"
	};
	struct bel_file *file;

	for (size_t i = 0; i < BEL_COUNT_OF(wrong); i++) {
		bel_str name = bel_str_from(wrong[i]);
		assert_int_equal(bel_file_open(&file, disk, name, BEL_FILE_CREATE, 0),
				 BEL_ERR_SYNTAX);
		assert_int_equal(bel_disk_remove(disk, name), BEL_ERR_SYNTAX);
		assert_int_equal(bel_disk_rename(disk, name, BEL_STR("a")),
				 BEL_ERR_SYNTAX);
		assert_int_equal(bel_disk_rename(disk, BEL_STR("a"), name),
				 BEL_ERR_SYNTAX);
	}
	memset(longest, 'x', sizeof longest);
	assert_int_equal(
		bel_file_open(&file, disk, (bel_str){ longest, 256 }, BEL_FILE_CREATE, 0),
		BEL_ERR_SYNTAX);
	assert_int_equal(
		bel_file_open(&file, disk, (bel_str){ longest, 255 }, BEL_FILE_CREATE, 0),
		BEL_OK);
	bel_file_close(file);
	assert_int_equal(
		bel_file_open(&file, disk, (bel_str){ "a\0b", 3 }, BEL_FILE_CREATE, 0),
		BEL_ERR_SYNTAX);
	bel_disk_remove(disk, (bel_str){ longest, 255 });
}

static void no_name_leaves_the_directory(void **state)
{
	(void)state;
	on_both(names);
}

/* ---- the kernel's ---- */

static void a_missing_directory_is_made_for_its_owner_alone(void **state)
{
	struct ground ground;
	char path[128];
	struct bel_writer writer = bel_writer_init(path, sizeof path - 1);
	struct bel_disk *disk;
	struct stat info;
	(void)state;

	open_real(&ground);
	bel_write_text(&writer, ground.directory);
	bel_write_lit(&writer, "/inner");
	path[writer.len] = '\0';
	assert_int_equal(bel_disk_open(&disk, path), BEL_OK);
	assert_int_equal(stat(path, &info), 0);
	assert_int_equal(info.st_mode & 0777, 0700);
	put_file(disk, "a", "x");
	bel_disk_remove(disk, BEL_STR("a"));
	bel_disk_close(disk);
	rmdir(path);
	close_ground(&ground);
	assert_int_equal(bel_disk_open(&disk, path), -ENOENT);
}

static void no_link_is_followed(void **state)
{
	struct ground ground;
	char path[128];
	struct bel_writer writer = bel_writer_init(path, sizeof path - 1);
	struct bel_file *file;
	(void)state;

	open_real(&ground);
	bel_write_text(&writer, ground.directory);
	bel_write_lit(&writer, "/link");
	path[writer.len] = '\0';
	assert_int_equal(symlink("/etc/passwd", path), 0);
	assert_int_equal(
		bel_file_open(&file, ground.disk, BEL_STR("link"), BEL_FILE_READ, 0),
		-ELOOP);
	unlink(path);
	close_ground(&ground);
}

static void space_is_taken_when_a_file_is_opened(void **state)
{
	struct ground ground;
	struct bel_file *file;
	(void)state;

	open_real(&ground);
	/* More than any disk of this machine: no map of it comes to be. */
	assert_int_not_equal(bel_file_open(&file, ground.disk, BEL_STR("a"),
					   BEL_FILE_CREATE, (size_t)1 << 62),
			     BEL_OK);
	assert_none(ground.disk, "a");
	close_ground(&ground);
}

/* ---- the simulated one ---- */

static void a_crash_keeps_what_was_written_and_no_more(void **state)
{
	struct ground ground;
	struct bel_disk *disk;
	struct bel_file *file;
	(void)state;

	open_sim(&ground, 1);
	file = must_open(ground.disk, "a", BEL_FILE_CREATE, 6);
	memcpy(bel_file_map(file), "before", 6);
	bel_sim_crash(ground.node);
	/* What died may still scribble into its map: it reaches nobody. */
	memcpy(bel_file_map(file), "after!", 6);
	assert_int_equal(bel_file_sync(file), BEL_ERR_CLOSED);
	assert_int_equal(bel_file_resize(file, 9), BEL_ERR_CLOSED);
	assert_int_equal(bel_disk_remove(ground.disk, BEL_STR("a")), BEL_ERR_CLOSED);
	assert_int_equal(bel_sim_disk(&disk, ground.node), BEL_OK);
	assert_file(disk, "a", "before");
	bel_file_close(file);
	bel_disk_close(disk);
	close_ground(&ground);
}

static void a_power_loss_keeps_what_was_synced(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 50; seed++) {
		struct ground ground;
		struct bel_disk *disk;
		open_sim(&ground, seed);
		put_file(ground.disk, "a", "synced");
		put_file(ground.disk, "b", "renamed");
		bel_disk_rename(ground.disk, BEL_STR("b"), BEL_STR("c"));
		put_file(ground.disk, "d", "removed");
		bel_disk_remove(ground.disk, BEL_STR("d"));
		bel_sim_power_off(ground.node);
		bel_sim_disk(&disk, ground.node);
		assert_file(disk, "a", "synced");
		assert_file(disk, "c", "renamed");
		assert_none(disk, "b");
		assert_none(disk, "d");
		bel_disk_close(disk);
		close_ground(&ground);
	}
}

/* What a power loss left of 8 sectors of 'o' that were overwritten by 'n' and not synced:
 * counts the sectors of each kind; none may be mixed. */
static void count_sectors(uint64_t seed, unsigned *old_count, unsigned *new_count)
{
	enum { SECTORS = 8, BYTES = 512 };
	struct ground ground;
	struct bel_disk *disk;
	struct bel_file *file;

	open_sim(&ground, seed);
	file = must_open(ground.disk, "a", BEL_FILE_CREATE, SECTORS * BYTES);
	memset(bel_file_map(file), 'o', SECTORS * BYTES);
	assert_int_equal(bel_file_sync(file), BEL_OK);
	memset(bel_file_map(file), 'n', SECTORS * BYTES);
	bel_sim_power_off(ground.node);
	bel_file_close(file);
	bel_sim_disk(&disk, ground.node);
	file = must_open(disk, "a", BEL_FILE_READ, 0);
	assert_int_equal(bel_file_size(file), SECTORS * BYTES);
	for (size_t i = 0; i < SECTORS; i++) {
		const char *sector = bel_file_map(file) + i * BYTES;
		for (size_t k = 1; k < BYTES; k++)
			assert_int_equal(sector[k], sector[0]);
		*old_count += sector[0] == 'o';
		*new_count += sector[0] == 'n';
	}
	bel_file_close(file);
	bel_disk_close(disk);
	close_ground(&ground);
}

static void what_was_not_synced_is_torn_by_sectors(void **state)
{
	unsigned old_count = 0, new_count = 0;
	(void)state;

	for (uint64_t seed = 0; seed < 100; seed++)
		count_sectors(seed, &old_count, &new_count);
	assert_int_equal(old_count + new_count, 800);
	assert_in_range(old_count, 300, 500);
}

static void a_new_file_never_synced_may_be_gone_or_shorter(void **state)
{
	unsigned gone = 0, empty = 0, full = 0;
	(void)state;

	for (uint64_t seed = 0; seed < 100; seed++) {
		struct ground ground;
		struct bel_disk *disk;
		struct bel_file *file;
		open_sim(&ground, seed);
		bel_file_close(must_open(ground.disk, "a", BEL_FILE_CREATE, 100));
		bel_sim_power_off(ground.node);
		bel_sim_disk(&disk, ground.node);
		if (bel_file_open(&file, disk, BEL_STR("a"), BEL_FILE_READ, 0)) {
			gone++;
		} else {
			empty += bel_file_size(file) == 0;
			full += bel_file_size(file) == 100;
			bel_file_close(file);
		}
		bel_disk_close(disk);
		close_ground(&ground);
	}
	assert_int_equal(gone + empty + full, 100);
	assert_true(gone > 10 && empty > 5 && full > 5);
}

static void a_full_disk_lets_nothing_grow(void **state)
{
	struct ground ground;
	struct bel_file *file, *other;
	(void)state;

	open_sim(&ground, 1);
	file = must_open(ground.disk, "a", BEL_FILE_CREATE, 100);
	bel_sim_disk_fault(ground.node, BEL_DISK_FULL);
	assert_int_equal(bel_file_resize(file, 101), -ENOSPC);
	assert_int_equal(bel_file_size(file), 100);
	assert_int_equal(
		bel_file_open(&other, ground.disk, BEL_STR("b"), BEL_FILE_CREATE, 1),
		-ENOSPC);
	assert_none(ground.disk, "b");
	/* What was allocated can be written and synced; shrinking works. */
	memset(bel_file_map(file), 'x', 100);
	assert_int_equal(bel_file_sync(file), BEL_OK);
	assert_int_equal(bel_file_resize(file, 50), BEL_OK);
	bel_sim_disk_fault(ground.node, BEL_DISK_FINE);
	assert_int_equal(bel_file_resize(file, 101), BEL_OK);
	bel_file_close(file);
	close_ground(&ground);
}

static void a_failing_disk_syncs_nothing(void **state)
{
	struct ground ground;
	struct bel_disk *disk;
	struct bel_file *file;
	(void)state;

	open_sim(&ground, 1);
	put_file(ground.disk, "a", "x");
	file = must_open(ground.disk, "a", BEL_FILE_UPDATE, 0);
	bel_sim_disk_fault(ground.node, BEL_DISK_FAILS);
	assert_int_equal(bel_file_sync(file), -EIO);
	assert_int_equal(bel_disk_rename(ground.disk, BEL_STR("a"), BEL_STR("b")), -EIO);
	assert_int_equal(bel_disk_remove(ground.disk, BEL_STR("a")), -EIO);
	assert_file(ground.disk, "a", "x");
	bel_file_close(file);
	bel_sim_power_off(ground.node);
	bel_sim_disk(&disk, ground.node);
	assert_file(disk, "a", "x");
	bel_disk_close(disk);
	close_ground(&ground);
}

static void a_node_dies_in_the_midst_of_its_changes(void **state)
{
	struct ground ground;
	struct bel_disk *disk;
	(void)state;

	open_sim(&ground, 1);
	put_file(ground.disk, "a", "x");
	put_file(ground.disk, "b", "x");
	bel_sim_die_at(ground.node, 2, false);
	assert_int_equal(bel_disk_remove(ground.disk, BEL_STR("a")), BEL_OK);
	assert_true(bel_sim_is_up(ground.node));
	assert_int_equal(bel_disk_remove(ground.disk, BEL_STR("b")), BEL_ERR_CLOSED);
	assert_false(bel_sim_is_up(ground.node));
	assert_int_equal(bel_disk_rename(ground.disk, BEL_STR("b"), BEL_STR("c")),
			 BEL_ERR_CLOSED);
	bel_sim_disk(&disk, ground.node);
	assert_none(disk, "a");
	assert_file(disk, "b", "x");
	assert_int_equal(bel_disk_remove(disk, BEL_STR("b")), BEL_OK);
	bel_disk_close(disk);
	close_ground(&ground);
}

static enum bel_err use_both(void *user)
{
	struct bel_sim *sim = bel_sim_new(1, NULL);
	bel_addr ip = bel_addr_v4(192, 0, 2, 1, 0);
	struct bel_sim_node *node = sim ? bel_sim_node_new(sim, "node", &ip) : NULL;
	struct bel_disk *disk = NULL;
	struct bel_file *file = NULL;
	enum bel_err err = node ? bel_sim_disk(&disk, node) : (enum bel_err) - ENOMEM;
	(void)user;

	if (!err)
		err = bel_file_open(&file, disk, BEL_STR("a"), BEL_FILE_CREATE, 10);
	if (!err)
		err = bel_file_sync(file);
	if (!err)
		err = bel_file_resize(file, 20);
	bel_file_close(file);
	bel_disk_close(disk);
	bel_sim_free(sim);
	return err;
}

static void without_memory_it_is_an_error(void **state)
{
	(void)state;
	bel_test_each_allocation_fails(use_both, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_written_is_read),
		cmocka_unit_test(each_mode_makes_keeps_or_empties),
		cmocka_unit_test(a_file_grows_with_zeros_and_shrinks),
		cmocka_unit_test(a_rename_replaces_and_a_removed_file_is_gone),
		cmocka_unit_test(an_open_file_outlives_its_name),
		cmocka_unit_test(every_file_is_listed_once),
		cmocka_unit_test(no_name_leaves_the_directory),
		cmocka_unit_test(a_missing_directory_is_made_for_its_owner_alone),
		cmocka_unit_test(no_link_is_followed),
		cmocka_unit_test(space_is_taken_when_a_file_is_opened),
		cmocka_unit_test(a_crash_keeps_what_was_written_and_no_more),
		cmocka_unit_test(a_power_loss_keeps_what_was_synced),
		cmocka_unit_test(what_was_not_synced_is_torn_by_sectors),
		cmocka_unit_test(a_new_file_never_synced_may_be_gone_or_shorter),
		cmocka_unit_test(a_full_disk_lets_nothing_grow),
		cmocka_unit_test(a_failing_disk_syncs_nothing),
		cmocka_unit_test(a_node_dies_in_the_midst_of_its_changes),
		cmocka_unit_test(without_memory_it_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
