/* SPDX-License-Identifier: Apache-2.0
 * Our TURN client on a loop, real or simulated: the engine of turn/client.h with a socket
 * under it, and what came of it. */
#ifndef BEL_TEST_RELAY_CLIENT_H
#define BEL_TEST_RELAY_CLIENT_H

#include "crypto/crypto.h"
#include "io/io.h"
#include "turn/turn.h"

enum { BEL_TEST_RELAY_BYTES = 2048, BEL_TEST_RELAY_STREAM_BYTES = 1 << 17 };

struct bel_test_relay_client {
	struct bel_loop *loop;
	struct bel_turn_client *turn;
	struct bel_crypto *crypto;
	struct bel_timer timer;
	enum bel_turn_transport transport;
	bel_addr server;
	struct bel_udp *udp;
	struct bel_stream *stream;
	struct bel_tls_context *context;
	struct bel_tls *tls;
	bool is_ready; /* connected, hands shaken */
	char *rest;    /* of the stream */
	size_t rest_len;

	/* what came of it */
	bool is_open, is_ended;
	enum bel_err end_err;
	unsigned end_code;
	unsigned granted_count, refused_count, refused_code;
	unsigned data_count;
	bel_addr data_from;
	char data[BEL_TEST_RELAY_BYTES];
	size_t data_len;
	unsigned icmp_count;
};

struct bel_test_relay_opts {
	struct bel_loop *loop;
	bel_addr local; /* family 0: wherever the server is reached from */
	bel_addr server;
	enum bel_turn_transport transport;
	const char *username, *password;
	uint8_t family;
	uint32_t lifetime_s;
};

/* Opens the socket, or begins to connect: is_ready says when that is done. */
void bel_test_relay_connect(struct bel_test_relay_client *client,
			    const struct bel_test_relay_opts *opts);
/* Once it is ready: the first request. is_open or is_ended tell how it went. */
void bel_test_relay_start(struct bel_test_relay_client *client,
			  const struct bel_test_relay_opts *opts);
/* Without a word to the server; harmless when it was never connected. */
void bel_test_relay_close(struct bel_test_relay_client *client);
/* Gives the allocation back. */
void bel_test_relay_stop(struct bel_test_relay_client *client);
/* By a channel when with_channel; then wait for granted_count or refused_count. */
void bel_test_relay_permit(struct bel_test_relay_client *client, const bel_addr *peer,
			   bool with_channel);
enum bel_err bel_test_relay_say(struct bel_test_relay_client *client,
				const bel_addr *peer, bel_str data);
/* The relayed address of IPv4. */
bel_addr bel_test_relay_addr(const struct bel_test_relay_client *client);

#endif
