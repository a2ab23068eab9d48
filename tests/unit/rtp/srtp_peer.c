/* SPDX-License-Identifier: Apache-2.0
 * SRTP and libsrtp2 talk to each other: every suite, both directions, over a network that
 * loses, repeats and reorders, past roll-overs.
 *
 *   $BELFRY_SEEDS=all  a million packets; else 20,000
 *
 * Left out where libsrtp2-dev is not installed. */
#include "support/support.h"

#include "rtp/rtp.h"

#ifdef BELFRY_HAS_SRTP2
#include <srtp2/srtp.h>

enum {
	PACKET_BYTES_MAX = 512,
	PAYLOAD_BYTES_MAX = 200,
	HELD_MAX = 40, /* packets that the network may hold back */
	RTCP_EVERY = 16,
	LAG_MAX = 80, /* within the window of 128, whatever is held */
	FIRST_SEQ = 65000,
};

static const uint32_t own_ssrc = 0xcafebabe;
static const char secret[] = "0123456789abcdef0123456789abcdef0123456789abcd";

struct packet {
	char plain[PACKET_BYTES_MAX], sealed[PACKET_BYTES_MAX];
	size_t plain_len, sealed_len;
	uint64_t number;
	bool is_rtcp;
};

struct network {
	uint64_t random;
	struct packet held[HELD_MAX];
	unsigned held_count;
	bool is_ours_sending;
	struct bel_srtp *ours;
	srtp_t theirs;
	uint64_t delivered, refused;
};

static uint32_t draw(struct network *network, uint32_t below)
{
	network->random = network->random * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(network->random >> 33) % below;
}

typedef void set_policy(srtp_crypto_policy_t *policy);

static const struct {
	enum bel_srtp_suite suite;
	set_policy *rtp, *rtcp;
} pairs[] = {
	{ BEL_SRTP_AES_CM_128_HMAC_SHA1_80, srtp_crypto_policy_set_rtp_default,
	  srtp_crypto_policy_set_rtcp_default },
	{ BEL_SRTP_AES_CM_128_HMAC_SHA1_32,
	  srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32,
	  srtp_crypto_policy_set_rtcp_default },
	{ BEL_SRTP_AES_256_CM_HMAC_SHA1_80,
	  srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80,
	  srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80 },
	{ BEL_SRTP_AES_256_CM_HMAC_SHA1_32,
	  srtp_crypto_policy_set_aes_cm_256_hmac_sha1_32,
	  srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80 },
	{ BEL_SRTP_AEAD_AES_128_GCM, srtp_crypto_policy_set_aes_gcm_128_16_auth,
	  srtp_crypto_policy_set_aes_gcm_128_16_auth },
	{ BEL_SRTP_AEAD_AES_256_GCM, srtp_crypto_policy_set_aes_gcm_256_16_auth,
	  srtp_crypto_policy_set_aes_gcm_256_16_auth },
};

static void open_pair(struct network *network, size_t pair)
{
	enum bel_srtp_suite suite = pairs[pair].suite;
	const struct bel_srtp_opts opts = {
		.suite = suite,
		.key = { secret, bel_srtp_key_bytes(suite) + bel_srtp_salt_bytes(suite) },
	};
	unsigned char key[SRTP_MAX_KEY_LEN] = { 0 };
	srtp_policy_t policy = {
		.ssrc = { network->is_ours_sending ? ssrc_any_inbound : ssrc_any_outbound,
			  0 },
		.key = key,
		.window_size = 128,
	};

	memcpy(key, secret, opts.key.len);
	pairs[pair].rtp(&policy.rtp);
	pairs[pair].rtcp(&policy.rtcp);
	assert_int_equal(bel_srtp_open(&network->ours, &opts), BEL_OK);
	assert_int_equal(srtp_create(&network->theirs, &policy), srtp_err_status_ok);
}

/* A packet with, now and then, a CSRC and a header extension. */
static void make_packet(struct packet *packet, struct network *network, uint64_t number)
{
	struct bel_writer writer = bel_writer_init(packet->plain, sizeof packet->plain);
	char payload[PAYLOAD_BYTES_MAX];
	size_t len = draw(network, PAYLOAD_BYTES_MAX);

	for (size_t i = 0; i < len; i++)
		payload[i] = (char)draw(network, 256);
	packet->number = number;
	packet->is_rtcp = number % RTCP_EVERY == 0;
	if (packet->is_rtcp) {
		const struct bel_rtcp_sender_info info = { .ntp = number };
		bel_rtcp_report_write(&writer, own_ssrc, &info, NULL, 0);
		bel_rtcp_cname_write(&writer, own_ssrc, BEL_STR("alice@example.com"));
	} else {
		const struct bel_rtp_packet rtp = {
			.ssrc = own_ssrc,
			.seq = (uint16_t)(FIRST_SEQ + number),
			.timestamp = (uint32_t)number * 160,
			.has_extension = number % 3 == 0,
			.extension_profile = BEL_RTP_ONE_BYTE_PROFILE,
			.extension = BEL_STR("\x10\xff\0\0"),
			.csrcs = { "\0\0\0\1", number % 5 == 0 ? 4 : 0 },
			.payload = { payload, len },
		};
		bel_rtp_write(&writer, &rtp);
	}
	assert_int_equal(bel_writer_check(&writer), BEL_OK);
	packet->plain_len = writer.len;
}

/* True when the side that sends could. */
static bool seal(struct network *network, struct packet *packet)
{
	memcpy(packet->sealed, packet->plain, packet->plain_len);
	if (network->is_ours_sending) {
		size_t len = packet->plain_len;
		enum bel_err err =
			packet->is_rtcp ? bel_srtcp_protect(network->ours, packet->sealed,
							    &len, sizeof packet->sealed)
					: bel_srtp_protect(network->ours, packet->sealed,
							   &len, sizeof packet->sealed);
		packet->sealed_len = len;
		return !err;
	}
	int len = (int)packet->plain_len;
	srtp_err_status_t status =
		packet->is_rtcp ? srtp_protect_rtcp(network->theirs, packet->sealed, &len)
				: srtp_protect(network->theirs, packet->sealed, &len);
	packet->sealed_len = (size_t)len;
	return status == srtp_err_status_ok;
}

/* True when the side that receives took it; opened and *len are then plain. */
static bool unseal(struct network *network, const struct packet *packet, char *opened,
		   size_t *len)
{
	memcpy(opened, packet->sealed, packet->sealed_len);
	*len = packet->sealed_len;
	if (!network->is_ours_sending)
		return !(packet->is_rtcp
				 ? bel_srtcp_unprotect(network->ours, opened, len)
				 : bel_srtp_unprotect(network->ours, opened, len));
	int left = (int)*len;
	srtp_err_status_t status =
		packet->is_rtcp ? srtp_unprotect_rtcp(network->theirs, opened, &left)
				: srtp_unprotect(network->theirs, opened, &left);
	*len = (size_t)left;
	return status == srtp_err_status_ok;
}

/* Any of those held back, but the oldest when it would fall out of the window. */
static unsigned choose(struct network *network)
{
	unsigned oldest = 0;
	uint64_t newest = 0;

	for (unsigned i = 0; i < network->held_count; i++) {
		if (network->held[i].number < network->held[oldest].number)
			oldest = i;
		if (network->held[i].number > newest)
			newest = network->held[i].number;
	}
	return newest - network->held[oldest].number > LAG_MAX
		       ? oldest
		       : draw(network, network->held_count);
}

/* One of those held back arrives; now and then forged before, and again after. */
static void deliver_one(struct network *network)
{
	unsigned at = choose(network);
	struct packet *packet = &network->held[at];
	char opened[PACKET_BYTES_MAX];
	size_t len;

	if (draw(network, 50) == 0) {
		struct packet forged = *packet;
		forged.sealed[draw(network, (uint32_t)forged.sealed_len)] ^= 0x10;
		assert_false(unseal(network, &forged, opened, &len));
		network->refused++;
	}
	assert_true(unseal(network, packet, opened, &len));
	assert_int_equal(len, packet->plain_len);
	assert_memory_equal(opened, packet->plain, len);
	network->delivered++;
	if (draw(network, 50) == 0) {
		assert_false(unseal(network, packet, opened, &len));
		network->refused++;
	}
	*packet = network->held[--network->held_count];
}

static void talk(struct network *network, size_t pair, uint64_t packets)
{
	open_pair(network, pair);
	for (uint64_t number = 0; number < packets; number++) {
		struct packet *packet = &network->held[network->held_count];
		make_packet(packet, network, number);
		assert_true(seal(network, packet));
		/* Nothing is lost before the first has come: without it nobody knows
		 * where the sequence began. */
		if (!number || draw(network, 20))
			network->held_count++;
		if (number == 1)
			while (network->held_count)
				deliver_one(network);
		while (network->held_count >
		       HELD_MAX / 2 + draw(network, HELD_MAX / 2 - 1))
			deliver_one(network);
	}
	while (network->held_count)
		deliver_one(network);
	bel_srtp_close(network->ours);
	srtp_dealloc(network->theirs);
}

static uint64_t wanted_packets(void)
{
	const char *wanted = getenv("BELFRY_SEEDS");

	return wanted && strcmp(wanted, "all") == 0 ? 1000000 : 20000;
}

static void libsrtp2_and_we_understand_each_other(void **state)
{
	uint64_t delivered = 0, refused = 0, packets = wanted_packets();

	(void)state;
	assert_int_equal(srtp_init(), srtp_err_status_ok);
	for (size_t turn = 0; turn < 2 * BEL_COUNT_OF(pairs); turn++) {
		static struct network network;
		network = (struct network){ .random = turn + 1,
					    .is_ours_sending = turn % 2 };
		talk(&network, turn / 2, packets / (2 * BEL_COUNT_OF(pairs)) + 1);
		delivered += network.delivered;
		refused += network.refused;
	}
	srtp_shutdown();
	assert_true(delivered > packets * 9 / 10);
	assert_true(refused > packets / 50);
}
#endif

int main(void)
{
#ifdef BELFRY_HAS_SRTP2
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(libsrtp2_and_we_understand_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
#else
	fprintf(stderr, "left out: libsrtp2-dev is not installed\n");
	return 77;
#endif
}
