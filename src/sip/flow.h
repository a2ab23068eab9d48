/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_SIP_FLOW_H
#define BEL_SIP_FLOW_H

#include <stdint.h>

#include "base/base.h"

/* A way to a peer (RFC 5626 section 3.1): for UDP a socket and an address, for streams
 * one connection of one worker. Plain data: transport/ makes and uses it, location/ keeps
 * it with a binding, route/ signs it. Zero is no flow. */
struct bel_flow {
	uint8_t transport; /* enum bel_sip_transport: UDP, TCP, TLS; OTHER: none */
	uint8_t listener;  /* index of the listener it belongs to */
	uint16_t worker;   /* of a stream */
	uint32_t index, generation; /* of a stream */
	bel_addr peer;
	bel_addr local; /* concrete, with the listener's port for UDP */
};

#endif
