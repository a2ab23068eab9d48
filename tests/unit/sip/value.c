/* SPDX-License-Identifier: Apache-2.0 */
#include "support/support.h"
#include "sip/sip.h"

static void a_name_addr_has_all_its_parts(void **state)
{
	struct bel_sip_addr addr;

	(void)state;
	assert_int_equal(
		bel_sip_addr_parse(
			&addr,
			BEL_STR("\"A \\\" B\"  <sip:a@b;lr?x=y> ; tag = 17 ;q=0.5")),
		BEL_OK);
	assert_str(addr.display, "A \\\" B");
	assert_str(addr.uri.text, "sip:a@b;lr?x=y");
	assert_str(addr.tag, "17");
	assert_true(addr.has_brackets);
	assert_true(bel_sip_param_find(NULL, addr.params, BEL_STR("Q")));
	assert_false(bel_sip_param_find(NULL, addr.params, BEL_STR("lr")));
}

static void a_display_name_may_be_words_or_missing(void **state)
{
	struct bel_sip_addr addr;

	(void)state;
	assert_int_equal(bel_sip_addr_parse(&addr, BEL_STR("Alice  of\r\n B<sip:a@b>")),
			 BEL_OK);
	assert_str(addr.display, "Alice  of\r\n B");
	assert_int_equal(bel_sip_addr_parse(&addr, BEL_STR("J\xc3\xbcrgen <sip:a@b>")),
			 BEL_OK);
	assert_str(addr.display, "J\xc3\xbcrgen");
	assert_int_equal(bel_sip_addr_parse(&addr, BEL_STR("<tel:+1;ext=2>")), BEL_OK);
	assert_int_equal(addr.display.len, 0);
	assert_int_equal(addr.uri.scheme, BEL_URI_TEL);
}

/* RFC 3261 section 20.10, RFC 8217. */
static void without_brackets_parameters_belong_to_the_field(void **state)
{
	struct bel_sip_addr addr;

	(void)state;
	assert_int_equal(bel_sip_addr_parse(&addr, BEL_STR("sip:a@b:5060;tag=x")),
			 BEL_OK);
	assert_int_equal(addr.uri.params.len, 0);
	assert_str(addr.tag, "x");
	assert_false(addr.has_brackets);
	assert_int_equal(bel_sip_addr_parse(&addr, BEL_STR("sip:a@b?x=y")),
			 BEL_ERR_SYNTAX);
	assert_int_equal(bel_sip_addr_parse(&addr, BEL_STR("sip:a,b@c")), BEL_ERR_SYNTAX);
	assert_int_equal(bel_sip_addr_parse(&addr, BEL_STR("sip:a;b@c")), BEL_ERR_SYNTAX);
}

static void what_is_no_address_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"*",
		"<>",
		"<sip:a@b",
		"sip:a@b>",
		"\"x <sip:a@b>",
		"\"x\" sip:a@b",
		"< sip:a@b>",
		"<sip:a@b >",
		"Bell, Alexander <sip:a@b>",
		"<sip:a@b>;",
		"<sip:a@b>;;x",
		"<sip:a@b>;=x",
		"<sip:a@b>;x=",
		"<sip:a@b> x",
		"<sip:a@b>;x=\"y",
		"<sip:a@b>;tag=a b",
		"\"\x01\" <sip:a@b>",
		"<sip:a@b><sip:c@d>",
	};
	struct bel_sip_addr addr;

	(void)state;
	for (unsigned i = 0; i < BEL_COUNT_OF(texts); i++)
		if (bel_sip_addr_parse(&addr, bel_str_from(texts[i])) != BEL_ERR_SYNTAX)
			fail_msg("accepted: %s", texts[i]);
}

static void a_star_is_a_contact(void **state)
{
	struct bel_sip_addr addr;

	(void)state;
	assert_int_equal(bel_sip_contact_parse(&addr, BEL_STR(" * ")), BEL_OK);
	assert_true(addr.is_star);
	assert_int_equal(bel_sip_contact_parse(&addr, BEL_STR("<sip:a@b>;expires=0")),
			 BEL_OK);
	assert_false(addr.is_star);
	assert_int_equal(bel_sip_contact_parse(&addr, BEL_STR("*;q=1")), BEL_ERR_SYNTAX);
}

static void a_via_has_all_its_parts(void **state)
{
	struct bel_sip_via via;

	(void)state;
	assert_int_equal(
		bel_sip_via_parse(&via,
				  BEL_STR("SIP/2.0/TCP [2001:db8::9:1]:5071;rport=17;"
					  "branch=z9hG4bKx;received=2001:db8::2;"
					  "maddr=example.com;TTL=15;x=\"y;z\"")),
		BEL_OK);
	assert_int_equal(via.transport, BEL_SIP_TCP);
	assert_str(via.host, "[2001:db8::9:1]");
	assert_str(via.sent_by, "[2001:db8::9:1]:5071");
	assert_int_equal(via.port, 5071);
	assert_str(via.branch, "z9hG4bKx");
	assert_true(via.has_cookie);
	assert_true(via.has_rport);
	assert_int_equal(via.rport, 17);
	assert_str(via.received, "2001:db8::2");
	assert_str(via.maddr, "example.com");
	assert_int_equal(via.ttl, 15);
}

static void blanks_stand_where_the_grammar_lets_them(void **state)
{
	struct bel_sip_via via;

	(void)state;
	assert_int_equal(
		bel_sip_via_parse(
			&via, BEL_STR("SIP / 2.0\r\n / UDP\t first.example.com : 4000 "
				      "; ttl = 16 ;rport ; branch = z9hG4bKa7")),
		BEL_OK);
	assert_str(via.host, "first.example.com");
	assert_int_equal(via.port, 4000);
	assert_true(via.has_rport);
	assert_int_equal(via.rport, 0);
	assert_str(via.branch, "z9hG4bKa7");
}

static void what_is_no_via_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"SIP/2.0",
		"SIP/2.0/UDP",
		"SIP/2.0/UDP ",
		"SIP/2.0/UDPh",
		"SIP/2.0 UDP h",
		"SIP/2.0/UDP h:0",
		"SIP/2.0/UDP h:65536",
		"SIP/2.0/UDP h;",
		"SIP/2.0/UDP h;;branch=x",
		"SIP/2.0/UDP h;branch=",
		"SIP/2.0/UDP h;ttl=256",
		"SIP/2.0/UDP h;rport=65536",
		"SIP/2.0/UDP h;rport=x",
		"SIP/2.0/UDP h g",
		"SIP/2.0/UDP [::1",
		"SIP/2.0/UDP h;ttl",
	};
	struct bel_sip_via via;

	(void)state;
	for (unsigned i = 0; i < BEL_COUNT_OF(texts); i++)
		if (bel_sip_via_parse(&via, bel_str_from(texts[i])) != BEL_ERR_SYNTAX)
			fail_msg("accepted: %s", texts[i]);
}

static void a_cseq_is_a_number_and_a_method(void **state)
{
	struct bel_sip_cseq cseq = { .number = 5 };

	(void)state;
	assert_int_equal(bel_sip_cseq_parse(&cseq, BEL_STR("4294967296 INVITE")),
			 BEL_ERR_LIMIT);
	assert_int_equal(
		bel_sip_cseq_parse(&cseq, BEL_STR("99999999999999999999999 INVITE")),
		BEL_ERR_LIMIT);
	assert_int_equal(bel_sip_cseq_parse(&cseq, BEL_STR("1INVITE")), BEL_ERR_SYNTAX);
	assert_int_equal(bel_sip_cseq_parse(&cseq, BEL_STR("-1 INVITE")), BEL_ERR_SYNTAX);
	assert_int_equal(bel_sip_cseq_parse(&cseq, BEL_STR("1 INVITE x")),
			 BEL_ERR_SYNTAX);
	assert_int_equal(bel_sip_cseq_parse(&cseq, BEL_STR("1 ")), BEL_ERR_SYNTAX);
	assert_int_equal(cseq.number, 5);
	assert_int_equal(bel_sip_cseq_parse(&cseq, BEL_STR("0004294967295\r\n  FOO")),
			 BEL_OK);
	assert_int_equal(cseq.number, UINT32_MAX);
	assert_int_equal(cseq.method, BEL_SIP_METHOD_OTHER);
	assert_str(cseq.method_text, "FOO");
}

static void a_rack_names_what_it_acknowledges(void **state)
{
	struct bel_sip_rack rack;

	(void)state;
	assert_int_equal(bel_sip_rack_parse(&rack, BEL_STR("776656 1 INVITE")), BEL_OK);
	assert_int_equal(rack.rseq, 776656);
	assert_int_equal(rack.cseq.number, 1);
	assert_int_equal(rack.cseq.method, BEL_SIP_INVITE);
	assert_int_equal(bel_sip_rack_parse(&rack, BEL_STR("1 INVITE")), BEL_ERR_SYNTAX);
}

static void numbers_are_digits_within_bounds(void **state)
{
	static const struct {
		const char *text;
		enum bel_err err;
		uint32_t value;
	} rows[] = {
		{ "0", BEL_OK, 0 },
		{ "127", BEL_OK, 127 },
		{ "128", BEL_OK, 128 },
		{ "255", BEL_OK, 255 },
		{ "256", BEL_OK, 256 },
		{ "0070", BEL_OK, 70 },
		{ "32768", BEL_OK, 32768 },
		{ "65536", BEL_OK, 65536 },
		{ "2147483648", BEL_OK, 2147483648u },
		{ "4294967295", BEL_OK, UINT32_MAX },
		{ "4294967296", BEL_ERR_LIMIT, 0 },
		{ "9223372036854775808", BEL_ERR_LIMIT, 0 },
		{ "18446744073709551615", BEL_ERR_LIMIT, 0 },
		{ "18446744073709551616", BEL_ERR_LIMIT, 0 },
		{ "18446744073709551617", BEL_ERR_LIMIT, 0 },
		{ "", BEL_ERR_SYNTAX, 0 },
		{ "-1", BEL_ERR_SYNTAX, 0 },
		{ "+1", BEL_ERR_SYNTAX, 0 },
		{ "1 2", BEL_ERR_SYNTAX, 0 },
		{ "0x1", BEL_ERR_SYNTAX, 0 },
	};

	(void)state;
	for (unsigned i = 0; i < BEL_COUNT_OF(rows); i++) {
		uint32_t value = 0;
		assert_int_equal(bel_sip_number_parse(&value, bel_str_from(rows[i].text),
						      UINT32_MAX),
				 rows[i].err);
		assert_int_equal(value, rows[i].value);
	}
}

/* RFC 3261 section 20.19. */
static void too_many_seconds_are_the_most_there_are(void **state)
{
	uint32_t seconds;

	(void)state;
	assert_int_equal(
		bel_sip_seconds_parse(&seconds, BEL_STR("10000000000000000000000000")),
		BEL_OK);
	assert_int_equal(seconds, UINT32_MAX);
	assert_int_equal(bel_sip_seconds_parse(&seconds, BEL_STR("soon")),
			 BEL_ERR_SYNTAX);
}

static void q_values_are_thousandths(void **state)
{
	static const struct {
		const char *text;
		int q; /* -1: refused */
	} rows[] = {
		{ "0", 0 },     { "1", 1000 },    { "0.", 0 },     { "0.5", 500 },
		{ "0.07", 70 }, { "0.123", 123 }, { "1.0", 1000 }, { "1.000", 1000 },
		{ "1.", 1000 }, { "0.1234", -1 }, { "1.001", -1 }, { "2", -1 },
		{ ".5", -1 },   { "", -1 },       { "0,5", -1 },   { "-0.5", -1 },
		{ "00.5", -1 },
	};

	(void)state;
	for (unsigned i = 0; i < BEL_COUNT_OF(rows); i++) {
		uint16_t q = 7;
		enum bel_err err = bel_sip_q_parse(&q, bel_str_from(rows[i].text));
		assert_int_equal(err ? -1 : (int)q, rows[i].q);
	}
}

static void words_have_parameters(void **state)
{
	struct bel_sip_item item;
	bel_str value;

	(void)state;
	assert_int_equal(bel_sip_item_parse(&item, BEL_STR("text/html;level=1")), BEL_OK);
	assert_str(item.word, "text/html");
	assert_true(bel_sip_param_find(&value, item.params, BEL_STR("level")));
	assert_str(value, "1");
	assert_int_equal(
		bel_sip_item_parse(&item,
				   BEL_STR("18000 (in a (long) meeting) ;duration=3600")),
		BEL_OK);
	assert_str(item.word, "18000");
	assert_true(bel_sip_param_find(&value, item.params, BEL_STR("duration")));
	assert_int_equal(bel_sip_item_parse(&item, BEL_STR("1 (not closed")),
			 BEL_ERR_SYNTAX);
	assert_int_equal(bel_sip_item_parse(&item, BEL_STR("a b")), BEL_ERR_SYNTAX);
	assert_int_equal(bel_sip_item_parse(&item, BEL_STR("a/")), BEL_ERR_SYNTAX);
	assert_int_equal(bel_sip_item_parse(&item, BEL_STR("")), BEL_ERR_SYNTAX);
}

static void comments_nest_no_deeper_than_32(void **state)
{
	char text[2 + 2 * 40] = "1 ";
	struct bel_sip_item item;

	(void)state;
	memset(text + 2, '(', 32);
	memset(text + 34, ')', 32);
	assert_int_equal(bel_sip_item_parse(&item, (bel_str){ text, 66 }), BEL_OK);
	memset(text + 2, '(', 34);
	memset(text + 36, ')', 34);
	assert_int_equal(bel_sip_item_parse(&item, (bel_str){ text, 70 }),
			 BEL_ERR_SYNTAX);
}

static void media_types_are_compared_in_any_case(void **state)
{
	struct bel_sip_media media;

	(void)state;
	assert_int_equal(
		bel_sip_media_parse(&media, BEL_STR("Application / SDP;charset=utf-8")),
		BEL_OK);
	assert_true(bel_sip_media_is(&media, BEL_STR("application/sdp")));
	assert_false(bel_sip_media_is(&media, BEL_STR("application/sdpx")));
	assert_int_equal(bel_sip_media_parse(&media, BEL_STR("text")), BEL_ERR_SYNTAX);
	assert_int_equal(bel_sip_media_parse(&media, BEL_STR("*/*")), BEL_OK);
}

static void events_and_their_states_are_read(void **state)
{
	struct bel_sip_event event;
	struct bel_sip_sub_state sub;

	(void)state;
	assert_int_equal(bel_sip_event_parse(&event, BEL_STR("presence.winfo;id=93603")),
			 BEL_OK);
	assert_str(event.package, "presence.winfo");
	assert_str(event.id, "93603");
	assert_int_equal(
		bel_sip_sub_state_parse(
			&sub, BEL_STR("terminated;reason=probation;retry-after=60")),
		BEL_OK);
	assert_str(sub.state, "terminated");
	assert_str(sub.reason, "probation");
	assert_int_equal(sub.retry_after_s, 60);
	assert_int_equal(sub.expires_s, -1);
	assert_int_equal(bel_sip_sub_state_parse(&sub, BEL_STR("active;expires=x")),
			 BEL_ERR_SYNTAX);
}

static void session_intervals_have_refreshers(void **state)
{
	struct bel_sip_session_expires expires;

	(void)state;
	assert_int_equal(
		bel_sip_session_expires_parse(&expires, BEL_STR("1800;refresher=UAS")),
		BEL_OK);
	assert_int_equal(expires.interval_s, 1800);
	assert_int_equal(expires.refresher, BEL_SIP_REFRESHER_UAS);
	assert_int_equal(bel_sip_session_expires_parse(&expires, BEL_STR("90")), BEL_OK);
	assert_int_equal(expires.refresher, BEL_SIP_REFRESHER_NONE);
	assert_int_equal(bel_sip_session_expires_parse(&expires, BEL_STR("x")),
			 BEL_ERR_SYNTAX);
}

static void replaces_join_and_target_dialog_name_a_dialog(void **state)
{
	struct bel_sip_replaces replaces;

	(void)state;
	assert_int_equal(
		bel_sip_replaces_parse(&replaces,
				       BEL_STR("98732@sip.example.com;from-tag=r33th4x0r;"
					       "to-tag=ff87ff;early-only")),
		BEL_OK);
	assert_str(replaces.call_id, "98732@sip.example.com");
	assert_str(replaces.from_tag, "r33th4x0r");
	assert_str(replaces.to_tag, "ff87ff");
	assert_true(replaces.is_early_only);
	assert_int_equal(bel_sip_replaces_parse(
				 &replaces,
				 BEL_STR("fa77as7dad8;local-tag=kkaz-;remote-tag=6544")),
			 BEL_OK);
	assert_str(replaces.to_tag, "6544");
	assert_false(replaces.is_early_only);
	assert_int_equal(bel_sip_replaces_parse(&replaces, BEL_STR("x;to-tag=1")),
			 BEL_ERR_SYNTAX);
	assert_int_equal(
		bel_sip_replaces_parse(&replaces, BEL_STR("@x;to-tag=1;from-tag=2")),
		BEL_ERR_SYNTAX);
}

static void reasons_have_a_cause(void **state)
{
	struct bel_sip_reason reason;

	(void)state;
	assert_int_equal(
		bel_sip_reason_parse(
			&reason,
			BEL_STR("SIP ;cause=200 ;text=\"Call completed elsewhere\"")),
		BEL_OK);
	assert_str(reason.protocol, "SIP");
	assert_int_equal(reason.cause, 200);
	assert_str(reason.text, "Call completed elsewhere");
	assert_int_equal(bel_sip_reason_parse(&reason, BEL_STR("Q.850")), BEL_OK);
	assert_int_equal(reason.cause, -1);
	assert_int_equal(bel_sip_reason_parse(&reason, BEL_STR("SIP;cause=x")),
			 BEL_ERR_SYNTAX);
}

static void warnings_have_code_agent_and_text(void **state)
{
	struct bel_sip_warning warning;

	(void)state;
	assert_int_equal(
		bel_sip_warning_parse(&warning,
				      BEL_STR("307 isi.edu:5060 \"Session, 'foo'\"")),
		BEL_OK);
	assert_int_equal(warning.code, 307);
	assert_str(warning.agent, "isi.edu:5060");
	assert_str(warning.text, "Session, 'foo'");
	assert_int_equal(
		bel_sip_warning_parse(&warning, BEL_STR("1812 overture \"In Progress\"")),
		BEL_ERR_SYNTAX);
	assert_int_equal(bel_sip_warning_parse(&warning, BEL_STR("399 a text")),
			 BEL_ERR_SYNTAX);
}

static void dates_are_gmt(void **state)
{
	static const struct {
		const char *text;
		int64_t time_s; /* -1: refused */
	} rows[] = {
		{ "Thu, 01 Jan 1970 00:00:00 GMT", 0 },
		{ "Sat, 13 Nov 2010 23:29:00 GMT", 1289690940 },
		{ "Tue, 29 Feb 2000 12:00:01 GMT", 951825601 },
		{ "Fri, 31 Dec 9999 23:59:59 GMT", 253402300799 },
		{ "Mon, 29 Feb 2100 00:00:00 GMT", -1 },
		{ "Fri, 01 Jan 2010 16:00:00 EST", -1 },
		{ "Sat, 13 Nov 2010 24:29:00 GMT", -1 },
		{ "Sat, 3 Nov 2010 23:29:00 GMT", -1 },
		{ "Sat, 13 Foo 2010 23:29:00 GMT", -1 },
		{ "Sat, 13 Nov 2010 23:29:00 GMT x", -1 },
		{ "", -1 },
	};
	char buf[64];

	(void)state;
	for (unsigned i = 0; i < BEL_COUNT_OF(rows); i++) {
		int64_t time_s = -1;
		struct bel_writer writer = bel_writer_init(buf, sizeof buf);
		enum bel_err err = bel_sip_date_parse(&time_s,
						      bel_str_from(rows[i].text));
		assert_int_equal(err, rows[i].time_s < 0 ? BEL_ERR_SYNTAX : BEL_OK);
		assert_int_equal(time_s, rows[i].time_s);
		if (err)
			continue;
		bel_sip_write_date(&writer, time_s);
		assert_str(bel_writer_str(&writer), rows[i].text);
	}
}

/* RFC 3261 section 22.4, with blanks and a quoted comma. */
static void credentials_are_pairs(void **state)
{
	static const char *const names[] = { "username", "realm", "nonce",
					     "uri",      "qop",   "nc" };
	struct bel_sip_auth auth;
	struct bel_sip_param param;

	(void)state;
	assert_int_equal(
		bel_sip_auth_parse(
			&auth,
			BEL_STR("Digest username=\"bob\", realm=\"a, b\" ,\r\n "
				"nonce=\"d\\\"x\","
				"uri=\"sip:bob@biloxi.com\", qop=auth,nc=00000001")),
		BEL_OK);
	assert_str(auth.scheme, "Digest");
	for (unsigned i = 0; i < BEL_COUNT_OF(names); i++) {
		assert_int_equal(bel_sip_auth_next(&param, &auth.params), BEL_OK);
		assert_str(param.name, names[i]);
		if (i == 1)
			assert_str(param.value, "a, b");
		if (i == 2)
			assert_str(param.value, "d\\\"x");
		assert_int_equal(param.is_quoted, i < 4);
	}
	assert_int_equal(bel_sip_auth_next(&param, &auth.params), BEL_ERR_NOT_FOUND);
}

static void broken_credentials_are_told(void **state)
{
	static const char *const texts[] = { "Digest a", "Digest a=\"b", "Digest =b",
					     "Digest a=b c=d", "Digest a=" };
	struct bel_sip_auth auth;
	struct bel_sip_param param;

	(void)state;
	for (unsigned i = 0; i < BEL_COUNT_OF(texts); i++) {
		assert_int_equal(bel_sip_auth_parse(&auth, bel_str_from(texts[i])),
				 BEL_OK);
		assert_int_equal(bel_sip_auth_next(&param, &auth.params), BEL_ERR_SYNTAX);
	}
	assert_int_equal(bel_sip_auth_parse(&auth, BEL_STR("")), BEL_ERR_SYNTAX);
	assert_int_equal(bel_sip_auth_parse(&auth, BEL_STR("\"x\"")), BEL_ERR_SYNTAX);
}

static void backslashes_are_undone_in_the_arena(void **state)
{
	struct bel_arena arena;
	bel_str plain, quoted = BEL_STR("a\\\"b\\\\c");

	(void)state;
	bel_arena_init(&arena, NULL, 0, 1024);
	assert_int_equal(bel_sip_unquote(&plain, &arena, quoted), BEL_OK);
	assert_str(plain, "a\"b\\c");
	assert_int_equal(bel_sip_unquote(&plain, &arena, BEL_STR("plain")), BEL_OK);
	assert_str(plain, "plain");
	bel_arena_fini(&arena);
	bel_arena_init(&arena, NULL, 0, 0);
	assert_int_equal(bel_sip_unquote(&plain, &arena, quoted), BEL_ERR_SPACE);
	assert_str(plain, "plain");
}

static void lists_are_cut_outside_of_quotes_and_brackets(void **state)
{
	static const char *const values[] = { "\"a, \\\"b\" <sip:a,b@c>",
					      "<sip:x>;y=\"1,2\"", "", "z" };
	bel_str left = BEL_STR("\"a, \\\"b\" <sip:a,b@c> , <sip:x>;y=\"1,2\",,\r\n z ");
	bel_str value;

	(void)state;
	for (unsigned i = 0; i < BEL_COUNT_OF(values); i++) {
		assert_true(bel_sip_list_next(&value, &left));
		assert_str(value, values[i]);
	}
	assert_false(bel_sip_list_next(&value, &left));
}

static void a_quote_that_does_not_end_hides_the_rest(void **state)
{
	bel_str left = BEL_STR("\"a, b, c"), value;

	(void)state;
	assert_true(bel_sip_list_next(&value, &left));
	assert_str(value, "\"a, b, c");
	assert_false(bel_sip_list_next(&value, &left));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_addr_has_all_its_parts),
		cmocka_unit_test(a_display_name_may_be_words_or_missing),
		cmocka_unit_test(without_brackets_parameters_belong_to_the_field),
		cmocka_unit_test(what_is_no_address_is_refused),
		cmocka_unit_test(a_star_is_a_contact),
		cmocka_unit_test(a_via_has_all_its_parts),
		cmocka_unit_test(blanks_stand_where_the_grammar_lets_them),
		cmocka_unit_test(what_is_no_via_is_refused),
		cmocka_unit_test(a_cseq_is_a_number_and_a_method),
		cmocka_unit_test(a_rack_names_what_it_acknowledges),
		cmocka_unit_test(numbers_are_digits_within_bounds),
		cmocka_unit_test(too_many_seconds_are_the_most_there_are),
		cmocka_unit_test(q_values_are_thousandths),
		cmocka_unit_test(words_have_parameters),
		cmocka_unit_test(comments_nest_no_deeper_than_32),
		cmocka_unit_test(media_types_are_compared_in_any_case),
		cmocka_unit_test(events_and_their_states_are_read),
		cmocka_unit_test(session_intervals_have_refreshers),
		cmocka_unit_test(replaces_join_and_target_dialog_name_a_dialog),
		cmocka_unit_test(reasons_have_a_cause),
		cmocka_unit_test(warnings_have_code_agent_and_text),
		cmocka_unit_test(dates_are_gmt),
		cmocka_unit_test(credentials_are_pairs),
		cmocka_unit_test(broken_credentials_are_told),
		cmocka_unit_test(backslashes_are_undone_in_the_arena),
		cmocka_unit_test(lists_are_cut_outside_of_quotes_and_brackets),
		cmocka_unit_test(a_quote_that_does_not_end_hides_the_rest),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
