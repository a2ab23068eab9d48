/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/cmd.h"

enum { FILE_BYTES_MAX = 64 << 20, REPORT_BYTES = 256 << 10 };

/* Files of /proc say that they are empty: what is read counts, not what is told. */
char *bel_cmd_read_file(const char *path, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t size = 4096, done = 0;
	char *text = fd < 0 ? NULL : malloc(size);
	ssize_t got = 1;

	while (text && got > 0) {
		if (size - done < 2048) {
			char *grown = size < FILE_BYTES_MAX ? realloc(text, size * 2)
							    : NULL;
			if (!grown)
				break;
			text = grown;
			size *= 2;
		}
		got = read(fd, text + done, size - done - 1);
		if (got > 0)
			done += (size_t)got;
	}
	if (fd >= 0)
		close(fd);
	if (text && got != 0) {
		/* Half a file is none. */
		free(text);
		text = NULL;
	}
	if (text)
		text[done] = '\0';
	*len = done;
	return text;
}

enum bel_err bel_cmd_write_file(const char *path, bel_str bytes, unsigned mode)
{
	char temporary[PATH_BYTES + 8];
	struct bel_writer name = bel_writer_init(temporary, sizeof temporary - 1);
	enum bel_err err = BEL_OK;
	size_t done = 0;
	int fd;

	bel_write_text(&name, path);
	bel_write_lit(&name, ".new");
	if (name.is_full)
		return bel_err_from_errno(ENAMETOOLONG);
	temporary[name.len] = '\0';
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	if (fd < 0)
		return bel_err_from_errno(errno);
	if (fchmod(fd, mode))
		err = bel_err_from_errno(errno);
	while (done < bytes.len && !err) {
		ssize_t put = write(fd, bytes.ptr + done, bytes.len - done);
		if (put < 0)
			err = bel_err_from_errno(errno);
		else
			done += (size_t)put;
	}
	if (!err && fsync(fd))
		err = bel_err_from_errno(errno);
	close(fd);
	if (!err && rename(temporary, path))
		err = bel_err_from_errno(errno);
	if (err)
		unlink(temporary);
	return err;
}

void bel_cmd_make_password(char out[21])
{
	static const char letters[] = "abcdefghijkmnpqrstuvwxyz23456789";
	uint8_t random[20];

	if (bel_random(random, sizeof random))
		exit(bel_cmd_fail("no randomness to make a password of"));
	for (unsigned i = 0; i < sizeof random; i++)
		out[i] = letters[random[i] % 32];
	out[20] = '\0';
	bel_wipe(random, sizeof random);
}

enum bel_err bel_cmd_load_into(struct bel_conf **out, const struct args *args,
			       bel_str path, bel_str text, bel_str realm, bool is_json,
			       struct bel_writer *told)
{
	const struct bel_conf_opts opts = { .path = path,
					    .text = text,
					    .realm = realm,
					    .reader = &bel_conf_reader_files,
					    .listens = args->listens,
					    .listens_count = args->listens_count,
					    .workers = args->workers,
					    .ng = bel_cmd_option(args, "--ng") };
	struct bel_conf_report *report = malloc(sizeof *report);
	enum bel_err err;

	if (!report)
		return bel_err_from_errno(ENOMEM);
	bel_conf_report_init(report);
	err = bel_conf_load(out, report, &opts);
	bel_cmd_write_report(told, report, is_json);
	if (err && !report->errors)
		bel_write_format(told, "belfry: cannot read %.*s: %s\n",
				 BEL_STR_ARG(path), bel_err_text(err));
	else if (err)
		err = BEL_ERR_SYNTAX;
	bel_conf_report_fini(report);
	free(report);
	return err;
}

void bel_cmd_write_report(struct bel_writer *told, const struct bel_conf_report *report,
			  bool is_json)
{
	for (unsigned i = 0; i < report->count; i++) {
		size_t before = told->len;
		if (is_json)
			bel_conf_problem_write_json(told, &report->problems[i]);
		else
			bel_conf_problem_write(told, &report->problems[i]);
		if (told->is_full) {
			/* Whole problems only: the first ones matter most. */
			told->len = before;
			return;
		}
	}
}

struct bel_conf *bel_cmd_load(const struct args *args, bel_str path, bel_str text,
			      bel_str realm)
{
	char *buf = malloc(REPORT_BYTES);
	struct bel_writer told = bel_writer_init(buf, buf ? REPORT_BYTES : 0);
	struct bel_conf *conf = NULL;
	enum bel_err err = bel_cmd_load_into(&conf, args, path, text, realm,
					     args->is_json, &told);

	fwrite(told.buf, 1, told.len, stderr);
	free(buf);
	return err ? NULL : conf;
}

void bel_cmd_join_path(char out[PATH_BYTES], const char *folder, bel_str name)
{
	struct bel_writer writer = bel_writer_init(out, PATH_BYTES - 1);

	if (!name.len || name.ptr[0] != '/') {
		bel_write_text(&writer, folder);
		bel_write_char(&writer, '/');
	}
	bel_write_str(&writer, name);
	out[writer.len] = '\0';
}
