/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cmd/signals.h"

/* The descriptor stays readable until each signal was read. */
static void on_readable(void *user, unsigned events)
{
	struct signals *signals = user;
	struct signalfd_siginfo info;

	(void)events;
	while (read(signals->fd, &info, sizeof info) == (ssize_t)sizeof info)
		signals->on_signal(signals->user);
}

void signals_open(struct signals *signals, struct bel_loop *loop,
		  void (*on_signal)(void *user), void *user)
{
	sigset_t set;

	*signals = (struct signals){ .on_signal = on_signal, .user = user };
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	signals->fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signals->fd < 0 || bel_watch_open(&signals->watch, loop, signals->fd,
					      BEL_WATCH_READ, on_readable, signals))
		return;
	sigprocmask(SIG_BLOCK, &set, NULL);
}

void signals_close(struct signals *signals)
{
	bel_watch_close(signals->watch);
	if (signals->fd >= 0)
		close(signals->fd);
}
