/* SPDX-License-Identifier: Apache-2.0 */
#include "turn/server_int.h"

/* Without the port, and without the encodings that hide an IPv4 address. */
static bool is_host(const bel_addr *canonical, const bel_addr *own)
{
	bel_addr other = bel_addr_canonical(own);

	return bel_addr_is_same_host(canonical, &other);
}

static bool is_listed(const struct bel_turn_net *nets, size_t count, const bel_addr *addr)
{
	for (size_t i = 0; i < count; i++)
		if (bel_addr_is_within(addr, &nets[i].addr, nets[i].prefix_bits))
			return true;
	return false;
}

bool bel_turn_peer_is_own(const struct bel_turn_server *server, const bel_addr *peer)
{
	bel_addr real = bel_addr_canonical(peer);

	for (size_t i = 0; i < server->opts.own_count; i++)
		if (is_host(&real, &server->opts.own[i]))
			return true;
	return false;
}

static bool is_listener(const struct bel_turn_server *server, const bel_addr *real)
{
	for (size_t i = 0; i < server->opts.own_count; i++)
		if (real->port == server->opts.own[i].port &&
		    is_host(real, &server->opts.own[i]))
			return true;
	return false;
}

/* Named alone: who lets in a network does not think of our own services in it. */
static bool is_named(const struct bel_turn_server_opts *opts, const bel_addr *addr)
{
	for (size_t i = 0; i < opts->allowed_count; i++)
		if (opts->allowed[i].prefix_bits ==
			    (opts->allowed[i].addr.family == 4 ? 32u : 128u) &&
		    bel_addr_is_same_host(&opts->allowed[i].addr, addr))
			return true;
	return false;
}

/* v4-mapped and v4-compatible addresses belong to a machine's inside and never to a wire
 * (RFC 4291 section 2.5.5); a socket would send them out as IPv4, past the rules of the
 * other family. */
static bool is_inner_form(const bel_addr *peer)
{
	static const uint8_t zeros[10];

	return peer->family == 6 && memcmp(peer->ip, zeros, sizeof zeros) == 0;
}

/* Of this server or of another one of the owner's. */
static bool is_relay(const struct bel_turn_server *server, const bel_addr *peer)
{
	const struct bel_turn_server_port *port = server->opts.port;

	return bel_turn_relayed_find_addr(server, peer) ||
	       (port->is_relay && port->is_relay(server->opts.user, peer));
}

/* The order of the rules: what the owner refuses, what is never an address of a peer,
 * what is ours (but what he names alone), what the owner allows, and then the ranges of
 * the registries. */
bool bel_turn_server_is_allowed(const struct bel_turn_server *server,
				const bel_addr *peer)
{
	const struct bel_turn_server_opts *opts = &server->opts;
	bel_addr real = bel_addr_canonical(peer);
	bool is_listed_so = is_listed(opts->allowed, opts->allowed_count, &real);

	if (is_listed(opts->denied, opts->denied_count, &real) ||
	    is_listed(opts->denied, opts->denied_count, peer) || is_inner_form(peer))
		return false;
	/* Two clients of ours who can only send by their relays talk between two relays
	 * of ours: those, and nothing else of ours, may be peers. */
	if (bel_turn_peer_is_own(server, peer))
		return is_relay(server, peer) ||
		       (is_named(opts, &real) && !is_listener(server, &real));
	return is_listed_so || bel_addr_range(&real) == BEL_ADDR_GLOBAL;
}

bool bel_turn_peer_is_granted(struct bel_turn_relayed *relayed, const bel_addr *peer,
			      uint64_t now_ms)
{
	struct bel_turn_permission *permission = bel_turn_permission_find(relayed, peer,
									  now_ms);

	if (!permission || peer->port == 0)
		return false;
	return !permission->is_own || bel_turn_server_is_allowed(relayed->server, peer);
}

void bel_turn_peers_review(struct bel_turn_relayed *relayed)
{
	for (unsigned i = 0; i < relayed->permissions_count; i++) {
		struct bel_turn_permission *permission = &relayed->permissions[i];
		bel_addr peer = { .family = relayed->addr.family };
		memcpy(peer.ip, permission->ip, sizeof peer.ip);
		permission->is_own = bel_turn_peer_is_own(relayed->server, &peer);
		/* Ports of our own hosts are looked at with each packet. */
		if (!permission->is_own &&
		    !bel_turn_server_is_allowed(relayed->server, &peer))
			permission->expires_ms = 0;
	}
}
