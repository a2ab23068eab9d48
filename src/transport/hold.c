/* SPDX-License-Identifier: Apache-2.0
 * What a stream lost, nobody would send again: connections are not read while another
 * worker has much waiting, and their peers wait with them. Datagrams find the mailbox
 * full before that, and leave room for what was read already. */
#include "transport/transport_int.h"

enum { HOLD_MS = BEL_TICK_MS };

static bool is_behind(const struct bel_transport *transport)
{
	for (unsigned i = 0; i < transport->others_count; i++)
		if (i != transport->opts.worker &&
		    bel_transport_handed_bytes(transport->others[i]) > HANDED_BYTES_MANY)
			return true;
	return false;
}

static void arm(struct bel_transport *transport)
{
	bel_timer_start(transport->opts.loop, &transport->hold,
			bel_loop_now_ms(transport->opts.loop) + HOLD_MS);
}

bool bel_transport_hold(struct conn *conn)
{
	struct bel_transport *transport = conn->transport;

	if (transport->others_count < 2 || !is_behind(transport))
		return false;
	bel_stream_pause(conn->stream, true);
	bel_list_remove(&conn->held);
	bel_list_put(&transport->held, &conn->held);
	if (!bel_timer_is_running(&transport->hold))
		arm(transport);
	return true;
}

/* OpenSSL may have bytes of which the stream tells nothing: all are read at once. */
static void on_due(void *user)
{
	struct bel_transport *transport = user;
	struct bel_list held;

	if (is_behind(transport)) {
		arm(transport);
		return;
	}
	bel_list_init(&held);
	bel_list_splice(&held, &transport->held);
	while (!bel_list_is_empty(&held)) {
		struct conn *conn = BEL_CONTAINER_OF(held.next, struct conn, held);
		bel_list_remove(&conn->held);
		bel_stream_pause(conn->stream, false);
		bel_transport_stream_receive(conn);
	}
}

void bel_transport_hold_init(struct bel_transport *transport)
{
	bel_list_init(&transport->held);
	bel_timer_init(&transport->hold, on_due, transport);
}
