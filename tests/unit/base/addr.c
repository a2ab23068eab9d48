/* SPDX-License-Identifier: Apache-2.0 */
#include "support/support.h"

#include <sys/socket.h>

#include "base/addr.h"

static bel_addr parsed(const char *text)
{
	bel_addr addr;

	if (bel_addr_parse(&addr, bel_str_from(text), 0))
		fail_msg("%s is an address", text);
	return addr;
}

static void addresses_are_read_and_written_as_rfc_5952_says(void **state)
{
	static const struct {
		const char *text, *written;
	} rows[] = {
		{ "192.0.2.1", "192.0.2.1:5060" },
		{ "192.0.2.1:1", "192.0.2.1:1" },
		{ "192.0.2.1:65535", "192.0.2.1:65535" },
		{ "[2001:DB8::1]:5061", "[2001:db8::1]:5061" },
		{ "2001:db8:0:0:1:0:0:1", "[2001:db8::1:0:0:1]:5060" },
		{ "2001:db8:0:1:1:1:1:1", "[2001:db8:0:1:1:1:1:1]:5060" },
		{ "[::]", "[::]:5060" },
		{ "::1", "[::1]:5060" },
		{ "[::ffff:192.0.2.1]:7", "[::ffff:192.0.2.1]:7" },
	};
	(void)state;

	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		char buf[64];
		struct bel_writer writer = bel_writer_init(buf, sizeof buf);
		bel_addr addr;
		assert_int_equal(bel_addr_parse(&addr, bel_str_from(rows[i].text), 5060),
				 BEL_OK);
		bel_addr_write(&writer, &addr);
		assert_str(bel_writer_str(&writer), rows[i].written);
	}
}

static void what_is_no_address_is_refused_and_leaves_the_result(void **state)
{
	static const char *const wrong[] = {
		"",           "1.2.3",          "1.2.3.4.5",
		"1.2.3.256",  "1.2.3.04x",      "1.2.3.4:",
		"1.2.3.4:-1", "1.2.3.4:65536",  "1.2.3.4:1x",
		"::1:::",     "[::1",           "::1]",
		"[::1]5060",  "[::1]:",         "[]",
		"[1.2.3.4]",  "[1.2.3.4]:5060", "example.test",
		" 1.2.3.4",   "1.2.3.4 ",       "fe80::1%lo",
		"0x7f.1",     "127.1",          "[[::1]]",
	};
	(void)state;

	for (size_t i = 0; i < BEL_COUNT_OF(wrong); i++) {
		bel_addr addr = bel_addr_v4(9, 9, 9, 9, 9), before = addr;
		bel_str text = bel_test_exact(bel_str_from(wrong[i]));
		if (bel_addr_parse(&addr, text, 1) != BEL_ERR_SYNTAX)
			fail_msg("%s is no address", wrong[i]);
		assert_true(bel_addr_is_equal(&addr, &before));
		free((char *)text.ptr);
	}
	assert_int_equal(
		bel_addr_parse_host(&(bel_addr){ 0 }, (bel_str){ "1.2.3.4\0x", 9 }),
		BEL_ERR_SYNTAX);
}

static void hosts_stand_in_brackets_in_a_uri(void **state)
{
	bel_addr six = parsed("2001:db8::1"), four = parsed("192.0.2.1");
	bel_addr none = { .family = 0 };
	char buf[128];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	(void)state;

	bel_addr_write_host(&writer, &six);
	bel_write_char(&writer, ' ');
	bel_addr_write_uri_host(&writer, &six);
	bel_write_char(&writer, ' ');
	bel_addr_write_uri_host(&writer, &four);
	bel_write_char(&writer, ' ');
	bel_addr_write_host(&writer, &none);
	assert_str(bel_writer_str(&writer), "2001:db8::1 [2001:db8::1] 192.0.2.1 none");
}

static void equality_is_of_host_port_and_family(void **state)
{
	bel_addr four = parsed("192.0.2.1:5060"),
		 mapped = parsed("[::ffff:192.0.2.1]:5060");
	bel_addr other_port = parsed("192.0.2.1:5061");
	(void)state;

	assert_true(bel_addr_is_same_host(&four, &other_port));
	assert_false(bel_addr_is_equal(&four, &other_port));
	assert_false(bel_addr_is_same_host(&four, &mapped));
	bel_addr canonical = bel_addr_canonical(&mapped);
	assert_true(bel_addr_is_equal(&four, &canonical));
	assert_true(bel_addr_hash(&four, 1) != bel_addr_hash(&other_port, 1));
	assert_true(bel_addr_hash(&four, 1) != bel_addr_hash(&four, 2));
}

static void networks_hold_what_shares_their_bits(void **state)
{
	static const struct {
		const char *addr, *net;
		unsigned bits;
		bool is_within;
	} rows[] = {
		{ "192.0.2.255", "192.0.2.0", 24, true },
		{ "192.0.3.0", "192.0.2.0", 24, false },
		{ "192.0.3.0", "192.0.2.0", 23, true },
		{ "10.1.2.3", "10.1.2.3", 32, true },
		{ "10.1.2.2", "10.1.2.3", 32, false },
		{ "10.1.2.2", "10.1.2.3", 31, true },
		{ "1.2.3.4", "9.9.9.9", 0, true },
		{ "1.2.3.4", "1.2.3.4", 33, false },
		{ "::1", "0.0.0.0", 0, false },
		{ "1.2.3.4", "::", 0, false },
		{ "2001:db8::1", "2001:db8::", 32, true },
		{ "2001:db9::1", "2001:db8::", 32, false },
		{ "2001:db9::1", "2001:db8::", 31, true },
		{ "::1", "::1", 128, true },
		{ "::1", "::1", 129, false },
	};
	(void)state;

	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		bel_addr addr = parsed(rows[i].addr), net = parsed(rows[i].net);
		if (bel_addr_is_within(&addr, &net, rows[i].bits) != rows[i].is_within)
			fail_msg("%s in %s/%u", rows[i].addr, rows[i].net, rows[i].bits);
	}
}

/* First and last address of every special range of IPv4, and its neighbours outside. */
static const struct {
	uint8_t ip[4];
	enum bel_addr_range range;
} four_rows[] = {
	{ { 0, 0, 0, 0 }, BEL_ADDR_UNSPECIFIED },
	{ { 0, 255, 255, 255 }, BEL_ADDR_UNSPECIFIED },
	{ { 1, 0, 0, 0 }, BEL_ADDR_GLOBAL },
	{ { 9, 255, 255, 255 }, BEL_ADDR_GLOBAL },
	{ { 10, 0, 0, 0 }, BEL_ADDR_PRIVATE },
	{ { 10, 255, 255, 255 }, BEL_ADDR_PRIVATE },
	{ { 11, 0, 0, 0 }, BEL_ADDR_GLOBAL },
	{ { 100, 63, 255, 255 }, BEL_ADDR_GLOBAL },
	{ { 100, 64, 0, 0 }, BEL_ADDR_PRIVATE },
	{ { 100, 127, 255, 255 }, BEL_ADDR_PRIVATE },
	{ { 100, 128, 0, 0 }, BEL_ADDR_GLOBAL },
	{ { 126, 255, 255, 255 }, BEL_ADDR_GLOBAL },
	{ { 127, 0, 0, 1 }, BEL_ADDR_LOOPBACK },
	{ { 127, 255, 255, 255 }, BEL_ADDR_LOOPBACK },
	{ { 128, 0, 0, 0 }, BEL_ADDR_GLOBAL },
	{ { 169, 253, 255, 255 }, BEL_ADDR_GLOBAL },
	{ { 169, 254, 169, 254 }, BEL_ADDR_LINK_LOCAL },
	{ { 169, 255, 0, 0 }, BEL_ADDR_GLOBAL },
	{ { 172, 15, 255, 255 }, BEL_ADDR_GLOBAL },
	{ { 172, 16, 0, 0 }, BEL_ADDR_PRIVATE },
	{ { 172, 31, 255, 255 }, BEL_ADDR_PRIVATE },
	{ { 172, 32, 0, 0 }, BEL_ADDR_GLOBAL },
	{ { 192, 0, 0, 8 }, BEL_ADDR_RESERVED },
	{ { 192, 0, 1, 0 }, BEL_ADDR_GLOBAL },
	{ { 192, 0, 2, 0 }, BEL_ADDR_RESERVED },
	{ { 192, 0, 2, 255 }, BEL_ADDR_RESERVED },
	{ { 192, 0, 3, 0 }, BEL_ADDR_GLOBAL },
	{ { 192, 88, 99, 1 }, BEL_ADDR_RESERVED },
	{ { 192, 167, 255, 255 }, BEL_ADDR_GLOBAL },
	{ { 192, 168, 0, 0 }, BEL_ADDR_PRIVATE },
	{ { 192, 168, 255, 255 }, BEL_ADDR_PRIVATE },
	{ { 192, 169, 0, 0 }, BEL_ADDR_GLOBAL },
	{ { 198, 17, 255, 255 }, BEL_ADDR_GLOBAL },
	{ { 198, 18, 0, 0 }, BEL_ADDR_RESERVED },
	{ { 198, 19, 255, 255 }, BEL_ADDR_RESERVED },
	{ { 198, 20, 0, 0 }, BEL_ADDR_GLOBAL },
	{ { 198, 51, 100, 1 }, BEL_ADDR_RESERVED },
	{ { 203, 0, 113, 1 }, BEL_ADDR_RESERVED },
	{ { 203, 0, 114, 0 }, BEL_ADDR_GLOBAL },
	{ { 223, 255, 255, 255 }, BEL_ADDR_GLOBAL },
	{ { 224, 0, 0, 0 }, BEL_ADDR_MULTICAST },
	{ { 239, 255, 255, 255 }, BEL_ADDR_MULTICAST },
	{ { 240, 0, 0, 0 }, BEL_ADDR_RESERVED },
	{ { 255, 255, 255, 255 }, BEL_ADDR_RESERVED },
};

/* The forms in which an IPv4 address can stand inside an IPv6 one. */
static const struct {
	uint8_t prefix[12];
	size_t at; /* where the four bytes lie */
} encodings[] = {
	{ { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff }, 12 }, /* v4-mapped */
	{ { 0 }, 12 },                                        /* v4-compatible */
	{ { 0, 0x64, 0xff, 0x9b }, 12 },                      /* NAT64, RFC 6052 */
	{ { 0x20, 0x02 }, 2 },                                /* 6to4, RFC 3056 */
};

static void special_ranges_are_known_in_every_encoding(void **state)
{
	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(four_rows); i++) {
		const uint8_t *ip = four_rows[i].ip;
		bel_addr four = bel_addr_v4(ip[0], ip[1], ip[2], ip[3], 5060);
		assert_int_equal(bel_addr_range(&four), four_rows[i].range);
		for (size_t k = 0; k < BEL_COUNT_OF(encodings); k++) {
			bel_addr six = { .family = 6, .port = 5060 };
			/* :: and ::1 and their like are addresses of IPv6. */
			if (k == 1 && !ip[0] && !ip[1] && !ip[2])
				continue;
			memcpy(six.ip, encodings[k].prefix, 12);
			memcpy(six.ip + encodings[k].at, ip, 4);
			assert_int_equal(bel_addr_range(&six), four_rows[i].range);
			bel_addr canonical = bel_addr_canonical(&six);
			assert_true(bel_addr_is_equal(&canonical, &four));
		}
	}
}

static void special_ranges_of_ipv6_are_known(void **state)
{
	static const struct {
		const char *text;
		enum bel_addr_range range;
	} rows[] = {
		{ "::", BEL_ADDR_UNSPECIFIED },
		{ "::1", BEL_ADDR_LOOPBACK },
		{ "::2", BEL_ADDR_RESERVED },
		{ "::ff", BEL_ADDR_RESERVED },
		{ "::ffff:0:7f00:1", BEL_ADDR_RESERVED },  /* RFC 2765 */
		{ "64:ff9b:1::a00:1", BEL_ADDR_RESERVED }, /* RFC 8215 */
		{ "100::1", BEL_ADDR_RESERVED },
		{ "2001::1", BEL_ADDR_RESERVED },    /* Teredo */
		{ "2001:2::1", BEL_ADDR_RESERVED },  /* benchmarks */
		{ "2001:10::1", BEL_ADDR_RESERVED }, /* ORCHID */
		{ "2001:200::1", BEL_ADDR_GLOBAL },
		{ "2001:db8::1", BEL_ADDR_RESERVED },
		{ "2001:db9::1", BEL_ADDR_GLOBAL },
		{ "2a00:1450::1", BEL_ADDR_GLOBAL },
		{ "3fff::1", BEL_ADDR_RESERVED }, /* RFC 9637 */
		{ "3fff:fff:ffff::1", BEL_ADDR_RESERVED },
		{ "4000::1", BEL_ADDR_RESERVED },
		{ "5f00::1", BEL_ADDR_RESERVED },
		{ "fc00::1", BEL_ADDR_PRIVATE },
		{ "fdff:ffff::1", BEL_ADDR_PRIVATE },
		{ "fe80::1", BEL_ADDR_LINK_LOCAL },
		{ "febf::1", BEL_ADDR_LINK_LOCAL },
		{ "fec0::1", BEL_ADDR_PRIVATE },
		{ "ff02::1", BEL_ADDR_MULTICAST },
	};
	bel_addr none = { .family = 0 };
	(void)state;

	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		bel_addr addr = parsed(rows[i].text);
		if (bel_addr_range(&addr) != rows[i].range)
			fail_msg("%s is in range %d", rows[i].text,
				 (int)bel_addr_range(&addr));
	}
	assert_int_equal(bel_addr_range(&none), BEL_ADDR_UNSPECIFIED);
}

static void sockaddrs_go_both_ways(void **state)
{
	static const char *const texts[] = { "192.0.2.1:5060", "[2001:db8::1]:5061" };
	struct sockaddr_storage name = { .ss_family = AF_UNIX };
	bel_addr none = { .family = 0 };
	(void)state;

	for (size_t i = 0; i < BEL_COUNT_OF(texts); i++) {
		struct sockaddr_storage there = { 0 };
		bel_addr addr = parsed(texts[i]);
		assert_true(bel_addr_to_sockaddr(&there, &addr) > 0);
		bel_addr back = bel_addr_from_sockaddr(&there);
		assert_true(bel_addr_is_equal(&addr, &back));
	}
	assert_int_equal(bel_addr_to_sockaddr(&name, &none), 0);
	assert_int_equal(bel_addr_from_sockaddr(&name).family, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_read_and_written_as_rfc_5952_says),
		cmocka_unit_test(what_is_no_address_is_refused_and_leaves_the_result),
		cmocka_unit_test(hosts_stand_in_brackets_in_a_uri),
		cmocka_unit_test(equality_is_of_host_port_and_family),
		cmocka_unit_test(networks_hold_what_shares_their_bits),
		cmocka_unit_test(special_ranges_are_known_in_every_encoding),
		cmocka_unit_test(special_ranges_of_ipv6_are_known),
		cmocka_unit_test(sockaddrs_go_both_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
