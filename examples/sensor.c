/* SPDX-License-Identifier: Apache-2.0
 * sensor FROM PASSWORD TO TEXT: sends a text, and ends with 0 when it arrived. */
#include <belfry/belfry.h>
#include <stdio.h>

static void on_event(void *user, const struct belfry_event *event)
{
	uint16_t *status = user;

	if (event->type != BELFRY_EVENT_REPLY)
		return;
	*status = event->status;
	printf("%u %s\n", event->status, event->text);
	belfry_agent_stop(event->agent);
}

int main(int argc, char **argv)
{
	uint16_t status = 0;
	struct belfry_agent *agent;
	struct belfry_account *account;

	if (argc != 5 ||
	    belfry_agent_open(&agent, &(struct belfry_agent_options){
					      .on_event = on_event, .user = &status }))
		return 2;
	if (belfry_account_add(
		    &account, agent,
		    &(struct belfry_account_options){ .address = argv[1],
						      .password = argv[2],
						      .has_no_registration = true }) ||
	    belfry_message_send(NULL, agent,
				&(struct belfry_message){ .account = account,
							  .to = argv[3],
							  .text = argv[4] }))
		fprintf(stderr, "%s\n", belfry_agent_last_error(agent));
	else
		belfry_agent_run(agent);
	belfry_agent_close(agent);
	return status / 100 != 2;
}
