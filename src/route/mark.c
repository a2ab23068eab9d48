/* SPDX-License-Identifier: Apache-2.0 */
#include "route/mark.h"

/* version and kind (1 byte), listener (1), worker (2); of a stream index and generation
 * (4 + 4), of UDP both addresses (family 1, 4 or 16 bytes, port 2); the binding (8) when
 * there is one; with neither who is near (4); the MAC (8). */
enum { VERSION = 0x20, HAS_FLOW = 1, HAS_BINDING = 2, MAC_BYTES = 8, RAW_BYTES_MAX = 68 };

static uint64_t mac(const struct bel_mark_key *key, bel_str raw, bel_str call_id)
{
	const bel_str texts[] = { raw, call_id };

	return bel_mac64_list(&key->key, texts, BEL_COUNT_OF(texts));
}

static void write_addr(struct bel_writer *writer, const bel_addr *addr)
{
	bool is_four = addr->family == 4;

	bel_write_be8(writer, addr->family);
	bel_write_str(writer, (bel_str){ (const char *)addr->ip + (is_four ? 12 : 0),
					 is_four ? 4 : 16 });
	bel_write_be16(writer, addr->port);
}

static bool read_addr(struct bel_cursor *cursor, bel_addr *addr)
{
	uint8_t family;
	bel_str ip;

	if (!bel_cursor_be8(&family, cursor) || (family != 4 && family != 6) ||
	    !bel_cursor_bytes(&ip, cursor, family == 4 ? 4 : 16))
		return false;
	const uint8_t *bytes = (const uint8_t *)ip.ptr;
	*addr = (bel_addr){ .family = 6 };
	if (family == 4)
		*addr = bel_addr_v4(bytes[0], bytes[1], bytes[2], bytes[3], 0);
	else
		memcpy(addr->ip, bytes, sizeof addr->ip);
	return bel_cursor_be16(&addr->port, cursor);
}

static void write_flow(struct bel_writer *writer, const struct bel_flow *flow)
{
	bel_write_be8(writer, flow->transport);
	bel_write_be8(writer, flow->listener);
	bel_write_be16(writer, flow->worker);
	bel_write_be32(writer, flow->index);
	bel_write_be32(writer, flow->generation);
	write_addr(writer, &flow->peer);
	write_addr(writer, &flow->local);
}

static bool read_flow(struct bel_cursor *cursor, struct bel_flow *flow)
{
	return bel_cursor_be8(&flow->transport, cursor) &&
	       bel_cursor_be8(&flow->listener, cursor) &&
	       bel_cursor_be16(&flow->worker, cursor) &&
	       bel_cursor_be32(&flow->index, cursor) &&
	       bel_cursor_be32(&flow->generation, cursor) &&
	       read_addr(cursor, &flow->peer) && read_addr(cursor, &flow->local);
}

void bel_mark_write(struct bel_writer *writer, const struct bel_mark *mark,
		    const struct bel_mark_key *key, bel_str call_id)
{
	char buf[RAW_BYTES_MAX];
	struct bel_writer raw = bel_writer_init(buf, sizeof buf);

	bel_write_be8(&raw, (uint8_t)(VERSION | (mark->has_flow ? HAS_FLOW : 0) |
				      (mark->binding ? HAS_BINDING : 0)));
	if (mark->has_flow)
		write_flow(&raw, &mark->flow);
	if (mark->binding)
		bel_write_be64(&raw, mark->binding);
	if (!mark->has_flow && !mark->binding)
		bel_write_be32(&raw, mark->near);
	bel_write_be64(&raw, mac(key, bel_writer_str(&raw), call_id));
	bel_write_base64url(writer, bel_writer_str(&raw));
}

enum bel_err bel_mark_parse(struct bel_mark *out, bel_str token,
			    const struct bel_mark_key *key, bel_str call_id)
{
	char buf[RAW_BYTES_MAX];
	struct bel_writer raw = bel_writer_init(buf, sizeof buf);
	struct bel_mark mark = { .has_flow = false };
	uint8_t kind;
	uint64_t given;

	if (bel_write_from_base64(&raw, token) || raw.len < 1 + MAC_BYTES)
		return BEL_ERR_SYNTAX;
	bel_str body = bel_str_slice(bel_writer_str(&raw), 0, raw.len - MAC_BYTES);
	struct bel_cursor tail = bel_cursor_init(
		bel_str_slice(bel_writer_str(&raw), body.len, raw.len));
	bel_cursor_be64(&given, &tail);
	if (given != mac(key, body, call_id))
		return BEL_ERR_MISMATCH;
	/* Genuine: what follows can only fail for a mark of another version. */
	struct bel_cursor cursor = bel_cursor_init(body);
	bel_cursor_be8(&kind, &cursor);
	mark.has_flow = kind & HAS_FLOW;
	if ((kind & 0xf0) != VERSION ||
	    (mark.has_flow && !read_flow(&cursor, &mark.flow)) ||
	    (kind & HAS_BINDING && !bel_cursor_be64(&mark.binding, &cursor)) ||
	    (!(kind & (HAS_FLOW | HAS_BINDING)) &&
	     !bel_cursor_be32(&mark.near, &cursor)) ||
	    !bel_cursor_is_end(&cursor))
		return BEL_ERR_SYNTAX;
	*out = mark;
	return BEL_OK;
}

uint32_t bel_mark_near(const bel_addr *addr, const struct bel_mark_key *key)
{
	bel_addr host = bel_addr_canonical(addr);
	uint32_t near = (uint32_t)bel_mac64(
		&key->key, (bel_str){ (const char *)host.ip, sizeof host.ip });

	return near ? near : 1;
}
