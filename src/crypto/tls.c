/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include "crypto/tls_int.h"

enum { NAME_BYTES_MAX = 255, FAILURE_BYTES = 160 };

struct bel_tls {
	struct bel_tls_context *context;
	const struct bel_tls_port *port;
	void *user;
	SSL *ssl;
	enum bel_err port_err; /* what the port said last, when it was no success */
	char *name;            /* terminated; NULL: not checked */
	char *failure;
};

/* ---- the BIO ---- */

static int bio_read(BIO *bio, char *buf, size_t size, size_t *got)
{
	struct bel_tls *tls = BIO_get_data(bio);
	size_t len = 0;
	enum bel_err err = tls->port->receive(tls->user, &len, buf, size);

	BIO_clear_retry_flags(bio);
	*got = len;
	if (!err)
		return 1;
	tls->port_err = err;
	if (err == BEL_ERR_AGAIN)
		BIO_set_retry_read(bio);
	return 0;
}

static int bio_write(BIO *bio, const char *buf, size_t len, size_t *done)
{
	struct bel_tls *tls = BIO_get_data(bio);
	enum bel_err err = tls->port->send(tls->user, (bel_str){ buf, len });

	BIO_clear_retry_flags(bio);
	*done = err ? 0 : len;
	if (err)
		tls->port_err = err;
	return err ? 0 : 1;
}

static long bio_ctrl(BIO *bio, int command, long number, void *ptr)
{
	(void)bio;
	(void)number;
	(void)ptr;
	/* Writes leave at the end of the turn: flushing succeeds at once. */
	return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO_METHOD *bel_tls_bio_method(void)
{
	BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "belfry");

	if (!method)
		return NULL;
	BIO_meth_set_read_ex(method, bio_read);
	BIO_meth_set_write_ex(method, bio_write);
	BIO_meth_set_ctrl(method, bio_ctrl);
	return method;
}

/* ---- connections ---- */

/* Without the final dot of a name that is written to the root: neither certificates nor
 * SNI have it (RFC 6066 section 3). Brackets around IPv6 are of URIs alone. */
static char *copy_name(bel_str name)
{
	char *copy;

	if (bel_str_has_suffix(name, BEL_STR(".")))
		name.len--;
	if (bel_str_has_prefix(name, BEL_STR("[")) &&
	    bel_str_has_suffix(name, BEL_STR("]")))
		name = bel_str_slice(name, 1, name.len - 1);
	copy = name.len && name.len <= NAME_BYTES_MAX ? malloc(name.len + 1) : NULL;
	if (!copy)
		return NULL;
	memcpy(copy, name.ptr, name.len);
	copy[name.len] = '\0';
	return copy;
}

static bool is_address(bel_str name)
{
	bel_addr addr;

	return bel_addr_parse_host(&addr, name) == BEL_OK;
}

enum bel_err bel_tls_open(struct bel_tls **out, struct bel_tls_context *context,
			  bel_str server_name, const struct bel_tls_port *port,
			  void *user)
{
	struct bel_tls *tls = calloc(1, sizeof *tls);
	BIO *bio = NULL;

	if (!tls)
		return bel_err_from_errno(ENOMEM);
	tls->context = bel_tls_context_ref(context);
	tls->port = port;
	tls->user = user;
	tls->name = copy_name(server_name);
	tls->ssl = SSL_new(context->ctx);
	bio = BIO_new(context->method);
	if (!tls->ssl || !bio || (server_name.len && !tls->name)) {
		BIO_free(bio);
		bel_tls_close(tls);
		return bel_err_from_errno(ENOMEM);
	}
	BIO_set_data(bio, tls);
	BIO_set_init(bio, 1);
	SSL_set_bio(tls->ssl, bio, bio);
	if (context->opts.is_server)
		SSL_set_accept_state(tls->ssl);
	else
		SSL_set_connect_state(tls->ssl);
	if (tls->name && !context->opts.is_server && !is_address(server_name))
		SSL_set_tlsext_host_name(tls->ssl, tls->name);
	*out = tls;
	return BEL_OK;
}

void bel_tls_close(struct bel_tls *tls)
{
	if (!tls)
		return;
	if (tls->ssl && SSL_is_init_finished(tls->ssl) && tls->port_err != BEL_ERR_CLOSED)
		SSL_shutdown(tls->ssl);
	ERR_clear_error();
	SSL_free(tls->ssl);
	bel_tls_context_unref(tls->context);
	free(tls->name);
	free(tls->failure);
	free(tls);
}

bool bel_tls_is_ready(const struct bel_tls *tls)
{
	return SSL_is_init_finished(tls->ssl);
}

static void note_failure(struct bel_tls *tls)
{
	unsigned long code = ERR_peek_last_error();
	long verified = SSL_get_verify_result(tls->ssl);
	struct bel_writer writer;

	if (!tls->failure)
		tls->failure = malloc(FAILURE_BYTES);
	if (!tls->failure)
		return;
	writer = bel_writer_init(tls->failure, FAILURE_BYTES - 1);
	const char *reason = code ? ERR_reason_error_string(code) : NULL;
	if (verified != X509_V_OK)
		bel_write_text(&writer, X509_verify_cert_error_string(verified));
	else
		bel_write_text(&writer, reason ? reason : "the connection ended");
	tls->failure[writer.len] = '\0';
}

bel_str bel_tls_failure(const struct bel_tls *tls)
{
	return bel_str_from(tls->failure);
}

/* What a failed call of OpenSSL means. */
static enum bel_err to_err(struct bel_tls *tls, int result)
{
	int reason = SSL_get_error(tls->ssl, result);
	enum bel_err err = BEL_ERR_TLS;

	if (reason == SSL_ERROR_WANT_READ || reason == SSL_ERROR_WANT_WRITE)
		return BEL_ERR_AGAIN;
	if (reason == SSL_ERROR_ZERO_RETURN)
		err = BEL_ERR_CLOSED;
	else if (reason == SSL_ERROR_SYSCALL && tls->port_err)
		err = tls->port_err;
	else
		note_failure(tls);
	ERR_clear_error();
	return err;
}

static bel_str text_of(const ASN1_STRING *string)
{
	return (bel_str){ (const char *)ASN1_STRING_get0_data(string),
			  (size_t)ASN1_STRING_length(string) };
}

/* The domain that a URI of the subjectAltName stands for; empty: none. A person
 * (alice@example.com) is no domain, and parameters are not compared (RFC 5922 sections
 * 7.1 and 7.2). */
static bel_str domain_of(bel_str uri)
{
	const bel_str scheme = BEL_STR("sip:");
	bel_str host = bel_str_slice(uri, scheme.len, uri.len);

	if (!bel_str_has_prefix_nocase(uri, scheme) || bel_str_find(uri, '@') < uri.len)
		return BEL_STR_NONE;
	host.len = bel_str_find(host, ';');
	host.len = bel_str_find(host, '?');
	host.len = bel_str_find(host, ':');
	return host;
}

/* Whether SIP URIs of domains are in it; *is_named: one of them is this name. */
static bool has_sip_domain(const GENERAL_NAMES *names, const char *name, bool *is_named)
{
	bool has_domain = false;

	*is_named = false;
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *entry = sk_GENERAL_NAME_value(names, i);
		if (entry->type != GEN_URI)
			continue;
		bel_str domain = domain_of(text_of(entry->d.uniformResourceIdentifier));
		has_domain |= domain.len > 0;
		*is_named |= bel_str_is_equal_nocase(domain, bel_str_from(name));
	}
	return has_domain;
}

/* RFC 5922 section 7.1: SIP URIs of the subjectAltName, else its DNS names (without
 * wildcards or suffixes, section 7.2); the common name when there is no subjectAltName at
 * all. */
bool bel_tls_cert_is_named(X509 *cert, const char *name)
{
	GENERAL_NAMES *names;
	unsigned flags = X509_CHECK_FLAG_NO_WILDCARDS;
	bool is_match, has_domain;

	if (is_address(bel_str_from(name)))
		return X509_check_ip_asc(cert, name, 0) == 1;
	/* To OpenSSL a dot in front means: any name below. */
	if (name[0] == '.')
		return false;
	names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	has_domain = has_sip_domain(names, name, &is_match);
	if (names)
		flags |= X509_CHECK_FLAG_NEVER_CHECK_SUBJECT;
	GENERAL_NAMES_free(names);
	return has_domain ? is_match : X509_check_host(cert, name, 0, flags, NULL) == 1;
}

bool bel_tls_is_peer(const struct bel_tls *tls, bel_str name)
{
	X509 *cert = SSL_get0_peer_certificate(tls->ssl);
	char *text = cert ? copy_name(name) : NULL;
	bool is_match = text && SSL_get_verify_result(tls->ssl) == X509_V_OK &&
			bel_tls_cert_is_named(cert, text);

	free(text);
	return is_match;
}

enum bel_err bel_tls_handshake(struct bel_tls *tls)
{
	int result;

	ERR_clear_error();
	result = SSL_do_handshake(tls->ssl);
	if (result != 1)
		return to_err(tls, result);
	if (tls->context->opts.is_server || tls->context->opts.has_verify_off ||
	    !tls->name)
		return BEL_OK;
	X509 *cert = SSL_get0_peer_certificate(tls->ssl);
	return cert && bel_tls_cert_is_named(cert, tls->name) ? BEL_OK : BEL_ERR_MISMATCH;
}

enum bel_err bel_tls_read(size_t *len, struct bel_tls *tls, char *buf, size_t size)
{
	size_t got = 0;
	int result;

	ERR_clear_error();
	result = SSL_read_ex(tls->ssl, buf, size, &got);
	if (result != 1)
		return to_err(tls, result);
	*len = got;
	return BEL_OK;
}

enum bel_err bel_tls_write(struct bel_tls *tls, bel_str bytes)
{
	ERR_clear_error();
	while (bytes.len) {
		size_t done = 0;
		int result = SSL_write_ex(tls->ssl, bytes.ptr, bytes.len, &done);
		if (result != 1)
			return to_err(tls, result);
		bytes = bel_str_slice(bytes, done, bytes.len);
	}
	return BEL_OK;
}
