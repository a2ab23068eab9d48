/* SPDX-License-Identifier: Apache-2.0
 * Who was called before us. */
#include "support/support.h"

#include "call/call.h"

struct read {
	struct bel_arena arena;
	struct bel_sip_msg msg;
	struct bel_call_diversion found[BEL_CALL_DIVERSIONS_MAX];
	unsigned count;
};

/* An INVITE with these lines. */
static void invite(struct read *read, const char *lines)
{
	static char text[8192];
	struct bel_writer writer = bel_writer_init(text, sizeof text);
	struct bel_sip_refusal why;

	bel_write_lit(&writer,
		      "INVITE sip:carol@c.test SIP/2.0\r\n"
		      "Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKx\r\n"
		      "From: <sip:alice@a.test>;tag=1\r\nTo: <sip:bob@b.test>\r\n"
		      "Call-ID: x\r\nCSeq: 1 INVITE\r\nMax-Forwards: 70\r\n"
		      "Contact: <sip:alice@192.0.2.9>\r\n");
	bel_write_str(&writer, bel_str_from(lines));
	bel_write_lit(&writer, "Content-Length: 0\r\n\r\n");
	assert_false(writer.is_full);
	bel_arena_init(&read->arena, NULL, 0, 1 << 20);
	assert_int_equal(
		bel_sip_parse(&read->msg, &read->arena, bel_writer_str(&writer), &why),
		BEL_OK);
	read->count = bel_call_diversions(read->found, &read->msg);
}

static void assert_diversion(const struct read *read, unsigned index, const char *uri,
			     const char *reason)
{
	const struct bel_call_diversion *found = &read->found[index];

	assert_true(index < read->count);
	if (!bel_str_is_equal(found->uri, bel_str_from(uri)) ||
	    !bel_str_is_equal(found->reason, bel_str_from(reason)))
		fail_msg("%.*s %.*s", BEL_STR_ARG(found->uri),
			 BEL_STR_ARG(found->reason));
}

static void a_call_that_came_straight_has_none(void **state)
{
	struct read read;

	(void)state;
	invite(&read, "");
	assert_int_equal(read.count, 0);
	bel_arena_fini(&read.arena);
}

/* RFC 5806 section 5.1: the newest on top. */
static void diversions_are_read_newest_first(void **state)
{
	struct read read;

	(void)state;
	invite(&read, "Diversion: \"Bob, of sales\" <sip:bob@b.test>;reason=user-busy"
		      ";counter=1, <sip:dave@d.test>;reason=\"no-answer\"\r\n"
		      "Diversion: <tel:+49301234>;privacy=off\r\n");
	assert_int_equal(read.count, 3);
	assert_diversion(&read, 0, "sip:bob@b.test", "user-busy");
	assert_true(bel_str_is_equal(read.found[0].display, BEL_STR("Bob, of sales")));
	assert_diversion(&read, 1, "sip:dave@d.test", "no-answer");
	assert_diversion(&read, 2, "tel:+49301234", "unknown");
	bel_arena_fini(&read.arena);
}

/* As in RFC 7044 section 10.2: the reason stands at the entry that was left. */
static void reasons_of_a_history_are_read(void **state)
{
	struct read read;

	(void)state;
	invite(&read, "History-Info: <sip:bob@b.test>;index=1\r\n"
		      "History-Info: "
		      "<sip:bob@192.0.2.4?Reason=SIP%3Bcause%3D302>;index=1.1;rc=1,"
		      " <sip:office@b.test?Privacy=none&reason=SIP%3Bcause%3D486%3Btext%"
		      "3D%22Busy%"
		      "22>;index=1.2;mp=1\r\n"
		      "History-Info: <sip:carol@c.test>;index=1.3;mp=1.2\r\n");
	assert_int_equal(read.count, 3);
	assert_diversion(&read, 0, "sip:office@b.test", "user-busy");
	assert_diversion(&read, 1, "sip:bob@192.0.2.4", "unconditional");
	/* Mapped to the office, and nobody says why. */
	assert_diversion(&read, 2, "sip:bob@b.test", "unknown");
	bel_arena_fini(&read.arena);
}

/* RFC 4458 section 2: the URI of a service says why it is called. */
static void the_cause_of_a_service_is_the_reason(void **state)
{
	static const struct {
		const char *cause, *reason;
	} rows[] = {
		{ "302", "unconditional" }, { "404", "unavailable" },
		{ "408", "no-answer" },     { "480", "deflection" },
		{ "486", "user-busy" },     { "487", "deflection" },
		{ "503", "unavailable" },   { "999", "unknown" },
		{ "1000", "unknown" },      { "x", "unknown" },
	};

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		char lines[256];
		struct read read;
		snprintf(lines, sizeof lines,
			 "History-Info: <sip:bob@b.test>;index=1, "
			 "<sip:vm@b.test;target=sip:bob%%40b.test;cause=%s>;index=2;mp=1"
			 "\r\n",
			 rows[i].cause);
		invite(&read, lines);
		assert_int_equal(read.count, 1);
		assert_diversion(&read, 0, "sip:bob@b.test", rows[i].reason);
		bel_arena_fini(&read.arena);
	}
}

static void what_is_no_entry_is_passed_over(void **state)
{
	struct read read;

	(void)state;
	invite(&read, "Diversion: ,,nonsense\r\n"
		      "History-Info: <sip:bob@b.test?Reason>;index=1, <<<\r\n"
		      "History-Info: <sip:eve@b.test?Reason=%3Bcause%3D>;index=1.1\r\n"
		      "History-Info: <sip:dave@d.test?Reason=SIP%3Bcause%3D408>\r\n");
	assert_int_equal(read.count, 1);
	assert_diversion(&read, 0, "sip:dave@d.test", "no-answer");
	bel_arena_fini(&read.arena);
}

static void of_very_many_the_newest_are_told(void **state)
{
	char lines[4096];
	struct bel_writer writer = bel_writer_init(lines, sizeof lines - 1);
	struct read read;

	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		bel_write_lit(&writer, "Diversion: <sip:u");
		bel_write_u64(&writer, i);
		bel_write_lit(&writer, "@b.test>\r\n");
	}
	lines[writer.len] = '\0';
	invite(&read, lines);
	assert_int_equal(read.count, BEL_CALL_DIVERSIONS_MAX);
	assert_diversion(&read, 0, "sip:u0@b.test", "unknown");
	bel_arena_fini(&read.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_call_that_came_straight_has_none),
		cmocka_unit_test(diversions_are_read_newest_first),
		cmocka_unit_test(reasons_of_a_history_are_read),
		cmocka_unit_test(the_cause_of_a_service_is_the_reason),
		cmocka_unit_test(what_is_no_entry_is_passed_over),
		cmocka_unit_test(of_very_many_the_newest_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
