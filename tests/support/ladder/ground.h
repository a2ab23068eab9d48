/* SPDX-License-Identifier: Apache-2.0
 * What a ladder stands on: hosts with an address and loops, the network between them,
 * names and time. There are two, and the rest of the runner cannot tell which it is:
 *
 *   ground_sim.c       bel_sim: simulated loops, network and clock
 *   ground_loopback.c  real loops and real sockets of 127.0.0.0/8 and ::1, each host
 *                      with an address of its own; the clock is held (support/clock.h)
 *                      and moved on when nothing is under way, so that 64 seconds pass
 *                      in an instant and a busy machine makes nothing late */
#ifndef BEL_TESTS_LADDER_GROUND_H
#define BEL_TESTS_LADDER_GROUND_H

#include "io/io.h"
#include "io/sim.h"
#include "support/ladder/ladder.h"

struct ladder_ground;
struct ladder_host;

struct ladder_ground_ops {
	void (*close)(struct ladder_ground *ground);
	enum bel_err (*place)(struct ladder_ground *ground, struct bel_writer *writer,
			      bel_str text);
	enum bel_err (*host)(struct ladder_host **out, struct ladder_ground *ground,
			     const char *name, const bel_addr *ip);
	enum bel_err (*loop)(struct bel_loop **out, struct ladder_ground *ground,
			     struct ladder_host *host);
	enum bel_err (*cut)(struct ladder_ground *ground, struct ladder_host *a,
			    struct ladder_host *b, bool is_cut);
	enum bel_err (*name)(struct ladder_ground *ground, const char *name,
			     const struct bel_dns_record *record);
	uint64_t (*now_ms)(const struct ladder_ground *ground);
	void (*run)(struct ladder_ground *ground, uint64_t until_ms);
	uint64_t (*draw)(struct ladder_ground *ground, uint64_t limit);
};

/* The common part; the kind's own follows. */
struct ladder_ground {
	const struct ladder_ground_ops *ops;
	/* Every datagram and stream write as it is sent. */
	void (*on_packet)(void *user, const struct bel_sim_packet *packet);
	void *user;
};

/* The caller owns it and closes it after everything opened on it. BEL_ERR_UNSUPPORTED:
 * this machine has no room for it now. */
enum bel_err bel_ground_open(struct ladder_ground **out, enum bel_ladder_ground kind,
			     void (*on_packet)(void *user,
					       const struct bel_sim_packet *packet),
			     void *user);
void bel_ground_close(struct ladder_ground *ground);

/* Writes the text of a ladder with the addresses that its hosts have here. */
enum bel_err bel_ground_place(struct ladder_ground *ground, struct bel_writer *writer,
			      bel_str text);
/* Actors of one address are one host. Lives as long as the ground. */
enum bel_err bel_ground_host(struct ladder_host **out, struct ladder_ground *ground,
			     const char *name, const bel_addr *ip);
/* The caller ends it with bel_loop_close. */
enum bel_err bel_ground_loop(struct bel_loop **out, struct ladder_ground *ground,
			     struct ladder_host *host);
/* Nothing passes between the two until it is healed. BEL_ERR_UNSUPPORTED over loopback
 * when one of them has streams: the kernel would carry them on. */
enum bel_err bel_ground_cut(struct ladder_ground *ground, struct ladder_host *a,
			    struct ladder_host *b, bool is_cut);
/* What the name server answers; the record is copied. */
enum bel_err bel_ground_name(struct ladder_ground *ground, const char *name,
			     const struct bel_dns_record *record);
/* Begins at 0. */
uint64_t bel_ground_now_ms(const struct ladder_ground *ground);
/* Time passes; everything due happens in order. */
void bel_ground_run(struct ladder_ground *ground, uint64_t ms);
/* A draw below limit. */
uint64_t bel_ground_draw(struct ladder_ground *ground, uint64_t limit);

/* For bel_ground_open. */
enum bel_err bel_ground_sim_open(struct ladder_ground **out);
enum bel_err bel_ground_loopback_open(struct ladder_ground **out);
void bel_ground_tell(struct ladder_ground *ground, const struct bel_sim_packet *packet);

#endif
