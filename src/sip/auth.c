/* SPDX-License-Identifier: Apache-2.0 */
#include "sip/sip_int.h"

enum bel_err bel_sip_auth_parse(struct bel_sip_auth *out, bel_str value)
{
	struct bel_cursor cursor = bel_cursor_init(value);
	struct bel_sip_auth auth;

	skip_lws(&cursor);
	auth.scheme = take_class(&cursor, CLASS_TOKEN);
	const char *end = cursor.ptr;
	skip_lws(&cursor);
	if (!auth.scheme.len || (cursor.ptr == end && !bel_cursor_is_end(&cursor)))
		return BEL_ERR_SYNTAX;
	auth.params = cursor_rest(&cursor);
	*out = auth;
	return BEL_OK;
}

enum bel_err bel_sip_auth_next(struct bel_sip_param *out, bel_str *params)
{
	struct bel_cursor cursor = bel_cursor_init(*params);
	struct bel_sip_param param;

	skip_lws(&cursor);
	if (bel_cursor_is_end(&cursor))
		return BEL_ERR_NOT_FOUND;
	if (!bel_sip_take_param(&param, &cursor) || !param.has_value)
		return BEL_ERR_SYNTAX;
	if (!bel_cursor_is_end(&cursor) && !take_separator(&cursor, ','))
		return BEL_ERR_SYNTAX;
	*params = cursor_rest(&cursor);
	*out = param;
	return BEL_OK;
}
