/* SPDX-License-Identifier: Apache-2.0
 *
 * ua: what every user agent does (RFC 3261 section 8), whoever it is for: the calls, the
 * registrations, the messages. A request of ours goes out with credentials, to one target
 * after the other, until somebody answers; a request of theirs is kept until we have
 * answered. No dialogs in here, and nothing about what a method means.
 *
 *   ua.c        what all of them share
 *   request.c   a request of ours: its life, challenges, failover
 *   credentials.c  what answers those challenges
 *   attempt.c   one transaction of it, and the CANCEL of that
 *   write.c     its bytes
 *   incoming.c  a request of theirs
 *   receive.c   what comes, for who is no server
 *
 * Everything belongs to the thread of the loop. */
#ifndef BEL_UA_UA_H
#define BEL_UA_UA_H

#include "auth/auth.h"
#include "base/base.h"
#include "io/io.h"
#include "sip/sip.h"
#include "transport/transport.h"
#include "tx/tx.h"

struct bel_ua;

enum { BEL_UA_MARK_BYTES_MAX = 8 };

/* All borrowed, for longer than the ua lives. */
struct bel_ua_opts {
	struct bel_loop *loop;
	struct bel_transport *transport;
	struct bel_targets *targets;
	struct bel_tx_table *table;
	struct bel_crypto *crypto;
	bel_str name; /* User-Agent and Server; empty: none */
	/* What every branch begins with behind the cookie, at most BEL_UA_MARK_BYTES_MAX:
	 * by it a server with several workers finds the one that an answer is for. May
	 * be empty. */
	bel_str branch_mark;
	/* Of bel_ua_receive: a request that begins something, or an ACK of a 2xx; it is
	 * valid. NULL for a server, who receives by itself. */
	void (*on_request)(void *user, struct bel_sip_msg *request,
			   const struct bel_flow *came_by);
	void *user;
};

enum bel_err bel_ua_open(struct bel_ua **out, const struct bel_ua_opts *opts);
/* After the table of transactions was closed. What is left ends without a word. */
void bel_ua_close(struct bel_ua *ua);
struct bel_loop *bel_ua_loop(const struct bel_ua *ua);
struct bel_transport *bel_ua_transport(const struct bel_ua *ua);
/* Requests of ours that are not over. */
size_t bel_ua_pending(const struct bel_ua *ua);

/* A fresh tag, Call-ID or branch part: 16 or 32 hexadecimal digits. */
enum { BEL_UA_TOKEN_BYTES = 16 };
void bel_ua_write_token(struct bel_writer *writer, struct bel_ua *ua);

/* The value of a Contact of ours for who is at the other end of the flow:
 * <sip:user@host:port;transport=...>params, with sips when is_secure (RFC 3261 section
 * 8.1.1.8). user may be empty. */
void bel_ua_write_contact(struct bel_writer *writer, const struct bel_ua *ua,
			  const struct bel_flow *flow, bel_str user, bel_str params,
			  bool is_secure);

/* What the transport hands over: responses and retransmissions find their transactions,
 * a CANCEL its INVITE, malformed requests are answered, the rest is for on_request. */
void bel_ua_receive(struct bel_ua *ua, struct bel_rx *rx, unsigned count);

/* ---- requests of ours ---- */

struct bel_ua_request;

struct bel_ua_port {
	/* Every response but 100, and but those that this room acts upon: a challenge
	 * that the account answers, a 503 when there is another target. Of an INVITE
	 * several 2xx may come, each as often as its sender repeats it. Borrowed. */
	void (*on_response)(void *user, struct bel_ua_request *request,
			    struct bel_sip_msg *response);
	/* Instead of a final response: TIMEOUT, NOT_FOUND (the name), UNSUPPORTED (no way
	 * there), CLOSED (cancelled before anything was sent), SPACE, or the error of the
	 * transport. */
	void (*on_failure)(void *user, struct bel_ua_request *request, enum bel_err err);
	/* The last call, after which the request is gone. May be NULL. */
	void (*on_end)(void *user, struct bel_ua_request *request);
	/* The next CSeq number of the dialog, for a request that goes out again. NULL:
	 * one more than the last. */
	uint32_t (*next_cseq)(void *user);
};

struct bel_ua_send {
	enum bel_sip_method method; /* never CANCEL */
	bel_str uri;                /* the Request-URI */
	bel_str next_hop;           /* URI of the first Route or of a proxy; empty: uri */
	/* Goes there instead while it is open; else to next_hop. May be NULL. */
	const struct bel_flow *flow;
	uint32_t cseq;
	/* Whole header lines: Route, From, To, Call-ID, and what the method needs. Those
	 * of this room are Via, Max-Forwards, CSeq, Contact, the credentials,
	 * User-Agent and Content. */
	bel_str lines;
	/* User part of the Contact, whose host is the address that the request leaves
	 * from; has_contact false: no Contact. */
	bool has_contact;
	bel_str contact_user, contact_params;
	bel_str content_type, body;
	/* Outlives the request; NULL: challenges are passed on. */
	const struct bel_auth_account *account;
	const struct bel_ua_port *port;
	void *user;
};

/* The texts in send are copied. Nothing is called from inside. On failure (SPACE, SYNTAX
 * for a URI that is none, -ENOMEM) nothing is sent and *out is untouched. An ACK has no
 * transaction: it is sent once the target is known, and lives until bel_ua_forget. */
enum bel_err bel_ua_start(struct bel_ua_request **out, struct bel_ua *ua,
			  const struct bel_ua_send *send);
/* RFC 3261 section 9.1: an INVITE without a final response, as soon as one is allowed
 * to. lines (Reason) is copied. The INVITE's own end comes as ever: 487, or TIMEOUT when
 * nobody said anything for 64 * T1. Calling it again changes nothing. */
void bel_ua_cancel(struct bel_ua_request *request, bel_str lines);
/* An ACK once more, the same bytes down the same flow; one that found no way looks for
 * it again. */
void bel_ua_resend(struct bel_ua_request *request);
/* The user loses interest: no more calls, on_end neither. An INVITE that is under way
 * should be cancelled first; its CANCEL still goes. */
void bel_ua_forget(struct bel_ua_request *request);

/* Where it went last; transport OTHER: nowhere yet. */
const struct bel_flow *bel_ua_flow(const struct bel_ua_request *request);
uint32_t bel_ua_cseq(const struct bel_ua_request *request);
enum bel_sip_method bel_ua_method(const struct bel_ua_request *request);
/* The lines that answered challenges, for the ACK of a 2xx (RFC 3261 section 22.1). */
void bel_ua_write_credentials(struct bel_writer *writer,
			      const struct bel_ua_request *request);
/* The Contact value as it was sent, or empty. */
bel_str bel_ua_contact(const struct bel_ua_request *request);

/* ---- requests of theirs ---- */

struct bel_ua_incoming;

struct bel_ua_incoming_port {
	/* A CANCEL came for an INVITE that has no final answer; that one is answered
	 * already. The INVITE still needs its 487. */
	void (*on_cancel)(void *user, struct bel_ua_incoming *incoming,
			  struct bel_sip_msg *cancel);
	/* The answer cannot be sent, or a refusal was never acknowledged. May be NULL. */
	void (*on_failure)(void *user, struct bel_ua_incoming *incoming,
			   enum bel_err err);
	/* The last call, after which it is gone. May be NULL. */
	void (*on_end)(void *user, struct bel_ua_incoming *incoming);
};

/* Keeps a request that bel_tx_find_server did not find; not ACK, not CANCEL. The message
 * is copied. On failure (SPACE, -ENOMEM) nothing is kept, and bel_ua_refuse may answer.
 */
enum bel_err bel_ua_take(struct bel_ua_incoming **out, struct bel_ua *ua,
			 struct bel_sip_msg *request, const struct bel_flow *came_by,
			 const struct bel_ua_incoming_port *port, void *user);
/* The request, for as long as the incoming lives. */
struct bel_sip_msg *bel_ua_message(struct bel_ua_incoming *incoming);
const struct bel_flow *bel_ua_came_by(const struct bel_ua_incoming *incoming);
/* Answers; source and Server are filled in. A final answer is the last, but a 2xx of
 * INVITE may be sent again with bel_ua_respond_again. */
enum bel_err bel_ua_respond(struct bel_ua_incoming *incoming,
			    const struct bel_sip_reply *reply);
/* The last answer once more: a 2xx or a reliable 1xx that nobody acknowledged. */
void bel_ua_respond_again(struct bel_ua_incoming *incoming);
/* 0: not answered yet. */
uint16_t bel_ua_status(const struct bel_ua_incoming *incoming);
/* The user loses interest: no more calls. One without a final answer gets a 500. */
void bel_ua_drop(struct bel_ua_incoming *incoming);

/* One answer without keeping anything: for what belongs to nothing here. */
void bel_ua_refuse(struct bel_ua *ua, struct bel_sip_msg *request,
		   const struct bel_flow *came_by, const struct bel_sip_reply *reply);
/* A CANCEL of an INVITE that bel_ua_take kept: 200 and on_cancel (RFC 3261 section 9.2).
 * False, and nothing was done, when the transaction is somebody else's. */
bool bel_ua_on_cancel(struct bel_ua *ua, struct bel_tx *invite,
		      struct bel_sip_msg *cancel, const struct bel_flow *came_by);

#endif
