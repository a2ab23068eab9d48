/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>

#include "support/ladder/ladder_int.h"

static void tell_lines(struct ladder *ladder)
{
	for (unsigned i = 0; i < ladder->script->count; i++) {
		const struct ladder_line *line = &ladder->script->lines[i];
		bel_write_format(ladder->tale, "%4u %s %.*s\n", line->number,
				 line == ladder->line ? ">" : " ",
				 BEL_STR_ARG(line->text));
		if (line == ladder->line)
			return;
	}
}

void bel_ladder_fail(struct ladder *ladder, const char *format, ...)
{
	char buf[8192];
	va_list args;

	if (ladder->has_failed)
		return;
	ladder->has_failed = true;
	tell_lines(ladder);
	va_start(args, format);
	vsnprintf(buf, sizeof buf, format, args);
	va_end(args);
	bel_write_text(ladder->tale, buf);
	bel_write_lit(ladder->tale, "\nwhat went over the network:\n");
	bel_write_str(ladder->tale, bel_writer_str(&ladder->went));
}

void bel_ladder_leave_out(struct ladder *ladder, const char *why)
{
	if (ladder->is_left_out)
		return;
	ladder->is_left_out = true;
	bel_write_text(ladder->tale, why);
}

bel_str bel_ladder_place(struct ladder *ladder, bel_str text)
{
	size_t size = 2 * text.len + 1; /* an address may be longer here */
	char *buf = bel_arena_bytes(&ladder->arena, size);
	struct bel_writer writer = bel_writer_init(buf, size);

	if (!buf)
		abort();
	if (bel_ground_place(ladder->ground, &writer, text))
		bel_ladder_leave_out(ladder, "it has addresses that are not to be had");
	return bel_writer_str(&writer);
}

bel_str bel_ladder_format(struct ladder *ladder, const char *format, ...)
{
	char buf[4096];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(buf, sizeof buf, format, args);
	va_end(args);
	if (len < 0 || (size_t)len >= sizeof buf)
		abort();
	return bel_arena_copy(&ladder->arena, (bel_str){ buf, (size_t)len });
}

/* Among the contacts of a 200 that of the actor itself. */
static bel_str gruu_in(struct ladder_actor *actor, struct bel_sip_msg *answer,
		       bel_str name)
{
	bel_str own = bel_ladder_format(actor->ladder, "{%s}", actor->name), value, gruu;
	struct bel_sip_values values;
	struct bel_sip_addr contact;

	own = bel_ladder_expand(actor->ladder, own);
	bel_sip_values_init(&values, answer, BEL_SIP_H_CONTACT);
	while (bel_sip_values_next(&value, &values))
		if (!bel_sip_addr_parse(&contact, value) &&
		    bel_str_is_match(
			    bel_ladder_format(actor->ladder, "*@%.*s*", BEL_STR_ARG(own)),
			    contact.uri.text) &&
		    bel_sip_param_find(&gruu, contact.params, name))
			return gruu;
	return BEL_STR_NONE;
}

static bel_str gruu_of(struct ladder_actor *actor, bel_str name, bool is_first)
{
	bel_str found = BEL_STR_NONE;

	BEL_LIST_EACH(node, &actor->inbox)
	{
		struct ladder_message *message = BEL_CONTAINER_OF(
			node, struct ladder_message, node);
		bel_str gruu = BEL_STR_NONE;
		if (message->msg.status == 200)
			gruu = gruu_in(actor, &message->msg, name);
		if (gruu.len && !(is_first && found.len))
			found = gruu;
	}
	return found;
}

static bool write_gruu(struct bel_writer *writer, struct ladder_actor *actor,
		       bel_str part)
{
	bool is_first = bel_str_has_prefix(part, BEL_STR("first-"));
	bel_str gruu = gruu_of(actor, bel_str_slice(part, is_first ? 6 : 0, part.len),
			       is_first);

	bel_write_str(writer, gruu);
	return gruu.len > 0;
}

static void write_of_actor(struct bel_writer *writer, struct ladder_actor *actor,
			   bel_str part)
{
	struct ladder_call *call = bel_ladder_call(actor, false);
	bool is_second = bel_str_is_equal(part, BEL_STR("route2"));
	struct bel_sip_addr route;

	if (!part.len) {
		bel_addr_write(writer, &actor->own);
	} else if (actor->agent) {
		if (!bel_str_is_equal(part, BEL_STR("replaces")) ||
		    !bel_ladder_agent_replaces(writer, actor->agent))
			bel_ladder_fail(actor->ladder, "%s has no %.*s", actor->name,
					BEL_STR_ARG(part));
	} else if (bel_str_is_equal(part, BEL_STR("target"))) {
		bel_write_str(writer, call->target);
	} else if (bel_str_is_equal(part, BEL_STR("tag"))) {
		bel_write_str(writer, call->tag);
	} else if (bel_str_is_equal(part, BEL_STR("id"))) {
		bel_write_str(writer, call->id);
	} else if ((is_second || bel_str_is_equal(part, BEL_STR("route"))) &&
		   call->routes_count > is_second &&
		   !bel_sip_addr_parse(&route, call->routes[is_second])) {
		bel_write_str(writer, route.uri.text);
	} else if (!bel_str_has_suffix(part, BEL_STR("-gruu")) ||
		   !write_gruu(writer, actor, part)) {
		bel_ladder_fail(actor->ladder, "%s has no %.*s", actor->name,
				BEL_STR_ARG(part));
	}
}

static void write_name(struct bel_writer *writer, struct ladder *ladder, bel_str name)
{
	size_t dot = bel_str_find(name, '.');
	uint64_t draw = bel_ground_draw(ladder->ground, UINT32_MAX);
	struct ladder_actor *actor;

	if (bel_str_is_equal(name, BEL_STR("branch"))) {
		bel_write_lit(writer, "z9hG4bK");
		bel_write_hex64(writer, draw, 12);
	} else if (bel_str_is_equal(name, BEL_STR("tag"))) {
		bel_write_hex64(writer, draw, 8);
	} else if (bel_str_is_equal(name, BEL_STR("number"))) {
		bel_write_u64(writer, draw);
	} else {
		actor = bel_ladder_actor(ladder, bel_str_slice(name, 0, dot));
		if (actor)
			write_of_actor(writer, actor,
				       bel_str_slice(name, dot + 1, name.len));
	}
}

static char unescape(char c)
{
	return c == 't' ? '\t' : c == 'r' ? '\r' : c == 'n' ? '\n' : c;
}

bel_str bel_ladder_expand(struct ladder *ladder, bel_str text)
{
	char buf[4096];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	struct bel_cursor cursor = bel_cursor_init(text);

	while (!bel_cursor_is_end(&cursor)) {
		char c = *cursor.ptr++;
		if (c == '{') {
			bel_str name = bel_cursor_until_char(&cursor, '}');
			bel_cursor_take(&cursor, '}');
			write_name(&writer, ladder, name);
		} else if (c == '\\' && !bel_cursor_is_end(&cursor)) {
			bel_write_char(&writer, unescape(*cursor.ptr++));
		} else {
			bel_write_char(&writer, c);
		}
	}
	return bel_arena_copy(&ladder->arena, bel_writer_str(&writer));
}
