/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api_int.h"
#include "api/user_text.h"

static bool write_user(void *user, const struct bel_user *who)
{
	const struct command *command = user;

	bel_sink_reserve(command->sink, BEL_USER_TEXT_BYTES);
	bel_user_write(&command->sink->writer, who, command->is_json);
	return !command->sink->is_broken;
}

static int refuse_change(const struct command *command, enum bel_err err, bel_str name)
{
	char text[512];
	struct bel_writer writer = bel_writer_init(text, sizeof text);
	bool is_no = err == BEL_ERR_EXISTS || err == BEL_ERR_NOT_FOUND ||
		     err == BEL_ERR_DENIED;

	bel_user_write_refusal(&writer, err, name);
	return bel_command_refuse(command, is_no ? 1 : 2, "%.*s",
				  BEL_STR_ARG(bel_writer_str(&writer)));
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
