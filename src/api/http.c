/* SPDX-License-Identifier: Apache-2.0
 * As much HTTP/1.1 (RFC 9112) as a collector of figures needs: GET of one page, one
 * request a connection. */
#include <unistd.h>

#include <stdlib.h>

#include "api/api_int.h"

enum { HEAD_BYTES_MAX = 8192 };

static bool read_head(int fd, char *buf, bel_str *line)
{
	size_t len = 0;

	while (len < HEAD_BYTES_MAX) {
		ssize_t got = read(fd, buf + len, HEAD_BYTES_MAX - len);
		if (got <= 0)
			return false;
		len += (size_t)got;
		bel_str bytes = { buf, len };
		if (bel_str_has_suffix(bytes, BEL_STR("\r\n\r\n"))) {
			*line = bel_str_trim(
				bel_str_slice(bytes, 0, bel_str_find(bytes, '\n')));
			return true;
		}
	}
	return false;
}

static void write_head(struct sink *sink, const char *status, const char *type)
{
	bel_sink_format(sink,
			"HTTP/1.1 %s\r\nContent-Type: %s\r\nConnection: close\r\n"
			"X-Content-Type-Options: nosniff\r\n\r\n",
			status, type);
}

void bel_http_serve(struct bel_api *api, int fd)
{
	char *head = malloc(HEAD_BYTES_MAX);
	struct sink *sink = malloc(sizeof *sink);
	bel_str line;

	if (head && sink && read_head(fd, head, &line)) {
		bel_sink_init(sink, fd);
		if (bel_str_has_prefix(line, BEL_STR("GET /metrics "))) {
			write_head(sink, "200 OK", "text/plain; version=0.0.4");
			bel_metrics_write(api->opts.node, sink);
		} else if (bel_str_has_prefix(line, BEL_STR("GET "))) {
			write_head(sink, "404 Not Found", "text/plain");
			bel_sink_format(sink, "figures are at /metrics\n");
		} else {
			write_head(sink, "405 Method Not Allowed", "text/plain");
		}
		bel_sink_flush(sink);
	}
	free(head);
	free(sink);
}
