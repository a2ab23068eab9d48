/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/time.h>

#include "crypto/crypto.h"

enum {
	/* Fits every path that carries IPv6 (1,280), less IP, UDP and a TURN header. */
	MTU_BYTES = 1200,
	FIRST_WAIT_US = 250000,
	KEYS_BYTES_MAX = 2 * BEL_DTLS_KEY_BYTES_MAX,
	PEM_BYTES_MAX = 4096,
};

static const char ciphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:!aNULL:!eNULL";
static const char profiles[] = "SRTP_AEAD_AES_256_GCM:SRTP_AEAD_AES_128_GCM:"
			       "SRTP_AES128_CM_SHA1_80:SRTP_AES128_CM_SHA1_32";
static const char label[] = "EXTRACTOR-dtls_srtp";

static const struct {
	enum bel_dtls_profile profile;
	uint8_t key_bytes, salt_bytes;
} sizes[] = {
	{ BEL_DTLS_AES128_CM_SHA1_80, 16, 14 },
	{ BEL_DTLS_AES128_CM_SHA1_32, 16, 14 },
	{ BEL_DTLS_AEAD_AES_128_GCM, 16, 12 },
	{ BEL_DTLS_AEAD_AES_256_GCM, 32, 12 },
};

static const struct {
	const char *name, *openssl_name;
} hashes[] = {
	{ "sha-256", "SHA256" },
	{ "sha-384", "SHA384" },
	{ "sha-512", "SHA512" },
	{ "sha-1", "SHA1" },
};

struct bel_dtls_context {
	_Atomic unsigned refs;
	SSL_CTX *ctx;
	BIO_METHOD *method;
};

struct bel_dtls {
	struct bel_dtls_context *context;
	bool is_client, is_verified, has_failed;
	bel_dtls_send *send;
	void *user;
	SSL *ssl;
	bel_str datagram; /* that OpenSSL has not read yet */
};

/* ---- the BIO: a datagram a call ---- */

static int bio_read(BIO *bio, char *buf, size_t size, size_t *got)
{
	struct bel_dtls *dtls = BIO_get_data(bio);

	BIO_clear_retry_flags(bio);
	if (!dtls->datagram.len) {
		BIO_set_retry_read(bio);
		return 0;
	}
	/* What is longer than the buffer is cut, as recv does. */
	*got = dtls->datagram.len < size ? dtls->datagram.len : size;
	memcpy(buf, dtls->datagram.ptr, *got);
	dtls->datagram = BEL_STR_NONE;
	return 1;
}

static int bio_write(BIO *bio, const char *buf, size_t len, size_t *done)
{
	struct bel_dtls *dtls = BIO_get_data(bio);

	BIO_clear_retry_flags(bio);
	dtls->send(dtls->user, (bel_str){ buf, len });
	*done = len;
	return 1;
}

static long bio_ctrl(BIO *bio, int command, long number, void *ptr)
{
	(void)bio;
	(void)number;
	(void)ptr;
	return command == BIO_CTRL_FLUSH ? 1 : 0;
}

static BIO_METHOD *make_method(void)
{
	BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "belfry dtls");

	if (!method)
		return NULL;
	BIO_meth_set_read_ex(method, bio_read);
	BIO_meth_set_write_ex(method, bio_write);
	BIO_meth_set_ctrl(method, bio_ctrl);
	return method;
}

/* ---- contexts ---- */

/* Any certificate does for the handshake; bel_dtls_verify decides. */
static int take_any(X509_STORE_CTX *store, void *user)
{
	(void)store;
	(void)user;
	return 1;
}

static enum bel_err use_pair(SSL_CTX *ctx, bel_str cert_pem, bel_str key_pem)
{
	BIO *cert_bio = BIO_new_mem_buf(cert_pem.ptr, (int)cert_pem.len);
	BIO *key_bio = BIO_new_mem_buf(key_pem.ptr, (int)key_pem.len);
	X509 *cert = cert_bio ? PEM_read_bio_X509(cert_bio, NULL, NULL, NULL) : NULL;
	EVP_PKEY *key = key_bio ? PEM_read_bio_PrivateKey(key_bio, NULL, NULL, NULL)
				: NULL;
	enum bel_err err = BEL_ERR_SYNTAX;

	if (cert && key && SSL_CTX_use_certificate(ctx, cert) == 1)
		err = SSL_CTX_use_PrivateKey(ctx, key) == 1 &&
				      SSL_CTX_check_private_key(ctx) == 1
			      ? BEL_OK
			      : BEL_ERR_MISMATCH;
	X509_free(cert);
	EVP_PKEY_free(key);
	BIO_free(cert_bio);
	BIO_free(key_bio);
	return err;
}

static void set_options(SSL_CTX *ctx)
{
	SSL_CTX_set_min_proto_version(ctx, DTLS1_2_VERSION);
	SSL_CTX_set_cipher_list(ctx, ciphers);
	SSL_CTX_set_options(ctx, SSL_OP_NO_QUERY_MTU | SSL_OP_NO_RENEGOTIATION |
					 SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION |
					 SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	SSL_CTX_set_cert_verify_callback(ctx, take_any, NULL);
}

enum bel_err bel_dtls_context_new(struct bel_dtls_context **out, bel_str cert_pem,
				  bel_str key_pem)
{
	struct bel_dtls_context *context = calloc(1, sizeof *context);
	enum bel_err err = BEL_ERR_UNSUPPORTED;

	if (!context)
		return bel_err_from_errno(ENOMEM);
	atomic_init(&context->refs, 1);
	context->method = make_method();
	context->ctx = SSL_CTX_new(DTLS_method());
	/* It returns 0 for success. */
	if (context->method && context->ctx &&
	    SSL_CTX_set_tlsext_use_srtp(context->ctx, profiles) == 0) {
		set_options(context->ctx);
		err = use_pair(context->ctx, cert_pem, key_pem);
	}
	ERR_clear_error();
	if (err)
		bel_dtls_context_unref(context);
	else
		*out = context;
	return err;
}

enum bel_err bel_dtls_context_self_signed(struct bel_dtls_context **out)
{
	const bel_str name = BEL_STR("belfry");
	char cert[PEM_BYTES_MAX], key[PEM_BYTES_MAX];
	struct bel_writer cert_pem = bel_writer_init(cert, sizeof cert);
	struct bel_writer key_pem = bel_writer_init(key, sizeof key);
	enum bel_err err = bel_tls_self_signed(&cert_pem, &key_pem, &name, 1);

	if (!err)
		err = bel_dtls_context_new(out, bel_writer_str(&cert_pem),
					   bel_writer_str(&key_pem));
	bel_wipe(key, sizeof key);
	return err;
}

struct bel_dtls_context *bel_dtls_context_ref(struct bel_dtls_context *context)
{
	atomic_fetch_add_explicit(&context->refs, 1, memory_order_relaxed);
	return context;
}

void bel_dtls_context_unref(struct bel_dtls_context *context)
{
	if (!context ||
	    atomic_fetch_sub_explicit(&context->refs, 1, memory_order_acq_rel) > 1)
		return;
	SSL_CTX_free(context->ctx);
	BIO_meth_free(context->method);
	free(context);
}

static enum bel_err digest_of(struct bel_dtls_fingerprint *out, const X509 *cert,
			      bel_str hash)
{
	unsigned len = 0;

	for (size_t i = 0; i < BEL_COUNT_OF(hashes); i++) {
		if (!bel_str_is_equal_nocase(hash, bel_str_from(hashes[i].name)))
			continue;
		const EVP_MD *digest = EVP_get_digestbyname(hashes[i].openssl_name);
		if (!digest || !X509_digest(cert, digest, out->bytes, &len))
			return BEL_ERR_UNSUPPORTED;
		out->len = len;
		return BEL_OK;
	}
	return BEL_ERR_UNSUPPORTED;
}

enum bel_err bel_dtls_fingerprint(struct bel_dtls_fingerprint *out,
				  const struct bel_dtls_context *context, bel_str hash)
{
	return digest_of(out, SSL_CTX_get0_certificate(context->ctx), hash);
}

/* ---- connections ---- */

/* OpenSSL asks with 0 for the first wait, then with the last. */
static unsigned choose_wait(SSL *ssl, unsigned last_us)
{
	(void)ssl;
	return last_us ? 2 * last_us : FIRST_WAIT_US;
}

enum bel_err bel_dtls_open(struct bel_dtls **out, struct bel_dtls_context *context,
			   bool is_client, bel_dtls_send *send, void *user)
{
	struct bel_dtls *dtls = calloc(1, sizeof *dtls);
	BIO *bio;

	if (!dtls)
		return bel_err_from_errno(ENOMEM);
	dtls->context = bel_dtls_context_ref(context);
	dtls->is_client = is_client;
	dtls->send = send;
	dtls->user = user;
	dtls->ssl = SSL_new(context->ctx);
	bio = BIO_new(context->method);
	if (!dtls->ssl || !bio) {
		BIO_free(bio);
		bel_dtls_close(dtls);
		return bel_err_from_errno(ENOMEM);
	}
	BIO_set_data(bio, dtls);
	BIO_set_init(bio, 1);
	SSL_set_bio(dtls->ssl, bio, bio);
	SSL_set_mtu(dtls->ssl, MTU_BYTES);
	DTLS_set_timer_cb(dtls->ssl, choose_wait);
	if (is_client)
		SSL_set_connect_state(dtls->ssl);
	else
		SSL_set_accept_state(dtls->ssl);
	*out = dtls;
	return BEL_OK;
}

void bel_dtls_close(struct bel_dtls *dtls)
{
	if (!dtls)
		return;
	if (dtls->ssl && SSL_is_init_finished(dtls->ssl))
		SSL_shutdown(dtls->ssl);
	ERR_clear_error();
	SSL_free(dtls->ssl);
	bel_dtls_context_unref(dtls->context);
	free(dtls);
}

static enum bel_err to_err(struct bel_dtls *dtls, int result)
{
	int reason = SSL_get_error(dtls->ssl, result);

	ERR_clear_error();
	if (reason == SSL_ERROR_WANT_READ || reason == SSL_ERROR_WANT_WRITE)
		return BEL_ERR_AGAIN;
	dtls->has_failed = true;
	return BEL_ERR_TLS;
}

static enum bel_err handshake(struct bel_dtls *dtls)
{
	int result;

	if (dtls->has_failed)
		return BEL_ERR_TLS;
	ERR_clear_error();
	result = SSL_do_handshake(dtls->ssl);
	return result == 1 ? BEL_OK : to_err(dtls, result);
}

enum bel_err bel_dtls_start(struct bel_dtls *dtls)
{
	return handshake(dtls);
}

/* When the handshake is done, what still comes is a flight whose answer was lost, or a
 * goodbye: reading lets OpenSSL answer it. There is no data over DTLS. */
static void read_after(struct bel_dtls *dtls)
{
	char nothing[64];
	size_t len;

	ERR_clear_error();
	SSL_read_ex(dtls->ssl, nothing, sizeof nothing, &len);
	ERR_clear_error();
}

enum bel_err bel_dtls_on_datagram(struct bel_dtls *dtls, bel_str datagram)
{
	enum bel_err err;

	dtls->datagram = datagram;
	if (SSL_is_init_finished(dtls->ssl)) {
		read_after(dtls);
		err = BEL_OK;
	} else {
		err = handshake(dtls);
	}
	dtls->datagram = BEL_STR_NONE;
	return err;
}

enum bel_err bel_dtls_timeout_us(uint64_t *out, struct bel_dtls *dtls)
{
	struct timeval left;

	if (dtls->has_failed || DTLSv1_get_timeout(dtls->ssl, &left) != 1)
		return BEL_ERR_NOT_FOUND;
	*out = (uint64_t)left.tv_sec * 1000000 + (uint64_t)left.tv_usec;
	return BEL_OK;
}

enum bel_err bel_dtls_on_timer(struct bel_dtls *dtls)
{
	if (dtls->has_failed)
		return BEL_ERR_TLS;
	ERR_clear_error();
	if (DTLSv1_handle_timeout(dtls->ssl) < 0)
		return to_err(dtls, -1);
	return SSL_is_init_finished(dtls->ssl) ? BEL_OK : BEL_ERR_AGAIN;
}

enum bel_err bel_dtls_verify(struct bel_dtls *dtls, bel_str hash,
			     const struct bel_dtls_fingerprint *fingerprint)
{
	X509 *cert = SSL_get0_peer_certificate(dtls->ssl);
	struct bel_dtls_fingerprint actual = { .len = 0 };
	enum bel_err err;

	if (!cert)
		return BEL_ERR_AGAIN;
	err = digest_of(&actual, cert, hash);
	if (err)
		return err;
	dtls->is_verified = actual.len == fingerprint->len &&
			    memcmp(actual.bytes, fingerprint->bytes, actual.len) == 0;
	return dtls->is_verified ? BEL_OK : BEL_ERR_MISMATCH;
}

/* RFC 5764 section 4.2: client key, server key, client salt, server salt. */
static void cut_keys(struct bel_dtls_keys *out, const uint8_t *material, bool is_client,
		     size_t key_bytes, size_t salt_bytes)
{
	uint8_t *client = is_client ? out->local : out->remote;
	uint8_t *server = is_client ? out->remote : out->local;
	const uint8_t *salts = material + 2 * key_bytes;

	memcpy(client, material, key_bytes);
	memcpy(server, material + key_bytes, key_bytes);
	memcpy(client + key_bytes, salts, salt_bytes);
	memcpy(server + key_bytes, salts + salt_bytes, salt_bytes);
	out->len = key_bytes + salt_bytes;
}

enum bel_err bel_dtls_keys(struct bel_dtls_keys *out, struct bel_dtls *dtls)
{
	uint8_t material[KEYS_BYTES_MAX];
	const SRTP_PROTECTION_PROFILE *chosen;
	enum bel_err err = BEL_ERR_UNSUPPORTED;

	if (!SSL_is_init_finished(dtls->ssl))
		return BEL_ERR_AGAIN;
	if (!dtls->is_verified)
		return BEL_ERR_DENIED;
	chosen = SSL_get_selected_srtp_profile(dtls->ssl);
	for (size_t i = 0; chosen && i < BEL_COUNT_OF(sizes); i++) {
		size_t key = sizes[i].key_bytes, salt = sizes[i].salt_bytes;
		if (chosen->id != (unsigned long)sizes[i].profile ||
		    SSL_export_keying_material(dtls->ssl, material, 2 * (key + salt),
					       label, sizeof label - 1, NULL, 0, 0) != 1)
			continue;
		cut_keys(out, material, dtls->is_client, key, salt);
		out->profile = sizes[i].profile;
		err = BEL_OK;
	}
	bel_wipe(material, sizeof material);
	return err;
}
