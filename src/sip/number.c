/* SPDX-License-Identifier: Apache-2.0 */
#include "sip/sip_int.h"

enum bel_err bel_sip_number_parse(uint32_t *out, bel_str value, uint32_t max)
{
	struct bel_sip_reader reader = reader_of(bel_str_trim(value));
	uint32_t number;
	enum bel_err err = take_u32(&number, &reader, max);

	if (err)
		return err;
	if (!is_end(&reader))
		return BEL_ERR_SYNTAX;
	*out = number;
	return BEL_OK;
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
	struct bel_sip_reader reader = reader_of(bel_str_trim(value));
	unsigned q = 0, weight = 100;
	char whole = peek(&reader);

	if (whole != '0' && whole != '1')
		return BEL_ERR_SYNTAX;
	reader.ptr++;
	if (take(&reader, '.'))
		for (; weight && bel_char_is_digit(peek(&reader)); weight /= 10)
			q += (unsigned)(*reader.ptr++ - '0') * weight;
	if (!is_end(&reader) || (whole == '1' && q))
		return BEL_ERR_SYNTAX;
	*out = (uint16_t)(whole == '1' ? 1000 : q);
	return BEL_OK;
}

/* 1*DIGIT LWS Method; RFC 3261 section 8.1.1.5 wants numbers below 2^31, 32 bits pass. */
static enum bel_err take_cseq(struct bel_sip_cseq *out, struct bel_sip_reader *reader)
{
	struct bel_sip_cseq cseq;
	uint32_t number;
	enum bel_err err = take_u32(&number, reader, UINT32_MAX);

	if (err)
		return err;
	const char *end = reader->ptr;
	skip_lws(reader);
	cseq.method_text = take_class(reader, CLASS_TOKEN);
	if (!cseq.method_text.len || cseq.method_text.ptr == end)
		return BEL_ERR_SYNTAX;
	cseq.number = number;
	cseq.method = bel_sip_method_find(cseq.method_text);
	skip_lws(reader);
	if (!is_end(reader))
		return BEL_ERR_SYNTAX;
	*out = cseq;
	return BEL_OK;
}

enum bel_err bel_sip_read_cseq(struct bel_sip_cseq *out, struct bel_sip_reader reader)
{
	skip_lws(&reader);
	return take_cseq(out, &reader);
}

enum bel_err bel_sip_cseq_parse(struct bel_sip_cseq *out, bel_str value)
{
	return bel_sip_read_cseq(out, reader_of(value));
}

enum bel_err bel_sip_rack_parse(struct bel_sip_rack *out, bel_str value)
{
	struct bel_sip_reader reader = reader_of(value);
	struct bel_sip_rack rack;
	uint32_t rseq;
	enum bel_err err;

	skip_lws(&reader);
	err = take_u32(&rseq, &reader, UINT32_MAX);
	if (err)
		return err;
	const char *end = reader.ptr;
	skip_lws(&reader);
	if (reader.ptr == end)
		return BEL_ERR_SYNTAX;
	err = take_cseq(&rack.cseq, &reader);
	if (err)
		return err;
	rack.rseq = rseq;
	*out = rack;
	return BEL_OK;
}
