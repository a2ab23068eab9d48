/* SPDX-License-Identifier: Apache-2.0
 * A TURN client: one allocation of our own, with its permissions and channels, kept alive
 * until it is stopped. Bytes and the time go in; what is to be sent, and what became of
 * it, comes out by a port. One thread a client. */
#ifndef BEL_TURN_CLIENT_H
#define BEL_TURN_CLIENT_H

#include "turn/turn.h"

struct bel_turn_client;

/* What the client wants of its surroundings. The functions named on_ come last in what
 * the client does: they may call into it, but not close it. */
struct bel_turn_client_port {
	/* One message to the server, in pieces that are borrowed for the call. A datagram
	 * that is lost is sent again; a stream that ends is bel_turn_client_on_closed. */
	void (*send)(void *user, const bel_str *pieces, unsigned count);
	/* Unguessable bytes. */
	void (*random)(void *user, void *out, size_t len);
	/* From now on by a new local port, and to this server: RFC 8656 section 7.4, 437
	 * and 300. Anything but BEL_OK ends the client. NULL: neither is followed. */
	enum bel_err (*reopen)(void *user, const bel_addr *server);
	/* The allocation stands: its addresses can be asked for. Once. */
	void (*on_open)(void *user);
	/* What became of bel_turn_client_permit: code is that of the server's answer, 0
	 * when it granted or when none came. Once for every host or peer, and again when
	 * it is refused later. */
	void (*on_granted)(void *user, const bel_addr *peer, enum bel_err err,
			   unsigned code);
	void (*on_data)(void *user, const bel_addr *peer, bel_str data);
	/* RFC 8656 section 11.6. May be NULL. */
	void (*on_icmp)(void *user, const bel_addr *peer, uint8_t type, uint8_t code,
			uint32_t mtu);
	/* There is no allocation any more, or there never was one. Once; nothing comes
	 * after it. code is that of the server's answer, 0 without one. BEL_OK: stopped.
	 * BEL_ERR_DENIED: 401, 403, 441. BEL_ERR_BUSY: 486 and 508, not before a minute
	 * again. BEL_ERR_UNSUPPORTED: what was asked for is not served, or the server
	 * wants what we do not have. BEL_ERR_CLOSED: the server has forgotten it.
	 * BEL_ERR_TIMEOUT: no answer. BEL_ERR_MISMATCH: answers came, and none was signed
	 * with the right key. BEL_ERR_EXISTS: 437, on three ports. */
	void (*on_end)(void *user, enum bel_err err, unsigned code);
};

/* All that is pointed to outlives the client. */
struct bel_turn_client_opts {
	const struct bel_turn_client_port *port;
	void *user;
	struct bel_crypto *crypto; /* of the same thread */
	bel_addr server;
	enum bel_turn_transport transport;
	/* Printable ASCII (bel_stun_opaque_verify). */
	bel_str username, password;
	uint8_t family;      /* of the relayed address, 4 or 6; 0: 4 */
	bool is_dual;        /* one of each family; family is not looked at */
	uint32_t lifetime_s; /* to ask for; 0: the server's default */
};

/* Sends the first request. BEL_ERR_SYNTAX, BEL_ERR_UNSUPPORTED: the user name or the
 * password; -ENOMEM. */
enum bel_err bel_turn_client_open(struct bel_turn_client **out,
				  const struct bel_turn_client_opts *opts,
				  uint64_t now_ms);
/* Gives the allocation back (Refresh of zero); on_end says when that is done. */
void bel_turn_client_stop(struct bel_turn_client *client, uint64_t now_ms);
/* At any time but from within the port: nothing is sent, and nothing comes. */
void bel_turn_client_close(struct bel_turn_client *client);

/* A datagram from the server's address, or one message of its stream. False: it is not
 * for this client. */
bool bel_turn_client_receive(struct bel_turn_client *client, bel_str bytes,
			     uint64_t now_ms);
void bel_turn_client_on_closed(struct bel_turn_client *client, uint64_t now_ms);
/* Sends again what was not answered, and renews what stands; at least when
 * bel_turn_client_next_ms says so, which is UINT64_MAX when there is nothing to do. */
void bel_turn_client_advance(struct bel_turn_client *client, uint64_t now_ms);
uint64_t bel_turn_client_next_ms(const struct bel_turn_client *client);

/* The relayed address of a family, and our own as the server sees it; NULL before
 * on_open and after on_end. */
const bel_addr *bel_turn_client_relayed(const struct bel_turn_client *client,
					uint8_t family);
const bel_addr *bel_turn_client_mapped(const struct bel_turn_client *client);

/* Asks for a permission for the host of peer, or for a channel to it, and keeps it: until
 * bel_turn_client_forbid, or until the server refuses to renew it. Where the server gives
 * no channel, a permission is asked for. When both were there already, nothing is sent.
 * BEL_ERR_AGAIN: not before on_open. BEL_ERR_LIMIT: too many peers. BEL_ERR_UNSUPPORTED:
 * there is no relayed address of its family. -ENOMEM. */
enum { BEL_TURN_CLIENT_PEERS_MAX = 64 };
enum bel_err bel_turn_client_permit(struct bel_turn_client *client, const bel_addr *peer,
				    bool wants_channel, uint64_t now_ms);
/* No longer renewed: permission and channel of that peer end by themselves. */
void bel_turn_client_forbid(struct bel_turn_client *client, const bel_addr *peer);

/* By the peer's channel, or by a Send indication. BEL_ERR_DENIED: no permission stands;
 * BEL_ERR_LIMIT: more bytes than a datagram has. */
enum bel_err bel_turn_client_send(struct bel_turn_client *client, const bel_addr *peer,
				  bel_str data, uint64_t now_ms);

#endif
