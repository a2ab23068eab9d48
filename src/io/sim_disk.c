/* SPDX-License-Identifier: Apache-2.0
 * Files in memory, each twice: as programs see it, and as it stands on the platter. A
 * crash keeps the first; a power loss leaves, sector by sector, one or the other. */
#include <errno.h>
#include <stdlib.h>

#include "io/sim_int.h"

enum { SECTOR_BYTES = 512 };

/* What is mapped: shared by the file and those that opened it. */
struct content {
	unsigned refs;
	size_t size;
	char bytes[];
};

struct stored {
	struct bel_list node;   /* in the directory; alone once it was removed */
	unsigned refs;          /* of those that have it open, and the directory's */
	struct content *now;    /* as programs see it */
	struct content *synced; /* as it is on the platter; NULL: nothing yet */
	bool is_durable;        /* its name is on the platter */
	size_t name_len;
	char name[BEL_FILE_NAME_BYTES];
};

struct sim_disk {
	struct bel_disk base;
	struct bel_sim_node *node;
	unsigned life; /* of the node, when it was opened */
};

struct sim_file {
	struct bel_file base;
	struct stored *stored;
	struct content *content;
};

static struct sim_disk *disk_of(struct bel_disk *disk)
{
	return BEL_CONTAINER_OF(disk, struct sim_disk, base);
}

static struct sim_file *file_of(struct bel_file *file)
{
	return BEL_CONTAINER_OF(file, struct sim_file, base);
}

static struct stored *stored_at(struct bel_list *at)
{
	return BEL_CONTAINER_OF(at, struct stored, node);
}

/* ---- content ---- */

/* size bytes that begin like `like` (which may be NULL), zeros behind. */
static struct content *make_content(const struct content *like, size_t size)
{
	struct content *content = calloc(1, sizeof *content + size);
	size_t same = like ? (like->size < size ? like->size : size) : 0;

	if (!content)
		return NULL;
	content->refs = 1;
	content->size = size;
	if (same)
		memcpy(content->bytes, like->bytes, same);
	return content;
}

static void unref(struct content *content)
{
	if (content && --content->refs == 0)
		free(content);
}

static void show(struct sim_file *file)
{
	file->base.size = file->content->size;
	file->base.map = file->content->size ? file->content->bytes : NULL;
}

/* ---- files ---- */

static struct stored *find_stored(const struct sim_disk *disk, bel_str name)
{
	BEL_LIST_EACH(at, &disk->node->disk.files)
	{
		struct stored *stored = stored_at(at);
		if (bel_str_is_equal((bel_str){ stored->name, stored->name_len }, name))
			return stored;
	}
	return NULL;
}

static void name_stored(struct stored *stored, bel_str name)
{
	memcpy(stored->name, name.ptr, name.len);
	stored->name_len = name.len;
}

static void unref_stored(struct stored *stored)
{
	if (--stored->refs)
		return;
	unref(stored->now);
	unref(stored->synced);
	free(stored);
}

static void remove_stored(struct stored *stored)
{
	bel_list_remove(&stored->node);
	unref_stored(stored);
}

static enum bel_err check(const struct sim_disk *disk)
{
	return disk->life == disk->node->life ? BEL_OK : BEL_ERR_CLOSED;
}

/* The moment of bel_sim_die_at may be here. */
static enum bel_err check_write(const struct sim_disk *disk)
{
	struct bel_sim_files *files = &disk->node->disk;
	enum bel_err err = check(disk);

	if (!err && files->changes_left && --files->changes_left == 0) {
		if (files->dies_of_power_loss)
			bel_sim_power_off(disk->node);
		else
			bel_sim_crash(disk->node);
		err = BEL_ERR_CLOSED;
	}
	if (!err && files->fault == BEL_DISK_FAILS)
		err = bel_err_from_errno(EIO);
	return err;
}

/* Gives the file another content of this size, which begins like the old one. */
static enum bel_err set_size(const struct sim_disk *disk, struct stored *stored,
			     size_t size)
{
	struct content *content;

	if (stored->now && stored->now->size == size)
		return BEL_OK;
	if (disk->node->disk.fault == BEL_DISK_FULL &&
	    size > (stored->now ? stored->now->size : 0))
		return bel_err_from_errno(ENOSPC);
	content = make_content(stored->now, size);
	if (!content)
		return bel_err_from_errno(ENOMEM);
	unref(stored->now);
	stored->now = content;
	return BEL_OK;
}

static enum bel_err make_stored(struct stored **out, const struct sim_disk *disk,
				bel_str name)
{
	struct stored *stored = calloc(1, sizeof *stored);
	enum bel_err err = bel_err_from_errno(ENOMEM);

	if (stored)
		err = set_size(disk, stored, 0);
	if (err) {
		free(stored);
		return err;
	}
	name_stored(stored, name);
	stored->refs = 1;
	bel_list_put(&disk->node->disk.files, &stored->node);
	*out = stored;
	return BEL_OK;
}

static enum bel_err sim_file_open(struct bel_file **out, struct bel_disk *base,
				  bel_str name, enum bel_file_mode mode, size_t size)
{
	struct sim_disk *disk = disk_of(base);
	enum bel_err err = mode == BEL_FILE_READ ? check(disk) : check_write(disk);
	struct stored *stored = find_stored(disk, name);
	bool is_new = !stored && mode != BEL_FILE_READ;
	struct sim_file *file;

	if (err)
		return err;
	if (!stored && !is_new)
		return bel_err_from_errno(ENOENT);
	file = calloc(1, sizeof *file);
	if (!file)
		return bel_err_from_errno(ENOMEM);
	if (is_new)
		err = make_stored(&stored, disk, name);
	if (!err && mode == BEL_FILE_CREATE)
		err = set_size(disk, stored, 0);
	if (!err && mode != BEL_FILE_READ && size > stored->now->size)
		err = set_size(disk, stored, size);
	if (err) {
		if (is_new && stored)
			remove_stored(stored);
		free(file);
		return err;
	}
	file->base.disk = base;
	file->stored = stored;
	stored->refs++;
	file->content = stored->now;
	file->content->refs++;
	show(file);
	*out = &file->base;
	return BEL_OK;
}

static void sim_file_close(struct bel_file *base)
{
	unref(file_of(base)->content);
	unref_stored(file_of(base)->stored);
	free(file_of(base));
}

static enum bel_err sim_file_sync(struct bel_file *base)
{
	struct sim_file *file = file_of(base);
	struct sim_disk *disk = disk_of(base->disk);
	enum bel_err err = check_write(disk);
	struct content *copy;

	/* One that was removed has nothing to keep. */
	if (err || bel_list_is_empty(&file->stored->node))
		return err;
	copy = make_content(file->stored->now, file->stored->now->size);
	if (!copy)
		return bel_err_from_errno(ENOMEM);
	unref(file->stored->synced);
	file->stored->synced = copy;
	file->stored->is_durable = true;
	return BEL_OK;
}

static enum bel_err sim_file_resize(struct bel_file *base, size_t size)
{
	struct sim_file *file = file_of(base);
	struct sim_disk *disk = disk_of(base->disk);
	enum bel_err err = check_write(disk);

	if (!err && bel_list_is_empty(&file->stored->node))
		err = bel_err_from_errno(ENOENT);
	if (!err)
		err = set_size(disk, file->stored, size);
	if (err)
		return err;
	unref(file->content);
	file->content = file->stored->now;
	file->content->refs++;
	show(file);
	return BEL_OK;
}

/* ---- the directory ---- */

static enum bel_err sim_rename(struct bel_disk *base, bel_str from, bel_str to)
{
	struct sim_disk *disk = disk_of(base);
	enum bel_err err = check_write(disk);
	struct stored *stored = find_stored(disk, from), *replaced;

	if (err)
		return err;
	if (!stored)
		return bel_err_from_errno(ENOENT);
	replaced = find_stored(disk, to);
	if (replaced && replaced != stored)
		remove_stored(replaced);
	name_stored(stored, to);
	stored->is_durable = true;
	return BEL_OK;
}

static enum bel_err sim_remove(struct bel_disk *base, bel_str name)
{
	struct sim_disk *disk = disk_of(base);
	enum bel_err err = check_write(disk);
	struct stored *stored = find_stored(disk, name);

	if (err)
		return err;
	if (!stored)
		return bel_err_from_errno(ENOENT);
	remove_stored(stored);
	return BEL_OK;
}

static enum bel_err sim_list(struct bel_disk *base,
			     void (*on_name)(void *user, bel_str name), void *user)
{
	struct sim_disk *disk = disk_of(base);
	enum bel_err err = check(disk);

	if (err)
		return err;
	BEL_LIST_EACH(at, &disk->node->disk.files)
	{
		on_name(user, (bel_str){ stored_at(at)->name, stored_at(at)->name_len });
	}
	return BEL_OK;
}

static void sim_close(struct bel_disk *base)
{
	free(disk_of(base));
}

static const struct bel_disk_ops sim_ops = {
	.close = sim_close,
	.rename = sim_rename,
	.remove = sim_remove,
	.list = sim_list,
	.file_open = sim_file_open,
	.file_close = sim_file_close,
	.file_sync = sim_file_sync,
	.file_resize = sim_file_resize,
};

enum bel_err bel_sim_disk(struct bel_disk **out, struct bel_sim_node *node)
{
	struct sim_disk *disk = calloc(1, sizeof *disk);

	if (!disk)
		return bel_err_from_errno(ENOMEM);
	*disk = (struct sim_disk){ .base.ops = &sim_ops,
				   .node = node,
				   .life = node->life };
	*out = &disk->base;
	return BEL_OK;
}

/* ---- what goes wrong ---- */

void bel_sim_disk_fault(struct bel_sim_node *node, enum bel_sim_disk_fault fault)
{
	node->disk.fault = fault;
}

void bel_sim_die_at(struct bel_sim_node *node, unsigned changes, bool is_power_loss)
{
	node->disk.changes_left = changes;
	node->disk.dies_of_power_loss = is_power_loss;
}

/* Those that died keep their map, so that they may end in peace; what they still write
 * there reaches no file. */
static void part(struct stored *stored)
{
	struct content *copy;

	if (stored->now->refs == 1)
		return;
	copy = make_content(stored->now, stored->now->size);
	if (!copy)
		return;
	unref(stored->now);
	stored->now = copy;
}

/* A sector of the result is the new one or the old one; beyond its end a version counts
 * as zeros. */
static void tear(struct bel_sim_random *fate, struct content *result,
		 const struct content *newer, const struct content *older)
{
	for (size_t at = 0; at < result->size; at += SECTOR_BYTES) {
		const struct content *from = bel_sim_random_hits(fate, 500) ? newer
									    : older;
		size_t left = result->size - at;
		size_t len = left < SECTOR_BYTES ? left : SECTOR_BYTES;
		memset(result->bytes + at, 0, len);
		if (!from || from->size <= at)
			continue;
		len = from->size - at < len ? from->size - at : len;
		memcpy(result->bytes + at, from->bytes + at, len);
	}
}

static void lose_power(struct bel_sim_random *fate, struct stored *stored)
{
	size_t old_size = stored->synced ? stored->synced->size : 0;
	bool is_new_size = bel_sim_random_hits(fate, 500);
	struct content *left = make_content(NULL,
					    is_new_size ? stored->now->size : old_size);
	bool is_gone = !stored->is_durable && bel_sim_random_hits(fate, 500);

	if (is_gone || !left) {
		unref(left);
		remove_stored(stored);
		return;
	}
	tear(fate, left, stored->now, stored->synced);
	unref(stored->now);
	unref(stored->synced);
	stored->now = left;
	stored->synced = make_content(left, left->size);
	stored->is_durable = true;
}

void bel_sim_files_crash(struct bel_sim_node *node, bool is_power_loss)
{
	BEL_LIST_EACH(at, &node->disk.files)
	{
		if (is_power_loss)
			lose_power(&node->sim->fate, stored_at(at));
		else
			part(stored_at(at));
	}
}

void bel_sim_files_free(struct bel_sim_node *node)
{
	BEL_LIST_EACH(at, &node->disk.files)
	{
		remove_stored(stored_at(at));
	}
}
