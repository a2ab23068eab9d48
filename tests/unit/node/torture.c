/* SPDX-License-Identifier: Apache-2.0
 * RFC 4475 at a running server: each of the 49 messages, once from a stranger to a server
 * that asks everybody, once from a trusted source to one whose domain is open. Refusals
 * name what is wrong; responses, and what cannot be answered, are dropped; nothing is
 * sent on, and the server goes on after each. */
#include "support/data.h"
#include "unit/node/node_support.h"

static const char closed[] = "domain example.com\n";
static const char open[] = "domain example.com { open }\ntrust 192.0.2.2\n";

static const struct row {
	const char *name;
	unsigned closed, open; /* statuses; 0: no answer */
	const char *says;      /* stands in the answer of `open` */
} rows[] = {
	/* 3.1.1: valid, so treated as what they are: challenged; not found, no phone */
	{ "wsinv", 407, 404, NULL },
	{ "intmeth", 407, 480, NULL },
	{ "esc01", 407, 404, NULL },
	{ "escnull", 401, 200, "<sip:%00@host5.example.com>" },
	{ "esc02", 407, 404, NULL },
	{ "lwsdisp", 407, 480, NULL },
	{ "longreq", 407, 480, NULL },
	{ "dblreq", 401, 200, "<sip:j.user@host.example.com>" },
	{ "semiuri", 0, 480, NULL }, /* OPTIONS of a stranger who names nothing of ours */
	{ "transports", 407, 480, NULL },
	{ "mpart01", 407, 500, NULL }, /* its Route leads nowhere */
	{ "unreason", 0, 0, NULL },
	{ "noreason", 0, 0, NULL },
	/* 3.1.2: invalid */
	{ "badinv01", 400, 400, "\"Via: the value is malformed\"" },
	{ "clerr", 400, 400, "\"Content-Length: the value is not the length" },
	{ "ncl", 400, 400, "\"Content-Length: " },
	{ "scalar02", 400, 400, "\"CSeq: " },
	{ "scalarlg", 0, 0, NULL },
	{ "quotbal", 400, 400, "\"To: " },
	{ "ltgtruri", 400, 400, "\"the Request-URI is no URI\"" },
	{ "lwsruri", 400, 400, "\"the request line has a blank too many\"" },
	{ "lwsstart", 400, 400, "\"the request line has a blank too many\"" },
	{ "trws", 400, 400, "\"the request line has a blank too many\"" },
	{ "escruri", 400, 400, "\"the Request-URI has header fields\"" },
	{ "baddate", 407, 480, NULL }, /* a Date does not matter here */
	{ "regbadct", 400, 400, "\"Contact: " },
	{ "badaspec", 400, 400, "\"To: " },
	{ "baddn", 400, 400, "\"no empty line ends the header fields\"" },
	{ "badvers", 505, 505, "\"the SIP version is not 2.0\"" },
	{ "mismatch01", 400, 400, "\"CSeq: the method is not that of the request\"" },
	{ "mismatch02", 501, 501, "\"CSeq: the method is not that of the request\"" },
	{ "bigcode", 0, 0, NULL },
	/* 3.2 and 3.3: for the transaction and the roles */
	{ "badbranch", 0, 480, NULL },
	{ "insuf", 400, 400, "\"From: " },
	{ "unkscm", 416, 416, NULL },
	{ "novelsc", 416, 416, NULL },
	{ "unksm2", 400, 400, "SIP/2.0 400 To is no address of record\r\n" },
	{ "bext01", 420, 420,
	  "Unsupported: noProxiesSupportThis, norDoAnyProxiesSupportThis\r\n" },
	{ "invut", 407, 480, NULL },
	{ "regaut01", 401, 200, NULL },
	{ "multi01", 400, 400, "it stands more than once" },
	{ "mcl01", 400, 400, "\"Content-Length: the values differ\"" },
	{ "bcast", 0, 0, NULL },
	{ "zeromf", 483, 483, NULL },
	/* 200 "<sip:+19725552222@gw1.example.net>;unknownparam" without the parameter: it
	 * is one of the header, not of the URI */
	{ "cparam01", 401, 200, "<sip:+19725552222@gw1.example.net>" },
	{ "cparam02", 401, 200, "<sip:+19725552222@gw1.example.net;unknownparam>" },
	/* its Contact is an address of this server, which would call itself */
	{ "regescrt", 401, 403, "Contact Names This Server" },
	{ "sdp01", 407, 480, NULL },
	{ "inv2543", 407, 480, NULL },
};

static bel_str read_message(const char *name)
{
	char path[64];

	snprintf(path, sizeof path, "tests/data/rfc4475/%s.dat", name);
	return bel_test_read_file(path);
}

static bool is_alive(struct stage *stage)
{
	throw_bytes(stage,
		    BEL_STR("OPTIONS sip:example.com SIP/2.0\r\n"
			    "Via: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bKlast\r\n"
			    "From: <sip:a@example.com>;tag=1\r\nTo: <sip:example.com>\r\n"
			    "Call-ID: last\r\nCSeq: 1 OPTIONS\r\n\r\n"));
	return status_of(stage) == 200;
}

static void check(const struct row *row, const char *conf, unsigned status,
		  const char *says)
{
	struct stage *stage = open_stage(conf);
	bel_str message = read_message(row->name);

	throw_bytes(stage, message);
	run_for(stage, 5000);
	if (status_of(stage) != status)
		fail_msg("%s at \"%.24s\": %u, not %u", row->name, conf, status_of(stage),
			 status);
	if (says && !strstr(stage->answer.bytes, says))
		fail_msg("%s: no %s in\n%s", row->name, says, stage->answer.bytes);
	/* Nothing is forwarded, least of all to the broadcast address of bcast, but for
	 * what a Route leads to where nobody is. */
	assert_int_equal(stage->other.count > 0, status == 500);
	assert_int_equal(stage->stray.count, 0);
	if (!is_alive(stage))
		fail_msg("%s was the last message", row->name);
	free((void *)(uintptr_t)message.ptr);
	close_stage(stage);
}

static void a_stranger_gets_what_is_expected(void **state)
{
	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++)
		check(&rows[i], closed, rows[i].closed, NULL);
}

static void an_open_domain_does_what_is_expected(void **state)
{
	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++)
		check(&rows[i], open, rows[i].open, rows[i].says);
}

static void none_of_the_49_is_left_out(void **state)
{
	(void)state;
	assert_int_equal(BEL_COUNT_OF(rows), 49);
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++)
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(rows[i].name, rows[k].name);
}

/* RFC 4475 section 3.1.1.8: what lies behind the body in a datagram is nobody's. */
static void the_invite_behind_a_register_is_not_seen(void **state)
{
	struct stage *stage = open_stage(open);
	bel_str message = read_message("dblreq");

	(void)state;
	throw_bytes(stage, message);
	run_for(stage, 5000);
	assert_int_equal(stage->answer.count, 1);
	assert_int_equal(counter_value(stage, "requests_received"), 1);
	free((void *)(uintptr_t)message.ptr);
	close_stage(stage);
}

/* RFC 4475 section 3.1.1.4: %00 ends no name. */
static void two_contacts_with_nulls_are_two(void **state)
{
	struct stage *stage = open_stage(open);
	bel_str message = read_message("escnull");

	(void)state;
	throw_bytes(stage, message);
	assert_non_null(strstr(stage->answer.bytes, "<sip:%00@host5.example.com>"));
	assert_non_null(strstr(stage->answer.bytes, "<sip:%00%00@host5.example.com>"));
	assert_int_equal(counter_value(stage, "bindings"), 2);
	free((void *)(uintptr_t)message.ptr);
	close_stage(stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stranger_gets_what_is_expected),
		cmocka_unit_test(an_open_domain_does_what_is_expected),
		cmocka_unit_test(none_of_the_49_is_left_out),
		cmocka_unit_test(the_invite_behind_a_register_is_not_seen),
		cmocka_unit_test(two_contacts_with_nulls_are_two),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
