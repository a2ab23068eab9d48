/* SPDX-License-Identifier: Apache-2.0 */
#include "support/support.h"

#include "io/sim.h"
#include "media/media.h"

/* Two ends of a call in a simulated network; what b hears is judged. */
struct end {
	struct bel_sim_node *node;
	struct bel_loop *loop;
	struct bel_media_libs *libs;
	struct bel_media_stream *stream;
	struct bel_audio_port *tone;
	struct bel_judge *judge;
	char digits[32];
	unsigned digits_count, heard;
};

struct bench {
	struct bel_sim *sim;
	struct end a, b;
};

static void run_for(struct bench *bench, uint64_t ms)
{
	bel_sim_run(bench->sim, bel_sim_now_ms(bench->sim) + ms);
}

static void on_digit(void *user, char digit)
{
	struct end *end = user;

	end->digits[end->digits_count++] = digit;
}

static void on_heard(void *user)
{
	((struct end *)user)->heard++;
}

static const struct bel_media_stream_port port = { .on_digit = on_digit,
						   .on_heard = on_heard };

static void open_end(struct end *end, struct bel_sim *sim, uint8_t host)
{
	const bel_addr ip = bel_addr_v4(192, 0, 2, host, 0);
	const struct bel_tone_opts tone = { .format = { 8000, 1 },
					    .parts = { { 440, -10 } },
					    .parts_count = 1 };
	const struct bel_judge_opts judge = { .tone_hz = 440 };

	end->node = bel_sim_node_new(sim, "end", &ip);
	assert_int_equal(bel_sim_loop(&end->loop, end->node), BEL_OK);
	assert_int_equal(bel_media_libs_open(&end->libs), BEL_OK);
	assert_int_equal(bel_tone_open(&end->tone, &tone), BEL_OK);
	assert_int_equal(bel_judge_open(&end->judge, &judge), BEL_OK);
	assert_int_equal(
		bel_media_stream_open(&end->stream,
				      &(struct bel_media_stream_opts){ .loop = end->loop,
								       .libs = end->libs,
								       .local = ip,
								       .port = &port,
								       .user = end }),
		BEL_OK);
	assert_int_equal(bel_media_stream_bind(end->stream), BEL_OK);
	assert_int_equal(
		bel_path_address(bel_media_stream_path(end->stream), BEL_PATH_RTP).port %
			2,
		0);
	bel_media_stream_set_source(end->stream, end->tone);
	bel_media_stream_set_sink(end->stream, bel_judge_port(end->judge));
}

static void close_end(struct end *end)
{
	bel_media_stream_close(end->stream);
	bel_audio_close(end->tone);
	bel_audio_close(bel_judge_port(end->judge));
	bel_media_libs_close(end->libs);
	bel_loop_close(end->loop);
}

static struct bench *open_bench(const struct bel_sim_net *net)
{
	struct bench *bench = calloc(1, sizeof *bench);

	assert_non_null(bench);
	bench->sim = bel_sim_new(5, net);
	open_end(&bench->a, bench->sim, 1);
	open_end(&bench->b, bench->sim, 2);
	return bench;
}

static void close_bench(struct bench *bench)
{
	close_end(&bench->a);
	close_end(&bench->b);
	bel_sim_free(bench->sim);
	free(bench);
}

static const struct bel_sim_net good = { .delay_min_ms = 5, .delay_max_ms = 5 };

/* As if both had agreed on this codec, and on events when has_events. */
static struct bel_offer_stream agreement(const char *name, const struct end *with,
					 bool has_events)
{
	unsigned count;
	const struct bel_codec *all = bel_codecs(&count), *codec = NULL;
	struct bel_offer_stream agreed = { .kind = BEL_STR("audio"),
					   .direction = BEL_SDP_SENDRECV };

	for (unsigned i = 0; i < count && !codec; i++)
		if (bel_str_is_equal(bel_str_from(all[i].name), bel_str_from(name)))
			codec = &all[i];
	assert_non_null(codec);
	agreed.remote = bel_path_address(bel_media_stream_path(with->stream),
					 BEL_PATH_RTP);
	agreed.remote_rtcp = bel_path_address(bel_media_stream_path(with->stream),
					      BEL_PATH_RTCP);
	agreed.sends[0] = (struct bel_sdp_codec){
		.payload = codec->payload == BEL_CODEC_DYNAMIC ? 96 : codec->payload,
		.channels = codec->rtpmap_channels,
		.clock_hz = codec->clock_hz,
		.name = bel_str_from(codec->name),
	};
	agreed.sends[1] = (struct bel_sdp_codec){ .payload = 101,
						  .channels = 1,
						  .clock_hz = codec->clock_hz,
						  .name = BEL_STR("telephone-event") };
	memcpy(agreed.receives, agreed.sends, sizeof agreed.receives);
	agreed.sends_count = agreed.receives_count = has_events ? 2 : 1;
	return agreed;
}

static void agree(struct bench *bench, const char *codec, bool has_events)
{
	struct bel_offer_stream a = agreement(codec, &bench->b, has_events);
	struct bel_offer_stream b = agreement(codec, &bench->a, has_events);

	assert_int_equal(bel_media_stream_configure(bench->a.stream, &a), BEL_OK);
	assert_int_equal(bel_media_stream_configure(bench->b.stream, &b), BEL_OK);
}

static struct bel_media_stats stats_of(const struct end *end)
{
	struct bel_media_stats stats;

	bel_media_stream_stats(&stats, end->stream);
	return stats;
}

static enum bel_judge_verdict verdict_of(const struct end *end)
{
	struct bel_judge_result result;

	bel_judge_result(&result, end->judge);
	return result.verdict;
}

static void a_tone_is_heard_through_every_codec(void **state)
{
	static const char *const codecs[] = {
		"PCMU", "PCMA", "G722", "opus", "GSM", "L16"
	};

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(codecs); i++) {
		struct bench *bench = open_bench(&good);
		agree(bench, codecs[i], true);
		run_for(bench, 3000);
		if (verdict_of(&bench->b) != BEL_JUDGE_HEARD)
			fail_msg("%s: %s", codecs[i],
				 bel_judge_verdict_name(verdict_of(&bench->b)));
		assert_string_equal(stats_of(&bench->a).codec, codecs[i]);
		assert_int_equal(bench->b.heard, 1);
		close_bench(bench);
	}
}

static void a_clean_call_has_a_mos_above_four(void **state)
{
	struct bench *bench = open_bench(&good);
	struct bel_media_stats stats;

	(void)state;
	agree(bench, "PCMU", true);
	run_for(bench, 20000);
	stats = stats_of(&bench->b);
	assert_true(stats.mos >= 4.3);
	assert_int_equal(stats.lost, 0);
	assert_true(stats.sent >= 999 && stats.sent <= 1001);
	assert_true(stats.received >= 995);
	assert_true(stats.jitter_ms < 1);
	/* Reports went both ways. */
	assert_true(stats.round_trip_ms > 8 && stats.round_trip_ms < 12);
	assert_true(stats.remote_mos >= 4.3);
	assert_true(stats.remote_loss >= 0 && stats.remote_loss < 0.01);
	assert_true(stats.first_ms > 0 && stats.first_ms < 100);
	close_bench(bench);
}

static void loss_is_concealed_and_told(void **state)
{
	const struct bel_sim_net bad = { .delay_min_ms = 5,
					 .delay_max_ms = 25,
					 .loss = 50 };
	struct bench *bench = open_bench(&bad);
	struct bel_media_stats stats;

	(void)state;
	agree(bench, "PCMU", true);
	run_for(bench, 20000);
	stats = stats_of(&bench->b);
	assert_true(stats.lost > 20);
	assert_true(stats.mos < 4.1);
	assert_true(stats.mos > 2);
	close_bench(bench);
}

static void what_is_said_comes_back(void **state)
{
	struct bench *bench = open_bench(&good);

	(void)state;
	bel_media_stream_set_echo(bench->b.stream, true);
	agree(bench, "PCMA", true);
	run_for(bench, 3000);
	assert_int_equal(verdict_of(&bench->a), BEL_JUDGE_HEARD);
	assert_int_equal(verdict_of(&bench->b), BEL_JUDGE_SILENCE);
	close_bench(bench);
}

static void nothing_is_sent_while_on_hold(void **state)
{
	struct bench *bench = open_bench(&good);
	struct bel_offer_stream held = agreement("PCMU", &bench->b, true);
	uint64_t sent;

	(void)state;
	agree(bench, "PCMU", true);
	run_for(bench, 1000);
	held.direction = BEL_SDP_RECVONLY;
	assert_int_equal(bel_media_stream_configure(bench->a.stream, &held), BEL_OK);
	sent = stats_of(&bench->a).sent;
	run_for(bench, 2000);
	assert_int_equal(stats_of(&bench->a).sent, sent);
	assert_true(stats_of(&bench->a).received > 140);
	held.direction = BEL_SDP_SENDRECV;
	assert_int_equal(bel_media_stream_configure(bench->a.stream, &held), BEL_OK);
	run_for(bench, 1000);
	assert_true(stats_of(&bench->a).sent > sent + 45);
	assert_int_equal(stats_of(&bench->b).lost, 0);
	close_bench(bench);
}

static void digits_are_events(void **state)
{
	struct bench *bench = open_bench(&good);

	(void)state;
	agree(bench, "PCMU", true);
	run_for(bench, 200);
	for (const char *digit = "12#"; *digit; digit++)
		assert_int_equal(bel_media_stream_send_digit(bench->a.stream, *digit),
				 BEL_OK);
	assert_int_equal(bel_media_stream_send_digit(bench->a.stream, 'x'),
			 BEL_ERR_SYNTAX);
	run_for(bench, 2000);
	assert_string_equal(bench->b.digits, "12#");
	close_bench(bench);
}

static void digits_are_tones_when_there_are_no_events(void **state)
{
	struct bench *bench = open_bench(&good);

	(void)state;
	agree(bench, "PCMU", false);
	bel_media_stream_set_source(bench->a.stream, NULL);
	run_for(bench, 200);
	for (const char *digit = "159"; *digit; digit++)
		assert_int_equal(bel_media_stream_send_digit(bench->a.stream, *digit),
				 BEL_OK);
	run_for(bench, 3000);
	assert_string_equal(bench->b.digits, "159");
	close_bench(bench);
}

static void protect(struct bel_offer_stream *agreed, uint8_t ours, uint8_t theirs)
{
	agreed->srtp = BEL_OFFER_SDES;
	agreed->suite = BEL_STR("AES_CM_128_HMAC_SHA1_80");
	agreed->our_key_len = agreed->their_key_len = 30;
	memset(agreed->our_key, ours, 30);
	memset(agreed->their_key, theirs, 30);
}

static void protected_sound_is_heard_by_who_has_the_key(void **state)
{
	struct bench *bench = open_bench(&good);
	struct bel_offer_stream a = agreement("PCMU", &bench->b, true);
	struct bel_offer_stream b = agreement("PCMU", &bench->a, true);

	(void)state;
	protect(&a, 1, 2);
	protect(&b, 2, 1);
	assert_int_equal(bel_media_stream_configure(bench->a.stream, &a), BEL_OK);
	assert_int_equal(bel_media_stream_configure(bench->b.stream, &b), BEL_OK);
	run_for(bench, 8000);
	assert_int_equal(verdict_of(&bench->b), BEL_JUDGE_HEARD);
	assert_true(stats_of(&bench->b).is_protected);
	assert_true(stats_of(&bench->b).remote_mos > 4);
	assert_int_equal(stats_of(&bench->b).forged, 0);
	close_bench(bench);
}

static void with_another_key_nothing_is_heard(void **state)
{
	struct bench *bench = open_bench(&good);
	struct bel_offer_stream a = agreement("PCMU", &bench->b, true);
	struct bel_offer_stream b = agreement("PCMU", &bench->a, true);

	(void)state;
	protect(&a, 1, 2);
	protect(&b, 2, 3);
	assert_int_equal(bel_media_stream_configure(bench->a.stream, &a), BEL_OK);
	assert_int_equal(bel_media_stream_configure(bench->b.stream, &b), BEL_OK);
	run_for(bench, 2000);
	assert_int_equal(stats_of(&bench->b).received, 0);
	assert_true(stats_of(&bench->b).forged > 90);
	assert_int_equal(verdict_of(&bench->b), BEL_JUDGE_SILENCE);
	close_bench(bench);
}

/* a is behind a NAT: b was told an address that leads nowhere. */
static void packets_go_to_where_packets_come_from(void **state)
{
	struct bench *bench = open_bench(&good);
	struct bel_offer_stream a = agreement("PCMU", &bench->b, true);
	struct bel_offer_stream b = agreement("PCMU", &bench->a, true);

	(void)state;
	b.remote = bel_addr_v4(10, 0, 0, 1, 4000);
	assert_int_equal(bel_media_stream_configure(bench->a.stream, &a), BEL_OK);
	assert_int_equal(bel_media_stream_configure(bench->b.stream, &b), BEL_OK);
	run_for(bench, 3000);
	assert_int_equal(verdict_of(&bench->a), BEL_JUDGE_HEARD);
	close_bench(bench);
}

static void a_stranger_is_not_heard(void **state)
{
	struct bench *bench = open_bench(&good);
	struct end c = { 0 };
	struct bel_offer_stream third;

	(void)state;
	agree(bench, "PCMU", true);
	run_for(bench, 500);
	open_end(&c, bench->sim, 3);
	third = agreement("PCMU", &bench->b, true);
	assert_int_equal(bel_media_stream_configure(c.stream, &third), BEL_OK);
	run_for(bench, 3000);
	assert_true(stats_of(&c).sent > 140);
	assert_int_equal(stats_of(&c).received, 0);
	assert_int_equal(verdict_of(&bench->b), BEL_JUDGE_HEARD);
	close_end(&c);
	close_bench(bench);
}

static void what_cannot_be_done_is_said(void **state)
{
	struct bench *bench = open_bench(&good);
	struct bel_offer_stream a = agreement("PCMU", &bench->b, false);

	(void)state;
	a.sends[0].name = a.receives[0].name = BEL_STR("G729");
	assert_int_equal(bel_media_stream_configure(bench->a.stream, &a),
			 BEL_ERR_UNSUPPORTED);
	run_for(bench, 1000);
	assert_int_equal(stats_of(&bench->a).sent, 0);
	assert_int_equal(bel_media_stream_send_digit(bench->a.stream, '1'),
			 BEL_ERR_CLOSED);
	close_bench(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tone_is_heard_through_every_codec),
		cmocka_unit_test(a_clean_call_has_a_mos_above_four),
		cmocka_unit_test(loss_is_concealed_and_told),
		cmocka_unit_test(what_is_said_comes_back),
		cmocka_unit_test(nothing_is_sent_while_on_hold),
		cmocka_unit_test(digits_are_events),
		cmocka_unit_test(digits_are_tones_when_there_are_no_events),
		cmocka_unit_test(protected_sound_is_heard_by_who_has_the_key),
		cmocka_unit_test(with_another_key_nothing_is_heard),
		cmocka_unit_test(packets_go_to_where_packets_come_from),
		cmocka_unit_test(a_stranger_is_not_heard),
		cmocka_unit_test(what_cannot_be_done_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
