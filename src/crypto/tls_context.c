/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>

#include "crypto/tls_int.h"

/* Forward secrecy and authenticated encryption only, but for phones of TLS 1.2 that have
 * no GCM. */
static const char ciphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:!aNULL:!eNULL:!MD5";

static BIO *bio_of(bel_str pem)
{
	return pem.len <= INT32_MAX ? BIO_new_mem_buf(pem.ptr, (int)pem.len) : NULL;
}

/* The certificate and its chain. */
static enum bel_err use_cert(SSL_CTX *ctx, bel_str pem)
{
	BIO *bio = bio_of(pem);
	X509 *cert = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
	enum bel_err err = cert && SSL_CTX_use_certificate(ctx, cert) == 1
				   ? BEL_OK
				   : BEL_ERR_SYNTAX;

	X509_free(cert);
	while (!err && (cert = PEM_read_bio_X509(bio, NULL, NULL, NULL))) {
		if (SSL_CTX_add0_chain_cert(ctx, cert) != 1) {
			X509_free(cert);
			err = BEL_ERR_SYNTAX;
		}
	}
	if (!err)
		ERR_clear_error(); /* the end of the file is no error */
	BIO_free(bio);
	return err;
}

static enum bel_err use_key(SSL_CTX *ctx, bel_str pem)
{
	BIO *bio = bio_of(pem);
	EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL) : NULL;
	enum bel_err err = BEL_ERR_SYNTAX;

	/* Setting the key compares it with the certificate that is there. */
	if (key)
		err = SSL_CTX_use_PrivateKey(ctx, key) == 1 &&
				      SSL_CTX_check_private_key(ctx) == 1
			      ? BEL_OK
			      : BEL_ERR_MISMATCH;
	EVP_PKEY_free(key);
	BIO_free(bio);
	return err;
}

static enum bel_err trust(SSL_CTX *ctx, bel_str pem)
{
	X509_STORE *store = SSL_CTX_get_cert_store(ctx);
	BIO *bio;
	X509 *cert;
	unsigned count = 0;

	if (!pem.len)
		return SSL_CTX_set_default_verify_paths(ctx) == 1 ? BEL_OK
								  : BEL_ERR_UNSUPPORTED;
	bio = bio_of(pem);
	while (bio && (cert = PEM_read_bio_X509(bio, NULL, NULL, NULL))) {
		if (X509_STORE_add_cert(store, cert) == 1) {
			SSL_CTX_add_client_CA(ctx, cert);
			count++;
		}
		X509_free(cert);
	}
	BIO_free(bio);
	ERR_clear_error();
	return count ? BEL_OK : BEL_ERR_SYNTAX;
}

static void set_options(SSL_CTX *ctx, const struct bel_tls_opts *opts)
{
	SSL_CTX_set_min_proto_version(ctx, opts->has_tls13_only ? TLS1_3_VERSION
								: TLS1_2_VERSION);
	SSL_CTX_set_cipher_list(ctx, ciphers);
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
					 SSL_OP_CIPHER_SERVER_PREFERENCE);
	/* An idle connection gives its buffers back; a write is whole or not at all for
	 * us, because our BIO takes everything. */
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
				      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	/* Resumption is by stateless tickets. */
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
}

static void set_verify(SSL_CTX *ctx, const struct bel_tls_opts *opts)
{
	int mode = SSL_VERIFY_NONE;

	if (opts->is_server && opts->has_client_certs)
		mode = SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
	if (!opts->is_server && !opts->has_verify_off)
		mode = SSL_VERIFY_PEER;
	SSL_CTX_set_verify(ctx, mode, NULL);
}

static void write_detail(struct bel_writer *detail)
{
	char text[256];
	unsigned long code = ERR_peek_last_error();

	if (!detail || !code)
		return;
	ERR_error_string_n(code, text, sizeof text);
	bel_write_text(detail, text);
}

static enum bel_err make_ctx(SSL_CTX **out, const struct bel_tls_opts *opts)
{
	SSL_CTX *ctx = SSL_CTX_new(opts->is_server ? TLS_server_method()
						   : TLS_client_method());
	enum bel_err err = BEL_OK;

	if (!ctx)
		return bel_err_from_errno(ENOMEM);
	set_options(ctx, opts);
	set_verify(ctx, opts);
	if (opts->cert_pem.len)
		err = use_cert(ctx, opts->cert_pem);
	if (!err && opts->cert_pem.len)
		err = use_key(ctx, opts->key_pem);
	if (!err &&
	    (opts->has_client_certs || (!opts->is_server && !opts->has_verify_off)))
		err = trust(ctx, opts->ca_pem);
	if (err)
		SSL_CTX_free(ctx);
	else
		*out = ctx;
	return err;
}

/* RFC 6066 section 3: the certificate of the name that was asked for, else the first. */
static int on_server_name(SSL *ssl, int *alert, void *user)
{
	struct bel_tls_context *context = user;
	const char *asked = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);

	(void)alert;
	for (struct bel_tls_name *name = context->names; asked && name; name = name->next)
		if (bel_str_is_equal_nocase(bel_str_from(asked), name->name)) {
			SSL_set_SSL_CTX(ssl, name->ctx);
			break;
		}
	return SSL_TLSEXT_ERR_OK;
}

enum bel_err bel_tls_context_new(struct bel_tls_context **out,
				 const struct bel_tls_opts *opts,
				 struct bel_writer *detail)
{
	struct bel_tls_context *context = calloc(1, sizeof *context);
	enum bel_err err;

	if (!context)
		return bel_err_from_errno(ENOMEM);
	atomic_init(&context->refs, 1);
	context->opts = *opts;
	context->opts.cert_pem = context->opts.key_pem = BEL_STR_NONE;
	context->opts.ca_pem = BEL_STR_NONE;
	context->method = bel_tls_bio_method();
	err = context->method ? make_ctx(&context->ctx, opts)
			      : bel_err_from_errno(ENOMEM);
	if (err) {
		write_detail(detail);
		ERR_clear_error();
		bel_tls_context_unref(context);
		return err;
	}
	if (opts->is_server) {
		SSL_CTX_set_tlsext_servername_callback(context->ctx, on_server_name);
		SSL_CTX_set_tlsext_servername_arg(context->ctx, context);
	}
	*out = context;
	return BEL_OK;
}

struct bel_tls_context *bel_tls_context_ref(struct bel_tls_context *context)
{
	atomic_fetch_add_explicit(&context->refs, 1, memory_order_relaxed);
	return context;
}

void bel_tls_context_unref(struct bel_tls_context *context)
{
	if (!context ||
	    atomic_fetch_sub_explicit(&context->refs, 1, memory_order_acq_rel) > 1)
		return;
	while (context->names) {
		struct bel_tls_name *name = context->names;
		context->names = name->next;
		SSL_CTX_free(name->ctx);
		free(name);
	}
	SSL_CTX_free(context->ctx);
	BIO_meth_free(context->method);
	free(context);
}

enum bel_err bel_tls_context_add(struct bel_tls_context *context, bel_str name,
				 bel_str cert_pem, bel_str key_pem)
{
	struct bel_tls_opts opts = context->opts;
	struct bel_tls_name *entry = calloc(1, sizeof *entry + name.len);
	enum bel_err err;

	if (!entry)
		return bel_err_from_errno(ENOMEM);
	opts.cert_pem = cert_pem;
	opts.key_pem = key_pem;
	opts.has_client_certs = false; /* the first context asks for them */
	err = make_ctx(&entry->ctx, &opts);
	if (err) {
		free(entry);
		return err;
	}
	memcpy(entry->text, name.ptr, name.len);
	entry->name = (bel_str){ entry->text, name.len };
	entry->next = context->names;
	context->names = entry;
	return BEL_OK;
}

int64_t bel_tls_context_expires_s(const struct bel_tls_context *context)
{
	X509 *cert = SSL_CTX_get0_certificate(context->ctx);
	struct tm tm;

	if (!cert || ASN1_TIME_to_tm(X509_get0_notAfter(cert), &tm) != 1)
		return 0;
	return (int64_t)timegm(&tm);
}
