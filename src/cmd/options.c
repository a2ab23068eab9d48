/* SPDX-License-Identifier: Apache-2.0
 * belfry options URI: one OPTIONS request, by the same rooms that the server stands on.
 */
#include <stdio.h>
#include <stdlib.h>

#include "cmd/cmd.h"

enum { TIMEOUT_MS = 32000, MESSAGE_BYTES = 2048 };

struct question {
	struct bel_loop *loop;
	struct bel_transport *transport;
	struct bel_resolver *resolver;
	struct bel_targets *targets;
	struct bel_tls_context *tls;
	struct bel_tx_table *table;
	struct bel_tx tx;
	struct bel_flow flow;
	struct bel_flow_waiter waiter;
	struct bel_targets_query query;
	struct bel_arena arena;
	struct bel_uri uri;
	struct bel_hop hops[BEL_TARGETS_MAX];
	unsigned hops_count, hop_at;
	uint64_t began_ms;
	bool is_json, is_over, has_tx, has_told;
	int status;
};

static void try_next(struct question *question);

static void end(struct question *question, int status)
{
	question->status = status;
	question->is_over = true;
}

static void say_no(const struct question *question, const char *what, const char *why)
{
	if (question->is_json)
		printf("{\"error\":\"%s: %s\"}\n", what, why);
	else
		fprintf(stderr, "belfry: %s: %s\n", what, why);
}

static enum bel_err send_request(struct bel_tx *tx, bel_str bytes)
{
	struct question *question = tx->user;

	return bel_flow_send(question->transport, &question->flow, bytes);
}

static void on_message(struct bel_tx *tx, struct bel_sip_msg *msg)
{
	struct question *question = tx->user;
	uint64_t took_ms = bel_loop_clock_ms() - question->began_ms;
	bel_str agent = bel_sip_value(msg, BEL_SIP_H_USER_AGENT);

	if (msg->status < 200)
		return;
	if (!agent.ptr)
		agent = bel_sip_value(msg, BEL_SIP_H_SERVER);
	if (question->is_json)
		printf("{\"status\":%u,\"took_ms\":%llu}\n", msg->status,
		       (unsigned long long)took_ms);
	else
		printf("%u %.*s   in %llu ms\n", msg->status, BEL_STR_ARG(msg->reason),
		       (unsigned long long)took_ms);
	if (!question->is_json && agent.len)
		printf("  agent  %.*s\n", BEL_STR_ARG(agent));
	end(question, msg->status < 300 ? EXIT_YES : EXIT_NO);
}

static void on_failure(struct bel_tx *tx, enum bel_err err)
{
	struct question *question = tx->user;

	say_no(question, "no answer", bel_err_text(err));
	question->has_told = true;
	question->status = EXIT_NO;
}

static void on_end(struct bel_tx *tx)
{
	struct question *question = tx->user;

	question->has_tx = false;
	if (!question->is_over)
		try_next(question);
}

static const struct bel_tx_port port = {
	.send = send_request,
	.on_message = on_message,
	.on_failure = on_failure,
	.on_end = on_end,
};

static void on_flow_failed(struct bel_flow_waiter *waiter, enum bel_err err)
{
	struct question *question = BEL_CONTAINER_OF(waiter, struct question, waiter);

	if (question->has_tx)
		bel_tx_on_unreachable(&question->tx, err);
}

static bel_str write_request(struct question *question, bel_str *branch)
{
	char *buf = bel_arena_bytes(&question->arena, MESSAGE_BYTES);
	struct bel_writer writer = bel_writer_init(buf, buf ? MESSAGE_BYTES : 0);
	bel_addr own = bel_flow_own_addr(question->transport, &question->flow);
	char host[64], id[32], from[128];
	struct bel_writer host_text = bel_writer_init(host, sizeof host);
	struct bel_writer id_text = bel_writer_init(id, sizeof id);
	struct bel_writer from_text = bel_writer_init(from, sizeof from);
	uint64_t random;

	bel_loop_random(question->loop, &random, sizeof random);
	bel_addr_write_uri_host(&host_text, &own);
	bel_write_lit(&id_text, "z9hG4bK");
	bel_write_hex64(&id_text, random, 16);
	*branch = bel_arena_copy(&question->arena, bel_writer_str(&id_text));
	/* The asked one must find a name of its own in From: servers are silent to those
	 * who do not know them. */
	bel_write_lit(&from_text, "sip:belfry@");
	bel_write_str(&from_text, question->uri.host);
	bel_sip_write_request_line(&writer, BEL_STR("OPTIONS"), question->uri.text);
	bel_sip_write_name(&writer, BEL_SIP_H_VIA);
	bel_sip_write_via(&writer, question->flow.transport, bel_writer_str(&host_text),
			  own.port, *branch, true);
	bel_sip_write_crlf(&writer);
	bel_sip_write_number(&writer, BEL_SIP_H_MAX_FORWARDS, 70);
	bel_sip_write_name(&writer, BEL_SIP_H_FROM);
	bel_sip_write_addr(&writer, BEL_STR_NONE, bel_writer_str(&from_text),
			   bel_str_slice(*branch, 7, 15));
	bel_sip_write_crlf(&writer);
	bel_sip_write_name(&writer, BEL_SIP_H_TO);
	bel_sip_write_addr(&writer, BEL_STR_NONE, question->uri.text, BEL_STR_NONE);
	bel_sip_write_crlf(&writer);
	bel_sip_write_header(&writer, BEL_SIP_H_CALL_ID, bel_str_slice(*branch, 7, 23));
	bel_sip_write_cseq(&writer, 1, BEL_STR("OPTIONS"));
	bel_sip_write_header(&writer, BEL_SIP_H_ACCEPT, BEL_STR("application/sdp"));
	bel_sip_write_body(&writer, BEL_STR_NONE, BEL_STR_NONE);
	return writer.is_full ? BEL_STR_NONE : bel_writer_str(&writer);
}

/* One hop after the other, as RFC 3263 section 4.3 has it. */
static void try_next(struct question *question)
{
	while (question->hop_at < question->hops_count) {
		const struct bel_hop *hop = &question->hops[question->hop_at++];
		bel_str branch, request;
		if (bel_flow_open(&question->flow, question->transport, hop))
			continue;
		request = write_request(question, &branch);
		if (!request.len)
			break;
		bel_flow_waiter_init(&question->waiter, on_flow_failed);
		bel_flow_wait(question->transport, &question->flow, &question->waiter);
		question->has_tx = true;
		bel_tx_client_start(
			&question->tx, question->table,
			&(struct bel_tx_client_opts){
				.port = &port,
				.user = question,
				.arena = &question->arena,
				.branch = branch,
				.request = request,
				.method = BEL_SIP_OPTIONS,
				.is_reliable = bel_flow_is_stream(&question->flow),
			});
		return;
	}
	if (!question->has_told)
		say_no(question, "no answer", "no way there");
	end(question, EXIT_NO);
}

static void on_targets(struct bel_targets_query *query, enum bel_err err,
		       const struct bel_hop *hops, unsigned count)
{
	struct question *question = BEL_CONTAINER_OF(query, struct question, query);

	if (err) {
		say_no(question, "the name cannot be resolved", bel_err_text(err));
		end(question, EXIT_NO);
		return;
	}
	memcpy(question->hops, hops, count * sizeof *hops);
	for (unsigned i = 0; i < count; i++)
		question->hops[i].name = bel_arena_copy(&question->arena, hops[i].name);
	question->hops_count = count;
	try_next(question);
}

static void on_messages(void *user, struct bel_rx *rx, unsigned count)
{
	struct question *question = user;

	for (unsigned i = 0; i < count; i++) {
		struct bel_sip_msg *msg = bel_arena_alloc(&question->arena, sizeof *msg);
		struct bel_sip_refusal why;
		if (!msg || bel_sip_parse(msg, &question->arena, rx[i].bytes, &why) ||
		    bel_sip_validate(msg, &why) || msg->is_request)
			continue;
		struct bel_tx *tx = bel_tx_find_client(question->table, msg);
		if (tx)
			bel_tx_on_response(tx, msg);
	}
}

static void on_broken(void *user, const struct bel_flow *flow, bel_str bytes,
		      const struct bel_sip_refusal *why)
{
	(void)user;
	(void)flow;
	(void)bytes;
	(void)why;
}

static const struct bel_transport_port transport_port = { .on_messages = on_messages,
							  .on_broken = on_broken };

static enum bel_err open_all(struct question *question)
{
	const bel_addr any_v4 = bel_addr_v4(0, 0, 0, 0, 0), any_v6 = { .family = 6 };
	const struct bel_transport_listener listeners[] = {
		{ BEL_SIP_UDP, any_v4 }, { BEL_SIP_TCP, any_v4 }, { BEL_SIP_TLS, any_v4 },
		{ BEL_SIP_UDP, any_v6 }, { BEL_SIP_TCP, any_v6 }, { BEL_SIP_TLS, any_v6 },
	};
	/* A sign of life is asked of whoever is there, certificate or not. */
	const struct bel_tls_opts tls = { .has_verify_off = true };
	enum bel_err err = bel_loop_open(&question->loop);

	if (!err)
		err = bel_tls_context_new(&question->tls, &tls, NULL);
	if (!err)
		err = bel_transport_open(
			&question->transport, NULL,
			&(struct bel_transport_opts){
				.loop = question->loop,
				.workers = 1,
				.listeners = listeners,
				.listeners_count = BEL_COUNT_OF(listeners),
				.tls_client = question->tls,
				.port = &transport_port,
				.user = question,
			});
	if (!err)
		err = bel_resolver_open(&question->resolver, question->loop,
					&(struct bel_resolver_opts){ .tries = 0 });
	if (!err)
		err = bel_targets_open(&question->targets,
				       &(struct bel_targets_opts){
					       .loop = question->loop,
					       .resolver = question->resolver,
					       .has_udp = true,
					       .has_tcp = true,
					       .has_tls = true,
					       .has_ipv6 = true,
				       });
	if (!err)
		err = bel_tx_table_open(
			&question->table,
			&(struct bel_tx_table_opts){ .loop = question->loop });
	return err;
}

/* "127.0.0.1:5070" has a colon, but no scheme. */
static bool has_scheme(bel_str word)
{
	return bel_str_has_prefix_nocase(word, BEL_STR("sip:")) ||
	       bel_str_has_prefix_nocase(word, BEL_STR("sips:")) ||
	       bel_str_has_prefix_nocase(word, BEL_STR("tel:"));
}

int bel_cmd_options(const struct args *args)
{
	struct question *question = calloc(1, sizeof *question);
	char text[512];
	struct bel_writer writer = bel_writer_init(text, sizeof text);
	uint64_t until;
	int status;
	enum bel_err err;

	if (!question)
		return bel_cmd_fail("no memory");
	question->is_json = args->is_json;
	if (args->rest_count && !has_scheme(args->rest[0]))
		bel_write_lit(&writer, "sip:");
	if (args->rest_count)
		bel_write_str(&writer, args->rest[0]);
	if (!args->rest_count || bel_uri_parse(&question->uri, bel_writer_str(&writer)) ||
	    question->uri.scheme == BEL_URI_OTHER) {
		free(question);
		return bel_cmd_fail("options takes a SIP URI, as in: belfry options "
				    "sip:example.com");
	}
	bel_arena_init(&question->arena, NULL, 0, 1 << 20);
	question->query.on_targets = on_targets;
	err = open_all(question);
	if (err)
		end(question, bel_cmd_fail("cannot start: %s", bel_err_text(err)));
	question->began_ms = bel_loop_clock_ms();
	until = question->began_ms + TIMEOUT_MS;
	if (!err)
		bel_targets_find(question->targets, &question->query, &question->uri, 0);
	while (!question->is_over && bel_loop_clock_ms() < until)
		bel_loop_turn(question->loop, 100);
	status = question->status;
	question->is_over = true;
	bel_tx_table_close(question->table);
	bel_targets_close(question->targets);
	bel_resolver_close(question->resolver);
	bel_transport_close(question->transport);
	bel_tls_context_unref(question->tls);
	bel_loop_close(question->loop);
	bel_arena_fini(&question->arena);
	free(question);
	return status;
}
