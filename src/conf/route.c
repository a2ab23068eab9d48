/* SPDX-License-Identifier: Apache-2.0
 * route local|out { PATTERN... STEP... }: rows that are no options, but patterns. */
#include "conf/load.h"

enum { TONE_HZ = 440, TONE_HZ_MIN = 100, TONE_HZ_MAX = 3400 };

/* One row while its words are read, from left to right. */
struct row {
	struct bel_conf_route route;
	const struct bel_conf_token *words; /* behind the step's name */
	unsigned count;
	struct bel_conf_token target;
};

static const struct bel_conf_token *next_word(struct row *row)
{
	if (!row->count)
		return NULL;
	row->count--;
	return row->words++;
}

static bool read_reject(struct bel_conf_loader *loader, struct row *row)
{
	const struct bel_conf_token *code = next_word(row), *text;
	uint64_t status = 0;

	if (bel_str_to_u64(&status, code->text, 699) || status < 400) {
		bel_conf_complain(loader->report, code,
				  "\"%.*s\" is not a code that refuses",
				  BEL_CONF_SHOW(code->text));
		bel_conf_remedy(loader->report,
				"give 400 to 699: 403 forbids, 404 is for "
				"numbers that nobody has");
		return false;
	}
	row->route.status = (uint16_t)status;
	text = next_word(row);
	if (text)
		row->route.text = bel_conf_keep(loader, text->text);
	return true;
}

static bool read_redirect(struct bel_conf_loader *loader, struct row *row)
{
	const struct bel_conf_token *code = next_word(row), *target = next_word(row);

	return bel_conf_redirect_status_read(loader, &row->route.status, code) &&
	       bel_conf_uri_read(loader, &row->route.target, target);
}

static bool read_user(struct bel_conf_loader *loader, struct row *row)
{
	const struct bel_conf_token *name = next_word(row);

	if (bel_str_is_equal(name->text, BEL_STR("by"))) {
		bel_conf_complain(loader->report, name, "user by: not in this version");
		bel_conf_remedy(loader->report,
				"numbers of users are found by themselves");
		return false;
	}
	row->route.target = bel_conf_keep(loader, name->text);
	row->target = *name;
	return true;
}

static bool read_to(struct bel_conf_loader *loader, struct row *row)
{
	const struct bel_conf_token *target = next_word(row);

	if (!bel_str_has_prefix_nocase(target->text, BEL_STR("sip")) &&
	    bel_str_find(target->text, ':') < target->text.len &&
	    bel_conf_uri_read(loader, &row->route.target, target)) {
		bel_conf_complain(loader->report, target, "calls go to a SIP address");
		bel_conf_remedy(loader->report, "write it like sip:gateway.example.net");
		return false;
	}
	return bel_conf_uri_read(loader, &row->route.target, target);
}

static bool read_tone(struct bel_conf_loader *loader, struct row *row)
{
	const struct bel_conf_token *word = next_word(row);
	uint64_t hz;

	row->route.tone_hz = TONE_HZ;
	if (!word)
		return true;
	if (bel_str_to_u64(&hz, word->text, TONE_HZ_MAX) || hz < TONE_HZ_MIN) {
		bel_conf_complain(loader->report, word, "\"%.*s\" is no tone",
				  BEL_CONF_SHOW(word->text));
		bel_conf_remedy(loader->report,
				"give its frequency, 100 to 3400: tone 440");
		return false;
	}
	row->route.tone_hz = (uint32_t)hz;
	return true;
}

static bool read_play(struct bel_conf_loader *loader, struct row *row)
{
	const struct bel_conf_token *word = next_word(row);

	if (!word) {
		bel_conf_complain(loader->report, row->words - 1, "play wants a file");
		bel_conf_remedy(loader->report, "for example: play hello.wav");
		return false;
	}
	row->route.target = bel_conf_path_keep(loader, word);
	return true;
}

/* answer echo|tone [HZ]|play FILE */
static bool read_answer(struct bel_conf_loader *loader, struct row *row)
{
	static const char *const names[] = { "echo", "tone", "play" };
	unsigned choice = 0;

	if (!bel_conf_choice_read(loader, &choice, next_word(row), names,
				  BEL_COUNT_OF(names), "answer"))
		return false;
	row->route.answer = (enum bel_conf_answer)choice;
	return choice == BEL_ANSWER_TONE   ? read_tone(loader, row)
	       : choice == BEL_ANSWER_PLAY ? read_play(loader, row)
					   : true;
}

static bool read_nothing(struct bel_conf_loader *loader, struct row *row)
{
	(void)loader;
	(void)row;
	return true;
}

static const struct step {
	const char *name;
	enum bel_conf_step step;
	unsigned min; /* words that it needs */
	const char *form;
	const char *sample;
	bool (*read)(struct bel_conf_loader *loader, struct row *row); /* NULL: later */
} steps[] = {
	{ "reject", BEL_STEP_REJECT, 1, "CODE [\"TEXT\"]", "reject 404", read_reject },
	{ "redirect", BEL_STEP_REDIRECT, 2, "CODE TARGET",
	  "redirect 302 sip:alice@example.net", read_redirect },
	{ "user", BEL_STEP_USER, 1, "NAME", "user alice", read_user },
	{ "to", BEL_STEP_TO, 1, "URI [as PATTERN]", "to sip:gateway.example.net",
	  read_to },
	{ "local", BEL_STEP_LOCAL, 0, "", "local", read_nothing },
	{ "answer", BEL_STEP_ANSWER, 1, "echo|tone [HZ]|play FILE", "answer echo",
	  read_answer },
	{ .name = "trunk" },
	{ .name = "group" },
	{ .name = "voicemail" },
	{ .name = "room" },
	{ .name = "record" },
	{ .name = "queue" },
	{ .name = "menu" },
};

static const struct step *find_step(bel_str name)
{
	for (size_t i = 0; i < BEL_COUNT_OF(steps); i++)
		if (bel_str_is_equal(bel_str_from(steps[i].name), name))
			return &steps[i];
	return NULL;
}

/* The word behind the last pattern: nothing in the row is a step. */
static void complain_step(struct bel_conf_loader *loader,
			  const struct bel_conf_statement *statement)
{
	const struct bel_conf_token *token =
		&statement->words[statement->count > 1 ? 1 : 0];
	struct bel_conf_guess guess = bel_conf_guess_init(token->text);

	for (size_t i = 0; i < BEL_COUNT_OF(steps); i++)
		bel_conf_guess_add(&guess, bel_str_from(steps[i].name));
	if (bel_conf_is_cut_parameter(statement->words)) {
		bel_conf_complain(loader->report, statement->words,
				  "\"%.*s\" was cut off at the ; in front of it",
				  BEL_CONF_SHOW(statement->words->text));
		bel_conf_remedy(loader->report, "put an address with a ; in quotes");
		return;
	}
	if (statement->count == 1) {
		bel_conf_complain(loader->report, token,
				  "nothing is said about what happens to %.*s",
				  BEL_CONF_SHOW(token->text));
		bel_conf_remedy(loader->report, "for example: %.*s reject 404",
				BEL_CONF_SHOW(token->text));
		return;
	}
	bel_conf_complain(loader->report, token, "unknown step \"%.*s\" in route",
			  BEL_CONF_SHOW(token->text));
	if (!bel_conf_guess_remedy(loader->report, &guess))
		bel_conf_remedy(loader->report,
				"known here: reject redirect user to local answer");
}

/* "as PATTERN" behind the rest. */
static bool read_as(struct bel_conf_loader *loader, struct row *row)
{
	const struct bel_conf_token *word = next_word(row), *as;

	if (!word)
		return true;
	if (row->route.step != BEL_STEP_TO ||
	    !bel_str_is_equal(word->text, BEL_STR("as"))) {
		bel_conf_complain(loader->report, word, "\"%.*s\" is one word too many",
				  BEL_CONF_SHOW(word->text));
		bel_conf_remedy(loader->report, "a ; or a new line begins the next row");
		return false;
	}
	as = next_word(row);
	if (!as) {
		bel_conf_complain(loader->report, word, "as wants a pattern");
		bel_conf_remedy(loader->report, "for example: as +*");
		return false;
	}
	row->route.as = bel_conf_keep(loader, as->text);
	return !row->count || read_as(loader, row);
}

static void keep_row(struct bel_conf_loader *loader, const struct row *row,
		     const struct bel_conf_token *pattern)
{
	struct bel_conf_route *route = BEL_CONF_ADD(loader, routes,
						    struct bel_conf_route);
	struct bel_conf_token *mark = BEL_CONF_ADD(loader, route_marks,
						   struct bel_conf_token);
	struct bel_conf_token *target = BEL_CONF_ADD(loader, target_marks,
						     struct bel_conf_token);

	if (!route || !mark || !target)
		return;
	*route = row->route;
	route->at = bel_conf_at_of(loader, pattern);
	route->pattern = bel_conf_keep(loader, pattern->text);
	*mark = *pattern;
	*target = row->target;
}

/* PATTERN... STEP...: a row for each pattern. */
static void take_row(struct bel_conf_loader *loader, enum bel_conf_route_table table,
		     const struct bel_conf_statement *statement)
{
	const struct step *step = NULL;
	unsigned patterns = 1;

	for (; patterns < statement->count; patterns++) {
		step = find_step(statement->words[patterns].text);
		if (step)
			break;
	}
	if (!step) {
		complain_step(loader, statement);
		return;
	}
	const struct bel_conf_token *name = &statement->words[patterns];
	struct row row = { .route = { .table = table, .step = step->step },
			   .words = name + 1,
			   .count = statement->count - patterns - 1 };
	if (!step->read) {
		bel_conf_complain(loader->report, name, "%s: not in this version",
				  step->name);
		bel_conf_remedy(loader->report,
				"known here: reject redirect user to local answer");
		return;
	}
	if (row.count < step->min) {
		bel_conf_complain(loader->report, name, "%s wants %s", step->name,
				  step->form);
		bel_conf_remedy(loader->report, "for example: %s", step->sample);
		return;
	}
	if (!step->read(loader, &row) || !read_as(loader, &row))
		return;
	for (unsigned i = 0; i < patterns && !loader->err; i++)
		keep_row(loader, &row, &statement->words[i]);
}

static bool read_table(struct bel_conf_loader *loader, enum bel_conf_route_table *out,
		       const struct bel_conf_token *token)
{
	static const char *const names[] = { "local", "out" };
	unsigned i = 0;

	if (bel_str_is_equal(token->text, BEL_STR("in"))) {
		bel_conf_complain(loader->report, token, "route in: not in this version");
		bel_conf_remedy(loader->report, "route local is for calls to users");
		return false;
	}
	if (!bel_conf_choice_read(loader, &i, token, names, BEL_COUNT_OF(names),
				  "table of routes"))
		return false;
	*out = i ? BEL_ROUTE_OUT : BEL_ROUTE_LOCAL;
	return true;
}

static const struct bel_conf_place route_place = {
	"route", (const struct bel_conf_words *const[]){ NULL }
};

static void take_route(struct bel_conf_loader *loader, const struct bel_conf_word *word,
		       struct bel_conf_scope *scope,
		       const struct bel_conf_statement *statement)
{
	enum bel_conf_route_table table;

	(void)scope;
	if (bel_conf_is_misshapen(loader, word, statement, 1, UINT16_MAX) ||
	    !read_table(loader, &table, &statement->words[1]) ||
	    bel_conf_is_misshapen(loader, word, statement, 1, 1))
		return;
	if (!statement->open) {
		bel_conf_complain(loader->report, statement->words,
				  "route wants a block");
		bel_conf_remedy(loader->report, "for example: route %s", word->sample);
		return;
	}
	for (const struct bel_conf_statement *row = statement->first; row && !loader->err;
	     row = row->next) {
		if (row->is_broken)
			continue;
		if (row->open) {
			bel_conf_complain(loader->report, row->open,
					  "a row of a route takes no block");
			bel_conf_remedy(loader->report, "is a } missing above?");
			continue;
		}
		take_row(loader, table, row);
	}
}

static const struct bel_conf_word rows[] = {
	{ .name = "route",
	  .kind = BEL_CONF_TAKE,
	  .may_repeat = true,
	  .form = "local|out { PATTERN STEP; ... }",
	  .sample = "out { 00* to sip:gateway.example.net as +* }",
	  .otherwise = "calls go to the users they name, none go out",
	  .also = "dialplan routing extensions dispatcher",
	  .take = take_route,
	  .block = &route_place,
	  .help = "What happens to a call, by the number or the user@host that it is "
		  "for; the "
		  "first pattern that fits decides. local comes before the users are "
		  "looked "
		  "up, out is for what is no user. Steps: reject CODE, redirect CODE "
		  "TARGET, "
		  "user NAME, to URI [as PATTERN], local." },
};
const struct bel_conf_words bel_conf_words_route = BEL_CONF_WORDS("Routes", rows);
