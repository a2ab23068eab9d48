/* SPDX-License-Identifier: Apache-2.0 */
#include "support/support.h"
#include "sip/sip.h"

static const struct known {
	enum bel_sip_header header;
	const char *name;
	char compact;
} knowns[] = {
#define X(id, text, compact, shape) { BEL_SIP_H_##id, text, compact },
	BEL_SIP_HEADERS(X)
#undef X
};

/* Proves header_slots.h perfect and complete for the list in name.h. */
static void every_header_is_found_in_every_case(void **state)
{
	char text[40];

	(void)state;
	assert_int_equal(BEL_COUNT_OF(knowns) + 1, BEL_SIP_H_COUNT);
	for (unsigned i = 0; i < BEL_COUNT_OF(knowns); i++) {
		bel_str name = bel_str_from(knowns[i].name);
		assert_int_equal(bel_sip_header_find(name), knowns[i].header);
		assert_str(bel_sip_header_name(knowns[i].header), knowns[i].name);
		for (size_t j = 0; j < name.len; j++)
			text[j] = bel_char_lower(name.ptr[j]);
		assert_int_equal(bel_sip_header_find((bel_str){ text, name.len }),
				 knowns[i].header);
		for (size_t j = 0; j < name.len; j++)
			if (text[j] >= 'a' && text[j] <= 'z')
				text[j] = (char)(text[j] - 'a' + 'A');
		assert_int_equal(bel_sip_header_find((bel_str){ text, name.len }),
				 knowns[i].header);
	}
}

static void every_compact_form_is_found(void **state)
{
	unsigned count = 0;

	(void)state;
	for (unsigned i = 0; i < BEL_COUNT_OF(knowns); i++) {
		if (!knowns[i].compact)
			continue;
		char upper = (char)(knowns[i].compact - 'a' + 'A');
		assert_int_equal(bel_sip_header_find((bel_str){ &knowns[i].compact, 1 }),
				 knowns[i].header);
		assert_int_equal(bel_sip_header_find((bel_str){ &upper, 1 }),
				 knowns[i].header);
		count++;
	}
	assert_int_equal(count, 20);
	assert_int_equal(bel_sip_header_find(BEL_STR("z")), BEL_SIP_H_OTHER);
}

static void a_name_changed_anywhere_is_unknown(void **state)
{
	char text[40];

	(void)state;
	for (unsigned i = 0; i < BEL_COUNT_OF(knowns); i++) {
		bel_str name = bel_str_from(knowns[i].name);
		for (size_t j = 0; j < name.len; j++) {
			memcpy(text, name.ptr, name.len);
			for (unsigned bit = 0; bit < 8; bit++) {
				text[j] = (char)(name.ptr[j] ^ (1 << bit));
				if (bel_char_lower(text[j]) ==
				    bel_char_lower(name.ptr[j]))
					continue;
				assert_int_not_equal(
					bel_sip_header_find((bel_str){ text, name.len }),
					knowns[i].header);
			}
		}
		memcpy(text, name.ptr, name.len);
		text[name.len] = '\0';
		assert_int_equal(bel_sip_header_find((bel_str){ text, name.len + 1 }),
				 BEL_SIP_H_OTHER);
		if (name.len > 2) /* "T" is a name of To */
			assert_int_equal(
				bel_sip_header_find((bel_str){ text, name.len - 1 }),
				BEL_SIP_H_OTHER);
	}
	assert_int_equal(bel_sip_header_find(BEL_STR_NONE), BEL_SIP_H_OTHER);
}

static void methods_have_case(void **state)
{
	(void)state;
	for (unsigned i = 1; i < BEL_SIP_METHOD_COUNT; i++) {
		bel_str name = bel_sip_method_name((enum bel_sip_method)i);
		assert_true(name.len > 0);
		assert_int_equal(bel_sip_method_find(name), i);
	}
	assert_int_equal(bel_sip_method_find(BEL_STR("invite")), BEL_SIP_METHOD_OTHER);
	assert_int_equal(bel_sip_method_find(BEL_STR("INVITES")), BEL_SIP_METHOD_OTHER);
	assert_int_equal(bel_sip_method_name(BEL_SIP_METHOD_OTHER).len, 0);
}

static void a_status_has_its_phrase_or_that_of_its_class(void **state)
{
	(void)state;
	assert_str(bel_sip_status_phrase(100), "Trying");
	assert_str(bel_sip_status_phrase(423), "Interval Too Brief");
	assert_str(bel_sip_status_phrase(608), "Rejected");
	assert_str(bel_sip_status_phrase(499), "Request Failure");
	assert_str(bel_sip_status_phrase(299), "OK");
	assert_int_equal(bel_sip_status_phrase(700).len, 0);
}

static void transports_are_found_in_any_case(void **state)
{
	(void)state;
	assert_int_equal(bel_sip_transport_find(BEL_STR("udp")), BEL_SIP_UDP);
	assert_int_equal(bel_sip_transport_find(BEL_STR("Wss")), BEL_SIP_WSS);
	assert_int_equal(bel_sip_transport_find(BEL_STR("TLS-SCTP")),
			 BEL_SIP_TRANSPORT_OTHER);
	assert_int_equal(bel_sip_transport_find(BEL_STR_NONE), BEL_SIP_TRANSPORT_OTHER);
	assert_str(bel_sip_transport_name(BEL_SIP_WS), "WS");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_header_is_found_in_every_case),
		cmocka_unit_test(every_compact_form_is_found),
		cmocka_unit_test(a_name_changed_anywhere_is_unknown),
		cmocka_unit_test(methods_have_case),
		cmocka_unit_test(a_status_has_its_phrase_or_that_of_its_class),
		cmocka_unit_test(transports_are_found_in_any_case),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
