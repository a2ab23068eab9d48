/* SPDX-License-Identifier: Apache-2.0 */
#include "sip/header_slots.h"
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

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
	       "header_slots.h is made for it");

/* Lets 'A' to 'Z' meet 'a' to 'z' without letting any other byte of a name meet another.
 */
static uint64_t fold(uint64_t word)
{
	return word | (word & 0x4040404040404040u) >> 1;
}

static uint64_t load8(const char *ptr)
{
	uint64_t word;

	memcpy(&word, ptr, sizeof word);
	return fold(word);
}

static uint64_t load4(const char *ptr)
{
	uint32_t word;

	memcpy(&word, ptr, sizeof word);
	return fold(word);
}

static uint64_t load2(const char *ptr)
{
	uint16_t word;

	memcpy(&word, ptr, sizeof word);
	return fold(word);
}

/* The first and last bytes of a name of two or more. They overlap, so that they are all
 * of a name of up to 16. */
static inline struct header_key key_of(bel_str name)
{
	const char *end = name.ptr + name.len;

	if (name.len >= 8)
		return (struct header_key){ load8(name.ptr), load8(end - 8), name.len };
	if (name.len >= 4)
		return (struct header_key){ load4(name.ptr), load4(end - 4), name.len };
	return (struct header_key){ load2(name.ptr), load2(end - 2), name.len };
}

/* The same as in header_slots.py, which found a factor without collisions. */
static inline unsigned slot_of(const struct header_key *key)
{
	uint64_t mixed = key->first ^ (key->last << 13 | key->last >> 51) ^ key->len;

	return (unsigned)(mixed * HEADER_FACTOR >> HEADER_SHIFT);
}

enum bel_sip_header bel_sip_header_find(bel_str name)
{
	if (name.len < 2)
		return name.len ? compact_find(*name.ptr) : BEL_SIP_H_OTHER;
	struct header_key key = key_of(name);
	enum bel_sip_header header = header_slots[slot_of(&key)];
	const struct header_key *found = &header_keys[header];
	if (found->first != key.first || found->last != key.last || found->len != key.len)
		return BEL_SIP_H_OTHER;
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

enum bel_sip_method bel_sip_method_find(bel_str text)
{
	for (unsigned i = 1; i < BEL_SIP_METHOD_COUNT; i++)
		if (methods[i].len == text.len &&
		    !memcmp(methods[i].ptr, text.ptr, text.len))
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
