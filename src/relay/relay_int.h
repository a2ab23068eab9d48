/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_RELAY_INT_H
#define BEL_RELAY_INT_H

#include "relay/relay.h"
#include "rtp/rtp.h"

enum {
	WINDOW_US = 100000,
	BUSY_PACKETS = 400, /* in a window: some 40 calls */
	GATHER_US = 900,
	ENOUGH_PACKETS = 32, /* in a turn */
	LATCH_MS = 1000,     /* in which others may turn out to be the side */
	PACKET_BYTES_MAX = BEL_DATAGRAM_BYTES + BEL_SRTP_OVERHEAD_BYTES,
	SOCKET_BUFFER_BYTES = 1 << 18, /* a second of video */
	PAYLOADS_WORDS = 2,
	OFFERED_SUITES = 2,
	HASH_CHARS_MAX = 8,
};

/* ---- what a side says ---- */

enum proto {
	PROTO_OTHER, /* left as it is: nothing that goes by datagrams */
	PROTO_AVP,
	PROTO_AVPF,
	PROTO_SAVP,
	PROTO_SAVPF,
	PROTO_TLS_SAVP,
	PROTO_TLS_SAVPF,
	PROTO_UDPTL, /* RFC 7345: carried unread */
	PROTO_COUNT
};

/* Master key and salt, one behind the other. */
struct relay_keys {
	enum bel_srtp_suite suite;
	uint8_t len; /* 0: none */
	uint8_t bytes[BEL_SRTP_KEY_BYTES_MAX + BEL_SRTP_SALT_BYTES_MAX];
};

/* What it says of ICE. */
enum said_ice {
	SAID_NO_ICE,
	SAID_ICE,
	SAID_ICE_LITE,    /* it checks nothing */
	SAID_ICE_CHANGED, /* its address was changed on the way (RFC 8839 section 4.2.5)
			   */
};

/* A media part of its description. */
struct said {
	enum proto proto;
	enum bel_relay_keying keying; /* PLAIN, SDES, DTLS */
	enum bel_sdp_direction direction;
	enum bel_sdp_setup setup;
	bool is_rejected, has_mux;
	enum said_ice ice;
	uint64_t ice_peer;  /* its credentials, in short */
	bel_addr rtp, rtcp; /* family 0: nowhere that is known */
	uint32_t crypto_tag;
	struct relay_keys keys; /* SDES: the first that can be done here */
	char hash[HASH_CHARS_MAX];
	uint8_t hash_len;
	struct bel_dtls_fingerprint fingerprint;
	uint32_t clock_hz;
	uint64_t payloads[PAYLOADS_WORDS]; /* a bit each */
};

/* profile.c */
struct call;
enum proto bel_relay_proto_find(bel_str text);
bel_str bel_relay_proto_text(enum proto proto);
/* The one for that keying, as near to another as can be. */
enum proto bel_relay_proto_for(enum bel_relay_keying keying, enum proto like);
void bel_relay_said_read(struct said *out, const struct call *call,
			 const struct bel_sdp *sdp, unsigned media);
static inline bool bel_relay_is_carried(const struct said *said)
{
	return said->proto != PROTO_OTHER && !said->is_rejected;
}

/* ---- one side of one stream ---- */

struct leg;

struct relay_socket {
	struct leg *leg;
	struct bel_udp *udp; /* NULL: closed */
	bool is_rtcp;
};

/* Where a side sends from, as far as is known. */
struct latch {
	bel_addr announced;
	bel_addr remote;   /* where to send */
	uint64_t first_ms; /* of the first packet since the last offer; 0: none */
	bool is_met;       /* one came from where the side is known to be */
	bool is_latched;   /* remote was learned from a packet */
	bel_addr foreign;  /* the last that was turned away */
};

struct association;
struct relay_ice;

/* What the kernel has carried, as far as it is in the figures. */
struct carried {
	uint64_t packets, bytes, strange_payloads;
};

struct leg {
	/* set once */
	struct stream *stream;
	enum bel_relay_side side;

	struct relay_socket rtp, rtcp;
	uint16_t port;   /* of rtp, held; 0: none */
	bool holds_next; /* the port behind it, too */
	struct said said, pending;
	bool is_agreed; /* said holds */
	bool has_mux;
	enum bel_relay_keying keying; /* of what is agreed */
	enum bel_relay_keying asked;  /* in the pending offer; AS_OFFERED: end to end */
	struct latch rtp_latch, rtcp_latch;
	struct relay_ice *ice; /* NULL: nothing was said of it to the side */
	struct carried *fast;  /* NULL: what comes from it goes by its socket */

	struct relay_keys offered[OFFERED_SUITES]; /* ours, as offered; made once */
	struct relay_keys ours, theirs;            /* under which the contexts are */
	struct bel_srtp *in, *out;
	struct bel_srtp *in_rtcp, *out_rtcp; /* of DTLS without mux; else NULL */
	struct association *dtls[2];         /* RTP, RTCP */

	/* figures */
	uint64_t packets, bytes, foreign, unreadable, strange_payloads;
	uint64_t last_ms; /* of the last packet taken; 0: none */
	uint32_t round_trip_us;
	uint32_t report_ntp; /* middle of the sender report that was last sent to it */
	uint64_t report_us;
	struct bel_rtp_source source;
	bool has_source;
	enum bel_relay_verdict verdict;
};

struct stream {
	struct call *call;
	unsigned index;
	bool is_through; /* keys are those of the two sides: nothing is read */
	bool is_through_pending;
	struct leg legs[BEL_RELAY_SIDES];
};

struct call {
	struct bel_list node; /* of its bucket */
	struct bel_relay *relay;
	bel_relay_call id;
	char *names; /* the three, one behind the other */
	uint16_t call_id_len, caller_len, callee_len;
	struct bel_relay_place places[BEL_RELAY_SIDES];
	enum bel_relay_keying asks[BEL_RELAY_SIDES];
	unsigned puts_count; /* ways in which the present offer was put */
	bool has_offer;      /* offer_from is of an exchange */
	bool is_awaiting;    /* and its answer has not come */
	bool is_answered;
	enum bel_relay_side offer_from;
	struct stream *streams[BEL_RELAY_STREAMS_MAX];
	unsigned streams_count;
	struct bel_timer timer;
	uint32_t kept;           /* the place of its record, the user's; 0: none */
	unsigned unkept_reports; /* protected since that was written */
	uint64_t began_ms, answered_ms;
	bool has_flown;
};

struct slot {
	struct call *call; /* NULL: free */
	uint32_t generation, next_free;
};

struct bel_relay {
	struct bel_relay_opts opts;
	struct slot *slots;
	uint32_t slots_size, free_first; /* free_first == slots_size: none */
	struct bel_list *buckets;
	size_t buckets_count; /* a power of two */
	struct bel_hash_key key;
	struct bel_relay_counters counters;
	uint64_t window_us; /* in which packets are counted, since when */
	unsigned window_packets;
	bool is_busy;     /* in the one before */
	uint64_t turn_us; /* of the loop's turn in which packets came last */
	unsigned turn_packets;
	struct bel_arena arena;    /* of one description at a time */
	struct bel_crypto *crypto; /* for ICE; NULL: not needed yet */
	char packet[PACKET_BYTES_MAX];
};

/* relay.c */
struct call *bel_relay_call_find(const struct bel_relay *relay, bel_relay_call id);
static inline bel_str bel_relay_call_id(const struct call *call)
{
	return (bel_str){ call->names, call->call_id_len };
}
static inline struct leg *bel_relay_other_leg(struct leg *leg)
{
	return &leg->stream->legs[bel_relay_other(leg->side)];
}
static inline struct bel_relay *bel_relay_of(const struct leg *leg)
{
	return leg->stream->call->relay;
}

static inline void bel_relay_each_leg(struct call *call, void (*on_leg)(struct leg *leg))
{
	for (unsigned i = 0; i < call->streams_count; i++)
		for (unsigned side = 0; side < BEL_RELAY_SIDES; side++)
			on_leg(&call->streams[i]->legs[side]);
}

/* exchange.c */
/* -ENOMEM. Streams are made in their order. */
enum bel_err bel_relay_stream_ensure(struct call *call, unsigned index);

/* keep.c */
void bel_relay_keep(struct call *call);
void bel_relay_forget(struct call *call);
/* After each report that was protected. */
void bel_relay_keep_reported(struct call *call);

/* leg.c */
/* At a port of before. BEL_ERR_BUSY: it is taken. */
enum bel_err bel_relay_leg_open_at(struct leg *leg, uint16_t port, bool has_rtcp);
/* Opens its sockets, unless they are there. BEL_ERR_BUSY: no port is free. */
enum bel_err bel_relay_leg_open(struct leg *leg, bool has_rtcp);
/* Reports go by the socket of the media from here on. */
void bel_relay_leg_close_rtcp(struct leg *leg);
/* Sockets and keys. */
void bel_relay_leg_close(struct leg *leg);
bel_addr bel_relay_leg_outer(const struct leg *leg);

/* latch.c */
/* By what was said, which is new; is_offer: everything may have moved. */
void bel_relay_latch_arm(struct latch *latch, const bel_addr *announced,
			 const struct bel_relay_place *place, bool is_new);
/* Whether a packet may be taken, and where it comes from learned. is_authentic: it could
 * be read under the side's keys. */
bool bel_relay_latch_take(struct latch *latch, const struct bel_relay_place *place,
			  const bel_addr *from, bool is_authentic, uint64_t now_ms);

/* fast.c */
/* When there is nothing left to find out of what comes from that side. */
void bel_relay_fast_lay(struct leg *leg);
/* Brings the figures up to date. */
void bel_relay_fast_read(struct leg *leg);
void bel_relay_fast_end(struct leg *leg);
/* Of both sides: something has changed. */
static inline void bel_relay_fast_end_both(struct stream *stream)
{
	bel_relay_fast_end(&stream->legs[BEL_RELAY_CALLER]);
	bel_relay_fast_end(&stream->legs[BEL_RELAY_CALLEE]);
}

/* packet.c */
void bel_relay_on_datagrams(void *user, struct bel_udp *udp,
			    struct bel_datagram *datagrams, unsigned count);

/* keys.c */
/* Both contexts of SDES, from ours and theirs. */
enum bel_err bel_relay_keys_open(struct leg *leg, const struct relay_keys *ours,
				 const struct relay_keys *theirs);
/* Makes ours, once. */
void bel_relay_keys_make(struct leg *leg);
/* What is agreed takes effect: contexts are opened, or kept where nothing has changed.
 * BEL_ERR_UNSUPPORTED: keys that cannot be used here. */
enum bel_err bel_relay_keys_agree(struct leg *leg);
void bel_relay_keys_close(struct leg *leg);
/* Ours for what they offered. */
const struct relay_keys *bel_relay_keys_answer(struct leg *leg);

/* dtls.c */
enum bel_err bel_relay_dtls_agree(struct leg *leg);
void bel_relay_dtls_close(struct leg *leg);
void bel_relay_dtls_receive(struct relay_socket *socket, const struct bel_datagram *got);
bool bel_relay_dtls_is_done(const struct leg *leg);
/* ICE has found where the side is. */
void bel_relay_dtls_on_way(struct leg *leg, bool is_rtcp);

/* ice.c */
void bel_relay_ice_read(struct said *out, const struct call *call,
			const struct bel_sdp *sdp, unsigned media);
/* Its attributes for the side; peer: who will read it, 0: not known yet. -ENOMEM. */
enum bel_err bel_relay_ice_write(struct bel_writer *writer, struct leg *leg,
				 uint64_t peer, bool has_rtcp);
/* -ENOMEM. */
enum bel_err bel_relay_ice_agree(struct leg *leg);
/* Checks decide where the side is. */
bool bel_relay_ice_is_used(const struct leg *leg);
bool bel_relay_ice_admits(struct relay_socket *socket, const bel_addr *from);
void bel_relay_ice_receive(struct relay_socket *socket, const struct bel_datagram *got);
void bel_relay_ice_close(struct leg *leg);
/* For a record; a leg without ICE writes that. False: no such thing. */
void bel_relay_ice_keep(struct bel_writer *writer, const struct leg *leg);
bool bel_relay_ice_restore(struct leg *leg, struct bel_cursor *record);
/* Addresses of a record. */
void bel_relay_keep_addr(struct bel_writer *writer, const bel_addr *addr);
bool bel_relay_restore_addr(bel_addr *out, struct bel_cursor *record);

/* describe.c */
/* Their description for the other side, with what was decided for each stream. */
enum bel_err bel_relay_describe(struct bel_writer *writer, struct call *call,
				enum bel_relay_side to, const struct bel_sdp *sdp,
				bool is_offer);

/* watch.c */
void bel_relay_watch_start(struct call *call);
void bel_relay_on_watch(void *user);

#endif
