/* SPDX-License-Identifier: Apache-2.0 */
#include "sip/header_find.h"
#include "sip/sip_int.h"

struct header_row {
	bel_str name;
	uint8_t shape;
};

static const struct header_row headers[BEL_SIP_H_COUNT] = {
#define X(id, text, compact, cut)                                                        \
	[BEL_SIP_H_##id] = { { text, sizeof(text) - 1 }, BEL_SIP_##cut },
	BEL_SIP_HEADERS(X)
#undef X
};

static enum bel_sip_header compact_find(char letter)
{
	unsigned index = (uint8_t)bel_char_lower(letter) - (unsigned)'a';

	return index < BEL_COUNT_OF(compact_headers) ? compact_headers[index]
						     : BEL_SIP_H_OTHER;
}

enum bel_sip_header bel_sip_header_find(bel_str name)
{
	if (name.len < 2)
		return name.len ? compact_find(*name.ptr) : BEL_SIP_H_OTHER;
	enum bel_sip_header header = header_find_some(name);
	if (name.len > 16 && !bel_str_is_equal_nocase(headers[header].name, name))
		return BEL_SIP_H_OTHER;
	return header;
}

bel_str bel_sip_header_name(enum bel_sip_header header)
{
	if ((unsigned)header >= BEL_SIP_H_COUNT)
		return BEL_STR_NONE;
	return headers[header].name;
}

enum bel_sip_shape bel_sip_header_shape(enum bel_sip_header header)
{
	if ((unsigned)header >= BEL_SIP_H_COUNT)
		return BEL_SIP_MANY;
	return (enum bel_sip_shape)headers[header].shape;
}

static const bel_str methods[BEL_SIP_METHOD_COUNT] = {
#define X(name) [BEL_SIP_##name] = { #name, sizeof(#name) - 1 },
	BEL_SIP_METHODS(X)
#undef X
};

/* First letter and length tell them apart; added up so, no two meet (the unit test of
 * names finds each). */
#define METHOD_SLOT(first, len) (((uint8_t)(first) + 11 * (len)) % 32)
#define AT(first, name)         [METHOD_SLOT(first, sizeof(#name) - 1)] = BEL_SIP_##name

static const uint8_t method_slots[32] = {
	AT('I', INVITE),   AT('A', ACK),     AT('B', BYE),   AT('C', CANCEL),
	AT('R', REGISTER), AT('O', OPTIONS), AT('P', PRACK), AT('S', SUBSCRIBE),
	AT('N', NOTIFY),   AT('P', PUBLISH), AT('I', INFO),  AT('R', REFER),
	AT('M', MESSAGE),  AT('U', UPDATE),
};
#undef AT

enum bel_sip_method bel_sip_method_find(bel_str text)
{
	if (!text.len)
		return BEL_SIP_METHOD_OTHER;
	enum bel_sip_method method =
		(enum bel_sip_method)method_slots[METHOD_SLOT(*text.ptr, text.len)];
	return bel_str_is_equal(methods[method], text) ? method : BEL_SIP_METHOD_OTHER;
}

bel_str bel_sip_method_name(enum bel_sip_method method)
{
	return (unsigned)method < BEL_SIP_METHOD_COUNT ? methods[method] : BEL_STR_NONE;
}

static const bel_str transports[] = {
	[BEL_SIP_UDP] = { "UDP", 3 }, [BEL_SIP_TCP] = { "TCP", 3 },
	[BEL_SIP_TLS] = { "TLS", 3 }, [BEL_SIP_WS] = { "WS", 2 },
	[BEL_SIP_WSS] = { "WSS", 3 }, [BEL_SIP_SCTP] = { "SCTP", 4 },
};

/* Their letters in lower case, the first one lowest. */
static const uint32_t transport_words[] = {
	[BEL_SIP_UDP] = 0x706475, [BEL_SIP_TCP] = 0x706374, [BEL_SIP_TLS] = 0x736c74,
	[BEL_SIP_WS] = 0x7377,    [BEL_SIP_WSS] = 0x737377, [BEL_SIP_SCTP] = 0x70746373,
};

enum bel_sip_transport bel_sip_transport_find(bel_str text)
{
	uint32_t word = 0;

	if (text.len < 2 || text.len > 4)
		return BEL_SIP_TRANSPORT_OTHER;
	for (size_t i = text.len; i-- > 0;)
		word = word << 8 | (uint8_t)text.ptr[i] | 0x20;
	for (unsigned i = 1; i < BEL_COUNT_OF(transport_words); i++)
		if (transport_words[i] == word)
			return (enum bel_sip_transport)i;
	return BEL_SIP_TRANSPORT_OTHER;
}

bel_str bel_sip_transport_name(enum bel_sip_transport transport)
{
	return (unsigned)transport < BEL_COUNT_OF(transports) ? transports[transport]
							      : BEL_STR_NONE;
}
