/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_MEDIA_STREAM_H
#define BEL_MEDIA_STREAM_H

#include "crypto/crypto.h"
#include "io/io.h"
#include "media/audio.h"
#include "media/libs.h"
#include "offer/offer.h"
#include "path/path.h"

/* The sound of one call: RTP and RTCP by a path (RFC 3550), from a source to the other
 * side and from there to a sink. What was agreed is given to it, again when it changes;
 * what is not agreed yet is neither sent nor heard. It sends to where ICE says, or to
 * where packets come from, once they are proven to belong together (symmetric RTP, RFC
 * 4961). */
struct bel_media_stream;

/* NULL where it does not matter. The stream may be closed in any of them. */
struct bel_media_stream_port {
	/* A digit begins: an event of RFC 4733, or tones in the sound when none were
	 * agreed. */
	void (*on_digit)(void *user, char digit);
	/* The first packet that belongs. */
	void (*on_heard)(void *user);
	/* As struct bel_path_port has it. */
	void (*on_gathered)(void *user);
};

struct bel_media_stream_opts {
	struct bel_loop *loop;
	struct bel_media_libs *libs; /* borrowed */
	/* For keys by DTLS (RFC 5763); shared, and referred to while the stream is open.
	 * NULL: none are agreed on. */
	struct bel_dtls_context *dtls;
	/* As struct bel_path_opts has them. */
	bel_addr local, shown;
	uint16_t port_min, port_max;
	bool has_ice, offers_ice;
	struct bel_path_servers servers;
	bool is_faithful; /* of what is sent; see struct bel_coder_opts */
	const struct bel_media_stream_port *port;
	void *user;
};

/* -ENOMEM. On success *out is ended with bel_media_stream_close. */
enum bel_err bel_media_stream_open(struct bel_media_stream **out,
				   const struct bel_media_stream_opts *opts);
/* Says BYE. NULL is allowed. */
void bel_media_stream_close(struct bel_media_stream *stream);
/* Opens its two sockets, which stay until it is closed; again is no work. -EADDRINUSE
 * when no port of the range is free; -EMFILE. Without them nothing is sent or heard,
 * whatever was agreed. */
enum bel_err bel_media_stream_bind(struct bel_media_stream *stream);
/* Its way to the other side, which descriptions are written from and read into; what they
 * say is agreed there before it is here. */
struct bel_path *bel_media_stream_path(struct bel_media_stream *stream);

/* What was agreed; everything needed is copied. BEL_ERR_UNSUPPORTED: no codec that this
 * machine has, or DTLS without a context or with a fingerprint of an unknown hash;
 * BEL_ERR_SYNTAX: no fingerprint at all; then nothing is sent.
 *
 * With DTLS the keys come later, by handshakes on the sockets: one, or one more for RTCP
 * on a port of its own. Until then, and if the other side shows another certificate than
 * it described, nothing is sent or heard. The same description again keeps what was
 * negotiated; another fingerprint, role or address begins anew (RFC 8842 section 4). */
enum bel_err bel_media_stream_configure(struct bel_media_stream *stream,
					const struct bel_offer_stream *agreed);

/* Where what we say comes from, and where what they say goes. Ports are borrowed until
 * others are set or the stream is closed; NULL: silence, nowhere. Rates are converted. */
void bel_media_stream_set_source(struct bel_media_stream *stream,
				 struct bel_audio_port *source);
void bel_media_stream_set_sink(struct bel_media_stream *stream,
			       struct bel_audio_port *sink);
/* What comes goes back as it is, packet by packet; source and sink rest. */
void bel_media_stream_set_echo(struct bel_media_stream *stream, bool has_echo);

/* As an event of RFC 4733 when they understand it, else as tones. BEL_ERR_SYNTAX: no
 * digit; BEL_ERR_BUSY: too many wait; BEL_ERR_CLOSED: nothing is sent now. */
enum bel_err bel_media_stream_send_digit(struct bel_media_stream *stream, char digit);

struct bel_media_stats {
	char codec[16]; /* sent with; empty: nothing agreed */
	bool is_protected;
	bel_addr remote; /* where it is sent to */
	uint64_t sent, received, lost;
	uint64_t first_ms; /* from the agreement to the first packet heard; 0: none yet */
	double jitter_ms, round_trip_ms; /* of the last report; 0: not known */
	double remote_loss; /* what they say is lost of ours, 0 to 1; -1: nothing said */
	double mos;         /* of what we hear, by the E-model (ITU-T G.107) */
	double remote_mos;  /* of what they hear, by their report; 0: nothing said */
	unsigned delay_ms;  /* of the jitter buffer */
	uint64_t forged;    /* protected packets that were not genuine */
	uint64_t early;     /* dropped because there were no keys yet */
	/* BEL_OK: there is nothing to wait for; BEL_ERR_AGAIN: keys are being negotiated;
	 * BEL_ERR_MISMATCH: the other side's certificate is another's; or why else the
	 * last attempt failed. */
	enum bel_err keying;
};
void bel_media_stream_stats(struct bel_media_stats *out,
			    const struct bel_media_stream *stream);

#endif
