/* SPDX-License-Identifier: Apache-2.0
 * A name server for the loopback ground (RFC 1035 section 4): what it was told, and "no
 * such name" for the rest. */
#include <errno.h>
#include <stdlib.h>

#include "support/ladder/loopback_int.h"

enum { RECORDS_MAX = 16, NAME_BYTES = 128, ANSWER_BYTES = 1024, POINTER = 0xc00c };

struct row {
	char name[NAME_BYTES], target[NAME_BYTES];
	struct bel_dns_record record;
};

struct ladder_names {
	struct bel_udp *udp;
	uint64_t *events;
	struct row rows[RECORDS_MAX];
	unsigned count;
};

/* The numbers of the types in a packet (RFC 1035 section 3.2.2, RFC 3596, RFC 2782). */
static const uint16_t types[] = {
	[BEL_DNS_A] = 1, [BEL_DNS_AAAA] = 28, [BEL_DNS_SRV] = 33, [BEL_DNS_NAPTR] = 35
};

static void write_labels(struct bel_writer *writer, bel_str name)
{
	for (bel_str left = name; left.len;) {
		size_t dot = bel_str_find(left, '.');
		bel_write_be8(writer, (uint8_t)dot);
		bel_write_str(writer, bel_str_slice(left, 0, dot));
		left = bel_str_slice(left, dot + 1, left.len);
	}
	bel_write_be8(writer, 0);
}

static void write_data(struct bel_writer *writer, const struct bel_dns_record *record)
{
	if (record->type == BEL_DNS_SRV) {
		bel_write_be16(writer, record->priority);
		bel_write_be16(writer, record->weight);
		bel_write_be16(writer, record->port);
		write_labels(writer, record->target);
	} else if (record->type == BEL_DNS_AAAA) {
		bel_write_str(writer, (bel_str){ (const char *)record->addr.ip, 16 });
	} else {
		bel_write_str(writer, (bel_str){ (const char *)record->addr.ip + 12, 4 });
	}
}

static void write_record(struct bel_writer *writer, const struct bel_dns_record *record)
{
	char buf[ANSWER_BYTES];
	struct bel_writer data = bel_writer_init(buf, sizeof buf);

	write_data(&data, record);
	bel_write_be16(writer, POINTER);
	bel_write_be16(writer, types[record->type]);
	bel_write_be16(writer, 1);
	bel_write_be32(writer, record->ttl_s);
	bel_write_be16(writer, (uint16_t)data.len);
	bel_write_str(writer, bel_writer_str(&data));
}

/* The name that is asked for, as text; false when it is no question. */
static bool read_name(struct bel_writer *name, struct bel_cursor *cursor)
{
	uint8_t len;
	bel_str label;

	if (!bel_cursor_skip(cursor, 12))
		return false;
	while (bel_cursor_be8(&len, cursor) && len) {
		if (!bel_cursor_bytes(&label, cursor, len))
			return false;
		if (name->len)
			bel_write_char(name, '.');
		bel_write_str(name, label);
	}
	return !name->is_full;
}

static void answer(struct ladder_names *names, struct bel_datagram *datagram)
{
	bel_str packet = { datagram->buf, datagram->len };
	struct bel_cursor cursor = bel_cursor_init(packet);
	char text[256], buf[ANSWER_BYTES], records[ANSWER_BYTES];
	struct bel_writer name = bel_writer_init(text, sizeof text);
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	struct bel_writer found = bel_writer_init(records, sizeof records);
	uint16_t type, count = 0;
	bool is_known = false;

	if (!read_name(&name, &cursor) || !bel_cursor_be16(&type, &cursor) ||
	    !bel_cursor_skip(&cursor, 2))
		return;
	for (unsigned i = 0; i < names->count; i++) {
		const struct row *row = &names->rows[i];
		if (!bel_str_is_equal_nocase(bel_str_from(row->name),
					     bel_writer_str(&name)))
			continue;
		is_known = true;
		if (types[row->record.type] != type)
			continue;
		write_record(&found, &row->record);
		count++;
	}
	bel_write_str(&writer, bel_str_slice(packet, 0, 2));
	bel_write_be16(&writer, is_known ? 0x8580 : 0x8583);
	bel_write_be16(&writer, 1);
	bel_write_be16(&writer, count);
	bel_write_be32(&writer, 0);
	bel_write_str(&writer,
		      bel_str_slice(packet, 12, (size_t)(cursor.ptr - packet.ptr)));
	bel_write_str(&writer, bel_writer_str(&found));
	bel_udp_send(names->udp, &datagram->peer, NULL, bel_writer_str(&writer));
}

static void on_questions(void *user, struct bel_udp *udp, struct bel_datagram *datagrams,
			 unsigned count)
{
	struct ladder_names *names = user;

	(void)udp;
	*names->events += count;
	for (unsigned i = 0; i < count; i++)
		answer(names, &datagrams[i]);
}

enum bel_err bel_names_open(struct ladder_names **out, struct bel_loop *loop,
			    const bel_addr *addr, uint64_t *events)
{
	struct ladder_names *names = calloc(1, sizeof *names);
	enum bel_err err;

	if (!names)
		return bel_err_from_errno(ENOMEM);
	names->events = events;
	err = bel_udp_open(&names->udp, loop,
			   &(struct bel_udp_opts){ .local = *addr,
						   .on_datagrams = on_questions,
						   .user = names });
	if (err) {
		free(names);
		return err;
	}
	*out = names;
	return BEL_OK;
}

void bel_names_close(struct ladder_names *names)
{
	if (!names)
		return;
	bel_udp_close(names->udp);
	free(names);
}

const bel_addr *bel_names_addr(const struct ladder_names *names)
{
	return bel_udp_local(names->udp);
}

enum bel_err bel_names_put(struct ladder_names *names, const char *name,
			   const struct bel_dns_record *record)
{
	bel_str text = bel_str_from(name);
	struct row *row = &names->rows[names->count];

	if (names->count == RECORDS_MAX || text.len >= NAME_BYTES ||
	    record->target.len >= NAME_BYTES)
		return BEL_ERR_LIMIT;
	row->record = *record;
	memcpy(row->name, text.ptr, text.len);
	if (record->target.len)
		memcpy(row->target, record->target.ptr, record->target.len);
	row->record.target = bel_str_from(row->target);
	names->count++;
	return BEL_OK;
}
