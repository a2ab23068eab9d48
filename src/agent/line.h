/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_AGENT_LINE_H
#define BEL_AGENT_LINE_H

#include "base/base.h"
#include "media/media.h"
#include "offer/offer.h"

/* The sound of one call: what of it is offered, and the stream that carries out what was
 * agreed. Its user makes a port of it for the call (struct bel_call_media). */
struct bel_line;

/* What protects the sound. */
enum bel_line_srtp {
	BEL_LINE_SRTP_NONE,   /* offered plain, until the other side offers protection */
	BEL_LINE_SRTP_PREFER, /* offered both ways at once (best effort) */
	BEL_LINE_SRTP_SDES,   /* demanded */
	BEL_LINE_SRTP_DTLS,   /* demanded, with keys by DTLS (RFC 5763) */
};

struct bel_line_opts {
	struct bel_loop *loop;
	struct bel_media_libs *libs; /* borrowed */
	bel_addr local;              /* where to listen; concrete */
	bel_addr shown;              /* as the other side sees it; family 0: local */
	uint16_t port_min, port_max; /* 0: any */
	bool has_ice, offers_ice;    /* as struct bel_path_opts has them, and servers */
	struct bel_path_servers servers;
	/* Codec names by preference, ended by NULL; NULL: all that this machine has.
	 * Those it does not have are left out. */
	const char *const *codecs;
	enum bel_line_srtp srtp;
	/* Shared by the lines of one user, as struct bel_media_stream_opts has it. With
	 * it an offer of DTLS is taken; NULL: none is, and none made. */
	struct bel_dtls_context *dtls;
	bool is_faithful; /* what is sent will be measured */
	const struct bel_media_stream_port *port;
	void *user;
};

/* BEL_ERR_UNSUPPORTED: none of the codecs, or DTLS demanded without a context; or as
 * bel_media_stream_open. */
enum bel_err bel_line_open(struct bel_line **out, const struct bel_line_opts *opts);
void bel_line_close(struct bel_line *line);
struct bel_media_stream *bel_line_stream(struct bel_line *line);

/* What this side wishes: SENDONLY holds. It is said with the next offer. */
void bel_line_set_direction(struct bel_line *line, enum bel_sdp_direction direction);

/* For struct bel_call_media. Borrows from the line. Its ports are taken when they are
 * first shown, and not for an offer that is_quiet: as bel_media_stream_bind. */
enum bel_err bel_line_describe(struct bel_line *line, struct bel_offer_local *local);
void bel_line_apply(struct bel_line *line, const struct bel_offer_stream *streams,
		    unsigned count);
/* Whether the other side has us on hold. */
bool bel_line_is_held(const struct bel_line *line);

#endif
