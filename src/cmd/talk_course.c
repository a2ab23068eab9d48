/* SPDX-License-Identifier: Apache-2.0
 * The course of a talk from its answer to its end: steps, one after the other, and those
 * that were not asked for are passed over. */
#include <stdio.h>

#include "cmd/talk.h"

enum {
	USUAL_MS = 5000, /* before a hold or a transfer, when no duration was given */
	DIGIT_EVERY_MS = 200,
	DIGIT_MS = 160,
	AGAIN_MS = 100,      /* while another exchange is under way */
	CONSULT_MS = 1000,   /* with who was consulted */
	TRANSFER_MS = 30000, /* until its last word */
};

void talk_set_timer(struct talk *talk, uint64_t after_ms)
{
	struct bel_loop *loop = bel_lib_loop(talk->lib);

	bel_timer_start(loop, &talk->timer, bel_loop_now_ms(loop) + after_ms);
}

void talk_stop_timer(struct talk *talk)
{
	bel_timer_stop(bel_lib_loop(talk->lib), &talk->timer);
}

/* ---- the end ---- */

void talk_hang_up(struct talk *talk)
{
	talk_stop_timer(talk);
	talk->step = TALK_END;
	for (unsigned i = 0; i < talk->strands_count; i++)
		if (talk->strands[i].call)
			bel_call_hang_up(talk->strands[i].call, BEL_STR_NONE);
}

void talk_finish(struct talk *talk)
{
	talk_stop_timer(talk);
	/* A refusal may be just what was expected. */
	if (talk->was_answered || (talk->has_expect && talk->now))
		talk->exit_status = talk_say_verdict(talk);
	if (talk->on_over)
		talk->on_over(talk);
	else
		talk->is_over = true;
}

/* ---- digits ---- */

static void send_digit(struct talk *talk, char digit)
{
	const struct strand *now = talk->now;

	if (talk->digits_by != TALK_DIGITS_INFO)
		bel_media_stream_send_digit(bel_line_stream(now->line), digit);
	else if (now->call)
		bel_call_send_digit(now->call, digit, DIGIT_MS);
}

static bool enter_digits(struct talk *talk)
{
	if (talk->digits_sent == talk->digits.len)
		return false;
	talk_set_timer(talk, DIGIT_EVERY_MS);
	return true;
}

static void on_digit_due(struct talk *talk)
{
	send_digit(talk, talk->digits.ptr[talk->digits_sent++]);
	if (!enter_digits(talk))
		talk_next(talk);
}

void talk_on_digit(struct talk *talk, char digit)
{
	if (talk->heard_digits_count < HEARD_DIGITS_MAX)
		talk->heard_digits[talk->heard_digits_count++] = digit;
	talk_judge_digit(talk);
	talk_say_digit(talk, digit);
}

/* ---- talking ---- */

static uint64_t part_ms(const struct talk *talk)
{
	uint64_t all_ms = talk->duration_ms ? talk->duration_ms : USUAL_MS;

	return talk->hold_ms ? all_ms / 2 : all_ms;
}

static bool enter_before_hold(struct talk *talk)
{
	uint64_t spent_ms = bel_loop_now_ms(bel_lib_loop(talk->lib)) - talk->answered_ms;

	/* Until they hang up. */
	if (!talk->duration_ms && !talk->hold_ms && !talk->transfer.len)
		return true;
	talk_set_timer(talk, spent_ms < part_ms(talk) ? part_ms(talk) - spent_ms : 0);
	return true;
}

static bool enter_after_hold(struct talk *talk)
{
	if (!talk->hold_ms)
		return false;
	if (talk->duration_ms || talk->transfer.len)
		talk_set_timer(talk, part_ms(talk));
	return true;
}

/* ---- hold ---- */

static uint64_t packets_of(const struct talk *talk)
{
	struct bel_media_stats stats;

	bel_media_stream_stats(&stats, bel_line_stream(talk->now->line));
	return stats.received;
}

/* Another exchange may be under way: then later. */
static void ask_direction(struct talk *talk)
{
	enum bel_err err = talk->now->call ? bel_call_modify(talk->now->call)
					   : BEL_ERR_CLOSED;

	if (err == BEL_ERR_BUSY)
		talk_set_timer(talk, AGAIN_MS);
	else if (err)
		talk_on_modified(talk, 500);
}

static bool enter_hold(struct talk *talk)
{
	bool is_wanted = talk->step == TALK_HOLD ? talk->hold_ms > 0 : talk->consults;

	if (!is_wanted)
		return false;
	bel_line_set_direction(talk->now->line, BEL_SDP_SENDONLY);
	/* What they say until they know is not judged any more. */
	talk_judge_part(talk, false);
	ask_direction(talk);
	return true;
}

static bool enter_resume(struct talk *talk)
{
	if (!talk->hold_ms)
		return false;
	bel_line_set_direction(talk->now->line, BEL_SDP_SENDRECV);
	ask_direction(talk);
	return true;
}

void talk_on_modified(struct talk *talk, uint16_t status)
{
	bool is_hold = talk->step == TALK_HOLD || talk->step == TALK_PARK;

	if (!is_hold && talk->step != TALK_RESUME)
		return;
	if (is_hold && talk->is_held)
		return;
	if (status >= 300)
		talk->hold_status = status;
	talk->is_held = is_hold;
	if (is_hold)
		talk->held_received = packets_of(talk);
	else
		talk_judge_part(talk, true);
	talk_say_hold(talk, is_hold, true, packets_of(talk) - talk->held_received);
	if (talk->step == TALK_HOLD && status < 300)
		talk_set_timer(talk, talk->hold_ms);
	else
		talk_next(talk);
}

static void on_hold_due(struct talk *talk)
{
	if (talk->is_held)
		talk_next(talk);
	else
		ask_direction(talk);
}

/* They hold us, or no longer. A hold of ours is not answered with one of theirs, but with
 * their silence. */
void talk_on_held(struct talk *talk, bool is_held)
{
	bool is_ours = talk->step == TALK_HOLD || talk->step == TALK_RESUME ||
		       talk->step == TALK_PARK;

	if (is_ours || talk->is_held == is_held)
		return;
	talk->is_held = is_held;
	if (is_held)
		talk->held_received = packets_of(talk);
	talk_judge_part(talk, !is_held);
	talk_say_hold(talk, is_held, false, packets_of(talk) - talk->held_received);
}

/* ---- transfer ---- */

static bool enter_consult(struct talk *talk)
{
	struct strand *strand;

	if (!talk->consults)
		return false;
	strand = talk_strand_new(talk, &talk->local);
	if (strand && !talk_strand_dial(strand, talk->transfer, BEL_STR_NONE)) {
		strand->is_consulted = true;
		talk_set_timer(talk, RING_MS);
	} else {
		talk->transferred = (struct talk_transfer){ 500, true };
		talk_hang_up(talk);
	}
	return true;
}

static struct strand *consulted(struct talk *talk)
{
	for (unsigned i = 0; i < talk->strands_count; i++)
		if (talk->strands[i].is_consulted)
			return &talk->strands[i];
	return NULL;
}

void talk_on_consulted(struct talk *talk)
{
	if (talk->step != TALK_CONSULT)
		return;
	/* Who is on hold hears silence meanwhile. */
	bel_media_stream_set_source(bel_line_stream(talk->now->line), NULL);
	bel_media_stream_set_source(bel_line_stream(consulted(talk)->line), talk->source);
	talk_set_timer(talk, CONSULT_MS);
}

/* Answered: a moment with them. Not answered for a minute: given up. */
static void on_consult_due(struct talk *talk)
{
	const struct strand *strand = consulted(talk);

	if (strand && strand->is_up)
		talk_next(talk);
	else
		talk_hang_up(talk);
}

/* RFC 5589 section 7.7: who does not know Replaces is asked to call anew, and that call
 * would find a busy phone. */
static bool enter_leave(struct talk *talk)
{
	const struct strand *strand = consulted(talk);

	if (!strand || !strand->call || !talk->now->call ||
	    bel_call_has_replaces(talk->now->call))
		return false;
	talk_say_unattended(talk);
	bel_call_hang_up(strand->call, BEL_STR_NONE);
	talk_set_timer(talk, RING_MS);
	return true;
}

void talk_on_left(struct talk *talk)
{
	if (talk->step == TALK_LEAVE)
		talk_next(talk);
}

static bool enter_transfer(struct talk *talk)
{
	const struct strand *strand = consulted(talk);
	enum bel_err err;

	if (!talk->transfer.len)
		return false;
	err = talk->now->call ? bel_call_transfer(talk->now->call, talk->transfer,
						  strand ? strand->call : NULL)
			      : BEL_ERR_CLOSED;
	if (err) {
		talk->transferred = (struct talk_transfer){ 500, true };
		talk_say_transfer(talk);
		return false;
	}
	talk_set_timer(talk, TRANSFER_MS);
	return true;
}

/* ---- steps ---- */

static bool enter_end(struct talk *talk)
{
	talk_hang_up(talk);
	return true;
}

/* Nobody answers for too long; or it is us who should, now. */
static void on_ring_due(struct talk *talk)
{
	if (bel_call_is_caller(talk->now->call))
		talk_hang_up(talk);
	else
		talk_strand_answer(talk->now);
}

/* enter: false when there is nothing to do or to wait for. */
static const struct {
	bool (*enter)(struct talk *talk);
	void (*on_due)(struct talk *talk);
} steps[TALK_STEP_COUNT] = {
	[TALK_RINGING] = { NULL, on_ring_due },
	[TALK_DIGITS] = { enter_digits, on_digit_due },
	[TALK_BEFORE_HOLD] = { enter_before_hold, talk_next },
	[TALK_HOLD] = { enter_hold, on_hold_due },
	[TALK_RESUME] = { enter_resume, ask_direction },
	[TALK_AFTER_HOLD] = { enter_after_hold, talk_next },
	[TALK_PARK] = { enter_hold, on_hold_due },
	[TALK_CONSULT] = { enter_consult, on_consult_due },
	[TALK_LEAVE] = { enter_leave, talk_next },
	[TALK_TRANSFER] = { enter_transfer, talk_hang_up },
	[TALK_END] = { enter_end, talk_hang_up },
};

void talk_next(struct talk *talk)
{
	talk_stop_timer(talk);
	while (talk->step < TALK_END && !steps[++talk->step].enter(talk))
		;
}

void talk_on_due(struct talk *talk)
{
	steps[talk->step].on_due(talk);
}

void talk_begin(struct talk *talk)
{
	talk->was_answered = true;
	talk->status = 200;
	talk->answered_ms = bel_loop_now_ms(bel_lib_loop(talk->lib));
	talk_say_answered(talk);
	talk_next(talk);
}
