/* SPDX-License-Identifier: Apache-2.0
 * Two URIs, split at the first LF: parsed, written, compared; what is written is the
 * text, and a URI that hides nothing is equal to itself. */
#include <stdlib.h>
#include "sip/sip_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool is_true)
{
	if (!is_true)
		abort();
}

static void check_one(const struct bel_uri *uri, char *buf, size_t size)
{
	struct bel_writer writer = bel_writer_init(buf, size);
	struct bel_uri again;

	bel_uri_write(&writer, uri);
	require(!bel_writer_check(&writer));
	require(!bel_uri_parse(&again, bel_writer_str(&writer)));
	require(again.scheme == uri->scheme && again.port == uri->port &&
		bel_str_is_equal(again.user, uri->user) &&
		bel_str_is_equal(again.params, uri->params) &&
		bel_str_is_equal(again.headers, uri->headers));
	writer = bel_writer_init(buf, size);
	bel_uri_write_aor(&writer, uri);
	require(!bel_writer_check(&writer));
	require(!bel_uri_parse(&again, bel_writer_str(&writer)));
	writer = bel_writer_init(buf, size);
	bel_uri_user_unescape(&writer, uri->user);
	require(writer.len <= uri->user.len);
	bel_uri_param(uri, BEL_STR("transport"), NULL);
	bel_uri_is_loose(uri);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bel_str bytes = { (const char *)data, size };
	size_t line = bel_str_find(bytes, '\n');
	struct bel_uri a, b;
	size_t room = size * 4 + 64;
	char *buf = malloc(room);

	if (!buf)
		return 0;
	bool has_a = !bel_uri_parse(&a, bel_str_slice(bytes, 0, line));
	bool has_b = !bel_uri_parse(&b, bel_str_slice(bytes, line + 1, size));
	if (has_a)
		check_one(&a, buf, room);
	if (has_b)
		check_one(&b, buf, room);
	if (has_a && has_b)
		require(bel_uri_is_equal(&a, &b) == bel_uri_is_equal(&b, &a));
	free(buf);
	return 0;
}
