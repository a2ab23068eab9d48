/* SPDX-License-Identifier: Apache-2.0
 * Full walks of the two client machines: RFC 3261 sections 17.1.1 and 17.1.2 with RFC
 * 6026, timers A, B, D, E, F, K and M on their times. */
#include "tx_support.h"

static void start(struct bench *bench, const char *method, bool is_reliable)
{
	struct sample sample = { .method = method,
				 .extra = "Route: <sip:p1.test;lr>\r\n"
					  "Route: <sip:p2.test;lr>\r\n" };
	bool is_invite = strcmp(method, "INVITE") == 0;
	struct bel_tx_client_opts opts = { .port = &bench_port,
					   .user = bench,
					   .arena = &bench->arena,
					   .branch = BEL_STR("z9hG4bK1"),
					   .request = make_request(bench, &sample),
					   .method = is_invite ? BEL_SIP_INVITE
							       : BEL_SIP_OPTIONS,
					   .is_reliable = is_reliable };

	bel_tx_client_start(&bench->tx, bench->table, &opts);
}

static void receive(struct bench *bench, unsigned status)
{
	struct sample sample = { .method = bench->tx.method == BEL_SIP_INVITE ? "INVITE"
									      : "OPTIONS",
				 .to_tag = "t1" };
	struct bel_sip_msg *msg = parse_message(bench,
						make_response(bench, status, &sample));

	assert_ptr_equal(bel_tx_find_client(bench->table, msg), &bench->tx);
	bel_tx_on_response(&bench->tx, msg);
}

/* ---- INVITE ---- */

static void an_unanswered_invite_is_repeated_ever_more_slowly_until_timer_b(void **state)
{
	struct bench *bench = open_bench();
	(void)state;

	start(bench, "INVITE", false);
	run_to(bench, 40000);
	assert_log(bench, "0 INVITE\n500 INVITE\n1500 INVITE\n3500 INVITE\n7500 INVITE\n"
			  "15500 INVITE\n31500 INVITE\n32000 !timed out\n32000 end\n");
	assert_state(bench, "terminated");
	assert_int_equal(bel_tx_table_count(bench->table), 0);
	close_bench(bench);
}

static void over_a_reliable_transport_an_invite_is_sent_once(void **state)
{
	struct bench *bench = open_bench();
	(void)state;

	start(bench, "INVITE", true);
	run_to(bench, 40000);
	assert_log(bench, "0 INVITE\n32000 !timed out\n32000 end\n");
	close_bench(bench);
}

static void a_provisional_response_ends_the_repetitions_and_timer_b(void **state)
{
	struct bench *bench = open_bench();
	(void)state;

	start(bench, "INVITE", false);
	run_to(bench, 600);
	receive(bench, 100);
	assert_state(bench, "proceeding");
	run_to(bench, 700);
	receive(bench, 180);
	run_to(bench, 500000);
	assert_log(bench, "0 INVITE\n500 INVITE\n600 <100\n700 <180\n");
	assert_state(bench, "proceeding");
	assert_int_equal(bench->tx.status, 180);
	close_bench(bench);
}

static void a_2xx_to_invite_is_never_acked_here_and_each_is_passed_for_64_t1(void **state)
{
	for (unsigned is_reliable = 0; is_reliable < 2; is_reliable++) {
		struct bench *bench = open_bench();
		(void)state;
		start(bench, "INVITE", is_reliable);
		run_to(bench, 100);
		receive(bench, 200);
		assert_state(bench, "accepted");
		run_to(bench, 5000);
		receive(bench, 200);
		/* What is no 2xx does not come any more. */
		receive(bench, 180);
		receive(bench, 486);
		run_to(bench, 32090);
		assert_log(bench, "0 INVITE\n100 <200\n5000 <200\n");
		run_to(bench, 40000);
		assert_log(bench, "32100 end\n");
		close_bench(bench);
	}
}

static void a_2xx_after_ringing_is_accepted(void **state)
{
	struct bench *bench = open_bench();
	(void)state;

	start(bench, "INVITE", false);
	receive(bench, 180);
	run_to(bench, 20000);
	receive(bench, 202);
	assert_state(bench, "accepted");
	run_to(bench, 60000);
	assert_log(bench, "0 INVITE\n0 <180\n20000 <202\n52000 end\n");
	close_bench(bench);
}

static void a_failure_is_acked_each_time_and_passed_once(void **state)
{
	struct bench *bench = open_bench();
	(void)state;

	start(bench, "INVITE", false);
	run_to(bench, 100);
	receive(bench, 486);
	assert_state(bench, "completed");
	run_to(bench, 600);
	receive(bench, 486);
	run_to(bench, 1600);
	receive(bench, 486);
	receive(bench, 200);
	receive(bench, 180);
	run_to(bench, 32090);
	assert_log(bench, "0 INVITE\n100 ACK\n100 <486\n600 ACK\n1600 ACK\n");
	/* Timer D: 32 s from the first one. */
	run_to(bench, 40000);
	assert_log(bench, "32100 end\n");
	close_bench(bench);
}

static void a_failure_over_a_reliable_transport_is_acked_and_over(void **state)
{
	struct bench *bench = open_bench();
	(void)state;

	start(bench, "INVITE", true);
	receive(bench, 180);
	run_to(bench, 100);
	receive(bench, 603);
	assert_log(bench, "0 INVITE\n0 <180\n100 ACK\n100 <603\n");
	run_to(bench, 200);
	assert_log(bench, "100 end\n");
	close_bench(bench);
}

/* RFC 3261 section 17.1.1.3, field by field. */
static void the_ack_of_a_failure_takes_after_the_invite_and_the_response(void **state)
{
	struct bench *bench = open_bench();
	struct bel_sip_msg *ack;
	struct bel_sip_values values;
	bel_str value;
	(void)state;

	start(bench, "INVITE", false);
	receive(bench, 404);
	ack = parse_message(bench, (bel_str){ bench->last_sent, bench->last_sent_len });
	assert_int_equal(ack->method, BEL_SIP_ACK);
	assert_str(ack->uri_text, "sip:b@b.test");
	bel_sip_values_init(&values, ack, BEL_SIP_H_VIA);
	assert_true(bel_sip_values_next(&value, &values));
	assert_str(value, "SIP/2.0/UDP a.test;branch=z9hG4bK1");
	assert_false(bel_sip_values_next(&value, &values));
	assert_str(bel_sip_value(ack, BEL_SIP_H_FROM), "<sip:a@a.test>;tag=f1");
	assert_str(bel_sip_value(ack, BEL_SIP_H_TO), "<sip:b@b.test>;tag=t1");
	assert_str(bel_sip_call_id(ack), "c1");
	assert_int_equal(bel_sip_cseq(ack)->number, 1);
	assert_int_equal(bel_sip_cseq(ack)->method, BEL_SIP_ACK);
	bel_sip_values_init(&values, ack, BEL_SIP_H_ROUTE);
	assert_true(bel_sip_values_next(&value, &values));
	assert_str(value, "<sip:p1.test;lr>");
	assert_true(bel_sip_values_next(&value, &values));
	assert_str(value, "<sip:p2.test;lr>");
	close_bench(bench);
}

/* RFC 3261 section 9.1. */
static void a_cancel_is_the_sibling_of_its_request(void **state)
{
	struct bench *bench = open_bench();
	char buf[1024];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	struct bel_sip_msg *cancel;
	(void)state;

	start(bench, "INVITE", false);
	assert_int_equal(bel_tx_write_cancel(&writer, &bench->tx,
					     BEL_STR("Reason: SIP;cause=200\r\n")),
			 BEL_OK);
	cancel = parse_message(bench, bel_writer_str(&writer));
	assert_int_equal(cancel->method, BEL_SIP_CANCEL);
	assert_str(bel_sip_via(cancel)->branch, "z9hG4bK1");
	assert_int_equal(bel_sip_cseq(cancel)->number, 1);
	assert_int_equal(bel_sip_cseq(cancel)->method, BEL_SIP_CANCEL);
	assert_str(bel_sip_value(cancel, BEL_SIP_H_TO), "<sip:b@b.test>");
	assert_str(bel_sip_value(cancel, BEL_SIP_H_REASON), "SIP;cause=200");
	close_bench(bench);
}

static void a_transport_that_fails_is_told_at_the_next_tick(void **state)
{
	static const char *const methods[] = { "INVITE", "OPTIONS" };
	(void)state;

	for (size_t i = 0; i < BEL_COUNT_OF(methods); i++) {
		struct bench *bench = open_bench();
		bench->send_err = BEL_ERR_CLOSED;
		start(bench, methods[i], true);
		bench->writer.len = 0;
		run_to(bench, 40000);
		assert_log(bench, "10 !closed\n10 end\n");
		close_bench(bench);
	}
}

static void an_unreachable_peer_ends_what_waits_for_it(void **state)
{
	struct bench *bench = open_bench();
	(void)state;

	start(bench, "INVITE", false);
	run_to(bench, 700);
	bel_tx_on_unreachable(&bench->tx, BEL_ERR_TIMEOUT);
	run_to(bench, 1000);
	assert_log(bench, "0 INVITE\n500 INVITE\n700 !timed out\n700 end\n");
	close_bench(bench);
	/* Somebody has answered already: that tells more than an ICMP message. */
	bench = open_bench();
	start(bench, "INVITE", false);
	receive(bench, 180);
	bel_tx_on_unreachable(&bench->tx, BEL_ERR_TIMEOUT);
	run_to(bench, 1000);
	assert_log(bench, "0 INVITE\n0 <180\n");
	close_bench(bench);
	/* The ACK of a failure does not get there (RFC 3261 section 17.1.1.2). */
	bench = open_bench();
	start(bench, "INVITE", false);
	receive(bench, 486);
	bel_tx_on_unreachable(&bench->tx, BEL_ERR_TIMEOUT);
	run_to(bench, 1000);
	assert_log(bench, "0 INVITE\n0 ACK\n0 <486\n10 !timed out\n10 end\n");
	close_bench(bench);
}

/* ---- others ---- */

static void a_request_is_repeated_every_t2_at_most_until_timer_f(void **state)
{
	struct bench *bench = open_bench();
	(void)state;

	start(bench, "OPTIONS", false);
	run_to(bench, 40000);
	assert_log(bench, "0 OPTIONS\n500 OPTIONS\n1500 OPTIONS\n3500 OPTIONS\n"
			  "7500 OPTIONS\n11500 OPTIONS\n15500 OPTIONS\n19500 OPTIONS\n"
			  "23500 OPTIONS\n27500 OPTIONS\n31500 OPTIONS\n"
			  "32000 !timed out\n32000 end\n");
	close_bench(bench);
}

/* RFC 3261 section 17.1.2.2: the timer that runs fires once more on its time; from then
 * on every T2. Timer F goes on. */
static void a_provisional_response_slows_the_repetitions_down(void **state)
{
	struct bench *bench = open_bench();
	(void)state;

	start(bench, "OPTIONS", false);
	run_to(bench, 200);
	receive(bench, 100);
	assert_state(bench, "proceeding");
	run_to(bench, 13000);
	assert_log(bench, "0 OPTIONS\n200 <100\n500 OPTIONS\n4500 OPTIONS\n8500 OPTIONS\n"
			  "12500 OPTIONS\n");
	receive(bench, 183);
	run_to(bench, 40000);
	assert_log(bench, "13000 <183\n16500 OPTIONS\n20500 OPTIONS\n24500 OPTIONS\n"
			  "28500 OPTIONS\n32000 !timed out\n32000 end\n");
	close_bench(bench);
}

static void a_final_response_is_passed_once_and_absorbed_for_t4(void **state)
{
	static const struct {
		unsigned first, status; /* first 0: none */
		const char *log;
	} rows[] = {
		{ 0, 200, "100 <200\n5100 end\n" },
		{ 0, 404, "100 <404\n5100 end\n" },
		{ 100, 200, "100 <200\n5100 end\n" },
		{ 100, 404, "100 <404\n5100 end\n" },
	};
	(void)state;

	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		struct bench *bench = open_bench();
		start(bench, "OPTIONS", false);
		run_to(bench, 100);
		if (rows[i].first)
			receive(bench, rows[i].first);
		bench->writer.len = 0;
		receive(bench, rows[i].status);
		assert_state(bench, "completed");
		run_to(bench, 600);
		receive(bench, rows[i].status);
		run_to(bench, 40000);
		assert_log(bench, rows[i].log);
		close_bench(bench);
	}
}

static void over_a_reliable_transport_nothing_is_repeated_or_awaited(void **state)
{
	struct bench *bench = open_bench();
	(void)state;

	start(bench, "OPTIONS", true);
	run_to(bench, 10000);
	receive(bench, 100);
	run_to(bench, 20000);
	receive(bench, 200);
	run_to(bench, 30000);
	assert_log(bench, "0 OPTIONS\n10000 <100\n20000 <200\n20000 end\n");
	close_bench(bench);
	bench = open_bench();
	start(bench, "OPTIONS", true);
	run_to(bench, 40000);
	assert_log(bench, "0 OPTIONS\n32000 !timed out\n32000 end\n");
	close_bench(bench);
}

static void an_unreachable_peer_ends_a_request_in_both_states(void **state)
{
	for (unsigned has_1xx = 0; has_1xx < 2; has_1xx++) {
		struct bench *bench = open_bench();
		(void)state;
		start(bench, "OPTIONS", false);
		if (has_1xx)
			receive(bench, 100);
		bench->writer.len = 0;
		bel_tx_on_unreachable(&bench->tx, BEL_ERR_TIMEOUT);
		run_to(bench, 40000);
		assert_log(bench, "10 !timed out\n10 end\n");
		close_bench(bench);
	}
}

static void an_abandoned_client_ends_without_a_word(void **state)
{
	static const char *const methods[] = { "INVITE", "OPTIONS" };
	(void)state;

	for (size_t i = 0; i < BEL_COUNT_OF(methods); i++) {
		struct bench *bench = open_bench();
		start(bench, methods[i], false);
		run_to(bench, 100);
		bench->writer.len = 0;
		bel_tx_abandon(&bench->tx);
		run_to(bench, 40000);
		assert_log(bench, "100 end\n");
		close_bench(bench);
	}
}

static void a_table_that_closes_ends_what_is_left(void **state)
{
	struct bench *bench = open_bench();
	(void)state;

	start(bench, "INVITE", false);
	bel_tx_table_close(bench->table);
	assert_log(bench, "0 INVITE\n0 end\n");
	bench->table = NULL;
	run_to(bench, 40000);
	assert_log(bench, "");
	close_bench(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			an_unanswered_invite_is_repeated_ever_more_slowly_until_timer_b),
		cmocka_unit_test(over_a_reliable_transport_an_invite_is_sent_once),
		cmocka_unit_test(a_provisional_response_ends_the_repetitions_and_timer_b),
		cmocka_unit_test(
			a_2xx_to_invite_is_never_acked_here_and_each_is_passed_for_64_t1),
		cmocka_unit_test(a_2xx_after_ringing_is_accepted),
		cmocka_unit_test(a_failure_is_acked_each_time_and_passed_once),
		cmocka_unit_test(a_failure_over_a_reliable_transport_is_acked_and_over),
		cmocka_unit_test(
			the_ack_of_a_failure_takes_after_the_invite_and_the_response),
		cmocka_unit_test(a_cancel_is_the_sibling_of_its_request),
		cmocka_unit_test(a_transport_that_fails_is_told_at_the_next_tick),
		cmocka_unit_test(an_unreachable_peer_ends_what_waits_for_it),
		cmocka_unit_test(a_request_is_repeated_every_t2_at_most_until_timer_f),
		cmocka_unit_test(a_provisional_response_slows_the_repetitions_down),
		cmocka_unit_test(a_final_response_is_passed_once_and_absorbed_for_t4),
		cmocka_unit_test(
			over_a_reliable_transport_nothing_is_repeated_or_awaited),
		cmocka_unit_test(an_unreachable_peer_ends_a_request_in_both_states),
		cmocka_unit_test(an_abandoned_client_ends_without_a_word),
		cmocka_unit_test(a_table_that_closes_ends_what_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
