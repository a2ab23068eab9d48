/* SPDX-License-Identifier: Apache-2.0
 *
 * Making messages, in three ways: a reply from runs of its request, a message that came
 * in with edits spliced into it, and a new one field by field. All write into a
 * bel_writer and are asked once, at the end, whether everything fitted. */
#ifndef BEL_SIP_WRITE_H
#define BEL_SIP_WRITE_H

#include "base/base.h"
#include "sip/msg.h"

/* ---- replies (RFC 3261 section 8.2.6) ---- */

struct bel_sip_reply {
	uint16_t status;
	bool record_route; /* copy Record-Route (RFC 3261 section 12.1.1) */
	bel_str reason;    /* empty: the default phrase */
	bel_str to_tag;    /* added unless the request's To has one, or status is 100 */
	const bel_addr *source; /* where the request came from: sets received and rport of
				   the topmost Via (RFC 3261 section 18.2.1, RFC 3581
				   section 4); NULL: as it is */
	bel_str lines; /* whole header lines, each with CRLF, made by the writers below */
	bel_str content_type; /* of body */
	bel_str body;
};
/* Via (all, in order), From, To, Call-ID and CSeq byte for byte, Timestamp into a 100,
 * then lines, Content-Length and the body. Works on what bel_sip_can_respond allows.
 * BEL_ERR_NOT_FOUND without Via or CSeq, BEL_ERR_SYNTAX when reason, to_tag or
 * content_type hold what may not be written; BEL_ERR_SPACE. */
enum bel_err bel_sip_respond(struct bel_writer *writer, struct bel_sip_msg *request,
			     const struct bel_sip_reply *reply);

/* ---- forwarding ---- */

enum { BEL_SIP_CUTS_MAX = 64 };

/* Private: bytes [from, to) of the message make way for a text. */
struct bel_sip_cut {
	bel_str text;
	uint16_t from, to;
	uint16_t scratch, scratch_len; /* text made by us, written after text */
	uint16_t value_first,
		value_last; /* of the field's values, when some are removed */
	uint8_t field;
	uint8_t header; /* name written in front, or OTHER */
	uint8_t kind;
};

/* Edits of one message, given in any order, gathered by one write. Edits that contradict
 * each other (two texts for one place, a text inside something removed) are
 * BEL_ERR_MISMATCH at the write; removing a thing twice is once. Inserts at one place
 * stand in the order they were given. Texts are borrowed until the write, and refused
 * (BEL_ERR_SYNTAX at the write) when they hold CR, LF or NUL. Header and value indices
 * are those of the message as it came in; an edit of a value that is not there is
 * BEL_ERR_NOT_FOUND at the write. */
struct bel_sip_splice {
	struct bel_sip_msg *msg;
	enum bel_err err; /* the first one */
	unsigned cuts_count;
	bel_str body;
	bool has_body;
	size_t scratch_len;
	char scratch[192];
	struct bel_sip_cut cuts[BEL_SIP_CUTS_MAX];
};
void bel_sip_splice_init(struct bel_sip_splice *splice, struct bel_sip_msg *msg);
void bel_sip_splice_uri(struct bel_sip_splice *splice, bel_str uri);
/* A line of its own before the first line of that header; at the top when there is none.
 */
void bel_sip_splice_insert(struct bel_sip_splice *splice, enum bel_sip_header header,
			   bel_str value);
/* A line of its own after all others. */
void bel_sip_splice_append(struct bel_sip_splice *splice, enum bel_sip_header header,
			   bel_str value);
/* The value with that index (0 is the topmost), on whichever line it stands; with its
 * line when nothing else is left on it. */
void bel_sip_splice_remove_value(struct bel_sip_splice *splice,
				 enum bel_sip_header header, unsigned index);
void bel_sip_splice_replace_value(struct bel_sip_splice *splice,
				  enum bel_sip_header header, unsigned index,
				  bel_str text);
/* Every line of the header. */
void bel_sip_splice_remove(struct bel_sip_splice *splice, enum bel_sip_header header);
/* Every line of that name, listed or not. */
void bel_sip_splice_remove_named(struct bel_sip_splice *splice, bel_str name);
/* One line with this value: in the place of the first, the others removed; or appended.
 */
void bel_sip_splice_set(struct bel_sip_splice *splice, enum bel_sip_header header,
			bel_str value);
void bel_sip_splice_set_number(struct bel_sip_splice *splice, enum bel_sip_header header,
			       uint32_t value);
/* received and rport of the topmost Via, as in a reply. */
void bel_sip_splice_via_source(struct bel_sip_splice *splice, const bel_addr *source);
/* Another body (empty: none), with its Content-Type and Content-Length. */
void bel_sip_splice_body(struct bel_sip_splice *splice, bel_str content_type,
			 bel_str body);
enum bel_err bel_sip_splice_write(struct bel_writer *writer,
				  struct bel_sip_splice *splice);

/* ---- new messages ---- */

/* A text with CR, LF or NUL is refused: the writer turns full and stays as it was. */
void bel_sip_write_request_line(struct bel_writer *writer, bel_str method, bel_str uri);
void bel_sip_write_status_line(struct bel_writer *writer, uint16_t status,
			       bel_str reason);
/* "Name: value" and the line end. */
void bel_sip_write_header(struct bel_writer *writer, enum bel_sip_header header,
			  bel_str value);
void bel_sip_write_field(struct bel_writer *writer, bel_str name, bel_str value);
void bel_sip_write_number(struct bel_writer *writer, enum bel_sip_header header,
			  uint64_t value);
/* For values made in parts: "Name: ", the parts, then the line end. */
void bel_sip_write_name(struct bel_writer *writer, enum bel_sip_header header);
void bel_sip_write_text(struct bel_writer *writer, bel_str text);
void bel_sip_write_crlf(struct bel_writer *writer);
/* Quotes around it, backslashes before '"' and '\'. */
void bel_sip_write_quoted(struct bel_writer *writer, bel_str text);
/* "display" <uri>;tag=...: display (plain text) and tag may be empty. */
void bel_sip_write_addr(struct bel_writer *writer, bel_str display, bel_str uri,
			bel_str tag);
/* The value of a Via of ours: port 0 is left out, rport asked for when it is true. */
void bel_sip_write_via(struct bel_writer *writer, enum bel_sip_transport transport,
		       bel_str host, uint16_t port, bel_str branch, bool rport);
/* "Call-ID: it is missing", for a Warning or a Reason. */
void bel_sip_write_refusal(struct bel_writer *writer, const struct bel_sip_refusal *why);
void bel_sip_write_cseq(struct bel_writer *writer, uint32_t number, bel_str method);
/* RFC 3261 section 20.17 from seconds since 1970, up to the year 9999. */
void bel_sip_write_date(struct bel_writer *writer, int64_t time_s);
/* Content-Type (when the body is not empty), Content-Length, the empty line, the body.
 * The body may hold any byte. */
void bel_sip_write_body(struct bel_writer *writer, bel_str content_type, bel_str body);

#endif
