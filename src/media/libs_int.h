/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_MEDIA_LIBS_INT_H
#define BEL_MEDIA_LIBS_INT_H

#include <alsa/asoundlib.h>
#include <opus/opus.h>
#include <sndfile.h>
#include <stdint.h>

/* In this order: they do not include what they need. */
#include <spandsp/telephony.h>
#include <spandsp/logging.h>
#include <spandsp/queue.h>
#include <spandsp/complex.h>
#include <spandsp/tone_detect.h>
#include <spandsp/super_tone_rx.h>
#include <spandsp/tone_generate.h>
#include <spandsp/dtmf.h>
#include <spandsp/g722.h>
#include <spandsp/gsm0610.h>
#include <speex/speex_echo.h>
#include <speex/speex_preprocess.h>
#include <speex/speex_resampler.h>

#include "media/libs.h"

/* The functions that are used, by library. The libraries' headers give the types, so that
 * a wrong call does not compile. */
#define BEL_OPUS_FUNCTIONS(X)                                                            \
	X(opus_encoder_create)                                                           \
	X(opus_encoder_destroy)                                                          \
	X(opus_encoder_ctl)                                                              \
	X(opus_encode)                                                                   \
	X(opus_decoder_create)                                                           \
	X(opus_decoder_destroy)                                                          \
	X(opus_decode)                                                                   \
	X(opus_packet_get_nb_samples)

#define BEL_SPANDSP_FUNCTIONS(X)                                                         \
	X(g722_encode_init)                                                              \
	X(g722_encode_free)                                                              \
	X(g722_encode)                                                                   \
	X(g722_decode_init)                                                              \
	X(g722_decode_free)                                                              \
	X(g722_decode)                                                                   \
	X(gsm0610_init)                                                                  \
	X(gsm0610_free)                                                                  \
	X(gsm0610_encode)                                                                \
	X(gsm0610_decode)                                                                \
	X(dtmf_rx_init)                                                                  \
	X(dtmf_rx_free)                                                                  \
	X(dtmf_rx)

#define BEL_SPEEXDSP_FUNCTIONS(X)                                                        \
	X(speex_echo_state_init)                                                         \
	X(speex_echo_state_destroy)                                                      \
	X(speex_echo_cancellation)                                                       \
	X(speex_echo_ctl)                                                                \
	X(speex_preprocess_state_init)                                                   \
	X(speex_preprocess_state_destroy)                                                \
	X(speex_preprocess_run)                                                          \
	X(speex_preprocess_ctl)                                                          \
	X(speex_resampler_init)                                                          \
	X(speex_resampler_destroy)                                                       \
	X(speex_resampler_process_interleaved_int)

#define BEL_SNDFILE_FUNCTIONS(X)                                                         \
	X(sf_open)                                                                       \
	X(sf_close)                                                                      \
	X(sf_readf_short)                                                                \
	X(sf_writef_short)

#define BEL_ALSA_FUNCTIONS(X)                                                            \
	X(snd_config_update_free_global)                                                 \
	X(snd_lib_error_set_handler)                                                     \
	X(snd_pcm_open)                                                                  \
	X(snd_pcm_close)                                                                 \
	X(snd_pcm_set_params)                                                            \
	X(snd_pcm_get_params)                                                            \
	X(snd_pcm_start)                                                                 \
	X(snd_pcm_recover)                                                               \
	X(snd_pcm_avail_update)                                                          \
	X(snd_pcm_readi)                                                                 \
	X(snd_pcm_writei)

#define BEL_LIB_FIELD(function) __typeof__(function) *function;

struct bel_opus {
	BEL_OPUS_FUNCTIONS(BEL_LIB_FIELD)
};
struct bel_spandsp {
	BEL_SPANDSP_FUNCTIONS(BEL_LIB_FIELD)
};
struct bel_speexdsp {
	BEL_SPEEXDSP_FUNCTIONS(BEL_LIB_FIELD)
};
struct bel_sndfile {
	BEL_SNDFILE_FUNCTIONS(BEL_LIB_FIELD)
};

struct bel_alsa {
	BEL_ALSA_FUNCTIONS(BEL_LIB_FIELD)
};

struct bel_media_libs {
	void *handles[BEL_MEDIA_LIB_COUNT];
	struct bel_opus opus;
	struct bel_spandsp spandsp;
	struct bel_speexdsp speexdsp;
	struct bel_sndfile sndfile;
	struct bel_alsa alsa;
};

#endif
