/* SPDX-License-Identifier: Apache-2.0
 * A phone for simulations: registers with digest, calls, answers, hangs up, over UDP,
 * with transactions of its own, so that it survives what the network does to it. What it
 * thinks of its calls can be compared with what the other end thinks. */
#ifndef BEL_TESTS_PHONE_H
#define BEL_TESTS_PHONE_H

#include "io/io.h"
#include "io/sim.h"
#include "sip/sip.h"
#include "support/phone_sound.h"
#include "tx/tx.h"

enum phone_call_state {
	PHONE_CALLING,  /* INVITE sent, or received and not answered */
	PHONE_ANSWERED, /* callee: 200 sent, no ACK yet */
	PHONE_TALKING,
	PHONE_HANGING_UP, /* BYE or CANCEL sent */
	PHONE_OVER,
};

/* One end of a call. */
struct phone_call {
	struct bel_list node;
	struct phone *phone;
	struct bel_arena arena;
	bool is_caller, was_talking;
	enum phone_call_state state;
	uint16_t status;               /* caller: the final answer */
	char id[48];                   /* Call-ID */
	bel_str local, remote, target; /* From and To with tags; the peer's Contact */
	bel_str routes;                /* whole header lines */
	uint32_t cseq;
	bool wants_cancel, has_provisional;
	uint64_t heard_ms;     /* caller: the last provisional answer */
	struct bel_tx *invite; /* the INVITE's transaction while it lives */
	bel_str answer;        /* callee: its 200, sent again until the ACK comes */
	bel_addr answer_to;
	uint32_t answer_ms;
	struct bel_timer again, act;
};

struct phone {
	struct bel_sim_node *node;
	struct bel_loop *loop;
	struct bel_udp *udp, *other_udp;
	struct bel_tx_table *table;
	struct bel_crypto *crypto;
	bel_addr server;
	char name[16], password[16], domain[32];
	bel_addr own;
	bool is_registered;
	/* Chance in 1/1000 that a request within a call, and without a NAT the INVITE and
	 * its repetitions, leaves by the other socket. */
	unsigned roams;
	bool has_nat;
	struct phone_sound *sound; /* NULL: its calls have no description */
	unsigned answer_after_ms,
		talk_ms; /* as callee; talk_ms 0: it waits for the BYE */
	uint32_t cseq, made;
	unsigned disowned; /* CANCELs whose INVITE the server did not know, but had */
	struct bel_list calls;
	struct bel_list requests; /* transactions that live */
	void *user;
};

struct phone_opts {
	struct bel_sim *sim;
	const char *name, *password, *domain;
	bel_addr ip, server;
	enum bel_sim_nat_kind nat;
	bel_addr outer; /* of the NAT */
};
struct phone *bel_phone_new(const struct phone_opts *opts);
/* Its calls are gone with it. */
void bel_phone_free(struct phone *phone);
/* Its calls, one at a time, have sound from here on. */
void bel_phone_open_sound(struct phone *phone);
void bel_phone_register(struct phone *phone, unsigned expires_s);
/* Owned by the phone. */
struct phone_call *bel_phone_call(struct phone *phone, const char *uri);
/* CANCEL or BYE, as the call stands. */
void bel_phone_hang_up(struct phone_call *call);
/* The call with that Call-ID, or NULL. */
struct phone_call *bel_phone_find(struct phone *phone, const char *id);

#endif
