/* SPDX-License-Identifier: Apache-2.0
 * An answer packet (RFC 1035 section 4) as records. Everything in it is a stranger's. */
#include "io/resolver.h"

enum {
	NAME_BYTES = 255,  /* RFC 1035 section 3.1 */
	POINTERS_MAX = 64, /* in one name; each leads backwards, too */
	ANSWERS_MAX = 128,
	ALIASES_MAX = 8,
	CLASS_IN = 1,
	TYPE_CNAME = 5,
	TYPE_SOA = 6,
	RCODE_NAME_ERROR = 3,
};

/* RFC 1035, 3596, 2782 and 3403. */
static const uint16_t type_codes[] = {
	[BEL_DNS_A] = 1,
	[BEL_DNS_AAAA] = 28,
	[BEL_DNS_SRV] = 33,
	[BEL_DNS_NAPTR] = 35,
};

/* A resource record whose data are not looked at yet. */
struct resource {
	bel_str name;
	uint16_t type;
	uint32_t ttl_s;
	bel_str data; /* within the packet: names in it may point back */
};

struct answer {
	struct resource resources[ANSWERS_MAX];
	unsigned count;
};

struct reader {
	bel_str packet;
	struct bel_cursor cursor;
	struct bel_arena *arena;
};

/* Letters, digits, '-' and '_' stand for themselves in text; a name with other bytes is
 * nobody we could call. */
static bool is_plain(char c)
{
	char low = bel_char_lower(c);

	return (low >= 'a' && low <= 'z') || bel_char_is_digit(c) || c == '-' || c == '_';
}

static void write_label(struct bel_writer *writer, bel_str label, bool *is_odd)
{
	if (writer->len)
		bel_write_char(writer, '.');
	for (size_t i = 0; i < label.len; i++) {
		*is_odd |= !is_plain(label.ptr[i]);
		bel_write_char(writer, bel_char_lower(label.ptr[i]));
	}
}

/* Sets the cursor to where a pointer leads (RFC 1035 section 4.1.4): always before the
 * name it ends, so that no name is longer than the packet. */
static enum bel_err follow(struct bel_cursor *cursor, bel_str packet, uint8_t high,
			   const char **limit)
{
	uint8_t low;
	size_t offset;

	if (!bel_cursor_be8(&low, cursor))
		return BEL_ERR_SYNTAX;
	offset = (size_t)(high & 0x3f) << 8 | low;
	if (offset >= (size_t)(*limit - packet.ptr))
		return BEL_ERR_SYNTAX;
	*limit = packet.ptr + offset;
	cursor->ptr = *limit;
	cursor->end = packet.ptr + packet.len;
	return BEL_OK;
}

/* A name, lower-case, without the final dot. BEL_ERR_UNSUPPORTED when it holds bytes that
 * text cannot hold; the cursor stands behind it then, too. */
static enum bel_err read_name(bel_str *out, const struct reader *reader,
			      struct bel_cursor *from)
{
	char buf[NAME_BYTES];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	struct bel_cursor cursor = *from;
	const char *limit = from->ptr;
	unsigned pointers = 0;
	bool is_odd = false;
	bel_str label;
	uint8_t len;

	for (;;) {
		if (!bel_cursor_be8(&len, &cursor))
			return BEL_ERR_SYNTAX;
		if (len >= 0xc0) {
			enum bel_err err = follow(&cursor, reader->packet, len, &limit);
			if (err)
				return err;
			/* Behind the first pointer the name is over. */
			if (pointers++ == 0)
				from->ptr += 2;
			if (pointers > POINTERS_MAX)
				return BEL_ERR_LIMIT;
			continue;
		}
		if (len > 63 || !bel_cursor_bytes(&label, &cursor, len))
			return BEL_ERR_SYNTAX;
		if (pointers == 0)
			from->ptr = cursor.ptr;
		if (len == 0)
			break;
		write_label(&writer, label, &is_odd);
	}
	if (bel_writer_check(&writer))
		return BEL_ERR_LIMIT;
	if (is_odd)
		return BEL_ERR_UNSUPPORTED;
	*out = bel_arena_copy(reader->arena, bel_writer_str(&writer));
	return out->ptr ? BEL_OK : BEL_ERR_SPACE;
}

/* BEL_ERR_UNSUPPORTED: it was well formed, but is of no use to us. */
static enum bel_err read_resource(struct resource *out, struct reader *reader)
{
	struct bel_cursor *cursor = &reader->cursor;
	enum bel_err err = read_name(&out->name, reader, cursor);
	uint16_t class, len;

	if (err && err != BEL_ERR_UNSUPPORTED)
		return err;
	if (!bel_cursor_be16(&out->type, cursor) || !bel_cursor_be16(&class, cursor) ||
	    !bel_cursor_be32(&out->ttl_s, cursor) || !bel_cursor_be16(&len, cursor) ||
	    !bel_cursor_bytes(&out->data, cursor, len))
		return BEL_ERR_SYNTAX;
	/* RFC 2181 section 8: with the highest bit set it counts as zero. */
	if (out->ttl_s > INT32_MAX)
		out->ttl_s = 0;
	return class == CLASS_IN ? err : BEL_ERR_UNSUPPORTED;
}

static enum bel_err read_answers(struct answer *out, struct reader *reader,
				 unsigned count)
{
	out->count = 0;
	for (unsigned i = 0; i < count; i++) {
		struct resource resource;
		enum bel_err err = read_resource(&resource, reader);
		if (err == BEL_ERR_UNSUPPORTED)
			continue;
		if (err)
			return err;
		if (out->count == ANSWERS_MAX)
			return BEL_ERR_LIMIT;
		out->resources[out->count++] = resource;
	}
	return BEL_OK;
}

/* A length byte and that many bytes (RFC 1035 section 3.3). */
static bool read_text(bel_str *out, struct bel_cursor *cursor)
{
	uint8_t len;

	return bel_cursor_be8(&len, cursor) && bel_cursor_bytes(out, cursor, len);
}

static enum bel_err read_address(struct bel_dns_record *record, bel_str data)
{
	const uint8_t *ip = (const uint8_t *)data.ptr;

	if (data.len != (record->type == BEL_DNS_A ? 4 : 16))
		return BEL_ERR_SYNTAX;
	if (record->type == BEL_DNS_A) {
		record->addr = bel_addr_v4(ip[0], ip[1], ip[2], ip[3], 0);
	} else {
		record->addr = (bel_addr){ .family = 6 };
		memcpy(record->addr.ip, ip, 16);
	}
	return BEL_OK;
}

/* RFC 2782. An empty target says that the service is not offered. */
static enum bel_err read_srv(struct bel_dns_record *record, const struct reader *reader,
			     struct bel_cursor *cursor)
{
	if (!bel_cursor_be16(&record->priority, cursor) ||
	    !bel_cursor_be16(&record->weight, cursor) ||
	    !bel_cursor_be16(&record->port, cursor))
		return BEL_ERR_SYNTAX;
	return read_name(&record->target, reader, cursor);
}

/* RFC 3403 section 4.1; rules with a regular expression are not for SIP (RFC 3263 section
 * 4.1). */
static enum bel_err read_naptr(struct bel_dns_record *record, const struct reader *reader,
			       struct bel_cursor *cursor)
{
	bel_str flags, service, rule;

	if (!bel_cursor_be16(&record->order, cursor) ||
	    !bel_cursor_be16(&record->priority, cursor) || !read_text(&flags, cursor) ||
	    !read_text(&service, cursor) || !read_text(&rule, cursor))
		return BEL_ERR_SYNTAX;
	if (rule.len)
		return BEL_ERR_UNSUPPORTED;
	record->flags = bel_arena_copy(reader->arena, flags);
	record->service = bel_arena_copy(reader->arena, service);
	if (!record->flags.ptr || !record->service.ptr)
		return BEL_ERR_SPACE;
	return read_name(&record->target, reader, cursor);
}

static enum bel_err read_record(struct bel_dns_record *out, const struct reader *reader,
				const struct resource *resource, enum bel_dns_type type)
{
	struct bel_cursor cursor = bel_cursor_init(resource->data);

	*out = (struct bel_dns_record){ .type = type, .ttl_s = resource->ttl_s };
	switch (type) {
	case BEL_DNS_SRV:
		return read_srv(out, reader, &cursor);
	case BEL_DNS_NAPTR:
		return read_naptr(out, reader, &cursor);
	default:
		return read_address(out, resource->data);
	}
}

/* The records of the name; ttl_s sinks to the least of them. */
static enum bel_err collect(struct bel_dns_record *records, unsigned *count,
			    unsigned count_max, uint32_t *ttl_s,
			    const struct reader *reader, const struct answer *answer,
			    bel_str name, enum bel_dns_type type)
{
	for (unsigned i = 0; i < answer->count && *count < count_max; i++) {
		const struct resource *resource = &answer->resources[i];
		enum bel_err err;
		if (resource->type != type_codes[type] ||
		    !bel_str_is_equal(resource->name, name))
			continue;
		err = read_record(&records[*count], reader, resource, type);
		if (err == BEL_ERR_UNSUPPORTED)
			continue;
		if (err)
			return err;
		if (resource->ttl_s < *ttl_s)
			*ttl_s = resource->ttl_s;
		++*count;
	}
	return BEL_OK;
}

static const struct resource *find_alias(const struct answer *answer, bel_str name)
{
	for (unsigned i = 0; i < answer->count; i++)
		if (answer->resources[i].type == TYPE_CNAME &&
		    bel_str_is_equal(answer->resources[i].name, name))
			return &answer->resources[i];
	return NULL;
}

/* How long the absence may be kept (RFC 2308 section 5): not at all without an SOA. */
static uint32_t absence_ttl_s(struct reader *reader, unsigned count)
{
	struct resource resource;
	enum { SOA_NUMBERS_BYTES = 20 };
	uint32_t minimum;

	for (unsigned i = 0; i < count; i++) {
		enum bel_err err = read_resource(&resource, reader);
		if (err == BEL_ERR_UNSUPPORTED)
			continue;
		if (err)
			return 0;
		if (resource.type != TYPE_SOA || resource.data.len < SOA_NUMBERS_BYTES)
			continue;
		/* The last of the five numbers behind the two names. */
		struct bel_cursor cursor = bel_cursor_init(bel_str_slice(
			resource.data, resource.data.len - 4, resource.data.len));
		if (bel_cursor_be32(&minimum, &cursor))
			return minimum < resource.ttl_s ? minimum : resource.ttl_s;
	}
	return 0;
}

struct header {
	uint16_t id, flags, questions, answers, authorities, additionals;
};

static enum bel_err read_header(struct header *out, bel_str *asked, struct reader *reader)
{
	struct bel_cursor *cursor = &reader->cursor;
	enum { RESPONSE = 0x8000, QUESTION_TAIL_BYTES = 4 };
	enum bel_err err;

	if (!bel_cursor_be16(&out->id, cursor) || !bel_cursor_be16(&out->flags, cursor) ||
	    !bel_cursor_be16(&out->questions, cursor) ||
	    !bel_cursor_be16(&out->answers, cursor) ||
	    !bel_cursor_be16(&out->authorities, cursor) ||
	    !bel_cursor_be16(&out->additionals, cursor) || out->questions != 1 ||
	    !(out->flags & RESPONSE))
		return BEL_ERR_SYNTAX;
	err = read_name(asked, reader, cursor);
	if (!err && !bel_cursor_skip(cursor, QUESTION_TAIL_BYTES))
		err = BEL_ERR_SYNTAX;
	return err;
}

/* Follows the aliases from the name asked for to where the records are. */
static enum bel_err find_records(struct bel_dns_record *records, unsigned *count,
				 unsigned count_max, uint32_t *ttl_s,
				 const struct reader *reader, const struct answer *answer,
				 bel_str name, enum bel_dns_type type)
{
	for (unsigned i = 0; i <= ALIASES_MAX; i++) {
		const struct resource *alias;
		struct bel_cursor data;
		enum bel_err err = collect(records, count, count_max, ttl_s, reader,
					   answer, name, type);
		if (err || *count)
			return err;
		alias = find_alias(answer, name);
		if (!alias)
			return BEL_OK;
		data = bel_cursor_init(alias->data);
		err = read_name(&name, reader, &data);
		if (err)
			return err == BEL_ERR_UNSUPPORTED ? BEL_OK : err;
		if (alias->ttl_s < *ttl_s)
			*ttl_s = alias->ttl_s;
	}
	return BEL_OK;
}

enum bel_err bel_dns_parse(struct bel_dns_record *records, unsigned *count,
			   uint32_t *ttl_s, struct bel_arena *arena, bel_str packet,
			   enum bel_dns_type type)
{
	struct reader reader = { packet, bel_cursor_init(packet), arena };
	struct header header;
	struct answer answer;
	uint32_t least_s = UINT32_MAX;
	unsigned found = 0;
	bel_str asked;
	enum bel_err err = read_header(&header, &asked, &reader);

	if (err)
		return err;
	if ((header.flags & 15) && (header.flags & 15) != RCODE_NAME_ERROR)
		return BEL_ERR_DNS;
	err = read_answers(&answer, &reader, header.answers);
	if (!err)
		err = find_records(records, &found, *count, &least_s, &reader, &answer,
				   asked, type);
	if (err)
		return err;
	if (!found) {
		uint32_t absence_s = absence_ttl_s(&reader, header.authorities);
		least_s = absence_s < least_s ? absence_s : least_s;
	}
	*count = found;
	*ttl_s = least_s;
	return (header.flags & 15) == RCODE_NAME_ERROR ? BEL_ERR_NOT_FOUND : BEL_OK;
}
