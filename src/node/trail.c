/* SPDX-License-Identifier: Apache-2.0
 * Past decisions, kept as what they were made of: the request, the facts that were looked
 * up, the configuration. Routing is pure, so planning them again tells exactly what
 * happened; nothing is formatted while calls are being made. */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "node/node_int.h"

enum { TRAIL_BUDGET_BYTES = 64 << 10, NOTES_BYTES = 1536 };

struct trail {
	uint64_t wall_ms; /* 0: none */
	struct bel_conf *conf;
	struct bel_arena arena;
	bel_str request, call_id;
	struct bel_facts facts; /* only what was looked up, and where it came from */
	struct bel_writer notes;
	uint64_t hash;      /* of the Call-ID */
	struct trail *next; /* in its bucket: older ones; NULL: it is the last */
};

struct trails {
	pthread_mutex_t lock;
	unsigned size, next;
	struct bel_hash_key key;
	struct trail **buckets; /* size of them, by Call-ID, the newest first */
	struct trail ring[];
};

enum bel_err bel_trails_open(struct trails **out, unsigned count,
			     const struct bel_hash_key *key)
{
	unsigned size = count ? count : 1;
	struct trails *trails = calloc(1, sizeof *trails + size * sizeof(struct trail));

	if (!trails)
		return bel_err_from_errno(ENOMEM);
	trails->buckets = calloc(size, sizeof *trails->buckets);
	if (!trails->buckets) {
		free(trails);
		return bel_err_from_errno(ENOMEM);
	}
	trails->key = *key;
	pthread_mutex_init(&trails->lock, NULL);
	trails->size = size;
	for (unsigned i = 0; i < size; i++)
		bel_arena_init(&trails->ring[i].arena, NULL, 0, TRAIL_BUDGET_BYTES);
	*out = trails;
	return BEL_OK;
}

static struct trail **bucket_of(struct trails *trails, uint64_t hash)
{
	return &trails->buckets[hash % trails->size];
}

static void put(struct trails *trails, struct trail *trail)
{
	struct trail **bucket;

	trail->hash = bel_hash(&trails->key, trail->call_id);
	bucket = bucket_of(trails, trail->hash);
	trail->next = *bucket;
	*bucket = trail;
}

static void forget(struct trails *trails, struct trail *trail)
{
	struct trail **at = bucket_of(trails, trail->hash);

	while (*at && *at != trail)
		at = &(*at)->next;
	if (*at)
		*at = trail->next;
}

static void clear(struct trail *trail)
{
	bel_conf_unref(trail->conf);
	trail->conf = NULL;
	trail->wall_ms = 0;
	bel_arena_reset(&trail->arena);
}

void bel_trails_close(struct trails *trails)
{
	if (!trails)
		return;
	for (unsigned i = 0; i < trails->size; i++)
		clear(&trails->ring[i]);
	pthread_mutex_destroy(&trails->lock);
	free(trails->buckets);
	free(trails);
}

static bool copy(struct bel_arena *arena, bel_str *str)
{
	*str = bel_arena_copy(arena, *str);
	return str->ptr != NULL;
}

static bool copy_bindings(struct trail *trail, const struct bel_facts *from)
{
	size_t bytes = from->bindings_count * sizeof(struct bel_binding);
	struct bel_binding *bindings = bel_arena_alloc(&trail->arena, bytes);

	if (!bindings)
		return false;
	if (bytes)
		memcpy(bindings, from->bindings, bytes);
	for (unsigned i = 0; i < from->bindings_count; i++) {
		struct bel_binding *binding = &bindings[i];
		binding->params = binding->user_agent = BEL_STR_NONE;
		if (!copy(&trail->arena, &binding->contact) ||
		    !copy(&trail->arena, &binding->instance) ||
		    !copy(&trail->arena, &binding->path))
			return false;
	}
	trail->facts.bindings = bindings;
	return true;
}

/* The facts borrow from the message and from what was looked up: all of it is copied that
 * planning again needs. What stands in the request is read out of it again. */
static bool keep(struct trail *trail, struct bel_sip_msg *request,
		 const struct bel_facts *facts)
{
	char *notes = bel_arena_bytes(&trail->arena, NOTES_BYTES);

	trail->facts = *facts;
	trail->notes = bel_writer_init(notes, notes ? NOTES_BYTES : 0);
	trail->request = request->bytes;
	trail->call_id = bel_sip_call_id(request);
	trail->facts.caller.numbers_count = trail->facts.user.numbers_count = 0;
	return notes && copy(&trail->arena, &trail->request) &&
	       copy(&trail->arena, &trail->call_id) &&
	       copy(&trail->arena, &trail->facts.identity_user) &&
	       copy(&trail->arena, &trail->facts.caller.name) &&
	       copy(&trail->arena, &trail->facts.user.name) &&
	       copy(&trail->arena, &trail->facts.gruu_aor) &&
	       copy(&trail->arena, &trail->facts.gruu_instance) &&
	       copy(&trail->arena, &trail->facts.caller.at.file) &&
	       copy(&trail->arena, &trail->facts.user.at.file) &&
	       copy(&trail->arena, &trail->facts.user.redirect.target) &&
	       copy(&trail->arena, &trail->facts.user.redirect.at.file) &&
	       copy_bindings(trail, facts);
}

void bel_trails_put(struct trails *trails, struct bel_sip_msg *request,
		    const struct bel_facts *facts, struct bel_conf *conf,
		    uint64_t wall_ms)
{
	struct trail *trail;

	pthread_mutex_lock(&trails->lock);
	trail = &trails->ring[trails->next];
	trails->next = (trails->next + 1) % trails->size;
	forget(trails, trail);
	clear(trail);
	if (keep(trail, request, facts)) {
		put(trails, trail);
		trail->conf = bel_conf_ref(conf);
		trail->wall_ms = wall_ms;
	} else {
		clear(trail);
	}
	pthread_mutex_unlock(&trails->lock);
}

/* The newest trail of a Call-ID; the lock is held. */
static struct trail *newest(struct trails *trails, bel_str call_id)
{
	uint64_t hash = bel_hash(&trails->key, call_id);
	struct trail *trail = *bucket_of(trails, hash);

	while (trail &&
	       (trail->hash != hash || !bel_str_is_equal(trail->call_id, call_id)))
		trail = trail->next;
	return trail;
}

/* "  +0.035 s  ": calls wait for this, and printf takes its time. */
static void write_elapsed(struct bel_writer *writer, uint64_t elapsed_ms)
{
	static const uint64_t blank_below[] = { 10000, 100000 };
	uint64_t ms = elapsed_ms % 1000;

	for (size_t i = 0; i < BEL_COUNT_OF(blank_below); i++)
		if (elapsed_ms < blank_below[i])
			bel_write_char(writer, ' ');
	bel_write_char(writer, '+');
	bel_write_u64(writer, elapsed_ms / 1000);
	bel_write_char(writer, '.');
	bel_write_char(writer, (char)('0' + ms / 100));
	bel_write_char(writer, (char)('0' + ms / 10 % 10));
	bel_write_char(writer, (char)('0' + ms % 10));
	bel_write_lit(writer, " s  ");
}

void bel_trails_note(struct trails *trails, bel_str call_id, bel_str text,
		     uint64_t wall_ms)
{
	struct trail *trail;

	pthread_mutex_lock(&trails->lock);
	trail = newest(trails, call_id);
	if (trail && trail->notes.size - trail->notes.len > text.len + 32) {
		write_elapsed(&trail->notes,
			      wall_ms > trail->wall_ms ? wall_ms - trail->wall_ms : 0);
		bel_write_escaped(&trail->notes, text);
		bel_write_char(&trail->notes, '\n');
	}
	pthread_mutex_unlock(&trails->lock);
}

static bool is_asked_for(const struct trail *trail, bel_str call_id)
{
	return trail->wall_ms && (bel_str_is_equal(call_id, BEL_STR("last")) ||
				  bel_str_has_prefix(trail->call_id, call_id));
}

void bel_trails_find(struct trails *trails, bel_str call_id, struct trail_found *found)
{
	bool is_last = bel_str_is_equal(call_id, BEL_STR("last"));
	bel_str seen = BEL_STR_NONE;

	pthread_mutex_lock(&trails->lock);
	for (unsigned i = 0; i < trails->size; i++) {
		const struct trail *trail = &trails->ring[i];
		if (!is_asked_for(trail, call_id))
			continue;
		if (trail->wall_ms > found->wall_ms)
			found->wall_ms = trail->wall_ms;
		if (is_last)
			found->count = 1;
		else if (!bel_str_is_equal(seen, trail->call_id))
			found->count++;
		seen = trail->call_id;
	}
	pthread_mutex_unlock(&trails->lock);
}

static void write_time(struct bel_writer *writer, uint64_t wall_ms)
{
	time_t seconds = (time_t)(wall_ms / 1000);
	struct tm tm;

	gmtime_r(&seconds, &tm);
	bel_write_format(writer, "%04d-%02d-%02d %02d:%02d:%02d.%03u UTC",
			 tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
			 tm.tm_min, tm.tm_sec, (unsigned)(wall_ms % 1000));
}

static void write_head(struct bel_writer *writer, const struct trail *trail,
		       const struct bel_facts *facts)
{
	bel_write_str(writer, facts->method_text);
	bel_write_char(writer, ' ');
	bel_write_escaped(writer, facts->target.text);
	bel_write_lit(writer, "\n  Call-ID        ");
	bel_write_escaped(writer, trail->call_id);
	bel_write_lit(writer, "\n  at             ");
	write_time(writer, trail->wall_ms);
	bel_write_lit(writer, "\n  from           ");
	bel_write_escaped(writer, facts->from.text);
	bel_write_lit(writer, " at ");
	bel_addr_write(writer, &facts->source);
	bel_write_lit(writer, "\n");
}

/* Plans once more, with the facts of then. */
static enum bel_err replay(struct trail *trail, struct bel_node *node,
			   struct bel_arena *arena, struct bel_plan *plan,
			   struct bel_facts *facts)
{
	struct bel_sip_msg *msg = bel_arena_alloc(arena, sizeof *msg);
	struct bel_sip_refusal why;
	const struct bel_facts *kept = &trail->facts;

	if (!msg)
		return BEL_ERR_SPACE;
	if (bel_sip_parse(msg, arena, trail->request, &why) ||
	    bel_sip_validate(msg, &why))
		return BEL_ERR_SYNTAX;
	bel_facts_init(facts, &(struct bel_facts_opts){ .request = msg,
							.source = &kept->source,
							.transport = kept->transport,
							.own = node->own,
							.own_count = node->own_count,
							.conf = trail->conf,
							.key = &node->mark_key });
	facts->is_own_loop = kept->is_own_loop;
	facts->identity = kept->identity;
	facts->identity_user = kept->identity_user;
	facts->caller_known = kept->caller_known;
	facts->caller = kept->caller;
	facts->user_known = kept->user_known;
	facts->user = kept->user;
	facts->gruu_known = kept->gruu_known;
	facts->gruu_aor = kept->gruu_aor;
	facts->gruu_instance = kept->gruu_instance;
	facts->bindings_known = kept->bindings_known;
	facts->bindings = kept->bindings;
	facts->bindings_count = kept->bindings_count;
	return bel_route_plan(plan, arena, facts, trail->conf, true);
}

static void write_trail(struct trail *trail, const struct bel_facts *facts,
			const struct bel_plan *plan, struct bel_writer *writer,
			bool is_json)
{
	if (!is_json) {
		write_head(writer, trail, facts);
		bel_plan_write(writer, plan);
		bel_write_str(writer, bel_writer_str(&trail->notes));
		return;
	}
	bel_write_lit(writer, "{\"call_id\":\"");
	bel_write_json(writer, trail->call_id);
	bel_write_format(writer, "\",\"at_ms\":%llu,\"method\":\"",
			 (unsigned long long)trail->wall_ms);
	bel_write_json(writer, facts->method_text);
	bel_write_lit(writer, "\",\"uri\":\"");
	bel_write_json(writer, facts->target.text);
	bel_write_lit(writer, "\",\"notes\":\"");
	bel_write_json(writer, bel_writer_str(&trail->notes));
	bel_write_lit(writer, "\",\"plan\":");
	bel_plan_write_json(writer, plan);
	/* The plan ends its line; the object goes on. */
	if (writer->len)
		writer->len--;
	bel_write_lit(writer, "}\n");
}

enum bel_err bel_trails_write(struct trails *trails, struct bel_node *node,
			      bel_str call_id, uint64_t wall_ms,
			      struct bel_writer *writer, bool is_json)
{
	enum bel_err err = BEL_ERR_NOT_FOUND;
	struct bel_arena arena;

	bel_arena_init(&arena, NULL, 0, TRAIL_BUDGET_BYTES);
	pthread_mutex_lock(&trails->lock);
	for (unsigned i = 0; i < trails->size && err == BEL_ERR_NOT_FOUND; i++) {
		struct trail *trail = &trails->ring[i];
		struct bel_plan plan;
		struct bel_facts facts;
		if (!is_asked_for(trail, call_id) || trail->wall_ms != wall_ms)
			continue;
		err = replay(trail, node, &arena, &plan, &facts);
		if (!err)
			write_trail(trail, &facts, &plan, writer, is_json);
	}
	pthread_mutex_unlock(&trails->lock);
	bel_arena_fini(&arena);
	return err;
}

static bool read_parties(struct trail *trail, struct bel_arena *arena, bel_str *from,
			 bel_str *to)
{
	struct bel_arena work;
	struct bel_sip_msg *msg;
	struct bel_sip_refusal why;
	bool is_read;

	bel_arena_init(&work, NULL, 0, TRAIL_BUDGET_BYTES);
	msg = bel_arena_alloc(&work, sizeof *msg);
	is_read = msg && !bel_sip_parse(msg, &work, trail->request, &why) &&
		  !bel_sip_validate(msg, &why);
	if (is_read) {
		*from = bel_arena_copy(arena, bel_sip_from(msg)->uri.text);
		*to = bel_arena_copy(arena, bel_sip_to(msg)->uri.text);
	}
	bel_arena_fini(&work);
	return is_read;
}

bool bel_trails_parties(struct trails *trails, bel_str call_id, struct bel_arena *arena,
			bel_str *from, bel_str *to)
{
	struct trail *trail;
	bool is_found;

	pthread_mutex_lock(&trails->lock);
	trail = newest(trails, call_id);
	is_found = trail && read_parties(trail, arena, from, to);
	pthread_mutex_unlock(&trails->lock);
	return is_found;
}

enum bel_err bel_node_why(struct bel_node *node, bel_str call_id,
			  struct bel_writer *writer, bool is_json)
{
	struct trail_found best = { .count = 0 };
	unsigned where = 0;

	for (unsigned i = 0; i < node->workers_count; i++) {
		struct trail_found found = { .count = 0 };
		bel_trails_find(node->workers[i]->trails, call_id, &found);
		if (found.wall_ms > best.wall_ms) {
			best.wall_ms = found.wall_ms;
			where = i;
		}
		best.count += found.count;
	}
	if (!best.count)
		return BEL_ERR_NOT_FOUND;
	if (best.count > 1 && !bel_str_is_equal(call_id, BEL_STR("last")))
		return BEL_ERR_EXISTS;
	return bel_trails_write(node->workers[where]->trails, node, call_id, best.wall_ms,
				writer, is_json);
}
