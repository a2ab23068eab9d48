/* SPDX-License-Identifier: Apache-2.0
 * The inside of the simulation. Everything that happens is an event; the only thread
 * takes them in the order of their time. No address in memory, hash seed or clock of the
 * machine has a say in that order, so that a seed repeats to the byte.
 *
 *   sim.c           the simulation as a whole: its clock, its runs
 *   sim_event.c     the queue of events        sim_random.c  the seeded draws
 *   sim_node.c      nodes, addresses, crashes  sim_loop.c    the turns of a loop
 *   sim_net.c       the way between nodes      sim_nat.c     translation on the way
 *   sim_udp.c       sockets                    sim_listener.c, sim_stream.c  connections
 *   sim_dns.c       look-ups                   sim_disk.c    files and what they lose */
#ifndef BEL_IO_SIM_INT_H
#define BEL_IO_SIM_INT_H

#include "io/io_int.h"
#include "io/sim.h"

/* ---- draws: xoshiro256**, seeded by splitmix64 ---- */

struct bel_sim_random {
	uint64_t s[4];
};

void bel_sim_random_init(struct bel_sim_random *random, uint64_t seed);
uint64_t bel_sim_random_next(struct bel_sim_random *random);
/* 0 to limit - 1, every one as likely; 0 when limit is 0. */
uint64_t bel_sim_random_below(struct bel_sim_random *random, uint64_t limit);
bool bel_sim_random_hits(struct bel_sim_random *random, unsigned per_mille);
void bel_sim_random_fill(struct bel_sim_random *random, void *buf, size_t len);

/* ---- events ---- */

/* Lies in the object it happens to. Of events at one time, the lower rank comes first,
 * then the one that was put first. */
struct bel_sim_event {
	void (*happen)(struct bel_sim_event *event);
	/* Gives the memory back when the simulation ends before; NULL: it lies in an
	 * object. */
	void (*drop)(struct bel_sim_event *event);
	bool is_idle; /* it may be far off: the simulation counts as quiet without it */

	/* private to sim_event.c */
	uint64_t at_ms, rank, order;
	bool is_queued;
	struct bel_sim_event *child, *sibling, *before;
};

/* A pairing heap: no allocation, so that nothing can fail here. */
struct bel_sim_queue {
	struct bel_sim_event *first;
	uint64_t order;
	size_t busy_count; /* without the idle ones */
};

void bel_sim_event_put(struct bel_sim_queue *queue, struct bel_sim_event *event,
		       uint64_t at_ms, uint64_t rank);
/* Harmless when it is not in the queue. */
void bel_sim_event_remove(struct bel_sim_queue *queue, struct bel_sim_event *event);

/* ---- the whole ---- */

struct bel_sim {
	uint64_t seed, now_ms;
	struct bel_sim_net net;
	/* Three rivers from one spring: what a test draws does not change what the
	 * network does. Loops have one each. */
	struct bel_sim_random fate, choices, births;
	struct bel_sim_queue queue;
	struct bel_list nodes, nats, cuts, names;
	unsigned nodes_count;
	uint64_t last_id; /* of sockets */
	void (*on_packet)(void *user, const struct bel_sim_packet *packet);
	void *user;
};

void bel_sim_trace(struct bel_sim *sim, const bel_addr *from, const bel_addr *to,
		   bool is_stream, bool is_lost, bel_str bytes);

/* ---- nodes ---- */

enum { BEL_SIM_IPS_MAX = 8, BEL_SIM_NAME_BYTES = 32 };

struct bel_sim_files {
	struct bel_list files;
	enum bel_sim_disk_fault fault;
	unsigned changes_left; /* until the node dies; 0: it does not */
	bool dies_of_power_loss;
};

struct bel_sim_node {
	struct bel_list in_sim;
	struct bel_sim *sim;
	char name[BEL_SIM_NAME_BYTES];
	unsigned index; /* in the order made */
	bel_addr ips[BEL_SIM_IPS_MAX];
	unsigned ips_count;
	struct bel_sim_nat *nat; /* NULL: public */
	bool is_up;
	unsigned life; /* one more after each crash */
	uint16_t next_port;
	struct bel_list loops, udps, listeners, streams;
	bool (*on_arrival)(void *user, bel_addr *from, bel_addr *to, bel_str bytes);
	void *user; /* on_arrival's */
	/* When the last datagram from the node with this index gets here: what is not
	 * reordered does not overtake it. */
	uint64_t *last_arrivals;
	size_t last_arrivals_count;
	struct bel_sim_files disk;
};

/* Whether the address is the node's own; loopback is everyone's own. */
bool bel_sim_node_has(const struct bel_sim_node *node, const bel_addr *addr);
bool bel_sim_is_cut(const struct bel_sim_node *a, const struct bel_sim_node *b);
/* When the last datagram from sender gets to the node; NULL when there is no memory. */
uint64_t *bel_sim_last_arrival(struct bel_sim_node *node,
			       const struct bel_sim_node *sender);

/* Something bound to a port: a UDP socket or a listener. */
struct bel_sim_bound {
	struct bel_list node; /* in the node's udps or listeners */
	bel_addr local;
	bool is_wildcard, is_shared;
	bool is_by_host;
};

/* Puts it into the list (of the node's) when the address is free there, with a port
 * chosen when it was 0. -EADDRINUSE, -EADDRNOTAVAIL, -EAFNOSUPPORT. */
enum bel_err bel_sim_bind(struct bel_sim_node *node, struct bel_list *list,
			  struct bel_sim_bound *bound);
/* Who gets what comes from peer to local: the concrete address before the wildcard, of
 * several that share it one by the hash of both ends, or by that of the peer's host. */
struct bel_sim_bound *bel_sim_bound_find(const struct bel_sim_node *node,
					 struct bel_list *list, const bel_addr *local,
					 const bel_addr *peer);
/* The source address of what leaves to peer. False: there is none. */
bool bel_sim_source(bel_addr *out, const struct bel_sim_node *node,
		    const struct bel_sim_bound *bound, const bel_addr *from,
		    const bel_addr *peer);
uint16_t bel_sim_next_port(struct bel_sim_node *node);

/* ---- loops ---- */

struct bel_sim_loop {
	struct bel_loop base;
	struct bel_list in_node;
	struct bel_sim_node *node;
	struct bel_sim_random random;
	struct bel_sim_event turn, work;
	struct bel_list ready, unsent, graveyard;
	bool is_ready, is_turning;
	bool is_dead; /* its node crashed: only closing is left */
};

/* What every socket, stream, listener and resolver has. One that is closed in the middle
 * of a turn is freed when the turn ends. */
struct bel_sim_object {
	struct bel_sim_loop *loop;
	struct bel_list ready, unsent, grave;
	bool is_dead;
	/* In a turn of the loop, after bel_sim_ready. */
	void (*take)(struct bel_sim_object *object);
	/* At the end of the turn, after bel_sim_unsent. */
	void (*flush)(struct bel_sim_object *object);
	void *memory; /* what is freed */
};

struct bel_sim_loop *bel_sim_loop_of(struct bel_loop *loop);
struct bel_sim *bel_sim_of(const struct bel_sim_loop *loop);
void bel_sim_object_init(struct bel_sim_object *object, struct bel_loop *loop,
			 void *memory);
void bel_sim_ready(struct bel_sim_object *object);
void bel_sim_unsent(struct bel_sim_object *object);
void bel_sim_bury(struct bel_sim_object *object);
/* The loop never turns again. */
void bel_sim_loop_kill(struct bel_sim_loop *loop);
void bel_sim_loop_free(struct bel_sim_loop *loop);

/* ---- the way ---- */

/* One draw of how long a piece takes between two nodes: at least a millisecond, so that
 * time passes in every exchange. */
uint64_t bel_sim_delay_ms(struct bel_sim *sim, const struct bel_sim_node *a,
			  const struct bel_sim_node *b);
/* The source address as the receiver will see it; the binding of a NAT is made or
 * refreshed. False: no port is free there. */
bool bel_sim_outward(bel_addr *seen, struct bel_sim_node *sender, const bel_addr *from,
		     const bel_addr *to, bool is_stream);
/* The node that gets what sender, seen as `from`, sends to *to, which becomes the node's
 * own address behind a NAT; NULL: nobody. */
struct bel_sim_node *bel_sim_inward(struct bel_sim_node *sender, const bel_addr *from,
				    bel_addr *to, bool is_stream);

/* ---- NAT ---- */

struct bel_sim_nat;

/* The one with this outer address, or NULL. */
struct bel_sim_nat *bel_sim_nat_find(struct bel_sim *sim, const bel_addr *outer);
/* The one that it is behind; NULL: none. */
struct bel_sim_nat *bel_sim_nat_behind(const struct bel_sim_nat *nat);
/* The one with this outer address among those behind nat (NULL: in the public network);
 * NULL: there is none. */
struct bel_sim_nat *bel_sim_nat_inside(struct bel_sim *sim, const bel_addr *outer,
				       const struct bel_sim_nat *nat);
bool bel_sim_nat_is(const struct bel_sim_nat *nat, const bel_addr *addr);
bool bel_sim_nat_has_hairpin(const struct bel_sim_nat *nat);
/* The outer address and port for what of the node's leaves the NAT; false: no port. */
bool bel_sim_nat_outward(struct bel_sim_nat *nat, bel_addr *seen,
			 struct bel_sim_node *node, const bel_addr *from,
			 const bel_addr *to, bool is_stream);
/* The node behind the NAT that gets it, and *to its inner address; NULL: filtered. */
struct bel_sim_node *bel_sim_nat_inward(struct bel_sim_nat *nat, const bel_addr *from,
					bel_addr *to, bool is_stream);

/* ---- the objects of a crashed node: they send no more ---- */

void bel_sim_udps_kill(struct bel_sim_node *node);
void bel_sim_listeners_kill(struct bel_sim_node *node, bool is_power_loss);
void bel_sim_streams_kill(struct bel_sim_node *node, bool is_power_loss);

/* ---- connections, between sim_listener.c and sim_stream.c ---- */

struct bel_sim_listener;
struct bel_sim_stream;

struct bel_sim_listener *bel_sim_listener_find(struct bel_sim_node *node,
					       const bel_addr *local,
					       const bel_addr *peer);
struct bel_sim_loop *bel_sim_listener_loop(struct bel_sim_listener *listener);
/* Puts the end of a new connection into the listener's queue; false: it is full. */
bool bel_sim_listener_put(struct bel_sim_listener *listener,
			  struct bel_sim_stream *stream);
struct bel_list *bel_sim_stream_in_backlog(struct bel_sim_stream *stream);
struct bel_sim_stream *bel_sim_stream_from_backlog(struct bel_list *node);
struct bel_stream *bel_sim_stream_base(struct bel_sim_stream *stream);
/* The user has it now: what came before is told. */
void bel_sim_stream_accepted(struct bel_sim_stream *stream);
/* One that nobody accepted: its peer is reset, or hears nothing any more. */
void bel_sim_stream_refuse(struct bel_sim_stream *stream, bool is_power_loss);

/* ---- what the loop's table points to ---- */

enum bel_err bel_sim_udp_open(struct bel_udp **out, struct bel_loop *loop,
			      const struct bel_udp_opts *opts);
void bel_sim_udp_close(struct bel_udp *udp);
enum bel_err bel_sim_udp_send(struct bel_udp *udp, const bel_addr *peer,
			      const bel_addr *from, bel_str bytes);
enum bel_err bel_sim_udp_send_whole(struct bel_udp *udp, const bel_addr *peer,
				    bel_str bytes);
enum bel_err bel_sim_listener_open(struct bel_listener **out, struct bel_loop *loop,
				   const struct bel_listener_opts *opts);
void bel_sim_listener_close(struct bel_listener *listener);
void bel_sim_listener_pause(struct bel_listener *listener, bool is_paused);
enum bel_err bel_sim_stream_connect(struct bel_stream **out, struct bel_loop *loop,
				    const bel_addr *peer, const bel_addr *local);
void bel_sim_stream_close(struct bel_stream *stream);
enum bel_err bel_sim_stream_receive(size_t *len, struct bel_stream *stream, char *buf,
				    size_t size);
enum bel_err bel_sim_stream_send(struct bel_stream *stream, bel_str bytes);
void bel_sim_stream_pause(struct bel_stream *stream, bool is_paused);
enum bel_err bel_sim_resolver_open(struct bel_resolver **out, struct bel_loop *loop,
				   const struct bel_resolver_opts *opts);
void bel_sim_resolver_close(struct bel_resolver *resolver);
enum bel_err bel_sim_resolver_query(struct bel_resolver *resolver, bel_str name,
				    enum bel_dns_type type, bel_dns_fn on_answer,
				    void *user);
void bel_sim_resolver_forget(struct bel_resolver *resolver, void *user);

/* ---- ends of the stores ---- */

void bel_sim_nats_free(struct bel_sim *sim);
void bel_sim_cuts_free(struct bel_sim *sim);
void bel_sim_names_free(struct bel_sim *sim);
void bel_sim_files_free(struct bel_sim_node *node);
/* What open files wrote is kept (crash); what was not synced falls apart (power loss). */
void bel_sim_files_crash(struct bel_sim_node *node, bool is_power_loss);

#endif
