/* SPDX-License-Identifier: Apache-2.0
 * The role, called by hand: what the room above is told, and what it refuses. Whole
 * servers that answer are in tests/scenario/own_number_*.ladder. */
#include "support/support.h"

#include "agent/agent.h"
#include "support/endpoint.h"

enum { ENDED_MAX = 8 };

static const char CLIP[] = "tests/data/hello.wav";

struct bench {
	struct bel_sim *sim;
	struct endpoint a, b; /* a calls, b answers */
	struct bel_calls *calls;
	struct bel_clips *clips;
	struct bel_agent *agent;
	struct bel_conf_route route; /* of the next INVITE */
	uint64_t tokens;
	uint64_t ended[ENDED_MAX];
	unsigned ended_count, begun, refused;
	uint16_t status; /* of the last call of a's that ended */
	bool was_up;
};

/* ---- who is called ---- */

static void on_call_ended(void *user, uint64_t token)
{
	struct bench *bench = user;

	assert_true(bench->ended_count < ENDED_MAX);
	bench->ended[bench->ended_count++] = token;
}

static void on_b_request(struct endpoint *b, struct bel_sip_msg *request,
			 const struct bel_flow *came_by)
{
	struct bench *bench = b->user;

	if (bel_agent_on_request(bench->agent, request, came_by))
		return;
	if (request->method != BEL_SIP_INVITE)
		bel_ua_refuse(b->ua, request, came_by,
			      &(struct bel_sip_reply){ .status = 481,
						       .to_tag = BEL_STR("none") });
	else if (bel_agent_answer(bench->agent, request, came_by, &bench->route,
				  BEL_STR("600"), ++bench->tokens))
		bench->begun++;
	else
		bench->refused++;
}

/* ---- who calls ---- */

static void on_a_request(struct endpoint *a, struct bel_sip_msg *request,
			 const struct bel_flow *came_by)
{
	struct bench *bench = a->user;

	bel_calls_on_request(bench->calls, request, came_by);
}

static void on_ended(void *user, struct bel_call *call, const struct bel_call_end *end)
{
	struct bench *bench = user;

	(void)call;
	bench->status = end->status;
	bench->was_up = end->was_up;
}

static enum bel_err describe(void *user, struct bel_call *call,
			     struct bel_offer_local *local)
{
	(void)user;
	(void)call;
	local->streams_count = 1;
	local->streams[0] = (struct bel_offer_local_stream){
		.kind = BEL_STR("audio"),
		.addr = bel_addr_v4(192, 0, 2, 1, 4000),
		.direction = BEL_SDP_SENDRECV,
		.codecs = { { 0, 1, 8000, BEL_STR("PCMU"), BEL_STR_NONE } },
		.codecs_count = 1,
		.accepts_plain = true,
	};
	return BEL_OK;
}

static void apply(void *user, struct bel_call *call,
		  const struct bel_offer_stream *streams, unsigned count)
{
	(void)user;
	(void)call;
	(void)streams;
	(void)count;
}

static struct bel_call *dial(struct bench *bench)
{
	static const struct bel_call_port port = { .on_ended = on_ended };
	static const struct bel_call_media media = { .describe = describe,
						     .apply = apply };
	struct bel_call *call;

	assert_int_equal(bel_call_dial(&call, bench->calls,
				       &(struct bel_call_dial){
					       .from = BEL_STR("<sip:a@a.test>"),
					       .target = BEL_STR("sip:600@192.0.2.2"),
					       .port = &port,
					       .media = &media,
					       .user = bench }),
			 BEL_OK);
	return call;
}

/* ---- */

static struct bench *open_bench(unsigned calls_max)
{
	static const struct bel_sim_net net = { .delay_min_ms = 1, .delay_max_ms = 1 };
	struct bench *bench = calloc(1, sizeof *bench);

	assert_non_null(bench);
	bench->sim = bel_sim_new(1, &net);
	bench->route.answer = BEL_ANSWER_ECHO;
	endpoint_open(&bench->a, bench->sim, 1);
	endpoint_open(&bench->b, bench->sim, 2);
	bench->a.on_request = on_a_request;
	bench->b.on_request = on_b_request;
	bench->a.user = bench->b.user = bench;
	assert_int_equal(bel_calls_open(&bench->calls,
					&(struct bel_calls_opts){ .ua = bench->a.ua }),
			 BEL_OK);
	assert_int_equal(bel_clips_open(&bench->clips), BEL_OK);
	assert_int_equal(
		bel_agent_open(&bench->agent,
			       &(struct bel_agent_opts){ .ua = bench->b.ua,
							 .transport = bench->b.transport,
							 .clips = bench->clips,
							 .calls_max = calls_max,
							 .on_ended = on_call_ended,
							 .user = bench }),
		BEL_OK);
	return bench;
}

static void close_bench(struct bench *bench)
{
	endpoint_close_table(&bench->a);
	endpoint_close_table(&bench->b);
	bel_calls_close(bench->calls);
	bel_agent_close(bench->agent);
	bel_clips_close(bench->clips);
	endpoint_close(&bench->a);
	endpoint_close(&bench->b);
	bel_sim_free(bench->sim);
	free(bench);
}

static void run_for(struct bench *bench, uint64_t ms)
{
	bel_sim_run(bench->sim, bel_sim_now_ms(bench->sim) + ms);
}

static void the_end_of_each_call_is_told_by_its_token(void **state)
{
	struct bench *bench = open_bench(0);
	struct bel_call *first = dial(bench), *second = dial(bench);

	(void)state;
	run_for(bench, 1000);
	assert_int_equal(bench->begun, 2);
	assert_int_equal(bel_agent_count(bench->agent), 2);
	bel_call_hang_up(second, BEL_STR_NONE);
	run_for(bench, 1000);
	assert_int_equal(bench->ended_count, 1);
	assert_int_equal(bench->ended[0], 2);
	bel_call_hang_up(first, BEL_STR_NONE);
	run_for(bench, 1000);
	assert_int_equal(bench->ended_count, 2);
	assert_int_equal(bench->ended[1], 1);
	assert_int_equal(bel_agent_count(bench->agent), 0);
	close_bench(bench);
}

static void above_the_limit_it_is_503(void **state)
{
	struct bench *bench = open_bench(2);
	struct bel_call *first = dial(bench);

	(void)state;
	dial(bench);
	run_for(bench, 1000);
	dial(bench);
	run_for(bench, 1000);
	assert_int_equal(bench->status, 503);
	assert_int_equal(bench->refused, 1);
	assert_int_equal(bench->ended_count, 0);
	/* One that ends makes room. */
	bel_call_hang_up(first, BEL_STR_NONE);
	run_for(bench, 1000);
	dial(bench);
	run_for(bench, 1000);
	assert_int_equal(bench->begun, 3);
	assert_int_equal(bel_agent_count(bench->agent), 2);
	close_bench(bench);
}

static void a_recording_that_is_not_there_is_480(void **state)
{
	struct bench *bench = open_bench(0);

	(void)state;
	bench->route.answer = BEL_ANSWER_PLAY;
	bench->route.target = bel_str_from(CLIP);
	dial(bench);
	run_for(bench, 1000);
	assert_int_equal(bench->status, 480);
	assert_int_equal(bench->refused, 1);
	assert_int_equal(bench->ended_count, 0);
	close_bench(bench);
}

static void a_recording_ends_the_call(void **state)
{
	struct bench *bench = open_bench(0);
	const struct bel_clip *clip;
	uint64_t length_ms;

	(void)state;
	assert_int_equal(bel_clips_load(bench->clips, bel_str_from(CLIP)), BEL_OK);
	clip = bel_clips_find(bench->clips, bel_str_from(CLIP));
	assert_non_null(clip);
	length_ms = clip->count * 1000 / clip->format.rate_hz;
	bench->route.answer = BEL_ANSWER_PLAY;
	bench->route.target = bel_str_from(CLIP);
	dial(bench);
	run_for(bench, length_ms);
	assert_int_equal(bench->ended_count, 0);
	run_for(bench, 1000);
	assert_int_equal(bench->ended_count, 1);
	assert_true(bench->was_up);
	close_bench(bench);
}

static void calls_that_are_left_end_with_the_role(void **state)
{
	struct bench *bench = open_bench(0);

	(void)state;
	dial(bench);
	dial(bench);
	run_for(bench, 1000);
	assert_int_equal(bel_agent_count(bench->agent), 2);
	close_bench(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_end_of_each_call_is_told_by_its_token),
		cmocka_unit_test(above_the_limit_it_is_503),
		cmocka_unit_test(a_recording_that_is_not_there_is_480),
		cmocka_unit_test(a_recording_ends_the_call),
		cmocka_unit_test(calls_that_are_left_end_with_the_role),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
