/* SPDX-License-Identifier: Apache-2.0
 * Ctrl-C and SIGTERM as events of a loop, for commands that have something to end in good
 * order: a call to hang up, a registration to take back. */
#ifndef BEL_CMD_SIGNALS_H
#define BEL_CMD_SIGNALS_H

#include "io/io.h"

struct signals {
	struct bel_watch *watch;
	int fd;
	void (*on_signal)(void *user);
	void *user;
};

/* on_signal is called by the loop, once for each signal. They stay blocked for good: what
 * arrives after signals_close does not kill either. Where no descriptor is left they do
 * what they always do. */
void signals_open(struct signals *signals, struct bel_loop *loop,
		  void (*on_signal)(void *user), void *user);
void signals_close(struct signals *signals);

#endif
