/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "cmd/nearby.h"

enum { STATUS_BYTES = 16 * 1024 };

/* The n-th text of the JSON list that follows the name: ["UDP 127.0.0.1:5060", ...]. */
static bool take_text(bel_str *out, bel_str *left)
{
	size_t from = bel_str_find(*left, '"'), to;

	if (from == left->len || bel_str_find(*left, ']') < from)
		return false;
	*left = bel_str_slice(*left, from + 1, left->len);
	to = bel_str_find(*left, '"');
	*out = bel_str_slice(*left, 0, to);
	*left = bel_str_slice(*left, to + 1, left->len);
	return true;
}

static bool find_list(bel_str *out, bel_str text, bel_str name)
{
	while (text.len >= name.len) {
		if (bel_str_has_prefix(text, name)) {
			*out = bel_str_slice(text, name.len, text.len);
			return true;
		}
		text = bel_str_slice(text, 1, text.len);
	}
	return false;
}

/* Who listens everywhere is here, too. */
static bel_addr reachable(bel_addr addr)
{
	bel_addr here = bel_addr_v4(127, 0, 0, 1, addr.port);

	if (bel_addr_range(&addr) != BEL_ADDR_UNSPECIFIED)
		return addr;
	if (addr.family == 6)
		(void)bel_addr_parse(&here, BEL_STR("[::1]"), addr.port);
	return here;
}

bool nearby_find(bel_addr *out, const struct args *args, enum bel_sip_transport transport)
{
	static const bel_str words[] = { { "status", 6 }, { "--json", 6 } };
	bel_str wanted = bel_sip_transport_name(transport), list, text;
	char *buf = malloc(STATUS_BYTES);
	struct bel_writer answer = bel_writer_init(buf, buf ? STATUS_BYTES : 0);
	const char *state = bel_cmd_find_state(args);
	bool is_found = false;

	if (!bel_cmd_ask_into(args, words, BEL_COUNT_OF(words), &answer) ||
	    !find_list(&list, bel_writer_str(&answer), BEL_STR("\"listen\":["))) {
		bel_cmd_fail(
			"no server at %s: start one with \"belfry dev\", name it with "
			"--state, or call a whole address, sip:user@host",
			state);
		free(buf);
		return false;
	}
	while (!is_found && take_text(&text, &list)) {
		size_t blank = bel_str_find(text, ' ');
		bel_addr addr;
		if (!bel_str_is_equal(bel_str_slice(text, 0, blank), wanted) ||
		    bel_addr_parse(&addr, bel_str_slice(text, blank + 1, text.len), 0))
			continue;
		*out = reachable(addr);
		is_found = true;
	}
	if (!is_found)
		bel_cmd_fail("the server at %s does not listen on %.*s", state,
			     BEL_STR_ARG(wanted));
	free(buf);
	return is_found;
}

bel_str nearby_password(const struct args *args, bel_str user, struct bel_arena *arena)
{
	char name[128], path[PATH_BYTES];
	struct bel_writer writer = bel_writer_init(name, sizeof name);
	bel_str password = BEL_STR_NONE;
	char *text;
	size_t len;

	bel_write_str(&writer, user);
	bel_write_lit(&writer, ".pw");
	/* A user's name is no path. */
	if (writer.is_full || bel_str_find(user, '/') < user.len)
		return BEL_STR_NONE;
	bel_cmd_join_path(path, bel_cmd_find_state(args), bel_writer_str(&writer));
	text = bel_cmd_read_file(path, &len);
	if (!text)
		return BEL_STR_NONE;
	password = bel_arena_copy(arena, bel_str_trim((bel_str){ text, len }));
	free(text);
	return password;
}
