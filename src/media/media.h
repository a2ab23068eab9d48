/* SPDX-License-Identifier: Apache-2.0
 *
 * media: sound, from a packet to an ear and back. Codecs and what turns one rate into
 * another; where sound comes from and where it goes; what was heard, judged by its
 * content; and one RTP stream of a call that joins all of them.
 *
 *   audio.h     samples, and the port through which they flow
 *   libs.h      the libraries that are loaded when first needed
 *   codec.h     the table of codecs, and a codec in use
 *   conceal.h   bridging what was lost
 *   resample.h  a port of one rate seen as one of another
 *   source.h    tones, noise, silence, recordings
 *   sink.h      where sound ends: a file, or nowhere
 *   mixer.h     many who hear each other
 *   device.h    sound cards
 *   canceller.h a device without its echo
 *   digit.h     digits as tones (ITU-T Q.23), made and recognised
 *   comfort.h   comfort noise (RFC 3389)
 *   judge.h     is what arrived what was sent?
 *   stream.h    an RTP stream on a pair of UDP sockets
 *
 * Objects belong to one thread. Nothing here blocks, but for opening and writing files,
 * which say so. Start with audio.h, then codec.h. */
#ifndef BEL_MEDIA_MEDIA_H
#define BEL_MEDIA_MEDIA_H

#include "base/base.h"

#include "media/audio.h"
#include "media/libs.h"
#include "media/codec.h"
#include "media/conceal.h"
#include "media/resample.h"
#include "media/source.h"
#include "media/sink.h"
#include "media/mixer.h"
#include "media/device.h"
#include "media/canceller.h"
#include "media/digit.h"
#include "media/comfort.h"
#include "media/judge.h"
#include "media/stream.h"

#endif
