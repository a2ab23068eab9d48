/* SPDX-License-Identifier: Apache-2.0
 * Two phones whose memory runs out at any one moment of a call: each step works or does
 * not, and when everybody went home nothing stays behind. */
#include "unit/call/phone.h"

#define B "sip:b@192.0.2.2"

enum { GOING_HOME = 6 }; /* a transfer that was forgotten takes 180 s */

struct play {
	struct bel_sim *sim;
	struct phone a, b;
};

static void run_for(struct play *play, uint64_t ms)
{
	bel_sim_run(play->sim, bel_sim_now_ms(play->sim) + ms);
}

static void hang_up(struct phone *phone)
{
	for (unsigned n = 0; phone->alive[n]; n++)
		bel_call_hang_up(phone->alive[n], BEL_STR_NONE);
}

/* A call with a hold, words and a transfer. */
static void act_call(struct play *play)
{
	phone_dial(&play->a, B, NULL);
	run_for(play, 3000);
	play->a.direction = BEL_SDP_SENDONLY;
	if (play->a.call)
		bel_call_modify(play->a.call);
	run_for(play, 3000);
	if (play->b.call) {
		bel_call_modify(play->b.call);
		bel_call_message(play->b.call, BEL_SIP_INFO, BEL_STR_NONE,
				 BEL_STR("text/plain"), BEL_STR("hello"));
	}
	run_for(play, 3000);
	if (play->a.call)
		bel_call_transfer(play->a.call, BEL_STR("sip:c@192.0.2.3"), NULL);
	run_for(play, 3000);
	if (play->b.call)
		bel_call_take_refer(play->b.call, 200);
	run_for(play, 3000);
	hang_up(&play->a);
	run_for(play, 3000);
}

/* Early media that agrees, an UPDATE, and an end before the answer. */
static void act_early(struct play *play)
{
	play->b.rings = 183;
	play->b.has_early_media = true;
	play->b.answers = false;
	play->a.rel = BEL_CALL_100REL_REQUIRED;
	phone_dial(&play->a, B, NULL);
	run_for(play, 3000);
	if (play->a.call)
		bel_call_modify(play->a.call);
	run_for(play, 3000);
	hang_up(&play->a);
	run_for(play, 3000);
}

static bool is_settled(const struct phone *phone)
{
	return !phone->call && phone_is_idle(phone);
}

static enum bel_err act(struct play *play)
{
	static const char right[] =
		"180 answered modified(200) modified(200) INFO(hello) "
		"transfer(100) transfer(200 last) ended(0 ours) "
		"183+media modified(200) ended(0 ours)";

	play->b.rings = 180;
	play->b.answers = true;
	act_call(play);
	act_early(play);
	for (unsigned i = 0; i < GOING_HOME; i++) {
		hang_up(&play->a);
		hang_up(&play->b);
		run_for(play, 40000);
	}
	if (!is_settled(&play->a) || !is_settled(&play->b))
		return BEL_ERR_BUSY;
	return bel_str_is_equal(bel_writer_str(&play->a.log), bel_str_from(right))
		       ? BEL_OK
		       : BEL_ERR_SPACE;
}

/* BEL_ERR_BUSY, which is never allowed, for what stayed behind. */
static enum bel_err story(void *user)
{
	static const struct bel_sim_net good = { .delay_min_ms = 1, .delay_max_ms = 1 };
	struct play *play = calloc(1, sizeof *play);
	enum bel_err err;

	(void)user;
	if (!play)
		return BEL_ERR_SPACE;
	play->sim = bel_sim_new(1, &good);
	err = play->sim ? phone_try_open(&play->a, play->sim, 1) : BEL_ERR_SPACE;
	if (!err)
		err = phone_try_open(&play->b, play->sim, 2);
	if (!err)
		err = act(play);
	phone_close(&play->a);
	phone_close(&play->b);
	bel_sim_free(play->sim);
	free(play);
	return err;
}

static void wherever_memory_runs_out_no_call_stays_behind(void **state)
{
	(void)state;
	bel_test_each_allocation_fails(story, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wherever_memory_runs_out_no_call_stays_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
