/* SPDX-License-Identifier: Apache-2.0 */
#include "support/support.h"

#include "dialog/dialog.h"

static struct bel_arena arena;
static struct bel_sip_msg message;

static int setup(void **state)
{
	(void)state;
	bel_arena_init(&arena, NULL, 0, 1 << 20);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	bel_arena_fini(&arena);
	return 0;
}

static struct bel_sip_msg *parse(const char *text)
{
	struct bel_sip_refusal why;

	assert_int_equal(bel_sip_parse(&message, &arena,
				       bel_arena_copy(&arena, bel_str_from(text)), &why),
			 BEL_OK);
	assert_int_equal(bel_sip_validate(&message, &why), BEL_OK);
	return &message;
}

#define RESPONSE(status, tag, more)                                                      \
	"SIP/2.0 " status "\r\n"                                                         \
	"Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\n"                                 \
	"From: \"Alice\" <sip:alice@a.test>;tag=a1\r\n"                                  \
	"To: <sip:bob@b.test>" tag "\r\n"                                                \
	"Call-ID: one\r\n"                                                               \
	"CSeq: 7 INVITE\r\n" more "Content-Length: 0\r\n\r\n"

#define REQUEST(method, number, from, to, more)                                          \
	method " sip:alice@192.0.2.1 SIP/2.0\r\n"                                        \
	       "Via: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK2\r\n"                          \
	       "Max-Forwards: 70\r\n"                                                    \
	       "From: <sip:bob@b.test>" from "\r\n"                                      \
	       "To: \"Alice\" <sip:alice@a.test>" to "\r\n"                              \
	       "Call-ID: one\r\n"                                                        \
	       "CSeq: " number " " method "\r\n" more "Content-Length: 0\r\n\r\n"

static void begin(struct bel_dialog *dialog)
{
	assert_int_equal(
		bel_dialog_init(
			dialog,
			&(struct bel_dialog_opts){
				.arena = &arena,
				.call_id = BEL_STR("one"),
				.local = BEL_STR("\"Alice\" <sip:alice@a.test>;tag=a1"),
				.local_tag = BEL_STR("a1"),
				.remote = BEL_STR("<sip:bob@b.test>"),
				.target = BEL_STR("sip:bob@b.test"),
				.cseq = 7,
			}),
		BEL_OK);
}

static bel_str lines_of(const struct bel_dialog *dialog, struct bel_dialog_way *way)
{
	static char buf[4096];
	struct bel_writer lines = bel_writer_init(buf, sizeof buf);

	bel_dialog_write(&lines, way, dialog);
	assert_false(lines.is_full);
	return bel_writer_str(&lines);
}

static void the_first_request_goes_to_its_target(void **state)
{
	struct bel_dialog dialog;
	struct bel_dialog_way way;

	(void)state;
	begin(&dialog);
	assert_str(lines_of(&dialog, &way),
		   "From: \"Alice\" <sip:alice@a.test>;tag=a1\r\n"
		   "To: <sip:bob@b.test>\r\n"
		   "Call-ID: one\r\n");
	assert_str(way.uri, "sip:bob@b.test");
	assert_str(way.next_hop, "sip:bob@b.test");
	assert_int_equal(bel_dialog_next_cseq(&dialog), 8);
}

static void a_2xx_gives_tag_target_and_the_routes_backwards(void **state)
{
	struct bel_dialog dialog;
	struct bel_dialog_way way;

	(void)state;
	begin(&dialog);
	assert_int_equal(
		bel_dialog_on_response(
			&dialog,
			parse(RESPONSE(
				"200 OK", ";tag=b1",
				"Record-Route: <sip:p2.test;lr>, <sip:p1.test;lr>\r\n"
				"Record-Route: <sip:p0.test;lr>\r\n"
				"Contact: <sip:bob@192.0.2.2>\r\n"))),
		BEL_OK);
	assert_int_equal(dialog.state, BEL_DIALOG_CONFIRMED);
	assert_str(lines_of(&dialog, &way),
		   "Route: <sip:p0.test;lr>, <sip:p1.test;lr>, <sip:p2.test;lr>\r\n"
		   "From: \"Alice\" <sip:alice@a.test>;tag=a1\r\n"
		   "To: <sip:bob@b.test>;tag=b1\r\n"
		   "Call-ID: one\r\n");
	assert_str(way.uri, "sip:bob@192.0.2.2");
	assert_str(way.next_hop, "sip:p0.test;lr");
}

static void the_routes_of_the_2xx_replace_those_of_the_180(void **state)
{
	struct bel_dialog dialog;
	struct bel_dialog_way way;

	(void)state;
	begin(&dialog);
	assert_int_equal(
		bel_dialog_on_response(&dialog,
				       parse(RESPONSE("180 Ringing", ";tag=b1",
						      "Record-Route: <sip:p.test;lr>\r\n"
						      "Contact: <sip:early@192.0.2.2>"
						      "\r\n"))),
		BEL_OK);
	assert_int_equal(dialog.state, BEL_DIALOG_EARLY);
	assert_int_equal(bel_dialog_on_response(
				 &dialog, parse(RESPONSE("200 OK", ";tag=b1",
							 "Contact: <sip:late@192.0.2.2>"
							 "\r\n"))),
			 BEL_OK);
	lines_of(&dialog, &way);
	assert_str(way.next_hop, "sip:late@192.0.2.2");
	/* A 2xx that comes again must not unsettle it. */
	assert_int_equal(
		bel_dialog_on_response(&dialog,
				       parse(RESPONSE("200 OK", ";tag=b1",
						      "Record-Route: <sip:x.test;lr>\r\n"
						      "Contact: <sip:late@192.0.2.2>"
						      "\r\n"))),
		BEL_OK);
	lines_of(&dialog, &way);
	assert_str(way.next_hop, "sip:late@192.0.2.2");
}

static void an_answer_of_another_branch_is_another_dialog(void **state)
{
	struct bel_dialog dialog, other, trying;

	(void)state;
	begin(&dialog);
	trying = dialog;
	bel_dialog_on_response(&dialog, parse(RESPONSE("180 Ringing", ";tag=b1", "")));
	struct bel_sip_msg *late = parse(
		RESPONSE("200 OK", ";tag=b2", "Contact: <sip:bob@192.0.2.3>\r\n"));
	assert_int_equal(bel_dialog_on_response(&dialog, late), BEL_ERR_MISMATCH);
	assert_int_equal(bel_dialog_fork(&other, &arena, &trying), BEL_OK);
	assert_int_equal(bel_dialog_on_response(&other, late), BEL_OK);
	assert_str(other.remote_tag, "b2");
	assert_str(dialog.remote_tag, "b1");
}

static void a_2xx_without_a_contact_cannot_be_used(void **state)
{
	struct bel_dialog dialog;

	(void)state;
	begin(&dialog);
	assert_int_equal(
		bel_dialog_on_response(&dialog, parse(RESPONSE("200 OK", ";tag=b1", ""))),
		BEL_ERR_SYNTAX);
	assert_int_equal(dialog.state, BEL_DIALOG_TRYING);
}

static void a_peer_of_rfc_2543_gives_no_tag(void **state)
{
	struct bel_dialog dialog;

	(void)state;
	begin(&dialog);
	assert_int_equal(bel_dialog_on_response(
				 &dialog, parse(RESPONSE("200 OK", "",
							 "Contact: <sip:bob@192.0.2.2>"
							 "\r\n"))),
			 BEL_OK);
	assert_int_equal(dialog.remote_tag.len, 0);
	assert_true(bel_dialog_is_match(&dialog,
					parse(REQUEST("BYE", "1", "", ";tag=a1", ""))));
}

static void the_callee_keeps_the_routes_in_order(void **state)
{
	struct bel_dialog dialog;
	struct bel_dialog_way way;

	(void)state;
	assert_int_equal(
		bel_dialog_accept(&dialog, &arena,
				  parse(REQUEST("INVITE", "5", ";tag=b1", "",
						"Record-Route: <sip:p1.test;lr>\r\n"
						"Record-Route: <sip:p0.test;lr>\r\n"
						"Contact: <sip:bob@192.0.2.2>\r\n")),
				  BEL_STR("a9")),
		BEL_OK);
	assert_int_equal(dialog.state, BEL_DIALOG_TRYING);
	assert_true(bel_dialog_move(&dialog, BEL_DIALOG_SUCCESS));
	assert_str(lines_of(&dialog, &way),
		   "Route: <sip:p1.test;lr>, <sip:p0.test;lr>\r\n"
		   "From: \"Alice\" <sip:alice@a.test>;tag=a9\r\n"
		   "To: <sip:bob@b.test>;tag=b1\r\n"
		   "Call-ID: one\r\n");
	assert_str(way.uri, "sip:bob@192.0.2.2");
	assert_int_equal(bel_dialog_next_cseq(&dialog), 1);
}

static void a_strict_router_stands_in_the_request_uri(void **state)
{
	struct bel_dialog dialog;
	struct bel_dialog_way way;

	(void)state;
	begin(&dialog);
	bel_dialog_on_response(&dialog,
			       parse(RESPONSE("200 OK", ";tag=b1",
					      "Record-Route: <sip:p1.test;lr>\r\n"
					      "Record-Route: <sip:old.test>\r\n"
					      "Contact: <sip:bob@192.0.2.2>\r\n")));
	assert_str(bel_str_slice(lines_of(&dialog, &way), 0, 45),
		   "Route: <sip:p1.test;lr>, <sip:bob@192.0.2.2>\r");
	assert_str(way.uri, "sip:old.test");
	assert_str(way.next_hop, "sip:old.test");
}

static void requests_come_in_order(void **state)
{
	struct bel_dialog dialog;

	(void)state;
	bel_dialog_accept(&dialog, &arena,
			  parse(REQUEST("INVITE", "5", ";tag=b1", "",
					"Contact: <sip:bob@192.0.2.2>\r\n")),
			  BEL_STR("a9"));
	assert_int_equal(bel_dialog_take(&dialog, parse(REQUEST("INFO", "9", ";tag=b1",
								";tag=a9", ""))),
			 0);
	assert_int_equal(bel_dialog_take(&dialog, parse(REQUEST("INFO", "8", ";tag=b1",
								";tag=a9", ""))),
			 500);
	assert_int_equal(bel_dialog_take(&dialog, parse(REQUEST("ACK", "5", ";tag=b1",
								";tag=a9", ""))),
			 0);
	assert_int_equal(dialog.remote_cseq, 9);
}

static void tags_and_call_id_say_whose_it_is(void **state)
{
	struct bel_dialog dialog;

	(void)state;
	bel_dialog_accept(&dialog, &arena,
			  parse(REQUEST("INVITE", "5", ";tag=b1", "",
					"Contact: <sip:bob@192.0.2.2>\r\n")),
			  BEL_STR("a9"));
	assert_true(bel_dialog_is_match(
		&dialog, parse(REQUEST("BYE", "6", ";tag=b1", ";tag=a9", ""))));
	assert_false(bel_dialog_is_match(
		&dialog, parse(REQUEST("BYE", "6", ";tag=b1", ";tag=A9", ""))));
	assert_false(bel_dialog_is_match(
		&dialog, parse(REQUEST("BYE", "6", ";tag=b2", ";tag=a9", ""))));
	assert_false(bel_dialog_is_match(&dialog,
					 parse(REQUEST("BYE", "6", "", ";tag=a9", ""))));
}

static void targets_move_without_using_memory_up(void **state)
{
	struct bel_dialog dialog;
	struct bel_sip_msg *msg;
	size_t used;

	(void)state;
	begin(&dialog);
	bel_dialog_on_response(
		&dialog,
		parse(RESPONSE("200 OK", ";tag=b1", "Contact: <sip:bob@192.0.2.2>\r\n")));
	msg = parse(REQUEST("UPDATE", "1", ";tag=b1", ";tag=a1",
			    "Contact: <sip:bob@192.0.2.7>\r\n"));
	used = arena.used;
	for (unsigned i = 0; i < 10000; i++) {
		bel_dialog_refresh(&dialog, msg);
		dialog.target = bel_str_slice(dialog.target, 0, dialog.target.len - 1);
	}
	bel_dialog_refresh(&dialog, msg);
	assert_str(dialog.target, "sip:bob@192.0.2.7");
	assert_int_equal(arena.used, used);
	bel_dialog_refresh(&dialog, parse(REQUEST("UPDATE", "2", ";tag=b1", ";tag=a1",
						  "Contact: <tel:+491>\r\n")));
	assert_str(dialog.target, "sip:bob@192.0.2.7");
}

/* RFC 3261 section 19.1.1: a Request-URI has none, and the peer would refuse it. */
static void headers_of_a_contact_are_left_out(void **state)
{
	struct bel_dialog dialog;

	(void)state;
	begin(&dialog);
	bel_dialog_on_response(
		&dialog,
		parse(RESPONSE("200 OK", ";tag=b1",
			       "Contact: <sip:bob@192.0.2.2;x=1?Subject=y>\r\n")));
	assert_str(dialog.target, "sip:bob@192.0.2.2;x=1");
	bel_dialog_refresh(&dialog,
			   parse(REQUEST("UPDATE", "1", ";tag=b1", ";tag=a1",
					 "Contact: <sip:bob@192.0.2.7?a=b>\r\n")));
	assert_str(dialog.target, "sip:bob@192.0.2.7");
}

static void replaces_names_it_as_the_other_side_does(void **state)
{
	struct bel_dialog dialog;
	char buf[128];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	(void)state;
	begin(&dialog);
	bel_dialog_on_response(
		&dialog,
		parse(RESPONSE("200 OK", ";tag=b1", "Contact: <sip:bob@192.0.2.2>\r\n")));
	bel_dialog_write_replaces(&writer, &dialog);
	assert_str(bel_writer_str(&writer), "one;to-tag=b1;from-tag=a1");
}

/* Whatever comes in whatever order: never back from confirmed to early, and what is over
 * stays over. */
static void random_events_keep_the_promises(void **state)
{
	struct bel_dialog dialog = { .state = BEL_DIALOG_TRYING };
	uint64_t random = 1;
	unsigned ends = 0;

	(void)state;
	for (unsigned i = 0; i < 10 * 1000 * 1000; i++) {
		random = random * 6364136223846793005u + 1442695040888963407u;
		enum bel_dialog_event event = (enum bel_dialog_event)(
			(random >> 33) % BEL_DIALOG_EVENT_COUNT);
		enum bel_dialog_state before = dialog.state;
		bool has_moved = bel_dialog_move(&dialog, event);
		assert_true(has_moved || dialog.state == before);
		assert_true(dialog.state >= before);
		if (before == BEL_DIALOG_OVER)
			assert_false(has_moved);
		else if (event == BEL_DIALOG_GONE)
			assert_int_equal(dialog.state, BEL_DIALOG_OVER);
		if (before == BEL_DIALOG_CONFIRMED && event == BEL_DIALOG_REFUSED)
			assert_int_equal(dialog.state, BEL_DIALOG_CONFIRMED);
		if (dialog.state == BEL_DIALOG_OVER && (random >> 60) == 0) {
			dialog.state = BEL_DIALOG_TRYING;
			ends++;
		}
	}
	assert_true(ends > 10000);
}

/* It would be written into the Route of all that follows. */
static void a_record_route_that_is_no_sip_uri_is_refused(void **state)
{
	struct bel_dialog dialog;

	(void)state;
	assert_int_equal(
		bel_dialog_accept(
			&dialog, &arena,
			parse("INVITE sip:b@b.test SIP/2.0\r\n"
			      "Via: SIP/2.0/UDP a.test;branch=z9hG4bKx\r\n"
			      "From: <sip:a@a.test>;tag=a\r\nTo: <sip:b@b.test>\r\n"
			      "Call-ID: c\r\nCSeq: 1 INVITE\r\nMax-Forwards: 70\r\n"
			      "Contact: <sip:a@a.test>\r\n"
			      "Record-Route: <sip:p.test;lr>, <mailto:p@p.test>\r\n\r\n"),
			BEL_STR("b")),
		BEL_ERR_SYNTAX);
}

static void every_arena_that_is_too_small_is_an_error(void **state)
{
	(void)state;
	for (size_t budget = 0; budget < 64; budget++) {
		struct bel_dialog dialog = { .local_cseq = 99 };
		struct bel_arena small;
		char block[64];
		bel_arena_init(&small, block, budget, 0);
		assert_int_equal(
			bel_dialog_accept(&dialog, &small,
					  parse(REQUEST("INVITE", "5", ";tag=b1", "",
							"Contact: <sip:bob@192.0.2.2>"
							"\r\n")),
					  BEL_STR("a9")),
			BEL_ERR_SPACE);
		assert_int_equal(dialog.local_cseq, 99);
	}
}

/* Every row of the machine, as a story. */
static void a_dialog_lives_and_ends(void **state)
{
	static const struct {
		enum bel_dialog_state from;
		enum bel_dialog_event event;
		enum bel_dialog_state to;
	} rows[] = {
		{ BEL_DIALOG_TRYING, BEL_DIALOG_PROVISIONAL, BEL_DIALOG_EARLY },
		{ BEL_DIALOG_TRYING, BEL_DIALOG_SUCCESS, BEL_DIALOG_CONFIRMED },
		{ BEL_DIALOG_TRYING, BEL_DIALOG_REFUSED, BEL_DIALOG_OVER },
		{ BEL_DIALOG_TRYING, BEL_DIALOG_GONE, BEL_DIALOG_OVER },
		{ BEL_DIALOG_EARLY, BEL_DIALOG_PROVISIONAL, BEL_DIALOG_EARLY },
		{ BEL_DIALOG_EARLY, BEL_DIALOG_SUCCESS, BEL_DIALOG_CONFIRMED },
		{ BEL_DIALOG_EARLY, BEL_DIALOG_REFUSED, BEL_DIALOG_OVER },
		{ BEL_DIALOG_EARLY, BEL_DIALOG_GONE, BEL_DIALOG_OVER },
		{ BEL_DIALOG_CONFIRMED, BEL_DIALOG_PROVISIONAL, BEL_DIALOG_NONE },
		{ BEL_DIALOG_CONFIRMED, BEL_DIALOG_SUCCESS, BEL_DIALOG_CONFIRMED },
		{ BEL_DIALOG_CONFIRMED, BEL_DIALOG_REFUSED, BEL_DIALOG_NONE },
		{ BEL_DIALOG_CONFIRMED, BEL_DIALOG_GONE, BEL_DIALOG_OVER },
	};

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++)
		assert_int_equal(bel_dialog_step(rows[i].from, rows[i].event),
				 rows[i].to);
	for (int event = 0; event < BEL_DIALOG_EVENT_COUNT; event++)
		assert_int_equal(
			bel_dialog_step(BEL_DIALOG_OVER, (enum bel_dialog_event)event),
			BEL_DIALOG_NONE);
}

static void refusals_end_what_rfc_5057_says(void **state)
{
	(void)state;
	assert_int_equal(bel_dialog_effect(481), BEL_DIALOG_USAGE);
	assert_int_equal(bel_dialog_effect(408), BEL_DIALOG_USAGE);
	assert_int_equal(bel_dialog_effect(404), BEL_DIALOG_ALL);
	assert_int_equal(bel_dialog_effect(604), BEL_DIALOG_ALL);
	assert_int_equal(bel_dialog_effect(486), BEL_DIALOG_TRANSACTION);
	assert_int_equal(bel_dialog_effect(491), BEL_DIALOG_TRANSACTION);
	assert_int_equal(bel_dialog_effect(499), BEL_DIALOG_TRANSACTION);
	assert_int_equal(bel_dialog_effect(500), BEL_DIALOG_TRANSACTION);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_first_request_goes_to_its_target,
						setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_2xx_gives_tag_target_and_the_routes_backwards, setup, teardown),
		cmocka_unit_test_setup_teardown(
			the_routes_of_the_2xx_replace_those_of_the_180, setup, teardown),
		cmocka_unit_test_setup_teardown(
			an_answer_of_another_branch_is_another_dialog, setup, teardown),
		cmocka_unit_test_setup_teardown(a_2xx_without_a_contact_cannot_be_used,
						setup, teardown),
		cmocka_unit_test_setup_teardown(a_peer_of_rfc_2543_gives_no_tag, setup,
						teardown),
		cmocka_unit_test_setup_teardown(the_callee_keeps_the_routes_in_order,
						setup, teardown),
		cmocka_unit_test_setup_teardown(a_strict_router_stands_in_the_request_uri,
						setup, teardown),
		cmocka_unit_test_setup_teardown(requests_come_in_order, setup, teardown),
		cmocka_unit_test_setup_teardown(tags_and_call_id_say_whose_it_is, setup,
						teardown),
		cmocka_unit_test_setup_teardown(targets_move_without_using_memory_up,
						setup, teardown),
		cmocka_unit_test_setup_teardown(headers_of_a_contact_are_left_out, setup,
						teardown),
		cmocka_unit_test_setup_teardown(replaces_names_it_as_the_other_side_does,
						setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_record_route_that_is_no_sip_uri_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(every_arena_that_is_too_small_is_an_error,
						setup, teardown),
		cmocka_unit_test(a_dialog_lives_and_ends),
		cmocka_unit_test(random_events_keep_the_promises),
		cmocka_unit_test(refusals_end_what_rfc_5057_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
