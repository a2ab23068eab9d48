/* SPDX-License-Identifier: Apache-2.0
 * Binding requests and their answers, with the messages of RFC 5769. */
#include "support/data.h"
#include "support/support.h"

#include "stun/stun.h"

#define HEADER                                                                           \
	"\x00\x01\x00\x00\x21\x12\xa4\x42"                                               \
	"abcdefghijkl"

static enum bel_err answer(struct bel_writer *writer, char *buf, bel_str request,
			   const bel_addr *source)
{
	*writer = bel_writer_init(buf, BEL_STUN_ANSWER_BYTES_MAX);
	return bel_stun_answer(writer, request, source);
}

static void the_request_of_rfc_5769_is_answered_as_its_response_begins(void **state)
{
	static const struct {
		const char *request, *response;
		const char *source;
		size_t at; /* of XOR-MAPPED-ADDRESS in the printed response */
		size_t len;
	} rows[] = {
		{ "tests/data/stun/request.bin", "tests/data/stun/response-ipv4.bin",
		  "192.0.2.1:32853", 36, 12 },
		{ "tests/data/stun/request.bin", "tests/data/stun/response-ipv6.bin",
		  "[2001:db8:1234:5678:11:2233:4455:6677]:32853", 36, 24 },
	};

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		bel_str request = bel_test_read_file(rows[i].request);
		bel_str response = bel_test_read_file(rows[i].response);
		char buf[BEL_STUN_ANSWER_BYTES_MAX];
		struct bel_writer writer;
		bel_addr source;
		assert_int_equal(bel_addr_parse(&source, bel_str_from(rows[i].source), 0),
				 BEL_OK);
		assert_true(bel_stun_is(request));
		assert_int_equal(answer(&writer, buf, request, &source), BEL_OK);
		assert_int_equal(writer.len, 20 + rows[i].len);
		assert_memory_equal(buf, "\x01\x01\x00", 3);
		assert_int_equal(buf[3], rows[i].len);
		assert_memory_equal(buf + 4, response.ptr + 4, 16);
		assert_memory_equal(buf + 20, response.ptr + rows[i].at, rows[i].len);
		free((void *)(uintptr_t)request.ptr);
		free((void *)(uintptr_t)response.ptr);
	}
}

static void only_whole_binding_requests_are_answered(void **state)
{
	static const struct {
		const char *what;
		bel_str bytes;
		bool is_stun;
		enum bel_err err;
	} rows[] = {
#define ROW(what, bytes, is_stun, err)                                                   \
	{ what, { bytes, sizeof(bytes) - 1 }, is_stun, err }
		ROW("the smallest", HEADER, true, BEL_OK),
		ROW("nothing", "", false, BEL_ERR_SYNTAX),
		ROW("a SIP request", "OPTIONS sip:example.com SIP/2.0\r\n\r\n", false,
		    BEL_ERR_SYNTAX),
		ROW("a response",
		    "\x01\x01\x00\x00\x21\x12\xa4\x42"
		    "abcdefghijkl",
		    true, BEL_ERR_UNSUPPORTED),
		ROW("an indication",
		    "\x00\x11\x00\x00\x21\x12\xa4\x42"
		    "abcdefghijkl",
		    true, BEL_ERR_UNSUPPORTED),
		ROW("an Allocate request",
		    "\x00\x03\x00\x00\x21\x12\xa4\x42"
		    "abcdefghijkl",
		    true, BEL_ERR_UNSUPPORTED),
		ROW("RFC 3489, without the cookie",
		    "\x00\x01\x00\x00"
		    "abcdefghijklmnop",
		    false, BEL_ERR_SYNTAX),
		ROW("a length too long",
		    "\x00\x01\x00\x04\x21\x12\xa4\x42"
		    "abcdefghijkl",
		    false, BEL_ERR_SYNTAX),
		ROW("bytes after the end", HEADER "\0\0\0\0", false, BEL_ERR_SYNTAX),
		ROW("a length that is no multiple of 4",
		    "\x00\x01\x00\x02\x21\x12\xa4\x42"
		    "abcdefghijkl\0\0",
		    false, BEL_ERR_SYNTAX),
		ROW("an attribute past the end",
		    "\x00\x01\x00\x04\x21\x12\xa4\x42"
		    "abcdefghijkl\x80\x22\x00\x01",
		    true, BEL_ERR_SYNTAX),
		ROW("an attribute of the greatest length",
		    "\x00\x01\x00\x04\x21\x12\xa4"
		    "\x42"
		    "abcdefghijkl\x80\x22\xff\xff",
		    true, BEL_ERR_SYNTAX),
		ROW("an attribute with padding",
		    "\x00\x01\x00\x08\x21\x12\xa4\x42"
		    "abcdefghijkl\x80\x22\x00\x01"
		    "x   ",
		    true, BEL_OK),
#undef ROW
	};
	const bel_addr source = bel_addr_v4(192, 0, 2, 1, 5060);

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		bel_str exact = bel_test_exact(rows[i].bytes);
		char buf[BEL_STUN_ANSWER_BYTES_MAX];
		struct bel_writer writer;
		if (bel_stun_is(exact) != rows[i].is_stun)
			fail_msg("%s: looks %s", rows[i].what,
				 rows[i].is_stun ? "like something else" : "like STUN");
		if (answer(&writer, buf, exact, &source) != rows[i].err)
			fail_msg("%s: not %s", rows[i].what, bel_err_text(rows[i].err));
		if (rows[i].err)
			assert_int_equal(writer.len, 0);
		free((void *)(uintptr_t)exact.ptr);
	}
}

static void what_a_request_needs_and_we_do_not_know_is_named(void **state)
{
	static const char request[] = "\x00\x01\x00\x08\x21\x12\xa4\x42"
				      "abcdefghijkl\x00\x03\x00\x04\0\0\0\6";
	const bel_addr source = bel_addr_v4(192, 0, 2, 1, 5060);
	char buf[BEL_STUN_ANSWER_BYTES_MAX];
	struct bel_writer writer;
	struct bel_stun_msg msg;
	unsigned code;
	bel_str unknown;

	(void)state;
	assert_int_equal(
		answer(&writer, buf, (bel_str){ request, sizeof request - 1 }, &source),
		BEL_OK);
	assert_int_equal(bel_stun_parse(&msg, bel_writer_str(&writer)), BEL_OK);
	assert_int_equal(msg.class, BEL_STUN_ERROR);
	assert_true(bel_stun_find_error(&code, &msg, BEL_STUN_ERROR_CODE));
	assert_int_equal(code, 420);
	assert_true(bel_stun_find(&unknown, &msg, BEL_STUN_UNKNOWN_ATTRIBUTES));
	assert_int_equal(unknown.len, 2);
	assert_memory_equal(unknown.ptr, "\0\3", 2);
}

static void no_piece_of_a_request_is_stun(void **state)
{
	bel_str request = bel_test_read_file("tests/data/stun/request-longterm.bin");

	(void)state;
	for (size_t len = 0; len < request.len; len++) {
		bel_str piece = bel_test_exact(bel_str_slice(request, 0, len));
		assert_false(bel_stun_is(piece));
		free((void *)(uintptr_t)piece.ptr);
	}
	free((void *)(uintptr_t)request.ptr);
}

static void an_answer_needs_its_room(void **state)
{
	const bel_addr source = bel_addr_v4(192, 0, 2, 1, 5060);
	char buf[31];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	(void)state;
	assert_int_equal(bel_stun_answer(&writer, BEL_STR(HEADER), &source),
			 BEL_ERR_SPACE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			the_request_of_rfc_5769_is_answered_as_its_response_begins),
		cmocka_unit_test(only_whole_binding_requests_are_answered),
		cmocka_unit_test(what_a_request_needs_and_we_do_not_know_is_named),
		cmocka_unit_test(no_piece_of_a_request_is_stun),
		cmocka_unit_test(an_answer_needs_its_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
