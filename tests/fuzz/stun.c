/* SPDX-License-Identifier: Apache-2.0
 * A datagram that may be STUN: what is answered is a Binding request, its answer is STUN
 * of the same transaction and is itself never answered. */
#include <stdlib.h>
#include "stun/stun.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool is_true)
{
	if (!is_true)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bel_str datagram = { (const char *)data, size };
	const bel_addr sources[] = { bel_addr_v4(192, 0, 2, 1, 5060),
				     { .family = 6, .ip = { 0x20, 1 }, .port = 9 } };

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
