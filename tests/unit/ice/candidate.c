/* SPDX-License-Identifier: Apache-2.0
 * Priorities and foundations of candidates. */
#include "support/support.h"

#include "ice/ice.h"

static const struct bel_hash_key key = { 1, 2 };

static void a_priority_is_type_then_preference_then_component(void **state)
{
	(void)state;
	/* The figures of RFC 8839 section 5.1 and RFC 8445 section 15.1. */
	assert_int_equal(bel_ice_priority(BEL_ICE_HOST, 65535, 1), 2130706431);
	assert_int_equal(bel_ice_priority(BEL_ICE_SERVER_REFLEXIVE, 65535, 1),
			 1694498815);
	assert_int_equal(bel_ice_priority(BEL_ICE_RELAYED, 0, 2), 254);
	assert_true(bel_ice_priority(BEL_ICE_HOST, 1, 1) >
		    bel_ice_priority(BEL_ICE_PEER_REFLEXIVE, 65535, 1));
	assert_true(bel_ice_priority(BEL_ICE_HOST, 9, 1) >
		    bel_ice_priority(BEL_ICE_HOST, 9, 2));
}

static void a_check_offers_the_priority_of_a_peer_reflexive_one(void **state)
{
	(void)state;
	assert_int_equal(
		bel_ice_reflexive_priority(bel_ice_priority(BEL_ICE_HOST, 77, 2)),
		bel_ice_priority(BEL_ICE_PEER_REFLEXIVE, 77, 2));
}

static void a_pair_is_as_good_as_its_worse_end(void **state)
{
	(void)state;
	assert_true(bel_ice_pair_priority(1, 2) == ((uint64_t)1 << 32) + 4);
	/* The controlling one breaks the tie, so that both count alike. */
	assert_true(bel_ice_pair_priority(2, 1) == ((uint64_t)1 << 32) + 5);
	assert_true(bel_ice_pair_priority(5, 5) == ((uint64_t)5 << 32) + 10);
	assert_true(bel_ice_pair_priority(3, 900) < bel_ice_pair_priority(4, 4));
}

static void a_foundation_is_of_type_host_and_server(void **state)
{
	const bel_addr host = bel_addr_v4(10, 0, 0, 1, 4000);
	const bel_addr other_port = bel_addr_v4(10, 0, 0, 1, 4001);
	const bel_addr other_host = bel_addr_v4(10, 0, 0, 2, 4000);
	const bel_addr server = bel_addr_v4(192, 0, 2, 1, 3478);
	const struct bel_hash_key other_key = { 1, 3 };
	char first[33], second[33];

	(void)state;
	bel_ice_foundation_make(first, &key, BEL_ICE_HOST, &host, NULL);
	bel_ice_foundation_make(second, &key, BEL_ICE_HOST, &other_port, NULL);
	assert_string_equal(first, second);
	bel_ice_foundation_make(second, &key, BEL_ICE_HOST, &other_host, NULL);
	assert_string_not_equal(first, second);
	bel_ice_foundation_make(second, &key, BEL_ICE_SERVER_REFLEXIVE, &host, &server);
	assert_string_not_equal(first, second);
	bel_ice_foundation_make(first, &key, BEL_ICE_SERVER_REFLEXIVE, &host, NULL);
	assert_string_not_equal(first, second);
	/* Nobody can try private addresses until one fits. */
	bel_ice_foundation_make(second, &other_key, BEL_ICE_SERVER_REFLEXIVE, &host,
				NULL);
	assert_string_not_equal(first, second);
}

static void every_type_is_found_by_its_name(void **state)
{
	enum bel_ice_type type;

	(void)state;
	for (unsigned i = 0; i < BEL_ICE_TYPES; i++) {
		assert_true(bel_ice_type_find(&type,
					      bel_ice_type_name((enum bel_ice_type)i)));
		assert_int_equal(type, i);
	}
	assert_false(bel_ice_type_find(&type, BEL_STR("token")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_priority_is_type_then_preference_then_component),
		cmocka_unit_test(a_check_offers_the_priority_of_a_peer_reflexive_one),
		cmocka_unit_test(a_pair_is_as_good_as_its_worse_end),
		cmocka_unit_test(a_foundation_is_of_type_host_and_server),
		cmocka_unit_test(every_type_is_found_by_its_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
