/* SPDX-License-Identifier: Apache-2.0
 * RFC 4475: every message, and what the codec says to it. What is for the roles (unknown
 * schemes, extensions, body types, hops) must pass here. */
#include "support/support.h"
#include "sip/sip.h"

enum verdict { ACCEPTED, REFUSED, DROPPED };

static const struct torture {
	const char *name;
	enum verdict verdict;
	uint16_t status;
	enum bel_sip_header header;
} tortures[] = {
	{ "wsinv", ACCEPTED, 0, 0 },
	{ "intmeth", ACCEPTED, 0, 0 },
	{ "esc01", ACCEPTED, 0, 0 },
	{ "escnull", ACCEPTED, 0, 0 },
	{ "esc02", ACCEPTED, 0, 0 },
	{ "lwsdisp", ACCEPTED, 0, 0 },
	{ "longreq", ACCEPTED, 0, 0 },
	{ "dblreq", ACCEPTED, 0, 0 },
	{ "semiuri", ACCEPTED, 0, 0 },
	{ "transports", ACCEPTED, 0, 0 },
	{ "mpart01", ACCEPTED, 0, 0 },
	{ "unreason", ACCEPTED, 0, 0 },
	{ "noreason", ACCEPTED, 0, 0 },
	{ "badinv01", REFUSED, 400, BEL_SIP_H_VIA },
	{ "clerr", REFUSED, 400, BEL_SIP_H_CONTENT_LENGTH },
	{ "ncl", REFUSED, 400, BEL_SIP_H_CONTENT_LENGTH },
	{ "scalar02", REFUSED, 400, BEL_SIP_H_CSEQ },
	{ "scalarlg", DROPPED, 0, BEL_SIP_H_CSEQ },
	{ "quotbal", REFUSED, 400, BEL_SIP_H_TO },
	{ "ltgtruri", REFUSED, 400, BEL_SIP_H_OTHER },
	{ "lwsruri", REFUSED, 400, BEL_SIP_H_OTHER },
	{ "lwsstart", REFUSED, 400, BEL_SIP_H_OTHER },
	{ "trws", REFUSED, 400, BEL_SIP_H_OTHER },
	{ "escruri", REFUSED, 400, BEL_SIP_H_OTHER },
	{ "baddate", ACCEPTED, 0, 0 },
	{ "regbadct", REFUSED, 400, BEL_SIP_H_CONTACT },
	{ "badaspec", REFUSED, 400, BEL_SIP_H_TO },
	/* its octets lack the empty line, too; unit/sip/addr.c has the display name */
	{ "baddn", REFUSED, 400, BEL_SIP_H_OTHER },
	{ "badvers", REFUSED, 505, BEL_SIP_H_OTHER },
	{ "mismatch01", REFUSED, 400, BEL_SIP_H_CSEQ },
	{ "mismatch02", REFUSED, 501, BEL_SIP_H_CSEQ },
	{ "bigcode", DROPPED, 0, BEL_SIP_H_OTHER },
	{ "badbranch", ACCEPTED, 0, 0 },
	{ "insuf", REFUSED, 400, BEL_SIP_H_FROM },
	{ "unkscm", ACCEPTED, 0, 0 },
	{ "novelsc", ACCEPTED, 0, 0 },
	{ "unksm2", ACCEPTED, 0, 0 },
	{ "bext01", ACCEPTED, 0, 0 },
	{ "invut", ACCEPTED, 0, 0 },
	{ "regaut01", ACCEPTED, 0, 0 },
	{ "multi01", REFUSED, 400, BEL_SIP_H_FROM },
	{ "mcl01", REFUSED, 400, BEL_SIP_H_CONTENT_LENGTH },
	{ "bcast", ACCEPTED, 0, 0 },
	{ "zeromf", ACCEPTED, 0, 0 },
	{ "cparam01", ACCEPTED, 0, 0 },
	{ "cparam02", ACCEPTED, 0, 0 },
	{ "regescrt", ACCEPTED, 0, 0 },
	{ "sdp01", ACCEPTED, 0, 0 },
	{ "inv2543", ACCEPTED, 0, 0 },
};

struct loaded {
	struct bel_sip_msg msg;
	struct bel_sip_refusal why;
	struct bel_arena arena;
	enum bel_err err;
	bel_str bytes;
};

static struct loaded *load(const char *name)
{
	char path[128], bytes[8192];
	struct loaded *loaded = calloc(1, sizeof *loaded);

	assert_non_null(loaded);
	snprintf(path, sizeof path, "tests/data/rfc4475/%s.dat", name);
	FILE *file = fopen(path, "rb");
	assert_non_null(file);
	size_t len = fread(bytes, 1, sizeof bytes, file);
	fclose(file);
	loaded->bytes = bel_test_exact((bel_str){ bytes, len });
	bel_arena_init(&loaded->arena, NULL, 0, 4096);
	loaded->err = bel_sip_parse(&loaded->msg, &loaded->arena, loaded->bytes,
				    &loaded->why);
	if (!loaded->err)
		loaded->err = bel_sip_validate(&loaded->msg, &loaded->why);
	return loaded;
}

static void unload(struct loaded *loaded)
{
	bel_arena_fini(&loaded->arena);
	free((void *)(uintptr_t)loaded->bytes.ptr);
	free(loaded);
}

static void every_message_gets_its_verdict(void **state)
{
	(void)state;
	assert_int_equal(BEL_COUNT_OF(tortures), 49);
	for (unsigned i = 0; i < BEL_COUNT_OF(tortures); i++) {
		const struct torture *torture = &tortures[i];
		struct loaded *loaded = load(torture->name);
		bool is_good = torture->verdict == ACCEPTED
				       ? loaded->err == BEL_OK
				       : loaded->err &&
						 loaded->why.status == torture->status &&
						 loaded->why.header == torture->header &&
						 loaded->why.text;
		if (!is_good)
			print_error("%s: err %d status %u header %d: %s\n", torture->name,
				    loaded->err, loaded->why.status, loaded->why.header,
				    loaded->why.text ? loaded->why.text : "");
		assert_true(is_good);
		unload(loaded);
	}
}

/* RFC 4475 section 3.1.1.1. */
static void the_tortuous_invite_is_read_to_the_last_value(void **state)
{
	struct loaded *loaded = load("wsinv");
	struct bel_sip_values values;
	struct bel_sip_via via;
	bel_str value;
	uint32_t hops;
	const char *branches[] = { "390skdjuw", "z9hG4bK9ikj8", "z9hG4bK30239" };

	(void)state;
	assert_str(bel_sip_to(&loaded->msg)->tag, "1918181833n");
	assert_str(bel_sip_from(&loaded->msg)->tag, "98asjd8");
	assert_str(bel_sip_from(&loaded->msg)->display, "J Rosenberg \\\\\\\"");
	assert_int_equal(bel_sip_number(&hops, &loaded->msg, BEL_SIP_H_MAX_FORWARDS, 255),
			 BEL_OK);
	assert_int_equal(hops, 68);
	assert_int_equal(bel_sip_cseq(&loaded->msg)->number, 9);
	assert_int_equal(bel_sip_cseq(&loaded->msg)->method, BEL_SIP_INVITE);
	assert_int_equal(bel_sip_vias_count(&loaded->msg), 3);
	bel_sip_values_init(&values, &loaded->msg, BEL_SIP_H_VIA);
	for (unsigned i = 0; i < 3; i++) {
		assert_true(bel_sip_values_next(&value, &values));
		assert_int_equal(bel_sip_via_parse(&via, value), BEL_OK);
		assert_str(via.branch, branches[i]);
	}
	assert_false(bel_sip_values_next(&value, &values));
	assert_true(bel_sip_has(&loaded->msg, BEL_SIP_H_SUBJECT));
	assert_int_equal(bel_sip_value(&loaded->msg, BEL_SIP_H_SUBJECT).len, 0);
	assert_str(bel_sip_value_named(&loaded->msg,
				       BEL_STR("unknownheaderwithunusualvalue")),
		   ";;,,;;,;");
	assert_int_equal(loaded->msg.body_len, 150);
	unload(loaded);
}

/* RFC 4475 section 3.1.1.4: a NUL in a user part shortens nothing. */
static void escaped_nuls_make_different_contacts(void **state)
{
	struct loaded *loaded = load("escnull");
	struct bel_sip_values values;
	struct bel_sip_addr first, second;
	bel_str value;

	(void)state;
	bel_sip_values_init(&values, &loaded->msg, BEL_SIP_H_CONTACT);
	assert_true(bel_sip_values_next(&value, &values));
	assert_int_equal(bel_sip_addr_parse(&first, value), BEL_OK);
	assert_true(bel_sip_values_next(&value, &values));
	assert_int_equal(bel_sip_addr_parse(&second, value), BEL_OK);
	assert_false(bel_uri_is_equal(&first.uri, &second.uri));
	unload(loaded);
}

/* RFC 4475 section 3.1.1.5. */
static void an_escape_in_a_name_is_none(void **state)
{
	struct loaded *loaded = load("esc02");
	struct bel_sip_values values;
	unsigned count = 0;

	(void)state;
	assert_int_equal(loaded->msg.method, BEL_SIP_METHOD_OTHER);
	assert_str(loaded->msg.method_text, "RE%47IST%45R");
	bel_sip_values_init(&values, &loaded->msg, BEL_SIP_H_CONTACT);
	for (bel_str value; bel_sip_values_next(&value, &values);)
		count++;
	assert_int_equal(count, 2);
	unload(loaded);
}

/* RFC 4475 section 3.1.1.8. */
static void octets_after_the_body_are_not_of_the_message(void **state)
{
	struct loaded *loaded = load("dblreq");

	(void)state;
	assert_int_equal(loaded->msg.method, BEL_SIP_REGISTER);
	assert_int_equal(loaded->msg.body_len, 0);
	assert_true(loaded->msg.bytes.len < loaded->bytes.len);
	assert_int_equal(bel_sip_vias_count(&loaded->msg), 1);
	unload(loaded);
}

/* RFC 4475 section 3.1.1.9. */
static void semicolons_in_a_user_part_are_no_parameters(void **state)
{
	struct loaded *loaded = load("semiuri");
	char user[64];
	struct bel_writer writer = bel_writer_init(user, sizeof user);

	(void)state;
	assert_int_equal(bel_sip_uri(&loaded->msg)->params.len, 0);
	bel_uri_user_unescape(&writer, bel_sip_uri(&loaded->msg)->user);
	assert_str(bel_writer_str(&writer), "user;par=u@example.net");
	unload(loaded);
}

/* RFC 4475 section 3.1.1.11. */
static void a_multipart_with_nuls_has_two_parts(void **state)
{
	struct loaded *loaded = load("mpart01");
	struct bel_sip_parts parts;
	struct bel_sip_part part;

	(void)state;
	assert_int_equal(
		bel_sip_parts_init(&parts,
				   bel_sip_value(&loaded->msg, BEL_SIP_H_CONTENT_TYPE),
				   bel_sip_body(&loaded->msg)),
		BEL_OK);
	assert_int_equal(bel_sip_parts_next(&part, &parts), BEL_OK);
	assert_str(part.content_type, "text/plain");
	assert_str(part.body, "Hello");
	assert_int_equal(bel_sip_parts_next(&part, &parts), BEL_OK);
	assert_str(part.content_type, "application/octet-stream");
	assert_true(memchr(part.body.ptr, 0, part.body.len) != NULL);
	assert_int_equal(bel_sip_parts_next(&part, &parts), BEL_ERR_NOT_FOUND);
	unload(loaded);
}

/* RFC 4475 sections 3.3.12 and 3.3.13. */
static void a_parameter_belongs_to_what_it_follows(void **state)
{
	struct loaded *outside = load("cparam01");
	struct loaded *inside = load("cparam02");

	(void)state;
	assert_int_equal(bel_sip_contact(&outside->msg)->uri.params.len, 0);
	assert_true(bel_sip_param_find(NULL, bel_sip_contact(&outside->msg)->params,
				       BEL_STR("unknownparam")));
	assert_true(bel_uri_param(&bel_sip_contact(&inside->msg)->uri,
				  BEL_STR("unknownparam"), NULL));
	unload(outside);
	unload(inside);
}

/* RFC 4475 section 3.2.1. */
static void a_bare_cookie_is_no_branch(void **state)
{
	struct loaded *loaded = load("badbranch");

	(void)state;
	assert_str(bel_sip_via(&loaded->msg)->branch, "z9hG4bK");
	assert_false(bel_sip_via(&loaded->msg)->has_cookie);
	unload(loaded);
}

/* What is refused can be told so, unless nobody would know whom to tell. */
static void what_is_refused_can_be_answered(void **state)
{
	(void)state;
	for (unsigned i = 0; i < BEL_COUNT_OF(tortures); i++) {
		struct loaded *loaded = load(tortures[i].name);
		char reply[8192];
		struct bel_writer writer = bel_writer_init(reply, sizeof reply);
		struct bel_sip_msg msg;
		bool is_expected = tortures[i].verdict == REFUSED &&
				   strcmp(tortures[i].name, "badinv01");
		if (is_expected) {
			if (!bel_sip_can_respond(&loaded->msg))
				fail_msg("%s cannot be answered", tortures[i].name);
			assert_int_equal(
				bel_sip_respond(&writer, &loaded->msg,
						&(struct bel_sip_reply){
							.status = loaded->why.status,
							.to_tag = BEL_STR("x") }),
				BEL_OK);
			assert_int_equal(bel_sip_parse(&msg, &loaded->arena,
						       bel_writer_str(&writer),
						       &loaded->why),
					 BEL_OK);
		}
		unload(loaded);
	}
}

static void what_is_accepted_is_forwarded_byte_for_byte(void **state)
{
	static struct bel_sip_splice splice;
	char out[8192];

	(void)state;
	for (unsigned i = 0; i < BEL_COUNT_OF(tortures); i++) {
		struct loaded *loaded = load(tortures[i].name);
		struct bel_writer writer = bel_writer_init(out, sizeof out);
		if (tortures[i].verdict == ACCEPTED) {
			bel_sip_splice_init(&splice, &loaded->msg);
			assert_int_equal(bel_sip_splice_write(&writer, &splice), BEL_OK);
			assert_true(bel_str_is_equal(bel_writer_str(&writer),
						     loaded->msg.bytes));
		}
		unload(loaded);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_message_gets_its_verdict),
		cmocka_unit_test(the_tortuous_invite_is_read_to_the_last_value),
		cmocka_unit_test(escaped_nuls_make_different_contacts),
		cmocka_unit_test(an_escape_in_a_name_is_none),
		cmocka_unit_test(octets_after_the_body_are_not_of_the_message),
		cmocka_unit_test(semicolons_in_a_user_part_are_no_parameters),
		cmocka_unit_test(a_multipart_with_nuls_has_two_parts),
		cmocka_unit_test(a_parameter_belongs_to_what_it_follows),
		cmocka_unit_test(a_bare_cookie_is_no_branch),
		cmocka_unit_test(what_is_refused_can_be_answered),
		cmocka_unit_test(what_is_accepted_is_forwarded_byte_for_byte),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
