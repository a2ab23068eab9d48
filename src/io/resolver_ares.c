/* SPDX-License-Identifier: Apache-2.0
 * Look-ups by c-ares on the epoll loop: it tells which sockets it wants watched, and
 * until when it waits. */
#include <ares.h>
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>

#include "io/epoll_int.h"

enum {
	TIMEOUT_DEFAULT_MS = 2000,
	TRIES_DEFAULT = 2,
	SERVER_PORT = 53,
	NAME_BYTES = 254,  /* with the NUL; RFC 1035 section 3.1 */
	EDNS_BYTES = 1232, /* no answer of this size is fragmented anywhere */
	HOSTS_TTL_S = 60,
	PACKET_MAX = 65535,
	ARENA_BUDGET = 256 << 10,
};

struct ares_resolver {
	struct bel_resolver base;
	ares_channel channel;
	struct bel_timer timeout, delivery;
	struct bel_list polls;           /* sockets of the channel */
	struct bel_list asked, answered; /* queries */
	bool *is_closed;                 /* told to the delivery that runs, if one does */
};

/* A socket of c-ares's. */
struct ares_poll {
	struct bel_poll poll;
	struct bel_list node;
	struct ares_resolver *resolver;
};

struct query {
	struct bel_list node;
	struct ares_resolver *resolver;
	enum bel_dns_type type;
	bel_dns_fn on_answer; /* NULL: forgotten */
	void *user;
	enum bel_err err;
	bool is_local; /* answered by the hosts file */
	unsigned addrs_count;
	bel_addr addrs[BEL_DNS_RECORDS_MAX];
	bel_str packet; /* owned */
};

static struct ares_resolver *resolver_of(struct bel_resolver *resolver)
{
	return BEL_CONTAINER_OF(resolver, struct ares_resolver, base);
}

/* ---- delivery ---- */

static void free_query(struct query *query)
{
	bel_list_remove(&query->node);
	free((char *)query->packet.ptr);
	free(query);
}

static void answer_local(const struct query *query)
{
	struct bel_dns_record records[BEL_DNS_RECORDS_MAX];

	for (unsigned i = 0; i < query->addrs_count; i++)
		records[i] = (struct bel_dns_record){ .type = query->type,
						      .ttl_s = HOSTS_TTL_S,
						      .addr = query->addrs[i] };
	query->on_answer(query->user, BEL_OK, records, query->addrs_count, HOSTS_TTL_S);
}

static void answer_packet(const struct query *query)
{
	struct bel_dns_record records[BEL_DNS_RECORDS_MAX];
	unsigned count = BEL_DNS_RECORDS_MAX;
	uint32_t ttl_s = 0;
	char first[4096];
	struct bel_arena arena;
	enum bel_err err;

	bel_arena_init(&arena, first, sizeof first, ARENA_BUDGET);
	err = bel_dns_parse(records, &count, &ttl_s, &arena, query->packet, query->type);
	/* A packet that makes no sense is a server that fails. */
	if (err && err != BEL_ERR_NOT_FOUND) {
		err = BEL_ERR_DNS;
		count = 0;
	}
	query->on_answer(query->user, err, records, count, ttl_s);
	bel_arena_fini(&arena);
}

static void answer(const struct query *query)
{
	if (!query->on_answer)
		return;
	if (query->err)
		query->on_answer(query->user, query->err, NULL, 0, 0);
	else if (query->is_local)
		answer_local(query);
	else
		answer_packet(query);
}

/* Never from inside c-ares: a callback may close the resolver. False when one did. */
static bool deliver(struct ares_resolver *resolver)
{
	bool is_closed = false, *outer = resolver->is_closed;

	while (!bel_list_is_empty(&resolver->answered)) {
		struct query *query = BEL_CONTAINER_OF(resolver->answered.next,
						       struct query, node);
		bel_list_remove(&query->node);
		resolver->is_closed = &is_closed;
		answer(query);
		free_query(query);
		if (is_closed)
			return false;
	}
	resolver->is_closed = outer;
	return true;
}

static void plan_timeout(struct ares_resolver *resolver)
{
	struct bel_loop *loop = resolver->base.loop;
	struct timeval wait;

	if (!ares_timeout(resolver->channel, NULL, &wait)) {
		bel_timer_stop(loop, &resolver->timeout);
		return;
	}
	bel_timer_start(loop, &resolver->timeout,
			loop->now_ms + (uint64_t)wait.tv_sec * 1000 +
				(uint64_t)wait.tv_usec / 1000 + 1);
}

static void process(struct ares_resolver *resolver, ares_socket_t readable,
		    ares_socket_t writable)
{
	ares_process_fd(resolver->channel, readable, writable);
	if (deliver(resolver))
		plan_timeout(resolver);
}

static void on_timeout(void *user)
{
	process(user, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

static void on_delivery(void *user)
{
	struct ares_resolver *resolver = user;

	if (deliver(resolver))
		plan_timeout(resolver);
}

/* ---- sockets ---- */

static void on_event(struct bel_poll *poll, uint32_t events)
{
	struct ares_poll *watched = BEL_CONTAINER_OF(poll, struct ares_poll, poll);
	bool is_readable = events & (EPOLLIN | EPOLLERR | EPOLLHUP);
	bool is_writable = events & EPOLLOUT;

	process(watched->resolver, is_readable ? poll->fd : ARES_SOCKET_BAD,
		is_writable ? poll->fd : ARES_SOCKET_BAD);
}

static struct ares_poll *find_poll(struct ares_resolver *resolver, int fd)
{
	BEL_LIST_EACH(at, &resolver->polls)
	{
		struct ares_poll *watched = BEL_CONTAINER_OF(at, struct ares_poll, node);
		if (watched->poll.fd == fd)
			return watched;
	}
	return NULL;
}

static void start_poll(struct ares_resolver *resolver, int fd, uint32_t events)
{
	struct ares_poll *watched = calloc(1, sizeof *watched);

	/* Unwatched, the query times out: there is nobody to tell. */
	if (!watched)
		return;
	watched->resolver = resolver;
	watched->poll = (struct bel_poll){
		.fd = fd, .events = events, .on_event = on_event, .object = watched
	};
	if (bel_poll_start(bel_epoll_of(resolver->base.loop), &watched->poll)) {
		free(watched);
		return;
	}
	bel_list_put(&resolver->polls, &watched->node);
}

static void on_socket_state(void *user, ares_socket_t fd, int is_readable,
			    int is_writable)
{
	struct ares_resolver *resolver = user;
	struct bel_epoll_loop *loop = bel_epoll_of(resolver->base.loop);
	struct ares_poll *watched = find_poll(resolver, fd);
	uint32_t events = (is_readable ? (uint32_t)EPOLLIN : 0) |
			  (is_writable ? (uint32_t)EPOLLOUT : 0);

	if (events && watched) {
		bel_poll_change(loop, &watched->poll, events);
	} else if (events) {
		start_poll(resolver, fd, events);
	} else if (watched) {
		/* c-ares closes the descriptor itself, after this. */
		bel_list_remove(&watched->node);
		bel_poll_end(loop, &watched->poll, false);
	}
}

/* ---- queries ---- */

static enum bel_err from_status(int status)
{
	switch (status) {
	case ARES_ETIMEOUT:
		return BEL_ERR_TIMEOUT;
	case ARES_EDESTRUCTION:
	case ARES_ECANCELLED:
		return BEL_ERR_CLOSED;
	case ARES_ENOMEM:
		return bel_err_from_errno(ENOMEM);
	default:
		return BEL_ERR_DNS;
	}
}

static void on_ares_answer(void *user, int status, int timeouts, unsigned char *buf,
			   int len)
{
	struct query *query = user;
	bool has_packet = (status == ARES_SUCCESS || status == ARES_ENODATA ||
			   status == ARES_ENOTFOUND) &&
			  buf && len > 0 && len <= PACKET_MAX;

	(void)timeouts;
	bel_list_remove(&query->node);
	bel_list_put(&query->resolver->answered, &query->node);
	if (!has_packet) {
		query->err = from_status(status);
		return;
	}
	char *packet = malloc((size_t)len);
	if (!packet) {
		query->err = bel_err_from_errno(ENOMEM);
		return;
	}
	memcpy(packet, buf, (size_t)len);
	query->packet = (bel_str){ packet, (size_t)len };
}

static bool is_host_name(bel_str name)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = bel_char_lower(name.ptr[i]);
		if (!(c >= 'a' && c <= 'z') && !bel_char_is_digit(c) && c != '-' &&
		    c != '_' && c != '.')
			return false;
	}
	return name.len > 0 && name.len < NAME_BYTES && name.ptr[0] != '.';
}

static bool is_localhost(bel_str name)
{
	bel_str last = BEL_STR("localhost");

	if (name.len > last.len && name.ptr[name.len - last.len - 1] == '.')
		name = bel_str_slice(name, name.len - last.len, name.len);
	return bel_str_is_equal_nocase(name, last);
}

static void put_addr(struct query *query, const uint8_t *ip)
{
	bel_addr *addr = &query->addrs[query->addrs_count++];

	if (query->type == BEL_DNS_A) {
		*addr = bel_addr_v4(ip[0], ip[1], ip[2], ip[3], 0);
		return;
	}
	*addr = (bel_addr){ .family = 6 };
	memcpy(addr->ip, ip, 16);
}

/* What the machine itself says about a name. The file is small and in the cache of the
 * kernel: reading it does not wait. */
static bool find_local(struct query *query, bel_str name, const char *text)
{
	static const uint8_t loopback_4[4] = { 127, 0, 0, 1 };
	static const uint8_t loopback_6[16] = { [15] = 1 };
	int family = query->type == BEL_DNS_A ? AF_INET : AF_INET6;
	struct hostent *host;

	if (query->type != BEL_DNS_A && query->type != BEL_DNS_AAAA)
		return false;
	if (is_localhost(name)) {
		put_addr(query, family == AF_INET ? loopback_4 : loopback_6);
		return true;
	}
	if (ares_gethostbyname_file(query->resolver->channel, text, family, &host))
		return false;
	for (char **at = host->h_addr_list;
	     *at && query->addrs_count < BEL_DNS_RECORDS_MAX; at++)
		put_addr(query, (const uint8_t *)*at);
	ares_free_hostent(host);
	return query->addrs_count > 0;
}

enum bel_err bel_ares_query(struct bel_resolver *base, bel_str name,
			    enum bel_dns_type type, bel_dns_fn on_answer, void *user)
{
	/* In the order of enum bel_dns_type. */
	static const int codes[] = { 1, 28, 33, 35 };
	enum { CLASS_IN = 1 };
	struct ares_resolver *resolver = resolver_of(base);
	struct query *query;
	char text[NAME_BYTES];

	if (bel_str_has_suffix(name, BEL_STR(".")))
		name.len--;
	if (!is_host_name(name))
		return BEL_ERR_SYNTAX;
	memcpy(text, name.ptr, name.len);
	text[name.len] = '\0';
	query = calloc(1, sizeof *query);
	if (!query)
		return bel_err_from_errno(ENOMEM);
	query->resolver = resolver;
	query->type = type;
	query->on_answer = on_answer;
	query->user = user;
	query->is_local = find_local(query, name, text);
	bel_list_put(query->is_local ? &resolver->answered : &resolver->asked,
		     &query->node);
	if (!query->is_local)
		ares_query(resolver->channel, text, CLASS_IN, codes[type], on_ares_answer,
			   query);
	/* c-ares may have failed at once: that is told by the loop, too. */
	if (!bel_list_is_empty(&resolver->answered))
		bel_timer_start(base->loop, &resolver->delivery, 0);
	plan_timeout(resolver);
	return BEL_OK;
}

static void forget(struct bel_list *queries, const void *user)
{
	BEL_LIST_EACH(at, queries)
	{
		struct query *query = BEL_CONTAINER_OF(at, struct query, node);
		if (query->user == user)
			query->on_answer = NULL;
	}
}

void bel_ares_forget(struct bel_resolver *base, void *user)
{
	forget(&resolver_of(base)->asked, user);
	forget(&resolver_of(base)->answered, user);
}

/* ---- from open to close ---- */

static enum bel_err set_server(ares_channel channel, const bel_addr *server)
{
	int port = server->port ? server->port : SERVER_PORT;
	struct ares_addr_port_node node = {
		.family = server->family == 4 ? AF_INET : AF_INET6,
		.udp_port = port,
		.tcp_port = port,
	};

	if (server->family == 0)
		return BEL_OK;
	if (server->family == 4)
		memcpy(&node.addr.addr4, server->ip + 12, 4);
	else
		memcpy(&node.addr.addr6, server->ip, 16);
	return ares_set_servers_ports(channel, &node) ? BEL_ERR_DNS : BEL_OK;
}

static enum bel_err open_channel(struct ares_resolver *resolver)
{
	const struct bel_resolver_opts *opts = &resolver->base.opts;
	char lookups[] = "b";
	struct ares_options options = {
		.flags = ARES_FLAG_EDNS | ARES_FLAG_NOSEARCH,
		.timeout = (int)(opts->timeout_ms ? opts->timeout_ms
						  : TIMEOUT_DEFAULT_MS),
		.tries = (int)(opts->tries ? opts->tries : TRIES_DEFAULT),
		.ednspsz = EDNS_BYTES,
		.lookups = lookups,
		.sock_state_cb = on_socket_state,
		.sock_state_cb_data = resolver,
	};
	int status = ares_init_options(&resolver->channel, &options,
				       ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS |
					       ARES_OPT_TRIES | ARES_OPT_EDNSPSZ |
					       ARES_OPT_LOOKUPS | ARES_OPT_SOCK_STATE_CB);
	enum bel_err err;

	if (status)
		return from_status(status);
	err = set_server(resolver->channel, &opts->server);
	if (err)
		ares_destroy(resolver->channel);
	return err;
}

enum bel_err bel_ares_open(struct bel_resolver **out, struct bel_loop *loop,
			   const struct bel_resolver_opts *opts)
{
	struct ares_resolver *resolver = calloc(1, sizeof *resolver);
	enum bel_err err;

	if (!resolver)
		return bel_err_from_errno(ENOMEM);
	resolver->base.loop = loop;
	if (opts)
		resolver->base.opts = *opts;
	bel_list_init(&resolver->polls);
	bel_list_init(&resolver->asked);
	bel_list_init(&resolver->answered);
	bel_timer_init(&resolver->timeout, on_timeout, resolver);
	bel_timer_init(&resolver->delivery, on_delivery, resolver);
	err = open_channel(resolver);
	if (err) {
		free(resolver);
		return err;
	}
	*out = &resolver->base;
	return BEL_OK;
}

void bel_ares_close(struct bel_resolver *base)
{
	struct ares_resolver *resolver = resolver_of(base);
	bool *is_closed = resolver->is_closed;

	bel_timer_stop(base->loop, &resolver->timeout);
	bel_timer_stop(base->loop, &resolver->delivery);
	ares_destroy(resolver->channel);
	while (!bel_list_is_empty(&resolver->answered)) {
		struct query *query = BEL_CONTAINER_OF(resolver->answered.next,
						       struct query, node);
		bel_list_remove(&query->node);
		query->err = BEL_ERR_CLOSED;
		answer(query);
		free_query(query);
	}
	if (is_closed)
		*is_closed = true;
	free(resolver);
}
