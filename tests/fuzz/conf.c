/* SPDX-License-Identifier: Apache-2.0
 * A configuration without files: loaded, every problem written, formatted; what loads
 * means the same when formatted, and formatting twice changes nothing more. */
#include <errno.h>
#include <stdlib.h>

#include "conf/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXT_BYTES_MAX = 4096, OUT_BYTES = 64 << 10 };

static void require(bool is_true)
{
	if (!is_true)
		abort();
}

static enum bel_err read_nothing(void *user, struct bel_arena *arena, bel_str from,
				 bel_str name, bel_str *out, bel_str *path)
{
	(void)user;
	(void)arena;
	(void)from;
	(void)name;
	(void)out;
	(void)path;
	return -ENOENT;
}

struct input {
	struct bel_conf_report report;
	char problems[OUT_BYTES], layout[OUT_BYTES], again[OUT_BYTES];
};

static void write_problems(struct input *input)
{
	const struct bel_conf_report *report = &input->report;
	unsigned kept = report->errors + report->warnings;

	require(report->count ==
		(kept < BEL_CONF_PROBLEMS_MAX ? kept : BEL_CONF_PROBLEMS_MAX));
	for (unsigned i = 0; i < report->count; i++) {
		const struct bel_conf_problem *problem = &report->problems[i];
		struct bel_writer writer = bel_writer_init(input->problems,
							   sizeof input->problems);
		bel_conf_problem_write(&writer, problem);
		bel_conf_problem_write_json(&writer, problem);
		require(!bel_writer_check(&writer));
		require(problem->line && problem->column && problem->width);
		require(problem->source_column <= problem->column);
	}
}

static struct bel_conf *load(struct input *input, bel_str text)
{
	static const struct bel_conf_reader reader = { .read = read_nothing };
	struct bel_conf_opts opts = { .text = text, .reader = &reader };
	struct bel_conf *conf = NULL;
	enum bel_err err;

	bel_conf_report_init(&input->report);
	err = bel_conf_load(&conf, &input->report, &opts);
	require((err == BEL_OK) == (conf != NULL));
	require(!err || err == BEL_ERR_SYNTAX);
	require(!err == !input->report.errors);
	write_problems(input);
	bel_conf_report_fini(&input->report);
	return conf;
}

static bool format(struct input *input, struct bel_writer *writer, bel_str text)
{
	enum bel_err err;

	bel_conf_report_init(&input->report);
	err = bel_conf_format(writer, &input->report, text);
	bel_conf_report_fini(&input->report);
	return err == BEL_OK;
}

static void compare(const struct bel_conf *a, const struct bel_conf *b)
{
	require(a && b);
	require(a->users_count == b->users_count &&
		a->listens_count == b->listens_count &&
		a->routes_count == b->routes_count && a->hosts_count == b->hosts_count &&
		a->domains_count == b->domains_count &&
		a->trusted_count == b->trusted_count &&
		a->accepts_count == b->accepts_count);
	require(bel_str_is_equal(a->realm, b->realm));
	for (unsigned i = 0; i < a->users_count; i++)
		for (unsigned j = 0; j < BEL_DIGEST_COUNT; j++)
			require(bel_str_is_equal(a->users[i].secret.ha1[j],
						 b->users[i].secret.ha1[j]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bel_str text = { (const char *)data, size };
	struct input *input = malloc(sizeof *input);

	if (!input || size > TEXT_BYTES_MAX) {
		free(input);
		return 0;
	}
	struct bel_writer layout = bel_writer_init(input->layout, sizeof input->layout);
	struct bel_writer again = bel_writer_init(input->again, sizeof input->again);
	struct bel_conf *conf = load(input, text);
	if (format(input, &layout, text)) {
		require(format(input, &again, bel_writer_str(&layout)));
		require(bel_str_is_equal(bel_writer_str(&layout),
					 bel_writer_str(&again)));
		struct bel_conf *other = load(input, bel_writer_str(&layout));
		require(!conf == !other);
		if (conf)
			compare(conf, other);
		bel_conf_unref(other);
	} else {
		require(!conf);
	}
	bel_conf_unref(conf);
	free(input);
	return 0;
}
