/* SPDX-License-Identifier: Apache-2.0
 *
 * dialog: what two agents share from the first answer to the BYE (RFC 3261 section 12):
 * identifiers, sequence numbers, the way to the other side. Pure: messages in, header
 * lines out; who sends them is call/ or event/.
 *
 *   dialog.c         making, matching, the lines of a request
 *   state.c          the machine, and what a refusal does to a dialog (RFC 5057)
 *   session_timer.h  calls that end by themselves when nobody is there (RFC 4028)
 *
 * A dialog lies in its owner's memory and copies what it keeps into an arena that
 * outlives it. One thread at a time. */
#ifndef BEL_DIALOG_DIALOG_H
#define BEL_DIALOG_DIALOG_H

#include "base/base.h"
#include "sip/sip.h"

enum bel_dialog_state {
	BEL_DIALOG_NONE,
	BEL_DIALOG_TRYING, /* our request is out, no tag has come back */
	BEL_DIALOG_EARLY,
	BEL_DIALOG_CONFIRMED,
	BEL_DIALOG_OVER,
	BEL_DIALOG_STATE_COUNT
};

enum bel_dialog_event {
	BEL_DIALOG_PROVISIONAL, /* 101 to 199 with a To tag, sent or received */
	BEL_DIALOG_SUCCESS,     /* 2xx */
	BEL_DIALOG_REFUSED,     /* of the request that would have begun it */
	BEL_DIALOG_GONE, /* BYE, or an answer of bel_dialog_effect DIALOG or USAGE */
	BEL_DIALOG_EVENT_COUNT
};

/* The machine of RFC 3261 section 12.1 and 12.3; NONE: nothing happens. */
enum bel_dialog_state bel_dialog_step(enum bel_dialog_state state,
				      enum bel_dialog_event event);
const char *bel_dialog_state_name(enum bel_dialog_state state);

/* What a final refusal of a request within a dialog ends (RFC 5057 section 5.1). */
enum bel_dialog_effect {
	BEL_DIALOG_TRANSACTION, /* only itself */
	BEL_DIALOG_USAGE,       /* the call, or the subscription */
	BEL_DIALOG_ALL,         /* the dialog and everything in it */
};
enum bel_dialog_effect bel_dialog_effect(uint16_t status);

/* Fields are for the owner to read, and for this room to write. */
struct bel_dialog {
	enum bel_dialog_state state;
	bool is_uac;    /* we sent the request that began it */
	bool is_secure; /* sips */
	bool has_remote_cseq;
	uint32_t local_cseq; /* used last */
	uint32_t remote_cseq;
	bel_str call_id;
	bel_str local, remote;         /* values of From and To, tags included */
	bel_str local_tag, remote_tag; /* empty: RFC 2543, or none yet */
	bel_str target;                /* URI of the other side's Contact */
	bel_str routes; /* values of Route in order, comma list; may be empty */

	/* private */
	struct bel_arena *arena;
	size_t target_size; /* bytes there are for the target */
};

/* Before the request that begins it is sent. local carries the tag; remote carries none.
 * BEL_ERR_SPACE. Everything is copied. */
struct bel_dialog_opts {
	struct bel_arena *arena;
	bel_str call_id, local, local_tag, remote;
	bel_str target; /* the Request-URI */
	bel_str routes; /* preloaded: Service-Route, an outbound proxy; comma list */
	uint32_t cseq;
};
enum bel_err bel_dialog_init(struct bel_dialog *dialog,
			     const struct bel_dialog_opts *opts);
/* A second one from the same request: another branch of a fork has answered (RFC 3261
 * section 12.1). What an answer taught the first is not in it when that one is TRYING. */
enum bel_err bel_dialog_fork(struct bel_dialog *dialog, struct bel_arena *arena,
			     const struct bel_dialog *trying);
/* The caller's side: a provisional answer with a tag, or a 2xx, of the request that began
 * it. The route set is taken from the first of them and again from the 2xx (RFC 3261
 * section 13.2.2.4). BEL_ERR_MISMATCH when the answer is of another dialog,
 * BEL_ERR_SYNTAX for a 2xx without a Contact that can be used, or a Record-Route that is
 * no SIP URI. */
enum bel_err bel_dialog_on_response(struct bel_dialog *dialog,
				    struct bel_sip_msg *response);
/* The callee's side (RFC 3261 section 12.1.1); it becomes EARLY or CONFIRMED by
 * bel_dialog_move. BEL_ERR_SYNTAX without a usable Contact or with a
 * Record-Route that is no SIP URI. */
enum bel_err bel_dialog_accept(struct bel_dialog *dialog, struct bel_arena *arena,
			       struct bel_sip_msg *request, bel_str local_tag);
/* Moves by the machine; false when nothing happened. */
bool bel_dialog_move(struct bel_dialog *dialog, enum bel_dialog_event event);

/* Whether the message belongs to it: a request of theirs, or an answer to one of ours.
 * Peers of RFC 2543 have no tags. */
bool bel_dialog_is_match(const struct bel_dialog *dialog, struct bel_sip_msg *msg);
/* A request of theirs within it, in order (RFC 3261 section 12.2.2): 0 and the number is
 * taken, or 500 for one that is older than the last. ACK and CANCEL always pass. */
uint16_t bel_dialog_take(struct bel_dialog *dialog, struct bel_sip_msg *request);
/* The Contact of a target refresh request, or of the 2xx to one of ours (INVITE, UPDATE,
 * SUBSCRIBE, NOTIFY, REFER). One that cannot be used changes nothing. */
void bel_dialog_refresh(struct bel_dialog *dialog, struct bel_sip_msg *msg);

/* Where a request within it goes: borrowed from the dialog. */
struct bel_dialog_way {
	bel_str uri;      /* Request-URI */
	bel_str next_hop; /* URI */
};
/* Route, From, To and Call-ID as whole lines, and the way (RFC 3261 section 12.2.1.1,
 * strict routers included). */
void bel_dialog_write(struct bel_writer *lines, struct bel_dialog_way *way,
		      const struct bel_dialog *dialog);
/* The number of the next request. */
uint32_t bel_dialog_next_cseq(struct bel_dialog *dialog);
/* The value of Replaces (RFC 3891) that names it at the other side. */
void bel_dialog_write_replaces(struct bel_writer *writer,
			       const struct bel_dialog *dialog);

#include "dialog/session_timer.h"

#endif
