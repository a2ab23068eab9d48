/* SPDX-License-Identifier: Apache-2.0
 * Keys and codes, with the vectors of RFC 5769 and of RFC 8489 appendix B.1. */
#include "support/data.h"
#include "support/support.h"

#include "stun/stun_int.h"

#define KATAKANA                                                                         \
	"\xe3\x83\x9e\xe3\x83\x88\xe3\x83\xaa\xe3\x83\x83\xe3\x82\xaf\xe3\x82\xb9"

/* RFC 8489 appendix B.1. */
static const char sha256_request[] =
	"0001009c2112a44278ad3433c6ad72c029da412e001e00204a3cf38fef6992bda952c678"
	"0417da0f24819415569e60b205c46e41407f1704001500296f624d61744a6f7332414141"
	"43662f2f3439396b39353464364f4c33346f4c394653547679363473410000000014000b"
	"6578616d706c652e6f726700001c0020e4686c8f0edeb59013e07090010a93efccbccc54"
	"4c0a45d9f830aa6d6f735a01";

static struct bel_crypto *crypto;

static int open_crypto(void **state)
{
	(void)state;
	return bel_crypto_open(&crypto);
}

static int close_crypto(void **state)
{
	(void)state;
	bel_crypto_close(crypto);
	return 0;
}

static void the_vectors_of_rfc_5769_are_whole(void **state)
{
	static const char *const files[] = {
		"tests/data/stun/request.bin",
		"tests/data/stun/response-ipv4.bin",
		"tests/data/stun/response-ipv6.bin",
	};
	const bel_str password = BEL_STR("VOkJxbRl1RmTxUk/WvJxBt");

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(files); i++) {
		bel_str bytes = bel_test_read_file(files[i]);
		struct bel_stun_msg msg;
		assert_int_equal(bel_stun_parse(&msg, bytes), BEL_OK);
		assert_int_equal(bel_stun_verify(&msg, crypto, BEL_STUN_MESSAGE_INTEGRITY,
						 password),
				 BEL_OK);
		assert_int_equal(bel_stun_verify(&msg, crypto, BEL_STUN_MESSAGE_INTEGRITY,
						 BEL_STR("VOkJxbRl1RmTxUk/WvJxBT")),
				 BEL_ERR_MISMATCH);
		assert_int_equal(bel_stun_verify(&msg, crypto,
						 BEL_STUN_MESSAGE_INTEGRITY_SHA256,
						 password),
				 BEL_ERR_NOT_FOUND);
		free((void *)(uintptr_t)bytes.ptr);
	}
}

static void the_long_term_vector_of_rfc_5769_is_whole(void **state)
{
	bel_str bytes = bel_test_read_file("tests/data/stun/request-longterm.bin");
	struct bel_stun_msg msg;
	struct bel_stun_key key;
	bel_str username;

	(void)state;
	assert_int_equal(bel_stun_parse(&msg, bytes), BEL_OK);
	assert_true(bel_stun_find(&username, &msg, BEL_STUN_USERNAME));
	assert_str(username, KATAKANA);
	assert_int_equal(bel_stun_key_init(&key, crypto, BEL_STUN_MD5, username,
					   BEL_STR("example.org"), BEL_STR("TheMatrIX")),
			 BEL_OK);
	assert_int_equal(key.len, 16);
	assert_int_equal(bel_stun_verify(&msg, crypto, BEL_STUN_MESSAGE_INTEGRITY,
					 bel_stun_key_str(&key)),
			 BEL_OK);
	free((void *)(uintptr_t)bytes.ptr);
}

/* The length printed in the header, 156, counts the header too, and the code was made
 * over it: so the message cannot be parsed, but its codes can be made. */
static void the_sha256_vector_of_rfc_8489_comes_out(void **state)
{
	enum { PRINTED_LENGTH = 156, CODE_AT = PRINTED_LENGTH - 32, HASH_AT = 24 };
	char bytes[PRINTED_LENGTH];
	struct bel_writer writer = bel_writer_init(bytes, sizeof bytes);
	uint8_t hash[BEL_STUN_USERHASH_BYTES], code[BEL_DIGEST_BYTES_MAX];
	struct bel_stun_key key;

	(void)state;
	assert_int_equal(bel_write_from_hex(&writer, bel_str_from(sha256_request)),
			 BEL_OK);
	assert_int_equal(writer.len, sizeof bytes);
	assert_false(bel_stun_is(bel_writer_str(&writer)));
	assert_int_equal(bel_stun_userhash(hash, crypto, BEL_STR(KATAKANA),
					   BEL_STR("example.org")),
			 BEL_OK);
	assert_memory_equal(bytes + HASH_AT, hash, sizeof hash);
	assert_int_equal(bel_stun_key_init(&key, crypto, BEL_STUN_SHA256,
					   BEL_STR(KATAKANA), BEL_STR("example.org"),
					   BEL_STR("TheMatrIX")),
			 BEL_OK);
	assert_int_equal(
		bel_stun_hmac(code, crypto, BEL_STUN_MESSAGE_INTEGRITY_SHA256,
			      bel_stun_key_str(&key),
			      bel_str_slice(bel_writer_str(&writer), 0, CODE_AT - 4),
			      PRINTED_LENGTH),
		BEL_OK);
	assert_memory_equal(bytes + CODE_AT, code, sizeof code);
}

static void a_key_is_the_digest_of_name_realm_and_password(void **state)
{
	struct bel_stun_key key;
	char expected[16];
	struct bel_writer writer = bel_writer_init(expected, sizeof expected);

	(void)state;
	bel_write_from_hex(&writer, BEL_STR("8493fbc53ba582fb4c044c456bdc40eb"));
	assert_int_equal(bel_stun_key_init(&key, crypto, BEL_STUN_MD5, BEL_STR("user"),
					   BEL_STR("realm"), BEL_STR("pass")),
			 BEL_OK);
	assert_memory_equal(key.bytes, expected, sizeof expected);
	assert_int_equal(bel_stun_key_init(&key, crypto, BEL_STUN_SHA256, BEL_STR("user"),
					   BEL_STR("realm"), BEL_STR("pass")),
			 BEL_OK);
	assert_int_equal(key.len, 32);
}

static void what_is_written_is_whole_with_either_code(void **state)
{
	static const enum bel_stun_attr attrs[] = { BEL_STUN_MESSAGE_INTEGRITY,
						    BEL_STUN_MESSAGE_INTEGRITY_SHA256 };

	(void)state;
	for (unsigned both = 0; both < 3; both++) {
		char buf[256];
		struct bel_writer writer = bel_writer_init(buf, sizeof buf);
		struct bel_stun_msg msg;
		bel_stun_write_header(&writer, BEL_STUN_REQUEST, BEL_STUN_REFRESH,
				      BEL_STR("abcdefghijkl"));
		bel_stun_write_u32(&writer, BEL_STUN_LIFETIME, 600);
		for (unsigned i = 0; i < 2; i++)
			if (both == 2 || both == i)
				assert_int_equal(bel_stun_write_integrity(&writer, crypto,
									  attrs[i],
									  BEL_STR("key")),
						 BEL_OK);
		bel_stun_write_fingerprint(&writer);
		assert_int_equal(bel_writer_check(&writer), BEL_OK);
		assert_int_equal(bel_stun_parse(&msg, bel_writer_str(&writer)), BEL_OK);
		assert_true(bel_stun_has(&msg, BEL_STUN_FINGERPRINT));
		for (unsigned i = 0; i < 2; i++)
			assert_int_equal(
				bel_stun_verify(&msg, crypto, attrs[i], BEL_STR("key")),
				both == 2 || both == i ? BEL_OK : BEL_ERR_NOT_FOUND);
	}
}

static void a_shortened_code_is_wrong(void **state)
{
	char buf[256];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	struct bel_stun_msg msg;

	(void)state;
	bel_stun_write_header(&writer, BEL_STUN_REQUEST, BEL_STUN_REFRESH,
			      BEL_STR("abcdefghijkl"));
	bel_stun_write_integrity(&writer, crypto, BEL_STUN_MESSAGE_INTEGRITY_SHA256,
				 BEL_STR("key"));
	buf[3] = 4 + 16;
	buf[23] = 16;
	bel_str cut = bel_str_slice(bel_writer_str(&writer), 0, 20 + 4 + 16);
	assert_int_equal(bel_stun_parse(&msg, cut), BEL_OK);
	assert_int_equal(bel_stun_verify(&msg, crypto, BEL_STUN_MESSAGE_INTEGRITY_SHA256,
					 BEL_STR("key")),
			 BEL_ERR_MISMATCH);
}

static void the_crc_is_that_of_rfc_1952(void **state)
{
	(void)state;
	assert_int_equal(bel_stun_crc32(BEL_STR("123456789")), 0xcbf43926);
	assert_int_equal(bel_stun_crc32(BEL_STR_NONE), 0);
}

static void a_nonce_says_what_its_server_can(void **state)
{
	static const struct {
		const char *nonce;
		bool has_cookie;
		uint32_t features;
	} rows[] = {
		{ "obMatJos2AAAA", true, 0 },
		{ "obMatJos2gAAAabc", true, BEL_STUN_HAS_ALGORITHMS },
		{ "obMatJos2QAAA", true, BEL_STUN_HAS_USERHASH },
		{ "obMatJos2wAAA", true,
		  BEL_STUN_HAS_ALGORITHMS | BEL_STUN_HAS_USERHASH },
		{ "obMatJos2AAA", false, 0 },
		{ "obMatJos3AAAA", false, 0 },
		{ "obMatJos2AA!A", false, 0 },
		{ "obMatJos2AA==", false, 0 },
		{ "", false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		uint32_t features = 0;
		char buf[BEL_STUN_COOKIE_BYTES];
		struct bel_writer writer = bel_writer_init(buf, sizeof buf);
		assert_int_equal(
			bel_stun_cookie_parse(&features, bel_str_from(rows[i].nonce)),
			rows[i].has_cookie);
		assert_int_equal(features, rows[i].features);
		bel_stun_write_cookie(&writer, features);
		assert_int_equal(writer.len, BEL_STUN_COOKIE_BYTES);
		if (rows[i].has_cookie)
			assert_memory_equal(buf, rows[i].nonce, BEL_STUN_COOKIE_BYTES);
	}
}

static void names_beyond_ascii_are_refused_and_not_guessed_at(void **state)
{
	(void)state;
	assert_int_equal(bel_stun_opaque_verify(BEL_STR("alice b~ !")), BEL_OK);
	assert_int_equal(bel_stun_opaque_verify(BEL_STR(KATAKANA)), BEL_ERR_UNSUPPORTED);
	assert_int_equal(bel_stun_opaque_verify(BEL_STR("The\xc2\xadMatrix")),
			 BEL_ERR_UNSUPPORTED);
	assert_int_equal(bel_stun_opaque_verify(BEL_STR("a\tb")), BEL_ERR_SYNTAX);
	assert_int_equal(bel_stun_opaque_verify(BEL_STR_NONE), BEL_ERR_SYNTAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_vectors_of_rfc_5769_are_whole),
		cmocka_unit_test(the_long_term_vector_of_rfc_5769_is_whole),
		cmocka_unit_test(the_sha256_vector_of_rfc_8489_comes_out),
		cmocka_unit_test(a_key_is_the_digest_of_name_realm_and_password),
		cmocka_unit_test(what_is_written_is_whole_with_either_code),
		cmocka_unit_test(a_shortened_code_is_wrong),
		cmocka_unit_test(the_crc_is_that_of_rfc_1952),
		cmocka_unit_test(a_nonce_says_what_its_server_can),
		cmocka_unit_test(names_beyond_ascii_are_refused_and_not_guessed_at),
	};

	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
