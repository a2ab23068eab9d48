/* SPDX-License-Identifier: Apache-2.0 */
#include "turn/client_int.h"

#include <errno.h>
#include <stdlib.h>

/* ---- the machine ---- */

enum action {
	LEARN = 1,      /* realm and nonce are kept */
	ALLOCATE = 2,   /* sent, with what is known of the login */
	REFRESH = 4,    /* sent */
	GIVE_BACK = 8,  /* Refresh of zero, sent */
	RENEW = 16,     /* the lifetime counts anew */
	TELL_OPEN = 32, /* on_open */
	FOLLOW = 64,    /* to the other server, or by another port */
	END = 128,      /* on_end */
};

struct move {
	uint8_t next, actions;
	bool is_written;
};

#define GO(state, actions)                                                               \
	{                                                                                \
		BEL_TURN_CLIENT_##state, (actions), true                                 \
	}

/* RFC 8656 sections 7.3, 7.4 and 8.3. A 401 to credentials is a refusal. */
static const struct move moves[BEL_TURN_CLIENT_STATES][BEL_TURN_CLIENT_EVENTS] = {
	[BEL_TURN_CLIENT_ASKING] = {
		[BEL_TURN_RX_SUCCESS]   = GO(STANDING, RENEW | TELL_OPEN),
		[BEL_TURN_RX_CHALLENGE] = GO(PROVING, LEARN | ALLOCATE),
		[BEL_TURN_RX_STALE]     = GO(OVER, END),
		[BEL_TURN_RX_ALTERNATE] = GO(ASKING, FOLLOW | ALLOCATE),
		[BEL_TURN_RX_MISMATCH]  = GO(ASKING, FOLLOW | ALLOCATE),
		[BEL_TURN_RX_REFUSED]   = GO(OVER, END),
		[BEL_TURN_RX_UNUSABLE]  = GO(CLOSING, GIVE_BACK),
		[BEL_TURN_SILENCE]      = GO(OVER, END),
		[BEL_TURN_STOP]         = GO(OVER, END),
		[BEL_TURN_LOST]         = GO(OVER, END),
	},
	[BEL_TURN_CLIENT_PROVING] = {
		[BEL_TURN_RX_SUCCESS]   = GO(STANDING, RENEW | TELL_OPEN),
		[BEL_TURN_RX_STALE]     = GO(PROVING, LEARN | ALLOCATE),
		[BEL_TURN_RX_ALTERNATE] = GO(ASKING, FOLLOW | ALLOCATE),
		[BEL_TURN_RX_MISMATCH]  = GO(ASKING, FOLLOW | ALLOCATE),
		[BEL_TURN_RX_REFUSED]   = GO(OVER, END),
		[BEL_TURN_RX_UNUSABLE]  = GO(CLOSING, GIVE_BACK),
		[BEL_TURN_SILENCE]      = GO(OVER, END),
		[BEL_TURN_STOP]         = GO(CLOSING, GIVE_BACK),
		[BEL_TURN_LOST]         = GO(OVER, END),
	},
	[BEL_TURN_CLIENT_STANDING] = {
		[BEL_TURN_REFRESH_DUE]  = GO(REFRESHING, REFRESH),
		[BEL_TURN_STOP]         = GO(CLOSING, GIVE_BACK),
		[BEL_TURN_LOST]         = GO(OVER, END),
	},
	[BEL_TURN_CLIENT_REFRESHING] = {
		[BEL_TURN_RX_SUCCESS]   = GO(STANDING, RENEW),
		[BEL_TURN_RX_CHALLENGE] = GO(REFRESHING, LEARN | REFRESH),
		[BEL_TURN_RX_STALE]     = GO(REFRESHING, LEARN | REFRESH),
		[BEL_TURN_RX_ALTERNATE] = GO(OVER, END),
		[BEL_TURN_RX_MISMATCH]  = GO(OVER, END),
		[BEL_TURN_RX_REFUSED]   = GO(OVER, END),
		[BEL_TURN_SILENCE]      = GO(OVER, END),
		[BEL_TURN_STOP]         = GO(CLOSING, GIVE_BACK),
		[BEL_TURN_LOST]         = GO(OVER, END),
	},
	[BEL_TURN_CLIENT_CLOSING] = {
		[BEL_TURN_RX_SUCCESS]   = GO(OVER, END),
		[BEL_TURN_RX_CHALLENGE] = GO(CLOSING, LEARN | GIVE_BACK),
		[BEL_TURN_RX_STALE]     = GO(CLOSING, LEARN | GIVE_BACK),
		[BEL_TURN_RX_ALTERNATE] = GO(OVER, END),
		[BEL_TURN_RX_MISMATCH]  = GO(OVER, END),
		[BEL_TURN_RX_REFUSED]   = GO(OVER, END),
		[BEL_TURN_SILENCE]      = GO(OVER, END),
		[BEL_TURN_LOST]         = GO(OVER, END),
	},
};

/* ---- what the actions do ---- */

static enum bel_err send_allocate(struct bel_turn_client *client, uint64_t now_ms)
{
	char buf[BEL_TURN_CLIENT_BYTES_MAX];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	const struct bel_turn_client_opts *opts = &client->opts;

	bel_turn_request_start(client, &client->main, &writer, BEL_STUN_ALLOCATE);
	bel_stun_write_u32(&writer, BEL_STUN_REQUESTED_TRANSPORT,
			   (uint32_t)BEL_TURN_PROTOCOL_UDP << 24);
	if (opts->lifetime_s)
		bel_stun_write_u32(&writer, BEL_STUN_LIFETIME, opts->lifetime_s);
	/* IPv4 is what is given to who names none; older servers know no families. */
	if (opts->is_dual)
		bel_stun_write_family(&writer, BEL_STUN_ADDITIONAL_ADDRESS_FAMILY, 6);
	else if (opts->family == 6)
		bel_stun_write_family(&writer, BEL_STUN_REQUESTED_ADDRESS_FAMILY, 6);
	return bel_turn_request_send(client, &client->main, &writer, now_ms);
}

static enum bel_err send_refresh(struct bel_turn_client *client, bool gives_back,
				 uint64_t now_ms)
{
	char buf[BEL_TURN_CLIENT_BYTES_MAX];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	bel_turn_request_start(client, &client->main, &writer, BEL_STUN_REFRESH);
	if (gives_back)
		bel_stun_write_u32(&writer, BEL_STUN_LIFETIME, 0);
	else if (client->opts.lifetime_s)
		bel_stun_write_u32(&writer, BEL_STUN_LIFETIME, client->opts.lifetime_s);
	return bel_turn_request_send(client, &client->main, &writer, now_ms);
}

/* A minute ahead, or half of what is left of little. */
static void renew(struct bel_turn_client *client, const struct bel_stun_msg *msg,
		  uint64_t now_ms)
{
	uint32_t lifetime_s = BEL_TURN_LIFETIME_S;

	bel_stun_find_u32(&lifetime_s, msg, BEL_STUN_LIFETIME);
	uint64_t lifetime_ms = (uint64_t)lifetime_s * 1000;
	uint64_t ahead_ms = lifetime_ms > 2 * BEL_TURN_AHEAD_MS ? BEL_TURN_AHEAD_MS
								: lifetime_ms / 2;
	client->expires_ms = now_ms + lifetime_ms;
	client->refresh_ms = client->expires_ms - ahead_ms;
}

/* What credentials were learnt for is left behind. */
static enum bel_err follow(struct bel_turn_client *client)
{
	bel_turn_request_close(&client->main);
	bel_turn_login_forget(client);
	return client->opts.port->reopen(client->opts.user, &client->server);
}

static void set_end(struct bel_turn_client *client, enum bel_err err, unsigned code)
{
	client->end_err = err;
	client->end_code = code;
}

/* Nothing of ours runs when the user hears of it. */
static void end(struct bel_turn_client *client)
{
	bel_turn_request_close(&client->main);
	bel_turn_grants_fini(client);
	bel_turn_login_forget(client);
	for (size_t i = 0; i < BEL_COUNT_OF(client->relayed); i++)
		client->relayed[i].family = 0;
	client->mapped.family = 0;
	client->opts.port->on_end(client->opts.user, client->end_err, client->end_code);
}

static enum bel_err send_one_of(struct bel_turn_client *client, unsigned actions,
				uint64_t now_ms)
{
	if (actions & ALLOCATE)
		return send_allocate(client, now_ms);
	if (actions & (REFRESH | GIVE_BACK))
		return send_refresh(client, actions & GIVE_BACK, now_ms);
	return BEL_OK;
}

/* msg is the answer that the event is, else NULL. */
static void take(struct bel_turn_client *client, enum bel_turn_client_event event,
		 const struct bel_stun_msg *msg, uint64_t now_ms)
{
	struct move move = moves[client->state][event];
	enum bel_err err = BEL_OK;

	if (!move.is_written)
		return;
	client->state = (enum bel_turn_client_state)move.next;
	if (move.actions & LEARN)
		err = bel_turn_login_take(client, msg);
	if (!err && move.actions & FOLLOW)
		err = follow(client);
	if (!err)
		err = send_one_of(client, move.actions, now_ms);
	if (err) {
		client->state = BEL_TURN_CLIENT_OVER;
		set_end(client, err, 0);
		end(client);
		return;
	}
	if (move.actions & RENEW)
		renew(client, msg, now_ms);
	/* The user comes last. */
	if (move.actions & TELL_OPEN)
		client->opts.port->on_open(client->opts.user);
	if (move.actions & END)
		end(client);
}

/* ---- answers ---- */

static bool has_all(const struct bel_turn_client *client)
{
	const struct bel_turn_client_opts *opts = &client->opts;

	/* Of two families one is enough: the server says why the other is not there. */
	if (opts->is_dual)
		return client->relayed[0].family || client->relayed[1].family;
	return client->relayed[opts->family == 6].family != 0;
}

static enum bel_turn_client_event read_addresses(struct bel_turn_client *client,
						 const struct bel_stun_msg *msg)
{
	struct bel_cursor walk = bel_stun_walk(msg);
	bel_addr addr;

	while (bel_stun_next_addr(&addr, &walk, msg, BEL_STUN_XOR_RELAYED_ADDRESS) ==
	       BEL_OK)
		client->relayed[addr.family == 6] = addr;
	bel_stun_find_addr(&client->mapped, msg, BEL_STUN_XOR_MAPPED_ADDRESS);
	if (has_all(client))
		return BEL_TURN_RX_SUCCESS;
	set_end(client, BEL_ERR_UNSUPPORTED, 0);
	return BEL_TURN_RX_UNUSABLE;
}

/* RFC 8489 section 10: once, and within the family; only before there is an allocation.
 */
static bool is_followed(struct bel_turn_client *client, const struct bel_stun_msg *msg)
{
	bel_addr server;

	if (client->was_redirected || !client->opts.port->reopen ||
	    client->main.method != BEL_STUN_ALLOCATE ||
	    !bel_stun_find_addr(&server, msg, BEL_STUN_ALTERNATE_SERVER) ||
	    server.family != client->server.family || server.port == 0 ||
	    bel_addr_is_equal(&server, &client->server))
		return false;
	client->was_redirected = true;
	client->server = server;
	return true;
}

static enum bel_turn_client_event read_mismatch(struct bel_turn_client *client)
{
	if (client->main.method != BEL_STUN_ALLOCATE)
		return BEL_TURN_RX_MISMATCH;
	if (client->opts.port->reopen && ++client->ports_count < BEL_TURN_PORTS_MAX)
		return BEL_TURN_RX_MISMATCH;
	set_end(client, BEL_ERR_EXISTS, 437);
	return BEL_TURN_RX_REFUSED;
}

static enum bel_turn_client_event
read_error(struct bel_turn_client *client, const struct bel_stun_msg *msg, unsigned code)
{
	/* Who has stopped is not told how the server took it. */
	if (client->state != BEL_TURN_CLIENT_CLOSING)
		set_end(client, bel_turn_err_of(code), code);
	switch (code) {
	case 300:
		return is_followed(client, msg) ? BEL_TURN_RX_ALTERNATE
						: BEL_TURN_RX_REFUSED;
	case 401:
		return client->main.has_login ? BEL_TURN_RX_REFUSED
					      : BEL_TURN_RX_CHALLENGE;
	case 437:
		return read_mismatch(client);
	case 438:
		return ++client->main.stale_count > BEL_TURN_STALE_MAX
			       ? BEL_TURN_RX_REFUSED
			       : BEL_TURN_RX_STALE;
	default:
		return BEL_TURN_RX_REFUSED;
	}
}

static void on_main_answer(struct bel_turn_client *client, const struct bel_stun_msg *msg,
			   unsigned code, uint64_t now_ms)
{
	enum bel_turn_client_event event = BEL_TURN_RX_SUCCESS;

	bel_turn_request_close(&client->main);
	if (code)
		event = read_error(client, msg, code);
	else if (client->main.method == BEL_STUN_ALLOCATE)
		event = read_addresses(client, msg);
	if (event != BEL_TURN_RX_STALE)
		client->main.stale_count = 0;
	take(client, event, msg, now_ms);
}

static bool on_answer(struct bel_turn_client *client, const struct bel_stun_msg *msg,
		      uint64_t now_ms)
{
	struct bel_turn_grant *grant = bel_turn_grant_find(client, msg->transaction);
	bool is_main = client->main.is_open &&
		       bel_str_is_equal(
			       msg->transaction,
			       (bel_str){ client->main.id, sizeof client->main.id });
	struct bel_turn_transaction *transaction = is_main ? &client->main
						   : grant ? &grant->transaction
							   : NULL;
	unsigned code = 0;

	if (!transaction)
		return false;
	if (msg->class == BEL_STUN_ERROR)
		bel_stun_find_error(&code, msg, BEL_STUN_ERROR_CODE);
	if (!bel_turn_request_is_answer(client, transaction, msg, code))
		return true;
	/* RFC 8489 section 6.3.3: what is not understood has failed. */
	if (msg->unknown_count)
		code = 420;
	if (is_main)
		on_main_answer(client, msg, code, now_ms);
	else
		bel_turn_grant_take(client, grant, msg, code, now_ms);
	return true;
}

bool bel_turn_client_receive(struct bel_turn_client *client, bel_str bytes,
			     uint64_t now_ms)
{
	struct bel_stun_msg msg;

	if (client->state == BEL_TURN_CLIENT_OVER)
		return false;
	if (bel_turn_is_channel_data(bytes)) {
		bel_turn_client_on_channel_data(client, bytes, now_ms);
		return true;
	}
	if (bel_stun_parse(&msg, bytes))
		return false;
	if (msg.class == BEL_STUN_SUCCESS || msg.class == BEL_STUN_ERROR)
		return on_answer(client, &msg, now_ms);
	if (msg.class != BEL_STUN_INDICATION || msg.method != BEL_STUN_DATA)
		return false;
	bel_turn_client_on_indication(client, &msg, now_ms);
	return true;
}

/* ---- the door ---- */

enum bel_err bel_turn_client_open(struct bel_turn_client **out,
				  const struct bel_turn_client_opts *opts,
				  uint64_t now_ms)
{
	enum bel_err err = bel_stun_opaque_verify(opts->username);
	struct bel_turn_client *client;

	if (!err)
		err = bel_stun_opaque_verify(opts->password);
	if (err)
		return err;
	client = calloc(1, sizeof *client);
	if (!client)
		return bel_err_from_errno(ENOMEM);
	client->opts = *opts;
	client->server = opts->server;
	client->state = BEL_TURN_CLIENT_ASKING;
	client->next_channel = BEL_TURN_CHANNEL_FIRST;
	err = send_allocate(client, now_ms);
	if (err) {
		free(client);
		return err;
	}
	*out = client;
	return BEL_OK;
}

void bel_turn_client_stop(struct bel_turn_client *client, uint64_t now_ms)
{
	/* What is on its way is of no interest any more; a failure that was noted is. */
	if (client->state == BEL_TURN_CLIENT_OVER ||
	    client->state == BEL_TURN_CLIENT_CLOSING)
		return;
	bel_turn_request_close(&client->main);
	bel_turn_grants_fini(client);
	set_end(client, BEL_OK, 0);
	take(client, BEL_TURN_STOP, NULL, now_ms);
}

void bel_turn_client_close(struct bel_turn_client *client)
{
	if (!client)
		return;
	bel_turn_request_close(&client->main);
	bel_turn_grants_fini(client);
	bel_turn_login_forget(client);
	bel_wipe(client, sizeof *client);
	free(client);
}

void bel_turn_client_lose(struct bel_turn_client *client, unsigned code, uint64_t now_ms)
{
	if (client->state != BEL_TURN_CLIENT_CLOSING)
		set_end(client, BEL_ERR_CLOSED, code);
	take(client, BEL_TURN_LOST, NULL, now_ms);
}

void bel_turn_client_on_closed(struct bel_turn_client *client, uint64_t now_ms)
{
	bel_turn_client_lose(client, 0, now_ms);
}

void bel_turn_client_advance(struct bel_turn_client *client, uint64_t now_ms)
{
	bool was_forged = client->main.was_forged;

	if (client->state == BEL_TURN_CLIENT_OVER)
		return;
	if (!bel_turn_request_advance(client, &client->main, now_ms)) {
		if (client->state != BEL_TURN_CLIENT_CLOSING)
			set_end(client, was_forged ? BEL_ERR_MISMATCH : BEL_ERR_TIMEOUT,
				0);
		take(client, BEL_TURN_SILENCE, NULL, now_ms);
		return;
	}
	if (!bel_turn_client_stands(client))
		return;
	if (now_ms >= client->expires_ms) {
		bel_turn_client_lose(client, 0, now_ms);
		return;
	}
	if (now_ms >= client->refresh_ms)
		take(client, BEL_TURN_REFRESH_DUE, NULL, now_ms);
	bel_turn_grant_advance(client, now_ms);
}

static uint64_t earlier(uint64_t a_ms, uint64_t b_ms)
{
	return a_ms < b_ms ? a_ms : b_ms;
}

uint64_t bel_turn_client_next_ms(const struct bel_turn_client *client)
{
	uint64_t next_ms = client->main.is_open ? client->main.next_ms : UINT64_MAX;

	if (!bel_turn_client_stands(client))
		return next_ms;
	next_ms = earlier(next_ms, client->expires_ms);
	if (client->state == BEL_TURN_CLIENT_STANDING)
		next_ms = earlier(next_ms, client->refresh_ms);
	return earlier(next_ms, bel_turn_grant_next_ms(client));
}

const bel_addr *bel_turn_client_relayed(const struct bel_turn_client *client,
					uint8_t family)
{
	const bel_addr *relayed = &client->relayed[family == 6];

	return bel_turn_client_stands(client) && relayed->family ? relayed : NULL;
}

const bel_addr *bel_turn_client_mapped(const struct bel_turn_client *client)
{
	return bel_turn_client_stands(client) && client->mapped.family ? &client->mapped
								       : NULL;
}
