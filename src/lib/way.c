/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/lib_int.h"

enum { URI_BYTES = 1024 };

static bool has_scheme(bel_str to)
{
	return bel_str_has_prefix_nocase(to, BEL_STR("sip:")) ||
	       bel_str_has_prefix_nocase(to, BEL_STR("sips:")) ||
	       bel_str_has_prefix_nocase(to, BEL_STR("tel:"));
}

/* "sip:bob@example.com" as it is; "bob" at the place of the account. */
static enum bel_err write_target(struct bel_writer *writer,
				 const struct belfry_account *account, bel_str to)
{
	size_t at = bel_str_find(to, '@');
	bool is_bare = at == to.len;

	if (has_scheme(to)) {
		bel_write_str(writer, to);
		return BEL_OK;
	}
	/* "mailto:bob@example.com" is no user with a password. */
	if (!to.len || (is_bare && !account) || bel_str_find(to, ':') < at)
		return BEL_ERR_SYNTAX;
	bel_write_text(writer, account ? account->scheme : "sip:");
	bel_write_str(writer, to);
	if (is_bare) {
		bel_write_char(writer, '@');
		bel_write_str(writer, account->place);
	}
	return BEL_OK;
}

static void follow_registration(struct bel_way *way, struct bel_arena *arena,
				const struct belfry_account *account)
{
	struct bel_registration_way registered;

	if (!account->registration ||
	    !bel_registration_route(&registered, account->registration)) {
		way->next_hop = account->proxy;
		return;
	}
	way->flow = registered.flow;
	way->routes = bel_arena_copy(arena, registered.routes);
	way->next_hop = bel_arena_copy(arena, registered.next_hop);
}

enum bel_err bel_way_find(struct bel_way *out, struct bel_arena *arena,
			  const struct belfry_account *account, bel_str to)
{
	char buf[URI_BYTES];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	struct bel_way way = {
		.from = BEL_STR("\"Anonymous\" <sip:anonymous@anonymous.invalid>"),
	};
	struct bel_uri uri;

	if (write_target(&writer, account, to))
		return BEL_ERR_SYNTAX;
	way.target = bel_arena_copy(arena, bel_writer_str(&writer));
	if (writer.is_full || !way.target.ptr)
		return BEL_ERR_SPACE;
	if (bel_uri_parse(&uri, way.target))
		return BEL_ERR_SYNTAX;
	if (account) {
		way.from = account->from;
		way.contact_user = account->user;
		way.auth = account->has_auth ? &account->auth : NULL;
		follow_registration(&way, arena, account);
	}
	way.hop = uri;
	if (way.next_hop.len && bel_uri_parse(&way.hop, way.next_hop))
		return BEL_ERR_SYNTAX;
	*out = way;
	return BEL_OK;
}
