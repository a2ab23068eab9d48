/* SPDX-License-Identifier: Apache-2.0
 * The table of character classes against the grammar of RFC 3261 section 25.1. */
#include "support/support.h"
#include "sip/sip_int.h"

#define ALPHANUM   "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
#define UNRESERVED ALPHANUM "-_.!~*'()"
#define TOKEN      ALPHANUM "-.!%*_+`'~"

static void every_class_is_what_the_grammar_says(void **state)
{
	static const struct {
		unsigned mask;
		const char *bytes;
	} rows[] = {
		{ CLASS_TOKEN, TOKEN },
		{ CLASS_USER, UNRESERVED "&=+$,;?/" },
		{ CLASS_PASSWORD, UNRESERVED "&=+$," },
		{ CLASS_URI_PARAM, UNRESERVED "[]/:&+$" },
		{ CLASS_URI_HEADER, UNRESERVED "[]/?:+$" },
		{ CLASS_HOST, ALPHANUM "-._" },
		{ CLASS_WORD, TOKEN "()<>:\\\"/[]?{}" },
		{ CLASS_PARAM_VALUE, TOKEN "[]:#$&()/=@\\^{|}" },
	};

	(void)state;
	for (unsigned i = 0; i < BEL_COUNT_OF(rows); i++)
		for (unsigned c = 0; c < 256; c++)
			assert_int_equal(is_class((char)c, rows[i].mask) != 0,
					 c && strchr(rows[i].bytes, (int)c) != NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_class_is_what_the_grammar_says),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
