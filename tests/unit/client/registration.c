/* SPDX-License-Identifier: Apache-2.0
 * A registration, and registrars that behave as each test says. What either saw is a
 * word: (cseq expires) for a REGISTER, then what the user was told. */
#include "support/support.h"

#include "client/client.h"
#include "support/endpoint.h"
#include "support/failing_alloc.h"

enum { SCRIPT_MAX = 16 };

struct answer {
	uint16_t status; /* 0: silence; 200 by default */
	const char *lines;
	const bel_addr *seen_at; /* instead of where the request came from */
};

struct bench {
	struct bel_sim *sim;
	struct endpoint a, b, c;
	struct bel_registration *registration;
	struct answer script[SCRIPT_MAX];
	unsigned scripted, at;
	uint32_t grants_s; /* 0: what was asked for */
	struct bel_flow came_by;
	char request[2048];
	size_t request_len;
	char log[4096];
	struct bel_writer writer;
	struct bel_registration_grant grant;
	struct bel_registration_failure failure;
	uint64_t last_ms;
	bool drops, is_gone;
};

static void note(struct bench *bench, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	bel_str said = bel_str_format(text, sizeof text, format, args);
	va_end(args);
	bel_write_text(&bench->writer, bench->writer.len ? " " : "");
	bel_write_str(&bench->writer, said);
}

#define assert_saw(bench, text)                                                          \
	do {                                                                             \
		assert_str(bel_writer_str(&(bench)->writer), (text));                    \
		(bench)->writer.len = 0;                                                 \
	} while (0)

/* ---- the user ---- */

static void end_within(struct bench *bench)
{
	bel_registration_drop(bench->registration);
	bench->registration = NULL;
}

static void on_registered(void *user, struct bel_registration *registration,
			  const struct bel_registration_grant *grant)
{
	struct bench *bench = user;

	(void)registration;
	bench->grant = *grant;
	note(bench, "ok:%u", grant->expires_s);
	if (bench->drops)
		end_within(bench);
}

static void on_failed(void *user, struct bel_registration *registration,
		      const struct bel_registration_failure *failure)
{
	struct bench *bench = user;

	(void)registration;
	bench->failure = *failure;
	note(bench, "failed:%u", failure->status);
	if (bench->drops)
		end_within(bench);
}

static void on_gone(void *user)
{
	struct bench *bench = user;

	bench->is_gone = true;
	bench->registration = NULL;
	note(bench, "gone");
}

static const struct bel_registration_port port = { .on_registered = on_registered,
						   .on_failed = on_failed,
						   .on_gone = on_gone };

/* ---- the registrar ---- */

static void write_grant(struct bel_writer *lines, struct bench *bench,
			struct bel_sip_msg *request, uint32_t asked_s)
{
	const struct bel_sip_addr *contact = bel_sip_contact(request);

	if (!asked_s)
		return;
	bel_sip_write_name(lines, BEL_SIP_H_CONTACT);
	bel_write_lit(lines, "<sip:other@192.0.2.77>;expires=7, <");
	bel_write_str(lines, contact->uri.text);
	bel_write_lit(lines, ">;");
	if (contact->params.len) {
		bel_write_str(lines, contact->params);
		bel_write_lit(lines, ";pub-gruu=\"sip:a@b.test;gr=1\";expires=");
	} else {
		bel_write_lit(lines, "expires=");
	}
	bel_write_u64(lines, bench->grants_s ? bench->grants_s : asked_s);
	bel_sip_write_crlf(lines);
}

static void on_request(struct endpoint *endpoint, struct bel_sip_msg *request,
		       const struct bel_flow *came_by)
{
	struct bench *bench = endpoint->user;
	struct answer answer = { .status = 200 };
	struct bel_flow source = *came_by;
	char buf[2048];
	struct bel_writer lines = bel_writer_init(buf, sizeof buf);
	uint32_t expires_s = 0;

	if (request->method != BEL_SIP_REGISTER) {
		note(bench, "(%.*s)", BEL_STR_ARG(request->method_text));
		bel_ua_refuse(endpoint->ua, request, came_by,
			      &(struct bel_sip_reply){ .status = 200 });
		return;
	}
	bel_sip_number(&expires_s, request, BEL_SIP_H_EXPIRES, UINT32_MAX);
	note(bench, "%s(%u %u)", endpoint == &bench->c ? "c" : "",
	     bel_sip_cseq(request)->number, expires_s);
	bench->last_ms = bel_sim_now_ms(bench->sim);
	bench->came_by = *came_by;
	assert_true(request->bytes.len < sizeof bench->request);
	bench->request_len = request->bytes.len;
	memcpy(bench->request, request->bytes.ptr, request->bytes.len);
	if (bench->at < bench->scripted)
		answer = bench->script[bench->at++];
	if (!answer.status)
		return;
	bel_write_text(&lines, answer.lines ? answer.lines : "");
	if (answer.status == 200)
		write_grant(&lines, bench, request, expires_s);
	if (answer.seen_at) {
		/* What the answer says of the source, while it still goes there. */
		struct bel_writer whole = bel_writer_init(bench->request, 2048);
		assert_int_equal(
			bel_sip_respond(&whole, request,
					&(struct bel_sip_reply){
						.status = answer.status,
						.source = answer.seen_at,
						.lines = bel_writer_str(&lines) }),
			BEL_OK);
		bel_flow_send(endpoint->transport, &source, bel_writer_str(&whole));
		memcpy(bench->request, request->bytes.ptr, request->bytes.len);
		return;
	}
	bel_ua_refuse(endpoint->ua, request, came_by,
		      &(struct bel_sip_reply){ .status = answer.status,
					       .to_tag = BEL_STR("b"),
					       .lines = bel_writer_str(&lines) });
}

static void script(struct bench *bench, uint16_t status, const char *lines)
{
	assert_true(bench->scripted < SCRIPT_MAX);
	bench->script[bench->scripted++] = (struct answer){ .status = status,
							    .lines = lines };
}

static bool has_seen(const struct bench *bench, const char *text)
{
	return memmem(bench->request, bench->request_len, text, strlen(text)) != NULL;
}

static void run_for(struct bench *bench, uint64_t s)
{
	bel_sim_run(bench->sim, bel_sim_now_ms(bench->sim) + s * 1000);
}

static struct bench *open_bench(void)
{
	static const struct bel_sim_net net = { .delay_min_ms = 1, .delay_max_ms = 1 };
	struct bench *bench = calloc(1, sizeof *bench);

	assert_non_null(bench);
	bench->sim = bel_sim_new(1, &net);
	bench->writer = bel_writer_init(bench->log, sizeof bench->log);
	endpoint_open(&bench->a, bench->sim, 1);
	endpoint_open(&bench->b, bench->sim, 2);
	endpoint_open(&bench->c, bench->sim, 3);
	bench->b.on_request = bench->c.on_request = on_request;
	bench->b.user = bench->c.user = bench;
	return bench;
}

static void close_bench(struct bench *bench)
{
	bel_registration_drop(bench->registration);
	endpoint_close(&bench->a);
	endpoint_close(&bench->b);
	endpoint_close(&bench->c);
	bel_sim_free(bench->sim);
	free(bench);
}

static const struct bel_auth_account account = { .username = { "a", 1 },
						 .password = { "guess", 5 } };

static struct bel_registration_opts options(struct bench *bench)
{
	return (struct bel_registration_opts){
		.ua = bench->a.ua,
		.aor = BEL_STR("\"A\" <sip:a@b.test>"),
		.registrar = BEL_STR("sip:192.0.2.2"),
		.account = &account,
		.contact_user = BEL_STR("a"),
		.expires_s = 600,
		.port = &port,
		.user = bench,
	};
}

static void start_with(struct bench *bench, const struct bel_registration_opts *opts)
{
	assert_int_equal(bel_registration_start(&bench->registration, opts), BEL_OK);
}

static void start(struct bench *bench)
{
	struct bel_registration_opts opts = options(bench);

	start_with(bench, &opts);
	assert_saw(bench, "");
}

#define assert_state(bench, name)                                                        \
	assert_int_equal(bel_registration_state((bench)->registration),                  \
			 BEL_REGISTRATION_##name)

/* ---- keeping it ---- */

static void it_registers_and_refreshes_before_the_end(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	start(bench);
	run_for(bench, 1);
	assert_saw(bench, "(1 600) ok:600");
	assert_true(has_seen(bench, "REGISTER sip:192.0.2.2 SIP/2.0\r\n"));
	assert_true(has_seen(bench, "Contact: <sip:a@192.0.2.1:5060>\r\n"));
	assert_int_equal(bench->grant.public_addr.port, 5060);
	run_for(bench, 508);
	assert_saw(bench, "");
	run_for(bench, 32);
	assert_saw(bench, "(2 600) ok:600");
	close_bench(bench);
}

static void what_was_granted_counts_not_what_was_asked(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	bench->grants_s = 60;
	start(bench);
	run_for(bench, 50);
	assert_saw(bench, "(1 600) ok:60");
	run_for(bench, 5);
	assert_saw(bench, "(2 600) ok:60");
	close_bench(bench);
}

static void all_of_one_registration_share_a_call_id(void **state)
{
	struct bench *bench = open_bench();
	struct bel_sip_msg msg;
	struct bel_arena arena;
	struct bel_sip_refusal why;
	char first[128];
	bel_str id;

	(void)state;
	bench->grants_s = 60;
	bel_arena_init(&arena, NULL, 0, 65536);
	start(bench);
	run_for(bench, 1);
	bel_sip_parse(&msg, &arena, (bel_str){ bench->request, bench->request_len },
		      &why);
	id = bel_sip_call_id(&msg);
	assert_true(id.len && id.len < sizeof first);
	memcpy(first, id.ptr, id.len);
	run_for(bench, 60);
	bel_sip_parse(&msg, &arena, (bel_str){ bench->request, bench->request_len },
		      &why);
	assert_true(bel_str_is_equal(bel_sip_call_id(&msg), (bel_str){ first, id.len }));
	bel_arena_fini(&arena);
	close_bench(bench);
}

static void an_interval_too_brief_is_asked_for_again_longer(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	script(bench, 423, "Min-Expires: 900\r\n");
	start(bench);
	run_for(bench, 1);
	assert_saw(bench, "(1 600) (2 900) ok:900");
	close_bench(bench);
}

static void a_423_that_never_ends_is_a_failure(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	script(bench, 423, "Min-Expires: 700\r\n");
	script(bench, 423, "Min-Expires: 800\r\n");
	script(bench, 423, "Min-Expires: 900\r\n");
	script(bench, 423, "Min-Expires: 1000\r\n");
	start(bench);
	run_for(bench, 1);
	assert_saw(bench, "(1 600) (2 700) (3 800) (4 900) failed:423");
	close_bench(bench);
}

static void retry_after_is_honoured(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	script(bench, 503, "Retry-After: 100 (busy)\r\n");
	start(bench);
	run_for(bench, 1);
	assert_saw(bench, "(1 600) failed:503");
	assert_in_range(bench->failure.retry_in_s, 100, 110);
	assert_state(bench, RETRYING);
	run_for(bench, 98);
	assert_saw(bench, "");
	run_for(bench, 12);
	assert_saw(bench, "(2 600) ok:600");
	close_bench(bench);
}

static void silence_is_tried_again_with_growing_patience(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	bel_sim_partition(bench->sim, bench->a.node, bench->b.node, true);
	start(bench);
	run_for(bench, 33);
	assert_saw(bench, "failed:0");
	assert_int_equal(bench->failure.err, BEL_ERR_TIMEOUT);
	assert_in_range(bench->failure.retry_in_s, 30, 60);
	run_for(bench, 95);
	assert_saw(bench, "failed:0");
	assert_in_range(bench->failure.retry_in_s, 60, 120);
	bel_sim_partition(bench->sim, bench->a.node, bench->b.node, false);
	run_for(bench, 121);
	assert_saw(bench, "(3 600) ok:600");
	close_bench(bench);
}

#define CHALLENGE                                                                        \
	"WWW-Authenticate: Digest realm=\"b\", nonce=\"n\", qop=\"auth\", "              \
	"algorithm=MD5\r\n"

static void a_challenge_is_answered(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	script(bench, 401, CHALLENGE);
	start(bench);
	run_for(bench, 1);
	assert_saw(bench, "(1 600) (2 600) ok:600");
	assert_true(has_seen(bench, "Authorization: Digest "));
	close_bench(bench);
}

static void a_wrong_password_does_not_hammer(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	for (unsigned i = 0; i < SCRIPT_MAX; i++)
		script(bench, 401, CHALLENGE);
	start(bench);
	run_for(bench, 59);
	assert_saw(bench, "(1 600) (2 600) failed:401");
	assert_int_equal(bench->failure.retry_in_s, 60);
	run_for(bench, 2);
	assert_saw(bench, "(3 600) (4 600) failed:401");
	assert_int_equal(bench->failure.retry_in_s, 120);
	run_for(bench, 3600);
	assert_true(bench->at <= 14);
	close_bench(bench);
}

static void a_redirection_is_followed(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	script(bench, 302, "Contact: <sip:192.0.2.3>\r\n");
	start(bench);
	run_for(bench, 1);
	assert_saw(bench, "(1 600) c(2 600) ok:600");
	close_bench(bench);
}

static void a_redirection_holds_until_it_fails(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	script(bench, 200, NULL);
	script(bench, 302, "Contact: <sip:192.0.2.3>\r\n");
	script(bench, 200, NULL);
	script(bench, 500, NULL);
	bench->grants_s = 60;
	start(bench);
	run_for(bench, 56);
	assert_saw(bench, "(1 600) ok:60 (2 600) c(3 600) ok:60");
	run_for(bench, 55);
	assert_saw(bench, "c(4 600) failed:500");
	run_for(bench, 61);
	assert_saw(bench, "(5 600) ok:60");
	close_bench(bench);
}

static void nobody_is_sent_from_sips_to_sip(void **state)
{
	/* Without TLS here: a proxy takes it. */
	static const bel_str proxies[] = { { "sip:192.0.2.2", 13 } };
	struct bench *bench = open_bench();
	struct bel_registration_opts opts = options(bench);

	(void)state;
	opts.registrar = BEL_STR("sips:b.test");
	opts.proxies = proxies;
	opts.proxies_count = 1;
	script(bench, 302, "Contact: <sip:192.0.2.3>\r\n");
	start_with(bench, &opts);
	run_for(bench, 1);
	assert_saw(bench, "(1 600) failed:302");
	close_bench(bench);
}

static void redirections_in_a_circle_end(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	for (unsigned i = 0; i < SCRIPT_MAX; i++)
		script(bench, 301, "Contact: <sip:192.0.2.2>\r\n");
	start(bench);
	run_for(bench, 1);
	assert_saw(bench, "(1 600) (2 600) (3 600) (4 600) (5 600) (6 600) failed:301");
	close_bench(bench);
}

/* ---- addresses ---- */

static void the_contact_follows_the_nat_and_the_old_one_is_removed(void **state)
{
	struct bench *bench = open_bench();
	struct bel_registration_opts opts = options(bench);
	const bel_addr seen = bel_addr_v4(198, 51, 100, 7, 40000);

	(void)state;
	opts.follows_nat = true;
	bench->script[0] = bench->script[1] = (struct answer){ .status = 200,
							       .seen_at = &seen };
	bench->scripted = 2;
	start_with(bench, &opts);
	run_for(bench, 1);
	assert_saw(bench, "(1 600) (2 600) ok:600");
	assert_true(has_seen(bench, "Contact: <sip:a@198.51.100.7:40000>\r\n"));
	assert_true(has_seen(bench, "Contact: <sip:a@192.0.2.1:5060>;expires=0\r\n"));
	assert_true(bel_addr_is_equal(&bench->grant.public_addr, &seen));
	close_bench(bench);
}

static void who_does_not_follow_nats_is_told_all_the_same(void **state)
{
	struct bench *bench = open_bench();
	const bel_addr seen = bel_addr_v4(198, 51, 100, 7, 40000);

	(void)state;
	bench->script[0] = (struct answer){ .status = 200, .seen_at = &seen };
	bench->scripted = 1;
	start(bench);
	run_for(bench, 1);
	assert_saw(bench, "(1 600) ok:600");
	assert_true(bel_addr_is_equal(&bench->grant.public_addr, &seen));
	close_bench(bench);
}

static void an_address_that_never_stands_still_is_not_chased(void **state)
{
	struct bench *bench = open_bench();
	struct bel_registration_opts opts = options(bench);
	bel_addr seen[6];

	(void)state;
	opts.follows_nat = true;
	for (unsigned i = 0; i < BEL_COUNT_OF(seen); i++) {
		seen[i] = bel_addr_v4(198, 51, 100, 7, (uint16_t)(40000 + i));
		bench->script[i] = (struct answer){ .status = 200, .seen_at = &seen[i] };
	}
	bench->scripted = BEL_COUNT_OF(seen);
	start_with(bench, &opts);
	run_for(bench, 1);
	assert_saw(bench, "(1 600) (2 600) (3 600) (4 600) ok:600");
	close_bench(bench);
}

static void a_nat_that_forgets_is_noticed_at_the_refresh(void **state)
{
	struct bench *bench = open_bench();
	struct bel_registration_opts opts = options(bench);
	const bel_addr outer = bel_addr_v4(198, 51, 100, 1, 0);
	bel_addr first;

	(void)state;
	/* A mapping that lives shorter than the keepalives are apart. */
	bel_sim_node_nat(bench->a.node, BEL_NAT_SYMMETRIC, &outer, 10);
	bench->grants_s = 60;
	opts.follows_nat = true;
	start_with(bench, &opts);
	run_for(bench, 1);
	assert_saw(bench, "(1 600) (2 600) ok:60");
	first = bench->grant.public_addr;
	assert_true(bel_addr_is_same_host(&first, &outer));
	run_for(bench, 55);
	assert_saw(bench, "(3 600) (4 600) ok:60");
	assert_true(bel_addr_is_same_host(&bench->grant.public_addr, &outer));
	assert_int_not_equal(bench->grant.public_addr.port, first.port);
	close_bench(bench);
}

static void keepalives_hold_the_nat_open(void **state)
{
	struct bench *bench = open_bench();
	struct bel_registration_opts opts = options(bench);
	const bel_addr outer = bel_addr_v4(198, 51, 100, 1, 0);
	bel_addr first;

	(void)state;
	bel_sim_node_nat(bench->a.node, BEL_NAT_SYMMETRIC, &outer, 30);
	opts.follows_nat = true;
	start_with(bench, &opts);
	run_for(bench, 1);
	first = bench->grant.public_addr;
	run_for(bench, 545);
	assert_saw(bench, "(1 600) (2 600) ok:600 (3 600) ok:600");
	assert_true(bel_addr_is_equal(&bench->grant.public_addr, &first));
	close_bench(bench);
}

static void a_network_that_changed_registers_again_at_once(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	start(bench);
	run_for(bench, 1);
	assert_saw(bench, "(1 600) ok:600");
	bel_registration_renew(bench->registration);
	bel_registration_renew(bench->registration);
	assert_state(bench, REFRESHING);
	run_for(bench, 1);
	assert_saw(bench, "(2 600) ok:600");
	close_bench(bench);
}

/* ---- flows ---- */

static void a_connection_that_breaks_is_replaced_at_once(void **state)
{
	struct bench *bench = open_bench();
	struct bel_registration_opts opts = options(bench);

	(void)state;
	opts.registrar = BEL_STR("sip:192.0.2.2;transport=tcp");
	start_with(bench, &opts);
	run_for(bench, 200);
	assert_saw(bench, "(1 600) ok:600");
	bel_flow_close(bench->b.transport, &bench->came_by);
	run_for(bench, 1);
	assert_saw(bench, "(2 600) ok:600");
	assert_state(bench, REGISTERED);
	close_bench(bench);
}

static void one_that_breaks_again_and_again_is_waited_for(void **state)
{
	struct bench *bench = open_bench();
	struct bel_registration_opts opts = options(bench);

	(void)state;
	opts.registrar = BEL_STR("sip:192.0.2.2;transport=tcp");
	start_with(bench, &opts);
	run_for(bench, 5);
	bel_flow_close(bench->b.transport, &bench->came_by);
	run_for(bench, 5);
	assert_saw(bench, "(1 600) ok:600 (2 600) ok:600");
	bel_flow_close(bench->b.transport, &bench->came_by);
	run_for(bench, 5);
	assert_saw(bench, "failed:0");
	assert_int_equal(bench->failure.err, BEL_ERR_CLOSED);
	run_for(bench, 60);
	assert_saw(bench, "(3 600) ok:600");
	close_bench(bench);
}

static void a_break_after_two_good_minutes_is_a_first_one(void **state)
{
	struct bench *bench = open_bench();
	struct bel_registration_opts opts = options(bench);

	(void)state;
	opts.registrar = BEL_STR("sip:192.0.2.2;transport=tcp");
	start_with(bench, &opts);
	run_for(bench, 5);
	bel_flow_close(bench->b.transport, &bench->came_by);
	run_for(bench, 130);
	bel_flow_close(bench->b.transport, &bench->came_by);
	run_for(bench, 1);
	assert_saw(bench, "(1 600) ok:600 (2 600) ok:600 (3 600) ok:600");
	close_bench(bench);
}

static void a_server_that_crashed_is_found_again(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	bench->grants_s = 60;
	start(bench);
	run_for(bench, 1);
	assert_saw(bench, "(1 600) ok:60");
	bel_sim_partition(bench->sim, bench->a.node, bench->b.node, true);
	run_for(bench, 100);
	assert_saw(bench, "failed:0");
	bel_sim_partition(bench->sim, bench->a.node, bench->b.node, false);
	run_for(bench, 60);
	assert_saw(bench, "(3 600) ok:60");
	close_bench(bench);
}

static void a_refresh_goes_down_the_same_connection(void **state)
{
	struct bench *bench = open_bench();
	struct bel_registration_opts opts = options(bench);
	struct bel_flow first;

	(void)state;
	opts.registrar = BEL_STR("sip:192.0.2.2;transport=tcp");
	opts.expires_s = 3600;
	start_with(bench, &opts);
	run_for(bench, 1);
	first = bench->came_by;
	run_for(bench, 3300);
	assert_saw(bench, "(1 3600) ok:3600 (2 3600) ok:3600");
	assert_true(bel_flow_is_same(&first, &bench->came_by));
	close_bench(bench);
}

static void the_next_proxy_is_tried_and_the_first_one_returned_to(void **state)
{
	static const bel_str proxies[] = { { "sip:192.0.2.2", 13 },
					   { "sip:192.0.2.3", 13 } };
	struct bench *bench = open_bench();
	struct bel_registration_opts opts = options(bench);
	struct bel_registration_way way;

	(void)state;
	opts.registrar = BEL_STR("sip:b.test");
	opts.proxies = proxies;
	opts.proxies_count = 2;
	bel_sim_partition(bench->sim, bench->a.node, bench->b.node, true);
	start_with(bench, &opts);
	run_for(bench, 35);
	assert_saw(bench, "failed:0 c(2 600) ok:600");
	assert_true(has_seen(bench, "Route: <sip:192.0.2.3;lr>\r\n"));
	assert_true(bel_registration_route(&way, bench->registration));
	assert_str(way.routes, "<sip:192.0.2.3;lr>");
	assert_str(way.next_hop, "sip:192.0.2.3");
	/* The first look finds it still away, the second one finds it back. */
	run_for(bench, 340);
	assert_saw(bench, "");
	bel_sim_partition(bench->sim, bench->a.node, bench->b.node, false);
	run_for(bench, 300);
	assert_saw(bench, "c(3 600) ok:600 (OPTIONS) (4 600) ok:600");
	assert_true(bel_registration_route(&way, bench->registration));
	assert_str(way.next_hop, "sip:192.0.2.2");
	close_bench(bench);
}

/* ---- what it is good for ---- */

static void calls_go_where_the_register_went(void **state)
{
	struct bench *bench = open_bench();
	struct bel_registration_way way;

	(void)state;
	script(bench, 200,
	       "Service-Route: <sip:p1.test;lr>\r\nService-Route: <sip:p2.test;lr>\r\n");
	start(bench);
	assert_false(bel_registration_route(&way, bench->registration));
	run_for(bench, 1);
	assert_true(bel_registration_route(&way, bench->registration));
	assert_str(way.routes, "<sip:p1.test;lr>, <sip:p2.test;lr>");
	assert_int_equal(way.flow->peer.port, 5060);
	assert_int_equal(way.public_gruu.len, 0);
	close_bench(bench);
}

static void an_instance_is_named_and_its_gruu_kept(void **state)
{
	struct bench *bench = open_bench();
	struct bel_registration_opts opts = options(bench);
	struct bel_registration_way way;

	(void)state;
	opts.instance = BEL_STR("urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6");
	opts.reg_id = 1;
	start_with(bench, &opts);
	run_for(bench, 1);
	assert_saw(bench, "(1 600) ok:600");
	assert_true(has_seen(bench, ";+sip.instance=\"<urn:uuid:f81d4fae-7dec-11d0-a765-"
				    "00a0c91e6bf6>\";reg-id=1\r\n"));
	assert_true(has_seen(bench, "Supported: path, outbound, gruu\r\n"));
	assert_true(bel_registration_route(&way, bench->registration));
	assert_str(way.public_gruu, "sip:a@b.test;gr=1");
	close_bench(bench);
}

/* ---- ending ---- */

static void stopping_takes_our_contact_out(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	start(bench);
	run_for(bench, 1);
	assert_saw(bench, "(1 600) ok:600");
	bel_registration_stop(bench->registration);
	bel_registration_stop(bench->registration);
	assert_saw(bench, "");
	run_for(bench, 1);
	assert_saw(bench, "(2 0) gone");
	assert_true(has_seen(bench, "Contact: <sip:a@192.0.2.1:5060>\r\n"));
	run_for(bench, 3600);
	assert_saw(bench, "");
	assert_int_equal(bel_ua_pending(bench->a.ua), 0);
	close_bench(bench);
}

static void nobody_waits_long_for_that(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	start(bench);
	run_for(bench, 1);
	assert_saw(bench, "(1 600) ok:600");
	bel_sim_partition(bench->sim, bench->a.node, bench->b.node, true);
	bel_registration_stop(bench->registration);
	run_for(bench, 3);
	assert_saw(bench, "");
	run_for(bench, 2);
	assert_saw(bench, "gone");
	run_for(bench, 60);
	assert_int_equal(bel_ua_pending(bench->a.ua), 0);
	close_bench(bench);
}

static void stopping_waits_for_the_register_that_is_out(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	start(bench);
	bel_registration_stop(bench->registration);
	assert_state(bench, STOPPING);
	run_for(bench, 1);
	assert_saw(bench, "(1 600) (2 0) gone");
	close_bench(bench);
}

static void stopping_what_never_began_says_nothing_to_the_server(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	script(bench, 403, NULL);
	start(bench);
	run_for(bench, 1);
	assert_saw(bench, "(1 600) failed:403");
	bel_registration_stop(bench->registration);
	assert_saw(bench, "");
	run_for(bench, 1);
	assert_saw(bench, "gone");
	close_bench(bench);
}

static void a_binding_that_may_stand_is_removed_after_a_failure(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	script(bench, 200, NULL);
	script(bench, 500, NULL);
	start(bench);
	run_for(bench, 1);
	bel_registration_renew(bench->registration);
	run_for(bench, 1);
	assert_saw(bench, "(1 600) ok:600 (2 600) failed:500");
	bel_registration_stop(bench->registration);
	run_for(bench, 1);
	assert_saw(bench, "(3 0) gone");
	close_bench(bench);
}

static void a_binding_that_ran_out_is_left_alone(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	bench->grants_s = 60;
	start(bench);
	run_for(bench, 1);
	bel_sim_partition(bench->sim, bench->a.node, bench->b.node, true);
	run_for(bench, 90);
	assert_saw(bench, "(1 600) ok:60 failed:0");
	bel_sim_partition(bench->sim, bench->a.node, bench->b.node, false);
	bel_registration_stop(bench->registration);
	run_for(bench, 1);
	assert_saw(bench, "gone");
	close_bench(bench);
}

static void it_may_be_dropped_from_within(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	bench->drops = true;
	start(bench);
	run_for(bench, 3600);
	assert_saw(bench, "(1 600) ok:600");
	script(bench, 200, NULL);
	script(bench, 404, NULL);
	bench->at = 1;
	start(bench);
	run_for(bench, 3600);
	assert_saw(bench, "(1 600) failed:404");
	assert_int_equal(bel_ua_pending(bench->a.ua), 0);
	close_bench(bench);
}

static void what_is_no_address_is_refused_at_the_start(void **state)
{
	struct bench *bench = open_bench();
	struct bel_registration_opts opts = options(bench);

	(void)state;
	opts.registrar = BEL_STR("tel:+49");
	assert_int_equal(bel_registration_start(&bench->registration, &opts),
			 BEL_ERR_SYNTAX);
	opts = options(bench);
	opts.aor = BEL_STR("<sip:a@b>;tag=x");
	assert_int_equal(bel_registration_start(&bench->registration, &opts),
			 BEL_ERR_SYNTAX);
	opts = options(bench);
	opts.reg_id = 1;
	assert_int_equal(bel_registration_start(&bench->registration, &opts),
			 BEL_ERR_SYNTAX);
	opts = options(bench);
	opts.proxies_count = BEL_REGISTRATION_PROXIES_MAX + 1;
	assert_int_equal(bel_registration_start(&bench->registration, &opts),
			 BEL_ERR_LIMIT);
	assert_null(bench->registration);
	close_bench(bench);
}

/* A registrar that answers anything, a network that comes and goes: when both are well
 * again it is registered, and what is out is one REGISTER at the most. */
static void misbehave(struct bench *bench)
{
	static const struct answer answers[] = {
		{ .status = 0 },
		{ .status = 200 },
		{ .status = 200, .lines = "Expires: 0\r\n" },
		{ .status = 302, .lines = "Contact: <sip:192.0.2.3>\r\n" },
		{ .status = 401, .lines = CHALLENGE },
		{ .status = 404 },
		{ .status = 423, .lines = "Min-Expires: 700\r\n" },
		{ .status = 503, .lines = "Retry-After: 20\r\n" },
	};

	bench->at = 0;
	bench->scripted = SCRIPT_MAX / 2;
	for (unsigned i = 0; i < bench->scripted; i++)
		bench->script[i] =
			answers[bel_sim_draw(bench->sim, BEL_COUNT_OF(answers))];
	bel_sim_partition(bench->sim, bench->a.node, bench->b.node,
			  bel_sim_draw(bench->sim, 3) == 0);
	if (bench->came_by.transport == BEL_SIP_TCP && bel_sim_draw(bench->sim, 2))
		bel_flow_close(bench->b.transport, &bench->came_by);
	if (bel_sim_draw(bench->sim, 4) == 0)
		bel_registration_renew(bench->registration);
	for (unsigned i = 0; i < 20; i++) {
		run_for(bench, 1 + bel_sim_draw(bench->sim, 60));
		/* The one that is out, and those that linger after their answers. */
		assert_true(bel_ua_pending(bench->a.ua) < 20);
		bench->writer.len = 0;
	}
}

static void whatever_happens_it_is_registered_in_the_end(void **state)
{
	(void)state;
	for (unsigned seed = 0; seed < 40; seed++) {
		struct bench *bench = open_bench();
		struct bel_registration_opts opts = options(bench);
		if (seed % 2)
			opts.registrar = BEL_STR("sip:192.0.2.2;transport=tcp");
		bel_sim_draw(bench->sim, seed + 1);
		for (unsigned i = 0; i < seed; i++)
			bel_sim_draw(bench->sim, 7);
		opts.follows_nat = seed % 3 == 0;
		bench->grants_s = 120;
		start_with(bench, &opts);
		for (unsigned i = 0; i < 4; i++)
			misbehave(bench);
		bel_sim_partition(bench->sim, bench->a.node, bench->b.node, false);
		bench->scripted = 0;
		run_for(bench, 1900);
		assert_state(bench, REGISTERED);
		bench->writer.len = 0;
		bel_registration_stop(bench->registration);
		run_for(bench, 40);
		assert_true(bench->is_gone);
		assert_int_equal(bel_ua_pending(bench->a.ua), 0);
		close_bench(bench);
	}
}

/* Whatever fails, it goes on trying, and ends when it is told. */
static enum bel_err register_and_stop(void *user)
{
	struct bench *bench = user;
	struct bel_registration_opts opts = options(bench);
	enum bel_err err = bel_registration_start(&bench->registration, &opts);

	if (err)
		return err;
	bench->is_gone = false;
	bench->failure.err = BEL_OK;
	run_for(bench, 10);
	err = bench->failure.err;
	bel_registration_stop(bench->registration);
	run_for(bench, 40);
	bel_registration_drop(bench->registration);
	bench->registration = NULL;
	bench->writer.len = 0;
	if (!bench->is_gone)
		return BEL_ERR_MISMATCH;
	/* A request or an answer that was lost with the memory comes by its repetition.
	 */
	return err == BEL_ERR_TIMEOUT ? BEL_ERR_SPACE : err;
}

static void no_memory_is_an_error_and_no_more(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	bel_test_each_allocation_fails(register_and_stop, bench);
	close_bench(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_registers_and_refreshes_before_the_end),
		cmocka_unit_test(what_was_granted_counts_not_what_was_asked),
		cmocka_unit_test(all_of_one_registration_share_a_call_id),
		cmocka_unit_test(an_interval_too_brief_is_asked_for_again_longer),
		cmocka_unit_test(a_423_that_never_ends_is_a_failure),
		cmocka_unit_test(retry_after_is_honoured),
		cmocka_unit_test(silence_is_tried_again_with_growing_patience),
		cmocka_unit_test(a_challenge_is_answered),
		cmocka_unit_test(a_wrong_password_does_not_hammer),
		cmocka_unit_test(a_redirection_is_followed),
		cmocka_unit_test(a_redirection_holds_until_it_fails),
		cmocka_unit_test(nobody_is_sent_from_sips_to_sip),
		cmocka_unit_test(redirections_in_a_circle_end),
		cmocka_unit_test(the_contact_follows_the_nat_and_the_old_one_is_removed),
		cmocka_unit_test(who_does_not_follow_nats_is_told_all_the_same),
		cmocka_unit_test(an_address_that_never_stands_still_is_not_chased),
		cmocka_unit_test(a_nat_that_forgets_is_noticed_at_the_refresh),
		cmocka_unit_test(keepalives_hold_the_nat_open),
		cmocka_unit_test(a_network_that_changed_registers_again_at_once),
		cmocka_unit_test(a_connection_that_breaks_is_replaced_at_once),
		cmocka_unit_test(one_that_breaks_again_and_again_is_waited_for),
		cmocka_unit_test(a_break_after_two_good_minutes_is_a_first_one),
		cmocka_unit_test(a_server_that_crashed_is_found_again),
		cmocka_unit_test(a_refresh_goes_down_the_same_connection),
		cmocka_unit_test(the_next_proxy_is_tried_and_the_first_one_returned_to),
		cmocka_unit_test(calls_go_where_the_register_went),
		cmocka_unit_test(an_instance_is_named_and_its_gruu_kept),
		cmocka_unit_test(stopping_takes_our_contact_out),
		cmocka_unit_test(nobody_waits_long_for_that),
		cmocka_unit_test(stopping_waits_for_the_register_that_is_out),
		cmocka_unit_test(stopping_what_never_began_says_nothing_to_the_server),
		cmocka_unit_test(a_binding_that_may_stand_is_removed_after_a_failure),
		cmocka_unit_test(a_binding_that_ran_out_is_left_alone),
		cmocka_unit_test(it_may_be_dropped_from_within),
		cmocka_unit_test(what_is_no_address_is_refused_at_the_start),
		cmocka_unit_test(whatever_happens_it_is_registered_in_the_end),
		cmocka_unit_test(no_memory_is_an_error_and_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
