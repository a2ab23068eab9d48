/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "ua/ua_int.h"

enum { LINES_BYTES_MAX = 8 * 1024 };

struct bel_ua_incoming {
	struct bel_ua *ua;
	struct bel_list node;
	struct bel_arena arena;
	struct bel_tx tx;
	struct bel_sip_msg msg;
	struct bel_flow came_by;
	const struct bel_ua_incoming_port *port; /* NULL: nobody wants to know */
	void *user;
	bel_str response; /* sent last */
	bel_str to_tag;
};

static struct bel_ua_incoming *incoming_of(struct bel_tx *tx)
{
	return BEL_CONTAINER_OF(tx, struct bel_ua_incoming, tx);
}

static enum bel_err send_down(struct bel_ua *ua, struct bel_sip_msg *request,
			      const struct bel_flow *came_by, bel_str bytes)
{
	const struct bel_sip_via *via = bel_sip_via(request);
	struct bel_flow flow;
	enum bel_err err = bel_flow_for_response(&flow, ua->opts.transport, came_by, via);

	return err ? err : bel_flow_send(ua->opts.transport, &flow, bytes);
}

static enum bel_err server_send(struct bel_tx *tx, bel_str bytes)
{
	struct bel_ua_incoming *incoming = incoming_of(tx);

	if (!bytes.len)
		return BEL_OK;
	return send_down(incoming->ua, &incoming->msg, &incoming->came_by, bytes);
}

static void server_on_message(struct bel_tx *tx, struct bel_sip_msg *msg)
{
	/* The ACK of a 2xx is for who knows the dialog. */
	(void)tx;
	(void)msg;
}

static void server_on_failure(struct bel_tx *tx, enum bel_err err)
{
	struct bel_ua_incoming *incoming = incoming_of(tx);

	if (incoming->port && incoming->port->on_failure)
		incoming->port->on_failure(incoming->user, incoming, err);
}

static void server_on_end(struct bel_tx *tx)
{
	struct bel_ua_incoming *incoming = incoming_of(tx);

	bel_list_remove(&incoming->node);
	if (incoming->port && incoming->port->on_end)
		incoming->port->on_end(incoming->user, incoming);
	bel_arena_fini(&incoming->arena);
	free(incoming);
}

static const struct bel_tx_port server_port = {
	.send = server_send,
	.on_message = server_on_message,
	.on_failure = server_on_failure,
	.on_end = server_on_end,
};

static enum bel_err copy_message(struct bel_ua_incoming *incoming,
				 const struct bel_sip_msg *request)
{
	bel_str bytes = bel_arena_copy(&incoming->arena, request->bytes);
	struct bel_sip_refusal why;
	enum bel_err err;

	if (!bytes.ptr)
		return BEL_ERR_SPACE;
	err = bel_sip_parse(&incoming->msg, &incoming->arena, bytes, &why);
	return err ? err : bel_sip_validate(&incoming->msg, &why);
}

enum bel_err bel_ua_take(struct bel_ua_incoming **out, struct bel_ua *ua,
			 struct bel_sip_msg *request, const struct bel_flow *came_by,
			 const struct bel_ua_incoming_port *port, void *user)
{
	struct bel_ua_incoming *incoming = calloc(1, sizeof *incoming);
	enum bel_err err;

	if (!incoming)
		return bel_err_from_errno(ENOMEM);
	bel_arena_init(&incoming->arena, NULL, 0, ARENA_BUDGET_BYTES);
	incoming->ua = ua;
	incoming->came_by = *came_by;
	incoming->port = port;
	incoming->user = user;
	err = copy_message(incoming, request);
	if (!err)
		err = bel_tx_server_start(
			&incoming->tx, ua->opts.table, &incoming->msg,
			&(struct bel_tx_server_opts){
				.port = &server_port,
				.user = incoming,
				.arena = &incoming->arena,
				.is_reliable = bel_flow_is_stream(came_by),
			});
	if (err) {
		bel_arena_fini(&incoming->arena);
		free(incoming);
		return err;
	}
	bel_list_put(&ua->incomings, &incoming->node);
	*out = incoming;
	return BEL_OK;
}

struct bel_sip_msg *bel_ua_message(struct bel_ua_incoming *incoming)
{
	return &incoming->msg;
}

const struct bel_flow *bel_ua_came_by(const struct bel_ua_incoming *incoming)
{
	return &incoming->came_by;
}

/* The reply with what this room adds, in the buffer. */
static enum bel_err write_reply(bel_str *out, struct bel_ua *ua,
				struct bel_sip_msg *request,
				const struct bel_flow *came_by,
				const struct bel_sip_reply *reply)
{
	char buf[LINES_BYTES_MAX];
	struct bel_writer lines = bel_writer_init(buf, sizeof buf);
	struct bel_writer writer = bel_writer_init(ua->buf, sizeof ua->buf);
	struct bel_sip_reply whole = *reply;
	enum bel_err err;

	bel_write_str(&lines, reply->lines);
	if (ua->opts.name.len)
		bel_sip_write_header(&lines, BEL_SIP_H_SERVER, ua->opts.name);
	if (lines.is_full)
		return BEL_ERR_SPACE;
	whole.lines = bel_writer_str(&lines);
	whole.source = &came_by->peer;
	err = bel_sip_respond(&writer, request, &whole);
	if (!err)
		*out = bel_writer_str(&writer);
	return err;
}

enum bel_err bel_ua_respond(struct bel_ua_incoming *incoming,
			    const struct bel_sip_reply *reply)
{
	bel_str bytes;
	enum bel_err err = write_reply(&bytes, incoming->ua, &incoming->msg,
				       &incoming->came_by, reply);

	if (err)
		return err;
	bytes = bel_arena_copy(&incoming->arena, bytes);
	if (!bytes.ptr)
		return BEL_ERR_SPACE;
	incoming->response = bytes;
	if (reply->to_tag.len && !incoming->to_tag.len)
		incoming->to_tag = bel_arena_copy(&incoming->arena, reply->to_tag);
	bel_tx_respond(&incoming->tx, reply->status, bytes);
	return BEL_OK;
}

void bel_ua_respond_again(struct bel_ua_incoming *incoming)
{
	if (incoming->response.len)
		bel_tx_respond(&incoming->tx, incoming->tx.status, incoming->response);
}

uint16_t bel_ua_status(const struct bel_ua_incoming *incoming)
{
	return incoming->tx.status;
}

void bel_ua_drop(struct bel_ua_incoming *incoming)
{
	incoming->port = NULL;
	/* Without room for even that the transaction ends all the same, in silence. */
	if (incoming->tx.status < 200 &&
	    bel_ua_respond(incoming, &(struct bel_sip_reply){ .status = 500 }))
		bel_tx_respond(&incoming->tx, 500, BEL_STR_NONE);
}

void bel_ua_refuse(struct bel_ua *ua, struct bel_sip_msg *request,
		   const struct bel_flow *came_by, const struct bel_sip_reply *reply)
{
	bel_str bytes;

	if (request->method != BEL_SIP_ACK &&
	    !write_reply(&bytes, ua, request, came_by, reply))
		send_down(ua, request, came_by, bytes);
}

bool bel_ua_on_cancel(struct bel_ua *ua, struct bel_tx *invite,
		      struct bel_sip_msg *cancel, const struct bel_flow *came_by)
{
	struct bel_ua_incoming *incoming;

	if (invite->port != &server_port)
		return false;
	incoming = incoming_of(invite);
	bel_ua_refuse(
		ua, cancel, came_by,
		&(struct bel_sip_reply){ .status = 200, .to_tag = incoming->to_tag });
	if (incoming->tx.status < 200 && incoming->port)
		incoming->port->on_cancel(incoming->user, incoming, cancel);
	return true;
}
