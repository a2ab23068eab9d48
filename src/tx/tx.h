/* SPDX-License-Identifier: Apache-2.0
 *
 * tx: the four transaction machines of RFC 3261 section 17 as RFC 6026 corrects them, and
 * the table that finds them. They stand between the transport, which hands messages in by
 * bel_tx_on_request and bel_tx_on_response, and the transaction user (proxy, registrar,
 * agent), who starts them, responds, and is told what came. No socket in here: bytes
 * leave through the port's send.
 *
 *   machine.c  the tables, one row an arrow of the RFC's figures
 *   tx.c       the executor: the one place where the order of effects is decided
 *   table.c    matching: RFC 3261 sections 17.1.3 and 17.2.3, RFC 2543 peers included
 *
 * A table belongs to one worker's thread; so do its transactions. */
#ifndef BEL_TX_TX_H
#define BEL_TX_TX_H

#include "base/base.h"
#include "io/io.h"
#include "sip/sip.h"

enum bel_tx_kind {
	BEL_TX_INVITE_CLIENT,
	BEL_TX_NON_INVITE_CLIENT,
	BEL_TX_INVITE_SERVER,
	BEL_TX_NON_INVITE_SERVER,
	BEL_TX_KIND_COUNT
};

enum bel_tx_state {
	BEL_TX_NONE, /* no such row */
	BEL_TX_CALLING,
	BEL_TX_TRYING,
	BEL_TX_PROCEEDING,
	BEL_TX_ACCEPTED,
	BEL_TX_COMPLETED,
	BEL_TX_CONFIRMED,
	BEL_TX_TERMINATED,
	BEL_TX_STATE_COUNT
};

enum bel_tx_event {
	BEL_TX_RX_REQUEST, /* the request again */
	BEL_TX_RX_ACK,
	BEL_TX_RX_1XX,
	BEL_TX_RX_2XX,
	BEL_TX_RX_FAILURE, /* 3xx to 6xx */
	BEL_TX_TU_1XX,
	BEL_TX_TU_2XX,
	BEL_TX_TU_FAILURE,
	BEL_TX_RESEND_DUE,  /* timers A, E, G */
	BEL_TX_GIVE_UP,     /* timers B, F, H */
	BEL_TX_LINGER_DUE,  /* timers D, I, J, K, L, M */
	BEL_TX_UNREACHABLE, /* the transport failed */
	BEL_TX_EVENT_COUNT
};

enum bel_tx_action {
	BEL_TX_SEND = 1,        /* the new response */
	BEL_TX_RESEND = 2,      /* what was sent last */
	BEL_TX_RESEND_SLOW = 4, /* from now on every T2 */
	BEL_TX_STOP = 8,        /* all timers */
	BEL_TX_START = 16,  /* resend and give-up timers of a server's final response */
	BEL_TX_LINGER = 32, /* wait for stragglers, then end */
	BEL_TX_ACK = 64,    /* RFC 3261 section 17.1.1.3 */
	BEL_TX_PASS = 128,  /* to the user */
	BEL_TX_LOST = 256,  /* tell the user: nobody answered */
	BEL_TX_DOWN = 512,  /* tell the user: it cannot be sent */
};

struct bel_tx_move {
	uint8_t next; /* enum bel_tx_state; NONE: nothing happens */
	uint16_t actions;
};

/* The pure machine. */
struct bel_tx_move bel_tx_step(enum bel_tx_kind kind, enum bel_tx_state state,
			       enum bel_tx_event event);
const char *bel_tx_state_name(enum bel_tx_state state);
const char *bel_tx_event_name(enum bel_tx_event event);

/* RFC 3261 table 4, in milliseconds. */
struct bel_tx_times {
	unsigned t1_ms, t2_ms, t4_ms;
	unsigned d_ms; /* at least 32 s (RFC 6026 section 8.4) */
};
extern const struct bel_tx_times bel_tx_times_default;

struct bel_tx;
struct bel_tx_table;

/* What a user of transactions fills in; one static const struct for each kind of user. */
struct bel_tx_port {
	/* Puts bytes on their way to where this transaction goes. An error is told back
	 * to the machine as UNREACHABLE at the next tick, never from inside send. */
	enum bel_err (*send)(struct bel_tx *tx, bel_str bytes);
	/* A response (client), or the ACK of a 2xx (server). The message is borrowed. */
	void (*on_message)(struct bel_tx *tx, struct bel_sip_msg *msg);
	/* No final answer will come, or the final response was never acknowledged:
	 * BEL_ERR_TIMEOUT; or the transport failed: the error. */
	void (*on_failure)(struct bel_tx *tx, enum bel_err err);
	/* The last call; the memory is the user's again. Never from inside a call of the
	 * user's into this room. */
	void (*on_end)(struct bel_tx *tx);
};

/* Lies in memory of its user, who embeds it and reads what is marked; zero it first. */
struct bel_tx {
	/* for the user to read */
	enum bel_tx_kind kind;
	enum bel_tx_state state;
	enum bel_sip_method method;
	bool is_reliable;
	bool is_cancelled; /* server: a CANCEL matched (the user sets it) */
	uint16_t status;   /* client: last received; server: last sent */
	const struct bel_tx_port *port;
	void *user; /* the user's, untouched here */

	/* private */
	struct bel_tx_table *table;
	struct bel_tx *next; /* in its bucket */
	uint64_t hash;
	bel_str key;  /* branch and sent-by; for RFC 2543 peers more, see table.c */
	bel_str last; /* request (client), response (server): what is sent again */
	bel_str ack;
	struct bel_arena *arena;
	struct bel_timer resend, end;
	uint32_t resend_ms;
	uint8_t end_event;
	enum bel_err failure;
};

/* Whether it has its final answer and only waits for stragglers. */
static inline bool bel_tx_is_settled(const struct bel_tx *tx)
{
	return tx->state >= BEL_TX_ACCEPTED;
}

/* What it may have to send again: empty when it is settled and never will. */
bel_str bel_tx_last(const struct bel_tx *tx);
/* The same bytes at another place, or none when there are none. */
void bel_tx_move_last(struct bel_tx *tx, bel_str last);

struct bel_tx_table_opts {
	struct bel_loop *loop;
	const struct bel_tx_times *times; /* NULL: the default; must outlive the table */
};

enum bel_err bel_tx_table_open(struct bel_tx_table **out,
			       const struct bel_tx_table_opts *opts);
/* Ends every transaction that is left, by on_end. */
void bel_tx_table_close(struct bel_tx_table *table);
size_t bel_tx_table_count(const struct bel_tx_table *table);

/* ---- server ---- */

/* Finds the transaction of a request: the same request again, the ACK of a failure (NULL
 * for the ACK of a 2xx, which has a branch of its own), never the INVITE of a CANCEL. */
struct bel_tx *bel_tx_find_server(struct bel_tx_table *table,
				  struct bel_sip_msg *request);
/* The INVITE transaction that a CANCEL names (RFC 3261 section 9.2), or NULL. */
struct bel_tx *bel_tx_find_cancelled(struct bel_tx_table *table,
				     struct bel_sip_msg *cancel);

struct bel_tx_server_opts {
	const struct bel_tx_port *port;
	void *user;
	struct bel_arena *arena; /* keeps the key; outlives the transaction */
	bool is_reliable;
};
/* Starts one for a request that bel_tx_find_server did not find. BEL_ERR_SPACE when the
 * arena is used up; nothing is kept then. */
enum bel_err bel_tx_server_start(struct bel_tx *tx, struct bel_tx_table *table,
				 struct bel_sip_msg *request,
				 const struct bel_tx_server_opts *opts);
/* Gives the machine a request that was found: a retransmission or an ACK. */
void bel_tx_on_request(struct bel_tx *tx, struct bel_sip_msg *request);
/* Sends a response and keeps it for retransmission: bytes stay valid and unchanged until
 * a later response replaces them or on_end comes. A second final response is not sent,
 * but a further 2xx to INVITE is. */
void bel_tx_respond(struct bel_tx *tx, uint16_t status, bel_str bytes);

/* ---- client ---- */

struct bel_tx_client_opts {
	const struct bel_tx_port *port;
	void *user;
	struct bel_arena *arena; /* keeps the ACK; outlives the transaction */
	bel_str branch;          /* of the topmost Via; ours, so unique; in the arena */
	bel_str request;         /* the bytes as sent; in the arena */
	enum bel_sip_method method;
	bool is_reliable;
};
/* Sends the request. Failure to send comes by on_failure. */
void bel_tx_client_start(struct bel_tx *tx, struct bel_tx_table *table,
			 const struct bel_tx_client_opts *opts);
/* The transaction of a response, by branch and CSeq method; NULL: drop it. */
struct bel_tx *bel_tx_find_client(struct bel_tx_table *table,
				  struct bel_sip_msg *response);
void bel_tx_on_response(struct bel_tx *tx, struct bel_sip_msg *response);
/* The transport tells that what was sent did not get there. */
void bel_tx_on_unreachable(struct bel_tx *tx, enum bel_err err);
/* Ends a client without a word to its user but on_end: it lost interest (a branch whose
 * call is over). on_end comes at the next tick. */
void bel_tx_abandon(struct bel_tx *tx);

/* The CANCEL of a request that was sent (RFC 3261 section 9.1); extra is whole header
 * lines (Reason) or empty. */
enum bel_err bel_tx_write_cancel(struct bel_writer *writer, const struct bel_tx *tx,
				 bel_str extra);
/* The ACK of a failure (RFC 3261 section 17.1.1.3). */
enum bel_err bel_tx_write_ack(struct bel_writer *writer, const struct bel_tx *tx,
			      struct bel_sip_msg *response);

#endif
