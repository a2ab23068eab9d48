/* SPDX-License-Identifier: Apache-2.0
 * belfry answer USER: registers as a phone does, answers one call, and ends with a
 * verdict on it. */
#include <stdio.h>
#include <stdlib.h>

#include "cmd/talk.h"
#include "cmd/values.h"

struct answerer {
	struct talk *talk;
	struct bel_registration *registration;
	bool was_told;
};

/* ---- the registration ---- */

static void on_registered(void *user, struct bel_registration *registration,
			  const struct bel_registration_grant *grant)
{
	struct answerer *answerer = user;
	const struct talk *talk = answerer->talk;

	(void)registration;
	if (answerer->was_told)
		return;
	answerer->was_told = true;
	if (talk->args->is_json)
		printf("{\"event\":\"registered\",\"expires_s\":%u}\n", grant->expires_s);
	else
		printf("%.*s   waits for a call\n", BEL_STR_ARG(talk->parties.from_uri));
	fflush(stdout);
}

static void on_failed(void *user, struct bel_registration *registration,
		      const struct bel_registration_failure *failure)
{
	struct answerer *answerer = user;
	struct talk *talk = answerer->talk;
	bel_str phrase = failure->status ? bel_sip_status_phrase(failure->status)
					 : bel_str_from(bel_err_text(failure->err));

	(void)registration;
	/* Once it has stood, it is tried again, and a call goes on meanwhile. */
	if (answerer->was_told)
		return;
	if (talk->args->is_json)
		printf("{\"event\":\"failed\",\"status\":%u,\"error\":\"%.*s\"}\n",
		       failure->status, BEL_STR_ARG(phrase));
	else
		printf("%.*s   not registered: %.0u %.*s\n",
		       BEL_STR_ARG(talk->parties.from_uri), failure->status,
		       BEL_STR_ARG(phrase));
	talk->exit_status = EXIT_NO;
	talk->is_over = true;
}

static void on_gone(void *user)
{
	struct answerer *answerer = user;

	answerer->registration = NULL;
	answerer->talk->is_over = true;
}

static const struct bel_registration_port port = { .on_registered = on_registered,
						   .on_failed = on_failed,
						   .on_gone = on_gone };

static void on_over(struct talk *talk)
{
	struct answerer *answerer = talk->user;

	if (answerer->registration)
		bel_registration_stop(answerer->registration);
	else
		talk->is_over = true;
}

/* ---- the call ---- */

/* Nothing could be agreed on with who called first. */
static bool is_unfit(const struct talk *talk)
{
	const struct bel_call *first = talk->strands[0].call;

	return !talk->was_answered && (!first || bel_call_state(first) == BEL_CALL_OVER);
}

/* One, and who else calls hears that it is busy. */
static void on_call(struct talk *talk, struct bel_call *call)
{
	struct strand *strand = NULL;

	if (!talk->strands_count)
		strand = talk_strand_new(talk, &bel_call_flow(call)->local);
	else if (is_unfit(talk))
		strand = &talk->strands[0];
	if (!strand) {
		bel_call_refuse(call, 486, BEL_STR_NONE);
		return;
	}
	talk_note_caller(talk, call);
	talk->began_ms = bel_loop_now_ms(bel_lib_loop(talk->lib));
	if (talk->now != strand)
		talk_strand_select(strand);
	talk_strand_take_on(strand, call);
	bel_call_ring(call, 180, false);
	talk_set_timer(talk, talk->ring_ms);
}

static void on_ways(void *user, bool is_fine)
{
	struct answerer *answerer = user;
	struct talk *talk = answerer->talk;
	enum bel_err err = BEL_OK;

	if (is_fine)
		err = parties_register(&answerer->registration, talk->lib, &talk->parties,
				       &port, answerer);
	if (err)
		bel_cmd_fail("cannot register: %s", bel_err_text(err));
	talk->is_over |= err || !is_fine;
}

static int wait_for_call(struct talk *talk)
{
	struct answerer answerer = { .talk = talk };
	int status;

	if (!talk_open_sound(talk))
		return EXIT_UNABLE;
	talk->user = &answerer;
	talk->on_call = on_call;
	talk->on_over = on_over;
	ways_find(&talk->ways, talk->lib, on_ways, &answerer);
	status = talk_run(talk);
	bel_registration_drop(answerer.registration);
	return status;
}

/* ---- the command line ---- */

static bool read_parties(struct talk *talk)
{
	bel_str user = bel_cmd_word(talk->args, 0);

	if (!user.len) {
		bel_cmd_fail("answer for whom? for example: belfry answer alice");
		return false;
	}
	return parties_read(&talk->parties, talk->args, user, user, &talk->arena) &&
	       parties_name_registrar(&talk->parties, &talk->arena) &&
	       talk_read_others(talk);
}

int bel_cmd_answer(const struct args *args)
{
	struct talk *talk = talk_new(args);
	int status = EXIT_UNABLE;

	if (!talk)
		return bel_cmd_fail("no memory");
	if (talk_read_args(talk) &&
	    values_read_duration(&talk->ring_ms, args, "--ring") && read_parties(talk) &&
	    talk_open(talk))
		status = wait_for_call(talk);
	talk_free(talk);
	return status;
}
