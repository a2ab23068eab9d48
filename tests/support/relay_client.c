/* SPDX-License-Identifier: Apache-2.0 */
#include "support/relay_client.h"

#include "support/support.h"

static uint64_t now_ms(const struct bel_test_relay_client *client)
{
	return bel_loop_now_ms(client->loop);
}

static void arm(struct bel_test_relay_client *client)
{
	uint64_t at_ms = client->turn ? bel_turn_client_next_ms(client->turn)
				      : UINT64_MAX;

	if (at_ms != UINT64_MAX)
		bel_timer_start(client->loop, &client->timer, at_ms);
}

static void on_due(void *user)
{
	struct bel_test_relay_client *client = user;

	bel_turn_client_advance(client->turn, now_ms(client));
	arm(client);
}

/* ---- the engine's surroundings ---- */

static void send_pieces(void *user, const bel_str *pieces, unsigned count)
{
	struct bel_test_relay_client *client = user;
	char buf[BEL_TEST_RELAY_BYTES + 100];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	for (unsigned i = 0; i < count; i++)
		bel_write_str(&writer, pieces[i]);
	assert_int_equal(bel_writer_check(&writer), BEL_OK);
	if (client->udp)
		bel_udp_send(client->udp, &client->server, NULL, bel_writer_str(&writer));
	else if (client->tls)
		bel_tls_write(client->tls, bel_writer_str(&writer));
	else
		bel_stream_send(client->stream, bel_writer_str(&writer));
}

static void draw(void *user, void *out, size_t len)
{
	bel_loop_random(((struct bel_test_relay_client *)user)->loop, out, len);
}

static void on_open(void *user)
{
	((struct bel_test_relay_client *)user)->is_open = true;
}

static void on_granted(void *user, const bel_addr *peer, enum bel_err err, unsigned code)
{
	struct bel_test_relay_client *client = user;

	(void)peer;
	if (err) {
		client->refused_count++;
		client->refused_code = code;
	} else {
		client->granted_count++;
	}
}

static void on_data(void *user, const bel_addr *peer, bel_str data)
{
	struct bel_test_relay_client *client = user;

	client->data_count++;
	client->data_from = *peer;
	client->data_len = data.len < sizeof client->data ? data.len
							  : sizeof client->data;
	memcpy(client->data, data.ptr, client->data_len);
}

static void on_icmp(void *user, const bel_addr *peer, uint8_t type, uint8_t code,
		    uint32_t mtu)
{
	(void)peer;
	(void)type;
	(void)code;
	(void)mtu;
	((struct bel_test_relay_client *)user)->icmp_count++;
}

static void on_end(void *user, enum bel_err err, unsigned code)
{
	struct bel_test_relay_client *client = user;

	client->is_ended = true;
	client->end_err = err;
	client->end_code = code;
}

static const struct bel_turn_client_port port = {
	.send = send_pieces,
	.random = draw,
	.on_open = on_open,
	.on_granted = on_granted,
	.on_data = on_data,
	.on_icmp = on_icmp,
	.on_end = on_end,
};

/* ---- datagrams ---- */

static void on_datagrams(void *user, struct bel_udp *udp, struct bel_datagram *datagrams,
			 unsigned count)
{
	struct bel_test_relay_client *client = user;

	(void)udp;
	for (unsigned i = 0; i < count; i++)
		bel_turn_client_receive(client->turn,
					(bel_str){ datagrams[i].buf, datagrams[i].len },
					now_ms(client));
	arm(client);
}

/* ---- streams ---- */

static enum bel_err tls_receive(void *user, size_t *len, char *buf, size_t size)
{
	return bel_stream_receive(len, ((struct bel_test_relay_client *)user)->stream,
				  buf, size);
}

static enum bel_err tls_send(void *user, bel_str bytes)
{
	return bel_stream_send(((struct bel_test_relay_client *)user)->stream, bytes);
}

static const struct bel_tls_port tls_port = { tls_receive, tls_send };

static void start(struct bel_test_relay_client *client,
		  const struct bel_turn_client_opts *opts)
{
	assert_int_equal(bel_turn_client_open(&client->turn, opts, now_ms(client)),
			 BEL_OK);
	arm(client);
}

static void cut(struct bel_test_relay_client *client)
{
	size_t len = 0;

	while (bel_turn_frame_find(&len, (bel_str){ client->rest, client->rest_len }) ==
		       BEL_OK &&
	       len <= client->rest_len) {
		bel_turn_client_receive(client->turn, (bel_str){ client->rest, len },
					now_ms(client));
		client->rest_len -= len;
		memmove(client->rest, client->rest + len, client->rest_len);
	}
}

static void shake_hands(struct bel_test_relay_client *client)
{
	enum bel_err err = bel_tls_handshake(client->tls);

	if (err != BEL_OK && err != BEL_ERR_AGAIN)
		fail_msg("TLS: %.*s", BEL_STR_ARG(bel_tls_failure(client->tls)));
	client->is_ready = err == BEL_OK;
}

static void on_readable(void *user, struct bel_stream *stream)
{
	struct bel_test_relay_client *client = user;
	size_t got = 0;

	if (!client->is_ready)
		shake_hands(client);
	while (client->is_ready) {
		char *buf = client->rest + client->rest_len;
		size_t size = BEL_TEST_RELAY_STREAM_BYTES - client->rest_len;
		if (client->tls ? bel_tls_read(&got, client->tls, buf, size)
				: bel_stream_receive(&got, stream, buf, size))
			break;
		client->rest_len += got;
		cut(client);
	}
	arm(client);
}

static void on_connected(void *user, struct bel_stream *stream)
{
	struct bel_test_relay_client *client = user;

	(void)stream;
	if (client->transport == BEL_TURN_TCP) {
		client->is_ready = true;
		return;
	}
	assert_int_equal(bel_tls_context_new(
				 &client->context,
				 &(struct bel_tls_opts){ .has_verify_off = true }, NULL),
			 BEL_OK);
	assert_int_equal(bel_tls_open(&client->tls, client->context, BEL_STR_NONE,
				      &tls_port, client),
			 BEL_OK);
	shake_hands(client);
}

static void on_closed(void *user, struct bel_stream *stream, enum bel_err err)
{
	struct bel_test_relay_client *client = user;

	(void)stream;
	(void)err;
	client->is_ready = false;
	if (client->turn)
		bel_turn_client_on_closed(client->turn, now_ms(client));
	else
		client->is_ended = true;
}

static const struct bel_stream_handler handler = { .on_connected = on_connected,
						   .on_readable = on_readable,
						   .on_closed = on_closed };

/* ---- from open to close ---- */

void bel_test_relay_connect(struct bel_test_relay_client *client,
			    const struct bel_test_relay_opts *opts)
{
	bel_addr local = opts->local;

	*client = (struct bel_test_relay_client){ .loop = opts->loop,
						  .transport = opts->transport,
						  .server = opts->server };
	bel_timer_init(&client->timer, on_due, client);
	assert_int_equal(bel_crypto_open(&client->crypto), BEL_OK);
	client->rest = malloc(BEL_TEST_RELAY_STREAM_BYTES);
	assert_non_null(client->rest);
	if (opts->transport != BEL_TURN_UDP) {
		assert_int_equal(bel_stream_connect(
					 &client->stream, opts->loop, &opts->server,
					 local.family ? &local : NULL, &handler, client),
				 BEL_OK);
		return;
	}
	if (!local.family)
		assert_int_equal(bel_loop_local_for(opts->loop, &opts->server, &local),
				 BEL_OK);
	assert_int_equal(
		bel_udp_open(&client->udp, opts->loop,
			     &(struct bel_udp_opts){ .local = local,
						     .on_datagrams = on_datagrams,
						     .user = client }),
		BEL_OK);
	client->is_ready = true;
}

void bel_test_relay_start(struct bel_test_relay_client *client,
			  const struct bel_test_relay_opts *opts)
{
	start(client, &(struct bel_turn_client_opts){
			      .port = &port,
			      .user = client,
			      .crypto = client->crypto,
			      .server = opts->server,
			      .transport = opts->transport,
			      .username = bel_str_from(opts->username),
			      .password = bel_str_from(opts->password),
			      .family = opts->family,
			      .lifetime_s = opts->lifetime_s,
		      });
}

void bel_test_relay_close(struct bel_test_relay_client *client)
{
	if (!client->crypto)
		return;
	bel_timer_stop(client->loop, &client->timer);
	if (client->turn)
		bel_turn_client_close(client->turn);
	bel_tls_close(client->tls);
	bel_tls_context_unref(client->context);
	bel_stream_close(client->stream);
	bel_udp_close(client->udp);
	bel_crypto_close(client->crypto);
	free(client->rest);
	*client = (struct bel_test_relay_client){ .loop = client->loop };
}

void bel_test_relay_stop(struct bel_test_relay_client *client)
{
	bel_turn_client_stop(client->turn, now_ms(client));
	arm(client);
}

void bel_test_relay_permit(struct bel_test_relay_client *client, const bel_addr *peer,
			   bool with_channel)
{
	assert_int_equal(
		bel_turn_client_permit(client->turn, peer, with_channel, now_ms(client)),
		BEL_OK);
	arm(client);
}

enum bel_err bel_test_relay_say(struct bel_test_relay_client *client,
				const bel_addr *peer, bel_str data)
{
	return bel_turn_client_send(client->turn, peer, data, now_ms(client));
}

bel_addr bel_test_relay_addr(const struct bel_test_relay_client *client)
{
	const bel_addr *addr = bel_turn_client_relayed(client->turn, 4);

	assert_non_null(addr);
	return *addr;
}
