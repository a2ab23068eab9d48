/* SPDX-License-Identifier: Apache-2.0
 * Two lines that come to an agreement through their descriptions, as calls make them. */
#include "support/support.h"

#include "agent/line.h"
#include "io/sim.h"
#include "rtp/rtp.h"

enum { BODY_BYTES = 4096, TALK_MS = 3000 };

struct end {
	struct bel_loop *loop;
	struct bel_dtls_context *dtls;
	struct bel_line *line;
	struct bel_audio_port *tone;
	struct bel_judge *judge;
	struct bel_arena arena;
	struct bel_offer offer;
	char body[BODY_BYTES];
	bel_str description;
};

struct bench {
	struct bel_sim *sim;
	struct bel_media_libs *libs;
	struct end a, b;
	unsigned clear; /* packets of RTP without protection */
};

static void on_packet(void *user, const struct bel_sim_packet *packet)
{
	struct bench *bench = user;
	struct bel_rtp_packet rtp;

	if (bel_rtp_kind(packet->bytes) == BEL_RTP_KIND_RTP &&
	    !bel_rtp_parse(&rtp, packet->bytes) && rtp.payload.len == 160)
		bench->clear++;
}

static void listen(struct end *end)
{
	struct bel_judge *before = end->judge;

	assert_int_equal(
		bel_judge_open(&end->judge, &(struct bel_judge_opts){ .tone_hz = 440 }),
		BEL_OK);
	bel_media_stream_set_sink(bel_line_stream(end->line), bel_judge_port(end->judge));
	if (before)
		bel_audio_close(bel_judge_port(before));
}

static void open_end(struct bench *bench, struct end *end, uint8_t host,
		     enum bel_line_srtp srtp, bool has_dtls)
{
	static const char *const codecs[] = { "PCMU", NULL };
	const struct bel_tone_opts tone = { .format = { 8000, 1 },
					    .parts = { { 440, -10 } },
					    .parts_count = 1 };
	struct bel_line_opts opts = { .libs = bench->libs,
				      .local = bel_addr_v4(192, 0, 2, host, 0),
				      .codecs = codecs,
				      .srtp = srtp };

	assert_int_equal(bel_sim_loop(&end->loop,
				      bel_sim_node_new(bench->sim, "end", &opts.local)),
			 BEL_OK);
	if (has_dtls)
		assert_int_equal(bel_dtls_context_self_signed(&end->dtls), BEL_OK);
	opts.loop = end->loop;
	opts.dtls = end->dtls;
	assert_int_equal(bel_line_open(&end->line, &opts), BEL_OK);
	assert_int_equal(bel_tone_open(&end->tone, &tone), BEL_OK);
	bel_media_stream_set_source(bel_line_stream(end->line), end->tone);
	listen(end);
	bel_arena_init(&end->arena, NULL, 0, 1 << 20);
	bel_offer_init(&end->offer, &end->arena);
}

/* a wants this; b has a certificate or none, and wants nothing. */
static struct bench *open_bench(enum bel_line_srtp srtp, bool b_has_dtls)
{
	static const struct bel_sim_net net = { .delay_min_ms = 5, .delay_max_ms = 5 };
	struct bench *bench = calloc(1, sizeof *bench);

	assert_non_null(bench);
	bench->sim = bel_sim_new(1, &net);
	bel_sim_on_packet(bench->sim, on_packet, bench);
	assert_int_equal(bel_media_libs_open(&bench->libs), BEL_OK);
	open_end(bench, &bench->a, 1, srtp, true);
	open_end(bench, &bench->b, 2, BEL_LINE_SRTP_NONE, b_has_dtls);
	return bench;
}

static void close_end(struct end *end)
{
	bel_line_close(end->line);
	bel_dtls_context_unref(end->dtls);
	bel_audio_close(end->tone);
	bel_audio_close(bel_judge_port(end->judge));
	bel_arena_fini(&end->arena);
	bel_loop_close(end->loop);
}

static void close_bench(struct bench *bench)
{
	close_end(&bench->a);
	close_end(&bench->b);
	bel_sim_free(bench->sim);
	bel_media_libs_close(bench->libs);
	free(bench);
}

typedef enum bel_err write_description(struct bel_writer *writer, struct bel_offer *offer,
				       const struct bel_offer_local *local);

static enum bel_err say(struct end *end, write_description *write)
{
	struct bel_writer writer = bel_writer_init(end->body, sizeof end->body);
	struct bel_offer_local local = {
		.session_id = 7,
		.is_quiet = end->offer.state == BEL_OFFER_THEIRS && end->offer.is_quiet,
	};
	enum bel_err err;

	assert_int_equal(bel_line_describe(end->line, &local), BEL_OK);
	err = write(&writer, &end->offer, &local);
	end->description = bel_writer_str(&writer);
	return err;
}

static void apply(struct end *end)
{
	unsigned count;
	const struct bel_offer_stream *streams = bel_offer_agreed(&end->offer, &count);

	bel_line_apply(end->line, streams, count);
}

static enum bel_err exchange(struct end *offerer, struct end *answerer)
{
	struct bel_sdp_refusal why;
	enum bel_err err;

	assert_int_equal(say(offerer, bel_offer_write_offer), BEL_OK);
	assert_int_equal(
		bel_offer_take_offer(&answerer->offer, offerer->description, &why),
		BEL_OK);
	err = say(answerer, bel_offer_write_answer);
	if (err)
		return err;
	apply(answerer);
	assert_int_equal(
		bel_offer_take_answer(&offerer->offer, answerer->description, &why),
		BEL_OK);
	apply(offerer);
	return BEL_OK;
}

static void run_ms(struct bench *bench, unsigned ms)
{
	bel_sim_run(bench->sim, bel_sim_now_ms(bench->sim) + ms);
}

static bool is_heard(const struct end *end)
{
	struct bel_judge_result result;

	bel_judge_result(&result, end->judge);
	return result.verdict == BEL_JUDGE_HEARD;
}

static bool says(const struct end *end, const char *text)
{
	bel_str wanted = bel_str_from(text);

	return memmem(end->description.ptr, end->description.len, wanted.ptr, wanted.len);
}

static void who_demands_dtls_is_heard_under_keys_that_no_message_had(void **state)
{
	struct bench *bench = open_bench(BEL_LINE_SRTP_DTLS, true);

	(void)state;
	assert_int_equal(exchange(&bench->a, &bench->b), BEL_OK);
	assert_true(says(&bench->a, "m=audio ") &&
		    says(&bench->a, " UDP/TLS/RTP/SAVP 0"));
	assert_true(says(&bench->a, "a=fingerprint:sha-256 "));
	assert_true(says(&bench->a, "a=setup:actpass\r\n"));
	assert_false(says(&bench->a, "a=crypto"));
	assert_true(says(&bench->b, "a=setup:active\r\n"));
	assert_false(says(&bench->b, "a=crypto"));
	run_ms(bench, TALK_MS);
	assert_true(is_heard(&bench->a) && is_heard(&bench->b));
	assert_int_equal(bench->clear, 0);
	close_bench(bench);
}

/* Held and taken back by the one who was called: it goes on under the same keys. */
static void a_call_under_dtls_goes_on_after_another_offer(void **state)
{
	struct bench *bench = open_bench(BEL_LINE_SRTP_DTLS, true);
	struct bel_media_stats stats;

	(void)state;
	assert_int_equal(exchange(&bench->a, &bench->b), BEL_OK);
	run_ms(bench, TALK_MS);
	bel_line_set_direction(bench->b.line, BEL_SDP_SENDONLY);
	assert_int_equal(exchange(&bench->b, &bench->a), BEL_OK);
	assert_true(bel_line_is_held(bench->a.line));
	assert_true(says(&bench->a, "a=setup:passive\r\n"));
	bel_line_set_direction(bench->b.line, BEL_SDP_SENDRECV);
	assert_int_equal(exchange(&bench->b, &bench->a), BEL_OK);
	run_ms(bench, TALK_MS);
	bel_media_stream_stats(&stats, bel_line_stream(bench->a.line));
	assert_true(stats.is_protected);
	assert_int_equal(stats.forged + stats.early, 0);
	assert_true(stats.received > 290);
	assert_int_equal(bench->clear, 0);
	close_bench(bench);
}

static void without_a_certificate_an_offer_of_dtls_is_refused(void **state)
{
	struct bench *bench = open_bench(BEL_LINE_SRTP_DTLS, false);

	(void)state;
	assert_int_equal(exchange(&bench->a, &bench->b), BEL_ERR_UNSUPPORTED);
	close_bench(bench);
}

static void who_demands_dtls_needs_a_certificate(void **state)
{
	struct bench *bench = open_bench(BEL_LINE_SRTP_NONE, false);
	struct bel_line_opts opts = { .loop = bench->a.loop,
				      .libs = bench->libs,
				      .local = bel_addr_v4(192, 0, 2, 1, 0),
				      .srtp = BEL_LINE_SRTP_DTLS };
	struct bel_line *line;

	(void)state;
	assert_int_equal(bel_line_open(&line, &opts), BEL_ERR_UNSUPPORTED);
	close_bench(bench);
}

static void the_other_ways_are_as_before(void **state)
{
	static const enum bel_line_srtp ways[] = { BEL_LINE_SRTP_NONE,
						   BEL_LINE_SRTP_PREFER,
						   BEL_LINE_SRTP_SDES };

	(void)state;
	for (unsigned i = 0; i < BEL_COUNT_OF(ways); i++) {
		struct bench *bench = open_bench(ways[i], true);
		assert_int_equal(exchange(&bench->a, &bench->b), BEL_OK);
		assert_false(says(&bench->a, "a=fingerprint"));
		assert_true(says(&bench->b, "a=crypto") == (i > 0));
		run_ms(bench, TALK_MS);
		assert_true(is_heard(&bench->a) && is_heard(&bench->b));
		assert_true(bench->clear == 0 || i == 0);
		close_bench(bench);
	}
}

static bool has_sockets(const struct end *end)
{
	return bel_path_address(bel_media_stream_path(bel_line_stream(end->line)),
				BEL_PATH_RTP)
		.family;
}

static void who_is_offered_silence_takes_no_ports(void **state)
{
	struct bench *bench = open_bench(BEL_LINE_SRTP_NONE, false);

	(void)state;
	bel_line_set_direction(bench->a.line, BEL_SDP_INACTIVE);
	assert_int_equal(exchange(&bench->a, &bench->b), BEL_OK);
	assert_true(says(&bench->b, "m=audio 9 RTP/AVP 0"));
	assert_true(says(&bench->b, "a=inactive\r\n"));
	assert_true(has_sockets(&bench->a));
	assert_false(has_sockets(&bench->b));
	run_ms(bench, TALK_MS);
	/* And then they talk after all, whoever begins. */
	bel_line_set_direction(bench->a.line, BEL_SDP_SENDRECV);
	assert_int_equal(exchange(&bench->a, &bench->b), BEL_OK);
	assert_true(has_sockets(&bench->b));
	run_ms(bench, TALK_MS);
	assert_true(is_heard(&bench->a) && is_heard(&bench->b));
	close_bench(bench);
}

/* The timestamps of silence are not caught up with: nothing is late afterwards. */
static void after_a_long_hold_everything_is_heard_at_once(void **state)
{
	enum { HOLD_MS = 600 * 1000 };
	struct bench *bench = open_bench(BEL_LINE_SRTP_NONE, false);
	struct bel_media_stats before, after;

	(void)state;
	assert_int_equal(exchange(&bench->a, &bench->b), BEL_OK);
	run_ms(bench, TALK_MS);
	bel_line_set_direction(bench->a.line, BEL_SDP_INACTIVE);
	assert_int_equal(exchange(&bench->a, &bench->b), BEL_OK);
	run_ms(bench, HOLD_MS);
	bel_media_stream_stats(&before, bel_line_stream(bench->b.line));
	listen(&bench->a);
	listen(&bench->b);
	bel_line_set_direction(bench->a.line, BEL_SDP_SENDRECV);
	assert_int_equal(exchange(&bench->a, &bench->b), BEL_OK);
	run_ms(bench, TALK_MS);
	bel_media_stream_stats(&after, bel_line_stream(bench->b.line));
	assert_in_range(after.received - before.received, 148, 152);
	assert_int_equal(after.lost, 0);
	assert_true(after.mos > 4.2);
	assert_true(is_heard(&bench->a) && is_heard(&bench->b));
	close_bench(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			who_demands_dtls_is_heard_under_keys_that_no_message_had),
		cmocka_unit_test(a_call_under_dtls_goes_on_after_another_offer),
		cmocka_unit_test(without_a_certificate_an_offer_of_dtls_is_refused),
		cmocka_unit_test(who_demands_dtls_needs_a_certificate),
		cmocka_unit_test(the_other_ways_are_as_before),
		cmocka_unit_test(who_is_offered_silence_takes_no_ports),
		cmocka_unit_test(after_a_long_hold_everything_is_heard_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
