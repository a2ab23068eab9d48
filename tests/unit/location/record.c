/* SPDX-License-Identifier: Apache-2.0
 * Records of this version and of the one before. */
#include "support/support.h"
#include "location/record.h"

enum { RECORD_BYTES = 512, SERIES_BYTES = 8, OLD_FULL = 1 };

struct world {
	struct bel_shared_texts texts;
	struct bel_drafts drafts;
	struct bel_block *block;
	char buf[RECORD_BYTES];
	bel_str record;
};

static int begin(void **state)
{
	struct world *world = calloc(1, sizeof *world);
	const struct bel_hash_key key = { 1, 2 };
	struct bel_writer writer;

	assert_non_null(world);
	writer = bel_writer_init(world->buf, sizeof world->buf);
	bel_shared_init(&world->texts, &key);
	world->drafts.count = 1;
	world->drafts.items[0].binding = (struct bel_binding){
		.id = 7,
		.series = 11,
		.contact = BEL_STR("sip:alice@192.0.2.1"),
		.instance = BEL_STR("urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6"),
	};
	assert_int_equal(bel_block_new(&world->block, &world->texts,
				       BEL_STR("alice@example.com"), &world->drafts),
			 BEL_OK);
	bel_record_write(&writer, world->block);
	assert_int_equal(bel_writer_check(&writer), BEL_OK);
	assert_true(writer.len <= bel_record_size(world->block));
	world->record = bel_writer_str(&writer);
	*state = world;
	return 0;
}

static int end(void **state)
{
	struct world *world = *state;

	bel_block_free(world->block, &world->texts);
	bel_shared_fini(&world->texts);
	free(world);
	return 0;
}

static void what_is_written_is_read(void **state)
{
	struct world *world = *state;
	struct bel_record out;

	assert_int_equal(bel_record_parse(&out, &world->drafts, world->record), BEL_OK);
	assert_int_equal(out.kind, BEL_RECORD_FULL);
	assert_str(out.aor, "alice@example.com");
	assert_int_equal(world->drafts.count, 1);
	assert_int_equal(world->drafts.items[0].binding.id, 7);
	assert_int_equal(world->drafts.items[0].binding.series, 11);
}

static void a_record_of_before_there_were_series_is_read(void **state)
{
	struct world *world = *state;
	struct bel_record out;
	bel_str older = bel_str_slice(world->record, 0, world->record.len - SERIES_BYTES);

	assert_int_equal(bel_record_parse(&out, &world->drafts, older), BEL_ERR_STORE);
	world->buf[0] = OLD_FULL;
	assert_int_equal(bel_record_parse(&out, &world->drafts, older), BEL_OK);
	assert_int_equal(world->drafts.items[0].binding.id, 7);
	assert_int_equal(world->drafts.items[0].binding.series, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_written_is_read),
		TEST(a_record_of_before_there_were_series_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
