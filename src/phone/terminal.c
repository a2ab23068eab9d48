/* SPDX-License-Identifier: Apache-2.0
 * Standard input and output around a phone: one loop that waits for keys, signals and the
 * phone's own loop. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "phone/editor.h"
#include "phone/phone.h"

enum { INPUT_BYTES = 8 * 1024, PROMPT_EVERY_MS = 1000 };

struct bel_terminal {
	bool is_json, is_keyed; /* keyed: both ends are a terminal */
	int signal_fd;
	struct bel_phone *phone;
	struct bel_editor *editor; /* NULL: lines as they come */

	/* without an editor */
	char input[INPUT_BYTES];
	size_t input_bytes;
	bool is_at_end;
};

/* ---- the port of the phone ---- */

static void on_tell(void *user, enum bel_phone_kind kind, bel_str line)
{
	struct bel_terminal *terminal = user;
	bool is_aside = kind == BEL_PHONE_PROBLEM && !terminal->is_json;

	if (terminal->is_keyed && kind == BEL_PHONE_RING)
		fputc('\a', stdout);
	if (terminal->editor) {
		bel_editor_print(terminal->editor, line);
		return;
	}
	fprintf(is_aside ? stderr : stdout, "%.*s\n", BEL_STR_ARG(line));
	fflush(is_aside ? stderr : stdout);
}

static uint64_t clock_ms(void *user)
{
	struct timespec now;

	(void)user;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

const struct bel_phone_port bel_terminal_port = { .tell = on_tell, .clock_ms = clock_ms };

/* ---- keys ---- */

static void write_prompt(void *user, struct bel_writer *prompt)
{
	bel_phone_write_prompt(((struct bel_terminal *)user)->phone, prompt);
}

static void complete(void *user, bel_str begun, struct bel_writer *rest)
{
	bel_phone_complete(((struct bel_terminal *)user)->phone, begun, rest);
}

static const struct bel_editor_port editor_port = { .write_prompt = write_prompt,
						    .complete = complete };

static void read_keys(struct bel_terminal *terminal)
{
	bel_str line;

	switch (bel_editor_read(terminal->editor, &line)) {
	case BEL_EDITOR_TYPING:
		return;
	case BEL_EDITOR_LINE:
		bel_phone_command(terminal->phone, line);
		break;
	case BEL_EDITOR_END:
		bel_phone_leave(terminal->phone);
		break;
	}
	if (!bel_phone_is_leaving(terminal->phone))
		bel_editor_next(terminal->editor);
}

/* There is nothing to type any more. */
static void check_leaving(struct bel_terminal *terminal)
{
	if (!bel_phone_is_leaving(terminal->phone))
		return;
	bel_editor_close(terminal->editor);
	terminal->editor = NULL;
	terminal->is_at_end = true;
}

/* ---- lines ---- */

static void read_input(struct bel_terminal *terminal)
{
	ssize_t count = read(STDIN_FILENO, terminal->input + terminal->input_bytes,
			     sizeof terminal->input - terminal->input_bytes);

	if (count > 0)
		terminal->input_bytes += (size_t)count;
	else if (count == 0 || (errno != EINTR && errno != EAGAIN))
		terminal->is_at_end = true;
}

/* A line that is too long is cut where the room ends. */
static bool take_line(struct bel_terminal *terminal)
{
	bel_str input = { terminal->input, terminal->input_bytes };
	size_t end = bel_str_find(input, '\n'), taken = end + 1;

	if (end == input.len) {
		if (!terminal->is_at_end && input.len < sizeof terminal->input)
			return false;
		if (!input.len)
			return false;
		taken = end;
	}
	bel_phone_command(terminal->phone, bel_str_slice(input, 0, end));
	memmove(terminal->input, terminal->input + taken, input.len - taken);
	terminal->input_bytes = input.len - taken;
	return true;
}

/* The end of a script is that of the phone. */
static void run_lines(struct bel_terminal *terminal)
{
	while (!bel_phone_is_waiting(terminal->phone) &&
	       !bel_phone_is_over(terminal->phone) && take_line(terminal))
		;
	if (terminal->is_at_end && !terminal->input_bytes &&
	    !bel_phone_is_waiting(terminal->phone))
		bel_phone_leave(terminal->phone);
}

/* ---- signals ---- */

static int open_signals(void)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGWINCH);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void take_signal(struct bel_terminal *terminal)
{
	struct signalfd_siginfo info;

	if (read(terminal->signal_fd, &info, sizeof info) != (ssize_t)sizeof info)
		return;
	if (info.ssi_signo == SIGWINCH) {
		if (terminal->editor)
			bel_editor_resize(terminal->editor);
		return;
	}
	if (terminal->editor)
		bel_editor_clear(terminal->editor);
	/* A script has nobody who would go on after a call was ended for him. */
	if (info.ssi_signo == SIGINT &&
	    (terminal->is_keyed || bel_phone_is_leaving(terminal->phone)))
		bel_phone_interrupt(terminal->phone);
	else
		bel_phone_leave(terminal->phone);
}

/* ---- the loop ---- */

static int sooner(int a_ms, int b_ms)
{
	if (a_ms < 0 || b_ms < 0)
		return a_ms < 0 ? b_ms : a_ms;
	return a_ms < b_ms ? a_ms : b_ms;
}

/* A script is read no faster than it is followed. */
static bool reads(const struct bel_terminal *terminal)
{
	if (terminal->editor)
		return true;
	return !terminal->is_at_end && !bel_phone_is_waiting(terminal->phone) &&
	       terminal->input_bytes < sizeof terminal->input;
}

static bool turn(struct bel_terminal *terminal)
{
	struct belfry_agent *agent = bel_phone_agent(terminal->phone);
	struct pollfd fds[] = {
		{ .fd = belfry_agent_fd(agent), .events = POLLIN },
		{ .fd = terminal->signal_fd, .events = POLLIN },
		{ .fd = reads(terminal) ? STDIN_FILENO : -1, .events = POLLIN },
	};
	int wait_ms = sooner(belfry_agent_next_ms(agent),
			     bel_phone_next_ms(terminal->phone));

	if (terminal->editor)
		wait_ms = sooner(wait_ms, PROMPT_EVERY_MS);
	if (poll(fds, BEL_COUNT_OF(fds), wait_ms) < 0 && errno != EINTR)
		return false;
	if (belfry_agent_step(agent, 0))
		return false;
	bel_phone_advance(terminal->phone);
	if (fds[1].revents)
		take_signal(terminal);
	if ((fds[2].revents & (POLLHUP | POLLERR)) && terminal->editor)
		bel_phone_leave(terminal->phone);
	else if (fds[2].revents && terminal->editor)
		read_keys(terminal);
	else if (fds[2].revents)
		read_input(terminal);
	check_leaving(terminal);
	if (terminal->editor)
		bel_editor_refresh(terminal->editor);
	else
		run_lines(terminal);
	return true;
}

bool bel_terminal_run(struct bel_terminal *terminal, struct bel_phone *phone)
{
	bool is_fine = true;

	terminal->phone = phone;
	bel_phone_greet(phone);
	if (terminal->is_keyed && !terminal->is_json &&
	    bel_editor_open(&terminal->editor, &editor_port, terminal))
		printf("  keys   lines as they are typed: libedit.so.2 is not installed "
		       "(apt install libedit2)\n");
	if (terminal->editor)
		bel_editor_next(terminal->editor);
	while (is_fine && !bel_phone_is_over(phone))
		is_fine = turn(terminal);
	bel_editor_close(terminal->editor);
	terminal->editor = NULL;
	return is_fine;
}

/* ---- its life ---- */

struct bel_terminal *bel_terminal_open(bool is_json)
{
	struct bel_terminal *terminal = calloc(1, sizeof *terminal);

	if (!terminal)
		return NULL;
	terminal->is_json = is_json;
	terminal->is_keyed = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	terminal->signal_fd = open_signals();
	return terminal;
}

void bel_terminal_close(struct bel_terminal *terminal)
{
	if (!terminal)
		return;
	if (terminal->signal_fd >= 0)
		close(terminal->signal_fd);
	free(terminal);
}
