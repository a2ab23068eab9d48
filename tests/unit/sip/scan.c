/* SPDX-License-Identifier: Apache-2.0
 * Every variant of the scan against the scalar one, which is the definition. */
#include "support/support.h"
#include "sip/scan.h"

static void agree(bel_str bytes)
{
	unsigned count;
	const struct bel_sip_scanner *scanners = bel_sip_scanners(&count);

	for (unsigned i = 0; i < count; i++) {
		if (!scanners[i].is_here())
			continue;
		for (size_t from = 0; from <= bytes.len; from++) {
			struct bel_sip_hit hit = scanners[i].scan(bytes.ptr, from,
								  bytes.len);
			struct bel_sip_hit truth = bel_sip_scan_scalar(bytes.ptr, from,
								       bytes.len);
			if (hit.control != truth.control || hit.colon != truth.colon)
				fail_msg("%s differs at %zu of %zu", scanners[i].name,
					 from, bytes.len);
		}
	}
}

static void all_variants_agree_on_random_bytes(void **state)
{
	uint64_t random = 3261;
	char text[131];

	(void)state;
	for (unsigned round = 0; round < 400; round++) {
		for (size_t i = 0; i < sizeof text; i++) {
			random = random * 6364136223846793005u + 1442695040888963407u;
			/* mostly letters, so that runs are longer than a block */
			unsigned draw = (unsigned)(random >> 40) % (round % 7 * 40 + 8);
			text[i] = draw == 0   ? (char)(random >> 56)
				  : draw == 1 ? ':'
				  : draw == 2 ? '\t'
					      : (char)('a' + draw % 26);
		}
		bel_str exact = bel_test_exact(
			(bel_str){ text, (random >> 33) % sizeof text });
		agree(exact);
		free((void *)(uintptr_t)exact.ptr);
	}
}

static void every_byte_is_seen_alike_at_every_place(void **state)
{
	char text[70];

	(void)state;
	for (unsigned c = 0; c < 256; c++)
		for (size_t at = 0; at < sizeof text; at += 3) {
			memset(text, 'a', sizeof text);
			text[at] = (char)c;
			agree((bel_str){ text, sizeof text });
		}
}

static void the_scalar_scan_stops_at_controls_but_tabs(void **state)
{
	struct bel_sip_hit hit = bel_sip_scan_scalar("a\tb:c:\r\n", 0, 8);

	(void)state;
	assert_int_equal(hit.control, 6);
	assert_int_equal(hit.colon, 3);
	hit = bel_sip_scan_scalar("ab\x7f:", 0, 4);
	assert_int_equal(hit.control, 2);
	assert_int_equal(hit.colon, 2);
	hit = bel_sip_scan_scalar("\xff\x80", 0, 2);
	assert_int_equal(hit.control, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_variants_agree_on_random_bytes),
		cmocka_unit_test(every_byte_is_seen_alike_at_every_place),
		cmocka_unit_test(the_scalar_scan_stops_at_controls_but_tabs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
