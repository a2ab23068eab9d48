/* SPDX-License-Identifier: Apache-2.0 */
#include "support/support.h"
#include "sip/sip.h"

static struct bel_uri parsed(const char *text)
{
	struct bel_uri uri;

	if (bel_uri_parse(&uri, bel_str_from(text)))
		fail_msg("not parsed: %s", text);
	return uri;
}

static bool is_equal(const char *a, const char *b)
{
	struct bel_uri left = parsed(a), right = parsed(b);
	bool result = bel_uri_is_equal(&left, &right);

	assert_int_equal(result, bel_uri_is_equal(&right, &left));
	return result;
}

static void every_part_is_found(void **state)
{
	struct bel_uri uri = parsed(
		"sips:al%20ice;x:se&cret@Example.COM:5071;transport=tcp;lr?a=b&c=");

	(void)state;
	assert_int_equal(uri.scheme, BEL_URI_SIPS);
	assert_str(uri.user, "al%20ice;x");
	assert_str(uri.password, "se&cret");
	assert_str(uri.host, "Example.COM");
	assert_int_equal(uri.host_kind, BEL_URI_NAME);
	assert_int_equal(uri.port, 5071);
	assert_str(uri.params, "transport=tcp;lr");
	assert_str(uri.headers, "a=b&c=");
	assert_true(bel_uri_is_loose(&uri));
}

static void a_host_may_be_an_address(void **state)
{
	(void)state;
	assert_int_equal(parsed("sip:192.0.2.1").host_kind, BEL_URI_IPV4);
	assert_int_equal(parsed("sip:a@[2001:db8::9:1]:5060").host_kind, BEL_URI_IPV6);
	assert_str(parsed("sip:a@[2001:db8::9:1]:5060").host, "[2001:db8::9:1]");
	assert_int_equal(parsed("sip:a@[2001:db8::9:1]:5060").port, 5060);
	assert_null(parsed("sip:host:5060").user.ptr);
	assert_int_equal(parsed("sip:host:5060").port, 5060);
}

static void what_is_no_uri_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"sip",
		"sip:",
		":a@b",
		"1sip:a@b",
		"sip:@b",
		"sip:a@",
		"sip:a@b:",
		"sip:a@b:0",
		"sip:a@b:65536",
		"sip:a@b:99999999999999999999",
		"sip:a@b:-1",
		"sip:a@b:+5",
		"sip:a b@c",
		"sip:a@b c",
		"sip:a@b;",
		"sip:a@b;;x",
		"sip:a@b;x=",
		"sip:a@b?",
		"sip:a@b?x",
		"sip:a%4@b",
		"sip:a%zz@b",
		"sip:a@b;x=%",
		"sip:a@[::1",
		"sip:a@[fe80::1%eth0]",
		"sip:a@[]",
		"sip:a@1.2.3.400",
		"sip:a@1.2.3",
		"<sip:a@b>",
		"sip:a@b\r\n",
		"sip:a\"@b",
		"sip:a@b@c",
		"tel:",
		"tel:+",
		"tel:+abc",
		"tel:-",
		"urn:",
		"urn:a b",
		"urn:<x>",
	};
	struct bel_uri untouched = { .port = 7 };

	(void)state;
	for (unsigned i = 0; i < BEL_COUNT_OF(texts); i++)
		if (bel_uri_parse(&untouched, bel_str_from(texts[i])) != BEL_ERR_SYNTAX)
			fail_msg("accepted: %s", texts[i]);
	assert_int_equal(untouched.port, 7);
}

/* RFC 3261 section 19.1.4, its own examples; RFC 5954 section 4.2. */
static void equal_uris_are_equal(void **state)
{
	static const char *const pairs[][2] = {
		{ "sip:%61lice@atlanta.com;transport=TCP",
		  "sip:alice@AtLanTa.CoM;Transport=tcp" },
		{ "sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5" },
		{ "sip:carol@chicago.com", "sip:carol@chicago.com;security=on" },
		{ "sip:carol@chicago.com;newparam=5",
		  "sip:carol@chicago.com;security=on" },
		{ "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
		  "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi."
		  "com" },
		{ "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
		  "sip:alice@atlanta.com?priority=urgent&subject=project%20x" },
		{ "sip:carol@chicago.com", "sip:carol@chicago.com;security=off" },
		{ "sip:bob@[2001:db8::9:1]", "sip:bob@[2001:db8::9:01]" },
		{ "sip:bob@[0:0:0:0:0:FFFF:129.144.52.38]",
		  "sip:bob@[::FFFF:129.144.52.38]" },
		{ "sip:%2321@h", "sip:%23%32%31@h" },
		{ "sip:a%3bb@h", "sip:a%3Bb@h" },
		{ "tel:+1-201-555-0123", "TEL:+1(201)5550123" },
		{ "tel:863-1234;phone-context=+1-914-555",
		  "tel:8631234;phone-context=+1914555" },
		{ "tel:7042;phone-context=Example.com;a=b",
		  "tel:7042;a=b;phone-context=example.com" },
		{ "URN:service:sos", "urn:service:sos" },
	};

	(void)state;
	for (unsigned i = 0; i < BEL_COUNT_OF(pairs); i++)
		if (!is_equal(pairs[i][0], pairs[i][1]))
			fail_msg("not equal: %s %s", pairs[i][0], pairs[i][1]);
}

static void different_uris_are_different(void **state)
{
	static const char *const pairs[][2] = {
		{ "SIP:ALICE@AtLanTa.CoM;Transport=udp",
		  "sip:alice@AtLanTa.CoM;Transport=UDP" },
		{ "sip:bob@biloxi.com", "sip:bob@biloxi.com:5060" },
		{ "sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp" },
		{ "sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp" },
		{ "sip:carol@chicago.com",
		  "sip:carol@chicago.com?Subject=next%20meeting" },
		{ "sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4" },
		{ "sip:carol@chicago.com;security=on",
		  "sip:carol@chicago.com;security=off" },
		{ "sip:a@h", "sips:a@h" },
		{ "sip:a@h", "sip:h" },
		{ "sip:a@h", "sip:a:@h" },
		{ "sip:a:x@h", "sip:a:y@h" },
		{ "sip:a@h", "sip:a@h;maddr=192.0.2.1" },
		{ "sip:a@h", "sip:a@h;user=phone" },
		{ "sip:a@h", "sip:a@h;ttl=1" },
		{ "sip:a@h;method=INVITE", "sip:a@h;method=invite" },
		{ "sip:a@h?x=1&x=1", "sip:a@h?x=1&x=2" },
		{ "sip:null-%00-null@example.com", "sip:null-%00@example.com" },
		{ "sip:bob@[2001:db8::9:1]", "sip:bob@[2001:db8::9:10]" },
		{ "sip:value%25%34%31@h", "sip:valueA@h" },
		{ "tel:+15550123", "tel:15550123" },
		{ "tel:7042;phone-context=a.com", "tel:7042" },
		{ "tel:7042;phone-context=a.com", "tel:7042;phone-context=b.com" },
		{ "urn:a", "urn:A" },
	};

	(void)state;
	for (unsigned i = 0; i < BEL_COUNT_OF(pairs); i++)
		if (is_equal(pairs[i][0], pairs[i][1]))
			fail_msg("equal: %s %s", pairs[i][0], pairs[i][1]);
}

static void a_uri_with_many_parameters_costs_no_square(void **state)
{
	char text[8192] = "sip:a@h";
	size_t len = strlen(text);
	struct bel_uri uri;

	(void)state;
	while (len + 2 < sizeof text - 1) {
		memcpy(text + len, ";p", 2);
		len += 2;
	}
	assert_int_equal(bel_uri_parse(&uri, (bel_str){ text, len }), BEL_OK);
	assert_true(bel_uri_is_equal(&uri, &uri));
}

static void parameters_are_found_by_name(void **state)
{
	struct bel_uri uri = parsed("sip:a@h;TransPort=TCP;l%72=on;x");
	bel_str value = BEL_STR("old");

	(void)state;
	assert_true(bel_uri_param(&uri, BEL_STR("transport"), &value));
	assert_str(value, "TCP");
	assert_true(bel_uri_is_loose(&uri));
	assert_true(bel_uri_param(&uri, BEL_STR("x"), &value));
	assert_int_equal(value.len, 0);
	value = BEL_STR("old");
	assert_false(bel_uri_param(&uri, BEL_STR("tran"), &value));
	assert_str(value, "old");
}

static void the_address_of_record_has_one_spelling(void **state)
{
	static const char *const pairs[][2] = {
		{ "sips:%61lice:pw@Example.COM:5061;lr?x=y", "sip:alice@example.com" },
		{ "sip:a%3bb%20c@h", "sip:a;b%20c@h" },
		{ "sip:%2a21%23@h", "sip:*21%23@h" },
		{ "sip:Example.com", "sip:example.com" },
		{ "sip:a%00b@h", "sip:a%00b@h" },
		{ "sip:a%40b@h", "sip:a%40b@h" },
		{ "sip:bob@[2001:DB8:0::9:01]:5060", "sip:bob@[2001:db8::9:1]" },
		{ "tel:+1(201)555-0123;x=y", "tel:+12015550123" },
		{ "urn:service:sos", "urn:service:sos" },
	};
	char buf[256];

	(void)state;
	for (unsigned i = 0; i < BEL_COUNT_OF(pairs); i++) {
		struct bel_writer writer = bel_writer_init(buf, sizeof buf);
		struct bel_uri uri = parsed(pairs[i][0]);
		bel_uri_write_aor(&writer, &uri);
		assert_str(bel_writer_str(&writer), pairs[i][1]);
	}
}

static void what_was_parsed_is_written_as_it_was(void **state)
{
	static const char *const texts[] = {
		"sip:a@h",
		"sips:h",
		"sip:a:@h:5060;lr;x=y?a=b&c=",
		"sip:[::1]:5060",
		"tel:+1-2;ext=3",
		"http://www.example.com/",
		"sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*@example.com",
	};
	char buf[256];

	(void)state;
	for (unsigned i = 0; i < BEL_COUNT_OF(texts); i++) {
		struct bel_writer writer = bel_writer_init(buf, sizeof buf);
		struct bel_uri uri = parsed(texts[i]);
		bel_uri_write(&writer, &uri);
		assert_str(bel_writer_str(&writer), texts[i]);
	}
}

static void each_part_is_escaped_as_its_grammar_asks(void **state)
{
	char buf[256];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	(void)state;
	bel_uri_user_escape(&writer, BEL_STR("a;b#@:%\xc3"));
	assert_str(bel_writer_str(&writer), "a;b%23%40%3A%25%C3");
	writer = bel_writer_init(buf, sizeof buf);
	bel_uri_password_escape(&writer, BEL_STR("a;b,"));
	assert_str(bel_writer_str(&writer), "a%3Bb,");
	writer = bel_writer_init(buf, sizeof buf);
	bel_uri_param_escape(&writer, BEL_STR("[::1];="));
	assert_str(bel_writer_str(&writer), "[::1]%3B%3D");
	writer = bel_writer_init(buf, sizeof buf);
	bel_uri_header_escape(&writer, BEL_STR("a?&= "));
	assert_str(bel_writer_str(&writer), "a?%26%3D%20");
}

static void an_escape_is_undone_once(void **state)
{
	char buf[64];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	(void)state;
	bel_uri_user_unescape(&writer, BEL_STR("value%25%34%31"));
	assert_str(bel_writer_str(&writer), "value%41");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_part_is_found),
		cmocka_unit_test(a_host_may_be_an_address),
		cmocka_unit_test(what_is_no_uri_is_refused),
		cmocka_unit_test(equal_uris_are_equal),
		cmocka_unit_test(different_uris_are_different),
		cmocka_unit_test(a_uri_with_many_parameters_costs_no_square),
		cmocka_unit_test(parameters_are_found_by_name),
		cmocka_unit_test(the_address_of_record_has_one_spelling),
		cmocka_unit_test(what_was_parsed_is_written_as_it_was),
		cmocka_unit_test(each_part_is_escaped_as_its_grammar_asks),
		cmocka_unit_test(an_escape_is_undone_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
