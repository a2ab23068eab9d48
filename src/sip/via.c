/* SPDX-License-Identifier: Apache-2.0 */
#include "sip/sip_int.h"

/* protocol-name SLASH protocol-version SLASH transport LWS (RFC 3261 section 20.42). Any
 * name and version: even who speaks SIP/7.0 is to be told that we do not. */
static bool take_protocol(struct bel_sip_via *via, struct bel_cursor *cursor)
{
	if (!bel_cursor_take_nocase(cursor, BEL_STR("SIP/2.0/")) &&
	    (!take_class(cursor, CLASS_TOKEN).len || !take_separator(cursor, '/') ||
	     !take_class(cursor, CLASS_TOKEN).len || !take_separator(cursor, '/')))
		return false;
	skip_lws(cursor);
	via->transport_text = take_class(cursor, CLASS_TOKEN);
	via->transport = (uint8_t)bel_sip_transport_find(via->transport_text);
	const char *end = cursor->ptr;
	skip_lws(cursor);
	return via->transport_text.len && cursor->ptr > end;
}

static bool take_sent_by(struct bel_sip_via *via, struct bel_cursor *cursor)
{
	uint8_t kind;

	if (!bel_sip_take_host(&via->host, &kind, cursor) ||
	    !bel_sip_take_port(&via->port, cursor, true))
		return false;
	const char *end = cursor->ptr;
	while (end > via->host.ptr && (uint8_t)end[-1] <= ' ')
		end--;
	via->sent_by = str_between(via->host.ptr, end);
	return true;
}

static bool set_branch(struct bel_sip_via *via, bel_str value)
{
	via->branch = value;
	via->has_cookie = value.len > 7 && bel_str_has_prefix(value, BEL_STR("z9hG4bK"));
	return true;
}

static bool set_received(struct bel_sip_via *via, bel_str value)
{
	via->received = value;
	return true;
}

static bool set_maddr(struct bel_sip_via *via, bel_str value)
{
	via->maddr = value;
	return true;
}

/* RFC 3581 section 3: without a value in a request. */
static bool set_rport(struct bel_sip_via *via, bel_str value)
{
	uint64_t port = 0;

	via->has_rport = true;
	if (value.len && bel_str_to_u64(&port, value, 65535))
		return false;
	via->rport = (uint16_t)port;
	return true;
}

static bool set_ttl(struct bel_sip_via *via, bel_str value)
{
	uint64_t ttl;

	if (bel_str_to_u64(&ttl, value, 255))
		return false;
	via->ttl = (uint8_t)ttl;
	return true;
}

static const struct via_param {
	bel_str name;
	bool (*set)(struct bel_sip_via *via, bel_str value);
} via_params[] = {
	{ { "branch", 6 }, set_branch },     { { "rport", 5 }, set_rport },
	{ { "received", 8 }, set_received }, { { "maddr", 5 }, set_maddr },
	{ { "ttl", 3 }, set_ttl },
};

static bool take_param(void *user, const struct bel_sip_param *param)
{
	struct bel_sip_via *via = user;

	for (unsigned i = 0; i < BEL_COUNT_OF(via_params); i++)
		if (param->name.len == via_params[i].name.len &&
		    bel_str_is_equal_nocase(param->name, via_params[i].name))
			return via_params[i].set(via, param->value);
	return true;
}

enum bel_err bel_sip_via_parse(struct bel_sip_via *out, bel_str value)
{
	struct bel_sip_via via = { 0 };
	struct bel_cursor cursor = bel_cursor_init(value);

	skip_lws(&cursor);
	if (!take_protocol(&via, &cursor) || !take_sent_by(&via, &cursor) ||
	    !bel_sip_take_params(&via.params, &cursor, take_param, &via))
		return BEL_ERR_SYNTAX;
	*out = via;
	return BEL_OK;
}
