/* SPDX-License-Identifier: Apache-2.0
 * answer ADDRESS PASSWORD FILE: registers, answers each call, plays a file, hangs up. */
#include <belfry/belfry.h>
#include <stdio.h>

static void on_event(void *user, const struct belfry_event *event)
{
	const char *file = user;

	printf("%s %u %s\n", belfry_event_name(event->type), event->status, event->from);
	fflush(stdout);
	if (event->type == BELFRY_EVENT_INCOMING)
		belfry_call_answer(event->call);
	else if (event->type == BELFRY_EVENT_PLAYED ||
		 (event->type == BELFRY_EVENT_ANSWERED &&
		  belfry_call_play(event->call, file, false)))
		belfry_call_hang_up(event->call);
}

int main(int argc, char **argv)
{
	struct belfry_agent *agent;
	struct belfry_account *account;

	if (argc != 4 ||
	    belfry_agent_open(&agent, &(struct belfry_agent_options){
					      .on_event = on_event, .user = argv[3] }))
		return 2;
	if (belfry_account_add(&account, agent,
			       &(struct belfry_account_options){ .address = argv[1],
								 .password = argv[2] }))
		fprintf(stderr, "%s\n", belfry_agent_last_error(agent));
	else
		belfry_agent_run(agent);
	belfry_agent_close(agent);
	return 1;
}
