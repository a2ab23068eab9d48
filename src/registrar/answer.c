/* SPDX-License-Identifier: Apache-2.0
 * The 200 of a REGISTER: every binding of the address, and what the phone is to know of
 * this server. */
#include "registrar/registrar_int.h"

enum {
	LINES_BYTES = 1024,  /* all but Contact, Path and Service-Route */
	CONTACT_BYTES = 256, /* around the strings of a binding */
	GRUUS_BYTES = 128,   /* around the hosts of its GRUUs */
};

static size_t measure(const struct bel_registration *registration,
		      const struct bel_binding *bindings, unsigned count)
{
	size_t size = LINES_BYTES + registration->path.len +
		      registration->registrar->service_route.len;

	for (unsigned i = 0; i < count; i++)
		size += CONTACT_BYTES + bindings[i].contact.len + bindings[i].params.len +
			4 * bindings[i].instance.len + GRUUS_BYTES +
			3 * registration->request->aor.len +
			2 * bel_sip_to(registration->request->msg)->uri.host.len;
	return size;
}

/* "0.25": at most three digits, no trailing zeros. */
static void write_q(struct bel_writer *writer, uint16_t q)
{
	unsigned digit = 100;

	bel_write_lit(writer, ";q=0");
	for (unsigned rest = q; rest; rest %= digit, digit /= 10) {
		if (digit == 100)
			bel_write_char(writer, '.');
		bel_write_char(writer, (char)('0' + rest / digit));
		if (digit == 1)
			break;
	}
}

static enum bel_err write_contact(struct bel_writer *writer,
				  const struct bel_registration *registration,
				  const struct bel_binding *binding, uint64_t draw)
{
	uint64_t left_ms = binding->expires_ms - registration->request->wall_ms;
	enum bel_err err;

	bel_sip_write_name(writer, BEL_SIP_H_CONTACT);
	bel_write_char(writer, '<');
	bel_write_str(writer, binding->contact);
	bel_write_lit(writer, ">;expires=");
	bel_write_u64(writer, (left_ms + 999) / 1000);
	if (binding->q < 1000)
		write_q(writer, binding->q);
	if (binding->instance.len) {
		bel_write_lit(writer, ";+sip.instance=\"<");
		bel_write_str(writer, binding->instance);
		bel_write_lit(writer, ">\"");
	}
	if (binding->reg_id) {
		bel_write_lit(writer, ";reg-id=");
		bel_write_u64(writer, binding->reg_id);
	}
	err = bel_registrar_gruu_write(writer, registration, binding, draw);
	bel_write_str(writer, binding->params);
	bel_sip_write_crlf(writer);
	return err;
}

/* RFC 5626 sections 6 and 10. */
static void write_outbound(struct bel_writer *writer,
			   const struct bel_registration *registration)
{
	if (!registration->uses_outbound || !registration->supports_outbound)
		return;
	bel_sip_write_header(writer, BEL_SIP_H_REQUIRE, BEL_STR("outbound"));
	if (registration->registrar->flow_timer_s && registration->is_direct)
		bel_sip_write_number(writer, BEL_SIP_H_FLOW_TIMER,
				     registration->registrar->flow_timer_s);
}

/* RFC 5627 section 5.2: gruu is not among them. */
static bel_str supported(const struct bel_conf *conf)
{
	return conf->registrar.has_outbound ? BEL_STR("path, outbound") : BEL_STR("path");
}

enum bel_err bel_registrar_answer_write(bel_str *out,
					const struct bel_registration *registration,
					const struct bel_binding *bindings,
					unsigned count)
{
	const struct bel_registrar *registrar = registration->registrar;
	const struct bel_registrar_request *request = registration->request;
	size_t size = measure(registration, bindings, count);
	char *buf = bel_arena_bytes(request->arena, size);
	struct bel_writer writer = bel_writer_init(buf, buf ? size : 0);
	enum bel_err err = BEL_OK;

	for (unsigned i = 0; i < count && !err; i++)
		err = write_contact(&writer, registration, &bindings[i],
				    request->draw + i);
	if (err)
		return err;
	/* RFC 3327 section 5.3: back to a phone that knows what it is. */
	if (registration->path.len &&
	    bel_sip_has_token(request->msg, BEL_SIP_H_SUPPORTED, BEL_STR("path")))
		bel_sip_write_header(&writer, BEL_SIP_H_PATH, registration->path);
	if (registrar->service_route.len)
		bel_sip_write_header(&writer, BEL_SIP_H_SERVICE_ROUTE,
				     registrar->service_route);
	write_outbound(&writer, registration);
	bel_sip_write_header(&writer, BEL_SIP_H_SUPPORTED, supported(registrar->conf));
	bel_sip_write_name(&writer, BEL_SIP_H_DATE);
	bel_sip_write_date(&writer, (int64_t)(request->wall_ms / 1000));
	bel_sip_write_crlf(&writer);
	if (writer.is_full)
		return BEL_ERR_SPACE;
	*out = bel_writer_str(&writer);
	return BEL_OK;
}
