/* SPDX-License-Identifier: Apache-2.0
 * What DNS may say wrongly of a domain; and of certificates, what a file may be. */
#include <time.h>

#include "support/cert.h"
#include "support/failing_alloc.h"
#include "unit/doctor/visit.h"

static void put_srv(struct visit *visit, const char *service, const char *target,
		    uint16_t port)
{
	const struct bel_dns_record record = { .type = BEL_DNS_SRV,
					       .ttl_s = 60,
					       .priority = 10,
					       .port = port,
					       .target = bel_str_from(target) };
	char name[128];

	snprintf(name, sizeof name, "%s.example.net", service);
	assert_int_equal(bel_sim_dns_put(visit->sim, name, &record), BEL_OK);
}

static void put_addr(struct visit *visit, const char *name, bel_addr addr)
{
	const struct bel_dns_record record = { .type = BEL_DNS_A,
					       .ttl_s = 60,
					       .addr = addr };

	assert_int_equal(bel_sim_dns_put(visit->sim, name, &record), BEL_OK);
}

static void put_naptr(struct visit *visit, const char *replacement)
{
	const struct bel_dns_record record = { .type = BEL_DNS_NAPTR,
					       .ttl_s = 60,
					       .flags = BEL_STR("s"),
					       .service = BEL_STR("SIP+D2U"),
					       .target = bel_str_from(replacement) };

	assert_int_equal(bel_sim_dns_put(visit->sim, "example.net", &record), BEL_OK);
}

static struct visit *visit_domain(void)
{
	struct visit *visit = visit_new(bel_addr_v4(192, 0, 2, 77, 0));

	visit->opts.domains[visit->opts.domains_count++] = BEL_STR("example.net");
	return visit;
}

static struct bel_conf *conf_of(const char *text)
{
	struct bel_conf_report report;
	struct bel_conf *conf;

	bel_conf_report_init(&report);
	assert_int_equal(
		bel_conf_load(&conf, &report,
			      &(struct bel_conf_opts){ .text = bel_str_from(text) }),
		BEL_OK);
	bel_conf_report_fini(&report);
	return conf;
}

static void records_that_fit_are_right(void **state)
{
	struct visit *visit = visit_domain();

	(void)state;
	put_naptr(visit, "_sip._udp.example.net");
	put_srv(visit, "_sip._udp", "sip.example.net", 5060);
	put_srv(visit, "_sip._tcp", "sip.example.net", 5060);
	put_addr(visit, "sip.example.net", bel_addr_v4(203, 0, 113, 5, 0));
	visit_make(visit);
	assert_found(visit, "ok dns: example.net: NAPTR 1, SRV udp 1 tcp 1 tls 0, "
			    "addresses 0");
	visit_free(visit);
}

static void a_domain_without_records_is_told(void **state)
{
	struct visit *visit = visit_domain();

	(void)state;
	visit_make(visit);
	assert_found(visit, "bad dns: example.net has neither SRV nor address records");
	visit_free(visit);
}

static void targets_without_addresses_are_told(void **state)
{
	struct visit *visit = visit_domain();

	(void)state;
	put_srv(visit, "_sip._udp", "sip.example.net", 5060);
	visit_make(visit);
	assert_found(visit, "bad dns: example.net: _sip._udp leads to sip.example.net, "
			    "which has no address");
	assert_false(visit_found(visit, "ok dns"));
	visit_free(visit);
}

static void naptr_without_srv_is_told(void **state)
{
	struct visit *visit = visit_domain();

	(void)state;
	put_naptr(visit, "_sip._udp.example.net");
	put_addr(visit, "example.net", bel_addr_v4(203, 0, 113, 5, 0));
	visit_make(visit);
	assert_found(visit, "bad dns: example.net: NAPTR leads to _sip._udp.example.net");
	visit_free(visit);
}

static void name_servers_that_fail_are_told(void **state)
{
	struct visit *visit = visit_domain();

	(void)state;
	assert_int_equal(bel_sim_dns_fail(visit->sim, "example.net", BEL_ERR_DNS, 0),
			 BEL_OK);
	visit_make(visit);
	assert_found(visit, "bad dns: example.net: ");
	assert_found(visit, "bad dns: ");
	visit_free(visit);
}

/* One that hangs is not waited for. */
static void name_servers_that_hang_are_told(void **state)
{
	struct visit *visit = visit_domain();

	(void)state;
	assert_int_equal(bel_sim_dns_fail(visit->sim, "example.net", BEL_OK, 60000),
			 BEL_OK);
	visit_make(visit);
	assert_found(visit, "bad dns: example.net: ");
	assert_true(visit->took_ms < 7000);
	visit_free(visit);
}

static void a_port_that_nobody_listens_to_is_told(void **state)
{
	struct visit *visit = visit_domain();
	struct bel_conf *conf = conf_of("listen udp,tcp 192.0.2.77:5070\n"
					"listen tls 192.0.2.77:5061\n");

	(void)state;
	visit->opts.conf = conf;
	put_srv(visit, "_sip._udp", "sip.example.net", 5060);
	put_addr(visit, "sip.example.net", bel_addr_v4(192, 0, 2, 77, 0));
	visit_make(visit);
	assert_found(visit, "bad dns: example.net: _sip._udp leads to port 5060 of this");
	assert_found(visit, "warn dns: example.net has no SRV records for TLS");
	assert_found(visit, "ok ports: udp 192.0.2.77:5070 is free");
	visit_free(visit);
	bel_conf_unref(conf);
}

static void addresses_of_others_are_told(void **state)
{
	struct visit *visit = visit_new(bel_addr_v4(10, 0, 0, 2, 0));
	struct bel_conf *conf = conf_of("listen udp 192.0.2.9:5070\n");

	(void)state;
	visit->opts.conf = conf;
	visit_make(visit);
	assert_found(visit, "bad ports: udp 192.0.2.9:5070: this machine has no such");
	assert_found(visit, "warn addresses: 10.0.0.2 is private");
	visit_free(visit);
	bel_conf_unref(conf);
}

/* ---- certificates ---- */

static void assert_certificate(int64_t now_s, const char *pem, const char *conf_text,
			       const char *told)
{
	struct visit *visit = visit_new(bel_addr_v4(192, 0, 2, 77, 0));
	struct bel_conf *conf = conf_of(conf_text);

	visit->opts.conf = conf;
	visit->opts.certificate = bel_str_from(pem);
	visit->opts.now_s = now_s;
	visit_make(visit);
	assert_found(visit, told);
	visit_free(visit);
	bel_conf_unref(conf);
}

static void certificates_are_judged(void **state)
{
	struct bel_test_cert root, middle, leaf, old;
	char chain[3 * sizeof leaf.cert];
	/* Before they are made: each holds for a day from then on, at the least. */
	const int64_t now_s = time(NULL);

	(void)state;
	bel_test_cert_make(&root, &(struct bel_test_cert_opts){ .common_name = "root",
								.is_authority = true });
	bel_test_cert_make(&middle, &(struct bel_test_cert_opts){ .common_name = "middle",
								  .issuer = &root,
								  .is_authority = true });
	bel_test_cert_make(&leaf,
			   &(struct bel_test_cert_opts){ .names = "DNS:example.net",
							 .issuer = &middle });
	bel_test_cert_make(&old, &(struct bel_test_cert_opts){ .names = "DNS:example.net",
							       .is_over = true });
	assert_certificate(now_s, "-----BEGIN", "",
			   "bad certificate: the file is no certificate");
	assert_certificate(now_s, old.cert, "", "bad certificate: it ended ");
	assert_certificate(now_s, old.cert, "",
			   "warn certificate: it is signed by itself");
	assert_certificate(now_s, leaf.cert, "",
			   "bad certificate: its chain is not complete");
	snprintf(chain, sizeof chain, "%s%s", leaf.cert, middle.cert);
	assert_certificate(now_s, chain, "",
			   "bad certificate: its chain is not complete");
	snprintf(chain, sizeof chain, "%s%s%s", leaf.cert, middle.cert, root.cert);
	assert_certificate(now_s, chain, "",
			   "warn certificate: its chain leads to an authority");
	assert_certificate(now_s, leaf.cert, "domain example.net\n",
			   "warn certificate: it holds for 1 day");
	assert_certificate(now_s, leaf.cert, "domain example.org\n",
			   "warn certificate: it does not name example.org");
}

/* ---- */

static enum bel_err visit_once(void *user)
{
	struct visit *visit = user;
	enum bel_err err = bel_doctor_open(&visit->doctor, &visit->opts);

	visit->has_ended = false;
	visit->count = 0;
	if (err)
		return err;
	bel_sim_run(visit->sim, bel_sim_now_ms(visit->sim) + PATIENCE_MS);
	bel_doctor_close(visit->doctor);
	visit->doctor = NULL;
	return BEL_OK;
}

static void each_allocation_may_fail(void **state)
{
	struct visit *visit = visit_domain();

	(void)state;
	visit->opts.stuns[visit->opts.stuns_count++] = BEL_STR("192.0.2.1");
	visit->opts.sip = BEL_STR("192.0.2.1");
	bel_test_each_allocation_fails(visit_once, visit);
	visit_free(visit);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_that_fit_are_right),
		cmocka_unit_test(a_domain_without_records_is_told),
		cmocka_unit_test(targets_without_addresses_are_told),
		cmocka_unit_test(naptr_without_srv_is_told),
		cmocka_unit_test(name_servers_that_fail_are_told),
		cmocka_unit_test(name_servers_that_hang_are_told),
		cmocka_unit_test(a_port_that_nobody_listens_to_is_told),
		cmocka_unit_test(addresses_of_others_are_told),
		cmocka_unit_test(certificates_are_judged),
		cmocka_unit_test(each_allocation_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
