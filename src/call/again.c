/* SPDX-License-Identifier: Apache-2.0
 * Refusals that say how to ask better. */
#include "call/call_int.h"

enum { TRIES_MAX = 5 };

/* The best Contact of a redirection (RFC 3261 section 8.1.3.4). */
static bool choose_contact(bel_str *out, struct bel_sip_msg *response)
{
	struct bel_sip_values each;
	bel_str value, q_text;
	int best = -1;

	bel_sip_values_init(&each, response, BEL_SIP_H_CONTACT);
	while (bel_sip_values_next(&value, &each)) {
		struct bel_sip_addr contact;
		uint16_t q = 1000;
		if (bel_sip_contact_parse(&contact, value) || contact.is_star ||
		    (contact.uri.scheme != BEL_URI_SIP &&
		     contact.uri.scheme != BEL_URI_SIPS))
			continue;
		if (bel_sip_param_find(&q_text, contact.params, BEL_STR("q")) &&
		    bel_sip_q_parse(&q, q_text))
			continue;
		if (q > best) {
			best = q;
			*out = bel_uri_without_headers(&contact.uri);
		}
	}
	return best >= 0;
}

/* A refusal that says how to ask better: redirected, or a longer interval. */
bool bel_again_prepare(struct bel_call *call, struct bel_sip_msg *response)
{
	bel_str contact;

	if (call->state == BEL_CALL_CANCELLING || call->tries == TRIES_MAX)
		return false;
	if (response->status == 422) {
		if (!bel_session_on_too_small(&call->session, response))
			return false;
	} else if (response->status / 100 == 3) {
		if (call->is_faithful || !choose_contact(&contact, response))
			return false;
		contact = bel_arena_copy(&call->arena, contact);
		if (!contact.ptr)
			return false;
		/* RFC 3261 section 21.3.4: 305 names a proxy, not a target. */
		if (response->status == 305)
			call->next_hop = contact;
		else
			call->target = contact, call->next_hop = BEL_STR_NONE;
		call->has_flow = false;
	} else {
		return false;
	}
	call->tries++;
	bel_dialog_next_cseq(&call->trying);
	return true;
}
