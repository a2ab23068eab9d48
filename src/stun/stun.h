/* SPDX-License-Identifier: Apache-2.0
 *
 * stun: the codec of STUN (RFC 8489) with the attributes of TURN (RFC 8656), of its
 * mobility (RFC 8016) and of ICE (RFC 8445). Pure: bytes in, bytes out, nothing is kept
 * and nothing allocated. turn/ and ice/ stand on it; the transport asks it for the answer
 * to a phone's Binding request (RFC 5626 section 3.5.2).
 *
 *   attr.h       every attribute, by its number on the wire; attr.c is the table
 *   parse.c      a datagram into an index of its attributes, and what they say
 *   write.h      messages made in a writer
 *   integrity.h  keys, MESSAGE-INTEGRITY and -SHA256, FINGERPRINT, nonce cookies
 *   answer.c     the answer to a Binding request
 *
 * Start with struct bel_stun_msg. Any thread, with a bel_crypto of its own. */
#ifndef BEL_STUN_STUN_H
#define BEL_STUN_STUN_H

#include "base/base.h"
#include "crypto/crypto.h"
#include "stun/attr.h"

enum {
	BEL_STUN_HEADER_BYTES = 20,
	BEL_STUN_TRANSACTION_BYTES = 12,
	BEL_STUN_ANSWER_BYTES_MAX = 44,
	BEL_STUN_UNKNOWN_MAX = 6, /* as many as a 420 names */
};

/* RFC 8489 section 5. */
enum bel_stun_class {
	BEL_STUN_REQUEST,
	BEL_STUN_INDICATION,
	BEL_STUN_SUCCESS,
	BEL_STUN_ERROR,
};

/* RFC 8489 section 18.2, RFC 8656 section 17. */
enum bel_stun_method {
	BEL_STUN_BINDING = 1,
	BEL_STUN_ALLOCATE = 3,
	BEL_STUN_REFRESH = 4,
	BEL_STUN_SEND = 6,
	BEL_STUN_DATA = 7,
	BEL_STUN_CREATE_PERMISSION = 8,
	BEL_STUN_CHANNEL_BIND = 9,
};

/* Where the value of an attribute lies in the datagram; at is 0 when it does not. */
struct bel_stun_span {
	uint16_t at, len;
};

/* A message, its bytes borrowed. The first attribute of a type counts, and of what comes
 * after MESSAGE-INTEGRITY only MESSAGE-INTEGRITY-SHA256 and FINGERPRINT (RFC 8489
 * section 14). */
struct bel_stun_msg {
	bel_str bytes;
	bel_str transaction; /* 12 bytes */
	enum bel_stun_class class;
	uint16_t method; /* perhaps none of enum bel_stun_method */
	/* An attribute that the receiver knows and must understand has a length that its
	 * type does not allow: a request gets 400, all else is dropped. */
	bool is_malformed;
	uint8_t unknown_count; /* at most BEL_STUN_UNKNOWN_MAX are kept */
	uint16_t unknown[BEL_STUN_UNKNOWN_MAX]; /* comprehension required, but not here */
	uint16_t end; /* of the attributes that integrity covers; private */
	struct bel_stun_span attrs[BEL_STUN_SLOTS]; /* private: bel_stun_find */
};

/* Whether a datagram can be STUN at all: first two bits 0, magic cookie, length. */
bool bel_stun_is(bel_str datagram);

/* BEL_ERR_SYNTAX for what is no STUN, for an attribute that passes the end, and for a
 * FINGERPRINT that is wrong or not the last one: none of it is answered. */
enum bel_err bel_stun_parse(struct bel_stun_msg *out, bel_str datagram);

/* ---- what an attribute says; false and *out untouched when it is not there ---- */

bool bel_stun_has(const struct bel_stun_msg *msg, enum bel_stun_attr attr);
bool bel_stun_find(bel_str *out, const struct bel_stun_msg *msg, enum bel_stun_attr attr);
/* The value's first bytes. */
bool bel_stun_find_u8(uint8_t *out, const struct bel_stun_msg *msg,
		      enum bel_stun_attr attr);
bool bel_stun_find_u16(uint16_t *out, const struct bel_stun_msg *msg,
		       enum bel_stun_attr attr);
bool bel_stun_find_u32(uint32_t *out, const struct bel_stun_msg *msg,
		       enum bel_stun_attr attr);
bool bel_stun_find_u64(uint64_t *out, const struct bel_stun_msg *msg,
		       enum bel_stun_attr attr);
/* 4 or 6 (of enum bel_stun_family's 1 and 2); 0 for a family that there is not. */
bool bel_stun_find_family(uint8_t *out, const struct bel_stun_msg *msg,
			  enum bel_stun_attr attr);
/* ERROR-CODE or ADDRESS-ERROR-CODE, 300 to 699 (RFC 8489 section 14.8). */
bool bel_stun_find_error(unsigned *out, const struct bel_stun_msg *msg,
			 enum bel_stun_attr attr);
/* The first algorithm of PASSWORD-ALGORITHM or PASSWORD-ALGORITHMS that we know. */
bool bel_stun_find_algorithm(enum bel_stun_algorithm *out, const struct bel_stun_msg *msg,
			     enum bel_stun_attr attr);
/* An address, plain or masked as its type says; also false when it is malformed. IPv6 is
 * left as it is, v4-mapped included: bel_addr_canonical is for rules. */
bool bel_stun_find_addr(bel_addr *out, const struct bel_stun_msg *msg,
			enum bel_stun_attr attr);

/* Attributes that may come several times: *walk starts as bel_stun_walk(msg).
 * BEL_ERR_NOT_FOUND after the last one, BEL_ERR_SYNTAX for a malformed one. */
struct bel_cursor bel_stun_walk(const struct bel_stun_msg *msg);
enum bel_err bel_stun_next_addr(bel_addr *out, struct bel_cursor *walk,
				const struct bel_stun_msg *msg, enum bel_stun_attr attr);

#include "stun/integrity.h"
#include "stun/write.h"

/* The answer to a Binding request from source: XOR-MAPPED-ADDRESS and nothing else, so
 * that it is hardly larger than the request; 420 when the request needs what we do not
 * know, 400 when it is malformed. BEL_ERR_UNSUPPORTED for anything but a Binding
 * request; BEL_ERR_SYNTAX for what is dropped. */
enum bel_err bel_stun_answer(struct bel_writer *writer, bel_str request,
			     const bel_addr *source);

#endif
