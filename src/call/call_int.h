/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_CALL_CALL_INT_H
#define BEL_CALL_CALL_INT_H

#include "call/call.h"

enum {
	ARENA_BUDGET_BYTES = 512 * 1024,
	LEGS_MAX = 16, /* branches of a fork that are looked at */
	LINES_BYTES_MAX = 4096,
	WITHIN_BYTES_MAX = 32 * 1024, /* with the routes of the dialog */
	BODY_BYTES_MAX = 16 * 1024,
	T1_MS = 500,
	T2_MS = 4000,
	GIVE_UP_MS = 64 * T1_MS,
	REASON_BYTES_MAX = 128,
	RETRY_AFTER_S = 10, /* what is over a limit may be asked again */
};

/* ---- the machine ---- */

enum call_event {
	CALL_DIAL,
	CALL_RX_1XX, /* with a tag or not, but not 100 */
	CALL_RX_2XX,
	CALL_RX_REFUSAL,
	CALL_LOST, /* nobody answered, or nothing can be sent */
	CALL_ARRIVE,
	CALL_RING,
	CALL_ANSWER,
	CALL_RX_CANCEL,
	CALL_RX_ACK,
	CALL_NO_ACK,
	CALL_UNSENT, /* our 2xx could not be written: it is refused instead */
	CALL_RX_BYE,
	CALL_HANG_UP,
	CALL_EXPIRED, /* the session timer, or the other side knows nothing of it */
	CALL_BYE_DONE,
	CALL_EVENT_COUNT
};

enum call_action {
	CALL_CANCEL = 2,
	CALL_ACK = 4,
	CALL_BYE = 8,
	CALL_ALERT = 16,  /* send 1xx */
	CALL_ACCEPT = 32, /* send 2xx */
	CALL_REFUSE = 64,
	CALL_CALM = 128, /* stop repeating answers */
	CALL_TELL_PROGRESS = 256,
	CALL_TELL_ANSWERED = 512,
	CALL_TELL_ENDED = 1024,
};

struct call_move {
	uint8_t next;
	uint16_t actions;
	bool is_move; /* false: nothing happens */
};
struct call_move bel_call_step(enum bel_call_state state, enum call_event event);

/* What came with an event; empty where it does not matter. */
struct call_cause {
	struct bel_sip_msg *msg;
	struct leg *leg;
	uint16_t status; /* to send, or received */
	enum bel_err err;
	bel_str lines; /* to send */
	bool has_media;
	/* Of a 2xx to our INVITE: whose it is, and what its ACK carries. */
	struct bel_ua_request *request;
	bel_str body;
};
/* The executor: moves the machine and carries its actions out in one order. False when
 * nothing happened. */
bool bel_call_take(struct bel_call *call, enum call_event event,
		   const struct call_cause *cause);

/* ---- data ---- */

/* A dialog of the call: the callee's one, or one for each branch of the caller's fork. In
 * the call's arena. */
struct leg {
	struct bel_list node;
	struct bel_call *call;
	struct bel_dialog dialog;
	struct bel_offer offer;
	struct bel_ua_request
		*ack; /* of the last 2xx; sent again when that comes again */
	uint32_t ack_cseq;
	uint32_t rseq;   /* reliable answers: the last one seen, or sent */
	bool is_surplus; /* answered after another one: ACK and BYE */
	bool is_gone;    /* a 199 said so (RFC 6228) */
	bool has_flow;   /* requests go down the flow of the INVITE while it is open */
	struct bel_flow flow;
};

/* A 2xx of ours that waits for its ACK, or a reliable 1xx for its PRACK. */
struct repeated {
	struct bel_call *call;
	void (*on_lost)(struct bel_call *call);
	struct bel_ua_incoming *incoming; /* NULL: nothing is repeated */
	struct bel_timer timer;
	unsigned interval_ms, interval_max_ms;
	uint64_t give_up_ms;
};

struct bel_call {
	struct bel_calls *calls;
	struct bel_list node;
	struct bel_list bucket; /* by Call-ID */
	uint64_t hash;
	struct bel_arena arena;
	unsigned references;

	/* set once */
	const struct bel_call_port *port;
	const struct bel_call_media *media;
	const struct bel_auth_account *account;
	void *user;
	bel_str contact_user, contact_params;
	bool is_caller;

	/* the life of it */
	enum bel_call_state state;
	struct bel_list legs;
	struct leg *leg;         /* the one that talks; NULL: none yet */
	struct bel_timer ending; /* tells of the end from the loop, not from a call */
	struct bel_call_end end;
	char end_text[REASON_BYTES_MAX];
	bool has_ended, is_told, was_up;
	uint64_t session_id;
	bool knows_update, knows_refer; /* their Allow */
	bool knows_replaces;            /* their Supported */

	/* caller.c */
	struct bel_dialog trying; /* what every branch begins with */
	struct bel_ua_request *invite;
	struct bel_flow flow;
	uint32_t invite_cseq;
	struct bel_offer offered; /* ours, before any branch answered */
	bel_str target, next_hop, lines, body;
	bool has_flow, is_answered, is_faithful;
	unsigned tries; /* redirections followed, intervals made longer */
	unsigned legs_count;

	/* callee.c */
	struct bel_ua_incoming *incoming;
	struct repeated accepted;
	struct bel_call *replaced; /* a reference, until this one is over */
	bool answer_waits;         /* for the PRACK of a 1xx that agreed on media */

	/* reliable.c */
	enum bel_call_100rel rel;
	struct repeated alerted;
	bool alert_has_body;
	bool prack_waits;    /* even after the final answer: they may cross */
	uint16_t ring_waits; /* status of a 1xx that waits for a PRACK; 0: none does */
	bool ring_has_media;

	/* modify.c */
	struct bel_ua_request *modifying; /* ours */
	enum bel_sip_method modify_method;
	struct bel_timer again; /* after a refusal that is none for good */
	struct bel_timer impatience;
	unsigned modify_tries; /* so often, since the last word on it */
	bool modify_has_offer, modify_is_answered;

	/* refresh.c */
	struct bel_session_policy policy;
	struct bel_session_timer session;
	struct bel_timer session_timer;

	/* transfer.c */
	struct bel_ua_incoming *referred; /* a REFER of theirs without an answer */
	bool wants_no_subscription;
	struct bel_notifier notifier;     /* of their REFER */
	struct bel_subscriber subscriber; /* of our REFER */
	bool lingers;                  /* over, but for that, which holds a reference */
	struct bel_timer transferring; /* until the next word of it */
	struct bel_call *asked_in; /* a reference, until they were told the last status */
};

struct bel_calls {
	struct bel_calls_opts opts;
	struct bel_hash_key key;
	struct bel_list all;
	struct bel_list *buckets;
	size_t count;
	char body[BODY_BYTES_MAX]; /* a description is written here, then sent */
};

static inline struct bel_ua *ua_of(const struct bel_call *call)
{
	return call->calls->opts.ua;
}

static inline struct bel_loop *loop_of(const struct bel_call *call)
{
	return bel_ua_loop(call->calls->opts.ua);
}

/* calls.c: into the table; it counts from here until it is over */
void bel_calls_put(struct bel_calls *calls, struct bel_call *call);

/* call.c */
struct bel_call *bel_call_new(struct bel_calls *calls, bel_str call_id);
void bel_call_release(struct bel_call *call);
/* Whoever still refers to it. */
void bel_call_free(struct bel_call *call);
struct leg *bel_leg_new(struct bel_call *call);
/* Texts of a request of ours that begins or refreshes the call: Allow, Supported. */
void bel_call_write_abilities(struct bel_writer *lines, const struct bel_call *call);
/* Notes what the other side says that it can. */
void bel_call_note_abilities(struct bel_call *call, struct bel_sip_msg *msg);
struct bel_call_send {
	enum bel_sip_method method;
	uint32_t cseq; /* 0: the next one */
	bel_str lines, content_type, body;
	bool has_contact;
	const struct bel_ua_port *port;
	void *user;
};
/* A request within a leg's dialog. A reference of the call is taken for it, which on_end
 * of the port must give back; ACKs take none. */
enum bel_err bel_leg_send(struct bel_ua_request **out, struct leg *leg,
			  const struct bel_call_send *send);
/* One whose answer does not matter but for what it says of the dialog: BYE of surplus
 * legs, INFO, NOTIFY. */
enum bel_err bel_leg_send_plain(struct leg *leg, const struct bel_call_send *send);
/* A refusal of a request within the dialog ends the call when RFC 5057 says so. */
void bel_call_on_refusal(struct bel_call *call, enum bel_sip_method method,
			 uint16_t status);
/* Takes a request of theirs and answers it at once. */
void bel_call_reply(struct bel_call *call, struct bel_sip_msg *request,
		    const struct bel_flow *came_by, const struct bel_sip_reply *reply);

/* fork.c */
void bel_fork_on_provisional(struct bel_call *call, struct bel_sip_msg *response);
void bel_fork_on_success(struct bel_call *call, struct bel_ua_request *invite,
			 struct bel_sip_msg *response);
void bel_leg_ack(struct leg *leg, const struct bel_ua_request *invite, bel_str body);

/* again.c: whether the INVITE may be sent once more after this refusal, and how: the call
 * is changed accordingly. */
bool bel_again_prepare(struct bel_call *call, struct bel_sip_msg *response);

/* callee.c */
bool bel_call_arrive(struct bel_calls *calls, struct bel_sip_msg *invite,
		     const struct bel_flow *came_by);
/* 420 with Unsupported, or 0 (RFC 3261 section 8.2.2.3). */
uint16_t bel_call_check_options(struct bel_writer *lines, struct bel_sip_msg *request);
void bel_call_alert(struct bel_call *call, const struct call_cause *cause);
void bel_call_accept(struct bel_call *call);
void bel_call_refuse_now(struct bel_call *call, const struct call_cause *cause);
void bel_call_on_ack(struct bel_call *call, struct bel_sip_msg *ack);
/* Who sends another INVITE has our 2xx (RFC 3261 section 14.1); its ACK is under way,
 * overtaken: what is too long for UDP goes by TCP (section 18.1.1). Not when the ACK is
 * to bring an answer. */
void bel_call_on_implied_ack(struct bel_call *call, struct bel_sip_msg *invite);
/* Contact and abilities of an answer of ours to a request that may move the target. */
void bel_call_write_answer(struct bel_writer *lines, struct bel_call *call,
			   struct bel_ua_incoming *incoming);
/* Whether requests within the dialog should go down the flow of the INVITE: a stream, to
 * where they would go anyway. */
bool bel_leg_keeps_flow(const struct leg *leg, const struct bel_flow *flow);

/* repeat.c */
void bel_repeat_init(struct repeated *repeated, struct bel_call *call,
		     void (*on_lost)(struct bel_call *call));
void bel_repeat_start(struct repeated *repeated, struct bel_ua_incoming *incoming,
		      unsigned interval_max_ms);
void bel_repeat_stop(struct repeated *repeated);
/* The transaction is over, and with it what can be repeated. */
void bel_repeat_on_gone(struct repeated *repeated, struct bel_ua_incoming *incoming);

/* reliable.c */
bool bel_reliable_may(const struct bel_call *call, bool has_media);
void bel_reliable_write(struct bel_writer *lines, struct bel_call *call);
void bel_reliable_on_lost(struct bel_call *call);
/* A 1xx of the other side: false when it came before, or out of order. PRACK carries the
 * body. */
bool bel_reliable_is_next(struct leg *leg, struct bel_sip_msg *response);
void bel_reliable_acknowledge(struct leg *leg, struct bel_sip_msg *response,
			      bel_str body);
void bel_reliable_on_prack(struct bel_call *call, struct bel_sip_msg *prack,
			   const struct bel_flow *came_by);

/* modify.c */
void bel_modify_init(struct bel_call *call);
void bel_modify_on_request(struct bel_call *call, struct bel_sip_msg *request,
			   const struct bel_flow *came_by);
enum bel_err bel_modify_send(struct bel_call *call, bool has_offer);
void bel_modify_stop(struct bel_call *call);
/* The call is over: a re-INVITE of ours that has no answer yet is not wanted any more. */
void bel_modify_cancel(struct bel_call *call);

/* later.c: after a refusal of a re-INVITE or UPDATE of ours, whether to ask again (RFC
 * 3261 section 14.1), and in how long. */
bool bel_later_may(unsigned *wait_ms, const struct bel_call *call,
		   struct bel_sip_msg *response);
/* How long one waits who met an exchange of the other side. */
unsigned bel_later_glare_ms(const struct bel_call *call);
/* Of one of theirs: Retry-After (section 14.2). */
void bel_later_write(struct bel_writer *lines, const struct bel_call *call);

/* refresh.c */
void bel_refresh_init(struct bel_call *call);
void bel_refresh_arm(struct bel_call *call, unsigned actions);
void bel_refresh_take(struct bel_call *call, enum bel_session_event event);

/* transfer.c */
void bel_transfer_on_refer(struct bel_call *call, struct bel_sip_msg *refer,
			   const struct bel_flow *came_by);
void bel_transfer_on_notify(struct bel_call *call, struct bel_sip_msg *notify,
			    const struct bel_flow *came_by);
void bel_transfer_init(struct bel_call *call);
/* Whether NOTIFYs of a transfer are awaited. */
bool bel_transfer_is_awaited(const struct bel_call *call);
/* Of a call that somebody asked for: how it goes, to who asked. */
void bel_transfer_report(struct bel_call *call, uint16_t status);
/* The call is over: a REFER that waits gets its answer (RFC 3261 section 15.1.2), who
 * asked for it hears of the end, and NOTIFYs of what we asked for are still awaited. */
void bel_transfer_stop(struct bel_call *call);
/* The call that a Replaces names: 0, or the status of the refusal (RFC 3891 section 3).
 * *out stays NULL without Replaces. */
uint16_t bel_transfer_find_replaced(struct bel_call **out, struct bel_calls *calls,
				    struct bel_sip_msg *invite);

/* session.c */
bool bel_session_has_body(struct bel_sip_msg *msg);
/* 415 with what would be taken instead, or 0 (RFC 3261 section 8.2.3). */
uint16_t bel_session_check_body(struct bel_writer *lines, struct bel_sip_msg *msg);
/* Ours, in the buffer of calls; *body is empty without media. */
enum bel_err bel_session_write_offer(bel_str *body, struct bel_call *call,
				     struct bel_offer *offer);
enum bel_err bel_session_write_answer(bel_str *body, struct bel_call *call,
				      struct bel_offer *offer);
/* What somebody is told who asked for what failed so: 400, 488 or 500 for what would fail
 * again, 503 with Retry-After in lines for what passes by itself (RFC 3261
 * sections 21.4.1, 21.4.26, 21.5.1 and 21.5.4). */
uint16_t bel_session_refusal(struct bel_writer *lines, enum bel_err err);
/* The body of a message as the answer to our offer, or as an offer. SYNTAX when it is
 * none that is read here; MISMATCH with what was agreed before; SPACE. */
enum bel_err bel_session_take_body(struct bel_offer *offer, struct bel_sip_msg *msg);
enum bel_err bel_session_take_preview(struct bel_offer *offer, struct bel_sip_msg *msg);
/* What is agreed goes to the media. */
void bel_session_apply(struct bel_call *call, const struct bel_offer *offer);

#endif
