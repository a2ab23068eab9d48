/* SPDX-License-Identifier: Apache-2.0
 *
 * registrar: the role that keeps who is where (RFC 3261 section 10.3, RFC 3327, RFC 3608,
 * RFC 5626 section 6, RFC 5627 section 5). A REGISTER that the plan let through becomes
 * one change of location/ and an answer. Transactions, flows and the wait for the disk
 * stay with the caller: nothing here keeps state between two calls.
 *
 *   registrar.c  a request from beginning to end
 *   contacts.c   what its Contact values ask for, and how each contact is reached
 *   outbound.c   RFC 5626: whether reg-id counts
 *   gruu.c       RFC 5627: the user part of a temporary GRUU
 *   grant.c      who is given GRUUs, and which
 *   answer.c     the lines of the 200
 *
 * A struct bel_registrar is filled in by its owner and may be changed between two calls;
 * any thread that has one of its own. */
#ifndef BEL_REGISTRAR_REGISTRAR_H
#define BEL_REGISTRAR_REGISTRAR_H

#include "base/base.h"
#include "conf/conf.h"
#include "location/location.h"
#include "registrar/gruu.h"
#include "sip/sip.h"
#include "transport/transport.h"

struct bel_registrar {
	struct bel_location *location;
	const struct bel_conf *conf; /* the present one: its block `registrar` */
	uint16_t worker;             /* whose journal is written */
	/* For temporary GRUUs. The caller's thread uses crypto meanwhile. */
	struct bel_crypto *crypto;
	const struct bel_gruu_key *gruu_key;
	/* The addresses of this server with their ports, listeners and public ones: a
	 * contact that names one of them would call in circles. */
	const bel_addr *own;
	unsigned own_count;
	bel_str service_route; /* "<sip:...;lr>" (RFC 3608); empty: none */
	unsigned flow_timer_s; /* Flow-Timer of RFC 5626 section 10; 0: none */
};

/* A REGISTER that was validated and planned (BEL_PLAN_REGISTER); borrowed for the call.
 */
struct bel_registrar_request {
	struct bel_sip_msg *msg;
	const struct bel_flow *came_by;
	bel_str aor;             /* canonical, the plan's key */
	uint64_t wall_ms;        /* steady wall clock, see location.h */
	uint64_t draw;           /* random: no temporary GRUU is given out twice */
	struct bel_arena *arena; /* the answer lies here */
};

struct bel_registrar_answer {
	uint16_t status;
	bel_str reason; /* empty: the default phrase */
	bel_str lines;  /* whole header lines for struct bel_sip_reply */
	/* The binding lives on this flow: bel_flow_keep it once the answer is sent. */
	bool keeps_flow;
	/* Not 0: something was changed. The answer leaves when bel_store_wait says so; if
	 * that fails, bel_registrar_answer_lost leaves instead. */
	uint64_t ticket;
};

/* Always gives an answer; without memory it is 500. */
void bel_registrar_on_request(const struct bel_registrar *registrar,
			      const struct bel_registrar_request *request,
			      struct bel_registrar_answer *answer);
/* 500: the change is not known to be on the disk (RFC 3261 section 10.3 step 7). */
void bel_registrar_answer_lost(struct bel_registrar_answer *answer);

#endif
