/* SPDX-License-Identifier: Apache-2.0 */
#include "sip/sip_int.h"

/* RFC 3261 section 25.1 comment, which nests. False when it does not end or goes too
 * deep. */
static bool skip_comment(struct bel_sip_reader *reader)
{
	unsigned depth = 0;

	do {
		char c = peek(reader);
		if (is_end(reader) || depth > BEL_SIP_NESTING_MAX)
			return false;
		reader->ptr++;
		if (c == '\\' && is_end(reader))
			return false;
		reader->ptr += c == '\\';
		depth += c == '(';
		depth -= c == ')';
	} while (depth);
	return true;
}

enum bel_err bel_sip_item_parse(struct bel_sip_item *out, bel_str value)
{
	struct bel_sip_reader reader = reader_of(value);
	struct bel_sip_item item;

	skip_lws(&reader);
	const char *start = reader.ptr;
	take_class(&reader, CLASS_TOKEN);
	if (reader.ptr > start && take(&reader, '/') &&
	    !take_class(&reader, CLASS_TOKEN).len)
		return BEL_ERR_SYNTAX;
	item.word = str_between(start, reader.ptr);
	skip_lws(&reader);
	if (peek(&reader) == '(' && !skip_comment(&reader))
		return BEL_ERR_SYNTAX;
	item.params = BEL_STR_NONE;
	if (!item.word.len ||
	    (!is_end(&reader) && !bel_sip_take_params(&item.params, &reader)))
		return BEL_ERR_SYNTAX;
	*out = item;
	return BEL_OK;
}

enum bel_err bel_sip_media_parse(struct bel_sip_media *out, bel_str value)
{
	struct bel_sip_reader reader = reader_of(value);
	struct bel_sip_media media;

	skip_lws(&reader);
	media.type = take_class(&reader, CLASS_TOKEN);
	if (!media.type.len || !take_separator(&reader, '/'))
		return BEL_ERR_SYNTAX;
	media.subtype = take_class(&reader, CLASS_TOKEN);
	if (!media.subtype.len || !bel_sip_take_params(&media.params, &reader))
		return BEL_ERR_SYNTAX;
	*out = media;
	return BEL_OK;
}

bool bel_sip_media_is(const struct bel_sip_media *media, bel_str type_and_subtype)
{
	size_t slash = bel_str_find(type_and_subtype, '/');

	return bel_str_is_equal_nocase(media->type,
				       bel_str_slice(type_and_subtype, 0, slash)) &&
	       bel_str_is_equal_nocase(
		       media->subtype,
		       bel_str_slice(type_and_subtype, slash + 1, type_and_subtype.len));
}

enum bel_err bel_sip_event_parse(struct bel_sip_event *out, bel_str value)
{
	struct bel_sip_item item;
	struct bel_sip_event event = { 0 };

	if (bel_sip_item_parse(&item, value))
		return BEL_ERR_SYNTAX;
	event.package = item.word;
	event.params = item.params;
	bel_sip_param_find(&event.id, item.params, BEL_STR("id"));
	*out = event;
	return BEL_OK;
}

/* A parameter in seconds; -1 when it is not there. */
static bool param_seconds(int64_t *out, bel_str params, bel_str name)
{
	uint32_t seconds;
	bel_str text;

	*out = -1;
	if (!bel_sip_param_find(&text, params, name))
		return true;
	if (bel_sip_seconds_parse(&seconds, text))
		return false;
	*out = seconds;
	return true;
}

enum bel_err bel_sip_sub_state_parse(struct bel_sip_sub_state *out, bel_str value)
{
	struct bel_sip_item item;
	struct bel_sip_sub_state state = { 0 };

	if (bel_sip_item_parse(&item, value))
		return BEL_ERR_SYNTAX;
	state.state = item.word;
	bel_sip_param_find(&state.reason, item.params, BEL_STR("reason"));
	if (!param_seconds(&state.expires_s, item.params, BEL_STR("expires")) ||
	    !param_seconds(&state.retry_after_s, item.params, BEL_STR("retry-after")))
		return BEL_ERR_SYNTAX;
	*out = state;
	return BEL_OK;
}

enum bel_err bel_sip_session_expires_parse(struct bel_sip_session_expires *out,
					   bel_str value)
{
	struct bel_sip_item item;
	struct bel_sip_session_expires expires = { 0 };
	bel_str refresher = BEL_STR_NONE;

	if (bel_sip_item_parse(&item, value) ||
	    bel_sip_seconds_parse(&expires.interval_s, item.word))
		return BEL_ERR_SYNTAX;
	bel_sip_param_find(&refresher, item.params, BEL_STR("refresher"));
	if (bel_str_is_equal_nocase(refresher, BEL_STR("uac")))
		expires.refresher = BEL_SIP_REFRESHER_UAC;
	else if (bel_str_is_equal_nocase(refresher, BEL_STR("uas")))
		expires.refresher = BEL_SIP_REFRESHER_UAS;
	*out = expires;
	return BEL_OK;
}

bool bel_sip_take_call_id(bel_str *out, struct bel_sip_reader *reader)
{
	const char *start = reader->ptr;

	if (!take_class(reader, CLASS_WORD).len)
		return false;
	if (take(reader, '@') && !take_class(reader, CLASS_WORD).len)
		return false;
	*out = str_between(start, reader->ptr);
	return true;
}

enum bel_err bel_sip_replaces_parse(struct bel_sip_replaces *out, bel_str value)
{
	struct bel_sip_reader reader = reader_of(value);
	struct bel_sip_replaces replaces = { 0 };
	bel_str params;

	skip_lws(&reader);
	if (!bel_sip_take_call_id(&replaces.call_id, &reader) ||
	    !bel_sip_take_params(&params, &reader))
		return BEL_ERR_SYNTAX;
	if (!bel_sip_param_find(&replaces.to_tag, params, BEL_STR("to-tag")))
		bel_sip_param_find(&replaces.to_tag, params, BEL_STR("remote-tag"));
	if (!bel_sip_param_find(&replaces.from_tag, params, BEL_STR("from-tag")))
		bel_sip_param_find(&replaces.from_tag, params, BEL_STR("local-tag"));
	if (!replaces.to_tag.len || !replaces.from_tag.len)
		return BEL_ERR_SYNTAX;
	replaces.is_early_only = bel_sip_param_find(NULL, params, BEL_STR("early-only"));
	*out = replaces;
	return BEL_OK;
}

enum bel_err bel_sip_reason_parse(struct bel_sip_reason *out, bel_str value)
{
	struct bel_sip_item item;
	struct bel_sip_reason reason = { .cause = -1 };
	bel_str text;
	uint32_t cause;

	if (bel_sip_item_parse(&item, value))
		return BEL_ERR_SYNTAX;
	reason.protocol = item.word;
	bel_sip_param_find(&reason.text, item.params, BEL_STR("text"));
	if (bel_sip_param_find(&text, item.params, BEL_STR("cause"))) {
		if (bel_sip_number_parse(&cause, text, INT32_MAX))
			return BEL_ERR_SYNTAX;
		reason.cause = (int32_t)cause;
	}
	*out = reason;
	return BEL_OK;
}

enum bel_err bel_sip_warning_parse(struct bel_sip_warning *out, bel_str value)
{
	struct bel_sip_reader reader = reader_of(value);
	struct bel_sip_warning warning;
	uint32_t code;

	skip_lws(&reader);
	if (take_u32(&code, &reader, 999) || code < 100 || peek(&reader) != ' ')
		return BEL_ERR_SYNTAX;
	skip_lws(&reader);
	warning.code = (uint16_t)code;
	warning.agent = take_class(&reader, CLASS_PARAM_VALUE);
	skip_lws(&reader);
	if (!warning.agent.len || !take_quoted(&warning.text, &reader))
		return BEL_ERR_SYNTAX;
	skip_lws(&reader);
	if (!is_end(&reader))
		return BEL_ERR_SYNTAX;
	*out = warning;
	return BEL_OK;
}
