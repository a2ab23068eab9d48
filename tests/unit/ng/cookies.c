/* SPDX-License-Identifier: Apache-2.0
 * Answers are found again by cookie and source, for a minute, and not without bounds. */
#include "support/support.h"

#include "ng/cookies.h"

static const struct bel_hash_key key = { 1, 2 };

static void an_answer_is_found_for_a_minute(void **state)
{
	struct bel_ng_cookies cookies;
	bel_addr source = bel_addr_v4(127, 0, 0, 1, 4000);
	bel_str answer = BEL_STR_NONE;

	(void)state;
	assert_int_equal(bel_ng_cookies_init(&cookies, &key), BEL_OK);
	bel_ng_cookies_put(&cookies, &source, BEL_STR("1_2"), BEL_STR("1_2 de"), 1000);
	assert_true(bel_ng_cookies_find(&answer, &cookies, &source, BEL_STR("1_2"),
					1000 + BEL_NG_COOKIE_MS - 1));
	assert_str(answer, "1_2 de");
	assert_false(bel_ng_cookies_find(&answer, &cookies, &source, BEL_STR("1_2"),
					 1000 + BEL_NG_COOKIE_MS));
	assert_int_equal(cookies.count, 0);
	assert_int_equal(cookies.bytes, 0);
	bel_ng_cookies_fini(&cookies);
}

static void another_source_has_cookies_of_its_own(void **state)
{
	struct bel_ng_cookies cookies;
	bel_addr source = bel_addr_v4(127, 0, 0, 1, 4000);
	bel_addr port = bel_addr_v4(127, 0, 0, 1, 4001);
	bel_addr host = bel_addr_v4(127, 0, 0, 2, 4000);
	bel_str answer;

	(void)state;
	assert_int_equal(bel_ng_cookies_init(&cookies, &key), BEL_OK);
	bel_ng_cookies_put(&cookies, &source, BEL_STR("c"), BEL_STR("c de"), 0);
	assert_false(bel_ng_cookies_find(&answer, &cookies, &port, BEL_STR("c"), 0));
	assert_false(bel_ng_cookies_find(&answer, &cookies, &host, BEL_STR("c"), 0));
	assert_false(bel_ng_cookies_find(&answer, &cookies, &source, BEL_STR("d"), 0));
	assert_true(bel_ng_cookies_find(&answer, &cookies, &source, BEL_STR("c"), 0));
	bel_ng_cookies_fini(&cookies);
	bel_ng_cookies_fini(&cookies); /* harmless */
}

static bel_str numbered(char buf[16], unsigned number)
{
	struct bel_writer writer = bel_writer_init(buf, 16);

	bel_write_u64(&writer, number);
	return bel_writer_str(&writer);
}

static void the_oldest_go_when_there_are_too_many(void **state)
{
	struct bel_ng_cookies cookies;
	bel_addr source = bel_addr_v4(127, 0, 0, 1, 4000);
	bel_str answer;
	char buf[16];

	(void)state;
	assert_int_equal(bel_ng_cookies_init(&cookies, &key), BEL_OK);
	for (unsigned i = 0; i < BEL_NG_COOKIES_MAX + 10; i++)
		bel_ng_cookies_put(&cookies, &source, numbered(buf, i), BEL_STR("x"), i);
	assert_int_equal(cookies.count, BEL_NG_COOKIES_MAX);
	assert_false(
		bel_ng_cookies_find(&answer, &cookies, &source, numbered(buf, 9), 9999));
	assert_true(
		bel_ng_cookies_find(&answer, &cookies, &source, numbered(buf, 10), 9999));
	bel_ng_cookies_fini(&cookies);
}

static void and_when_they_take_too_many_bytes(void **state)
{
	static char large[65000];
	struct bel_ng_cookies cookies;
	bel_addr source = bel_addr_v4(127, 0, 0, 1, 4000);
	bel_str answer;
	char buf[16];

	(void)state;
	assert_int_equal(bel_ng_cookies_init(&cookies, &key), BEL_OK);
	for (unsigned i = 0; i < 1000; i++) {
		bel_ng_cookies_put(&cookies, &source, numbered(buf, i),
				   (bel_str){ large, sizeof large }, 0);
		assert_true(cookies.bytes <= BEL_NG_COOKIES_BYTES_MAX);
	}
	assert_true(cookies.count > 200);
	assert_true(
		bel_ng_cookies_find(&answer, &cookies, &source, numbered(buf, 999), 0));
	bel_ng_cookies_fini(&cookies);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_is_found_for_a_minute),
		cmocka_unit_test(another_source_has_cookies_of_its_own),
		cmocka_unit_test(the_oldest_go_when_there_are_too_many),
		cmocka_unit_test(and_when_they_take_too_many_bytes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
