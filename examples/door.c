/* SPDX-License-Identifier: Apache-2.0
 * door ADDRESS PASSWORD TO CODE: a door station. A line on standard input is the bell: TO
 * is called, and may open with CODE. Whoever calls the door may, too. */
#include <belfry/belfry.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { CODE_DIGITS_MAX = 16 };

/* One visitor at a time. */
struct door {
	struct belfry_agent *agent;
	struct belfry_account *account;
	struct belfry_call *call;
	const char *to, *code;
	char typed[CODE_DIGITS_MAX + 1]; /* the last digits */
};

static void on_digit(struct door *door, char digit)
{
	size_t wanted = strlen(door->code), typed = strlen(door->typed);

	if (typed == wanted)
		memmove(door->typed, door->typed + 1, typed--);
	door->typed[typed] = digit;
	door->typed[typed + 1] = '\0';
	if (strcmp(door->typed, door->code) != 0)
		return;
	puts("the door is open");
	fflush(stdout);
	belfry_call_tone(door->call, 1000, -10, 500);
}

static void on_event(void *user, const struct belfry_event *event)
{
	struct door *door = user;

	switch (event->type) {
	case BELFRY_EVENT_REGISTERED:
		puts("the door can be called");
		fflush(stdout);
		break;
	case BELFRY_EVENT_INCOMING:
		if (door->call) {
			belfry_call_refuse(event->call, 486);
			break;
		}
		door->call = event->call;
		door->typed[0] = '\0';
		belfry_call_answer(event->call);
		break;
	case BELFRY_EVENT_DIGIT:
		if (event->call == door->call)
			on_digit(door, event->digit);
		break;
	case BELFRY_EVENT_PLAYED:
		belfry_call_hang_up(event->call);
		break;
	case BELFRY_EVENT_ENDED:
		if (event->call == door->call)
			door->call = NULL;
		break;
	default:
		break;
	}
}

static void ring(struct door *door)
{
	const struct belfry_dial dial = { .account = door->account,
					  .to = door->to,
					  .ring_s = 30 };

	door->typed[0] = '\0';
	if (!door->call && belfry_call_dial(&door->call, door->agent, &dial))
		fprintf(stderr, "%s\n", belfry_agent_last_error(door->agent));
}

/* The program's own loop: the agent and the bell. Ends with standard input. */
static void watch(struct door *door)
{
	struct pollfd fds[] = {
		{ .fd = belfry_agent_fd(door->agent), .events = POLLIN },
		{ .fd = STDIN_FILENO, .events = POLLIN },
	};
	char line[256];
	ssize_t got = 1;

	while (got > 0) {
		if (poll(fds, 2, belfry_agent_next_ms(door->agent)) < 0)
			return;
		belfry_agent_step(door->agent, 0);
		if (!fds[1].revents)
			continue;
		got = read(STDIN_FILENO, line, sizeof line);
		if (got > 0)
			ring(door);
	}
}

int main(int argc, char **argv)
{
	struct door door = { .to = argc == 5 ? argv[3] : NULL,
			     .code = argc == 5 ? argv[4] : NULL };

	if (argc != 5 || !*door.code || strlen(door.code) > CODE_DIGITS_MAX ||
	    belfry_agent_open(&door.agent, &(struct belfry_agent_options){
						   .on_event = on_event, .user = &door }))
		return 2;
	if (belfry_account_add(&door.account, door.agent,
			       &(struct belfry_account_options){ .address = argv[1],
								 .password = argv[2] }))
		fprintf(stderr, "%s\n", belfry_agent_last_error(door.agent));
	else
		watch(&door);
	belfry_agent_close(door.agent);
	return 0;
}
