/* SPDX-License-Identifier: Apache-2.0
 * users FILE: a line NAME:REALM:ALGORITHM:HA1 for each user and algorithm. */
#include "conf/load.h"

#include <errno.h>

enum { FIELDS = 4 };

struct line {
	struct bel_conf_token token; /* the whole line */
	struct bel_conf_token fields[FIELDS];
};

static bool split_line(struct bel_conf_loader *loader, struct line *line)
{
	size_t from = 0;

	for (unsigned i = 0; i < FIELDS; i++) {
		bel_str rest = bel_str_slice(line->token.text, from,
					     line->token.text.len);
		size_t to = from + bel_str_find(rest, ':');
		bool is_last = to == line->token.text.len;
		line->fields[i] = bel_conf_token_part(&line->token, from, to);
		from = to + 1;
		if (is_last != (i == FIELDS - 1) || !line->fields[i].text.len) {
			bel_conf_complain(loader->report, &line->token,
					  "not a line of users");
			bel_conf_remedy(loader->report,
					"write it like alice:example.com:md5:HA1");
			return false;
		}
	}
	return true;
}

static bool read_ha1(struct bel_conf_loader *loader, const struct line *line,
		     struct bel_conf_secret *secret)
{
	enum bel_digest digest;
	const struct bel_conf_token *hex = &line->fields[3];
	uint8_t bytes[BEL_DIGEST_BYTES_MAX];
	struct bel_writer writer = bel_writer_init(bytes, sizeof bytes);

	if (!bel_conf_digest_read(loader, &digest, &line->fields[2]))
		return false;
	if (hex->text.len != 2 * bel_digest_size(digest) ||
	    bel_write_from_hex(&writer, hex->text)) {
		bel_conf_complain(
			loader->report, hex, "an HA1 of %.*s has %zu hexadecimal digits",
			BEL_CONF_SHOW(line->fields[2].text), 2 * bel_digest_size(digest));
		bel_conf_remedy(loader->report, "make the line again");
		return false;
	}
	secret->ha1[digest] = bel_conf_keep(loader, bel_writer_str(&writer));
	return true;
}

static void take_line(struct bel_conf_loader *loader, struct line *line,
		      bool *has_other_realm)
{
	struct bel_conf_secret secret = { 0 };
	struct bel_conf_user *user;
	struct bel_conf_name *name;
	unsigned index = loader->users.count, order = loader->names.count;

	if (!split_line(loader, line) || !read_ha1(loader, line, &secret))
		return;
	if (!bel_str_is_equal(line->fields[1].text, loader->conf->realm)) {
		if (!*has_other_realm) {
			bel_conf_warn(loader->report, &line->fields[1],
				      "lines of another realm than \"%.*s\" are left out",
				      BEL_CONF_SHOW(loader->conf->realm));
			bel_conf_remedy(loader->report,
					"say `realm %.*s` in the configuration",
					BEL_CONF_SHOW(line->fields[1].text));
		}
		*has_other_realm = true;
		return;
	}
	user = BEL_CONF_ADD(loader, users, struct bel_conf_user);
	name = BEL_CONF_ADD(loader, names, struct bel_conf_name);
	if (!user || !name)
		return;
	user->at = bel_conf_at_of(loader, &line->token);
	user->name = line->fields[0].text;
	user->secret = secret;
	*name = (struct bel_conf_name){ .text = user->name,
					.token = line->fields[0],
					.user = index,
					.order = order,
					.is_account = true,
					.is_from_file = true };
}

static void read_users(struct bel_conf_loader *loader, const struct bel_conf_token *token)
{
	struct bel_conf_file *file = BEL_ARENA_NEW(&loader->scratch,
						   struct bel_conf_file);
	struct bel_cursor cursor;
	bool has_other_realm = false;

	if (!file) {
		loader->err = -ENOMEM;
		return;
	}
	if (bel_conf_file_read(loader, token, token->text, BEL_CONF_USERS_BYTES_MAX,
			       &loader->conf->arena, &file->text, &file->name))
		return;
	cursor = bel_cursor_init(file->text);
	for (unsigned number = 1; !bel_cursor_is_end(&cursor) && !loader->err; number++) {
		bel_str raw = bel_cursor_until_char(&cursor, '\n');
		bel_str text = bel_str_trim(raw);
		bel_cursor_take(&cursor, '\n');
		if (!text.len || text.ptr[0] == '#')
			continue;
		struct line line = { .token = { .kind = BEL_CONF_WORD,
						.line = number,
						.column = 1 +
							  (unsigned)(text.ptr - raw.ptr),
						.text = text,
						.raw = text,
						.file = file } };
		take_line(loader, &line, &has_other_realm);
	}
}

void bel_conf_users_files_read(struct bel_conf_loader *loader)
{
	const struct bel_conf_token *files = loader->users_files.items;

	for (unsigned i = 0; i < loader->users_files.count && !loader->err; i++)
		read_users(loader, &files[i]);
}
