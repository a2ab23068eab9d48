/* SPDX-License-Identifier: Apache-2.0
 * TLS between two ends of ours, and with ends that speak otherwise. */
#include <openssl/ssl.h>

#include "unit/crypto/tls_support.h"

static struct bel_test_cert authority, server_cert, stranger, other_cert;

static int make_certs(void **state)
{
	(void)state;
	bel_test_cert_make(&authority,
			   &(struct bel_test_cert_opts){ .common_name = "authority",
							 .is_authority = true });
	bel_test_cert_make(&stranger,
			   &(struct bel_test_cert_opts){ .common_name = "stranger",
							 .is_authority = true });
	bel_test_cert_make(&server_cert,
			   &(struct bel_test_cert_opts){ .names = "DNS:example.com",
							 .issuer = &authority });
	bel_test_cert_make(&other_cert,
			   &(struct bel_test_cert_opts){ .names = "DNS:example.net",
							 .issuer = &authority });
	return 0;
}

static struct bel_tls_context *new_context(const struct bel_tls_opts *opts)
{
	struct bel_tls_context *context = NULL;

	assert_int_equal(bel_tls_context_new(&context, opts, NULL), BEL_OK);
	return context;
}

static struct bel_tls_context *new_server(const struct bel_test_cert *cert)
{
	return new_context(&(struct bel_tls_opts){ .is_server = true,
						   .cert_pem = bel_test_cert_pem(cert),
						   .key_pem = bel_test_key_pem(cert) });
}

static struct bel_tls_context *new_client(void)
{
	return new_context(
		&(struct bel_tls_opts){ .ca_pem = bel_test_cert_pem(&authority) });
}

/* How the client finds a server that shows this certificate. */
static enum bel_err meet(const struct bel_test_cert *cert, const char *name)
{
	struct bel_tls_context *server = new_server(cert), *client = new_client();
	struct pair *pair = open_pair(server, client, name);
	enum bel_err err;

	shake(pair);
	err = pair->client.err;
	close_pair(pair);
	bel_tls_context_unref(client);
	bel_tls_context_unref(server);
	return err;
}

static void bytes_pass_both_ways(void **state)
{
	struct bel_tls_context *server = new_server(&server_cert), *client = new_client();
	struct pair *pair = open_pair(server, client, "example.com");
	char buf[64];
	size_t len = 0;

	(void)state;
	assert_false(bel_tls_is_ready(pair->client.tls));
	shake(pair);
	assert_int_equal(pair->client.err, BEL_OK);
	assert_int_equal(pair->server.err, BEL_OK);
	assert_true(bel_tls_is_ready(pair->client.tls));
	assert_true(bel_tls_is_peer(pair->client.tls, BEL_STR("EXAMPLE.com")));
	assert_false(bel_tls_is_peer(pair->client.tls, BEL_STR("example.net")));
	assert_false(bel_tls_is_peer(pair->server.tls, BEL_STR("example.com")));
	assert_int_equal(bel_tls_read(&len, pair->server.tls, buf, sizeof buf),
			 BEL_ERR_AGAIN);
	assert_int_equal(bel_tls_write(pair->client.tls, BEL_STR("question")), BEL_OK);
	assert_int_equal(bel_tls_read(&len, pair->server.tls, buf, sizeof buf), BEL_OK);
	assert_str(((bel_str){ buf, len }), "question");
	assert_int_equal(bel_tls_write(pair->server.tls, BEL_STR("answer")), BEL_OK);
	assert_int_equal(bel_tls_read(&len, pair->client.tls, buf, sizeof buf), BEL_OK);
	assert_str(((bel_str){ buf, len }), "answer");
	/* close_notify is an orderly end */
	bel_tls_close(pair->client.tls);
	pair->client.tls = NULL;
	assert_int_equal(bel_tls_read(&len, pair->server.tls, buf, sizeof buf),
			 BEL_ERR_CLOSED);
	close_pair(pair);
	bel_tls_context_unref(client);
	bel_tls_context_unref(server);
}

static void large_messages_come_whole_in_pieces_of_any_size(void **state)
{
	static const size_t chunks[] = { 0, 1, 7, 1400 };
	struct bel_tls_context *server = new_server(&server_cert), *client = new_client();
	size_t size = 65535;
	char *text = malloc(size), *got = malloc(size);

	(void)state;
	assert_true(text && got);
	for (size_t i = 0; i < size; i++)
		text[i] = (char)('a' + i % 26);
	for (size_t i = 0; i < BEL_COUNT_OF(chunks); i++) {
		struct pair *pair = open_pair(server, client, "example.com");
		size_t total = 0, len = 0;
		enum bel_err err;
		pair->up.chunk = pair->down.chunk = chunks[i];
		shake(pair);
		assert_int_equal(pair->server.err, BEL_OK);
		assert_int_equal(bel_tls_write(pair->client.tls, (bel_str){ text, size }),
				 BEL_OK);
		while (!(err = bel_tls_read(&len, pair->server.tls, got + total,
					    size - total)) &&
		       total + len < size)
			total += len;
		assert_int_equal(err, BEL_OK);
		assert_int_equal(total + len, size);
		assert_memory_equal(got, text, size);
		close_pair(pair);
	}
	free(text);
	free(got);
	bel_tls_context_unref(client);
	bel_tls_context_unref(server);
}

/* RFC 5922 sections 7.1 and 7.2. */
static void the_name_must_be_among_the_identities(void **state)
{
	static const struct {
		const char *names, *common_name, *asked;
		enum bel_err err;
	} rows[] = {
		{ "DNS:example.com", NULL, "example.com", BEL_OK },
		{ "DNS:Example.COM", NULL, "eXample.com", BEL_OK },
		{ "DNS:example.com", NULL, "example.com.", BEL_OK },
		{ "DNS:example.com", NULL, "example.net", BEL_ERR_MISMATCH },
		{ "DNS:example.com", NULL, "sip.example.com", BEL_ERR_MISMATCH },
		{ "DNS:*.example.com", NULL, "sip.example.com", BEL_ERR_MISMATCH },
		{ "DNS:.example.com", NULL, "sip.example.com", BEL_ERR_MISMATCH },
		{ "DNS:sip.example.com", NULL, ".example.com", BEL_ERR_MISMATCH },
		{ "DNS:a.test,DNS:example.com", NULL, "example.com", BEL_OK },
		{ "URI:sip:example.com", NULL, "example.com", BEL_OK },
		{ "URI:SIP:example.com", NULL, "example.com", BEL_OK },
		{ "URI:sip:example.com;transport=tls", NULL, "example.com", BEL_OK },
		{ "URI:sip:example.com:5061", NULL, "example.com", BEL_OK },
		/* DNS counts when no SIP URI of a domain is there */
		{ "URI:sip:example.net,DNS:example.com", NULL, "example.com",
		  BEL_ERR_MISMATCH },
		{ "URI:sip:example.net,URI:sip:example.com", NULL, "example.com",
		  BEL_OK },
		{ "URI:https:example.com", NULL, "example.com", BEL_ERR_MISMATCH },
		{ "URI:https:example.net,DNS:example.com", NULL, "example.com", BEL_OK },
		/* a person is no domain, and hides none */
		{ "URI:sip:alice@example.com", NULL, "example.com", BEL_ERR_MISMATCH },
		{ "URI:sip:alice@example.com,DNS:example.com", NULL, "example.com",
		  BEL_OK },
		/* the common name, without subjectAltName alone */
		{ NULL, "example.com", "example.com", BEL_OK },
		{ NULL, "*.example.com", "sip.example.com", BEL_ERR_MISMATCH },
		{ NULL, "example.net", "example.com", BEL_ERR_MISMATCH },
		{ "DNS:example.net", "example.com", "example.com", BEL_ERR_MISMATCH },
		{ "IP:192.0.2.1", "example.com", "example.com", BEL_ERR_MISMATCH },
		{ "email:a@example.com", "example.com", "example.com", BEL_ERR_MISMATCH },
		/* addresses */
		{ "IP:192.0.2.1", NULL, "192.0.2.1", BEL_OK },
		{ "IP:192.0.2.1", NULL, "192.0.2.2", BEL_ERR_MISMATCH },
		{ "DNS:192.0.2.1", NULL, "192.0.2.1", BEL_ERR_MISMATCH },
		{ "IP:2001:db8::1", NULL, "[2001:db8::1]", BEL_OK },
		{ NULL, NULL, "example.com", BEL_ERR_MISMATCH },
	};

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		struct bel_test_cert cert;
		bel_test_cert_make(&cert, &(struct bel_test_cert_opts){
						  .common_name = rows[i].common_name,
						  .names = rows[i].names,
						  .issuer = &authority });
		enum bel_err err = meet(&cert, rows[i].asked);
		if (err != rows[i].err)
			fail_msg("%s (CN %s) asked for as %s: %s",
				 rows[i].names ? rows[i].names : "no names",
				 rows[i].common_name ? rows[i].common_name : "none",
				 rows[i].asked, bel_err_text(err));
	}
}

static void who_is_not_trusted_is_refused_with_the_reason(void **state)
{
	static const struct {
		const struct bel_test_cert *issuer;
		bool is_over;
		const char *reason;
	} rows[] = {
		{ &stranger, false, "unable to get local issuer certificate" },
		{ NULL, false, "self-signed certificate" },
		{ &authority, true, "certificate has expired" },
	};

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		struct bel_test_cert cert;
		bel_test_cert_make(&cert, &(struct bel_test_cert_opts){
						  .names = "DNS:example.com",
						  .issuer = rows[i].issuer,
						  .is_over = rows[i].is_over });
		struct bel_tls_context *server = new_server(&cert);
		struct bel_tls_context *client = new_client();
		struct pair *pair = open_pair(server, client, "example.com");
		shake(pair);
		assert_int_equal(pair->client.err, BEL_ERR_TLS);
		assert_str(bel_tls_failure(pair->client.tls), rows[i].reason);
		assert_int_equal(pair->server.err, BEL_ERR_TLS);
		close_pair(pair);
		bel_tls_context_unref(client);
		bel_tls_context_unref(server);
	}
}

static void verify_off_takes_anybody(void **state)
{
	struct bel_test_cert cert;

	(void)state;
	bel_test_cert_make(&cert, &(struct bel_test_cert_opts){ .names = "DNS:x.test" });
	struct bel_tls_context *server = new_server(&cert);
	struct bel_tls_context *client = new_context(
		&(struct bel_tls_opts){ .has_verify_off = true });
	struct pair *pair = open_pair(server, client, "example.com");
	shake(pair);
	assert_int_equal(pair->client.err, BEL_OK);
	/* but nobody is who he says because of it */
	assert_false(bel_tls_is_peer(pair->client.tls, BEL_STR("x.test")));
	close_pair(pair);
	bel_tls_context_unref(client);
	bel_tls_context_unref(server);
}

static void the_name_asked_for_chooses_the_certificate(void **state)
{
	static const struct {
		const char *asked;
		enum bel_err err;
	} rows[] = {
		{ "example.com", BEL_OK },
		{ "example.net", BEL_OK },
		{ "EXAMPLE.NET", BEL_OK },
		{ "example.org", BEL_ERR_MISMATCH },
	};
	struct bel_tls_context *server = new_server(&server_cert), *client = new_client();

	(void)state;
	assert_int_equal(bel_tls_context_add(server, BEL_STR("example.net"),
					     bel_test_cert_pem(&other_cert),
					     bel_test_key_pem(&other_cert)),
			 BEL_OK);
	assert_int_equal(bel_tls_context_add(server, BEL_STR("example.org"),
					     bel_test_cert_pem(&other_cert),
					     bel_test_key_pem(&server_cert)),
			 BEL_ERR_MISMATCH);
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		struct pair *pair = open_pair(server, client, rows[i].asked);
		shake(pair);
		assert_int_equal(pair->client.err, rows[i].err);
		close_pair(pair);
	}
	bel_tls_context_unref(client);
	bel_tls_context_unref(server);
}

/* What the server says to a client with this certificate (NULL: with none). */
static enum bel_err show(struct bel_tls_context *server, const struct bel_test_cert *cert,
			 bool *is_named)
{
	struct bel_tls_opts opts = { .ca_pem = bel_test_cert_pem(&authority) };

	if (cert) {
		opts.cert_pem = bel_test_cert_pem(cert);
		opts.key_pem = bel_test_key_pem(cert);
	}
	struct bel_tls_context *client = new_context(&opts);
	struct pair *pair = open_pair(server, client, "example.com");
	shake(pair);
	enum bel_err err = pair->server.err;
	*is_named = bel_tls_is_peer(pair->server.tls, BEL_STR("example.net"));
	close_pair(pair);
	bel_tls_context_unref(client);
	return err;
}

static void clients_show_certificates_where_they_are_asked_for(void **state)
{
	struct bel_tls_opts opts = { .is_server = true,
				     .has_client_certs = true,
				     .cert_pem = bel_test_cert_pem(&server_cert),
				     .key_pem = bel_test_key_pem(&server_cert),
				     .ca_pem = bel_test_cert_pem(&authority) };
	struct bel_tls_context *server = new_context(&opts);
	struct bel_test_cert foreign;
	bool is_named;

	(void)state;
	bel_test_cert_make(&foreign,
			   &(struct bel_test_cert_opts){ .names = "DNS:example.net",
							 .issuer = &stranger });
	assert_int_equal(show(server, NULL, &is_named), BEL_ERR_TLS);
	assert_int_equal(show(server, &foreign, &is_named), BEL_ERR_TLS);
	assert_false(is_named);
	assert_int_equal(show(server, &other_cert, &is_named), BEL_OK);
	assert_true(is_named);
	bel_tls_context_unref(server);
}

static void contexts_say_what_is_wrong_with_a_file(void **state)
{
	static const struct {
		const char *cert, *key, *authority;
		enum bel_err err;
	} rows[] = {
		{ server_cert.cert, server_cert.key, NULL, BEL_OK },
		{ server_cert.cert, other_cert.key, NULL, BEL_ERR_MISMATCH },
		{ "not a certificate", server_cert.key, NULL, BEL_ERR_SYNTAX },
		{ server_cert.cert, "not a key", NULL, BEL_ERR_SYNTAX },
		{ server_cert.cert, server_cert.key, "no authority", BEL_ERR_SYNTAX },
	};

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		struct bel_tls_context *context = NULL;
		char text[256] = "";
		struct bel_writer detail = bel_writer_init(text, sizeof text);
		const struct bel_tls_opts opts = {
			.is_server = true,
			.cert_pem = bel_str_from(rows[i].cert),
			.key_pem = bel_str_from(rows[i].key),
			.ca_pem = bel_str_from(rows[i].authority),
			.has_client_certs = rows[i].authority != NULL,
		};
		assert_int_equal(bel_tls_context_new(&context, &opts, &detail),
				 rows[i].err);
		bel_tls_context_unref(context);
	}
}

/* A client of OpenSSL itself that speaks these versions alone; whether it got in. */
static bool raw_client(struct bel_tls_context *server, int lowest, int highest)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	struct pair *pair = open_pair(server, NULL, NULL);
	char buf[4096];
	bool is_in;

	SSL_CTX_set_cipher_list(ctx, "ALL:@SECLEVEL=0");
	SSL_CTX_set_min_proto_version(ctx, lowest);
	SSL_CTX_set_max_proto_version(ctx, highest);
	SSL *ssl = SSL_new(ctx);
	BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
	SSL_set_bio(ssl, in, out);
	SSL_set_connect_state(ssl);
	for (int i = 0; i < 20 && pair->server.err == BEL_ERR_AGAIN; i++) {
		int got;
		SSL_do_handshake(ssl);
		while ((got = BIO_read(out, buf, sizeof buf)) > 0)
			wire_send(&pair->client, (bel_str){ buf, (size_t)got });
		pair->server.err = bel_tls_handshake(pair->server.tls);
		BIO_write(in, pair->down.bytes + pair->down.at,
			  (int)(pair->down.len - pair->down.at));
		pair->down.at = pair->down.len;
	}
	is_in = SSL_do_handshake(ssl) == 1 && pair->server.err == BEL_OK;
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	close_pair(pair);
	return is_in;
}

static void versions_before_1_2_are_refused(void **state)
{
	struct bel_tls_context *server = new_server(&server_cert);
	struct bel_tls_context *modern = new_context(
		&(struct bel_tls_opts){ .is_server = true,
					.cert_pem = bel_test_cert_pem(&server_cert),
					.key_pem = bel_test_key_pem(&server_cert),
					.has_tls13_only = true });

	(void)state;
	assert_false(raw_client(server, TLS1_VERSION, TLS1_VERSION));
	assert_false(raw_client(server, TLS1_1_VERSION, TLS1_1_VERSION));
	assert_true(raw_client(server, TLS1_2_VERSION, TLS1_2_VERSION));
	assert_true(raw_client(server, TLS1_3_VERSION, TLS1_3_VERSION));
	assert_false(raw_client(modern, TLS1_2_VERSION, TLS1_2_VERSION));
	assert_true(raw_client(modern, TLS1_3_VERSION, TLS1_3_VERSION));
	bel_tls_context_unref(modern);
	bel_tls_context_unref(server);
}

static void bytes_that_are_no_tls_end_it(void **state)
{
	struct bel_tls_context *server = new_server(&server_cert);
	struct pair *pair = open_pair(server, NULL, NULL);

	(void)state;
	wire_send(&pair->client, BEL_STR("OPTIONS sip:example.com SIP/2.0\r\n\r\n"));
	assert_int_equal(bel_tls_handshake(pair->server.tls), BEL_ERR_TLS);
	assert_true(bel_tls_failure(pair->server.tls).len > 0);
	close_pair(pair);
	pair = open_pair(server, NULL, NULL);
	pair->up.is_closed = true;
	assert_int_equal(bel_tls_handshake(pair->server.tls), BEL_ERR_CLOSED);
	close_pair(pair);
	bel_tls_context_unref(server);
}

static void a_name_that_is_too_long_is_never_left_unchecked(void **state)
{
	struct bel_tls_context *client = new_client();
	struct end end = { .err = BEL_OK };
	char name[300];

	(void)state;
	memset(name, 'a', sizeof name);
	assert_true(bel_tls_open(&end.tls, client, (bel_str){ name, sizeof name },
				 &wire_port, &end) != BEL_OK);
	bel_tls_context_unref(client);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_pass_both_ways),
		cmocka_unit_test(large_messages_come_whole_in_pieces_of_any_size),
		cmocka_unit_test(the_name_must_be_among_the_identities),
		cmocka_unit_test(who_is_not_trusted_is_refused_with_the_reason),
		cmocka_unit_test(verify_off_takes_anybody),
		cmocka_unit_test(the_name_asked_for_chooses_the_certificate),
		cmocka_unit_test(clients_show_certificates_where_they_are_asked_for),
		cmocka_unit_test(contexts_say_what_is_wrong_with_a_file),
		cmocka_unit_test(versions_before_1_2_are_refused),
		cmocka_unit_test(bytes_that_are_no_tls_end_it),
		cmocka_unit_test(a_name_that_is_too_long_is_never_left_unchecked),
	};

	return cmocka_run_group_tests(tests, make_certs, NULL);
}
