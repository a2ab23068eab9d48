/* SPDX-License-Identifier: Apache-2.0
 * Ciphers for packets against RFC 3711, 6188, 7714 and 2202. */
#include "support/support.h"

#include "crypto/crypto.h"

enum { BYTES_MAX = 256 };

struct bytes {
	char buf[BYTES_MAX];
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

static bel_str str_of(const struct bytes *bytes)
{
	return (bel_str){ bytes->buf, bytes->len };
}

/* RFC 3711 appendix B.2, RFC 6188 section 7.1: a block of the key stream. */
static void the_key_stream_is_that_of_the_rfcs(void **state)
{
	static const struct {
		const char *key, *iv, *stream;
	} rows[] = {
		{ "2b7e151628aed2a6abf7158809cf4f3c", "f0f1f2f3f4f5f6f7f8f9fafbfcfd0000",
		  "e03ead0935c95e80e166b16dd92b4eb4" },
		{ "2b7e151628aed2a6abf7158809cf4f3c", "f0f1f2f3f4f5f6f7f8f9fafbfcfd0001",
		  "d23513162b02d0f72a43a2fe4a5f97ab" },
		{ "2b7e151628aed2a6abf7158809cf4f3c", "f0f1f2f3f4f5f6f7f8f9fafbfcfd0002",
		  "41e95b3bb0a2e8dd477901e4fca894c0" },
		{ "2b7e151628aed2a6abf7158809cf4f3c", "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
		  "ec8cdf7398607cb0f2d21675ea9ea1e4" },
		{ "2b7e151628aed2a6abf7158809cf4f3c", "f0f1f2f3f4f5f6f7f8f9fafbfcfdff00",
		  "362b7c3c6773516318a077d7fc5073ae" },
		{ "2b7e151628aed2a6abf7158809cf4f3c", "f0f1f2f3f4f5f6f7f8f9fafbfcfdff01",
		  "6a2cc3787889374fbeb4c81b17ba6c44" },
		{ "57f82fe3613fd170a85ec93c40b1f0922ec4cb0dc025b58272147cc438944a98",
		  "f0f1f2f3f4f5f6f7f8f9fafbfcfd0000",
		  "92bdd28a93c3f52511c677d08b5515a4" },
		{ "57f82fe3613fd170a85ec93c40b1f0922ec4cb0dc025b58272147cc438944a98",
		  "f0f1f2f3f4f5f6f7f8f9fafbfcfd0001",
		  "9da71b2378a854f67050756ded165bac" },
		{ "57f82fe3613fd170a85ec93c40b1f0922ec4cb0dc025b58272147cc438944a98",
		  "f0f1f2f3f4f5f6f7f8f9fafbfcfd0002",
		  "63c4868b7096d88421b563b8c94c9a31" },
		{ "57f82fe3613fd170a85ec93c40b1f0922ec4cb0dc025b58272147cc438944a98",
		  "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
		  "cea518c90fd91ced9cbb18c078a54711" },
		{ "57f82fe3613fd170a85ec93c40b1f0922ec4cb0dc025b58272147cc438944a98",
		  "f0f1f2f3f4f5f6f7f8f9fafbfcfdff00",
		  "3dbc4814f4da5f00a08772b63c6a046d" },
		{ "57f82fe3613fd170a85ec93c40b1f0922ec4cb0dc025b58272147cc438944a98",
		  "f0f1f2f3f4f5f6f7f8f9fafbfcfdff01",
		  "6eb246913062a16891433e97dd01a57f" },
	};

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		struct bytes key = from_hex(rows[i].key), iv = from_hex(rows[i].iv);
		struct bytes stream = from_hex(rows[i].stream);
		char block[16] = { 0 };
		struct bel_ctr *ctr;
		assert_int_equal(bel_ctr_open(&ctr, str_of(&key)), BEL_OK);
		/* Twice: the counter is the packet's, not the cipher's. */
		for (unsigned turn = 0; turn < 2; turn++) {
			memset(block, 0, sizeof block);
			assert_int_equal(bel_ctr_apply(ctr, (const uint8_t *)iv.buf,
						       block, sizeof block),
					 BEL_OK);
			assert_memory_equal(block, stream.buf, sizeof block);
		}
		bel_ctr_close(ctr);
	}
}

/* RFC 7714 section 16. */
static void gcm_gives_the_text_and_tag_of_the_rfc_both_ways(void **state)
{
	static const struct {
		const char *key, *iv, *clear, *plain, *sealed;
	} rows[] = {
		{ "000102030405060708090a0b0c0d0e0f", "51753c6580c2726f20718414",
		  "8040f17b8041f8d35501a0b2",
		  "47616c6c696120657374206f6d6e69732064697669736120696e20706172"
		  "7465732074726573",
		  "f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7"
		  "d19b36de3adf8833899d7f27beb16a9152cf765ee4390cce" },
		{ "000102030405060708090a0b0c0d0e0f", "51753c6580c2726f20718414",
		  "8040f17b8041f8d35501a0b247616c6c696120657374206f6d6e69732064"
		  "697669736120696e207061727465732074726573",
		  "", "22493f82d2bce397e9d79e3b19aa4216" },
		{ "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d"
		  "1e1f",
		  "51753c6580c2726f20718414", "8040f17b8041f8d35501a0b2",
		  "47616c6c696120657374206f6d6e69732064697669736120696e20706172"
		  "7465732074726573",
		  "32b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ff"
		  "ae0f1ba63799b87b7aa3db36dfffd6b0f9bb7878d7a76c13" },
		{ "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d"
		  "1e1f",
		  "51753c6580c2726f20718414",
		  "8040f17b8041f8d35501a0b247616c6c696120657374206f6d6e69732064"
		  "697669736120696e207061727465732074726573",
		  "", "a866d5910f887463067ceefec45215d4" },
	};

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		struct bytes key = from_hex(rows[i].key), iv = from_hex(rows[i].iv);
		struct bytes clear = from_hex(rows[i].clear);
		struct bytes plain = from_hex(rows[i].plain);
		struct bytes sealed = from_hex(rows[i].sealed), text = plain;
		const uint8_t *nonce = (const uint8_t *)iv.buf;
		bel_str pieces[] = { bel_str_slice(str_of(&clear), 0, 5),
				     bel_str_slice(str_of(&clear), 5, clear.len) };
		struct bel_gcm *gcm;
		assert_int_equal(bel_gcm_open(&gcm, str_of(&key)), BEL_OK);
		assert_int_equal(
			bel_gcm_encrypt(gcm, nonce, pieces, 2, text.buf, plain.len),
			BEL_OK);
		assert_memory_equal(text.buf, sealed.buf, sealed.len);
		assert_int_equal(
			bel_gcm_decrypt(gcm, nonce, pieces, 2, text.buf, plain.len),
			BEL_OK);
		assert_memory_equal(text.buf, plain.buf, plain.len);
		text = sealed;
		text.buf[sealed.len - 1] ^= 1;
		assert_int_equal(
			bel_gcm_decrypt(gcm, nonce, pieces, 2, text.buf, plain.len),
			BEL_ERR_MISMATCH);
		/* What failed leaves nothing behind. */
		text = sealed;
		assert_int_equal(
			bel_gcm_decrypt(gcm, nonce, pieces, 2, text.buf, plain.len),
			BEL_OK);
		bel_gcm_close(gcm);
	}
}

/* RFC 2202 section 3. */
static void hmac_sha1_is_that_of_the_rfc(void **state)
{
	static const char bytes_0b[20] = "\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b"
					 "\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b";
	const struct {
		bel_str key, text;
		const char *mac;
	} rows[] = {
		{ { bytes_0b, 20 },
		  BEL_STR("Hi There"),
		  "b617318655057264e28bc0b6fb378c8ef146be00" },
		{ BEL_STR("Jefe"), BEL_STR("what do ya want for nothing?"),
		  "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79" },
	};

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		struct bytes mac = from_hex(rows[i].mac);
		struct bel_hmac_sha1 hmac;
		uint8_t out[BEL_HMAC_SHA1_BYTES];
		assert_int_equal(bel_hmac_sha1_init(&hmac, rows[i].key), BEL_OK);
		for (size_t cut = 0; cut <= rows[i].text.len; cut++) {
			const bel_str pieces[] = {
				bel_str_slice(rows[i].text, 0, cut),
				bel_str_slice(rows[i].text, cut, rows[i].text.len),
			};
			bel_hmac_sha1(out, &hmac, pieces, 2);
			assert_memory_equal(out, mac.buf, sizeof out);
		}
	}
}

static void hmac_sha1_agrees_with_the_general_one(void **state)
{
	char text[300], key[64];
	struct bel_crypto *crypto;

	(void)state;
	assert_int_equal(bel_crypto_open(&crypto), BEL_OK);
	for (size_t i = 0; i < sizeof text; i++)
		text[i] = (char)(i * 7);
	memcpy(key, text, sizeof key);
	for (size_t len = 0; len < sizeof text; len++) {
		bel_str piece = { text, len };
		bel_str secret = { key, len % (sizeof key + 1) };
		uint8_t ours[BEL_HMAC_SHA1_BYTES], theirs[BEL_DIGEST_BYTES_MAX];
		struct bel_hmac_sha1 hmac;
		assert_int_equal(bel_hmac_sha1_init(&hmac, secret), BEL_OK);
		bel_hmac_sha1(ours, &hmac, &piece, 1);
		assert_int_equal(bel_hmac(theirs, crypto, BEL_SHA1, secret, &piece, 1),
				 BEL_OK);
		assert_memory_equal(ours, theirs, sizeof ours);
	}
	bel_crypto_close(crypto);
}

static void keys_of_other_lengths_are_refused(void **state)
{
	char key[65] = { 0 };
	struct bel_ctr *ctr;
	struct bel_gcm *gcm;
	struct bel_hmac_sha1 hmac;

	(void)state;
	assert_int_equal(bel_ctr_open(&ctr, (bel_str){ key, 24 }), BEL_ERR_LIMIT);
	assert_int_equal(bel_gcm_open(&gcm, (bel_str){ key, 0 }), BEL_ERR_LIMIT);
	assert_int_equal(bel_hmac_sha1_init(&hmac, (bel_str){ key, 65 }), BEL_ERR_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_key_stream_is_that_of_the_rfcs),
		cmocka_unit_test(gcm_gives_the_text_and_tag_of_the_rfc_both_ways),
		cmocka_unit_test(hmac_sha1_is_that_of_the_rfc),
		cmocka_unit_test(hmac_sha1_agrees_with_the_general_one),
		cmocka_unit_test(keys_of_other_lengths_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
