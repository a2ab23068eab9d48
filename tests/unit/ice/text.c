/* SPDX-License-Identifier: Apache-2.0
 * What descriptions say of ICE. */
#include "support/support.h"

#include "ice/ice.h"

#define LOGIN "a=ice-ufrag:8hhY\r\na=ice-pwd:asd88fgpdd777uzjYhagZg\r\n"

static struct bel_arena arena;
static struct bel_sdp sdp;

static enum bel_err read_candidate(struct bel_ice_candidate *out, const char *text)
{
	bel_str exact = bel_test_exact(bel_str_from(text));
	enum bel_err err = bel_ice_candidate_parse(out, NULL, exact);

	free((void *)(uintptr_t)exact.ptr);
	return err;
}

static void parse(const char *session, const char *media)
{
	static char text[4096];
	struct bel_writer writer = bel_writer_init(text, sizeof text);
	struct bel_sdp_refusal why;

	bel_write_lit(&writer, "v=0\r\no=- 1 1 IN IP4 192.0.2.3\r\ns=-\r\n");
	bel_write_lit(&writer, "c=IN IP4 192.0.2.3\r\nt=0 0\r\n");
	bel_write_text(&writer, session);
	bel_write_lit(&writer, "m=audio 45664 RTP/AVP 0\r\n");
	bel_write_text(&writer, media);
	assert_int_equal(bel_writer_check(&writer), BEL_OK);
	bel_arena_fini(&arena);
	bel_arena_init(&arena, NULL, 0, 1 << 16);
	assert_int_equal(bel_sdp_parse(&sdp, bel_writer_str(&writer), &arena, &why),
			 BEL_OK);
}

static void a_candidate_is_read_and_written(void **state)
{
	static const char *const texts[] = {
		"2 1 UDP 1694498815 192.0.2.3 45664 typ srflx raddr 203.0.113.141 rport "
		"8998",
		"1 2 UDP 2130706431 2001:db8::1 5000 typ host",
		"a+/9 1 UDP 7 192.0.2.3 1 typ relay raddr 0.0.0.0 rport 9",
		"a 1 UDP 7 2001:db8::1 1 typ prflx raddr :: rport 9",
	};
	struct bel_ice_candidate candidate;
	char buf[256];

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(texts); i++) {
		struct bel_writer writer = bel_writer_init(buf, sizeof buf);
		assert_int_equal(read_candidate(&candidate, texts[i]), BEL_OK);
		bel_ice_candidate_write(&writer, &candidate);
		assert_str(bel_writer_str(&writer), texts[i]);
	}
}

static void what_a_candidate_adds_is_read_or_passed_over(void **state)
{
	struct bel_ice_candidate candidate;
	bel_str ufrag;

	(void)state;
	assert_int_equal(
		bel_ice_candidate_parse(
			&candidate, &ufrag,
			BEL_STR("1 1 udp 5 10.0.0.1 5000 typ host generation 0 ufrag "
				"8hhY network-cost 999 alone")),
		BEL_OK);
	assert_str(ufrag, "8hhY");
	assert_int_equal(candidate.related.family, 0);
	assert_int_equal(bel_ice_candidate_parse(&candidate, &ufrag,
						 BEL_STR("1 1 udp 5 10.0.0.1 5000 "
							 "typ host")),
			 BEL_OK);
	assert_int_equal(ufrag.len, 0);
}

static void what_is_no_candidate_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"1",
		"1 1 UDP 5 10.0.0.1 5000",
		"1 1 UDP 5 10.0.0.1 5000 typ",
		"1 1 UDP 5 10.0.0.1 5000 type host",
		"1 0 UDP 5 10.0.0.1 5000 typ host",
		"1 257 UDP 5 10.0.0.1 5000 typ host",
		"1 1 UDP 0 10.0.0.1 5000 typ host",
		"1 1 UDP 2147483648 10.0.0.1 5000 typ host",
		"1 1 UDP 5 10.0.0.1 65536 typ host",
		"1 1 UDP 5 10.0.0.1 -1 typ host",
		"a-b 1 UDP 5 10.0.0.1 5000 typ host",
		"123456789012345678901234567890123 1 UDP 5 10.0.0.1 5000 typ host",
	};
	struct bel_ice_candidate candidate;

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(texts); i++)
		assert_int_equal(read_candidate(&candidate, texts[i]), BEL_ERR_SYNTAX);
}

static void what_cannot_be_used_is_passed_over(void **state)
{
	static const char *const texts[] = {
		"1 1 TCP 5 10.0.0.1 9 typ host tcptype active",
		"1 1 UDP 5 f00-1.local 5000 typ host",
		"1 1 UDP 5 [2001:db8::1] 5000 typ host",
		"1 1 UDP 5 10.0.0.1 5000 typ satellite",
		"1 1 UDP 5 10.0.0.1 0 typ host",
		"1 1 UDP 5 0.0.0.0 5000 typ host",
		"1 1 UDP 5 :: 5000 typ host",
		"1 1 UDP 5 224.0.0.1 5000 typ host",
		"1 1 UDP 5 ::ffff:224.0.0.1 5000 typ host",
	};
	struct bel_ice_candidate candidate;

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(texts); i++)
		assert_int_equal(read_candidate(&candidate, texts[i]),
				 BEL_ERR_UNSUPPORTED);
}

static void the_candidates_of_a_part_are_walked(void **state)
{
	struct bel_ice_candidate candidate;
	unsigned at = 0, count = 0;

	(void)state;
	parse(LOGIN, "a=candidate:1 1 UDP 5 10.0.0.1 5000 typ host\r\n"
		     "a=candidate:1 1 TCP 5 10.0.0.1 9 typ host\r\n"
		     "a=candidate:nonsense\r\n"
		     "a=candidate:1 2 UDP 4 10.0.0.1 5001 typ host\r\n");
	while (bel_ice_candidate_next(&candidate, &sdp, 0, &at))
		assert_int_equal(candidate.component, ++count);
	assert_int_equal(count, 2);
}

static void the_peer_is_what_his_description_says(void **state)
{
	struct bel_ice_remote remote;

	(void)state;
	parse(LOGIN "a=ice-lite\r\na=ice-options:ice2 trickle\r\na=ice-pacing:120\r\n",
	      "a=ice-options:rtp+ecn\r\n");
	assert_int_equal(bel_ice_remote_parse(&remote, &sdp, 0), BEL_OK);
	assert_str(remote.ufrag, "8hhY");
	assert_str(remote.pwd, "asd88fgpdd777uzjYhagZg");
	assert_true(remote.is_lite && remote.is_trickling && !remote.is_mismatched);
	assert_int_equal(remote.pace_ms, 120);

	parse(LOGIN "a=ice-options:trickle\r\n", "a=end-of-candidates\r\n"
						 "a=ice-mismatch\r\n");
	assert_int_equal(bel_ice_remote_parse(&remote, &sdp, 0), BEL_OK);
	assert_true(!remote.is_lite && !remote.is_trickling && remote.is_mismatched);
	assert_int_equal(remote.pace_ms, BEL_ICE_PACE_MS);

	parse("", "");
	assert_int_equal(bel_ice_remote_parse(&remote, &sdp, 0), BEL_ERR_NOT_FOUND);
	parse("a=ice-ufrag:8hh\r\na=ice-pwd:asd88fgpdd777uzjYhagZg\r\n", "");
	assert_int_equal(bel_ice_remote_parse(&remote, &sdp, 0), BEL_ERR_SYNTAX);
}

static void credentials_have_their_lengths_and_letters(void **state)
{
	char text[BEL_ICE_PWD_MAX + 1];
	const bel_str pwd = BEL_STR("asd88fgpdd777uzjYhagZg");

	(void)state;
	memset(text, 'a', sizeof text);
	for (size_t len = 0; len <= sizeof text; len++) {
		enum bel_err err = bel_ice_login_verify((bel_str){ text, len }, pwd);
		assert_int_equal(err, len < 4     ? BEL_ERR_SYNTAX
				      : len > 256 ? BEL_ERR_LIMIT
						  : BEL_OK);
		err = bel_ice_login_verify(BEL_STR("8hhY"), (bel_str){ text, len });
		assert_int_equal(err, len < 22    ? BEL_ERR_SYNTAX
				      : len > 256 ? BEL_ERR_LIMIT
						  : BEL_OK);
	}
	assert_int_equal(bel_ice_login_verify(BEL_STR("8h:Y"), pwd), BEL_ERR_SYNTAX);
	assert_int_equal(
		bel_ice_login_verify(BEL_STR("8hhY"), BEL_STR("asd88fgpdd777uzjYhag g")),
		BEL_ERR_SYNTAX);
}

static void a_default_address_that_was_changed_is_noticed(void **state)
{
	(void)state;
	parse(LOGIN, "a=candidate:1 1 UDP 5 192.0.2.3 45664 typ host\r\n");
	assert_true(bel_ice_has_default(&sdp, 0));
	parse(LOGIN, "a=candidate:1 1 UDP 5 192.0.2.4 45664 typ host\r\n");
	assert_false(bel_ice_has_default(&sdp, 0));
	/* None is given, or a name. */
	parse(LOGIN, "c=IN IP4 0.0.0.0\r\n");
	assert_true(bel_ice_has_default(&sdp, 0));
	parse(LOGIN, "c=IN IP4 phone.example.org\r\n");
	assert_true(bel_ice_has_default(&sdp, 0));
}

static void remote_candidates_are_read_and_written(void **state)
{
	bel_str left = BEL_STR("1 192.0.2.3 45664 2 2001:db8::1 45665 3 x");
	char buf[128];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	unsigned component;
	bel_addr addr;

	(void)state;
	while (bel_ice_remote_candidate_next(&component, &addr, &left))
		bel_ice_remote_candidate_write(&writer, component, &addr);
	assert_str(bel_writer_str(&writer), "1 192.0.2.3 45664 2 2001:db8::1 45665");
}

static int close_arena(void **state)
{
	(void)state;
	bel_arena_fini(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_candidate_is_read_and_written),
		cmocka_unit_test(what_a_candidate_adds_is_read_or_passed_over),
		cmocka_unit_test(what_is_no_candidate_is_refused),
		cmocka_unit_test(what_cannot_be_used_is_passed_over),
		cmocka_unit_test(the_candidates_of_a_part_are_walked),
		cmocka_unit_test(the_peer_is_what_his_description_says),
		cmocka_unit_test(credentials_have_their_lengths_and_letters),
		cmocka_unit_test(a_default_address_that_was_changed_is_noticed),
		cmocka_unit_test(remote_candidates_are_read_and_written),
	};

	return cmocka_run_group_tests(tests, NULL, close_arena);
}
