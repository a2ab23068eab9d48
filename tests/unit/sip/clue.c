/* SPDX-License-Identifier: Apache-2.0
 * Whose a message is, told from the little that says so. */
#include "unit/sip/sip_support.h"

#define OK_LINE  "SIP/2.0 200 OK\r\n"
#define BYE_LINE "BYE sip:a@b SIP/2.0\r\n"

/* "request TEXT", "response TEXT" or "none". */
static const char *clue_of(bel_str bytes, char *buf, size_t size)
{
	bel_str exact = bel_test_exact(bytes);
	struct bel_writer writer = bel_writer_init(buf, size - 1);
	struct bel_sip_clue clue;

	if (bel_sip_clue_find(&clue, exact)) {
		bel_write_text(&writer, clue.is_request ? "request " : "response ");
		bel_write_str(&writer, clue.text);
	} else {
		bel_write_lit(&writer, "none");
	}
	buf[writer.len] = '\0';
	free((void *)(uintptr_t)exact.ptr);
	return buf;
}

static void a_request_is_known_by_its_call_id_in_any_spelling(void **state)
{
	static const struct {
		const char *bytes, *clue;
	} rows[] = {
		{ BYE_LINE "Call-ID: a@b\r\n\r\n", "request a@b" },
		{ BYE_LINE "To: x\r\ncALL-iD \t:\t a@b \r\n\r\n", "request a@b" },
		{ BYE_LINE "i:a\n\n", "request a" },
		{ BYE_LINE "I : a\r\nCall-ID: b\r\n\r\n", "request a" },
		{ BYE_LINE "Call-ID:\r\n a\r\n\r\n", "request a" },
		{ BYE_LINE "Subject: x\r\n Call-ID: no\r\nCall-ID: a\r\n\r\n",
		  "request a" },
		{ "\r\n\r\n" BYE_LINE "CSeq: 1 BYE\r\nContact: <x>\r\nCall-ID: a\r\n\r\n",
		  "request a" },
		{ BYE_LINE "Call-ID:\r\n\r\n", "request " },
		{ BYE_LINE "Via: x\r\n\r\nCall-ID: body\r\n\r\n", "none" },
		{ BYE_LINE "Call-IDs: a\r\nCall: b\r\n: c\r\nCall-ID\r\n\r\n", "none" },
		{ BYE_LINE "Call-ID: cut", "none" },
		{ BYE_LINE, "none" },
		{ "\r\n\r\n", "none" },
		{ "", "none" },
	};
	char buf[200];

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++)
		assert_string_equal(clue_of(bel_str_from(rows[i].bytes), buf, sizeof buf),
				    rows[i].clue);
}

static void a_response_is_known_by_its_topmost_via(void **state)
{
	static const struct {
		const char *bytes, *clue;
	} rows[] = {
		{ OK_LINE "Call-ID: a\r\nVia: SIP/2.0/UDP h;branch=1\r\n\r\n",
		  "response SIP/2.0/UDP h;branch=1" },
		{ OK_LINE "v: one , two\r\nVia: three\r\n\r\n", "response one" },
		{ OK_LINE "Via:\r\nV: two\r\n\r\n", "response two" },
		{ "sip/2.0 100 \r\nvia: a\r\n\r\n", "response a" },
		{ OK_LINE "Call-ID: a\r\n\r\n", "none" },
	};
	char buf[200];

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++)
		assert_string_equal(clue_of(bel_str_from(rows[i].bytes), buf, sizeof buf),
				    rows[i].clue);
}

static void no_message_is_longer_than_the_longest(void **state)
{
	static char text[BEL_SIP_MESSAGE_BYTES_MAX + 1];
	struct bel_writer writer = bel_writer_init(text, sizeof text);
	struct bel_sip_clue clue;

	(void)state;
	memset(text, 'x', sizeof text);
	bel_write_lit(&writer, BYE_LINE "Call-ID: a\r\n\r\n");
	assert_true(bel_sip_clue_find(&clue, (bel_str){ text, sizeof text - 1 }));
	assert_false(bel_sip_clue_find(&clue, (bel_str){ text, sizeof text }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_is_known_by_its_call_id_in_any_spelling),
		cmocka_unit_test(a_response_is_known_by_its_topmost_via),
		cmocka_unit_test(no_message_is_longer_than_the_longest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
