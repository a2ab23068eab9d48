/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "cmd/nearby.h"
#include "cmd/party.h"

enum { URI_BYTES = 512 };

static bool fail(const char *what, bel_str value, const char *remedy)
{
	bel_cmd_fail("%s takes no \"%.*s\": %s", what, BEL_STR_ARG(value), remedy);
	return false;
}

/* ---- passwords ---- */

static bool read_file(bel_str *out, bel_str name, struct bel_arena *arena)
{
	char path[PATH_BYTES];
	char *text;
	size_t len;

	bel_cmd_join_path(path, ".", name);
	text = bel_cmd_read_file(path, &len);
	if (!text) {
		bel_cmd_fail("cannot read the password in %s", path);
		return false;
	}
	*out = bel_arena_copy(arena, bel_str_trim((bel_str){ text, len }));
	bel_wipe(text, len);
	free(text);
	return true;
}

static bool read_environment(bel_str *out, bel_str name)
{
	char text[128];
	struct bel_writer writer = bel_writer_init(text, sizeof text - 1);
	const char *value;

	bel_write_str(&writer, name);
	text[writer.len] = '\0';
	value = getenv(text);
	if (!value) {
		bel_cmd_fail("--password: there is no %s in the environment", text);
		return false;
	}
	*out = bel_str_from(value);
	return true;
}

/* A secret as it is, file:F or env:V; else what the server's directory knows. */
static bool read_password(struct parties *out, const struct args *args,
			  struct bel_arena *arena)
{
	bel_str value = bel_cmd_option(args, "--password");

	if (bel_str_has_prefix(value, BEL_STR("file:"))) {
		if (!read_file(&value, bel_str_slice(value, 5, value.len), arena))
			return false;
	} else if (bel_str_has_prefix(value, BEL_STR("env:"))) {
		if (!read_environment(&value, bel_str_slice(value, 4, value.len)))
			return false;
	} else if (!value.len) {
		value = nearby_password(args, out->from_user, arena);
	}
	out->account.username = out->from_user;
	out->account.password = value;
	out->has_account = value.len;
	return true;
}

/* ---- addresses ---- */

static bool has_scheme(bel_str word)
{
	return bel_str_has_prefix_nocase(word, BEL_STR("sip:")) ||
	       bel_str_has_prefix_nocase(word, BEL_STR("sips:"));
}

static bool needs_server(bel_str word)
{
	return word.len && !has_scheme(word) && bel_str_find(word, '@') == word.len;
}

static bool make_uri(bel_str *out, struct bel_uri *parsed, bel_str word,
		     const bel_addr *server, const char *parameter,
		     struct bel_arena *arena)
{
	char buf[URI_BYTES];
	struct bel_writer uri = bel_writer_init(buf, sizeof buf);

	if (!has_scheme(word))
		bel_write_lit(&uri, "sip:");
	bel_write_str(&uri, word);
	if (needs_server(word)) {
		bel_write_char(&uri, '@');
		bel_addr_write(&uri, server);
	}
	bel_write_text(&uri, parameter);
	*out = bel_arena_copy(arena, bel_writer_str(&uri));
	return !uri.is_full && out->ptr && bel_uri_parse(parsed, *out) == BEL_OK;
}

static bool read_transport(enum bel_sip_transport *out, const char **parameter,
			   const struct args *args)
{
	bel_str value = bel_cmd_option(args, "--transport");

	*out = value.len ? bel_sip_transport_find(value) : BEL_SIP_UDP;
	*parameter = *out == BEL_SIP_TCP   ? ";transport=tcp"
		     : *out == BEL_SIP_TLS ? ";transport=tls"
					   : "";
	if (*out == BEL_SIP_UDP || *out == BEL_SIP_TCP || *out == BEL_SIP_TLS)
		return true;
	return fail("--transport", value, "udp, tcp or tls");
}

/* A caller without a name is nobody at the server that is called: others are silent to
 * whom they do not know. */
static bool name_caller(struct parties *out, const bel_addr *server,
			struct bel_arena *arena)
{
	char buf[URI_BYTES];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	struct bel_uri uri;

	if (out->from.len) {
		bel_write_str(&writer, out->from);
	} else {
		out->from = BEL_STR("belfry");
		bel_write_lit(&writer, "belfry@");
		bel_write_str(&writer, out->target_uri.host);
	}
	if (!make_uri(&out->from_uri, &uri, bel_writer_str(&writer), server, "", arena))
		return fail("FROM", out->from,
			    "write it like alice or sip:alice@example.com");
	out->from_user = uri.user;
	writer.len = 0;
	bel_write_char(&writer, '<');
	bel_write_str(&writer, out->from_uri);
	bel_write_char(&writer, '>');
	out->from_value = bel_arena_copy(arena, bel_writer_str(&writer));
	return out->from_value.ptr;
}

bool parties_read(struct parties *out, const struct args *args, bel_str from, bel_str to,
		  struct bel_arena *arena)
{
	enum bel_sip_transport transport;
	const char *parameter;
	bel_addr server = { 0 };
	bool is_anybody = !from.len;

	*out = (struct parties){ .from = from, .to = to };
	if (!read_transport(&transport, &parameter, args))
		return false;
	if ((needs_server(to) || needs_server(from)) &&
	    !nearby_find(&server, args, transport))
		return false;
	if (!make_uri(&out->target, &out->target_uri, to, &server, parameter, arena))
		return fail("TO", to, "write it like 600 or sip:alice@example.com");
	return name_caller(out, &server, arena) &&
	       (is_anybody || read_password(out, args, arena));
}

bool parties_name_registrar(struct parties *parties, struct bel_arena *arena)
{
	char buf[URI_BYTES];
	struct bel_writer uri = bel_writer_init(buf, sizeof buf);
	const struct bel_uri *target = &parties->target_uri;

	bel_write_text(&uri, target->scheme == BEL_URI_SIPS ? "sips:" : "sip:");
	bel_write_str(&uri, target->host);
	if (target->port)
		bel_write_format(&uri, ":%u", target->port);
	if (target->params.len) {
		bel_write_char(&uri, ';');
		bel_write_str(&uri, target->params);
	}
	parties->target = bel_arena_copy(arena, bel_writer_str(&uri));
	return !uri.is_full && parties->target.ptr;
}

enum bel_err parties_register(struct bel_registration **out, struct bel_lib *lib,
			      const struct parties *parties,
			      const struct bel_registration_port *port, void *user)
{
	return bel_registration_start(
		out, &(struct bel_registration_opts){
			     .ua = bel_lib_ua(lib),
			     .aor = parties->from_value,
			     .registrar = parties->target,
			     .account = parties->has_account ? &parties->account : NULL,
			     .contact_user = parties->from_user,
			     .follows_nat = true,
			     .port = port,
			     .user = user,
		     });
}

bool parties_read_other(bel_str *out, const struct parties *parties, bel_str who,
			struct bel_arena *arena)
{
	const struct bel_uri *target = &parties->target_uri;
	char buf[URI_BYTES];
	struct bel_writer uri = bel_writer_init(buf, sizeof buf);
	struct bel_uri parsed;

	if (!who.len)
		return true;
	if (!has_scheme(who))
		bel_write_lit(&uri, "sip:");
	bel_write_str(&uri, who);
	if (needs_server(who)) {
		bel_write_char(&uri, '@');
		bel_write_str(&uri, target->host);
		if (target->port)
			bel_write_format(&uri, ":%u", target->port);
	}
	*out = bel_arena_copy(arena, bel_writer_str(&uri));
	if (!uri.is_full && out->ptr && bel_uri_parse(&parsed, *out) == BEL_OK)
		return true;
	return fail("--transfer", who, "write it like 601 or sip:alice@example.com");
}
