/* SPDX-License-Identifier: Apache-2.0
 * Full walks of the two server machines (RFC 3261 sections 17.2.1 and 17.2.2 with RFC
 * 6026, timers G, H, I, J and L on their times), and whom a request belongs to. */
#include "tx_support.h"

static const struct sample invite = { .method = "INVITE" };
static const struct sample options = { .method = "OPTIONS" };
static const struct sample ack = { .method = "ACK", .to_tag = "t1" };

static void start(struct bench *bench, const struct sample *sample, bool is_reliable)
{
	struct bel_tx_server_opts opts = { .port = &bench_port,
					   .user = bench,
					   .arena = &bench->arena,
					   .is_reliable = is_reliable };
	struct bel_sip_msg *msg = parse_message(bench, make_request(bench, sample));

	assert_null(bel_tx_find_server(bench->table, msg));
	assert_int_equal(bel_tx_server_start(&bench->tx, bench->table, msg, &opts),
			 BEL_OK);
}

static struct bel_tx *find(struct bench *bench, const struct sample *sample)
{
	return bel_tx_find_server(bench->table,
				  parse_message(bench, make_request(bench, sample)));
}

static void receive(struct bench *bench, const struct sample *sample)
{
	struct bel_sip_msg *msg = parse_message(bench, make_request(bench, sample));

	assert_ptr_equal(bel_tx_find_server(bench->table, msg), &bench->tx);
	bel_tx_on_request(&bench->tx, msg);
}

static void respond(struct bench *bench, unsigned status)
{
	static const struct sample sample = { .to_tag = "t1" };

	bel_tx_respond(&bench->tx, (uint16_t)status,
		       make_response(bench, status, &sample));
}

/* ---- INVITE ---- */

static void a_repeated_invite_gets_the_last_provisional_response(void **state)
{
	struct bench *bench = open_bench();
	(void)state;

	start(bench, &invite, false);
	/* Nothing was said yet, so nothing is said again. */
	receive(bench, &invite);
	assert_log(bench, "");
	respond(bench, 100);
	receive(bench, &invite);
	respond(bench, 180);
	receive(bench, &invite);
	run_to(bench, 500000);
	assert_log(bench, "0 100\n0 100\n0 180\n0 180\n");
	assert_state(bench, "proceeding");
	assert_int_equal(bench->tx.status, 180);
	close_bench(bench);
}

/* bel_tx_last: what its user may not give back yet. */
static void what_may_be_sent_again_is_kept_and_nothing_else(void **state)
{
	static const struct {
		const struct sample *request;
		unsigned status;
		bool is_settled, is_kept;
	} rows[] = {
		{ &invite, 180, false, true }, { &invite, 200, true, false },
		{ &invite, 486, true, true },  { &options, 200, true, true },
		{ &options, 404, true, true },
	};

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		struct bench *bench = open_bench();
		start(bench, rows[i].request, false);
		assert_false(bel_tx_is_settled(&bench->tx));
		respond(bench, rows[i].status);
		assert_int_equal(bel_tx_is_settled(&bench->tx), rows[i].is_settled);
		assert_int_equal(bel_tx_last(&bench->tx).len > 0, rows[i].is_kept);
		if (!rows[i].is_kept)
			bel_tx_move_last(&bench->tx, BEL_STR_NONE);
		/* Of what it says has to be kept, all is sent again. */
		bench->writer.len = 0;
		receive(bench, rows[i].request);
		assert_int_equal(bench->writer.len > 0, rows[i].is_kept);
		close_bench(bench);
	}
}

static void the_ack_of_a_refusal_lets_go_of_it(void **state)
{
	struct bench *bench = open_bench();
	(void)state;

	start(bench, &invite, false);
	respond(bench, 486);
	receive(bench, &ack);
	assert_int_equal(bel_tx_last(&bench->tx).len, 0);
	close_bench(bench);
}

static void an_unacked_refusal_is_repeated_until_timer_h(void **state)
{
	struct bench *bench = open_bench();
	(void)state;

	start(bench, &invite, false);
	respond(bench, 486);
	assert_state(bench, "completed");
	run_to(bench, 600);
	receive(bench, &invite);
	run_to(bench, 40000);
	assert_log(bench, "0 486\n500 486\n600 486\n1500 486\n3500 486\n7500 486\n"
			  "11500 486\n15500 486\n19500 486\n23500 486\n27500 486\n"
			  "31500 486\n32000 !timed out\n32000 end\n");
	close_bench(bench);
}

static void an_ack_ends_the_repetitions_and_t4_later_the_transaction(void **state)
{
	struct bench *bench = open_bench();
	(void)state;

	start(bench, &invite, false);
	respond(bench, 486);
	run_to(bench, 700);
	receive(bench, &ack);
	assert_state(bench, "confirmed");
	/* More ACKs and INVITEs are absorbed. */
	receive(bench, &ack);
	receive(bench, &invite);
	run_to(bench, 40000);
	assert_log(bench, "0 486\n500 486\n5700 end\n");
	close_bench(bench);
}

static void over_a_reliable_transport_a_refusal_is_sent_once(void **state)
{
	struct bench *bench = open_bench();
	(void)state;

	start(bench, &invite, true);
	respond(bench, 486);
	run_to(bench, 31000);
	receive(bench, &ack);
	run_to(bench, 40000);
	assert_log(bench, "0 486\n31000 end\n");
	close_bench(bench);
	bench = open_bench();
	start(bench, &invite, true);
	respond(bench, 486);
	run_to(bench, 40000);
	assert_log(bench, "0 486\n32000 !timed out\n32000 end\n");
	close_bench(bench);
}

static void an_accepted_invite_absorbs_its_repetitions_for_64_t1(void **state)
{
	for (unsigned is_reliable = 0; is_reliable < 2; is_reliable++) {
		struct bench *bench = open_bench();
		(void)state;
		start(bench, &invite, is_reliable);
		respond(bench, 180);
		run_to(bench, 100);
		respond(bench, 200);
		assert_state(bench, "accepted");
		receive(bench, &invite);
		run_to(bench, 1000);
		/* The user repeats his 2xx, and a fork may send another. */
		respond(bench, 200);
		/* Nothing else is sent any more. */
		respond(bench, 180);
		respond(bench, 486);
		assert_int_equal(bench->tx.status, 200);
		run_to(bench, 40000);
		assert_log(bench, "0 180\n100 200\n1000 200\n32100 end\n");
		close_bench(bench);
	}
}

static void the_ack_of_a_2xx_is_passed_when_it_has_the_branch_of_the_invite(void **state)
{
	struct bench *bench = open_bench();
	(void)state;

	start(bench, &invite, false);
	respond(bench, 200);
	receive(bench, &ack);
	assert_log(bench, "0 200\n0 <ACK\n");
	assert_state(bench, "accepted");
	close_bench(bench);
}

static void after_a_final_response_no_other_is_sent(void **state)
{
	struct bench *bench = open_bench();
	(void)state;

	start(bench, &invite, false);
	respond(bench, 486);
	respond(bench, 487);
	respond(bench, 200);
	respond(bench, 180);
	assert_log(bench, "0 486\n");
	assert_int_equal(bench->tx.status, 486);
	run_to(bench, 500);
	assert_log(bench, "500 486\n");
	close_bench(bench);
}

static void an_unreachable_caller_is_told_but_the_invite_lives_on(void **state)
{
	struct bench *bench = open_bench();
	(void)state;

	start(bench, &invite, false);
	bench->send_err = BEL_ERR_CLOSED;
	respond(bench, 180);
	run_to(bench, 100);
	assert_log(bench, "0 -180\n10 !closed\n");
	assert_state(bench, "proceeding");
	bench->send_err = BEL_OK;
	respond(bench, 200);
	run_to(bench, 40000);
	assert_log(bench, "100 200\n32100 end\n");
	close_bench(bench);
}

/* ---- others ---- */

static void a_request_gets_its_response_again_for_64_t1(void **state)
{
	static const unsigned statuses[] = { 200, 404 };
	(void)state;

	for (size_t i = 0; i < BEL_COUNT_OF(statuses); i++) {
		struct bench *bench = open_bench();
		start(bench, &options, false);
		receive(bench, &options);
		assert_log(bench, "");
		respond(bench, statuses[i]);
		assert_state(bench, "completed");
		run_to(bench, 31000);
		receive(bench, &options);
		respond(bench, 500);
		run_to(bench, 40000);
		assert_log(bench, i ? "0 404\n31000 404\n32000 end\n"
				    : "0 200\n31000 200\n32000 end\n");
		close_bench(bench);
	}
}

static void a_provisional_response_is_repeated_and_followed_by_a_final_one(void **state)
{
	static const unsigned statuses[] = { 200, 404 };
	(void)state;

	for (size_t i = 0; i < BEL_COUNT_OF(statuses); i++) {
		struct bench *bench = open_bench();
		start(bench, &options, false);
		respond(bench, 100);
		assert_state(bench, "proceeding");
		receive(bench, &options);
		respond(bench, 183);
		receive(bench, &options);
		assert_log(bench, "0 100\n0 100\n0 183\n0 183\n");
		respond(bench, statuses[i]);
		assert_state(bench, "completed");
		close_bench(bench);
	}
}

static void over_a_reliable_transport_a_response_is_the_end(void **state)
{
	struct bench *bench = open_bench();
	(void)state;

	start(bench, &options, true);
	respond(bench, 200);
	assert_log(bench, "0 200\n");
	run_to(bench, 100);
	assert_log(bench, "10 end\n");
	close_bench(bench);
}

static void a_requester_who_cannot_be_reached_ends_the_transaction(void **state)
{
	static const unsigned statuses[] = { 100, 200 };
	(void)state;

	for (size_t i = 0; i < BEL_COUNT_OF(statuses); i++) {
		struct bench *bench = open_bench();
		start(bench, &options, false);
		bench->send_err = BEL_ERR_CLOSED;
		respond(bench, statuses[i]);
		bench->writer.len = 0;
		run_to(bench, 40000);
		assert_log(bench, "10 !closed\n10 end\n");
		close_bench(bench);
	}
}

/* ---- whom a request belongs to ---- */

static void branch_sent_by_and_method_make_the_transaction(void **state)
{
	static const struct {
		struct sample sample;
		bool is_found;
	} rows[] = {
		{ { .method = "INVITE" }, true },
		/* Nothing else counts when the branch has the cookie. */
		{ { .method = "INVITE",
		    .call_id = "other",
		    .cseq = 9,
		    .from_tag = "x",
		    .uri = "sip:other@b.test" },
		  true },
		{ { .method = "ACK", .to_tag = "t1" }, true },
		{ { .method = "CANCEL" }, false },
		{ { .method = "OPTIONS" }, false },
		{ { .via = "SIP/2.0/UDP a.test;branch=z9hG4bK2" }, false },
		{ { .via = "SIP/2.0/UDP other.test;branch=z9hG4bK1" }, false },
		{ { .via = "SIP/2.0/UDP a.test:5070;branch=z9hG4bK1" }, false },
		{ { .via = "SIP/2.0/UDP a.test;rport;branch=z9hG4bK1" }, true },
	};
	struct bench *bench = open_bench();
	(void)state;

	start(bench, &invite, false);
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++)
		assert_ptr_equal(find(bench, &rows[i].sample),
				 rows[i].is_found ? &bench->tx : NULL);
	close_bench(bench);
}

/* RFC 3261 section 17.2.3, for peers without the cookie. */
static void without_the_cookie_all_that_rfc_2543_names_must_agree(void **state)
{
	static const char via[] = "SIP/2.0/UDP a.test;branch=1";
	static const struct sample old = { .via = via };
	static const struct {
		struct sample sample;
		bool is_found;
	} rows[] = {
		{ { .via = via }, true },
		/* A repetition has no To tag, an ACK has ours. */
		{ { .via = via, .method = "ACK", .to_tag = "t1" }, true },
		{ { .via = via, .call_id = "other" }, false },
		{ { .via = via, .from_tag = "other" }, false },
		{ { .via = via, .cseq = 2 }, false },
		{ { .via = via, .uri = "sip:other@b.test" }, false },
		{ { .via = "SIP/2.0/UDP a.test;branch=2" }, false },
		{ { .via = "SIP/2.0/UDP a.test" }, false },
		{ { .via = "SIP/2.0/UDP b.test;branch=1" }, false },
	};
	struct bench *bench = open_bench();
	(void)state;

	start(bench, &old, false);
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++)
		assert_ptr_equal(find(bench, &rows[i].sample),
				 rows[i].is_found ? &bench->tx : NULL);
	close_bench(bench);
}

static void a_cancel_names_the_invite_with_its_branch(void **state)
{
	static const struct sample vias[] = {
		{ .method = "CANCEL" },
		{ .method = "CANCEL", .via = "SIP/2.0/UDP a.test;branch=z9hG4bK2" },
	};
	struct bench *bench = open_bench();
	struct bel_sip_msg *cancel = parse_message(bench, make_request(bench, &vias[0]));
	struct bel_sip_msg *other = parse_message(bench, make_request(bench, &vias[1]));
	(void)state;

	start(bench, &invite, false);
	assert_ptr_equal(bel_tx_find_cancelled(bench->table, cancel), &bench->tx);
	assert_null(bel_tx_find_cancelled(bench->table, other));
	/* The CANCEL is a transaction of its own. */
	assert_null(bel_tx_find_server(bench->table, cancel));
	close_bench(bench);
}

static void a_request_other_than_invite_cannot_be_cancelled(void **state)
{
	static const struct sample sample = { .method = "CANCEL" };
	struct bench *bench = open_bench();
	(void)state;

	start(bench, &options, false);
	assert_null(bel_tx_find_cancelled(
		bench->table, parse_message(bench, make_request(bench, &sample))));
	close_bench(bench);
}

static void a_response_belongs_to_the_client_with_its_branch_and_method(void **state)
{
	static const struct {
		struct sample sample;
		bool is_found;
	} rows[] = {
		{ { .method = "OPTIONS" }, true },
		{ { .method = "INVITE" }, false },
		{ { .method = "OPTIONS", .via = "SIP/2.0/UDP a.test;branch=z9hG4bK2" },
		  false },
		{ { .method = "OPTIONS", .via = "SIP/2.0/UDP a.test" }, false },
	};
	struct bench *bench = open_bench();
	struct bel_tx_client_opts opts = { .port = &bench_port,
					   .user = bench,
					   .arena = &bench->arena,
					   .branch = BEL_STR("z9hG4bK1"),
					   .request = make_request(bench, &options),
					   .method = BEL_SIP_OPTIONS };
	(void)state;

	bel_tx_client_start(&bench->tx, bench->table, &opts);
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		struct bel_sip_msg *msg = parse_message(
			bench, make_response(bench, 200, &rows[i].sample));
		assert_ptr_equal(bel_tx_find_client(bench->table, msg),
				 rows[i].is_found ? &bench->tx : NULL);
	}
	/* Its own request, come back in a loop, is no repetition of a request. */
	assert_null(find(bench, &options));
	close_bench(bench);
}

/* Many at once, found each by itself, in a table that grows. */
static void thousands_are_found_and_removed(void **state)
{
	enum { COUNT = 3000 };
	struct bench *bench = open_bench();
	struct bel_tx *all = calloc(COUNT, sizeof *all);
	struct bel_tx_server_opts opts = { .port = &bench_port,
					   .user = bench,
					   .arena = &bench->arena };
	(void)state;

	bench->arena.budget = 64 << 20;
	for (unsigned pass = 0; pass < 2; pass++) {
		for (unsigned i = 0; i < COUNT; i++) {
			char via[64];
			struct bel_writer writer = bel_writer_init(via, sizeof via - 1);
			bel_write_format(&writer, "SIP/2.0/UDP a.test;branch=z9hG4bK-%u",
					 i);
			via[writer.len] = '\0';
			struct sample sample = { .via = via };
			struct bel_sip_msg *msg = parse_message(
				bench, make_request(bench, &sample));
			if (pass == 0)
				assert_int_equal(bel_tx_server_start(&all[i],
								     bench->table, msg,
								     &opts),
						 BEL_OK);
			else
				assert_ptr_equal(bel_tx_find_server(bench->table, msg),
						 &all[i]);
		}
	}
	assert_int_equal(bel_tx_table_count(bench->table), COUNT);
	close_bench(bench);
	free(all);
}

static void a_key_that_does_not_fit_the_arena_starts_nothing(void **state)
{
	struct bench *bench = open_bench();
	struct bel_arena none;
	struct bel_tx_server_opts opts = { .port = &bench_port,
					   .user = bench,
					   .arena = &none };
	(void)state;

	bel_arena_init(&none, NULL, 0, 0);
	assert_int_equal(
		bel_tx_server_start(&bench->tx, bench->table,
				    parse_message(bench, make_request(bench, &invite)),
				    &opts),
		BEL_ERR_SPACE);
	assert_int_equal(bel_tx_table_count(bench->table), 0);
	close_bench(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_repeated_invite_gets_the_last_provisional_response),
		cmocka_unit_test(what_may_be_sent_again_is_kept_and_nothing_else),
		cmocka_unit_test(the_ack_of_a_refusal_lets_go_of_it),
		cmocka_unit_test(an_unacked_refusal_is_repeated_until_timer_h),
		cmocka_unit_test(
			an_ack_ends_the_repetitions_and_t4_later_the_transaction),
		cmocka_unit_test(over_a_reliable_transport_a_refusal_is_sent_once),
		cmocka_unit_test(an_accepted_invite_absorbs_its_repetitions_for_64_t1),
		cmocka_unit_test(
			the_ack_of_a_2xx_is_passed_when_it_has_the_branch_of_the_invite),
		cmocka_unit_test(after_a_final_response_no_other_is_sent),
		cmocka_unit_test(an_unreachable_caller_is_told_but_the_invite_lives_on),
		cmocka_unit_test(a_request_gets_its_response_again_for_64_t1),
		cmocka_unit_test(
			a_provisional_response_is_repeated_and_followed_by_a_final_one),
		cmocka_unit_test(over_a_reliable_transport_a_response_is_the_end),
		cmocka_unit_test(a_requester_who_cannot_be_reached_ends_the_transaction),
		cmocka_unit_test(branch_sent_by_and_method_make_the_transaction),
		cmocka_unit_test(without_the_cookie_all_that_rfc_2543_names_must_agree),
		cmocka_unit_test(a_cancel_names_the_invite_with_its_branch),
		cmocka_unit_test(a_request_other_than_invite_cannot_be_cancelled),
		cmocka_unit_test(
			a_response_belongs_to_the_client_with_its_branch_and_method),
		cmocka_unit_test(thousands_are_found_and_removed),
		cmocka_unit_test(a_key_that_does_not_fit_the_arena_starts_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
