/* SPDX-License-Identifier: Apache-2.0 */
#include "support/ladder/agent_int.h"

enum { LINES_BYTES = 2048 };

static bel_str word_at(const struct ladder_line *line, unsigned index)
{
	return index < line->words_count ? line->words[index] : BEL_STR_NONE;
}

static uint16_t status_at(const struct ladder_line *line, unsigned index,
			  uint16_t otherwise)
{
	uint64_t status;

	if (bel_str_to_u64(&status, word_at(line, index), 699))
		return otherwise;
	return (uint16_t)status;
}

/* The fields of the line, as header lines in the ladder's arena. */
static bel_str lines_of(struct ladder *ladder, const struct ladder_line *line)
{
	char buf[LINES_BYTES];
	struct bel_writer lines = bel_writer_init(buf, sizeof buf);

	for (unsigned i = 0; i < line->fields_count; i++) {
		bel_write_str(&lines, line->fields[i].name);
		bel_write_lit(&lines, ": ");
		bel_write_str(&lines, bel_ladder_expand(ladder, line->fields[i].value));
		bel_write_lit(&lines, "\r\n");
	}
	if (lines.is_full)
		bel_ladder_fail(ladder, "the fields are too long");
	return bel_arena_copy(&ladder->arena, bel_writer_str(&lines));
}

static void check(struct ladder *ladder, enum bel_err err)
{
	if (err)
		bel_ladder_fail(ladder, "it cannot do that now: %s", bel_err_text(err));
}

static bool is_arriving(const struct ladder_talk *talk)
{
	enum bel_call_state state = bel_call_state(talk->call);

	return state == BEL_CALL_ARRIVED || state == BEL_CALL_ALERTING;
}

static bool is_up(const struct ladder_talk *talk)
{
	return bel_call_state(talk->call) == BEL_CALL_UP;
}

static bool is_alive(const struct ladder_talk *talk)
{
	enum bel_call_state state = bel_call_state(talk->call);

	return state != BEL_CALL_ENDING && state != BEL_CALL_OVER;
}

static bool is_asked(const struct ladder_talk *talk)
{
	return talk->is_asked;
}

/* ---- calling ---- */

static bool is_address(bel_str text)
{
	struct bel_uri uri;
	bel_addr addr;

	return !bel_uri_parse(&uri, text) && !bel_addr_parse_host(&addr, uri.host);
}

/* What has a domain goes through the server, an address is called there. */
static void find_way(struct bel_call_dial *dial, struct ladder_agent *agent)
{
	struct bel_registration_way way;

	if (!agent->proxy.len || is_address(dial->target))
		return;
	dial->next_hop = agent->proxy;
	if (!agent->registration || !bel_registration_route(&way, agent->registration))
		return;
	dial->flow = way.flow;
	dial->routes = way.routes;
	dial->next_hop = way.next_hop;
}

static void dial(struct ladder_agent *agent, struct bel_call_dial wish)
{
	struct ladder *ladder = agent->actor->ladder;
	struct ladder_talk *talk = bel_ladder_talk_new(agent);

	if (!talk)
		return;
	wish.from = bel_ladder_format(ladder, "<%.*s>",
				      BEL_STR_ARG(bel_ladder_agent_uri(agent->actor)));
	wish.account = &agent->account;
	wish.contact_user = agent->actor->user;
	wish.port = &bel_ladder_call_port;
	wish.media = &bel_ladder_call_media;
	wish.user = talk;
	find_way(&wish, agent);
	check(ladder, bel_call_dial(&talk->call, agent->calls, &wish));
}

static bel_str uri_of(struct ladder *ladder, bel_str word)
{
	struct ladder_actor *actor = bel_ladder_actor_find(ladder, word);

	return actor ? bel_ladder_agent_uri(actor) : bel_ladder_expand(ladder, word);
}

/* dials TARGET [late] [faithful] [reliably] */
static void on_dials(struct ladder_agent *agent, const struct ladder_line *line)
{
	struct ladder *ladder = agent->actor->ladder;

	dial(agent, (struct bel_call_dial){
			    .target = uri_of(ladder, word_at(line, 2)),
			    .lines = lines_of(ladder, line),
			    .is_late = bel_ladder_line_has(line, 3, "late"),
			    .is_faithful = bel_ladder_line_has(line, 3, "faithful"),
			    .rel = bel_ladder_line_has(line, 3, "reliably")
					   ? BEL_CALL_100REL_REQUIRED
					   : BEL_CALL_100REL_SUPPORTED,
		    });
}

/* ---- being called ---- */

/* rings [STATUS] [sdp] */
static void on_rings(struct ladder_agent *agent, const struct ladder_line *line)
{
	struct ladder_talk *talk = bel_ladder_talk_find(agent, BEL_STR_NONE, is_arriving);

	if (talk)
		check(agent->actor->ladder,
		      bel_call_ring(talk->call, status_at(line, 2, 180),
				    bel_ladder_line_has(line, 2, "sdp")));
}

static void on_answers(struct ladder_agent *agent, const struct ladder_line *line)
{
	struct ladder_talk *talk = bel_ladder_talk_find(agent, word_at(line, 2),
							is_arriving);

	if (talk)
		check(agent->actor->ladder, bel_call_answer(talk->call));
}

/* refuses STATUS */
static void on_refuses(struct ladder_agent *agent, const struct ladder_line *line)
{
	struct ladder_talk *talk = bel_ladder_talk_find(agent, BEL_STR_NONE, is_arriving);

	if (talk)
		bel_call_refuse(talk->call, status_at(line, 2, 486),
				lines_of(agent->actor->ladder, line));
}

/* ---- within a call ---- */

static void point(struct ladder_agent *agent, bel_str name,
		  enum bel_sdp_direction direction)
{
	struct ladder_talk *talk = bel_ladder_talk_find(agent, name, is_up);

	if (!talk)
		return;
	talk->direction = direction;
	check(agent->actor->ladder, bel_call_modify(talk->call));
}

static void on_holds(struct ladder_agent *agent, const struct ladder_line *line)
{
	point(agent, word_at(line, 2), BEL_SDP_SENDONLY);
}

static void on_resumes(struct ladder_agent *agent, const struct ladder_line *line)
{
	point(agent, word_at(line, 2), BEL_SDP_SENDRECV);
}

/* hangs up [WHOM] */
static void on_hangs(struct ladder_agent *agent, const struct ladder_line *line)
{
	struct ladder_talk *talk;

	if (!bel_str_is_equal(word_at(line, 2), BEL_STR("up"))) {
		bel_ladder_fail(agent->actor->ladder, "hangs what?");
		return;
	}
	talk = bel_ladder_talk_find(agent, word_at(line, 3), is_alive);

	if (talk)
		bel_call_hang_up(talk->call, lines_of(agent->actor->ladder, line));
}

/* transfers WHOM to TARGET, transfers WHOM to his call with WHOM */
static void on_transfers(struct ladder_agent *agent, const struct ladder_line *line)
{
	struct ladder *ladder = agent->actor->ladder;
	bel_str with = bel_ladder_line_after(line, "with");
	struct ladder_talk *talk = bel_ladder_talk_find(agent, word_at(line, 2), is_up);
	struct ladder_talk *other = with.len ? bel_ladder_talk_find(agent, with, is_up)
					     : NULL;
	bel_str target = with.len ? BEL_STR_NONE : uri_of(ladder, word_at(line, 4));

	if (talk && !ladder->has_failed)
		check(ladder,
		      bel_call_transfer(talk->call, target, other ? other->call : NULL));
}

/* ---- being transferred ---- */

static bel_str lines_of_refer(struct ladder *ladder, const struct bel_call_refer *refer)
{
	char buf[LINES_BYTES];
	struct bel_writer lines = bel_writer_init(buf, sizeof buf);

	if (refer->replaces.len)
		bel_write_format(&lines, "Require: replaces\r\nReplaces: %.*s\r\n",
				 BEL_STR_ARG(refer->replaces));
	if (refer->referred_by.len)
		bel_write_format(&lines, "Referred-By: %.*s\r\n",
				 BEL_STR_ARG(refer->referred_by));
	if (lines.is_full)
		bel_ladder_fail(ladder, "what was asked is too long");
	return bel_arena_copy(&ladder->arena, bel_writer_str(&lines));
}

/* follows: 202, and the call that was asked for */
static void on_follows(struct ladder_agent *agent, const struct ladder_line *line)
{
	struct ladder_talk *talk = bel_ladder_talk_find(agent, word_at(line, 2),
							is_asked);

	if (!talk)
		return;
	talk->is_asked = false;
	bel_call_take_refer(talk->call, 202);
	dial(agent, (struct bel_call_dial){
			    .target = talk->asked.target,
			    .lines = lines_of_refer(agent->actor->ladder, &talk->asked),
			    .asked_in = talk->call,
		    });
}

static void on_declines(struct ladder_agent *agent, const struct ladder_line *line)
{
	struct ladder_talk *talk = bel_ladder_talk_find(agent, word_at(line, 2),
							is_asked);

	if (!talk)
		return;
	talk->is_asked = false;
	bel_call_take_refer(talk->call, 603);
}

/* ---- */

/* What is no word of the step is an argument. */
static const struct {
	const char *verb;
	unsigned arguments_min, arguments_max;
	const char *words[4];
	void (*run)(struct ladder_agent *agent, const struct ladder_line *line);
} steps[] = {
	{ "dials", 1, 1, { "late", "faithful", "reliably" }, on_dials },
	{ "rings", 0, 1, { "sdp" }, on_rings },
	{ "answers", 0, 1, { NULL }, on_answers },
	{ "refuses", 1, 1, { NULL }, on_refuses },
	{ "holds", 0, 1, { NULL }, on_holds },
	{ "resumes", 0, 1, { NULL }, on_resumes },
	{ "hangs", 0, 1, { "up" }, on_hangs },
	{ "transfers", 2, 2, { "to", "his", "call", "with" }, on_transfers },
	{ "follows", 0, 1, { NULL }, on_follows },
	{ "declines", 0, 1, { NULL }, on_declines },
};

static bool is_word(size_t step, bel_str word)
{
	for (unsigned i = 0; i < BEL_COUNT_OF(steps[step].words); i++)
		if (steps[step].words[i] &&
		    bel_str_is_equal(word, bel_str_from(steps[step].words[i])))
			return true;
	return false;
}

static bool is_step(size_t step, const struct ladder_line *line)
{
	unsigned arguments = 0;

	if (line->words_count < 2 ||
	    !bel_str_is_equal(line->words[1], bel_str_from(steps[step].verb)))
		return false;
	for (unsigned i = 2; i < line->words_count; i++)
		arguments += !is_word(step, line->words[i]);
	return arguments >= steps[step].arguments_min &&
	       arguments <= steps[step].arguments_max;
}

bool bel_ladder_step(struct ladder_actor *actor, const struct ladder_line *line)
{
	for (size_t i = 0; i < BEL_COUNT_OF(steps); i++)
		if (is_step(i, line)) {
			steps[i].run(actor->agent, line);
			return true;
		}
	return false;
}
