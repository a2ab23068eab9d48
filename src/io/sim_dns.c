/* SPDX-License-Identifier: Apache-2.0
 * One name server for all nodes, which knows what the test told it. */
#include <errno.h>
#include <stdlib.h>

#include "io/sim_int.h"

enum { NAME_BYTES = 256, ANSWER_MIN_MS = 2, ANSWER_SPREAD_MS = 28, ABSENCE_TTL_S = 60 };

/* A record and the text that it borrows. */
struct kept {
	struct bel_list node;
	struct bel_dns_record record;
	char text[];
};

struct name {
	struct bel_list in_sim;
	struct bel_list records;
	enum bel_err err;
	unsigned delay_ms;
	size_t len;
	char text[NAME_BYTES];
};

struct sim_resolver {
	struct bel_resolver base;
	struct bel_sim_object object;
	struct bel_list asked, answered;
};

struct query {
	struct bel_sim_event event;
	struct bel_list node;
	struct sim_resolver *resolver;
	enum bel_dns_type type;
	bel_dns_fn on_answer;
	void *user;
	size_t len;
	char text[NAME_BYTES];
};

/* Lower-case, without the final dot. False: too long. */
static bool fold(char *out, size_t *len, bel_str name)
{
	if (bel_str_has_suffix(name, BEL_STR(".")))
		name.len--;
	if (name.len == 0 || name.len >= NAME_BYTES)
		return false;
	for (size_t i = 0; i < name.len; i++)
		out[i] = bel_char_lower(name.ptr[i]);
	*len = name.len;
	return true;
}

static struct name *find_name(struct bel_sim *sim, bel_str text)
{
	BEL_LIST_EACH(at, &sim->names)
	{
		struct name *name = BEL_CONTAINER_OF(at, struct name, in_sim);
		if (bel_str_is_equal((bel_str){ name->text, name->len }, text))
			return name;
	}
	return NULL;
}

static enum bel_err need_name(struct name **out, struct bel_sim *sim, const char *text)
{
	struct name *name;
	char folded[NAME_BYTES];
	size_t len;

	if (!fold(folded, &len, bel_str_from(text)))
		return BEL_ERR_SYNTAX;
	name = find_name(sim, (bel_str){ folded, len });
	if (!name) {
		name = calloc(1, sizeof *name);
		if (!name)
			return bel_err_from_errno(ENOMEM);
		memcpy(name->text, folded, len);
		name->len = len;
		bel_list_init(&name->records);
		bel_list_put(&sim->names, &name->in_sim);
	}
	*out = name;
	return BEL_OK;
}

/* Copies what a record borrows behind it. */
static void keep_text(bel_str *str, char **at)
{
	if (str->len)
		memcpy(*at, str->ptr, str->len);
	str->ptr = *at;
	*at += str->len;
}

enum bel_err bel_sim_dns_put(struct bel_sim *sim, const char *text,
			     const struct bel_dns_record *record)
{
	struct name *name;
	enum bel_err err = need_name(&name, sim, text);
	struct kept *kept;
	char *at;

	if (err)
		return err;
	kept = malloc(sizeof *kept + record->target.len + record->flags.len +
		      record->service.len);
	if (!kept)
		return bel_err_from_errno(ENOMEM);
	kept->record = *record;
	at = kept->text;
	keep_text(&kept->record.target, &at);
	keep_text(&kept->record.flags, &at);
	keep_text(&kept->record.service, &at);
	bel_list_put(&name->records, &kept->node);
	return BEL_OK;
}

static void free_records(struct name *name)
{
	BEL_LIST_EACH(at, &name->records)
	{
		free(BEL_CONTAINER_OF(at, struct kept, node));
	}
	bel_list_init(&name->records);
}

void bel_sim_dns_remove(struct bel_sim *sim, const char *text)
{
	char folded[NAME_BYTES];
	struct name *name = NULL;
	size_t len;

	if (fold(folded, &len, bel_str_from(text)))
		name = find_name(sim, (bel_str){ folded, len });
	if (!name)
		return;
	free_records(name);
	bel_list_remove(&name->in_sim);
	free(name);
}

enum bel_err bel_sim_dns_fail(struct bel_sim *sim, const char *text, enum bel_err failure,
			      unsigned delay_ms)
{
	struct name *name;
	enum bel_err err = need_name(&name, sim, text);

	if (err)
		return err;
	name->err = failure;
	name->delay_ms = delay_ms;
	return BEL_OK;
}

void bel_sim_names_free(struct bel_sim *sim)
{
	BEL_LIST_EACH(at, &sim->names)
	{
		struct name *name = BEL_CONTAINER_OF(at, struct name, in_sim);
		free_records(name);
		free(name);
	}
}

/* ---- look-ups ---- */

static struct sim_resolver *resolver_of(struct bel_resolver *resolver)
{
	return BEL_CONTAINER_OF(resolver, struct sim_resolver, base);
}

static void answer(const struct query *query, struct bel_sim *sim)
{
	struct bel_dns_record records[BEL_DNS_RECORDS_MAX];
	struct name *name = find_name(sim, (bel_str){ query->text, query->len });
	uint32_t ttl_s = UINT32_MAX;
	unsigned count = 0;

	if (!name || name->err) {
		query->on_answer(query->user, name ? name->err : BEL_ERR_NOT_FOUND, NULL,
				 0, ABSENCE_TTL_S);
		return;
	}
	BEL_LIST_EACH(at, &name->records)
	{
		const struct kept *kept = BEL_CONTAINER_OF(at, struct kept, node);
		if (kept->record.type != query->type || count == BEL_DNS_RECORDS_MAX)
			continue;
		records[count++] = kept->record;
		if (kept->record.ttl_s < ttl_s)
			ttl_s = kept->record.ttl_s;
	}
	query->on_answer(query->user, BEL_OK, records, count,
			 count ? ttl_s : ABSENCE_TTL_S);
}

static void take(struct bel_sim_object *object)
{
	struct sim_resolver *resolver = BEL_CONTAINER_OF(object, struct sim_resolver,
							 object);

	while (!object->is_dead && !bel_list_is_empty(&resolver->answered)) {
		struct query *query = BEL_CONTAINER_OF(resolver->answered.next,
						       struct query, node);
		bel_list_remove(&query->node);
		answer(query, bel_sim_of(object->loop));
		free(query);
	}
}

static void on_due(struct bel_sim_event *event)
{
	struct query *query = BEL_CONTAINER_OF(event, struct query, event);

	bel_list_remove(&query->node);
	bel_list_put(&query->resolver->answered, &query->node);
	bel_sim_ready(&query->resolver->object);
}

enum bel_err bel_sim_resolver_open(struct bel_resolver **out, struct bel_loop *loop,
				   const struct bel_resolver_opts *opts)
{
	struct sim_resolver *resolver = calloc(1, sizeof *resolver);

	if (!resolver)
		return bel_err_from_errno(ENOMEM);
	resolver->base.loop = loop;
	if (opts)
		resolver->base.opts = *opts;
	bel_sim_object_init(&resolver->object, loop, resolver);
	resolver->object.take = take;
	bel_list_init(&resolver->asked);
	bel_list_init(&resolver->answered);
	*out = &resolver->base;
	return BEL_OK;
}

static void drop(struct query *query)
{
	bel_sim_event_remove(&bel_sim_of(query->resolver->object.loop)->queue,
			     &query->event);
	bel_list_remove(&query->node);
	free(query);
}

static void close_all(struct bel_list *queries)
{
	while (!bel_list_is_empty(queries)) {
		struct query *query = BEL_CONTAINER_OF(queries->next, struct query, node);
		bel_dns_fn on_answer = query->on_answer;
		void *user = query->user;
		drop(query);
		on_answer(user, BEL_ERR_CLOSED, NULL, 0, 0);
	}
}

void bel_sim_resolver_close(struct bel_resolver *base)
{
	struct sim_resolver *resolver = resolver_of(base);

	close_all(&resolver->answered);
	close_all(&resolver->asked);
	bel_sim_bury(&resolver->object);
}

enum bel_err bel_sim_resolver_query(struct bel_resolver *base, bel_str text,
				    enum bel_dns_type type, bel_dns_fn on_answer,
				    void *user)
{
	struct sim_resolver *resolver = resolver_of(base);
	struct bel_sim *sim = bel_sim_of(resolver->object.loop);
	uint64_t after_ms = ANSWER_MIN_MS +
			    bel_sim_random_below(&sim->fate, ANSWER_SPREAD_MS);
	struct query *query;
	const struct name *name;

	if (resolver->object.loop->is_dead)
		return BEL_ERR_CLOSED;
	query = calloc(1, sizeof *query);
	if (!query)
		return bel_err_from_errno(ENOMEM);
	if (!fold(query->text, &query->len, text)) {
		free(query);
		return BEL_ERR_SYNTAX;
	}
	query->event.happen = on_due;
	query->resolver = resolver;
	query->type = type;
	query->on_answer = on_answer;
	query->user = user;
	bel_list_put(&resolver->asked, &query->node);
	name = find_name(sim, (bel_str){ query->text, query->len });
	if (name)
		after_ms += name->delay_ms;
	bel_sim_event_put(&sim->queue, &query->event, sim->now_ms + after_ms, 0);
	return BEL_OK;
}

static void forget(struct bel_list *queries, const void *user)
{
	BEL_LIST_EACH(at, queries)
	{
		struct query *query = BEL_CONTAINER_OF(at, struct query, node);
		if (query->user == user)
			drop(query);
	}
}

void bel_sim_resolver_forget(struct bel_resolver *base, void *user)
{
	struct sim_resolver *resolver = resolver_of(base);

	forget(&resolver->asked, user);
	forget(&resolver->answered, user);
}
