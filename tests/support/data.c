/* SPDX-License-Identifier: Apache-2.0 */
#include "support/data.h"

#include "support/support.h"

bel_str bel_test_read_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	char *bytes;
	long size;

	if (!file)
		fail_msg("cannot read %s", path);
	assert_int_equal(fseek(file, 0, SEEK_END), 0);
	size = ftell(file);
	assert_true(size >= 0);
	rewind(file);
	bytes = malloc(size ? (size_t)size : 1);
	assert_non_null(bytes);
	assert_int_equal(fread(bytes, 1, (size_t)size, file), size);
	fclose(file);
	return (bel_str){ bytes, (size_t)size };
}

static bool next_piece(bel_str *piece, bel_str *left, char end)
{
	size_t at = bel_str_find(*left, end);

	if (!left->ptr)
		return false;
	*piece = bel_str_slice(*left, 0, at);
	*left = at == left->len ? BEL_STR_NONE : bel_str_slice(*left, at + 1, left->len);
	return true;
}

bool bel_test_next_line(bel_str *line, bel_str *left)
{
	return left->len && next_piece(line, left, '\n');
}

bool bel_test_next_cell(bel_str *cell, bel_str *line)
{
	return next_piece(cell, line, '\t');
}
