/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_API_INT_H
#define BEL_API_INT_H

#include <pthread.h>
#include <stdatomic.h>

#include "api/api.h"

enum {
	WORDS_MAX = 32,
	REQUEST_BYTES_MAX = 16 << 10,
	SINK_BYTES = 64 << 10,
	CONNECTIONS_MAX = 16,
	SEPARATOR = 0x1f, /* between the words of a command; a line end closes it */
	TRAILER = 0x04,   /* begins the last line of an answer: the exit status */
};

struct bel_api {
	struct bel_api_opts opts;
	int control_fd, http_fds[8];
	char control_path[108]; /* as long as the system allows (unix(7)) */
	unsigned http_count;
	int stop_pipe[2];
	pthread_t thread;
	bool has_thread;
	_Atomic unsigned connections;
	_Atomic bool is_closing;
};

/* An answer on its way: what does not fit goes out first. */
struct sink {
	int fd;
	bool is_broken; /* the reader has gone */
	struct bel_writer writer;
	char buf[SINK_BYTES];
};
void bel_sink_init(struct sink *sink, int fd);
/* Leaves room for len bytes by sending what is there. */
void bel_sink_reserve(struct sink *sink, size_t len);
void bel_sink_flush(struct sink *sink);
void bel_sink_str(struct sink *sink, bel_str str);
void bel_sink_format(struct sink *sink, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* One command as it was asked. */
struct command {
	struct bel_api *api;
	struct sink *sink;
	const bel_str *words; /* the first is the command itself; options are taken out */
	unsigned count;
	bool is_json;
	struct bel_arena *arena;
};
/* Word number index that is no option nor an option's value; empty: none. The command's
 * own name is number 0. */
bel_str bel_command_word(const struct command *command, unsigned index);
/* Value of an option "--name VALUE" that stands among the words; empty when absent. */
bel_str bel_command_option(const struct command *command, const char *name);
/* Lines for the person, or one JSON object that holds them. Returns status. */
int bel_command_tell(const struct command *command, int status, bel_str text);
/* A sentence for the person, and exit status 1 or 2. */
int bel_command_refuse(const struct command *command, int status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

int bel_commands_run(struct bel_api *api, struct sink *sink, const bel_str *words,
		     unsigned count);
void bel_metrics_write(struct bel_node *node, struct sink *sink);
void bel_http_serve(struct bel_api *api, int fd);

/* The rows of the table. */
int bel_command_status(const struct command *command);
int bel_command_metrics(const struct command *command);
int bel_command_reload(const struct command *command);
int bel_command_explain(const struct command *command);
int bel_command_why(const struct command *command);
int bel_command_reg(const struct command *command);
int bel_command_reg_watch(const struct command *command); /* until the reader goes */
int bel_command_user(const struct command *command);
int bel_command_ban(const struct command *command);
int bel_command_calls(const struct command *command);

#endif
