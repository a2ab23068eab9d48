/* SPDX-License-Identifier: Apache-2.0
 *
 * transport: SIP over UDP, TCP and TLS (RFC 3261 section 18, RFC 3581, RFC 5626). Bytes
 * come in as whole messages with the flow they came by; messages go out down a flow, or
 * to a hop found by targets.h. One transport a worker: its sockets, its connections.
 *
 *   transport.c  listeners and what is common
 *   udp.c        datagrams, keepalives, STUN
 *   stream.c     messages over connections: framing, queues, TLS, accepting
 *   conn.c       a connection's life: slots, deadlines, its end
 *   connect.c    the connection to a next hop, reused or new
 *   waiter.c     who is told when a flow is gone
 *   hold.c       connections that are not read, as another worker has too much to do
 *   handed.c     messages that belong to another worker than the one they came to
 *   parcel.c     messages for a connection of another worker
 *   targets.c    RFC 3263: from a URI to addresses, with a cache and a memory of health
 *
 * A flow is a value and never dangles: a connection that is gone answers BEL_ERR_CLOSED.
 * Everything here belongs to the worker's thread. */
#ifndef BEL_TRANSPORT_TRANSPORT_H
#define BEL_TRANSPORT_TRANSPORT_H

#include "base/base.h"
#include "crypto/crypto.h"
#include "io/io.h"
#include "sip/sip.h"

struct bel_transport;

static inline bool bel_flow_is_stream(const struct bel_flow *flow)
{
	return flow->transport != BEL_SIP_UDP;
}

bool bel_flow_is_same(const struct bel_flow *a, const struct bel_flow *b);

/* One message, framed. The bytes are the receiver's to change until its call returns. */
struct bel_rx {
	struct bel_flow flow;
	bel_str bytes;
};

enum { BEL_RX_BATCH = BEL_UDP_BATCH };

/* What the node fills in. */
struct bel_transport_port {
	/* 1 to BEL_RX_BATCH messages. */
	void (*on_messages)(void *user, struct bel_rx *rx, unsigned count);
	/* The index of the worker that a message belongs to; its own is never wrong.
	 * Asked once for each message, by whom it came to, and only when there are
	 * several workers. May be NULL: messages stay where they come. */
	unsigned (*find_owner)(void *user, bel_str bytes);
	/* Before any byte of a datagram or a new connection is looked at (guard). */
	bool (*may_receive)(void *user, const bel_addr *peer,
			    enum bel_sip_transport transport);
	/* Whether a STUN request may be answered (RFC 5626 section 3.5.2), by datagram to
	 * a source that nothing has proved. NULL: each is. */
	bool (*may_answer)(void *user, const bel_addr *peer);
	/* Whether limits per source do not hold for it. May be NULL. */
	bool (*is_trusted)(void *user, const bel_addr *peer);
	/* A stream lied about its length or passed a limit: the node may answer down the
	 * flow before it is closed. bytes hold what there is of the message. */
	void (*on_broken)(void *user, const struct bel_flow *flow, bel_str bytes,
			  const struct bel_sip_refusal *why);
	/* A connection is gone; comes after its waiters were told. May be NULL. */
	void (*on_closed)(void *user, const struct bel_flow *flow);
	/* Every message that comes or goes, for traces. May be NULL. */
	void (*on_wire)(void *user, const struct bel_flow *flow, bool is_sent,
			bel_str bytes);
};

struct bel_transport_listener {
	enum bel_sip_transport transport;
	bel_addr local; /* with the port; 0.0.0.0 and :: are wildcards */
};

/* The figures of SECURITY.md; 0 takes the default. */
struct bel_transport_limits {
	unsigned handshake_ms;      /* 5,000 */
	unsigned header_ms;         /* 10,000: from the first byte to the empty line */
	unsigned message_ms;        /* 30,000: to the last byte */
	unsigned idle_ms;           /* 120,000: without registration */
	unsigned connections_max;   /* of one source: 100 */
	unsigned connections_total; /* 15,000 */
};

struct bel_transport_opts {
	struct bel_loop *loop;
	uint16_t worker, workers;
	const struct bel_transport_listener *listeners; /* copied */
	unsigned listeners_count;
	const bel_addr *publics; /* what the world sees instead of a private address */
	unsigned publics_count;
	struct bel_tls_context *tls_server, *tls_client; /* NULL: no TLS; borrowed */
	struct bel_transport_limits limits;
	const struct bel_transport_port *port;
	void *user;
	const struct bel_log *log;
};

/* On failure *failed (may be NULL) is the index of the listener that could not be opened;
 * nothing stays open. */
enum bel_err bel_transport_open(struct bel_transport **out, unsigned *failed,
				const struct bel_transport_opts *opts);
/* Connections are closed; waiters are not told. */
void bel_transport_close(struct bel_transport *transport);
/* Takes no new connections; those that are there go on (drain). */
void bel_transport_stop(struct bel_transport *transport);
/* New contexts after a certificate changed; running connections keep theirs. */
void bel_transport_set_tls(struct bel_transport *transport,
			   struct bel_tls_context *server,
			   struct bel_tls_context *client);
/* The other workers' transports learn each other once, before any loop runs: messages
 * then go to the worker that find_owner names, by a bounded mailbox. One that is full
 * loses datagrams, as a socket does; streams are not read until there is room. Flows of
 * another worker are served through its mailbox. The array stays the caller's and
 * outlives them. */
void bel_transport_join(struct bel_transport *const *transports, unsigned count);
/* Before the first of them is closed: flows of others are gone from here on, and what was
 * handed over is dropped. */
void bel_transport_part(struct bel_transport *transport);

/* The listener with that index as it was opened, its port filled in; family 0 past the
 * last. */
struct bel_transport_listener
bel_transport_listener_at(const struct bel_transport *transport, unsigned index);

/* Whom to tell when a flow fails. Lies in its owner's memory; removed before it is told.
 */
struct bel_flow_waiter {
	struct bel_list node;
	struct bel_flow flow; /* private */
	void (*on_failed)(struct bel_flow_waiter *waiter, enum bel_err err);
};
static inline void bel_flow_waiter_init(struct bel_flow_waiter *waiter,
					void (*on_failed)(struct bel_flow_waiter *waiter,
							  enum bel_err err))
{
	bel_list_init(&waiter->node);
	waiter->on_failed = on_failed;
}
/* Until bel_flow_forget: a connection's end, or ICMP from the peer of a datagram. */
void bel_flow_wait(struct bel_transport *transport, const struct bel_flow *flow,
		   struct bel_flow_waiter *waiter);
void bel_flow_forget(struct bel_flow_waiter *waiter);

/* A message down a flow; copied. BEL_ERR_CLOSED when the connection is gone,
 * BEL_ERR_LIMIT above what a datagram holds, BEL_ERR_BUSY when the peer does not read. */
enum bel_err bel_flow_send(struct bel_transport *transport, const struct bel_flow *flow,
			   bel_str bytes);
/* Whether a message can still go down it, as far as is known now: a connection of another
 * worker may just be closing. True for every UDP flow of a known listener. */
bool bel_flow_is_open(const struct bel_transport *transport, const struct bel_flow *flow);
/* A stream that carries a registration is not closed for idleness. Of any worker. */
void bel_flow_keep(struct bel_transport *transport, const struct bel_flow *flow);
void bel_flow_close(struct bel_transport *transport, const struct bel_flow *flow);
/* CRLF CRLF down the flow (RFC 5626 section 3.5.1), or CRLF in a datagram. */
enum bel_err bel_flow_ping(struct bel_transport *transport, const struct bel_flow *flow);

/* Where a request goes next. */
struct bel_hop {
	enum bel_sip_transport transport;
	bel_addr addr;
	bel_str name;  /* whom a certificate must name (RFC 5922); empty: not checked */
	bool is_guess; /* nobody said that it listens there: it is not waited for as long
			*/
};

/* The flow to a hop: an open connection to the same address, transport and name when
 * there is one (RFC 3261 section 18.1.1), else a new one, whose failure the waiters are
 * told. BEL_ERR_UNSUPPORTED when no listener of ours speaks that transport or family. */
enum bel_err bel_flow_open(struct bel_flow *out, struct bel_transport *transport,
			   const struct bel_hop *hop);

/* What stands in Via, Record-Route and Contact for messages down this flow: the public
 * address that belongs to the listener, or the local one, with the listener's port. */
bel_addr bel_flow_own_addr(const struct bel_transport *transport,
			   const struct bel_flow *flow);

/* Where a response goes (RFC 3261 section 18.2.2, RFC 3581 section 4): down the flow the
 * request came by, and for UDP to received and rport, or maddr. When a connection is
 * gone, to the sent-by by a new one. */
enum bel_err bel_flow_for_response(struct bel_flow *out, struct bel_transport *transport,
				   const struct bel_flow *came_by,
				   const struct bel_sip_via *via);

/* Sums over what this transport did; plain values for who reads them on the thread. */
struct bel_transport_counters {
	uint64_t received[BEL_SIP_SCTP + 1], sent[BEL_SIP_SCTP + 1]; /* messages */
	uint64_t keepalives, stuns, refused, broken;
	uint64_t handed_over, handed_lost; /* to other workers; their mailbox was full */
	uint64_t accepted, connected, connections; /* the last: open now */
	uint64_t tls_handshakes, tls_failures;
};
const struct bel_transport_counters *
bel_transport_counters(const struct bel_transport *transport);

#include "transport/targets.h"

#endif
