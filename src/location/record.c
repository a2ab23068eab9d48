/* SPDX-License-Identifier: Apache-2.0
 * An address in a journal. The first byte tells which of these it is:
 *
 *   1  the address with all its bindings: count, then each as below, without series
 *   2  a refresh (32 bytes): CSeq, the binding's number, when it is over, when it changed
 *   3  the address has no binding any more
 *   4  numbers of bindings up to this one were given away (snapshots)
 *   5  stripe: what was recorded of it up to this record's version is in the snapshot
 *   6  as 1, with series
 *
 * Integers are big-endian; texts have their length in two bytes before them. */
#include "location/record.h"

enum { OLD_FULL = 1, REFRESH, GONE, COUNTER, COVERED, FULL };

enum {
	ENTRY_BYTES = 6 * 8 + 4 * 4 + 2 * 2 + 3 * 1, /* the numbers of a binding */
	ADDR_BYTES_MAX = 1 + 16 + 4 + 2,
	TEXTS = 5,
};

/* ---- writing ---- */

static void write_addr(struct bel_writer *writer, const bel_addr *addr)
{
	size_t from = addr->family == 4 ? 12 : 0;

	bel_write_be8(writer, addr->family);
	if (!addr->family)
		return;
	bel_write_str(writer,
		      (bel_str){ (const char *)addr->ip + from, sizeof addr->ip - from });
	if (addr->family == 6)
		bel_write_be32(writer, addr->scope);
	bel_write_be16(writer, addr->port);
}

static void write_text(struct bel_writer *writer, bel_str text)
{
	bel_write_be16(writer, (uint16_t)text.len);
	bel_write_str(writer, text);
}

static void write_binding(struct bel_writer *writer, const struct bel_binding *binding)
{
	const struct bel_flow *flow = &binding->flow;

	bel_write_be64(writer, binding->id);
	bel_write_be64(writer, binding->call_id_hash);
	bel_write_be64(writer, binding->expires_ms);
	bel_write_be64(writer, binding->registered_ms);
	bel_write_be64(writer, binding->changed_ms);
	bel_write_be32(writer, binding->cseq);
	bel_write_be32(writer, binding->reg_id);
	bel_write_be32(writer, flow->index);
	bel_write_be32(writer, flow->generation);
	bel_write_be16(writer, binding->q);
	bel_write_be16(writer, flow->worker);
	bel_write_be8(writer, (uint8_t)((binding->uses_flow ? ENTRY_USES_FLOW : 0) |
					(binding->needs_ping ? ENTRY_NEEDS_PING : 0)));
	bel_write_be8(writer, flow->transport);
	bel_write_be8(writer, flow->listener);
	write_addr(writer, &flow->peer);
	write_addr(writer, &flow->local);
	write_text(writer, binding->contact);
	write_text(writer, binding->params);
	write_text(writer, binding->instance);
	write_text(writer, binding->path);
	write_text(writer, binding->user_agent);
	bel_write_be64(writer, binding->series);
}

size_t bel_record_size(const struct bel_block *block)
{
	size_t size = 4 + (size_t)block->aor_len;

	for (unsigned i = 0; i < block->count; i++) {
		const struct bel_entry *entry = &block->entries[i];
		size += ENTRY_BYTES + 2 * ADDR_BYTES_MAX + TEXTS * 2;
		size += (size_t)entry->contact_len + entry->params_len;
		size += bel_shared_str(entry->path).len;
		size += bel_shared_str(entry->user_agent).len;
		size += entry->flags & ENTRY_HAS_UUID ? (size_t)INSTANCE_UUID_BYTES
						      : entry->instance_len;
	}
	return size;
}

void bel_record_write(struct bel_writer *writer, const struct bel_block *block)
{
	bel_write_be8(writer, FULL);
	bel_write_be8(writer, (uint8_t)block->count);
	write_text(writer, bel_block_aor(block));
	for (unsigned i = 0; i < block->count; i++) {
		char instance[INSTANCE_UUID_BYTES];
		struct bel_binding binding;
		bel_block_look(block, i, &binding, instance);
		write_binding(writer, &binding);
	}
}

void bel_record_write_refresh(struct bel_writer *writer, const struct bel_entry *entry)
{
	bel_write_be32(writer, (uint32_t)REFRESH << 24);
	bel_write_be32(writer, entry->cseq);
	bel_write_be64(writer, entry->id);
	bel_write_be64(writer, entry->expires_ms);
	bel_write_be64(writer, entry->changed_ms);
}

void bel_record_write_gone(struct bel_writer *writer, bel_str aor)
{
	bel_write_be8(writer, GONE);
	bel_write_be8(writer, 0);
	write_text(writer, aor);
}

void bel_record_write_counter(struct bel_writer *writer, uint64_t counter)
{
	bel_write_be32(writer, (uint32_t)COUNTER << 24);
	bel_write_be64(writer, counter);
}

void bel_record_write_covered(struct bel_writer *writer, uint16_t stripe)
{
	bel_write_be8(writer, COVERED);
	bel_write_be8(writer, 0);
	bel_write_be16(writer, stripe);
}

/* ---- reading ---- */

static bool read_addr(bel_addr *out, struct bel_cursor *cursor)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	bel_addr addr = { .family = 0 };
	size_t from;
	bel_str ip;

	if (!bel_cursor_be8(&addr.family, cursor))
		return false;
	if (addr.family == 0) {
		*out = addr;
		return true;
	}
	from = addr.family == 4 ? 12 : 0;
	if ((addr.family != 4 && addr.family != 6) ||
	    !bel_cursor_bytes(&ip, cursor, sizeof addr.ip - from) ||
	    (addr.family == 6 && !bel_cursor_be32(&addr.scope, cursor)) ||
	    !bel_cursor_be16(&addr.port, cursor))
		return false;
	memcpy(addr.ip, mapped, from);
	memcpy(addr.ip + from, ip.ptr, ip.len);
	*out = addr;
	return true;
}

static bool read_text(bel_str *out, struct bel_cursor *cursor)
{
	uint16_t len;

	return bel_cursor_be16(&len, cursor) && bel_cursor_bytes(out, cursor, len);
}

static bool read_numbers(struct bel_binding *binding, struct bel_cursor *cursor)
{
	struct bel_flow *flow = &binding->flow;
	uint8_t flags;

	if (!bel_cursor_be64(&binding->id, cursor) ||
	    !bel_cursor_be64(&binding->call_id_hash, cursor) ||
	    !bel_cursor_be64(&binding->expires_ms, cursor) ||
	    !bel_cursor_be64(&binding->registered_ms, cursor) ||
	    !bel_cursor_be64(&binding->changed_ms, cursor) ||
	    !bel_cursor_be32(&binding->cseq, cursor) ||
	    !bel_cursor_be32(&binding->reg_id, cursor) ||
	    !bel_cursor_be32(&flow->index, cursor) ||
	    !bel_cursor_be32(&flow->generation, cursor) ||
	    !bel_cursor_be16(&binding->q, cursor) ||
	    !bel_cursor_be16(&flow->worker, cursor) || !bel_cursor_be8(&flags, cursor) ||
	    !bel_cursor_be8(&flow->transport, cursor) ||
	    !bel_cursor_be8(&flow->listener, cursor))
		return false;
	binding->uses_flow = flags & ENTRY_USES_FLOW;
	binding->needs_ping = flags & ENTRY_NEEDS_PING;
	return true;
}

/* Streams did not live through the restart. */
static bool read_binding(struct bel_binding *binding, struct bel_cursor *cursor,
			 bool has_series)
{
	if (!read_numbers(binding, cursor) || !read_addr(&binding->flow.peer, cursor) ||
	    !read_addr(&binding->flow.local, cursor) ||
	    !read_text(&binding->contact, cursor) ||
	    !read_text(&binding->params, cursor) ||
	    !read_text(&binding->instance, cursor) ||
	    !read_text(&binding->path, cursor) ||
	    !read_text(&binding->user_agent, cursor) ||
	    (has_series && !bel_cursor_be64(&binding->series, cursor)))
		return false;
	binding->flow_is_gone = binding->flow.transport != BEL_SIP_UDP &&
				binding->flow.transport != BEL_SIP_TRANSPORT_OTHER;
	return true;
}

static enum bel_err read_full(struct bel_record *out, struct bel_cursor *cursor,
			      struct bel_drafts *drafts, uint8_t count, bool has_series)
{
	if (!count || count > DRAFTS_MAX)
		return BEL_ERR_STORE;
	drafts->count = 0;
	for (unsigned i = 0; i < count; i++) {
		struct bel_draft *draft = &drafts->items[drafts->count++];
		draft->binding = (struct bel_binding){ .id = 0 };
		draft->is_gone = draft->is_changed = draft->is_new = false;
		if (!read_binding(&draft->binding, cursor, has_series))
			return BEL_ERR_STORE;
	}
	out->kind = BEL_RECORD_FULL;
	return BEL_OK;
}

static enum bel_err read_refresh(struct bel_record *out, struct bel_cursor *cursor)
{
	if (!bel_cursor_be32(&out->cseq, cursor) || !bel_cursor_be64(&out->id, cursor) ||
	    !bel_cursor_be64(&out->expires_ms, cursor) ||
	    !bel_cursor_be64(&out->changed_ms, cursor))
		return BEL_ERR_STORE;
	out->kind = BEL_RECORD_REFRESH;
	return BEL_OK;
}

static enum bel_err read_stripe(struct bel_record *out, struct bel_cursor *cursor)
{
	if (!bel_cursor_be16(&out->stripe, cursor) || out->stripe >= STRIPES)
		return BEL_ERR_STORE;
	out->kind = BEL_RECORD_COVERED;
	return BEL_OK;
}

bool bel_record_is_refresh(bel_str record)
{
	return record.len && record.ptr[0] == REFRESH;
}

enum bel_err bel_record_parse(struct bel_record *out, struct bel_drafts *drafts,
			      bel_str record)
{
	struct bel_cursor cursor = bel_cursor_init(record);
	uint8_t kind, count;
	uint16_t zero;

	if (!bel_cursor_be8(&kind, &cursor) || !bel_cursor_be8(&count, &cursor))
		return BEL_ERR_STORE;
	switch (kind) {
	case OLD_FULL:
	case FULL:
		if (!read_text(&out->aor, &cursor))
			return BEL_ERR_STORE;
		return read_full(out, &cursor, drafts, count, kind == FULL);
	case REFRESH:
		if (!bel_cursor_be16(&zero, &cursor))
			return BEL_ERR_STORE;
		return read_refresh(out, &cursor);
	case GONE:
		out->kind = BEL_RECORD_GONE;
		return read_text(&out->aor, &cursor) ? BEL_OK : BEL_ERR_STORE;
	case COUNTER:
		out->kind = BEL_RECORD_COUNTER;
		return bel_cursor_be16(&zero, &cursor) &&
				       bel_cursor_be64(&out->id, &cursor)
			       ? BEL_OK
			       : BEL_ERR_STORE;
	case COVERED:
		return read_stripe(out, &cursor);
	default:
		return BEL_ERR_STORE;
	}
}
