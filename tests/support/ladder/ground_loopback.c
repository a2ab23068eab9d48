/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "support/clock.h"
#include "support/ladder/loopback_int.h"

enum {
	SIP_PORT = 5060,
	CLAIMS_MAX = 64,
	CLAIM_HOST = 254, /* no ladder has a host of that number */
	NAMES_HOST = 253,
	CLAIM_PORT = 9,     /* of the ten at ::1 */
	QUIET_ROUNDS = 4,   /* letters go from loop to loop without a packet */
	BREATHS = 2,        /* of a millisecond, for a stream's beginning and end */
	WAITS_MAX_MS = 5000 /* for what the kernel carries */
};

static struct loopback *loopback_of(struct ladder_ground *ground)
{
	return BEL_CONTAINER_OF(ground, struct loopback, base);
}

/* ---- addresses ---- */

/* A row maps the beginning of an address, with what comes before it looked at too. */
static bool is_row(bel_str text, size_t at, const char *prefix)
{
	return bel_str_has_prefix(bel_str_slice(text, at, text.len),
				  bel_str_from(prefix)) &&
	       (at == 0 ||
		(!bel_char_is_digit(text.ptr[at - 1]) && text.ptr[at - 1] != '.'));
}

static enum bel_err loopback_place(struct ladder_ground *ground,
				   struct bel_writer *writer, bel_str text)
{
	static const char servers[] = "203.0.113.", phones[] = "192.0.2.",
			  six[] = "[::1]:506";
	struct loopback *own = loopback_of(ground);

	for (size_t at = 0; at < text.len;) {
		if (is_row(text, at, servers)) {
			bel_write_format(writer, "127.%u.%u.", own->net[0], own->net[1]);
			at += sizeof servers - 1;
		} else if (is_row(text, at, phones)) {
			bel_write_format(writer, "127.%u.%u.", own->net[0],
					 own->net[1] + 1u);
			at += sizeof phones - 1;
		} else if (is_row(text, at, six)) {
			if (!own->port_v6)
				return BEL_ERR_UNSUPPORTED;
			bel_write_format(writer, "[::1]:%u", own->port_v6 / 10);
			at += sizeof six - 1;
		} else {
			bel_write_char(writer, text.ptr[at++]);
		}
	}
	return writer->is_full ? BEL_ERR_SPACE : BEL_OK;
}

static void on_nothing(void *user, struct bel_udp *udp, struct bel_datagram *datagrams,
		       unsigned count)
{
	(void)user;
	(void)udp;
	(void)datagrams;
	(void)count;
}

static enum bel_err claim(struct bel_udp **out, struct loopback *ground,
			  const bel_addr *addr)
{
	struct bel_udp_opts opts = { .local = *addr, .on_datagrams = on_nothing };

	return bel_udp_open(out, ground->own_loop, &opts);
}

/* A pair of networks and ten ports that no other run uses: whoever has the socket has
 * them. */
static enum bel_err claim_addresses(struct loopback *ground)
{
	unsigned first = (unsigned)getpid();
	enum bel_err err = BEL_ERR_UNSUPPORTED;
	bel_addr six;

	for (unsigned i = first; err && i < first + CLAIMS_MAX; i++) {
		bel_addr addr = bel_addr_v4(127, (uint8_t)(16 + i / 100 % 200),
					    (uint8_t)(2 * (i % 100)), CLAIM_HOST,
					    SIP_PORT);
		err = claim(&ground->claim_v4, ground, &addr);
		memcpy(ground->net, addr.ip + 13, sizeof ground->net);
	}
	(void)bel_addr_parse_host(&six, BEL_STR("::1"));
	for (unsigned i = first; !ground->claim_v6 && i < first + CLAIMS_MAX; i++) {
		unsigned port = 20000 + i % 1200 * 10;
		six.port = (uint16_t)(port + CLAIM_PORT);
		if (!claim(&ground->claim_v6, ground, &six))
			ground->port_v6 = port;
	}
	return err ? BEL_ERR_UNSUPPORTED : BEL_OK;
}

/* ---- hosts ---- */

static struct ladder_host *host_at(const struct loopback *ground, const bel_addr *ip)
{
	BEL_LIST_EACH(node, &ground->hosts)
	{
		struct ladder_host *host = BEL_CONTAINER_OF(node, struct ladder_host,
							    node);
		if (bel_addr_is_same_host(&host->ip, ip))
			return host;
	}
	return NULL;
}

static enum bel_err loopback_host(struct ladder_host **out, struct ladder_ground *ground,
				  const char *name, const bel_addr *ip)
{
	struct loopback *own = loopback_of(ground);
	struct ladder_host *host = host_at(own, ip);

	(void)name;
	if (!host) {
		host = calloc(1, sizeof *host);
		if (!host)
			return bel_err_from_errno(ENOMEM);
		host->ground = own;
		host->ip = *ip;
		host->ip.port = 0;
		bel_list_put(&own->hosts, &host->node);
	}
	*out = host;
	return BEL_OK;
}

static unsigned find_cut(const struct loopback *ground, const struct ladder_host *a,
			 const struct ladder_host *b)
{
	unsigned i = 0;

	while (i < ground->cuts_count &&
	       !((ground->cuts[i].a == a && ground->cuts[i].b == b) ||
		 (ground->cuts[i].a == b && ground->cuts[i].b == a)))
		i++;
	return i;
}

bool bel_loopback_is_cut(const struct loopback *ground, const struct ladder_host *from,
			 const bel_addr *to)
{
	const struct ladder_host *host = host_at(ground, to);

	return host && find_cut(ground, from, host) < ground->cuts_count;
}

static enum bel_err loopback_cut(struct ladder_ground *ground, struct ladder_host *a,
				 struct ladder_host *b, bool is_cut)
{
	struct loopback *own = loopback_of(ground);
	unsigned index = find_cut(own, a, b);
	bool is_there = index < own->cuts_count;

	if (a->has_streams || b->has_streams)
		return BEL_ERR_UNSUPPORTED;
	if (is_cut && !is_there) {
		if (own->cuts_count == CUTS_MAX)
			return BEL_ERR_LIMIT;
		own->cuts[own->cuts_count].a = a;
		own->cuts[own->cuts_count++].b = b;
	} else if (!is_cut && is_there) {
		own->cuts[index] = own->cuts[--own->cuts_count];
	}
	return BEL_OK;
}

static enum bel_err loopback_name(struct ladder_ground *ground, const char *name,
				  const struct bel_dns_record *record)
{
	return bel_names_put(loopback_of(ground)->names, name, record);
}

/* ---- time ---- */

static void turn_all(struct loopback *ground)
{
	bel_loop_turn(ground->own_loop, 0);
	BEL_LIST_EACH(node, &ground->loops)
	{
		bel_loop_turn(BEL_CONTAINER_OF(node, struct held_loop, node)->loop, 0);
	}
}

/* Turns until nothing is under way any more. Sleeps only while the kernel has something
 * that it did not bring yet. */
static void settle(struct loopback *ground)
{
	unsigned waits = 0, breaths = 0;

	for (unsigned quiet = 0; quiet < QUIET_ROUNDS;) {
		uint64_t before = ground->events;
		bool is_carried;
		turn_all(ground);
		is_carried = ground->datagrams_under_way || ground->bytes_under_way;
		if (ground->events != before) {
			quiet = 0;
			breaths = BREATHS;
		} else if (is_carried && waits < WAITS_MAX_MS) {
			bel_loop_turn(ground->own_loop, 1);
			waits++;
		} else if (breaths) {
			bel_loop_turn(ground->own_loop, 1);
			breaths--;
		} else {
			quiet++;
		}
	}
	ground->datagrams_under_way = ground->bytes_under_way = 0;
}

static void move_to(struct loopback *ground, uint64_t now_ms)
{
	bel_test_clock_move(now_ms - ground->now_ms);
	ground->now_ms = now_ms;
	settle(ground);
}

/* When the next timer of any loop is due. */
static uint64_t next_ms(const struct loopback *ground)
{
	uint64_t least = UINT64_MAX;

	BEL_LIST_EACH(node, &ground->loops)
	{
		const struct held_loop *held = BEL_CONTAINER_OF(node, struct held_loop,
								node);
		uint64_t next = bel_wheel_next_ms(&held->loop->wheel);
		if (next < least)
			least = next;
	}
	if (least == UINT64_MAX)
		return least;
	least = least > ground->start_ms ? least - ground->start_ms : 0;
	return least > ground->now_ms ? least : ground->now_ms + 1;
}

static void loopback_run(struct ladder_ground *ground, uint64_t until_ms)
{
	struct loopback *own = loopback_of(ground);

	settle(own);
	for (uint64_t next = next_ms(own); next < until_ms; next = next_ms(own))
		move_to(own, next);
	if (until_ms > own->now_ms)
		move_to(own, until_ms);
}

static uint64_t loopback_now_ms(const struct ladder_ground *ground)
{
	return BEL_CONTAINER_OF(ground, const struct loopback, base)->now_ms;
}

/* Names that differ within a ladder; nothing has to be hard to guess. */
static uint64_t loopback_draw(struct ladder_ground *ground, uint64_t limit)
{
	struct loopback *own = loopback_of(ground);

	own->draws = own->draws * 6364136223846793005u + 1442695040888963407u;
	return (own->draws >> 20) % limit;
}

/* ---- */

static void loopback_close(struct ladder_ground *ground)
{
	struct loopback *own = loopback_of(ground);

	bel_names_close(own->names);
	bel_udp_close(own->claim_v4);
	bel_udp_close(own->claim_v6);
	bel_loop_close(own->own_loop);
	BEL_LIST_EACH(node, &own->hosts)
	{
		free(BEL_CONTAINER_OF(node, struct ladder_host, node));
	}
	bel_test_clock_let_go();
	free(own);
}

static const struct ladder_ground_ops ops = {
	.close = loopback_close,
	.place = loopback_place,
	.host = loopback_host,
	.loop = bel_loopback_loop,
	.cut = loopback_cut,
	.name = loopback_name,
	.now_ms = loopback_now_ms,
	.run = loopback_run,
	.draw = loopback_draw,
};

enum bel_err bel_ground_loopback_open(struct ladder_ground **out)
{
	struct loopback *ground = calloc(1, sizeof *ground);
	bel_addr addr;
	enum bel_err err;

	if (!ground)
		return bel_err_from_errno(ENOMEM);
	ground->base.ops = &ops;
	ground->draws = 1;
	bel_list_init(&ground->hosts);
	bel_list_init(&ground->loops);
	bel_list_init(&ground->sockets);
	bel_test_clock_hold();
	ground->start_ms = bel_loop_clock_ms();
	err = bel_loop_open(&ground->own_loop);
	if (!err)
		err = claim_addresses(ground);
	addr = bel_addr_v4(127, ground->net[0], ground->net[1], NAMES_HOST, 0);
	if (!err)
		err = bel_names_open(&ground->names, ground->own_loop, &addr,
				     &ground->events);
	if (err) {
		loopback_close(&ground->base);
		return err;
	}
	*out = &ground->base;
	return BEL_OK;
}
