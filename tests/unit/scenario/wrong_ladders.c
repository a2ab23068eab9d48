/* SPDX-License-Identifier: Apache-2.0
 * Ladders that do not go as written, tests/scenario/wrong/NAME.ladder: the first line
 * says what the runner has to tell. */
#include <glob.h>

#include "support/data.h"
#include "support/ladder/ground.h"
#include "support/support.h"

enum { TALE_BYTES = 64 << 10 };

static void is_told(const char *path, const char *tale)
{
	static const char says[] = "# says: ";
	bel_str text = bel_test_read_file(path), left = text, line;
	char wanted[128] = "";

	assert_true(bel_test_next_line(&line, &left));
	assert_true(bel_str_has_prefix(line, bel_str_from(says)));
	line = bel_str_slice(line, sizeof says - 1, line.len);
	assert_true(line.len < sizeof wanted);
	memcpy(wanted, line.ptr, line.len);
	if (!strstr(tale, wanted))
		fail_msg("%s: no \"%s\" in\n%.600s", path, wanted, tale);
	free((void *)(uintptr_t)text.ptr);
}

static void each_is_told(enum bel_ladder_ground ground)
{
	char *buf = malloc(TALE_BYTES + 1);
	glob_t found;

	assert_non_null(buf);
	assert_int_equal(glob("tests/scenario/wrong/*.ladder", 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		struct bel_writer tale = bel_writer_init(buf, TALE_BYTES);
		if (bel_ladder_run(found.gl_pathv[i], ground, &tale) != BEL_LADDER_WRONG)
			fail_msg("%s went as written", found.gl_pathv[i]);
		buf[tale.len] = '\0';
		is_told(found.gl_pathv[i], buf);
	}
	globfree(&found);
	free(buf);
}

static void a_wrong_ladder_fails_and_tells_why(void **state)
{
	(void)state;
	each_is_told(BEL_LADDER_SIM);
}

static void so_it_does_over_loopback(void **state)
{
	struct ladder_ground *ground;
	enum bel_err err = bel_ground_open(&ground, BEL_LADDER_LOOPBACK, NULL, NULL);

	(void)state;
	if (err == BEL_ERR_UNSUPPORTED)
		skip(); /* another program has port 5060 of every address */
	assert_int_equal(err, BEL_OK);
	bel_ground_close(ground);
	each_is_told(BEL_LADDER_LOOPBACK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_wrong_ladder_fails_and_tells_why),
		cmocka_unit_test(so_it_does_over_loopback),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
