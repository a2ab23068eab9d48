/* SPDX-License-Identifier: Apache-2.0
 *
 * Events: what an agent tells its program, all through one callback. */
#ifndef BELFRY_EVENT_H
#define BELFRY_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <belfry/error.h>

#ifdef __cplusplus
extern "C" {
#endif

struct belfry_account;
struct belfry_agent;
struct belfry_call;
struct belfry_event;

/* The fields that each one sets besides agent; later versions may add types, which a
 * program that does not know them leaves alone. */
enum belfry_event_type {
	/* ---- accounts: account ---- */

	/* After the first answer and each refresh. seconds: until it would end. */
	BELFRY_EVENT_REGISTERED,
	/* The registrar says no: status, text. It goes on trying, in seconds. */
	BELFRY_EVENT_REGISTER_REFUSED,
	/* Nobody answers, or the connection is gone: error. It goes on trying, in
	 * seconds.
	 */
	BELFRY_EVENT_REGISTER_LOST,
	/* After belfry_account_remove, the last one; the account is gone afterwards. */
	BELFRY_EVENT_REMOVED,

	/* ---- calls: call, and account if it belongs to one ---- */

	/* Somebody calls: from, from_name, to; diverted_by, who was called before and
	 * sent the call on, and text, why ("user-busy", RFC 5806), or empty, as servers
	 * on the way say; other, the call that it wants to take the place of (RFC 3891),
	 * or NULL. belfry_call_ring, belfry_call_answer or
	 * belfry_call_refuse, now or later; what is not answered within three minutes is
	 * refused with 480. */
	BELFRY_EVENT_INCOMING,
	/* A call of ours goes on: status from 101 to 199, text; is_set: with sound from
	 * the other side already. */
	BELFRY_EVENT_PROGRESS,
	/* It stands, either way. */
	BELFRY_EVENT_ANSWERED,
	/* Over: is_set when it had been answered; is_ours when we ended it; status and
	 * text of the refusal, or error. The last one; the call is gone afterwards. */
	BELFRY_EVENT_ENDED,
	/* The first packet of sound came. */
	BELFRY_EVENT_HEARD,
	/* digit, however it was sent. */
	BELFRY_EVENT_DIGIT,
	/* What is said in the call came to its end: a recording, a tone with a length. */
	BELFRY_EVENT_PLAYED,
	/* The other side holds us (is_set), or does so no more. */
	BELFRY_EVENT_HELD,
	/* belfry_call_hold or belfry_call_resume has its answer: status 200, or why not;
	 * is_set: we hold now. */
	BELFRY_EVENT_HOLDING,
	/* The other side wishes that we call somebody else: to is whom, from who says so
	 * (may be empty). Without belfry_call_follow in this callback: refused with 603.
	 */
	BELFRY_EVENT_TRANSFER_WISH,
	/* How a transfer goes that we asked for: status of what the other side does;
	 * is_set: that was the last word. */
	BELFRY_EVENT_TRANSFER,

	/* ---- messages ---- */

	/* A text: from, from_name, to, text, text_count, content_type; call when it came
	 * within one; account when it came from its server. From is what the sender says
	 * of himself: only the server of an account vouches for it. */
	BELFRY_EVENT_MESSAGE,
	/* What belfry_message_send or belfry_message_ask sent is answered: request,
	 * status, or error when nobody did; text, the phrase; account. */
	BELFRY_EVENT_REPLY,
};

/* Everything is borrowed until the callback returns. Texts are never NULL; what does not
 * belong to a type is zero, NULL or the empty text. */
struct belfry_event {
	enum belfry_event_type type;
	struct belfry_agent *agent;
	struct belfry_account *account;
	struct belfry_call *call, *other;
	uint64_t request;
	uint16_t status; /* of SIP: 100 to 699; 0: none */
	enum belfry_error error;
	uint32_t seconds;
	bool is_set, is_ours;    /* as the type says */
	char digit;              /* '0' to '9', '*', '#', 'A' to 'D' */
	const char *from, *to;   /* URIs */
	const char *from_name;   /* display name */
	const char *diverted_by; /* URI */
	const char *text;
	size_t text_count; /* bytes; a message may hold NULs */
	const char *content_type;
};

/* "incoming", "answered": static text, never NULL. Any thread. */
const char *belfry_event_name(enum belfry_event_type type);

#ifdef __cplusplus
}
#endif

#endif
