/* SPDX-License-Identifier: Apache-2.0
 * Who was called before us, and why not he speaks. */
#include "call/call_int.h"

enum { ENTRIES_MAX = 32, CAUSE_BYTES_MAX = 256 };

/* ---- Diversion ---- */

static bel_str without_quotes(bel_str text)
{
	bool has_quotes = text.len >= 2 && text.ptr[0] == '"';

	return has_quotes ? bel_str_slice(text, 1, text.len - 1) : text;
}

static bool read_diversion(struct bel_call_diversion *out, bel_str value)
{
	struct bel_sip_addr addr;
	bel_str reason;

	if (bel_sip_addr_parse(&addr, value))
		return false;
	*out = (struct bel_call_diversion){ addr.uri.text, addr.display,
					    BEL_STR("unknown") };
	if (bel_sip_param_find(&reason, addr.params, BEL_STR("reason")))
		out->reason = without_quotes(reason);
	return true;
}

/* ---- History-Info ---- */

/* RFC 4458 section 4, and the statuses that redirect without a service. */
static const struct {
	uint16_t cause;
	bel_str reason;
} reasons[] = {
	{ 302, { "unconditional", 13 } }, { 404, { "unavailable", 11 } },
	{ 408, { "no-answer", 9 } },      { 480, { "deflection", 10 } },
	{ 486, { "user-busy", 9 } },      { 487, { "deflection", 10 } },
	{ 503, { "unavailable", 11 } },   { 600, { "user-busy", 9 } },
};

static bel_str reason_of(uint64_t cause)
{
	for (size_t i = 0; i < BEL_COUNT_OF(reasons); i++)
		if (reasons[i].cause == cause)
			return reasons[i].reason;
	return BEL_STR("unknown");
}

struct entry {
	struct bel_sip_addr addr;
	bel_str index;  /* "1.2" */
	bel_str mapped; /* index of the one that was replaced by it; empty: none was */
};

static unsigned read_entries(struct entry *out, struct bel_sip_msg *invite)
{
	struct bel_sip_values each;
	unsigned count = 0;
	bel_str value;

	bel_sip_values_init(&each, invite, BEL_SIP_H_HISTORY_INFO);
	while (count < ENTRIES_MAX && bel_sip_values_next(&value, &each)) {
		struct entry *entry = &out[count];
		*entry = (struct entry){ 0 };
		if (bel_sip_addr_parse(&entry->addr, value))
			continue;
		bel_sip_param_find(&entry->index, entry->addr.params, BEL_STR("index"));
		bel_sip_param_find(&entry->mapped, entry->addr.params, BEL_STR("mp"));
		count++;
	}
	return count;
}

/* The reason for which the request left an entry, in the headers of its URI: "Reason=SIP%
 * 3Bcause%3D302" (RFC 7044 section 10.2). False: it did not, or nobody says. */
static bool find_reason(uint64_t *cause, bel_str headers)
{
	while (headers.len) {
		size_t end = bel_str_find(headers, '&');
		bel_str each = bel_str_slice(headers, 0, end);
		size_t equal = bel_str_find(each, '=');
		char buf[CAUSE_BYTES_MAX];
		struct bel_writer reason = bel_writer_init(buf, sizeof buf);
		bel_str text;

		headers = bel_str_slice(headers, end + 1, headers.len);
		if (!bel_str_is_equal_nocase(bel_str_slice(each, 0, equal),
					     BEL_STR("Reason")))
			continue;
		bel_uri_user_unescape(&reason, bel_str_slice(each, equal + 1, each.len));
		if (reason.is_full)
			continue;
		text = bel_writer_str(&reason);
		text = bel_str_slice(text, bel_str_find(text, ';') + 1, text.len);
		if (bel_sip_param_find(&text, text, BEL_STR("cause")) &&
		    !bel_str_to_u64(cause, text, 999))
			return true;
	}
	return false;
}

/* Who replaced an entry says why in its own URI (RFC 4458 section 2). */
static bool find_cause(uint64_t *cause, const struct entry *entries, unsigned count,
		       const struct entry *left)
{
	for (unsigned i = 0; i < count; i++) {
		bel_str text;
		if (!entries[i].mapped.len ||
		    !bel_str_is_equal(entries[i].mapped, left->index))
			continue;
		if (!bel_uri_param(&entries[i].addr.uri, BEL_STR("cause"), &text) ||
		    bel_str_to_u64(cause, text, 999))
			find_reason(cause, left->addr.uri.headers);
		return true;
	}
	return find_reason(cause, left->addr.uri.headers);
}

static unsigned read_history(struct bel_call_diversion *out, struct bel_sip_msg *invite)
{
	struct entry entries[ENTRIES_MAX];
	unsigned count = read_entries(entries, invite), found = 0;

	for (unsigned i = count; i-- > 0 && found < BEL_CALL_DIVERSIONS_MAX;) {
		const struct bel_sip_addr *addr = &entries[i].addr;
		uint64_t cause = 0;
		if (find_cause(&cause, entries, count, &entries[i]))
			out[found++] = (struct bel_call_diversion){
				bel_uri_without_headers(&addr->uri), addr->display,
				reason_of(cause)
			};
	}
	return found;
}

unsigned bel_call_diversions(struct bel_call_diversion *out, struct bel_sip_msg *invite)
{
	struct bel_sip_values each;
	unsigned count = 0;
	bel_str value;

	bel_sip_values_init(&each, invite, BEL_SIP_H_DIVERSION);
	while (count < BEL_CALL_DIVERSIONS_MAX && bel_sip_values_next(&value, &each))
		count += read_diversion(&out[count], value);
	return count ? count : read_history(out, invite);
}
