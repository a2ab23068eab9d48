/* SPDX-License-Identifier: Apache-2.0
 * What is bencode and what is not; walks and look-ups; what is written is read again. */
#include "support/support.h"

#include "ng/bencode.h"

static enum bel_err parse_exact(bel_str bytes)
{
	bel_str exact = bel_test_exact(bytes);
	struct bel_bencode item;
	enum bel_err err = bel_bencode_parse(&item, exact);

	free((void *)(uintptr_t)exact.ptr);
	return err;
}

static void what_is_not_spelled_in_the_one_way_is_refused(void **state)
{
	static const struct {
		const char *bytes;
		enum bel_err err;
	} rows[] = {
		{ "i0e", BEL_OK },
		{ "i-1e", BEL_OK },
		{ "i9223372036854775807e", BEL_OK },
		{ "i-9223372036854775807e", BEL_OK },
		{ "0:", BEL_OK },
		{ "3:abc", BEL_OK },
		{ "10:0123456789", BEL_OK },
		{ "le", BEL_OK },
		{ "de", BEL_OK },
		{ "d0:de1:alee", BEL_OK },
		{ "d1:b1:x1:a1:ye", BEL_OK }, /* any order */
		{ "", BEL_ERR_SYNTAX },
		{ "i", BEL_ERR_SYNTAX },
		{ "ie", BEL_ERR_SYNTAX },
		{ "i-e", BEL_ERR_SYNTAX },
		{ "i-0e", BEL_ERR_SYNTAX },
		{ "i01e", BEL_ERR_SYNTAX },
		{ "i-01e", BEL_ERR_SYNTAX },
		{ "i00e", BEL_ERR_SYNTAX },
		{ "i+1e", BEL_ERR_SYNTAX },
		{ "i 1e", BEL_ERR_SYNTAX },
		{ "i1", BEL_ERR_SYNTAX },
		{ "i1.5e", BEL_ERR_SYNTAX },
		{ "i9223372036854775808e", BEL_ERR_LIMIT },
		{ "i-9223372036854775808e", BEL_ERR_LIMIT },
		{ "i99999999999999999999999999e", BEL_ERR_LIMIT },
		{ "3:ab", BEL_ERR_SYNTAX },
		{ "3abc", BEL_ERR_SYNTAX },
		{ "03:abc", BEL_ERR_SYNTAX },
		{ "00:", BEL_ERR_SYNTAX },
		{ "-1:a", BEL_ERR_SYNTAX },
		{ ":a", BEL_ERR_SYNTAX },
		{ "18446744073709551616:a", BEL_ERR_SYNTAX },
		{ "18446744073709551615:a", BEL_ERR_SYNTAX },
		{ "4294967297:a", BEL_ERR_SYNTAX },
		{ "l", BEL_ERR_SYNTAX },
		{ "d", BEL_ERR_SYNTAX },
		{ "e", BEL_ERR_SYNTAX },
		{ "d1:ae", BEL_ERR_SYNTAX },    /* no item */
		{ "di1e1:ae", BEL_ERR_SYNTAX }, /* a number for a key */
		{ "dle1:ae", BEL_ERR_SYNTAX },
		{ "i1ei2e", BEL_ERR_SYNTAX }, /* two items */
		{ "de ", BEL_ERR_SYNTAX },
		{ "lee", BEL_ERR_SYNTAX },
	};

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		enum bel_err err = parse_exact(bel_str_from(rows[i].bytes));
		if (err != rows[i].err)
			fail_msg("%s: %s", rows[i].bytes, bel_err_text(err));
	}
}

static void cut_short_at_any_byte_it_is_refused(void **state)
{
	static const char bytes[] =
		"d7:command5:offer3:sdp3:v=05:flagsl1:a1:be5:limiti-40ee";

	(void)state;
	assert_int_equal(parse_exact(bel_str_from(bytes)), BEL_OK);
	for (size_t len = 0; len < sizeof bytes - 1; len++)
		assert_int_equal(parse_exact((bel_str){ bytes, len }), BEL_ERR_SYNTAX);
}

static void depth_and_number_of_items_are_bounded(void **state)
{
	static char bytes[2 * 2000];
	struct bel_bencode item;

	(void)state;
	for (size_t depth = 1; depth < 1000; depth++) {
		memset(bytes, 'l', depth);
		memset(bytes + depth, 'e', depth);
		assert_int_equal(bel_bencode_parse(&item, (bel_str){ bytes, 2 * depth }),
				 depth <= BEL_BENCODE_DEPTH_MAX ? BEL_OK : BEL_ERR_LIMIT);
	}
	for (size_t count = 1020; count < 1030; count++) {
		bytes[0] = 'l';
		for (size_t i = 0; i < count; i++)
			memcpy(bytes + 1 + 2 * i, "0:", 2);
		bytes[1 + 2 * count] = 'e';
		assert_int_equal(
			bel_bencode_parse(&item, (bel_str){ bytes, 2 * count + 2 }),
			count + 1 <= BEL_BENCODE_ITEMS_MAX ? BEL_OK : BEL_ERR_LIMIT);
	}
	/* Keys count. */
	for (size_t count = 500; count < 520; count++) {
		bytes[0] = 'd';
		for (size_t i = 0; i < count; i++)
			memcpy(bytes + 1 + 4 * i, "0:0:", 4);
		bytes[1 + 4 * count] = 'e';
		assert_int_equal(
			bel_bencode_parse(&item, (bel_str){ bytes, 4 * count + 2 }),
			2 * count + 1 <= BEL_BENCODE_ITEMS_MAX ? BEL_OK : BEL_ERR_LIMIT);
	}
}

static void on_failure_the_item_is_untouched(void **state)
{
	struct bel_bencode item = { .kind = BEL_BENCODE_NUMBER, .number = 7 };

	(void)state;
	assert_int_equal(bel_bencode_parse(&item, BEL_STR("d1:a")), BEL_ERR_SYNTAX);
	assert_int_equal(item.kind, BEL_BENCODE_NUMBER);
	assert_int_equal(item.number, 7);
}

static void items_are_found_by_key_and_the_first_one_counts(void **state)
{
	struct bel_bencode root, item;

	(void)state;
	assert_int_equal(
		bel_bencode_parse(&root,
				  BEL_STR("d1:ad1:x1:ye1:bi5e1:cl1:p1:qe1:b2:no0:1:ze")),
		BEL_OK);
	assert_true(bel_bencode_find(&item, &root, BEL_STR("b")));
	assert_int_equal(item.kind, BEL_BENCODE_NUMBER);
	assert_int_equal(item.number, 5);
	assert_str(bel_bencode_find_str(&root, BEL_STR("b")), ""); /* no string */
	assert_str(bel_bencode_find_str(&root, BEL_STR("")), "z");
	assert_str(bel_bencode_find_str(&root, BEL_STR("y")), "");  /* a value */
	assert_false(bel_bencode_find(&item, &root, BEL_STR("x"))); /* too deep */
	assert_true(bel_bencode_find(&item, &root, BEL_STR("a")));
	assert_str(bel_bencode_find_str(&item, BEL_STR("x")), "y");
	assert_true(bel_bencode_find(&item, &root, BEL_STR("c")));
	assert_int_equal(item.kind, BEL_BENCODE_LIST);
	/* A list has no keys, though it could be read so. */
	assert_false(bel_bencode_find(&root, &item, BEL_STR("p")));
}

static void a_walk_ends_where_the_list_does(void **state)
{
	struct bel_bencode root, item;
	struct bel_cursor walk;

	(void)state;
	assert_int_equal(bel_bencode_parse(&root, BEL_STR("li1eld1:a1:bee2:hie")),
			 BEL_OK);
	walk = bel_bencode_walk(&root);
	assert_true(bel_bencode_next(&item, &walk));
	assert_int_equal(item.number, 1);
	assert_true(bel_bencode_next(&item, &walk));
	assert_int_equal(item.kind, BEL_BENCODE_LIST);
	assert_str(item.bytes, "d1:a1:be");
	assert_true(bel_bencode_next(&item, &walk));
	assert_str(item.bytes, "hi");
	assert_false(bel_bencode_next(&item, &walk));
	walk = bel_bencode_walk(&item);
	assert_false(bel_bencode_next(&root, &walk)); /* nothing inside a string */
}

static void what_is_written_is_read_again(void **state)
{
	char buf[128];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	struct bel_bencode root;

	(void)state;
	bel_bencode_begin_dictionary(&writer);
	bel_bencode_write_lit(&writer, "list");
	bel_bencode_begin_list(&writer);
	bel_bencode_write_number(&writer, -12);
	bel_bencode_write_count(&writer, UINT64_MAX);
	bel_bencode_write_str(&writer, (bel_str){ "a\0b", 3 });
	bel_bencode_write_str(&writer, BEL_STR_NONE);
	bel_bencode_end(&writer);
	bel_bencode_end(&writer);
	assert_str(bel_str_slice(bel_writer_str(&writer), 0, 36),
		   "d4:listli-12ei9223372036854775807e3:");
	assert_int_equal(bel_bencode_parse(&root, bel_writer_str(&writer)), BEL_OK);

	writer = bel_writer_init(buf, 10);
	bel_bencode_write_lit(&writer, "too long for it");
	assert_int_equal(bel_writer_check(&writer), BEL_ERR_SPACE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_spelled_in_the_one_way_is_refused),
		cmocka_unit_test(cut_short_at_any_byte_it_is_refused),
		cmocka_unit_test(depth_and_number_of_items_are_bounded),
		cmocka_unit_test(on_failure_the_item_is_untouched),
		cmocka_unit_test(items_are_found_by_key_and_the_first_one_counts),
		cmocka_unit_test(a_walk_ends_where_the_list_does),
		cmocka_unit_test(what_is_written_is_read_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
