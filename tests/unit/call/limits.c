/* SPDX-License-Identifier: Apache-2.0
 * What cannot be done now is refused so that it is asked for again. */
#include <errno.h>

#include "unit/call/bench.h"

static void one_call_too_many_is_503(void **state)
{
	struct bench *bench = bench_open();
	struct peer *peer = &bench->peer;
	struct bel_calls *many = bench->phone.calls;

	(void)state;
	assert_int_equal(
		bel_calls_open(&bench->phone.calls,
			       &(struct bel_calls_opts){ .ua = bench->phone.endpoint.ua,
							 .calls_max = 1,
							 .on_incoming = phone_on_incoming,
							 .user = &bench->phone }),
		BEL_OK);
	bel_calls_close(many);
	bench_arrive(bench);
	peer_invite(peer, "too-many", "", PEER_SDP);
	peer_heard(peer, "SIP/2.0 503 ");
	assert_true(bel_sip_has(&peer->msg, BEL_SIP_H_RETRY_AFTER));
	bench_close(bench);
}

/* What describe says that the phone cannot, and what the peer is told of it. */
static const struct {
	int err;
	uint16_t status;
} failures[] = {
	{ -EMFILE, 503 },       { -ENFILE, 503 },
	{ -EADDRINUSE, 503 },   { -ENOBUFS, 503 },
	{ -ENOMEM, 503 },       { BEL_ERR_SPACE, 503 },
	{ BEL_ERR_LIMIT, 503 }, { BEL_ERR_UNSUPPORTED, 488 },
	{ -EACCES, 500 },       { BEL_ERR_CLOSED, 500 },
};

/* 503 says when to come again, and nothing else does. */
static void assert_refused(struct peer *peer, uint16_t status)
{
	char start[16];

	snprintf(start, sizeof start, "SIP/2.0 %u ", status);
	peer_heard(peer, start);
	assert_str(bel_sip_value(&peer->msg, BEL_SIP_H_RETRY_AFTER),
		   status == 503 ? "10" : "");
}

/* RFC 3261 section 21.5.4. */
static void an_answer_without_a_port_is_503_and_told_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(failures); i++) {
		struct bench *bench = bench_open();
		struct peer *peer = &bench->peer;
		char saw[32];

		bench->phone.answers = false;
		bench->phone.describe_fails = failures[i].err;
		peer_invite(peer, "no-port", "", PEER_SDP);
		assert_int_equal(bel_call_answer(bench->phone.call), failures[i].err);
		assert_int_equal(bel_call_answer(bench->phone.call), BEL_ERR_CLOSED);
		bench_run(bench, 50);
		assert_refused(peer, failures[i].status);
		peer_learn(peer);
		peer_ask(peer, "ACK", 1, "", "");
		bench_run(bench, 40000);
		snprintf(saw, sizeof saw, "incoming ended(%u ours)", failures[i].status);
		assert_saw(&bench->phone, saw);
		bench_close(bench);
	}
}

/* A 1xx need not have a description: it rings, and the answer may still find a port. */
static void early_media_without_a_port_only_rings(void **state)
{
	struct bench *bench = bench_open();
	struct peer *peer = &bench->peer;

	(void)state;
	bench->phone.answers = false;
	bench->phone.rings = 183;
	bench->phone.has_early_media = true;
	bench->phone.describe_fails = -EMFILE;
	peer_invite(peer, "rings", "", PEER_SDP);
	peer_heard(peer, "SIP/2.0 183 ");
	assert_int_equal(peer->msg.body_len, 0);
	bench->phone.describe_fails = 0;
	assert_int_equal(bel_call_answer(bench->phone.call), BEL_OK);
	bench_run(bench, 50);
	peer_heard(peer, "SIP/2.0 200 ");
	assert_true(peer->msg.body_len > 0);
	bench_close(bench);
}

static void an_offer_within_that_finds_no_port_is_503_and_the_call_goes_on(void **state)
{
	static const char *const methods[] = { "INVITE", "UPDATE" };
	struct bench *bench = bench_open();
	struct peer *peer = &bench->peer;
	unsigned cseq = 1;

	(void)state;
	bench_arrive(bench);
	for (size_t i = 0; i < BEL_COUNT_OF(failures) * BEL_COUNT_OF(methods); i++) {
		bench->phone.describe_fails = failures[i / 2].err;
		peer_ask(peer, methods[i % 2], ++cseq, "", PEER_SDP);
		assert_refused(peer, failures[i / 2].status);
		if (i % 2 == 0)
			peer_ask(peer, "ACK", cseq, "", "");
	}
	/* An INVITE without an offer asks for ours. */
	bench->phone.describe_fails = -EMFILE;
	peer_ask(peer, "INVITE", ++cseq, "", "");
	assert_refused(peer, 503);
	peer_ask(peer, "ACK", cseq, "", "");
	assert_saw(&bench->phone, "");
	bench->phone.describe_fails = 0;
	peer_ask(peer, "INVITE", ++cseq, "", PEER_SDP);
	peer_heard(peer, "SIP/2.0 200 ");
	peer_ask(peer, "ACK", cseq, "", "");
	assert_saw(&bench->phone, "modified(200)");
	bench_close(bench);
}

/* RFC 3262 section 5: an offer in the PRACK. */
static void a_prack_whose_offer_finds_no_port_is_503(void **state)
{
	struct bench *bench = bench_open();
	struct peer *peer = &bench->peer;

	(void)state;
	bench_ring(bench);
	bench->phone.describe_fails = -EADDRINUSE;
	peer_prack(peer, 2, PEER_SDP);
	assert_refused(peer, 503);
	bench->phone.describe_fails = 0;
	assert_int_equal(bel_call_answer(bench->phone.call), BEL_OK);
	bench_run(bench, 50);
	peer_heard(peer, "SIP/2.0 200 ");
	bench_close(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_call_too_many_is_503),
		cmocka_unit_test(an_answer_without_a_port_is_503_and_told_once),
		cmocka_unit_test(early_media_without_a_port_only_rings),
		cmocka_unit_test(
			an_offer_within_that_finds_no_port_is_503_and_the_call_goes_on),
		cmocka_unit_test(a_prack_whose_offer_finds_no_port_is_503),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
