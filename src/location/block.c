/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "location/location_int.h"

static const char uuid_prefix[] = "urn:uuid:";
enum { PREFIX_BYTES = sizeof uuid_prefix - 1, UUID_BYTES = 16 };

/* ---- instances ---- */

static bool is_dash_at(size_t at)
{
	return at == 8 || at == 13 || at == 18 || at == 23;
}

static int hex_value(char c)
{
	if (bel_char_is_digit(c))
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The 16 bytes of a UUID in its usual form (RFC 4122 section 3): only one that comes out
 * again byte for byte is packed. */
static bool pack_uuid(uint8_t out[UUID_BYTES], bel_str instance)
{
	unsigned nibbles = 0;

	if (instance.len != INSTANCE_UUID_BYTES ||
	    memcmp(instance.ptr, uuid_prefix, PREFIX_BYTES) != 0)
		return false;
	for (size_t i = 0; i < INSTANCE_UUID_BYTES - PREFIX_BYTES; i++) {
		char c = instance.ptr[PREFIX_BYTES + i];
		int value = hex_value(c);
		if (is_dash_at(i) ? c != '-' : value < 0)
			return false;
		if (is_dash_at(i))
			continue;
		uint8_t *byte = &out[nibbles / 2];
		*byte = (uint8_t)(nibbles++ % 2 ? *byte | value : value << 4);
	}
	return true;
}

static bel_str unpack_uuid(char out[INSTANCE_UUID_BYTES], const char *bytes)
{
	static const char digits[] = "0123456789abcdef";
	unsigned nibbles = 0;

	memcpy(out, uuid_prefix, PREFIX_BYTES);
	for (size_t i = 0; i < INSTANCE_UUID_BYTES - PREFIX_BYTES; i++) {
		if (is_dash_at(i)) {
			out[PREFIX_BYTES + i] = '-';
			continue;
		}
		uint8_t byte = (uint8_t)bytes[nibbles / 2];
		out[PREFIX_BYTES + i] = digits[nibbles++ % 2 ? byte & 15 : byte >> 4];
	}
	return (bel_str){ out, INSTANCE_UUID_BYTES };
}

/* ---- making a block ---- */

static char *bytes_of(const struct bel_block *block)
{
	return (char *)(uintptr_t)&block->entries[block->count];
}

bel_str bel_block_aor(const struct bel_block *block)
{
	return (bel_str){ bytes_of(block), block->aor_len };
}

static void add_text(char **at, bel_str text)
{
	if (text.len)
		memcpy(*at, text.ptr, text.len);
	*at += text.len;
}

static uint8_t flags_of(const struct bel_binding *binding)
{
	return (uint8_t)((binding->uses_flow ? ENTRY_USES_FLOW : 0) |
			 (binding->flow_is_gone ? ENTRY_FLOW_GONE : 0) |
			 (binding->needs_ping ? ENTRY_NEEDS_PING : 0));
}

static void fill_entry(struct bel_entry *entry, const struct bel_binding *from)
{
	*entry = (struct bel_entry){
		.id = from->id,
		.series = from->series,
		.call_id_hash = from->call_id_hash,
		.expires_ms = from->expires_ms,
		.changed_ms = from->changed_ms,
		.registered_s = (uint32_t)(from->registered_ms / 1000),
		.cseq = from->cseq,
		.reg_id = from->reg_id,
		.q = from->q,
		.peer = from->flow.peer,
		.local = from->flow.local,
		.index = from->flow.index,
		.generation = from->flow.generation,
		.worker = from->flow.worker,
		.transport = from->flow.transport,
		.listener = from->flow.listener,
		.contact_len = (uint16_t)from->contact.len,
		.params_len = (uint16_t)from->params.len,
		.instance_len = (uint16_t)from->instance.len,
		.flags = flags_of(from),
	};
}

static enum bel_err put_entry(struct bel_entry *entry, char **at,
			      struct bel_shared_texts *texts,
			      const struct bel_binding *from)
{
	uint8_t uuid[UUID_BYTES];
	bel_str instance = from->instance;
	enum bel_err err;

	fill_entry(entry, from);
	if (pack_uuid(uuid, instance)) {
		entry->flags |= ENTRY_HAS_UUID;
		entry->instance_len = UUID_BYTES;
		instance = (bel_str){ (const char *)uuid, UUID_BYTES };
	}
	add_text(at, from->contact);
	add_text(at, from->params);
	add_text(at, instance);
	err = bel_shared_take(&entry->path, texts, from->path);
	if (err)
		return err;
	err = bel_shared_take(&entry->user_agent, texts, from->user_agent);
	if (err) {
		bel_shared_unref(texts, entry->path);
		entry->path = NULL;
	}
	return err;
}

static bool is_too_long(const struct bel_binding *binding)
{
	return binding->contact.len > UINT16_MAX || binding->params.len > UINT16_MAX ||
	       binding->instance.len > UINT16_MAX || binding->path.len > UINT16_MAX ||
	       binding->user_agent.len > UINT16_MAX;
}

enum bel_err bel_block_new(struct bel_block **out, struct bel_shared_texts *texts,
			   bel_str aor, const struct bel_drafts *drafts)
{
	size_t size = sizeof(struct bel_block) + aor.len;
	unsigned count = 0, done = 0;
	enum bel_err err = BEL_OK;

	for (unsigned i = 0; i < drafts->count; i++) {
		const struct bel_binding *from = &drafts->items[i].binding;
		if (drafts->items[i].is_gone)
			continue;
		if (is_too_long(from))
			return BEL_ERR_LIMIT;
		size += sizeof(struct bel_entry) + from->contact.len + from->params.len +
			from->instance.len;
		count++;
	}
	if (aor.len > UINT16_MAX)
		return BEL_ERR_LIMIT;
	struct bel_block *block = malloc(size);
	if (!block)
		return bel_err_from_errno(ENOMEM);
	*block = (struct bel_block){ .aor_len = (uint16_t)aor.len,
				     .count = (uint16_t)count };
	char *at = bytes_of(block);
	add_text(&at, aor);
	for (unsigned i = 0; i < drafts->count && !err; i++)
		if (!drafts->items[i].is_gone)
			err = put_entry(&block->entries[done++], &at, texts,
					&drafts->items[i].binding);
	if (err) {
		/* The last entry put has no references. */
		while (--done) {
			bel_shared_unref(texts, block->entries[done - 1].path);
			bel_shared_unref(texts, block->entries[done - 1].user_agent);
		}
		free(block);
		return err;
	}
	*out = block;
	return BEL_OK;
}

void bel_block_free(struct bel_block *block, struct bel_shared_texts *texts)
{
	if (!block)
		return;
	for (unsigned i = 0; i < block->count; i++) {
		bel_shared_unref(texts, block->entries[i].path);
		bel_shared_unref(texts, block->entries[i].user_agent);
	}
	free(block);
}

/* ---- reading ---- */

void bel_entry_flow(const struct bel_entry *entry, struct bel_flow *flow)
{
	*flow = (struct bel_flow){ .transport = entry->transport,
				   .listener = entry->listener,
				   .worker = entry->worker,
				   .index = entry->index,
				   .generation = entry->generation,
				   .peer = entry->peer,
				   .local = entry->local };
}

/* *at stands at the entry's texts and moves behind them. */
static void read_entry(const struct bel_entry *entry, const char **at,
		       struct bel_binding *out, char instance[INSTANCE_UUID_BYTES])
{
	*out = (struct bel_binding){
		.id = entry->id,
		.series = entry->series,
		.contact = { *at, entry->contact_len },
		.params = { *at + entry->contact_len, entry->params_len },
		.instance = { *at + entry->contact_len + entry->params_len,
			      entry->instance_len },
		.path = bel_shared_str(entry->path),
		.user_agent = bel_shared_str(entry->user_agent),
		.call_id_hash = entry->call_id_hash,
		.cseq = entry->cseq,
		.expires_ms = entry->expires_ms,
		.registered_ms = (uint64_t)entry->registered_s * 1000,
		.changed_ms = entry->changed_ms,
		.q = entry->q,
		.reg_id = entry->reg_id,
		.uses_flow = entry->flags & ENTRY_USES_FLOW,
		.flow_is_gone = entry->flags & ENTRY_FLOW_GONE,
		.needs_ping = entry->flags & ENTRY_NEEDS_PING,
	};
	*at += entry->contact_len + entry->params_len + entry->instance_len;
	if (entry->flags & ENTRY_HAS_UUID)
		out->instance = unpack_uuid(instance, out->instance.ptr);
	bel_entry_flow(entry, &out->flow);
}

void bel_block_read(const struct bel_block *block, struct bel_drafts *drafts)
{
	const char *at = bytes_of(block) + block->aor_len;

	drafts->count = 0;
	for (unsigned i = 0; i < block->count && i < DRAFTS_MAX; i++) {
		struct bel_draft *draft = &drafts->items[drafts->count++];
		draft->is_gone = draft->is_changed = draft->is_new = false;
		read_entry(&block->entries[i], &at, &draft->binding, draft->instance);
	}
}

void bel_block_look(const struct bel_block *block, unsigned index,
		    struct bel_binding *out, char instance[INSTANCE_UUID_BYTES])
{
	const struct bel_entry *entry = block->entries;
	const char *at = bytes_of(block) + block->aor_len;

	for (; index; index--, entry++)
		at += entry->contact_len + entry->params_len + entry->instance_len;
	read_entry(entry, &at, out, instance);
}

uint64_t bel_block_over_s(const struct bel_block *block)
{
	uint64_t first_ms = UINT64_MAX - 1000;

	for (unsigned i = 0; i < block->count; i++)
		if (block->entries[i].expires_ms < first_ms)
			first_ms = block->entries[i].expires_ms;
	return (first_ms + 999) / 1000;
}

/* ---- copies for readers ---- */

static enum bel_err copy_text(bel_str *text, struct bel_arena *arena)
{
	if (!text->len) {
		*text = BEL_STR_NONE;
		return BEL_OK;
	}
	*text = bel_arena_copy(arena, *text);
	return text->ptr ? BEL_OK : BEL_ERR_SPACE;
}

enum bel_err bel_binding_copy(struct bel_binding *binding, struct bel_arena *arena)
{
	bel_str *texts[] = { &binding->contact, &binding->params, &binding->instance,
			     &binding->path, &binding->user_agent };

	for (size_t i = 0; i < BEL_COUNT_OF(texts); i++)
		if (copy_text(texts[i], arena))
			return BEL_ERR_SPACE;
	return BEL_OK;
}

enum bel_err bel_block_copy_one(const struct bel_block *block, unsigned index,
				struct bel_arena *arena, struct bel_binding *out)
{
	char instance[INSTANCE_UUID_BYTES];
	struct bel_binding binding;
	enum bel_err err;

	bel_block_look(block, index, &binding, instance);
	err = bel_binding_copy(&binding, arena);
	if (!err)
		*out = binding;
	return err;
}

static bool is_before(const struct bel_entry *a, const struct bel_entry *b)
{
	if (a->q != b->q)
		return a->q > b->q;
	if (a->changed_ms != b->changed_ms)
		return a->changed_ms > b->changed_ms;
	return a->id > b->id;
}

/* Indices of the best live ones, in order. */
static unsigned choose(const struct bel_block *block, uint64_t wall_ms, unsigned max,
		       uint16_t *chosen)
{
	unsigned count = 0;

	for (unsigned i = 0; i < block->count; i++) {
		unsigned at = count;
		if (block->entries[i].expires_ms <= wall_ms)
			continue;
		while (at &&
		       is_before(&block->entries[i], &block->entries[chosen[at - 1]]))
			at--;
		if (at >= max)
			continue;
		count += count < max;
		for (unsigned k = count - 1; k > at; k--)
			chosen[k] = chosen[k - 1];
		chosen[at] = (uint16_t)i;
	}
	return count;
}

enum bel_err bel_block_copy(const struct bel_block *block, uint64_t wall_ms, unsigned max,
			    struct bel_arena *arena, struct bel_binding **out,
			    unsigned *count)
{
	uint16_t chosen[DRAFTS_MAX];
	unsigned found = choose(block, wall_ms, max < DRAFTS_MAX ? max : DRAFTS_MAX,
				chosen);
	struct bel_binding *bindings = bel_arena_alloc(arena, found * sizeof *bindings);

	if (!bindings)
		return BEL_ERR_SPACE;
	for (unsigned i = 0; i < found; i++)
		if (bel_block_copy_one(block, chosen[i], arena, &bindings[i]))
			return BEL_ERR_SPACE;
	*out = bindings;
	*count = found;
	return BEL_OK;
}
