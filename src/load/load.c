/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "load/load_int.h"

/* Begun in one turn of the loop, so that answers are read in between. */
enum { BURST_MAX = 64, AT_ONCE_MAX = 10000 };

static const struct load_kind *const kinds[] = {
	[BEL_LOAD_CALLS] = &bel_load_caller,
	[BEL_LOAD_REGISTRATIONS] = &bel_load_register,
};

uint64_t bel_load_now_us(const struct bel_load *load)
{
	return bel_loop_now_us(load->loop);
}

/* ---- the end of one, and of all ---- */

static void look_whether_over(struct bel_load *load)
{
	bool is_begun = load->figures.due == load->opts.schedule.count;

	if (load->is_over || load->is_searching || load->figures.under_way ||
	    !(is_begun || load->is_stopping))
		return;
	load->is_over = true;
	load->opts.on_over(load->opts.user_data, BEL_OK);
}

void bel_load_note_setup(struct load_item *item)
{
	struct bel_load *load = item->load;
	uint64_t took_us = bel_load_now_us(load) - item->due_us;

	load->figures.answered++;
	bel_load_histogram_put(&load->figures.setup_us, took_us);
	bel_load_histogram_put(&load->recent_us, took_us);
}

void bel_load_finish(struct load_item *item)
{
	struct bel_load *load = item->load;

	bel_list_remove(&item->node);
	load->figures.under_way--;
	free(item);
	look_whether_over(load);
}

/* ---- beginning them when they are due ---- */

static void start_one(struct bel_load *load, uint64_t n, uint64_t due_us)
{
	struct bel_load_figures *figures = &load->figures;
	uint64_t now_us = bel_load_now_us(load);
	struct load_item *item;
	enum bel_err err;

	if (figures->under_way >= load->opts.at_once_max) {
		bel_load_figures_fail(figures, BEL_LOAD_FULL, 0, BEL_OK);
		return;
	}
	err = kinds[load->opts.kind]->start(&item, load, n, due_us);
	if (err) {
		bel_load_figures_fail(figures, BEL_LOAD_NOT_BEGUN, 0, err);
		return;
	}
	bel_list_put(&load->under_way, &item->node);
	bel_load_histogram_put(&figures->late_us, now_us - due_us);
	figures->begun++;
	figures->under_way++;
	if (figures->under_way > figures->under_way_max)
		figures->under_way_max = figures->under_way;
}

/* The timers of the loop are exact to 10 ms, which is more than a set-up may take. */
static enum bel_err arm(struct bel_load *load, uint64_t at_us)
{
	struct itimerspec spec = {
		.it_value = { .tv_sec = (time_t)(at_us / 1000000),
			      .tv_nsec = (long)(at_us % 1000000) * 1000 },
	};

	if (timerfd_settime(load->clock_fd, TFD_TIMER_ABSTIME, &spec, NULL))
		return bel_err_from_errno(errno);
	return BEL_OK;
}

static void start_those_due(struct bel_load *load)
{
	const struct bel_load_schedule *schedule = &load->opts.schedule;
	uint64_t spent_us = bel_load_now_us(load) - load->start_us;
	uint64_t until = bel_load_schedule_due_count(schedule, spent_us);
	uint64_t n = load->figures.due;

	if (until > n + BURST_MAX)
		until = n + BURST_MAX;
	for (; n < until; n++) {
		load->figures.due++;
		start_one(load, n,
			  load->start_us + bel_load_schedule_due_us(schedule, n));
	}
	if (n < schedule->count)
		arm(load, load->start_us + bel_load_schedule_due_us(schedule, n));
	else
		look_whether_over(load);
}

static void on_clock(void *user, unsigned events)
{
	struct bel_load *load = user;
	uint64_t times;

	(void)events;
	if (read(load->clock_fd, &times, sizeof times) == (ssize_t)sizeof times &&
	    !load->is_stopping)
		start_those_due(load);
}

/* Where it goes says which of our addresses the sound must come from. */
static void on_targets(struct bel_targets_query *query, enum bel_err err,
		       const struct bel_hop *hops, unsigned count)
{
	struct bel_load *load = BEL_CONTAINER_OF(query, struct bel_load, query);

	(void)count;
	load->is_searching = false;
	if (!err)
		err = bel_loop_local_for(load->loop, &hops[0].addr, &load->local);
	/* Not before the caller knows of the load: by the clock, in the next turn. */
	load->start_us = bel_load_now_us(load);
	if (!err)
		err = arm(load, load->start_us);
	if (err) {
		load->is_over = true;
		load->opts.on_over(load->opts.user_data, err);
	}
}

/* ---- the life of a load ---- */

static enum bel_err open_clock(struct bel_load *load)
{
	load->clock_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (load->clock_fd < 0)
		return bel_err_from_errno(errno);
	return bel_watch_open(&load->clock, load->loop, load->clock_fd, BEL_WATCH_READ,
			      on_clock, load);
}

static enum bel_err check(const struct bel_load_opts *opts)
{
	const struct bel_load_schedule *schedule = &opts->schedule;

	if (!schedule->rate || schedule->rate > BEL_LOAD_RATE_MAX || !schedule->count ||
	    schedule->count > BEL_LOAD_COUNT_MAX)
		return BEL_ERR_LIMIT;
	return BEL_OK;
}

enum bel_err bel_load_open(struct bel_load **out, const struct bel_load_opts *opts)
{
	struct bel_load *load;
	struct bel_uri uri;
	enum bel_err err = check(opts);

	if (!err)
		err = bel_uri_parse(&uri, opts->target);
	if (err)
		return err;
	load = calloc(1, sizeof *load);
	if (!load)
		return bel_err_from_errno(ENOMEM);
	load->opts = *opts;
	if (!load->opts.at_once_max)
		load->opts.at_once_max = AT_ONCE_MAX;
	load->loop = bel_lib_loop(opts->lib);
	load->query.on_targets = on_targets;
	bel_list_init(&load->under_way);
	err = open_clock(load);
	if (err) {
		bel_load_close(load);
		return err;
	}
	*out = load;
	load->is_searching = true;
	bel_targets_find(bel_lib_targets(opts->lib), &load->query, &uri, 0);
	return BEL_OK;
}

void bel_load_close(struct bel_load *load)
{
	if (!load)
		return;
	if (load->is_searching)
		bel_targets_cancel(bel_lib_targets(load->opts.lib), &load->query);
	BEL_LIST_EACH(node, &load->under_way)
	kinds[load->opts.kind]->drop(BEL_CONTAINER_OF(node, struct load_item, node));
	bel_watch_close(load->clock);
	if (load->clock_fd >= 0)
		close(load->clock_fd);
	free(load);
}

void bel_load_stop(struct bel_load *load)
{
	if (load->is_stopping || load->is_over)
		return;
	load->is_stopping = true;
	if (load->is_searching)
		bel_targets_cancel(bel_lib_targets(load->opts.lib), &load->query);
	load->is_searching = false;
	BEL_LIST_EACH(node, &load->under_way)
	kinds[load->opts.kind]->stop(BEL_CONTAINER_OF(node, struct load_item, node));
	look_whether_over(load);
}

const struct bel_load_figures *bel_load_figures(const struct bel_load *load)
{
	return &load->figures;
}

void bel_load_take_recent(struct bel_load *load, struct bel_load_histogram *out)
{
	*out = load->recent_us;
	load->recent_us = (struct bel_load_histogram){ 0 };
}

uint64_t bel_load_spent_ms(const struct bel_load *load)
{
	return load->start_us ? (bel_load_now_us(load) - load->start_us) / 1000 : 0;
}
