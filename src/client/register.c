/* SPDX-License-Identifier: Apache-2.0 */
#include "client/client_int.h"

static bool is_leaving(const struct bel_registration *registration)
{
	return registration->state == BEL_REGISTRATION_UNREGISTERING;
}

bel_str bel_register_target(const struct bel_registration *registration)
{
	return registration->redirect.len ? registration->redirect
					  : registration->opts.registrar;
}

static bel_str proxy_of(const struct bel_registration *registration)
{
	const struct bel_registration_opts *opts = &registration->opts;

	return opts->proxies_count ? opts->proxies[registration->proxy_at] : BEL_STR_NONE;
}

static const struct bel_flow *flow_of(const struct bel_registration *registration)
{
	const struct bel_flow *flow = &registration->flow;

	return flow->transport && !registration->wants_new_flow &&
			       bel_flow_is_open(registration->transport, flow)
		       ? flow
		       : NULL;
}

static void write_route(struct bel_writer *lines,
			const struct bel_registration *registration)
{
	if (registration->opts.proxies_count)
		bel_sip_write_header(lines, BEL_SIP_H_ROUTE,
				     registration->routes[registration->proxy_at]);
}

static void write_tagged(struct bel_writer *lines, enum bel_sip_header header,
			 bel_str value, bel_str tag)
{
	bel_sip_write_name(lines, header);
	bel_sip_write_text(lines, value);
	if (tag.len) {
		bel_write_lit(lines, ";tag=");
		bel_write_str(lines, tag);
	}
	bel_sip_write_crlf(lines);
}

/* The Contact for a flow that we know already: with the address that the world sees,
 * where that is wanted. */
static void make_contact(struct bel_registration *registration,
			 const struct bel_flow *flow)
{
	const struct bel_registration_opts *opts = &registration->opts;
	struct bel_writer writer = bel_writer_init(registration->contact_buf,
						   sizeof registration->contact_buf);
	const bel_addr *seen = &registration->binding.seen;

	if (!opts->follows_nat || bel_flow_is_stream(flow) || !seen->family) {
		bel_ua_write_contact(
			&writer, opts->ua, flow, opts->contact_user,
			registration->contact_params,
			bel_str_has_prefix_nocase(bel_register_target(registration),
						  BEL_STR("sips:")));
	} else {
		registration->sent_addr = *seen;
		bel_write_lit(&writer, "<sip:");
		bel_write_str(&writer, opts->contact_user);
		bel_write_str(&writer,
			      opts->contact_user.len ? BEL_STR("@") : BEL_STR_NONE);
		bel_addr_write_uri_host(&writer, seen);
		bel_write_char(&writer, ':');
		bel_write_u64(&writer, seen->port);
		bel_write_char(&writer, '>');
		bel_write_str(&writer, registration->contact_params);
	}
	registration->sent_contact = bel_writer_str(&writer);
	if (writer.is_full)
		registration->sent_contact = BEL_STR_NONE;
}

static void write_removed(struct bel_writer *lines,
			  const struct bel_registration *registration, bel_str contact)
{
	/* With a reg-id the registrar replaces it by itself (RFC 5626 section 6). */
	if (!contact.len || registration->opts.reg_id ||
	    bel_str_is_equal(contact, registration->sent_contact))
		return;
	bel_sip_write_name(lines, BEL_SIP_H_CONTACT);
	bel_sip_write_text(lines, contact);
	bel_write_lit(lines, ";expires=0");
	bel_sip_write_crlf(lines);
}

static void write_contacts(struct bel_writer *lines,
			   struct bel_registration *registration)
{
	const struct bel_flow *flow = flow_of(registration);
	const struct binding *binding = &registration->binding;

	registration->sent_contact = BEL_STR_NONE;
	registration->sent_addr = (bel_addr){ .family = 0 };
	if (is_leaving(registration))
		registration->sent_contact = binding->contact;
	else if (flow)
		make_contact(registration, flow);
	if (!registration->sent_contact.len)
		return;
	bel_sip_write_header(lines, BEL_SIP_H_CONTACT, registration->sent_contact);
	write_removed(lines, registration, binding->contact);
	write_removed(lines, registration, binding->former);
}

static void write_supported(struct bel_writer *lines,
			    const struct bel_registration_opts *opts)
{
	bel_sip_write_name(lines, BEL_SIP_H_SUPPORTED);
	bel_write_lit(lines, "path");
	if (opts->reg_id)
		bel_write_lit(lines, ", outbound");
	if (opts->instance.len)
		bel_write_lit(lines, ", gruu");
	bel_sip_write_crlf(lines);
}

enum bel_err bel_register_send(struct bel_registration *registration,
			       const struct bel_ua_port *port)
{
	const struct bel_registration_opts *opts = &registration->opts;
	char buf[LINES_BYTES_MAX];
	struct bel_writer lines = bel_writer_init(buf, sizeof buf);

	write_route(&lines, registration);
	write_tagged(&lines, BEL_SIP_H_FROM, opts->aor, registration->tag);
	write_tagged(&lines, BEL_SIP_H_TO, opts->aor, BEL_STR_NONE);
	bel_sip_write_header(&lines, BEL_SIP_H_CALL_ID, registration->call_id);
	write_contacts(&lines, registration);
	bel_sip_write_number(&lines, BEL_SIP_H_EXPIRES,
			     is_leaving(registration) ? 0 : registration->expires_s);
	write_supported(&lines, opts);
	if (lines.is_full)
		return BEL_ERR_SPACE;
	return bel_ua_start(&registration->request, opts->ua,
			    &(struct bel_ua_send){
				    .method = BEL_SIP_REGISTER,
				    .uri = bel_register_target(registration),
				    .next_hop = proxy_of(registration),
				    .flow = flow_of(registration),
				    .cseq = ++registration->cseq,
				    .lines = bel_writer_str(&lines),
				    .has_contact = !registration->sent_contact.len,
				    .contact_user = opts->contact_user,
				    .contact_params = registration->contact_params,
				    .account = opts->account,
				    .port = port,
				    .user = registration,
			    });
}
