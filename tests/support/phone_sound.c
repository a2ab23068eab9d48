/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "support/phone_sound.h"

#include "rtp/rtp.h"
#include "sdp/sdp.h"

enum { FRAME_MS = 20, FRAME_BYTES = 160 };

static void on_datagrams(void *user, struct bel_udp *udp, struct bel_datagram *datagrams,
			 unsigned count)
{
	struct phone_sound *sound = user;
	struct bel_rtp_packet packet;

	(void)udp;
	for (unsigned i = 0; i < count; i++) {
		if (bel_rtp_parse(&packet,
				  (bel_str){ datagrams[i].buf, datagrams[i].len }))
			continue;
		sound->heard++;
		sound->heard_ssrc = packet.ssrc;
	}
}

static void on_frame(void *user)
{
	struct phone_sound *sound = user;
	char payload[FRAME_BYTES] = { 0 }, buf[FRAME_BYTES + BEL_RTP_HEADER_BYTES];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	const struct bel_rtp_packet packet = { .ssrc = sound->ssrc,
					       .seq = sound->seq,
					       .timestamp = sound->seq * 160u,
					       .payload = { payload, sizeof payload } };

	if (bel_rtp_write(&writer, &packet))
		abort();
	sound->seq++;
	sound->sent++;
	bel_udp_send(sound->udp, &sound->to, NULL, bel_writer_str(&writer));
	bel_timer_start(sound->loop, &sound->timer,
			bel_loop_now_ms(sound->loop) + FRAME_MS);
}

struct phone_sound *bel_phone_sound_open(struct bel_loop *loop, const bel_addr *own)
{
	struct phone_sound *sound = calloc(1, sizeof *sound);
	struct bel_udp_opts opts = { .local = *own,
				     .on_datagrams = on_datagrams,
				     .user = sound };

	opts.local.port = 0;
	if (!sound || bel_udp_open(&sound->udp, loop, &opts))
		abort();
	sound->loop = loop;
	bel_loop_random(loop, &sound->ssrc, sizeof sound->ssrc);
	bel_timer_init(&sound->timer, on_frame, sound);
	return sound;
}

void bel_phone_sound_close(struct phone_sound *sound)
{
	if (!sound)
		return;
	bel_timer_stop(sound->loop, &sound->timer);
	bel_udp_close(sound->udp);
	free(sound);
}

void bel_phone_sound_write(struct bel_writer *writer, const struct phone_sound *sound)
{
	const bel_addr *own = bel_udp_local(sound->udp);

	bel_sdp_write_head(writer, own, 1, 1);
	bel_sdp_write_media(writer, BEL_STR("audio"), own->port, BEL_STR("RTP/AVP"));
	bel_sdp_write_format(writer, 0);
	bel_sdp_write_end(writer);
}

void bel_phone_sound_take(struct phone_sound *sound, bel_str text)
{
	char memory[4096];
	struct bel_arena arena;
	struct bel_sdp_refusal why;
	struct bel_sdp sdp;

	if (!text.len)
		return;
	bel_arena_init(&arena, memory, sizeof memory, 0);
	if (bel_sdp_parse(&sdp, text, &arena, &why) || sdp.media_count != 1)
		abort();
	sound->to = bel_sdp_address(&sdp, 0);
	bel_timer_start(sound->loop, &sound->timer,
			bel_loop_now_ms(sound->loop) + FRAME_MS);
}
