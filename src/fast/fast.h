/* SPDX-License-Identifier: Apache-2.0
 *
 * fast: packets of media that the kernel carries by itself. Where nothing in a stream is
 * encrypted or decrypted by us, and where both sides are is known, a packet needs another
 * address and another port, no more. A program in the kernel (TC eBPF) does that where
 * the packet comes in, and it never reaches a socket.
 *
 *   fast.c        ways, wherever they are laid; start here
 *   kernel.c      in this machine's kernel
 *   attach.c      the program on the interfaces, and what another process left there
 *   route.c       by which interface an address is reached
 *   carry.bpf.c   the program itself
 *   packet.h      which packets go by a way, and what is counted of them
 *   shared.h      what the program and we both see
 *   without.c     all of it in a build without (BELFRY_FAST=OFF)
 *
 * Whatever is in any way unusual goes on to the socket, and is carried from there:
 * reports (RTCP), STUN, DTLS, fragments, other sources, all of it two seconds after we
 * were last heard of. So a way may be laid late, and be taken back at any time.
 *
 * Shared by all workers; functions are called on any thread. A way belongs to one thread
 * at a time. */
#ifndef BEL_FAST_FAST_H
#define BEL_FAST_FAST_H

#include "base/base.h"
#include "rtp/rtp.h"

struct bel_fast;

struct bel_fast_opts {
	/* As a filter (tc-bpf(8)) where it could be a link, too: for Linux before 6.6,
	 * which does that anyway. */
	bool is_filter;
};

/* Loads the program and puts it on every interface that is up, of which there are at most
 * 64. Linux 5.12 and above. BEL_ERR_UNSUPPORTED: not in this build; BEL_ERR_DENIED:
 * CAP_BPF and CAP_NET_ADMIN are needed, here alone; else what the kernel said. */
enum bel_err bel_fast_open(struct bel_fast **out, const struct bel_fast_opts *opts);
/* Every way ends. NULL is allowed. */
void bel_fast_close(struct bel_fast *fast);

/* One direction of a stream. Addresses are of one family, with ports. */
struct bel_fast_way {
	bel_addr local; /* where its packets come to: the way's name */
	bel_addr from;  /* whose are taken */
	bel_addr outer; /* as whose they leave */
	bel_addr to;    /* where they go to */
	uint32_t clock_hz;
	uint64_t payloads[2]; /* agreed payload types, a bit each */
};

/* source: what is known of it so far; NULL: nothing. Laying a way anew counts from there.
 * BEL_ERR_UNSUPPORTED: the way is none that can be gone in the kernel, as from this
 * machine to itself over another interface than the loopback one; BEL_ERR_LIMIT: too many
 * ways. */
enum bel_err bel_fast_lay(struct bel_fast *fast, const struct bel_fast_way *way,
			  const struct bel_rtp_source *source);

/* What came by a way since it was laid. */
struct bel_fast_figures {
	uint64_t packets, bytes; /* of UDP's payload */
	uint64_t strange_payloads;
	uint64_t last_us; /* CLOCK_MONOTONIC; 0: nothing came */
	bool has_source;
	struct bel_rtp_source source;
};
/* False: there is no such way. */
bool bel_fast_read(struct bel_fast_figures *out, struct bel_fast *fast,
		   const bel_addr *local);
/* The same, and the way is no more. */
bool bel_fast_take_back(struct bel_fast_figures *out, struct bel_fast *fast,
			const bel_addr *local);

#endif
