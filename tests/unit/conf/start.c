/* SPDX-License-Identifier: Apache-2.0
 * What a reload names as left for the next start. */
#include "conf_support.h"

static void put_name(void *user, bel_str name)
{
	struct bel_writer *names = user;

	if (names->len)
		bel_write_lit(names, ", ");
	bel_write_str(names, name);
}

static void what_only_a_start_takes_up_is_named(void **state)
{
	static const struct {
		const char *before, *after, *named;
	} rows[] = {
		{ "", "", "" },
		{ "listen udp :5060", "listen udp :5060", "" },
		{ "listen udp :5060", "listen udp :5070", "listen" },
		{ "listen udp :5060", "listen tcp :5060", "listen" },
		{ "listen udp :5060", "listen udp,tcp :5060", "listen" },
		{ "public 192.0.2.1", "public 192.0.2.2", "public" },
		{ "dns 192.0.2.53", "", "dns" },
		{ "workers 1", "workers 2", "workers" },
		{ "sync 5ms", "sync always", "sync" },
		{ "store sqlite a", "store sqlite b", "store sqlite" },
		{ "trace 10", "trace off", "trace" },
		{ "run as belfry", "run as phone", "run as" },
		{ "guard connections 100 per source", "guard connections 5 per source",
		  "guard connections" },
		{ "log json", "log text", "log json" },
		{ "log level info; log file a", "log { level debug; file b }",
		  "log level, log file" },
		{ "", "turn", "turn, turn listen" },
		{ "turn", "turn { listen udp :3478 }", "turn listen" },
		{ "turn public 192.0.2.1", "turn public 192.0.2.2", "turn public" },
		/* What a reload takes up. */
		{ "turn",
		  "turn { relays 3 per user; allow 10.0.0.0/8; ports 50000-51000 }", "" },
		{ "domain a.test", "domain b.test; user c { password \"secret word\" }",
		  "" },
		{ "drain 5s; watchdog 2s", "drain 6s; watchdog off", "" },
		{ "tls min 1.2", "tls min 1.3", "" },
		{ "guard rate 5 per second", "guard rate 6 per second", "" },
	};

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		struct loaded *before = load(rows[i].before, NULL);
		struct loaded *after = load(rows[i].after, NULL);
		char buf[256];
		struct bel_writer names = bel_writer_init(buf, sizeof buf);

		assert_int_equal(before->err, BEL_OK);
		assert_int_equal(after->err, BEL_OK);
		bel_conf_each_at_start(before->conf, after->conf, put_name, &names);
		assert_str(bel_writer_str(&names), rows[i].named);
		unload(before);
		unload(after);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_only_a_start_takes_up_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
