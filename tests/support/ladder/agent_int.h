/* SPDX-License-Identifier: Apache-2.0
 * An end of a ladder that is a user agent of ours: agent.c is what it is and what it is
 * told, steps.c what the lines make it do. */
#ifndef BEL_TESTS_LADDER_AGENT_INT_H
#define BEL_TESTS_LADDER_AGENT_INT_H

#include "call/call.h"
#include "client/client.h"
#include "support/endpoint.h"
#include "support/ladder/ladder_int.h"

enum { AGENT_TALKS_MAX = 8, AGENT_SOUND_BELOW = 1060 /* port of SIP less this */ };

/* A call of an agent, from the first word of it to on_ended. */
struct ladder_talk {
	struct ladder_agent *agent;
	struct bel_call *call; /* NULL: the place is free */
	unsigned number;       /* they are counted as they begin */
	enum bel_sdp_direction direction;
	bool is_held; /* by the other end */
	/* Their wish that we call somebody else, until it is followed or declined. */
	bool is_asked;
	struct bel_call_refer asked; /* in the ladder's arena */
};

struct ladder_agent {
	struct ladder_actor *actor;
	struct endpoint endpoint;
	struct bel_calls *calls;
	struct bel_registration *registration;
	struct bel_auth_account account;
	bel_str proxy; /* URI of where its requests go; empty: alone */
	bel_str q;     /* of its Contact, or empty */
	struct ladder_talk talks[AGENT_TALKS_MAX];
	unsigned begun;        /* calls */
	struct bel_udp *sound; /* when it comes is noted, no more */
	uint64_t heard_ms;     /* the last time and 1; 0: never */
};

extern const struct bel_call_port bel_ladder_call_port;
extern const struct bel_call_media bel_ladder_call_media;

/* A free place; NULL and failed when there is none. */
struct ladder_talk *bel_ladder_talk_new(struct ladder_agent *agent);
/* The one with the agent or phone of that name, or by empty name the only one. Waits up
 * to 100 ms until there is one that is_fit; NULL and failed when there is none, or there
 * are several. */
struct ladder_talk *bel_ladder_talk_find(struct ladder_agent *agent, bel_str name,
					 bool (*is_fit)(const struct ladder_talk *talk));
/* <sip:user@domain>, or at its own address when it has no server. */
bel_str bel_ladder_agent_uri(const struct ladder_actor *actor);

#endif
