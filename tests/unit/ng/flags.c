/* SPDX-License-Identifier: Apache-2.0
 * What commands ask for, and what is said of that which is not carried out. */
#include "support/support.h"

#include "ng/flags.h"

static struct bel_ng_flags flags_of(const char *text)
{
	struct bel_ng_flags flags;
	struct bel_bencode dictionary;

	assert_int_equal(bel_bencode_parse(&dictionary, bel_str_from(text)), BEL_OK);
	bel_ng_flags_read(&flags, &dictionary);
	return flags;
}

static void the_transport_says_which_keys(void **state)
{
	static const struct {
		const char *text;
		bool has_keying;
		enum bel_relay_keying keying;
	} rows[] = {
		{ "de", false, BEL_RELAY_AS_OFFERED },
		{ "d18:transport-protocol7:RTP/AVPe", true, BEL_RELAY_PLAIN },
		{ "d18:transport-protocol8:RTP/AVPFe", true, BEL_RELAY_PLAIN },
		{ "d18:transport-protocol8:RTP/SAVPe", true, BEL_RELAY_SDES },
		{ "d18:transport-protocol9:RTP/SAVPFe", true, BEL_RELAY_SDES },
		{ "d18:transport-protocol16:UDP/TLS/RTP/SAVPe", true, BEL_RELAY_DTLS },
		{ "d18:transport-protocol17:UDP/TLS/RTP/SAVPFe", true, BEL_RELAY_DTLS },
		{ "d4:SDESl3:offe18:transport-protocol8:RTP/SAVPe", true,
		  BEL_RELAY_DTLS },
		{ "d18:transport-protocol17:UDP/TLS/RTP/SAVPF4:DTLS3:offe", true,
		  BEL_RELAY_SDES },
		{ "d18:transport-protocol7:RTP/AVP4:DTLS3:off4:SDES2:noe", true,
		  BEL_RELAY_PLAIN },
		{ "d18:transport-protocol6:pigeone", false, BEL_RELAY_AS_OFFERED },
	};

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		struct bel_ng_flags flags = flags_of(rows[i].text);
		assert_int_equal(flags.has_keying, rows[i].has_keying);
		assert_int_equal(flags.keying, rows[i].keying);
	}
}

static void addresses_of_signalling_are_read(void **state)
{
	static const struct {
		const char *text, *addr;
	} rows[] = {
		{ "d13:received-froml3:IP49:192.0.2.1ee", "192.0.2.1" },
		{ "d13:received-froml3:IP611:2001:db8::1ee", "2001:db8::1" },
		{ "d13:received-froml3:IP616:::ffff:192.0.2.1ee", "192.0.2.1" },
		{ "d13:received-froml3:IP49:nonsense.ee", "" },
		{ "d13:received-fromlee", "" },
		{ "de", "" },
	};

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		struct bel_ng_flags flags = flags_of(rows[i].text);
		char buf[64];
		struct bel_writer writer = bel_writer_init(buf, sizeof buf);
		bel_addr_write_host(&writer, &flags.signal);
		if (!flags.signal.family)
			writer.len = 0;
		assert_str(bel_writer_str(&writer), rows[i].addr);
		assert_str(bel_ng_flags_warning(&flags), "");
	}
	assert_int_equal(flags_of("d14:address-family3:IP6e").family, 6);
	assert_int_equal(flags_of("d14:address-family3:IP4e").family, 4);
	assert_true(flags_of("d5:flagsl5:fatalee").is_fatal);
}

static void what_is_not_carried_out_is_named(void **state)
{
	static const struct {
		const char *text, *warning;
	} rows[] = {
		{ "d3:ICE6:remove5:flagsl13:trust-address9:symmetrice"
		  "7:replacel6:origin18:session-connectione8:rtcp-muxl5:demuxee",
		  "" },
		{ "d3:ICE5:forcee", "passed over: ICE=force" },
		{ "d5:flagsl9:recording10:asymmetricee",
		  "passed over: flags=recording, flags=asymmetric" },
		{ "d5:codecd9:transcodel4:opuseee", "passed over: codec" },
		{ "d3:TOSi184ee", "passed over: TOS" },
		{ "d5:flagsl3:a\nbee", "passed over: flags=a\\x0ab" },
		{ "d5:flagsli1eee", "passed over: flags" },
	};

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		struct bel_ng_flags flags = flags_of(rows[i].text);
		assert_str(bel_ng_flags_warning(&flags), rows[i].warning);
	}
}

static void flags_in_one_line_are_the_same_flags(void **state)
{
	static const struct {
		const char *line, *warning;
	} rows[] = {
		{ "", "" },
		{ " RTP/SAVP  replace-origin replace=session-connection ICE=remove ",
		  "" },
		{ "RTP/SAVP rtcp-mux-offer SDES-pad DTLS=off trust-address to-tag", "" },
		{ "RTP/SAVP via-branch=1 internal external direction=pub", "" },
		{ "RTP/SAVP record-call replace",
		  "passed over: flags=record-call, flags=replace" },
		{ "RTP/SAVP ICE=force codec-strip-opus",
		  "passed over: ICE=force, flags=codec-strip-opus" },
	};

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		char text[256];
		struct bel_ng_flags flags;
		snprintf(text, sizeof text, "d10:rtpp-flags%zu:%se", strlen(rows[i].line),
			 rows[i].line);
		flags = flags_of(text);
		assert_str(bel_ng_flags_warning(&flags), rows[i].warning);
		assert_int_equal(flags.keying, i ? BEL_RELAY_SDES : BEL_RELAY_AS_OFFERED);
	}
	assert_int_equal(
		flags_of("d10:rtpp-flags23:received-from=192.0.2.1e").signal.family, 4);
}

static void a_warning_has_an_end(void **state)
{
	char text[2000];
	struct bel_writer writer = bel_writer_init(text, sizeof text - 1);
	struct bel_ng_flags flags;

	(void)state;
	bel_write_lit(&writer, "d5:flagsl");
	for (unsigned i = 0; i < 100; i++)
		bel_write_lit(&writer, "10:impossible");
	bel_write_lit(&writer, "ee");
	text[writer.len] = '\0';
	flags = flags_of(text);
	assert_int_equal(flags.passed_over, 100);
	assert_true(bel_ng_flags_warning(&flags).len <= BEL_NG_WARNING_BYTES);
	assert_true(bel_str_has_suffix(bel_ng_flags_warning(&flags),
				       BEL_STR("flags=impossible")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_transport_says_which_keys),
		cmocka_unit_test(addresses_of_signalling_are_read),
		cmocka_unit_test(what_is_not_carried_out_is_named),
		cmocka_unit_test(flags_in_one_line_are_the_same_flags),
		cmocka_unit_test(a_warning_has_an_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
