/* SPDX-License-Identifier: Apache-2.0
 * An agent on a loop of its own and real sockets of this machine. */
#include "unit/lib/party.h"

#include <poll.h>
#include <unistd.h>

static const char *const here[] = { "udp:127.0.0.1:0", "tcp:127.0.0.1:0", NULL };

static void on_log(void *user, enum belfry_log_level level, const char *text)
{
	struct bel_writer *said = user;

	assert_int_equal(level, BELFRY_LOG_ERROR);
	said->len = 0;
	bel_write_text(said, text);
}

static void what_cannot_be_opened_is_said(void **state)
{
	static const char *const no_listener[] = { "udp127.0.0.1", NULL };
	static const char *const no_transport[] = { "sctp:127.0.0.1:5060", NULL };
	static const char *const no_codec[] = { "G729", NULL };
	static const char *const not_ours[] = { "udp:192.0.2.1:5060", NULL };
	char buf[256];
	struct bel_writer said = bel_writer_init(buf, sizeof buf);
	const struct {
		struct belfry_agent_options options;
		enum belfry_error error;
		const char *sentence;
	} cases[] = {
		{ { .listen = no_listener },
		  BELFRY_ERROR_SYNTAX,
		  "\"udp127.0.0.1\" is no listener like udp:0.0.0.0:5060: syntax error" },
		{ { .listen = no_transport },
		  BELFRY_ERROR_SYNTAX,
		  "\"sctp:127.0.0.1:5060\" is no listener like udp:0.0.0.0:5060: syntax "
		  "error" },
		{ { .codecs = no_codec },
		  BELFRY_ERROR_SYNTAX,
		  "no codec \"G729\": syntax error" },
		{ { .ca_file = "/nowhere/ca.pem" },
		  BELFRY_ERROR_NOT_FOUND,
		  "cannot read /nowhere/ca.pem: No such file or directory" },
		{ { .listen = not_ours },
		  BELFRY_ERROR_SYSTEM,
		  "cannot open the agent: Cannot assign requested address" },
	};

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(cases); i++) {
		struct belfry_agent_options options = cases[i].options;
		struct belfry_agent *agent = NULL;
		options.on_log = on_log;
		options.user = &said;
		assert_int_equal(belfry_agent_open(&agent, &options), cases[i].error);
		assert_str(bel_writer_str(&said), cases[i].sentence);
		assert_null(agent);
	}
}

static void an_agent_says_where_it_listens(void **state)
{
	struct belfry_agent *agent;
	int number = 1;

	(void)state;
	assert_int_equal(belfry_agent_open(&agent,
					   &(struct belfry_agent_options){
						   .listen = here, .user = &number }),
			 BELFRY_OK);
	assert_true(bel_str_has_prefix(bel_str_from(belfry_agent_listener(agent, 0)),
				       BEL_STR("udp:127.0.0.1:")));
	assert_true(bel_str_has_prefix(bel_str_from(belfry_agent_listener(agent, 1)),
				       BEL_STR("tcp:127.0.0.1:")));
	assert_null(belfry_agent_listener(agent, 2));
	assert_null(belfry_agent_listener(agent, 999));
	assert_ptr_equal(belfry_agent_user(agent), &number);
	assert_string_equal(belfry_agent_last_error(agent), "");
	belfry_agent_close(agent);
	belfry_agent_close(NULL);
}

static void all_options_may_be_left_out(void **state)
{
	struct belfry_agent *agent;

	(void)state;
	assert_int_equal(belfry_agent_open(&agent, NULL), BELFRY_OK);
	assert_non_null(belfry_agent_listener(agent, 0));
	belfry_agent_stop(agent);
	assert_int_equal(belfry_agent_run(agent), BELFRY_OK);
	belfry_agent_close(agent);
	assert_string_equal(belfry_version(), BELFRY_VERSION);
}

/* ---- the loop of the caller ---- */

struct talkers {
	struct belfry_agent *caller, *callee;
	bool is_over;
};

static void on_event(void *user, const struct belfry_event *event)
{
	struct talkers *talkers = user;

	assert_int_equal(belfry_agent_step(event->agent, 0), BELFRY_ERROR_STATE);
	if (event->type == BELFRY_EVENT_INCOMING)
		belfry_call_refuse(event->call, 486);
	if (event->type == BELFRY_EVENT_ENDED && event->agent == talkers->caller)
		talkers->is_over = event->status == 486;
}

/* Sleeps until one of them has something to do, as a program's own loop would. */
static void turn_both(struct talkers *talkers)
{
	struct belfry_agent *const agents[] = { talkers->caller, talkers->callee };
	struct pollfd fds[2];
	int wait_ms = 1000;

	for (int i = 0; i < 2; i++) {
		int next_ms = belfry_agent_next_ms(agents[i]);
		if (next_ms >= 0 && next_ms < wait_ms)
			wait_ms = next_ms;
		fds[i] = (struct pollfd){ .fd = belfry_agent_fd(agents[i]),
					  .events = POLLIN };
	}
	assert_true(poll(fds, 2, wait_ms) >= 0);
	for (int i = 0; i < 2; i++)
		if (fds[i].revents || !belfry_agent_next_ms(agents[i]))
			assert_int_equal(belfry_agent_step(agents[i], 0), BELFRY_OK);
}

static void two_agents_turn_in_the_loop_of_their_program(void **state)
{
	struct talkers talkers = { .is_over = false };
	const struct belfry_agent_options options = { .listen = here,
						      .on_event = on_event,
						      .user = &talkers };
	struct belfry_call *call;
	char to[80];

	(void)state;
	assert_int_equal(belfry_agent_open(&talkers.caller, &options), BELFRY_OK);
	assert_int_equal(belfry_agent_open(&talkers.callee, &options), BELFRY_OK);
	snprintf(to, sizeof to, "sip:bob@%s",
		 belfry_agent_listener(talkers.callee, 0) + 4);
	assert_int_equal(belfry_call_dial(&call, talkers.caller,
					  &(struct belfry_dial){ .to = to }),
			 BELFRY_OK);
	assert_int_equal(belfry_agent_calls(talkers.caller), 1);
	while (!talkers.is_over)
		turn_both(&talkers);
	assert_int_equal(belfry_agent_calls(talkers.caller), 0);
	belfry_agent_close(talkers.caller);
	belfry_agent_close(talkers.callee);
}

/* ---- TLS ---- */

#define CERTIFICATE "/tmp/belfry-lib-agent.pem"
#define KEY         "/tmp/belfry-lib-agent.key"

static void write_file(const char *path, bel_str text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text.ptr, 1, text.len, file), text.len);
	fclose(file);
}

static void make_certificate(void)
{
	const bel_str name = BEL_STR("127.0.0.1");
	char cert_text[4096], key_text[4096];
	struct bel_writer cert = bel_writer_init(cert_text, sizeof cert_text);
	struct bel_writer key = bel_writer_init(key_text, sizeof key_text);

	assert_int_equal(bel_tls_self_signed(&cert, &key, &name, 1), BEL_OK);
	write_file(CERTIFICATE, bel_writer_str(&cert));
	write_file(KEY, bel_writer_str(&key));
}

static void note_end(void *user, const struct belfry_event *event)
{
	if (event->type == BELFRY_EVENT_ENDED)
		*(struct belfry_event *)user = *event;
}

/* How a call to the callee over TLS ends for who trusts whom the options say. */
static struct belfry_event call_over_tls(struct talkers *talkers,
					 struct belfry_agent_options options)
{
	struct belfry_event end = { .seconds = 1 };
	struct belfry_call *call;
	char to[80];

	options.on_event = note_end;
	options.user = &end;
	assert_int_equal(belfry_agent_open(&talkers->caller, &options), BELFRY_OK);
	snprintf(to, sizeof to, "sip:bob@%s;transport=tls",
		 belfry_agent_listener(talkers->callee, 0) + 4);
	assert_int_equal(belfry_call_dial(&call, talkers->caller,
					  &(struct belfry_dial){ .to = to }),
			 BELFRY_OK);
	while (end.seconds)
		turn_both(talkers);
	belfry_agent_close(talkers->caller);
	return end;
}

static void certificates_are_verified_unless_told_otherwise(void **state)
{
	static const char *const tls[] = { "tls:127.0.0.1:0", NULL };
	struct talkers talkers = { .is_over = false };
	const struct belfry_agent_options callee = { .listen = tls,
						     .certificate_file = CERTIFICATE,
						     .key_file = KEY,
						     .on_event = on_event,
						     .user = &talkers };
	struct belfry_event end;

	(void)state;
	make_certificate();
	assert_int_equal(belfry_agent_open(&talkers.callee, &callee), BELFRY_OK);
	end = call_over_tls(&talkers,
			    (struct belfry_agent_options){ .name = "stranger" });
	assert_int_equal(end.status, 0);
	assert_int_equal(end.error, BELFRY_ERROR_TLS);
	end = call_over_tls(&talkers,
			    (struct belfry_agent_options){ .ca_file = CERTIFICATE });
	assert_int_equal(end.status, 486);
	end = call_over_tls(&talkers,
			    (struct belfry_agent_options){ .has_any_certificate = true });
	assert_int_equal(end.status, 486);
	belfry_agent_close(talkers.callee);
	unlink(CERTIFICATE);
	unlink(KEY);
}

static void a_wake_ends_a_wait(void **state)
{
	struct belfry_agent *agent;

	(void)state;
	assert_int_equal(
		belfry_agent_open(&agent,
				  &(struct belfry_agent_options){ .listen = here }),
		BELFRY_OK);
	belfry_agent_wake(agent);
	assert_int_equal(belfry_agent_step(agent, -1), BELFRY_OK);
	belfry_agent_close(agent);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_cannot_be_opened_is_said),
		cmocka_unit_test(an_agent_says_where_it_listens),
		cmocka_unit_test(all_options_may_be_left_out),
		cmocka_unit_test(two_agents_turn_in_the_loop_of_their_program),
		cmocka_unit_test(certificates_are_verified_unless_told_otherwise),
		cmocka_unit_test(a_wake_ends_a_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
