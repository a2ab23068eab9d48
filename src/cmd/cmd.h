/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd: the command line. main.c finds the row of commands.c that was asked for; each
 * subcommand has a small file. Exit status 0: yes; 1: the answer is no; 2: the command
 * could not run. */
#ifndef BEL_CMD_CMD_H
#define BEL_CMD_CMD_H

#include "api/api.h"
#include "base/base.h"
#include "conf/conf.h"

enum { EXIT_YES = 0, EXIT_NO = 1, EXIT_UNABLE = 2 };
enum { LISTENS_MAX = 16, REST_MAX = 48, PATH_BYTES = 3072 };

/* The command line with the options that most commands share taken out. */
struct args {
	const char *command;
	const char *config;           /* --config FILE */
	const char *state;            /* --state DIR */
	bel_str listens[LISTENS_MAX]; /* --listen SPEC, repeated */
	unsigned listens_count;
	unsigned workers; /* --workers N */
	bool is_json, is_lan, is_quiet, wants_help;
	bel_str rest[REST_MAX]; /* what is left, the command not included */
	unsigned rest_count;
};
/* Value of an option "--name VALUE" among the rest; empty when absent. */
bel_str bel_cmd_option(const struct args *args, const char *name);
/* Whether an option without a value is there. */
bool bel_cmd_has_flag(const struct args *args, const char *name);
/* Word number index of the rest that is no option nor an option's value; empty: none. */
bel_str bel_cmd_word(const struct args *args, unsigned index);

struct cmd {
	const char *name;
	int (*run)(const struct args *args);
	const char *usage; /* what follows the name */
	const char *help;  /* one sentence */
	const char *group;
	unsigned words_max; /* that may follow the name, options and values not counted */
	const char *options; /* " --this --that=" with a blank in front of each; those
				with a value end in = */
	const char *more;    /* lines for `help NAME`, or NULL */
};
extern const struct cmd bel_cmds[];
extern const unsigned bel_cmds_count;

int bel_cmd_main(int argc, char **argv);

int bel_cmd_dev(const struct args *args);
int bel_cmd_run(const struct args *args);
int bel_cmd_init(const struct args *args);
int bel_cmd_check(const struct args *args);
int bel_cmd_doctor(const struct args *args);
int bel_cmd_fmt(const struct args *args);
int bel_cmd_user(const struct args *args);
int bel_cmd_reg(const struct args *args);
int bel_cmd_call(const struct args *args);
int bel_cmd_answer(const struct args *args);
int bel_cmd_load_run(const struct args *args); /* calls at a rate; no configuration */
int bel_cmd_phone(const struct args *args);
int bel_cmd_message(const struct args *args);
int bel_cmd_register(const struct args *args);
int bel_cmd_options(const struct args *args);
int bel_cmd_explain(const struct args *args);
int bel_cmd_remote(const struct args *args); /* what the server answers as it is */
int bel_cmd_version(const struct args *args);
int bel_cmd_help(const struct args *args);
int bel_cmd_manual(const struct args *args);
/* Usage, sentence and further lines of one command. */
void bel_cmd_print_usage(const struct cmd *cmd);

/* The state directory of a running server: --state, ./belfry-dev, $BELFRY_STATE,
 * /var/lib/belfry. */
const char *bel_cmd_find_state(const struct args *args);
/* Asks the server there. EXIT_UNABLE, with words on standard error, when none answers;
 * with is_optional -1 and no words instead. */
int bel_cmd_ask(const struct args *args, const bel_str *words, unsigned count,
		bool is_optional);
/* Asks the server there without showing the answer; false when none answers. */
bool bel_cmd_ask_into(const struct args *args, const bel_str *words, unsigned count,
		      struct bel_writer *answer);
/* Titles of the table that a command answers with, or NULL. */
const char *bel_cmd_titles(const bel_str *words, unsigned count);
/* "belfry: ..." on standard error; returns EXIT_UNABLE. */
int bel_cmd_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Loads a configuration and writes its problems to *told. BEL_ERR_SYNTAX when it has
 * errors; another error when path cannot be read, with words on what. */
enum bel_err bel_cmd_load_into(struct bel_conf **out, const struct args *args,
			       bel_str path, bel_str text, bel_str realm, bool is_json,
			       struct bel_writer *told);
void bel_cmd_write_report(struct bel_writer *told, const struct bel_conf_report *report,
			  bool is_json);
/* Loads a configuration and prints its problems on standard error. NULL on errors. */
struct bel_conf *bel_cmd_load(const struct args *args, bel_str path, bel_str text,
			      bel_str realm);
/* folder/name, or name alone when it is absolute; terminated, cut at PATH_BYTES - 1. */
void bel_cmd_join_path(char out[PATH_BYTES], const char *folder, bel_str name);
/* Reads a whole file into malloc'ed memory, terminated. NULL: errno says why. */
char *bel_cmd_read_file(const char *path, size_t *len);
/* Writes a file with exactly that mode, whole or not at all. */
enum bel_err bel_cmd_write_file(const char *path, bel_str bytes, unsigned mode);
/* A password that people can type: 20 letters and digits without look-alikes. */
void bel_cmd_make_password(char out[21]);

/* server.c: the server in the foreground until it is told to end. */
struct server_opts {
	const struct args *args;
	const char *state;
	bel_str conf_path, conf_text; /* one of them, or neither */
	/* Called when it listens. */
	void (*on_ready)(void *user, struct bel_node *node);
	void *user;
};
int bel_server_run(const struct server_opts *opts);

/* in_use.c: who has the port, "kamailio (pid 812)"; empty when it cannot be told. */
void bel_port_owner(struct bel_writer *writer, const bel_addr *addr, bool is_udp);

#endif
