/* SPDX-License-Identifier: Apache-2.0
 * What a client writes into a stream to the TURN server, in pieces as the input says:
 * each begins with a byte that is its length. Whatever it is, the server goes on: a
 * Binding on another stream is answered after it, and nothing of the first one stays. */
#include <stdlib.h>

#include "io/sim.h"
#include "nat/nat.h"

enum { PORT = 3478, ANSWER_BYTES = 32 };

struct client {
	struct bel_stream *stream;
	size_t got;
	bool is_closed;
};

static struct bel_sim *sim;
static struct bel_loop *server_loop, *client_loop;
static struct bel_nat *nat;

static void require(bool is_so)
{
	if (!is_so)
		abort();
}

static bel_addr at(uint8_t d, uint16_t port)
{
	return bel_addr_v4(20, 0, 0, d, port);
}

static void open_server(void)
{
	static const char text[] = "user alice { password wonder }\ntrust 20.0.0.2\n"
				   "turn listen udp,tcp 20.0.0.1:3478\n";
	struct bel_conf_report *report = malloc(sizeof *report);
	struct bel_conf *conf = NULL;
	struct bel_users *users = NULL;
	struct bel_guard *guard = NULL;
	struct bel_crypto *crypto = NULL;
	struct bel_nat_shared *shared = NULL;

	require(report != NULL);
	bel_conf_report_init(report);
	require(bel_conf_load(&conf, report,
			      &(struct bel_conf_opts){ .text = bel_str_from(text) }) ==
		BEL_OK);
	bel_conf_report_fini(report);
	free(report);
	require(bel_users_open(&users, &(struct bel_users_opts){
					       .conf = conf,
					       .realm = BEL_STR("belfry") }) == BEL_OK);
	require(bel_guard_open(&guard, conf, 1) == BEL_OK);
	require(bel_crypto_open(&crypto) == BEL_OK);
	require(bel_nat_shared_open(&shared, server_loop, conf) == BEL_OK);
	require(bel_nat_open(&nat, NULL,
			     &(struct bel_nat_opts){ .loop = server_loop,
						     .shared = shared,
						     .workers = 1,
						     .conf = conf,
						     .realm = BEL_STR("belfry"),
						     .users = users,
						     .guard = guard,
						     .crypto = crypto }) == BEL_OK);
}

static void open_world(void)
{
	static const struct bel_sim_net net = { .delay_min_ms = 1, .delay_max_ms = 1 };
	bel_addr server = at(1, 0), client = at(2, 0);

	sim = bel_sim_new(1, &net);
	require(sim != NULL);
	require(bel_sim_loop(&server_loop, bel_sim_node_new(sim, "server", &server)) ==
		BEL_OK);
	require(bel_sim_loop(&client_loop, bel_sim_node_new(sim, "client", &client)) ==
		BEL_OK);
	open_server();
}

static void on_connected(void *user, struct bel_stream *stream)
{
	(void)user;
	(void)stream;
}

static void on_readable(void *user, struct bel_stream *stream)
{
	struct client *client = user;
	char buf[2048];
	size_t len;

	while (bel_stream_receive(&len, stream, buf, sizeof buf) == BEL_OK)
		client->got += len;
}

static void on_closed(void *user, struct bel_stream *stream, enum bel_err err)
{
	(void)stream;
	(void)err;
	((struct client *)user)->is_closed = true;
}

static const struct bel_stream_handler handler = { .on_connected = on_connected,
						   .on_readable = on_readable,
						   .on_closed = on_closed };

static void run_for(uint64_t ms)
{
	bel_sim_run(sim, bel_sim_now_ms(sim) + ms);
}

static void dial(struct client *client)
{
	bel_addr server = at(1, PORT);

	*client = (struct client){ .got = 0 };
	require(bel_stream_connect(&client->stream, client_loop, &server, NULL, &handler,
				   client) == BEL_OK);
	run_for(5);
}

static void say(const struct client *client, bel_str bytes)
{
	if (!client->is_closed)
		(void)bel_stream_send(client->stream, bytes);
	run_for(3);
}

static void write_pieces(const struct client *client, bel_str input)
{
	while (input.len) {
		size_t len = (uint8_t)input.ptr[0];
		say(client, bel_str_slice(input, 1, 1 + len));
		input = bel_str_slice(input, 1 + len, input.len);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char binding[] = "\0\1\0\0\x21\x12\xa4\x42"
				      "abcdefghijkl";
	struct client client, other;

	if (!sim)
		open_world();
	dial(&client);
	dial(&other);
	write_pieces(&client, (bel_str){ (const char *)data, size });
	say(&other, (bel_str){ binding, sizeof binding - 1 });
	run_for(5);
	require(other.got == ANSWER_BYTES && !other.is_closed);
	bel_stream_close(client.stream);
	bel_stream_close(other.stream);
	run_for(10);
	require(bel_nat_counters(nat)->connections == 0);
	require(bel_nat_turn_counters(nat)->relays == 0);
	return 0;
}
