/* SPDX-License-Identifier: Apache-2.0 */
#include "support/ladder/ladder_int.h"

#define STANDARD_CONF                                                                    \
	"domain example.test\nlisten udp,tcp 203.0.113.1:5060\n"                         \
	"user alice password alice-pw\nuser bob password bob-pw\n"                       \
	"user carol password carol-pw\n"

struct ladder_call *bel_ladder_call(struct ladder_actor *actor, bool is_register)
{
	struct ladder *ladder = actor->ladder;
	bel_str name = is_register ? BEL_STR("register") : ladder->call;
	struct ladder_call *call;

	for (unsigned i = 0; i < actor->calls_count; i++)
		if (bel_str_is_equal(actor->calls[i].name, name))
			return &actor->calls[i];
	if (actor->calls_count == LADDER_CALLS_MAX)
		abort();
	call = &actor->calls[actor->calls_count++];
	call->name = name;
	call->tag = bel_ladder_format(ladder, "%s%x", actor->name,
				      (unsigned)bel_ground_draw(ladder->ground, 1 << 24));
	return call;
}

struct ladder_actor *bel_ladder_actor_find(struct ladder *ladder, bel_str name)
{
	for (unsigned i = 0; i < ladder->actors_count; i++)
		if (bel_str_is_equal(bel_str_from(ladder->actors[i].name), name))
			return &ladder->actors[i];
	return NULL;
}

bool bel_ladder_is_at(const struct ladder_actor *actor, const bel_addr *addr)
{
	bool is_shared = false;

	for (unsigned i = 0; i < actor->ladder->actors_count; i++) {
		const struct ladder_actor *other = &actor->ladder->actors[i];
		is_shared |= other != actor && other->host && other->host == actor->host;
	}
	return bel_addr_is_same_host(&actor->own, addr) &&
	       (!is_shared || actor->own.port == addr->port);
}

struct ladder_actor *bel_ladder_actor_new(struct ladder *ladder, bel_str name)
{
	struct ladder_actor *actor;

	if (ladder->actors_count == LADDER_ACTORS_MAX || name.len >= sizeof actor->name ||
	    !name.len || bel_ladder_actor_find(ladder, name)) {
		bel_ladder_fail(ladder, "\"%.*s\" cannot take part", BEL_STR_ARG(name));
		return NULL;
	}
	actor = &ladder->actors[ladder->actors_count++];
	actor->ladder = ladder;
	memcpy(actor->name, name.ptr, name.len);
	bel_list_init(&actor->inbox);
	bel_list_init(&actor->said);
	bel_list_init(&actor->links);
	return actor;
}

struct ladder_actor *bel_ladder_standard_server(struct ladder *ladder)
{
	struct ladder_actor *server;

	if (ladder->actors_count && ladder->actors[0].is_server)
		return &ladder->actors[0];
	server = bel_ladder_actor_new(ladder, BEL_STR("belfry"));
	if (!server)
		return NULL;
	if (bel_addr_parse(&server->own, bel_ladder_place(ladder, BEL_STR("203.0.113.1")),
			   LADDER_PORT) ||
	    !bel_ladder_server_open(server,
				    bel_ladder_place(ladder, BEL_STR(STANDARD_CONF))))
		return NULL;
	return server;
}

bel_str bel_ladder_domain_of(const struct ladder_actor *server)
{
	return server && server->conf->domains_count ? server->conf->domains[0].name
						     : BEL_STR("invalid");
}

bool bel_ladder_actor_settle(struct ladder_actor *actor, const struct ladder_line *line,
			     struct ladder_actor *server)
{
	struct ladder *ladder = actor->ladder;
	bel_str user = line ? bel_ladder_line_after(line, "user") : BEL_STR_NONE;
	bel_str named = line ? bel_ladder_line_after(line, "server") : BEL_STR_NONE;
	bel_str ip = line ? bel_ladder_line_after(line, "ip") : BEL_STR_NONE;

	actor->user = user.len ? user : bel_str_from(actor->name);
	actor->server = named.len ? bel_ladder_actor_find(ladder, named) : server;
	if (!ip.len)
		ip = bel_ladder_place(ladder, bel_ladder_format(ladder, "192.0.2.%u",
								ladder->actors_count));
	if ((!actor->server && named.len) ||
	    bel_addr_parse(&actor->own, ip, LADDER_PORT) ||
	    bel_ground_host(&actor->host, ladder->ground, actor->name, &actor->own) ||
	    bel_ground_loop(&actor->loops[0], ladder->ground, actor->host)) {
		bel_ladder_fail(ladder, "%s has no place to be", actor->name);
		return false;
	}
	return true;
}

struct ladder_actor *bel_ladder_phone_new(struct ladder *ladder,
					  const struct ladder_line *line, bel_str name)
{
	struct ladder_actor *first = bel_ladder_standard_server(ladder);
	struct ladder_actor *phone = first ? bel_ladder_actor_new(ladder, name) : NULL;

	if (!phone)
		return NULL;
	phone->is_tcp = line && bel_ladder_line_has(line, 2, "tcp");
	phone->is_stranger = line && bel_ladder_line_has(line, 2, "stranger");
	if (!bel_ladder_actor_settle(phone, line, first))
		return NULL;
	if (!bel_ladder_phone_open(phone)) {
		bel_ladder_fail(ladder, "%s has no place to be", phone->name);
		return NULL;
	}
	return phone;
}

struct ladder_actor *bel_ladder_actor(struct ladder *ladder, bel_str name)
{
	struct ladder_actor *actor = bel_ladder_actor_find(ladder, name);

	return actor ? actor : bel_ladder_phone_new(ladder, NULL, name);
}
