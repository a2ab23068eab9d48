/* SPDX-License-Identifier: Apache-2.0
 *
 * rtp: the codec of media packets, and what one end of a stream has to remember. Pure:
 * bytes and the time go in, bytes and answers come out; no socket, no clock, no random
 * numbers of its own, and nothing is allocated for a packet.
 *
 *   packet.h   RTP headers and their extensions (RFC 3550, 8285); telling apart what
 *              shares a port (RFC 7983)
 *   source.h   who sends to us: validity, loss and jitter of a source, SSRC collisions
 *   sender.h   our own stream: sequence, timestamp, marker
 *   rtcp.h     reports and feedback (RFC 3550, 4585, 5104, 3611)
 *   rtcp_timer.h   when the next report is due (RFC 3550 section 6.3)
 *   jitter.h   from packets in any order to one frame whenever it is asked for
 *   burst.h    bursts and gaps of loss (RFC 3611)
 *   quality.h  R factor and MOS (ITU-T G.107)
 *   dtmf.h     telephone events (RFC 4733), and digits in INFO
 *   srtp.h     SRTP and SRTCP (RFC 3711, 6188, 7714)
 *
 * The way of a packet: bel_rtp_kind, bel_srtp_unprotect, bel_rtp_parse,
 * bel_rtp_receiver_on_packet, bel_jitter_put; and every frame, bel_jitter_get. Times are
 * microseconds of one monotonic clock, named now_us. An object belongs to one thread. */
#ifndef BEL_RTP_RTP_H
#define BEL_RTP_RTP_H

#include "base/base.h"

#include "rtp/packet.h"
#include "rtp/source.h"
#include "rtp/sender.h"
#include "rtp/rtcp.h"
#include "rtp/rtcp_timer.h"
#include "rtp/jitter.h"
#include "rtp/burst.h"
#include "rtp/quality.h"
#include "rtp/dtmf.h"
#include "rtp/srtp.h"

#endif
