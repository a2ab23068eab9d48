/* SPDX-License-Identifier: Apache-2.0
 * RFC 5627 section 5: who is given GRUUs, and which. A public one is made of the address
 * and the instance, a temporary one of the series that location/ keeps with a binding:
 * nothing is remembered of either. */
#include "registrar/registrar_int.h"

enum { ADDRESS_BYTES = 512 };

bool bel_registrar_is_instance(bel_str instance)
{
	return bel_str_has_prefix_nocase(instance, BEL_STR("urn:"));
}

static bool is_same_address(const struct bel_uri *a, const struct bel_uri *b)
{
	char one[ADDRESS_BYTES], other[ADDRESS_BYTES];
	struct bel_writer first = bel_writer_init(one, sizeof one);
	struct bel_writer second = bel_writer_init(other, sizeof other);

	bel_uri_write_aor(&first, a);
	bel_uri_write_aor(&second, b);
	return !first.is_full && !second.is_full &&
	       bel_str_is_equal(bel_writer_str(&first), bel_writer_str(&second));
}

/* Whoever registers for somebody else is not the phone that would use them. */
void bel_registrar_gruu_look(struct bel_registration *registration)
{
	struct bel_sip_msg *msg = registration->request->msg;

	registration->gives_gruus =
		registration->registrar->conf->registrar.has_gruu &&
		bel_sip_has_token(msg, BEL_SIP_H_SUPPORTED, BEL_STR("gruu")) &&
		is_same_address(&bel_sip_from(msg)->uri, &bel_sip_to(msg)->uri);
}

/* The host that the phone calls this server by, for it leads here: names in the
 * configuration may be nowhere in DNS. */
static void write_host(struct bel_writer *writer, struct bel_sip_msg *msg)
{
	const struct bel_uri *to = &bel_sip_to(msg)->uri, *target = bel_sip_uri(msg);
	uint16_t port = to->port;

	if (!port && bel_str_is_equal_nocase(to->host, target->host))
		port = target->port;
	bel_write_str(writer, to->host);
	if (!port)
		return;
	bel_write_char(writer, ':');
	bel_write_u64(writer, port);
}

/* RFC 5630 section 5.2.1: a contact with sips has GRUUs with sips. */
static void write_scheme(struct bel_writer *writer, const struct bel_binding *binding)
{
	bool is_sips = bel_str_has_prefix_nocase(binding->contact, BEL_STR("sips:"));

	bel_write_text(writer, is_sips ? "sips:" : "sip:");
}

static void write_public(struct bel_writer *writer,
			 const struct bel_registration *registration,
			 const struct bel_binding *binding)
{
	bel_str aor = registration->request->aor;
	/* A name may have an @ in it, a domain has none. */
	size_t at = aor.len;

	while (at && aor.ptr[at - 1] != '@')
		at--;
	bel_write_lit(writer, ";pub-gruu=\"");
	write_scheme(writer, binding);
	bel_uri_user_escape(writer, bel_str_slice(aor, 0, at ? at - 1 : 0));
	bel_write_char(writer, '@');
	write_host(writer, registration->request->msg);
	bel_write_lit(writer, ";gr=");
	bel_uri_param_escape(writer, binding->instance);
	bel_write_char(writer, '"');
}

static enum bel_err write_temporary(struct bel_writer *writer,
				    const struct bel_registration *registration,
				    const struct bel_binding *binding, uint64_t draw)
{
	const struct bel_registrar *registrar = registration->registrar;
	enum bel_err err;

	bel_write_lit(writer, ";temp-gruu=\"");
	write_scheme(writer, binding);
	err = bel_gruu_write(writer, registrar->crypto, registrar->gruu_key,
			     binding->series, draw);
	bel_write_char(writer, '@');
	write_host(writer, registration->request->msg);
	bel_write_lit(writer, ";gr\"");
	return err;
}

enum bel_err bel_registrar_gruu_write(struct bel_writer *writer,
				      const struct bel_registration *registration,
				      const struct bel_binding *binding, uint64_t draw)
{
	if (!registration->gives_gruus || !bel_registrar_is_instance(binding->instance))
		return BEL_OK;
	write_public(writer, registration, binding);
	/* One that was bound before there were series gets its own when it is refreshed.
	 */
	if (!binding->series)
		return BEL_OK;
	return write_temporary(writer, registration, binding, draw);
}

static bool is_temporary_of(const struct bel_registration *registration, bel_str user)
{
	const struct bel_registrar *registrar = registration->registrar;
	const struct bel_registrar_request *request = registration->request;
	char name[BEL_GRUU_USER_BYTES];
	struct bel_writer unescaped = bel_writer_init(name, sizeof name);
	bel_str aor, instance;

	bel_uri_user_unescape(&unescaped, user);
	return !unescaped.is_full &&
	       bel_gruu_find(registrar->location, registrar->crypto, registrar->gruu_key,
			     bel_writer_str(&unescaped), request->wall_ms, request->arena,
			     &aor, &instance) == BEL_OK &&
	       bel_str_is_equal(aor, request->aor);
}

bool bel_registrar_is_circle(const struct bel_registration *registration,
			     const struct bel_uri *uri)
{
	const struct bel_uri *to = &bel_sip_to(registration->request->msg)->uri;

	if (bel_uri_is_equal(uri, to))
		return true;
	return bel_uri_param(uri, BEL_STR("gr"), NULL) &&
	       bel_registrar_is_own(registration->registrar, uri) &&
	       (bel_str_is_equal(uri->user, to->user) ||
		is_temporary_of(registration, uri->user));
}
