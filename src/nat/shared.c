/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "nat/nat_int.h"

struct host *bel_nat_host(struct bel_nat_shared *shared, uint8_t family)
{
	return &shared->hosts[family == 6];
}

/* ---- relays as peers ---- */

bool bel_nat_is_relay(struct bel_nat_shared *shared, const bel_addr *addr)
{
	struct host *host = bel_nat_host(shared, addr->family);

	return host->inner.family && bel_addr_is_same_host(&host->outer, addr) &&
	       bel_ports_is_taken(&host->ports, addr->port);
}

static bel_addr rename_host(const bel_addr *addr, const bel_addr *host)
{
	bel_addr renamed = *host;

	renamed.port = addr->port;
	return renamed;
}

bel_addr bel_nat_to_inner(struct bel_nat_shared *shared, const bel_addr *outer)
{
	return bel_nat_is_relay(shared, outer)
		       ? rename_host(outer, &bel_nat_host(shared, outer->family)->inner)
		       : *outer;
}

bel_addr bel_nat_to_outer(struct bel_nat_shared *shared, const bel_addr *inner)
{
	struct host *host = bel_nat_host(shared, inner->family);

	return host->inner.family && bel_addr_is_same_host(&host->inner, inner) &&
			       bel_ports_is_taken(&host->ports, inner->port)
		       ? rename_host(inner, &host->outer)
		       : *inner;
}

/* ---- where relays are ---- */

/* On the address of a listener, where one is named; else where the world is reached, if
 * we listen everywhere. */
static bel_addr find_inner(struct bel_loop *loop, const struct bel_conf *conf,
			   uint8_t family)
{
	bel_addr addr = { .family = 0 };
	bool is_everywhere = false;

	for (unsigned i = 0; i < conf->turn.listens_count; i++) {
		const bel_addr *local = &conf->turn.listens[i].addr;
		if (bel_addr_range(local) == BEL_ADDR_UNSPECIFIED)
			is_everywhere |= local->family == family;
		else if (local->family == family) {
			addr = *local;
			addr.port = 0;
			return addr;
		}
	}
	if (is_everywhere && bel_loop_outlet(loop, family, &addr))
		addr.family = 0;
	return addr;
}

static bel_addr find_outer(const struct bel_conf *conf, const bel_addr *inner)
{
	bel_addr outer = *inner;

	for (unsigned i = conf->publics_count; i-- > 0;)
		if (conf->publics[i].family == inner->family)
			outer = conf->publics[i];
	for (unsigned i = 0; i < conf->turn.publics_count; i++)
		if (conf->turn.publics[i].family == inner->family)
			outer = conf->turn.publics[i];
	outer.port = 0;
	return outer;
}

/* ---- our own addresses ---- */

/* Either pass of find_own: with own NULL they are only counted. */
static void put_own(struct bel_nat_shared *shared, const bel_addr *addr, uint16_t port)
{
	if (shared->own) {
		shared->own[shared->own_count] = *addr;
		shared->own[shared->own_count].port = port;
	}
	shared->own_count++;
}

struct machine {
	const bel_addr *addrs;
	unsigned count;
};

/* A listener everywhere is one at each address of the machine. */
static void put_listens(struct bel_nat_shared *shared, const struct machine *machine,
			const struct bel_conf_listen *listens, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		const bel_addr *addr = &listens[i].addr;
		if (bel_addr_range(addr) != BEL_ADDR_UNSPECIFIED) {
			put_own(shared, addr, addr->port);
			continue;
		}
		for (unsigned k = 0; k < machine->count; k++)
			if (machine->addrs[k].family == addr->family)
				put_own(shared, &machine->addrs[k], addr->port);
	}
}

static void put_all(struct bel_nat_shared *shared, const struct machine *machine,
		    const struct bel_conf *conf)
{
	for (unsigned i = 0; i < machine->count; i++)
		put_own(shared, &machine->addrs[i], 0);
	put_listens(shared, machine, conf->listens, conf->listens_count);
	put_listens(shared, machine, conf->turn.listens, conf->turn.listens_count);
	for (unsigned i = 0; i < conf->publics_count; i++)
		put_own(shared, &conf->publics[i], conf->publics[i].port);
	for (unsigned i = 0; i < BEL_COUNT_OF(shared->hosts); i++) {
		const struct host *host = &shared->hosts[i];
		if (!host->inner.family)
			continue;
		put_own(shared, &host->inner, 0);
		put_own(shared, &host->outer, 0);
	}
}

/* Everything that is us: the addresses of the machine, where we listen, what the world
 * calls us. Addresses that the machine gets later are not among them. */
static enum bel_err find_own(struct bel_nat_shared *shared, struct bel_loop *loop,
			     const struct bel_conf *conf)
{
	unsigned size = bel_loop_own_addrs(loop, NULL, 0);
	bel_addr *addrs = calloc(size + 1u, sizeof *addrs);
	struct machine machine = { .addrs = addrs };

	if (!addrs)
		return bel_err_from_errno(ENOMEM);
	machine.count = bel_loop_own_addrs(loop, addrs, size);
	/* One more may have come in between. */
	if (machine.count > size)
		machine.count = size;
	put_all(shared, &machine, conf);
	shared->own = calloc(shared->own_count + 1, sizeof *shared->own);
	shared->own_count = 0;
	if (shared->own)
		put_all(shared, &machine, conf);
	free(addrs);
	return shared->own ? BEL_OK : bel_err_from_errno(ENOMEM);
}

static bool is_own(const struct bel_nat_shared *shared, const bel_addr *addr)
{
	for (size_t i = 0; i < shared->own_count; i++)
		if (bel_addr_is_equal(&shared->own[i], addr))
			return true;
	return false;
}

/* Each listener has a place of its own at each of its addresses; where the port was not
 * known, it is still 0. */
void bel_nat_own_listener(struct bel_nat_shared *shared, const bel_addr *local)
{
	bool is_everywhere = bel_addr_range(local) == BEL_ADDR_UNSPECIFIED;

	for (size_t i = 0; i < shared->own_count; i++) {
		bel_addr addr = shared->own[i];
		if (addr.port || addr.family != local->family ||
		    !(is_everywhere || bel_addr_is_same_host(&addr, local)))
			continue;
		addr.port = local->port;
		if (!is_own(shared, &addr))
			shared->own[i] = addr;
	}
}

enum bel_err bel_nat_shared_open(struct bel_nat_shared **out, struct bel_loop *loop,
				 const struct bel_conf *conf)
{
	struct bel_nat_shared *shared = calloc(1, sizeof *shared);
	enum bel_err err;

	if (!shared)
		return bel_err_from_errno(ENOMEM);
	for (unsigned i = 0; i < BEL_COUNT_OF(shared->hosts); i++) {
		struct host *host = &shared->hosts[i];
		host->inner = find_inner(loop, conf, i ? 6 : 4);
		if (host->inner.family)
			host->outer = find_outer(conf, &host->inner);
	}
	err = find_own(shared, loop, conf);
	if (err)
		bel_nat_shared_close(shared);
	else
		*out = shared;
	return err;
}

void bel_nat_shared_close(struct bel_nat_shared *shared)
{
	if (!shared)
		return;
	free(shared->own);
	free(shared);
}
