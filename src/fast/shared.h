/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_FAST_SHARED_H
#define BEL_FAST_SHARED_H

#include <linux/bpf.h>

#include "rtp/rtp_kernel.h"

/* What the program in the kernel and we both see: plain integers. Addresses are as in
 * bel_addr (IPv4 behind the v4-mapped prefix), ports in network order. */

enum {
	BEL_FAST_WAYS_MAX = 1 << 17,
	BEL_FAST_ALIVE_MS = 2000, /* after that the program is no longer trusted */
};

struct bel_fast_key {
	uint8_t ip[16];
	uint16_t port;
	uint16_t zero;
};

struct bel_fast_value {
	struct bpf_spin_lock lock; /* around the figures */
	uint32_t interface;        /* where it leaves; 0: up this machine's own stack */
	uint8_t from_ip[16], outer_ip[16], to_ip[16];
	uint16_t from_port, outer_port, to_port;
	uint16_t zero;
	uint64_t payloads[2];
	uint32_t clock_hz;

	/* figures */
	uint32_t has_source;
	uint64_t packets, bytes, strange_payloads;
	uint64_t last_ns;
	struct bel_rtp_source source;
};

/* One, mapped into our memory. */
struct bel_fast_state {
	uint64_t alive_ns; /* CLOCK_MONOTONIC: when we were last heard of */
	uint32_t pid;
	uint32_t zero;
};

#endif
