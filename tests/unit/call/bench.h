/* SPDX-License-Identifier: Apache-2.0
 * A phone at one end of a wire and a peer at the other, and nobody else. */
#ifndef BEL_TESTS_CALL_BENCH_H
#define BEL_TESTS_CALL_BENCH_H

#include "unit/call/peer.h"
#include "unit/call/phone.h"

struct bench {
	struct bel_sim *sim;
	struct phone phone; /* answers at once */
	struct peer peer;
};

#define PEER "sip:peer@192.0.2.9"

static inline void bench_run(struct bench *bench, uint64_t ms)
{
	bel_sim_run(bench->sim, bel_sim_now_ms(bench->sim) + ms);
}

static inline struct bench *bench_open(void)
{
	static const struct bel_sim_net good = { .delay_min_ms = 1, .delay_max_ms = 1 };
	struct bench *bench = calloc(1, sizeof *bench);

	assert_non_null(bench);
	bench->sim = bel_sim_new(1, &good);
	phone_open(&bench->phone, bench->sim, 1);
	peer_open(&bench->peer, bench->sim, 1);
	bench->phone.answers = true;
	return bench;
}

/* Whatever is left at the phone goes with it. */
static inline void bench_free(struct bench *bench)
{
	phone_close(&bench->phone);
	peer_close(&bench->peer);
	bel_sim_free(bench->sim);
	free(bench);
}

/* Whatever the peer did or did not do, in the end nothing is left at the phone. */
static inline void bench_close(struct bench *bench)
{
	struct phone *phone = &bench->phone;

	while (phone->call) {
		bel_call_hang_up(phone->call, BEL_STR_NONE);
		bench_run(bench, 40000);
	}
	/* A transfer that nobody told the end of is waited for longest. */
	bench_run(bench, 200000);
	phone_assert_idle(phone);
	bench_free(bench);
}

/* The phone calls the peer; its INVITE is in peer.invite. */
static inline void bench_dial(struct bench *bench, const struct bel_call_dial *more)
{
	assert_int_equal(phone_dial(&bench->phone, PEER, more), BEL_OK);
	bench_run(bench, 50);
	peer_heard(&bench->peer, "INVITE ");
}

static inline void bench_dial_and_answer(struct bench *bench)
{
	bench_dial(bench, NULL);
	peer_answer(&bench->peer, &bench->peer.invite, 200, "one", PEER_CONTACT,
		    PEER_SDP);
	peer_heard(&bench->peer, "ACK ");
	assert_saw(&bench->phone, "answered");
}

/* The peer calls the phone, which answers at once. */
static inline void bench_arrive(struct bench *bench)
{
	struct peer *peer = &bench->peer;

	peer_invite(peer, "of-the-peer", "", PEER_SDP);
	peer_heard(peer, "SIP/2.0 200 ");
	peer_learn(peer);
	peer_ask(peer, "ACK", 1, "", "");
	assert_saw(&bench->phone, "incoming answered");
}

/* The peer calls the phone, which rings with media, reliably, and can be asked to change
 * it by UPDATE. */
static inline void bench_ring(struct bench *bench)
{
	struct peer *peer = &bench->peer;

	bench->phone.answers = false;
	bench->phone.rings = 183;
	bench->phone.has_early_media = true;
	peer_invite(peer, "of-the-peer", "Require: 100rel\r\nAllow: UPDATE\r\n",
		    PEER_SDP);
	peer_heard(peer, "SIP/2.0 183 ");
	peer_learn(peer);
}

/* The phone calls the peer, which does the same; both have agreed. */
static inline void bench_dial_and_ring(struct bench *bench)
{
	struct peer *peer = &bench->peer;

	bench_dial(bench, NULL);
	peer_answer(peer, &peer->invite, 183, "one",
		    PEER_CONTACT "Require: 100rel\r\nRSeq: 7\r\nAllow: UPDATE\r\n",
		    PEER_SDP);
	peer_heard(peer, "PRACK ");
	peer_answer(peer, &peer->msg, 200, "", "", "");
}

/* The phone asks for a change, and the peer hears of it. */
static inline void bench_modify(struct bench *bench)
{
	assert_int_equal(bel_call_modify(bench->phone.call), BEL_OK);
	bench_run(bench, 50);
	peer_heard(&bench->peer, "INVITE ");
}

/* What the peer says to its last re-INVITE. */
static inline void bench_refuse(struct bench *bench, uint16_t status, const char *lines)
{
	peer_answer(&bench->peer, &bench->peer.invite, status, "", lines, "");
	peer_heard(&bench->peer, "ACK ");
}

static inline void bench_agree(struct bench *bench)
{
	peer_answer(&bench->peer, &bench->peer.invite, 200, "", PEER_CONTACT, PEER_SDP);
	peer_heard(&bench->peer, "ACK ");
}

#endif
