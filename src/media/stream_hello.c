/* SPDX-License-Identifier: Apache-2.0
 * Who offers is to be ready for a handshake before the answer is there (RFC 5763 section
 * 5). What began it is kept, the last datagram of each socket: without it the other
 * side's patience would be heard, a second with some. */
#include <stdlib.h>

#include "media/stream_int.h"

enum { HELLO_BYTES_MAX = 1200 };

struct bel_stream_hello {
	struct hello {
		bel_addr peer;
		size_t len;
		char bytes[HELLO_BYTES_MAX];
	} of_rtp, of_rtcp;
};

void bel_stream_hello_keep(struct bel_media_stream *stream, const struct bel_udp *udp,
			   bel_str datagram, const bel_addr *peer)
{
	struct hello *hello;

	if (!stream->opts.dtls || stream->is_agreed || datagram.len > HELLO_BYTES_MAX)
		return;
	if (!stream->hello)
		stream->hello = calloc(1, sizeof *stream->hello);
	/* Without memory it comes again, later. */
	if (!stream->hello)
		return;
	hello = udp == stream->rtcp ? &stream->hello->of_rtcp : &stream->hello->of_rtp;
	hello->peer = *peer;
	hello->len = datagram.len;
	memcpy(hello->bytes, datagram.ptr, datagram.len);
}

static void hand_over(struct bel_media_stream *stream, const struct bel_udp *udp,
		      const struct hello *hello)
{
	if (hello->len)
		bel_stream_on_dtls(stream, udp, (bel_str){ hello->bytes, hello->len },
				   &hello->peer);
}

void bel_stream_hello_hand_over(struct bel_media_stream *stream)
{
	struct bel_stream_hello *hello = stream->hello;

	stream->hello = NULL;
	if (!hello)
		return;
	hand_over(stream, stream->rtp, &hello->of_rtp);
	hand_over(stream, stream->rtcp, &hello->of_rtcp);
	free(hello);
}

void bel_stream_hello_forget(struct bel_media_stream *stream)
{
	free(stream->hello);
	stream->hello = NULL;
}
