/* SPDX-License-Identifier: Apache-2.0 */
#include "client/client_int.h"

enum { BINDING_BUDGET_BYTES = 32 * 1024, ROUTES_BYTES_MAX = 4096, SECOND_MS = 1000 };

/* ---- a 2xx ---- */

/* The address that the response's Via says we have; family 0: it does not say. */
static bel_addr seen_of(struct bel_sip_msg *response)
{
	const struct bel_sip_via *via = bel_sip_via(response);
	bel_addr seen;

	if (!via || (!via->received.len && !via->rport) ||
	    bel_addr_parse_host(&seen, via->received.len ? via->received : via->host))
		return (bel_addr){ .family = 0 };
	seen.port = via->rport ? via->rport : via->port;
	return seen;
}

/* RFC 5626 section 4.2.1: by instance and reg-id, else by comparison of URIs. */
static bool is_ours(const struct bel_registration *registration,
		    const struct bel_sip_addr *contact, const struct bel_sip_addr *sent)
{
	const struct bel_registration_opts *opts = &registration->opts;
	bel_str instance, reg_id;
	uint32_t number;

	if (opts->reg_id &&
	    bel_sip_param_find(&instance, contact->params, BEL_STR("+sip.instance")) &&
	    bel_sip_param_find(&reg_id, contact->params, BEL_STR("reg-id")))
		return instance.len > 2 &&
		       bel_str_is_equal_nocase(
			       bel_str_slice(instance, 1, instance.len - 1),
			       opts->instance) &&
		       !bel_sip_number_parse(&number, reg_id, UINT32_MAX) &&
		       number == opts->reg_id;
	return bel_uri_is_equal(&contact->uri, &sent->uri);
}

/* Our Contact among those of the response. */
static bool find_ours(struct bel_sip_addr *out,
		      const struct bel_registration *registration,
		      struct bel_sip_msg *response, bel_str sent_contact)
{
	struct bel_sip_values values;
	struct bel_sip_addr sent, contact;
	bel_str value;

	if (bel_sip_contact_parse(&sent, sent_contact))
		return false;
	bel_sip_values_init(&values, response, BEL_SIP_H_CONTACT);
	while (bel_sip_values_next(&value, &values)) {
		if (bel_sip_contact_parse(&contact, value) || contact.is_star ||
		    !is_ours(registration, &contact, &sent))
			continue;
		*out = contact;
		return true;
	}
	return false;
}

static uint32_t granted_s(const struct bel_registration *registration,
			  struct bel_sip_msg *response, const struct bel_sip_addr *ours)
{
	uint32_t expires_s;
	bel_str text;

	if (ours && bel_sip_param_find(&text, ours->params, BEL_STR("expires")) &&
	    !bel_sip_seconds_parse(&expires_s, text))
		return expires_s;
	if (bel_sip_has(response, BEL_SIP_H_EXPIRES) &&
	    !bel_sip_seconds_parse(&expires_s,
				   bel_sip_value(response, BEL_SIP_H_EXPIRES)))
		return expires_s;
	return registration->expires_s;
}

static bool keep_text(struct binding *binding, bel_str *out, bel_str text)
{
	*out = bel_arena_copy(&binding->arena, text);
	return !text.len || out->ptr;
}

/* RFC 3608 section 5. */
static bool keep_service_route(struct binding *binding, struct bel_sip_msg *response)
{
	char buf[ROUTES_BYTES_MAX];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	struct bel_sip_values values;
	struct bel_sip_addr addr;
	bel_str value;

	bel_sip_values_init(&values, response, BEL_SIP_H_SERVICE_ROUTE);
	while (bel_sip_values_next(&value, &values)) {
		if (bel_sip_addr_parse(&addr, value))
			continue;
		if (writer.len)
			bel_write_lit(&writer, ", ");
		bel_sip_write_text(&writer, value);
	}
	return !writer.is_full &&
	       keep_text(binding, &binding->service_route, bel_writer_str(&writer));
}

/* RFC 5627 section 4.1. What is no URI is as good as none. */
static bool keep_gruu(struct binding *binding, bel_str *out,
		      const struct bel_sip_addr *ours, bel_str name)
{
	struct bel_uri uri;
	bel_str quoted, text;

	if (!ours || !bel_sip_param_find(&quoted, ours->params, name))
		return true;
	if (bel_sip_unquote(&text, &binding->arena, quoted))
		return false;
	return bel_uri_parse(&uri, text) || keep_text(binding, out, text);
}

static bool fill_binding(struct binding *binding, struct bel_registration *registration,
			 struct bel_sip_msg *response, bel_str sent_contact)
{
	const struct binding *old = &registration->binding;
	struct bel_sip_addr found;
	const struct bel_sip_addr *ours =
		find_ours(&found, registration, response, sent_contact) ? &found : NULL;
	bool is_new = !bel_str_is_equal(sent_contact, old->contact);
	bool was_removed = registration->sent_contact.len;

	/* A 2xx that does not list it has accepted it all the same. */
	binding->expires_s = granted_s(registration, response, ours);
	if (bel_sip_number(&binding->flow_timer_s, response, BEL_SIP_H_FLOW_TIMER,
			   UINT32_MAX))
		binding->flow_timer_s = 0;
	binding->seen = seen_of(response);
	return keep_text(binding, &binding->contact, sent_contact) &&
	       keep_text(binding, &binding->former,
			 was_removed ? BEL_STR_NONE
			 : is_new    ? old->contact
				     : old->former) &&
	       keep_service_route(binding, response) &&
	       keep_gruu(binding, &binding->public_gruu, ours, BEL_STR("pub-gruu")) &&
	       keep_gruu(binding, &binding->temporary_gruu, ours, BEL_STR("temp-gruu"));
}

static enum bel_registration_event fail(struct bel_registration *registration,
					enum bel_err err)
{
	registration->failure = (struct bel_registration_failure){ .err = err };
	return BEL_REGISTRATION_FAILED;
}

static bool is_elsewhere(struct bel_registration *registration,
			 const struct bel_flow *went_by)
{
	const bel_addr *seen = &registration->binding.seen;
	bel_addr sent = registration->sent_addr;

	if (!registration->opts.follows_nat || bel_flow_is_stream(went_by) ||
	    !seen->family || registration->moves == MOVES_MAX)
		return false;
	if (!sent.family)
		sent = bel_flow_own_addr(registration->transport, went_by);
	return !bel_addr_is_equal(seen, &sent);
}

static enum bel_registration_event on_success(struct bel_registration *registration,
					      struct bel_ua_request *request,
					      struct bel_sip_msg *response)
{
	const struct bel_flow *went_by = bel_ua_flow(request);
	bel_str sent = registration->sent_contact.len ? registration->sent_contact
						      : bel_ua_contact(request);
	struct binding binding = { .expires_s = 0 };

	if (registration->state == BEL_REGISTRATION_UNREGISTERING)
		return BEL_REGISTRATION_GRANTED;
	bel_arena_init(&binding.arena, NULL, 0, BINDING_BUDGET_BYTES);
	if (!fill_binding(&binding, registration, response, sent)) {
		bel_arena_fini(&binding.arena);
		return fail(registration, BEL_ERR_SPACE);
	}
	bel_arena_fini(&registration->binding.arena);
	registration->binding = binding;
	registration->sent_contact = BEL_STR_NONE;
	registration->bound_until_ms = bel_loop_now_ms(registration->loop) +
				       (uint64_t)binding.expires_s * SECOND_MS;
	if (!binding.expires_s)
		return fail(registration, BEL_ERR_DENIED);
	registration->flow = *went_by;
	if (!is_elsewhere(registration, went_by))
		return BEL_REGISTRATION_GRANTED;
	registration->moves++;
	return BEL_REGISTRATION_ELSEWHERE;
}

/* ---- a refusal ---- */

/* RFC 3261 section 10.2.8. */
static bool ask_longer(struct bel_registration *registration,
		       struct bel_sip_msg *response)
{
	uint32_t least_s;

	if (registration->longer == LONGER_MAX ||
	    bel_sip_number(&least_s, response, BEL_SIP_H_MIN_EXPIRES, UINT32_MAX) ||
	    least_s <= registration->expires_s)
		return false;
	registration->longer++;
	registration->expires_s = least_s;
	return true;
}

/* RFC 3261 section 8.1.3.4; never from sips to sip. */
static bool ask_elsewhere(struct bel_registration *registration,
			  struct bel_sip_msg *response)
{
	const struct bel_sip_addr *contact = bel_sip_contact(response);
	bool is_secure = bel_str_has_prefix_nocase(bel_register_target(registration),
						   BEL_STR("sips:"));
	struct bel_writer writer = bel_writer_init(registration->redirect_buf,
						   sizeof registration->redirect_buf);

	if (registration->redirects == REDIRECTS_MAX || !contact || contact->is_star ||
	    (contact->uri.scheme != BEL_URI_SIPS &&
	     (contact->uri.scheme != BEL_URI_SIP || is_secure)))
		return false;
	registration->redirects++;
	bel_write_str(&writer, contact->uri.text);
	registration->redirect = bel_writer_str(&writer);
	registration->wants_new_flow = true;
	return !writer.is_full;
}

static uint32_t retry_after_of(struct bel_sip_msg *response)
{
	struct bel_sip_item item;
	uint32_t seconds;

	if (!bel_sip_has(response, BEL_SIP_H_RETRY_AFTER) ||
	    bel_sip_item_parse(&item, bel_sip_value(response, BEL_SIP_H_RETRY_AFTER)) ||
	    bel_sip_seconds_parse(&seconds, item.word))
		return 0;
	return seconds;
}

enum bel_registration_event bel_register_on_answer(struct bel_registration *registration,
						   struct bel_ua_request *request,
						   struct bel_sip_msg *response)
{
	uint16_t status = response->status;

	registration->retry_after_s = 0;
	if (status < 300)
		return on_success(registration, request, response);
	if (status == 423 && ask_longer(registration, response))
		return BEL_REGISTRATION_AGAIN;
	if ((status == 301 || status == 302) && ask_elsewhere(registration, response))
		return BEL_REGISTRATION_AGAIN;
	registration->retry_after_s = retry_after_of(response);
	registration->failure = (struct bel_registration_failure){ .status = status };
	return BEL_REGISTRATION_FAILED;
}
