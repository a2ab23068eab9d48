/* SPDX-License-Identifier: Apache-2.0
 * A datagram that may be STUN: what is read lies within it, what was read and written
 * again is read alike; what is answered is a Binding request, its answer is STUN of the
 * same transaction and is itself never answered. */
#include <stdlib.h>
#include "stun/stun.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool is_true)
{
	if (!is_true)
		abort();
}

static bool lies_within(bel_str part, bel_str whole)
{
	return part.ptr >= whole.ptr && part.len <= whole.len &&
	       (size_t)(part.ptr - whole.ptr) <= whole.len - part.len;
}

/* Everything that can be asked of an attribute. */
static void ask(const struct bel_stun_msg *msg, enum bel_stun_attr attr)
{
	bel_str value;
	bel_addr addr;
	unsigned code;
	uint64_t wide;
	enum bel_stun_algorithm algorithm;
	struct bel_cursor walk = bel_stun_walk(msg);

	require(bel_stun_find(&value, msg, attr) == bel_stun_has(msg, attr));
	if (bel_stun_has(msg, attr))
		require(lies_within(value, msg->bytes));
	if (bel_stun_find_addr(&addr, msg, attr))
		require(addr.family == 4 || addr.family == 6);
	if (bel_stun_find_error(&code, msg, attr))
		require(code >= 300 && code < 700);
	if (bel_stun_find_u64(&wide, msg, attr))
		require(value.len >= 8);
	if (bel_stun_find_algorithm(&algorithm, msg, attr))
		require(algorithm == BEL_STUN_MD5 || algorithm == BEL_STUN_SHA256);
	while (bel_stun_next_addr(&addr, &walk, msg, attr) == BEL_OK)
		require(addr.family == 4 || addr.family == 6);
}

static void write_again(const struct bel_stun_msg *msg)
{
	static char buf[UINT16_MAX + BEL_STUN_HEADER_BYTES];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	struct bel_stun_msg again;

	bel_stun_write_header(&writer, msg->class, msg->method, msg->transaction);
	for (unsigned type = 0; type <= UINT16_MAX; type++) {
		bel_str value;
		if (type == 0x40)
			type = 0x8000; /* nothing between has a slot of its own */
		if (type == 0x8040)
			break;
		if (!bel_stun_attr_find((uint16_t)type) || type == BEL_STUN_FINGERPRINT)
			continue;
		ask(msg, type);
		if (bel_stun_find(&value, msg, type))
			bel_stun_write_bytes(&writer, type, value);
	}
	bel_stun_write_fingerprint(&writer);
	if (bel_writer_check(&writer))
		return; /* what was cut short may have been too long with a fingerprint */
	require(bel_stun_parse(&again, bel_writer_str(&writer)) == BEL_OK);
	require(again.class == msg->class && again.method == msg->method);
	require(!again.is_malformed && again.unknown_count == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bel_stun_msg msg;
	bel_str datagram = { (const char *)data, size };
	const bel_addr sources[] = { bel_addr_v4(192, 0, 2, 1, 5060),
				     { .family = 6, .ip = { 0x20, 1 }, .port = 9 } };

	if (bel_stun_parse(&msg, datagram) == BEL_OK)
		write_again(&msg);
	for (size_t i = 0; i < BEL_COUNT_OF(sources); i++) {
		char buf[BEL_STUN_ANSWER_BYTES_MAX], again[BEL_STUN_ANSWER_BYTES_MAX];
		struct bel_writer writer = bel_writer_init(buf, sizeof buf);
		struct bel_writer second = bel_writer_init(again, sizeof again);
		if (bel_stun_answer(&writer, datagram, &sources[i]))
			continue;
		require(bel_stun_is(datagram) && size >= BEL_STUN_HEADER_BYTES);
		require(bel_stun_is(bel_writer_str(&writer)));
		require(memcmp(buf + 4, data + 4, 16) == 0);
		require(bel_stun_answer(&second, bel_writer_str(&writer), &sources[i]) ==
			BEL_ERR_UNSUPPORTED);
	}
	return 0;
}
