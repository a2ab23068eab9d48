/* SPDX-License-Identifier: Apache-2.0 */
#include "sip/sip_int.h"

/* protocol-name SLASH protocol-version SLASH transport LWS (RFC 3261 section 20.42). Any
 * name and version: even who speaks SIP/7.0 is to be told that we do not. */
static inline bool take_protocol(struct bel_sip_via *via, struct bel_sip_reader *reader)
{
	bel_str rest = reader_rest(reader);

	if (rest.len > 8 && !memcmp(rest.ptr, "SIP/2.0/", 8))
		reader->ptr += 8;
	else if (!take_class(reader, CLASS_TOKEN).len || !take_separator(reader, '/') ||
		 !take_class(reader, CLASS_TOKEN).len || !take_separator(reader, '/'))
		return false;
	skip_lws(reader);
	via->transport_text = take_class(reader, CLASS_TOKEN);
	via->transport = (uint8_t)bel_sip_transport_find(via->transport_text);
	const char *end = reader->ptr;
	skip_lws(reader);
	return via->transport_text.len && reader->ptr > end;
}

/* Blanks may stand around the colon, but behind the port they are no part of it. */
static inline bool take_sent_by(struct bel_sip_via *via, struct bel_sip_reader *reader)
{
	uint8_t kind;

	if (!take_host(&via->host, &kind, reader))
		return false;
	const char *end = reader->ptr;
	skip_lws(reader);
	if (peek(reader) == ':') {
		reader->ptr++;
		skip_lws(reader);
		uint32_t port;
		if (take_u32(&port, reader, 65535) || !port)
			return false;
		via->port = (uint16_t)port;
		end = reader->ptr;
	}
	via->sent_by = str_between(via->host.ptr, end);
	return true;
}

static inline void set_branch(struct bel_sip_via *via, bel_str value)
{
	via->branch = value;
	via->has_cookie = value.len > 7 && !memcmp(value.ptr, "z9hG4bK", 7);
}

/* RFC 3581 section 3: without a value in a request. */
static inline bool set_rport(struct bel_sip_via *via, bel_str value)
{
	uint64_t port = 0;

	via->has_rport = true;
	if (value.len && bel_str_to_u64(&port, value, 65535))
		return false;
	via->rport = (uint16_t)port;
	return true;
}

static inline bool set_ttl(struct bel_sip_via *via, bel_str value)
{
	uint64_t ttl;

	if (bel_str_to_u64(&ttl, value, 255))
		return false;
	via->ttl = (uint8_t)ttl;
	return true;
}

/* RFC 3261 section 20.42 and RFC 3581; others are for whoever knows them. */
static inline bool set_param(struct bel_sip_via *via, const struct bel_sip_param *param)
{
	if (is_word(param->name, BEL_STR("branch")))
		set_branch(via, param->value);
	else if (is_word(param->name, BEL_STR("rport")))
		return set_rport(via, param->value);
	else if (is_word(param->name, BEL_STR("received")))
		via->received = param->value;
	else if (is_word(param->name, BEL_STR("maddr")))
		via->maddr = param->value;
	else if (is_word(param->name, BEL_STR("ttl")))
		return set_ttl(via, param->value);
	return true;
}

bool bel_sip_read_via(struct bel_sip_via *out, struct bel_sip_reader reader)
{
	struct bel_sip_param param;

	out->branch = out->received = out->maddr = BEL_STR_NONE;
	out->port = out->rport = 0;
	out->ttl = 0;
	out->has_rport = out->has_cookie = false;
	skip_lws(&reader);
	if (!take_protocol(out, &reader) || !take_sent_by(out, &reader))
		return false;
	skip_lws(&reader);
	out->params = params_text(&reader);
	while (take(&reader, ';')) {
		if (!take_param(&param, &reader) || !set_param(out, &param))
			return false;
	}
	return is_end(&reader);
}

enum bel_err bel_sip_via_parse(struct bel_sip_via *out, bel_str value)
{
	struct bel_sip_via via;

	if (!bel_sip_read_via(&via, reader_of(value)))
		return BEL_ERR_SYNTAX;
	*out = via;
	return BEL_OK;
}
