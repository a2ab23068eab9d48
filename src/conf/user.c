/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/load.h"

#include <errno.h>

enum { USER_BYTES_MAX = 128, NUMBERS_MAX = 16 };

/* A user while his block is read. */
struct draft {
	struct bel_conf_user user;
	struct bel_conf_token token; /* his name */
	bel_str numbers[NUMBERS_MAX];
	const struct bel_conf_statement *password;
};

static void add_name(struct bel_conf_loader *loader, bel_str text,
		     const struct bel_conf_token *token, bool is_account)
{
	unsigned order = loader->names.count;
	struct bel_conf_name *name = BEL_CONF_ADD(loader, names, struct bel_conf_name);

	if (name)
		*name = (struct bel_conf_name){ .text = text,
						.token = *token,
						.user = loader->users.count,
						.order = order,
						.is_account = is_account };
}

/* Characters of the user part that need no escape (RFC 3261 section 25.1). */
static bool is_user_char(char c)
{
	char lower = bel_char_lower(c);

	return (lower >= 'a' && lower <= 'z') || bel_char_is_digit(c) ||
	       bel_str_find(BEL_STR("-_.!~*'()&=+$,?/"), c) < 16;
}

static bool read_user_name(struct bel_conf_loader *loader, bel_str *out,
			   const struct bel_conf_token *token)
{
	bel_str text = token->text;
	size_t len = 0;

	while (len < text.len && is_user_char(text.ptr[len]))
		len++;
	if (len && len == text.len && len <= USER_BYTES_MAX) {
		*out = bel_conf_keep(loader, text);
		return true;
	}
	bel_conf_complain(loader->report, token, "\"%.*s\" is not the name of a user",
			  BEL_CONF_SHOW(text));
	if (len && len < text.len && text.ptr[len] == '@')
		bel_conf_remedy(loader->report, "write it without the domain: %.*s",
				BEL_CONF_SHOW(bel_str_slice(text, 0, len)));
	else
		bel_conf_remedy(loader->report,
				"letters, digits and - _ . only, at most %d",
				USER_BYTES_MAX);
	return false;
}

static bool add_number(struct bel_conf_loader *loader, struct draft *draft,
		       const struct bel_conf_token *token, bel_str text)
{
	if (draft->user.numbers_count == NUMBERS_MAX) {
		bel_conf_complain(loader->report, token,
				  "more than %d numbers of one user", NUMBERS_MAX);
		bel_conf_remedy(loader->report, "give some to another user");
		return false;
	}
	draft->numbers[draft->user.numbers_count++] = text;
	add_name(loader, text, token, false);
	return true;
}

/* '+' in front, then digits; extensions may have stars and hashes. */
static bool is_number(bel_str text, bool is_did)
{
	size_t from = text.len && text.ptr[0] == '+';

	for (size_t i = from; i < text.len; i++)
		if (!bel_char_is_digit(text.ptr[i]) &&
		    (is_did || (text.ptr[i] != '*' && text.ptr[i] != '#')))
			return false;
	return text.len > from;
}

static void complain_number(struct bel_conf_loader *loader,
			    const struct bel_conf_token *token)
{
	char buf[32];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	for (size_t i = 0; i < token->text.len; i++)
		if (is_number(bel_str_slice(token->text, i, i + 1), false) ||
		    (i == 0 && token->text.ptr[0] == '+'))
			bel_write_char(&writer, token->text.ptr[i]);
	bel_conf_complain(loader->report, token, "\"%.*s\" is not a number",
			  BEL_CONF_SHOW(token->text));
	if (writer.len > 1 && !writer.is_full)
		bel_conf_remedy(loader->report, "write it without blanks and marks: %.*s",
				BEL_STR_ARG(bel_writer_str(&writer)));
	else
		bel_conf_remedy(loader->report,
				"write digits like 101 or +4930123401; other names are "
				"an alias");
}

static void take_number(struct bel_conf_loader *loader, const struct bel_conf_word *word,
			struct bel_conf_scope *scope,
			const struct bel_conf_statement *statement)
{
	bool is_did = bel_str_is_equal(statement->words->text, BEL_STR("did"));

	if (bel_conf_is_misshapen(loader, word, statement, 1, NUMBERS_MAX))
		return;
	for (unsigned i = 1; i < statement->count; i++) {
		const struct bel_conf_token *token = &statement->words[i];
		if (!is_number(token->text, is_did))
			complain_number(loader, token);
		else if (!add_number(loader, scope->base, token,
				     bel_conf_keep(loader, token->text)))
			return;
	}
}

static void take_alias(struct bel_conf_loader *loader, const struct bel_conf_word *word,
		       struct bel_conf_scope *scope,
		       const struct bel_conf_statement *statement)
{
	if (bel_conf_is_misshapen(loader, word, statement, 1, NUMBERS_MAX))
		return;
	for (unsigned i = 1; i < statement->count; i++) {
		const struct bel_conf_token *token = &statement->words[i];
		bel_str name;
		if (read_user_name(loader, &name, token) &&
		    !add_number(loader, scope->base, token, name))
			return;
	}
}

static void take_password(struct bel_conf_loader *loader,
			  const struct bel_conf_word *word, struct bel_conf_scope *scope,
			  const struct bel_conf_statement *statement)
{
	struct draft *draft = scope->base;

	if (bel_conf_is_misshapen(loader, word, statement, 1, BEL_DIGEST_COUNT))
		return;
	if (bel_conf_secret_is_sound(loader, statement))
		draft->password = statement;
}

static const struct bel_conf_word user_rows[] = {
	{ .name = "password",
	  .kind = BEL_CONF_TAKE,
	  .form = "SECRET|file:FILE|env:NAME|ha1:HEX",
	  .sample = "file:alice.pw",
	  .otherwise = "the user cannot register",
	  .also = "secret pass passwd auth_password pw",
	  .take = take_password,
	  .help = "The password as text, in a file, in an environment variable, or as "
		  "the HA1 "
		  "of digest authentication (ha1:HEX, ha1:sha-256:HEX)." },
	{ .name = "number",
	  .kind = BEL_CONF_TAKE,
	  .may_repeat = true,
	  .form = "NUMBER...",
	  .sample = "101",
	  .also = "extension ext exten phone",
	  .take = take_number,
	  .help = "Extensions that ring the user's phones." },
	{ .name = "did",
	  .kind = BEL_CONF_TAKE,
	  .may_repeat = true,
	  .form = "NUMBER...",
	  .sample = "+4930123401",
	  .also = "ddi",
	  .take = take_number,
	  .help = "Numbers of the public network that ring the user's phones." },
	{ .name = "alias",
	  .kind = BEL_CONF_TAKE,
	  .may_repeat = true,
	  .form = "NAME...",
	  .sample = "sales",
	  .also = "aliases",
	  .take = take_alias,
	  .help = "Further names of the user." },
	{ .name = "display",
	  .kind = BEL_CONF_TEXT,
	  .form = "\"TEXT\"",
	  .sample = "\"Alice Example\"",
	  .also = "callerid fullname display_name",
	  .offset = offsetof(struct draft, user.display),
	  .help = "The name that others see." },
	{ .name = "redirect",
	  .kind = BEL_CONF_TAKE,
	  .form = "bindings|CODE TARGET",
	  .sample = "302 sip:alice@example.net",
	  .also = "forward callforward",
	  .offset = offsetof(struct draft, user.redirect),
	  .take = bel_conf_redirect_take,
	  .help = "Answers calls to the user with where to go." },
	{ .name = "voicemail", .kind = BEL_CONF_LATER, .help = "A mailbox." },
	{ .name = "record", .kind = BEL_CONF_LATER, .help = "Recording of calls." },
};
static const struct bel_conf_words user_words = BEL_CONF_WORDS("Users", user_rows);
static const struct bel_conf_place user_place = {
	"user", (const struct bel_conf_words *const[]){ &user_words, NULL }
};

static void keep_user(struct bel_conf_loader *loader, const struct draft *draft)
{
	unsigned index = loader->users.count;
	unsigned count = draft->user.numbers_count;
	struct bel_conf_user *user = BEL_CONF_ADD(loader, users, struct bel_conf_user);
	bel_str *numbers = bel_arena_alloc(&loader->conf->arena, count * sizeof(bel_str));

	if (!user || !numbers) {
		loader->err = -ENOMEM;
		return;
	}
	if (count)
		memcpy(numbers, draft->numbers, count * sizeof(bel_str));
	*user = draft->user;
	user->numbers = numbers;
	if (!draft->password)
		return;
	struct bel_conf_pending *pending = BEL_CONF_ADD(loader, secrets,
							struct bel_conf_pending);
	if (pending)
		*pending = (struct bel_conf_pending){ index, &draft->password->words[1],
						      draft->password->count - 1 };
}

/* user NAME { ... }, or one statement of the block behind the name. */
static void take_user(struct bel_conf_loader *loader, const struct bel_conf_word *word,
		      struct bel_conf_scope *scope,
		      const struct bel_conf_statement *statement)
{
	struct draft draft = { .password = NULL };
	struct bel_conf_scope inner = { &user_place, &draft, NULL };
	struct bel_conf_statement rest = *statement;

	(void)scope;
	if (bel_conf_is_misshapen(loader, word, statement, 1, UINT16_MAX) ||
	    !read_user_name(loader, &draft.user.name, &statement->words[1]))
		return;
	draft.token = statement->words[1];
	draft.user.at = bel_conf_at_of(loader, &draft.token);
	add_name(loader, draft.user.name, &draft.token, true);
	rest.words += 2;
	rest.count -= 2;
	rest.open = NULL;
	if (rest.count)
		bel_conf_statement_take(loader, &inner, &rest);
	bel_conf_block_take(loader, &inner, statement->first);
	keep_user(loader, &draft);
}

/* Read when the realm is known (users_file.c). */
static void take_users(struct bel_conf_loader *loader, const struct bel_conf_word *word,
		       struct bel_conf_scope *scope,
		       const struct bel_conf_statement *statement)
{
	struct bel_conf_token *token;

	(void)scope;
	if (bel_conf_is_misshapen(loader, word, statement, 1, 1))
		return;
	token = BEL_CONF_ADD(loader, users_files, struct bel_conf_token);
	if (token)
		*token = statement->words[1];
}

static const struct bel_conf_word rows[] = {
	{ .name = "user",
	  .kind = BEL_CONF_TAKE,
	  .may_repeat = true,
	  .form = "NAME { password ...; number ... }",
	  .sample = "alice { number 101; password file:alice.pw }",
	  .otherwise = "users are those of `belfry user add`",
	  .also = "account endpoint peer friend subscriber extension aor username auth",
	  .take = take_user,
	  .block = &user_place,
	  .help = "Someone who registers phones and calls." },
	{ .name = "users",
	  .kind = BEL_CONF_TAKE,
	  .may_repeat = true,
	  .form = "FILE",
	  .sample = "users.txt",
	  .also = "htdigest userdb userfile",
	  .take = take_users,
	  .help = "Users from a file with a line NAME:REALM:ALGORITHM:HA1 for each." },
};
const struct bel_conf_words bel_conf_words_user = BEL_CONF_WORDS("Users", rows);
