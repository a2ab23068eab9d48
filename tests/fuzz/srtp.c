/* SPDX-License-Identifier: Apache-2.0
 * The first byte chooses the suite. The rest is what somebody sends who has no key: it is
 * never taken and changes nothing. And it is what somebody sends who has it: it comes
 * back as it was, once. */
#include <stdlib.h>
#include "rtp/rtp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BYTES_MAX = 2048, ROOM_BYTES = BEL_SRTP_OVERHEAD_BYTES + 3 };

static const char secret[] = "0123456789abcdef0123456789abcdef0123456789abcd";

static void require(bool is_true)
{
	if (!is_true)
		abort();
}

static struct bel_srtp *open_side(uint8_t choice)
{
	enum bel_srtp_suite suite = choice % BEL_SRTP_SUITE_COUNT;
	const struct bel_srtp_opts opts = {
		.suite = suite,
		.key = { secret, bel_srtp_key_bytes(suite) + bel_srtp_salt_bytes(suite) },
		.mki = { "mki", choice & 0x80 ? 3 : 0 },
		.is_rtcp_clear = choice & 0x40,
		.streams_max = 1,
	};
	struct bel_srtp *srtp;

	if (bel_srtp_open(&srtp, &opts))
		abort();
	return srtp;
}

struct pass {
	enum bel_err (*protect)(struct bel_srtp *srtp, char *buf, size_t *len,
				size_t buf_size);
	enum bel_err (*unprotect)(struct bel_srtp *srtp, char *buf, size_t *len);
};

static void check_pass(const struct pass *pass, uint8_t choice, bel_str bytes)
{
	struct bel_srtp *send = open_side(choice), *receive = open_side(choice);
	char *buf = malloc(bytes.len + ROOM_BYTES), *again;
	size_t len = bytes.len;

	memcpy(buf, bytes.ptr, bytes.len);
	/* A tag of 32 bits can be guessed, but not by a fuzzer. */
	require(pass->unprotect(receive, buf, &len) && len == bytes.len);
	memcpy(buf, bytes.ptr, bytes.len);
	if (!pass->protect(send, buf, &len, bytes.len + ROOM_BYTES)) {
		size_t sealed_len = len;
		again = malloc(len);
		memcpy(again, buf, len);
		require(!pass->unprotect(receive, buf, &len));
		require(len == bytes.len && !memcmp(buf, bytes.ptr, len));
		require(pass->unprotect(receive, again, &sealed_len) == BEL_ERR_EXISTS);
		free(again);
	}
	free(buf);
	bel_srtp_close(send);
	bel_srtp_close(receive);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct pass passes[] = {
		{ bel_srtp_protect, bel_srtp_unprotect },
		{ bel_srtcp_protect, bel_srtcp_unprotect },
	};

	if (size < 2 || size > BYTES_MAX)
		return 0;
	bel_str bytes = { (const char *)data + 1, size - 1 };
	for (size_t i = 0; i < BEL_COUNT_OF(passes); i++)
		check_pass(&passes[i], data[0], bytes);
	return 0;
}
