/* SPDX-License-Identifier: Apache-2.0
 * belfry call [FROM] TO: one call, with sound, and a verdict on it. */
#include <stdio.h>
#include <stdlib.h>

#include "cmd/talk.h"

enum { DURATION_MS = 5000 };

struct caller {
	struct talk *talk;
	struct bel_targets_query query;
};

static bool dial(struct talk *talk, const bel_addr *local)
{
	struct strand *strand = talk_strand_new(talk, local);
	enum bel_err err;

	if (!strand || !talk_open_sound(talk))
		return false;
	if (!talk->duration_ms)
		talk->duration_ms = DURATION_MS;
	talk_strand_select(strand);
	talk->began_ms = bel_loop_now_ms(bel_lib_loop(talk->lib));
	err = talk_strand_dial(strand, talk->parties.target, BEL_STR_NONE);
	if (err) {
		bel_cmd_fail("cannot call: %s", bel_err_text(err));
		return false;
	}
	talk_set_timer(talk, RING_MS);
	return true;
}

/* Where the call will go says which of our addresses the sound must come from. */
static void on_targets(struct bel_targets_query *query, enum bel_err err,
		       const struct bel_hop *hops, unsigned count)
{
	struct talk *talk = BEL_CONTAINER_OF(query, struct caller, query)->talk;
	bel_addr local;

	(void)count;
	if (!err)
		err = bel_loop_local_for(bel_lib_loop(talk->lib), &hops[0].addr, &local);
	if (err)
		bel_cmd_fail("there is no way to %.*s: %s",
			     BEL_STR_ARG(talk->parties.target_uri.host),
			     bel_err_text(err));
	talk->is_over = err || !dial(talk, &local);
}

static void on_ways(void *user, bool is_fine)
{
	struct caller *caller = user;
	struct talk *talk = caller->talk;

	talk->is_over |= !is_fine;
	if (is_fine)
		bel_targets_find(bel_lib_targets(talk->lib), &caller->query,
				 &talk->parties.target_uri, 0);
}

static int converse(struct talk *talk)
{
	struct caller caller = { .talk = talk, .query.on_targets = on_targets };

	ways_find(&talk->ways, talk->lib, on_ways, &caller);
	return talk_run(talk);
}

/* ---- the command line ---- */

static bool read_parties(struct talk *talk)
{
	bel_str first = bel_cmd_word(talk->args, 0), second = bel_cmd_word(talk->args, 1);

	if (!first.len) {
		bel_cmd_fail("call whom? for example: belfry call alice 600");
		return false;
	}
	return parties_read(&talk->parties, talk->args, second.len ? first : BEL_STR_NONE,
			    second.len ? second : first, &talk->arena) &&
	       talk_read_others(talk);
}

int bel_cmd_call(const struct args *args)
{
	struct talk *talk = talk_new(args);
	int status = EXIT_UNABLE;

	if (!talk)
		return bel_cmd_fail("no memory");
	if (talk_read_args(talk) && read_parties(talk) && talk_open(talk))
		status = converse(talk);
	talk_free(talk);
	return status;
}
