/* SPDX-License-Identifier: Apache-2.0
 * A directory of the kernel's, and its files as shared mappings. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/io_int.h"

enum { DIRECTORY_MODE = 0700, FILE_MODE = 0600 };

struct posix_disk {
	struct bel_disk base;
	int fd;
};

struct posix_file {
	struct bel_file base;
	int fd;
	bool is_read_only;
	bool is_new; /* its name may not be on the disk yet */
};

static struct posix_disk *disk_of(struct bel_disk *disk)
{
	return BEL_CONTAINER_OF(disk, struct posix_disk, base);
}

static struct posix_file *file_of(struct bel_file *file)
{
	return BEL_CONTAINER_OF(file, struct posix_file, base);
}

static void terminate(char name[BEL_FILE_NAME_BYTES + 1], bel_str from)
{
	memcpy(name, from.ptr, from.len);
	name[from.len] = '\0';
}

/* ---- files ---- */

static enum bel_err map(struct posix_file *file, size_t size)
{
	int protection = file->is_read_only ? PROT_READ : PROT_READ | PROT_WRITE;
	void *at = NULL;

	if (size) {
		at = mmap(NULL, size, protection, MAP_SHARED, file->fd, 0);
		if (at == MAP_FAILED)
			return bel_err_from_errno(errno);
	}
	if (file->base.map)
		munmap(file->base.map, file->base.size);
	file->base.map = at;
	file->base.size = size;
	return BEL_OK;
}

/* Blocks for all of [0, size): the map then meets no full disk. A file system that cannot
 * preallocate has them written one by one by the C library. */
static enum bel_err allocate(int fd, size_t size)
{
	int number;

	do
		number = posix_fallocate(fd, 0, (off_t)size);
	while (number == EINTR);
	return number ? bel_err_from_errno(number) : BEL_OK;
}

static enum bel_err open_fd(int *out, bool *is_new, int directory, const char *name,
			    enum bel_file_mode mode)
{
	int flags = O_CLOEXEC | O_NOFOLLOW | (mode == BEL_FILE_READ ? O_RDONLY : O_RDWR) |
		    (mode == BEL_FILE_CREATE ? O_TRUNC : 0);
	int fd = openat(directory, name, flags);

	*is_new = fd < 0 && errno == ENOENT && mode != BEL_FILE_READ;
	if (*is_new)
		fd = openat(directory, name, flags | O_CREAT, FILE_MODE);
	if (fd < 0)
		return bel_err_from_errno(errno);
	*out = fd;
	return BEL_OK;
}

static enum bel_err posix_file_open(struct bel_file **out, struct bel_disk *base,
				    bel_str text, enum bel_file_mode mode, size_t size)
{
	struct posix_file *file = calloc(1, sizeof *file);
	char name[BEL_FILE_NAME_BYTES + 1];
	struct stat info;
	enum bel_err err;

	if (!file)
		return bel_err_from_errno(ENOMEM);
	terminate(name, text);
	file->base.disk = base;
	file->is_read_only = mode == BEL_FILE_READ;
	err = open_fd(&file->fd, &file->is_new, disk_of(base)->fd, name, mode);
	if (err)
		goto fail_open;
	if (mode != BEL_FILE_READ && size)
		err = allocate(file->fd, size);
	if (!err && fstat(file->fd, &info))
		err = bel_err_from_errno(errno);
	if (!err)
		err = map(file, (size_t)info.st_size);
	if (err)
		goto fail;
	*out = &file->base;
	return BEL_OK;

fail:
	if (file->is_new)
		unlinkat(disk_of(base)->fd, name, 0);
	close(file->fd);
fail_open:
	free(file);
	return err;
}

static void posix_file_close(struct bel_file *base)
{
	struct posix_file *file = file_of(base);

	if (base->map)
		munmap(base->map, base->size);
	close(file->fd);
	free(file);
}

static enum bel_err sync_directory(const struct posix_disk *disk)
{
	return fsync(disk->fd) ? bel_err_from_errno(errno) : BEL_OK;
}

static enum bel_err posix_file_sync(struct bel_file *base)
{
	struct posix_file *file = file_of(base);
	enum bel_err err;

	/* Pages written through a shared map are the file's own: fdatasync writes them.
	 */
	if (fdatasync(file->fd))
		return bel_err_from_errno(errno);
	if (!file->is_new)
		return BEL_OK;
	err = sync_directory(disk_of(base->disk));
	file->is_new = err != BEL_OK;
	return err;
}

static enum bel_err posix_file_resize(struct bel_file *base, size_t size)
{
	struct posix_file *file = file_of(base);
	size_t before = base->size;
	enum bel_err err;

	if (size > before) {
		err = allocate(file->fd, size);
		return err ? err : map(file, size);
	}
	/* The map is cut first: touching it beyond the file's end would be fatal. */
	err = map(file, size);
	if (!err && ftruncate(file->fd, (off_t)size))
		err = bel_err_from_errno(errno);
	return err;
}

/* ---- the directory ---- */

static enum bel_err posix_rename(struct bel_disk *base, bel_str from, bel_str to)
{
	struct posix_disk *disk = disk_of(base);
	char old_name[BEL_FILE_NAME_BYTES + 1], new_name[BEL_FILE_NAME_BYTES + 1];

	terminate(old_name, from);
	terminate(new_name, to);
	if (renameat(disk->fd, old_name, disk->fd, new_name))
		return bel_err_from_errno(errno);
	return sync_directory(disk);
}

static enum bel_err posix_remove(struct bel_disk *base, bel_str text)
{
	struct posix_disk *disk = disk_of(base);
	char name[BEL_FILE_NAME_BYTES + 1];

	terminate(name, text);
	if (unlinkat(disk->fd, name, 0))
		return bel_err_from_errno(errno);
	return sync_directory(disk);
}

static bool is_file(int directory, const char *name)
{
	struct stat info;

	return fstatat(directory, name, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(info.st_mode);
}

static enum bel_err posix_list(struct bel_disk *base,
			       void (*on_name)(void *user, bel_str name), void *user)
{
	/* A description of its own: the position of ours would be shared. */
	int fd = openat(disk_of(base)->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	enum bel_err err = BEL_OK;

	if (!directory) {
		err = bel_err_from_errno(errno);
		if (fd >= 0)
			close(fd);
		return err;
	}
	for (;;) {
		errno = 0;
		struct dirent *entry = readdir(directory);
		if (!entry)
			break;
		if (is_file(fd, entry->d_name))
			on_name(user, bel_str_from(entry->d_name));
	}
	if (errno)
		err = bel_err_from_errno(errno);
	closedir(directory);
	return err;
}

static void posix_close(struct bel_disk *base)
{
	close(disk_of(base)->fd);
	free(disk_of(base));
}

static const struct bel_disk_ops posix_ops = {
	.close = posix_close,
	.rename = posix_rename,
	.remove = posix_remove,
	.list = posix_list,
	.file_open = posix_file_open,
	.file_close = posix_file_close,
	.file_sync = posix_file_sync,
	.file_resize = posix_file_resize,
};

enum bel_err bel_disk_open(struct bel_disk **out, const char *directory)
{
	struct posix_disk *disk = calloc(1, sizeof *disk);
	enum bel_err err;

	if (!disk)
		return bel_err_from_errno(ENOMEM);
	disk->base.ops = &posix_ops;
	if (mkdir(directory, DIRECTORY_MODE) && errno != EEXIST)
		goto fail_errno;
	disk->fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (disk->fd < 0)
		goto fail_errno;
	*out = &disk->base;
	return BEL_OK;

fail_errno:
	err = bel_err_from_errno(errno);
	free(disk);
	return err;
}
