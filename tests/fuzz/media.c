/* SPDX-License-Identifier: Apache-2.0
 * Payloads of any bytes for every decoder, and a stream that gets packets, reports, time
 * and new agreements in any order. The first byte chooses. */
#include <stdlib.h>

#include "io/sim.h"
#include "media/media.h"
#include "rtp/rtp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Once for all inputs. */
static struct bel_media_libs *libs;
static struct bel_dtls_context *dtls;

static void require(bool is_true)
{
	if (!is_true)
		abort();
}

static uint8_t take(struct bel_cursor *cursor)
{
	uint8_t byte = 0;

	bel_cursor_be8(&byte, cursor);
	return byte;
}

/* Up to 255 bytes by a length before them, in a block of their own. */
static bel_str take_piece(struct bel_cursor *cursor, char **block)
{
	size_t len = take(cursor), left = bel_cursor_left(cursor);
	bel_str piece = BEL_STR_NONE;

	bel_cursor_bytes(&piece, cursor, len < left ? len : left);
	*block = malloc(piece.len ? piece.len : 1);
	require(*block);
	if (piece.len)
		memcpy(*block, piece.ptr, piece.len);
	piece.ptr = *block;
	return piece;
}

/* ---- decoders ---- */

static void decode(struct bel_cursor *cursor)
{
	unsigned codecs_count;
	const struct bel_codec *codecs = bel_codecs(&codecs_count);
	struct bel_coder_opts opts = { .codec = &codecs[take(cursor) % codecs_count],
				       .libs = libs,
				       .has_decoder = true };
	size_t room = BEL_AUDIO_FRAME_MAX;
	struct bel_coder *coder;
	int16_t *samples;

	opts.channels = take(cursor) % 3;
	if (bel_coder_open(&coder, &opts))
		return;
	samples = malloc(room * sizeof *samples);
	require(samples);
	while (!bel_cursor_is_end(cursor)) {
		unsigned most = (unsigned)room / bel_coder_format(coder)->channels;
		unsigned count = take(cursor) % 8 == 0 ? 100 : most, got = count;
		bool is_missing = take(cursor) % 4 == 0;
		char *block;
		bel_str piece = take_piece(cursor, &block);

		if (is_missing)
			bel_coder_conceal(samples, 960 % (count + 1), coder, piece);
		else if (bel_coder_decode(samples, &got, coder, piece) == BEL_OK)
			require(got <= count);
		free(block);
	}
	free(samples);
	bel_coder_close(coder);
}

/* ---- a stream ---- */

enum { PEERS = 2, PORT = 4000 };

static const struct {
	const char *name;
	uint32_t clock_hz;
	uint8_t payload, channels;
} agreed_codecs[] = {
	{ "PCMU", 8000, 0, 1 },  { "opus", 48000, 96, 2 },
	{ "G722", 8000, 9, 1 },  { "telephone-event", 8000, 101, 1 },
	{ "GSM", 8000, 3, 1 },   { "CN", 8000, 13, 1 },
	{ "L16", 44100, 10, 2 }, { "PCMA", 8000, 8, 1 },
};

struct world {
	struct bel_sim *sim;
	struct bel_loop *loop, *peer_loops[PEERS];
	struct bel_udp *peers[PEERS];
	struct bel_media_stream *stream;
	struct bel_audio_port *tone, *nowhere;
	uint16_t seq;
	uint32_t timestamp;
};

static void on_digit(void *user, char digit)
{
	(void)user;
	require(bel_str_find(BEL_STR("0123456789*#ABCD!"), digit) < 17);
}

static const struct bel_media_stream_port port = { .on_digit = on_digit };

static bel_addr peer_ip(unsigned number)
{
	return bel_addr_v4(192, 0, 2, (uint8_t)(1 + number), 0);
}

/* The list from some place on: every codec comes first once. */
static void agree(struct world *world, struct bel_cursor *cursor)
{
	unsigned count = BEL_COUNT_OF(agreed_codecs), first = take(cursor);
	uint8_t bits = take(cursor), ptime_ms = take(cursor);
	bool is_keyed = (ptime_ms & 0xe0) == 0xe0;
	struct bel_offer_stream agreed = {
		.remote = peer_ip(bits & 1),
		.remote_rtcp = peer_ip(0),
		.direction = (enum bel_sdp_direction)(bits >> 1 & 3),
		.is_held = (bits & 0x18) == 0x18,
		.has_mux = bits & 0x20,
		.is_rejected = (bits & 0xc0) == 0xc0,
		.ptime_ms = ptime_ms,
		.srtp = is_keyed ? BEL_OFFER_DTLS : BEL_OFFER_PLAIN,
		.fingerprint = BEL_STR("sha-256 AB:CD"),
		.setup = ptime_ms & 1 ? BEL_OFFER_ACTIVE : BEL_OFFER_PASSIVE,
		.sends_count = count,
		.receives_count = count,
	};

	agreed.remote.port = PORT;
	agreed.remote_rtcp.port = PORT + 1;
	for (unsigned i = 0; i < count; i++) {
		unsigned at = (first + i) % count;
		agreed.sends[i] = agreed.receives[i] = (struct bel_sdp_codec){
			.payload = agreed_codecs[at].payload,
			.channels = agreed_codecs[at].channels,
			.clock_hz = agreed_codecs[at].clock_hz,
			.name = bel_str_from(agreed_codecs[at].name),
		};
	}
	require(bel_media_stream_configure(world->stream, &agreed) == BEL_OK);
}

static void ignore(void *user, struct bel_udp *udp, struct bel_datagram *datagrams,
		   unsigned count)
{
	(void)user;
	(void)udp;
	(void)datagrams;
	(void)count;
}

static void open_peer(struct world *world, unsigned number)
{
	bel_addr ip = peer_ip(number);
	struct bel_udp_opts opts = { .local = ip, .on_datagrams = ignore };
	struct bel_sim_node *node = bel_sim_node_new(world->sim, "a", &ip);

	opts.local.port = PORT;
	require(node && !bel_sim_loop(&world->peer_loops[number], node) &&
		!bel_udp_open(&world->peers[number], world->peer_loops[number], &opts));
}

static void open_world(struct world *world, struct bel_cursor *cursor)
{
	static const struct bel_sim_net net = { .delay_min_ms = 1, .delay_max_ms = 1 };
	struct bel_audio_format format = { 16000, 1 };
	struct bel_tone_opts tone = { .format = format,
				      .parts = { { 440, -10 } },
				      .parts_count = 1 };
	bel_addr ip = bel_addr_v4(192, 0, 2, 9, 0);
	uint8_t bits = take(cursor);
	struct bel_media_stream_opts opts = {
		.libs = libs, .dtls = dtls, .local = ip, .port = &port
	};

	world->sim = bel_sim_new(bits, &net);
	require(world->sim &&
		!bel_sim_loop(&world->loop, bel_sim_node_new(world->sim, "b", &ip)));
	open_peer(world, 0);
	open_peer(world, 1);
	require(!bel_tone_open(&world->tone, &tone));
	require(!bel_null_open(&world->nowhere, &format));
	opts.loop = world->loop;
	require(!bel_media_stream_open(&world->stream, &opts));
	require(!bel_media_stream_bind(world->stream));
	bel_media_stream_set_source(world->stream, world->tone);
	bel_media_stream_set_sink(world->stream, world->nowhere);
	bel_media_stream_set_echo(world->stream, bits & 1);
}

static void close_world(struct world *world)
{
	bel_media_stream_close(world->stream);
	bel_audio_close(world->tone);
	bel_audio_close(world->nowhere);
	for (unsigned i = 0; i < PEERS; i++) {
		bel_udp_close(world->peers[i]);
		bel_loop_close(world->peer_loops[i]);
	}
	bel_loop_close(world->loop);
	bel_sim_free(world->sim);
}

static void run_ms(struct world *world, unsigned ms)
{
	bel_sim_run(world->sim, bel_sim_now_ms(world->sim) + ms);
}

static void give(struct world *world, bel_str bytes, unsigned from, bool to_rtcp)
{
	bel_addr to = to_rtcp ? bel_path_address(bel_media_stream_path(world->stream),
						 BEL_PATH_RTCP)
			      : bel_path_address(bel_media_stream_path(world->stream),
						 BEL_PATH_RTP);

	bel_udp_send(world->peers[from % PEERS], &to, NULL, bytes);
	run_ms(world, 3);
}

/* Packets that fit more often than by chance. */
static void give_rtp(struct world *world, bel_str payload, uint8_t bits)
{
	unsigned at = bits % BEL_COUNT_OF(agreed_codecs);
	struct bel_rtp_packet packet = { .ssrc = 1U + (bits >> 7),
					 .seq = world->seq,
					 .timestamp = world->timestamp,
					 .payload_type = agreed_codecs[at].payload,
					 .is_marked = bits & 0x40,
					 .payload = payload };
	char buf[512];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	require(!bel_rtp_write(&writer, &packet));
	world->seq = (uint16_t)(world->seq + 1 + (bits >> 4 & 3));
	world->timestamp += agreed_codecs[at].clock_hz / 50 * (1 + (bits >> 4 & 3));
	give(world, bel_writer_str(&writer), bits >> 7, false);
}

static void check(const struct world *world)
{
	struct bel_media_stats stats;

	bel_media_stream_stats(&stats, world->stream);
	require(stats.mos <= 4.5 && stats.remote_loss <= 1);
}

static void act(struct world *world, struct bel_cursor *cursor)
{
	uint8_t action = take(cursor), bits = take(cursor);
	char *block;
	bel_str piece = take_piece(cursor, &block);

	switch (action % 8) {
	case 0:
		give(world, piece, bits, bits & 2);
		break;
	case 1:
	case 2:
	case 3:
		give_rtp(world, piece, bits);
		break;
	case 4:
	case 5:
		run_ms(world, bits);
		break;
	case 6:
		agree(world, cursor);
		break;
	default:
		bel_media_stream_send_digit(world->stream, piece.len ? piece.ptr[0] : 0);
		break;
	}
	free(block);
	check(world);
}

static void stream(struct bel_cursor *cursor)
{
	struct world world = { .seq = 100 };

	open_world(&world, cursor);
	agree(&world, cursor);
	for (unsigned i = 0; i < 200 && !bel_cursor_is_end(cursor); i++)
		act(&world, cursor);
	close_world(&world);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bel_cursor cursor = bel_cursor_init((bel_str){ (const char *)data, size });

	if (!libs)
		require(!bel_media_libs_open(&libs) &&
			!bel_dtls_context_self_signed(&dtls));
	if (take(&cursor) % 2 == 0)
		decode(&cursor);
	else
		stream(&cursor);
	return 0;
}
