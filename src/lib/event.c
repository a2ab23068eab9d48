/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/lib_int.h"

enum { NEAR_BYTES = 4096 };

static const char nothing[] = "";

static const char *const names[] = {
	[BELFRY_EVENT_REGISTERED] = "registered",
	[BELFRY_EVENT_REGISTER_REFUSED] = "register refused",
	[BELFRY_EVENT_REGISTER_LOST] = "register lost",
	[BELFRY_EVENT_REMOVED] = "removed",
	[BELFRY_EVENT_INCOMING] = "incoming",
	[BELFRY_EVENT_PROGRESS] = "progress",
	[BELFRY_EVENT_ANSWERED] = "answered",
	[BELFRY_EVENT_ENDED] = "ended",
	[BELFRY_EVENT_HEARD] = "heard",
	[BELFRY_EVENT_DIGIT] = "digit",
	[BELFRY_EVENT_PLAYED] = "played",
	[BELFRY_EVENT_HELD] = "held",
	[BELFRY_EVENT_HOLDING] = "holding",
	[BELFRY_EVENT_TRANSFER_WISH] = "transfer wish",
	[BELFRY_EVENT_TRANSFER] = "transfer",
	[BELFRY_EVENT_MESSAGE] = "message",
	[BELFRY_EVENT_REPLY] = "reply",
};

const char *belfry_event_name(enum belfry_event_type type)
{
	unsigned index = (unsigned)type;

	return index < BEL_COUNT_OF(names) ? names[index] : "unknown";
}

bel_str bel_name_of(struct bel_arena *arena, const struct bel_sip_addr *addr)
{
	bel_str name = addr->display;

	/* Without memory it stays as it came. */
	bel_sip_unquote(&name, arena, addr->display);
	return name;
}

const char *bel_text_copy(struct bel_arena *arena, bel_str str)
{
	char *text = str.len ? bel_arena_bytes(arena, str.len + 1) : NULL;

	if (!text)
		return nothing;
	memcpy(text, str.ptr, str.len);
	text[str.len] = '\0';
	return text;
}

void bel_news_tell(struct belfry_agent *agent, const struct bel_news *news)
{
	struct belfry_event event = news->event;
	char first[NEAR_BYTES];
	struct bel_arena arena;

	if (!agent->opts.on_event)
		return;
	bel_arena_init(&arena, first, sizeof first, 2 * BEL_DATAGRAM_BYTES);
	event.agent = agent;
	event.from = bel_text_copy(&arena, news->from);
	event.from_name = bel_text_copy(&arena, news->from_name);
	event.to = bel_text_copy(&arena, news->to);
	event.diverted_by = bel_text_copy(&arena, news->diverted_by);
	event.content_type = bel_text_copy(&arena, news->content_type);
	event.text = bel_text_copy(&arena, news->text);
	event.text_count = event.text == nothing ? 0 : news->text.len;
	agent->opts.on_event(agent->opts.user, &event);
	bel_arena_fini(&arena);
}
