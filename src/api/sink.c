/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/api_int.h"

void bel_sink_init(struct sink *sink, int fd)
{
	sink->fd = fd;
	sink->is_broken = false;
	sink->writer = bel_writer_init(sink->buf, sizeof sink->buf);
}

void bel_sink_flush(struct sink *sink)
{
	size_t done = 0;

	while (done < sink->writer.len && !sink->is_broken) {
		ssize_t sent = send(sink->fd, sink->buf + done, sink->writer.len - done,
				    MSG_NOSIGNAL);
		if (sent > 0)
			done += (size_t)sent;
		else if (errno != EINTR)
			sink->is_broken = true;
	}
	sink->writer = bel_writer_init(sink->buf, sizeof sink->buf);
}

void bel_sink_reserve(struct sink *sink, size_t len)
{
	if (sink->writer.size - sink->writer.len < len)
		bel_sink_flush(sink);
}

void bel_sink_str(struct sink *sink, bel_str str)
{
	while (str.len) {
		size_t piece = str.len < SINK_BYTES / 2 ? str.len : SINK_BYTES / 2;
		bel_sink_reserve(sink, piece);
		bel_write_str(&sink->writer, bel_str_slice(str, 0, piece));
		str = bel_str_slice(str, piece, str.len);
	}
}

void bel_sink_format(struct sink *sink, const char *format, ...)
{
	char text[2048];
	va_list args;

	va_start(args, format);
	bel_sink_str(sink, bel_str_format(text, sizeof text, format, args));
	va_end(args);
}
