/* SPDX-License-Identifier: Apache-2.0
 *
 * stun: the codec of STUN (RFC 8489). So far what a SIP server needs of it: telling a
 * Binding request from SIP and answering it, as RFC 5626 section 3.5.2 has phones ask to
 * keep a NAT open and to see their address from outside. Pure. */
#ifndef BEL_STUN_STUN_H
#define BEL_STUN_STUN_H

#include "base/base.h"

enum { BEL_STUN_HEADER_BYTES = 20, BEL_STUN_ANSWER_BYTES_MAX = 44 };

/* Whether a datagram can be STUN at all: first two bits 0, magic cookie, length. */
bool bel_stun_is(bel_str datagram);

/* The success answer to a Binding request from source: XOR-MAPPED-ADDRESS and nothing
 * else, so that it is hardly larger than the request. BEL_ERR_UNSUPPORTED for anything
 * but a Binding request; BEL_ERR_SYNTAX for a malformed one. */
enum bel_err bel_stun_answer(struct bel_writer *writer, bel_str request,
			     const bel_addr *source);

#endif
