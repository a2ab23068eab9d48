/* SPDX-License-Identifier: Apache-2.0
 * RFC 3263 against the simulated resolver: which addresses a URI leads to, in which
 * order, and what the cache and the memory of failures make of it. */
#include "support/support.h"

#include "io/sim.h"
#include "transport/transport.h"

enum { TTL_S = 60, HOPS_BYTES = 1024 };

struct bench {
	struct bel_sim *sim;
	struct bel_loop *loop;
	struct bel_resolver *resolver;
	struct bel_targets *targets;
	/* the last answer: "udp 192.0.2.1:5060 tls 192.0.2.2:5061(example.com)" */
	char hops[HOPS_BYTES];
	struct bel_writer writer;
	enum bel_err err;
	unsigned answers;
	struct bel_hop first;
	struct bel_targets_query query;
};

static const char *const names[] = {
	[BEL_SIP_UDP] = "udp", [BEL_SIP_TCP] = "tcp", [BEL_SIP_TLS] = "tls"
};

static void on_targets(struct bel_targets_query *query, enum bel_err err,
		       const struct bel_hop *hops, unsigned count)
{
	struct bench *bench = BEL_CONTAINER_OF(query, struct bench, query);

	bench->answers++;
	bench->err = err;
	bench->writer.len = 0;
	for (unsigned i = 0; i < count; i++) {
		bel_write_text(&bench->writer, i ? " " : "");
		bel_write_text(&bench->writer, names[hops[i].transport]);
		bel_write_char(&bench->writer, ' ');
		bel_addr_write(&bench->writer, &hops[i].addr);
		if (hops[i].name.len)
			bel_write_format(&bench->writer, "(%.*s)",
					 BEL_STR_ARG(hops[i].name));
	}
	bench->first = count ? hops[0] : (struct bel_hop){ 0 };
	bench->first.name = BEL_STR_NONE;
}

static bool find_host(void *user, bel_str name, bel_addr *addr,
		      enum bel_sip_transport *transport)
{
	(void)user;
	if (bel_str_is_equal_nocase(name, BEL_STR("fixed.test"))) {
		*addr = bel_addr_v4(192, 0, 2, 50, 0);
		return true;
	}
	if (bel_str_is_equal_nocase(name, BEL_STR("fixedtcp.test"))) {
		*addr = bel_addr_v4(192, 0, 2, 51, 7000);
		*transport = BEL_SIP_TCP;
		return true;
	}
	return false;
}

static struct bench *open_bench(struct bel_targets_opts opts)
{
	struct bench *bench = calloc(1, sizeof *bench);
	const bel_addr ip = bel_addr_v4(192, 0, 2, 1, 0);

	assert_non_null(bench);
	bench->sim = bel_sim_new(7, NULL);
	assert_int_equal(
		bel_sim_loop(&bench->loop, bel_sim_node_new(bench->sim, "server", &ip)),
		BEL_OK);
	assert_int_equal(bel_resolver_open(&bench->resolver, bench->loop,
					   &(struct bel_resolver_opts){ 0 }),
			 BEL_OK);
	opts.loop = bench->loop;
	opts.resolver = bench->resolver;
	opts.find_host = find_host;
	assert_int_equal(bel_targets_open(&bench->targets, &opts), BEL_OK);
	bench->writer = bel_writer_init(bench->hops, sizeof bench->hops);
	bench->query.on_targets = on_targets;
	return bench;
}

static struct bench *open_usual(void)
{
	return open_bench((struct bel_targets_opts){
		.has_udp = true, .has_tcp = true, .has_tls = true });
}

static void close_bench(struct bench *bench)
{
	bel_targets_close(bench->targets);
	bel_resolver_close(bench->resolver);
	bel_loop_close(bench->loop);
	bel_sim_free(bench->sim);
	free(bench);
}

static void put(struct bench *bench, const char *name, struct bel_dns_record record)
{
	record.ttl_s = record.ttl_s ? record.ttl_s : TTL_S;
	assert_int_equal(bel_sim_dns_put(bench->sim, name, &record), BEL_OK);
}

static void put_a(struct bench *bench, const char *name, uint8_t d)
{
	put(bench, name,
	    (struct bel_dns_record){ .type = BEL_DNS_A,
				     .addr = bel_addr_v4(192, 0, 2, d, 0) });
}

static void put_srv(struct bench *bench, const char *name, uint16_t priority,
		    uint16_t weight, uint16_t port, const char *target)
{
	put(bench, name,
	    (struct bel_dns_record){ .type = BEL_DNS_SRV,
				     .priority = priority,
				     .weight = weight,
				     .port = port,
				     .target = bel_str_from(target) });
}

static void put_naptr(struct bench *bench, const char *name, uint16_t order,
		      uint16_t preference, const char *service, const char *target)
{
	put(bench, name,
	    (struct bel_dns_record){ .type = BEL_DNS_NAPTR,
				     .order = order,
				     .priority = preference,
				     .flags = BEL_STR("s"),
				     .service = bel_str_from(service),
				     .target = bel_str_from(target) });
}

static void run_for(struct bench *bench, uint64_t ms)
{
	bel_sim_run(bench->sim, bel_sim_now_ms(bench->sim) + ms);
}

static void ask(struct bench *bench, const char *text, size_t message_bytes)
{
	struct bel_uri uri;

	assert_int_equal(bel_uri_parse(&uri, bel_str_from(text)), BEL_OK);
	bench->err = 1;
	bench->writer.len = 0;
	bel_targets_find(bench->targets, &bench->query, &uri, message_bytes);
}

static void find(struct bench *bench, const char *text)
{
	unsigned before = bench->answers;

	ask(bench, text, 500);
	run_for(bench, 1000);
	assert_int_equal(bench->answers, before + 1);
}

#define assert_hops(bench, uri, expected)                                                \
	do {                                                                             \
		find((bench), (uri));                                                    \
		assert_str(bel_writer_str(&(bench)->writer), (expected));                \
	} while (0)

static void a_zone(struct bench *bench)
{
	/* NAPTR, order before preference */
	put_naptr(bench, "full.test", 20, 1, "SIP+D2U", "_sip._udp.full.test");
	put_naptr(bench, "full.test", 10, 50, "SIP+D2T", "_sip._tcp.full.test");
	put_naptr(bench, "full.test", 10, 20, "SIPS+D2T", "_sips._tcp.full.test");
	put_srv(bench, "_sip._udp.full.test", 1, 0, 5062, "u.full.test");
	put_srv(bench, "_sip._tcp.full.test", 1, 0, 5063, "t.full.test");
	put_srv(bench, "_sips._tcp.full.test", 1, 0, 5064, "s.full.test");
	put_a(bench, "u.full.test", 10);
	put_a(bench, "t.full.test", 11);
	put_a(bench, "s.full.test", 12);
	/* SRV alone, by priority */
	put_srv(bench, "_sip._udp.srv.test", 20, 0, 5060, "b.srv.test");
	put_srv(bench, "_sip._udp.srv.test", 10, 0, 5070, "a.srv.test");
	put_srv(bench, "_sip._tcp.srv.test", 10, 0, 5080, "a.srv.test");
	put_a(bench, "a.srv.test", 20);
	put_a(bench, "b.srv.test", 21);
	/* addresses alone */
	put_a(bench, "host.test", 30);
	put_a(bench, "host.test", 31);
	put(bench, "host.test",
	    (struct bel_dns_record){
		    .type = BEL_DNS_AAAA,
		    .addr = { .ip = { 0x20, 1, 0xd, 0xb8, [15] = 1 }, .family = 6 } });
	/* decidedly not here */
	put_srv(bench, "_sip._udp.none.test", 0, 0, 0, "");
	put_a(bench, "none.test", 40);
	/* services that we do not know */
	put_naptr(bench, "odd.test", 1, 1, "SIP+D2X", "x.odd.test");
	put_naptr(bench, "odd.test", 2, 1, "SIP+D2U", "_sip._udp.srv.test");
}

static void a_uri_leads_where_rfc_3263_says(void **state)
{
	static const struct {
		const char *uri;
		enum bel_err err;
		const char *hops;
	} rows[] = {
		/* addresses */
		{ "sip:a@192.0.2.9", BEL_OK, "udp 192.0.2.9:5060" },
		{ "sip:a@192.0.2.9:5070", BEL_OK, "udp 192.0.2.9:5070" },
		{ "sip:a@192.0.2.9;transport=tcp", BEL_OK, "tcp 192.0.2.9:5060" },
		{ "sip:a@192.0.2.9;transport=TLS", BEL_OK,
		  "tls 192.0.2.9:5061(192.0.2.9)" },
		{ "sips:a@192.0.2.9", BEL_OK, "tls 192.0.2.9:5061(192.0.2.9)" },
		{ "sips:a@192.0.2.9:5070;transport=tcp", BEL_OK,
		  "tls 192.0.2.9:5070(192.0.2.9)" },
		{ "sip:a@x.test;maddr=192.0.2.8", BEL_OK, "udp 192.0.2.8:5060" },
		{ "sip:a@[2001:db8::1]", BEL_ERR_NOT_FOUND, "" },
		/* NAPTR */
		{ "sip:a@full.test", BEL_OK,
		  "tls 192.0.2.12:5064(full.test) tcp 192.0.2.11:5063 "
		  "udp 192.0.2.10:5062" },
		{ "sips:a@full.test", BEL_OK, "tls 192.0.2.12:5064(full.test)" },
		{ "sip:a@full.test;transport=tcp", BEL_OK, "tcp 192.0.2.11:5063" },
		{ "sip:a@odd.test", BEL_OK, "udp 192.0.2.20:5070 udp 192.0.2.21:5060" },
		/* SRV */
		{ "sip:a@srv.test", BEL_OK,
		  "udp 192.0.2.20:5070 udp 192.0.2.21:5060 tcp 192.0.2.20:5080" },
		{ "sip:a@SRV.test;transport=udp", BEL_OK,
		  "udp 192.0.2.20:5070 udp 192.0.2.21:5060" },
		{ "sip:a@none.test", BEL_ERR_NOT_FOUND, "" },
		/* a port says: no SRV */
		{ "sip:a@host.test:5099", BEL_OK,
		  "udp 192.0.2.30:5099 udp 192.0.2.31:5099" },
		{ "sip:a@srv.test:5099", BEL_ERR_NOT_FOUND, "" },
		/* A */
		{ "sip:a@host.test", BEL_OK, "udp 192.0.2.30:5060 udp 192.0.2.31:5060" },
		{ "sips:a@host.test", BEL_OK,
		  "tls 192.0.2.30:5061(host.test) tls 192.0.2.31:5061(host.test)" },
		/* the configuration's own hosts */
		{ "sip:a@fixed.test", BEL_OK, "udp 192.0.2.50:5060" },
		{ "sip:a@Fixed.Test:5099", BEL_OK, "udp 192.0.2.50:5099" },
		{ "sip:a@fixedtcp.test", BEL_OK, "tcp 192.0.2.51:7000" },
		{ "sips:a@fixed.test", BEL_OK, "tls 192.0.2.50:5061(fixed.test)" },
		{ "sips:a@fixedtcp.test", BEL_OK, "tls 192.0.2.51:7000(fixedtcp.test)" },
		/* nothing */
		{ "sip:a@missing.test", BEL_ERR_NOT_FOUND, "" },
		{ "sip:a@host.test;transport=sctp", BEL_ERR_UNSUPPORTED, "" },
		{ "sip:a@host.test;transport=ws", BEL_ERR_UNSUPPORTED, "" },
		{ "sip:a@host.test;transport=x", BEL_ERR_UNSUPPORTED, "" },
		{ "tel:+4930", BEL_ERR_UNSUPPORTED, "" },
	};
	struct bench *bench = open_usual();

	(void)state;
	a_zone(bench);
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		find(bench, rows[i].uri);
		if (bench->err != rows[i].err ||
		    !bel_str_is_equal(bel_writer_str(&bench->writer),
				      bel_str_from(rows[i].hops)))
			fail_msg("%s: %s, %.*s", rows[i].uri, bel_err_text(bench->err),
				 (int)bench->writer.len, bench->hops);
	}
	close_bench(bench);
}

static void only_what_is_spoken_is_offered(void **state)
{
	struct bench *bench = open_bench((struct bel_targets_opts){ .has_udp = true });

	(void)state;
	a_zone(bench);
	assert_hops(bench, "sip:a@full.test", "udp 192.0.2.10:5062");
	find(bench, "sips:a@full.test");
	assert_int_equal(bench->err, BEL_ERR_UNSUPPORTED);
	find(bench, "sip:a@full.test;transport=tcp");
	assert_int_equal(bench->err, BEL_ERR_UNSUPPORTED);
	close_bench(bench);
	bench = open_bench(
		(struct bel_targets_opts){ .has_udp = true, .has_ipv6 = true });
	a_zone(bench);
	assert_hops(bench, "sip:a@host.test",
		    "udp 192.0.2.30:5060 udp 192.0.2.31:5060 udp [2001:db8::1]:5060");
	close_bench(bench);
}

/* RFC 3261 section 18.1.1. */
static void what_is_too_large_tries_tcp_first(void **state)
{
	static const struct {
		const char *uri;
		size_t bytes;
		const char *hops;
	} rows[] = {
		{ "sip:a@192.0.2.9", 1300, "udp 192.0.2.9:5060" },
		{ "sip:a@192.0.2.9", 1301, "tcp 192.0.2.9:5060 udp 192.0.2.9:5060" },
		{ "sip:a@192.0.2.9;transport=udp", 5000, "udp 192.0.2.9:5060" },
		{ "sip:a@192.0.2.9;transport=tcp", 5000, "tcp 192.0.2.9:5060" },
		{ "sips:a@192.0.2.9", 5000, "tls 192.0.2.9:5061(192.0.2.9)" },
	};
	struct bench *bench = open_usual();

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		ask(bench, rows[i].uri, rows[i].bytes);
		assert_str(bel_writer_str(&bench->writer), rows[i].hops);
	}
	close_bench(bench);
}

static void weights_share_out_the_calls(void **state)
{
	struct bench *bench = open_usual();
	unsigned counts[3] = { 0 };

	(void)state;
	put_srv(bench, "_sip._udp.w.test", 1, 70, 5060, "a.w.test");
	put_srv(bench, "_sip._udp.w.test", 1, 20, 5060, "b.w.test");
	put_srv(bench, "_sip._udp.w.test", 1, 10, 5060, "c.w.test");
	for (uint8_t i = 0; i < 3; i++) {
		const char name[] = {
			(char)('a' + i), '.', 'w', '.', 't', 'e', 's', 't', '\0'
		};
		put_a(bench, name, i);
	}
	for (int i = 0; i < 3000; i++) {
		ask(bench, "sip:a@w.test;transport=udp", 500);
		if (i == 0)
			run_for(bench, 1000);
		counts[bench->first.addr.ip[15]]++;
	}
	/* five standard deviations */
	assert_in_range(counts[0], 2100 - 125, 2100 + 125);
	assert_in_range(counts[1], 600 - 110, 600 + 110);
	assert_in_range(counts[2], 300 - 82, 300 + 82);
	close_bench(bench);
}

static void what_failed_lately_is_tried_last(void **state)
{
	struct bench *bench = open_usual();
	struct bel_hop hop;
	uint64_t rest_ms = 30000;

	(void)state;
	a_zone(bench);
	assert_hops(bench, "sip:a@srv.test;transport=udp",
		    "udp 192.0.2.20:5070 udp 192.0.2.21:5060");
	hop = bench->first;
	for (int i = 0; i < 6; i++) {
		bel_targets_failed(bench->targets, &hop);
		assert_true(bel_targets_is_suspect(bench->targets, &hop));
		assert_hops(bench, "sip:a@srv.test;transport=udp",
			    "udp 192.0.2.21:5060 udp 192.0.2.20:5070");
		/* asking took a second */
		run_for(bench, rest_ms - 1100);
		assert_true(bel_targets_is_suspect(bench->targets, &hop));
		run_for(bench, 200);
		assert_false(bel_targets_is_suspect(bench->targets, &hop));
		rest_ms = rest_ms * 2 < 300000 ? rest_ms * 2 : 300000;
	}
	bel_targets_failed(bench->targets, &hop);
	bel_targets_worked(bench->targets, &hop);
	assert_false(bel_targets_is_suspect(bench->targets, &hop));
	/* and begins anew */
	bel_targets_failed(bench->targets, &hop);
	run_for(bench, 30000);
	assert_false(bel_targets_is_suspect(bench->targets, &hop));
	/* the same address by another transport is another matter */
	bel_targets_failed(bench->targets, &hop);
	hop.transport = BEL_SIP_TCP;
	assert_false(bel_targets_is_suspect(bench->targets, &hop));
	close_bench(bench);
}

static void answers_are_kept_for_their_time(void **state)
{
	struct bench *bench = open_usual();

	(void)state;
	put_a(bench, "c.test", 60);
	assert_hops(bench, "sip:a@c.test:5060", "udp 192.0.2.60:5060");
	bel_sim_dns_remove(bench->sim, "c.test");
	put_a(bench, "c.test", 61);
	/* from the cache, at once */
	ask(bench, "sip:a@c.test:5060", 500);
	assert_str(bel_writer_str(&bench->writer), "udp 192.0.2.60:5060");
	/* past its time: served once more while it is asked for anew */
	run_for(bench, TTL_S * 1000);
	ask(bench, "sip:a@c.test:5060", 500);
	assert_str(bel_writer_str(&bench->writer), "udp 192.0.2.60:5060");
	run_for(bench, 1000);
	ask(bench, "sip:a@c.test:5060", 500);
	assert_str(bel_writer_str(&bench->writer), "udp 192.0.2.61:5060");
	close_bench(bench);
}

static void when_the_servers_are_gone_old_answers_serve_an_hour(void **state)
{
	struct bench *bench = open_usual();

	(void)state;
	put_a(bench, "c.test", 60);
	assert_hops(bench, "sip:a@c.test:5060", "udp 192.0.2.60:5060");
	assert_int_equal(bel_sim_dns_fail(bench->sim, "c.test", BEL_ERR_TIMEOUT, 4000),
			 BEL_OK);
	run_for(bench, TTL_S * 1000);
	for (int minute = 0; minute < 50; minute++) {
		ask(bench, "sip:a@c.test:5060", 500);
		assert_str(bel_writer_str(&bench->writer), "udp 192.0.2.60:5060");
		run_for(bench, 60000);
	}
	/* and come back as soon as they do */
	bel_sim_dns_remove(bench->sim, "c.test");
	put_a(bench, "c.test", 61);
	ask(bench, "sip:a@c.test:5060", 500);
	run_for(bench, 5000);
	assert_hops(bench, "sip:a@c.test:5060", "udp 192.0.2.61:5060");
	close_bench(bench);
}

static void an_old_answer_is_not_served_for_ever(void **state)
{
	struct bench *bench = open_usual();

	(void)state;
	put_a(bench, "c.test", 60);
	assert_hops(bench, "sip:a@c.test:5060", "udp 192.0.2.60:5060");
	assert_int_equal(bel_sim_dns_fail(bench->sim, "c.test", BEL_ERR_TIMEOUT, 1000),
			 BEL_OK);
	for (int minute = 0; minute < 70; minute++) {
		ask(bench, "sip:a@c.test:5060", 500);
		run_for(bench, 60000);
	}
	ask(bench, "sip:a@c.test:5060", 500);
	run_for(bench, 5000);
	assert_int_equal(bench->err, BEL_ERR_TIMEOUT);
	close_bench(bench);
}

static void an_absence_is_kept_too(void **state)
{
	struct bench *bench = open_usual();
	unsigned before;

	(void)state;
	find(bench, "sip:a@later.test:5060");
	assert_int_equal(bench->err, BEL_ERR_NOT_FOUND);
	before = bench->answers;
	ask(bench, "sip:a@later.test:5060", 500);
	assert_int_equal(bench->answers, before + 1);
	assert_int_equal(bench->err, BEL_ERR_NOT_FOUND);
	put_a(bench, "later.test", 62);
	run_for(bench, 24 * 3600 * 1000);
	assert_hops(bench, "sip:a@later.test:5060", "udp 192.0.2.62:5060");
	close_bench(bench);
}

static void a_dead_server_blocks_nothing_and_is_told(void **state)
{
	struct bench *bench = open_usual();
	unsigned before = bench->answers;

	(void)state;
	assert_int_equal(bel_sim_dns_fail(bench->sim, "dead.test", BEL_ERR_TIMEOUT, 4000),
			 BEL_OK);
	ask(bench, "sip:a@dead.test:5060", 500);
	assert_int_equal(bench->answers, before); /* this call came back at once */
	run_for(bench, 60000);
	assert_int_equal(bench->answers, before + 1);
	assert_int_equal(bench->err, BEL_ERR_TIMEOUT);
	close_bench(bench);
}

static void many_questions_for_one_name_wait_for_one_answer(void **state)
{
	struct bench *bench = open_usual();
	struct bench others[3];
	struct bel_uri uri;

	(void)state;
	put_a(bench, "c.test", 60);
	assert_int_equal(bel_uri_parse(&uri, BEL_STR("sip:a@c.test:5060")), BEL_OK);
	for (size_t i = 0; i < BEL_COUNT_OF(others); i++) {
		others[i] = (struct bench){ .query.on_targets = on_targets };
		others[i].writer = bel_writer_init(others[i].hops, HOPS_BYTES);
		bel_targets_find(bench->targets, &others[i].query, &uri, 500);
	}
	bel_targets_cancel(bench->targets, &others[1].query);
	run_for(bench, 1000);
	assert_int_equal(others[0].answers, 1);
	assert_int_equal(others[1].answers, 0);
	assert_int_equal(others[2].answers, 1);
	assert_str(bel_writer_str(&others[2].writer), "udp 192.0.2.60:5060");
	/* cancelling after the answer is nothing */
	bel_targets_cancel(bench->targets, &others[0].query);
	close_bench(bench);
}

static void closing_ends_what_waits_in_silence(void **state)
{
	struct bench *bench = open_usual();
	unsigned answers;

	(void)state;
	ask(bench, "sip:a@slow.test", 500);
	answers = bench->answers;
	bel_targets_close(bench->targets);
	assert_int_equal(bench->answers, answers);
	bench->targets = NULL;
	close_bench(bench);
}

/* A zone may ask for much; it gets a bounded part of it. */
static void a_zone_cannot_make_us_ask_for_ever(void **state)
{
	struct bench *bench = open_usual();
	char name[32];

	(void)state;
	for (int i = 0; i < 60; i++) {
		snprintf(name, sizeof name, "h%d.big.test", i);
		put_srv(bench, "_sip._udp.big.test", 1, 1, 5060, name);
		put_a(bench, name, (uint8_t)i);
	}
	ask(bench, "sip:a@big.test;transport=udp", 500);
	run_for(bench, 60000);
	assert_int_equal(bench->err, BEL_OK);
	assert_true(bench->writer.len > 0);
	close_bench(bench);
}

static void without_a_resolver_addresses_still_work(void **state)
{
	struct bench *bench = open_usual();
	struct bel_targets *bare;
	const struct bel_targets_opts opts = { .loop = bench->loop, .has_udp = true };
	struct bel_targets *usual = bench->targets;

	(void)state;
	assert_int_equal(bel_targets_open(&bare, &opts), BEL_OK);
	bench->targets = bare;
	ask(bench, "sip:a@192.0.2.9", 500);
	assert_str(bel_writer_str(&bench->writer), "udp 192.0.2.9:5060");
	ask(bench, "sip:a@host.test", 500);
	assert_int_equal(bench->err, BEL_ERR_DNS);
	bel_targets_close(bare);
	bench->targets = usual;
	close_bench(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_uri_leads_where_rfc_3263_says),
		cmocka_unit_test(only_what_is_spoken_is_offered),
		cmocka_unit_test(what_is_too_large_tries_tcp_first),
		cmocka_unit_test(weights_share_out_the_calls),
		cmocka_unit_test(what_failed_lately_is_tried_last),
		cmocka_unit_test(answers_are_kept_for_their_time),
		cmocka_unit_test(when_the_servers_are_gone_old_answers_serve_an_hour),
		cmocka_unit_test(an_old_answer_is_not_served_for_ever),
		cmocka_unit_test(an_absence_is_kept_too),
		cmocka_unit_test(a_dead_server_blocks_nothing_and_is_told),
		cmocka_unit_test(many_questions_for_one_name_wait_for_one_answer),
		cmocka_unit_test(closing_ends_what_waits_in_silence),
		cmocka_unit_test(a_zone_cannot_make_us_ask_for_ever),
		cmocka_unit_test(without_a_resolver_addresses_still_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
