/* SPDX-License-Identifier: Apache-2.0
 * What a worker wants done on a connection of another, and how it hears that the
 * connection is gone: letters, each way in the order they were posted. */
#include <errno.h>
#include <stdlib.h>

#include "transport/transport_int.h"

enum parcel_kind {
	PARCEL_SEND,
	PARCEL_KEEP, /* the connection carries a registration */
	PARCEL_GONE, /* back to who sent down it */
	PARCEL_COUNT
};

struct parcel {
	struct bel_letter letter;
	struct bel_flow flow;
	enum parcel_kind kind;
	uint16_t from;
	size_t len;
	char bytes[];
};

static enum bel_err post(struct bel_transport *transport, unsigned to,
			 enum parcel_kind kind, const struct bel_flow *flow,
			 bel_str bytes)
{
	struct parcel *parcel;
	enum bel_err err;

	if (to >= transport->others_count)
		return BEL_ERR_CLOSED;
	parcel = malloc(sizeof *parcel + bytes.len);
	if (!parcel)
		return bel_err_from_errno(ENOMEM);
	*parcel = (struct parcel){ .flow = *flow,
				   .kind = kind,
				   .from = transport->opts.worker,
				   .len = bytes.len };
	if (bytes.len)
		memcpy(parcel->bytes, bytes.ptr, bytes.len);
	err = bel_mailbox_post(transport->others[to]->parcels, &parcel->letter);
	if (err)
		free(parcel);
	return err;
}

enum bel_err bel_transport_parcel_send(struct bel_transport *transport,
				       const struct bel_flow *flow, bel_str bytes)
{
	return post(transport, flow->worker, PARCEL_SEND, flow, bytes);
}

void bel_transport_parcel_keep(struct bel_transport *transport,
			       const struct bel_flow *flow)
{
	/* One that is lost costs an idle connection, which the phone opens again. */
	(void)post(transport, flow->worker, PARCEL_KEEP, flow, BEL_STR_NONE);
}

static void say_gone(struct bel_transport *transport, const struct bel_flow *flow,
		     unsigned to)
{
	/* Of one that is lost, the transaction's timers notice. */
	(void)post(transport, to, PARCEL_GONE, flow, BEL_STR_NONE);
}

void bel_transport_parcel_gone(struct bel_transport *transport,
			       const struct bel_flow *flow, uint64_t senders)
{
	for (unsigned i = 0; senders; i++, senders >>= 1)
		if (senders & 1)
			say_gone(transport, flow, i);
}

/* A response outlives the connection of its request: it goes to the address of that, and
 * the port of its Via (RFC 3261 section 18.2.2). */
static bool send_response(struct bel_transport *transport, const struct bel_flow *gone,
			  bel_str bytes)
{
	struct bel_sip_clue clue;
	struct bel_sip_via via;
	struct bel_flow flow;

	if (!bel_sip_clue_find(&clue, bytes) || clue.is_request ||
	    bel_sip_via_parse(&via, clue.text))
		return false;
	if (!bel_flow_for_response(&flow, transport, gone, &via))
		bel_flow_send(transport, &flow, bytes);
	return true;
}

static void take_send(struct bel_transport *transport, const struct parcel *parcel)
{
	struct conn *conn = bel_transport_conn(transport, &parcel->flow);
	bel_str bytes = { parcel->bytes, parcel->len };

	if (conn) {
		conn->senders |= (uint64_t)1 << parcel->from;
		bel_flow_send(transport, &parcel->flow, bytes);
	} else if (!send_response(transport, &parcel->flow, bytes)) {
		say_gone(transport, &parcel->flow, parcel->from);
	}
}

static void take_keep(struct bel_transport *transport, const struct parcel *parcel)
{
	if (bel_transport_conn(transport, &parcel->flow))
		bel_flow_keep(transport, &parcel->flow);
	else if (transport->opts.port->on_closed)
		transport->opts.port->on_closed(transport->opts.user, &parcel->flow);
}

static void take_gone(struct bel_transport *transport, const struct parcel *parcel)
{
	bel_transport_tell_waiters(
		&transport->far_waiters[bel_transport_bucket(&parcel->flow.peer)],
		&parcel->flow, BEL_ERR_CLOSED);
}

static void (*const takers[PARCEL_COUNT])(struct bel_transport *transport,
					  const struct parcel *parcel) = {
	[PARCEL_SEND] = take_send,
	[PARCEL_KEEP] = take_keep,
	[PARCEL_GONE] = take_gone,
};

void bel_transport_on_parcel(void *user, struct bel_letter *letter)
{
	struct bel_transport *transport = user;
	struct parcel *parcel = BEL_CONTAINER_OF(letter, struct parcel, letter);

	if (transport->others_count)
		takers[parcel->kind](transport, parcel);
	free(parcel);
}
