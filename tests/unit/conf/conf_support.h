/* SPDX-License-Identifier: Apache-2.0
 * A configuration in the tests of its room: texts and files out of a table, no disk. */
#ifndef BEL_TESTS_CONF_SUPPORT_H
#define BEL_TESTS_CONF_SUPPORT_H

#include <errno.h>

#include "conf/conf.h"
#include "support/support.h"

struct fake_file {
	const char *name, *text;
};

/* Files of a table that ends with a NULL name; environment variables are in it as
 * "env:NAME". Names are taken as they are written. */
static inline const char *fake_find(void *user, bel_str name)
{
	for (const struct fake_file *file = user; file && file->name; file++)
		if (bel_str_is_equal(bel_str_from(file->name), name))
			return file->text;
	return NULL;
}

static inline enum bel_err fake_read(void *user, struct bel_arena *arena, bel_str from,
				     bel_str name, bel_str *out, bel_str *path)
{
	const char *text = fake_find(user, name);

	(void)from;
	if (!text)
		return (enum bel_err) - ENOENT;
	*out = bel_arena_copy(arena, bel_str_from(text));
	*path = bel_arena_copy(arena, name);
	return out->ptr && path->ptr ? BEL_OK : (enum bel_err) - ENOMEM;
}

static inline bel_str fake_environment(void *user, bel_str name)
{
	char buf[64];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	bel_write_lit(&writer, "env:");
	bel_write_str(&writer, name);
	return bel_str_from(fake_find(user, bel_writer_str(&writer)));
}

/* One load and what it said. */
struct loaded {
	struct bel_conf *conf;
	struct bel_conf_report report;
	struct bel_conf_reader reader;
	struct bel_conf_opts opts;
	enum bel_err err;
};

/* What was loaded before goes; the options may have changed since. */
static inline void load_again(struct loaded *loaded)
{
	bel_conf_unref(loaded->conf);
	bel_conf_report_fini(&loaded->report);
	bel_conf_report_init(&loaded->report);
	loaded->conf = NULL;
	loaded->err = bel_conf_load(&loaded->conf, &loaded->report, &loaded->opts);
}

static inline struct loaded *load(const char *text, const struct fake_file *files)
{
	struct loaded *loaded = calloc(1, sizeof *loaded);

	assert_non_null(loaded);
	loaded->reader = (struct bel_conf_reader){ .read = fake_read,
						   .environment = fake_environment,
						   .user = (void *)(uintptr_t)files };
	loaded->opts = (struct bel_conf_opts){ .text = bel_str_from(text),
					       .reader = &loaded->reader };
	load_again(loaded);
	return loaded;
}

static inline void unload(struct loaded *loaded)
{
	bel_conf_unref(loaded->conf);
	bel_conf_report_fini(&loaded->report);
	free(loaded);
}

/* "line:column: text; remedy" of a problem. */
#define assert_problem(loaded, index, text)                                              \
	check_problem((loaded), (index), (text), __FILE__, __LINE__)
static inline void check_problem(struct loaded *loaded, unsigned index, const char *text,
				 const char *file, int line)
{
	const struct bel_conf_problem *problem = &loaded->report.problems[index];
	char buf[1024];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	if (index >= loaded->report.count) {
		bel_test_assert_str(BEL_STR("(no such problem)"), text, file, line);
		return;
	}
	bel_write_format(&writer, "%u:%u: %.*s; %.*s", problem->line, problem->column,
			 BEL_STR_ARG(problem->text), BEL_STR_ARG(problem->remedy));
	bel_test_assert_str(bel_writer_str(&writer), text, file, line);
}

/* Loaded without an error or a warning, or the first of them fails the test. */
#define assert_loaded(loaded) check_loaded((loaded), __FILE__, __LINE__)
static inline void check_loaded(struct loaded *loaded, const char *file, int line)
{
	if (loaded->report.count)
		check_problem(loaded, 0, "(nothing)", file, line);
	if (loaded->err)
		bel_test_assert_str(bel_str_from(bel_err_text(loaded->err)), "no error",
				    file, line);
}

#endif
