/* SPDX-License-Identifier: Apache-2.0
 * What is written is read again as it was meant. */
#include "support/support.h"

#include "stun/stun.h"

#define TRANSACTION BEL_STR("abcdefghijkl")

static void classes_and_methods_come_back(void **state)
{
	static const enum bel_stun_class classes[] = { BEL_STUN_REQUEST,
						       BEL_STUN_INDICATION,
						       BEL_STUN_SUCCESS, BEL_STUN_ERROR };

	(void)state;
	for (unsigned method = 0; method < 0x1000; method++) {
		for (size_t i = 0; i < BEL_COUNT_OF(classes); i++) {
			char buf[20];
			struct bel_writer writer = bel_writer_init(buf, sizeof buf);
			struct bel_stun_msg msg;
			bel_stun_write_header(&writer, classes[i],
					      (enum bel_stun_method)method, TRANSACTION);
			assert_int_equal(bel_stun_parse(&msg, bel_writer_str(&writer)),
					 BEL_OK);
			assert_int_equal(msg.class, classes[i]);
			assert_int_equal(msg.method, method);
		}
	}
}

static void addresses_come_back_plain_and_masked(void **state)
{
	static const char *const texts[] = { "192.0.2.1:3478", "0.0.0.0:0",
					     "255.255.255.255:65535",
					     "[2001:db8::1]:3478",
					     "[::ffff:127.0.0.1]:1" };
	static const enum bel_stun_attr attrs[] = { BEL_STUN_XOR_PEER_ADDRESS,
						    BEL_STUN_ALTERNATE_SERVER };

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(texts) * 2; i++) {
		char buf[64];
		struct bel_writer writer = bel_writer_init(buf, sizeof buf);
		struct bel_stun_msg msg;
		bel_addr addr, again;
		assert_int_equal(bel_addr_parse(&addr, bel_str_from(texts[i / 2]), 0),
				 BEL_OK);
		bel_stun_write_header(&writer, BEL_STUN_REQUEST,
				      BEL_STUN_CREATE_PERMISSION, TRANSACTION);
		bel_stun_write_addr(&writer, attrs[i % 2], &addr);
		assert_int_equal(bel_stun_parse(&msg, bel_writer_str(&writer)), BEL_OK);
		assert_true(bel_stun_find_addr(&again, &msg, attrs[i % 2]));
		assert_true(bel_addr_is_equal(&addr, &again));
	}
}

static void several_addresses_come_in_order(void **state)
{
	char buf[128];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	struct bel_stun_msg msg;
	bel_addr addr;

	(void)state;
	bel_stun_write_header(&writer, BEL_STUN_REQUEST, BEL_STUN_CREATE_PERMISSION,
			      TRANSACTION);
	for (uint8_t i = 1; i <= 3; i++) {
		addr = bel_addr_v4(192, 0, 2, i, i);
		bel_stun_write_addr(&writer, BEL_STUN_XOR_PEER_ADDRESS, &addr);
		bel_stun_write_bytes(&writer, BEL_STUN_SOFTWARE, BEL_STR("between"));
	}
	assert_int_equal(bel_stun_parse(&msg, bel_writer_str(&writer)), BEL_OK);
	struct bel_cursor walk = bel_stun_walk(&msg);
	for (uint8_t i = 1; i <= 3; i++) {
		assert_int_equal(
			bel_stun_next_addr(&addr, &walk, &msg, BEL_STUN_XOR_PEER_ADDRESS),
			BEL_OK);
		assert_int_equal(addr.port, i);
	}
	assert_int_equal(
		bel_stun_next_addr(&addr, &walk, &msg, BEL_STUN_XOR_PEER_ADDRESS),
		BEL_ERR_NOT_FOUND);
}

static void values_of_every_length_are_padded(void **state)
{
	static const char text[] = "123456789";

	(void)state;
	for (size_t len = 1; len < sizeof text; len++) {
		char buf[64];
		struct bel_writer writer = bel_writer_init(buf, sizeof buf);
		struct bel_stun_msg msg;
		bel_str again;
		bel_stun_write_header(&writer, BEL_STUN_REQUEST, BEL_STUN_ALLOCATE,
				      TRANSACTION);
		bel_stun_write_bytes(&writer, BEL_STUN_REALM, (bel_str){ text, len });
		assert_int_equal(writer.len % 4, 0);
		assert_int_equal(bel_stun_parse(&msg, bel_writer_str(&writer)), BEL_OK);
		assert_true(bel_stun_find(&again, &msg, BEL_STUN_REALM));
		assert_true(bel_str_is_equal(again, (bel_str){ text, len }));
	}
}

static void errors_families_and_algorithms_come_back(void **state)
{
	static const unsigned codes[] = { 300, 400, 401, 438, 486, 508, 699 };
	static const enum bel_stun_algorithm algorithms[] = { BEL_STUN_SHA256,
							      BEL_STUN_MD5 };

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(codes); i++) {
		char buf[128];
		struct bel_writer writer = bel_writer_init(buf, sizeof buf);
		struct bel_stun_msg msg;
		unsigned code, family_code;
		uint8_t family;
		enum bel_stun_algorithm first;
		bel_stun_write_header(&writer, BEL_STUN_ERROR, BEL_STUN_ALLOCATE,
				      TRANSACTION);
		bel_stun_write_error(&writer, codes[i], bel_stun_reason(codes[i]));
		bel_stun_write_family_error(&writer, 6, 440);
		bel_stun_write_family(&writer, BEL_STUN_REQUESTED_ADDRESS_FAMILY, 6);
		bel_stun_write_algorithms(&writer, BEL_STUN_PASSWORD_ALGORITHMS,
					  algorithms, 2);
		assert_int_equal(bel_stun_parse(&msg, bel_writer_str(&writer)), BEL_OK);
		assert_true(bel_stun_find_error(&code, &msg, BEL_STUN_ERROR_CODE));
		assert_int_equal(code, codes[i]);
		assert_true(bel_stun_find_error(&family_code, &msg,
						BEL_STUN_ADDRESS_ERROR_CODE));
		assert_int_equal(family_code, 440);
		assert_true(bel_stun_find_family(&family, &msg,
						 BEL_STUN_REQUESTED_ADDRESS_FAMILY));
		assert_int_equal(family, 6);
		assert_true(bel_stun_find_algorithm(&first, &msg,
						    BEL_STUN_PASSWORD_ALGORITHMS));
		assert_int_equal(first, BEL_STUN_SHA256);
	}
}

static void codes_that_are_none_are_not_read(void **state)
{
	static const unsigned char values[][4] = { { 0, 0, 2, 99 },
						   { 0, 0, 7, 0 },
						   { 0, 0, 4, 100 } };

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(values); i++) {
		char buf[64];
		struct bel_writer writer = bel_writer_init(buf, sizeof buf);
		struct bel_stun_msg msg;
		unsigned code;
		bel_stun_write_header(&writer, BEL_STUN_ERROR, BEL_STUN_ALLOCATE,
				      TRANSACTION);
		bel_stun_write_bytes(&writer, BEL_STUN_ERROR_CODE,
				     (bel_str){ (const char *)values[i], 4 });
		assert_int_equal(bel_stun_parse(&msg, bel_writer_str(&writer)), BEL_OK);
		assert_false(bel_stun_find_error(&code, &msg, BEL_STUN_ERROR_CODE));
	}
}

static void a_message_in_pieces_is_one(void **state)
{
	char buf[64];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	const bel_addr peer = bel_addr_v4(192, 0, 2, 1, 9);
	struct bel_stun_msg msg;
	bel_str data;

	(void)state;
	bel_stun_write_header(&writer, BEL_STUN_INDICATION, BEL_STUN_DATA, TRANSACTION);
	bel_stun_write_addr(&writer, BEL_STUN_XOR_PEER_ADDRESS, &peer);
	bel_stun_write_head_of(&writer, BEL_STUN_DATA_VALUE, 5);
	bel_write_lit(&writer, "hello\0\0\0");
	assert_int_equal(bel_stun_parse(&msg, bel_writer_str(&writer)), BEL_OK);
	assert_true(bel_stun_find(&data, &msg, BEL_STUN_DATA_VALUE));
	assert_str(data, "hello");
}

static void what_does_not_fit_is_said_at_the_end(void **state)
{
	const bel_addr six = { .family = 6, .port = 1 };

	(void)state;
	for (size_t size = 0; size < 20 + 24 + 8 + 12; size++) {
		char *buf = malloc(size ? size : 1);
		struct bel_writer writer = bel_writer_init(buf, size);
		assert_non_null(buf);
		bel_stun_write_header(&writer, BEL_STUN_SUCCESS, BEL_STUN_BINDING,
				      TRANSACTION);
		bel_stun_write_addr(&writer, BEL_STUN_XOR_MAPPED_ADDRESS, &six);
		bel_stun_write_error(&writer, 400, BEL_STR("no"));
		bel_stun_write_fingerprint(&writer);
		assert_int_equal(bel_writer_check(&writer), BEL_ERR_SPACE);
		free(buf);
	}
}

static void what_no_header_can_count_is_not_written(void **state)
{
	static char buf[70000], data[65534];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	(void)state;
	bel_stun_write_header(&writer, BEL_STUN_INDICATION, BEL_STUN_SEND, TRANSACTION);
	bel_stun_write_bytes(&writer, BEL_STUN_DATA_VALUE,
			     (bel_str){ data, sizeof data });
	assert_int_equal(bel_writer_check(&writer), BEL_ERR_SPACE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(classes_and_methods_come_back),
		cmocka_unit_test(addresses_come_back_plain_and_masked),
		cmocka_unit_test(several_addresses_come_in_order),
		cmocka_unit_test(values_of_every_length_are_padded),
		cmocka_unit_test(errors_families_and_algorithms_come_back),
		cmocka_unit_test(codes_that_are_none_are_not_read),
		cmocka_unit_test(a_message_in_pieces_is_one),
		cmocka_unit_test(what_does_not_fit_is_said_at_the_end),
		cmocka_unit_test(what_no_header_can_count_is_not_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
