/* SPDX-License-Identifier: Apache-2.0
 * users: who has an account, from the file and from a database of its own folder. */
#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "support/support.h"
#include "users/users.h"

struct world {
	char directory[64];
	struct bel_conf *conf;
	struct bel_disk *disk;
	struct bel_store *store;
	struct bel_users *users;
	struct bel_arena arena;
	unsigned seen;
};

static struct bel_conf *load(bel_str text)
{
	struct bel_conf_report report;
	struct bel_conf *conf = NULL;

	bel_conf_report_init(&report);
	bel_conf_load(&conf, &report,
		      &(struct bel_conf_opts){ .text = text,
					       .reader = &bel_conf_reader_files });
	bel_conf_report_fini(&report);
	return conf;
}

static enum bel_err open_world(struct world *world, bool has_store)
{
	char path[96];
	enum bel_err err = BEL_OK;

	snprintf(path, sizeof path, "%s/belfry.db", world->directory);
	if (has_store)
		err = bel_disk_open(&world->disk, world->directory);
	if (has_store && !err)
		err = bel_store_open(&world->store,
				     &(struct bel_store_opts){
					     .disk = world->disk,
					     .sqlite_path = bel_str_from(path),
				     });
	if (!err)
		err = bel_users_open(&world->users,
				     &(struct bel_users_opts){
					     .conf = world->conf,
					     .store = world->store,
					     .realm = BEL_STR("example.com"),
				     });
	return err;
}

static void close_world(struct world *world)
{
	bel_users_close(world->users);
	bel_store_close(world->store);
	if (world->disk)
		bel_disk_close(world->disk);
	world->users = NULL;
	world->store = NULL;
	world->disk = NULL;
}

static int begin(void **state)
{
	struct world *world = calloc(1, sizeof *world);

	snprintf(world->directory, sizeof world->directory, "/tmp/belfry-users-XXXXXX");
	assert_non_null(mkdtemp(world->directory));
	bel_arena_init(&world->arena, NULL, 0, 1 << 20);
	world->conf = load(BEL_STR("domain example.com\nuser alice {\n number 101\n}\n"));
	assert_non_null(world->conf);
	*state = world;
	return (int)open_world(world, true);
}

static int end(void **state)
{
	static const char *const names[] = { "belfry.db", "belfry.db-wal",
					     "belfry.db-shm" };
	struct world *world = *state;
	char path[96];

	close_world(world);
	bel_conf_unref(world->conf);
	bel_arena_fini(&world->arena);
	for (size_t i = 0; i < BEL_COUNT_OF(names); i++) {
		snprintf(path, sizeof path, "%s/%s", world->directory, names[i]);
		unlink(path);
	}
	rmdir(world->directory);
	free(world);
	return 0;
}

static enum bel_err add(struct world *world, const char *name, const char *number)
{
	bel_str numbers[1] = { bel_str_from(number) };

	return bel_users_put(world->users, bel_str_from(name), BEL_STR("secret"), numbers,
			     number ? 1 : 0, true);
}

static const char *find(struct world *world, const char *key)
{
	struct bel_user user;
	char *name;

	if (bel_users_find(world->users, bel_str_from(key), &world->arena, &user))
		return "nobody";
	name = bel_arena_zalloc(&world->arena, user.name.len + 1);
	memcpy(name, user.name.ptr, user.name.len);
	return name;
}

static void a_user_is_found_by_name_and_number(void **state)
{
	struct world *world = *state;

	assert_string_equal(find(world, "alice"), "alice");
	assert_string_equal(find(world, "101"), "alice");
	assert_string_equal(find(world, "102"), "nobody");
	assert_int_equal(add(world, "bob", "102"), BEL_OK);
	assert_string_equal(find(world, "102"), "bob");
	assert_int_equal(bel_users_count(world->users), 2);
}

static void a_user_of_the_store_is_there_after_a_restart(void **state)
{
	struct world *world = *state;
	struct bel_auth_ha1 ha1, expected;
	struct bel_crypto *crypto;

	assert_int_equal(add(world, "bob", "102"), BEL_OK);
	close_world(world);
	assert_int_equal(open_world(world, true), BEL_OK);
	assert_string_equal(find(world, "102"), "bob");
	assert_int_equal(bel_crypto_open(&crypto), BEL_OK);
	for (enum bel_digest digest = BEL_MD5; digest < BEL_DIGEST_COUNT; digest++) {
		if (digest == BEL_SHA1)
			continue;
		bel_auth_ha1(&expected, crypto, digest, BEL_STR("bob"),
			     BEL_STR("example.com"), BEL_STR("secret"));
		assert_int_equal(
			bel_users_secret(world->users, BEL_STR("bob"), digest, &ha1),
			BEL_OK);
		assert_memory_equal(ha1.bytes, expected.bytes, bel_digest_size(digest));
	}
	bel_crypto_close(crypto);
}

static void a_number_has_no_secret(void **state)
{
	struct world *world = *state;
	struct bel_auth_ha1 ha1;

	add(world, "bob", "102");
	assert_int_equal(bel_users_secret(world->users, BEL_STR("102"), BEL_MD5, &ha1),
			 BEL_ERR_NOT_FOUND);
	assert_int_equal(bel_users_secret(world->users, BEL_STR("bob"), BEL_SHA1, &ha1),
			 BEL_ERR_NOT_FOUND);
}

static void the_configuration_wins(void **state)
{
	struct world *world = *state;
	struct bel_conf *conf;

	assert_int_equal(add(world, "bob", "102"), BEL_OK);
	assert_int_equal(add(world, "alice", NULL), BEL_ERR_DENIED);
	assert_int_equal(bel_users_remove(world->users, BEL_STR("alice")),
			 BEL_ERR_DENIED);
	conf = load(BEL_STR("domain example.com\nuser bob {\n number 202\n}\n"));
	assert_non_null(conf);
	assert_int_equal(bel_users_set_conf(world->users, conf), BEL_OK);
	bel_conf_unref(conf);
	assert_string_equal(find(world, "202"), "bob");
	assert_string_equal(find(world, "102"), "nobody");
	assert_string_equal(find(world, "alice"), "nobody");
	assert_int_equal(bel_users_count(world->users), 1);
}

static void names_and_numbers_are_given_once(void **state)
{
	struct world *world = *state;

	assert_int_equal(add(world, "bob", "102"), BEL_OK);
	assert_int_equal(add(world, "bob", "103"), BEL_ERR_EXISTS);
	assert_int_equal(add(world, "carol", "102"), BEL_ERR_EXISTS);
	assert_int_equal(add(world, "carol", "101"), BEL_ERR_EXISTS);
	assert_int_equal(add(world, "102", NULL), BEL_ERR_EXISTS);
}

static void what_is_no_name_is_refused(void **state)
{
	struct world *world = *state;
	const char *wrong[] = { "",    "a b", "a:b", "a@b",     "a\"b",
				"a\n", "<a>", "a/b", "\xc3\xa4" };

	for (size_t i = 0; i < BEL_COUNT_OF(wrong); i++) {
		assert_int_equal(add(world, wrong[i], NULL), BEL_ERR_SYNTAX);
		assert_int_equal(add(world, "dave", wrong[i]), BEL_ERR_SYNTAX);
	}
	assert_int_equal(add(world, "anna.smith-2_x+y", "+4930123"), BEL_OK);
}

static void a_new_password_keeps_the_numbers(void **state)
{
	struct world *world = *state;
	struct bel_auth_ha1 before, after;

	add(world, "bob", "102");
	bel_users_secret(world->users, BEL_STR("bob"), BEL_MD5, &before);
	assert_int_equal(bel_users_put(world->users, BEL_STR("bob"), BEL_STR("new"), NULL,
				       0, false),
			 BEL_OK);
	bel_users_secret(world->users, BEL_STR("bob"), BEL_MD5, &after);
	assert_memory_not_equal(before.bytes, after.bytes, 16);
	assert_string_equal(find(world, "102"), "bob");
	assert_int_equal(bel_users_put(world->users, BEL_STR("carol"), BEL_STR("new"),
				       NULL, 0, false),
			 BEL_ERR_NOT_FOUND);
	assert_int_equal(
		bel_users_put(world->users, BEL_STR("bob"), BEL_STR(""), NULL, 0, false),
		BEL_ERR_SYNTAX);
}

static void a_user_who_was_removed_is_gone(void **state)
{
	struct world *world = *state;

	add(world, "bob", "102");
	assert_int_equal(bel_users_remove(world->users, BEL_STR("bob")), BEL_OK);
	assert_int_equal(bel_users_remove(world->users, BEL_STR("bob")),
			 BEL_ERR_NOT_FOUND);
	close_world(world);
	assert_int_equal(open_world(world, true), BEL_OK);
	assert_string_equal(find(world, "bob"), "nobody");
}

static void hostile_names_reach_no_sql(void **state)
{
	struct world *world = *state;
	const char *names[] = { "'--", "x'OR'1'='1", "');DROPTABLEuser" };

	add(world, "bob", "102");
	for (size_t i = 0; i < BEL_COUNT_OF(names); i++) {
		bel_users_remove(world->users, bel_str_from(names[i]));
		find(world, names[i]);
	}
	assert_string_equal(find(world, "bob"), "bob");
}

static void a_nonce_count_is_taken_once_by_each_user(void **state)
{
	struct world *world = *state;
	struct bel_auth_credentials credentials = { .nc = 1, .nonce_time_s = 100 };

	add(world, "bob", NULL);
	assert_int_equal(bel_users_take_count(world->users, BEL_STR("bob"), &credentials),
			 BEL_AUTH_VALID);
	assert_int_equal(bel_users_take_count(world->users, BEL_STR("bob"), &credentials),
			 BEL_AUTH_REPLAYED);
	assert_int_equal(
		bel_users_take_count(world->users, BEL_STR("alice"), &credentials),
		BEL_AUTH_VALID);
	/* A change of the table forgets no window. */
	add(world, "carol", NULL);
	assert_int_equal(bel_users_take_count(world->users, BEL_STR("bob"), &credentials),
			 BEL_AUTH_REPLAYED);
}

static bool see(void *user, const struct bel_user *who)
{
	struct world *world = user;

	world->seen += who->at.line ? 1 : 10;
	return true;
}

static void everybody_is_listed_with_where_he_comes_from(void **state)
{
	struct world *world = *state;

	add(world, "bob", NULL);
	add(world, "carol", NULL);
	bel_users_each(world->users, see, world);
	assert_int_equal(world->seen, 21);
}

static void without_a_store_nothing_can_be_added(void **state)
{
	struct world *world = *state;

	close_world(world);
	assert_int_equal(open_world(world, false), BEL_OK);
	assert_string_equal(find(world, "101"), "alice");
	assert_int_equal(add(world, "bob", NULL), BEL_ERR_UNSUPPORTED);
}

static void ten_thousand_users_of_a_file_are_there_at_once(void **state)
{
	struct world *world = *state;
	size_t size = 10000 * 40;
	char *text = malloc(size);
	struct bel_writer writer = bel_writer_init(text, size);
	struct bel_conf *conf;
	struct timespec from, to;

	for (unsigned i = 0; i < 10000; i++)
		bel_write_format(&writer, "user a%07u { number %u }\n", i, 100000 + i);
	conf = load(bel_writer_str(&writer));
	assert_non_null(conf);
	clock_gettime(CLOCK_MONOTONIC, &from);
	assert_int_equal(bel_users_set_conf(world->users, conf), BEL_OK);
	clock_gettime(CLOCK_MONOTONIC, &to);
	print_message("%ld us\n", (to.tv_sec - from.tv_sec) * 1000000 +
					  (to.tv_nsec - from.tv_nsec) / 1000);
	assert_int_equal(bel_users_count(world->users), 10000);
	assert_string_equal(find(world, "109999"), "a0009999");
	bel_conf_unref(conf);
	free(text);
}

static bel_str name_of_hash(struct world *world, const char *hex)
{
	static char name[BEL_USER_NAME_BYTES_MAX];
	char hash[BEL_USER_HASH_BYTES];
	struct bel_writer bytes = bel_writer_init(hash, sizeof hash);
	struct bel_writer writer = bel_writer_init(name, sizeof name);

	assert_int_equal(bel_write_from_hex(&bytes, bel_str_from(hex)), BEL_OK);
	return bel_users_lookup_hash(&writer, world->users, bel_writer_str(&bytes))
		       ? BEL_STR("nobody")
		       : bel_writer_str(&writer);
}

/* SHA-256 of "NAME:example.com", by sha256sum. */
#define HASH_OF_ALICE "182821e63518db2dd774c82f8142291d0376025311d4a5988d61e5a5dfafbbde"
#define HASH_OF_BOB   "aa50d01f6de6cbb86c9ce553f60fbd7efab5d0aaf20bf78832a5b84f2f5fc754"
#define HASH_OF_101   "80f565e75dee7a3f7a8625ab4a09bf87d3af08055cf8f1915bc23f23ff928bde"

static void set_conf(struct world *world, const char *text)
{
	struct bel_conf *conf = load(bel_str_from(text));

	assert_non_null(conf);
	assert_int_equal(bel_users_set_conf(world->users, conf), BEL_OK);
	bel_conf_unref(conf);
}

static void a_user_is_found_by_the_hash_of_his_name_where_it_is_asked_for(void **state)
{
	struct world *world = *state;

	add(world, "bob", "102");
	assert_str(name_of_hash(world, HASH_OF_ALICE), "nobody");
	set_conf(world, "domain example.com\nturn { userhash on }\n"
			"user alice {\n number 101\n}\n");
	assert_str(name_of_hash(world, HASH_OF_ALICE), "alice");
	assert_str(name_of_hash(world, HASH_OF_BOB), "bob");
	/* The secret was made with the name, and so is the hash. */
	assert_str(name_of_hash(world, HASH_OF_101), "nobody");
	assert_int_equal(bel_users_remove(world->users, BEL_STR("bob")), BEL_OK);
	assert_str(name_of_hash(world, HASH_OF_BOB), "nobody");
	assert_str(name_of_hash(world, HASH_OF_ALICE), "alice");
	set_conf(world, "domain example.com\nturn { userhash on }\n");
	assert_str(name_of_hash(world, HASH_OF_ALICE), "nobody");
}

/* Each among so many that some share the place where the search begins. */
static void each_of_a_thousand_is_found_by_his_hash(void **state)
{
	struct world *world = *state;
	struct bel_crypto *crypto;
	char text[1 << 15], name[16], found[16];
	size_t len = (size_t)snprintf(text, sizeof text,
				      "domain example.com\nturn { userhash on }\n");

	for (unsigned i = 0; i < 1000; i++)
		len += (size_t)snprintf(text + len, sizeof text - len, "user u%u\n", i);
	set_conf(world, text);
	assert_int_equal(bel_crypto_open(&crypto), BEL_OK);
	for (unsigned i = 0; i < 1000; i++) {
		uint8_t hash[BEL_USER_HASH_BYTES];
		struct bel_writer writer = bel_writer_init(found, sizeof found);
		snprintf(name, sizeof name, "u%u", i);
		const bel_str pieces[] = { bel_str_from(name), BEL_STR(":example.com") };
		assert_int_equal(bel_digest(hash, crypto, BEL_SHA256, pieces, 2), BEL_OK);
		assert_int_equal(
			bel_users_lookup_hash(&writer, world->users,
					      (bel_str){ (char *)hash, sizeof hash }),
			BEL_OK);
		assert_str(bel_writer_str(&writer), name);
	}
	bel_crypto_close(crypto);
}

static enum bel_err users_without_memory(void *user)
{
	struct world *world = user;
	struct bel_users *users;
	struct bel_user found;
	enum bel_err err = bel_users_open(&users, &(struct bel_users_opts){
							  .conf = world->conf,
							  .store = world->store,
							  .realm = BEL_STR("example.com"),
						  });

	if (err)
		return err;
	bel_arena_reset(&world->arena);
	err = bel_users_find(users, BEL_STR("102"), &world->arena, &found);
	bel_users_close(users);
	return err;
}

static void without_memory_it_says_so(void **state)
{
	struct world *world = *state;

	add(world, "bob", "102");
	bel_test_each_allocation_fails(users_without_memory, world);
	bel_conf_unref(world->conf);
	world->conf = load(
		BEL_STR("domain example.com\nturn { userhash on }\nuser al\n"));
	assert_non_null(world->conf);
	bel_test_each_allocation_fails(users_without_memory, world);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_user_is_found_by_name_and_number),
		TEST(a_user_of_the_store_is_there_after_a_restart),
		TEST(a_number_has_no_secret),
		TEST(the_configuration_wins),
		TEST(names_and_numbers_are_given_once),
		TEST(what_is_no_name_is_refused),
		TEST(a_new_password_keeps_the_numbers),
		TEST(a_user_who_was_removed_is_gone),
		TEST(hostile_names_reach_no_sql),
		TEST(a_nonce_count_is_taken_once_by_each_user),
		TEST(everybody_is_listed_with_where_he_comes_from),
		TEST(without_a_store_nothing_can_be_added),
		TEST(ten_thousand_users_of_a_file_are_there_at_once),
		TEST(a_user_is_found_by_the_hash_of_his_name_where_it_is_asked_for),
		TEST(each_of_a_thousand_is_found_by_his_hash),
		TEST(without_memory_it_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
