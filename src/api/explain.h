/* SPDX-License-Identifier: Apache-2.0
 * What would be done with a request that nobody sent: the words of a person become facts,
 * a plan is made of them and told. */
#ifndef BEL_API_EXPLAIN_H
#define BEL_API_EXPLAIN_H

#include "route/route.h"

enum bel_explain_form { BEL_EXPLAIN_TEXT, BEL_EXPLAIN_JSON, BEL_EXPLAIN_MERMAID };

struct bel_explain {
	bel_str from, to;       /* users, numbers or URIs */
	bel_str method, source; /* empty: INVITE, from a stranger's address */
	enum bel_explain_form form;
	const struct bel_conf *conf;
	const bel_addr *own;
	unsigned own_count;
	struct bel_users *users;
	struct bel_arena *arena;
	/* Plans and looks up what the plan asks for, but for who is calling. */
	enum bel_err (*plan)(void *user, struct bel_plan *out, struct bel_arena *arena,
			     struct bel_facts *facts);
	void *user;
};
/* An exit status: 0 when it would go somewhere, 1 when it would be refused, 2 with *wrong
 * set when it cannot be told. */
int bel_explain_write(struct bel_writer *writer, const struct bel_explain *explain,
		      const char **wrong);

#endif
