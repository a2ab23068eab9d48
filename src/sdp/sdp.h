/* SPDX-License-Identifier: Apache-2.0
 *
 * sdp: the codec of session descriptions (RFC 8866). Pure: text in, an index of its lines
 * out, values decoded when somebody asks; and lines out, one by one. Everything found
 * points into the text. What is not known is kept in its place.
 *
 *   parse.c   lines, session part and media parts
 *   value.c   what stands in a line
 *   write.c   lines of our own
 *
 * Start with struct bel_sdp. */
#ifndef BEL_SDP_SDP_H
#define BEL_SDP_SDP_H

#include "base/base.h"

enum {
	BEL_SDP_BYTES_MAX = 65535,
	BEL_SDP_LINES_MAX = 1024,
	BEL_SDP_MEDIA_MAX = 32,
};

/* One line: "a=rtpmap:0 PCMU/8000" is type 'a', name "rtpmap", value "0 PCMU/8000". Other
 * types than 'a' have no name. */
struct bel_sdp_line {
	char type;
	bool has_value; /* an attribute with ':' */
	bel_str name;
	bel_str value;
};

enum bel_sdp_direction {
	BEL_SDP_INACTIVE = 0,
	BEL_SDP_SENDONLY = 1, /* as its sender says it */
	BEL_SDP_RECVONLY = 2,
	BEL_SDP_SENDRECV = 3,
};

/* RFC 8866 section 5.14. */
struct bel_sdp_media {
	bel_str kind; /* "audio" */
	bel_str proto;
	bel_str formats; /* as written: "0 8 101" */
	uint16_t port, ports_count;
	uint16_t first, count; /* its lines, the m line not included */
};

struct bel_sdp {
	bel_str text;
	bel_str origin;     /* value of o= */
	bel_str connection; /* of the session; empty: none */
	const struct bel_sdp_line *lines;
	unsigned lines_count;
	unsigned session_count; /* lines before the first media part */
	struct bel_sdp_media media[BEL_SDP_MEDIA_MAX];
	unsigned media_count;
};

/* Why a description is not understood, as a sentence without its end: "line 4: the port
 * is no number". */
struct bel_sdp_refusal {
	unsigned line; /* from 1; 0: the whole */
	const char *text;
};

/* Lists lie in the arena. Bare LF, a missing last line end, a missing s= or t= and lines
 * in another order than the grammar's are taken (phones send them); no v=0, no o=, a port
 * or a number that is none are BEL_ERR_SYNTAX, too many lines BEL_ERR_LIMIT,
 * BEL_ERR_SPACE. */
enum bel_err bel_sdp_parse(struct bel_sdp *out, bel_str text, struct bel_arena *arena,
			   struct bel_sdp_refusal *why);

/* ---- values ---- */

/* RFC 8866 section 5.2. */
struct bel_sdp_origin {
	bel_str user, session_id, version, address;
};
enum bel_err bel_sdp_origin_parse(struct bel_sdp_origin *out, bel_str value);

/* Attribute of a media part by name (case matters), else that of the session part when
 * is_inherited; *value may be NULL. index: which one of several, from 0. */
bool bel_sdp_attribute(bel_str *value, const struct bel_sdp *sdp, unsigned media,
		       bel_str name, unsigned index, bool is_inherited);

/* The address that a media part is reached at, its port included; family 0 when it is a
 * name or missing. 0.0.0.0 means hold (RFC 2543). */
bel_addr bel_sdp_address(const struct bel_sdp *sdp, unsigned media);
/* RFC 3605, else the port above; the same as bel_sdp_address with rtcp-mux. */
bel_addr bel_sdp_rtcp_address(const struct bel_sdp *sdp, unsigned media);
/* As its sender says it: sendrecv when nothing is said. */
enum bel_sdp_direction bel_sdp_direction(const struct bel_sdp *sdp, unsigned media);
/* Seen from the other side: sendonly becomes recvonly. */
enum bel_sdp_direction bel_sdp_reversed(enum bel_sdp_direction direction);

/* A payload type with its codec: a=rtpmap, or the table of RFC 3551 section 6. */
struct bel_sdp_codec {
	uint8_t payload;
	uint8_t channels; /* 1 when not written */
	uint32_t clock_hz;
	bel_str name;
	bel_str fmtp; /* empty: none */
};
/* Walks the formats of a media part; *formats begins as media->formats. False at the end;
 * a dynamic one without rtpmap, or one that is no number, is passed over. */
bool bel_sdp_codec_next(struct bel_sdp_codec *out, const struct bel_sdp *sdp,
			unsigned media, bel_str *formats);
/* Value of a parameter of fmtp, "useinbandfec" in "a=1;useinbandfec=1"; any case. */
bool bel_sdp_fmtp_find(bel_str *value, bel_str fmtp, bel_str name);
/* A number of a=ptime and its like; 0 when there is none. */
uint32_t bel_sdp_number(const struct bel_sdp *sdp, unsigned media, bel_str name);

/* RFC 4568 section 9.1: "1 AES_CM_128_HMAC_SHA1_80 inline:KEY|2^20|1:4 PARAMS". */
enum { BEL_SDP_KEY_BYTES_MAX = 64 };
struct bel_sdp_crypto {
	uint32_t tag;
	bel_str suite;
	uint8_t key[BEL_SDP_KEY_BYTES_MAX]; /* master key and salt */
	size_t key_len;
	bool has_mki, has_params;
};
enum bel_err bel_sdp_crypto_parse(struct bel_sdp_crypto *out, bel_str value);

/* RFC 8122 section 5: "sha-256 4A:AD:...". */
struct bel_sdp_fingerprint {
	bel_str hash;
	uint8_t bytes[64];
	size_t len;
};
enum bel_err bel_sdp_fingerprint_parse(struct bel_sdp_fingerprint *out, bel_str value);

/* ---- writing ---- */

/* v, o, s, c and t; the address must be concrete. */
void bel_sdp_write_head(struct bel_writer *writer, const bel_addr *addr,
			uint64_t session_id, uint64_t version);
/* "m=audio 4000 RTP/AVP": the formats follow, each with bel_sdp_write_format, then
 * bel_sdp_write_end. */
void bel_sdp_write_media(struct bel_writer *writer, bel_str kind, uint16_t port,
			 bel_str proto);
void bel_sdp_write_format(struct bel_writer *writer, unsigned payload);
void bel_sdp_write_end(struct bel_writer *writer);
void bel_sdp_write_connection(struct bel_writer *writer, const bel_addr *addr);
/* "a=name:value", without the colon when value.ptr is NULL. Line ends in either make the
 * writer full. */
void bel_sdp_write_attribute(struct bel_writer *writer, bel_str name, bel_str value);
void bel_sdp_write_codec(struct bel_writer *writer, const struct bel_sdp_codec *codec);
bel_str bel_sdp_direction_name(enum bel_sdp_direction direction);

#endif
