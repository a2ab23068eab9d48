/* SPDX-License-Identifier: Apache-2.0 */
#include "sip/sip_int.h"

enum bel_err bel_sip_auth_parse(struct bel_sip_auth *out, bel_str value)
{
	struct bel_sip_reader reader = reader_of(value);
	struct bel_sip_auth auth;

	skip_lws(&reader);
	auth.scheme = take_class(&reader, CLASS_TOKEN);
	const char *end = reader.ptr;
	skip_lws(&reader);
	if (!auth.scheme.len || (reader.ptr == end && !is_end(&reader)))
		return BEL_ERR_SYNTAX;
	auth.params = reader_rest(&reader);
	*out = auth;
	return BEL_OK;
}

enum bel_err bel_sip_auth_next(struct bel_sip_param *out, bel_str *params)
{
	struct bel_sip_reader reader = reader_of(*params);
	struct bel_sip_param param;

	skip_lws(&reader);
	if (is_end(&reader))
		return BEL_ERR_NOT_FOUND;
	if (!take_param(&param, &reader) || !param.has_value)
		return BEL_ERR_SYNTAX;
	if (!is_end(&reader) && !take_separator(&reader, ','))
		return BEL_ERR_SYNTAX;
	*params = reader_rest(&reader);
	*out = param;
	return BEL_OK;
}
