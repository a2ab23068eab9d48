/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "support/support.h"

#include "media/media.h"
#include "support/sound.h"

static int open_libs(void **state)
{
	return bel_media_libs_open((struct bel_media_libs **)state);
}

static int close_libs(void **state)
{
	bel_media_libs_close(*state);
	return 0;
}

static struct bel_coder *open_coder(void **state, bel_str name, uint32_t clock_hz)
{
	struct bel_coder_opts opts = { .codec = bel_codec_find(name, clock_hz, 0),
				       .libs = *state };
	struct bel_coder *coder = NULL;

	assert_non_null(opts.codec);
	assert_int_equal(bel_coder_open(&coder, &opts), BEL_OK);
	return coder;
}

/* RFC 3551 section 6, RFC 7587 section 7, RFC 3389 section 4. */
static void the_table_has_the_numbers_of_the_standards(void **state)
{
	const struct bel_codec *codec;
	unsigned count;

	(void)state;
	assert_string_equal(bel_codec_find_static(0)->name, "PCMU");
	assert_string_equal(bel_codec_find_static(3)->name, "GSM");
	assert_string_equal(bel_codec_find_static(8)->name, "PCMA");
	assert_string_equal(bel_codec_find_static(9)->name, "G722");
	assert_int_equal(bel_codec_find_static(10)->channels, 2);
	assert_int_equal(bel_codec_find_static(11)->channels, 1);
	assert_string_equal(bel_codec_find_static(13)->name, "CN");
	assert_null(bel_codec_find_static(BEL_CODEC_DYNAMIC));
	assert_null(bel_codec_find_static(96));

	codec = bel_codec_find(BEL_STR("g722"), 8000, 1);
	assert_int_equal(codec->rate_hz, 16000);
	codec = bel_codec_find(BEL_STR("Opus"), 48000, 2);
	assert_int_equal(codec->payload, BEL_CODEC_DYNAMIC);
	assert_null(bel_codec_find(BEL_STR("opus"), 48000, 1));
	assert_null(bel_codec_find(BEL_STR("PCMU"), 16000, 1));
	codec = bel_codec_find(BEL_STR("TELEPHONE-EVENT"), 8000, 0);
	assert_int_equal(codec->kind, BEL_CODEC_EVENTS);
	assert_string_equal(bel_codecs(&count)->name, "opus");
	assert_int_equal(count, 11);
}

static void a_frame_has_the_bytes_that_the_table_says(void **state)
{
	static int16_t samples[BEL_AUDIO_FRAME_MAX];
	static char buf[8192];
	const struct bel_codec *codecs;
	unsigned count;

	codecs = bel_codecs(&count);
	for (unsigned i = 0; i < count; i++) {
		struct bel_coder_opts opts = { .codec = &codecs[i], .libs = *state };
		struct bel_writer writer = bel_writer_init(buf, sizeof buf);
		struct bel_coder *coder = NULL;

		if (codecs[i].kind != BEL_CODEC_AUDIO) {
			assert_int_equal(bel_coder_open(&coder, &opts),
					 BEL_ERR_UNSUPPORTED);
			continue;
		}
		assert_int_equal(bel_coder_open(&coder, &opts), BEL_OK);
		unsigned frame = codecs[i].rate_hz * codecs[i].ptime_ms / 1000;
		assert_int_equal(bel_coder_encode(&writer, coder, samples, frame),
				 BEL_OK);
		if (codecs[i].frame_bytes)
			assert_int_equal(writer.len, codecs[i].frame_bytes);
		unsigned got = BEL_AUDIO_FRAME_MAX / BEL_AUDIO_CHANNELS_MAX;
		assert_int_equal(
			bel_coder_decode(samples, &got, coder, bel_writer_str(&writer)),
			BEL_OK);
		assert_int_equal(got, frame);
		bel_coder_close(coder);
	}
}

static int16_t decode_one(struct bel_coder *coder, uint8_t code)
{
	int16_t sample = 0;
	unsigned count = 1;

	assert_int_equal(bel_coder_decode(&sample, &count, coder,
					  (bel_str){ (const char *)&code, 1 }),
			 BEL_OK);
	assert_int_equal(count, 1);
	return sample;
}

static uint8_t encode_one(struct bel_coder *coder, int16_t sample)
{
	uint8_t code = 0;
	struct bel_writer writer = bel_writer_init(&code, 1);

	assert_int_equal(bel_coder_encode(&writer, coder, &sample, 1), BEL_OK);
	return code;
}

/* ITU-T G.711 tables 1a and 2a: the ends of the ranges, and zero. */
static void g711_has_the_values_of_its_tables(void **state)
{
	struct bel_coder *ulaw = open_coder(state, BEL_STR("PCMU"), 8000);
	struct bel_coder *alaw = open_coder(state, BEL_STR("PCMA"), 8000);

	assert_int_equal(decode_one(ulaw, 0xff), 0);
	assert_int_equal(decode_one(ulaw, 0x7f), 0);
	assert_int_equal(decode_one(ulaw, 0x80), 8031 * 4);
	assert_int_equal(decode_one(ulaw, 0x00), -8031 * 4);
	assert_int_equal(decode_one(ulaw, 0xfe), 2 * 4);
	assert_int_equal(decode_one(alaw, 0xd5), 1 * 8);
	assert_int_equal(decode_one(alaw, 0x55), -1 * 8);
	assert_int_equal(decode_one(alaw, 0xaa), 4032 * 8);
	assert_int_equal(decode_one(alaw, 0x2a), -4032 * 8);
	assert_int_equal(encode_one(ulaw, INT16_MAX), 0x80);
	assert_int_equal(encode_one(ulaw, INT16_MIN), 0x00);
	assert_int_equal(encode_one(ulaw, 0), 0xff);
	assert_int_equal(encode_one(alaw, INT16_MAX), 0xaa);
	assert_int_equal(encode_one(alaw, INT16_MIN), 0x2a);
	assert_int_equal(encode_one(alaw, 0), 0xd5);
	bel_coder_close(ulaw);
	bel_coder_close(alaw);
}

/* A step is a sixteenth of where its segment begins, so half a step is at most a 32nd of
 * the sample, where it is not as small as steps get. A value comes back as itself. */
static void check_law(struct bel_coder *coder)
{
	for (unsigned code = 0; code < 256; code++) {
		int16_t value = decode_one(coder, (uint8_t)code);
		assert_int_equal(decode_one(coder, encode_one(coder, value)), value);
	}
	for (int sample = INT16_MIN; sample <= INT16_MAX; sample++) {
		int16_t got = decode_one(coder, encode_one(coder, (int16_t)sample));
		assert_in_range(abs(got - sample), 0, (abs(sample) + 132) / 32 + 8);
	}
}

static void g711_is_never_off_by_more_than_half_a_step(void **state)
{
	struct bel_coder *ulaw = open_coder(state, BEL_STR("PCMU"), 8000);
	struct bel_coder *alaw = open_coder(state, BEL_STR("PCMA"), 8000);

	check_law(ulaw);
	check_law(alaw);
	bel_coder_close(ulaw);
	bel_coder_close(alaw);
}

static void l16_is_in_network_order(void **state)
{
	struct bel_coder *coder = open_coder(state, BEL_STR("L16"), 16000);
	int16_t samples[2] = { 0x1234, -2 };
	char buf[4];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	unsigned count = 2;

	assert_int_equal(bel_coder_encode(&writer, coder, samples, 2), BEL_OK);
	assert_memory_equal(buf, "\x12\x34\xff\xfe", 4);
	assert_int_equal(
		bel_coder_decode(samples, &count, coder, BEL_STR("\xff\xfe\x12\x34")),
		BEL_OK);
	assert_int_equal(samples[0], -2);
	assert_int_equal(samples[1], 0x1234);
	assert_int_equal(
		bel_coder_decode(samples, &count, coder, BEL_STR("\xff\xfe\x12")),
		BEL_ERR_SYNTAX);
	bel_coder_close(coder);
}

static void what_does_not_fit_is_refused(void **state)
{
	static const struct {
		const char *name;
		uint32_t clock_hz;
	} rows[] = { { "PCMU", 8000 },
		     { "G722", 8000 },
		     { "opus", 48000 },
		     { "GSM", 8000 },
		     { "L16", 44100 } };

	for (unsigned i = 0; i < BEL_COUNT_OF(rows); i++) {
		struct bel_coder *coder = open_coder(state, bel_str_from(rows[i].name),
						     rows[i].clock_hz);
		static int16_t samples[BEL_AUDIO_FRAME_MAX];
		const struct bel_codec *codec = bel_coder_codec(coder);
		unsigned frame = codec->rate_hz / 1000 * codec->ptime_ms, few = 1;
		char small[2], large[8192];
		struct bel_writer writer = bel_writer_init(small, sizeof small);

		assert_int_equal(bel_coder_encode(&writer, coder, samples, frame),
				 BEL_ERR_SPACE);
		writer = bel_writer_init(large, sizeof large);
		assert_int_equal(bel_coder_encode(&writer, coder, samples, 0),
				 BEL_ERR_LIMIT);
		assert_int_equal(
			bel_coder_encode(&writer, coder, samples, codec->rate_hz / 8 + 1),
			BEL_ERR_LIMIT);
		assert_int_equal(bel_coder_encode(&writer, coder, samples, frame),
				 BEL_OK);
		assert_int_equal(
			bel_coder_decode(samples, &few, coder, bel_writer_str(&writer)),
			BEL_ERR_SPACE);
		assert_int_equal(few, 1);
		assert_int_equal(bel_coder_decode(samples, &few, coder, BEL_STR_NONE),
				 BEL_ERR_SYNTAX);
		bel_coder_close(coder);
	}
}

static void half_a_frame_of_gsm_is_refused(void **state)
{
	struct bel_coder *coder = open_coder(state, BEL_STR("GSM"), 8000);
	int16_t samples[160] = { 0 };
	char buf[64] = { 0 };
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	unsigned count = 160;

	assert_int_equal(bel_coder_encode(&writer, coder, samples, 80), BEL_ERR_LIMIT);
	assert_int_equal(bel_coder_decode(samples, &count, coder, (bel_str){ buf, 32 }),
			 BEL_ERR_SYNTAX);
	bel_coder_close(coder);
}

static unsigned opus_bytes(void **state, bel_str fmtp, struct bel_audio_port *from)
{
	struct sound_line line = { .codec = bel_codec_find(BEL_STR("opus"), 48000, 2),
				   .fmtp = fmtp };
	struct bel_audio_port *nowhere;

	assert_int_equal(bel_null_open(&nowhere, &from->format), BEL_OK);
	bel_sound_send(&line, *state, from, nowhere, 3);
	bel_audio_close(nowhere);
	return line.bytes;
}

/* RFC 7587 section 6.1. */
static void opus_does_what_the_receiver_asks_for(void **state)
{
	static int16_t voice[24000];
	static const struct bel_audio_format narrow = { 8000, 1 };
	struct bel_clip clip = { narrow, BEL_COUNT_OF(voice), voice };
	struct bel_audio_port *player, *silence;

	bel_sound_voice(voice, BEL_COUNT_OF(voice), 8000, 1);
	assert_int_equal(bel_player_open(&player, &clip, true), BEL_OK);
	assert_int_equal(bel_silence_open(&silence, &narrow), BEL_OK);
	/* 3 s at 12 kbit/s are 4,500 bytes. */
	unsigned low = opus_bytes(state, BEL_STR("maxaveragebitrate=12000"), player);
	unsigned high = opus_bytes(state, BEL_STR("maxaveragebitrate=64000"), player);
	assert_in_range(low, 2500, 6500);
	assert_true(high > 3 * low);
	/* A constant rate makes all packets alike. */
	assert_int_equal(
		opus_bytes(state, BEL_STR("cbr=1;maxaveragebitrate=16000"), player),
		151 * 40);
	/* Silence costs nothing where that is understood. */
	assert_true(opus_bytes(state, BEL_STR("usedtx=1"), silence) <
		    opus_bytes(state, BEL_STR(""), silence) / 3);
	bel_audio_close(player);
	bel_audio_close(silence);
}

/* What a lost packet held is better known from the copy in the next one. */
static void opus_mends_with_the_next_packet(void **state)
{
	static int16_t voice[48000], played[BEL_AUDIO_FRAME_MAX];
	static const struct bel_codec *opus;
	static char packets[50][1500];
	double errors[2] = { 0 };

	opus = bel_codec_find(BEL_STR("opus"), 48000, 2);
	bel_sound_voice(voice, BEL_COUNT_OF(voice), 48000, 1);
	for (unsigned with_next = 0; with_next < 2; with_next++) {
		struct bel_coder_opts opts = { .codec = opus,
					       .libs = *state,
					       .fmtp = BEL_STR("useinbandfec=1"),
					       .loss_percent = 25,
					       .bitrate_bps = 32000 };
		struct bel_coder *coder, *whole;
		bel_str sent[50];

		assert_int_equal(bel_coder_open(&coder, &opts), BEL_OK);
		assert_int_equal(bel_coder_open(&whole, &opts), BEL_OK);
		for (unsigned i = 0; i < 50; i++) {
			struct bel_writer writer = bel_writer_init(packets[i],
								   sizeof packets[i]);
			assert_int_equal(
				bel_coder_encode(&writer, coder, voice + 960 * i, 960),
				BEL_OK);
			sent[i] = bel_writer_str(&writer);
		}
		for (unsigned i = 0; i < 49; i++) {
			int16_t right[960];
			unsigned count = 960;
			assert_int_equal(bel_coder_decode(right, &count, whole, sent[i]),
					 BEL_OK);
			if (i % 5 != 4) {
				bel_coder_decode(played, &count, coder, sent[i]);
				continue;
			}
			bel_coder_conceal(played, 960, coder,
					  with_next ? sent[i + 1] : BEL_STR_NONE);
			for (unsigned k = 0; k < 960; k++)
				errors[with_next] += pow(played[k] - right[k], 2);
		}
		bel_coder_close(coder);
		bel_coder_close(whole);
	}
	print_message("with the next packet the error is %.2f of that without\n",
		      errors[1] / errors[0]);
	assert_true(errors[1] < 0.5 * errors[0]);
}

static void stereo_stays_stereo(void **state)
{
	struct bel_coder_opts opts = { .codec = bel_codec_find(BEL_STR("opus"), 48000, 2),
				       .libs = *state,
				       .fmtp = BEL_STR("stereo=1"),
				       .channels = 2 };
	static int16_t samples[BEL_AUDIO_FRAME_MAX];
	struct bel_coder *coder;
	double left = 0, right = 0;
	char buf[1500];

	assert_int_equal(bel_coder_open(&coder, &opts), BEL_OK);
	assert_int_equal(bel_coder_format(coder)->channels, 2);
	for (unsigned i = 0; i < 20; i++) {
		struct bel_writer writer = bel_writer_init(buf, sizeof buf);
		unsigned count = 960;
		for (unsigned k = 0; k < 960; k++) {
			samples[2 * k] = (int16_t)(9000 * sin((960 * i + k) * 0.05));
			samples[2 * k + 1] = 0;
		}
		assert_int_equal(bel_coder_encode(&writer, coder, samples, 960), BEL_OK);
		assert_int_equal(
			bel_coder_decode(samples, &count, coder, bel_writer_str(&writer)),
			BEL_OK);
		assert_int_equal(count, 960);
		for (unsigned k = 0; k < 960; k++) {
			left += pow(samples[2 * k], 2);
			right += pow(samples[2 * k + 1], 2);
		}
	}
	assert_true(left > 100 * right);
	bel_coder_close(coder);
	opts.channels = 3;
	assert_int_equal(bel_coder_open(&coder, &opts), BEL_ERR_LIMIT);
}

static enum bel_err open_all(void *user)
{
	const struct bel_codec *codecs;
	unsigned count;

	codecs = bel_codecs(&count);
	for (unsigned i = 0; i < count; i++) {
		struct bel_coder_opts opts = { .codec = &codecs[i], .libs = user };
		struct bel_coder *coder = NULL;
		enum bel_err err;

		if (codecs[i].kind != BEL_CODEC_AUDIO)
			continue;
		err = bel_coder_open(&coder, &opts);
		if (err)
			return err;
		bel_coder_close(coder);
	}
	return BEL_OK;
}

static void opening_survives_any_failing_allocation(void **state)
{
	bel_test_each_allocation_fails(open_all, *state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_has_the_numbers_of_the_standards),
		cmocka_unit_test(a_frame_has_the_bytes_that_the_table_says),
		cmocka_unit_test(g711_has_the_values_of_its_tables),
		cmocka_unit_test(g711_is_never_off_by_more_than_half_a_step),
		cmocka_unit_test(l16_is_in_network_order),
		cmocka_unit_test(what_does_not_fit_is_refused),
		cmocka_unit_test(half_a_frame_of_gsm_is_refused),
		cmocka_unit_test(opus_does_what_the_receiver_asks_for),
		cmocka_unit_test(opus_mends_with_the_next_packet),
		cmocka_unit_test(stereo_stays_stereo),
		cmocka_unit_test(opening_survives_any_failing_allocation),
	};

	return cmocka_run_group_tests(tests, open_libs, close_libs);
}
