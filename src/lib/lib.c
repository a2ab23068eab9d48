/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "lib/lib.h"

struct bel_lib {
	struct bel_lib_opts opts;
	struct bel_loop *loop, *own_loop;
	struct bel_crypto *crypto;
	struct bel_tls_context *tls_client, *tls_server;
	struct bel_transport *transport;
	struct bel_resolver *resolver;
	struct bel_targets *targets;
	struct bel_tx_table *table;
	struct bel_ua *ua;
	struct bel_calls *calls;
	struct bel_media_libs *media;
};

/* ---- what comes ---- */

static void on_messages(void *user, struct bel_rx *rx, unsigned count)
{
	bel_ua_receive(((struct bel_lib *)user)->ua, rx, count);
}

static void on_broken(void *user, const struct bel_flow *flow, bel_str bytes,
		      const struct bel_sip_refusal *why)
{
	/* The connection ends, and whoever waits for an answer is told so. */
	(void)user;
	(void)flow;
	(void)bytes;
	(void)why;
}

static void on_wire(void *user, const struct bel_flow *flow, bool is_sent, bel_str bytes)
{
	struct bel_lib *lib = user;

	if (lib->opts.on_wire)
		lib->opts.on_wire(lib->opts.user, flow, is_sent, bytes);
}

static const struct bel_transport_port transport_port = { .on_messages = on_messages,
							  .on_broken = on_broken,
							  .on_wire = on_wire };

/* RFC 3261 section 21.4.6: with a 405 goes what is allowed, and with the 200 of OPTIONS
 * (section 11.2). */
#define ALLOWED                                                                          \
	"Allow: INVITE, ACK, CANCEL, BYE, PRACK, UPDATE, INFO, REFER, NOTIFY, OPTIONS"

static bel_str lines_of(const struct bel_lib *lib, uint16_t status)
{
	if (status != 200 && status != 405)
		return BEL_STR_NONE;
	return lib->opts.on_request ? BEL_STR(ALLOWED ", MESSAGE\r\n")
				    : BEL_STR(ALLOWED "\r\n");
}

static void on_request(void *user, struct bel_sip_msg *request,
		       const struct bel_flow *came_by)
{
	struct bel_lib *lib = user;
	bool is_within = bel_sip_to(request)->tag.len;
	uint16_t status = request->method == BEL_SIP_OPTIONS   ? 200
			  : is_within                          ? 481
			  : request->method == BEL_SIP_INVITE  ? 480
			  : request->method == BEL_SIP_MESSAGE ? 405
							       : 501;

	if ((lib->opts.on_incoming || is_within) &&
	    bel_calls_on_request(lib->calls, request, came_by))
		return;
	if (lib->opts.on_request && !is_within &&
	    lib->opts.on_request(lib->opts.user, request, came_by))
		return;
	bel_ua_refuse(lib->ua, request, came_by,
		      &(struct bel_sip_reply){ .status = status,
					       .to_tag = BEL_STR("belfry"),
					       .lines = lines_of(lib, status) });
}

static void on_incoming(void *user, struct bel_call *call, struct bel_sip_msg *invite,
			struct bel_call *replaced)
{
	struct bel_lib *lib = user;

	lib->opts.on_incoming(lib->opts.user, call, invite, replaced);
}

/* ---- opening ---- */

static enum bel_err open_tls(struct bel_lib *lib)
{
	const struct bel_lib_opts *opts = &lib->opts;
	const struct bel_tls_opts client = { .has_verify_off = opts->has_verify_off,
					     .ca_pem = opts->ca_pem };
	const struct bel_tls_opts server = { .is_server = true,
					     .cert_pem = opts->cert_pem,
					     .key_pem = opts->key_pem };
	enum bel_err err = bel_tls_context_new(&lib->tls_client, &client, NULL);

	/* A library without TLS has no context, and says so when one is asked for. */
	if (err == BEL_ERR_UNSUPPORTED && !opts->cert_pem.len)
		return BEL_OK;
	if (err || !opts->cert_pem.len)
		return err;
	return bel_tls_context_new(&lib->tls_server, &server, NULL);
}

static enum bel_err open_transport(struct bel_lib *lib)
{
	const bel_addr any_v4 = bel_addr_v4(0, 0, 0, 0, 0), any_v6 = { .family = 6 };
	const struct bel_transport_listener anywhere[] = {
		{ BEL_SIP_UDP, any_v4 }, { BEL_SIP_TCP, any_v4 }, { BEL_SIP_TLS, any_v4 },
		{ BEL_SIP_UDP, any_v6 }, { BEL_SIP_TCP, any_v6 }, { BEL_SIP_TLS, any_v6 },
	};
	bool is_given = lib->opts.listeners_count;
	struct bel_transport_opts opts = {
		.loop = lib->loop,
		.workers = 1,
		.listeners = is_given ? lib->opts.listeners : anywhere,
		.listeners_count = is_given ? lib->opts.listeners_count
					    : BEL_COUNT_OF(anywhere),
		.port = &transport_port,
		.user = lib,
		.log = lib->opts.log,
	};
	enum bel_err err = open_tls(lib);

	if (err)
		return err;
	opts.tls_client = lib->tls_client;
	opts.tls_server = lib->tls_server;
	err = bel_transport_open(&lib->transport, NULL, &opts);
	/* A machine without IPv6 has the first three. */
	if (err && !is_given) {
		opts.listeners_count = BEL_COUNT_OF(anywhere) / 2;
		err = bel_transport_open(&lib->transport, NULL, &opts);
	}
	return err;
}

static enum bel_err open_targets(struct bel_lib *lib)
{
	enum bel_err err = bel_resolver_open(&lib->resolver, lib->loop,
					     &(struct bel_resolver_opts){ .tries = 0 });

	if (err)
		return err;
	return bel_targets_open(&lib->targets, &(struct bel_targets_opts){
						       .loop = lib->loop,
						       .resolver = lib->resolver,
						       .has_udp = true,
						       .has_tcp = true,
						       .has_tls = lib->tls_client,
						       .has_ipv6 = true,
					       });
}

static enum bel_err open_agent(struct bel_lib *lib)
{
	static const bel_str name = { "belfry " BELFRY_VERSION,
				      sizeof "belfry " BELFRY_VERSION - 1 };
	enum bel_err err = bel_tx_table_open(
		&lib->table, &(struct bel_tx_table_opts){ .loop = lib->loop });

	if (!err)
		err = bel_ua_open(
			&lib->ua,
			&(struct bel_ua_opts){
				.loop = lib->loop,
				.transport = lib->transport,
				.targets = lib->targets,
				.table = lib->table,
				.crypto = lib->crypto,
				.name = lib->opts.name.len ? lib->opts.name : name,
				.on_request = on_request,
				.user = lib,
			});
	if (!err)
		err = bel_calls_open(&lib->calls,
				     &(struct bel_calls_opts){
					     .ua = lib->ua,
					     .session = lib->opts.session,
					     .calls_max = lib->opts.calls_max,
					     .on_incoming = on_incoming,
					     .user = lib,
				     });
	return err;
}

enum bel_err bel_lib_open(struct bel_lib **out, const struct bel_lib_opts *opts)
{
	struct bel_lib *lib = calloc(1, sizeof *lib);
	enum bel_err err = BEL_OK;

	if (!lib)
		return bel_err_from_errno(ENOMEM);
	lib->opts = *opts;
	lib->loop = opts->loop;
	if (!lib->loop)
		err = bel_loop_open(&lib->own_loop);
	if (!err && !lib->loop)
		lib->loop = lib->own_loop;
	if (!err)
		err = bel_crypto_open(&lib->crypto);
	if (!err)
		err = bel_media_libs_open(&lib->media);
	if (!err)
		err = open_transport(lib);
	if (!err)
		err = open_targets(lib);
	if (!err)
		err = open_agent(lib);
	if (err) {
		bel_lib_close(lib);
		return err;
	}
	*out = lib;
	return BEL_OK;
}

void bel_lib_close(struct bel_lib *lib)
{
	if (!lib)
		return;
	bel_tx_table_close(lib->table);
	bel_calls_close(lib->calls);
	bel_ua_close(lib->ua);
	bel_targets_close(lib->targets);
	bel_resolver_close(lib->resolver);
	bel_transport_close(lib->transport);
	bel_tls_context_unref(lib->tls_server);
	bel_tls_context_unref(lib->tls_client);
	bel_media_libs_close(lib->media);
	bel_crypto_close(lib->crypto);
	bel_loop_close(lib->own_loop);
	free(lib);
}

struct bel_loop *bel_lib_loop(const struct bel_lib *lib)
{
	return lib->loop;
}

struct bel_ua *bel_lib_ua(const struct bel_lib *lib)
{
	return lib->ua;
}

struct bel_calls *bel_lib_calls(const struct bel_lib *lib)
{
	return lib->calls;
}

struct bel_tls_context *bel_lib_tls(const struct bel_lib *lib)
{
	return lib->tls_client;
}

struct bel_targets *bel_lib_targets(const struct bel_lib *lib)
{
	return lib->targets;
}

struct bel_media_libs *bel_lib_media(const struct bel_lib *lib)
{
	return lib->media;
}

struct bel_transport *bel_lib_transport(const struct bel_lib *lib)
{
	return lib->transport;
}
