/* SPDX-License-Identifier: Apache-2.0
 * What is found by marks is what is found byte by byte, wherever lines and values lie;
 * and none of it takes memory. */
#include "support/failing_alloc.h"
#include "unit/sip/sip_support.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- values ---- */

static void same_str(bel_str a, bel_str b)
{
	assert_int_equal(a.len, b.len);
	assert_true(!a.len || a.ptr == b.ptr);
}

static void same_addr(const struct bel_sip_addr *kept, enum bel_sip_header header,
		      const struct bel_sip_msg *msg)
{
	struct bel_sip_values values;
	struct bel_sip_addr addr;
	bel_str text;

	bel_sip_values_init(&values, msg, header);
	bool is_good = bel_sip_values_next(&text, &values) &&
		       !bel_sip_contact_parse(&addr, text);
	assert_int_equal(kept != NULL, is_good);
	if (!kept || kept->is_star)
		return;
	same_str(kept->display, addr.display);
	same_str(kept->uri.text, addr.uri.text);
	same_str(kept->uri.user, addr.uri.user);
	same_str(kept->uri.host, addr.uri.host);
	same_str(kept->uri.params, addr.uri.params);
	same_str(kept->uri.headers, addr.uri.headers);
	same_str(kept->params, addr.params);
	same_str(kept->tag, addr.tag);
	assert_int_equal(kept->uri.port, addr.uri.port);
	assert_int_equal(kept->uri.host_kind, addr.uri.host_kind);
}

static void same_via(const struct bel_sip_via *kept, const struct bel_sip_msg *msg)
{
	struct bel_sip_values values;
	struct bel_sip_via via;
	bel_str text;

	bel_sip_values_init(&values, msg, BEL_SIP_H_VIA);
	bool is_good = bel_sip_values_next(&text, &values) &&
		       !bel_sip_via_parse(&via, text);
	assert_int_equal(kept != NULL, is_good);
	if (!kept)
		return;
	same_str(kept->sent_by, via.sent_by);
	same_str(kept->branch, via.branch);
	same_str(kept->received, via.received);
	same_str(kept->params, via.params);
	assert_int_equal(kept->port, via.port);
	assert_int_equal(kept->transport, via.transport);
	assert_int_equal(kept->has_rport, via.has_rport);
}

/* What msg.h decodes by marks, against the doors of value.h, which have none. */
static void same_values(bel_str bytes)
{
	struct bel_sip_msg *msg = calloc(1, sizeof *msg);
	struct bel_sip_refusal why;
	struct bel_uri uri;

	assert_non_null(msg);
	bel_sip_parse(msg, NULL, bytes, &why);
	same_via(bel_sip_via(msg), msg);
	same_addr(bel_sip_from(msg), BEL_SIP_H_FROM, msg);
	same_addr(bel_sip_to(msg), BEL_SIP_H_TO, msg);
	same_addr(bel_sip_contact(msg), BEL_SIP_H_CONTACT, msg);
	assert_int_equal(bel_sip_uri(msg) == NULL,
			 bel_uri_parse(&uri, msg->uri_text) != 0);
	free(msg);
}

static const char *const samples[] = {
	"01-invite",      "02-invite-webrtc", "03-register-auth", "04-register-200",
	"06-ringing-180", "07-invite-200",    "09-bye",           "11-notify-pidf",
};

static bel_str read_sample(const char *name, char *buf, size_t size)
{
	char path[64];

	snprintf(path, sizeof path, "tests/data/sip/%s.sip", name);
	FILE *file = fopen(path, "rb");
	assert_non_null(file);
	bel_str text = { buf, fread(buf, 1, size, file) };
	fclose(file);
	return text;
}

/* Each byte of each message in turn is another one. */
static void values_are_the_same_with_marks_and_without(void **state)
{
	static const char others[] = { ',', '"', '<', '%', '\\', ' ', '\x80', ';' };
	char buf[8192];

	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++) {
		bel_str text = read_sample(samples[i], buf, sizeof buf);
		same_values(text);
		for (size_t at = 0; at < text.len && at < 900; at++) {
			char was = buf[at];
			buf[at] = others[at % sizeof others];
			same_values(text);
			buf[at] = was;
		}
	}
}

/* ---- lines ---- */

static void assert_field(const struct sample *sample, unsigned index, const char *name,
			 size_t value_len)
{
	const struct bel_sip_field *field = &sample->msg.fields[index];

	assert_str(bel_sip_field_name(&sample->msg, field), name);
	assert_int_equal(field->value_len, value_len);
}

/* Ends of lines and names on every place of the words that marks are kept in. */
static void lines_are_cut_wherever_they_end(void **state)
{
	char subject[512], lines[1024];

	(void)state;
	for (int len = 1; len < 300; len++) {
		memset(subject, 'a', (size_t)len);
		snprintf(lines, sizeof lines, "Subject: %.*s\r\nX-%.*s: y\r\n", len,
			 subject, len, subject);
		struct sample *sample = sample_with(lines);
		assert_int_equal(sample->err, BEL_OK);
		assert_int_equal(sample->msg.fields_count, 7);
		assert_field(sample, 1, "Subject", (size_t)len);
		assert_int_equal(sample->msg.fields[2].name_len, len + 2);
		assert_field(sample, 6, "CSeq", 8);
		sample_free(sample);
	}
}

/* More than the window of the marks: the topmost values lie in front of it when they are
 * read. */
static void a_header_section_may_be_longer_than_the_window(void **state)
{
	char lines[16000];
	size_t len = 0;

	(void)state;
	for (unsigned i = 0; i < 150; i++)
		len += (size_t)snprintf(lines + len, sizeof lines - len,
					"Subject: %070u\r\n", i);
	struct sample *sample = sample_with(lines);
	assert_int_equal(sample->err, BEL_OK);
	assert_int_equal(sample->msg.fields_count, 155);
	for (unsigned i = 0; i < 150; i++)
		assert_field(sample, i + 1, "Subject", 70);
	assert_str(bel_sip_via(&sample->msg)->sent_by, "192.0.2.1:5060");
	assert_str(bel_sip_from(&sample->msg)->tag, "1");
	same_values(sample->bytes);
	sample_free(sample);
}

static void a_line_may_be_longer_than_the_window(void **state)
{
	char lines[9000];

	(void)state;
	for (int len = 8150; len < 8200; len++) {
		memset(lines, 'a', sizeof lines);
		memcpy(lines, "Subject: ", 9);
		memcpy(lines + len, "\r\n", 3);
		struct sample *sample = sample_with(lines);
		assert_int_equal(sample->err, len + 2 > BEL_SIP_LINE_BYTES_MAX
						      ? BEL_ERR_LIMIT
						      : BEL_OK);
		assert_field(sample, 5, "CSeq", 8);
		sample_free(sample);
	}
}

/* Found by fuzzing: there is nothing to point at. */
static void an_empty_text_has_no_values(void **state)
{
	struct bel_sip_msg *msg = calloc(1, sizeof *msg);
	struct bel_sip_refusal why;

	(void)state;
	assert_non_null(msg);
	assert_int_equal(bel_sip_parse(msg, NULL, BEL_STR_NONE, &why), BEL_ERR_SYNTAX);
	assert_null(bel_sip_uri(msg));
	assert_null(bel_sip_via(msg));
	assert_null(bel_sip_from(msg));
	assert_null(bel_sip_cseq(msg));
	free(msg);
}

/* ---- memory ---- */

static enum bel_err parse_and_forward(void *user)
{
	static struct bel_sip_msg msg;
	static struct bel_sip_splice splice;
	static char out[65536];
	struct bel_writer writer = bel_writer_init(out, sizeof out);
	bel_addr source = bel_addr_v4(192, 0, 2, 1, 5060);
	struct bel_sip_reply reply = { .status = 100, .source = &source };
	struct bel_sip_refusal why;
	const bel_str *text = user;

	if (bel_sip_parse(&msg, NULL, *text, &why) || bel_sip_validate(&msg, &why))
		return BEL_ERR_SYNTAX;
	if (msg.is_request && bel_sip_respond(&writer, &msg, &reply))
		return BEL_ERR_SYNTAX;
	bel_sip_splice_init(&splice, &msg);
	bel_sip_splice_via_source(&splice, &source);
	bel_sip_splice_insert(&splice, BEL_SIP_H_RECORD_ROUTE, BEL_STR("<sip:b;lr>"));
	bel_sip_splice_set_number(&splice, BEL_SIP_H_MAX_FORWARDS, 69);
	return bel_sip_splice_write(&writer, &splice);
}

/* The walk makes the first allocation fail: there is none. */
static void nothing_is_allocated_for_a_message(void **state)
{
	char buf[8192];

	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++) {
		bel_str text = read_sample(samples[i], buf, sizeof buf);
		struct bel_test_alloc_walk walk = bel_test_alloc_walk(
			1, parse_and_forward, &text);
		assert_int_equal(walk.err, BEL_OK);
		assert_int_equal(walk.failures_count, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_the_same_with_marks_and_without),
		cmocka_unit_test(lines_are_cut_wherever_they_end),
		cmocka_unit_test(a_header_section_may_be_longer_than_the_window),
		cmocka_unit_test(a_line_may_be_longer_than_the_window),
		cmocka_unit_test(an_empty_text_has_no_values),
		cmocka_unit_test(nothing_is_allocated_for_a_message),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
