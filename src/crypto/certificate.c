/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/certificate.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <time.h>

#include "crypto/tls_int.h"

enum { NAME_BYTES_MAX = 256 };

/* The first one, and the others as a stack. NULL: there is none. */
static X509 *read_chain(STACK_OF(X509) * *others, bel_str pem)
{
	BIO *bio = pem.len <= INT32_MAX ? BIO_new_mem_buf(pem.ptr, (int)pem.len) : NULL;
	X509 *first = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
	X509 *next;

	*others = sk_X509_new_null();
	while (first && *others && (next = PEM_read_bio_X509(bio, NULL, NULL, NULL)))
		if (!sk_X509_push(*others, next))
			X509_free(next);
	ERR_clear_error();
	BIO_free(bio);
	return first;
}

static bool read_time(int64_t *out, const ASN1_TIME *time)
{
	struct tm parts;

	if (ASN1_TIME_to_tm(time, &parts) != 1)
		return false;
	*out = timegm(&parts);
	return true;
}

static enum bel_chain_state state_of(int result, const X509 *cert)
{
	switch (result) {
	case X509_V_OK:
		return BEL_CHAIN_TRUSTED;
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		return BEL_CHAIN_INCOMPLETE;
	default:
		return X509_self_signed((X509 *)cert, 0) == 1 ? BEL_CHAIN_SELF_SIGNED
							      : BEL_CHAIN_UNKNOWN;
	}
}

/* As a client would, but for the time, which is another question. */
static enum bel_chain_state verify(X509 *cert, STACK_OF(X509) * others)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *context = X509_STORE_CTX_new();
	enum bel_chain_state state = BEL_CHAIN_UNKNOWN;

	if (store && context && X509_STORE_set_default_paths(store) == 1 &&
	    X509_STORE_CTX_init(context, store, cert, others) == 1) {
		X509_STORE_CTX_set_flags(context, X509_V_FLAG_NO_CHECK_TIME);
		X509_verify_cert(context);
		state = state_of(X509_STORE_CTX_get_error(context), cert);
	}
	ERR_clear_error();
	X509_STORE_CTX_free(context);
	X509_STORE_free(store);
	return state;
}

enum bel_err bel_certificate_look_at(struct bel_certificate_look *out, bel_str pem)
{
	STACK_OF(X509) * others;
	X509 *cert = read_chain(&others, pem);
	bool is_read = cert && read_time(&out->begins_s, X509_get0_notBefore(cert)) &&
		       read_time(&out->ends_s, X509_get0_notAfter(cert));

	if (is_read)
		out->chain = verify(cert, others);
	X509_free(cert);
	sk_X509_pop_free(others, X509_free);
	return is_read ? BEL_OK : BEL_ERR_SYNTAX;
}

bool bel_certificate_has_name(bel_str pem, bel_str name)
{
	char text[NAME_BYTES_MAX];
	STACK_OF(X509) * others;
	X509 *cert = read_chain(&others, pem);
	bool has_name = cert && name.len && name.len < sizeof text;

	if (has_name) {
		memcpy(text, name.ptr, name.len);
		text[name.len] = '\0';
		has_name = bel_tls_cert_is_named(cert, text);
	}
	ERR_clear_error();
	X509_free(cert);
	sk_X509_pop_free(others, X509_free);
	return has_name;
}
