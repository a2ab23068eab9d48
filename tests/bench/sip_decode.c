/* SPDX-License-Identifier: Apache-2.0 */
#include "sip_decode.h"

/* What a header holds; those that are not named are text. */
static const uint8_t kinds[BEL_SIP_H_COUNT] = {
	[BEL_SIP_H_ACCEPT] = BENCH_ITEM,
	[BEL_SIP_H_ALLOW] = BENCH_METHOD,
	[BEL_SIP_H_ALLOW_EVENTS] = BENCH_ITEM,
	[BEL_SIP_H_AUTHORIZATION] = BENCH_AUTH,
	[BEL_SIP_H_CONTACT] = BENCH_ADDR,
	[BEL_SIP_H_CONTENT_LENGTH] = BENCH_NUMBER,
	[BEL_SIP_H_CONTENT_TYPE] = BENCH_MEDIA,
	[BEL_SIP_H_CSEQ] = BENCH_CSEQ,
	[BEL_SIP_H_DATE] = BENCH_DATE,
	[BEL_SIP_H_EVENT] = BENCH_EVENT,
	[BEL_SIP_H_EXPIRES] = BENCH_NUMBER,
	[BEL_SIP_H_FROM] = BENCH_ADDR,
	[BEL_SIP_H_MAX_FORWARDS] = BENCH_NUMBER,
	[BEL_SIP_H_P_ASSERTED_IDENTITY] = BENCH_ADDR,
	[BEL_SIP_H_PATH] = BENCH_ADDR,
	[BEL_SIP_H_PROXY_AUTHORIZATION] = BENCH_AUTH,
	[BEL_SIP_H_REASON] = BENCH_REASON,
	[BEL_SIP_H_RECORD_ROUTE] = BENCH_ADDR,
	[BEL_SIP_H_ROUTE] = BENCH_ADDR,
	[BEL_SIP_H_SESSION_EXPIRES] = BENCH_SESSION_EXPIRES,
	[BEL_SIP_H_SUBSCRIPTION_STATE] = BENCH_SUB_STATE,
	[BEL_SIP_H_TO] = BENCH_ADDR,
	[BEL_SIP_H_VIA] = BENCH_VIA,
};

/* ---- reading ---- */

static bool decode_addr(struct bench_value *value)
{
	value->addr = &value->own_addr;
	return !bel_sip_contact_parse(&value->own_addr, value->text);
}

static bool decode_via(struct bench_value *value)
{
	value->via = &value->own_via;
	return !bel_sip_via_parse(&value->own_via, value->text);
}

static bool decode_auth(struct bench_value *value, unsigned *params_count)
{
	struct bel_sip_param param;

	if (bel_sip_auth_parse(&value->auth, value->text))
		return false;
	for (bel_str left = value->auth.params; left.len; ++*params_count)
		if (bel_sip_auth_next(&param, &left))
			return false;
	return true;
}

static bool decode(struct bench_value *value, unsigned *params_count)
{
	bel_str text = value->text;

	switch (value->kind) {
	case BENCH_TEXT:
	case BENCH_CSEQ:
		return true;
	case BENCH_ADDR:
		return decode_addr(value);
	case BENCH_VIA:
		return decode_via(value);
	case BENCH_METHOD:
		value->method = bel_sip_method_find(text);
		return true;
	case BENCH_ITEM:
		return !bel_sip_item_parse(&value->item, text);
	case BENCH_MEDIA:
		return !bel_sip_media_parse(&value->media, text);
	case BENCH_NUMBER:
		return !bel_sip_number_parse(&value->number, text, UINT32_MAX);
	case BENCH_EVENT:
		return !bel_sip_event_parse(&value->event, text);
	case BENCH_SUB_STATE:
		return !bel_sip_sub_state_parse(&value->sub_state, text);
	case BENCH_SESSION_EXPIRES:
		return !bel_sip_session_expires_parse(&value->session_expires, text);
	case BENCH_REASON:
		return !bel_sip_reason_parse(&value->reason, text);
	case BENCH_DATE:
		return !bel_sip_date_parse(&value->date_s, text);
	case BENCH_AUTH:
		return decode_auth(value, params_count);
	}
	return false;
}

/* Whether the first value of the header is among those a message keeps. */
static bool take_kept(struct bench_value *value, enum bel_sip_header header,
		      struct bel_sip_msg *msg)
{
	switch (header) {
	case BEL_SIP_H_FROM:
		value->addr = bel_sip_from(msg);
		break;
	case BEL_SIP_H_TO:
		value->addr = bel_sip_to(msg);
		break;
	case BEL_SIP_H_CONTACT:
		value->addr = bel_sip_contact(msg);
		break;
	case BEL_SIP_H_VIA:
		value->via = bel_sip_via(msg);
		break;
	case BEL_SIP_H_CSEQ:
		value->cseq = bel_sip_cseq(msg);
		break;
	default:
		return false;
	}
	return true;
}

static bool decode_value(struct bench_decoded *out, struct bel_sip_msg *msg,
			 const struct bel_sip_field *field, bel_str text)
{
	enum bel_sip_header header = (enum bel_sip_header)field->header;
	struct bench_value *value = &out->values[out->values_count];
	size_t index = (size_t)(field - msg->fields);
	bool is_first = msg->first[header] == index + 1 && !out->counts[index];

	if (out->values_count++ == BENCH_VALUES_MAX)
		return false;
	value->kind = (enum bench_kind)kinds[header];
	value->text = text;
	return (is_first && take_kept(value, header, msg)) ||
	       decode(value, &out->params_count);
}

static void begin(struct bench_decoded *out, const struct bel_sip_msg *msg,
		  const struct bel_sip_field *field)
{
	out->first[field - msg->fields] = out->values_count;
	out->counts[field - msg->fields] = 0;
}

static bool decode_single(struct bench_decoded *out, struct bel_sip_msg *msg,
			  const struct bel_sip_field *field)
{
	begin(out, msg, field);
	if (!decode_value(out, msg, field, bel_sip_field_value(msg, field)))
		return false;
	out->counts[field - msg->fields] = 1;
	return true;
}

/* A value of a list of methods, or of words that mean nothing to the codec. */
static bool decode_word(struct bench_decoded *out, enum bench_kind kind, bel_str text)
{
	struct bench_value *value = &out->values[out->values_count];

	if (out->values_count++ == BENCH_VALUES_MAX)
		return false;
	value->kind = kind;
	value->text = text;
	if (kind == BENCH_METHOD)
		value->method = bel_sip_method_find(text);
	return true;
}

/* All values of a list, at its first line. */
static bool decode_list(struct bench_decoded *out, struct bel_sip_msg *msg,
			enum bel_sip_header header)
{
	enum bench_kind kind = (enum bench_kind)kinds[header];
	bool is_word = kind == BENCH_TEXT || kind == BENCH_METHOD;
	const struct bel_sip_field *field = NULL;
	struct bel_sip_values values;
	bel_str text;

	bel_sip_values_init(&values, msg, header);
	while (bel_sip_values_next(&text, &values)) {
		if (values.field != field) {
			field = values.field;
			begin(out, msg, field);
		}
		if (is_word ? !decode_word(out, kind, text)
			    : !decode_value(out, msg, field, text))
			return false;
		out->counts[field - msg->fields]++;
	}
	return true;
}

bool bench_decode(struct bench_decoded *out, struct bel_sip_msg *msg)
{
	out->values_count = out->params_count = 0;
	for (unsigned i = 0; i < msg->fields_count; i++) {
		const struct bel_sip_field *field = &msg->fields[i];
		enum bel_sip_header header = (enum bel_sip_header)field->header;
		bool is_list = bel_sip_header_shape(header) == BEL_SIP_LIST;
		if (is_list && msg->first[header] != i + 1)
			continue;
		if (is_list ? !decode_list(out, msg, header)
			    : !decode_single(out, msg, field))
			return false;
	}
	return true;
}

/* ---- writing ---- */

static void write_addr(struct bel_writer *writer, const struct bel_sip_addr *addr)
{
	if (addr->is_star) {
		bel_write_char(writer, '*');
		return;
	}
	if (addr->display.len) {
		bel_write_char(writer, '"');
		bel_sip_write_text(writer, addr->display);
		bel_write_lit(writer, "\" ");
	}
	bel_write_char(writer, '<');
	bel_uri_write(writer, &addr->uri);
	bel_write_char(writer, '>');
}

static void write_via(struct bel_writer *writer, const struct bel_sip_via *via)
{
	bel_write_lit(writer, "SIP/2.0/");
	bel_write_str(writer, bel_sip_transport_name(via->transport));
	bel_write_char(writer, ' ');
	bel_sip_write_text(writer, via->host);
	if (via->port) {
		bel_write_char(writer, ':');
		bel_write_u64(writer, via->port);
	}
}

static void write_params(struct bel_writer *writer, bel_str params)
{
	if (!params.len)
		return;
	bel_write_char(writer, ';');
	bel_sip_write_text(writer, params);
}

static void write_value(struct bel_writer *writer, const struct bench_value *value)
{
	switch (value->kind) {
	case BENCH_ADDR:
		write_addr(writer, value->addr);
		write_params(writer, value->addr->params);
		return;
	case BENCH_VIA:
		write_via(writer, value->via);
		write_params(writer, value->via->params);
		return;
	case BENCH_CSEQ:
		bel_write_u64(writer, value->cseq->number);
		bel_write_char(writer, ' ');
		bel_sip_write_text(writer, value->cseq->method_text);
		return;
	case BENCH_ITEM:
		bel_sip_write_text(writer, value->item.word);
		write_params(writer, value->item.params);
		return;
	case BENCH_MEDIA:
		bel_sip_write_text(writer, value->media.type);
		bel_write_char(writer, '/');
		bel_sip_write_text(writer, value->media.subtype);
		write_params(writer, value->media.params);
		return;
	case BENCH_NUMBER:
		bel_write_u64(writer, value->number);
		return;
	default:
		bel_sip_write_text(writer, value->text);
	}
}

static void write_start_line(struct bel_writer *writer, const struct bel_sip_msg *msg)
{
	if (!msg->is_request) {
		bel_sip_write_status_line(writer, msg->status, msg->reason);
		return;
	}
	bel_sip_write_text(writer, msg->method_text);
	bel_write_char(writer, ' ');
	bel_uri_write(writer, &msg->uri);
	bel_write_lit(writer, " SIP/2.0\r\n");
}

void bench_serialise(struct bel_writer *writer, const struct bel_sip_msg *msg,
		     const struct bench_decoded *decoded)
{
	write_start_line(writer, msg);
	for (unsigned i = 0; i < msg->fields_count; i++) {
		enum bel_sip_header header = (enum bel_sip_header)msg->fields[i].header;
		unsigned at = decoded->first[i], count = decoded->counts[i];
		bel_sip_write_name(writer, header);
		for (unsigned k = 0; k < count; k++) {
			if (k)
				bel_write_lit(writer, ", ");
			write_value(writer, &decoded->values[at + k]);
		}
		bel_write_lit(writer, "\r\n");
	}
	bel_write_lit(writer, "\r\n");
	bel_write_str(writer, bel_sip_body(msg));
}
