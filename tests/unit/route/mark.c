/* SPDX-License-Identifier: Apache-2.0
 * The token of our Record-Route: it says what was put in, and only to whom holds the key
 * and the Call-ID. */
#include "support/support.h"

#include "route/mark.h"
#include "sip/sip.h"

#define TEXT_OF(literal)                                                                 \
	{                                                                                \
		literal, sizeof(literal) - 1                                             \
	}

static const struct bel_mark_key key = { { 0x0123456789abcdef, 0xfedcba9876543210 } };

static struct bel_mark sample(bool has_flow, const char *peer, uint64_t binding)
{
	struct bel_mark mark = { .has_flow = has_flow, .binding = binding };

	if (!has_flow)
		return mark;
	mark.flow = (struct bel_flow){ .transport = BEL_SIP_TLS,
				       .listener = 3,
				       .worker = 12,
				       .index = 0x01020304,
				       .generation = UINT32_MAX };
	assert_int_equal(bel_addr_parse(&mark.flow.peer, bel_str_from(peer), 0), BEL_OK);
	mark.flow.local = mark.flow.peer;
	mark.flow.local.port = 5061;
	return mark;
}

static struct bel_mark nth_sample(unsigned i)
{
	switch (i) {
	case 0:
		return sample(false, NULL, 0);
	case 1:
		return sample(false, NULL, UINT64_MAX);
	case 2:
		return sample(true, "192.0.2.7:40000", 0);
	case 3:
		return sample(true, "192.0.2.7:40000", 77);
	default:
		return sample(true, "[2001:db8:1:2:3:4:5:6]:65535", UINT64_MAX);
	}
}

enum { SAMPLES = 5 };

static bel_str write(char buf[BEL_MARK_BYTES_MAX], const struct bel_mark *mark,
		     const char *call_id)
{
	struct bel_writer writer = bel_writer_init(buf, BEL_MARK_BYTES_MAX);

	bel_mark_write(&writer, mark, &key, bel_str_from(call_id));
	assert_int_equal(bel_writer_check(&writer), BEL_OK);
	return bel_writer_str(&writer);
}

static void what_is_written_is_read(void **state)
{
	(void)state;
	for (unsigned i = 0; i < SAMPLES; i++) {
		struct bel_mark mark = nth_sample(i), again;
		char buf[BEL_MARK_BYTES_MAX];
		bel_str token = write(buf, &mark, "call@example.com");
		assert_int_equal(
			bel_mark_parse(&again, token, &key, BEL_STR("call@example.com")),
			BEL_OK);
		assert_int_equal(again.has_flow, mark.has_flow);
		assert_int_equal(again.binding, mark.binding);
		if (!mark.has_flow)
			continue;
		assert_int_equal(again.flow.transport, mark.flow.transport);
		assert_int_equal(again.flow.listener, mark.flow.listener);
		assert_int_equal(again.flow.worker, mark.flow.worker);
		assert_int_equal(again.flow.index, mark.flow.index);
		assert_int_equal(again.flow.generation, mark.flow.generation);
		assert_true(bel_addr_is_equal(&again.flow.peer, &mark.flow.peer));
		assert_true(bel_addr_is_equal(&again.flow.local, &mark.flow.local));
	}
}

static void a_token_is_a_parameter_of_a_uri(void **state)
{
	(void)state;
	for (unsigned i = 0; i < SAMPLES; i++) {
		struct bel_mark mark = nth_sample(i);
		char buf[BEL_MARK_BYTES_MAX], text[BEL_MARK_BYTES_MAX + 64];
		struct bel_writer writer = bel_writer_init(text, sizeof text);
		bel_str token = write(buf, &mark, "c"), value;
		struct bel_uri uri;
		bel_write_lit(&writer, "sip:192.0.2.1;lr;b=");
		bel_write_str(&writer, token);
		assert_int_equal(bel_uri_parse(&uri, bel_writer_str(&writer)), BEL_OK);
		assert_true(bel_uri_param(&uri, BEL_STR("b"), &value));
		assert_true(bel_str_is_equal(value, token));
	}
}

static void it_is_genuine_for_its_call_and_key_alone(void **state)
{
	static const struct bel_mark_key other = { { 0x0123456789abcdef,
						     0xfedcba9876543211 } };
	struct bel_mark mark = nth_sample(3), again;
	char buf[BEL_MARK_BYTES_MAX];
	bel_str token = write(buf, &mark, "call@example.com");

	(void)state;
	assert_int_equal(bel_mark_parse(&again, token, &key, BEL_STR("call@example.co")),
			 BEL_ERR_MISMATCH);
	assert_int_equal(bel_mark_parse(&again, token, &key, BEL_STR_NONE),
			 BEL_ERR_MISMATCH);
	assert_int_equal(
		bel_mark_parse(&again, token, &other, BEL_STR("call@example.com")),
		BEL_ERR_MISMATCH);
}

static void no_bit_of_it_can_be_changed(void **state)
{
	(void)state;
	for (unsigned i = 0; i < SAMPLES; i++) {
		struct bel_mark mark = nth_sample(i), again = { .binding = 9 };
		char buf[BEL_MARK_BYTES_MAX], raw[BEL_MARK_BYTES_MAX];
		bel_str token = write(buf, &mark, "c");
		struct bel_writer bytes = bel_writer_init(raw, sizeof raw);
		assert_int_equal(bel_write_from_base64(&bytes, token), BEL_OK);
		for (size_t bit = 0; bit < bytes.len * 8; bit++) {
			char changed[BEL_MARK_BYTES_MAX];
			struct bel_writer writer = bel_writer_init(changed,
								   sizeof changed);
			raw[bit / 8] = (char)(raw[bit / 8] ^ (1 << bit % 8));
			bel_write_base64url(&writer, bel_writer_str(&bytes));
			assert_int_equal(bel_mark_parse(&again, bel_writer_str(&writer),
							&key, BEL_STR("c")),
					 BEL_ERR_MISMATCH);
			raw[bit / 8] = (char)(raw[bit / 8] ^ (1 << bit % 8));
		}
		assert_int_equal(again.binding, 9);
	}
}

static void what_is_cut_or_longer_is_none(void **state)
{
	struct bel_mark mark = nth_sample(4), again;
	char buf[BEL_MARK_BYTES_MAX], longer[BEL_MARK_BYTES_MAX * 2];
	bel_str token = write(buf, &mark, "c");

	(void)state;
	for (size_t len = 0; len < token.len; len++) {
		bel_str exact = bel_test_exact(bel_str_slice(token, 0, len));
		assert_true(bel_mark_parse(&again, exact, &key, BEL_STR("c")) != BEL_OK);
		free((void *)(uintptr_t)exact.ptr);
	}
	for (size_t more = 1; more < BEL_MARK_BYTES_MAX; more++) {
		struct bel_writer writer = bel_writer_init(longer, sizeof longer);
		bel_write_str(&writer, token);
		for (size_t i = 0; i < more; i++)
			bel_write_char(&writer, 'A');
		assert_true(bel_mark_parse(&again, bel_writer_str(&writer), &key,
					   BEL_STR("c")) != BEL_OK);
	}
	assert_int_equal(bel_mark_parse(&again, BEL_STR("%00"), &key, BEL_STR("c")),
			 BEL_ERR_SYNTAX);
}

/* Another version's token, genuine by its MAC, but not of a form that is known here. */
static void genuine_bytes_of_another_form_are_none(void **state)
{
	static const bel_str bodies[] = {
		TEXT_OF("\x20"),               /* a later version */
		TEXT_OF("\x10x"),              /* something behind */
		TEXT_OF("\x11\x01"),           /* a flow that ends */
		TEXT_OF("\x12\0\0\0\0\0\0\0"), /* a binding of seven bytes */
		TEXT_OF("\x11\1\0\0\0\0\0\0\1\0\0\0\1\5\1\2\3\4\0\0\4\1\2\3\4\0\0"),
	};

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(bodies); i++) {
		char raw[128], text[256];
		struct bel_writer mac = bel_writer_init(raw, sizeof raw);
		struct bel_writer token = bel_writer_init(text, sizeof text);
		struct bel_mark again;
		const bel_str covered[] = { bodies[i], BEL_STR("c") };
		bel_write_str(&mac, bodies[i]);
		bel_write_be64(&mac, bel_mac64_list(&key.key, covered, 2));
		bel_write_base64url(&token, bel_writer_str(&mac));
		assert_int_equal(bel_mark_parse(&again, bel_writer_str(&token), &key,
						BEL_STR("c")),
				 BEL_ERR_SYNTAX);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(a_token_is_a_parameter_of_a_uri),
		cmocka_unit_test(it_is_genuine_for_its_call_and_key_alone),
		cmocka_unit_test(no_bit_of_it_can_be_changed),
		cmocka_unit_test(what_is_cut_or_longer_is_none),
		cmocka_unit_test(genuine_bytes_of_another_form_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
