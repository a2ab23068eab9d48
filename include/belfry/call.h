/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls: from the first ring to the end. What is said and heard in them is in media.h. */
#ifndef BELFRY_CALL_H
#define BELFRY_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include <belfry/error.h>

#ifdef __cplusplus
extern "C" {
#endif

struct belfry_account;
struct belfry_agent;
struct belfry_call;

/* ---- calling ---- */

/* All but to are optional. */
struct belfry_dial {
	/* Who calls, and by which server; NULL: "sip:anonymous@anonymous.invalid",
	 * straight to the host of to. */
	struct belfry_account *account;
	const char *to; /* "sip:bob@example.com"; with an account also "bob" or "101" */
	const char *headers; /* more lines, each ended by CRLF: "Subject: hello\r\n" */
	uint32_t ring_s;     /* until it is given up; 0: 180 */
	void *user_data;
};

/* On success *out belongs to the agent until BELFRY_EVENT_ENDED; how it goes is told by
 * events, even that the name does not exist. Errors: SYNTAX for what is no address or no
 * header lines, LIMIT for too many calls, MEMORY. */
enum belfry_error belfry_call_dial(struct belfry_call **out, struct belfry_agent *agent,
				   const struct belfry_dial *dial);

/* ---- being called ---- */

/* 180 Ringing. Calling it again changes nothing. STATE. */
enum belfry_error belfry_call_ring(struct belfry_call *call);
/* BELFRY_EVENT_ANSWERED comes when the caller knows it. STATE; UNSUPPORTED when nothing
 * of what he offers can be done: he was told so, and BELFRY_EVENT_ENDED comes. */
enum belfry_error belfry_call_answer(struct belfry_call *call);
/* status from 300 to 699: 486 busy, 603 declined. STATE; LIMIT for other numbers. */
enum belfry_error belfry_call_refuse(struct belfry_call *call, uint16_t status);

/* ---- both ---- */

/* Ends it, whatever its state: BELFRY_EVENT_ENDED comes when the other side knows, or
 * after 32 s. Calling it again changes nothing. */
void belfry_call_hang_up(struct belfry_call *call);

/* The other side hears and says nothing until the call is resumed. BELFRY_EVENT_HOLDING
 * tells how it went. STATE; BUSY while another exchange is under way. */
enum belfry_error belfry_call_hold(struct belfry_call *call);
enum belfry_error belfry_call_resume(struct belfry_call *call);

/* What we say is silence; the other side is not told. */
void belfry_call_mute(struct belfry_call *call, bool is_muted);

enum belfry_digit_way {
	BELFRY_DIGIT_EVENT = 0, /* by RTP (RFC 4733); tones when that was not agreed */
	BELFRY_DIGIT_INFO,      /* by INFO, as application/dtmf-relay */
	BELFRY_DIGIT_TONE,      /* as tones in the sound */
};
/* One after the other: 0-9, *, #, A-D. SYNTAX, and none of them is sent; BUSY when too
 * many wait; STATE. */
enum belfry_error belfry_call_send_digits(struct belfry_call *call, const char *digits,
					  enum belfry_digit_way way);

/* A text within the call; its answer is not told. content_type NULL: text/plain. STATE;
 * LIMIT; MEMORY. */
enum belfry_error belfry_call_send_text(struct belfry_call *call, const char *text,
					const char *content_type);

/* Asks the other side to call somebody else: to, an address as belfry_call_dial has it.
 * Or, attended, to take the place of ours in another call that stands; to is not looked
 * at then. BELFRY_EVENT_TRANSFER tells how it goes; hang up when it went well. STATE;
 * BUSY while another transfer is under way; SYNTAX. UNSUPPORTED: the other side cannot
 * take the place of a call (RFC 3891): end the other one, and name its peer instead. */
enum belfry_error belfry_call_transfer(struct belfry_call *call, const char *to);
enum belfry_error belfry_call_transfer_to_call(struct belfry_call *call,
					       struct belfry_call *other);
/* In BELFRY_EVENT_TRANSFER_WISH: does as told, with a new call of the same account. The
 * library tells the other side how it goes. Errors as belfry_call_dial; STATE outside of
 * that event. */
enum belfry_error belfry_call_follow(struct belfry_call **out, struct belfry_call *call);

/* ---- what is known of it ---- */

enum belfry_call_state {
	BELFRY_CALL_DIALLING,  /* ours, until somebody rings */
	BELFRY_CALL_RINGING,   /* at either end */
	BELFRY_CALL_ANSWERING, /* by us; the caller does not know it yet */
	BELFRY_CALL_UP,
	BELFRY_CALL_ENDING,
};

/* Quality, as it is now. What nobody measured yet is -1. */
struct belfry_quality {
	uint64_t packets_sent, packets_received, packets_lost;
	double loss;        /* of what we hear, 0 to 1, over the whole call */
	double remote_loss; /* of what they hear, by their last report */
	double jitter_ms;
	double round_trip_ms;
	double mos;         /* of what we hear, 1 to 4.5, by the E-model (ITU-T G.107) */
	double remote_mos;  /* of what they hear, by their report (RFC 3611) */
	unsigned buffer_ms; /* that sound waits before it is heard */
};

/* Texts it points to are valid until the call ends. */
struct belfry_call_info {
	enum belfry_call_state state;
	bool is_incoming;
	bool is_muted;                /* by us */
	bool is_holding;              /* we hold them */
	bool is_held;                 /* they hold us */
	bool is_protected;            /* the sound is */
	const char *peer, *peer_name; /* URI and display name; the latter may be empty */
	char codec[16];               /* that we send with; empty: none agreed */
	struct belfry_account *account; /* NULL: none, or removed */
	uint64_t answered_ms_ago;       /* 0: not answered */
	struct belfry_quality quality;
};
void belfry_call_info(struct belfry_call_info *out, const struct belfry_call *call);
/* "dialling", "up": static text. Any thread. */
const char *belfry_call_state_name(enum belfry_call_state state);

void belfry_call_set_user_data(struct belfry_call *call, void *user_data);
void *belfry_call_user_data(const struct belfry_call *call);

#ifdef __cplusplus
}
#endif

#endif
