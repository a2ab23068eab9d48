/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_TRANSPORT_INT_H
#define BEL_TRANSPORT_INT_H

#include <stdatomic.h>

#include "transport/transport.h"

enum {
	LISTENERS_MAX = 64,
	PUBLICS_MAX = 8,
	WAITER_BUCKETS = 1024,
	WORKERS_MAX = 64, /* a bit each in `senders` */
	LETTERS_MAX = 16384,
	HANDED_MAX = 65536, /* its bytes are the narrower bound */
	/* that wait for a worker: as much as a UDP socket holds, and what streams had
	 * been read before they were held */
	HANDED_BYTES_MANY = 4 << 20,
	HANDED_BYTES_MAX = 8 << 20,
	BEL_HANDED_SIZES = 2,
	READ_BYTES = BEL_SIP_MESSAGE_BYTES_MAX + 1,
	CONN_WRITE_BYTES_MAX = 1 << 20, /* that the peer has not taken yet */
};

struct listener {
	struct bel_transport_listener opts;
	struct bel_transport *transport;
	struct bel_udp *udp;
	struct bel_listener *tcp;
};

enum conn_state { CONN_CONNECTING, CONN_HANDSHAKE, CONN_OPEN };

/* One connection. It may be closed, and is then freed, inside any callback into the node:
 * whoever called one asks by its flow whether it is still there. */
struct conn {
	struct bel_transport *transport;
	struct bel_flow flow;
	struct bel_stream *stream;
	struct bel_tls *tls; /* NULL on TCP */
	enum conn_state state;
	bool is_client, is_kept;
	bel_str name; /* whom the peer's certificate names; own memory */
	struct bel_sip_framer framer;
	char *rest; /* what there is of an unfinished message */
	size_t rest_len;
	char *queue; /* what waits for connect or handshake */
	size_t queue_len;
	struct bel_list waiters;
	uint64_t senders;        /* other workers that sent down it, a bit each */
	struct bel_list by_peer; /* in the bucket of its peer */
	struct bel_list held;    /* in the transport's, while it is not read */
	struct bel_timer deadline;
	uint64_t message_began_ms; /* 0: between messages */
};

struct slot {
	struct conn *conn; /* NULL: free */
	uint32_t generation;
	uint32_t next_free;
};

struct bel_transport {
	struct bel_transport_opts opts;
	struct bel_tls_context *tls_server, *tls_client;
	struct listener listeners[LISTENERS_MAX];
	unsigned listeners_count;
	bel_addr publics[PUBLICS_MAX];
	unsigned publics_count;

	struct slot *slots; /* at most connections_total */
	uint32_t slots_count, first_free;
	struct bel_list conns_by_peer[WAITER_BUCKETS];
	/* by the peer: on datagrams, on connections of other workers */
	struct bel_list udp_waiters[WAITER_BUCKETS], far_waiters[WAITER_BUCKETS];
	struct bel_mailbox *parcels; /* what other workers send down flows of this one */
	struct bel_mailbox *handed;  /* messages that came to other workers */
	struct bel_transport *const *others;
	unsigned others_count;
	struct handed *handed_spares[BEL_HANDED_SIZES]; /* to hand messages over in */
	unsigned handed_spares_count[BEL_HANDED_SIZES];
	struct bel_list held; /* connections that are not read for now */
	struct bel_timer hold;

	struct bel_transport_counters counters;
	char buf[READ_BYTES]; /* of streams; one message is handled at a time */

	/* written by the worker, read by any: a slot's generation while it is taken.
	 * NULL when there is one worker. */
	_Atomic uint64_t *taken;

	/* any worker */
	_Atomic size_t handed_bytes;        /* that wait in `handed` */
	struct handed *_Atomic handed_back; /* blocks of this worker, read elsewhere */
};

/* waiter.c: those of the list who wait on that flow are out of it and told; of a
 * datagram's flow the peer alone counts. */
void bel_transport_tell_waiters(struct bel_list *list, const struct bel_flow *flow,
				enum bel_err err);
/* Nobody is told any more. */
void bel_transport_drop_waiters(struct bel_list *list);

/* parcel.c: by the mailbox of the worker whose connection the flow is. */
enum bel_err bel_transport_parcel_send(struct bel_transport *transport,
				       const struct bel_flow *flow, bel_str bytes);
/* When the connection is gone by then, on_closed comes once more: whoever kept the flow
 * in the meantime did not hear it the first time. */
void bel_transport_parcel_keep(struct bel_transport *transport,
			       const struct bel_flow *flow);
/* The connection is gone: told to those who sent down it. */
void bel_transport_parcel_gone(struct bel_transport *transport,
			       const struct bel_flow *flow, uint64_t senders);
void bel_transport_on_parcel(void *user, struct bel_letter *letter);

/* handed.c: hands messages over to those whose they are. How many are left, in front. */
unsigned bel_transport_steer(struct bel_transport *transport, struct bel_rx *rx,
			     unsigned count);
void bel_transport_on_handed(void *user, struct bel_letter *letter);
void bel_transport_handed_free(struct bel_transport *transport);
/* What waits to be taken by that worker. Any thread. */
static inline size_t bel_transport_handed_bytes(const struct bel_transport *transport)
{
	return atomic_load_explicit(&transport->handed_bytes, memory_order_relaxed);
}

/* hold.c */
void bel_transport_hold_init(struct bel_transport *transport);
/* True: it is not to be read now, and will be by itself. */
bool bel_transport_hold(struct conn *conn);

/* A connection of another worker. */
static inline bool bel_transport_is_elsewhere(const struct bel_transport *transport,
					      const struct bel_flow *flow)
{
	return bel_flow_is_stream(flow) && flow->worker != transport->opts.worker;
}

/* udp.c */
enum bel_err bel_transport_udp_open(struct listener *listener, bool is_shared);
enum bel_err bel_transport_udp_send(struct bel_transport *transport,
				    const struct bel_flow *flow, bel_str bytes);
enum bel_err bel_transport_udp_flow(struct bel_flow *out, struct bel_transport *transport,
				    const bel_addr *peer);

/* conn.c */
struct conn *bel_transport_conn(const struct bel_transport *transport,
				const struct bel_flow *flow);
/* Whether it is there now, or was a moment ago. Any thread. */
bool bel_transport_conn_is_there(const struct bel_transport *transport,
				 const struct bel_flow *flow);
/* Takes the stream, which the caller gives its handler; NULL above the limits and without
 * memory: it stays the caller's then. */
struct conn *bel_transport_conn_new(struct bel_transport *transport,
				    struct bel_stream *stream,
				    enum bel_sip_transport kind, unsigned listener);
void bel_transport_conn_close(struct conn *conn, enum bel_err err);
/* The same after a failure of its own, which is counted and told. */
void bel_transport_conn_fail(struct conn *conn, enum bel_err err);
/* It fails after so long without a further word. */
void bel_transport_conn_arm(struct conn *conn, unsigned after_ms);
/* The rest of a message, or the next one, within the limits. */
void bel_transport_conn_expect_next(struct conn *conn);

/* stream.c */
extern const struct bel_stream_handler bel_transport_stream_handler; /* of a conn */
enum bel_err bel_transport_stream_listen(struct listener *listener, bool is_shared);
enum bel_err bel_transport_stream_send(struct bel_transport *transport,
				       const struct bel_flow *flow, bel_str bytes);
/* Reads what there is, unless the connection is held. It may be gone afterwards. */
void bel_transport_stream_receive(struct conn *conn);

/* connect.c */
enum bel_err bel_transport_stream_flow(struct bel_flow *out,
				       struct bel_transport *transport,
				       const struct bel_hop *hop);
/* The connection to a hop that is there already; false when there is none. */
bool bel_transport_stream_find(struct bel_flow *out, struct bel_transport *transport,
			       const struct bel_hop *hop);

unsigned bel_transport_bucket(const bel_addr *peer);

#endif
