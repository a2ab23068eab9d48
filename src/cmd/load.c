/* SPDX-License-Identifier: Apache-2.0
 * belfry load FROM TO: calls at a rate, or registrations, and how they went. */
#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cmd/load_caller.h"
#include "cmd/load_words.h"
#include "cmd/party.h"
#include "cmd/signals.h"
#include "cmd/values.h"

enum {
	RATE = 10 * 1000,
	REGISTER_RATE = 100 * 1000,
	FOR_MS = 10000,
	HOLD_MS = 5000,
	AT_ONCE_MAX = 100000,
	JUDGED_EVERY = 100,
	SECOND_MS = 1000,
};

struct tool {
	const struct args *args;
	struct bel_arena arena; /* of the texts of the command line */
	struct parties parties;
	struct bel_load_opts opts;
	struct bel_load_expect expect;
	const char *codecs[VALUES_CODECS_MAX];

	struct bel_lib *lib;
	struct bel_load *load;
	struct bel_timer second;
	uint64_t next_ms;
	struct bel_load_histogram recent_us;
	FILE *csv;
	bool has_progress, is_over, is_interrupted;
	enum bel_err err; /* nothing was begun */
};

/* ---- while it goes on ---- */

static void report(struct tool *tool)
{
	if (!tool->csv && !tool->has_progress)
		return;
	bel_load_take_recent(tool->load, &tool->recent_us);
	if (tool->csv)
		load_words_csv_line(tool->csv, tool->load, &tool->recent_us);
	if (tool->has_progress)
		load_words_progress(tool->load, &tool->recent_us);
}

static void on_second(void *user)
{
	struct tool *tool = user;

	report(tool);
	tool->next_ms += SECOND_MS;
	bel_timer_start(bel_lib_loop(tool->lib), &tool->second, tool->next_ms);
}

static void on_over(void *user, enum bel_err err)
{
	struct tool *tool = user;

	tool->err = err;
	tool->is_over = true;
}

/* Ctrl-C hangs up, and the summary still comes; once more does not wait for that. */
static void on_signal(void *user)
{
	struct tool *tool = user;

	if (tool->is_interrupted)
		tool->is_over = true;
	tool->is_interrupted = true;
	bel_load_stop(tool->load);
}

static int conclude(struct tool *tool)
{
	const struct load_words words = {
		.from = tool->parties.from,
		.to = tool->opts.kind == BEL_LOAD_CALLS ? tool->parties.to : BEL_STR_NONE,
		.rate = tool->opts.schedule.rate,
		.hold_ms = tool->opts.hold_ms,
		.has_media = tool->opts.has_media,
		.expect = &tool->expect,
	};
	bool is_fine;

	if (tool->err)
		return bel_cmd_fail("there is no way to %.*s: %s",
				    BEL_STR_ARG(tool->parties.target_uri.host),
				    bel_err_text(tool->err));
	report(tool);
	if (tool->has_progress)
		load_words_progress_end();
	is_fine = tool->args->is_json ? load_words_json(&words, tool->load)
				      : load_words_summary(&words, tool->load);
	return is_fine ? EXIT_YES : EXIT_NO;
}

static int perform(struct tool *tool)
{
	struct signals signals;
	struct bel_loop *loop = bel_lib_loop(tool->lib);
	struct load_caller caller = { 0 };
	enum bel_err err;

	if (tool->opts.kind == BEL_LOAD_CALLS)
		load_caller_begin(&caller, tool->lib, &tool->parties, &tool->arena);
	err = bel_load_open(&tool->load, &tool->opts);
	if (err) {
		bel_registration_drop(caller.registration);
		return bel_cmd_fail("cannot begin: %s", bel_err_text(err));
	}
	signals_open(&signals, loop, on_signal, tool);
	bel_timer_init(&tool->second, on_second, tool);
	tool->next_ms = bel_loop_now_ms(loop) + SECOND_MS;
	bel_timer_start(loop, &tool->second, tool->next_ms);
	while (!tool->is_over)
		bel_loop_turn(loop, -1);
	bel_timer_stop(loop, &tool->second);
	signals_close(&signals);
	load_caller_end(&caller);
	return conclude(tool);
}

/* A call with sound has two sockets. */
static void raise_files_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static int begin(struct tool *tool)
{
	enum bel_err err;

	raise_files_limit();
	tool->has_progress = isatty(STDERR_FILENO) && !tool->args->is_quiet;
	err = bel_lib_open(&tool->lib, &(struct bel_lib_opts){ .has_verify_off = true });
	if (err)
		return bel_cmd_fail("cannot start: %s", bel_err_text(err));
	tool->opts.lib = tool->lib;
	tool->opts.on_over = on_over;
	tool->opts.user_data = tool;
	return perform(tool);
}

/* ---- the command line ---- */

static bool is_given(const struct tool *tool, const char *option)
{
	return bel_cmd_option(tool->args, option).len;
}

/* What is for calls only does nothing for registrations, and would be missed. */
static bool check_kind(const struct tool *tool)
{
	static const char *const of_calls[] = { "--calls", "--hold", "--codec",
						"--srtp" };

	if (tool->opts.kind == BEL_LOAD_CALLS) {
		if (is_given(tool, "--count"))
			bel_cmd_fail("--count goes with --register; calls are --calls N");
		return !is_given(tool, "--count");
	}
	for (size_t i = 0; i < BEL_COUNT_OF(of_calls); i++) {
		if (!is_given(tool, of_calls[i]))
			continue;
		bel_cmd_fail("%s is about calls, and does not go with --register",
			     of_calls[i]);
		return false;
	}
	if (tool->opts.has_media)
		bel_cmd_fail("--media is about calls, and does not go with --register");
	return !tool->opts.has_media;
}

static bool read_schedule(struct tool *tool)
{
	bool is_calls = tool->opts.kind == BEL_LOAD_CALLS;
	struct bel_load_schedule *schedule = &tool->opts.schedule;
	uint64_t for_ms = FOR_MS;

	schedule->rate = is_calls ? RATE : REGISTER_RATE;
	if (!values_read_thousandths(&schedule->rate, tool->args, "--rate",
				     BEL_LOAD_RATE_MAX) ||
	    !values_read_count(&schedule->count, tool->args,
			       is_calls ? "--calls" : "--count", BEL_LOAD_COUNT_MAX) ||
	    !values_read_duration(&for_ms, tool->args, "--for"))
		return false;
	if (schedule->count && is_given(tool, "--for")) {
		bel_cmd_fail("either %s or --for: the one follows from the other",
			     is_calls ? "--calls" : "--count");
		return false;
	}
	if (!schedule->count)
		schedule->count = bel_load_schedule_count_for(schedule->rate, for_ms);
	return true;
}

static bool read_sound(struct tool *tool)
{
	static const char *const of_sound[] = { "--codec", "--srtp" };

	for (size_t i = 0; i < BEL_COUNT_OF(of_sound) && !tool->opts.has_media; i++) {
		if (!is_given(tool, of_sound[i]))
			continue;
		bel_cmd_fail("%s needs --media: without it no sound is sent",
			     of_sound[i]);
		return false;
	}
	if (!values_read_codecs(tool->codecs, tool->args) ||
	    !values_read_srtp(&tool->opts.srtp, tool->args, false))
		return false;
	/* Who measures servers does not want to measure what encoding Opus costs. */
	values_add_codec(tool->codecs, tool->codecs[0] ? "telephone-event" : "PCMU");
	tool->opts.codecs = tool->codecs;
	return true;
}

static bool read_expect(struct tool *tool)
{
	char buf[256];
	struct bel_writer told = bel_writer_init(buf, sizeof buf);

	if (bel_load_expect_parse(&tool->expect, bel_cmd_option(tool->args, "--expect"),
				  &told)) {
		bel_cmd_fail("%.*s", BEL_STR_ARG(bel_writer_str(&told)));
		return false;
	}
	if (tool->expect.has_audio && !tool->opts.has_media) {
		bel_cmd_fail("--expect audio needs --media: without it no sound is sent");
		return false;
	}
	tool->opts.judged_every = tool->expect.has_audio ? JUDGED_EVERY : 0;
	return true;
}

static bool read_parties(struct tool *tool)
{
	bool is_calls = tool->opts.kind == BEL_LOAD_CALLS;
	bel_str from = bel_cmd_word(tool->args, 0), to = bel_cmd_word(tool->args, 1);

	if (!from.len || (is_calls && !to.len)) {
		bel_cmd_fail(is_calls ? "who calls whom? for example: belfry load alice "
					"600"
				      : "register whom? for example: belfry load alice "
					"--register");
		return false;
	}
	if (!is_calls && to.len) {
		bel_cmd_fail("--register takes one user, and nobody to call");
		return false;
	}
	if (!parties_read(&tool->parties, tool->args, from, is_calls ? to : from,
			  &tool->arena) ||
	    (!is_calls && !parties_name_registrar(&tool->parties, &tool->arena)))
		return false;
	tool->opts.from = tool->parties.from_value;
	tool->opts.user = tool->parties.from_user;
	tool->opts.target = tool->parties.target;
	tool->opts.account = tool->parties.has_account ? &tool->parties.account : NULL;
	return true;
}

static bool open_csv(struct tool *tool)
{
	bel_str name = bel_cmd_option(tool->args, "--csv");
	char path[PATH_BYTES];

	if (!name.len)
		return true;
	bel_cmd_join_path(path, ".", name);
	tool->csv = fopen(path, "we");
	if (tool->csv)
		load_words_csv_title(tool->csv);
	else
		bel_cmd_fail("cannot write %s: %s", path,
			     bel_err_text(bel_err_from_errno(errno)));
	return tool->csv;
}

static bool read_args(struct tool *tool)
{
	uint64_t at_once = 0;

	if (bel_cmd_has_flag(tool->args, "--register"))
		tool->opts.kind = BEL_LOAD_REGISTRATIONS;
	tool->opts.has_media = bel_cmd_has_flag(tool->args, "--media");
	tool->opts.hold_ms = HOLD_MS;
	if (!check_kind(tool) || !read_schedule(tool) ||
	    !values_read_duration(&tool->opts.hold_ms, tool->args, "--hold") ||
	    !values_read_count(&at_once, tool->args, "--max", AT_ONCE_MAX))
		return false;
	tool->opts.at_once_max = (unsigned)at_once;
	return read_sound(tool) && read_expect(tool) && read_parties(tool) &&
	       open_csv(tool);
}

int bel_cmd_load_run(const struct args *args)
{
	struct tool *tool = calloc(1, sizeof *tool);
	int status = EXIT_UNABLE;

	if (!tool)
		return bel_cmd_fail("no memory");
	tool->args = args;
	bel_arena_init(&tool->arena, NULL, 0, 1 << 20);
	if (read_args(tool))
		status = begin(tool);
	bel_load_close(tool->load);
	bel_lib_close(tool->lib);
	if (tool->csv)
		fclose(tool->csv);
	bel_arena_fini(&tool->arena);
	bel_wipe(tool, sizeof *tool);
	free(tool);
	return status;
}
