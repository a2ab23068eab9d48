/* SPDX-License-Identifier: Apache-2.0 */
#include "turn/client_int.h"

#include <errno.h>
#include <stdlib.h>

static bool is_same_ip(const bel_addr *a, const bel_addr *b)
{
	return a->family == b->family && memcmp(a->ip, b->ip, sizeof a->ip) == 0;
}

static bool is_same_peer(const bel_addr *a, const bel_addr *b)
{
	return a->port == b->port && is_same_ip(a, b);
}

/* A channel is of a peer, a permission of a host. */
static struct bel_turn_grant *find(struct bel_turn_client *client, const bel_addr *peer,
				   bool has_channel)
{
	for (unsigned i = 0; i < client->grants_count; i++) {
		struct bel_turn_grant *grant = &client->grants[i];
		if ((grant->channel != 0) == has_channel &&
		    (has_channel ? is_same_peer(&grant->peer, peer)
				 : is_same_ip(&grant->peer, peer)))
			return grant;
	}
	return NULL;
}

/* ---- asking ---- */

static enum bel_err ask(struct bel_turn_client *client, struct bel_turn_grant *grant,
			uint64_t now_ms)
{
	char buf[BEL_TURN_CLIENT_BYTES_MAX];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	bel_turn_request_start(client, &grant->transaction, &writer,
			       grant->channel ? BEL_STUN_CHANNEL_BIND
					      : BEL_STUN_CREATE_PERMISSION);
	if (grant->channel)
		bel_stun_write_u32(&writer, BEL_STUN_CHANNEL_NUMBER,
				   (uint32_t)grant->channel << 16);
	bel_stun_write_addr(&writer, BEL_STUN_XOR_PEER_ADDRESS, &grant->peer);
	return bel_turn_request_send(client, &grant->transaction, &writer, now_ms);
}

/* Nobody wants it any more, and the server has forgotten it by now. */
static bool is_spent(const struct bel_turn_grant *grant, uint64_t now_ms)
{
	return !grant->is_wanted && !grant->transaction.is_open &&
	       now_ms >= grant->expires_ms && now_ms >= grant->channel_ms;
}

/* Room for one more, set to zero; those that are there may move. */
static struct bel_turn_grant *grant_new(struct bel_turn_client *client, uint64_t now_ms)
{
	for (unsigned i = 0; i < client->grants_count; i++) {
		if (!is_spent(&client->grants[i], now_ms))
			continue;
		client->grants[i] = (struct bel_turn_grant){ .channel = 0 };
		return &client->grants[i];
	}
	if (client->grants_count == BEL_TURN_CLIENT_PEERS_MAX)
		return NULL;
	if (client->grants_count == client->grants_size) {
		unsigned size = client->grants_size ? client->grants_size * 2 : 4;
		struct bel_turn_grant *grants = realloc(client->grants,
							size * sizeof *grants);
		if (!grants)
			return NULL;
		client->grants = grants;
		client->grants_size = size;
	}
	client->grants[client->grants_count] = (struct bel_turn_grant){ .channel = 0 };
	return &client->grants[client->grants_count++];
}

static enum bel_err add(struct bel_turn_grant **out, struct bel_turn_client *client,
			const bel_addr *peer, bool wants_channel, uint64_t now_ms)
{
	struct bel_turn_grant *grant = grant_new(client, now_ms);

	if (!grant)
		return client->grants_count == BEL_TURN_CLIENT_PEERS_MAX
			       ? BEL_ERR_LIMIT
			       : bel_err_from_errno(ENOMEM);
	grant->peer = *peer;
	if (wants_channel)
		grant->channel = client->next_channel++;
	*out = grant;
	return BEL_OK;
}

enum bel_err bel_turn_client_permit(struct bel_turn_client *client, const bel_addr *peer,
				    bool wants_channel, uint64_t now_ms)
{
	struct bel_turn_grant *grant;
	enum bel_err err;

	if (!bel_turn_client_stands(client))
		return BEL_ERR_AGAIN;
	if (!bel_turn_client_relayed(client, peer->family))
		return BEL_ERR_UNSUPPORTED;
	/* There are as many numbers as the list could be filled with 64 times over. */
	if (client->next_channel > BEL_TURN_CHANNEL_LAST)
		wants_channel = false;
	grant = find(client, peer, wants_channel);
	if (!grant) {
		err = add(&grant, client, peer, wants_channel, now_ms);
		if (err)
			return err;
	}
	grant->is_wanted = true;
	if (grant->transaction.is_open ||
	    (now_ms < grant->expires_ms && now_ms < grant->renew_ms))
		return BEL_OK;
	grant->is_told = false;
	return ask(client, grant, now_ms);
}

void bel_turn_client_forbid(struct bel_turn_client *client, const bel_addr *peer)
{
	for (unsigned i = 0; i < client->grants_count; i++)
		if (is_same_peer(&client->grants[i].peer, peer))
			client->grants[i].is_wanted = false;
}

void bel_turn_grants_fini(struct bel_turn_client *client)
{
	for (unsigned i = 0; i < client->grants_count; i++)
		bel_turn_request_close(&client->grants[i].transaction);
	free(client->grants);
	client->grants = NULL;
	client->grants_count = client->grants_size = 0;
}

/* ---- answers ---- */

struct bel_turn_grant *bel_turn_grant_find(struct bel_turn_client *client, bel_str id)
{
	for (unsigned i = 0; i < client->grants_count; i++) {
		struct bel_turn_transaction *transaction = &client->grants[i].transaction;
		if (transaction->is_open &&
		    bel_str_is_equal(
			    id, (bel_str){ transaction->id, sizeof transaction->id }))
			return &client->grants[i];
	}
	return NULL;
}

static void refuse(struct bel_turn_client *client, struct bel_turn_grant *grant,
		   enum bel_err err, unsigned code)
{
	bel_addr peer = grant->peer;

	/* What was granted before stands until its time. */
	grant->is_wanted = false;
	client->opts.port->on_granted(client->opts.user, &peer, err, code);
}

/* RFC 8656 section 9: both live as long as they always do; the permission is the one
 * that has to be renewed. */
static void stand(struct bel_turn_client *client, struct bel_turn_grant *grant,
		  uint64_t now_ms)
{
	bel_addr peer = grant->peer;
	bool was_told = grant->is_told;

	grant->expires_ms = now_ms + BEL_TURN_PERMISSION_MS;
	grant->renew_ms = grant->expires_ms - BEL_TURN_AHEAD_MS;
	if (grant->channel)
		grant->channel_ms = now_ms + BEL_TURN_CHANNEL_MS;
	grant->is_told = true;
	if (!was_told)
		client->opts.port->on_granted(client->opts.user, &peer, BEL_OK, 0);
}

/* A server that has no channel left, or thinks otherwise of one, may permit still. */
static bool can_do_without(const struct bel_turn_grant *grant, unsigned code)
{
	return grant->channel && (code == 400 || code == 508);
}

void bel_turn_grant_take(struct bel_turn_client *client, struct bel_turn_grant *grant,
			 const struct bel_stun_msg *msg, unsigned code, uint64_t now_ms)
{
	enum bel_err err = BEL_OK;

	bel_turn_request_close(&grant->transaction);
	if (code != 438)
		grant->transaction.stale_count = 0;
	if (code == 0) {
		stand(client, grant, now_ms);
		return;
	}
	if (code == 437) {
		bel_turn_client_lose(client, code, now_ms);
		return;
	}
	if (code == 438 && ++grant->transaction.stale_count <= BEL_TURN_STALE_MAX) {
		err = bel_turn_login_take(client, msg);
	} else if (can_do_without(grant, code)) {
		grant->channel = 0;
		grant->channel_ms = 0;
	} else {
		refuse(client, grant, bel_turn_err_of(code), code);
		return;
	}
	if (!err)
		err = ask(client, grant, now_ms);
	if (err)
		refuse(client, grant, err, 0);
}

/* ---- time ---- */

static bool is_renewed(const struct bel_turn_grant *grant)
{
	return grant->is_wanted && grant->is_told && !grant->transaction.is_open;
}

static void advance(struct bel_turn_client *client, unsigned index, uint64_t now_ms)
{
	struct bel_turn_grant *grant = &client->grants[index];
	bool was_forged = grant->transaction.was_forged;
	enum bel_err err = BEL_OK;

	if (!bel_turn_request_advance(client, &grant->transaction, now_ms))
		err = was_forged ? BEL_ERR_MISMATCH : BEL_ERR_TIMEOUT;
	else if (is_renewed(grant) && now_ms >= grant->renew_ms)
		err = ask(client, grant, now_ms);
	if (err)
		refuse(client, grant, err, 0);
}

/* The user may have added some when he is told of one. */
void bel_turn_grant_advance(struct bel_turn_client *client, uint64_t now_ms)
{
	for (unsigned i = 0; i < client->grants_count; i++)
		advance(client, i, now_ms);
}

uint64_t bel_turn_grant_next_ms(const struct bel_turn_client *client)
{
	uint64_t next_ms = UINT64_MAX;

	for (unsigned i = 0; i < client->grants_count; i++) {
		const struct bel_turn_grant *grant = &client->grants[i];
		uint64_t at_ms = UINT64_MAX;
		if (grant->transaction.is_open)
			at_ms = grant->transaction.next_ms;
		else if (is_renewed(grant))
			at_ms = grant->renew_ms;
		if (at_ms < next_ms)
			next_ms = at_ms;
	}
	return next_ms;
}

/* ---- data ---- */

/* Whether data may come from that host: a permission stands, or its answer is on the way
 * (RFC 8656 section 12: data may overtake it). */
static bool is_expected(struct bel_turn_client *client, const bel_addr *peer,
			uint64_t now_ms)
{
	for (unsigned i = 0; i < client->grants_count; i++) {
		const struct bel_turn_grant *grant = &client->grants[i];
		if (is_same_ip(&grant->peer, peer) &&
		    (grant->transaction.is_open || now_ms < grant->expires_ms))
			return true;
	}
	return false;
}

/* RFC 8656 section 18.13: two bytes, the type and the code, and the error's data. */
static void tell_icmp(struct bel_turn_client *client, const struct bel_stun_msg *msg,
		      const bel_addr *peer)
{
	uint64_t value = 0;

	bel_stun_find_u64(&value, msg, BEL_STUN_ICMP);
	if (client->opts.port->on_icmp)
		client->opts.port->on_icmp(client->opts.user, peer,
					   (uint8_t)(value >> 40), (uint8_t)(value >> 32),
					   (uint32_t)value);
}

/* RFC 8656 sections 11.4 and 11.6. */
void bel_turn_client_on_indication(struct bel_turn_client *client,
				   const struct bel_stun_msg *msg, uint64_t now_ms)
{
	bel_addr peer;
	bel_str data;

	if (msg->is_malformed || msg->unknown_count ||
	    !bel_stun_find_addr(&peer, msg, BEL_STUN_XOR_PEER_ADDRESS) ||
	    !is_expected(client, &peer, now_ms))
		return;
	if (bel_stun_find(&data, msg, BEL_STUN_DATA_VALUE))
		client->opts.port->on_data(client->opts.user, &peer, data);
	else if (bel_stun_has(msg, BEL_STUN_ICMP))
		tell_icmp(client, msg, &peer);
}

/* RFC 8656 section 12.6. */
void bel_turn_client_on_channel_data(struct bel_turn_client *client, bel_str bytes,
				     uint64_t now_ms)
{
	uint16_t number;
	bel_str data;

	if (bel_turn_channel_parse(&number, &data, bytes))
		return;
	for (unsigned i = 0; i < client->grants_count; i++) {
		const struct bel_turn_grant *grant = &client->grants[i];
		bel_addr peer = grant->peer;
		if (grant->channel != number || !is_expected(client, &peer, now_ms))
			continue;
		client->opts.port->on_data(client->opts.user, &peer, data);
		return;
	}
}

static bel_str padding(size_t len)
{
	static const char zeros[3];

	return (bel_str){ zeros, (4 - len % 4) % 4 };
}

static void send_by_channel(struct bel_turn_client *client, uint16_t number, bel_str data)
{
	char head[BEL_TURN_CHANNEL_HEAD_BYTES];
	struct bel_writer writer = bel_writer_init(head, sizeof head);

	bel_write_be16(&writer, number);
	bel_write_be16(&writer, (uint16_t)data.len);
	const bel_str pieces[] = { bel_writer_str(&writer), data, padding(data.len) };
	client->opts.port->send(client->opts.user, pieces,
				bel_turn_is_stream(client->opts.transport) ? 3 : 2);
}

static enum bel_err send_indication(struct bel_turn_client *client, const bel_addr *peer,
				    bel_str data)
{
	char head[BEL_STUN_HEADER_BYTES + 24 + 4], id[BEL_STUN_TRANSACTION_BYTES];
	struct bel_writer writer = bel_writer_init(head, sizeof head);

	client->opts.port->random(client->opts.user, id, sizeof id);
	bel_stun_write_header(&writer, BEL_STUN_INDICATION, BEL_STUN_SEND,
			      (bel_str){ id, sizeof id });
	bel_stun_write_addr(&writer, BEL_STUN_XOR_PEER_ADDRESS, peer);
	bel_stun_write_head_of(&writer, BEL_STUN_DATA_VALUE, data.len);
	if (bel_writer_check(&writer))
		return BEL_ERR_LIMIT;
	const bel_str pieces[] = { bel_writer_str(&writer), data, padding(data.len) };
	client->opts.port->send(client->opts.user, pieces, BEL_COUNT_OF(pieces));
	return BEL_OK;
}

static bool is_permitted(const struct bel_turn_client *client, const bel_addr *peer,
			 uint64_t now_ms)
{
	for (unsigned i = 0; i < client->grants_count; i++)
		if (is_same_ip(&client->grants[i].peer, peer) &&
		    now_ms < client->grants[i].expires_ms)
			return true;
	return false;
}

enum bel_err bel_turn_client_send(struct bel_turn_client *client, const bel_addr *peer,
				  bel_str data, uint64_t now_ms)
{
	struct bel_turn_grant *grant;

	if (!bel_turn_client_stands(client) || !is_permitted(client, peer, now_ms))
		return BEL_ERR_DENIED;
	if (data.len > UINT16_MAX)
		return BEL_ERR_LIMIT;
	grant = find(client, peer, true);
	if (!grant || now_ms >= grant->channel_ms)
		return send_indication(client, peer, data);
	send_by_channel(client, grant->channel, data);
	return BEL_OK;
}
