/* SPDX-License-Identifier: Apache-2.0
 * Answers of name servers: the first byte chooses what was asked for, the rest is the
 * packet. */
#include <stdlib.h>

#include "io/resolver.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What comes out is bounded, and every name is one that we could ask for. */
static void check(const struct bel_dns_record *record)
{
	if (record->target.len > 255)
		abort();
	for (size_t i = 0; i < record->target.len; i++)
		if ((uint8_t)record->target.ptr[i] <= ' ')
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bel_dns_record records[BEL_DNS_RECORDS_MAX];
	unsigned count = BEL_DNS_RECORDS_MAX;
	uint32_t ttl_s;
	struct bel_arena arena;
	bel_str packet = { (const char *)data + 1, size - 1 };

	if (size < 1)
		return 0;
	bel_arena_init(&arena, NULL, 0, 1 << 20);
	if (bel_dns_parse(records, &count, &ttl_s, &arena, packet,
			  (enum bel_dns_type)(data[0] & 3)) == BEL_OK) {
		if (count > BEL_DNS_RECORDS_MAX)
			abort();
		for (unsigned i = 0; i < count; i++)
			check(&records[i]);
	}
	bel_arena_fini(&arena);
	return 0;
}
