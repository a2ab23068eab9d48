/* SPDX-License-Identifier: Apache-2.0 */
#include "sdp/sdp_int.h"

/* Takes the last word off a value. */
static bel_str take_last(bel_str *left)
{
	bel_str text = bel_str_trim(*left);
	size_t from = text.len;

	while (from && text.ptr[from - 1] != ' ')
		from--;
	*left = bel_str_slice(text, 0, from);
	return bel_str_slice(text, from, text.len);
}

enum bel_err bel_sdp_origin_parse(struct bel_sdp_origin *out, bel_str value)
{
	struct bel_sdp_origin origin;

	origin.address = take_last(&value);
	take_last(&value); /* IP4 */
	take_last(&value); /* IN */
	origin.version = take_last(&value);
	origin.session_id = take_last(&value);
	origin.user = bel_str_trim(value);
	if (!origin.session_id.len)
		return BEL_ERR_SYNTAX;
	*out = origin;
	return BEL_OK;
}

/* ---- addresses ---- */

bel_addr bel_connection_parse(bel_str value)
{
	bel_addr addr = { 0 };
	bel_str host;

	bel_sdp_word_next(&host, &value);
	bel_sdp_word_next(&host, &value);
	bel_sdp_word_next(&host, &value);
	host = bel_str_slice(host, 0, bel_str_find(host, '/'));
	if (bel_addr_parse_host(&addr, host))
		return (bel_addr){ 0 };
	return addr;
}

bel_addr bel_sdp_address(const struct bel_sdp *sdp, unsigned media)
{
	struct part part = part_of(sdp, media);
	bel_str value = sdp->connection;
	bel_addr addr;

	for (unsigned i = 0; i < part.count; i++) {
		if (part.lines[i].type == 'c') {
			value = content_of(sdp, &part.lines[i]);
			break;
		}
	}
	addr = bel_connection_parse(value);
	addr.port = sdp->media[media].port;
	return addr;
}

bel_addr bel_sdp_rtcp_address(const struct bel_sdp *sdp, unsigned media)
{
	bel_addr addr = bel_sdp_address(sdp, media), other;
	bel_str value, word;
	uint64_t port;

	if (addr.port && addr.port < UINT16_MAX)
		addr.port++;
	if (!bel_sdp_attribute(&value, sdp, media, BEL_STR("rtcp"), 0, false) ||
	    !bel_sdp_word_next(&word, &value) || bel_str_to_u64(&port, word, UINT16_MAX))
		return addr;
	other = value.len ? bel_connection_parse(value) : addr;
	if (!other.family)
		other = addr;
	other.port = (uint16_t)port;
	return other;
}

/* ---- direction ---- */

static const bel_str directions[] = {
	[BEL_SDP_INACTIVE] = { "inactive", 8 },
	[BEL_SDP_SENDONLY] = { "sendonly", 8 },
	[BEL_SDP_RECVONLY] = { "recvonly", 8 },
	[BEL_SDP_SENDRECV] = { "sendrecv", 8 },
};
enum { DIRECTION_LEN = 8 };

bel_str bel_sdp_direction_name(enum bel_sdp_direction direction)
{
	return directions[direction & BEL_SDP_SENDRECV];
}

static bool find_direction(enum bel_sdp_direction *out, const struct bel_sdp *sdp,
			   unsigned media)
{
	struct part part = part_of(sdp, media);

	for (unsigned i = 0; i < part.count; i++) {
		const struct bel_sdp_line *line = &part.lines[i];
		bel_str name = { sdp->text.ptr + line->at, line->name_len };
		if (name.len != DIRECTION_LEN)
			continue;
		for (unsigned k = 0; k < BEL_COUNT_OF(directions); k++) {
			if (!bel_str_is_equal(name, directions[k]))
				continue;
			*out = (enum bel_sdp_direction)k;
			return true;
		}
	}
	return false;
}

enum bel_sdp_direction bel_sdp_direction(const struct bel_sdp *sdp, unsigned media)
{
	enum bel_sdp_direction direction = BEL_SDP_SENDRECV;

	/* What stands in the media part goes before what the session says. */
	if (!find_direction(&direction, sdp, media))
		find_direction(&direction, sdp, BEL_SDP_SESSION);
	return direction;
}

enum bel_sdp_direction bel_sdp_reversed(enum bel_sdp_direction direction)
{
	return (enum bel_sdp_direction)(((direction & BEL_SDP_SENDONLY) << 1) |
					((direction & BEL_SDP_RECVONLY) >> 1));
}

bool bel_sdp_is_held(const struct bel_sdp *sdp, unsigned media)
{
	bel_addr addr = bel_sdp_address(sdp, media);

	/* With ICE it means that no address is known yet (RFC 8839 section 4.2.2). */
	return !(bel_sdp_direction(sdp, media) & BEL_SDP_RECVONLY) ||
	       (addr.family && bel_addr_range(&addr) == BEL_ADDR_UNSPECIFIED &&
		!bel_sdp_attribute(NULL, sdp, media, BEL_STR("ice-ufrag"), 0, true));
}

/* ---- numbers ---- */

uint32_t bel_sdp_number(const struct bel_sdp *sdp, unsigned media, bel_str name)
{
	uint64_t number;
	bel_str value;

	if (!bel_sdp_attribute(&value, sdp, media, name, 0, true) ||
	    bel_str_to_u64(&number, bel_str_slice(value, 0, bel_str_find(value, '.')),
			   UINT32_MAX))
		return 0;
	return (uint32_t)number;
}

static bool find_bandwidth(uint32_t *out, const struct bel_sdp *sdp, unsigned media,
			   bel_str type)
{
	struct part part = part_of(sdp, media);

	for (unsigned i = 0; i < part.count; i++) {
		bel_str value = content_of(sdp, &part.lines[i]);
		size_t colon;
		uint64_t number;
		if (part.lines[i].type != 'b')
			continue;
		colon = bel_str_find(value, ':');
		if (!bel_str_is_equal(bel_str_slice(value, 0, colon), type) ||
		    bel_str_to_u64(
			    &number,
			    bel_str_trim(bel_str_slice(value, colon + 1, value.len)),
			    UINT32_MAX))
			continue;
		*out = (uint32_t)number;
		return true;
	}
	return false;
}

bool bel_sdp_bandwidth(uint32_t *out, const struct bel_sdp *sdp, unsigned media,
		       bel_str type)
{
	return find_bandwidth(out, sdp, media, type) ||
	       find_bandwidth(out, sdp, BEL_SDP_SESSION, type);
}
