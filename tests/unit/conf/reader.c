/* SPDX-License-Identifier: Apache-2.0 */
#include "conf_support.h"

static void paths_start_from_the_file_they_stand_in(void **state)
{
	struct bel_arena arena;
	bel_str text, path;

	(void)state;
	bel_arena_init(&arena, NULL, 0, 4 << 20);
	assert_int_equal(bel_conf_reader_files.read(
				 NULL, &arena, BEL_STR("tests/data/conf/none.conf"),
				 BEL_STR("wrong/users_carol.txt"), &text, &path),
			 BEL_OK);
	assert_str(path, "tests/data/conf/wrong/users_carol.txt");
	assert_true(bel_str_has_prefix(text, BEL_STR("carol:")));
	assert_int_equal(bel_conf_reader_files.read(NULL, &arena, BEL_STR("a/b.conf"),
						    BEL_STR("/dev/null"), &text, &path),
			 BEL_OK);
	assert_str(path, "/dev/null");
	assert_int_equal(bel_conf_reader_files.read(NULL, &arena, BEL_STR_NONE,
						    BEL_STR("tests"), &text, &path),
			 -EISDIR);
	assert_int_equal(bel_conf_reader_files.read(NULL, &arena, BEL_STR_NONE,
						    BEL_STR("a\0b"), &text, &path),
			 -ENOENT);
	bel_arena_fini(&arena);
}

enum { PEM_BYTES = 4096 };

struct pair {
	char cert[PEM_BYTES], key[PEM_BYTES];
	struct bel_writer cert_pem, key_pem;
};

static void make_pair(struct pair *pair)
{
	bel_str name = BEL_STR("example.com");

	pair->cert_pem = bel_writer_init(pair->cert, sizeof pair->cert);
	pair->key_pem = bel_writer_init(pair->key, sizeof pair->key);
	assert_int_equal(bel_tls_self_signed(&pair->cert_pem, &pair->key_pem, &name, 1),
			 BEL_OK);
}

static void a_key_has_to_be_that_of_the_certificate(void **state)
{
	struct pair first, second;

	(void)state;
	make_pair(&first);
	make_pair(&second);
	bel_str cert = bel_writer_str(&first.cert_pem);
	assert_int_equal(bel_conf_reader_files.check_pair(NULL, cert,
							  bel_writer_str(&first.key_pem)),
			 BEL_OK);
	assert_int_equal(bel_conf_reader_files.check_pair(
				 NULL, cert, bel_writer_str(&second.key_pem)),
			 BEL_ERR_MISMATCH);
	assert_int_equal(bel_conf_reader_files.check_pair(NULL, BEL_STR("nothing"),
							  bel_writer_str(&first.key_pem)),
			 BEL_ERR_SYNTAX);
}

static void the_environment_is_that_of_the_process(void **state)
{
	(void)state;
	assert_int_equal(setenv("BELFRY_TEST_SECRET", "x y", 1), 0);
	assert_str(bel_conf_reader_files.environment(NULL, BEL_STR("BELFRY_TEST_SECRET")),
		   "x y");
	assert_null(bel_conf_reader_files.environment(NULL, BEL_STR("BELFRY_TEST_SECRE"))
			    .ptr);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_start_from_the_file_they_stand_in),
		cmocka_unit_test(a_key_has_to_be_that_of_the_certificate),
		cmocka_unit_test(the_environment_is_that_of_the_process),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
