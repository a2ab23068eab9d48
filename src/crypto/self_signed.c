/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "crypto/tls.h"

enum { YEARS = 10, NAMES_BYTES_MAX = 2048 };

static bool set_names(X509 *cert, const bel_str *names, unsigned count)
{
	char text[NAMES_BYTES_MAX];
	struct bel_writer writer = bel_writer_init(text, sizeof text - 1);
	X509_NAME *subject = X509_get_subject_name(cert);
	X509_EXTENSION *extension;
	bool is_done;

	for (unsigned i = 0; i < count; i++) {
		bel_addr addr;
		bool is_ip = bel_addr_parse_host(&addr, names[i]) == BEL_OK;
		bel_write_text(&writer, i ? "," : "");
		bel_write_text(&writer, is_ip ? "IP:" : "DNS:");
		bel_write_str(&writer, names[i]);
	}
	if (writer.is_full)
		return false;
	text[writer.len] = '\0';
	extension = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, text);
	is_done = extension && X509_add_ext(cert, extension, -1) == 1 &&
		  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
					     (const unsigned char *)names[0].ptr,
					     (int)(names[0].len < 64 ? names[0].len : 64),
					     -1, 0) == 1 &&
		  X509_set_issuer_name(cert, subject) == 1;
	X509_EXTENSION_free(extension);
	return is_done;
}

static bool set_serial(X509 *cert)
{
	uint64_t serial;

	/* Positive, 63 bits. */
	return RAND_bytes((unsigned char *)&serial, sizeof serial) == 1 &&
	       ASN1_INTEGER_set_uint64(X509_get_serialNumber(cert), serial >> 1) == 1;
}

static bool sign(X509 *cert, EVP_PKEY *key, const bel_str *names, unsigned count)
{
	return X509_set_version(cert, X509_VERSION_3) == 1 && set_serial(cert) &&
	       X509_gmtime_adj(X509_getm_notBefore(cert), -3600) &&
	       X509_gmtime_adj(X509_getm_notAfter(cert), YEARS * 365L * 86400) &&
	       X509_set_pubkey(cert, key) == 1 && set_names(cert, names, count) &&
	       X509_sign(cert, key, EVP_sha256()) > 0;
}

static bool write_pem(struct bel_writer *writer, X509 *cert, EVP_PKEY *key)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	bool is_written = bio && (cert ? PEM_write_bio_X509(bio, cert)
				       : PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0,
								  NULL, NULL)) == 1;

	if (is_written) {
		long len = BIO_get_mem_data(bio, &text);
		bel_write_str(writer, (bel_str){ text, (size_t)len });
	}
	BIO_free(bio);
	return is_written && !writer->is_full;
}

enum bel_err bel_tls_self_signed(struct bel_writer *cert_pem, struct bel_writer *key_pem,
				 const bel_str *names, unsigned count)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = X509_new();
	bool is_made = count && key && cert && sign(cert, key, names, count) &&
		       write_pem(cert_pem, cert, NULL) && write_pem(key_pem, NULL, key);

	ERR_clear_error();
	X509_free(cert);
	EVP_PKEY_free(key);
	return is_made ? BEL_OK : BEL_ERR_UNSUPPORTED;
}
