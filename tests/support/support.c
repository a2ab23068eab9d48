/* SPDX-License-Identifier: Apache-2.0 */
#include "support/support.h"

void bel_test_assert_str(bel_str str, const char *text, const char *file, int line)
{
	if (bel_str_is_equal(str, bel_str_from(text)))
		return;
	print_error("got      \"%.*s\"\nexpected \"%s\"\n", BEL_STR_ARG(str), text);
	_fail(file, line);
}

bel_str bel_test_exact(bel_str str)
{
	char *copy = malloc(str.len ? str.len : 1);

	assert_non_null(copy);
	if (str.len)
		memcpy(copy, str.ptr, str.len);
	return (bel_str){ copy, str.len };
}
