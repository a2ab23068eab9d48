/* SPDX-License-Identifier: Apache-2.0
 * The certificate of a server that was given none, read by OpenSSL's own printer. */
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <time.h>

#include "support/support.h"

#include "crypto/crypto.h"

enum { TEN_YEARS_S = 10 * 365 * 86400 };

struct made {
	char cert[4096], key[1024];
	struct bel_writer cert_pem, key_pem;
};

static enum bel_err make(struct made *made, const bel_str *names, unsigned count)
{
	made->cert_pem = bel_writer_init(made->cert, sizeof made->cert);
	made->key_pem = bel_writer_init(made->key, sizeof made->key);
	return bel_tls_self_signed(&made->cert_pem, &made->key_pem, names, count);
}

static void openssl_prints_what_was_asked_for(void **state)
{
	static const char *const lines[] = {
		"Version: 3 (0x2)",
		"CN = example.com",
		"DNS:example.com, IP Address:192.0.2.1, IP Address:2001:DB8:0:0:0:0:0:1",
		"ASN1 OID: prime256v1",
		"Signature Algorithm: ecdsa-with-SHA256",
	};
	const bel_str names[] = { BEL_STR("example.com"), BEL_STR("192.0.2.1"),
				  BEL_STR("2001:db8::1") };
	struct made made;
	char *text;

	(void)state;
	assert_int_equal(make(&made, names, BEL_COUNT_OF(names)), BEL_OK);
	BIO *in = BIO_new_mem_buf(made.cert, (int)made.cert_pem.len);
	BIO *out = BIO_new(BIO_s_mem());
	X509 *cert = PEM_read_bio_X509(in, NULL, NULL, NULL);
	assert_non_null(cert);
	assert_int_equal(X509_print_ex(out, cert, XN_FLAG_ONELINE, 0), 1);
	BIO_write(out, "", 1);
	BIO_get_mem_data(out, &text);
	for (size_t i = 0; i < BEL_COUNT_OF(lines); i++)
		if (!strstr(text, lines[i]))
			fail_msg("no \"%s\" in\n%s", lines[i], text);
	X509_free(cert);
	BIO_free(out);
	BIO_free(in);
}

static void it_serves_for_ten_years(void **state)
{
	const bel_str name = BEL_STR("example.com");
	struct bel_tls_context *context;
	struct made made;

	(void)state;
	assert_int_equal(make(&made, &name, 1), BEL_OK);
	const struct bel_tls_opts opts = { .is_server = true,
					   .cert_pem = bel_writer_str(&made.cert_pem),
					   .key_pem = bel_writer_str(&made.key_pem) };
	assert_int_equal(bel_tls_context_new(&context, &opts, NULL), BEL_OK);
	int64_t left_s = bel_tls_context_expires_s(context) - (int64_t)time(NULL);
	assert_in_range(left_s, TEN_YEARS_S - 60, TEN_YEARS_S + 60);
	bel_tls_context_unref(context);
}

static void two_certificates_have_two_keys(void **state)
{
	const bel_str name = BEL_STR("example.com");
	struct made a, b;
	struct bel_tls_context *context;

	(void)state;
	assert_int_equal(make(&a, &name, 1), BEL_OK);
	assert_int_equal(make(&b, &name, 1), BEL_OK);
	assert_memory_not_equal(a.key, b.key, a.key_pem.len);
	const struct bel_tls_opts mixed = { .is_server = true,
					    .cert_pem = bel_writer_str(&a.cert_pem),
					    .key_pem = bel_writer_str(&b.key_pem) };
	assert_int_equal(bel_tls_context_new(&context, &mixed, NULL), BEL_ERR_MISMATCH);
}

static void without_a_name_or_room_there_is_none(void **state)
{
	const bel_str name = BEL_STR("example.com");
	char huge[4000];
	struct made made;

	(void)state;
	assert_int_equal(make(&made, &name, 0), BEL_ERR_UNSUPPORTED);
	memset(huge, 'a', sizeof huge);
	const bel_str too_long = { huge, sizeof huge };
	assert_int_equal(make(&made, &too_long, 1), BEL_ERR_UNSUPPORTED);
	struct bel_writer tiny = bel_writer_init(made.cert, 100);
	struct bel_writer key = bel_writer_init(made.key, sizeof made.key);
	assert_int_equal(bel_tls_self_signed(&tiny, &key, &name, 1), BEL_ERR_UNSUPPORTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(openssl_prints_what_was_asked_for),
		cmocka_unit_test(it_serves_for_ten_years),
		cmocka_unit_test(two_certificates_have_two_keys),
		cmocka_unit_test(without_a_name_or_room_there_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
