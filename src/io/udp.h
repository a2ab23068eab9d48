/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_IO_UDP_H
#define BEL_IO_UDP_H

#include "base/base.h"

struct bel_loop;
struct bel_udp;

enum { BEL_UDP_BATCH = 32, BEL_DATAGRAM_BYTES = 65535, BEL_UDP_SHORT_BYTES = 2048 };

/* One received datagram. The bytes are the receiver's to change, until its callback
 * returns. */
struct bel_datagram {
	bel_addr peer;
	bel_addr local; /* where it arrived: a concrete address even on a wildcard socket
			 */
	char *buf;
	size_t len;
};

struct bel_udp_opts {
	bel_addr local; /* port 0: any; 0.0.0.0 and :: listen on all addresses */
	bool is_shared; /* SO_REUSEPORT: one socket per worker on the same address */
	/* With is_shared: so many are opened in a row, and all that comes from one host
	 * (IPv6: one /64) comes to the same of them, whatever its port. 0: each 5-tuple
	 * by itself. */
	unsigned by_host_count;
	/* What is sent is cut up where it must be, and never has the DF bit set, but for
	 * bel_udp_send_whole. Else the kernel finds out what fits the path (RFC 1191). */
	bool is_fragmented;
	/* One of thousands with little to do each (bel_loop_use_ring). Nothing longer
	 * than BEL_UDP_SHORT_BYTES may be received; ICMP is not told of. */
	bool is_one_of_many;
	/* Of the kernel, for what came; what goes out has the system's. 0: 8 MiB for
	 * both. */
	unsigned buffer_bytes;
	/* 1 to BEL_UDP_BATCH datagrams at once. */
	void (*on_datagrams)(void *user, struct bel_udp *udp,
			     struct bel_datagram *datagrams, unsigned count);
	/* ICMP told that nothing listens at peer, or that the way is closed. May be NULL.
	 */
	void (*on_unreachable)(void *user, struct bel_udp *udp, const bel_addr *peer,
			       enum bel_err err);
	/* Any ICMP error about a datagram to peer, after on_unreachable; mtu is that of
	 * "too big", else 0. May be NULL. */
	void (*on_icmp)(void *user, struct bel_udp *udp, const bel_addr *peer,
			uint8_t type, uint8_t code, uint32_t mtu);
	void *user;
};

/* On success *out belongs to the caller, who ends it with bel_udp_close. On failure *out
 * is untouched and nothing stays open: -EADDRINUSE, -EACCES, -EADDRNOTAVAIL ... */
enum bel_err bel_udp_open(struct bel_udp **out, struct bel_loop *loop,
			  const struct bel_udp_opts *opts);
/* What was sent in this turn still leaves. */
void bel_udp_close(struct bel_udp *udp);
/* With the port that was given when it was 0. */
const bel_addr *bel_udp_local(const struct bel_udp *udp);

/* Copies the bytes; they leave at the end of the turn. from chooses the source address on
 * a wildcard socket and may be NULL. BEL_ERR_LIMIT above BEL_DATAGRAM_BYTES; a loss after
 * that is a loss like any other of UDP. */
enum bel_err bel_udp_send(struct bel_udp *udp, const bel_addr *peer, const bel_addr *from,
			  bel_str bytes);
/* The same at once and with the DF bit: as one packet, or -EMSGSIZE. */
enum bel_err bel_udp_send_whole(struct bel_udp *udp, const bel_addr *peer, bel_str bytes);

#endif
