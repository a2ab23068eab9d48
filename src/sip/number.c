/* SPDX-License-Identifier: Apache-2.0 */
#include "sip/sip_int.h"

enum bel_err bel_sip_number_parse(uint32_t *out, bel_str value, uint32_t max)
{
	uint64_t number;
	enum bel_err err = bel_str_to_u64(&number, bel_str_trim(value), max);

	if (!err)
		*out = (uint32_t)number;
	return err;
}

enum bel_err bel_sip_seconds_parse(uint32_t *out, bel_str value)
{
	enum bel_err err = bel_sip_number_parse(out, value, UINT32_MAX);

	if (err == BEL_ERR_LIMIT) {
		*out = UINT32_MAX;
		return BEL_OK;
	}
	return err;
}

enum bel_err bel_sip_q_parse(uint16_t *out, bel_str value)
{
	struct bel_cursor cursor = bel_cursor_init(bel_str_trim(value));
	unsigned q = 0, weight = 100;
	char whole = bel_cursor_peek(&cursor);

	if (whole != '0' && whole != '1')
		return BEL_ERR_SYNTAX;
	bel_cursor_skip(&cursor, 1);
	if (bel_cursor_take(&cursor, '.'))
		for (; weight && bel_char_is_digit(bel_cursor_peek(&cursor));
		     weight /= 10)
			q += (unsigned)(*cursor.ptr++ - '0') * weight;
	if (!bel_cursor_is_end(&cursor) || (whole == '1' && q))
		return BEL_ERR_SYNTAX;
	*out = (uint16_t)(whole == '1' ? 1000 : q);
	return BEL_OK;
}

/* 1*DIGIT LWS Method; RFC 3261 section 8.1.1.5 wants numbers below 2^31, 32 bits pass. */
static enum bel_err take_cseq(struct bel_sip_cseq *out, struct bel_cursor *cursor)
{
	struct bel_sip_cseq cseq;
	uint64_t number;
	enum bel_err err = bel_cursor_u64(&number, cursor, UINT32_MAX);

	if (err)
		return err;
	const char *end = cursor->ptr;
	skip_lws(cursor);
	cseq.method_text = take_class(cursor, CLASS_TOKEN);
	if (!cseq.method_text.len || cseq.method_text.ptr == end)
		return BEL_ERR_SYNTAX;
	cseq.number = (uint32_t)number;
	cseq.method = bel_sip_method_find(cseq.method_text);
	skip_lws(cursor);
	if (!bel_cursor_is_end(cursor))
		return BEL_ERR_SYNTAX;
	*out = cseq;
	return BEL_OK;
}

enum bel_err bel_sip_cseq_parse(struct bel_sip_cseq *out, bel_str value)
{
	struct bel_cursor cursor = bel_cursor_init(value);

	skip_lws(&cursor);
	return take_cseq(out, &cursor);
}

enum bel_err bel_sip_rack_parse(struct bel_sip_rack *out, bel_str value)
{
	struct bel_cursor cursor = bel_cursor_init(value);
	struct bel_sip_rack rack;
	uint64_t rseq;
	enum bel_err err;

	skip_lws(&cursor);
	err = bel_cursor_u64(&rseq, &cursor, UINT32_MAX);
	if (err)
		return err;
	const char *end = cursor.ptr;
	skip_lws(&cursor);
	if (cursor.ptr == end)
		return BEL_ERR_SYNTAX;
	err = take_cseq(&rack.cseq, &cursor);
	if (err)
		return err;
	rack.rseq = (uint32_t)rseq;
	*out = rack;
	return BEL_OK;
}
