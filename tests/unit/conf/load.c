/* SPDX-License-Identifier: Apache-2.0 */
#include "conf_support.h"

static void an_empty_file_is_a_safe_server(void **state)
{
	struct loaded *loaded = load("", NULL);
	const struct bel_conf *conf = loaded->conf;

	(void)state;
	assert_loaded(loaded);
	assert_str(conf->realm, "belfry");
	assert_int_equal(conf->domains_count, 0);
	assert_int_equal(conf->users_count, 0);
	assert_int_equal(conf->trusted_count, 0);
	assert_int_equal(conf->accepts_count, 0);
	assert_int_equal(conf->redirect.status, 0);
	assert_false(conf->tls.has_verify_off);
	assert_int_equal(conf->tls.min_version, 12);
	assert_int_equal(conf->digest.algorithms_count, 1);
	assert_int_equal(conf->digest.algorithms[0], BEL_MD5);
	assert_int_equal(conf->registrar.expires_s, 3600);
	assert_int_equal(conf->registrar.min_s, 60);
	assert_int_equal(conf->registrar.max_s, 86400);
	assert_int_equal(conf->registrar.contacts_max, 10);
	assert_int_equal(conf->registrar.keepalive_s, 25);
	assert_true(conf->registrar.has_outbound && conf->registrar.has_gruu);
	assert_int_equal(conf->proxy.timer_c_s, 180);
	assert_int_equal(conf->proxy.branches_max, 10);
	unload(loaded);
}

static void the_guard_has_its_figures_without_being_told(void **state)
{
	struct loaded *loaded = load("", NULL);

	(void)state;
	assert_true(loaded->conf->guard.has_bans);
	assert_int_equal(loaded->conf->guard.failures_per_minute, 10);
	assert_int_equal(loaded->conf->guard.ban_s, 3600);
	assert_int_equal(loaded->conf->guard.replies_per_minute, 10);
	assert_int_equal(loaded->conf->guard.calls_max, 30);
	assert_int_equal(loaded->conf->guard.calls_per_second, 5);
	assert_int_equal(loaded->conf->guard.connections_max, 100);
	unload(loaded);
}

static void the_node_has_its_defaults(void **state)
{
	struct loaded *loaded = load("", NULL);

	(void)state;
	assert_int_equal(loaded->conf->store.sync_ms, 5);
	assert_int_equal(loaded->conf->node.workers, 0);
	assert_int_equal(loaded->conf->node.drain_s, 5);
	assert_int_equal(loaded->conf->node.watchdog_s, 2);
	assert_int_equal(loaded->conf->node.trails, 1000);
	assert_int_equal(loaded->conf->node.log_level, BEL_LOG_INFO);
	assert_false(loaded->conf->node.log_is_json);
	assert_int_equal(loaded->conf->node.dns.family, 0);
	unload(loaded);
}

static void check_listen(const struct bel_conf_listen *listen, unsigned transport,
			 const char *addr)
{
	char buf[64];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	bel_addr_write(&writer, &listen->addr);
	assert_int_equal(listen->transport, transport);
	assert_str(bel_writer_str(&writer), addr);
}

static void a_port_alone_is_every_address_of_both_families(void **state)
{
	struct loaded *loaded = load("listen udp,tcp :5070\n", NULL);

	(void)state;
	assert_loaded(loaded);
	assert_int_equal(loaded->conf->listens_count, 4);
	check_listen(&loaded->conf->listens[0], BEL_CONF_UDP, "0.0.0.0:5070");
	check_listen(&loaded->conf->listens[1], BEL_CONF_UDP, "[::]:5070");
	check_listen(&loaded->conf->listens[2], BEL_CONF_TCP, "0.0.0.0:5070");
	check_listen(&loaded->conf->listens[3], BEL_CONF_TCP, "[::]:5070");
	assert_int_equal(loaded->conf->listens[3].at.line, 1);
	assert_int_equal(loaded->conf->listens[3].at.column, 16);
	unload(loaded);
}

static void an_address_alone_has_the_port_of_its_transport(void **state)
{
	struct loaded *loaded = load("listen udp,tls,http 192.0.2.1\n"
				     "listen tcp [2001:db8::1]\n",
				     NULL);

	(void)state;
	assert_loaded(loaded);
	assert_int_equal(loaded->conf->listens_count, 4);
	check_listen(&loaded->conf->listens[0], BEL_CONF_UDP, "192.0.2.1:5060");
	check_listen(&loaded->conf->listens[1], BEL_CONF_TLS, "192.0.2.1:5061");
	check_listen(&loaded->conf->listens[2], BEL_CONF_HTTP, "192.0.2.1:8080");
	check_listen(&loaded->conf->listens[3], BEL_CONF_TCP, "[2001:db8::1]:5060");
	unload(loaded);
}

static void both_spellings_of_listen_say_the_same(void **state)
{
	struct loaded *loaded = load("listen udp,tcp:127.0.0.1:5060\n"
				     "listen tls:[::1]:5061; listen udp::5090\n"
				     "listen udp:5091\n",
				     NULL);

	(void)state;
	assert_loaded(loaded);
	assert_int_equal(loaded->conf->listens_count, 7);
	check_listen(&loaded->conf->listens[1], BEL_CONF_TCP, "127.0.0.1:5060");
	check_listen(&loaded->conf->listens[2], BEL_CONF_TLS, "[::1]:5061");
	check_listen(&loaded->conf->listens[4], BEL_CONF_UDP, "[::]:5090");
	check_listen(&loaded->conf->listens[5], BEL_CONF_UDP, "0.0.0.0:5091");
	unload(loaded);
}

static void without_a_listener_there_are_the_usual_ones(void **state)
{
	struct loaded *loaded = load("domain example.com\n", NULL);

	(void)state;
	assert_int_equal(loaded->conf->listens_count, 4);
	check_listen(&loaded->conf->listens[2], BEL_CONF_TCP, "0.0.0.0:5060");
	assert_int_equal(loaded->conf->listens[0].at.line, 0);
	unload(loaded);
}

static void the_command_line_replaces_listeners_and_workers(void **state)
{
	static const bel_str listens[] = { { "udp:127.0.0.1:15060", 19 },
					   { "tls 127.0.0.1:15061", 19 } };
	struct loaded *loaded = load("listen udp :5060; workers 3", NULL);

	(void)state;
	assert_int_equal(loaded->conf->node.workers, 3);
	loaded->opts.listens = listens;
	loaded->opts.listens_count = 1;
	loaded->opts.workers = 1;
	load_again(loaded);
	assert_loaded(loaded);
	assert_int_equal(loaded->conf->node.workers, 1);
	assert_int_equal(loaded->conf->listens_count, 1);
	check_listen(&loaded->conf->listens[0], BEL_CONF_UDP, "127.0.0.1:15060");
	unload(loaded);
}

static void a_wrong_address_on_the_command_line_is_named(void **state)
{
	static const bel_str listens[] = { { "udp:localhost:15060", 19 } };
	struct loaded *loaded = load("", NULL);

	(void)state;
	loaded->opts.listens = listens;
	loaded->opts.listens_count = 1;
	load_again(loaded);
	assert_int_equal(loaded->err, BEL_ERR_SYNTAX);
	assert_str(loaded->report.problems[0].file, "--listen");
	assert_problem(
		loaded, 0,
		"1:5: \"localhost:15060\" is not an address to listen on; write it "
		"like :5060, 192.0.2.1:5060 or [::1]:5060");
	unload(loaded);
}

static void the_first_domain_is_the_realm_and_names_are_lower_case(void **state)
{
	struct loaded *loaded = load("domain Example.COM example.net { redirect 301 "
				     "sip:new.example }\ndomain 192.0.2.1\n",
				     NULL);
	const struct bel_conf_domain *domains = loaded->conf->domains;

	(void)state;
	assert_loaded(loaded);
	assert_int_equal(loaded->conf->domains_count, 3);
	assert_str(domains[0].name, "example.com");
	assert_str(domains[1].name, "example.net");
	assert_int_equal(domains[1].redirect.status, 301);
	assert_str(domains[1].redirect.target, "sip:new.example");
	assert_str(domains[2].name, "192.0.2.1");
	assert_int_equal(domains[2].redirect.status, 0);
	assert_int_equal(domains[2].at.line, 2);
	assert_str(loaded->conf->realm, "example.com");
	unload(loaded);
}

static void a_realm_that_was_fixed_stays_unless_the_file_says_another(void **state)
{
	struct loaded *loaded = load("domain example.com\n", NULL);

	(void)state;
	loaded->opts.realm = BEL_STR("old.example");
	load_again(loaded);
	assert_str(loaded->conf->realm, "old.example");
	loaded->opts.text = BEL_STR("realm new.example");
	load_again(loaded);
	assert_str(loaded->conf->realm, "new.example");
	assert_int_equal(loaded->report.warnings, 1);
	assert_problem(
		loaded, 0,
		"1:7: stored passwords were made for realm \"old.example\" and stop "
		"working; keep realm \"old.example\", or set them again");
	unload(loaded);
}

static void an_open_domain_and_unchecked_certificates_warn(void **state)
{
	struct loaded *loaded = load("domain example.com { open }\ntls verify off\n"
				     "trust 0.0.0.0/0\n",
				     NULL);

	(void)state;
	assert_int_equal(loaded->err, BEL_OK);
	assert_true(loaded->conf->domains[0].is_open);
	assert_true(loaded->conf->tls.has_verify_off);
	assert_int_equal(loaded->report.warnings, 3);
	assert_int_equal(loaded->report.errors, 0);
	assert_int_equal(loaded->report.problems[0].line, 1);
	assert_int_equal(loaded->report.problems[1].line, 2);
	assert_int_equal(loaded->report.problems[2].line, 3);
	unload(loaded);
}

static void a_group_is_a_block_or_words_behind_its_name(void **state)
{
	struct loaded *loaded = load(
		"register { expires 2h; contacts 3 }\n"
		"register min 2m\n"
		"guard failures 5 per minute\nguard { ban 2d; rate 7 }\n"
		"log json; log level debug; log file belfry.log\n"
		"run as belfry; store sqlite x.db\n"
		"proxy forks 4; tls min 1.3; tls clients ca.pem\n",
		NULL);
	const struct bel_conf *conf = loaded->conf;

	(void)state;
	assert_loaded(loaded);
	assert_int_equal(conf->registrar.expires_s, 7200);
	assert_int_equal(conf->registrar.contacts_max, 3);
	assert_int_equal(conf->registrar.min_s, 120);
	assert_int_equal(conf->guard.failures_per_minute, 5);
	assert_int_equal(conf->guard.ban_s, 172800);
	assert_int_equal(conf->guard.calls_per_second, 7);
	assert_true(conf->node.log_is_json);
	assert_int_equal(conf->node.log_level, BEL_LOG_DEBUG);
	assert_str(conf->node.log_file, "belfry.log");
	assert_str(conf->node.run_as, "belfry");
	assert_str(conf->store.sqlite, "x.db");
	assert_int_equal(conf->proxy.branches_max, 4);
	assert_int_equal(conf->tls.min_version, 13);
	assert_str(conf->tls.clients_ca, "ca.pem");
	unload(loaded);
}

static void a_word_may_stand_for_zero(void **state)
{
	struct loaded *loaded = load(
		"sync always; keepalive off; watchdog off; trace off\n"
		"outbound off; gruu off; guard bans off; drain 0s",
		NULL);
	const struct bel_conf *conf = loaded->conf;

	(void)state;
	assert_loaded(loaded);
	assert_int_equal(conf->store.sync_ms, 0);
	assert_int_equal(conf->registrar.keepalive_s, 0);
	assert_int_equal(conf->node.watchdog_s, 0);
	assert_int_equal(conf->node.trails, 0);
	assert_int_equal(conf->node.drain_s, 0);
	assert_false(conf->registrar.has_outbound || conf->registrar.has_gruu);
	assert_false(conf->guard.has_bans);
	unload(loaded);
}

static void networks_domains_and_hosts_are_kept_as_values(void **state)
{
	struct loaded *loaded = load("trust 10.0.0.0/8 192.0.2.7 2001:db8::/32\n"
				     "accept from Example.NET\naccept from any\n"
				     "host GW.example.net 192.0.2.9:5070 tcp\n"
				     "dns 192.0.2.53; public auto 198.51.100.1\n"
				     "digest sha-512-256 SHA-256 md5; redirect bindings",
				     NULL);
	const struct bel_conf *conf = loaded->conf;

	(void)state;
	assert_loaded(loaded);
	assert_int_equal(conf->trusted_count, 3);
	assert_int_equal(conf->trusted[0].prefix_bits, 8);
	assert_int_equal(conf->trusted[1].prefix_bits, 32);
	assert_int_equal(conf->trusted[2].prefix_bits, 32);
	assert_int_equal(conf->trusted[2].addr.family, 6);
	assert_str(conf->accepts[0].domain, "example.net");
	assert_int_equal(conf->accepts[1].domain.len, 0);
	assert_str(conf->hosts[0].name, "gw.example.net");
	assert_int_equal(conf->hosts[0].addr.port, 5070);
	assert_int_equal(conf->hosts[0].transport, BEL_CONF_TCP);
	assert_int_equal(conf->node.dns.port, 53);
	assert_true(conf->public_is_auto);
	assert_int_equal(conf->publics_count, 1);
	assert_int_equal(conf->digest.algorithms_count, 3);
	assert_int_equal(conf->digest.algorithms[0], BEL_SHA512_256);
	assert_int_equal(conf->digest.algorithms[2], BEL_MD5);
	assert_int_equal(conf->redirect.status, 302);
	assert_int_equal(conf->redirect.target.len, 0);
	assert_int_equal(conf->redirect.at.line, 6);
	unload(loaded);
}

static void a_country_takes_its_prefixes_on_the_line_or_in_a_block(void **state)
{
	struct loaded *line = load("country +49 trunk-prefix 0 international-prefix 00\n",
				   NULL);
	struct loaded *block = load("country +1 { international-prefix 011 }\n", NULL);

	(void)state;
	assert_loaded(line);
	assert_loaded(block);
	assert_str(line->conf->dialling.country, "+49");
	assert_str(line->conf->dialling.trunk_prefix, "0");
	assert_str(line->conf->dialling.international_prefix, "00");
	assert_int_equal(line->conf->dialling.at.line, 1);
	assert_str(block->conf->dialling.country, "+1");
	assert_int_equal(block->conf->dialling.trunk_prefix.len, 0);
	assert_str(block->conf->dialling.international_prefix, "011");
	unload(line);
	unload(block);
}

static void all_mistakes_are_told_in_the_order_of_the_lines(void **state)
{
	struct loaded *loaded = load("user a { password file:none; number 1 }\n"
				     "listn udp :5060\nworkers x\n"
				     "user b { password y; number 1 }\n",
				     NULL);

	(void)state;
	assert_int_equal(loaded->err, BEL_ERR_SYNTAX);
	assert_null(loaded->conf);
	assert_int_equal(loaded->report.errors, 4);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(loaded->report.problems[i].line, i + 1);
	unload(loaded);
}

static void more_mistakes_than_are_kept_are_counted(void **state)
{
	char text[BEL_CONF_PROBLEMS_MAX * 3 * 2 + 1];
	struct loaded *loaded;

	(void)state;
	for (unsigned i = 0; i < BEL_CONF_PROBLEMS_MAX * 3; i++)
		memcpy(text + 2 * i, "q\n", 3);
	loaded = load(text, NULL);
	assert_int_equal(loaded->report.count, BEL_CONF_PROBLEMS_MAX);
	assert_int_equal(loaded->report.errors, BEL_CONF_PROBLEMS_MAX * 3);
	unload(loaded);
}

static void a_file_of_more_than_a_mebibyte_is_refused(void **state)
{
	size_t size = (1 << 20) + 2;
	char *text = malloc(size);
	struct loaded *loaded;

	(void)state;
	assert_non_null(text);
	memset(text, '\n', size);
	text[size - 1] = '\0';
	struct fake_file files[] = { { "big.conf", text }, { NULL, NULL } };
	loaded = load("include big.conf\n", files);
	assert_problem(loaded, 0, "1:9: big.conf has more than 1048576 bytes; ");
	loaded->opts.path = BEL_STR("big.conf");
	load_again(loaded);
	assert_int_equal(loaded->err, BEL_ERR_SYNTAX);
	assert_int_equal(loaded->report.errors, 1);
	unload(loaded);
	free(text);
}

static void a_path_that_cannot_be_read_is_the_callers_error(void **state)
{
	struct loaded *loaded = load("", NULL);

	(void)state;
	loaded->opts.path = BEL_STR("none.conf");
	load_again(loaded);
	assert_int_equal(loaded->err, -ENOENT);
	assert_int_equal(loaded->report.count, 0);
	unload(loaded);
}

static void a_reference_keeps_the_configuration(void **state)
{
	struct loaded *loaded = load("domain example.com", NULL);
	struct bel_conf *conf = bel_conf_ref(loaded->conf);

	(void)state;
	unload(loaded);
	assert_str(conf->domains[0].name, "example.com");
	bel_conf_unref(conf);
	bel_conf_unref(NULL);
}

static const struct fake_file story_files[] = {
	{ "more.conf", "users list.txt\nhost a.b 192.0.2.1\n" },
	{ "list.txt", "eve:example.com:md5:0123456789abcdef0123456789abcdef\n" },
	{ "alice.pw", "wonder\n" },
	{ NULL, NULL },
};

static enum bel_err load_story(void *user)
{
	static const char text[] =
		"domain example.com\nlisten udp,tcp :5060\ninclude more.conf\n"
		"user alice { number 101 102; display \"A \\\"B\\\"\"; password "
		"file:alice.pw }\n"
		"route out { 112 to sip:a.b as +*; * reject 404 }\n";
	struct bel_conf_reader reader = { .read = fake_read,
					  .environment = fake_environment,
					  .user = (void *)(uintptr_t)story_files };
	struct bel_conf_opts opts = { .text = bel_str_from(text), .reader = &reader };
	struct bel_conf_report *report = calloc(1, sizeof *report);
	struct bel_conf *conf = NULL;
	enum bel_err err;

	(void)user;
	if (!report)
		return -ENOMEM;
	bel_conf_report_init(report);
	err = bel_conf_load(&conf, report, &opts);
	bel_conf_unref(conf);
	bel_conf_report_fini(report);
	free(report);
	return err;
}

static void without_memory_nothing_is_half_loaded(void **state)
{
	(void)state;
	bel_test_each_allocation_fails(load_story, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_file_is_a_safe_server),
		cmocka_unit_test(the_guard_has_its_figures_without_being_told),
		cmocka_unit_test(the_node_has_its_defaults),
		cmocka_unit_test(a_port_alone_is_every_address_of_both_families),
		cmocka_unit_test(an_address_alone_has_the_port_of_its_transport),
		cmocka_unit_test(both_spellings_of_listen_say_the_same),
		cmocka_unit_test(without_a_listener_there_are_the_usual_ones),
		cmocka_unit_test(the_command_line_replaces_listeners_and_workers),
		cmocka_unit_test(a_wrong_address_on_the_command_line_is_named),
		cmocka_unit_test(the_first_domain_is_the_realm_and_names_are_lower_case),
		cmocka_unit_test(
			a_realm_that_was_fixed_stays_unless_the_file_says_another),
		cmocka_unit_test(an_open_domain_and_unchecked_certificates_warn),
		cmocka_unit_test(a_group_is_a_block_or_words_behind_its_name),
		cmocka_unit_test(a_word_may_stand_for_zero),
		cmocka_unit_test(networks_domains_and_hosts_are_kept_as_values),
		cmocka_unit_test(a_country_takes_its_prefixes_on_the_line_or_in_a_block),
		cmocka_unit_test(all_mistakes_are_told_in_the_order_of_the_lines),
		cmocka_unit_test(more_mistakes_than_are_kept_are_counted),
		cmocka_unit_test(a_file_of_more_than_a_mebibyte_is_refused),
		cmocka_unit_test(a_path_that_cannot_be_read_is_the_callers_error),
		cmocka_unit_test(a_reference_keeps_the_configuration),
		cmocka_unit_test(without_memory_nothing_is_half_loaded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
