/* SPDX-License-Identifier: Apache-2.0 */
#include "support/support.h"
#include "sip/sip.h"

#define HEAD "BYE sip:a@b SIP/2.0\r\n"

struct framing {
	enum bel_sip_frame kind;
	struct bel_sip_framed framed;
};

static struct framing frame(bel_str bytes)
{
	struct bel_sip_framer framer = { 0 };
	struct framing framing = { 0 };
	bel_str exact = bel_test_exact(bytes);

	framing.kind = bel_sip_frame(&framing.framed, &framer, exact);
	free((void *)(uintptr_t)exact.ptr);
	return framing;
}

static void a_message_ends_with_its_content_length(void **state)
{
	struct framing framing = frame(BEL_STR(HEAD "Content-Length: 3\r\n\r\nabcBYE"));

	(void)state;
	assert_int_equal(framing.kind, BEL_SIP_FRAME_MESSAGE);
	assert_int_equal(framing.framed.len, strlen(HEAD "Content-Length: 3\r\n\r\nabc"));
	assert_int_equal(frame(BEL_STR(HEAD "l\t:\r\n 0\r\n\r\n")).kind,
			 BEL_SIP_FRAME_MESSAGE);
	assert_int_equal(frame(BEL_STR(HEAD "l: 2\r\nl: 02\r\n\r\nab")).kind,
			 BEL_SIP_FRAME_MESSAGE);
}

static void every_cut_asks_for_more(void **state)
{
	static const char text[] = HEAD "Via: x\r\nContent-Length:\r\n 3\r\n\r\nabc";

	(void)state;
	for (size_t len = 0; len < sizeof text - 1; len++)
		assert_int_equal(frame((bel_str){ text, len }).kind, BEL_SIP_FRAME_MORE);
	assert_int_equal(frame((bel_str){ text, sizeof text - 1 }).kind,
			 BEL_SIP_FRAME_MESSAGE);
}

static void byte_by_byte_gives_the_same_frames(void **state)
{
	static const char text[] = "\r\n\r\n" HEAD "l: 3\r\n\r\nabc\r\n" HEAD
				   "l: 0\r\n\r\n";
	static const enum bel_sip_frame kinds[] = {
		BEL_SIP_FRAME_PONG, BEL_SIP_FRAME_PING, BEL_SIP_FRAME_MESSAGE,
		BEL_SIP_FRAME_PONG, BEL_SIP_FRAME_MESSAGE
	};
	struct bel_sip_framer framer = { 0 };
	struct bel_sip_framed framed;
	size_t start = 0;
	unsigned count = 0;

	(void)state;
	for (size_t end = 0; end < sizeof text; end++) {
		enum bel_sip_frame kind = bel_sip_frame(
			&framed, &framer, (bel_str){ text + start, end - start });
		if (kind == BEL_SIP_FRAME_MORE)
			continue;
		assert_int_equal(kind, kinds[count++]);
		start += framed.len;
	}
	assert_int_equal(count, BEL_COUNT_OF(kinds));
	assert_int_equal(start, sizeof text - 1);
}

/* Streams that lie about length: RFC 3261 section 18.3 and 18.1.1. */
static void a_length_that_cannot_be_is_refused_at_once(void **state)
{
	static const struct {
		const char *text;
		uint16_t status;
	} rows[] = {
		{ HEAD "\r\n", 400 },
		{ HEAD "Via: x\r\n\r\n", 400 },
		{ HEAD "l: -1\r\n\r\n", 400 },
		{ HEAD "l: +1\r\n\r\n", 400 },
		{ HEAD "l: 1 1\r\n\r\n", 400 },
		{ HEAD "l:\r\n\r\n", 400 },
		{ HEAD "l: 1\r\nContent-Length: 2\r\n\r\n", 400 },
		{ HEAD "l: 4294967296\r\n\r\n", 400 },
		{ HEAD "l: 18446744073709551617\r\n\r\n", 400 },
		{ HEAD "l: 65536\r\n\r\n", 513 },
		{ HEAD "l: 65535\r\n\r\n", 513 },
	};

	(void)state;
	for (unsigned i = 0; i < BEL_COUNT_OF(rows); i++) {
		struct framing framing = frame(bel_str_from(rows[i].text));
		if (framing.kind != BEL_SIP_FRAME_ERROR)
			fail_msg("accepted: %s", rows[i].text);
		assert_int_equal(framing.framed.why.status, rows[i].status);
		assert_int_equal(framing.framed.len, strlen(rows[i].text));
	}
}

static void a_line_or_a_head_without_end_is_not_waited_for(void **state)
{
	static char text[BEL_SIP_MESSAGE_BYTES_MAX + 1];

	(void)state;
	memset(text, 'x', sizeof text);
	assert_int_equal(frame((bel_str){ text, BEL_SIP_LINE_BYTES_MAX }).kind,
			 BEL_SIP_FRAME_MORE);
	struct framing framing = frame((bel_str){ text, BEL_SIP_LINE_BYTES_MAX + 1 });
	assert_int_equal(framing.kind, BEL_SIP_FRAME_ERROR);
	assert_int_equal(framing.framed.why.limit, BEL_SIP_LIMIT_LINE);
	for (size_t at = 0; at < sizeof text; at += 8)
		memcpy(text + at, "a: bcd\r\n", 8);
	assert_int_equal(frame((bel_str){ text, 65528 }).kind, BEL_SIP_FRAME_MORE);
	framing = frame((bel_str){ text, 65535 });
	assert_int_equal(framing.kind, BEL_SIP_FRAME_ERROR);
	assert_int_equal(framing.framed.why.limit, BEL_SIP_LIMIT_MESSAGE);
}

/* What is whole is not looked at twice. */
static void the_framer_remembers_how_far_it_came(void **state)
{
	struct bel_sip_framer framer = { 0 };
	struct bel_sip_framed framed;

	(void)state;
	assert_int_equal(bel_sip_frame(&framed, &framer, BEL_STR(HEAD "Via: x")),
			 BEL_SIP_FRAME_MORE);
	assert_int_equal(framer.scanned, strlen(HEAD));
	assert_int_equal(
		bel_sip_frame(&framed, &framer, BEL_STR(HEAD "Via: x\r\nl: 9\r\n\r\n")),
		BEL_SIP_FRAME_MORE);
	assert_int_equal(framer.total, strlen(HEAD "Via: x\r\nl: 9\r\n\r\n") + 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_ends_with_its_content_length),
		cmocka_unit_test(every_cut_asks_for_more),
		cmocka_unit_test(byte_by_byte_gives_the_same_frames),
		cmocka_unit_test(a_length_that_cannot_be_is_refused_at_once),
		cmocka_unit_test(a_line_or_a_head_without_end_is_not_waited_for),
		cmocka_unit_test(the_framer_remembers_how_far_it_came),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
