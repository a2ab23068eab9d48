/* SPDX-License-Identifier: Apache-2.0 */
#include "conf_support.h"

static void nothing_is_served_unless_it_is_said(void **state)
{
	struct loaded *loaded = load("", NULL);

	(void)state;
	assert_loaded(loaded);
	assert_false(loaded->conf->turn.is_on);
	assert_int_equal(loaded->conf->turn.listens_count, 0);
	unload(loaded);
}

static void the_word_alone_is_a_server_that_lets_nobody_in_but_users(void **state)
{
	static const unsigned transports[] = { BEL_CONF_UDP, BEL_CONF_UDP, BEL_CONF_TCP,
					       BEL_CONF_TCP };
	struct loaded *loaded = load("turn", NULL);
	const struct bel_conf *conf = loaded->conf;

	(void)state;
	assert_loaded(loaded);
	assert_true(conf->turn.is_on);
	assert_int_equal(conf->turn.listens_count, BEL_COUNT_OF(transports));
	for (size_t i = 0; i < BEL_COUNT_OF(transports); i++) {
		assert_int_equal(conf->turn.listens[i].transport, transports[i]);
		assert_int_equal(conf->turn.listens[i].addr.port, 3478);
		assert_int_equal(bel_addr_range(&conf->turn.listens[i].addr),
				 BEL_ADDR_UNSPECIFIED);
	}
	assert_int_equal(conf->turn.secrets_count, 0);
	assert_int_equal(conf->turn.allowed_count, 0);
	assert_int_equal(conf->turn.relays_max, 10);
	assert_int_equal(conf->turn.bytes_per_s, 1250000);
	assert_int_equal(conf->turn.port_min, 49152);
	assert_int_equal(conf->turn.port_max, 65535);
	unload(loaded);
}

static void all_of_it_is_taken(void **state)
{
	struct loaded *loaded = load("turn {\n"
				     "    listen udp 192.0.2.1\n"
				     "    listen tls [2001:db8::1]\n"
				     "    secret one; secret \"and another\"\n"
				     "    allow 10.0.0.0/8 fd00::/8; allow 172.16.0.1\n"
				     "    deny 10.1.0.0/16\n"
				     "    relays 3 per user\n"
				     "    bytes unlimited\n"
				     "    ports 50000-50999\n"
				     "    public 203.0.113.7 2001:db8::7\n"
				     "}\n",
				     NULL);
	const struct bel_conf *conf = loaded->conf;

	(void)state;
	assert_loaded(loaded);
	assert_int_equal(conf->turn.listens_count, 2);
	assert_int_equal(conf->turn.listens[0].addr.port, 3478);
	assert_int_equal(conf->turn.listens[1].transport, BEL_CONF_TLS);
	assert_int_equal(conf->turn.listens[1].addr.port, 5349);
	assert_int_equal(conf->turn.secrets_count, 2);
	assert_str(conf->turn.secrets[0], "one");
	assert_str(conf->turn.secrets[1], "and another");
	assert_int_equal(conf->turn.allowed_count, 3);
	assert_int_equal(conf->turn.allowed[0].prefix_bits, 8);
	assert_int_equal(conf->turn.allowed[2].prefix_bits, 32);
	assert_int_equal(conf->turn.denied_count, 1);
	assert_int_equal(conf->turn.relays_max, 3);
	assert_int_equal(conf->turn.bytes_per_s, 0);
	assert_int_equal(conf->turn.port_min, 50000);
	assert_int_equal(conf->turn.port_max, 50999);
	assert_int_equal(conf->turn.publics_count, 2);
	unload(loaded);
}

static void one_word_of_it_turns_it_on(void **state)
{
	struct loaded *loaded = load("turn relays 2 per user", NULL);

	(void)state;
	assert_loaded(loaded);
	assert_true(loaded->conf->turn.is_on);
	assert_int_equal(loaded->conf->turn.listens_count, 4);
	assert_int_equal(loaded->conf->turn.relays_max, 2);
	unload(loaded);
}

static void who_lets_everything_in_is_warned(void **state)
{
	struct loaded *loaded = load("turn allow 10.0.0.0/8 0.0.0.0/0", NULL);

	(void)state;
	assert_int_equal(loaded->err, BEL_OK);
	assert_int_equal(loaded->report.warnings, 1);
	unload(loaded);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_served_unless_it_is_said),
		cmocka_unit_test(
			the_word_alone_is_a_server_that_lets_nobody_in_but_users),
		cmocka_unit_test(all_of_it_is_taken),
		cmocka_unit_test(who_lets_everything_in_is_warned),
		cmocka_unit_test(one_word_of_it_turns_it_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
