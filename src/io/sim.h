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
 * pieces. A datagram overtakes an earlier one between the same two nodes only when it is
 * reordered. Everything takes at least a millisecond. Inside a node nothing is lost. */
struct bel_sim_net {
	unsigned loss, duplicate, reorder;
	unsigned delay_min_ms, delay_max_ms;
	unsigned stream_split; /* chance that a write arrives in two pieces */
	/* Larger datagrams are fragmented: lost as soon as a fragment is. 0: none. */
	unsigned mtu_bytes;
};

/* By what is mapped and let in (RFC 4787 sections 4.1 and 5). */
enum bel_sim_nat_kind {
	BEL_NAT_NONE,
	BEL_NAT_FULL_CONE,       /* one mapping for all, everyone is let in */
	BEL_NAT_RESTRICTED,      /* hosts that were sent to */
	BEL_NAT_PORT_RESTRICTED, /* addresses with port that were sent to */
	BEL_NAT_SYMMETRIC,       /* and a mapping of its own for each of them */
};

/* NULL when there is no memory. */
struct bel_sim *bel_sim_new(uint64_t seed, const struct bel_sim_net *net);
/* Ends every node and loop that is left. What its users opened they have closed before.
 */
void bel_sim_free(struct bel_sim *sim);
uint64_t bel_sim_seed(const struct bel_sim *sim);
uint64_t bel_sim_now_ms(const struct bel_sim *sim);
void bel_sim_set_net(struct bel_sim *sim, const struct bel_sim_net *net);
/* A seeded draw below limit, for tests that make choices of their own. */
uint64_t bel_sim_draw(struct bel_sim *sim, uint64_t limit);

/* ip without port; several addresses by bel_sim_node_add, at most 8. The name is for
 * traces. NULL when there is no memory. The node lives as long as the simulation. */
struct bel_sim_node *bel_sim_node_new(struct bel_sim *sim, const char *name,
				      const bel_addr *ip);
const char *bel_sim_node_name(const struct bel_sim_node *node);
enum bel_err bel_sim_node_add(struct bel_sim_node *node, const bel_addr *ip);
/* Puts the node behind the NAT with this outer address, which is made when it is not
 * there (nodes that name the same one share a network behind it); UDP bindings live
 * timeout_s after the last packet outward (0: 60), those of streams for ever. Its
 * addresses are then reached from behind the same NAT only. */
enum bel_err bel_sim_node_nat(struct bel_sim_node *node, enum bel_sim_nat_kind kind,
			      const bel_addr *outer, unsigned timeout_s);
/* Puts the NAT with this outer address behind another one, as bel_sim_node_nat does with
 * a node: at home and at the provider's. */
enum bel_err bel_sim_nat_nest(struct bel_sim *sim, const bel_addr *inner,
			      enum bel_sim_nat_kind kind, const bel_addr *outer,
			      unsigned timeout_s);
/* Whether what is sent from behind the NAT to its own outer address is turned around (RFC
 * 4787 section 6); it is not at first. */
void bel_sim_nat_set_hairpin(struct bel_sim *sim, const bel_addr *outer,
			     bool has_hairpin);
/* A loop of the node; all its loops turn in one thread, in an order drawn by the seed.
 * The caller ends it with bel_loop_close, after everything opened on it; a crash only
 * makes it stand still. A node that crashed is up again with its next loop. */
enum bel_err bel_sim_loop(struct bel_loop **out, struct bel_sim_node *node);
/* What bel_loop_lag_us says of it from now on: nothing takes time in a simulation. */
void bel_sim_set_lag(struct bel_loop *loop, uint64_t lag_us);
/* The node's disk, kept across crashes. The handle is the caller's; one that was opened
 * before a crash gives BEL_ERR_CLOSED after it. */
enum bel_err bel_sim_disk(struct bel_disk **out, struct bel_sim_node *node);

/* What a program in the node's kernel does with a datagram that gets there, before any
 * socket sees it. True: it leaves at once, as what it says by then. NULL: nothing, as at
 * first. */
void bel_sim_on_arrival(struct bel_sim_node *node,
			bool (*on_arrival)(void *user, bel_addr *from, bel_addr *to,
					   bel_str bytes),
			void *user);

/* Process death: sockets vanish, streams of the peers are reset, or time out when the way
 * is cut; no loop of the node turns again, no timer fires and no job runs; the disk keeps
 * what was written. Whoever had objects there closes them afterwards, as ever: nothing of
 * it reaches the network or the disk (letters and jobs that wait are still handed out
 * when their box is closed, so that their memory finds its owner). */
void bel_sim_crash(struct bel_sim_node *node);
/* Power loss: the same, but peers hear nothing, until they ask and the node is up again;
 * the disk falls back to what was synced, with each 512 bytes of the rest old or new as
 * the seed wills; a new file that was never synced may be gone. */
void bel_sim_power_off(struct bel_sim_node *node);
/* One or the other in the midst of what the node is doing: before the changes-th time
 * from now that it opens a file for writing, syncs, resizes, renames or removes one. 0:
 * no more. */
void bel_sim_die_at(struct bel_sim_node *node, unsigned changes, bool is_power_loss);
bool bel_sim_is_up(const struct bel_sim_node *node);
/* FULL: nothing grows (-ENOSPC). FAILS: changes and syncs give -EIO. SLOW: jobs of
 * services take 0.1 to 1 s each. */
enum bel_sim_disk_fault { BEL_DISK_FINE, BEL_DISK_FULL, BEL_DISK_FAILS, BEL_DISK_SLOW };
void bel_sim_disk_fault(struct bel_sim_node *node, enum bel_sim_disk_fault fault);
/* Nothing passes between a and b until healed. -ENOMEM only. */
enum bel_err bel_sim_partition(struct bel_sim *sim, struct bel_sim_node *a,
			       struct bel_sim_node *b, bool is_cut);

/* What the simulated resolver answers; records of one name and type are kept together.
 * Names in any case, with or without a final dot. The record is copied. */
enum bel_err bel_sim_dns_put(struct bel_sim *sim, const char *name,
			     const struct bel_dns_record *record);
/* An answer for the whole name, and how much longer it takes; BEL_OK: the records, late.
 */
enum bel_err bel_sim_dns_fail(struct bel_sim *sim, const char *name, enum bel_err err,
			      unsigned delay_ms);
/* The name with its records and failure is gone. */
void bel_sim_dns_remove(struct bel_sim *sim, const char *name);

/* Every datagram and stream write as it is sent, for ladders, with the addresses that the
 * sender sees. is_lost: the network drops it; a NAT or the receiver still may. */
struct bel_sim_packet {
	uint64_t at_ms;
	bel_addr from, to;
	bool is_stream, is_lost;
	bel_str bytes;
};
void bel_sim_on_packet(struct bel_sim *sim,
		       void (*on_packet)(void *user, const struct bel_sim_packet *packet),
		       void *user);

/* Lets virtual time, which begins at 0, pass up to until_ms; everything due happens in
 * order. Afterwards all loops show that time. */
void bel_sim_run(struct bel_sim *sim, uint64_t until_ms);
/* Until nothing is under way and no timer runs, at most until_ms. True when it got quiet
 * (connections to nodes without power may still wait for hours). */
bool bel_sim_run_quiet(struct bel_sim *sim, uint64_t until_ms);
/* One event; false when none is left. */
bool bel_sim_step(struct bel_sim *sim);

#endif
