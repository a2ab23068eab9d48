/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_MEDIA_CANCELLER_H
#define BEL_MEDIA_CANCELLER_H

#include "media/audio.h"
#include "media/libs.h"

enum { BEL_CANCELLER_TAIL_MS_MAX = 500 };

/* A device without the echo of its loudspeaker in its microphone: what is written goes to
 * inner and is remembered; what is read comes from inner, and what of it was written
 * within tail_ms before is taken out, together with steady noise. It learns the room in
 * a second or two of speech, and adds 10 ms. Everything is converted in blocks of 10 ms,
 * whatever sizes are read and written; both sides do so at the same pace.
 *
 * inner has one channel, stays the caller's and outlives it. BEL_ERR_LIMIT: more
 * channels, or a tail under 10 ms or over the limit; BEL_ERR_UNSUPPORTED: speexdsp is not
 * installed; -ENOMEM. */
enum bel_err bel_canceller_open(struct bel_audio_port **out, struct bel_media_libs *libs,
				struct bel_audio_port *inner, unsigned tail_ms);

#endif
