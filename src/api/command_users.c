/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api_int.h"

static bool write_user(void *user, const struct bel_user *who)
{
	const struct command *command = user;
	struct bel_writer *writer = &command->sink->writer;

	bel_sink_reserve(command->sink, 4096);
	if (command->is_json) {
		bel_write_lit(writer, "{\"name\":\"");
		bel_write_json(writer, who->name);
		bel_write_lit(writer, "\",\"numbers\":[");
		for (unsigned i = 0; i < who->numbers_count; i++) {
			bel_write_text(writer, i ? ",\"" : "\"");
			bel_write_json(writer, who->numbers[i]);
			bel_write_char(writer, '"');
		}
		bel_write_lit(writer, "],\"source\":\"");
		bel_write_json(writer, who->at.line ? who->at.file : BEL_STR("store"));
		bel_write_lit(writer, "\"}\n");
		return !command->sink->is_broken;
	}
	size_t before = writer->len;
	bel_write_escaped(writer, who->name);
	while (writer->len - before < 20)
		bel_write_char(writer, ' ');
	before = writer->len;
	for (unsigned i = 0; i < who->numbers_count; i++) {
		bel_write_char(writer, ' ');
		bel_write_escaped(writer, who->numbers[i]);
	}
	while (writer->len - before < 24)
		bel_write_char(writer, ' ');
	bel_write_char(writer, ' ');
	bel_write_escaped(writer, who->at.line ? who->at.file : BEL_STR("store"));
	if (who->at.line)
		bel_write_format(writer, ":%u", who->at.line);
	bel_write_char(writer, '\n');
	return !command->sink->is_broken;
}

static int refuse_change(const struct command *command, enum bel_err err, bel_str name)
{
	if (err == BEL_ERR_EXISTS)
		return bel_command_refuse(command, 1, "user %.*s exists already",
					  BEL_STR_ARG(name));
	if (err == BEL_ERR_NOT_FOUND)
		return bel_command_refuse(command, 1, "no user %.*s", BEL_STR_ARG(name));
	if (err == BEL_ERR_DENIED)
		return bel_command_refuse(command, 1,
					  "user %.*s is defined in the configuration "
					  "file: change it there",
					  BEL_STR_ARG(name));
	if (err == BEL_ERR_SYNTAX)
		return bel_command_refuse(command, 2, "%.*s cannot be a user's name",
					  BEL_STR_ARG(name));
	return bel_command_refuse(command, 2, "%s", bel_err_text(err));
}

/* user list | user add NAME PASSWORD [NUMBER...] | user passwd NAME PASSWORD | user
 * remove NAME. The command line makes the password when none is given. */
int bel_command_user(const struct command *command)
{
	struct bel_users *users = bel_node_users(command->api->opts.node);
	bel_str verb = command->count > 1 ? command->words[1] : BEL_STR("list");
	bool is_add = bel_str_is_equal(verb, BEL_STR("add"));
	enum bel_err err;

	if (bel_str_is_equal(verb, BEL_STR("list"))) {
		bel_users_each(users, write_user, (void *)command);
		return 0;
	}
	if (bel_str_is_equal(verb, BEL_STR("remove")) && command->count == 3) {
		err = bel_users_remove(users, command->words[2]);
	} else if ((is_add || bel_str_is_equal(verb, BEL_STR("passwd"))) &&
		   command->count >= 4) {
		err = bel_users_put(users, command->words[2], command->words[3],
				    command->words + 4, command->count - 4, is_add);
	} else {
		return bel_command_refuse(
			command, 2,
			"user list | add NAME [NUMBER...] | passwd NAME | "
			"remove NAME");
	}
	return err ? refuse_change(command, err, command->words[2]) : 0;
}
