/* SPDX-License-Identifier: Apache-2.0
 * SRTP and SRTCP against the vectors of RFC 3711, 6188 and 7714, and against what an
 * attacker may try. */
#include "support/support.h"

#include "rtp/srtp_int.h"

enum { BUF_BYTES = 512, PAYLOAD_BYTES = 160 };

struct bytes {
	char buf[BUF_BYTES];
	size_t len;
};

static struct bytes from_hex(const char *text)
{
	struct bytes bytes = { .len = 0 };
	struct bel_writer writer = bel_writer_init(bytes.buf, sizeof bytes.buf);

	assert_int_equal(bel_write_from_hex(&writer, bel_str_from(text)), BEL_OK);
	bytes.len = writer.len;
	return bytes;
}

static void assert_bytes(const struct bytes *bytes, const struct bytes *expected)
{
	assert_int_equal(bytes->len, expected->len);
	assert_memory_equal(bytes->buf, expected->buf, expected->len);
}

static const char secret[] = "0123456789abcdef0123456789abcdef0123456789abcd";

static struct bel_srtp *open_suite(enum bel_srtp_suite suite, bel_str mki)
{
	const struct bel_srtp_opts opts = {
		.suite = suite,
		.key = { secret, bel_srtp_key_bytes(suite) + bel_srtp_salt_bytes(suite) },
		.mki = mki,
	};
	struct bel_srtp *srtp = NULL;

	assert_int_equal(bel_srtp_open(&srtp, &opts), BEL_OK);
	return srtp;
}

/* A packet of this SSRC and number whose payload tells them apart. */
static struct bytes make_rtp(uint32_t ssrc, uint16_t seq)
{
	struct bytes bytes = { .len = 12 + PAYLOAD_BYTES };
	struct bel_writer writer = bel_writer_init(bytes.buf, sizeof bytes.buf);

	bel_write_be16(&writer, 0x8000);
	bel_write_be16(&writer, seq);
	bel_write_be32(&writer, seq * 160u);
	bel_write_be32(&writer, ssrc);
	memset(bytes.buf + 12, seq & 0xff, PAYLOAD_BYTES);
	return bytes;
}

static struct bytes make_rtcp(uint32_t ssrc)
{
	struct bytes bytes = from_hex("81c8000c00000000"
				      "00112233445566778899aabbccddeeff00112233"
				      "00112233445566778899aabbccddeeff0011223344556677");

	bel_srtp_write_be32(bytes.buf + 4, ssrc);
	return bytes;
}

static enum bel_err protect(struct bel_srtp *srtp, struct bytes *bytes)
{
	return bel_srtp_protect(srtp, bytes->buf, &bytes->len, sizeof bytes->buf);
}

static enum bel_err unprotect(struct bel_srtp *srtp, struct bytes *bytes)
{
	return bel_srtp_unprotect(srtp, bytes->buf, &bytes->len);
}

/* ---- vectors ---- */

/* RFC 3711 appendix B.3, RFC 6188 section 7.2. */
static void session_keys_are_those_of_the_rfcs(void **state)
{
	static const struct {
		enum bel_srtp_suite suite;
		const char *master, *cipher, *auth, *salt;
	} rows[] = {
		{ BEL_SRTP_AES_CM_128_HMAC_SHA1_80,
		  "e1f97a0d3e018be0d64fa32c06de41390ec675ad498afeebb6960b3aabe6",
		  "c61e7a93744f39ee10734afe3ff7a087",
		  "cebe321f6ff7716b6fd4ab49af256a156d38baa4",
		  "30cbbc08863d8c85d49db34a9ae1" },
		{ BEL_SRTP_AES_256_CM_HMAC_SHA1_80,
		  "f0f04914b513f2763a1b1fa130f10e2998f6f6e43e4309d1e622a0e332b9"
		  "f1b63b04803de51ee7c96423ab5b78d2",
		  "5ba1064e30ec51613cad926c5a28ef731ec7fb397f70a960653caf06554c"
		  "d8c4",
		  "fd9c32d39ed5fbb5a9dc96b30818454d1313dc05",
		  "fa31791685ca444a9e07c6c64e93" },
	};

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		struct bytes master = from_hex(rows[i].master);
		struct bytes cipher = from_hex(rows[i].cipher);
		struct bytes auth = from_hex(rows[i].auth), salt = from_hex(rows[i].salt);
		struct bel_srtp_keys keys;
		assert_int_equal(
			bel_srtp_keys_derive(&keys, &bel_srtp_suites[rows[i].suite],
					     (bel_str){ master.buf, master.len }, false),
			BEL_OK);
		assert_memory_equal(keys.cipher, cipher.buf, cipher.len);
		assert_memory_equal(keys.auth, auth.buf, sizeof keys.auth);
		assert_memory_equal(keys.salt, salt.buf, salt.len);
	}
}

/* Whole packets; the one after the roll-over follows the one before, and RTCP with index
 * 1 another with 0. */
static void packets_of_counter_mode_are_those_of_the_vectors(void **state)
{
	static const struct {
		const char *name;
		enum bel_srtp_suite suite;
		const char *master, *plain, *sealed;
		bool is_rtcp;
	} rows[] = {
		{ "srtp AES_CM_128_HMAC_SHA1_80", BEL_SRTP_AES_CM_128_HMAC_SHA1_80,
		  "e1f97a0d3e018be0d64fa32c06de41390ec675ad498afeebb6960b3aabe6",
		  "800f1234decafbadcafebabeabababababababababababababababab",
		  "800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402b78d"
		  "6acc99ea179b8dbb",
		  false },
		{ "srtp AES_CM_128_HMAC_SHA1_32", BEL_SRTP_AES_CM_128_HMAC_SHA1_32,
		  "e1f97a0d3e018be0d64fa32c06de41390ec675ad498afeebb6960b3aabe6",
		  "800f1234decafbadcafebabeabababababababababababababababab",
		  "800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402b78d"
		  "6acc",
		  false },
		{ "srtp AES_CM_128_HMAC_SHA1_80 rollover, before",
		  BEL_SRTP_AES_CM_128_HMAC_SHA1_80,
		  "e1f97a0d3e018be0d64fa32c06de41390ec675ad498afeebb6960b3aabe6",
		  "800fffffdecafbadcafebabeabababababababababababababababab",
		  "800fffffdecafbadcafebabef36e96fc87ac01758cea5f94ba171db81149"
		  "c9c49efa93c1b483",
		  false },
		{ "srtp AES_CM_128_HMAC_SHA1_80 rollover, after",
		  BEL_SRTP_AES_CM_128_HMAC_SHA1_80,
		  "e1f97a0d3e018be0d64fa32c06de41390ec675ad498afeebb6960b3aabe6",
		  "800f0000decafc4dcafebabeabababababababababababababababab",
		  "800f0000decafc4dcafebabe24ecf92d9c97bf2ac679b796fdfd365abdf0"
		  "23acfd2c7096c3ca",
		  false },
		{ "srtp AES_CM_128_HMAC_SHA1_80 with one-byte header extension (header "
		  "extension stays clear)",
		  BEL_SRTP_AES_CM_128_HMAC_SHA1_80,
		  "e1f97a0d3e018be0d64fa32c06de41390ec675ad498afeebb6960b3aabe6",
		  "900f1235decafbadcafebabebede000151001080abababababababab",
		  "900f1235decafbadcafebabebede00015100108011399ff951c3e03643ce"
		  "344b70ec0134c7ce",
		  false },
		{ "srtp AES_256_CM_HMAC_SHA1_80", BEL_SRTP_AES_256_CM_HMAC_SHA1_80,
		  "f0f04914b513f2763a1b1fa130f10e2998f6f6e43e4309d1e622a0e332b9"
		  "f1b63b04803de51ee7c96423ab5b78d2",
		  "800f1234decafbadcafebabeabababababababababababababababab",
		  "800f1234decafbadcafebabef1d9de17ff251ff1aa007774b0b4b40da08d"
		  "9d9a5b3a55d8873b",
		  false },
		{ "srtcp AES_CM_128_HMAC_SHA1_80 (E bit set)",
		  BEL_SRTP_AES_CM_128_HMAC_SHA1_80,
		  "e1f97a0d3e018be0d64fa32c06de41390ec675ad498afeebb6960b3aabe6",
		  "81c8000bcafebabeabababababababababababababababab",
		  "81c8000bcafebabe7128035be487b9bdbef89041f977a5a880000001993e"
		  "08cd54d6c1230798",
		  true },
	};
	struct bel_srtp *send = NULL, *receive = NULL;

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		struct bytes master = from_hex(rows[i].master);
		struct bytes plain = from_hex(rows[i].plain), packet = plain;
		struct bytes sealed = from_hex(rows[i].sealed);
		const struct bel_srtp_opts opts = { .suite = rows[i].suite,
						    .key = { master.buf, master.len } };
		bool is_next = bel_str_has_suffix(bel_str_from(rows[i].name),
						  BEL_STR("after"));
		if (!is_next) {
			bel_srtp_close(send);
			bel_srtp_close(receive);
			assert_int_equal(bel_srtp_open(&send, &opts), BEL_OK);
			assert_int_equal(bel_srtp_open(&receive, &opts), BEL_OK);
		}
		if (rows[i].is_rtcp) {
			struct bytes before = plain;
			bel_srtcp_protect(send, before.buf, &before.len, BUF_BYTES);
			assert_int_equal(bel_srtcp_protect(send, packet.buf, &packet.len,
							   BUF_BYTES),
					 BEL_OK);
			assert_bytes(&packet, &sealed);
			assert_int_equal(
				bel_srtcp_unprotect(receive, packet.buf, &packet.len),
				BEL_OK);
		} else {
			assert_int_equal(protect(send, &packet), BEL_OK);
			assert_bytes(&packet, &sealed);
			assert_int_equal(unprotect(receive, &packet), BEL_OK);
		}
		assert_bytes(&packet, &plain);
	}
	bel_srtp_close(send);
	bel_srtp_close(receive);
}

/* RFC 7714 sections 16 and 17 give session keys. */
static void packets_of_gcm_are_those_of_rfc_7714(void **state)
{
	static const struct {
		const char *name;
		enum bel_srtp_suite suite;
		const char *key, *plain, *sealed;
		bool is_rtcp, is_clear;
	} rows[] = {
		{ "srtp aead_aes_128_gcm 16", BEL_SRTP_AEAD_AES_128_GCM,
		  "000102030405060708090a0b0c0d0e0f",
		  "8040f17b8041f8d35501a0b247616c6c696120657374206f6d6e69732064"
		  "697669736120696e207061727465732074726573",
		  "8040f17b8041f8d35501a0b2f24de3a3fb34de6cacba861c9d7e4bcabe63"
		  "3bd50d294e6f42a5f47a51c7d19b36de3adf8833899d7f27beb16a9152cf"
		  "765ee4390cce",
		  false, false },
		{ "srtp aead_aes_256_gcm 16", BEL_SRTP_AEAD_AES_256_GCM,
		  "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d"
		  "1e1f",
		  "8040f17b8041f8d35501a0b247616c6c696120657374206f6d6e69732064"
		  "697669736120696e207061727465732074726573",
		  "8040f17b8041f8d35501a0b232b1de78a822fe12ef9f78fa332e33aab180"
		  "12389a58e2f3b50b2a0276ffae0f1ba63799b87b7aa3db36dfffd6b0f9bb"
		  "7878d7a76c13",
		  false, false },
		{ "srtcp aead_aes_128_gcm 17", BEL_SRTP_AEAD_AES_128_GCM,
		  "000102030405060708090a0b0c0d0e0f",
		  "81c8000d4d6172734e5450314e545032525450200000042a0000e9304c75"
		  "6e61deadbeefdeadbeefdeadbeefdeadbeefdeadbeef",
		  "81c8000d4d61727363e94885dcdab67ca727d7662f6b7e997ff5c0f76c06"
		  "f32dc676a5f1730d6fda4ce09b4686303ded0bb9275bc84aa45896cf4d2f"
		  "c5abf87245d9eade800005d4",
		  true, false },
		{ "srtcp aead_aes_128_gcm authentication only", BEL_SRTP_AEAD_AES_128_GCM,
		  "000102030405060708090a0b0c0d0e0f",
		  "81c8000d4d6172734e5450314e545032525450200000042a0000e9304c75"
		  "6e61deadbeefdeadbeefdeadbeefdeadbeefdeadbeef",
		  "81c8000d4d6172734e5450314e545032525450200000042a0000e9304c75"
		  "6e61deadbeefdeadbeefdeadbeefdeadbeefdeadbeef841dd9683dd78ec9"
		  "2ae58790125f62b3000005d4",
		  true, true },
		{ "srtcp aead_aes_256_gcm 17", BEL_SRTP_AEAD_AES_256_GCM,
		  "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d"
		  "1e1f",
		  "81c8000d4d6172734e5450314e545032525450200000042a0000e9304c75"
		  "6e61deadbeefdeadbeefdeadbeefdeadbeefdeadbeef",
		  "81c8000d4d617273d50ae4d1f5ce5d304ba297e47d470c282c3ece5dbffe"
		  "0a50a2eaa5c1110555be8415f658c61de0476f1b6fad1d1eb30c4446839f"
		  "57ff6f6cb26ac3be800005d4",
		  true, false },
		{ "srtcp aead_aes_256_gcm authentication only", BEL_SRTP_AEAD_AES_256_GCM,
		  "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d"
		  "1e1f",
		  "81c8000d4d6172734e5450314e545032525450200000042a0000e9304c75"
		  "6e61deadbeefdeadbeefdeadbeefdeadbeefdeadbeef",
		  "81c8000d4d6172734e5450314e545032525450200000042a0000e9304c75"
		  "6e61deadbeefdeadbeefdeadbeefdeadbeefdeadbeef91db4afbfeee5a97"
		  "8fab4393ed2615fe000005d4",
		  true, true },
	};
	enum { RTCP_INDEX = 0x5d4 };

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		struct bytes key = from_hex(rows[i].key);
		struct bytes plain = from_hex(rows[i].plain), packet = plain;
		struct bytes sealed = from_hex(rows[i].sealed);
		const struct bel_srtp_opts opts = { .suite = rows[i].suite,
						    .is_rtcp_clear = rows[i].is_clear };
		struct bel_srtp_keys keys = { .salt = "Quid pro quo" };
		struct bel_srtp *send, *receive;
		memcpy(keys.cipher, key.buf, key.len);
		assert_int_equal(bel_srtp_open_session(&send, &opts, &keys, &keys),
				 BEL_OK);
		assert_int_equal(bel_srtp_open_session(&receive, &opts, &keys, &keys),
				 BEL_OK);
		if (rows[i].is_rtcp) {
			for (unsigned n = 0; n < RTCP_INDEX; n++) {
				struct bytes before = plain;
				bel_srtcp_protect(send, before.buf, &before.len,
						  BUF_BYTES);
			}
			assert_int_equal(bel_srtcp_protect(send, packet.buf, &packet.len,
							   BUF_BYTES),
					 BEL_OK);
			assert_bytes(&packet, &sealed);
			assert_int_equal(
				bel_srtcp_unprotect(receive, packet.buf, &packet.len),
				BEL_OK);
		} else {
			assert_int_equal(protect(send, &packet), BEL_OK);
			assert_bytes(&packet, &sealed);
			assert_int_equal(unprotect(receive, &packet), BEL_OK);
		}
		assert_bytes(&packet, &plain);
		bel_srtp_close(send);
		bel_srtp_close(receive);
	}
}

/* ---- suites ---- */

static void suites_are_found_by_their_names(void **state)
{
	enum bel_srtp_suite suite;

	(void)state;
	for (unsigned i = 0; i < BEL_SRTP_SUITE_COUNT; i++) {
		assert_int_equal(
			bel_srtp_suite_find(&suite,
					    bel_srtp_suite_name((enum bel_srtp_suite)i)),
			BEL_OK);
		assert_int_equal(suite, i);
	}
	assert_int_equal(bel_srtp_suite_find(&suite, BEL_STR("F8_128_HMAC_SHA1_80")),
			 BEL_ERR_NOT_FOUND);
	assert_int_equal(bel_srtp_key_bytes(BEL_SRTP_AES_256_CM_HMAC_SHA1_80), 32);
	assert_int_equal(bel_srtp_salt_bytes(BEL_SRTP_AEAD_AES_128_GCM), 12);
}

static void a_key_of_another_length_is_refused(void **state)
{
	struct bel_srtp_opts opts = { .suite = BEL_SRTP_AES_CM_128_HMAC_SHA1_80,
				      .key = { secret, 29 } };
	struct bel_srtp *srtp = NULL;

	(void)state;
	assert_int_equal(bel_srtp_open(&srtp, &opts), BEL_ERR_LIMIT);
	opts.key.len = 31;
	assert_int_equal(bel_srtp_open(&srtp, &opts), BEL_ERR_LIMIT);
	opts.key.len = 30;
	opts.mki = (bel_str){ secret, BEL_SRTP_MKI_BYTES_MAX + 1 };
	assert_int_equal(bel_srtp_open(&srtp, &opts), BEL_ERR_LIMIT);
	assert_null(srtp);
}

/* bel_test_story */
static enum bel_err open_and_close(void *user)
{
	const struct bel_srtp_opts *opts = user;
	struct bel_srtp *srtp = NULL;
	enum bel_err err = bel_srtp_open(&srtp, opts);

	bel_srtp_close(srtp);
	return err;
}

static void opening_without_memory_leaves_nothing_behind(void **state)
{
	(void)state;
	for (unsigned i = 0; i < BEL_SRTP_SUITE_COUNT; i++) {
		enum bel_srtp_suite suite = (enum bel_srtp_suite)i;
		struct bel_srtp_opts opts = {
			.suite = suite,
			.key = { secret,
				 bel_srtp_key_bytes(suite) + bel_srtp_salt_bytes(suite) },
		};
		bel_test_each_allocation_fails(open_and_close, &opts);
	}
}

static void every_suite_comes_back_to_what_it_was(void **state)
{
	static const bel_str mkis[] = { { NULL, 0 }, { "\1", 1 }, { "key 4711", 8 } };

	(void)state;
	for (unsigned i = 0; i < BEL_SRTP_SUITE_COUNT * BEL_COUNT_OF(mkis); i++) {
		enum bel_srtp_suite suite = (enum bel_srtp_suite)(i %
								  BEL_SRTP_SUITE_COUNT);
		bel_str mki = mkis[i / BEL_SRTP_SUITE_COUNT];
		struct bel_srtp *send = open_suite(suite, mki);
		struct bel_srtp *receive = open_suite(suite, mki);
		struct bytes rtp = make_rtp(7, 1000), rtp_sent = rtp;
		struct bytes rtcp = make_rtcp(7), rtcp_sent = rtcp;
		assert_int_equal(protect(send, &rtp_sent), BEL_OK);
		assert_true(memcmp(rtp_sent.buf + 12, rtp.buf + 12, PAYLOAD_BYTES) != 0);
		assert_int_equal(unprotect(receive, &rtp_sent), BEL_OK);
		assert_bytes(&rtp_sent, &rtp);
		assert_int_equal(
			bel_srtcp_protect(send, rtcp_sent.buf, &rtcp_sent.len, BUF_BYTES),
			BEL_OK);
		assert_true(rtcp_sent.len <=
			    rtcp.len + BEL_SRTP_OVERHEAD_BYTES + mki.len);
		assert_int_equal(
			bel_srtcp_unprotect(receive, rtcp_sent.buf, &rtcp_sent.len),
			BEL_OK);
		assert_bytes(&rtcp_sent, &rtcp);
		bel_srtp_close(send);
		bel_srtp_close(receive);
	}
}

static void clear_rtcp_is_authentic_and_readable(void **state)
{
	(void)state;
	for (unsigned i = 0; i < BEL_SRTP_SUITE_COUNT; i++) {
		enum bel_srtp_suite suite = (enum bel_srtp_suite)i;
		const struct bel_srtp_opts opts = {
			.suite = suite,
			.key = { secret,
				 bel_srtp_key_bytes(suite) + bel_srtp_salt_bytes(suite) },
			.is_rtcp_clear = true,
		};
		struct bel_srtp *send = NULL, *receive = open_suite(suite, BEL_STR_NONE);
		struct bytes rtcp = make_rtcp(7), sent = rtcp, forged;
		assert_int_equal(bel_srtp_open(&send, &opts), BEL_OK);
		bel_srtcp_protect(send, sent.buf, &sent.len, BUF_BYTES);
		assert_memory_equal(sent.buf, rtcp.buf, rtcp.len);
		forged = sent;
		forged.buf[20] ^= 1;
		assert_int_equal(bel_srtcp_unprotect(receive, forged.buf, &forged.len),
				 BEL_ERR_MISMATCH);
		assert_int_equal(bel_srtcp_unprotect(receive, sent.buf, &sent.len),
				 BEL_OK);
		assert_bytes(&sent, &rtcp);
		bel_srtp_close(send);
		bel_srtp_close(receive);
	}
}

/* ---- forgery and replay ---- */

static void no_bit_can_be_changed(void **state)
{
	(void)state;
	for (unsigned i = 0; i < BEL_SRTP_SUITE_COUNT; i++) {
		enum bel_srtp_suite suite = (enum bel_srtp_suite)i;
		struct bel_srtp *send = open_suite(suite, BEL_STR("mki"));
		struct bel_srtp *receive = open_suite(suite, BEL_STR("mki"));
		struct bytes rtp = make_rtp(7, 1000), rtcp = make_rtcp(7);
		protect(send, &rtp);
		bel_srtcp_protect(send, rtcp.buf, &rtcp.len, BUF_BYTES);
		for (size_t bit = 0; bit < rtp.len * 8; bit++) {
			struct bytes forged = rtp;
			forged.buf[bit / 8] ^= (char)(1 << bit % 8);
			assert_true(unprotect(receive, &forged) != BEL_OK);
			assert_int_equal(forged.len, rtp.len);
		}
		for (size_t bit = 0; bit < rtcp.len * 8; bit++) {
			struct bytes forged = rtcp;
			forged.buf[bit / 8] ^= (char)(1 << bit % 8);
			assert_true(bel_srtcp_unprotect(receive, forged.buf,
							&forged.len) != BEL_OK);
		}
		/* None of them has left a trace. */
		for (unsigned n = 0; n < receive->streams_max; n++)
			assert_false(receive->streams[n].is_used);
		assert_int_equal(unprotect(receive, &rtp), BEL_OK);
		assert_int_equal(bel_srtcp_unprotect(receive, rtcp.buf, &rtcp.len),
				 BEL_OK);
		bel_srtp_close(send);
		bel_srtp_close(receive);
	}
}

static void a_forged_packet_does_not_move_the_index(void **state)
{
	struct bel_srtp *send = open_suite(BEL_SRTP_AES_CM_128_HMAC_SHA1_80,
					   BEL_STR_NONE);
	struct bel_srtp *receive = open_suite(BEL_SRTP_AES_CM_128_HMAC_SHA1_80,
					      BEL_STR_NONE);
	struct bytes first = make_rtp(7, 100), second = make_rtp(7, 101), forged;

	(void)state;
	protect(send, &first);
	protect(send, &second);
	assert_int_equal(unprotect(receive, &first), BEL_OK);
	forged = second;
	forged.buf[2] = 0x7f; /* far ahead */
	assert_int_equal(unprotect(receive, &forged), BEL_ERR_MISMATCH);
	assert_int_equal(unprotect(receive, &second), BEL_OK);
	bel_srtp_close(send);
	bel_srtp_close(receive);
}

static void a_packet_is_taken_once_within_the_window_of_128(void **state)
{
	struct bel_srtp *send = open_suite(BEL_SRTP_AES_CM_128_HMAC_SHA1_32,
					   BEL_STR_NONE);
	struct bel_srtp *receive = open_suite(BEL_SRTP_AES_CM_128_HMAC_SHA1_32,
					      BEL_STR_NONE);
	static struct bytes packets[300];

	(void)state;
	for (uint16_t i = 0; i < 300; i++) {
		packets[i] = make_rtp(7, (uint16_t)(65400 + i));
		assert_int_equal(protect(send, &packets[i]), BEL_OK);
	}
	struct bytes copy = packets[200];
	assert_int_equal(unprotect(receive, &copy), BEL_ERR_MISMATCH); /* ROC unknown */
	copy = packets[0];
	assert_int_equal(unprotect(receive, &copy), BEL_OK);
	copy = packets[299];
	assert_int_equal(unprotect(receive, &copy), BEL_OK);
	for (int turn = 0; turn < 2; turn++)
		for (int i = 298; i >= 160; i--) {
			bool is_new = !turn && i > 299 - 128;
			copy = packets[i];
			assert_int_equal(unprotect(receive, &copy),
					 is_new ? BEL_OK : BEL_ERR_EXISTS);
		}
	bel_srtp_close(send);
	bel_srtp_close(receive);
}

static void rtcp_is_taken_once(void **state)
{
	struct bel_srtp *send = open_suite(BEL_SRTP_AEAD_AES_128_GCM, BEL_STR_NONE);
	struct bel_srtp *receive = open_suite(BEL_SRTP_AEAD_AES_128_GCM, BEL_STR_NONE);
	struct bytes first = make_rtcp(7), second = first, copy;

	(void)state;
	bel_srtcp_protect(send, first.buf, &first.len, BUF_BYTES);
	bel_srtcp_protect(send, second.buf, &second.len, BUF_BYTES);
	copy = second;
	assert_int_equal(bel_srtcp_unprotect(receive, copy.buf, &copy.len), BEL_OK);
	copy = first;
	assert_int_equal(bel_srtcp_unprotect(receive, copy.buf, &copy.len), BEL_OK);
	copy = first;
	assert_int_equal(bel_srtcp_unprotect(receive, copy.buf, &copy.len),
			 BEL_ERR_EXISTS);
	bel_srtp_close(send);
	bel_srtp_close(receive);
}

static void nothing_is_sent_twice_under_one_index(void **state)
{
	struct bel_srtp *send = open_suite(BEL_SRTP_AES_CM_128_HMAC_SHA1_80,
					   BEL_STR_NONE);
	struct bytes packet = make_rtp(7, 5);

	(void)state;
	assert_int_equal(protect(send, &packet), BEL_OK);
	packet = make_rtp(7, 5);
	assert_int_equal(protect(send, &packet), BEL_ERR_EXISTS);
	assert_int_equal(packet.len, 12 + PAYLOAD_BYTES);
	bel_srtp_close(send);
}

static void streams_are_told_apart_up_to_their_number(void **state)
{
	struct bel_srtp *send = open_suite(BEL_SRTP_AES_CM_128_HMAC_SHA1_80,
					   BEL_STR_NONE);
	struct bel_srtp *receive = open_suite(BEL_SRTP_AES_CM_128_HMAC_SHA1_80,
					      BEL_STR_NONE);

	(void)state;
	for (uint32_t ssrc = 0; ssrc < BEL_SRTP_STREAMS_DEFAULT; ssrc++) {
		struct bytes packet = make_rtp(ssrc, (uint16_t)(ssrc * 9000));
		assert_int_equal(protect(send, &packet), BEL_OK);
		assert_int_equal(unprotect(receive, &packet), BEL_OK);
	}
	struct bytes packet = make_rtp(99, 1);
	assert_int_equal(protect(send, &packet), BEL_ERR_LIMIT);
	bel_srtp_forget(send, 3);
	assert_int_equal(protect(send, &packet), BEL_OK);
	assert_int_equal(unprotect(receive, &packet), BEL_ERR_LIMIT);
	bel_srtp_forget(receive, 0);
	assert_int_equal(unprotect(receive, &packet), BEL_OK);
	bel_srtp_close(send);
	bel_srtp_close(receive);
}

static void the_end_of_a_key_is_told(void **state)
{
	struct bel_srtp *send = open_suite(BEL_SRTP_AEAD_AES_256_GCM, BEL_STR_NONE);
	struct bytes packet = make_rtp(7, 65535), rtcp = make_rtcp(7);

	(void)state;
	assert_int_equal(protect(send, &packet), BEL_OK);
	bel_srtcp_protect(send, rtcp.buf, &rtcp.len, BUF_BYTES);
	send->streams[0].rtp.highest = ((uint64_t)1 << 48) - 2;
	send->streams[0].next_rtcp_index = 0x7fffffff;
	packet = make_rtp(7, 65535);
	assert_int_equal(protect(send, &packet), BEL_OK);
	packet = make_rtp(7, 0);
	assert_int_equal(protect(send, &packet), BEL_ERR_LIMIT);
	rtcp = make_rtcp(7);
	assert_int_equal(bel_srtcp_protect(send, rtcp.buf, &rtcp.len, BUF_BYTES), BEL_OK);
	rtcp = make_rtcp(7);
	assert_int_equal(bel_srtcp_protect(send, rtcp.buf, &rtcp.len, BUF_BYTES),
			 BEL_ERR_LIMIT);
	bel_srtp_close(send);
}

static void what_is_too_short_is_no_packet(void **state)
{
	(void)state;
	for (unsigned i = 0; i < BEL_SRTP_SUITE_COUNT; i++) {
		struct bel_srtp *send = open_suite((enum bel_srtp_suite)i, BEL_STR("k"));
		struct bel_srtp *receive = open_suite((enum bel_srtp_suite)i,
						      BEL_STR("k"));
		struct bytes rtp = make_rtp(7, 1), rtcp = make_rtcp(7);
		protect(send, &rtp);
		bel_srtcp_protect(send, rtcp.buf, &rtcp.len, BUF_BYTES);
		for (size_t len = 0; len < rtp.len; len++) {
			bel_str piece = bel_test_exact((bel_str){ rtp.buf, len });
			size_t left = len;
			assert_true(bel_srtp_unprotect(receive,
						       (char *)(uintptr_t)piece.ptr,
						       &left) != BEL_OK);
			free((void *)(uintptr_t)piece.ptr);
		}
		for (size_t len = 0; len < rtcp.len; len++) {
			bel_str piece = bel_test_exact((bel_str){ rtcp.buf, len });
			size_t left = len;
			assert_true(bel_srtcp_unprotect(receive,
							(char *)(uintptr_t)piece.ptr,
							&left) != BEL_OK);
			free((void *)(uintptr_t)piece.ptr);
		}
		bel_srtp_close(send);
		bel_srtp_close(receive);
	}
}

static void protecting_needs_its_room(void **state)
{
	(void)state;
	for (unsigned i = 0; i < BEL_SRTP_SUITE_COUNT; i++) {
		struct bel_srtp *send = open_suite((enum bel_srtp_suite)i, BEL_STR_NONE);
		struct bytes rtp = make_rtp(7, 1);
		size_t added = bel_srtp_suites[i].tag_bytes, len = rtp.len;
		assert_int_equal(
			bel_srtp_protect(send, rtp.buf, &len, rtp.len + added - 1),
			BEL_ERR_SPACE);
		assert_int_equal(bel_srtp_protect(send, rtp.buf, &len, rtp.len + added),
				 BEL_OK);
		bel_srtp_close(send);
	}
}

/* RFC 3711 section 3.3.1: a model of the rule in plain numbers. */
static void an_index_is_guessed_nearest_to_the_highest(void **state)
{
	static const struct {
		uint64_t highest;
		uint16_t seq;
		uint64_t index;
	} rows[] = {
		{ 0x00000, 0x8000, 0x08000 },          { 0x0ffff, 0x0000, 0x10000 },
		{ 0x10000, 0xffff, 0x0ffff },          { 0x1ffff, 0x7ffe, 0x27ffe },
		{ 0x1ffff, 0x7fff, 0x1ffff - 0x8000 }, { 0x18000, 0x0000, 0x10000 },
		{ 0x18001, 0x0000, 0x20000 },          { 0x17fff, 0xffff, 0x1ffff },
		{ 0x17ffe, 0xffff, 0x0ffff },
	};
	uint64_t index;

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		const struct bel_srtp_window window = { .has_any = true,
							.highest = rows[i].highest };
		assert_int_equal(bel_srtp_window_guess(&index, &window, rows[i].seq),
				 BEL_OK);
		if (index != rows[i].index)
			fail_msg("row %zu: %llx", i, (unsigned long long)index);
	}
	const struct bel_srtp_window young = { .has_any = true, .highest = 5 };
	assert_int_equal(bel_srtp_window_guess(&index, &young, 0xffff), BEL_ERR_EXISTS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(session_keys_are_those_of_the_rfcs),
		cmocka_unit_test(packets_of_counter_mode_are_those_of_the_vectors),
		cmocka_unit_test(packets_of_gcm_are_those_of_rfc_7714),
		cmocka_unit_test(suites_are_found_by_their_names),
		cmocka_unit_test(a_key_of_another_length_is_refused),
		cmocka_unit_test(opening_without_memory_leaves_nothing_behind),
		cmocka_unit_test(every_suite_comes_back_to_what_it_was),
		cmocka_unit_test(clear_rtcp_is_authentic_and_readable),
		cmocka_unit_test(no_bit_can_be_changed),
		cmocka_unit_test(a_forged_packet_does_not_move_the_index),
		cmocka_unit_test(a_packet_is_taken_once_within_the_window_of_128),
		cmocka_unit_test(rtcp_is_taken_once),
		cmocka_unit_test(nothing_is_sent_twice_under_one_index),
		cmocka_unit_test(streams_are_told_apart_up_to_their_number),
		cmocka_unit_test(the_end_of_a_key_is_told),
		cmocka_unit_test(what_is_too_short_is_no_packet),
		cmocka_unit_test(protecting_needs_its_room),
		cmocka_unit_test(an_index_is_guessed_nearest_to_the_highest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
