/* SPDX-License-Identifier: Apache-2.0
 * A user part: without the key it is no temporary GRUU of ours, and what the same bytes
 * say as a series and a draw is written and read back as it was, but not when a character
 * of it is another. */
#include <stdlib.h>
#include "registrar/gruu.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool is_true)
{
	if (!is_true)
		abort();
}

static void go_round(struct bel_crypto *crypto, const struct bel_gruu_key *key,
		     bel_str bytes)
{
	struct bel_cursor cursor = bel_cursor_init(bytes);
	char text[BEL_GRUU_USER_BYTES];
	struct bel_writer writer = bel_writer_init(text, sizeof text);
	uint64_t series = 0, draw = 0, again;
	uint8_t at = 0, other = 0;

	bel_cursor_be64(&series, &cursor);
	bel_cursor_be64(&draw, &cursor);
	bel_cursor_be8(&at, &cursor);
	bel_cursor_be8(&other, &cursor);
	require(!bel_gruu_write(&writer, crypto, key, series, draw));
	require(!bel_writer_check(&writer) && writer.len == sizeof text);
	require(!bel_gruu_parse(&again, crypto, key, bel_writer_str(&writer)));
	require(again == series);
	at = (uint8_t)(at % sizeof text);
	if (text[at] == (char)other)
		return;
	text[at] = (char)other;
	require(bel_gruu_parse(&again, crypto, key, bel_writer_str(&writer)) != BEL_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct bel_gruu_key key = {
		.cipher = "0123456789abcde", .mac = "as long as a SHA-256 digest is"
	};
	/* Of its own: the fuzzer learns from comparisons what was made with the other. */
	static const struct bel_gruu_key stranger = { .cipher = "another cipher ",
						      .mac = "a secret of nobody" };
	bel_str bytes = { (const char *)data, size };
	struct bel_crypto *crypto;
	uint64_t series;

	if (bel_crypto_open(&crypto))
		return 0;
	require(bel_gruu_parse(&series, crypto, &stranger, bytes) != BEL_OK);
	go_round(crypto, &key, bytes);
	bel_crypto_close(crypto);
	return 0;
}
