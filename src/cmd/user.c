/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "cmd/offline.h"

enum { WORDS_MAX = REST_MAX + 4 };

static bool is_verb(const struct args *args, const char *verb)
{
	return args->rest_count && bel_str_is_equal(args->rest[0], bel_str_from(verb));
}

static bool print_user(void *user, const struct bel_user *who)
{
	(void)user;
	printf("%.*s", BEL_STR_ARG(who->name));
	for (unsigned i = 0; i < who->numbers_count; i++)
		printf(" %.*s", BEL_STR_ARG(who->numbers[i]));
	printf("\n");
	return true;
}

static int refuse(enum bel_err err, bel_str name)
{
	if (err == BEL_ERR_EXISTS)
		printf("user %.*s exists already\n", BEL_STR_ARG(name));
	else if (err == BEL_ERR_NOT_FOUND)
		printf("no user %.*s\n", BEL_STR_ARG(name));
	else if (err == BEL_ERR_DENIED)
		printf("user %.*s is defined in the configuration file: change it "
		       "there\n",
		       BEL_STR_ARG(name));
	else
		return bel_cmd_fail("%s", bel_err_text(err));
	return EXIT_NO;
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
		bel_users_each(users, print_user, NULL);
	} else if (!status) {
		if (is_verb(args, "remove"))
			err = bel_users_remove(users, words[2]);
		else
			err = bel_users_put(users, words[2], words[3], words + 4,
					    count - 4, is_verb(args, "add"));
		status = err ? refuse(err, words[2]) : EXIT_YES;
	}
	bel_users_close(users);
	bel_offline_close(&offline);
	return status;
}

/* Shown once: it is kept as a digest only. */
static void print_password(const struct args *args, bel_str name, const char *password)
{
	if (args->is_json)
		printf("{\"user\":\"%.*s\",\"password\":\"%s\"}\n", BEL_STR_ARG(name),
		       password);
	else
		printf("user      %.*s\npassword  %s   (shown once)\nserver    this "
		       "machine, "
		       "port 5060, udp or tcp; port 5061 for tls\n",
		       BEL_STR_ARG(name), password);
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
