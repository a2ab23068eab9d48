/* SPDX-License-Identifier: Apache-2.0
 * Facts out of real requests: routes and marks, options, numbers. */
#include "unit/route/route_support.h"

static const struct bel_mark_key key = { { 1, 2 } };

struct taken {
	struct world *world;
	struct bel_sip_msg msg;
	char bytes[8192];
};

static void open_taken(struct taken *taken, const char *method, const char *lines)
{
	struct bel_writer writer = bel_writer_init(taken->bytes, sizeof taken->bytes);
	struct bel_sip_refusal why;

	taken->world = open_world();
	bel_write_format(&writer,
			 "%s sip:bob@example.com SIP/2.0\r\n"
			 "Via: SIP/2.0/UDP 203.0.113.5;branch=z9hG4bK1\r\n"
			 "From: <sip:alice@example.com>;tag=1\r\n"
			 "To: <sip:bob@example.com>;tag=2\r\nCall-ID: c\r\n"
			 "CSeq: 1 %s\r\n%s\r\n",
			 method, method, lines);
	assert_int_equal(bel_sip_parse(&taken->msg, &taken->world->arena,
				       bel_writer_str(&writer), &why),
			 BEL_OK);
	assert_int_equal(bel_sip_validate(&taken->msg, &why), BEL_OK);
	bel_facts_init(&taken->world->facts,
		       &(struct bel_facts_opts){
			       .request = &taken->msg,
			       .source = &taken->world->facts.source,
			       .transport = BEL_SIP_TCP,
			       .own = taken->world->own,
			       .own_count = BEL_COUNT_OF(taken->world->own),
			       .conf = &taken->world->conf,
			       .key = &key,
		       });
}

static void the_request_is_read(void **state)
{
	struct taken taken;
	const struct bel_facts *facts;

	(void)state;
	open_taken(&taken, "MESSAGE", "Max-Forwards: 12\r\nContent-Type: text/plain\r\n");
	facts = &taken.world->facts;
	assert_int_equal(facts->method, BEL_SIP_MESSAGE);
	assert_str(facts->target.user, "bob");
	assert_str(facts->from.user, "alice");
	assert_true(facts->has_to_tag);
	assert_int_equal(facts->max_forwards, 12);
	assert_str(facts->body_type, "text/plain");
	assert_int_equal(facts->transport, BEL_SIP_TCP);
	assert_int_equal(facts->route, BEL_ROUTE_ABSENT);
	assert_int_equal(facts->identity, BEL_IDENTITY_UNASKED);
	close_world(taken.world);
	open_taken(&taken, "FROBNICATE", "");
	assert_int_equal(taken.world->facts.method, BEL_SIP_METHOD_OTHER);
	assert_int_equal(taken.world->facts.max_forwards, -1);
	close_world(taken.world);
}

static void the_options_that_are_not_served_are_named(void **state)
{
	static const struct {
		const char *lines, *unsupported;
		bool is_proxy;
	} rows[] = {
		{ "Require: path, outbound, GRUU\r\n", "", false },
		{ "Require: path, 100rel\r\n", "100rel", false },
		{ "Require: 100rel, path, x\r\nRequire: y\r\n", "100rel, x, y", false },
		{ "Proxy-Require: x\r\nRequire: y\r\n", "x", true },
		{ "Proxy-Require: path\r\n", "path", true },
		{ "Require:\r\n", "", false },
		{ "Require: ,,\r\n", "", false },
	};

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		struct taken taken;
		open_taken(&taken, "INVITE", rows[i].lines);
		assert_str(taken.world->facts.unsupported, rows[i].unsupported);
		assert_int_equal(taken.world->facts.is_proxy_unsupported,
				 rows[i].is_proxy);
		close_world(taken.world);
	}
}

/* $A and $B are genuine marks with bindings 1 and 2, $F is one of another call. */
static void write_lines(struct bel_writer *writer, const char *text)
{
	for (; *text; text++) {
		struct bel_mark mark = { .binding = 1 };
		if (*text != '$') {
			bel_write_char(writer, *text);
			continue;
		}
		text++;
		mark.binding = *text == 'B' ? 2 : 1;
		bel_mark_write(writer, &mark, &key,
			       *text == 'F' ? BEL_STR("other") : BEL_STR("c"));
	}
	bel_write_char(writer, '\0');
	assert_false(writer->is_full);
}

static void the_last_of_our_routes_tells_where_it_goes_on(void **state)
{
	static const struct {
		const char *lines;
		enum bel_route_mark_state state;
		unsigned own_routes;
		bool has_further;
		uint64_t binding;
	} rows[] = {
		{ "", BEL_ROUTE_ABSENT, 0, false, 0 },
		{ "Route: <sip:192.0.2.1;lr>\r\n", BEL_ROUTE_PLAIN, 1, false, 0 },
		{ "Route: <sip:192.0.2.1:5060;lr>\r\n", BEL_ROUTE_PLAIN, 1, false, 0 },
		{ "Route: <sip:example.com;lr>\r\n", BEL_ROUTE_PLAIN, 1, false, 0 },
		{ "Route: <sip:example.com:7000;lr>\r\n", BEL_ROUTE_PLAIN, 1, false, 0 },
		/* another program at our address */
		{ "Route: <sip:192.0.2.1:5090;lr>\r\n", BEL_ROUTE_FOREIGN, 0, false, 0 },
		{ "Route: <sip:192.0.2.1:5090;lr;b=x>\r\n", BEL_ROUTE_FOREIGN, 0, false,
		  0 },
		{ "Route: <sip:x.test;lr>\r\n", BEL_ROUTE_FOREIGN, 0, false, 0 },
		{ "Route: <sip:192.0.2.1;lr;b=$A>\r\n", BEL_ROUTE_MARKED, 1, false, 1 },
		/* a listener that was moved since */
		{ "Route: <sip:192.0.2.1:5090;lr;b=$A>\r\n", BEL_ROUTE_MARKED, 1, false,
		  1 },
		{ "Route: <sip:192.0.2.1;lr;b=$A>, <sip:192.0.2.1;lr;b=$B>\r\n",
		  BEL_ROUTE_MARKED, 2, false, 2 },
		{ "Route: <sip:192.0.2.1;lr;b=$B>\r\nRoute: <sip:192.0.2.1;lr;b=$A>\r\n",
		  BEL_ROUTE_MARKED, 2, false, 1 },
		{ "Route: <sip:192.0.2.1;lr;b=$A>\r\nRoute: <sip:x.test;lr>\r\n",
		  BEL_ROUTE_MARKED, 1, true, 1 },
		{ "Route: <sip:192.0.2.1;lr>, <sip:x.test;lr>\r\n", BEL_ROUTE_PLAIN, 1,
		  true, 0 },
		{ "Route: <sip:192.0.2.1;lr;b=$F>\r\n", BEL_ROUTE_FORGED, 0, false, 0 },
		{ "Route: <sip:192.0.2.1;lr;b>\r\n", BEL_ROUTE_FORGED, 0, false, 0 },
		/* a genuine one in front proves nothing for what follows */
		{ "Route: <sip:192.0.2.1;lr;b=$A>, <sip:192.0.2.1;lr;b=$F>\r\n",
		  BEL_ROUTE_FORGED, 1, false, 1 },
		/* one behind a foreign one is not looked at */
		{ "Route: <sip:x.test;lr>, <sip:192.0.2.1;lr;b=$A>\r\n",
		  BEL_ROUTE_FOREIGN, 0, false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		struct taken taken;
		char lines[1024];
		struct bel_writer writer = bel_writer_init(lines, sizeof lines);
		write_lines(&writer, rows[i].lines);
		open_taken(&taken, "BYE", lines);
		const struct bel_facts *facts = &taken.world->facts;
		if (facts->route != rows[i].state)
			fail_msg("%s: state %d, not %d", rows[i].lines, facts->route,
				 rows[i].state);
		assert_int_equal(facts->own_routes, rows[i].own_routes);
		assert_int_equal(facts->has_further_route, rows[i].has_further);
		if (facts->route == BEL_ROUTE_MARKED)
			assert_int_equal(facts->mark.binding, rows[i].binding);
		close_world(taken.world);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_request_is_read),
		cmocka_unit_test(the_options_that_are_not_served_are_named),
		cmocka_unit_test(the_last_of_our_routes_tells_where_it_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
