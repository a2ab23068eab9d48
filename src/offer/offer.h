/* SPDX-License-Identifier: Apache-2.0
 *
 * offer: agreeing on media (RFC 3264): one side describes what it can, the other answers
 * with what it takes of that. Pure: session identifiers, keys and fingerprints come from
 * outside. call/ moves the descriptions, media/ carries out what was agreed.
 *
 *   state.c   who may offer and answer when (RFC 3264 section 4)
 *   carry.c   in which message (RFC 6337)
 *   match.c   what of theirs and ours goes together
 *   codec.c   when two codecs are one, and the numbers they have had
 *   write.c   our descriptions
 *   take.c    theirs
 *   slot.c    memory
 *
 * An engine lies in its owner's memory and keeps its texts in an arena that outlives it;
 * what a later exchange no longer needs is used again. */
#ifndef BEL_OFFER_OFFER_H
#define BEL_OFFER_OFFER_H

#include "base/base.h"
#include "sdp/sdp.h"

enum { BEL_OFFER_STREAMS_MAX = 16, BEL_OFFER_CODECS_MAX = 16, BEL_OFFER_CRYPTOS_MAX = 4 };

enum bel_offer_state {
	BEL_OFFER_IDLE,   /* nothing is pending */
	BEL_OFFER_OURS,   /* our offer waits for their answer */
	BEL_OFFER_THEIRS, /* their offer waits for ours */
	BEL_OFFER_STATE_COUNT
};

enum bel_offer_event {
	BEL_OFFER_SEND_OFFER,
	BEL_OFFER_RECEIVE_OFFER,
	BEL_OFFER_SEND_ANSWER,
	BEL_OFFER_RECEIVE_ANSWER,
	BEL_OFFER_ROLL_BACK, /* the request with the offer was refused (RFC 6141) */
	BEL_OFFER_EVENT_COUNT
};

struct bel_offer_move {
	uint8_t next;
	bool is_move; /* false: not now */
};
struct bel_offer_move bel_offer_step(enum bel_offer_state state,
				     enum bel_offer_event event);

/* ---- in which message ---- */

enum bel_offer_message {
	BEL_OFFER_IN_INVITE,
	BEL_OFFER_IN_1XX,     /* that need not arrive */
	BEL_OFFER_IN_1XX_REL, /* that is acknowledged by PRACK */
	BEL_OFFER_IN_2XX,     /* to INVITE */
	BEL_OFFER_IN_ACK,     /* to a 2xx */
	BEL_OFFER_IN_PRACK,
	BEL_OFFER_IN_PRACK_2XX,
	BEL_OFFER_IN_UPDATE,
	BEL_OFFER_IN_UPDATE_2XX,
	BEL_OFFER_MESSAGE_COUNT
};

/* What is known of the dialog when the message is sent. */
enum bel_offer_fact {
	BEL_OFFER_WAS_INVITED = 1 << 0, /* the INVITE carried an offer */
	BEL_OFFER_IS_DONE = 1 << 1,     /* the exchange of the INVITE is complete */
	BEL_OFFER_IS_HERE = 1 << 2,     /* the pending offer came in what this message
					 * answers or acknowledges */
	BEL_OFFER_FACTS = 1 << 3
};

enum bel_offer_carry {
	BEL_OFFER_CARRY_NOTHING = 0,
	BEL_OFFER_CARRY_OFFER = 1 << 0,
	BEL_OFFER_CARRY_ANSWER = 1 << 1,
	BEL_OFFER_CARRY_PREVIEW = 1 << 2, /* of the answer (RFC 6337 section 3.1.1) */
	BEL_OFFER_CARRY_MUST = 1 << 3,    /* and may not go without */
};
/* What a message may carry: the six patterns of RFC 6337 section 2.2 table 1. The state
 * is that of the message's sender, whoever that is; facts are of bel_offer_fact. */
unsigned bel_offer_may_carry(enum bel_offer_message message, enum bel_offer_state state,
			     unsigned facts);

/* ---- what we can ---- */

/* How packets are protected. */
enum bel_offer_srtp {
	BEL_OFFER_PLAIN,
	BEL_OFFER_SDES, /* RFC 4568 */
	BEL_OFFER_DTLS, /* RFC 5763 */
};

enum bel_offer_setup { BEL_OFFER_ACTPASS, BEL_OFFER_ACTIVE, BEL_OFFER_PASSIVE };

struct bel_offer_crypto {
	bel_str suite;                      /* "AES_CM_128_HMAC_SHA1_80" */
	uint8_t key[BEL_SDP_KEY_BYTES_MAX]; /* ours: master key and salt */
	size_t key_len;
};

/* One stream as this side can do it. */
struct bel_offer_local_stream {
	bel_str kind;  /* "audio" */
	bel_addr addr; /* where we receive; concrete */
	bel_addr rtcp; /* family 0: the port above, or the same with mux */
	enum bel_sdp_direction direction;
	/* By preference. payload is used when we offer; in an answer theirs is taken.
	 * "telephone-event" is one of them. */
	struct bel_sdp_codec codecs[BEL_OFFER_CODECS_MAX];
	unsigned codecs_count;
	uint32_t ptime_ms;                /* 0: not said */
	enum bel_offer_srtp srtp;         /* offered */
	bool accepts_srtp, accepts_plain; /* of an offer of theirs */
	bool has_feedback;                /* AVPF profiles when we offer; always taken */
	bool has_mux;
	struct bel_offer_crypto cryptos[BEL_OFFER_CRYPTOS_MAX]; /* by preference */
	unsigned cryptos_count;
	bel_str fingerprint; /* value: "sha-256 4A:..."; with DTLS */
	bel_str mid;         /* when we offer; empty: as in the last exchange */
	bel_str lines;       /* more attributes, whole lines (ICE); may be empty */
};

/* Kinds, suites, and names and fmtp of codecs are static, or live as long as the engine;
 * the other texts until the exchange is over. Stream n is the n-th media part; one
 * without codecs is offered, and answered, with port 0; what stands behind the last one
 * is refused. Payload types are wishes: one that has been another codec's is exchanged
 * for a free one (RFC 3264 section 8.3.2). */
struct bel_offer_local {
	uint64_t session_id;
	/* Told to who fills this in: it is for an answer to an offer in which nobody
	 * sends anything, and no sockets are needed. */
	bool is_quiet;
	/* Told likewise: their offer that this will answer; empty: it is an offer. */
	bel_str theirs;
	struct bel_offer_local_stream streams[BEL_OFFER_STREAMS_MAX];
	unsigned streams_count;
};
/* The port of a stream that is inactive and has no sockets: discard (RFC 863). It may not
 * be 0, which would reject the stream (RFC 3264 section 6). */
enum { BEL_OFFER_QUIET_PORT = 9 };

/* ---- what was agreed ---- */

/* One stream, seen from here. Texts live until the next exchange is complete. */
struct bel_offer_stream {
	bel_str kind;
	bool is_rejected; /* port 0 */
	bool is_held;     /* they will not listen: sendonly, inactive, or 0.0.0.0 */
	enum bel_sdp_direction direction; /* ours */
	bel_addr remote, remote_rtcp;
	bool has_mux, has_feedback;
	/* Theirs in the order to send, with their payload types; what we receive has the
	 * same names, and payload types of our own description. Telephone events and
	 * comfort noise are among them, for the clocks of the others. */
	struct bel_sdp_codec sends[BEL_OFFER_CODECS_MAX];
	struct bel_sdp_codec receives[BEL_OFFER_CODECS_MAX];
	unsigned sends_count, receives_count;
	uint32_t ptime_ms; /* that they would like; 0: nothing was said */
	uint32_t maxptime_ms;
	enum bel_offer_srtp srtp;
	bel_str suite;
	uint8_t our_key[BEL_SDP_KEY_BYTES_MAX], their_key[BEL_SDP_KEY_BYTES_MAX];
	size_t our_key_len, their_key_len;
	bel_str fingerprint;        /* theirs */
	enum bel_offer_setup setup; /* what we are */
	uint32_t crypto_tag;        /* of the line that was taken */
	bel_str mid;
	bel_str proto, formats; /* of their media line */
	bel_str description;    /* of theirs, whole, for what is not read here */
};

/* A description of theirs, and what became of it; private. */
struct bel_offer_slot {
	char *text;
	size_t text_len, text_size;
	struct bel_offer_stream *streams;
	unsigned count, size;
};

struct bel_offer_numbers;
struct bel_offer {
	enum bel_offer_state state;
	/* Their offer, while it is pending, has nothing in it that anybody would send:
	 * every part is inactive or rejected. */
	bool is_quiet;

	/* private */
	struct bel_arena *arena;
	uint64_t version;
	uint64_t written_hash;          /* of our last description, without its origin */
	struct bel_offer_slot slots[3]; /* complete, in effect, pending */
	unsigned complete; /* index: of the last exchange that came to its end */
	unsigned agreed;   /* index: in effect, of a preview or the same */
	struct bel_offer_numbers *numbers; /* of each media part */
	unsigned numbers_count;
	struct bel_offer_local_stream *offered;
	unsigned offered_count, offered_size;
};

void bel_offer_init(struct bel_offer *offer, struct bel_arena *arena);
/* For each branch of a forked INVITE: another engine that waits for an answer to the same
 * first offer, with memory of its own. BEL_ERR_SPACE. */
enum bel_err bel_offer_copy(struct bel_offer *out, struct bel_arena *arena,
			    const struct bel_offer *offer);
/* What holds; *count 0: nothing was agreed yet. Until the next exchange is complete. */
const struct bel_offer_stream *bel_offer_agreed(const struct bel_offer *offer,
						unsigned *count);

/* Their description: of the pending offer of theirs, else of what holds; empty when there
 * is none. For what is not read here (candidates). Until the next exchange begins. */
bel_str bel_offer_theirs(const struct bel_offer *offer);

/* Our offer. BEL_ERR_BUSY when it is not the time, BEL_ERR_SPACE. */
enum bel_err bel_offer_write_offer(struct bel_writer *writer, struct bel_offer *offer,
				   const struct bel_offer_local *local);
/* Their offer. BEL_ERR_BUSY, BEL_ERR_SYNTAX and _LIMIT as bel_sdp_parse with *why set,
 * BEL_ERR_MISMATCH when media parts have vanished. Nothing is changed on failure. */
enum bel_err bel_offer_take_offer(struct bel_offer *offer, bel_str text,
				  struct bel_sdp_refusal *why);
/* Our answer to it; what is agreed holds from then on. BEL_ERR_UNSUPPORTED when nothing
 * of it can be done (488): the offer still waits, for a roll-back. */
enum bel_err bel_offer_write_answer(struct bel_writer *writer, struct bel_offer *offer,
				    const struct bel_offer_local *local);
/* Their answer to ours. Errors as bel_offer_take_offer; BEL_ERR_MISMATCH for an answer
 * that does not fit the offer. */
enum bel_err bel_offer_take_answer(struct bel_offer *offer, bel_str text,
				   struct bel_sdp_refusal *why);
/* An answer that may still change, in a provisional answer that need not arrive (RFC 3261
 * section 13.2.1): what it agrees holds until the real one comes. */
enum bel_err bel_offer_take_preview(struct bel_offer *offer, bel_str text,
				    struct bel_sdp_refusal *why);
/* The exchange that is pending never was, nor its preview: what holds is what the last
 * complete exchange agreed (RFC 6141 section 3.4). */
void bel_offer_roll_back(struct bel_offer *offer);

#endif
