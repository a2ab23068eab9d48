/* SPDX-License-Identifier: Apache-2.0
 * The decoder of answers (RFC 1035, 2308, 2782, 3403, 3596), packet by packet. */
#include "support/support.h"

#include "io/resolver.h"

enum { A = 1, CNAME = 5, SOA = 6, AAAA = 28, SRV = 33, NAPTR = 35, OPT = 41 };

/* A packet in the making. */
struct packet {
	char buf[4096];
	struct bel_writer writer;
	unsigned answers, authorities;
};

static void write_name(struct bel_writer *writer, const char *text)
{
	bel_str rest = bel_str_from(text);

	while (rest.len) {
		size_t dot = bel_str_find(rest, '.');
		bel_write_be8(writer, (uint8_t)dot);
		bel_write_str(writer, bel_str_slice(rest, 0, dot));
		rest = bel_str_slice(rest, dot + 1, rest.len);
	}
	bel_write_be8(writer, 0);
}

/* An answer to a question for example.test (at offset 12). */
static void begin(struct packet *packet, uint8_t rcode, unsigned answers,
		  unsigned authorities)
{
	packet->writer = bel_writer_init(packet->buf, sizeof packet->buf);
	bel_write_be16(&packet->writer, 1);
	bel_write_be16(&packet->writer, (uint16_t)(0x8180 | rcode));
	bel_write_be16(&packet->writer, 1);
	bel_write_be16(&packet->writer, (uint16_t)answers);
	bel_write_be16(&packet->writer, (uint16_t)authorities);
	bel_write_be16(&packet->writer, 0);
	write_name(&packet->writer, "example.test");
	bel_write_be16(&packet->writer, A);
	bel_write_be16(&packet->writer, 1);
}

/* Owner by text, or by a pointer to the question when it is NULL. */
static void put_head(struct packet *packet, const char *owner, uint16_t type,
		     uint32_t ttl_s, uint16_t len)
{
	if (owner)
		write_name(&packet->writer, owner);
	else
		bel_write_be16(&packet->writer, 0xc00c);
	bel_write_be16(&packet->writer, type);
	bel_write_be16(&packet->writer, 1);
	bel_write_be32(&packet->writer, ttl_s);
	bel_write_be16(&packet->writer, len);
}

static void put_a(struct packet *packet, const char *owner, uint32_t ttl_s, uint8_t last)
{
	put_head(packet, owner, A, ttl_s, 4);
	bel_write_be32(&packet->writer, 0xc0000200u | last);
}

static void put_soa(struct packet *packet, uint32_t ttl_s, uint32_t minimum_s)
{
	put_head(packet, NULL, SOA, ttl_s, 22);
	bel_write_be16(&packet->writer, 0);
	for (unsigned i = 0; i < 4; i++)
		bel_write_be32(&packet->writer, 7);
	bel_write_be32(&packet->writer, minimum_s);
}

/* What came out of it. */
struct result {
	enum bel_err err;
	unsigned count;
	uint32_t ttl_s;
	struct bel_dns_record records[BEL_DNS_RECORDS_MAX];
	struct bel_arena arena;
};

static struct result *parse_bytes(bel_str bytes, enum bel_dns_type type)
{
	struct result *result = calloc(1, sizeof *result);
	bel_str exact = bel_test_exact(bytes);

	assert_non_null(result);
	result->count = BEL_DNS_RECORDS_MAX;
	bel_arena_init(&result->arena, NULL, 0, 1 << 20);
	result->err = bel_dns_parse(result->records, &result->count, &result->ttl_s,
				    &result->arena, exact, type);
	free((char *)exact.ptr);
	return result;
}

static struct result *parse(struct packet *packet, enum bel_dns_type type)
{
	assert_int_equal(bel_writer_check(&packet->writer), BEL_OK);
	return parse_bytes(bel_writer_str(&packet->writer), type);
}

static void end(struct result *result)
{
	bel_arena_fini(&result->arena);
	free(result);
}

static enum bel_err err_of(struct packet *packet, enum bel_dns_type type)
{
	struct result *result = parse(packet, type);
	enum bel_err err = result->err;

	end(result);
	return err;
}

static void addresses_come_with_the_least_of_their_ttls(void **state)
{
	struct packet packet;
	struct result *result;
	bel_addr first = bel_addr_v4(192, 0, 2, 1, 0);
	(void)state;

	begin(&packet, 0, 3, 0);
	put_a(&packet, NULL, 300, 1);
	put_a(&packet, "EXAMPLE.test", 60, 2);
	put_a(&packet, "other.test", 10, 3);
	result = parse(&packet, BEL_DNS_A);
	assert_int_equal(result->err, BEL_OK);
	assert_int_equal(result->count, 2);
	assert_int_equal(result->ttl_s, 60);
	assert_int_equal(result->records[0].ttl_s, 300);
	assert_true(bel_addr_is_equal(&result->records[0].addr, &first));
	end(result);
}

static void ipv6_addresses_are_sixteen_bytes(void **state)
{
	struct packet packet;
	struct result *result;
	bel_addr expected;
	(void)state;

	begin(&packet, 0, 1, 0);
	put_head(&packet, NULL, AAAA, 5, 16);
	bel_write_be64(&packet.writer, 0x20010db800000000u);
	bel_write_be64(&packet.writer, 1);
	result = parse(&packet, BEL_DNS_AAAA);
	bel_addr_parse_host(&expected, BEL_STR("2001:db8::1"));
	assert_int_equal(result->count, 1);
	assert_true(bel_addr_is_equal(&result->records[0].addr, &expected));
	end(result);
	begin(&packet, 0, 1, 0);
	put_head(&packet, NULL, AAAA, 5, 4);
	bel_write_be32(&packet.writer, 1);
	assert_int_equal(err_of(&packet, BEL_DNS_AAAA), BEL_ERR_SYNTAX);
}

static void srv_records_give_their_target_lower_case(void **state)
{
	struct packet packet;
	struct result *result;
	(void)state;

	begin(&packet, 0, 2, 0);
	put_head(&packet, NULL, SRV, 30, 6 + 6);
	bel_write_be16(&packet.writer, 10);
	bel_write_be16(&packet.writer, 20);
	bel_write_be16(&packet.writer, 5061);
	bel_write_str(&packet.writer, (bel_str){ "\3SIP\xc0\x0c", 6 });
	put_head(&packet, NULL, SRV, 30, 6 + 1);
	for (unsigned i = 0; i < 3; i++)
		bel_write_be16(&packet.writer, 0);
	bel_write_be8(&packet.writer, 0);
	result = parse(&packet, BEL_DNS_SRV);
	assert_int_equal(result->count, 2);
	assert_int_equal(result->records[0].priority, 10);
	assert_int_equal(result->records[0].weight, 20);
	assert_int_equal(result->records[0].port, 5061);
	assert_str(result->records[0].target, "sip.example.test");
	/* RFC 2782: a target of "." says that the service is not offered. */
	assert_int_equal(result->records[1].target.len, 0);
	end(result);
}

static void put_naptr(struct packet *packet, const char *service, const char *rule)
{
	size_t len = 4 + 2 + 1 + strlen(service) + 1 + strlen(rule) + 2;

	put_head(packet, NULL, NAPTR, 30, (uint16_t)len);
	bel_write_be16(&packet->writer, 50);
	bel_write_be16(&packet->writer, 90);
	bel_write_lit(&packet->writer, "\1s");
	bel_write_be8(&packet->writer, (uint8_t)strlen(service));
	bel_write_text(&packet->writer, service);
	bel_write_be8(&packet->writer, (uint8_t)strlen(rule));
	bel_write_text(&packet->writer, rule);
	bel_write_be16(&packet->writer, 0xc00c);
}

static void naptr_records_without_a_rule_are_given(void **state)
{
	struct packet packet;
	struct result *result;
	(void)state;

	begin(&packet, 0, 2, 0);
	put_naptr(&packet, "E2U+sip", "!^.*$!sip:info@example.test!");
	put_naptr(&packet, "SIP+D2T", "");
	result = parse(&packet, BEL_DNS_NAPTR);
	assert_int_equal(result->count, 1);
	assert_int_equal(result->records[0].order, 50);
	assert_int_equal(result->records[0].priority, 90);
	assert_str(result->records[0].flags, "s");
	assert_str(result->records[0].service, "SIP+D2T");
	assert_str(result->records[0].target, "example.test");
	end(result);
}

static void aliases_are_followed_inside_the_packet(void **state)
{
	struct packet packet;
	struct result *result;
	(void)state;

	begin(&packet, 0, 3, 0);
	put_a(&packet, "end.test", 300, 9);
	put_head(&packet, "middle.test", CNAME, 20, 10);
	write_name(&packet.writer, "end.test");
	put_head(&packet, NULL, CNAME, 100, 13);
	write_name(&packet.writer, "middle.test");
	result = parse(&packet, BEL_DNS_A);
	assert_int_equal(result->count, 1);
	assert_int_equal(result->ttl_s, 20);
	end(result);
}

static void an_alias_of_itself_leads_nowhere(void **state)
{
	struct packet packet;
	struct result *result;
	(void)state;

	begin(&packet, 0, 1, 0);
	put_head(&packet, NULL, CNAME, 100, 2);
	bel_write_be16(&packet.writer, 0xc00c);
	result = parse(&packet, BEL_DNS_A);
	assert_int_equal(result->err, BEL_OK);
	assert_int_equal(result->count, 0);
	end(result);
}

static void absence_is_kept_as_long_as_the_soa_says(void **state)
{
	static const struct {
		uint8_t rcode;
		uint32_t ttl_s, minimum_s, kept_s;
		enum bel_err err;
	} rows[] = {
		{ 3, 3600, 60, 60, BEL_ERR_NOT_FOUND },
		{ 3, 30, 60, 30, BEL_ERR_NOT_FOUND },
		{ 0, 3600, 60, 60, BEL_OK },
		{ 0, 0x80000001u, 60, 0, BEL_OK },
	};
	(void)state;

	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		struct packet packet;
		begin(&packet, rows[i].rcode, 0, 1);
		put_soa(&packet, rows[i].ttl_s, rows[i].minimum_s);
		struct result *result = parse(&packet, BEL_DNS_A);
		assert_int_equal(result->err, rows[i].err);
		assert_int_equal(result->count, 0);
		assert_int_equal(result->ttl_s, rows[i].kept_s);
		end(result);
	}
}

static void absence_without_an_soa_is_not_kept(void **state)
{
	struct packet packet;
	struct result *result;
	(void)state;

	begin(&packet, 3, 0, 0);
	result = parse(&packet, BEL_DNS_A);
	assert_int_equal(result->err, BEL_ERR_NOT_FOUND);
	assert_int_equal(result->ttl_s, 0);
	end(result);
}

static void a_server_that_fails_is_an_error(void **state)
{
	(void)state;
	for (uint8_t rcode = 1; rcode < 16; rcode++) {
		struct packet packet;
		begin(&packet, rcode, 0, 0);
		assert_int_equal(err_of(&packet, BEL_DNS_A),
				 rcode == 3 ? BEL_ERR_NOT_FOUND : BEL_ERR_DNS);
	}
}

static void a_query_is_no_answer(void **state)
{
	struct packet packet;
	(void)state;

	begin(&packet, 0, 0, 0);
	packet.buf[2] &= 0x7f;
	assert_int_equal(err_of(&packet, BEL_DNS_A), BEL_ERR_SYNTAX);
}

static void records_of_other_types_and_classes_are_passed_over(void **state)
{
	struct packet packet;
	struct result *result;
	(void)state;

	begin(&packet, 0, 3, 0);
	put_head(&packet, NULL, 99, 1, 3);
	bel_write_lit(&packet.writer, "xyz");
	write_name(&packet.writer, "example.test");
	bel_write_be16(&packet.writer, A);
	bel_write_be16(&packet.writer, 3); /* Chaosnet */
	bel_write_be32(&packet.writer, 1);
	bel_write_be16(&packet.writer, 4);
	bel_write_be32(&packet.writer, 0);
	put_a(&packet, NULL, 9, 1);
	result = parse(&packet, BEL_DNS_A);
	assert_int_equal(result->count, 1);
	assert_int_equal(result->ttl_s, 9);
	end(result);
}

static void a_name_that_text_cannot_hold_costs_only_its_record(void **state)
{
	struct packet packet;
	struct result *result;
	(void)state;

	begin(&packet, 0, 2, 0);
	put_head(&packet, NULL, SRV, 30, 6 + 5);
	for (unsigned i = 0; i < 3; i++)
		bel_write_be16(&packet.writer, 1);
	bel_write_str(&packet.writer, (bel_str){ "\3a.b\0", 5 });
	put_head(&packet, NULL, SRV, 30, 6 + 5);
	for (unsigned i = 0; i < 3; i++)
		bel_write_be16(&packet.writer, 2);
	bel_write_str(&packet.writer, (bel_str){ "\3a-b\0", 5 });
	result = parse(&packet, BEL_DNS_SRV);
	assert_int_equal(result->count, 1);
	assert_str(result->records[0].target, "a-b");
	end(result);
}

static void pointers_forward_or_to_themselves_are_refused(void **state)
{
	static const uint16_t pointers[] = { 0xc01e, 0xc01f, 0xc0ff, 0xffff };
	(void)state;

	for (size_t i = 0; i < BEL_COUNT_OF(pointers); i++) {
		struct packet packet;
		begin(&packet, 0, 1, 0);
		assert_int_equal(packet.writer.len, 0x1e);
		bel_write_be16(&packet.writer, pointers[i]);
		bel_write_be64(&packet.writer, 0);
		bel_write_be64(&packet.writer, 0);
		assert_int_equal(err_of(&packet, BEL_DNS_A), BEL_ERR_SYNTAX);
	}
}

static void a_name_longer_than_255_bytes_is_refused(void **state)
{
	struct packet packet;
	(void)state;

	begin(&packet, 0, 1, 0);
	for (unsigned i = 0; i < 5; i++) {
		bel_write_be8(&packet.writer, 63);
		memset(bel_writer_room(&packet.writer, 63), 'x', 63);
	}
	bel_write_be8(&packet.writer, 0);
	bel_write_be64(&packet.writer, 0);
	bel_write_be16(&packet.writer, 0);
	assert_int_equal(err_of(&packet, BEL_DNS_A), BEL_ERR_LIMIT);
}

static void more_records_than_asked_for_are_left(void **state)
{
	struct packet packet;
	struct result *result;
	(void)state;

	begin(&packet, 0, 100, 0);
	for (unsigned i = 0; i < 100; i++)
		put_a(&packet, NULL, 100, (uint8_t)i);
	result = parse(&packet, BEL_DNS_A);
	assert_int_equal(result->err, BEL_OK);
	assert_int_equal(result->count, BEL_DNS_RECORDS_MAX);
	end(result);
}

static void an_arena_without_room_is_told(void **state)
{
	struct packet packet;
	struct bel_dns_record records[4];
	unsigned count = 4;
	uint32_t ttl_s = 77;
	struct bel_arena arena;
	(void)state;

	begin(&packet, 0, 1, 0);
	put_a(&packet, NULL, 1, 1);
	bel_arena_init(&arena, NULL, 0, 0);
	assert_int_equal(bel_dns_parse(records, &count, &ttl_s, &arena,
				       bel_writer_str(&packet.writer), BEL_DNS_A),
			 BEL_ERR_SPACE);
	assert_int_equal(count, 4);
	assert_int_equal(ttl_s, 77);
}

static void no_cut_of_a_packet_is_read_past_its_end(void **state)
{
	struct packet packet;
	(void)state;

	begin(&packet, 0, 3, 1);
	put_naptr(&packet, "SIP+D2U", "");
	put_head(&packet, NULL, CNAME, 100, 13);
	write_name(&packet.writer, "middle.test");
	put_a(&packet, "middle.test", 300, 9);
	put_soa(&packet, 1, 1);
	bel_str whole = bel_writer_str(&packet.writer);
	for (size_t len = 0; len < whole.len; len++)
		for (unsigned type = BEL_DNS_A; type <= BEL_DNS_NAPTR; type++)
			end(parse_bytes(bel_str_slice(whole, 0, len),
					(enum bel_dns_type)type));
	/* Without its last record the answer is not whole. */
	struct result *result = parse_bytes(bel_str_slice(whole, 0, 40), BEL_DNS_A);
	assert_int_equal(result->err, BEL_ERR_SYNTAX);
	end(result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_come_with_the_least_of_their_ttls),
		cmocka_unit_test(ipv6_addresses_are_sixteen_bytes),
		cmocka_unit_test(srv_records_give_their_target_lower_case),
		cmocka_unit_test(naptr_records_without_a_rule_are_given),
		cmocka_unit_test(aliases_are_followed_inside_the_packet),
		cmocka_unit_test(an_alias_of_itself_leads_nowhere),
		cmocka_unit_test(absence_is_kept_as_long_as_the_soa_says),
		cmocka_unit_test(absence_without_an_soa_is_not_kept),
		cmocka_unit_test(a_server_that_fails_is_an_error),
		cmocka_unit_test(a_query_is_no_answer),
		cmocka_unit_test(records_of_other_types_and_classes_are_passed_over),
		cmocka_unit_test(a_name_that_text_cannot_hold_costs_only_its_record),
		cmocka_unit_test(pointers_forward_or_to_themselves_are_refused),
		cmocka_unit_test(a_name_longer_than_255_bytes_is_refused),
		cmocka_unit_test(more_records_than_asked_for_are_left),
		cmocka_unit_test(an_arena_without_room_is_told),
		cmocka_unit_test(no_cut_of_a_packet_is_read_past_its_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
