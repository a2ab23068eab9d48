/* SPDX-License-Identifier: Apache-2.0 */
#include "support/support.h"

#include "client/client.h"
#include "support/endpoint.h"
#include "support/failing_alloc.h"

struct bench {
	struct bel_sim *sim;
	struct endpoint a, b;
	struct bel_oneshot *oneshot;
	uint16_t answer; /* of b; 0: none */
	unsigned requests, answers;
	uint16_t status;
	enum bel_err err;
	char seen[1024];
	size_t seen_len;
};

static void on_request(struct endpoint *b, struct bel_sip_msg *request,
		       const struct bel_flow *came_by)
{
	struct bench *bench = b->user;

	bench->requests++;
	bench->seen_len = request->bytes.len < sizeof bench->seen ? request->bytes.len
								  : sizeof bench->seen;
	memcpy(bench->seen, request->bytes.ptr, bench->seen_len);
	if (bench->answer)
		bel_ua_refuse(b->ua, request, came_by,
			      &(struct bel_sip_reply){ .status = bench->answer,
						       .to_tag = BEL_STR("b") });
}

static void on_answer(void *user, struct bel_sip_msg *response, enum bel_err err)
{
	struct bench *bench = user;

	bench->answers++;
	bench->status = response ? response->status : 0;
	bench->err = err;
	bench->oneshot = NULL;
}

static struct bench *open_bench(uint16_t answer)
{
	static const struct bel_sim_net net = { .delay_min_ms = 1, .delay_max_ms = 1 };
	struct bench *bench = calloc(1, sizeof *bench);

	assert_non_null(bench);
	bench->sim = bel_sim_new(1, &net);
	endpoint_open(&bench->a, bench->sim, 1);
	endpoint_open(&bench->b, bench->sim, 2);
	bench->b.on_request = on_request;
	bench->b.user = bench;
	bench->answer = answer;
	return bench;
}

static void close_bench(struct bench *bench)
{
	endpoint_close(&bench->a);
	endpoint_close(&bench->b);
	bel_sim_free(bench->sim);
	free(bench);
}

static struct bel_oneshot_opts message(struct bench *bench)
{
	return (struct bel_oneshot_opts){
		.ua = bench->a.ua,
		.method = BEL_SIP_MESSAGE,
		.from = BEL_STR("\"A\" <sip:a@a.test>"),
		.target = BEL_STR("sip:b@192.0.2.2"),
		.lines = BEL_STR("Subject: tea\r\n"),
		.content_type = BEL_STR("text/plain"),
		.body = BEL_STR("now?"),
		.on_answer = on_answer,
		.user = bench,
	};
}

static void run_for(struct bench *bench, uint64_t ms)
{
	bel_sim_run(bench->sim, bel_sim_now_ms(bench->sim) + ms);
}

static bool has_seen(const struct bench *bench, const char *text)
{
	return memmem(bench->seen, bench->seen_len, text, strlen(text)) != NULL;
}

static void a_message_goes_and_its_answer_is_told_once(void **state)
{
	struct bench *bench = open_bench(200);
	struct bel_oneshot_opts opts = message(bench);

	(void)state;
	assert_int_equal(bel_oneshot_send(&bench->oneshot, &opts), BEL_OK);
	assert_int_equal(bench->answers, 0);
	run_for(bench, 40000);
	assert_int_equal(bench->answers, 1);
	assert_int_equal(bench->status, 200);
	assert_true(has_seen(bench, "From: \"A\" <sip:a@a.test>;tag="));
	assert_true(has_seen(bench, "To: <sip:b@192.0.2.2>\r\n"));
	assert_true(has_seen(bench, "Subject: tea\r\n"));
	assert_true(has_seen(bench, "\r\n\r\nnow?"));
	assert_false(has_seen(bench, "Contact:"));
	close_bench(bench);
}

static void silence_is_a_timeout(void **state)
{
	struct bench *bench = open_bench(0);
	struct bel_oneshot_opts opts = message(bench);

	(void)state;
	assert_int_equal(bel_oneshot_send(&bench->oneshot, &opts), BEL_OK);
	run_for(bench, 33000);
	assert_int_equal(bench->answers, 1);
	assert_int_equal(bench->err, BEL_ERR_TIMEOUT);
	close_bench(bench);
}

static void the_first_route_is_where_it_goes(void **state)
{
	struct bench *bench = open_bench(202);
	struct bel_oneshot_opts opts = message(bench);

	(void)state;
	opts.target = BEL_STR("sip:b@elsewhere.test");
	opts.routes = BEL_STR("<sip:192.0.2.2;lr>, <sip:far.test;lr>");
	assert_int_equal(bel_oneshot_send(&bench->oneshot, &opts), BEL_OK);
	run_for(bench, 1000);
	assert_int_equal(bench->status, 202);
	assert_true(has_seen(bench, "Route: <sip:192.0.2.2;lr>, <sip:far.test;lr>\r\n"));
	close_bench(bench);
}

static void who_loses_interest_hears_nothing(void **state)
{
	struct bench *bench = open_bench(200);
	struct bel_oneshot_opts opts = message(bench);

	(void)state;
	assert_int_equal(bel_oneshot_send(&bench->oneshot, &opts), BEL_OK);
	bel_oneshot_drop(bench->oneshot);
	bel_oneshot_drop(NULL);
	run_for(bench, 40000);
	assert_int_equal(bench->answers, 0);
	assert_int_equal(bel_ua_pending(bench->a.ua), 0);
	close_bench(bench);
}

static void what_cannot_be_sent_is_refused_at_once(void **state)
{
	struct bench *bench = open_bench(200);
	struct bel_oneshot_opts opts = message(bench);

	(void)state;
	opts.method = BEL_SIP_INVITE;
	assert_int_equal(bel_oneshot_send(&bench->oneshot, &opts), BEL_ERR_UNSUPPORTED);
	opts = message(bench);
	opts.from = BEL_STR("<sip:");
	assert_int_equal(bel_oneshot_send(&bench->oneshot, &opts), BEL_ERR_SYNTAX);
	opts = message(bench);
	opts.target = BEL_STR("no uri");
	assert_int_equal(bel_oneshot_send(&bench->oneshot, &opts), BEL_ERR_SYNTAX);
	assert_null(bench->oneshot);
	run_for(bench, 1000);
	assert_int_equal(bench->requests, 0);
	close_bench(bench);
}

static enum bel_err send_and_drop(void *user)
{
	struct bench *bench = user;
	struct bel_oneshot_opts opts = message(bench);
	enum bel_err err = bel_oneshot_send(&bench->oneshot, &opts);

	if (err)
		return err;
	run_for(bench, 40000);
	return bench->err;
}

static void no_memory_is_an_error_and_no_more(void **state)
{
	struct bench *bench = open_bench(200);

	(void)state;
	bel_test_each_allocation_fails(send_and_drop, bench);
	close_bench(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_goes_and_its_answer_is_told_once),
		cmocka_unit_test(silence_is_a_timeout),
		cmocka_unit_test(the_first_route_is_where_it_goes),
		cmocka_unit_test(who_loses_interest_hears_nothing),
		cmocka_unit_test(what_cannot_be_sent_is_refused_at_once),
		cmocka_unit_test(no_memory_is_an_error_and_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
