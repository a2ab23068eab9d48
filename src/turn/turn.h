/* SPDX-License-Identifier: Apache-2.0
 *
 * turn: relayed addresses (RFC 8656, mobility of RFC 8016), as two engines without
 * sockets, clock and randomness: bytes and the time go in, actions come out by ports.
 *
 *   server.h  allocations for authenticated users; start with bel_turn_server_receive
 *   client.h  one allocation of our own, kept alive; start with bel_turn_client_open
 *   frame.c   ChannelData, and messages on streams
 *
 * The server's files: server.c (the way of a message), login.c and nonce.c (who sent it),
 * allocate.c, refresh.c, grant.c (permissions and channels), data.c (what is relayed),
 * peer.c (to whom nothing is ever sent), account.c (quotas), allocation.c and table.c
 * (what is kept). The client's: client.c (its machine), client_request.c (a request until
 * its answer, and the login), client_grant.c (permissions, channels, data).
 *
 * Relaying over TCP (RFC 6062) is left out: a relayed TCP connection is a way into
 * networks that no permission of an address can narrow down. */
#ifndef BEL_TURN_TURN_H
#define BEL_TURN_TURN_H

#include "base/base.h"
#include "stun/stun.h"

/* How a client reaches its server. */
enum bel_turn_transport {
	BEL_TURN_UDP,
	BEL_TURN_TCP,
	BEL_TURN_TLS,
	BEL_TURN_DTLS,
};

static inline bool bel_turn_is_stream(enum bel_turn_transport transport)
{
	return transport == BEL_TURN_TCP || transport == BEL_TURN_TLS;
}

enum {
	BEL_TURN_CHANNEL_HEAD_BYTES = 4,
	BEL_TURN_CHANNEL_FIRST = 0x4000, /* RFC 8656 section 12 */
	BEL_TURN_CHANNEL_LAST = 0x4fff,
	/* Clients of RFC 5766 section 11 take numbers up to here, and are served. */
	BEL_TURN_CHANNEL_OLD_LAST = 0x7fff,
	BEL_TURN_LIFETIME_S = 600, /* section 3.2 */
	BEL_TURN_PERMISSION_MS = 300 * 1000,
	BEL_TURN_CHANNEL_MS = 600 * 1000,
	BEL_TURN_RESERVATION_MS = 30 * 1000,
	BEL_TURN_PROTOCOL_UDP = 17,
};

/* Whether bytes are ChannelData; what they carry is borrowed from them. Bytes behind the
 * data (padding) are let be; BEL_ERR_SYNTAX when there are too few (section 12.6). */
bool bel_turn_is_channel_data(bel_str bytes);
enum bel_err bel_turn_channel_parse(uint16_t *number, bel_str *data, bel_str bytes);

/* Length of the first message of a stream, STUN or ChannelData with its padding (section
 * 12.5); BEL_ERR_AGAIN when its head is not there yet. It may be longer than what has
 * come so far. BEL_ERR_SYNTAX: the stream is broken and to be closed. */
enum bel_err bel_turn_frame_find(size_t *len, bel_str stream);

#include "turn/client.h"
#include "turn/server.h"

#endif
