/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_ICE_AGENT_INT_H
#define BEL_ICE_AGENT_INT_H

#include "ice/ice.h"

enum {
	UFRAG_BYTES = 6, /* 8 characters; 24 bits are asked for (RFC 8445 section 5.3) */
	PWD_BYTES = 18,  /* 24 characters; 128 bits */
	LOCALS_MAX = BEL_ICE_CANDIDATES_MAX * BEL_ICE_COMPONENTS_MAX,
	REMOTES_MAX = LOCALS_MAX,
	SENT_MAX = 7,   /* Rc, and */
	LAST_WAIT = 16, /* Rm of RFC 8489 section 6.2.1 */
	/* RFC 8863 section 3: nobody fails before a check could have come. */
	PATIENCE_MS = 39500,
	/* Until the controlling one takes what works, though something better may. */
	NOMINATE_MS = 200,
	CONSENT_MS = 5000,
	CONSENT_EXPIRES_MS = 30000,
	CONSENTS_MAX = 8, /* asked for within that time */
	NONE = -1,
};

/* RFC 8445 section 6.1.2.6. */
enum bel_ice_pair_state {
	BEL_ICE_PAIR_FROZEN,
	BEL_ICE_PAIR_WAITING,
	BEL_ICE_PAIR_CHECKING, /* In-Progress */
	BEL_ICE_PAIR_SUCCEEDED,
	BEL_ICE_PAIR_FAILED,
	BEL_ICE_PAIR_STATES,
};

enum bel_ice_pair_event {
	BEL_ICE_PAIR_THAW,     /* another one of its foundation has worked, or is over */
	BEL_ICE_PAIR_SEND,     /* its turn has come */
	BEL_ICE_PAIR_TRIGGER,  /* the peer checked it */
	BEL_ICE_PAIR_NOMINATE, /* we chose it */
	BEL_ICE_PAIR_SUCCESS,
	BEL_ICE_PAIR_FAILURE,  /* no answer, a refusal, or from elsewhere */
	BEL_ICE_PAIR_CONFLICT, /* 487 */
	BEL_ICE_PAIR_CONCLUDE, /* its component is done with another one */
	BEL_ICE_PAIR_EVENTS,
};

struct bel_ice_request {
	char id[BEL_STUN_TRANSACTION_BYTES];
	bool is_open;
	bool nominates, is_controlling;
};

struct bel_ice_pair {
	uint8_t local, remote; /* indexes; the local one is a base */
	enum bel_ice_pair_state state;
	uint64_t priority;
	uint64_t queued;   /* place among the triggered; 0: not there */
	bel_addr mapped;   /* what our end of it looks like from there, where it worked */
	bool is_valid;     /* it worked both ways */
	bool is_nominated; /* and was chosen */
	bool is_wanted;    /* the peer chose it, or we; not yet proven */
	/* The request in force, and one that was cancelled and may be answered still. */
	struct bel_ice_request now, before;
	unsigned sent_count;
	uint64_t rto_ms, due_ms;
};

struct bel_ice_component {
	int selected, way;       /* pairs */
	int nominee;             /* ours, being checked once more */
	uint64_t first_valid_ms; /* 0: none */
	uint64_t consent_due_ms, consent_expires_ms;
	char consents[CONSENTS_MAX][BEL_STUN_TRANSACTION_BYTES];
	unsigned consents_count;
};

struct bel_ice {
	struct bel_ice_opts opts;
	struct bel_hash_key key;
	char ufrag[UFRAG_BYTES * 4 / 3], pwd[PWD_BYTES * 4 / 3];
	uint64_t tie_breaker;
	enum bel_ice_state state, told;
	bool is_controlling;
	bool is_ended, is_remote_ended; /* no more candidates */

	char remote_ufrag[BEL_ICE_UFRAG_MAX], remote_pwd[BEL_ICE_PWD_MAX];
	size_t remote_ufrag_len, remote_pwd_len; /* 0: not known */
	uint32_t pace_ms;
	uint64_t started_ms, pace_due_ms;

	struct bel_ice_candidate locals[LOCALS_MAX], remotes[REMOTES_MAX];
	unsigned locals_count, remotes_count;
	struct bel_ice_pair pairs[BEL_ICE_PAIRS_MAX];
	unsigned pairs_count;
	uint64_t queue_last;
	struct bel_ice_component components[BEL_ICE_COMPONENTS_MAX];
};

/* ---- pairs.c ---- */

/* All that can be made of a new candidate (RFC 8445 sections 6.1.2.2 to 6.1.2.5). */
void bel_ice_pair_local(struct bel_ice *ice, unsigned local);
void bel_ice_pair_remote(struct bel_ice *ice, unsigned remote);
/* The pair of the two, made if there is none. NULL: no room. */
struct bel_ice_pair *bel_ice_pair_make(struct bel_ice *ice, unsigned local,
				       unsigned remote);
/* One of each foundation that has none in work (section 6.1.2.6). */
void bel_ice_pairs_thaw(struct bel_ice *ice);
/* After a change of role, or of a priority. */
void bel_ice_pairs_order(struct bel_ice *ice);
void bel_ice_pair_take(struct bel_ice *ice, struct bel_ice_pair *pair,
		       enum bel_ice_pair_event event, uint64_t now_ms);
/* Whose turn it is; NULL: nobody's. */
struct bel_ice_pair *bel_ice_pair_next(struct bel_ice *ice);
bool bel_ice_pair_is_same_foundation(const struct bel_ice *ice,
				     const struct bel_ice_pair *a,
				     const struct bel_ice_pair *b);

static inline unsigned bel_ice_pair_component(const struct bel_ice *ice,
					      const struct bel_ice_pair *pair)
{
	return ice->locals[pair->local].component;
}

/* ---- request.c ---- */

/* A check of a pair, new or again. */
void bel_ice_request_send(struct bel_ice *ice, struct bel_ice_pair *pair,
			  uint64_t now_ms);
void bel_ice_request_resend(struct bel_ice *ice, struct bel_ice_pair *pair,
			    uint64_t now_ms);
/* Asks for consent. */
void bel_ice_consent_send(struct bel_ice *ice, struct bel_ice_component *component,
			  uint64_t now_ms);
/* An answer to a check; false: to none of ours. */
bool bel_ice_on_answer(struct bel_ice *ice, const bel_addr *base, const bel_addr *from,
		       const struct bel_stun_msg *msg, uint64_t now_ms);
/* A check of the peer; false: not for us. */
bool bel_ice_on_request(struct bel_ice *ice, const bel_addr *base, const bel_addr *from,
			const struct bel_stun_msg *msg, uint64_t now_ms);

/* ---- valid.c ---- */

/* A pair works both ways, or does not any more. */
void bel_ice_on_valid(struct bel_ice *ice, struct bel_ice_pair *pair, uint64_t now_ms);
void bel_ice_on_invalid(struct bel_ice *ice, struct bel_ice_pair *pair, uint64_t now_ms);
/* Both ways, and chosen. */
void bel_ice_on_nominated(struct bel_ice *ice, struct bel_ice_pair *pair,
			  uint64_t now_ms);
/* Chooses where it is time, sends whose turn it is, tells ways and states that have
 * changed. The last that is done whenever something came or was due. */
void bel_ice_settle(struct bel_ice *ice, uint64_t now_ms);
uint64_t bel_ice_settle_next_ms(const struct bel_ice *ice);
/* The peer answered a request for consent. */
bool bel_ice_on_consent(struct bel_ice *ice, const struct bel_stun_msg *msg,
			const bel_addr *from, uint64_t now_ms);
void bel_ice_consent_advance(struct bel_ice *ice, uint64_t now_ms);

/* ---- agent.c ---- */

static inline bel_str bel_ice_remote_pwd(const struct bel_ice *ice)
{
	return (bel_str){ ice->remote_pwd, ice->remote_pwd_len };
}
/* One of ours or theirs with this address; NONE. */
int bel_ice_find_base(const struct bel_ice *ice, const bel_addr *base);
int bel_ice_find_remote(const struct bel_ice *ice, unsigned component,
			const bel_addr *addr);
/* A peer-reflexive one, if it is new. NONE: no room. */
int bel_ice_learn_remote(struct bel_ice *ice, unsigned component, const bel_addr *addr,
			 uint32_t priority);
void bel_ice_set_role(struct bel_ice *ice, bool is_controlling);

#endif
