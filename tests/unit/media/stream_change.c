/* SPDX-License-Identifier: Apache-2.0
 * What may change during a call, and who meddles with it: streams of two sides over a
 * simulated network, a at 440 Hz and b at 1,000 Hz. */
#include <math.h>

#include "support/support.h"

#include "io/sim.h"
#include "media/stream_int.h"

enum { PORT_MIN = 20000, PORT_MAX = 20099 };

static const struct bel_audio_format narrow = { 8000, 1 };
static const struct bel_sim_net fine = { .delay_min_ms = 5, .delay_max_ms = 5 };

/* What both sides can do, with the payload types of both. */
static const struct {
	const char *name;
	uint32_t clock_hz;
	uint8_t payload, channels;
} codecs[] = {
	{ "PCMU", 8000, 0, 1 },  { "PCMA", 8000, 8, 1 },
	{ "G722", 8000, 9, 1 },  { "opus", 48000, 96, 2 },
	{ "GSM", 8000, 3, 1 },   { "L16", 16000, 98, 1 },
	{ "L16", 44100, 11, 1 }, { "telephone-event", 8000, 101, 1 },
	{ "CN", 8000, 13, 1 },   { "telephone-event", 48000, 97, 1 },
};

struct side {
	struct bel_sim_node *node;
	struct bel_loop *loop;
	bel_addr ip;
	struct bel_media_stream *stream;
	struct bel_audio_port *source;
	struct bel_judge *judge;
	struct bel_offer_stream agreed;
	char digits[64];
	unsigned digits_count, firsts;
	bool closes_on_first, closes_on_digit;
};

struct net {
	struct bel_sim *sim;
	struct bel_media_libs *libs;
	struct side a, b;
	unsigned packets, clear;
};

static void on_digit(void *user, char digit)
{
	struct side *side = user;

	side->digits[side->digits_count++ % (sizeof side->digits - 1)] = digit;
	if (!side->closes_on_digit)
		return;
	bel_media_stream_close(side->stream);
	side->stream = NULL;
}

static void on_heard(void *user)
{
	struct side *side = user;

	side->firsts++;
	if (!side->closes_on_first)
		return;
	bel_media_stream_close(side->stream);
	side->stream = NULL;
}

static const struct bel_media_stream_port port = { .on_digit = on_digit,
						   .on_heard = on_heard };

static void open_side(struct net *net, struct side *side, uint8_t number, double says_hz,
		      double hears_hz)
{
	struct bel_tone_opts tone = { .format = narrow,
				      .parts = { { says_hz, -10 } },
				      .parts_count = 1 };
	struct bel_judge_opts judge = { .tone_hz = hears_hz };
	struct bel_media_stream_opts opts = { .libs = net->libs,
					      .port_min = PORT_MIN,
					      .port_max = PORT_MAX,
					      .port = &port,
					      .user = side };

	side->ip = bel_addr_v4(192, 0, 2, number, 0);
	side->node = bel_sim_node_new(net->sim, number == 1 ? "a" : "b", &side->ip);
	assert_int_equal(bel_sim_loop(&side->loop, side->node), BEL_OK);
	assert_int_equal(bel_tone_open(&side->source, &tone), BEL_OK);
	assert_int_equal(bel_judge_open(&side->judge, &judge), BEL_OK);
	opts.loop = side->loop;
	opts.local = side->ip;
	assert_int_equal(bel_media_stream_open(&side->stream, &opts), BEL_OK);
	assert_int_equal(bel_media_stream_bind(side->stream), BEL_OK);
	bel_media_stream_set_source(side->stream, side->source);
	bel_media_stream_set_sink(side->stream, bel_judge_port(side->judge));
}

static struct net *open_net(const struct bel_sim_net *how, uint64_t seed)
{
	struct net *net = calloc(1, sizeof *net);

	assert_non_null(net);
	net->sim = bel_sim_new(seed, how);
	assert_int_equal(bel_media_libs_open(&net->libs), BEL_OK);
	open_side(net, &net->a, 1, 440, 1000);
	open_side(net, &net->b, 2, 1000, 440);
	return net;
}

static void close_side(struct side *side)
{
	bel_media_stream_close(side->stream);
	bel_audio_close(side->source);
	bel_audio_close(bel_judge_port(side->judge));
	bel_loop_close(side->loop);
}

static void close_net(struct net *net)
{
	close_side(&net->a);
	close_side(&net->b);
	bel_sim_free(net->sim);
	bel_media_libs_close(net->libs);
	free(net);
}

static struct bel_sdp_codec codec_at(unsigned index)
{
	return (struct bel_sdp_codec){ .payload = codecs[index].payload,
				       .channels = codecs[index].channels,
				       .clock_hz = codecs[index].clock_hz,
				       .name = bel_str_from(codecs[index].name) };
}

/* All of them, this one first. */
static void agree(struct side *ours, const struct side *theirs, const char *codec)
{
	struct bel_offer_stream *out = &ours->agreed;

	*out = (struct bel_offer_stream){
		.kind = BEL_STR("audio"),
		.direction = BEL_SDP_SENDRECV,
		.remote = bel_path_address(bel_media_stream_path(theirs->stream),
					   BEL_PATH_RTP),
		.remote_rtcp = bel_path_address(bel_media_stream_path(theirs->stream),
						BEL_PATH_RTCP),
	};
	for (unsigned pass = 0; pass < 2; pass++)
		for (unsigned i = 0; i < BEL_COUNT_OF(codecs); i++)
			if (bel_str_is_equal(bel_str_from(codecs[i].name),
					     bel_str_from(codec)) == (pass == 0))
				out->sends[out->sends_count++] = codec_at(i);
	memcpy(out->receives, out->sends, sizeof out->receives);
	out->receives_count = out->sends_count;
}

static void configure(struct side *side)
{
	assert_int_equal(bel_media_stream_configure(side->stream, &side->agreed), BEL_OK);
}

static void connect_sides(struct net *net, const char *codec)
{
	agree(&net->a, &net->b, codec);
	agree(&net->b, &net->a, codec);
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

static struct bel_judge_result result_of(const struct side *side)
{
	struct bel_judge_result result;

	bel_judge_result(&result, side->judge);
	return result;
}

static void assert_both_hear(const struct net *net)
{
	assert_int_equal(result_of(&net->a).verdict, BEL_JUDGE_HEARD);
	assert_int_equal(result_of(&net->b).verdict, BEL_JUDGE_HEARD);
}

/* ---- what was agreed ---- */

static void a_codec_may_change_in_the_midst(void **state)
{
	struct net *net = open_net(&fine, 1);

	(void)state;
	connect_sides(net, "PCMU");
	run_ms(net, 3000);
	connect_sides(net, "opus");
	run_ms(net, 3000);
	connect_sides(net, "G722");
	run_ms(net, 3000);
	assert_string_equal(stats_of(&net->b).codec, "G722");
	assert_int_equal(stats_of(&net->b).lost, 0);
	assert_true(result_of(&net->b).share > 0.9);
	assert_true(result_of(&net->b).purity > 0.98);
	close_net(net);
}

/* RFC 3264 section 5.1: each may send any of what was agreed. */
static void each_side_may_speak_another_codec(void **state)
{
	static const char *const pairs[][2] = { { "opus", "PCMU" },
						{ "PCMA", "opus" },
						{ "G722", "L16" } };

	(void)state;
	for (unsigned i = 0; i < BEL_COUNT_OF(pairs); i++) {
		struct net *net = open_net(&fine, 1);

		agree(&net->a, &net->b, pairs[i][0]);
		agree(&net->b, &net->a, pairs[i][1]);
		configure(&net->a);
		configure(&net->b);
		run_ms(net, 5000);
		assert_both_hear(net);
		assert_true(stats_of(&net->a).jitter_ms < 1);
		assert_true(stats_of(&net->b).jitter_ms < 1);
		close_net(net);
	}
}

/* A phone that asks for 30 ms gets what the codec can do that comes next to it. */
static void every_codec_takes_every_ptime(void **state)
{
	static const unsigned ptimes_ms[] = { 0, 5, 10, 20, 30, 40, 50, 60, 70, 200 };
	static const char *const names[] = { "PCMU", "G722", "opus", "GSM", "L16" };

	(void)state;
	for (unsigned i = 0; i < BEL_COUNT_OF(names); i++)
		for (unsigned k = 0; k < BEL_COUNT_OF(ptimes_ms); k++) {
			struct net *net = open_net(&fine, 1);

			agree(&net->a, &net->b, names[i]);
			agree(&net->b, &net->a, names[i]);
			net->a.agreed.ptime_ms = ptimes_ms[k];
			net->b.agreed.ptime_ms = ptimes_ms[k];
			configure(&net->a);
			configure(&net->b);
			run_ms(net, 3000);
			if (result_of(&net->b).verdict != BEL_JUDGE_HEARD)
				print_message("%s, %u ms: share %.4f gaps %u\n", names[i],
					      ptimes_ms[k], result_of(&net->b).share,
					      result_of(&net->b).gaps);
			assert_both_hear(net);
			close_net(net);
		}
}

static void l16_of_a_disc_is_heard(void **state)
{
	struct net *net = open_net(&fine, 1);

	(void)state;
	agree(&net->a, &net->b, "PCMU");
	net->a.agreed.sends[0] = net->a.agreed.receives[0] = codec_at(6);
	net->a.agreed.sends_count = net->a.agreed.receives_count = 1;
	net->b.agreed = net->a.agreed;
	net->b.agreed.remote = bel_path_address(bel_media_stream_path(net->a.stream),
						BEL_PATH_RTP);
	configure(&net->a);
	configure(&net->b);
	run_ms(net, 3000);
	assert_both_hear(net);
	close_net(net);
}

static void who_is_held_hears_nothing_and_then_again(void **state)
{
	struct net *net = open_net(&fine, 1);

	(void)state;
	connect_sides(net, "PCMU");
	run_ms(net, 2000);
	net->a.agreed.direction = net->b.agreed.direction = BEL_SDP_INACTIVE;
	configure(&net->a);
	configure(&net->b);
	run_ms(net, 20);
	uint64_t sent = stats_of(&net->a).sent, received = stats_of(&net->b).received;
	run_ms(net, 5000);
	assert_int_equal(stats_of(&net->a).sent, sent);
	assert_int_equal(stats_of(&net->b).received, received);
	connect_sides(net, "PCMU");
	run_ms(net, 2000);
	assert_in_range(stats_of(&net->a).sent, sent + 98, sent + 101);
	assert_in_range(stats_of(&net->b).received, received + 98, received + 101);
	assert_int_equal(stats_of(&net->b).lost, 0);
	close_net(net);
}

/* RFC 2543 held a call by the address 0.0.0.0. */
static void nothing_is_sent_to_nowhere(void **state)
{
	struct net *net = open_net(&fine, 1);

	(void)state;
	agree(&net->a, &net->b, "PCMU");
	net->a.agreed.remote = bel_addr_v4(0, 0, 0, 0, 4000);
	net->a.agreed.is_held = true;
	configure(&net->a);
	run_ms(net, 1000);
	assert_int_equal(stats_of(&net->a).sent, 0);
	close_net(net);
}

/* ---- addresses ---- */

static void where_a_phone_is_stays_known_when_it_says_the_same(void **state)
{
	bel_addr outer = bel_addr_v4(203, 0, 113, 7, 0);
	struct net *net = open_net(&fine, 1);

	(void)state;
	assert_int_equal(bel_sim_node_nat(net->a.node, BEL_NAT_SYMMETRIC, &outer, 0),
			 BEL_OK);
	connect_sides(net, "PCMU");
	run_ms(net, 2000);
	bel_addr remote = stats_of(&net->b).remote;
	assert_true(bel_addr_is_same_host(&remote, &outer));
	/* It listens, but says nothing from now on; b is told the same once more. */
	net->a.agreed.direction = BEL_SDP_RECVONLY;
	configure(&net->a);
	configure(&net->b);
	uint64_t received = stats_of(&net->a).received;
	run_ms(net, 3000);
	assert_true(stats_of(&net->a).received > received + 140);
	assert_int_equal(result_of(&net->a).verdict, BEL_JUDGE_HEARD);
	close_net(net);
}

static void count_datagrams(void *user, struct bel_udp *udp,
			    struct bel_datagram *datagrams, unsigned count)
{
	(void)udp;
	(void)datagrams;
	*(unsigned *)user += count;
}

struct intruder {
	struct bel_loop *loop;
	struct bel_udp *udp;
	unsigned heard;
};

static void open_intruder(struct intruder *intruder, struct net *net)
{
	bel_addr ip = bel_addr_v4(198, 51, 100, 66, 0);
	struct bel_sim_node *node = bel_sim_node_new(net->sim, "intruder", &ip);
	struct bel_udp_opts opts = { .local = ip,
				     .on_datagrams = count_datagrams,
				     .user = &intruder->heard };

	*intruder = (struct intruder){ 0 };
	opts.local.port = 4000;
	assert_int_equal(bel_sim_loop(&intruder->loop, node), BEL_OK);
	assert_int_equal(bel_udp_open(&intruder->udp, intruder->loop, &opts), BEL_OK);
}

static void close_intruder(struct intruder *intruder)
{
	bel_udp_close(intruder->udp);
	bel_loop_close(intruder->loop);
}

static void intrude(struct intruder *intruder, struct net *net, unsigned count)
{
	bel_addr to = bel_path_address(bel_media_stream_path(net->b.stream),
				       BEL_PATH_RTP);
	char payload[160] = { 0 };

	for (unsigned i = 0; i < count; i++) {
		struct bel_rtp_packet packet = { .ssrc = 0x66666666,
						 .seq = (uint16_t)i,
						 .timestamp = 160 * i,
						 .payload = { payload, sizeof payload } };
		char buf[256];
		struct bel_writer writer = bel_writer_init(buf, sizeof buf);
		assert_int_equal(bel_rtp_write(&writer, &packet), BEL_OK);
		bel_udp_send(intruder->udp, &to, NULL, bel_writer_str(&writer));
		run_ms(net, 20);
	}
}

static void a_third_party_changes_nothing(void **state)
{
	struct net *net = open_net(&fine, 1);
	struct intruder intruder;

	(void)state;
	connect_sides(net, "PCMU");
	run_ms(net, 1000);
	open_intruder(&intruder, net);
	uint64_t received = stats_of(&net->b).received;
	intrude(&intruder, net, 100);
	assert_int_equal(intruder.heard, 0);
	assert_in_range(stats_of(&net->b).received, received + 99, received + 101);
	close_intruder(&intruder);
	run_ms(net, 1000);
	assert_both_hear(net);
	close_net(net);
}

/* Reports from elsewhere tell nothing, and take no reports to there. */
static void reports_of_a_third_party_are_not_believed(void **state)
{
	struct net *net = open_net(&fine, 1);
	bel_addr to = bel_path_address(bel_media_stream_path(net->b.stream),
				       BEL_PATH_RTCP);
	struct bel_rtcp_report block = { .fraction_lost = 255, .lost = 1000 };
	struct intruder intruder;
	char buf[128];

	(void)state;
	connect_sides(net, "PCMU");
	run_ms(net, 500);
	open_intruder(&intruder, net);
	/* Our SSRC is known to whoever saw one packet. */
	for (unsigned i = 0; i < 50; i++) {
		struct bel_writer writer = bel_writer_init(buf, sizeof buf);
		struct bel_rtcp_voip voip = { .mos_cq = 10 };
		block.ssrc = voip.ssrc = net->b.stream->sender.ssrc;
		assert_int_equal(bel_rtcp_report_write(&writer, 1, NULL, &block, 1),
				 BEL_OK);
		assert_int_equal(bel_rtcp_voip_write(&writer, 1, &voip), BEL_OK);
		bel_udp_send(intruder.udp, &to, NULL, bel_writer_str(&writer));
		run_ms(net, 20);
	}
	assert_true(stats_of(&net->b).remote_loss <= 0);
	assert_true(stats_of(&net->b).remote_mos <= 0 ||
		    stats_of(&net->b).remote_mos > 4);
	run_ms(net, 20000);
	assert_int_equal(intruder.heard, 0);
	close_intruder(&intruder);
	close_net(net);
}

/* ---- digits, reports, keys ---- */

static void digits_arrive_once_each_in_spite_of_loss(void **state)
{
	static const struct bel_sim_net lossy = { .loss = 100,
						  .delay_min_ms = 5,
						  .delay_max_ms = 30 };
	static const char digits[] = "00123#*AD!";

	(void)state;
	for (uint64_t seed = 1; seed <= 5; seed++) {
		struct net *net = open_net(&lossy, seed);

		connect_sides(net, "PCMU");
		run_ms(net, 500);
		for (unsigned i = 0; i < sizeof digits - 1; i++)
			assert_int_equal(
				bel_media_stream_send_digit(net->a.stream, digits[i]),
				BEL_OK);
		run_ms(net, 5000);
		assert_string_equal(net->b.digits, digits);
		assert_int_equal(net->a.digits_count, 0);
		close_net(net);
	}
}

/* No sound comes while a digit is sent: nothing of it was lost. */
static void digits_are_no_loss(void **state)
{
	static const struct bel_sim_net far = { .delay_min_ms = 20, .delay_max_ms = 25 };
	struct net *net = open_net(&far, 1);
	double before;

	(void)state;
	connect_sides(net, "PCMU");
	run_ms(net, 2000);
	before = stats_of(&net->b).mos;
	for (const char *digit = "12#45"; *digit; digit++)
		assert_int_equal(bel_media_stream_send_digit(net->a.stream, *digit),
				 BEL_OK);
	run_ms(net, 2000);
	assert_string_equal(net->b.digits, "12#45");
	assert_true(before > 4.2);
	assert_true(stats_of(&net->b).mos > before - 0.05);
	close_net(net);
}

static void the_round_trip_is_measured(void **state)
{
	static const struct bel_sim_net far = { .delay_min_ms = 80, .delay_max_ms = 80 };
	struct net *net = open_net(&far, 1);

	(void)state;
	connect_sides(net, "PCMU");
	net->a.agreed.has_mux = net->b.agreed.has_mux = true;
	configure(&net->a);
	configure(&net->b);
	/* Before a short call ends, too, and whoever reports first. */
	run_ms(net, 4000);
	assert_true(fabs(stats_of(&net->a).round_trip_ms - 160) < 3);
	assert_true(fabs(stats_of(&net->b).round_trip_ms - 160) < 3);
	run_ms(net, 26000);
	assert_true(fabs(stats_of(&net->a).round_trip_ms - 160) < 3);
	assert_true(fabs(stats_of(&net->b).round_trip_ms - 160) < 3);
	close_net(net);
}

/* Loss on the way there is seen in what comes back. */
static void an_echo_hides_no_loss(void **state)
{
	static const struct bel_sim_net lossy = { .loss = 50,
						  .delay_min_ms = 5,
						  .delay_max_ms = 5 };
	struct net *net = open_net(&lossy, 5);

	(void)state;
	bel_media_stream_set_echo(net->b.stream, true);
	connect_sides(net, "PCMU");
	run_ms(net, 20000);
	struct bel_media_stats here = stats_of(&net->a);
	assert_in_range(here.received + here.lost, here.sent - 3, here.sent);
	assert_true((double)here.lost > 0.06 * (double)here.sent);
	close_net(net);
}

static void who_has_the_same_ssrc_as_we_gives_way(void **state)
{
	struct net *net = open_net(&fine, 1);
	uint32_t ssrc;

	(void)state;
	connect_sides(net, "PCMU");
	ssrc = net->a.stream->sender.ssrc = net->b.stream->sender.ssrc;
	net->a.stream->receiver.own_ssrc = ssrc;
	run_ms(net, 10000);
	assert_true(net->a.stream->sender.ssrc != net->b.stream->sender.ssrc);
	assert_both_hear(net);
	close_net(net);
}

/* Sends everything back as it is, its sender's SSRC included, as SIPp does. */
static void reflect(void *user, struct bel_udp *udp, struct bel_datagram *datagrams,
		    unsigned count)
{
	(void)user;
	for (unsigned i = 0; i < count; i++)
		bel_udp_send(udp, &datagrams[i].peer, NULL,
			     (bel_str){ datagrams[i].buf, datagrams[i].len });
}

static void who_sends_everything_back_is_heard(void **state)
{
	struct net *net = open_net(&fine, 1);
	struct bel_udp_opts opts = { .local = net->b.ip, .on_datagrams = reflect };
	struct bel_judge_result result;
	struct bel_judge *judge;
	struct bel_udp *udp;

	(void)state;
	opts.local.port = 4000;
	assert_int_equal(bel_udp_open(&udp, net->b.loop, &opts), BEL_OK);
	assert_int_equal(
		bel_judge_open(&judge, &(struct bel_judge_opts){ .tone_hz = 440 }),
		BEL_OK);
	bel_media_stream_set_sink(net->a.stream, bel_judge_port(judge));
	agree(&net->a, &net->b, "PCMU");
	net->a.agreed.remote.port = 4000;
	configure(&net->a);
	run_ms(net, 5000);
	bel_judge_result(&result, judge);
	assert_int_equal(result.verdict, BEL_JUDGE_HEARD);
	/* Of two echoes, one is silent. */
	bel_media_stream_set_echo(net->a.stream, true);
	uint64_t sent = stats_of(&net->a).sent;
	run_ms(net, 1000);
	assert_in_range(stats_of(&net->a).sent - sent, 0, 5);
	bel_media_stream_set_sink(net->a.stream, bel_judge_port(net->a.judge));
	bel_audio_close(bel_judge_port(judge));
	bel_udp_close(udp);
	close_net(net);
}

static void set_keys(struct side *ours, struct side *theirs, char filling)
{
	ours->agreed.srtp = BEL_OFFER_SDES;
	ours->agreed.suite = BEL_STR("AES_CM_128_HMAC_SHA1_80");
	ours->agreed.our_key_len = theirs->agreed.their_key_len = 30;
	memset(ours->agreed.our_key, filling, 30);
	memset(theirs->agreed.their_key, filling, 30);
}

static void on_packet(void *user, const struct bel_sim_packet *packet)
{
	struct net *net = user;
	struct bel_rtp_packet rtp;

	if (bel_rtp_kind(packet->bytes) != BEL_RTP_KIND_RTP ||
	    bel_rtp_parse(&rtp, packet->bytes))
		return;
	net->packets++;
	/* As it would be without the tag of ten bytes. */
	if (rtp.payload.len == 160)
		net->clear++;
}

static void the_same_keys_go_on(void **state)
{
	struct net *net = open_net(&fine, 1);

	(void)state;
	bel_sim_on_packet(net->sim, on_packet, net);
	agree(&net->a, &net->b, "PCMU");
	agree(&net->b, &net->a, "PCMU");
	set_keys(&net->a, &net->b, 'a');
	set_keys(&net->b, &net->a, 'b');
	configure(&net->a);
	configure(&net->b);
	run_ms(net, 3000);
	configure(&net->a);
	configure(&net->b);
	run_ms(net, 3000);
	assert_true(net->packets > 590);
	assert_int_equal(net->clear, 0);
	assert_both_hear(net);
	assert_int_equal(stats_of(&net->b).forged, 0);
	close_net(net);
}

/* ---- silence ---- */

/* RFC 3389: what they say silence is like, when they send nothing else. */
static void their_silence_sounds_as_they_say(void **state)
{
	struct net *net = open_net(&fine, 1);
	bel_addr to = bel_path_address(bel_media_stream_path(net->b.stream),
				       BEL_PATH_RTP);
	struct bel_udp_opts opts = { .on_datagrams = count_datagrams,
				     .user = &net->packets };
	struct bel_udp *udp;
	char buf[256], payload[160];

	(void)state;
	opts.local = net->a.ip;
	opts.local.port = 4000;
	assert_int_equal(bel_udp_open(&udp, net->a.loop, &opts), BEL_OK);
	agree(&net->b, &net->a, "PCMU");
	net->b.agreed.remote.port = 4000;
	configure(&net->b);
	memset(payload, 0xff, sizeof payload);
	for (unsigned i = 0; i < 20; i++) {
		struct bel_rtp_packet packet = { .ssrc = 7,
						 .seq = (uint16_t)i,
						 .timestamp = 160 * i,
						 .payload = { payload, sizeof payload } };
		struct bel_writer writer = bel_writer_init(buf, sizeof buf);
		if (i == 19) {
			packet.payload_type = 13;
			packet.payload = BEL_STR("\x28");
		}
		assert_int_equal(bel_rtp_write(&writer, &packet), BEL_OK);
		bel_udp_send(udp, &to, NULL, bel_writer_str(&writer));
		run_ms(net, 20);
	}
	run_ms(net, 2000);
	/* Noise of -40 dBov for two seconds, after 0.4 of nothing. */
	struct bel_judge_result result = result_of(&net->b);
	assert_int_equal(result.verdict, BEL_JUDGE_OTHER);
	assert_true(fabs(result.level_dbov + 40) < 2);
	assert_true(result.sound_ms > 1500);
	bel_udp_close(udp);
	close_net(net);
}

/* ---- life ---- */

static void a_stream_may_be_closed_when_it_tells(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct net *net = open_net(&fine, 1);

		net->b.closes_on_first = i == 0;
		net->b.closes_on_digit = i > 0;
		connect_sides(net, "PCMU");
		/* The second time as an event, then in the sound. */
		if (i == 2) {
			net->a.agreed.sends_count = net->b.agreed.sends_count = 1;
			net->a.agreed.receives_count = net->b.agreed.receives_count = 1;
			configure(&net->a);
			configure(&net->b);
		}
		run_ms(net, 500);
		if (i > 0)
			assert_int_equal(bel_media_stream_send_digit(net->a.stream, '5'),
					 BEL_OK);
		run_ms(net, 1000);
		assert_null(net->b.stream);
		close_net(net);
	}
}

static enum bel_err talk(void *user)
{
	struct net *net = user;
	struct bel_media_stream_opts opts = { .loop = net->a.loop,
					      .libs = net->libs,
					      .local = net->a.ip };
	struct bel_offer_stream agreed = net->a.agreed;
	struct bel_media_stream *stream = NULL;
	enum bel_err err = bel_media_stream_open(&stream, &opts);

	if (!err)
		err = bel_media_stream_bind(stream);
	if (!err)
		err = bel_media_stream_configure(stream, &agreed);
	agreed.sends[0] = agreed.receives[0] = codec_at(2);
	if (!err)
		err = bel_media_stream_configure(stream, &agreed);
	bel_media_stream_close(stream);
	return err;
}

static void opening_survives_any_failing_allocation(void **state)
{
	struct net *net = open_net(&fine, 1);

	(void)state;
	agree(&net->a, &net->b, "opus");
	bel_test_each_allocation_fails(talk, net);
	close_net(net);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_codec_may_change_in_the_midst),
		cmocka_unit_test(each_side_may_speak_another_codec),
		cmocka_unit_test(every_codec_takes_every_ptime),
		cmocka_unit_test(l16_of_a_disc_is_heard),
		cmocka_unit_test(who_is_held_hears_nothing_and_then_again),
		cmocka_unit_test(nothing_is_sent_to_nowhere),
		cmocka_unit_test(where_a_phone_is_stays_known_when_it_says_the_same),
		cmocka_unit_test(a_third_party_changes_nothing),
		cmocka_unit_test(reports_of_a_third_party_are_not_believed),
		cmocka_unit_test(digits_arrive_once_each_in_spite_of_loss),
		cmocka_unit_test(digits_are_no_loss),
		cmocka_unit_test(the_round_trip_is_measured),
		cmocka_unit_test(an_echo_hides_no_loss),
		cmocka_unit_test(who_has_the_same_ssrc_as_we_gives_way),
		cmocka_unit_test(who_sends_everything_back_is_heard),
		cmocka_unit_test(the_same_keys_go_on),
		cmocka_unit_test(their_silence_sounds_as_they_say),
		cmocka_unit_test(a_stream_may_be_closed_when_it_tells),
		cmocka_unit_test(opening_survives_any_failing_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
