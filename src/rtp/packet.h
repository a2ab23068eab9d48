/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_RTP_PACKET_H
#define BEL_RTP_PACKET_H

#include "base/base.h"

/* What may come to one port (RFC 7983 section 7), and RTCP among RTP (RFC 5761 section
 * 4). Told by the first two bytes alone: what it is said to be may still be malformed. */
enum bel_rtp_kind {
	BEL_RTP_KIND_UNKNOWN,
	BEL_RTP_KIND_STUN,
	BEL_RTP_KIND_ZRTP,
	BEL_RTP_KIND_DTLS,
	BEL_RTP_KIND_TURN_CHANNEL,
	BEL_RTP_KIND_RTP,
	BEL_RTP_KIND_RTCP,
};
enum bel_rtp_kind bel_rtp_kind(bel_str datagram);

enum {
	BEL_RTP_HEADER_BYTES = 12,
	BEL_RTP_CSRC_MAX = 15,
	BEL_RTP_PAYLOAD_TYPE_MAX = 127,
};

/* A packet taken apart (RFC 3550 section 5.1). The strings are borrowed from the bytes
 * that were parsed. */
struct bel_rtp_packet {
	uint32_t ssrc;
	uint32_t timestamp;
	uint16_t seq;
	uint8_t payload_type;
	bool is_marked;
	bool has_extension;
	uint16_t extension_profile; /* the 16 bits "defined by profile" */
	bel_str extension;          /* after its length word; a multiple of 4 bytes */
	bel_str csrcs;              /* 4 bytes each, big-endian; at most 15 of them */
	bel_str payload;            /* without padding */
	uint8_t padding_bytes;      /* with the byte that counts them; 0: no P bit */
};

/* BEL_ERR_SYNTAX: not version 2, or a length that points past the end. */
enum bel_err bel_rtp_parse(struct bel_rtp_packet *out, bel_str datagram);
/* The bytes of everything in front of the payload; for who looks no further. Errors as
 * bel_rtp_parse, but for padding, which may be encrypted and is not looked at. */
enum bel_err bel_rtp_header_bytes(size_t *out, bel_str datagram);
/* BEL_ERR_LIMIT when a field does not fit its bits, BEL_ERR_SPACE; the writer is then of
 * no use. Padding is zeros and the count. */
enum bel_err bel_rtp_write(struct bel_writer *writer,
			   const struct bel_rtp_packet *packet);

/* ---- elements of a header extension (RFC 8285) ---- */

enum {
	BEL_RTP_ONE_BYTE_PROFILE = 0xbede,
	BEL_RTP_TWO_BYTE_PROFILE = 0x1000, /* the lower four bits are the application's */
	BEL_RTP_ELEMENTS_MAX = 16,
};

struct bel_rtp_element {
	uint8_t id;    /* 1 to 14, or to 255 in the two-byte form */
	bel_str value; /* 1 to 16 bytes, or 0 to 255 in the two-byte form */
};

/* Takes the next element of an extension; left starts as the packet's extension. False
 * at its end, which is also where the rest cannot be understood (section 4.2). */
bool bel_rtp_element_take(struct bel_rtp_element *out, struct bel_cursor *left,
			  uint16_t profile);
/* The first with this id; BEL_ERR_NOT_FOUND. */
enum bel_err bel_rtp_element_find(bel_str *out, const struct bel_rtp_packet *packet,
				  uint8_t id);
/* Writes elements in the shorter form that holds them all, and fills the packet's three
 * extension fields, borrowed from the writer. BEL_ERR_LIMIT: an id of 0, or a value over
 * 255 bytes. */
enum bel_err bel_rtp_elements_write(struct bel_rtp_packet *packet,
				    struct bel_writer *writer,
				    const struct bel_rtp_element *elements,
				    unsigned count);

#endif
