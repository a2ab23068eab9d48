/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/time.h>

#include "support/fast_sim.h"
#include "support/relayed.h"
#include "support/support.h"

#include "rtp/rtp.h"

static const struct bel_audio_format narrow = { 8000, 1 };
static const double tones_hz[BEL_RELAY_SIDES] = { 440, 1000 };

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

/* ---- a side ---- */

static void write_fingerprint(struct relayed_side *side)
{
	struct bel_writer text = bel_writer_init(side->fingerprint,
						 sizeof side->fingerprint - 1);
	struct bel_dtls_fingerprint digest;

	assert_int_equal(bel_dtls_fingerprint(&digest, side->dtls, BEL_STR("sha-256")),
			 BEL_OK);
	bel_write_lit(&text, "sha-256");
	for (size_t i = 0; i < digest.len; i++)
		bel_write_format(&text, "%c%02X", i ? ':' : ' ', digest.bytes[i]);
}

static void open_sound(struct relayed *relayed, unsigned index, bool has_ice)
{
	struct relayed_side *side = &relayed->sides[index];
	struct bel_tone_opts tone = { .format = narrow,
				      .parts = { { tones_hz[index], -10 } },
				      .parts_count = 1 };
	struct bel_judge_opts judge = { .tone_hz = tones_hz[!index] };
	struct bel_media_stream_opts opts = { .libs = relayed->libs,
					      .loop = side->loop,
					      .local = side->ip,
					      .dtls = side->dtls,
					      .has_ice = has_ice,
					      .offers_ice = has_ice };

	assert_int_equal(bel_tone_open(&side->source, &tone), BEL_OK);
	assert_int_equal(bel_judge_open(&side->judge, &judge), BEL_OK);
	assert_int_equal(bel_media_stream_open(&side->stream, &opts), BEL_OK);
	assert_int_equal(bel_media_stream_bind(side->stream), BEL_OK);
	bel_media_stream_set_source(side->stream, side->source);
	bel_media_stream_set_sink(side->stream, bel_judge_port(side->judge));
}

/* 2001:db8::NUMBER */
static bel_addr six(uint8_t number)
{
	bel_addr addr = { .family = 6, .ip = { 0x20, 0x01, 0x0d, 0xb8 } };

	addr.ip[15] = number;
	return addr;
}

static void open_side(struct relayed *relayed, unsigned index,
		      const struct relayed_how *how)
{
	struct relayed_side *side = &relayed->sides[index];
	uint8_t number = (uint8_t)(index + 1);
	bool is_hidden = how->nat[index] != BEL_NAT_NONE;
	bel_addr outer = how->is_six[index] ? six(number)
					    : bel_addr_v4(198, 51, 100, number, 0);

	side->ip = is_hidden ? bel_addr_v4(10, 0, number, 1, 0) : outer;
	side->signal = outer;
	side->node = bel_sim_node_new(relayed->sim, index ? "b" : "a", &side->ip);
	if (is_hidden)
		assert_int_equal(bel_sim_node_nat(side->node, how->nat[index], &outer, 0),
				 BEL_OK);
	assert_int_equal(bel_sim_loop(&side->loop, side->node), BEL_OK);
	assert_int_equal(bel_dtls_context_self_signed(&side->dtls), BEL_OK);
	write_fingerprint(side);
	bel_arena_init(&side->arena, NULL, 0, 1 << 20);
	bel_offer_init(&side->offer, &side->arena);
	side->srtp = how->srtp[index];
	side->has_mux = how->has_mux[index];
	side->direction = BEL_SDP_SENDRECV;
	open_sound(relayed, index, how->has_ice[index]);
}

static void close_side(struct relayed_side *side)
{
	bel_media_stream_close(side->stream);
	bel_audio_close(side->source);
	bel_audio_close(bel_judge_port(side->judge));
	bel_dtls_context_unref(side->dtls);
	bel_arena_fini(&side->arena);
	bel_loop_close(side->loop);
}

/* ---- all of it ---- */

static void on_event(void *user, const struct bel_relay_event *event)
{
	struct relayed *relayed = user;

	if (relayed->events_count < RELAYED_EVENTS_MAX)
		relayed->events[relayed->events_count++] = *event;
}

static void on_keep(void *user, bel_str record, uint32_t *place)
{
	struct relayed *relayed = user;

	assert_true(record.len <= sizeof relayed->record);
	memcpy(relayed->record, record.ptr, record.len);
	relayed->record_len = record.len;
	*place = 1;
}

static void on_forget(void *user, uint32_t place)
{
	assert_int_equal(place, 1);
	((struct relayed *)user)->record_len = 0;
}

static const struct bel_relay_port port = { .on_event = on_event,
					    .on_keep = on_keep,
					    .on_forget = on_forget };

static void on_packet(void *user, const struct bel_sim_packet *packet)
{
	struct relayed *relayed = user;
	struct bel_rtp_packet rtp;

	/* As it would be without a tag. */
	if (bel_rtp_kind(packet->bytes) == BEL_RTP_KIND_RTP &&
	    !bel_rtp_parse(&rtp, packet->bytes) && rtp.payload.len == 160)
		relayed->clear++;
}

static void open_empty_relay(struct relayed *relayed)
{
	struct bel_relay_opts opts = { .port_min = 40000,
				       .port_max = 40099,
				       .silent_ms = 3000,
				       .timeout_ms = 60000,
				       .port = &port,
				       .loop = relayed->loop,
				       .ports = relayed->ports,
				       .dtls = relayed->dtls,
				       .fast = relayed->fast,
				       .user = relayed };

	assert_int_equal(bel_relay_open(&relayed->relay, &opts), BEL_OK);
}

static void open_fast(struct relayed *relayed)
{
	const char *wanted = getenv("BELFRY_FAST");

	if (wanted && !strcmp(wanted, "sim"))
		assert_int_equal(
			fast_sim_open(&relayed->fast, relayed->sim, relayed->node),
			BEL_OK);
}

static void open_relay(struct relayed *relayed)
{
	bel_addr ip = bel_addr_v4(203, 0, 113, 9, 0), ip6 = six(9);
	struct bel_relay_place places[BEL_RELAY_SIDES];

	relayed->node = bel_sim_node_new(relayed->sim, "relay", &ip);
	assert_int_equal(bel_sim_node_add(relayed->node, &ip6), BEL_OK);
	assert_int_equal(bel_sim_loop(&relayed->loop, relayed->node), BEL_OK);
	assert_int_equal(bel_dtls_context_self_signed(&relayed->dtls), BEL_OK);
	relayed->ports = calloc(1, sizeof *relayed->ports);
	assert_non_null(relayed->ports);
	open_fast(relayed);
	open_empty_relay(relayed);
	for (unsigned i = 0; i < BEL_RELAY_SIDES; i++) {
		const struct relayed_side *side = &relayed->sides[i];
		const bel_addr *own = side->ip.family == 6 ? &ip6 : &ip;
		places[i] = (struct bel_relay_place){ *own, *own, side->signal };
	}
	assert_int_equal(
		bel_relay_new(&relayed->call, relayed->relay,
			      &(struct bel_relay_names){ BEL_STR("call@a"), BEL_STR("a"),
							 BEL_STR("b") },
			      places),
		BEL_OK);
}

struct relayed *relayed_open(const struct relayed_how *how)
{
	const struct bel_sim_net fine = { .delay_min_ms = 5, .delay_max_ms = 5 };
	struct relayed *relayed = calloc(1, sizeof *relayed);

	assert_non_null(relayed);
	relayed->sim = bel_sim_new(1, &fine);
	clock_of = relayed->sim;
	bel_sim_on_packet(relayed->sim, on_packet, relayed);
	assert_int_equal(bel_media_libs_open(&relayed->libs), BEL_OK);
	open_side(relayed, BEL_RELAY_CALLER, how);
	open_side(relayed, BEL_RELAY_CALLEE, how);
	open_relay(relayed);
	return relayed;
}

enum bel_err relayed_restart(struct relayed *relayed, unsigned after_ms)
{
	bel_relay_close(relayed->relay);
	relayed->relay = NULL;
	relayed_run_ms(relayed, after_ms);
	open_empty_relay(relayed);
	return bel_relay_restore(&relayed->call, relayed->relay,
				 (bel_str){ relayed->record, relayed->record_len });
}

void relayed_close(struct relayed *relayed)
{
	bel_relay_close(relayed->relay);
	bel_fast_close(relayed->fast);
	for (unsigned i = 0; i < BEL_RELAY_SIDES; i++)
		close_side(&relayed->sides[i]);
	/* Every port was given back. */
	for (unsigned i = 0; i < BEL_COUNT_OF(relayed->ports->bits); i++)
		assert_int_equal(relayed->ports->bits[i], 0);
	bel_dtls_context_unref(relayed->dtls);
	bel_loop_close(relayed->loop);
	bel_sim_free(relayed->sim);
	clock_of = NULL;
	bel_media_libs_close(relayed->libs);
	free(relayed->ports);
	free(relayed);
}

/* ---- descriptions ---- */

/* Empty: there is none. */
static bool parse(struct bel_sdp *out, bel_str text, struct bel_arena *arena)
{
	struct bel_sdp_refusal why;

	bel_arena_init(arena, NULL, 0, 1 << 20);
	return text.len && bel_sdp_parse(out, text, arena, &why) == BEL_OK;
}

static bel_str lines_of(struct relayed_side *side, bel_str theirs)
{
	struct bel_path *path = bel_media_stream_path(side->stream);
	struct bel_writer lines = bel_writer_init(side->lines, sizeof side->lines);
	struct bel_arena arena;
	struct bel_sdp sdp;

	if (parse(&sdp, theirs, &arena))
		bel_path_take_offer(path, &sdp, 0);
	bel_arena_fini(&arena);
	bel_path_write(&lines, path);
	return bel_writer_str(&lines);
}

/* theirs: what it will answer. */
static struct bel_offer_local local_of(struct relayed_side *side, bel_str theirs)
{
	struct bel_offer_local local = { .session_id = 1, .streams_count = 1 };
	struct bel_offer_local_stream *stream = &local.streams[0];

	stream->kind = BEL_STR("audio");
	stream->addr = bel_path_address(bel_media_stream_path(side->stream),
					BEL_PATH_RTP);
	stream->rtcp = bel_path_address(bel_media_stream_path(side->stream),
					BEL_PATH_RTCP);
	stream->direction = side->direction;
	stream->lines = lines_of(side, theirs);
	stream->codecs[0] = (struct bel_sdp_codec){ .channels = 1,
						    .clock_hz = 8000,
						    .name = BEL_STR("PCMU") };
	stream->codecs_count = 1;
	stream->srtp = side->srtp;
	stream->accepts_plain = side->is_tolerant || side->srtp == BEL_OFFER_PLAIN;
	stream->accepts_srtp = side->is_tolerant || side->srtp != BEL_OFFER_PLAIN;
	stream->has_mux = side->has_mux;
	if (side->is_tolerant || side->srtp == BEL_OFFER_DTLS)
		stream->fingerprint = bel_str_from(side->fingerprint);
	if (side->is_tolerant || side->srtp == BEL_OFFER_SDES) {
		stream->cryptos[0].suite = BEL_STR("AES_CM_128_HMAC_SHA1_80");
		stream->cryptos[0].key_len = 30;
		memset(stream->cryptos[0].key, side->ip.ip[15] + 1, 30);
		stream->cryptos_count = 1;
	}
	return local;
}

static void configure(struct relayed_side *side)
{
	unsigned count;
	const struct bel_offer_stream *agreed = bel_offer_agreed(&side->offer, &count);

	assert_true(count == 1);
	struct bel_arena arena;
	struct bel_sdp sdp;
	bool is_read = parse(&sdp, agreed->description, &arena);
	bel_path_agree(bel_media_stream_path(side->stream),
		       &(struct bel_path_agreed){ .theirs = is_read ? &sdp : NULL,
						  .has_mux = agreed->has_mux,
						  .remote = agreed->remote,
						  .remote_rtcp = agreed->remote_rtcp });
	bel_arena_fini(&arena);
	(void)bel_media_stream_configure(side->stream, agreed);
}

enum bel_err relayed_offer(struct relayed *relayed, enum bel_relay_side from)
{
	struct relayed_side *side = &relayed->sides[from];
	struct bel_offer_local local = local_of(side, BEL_STR_NONE);
	char text[RELAYED_SDP_BYTES];
	struct bel_writer offer = bel_writer_init(text, sizeof text);
	struct bel_writer carried = bel_writer_init(relayed->sdp, sizeof relayed->sdp);
	enum bel_err err;

	if (side->offer.state == BEL_OFFER_OURS)
		bel_offer_roll_back(&side->offer);
	assert_int_equal(bel_offer_write_offer(&offer, &side->offer, &local), BEL_OK);
	err = bel_relay_offer(&carried, relayed->relay, relayed->call, from,
			      bel_writer_str(&offer), NULL);
	relayed->sdp_len = carried.len;
	return err;
}

bool relayed_can_answer(struct relayed *relayed, enum bel_relay_side index)
{
	struct relayed_side *side = &relayed->sides[index];
	struct bel_offer_local local = local_of(
		side, (bel_str){ relayed->sdp, relayed->sdp_len });
	char text[RELAYED_SDP_BYTES];
	struct bel_writer answer = bel_writer_init(text, sizeof text);
	struct bel_sdp_refusal why;
	enum bel_err err = bel_offer_take_offer(
		&side->offer, (bel_str){ relayed->sdp, relayed->sdp_len }, &why);

	assert_int_equal(err, BEL_OK);
	err = bel_offer_write_answer(&answer, &side->offer, &local);
	if (err) {
		bel_offer_roll_back(&side->offer);
		return false;
	}
	configure(side);
	memcpy(relayed->sdp, text, answer.len);
	relayed->sdp_len = answer.len;
	return true;
}

enum bel_err relayed_answer(struct relayed *relayed, enum bel_relay_side from)
{
	struct relayed_side *offerer = &relayed->sides[bel_relay_other(from)];
	char text[RELAYED_SDP_BYTES];
	struct bel_writer carried = bel_writer_init(text, sizeof text);
	struct bel_sdp_refusal why;
	enum bel_err err = bel_relay_answer(&carried, relayed->relay, relayed->call, from,
					    (bel_str){ relayed->sdp, relayed->sdp_len },
					    NULL);

	if (err)
		return err;
	memcpy(relayed->sdp, text, carried.len);
	relayed->sdp_len = carried.len;
	err = bel_offer_take_answer(&offerer->offer, bel_writer_str(&carried), &why);
	if (!err)
		configure(offerer);
	return err;
}

void relayed_connect(struct relayed *relayed)
{
	assert_int_equal(relayed_offer(relayed, BEL_RELAY_CALLER), BEL_OK);
	while (!relayed_can_answer(relayed, BEL_RELAY_CALLEE)) {
		assert_true(bel_relay_offer_next(relayed->relay, relayed->call));
		assert_int_equal(relayed_offer(relayed, BEL_RELAY_CALLER), BEL_OK);
	}
	assert_int_equal(relayed_answer(relayed, BEL_RELAY_CALLEE), BEL_OK);
}

/* ---- what came of it ---- */

void relayed_run_ms(struct relayed *relayed, unsigned ms)
{
	bel_sim_run(relayed->sim, bel_sim_now_ms(relayed->sim) + ms);
}

bool relayed_hears(const struct relayed *relayed, enum bel_relay_side side)
{
	struct bel_judge_result result;

	bel_judge_result(&result, relayed->sides[side].judge);
	return result.verdict == BEL_JUDGE_HEARD;
}

struct found {
	enum bel_relay_side side;
	struct bel_relay_leg leg;
};

static void on_leg(void *user, const struct bel_relay_leg *leg)
{
	struct found *found = user;

	if (leg->side == found->side && leg->stream == 0)
		found->leg = *leg;
}

struct bel_relay_leg relayed_leg(const struct relayed *relayed, enum bel_relay_side side)
{
	struct found found = { .side = side };
	struct bel_relay_report report;

	assert_true(
		bel_relay_report(&report, relayed->relay, relayed->call, on_leg, &found));
	return found.leg;
}

unsigned relayed_count(const struct relayed *relayed, enum bel_relay_news news)
{
	unsigned count = 0;

	for (unsigned i = 0; i < relayed->events_count; i++)
		count += relayed->events[i].news == news;
	return count;
}
