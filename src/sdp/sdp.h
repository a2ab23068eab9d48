/* SPDX-License-Identifier: Apache-2.0
 *
 * sdp: the codec of session descriptions (RFC 8866). Pure: text in, an index of its lines
 * out, values decoded when somebody asks; and lines out, one by one. Everything found
 * points into the text. What is not known is kept in its place and written again.
 *
 *   parse.c      lines, session part and media parts
 *   attribute.c  attributes by name
 *   value.c      addresses, direction, numbers
 *   codec.c      payload types
 *   key.c        keys, fingerprints, who begins a handshake
 *   write.c      descriptions, theirs again or our own
 *
 * offer/ asks what is in one and makes ours. Start with struct bel_sdp. */
#ifndef BEL_SDP_SDP_H
#define BEL_SDP_SDP_H

#include "base/base.h"

/* What is over is refused with BEL_ERR_LIMIT and its line. */
enum {
	BEL_SDP_BYTES_MAX = 65535,
	BEL_SDP_LINES_MAX = 1024,
	BEL_SDP_MEDIA_MAX = 64,
	BEL_SDP_FORMATS_BYTES_MAX = 1024, /* of one media line */
};

/* One line of the index; bel_sdp_attribute and its like read it. */
struct bel_sdp_line {
	uint16_t at;       /* of the value in the text, behind "a=" */
	uint16_t len;      /* of the value */
	uint16_t name_len; /* of an attribute: up to its colon, or all; else 0 */
	char type;         /* 'a' */
	uint8_t mark;      /* of an attribute's name; unequal marks, unequal names */
};

/* Two bits: what its sender does, as its sender says it. */
enum bel_sdp_direction {
	BEL_SDP_INACTIVE = 0,
	BEL_SDP_SENDONLY = 1,
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
	bel_str origin;                   /* value of o= */
	bel_str connection;               /* of the session; empty: none */
	const struct bel_sdp_line *lines; /* all, v and m lines too, in their order */
	unsigned lines_count;
	unsigned session_count; /* lines before the first media part */
	struct bel_sdp_media media[BEL_SDP_MEDIA_MAX];
	unsigned media_count;
};

/* Why a description is not understood. */
struct bel_sdp_refusal {
	unsigned line; /* from 1; 0: the whole */
	const char *text;
};
/* As a sentence without its end, for a Warning or a log: "line 4: the media part has no
 * port". */
void bel_sdp_refusal_write(struct bel_writer *writer, const struct bel_sdp_refusal *why);

/* The text stays the caller's and must outlive *out; the index lies in the arena. Bare
 * LF, a missing last line end, a missing s= or t= and lines in another order than the
 * grammar's are taken (phones send them). No v=0, no o=, a media part without a port, a
 * NUL or a lone CR are BEL_ERR_SYNTAX, another version BEL_ERR_UNSUPPORTED;
 * BEL_ERR_LIMIT; BEL_ERR_SPACE. On failure *why is set and *out is of no use. */
enum bel_err bel_sdp_parse(struct bel_sdp *out, bel_str text, struct bel_arena *arena,
			   struct bel_sdp_refusal *why);

/* ---- attributes ---- */

/* In place of a media index: the session part alone. */
#define BEL_SDP_SESSION (~0U)

/* Attribute of a media part by name (case matters), else that of the session part when
 * is_inherited; *value may be NULL. index: which one of several, from 0. */
bool bel_sdp_attribute(bel_str *value, const struct bel_sdp *sdp, unsigned media,
		       bel_str name, unsigned index, bool is_inherited);
/* Walks those of one name in one part; *at begins as 0. For what comes many times:
 * crypto, candidate, group, ssrc. */
bool bel_sdp_attribute_next(bel_str *value, const struct bel_sdp *sdp, unsigned media,
			    bel_str name, unsigned *at);
/* Takes the next word off a value; false at its end. */
bool bel_sdp_word_next(bel_str *word, bel_str *left);

/* RFC 5888 section 5: words of the group of these semantics ("BUNDLE") that the media
 * part with this a=mid is in. */
bool bel_sdp_group_find(bel_str *mids, const struct bel_sdp *sdp, bel_str semantics,
			bel_str mid);

/* ---- values ---- */

/* RFC 8866 section 5.2. Read from its end, for names with blanks are seen in front. */
struct bel_sdp_origin {
	bel_str user, session_id, version, address;
};
enum bel_err bel_sdp_origin_parse(struct bel_sdp_origin *out, bel_str value);

/* The address that a media part is reached at, its port included; family 0 when it is a
 * name or missing. */
bel_addr bel_sdp_address(const struct bel_sdp *sdp, unsigned media);
/* Where its reports are taken: a=rtcp (RFC 3605), else the port after. With rtcp-mux
 * (RFC 5761) agreed on, which takes two, it is bel_sdp_address instead. */
bel_addr bel_sdp_rtcp_address(const struct bel_sdp *sdp, unsigned media);
/* As its sender says it, in the media part or for the session; sendrecv when nothing is
 * said. */
enum bel_sdp_direction bel_sdp_direction(const struct bel_sdp *sdp, unsigned media);
/* Seen from the other side: sendonly becomes recvonly. */
enum bel_sdp_direction bel_sdp_reversed(enum bel_sdp_direction direction);
/* Its sender does not listen: sendonly, inactive, or the address 0.0.0.0 (RFC 2543). */
bool bel_sdp_is_held(const struct bel_sdp *sdp, unsigned media);
/* A number of a=ptime and its like, without what stands behind its point; 0 when there is
 * none. */
uint32_t bel_sdp_number(const struct bel_sdp *sdp, unsigned media, bel_str name);
/* b= of the media part, else of the session: "AS" in kbit/s, "RS" and "RR" (RFC 3556) in
 * bit/s. */
bool bel_sdp_bandwidth(uint32_t *out, const struct bel_sdp *sdp, unsigned media,
		       bel_str type);

/* ---- codecs ---- */

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
/* RFC 4585 section 4.2: walks the feedback ("nack pli") that goes with a payload type,
 * or with all ("*"); *at begins as 0. */
bool bel_sdp_feedback_next(bel_str *value, const struct bel_sdp *sdp, unsigned media,
			   unsigned payload, unsigned *at);

/* ---- keys ---- */

/* RFC 4568 section 9.1: "1 AES_CM_128_HMAC_SHA1_80 inline:KEY|2^20|1:4 PARAMS". Of
 * several keys the first. */
enum { BEL_SDP_KEY_BYTES_MAX = 64 };
struct bel_sdp_crypto {
	uint32_t tag;
	bel_str suite;
	uint8_t key[BEL_SDP_KEY_BYTES_MAX]; /* master key and salt */
	size_t key_len;
	uint64_t lifetime_packets; /* 0: not said */
	bool has_mki, has_params;
	uint8_t mki_bytes;
	bel_str mki; /* a decimal number; empty: none */
	bel_str params;
};
/* BEL_ERR_SYNTAX; the tag, the lifetime and the MKI must be numbers. */
enum bel_err bel_sdp_crypto_parse(struct bel_sdp_crypto *out, bel_str value);

/* RFC 8122 section 5: "sha-256 4A:AD:...". */
struct bel_sdp_fingerprint {
	bel_str hash;
	uint8_t bytes[64];
	size_t len;
};
enum bel_err bel_sdp_fingerprint_parse(struct bel_sdp_fingerprint *out, bel_str value);

/* RFC 4145 section 4, as its sender says it. */
enum bel_sdp_setup {
	BEL_SDP_SETUP_NONE, /* not said, or not known */
	BEL_SDP_SETUP_ACTPASS,
	BEL_SDP_SETUP_ACTIVE,
	BEL_SDP_SETUP_PASSIVE,
	BEL_SDP_SETUP_HOLDCONN,
	BEL_SDP_SETUP_COUNT
};
enum bel_sdp_setup bel_sdp_setup(const struct bel_sdp *sdp, unsigned media);
/* Empty for NONE. */
bel_str bel_sdp_setup_name(enum bel_sdp_setup setup);

/* RFC 8839 sections 5.4 and 5.6; candidates are walked with bel_sdp_attribute_next. False
 * when ufrag or pwd is missing. */
struct bel_sdp_ice {
	bel_str ufrag, pwd, options;
	bool is_lite;
};
bool bel_sdp_ice(struct bel_sdp_ice *out, const struct bel_sdp *sdp, unsigned media);

/* ---- writing ---- */

/* What was parsed, line by line, with CRLF: the same bytes if it had them. */
void bel_sdp_write(struct bel_writer *writer, const struct bel_sdp *sdp);
/* v, o, s, c and t; the address must be concrete. */
void bel_sdp_write_head(struct bel_writer *writer, const bel_addr *addr,
			uint64_t session_id, uint64_t version);
/* "m=audio 4000 RTP/AVP": the formats follow, each with bel_sdp_write_format, then
 * bel_sdp_write_end. */
void bel_sdp_write_media(struct bel_writer *writer, bel_str kind, uint16_t port,
			 bel_str proto);
void bel_sdp_write_format(struct bel_writer *writer, unsigned payload);
void bel_sdp_write_end(struct bel_writer *writer);
/* Any line: 'b' and "AS:64". Here and below line ends in a value make the writer full. */
void bel_sdp_write_line(struct bel_writer *writer, char type, bel_str value);
void bel_sdp_write_connection(struct bel_writer *writer, const bel_addr *addr);
/* "a=name:value", without the colon when value.ptr is NULL. */
void bel_sdp_write_attribute(struct bel_writer *writer, bel_str name, bel_str value);
/* RFC 3605: the port, and the address when it is not that of the media. */
void bel_sdp_write_rtcp(struct bel_writer *writer, const bel_addr *rtcp,
			const bel_addr *media);
void bel_sdp_write_codec(struct bel_writer *writer, const struct bel_sdp_codec *codec);
void bel_sdp_write_crypto(struct bel_writer *writer, uint32_t tag, bel_str suite,
			  bel_str key);
bel_str bel_sdp_direction_name(enum bel_sdp_direction direction);

#endif
