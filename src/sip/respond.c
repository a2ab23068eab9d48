/* SPDX-License-Identifier: Apache-2.0 */
#include "sip/via_source.h"

/* The field as it came, up to the end of its value. */
static void copy_field(struct bel_writer *writer, const struct bel_sip_msg *msg,
		       const struct bel_sip_field *field)
{
	const char *base = msg->bytes.ptr;

	bel_write_str(writer, str_between(base + field->name,
					  base + field->value + field->value_len));
	bel_write_lit(writer, "\r\n");
}

/* A line with a forbidden control, which only a refused request has, is not repeated. */
static void copy_fields(struct bel_writer *writer, const struct bel_sip_msg *msg,
			const struct bel_sip_field *field)
{
	for (; field; field = bel_sip_field_next(msg, field))
		if (!field->has_control)
			copy_field(writer, msg, field);
}

static void copy_first(struct bel_writer *writer, const struct bel_sip_msg *msg,
		       enum bel_sip_header header)
{
	const struct bel_sip_field *field = bel_sip_field_first(msg, header);

	if (field)
		copy_field(writer, msg, field);
}

/* The line that holds the topmost value, with the source in it. */
static void write_edited(struct bel_writer *writer, const struct bel_sip_msg *msg,
			 const struct bel_sip_field *field,
			 const struct bel_sip_via_source *edit)
{
	const char *at = msg->bytes.ptr + field->name;
	const char *end = msg->bytes.ptr + field->value + field->value_len;
	const char *value_end = edit->value.ptr + edit->value.len;

	for (unsigned i = 0; i < edit->drops_count; i++) {
		bel_write_str(writer, str_between(at, edit->drops[i].ptr));
		at = edit->drops[i].ptr + edit->drops[i].len;
	}
	bel_write_str(writer, str_between(at, value_end));
	bel_write_str(writer, (bel_str){ edit->suffix, edit->suffix_len });
	bel_write_str(writer, str_between(value_end, end));
	bel_write_lit(writer, "\r\n");
}

/* The topmost value is on the first line that is not empty. One that cannot be read (RFC
 * 4475 section 3.1.2.1) goes back as it came. */
static enum bel_err write_vias(struct bel_writer *writer, struct bel_sip_msg *msg,
			       const bel_addr *source)
{
	const struct bel_sip_field *field = bel_sip_field_first(msg, BEL_SIP_H_VIA);
	struct bel_sip_via_source edit;
	enum bel_err err;

	if (source && bel_sip_via(msg)) {
		err = bel_sip_via_source_init(&edit, msg, source);
		if (err)
			return err;
		for (; !field->value_len; field = bel_sip_field_next(msg, field))
			copy_field(writer, msg, field);
		write_edited(writer, msg, field, &edit);
		field = bel_sip_field_next(msg, field);
	}
	copy_fields(writer, msg, field);
	return BEL_OK;
}

/* RFC 3261 section 8.2.6.2: a To that has no tag gets one, but for 100. */
static void write_to(struct bel_writer *writer, struct bel_sip_msg *msg,
		     const struct bel_sip_reply *reply)
{
	const struct bel_sip_field *field = bel_sip_field_first(msg, BEL_SIP_H_TO);
	const struct bel_sip_addr *to = bel_sip_to(msg);
	const char *base = msg->bytes.ptr;

	if (!field)
		return;
	bel_write_str(writer, str_between(base + field->name,
					  base + field->value + field->value_len));
	if (reply->status > 100 && reply->to_tag.len && to && !to->tag.len) {
		bel_write_lit(writer, ";tag=");
		bel_write_str(writer, reply->to_tag);
	}
	bel_write_lit(writer, "\r\n");
}

enum bel_err bel_sip_respond(struct bel_writer *writer, struct bel_sip_msg *request,
			     const struct bel_sip_reply *reply)
{
	enum bel_err err;

	if (!bel_sip_has(request, BEL_SIP_H_VIA) || !bel_sip_has(request, BEL_SIP_H_CSEQ))
		return BEL_ERR_NOT_FOUND;
	if (!bel_sip_is_writable(reply->reason) || !bel_sip_is_writable(reply->to_tag) ||
	    !bel_sip_is_writable(reply->content_type))
		return BEL_ERR_SYNTAX;
	bel_sip_write_status_line(writer, reply->status, reply->reason);
	err = write_vias(writer, request, reply->source);
	if (err)
		return err;
	if (reply->record_route)
		copy_fields(writer, request,
			    bel_sip_field_first(request, BEL_SIP_H_RECORD_ROUTE));
	copy_first(writer, request, BEL_SIP_H_FROM);
	write_to(writer, request, reply);
	copy_first(writer, request, BEL_SIP_H_CALL_ID);
	copy_first(writer, request, BEL_SIP_H_CSEQ);
	if (reply->status == 100)
		copy_fields(writer, request,
			    bel_sip_field_first(request, BEL_SIP_H_TIMESTAMP));
	bel_write_str(writer, reply->lines);
	bel_sip_write_body(writer, reply->content_type, reply->body);
	return bel_writer_check(writer);
}
