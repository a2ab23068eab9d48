/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/load.h"

enum { PATH_BYTES = 4096, PIPE_BYTES_MAX = 1 << 20 };

bel_str bel_conf_path_join(struct bel_arena *arena, bel_str from, bel_str name)
{
	size_t folder = from.len;
	char *buf;

	while (folder && from.ptr[folder - 1] != '/')
		folder--;
	if (!folder || bel_str_has_prefix(name, BEL_STR("/")))
		return bel_arena_copy(arena, name);
	buf = bel_arena_bytes(arena, folder + name.len);
	struct bel_writer writer = bel_writer_init(buf, buf ? folder + name.len : 0);
	bel_write_str(&writer, bel_str_slice(from, 0, folder));
	bel_write_str(&writer, name);
	return bel_writer_str(&writer);
}

static enum bel_err open_file(int *out, size_t *size, bel_str path)
{
	char name[PATH_BYTES];
	struct stat stat;
	int fd;

	if (path.len >= sizeof name)
		return -ENAMETOOLONG;
	if (bel_str_find(path, '\0') < path.len)
		return -ENOENT;
	memcpy(name, path.ptr, path.len);
	name[path.len] = '\0';
	/* Without O_NONBLOCK a named pipe would wait for its writer. */
	fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return bel_err_from_errno(errno);
	if (fstat(fd, &stat) || S_ISDIR(stat.st_mode)) {
		close(fd);
		return -EISDIR;
	}
	*size = S_ISREG(stat.st_mode) ? (size_t)stat.st_size : PIPE_BYTES_MAX;
	*out = fd;
	return BEL_OK;
}

static enum bel_err read_all(int fd, char *buf, size_t size, size_t *len)
{
	size_t got = 0;

	while (got < size) {
		ssize_t n = read(fd, buf + got, size - got);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return bel_err_from_errno(errno);
		if (n == 0)
			break;
		got += (size_t)n;
	}
	*len = got;
	return BEL_OK;
}

static enum bel_err read_file(void *user, struct bel_arena *arena, bel_str from,
			      bel_str name, bel_str *out, bel_str *path)
{
	bel_str full = bel_conf_path_join(arena, from, name);
	size_t size = 0, len = 0;
	enum bel_err err;
	char *buf;
	int fd = -1;

	(void)user;
	if (!full.ptr)
		return name.len ? -ENOMEM : -ENOENT;
	err = open_file(&fd, &size, full);
	if (err)
		return err;
	if (size > BEL_CONF_USERS_BYTES_MAX)
		err = -EFBIG;
	buf = err ? NULL : bel_arena_bytes(arena, size);
	if (!err && !buf)
		err = -ENOMEM;
	if (!err)
		err = read_all(fd, buf, size, &len);
	close(fd);
	if (err)
		return err;
	*out = (bel_str){ buf, len };
	*path = full;
	return BEL_OK;
}

static bel_str read_environment(void *user, bel_str name)
{
	char buf[256];

	(void)user;
	if (name.len >= sizeof buf || bel_str_find(name, '\0') < name.len)
		return BEL_STR_NONE;
	memcpy(buf, name.ptr, name.len);
	buf[name.len] = '\0';
	return bel_str_from(getenv(buf));
}

static enum bel_err check_pair(void *user, bel_str cert_pem, bel_str key_pem)
{
	/* Naming an authority keeps it from reading those of the system. */
	const struct bel_tls_opts opts = { .is_server = true,
					   .cert_pem = cert_pem,
					   .key_pem = key_pem,
					   .ca_pem = cert_pem };
	struct bel_tls_context *context = NULL;
	enum bel_err err = bel_tls_context_new(&context, &opts, NULL);

	(void)user;
	if (!err)
		bel_tls_context_unref(context);
	return err;
}

const struct bel_conf_reader bel_conf_reader_files = {
	.check_pair = check_pair,
	.read = read_file,
	.environment = read_environment,
};

enum bel_err bel_conf_file_read(struct bel_conf_loader *loader,
				const struct bel_conf_token *token, bel_str name,
				size_t bytes_max, struct bel_arena *arena, bel_str *out,
				bel_str *path)
{
	bel_str text = BEL_STR_NONE, full = BEL_STR_NONE;
	enum bel_err err = loader->reader.read(loader->reader.user, arena,
					       token->file->name, name, &text, &full);

	if (err == -ENOMEM) {
		loader->err = err;
		return err;
	}
	if (err) {
		bel_conf_complain(loader->report, token, "cannot read %.*s: %s",
				  BEL_CONF_SHOW(name), bel_err_text(err));
		bel_conf_remedy(loader->report, "paths start from the folder of %.*s",
				BEL_CONF_SHOW(token->file->name));
		return err;
	}
	if (text.len > bytes_max) {
		bel_conf_complain(loader->report, token, "%.*s has more than %zu bytes",
				  BEL_CONF_SHOW(name), bytes_max);
		return BEL_ERR_LIMIT;
	}
	*out = text;
	*path = full;
	return BEL_OK;
}
