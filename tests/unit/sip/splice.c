/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/sip/sip_support.h"

static char buf[32768];

static void edit_none(struct bel_sip_splice *splice)
{
	(void)splice;
}

/* The lines between Via and From of a forwarded INVITE with these lines there. */
static void expect_lines(const char *lines, void (*edit)(struct bel_sip_splice *splice),
			 const char *expected)
{
	struct sample *sample = sample_with(lines);
	struct bel_sip_splice splice;
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	static const char before[] = "INVITE sip:bob@example.com SIP/2.0\r\n" VIA;
	static const char after[] = REST "\r\n";

	assert_int_equal(sample->err, BEL_OK);
	bel_sip_splice_init(&splice, &sample->msg);
	edit(&splice);
	assert_int_equal(bel_sip_splice_write(&writer, &splice), BEL_OK);
	bel_str out = bel_writer_str(&writer);
	assert_true(bel_str_has_prefix(out, bel_str_from(before)));
	assert_true(bel_str_has_suffix(out, bel_str_from(after)));
	assert_str(bel_str_slice(out, sizeof before - 1, out.len - (sizeof after - 1)),
		   expected);
	sample_free(sample);
}

static void expect_err(const char *lines, void (*edit)(struct bel_sip_splice *splice),
		       enum bel_err err)
{
	struct sample *sample = sample_with(lines);
	struct bel_sip_splice splice;
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	bel_sip_splice_init(&splice, &sample->msg);
	edit(&splice);
	assert_int_equal(bel_sip_splice_write(&writer, &splice), err);
	sample_free(sample);
}

static void without_edits_every_byte_stays(void **state)
{
	const char *lines = "X-A :  odd \r\nk: a,\r\n\tb ,c\r\nx-a: \xff\r\n";

	(void)state;
	expect_lines(lines, edit_none, lines);
}

static void remove_first_route(struct bel_sip_splice *splice)
{
	bel_sip_splice_remove_value(splice, BEL_SIP_H_ROUTE, 0);
}

static void the_topmost_value_goes_in_every_spelling(void **state)
{
	(void)state;
	expect_lines("Route: <sip:a;lr>\r\nRoute: <sip:b;lr>\r\n", remove_first_route,
		     "Route: <sip:b;lr>\r\n");
	expect_lines("Route: <sip:a;lr>, <sip:b;lr>\r\n", remove_first_route,
		     "Route: <sip:b;lr>\r\n");
	expect_lines("ROUTE:\r\n <sip:a;lr>\r\n ,\r\n <sip:b;lr>\r\n", remove_first_route,
		     "ROUTE:\r\n <sip:b;lr>\r\n");
	expect_lines("Route: \"x, y\" <sip:a,b@h;lr>;z=\"1,2\" ,<sip:b;lr>,<sip:c>\r\n",
		     remove_first_route, "Route: <sip:b;lr>,<sip:c>\r\n");
	expect_lines("Route: <sip:a>\r\n\t;x\r\nA: b\r\n", remove_first_route,
		     "A: b\r\n");
	expect_lines("Route:\r\nroute : <sip:a>\r\n", remove_first_route, "Route:\r\n");
}

static void remove_0_and_1(struct bel_sip_splice *splice)
{
	bel_sip_splice_remove_value(splice, BEL_SIP_H_ROUTE, 1);
	bel_sip_splice_remove_value(splice, BEL_SIP_H_ROUTE, 0);
}

static void remove_1_and_2(struct bel_sip_splice *splice)
{
	bel_sip_splice_remove_value(splice, BEL_SIP_H_ROUTE, 1);
	bel_sip_splice_remove_value(splice, BEL_SIP_H_ROUTE, 2);
	bel_sip_splice_remove_value(splice, BEL_SIP_H_ROUTE, 2);
}

static void remove_0_2_and_1(struct bel_sip_splice *splice)
{
	bel_sip_splice_remove_value(splice, BEL_SIP_H_ROUTE, 0);
	bel_sip_splice_remove_value(splice, BEL_SIP_H_ROUTE, 2);
	bel_sip_splice_remove_value(splice, BEL_SIP_H_ROUTE, 1);
}

static void remove_0_and_2(struct bel_sip_splice *splice)
{
	bel_sip_splice_remove_value(splice, BEL_SIP_H_ROUTE, 2);
	bel_sip_splice_remove_value(splice, BEL_SIP_H_ROUTE, 0);
}

static void any_values_of_a_line_may_go(void **state)
{
	const char *lines = "Route: <sip:a>, <sip:b>, <sip:c>\r\n";

	(void)state;
	expect_lines(lines, remove_0_and_1, "Route: <sip:c>\r\n");
	expect_lines(lines, remove_1_and_2, "Route: <sip:a>\r\n");
	expect_lines(lines, remove_0_and_2, "Route: <sip:b>\r\n");
	expect_lines(lines, remove_0_2_and_1, "");
	lines = "Route: <sip:a>\r\nX: y\r\nRoute: <sip:b>, <sip:c>\r\n";
	expect_lines(lines, remove_0_and_1, "X: y\r\nRoute: <sip:c>\r\n");
	expect_lines(lines, remove_1_and_2, "Route: <sip:a>\r\nX: y\r\n");
}

static void insert_lines(struct bel_sip_splice *splice)
{
	bel_sip_splice_append(splice, BEL_SIP_H_SUBJECT, BEL_STR("last"));
	bel_sip_splice_insert(splice, BEL_SIP_H_RECORD_ROUTE, BEL_STR("<sip:1;lr>"));
	bel_sip_splice_insert(splice, BEL_SIP_H_RECORD_ROUTE, BEL_STR("<sip:2;lr>"));
}

static void lines_are_put_before_the_first_of_their_kind(void **state)
{
	struct sample *sample = sample_with("");
	struct bel_sip_splice splice;
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	(void)state;
	bel_sip_splice_init(&splice, &sample->msg);
	insert_lines(&splice);
	bel_sip_splice_insert(&splice, BEL_SIP_H_VIA,
			      BEL_STR("SIP/2.0/UDP p;branch=z9hG4bKp"));
	assert_int_equal(bel_sip_splice_write(&writer, &splice), BEL_OK);
	assert_str(bel_writer_str(&writer),
		   "INVITE sip:bob@example.com SIP/2.0\r\nRecord-Route: "
		   "<sip:1;lr>\r\nRecord-Route: <sip:2;lr>\r\n"
		   "Via: SIP/2.0/UDP p;branch=z9hG4bKp\r\n" VIA REST
		   "Subject: last\r\n\r\n");
	sample_free(sample);
}

static void insert_and_remove_route(struct bel_sip_splice *splice)
{
	bel_sip_splice_remove_value(splice, BEL_SIP_H_ROUTE, 0);
	bel_sip_splice_insert(splice, BEL_SIP_H_ROUTE, BEL_STR("<sip:new;lr>"));
}

static void a_line_may_come_where_another_goes(void **state)
{
	(void)state;
	expect_lines("Route: <sip:a>\r\nX: y\r\n", insert_and_remove_route,
		     "Route: <sip:new;lr>\r\nX: y\r\n");
}

static void set_all(struct bel_sip_splice *splice)
{
	bel_sip_splice_set_number(splice, BEL_SIP_H_MAX_FORWARDS, 69);
	bel_sip_splice_set(splice, BEL_SIP_H_P_ASSERTED_IDENTITY, BEL_STR("<sip:a@b>"));
	bel_sip_splice_replace_value(splice, BEL_SIP_H_CONTACT, 1, BEL_STR("<sip:z>"));
	bel_sip_splice_remove_named(splice, BEL_STR("x-gone"));
	bel_sip_splice_remove(splice, BEL_SIP_H_PROXY_AUTHORIZATION);
}

static void values_are_set_and_headers_removed(void **state)
{
	(void)state;
	expect_lines(
		"Max-Forwards :\t070\r\nP-Asserted-Identity: <sip:e>\r\nX-Gone: 1\r\n"
		"m: <sip:x>,\r\n <sip:y>;q=1\r\nx-GONE: 2\r\nX-Kept: "
		"3\r\nP-Asserted-Identity: <tel:+1>\r\n"
		"Proxy-Authorization: Digest a=\"b, c\"\r\n",
		set_all,
		"Max-Forwards :\t69\r\nP-Asserted-Identity: <sip:a@b>\r\n"
		"m: <sip:x>,\r\n <sip:z>\r\nX-Kept: 3\r\n");
}

static void what_is_set_anew_stands_at_the_end(void **state)
{
	struct sample *sample = sample_new(
		BEL_STR("\r\nINVITE sip:b@c SIP/2.0\r\n" VIA REST "\r\nold"));
	struct bel_sip_splice splice;
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	(void)state;
	bel_sip_splice_init(&splice, &sample->msg);
	bel_sip_splice_set_number(&splice, BEL_SIP_H_MAX_FORWARDS, 70);
	bel_sip_splice_uri(&splice, BEL_STR("sip:d@e"));
	bel_sip_splice_body(&splice, BEL_STR("text/plain"), BEL_STR("new\r\nbody"));
	assert_int_equal(bel_sip_splice_write(&writer, &splice), BEL_OK);
	assert_str(bel_writer_str(&writer),
		   "INVITE sip:d@e SIP/2.0\r\n" VIA REST
		   "Max-Forwards: 70\r\nContent-Type: text/plain\r\n"
		   "Content-Length: 9\r\n\r\nnew\r\nbody");
	sample_free(sample);
}

static void drop_body(struct bel_sip_splice *splice)
{
	bel_sip_splice_body(splice, BEL_STR_NONE, BEL_STR_NONE);
}

static void a_body_goes_with_its_type(void **state)
{
	struct sample *sample = sample_new(BEL_STR("INVITE sip:b@c SIP/2.0\r\n" VIA REST
						   "c: text/plain\r\nl: 3\r\n\r\nold"));
	struct bel_sip_splice splice;
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	(void)state;
	bel_sip_splice_init(&splice, &sample->msg);
	drop_body(&splice);
	assert_int_equal(bel_sip_splice_write(&writer, &splice), BEL_OK);
	assert_str(bel_writer_str(&writer),
		   "INVITE sip:b@c SIP/2.0\r\n" VIA REST "l: 0\r\n\r\n");
	sample_free(sample);
}

static void the_source_goes_into_the_topmost_via(void **state)
{
	struct sample *sample = sample_new(BEL_STR(
		"INVITE sip:b@c SIP/2.0\r\nv: SIP/2.0/UDP h;rport;received=6.6.6.6;"
		"branch=z9hG4bK1 , SIP/2.0/UDP g\r\n" REST "\r\n"));
	struct bel_sip_splice splice;
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	bel_addr source = bel_addr_v4(192, 0, 2, 9, 4711);

	(void)state;
	bel_sip_splice_init(&splice, &sample->msg);
	bel_sip_splice_via_source(&splice, &source);
	bel_sip_splice_insert(&splice, BEL_SIP_H_VIA, BEL_STR("SIP/2.0/UDP p"));
	assert_int_equal(bel_sip_splice_write(&writer, &splice), BEL_OK);
	assert_str(bel_writer_str(&writer),
		   "INVITE sip:b@c SIP/2.0\r\nVia: SIP/2.0/UDP p\r\n"
		   "v: SIP/2.0/UDP h;branch=z9hG4bK1;received=192.0.2.9;rport=4711 , "
		   "SIP/2.0/UDP g\r\n" REST "\r\n");
	sample_free(sample);
}

static void replace_twice(struct bel_sip_splice *splice)
{
	bel_sip_splice_set(splice, BEL_SIP_H_SUBJECT, BEL_STR("a"));
	bel_sip_splice_set(splice, BEL_SIP_H_SUBJECT, BEL_STR("b"));
}

static void replace_removed(struct bel_sip_splice *splice)
{
	bel_sip_splice_set(splice, BEL_SIP_H_SUBJECT, BEL_STR("a"));
	bel_sip_splice_remove(splice, BEL_SIP_H_SUBJECT);
}

static void body_twice(struct bel_sip_splice *splice)
{
	drop_body(splice);
	drop_body(splice);
}

static void remove_twice(struct bel_sip_splice *splice)
{
	bel_sip_splice_remove(splice, BEL_SIP_H_SUBJECT);
	bel_sip_splice_set(splice, BEL_SIP_H_MAX_FORWARDS, BEL_STR("1"));
	bel_sip_splice_remove(splice, BEL_SIP_H_SUBJECT);
}

static void remove_missing(struct bel_sip_splice *splice)
{
	bel_sip_splice_remove_value(splice, BEL_SIP_H_SUBJECT, 1);
}

static void inject(struct bel_sip_splice *splice)
{
	bel_sip_splice_append(splice, BEL_SIP_H_SUBJECT,
			      BEL_STR("a\r\nRoute: <sip:evil>"));
}

static void too_many(struct bel_sip_splice *splice)
{
	for (unsigned i = 0; i <= BEL_SIP_CUTS_MAX; i++)
		bel_sip_splice_append(splice, BEL_SIP_H_SUBJECT, BEL_STR("a"));
}

static void edits_that_contradict_are_told(void **state)
{
	(void)state;
	expect_err("Subject: x\r\n", replace_twice, BEL_ERR_MISMATCH);
	expect_err("", replace_twice, BEL_ERR_MISMATCH);
	expect_err("Subject: x\r\n", replace_removed, BEL_ERR_MISMATCH);
	expect_err("", body_twice, BEL_ERR_MISMATCH);
	expect_err("Subject: x\r\n", remove_missing, BEL_ERR_NOT_FOUND);
	expect_err("", inject, BEL_ERR_SYNTAX);
	expect_err("", too_many, BEL_ERR_LIMIT);
	expect_err("Subject: x\r\n", remove_twice, BEL_OK);
}

static void seventy_vias_go_in_one_cut(void **state)
{
	char lines[4096];
	size_t len = 0;

	(void)state;
	for (unsigned i = 0; i < 69; i++, len += 18)
		memcpy(lines + len, "v: SIP/2.0/UDP h\r\n", 18);
	lines[len] = '\0';
	struct sample *sample = sample_with(lines);
	struct bel_sip_splice splice;
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	assert_int_equal(sample->err, BEL_OK);
	bel_sip_splice_init(&splice, &sample->msg);
	bel_sip_splice_remove(&splice, BEL_SIP_H_VIA);
	bel_sip_splice_insert(&splice, BEL_SIP_H_VIA, BEL_STR("SIP/2.0/UDP p"));
	assert_int_equal(splice.cuts_count, 2);
	assert_int_equal(bel_sip_splice_write(&writer, &splice), BEL_OK);
	assert_str(bel_writer_str(&writer),
		   "INVITE sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/UDP p\r\n" REST
		   "\r\n");
	sample_free(sample);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_edits_every_byte_stays),
		cmocka_unit_test(the_topmost_value_goes_in_every_spelling),
		cmocka_unit_test(any_values_of_a_line_may_go),
		cmocka_unit_test(lines_are_put_before_the_first_of_their_kind),
		cmocka_unit_test(a_line_may_come_where_another_goes),
		cmocka_unit_test(values_are_set_and_headers_removed),
		cmocka_unit_test(what_is_set_anew_stands_at_the_end),
		cmocka_unit_test(a_body_goes_with_its_type),
		cmocka_unit_test(the_source_goes_into_the_topmost_via),
		cmocka_unit_test(edits_that_contradict_are_told),
		cmocka_unit_test(seventy_vias_go_in_one_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
