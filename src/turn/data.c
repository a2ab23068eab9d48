/* SPDX-License-Identifier: Apache-2.0 */
#include "turn/server_int.h"

/* The allocation that data from there belongs to; that it comes confirms a move. */
static struct bel_turn_allocation *sender_of(struct bel_turn_server *server,
					     const struct bel_turn_tuple *from)
{
	struct bel_turn_path *path = bel_turn_path_find(server, from);
	struct bel_turn_allocation *allocation = path ? path->allocation : NULL;

	if (allocation && path == &allocation->next_path)
		bel_turn_path_confirm(server, allocation);
	return allocation;
}

/* The one place from which anything goes to a peer. */
static void relay(struct bel_turn_relayed *relayed, const bel_addr *peer, bel_str data,
		  bool is_unfragmented, uint64_t now_ms)
{
	struct bel_turn_server *server = relayed->server;
	struct bel_turn_counters *counters = &server->counters;

	if (!bel_turn_peer_is_granted(relayed, peer, now_ms)) {
		counters->without_permission++;
		return;
	}
	if (!bel_turn_account_spend(relayed->account, data.len, now_ms)) {
		counters->over_quota++;
		return;
	}
	counters->packets_to_peers++;
	counters->bytes_to_peers += data.len;
	server->opts.port->send_peer(server->opts.user, relayed->id, peer, data,
				     is_unfragmented);
}

/* RFC 8656 section 11.2. Nobody is told what is wrong with an indication. */
void bel_turn_on_send(struct bel_turn_server *server, const struct bel_turn_tuple *from,
		      const struct bel_stun_msg *msg, uint64_t now_ms)
{
	bool is_unfragmented = bel_stun_has(msg, BEL_STUN_DONT_FRAGMENT);
	struct bel_turn_allocation *allocation;
	bel_addr peer;
	bel_str data;

	if (msg->is_malformed || msg->unknown_count ||
	    !bel_stun_find_addr(&peer, msg, BEL_STUN_XOR_PEER_ADDRESS) ||
	    !bel_stun_find(&data, msg, BEL_STUN_DATA_VALUE) ||
	    (is_unfragmented && !server->opts.can_dont_fragment)) {
		server->counters.broken++;
		return;
	}
	allocation = sender_of(server, from);
	struct bel_turn_relayed *relayed =
		allocation ? bel_turn_allocation_relayed(allocation, peer.family) : NULL;
	if (relayed)
		relay(relayed, &peer, data, is_unfragmented, now_ms);
	else
		server->counters.without_permission++;
}

static struct bel_turn_channel *channel_of_number(struct bel_turn_relayed *relayed,
						  uint16_t number, uint64_t now_ms)
{
	for (unsigned i = 0; relayed && i < relayed->channels_count; i++)
		if (relayed->channels[i].number == number &&
		    now_ms < relayed->channels[i].expires_ms)
			return &relayed->channels[i];
	return NULL;
}

static struct bel_turn_channel *channel_of_peer(struct bel_turn_relayed *relayed,
						const bel_addr *peer, uint64_t now_ms)
{
	for (unsigned i = 0; i < relayed->channels_count; i++)
		if (now_ms < relayed->channels[i].expires_ms &&
		    bel_addr_is_equal(&relayed->channels[i].peer, peer))
			return &relayed->channels[i];
	return NULL;
}

/* RFC 8656 section 12.6. */
void bel_turn_on_channel_data(struct bel_turn_server *server,
			      const struct bel_turn_tuple *from, bel_str bytes,
			      uint64_t now_ms)
{
	struct bel_turn_allocation *allocation;
	uint16_t number;
	bel_str data;

	if (bel_turn_channel_parse(&number, &data, bytes)) {
		server->counters.broken++;
		return;
	}
	allocation = sender_of(server, from);
	for (unsigned i = 0; allocation && i < BEL_TURN_RELAYED_MAX; i++) {
		struct bel_turn_relayed *relayed = allocation->relayed[i];
		struct bel_turn_channel *channel = channel_of_number(relayed, number,
								     now_ms);
		if (!channel)
			continue;
		relay(relayed, &channel->peer, data, false, now_ms);
		return;
	}
	server->counters.without_permission++;
}

static bel_str padding(size_t len)
{
	static const char zeros[3];

	return (bel_str){ zeros, (4 - len % 4) % 4 };
}

static void send_channel_data(struct bel_turn_relayed *relayed, uint16_t number,
			      bel_str data)
{
	const struct bel_turn_server_opts *opts = &relayed->server->opts;
	const struct bel_turn_tuple *to = &relayed->allocation->path.tuple;
	char head[BEL_TURN_CHANNEL_HEAD_BYTES];
	struct bel_writer writer = bel_writer_init(head, sizeof head);

	bel_write_be16(&writer, number);
	bel_write_be16(&writer, (uint16_t)data.len);
	/* Padding is a must on streams only (RFC 8656 section 12.5). */
	const bel_str pieces[] = { bel_writer_str(&writer), data, padding(data.len) };
	opts->port->send_client(opts->user, to, pieces,
				bel_turn_is_stream(to->transport) ? 3 : 2);
}

/* The transaction of an indication is nobody's: it only must not repeat at once. */
static void start_indication(struct bel_writer *writer, struct bel_turn_relayed *relayed,
			     const bel_addr *peer)
{
	char transaction[BEL_STUN_TRANSACTION_BYTES];
	struct bel_writer id = bel_writer_init(transaction, sizeof transaction);

	bel_write_be32(&id, (uint32_t)relayed->id);
	bel_write_be64(&id, bel_turn_token_new(relayed->server));
	bel_stun_write_header(writer, BEL_STUN_INDICATION, BEL_STUN_DATA,
			      bel_writer_str(&id));
	bel_stun_write_addr(writer, BEL_STUN_XOR_PEER_ADDRESS, peer);
}

static void send_indication(struct bel_turn_relayed *relayed, const bel_addr *peer,
			    bel_str data)
{
	const struct bel_turn_server_opts *opts = &relayed->server->opts;
	char head[BEL_STUN_HEADER_BYTES + 24 + 4];
	struct bel_writer writer = bel_writer_init(head, sizeof head);

	start_indication(&writer, relayed, peer);
	bel_stun_write_head_of(&writer, BEL_STUN_DATA_VALUE, data.len);
	if (bel_writer_check(&writer))
		return; /* a datagram that no header can count */
	const bel_str pieces[] = { bel_writer_str(&writer), data, padding(data.len) };
	opts->port->send_client(opts->user, &relayed->allocation->path.tuple, pieces,
				BEL_COUNT_OF(pieces));
}

/* The relayed address of an allocation whose client can be reached: not one in reserve,
 * and not one whose stream is gone until the client has moved. */
static struct bel_turn_relayed *find_reachable(const struct bel_turn_server *server,
					       bel_turn_relay id)
{
	struct bel_turn_relayed *relayed = bel_turn_relayed_find(server, id);

	return relayed && relayed->allocation && relayed->allocation->path.is_open
		       ? relayed
		       : NULL;
}

/* RFC 8656 sections 11.3 and 12.7. */
void bel_turn_server_on_peer(struct bel_turn_server *server, bel_turn_relay id,
			     const bel_addr *peer, bel_str data, uint64_t now_ms)
{
	struct bel_turn_relayed *relayed = find_reachable(server, id);

	if (!relayed || data.len > UINT16_MAX ||
	    !bel_turn_peer_is_granted(relayed, peer, now_ms)) {
		server->counters.without_permission++;
		return;
	}
	if (!bel_turn_account_spend(relayed->account, data.len, now_ms)) {
		server->counters.over_quota++;
		return;
	}
	server->counters.packets_to_clients++;
	server->counters.bytes_to_clients += data.len;
	struct bel_turn_channel *channel = channel_of_peer(relayed, peer, now_ms);
	if (channel)
		send_channel_data(relayed, channel->number, data);
	else
		send_indication(relayed, peer, data);
}

/* RFC 8656 section 11.5: the types that tell a client anything. */
static bool is_told(uint8_t family, uint8_t type)
{
	return family == 4 ? type == 3 || type == 11 : type >= 1 && type <= 3;
}

void bel_turn_server_on_icmp(struct bel_turn_server *server, bel_turn_relay id,
			     const bel_addr *peer, uint8_t type, uint8_t code,
			     uint32_t mtu, uint64_t now_ms)
{
	struct bel_turn_relayed *relayed = find_reachable(server, id);
	char buf[BEL_STUN_HEADER_BYTES + 24 + 12];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	if (!relayed || !is_told(peer->family, type) ||
	    !bel_turn_permission_find(relayed, peer, now_ms))
		return;
	bool is_too_big = peer->family == 4 ? type == 3 && code == 4 : type == 2;
	start_indication(&writer, relayed, peer);
	/* Figure 11 draws seven bits for the type and nine for the code; both are octets
	 * of ICMP, and are sent as such. */
	bel_stun_write_u64(&writer, BEL_STUN_ICMP,
			   (uint64_t)((uint32_t)type << 8 | code) << 32 |
				   (is_too_big ? mtu : 0));
	const bel_str message = bel_writer_str(&writer);
	server->opts.port->send_client(server->opts.user,
				       &relayed->allocation->path.tuple, &message, 1);
}
