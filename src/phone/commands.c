/* SPDX-License-Identifier: Apache-2.0
 * The words of a phone, and what a line means. */
#include "phone/phone_int.h"

static void do_help(struct bel_phone *phone, const struct bel_phone_words *words);

static void do_quit(struct bel_phone *phone, const struct bel_phone_words *words)
{
	(void)words;
	bel_phone_leave(phone);
}

static const struct bel_phone_command commands[] = {
	{ "call", "WHO", "call a user, a number, or sip:bob@example.com", 1, 1,
	  bel_phone_do_call },
	{ "answer", "[N]", "take the call that rings; Enter does it, too", 0, 1,
	  bel_phone_do_answer },
	{ "refuse", "[N] [STATUS]", "do not take it: busy, or another status of SIP", 0,
	  2, bel_phone_do_refuse },
	{ "hangup", "[N|all]", "end the call at hand, or call N; Ctrl-C does it, too", 0,
	  1, bel_phone_do_hangup },
	{ "hold", "[N]", "neither hear nor be heard until resume", 0, 1,
	  bel_phone_do_hold },
	{ "resume", "[N]", "talk with call N again; the other one waits", 0, 1,
	  bel_phone_do_resume },
	{ "transfer", "[N] WHO | [N] to call M",
	  "have the other side call somebody, or talk with whom call M is with", 1, 4,
	  bel_phone_do_transfer },
	{ "join", "", "a conference of all calls that stand, and you", 0, 0,
	  bel_phone_do_join },
	{ "split", "[N]", "end the conference; talk with call N, the others wait", 0, 1,
	  bel_phone_do_split },
	{ "dtmf", "[N] DIGITS [info|tone]", "send digits: 0-9 * # A-D", 1, 3,
	  bel_phone_do_dtmf },
	{ "mute", "", "nobody hears you", 0, 0, bel_phone_do_mute },
	{ "unmute", "", "they hear you again", 0, 0, bel_phone_do_unmute },
	{ "record", "[N] FILE|off", "keep what is heard, as WAV", 1, 2,
	  bel_phone_do_record },
	{ "play", "[N] FILE|off", "say a sound file instead of yourself", 1, 2,
	  bel_phone_do_play },
	{ "message", "WHO TEXT", "send a text", 2, PHONE_WORDS_MAX,
	  bel_phone_do_message },
	{ "calls", "", "the calls there are", 0, 0, bel_phone_do_calls },
	{ "quality", "[N]", "how well it is heard, at both ends", 0, 1,
	  bel_phone_do_quality },
	{ "codec", "[NAMES|all]", "what calls from now on are coded with: opus,G722", 0,
	  1, bel_phone_do_codec },
	{ "accounts", "", "who you are, and where you are registered", 0, 0,
	  bel_phone_do_accounts },
	{ "register", "WHO [PASSWORD]",
	  "be somebody else as well; file:F and env:V are passwords, too", 1, 2,
	  bel_phone_do_register },
	{ "unregister", "[WHO]", "be that no longer", 0, 1, bel_phone_do_unregister },
	{ "use", "WHO", "call as this one from now on", 1, 1, bel_phone_do_use },
	{ "device", "[alsa[:NAME]|null|file:SAYS,HEARS]",
	  "the microphone and the loudspeaker", 0, 1, bel_phone_do_device },
	{ "wait", "WHAT [TIME] | TIME",
	  "in a script: until it is answered, ended, registered, incoming, digit, "
	  "message ... (30s)",
	  1, 2, bel_phone_do_wait },
	{ "help", "[WORD]", "this list", 0, 1, do_help },
	{ "quit", "", "hang up, and be registered no more; Ctrl-D does it, too", 0, 0,
	  do_quit },
};

/* ---- words ---- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bel_str take_word(bel_str *left)
{
	bel_str word;
	size_t end = 0;

	while (left->len && is_blank(left->ptr[0]))
		*left = bel_str_slice(*left, 1, left->len);
	if (left->len && left->ptr[0] == '"') {
		*left = bel_str_slice(*left, 1, left->len);
		end = bel_str_find(*left, '"');
		word = bel_str_slice(*left, 0, end);
		*left = bel_str_slice(*left, end + 1, left->len);
		return word;
	}
	while (end < left->len && !is_blank(left->ptr[end]))
		end++;
	word = bel_str_slice(*left, 0, end);
	*left = bel_str_slice(*left, end, left->len);
	return word;
}

/* Words after the last that is counted are of its rest. */
static void cut(struct bel_phone_words *out, bel_str line)
{
	bel_str left = line, word;

	*out = (struct bel_phone_words){ .line = line };
	while (out->count < PHONE_WORDS_MAX && (word = take_word(&left)).ptr && word.len)
		out->word[out->count++] = word;
}

bel_str bel_phone_word(const struct bel_phone_words *words, unsigned index)
{
	return index + 1 < words->count ? words->word[index + 1] : BEL_STR_NONE;
}

bel_str bel_phone_rest(const struct bel_phone_words *words, unsigned index)
{
	bel_str word = bel_phone_word(words, index);
	bel_str rest;

	if (!word.len)
		return word;
	rest = bel_str_trim((bel_str){
		word.ptr, (size_t)(words->line.ptr + words->line.len - word.ptr) });
	/* One pair of quotes around all of it is no part of it. */
	if (word.ptr > words->line.ptr && word.ptr[-1] == '"' &&
	    bel_str_find(rest, '"') + 1 == rest.len)
		rest.len--;
	return rest;
}

struct bel_phone_call *bel_phone_take_call(struct bel_phone *phone,
					   const struct bel_phone_words *words,
					   unsigned *index, unsigned least)
{
	bel_str word = bel_phone_word(words, *index);
	struct bel_phone_call *call = phone->at_hand;
	uint64_t number;

	if (words->count > *index + 1 + least &&
	    bel_str_to_u64(&number, word, UINT32_MAX) == BEL_OK) {
		call = bel_phone_call_number(phone, number);
		if (!call)
			bel_phone_fail(phone,
				       "there is no call %.*s; \"calls\" lists them",
				       BEL_STR_ARG(word));
		else
			++*index;
		return call;
	}
	if (words->count > *index + 1 + least) {
		bel_phone_fail(phone, "\"%.*s\" is no number of a call",
			       BEL_STR_ARG(word));
		return NULL;
	}
	if (!call)
		bel_phone_fail(phone, "there is no call: \"call 600\" begins one");
	return call;
}

/* ---- finding ---- */

static const struct bel_phone_command *find(bel_str name)
{
	for (size_t i = 0; i < BEL_COUNT_OF(commands); i++)
		if (bel_str_is_equal_nocase(bel_str_from(commands[i].name), name))
			return &commands[i];
	return NULL;
}

static const char *closest(bel_str name)
{
	unsigned best = 3;
	const char *found = NULL;

	for (size_t i = 0; i < BEL_COUNT_OF(commands); i++) {
		unsigned distance = bel_str_distance(bel_str_from(commands[i].name),
						     name);
		if (distance < best && distance < name.len) {
			best = distance;
			found = commands[i].name;
		}
	}
	return found;
}

static void tell_unknown(struct bel_phone *phone, bel_str name)
{
	const char *meant = closest(name);

	if (meant)
		bel_phone_fail(phone, "unknown word \"%.*s\": did you mean %s?",
			       BEL_STR_ARG(name), meant);
	else
		bel_phone_fail(phone, "unknown word \"%.*s\"; \"help\" lists them",
			       BEL_STR_ARG(name));
}

static void tell_command(struct bel_phone *phone, const struct bel_phone_command *command)
{
	char buf[64];
	struct bel_writer left = bel_writer_init(buf, sizeof buf);

	bel_write_text(&left, command->name);
	bel_write_text(&left, command->usage[0] ? " " : "");
	bel_write_text(&left, command->usage);
	bel_phone_tell(
		phone, BEL_PHONE_ANSWER,
		&(struct bel_phone_facts){ .event = "help", .text = command->name },
		"  %-28.*s %s", BEL_STR_ARG(bel_writer_str(&left)), command->help);
}

static void do_help(struct bel_phone *phone, const struct bel_phone_words *words)
{
	bel_str name = bel_phone_word(words, 0);
	const struct bel_phone_command *command = find(name);

	if (name.len && !command)
		tell_unknown(phone, name);
	else if (command)
		tell_command(phone, command);
	for (size_t i = 0; i < BEL_COUNT_OF(commands) && !name.len; i++)
		tell_command(phone, &commands[i]);
}

/* ---- a line ---- */

static bool is_digits(bel_str text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!bel_char_is_digit(text.ptr[i]) && text.ptr[i] != '*' &&
		    text.ptr[i] != '#')
			return false;
	return text.len;
}

/* An empty line and digits alone do the obvious thing: take the call that rings, press
 * keys in the one that stands. False: it was neither. */
static bool run_obvious(struct bel_phone *phone, const struct bel_phone_words *words)
{
	struct bel_phone_call *ringing = bel_phone_call_ringing(phone), *named;
	uint64_t number;

	if (words->count > 1 || (words->count && !is_digits(words->word[0])))
		return false;
	if (ringing) {
		if (words->count &&
		    !bel_str_to_u64(&number, words->word[0], UINT32_MAX)) {
			named = bel_phone_call_number(phone, number);
			if (named && named->is_incoming && !named->is_up)
				ringing = named;
		}
		bel_phone_call_answer(ringing);
	} else if (words->count && phone->at_hand && phone->at_hand->is_up) {
		bel_phone_send_digits(phone->at_hand, words->word[0], BELFRY_DIGIT_EVENT);
	} else if (words->count) {
		bel_phone_fail(phone, "nobody listens: did you mean \"call %.*s\"?",
			       BEL_STR_ARG(words->word[0]));
	}
	return true;
}

void bel_phone_command(struct bel_phone *phone, bel_str line)
{
	struct bel_phone_words words;
	const struct bel_phone_command *command;

	if (phone->is_leaving)
		return;
	cut(&words, bel_str_trim(line));
	if (run_obvious(phone, &words) || words.word[0].ptr[0] == '#')
		return; /* the latter: a remark in a script */
	command = find(words.word[0]);
	if (!command)
		tell_unknown(phone, words.word[0]);
	else if (words.count - 1 < command->words_min ||
		 (words.count - 1 > command->words_max))
		bel_phone_fail(phone, "%s is written so: %s %s", command->name,
			       command->name, command->usage);
	else
		command->run(phone, &words);
	bel_phone_wait_check(phone);
}

void bel_phone_complete(const struct bel_phone *phone, bel_str begun,
			struct bel_writer *rest)
{
	const char *found = NULL;

	(void)phone;
	for (size_t i = 0; i < BEL_COUNT_OF(commands) && begun.len; i++) {
		if (!bel_str_has_prefix(bel_str_from(commands[i].name), begun))
			continue;
		if (found)
			return;
		found = commands[i].name;
	}
	if (!found)
		return;
	bel_write_text(rest, found + begun.len);
	bel_write_char(rest, ' ');
}
