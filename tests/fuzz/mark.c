/* SPDX-License-Identifier: Apache-2.0
 * A Call-ID and a token, split at the first LF: without the key no token is genuine, and
 * what the same bytes say as a mark is written and read back as it was. */
#include <stdlib.h>
#include "route/mark.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool is_true)
{
	if (!is_true)
		abort();
}

static bel_addr take_addr(struct bel_cursor *cursor)
{
	bel_addr addr = bel_addr_v4(192, 0, 2, 1, 0);
	uint8_t family = 0;
	bel_str ip;

	bel_cursor_be8(&family, cursor);
	if (family % 2 && bel_cursor_bytes(&ip, cursor, sizeof addr.ip)) {
		addr.family = 6;
		memcpy(addr.ip, ip.ptr, sizeof addr.ip);
	}
	bel_cursor_be16(&addr.port, cursor);
	return addr;
}

static void go_round(const struct bel_mark_key *key, bel_str call_id, bel_str bytes)
{
	struct bel_cursor cursor = bel_cursor_init(bytes);
	char text[BEL_MARK_BYTES_MAX];
	struct bel_writer writer = bel_writer_init(text, sizeof text);
	struct bel_mark mark = { .binding = 0 }, again;
	uint8_t kind = 0;

	bel_cursor_be8(&kind, &cursor);
	mark.has_flow = kind & 1;
	bel_cursor_be64(&mark.binding, &cursor);
	bel_cursor_be8(&mark.flow.transport, &cursor);
	bel_cursor_be16(&mark.flow.worker, &cursor);
	bel_cursor_be32(&mark.flow.generation, &cursor);
	mark.flow.peer = take_addr(&cursor);
	mark.flow.local = take_addr(&cursor);
	bel_cursor_be32(&mark.near, &cursor);
	bel_mark_write(&writer, &mark, key, call_id);
	require(!bel_writer_check(&writer));
	require(!bel_mark_parse(&again, bel_writer_str(&writer), key, call_id));
	require(again.has_flow == mark.has_flow && again.binding == mark.binding);
	require(mark.has_flow || mark.binding || again.near == mark.near);
	if (!mark.has_flow)
		return;
	require(again.flow.generation == mark.flow.generation &&
		bel_addr_is_equal(&again.flow.peer, &mark.flow.peer) &&
		bel_addr_is_equal(&again.flow.local, &mark.flow.local));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct bel_mark_key key = { { 0x7a11f17e5eed0123,
						   0x9e3779b97f4a7c15 } };
	bel_str bytes = { (const char *)data, size };
	size_t line = bel_str_find(bytes, '\n');
	bel_str call_id = bel_str_slice(bytes, 0, line);
	bel_str token = bel_str_slice(bytes, line + 1, size);
	struct bel_mark mark;

	require(bel_mark_parse(&mark, token, &key, call_id) != BEL_OK);
	go_round(&key, call_id, token);
	return 0;
}
