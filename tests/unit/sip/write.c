/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "unit/sip/sip_support.h"

static char buf[4096];

static void write_request(struct bel_writer *writer)
{
	bel_sip_write_request_line(writer, BEL_STR("REGISTER"),
				   BEL_STR("sip:example.com"));
	bel_sip_write_name(writer, BEL_SIP_H_VIA);
	bel_sip_write_via(writer, BEL_SIP_TLS, BEL_STR("[2001:db8::1]"), 5071,
			  BEL_STR("z9hG4bKx"), true);
	bel_sip_write_crlf(writer);
	bel_sip_write_name(writer, BEL_SIP_H_FROM);
	bel_sip_write_addr(writer, BEL_STR("A \"B\" \\"), BEL_STR("sip:a@b"),
			   BEL_STR("7"));
	bel_sip_write_crlf(writer);
	bel_sip_write_name(writer, BEL_SIP_H_TO);
	bel_sip_write_addr(writer, BEL_STR_NONE, BEL_STR("sip:a@b"), BEL_STR_NONE);
	bel_sip_write_crlf(writer);
	bel_sip_write_header(writer, BEL_SIP_H_CALL_ID, BEL_STR("x@y"));
	bel_sip_write_cseq(writer, UINT32_MAX, BEL_STR("REGISTER"));
	bel_sip_write_number(writer, BEL_SIP_H_MAX_FORWARDS, 70);
	bel_sip_write_field(writer, BEL_STR("X-Own"), BEL_STR("1"));
	bel_sip_write_body(writer, BEL_STR("text/plain"), BEL_STR("\0\r\n\r\n"));
}

static void a_new_request_reads_as_it_was_meant(void **state)
{
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	(void)state;
	write_request(&writer);
	assert_int_equal(bel_writer_check(&writer), BEL_OK);
	struct sample *sample = sample_new(bel_writer_str(&writer));
	assert_int_equal(sample->err, BEL_OK);
	assert_int_equal(sample->msg.method, BEL_SIP_REGISTER);
	assert_int_equal(bel_sip_via(&sample->msg)->transport, BEL_SIP_TLS);
	assert_str(bel_sip_via(&sample->msg)->sent_by, "[2001:db8::1]:5071");
	assert_true(bel_sip_via(&sample->msg)->has_rport);
	assert_str(bel_sip_from(&sample->msg)->display, "A \\\"B\\\" \\\\");
	assert_str(bel_sip_from(&sample->msg)->tag, "7");
	assert_int_equal(bel_sip_to(&sample->msg)->tag.len, 0);
	assert_int_equal(bel_sip_cseq(&sample->msg)->number, UINT32_MAX);
	assert_str(bel_sip_value_named(&sample->msg, BEL_STR("x-own")), "1");
	assert_int_equal(bel_sip_body(&sample->msg).len, 5);
	sample_free(sample);
}

static void nothing_can_end_a_line_early(void **state)
{
	static const bel_str evils[] = { { "a\rb", 3 }, { "a\nb", 3 }, { "a\0b", 3 } };

	(void)state;
	for (unsigned i = 0; i < BEL_COUNT_OF(evils); i++) {
		bel_str evil = evils[i];
		struct bel_writer writer = bel_writer_init(buf, sizeof buf);
		bel_sip_write_header(&writer, BEL_SIP_H_SUBJECT, evil);
		assert_int_equal(bel_writer_check(&writer), BEL_ERR_SPACE);
		writer = bel_writer_init(buf, sizeof buf);
		bel_sip_write_addr(&writer, evil, BEL_STR("sip:a@b"), BEL_STR_NONE);
		assert_int_equal(bel_writer_check(&writer), BEL_ERR_SPACE);
		writer = bel_writer_init(buf, sizeof buf);
		bel_sip_write_addr(&writer, BEL_STR_NONE, evil, BEL_STR_NONE);
		assert_int_equal(bel_writer_check(&writer), BEL_ERR_SPACE);
		writer = bel_writer_init(buf, sizeof buf);
		bel_sip_write_request_line(&writer, BEL_STR("INVITE"), evil);
		assert_int_equal(bel_writer_check(&writer), BEL_ERR_SPACE);
		writer = bel_writer_init(buf, sizeof buf);
		bel_sip_write_status_line(&writer, 200, evil);
		assert_int_equal(bel_writer_check(&writer), BEL_ERR_SPACE);
		writer = bel_writer_init(buf, sizeof buf);
		bel_sip_write_field(&writer, evil, BEL_STR("x"));
		assert_int_equal(bel_writer_check(&writer), BEL_ERR_SPACE);
	}
}

static void a_status_line_has_the_default_phrase(void **state)
{
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	(void)state;
	bel_sip_write_status_line(&writer, 404, BEL_STR_NONE);
	bel_sip_write_status_line(&writer, 404, BEL_STR("Nobody"));
	assert_str(bel_writer_str(&writer),
		   "SIP/2.0 404 Not Found\r\nSIP/2.0 404 Nobody\r\n");
}

static void a_refusal_names_the_field(void **state)
{
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	(void)state;
	bel_sip_write_refusal(&writer,
			      &(struct bel_sip_refusal){ .header = BEL_SIP_H_CALL_ID,
							 .text = "it is missing" });
	assert_str(bel_writer_str(&writer), "Call-ID: it is missing");
}

/* Texts are looked at eight bytes at a time. */
static void a_line_end_is_seen_at_every_place(void **state)
{
	static const char ends[] = { '\r', '\n', '\0' };
	char text[40];

	(void)state;
	for (size_t len = 1; len <= sizeof text; len++)
		for (size_t at = 0; at < 4 * len; at++) {
			struct bel_writer writer = bel_writer_init(buf, sizeof buf);
			bool is_end = at % 4 < sizeof ends;
			memset(text, at / 4 % 2 ? 'x' : '\x80', len);
			text[at / 4] = is_end ? ends[at % 4] : '\t';
			bel_str exact = bel_test_exact((bel_str){ text, len });
			bel_sip_write_text(&writer, exact);
			assert_int_equal(writer.is_full, is_end);
			assert_int_equal(writer.len, is_end ? 0 : len);
			free((void *)(uintptr_t)exact.ptr);
		}
}

static void numbers_have_all_their_digits(void **state)
{
	(void)state;
	for (uint64_t power = 1, digits = 1; digits <= 20; power *= 10, digits++) {
		const uint64_t numbers[] = { power - 1, power, power + power / 2 };
		for (size_t i = 0; i < BEL_COUNT_OF(numbers); i++) {
			char text[24];
			struct bel_writer writer = bel_writer_init(buf, sizeof buf);
			snprintf(text, sizeof text, "%" PRIu64, numbers[i]);
			bel_write_u64(&writer, numbers[i]);
			assert_str(bel_writer_str(&writer), text);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_request_reads_as_it_was_meant),
		cmocka_unit_test(nothing_can_end_a_line_early),
		cmocka_unit_test(a_status_line_has_the_default_phrase),
		cmocka_unit_test(a_refusal_names_the_field),
		cmocka_unit_test(a_line_end_is_seen_at_every_place),
		cmocka_unit_test(numbers_have_all_their_digits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
