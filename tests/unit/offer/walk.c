/* SPDX-License-Identifier: Apache-2.0
 * Two engines, and whatever may happen between them in whatever order: what they say of
 * themselves is what the table says, and when an exchange is complete they agree.
 * $BELFRY_SEEDS=all: ten million events, else a million. */
#include <stdlib.h>

#include "side.h"

#include "io/sim.h"

enum {
	SHORT_EVENTS = 1000 * 1000,
	ALL_EVENTS = 10 * 1000 * 1000,
	STEPS_EACH_PAIR = 500,
};

/* What has been said and not yet heard. */
enum said { NOTHING, AN_OFFER, AN_ANSWER };

struct pair {
	struct bel_sim *sim;
	struct side *sides[2];
	enum said said[2]; /* by each side */
	unsigned complete_count, refused_count, busy_count, preview_count;
};

static unsigned draw(struct pair *pair, unsigned below)
{
	return (unsigned)bel_sim_draw(pair->sim, below);
}

static void change(struct pair *pair, struct side *side)
{
	static const struct bel_sdp_codec *const all[] = { &pcmu, &pcma, &opus, &events };
	struct bel_offer_local_stream *stream;

	side->local.streams_count = 0;
	for (unsigned i = 0; i <= draw(pair, 2); i++) {
		stream = add_stream(side);
		stream->direction = (enum bel_sdp_direction)draw(pair, 4);
		stream->has_mux = draw(pair, 2);
		for (unsigned k = 0, turn = draw(pair, 4); k < 4; k++)
			if (draw(pair, 3))
				add_codec(stream, all[(turn + k) % 4]);
	}
	if (draw(pair, 4) == 0)
		set_keys(side, (uint8_t)draw(pair, 256), draw(pair, 2));
}

/* The state before, for what has to come of the event. */
static bool is_time(const struct side *side, enum bel_offer_event event)
{
	return bel_offer_step(side->offer.state, event).is_move;
}

static void offer_something(struct pair *pair, unsigned from)
{
	struct side *side = pair->sides[from];
	bel_str body = side->body;

	if (!is_time(side, BEL_OFFER_SEND_OFFER)) {
		assert_int_equal(say_offer(side), BEL_ERR_BUSY);
		side->body = body;
		pair->busy_count++;
		return;
	}
	change(pair, side);
	assert_int_equal(say_offer(side), BEL_OK);
	pair->said[from] = AN_OFFER;
}

/* The refusal comes to whoever offered; both forget. */
static void refuse(struct pair *pair)
{
	for (unsigned i = 0; i < 2; i++) {
		bel_offer_roll_back(&pair->sides[i]->offer);
		assert_int_equal(pair->sides[i]->offer.state, BEL_OFFER_IDLE);
		pair->said[i] = NOTHING;
	}
	pair->refused_count++;
}

static void hear(struct pair *pair, unsigned from)
{
	struct side *to = pair->sides[!from];
	bel_str text = pair->sides[from]->body;
	struct bel_sdp_refusal why;
	bool is_now;

	if (pair->said[from] == AN_OFFER) {
		is_now = is_time(to, BEL_OFFER_RECEIVE_OFFER);
		assert_int_equal(hear_offer(to, text), is_now ? BEL_OK : BEL_ERR_BUSY);
		/* RFC 3261 section 14.2: two that cross are refused both. */
		if (!is_now)
			refuse(pair);
		pair->said[from] = NOTHING;
	} else if (pair->said[from] == AN_ANSWER) {
		if (!draw(pair, 4)) {
			assert_int_equal(bel_offer_take_preview(&to->offer, text, &why),
					 BEL_OK);
			pair->preview_count++;
			return;
		}
		assert_int_equal(hear_answer(to, text), BEL_OK);
		pair->said[from] = NOTHING;
		check_agreement(pair->sides[0], pair->sides[1]);
		pair->complete_count++;
	} else {
		is_now = is_time(to, BEL_OFFER_RECEIVE_ANSWER);
		if (!is_now)
			assert_int_equal(
				bel_offer_take_answer(&to->offer, BEL_STR("x"), &why),
				BEL_ERR_BUSY);
	}
}

static void answer(struct pair *pair, unsigned from)
{
	struct side *side = pair->sides[from];
	bel_str body = side->body;
	enum bel_err err;

	if (!is_time(side, BEL_OFFER_SEND_ANSWER)) {
		assert_int_equal(say_answer(side), BEL_ERR_BUSY);
		side->body = body;
		return;
	}
	change(pair, side);
	err = say_answer(side);
	if (err) {
		assert_int_equal(err, BEL_ERR_UNSUPPORTED);
		refuse(pair);
		return;
	}
	pair->said[from] = AN_ANSWER;
}

static void step(struct pair *pair)
{
	unsigned from = draw(pair, 2), event = draw(pair, 16);

	/* Who has answered is in the next exchange when the other is still in this one:
	 * nothing can be said before the answer is heard. */
	if (pair->said[from] == AN_ANSWER)
		event = 1;
	else if (pair->said[!from] == AN_ANSWER) {
		/* An answer cannot be refused. */
		from = !from;
		event = 1;
	}
	if (event == 0)
		refuse(pair);
	else if (event <= 7)
		hear(pair, from);
	else if (event <= 12)
		answer(pair, from);
	else
		offer_something(pair, from);
}

static unsigned events_wanted(void)
{
	const char *text = getenv("BELFRY_SEEDS");

	return bel_str_is_equal(bel_str_from(text), BEL_STR("all")) ? ALL_EVENTS
								    : SHORT_EVENTS;
}

static void a_million_events_in_any_order(void **state)
{
	static const struct bel_sim_net net;
	struct pair pair = { .sim = bel_sim_new(3, &net) };
	unsigned wanted = events_wanted();

	(void)state;
	for (unsigned i = 0; i < wanted; i++) {
		if (i % STEPS_EACH_PAIR == 0)
			for (unsigned k = 0; k < 2; k++) {
				if (i)
					close_side(pair.sides[k]);
				pair.sides[k] = open_phone();
				pair.said[k] = NOTHING;
			}
		step(&pair);
	}
	for (unsigned k = 0; k < 2; k++)
		close_side(pair.sides[k]);
	/* All of it was walked. */
	assert_true(pair.complete_count > wanted / 100);
	assert_true(pair.refused_count > wanted / 100);
	assert_true(pair.busy_count > wanted / 100);
	assert_true(pair.preview_count > wanted / 1000);
	bel_sim_free(pair.sim);
}

/* The table row by row: every move that is written, and no other. */
static void the_table_is_rfc_3264_section_4(void **state)
{
	static const struct {
		uint8_t from, event, to;
	} moves[] = {
		{ BEL_OFFER_IDLE, BEL_OFFER_SEND_OFFER, BEL_OFFER_OURS },
		{ BEL_OFFER_IDLE, BEL_OFFER_RECEIVE_OFFER, BEL_OFFER_THEIRS },
		{ BEL_OFFER_OURS, BEL_OFFER_RECEIVE_ANSWER, BEL_OFFER_IDLE },
		{ BEL_OFFER_OURS, BEL_OFFER_ROLL_BACK, BEL_OFFER_IDLE },
		{ BEL_OFFER_THEIRS, BEL_OFFER_SEND_ANSWER, BEL_OFFER_IDLE },
		{ BEL_OFFER_THEIRS, BEL_OFFER_ROLL_BACK, BEL_OFFER_IDLE },
	};
	unsigned count = 0;

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(moves); i++) {
		struct bel_offer_move move = bel_offer_step(moves[i].from,
							    moves[i].event);
		assert_true(move.is_move);
		assert_int_equal(move.next, moves[i].to);
	}
	for (unsigned from = 0; from < BEL_OFFER_STATE_COUNT; from++)
		for (unsigned event = 0; event < BEL_OFFER_EVENT_COUNT; event++)
			count += bel_offer_step(from, event).is_move;
	assert_int_equal(count, BEL_COUNT_OF(moves));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_is_rfc_3264_section_4),
		cmocka_unit_test(a_million_events_in_any_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
