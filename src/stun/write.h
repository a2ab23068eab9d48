/* SPDX-License-Identifier: Apache-2.0
 * Messages made in a writer that is empty at the start and holds nothing else. The length
 * in the header is right after every call; bel_writer_check at the end says whether all
 * of it fitted. Integrity covers what stands before it, and FINGERPRINT comes last. */
#ifndef BEL_STUN_WRITE_H
#define BEL_STUN_WRITE_H

#include "stun/stun.h"

void bel_stun_write_header(struct bel_writer *writer, enum bel_stun_class class,
			   enum bel_stun_method method, bel_str transaction);

/* A value with its padding of zeros. */
void bel_stun_write_bytes(struct bel_writer *writer, enum bel_stun_attr attr,
			  bel_str value);
void bel_stun_write_u32(struct bel_writer *writer, enum bel_stun_attr attr,
			uint32_t value);
void bel_stun_write_u64(struct bel_writer *writer, enum bel_stun_attr attr,
			uint64_t value);
/* Plain or masked as the attribute's type says; of family 4 or 6. */
void bel_stun_write_addr(struct bel_writer *writer, enum bel_stun_attr attr,
			 const bel_addr *addr);
/* REQUESTED- or ADDITIONAL-ADDRESS-FAMILY; family is 4 or 6. */
void bel_stun_write_family(struct bel_writer *writer, enum bel_stun_attr attr,
			   uint8_t family);
/* ERROR-CODE. */
void bel_stun_write_error(struct bel_writer *writer, unsigned code, bel_str reason);
/* ADDRESS-ERROR-CODE (RFC 8656 section 18.12), without a reason. */
void bel_stun_write_family_error(struct bel_writer *writer, uint8_t family,
				 unsigned code);
/* UNKNOWN-ATTRIBUTES: those of the message. */
void bel_stun_write_unknown(struct bel_writer *writer, const struct bel_stun_msg *msg);
/* One algorithm, or a list of them, without parameters. */
void bel_stun_write_algorithms(struct bel_writer *writer, enum bel_stun_attr attr,
			       const enum bel_stun_algorithm *algorithms, unsigned count);

/* Head of an attribute whose value follows elsewhere, with its padding: the header's
 * length counts both (a Data indication is sent in pieces, its payload not copied). */
void bel_stun_write_head_of(struct bel_writer *writer, enum bel_stun_attr attr,
			    size_t value_len);

/* attr says which of the two. Fails only when OpenSSL does. */
enum bel_err bel_stun_write_integrity(struct bel_writer *writer,
				      struct bel_crypto *crypto, enum bel_stun_attr attr,
				      bel_str key);
void bel_stun_write_fingerprint(struct bel_writer *writer);

/* The phrases of RFC 8489 section 14.8 and RFC 8656 section 19, for people; never NULL.
 */
bel_str bel_stun_reason(unsigned code);

#endif
