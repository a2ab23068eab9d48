/* SPDX-License-Identifier: Apache-2.0
 * Streams that agree on keys by DTLS over a simulated network: a at 440 Hz, b at 1,000
 * Hz. OpenSSL reads the time with gettimeofday, which is the simulation's here. */
#include <sys/time.h>

#include "support/support.h"

#include "io/sim.h"
#include "media/media.h"
#include "rtp/rtp.h"

enum { DIGEST_CHARS = 256, HANDSHAKE_MS = 200, LOSSY_MS = 12000, TALK_MS = 3000 };

static const struct bel_audio_format narrow = { 8000, 1 };
static const struct bel_sim_net fine = { .delay_min_ms = 5, .delay_max_ms = 5 };

struct side {
	struct bel_sim_node *node;
	struct bel_loop *loop;
	bel_addr ip;
	struct bel_dtls_context *context;
	struct bel_media_stream *stream;
	struct bel_audio_port *source;
	struct bel_judge *judge;
	struct bel_offer_stream agreed;
	char fingerprint[DIGEST_CHARS]; /* of its certificate */
};

struct net {
	struct bel_sim *sim;
	struct bel_media_libs *libs;
	struct side a, b;
	unsigned handshakes, clear; /* packets */
};

/* gettimeofday has no argument to carry this in. */
static const struct bel_sim *clock_of;

int gettimeofday(struct timeval *restrict time, void *restrict zone)
{
	uint64_t now_ms = clock_of ? bel_sim_now_ms(clock_of) : 0;

	(void)zone;
	time->tv_sec = (time_t)(1700000000 + now_ms / 1000);
	time->tv_usec = (suseconds_t)(now_ms % 1000 * 1000);
	return 0;
}

/* ---- two sides ---- */

static void write_fingerprint(struct side *side, const char *hash)
{
	struct bel_writer text = bel_writer_init(side->fingerprint,
						 sizeof side->fingerprint - 1);
	struct bel_dtls_fingerprint digest;

	memset(side->fingerprint, 0, sizeof side->fingerprint);
	assert_int_equal(bel_dtls_fingerprint(&digest, side->context, bel_str_from(hash)),
			 BEL_OK);
	bel_write_str(&text, bel_str_from(hash));
	for (size_t i = 0; i < digest.len; i++)
		bel_write_format(&text, "%c%02X", i ? ':' : ' ', digest.bytes[i]);
}

static void open_side(struct net *net, struct side *side, uint8_t number, double says_hz,
		      double hears_hz)
{
	struct bel_tone_opts tone = { .format = narrow,
				      .parts = { { says_hz, -10 } },
				      .parts_count = 1 };
	struct bel_judge_opts judge = { .tone_hz = hears_hz };
	struct bel_media_stream_opts opts = { .libs = net->libs };

	side->ip = bel_addr_v4(192, 0, 2, number, 0);
	side->node = bel_sim_node_new(net->sim, number == 1 ? "a" : "b", &side->ip);
	assert_int_equal(bel_sim_loop(&side->loop, side->node), BEL_OK);
	assert_int_equal(bel_dtls_context_self_signed(&side->context), BEL_OK);
	write_fingerprint(side, "sha-256");
	assert_int_equal(bel_tone_open(&side->source, &tone), BEL_OK);
	assert_int_equal(bel_judge_open(&side->judge, &judge), BEL_OK);
	opts.loop = side->loop;
	opts.local = side->ip;
	opts.dtls = side->context;
	assert_int_equal(bel_media_stream_open(&side->stream, &opts), BEL_OK);
	assert_int_equal(bel_media_stream_bind(side->stream), BEL_OK);
	bel_media_stream_set_source(side->stream, side->source);
	bel_media_stream_set_sink(side->stream, bel_judge_port(side->judge));
}

static void on_packet(void *user, const struct bel_sim_packet *packet)
{
	struct net *net = user;
	struct bel_rtp_packet rtp;

	if (bel_rtp_kind(packet->bytes) == BEL_RTP_KIND_DTLS)
		net->handshakes++;
	/* As it would be without a tag. */
	else if (bel_rtp_kind(packet->bytes) == BEL_RTP_KIND_RTP &&
		 !bel_rtp_parse(&rtp, packet->bytes) && rtp.payload.len == 160)
		net->clear++;
}

static struct net *open_net(const struct bel_sim_net *how, uint64_t seed)
{
	struct net *net = calloc(1, sizeof *net);

	assert_non_null(net);
	net->sim = bel_sim_new(seed, how);
	clock_of = net->sim;
	bel_sim_on_packet(net->sim, on_packet, net);
	assert_int_equal(bel_media_libs_open(&net->libs), BEL_OK);
	open_side(net, &net->a, 1, 440, 1000);
	open_side(net, &net->b, 2, 1000, 440);
	return net;
}

static void close_side(struct side *side)
{
	bel_media_stream_close(side->stream);
	bel_dtls_context_unref(side->context);
	bel_audio_close(side->source);
	bel_audio_close(bel_judge_port(side->judge));
	bel_loop_close(side->loop);
}

static void close_net(struct net *net)
{
	close_side(&net->a);
	close_side(&net->b);
	bel_sim_free(net->sim);
	clock_of = NULL;
	bel_media_libs_close(net->libs);
	free(net);
}

static void agree(struct side *ours, const struct side *theirs,
		  enum bel_offer_setup setup, bool has_mux)
{
	ours->agreed = (struct bel_offer_stream){
		.kind = BEL_STR("audio"),
		.direction = BEL_SDP_SENDRECV,
		.remote = bel_path_address(bel_media_stream_path(theirs->stream),
					   BEL_PATH_RTP),
		.remote_rtcp = bel_path_address(bel_media_stream_path(theirs->stream),
						BEL_PATH_RTCP),
		.has_mux = has_mux,
		.sends = { { .channels = 1, .clock_hz = 8000, .name = BEL_STR("PCMU") } },
		.sends_count = 1,
		.receives_count = 1,
		.srtp = BEL_OFFER_DTLS,
		.fingerprint = bel_str_from(theirs->fingerprint),
		.setup = setup,
	};
	ours->agreed.receives[0] = ours->agreed.sends[0];
}

/* a offered: it is passive, as it mostly is. */
static void agree_both(struct net *net, bool has_mux)
{
	agree(&net->a, &net->b, BEL_OFFER_PASSIVE, has_mux);
	agree(&net->b, &net->a, BEL_OFFER_ACTIVE, has_mux);
}

static void configure(struct side *side)
{
	assert_int_equal(bel_media_stream_configure(side->stream, &side->agreed), BEL_OK);
}

static void configure_both(struct net *net)
{
	configure(&net->a);
	configure(&net->b);
}

static void run_ms(struct net *net, unsigned ms)
{
	bel_sim_run(net->sim, bel_sim_now_ms(net->sim) + ms);
}

static struct bel_media_stats stats_of(const struct side *side)
{
	struct bel_media_stats stats;

	bel_media_stream_stats(&stats, side->stream);
	return stats;
}

static int verdict_of(const struct side *side)
{
	struct bel_judge_result result;

	bel_judge_result(&result, side->judge);
	return (int)result.verdict;
}

static void assert_both_hear(const struct net *net)
{
	assert_int_equal(verdict_of(&net->a), BEL_JUDGE_HEARD);
	assert_int_equal(verdict_of(&net->b), BEL_JUDGE_HEARD);
	assert_int_equal(net->clear, 0);
}

/* ---- the handshake ---- */

static void both_are_heard_whoever_begins(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		struct net *net = open_net(&fine, 1);
		struct side *client = i & 1 ? &net->a : &net->b;
		struct side *server = i & 1 ? &net->b : &net->a;

		agree(client, server, BEL_OFFER_ACTIVE, i & 2);
		agree(server, client, BEL_OFFER_PASSIVE, i & 2);
		configure_both(net);
		assert_int_equal(stats_of(&net->a).keying, BEL_ERR_AGAIN);
		assert_false(stats_of(&net->a).is_protected);
		run_ms(net, HANDSHAKE_MS);
		assert_int_equal(stats_of(&net->a).keying, BEL_OK);
		assert_int_equal(stats_of(&net->b).keying, BEL_OK);
		assert_true(stats_of(&net->a).is_protected);
		run_ms(net, 10000);
		assert_both_hear(net);
		/* Reports came through: RTCP has keys, too, on whichever port. */
		assert_true(stats_of(&net->a).round_trip_ms > 0);
		assert_true(stats_of(&net->b).round_trip_ms > 0);
		assert_int_equal(stats_of(&net->a).forged, 0);
		close_net(net);
	}
}

static void a_handshake_outlives_loss_and_disorder(void **state)
{
	const struct bel_sim_net bad = { .loss = 200,
					 .reorder = 200,
					 .duplicate = 100,
					 .delay_min_ms = 5,
					 .delay_max_ms = 60 };

	(void)state;
	for (uint64_t seed = 1; seed <= 12; seed++) {
		struct net *net = open_net(&bad, seed);
		agree_both(net, seed & 1);
		configure_both(net);
		run_ms(net, LOSSY_MS);
		assert_int_equal(stats_of(&net->a).keying, BEL_OK);
		assert_int_equal(stats_of(&net->b).keying, BEL_OK);
		bel_sim_set_net(net->sim, &fine);
		run_ms(net, TALK_MS);
		assert_true(stats_of(&net->a).received > 100);
		assert_true(stats_of(&net->b).received > 100);
		assert_int_equal(net->clear, 0);
		close_net(net);
	}
}

/* The client is told of the agreement first: its first flights meet nobody. */
static void who_is_too_early_tries_again(void **state)
{
	struct net *net = open_net(&fine, 1);

	(void)state;
	agree_both(net, true);
	configure(&net->b);
	run_ms(net, 600);
	configure(&net->a);
	run_ms(net, 1000);
	assert_int_equal(stats_of(&net->a).keying, BEL_OK);
	run_ms(net, TALK_MS);
	assert_both_hear(net);
	close_net(net);
}

/* RFC 5763 section 5: it comes before the answer, and is not lost. */
static void a_handshake_may_begin_before_the_answer(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct net *net = open_net(&fine, 1);
		unsigned handshakes;
		agree_both(net, i);
		configure(&net->b);
		run_ms(net, 100);
		handshakes = net->handshakes;
		assert_int_equal(handshakes, i ? 1 : 2);
		configure(&net->a);
		run_ms(net, 40);
		assert_int_equal(stats_of(&net->a).keying, BEL_OK);
		run_ms(net, TALK_MS);
		assert_both_hear(net);
		close_net(net);
	}
}

static void every_hash_of_certificates_is_known(void **state)
{
	static const char *const hashes[] = { "sha-1", "SHA-384", "sha-512" };

	(void)state;
	for (unsigned i = 0; i < BEL_COUNT_OF(hashes); i++) {
		struct net *net = open_net(&fine, 1);
		write_fingerprint(&net->b, hashes[i]);
		agree_both(net, true);
		configure_both(net);
		run_ms(net, HANDSHAKE_MS);
		assert_int_equal(stats_of(&net->a).keying, BEL_OK);
		close_net(net);
	}
}

/* ---- who it is ---- */

static void who_shows_another_certificate_is_not_heard(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct net *net = open_net(&fine, 1);
		struct side *fooled = i ? &net->a : &net->b;
		agree_both(net, true);
		/* The certificate that it is told of is its own. */
		fooled->agreed.fingerprint = bel_str_from(fooled->fingerprint);
		configure_both(net);
		run_ms(net, TALK_MS);
		assert_int_equal(stats_of(fooled).keying, BEL_ERR_MISMATCH);
		assert_int_equal(stats_of(fooled).sent, 0);
		assert_int_equal(stats_of(fooled).received, 0);
		assert_true(stats_of(fooled).early > 100);
		assert_int_equal(stats_of(&net->a).received, 0);
		assert_int_equal(verdict_of(&net->a), BEL_JUDGE_SILENCE);
		assert_int_equal(verdict_of(&net->b), BEL_JUDGE_SILENCE);
		assert_int_equal(net->clear, 0);
		close_net(net);
	}
}

static void what_comes_before_the_keys_is_dropped_and_counted(void **state)
{
	struct net *net = open_net(&fine, 1);

	(void)state;
	agree_both(net, true);
	net->a.agreed.srtp = BEL_OFFER_PLAIN;
	configure_both(net);
	run_ms(net, TALK_MS);
	assert_in_range(stats_of(&net->b).early, 140, 160);
	assert_int_equal(stats_of(&net->b).received, 0);
	assert_int_equal(stats_of(&net->b).sent, 0);
	assert_int_equal(verdict_of(&net->b), BEL_JUDGE_SILENCE);
	close_net(net);
}

static void who_is_behind_a_nat_is_found(void **state)
{
	struct net *net = open_net(&fine, 1);
	const bel_addr outer = bel_addr_v4(198, 51, 100, 1, 0);
	bel_addr remote;

	(void)state;
	assert_int_equal(bel_sim_node_nat(net->b.node, BEL_NAT_SYMMETRIC, &outer, 0),
			 BEL_OK);
	agree_both(net, false);
	configure_both(net);
	run_ms(net, TALK_MS);
	assert_both_hear(net);
	remote = stats_of(&net->a).remote;
	assert_true(bel_addr_is_same_host(&remote, &outer));
	close_net(net);
}

/* ---- strangers ---- */

struct stranger {
	struct bel_loop *loop;
	struct bel_udp *udp;
	struct bel_dtls_context *context;
	struct bel_dtls *dtls;
	bel_addr to;
};

static void send_to_side(void *user, bel_str datagram)
{
	struct stranger *stranger = user;

	bel_udp_send(stranger->udp, &stranger->to, NULL, datagram);
}

static void answer_side(void *user, struct bel_udp *udp, struct bel_datagram *datagrams,
			unsigned count)
{
	struct stranger *stranger = user;

	(void)udp;
	for (unsigned i = 0; i < count; i++)
		bel_dtls_on_datagram(stranger->dtls,
				     (bel_str){ datagrams[i].buf, datagrams[i].len });
}

static void open_stranger(struct stranger *stranger, struct net *net, struct side *to)
{
	struct bel_udp_opts opts = { .local = bel_addr_v4(192, 0, 2, 66, 4000),
				     .on_datagrams = answer_side,
				     .user = stranger };
	bel_addr ip = bel_addr_v4(192, 0, 2, 66, 0);

	assert_int_equal(bel_sim_loop(&stranger->loop,
				      bel_sim_node_new(net->sim, "stranger", &ip)),
			 BEL_OK);
	assert_int_equal(bel_udp_open(&stranger->udp, stranger->loop, &opts), BEL_OK);
	assert_int_equal(bel_dtls_context_self_signed(&stranger->context), BEL_OK);
	assert_int_equal(bel_dtls_open(&stranger->dtls, stranger->context, true,
				       send_to_side, stranger),
			 BEL_OK);
	stranger->to = bel_path_address(bel_media_stream_path(to->stream), BEL_PATH_RTP);
	bel_dtls_start(stranger->dtls);
}

static void close_stranger(struct stranger *stranger)
{
	bel_dtls_close(stranger->dtls);
	bel_dtls_context_unref(stranger->context);
	bel_udp_close(stranger->udp);
	bel_loop_close(stranger->loop);
}

/* Its ClientHello is there first: once its handshake is over when the other side begins,
 * once in the midst of it. */
static void a_stranger_who_is_first_keeps_nobody_out(void **state)
{
	static const unsigned later_ms[] = { 400, 7 };

	(void)state;
	for (unsigned i = 0; i < BEL_COUNT_OF(later_ms); i++) {
		struct net *net = open_net(&fine, 1);
		struct stranger stranger;
		agree_both(net, true);
		configure(&net->a);
		open_stranger(&stranger, net, &net->a);
		run_ms(net, later_ms[i]);
		configure(&net->b);
		run_ms(net, TALK_MS);
		assert_both_hear(net);
		close_stranger(&stranger);
		close_net(net);
	}
}

static void a_stranger_ends_nothing_that_holds(void **state)
{
	struct net *net = open_net(&fine, 1);
	struct stranger stranger;

	(void)state;
	agree_both(net, true);
	configure_both(net);
	run_ms(net, HANDSHAKE_MS);
	open_stranger(&stranger, net, &net->a);
	run_ms(net, TALK_MS);
	assert_int_equal(stats_of(&net->a).keying, BEL_OK);
	assert_int_equal(stats_of(&net->a).forged, 0);
	assert_both_hear(net);
	close_stranger(&stranger);
	close_net(net);
}

/* ---- again ---- */

static void the_same_description_keeps_the_keys(void **state)
{
	struct net *net = open_net(&fine, 1);
	unsigned handshakes;

	(void)state;
	agree_both(net, true);
	configure_both(net);
	run_ms(net, TALK_MS);
	handshakes = net->handshakes;
	assert_true(handshakes > 0);
	/* Held by 0.0.0.0 in between (RFC 2543). */
	net->a.agreed.remote = bel_addr_v4(0, 0, 0, 0, net->a.agreed.remote.port);
	configure(&net->a);
	agree_both(net, true);
	configure_both(net);
	run_ms(net, TALK_MS);
	assert_int_equal(net->handshakes, handshakes);
	assert_int_equal(stats_of(&net->b).forged, 0);
	assert_both_hear(net);
	close_net(net);
}

static void another_role_begins_anew(void **state)
{
	struct net *net = open_net(&fine, 1);
	unsigned handshakes;

	(void)state;
	agree_both(net, true);
	configure_both(net);
	run_ms(net, TALK_MS);
	handshakes = net->handshakes;
	net->a.agreed.setup = BEL_OFFER_ACTIVE;
	net->b.agreed.setup = BEL_OFFER_PASSIVE;
	configure_both(net);
	assert_false(stats_of(&net->a).is_protected);
	run_ms(net, TALK_MS);
	assert_true(net->handshakes >= 2 * handshakes);
	/* Two frames at most fell between the old keys and the new. */
	assert_true(stats_of(&net->a).received > 290);
	assert_true(stats_of(&net->b).received > 290);
	assert_int_equal(net->clear, 0);
	close_net(net);
}

static void another_fingerprint_begins_anew(void **state)
{
	struct net *net = open_net(&fine, 1);
	uint64_t received;

	(void)state;
	agree_both(net, true);
	configure_both(net);
	run_ms(net, TALK_MS);
	net->a.agreed.fingerprint = bel_str_from(net->a.fingerprint);
	configure(&net->a);
	received = stats_of(&net->a).received;
	run_ms(net, TALK_MS);
	assert_int_equal(stats_of(&net->a).received, received);
	assert_int_equal(stats_of(&net->a).keying, BEL_ERR_AGAIN);
	close_net(net);
}

static void another_way_to_the_keys_ends_the_handshake(void **state)
{
	struct net *net = open_net(&fine, 1);

	(void)state;
	agree_both(net, false);
	configure_both(net);
	run_ms(net, TALK_MS);
	for (unsigned i = 0; i < 2; i++) {
		struct bel_offer_stream *agreed = i ? &net->a.agreed : &net->b.agreed;
		agreed->srtp = BEL_OFFER_SDES;
		agreed->suite = BEL_STR("AES_CM_128_HMAC_SHA1_80");
		agreed->our_key_len = agreed->their_key_len = 30;
	}
	configure_both(net);
	run_ms(net, TALK_MS);
	agree_both(net, false);
	configure_both(net);
	run_ms(net, TALK_MS);
	assert_true(stats_of(&net->a).received > 435);
	assert_true(stats_of(&net->b).received > 435);
	assert_int_equal(net->clear, 0);
	close_net(net);
}

/* ---- what cannot be ---- */

static void a_description_without_sense_is_refused(void **state)
{
	static const struct {
		const char *text;
		enum bel_err err;
	} cases[] = {
		{ "", BEL_ERR_SYNTAX },
		{ "sha-256", BEL_ERR_SYNTAX },
		{ "sha-256 ", BEL_ERR_SYNTAX },
		{ "sha-256 AB:C", BEL_ERR_SYNTAX },
		{ "sha-256 AB:CG", BEL_ERR_SYNTAX },
		{ "sha-256 AB:CD:", BEL_ERR_SYNTAX },
		{ "md5 AB:CD", BEL_ERR_UNSUPPORTED },
		{ "sha-256-and-more AB:CD", BEL_ERR_UNSUPPORTED },
	};
	struct net *net = open_net(&fine, 1);

	(void)state;
	agree_both(net, true);
	for (unsigned i = 0; i < BEL_COUNT_OF(cases); i++) {
		net->a.agreed.fingerprint = bel_str_from(cases[i].text);
		assert_int_equal(
			bel_media_stream_configure(net->a.stream, &net->a.agreed),
			cases[i].err);
	}
	close_net(net);
}

static enum bel_err talk(void *user)
{
	struct net *net = user;
	struct bel_media_stream_opts opts = { .loop = net->a.loop,
					      .libs = net->libs,
					      .dtls = net->a.context,
					      .local = net->a.ip };
	struct bel_media_stream *stream = NULL;
	enum bel_err err = bel_media_stream_open(&stream, &opts);

	if (!err)
		err = bel_media_stream_bind(stream);
	if (!err)
		err = bel_media_stream_configure(stream, &net->a.agreed);
	bel_media_stream_close(stream);
	return err;
}

static void without_a_context_there_is_no_handshake(void **state)
{
	struct net *net = open_net(&fine, 1);
	struct bel_dtls_context *context = net->a.context;

	(void)state;
	agree_both(net, true);
	net->a.context = NULL;
	assert_int_equal(talk(net), BEL_ERR_UNSUPPORTED);
	net->a.context = context;
	assert_int_equal(talk(net), BEL_OK);
	close_net(net);
}

static void agreeing_survives_any_failing_allocation(void **state)
{
	struct net *net = open_net(&fine, 1);

	(void)state;
	agree_both(net, false);
	bel_test_each_allocation_fails(talk, net);
	close_net(net);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_are_heard_whoever_begins),
		cmocka_unit_test(a_handshake_outlives_loss_and_disorder),
		cmocka_unit_test(who_is_too_early_tries_again),
		cmocka_unit_test(a_handshake_may_begin_before_the_answer),
		cmocka_unit_test(every_hash_of_certificates_is_known),
		cmocka_unit_test(who_shows_another_certificate_is_not_heard),
		cmocka_unit_test(what_comes_before_the_keys_is_dropped_and_counted),
		cmocka_unit_test(who_is_behind_a_nat_is_found),
		cmocka_unit_test(a_stranger_who_is_first_keeps_nobody_out),
		cmocka_unit_test(a_stranger_ends_nothing_that_holds),
		cmocka_unit_test(the_same_description_keeps_the_keys),
		cmocka_unit_test(another_role_begins_anew),
		cmocka_unit_test(another_fingerprint_begins_anew),
		cmocka_unit_test(another_way_to_the_keys_ends_the_handshake),
		cmocka_unit_test(a_description_without_sense_is_refused),
		cmocka_unit_test(without_a_context_there_is_no_handshake),
		cmocka_unit_test(agreeing_survives_any_failing_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
