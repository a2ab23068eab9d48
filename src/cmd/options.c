/* SPDX-License-Identifier: Apache-2.0
 * belfry options URI, belfry message FROM TO TEXT: one request and its answer. */
#include <stdio.h>
#include <stdlib.h>

#include "cmd/party.h"
#include "lib/lib.h"

struct question {
	const struct args *args;
	struct bel_lib *lib;
	struct bel_arena arena;
	struct parties parties;
	uint64_t began_ms;
	bool is_over;
	int status;
};

static void say_error(const struct question *question, const char *why)
{
	if (question->args->is_json)
		printf("{\"error\":\"no answer: %s\"}\n", why);
	else
		fprintf(stderr, "belfry: no answer: %s\n", why);
}

static void say_answer(const struct question *question, struct bel_sip_msg *answer)
{
	uint64_t took_ms = bel_loop_clock_ms() - question->began_ms;
	bel_str agent = bel_sip_value(answer, BEL_SIP_H_USER_AGENT);
	char buf[512];
	struct bel_writer text = bel_writer_init(buf, sizeof buf);

	if (!agent.ptr)
		agent = bel_sip_value(answer, BEL_SIP_H_SERVER);
	if (question->args->is_json) {
		printf("{\"status\":%u,\"took_ms\":%llu}\n", answer->status,
		       (unsigned long long)took_ms);
		return;
	}
	bel_write_escaped(&text, answer->reason);
	printf("%u %.*s   in %llu ms\n", answer->status,
	       BEL_STR_ARG(bel_writer_str(&text)), (unsigned long long)took_ms);
	text.len = 0;
	bel_write_escaped(&text, agent);
	if (agent.len)
		printf("  agent  %.*s\n", BEL_STR_ARG(bel_writer_str(&text)));
}

static void on_answer(void *user, struct bel_sip_msg *response, enum bel_err err)
{
	struct question *question = user;

	question->is_over = true;
	question->status = response && response->status < 300 ? EXIT_YES : EXIT_NO;
	if (response)
		say_answer(question, response);
	else
		say_error(question, bel_err_text(err));
}

/* Asks, and waits: the answer comes, or the transaction ends by itself. */
static int ask(struct question *question, enum bel_sip_method method,
	       bel_str content_type, bel_str body)
{
	const struct parties *parties = &question->parties;
	struct bel_oneshot *oneshot;
	enum bel_err err;

	err = bel_lib_open(&question->lib,
			   &(struct bel_lib_opts){ .has_verify_off = true });
	if (err)
		return bel_cmd_fail("cannot start: %s", bel_err_text(err));
	question->began_ms = bel_loop_clock_ms();
	err = bel_oneshot_send(
		&oneshot,
		&(struct bel_oneshot_opts){
			.ua = bel_lib_ua(question->lib),
			.method = method,
			.from = parties->from_value,
			.target = parties->target,
			.account = parties->has_account ? &parties->account : NULL,
			.lines = method == BEL_SIP_OPTIONS
					 ? BEL_STR("Accept: "
						   "application/sdp\r\n")
					 : BEL_STR_NONE,
			.content_type = content_type,
			.body = body,
			.on_answer = on_answer,
			.user = question,
		});
	if (err)
		return bel_cmd_fail("cannot ask: %s", bel_err_text(err));
	while (!question->is_over)
		bel_loop_turn(bel_lib_loop(question->lib), -1);
	return question->status;
}

static int run(const struct args *args, bel_str from, bel_str to,
	       enum bel_sip_method method, bel_str content_type, bel_str body)
{
	struct question *question = calloc(1, sizeof *question);
	int status = EXIT_UNABLE;

	if (!question)
		return bel_cmd_fail("no memory");
	question->args = args;
	bel_arena_init(&question->arena, NULL, 0, 1 << 20);
	if (parties_read(&question->parties, args, from, to, &question->arena))
		status = ask(question, method, content_type, body);
	bel_lib_close(question->lib);
	bel_arena_fini(&question->arena);
	free(question);
	return status;
}

int bel_cmd_options(const struct args *args)
{
	bel_str to = bel_cmd_word(args, 0);
	char buf[512];
	struct bel_writer uri = bel_writer_init(buf, sizeof buf);

	if (!to.len)
		return bel_cmd_fail("options takes a SIP URI, as in: belfry options "
				    "sip:example.com");
	/* Here a bare word is a host: it is servers that are asked. */
	if (!bel_str_has_prefix_nocase(to, BEL_STR("sip")))
		bel_write_lit(&uri, "sip:");
	bel_write_str(&uri, to);
	return run(args, BEL_STR_NONE, bel_writer_str(&uri), BEL_SIP_OPTIONS,
		   BEL_STR_NONE, BEL_STR_NONE);
}

int bel_cmd_message(const struct args *args)
{
	bel_str text = bel_cmd_word(args, 2);

	if (!text.len)
		return bel_cmd_fail(
			"message takes who, whom and what, as in: belfry message "
			"alice bob \"on my way\"");
	return run(args, bel_cmd_word(args, 0), bel_cmd_word(args, 1), BEL_SIP_MESSAGE,
		   BEL_STR("text/plain;charset=UTF-8"), text);
}
