/* SPDX-License-Identifier: Apache-2.0
 *
 * The simulated twin of everything in io: whole networks of servers and phones in one
 * thread, under a virtual clock, repeatable from a seed. A node has addresses, a disk and
 * one or more loops (its workers). The rooms above use a simulated loop through the same
 * calls as a real one. Tests and `belfry` tools only. */
#ifndef BEL_IO_SIM_H
#define BEL_IO_SIM_H

#include "io/io.h"

struct bel_sim;
struct bel_sim_node;

/* Chances are in 1/1000 per datagram; streams lose nothing but are delayed and cut into
 * pieces. */
struct bel_sim_net {
	unsigned loss, duplicate, reorder;
	unsigned delay_min_ms, delay_max_ms;
	unsigned stream_split; /* chance that a write arrives in two pieces */
	unsigned
		mtu_bytes; /* larger datagrams are fragmented: lost more often; 0: none */
};

enum bel_sim_nat {
	BEL_NAT_NONE,
	BEL_NAT_FULL_CONE,
	BEL_NAT_RESTRICTED,
	BEL_NAT_PORT_RESTRICTED,
	BEL_NAT_SYMMETRIC,
};

/* NULL when there is no memory. */
struct bel_sim *bel_sim_new(uint64_t seed, const struct bel_sim_net *net);
/* Ends every node that is left. */
void bel_sim_free(struct bel_sim *sim);
uint64_t bel_sim_seed(const struct bel_sim *sim);
uint64_t bel_sim_now_ms(const struct bel_sim *sim);
void bel_sim_set_net(struct bel_sim *sim, const struct bel_sim_net *net);
/* A seeded draw below limit, for tests that make choices of their own. */
uint64_t bel_sim_draw(struct bel_sim *sim, uint64_t limit);

/* ip without port; several addresses by bel_sim_node_add. The name is for traces. */
struct bel_sim_node *bel_sim_node_new(struct bel_sim *sim, const char *name,
				      const bel_addr *ip);
enum bel_err bel_sim_node_add(struct bel_sim_node *node, const bel_addr *ip);
/* Puts the node behind a NAT with this outer address; bindings live timeout_s. */
enum bel_err bel_sim_node_nat(struct bel_sim_node *node, enum bel_sim_nat kind,
			      const bel_addr *outer, unsigned timeout_s);
/* A loop of the node; all its loops turn in one thread, in an order drawn by the seed.
 * Ended by bel_loop_close or by a crash. */
enum bel_err bel_sim_loop(struct bel_loop **out, struct bel_sim_node *node);
/* The node's disk, kept across crashes. */
enum bel_err bel_sim_disk(struct bel_disk **out, struct bel_sim_node *node);

/* Process death: sockets vanish, streams of the peers are reset or time out, letters and
 * jobs are gone; the disk keeps what was written. The caller frees its own objects that
 * stood on the loops first, by bel_*_close (closing after a crash sends nothing). */
void bel_sim_crash(struct bel_sim_node *node);
/* Power loss: the same, and the disk falls back to what was synced, with the rest of each
 * file old, new or torn as the seed wills. */
void bel_sim_power_off(struct bel_sim_node *node);
enum bel_sim_disk_fault { BEL_DISK_FINE, BEL_DISK_FULL, BEL_DISK_FAILS, BEL_DISK_SLOW };
void bel_sim_disk_fault(struct bel_sim_node *node, enum bel_sim_disk_fault fault);
/* Nothing passes between a and b until healed. */
void bel_sim_partition(struct bel_sim *sim, struct bel_sim_node *a,
		       struct bel_sim_node *b, bool is_cut);

/* What the simulated resolver answers; records of one name and type are kept together. An
 * error stands for the whole name. */
enum bel_err bel_sim_dns_put(struct bel_sim *sim, const char *name,
			     const struct bel_dns_record *record);
void bel_sim_dns_fail(struct bel_sim *sim, const char *name, enum bel_err err,
		      unsigned delay_ms);

/* Every datagram and stream write as it is sent (is_lost tells its fate), for ladders. */
struct bel_sim_packet {
	uint64_t at_ms;
	bel_addr from, to;
	bool is_stream, is_lost;
	bel_str bytes;
};
void bel_sim_on_packet(struct bel_sim *sim,
		       void (*on_packet)(void *user, const struct bel_sim_packet *packet),
		       void *user);

/* Lets virtual time pass up to until_ms; everything due happens in order. */
void bel_sim_run(struct bel_sim *sim, uint64_t until_ms);
/* Until nothing is under way and no timer runs, at most until_ms. True when it got quiet.
 */
bool bel_sim_run_quiet(struct bel_sim *sim, uint64_t until_ms);
/* One event; false when none is left. */
bool bel_sim_step(struct bel_sim *sim);

#endif
