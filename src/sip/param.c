/* SPDX-License-Identifier: Apache-2.0 */
#include "sip/sip_int.h"

enum bel_err bel_sip_param_next(struct bel_sip_param *out, bel_str *params)
{
	struct bel_cursor cursor = bel_cursor_init(*params);
	struct bel_sip_param param;

	skip_lws(&cursor);
	if (bel_cursor_is_end(&cursor))
		return BEL_ERR_NOT_FOUND;
	take_separator(&cursor, ';');
	if (!bel_sip_take_param(&param, &cursor))
		return BEL_ERR_SYNTAX;
	if (!bel_cursor_is_end(&cursor) && bel_cursor_peek(&cursor) != ';')
		return BEL_ERR_SYNTAX;
	*params = cursor_rest(&cursor);
	*out = param;
	return BEL_OK;
}

bool bel_sip_param_find(bel_str *value, bel_str params, bel_str name)
{
	struct bel_sip_param param;

	while (!bel_sip_param_next(&param, &params)) {
		if (!bel_str_is_equal_nocase(param.name, name))
			continue;
		if (value)
			*value = param.value;
		return true;
	}
	return false;
}

enum bel_err bel_sip_unquote(bel_str *out, struct bel_arena *arena, bel_str quoted)
{
	size_t len = 0;

	if (!quoted.len || !memchr(quoted.ptr, '\\', quoted.len)) {
		*out = quoted;
		return BEL_OK;
	}
	char *text = bel_arena_bytes(arena, quoted.len);
	if (!text)
		return BEL_ERR_SPACE;
	for (size_t i = 0; i < quoted.len; i++) {
		if (quoted.ptr[i] == '\\' && i + 1 < quoted.len)
			i++;
		text[len++] = quoted.ptr[i];
	}
	*out = (bel_str){ text, len };
	return BEL_OK;
}

/* Where a value of a comma list ends: at a comma outside of quotes and <>. */
static const char *value_end(struct bel_cursor cursor)
{
	bel_str skipped;

	while (!bel_cursor_is_end(&cursor) && *cursor.ptr != ',') {
		if (*cursor.ptr == '"') {
			if (!bel_sip_take_quoted(&skipped, &cursor))
				return cursor.end;
		} else if (*cursor.ptr == '<') {
			bel_cursor_until_char(&cursor, '>');
		} else {
			cursor.ptr++;
		}
	}
	return cursor.ptr;
}

bool bel_sip_list_next(bel_str *out, bel_str *left)
{
	struct bel_cursor cursor = bel_cursor_init(*left);
	bel_str value;

	skip_lws(&cursor);
	if (bel_cursor_is_end(&cursor))
		return false;
	value = cursor_rest(&cursor);
	if (memchr(value.ptr, ',', value.len)) {
		value = str_between(cursor.ptr, value_end(cursor));
		cursor.ptr += value.len;
		bel_cursor_take(&cursor, ',');
	} else {
		cursor.ptr = cursor.end;
	}
	*out = bel_str_trim(value);
	*left = cursor_rest(&cursor);
	return true;
}
