/* SPDX-License-Identifier: Apache-2.0
 * What a phone of a simulation says and hears: packets of RTP, fifty a second, to where
 * the other side's description says, from the socket that its own one names. It knows of
 * no NAT. */
#ifndef BEL_TESTS_PHONE_SOUND_H
#define BEL_TESTS_PHONE_SOUND_H

#include "io/io.h"

struct phone_sound {
	struct bel_loop *loop;
	struct bel_udp *udp;
	struct bel_timer timer;
	bel_addr to; /* family 0: nobody */
	uint16_t seq;
	uint32_t ssrc;
	uint64_t sent, heard;
	uint32_t heard_ssrc; /* whose packets the last one was */
};

struct phone_sound *bel_phone_sound_open(struct bel_loop *loop, const bel_addr *own);
void bel_phone_sound_close(struct phone_sound *sound);
/* Its description. */
void bel_phone_sound_write(struct bel_writer *writer, const struct phone_sound *sound);
/* Theirs: it talks from here on. Nothing when empty. */
void bel_phone_sound_take(struct phone_sound *sound, bel_str sdp);

#endif
