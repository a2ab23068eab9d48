/* SPDX-License-Identifier: Apache-2.0 */
#include "support/support.h"

static void every_octet_is_written_as_it_reads(void **state)
{
	char buf[64], text[32];

	(void)state;
	for (unsigned octet = 0; octet < 256; octet++) {
		bel_addr addr = bel_addr_v4((uint8_t)octet, 0, 10, (uint8_t)(255 - octet),
					    0),
			 again;
		struct bel_writer writer = bel_writer_init(buf, sizeof buf);
		snprintf(text, sizeof text, "%u.0.10.%u", octet, 255 - octet);
		bel_addr_write_host(&writer, &addr);
		assert_str(bel_writer_str(&writer), text);
		assert_int_equal(bel_addr_parse_host(&again, bel_writer_str(&writer)),
				 BEL_OK);
		assert_true(bel_addr_is_same_host(&addr, &again));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_octet_is_written_as_it_reads),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
