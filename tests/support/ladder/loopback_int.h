/* SPDX-License-Identifier: Apache-2.0
 * Between the files of the loopback ground: ground_loopback.c has hosts, addresses and
 * time, loopback_loop.c the loops, names.c the name server. */
#ifndef BEL_TESTS_LADDER_LOOPBACK_INT_H
#define BEL_TESTS_LADDER_LOOPBACK_INT_H

#include "io/io_int.h"
#include "support/ladder/ground.h"

struct ladder_names;

enum { CUTS_MAX = 8 };

struct ladder_host {
	struct bel_list node;
	struct loopback *ground;
	bel_addr ip;
	bool has_streams;
};

struct loopback {
	struct ladder_ground base;
	uint8_t net[2];   /* 127.net[0].net[1] and the one after it are ours */
	unsigned port_v6; /* the first of ten ports at ::1; 0: there is no IPv6 */
	struct bel_loop *own_loop;
	struct bel_udp *claim_v4, *claim_v6;
	struct ladder_names *names;
	struct bel_list hosts, loops, sockets;
	struct {
		const struct ladder_host *a, *b;
	} cuts[CUTS_MAX];
	unsigned cuts_count;
	uint64_t start_ms, now_ms, draws;

	/* What the kernel carries now, by what was sent and what came. */
	uint64_t events;
	size_t datagrams_under_way, bytes_under_way;
};

/* A real loop with some of its calls taken over: those through which something is sent
 * or comes. */
struct held_loop {
	struct bel_list node;
	struct bel_loop_ops ops;
	const struct bel_loop_ops *real;
	struct bel_loop *loop;
	struct ladder_host *host;
};

enum bel_err bel_loopback_loop(struct bel_loop **out, struct ladder_ground *ground,
			       struct ladder_host *host);
bool bel_loopback_is_cut(const struct loopback *ground, const struct ladder_host *from,
			 const bel_addr *to);

/* ---- names.c ---- */

/* A name server on the loop; any port of addr. events counts what it answers. */
enum bel_err bel_names_open(struct ladder_names **out, struct bel_loop *loop,
			    const bel_addr *addr, uint64_t *events);
void bel_names_close(struct ladder_names *names);
const bel_addr *bel_names_addr(const struct ladder_names *names);
enum bel_err bel_names_put(struct ladder_names *names, const char *name,
			   const struct bel_dns_record *record);

#endif
