/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/doctor_int.h"

static void on_later(void *user)
{
	struct lookup *lookup = user;

	lookup->on_found(lookup, lookup->err ? NULL : &lookup->addr, lookup->err);
}

/* Not from inside whatever asked. */
static void finish(struct lookup *lookup, enum bel_err err)
{
	struct bel_loop *loop = lookup->doctor->opts.loop;

	lookup->err = err;
	bel_timer_start(loop, &lookup->later, bel_loop_now_ms(loop));
}

static void ask(struct lookup *lookup, enum bel_dns_type type);

static void on_answer(void *user, enum bel_err err, const struct bel_dns_record *records,
		      unsigned count, uint32_t ttl_s)
{
	struct lookup *lookup = user;

	(void)ttl_s;
	if (!err && count) {
		lookup->addr = records[0].addr;
		lookup->addr.port = lookup->port;
		finish(lookup, BEL_OK);
	} else if (!lookup->has_asked_v6) {
		lookup->has_asked_v6 = true;
		ask(lookup, BEL_DNS_AAAA);
	} else {
		finish(lookup, err ? err : BEL_ERR_NOT_FOUND);
	}
}

static void ask(struct lookup *lookup, enum bel_dns_type type)
{
	enum bel_err err = bel_resolver_query(lookup->doctor->opts.resolver, lookup->host,
					      type, on_answer, lookup);

	if (err)
		finish(lookup, err);
}

void bel_lookup_start(struct lookup *lookup, bel_str server, uint16_t default_port)
{
	size_t colon = bel_str_find(server, ':');
	uint64_t port = default_port;

	bel_timer_init(&lookup->later, on_later, lookup);
	if (!bel_addr_parse(&lookup->addr, server, default_port)) {
		finish(lookup, BEL_OK);
		return;
	}
	lookup->host = bel_str_slice(server, 0, colon);
	if (colon < server.len &&
	    (bel_str_to_u64(&port, bel_str_slice(server, colon + 1, server.len), 65535) ||
	     !port)) {
		finish(lookup, BEL_ERR_SYNTAX);
		return;
	}
	lookup->port = (uint16_t)port;
	ask(lookup, BEL_DNS_A);
}

void bel_lookup_stop(struct lookup *lookup)
{
	if (!lookup->doctor)
		return;
	bel_resolver_forget(lookup->doctor->opts.resolver, lookup);
	bel_timer_stop(lookup->doctor->opts.loop, &lookup->later);
}
