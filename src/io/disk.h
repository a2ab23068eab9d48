/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_IO_DISK_H
#define BEL_IO_DISK_H

#include "base/base.h"

/* Files of one directory, as the durable rooms need them: written in place through
 * memory, synced, renamed. The simulated twin loses on power loss what was not synced,
 * tears records, runs full and fails when told to. Calls may block: they belong on the
 * service thread, but for what says otherwise. */
struct bel_disk;
struct bel_file;

/* The directory is made (mode 0700) when it is missing; its parent must be there. Belongs
 * to the caller, who closes its files first. */
enum bel_err bel_disk_open(struct bel_disk **out, const char *directory);
void bel_disk_close(struct bel_disk *disk);

/* Names are 1 to 255 bytes without '/', and not "." or "..": BEL_ERR_SYNTAX else. A file
 * that is not there: -ENOENT. After a simulated crash of its node every call on a disk or
 * file of before gives BEL_ERR_CLOSED; the map stays readable until the file is closed.
 */

enum bel_file_mode {
	BEL_FILE_READ,   /* must exist */
	BEL_FILE_CREATE, /* made or emptied */
	BEL_FILE_UPDATE, /* made when missing, kept otherwise */
};

/* With size > 0 (not with BEL_FILE_READ) the file has at least that size afterwards, its
 * blocks allocated, so that writing into the map cannot meet a full disk: -ENOSPC says so
 * now. */
enum bel_err bel_file_open(struct bel_file **out, struct bel_disk *disk, bel_str name,
			   enum bel_file_mode mode, size_t size);
void bel_file_close(struct bel_file *file);
/* The whole file as memory; valid until close. NULL when it is empty. Reading and writing
 * through it never blocks by contract of the journal (any thread). */
char *bel_file_map(struct bel_file *file);
size_t bel_file_size(const struct bel_file *file);
/* What was written to [0, size), and the file's name, survive a power loss after BEL_OK.
 */
enum bel_err bel_file_sync(struct bel_file *file);
/* Shortens or lengthens (blocks allocated, filled with zeros); the map moves. */
enum bel_err bel_file_resize(struct bel_file *file, size_t size);

/* Atomic and durable: after BEL_OK the new name stands for it even after a power loss.
 * The content is what was synced before: sync first. */
enum bel_err bel_disk_rename(struct bel_disk *disk, bel_str from, bel_str to);
/* Durable, too. Open files keep their content until they are closed. */
enum bel_err bel_disk_remove(struct bel_disk *disk, bel_str name);
/* Calls on_name for every file in no order; the callback changes nothing there. */
enum bel_err bel_disk_list(struct bel_disk *disk,
			   void (*on_name)(void *user, bel_str name), void *user);

#endif
