/* SPDX-License-Identifier: Apache-2.0 */
#include "sip/parse.h"

const struct bel_sip_field *bel_sip_field_first(const struct bel_sip_msg *msg,
						enum bel_sip_header header)
{
	unsigned index = msg->first[header];
	return index ? &msg->fields[index - 1] : NULL;
}

const struct bel_sip_field *bel_sip_field_next(const struct bel_sip_msg *msg,
					       const struct bel_sip_field *field)
{
	return field->next ? &msg->fields[field->next - 1] : NULL;
}

bel_str bel_sip_field_name(const struct bel_sip_msg *msg,
			   const struct bel_sip_field *field)
{
	return (bel_str){ msg->bytes.ptr + field->name, field->name_len };
}

bel_str bel_sip_field_value(const struct bel_sip_msg *msg,
			    const struct bel_sip_field *field)
{
	return (bel_str){ msg->bytes.ptr + field->value, field->value_len };
}

bel_str bel_sip_field_line(const struct bel_sip_msg *msg,
			   const struct bel_sip_field *field)
{
	size_t index = (size_t)(field - msg->fields);
	size_t end = index + 1 < msg->fields_count ? msg->fields[index + 1].name
						   : msg->fields_end;
	return str_between(msg->bytes.ptr + field->name, msg->bytes.ptr + end);
}

bool bel_sip_has(const struct bel_sip_msg *msg, enum bel_sip_header header)
{
	return msg->first[header] != 0;
}

bel_str bel_sip_value(const struct bel_sip_msg *msg, enum bel_sip_header header)
{
	const struct bel_sip_field *field = bel_sip_field_first(msg, header);
	return field ? bel_sip_field_value(msg, field) : BEL_STR_NONE;
}

bel_str bel_sip_value_named(const struct bel_sip_msg *msg, bel_str name)
{
	enum bel_sip_header header = bel_sip_header_find(name);
	const struct bel_sip_field *field = bel_sip_field_first(msg, header);

	for (; field; field = bel_sip_field_next(msg, field))
		if (header != BEL_SIP_H_OTHER ||
		    bel_str_is_equal_nocase(bel_sip_field_name(msg, field), name))
			return bel_sip_field_value(msg, field);
	return BEL_STR_NONE;
}

enum bel_err bel_sip_number(uint32_t *out, const struct bel_sip_msg *msg,
			    enum bel_sip_header header, uint32_t max)
{
	const struct bel_sip_field *field = bel_sip_field_first(msg, header);

	if (!field)
		return BEL_ERR_NOT_FOUND;
	return bel_sip_number_parse(out, bel_sip_field_value(msg, field), max);
}

bel_str bel_sip_call_id(const struct bel_sip_msg *msg)
{
	return bel_sip_value(msg, BEL_SIP_H_CALL_ID);
}

bel_str bel_sip_body(const struct bel_sip_msg *msg)
{
	return (bel_str){ msg->bytes.ptr + msg->body_start, msg->body_len };
}

unsigned bel_sip_vias_count(const struct bel_sip_msg *msg)
{
	return msg->vias_count;
}

/* ---- values over lines ---- */

/* A line without a comma has one value. */
static void take_field(struct bel_sip_values *values, const struct bel_sip_field *field,
		       bool is_list)
{
	values->field = field;
	values->left = BEL_STR_NONE;
	values->is_list = false;
	if (!field)
		return;
	values->left = bel_sip_field_value(values->msg, field);
	values->is_list = is_list && field->value_len &&
			  memchr(values->left.ptr, ',', values->left.len);
}

void bel_sip_values_init(struct bel_sip_values *values, const struct bel_sip_msg *msg,
			 enum bel_sip_header header)
{
	values->msg = msg;
	take_field(values, bel_sip_field_first(msg, header),
		   bel_sip_header_shape(header) == BEL_SIP_LIST);
}

static bool next_of_list(bel_str *out, struct bel_sip_values *values)
{
	struct bel_sip_reader left = reader_init(values->left, &values->msg->marks);
	bool is_there = bel_sip_take_listed(out, &left);

	values->left = reader_rest(&left);
	return is_there;
}

static bool next_of_field(bel_str *out, struct bel_sip_values *values)
{
	if (values->is_list)
		return next_of_list(out, values);
	if (!values->left.len)
		return false;
	*out = values->left;
	values->left = BEL_STR_NONE;
	return true;
}

bool bel_sip_values_next(bel_str *out, struct bel_sip_values *values)
{
	while (values->field) {
		const struct bel_sip_field *field = values->field;
		if (next_of_field(out, values))
			return true;
		take_field(values, bel_sip_field_next(values->msg, field),
			   bel_sip_header_shape(field->header) == BEL_SIP_LIST);
	}
	return false;
}

bool bel_sip_has_token(const struct bel_sip_msg *msg, enum bel_sip_header header,
		       bel_str token)
{
	struct bel_sip_values values;
	bel_str value;

	bel_sip_values_init(&values, msg, header);
	while (bel_sip_values_next(&value, &values))
		if (bel_str_is_equal_nocase(value, token))
			return true;
	return false;
}

/* ---- values decoded once ---- */

enum {
	DECODED_URI = 1,
	DECODED_VIA = 2,
	DECODED_FROM = 4,
	DECODED_TO = 8,
	DECODED_CONTACT = 16,
	DECODED_CSEQ = 32,
};

static bool is_known(const struct bel_sip_msg *msg, unsigned bit)
{
	return ((msg->decoded | msg->broken) & bit) != 0;
}

static bool first_value(bel_str *out, const struct bel_sip_msg *msg,
			enum bel_sip_header header)
{
	struct bel_sip_values values;

	bel_sip_values_init(&values, msg, header);
	return bel_sip_values_next(out, &values);
}

static bool note(struct bel_sip_msg *msg, unsigned bit, bool is_good)
{
	if (is_good)
		msg->decoded = (uint16_t)(msg->decoded | bit);
	else
		msg->broken = (uint16_t)(msg->broken | bit);
	return is_good;
}

/* Of a header that is written once: its first line that has a value. */
static struct bel_sip_reader single(const struct bel_sip_msg *msg,
				    enum bel_sip_header header)
{
	const struct bel_sip_field *field = bel_sip_field_first(msg, header);

	while (field && !field->value_len)
		field = bel_sip_field_next(msg, field);
	return reader_init(field ? bel_sip_field_value(msg, field) : BEL_STR_NONE,
			   &msg->marks);
}

static bool read_uri(struct bel_sip_msg *msg)
{
	bel_str text = msg->uri_text;

	return text.len && bel_sip_pass_uri(&msg->uri, text.ptr, text.ptr + text.len,
					    &msg->marks) == text.ptr + text.len;
}

const struct bel_uri *bel_sip_uri(struct bel_sip_msg *msg)
{
	if (!is_known(msg, DECODED_URI))
		note(msg, DECODED_URI, read_uri(msg));
	return msg->decoded & DECODED_URI ? &msg->uri : NULL;
}

bool bel_sip_msg_keep_via(struct bel_sip_msg *msg, bel_str value)
{
	msg->via_value = value;
	return note(msg, DECODED_VIA,
		    bel_sip_read_via(&msg->via, reader_init(value, &msg->marks)));
}

const struct bel_sip_via *bel_sip_via(struct bel_sip_msg *msg)
{
	bel_str value;

	if (!is_known(msg, DECODED_VIA)) {
		if (first_value(&value, msg, BEL_SIP_H_VIA))
			bel_sip_msg_keep_via(msg, value);
		else
			note(msg, DECODED_VIA, false);
	}
	return msg->decoded & DECODED_VIA ? &msg->via : NULL;
}

const struct bel_sip_addr *bel_sip_from(struct bel_sip_msg *msg)
{
	if (!is_known(msg, DECODED_FROM))
		note(msg, DECODED_FROM,
		     bel_sip_read_addr(&msg->from, single(msg, BEL_SIP_H_FROM)));
	return msg->decoded & DECODED_FROM ? &msg->from : NULL;
}

const struct bel_sip_addr *bel_sip_to(struct bel_sip_msg *msg)
{
	if (!is_known(msg, DECODED_TO))
		note(msg, DECODED_TO,
		     bel_sip_read_addr(&msg->to, single(msg, BEL_SIP_H_TO)));
	return msg->decoded & DECODED_TO ? &msg->to : NULL;
}

bool bel_sip_msg_keep_contact(struct bel_sip_msg *msg, bel_str value)
{
	return note(msg, DECODED_CONTACT,
		    bel_sip_read_contact(&msg->contact, reader_init(value, &msg->marks)));
}

const struct bel_sip_addr *bel_sip_contact(struct bel_sip_msg *msg)
{
	bel_str value;

	if (!is_known(msg, DECODED_CONTACT)) {
		if (first_value(&value, msg, BEL_SIP_H_CONTACT))
			bel_sip_msg_keep_contact(msg, value);
		else
			note(msg, DECODED_CONTACT, false);
	}
	return msg->decoded & DECODED_CONTACT ? &msg->contact : NULL;
}

enum bel_err bel_sip_addr_parse_in(struct bel_sip_addr *out,
				   const struct bel_sip_msg *msg, bel_str value)
{
	return bel_sip_read_addr(out, reader_init(value, &msg->marks)) ? BEL_OK
								       : BEL_ERR_SYNTAX;
}

enum bel_err bel_sip_via_parse_in(struct bel_sip_via *out, const struct bel_sip_msg *msg,
				  bel_str value)
{
	return bel_sip_read_via(out, reader_init(value, &msg->marks)) ? BEL_OK
								      : BEL_ERR_SYNTAX;
}

const struct bel_sip_cseq *bel_sip_cseq(struct bel_sip_msg *msg)
{
	if (!is_known(msg, DECODED_CSEQ))
		note(msg, DECODED_CSEQ,
		     !bel_sip_read_cseq(&msg->cseq, single(msg, BEL_SIP_H_CSEQ)));
	return msg->decoded & DECODED_CSEQ ? &msg->cseq : NULL;
}
