/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd/offline.h"
#include "cmd/table.h"

enum { WORDS_MAX = REST_MAX + 4 };

static bool is_verb(const struct args *args, const char *verb)
{
	return args->rest_count && bel_str_is_equal(args->rest[0], bel_str_from(verb));
}

struct list {
	struct table table;
	bool is_json;
};

static bool print_user(void *user, const struct bel_user *who)
{
	struct list *list = user;
	char line[BEL_USER_TEXT_BYTES];
	struct bel_writer writer = bel_writer_init(line, sizeof line);

	bel_user_write(&writer, who, list->is_json);
	table_put(&list->table, bel_writer_str(&writer));
	return true;
}

static void print_users(const struct args *args, struct bel_users *users)
{
	struct list list = { .is_json = args->is_json };

	table_init(&list.table, BEL_USER_TITLES, !args->is_json && isatty(STDOUT_FILENO),
		   false);
	bel_users_each(users, print_user, &list);
	table_fini(&list.table, EXIT_YES);
}

static int refuse(const struct args *args, enum bel_err err, bel_str name)
{
	bool is_no = err == BEL_ERR_EXISTS || err == BEL_ERR_NOT_FOUND ||
		     err == BEL_ERR_DENIED;
	char text[512], quoted[1024];
	struct bel_writer writer = bel_writer_init(text, sizeof text);
	struct bel_writer json = bel_writer_init(quoted, sizeof quoted);

	bel_user_write_refusal(&writer, err, name);
	bel_write_json(&json, bel_writer_str(&writer));
	if (args->is_json)
		printf("{\"error\":\"%.*s\"}\n", BEL_STR_ARG(bel_writer_str(&json)));
	else
		fprintf(is_no ? stdout : stderr, "%.*s\n",
			BEL_STR_ARG(bel_writer_str(&writer)));
	return is_no ? EXIT_NO : EXIT_UNABLE;
}

/* The same commands as the server's, on its files. */
static int do_offline(const struct args *args, const bel_str *words, unsigned count)
{
	struct offline offline;
	struct bel_users *users = NULL;
	int status = bel_offline_open(&offline, args, is_verb(args, "add"));
	enum bel_err err = BEL_OK;

	if (!status)
		err = bel_users_open(&users,
				     &(struct bel_users_opts){ .conf = offline.conf,
							       .store = offline.store,
							       .realm = offline.realm });
	if (!status && err)
		status = bel_cmd_fail("cannot read the users: %s", bel_err_text(err));
	if (!status && is_verb(args, "list")) {
		print_users(args, users);
	} else if (!status) {
		if (is_verb(args, "remove"))
			err = bel_users_remove(users, words[2]);
		else
			err = bel_users_put(users, words[2], words[3], words + 4,
					    count - 4, is_verb(args, "add"));
		status = err ? refuse(args, err, words[2]) : EXIT_YES;
	}
	bel_users_close(users);
	bel_offline_close(&offline);
	return status;
}

/* Where a phone finds the server: its listeners, as it tells them. */
static void print_listeners(const struct args *args)
{
	const bel_str question = BEL_STR("status");
	char text[16 << 10];
	struct bel_writer answer = bel_writer_init(text, sizeof text);
	bel_str left, mark = BEL_STR("listen\t");

	if (!bel_cmd_ask_into(args, &question, 1, &answer)) {
		printf("server    not running; its ports stand in the configuration\n");
		return;
	}
	left = bel_writer_str(&answer);
	while (left.len) {
		size_t end = bel_str_find(left, '\n');
		bel_str line = bel_str_slice(left, 0, end);
		left = bel_str_slice(left, end < left.len ? end + 1 : end, left.len);
		if (!bel_str_has_prefix(line, mark))
			continue;
		line = bel_str_slice(line, mark.len, line.len);
		size_t tab = bel_str_find(line, '\t');
		printf("server    %.*s  %.*s\n", BEL_STR_ARG(bel_str_slice(line, 0, tab)),
		       BEL_STR_ARG(bel_str_slice(line, tab + 1, line.len)));
	}
}

/* Shown once: it is kept as a digest only. */
static void print_password(const struct args *args, bel_str name, const char *password)
{
	char quoted[1024];
	struct bel_writer json = bel_writer_init(quoted, sizeof quoted);

	if (args->is_json) {
		bel_write_json(&json, name);
		printf("{\"user\":\"%.*s\",\"password\":\"%s\"}\n",
		       BEL_STR_ARG(bel_writer_str(&json)), password);
		return;
	}
	printf("user      %.*s\npassword  %s   (shown once)\n", BEL_STR_ARG(name),
	       password);
	print_listeners(args);
}

int bel_cmd_user(const struct args *args)
{
	bool makes = is_verb(args, "add") || is_verb(args, "passwd");
	char password[21] = "";
	bel_str words[WORDS_MAX];
	unsigned count = 0;
	int status;

	if (!makes && !is_verb(args, "list") && !is_verb(args, "remove"))
		return bel_cmd_fail(
			"user list | user add NAME [NUMBER...] | user passwd NAME "
			"| user remove NAME");
	if (!is_verb(args, "list") && args->rest_count < 2)
		return bel_cmd_fail("whose account? belfry user %.*s NAME",
				    BEL_STR_ARG(args->rest[0]));
	words[count++] = BEL_STR("user");
	words[count++] = args->rest[0];
	for (unsigned i = 1; i < args->rest_count; i++) {
		words[count++] = args->rest[i];
		if (i == 1 && makes) {
			bel_cmd_make_password(password);
			words[count++] = bel_str_from(password);
		}
	}
	if (args->is_json)
		words[count++] = BEL_STR("--json");
	status = bel_cmd_ask(args, words, count, true);
	if (status < 0)
		status = do_offline(args, words, count - (args->is_json ? 1 : 0));
	if (status == EXIT_YES && makes)
		print_password(args, args->rest[1], password);
	bel_wipe(password, sizeof password);
	return status;
}
