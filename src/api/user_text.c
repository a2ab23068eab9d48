/* SPDX-License-Identifier: Apache-2.0 */
#include "api/user_text.h"

static bel_str source_of(const struct bel_user *user)
{
	return user->at.line ? user->at.file : BEL_STR("store");
}

static void write_json(struct bel_writer *writer, const struct bel_user *user)
{
	bel_write_lit(writer, "{\"name\":\"");
	bel_write_json(writer, user->name);
	bel_write_lit(writer, "\",\"numbers\":[");
	for (unsigned i = 0; i < user->numbers_count; i++) {
		bel_write_text(writer, i ? ",\"" : "\"");
		bel_write_json(writer, user->numbers[i]);
		bel_write_char(writer, '"');
	}
	bel_write_lit(writer, "],\"source\":\"");
	bel_write_json(writer, source_of(user));
	bel_write_char(writer, '"');
	if (user->at.line)
		bel_write_format(writer, ",\"line\":%u", user->at.line);
	bel_write_lit(writer, "}\n");
}

void bel_user_write(struct bel_writer *writer, const struct bel_user *user, bool is_json)
{
	if (is_json) {
		write_json(writer, user);
		return;
	}
	bel_write_escaped(writer, user->name);
	bel_write_char(writer, '\t');
	for (unsigned i = 0; i < user->numbers_count; i++) {
		bel_write_text(writer, i ? " " : "");
		bel_write_escaped(writer, user->numbers[i]);
	}
	bel_write_char(writer, '\t');
	bel_write_escaped(writer, source_of(user));
	if (user->at.line)
		bel_write_format(writer, ":%u", user->at.line);
	bel_write_char(writer, '\n');
}

void bel_user_write_refusal(struct bel_writer *writer, enum bel_err err, bel_str name)
{
	static const struct {
		enum bel_err err;
		const char *before, *after;
	} texts[] = {
		{ BEL_ERR_EXISTS, "user ",
		  " exists already, or a number is somebody's: belfry user list" },
		{ BEL_ERR_NOT_FOUND, "no user ", "" },
		{ BEL_ERR_DENIED, "user ",
		  " is defined in the configuration file: change it there" },
		{ BEL_ERR_SYNTAX, "",
		  " or a number of it cannot be a name: letters, digits and - . _ + "
		  "only" },
		{ BEL_ERR_LIMIT, "user ", " would have too many or too long numbers" },
	};

	for (size_t i = 0; i < BEL_COUNT_OF(texts); i++) {
		if (texts[i].err != err)
			continue;
		bel_write_text(writer, texts[i].before);
		bel_write_escaped(writer, name);
		bel_write_text(writer, texts[i].after);
		return;
	}
	bel_write_text(writer, bel_err_text(err));
}
