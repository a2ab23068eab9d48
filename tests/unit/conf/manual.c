/* SPDX-License-Identifier: Apache-2.0 */
#include "conf_support.h"

enum { SAMPLE_BYTES = 64 << 10 };

/* What the sample names. */
static const struct fake_file files[] = {
	{ "cert.pem", "x" }, { "key.pem", "x" },   { "alice.pw", "x" },
	{ "users.txt", "" }, { "users.conf", "" }, { "turn.secret", "x" },
	{ NULL, NULL },
};

static struct bel_writer write_sample(char *buf)
{
	struct bel_writer writer = bel_writer_init(buf, SAMPLE_BYTES);

	bel_conf_write_sample(&writer);
	assert_int_equal(bel_writer_check(&writer), BEL_OK);
	buf[writer.len] = '\0';
	return writer;
}

static void the_sample_changes_nothing_as_it_is(void **state)
{
	char *buf = malloc(SAMPLE_BYTES + 1);
	struct loaded *loaded;

	(void)state;
	assert_non_null(buf);
	write_sample(buf);
	loaded = load(buf, NULL);
	assert_loaded(loaded);
	assert_int_equal(loaded->conf->domains_count, 0);
	unload(loaded);
	free(buf);
}

/* Takes the '#' from each line that is an option: those of comments have a blank behind
 * them. */
static void uncomment(char *buf, size_t len)
{
	for (size_t i = 0; i + 1 < len; i++)
		if (buf[i] == '#' && (i == 0 || buf[i - 1] == '\n') && buf[i + 1] != ' ')
			buf[i] = ' ';
}

static void every_line_of_the_sample_is_one_that_loads(void **state)
{
	char *buf = malloc(SAMPLE_BYTES + 1);
	struct loaded *loaded;

	(void)state;
	assert_non_null(buf);
	uncomment(buf, write_sample(buf).len);
	loaded = load(buf, files);
	assert_loaded(loaded);
	assert_int_equal(loaded->conf->domains_count, 1);
	assert_int_equal(loaded->conf->users_count, 1);
	assert_int_equal(loaded->conf->routes_count, 1);
	assert_int_equal(loaded->conf->node.workers, 4);
	assert_int_equal(loaded->conf->guard.calls_max, 30);
	assert_int_equal(loaded->conf->turn.secrets_count, 1);
	unload(loaded);
	free(buf);
}

static void the_sample_is_laid_out_as_the_formatter_does(void **state)
{
	char *buf = malloc(SAMPLE_BYTES + 1), *again = malloc(SAMPLE_BYTES + 1);
	struct bel_conf_report *report = calloc(1, sizeof *report);

	(void)state;
	assert_true(buf && again && report);
	struct bel_writer sample = write_sample(buf);
	struct bel_writer writer = bel_writer_init(again, SAMPLE_BYTES);
	bel_conf_report_init(report);
	assert_int_equal(bel_conf_format(&writer, report, bel_writer_str(&sample)),
			 BEL_OK);
	assert_true(bel_str_is_equal(bel_str_trim(bel_writer_str(&writer)),
				     bel_str_trim(bel_writer_str(&sample))));
	bel_conf_report_fini(report);
	free(report);
	free(buf);
	free(again);
}

static void the_manual_has_an_entry_for_each_line_of_the_sample(void **state)
{
	char *buf = malloc(SAMPLE_BYTES + 1), *manual = malloc(SAMPLE_BYTES + 1);
	struct bel_cursor cursor;
	struct bel_writer writer = bel_writer_init(manual, SAMPLE_BYTES);
	char entry[64];

	(void)state;
	assert_true(buf && manual);
	struct bel_writer sample = write_sample(buf);
	bel_conf_write_manual(&writer);
	assert_int_equal(bel_writer_check(&writer), BEL_OK);
	cursor = bel_cursor_init(bel_writer_str(&sample));
	while (!bel_cursor_is_end(&cursor)) {
		bel_str line = bel_cursor_until_char(&cursor, '\n');
		bel_cursor_take(&cursor, '\n');
		if (line.len < 2 || line.ptr[0] != '#' || line.ptr[1] == ' ')
			continue;
		struct bel_writer name = bel_writer_init(entry, sizeof entry - 1);
		bel_write_char(&name, '*');
		bel_write_str(&name, bel_str_slice(line, 1, bel_str_find(line, ' ')));
		bel_write_char(&name, '*');
		entry[name.len] = '\0';
		manual[writer.len] = '\0';
		assert_non_null(strstr(manual, entry));
	}
	free(buf);
	free(manual);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_sample_changes_nothing_as_it_is),
		cmocka_unit_test(every_line_of_the_sample_is_one_that_loads),
		cmocka_unit_test(the_sample_is_laid_out_as_the_formatter_does),
		cmocka_unit_test(the_manual_has_an_entry_for_each_line_of_the_sample),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
