/* SPDX-License-Identifier: Apache-2.0
 *
 * ice: how two hosts find a way to each other through NATs (RFC 8445), with candidates in
 * descriptions (RFC 8839), candidates that come later (RFC 8838, RFC 8840) and consent
 * (RFC 7675). Engines without sockets, clock and randomness: datagrams and the time go
 * in, actions come out by a port.
 *
 *   candidate.h  a candidate: type, priority, foundation
 *   text.h       candidates and credentials in a description, read and written
 *   check.h      a connectivity check on the wire; all that a lite agent needs
 *   agent.h      a full agent; pairs.c is its checklist, valid.c what checks come to
 *
 * Start with agent.h. */
#ifndef BEL_ICE_ICE_H
#define BEL_ICE_ICE_H

#include "base/base.h"
#include "crypto/crypto.h"
#include "sdp/sdp.h"
#include "stun/stun.h"

/* What is over is refused with BEL_ERR_LIMIT. */
enum {
	BEL_ICE_COMPONENTS_MAX = 2,  /* RTP and RTCP */
	BEL_ICE_CANDIDATES_MAX = 32, /* a component, of each side */
	BEL_ICE_PAIRS_MAX = 100,     /* RFC 8445 section 6.1.2.5 */
	BEL_ICE_FOUNDATION_MAX = 32, /* RFC 8839 section 5.1 */
	BEL_ICE_UFRAG_MIN = 4,       /* section 5.4 */
	BEL_ICE_UFRAG_MAX = 256,
	BEL_ICE_PWD_MIN = 22,
	BEL_ICE_PWD_MAX = 256,
};

/* RFC 8445 section 14. */
enum { BEL_ICE_PACE_MS = 50, BEL_ICE_RTO_MIN_MS = 500 };

#include "ice/candidate.h"
#include "ice/text.h"
#include "ice/check.h"
#include "ice/agent.h"

#endif
