/* SPDX-License-Identifier: Apache-2.0 */
#include "support/support.h"
#include "sip/sip.h"

#define MIXED BEL_STR("multipart/mixed; boundary=\"b\"")

/* RFC 2046 section 5.1.1: preamble, blanks after a delimiter, a longer line that is none,
 * an epilogue. */
static void parts_lie_between_delimiters(void **state)
{
	struct bel_sip_parts parts;
	struct bel_sip_part part;

	(void)state;
	assert_int_equal(bel_sip_parts_init(&parts, MIXED,
					    BEL_STR("preamble\r\n--b \t\r\n"
						    "Content-Type: text/plain\r\n"
						    "content-disposition:\r\n render\r\n"
						    "Content-ID: <x@y>\r\n\r\n"
						    "one\r\n--bee\r\ntwo\r\n--b\r\n\r\n"
						    "no header\r\n--b--\r\nepilogue")),
			 BEL_OK);
	assert_int_equal(bel_sip_parts_next(&part, &parts), BEL_OK);
	assert_str(part.content_type, "text/plain");
	assert_str(part.content_disposition, "render");
	assert_str(part.content_id, "<x@y>");
	assert_str(part.body, "one\r\n--bee\r\ntwo");
	assert_int_equal(bel_sip_parts_next(&part, &parts), BEL_OK);
	assert_int_equal(part.content_type.len, 0);
	assert_str(part.body, "no header");
	assert_int_equal(bel_sip_parts_next(&part, &parts), BEL_ERR_NOT_FOUND);
}

static void a_part_may_be_empty(void **state)
{
	struct bel_sip_parts parts;
	struct bel_sip_part part;

	(void)state;
	assert_int_equal(
		bel_sip_parts_init(&parts, MIXED, BEL_STR("--b\r\n\r\n\r\n--b--")),
		BEL_OK);
	assert_int_equal(bel_sip_parts_next(&part, &parts), BEL_OK);
	assert_int_equal(part.body.len, 0);
	assert_int_equal(bel_sip_parts_next(&part, &parts), BEL_ERR_NOT_FOUND);
}

static void what_is_no_multipart_is_told(void **state)
{
	struct bel_sip_parts parts;
	struct bel_sip_part part;

	(void)state;
	assert_int_equal(
		bel_sip_parts_init(&parts, BEL_STR("application/sdp"), BEL_STR("v=0")),
		BEL_ERR_UNSUPPORTED);
	assert_int_equal(bel_sip_parts_init(&parts, BEL_STR("multipart/mixed"),
					    BEL_STR("--b\r\n")),
			 BEL_ERR_SYNTAX);
	assert_int_equal(bel_sip_parts_init(&parts, MIXED, BEL_STR("no delimiter")),
			 BEL_ERR_SYNTAX);
	assert_int_equal(
		bel_sip_parts_init(&parts, MIXED, BEL_STR("--b\r\n\r\nnot closed")),
		BEL_OK);
	assert_int_equal(bel_sip_parts_next(&part, &parts), BEL_ERR_SYNTAX);
}

static void there_are_no_more_than_32_parts(void **state)
{
	char body[1024];
	struct bel_writer writer = bel_writer_init(body, sizeof body);
	struct bel_sip_parts parts;
	struct bel_sip_part part;

	(void)state;
	for (unsigned i = 0; i < 33; i++)
		bel_write_lit(&writer, "--b\r\n\r\nx\r\n");
	bel_write_lit(&writer, "--b--");
	assert_int_equal(bel_sip_parts_init(&parts, MIXED, bel_writer_str(&writer)),
			 BEL_OK);
	for (unsigned i = 0; i < 32; i++)
		assert_int_equal(bel_sip_parts_next(&part, &parts), BEL_OK);
	assert_int_equal(bel_sip_parts_next(&part, &parts), BEL_ERR_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_lie_between_delimiters),
		cmocka_unit_test(a_part_may_be_empty),
		cmocka_unit_test(what_is_no_multipart_is_told),
		cmocka_unit_test(there_are_no_more_than_32_parts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
