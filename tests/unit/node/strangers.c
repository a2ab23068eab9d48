/* SPDX-License-Identifier: Apache-2.0
 * What a server tells people it does not know, and how often. */
#include "unit/node/digest_support.h"

static const char conf[] = "domain example.com\n"
			   "user alice { password secret }\n"
			   "user bob { password secret }\n";

/* ---- who is a user here is not told ---- */

/* Two servers alike to the last random byte are asked for alice and for nobdy; but for
 * the names they say the same. */
static void compare_names(struct ask known, struct ask unknown, const char *password)
{
	struct stage *a = open_stage(conf), *b = open_stage(conf);
	char *at;

	if (password) {
		ask_as(a, &known, "alice", password);
		ask_as(b, &unknown, "nobdy", password);
	} else {
		send_ask(a, &known, BEL_STR_NONE);
		send_ask(b, &unknown, BEL_STR_NONE);
	}
	assert_int_equal(a->answer.count, b->answer.count);
	while ((at = strstr(b->answer.bytes, "nobdy")))
		memcpy(at, "alice", 5);
	assert_string_equal(a->answer.bytes, b->answer.bytes);
	assert_true(status_of(a) == 401 || status_of(a) == 407);
	close_stage(a);
	close_stage(b);
}

static void unknown_users_look_like_known_ones(void **state)
{
	static const char *const methods[] = { "REGISTER",  "INVITE", "MESSAGE",
					       "SUBSCRIBE", "BYE",    "OPTIONS" };

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(methods); i++) {
		for (int has_password = 0; has_password <= 1; has_password++) {
			bool is_register = i == 0;
			const struct ask known = {
				.method = methods[i],
				.uri = is_register ? NULL : "sip:alice@example.com",
				.from = "sip:alice@example.com",
				.to = "sip:alice@example.com"
			};
			const struct ask unknown = {
				.method = methods[i],
				.uri = is_register ? NULL : "sip:nobdy@example.com",
				.from = "sip:nobdy@example.com",
				.to = "sip:nobdy@example.com"
			};
			compare_names(known, unknown, has_password ? "guess" : NULL);
		}
	}
}

/* ---- scanners ---- */

static void scanners_find_nothing(void **state)
{
	static const char *const lines[] = { "OPTIONS sip:100@192.0.2.1",
					     "OPTIONS sip:192.0.2.1",
					     "OPTIONS sip:100@example.org",
					     "OPTIONS sip:example.org" };
	struct stage *stage = open_stage(conf);

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(lines); i++) {
		const struct ask ask = { .method = "OPTIONS",
					 .uri = lines[i] + strlen("OPTIONS "),
					 .from = "sip:sipvicious@1.1.1.1",
					 .to = "sip:sipvicious@1.1.1.1" };
		send_ask(stage, &ask, BEL_STR_NONE);
		assert_int_equal(stage->answer.count, 0);
	}
	close_stage(stage);
}

static unsigned count_answers(struct stage *stage, const struct ask *ask, unsigned tries)
{
	unsigned count = 0;

	for (unsigned i = 0; i < tries; i++) {
		struct ask next = *ask;
		next.cseq = i;
		send_ask(stage, &next, BEL_STR_NONE);
		count += stage->answer.count;
	}
	return count;
}

/* throw_bytes takes a quarter of a second: four a second, so only the minute counts. */
static void who_names_no_domain_of_ours_is_soon_left_alone(void **state)
{
	static const char *const methods[] = { "INVITE", "REGISTER", "CANCEL", "BYE" };

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(methods); i++) {
		struct stage *stage = open_stage(conf);
		const struct ask ask = { .method = methods[i],
					 .uri = "sip:100@example.org" };
		assert_int_equal(count_answers(stage, &ask, 30), 10);
		run_for(stage, 60000);
		assert_int_equal(count_answers(stage, &ask, 1), 1);
		close_stage(stage);
	}
}

static void malformed_requests_are_answered_as_rarely(void **state)
{
	struct stage *stage = open_stage(conf);
	unsigned count = 0;

	(void)state;
	for (int i = 0; i < 30; i++) {
		throw_bytes(stage, BEL_STR("INVITE sip:100@example.org SIP/2.0\r\n"
					   "Via: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK\r\n"
					   "From: \"x <sip:a@b>\r\nTo: <sip:a@b>\r\n"
					   "Call-ID: c\r\nCSeq: 1 INVITE\r\n\r\n"));
		count += stage->answer.count;
	}
	assert_int_equal(count, 10);
	assert_int_equal(counter_value(stage, "messages_malformed"), 30);
	close_stage(stage);
}

static void an_ack_is_never_answered(void **state)
{
	static const char *const uris[] = { "sip:bob@example.com", "sip:a@example.org",
					    "sip:example.com", "isbn:1" };
	struct stage *stage = open_stage(conf);

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(uris); i++) {
		const struct ask plain = { .method = "ACK", .uri = uris[i] };
		const struct ask forged = { .method = "ACK",
					    .uri = uris[i],
					    .lines = "Route: <sip:192.0.2.1;lr;b=x>\r\n"
						     "Proxy-Require: x\r\n" };
		send_ask(stage, &plain, BEL_STR_NONE);
		assert_int_equal(stage->answer.count, 0);
		send_ask(stage, &forged, BEL_STR_NONE);
		assert_int_equal(stage->answer.count, 0);
	}
	assert_int_equal(stage->other.count, 0);
	close_stage(stage);
}

/* RFC 3261 section 8.2.7: nothing is kept, and yet the ACK of a refusal is known. */
static void the_ack_of_a_refusal_is_swallowed(void **state)
{
	struct stage *stage = open_stage(conf);
	const struct ask ask = { .method = "INVITE", .uri = "sip:bob@example.com" };
	char text[2048];
	uint64_t dropped;

	(void)state;
	send_ask(stage, &ask, BEL_STR_NONE);
	assert_int_equal(status_of(stage), 407);
	assert_int_equal(counter_value(stage, "transactions"), 0);
	dropped = counter_value(stage, "requests_dropped");
	const char *tag = strstr(stage->answer.bytes, "To: ");
	const char *branch = strstr(stage->answer.bytes, "branch=");
	assert_non_null(tag);
	assert_non_null(branch);
	snprintf(text, sizeof text,
		 "ACK sip:bob@example.com SIP/2.0\r\n"
		 "Via: SIP/2.0/UDP 192.0.2.2;%.*s\r\n"
		 "From: <sip:alice@example.com>;tag=f\r\n%.*s\r\nCall-ID: call\r\n"
		 "CSeq: 0 ACK\r\n\r\n",
		 (int)strcspn(branch, ";\r"), branch, (int)strcspn(tag, "\r"), tag);
	throw_bytes(stage, bel_str_from(text));
	assert_int_equal(stage->answer.count, 0);
	assert_int_equal(counter_value(stage, "requests_dropped"), dropped);
	/* the ACK of something else is dropped by the plan */
	memcpy(strstr(text, "z9hG4bK"), "z9hG4bKx", 8);
	throw_bytes(stage, bel_str_from(text));
	assert_int_equal(counter_value(stage, "requests_dropped"), dropped + 1);
	close_stage(stage);
}

/* ---- passwords ---- */

/* RFC 2543 knew no such branches: then the dialog says whose ACK it is. */
static void the_ack_of_a_refusal_is_swallowed_without_a_branch(void **state)
{
	static const char head[] = "%s sip:bob@example.com SIP/2.0\r\n"
				   "Via: SIP/2.0/UDP 192.0.2.2\r\n"
				   "From: <sip:alice@example.com>;tag=f\r\n%.*s\r\n"
				   "Call-ID: old\r\nCSeq: %u %s\r\n\r\n";
	struct stage *stage = open_stage(conf);
	char text[2048];
	uint64_t dropped;

	(void)state;
	snprintf(text, sizeof text, head, "INVITE", 25, "To: <sip:bob@example.com>", 1,
		 "INVITE");
	throw_bytes(stage, bel_str_from(text));
	assert_int_equal(status_of(stage), 407);
	dropped = counter_value(stage, "requests_dropped");
	const char *tag = strstr(stage->answer.bytes, "To: ");
	assert_non_null(tag);
	snprintf(text, sizeof text, head, "ACK", (int)strcspn(tag, "\r"), tag, 1, "ACK");
	throw_bytes(stage, bel_str_from(text));
	assert_int_equal(counter_value(stage, "requests_dropped"), dropped);
	memcpy(strstr(text, "CSeq: 1"), "CSeq: 2", 7);
	throw_bytes(stage, bel_str_from(text));
	assert_int_equal(counter_value(stage, "requests_dropped"), dropped + 1);
	close_stage(stage);
}

static void a_user_with_his_password_registers_and_calls(void **state)
{
	struct stage *stage = open_stage(conf);
	const struct ask ask = { .cseq = 1 };
	const struct ask call = { .method = "INVITE",
				  .uri = "sip:alice@example.com",
				  .to = "sip:alice@example.com",
				  .call_id = "second",
				  .cseq = 1 };

	(void)state;
	assert_int_equal(ask_as(stage, &ask, "alice", "secret"), 200);
	assert_non_null(strstr(stage->answer.bytes, "Contact: <sip:phone@192.0.2.2>"));
	assert_int_equal(ask_as(stage, &call, "alice", "secret"), 100);
	assert_int_equal(stage->other.count, 1);
	assert_memory_equal(stage->other.bytes, "INVITE sip:phone@192.0.2.2 ", 27);
	/* his credentials stay here, his name goes along */
	assert_null(strstr(stage->other.bytes, "Proxy-Authorization"));
	assert_non_null(strstr(stage->other.bytes,
			       "P-Asserted-Identity: <sip:alice@example.com>\r\n"));
	close_stage(stage);
}

static void credentials_count_once(void **state)
{
	struct stage *stage = open_stage(conf);
	const struct ask ask = { .cseq = 1 }, again = { .cseq = 2 },
			 later = { .cseq = 3 };
	char line[1024];

	(void)state;
	send_ask(stage, &ask, BEL_STR_NONE);
	bel_str credentials = answer_challenge(stage, line, sizeof line, &ask, "alice",
					       "secret");
	send_ask(stage, &again, credentials);
	assert_int_equal(status_of(stage), 200);
	send_ask(stage, &later, credentials);
	assert_int_equal(status_of(stage), 401);
	assert_non_null(strstr(stage->answer.bytes, "stale=true"));
	assert_int_equal(counter_value(stage, "wrong_passwords"), 0);
	close_stage(stage);
}

static void old_credentials_are_stale_and_no_failure(void **state)
{
	struct stage *stage = open_stage(conf);
	const struct ask ask = { .cseq = 1 }, again = { .cseq = 2 };
	char line[1024];

	(void)state;
	send_ask(stage, &ask, BEL_STR_NONE);
	bel_str credentials = answer_challenge(stage, line, sizeof line, &ask, "alice",
					       "secret");
	run_for(stage, 400000);
	send_ask(stage, &again, credentials);
	assert_int_equal(status_of(stage), 401);
	assert_non_null(strstr(stage->answer.bytes, "stale=true"));
	assert_int_equal(counter_value(stage, "wrong_passwords"), 0);
	close_stage(stage);
}

static void the_tenth_wrong_password_silences_a_source(void **state)
{
	struct stage *stage = open_stage(conf);
	unsigned tries = 0;

	(void)state;
	while (tries < 50) {
		const struct ask ask = { .cseq = 1 + 2 * tries };
		send_ask(stage, &ask, BEL_STR_NONE);
		if (!stage->answer.count)
			break;
		ask_as(stage, &ask, "alice", "guess");
		tries++;
	}
	assert_int_equal(tries, 10);
	assert_int_equal(counter_value(stage, "bans"), 1);
	assert_non_null(strstr(stage->records, "banned after too many wrong passwords"));
	run_for(stage, 3600 * 1000);
	assert_int_equal(ask_as(stage, &(struct ask){ .cseq = 200 }, "alice", "secret"),
			 200);
	close_stage(stage);
}

static void an_office_is_not_banned_for_one_of_its_phones(void **state)
{
	struct stage *stage = open_stage(conf);

	(void)state;
	assert_int_equal(ask_as(stage, &(struct ask){ .cseq = 1 }, "alice", "secret"),
			 200);
	for (unsigned i = 0; i < 15; i++) {
		const struct ask ask = { .from = "sip:bob@example.com",
					 .to = "sip:bob@example.com",
					 .call_id = "bob",
					 .cseq = 10 + 2 * i };
		assert_int_equal(ask_as(stage, &ask, "bob", "guess"), 401);
	}
	/* bob is refused there now, whatever he says; alice is not */
	const struct ask right = { .from = "sip:bob@example.com",
				   .to = "sip:bob@example.com",
				   .call_id = "bob",
				   .cseq = 100 };
	assert_int_equal(ask_as(stage, &right, "bob", "secret"), 401);
	assert_int_equal(ask_as(stage, &(struct ask){ .cseq = 200 }, "alice", "secret"),
			 200);
	close_stage(stage);
}

static void nobody_speaks_in_the_name_of_another(void **state)
{
	struct stage *stage = open_stage(conf);
	const struct ask as_bob = { .method = "INVITE",
				    .uri = "sip:alice@example.com",
				    .from = "sip:bob@example.com",
				    .cseq = 1 };
	const struct ask for_bob = { .to = "sip:bob@example.com", .cseq = 1 };

	(void)state;
	assert_int_equal(ask_as(stage, &as_bob, "alice", "secret"), 403);
	assert_int_equal(ask_as(stage, &for_bob, "alice", "secret"), 403);
	assert_int_equal(stage->other.count, 0);
	assert_int_equal(counter_value(stage, "bindings"), 0);
	close_stage(stage);
}

static void while_draining_strangers_are_not_answered_for_ever(void **state)
{
	struct stage *stage = open_stage(conf);
	const struct ask ask = { .method = "INVITE", .uri = "sip:100@example.org" };

	(void)state;
	bel_node_drain(stage->node);
	send_ask(stage, &ask, BEL_STR_NONE);
	assert_int_equal(status_of(stage), 503);
	assert_non_null(strstr(stage->answer.bytes, "Retry-After: "));
	assert_int_equal(count_answers(stage, &ask, 30), 9);
	close_stage(stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unknown_users_look_like_known_ones),
		cmocka_unit_test(scanners_find_nothing),
		cmocka_unit_test(who_names_no_domain_of_ours_is_soon_left_alone),
		cmocka_unit_test(malformed_requests_are_answered_as_rarely),
		cmocka_unit_test(an_ack_is_never_answered),
		cmocka_unit_test(the_ack_of_a_refusal_is_swallowed),
		cmocka_unit_test(the_ack_of_a_refusal_is_swallowed_without_a_branch),
		cmocka_unit_test(a_user_with_his_password_registers_and_calls),
		cmocka_unit_test(credentials_count_once),
		cmocka_unit_test(old_credentials_are_stale_and_no_failure),
		cmocka_unit_test(the_tenth_wrong_password_silences_a_source),
		cmocka_unit_test(an_office_is_not_banned_for_one_of_its_phones),
		cmocka_unit_test(nobody_speaks_in_the_name_of_another),
		cmocka_unit_test(while_draining_strangers_are_not_answered_for_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
