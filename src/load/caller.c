/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "load/load_int.h"

/* A BYE that nobody answers is over after 64 * T1 (timer F, RFC 3261 section 17.1.2.2).
 */
enum { RING_MS = 60000, BYE_LOST_US = 31 * 1000000 };

struct caller {
	struct load_item item;
	struct bel_call *call;
	struct bel_timer
		timer;   /* while it rings: to give up; while it is up: to hang up */
	uint64_t bye_us; /* when we hung up; 0: not yet */
	bool is_up, is_stopped;
	struct load_sound *sound; /* NULL without media */
};

static void set_timer(struct caller *caller, uint64_t after_ms)
{
	struct bel_loop *loop = caller->item.load->loop;

	bel_timer_start(loop, &caller->timer, bel_loop_now_ms(loop) + after_ms);
}

static void hang_up(struct caller *caller)
{
	bel_timer_stop(caller->item.load->loop, &caller->timer);
	if (caller->bye_us)
		return;
	caller->bye_us = bel_load_now_us(caller->item.load);
	bel_call_hang_up(caller->call, BEL_STR_NONE);
}

static void on_timer(void *user)
{
	hang_up(user);
}

static void on_answered(void *user, struct bel_call *call)
{
	struct caller *caller = user;
	struct bel_load *load = caller->item.load;

	(void)call;
	caller->is_up = true;
	load->figures.up++;
	bel_load_note_setup(&caller->item);
	set_timer(caller, load->opts.hold_ms);
}

/* ---- the end ---- */

/* What of a call that was answered was not right; CAUSE_COUNT: nothing. */
static enum bel_load_cause flaw_of(const struct caller *caller,
				   const struct bel_call_end *end, bool is_heard)
{
	uint64_t now_us = bel_load_now_us(caller->item.load);

	if (!end->is_ours)
		return BEL_LOAD_CUT;
	if (now_us - caller->bye_us >= BYE_LOST_US)
		return BEL_LOAD_BYE_LOST;
	if (caller->sound && !is_heard && !caller->is_stopped)
		return BEL_LOAD_SILENT;
	return BEL_LOAD_CAUSE_COUNT;
}

static void count_answered(struct caller *caller, const struct bel_call_end *end)
{
	struct bel_load_figures *figures = &caller->item.load->figures;
	bool is_heard = caller->sound && bel_load_sound_count(caller->sound);
	enum bel_load_cause flaw = flaw_of(caller, end, is_heard);

	if (end->is_ours && flaw != BEL_LOAD_BYE_LOST)
		bel_load_histogram_put(&figures->end_us,
				       bel_load_now_us(caller->item.load) -
					       caller->bye_us);
	if (flaw == BEL_LOAD_CAUSE_COUNT)
		figures->succeeded++;
	else
		bel_load_figures_fail(figures, flaw, 0, BEL_OK);
}

static void count_refused(const struct caller *caller, const struct bel_call_end *end)
{
	enum bel_load_cause cause = caller->is_stopped ? BEL_LOAD_STOPPED
				    : caller->bye_us   ? BEL_LOAD_UNANSWERED
				    : end->status      ? BEL_LOAD_REFUSED
						       : BEL_LOAD_LOST;

	bel_load_figures_fail(&caller->item.load->figures, cause,
			      cause == BEL_LOAD_REFUSED ? end->status : 0,
			      cause == BEL_LOAD_LOST ? end->err : BEL_OK);
}

static void on_ended(void *user, struct bel_call *call, const struct bel_call_end *end)
{
	struct caller *caller = user;
	struct bel_load *load = caller->item.load;

	(void)call;
	bel_timer_stop(load->loop, &caller->timer);
	if (caller->is_up) {
		load->figures.up--;
		count_answered(caller, end);
	} else {
		count_refused(caller, end);
	}
	bel_load_sound_close(caller->sound);
	bel_load_finish(&caller->item);
}

static const struct bel_call_port call_port = { .on_answered = on_answered,
						.on_ended = on_ended };

/* ---- what is offered ---- */

/* Without media: a stream that nobody sends on, so that the exchange is a whole one. */
static void describe_nothing(const struct bel_load *load, struct bel_offer_local *local)
{
	local->streams[0] = (struct bel_offer_local_stream){
		.kind = BEL_STR("audio"),
		.addr = load->local,
		.direction = BEL_SDP_INACTIVE,
		.codecs = { { .payload = 0,
			      .channels = 1,
			      .clock_hz = 8000,
			      .name = BEL_STR("PCMU") } },
		.codecs_count = 1,
		.accepts_plain = true,
	};
	local->streams[0].addr.port = BEL_OFFER_QUIET_PORT;
	local->streams_count = 1;
}

static enum bel_err describe(void *user, struct bel_call *call,
			     struct bel_offer_local *local)
{
	const struct caller *caller = user;

	(void)call;
	if (caller->sound)
		return bel_line_describe(bel_load_sound_line(caller->sound), local);
	describe_nothing(caller->item.load, local);
	return BEL_OK;
}

static void apply(void *user, struct bel_call *call,
		  const struct bel_offer_stream *streams, unsigned count)
{
	const struct caller *caller = user;

	(void)call;
	if (caller->sound)
		bel_line_apply(bel_load_sound_line(caller->sound), streams, count);
}

static const struct bel_call_media call_media = { .describe = describe, .apply = apply };

/* ---- the life of one ---- */

static enum bel_err dial(struct caller *caller)
{
	const struct bel_load_opts *opts = &caller->item.load->opts;

	return bel_call_dial(&caller->call, bel_lib_calls(opts->lib),
			     &(struct bel_call_dial){
				     .from = opts->from,
				     .target = opts->target,
				     .account = opts->account,
				     .contact_user = opts->user,
				     .is_faithful = true,
				     .port = &call_port,
				     .media = &call_media,
				     .user = caller,
			     });
}

static enum bel_err start(struct load_item **out, struct bel_load *load, uint64_t n,
			  uint64_t due_us)
{
	const struct bel_load_opts *opts = &load->opts;
	bool is_judged = opts->judged_every && n % opts->judged_every == 0;
	struct caller *caller = calloc(1, sizeof *caller);
	enum bel_err err = BEL_OK;

	if (!caller)
		return bel_err_from_errno(ENOMEM);
	caller->item = (struct load_item){ .load = load, .due_us = due_us };
	bel_list_init(&caller->item.node);
	bel_timer_init(&caller->timer, on_timer, caller);
	if (opts->has_media)
		err = bel_load_sound_open(&caller->sound, &caller->item, is_judged);
	if (!err)
		err = dial(caller);
	if (err) {
		bel_load_sound_close(caller->sound);
		free(caller);
		return err;
	}
	set_timer(caller, opts->ring_ms ? opts->ring_ms : RING_MS);
	*out = &caller->item;
	return BEL_OK;
}

static void stop(struct load_item *item)
{
	struct caller *caller = BEL_CONTAINER_OF(item, struct caller, item);

	caller->is_stopped = true;
	hang_up(caller);
}

static void drop(struct load_item *item)
{
	struct caller *caller = BEL_CONTAINER_OF(item, struct caller, item);

	bel_timer_stop(item->load->loop, &caller->timer);
	bel_call_drop(caller->call);
	bel_load_sound_close(caller->sound);
	bel_list_remove(&item->node);
	free(caller);
}

const struct load_kind bel_load_caller = { .start = start, .stop = stop, .drop = drop };
