/* SPDX-License-Identifier: Apache-2.0
 * A TURN server of one worker in a simulated network, with clients and a peer: the server
 * at 20.0.0.1, clients at 20.0.0.2 and 20.0.0.3, the peer at 20.0.0.4. Users: alice
 * (password "wonder"), bob ("builder"). */
#ifndef BEL_TESTS_NAT_SUPPORT_H
#define BEL_TESTS_NAT_SUPPORT_H

#include "support/cert.h"
#include "support/relay_client.h"
#include "support/support.h"

#include "io/sim.h"
#include "nat/nat.h"

enum { CLIENTS = 2, UDP_PORT = 3478, TLS_PORT = 5349 };

/* A socket of somebody's that keeps what it got last. */
struct ear {
	struct bel_udp *udp;
	unsigned count;
	size_t bytes; /* of all */
	bel_addr from;
	char last[2048];
	size_t last_len;
};

struct post {
	struct bel_sim *sim;
	struct bel_sim_node *server_node;
	struct bel_loop *loop, *client_loops[CLIENTS], *peer_loop;
	struct bel_conf *conf;
	struct bel_users *users;
	struct bel_guard *guard;
	struct bel_crypto *crypto;
	struct bel_tls_context *tls;
	struct bel_nat_shared *shared;
	struct bel_nat *nat;
	struct bel_test_relay_client clients[CLIENTS];
	struct ear peer;
};

static inline bel_addr at(uint8_t d, uint16_t port)
{
	return bel_addr_v4(20, 0, 0, d, port);
}

static inline void ear_on_datagrams(void *user, struct bel_udp *udp,
				    struct bel_datagram *datagrams, unsigned count)
{
	struct ear *ear = user;
	const struct bel_datagram *last = &datagrams[count - 1];

	(void)udp;
	ear->count += count;
	for (unsigned i = 0; i < count; i++)
		ear->bytes += datagrams[i].len;
	ear->from = last->peer;
	ear->last_len = last->len < sizeof ear->last ? last->len : sizeof ear->last;
	memcpy(ear->last, last->buf, ear->last_len);
}

static inline void open_ear(struct ear *ear, struct bel_loop *loop, bel_addr local)
{
	assert_int_equal(
		bel_udp_open(&ear->udp, loop,
			     &(struct bel_udp_opts){ .local = local,
						     .on_datagrams = ear_on_datagrams,
						     .user = ear }),
		BEL_OK);
}

static inline struct bel_conf *load_conf(const char *text)
{
	struct bel_conf_report *report = malloc(sizeof *report);
	struct bel_conf *conf = NULL;

	assert_non_null(report);
	bel_conf_report_init(report);
	if (bel_conf_load(&conf, report,
			  &(struct bel_conf_opts){ .text = bel_str_from(text) }))
		fail_msg("line %u: %.*s", report->problems[0].line,
			 BEL_STR_ARG(report->problems[0].text));
	bel_conf_report_fini(report);
	free(report);
	return conf;
}

/* What stands in the block of turn, and around it. */
static inline struct bel_conf *conf_of(const char *block, const char *around)
{
	char text[2048];

	snprintf(text, sizeof text,
		 "domain example.test\n"
		 "listen udp,tcp 20.0.0.1:5060\n"
		 "user alice { password wonder }\n"
		 "user bob { password builder }\n"
		 "%s\n"
		 "turn {\n"
		 "listen udp,tcp 20.0.0.1:3478\n"
		 "listen tls 20.0.0.1:5349\n"
		 "%s\n}\n",
		 around, block);
	return load_conf(text);
}

static inline void open_tls(struct post *post)
{
	struct bel_test_cert *cert = malloc(sizeof *cert);

	assert_non_null(cert);
	bel_test_cert_make(cert, &(struct bel_test_cert_opts){ .names = "IP:20.0.0.1" });
	assert_int_equal(bel_tls_context_new(&post->tls,
					     &(struct bel_tls_opts){
						     .is_server = true,
						     .cert_pem = bel_test_cert_pem(cert),
						     .key_pem = bel_test_key_pem(cert) },
					     NULL),
			 BEL_OK);
	free(cert);
}

static inline struct post *open_post(const char *block, const char *around)
{
	static const struct bel_sim_net net = { .delay_min_ms = 1, .delay_max_ms = 1 };
	struct post *post = calloc(1, sizeof *post);
	const bel_addr server = at(1, 0);

	assert_non_null(post);
	post->sim = bel_sim_new(7, &net);
	post->server_node = bel_sim_node_new(post->sim, "server", &server);
	assert_int_equal(bel_sim_loop(&post->loop, post->server_node), BEL_OK);
	for (uint8_t i = 0; i <= CLIENTS; i++) {
		bel_addr addr = at((uint8_t)(2 + i), 0);
		struct bel_sim_node *node = bel_sim_node_new(post->sim, "host", &addr);
		assert_int_equal(bel_sim_loop(i < CLIENTS ? &post->client_loops[i]
							  : &post->peer_loop,
					      node),
				 BEL_OK);
	}
	post->conf = conf_of(block, around);
	assert_int_equal(bel_users_open(&post->users,
					&(struct bel_users_opts){
						.conf = post->conf,
						.realm = BEL_STR("example.test") }),
			 BEL_OK);
	assert_int_equal(bel_guard_open(&post->guard, post->conf, 5), BEL_OK);
	assert_int_equal(bel_crypto_open(&post->crypto), BEL_OK);
	open_tls(post);
	assert_int_equal(bel_nat_shared_open(&post->shared, post->loop, post->conf),
			 BEL_OK);
	assert_int_equal(
		bel_nat_open(&post->nat, NULL,
			     &(struct bel_nat_opts){ .loop = post->loop,
						     .shared = post->shared,
						     .workers = 1,
						     .conf = post->conf,
						     .realm = BEL_STR("example.test"),
						     .users = post->users,
						     .guard = post->guard,
						     .crypto = post->crypto,
						     .tls = post->tls }),
		BEL_OK);
	open_ear(&post->peer, post->peer_loop, at(4, 4000));
	for (unsigned i = 0; i < CLIENTS; i++)
		post->clients[i].loop = post->client_loops[i];
	return post;
}

static inline void close_post(struct post *post)
{
	for (unsigned i = 0; i < CLIENTS; i++)
		bel_test_relay_close(&post->clients[i]);
	bel_udp_close(post->peer.udp);
	bel_nat_close(post->nat);
	bel_nat_shared_close(post->shared);
	bel_tls_context_unref(post->tls);
	bel_crypto_close(post->crypto);
	bel_guard_close(post->guard);
	bel_users_close(post->users);
	bel_conf_unref(post->conf);
	for (unsigned i = 0; i < CLIENTS; i++)
		bel_loop_close(post->client_loops[i]);
	bel_loop_close(post->peer_loop);
	bel_loop_close(post->loop);
	bel_sim_free(post->sim);
	free(post);
}

static inline void run_for(struct post *post, uint64_t ms)
{
	bel_sim_run(post->sim, bel_sim_now_ms(post->sim) + ms);
}

/* Begins an allocation and waits for what comes of it. */
static inline struct bel_test_relay_client *allocate(struct post *post, unsigned which,
						     enum bel_turn_transport transport,
						     const char *username,
						     const char *password)
{
	struct bel_test_relay_client *client = &post->clients[which];
	const struct bel_test_relay_opts opts = {
		.loop = post->client_loops[which],
		.server = at(1, transport == BEL_TURN_TLS ? TLS_PORT : UDP_PORT),
		.transport = transport,
		.username = username,
		.password = password,
	};

	bel_test_relay_connect(client, &opts);
	run_for(post, 100);
	assert_true(client->is_ready);
	bel_test_relay_start(client, &opts);
	run_for(post, 100);
	return client;
}

static inline struct bel_test_relay_client *
allocate_alice(struct post *post, enum bel_turn_transport transport)
{
	struct bel_test_relay_client *client = allocate(post, 0, transport, "alice",
							"wonder");

	assert_true(client->is_open);
	return client;
}

#define assert_heard(ear, text)                                                          \
	assert_str(((bel_str){ (ear)->last, (ear)->last_len }), (text))
#define assert_got(client, text)                                                         \
	assert_str(((bel_str){ (client)->data, (client)->data_len }), (text))

#endif
