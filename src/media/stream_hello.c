/* SPDX-License-Identifier: Apache-2.0
 * Who offers is to be ready for a handshake before the answer is there (RFC 5763 section
 * 5), and with ICE before the way there was found. What began it is kept, the last
 * datagram of each socket: without it the other side's patience would be heard, a second
 * with some. */
#include <stdlib.h>

#include "media/stream_int.h"

enum { HELLO_BYTES_MAX = 1200 };

struct bel_stream_hello {
	struct hello {
		bel_addr peer;
		size_t len;
		char bytes[HELLO_BYTES_MAX];
	} of[BEL_PATH_COMPONENTS];
};

void bel_stream_hello_keep(struct bel_media_stream *stream,
			   enum bel_path_component component, bel_str datagram,
			   const bel_addr *peer)
{
	struct hello *hello;

	if (!stream->opts.dtls || datagram.len > HELLO_BYTES_MAX ||
	    (stream->is_agreed && !bel_stream_is_wayless(stream, component)))
		return;
	if (!stream->hello)
		stream->hello = calloc(1, sizeof *stream->hello);
	/* Without memory it comes again, later. */
	if (!stream->hello)
		return;
	hello = &stream->hello->of[component];
	hello->peer = *peer;
	hello->len = datagram.len;
	memcpy(hello->bytes, datagram.ptr, datagram.len);
}

void bel_stream_hello_hand_over(struct bel_media_stream *stream)
{
	struct bel_stream_hello *hello = stream->hello;

	stream->hello = NULL;
	if (!hello)
		return;
	for (unsigned i = 0; i < BEL_PATH_COMPONENTS; i++) {
		const struct hello *each = &hello->of[i];
		if (each->len)
			bel_stream_on_dtls(stream, (enum bel_path_component)i,
					   (bel_str){ each->bytes, each->len },
					   &each->peer);
	}
	free(hello);
}

void bel_stream_hello_forget(struct bel_media_stream *stream)
{
	free(stream->hello);
	stream->hello = NULL;
}
