/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/phone/phone.h"

static void people_have_the_names_that_others_call_them_by(void **state)
{
	static const struct {
		const char *display, *uri, *name;
	} rows[] = {
		{ "", "sip:bob@192.0.2.77", "bob" },
		{ "", "sip:bob@192.0.2.77:5080;transport=tcp", "bob" },
		{ "bob", "sip:bob@192.0.2.77", "bob" },
		{ "Bob Baker", "sip:bob@192.0.2.77", "Bob Baker (bob)" },
		{ "", "sips:bob@example.com?Replaces=x", "bob@example.com" },
		{ "", "sip:bob:secret@example.com", "bob@example.com" },
		{ "The bank", "sip:x@example.com", "The bank (x@example.com)" },
		{ "", "sip:bob@[2001:db8::1]:5060", "bob@[2001:db8::1]" },
		{ "", "sip:example.com:5060;lr", "example.com" },
		{ "", "tel:+12345", "+12345" },
		{ "", "600", "600" },
		{ "Anonymous", "sip:anonymous@anonymous.invalid", "anonymous" },
		{ "", "", "" },
		/* What would not fit beside the address is left out, never the address.
		 */
		{ "A name that goes on and on until there is no room for anything else",
		  "sip:x@example.com", "x@example.com" },
	};
	struct office office;
	char name[PHONE_NAME_BYTES];

	(void)state;
	office_open(&office, 1, false);
	desk_type(&office.desks[0], "register sip:alice@192.0.2.77");
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		bel_phone_name(name, office.desks[0].phone, bel_str_from(rows[i].display),
			       bel_str_from(rows[i].uri));
		assert_string_equal(name, rows[i].name);
	}
	office_close(&office);
}

static void times_are_written_as_on_a_clock(void **state)
{
	static const struct {
		uint64_t ms;
		const char *text;
	} rows[] = { { 0, "0:00" },
		     { 42999, "0:42" },
		     { 61000, "1:01" },
		     { 3600000, "1:00:00" },
		     { 36061000, "10:01:01" } };
	char buf[32];

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		struct bel_writer out = bel_writer_init(buf, sizeof buf);
		bel_phone_write_time(&out, rows[i].ms);
		assert_str(bel_writer_str(&out), rows[i].text);
	}
}

/* ITU-T E.182: 425 Hz for a second, then four of silence. */
static void a_caller_hears_it_ring_one_second_of_five(void **state)
{
	struct bel_phone_tone tone = { .rate_hz = 8000 };
	static int16_t samples[8000];
	unsigned turns = 0;

	(void)state;
	for (unsigned period = 0; period < 2; period++) {
		assert_int_equal(bel_phone_tone_read(&tone, samples, 8000), 8000);
		turns = 0;
		for (unsigned i = 1; i < 8000; i++)
			turns += samples[i - 1] < 0 && samples[i] >= 0;
		assert_in_range(turns, 424, 426);
		for (unsigned s = 0; s < 4; s++) {
			bel_phone_tone_read(&tone, samples, 8000);
			for (unsigned i = 0; i < 8000; i++)
				assert_int_equal(samples[i], 0);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(people_have_the_names_that_others_call_them_by),
		cmocka_unit_test(times_are_written_as_on_a_clock),
		cmocka_unit_test(a_caller_hears_it_ring_one_second_of_five),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
