/* SPDX-License-Identifier: Apache-2.0 */
#include "turn/server_int.h"

struct bel_turn_permission *bel_turn_permission_find(struct bel_turn_relayed *relayed,
						     const bel_addr *peer,
						     uint64_t now_ms)
{
	if (peer->family != relayed->addr.family)
		return NULL;
	for (unsigned i = 0; i < relayed->permissions_count; i++) {
		struct bel_turn_permission *permission = &relayed->permissions[i];
		if (now_ms < permission->expires_ms &&
		    memcmp(permission->ip, peer->ip, sizeof permission->ip) == 0)
			return permission;
	}
	return NULL;
}

/* Room for one more: more memory while that is allowed. Sizes are in items. */
static bool has_room(struct bel_turn_server *server, void **items, uint8_t *size,
		     uint8_t count, uint8_t max, size_t item_bytes)
{
	if (count < *size)
		return true;
	if (count >= max)
		return false;
	uint8_t larger = (uint8_t)(*size ? *size * 2 : 2);
	if (larger > max)
		larger = max;
	void *memory = bel_turn_take(server, larger * item_bytes);
	if (!memory)
		return false;
	if (count)
		memcpy(memory, *items, count * item_bytes);
	bel_turn_give(server, *items, *size * item_bytes);
	*items = memory;
	*size = larger;
	return true;
}

static void drop_expired(struct bel_turn_relayed *relayed, uint64_t now_ms)
{
	uint8_t kept = 0;

	for (unsigned i = 0; i < relayed->permissions_count; i++)
		if (now_ms < relayed->permissions[i].expires_ms)
			relayed->permissions[kept++] = relayed->permissions[i];
	relayed->permissions_count = kept;
	kept = 0;
	for (unsigned i = 0; i < relayed->channels_count; i++)
		if (now_ms < relayed->channels[i].expires_ms)
			relayed->channels[kept++] = relayed->channels[i];
	relayed->channels_count = kept;
}

/* RFC 8656 section 9. False: no room. */
static bool permit(struct bel_turn_relayed *relayed, const bel_addr *peer,
		   uint64_t now_ms)
{
	struct bel_turn_permission *permission = bel_turn_permission_find(relayed, peer,
									  now_ms);
	void *items = relayed->permissions;

	if (!permission) {
		if (!has_room(relayed->server, &items, &relayed->permissions_size,
			      relayed->permissions_count, BEL_TURN_PERMISSIONS_MAX,
			      sizeof *permission))
			return false;
		relayed->permissions = items;
		permission = &relayed->permissions[relayed->permissions_count++];
		memcpy(permission->ip, peer->ip, sizeof permission->ip);
		permission->is_own = bel_turn_peer_is_own(relayed->server, peer);
	}
	permission->expires_ms = now_ms + BEL_TURN_PERMISSION_MS;
	return true;
}

static unsigned check_peer(const struct bel_turn_request *request, const bel_addr *peer)
{
	if (!bel_turn_allocation_relayed(request->allocation, peer->family))
		return 443;
	return bel_turn_server_is_allowed(request->server, peer) ? 0 : 403;
}

static unsigned succeed(const struct bel_turn_request *request)
{
	char buf[BEL_TURN_ANSWER_BYTES_MAX];
	struct bel_writer answer = bel_writer_init(buf, sizeof buf);

	bel_turn_answer_start(&answer, request, BEL_STUN_SUCCESS);
	bel_turn_answer_send(&answer, request);
	return 0;
}

/* RFC 8656 section 10.2: all of its peers, or none. */
unsigned bel_turn_on_create_permission(struct bel_turn_request *request)
{
	struct bel_turn_allocation *allocation = request->allocation;
	struct bel_cursor walk = bel_stun_walk(&request->msg), again = walk;
	unsigned fresh[BEL_TURN_RELAYED_MAX] = { 0 };
	unsigned peers = 0;
	bel_addr peer;
	enum bel_err err;

	while ((err = bel_stun_next_addr(&peer, &walk, &request->msg,
					 BEL_STUN_XOR_PEER_ADDRESS)) == BEL_OK) {
		unsigned code = check_peer(request, &peer);
		if (code)
			return code;
		peers++;
		for (unsigned i = 0; i < BEL_TURN_RELAYED_MAX; i++)
			if (allocation->relayed[i] &&
			    allocation->relayed[i]->addr.family == peer.family)
				fresh[i] += !bel_turn_permission_find(
					allocation->relayed[i], &peer, request->now_ms);
	}
	if (err != BEL_ERR_NOT_FOUND || peers == 0)
		return 400;
	for (unsigned i = 0; i < BEL_TURN_RELAYED_MAX; i++) {
		if (!allocation->relayed[i])
			continue;
		drop_expired(allocation->relayed[i], request->now_ms);
		if (allocation->relayed[i]->permissions_count + fresh[i] >
		    BEL_TURN_PERMISSIONS_MAX)
			return 508;
	}
	while (bel_stun_next_addr(&peer, &again, &request->msg,
				  BEL_STUN_XOR_PEER_ADDRESS) == BEL_OK)
		if (!permit(bel_turn_allocation_relayed(allocation, peer.family), &peer,
			    request->now_ms))
			return 508;
	return succeed(request);
}

/* The channel of that number or peer. */
static struct bel_turn_channel *find_binding(struct bel_turn_allocation *allocation,
					     uint16_t number, const bel_addr *peer,
					     uint64_t now_ms)
{
	for (unsigned i = 0; i < BEL_TURN_RELAYED_MAX; i++) {
		struct bel_turn_relayed *relayed = allocation->relayed[i];
		for (unsigned j = 0; relayed && j < relayed->channels_count; j++) {
			struct bel_turn_channel *channel = &relayed->channels[j];
			if (now_ms < channel->expires_ms &&
			    (channel->number == number ||
			     bel_addr_is_equal(&channel->peer, peer)))
				return channel;
		}
	}
	return NULL;
}

static struct bel_turn_channel *channel_new(struct bel_turn_relayed *relayed,
					    uint16_t number, const bel_addr *peer)
{
	void *items = relayed->channels;

	if (!has_room(relayed->server, &items, &relayed->channels_size,
		      relayed->channels_count, BEL_TURN_CHANNELS_MAX,
		      sizeof *relayed->channels))
		return NULL;
	relayed->channels = items;
	struct bel_turn_channel *channel = &relayed->channels[relayed->channels_count++];
	*channel = (struct bel_turn_channel){ .peer = *peer, .number = number };
	return channel;
}

/* RFC 8656 section 12.2. */
unsigned bel_turn_on_channel_bind(struct bel_turn_request *request)
{
	struct bel_turn_allocation *allocation = request->allocation;
	uint16_t number;
	bel_addr peer;

	if (!bel_stun_find_u16(&number, &request->msg, BEL_STUN_CHANNEL_NUMBER) ||
	    !bel_stun_find_addr(&peer, &request->msg, BEL_STUN_XOR_PEER_ADDRESS) ||
	    number < BEL_TURN_CHANNEL_FIRST || number > BEL_TURN_CHANNEL_OLD_LAST)
		return 400;
	unsigned code = check_peer(request, &peer);
	if (code)
		return code;
	struct bel_turn_relayed *relayed = bel_turn_allocation_relayed(allocation,
								       peer.family);
	drop_expired(relayed, request->now_ms);
	struct bel_turn_channel *channel = find_binding(allocation, number, &peer,
							request->now_ms);
	if (channel &&
	    (channel->number != number || !bel_addr_is_equal(&channel->peer, &peer)))
		return 400;
	if (!channel)
		channel = channel_new(relayed, number, &peer);
	/* A channel that stays without a permission has expired already. */
	if (!channel || !permit(relayed, &peer, request->now_ms))
		return 508;
	channel->expires_ms = request->now_ms + BEL_TURN_CHANNEL_MS;
	return succeed(request);
}
