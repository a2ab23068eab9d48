/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/sip/sip_support.h"

static char buf[32768];

static bel_str respond(struct sample *sample, const struct bel_sip_reply *reply)
{
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	assert_int_equal(bel_sip_respond(&writer, &sample->msg, reply), BEL_OK);
	return bel_writer_str(&writer);
}

static void a_reply_repeats_what_it_must_byte_for_byte(void **state)
{
	struct sample *sample = sample_with(
		"v:  SIP/2.0/TCP x\r\n ;branch=z9hG4bKb \r\nRecord-Route: <sip:p;lr>\r\n"
		"Timestamp: 54\r\nSubject: no\r\n");

	(void)state;
	assert_str(respond(sample, &(struct bel_sip_reply){ .status = 100,
							    .to_tag = BEL_STR("t") }),
		   "SIP/2.0 100 Trying\r\n" VIA
		   "v:  SIP/2.0/TCP x\r\n ;branch=z9hG4bKb\r\n"
		   "From: Alice <sip:alice@example.com>;tag=1\r\nTo: "
		   "<sip:bob@example.com>\r\n"
		   "Call-ID: c@example.com\r\nCSeq: 1 INVITE\r\nTimestamp: "
		   "54\r\nContent-Length: 0\r\n\r\n");
	assert_str(respond(sample,
			   &(struct bel_sip_reply){ .status = 200,
						    .reason = BEL_STR("Fine"),
						    .to_tag = BEL_STR("t"),
						    .record_route = true,
						    .lines = BEL_STR("Server: b\r\n"),
						    .content_type = BEL_STR("text/plain"),
						    .body = BEL_STR("a\r\nb") }),
		   "SIP/2.0 200 Fine\r\n" VIA "v:  SIP/2.0/TCP x\r\n ;branch=z9hG4bKb\r\n"
		   "Record-Route: <sip:p;lr>\r\nFrom: Alice "
		   "<sip:alice@example.com>;tag=1\r\n"
		   "To: <sip:bob@example.com>;tag=t\r\nCall-ID: c@example.com\r\nCSeq: 1 "
		   "INVITE\r\n"
		   "Server: b\r\nContent-Type: text/plain\r\nContent-Length: "
		   "4\r\n\r\na\r\nb");
	sample_free(sample);
}

static void a_tag_that_is_there_stays(void **state)
{
	struct sample *sample = sample_new(BEL_STR("BYE sip:b@c SIP/2.0\r\n" VIA
						   "t: sip:b@c;tag=old\r\nf: sip:a@b\r\n"
						   "i: 1\r\nCSeq: 2 BYE\r\n\r\n"));

	(void)state;
	bel_str reply = respond(
		sample,
		&(struct bel_sip_reply){ .status = 481, .to_tag = BEL_STR("new") });
	assert_non_null(memmem(reply.ptr, reply.len, "tag=old\r\n", 9));
	assert_null(memmem(reply.ptr, reply.len, "new", 3));
	sample_free(sample);
}

/* RFC 3261 section 18.2.1, RFC 3581 section 4. */
static void the_topmost_via_learns_where_it_came_from(void **state)
{
	static const struct {
		const char *via;
		const char *expected;
	} rows[] = {
		{ "SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1",
		  "SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1" },
		{ "SIP/2.0/UDP h;branch=z9hG4bK1",
		  "SIP/2.0/UDP h;branch=z9hG4bK1;received=192.0.2.9" },
		{ "SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1",
		  "SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1;received=192.0.2.9" },
		{ "SIP/2.0/UDP 192.0.2.9;rport;branch=z9hG4bK1",
		  "SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1;received=192.0.2.9;rport=4711" },
		{ "SIP/2.0/UDP h;received=6.6.6.6;branch=z9hG4bK1;rport=1;x",
		  "SIP/2.0/UDP h;branch=z9hG4bK1;x;received=192.0.2.9;rport=4711" },
		{ "SIP/2.0/UDP h ; rport, SIP/2.0/UDP g;rport",
		  "SIP/2.0/UDP h ;received=192.0.2.9;rport=4711, SIP/2.0/UDP g;rport" },
		{ "SIP/2.0/UDP h", "SIP/2.0/UDP h;received=192.0.2.9" },
	};
	bel_addr source = bel_addr_v4(192, 0, 2, 9, 4711);
	char text[1024], expected[1024];

	(void)state;
	for (unsigned i = 0; i < BEL_COUNT_OF(rows); i++) {
		int len = snprintf(text, sizeof text,
				   "INVITE sip:b@c SIP/2.0\r\nVia: %s\r\n%s\r\n",
				   rows[i].via, REST);
		snprintf(expected, sizeof expected, "Via: %s\r\nFrom", rows[i].expected);
		struct sample *sample = sample_new((bel_str){ text, (size_t)len });
		assert_int_equal(sample->err, BEL_OK);
		bel_str reply = respond(
			sample,
			&(struct bel_sip_reply){ .status = 200, .source = &source });
		if (!memmem(reply.ptr, reply.len, expected, strlen(expected)))
			fail_msg("%.*s", BEL_STR_ARG(reply));
		sample_free(sample);
	}
}

/* Found by the fuzzer: the topmost value need not stand on the first line. */
static void an_empty_via_line_is_not_the_topmost(void **state)
{
	struct sample *sample = sample_new(BEL_STR(
		"INVITE sip:b@c SIP/2.0\r\nVia: \r\nv: SIP/2.0/UDP h\r\n" REST "\r\n"));
	bel_addr source = bel_addr_v4(192, 0, 2, 9, 4711);

	(void)state;
	assert_int_equal(sample->err, BEL_OK);
	bel_str reply = respond(
		sample, &(struct bel_sip_reply){ .status = 200, .source = &source });
	assert_true(bel_str_has_prefix(
		reply, BEL_STR("SIP/2.0 200 OK\r\nVia: \r\nv: SIP/2.0/UDP "
			       "h;received=192.0.2.9\r\nFrom")));
	sample_free(sample);
}

static void an_ipv6_source_stands_without_brackets(void **state)
{
	struct sample *sample = sample_with("");
	bel_addr source;

	(void)state;
	assert_int_equal(bel_addr_parse(&source, BEL_STR("[2001:db8::1]:7"), 0), BEL_OK);
	bel_str reply = respond(
		sample, &(struct bel_sip_reply){ .status = 200, .source = &source });
	assert_non_null(memmem(reply.ptr, reply.len, ";received=2001:db8::1\r\n", 23));
	sample_free(sample);
}

static void what_would_end_a_line_is_not_written(void **state)
{
	struct sample *sample = sample_with("");
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	(void)state;
	assert_int_equal(
		bel_sip_respond(&writer, &sample->msg,
				&(struct bel_sip_reply){
					.status = 200, .to_tag = BEL_STR("a\r\nX: y") }),
		BEL_ERR_SYNTAX);
	assert_int_equal(
		bel_sip_respond(&writer, &sample->msg,
				&(struct bel_sip_reply){ .status = 200,
							 .reason = BEL_STR("a\nb") }),
		BEL_ERR_SYNTAX);
	assert_int_equal(writer.len, 0);
	sample_free(sample);
}

static void a_reply_that_does_not_fit_is_told(void **state)
{
	struct sample *sample = sample_with("");
	struct bel_writer writer;
	size_t whole = respond(sample, &(struct bel_sip_reply){ .status = 200 }).len;

	(void)state;
	for (size_t size = 0; size < whole; size++) {
		writer = bel_writer_init(buf, size);
		assert_int_equal(
			bel_sip_respond(&writer, &sample->msg,
					&(struct bel_sip_reply){ .status = 200 }),
			BEL_ERR_SPACE);
	}
	sample_free(sample);
}

/* RFC 4475 section 3.3.1. */
static void a_reply_repeats_what_there_is(void **state)
{
	struct sample *sample = sample_new(
		BEL_STR("INVITE sip:b@c SIP/2.0\r\n" VIA "CSeq: 1 INVITE\r\n\r\n"));
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	(void)state;
	assert_int_equal(bel_sip_respond(&writer, &sample->msg,
					 &(struct bel_sip_reply){
						 .status = 400, .to_tag = BEL_STR("x") }),
			 BEL_OK);
	assert_str(bel_writer_str(&writer),
		   "SIP/2.0 400 Bad Request\r\n" VIA
		   "CSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n");
	sample_free(sample);
}

static void without_via_and_cseq_there_is_no_reply(void **state)
{
	struct sample *sample = sample_new(
		BEL_STR("INVITE sip:b@c SIP/2.0\r\n" VIA "\r\n"));
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	(void)state;
	assert_int_equal(bel_sip_respond(&writer, &sample->msg,
					 &(struct bel_sip_reply){ .status = 400 }),
			 BEL_ERR_NOT_FOUND);
	sample_free(sample);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reply_repeats_what_it_must_byte_for_byte),
		cmocka_unit_test(a_tag_that_is_there_stays),
		cmocka_unit_test(the_topmost_via_learns_where_it_came_from),
		cmocka_unit_test(an_empty_via_line_is_not_the_topmost),
		cmocka_unit_test(an_ipv6_source_stands_without_brackets),
		cmocka_unit_test(what_would_end_a_line_is_not_written),
		cmocka_unit_test(a_reply_that_does_not_fit_is_told),
		cmocka_unit_test(a_reply_repeats_what_there_is),
		cmocka_unit_test(without_via_and_cseq_there_is_no_reply),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
