/* SPDX-License-Identifier: Apache-2.0
 * New messages, field by field. What could end a line early never gets into one: the
 * writer turns full instead, and whoever asks it at the end learns that there is no
 * message. */
#include "sip/sip_int.h"

void bel_sip_write_text(struct bel_writer *writer, bel_str text)
{
	char *at;

	if (!text.len)
		return;
	if (!bel_sip_is_writable(text)) {
		writer->is_full = true;
		return;
	}
	at = bel_writer_room(writer, text.len);
	if (at)
		memcpy(at, text.ptr, text.len);
}

void bel_sip_write_crlf(struct bel_writer *writer)
{
	bel_write_lit(writer, "\r\n");
}

void bel_sip_write_request_line(struct bel_writer *writer, bel_str method, bel_str uri)
{
	bel_sip_write_text(writer, method);
	bel_write_char(writer, ' ');
	bel_sip_write_text(writer, uri);
	bel_write_lit(writer, " SIP/2.0\r\n");
}

void bel_sip_write_status_line(struct bel_writer *writer, uint16_t status, bel_str reason)
{
	bel_write_lit(writer, "SIP/2.0 ");
	bel_write_u64(writer, status);
	bel_write_char(writer, ' ');
	bel_sip_write_text(writer, reason.len ? reason : bel_sip_status_phrase(status));
	bel_sip_write_crlf(writer);
}

enum { NAME_SIZE = 32 };

/* How lines begin. */
static const struct name {
	char text[NAME_SIZE];
	uint8_t len;
} names[BEL_SIP_H_COUNT] = { [BEL_SIP_H_OTHER] = { ": ", 2 },
#define X(id, name, compact, shape) [BEL_SIP_H_##id] = { name ": ", sizeof(name) + 1 },
			     BEL_SIP_HEADERS(X)
#undef X
};
#define X(id, name, compact, shape) _Static_assert(sizeof(name) + 1 <= NAME_SIZE, name);
BEL_SIP_HEADERS(X)
#undef X

/* Where there is room, all of the row is copied, which takes two moves; what follows the
 * name is written over. */
void bel_sip_write_name(struct bel_writer *writer, enum bel_sip_header header)
{
	const struct name *name =
		&names[(unsigned)header < BEL_SIP_H_COUNT ? header : BEL_SIP_H_OTHER];

	if (writer->is_full || writer->size - writer->len < NAME_SIZE) {
		bel_write_str(writer, (bel_str){ name->text, name->len });
		return;
	}
	memcpy(writer->buf + writer->len, name->text, NAME_SIZE);
	writer->len += name->len;
}

void bel_sip_write_header(struct bel_writer *writer, enum bel_sip_header header,
			  bel_str value)
{
	bel_sip_write_name(writer, header);
	bel_sip_write_text(writer, value);
	bel_sip_write_crlf(writer);
}

void bel_sip_write_field(struct bel_writer *writer, bel_str name, bel_str value)
{
	bel_sip_write_text(writer, name);
	bel_write_lit(writer, ": ");
	bel_sip_write_text(writer, value);
	bel_sip_write_crlf(writer);
}

void bel_sip_write_number(struct bel_writer *writer, enum bel_sip_header header,
			  uint64_t value)
{
	bel_sip_write_name(writer, header);
	bel_write_u64(writer, value);
	bel_sip_write_crlf(writer);
}

void bel_sip_write_quoted(struct bel_writer *writer, bel_str text)
{
	if (!bel_sip_is_writable(text)) {
		writer->is_full = true;
		return;
	}
	bel_write_char(writer, '"');
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '"' || text.ptr[i] == '\\')
			bel_write_char(writer, '\\');
		bel_write_char(writer, text.ptr[i]);
	}
	bel_write_char(writer, '"');
}

void bel_sip_write_addr(struct bel_writer *writer, bel_str display, bel_str uri,
			bel_str tag)
{
	if (display.len) {
		bel_sip_write_quoted(writer, display);
		bel_write_char(writer, ' ');
	}
	bel_write_char(writer, '<');
	bel_sip_write_text(writer, uri);
	bel_write_char(writer, '>');
	if (tag.len) {
		bel_write_lit(writer, ";tag=");
		bel_sip_write_text(writer, tag);
	}
}

void bel_sip_write_via(struct bel_writer *writer, enum bel_sip_transport transport,
		       bel_str host, uint16_t port, bel_str branch, bool rport)
{
	bel_write_lit(writer, "SIP/2.0/");
	bel_write_str(writer, bel_sip_transport_name(transport));
	bel_write_char(writer, ' ');
	bel_sip_write_text(writer, host);
	if (port) {
		bel_write_char(writer, ':');
		bel_write_u64(writer, port);
	}
	bel_write_lit(writer, ";branch=");
	bel_sip_write_text(writer, branch);
	if (rport)
		bel_write_lit(writer, ";rport");
}

void bel_sip_write_cseq(struct bel_writer *writer, uint32_t number, bel_str method)
{
	bel_sip_write_name(writer, BEL_SIP_H_CSEQ);
	bel_write_u64(writer, number);
	bel_write_char(writer, ' ');
	bel_sip_write_text(writer, method);
	bel_sip_write_crlf(writer);
}

void bel_sip_write_refusal(struct bel_writer *writer, const struct bel_sip_refusal *why)
{
	if (why->header != BEL_SIP_H_OTHER) {
		bel_write_str(writer, bel_sip_header_name(why->header));
		bel_write_lit(writer, ": ");
	}
	bel_write_text(writer, why->text);
}

void bel_sip_write_body(struct bel_writer *writer, bel_str content_type, bel_str body)
{
	if (body.len)
		bel_sip_write_header(writer, BEL_SIP_H_CONTENT_TYPE, content_type);
	bel_sip_write_number(writer, BEL_SIP_H_CONTENT_LENGTH, body.len);
	bel_sip_write_crlf(writer);
	bel_write_str(writer, body);
}
