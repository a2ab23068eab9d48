/* SPDX-License-Identifier: Apache-2.0
 * Which calls have their media carried, and why. */
#include "support/support.h"

#include "anchor/anchor.h"

enum {
	AUTO = BEL_CONF_RELAY_AUTO,
	ALWAYS = BEL_CONF_RELAY_ALWAYS,
	NEVER = BEL_CONF_RELAY_NEVER
};

static bel_addr addr(const char *text)
{
	bel_addr addr = { .family = 0 };

	if (*text)
		assert_int_equal(bel_addr_parse_host(&addr, bel_str_from(text)), BEL_OK);
	return addr;
}

static const struct {
	const char *why;
	const char *caller, *caller_says, *callee, *callee_says;
	int mode;
	bool are_keys_refused;
	unsigned reasons;
} cases[] = {
	{ "both are where they say", "198.51.100.1", "198.51.100.1", "203.0.113.2",
	  "203.0.113.2", AUTO, false, 0 },
	{ "neighbours in one private network", "192.168.1.2", "192.168.1.2",
	  "192.168.1.3", "192.168.1.3", AUTO, false, 0 },
	{ "all on this machine", "127.0.0.1", "127.0.0.2", "127.0.0.1", "127.0.0.1", AUTO,
	  false, 0 },
	{ "a private address announced from a public one", "198.51.100.1", "10.0.0.5",
	  "203.0.113.2", "203.0.113.2", AUTO, false, BEL_ANCHOR_CALLER_NAT },
	{ "the same of the callee", "198.51.100.1", "198.51.100.1", "203.0.113.2",
	  "192.168.7.7", AUTO, false, BEL_ANCHOR_CALLEE_NAT },
	{ "both", "198.51.100.1", "10.0.0.5", "203.0.113.2", "192.168.7.7", AUTO, false,
	  BEL_ANCHOR_CALLER_NAT | BEL_ANCHOR_CALLEE_NAT },
	{ "a NAT between two private networks", "192.168.1.1", "10.0.0.5", "192.168.1.9",
	  "192.168.1.9", AUTO, false, BEL_ANCHOR_CALLER_NAT },
	{ "carrier-grade NAT", "198.51.100.1", "100.64.3.4", "203.0.113.2", "203.0.113.2",
	  AUTO, false, BEL_ANCHOR_CALLER_NAT },
	{ "a media server with an address of its own", "198.51.100.1", "198.51.100.77",
	  "203.0.113.2", "203.0.113.2", AUTO, false, 0 },
	{ "one inside, one outside", "192.168.1.2", "192.168.1.2", "203.0.113.2",
	  "203.0.113.2", AUTO, false, BEL_ANCHOR_NETWORKS },
	{ "one on this machine", "127.0.0.1", "127.0.0.1", "192.168.1.2", "192.168.1.2",
	  AUTO, false, BEL_ANCHOR_NETWORKS },
	{ "IPv6 to IPv4", "2001:4860::1", "2001:4860::1", "203.0.113.2", "203.0.113.2",
	  AUTO, false, BEL_ANCHOR_FAMILIES },
	{ "media of the other family than signalling", "198.51.100.1", "2001:4860::1",
	  "203.0.113.2", "203.0.113.2", AUTO, false, BEL_ANCHOR_FAMILIES },
	{ "nothing said", "198.51.100.1", "", "203.0.113.2", "", AUTO, false, 0 },
	{ "other keys", "198.51.100.1", "198.51.100.1", "203.0.113.2", "203.0.113.2",
	  AUTO, true, BEL_ANCHOR_KEYS },
	{ "always", "198.51.100.1", "198.51.100.1", "203.0.113.2", "203.0.113.2", ALWAYS,
	  false, BEL_ANCHOR_ALWAYS },
	{ "never, whatever stands between", "198.51.100.1", "10.0.0.5", "203.0.113.2",
	  "192.168.7.7", NEVER, true, 0 },
};

static void the_reasons_are_those_of_the_table(void **state)
{
	(void)state;
	for (unsigned i = 0; i < BEL_COUNT_OF(cases); i++) {
		struct bel_anchor_facts facts = {
			.mode = (enum bel_conf_relay)cases[i].mode,
			.caller = addr(cases[i].caller),
			.callee = addr(cases[i].callee),
			.caller_says = addr(cases[i].caller_says),
			.callee_says = addr(cases[i].callee_says),
			.are_keys_refused = cases[i].are_keys_refused,
		};
		unsigned reasons = bel_anchor_need(&facts);
		if (reasons != cases[i].reasons)
			fail_msg("%s: %x, not %x", cases[i].why, reasons,
				 cases[i].reasons);
	}
}

static void reasons_are_told_one_after_the_other(void **state)
{
	char text[200];
	struct bel_writer writer = bel_writer_init(text, sizeof text);

	(void)state;
	bel_anchor_need_write(&writer, BEL_ANCHOR_CALLEE_NAT | BEL_ANCHOR_KEYS);
	assert_str(bel_writer_str(&writer), "the callee is behind a NAT, the callee does "
					    "not take the caller's keys");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_reasons_are_those_of_the_table),
		cmocka_unit_test(reasons_are_told_one_after_the_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
