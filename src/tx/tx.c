/* SPDX-License-Identifier: Apache-2.0 */
#include "tx/table_int.h"

enum { RETRANSMITS = 64 }; /* timers B, F, H, J, L, M are 64 * T1 */

const struct bel_tx_times bel_tx_times_default = {
	.t1_ms = 500, .t2_ms = 4000, .t4_ms = 5000, .d_ms = 32000
};

static void take(struct bel_tx *tx, enum bel_tx_event event, struct bel_sip_msg *msg);

static uint64_t now_ms(const struct bel_tx *tx)
{
	return bel_loop_now_ms(tx->table->loop);
}

static void arm_end(struct bel_tx *tx, enum bel_tx_event event, uint32_t after_ms)
{
	tx->end_event = (uint8_t)event;
	bel_timer_start(tx->table->loop, &tx->end, now_ms(tx) + after_ms);
}

static void arm_resend(struct bel_tx *tx, uint32_t after_ms)
{
	tx->resend_ms = after_ms;
	bel_timer_start(tx->table->loop, &tx->resend, now_ms(tx) + after_ms);
}

static void stop_timers(struct bel_tx *tx)
{
	bel_timer_stop(tx->table->loop, &tx->resend);
	bel_timer_stop(tx->table->loop, &tx->end);
}

/* A failure to send is an event of the next tick: the user may stand above us just now.
 */
static void send_bytes(struct bel_tx *tx, bel_str bytes)
{
	enum bel_err err = tx->port->send(tx, bytes);

	if (err)
		bel_tx_on_unreachable(tx, err);
}

/* How long stragglers are waited for: timers D, I, J, K, L, M. Zero is still a tick: the
 * end never comes from inside a call of the user's. */
static uint32_t linger_ms(const struct bel_tx *tx)
{
	const struct bel_tx_times *times = tx->table->times;

	if (tx->state == BEL_TX_ACCEPTED)
		return RETRANSMITS * times->t1_ms;
	if (tx->is_reliable)
		return 0;
	switch (tx->kind) {
	case BEL_TX_INVITE_CLIENT:
		return times->d_ms;
	case BEL_TX_NON_INVITE_SERVER:
		return RETRANSMITS * times->t1_ms;
	default:
		return times->t4_ms;
	}
}

static void resend(struct bel_tx *tx)
{
	if (tx->last.len)
		send_bytes(tx, tx->last);
}

/* Timers A, E and G double; all but A stop at T2 (RFC 3261 sections 17.1.1.2, 17.1.2.2,
 * 17.2.1). */
static uint32_t next_resend_ms(const struct bel_tx *tx)
{
	uint32_t twice = tx->resend_ms * 2;

	if (tx->kind != BEL_TX_INVITE_CLIENT && twice > tx->table->times->t2_ms)
		return tx->table->times->t2_ms;
	return twice;
}

static void send_ack(struct bel_tx *tx, struct bel_sip_msg *response)
{
	enum { ROOM = 512 };

	if (!tx->ack.len) {
		size_t size = tx->last.len + ROOM;
		char *buf = bel_arena_bytes(tx->arena, size);
		struct bel_writer writer = bel_writer_init(buf, buf ? size : 0);
		/* Without an ACK the peer repeats its refusal until it gives up: nothing
		 * worse. */
		if (bel_tx_write_ack(&writer, tx, response))
			return;
		tx->ack = bel_writer_str(&writer);
	}
	send_bytes(tx, tx->ack);
}

static void start_final(struct bel_tx *tx)
{
	if (!tx->is_reliable)
		arm_resend(tx, tx->table->times->t1_ms);
	arm_end(tx, BEL_TX_GIVE_UP, RETRANSMITS * tx->table->times->t1_ms);
}

static void on_resend_due(void *user)
{
	struct bel_tx *tx = user;

	/* Armed before the row is taken, so that the row may stop it. */
	arm_resend(tx, next_resend_ms(tx));
	take(tx, BEL_TX_RESEND_DUE, NULL);
}

static void on_end_due(void *user)
{
	struct bel_tx *tx = user;

	take(tx, tx->end_event, NULL);
}

/* The order of the lines is the order of the effects. */
static void take(struct bel_tx *tx, enum bel_tx_event event, struct bel_sip_msg *msg)
{
	struct bel_tx_move move = bel_tx_step(tx->kind, tx->state, event);
	const struct bel_tx_port *port = tx->port;

	if (move.next == BEL_TX_NONE)
		return;
	tx->state = move.next;
	if (move.actions & BEL_TX_STOP)
		stop_timers(tx);
	if (move.actions & BEL_TX_LINGER)
		arm_end(tx, BEL_TX_LINGER_DUE, linger_ms(tx));
	if (move.actions & BEL_TX_START)
		start_final(tx);
	if (move.actions & BEL_TX_RESEND_SLOW && bel_timer_is_running(&tx->resend))
		arm_resend(tx, tx->table->times->t2_ms);
	if (move.actions & (BEL_TX_SEND | BEL_TX_RESEND))
		resend(tx);
	if (move.actions & BEL_TX_ACK)
		send_ack(tx, msg);
	if (tx->state == BEL_TX_TERMINATED)
		bel_tx_table_remove(tx);
	/* The user comes last: it may do anything. */
	if (move.actions & BEL_TX_PASS)
		port->on_message(tx, msg);
	if (move.actions & (BEL_TX_LOST | BEL_TX_DOWN) && port->on_failure)
		port->on_failure(tx, move.actions & BEL_TX_LOST ? BEL_ERR_TIMEOUT
								: tx->failure);
	if (move.next == BEL_TX_TERMINATED)
		port->on_end(tx);
}

static void prepare(struct bel_tx *tx, enum bel_tx_kind kind,
		    const struct bel_tx_port *port, void *user, struct bel_arena *arena,
		    bool is_reliable)
{
	*tx = (struct bel_tx){ .kind = kind,
			       .port = port,
			       .user = user,
			       .arena = arena,
			       .is_reliable = is_reliable };
	bel_timer_init(&tx->resend, on_resend_due, tx);
	bel_timer_init(&tx->end, on_end_due, tx);
}

enum bel_err bel_tx_server_start(struct bel_tx *tx, struct bel_tx_table *table,
				 struct bel_sip_msg *request,
				 const struct bel_tx_server_opts *opts)
{
	bool is_invite = request->method == BEL_SIP_INVITE;
	enum bel_err err;

	prepare(tx, is_invite ? BEL_TX_INVITE_SERVER : BEL_TX_NON_INVITE_SERVER,
		opts->port, opts->user, opts->arena, opts->is_reliable);
	err = bel_tx_key_server(tx, table, request);
	if (err)
		return err;
	tx->method = request->method;
	tx->state = is_invite ? BEL_TX_PROCEEDING : BEL_TX_TRYING;
	bel_tx_table_put(table, tx);
	return BEL_OK;
}

void bel_tx_on_request(struct bel_tx *tx, struct bel_sip_msg *request)
{
	bool is_ack = request->method == BEL_SIP_ACK;

	take(tx, is_ack ? BEL_TX_RX_ACK : BEL_TX_RX_REQUEST, request);
}

void bel_tx_respond(struct bel_tx *tx, uint16_t status, bel_str bytes)
{
	enum bel_tx_event event = status < 200   ? BEL_TX_TU_1XX
				  : status < 300 ? BEL_TX_TU_2XX
						 : BEL_TX_TU_FAILURE;

	if (bel_tx_step(tx->kind, tx->state, event).next == BEL_TX_NONE)
		return;
	tx->last = bytes;
	tx->status = status;
	take(tx, event, NULL);
}

void bel_tx_client_start(struct bel_tx *tx, struct bel_tx_table *table,
			 const struct bel_tx_client_opts *opts)
{
	bool is_invite = opts->method == BEL_SIP_INVITE;

	prepare(tx, is_invite ? BEL_TX_INVITE_CLIENT : BEL_TX_NON_INVITE_CLIENT,
		opts->port, opts->user, opts->arena, opts->is_reliable);
	tx->method = opts->method;
	tx->last = opts->request;
	tx->state = is_invite ? BEL_TX_CALLING : BEL_TX_TRYING;
	bel_tx_key_client(tx, table, opts->branch);
	bel_tx_table_put(table, tx);
	if (!tx->is_reliable)
		arm_resend(tx, table->times->t1_ms);
	arm_end(tx, BEL_TX_GIVE_UP, RETRANSMITS * table->times->t1_ms);
	send_bytes(tx, tx->last);
}

void bel_tx_on_response(struct bel_tx *tx, struct bel_sip_msg *response)
{
	enum bel_tx_event event = response->status < 200   ? BEL_TX_RX_1XX
				  : response->status < 300 ? BEL_TX_RX_2XX
							   : BEL_TX_RX_FAILURE;

	tx->status = response->status;
	take(tx, event, response);
}

void bel_tx_on_unreachable(struct bel_tx *tx, enum bel_err err)
{
	if (bel_tx_step(tx->kind, tx->state, BEL_TX_UNREACHABLE).next == BEL_TX_NONE)
		return;
	tx->failure = err;
	/* A server that waits for more (RFC 6026 figure 7: it stays) keeps its own end.
	 */
	if (bel_tx_step(tx->kind, tx->state, BEL_TX_UNREACHABLE).next == tx->state &&
	    bel_timer_is_running(&tx->end))
		return;
	arm_end(tx, BEL_TX_UNREACHABLE, 0);
}

void bel_tx_abandon(struct bel_tx *tx)
{
	stop_timers(tx);
	tx->state = BEL_TX_COMPLETED;
	arm_end(tx, BEL_TX_LINGER_DUE, 0);
}

/* A refusal is repeated until its ACK, the answer to any other request for each time that
 * it comes again; a settled client has said its last word but for the ACK, which is kept
 * by itself. */
bel_str bel_tx_last(const struct bel_tx *tx)
{
	bool is_server = tx->kind == BEL_TX_INVITE_SERVER ||
			 tx->kind == BEL_TX_NON_INVITE_SERVER;

	if (!bel_tx_is_settled(tx) || (is_server && tx->state == BEL_TX_COMPLETED))
		return tx->last;
	return BEL_STR_NONE;
}

void bel_tx_move_last(struct bel_tx *tx, bel_str last)
{
	tx->last = last;
}
