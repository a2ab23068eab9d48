/* SPDX-License-Identifier: Apache-2.0 */
#include "route/plan_int.h"

/* Option tags that this server serves: as registrar and user agent, and as a proxy. */
static const struct {
	bel_str tag;
	bool is_proxy;
} served[] = {
	{ { "path", 4 }, false },
	{ { "outbound", 8 }, false },
	{ { "gruu", 4 }, false },
};

static bool is_served(bel_str tag, bool is_proxy)
{
	for (size_t i = 0; i < BEL_COUNT_OF(served); i++)
		if (served[i].is_proxy == is_proxy &&
		    bel_str_is_equal_nocase(served[i].tag, tag))
			return true;
	return false;
}

/* The tags of a header that are not served, joined as they go into Unsupported (RFC 3261
 * section 8.2.2.3); the first alone when there is no memory for more. */
static bel_str unserved(const struct bel_sip_msg *msg, enum bel_sip_header header,
			bool is_proxy)
{
	struct bel_sip_values values;
	struct bel_writer writer;
	bel_str tag, first = BEL_STR_NONE;
	size_t size = 0;
	char *buf;

	bel_sip_values_init(&values, msg, header);
	while (bel_sip_values_next(&tag, &values)) {
		if (!tag.len || is_served(tag, is_proxy))
			continue;
		first = first.len ? first : tag;
		size += tag.len + 2;
	}
	buf = size > first.len + 2 ? bel_arena_bytes(msg->arena, size) : NULL;
	if (!buf)
		return first;
	writer = bel_writer_init(buf, size);
	bel_sip_values_init(&values, msg, header);
	while (bel_sip_values_next(&tag, &values)) {
		if (!tag.len || is_served(tag, is_proxy))
			continue;
		bel_write_text(&writer, writer.len ? ", " : "");
		bel_write_str(&writer, tag);
	}
	return bel_writer_str(&writer);
}

static void take_require(struct bel_facts *facts, const struct bel_sip_msg *msg)
{
	facts->unsupported = unserved(msg, BEL_SIP_H_PROXY_REQUIRE, true);
	facts->is_proxy_unsupported = facts->unsupported.len > 0;
	if (!facts->unsupported.len)
		facts->unsupported = unserved(msg, BEL_SIP_H_REQUIRE, false);
}

static enum bel_route_mark_state look_at(struct bel_facts *facts,
					 const struct bel_facts_opts *opts, bel_str value)
{
	struct bel_sip_addr route;
	bel_str token;

	if (bel_sip_addr_parse_in(&route, opts->request, value))
		return BEL_ROUTE_FOREIGN;
	if (!bel_route_is_own(opts->conf, opts->own, opts->own_count, &route.uri))
		return BEL_ROUTE_FOREIGN;
	bool is_marked = bel_uri_param(&route.uri, BEL_STR("b"), &token);
	if (is_marked && bel_mark_parse(&facts->mark, token, opts->key,
					bel_sip_call_id(opts->request)) == BEL_OK)
		return BEL_ROUTE_MARKED;
	/* A port that is not ours at an address of ours is another program. */
	if (!bel_conf_find_domain(opts->conf, route.uri.host) &&
	    !bel_route_is_own_port(opts->own, opts->own_count, route.uri.port))
		return BEL_ROUTE_FOREIGN;
	return is_marked ? BEL_ROUTE_FORGED : BEL_ROUTE_PLAIN;
}

/* Our values come in a row, one a side: the last one says where it goes on. */
static void take_routes(struct bel_facts *facts, const struct bel_facts_opts *opts)
{
	struct bel_sip_values values;
	bel_str value;

	facts->route = BEL_ROUTE_ABSENT;
	bel_sip_values_init(&values, opts->request, BEL_SIP_H_ROUTE);
	while (bel_sip_values_next(&value, &values)) {
		enum bel_route_mark_state state = look_at(facts, opts, value);
		if (state == BEL_ROUTE_FOREIGN && facts->route != BEL_ROUTE_ABSENT) {
			facts->has_further_route = true;
			return;
		}
		facts->route = state;
		if (state == BEL_ROUTE_FOREIGN || state == BEL_ROUTE_FORGED)
			return;
		facts->own_routes++;
	}
}

void bel_facts_init(struct bel_facts *facts, const struct bel_facts_opts *opts)
{
	struct bel_sip_msg *msg = opts->request;
	uint32_t number;

	*facts = (struct bel_facts){
		.method = msg->method,
		.method_text = msg->method_text,
		.target = *bel_sip_uri(msg),
		.from = bel_sip_from(msg)->uri,
		.to = bel_sip_to(msg)->uri,
		.has_to_tag = bel_sip_to(msg)->tag.len > 0,
		.max_forwards = -1,
		.source = *opts->source,
		.transport = opts->transport,
		.own = opts->own,
		.own_count = opts->own_count,
		.body_type = bel_sip_value(msg, BEL_SIP_H_CONTENT_TYPE),
	};
	if (bel_sip_number(&number, msg, BEL_SIP_H_MAX_FORWARDS, 255) == BEL_OK)
		facts->max_forwards = (int)number;
	take_require(facts, msg);
	take_routes(facts, opts);
	facts->is_near = facts->route == BEL_ROUTE_MARKED && facts->mark.near &&
			 facts->mark.near == bel_mark_near(opts->source, opts->key);
}

void bel_facts_take_bindings(struct bel_facts *facts, const struct bel_binding *bindings,
			     unsigned count)
{
	facts->bindings_known = count ? BEL_FOUND : BEL_ABSENT;
	facts->bindings = bindings;
	facts->bindings_count = count;
}
