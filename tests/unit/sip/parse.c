/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/sip/sip_support.h"
#include "sip/parse.h"

static void start_lines_are_cut_at_single_blanks(void **state)
{
	struct sample *sample = sample_with("");

	(void)state;
	assert_int_equal(sample->err, BEL_OK);
	assert_true(sample->msg.is_request);
	assert_int_equal(sample->msg.method, BEL_SIP_INVITE);
	assert_str(sample->msg.uri_text, "sip:bob@example.com");
	assert_str(sample->msg.version, "SIP/2.0");
	sample_free(sample);
	sample = sample_new(BEL_STR("SIP/2.0 486 Busy  Here\r\n" VIA REST "\r\n"));
	assert_int_equal(sample->err, BEL_OK);
	assert_int_equal(sample->msg.status, 486);
	assert_str(sample->msg.reason, "Busy  Here");
	sample_free(sample);
	sample = sample_new(BEL_STR("SIP/2.0 180\r\n" VIA REST "\r\n"));
	assert_int_equal(sample->err, BEL_OK);
	assert_int_equal(sample->msg.reason.len, 0);
	sample_free(sample);
}

static void what_is_no_sip_is_dropped(void **state)
{
	static const char *const texts[] = {
		"",
		"\r\n",
		"\r\n\r\n\r\n",
		"INVITE",
		"INVITE sip:a@b SIP/2.0",
		"GET / HTTP/1.1\r\n\r\n",
		"\x80\x01\x02\r\n",
		"SIP/2.0\r\n\r\n",
		"SIP/2.0 99 x\r\n\r\n",
		"SIP/2.0 700 x\r\n\r\n",
		"SIP/2.0 2000 x\r\n\r\n",
		"SIP/3.0 200 OK\r\n\r\n",
		"SIP/2.0 +20 OK\r\n\r\n",
		"IN\"VITE sip:a@b SIP/2.0\r\n\r\n",
		" sip:a@b SIP/2.0\r\n\r\n",
		"ACK sip:a@b SIP/2.0\r\n\r\n",
	};

	(void)state;
	for (unsigned i = 0; i < BEL_COUNT_OF(texts); i++) {
		struct sample *sample = sample_new(bel_str_from(texts[i]));
		if (!sample->err || sample->why.status)
			fail_msg("not dropped: %s", texts[i]);
		assert_false(bel_sip_can_respond(&sample->msg));
		sample_free(sample);
	}
}

static void empty_lines_in_front_are_skipped(void **state)
{
	struct sample *sample = sample_new(
		BEL_STR("\r\n\r\n\nINVITE sip:b@c SIP/2.0\r\n" VIA REST "\r\n"));

	(void)state;
	assert_int_equal(sample->err, BEL_OK);
	assert_str(sample->msg.method_text, "INVITE");
	sample_free(sample);
}

static void headers_have_any_case_compact_forms_folds_and_tabs(void **state)
{
	struct sample *sample = sample_new(BEL_STR(
		"INVITE sip:b@c SIP/2.0\r\nv\t:\r\n\t SIP/2.0/UDP a;branch=z9hG4bK1\r\n"
		"VIA: SIP/2.0/TCP b;branch=z9hG4bK2, SIP/2.0/TLS c;branch=z9hG4bK3\r\n"
		"f: <sip:a@b>;\r\n tag=1\r\nT:<sip:c@d>\r\nI: "
		"x\r\ncseq:1\tINVITE\r\nX-Y: a\r\n  b \r\n"
		"k:a, b ,c\r\nSupported: d\r\nSupported:\r\n\r\n"));
	struct bel_sip_values values;
	static const char *const tokens[] = { "a", "b", "c", "d" };
	bel_str value;

	(void)state;
	assert_int_equal(sample->err, BEL_OK);
	assert_int_equal(bel_sip_vias_count(&sample->msg), 3);
	assert_str(bel_sip_via(&sample->msg)->branch, "z9hG4bK1");
	assert_str(bel_sip_from(&sample->msg)->tag, "1");
	assert_str(bel_sip_value_named(&sample->msg, BEL_STR("x-y")), "a\r\n  b");
	assert_true(bel_sip_field_first(&sample->msg, BEL_SIP_H_OTHER)->is_folded);
	bel_sip_values_init(&values, &sample->msg, BEL_SIP_H_SUPPORTED);
	for (unsigned i = 0; i < 4; i++) {
		assert_true(bel_sip_values_next(&value, &values));
		assert_str(value, tokens[i]);
	}
	assert_false(bel_sip_values_next(&value, &values));
	assert_true(bel_sip_has_token(&sample->msg, BEL_SIP_H_SUPPORTED, BEL_STR("C")));
	assert_false(bel_sip_has_token(&sample->msg, BEL_SIP_H_SUPPORTED, BEL_STR("e")));
	sample_free(sample);
}

static void lines_may_end_with_a_bare_line_feed(void **state)
{
	struct sample *sample = sample_new(
		BEL_STR("INVITE sip:b@c SIP/2.0\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\n"
			"From: <sip:a@b>;tag=1\nTo: <sip:c@d>\nCall-ID: x\nCSeq: 1 "
			"INVITE\n\nbody"));

	(void)state;
	assert_int_equal(sample->err, BEL_OK);
	assert_str(bel_sip_body(&sample->msg), "body");
	sample_free(sample);
}

static void a_field_is_found_again_byte_for_byte(void **state)
{
	struct sample *sample = sample_with("X-A :  1 \r\nx-a: 2\r\n");
	const struct bel_sip_field *field = bel_sip_field_first(&sample->msg,
								BEL_SIP_H_OTHER);

	(void)state;
	assert_str(bel_sip_field_name(&sample->msg, field), "X-A");
	assert_str(bel_sip_field_value(&sample->msg, field), "1");
	assert_str(bel_sip_field_line(&sample->msg, field), "X-A :  1 \r\n");
	field = bel_sip_field_next(&sample->msg, field);
	assert_str(bel_sip_field_line(&sample->msg, field), "x-a: 2\r\n");
	assert_null(bel_sip_field_next(&sample->msg, field));
	assert_str(bel_sip_value_named(&sample->msg, BEL_STR("call-id")),
		   "c@example.com");
	assert_null(bel_sip_value(&sample->msg, BEL_SIP_H_ROUTE).ptr);
	sample_free(sample);
}

/* What is wrong, the answer, and the field that is named. */
static void every_fault_has_its_refusal(void **state)
{
	static const struct {
		const char *lines;
		uint16_t status;
		enum bel_sip_header header;
	} rows[] = {
		{ "Content-Length: 1\r\n", 400, BEL_SIP_H_CONTENT_LENGTH },
		{ "Content-Length: -1\r\n", 400, BEL_SIP_H_CONTENT_LENGTH },
		{ "Content-Length: 18446744073709551616\r\n", 400,
		  BEL_SIP_H_CONTENT_LENGTH },
		{ "Content-Length:\r\n", 400, BEL_SIP_H_CONTENT_LENGTH },
		{ "Subject: a\rb\r\n", 400, BEL_SIP_H_SUBJECT },
		{ "Subject: a\x01\r\n", 400, BEL_SIP_H_SUBJECT },
		{ "no colon\r\n", 400, BEL_SIP_H_OTHER },
		{ ": no name\r\n", 400, BEL_SIP_H_OTHER },
		{ "na me: x\r\n", 400, BEL_SIP_H_OTHER },
		{ "na\r\n me: x\r\n", 400, BEL_SIP_H_OTHER },
		{ "To: <sip:x@y>\r\n", 400, BEL_SIP_H_TO },
		{ "i: x\r\n", 400, BEL_SIP_H_CALL_ID },
		{ "Max-Forwards: 70\r\nMax-Forwards: 70\r\n", 400,
		  BEL_SIP_H_MAX_FORWARDS },
		{ "Max-Forwards: 256\r\n", 400, BEL_SIP_H_MAX_FORWARDS },
		{ "Max-Forwards: x\r\n", 400, BEL_SIP_H_MAX_FORWARDS },
		{ "Contact: <sip:a@b\r\n", 400, BEL_SIP_H_CONTACT },
		{ "Contact: <sip:a@b>\r\nm: sip:a@b?x=y\r\n", 400, BEL_SIP_H_CONTACT },
		{ "Route: sip:a@b\r\n", 400, BEL_SIP_H_ROUTE },
		{ "Route: <sip:a@b;lr>, x\r\n", 400, BEL_SIP_H_ROUTE },
		{ "Via: SIP/2.0/UDP\r\n", 400, BEL_SIP_H_VIA },
		{ "Event: a\r\no: b\r\n", 400, BEL_SIP_H_EVENT },
	};

	(void)state;
	for (unsigned i = 0; i < BEL_COUNT_OF(rows); i++) {
		struct sample *sample = sample_with(rows[i].lines);
		if (!sample->err || sample->why.status != rows[i].status ||
		    sample->why.header != rows[i].header)
			fail_msg("%s: %d %u %d", rows[i].lines, sample->err,
				 sample->why.status, sample->why.header);
		sample_free(sample);
	}
}

static void what_a_role_may_judge_passes(void **state)
{
	static const char *const lines[] = {
		"Content-Length: 0\r\nl: 00\r\n",
		"Subject: a\r\nSubject: b\r\n",
		"X: \"\\\x01\"\r\n",
		"Contact: *\r\n",
		"Require: unknown\r\n",
		"Expires: 99999999999999999999\r\n",
		"Date: yesterday\r\n",
		"Contact:\r\n",
		"Max-Forwards: 0\r\n",
		"Record-Route: x\r\n",
		"Contact: <sip:a@b>\r\nm: \"x\" <tel:+1>, <sip:c@d>;q=1\r\n",
	};

	(void)state;
	for (unsigned i = 0; i < BEL_COUNT_OF(lines); i++) {
		struct sample *sample = sample_with(lines[i]);
		if (sample->err)
			fail_msg("%s: %s", lines[i], sample->why.text);
		sample_free(sample);
	}
}

static void each_mandatory_field_is_missed(void **state)
{
	static const struct {
		const char *name;
		enum bel_sip_header header;
		bool can_respond;
	} rows[] = { { "Via:", BEL_SIP_H_VIA, false },
		     { "From:", BEL_SIP_H_FROM, true },
		     { "To:", BEL_SIP_H_TO, true },
		     { "Call-ID:", BEL_SIP_H_CALL_ID, true },
		     { "CSeq:", BEL_SIP_H_CSEQ, false } };
	static const char whole[] = "INVITE sip:b@c SIP/2.0\r\n" VIA REST "\r\n";

	(void)state;
	for (unsigned i = 0; i < BEL_COUNT_OF(rows); i++) {
		char text[sizeof whole];
		memcpy(text, whole, sizeof whole);
		memset(strstr(text, rows[i].name), 'X', 2);
		struct sample *sample = sample_new((bel_str){ text, sizeof whole - 1 });
		assert_int_equal(sample->err, BEL_ERR_SYNTAX);
		assert_int_equal(sample->why.status, 400);
		assert_int_equal(sample->why.header, rows[i].header);
		assert_int_equal(bel_sip_can_respond(&sample->msg), rows[i].can_respond);
		sample_free(sample);
	}
}

/* n lines of the text, and whether that is over a limit. */
static void check_count(const char *line, unsigned count, enum bel_sip_limit limit)
{
	static char lines[16384];
	size_t len = 0, one = strlen(line);

	for (unsigned i = 0; i < count; i++, len += one)
		memcpy(lines + len, line, one);
	lines[len] = '\0';
	struct sample *sample = sample_with(lines);
	assert_int_equal(sample->err, limit ? BEL_ERR_LIMIT : BEL_OK);
	assert_int_equal(sample->why.limit, limit);
	if (limit)
		assert_int_equal(sample->why.status, bel_sip_limit_row(limit)->status);
	sample_free(sample);
}

static void every_limit_has_its_answer(void **state)
{
	(void)state;
	check_count("Z: y\r\n", BEL_SIP_FIELDS_MAX - 5, BEL_SIP_LIMIT_NONE);
	check_count("Z: y\r\n", BEL_SIP_FIELDS_MAX - 4, BEL_SIP_LIMIT_FIELDS);
	check_count("v: SIP/2.0/UDP h\r\n", BEL_SIP_VIAS_MAX - 1, BEL_SIP_LIMIT_NONE);
	check_count("v: SIP/2.0/UDP h\r\n", BEL_SIP_VIAS_MAX, BEL_SIP_LIMIT_VIAS);
	check_count("m: <sip:a@b>\r\n", BEL_SIP_CONTACTS_MAX, BEL_SIP_LIMIT_NONE);
	check_count("m: <sip:a@b>\r\n", BEL_SIP_CONTACTS_MAX + 1, BEL_SIP_LIMIT_CONTACTS);
}

static void a_line_has_8192_bytes_at_most(void **state)
{
	static char line[BEL_SIP_LINE_BYTES_MAX + 2];

	(void)state;
	memset(line, 'x', sizeof line);
	memcpy(line, "S: ", 3);
	memcpy(line + BEL_SIP_LINE_BYTES_MAX - 2, "\r\n", 3);
	check_count(line, 1, BEL_SIP_LIMIT_NONE);
	memset(line, 'x', sizeof line);
	memcpy(line, "S: ", 3);
	memcpy(line + BEL_SIP_LINE_BYTES_MAX - 1, "\r\n", 3);
	check_count(line, 1, BEL_SIP_LIMIT_LINE);
}

static void a_message_has_65535_bytes_at_most(void **state)
{
	static char text[BEL_SIP_MESSAGE_BYTES_MAX + 1];
	static const char head[] = "INVITE sip:b@c SIP/2.0\r\n" VIA REST "\r\n";

	(void)state;
	memset(text, 'x', sizeof text);
	memcpy(text, head, sizeof head - 1);
	struct sample *sample = sample_new((bel_str){ text, sizeof text - 1 });
	assert_int_equal(sample->err, BEL_OK);
	assert_int_equal(sample->msg.body_start + sample->msg.body_len, 65535);
	sample_free(sample);
	sample = sample_new((bel_str){ text, sizeof text });
	assert_int_equal(sample->err, BEL_ERR_LIMIT);
	assert_int_equal(sample->why.status, 513);
	assert_true(bel_sip_can_respond(&sample->msg));
	sample_free(sample);
}

static void a_response_or_ack_is_never_answered(void **state)
{
	struct sample *sample = sample_new(
		BEL_STR("SIP/2.0 200 OK\r\n" VIA VIA "CSeq: x\r\n" REST "\r\n"));

	(void)state;
	assert_int_equal(sample->err, BEL_ERR_SYNTAX);
	assert_int_equal(sample->why.status, 0);
	assert_false(bel_sip_can_respond(&sample->msg));
	sample_free(sample);
	sample = sample_new(BEL_STR("ACK sip:b@c SIP/2.0\r\n" VIA REST "\r\n"));
	assert_int_equal(sample->err, BEL_ERR_SYNTAX);
	assert_int_equal(sample->why.header, BEL_SIP_H_CSEQ);
	assert_int_equal(sample->why.status, 0);
	assert_false(bel_sip_can_respond(&sample->msg));
	sample_free(sample);
}

static void a_field_with_a_control_is_not_repeated_to_its_sender(void **state)
{
	struct sample *sample = sample_new(
		BEL_STR("INVITE sip:b@c SIP/2.0\r\n" VIA "From: <sip:a@b>;tag=\r1\r\n"
			"To: <sip:b@c>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n\r\n"));

	(void)state;
	assert_int_equal(sample->err, BEL_ERR_SYNTAX);
	assert_int_equal(sample->why.header, BEL_SIP_H_FROM);
	assert_false(bel_sip_can_respond(&sample->msg));
	sample_free(sample);
}

/* Nothing is read past the end, whatever the sanitizers see; and less is never more. */
static void a_message_cut_anywhere_does_no_harm(void **state)
{
	static const char text[] = "INVITE sip:b@c;lr SIP/2.0\r\nVia: SIP/2.0/UDP "
				   "[::1]:5;branch=z9hG4bK1;rport,\r\n"
				   " SIP/2.0/TCP x ; ttl=1\r\nFrom: \"a\\\"\" "
				   "<sip:a@b>;tag=1\r\nTo: sip:c@d;x=\"y\"\r\n"
				   "i: x@y\r\nCSeq: 1 INVITE\r\nm: *\r\nRoute: "
				   "<sip:r;lr>\r\nl: 4\r\n\r\nbody";

	(void)state;
	for (size_t len = 0; len < sizeof text; len++) {
		struct sample *sample = sample_new((bel_str){ text, len });
		bel_sip_uri(&sample->msg);
		bel_sip_contact(&sample->msg);
		bel_sip_can_respond(&sample->msg);
		assert_int_equal(sample->err == BEL_OK, len == sizeof text - 1);
		sample_free(sample);
	}
}

static void every_scanner_gives_the_same_index(void **state)
{
	static const char *const names[] = { "01-invite", "02-invite-webrtc",
					     "03-register-auth", "07-invite-200",
					     "11-notify-pidf" };
	struct bel_sip_msg *one = calloc(2, sizeof *one), *other = one + 1;
	char path[64], bytes[8192];
	struct bel_sip_refusal why;
	unsigned count;
	const struct bel_sip_scanner *scanners = bel_sip_scanners(&count);

	(void)state;
	assert_non_null(one);
	for (unsigned i = 0; i < BEL_COUNT_OF(names); i++) {
		snprintf(path, sizeof path, "tests/data/sip/%s.sip", names[i]);
		FILE *file = fopen(path, "rb");
		assert_non_null(file);
		bel_str text = { bytes, fread(bytes, 1, sizeof bytes, file) };
		fclose(file);
		assert_int_equal(
			bel_sip_parse_with(one, NULL, text, &why, bel_sip_scan_scalar),
			BEL_OK);
		assert_int_equal(bel_sip_validate(one, &why), BEL_OK);
		for (unsigned j = 0; j < count; j++) {
			if (!scanners[j].is_here())
				continue;
			assert_int_equal(bel_sip_parse_with(other, NULL, text, &why,
							    scanners[j].scan),
					 BEL_OK);
			assert_int_equal(bel_sip_validate(other, &why), BEL_OK);
			assert_int_equal(one->fields_count, other->fields_count);
			assert_memory_equal(one->fields, other->fields,
					    one->fields_count * sizeof one->fields[0]);
		}
	}
	free(one);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(start_lines_are_cut_at_single_blanks),
		cmocka_unit_test(what_is_no_sip_is_dropped),
		cmocka_unit_test(empty_lines_in_front_are_skipped),
		cmocka_unit_test(headers_have_any_case_compact_forms_folds_and_tabs),
		cmocka_unit_test(lines_may_end_with_a_bare_line_feed),
		cmocka_unit_test(a_field_is_found_again_byte_for_byte),
		cmocka_unit_test(every_fault_has_its_refusal),
		cmocka_unit_test(what_a_role_may_judge_passes),
		cmocka_unit_test(each_mandatory_field_is_missed),
		cmocka_unit_test(every_limit_has_its_answer),
		cmocka_unit_test(a_line_has_8192_bytes_at_most),
		cmocka_unit_test(a_message_has_65535_bytes_at_most),
		cmocka_unit_test(a_response_or_ack_is_never_answered),
		cmocka_unit_test(a_field_with_a_control_is_not_repeated_to_its_sender),
		cmocka_unit_test(a_message_cut_anywhere_does_no_harm),
		cmocka_unit_test(every_scanner_gives_the_same_index),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
