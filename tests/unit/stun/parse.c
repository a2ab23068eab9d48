/* SPDX-License-Identifier: Apache-2.0
 * What is read out of a datagram, with the messages of RFC 5769 and of RFC 8489. */
#include "support/data.h"
#include "support/support.h"

#include "stun/stun.h"

#define TRANSACTION "abcdefghijkl"

/* A Binding request with these attributes, in a block of exactly its size. */
static bel_str request_with(bel_str attributes)
{
	char buf[1024];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	bel_stun_write_header(&writer, BEL_STUN_REQUEST, BEL_STUN_BINDING,
			      BEL_STR(TRANSACTION));
	bel_write_str(&writer, attributes);
	assert_int_equal(bel_writer_check(&writer), BEL_OK);
	buf[2] = (char)(attributes.len >> 8);
	buf[3] = (char)(attributes.len & 0xff);
	return bel_test_exact(bel_writer_str(&writer));
}

static void free_str(bel_str str)
{
	free((void *)(uintptr_t)str.ptr);
}

static void the_request_of_rfc_5769_is_read(void **state)
{
	bel_str request = bel_test_read_file("tests/data/stun/request.bin");
	struct bel_stun_msg msg;
	bel_str text;
	uint32_t priority;
	uint64_t tie_breaker;

	(void)state;
	assert_int_equal(bel_stun_parse(&msg, request), BEL_OK);
	assert_int_equal(msg.class, BEL_STUN_REQUEST);
	assert_int_equal(msg.method, BEL_STUN_BINDING);
	assert_int_equal(msg.unknown_count, 0);
	assert_false(msg.is_malformed);
	assert_memory_equal(msg.transaction.ptr, request.ptr + 8, 12);
	assert_true(bel_stun_find(&text, &msg, BEL_STUN_SOFTWARE));
	assert_str(text, "STUN test client");
	assert_true(bel_stun_find(&text, &msg, BEL_STUN_USERNAME));
	assert_str(text, "evtj:h6vY");
	assert_true(bel_stun_find_u32(&priority, &msg, BEL_STUN_PRIORITY));
	assert_int_equal(priority, 0x6e0001ff);
	assert_true(bel_stun_find_u64(&tie_breaker, &msg, BEL_STUN_ICE_CONTROLLED));
	assert_true(tie_breaker == 0x932ff9b151263b36u);
	assert_true(bel_stun_has(&msg, BEL_STUN_FINGERPRINT));
	assert_false(bel_stun_has(&msg, BEL_STUN_USE_CANDIDATE));
	free_str(request);
}

static void the_responses_of_rfc_5769_name_their_addresses(void **state)
{
	static const struct {
		const char *file, *addr;
	} rows[] = {
		{ "tests/data/stun/response-ipv4.bin", "192.0.2.1:32853" },
		{ "tests/data/stun/response-ipv6.bin",
		  "[2001:db8:1234:5678:11:2233:4455:6677]:32853" },
	};

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		bel_str response = bel_test_read_file(rows[i].file);
		struct bel_stun_msg msg;
		bel_addr said, expected;
		assert_int_equal(bel_addr_parse(&expected, bel_str_from(rows[i].addr), 0),
				 BEL_OK);
		assert_int_equal(bel_stun_parse(&msg, response), BEL_OK);
		assert_int_equal(msg.class, BEL_STUN_SUCCESS);
		assert_true(bel_stun_find_addr(&said, &msg, BEL_STUN_XOR_MAPPED_ADDRESS));
		assert_true(bel_addr_is_equal(&said, &expected));
		free_str(response);
	}
}

static void no_piece_and_no_flipped_bit_of_a_message_passes_its_fingerprint(void **state)
{
	bel_str request = bel_test_read_file("tests/data/stun/request.bin");
	struct bel_stun_msg msg;

	(void)state;
	for (size_t len = 0; len < request.len; len++) {
		bel_str piece = bel_test_exact(bel_str_slice(request, 0, len));
		assert_int_equal(bel_stun_parse(&msg, piece), BEL_ERR_SYNTAX);
		free_str(piece);
	}
	/* A length that grows may swallow the FINGERPRINT: then there is none. */
	for (size_t bit = 0; bit < (request.len - 8) * 8; bit++) {
		bel_str copy = bel_test_exact(request);
		char *bytes = (char *)(uintptr_t)copy.ptr;
		bytes[bit / 8] = (char)(bytes[bit / 8] ^ 1 << bit % 8);
		if (bel_stun_parse(&msg, copy) == BEL_OK)
			assert_false(bel_stun_has(&msg, BEL_STUN_FINGERPRINT));
		free_str(copy);
	}
	free_str(request);
}

static void attributes_of_wrong_shape_are_told_apart(void **state)
{
	enum { DROPPED = 1, MALFORMED = 2, FINE = 4 };
	static const struct {
		const char *what;
		bel_str attributes;
		int verdict;
		unsigned unknown;
	} rows[] = {
#define ROW(what, bytes, verdict, unknown)                                               \
	{ what, { bytes, sizeof(bytes) - 1 }, verdict, unknown }
		ROW("nothing", "", FINE, 0),
		ROW("past the end", "\x80\x22\x00\x01", DROPPED, 0),
		ROW("the greatest length", "\x80\x22\xff\xff", DROPPED, 0),
		ROW("half an attribute", "\x80\x22\x00\x01x", DROPPED, 0),
		ROW("optional and unknown", "\xff\xff\x00\x00", FINE, 0),
		ROW("required and unknown", "\x7f\xff\x00\x00", FINE, 1),
		ROW("the same unknown twice", "\x7f\xff\x00\x00\x7f\xff\x00\x00", FINE,
		    1),
		ROW("reserved", "\x00\x00\x00\x00", FINE, 1),
		ROW("a type in another's slot", "\x00\x41\x00\x00", FINE, 1),
		ROW("LIFETIME too short", "\x00\x0d\x00\x03xxx ", MALFORMED, 0),
		ROW("LIFETIME too long", "\x00\x0d\x00\x05xxxxx   ", MALFORMED, 0),
		ROW("an empty USERNAME", "\x00\x06\x00\x00", MALFORMED, 0),
		ROW("optional and malformed", "\x80\x04\x00\x01x   ", FINE, 0),
		ROW("a FINGERPRINT that is not the last",
		    "\x80\x28\x00\x04xxxx\x80\x22\x00\x00", DROPPED, 0),
#undef ROW
	};

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		bel_str request = request_with(rows[i].attributes);
		struct bel_stun_msg msg = { .unknown_count = 0 };
		enum bel_err err = bel_stun_parse(&msg, request);
		int verdict = err ? DROPPED : msg.is_malformed ? MALFORMED : FINE;
		if (verdict != rows[i].verdict)
			fail_msg("%s: %d", rows[i].what, verdict);
		assert_int_equal(msg.unknown_count, rows[i].unknown);
		free_str(request);
	}
}

static void more_unknown_attributes_than_a_420_names_are_let_be(void **state)
{
	char buf[20 * 4];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	struct bel_stun_msg msg;

	(void)state;
	for (unsigned i = 0; i < 20; i++)
		bel_write_be32(&writer, (0x7000u + i) << 16);
	bel_str request = request_with(bel_writer_str(&writer));
	assert_int_equal(bel_stun_parse(&msg, request), BEL_OK);
	assert_int_equal(msg.unknown_count, BEL_STUN_UNKNOWN_MAX);
	assert_int_equal(msg.unknown[BEL_STUN_UNKNOWN_MAX - 1], 0x7005);
	free_str(request);
}

static void the_first_attribute_of_a_type_counts(void **state)
{
	bel_str request = request_with((bel_str){ "\x00\x0d\x00\x04\x00\x00\x00\x07"
						  "\x00\x0d\x00\x04\x00\x00\x00\x09",
						  16 });
	struct bel_stun_msg msg;
	uint32_t lifetime;

	(void)state;
	assert_int_equal(bel_stun_parse(&msg, request), BEL_OK);
	assert_true(bel_stun_find_u32(&lifetime, &msg, BEL_STUN_LIFETIME));
	assert_int_equal(lifetime, 7);
	free_str(request);
}

static void what_follows_integrity_is_not_heard(void **state)
{
	static const char attributes[] = "\x00\x08\x00\x14"
					 "aaaaaaaaaaaaaaaaaaaa"
					 "\x00\x0d\x00\x04\x00\x00\x00\x07"
					 "\x00\x1c\x00\x20"
					 "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
					 "\x00\x12\x00\x08\x00\x01xxxxxx"
					 "\x7f\xff\x00\x00";
	bel_str request = request_with((bel_str){ attributes, sizeof attributes - 1 });
	struct bel_stun_msg msg;
	struct bel_cursor walk;
	bel_addr addr;

	(void)state;
	assert_int_equal(bel_stun_parse(&msg, request), BEL_OK);
	assert_true(bel_stun_has(&msg, BEL_STUN_MESSAGE_INTEGRITY));
	assert_true(bel_stun_has(&msg, BEL_STUN_MESSAGE_INTEGRITY_SHA256));
	assert_false(bel_stun_has(&msg, BEL_STUN_LIFETIME));
	assert_false(bel_stun_has(&msg, BEL_STUN_XOR_PEER_ADDRESS));
	assert_int_equal(msg.unknown_count, 0);
	walk = bel_stun_walk(&msg);
	assert_int_equal(
		bel_stun_next_addr(&addr, &walk, &msg, BEL_STUN_XOR_PEER_ADDRESS),
		BEL_ERR_NOT_FOUND);
	free_str(request);
}

static void sha1_integrity_after_sha256_is_not_heard(void **state)
{
	static const char attributes[] = "\x00\x1c\x00\x20"
					 "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
					 "\x00\x08\x00\x14"
					 "aaaaaaaaaaaaaaaaaaaa";
	bel_str request = request_with((bel_str){ attributes, sizeof attributes - 1 });
	struct bel_stun_msg msg;

	(void)state;
	assert_int_equal(bel_stun_parse(&msg, request), BEL_OK);
	assert_false(bel_stun_has(&msg, BEL_STUN_MESSAGE_INTEGRITY));
	free_str(request);
}

static void addresses_have_the_length_of_their_family(void **state)
{
	static const struct {
		const char *value;
		size_t len;
		bool is_right;
	} rows[] = {
		{ "\0\1\0\1aaaa", 8, true },
		{ "\0\2\0\1aaaaaaaaaaaaaaaa", 20, true },
		{ "\0\1\0\1aaaaaaaa", 12, false },
		{ "\0\2\0\1aaaa", 8, false },
		{ "\0\3\0\1aaaa", 8, false },
		{ "\0\0\0\1aaaa", 8, false },
	};

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		char buf[64];
		struct bel_writer writer = bel_writer_init(buf, sizeof buf);
		struct bel_stun_msg msg;
		bel_addr addr;
		bel_stun_write_header(&writer, BEL_STUN_REQUEST,
				      BEL_STUN_CREATE_PERMISSION, BEL_STR(TRANSACTION));
		bel_stun_write_bytes(&writer, BEL_STUN_XOR_PEER_ADDRESS,
				     (bel_str){ rows[i].value, rows[i].len });
		assert_int_equal(bel_stun_parse(&msg, bel_writer_str(&writer)), BEL_OK);
		struct bel_cursor walk = bel_stun_walk(&msg);
		assert_int_equal(
			bel_stun_find_addr(&addr, &msg, BEL_STUN_XOR_PEER_ADDRESS),
			rows[i].is_right);
		assert_int_equal(
			bel_stun_next_addr(&addr, &walk, &msg, BEL_STUN_XOR_PEER_ADDRESS),
			rows[i].is_right ? BEL_OK : BEL_ERR_SYNTAX);
	}
}

static void every_known_number_is_found_and_no_other(void **state)
{
	unsigned count = 0;

	(void)state;
	for (unsigned type = 0; type <= UINT16_MAX; type++) {
		const struct bel_stun_row *row = bel_stun_attr_find((uint16_t)type);
		count += row != NULL;
		assert_true(!row || (row->type == type && row->min <= row->max));
	}
	assert_int_equal(count, 35);
	assert_string_equal(bel_stun_attr_find(0x0013)->name, "DATA");
	assert_string_equal(bel_stun_attr_find(0x8030)->name, "MOBILITY_TICKET");
	assert_string_equal(bel_stun_attr_find(0x802c)->name, "OTHER_ADDRESS");
}

static void algorithms_with_parameters_are_passed_over(void **state)
{
	static const struct {
		const char *value;
		size_t len;
		enum bel_stun_algorithm first;
	} rows[] = {
		{ "\0\1\0\0\0\2\0\0", 8, BEL_STUN_MD5 },
		{ "\0\2\0\0\0\1\0\0", 8, BEL_STUN_SHA256 },
		{ "\0\7\0\3abc \0\2\0\0", 12, BEL_STUN_SHA256 },
		{ "\0\1\0\3abc \0\2\0\0", 12, BEL_STUN_SHA256 },
		{ "\0\7\0\0", 4, 0 },
		{ "\0\7\xff\xff\0\2\0\0", 8, 0 },
	};

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		char buf[64];
		struct bel_writer writer = bel_writer_init(buf, sizeof buf);
		struct bel_stun_msg msg;
		enum bel_stun_algorithm first = 0;
		bel_stun_write_header(&writer, BEL_STUN_REQUEST, BEL_STUN_ALLOCATE,
				      BEL_STR(TRANSACTION));
		bel_stun_write_bytes(&writer, BEL_STUN_PASSWORD_ALGORITHMS,
				     (bel_str){ rows[i].value, rows[i].len });
		assert_int_equal(bel_stun_parse(&msg, bel_writer_str(&writer)), BEL_OK);
		assert_int_equal(bel_stun_find_algorithm(&first, &msg,
							 BEL_STUN_PASSWORD_ALGORITHMS),
				 rows[i].first != 0);
		assert_int_equal(first, rows[i].first);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_request_of_rfc_5769_is_read),
		cmocka_unit_test(the_responses_of_rfc_5769_name_their_addresses),
		cmocka_unit_test(
			no_piece_and_no_flipped_bit_of_a_message_passes_its_fingerprint),
		cmocka_unit_test(attributes_of_wrong_shape_are_told_apart),
		cmocka_unit_test(more_unknown_attributes_than_a_420_names_are_let_be),
		cmocka_unit_test(the_first_attribute_of_a_type_counts),
		cmocka_unit_test(what_follows_integrity_is_not_heard),
		cmocka_unit_test(sha1_integrity_after_sha256_is_not_heard),
		cmocka_unit_test(addresses_have_the_length_of_their_family),
		cmocka_unit_test(every_known_number_is_found_and_no_other),
		cmocka_unit_test(algorithms_with_parameters_are_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
