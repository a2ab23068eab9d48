/* SPDX-License-Identifier: Apache-2.0
 * What a server refuses when it is late, and what it never does. */
#include "guard/overload.h"
#include "unit/node/digest_support.h"

static const char conf[] = "domain example.com { open }\n"
			   "trust 192.0.2.0/24\n";

static const struct ask options = { .method = "OPTIONS" },
			registration = { .call_id = "r" },
			invite = { .method = "INVITE",
				   .uri = "sip:bob@example.com",
				   .to = "sip:bob@example.com",
				   .call_id = "i" };

/* bob rings at 192.0.2.3, where nobody is: the requests to him are looked at. */
static struct stage *open_with_bob(void)
{
	struct stage *stage = open_stage(conf);
	const struct ask bob = { .from = "sip:bob@example.com",
				 .to = "sip:bob@example.com",
				 .lines = "Contact: <sip:bob@192.0.2.3>\r\n",
				 .call_id = "b" };

	send_ask(stage, &bob, BEL_STR_NONE);
	assert_int_equal(status_of(stage), 200);
	return stage;
}

/* Late for as long as it takes, with something to read all the time; then as late as
 * that. */
static void overload(struct stage *stage, uint64_t lag_us)
{
	static const char ping[] = "OPTIONS sip:example.com SIP/2.0\r\n"
				   "Via: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK%u\r\n"
				   "From: <sip:a@example.com>;tag=f\r\n"
				   "To: <sip:example.com>\r\nCall-ID: p\r\n"
				   "CSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\n"
				   "Content-Length: 0\r\n\r\n";
	const bel_addr server = at(1, 5060);

	bel_sim_set_lag(stage->loop, 60000);
	for (unsigned i = 0; i < 20; i++) {
		char text[512];
		struct bel_writer writer = bel_writer_init(text, sizeof text);
		bel_write_format(&writer, ping, i);
		assert_int_equal(
			bel_udp_send(stage->udp, &server, NULL, bel_writer_str(&writer)),
			BEL_OK);
		run_for(stage, 10);
	}
	assert_int_equal(status_of(stage), 503);
	bel_sim_set_lag(stage->loop, lag_us);
}

static unsigned status_when(struct stage *stage, const struct ask *ask, unsigned number)
{
	struct ask next = *ask;

	next.cseq = number;
	send_ask(stage, &next, BEL_STR_NONE);
	return status_of(stage);
}

static void classes_give_way_one_by_one(void **state)
{
	static const struct {
		uint64_t lag_us;
		unsigned options, registration, invite;
	} rows[] = {
		{ 500, 200, 200, 100 },
		{ 1500, 503, 200, 100 },
		{ 3000, 503, 503, 100 },
		{ 9000, 503, 503, 503 },
	};
	struct stage *stage = open_with_bob();

	(void)state;
	for (unsigned i = 0; i < BEL_COUNT_OF(rows); i++) {
		overload(stage, rows[i].lag_us);
		/* Each reading counts: what is calm for too long would end it. */
		assert_int_equal(status_when(stage, &invite, 10 + i), rows[i].invite);
		overload(stage, rows[i].lag_us);
		assert_int_equal(status_when(stage, &registration, 10 + i),
				 rows[i].registration);
		overload(stage, rows[i].lag_us);
		assert_int_equal(status_when(stage, &options, 10 + i), rows[i].options);
	}
	close_stage(stage);
}

static void a_refusal_says_when_to_come_again(void **state)
{
	struct stage *stage = open_with_bob();
	uint64_t refused;

	(void)state;
	overload(stage, 9000);
	refused = counter_value(stage, "overload_refused");
	assert_int_equal(status_when(stage, &invite, 1), 503);
	assert_non_null(strstr(stage->answer.bytes, "\r\nRetry-After: "));
	assert_int_equal(counter_value(stage, "overload_refused"), refused + 1);
	assert_int_equal(counter_value(stage, "transactions"), 0);
	assert_non_null(strstr(stage->records, "more comes than can be done"));
	close_stage(stage);
}

/* The ACK of such a refusal repeats its To (RFC 3261 section 17.1.1.3), and ends there.
 */
static void the_ack_of_a_refusal_is_taken(void **state)
{
	struct stage *stage = open_with_bob();
	char to[256], *tag, text[2048];
	struct bel_writer writer = bel_writer_init(text, sizeof text);
	uint64_t malformed;

	(void)state;
	overload(stage, 9000);
	assert_int_equal(status_when(stage, &invite, 1), 503);
	tag = strstr(stage->answer.bytes, ">;tag=");
	tag = strstr(tag + 1, ">;tag=");
	assert_non_null(tag);
	snprintf(to, sizeof to, "%.*s", (int)strcspn(tag + 6, "\r;"), tag + 6);
	malformed = counter_value(stage, "messages_malformed");
	bel_write_format(&writer,
			 "ACK sip:bob@example.com SIP/2.0\r\n"
			 "Via: SIP/2.0/UDP 192.0.2.2;rport;branch=z9hG4bKINVITE10\r\n"
			 "From: <sip:alice@example.com>;tag=f\r\n"
			 "To: <sip:bob@example.com>;tag=%s\r\nCall-ID: i\r\n"
			 "CSeq: 1 ACK\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
			 to);
	throw_bytes(stage, bel_writer_str(&writer));
	assert_int_equal(stage->answer.count, 0);
	assert_int_equal(stage->other.count, 0);
	assert_int_equal(counter_value(stage, "messages_malformed"), malformed);
	close_stage(stage);
}

static void what_was_begun_goes_on(void **state)
{
	struct stage *stage = open_with_bob();
	const struct ask cancel = { .method = "CANCEL",
				    .uri = invite.uri,
				    .to = invite.to,
				    .call_id = "i",
				    .cseq = 1 };
	const struct ask bye = { .method = "BYE",
				 .uri = "sip:bob@192.0.2.3",
				 .to = "sip:bob@example.com>;tag=t;x=<",
				 .call_id = "i",
				 .cseq = 2 };

	(void)state;
	assert_int_equal(status_when(stage, &invite, 1), 100);
	overload(stage, 60000);
	/* The INVITE comes again: it is the one that was taken on. */
	assert_int_equal(status_when(stage, &invite, 1), 100);
	/* Within a dialog, whatever becomes of it. */
	send_ask(stage, &bye, BEL_STR_NONE);
	assert_int_not_equal(status_of(stage), 503);
	send_ask(stage, &cancel, BEL_STR_NONE);
	assert_int_not_equal(status_of(stage), 503);
	close_stage(stage);
}

static void it_is_over_when_nothing_waits(void **state)
{
	struct stage *stage = open_with_bob();

	(void)state;
	overload(stage, 9000);
	assert_int_equal(status_when(stage, &invite, 1), 503);
	bel_sim_set_lag(stage->loop, 0);
	assert_int_equal(status_when(stage, &invite, 2), 100);
	assert_int_equal(status_when(stage, &options, 3), 200);
	assert_non_null(strstr(stage->records, "served again"));
	close_stage(stage);
}

/* Refusing is no way round the budget for strangers. */
static void strangers_are_refused_as_rarely_as_ever(void **state)
{
	struct stage *stage = open_stage("domain example.com\n");
	const bel_addr server = at(1, 5060);

	(void)state;
	bel_sim_set_lag(stage->loop, 60000);
	for (unsigned i = 0; i < 100; i++) {
		const struct ask ask = { .method = "INVITE",
					 .uri = "sip:100@example.org",
					 .cseq = i };
		char text[1024];
		struct bel_writer writer = bel_writer_init(text, sizeof text);
		write_ask(&writer, &ask, BEL_STR_NONE);
		assert_int_equal(
			bel_udp_send(stage->udp, &server, NULL, bel_writer_str(&writer)),
			BEL_OK);
		run_for(stage, 10);
	}
	assert_int_equal(stage->answer.count, 10);
	assert_true(counter_value(stage, "overload_refused") > 50);
	close_stage(stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(classes_give_way_one_by_one),
		cmocka_unit_test(a_refusal_says_when_to_come_again),
		cmocka_unit_test(the_ack_of_a_refusal_is_taken),
		cmocka_unit_test(what_was_begun_goes_on),
		cmocka_unit_test(it_is_over_when_nothing_waits),
		cmocka_unit_test(strangers_are_refused_as_rarely_as_ever),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
