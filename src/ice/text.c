/* SPDX-License-Identifier: Apache-2.0 */
#include "ice/ice.h"

enum { NO_PORT = 9 };

/* ---- one candidate ---- */

static bool is_ice_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || bel_char_is_digit(c) ||
	       c == '+' || c == '/';
}

static bool is_ice_text(bel_str text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!is_ice_char(text.ptr[i]))
			return false;
	return true;
}

static enum bel_err take_number(uint64_t *out, bel_str *left, uint64_t min, uint64_t max)
{
	bel_str word;
	uint64_t number;

	if (!bel_sdp_word_next(&word, left) || bel_str_to_u64(&number, word, max) ||
	    number < min)
		return BEL_ERR_SYNTAX;
	*out = number;
	return BEL_OK;
}

static enum bel_err take_foundation(struct bel_ice_candidate *out, bel_str *left)
{
	bel_str word;

	if (!bel_sdp_word_next(&word, left) || word.len == 0 ||
	    word.len > BEL_ICE_FOUNDATION_MAX || !is_ice_text(word))
		return BEL_ERR_SYNTAX;
	memcpy(out->foundation, word.ptr, word.len);
	out->foundation[word.len] = '\0';
	return BEL_OK;
}

/* What somebody can be sent to at: a name is no address here, nor is a group. */
static enum bel_err read_host(bel_addr *out, bel_str text)
{
	if (text.len == 0)
		return BEL_ERR_SYNTAX;
	if (text.ptr[0] == '[' || bel_addr_parse_host(out, text))
		return BEL_ERR_UNSUPPORTED;
	return BEL_OK;
}

static enum bel_err take_addr(bel_addr *out, bel_str *left)
{
	bel_str host;
	bel_addr addr;
	uint64_t port;
	enum bel_err err;

	if (!bel_sdp_word_next(&host, left) || take_number(&port, left, 0, UINT16_MAX))
		return BEL_ERR_SYNTAX;
	err = read_host(&addr, host);
	if (err)
		return err;
	addr.port = (uint16_t)port;
	enum bel_addr_range range = bel_addr_range(&addr);
	if (port == 0 || range == BEL_ADDR_UNSPECIFIED || range == BEL_ADDR_MULTICAST)
		return BEL_ERR_UNSUPPORTED;
	*out = addr;
	return BEL_OK;
}

static enum bel_err take_type(struct bel_ice_candidate *out, bel_str *left)
{
	bel_str word;

	if (!bel_sdp_word_next(&word, left) ||
	    !bel_str_is_equal_nocase(word, BEL_STR("typ")) ||
	    !bel_sdp_word_next(&word, left))
		return BEL_ERR_SYNTAX;
	return bel_ice_type_find(&out->type, word) ? BEL_OK : BEL_ERR_UNSUPPORTED;
}

/* Pairs of names and values, in any order; one that is not known, or that says nothing,
 * is no reason to miss a candidate. */
static void take_rest(struct bel_ice_candidate *out, bel_str *ufrag, bel_str left)
{
	bel_str name, value;
	bel_addr related = { .family = 0 };
	uint64_t port;

	while (bel_sdp_word_next(&name, &left) && bel_sdp_word_next(&value, &left)) {
		if (bel_str_is_equal_nocase(name, BEL_STR("raddr")))
			read_host(&related, value);
		else if (bel_str_is_equal_nocase(name, BEL_STR("rport")) &&
			 !bel_str_to_u64(&port, value, UINT16_MAX))
			related.port = (uint16_t)port;
		else if (bel_str_is_equal_nocase(name, BEL_STR("ufrag")) && ufrag)
			*ufrag = value;
	}
	if (related.family && bel_addr_range(&related) != BEL_ADDR_UNSPECIFIED)
		out->related = related;
}

enum bel_err bel_ice_candidate_parse(struct bel_ice_candidate *out, bel_str *ufrag,
				     bel_str value)
{
	struct bel_ice_candidate candidate = { .priority = 0 };
	enum bel_err err, addr_err;
	bel_str transport;
	uint64_t component, priority;

	if (take_foundation(&candidate, &value) ||
	    take_number(&component, &value, 1, 256) ||
	    !bel_sdp_word_next(&transport, &value) ||
	    take_number(&priority, &value, 1, INT32_MAX))
		return BEL_ERR_SYNTAX;
	addr_err = take_addr(&candidate.addr, &value);
	if (addr_err == BEL_ERR_SYNTAX)
		return addr_err;
	err = take_type(&candidate, &value);
	if (err || addr_err)
		return err ? err : addr_err;
	if (!bel_str_is_equal_nocase(transport, BEL_STR("UDP")))
		return BEL_ERR_UNSUPPORTED;
	candidate.component = (uint16_t)component;
	candidate.priority = (uint32_t)priority;
	if (ufrag)
		*ufrag = BEL_STR_NONE;
	take_rest(&candidate, ufrag, value);
	*out = candidate;
	return BEL_OK;
}

bool bel_ice_candidate_next(struct bel_ice_candidate *out, const struct bel_sdp *sdp,
			    unsigned media, unsigned *at)
{
	bel_str value;

	while (bel_sdp_attribute_next(&value, sdp, media, BEL_STR("candidate"), at))
		if (bel_ice_candidate_parse(out, NULL, value) == BEL_OK)
			return true;
	return false;
}

/* RFC 8839 section 5.1: what is not revealed is named like this. */
static bel_addr hidden(uint8_t family)
{
	bel_addr addr = bel_addr_v4(0, 0, 0, 0, NO_PORT);

	if (family == 6)
		addr = (bel_addr){ .family = 6, .port = NO_PORT };
	return addr;
}

static void write_addr(struct bel_writer *writer, const bel_addr *addr,
		       const char *between)
{
	bel_addr_write_host(writer, addr);
	bel_write_text(writer, between);
	bel_write_u64(writer, addr->port);
}

void bel_ice_candidate_write(struct bel_writer *writer,
			     const struct bel_ice_candidate *candidate)
{
	bel_addr related = candidate->related.family ? candidate->related
						     : hidden(candidate->addr.family);

	bel_write_text(writer, candidate->foundation);
	bel_write_char(writer, ' ');
	bel_write_u64(writer, candidate->component);
	bel_write_lit(writer, " UDP ");
	bel_write_u64(writer, candidate->priority);
	bel_write_char(writer, ' ');
	write_addr(writer, &candidate->addr, " ");
	bel_write_lit(writer, " typ ");
	bel_write_str(writer, bel_ice_type_name(candidate->type));
	if (candidate->type == BEL_ICE_HOST)
		return;
	bel_write_lit(writer, " raddr ");
	write_addr(writer, &related, " rport ");
}

/* ---- the peer ---- */

enum bel_err bel_ice_login_verify(bel_str ufrag, bel_str pwd)
{
	if (ufrag.len > BEL_ICE_UFRAG_MAX || pwd.len > BEL_ICE_PWD_MAX)
		return BEL_ERR_LIMIT;
	if (ufrag.len < BEL_ICE_UFRAG_MIN || pwd.len < BEL_ICE_PWD_MIN ||
	    !is_ice_text(ufrag) || !is_ice_text(pwd))
		return BEL_ERR_SYNTAX;
	return BEL_OK;
}

static bool has_option(const struct bel_sdp *sdp, unsigned media, bel_str wanted)
{
	const unsigned parts[] = { media, BEL_SDP_SESSION };
	bel_str options, word;

	for (size_t i = 0; i < BEL_COUNT_OF(parts); i++) {
		options = BEL_STR_NONE;
		bel_sdp_attribute(&options, sdp, parts[i], BEL_STR("ice-options"), 0,
				  false);
		while (bel_sdp_word_next(&word, &options))
			if (bel_str_is_equal(word, wanted))
				return true;
	}
	return false;
}

enum bel_err bel_ice_remote_parse(struct bel_ice_remote *out, const struct bel_sdp *sdp,
				  unsigned media)
{
	struct bel_ice_remote remote = { .pace_ms = BEL_ICE_PACE_MS };
	struct bel_sdp_ice ice;
	bel_str pace;
	uint64_t pace_ms;
	enum bel_err err;

	if (!bel_sdp_ice(&ice, sdp, media))
		return BEL_ERR_NOT_FOUND;
	err = bel_ice_login_verify(ice.ufrag, ice.pwd);
	if (err)
		return err;
	remote.ufrag = ice.ufrag;
	remote.pwd = ice.pwd;
	remote.is_lite = ice.is_lite;
	remote.is_trickling = has_option(sdp, media, BEL_STR("trickle")) &&
			      !bel_sdp_attribute(NULL, sdp, media,
						 BEL_STR("end-of-candidates"), 0, true);
	remote.is_mismatched = bel_sdp_attribute(NULL, sdp, media,
						 BEL_STR("ice-mismatch"), 0, false);
	/* A peer that wants more than a second between two checks wants none. */
	if (bel_sdp_attribute(&pace, sdp, BEL_SDP_SESSION, BEL_STR("ice-pacing"), 0,
			      false) &&
	    !bel_str_to_u64(&pace_ms, pace, 1000))
		remote.pace_ms = (uint32_t)pace_ms;
	*out = remote;
	return BEL_OK;
}

bool bel_ice_has_default(const struct bel_sdp *sdp, unsigned media)
{
	bel_addr addr = bel_sdp_address(sdp, media);
	struct bel_ice_candidate candidate;
	unsigned at = 0;

	if (addr.family == 0 || addr.port == NO_PORT ||
	    bel_addr_range(&addr) == BEL_ADDR_UNSPECIFIED)
		return true;
	while (bel_ice_candidate_next(&candidate, sdp, media, &at))
		if (bel_addr_is_equal(&candidate.addr, &addr))
			return true;
	return false;
}

/* ---- what was selected ---- */

bool bel_ice_remote_candidate_next(unsigned *component, bel_addr *addr, bel_str *left)
{
	uint64_t number;

	if (take_number(&number, left, 1, 256) || take_addr(addr, left))
		return false;
	*component = (unsigned)number;
	return true;
}

void bel_ice_remote_candidate_write(struct bel_writer *writer, unsigned component,
				    const bel_addr *addr)
{
	if (writer->len)
		bel_write_char(writer, ' ');
	bel_write_u64(writer, component);
	bel_write_char(writer, ' ');
	write_addr(writer, addr, " ");
}
