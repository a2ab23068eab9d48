/* SPDX-License-Identifier: Apache-2.0 */
#include "support/ladder/ladder_int.h"

enum { MESSAGE_BUDGET = 256 << 10 };

struct ladder_message *bel_ladder_keep(struct ladder_actor *actor, struct bel_list *list,
				       bel_str bytes)
{
	struct ladder_message *message = calloc(1, sizeof *message);
	struct bel_sip_refusal why = { .text = "memory" };
	bel_str copy;

	if (!message)
		return NULL;
	bel_arena_init(&message->arena, NULL, 0, MESSAGE_BUDGET);
	message->at_ms = bel_ground_now_ms(actor->ladder->ground);
	copy = bel_arena_copy(&message->arena, bytes);
	bel_list_put(list, &message->node);
	/* What a phone says may be wrong on purpose; what comes may not. */
	if ((bel_sip_parse(&message->msg, &message->arena, copy, &why) ||
	     bel_sip_validate(&message->msg, &why)) &&
	    list == &actor->inbox)
		bel_ladder_fail(actor->ladder, "%s got a broken message: %s\n%.*s",
				actor->name, why.text, BEL_STR_ARG(bytes));
	return message;
}

static void on_datagrams(void *user, struct bel_udp *udp, struct bel_datagram *datagrams,
			 unsigned count)
{
	struct ladder_actor *phone = user;

	(void)udp;
	for (unsigned i = 0; i < count; i++) {
		bel_str bytes = { datagrams[i].buf, datagrams[i].len };
		struct ladder_message *message;
		if (!bel_str_trim(bytes).len)
			continue; /* a ping */
		message = bel_ladder_keep(phone, &phone->inbox, bytes);
		if (message)
			message->peer = datagrams[i].peer;
	}
}

/* ---- streams ---- */

/* True while there may be more. */
static bool take_frame(struct ladder_link *link)
{
	struct ladder_actor *phone = link->actor;
	struct ladder_message *message;
	struct bel_sip_framed framed;
	enum bel_sip_frame kind = bel_sip_frame(&framed, &link->framer,
						(bel_str){ link->buf, link->len });

	if (kind == BEL_SIP_FRAME_MORE)
		return false;
	if (kind == BEL_SIP_FRAME_ERROR) {
		bel_ladder_fail(phone->ladder, "%s got a broken stream: %s", phone->name,
				framed.why.text);
		return false;
	}
	if (kind == BEL_SIP_FRAME_PING)
		bel_stream_send(link->stream, BEL_STR("\r\n"));
	if (kind == BEL_SIP_FRAME_MESSAGE) {
		message = bel_ladder_keep(phone, &phone->inbox,
					  (bel_str){ link->buf, framed.len });
		if (message) {
			message->peer = *bel_stream_peer(link->stream);
			message->link = link;
		}
	}
	memmove(link->buf, link->buf + framed.len, link->len - framed.len);
	link->len -= framed.len;
	return link->len > 0;
}

static void on_readable(void *user, struct bel_stream *stream)
{
	struct ladder_link *link = user;
	size_t len;

	while (bel_stream_receive(&len, stream, link->buf + link->len,
				  sizeof link->buf - link->len) == BEL_OK) {
		link->len += len;
		while (take_frame(link))
			;
	}
}

static void on_closed(void *user, struct bel_stream *stream, enum bel_err err)
{
	struct ladder_link *link = user;

	(void)stream;
	(void)err;
	link->is_closed = true;
}

static void on_connected(void *user, struct bel_stream *stream)
{
	(void)user;
	(void)stream;
}

static const struct bel_stream_handler handler = { .on_connected = on_connected,
						   .on_readable = on_readable,
						   .on_closed = on_closed };

static struct ladder_link *link_new(struct ladder_actor *phone, struct bel_stream *stream)
{
	struct ladder_link *link = calloc(1, sizeof *link);

	if (!link)
		abort();
	link->actor = phone;
	link->stream = stream;
	bel_list_put(&phone->links, &link->node);
	return link;
}

static void on_accept(void *user, struct bel_listener *listener,
		      struct bel_stream *stream)
{
	struct ladder_link *link = link_new(user, stream);

	(void)listener;
	bel_stream_handle(stream, &handler, link);
}

/* port 0: whichever there is. */
static bool is_fit(const struct ladder_link *link, const bel_addr *to, uint16_t port)
{
	return !link->is_closed &&
	       bel_addr_is_same_host(bel_stream_peer(link->stream), to) &&
	       (!port || bel_stream_local(link->stream)->port == port);
}

static struct ladder_link *find_link(struct ladder_actor *phone, const bel_addr *to,
				     uint16_t port)
{
	struct ladder_link *link;
	bel_addr own = phone->own;

	BEL_LIST_EACH(node, &phone->links)
	{
		link = BEL_CONTAINER_OF(node, struct ladder_link, node);
		if (is_fit(link, to, port))
			return link;
	}
	own.port = port;
	link = link_new(phone, NULL);
	if (bel_stream_connect(&link->stream, phone->loops[0], to, port ? &own : NULL,
			       &handler, link))
		abort();
	return link;
}

void bel_ladder_phone_hang_links(struct ladder_actor *phone)
{
	BEL_LIST_EACH(node, &phone->links)
	{
		struct ladder_link *link = BEL_CONTAINER_OF(node, struct ladder_link,
							    node);
		if (link->stream)
			bel_stream_close(link->stream);
		link->stream = NULL;
		link->is_closed = true;
	}
}

/* ---- */

static void send_datagram(struct ladder_actor *phone, const bel_addr *to, uint16_t port,
			  bel_str bytes)
{
	bel_addr other = phone->own;

	other.port = port;
	if (port && !phone->other_udp &&
	    bel_udp_open(&phone->other_udp, phone->loops[0],
			 &(struct bel_udp_opts){ .local = other,
						 .on_datagrams = on_datagrams,
						 .user = phone }))
		abort();
	bel_udp_send(port ? phone->other_udp : phone->udp, to, NULL, bytes);
}

void bel_ladder_phone_send(struct ladder_actor *phone, const bel_addr *to,
			   struct ladder_link *link, uint16_t port, bel_str bytes)
{
	if (!phone->is_tcp) {
		send_datagram(phone, to, port, bytes);
		return;
	}
	if (!link || link->is_closed || port)
		link = find_link(phone, to, port);
	bel_stream_send(link->stream, bytes);
}

bool bel_ladder_phone_open(struct ladder_actor *phone)
{
	if (phone->is_tcp)
		return !bel_listener_open(
			&phone->listener, phone->loops[0],
			&(struct bel_listener_opts){ .local = phone->own,
						     .on_accept = on_accept,
						     .user = phone });
	return !bel_udp_open(&phone->udp, phone->loops[0],
			     &(struct bel_udp_opts){ .local = phone->own,
						     .on_datagrams = on_datagrams,
						     .user = phone });
}

static void free_messages(struct bel_list *list)
{
	while (!bel_list_is_empty(list)) {
		struct ladder_message *message = BEL_CONTAINER_OF(
			list->next, struct ladder_message, node);
		bel_list_remove(&message->node);
		bel_arena_fini(&message->arena);
		free(message);
	}
}

void bel_ladder_phone_close(struct ladder_actor *phone)
{
	bel_ladder_phone_hang_links(phone);
	while (!bel_list_is_empty(&phone->links)) {
		struct ladder_link *link = BEL_CONTAINER_OF(phone->links.next,
							    struct ladder_link, node);
		bel_list_remove(&link->node);
		free(link);
	}
	free_messages(&phone->inbox);
	free_messages(&phone->said);
	if (phone->listener)
		bel_listener_close(phone->listener);
	if (phone->udp)
		bel_udp_close(phone->udp);
	if (phone->other_udp)
		bel_udp_close(phone->other_udp);
	if (!phone->is_server && !phone->agent && phone->loops[0])
		bel_loop_close(phone->loops[0]);
}
