/* SPDX-License-Identifier: Apache-2.0 */
#include "sip/via_source.h"

static bool is_ours(bel_str name)
{
	return is_word(name, BEL_STR("received")) || is_word(name, BEL_STR("rport"));
}

/* Parameters of the via that we are to write; should a sender repeat one more often than
 * there is room for, ours still comes last and counts. */
static void find_drops(struct bel_sip_via_source *out, const struct bel_sip_msg *msg)
{
	struct bel_sip_reader reader = reader_init(msg->via.params, &msg->marks);
	struct bel_sip_param param;

	if (is_end(&reader))
		return;
	do {
		const char *start = reader.ptr - 1;
		if (!take_param(&param, &reader))
			return;
		if (is_ours(param.name))
			out->drops[out->drops_count++] = str_between(start, reader.ptr);
	} while (out->drops_count < VIA_DROPS_MAX && take(&reader, ';'));
}

/* RFC 3261 section 18.2.1: a host that is a name, or not the source, asks for received.
 */
static bool is_sent_by(const struct bel_sip_via *via, const bel_addr *source)
{
	bel_addr host;
	bel_str text = via->host;

	if (bel_str_has_prefix(text, BEL_STR("[")))
		text = bel_str_slice(text, 1, text.len - 1);
	return !bel_addr_parse_host(&host, text) && bel_addr_is_same_host(&host, source);
}

enum bel_err bel_sip_via_source_init(struct bel_sip_via_source *out,
				     struct bel_sip_msg *msg, const bel_addr *source)
{
	const struct bel_sip_via *via = bel_sip_via(msg);
	struct bel_writer writer = bel_writer_init(out->suffix, sizeof out->suffix);

	out->drops_count = 0;
	if (!via)
		return BEL_ERR_NOT_FOUND;
	out->value = msg->via_value;
	find_drops(out, msg);
	if (via->has_rport || !is_sent_by(via, source)) {
		bel_write_lit(&writer, ";received=");
		bel_addr_write_host(&writer, source);
	}
	if (via->has_rport) {
		bel_write_lit(&writer, ";rport=");
		bel_write_u64(&writer, source->port);
	}
	out->suffix_len = writer.len;
	return bel_writer_check(&writer);
}
