/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "io/sim_int.h"

enum { BUFFER_BYTES = 4 << 20, FRAGMENT_HEAD_BYTES = 28, REORDER_SPREAD_MS = 20 };

struct sim_udp {
	struct bel_udp base;
	struct bel_sim_object object;
	struct bel_sim_bound bound;
	uint64_t id;
	struct bel_list inbox, notices;
	size_t inbox_bytes;
};

/* A datagram, under way and then in a socket's inbox. */
struct parcel {
	struct bel_sim_event event;
	struct bel_list node;
	struct bel_sim_node *sender;
	uint64_t sender_id;
	bel_addr from, to; /* as the receiver sees them */
	bel_addr written;  /* to, as the sender wrote it */
	size_t len;
	char bytes[];
};

/* ICMP port unreachable on its way back to the sender. */
struct notice {
	struct bel_sim_event event;
	struct bel_list node;
	struct bel_sim_node *sender;
	uint64_t sender_id;
	bel_addr peer;
};

static struct sim_udp *udp_of(struct bel_udp *udp)
{
	return BEL_CONTAINER_OF(udp, struct sim_udp, base);
}

static void free_parcel(struct bel_sim_event *event)
{
	free(BEL_CONTAINER_OF(event, struct parcel, event));
}

static void free_notice(struct bel_sim_event *event)
{
	free(BEL_CONTAINER_OF(event, struct notice, event));
}

/* ---- receiving ---- */

static void take_notices(struct sim_udp *udp)
{
	while (!udp->object.is_dead && !bel_list_is_empty(&udp->notices)) {
		struct notice *notice = BEL_CONTAINER_OF(udp->notices.next, struct notice,
							 node);
		bel_list_remove(&notice->node);
		if (udp->base.opts.on_unreachable)
			udp->base.opts.on_unreachable(udp->base.opts.user, &udp->base,
						      &notice->peer,
						      bel_err_from_errno(ECONNREFUSED));
		/* RFC 792, RFC 4443 section 3.1: port unreachable. */
		if (udp->base.opts.on_icmp && !udp->object.is_dead)
			udp->base.opts.on_icmp(udp->base.opts.user, &udp->base,
					       &notice->peer,
					       notice->peer.family == 4 ? 3 : 1,
					       notice->peer.family == 4 ? 3 : 4, 0);
		free(notice);
	}
}

static void take_batch(struct sim_udp *udp)
{
	struct bel_datagram datagrams[BEL_UDP_BATCH];
	struct parcel *parcels[BEL_UDP_BATCH];
	unsigned count = 0;

	while (count < BEL_UDP_BATCH && !bel_list_is_empty(&udp->inbox)) {
		struct parcel *parcel = BEL_CONTAINER_OF(udp->inbox.next, struct parcel,
							 node);
		bel_list_remove(&parcel->node);
		udp->inbox_bytes -= parcel->len;
		datagrams[count] = (struct bel_datagram){ .peer = parcel->from,
							  .local = parcel->to,
							  .buf = parcel->bytes,
							  .len = parcel->len };
		parcels[count++] = parcel;
	}
	if (!bel_list_is_empty(&udp->inbox))
		bel_sim_ready(&udp->object);
	if (count)
		udp->base.opts.on_datagrams(udp->base.opts.user, &udp->base, datagrams,
					    count);
	for (unsigned i = 0; i < count; i++)
		free(parcels[i]);
}

static void take(struct bel_sim_object *object)
{
	struct sim_udp *udp = BEL_CONTAINER_OF(object, struct sim_udp, object);

	take_notices(udp);
	if (!object->is_dead)
		take_batch(udp);
}

static void on_notice(struct bel_sim_event *event)
{
	struct notice *notice = BEL_CONTAINER_OF(event, struct notice, event);

	BEL_LIST_EACH(at, &notice->sender->udps)
	{
		struct sim_udp *udp = BEL_CONTAINER_OF(at, struct sim_udp, bound.node);
		if (udp->id != notice->sender_id)
			continue;
		bel_list_put(&udp->notices, &notice->node);
		bel_sim_ready(&udp->object);
		return;
	}
	free(notice);
}

static void tell_unreachable(struct bel_sim_node *node, const struct parcel *parcel)
{
	struct bel_sim *sim = node->sim;
	struct notice *notice;

	if (bel_sim_random_hits(&sim->fate, sim->net.loss) && node != parcel->sender)
		return;
	notice = calloc(1, sizeof *notice);
	if (!notice)
		return;
	notice->event.happen = on_notice;
	notice->event.drop = free_notice;
	notice->sender = parcel->sender;
	notice->sender_id = parcel->sender_id;
	notice->peer = parcel->written;
	bel_sim_event_put(&sim->queue, &notice->event,
			  sim->now_ms + bel_sim_delay_ms(sim, node, parcel->sender), 0);
}

static size_t buffer_bytes(const struct sim_udp *udp)
{
	return udp->base.opts.buffer_bytes ? udp->base.opts.buffer_bytes : BUFFER_BYTES;
}

static void depart(struct bel_sim_node *sender, uint64_t sender_id,
		   const bel_addr *source, const bel_addr *peer, bel_str bytes);

static void on_arrival(struct bel_sim_event *event)
{
	struct parcel *parcel = BEL_CONTAINER_OF(event, struct parcel, event);
	struct bel_sim_node *node = bel_sim_inward(parcel->sender, &parcel->from,
						   &parcel->to, false);
	struct bel_sim_bound *bound;
	struct sim_udp *udp;

	if (!node || !node->is_up || bel_sim_is_cut(node, parcel->sender)) {
		free(parcel);
		return;
	}
	if (node->on_arrival &&
	    node->on_arrival(node->user, &parcel->from, &parcel->to,
			     (bel_str){ parcel->bytes, parcel->len })) {
		depart(node, 0, &parcel->from, &parcel->to,
		       (bel_str){ parcel->bytes, parcel->len });
		free(parcel);
		return;
	}
	bound = bel_sim_bound_find(node, &node->udps, &parcel->to, &parcel->from);
	udp = bound ? BEL_CONTAINER_OF(bound, struct sim_udp, bound) : NULL;
	if (!udp || buffer_bytes(udp) - udp->inbox_bytes < parcel->len) {
		if (!udp)
			tell_unreachable(node, parcel);
		free(parcel);
		return;
	}
	udp->inbox_bytes += parcel->len;
	bel_list_put(&udp->inbox, &parcel->node);
	bel_sim_ready(&udp->object);
}

/* ---- sending ---- */

/* Whether it gets lost; a large datagram as soon as one of its fragments is. */
static bool is_lost(struct bel_sim *sim, size_t len)
{
	size_t room = sim->net.mtu_bytes > FRAGMENT_HEAD_BYTES
			      ? sim->net.mtu_bytes - FRAGMENT_HEAD_BYTES
			      : SIZE_MAX;
	bool is_any_lost = false;

	for (size_t at = 0; at == 0 || at < len; at += room) {
		is_any_lost |= bel_sim_random_hits(&sim->fate, sim->net.loss);
		if (len - at <= room)
			break;
	}
	return is_any_lost;
}

/* Not before what left for the node earlier, but when it is to be reordered. */
static uint64_t arrival_ms(struct bel_sim_node *sender, struct bel_sim_node *node)
{
	struct bel_sim *sim = sender->sim;
	uint64_t at_ms = sim->now_ms + bel_sim_delay_ms(sim, sender, node);
	bool is_reordered = bel_sim_random_hits(&sim->fate, sim->net.reorder);
	uint64_t more_ms = bel_sim_random_below(&sim->fate, 2 * sim->net.delay_max_ms +
								    REORDER_SPREAD_MS);
	uint64_t *last;

	if (!node || node == sender)
		return at_ms;
	if (is_reordered)
		return at_ms + 1 + more_ms;
	last = bel_sim_last_arrival(node, sender);
	if (last && at_ms < *last)
		at_ms = *last;
	if (last)
		*last = at_ms;
	return at_ms;
}

static struct parcel *make_parcel(struct bel_sim_node *sender, uint64_t sender_id,
				  const bel_addr *from, const bel_addr *to, bel_str bytes)
{
	struct parcel *parcel = calloc(1, sizeof *parcel + bytes.len);

	if (!parcel)
		return NULL;
	parcel->event.happen = on_arrival;
	parcel->event.drop = free_parcel;
	parcel->sender = sender;
	parcel->sender_id = sender_id;
	parcel->from = *from;
	parcel->to = *to;
	parcel->written = *to;
	parcel->len = bytes.len;
	if (bytes.len)
		memcpy(parcel->bytes, bytes.ptr, bytes.len);
	return parcel;
}

/* From an address of the sender's. sender_id: of the socket that hears of it when nobody
 * is there; 0: none does. */
static void depart(struct bel_sim_node *sender, uint64_t sender_id,
		   const bel_addr *source, const bel_addr *peer, bel_str bytes)
{
	struct bel_sim *sim = sender->sim;
	struct bel_sim_node *node;
	bel_addr seen, to = *peer;
	bool is_gone, is_twice;

	if (!bel_sim_outward(&seen, sender, source, peer, false))
		return;
	node = bel_sim_inward(sender, &seen, &to, false);
	is_gone = is_lost(sim, bytes.len) && node != sender;
	is_gone |= node && bel_sim_is_cut(sender, node);
	is_twice = bel_sim_random_hits(&sim->fate, sim->net.duplicate) && node != sender;
	bel_sim_trace(sim, source, peer, false, is_gone, bytes);
	for (unsigned i = 0; !is_gone && i < 1u + is_twice; i++) {
		struct parcel *parcel = make_parcel(sender, sender_id, &seen, peer,
						    bytes);
		/* Without memory it is lost, too. */
		if (parcel)
			bel_sim_event_put(&sim->queue, &parcel->event,
					  arrival_ms(sender, node), 0);
	}
}

enum bel_err bel_sim_udp_send(struct bel_udp *base, const bel_addr *peer,
			      const bel_addr *from, bel_str bytes)
{
	struct sim_udp *udp = udp_of(base);
	struct bel_sim_node *sender = udp->object.loop->node;
	bel_addr source;

	if (udp->object.loop->is_dead)
		return BEL_ERR_CLOSED;
	if (peer->family != base->local.family)
		return bel_err_from_errno(EAFNOSUPPORT);
	if (bel_sim_source(&source, sender, &udp->bound, from, peer))
		depart(sender, udp->id, &source, peer, bytes);
	return BEL_OK;
}

enum bel_err bel_sim_udp_send_whole(struct bel_udp *base, const bel_addr *peer,
				    bel_str bytes)
{
	size_t mtu = udp_of(base)->object.loop->node->sim->net.mtu_bytes;

	if (mtu && bytes.len + FRAGMENT_HEAD_BYTES > mtu)
		return bel_err_from_errno(EMSGSIZE);
	return bel_sim_udp_send(base, peer, NULL, bytes);
}

/* ---- from open to close ---- */

enum bel_err bel_sim_udp_open(struct bel_udp **out, struct bel_loop *loop,
			      const struct bel_udp_opts *opts)
{
	struct bel_sim_node *node = bel_sim_loop_of(loop)->node;
	struct sim_udp *udp = calloc(1, sizeof *udp);
	enum bel_err err;

	if (!udp)
		return bel_err_from_errno(ENOMEM);
	udp->base = (struct bel_udp){ .loop = loop, .opts = *opts };
	bel_sim_object_init(&udp->object, loop, udp);
	udp->object.take = take;
	udp->id = ++node->sim->last_id;
	bel_list_init(&udp->inbox);
	bel_list_init(&udp->notices);
	udp->bound = (struct bel_sim_bound){ .local = opts->local,
					     .is_shared = opts->is_shared,
					     .is_by_host = opts->by_host_count > 1 };
	err = udp->object.loop->is_dead ? BEL_ERR_CLOSED
					: bel_sim_bind(node, &node->udps, &udp->bound);
	if (err) {
		free(udp);
		return err;
	}
	udp->base.local = udp->bound.local;
	*out = &udp->base;
	return BEL_OK;
}

static void empty(struct sim_udp *udp)
{
	BEL_LIST_EACH(at, &udp->inbox)
	{
		free(BEL_CONTAINER_OF(at, struct parcel, node));
	}
	BEL_LIST_EACH(at, &udp->notices)
	{
		free(BEL_CONTAINER_OF(at, struct notice, node));
	}
	bel_list_init(&udp->inbox);
	bel_list_init(&udp->notices);
	udp->inbox_bytes = 0;
}

void bel_sim_udp_close(struct bel_udp *base)
{
	struct sim_udp *udp = udp_of(base);

	empty(udp);
	bel_list_remove(&udp->bound.node);
	bel_sim_bury(&udp->object);
}

void bel_sim_udps_kill(struct bel_sim_node *node)
{
	BEL_LIST_EACH(at, &node->udps)
	{
		bel_list_remove(at);
	}
}
