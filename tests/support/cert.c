/* SPDX-License-Identifier: Apache-2.0 */
#include "support/cert.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "support/support.h"

enum { DAY_S = 86400 };

static void put_extension(X509 *cert, int nid, const char *value)
{
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	assert_non_null(extension);
	assert_int_equal(X509_add_ext(cert, extension, -1), 1);
	X509_EXTENSION_free(extension);
}

static void write_pem(char *out, size_t size, X509 *cert, EVP_PKEY *key)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;

	assert_int_equal(
		cert ? PEM_write_bio_X509(bio, cert)
		     : PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL),
		1);
	long len = BIO_get_mem_data(bio, &text);
	assert_true(len > 0 && (size_t)len < size);
	memcpy(out, text, (size_t)len);
	out[len] = '\0';
	BIO_free(bio);
}

static BIO *read_bio(const char *text)
{
	BIO *bio = BIO_new_mem_buf(text, -1);

	assert_non_null(bio);
	return bio;
}

static void sign_by(X509 *cert, const struct bel_test_cert *issuer)
{
	BIO *cert_bio = read_bio(issuer->cert), *key_bio = read_bio(issuer->key);
	X509 *by = PEM_read_bio_X509(cert_bio, NULL, NULL, NULL);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(key_bio, NULL, NULL, NULL);

	assert_non_null(by);
	X509_set_issuer_name(cert, X509_get_subject_name(by));
	assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
	EVP_PKEY_free(key);
	X509_free(by);
	BIO_free(key_bio);
	BIO_free(cert_bio);
}

static void put_subject(X509 *cert, const struct bel_test_cert_opts *opts)
{
	X509_NAME *subject = X509_get_subject_name(cert);
	const char *name = opts->common_name;

	X509_NAME_add_entry_by_txt(subject, "O", MBSTRING_UTF8,
				   (const unsigned char *)"tests", -1, -1, 0);
	if (name)
		X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
					   (const unsigned char *)name, -1, -1, 0);
	if (opts->names)
		put_extension(cert, NID_subject_alt_name, opts->names);
	if (opts->is_authority)
		put_extension(cert, NID_basic_constraints, "critical,CA:TRUE");
}

void bel_test_cert_make(struct bel_test_cert *out, const struct bel_test_cert_opts *opts)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = X509_new();

	assert_non_null(key);
	assert_non_null(cert);
	X509_set_version(cert, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), opts->is_authority ? 1 : 2);
	X509_gmtime_adj(X509_getm_notBefore(cert), -2 * DAY_S);
	X509_gmtime_adj(X509_getm_notAfter(cert), opts->is_over ? -DAY_S : DAY_S);
	X509_set_pubkey(cert, key);
	put_subject(cert, opts);
	if (opts->issuer) {
		sign_by(cert, opts->issuer);
	} else {
		X509_set_issuer_name(cert, X509_get_subject_name(cert));
		assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
	}
	write_pem(out->cert, sizeof out->cert, cert, NULL);
	write_pem(out->key, sizeof out->key, NULL, key);
	X509_free(cert);
	EVP_PKEY_free(key);
}

bel_str bel_test_cert_pem(const struct bel_test_cert *cert)
{
	return bel_str_from(cert->cert);
}

bel_str bel_test_key_pem(const struct bel_test_cert *cert)
{
	return bel_str_from(cert->key);
}
