/* SPDX-License-Identifier: Apache-2.0
 * Every variant of the scan against the scalar one, which is the definition. */
#include "support/support.h"
#include "sip/scan.h"

enum { BLOCKS = 3 };

static void agree(const char *text, size_t count)
{
	unsigned scanners_count;
	const struct bel_sip_scanner *scanners = bel_sip_scanners(&scanners_count);
	uint64_t control[BLOCKS], special[BLOCKS], truth[2][BLOCKS];

	bel_sip_scan_scalar(truth[0], truth[1], text, count);
	for (unsigned i = 0; i < scanners_count; i++) {
		if (!scanners[i].is_here())
			continue;
		scanners[i].scan(control, special, text, count);
		if (memcmp(control, truth[0], 8 * count) ||
		    memcmp(special, truth[1], 8 * count))
			fail_msg("%s differs", scanners[i].name);
	}
}

/* At every alignment, and with nothing readable behind it. */
static void all_variants_agree_on_random_bytes(void **state)
{
	uint64_t random = 3261;
	char text[64 * BLOCKS + 63];

	(void)state;
	for (unsigned round = 0; round < 2000; round++) {
		for (size_t i = 0; i < sizeof text; i++) {
			random = random * 6364136223846793005u + 1442695040888963407u;
			text[i] = (char)(random >> (round % 8 + 40));
		}
		size_t before = round % 64, count = round % (BLOCKS + 1);
		bel_str exact = bel_test_exact((bel_str){ text, before + 64 * count });
		agree(exact.ptr + before, count);
		free((void *)(uintptr_t)exact.ptr);
	}
}

static void every_byte_is_seen_alike_at_every_place(void **state)
{
	char text[64];

	(void)state;
	for (unsigned c = 0; c < 256; c++)
		for (size_t at = 0; at < sizeof text; at++) {
			memset(text, 'a', sizeof text);
			text[at] = (char)c;
			agree(text, 1);
		}
}

static void the_scalar_scan_tells_controls_and_special_bytes(void **state)
{
	char text[64];
	uint64_t control, special;

	(void)state;
	memset(text, 'z', sizeof text);
	memcpy(text, "aZ09-._\t:\r\n\x7f\xff\x80 @", 16);
	bel_sip_scan_scalar(&control, &special, text, 1);
	assert_int_equal(control, 0x0e00);
	assert_int_equal(special, 0xff80);
}

/* ---- finding marks ---- */

static void a_mark_is_found_from_any_place_before_it(void **state)
{
	uint64_t bits[4];

	(void)state;
	for (size_t mark = 0; mark < 128; mark++) {
		memset(bits, 0, sizeof bits);
		bits[mark / 64] |= (uint64_t)1 << mark % 64;
		bits[2] = UINT64_MAX;
		for (size_t at = 0; at < 128; at++)
			assert_int_equal(bel_sip_marks_find(bits, at),
					 at <= mark ? mark : 128);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_variants_agree_on_random_bytes),
		cmocka_unit_test(every_byte_is_seen_alike_at_every_place),
		cmocka_unit_test(the_scalar_scan_tells_controls_and_special_bytes),
		cmocka_unit_test(a_mark_is_found_from_any_place_before_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
