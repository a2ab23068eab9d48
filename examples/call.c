/* SPDX-License-Identifier: Apache-2.0
 * call FROM PASSWORD TO FILE [RECORDING]: calls, plays a file, hangs up, and says how
 * good the line was. */
#include <belfry/belfry.h>
#include <stdio.h>

struct caller {
	const char *file, *recording;
	bool was_answered;
};

static void on_answered(struct caller *caller, struct belfry_call *call)
{
	caller->was_answered = true;
	if (caller->recording && belfry_call_record(call, caller->recording))
		fprintf(stderr, "cannot record into %s\n", caller->recording);
	if (belfry_call_play(call, caller->file, false))
		belfry_call_hang_up(call);
}

static void say_quality(const struct belfry_call *call)
{
	struct belfry_call_info info;

	belfry_call_info(&info, call);
	printf("%s%s  sent %llu  received %llu  loss %.1f %%  MOS %.1f\n", info.codec,
	       info.is_protected ? " protected" : "",
	       (unsigned long long)info.quality.packets_sent,
	       (unsigned long long)info.quality.packets_received, info.quality.loss * 100,
	       info.quality.mos);
}

static void on_event(void *user, const struct belfry_event *event)
{
	struct caller *caller = user;

	switch (event->type) {
	case BELFRY_EVENT_ANSWERED:
		on_answered(caller, event->call);
		break;
	case BELFRY_EVENT_PLAYED:
		belfry_call_hang_up(event->call);
		break;
	case BELFRY_EVENT_ENDED:
		if (event->is_set)
			say_quality(event->call);
		else
			printf("no call: %s\n", event->text);
		belfry_agent_stop(event->agent);
		break;
	default:
		break;
	}
}

static void say_failure(void *user, enum belfry_log_level level, const char *text)
{
	(void)user;
	if (level == BELFRY_LOG_ERROR)
		fprintf(stderr, "%s\n", text);
}

int main(int argc, char **argv)
{
	struct caller caller = { .file = argc > 4 ? argv[4] : NULL,
				 .recording = argc > 5 ? argv[5] : NULL };
	struct belfry_agent *agent;
	struct belfry_account *account;
	struct belfry_call *call;

	if (argc < 5 || belfry_agent_open(&agent, &(struct belfry_agent_options){
							  .on_event = on_event,
							  .on_log = say_failure,
							  .user = &caller }))
		return 2;
	if (!belfry_account_add(
		    &account, agent,
		    &(struct belfry_account_options){ .address = argv[1],
						      .password = argv[2],
						      .has_no_registration = true }) &&
	    !belfry_call_dial(&call, agent,
			      &(struct belfry_dial){ .account = account, .to = argv[3] }))
		belfry_agent_run(agent);
	belfry_agent_close(agent);
	return !caller.was_answered;
}
