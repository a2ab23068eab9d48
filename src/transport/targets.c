/* SPDX-License-Identifier: Apache-2.0
 * RFC 3263 section 4. The walk from a name to addresses starts again from the top with
 * every answer that comes in: what was asked before is in the cache by then, so there is
 * no state to keep between answers but the question. */
#include "transport/targets.h"

#include <errno.h>
#include <stdlib.h>

#include "transport/dns_cache.h"

enum {
	ASKS_MAX = 48, /* look-ups for one URI: a bound on what a zone can make us do */
	HEALTH_SLOTS = 1024,
	SUSPECT_FIRST_MS = 30000,
	SUSPECT_MOST_MS = 300000,
	UDP_BYTES_MAX = 1300, /* RFC 3261 section 18.1.1 */
};

struct health {
	bel_addr addr;
	uint8_t transport;
	uint8_t strikes;
	uint64_t until_ms;
};

struct bel_targets {
	struct bel_targets_opts opts;
	struct dns_cache *cache;
	struct bel_list lookups; /* that wait */
	struct health health[HEALTH_SLOTS];
};

/* One question under way. The names lie behind it. */
struct lookup {
	struct bel_targets *targets;
	struct bel_targets_query *query;
	struct dns_waiter waiter;
	struct bel_uri uri; /* host, port, scheme and transport are looked at */
	enum bel_sip_transport wanted; /* by the URI; OTHER: free */
	size_t message_bytes;
	unsigned asks;
	unsigned hops_count;
	bool is_waiting;
	struct bel_hop hops[BEL_TARGETS_MAX]; /* set as far as they count */
	char host[];
};

/* A name to be turned into addresses. */
struct place {
	bel_str name;
	uint16_t port;
	enum bel_sip_transport transport;
};

static const struct transport_row {
	enum bel_sip_transport transport;
	bel_str service; /* of NAPTR */
	bel_str srv;     /* prefix of the name */
	bool is_secure;
} transports[] = {
	/* Our order where the domain has none: UDP is what most phones speak. */
	{ BEL_SIP_UDP, { "SIP+D2U", 7 }, { "_sip._udp.", 10 }, false },
	{ BEL_SIP_TCP, { "SIP+D2T", 7 }, { "_sip._tcp.", 10 }, false },
	{ BEL_SIP_TLS, { "SIPS+D2T", 8 }, { "_sips._tcp.", 11 }, true },
};

static bool speaks(const struct bel_targets *targets, enum bel_sip_transport transport)
{
	return (transport == BEL_SIP_UDP && targets->opts.has_udp) ||
	       (transport == BEL_SIP_TCP && targets->opts.has_tcp) ||
	       (transport == BEL_SIP_TLS && targets->opts.has_tls);
}

static uint16_t default_port(enum bel_sip_transport transport)
{
	return transport == BEL_SIP_TLS ? 5061 : 5060;
}

enum bel_err bel_targets_open(struct bel_targets **out,
			      const struct bel_targets_opts *opts)
{
	struct bel_targets *targets = calloc(1, sizeof *targets);
	enum bel_err err;

	if (!targets)
		return bel_err_from_errno(ENOMEM);
	targets->opts = *opts;
	bel_list_init(&targets->lookups);
	err = bel_dns_cache_open(&targets->cache, opts->loop, opts->resolver);
	if (err) {
		free(targets);
		return err;
	}
	*out = targets;
	return BEL_OK;
}

/* ---- health ---- */

static struct health *health_of(const struct bel_targets *targets,
				const struct bel_hop *hop)
{
	uint64_t hash = bel_addr_hash(&hop->addr, hop->transport);

	return (struct health *)&targets->health[hash % HEALTH_SLOTS];
}

static bool is_about(const struct health *health, const struct bel_hop *hop)
{
	return health->transport == hop->transport &&
	       bel_addr_is_equal(&health->addr, &hop->addr);
}

void bel_targets_failed(struct bel_targets *targets, const struct bel_hop *hop)
{
	struct health *health = health_of(targets, hop);
	uint64_t rest_ms = SUSPECT_FIRST_MS;

	if (!is_about(health, hop))
		*health = (struct health){ .addr = hop->addr,
					   .transport = (uint8_t)hop->transport };
	for (unsigned i = 0; i < health->strikes && rest_ms < SUSPECT_MOST_MS; i++)
		rest_ms *= 2;
	if (rest_ms > SUSPECT_MOST_MS)
		rest_ms = SUSPECT_MOST_MS;
	if (health->strikes < UINT8_MAX)
		health->strikes++;
	health->until_ms = bel_loop_now_ms(targets->opts.loop) + rest_ms;
}

void bel_targets_worked(struct bel_targets *targets, const struct bel_hop *hop)
{
	struct health *health = health_of(targets, hop);

	if (is_about(health, hop))
		*health = (struct health){ .transport = 0 };
}

bool bel_targets_is_suspect(const struct bel_targets *targets, const struct bel_hop *hop)
{
	const struct health *health = health_of(targets, hop);

	return is_about(health, hop) &&
	       bel_loop_now_ms(targets->opts.loop) < health->until_ms;
}

/* ---- the walk ---- */

static void add_hop(struct lookup *lookup, enum bel_sip_transport transport,
		    const bel_addr *addr, uint16_t port)
{
	struct bel_hop *hop;

	if (lookup->hops_count == BEL_TARGETS_MAX || !speaks(lookup->targets, transport))
		return;
	hop = &lookup->hops[lookup->hops_count++];
	*hop = (struct bel_hop){ .transport = transport, .addr = *addr };
	hop->addr.port = port;
	if (transport == BEL_SIP_TLS)
		hop->name = lookup->uri.host;
}

/* What is too large for a datagram tries TCP first; the URI did not ask for UDP. Who is
 * behind a NAT, or has no TCP at all, may be silent to that. */
static void add_addr(struct lookup *lookup, enum bel_sip_transport transport,
		     const bel_addr *addr, uint16_t port)
{
	if (addr->family == 6 && !lookup->targets->opts.has_ipv6)
		return;
	if (transport == BEL_SIP_UDP && lookup->wanted == BEL_SIP_TRANSPORT_OTHER &&
	    lookup->message_bytes > UDP_BYTES_MAX) {
		unsigned count = lookup->hops_count;
		add_hop(lookup, BEL_SIP_TCP, addr, port);
		if (lookup->hops_count > count)
			lookup->hops[count].is_guess = true;
	}
	add_hop(lookup, transport, addr, port);
}

static bool ask(struct dns_answer *out, struct lookup *lookup, bel_str name,
		enum bel_dns_type type)
{
	*out = (struct dns_answer){ .err = BEL_ERR_LIMIT };
	if (lookup->asks++ >= ASKS_MAX)
		return true;
	lookup->is_waiting = !bel_dns_cache_ask(out, lookup->targets->cache, name, type,
						&lookup->waiter);
	return !lookup->is_waiting;
}

/* The worst that was met, told when nothing was found. */
static void note_err(enum bel_err *worst, enum bel_err err)
{
	if (err && (*worst == BEL_OK || *worst == BEL_ERR_NOT_FOUND))
		*worst = err;
}

/* Addresses of a name, IPv4 first as phones have it. False: an answer is awaited. */
static bool walk_place(struct lookup *lookup, const struct place *place,
		       enum bel_err *worst)
{
	static const enum bel_dns_type types[] = { BEL_DNS_A, BEL_DNS_AAAA };
	uint16_t port = place->port ? place->port : default_port(place->transport);
	bel_addr addr;

	if (bel_addr_parse_host(&addr, place->name) == BEL_OK) {
		add_addr(lookup, place->transport, &addr, port);
		return true;
	}
	for (unsigned i = 0; i < BEL_COUNT_OF(types); i++) {
		struct dns_answer answer;
		if (types[i] == BEL_DNS_AAAA && !lookup->targets->opts.has_ipv6)
			continue;
		if (!ask(&answer, lookup, place->name, types[i]))
			return false;
		note_err(worst, answer.err);
		for (unsigned k = 0; k < answer.count; k++)
			add_addr(lookup, place->transport, &answer.records[k].addr, port);
	}
	return true;
}

/* RFC 2782: the lowest priority first; among equals each in turn is drawn by weight. */
static const struct bel_dns_record *
draw_srv(struct lookup *lookup, const struct dns_answer *answer, bool *is_used)
{
	const struct bel_dns_record *best = NULL;
	uint64_t sum = 0, random, at = 0;

	for (unsigned i = 0; i < answer->count; i++)
		if (!is_used[i] &&
		    (!best || answer->records[i].priority < best->priority))
			best = &answer->records[i];
	for (unsigned i = 0; best && i < answer->count; i++)
		if (!is_used[i] && answer->records[i].priority == best->priority)
			sum += answer->records[i].weight;
	bel_loop_random(lookup->targets->opts.loop, &random, sizeof random);
	random = sum ? random % (sum + 1) : 0;
	for (unsigned i = 0; best && i < answer->count; i++) {
		if (is_used[i] || answer->records[i].priority != best->priority)
			continue;
		at += answer->records[i].weight;
		if (at >= random) {
			is_used[i] = true;
			return &answer->records[i];
		}
	}
	return NULL;
}

static bool walk_srv(struct lookup *lookup, bel_str name,
		     enum bel_sip_transport transport, bool *has_srv, enum bel_err *worst)
{
	bool is_used[BEL_DNS_RECORDS_MAX] = { false };
	const struct bel_dns_record *record;
	struct dns_answer answer;

	if (!ask(&answer, lookup, name, BEL_DNS_SRV))
		return false;
	note_err(worst, answer.err);
	while ((record = draw_srv(lookup, &answer, is_used))) {
		const struct place place = { record->target, record->port, transport };
		*has_srv = true;
		/* "." means: decidedly not here. */
		if (record->target.len && !walk_place(lookup, &place, worst))
			return false;
	}
	return true;
}

static bool walk_srv_of(struct lookup *lookup, const struct transport_row *row,
			bool *has_srv, enum bel_err *worst)
{
	char buf[300];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	bel_write_str(&writer, row->srv);
	bel_write_str(&writer, lookup->uri.host);
	if (writer.is_full)
		return true;
	return walk_srv(lookup, bel_writer_str(&writer), row->transport, has_srv, worst);
}

static const struct transport_row *row_of_service(bel_str service)
{
	for (size_t i = 0; i < BEL_COUNT_OF(transports); i++)
		if (bel_str_is_equal_nocase(transports[i].service, service))
			return &transports[i];
	return NULL;
}

static bool is_allowed(const struct lookup *lookup, const struct transport_row *row)
{
	if (lookup->uri.scheme == BEL_URI_SIPS && !row->is_secure)
		return false;
	if (lookup->wanted != BEL_SIP_TRANSPORT_OTHER && lookup->wanted != row->transport)
		return false;
	return speaks(lookup->targets, row->transport);
}

/* The domain's own order: by order, then preference (RFC 3403 section 4.1). */
static bool walk_naptr(struct lookup *lookup, bool *has_naptr, enum bel_err *worst)
{
	bool is_used[BEL_DNS_RECORDS_MAX] = { false };
	struct dns_answer answer;

	if (!ask(&answer, lookup, lookup->uri.host, BEL_DNS_NAPTR))
		return false;
	note_err(worst, answer.err);
	for (unsigned round = 0; round < answer.count; round++) {
		const struct bel_dns_record *best = NULL;
		for (unsigned i = 0; i < answer.count; i++) {
			const struct bel_dns_record *record = &answer.records[i];
			if (!is_used[i] && (!best || record->order < best->order ||
					    (record->order == best->order &&
					     record->priority < best->priority)))
				best = record;
		}
		is_used[best - answer.records] = true;
		const struct transport_row *row = row_of_service(best->service);
		bool has_srv = false;
		if (!row || !is_allowed(lookup, row) ||
		    !bel_str_is_equal_nocase(best->flags, BEL_STR("s")))
			continue;
		*has_naptr = true;
		if (!walk_srv(lookup, best->target, row->transport, &has_srv, worst))
			return false;
	}
	return true;
}

static enum bel_sip_transport default_transport(const struct lookup *lookup)
{
	if (lookup->uri.scheme == BEL_URI_SIPS)
		return BEL_SIP_TLS;
	return lookup->wanted == BEL_SIP_TRANSPORT_OTHER ? BEL_SIP_UDP : lookup->wanted;
}

/* RFC 3263 sections 4.1 and 4.2. False: an answer is awaited. */
static bool walk(struct lookup *lookup, enum bel_err *worst)
{
	const struct bel_uri *uri = &lookup->uri;
	struct place place = { uri->host, uri->port, default_transport(lookup) };
	bool has_naptr = false, has_srv = false;
	enum bel_sip_transport fixed = BEL_SIP_TRANSPORT_OTHER;
	bel_addr addr;

	if (lookup->targets->opts.find_host &&
	    lookup->targets->opts.find_host(lookup->targets->opts.user, uri->host, &addr,
					    &fixed)) {
		/* A file's word for the transport does not make sips insecure. */
		bool is_free = fixed == BEL_SIP_TRANSPORT_OTHER ||
			       uri->scheme == BEL_URI_SIPS;
		enum bel_sip_transport transport = is_free ? place.transport : fixed;
		uint16_t port = uri->port   ? uri->port
				: addr.port ? addr.port
					    : default_port(transport);
		add_addr(lookup, transport, &addr, port);
		return true;
	}
	if (uri->port || uri->host_kind != BEL_URI_NAME)
		return walk_place(lookup, &place, worst);
	if (lookup->wanted == BEL_SIP_TRANSPORT_OTHER &&
	    !walk_naptr(lookup, &has_naptr, worst))
		return false;
	for (size_t i = 0; i < BEL_COUNT_OF(transports) && !has_naptr; i++)
		if (is_allowed(lookup, &transports[i]) &&
		    !walk_srv_of(lookup, &transports[i], &has_srv, worst))
			return false;
	return has_naptr || has_srv || walk_place(lookup, &place, worst);
}

/* Suspects go to the end, the rest keeps its order. */
static void sort_by_health(struct lookup *lookup)
{
	struct bel_hop sorted[BEL_TARGETS_MAX];
	unsigned count = 0;

	if (lookup->hops_count < 2)
		return;
	for (int suspects = 0; suspects <= 1; suspects++)
		for (unsigned i = 0; i < lookup->hops_count; i++)
			if (bel_targets_is_suspect(lookup->targets, &lookup->hops[i]) ==
			    (suspects == 1))
				sorted[count++] = lookup->hops[i];
	memcpy(lookup->hops, sorted, count * sizeof sorted[0]);
}

/* Walks and tells; false while an answer is awaited. */
static bool is_told(struct lookup *lookup)
{
	struct bel_targets_query *query = lookup->query;
	enum bel_err worst = BEL_OK;

	lookup->asks = 0;
	lookup->hops_count = 0;
	if (!walk(lookup, &worst))
		return false;
	sort_by_health(lookup);
	query->state = NULL;
	bel_list_remove(&query->node);
	if (lookup->hops_count)
		query->on_targets(query, BEL_OK, lookup->hops, lookup->hops_count);
	else
		query->on_targets(query, worst ? worst : BEL_ERR_NOT_FOUND, NULL, 0);
	return true;
}

static void run(struct lookup *lookup)
{
	if (is_told(lookup))
		free(lookup);
}

static void on_answer(struct dns_waiter *waiter)
{
	run(BEL_CONTAINER_OF(waiter, struct lookup, waiter));
}

static bool is_impossible(const struct bel_targets *targets, const struct bel_uri *uri,
			  enum bel_sip_transport wanted)
{
	if (uri->scheme != BEL_URI_SIP && uri->scheme != BEL_URI_SIPS)
		return true;
	if (uri->scheme == BEL_URI_SIPS && !targets->opts.has_tls)
		return true;
	return wanted != BEL_SIP_TRANSPORT_OTHER && !speaks(targets, wanted);
}

static void lookup_init(struct lookup *lookup, struct bel_targets *targets,
			struct bel_targets_query *query, const struct bel_uri *uri)
{
	memset(lookup, 0, offsetof(struct lookup, hops));
	lookup->targets = targets;
	lookup->query = query;
	lookup->uri = *uri;
	lookup->waiter.on_answer = on_answer;
	bel_list_init(&lookup->waiter.node);
	query->state = lookup;
	bel_list_put(&targets->lookups, &query->node);
}

void bel_targets_find(struct bel_targets *targets, struct bel_targets_query *query,
		      const struct bel_uri *uri, size_t message_bytes)
{
	enum bel_sip_transport wanted = BEL_SIP_TRANSPORT_OTHER;
	bel_str param, host = uri->host;
	struct lookup *lookup;

	if (bel_uri_param(uri, BEL_STR("maddr"), &param) && param.len)
		host = param;
	bool is_stated = bel_uri_param(uri, BEL_STR("transport"), &param);
	if (is_stated)
		wanted = bel_sip_transport_find(param);
	/* sips over TCP means TLS (RFC 3261 section 26.2.2). */
	if (uri->scheme == BEL_URI_SIPS && wanted == BEL_SIP_TCP)
		wanted = BEL_SIP_TLS;
	query->state = NULL;
	bel_list_init(&query->node);
	if ((is_stated && wanted == BEL_SIP_TRANSPORT_OTHER) ||
	    is_impossible(targets, uri, wanted)) {
		query->on_targets(query, BEL_ERR_UNSUPPORTED, NULL, 0);
		return;
	}
	bel_addr addr;
	if (bel_addr_parse_host(&addr, host) == BEL_OK) {
		/* Nothing is asked for an address: it is told before this returns. */
		struct lookup direct;
		lookup_init(&direct, targets, query, uri);
		direct.uri.host = host;
		direct.uri.host_kind = BEL_URI_IPV4;
		direct.wanted = wanted;
		direct.message_bytes = message_bytes;
		is_told(&direct);
		return;
	}
	lookup = malloc(sizeof *lookup + host.len);
	if (!lookup) {
		query->on_targets(query, bel_err_from_errno(ENOMEM), NULL, 0);
		return;
	}
	lookup_init(lookup, targets, query, uri);
	memcpy(lookup->host, host.ptr, host.len);
	lookup->uri.host = (bel_str){ lookup->host, host.len };
	lookup->uri.host_kind = BEL_URI_NAME;
	lookup->wanted = wanted;
	lookup->message_bytes = message_bytes;
	run(lookup);
}

void bel_targets_cancel(struct bel_targets *targets, struct bel_targets_query *query)
{
	struct lookup *lookup = query->state;

	(void)targets;
	if (!lookup)
		return;
	query->state = NULL;
	bel_list_remove(&query->node);
	bel_list_remove(&lookup->waiter.node);
	free(lookup);
}

void bel_targets_close(struct bel_targets *targets)
{
	if (!targets)
		return;
	while (!bel_list_is_empty(&targets->lookups))
		bel_targets_cancel(targets,
				   BEL_CONTAINER_OF(targets->lookups.next,
						    struct bel_targets_query, node));
	bel_dns_cache_close(targets->cache);
	free(targets);
}
