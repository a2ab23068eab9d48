/* SPDX-License-Identifier: Apache-2.0
 * Connectivity checks on the wire (RFC 8445 section 7): requests written, and read from
 * who has our credentials. All that a lite agent needs, which keeps nothing. */
#ifndef BEL_ICE_CHECK_H
#define BEL_ICE_CHECK_H

#include "ice/ice.h"

enum { BEL_ICE_CHECK_BYTES_MAX = 700, BEL_ICE_ROLE_CONFLICT = 487 };

/* Who asks, and what. */
struct bel_ice_check {
	bel_str ufrag; /* of who asks, in what was read */
	uint32_t priority;
	bool is_controlling;
	bool has_role; /* one of the two is said */
	uint64_t tie_breaker;
	bool nominates; /* USE-CANDIDATE */
};

/* The answerer's login, and who asks. */
enum bel_err bel_ice_check_write(struct bel_writer *writer, struct bel_crypto *crypto,
				 bel_str transaction, bel_str ufrag, bel_str pwd,
				 const struct bel_ice_check *check);

/* A Binding request to who has this login. BEL_ERR_NOT_FOUND: it is for somebody else,
 * or no request, and is not answered. Otherwise *code is what to answer: 0, or of an
 * error; *out is set with 0 alone. */
enum bel_err bel_ice_check_read(struct bel_ice_check *out, unsigned *code,
				struct bel_crypto *crypto, const struct bel_stun_msg *msg,
				bel_str ufrag, bel_str pwd);
/* The answer; signed, but for 400 and 401 (RFC 8489 section 9.1.3). */
enum bel_err bel_ice_check_answer(struct bel_writer *writer, struct bel_crypto *crypto,
				  const struct bel_stun_msg *msg, bel_str pwd,
				  unsigned code, const bel_addr *from);

/* All a lite agent does (RFC 8445 section 7.3): reads, and writes the answer. *out says
 * what was asked where BEL_OK; BEL_ERR_DENIED: an error was written; others as
 * bel_ice_check_read: nothing was. A lite agent is the controlled one, and who says that
 * he is, too, is told so. */
enum bel_err bel_ice_lite_answer(struct bel_writer *writer, struct bel_ice_check *out,
				 struct bel_crypto *crypto,
				 const struct bel_stun_msg *msg, bel_str ufrag,
				 bel_str pwd, const bel_addr *from);

#endif
