/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_ROUTE_PLAN_INT_H
#define BEL_ROUTE_PLAN_INT_H

#include "route/route.h"

/* A plan in the making. */
struct planner {
	const struct bel_facts *facts;
	const struct bel_conf *conf;
	struct bel_plan *plan;
	struct bel_arena *arena;
	bool has_steps;
	enum bel_err err; /* BEL_ERR_SPACE once the arena is used up */

	/* what earlier rules found out, for later ones */
	bool is_trusted;
	bool is_local;       /* the target is one of ours */
	bool may_be_foreign; /* an own address, but not one of our ports */
	const struct bel_conf_domain *domain; /* the open domain of the target, or NULL */
	bool is_gruu;     /* the target is local and says that it is a GRUU */
	bel_str instance; /* the phone that a GRUU leads to; empty: all of the user's */
	bel_str dialled;  /* unescaped user part, numbers normalised */
	bool is_nobody;   /* no user of ours has that name */
	struct bel_conf_redirect redirect;
};

enum verdict { GO_ON, DONE };

struct rule {
	const char *name;
	enum verdict (*apply)(struct planner *planner);
};

/* The subjects; plan.c holds the order. */
enum verdict bel_rule_loop(struct planner *planner);
enum verdict bel_rule_max_forwards(struct planner *planner);
enum verdict bel_rule_scheme(struct planner *planner);
enum verdict bel_rule_require(struct planner *planner);
enum verdict bel_rule_dialog(struct planner *planner);
enum verdict bel_rule_ack(struct planner *planner);
enum verdict bel_rule_destination(struct planner *planner);
enum verdict bel_rule_scanner(struct planner *planner);
enum verdict bel_rule_server(struct planner *planner);
enum verdict bel_rule_identity(struct planner *planner);
enum verdict bel_rule_caller(struct planner *planner);
enum verdict bel_rule_registrar(struct planner *planner);
enum verdict bel_rule_events(struct planner *planner);
enum verdict bel_rule_relay(struct planner *planner);
enum verdict bel_rule_gruu(struct planner *planner);
enum verdict bel_rule_dialled(struct planner *planner);
enum verdict bel_rule_route_local(struct planner *planner);
enum verdict bel_rule_user(struct planner *planner);
enum verdict bel_rule_route_out(struct planner *planner);
enum verdict bel_rule_redirect(struct planner *planner);
enum verdict bel_rule_bindings(struct planner *planner);

/* Notes what the rule found: printf into the arena, with the statement behind it. The
 * name of the rule is filled in by plan.c. */
void bel_plan_note(struct planner *planner, const struct bel_conf_at *at,
		   const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Ends the plan. */
enum verdict bel_plan_end(struct planner *planner, enum bel_plan_kind kind, bel_str key);
/* An ACK is dropped instead. reason is static, or NULL for the default phrase. */
enum verdict bel_plan_reject(struct planner *planner, uint16_t status,
			     const char *reason);
/* With words of the configuration. */
enum verdict bel_plan_reject_as(struct planner *planner, uint16_t status, bel_str reason);
/* A target; the first ones are tried first among equals in q. */
struct bel_plan_target *bel_plan_target_add(struct planner *planner, bel_str uri);
/* Unescaped user part of a URI, or the number of a tel URI. */
bel_str bel_plan_user_of(struct planner *planner, const struct bel_uri *uri);
/* "name@space" of a user of ours. */
bel_str bel_plan_aor(struct planner *planner, bel_str name);

/* gruu.c: whether a target says that it is a GRUU of ours. */
bool bel_plan_is_gruu(const struct planner *planner);
/* Whether it belongs to a dialog of the phone that the GRUU leads to, so that this server
 * is no end of it. */
bool bel_plan_is_for_phone(const struct planner *planner);
/* Finds user and instance of the GRUU: GO_ON with planner->dialled and ->instance set, or
 * with ->instance empty when it is none of ours; DONE when a fact is missing. */
enum verdict bel_plan_gruu_find(struct planner *planner);
/* Its bindings as targets, the newest first; known they are. */
void bel_plan_gruu_targets(struct planner *planner);
/* A binding as target; NULL when there are too many. */
struct bel_plan_target *bel_plan_binding_add(struct planner *planner,
					     const struct bel_binding *binding);

/* The `accept from` that lets the caller's domain in, or NULL. */
const struct bel_conf_accept *bel_plan_find_accept(const struct planner *planner);

/* An address of this server in a URI's host. */
bool bel_route_is_own_addr(const bel_addr *own, unsigned count,
			   const struct bel_uri *uri);
/* Whether we listen to that port; 0 is a port that a URI leaves out. */
bool bel_route_is_own_port(const bel_addr *own, unsigned count, uint16_t port);

/* dial.c: a dialled string without separators and with the country's prefixes resolved;
 * what is no such number comes back as it is. */
bel_str bel_dial_normalise(struct bel_arena *arena, const struct bel_conf *conf,
			   bel_str dialled, bool is_phone);
/* The user part that `as` makes: '*' in it stands for what the pattern's star matched. */
bel_str bel_dial_rewrite(struct bel_arena *arena, bel_str pattern, bel_str as,
			 bel_str text);

#endif
