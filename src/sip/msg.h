/* SPDX-License-Identifier: Apache-2.0
 *
 * A message, indexed where it lies. bel_sip_parse makes one pass over the header fields
 * and notes where each begins and what it is called; bel_sip_validate then says whether
 * the message may be acted upon. Both name the most specific refusal. */
#ifndef BEL_SIP_MSG_H
#define BEL_SIP_MSG_H

#include "base/base.h"
#include "sip/marks.h"
#include "sip/name.h"
#include "sip/value.h"

/* RFC 3261 puts no bounds on a message; these are ours. The table with the answer to each
 * is bel_sip_limits. */
enum {
	BEL_SIP_MESSAGE_BYTES_MAX = 65535,
	BEL_SIP_LINE_BYTES_MAX = 8192, /* folds included */
	BEL_SIP_FIELDS_MAX = 200,
	BEL_SIP_VIAS_MAX = 70,
	BEL_SIP_CONTACTS_MAX = 64,
	BEL_SIP_PARTS_MAX = 32,
	BEL_SIP_NESTING_MAX = 32,
};

enum bel_sip_limit {
	BEL_SIP_LIMIT_NONE,
	BEL_SIP_LIMIT_MESSAGE,
	BEL_SIP_LIMIT_LINE,
	BEL_SIP_LIMIT_FIELDS,
	BEL_SIP_LIMIT_VIAS,
	BEL_SIP_LIMIT_CONTACTS,
	BEL_SIP_LIMIT_PARTS,
	BEL_SIP_LIMIT_NESTING,
	BEL_SIP_LIMIT_COUNT
};

/* What passing a limit is answered with, and the words that stand in the Warning. Whoever
 * counts refusals counts them by the identifier. */
struct bel_sip_limit_row {
	uint32_t max;
	uint16_t status;
	const char *text;
};
const struct bel_sip_limit_row *bel_sip_limit_row(enum bel_sip_limit limit);

/* Why a message is not acted upon. status 0: drop it, nobody can be answered (responses,
 * ACK, bytes that are no SIP). text is one static clause about the field, which
 * bel_sip_write_refusal puts in front of it. */
struct bel_sip_refusal {
	uint16_t status;
	enum bel_sip_header header; /* the field at fault, OTHER for the start line */
	enum bel_sip_limit limit;
	const char *text;
};

/* One header line, folds included. Offsets count from the first byte of the message. */
struct bel_sip_field {
	uint16_t name, name_len;
	uint16_t value, value_len; /* without blanks at both ends */
	uint8_t header;            /* enum bel_sip_header */
	uint8_t next;     /* 1 + index of the next one of the same header, or 0 */
	bool is_folded;   /* the value holds line ends */
	bool has_control; /* and bytes that the grammar forbids: the message is refused */
};

/* Borrowed bytes and where things lie in them. Read with the functions below; the owner
 * of the buffer keeps it unchanged for as long as the message is used. */
struct bel_sip_msg {
	bel_str bytes; /* the message alone: what follows its body is cut off */
	struct bel_arena *arena;

	/* start line */
	bel_str method_text; /* empty in a response */
	bel_str uri_text;
	bel_str version;
	bel_str reason;
	enum bel_sip_method method;
	uint16_t status; /* 0 in a request */
	bool is_request;

	/* where the header fields begin, where the empty line, where the body */
	uint16_t fields_start, fields_end, body_start, body_len;
	uint16_t fields_count;

	/* values decoded so far: private to the accessors */
	uint16_t decoded, broken;
	uint16_t vias_count;
	bool has_repeats; /* of what may stand once */

	uint8_t first[BEL_SIP_H_COUNT]; /* 1 + index into fields, or 0 */

	/* from here on written before it is read, and not cleared */
	uint8_t last[BEL_SIP_H_COUNT]; /* of a header that has a first */
	struct bel_uri uri;
	struct bel_sip_via via;
	bel_str via_value; /* that via was read from */
	struct bel_sip_addr from, to, contact;
	struct bel_sip_cseq cseq;
	struct bel_sip_field fields[BEL_SIP_FIELDS_MAX];
	struct bel_sip_marks marks;
};

/* Indexes a datagram or a frame. Empty lines in front are skipped, bytes after the body
 * (by Content-Length) are cut off. It goes on to the end even when something is wrong, so
 * that bel_sip_can_respond may still be asked; the first fault is told. BEL_ERR_SYNTAX or
 * BEL_ERR_LIMIT with *why set. No allocation. */
enum bel_err bel_sip_parse(struct bel_sip_msg *msg, struct bel_arena *arena,
			   bel_str bytes, struct bel_sip_refusal *why);

/* After a successful parse: the checks of RFC 3261 sections 8.1.1, 8.2.2.1 and 16.3 step
 * 1 that need no configuration: mandatory fields, single fields, every Via and Contact,
 * From, To, CSeq and its method, Call-ID, the Request-URI, Route, Max-Forwards. Unknown
 * methods, schemes, options and body types pass: they are for the roles. */
enum bel_err bel_sip_validate(struct bel_sip_msg *msg, struct bel_sip_refusal *why);

/* Whether a refusal can be sent, also right after a failed parse: a request other than
 * ACK with Via and CSeq, by which its sender finds it again (RFC 3261 section 17.1.3).
 * Of these, From, To and Call-ID none has a forbidden control. They need not be well
 * formed, and the latter may be missing (RFC 4475 section 3.3.1): an answer repeats what
 * there is, as it came. */
bool bel_sip_can_respond(struct bel_sip_msg *msg);

/* Decoded once; the results die with msg. NULL when the field is missing or malformed;
 * never NULL after bel_sip_validate for uri (requests), via, from, to and cseq. */
const struct bel_uri *bel_sip_uri(struct bel_sip_msg *msg);
const struct bel_sip_via *bel_sip_via(struct bel_sip_msg *msg); /* the topmost */
const struct bel_sip_addr *bel_sip_from(struct bel_sip_msg *msg);
const struct bel_sip_addr *bel_sip_to(struct bel_sip_msg *msg);
const struct bel_sip_addr *bel_sip_contact(struct bel_sip_msg *msg); /* the first */
const struct bel_sip_cseq *bel_sip_cseq(struct bel_sip_msg *msg);
bel_str bel_sip_call_id(const struct bel_sip_msg *msg);
/* As bel_sip_addr_parse and bel_sip_via_parse, of a value that lies in msg: by its marks,
 * so that it costs less. */
enum bel_err bel_sip_addr_parse_in(struct bel_sip_addr *out,
				   const struct bel_sip_msg *msg, bel_str value);
enum bel_err bel_sip_via_parse_in(struct bel_sip_via *out, const struct bel_sip_msg *msg,
				  bel_str value);
bel_str bel_sip_body(const struct bel_sip_msg *msg);
/* The body of that type ("application/sdp"), alone or as a part (RFC 5621); empty when
 * there is none. */
bel_str bel_sip_body_find(struct bel_sip_msg *msg, bel_str type);
/* Number of Via values; known after bel_sip_validate. */
unsigned bel_sip_vias_count(const struct bel_sip_msg *msg);

/* Lines of a header in order: NULL when there is none (or no further one). */
const struct bel_sip_field *bel_sip_field_first(const struct bel_sip_msg *msg,
						enum bel_sip_header header);
const struct bel_sip_field *bel_sip_field_next(const struct bel_sip_msg *msg,
					       const struct bel_sip_field *field);
bel_str bel_sip_field_name(const struct bel_sip_msg *msg,
			   const struct bel_sip_field *field);
bel_str bel_sip_field_value(const struct bel_sip_msg *msg,
			    const struct bel_sip_field *field);
/* The whole line with its line end. */
bel_str bel_sip_field_line(const struct bel_sip_msg *msg,
			   const struct bel_sip_field *field);
bool bel_sip_has(const struct bel_sip_msg *msg, enum bel_sip_header header);
/* Value of the first line; ptr is NULL when there is none. */
bel_str bel_sip_value(const struct bel_sip_msg *msg, enum bel_sip_header header);
/* The same for a name that may not be listed, any case. */
bel_str bel_sip_value_named(const struct bel_sip_msg *msg, bel_str name);
/* First number of a header with one; BEL_ERR_NOT_FOUND, or as bel_sip_number_parse. */
enum bel_err bel_sip_number(uint32_t *out, const struct bel_sip_msg *msg,
			    enum bel_sip_header header, uint32_t max);

/* Values of a header in order, over all its lines; LIST headers are cut at commas outside
 * of quotes and <>. An empty line has no value, two commas have an empty one between. */
struct bel_sip_values {
	const struct bel_sip_msg *msg;
	const struct bel_sip_field *field;
	bel_str left; /* of the field */
	bool is_list; /* it has commas */
};
void bel_sip_values_init(struct bel_sip_values *values, const struct bel_sip_msg *msg,
			 enum bel_sip_header header);
bool bel_sip_values_next(bel_str *out, struct bel_sip_values *values);
/* Takes the next value off the text of a comma list. */
bool bel_sip_list_next(bel_str *out, bel_str *left);
/* Whether a token (any case) is among the values: Require, Supported, Allow ... */
bool bel_sip_has_token(const struct bel_sip_msg *msg, enum bel_sip_header header,
		       bel_str token);

/* Stream framing (RFC 3261 section 18.3, RFC 5626 section 3.5.1). */
enum bel_sip_frame {
	BEL_SIP_FRAME_MORE,    /* nothing whole yet */
	BEL_SIP_FRAME_MESSAGE, /* len bytes are one message */
	BEL_SIP_FRAME_PONG,    /* CRLF: take len bytes */
	BEL_SIP_FRAME_PING,  /* the second CRLF in a row: take len bytes, answer with CRLF
			      */
	BEL_SIP_FRAME_ERROR, /* close after answering status; len is the header section,
				or 0 when even that is not whole */
};
/* What is known of the unfinished message at the front of the buffer; zero at first. The
 * caller removes the bytes of each frame from the front before the next call. */
struct bel_sip_framer {
	uint32_t scanned; /* bytes that need no second look */
	uint32_t total;   /* of the message, once its header section is whole */
	bool after_crlf;
};
struct bel_sip_framed {
	size_t len;
	struct bel_sip_refusal why; /* of ERROR */
};
enum bel_sip_frame bel_sip_frame(struct bel_sip_framed *out,
				 struct bel_sip_framer *framer, bel_str bytes);

#endif
