/* SPDX-License-Identifier: Apache-2.0
 *
 * route: where a request goes, as a pure function. bel_route_plan looks at facts and a
 * configuration and either asks for a fact it lacks, or says what is to be done, with
 * the rule and the source line behind each step. Whoever executes a plan supplies what is
 * asked for and calls again; `explain` prints the steps, `why` replays kept facts, tests
 * assert on both. No look-up, clock, lock or socket is in here.
 *
 *   plan.c     the rules in order: the table to read first
 *   rules_*.c  the rules, by subject
 *   gruu.c     targets that are GRUUs of ours (RFC 5627 section 6)
 *   dial.c     dialled strings: separators, country code, user part rewriting
 *   mark.c     our Route parameter: who is at the other side of a dialog, with a MAC
 *   facts.c    facts from a request
 *   trail.c    a plan as text, JSON and Mermaid
 *
 * Any thread; memory comes from the caller's arena. */
#ifndef BEL_ROUTE_ROUTE_H
#define BEL_ROUTE_ROUTE_H

#include "base/base.h"
#include "conf/conf.h"
#include "location/location.h"
#include "route/mark.h"
#include "sip/sip.h"
#include "users/users.h"

/* What is known of the caller. */
enum bel_identity {
	BEL_IDENTITY_UNASKED,
	BEL_IDENTITY_NONE,  /* no credentials for our realm */
	BEL_IDENTITY_STALE, /* right, on an old nonce */
	BEL_IDENTITY_WRONG,
	BEL_IDENTITY_BROKEN, /* malformed credentials */
	BEL_IDENTITY_VALID,
};

/* Where a look-up stands. */
enum bel_known { BEL_UNASKED, BEL_ABSENT, BEL_FOUND };

/* The Route value on top, if any. */
enum bel_route_mark_state {
	BEL_ROUTE_ABSENT,
	BEL_ROUTE_FOREIGN, /* not ours */
	BEL_ROUTE_PLAIN,   /* ours without a mark: we are the outbound proxy */
	BEL_ROUTE_FORGED,  /* ours, with a mark that does not verify */
	BEL_ROUTE_MARKED,  /* ours and genuine: a request within a dialog of ours */
};

struct bel_facts {
	/* of the request */
	enum bel_sip_method method;
	bel_str method_text;
	struct bel_uri target, from, to;
	bool has_to_tag;
	int max_forwards;          /* -1: not there */
	bel_str unsupported;       /* of Require or Proxy-Require: what we lack */
	bool is_proxy_unsupported; /* it was in Proxy-Require */
	enum bel_route_mark_state route;
	struct bel_mark mark;   /* of the last of our Route values, when MARKED */
	unsigned own_routes;    /* how many Route values on top are ours */
	bool has_further_route; /* a Route value that is not ours follows */
	bel_str body_type;

	/* of where it came from */
	bel_addr source;
	enum bel_sip_transport transport;
	bool is_near;           /* the mark is for who calls from there */
	bool source_has_phones; /* of ours, registered from there */
	bool is_own_loop; /* RFC 5393: our own branch says that nothing changed since */

	/* of this server: its addresses, listeners and public ones; any port is ours, but
	 * own_ports tells which ports are listened to */
	const bel_addr *own;
	unsigned own_count;

	/* looked up when the plan asks */
	enum bel_identity identity;
	bel_str identity_user;
	enum bel_known caller_known; /* the user that From names */
	struct bel_user caller;
	enum bel_known user_known; /* the user that the target names */
	struct bel_user user;
	enum bel_known gruu_known; /* the temporary GRUU that the target is */
	bel_str gruu_aor, gruu_instance;
	enum bel_known bindings_known;
	const struct bel_binding *bindings;
	unsigned bindings_count;
};

enum bel_plan_kind {
	/* a fact is missing: key says of whom */
	BEL_PLAN_NEED_IDENTITY,
	BEL_PLAN_NEED_CALLER,
	BEL_PLAN_NEED_USER,
	BEL_PLAN_NEED_BINDINGS,
	BEL_PLAN_NEED_GRUU, /* whose temporary GRUU has the user part key */
	/* done */
	BEL_PLAN_DROP,      /* no answer at all */
	BEL_PLAN_REJECT,    /* status and reason */
	BEL_PLAN_CHALLENGE, /* status 401 or 407 */
	BEL_PLAN_REGISTER,  /* the registrar, for address key */
	BEL_PLAN_ANSWER,    /* the server itself answers OPTIONS */
	BEL_PLAN_CALLED,    /* the server itself answers the call, as answer says */
	BEL_PLAN_REDIRECT,  /* status, targets */
	BEL_PLAN_FORWARD,   /* to targets, statefully */
	BEL_PLAN_FORWARD_STATELESS,
	BEL_PLAN_IN_DIALOG, /* down the mark, or the Route, or to the Request-URI; with a
			     * target when that is a GRUU: what it stands for */
};

struct bel_plan_target {
	bel_str uri;      /* of the new Request-URI */
	bel_str path;     /* Route values to put in front, or empty */
	bel_str next_hop; /* URI to send to instead of the Request-URI, or empty */
	uint16_t q;
	const struct bel_binding *binding; /* NULL: not one */
};

enum { BEL_PLAN_STEPS_MAX = 32 };

/* One rule that had something to say. */
struct bel_plan_step {
	const char *rule;      /* "identity" */
	bel_str text;          /* "bob proved to be bob" */
	struct bel_conf_at at; /* the statement behind it; line 0: built in */
};

struct bel_plan {
	enum bel_plan_kind kind;
	uint16_t status;
	bool is_stale;  /* of a challenge */
	bel_str reason; /* phrase; empty: the default one */
	bel_str key;    /* user or address of record */
	bel_str detail; /* header lines that belong to a rejection (Unsupported) */
	const struct bel_conf_route *answer; /* of CALLED */
	bel_str asserted;      /* URI for P-Asserted-Identity, empty: none */
	bool is_from_stranger; /* P-Asserted-Identity of theirs is removed */
	bool records_route;
	/* The targets are ways to one phone: the next is tried only when one leads
	 * nowhere (RFC 5627 section 6.1). */
	bool is_one_phone;
	unsigned targets_count, steps_count;
	/* from here on nothing is set beyond the counts */
	struct bel_plan_target targets[BEL_LOCATION_TARGETS_MAX];
	struct bel_plan_step steps[BEL_PLAN_STEPS_MAX];
};

/* Plans with what is known. Steps are told only when has_steps asks for them: routing a
 * request needs none, and who wants to know later plans the kept facts again. A call with
 * more facts tells the whole story from the start. BEL_ERR_SPACE when the arena is used
 * up. */
enum bel_err bel_route_plan(struct bel_plan *plan, struct bel_arena *arena,
			    const struct bel_facts *facts, const struct bel_conf *conf,
			    bool has_steps);

/* Facts of a request that was validated. Borrows from it. Of the looked-up facts nothing
 * is set. key is that of the marks. */
struct bel_facts_opts {
	struct bel_sip_msg *request;
	const bel_addr *source;
	enum bel_sip_transport transport;
	const bel_addr *own;
	unsigned own_count;
	const struct bel_conf *conf;
	const struct bel_mark_key *key;
};
void bel_facts_init(struct bel_facts *facts, const struct bel_facts_opts *opts);

/* What a look-up for bindings said; a count of 0 is an answer too. Borrows them. */
void bel_facts_take_bindings(struct bel_facts *facts, const struct bel_binding *bindings,
			     unsigned count);

/* Whether a URI's host is this server: a domain of the configuration or an own address.
 */
bool bel_route_is_own(const struct bel_conf *conf, const bel_addr *own,
		      unsigned own_count, const struct bel_uri *uri);
/* The canonical address of record, "user@domain": open domains are spaces of their own,
 * every other name and address of ours is the default domain. Empty: not a local one, or
 * no memory. */
bel_str bel_route_aor(struct bel_arena *arena, const struct bel_facts *facts,
		      const struct bel_conf *conf, const struct bel_uri *uri);

/* The steps and the outcome, a line each: "  identity   bob proved to be bob". */
void bel_plan_write(struct bel_writer *writer, const struct bel_plan *plan);
void bel_plan_write_json(struct bel_writer *writer, const struct bel_plan *plan);
void bel_plan_write_mermaid(struct bel_writer *writer, const struct bel_plan *plan);

#endif
