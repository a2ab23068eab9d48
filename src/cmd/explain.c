/* SPDX-License-Identifier: Apache-2.0
 * explain: the server answers; with --config FILE the file does, without a server. */
#include <stdio.h>
#include <time.h>

#include "cmd/offline.h"
#include "registrar/registrar.h"

enum { OWN_MAX = 32, ASKS_MAX = 16 };

struct given {
	struct offline offline;
	struct bel_users *users;
	struct bel_location *location; /* NULL: nobody is registered */
	uint64_t now_ms;
	bel_addr own[OWN_MAX];
	unsigned own_count;
};

static void look_up_bindings(const struct given *given, struct bel_arena *arena,
			     bel_str aor, struct bel_facts *facts)
{
	struct bel_binding *bindings = NULL;
	unsigned count = 0;

	if (given->location && bel_location_lookup(given->location, aor, given->now_ms,
						   arena, &bindings, &count))
		count = 0;
	bel_facts_take_bindings(facts, bindings, count);
}

/* With the key that the server made at its first start; no state, no GRUUs. */
static void look_up_gruu(const struct given *given, struct bel_arena *arena, bel_str user,
			 struct bel_facts *facts)
{
	struct bel_gruu_key key;
	struct bel_crypto *crypto;
	bel_str kept;

	facts->gruu_known = BEL_ABSENT;
	if (!given->location || bel_random(&key, sizeof key) ||
	    bel_store_meta(given->offline.store, BEL_GRUU_KEY_NAME,
			   (bel_str){ (const char *)&key, sizeof key }, arena, &kept) ||
	    kept.len != sizeof key || bel_crypto_open(&crypto))
		return;
	memcpy(&key, kept.ptr, sizeof key);
	if (bel_gruu_find(given->location, crypto, &key, user, given->now_ms, arena,
			  &facts->gruu_aor, &facts->gruu_instance) == BEL_OK)
		facts->gruu_known = BEL_FOUND;
	bel_crypto_close(crypto);
	bel_wipe(&key, sizeof key);
}

static enum bel_known look_up_user(const struct given *given, struct bel_arena *arena,
				   bel_str name, struct bel_user *out)
{
	return bel_users_find(given->users, name, arena, out) ? BEL_ABSENT : BEL_FOUND;
}

static enum bel_err plan(void *user, struct bel_plan *out, struct bel_arena *arena,
			 struct bel_facts *facts)
{
	const struct given *given = user;

	for (unsigned i = 0; i < ASKS_MAX; i++) {
		enum bel_err err = bel_route_plan(out, arena, facts, given->offline.conf,
						  true);
		if (err)
			return err;
		if (out->kind == BEL_PLAN_NEED_CALLER)
			facts->caller_known = look_up_user(given, arena, out->key,
							   &facts->caller);
		else if (out->kind == BEL_PLAN_NEED_USER)
			facts->user_known = look_up_user(given, arena, out->key,
							 &facts->user);
		else if (out->kind == BEL_PLAN_NEED_BINDINGS)
			look_up_bindings(given, arena, out->key, facts);
		else if (out->kind == BEL_PLAN_NEED_GRUU)
			look_up_gruu(given, arena, out->key, facts);
		else
			return BEL_OK;
	}
	return BEL_ERR_LIMIT;
}

static void find_own(struct given *given)
{
	const struct bel_conf *conf = given->offline.conf;

	for (unsigned i = 0; i < conf->publics_count && given->own_count < OWN_MAX; i++)
		given->own[given->own_count++] = conf->publics[i];
	for (unsigned i = 0; i < conf->listens_count && given->own_count < OWN_MAX; i++)
		if (bel_addr_range(&conf->listens[i].addr) != BEL_ADDR_UNSPECIFIED)
			given->own[given->own_count++] = conf->listens[i].addr;
}

/* The state directory is looked into only where one was named: a file may be tried out
 * anywhere. */
static int open_given(struct given *given, const struct args *args)
{
	struct timespec now;
	enum bel_err err;
	int status = args->state ? bel_offline_open(&given->offline, args, false)
				 : bel_offline_open_conf(&given->offline, args);

	if (status)
		return status;
	clock_gettime(CLOCK_REALTIME, &now);
	given->now_ms = (uint64_t)now.tv_sec * 1000;
	find_own(given);
	err = bel_users_open(&given->users,
			     &(struct bel_users_opts){ .conf = given->offline.conf,
						       .store = given->offline.store,
						       .realm = given->offline.realm });
	if (!err && given->offline.store)
		err = bel_location_open(
			&given->location,
			&(struct bel_location_opts){ .store = given->offline.store,
						     .wall_ms = given->now_ms });
	return err ? bel_cmd_fail("cannot read the state: %s", bel_err_text(err))
		   : EXIT_YES;
}

static enum bel_explain_form form_of(const struct args *args)
{
	if (bel_cmd_has_flag(args, "--mermaid"))
		return BEL_EXPLAIN_MERMAID;
	return args->is_json ? BEL_EXPLAIN_JSON : BEL_EXPLAIN_TEXT;
}

static int print(struct given *given, const struct args *args)
{
	const struct bel_explain explain = { .from = bel_cmd_word(args, 0),
					     .to = bel_cmd_word(args, 1),
					     .method = bel_cmd_option(args, "--method"),
					     .source = bel_cmd_option(args, "--source"),
					     .form = form_of(args),
					     .conf = given->offline.conf,
					     .own = given->own,
					     .own_count = given->own_count,
					     .users = given->users,
					     .arena = &given->offline.arena,
					     .plan = plan,
					     .user = given };
	char text[64 << 10];
	struct bel_writer writer = bel_writer_init(text, sizeof text);
	const char *wrong;
	int status = bel_explain_write(&writer, &explain, &wrong);

	if (wrong)
		return bel_cmd_fail("%s", wrong);
	fwrite(writer.buf, 1, writer.len, stdout);
	return status;
}

int bel_cmd_explain(const struct args *args)
{
	struct given given = { .users = NULL };
	int status;

	if (!args->config)
		return bel_cmd_remote(args);
	status = open_given(&given, args);
	if (!status)
		status = print(&given, args);
	bel_location_close(given.location);
	bel_users_close(given.users);
	bel_offline_close(&given.offline);
	return status;
}
