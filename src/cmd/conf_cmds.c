/* SPDX-License-Identifier: Apache-2.0
 * init, check and fmt: the configuration without a server. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/cmd.h"

enum { TEXT_BYTES_MAX = 2 << 20 };

static bel_str file_of(const struct args *args)
{
	if (args->rest_count)
		return args->rest[0];
	return args->config ? bel_str_from(args->config)
			    : BEL_STR("/etc/belfry/belfry.conf");
}

int bel_cmd_init(const struct args *args)
{
	const char *path = args->rest_count ? args->rest[0].ptr : "belfry.conf";
	char *buf = malloc(TEXT_BYTES_MAX);
	struct bel_writer writer = bel_writer_init(buf, buf ? TEXT_BYTES_MAX : 0);
	enum bel_err err;

	if (access(path, F_OK) == 0) {
		free(buf);
		bel_cmd_fail("%s is there already; it stays as it is", path);
		return EXIT_NO;
	}
	bel_conf_write_sample(&writer);
	err = bel_cmd_write_file(path, bel_writer_str(&writer), 0644);
	free(buf);
	if (err)
		return bel_cmd_fail("cannot write %s: %s", path, bel_err_text(err));
	printf("%s written; every line of it may go: an empty file is a working server\n",
	       path);
	return EXIT_YES;
}

int bel_cmd_check(const struct args *args)
{
	bel_str path = file_of(args);
	struct bel_conf *conf;

	if (access(path.ptr, R_OK))
		return bel_cmd_fail("cannot read %s: %s", path.ptr,
				    bel_err_text(bel_err_from_errno(errno)));
	conf = bel_cmd_load(args, path, BEL_STR_NONE, BEL_STR_NONE);
	if (!conf)
		return EXIT_NO;
	if (args->is_json)
		printf("{\"ok\":true,\"domains\":%u,\"users\":%u}\n", conf->domains_count,
		       conf->users_count);
	else
		printf("%.*s is right: %u domain%s, %u user%s\n", BEL_STR_ARG(path),
		       conf->domains_count, conf->domains_count == 1 ? "" : "s",
		       conf->users_count, conf->users_count == 1 ? "" : "s");
	bel_conf_unref(conf);
	return EXIT_YES;
}

/* The layout knows a text, and not whose it is. */
static void name_problems(struct bel_conf_report *report, bel_str path)
{
	for (unsigned i = 0; i < report->count; i++)
		report->problems[i].file = path;
}

static unsigned mode_of(const char *path)
{
	struct stat st;

	return stat(path, &st) ? 0600 : st.st_mode & 0777;
}

int bel_cmd_fmt(const struct args *args)
{
	bel_str path = file_of(args);
	size_t len;
	char *text = bel_cmd_read_file(path.ptr, &len);
	char *buf = malloc(TEXT_BYTES_MAX);
	struct bel_writer writer = bel_writer_init(buf, buf ? TEXT_BYTES_MAX : 0);
	struct bel_conf_report *report = malloc(sizeof *report);
	int status = EXIT_UNABLE;
	enum bel_err err;

	if (!text || !buf || !report) {
		bel_cmd_fail("cannot read %.*s: %s", BEL_STR_ARG(path),
			     bel_err_text(bel_err_from_errno(errno)));
		goto end;
	}
	bel_conf_report_init(report);
	err = bel_conf_format(&writer, report, (bel_str){ text, len });
	if (err) {
		writer = bel_writer_init(buf, TEXT_BYTES_MAX);
		name_problems(report, path);
		bel_cmd_write_report(&writer, report, args->is_json);
		fwrite(writer.buf, 1, writer.len, stderr);
		bel_cmd_fail("%.*s stays as it is", BEL_STR_ARG(path));
		status = EXIT_NO;
	}
	bel_conf_report_fini(report);
	if (err)
		goto end;
	/* Who may not read the secrets in it may not do so now. */
	err = bel_cmd_write_file(path.ptr, bel_writer_str(&writer), mode_of(path.ptr));
	if (err)
		bel_cmd_fail("cannot write %.*s: %s", BEL_STR_ARG(path),
			     bel_err_text(err));
	else
		status = EXIT_YES;
end:
	free(text);
	free(buf);
	free(report);
	return status;
}
