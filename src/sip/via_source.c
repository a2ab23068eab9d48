/* SPDX-License-Identifier: Apache-2.0 */
#include "sip/via_source.h"

static bool is_ours(bel_str name)
{
	return bel_str_is_equal_nocase(name, BEL_STR("received")) ||
	       bel_str_is_equal_nocase(name, BEL_STR("rport"));
}

/* Parameters of the via that we are to write; should a sender repeat one more often than
 * there is room for, ours still comes last and counts. */
static void find_drops(struct bel_sip_via_source *out, const struct bel_sip_via *via)
{
	struct bel_sip_param param;
	bel_str left = via->params;

	while (left.len && out->drops_count < VIA_DROPS_MAX) {
		const char *start = *left.ptr == ';' ? left.ptr : left.ptr - 1;
		if (bel_sip_param_next(&param, &left))
			return;
		if (is_ours(param.name))
			out->drops[out->drops_count++] = str_between(start, left.ptr);
	}
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
	struct bel_sip_values values;

	out->drops_count = 0;
	bel_sip_values_init(&values, msg, BEL_SIP_H_VIA);
	if (!via || !bel_sip_values_next(&out->value, &values))
		return BEL_ERR_NOT_FOUND;
	find_drops(out, via);
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
