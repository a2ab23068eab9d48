/* SPDX-License-Identifier: Apache-2.0
 * What a worker wants done on a connection of another: it goes there by mailbox, in the
 * order it was asked for. */
#include <errno.h>
#include <stdlib.h>

#include "transport/transport_int.h"

struct parcel {
	struct bel_letter letter;
	struct bel_flow flow;
	bool is_keep; /* nothing is sent: the connection carries a registration */
	size_t len;
	char bytes[];
};

static enum bel_err post(struct bel_transport *transport, const struct bel_flow *flow,
			 bool is_keep, bel_str bytes)
{
	struct parcel *parcel;
	enum bel_err err;

	if (flow->worker >= transport->others_count)
		return BEL_ERR_CLOSED;
	parcel = malloc(sizeof *parcel + bytes.len);
	if (!parcel)
		return bel_err_from_errno(ENOMEM);
	parcel->flow = *flow;
	parcel->is_keep = is_keep;
	parcel->len = bytes.len;
	if (bytes.len)
		memcpy(parcel->bytes, bytes.ptr, bytes.len);
	err = bel_mailbox_post(transport->others[flow->worker]->parcels, &parcel->letter);
	if (err)
		free(parcel);
	return err;
}

enum bel_err bel_transport_parcel_send(struct bel_transport *transport,
				       const struct bel_flow *flow, bel_str bytes)
{
	return post(transport, flow, false, bytes);
}

void bel_transport_parcel_keep(struct bel_transport *transport,
			       const struct bel_flow *flow)
{
	/* One that is lost costs an idle connection, which the phone opens again. */
	post(transport, flow, true, BEL_STR_NONE);
}

static void keep(struct bel_transport *transport, const struct bel_flow *flow)
{
	if (bel_transport_conn(transport, flow))
		bel_flow_keep(transport, flow);
	else if (transport->opts.port->on_closed)
		transport->opts.port->on_closed(transport->opts.user, flow);
}

/* A response outlives the connection of its request: it goes to the address of that, and
 * the port of its Via (RFC 3261 section 18.2.2). */
static void send_response(struct bel_transport *transport, const struct bel_flow *gone,
			  bel_str bytes)
{
	struct bel_sip_clue clue;
	struct bel_sip_via via;
	struct bel_flow flow;

	if (bel_sip_clue_find(&clue, bytes) && !clue.is_request &&
	    !bel_sip_via_parse(&via, clue.text) &&
	    !bel_flow_for_response(&flow, transport, gone, &via))
		bel_flow_send(transport, &flow, bytes);
}

static void take(struct bel_transport *transport, const struct parcel *parcel)
{
	bel_str bytes = { parcel->bytes, parcel->len };

	/* Of a request on a connection that is gone, the transaction's timers notice. */
	if (parcel->is_keep)
		keep(transport, &parcel->flow);
	else if (bel_flow_send(transport, &parcel->flow, bytes) == BEL_ERR_CLOSED)
		send_response(transport, &parcel->flow, bytes);
}

void bel_transport_on_parcel(void *user, struct bel_letter *letter)
{
	struct bel_transport *transport = user;
	struct parcel *parcel = BEL_CONTAINER_OF(letter, struct parcel, letter);

	if (transport->others_count)
		take(transport, parcel);
	free(parcel);
}
