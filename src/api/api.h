/* SPDX-License-Identifier: Apache-2.0
 *
 * api: how people and programs talk to a running server. A control socket in the state
 * directory takes one command a connection, as the command line sends it, and streams the
 * answer; an HTTP listener gives figures to Prometheus. Threads of their own: nothing
 * here can hold up a worker.
 *
 *   control.c    the socket: who connects, what is asked, the end of an answer
 *   commands.c   the table of commands
 *   command_*.c  one subject each
 *   watch.c      changes as they happen
 *   explain.c    what would be done, with or without a server
 *   *_text.c     bindings and users as lines, for the command line as well
 *   http.c       GET /metrics
 *   sink.c       answers of any length, written as they are made */
#ifndef BEL_API_API_H
#define BEL_API_API_H

#include "base/base.h"
#include "node/node.h"

struct bel_api;

struct bel_api_opts {
	struct bel_node *node;
	const char *control_path; /* of the socket; copied; NULL: none */
	const bel_addr *http;     /* listeners of HTTP */
	unsigned http_count;
	const struct bel_log *log;
	uint64_t started_ms; /* wall clock */
	/* Loads the configuration anew; writes what to tell the person who asked. From an
	 * api thread. */
	enum bel_err (*reload)(void *user, struct bel_writer *told);
	void *user;
};

enum bel_err bel_api_open(struct bel_api **out, const struct bel_api_opts *opts);
/* Commands that run are cut off. */
void bel_api_close(struct bel_api *api);

/* The other end of the control socket: sends a command and hands on the answer, piece by
 * piece as it comes. *status is the command's own exit status. -ENOENT and -ECONNREFUSED
 * when no server is there. */
enum bel_err bel_api_ask(int *status, const char *control_path, const bel_str *words,
			 unsigned count, void (*on_bytes)(void *user, bel_str bytes),
			 void *user);

#include "api/binding_text.h"
#include "api/explain.h"
#include "api/user_text.h"

#endif
