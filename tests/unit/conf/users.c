/* SPDX-License-Identifier: Apache-2.0 */
#include "conf_support.h"

/* MD5, SHA-256 and SHA-512/256 of alice:example.com:wonder, by another program. */
static const char *const ha1_alice[BEL_DIGEST_COUNT] = {
	[BEL_MD5] = "2ea68a710b96a2d11cb42c2b3758287a",
	[BEL_SHA256] = "aef00b0c72d1333f4e221e71543980dc183f9772cf5f3606b5c304116cccb89a",
	[BEL_SHA512_256] =
		"4a6ffb62f21b08ebe110f0907e0ebd0b36f847e69f3c3f234684b86d9f7548ea",
};

static const struct fake_file files[] = {
	{ "alice.pw", "wonder\n" },
	{ "windows.pw", "wonder\r\n" },
	{ "env:ALICE", "wonder" },
	{ "list.txt", "# name:realm:algorithm:HA1\n\n"
		      "eve:example.com:md5:0123456789abcdef0123456789abcdef\r\n"
		      "alice:example.com:MD5:2ea68a710b96a2d11cb42c2b3758287a\n"
		      "eve:example.com:SHA-256:"
		      "00000000000000000000000000000000ffffffffffffffffffffffffffffffff\n"
		      "bob:other.example:md5:0123456789abcdef0123456789abcdef\n"
		      "tom:other.example:md5:0123456789abcdef0123456789abcdef\n" },
	{ NULL, NULL },
};

static const struct bel_conf_user *find_user(const struct bel_conf *conf,
					     const char *name)
{
	for (unsigned i = 0; i < conf->users_count; i++)
		if (bel_str_is_equal(conf->users[i].name, bel_str_from(name)))
			return &conf->users[i];
	fail_msg("no user %s", name);
	return NULL;
}

static void check_ha1(const struct bel_conf_user *user, enum bel_digest digest,
		      const char *hex)
{
	char buf[64];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	bel_write_hex(&writer, user->secret.ha1[digest]);
	assert_str(bel_writer_str(&writer), hex);
}

static void check_alice(const char *statement)
{
	char text[256];
	struct bel_writer writer = bel_writer_init(text, sizeof text - 1);
	struct loaded *loaded;

	bel_write_format(&writer, "domain example.com\nuser alice %s\n", statement);
	text[writer.len] = '\0';
	loaded = load(text, files);
	assert_loaded(loaded);
	for (unsigned i = 0; i < BEL_DIGEST_COUNT; i++)
		check_ha1(&loaded->conf->users[0], (enum bel_digest)i,
			  ha1_alice[i] ? ha1_alice[i] : "");
	unload(loaded);
}

static void a_password_becomes_the_ha1_of_every_digest(void **state)
{
	(void)state;
	check_alice("password wonder");
	check_alice("{ password \"wonder\" }");
	check_alice("password file:alice.pw");
	check_alice("password file:windows.pw");
	check_alice("{ number 1; password env:ALICE }");
}

static void a_quoted_word_is_the_password_itself(void **state)
{
	struct loaded *loaded = load("realm r; user a password \"file:alice.pw\"", NULL);

	(void)state;
	assert_loaded(loaded);
	assert_int_equal(loaded->conf->users[0].secret.ha1[BEL_MD5].len, 16);
	unload(loaded);
}

static void an_ha1_is_taken_as_it_is_and_no_other_is_known(void **state)
{
	struct loaded *loaded = load(
		"user a password ha1:000102030405060708090a0b0c0d0e0F\n", NULL);

	(void)state;
	assert_loaded(loaded);
	check_ha1(&loaded->conf->users[0], BEL_MD5, "000102030405060708090a0b0c0d0e0f");
	check_ha1(&loaded->conf->users[0], BEL_SHA256, "");
	unload(loaded);
}

/* Reads a text, and remembers where in the arena it went. */
static enum bel_err read_and_remember(void *user, struct bel_arena *arena, bel_str from,
				      bel_str name, bel_str *out, bel_str *path)
{
	bel_str *given = user;

	(void)from;
	*out = *given = bel_arena_copy(arena, *given);
	*path = name;
	return BEL_OK;
}

static void the_password_is_gone_after_the_load(void **state)
{
	bel_str given = BEL_STR("user alice password xyzzyplugh\n");
	struct bel_conf_reader reader = { .read = read_and_remember, .user = &given };
	struct loaded *loaded = load("", NULL);

	(void)state;
	loaded->opts = (struct bel_conf_opts){ .path = BEL_STR("x"), .reader = &reader };
	load_again(loaded);
	assert_loaded(loaded);
	assert_true(bel_str_has_prefix(given, BEL_STR("user alice password ")));
	for (size_t i = 0; i + 4 <= given.len; i++)
		assert_memory_not_equal(given.ptr + i, "xyzz", 4);
	unload(loaded);
}

static void numbers_dids_and_aliases_are_one_list(void **state)
{
	struct loaded *loaded = load("user alice {\n  number 101 *7\n  did +4930123401\n"
				     "  alias sales\n  display \"Alice E.\"\n"
				     "  redirect 302 sip:a@b.example\n  password x\n}\n",
				     NULL);
	const struct bel_conf_user *user = &loaded->conf->users[0];

	(void)state;
	assert_loaded(loaded);
	assert_int_equal(user->numbers_count, 4);
	assert_str(user->numbers[0], "101");
	assert_str(user->numbers[1], "*7");
	assert_str(user->numbers[2], "+4930123401");
	assert_str(user->numbers[3], "sales");
	assert_str(user->display, "Alice E.");
	assert_int_equal(user->redirect.status, 302);
	assert_int_equal(user->redirect.at.line, 6);
	assert_int_equal(user->at.line, 1);
	assert_int_equal(user->at.column, 6);
	unload(loaded);
}

static void lines_of_a_file_add_users_algorithms_and_secrets(void **state)
{
	struct loaded *loaded = load("domain example.com\nuser alice { number 101 }\n"
				     "users list.txt\n",
				     files);
	const struct bel_conf *conf = loaded->conf;

	(void)state;
	assert_int_equal(loaded->err, BEL_OK);
	assert_int_equal(conf->users_count, 2);
	check_ha1(find_user(conf, "alice"), BEL_MD5, ha1_alice[BEL_MD5]);
	assert_int_equal(find_user(conf, "alice")->numbers_count, 1);
	assert_int_equal(find_user(conf, "alice")->at.line, 2);
	check_ha1(find_user(conf, "eve"), BEL_MD5, "0123456789abcdef0123456789abcdef");
	assert_int_equal(find_user(conf, "eve")->secret.ha1[BEL_SHA256].len, 32);
	assert_str(find_user(conf, "eve")->at.file, "list.txt");
	assert_int_equal(find_user(conf, "eve")->at.line, 3);
	unload(loaded);
}

static void lines_of_another_realm_are_left_out_with_one_warning(void **state)
{
	struct loaded *loaded = load("realm example.com\nusers list.txt\n", files);

	(void)state;
	assert_int_equal(loaded->err, BEL_OK);
	assert_int_equal(loaded->report.count, 1);
	assert_problem(
		loaded, 0,
		"6:5: lines of another realm than \"example.com\" are left out; say "
		"`realm other.example` in the configuration");
	unload(loaded);
}

static void a_user_without_a_password_is_warned_about(void **state)
{
	struct loaded *closed = load("user alice { number 101 }\n", NULL);
	struct loaded *open = load(
		"domain d.example { open }\nuser alice { number 101 }\n", NULL);

	(void)state;
	assert_int_equal(closed->err, BEL_OK);
	assert_problem(
		closed, 0,
		"1:6: user alice has no password and cannot register; add: password "
		"file:alice.pw");
	assert_int_equal(open->report.warnings, 1);
	assert_int_equal(open->report.problems[0].line, 1);
	unload(closed);
	unload(open);
}

static void a_user_may_have_his_name_as_a_number(void **state)
{
	struct loaded *loaded = load("user 101 { number 101; password x }\n", NULL);

	(void)state;
	assert_loaded(loaded);
	unload(loaded);
}

static void ten_thousand_users_of_a_file_are_read(void **state)
{
	enum { USERS = 10000, LINE = 64 };
	char *text = malloc(USERS * LINE + 1);
	struct bel_writer writer = bel_writer_init(text, text ? USERS * LINE : 0);
	struct loaded *loaded;

	(void)state;
	for (unsigned i = 0; i < USERS; i++)
		bel_write_format(&writer,
				 "a%07u:auth.test:md5:0123456789abcdef0123456789%06u\n",
				 i, i);
	assert_int_equal(bel_writer_check(&writer), BEL_OK);
	text[writer.len] = '\0';
	struct fake_file many[] = { { "many.txt", text }, { NULL, NULL } };
	loaded = load("realm auth.test; users many.txt", many);
	assert_loaded(loaded);
	assert_int_equal(loaded->conf->users_count, USERS);
	assert_str(loaded->conf->users[USERS - 1].name, "a0009999");
	unload(loaded);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_password_becomes_the_ha1_of_every_digest),
		cmocka_unit_test(a_quoted_word_is_the_password_itself),
		cmocka_unit_test(an_ha1_is_taken_as_it_is_and_no_other_is_known),
		cmocka_unit_test(the_password_is_gone_after_the_load),
		cmocka_unit_test(numbers_dids_and_aliases_are_one_list),
		cmocka_unit_test(lines_of_a_file_add_users_algorithms_and_secrets),
		cmocka_unit_test(lines_of_another_realm_are_left_out_with_one_warning),
		cmocka_unit_test(a_user_without_a_password_is_warned_about),
		cmocka_unit_test(a_user_may_have_his_name_as_a_number),
		cmocka_unit_test(ten_thousand_users_of_a_file_are_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
