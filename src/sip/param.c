/* SPDX-License-Identifier: Apache-2.0 */
#include "sip/sip_int.h"

enum bel_err bel_sip_param_next(struct bel_sip_param *out, bel_str *params)
{
	struct bel_sip_reader reader = reader_of(*params);
	struct bel_sip_param param;

	skip_lws(&reader);
	if (is_end(&reader))
		return BEL_ERR_NOT_FOUND;
	take_separator(&reader, ';');
	if (!take_param(&param, &reader))
		return BEL_ERR_SYNTAX;
	if (!is_end(&reader) && peek(&reader) != ';')
		return BEL_ERR_SYNTAX;
	*params = reader_rest(&reader);
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
static const char *value_end(struct bel_sip_reader reader)
{
	bel_str skipped;

	for (;;) {
		reader.ptr = marks_special(reader.marks, reader.ptr, reader.end);
		if (is_end(&reader) || *reader.ptr == ',')
			return reader.ptr;
		if (*reader.ptr == '"') {
			if (!take_quoted(&skipped, &reader))
				return reader.end;
		} else if (*reader.ptr == '<') {
			reader.ptr += bel_str_find(reader_rest(&reader), '>');
		} else {
			reader.ptr++;
		}
	}
}

bool bel_sip_take_listed(bel_str *out, struct bel_sip_reader *left)
{
	skip_lws(left);
	if (is_end(left))
		return false;
	const char *start = left->ptr, *end = value_end(*left);
	left->ptr = end;
	take(left, ',');
	while (start < end && is_blank(*start))
		start++;
	while (end > start && is_blank(end[-1]))
		end--;
	*out = str_between(start, end);
	return true;
}

bool bel_sip_list_next(bel_str *out, bel_str *left)
{
	struct bel_sip_reader reader = reader_of(*left);

	if (!bel_sip_take_listed(out, &reader))
		return false;
	*left = reader_rest(&reader);
	return true;
}
