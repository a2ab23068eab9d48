/* SPDX-License-Identifier: Apache-2.0
 * What protecting and unprotecting a packet of 172 bytes costs, every suite, beside
 * libsrtp2 in the same run where its header was there:
 *   bench_srtp [ROUNDS] */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "rtp/rtp.h"

#ifdef BELFRY_HAS_SRTP2
#include <srtp2/srtp.h>
#endif

enum { PACKET_BYTES = 172, ROUNDS_DEFAULT = 200000, TURNS = 5, SSRC = 7 };

static const char secret[] = "0123456789abcdef0123456789abcdef0123456789abcd";

static double now_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static void make_packet(char *buf, size_t size, unsigned number)
{
	static const char payload[PACKET_BYTES - BEL_RTP_HEADER_BYTES];
	const struct bel_rtp_packet packet = { .ssrc = SSRC,
					       .seq = (uint16_t)number,
					       .timestamp = number * 160,
					       .payload = { payload, sizeof payload } };
	struct bel_writer writer = bel_writer_init(buf, size);

	bel_rtp_write(&writer, &packet);
}

struct cost {
	double make, protect, both; /* ns a packet; the last two with making it */
};

/* The least of several turns: what the machine does besides is not ours. */
static void note(double *least, double ns)
{
	if (*least == 0 || ns < *least)
		*least = ns;
}

static bool run_ours(struct cost *cost, enum bel_srtp_suite suite, unsigned rounds)
{
	const struct bel_srtp_opts opts = {
		.suite = suite,
		.key = { secret, bel_srtp_key_bytes(suite) + bel_srtp_salt_bytes(suite) },
	};
	struct bel_srtp *send, *other, *receive;
	char buf[PACKET_BYTES + BEL_SRTP_OVERHEAD_BYTES];
	bool is_right = true;

	if (bel_srtp_open(&send, &opts) || bel_srtp_open(&other, &opts) ||
	    bel_srtp_open(&receive, &opts))
		return false;
	double begun = now_ns();
	for (unsigned i = 0; i < rounds; i++)
		make_packet(buf, sizeof buf, i);
	double made = now_ns();
	for (unsigned i = 0; i < rounds; i++) {
		size_t len = PACKET_BYTES;
		make_packet(buf, sizeof buf, i);
		is_right &= !bel_srtp_protect(send, buf, &len, sizeof buf);
	}
	double sent = now_ns();
	for (unsigned i = 0; i < rounds; i++) {
		size_t len = PACKET_BYTES;
		make_packet(buf, sizeof buf, i);
		is_right &= !bel_srtp_protect(other, buf, &len, sizeof buf) &&
			    !bel_srtp_unprotect(receive, buf, &len);
	}
	double ended = now_ns();
	note(&cost->make, (made - begun) / rounds);
	note(&cost->protect, (sent - made) / rounds);
	note(&cost->both, (ended - sent) / rounds);
	bel_srtp_close(send);
	bel_srtp_close(other);
	bel_srtp_close(receive);
	return is_right;
}

#ifdef BELFRY_HAS_SRTP2
static void (*const policies[])(srtp_crypto_policy_t *) = {
	srtp_crypto_policy_set_rtp_default,
	srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32,
	srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80,
	srtp_crypto_policy_set_aes_cm_256_hmac_sha1_32,
	srtp_crypto_policy_set_aes_gcm_128_16_auth,
	srtp_crypto_policy_set_aes_gcm_256_16_auth,
};

static bool open_theirs(srtp_t *out, enum bel_srtp_suite suite, srtp_ssrc_type_t side)
{
	unsigned char key[SRTP_MAX_KEY_LEN] = { 0 };
	srtp_policy_t policy = { .ssrc = { side, 0 }, .key = key, .window_size = 128 };

	memcpy(key, secret, bel_srtp_key_bytes(suite) + bel_srtp_salt_bytes(suite));
	policies[suite](&policy.rtp);
	policies[suite](&policy.rtcp);
	return srtp_create(out, &policy) == srtp_err_status_ok;
}

static bool run_theirs(struct cost *cost, enum bel_srtp_suite suite, unsigned rounds)
{
	char buf[PACKET_BYTES + SRTP_MAX_TRAILER_LEN];
	srtp_t send, other, receive;
	bool is_right = true;

	if (!open_theirs(&send, suite, ssrc_any_outbound) ||
	    !open_theirs(&other, suite, ssrc_any_outbound) ||
	    !open_theirs(&receive, suite, ssrc_any_inbound))
		return false;
	double begun = now_ns();
	for (unsigned i = 0; i < rounds; i++) {
		int len = PACKET_BYTES;
		make_packet(buf, sizeof buf, i);
		is_right &= srtp_protect(send, buf, &len) == srtp_err_status_ok;
	}
	double sent = now_ns();
	for (unsigned i = 0; i < rounds; i++) {
		int len = PACKET_BYTES;
		make_packet(buf, sizeof buf, i);
		is_right &= srtp_protect(other, buf, &len) == srtp_err_status_ok &&
			    srtp_unprotect(receive, buf, &len) == srtp_err_status_ok;
	}
	double ended = now_ns();
	note(&cost->protect, (sent - begun) / rounds);
	note(&cost->both, (ended - sent) / rounds);
	srtp_dealloc(send);
	srtp_dealloc(other);
	srtp_dealloc(receive);
	return is_right;
}
#endif

static bool print_suite(enum bel_srtp_suite suite, unsigned rounds)
{
	struct cost ours = { 0 }, theirs = { 0 };
	bool is_right = true;

	for (unsigned turn = 0; turn < TURNS; turn++) {
		is_right &= run_ours(&ours, suite, rounds);
#ifdef BELFRY_HAS_SRTP2
		is_right &= run_theirs(&theirs, suite, rounds);
#endif
	}
	printf("%-26s %8.0f %10.0f", bel_srtp_suite_name(suite).ptr,
	       ours.protect - ours.make, ours.both - ours.protect);
	if (theirs.protect > 0)
		printf(" %10.0f %10.0f", theirs.protect - ours.make,
		       theirs.both - theirs.protect);
	printf("%s\n", is_right ? "" : "  WRONG");
	return is_right;
}

int main(int argc, char **argv)
{
	uint64_t rounds = ROUNDS_DEFAULT;
	bool is_right = true;

	if (argc > 1 &&
	    bel_str_to_u64(&rounds, bel_str_from(argv[1]), UINT16_MAX * 1000ull))
		return 2;
#ifdef BELFRY_HAS_SRTP2
	srtp_init();
#endif
	printf("%-26s %8s %10s %10s %10s\n", "ns a packet of 172 bytes", "protect",
	       "unprotect", "libsrtp2", "unprotect");
	for (unsigned i = 0; i < BEL_SRTP_SUITE_COUNT; i++)
		is_right &= print_suite((enum bel_srtp_suite)i, (unsigned)rounds);
#ifdef BELFRY_HAS_SRTP2
	srtp_shutdown();
#endif
	return is_right ? 0 : 1;
}
