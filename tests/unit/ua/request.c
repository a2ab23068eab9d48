/* SPDX-License-Identifier: Apache-2.0 */
#include "support/support.h"

#include "support/endpoint.h"

/* Two agents: a asks, b answers as the test says. What either saw is a line of text. */
struct bench {
	struct bel_sim *sim;
	struct endpoint a, b;
	struct bel_ua_request *request;
	struct bel_ua_incoming *incoming;
	char log[2048];
	struct bel_writer writer;
	/* How b answers the n-th request; 0: not at all. */
	uint16_t answers[8];
	unsigned requests;
	uint32_t cseq;
	bool is_kept, asks_for_cseq;
	struct bel_auth_server auth;
	enum bel_auth_verdict verdict;
	bool changes_realm;   /* with every challenge */
	bool counts_on;       /* one of the last request has nc=00000002 */
	unsigned credentials; /* lines in the last request */
};

static void note(struct bench *bench, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	bel_str said = bel_str_format(text, sizeof text, format, args);
	va_end(args);
	bel_write_text(&bench->writer, bench->writer.len ? " " : "");
	bel_write_str(&bench->writer, said);
}

#define assert_saw(bench, text)                                                          \
	do {                                                                             \
		assert_str(bel_writer_str(&(bench)->writer), (text));                    \
		(bench)->writer.len = 0;                                                 \
	} while (0)

static void on_response(void *user, struct bel_ua_request *request,
			struct bel_sip_msg *response)
{
	(void)request;
	note(user, "%u", response->status);
}

static void on_failure(void *user, struct bel_ua_request *request, enum bel_err err)
{
	(void)request;
	note(user, "%s",
	     err == BEL_ERR_TIMEOUT  ? "timeout"
	     : err == BEL_ERR_CLOSED ? "closed"
				     : "failed");
}

static void on_end(void *user, struct bel_ua_request *request)
{
	struct bench *bench = user;

	assert_ptr_equal(request, bench->request);
	bench->request = NULL;
	note(bench, "end");
}

static uint32_t next_cseq(void *user)
{
	return ((struct bench *)user)->cseq += 10;
}

static const struct bel_ua_port request_port = { .on_response = on_response,
						 .on_failure = on_failure,
						 .on_end = on_end };
static const struct bel_ua_port counting_port = { .on_response = on_response,
						  .on_failure = on_failure,
						  .on_end = on_end,
						  .next_cseq = next_cseq };

static void on_cancel(void *user, struct bel_ua_incoming *incoming,
		      struct bel_sip_msg *cancel)
{
	assert_int_equal(cancel->method, BEL_SIP_CANCEL);
	note(user, "(CANCEL)");
	bel_ua_respond(incoming,
		       &(struct bel_sip_reply){ .status = 487, .to_tag = BEL_STR("b") });
}

static void on_gone(void *user, struct bel_ua_incoming *incoming)
{
	struct bench *bench = user;

	if (bench->incoming == incoming)
		bench->incoming = NULL;
}

static const struct bel_ua_incoming_port incoming_port = { .on_cancel = on_cancel,
							   .on_end = on_gone };

static void challenge(struct bench *bench, struct bel_ua_incoming *incoming,
		      bool is_proxy, bool is_stale)
{
	char buf[1024];
	struct bel_writer lines = bel_writer_init(buf, sizeof buf);

	if (bench->changes_realm)
		bench->auth.realm = bench->requests % 2 ? BEL_STR("odd.test")
							: BEL_STR("even.test");
	assert_int_equal(bel_auth_challenge(&lines, &bench->auth,
					    &bel_ua_came_by(incoming)->peer, 1000,
					    bench->requests, is_proxy, is_stale),
			 BEL_OK);
	bel_ua_respond(incoming,
		       &(struct bel_sip_reply){ .status = is_proxy ? 407 : 401,
						.to_tag = BEL_STR("b"),
						.lines = bel_writer_str(&lines) });
}

static void check_credentials(struct bench *bench, struct bel_ua_incoming *incoming)
{
	struct bel_auth_credentials credentials;
	struct bel_auth_ha1 ha1;
	struct bel_sip_msg *request = bel_ua_message(incoming);
	const struct bel_sip_field *field = bel_sip_field_first(
		request, BEL_SIP_H_PROXY_AUTHORIZATION);

	bench->credentials = 0;
	bench->counts_on = false;
	for (; field; field = bel_sip_field_next(request, field)) {
		bench->credentials++;
		bench->counts_on |= bel_str_is_match(BEL_STR("*nc=00000002*"),
						     bel_sip_field_value(request, field));
	}
	bel_auth_ha1(&ha1, bench->b.crypto, BEL_MD5, BEL_STR("a"), bench->auth.realm,
		     BEL_STR("secret"));
	bench->verdict = bel_auth_find(&credentials, &bench->auth,
				       bel_ua_message(incoming), false);
	if (bench->verdict == BEL_AUTH_VALID)
		bench->verdict = bel_auth_verify(&credentials, &bench->auth,
						 bench->b.crypto,
						 bel_ua_message(incoming), &ha1,
						 &bel_ua_came_by(incoming)->peer, 1000);
}

static void on_request(struct endpoint *b, struct bel_sip_msg *request,
		       const struct bel_flow *came_by)
{
	struct bench *bench = b->user;
	struct bel_ua_incoming *incoming;
	uint16_t status = bench->answers[bench->requests++];

	note(bench, "(%.*s %u)", BEL_STR_ARG(request->method_text),
	     bel_sip_cseq(request)->number);
	if (request->method == BEL_SIP_ACK || !status)
		return;
	assert_int_equal(
		bel_ua_take(&incoming, b->ua, request, came_by, &incoming_port, bench),
		BEL_OK);
	check_credentials(bench, incoming);
	if (status == 401 || status == 407)
		challenge(bench, incoming, status == 407,
			  bench->verdict == BEL_AUTH_VALID);
	else
		bel_ua_respond(incoming,
			       &(struct bel_sip_reply){ .status = status,
							.to_tag = BEL_STR("b") });
	if (status < 200)
		bench->incoming = incoming;
}

static void run_for(struct bench *bench, uint64_t ms)
{
	bel_sim_run(bench->sim, bel_sim_now_ms(bench->sim) + ms);
}

static struct bench *open_bench(void)
{
	static const struct bel_sim_net net = { .delay_min_ms = 1, .delay_max_ms = 1 };
	static const enum bel_digest digests[] = { BEL_MD5 };
	struct bench *bench = calloc(1, sizeof *bench);

	assert_non_null(bench);
	bench->sim = bel_sim_new(1, &net);
	bench->writer = bel_writer_init(bench->log, sizeof bench->log);
	endpoint_open(&bench->a, bench->sim, 1);
	endpoint_open(&bench->b, bench->sim, 2);
	bench->b.on_request = on_request;
	bench->b.user = bench;
	bench->auth = (struct bel_auth_server){ .realm = BEL_STR("b"),
						.nonce_s = 60,
						.digests = digests,
						.digests_count = 1 };
	return bench;
}

static void close_bench(struct bench *bench)
{
	endpoint_close(&bench->a);
	endpoint_close(&bench->b);
	bel_sim_free(bench->sim);
	free(bench);
}

static const struct bel_auth_account account = { .username = { "a", 1 },
						 .password = { "secret", 6 } };
static const struct bel_auth_account wrong = { .username = { "a", 1 },
					       .password = { "guess", 5 } };

static void ask(struct bench *bench, enum bel_sip_method method, const char *uri,
		const struct bel_auth_account *with)
{
	struct bel_ua_send send = {
		.method = method,
		.uri = bel_str_from(uri),
		.cseq = 1,
		.lines = BEL_STR("From: <sip:a@192.0.2.1>;tag=a\r\n"
				 "To: <sip:b@192.0.2.2>\r\n"
				 "Call-ID: one\r\n"),
		.has_contact = true,
		.contact_user = BEL_STR("a"),
		.account = with,
		.port = bench->asks_for_cseq ? &counting_port : &request_port,
		.user = bench,
	};

	assert_int_equal(bel_ua_start(&bench->request, bench->a.ua, &send), BEL_OK);
}

static void an_answer_comes_and_the_request_ends(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	bench->answers[0] = 200;
	ask(bench, BEL_SIP_OPTIONS, "sip:b@192.0.2.2", NULL);
	run_for(bench, 100);
	assert_saw(bench, "(OPTIONS 1) 200");
	assert_str(bel_ua_contact(bench->request), "<sip:a@192.0.2.1:5060>");
	run_for(bench, 40000);
	assert_saw(bench, "end");
	assert_int_equal(bel_ua_pending(bench->a.ua), 0);
	close_bench(bench);
}

static void a_challenge_is_answered_with_a_higher_cseq(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	bench->answers[0] = 401;
	bench->answers[1] = 200;
	ask(bench, BEL_SIP_OPTIONS, "sip:b@192.0.2.2", &account);
	run_for(bench, 100);
	assert_saw(bench, "(OPTIONS 1) (OPTIONS 2) 200");
	assert_int_equal(bench->verdict, BEL_AUTH_VALID);
	close_bench(bench);
}

static void the_dialog_says_what_cseq_comes_next(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	bench->answers[0] = 401;
	bench->answers[1] = 200;
	bench->asks_for_cseq = true;
	ask(bench, BEL_SIP_OPTIONS, "sip:b@192.0.2.2", &account);
	run_for(bench, 100);
	assert_saw(bench, "(OPTIONS 1) (OPTIONS 10) 200");
	assert_int_equal(bel_ua_cseq(bench->request), 10);
	close_bench(bench);
}

static void a_proxy_and_an_agent_may_both_want_credentials(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	bench->answers[0] = 407;
	bench->answers[1] = 401;
	bench->answers[2] = 200;
	ask(bench, BEL_SIP_OPTIONS, "sip:b@192.0.2.2", &account);
	run_for(bench, 100);
	assert_saw(bench, "(OPTIONS 1) (OPTIONS 2) (OPTIONS 3) 200");
	close_bench(bench);
}

/* RFC 3261 section 22.3, RFC 3665 section 3.3. */
static void two_proxies_may_both_want_credentials(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	bench->changes_realm = true;
	bench->answers[0] = bench->answers[1] = 407;
	bench->answers[2] = 200;
	ask(bench, BEL_SIP_OPTIONS, "sip:b@192.0.2.2", &account);
	run_for(bench, 100);
	assert_saw(bench, "(OPTIONS 1) (OPTIONS 2) (OPTIONS 3) 200");
	assert_int_equal(bench->credentials, 2);
	assert_true(bench->counts_on);
	close_bench(bench);
}

static void a_wrong_password_is_tried_once_in_each_realm(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	bench->changes_realm = true;
	for (unsigned i = 0; i < 8; i++)
		bench->answers[i] = 407;
	ask(bench, BEL_SIP_OPTIONS, "sip:b@192.0.2.2", &wrong);
	run_for(bench, 1000);
	assert_saw(bench, "(OPTIONS 1) (OPTIONS 2) (OPTIONS 3) 407");
	assert_int_equal(bench->credentials, 2);
	close_bench(bench);
}

static void a_wrong_password_is_not_tried_twice(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	bench->answers[0] = bench->answers[1] = 401;
	ask(bench, BEL_SIP_OPTIONS, "sip:b@192.0.2.2", &wrong);
	run_for(bench, 100);
	assert_saw(bench, "(OPTIONS 1) (OPTIONS 2) 401");
	close_bench(bench);
}

static void challenges_are_passed_on_without_an_account(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	bench->answers[0] = 407;
	ask(bench, BEL_SIP_OPTIONS, "sip:b@192.0.2.2", NULL);
	run_for(bench, 100);
	assert_saw(bench, "(OPTIONS 1) 407");
	close_bench(bench);
}

static void stale_for_ever_is_answered_a_few_times(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	for (unsigned i = 0; i < 8; i++)
		bench->answers[i] = 401;
	ask(bench, BEL_SIP_OPTIONS, "sip:b@192.0.2.2", &account);
	run_for(bench, 1000);
	assert_saw(bench, "(OPTIONS 1) (OPTIONS 2) (OPTIONS 3) (OPTIONS 4) (OPTIONS 5) "
			  "401");
	close_bench(bench);
}

static void nobody_answers(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	ask(bench, BEL_SIP_OPTIONS, "sip:b@192.0.2.99", NULL);
	run_for(bench, 31000);
	assert_saw(bench, "");
	run_for(bench, 2000);
	assert_saw(bench, "timeout end");
	close_bench(bench);
}

static void a_name_of_several_hosts_is_tried_one_by_one(void **state)
{
	struct bench *bench = open_bench();
	const bel_addr first = bel_addr_v4(192, 0, 2, 99, 0),
		       second = bel_addr_v4(192, 0, 2, 2, 0);
	const struct bel_dns_record records[] = {
		{ .type = BEL_DNS_SRV,
		  .ttl_s = 60,
		  .priority = 1,
		  .port = 5060,
		  .target = BEL_STR("one.test") },
		{ .type = BEL_DNS_SRV,
		  .ttl_s = 60,
		  .priority = 2,
		  .port = 5060,
		  .target = BEL_STR("two.test") },
	};
	const struct bel_dns_record one = { .type = BEL_DNS_A,
					    .ttl_s = 60,
					    .addr = first };
	const struct bel_dns_record two = { .type = BEL_DNS_A,
					    .ttl_s = 60,
					    .addr = second };

	(void)state;
	bel_sim_dns_put(bench->sim, "_sip._udp.b.test", &records[0]);
	bel_sim_dns_put(bench->sim, "_sip._udp.b.test", &records[1]);
	bel_sim_dns_put(bench->sim, "one.test", &one);
	bel_sim_dns_put(bench->sim, "two.test", &two);
	bench->answers[0] = 200;
	ask(bench, BEL_SIP_OPTIONS, "sip:b@b.test", NULL);
	run_for(bench, 33000);
	assert_saw(bench, "(OPTIONS 1) 200");
	close_bench(bench);
}

static void a_name_that_is_not_there_fails(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	ask(bench, BEL_SIP_OPTIONS, "sip:b@nowhere.test", NULL);
	assert_saw(bench, "");
	run_for(bench, 5000);
	assert_saw(bench, "failed end");
	close_bench(bench);
}

static void an_invite_is_cancelled_once_it_rings(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	bench->answers[0] = 180;
	ask(bench, BEL_SIP_INVITE, "sip:b@192.0.2.2", NULL);
	bel_ua_cancel(bench->request, BEL_STR("Reason: SIP;cause=200\r\n"));
	run_for(bench, 1000);
	assert_saw(bench, "(INVITE 1) 180 (CANCEL) 487");
	run_for(bench, 64000);
	assert_saw(bench, "end");
	close_bench(bench);
}

static void a_cancelled_invite_that_nobody_ends_is_over_after_a_while(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	bench->answers[0] = 180;
	ask(bench, BEL_SIP_INVITE, "sip:b@192.0.2.2", NULL);
	run_for(bench, 1000);
	assert_saw(bench, "(INVITE 1) 180");
	bel_sim_crash(bench->b.node);
	bel_ua_cancel(bench->request, BEL_STR_NONE);
	run_for(bench, 31000);
	assert_saw(bench, "");
	run_for(bench, 2000);
	assert_saw(bench, "timeout end");
	close_bench(bench);
}

static void every_2xx_of_an_invite_is_told(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	bench->answers[0] = 180;
	ask(bench, BEL_SIP_INVITE, "sip:b@192.0.2.2", NULL);
	run_for(bench, 100);
	bel_ua_respond(bench->incoming,
		       &(struct bel_sip_reply){ .status = 200, .to_tag = BEL_STR("b") });
	run_for(bench, 100);
	bel_ua_respond_again(bench->incoming);
	run_for(bench, 100);
	assert_saw(bench, "(INVITE 1) 180 200 200");
	run_for(bench, 64000);
	assert_saw(bench, "end");
	close_bench(bench);
}

static void an_ack_is_sent_and_sent_again(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	ask(bench, BEL_SIP_ACK, "sip:b@192.0.2.2", NULL);
	run_for(bench, 100);
	assert_saw(bench, "(ACK 1)");
	bel_ua_resend(bench->request);
	run_for(bench, 60000);
	assert_saw(bench, "(ACK 1)");
	bel_ua_forget(bench->request);
	assert_int_equal(bel_ua_pending(bench->a.ua), 0);
	close_bench(bench);
}

static void a_forgotten_request_says_nothing(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	bench->answers[0] = 200;
	ask(bench, BEL_SIP_OPTIONS, "sip:b@192.0.2.2", NULL);
	bel_ua_forget(bench->request);
	run_for(bench, 60000);
	assert_saw(bench, "(OPTIONS 1)");
	assert_int_equal(bel_ua_pending(bench->a.ua), 0);
	close_bench(bench);
}

static void over_tcp_the_contact_says_so(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	bench->answers[0] = 200;
	ask(bench, BEL_SIP_OPTIONS, "sip:b@192.0.2.2;transport=tcp", NULL);
	run_for(bench, 1000);
	assert_saw(bench, "(OPTIONS 1) 200 end");
	close_bench(bench);
}

static void a_refused_connection_fails_at_once(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	ask(bench, BEL_SIP_OPTIONS, "sip:b@192.0.2.2:5099;transport=tcp", NULL);
	run_for(bench, 1000);
	assert_saw(bench, "failed end");
	close_bench(bench);
}

static void what_is_left_ends_without_a_word(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	bench->answers[0] = 180;
	ask(bench, BEL_SIP_INVITE, "sip:b@192.0.2.2", NULL);
	run_for(bench, 100);
	assert_saw(bench, "(INVITE 1) 180");
	close_bench(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_comes_and_the_request_ends),
		cmocka_unit_test(a_challenge_is_answered_with_a_higher_cseq),
		cmocka_unit_test(the_dialog_says_what_cseq_comes_next),
		cmocka_unit_test(a_proxy_and_an_agent_may_both_want_credentials),
		cmocka_unit_test(two_proxies_may_both_want_credentials),
		cmocka_unit_test(a_wrong_password_is_tried_once_in_each_realm),
		cmocka_unit_test(a_wrong_password_is_not_tried_twice),
		cmocka_unit_test(challenges_are_passed_on_without_an_account),
		cmocka_unit_test(stale_for_ever_is_answered_a_few_times),
		cmocka_unit_test(nobody_answers),
		cmocka_unit_test(a_name_of_several_hosts_is_tried_one_by_one),
		cmocka_unit_test(a_name_that_is_not_there_fails),
		cmocka_unit_test(an_invite_is_cancelled_once_it_rings),
		cmocka_unit_test(
			a_cancelled_invite_that_nobody_ends_is_over_after_a_while),
		cmocka_unit_test(every_2xx_of_an_invite_is_told),
		cmocka_unit_test(an_ack_is_sent_and_sent_again),
		cmocka_unit_test(a_forgotten_request_says_nothing),
		cmocka_unit_test(over_tcp_the_contact_says_so),
		cmocka_unit_test(a_refused_connection_fails_at_once),
		cmocka_unit_test(what_is_left_ends_without_a_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
