/* SPDX-License-Identifier: Apache-2.0
 * What the Contact values of a REGISTER ask for, and how each contact is reached. */
#include "registrar/registrar_int.h"

enum {
	EXPIRES_MALFORMED_S = 3600, /* RFC 3261 section 10.2.1.1 */
	BRIEF_S = 3600,             /* what is asked for above it is never too brief */
	CONTACT_BYTES_MAX = 2048, /* of URI and parameters: kept as long as it is bound */
};

/* ---- parameters ---- */

/* The inside of "<urn:...>"; empty when it is no such thing (RFC 5626 section 4.1). */
static bel_str instance_of(bel_str quoted)
{
	size_t len = quoted.len;

	if (len < 2 || quoted.ptr[0] != '<' || quoted.ptr[len - 1] != '>')
		return BEL_STR_NONE;
	for (size_t i = 1; i < len - 1; i++)
		if (quoted.ptr[i] <= ' ' || quoted.ptr[i] == '\\' || quoted.ptr[i] == '>')
			return BEL_STR_NONE;
	return bel_str_slice(quoted, 1, len - 1);
}

static void take_param(struct bel_contact_change *change, bel_str *reg_id,
		       const struct bel_sip_param *param, struct bel_writer *others)
{
	uint32_t seconds;

	if (bel_str_is_equal_nocase(param->name, BEL_STR("expires"))) {
		change->expires_s = bel_sip_seconds_parse(&seconds, param->value)
					    ? EXPIRES_MALFORMED_S
					    : seconds;
	} else if (bel_str_is_equal_nocase(param->name, BEL_STR("q"))) {
		if (bel_sip_q_parse(&change->q, param->value))
			change->q = 1000;
	} else if (bel_str_is_equal_nocase(param->name, BEL_STR("+sip.instance"))) {
		change->instance = instance_of(param->value);
	} else if (bel_str_is_equal_nocase(param->name, BEL_STR("reg-id"))) {
		*reg_id = param->value;
	} else if (!bel_str_is_equal_nocase(param->name, BEL_STR("pub-gruu")) &&
		   !bel_str_is_equal_nocase(param->name, BEL_STR("temp-gruu"))) {
		bel_write_char(others, ';');
		bel_write_str(others, param->name);
		if (param->has_value)
			bel_write_lit(others, "=");
		if (param->is_quoted)
			bel_write_char(others, '"');
		bel_registrar_write_unfolded(others, param->value);
		if (param->is_quoted)
			bel_write_char(others, '"');
	}
}

static bool take_params(struct bel_registration *registration, bel_str params,
			struct bel_contact_change *change)
{
	size_t size = params.len * 2 + 2;
	char *buf = bel_arena_bytes(registration->request->arena, size);
	struct bel_writer others = bel_writer_init(buf, buf ? size : 0);
	struct bel_sip_param param;
	bel_str reg_id = BEL_STR_NONE;
	uint32_t number;

	while (bel_sip_param_next(&param, &params) == BEL_OK)
		take_param(change, &reg_id, &param, &others);
	/* RFC 5626 section 6: a reg-id without an instance is ignored. */
	if (registration->has_outbound && change->instance.len &&
	    bel_sip_number_parse(&number, reg_id, INT32_MAX) == BEL_OK)
		change->reg_id = number;
	registration->has_reg_id |= change->instance.len && reg_id.ptr;
	change->params = bel_writer_str(&others);
	return !others.is_full;
}

/* ---- how it is reached ---- */

static bool is_invalid_name(const struct bel_uri *uri)
{
	size_t from = uri->host.len < 8 ? 0 : uri->host.len - 8;

	return bel_str_is_equal_nocase(bel_str_slice(uri->host, from, uri->host.len),
				       BEL_STR(".invalid"));
}

static bool is_sip(const struct bel_uri *uri)
{
	return uri->scheme == BEL_URI_SIP || uri->scheme == BEL_URI_SIPS;
}

/* A phone behind a NAT writes its inner address. A name is no such sign: it may be
 * resolved, and then the contact is there and not at the source of the REGISTER. */
static bool is_elsewhere(const struct bel_uri *uri, const bel_addr *source)
{
	bel_addr host, canonical;

	if (bel_addr_parse_host(&host, uri->host))
		return false;
	host = bel_addr_canonical(&host);
	canonical = bel_addr_canonical(source);
	return !bel_addr_is_same_host(&host, &canonical);
}

/* The flow is the way to the phone when it came over a stream (phones register listening
 * ports that nobody reaches, and TLS ports without a certificate), when it asks for it,
 * or when its contact cannot be what others see. */
static void choose_way(const struct bel_registration *registration,
		       struct bel_contact_change *change)
{
	const struct bel_flow *came_by = registration->request->came_by;
	bool is_elsewhere_too = is_elsewhere(change->uri, &came_by->peer);

	if (!registration->is_direct || registration->path.len || !is_sip(change->uri))
		return;
	change->uses_flow = bel_flow_is_stream(came_by) || change->reg_id ||
			    bel_uri_param(change->uri, BEL_STR("ob"), NULL) ||
			    is_invalid_name(change->uri) || is_elsewhere_too;
	change->needs_ping = change->uses_flow && !bel_flow_is_stream(came_by) &&
			     (is_elsewhere_too || is_invalid_name(change->uri));
}

bool bel_registrar_is_own(const struct bel_registrar *registrar,
			  const struct bel_uri *uri)
{
	bel_addr host;

	if (bel_addr_parse_host(&host, uri->host)) {
		for (unsigned i = 0; i < registrar->conf->domains_count; i++)
			if (bel_str_is_equal_nocase(uri->host,
						    registrar->conf->domains[i].name))
				return true;
		return false;
	}
	host = bel_addr_canonical(&host);
	host.port = bel_uri_port(uri);
	for (unsigned i = 0; i < registrar->own_count; i++) {
		bel_addr own = bel_addr_canonical(&registrar->own[i]);
		if (bel_addr_is_equal(&host, &own))
			return true;
	}
	return false;
}

/* Places that only this machine can see: somebody outside who names them wants us to
 * call our neighbours. */
static bool is_inside(const struct bel_uri *uri, const bel_addr *source)
{
	bel_addr host;

	if (bel_addr_range(source) == BEL_ADDR_LOOPBACK)
		return false;
	if (bel_addr_parse_host(&host, uri->host))
		return bel_str_is_equal_nocase(uri->host, BEL_STR("localhost"));
	switch (bel_addr_range(&host)) {
	case BEL_ADDR_LOOPBACK:
	case BEL_ADDR_UNSPECIFIED:
	case BEL_ADDR_MULTICAST:
		return true;
	default:
		return false;
	}
}

static bool is_refused(const struct bel_registration *registration,
		       const struct bel_contact_change *change)
{
	return is_sip(change->uri) && !change->uses_flow && change->expires_s &&
	       (bel_registrar_is_own(registration->registrar, change->uri) ||
		is_inside(change->uri, &registration->request->came_by->peer));
}

/* RFC 5627 section 5.1: what would make a GRUU of the contact call in circles, or not
 * reach it by SIP. */
static const char *refuse_gruu(const struct bel_registration *registration,
			       const struct bel_contact_change *change)
{
	if (!registration->registrar->conf->registrar.has_gruu || !change->expires_s ||
	    !bel_registrar_is_instance(change->instance))
		return NULL;
	if (!is_sip(change->uri))
		return "Contact of an Instance Is No SIP URI";
	return bel_registrar_is_circle(registration, change->uri)
		       ? "Contact Is the Address Itself"
		       : NULL;
}

/* ---- the values ---- */

static uint16_t refuse(const char **reason, uint16_t status, const char *text)
{
	*reason = text;
	return status;
}

static uint16_t read_contact(struct bel_registration *registration,
			     const struct bel_sip_addr *contact, const char **reason)
{
	struct bel_contact_change *change =
		&registration->contacts[registration->contacts_count];
	struct bel_uri *uri = &registration->uris[registration->contacts_count];
	const struct bel_conf *conf = registration->registrar->conf;
	const char *wrong;

	*uri = contact->uri;
	*change = (struct bel_contact_change){ .uri = uri,
					       .uri_text = uri->text,
					       .expires_s = registration->expires_s,
					       .q = 1000 };
	if (uri->text.len + contact->params.len > CONTACT_BYTES_MAX)
		return refuse(reason, 400, "Contact Too Long");
	if (!take_params(registration, contact->params, change))
		return 500;
	if (change->expires_s && change->expires_s < conf->registrar.min_s &&
	    change->expires_s < BRIEF_S)
		return 423;
	if (change->expires_s > conf->registrar.max_s)
		change->expires_s = conf->registrar.max_s;
	choose_way(registration, change);
	if (is_refused(registration, change))
		return refuse(reason, 403, "Contact Names This Server");
	wrong = refuse_gruu(registration, change);
	if (wrong)
		return refuse(reason, 403, wrong);
	registration->uses_outbound |= change->reg_id && change->expires_s;
	registration->contacts_count++;
	return 0;
}

/* RFC 3261 section 10.3 step 6: alone, and with Expires: 0. */
static uint16_t read_star(struct bel_registration *registration, unsigned values,
			  const char **reason)
{
	uint32_t expires_s;

	if (values != 1 ||
	    bel_sip_number(&expires_s, registration->request->msg, BEL_SIP_H_EXPIRES,
			   UINT32_MAX) ||
	    expires_s)
		return refuse(reason, 400, "Contact * Needs Expires 0 and Stands Alone");
	registration->removes_all = true;
	return 0;
}

static unsigned count_added(const struct bel_registration *registration)
{
	unsigned count = 0;

	for (unsigned i = 0; i < registration->contacts_count; i++)
		count += registration->contacts[i].expires_s > 0;
	return count;
}

uint16_t bel_registrar_contacts_read(struct bel_registration *registration,
				     const char **reason)
{
	struct bel_sip_values values;
	unsigned count = 0;
	bool has_star = false;
	bel_str value;

	bel_sip_values_init(&values, registration->request->msg, BEL_SIP_H_CONTACT);
	while (bel_sip_values_next(&value, &values)) {
		struct bel_sip_addr contact;
		uint16_t status = 0;
		if (++count > BEL_SIP_CONTACTS_MAX ||
		    bel_sip_contact_parse(&contact, value))
			return refuse(reason, 400, "Bad Contact");
		has_star |= contact.is_star;
		if (!contact.is_star)
			status = read_contact(registration, &contact, reason);
		if (status)
			return status;
	}
	if (has_star)
		return read_star(registration, count, reason);
	if (registration->lacks_first_hop && registration->has_reg_id)
		return refuse(reason, 439, "First Hop Lacks Outbound Support");
	/* RFC 5626 section 6: a flow has one contact. */
	if (registration->uses_outbound && count_added(registration) > 1)
		return refuse(reason, 400, "One Contact With reg-id");
	return 0;
}
