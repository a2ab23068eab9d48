/* SPDX-License-Identifier: Apache-2.0 */
#include "sip/header_slots.h"
#include "sip/sip_int.h"

enum { NAME_WORDS = 4, NAME_BYTES_MAX = NAME_WORDS * 8 };

struct header_row {
	char name[NAME_BYTES_MAX]; /* padded with NUL, compared by words */
	uint8_t len;
	uint8_t shape;
};

static const struct header_row headers[BEL_SIP_H_COUNT] = {
#define X(id, text, compact, cut)                                                        \
	[BEL_SIP_H_##                                                                    \
		id] = { .name = text, .len = sizeof(text) - 1, .shape = BEL_SIP_##cut },
	BEL_SIP_HEADERS(X)
#undef X
};

static enum bel_sip_header compact_find(char letter)
{
	unsigned index = (uint8_t)bel_char_lower(letter) - (unsigned)'a';

	return index < BEL_COUNT_OF(compact_headers) ? compact_headers[index]
						     : BEL_SIP_H_OTHER;
}

/* Lets 'A' to 'Z' meet 'a' to 'z' without letting any other byte of a name meet another.
 */
static uint64_t fold(uint64_t word)
{
	return word | ((word & 0x4040404040404040u) >> 1);
}

static uint64_t rotate(uint64_t word, unsigned bits)
{
	return word << bits | word >> (64 - bits);
}

/* The same as in header_slots.py, which found a factor without collisions. */
static unsigned slot_of(const uint64_t words[NAME_WORDS])
{
	uint64_t mixed = fold(words[0]) ^ rotate(fold(words[1]), 13) ^
			 rotate(fold(words[2]), 26) ^ rotate(fold(words[3]), 39);
	return (unsigned)(mixed * HEADER_FACTOR >> HEADER_SHIFT);
}

enum bel_sip_header bel_sip_header_find(bel_str name)
{
	uint64_t words[NAME_WORDS] = { 0 };
	uint64_t known[NAME_WORDS];

	if (name.len < 2)
		return name.len ? compact_find(*name.ptr) : BEL_SIP_H_OTHER;
	if (name.len > NAME_BYTES_MAX)
		return BEL_SIP_H_OTHER;
	memcpy(words, name.ptr, name.len);
	enum bel_sip_header header = header_slots[slot_of(words)];
	if (headers[header].len != name.len)
		return BEL_SIP_H_OTHER;
	memcpy(known, headers[header].name, sizeof known);
	for (unsigned i = 0; i * 8 < name.len; i++)
		if (words[i] != known[i] && fold(words[i]) != fold(known[i]))
			return BEL_SIP_H_OTHER;
	return header;
}

bel_str bel_sip_header_name(enum bel_sip_header header)
{
	if ((unsigned)header >= BEL_SIP_H_COUNT)
		return BEL_STR_NONE;
	return (bel_str){ headers[header].name, headers[header].len };
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

enum bel_sip_method bel_sip_method_find(bel_str text)
{
	for (unsigned i = 1; i < BEL_SIP_METHOD_COUNT; i++)
		if (methods[i].len == text.len && bel_str_is_equal(methods[i], text))
			return (enum bel_sip_method)i;
	return BEL_SIP_METHOD_OTHER;
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

enum bel_sip_transport bel_sip_transport_find(bel_str text)
{
	for (unsigned i = 1; i < BEL_COUNT_OF(transports); i++)
		if (bel_str_is_equal_nocase(transports[i], text))
			return (enum bel_sip_transport)i;
	return BEL_SIP_TRANSPORT_OTHER;
}

bel_str bel_sip_transport_name(enum bel_sip_transport transport)
{
	return (unsigned)transport < BEL_COUNT_OF(transports) ? transports[transport]
							      : BEL_STR_NONE;
}
