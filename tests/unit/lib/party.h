/* SPDX-License-Identifier: Apache-2.0
 * Agents in a simulated network. What each is told becomes a line of words. */
#ifndef BEL_TESTS_LIB_PARTY_H
#define BEL_TESTS_LIB_PARTY_H

#include "support/support.h"

#include <belfry/belfry.h>

#include "io/sim.h"
#include "lib/lib_int.h"

enum { PARTY_CALLS_MAX = 6 };

struct party {
	struct bel_loop *loop;
	struct belfry_agent *agent;
	char address[64]; /* sip:192.0.2.N */
	char text[2048];
	struct bel_writer log;
	struct belfry_call
		*calls[PARTY_CALLS_MAX]; /* that live, in order; [0]: the oldest
					  */
	unsigned calls_count;
	/* how it answers */
	bool rings, answers, follows,
		is_quiet; /* quiet: PROGRESS and HEARD are not noted */
	uint16_t refuses, refuses_messages;
	struct belfry_account *account; /* of the last event that had one */
	char said[256];                 /* the last sentence of the log */
};

struct meeting {
	struct bel_sim *sim;
	struct party parties[4];
};

static inline void party_note(struct party *party, const char *format, ...)
{
	char buf[256];
	va_list args;

	va_start(args, format);
	bel_str word = bel_str_format(buf, sizeof buf, format, args);
	va_end(args);
	bel_write_text(&party->log, party->log.len ? " " : "");
	bel_write_str(&party->log, word);
}

#define assert_told(party, words)                                                        \
	do {                                                                             \
		assert_str(bel_writer_str(&(party)->log), (words));                      \
		(party)->log.len = 0;                                                    \
	} while (0)

static inline void party_lose_call(struct party *party, const struct belfry_call *call)
{
	unsigned k = 0;

	for (unsigned i = 0; i < party->calls_count; i++)
		if (party->calls[i] != call)
			party->calls[k++] = party->calls[i];
	party->calls_count = k;
}

static inline void party_keep_call(struct party *party, struct belfry_call *call)
{
	assert_true(party->calls_count < PARTY_CALLS_MAX);
	party->calls[party->calls_count++] = call;
}

static inline void party_on_incoming(struct party *party,
				     const struct belfry_event *event)
{
	party_keep_call(party, event->call);
	party_note(party, event->other ? "incoming,replaces" : "incoming");
	if (party->rings)
		assert_int_equal(belfry_call_ring(event->call), BELFRY_OK);
	if (party->answers)
		assert_int_equal(belfry_call_answer(event->call), BELFRY_OK);
	if (party->refuses)
		assert_int_equal(belfry_call_refuse(event->call, party->refuses),
				 BELFRY_OK);
}

static inline void party_on_wish(struct party *party, const struct belfry_event *event)
{
	struct belfry_call *call;

	party_note(party, "wish:%s", event->to);
	if (!party->follows)
		return;
	assert_int_equal(belfry_call_follow(&call, event->call), BELFRY_OK);
	party_keep_call(party, call);
}

static inline void party_on_event(void *user, const struct belfry_event *event)
{
	struct party *party = user;
	const char *name = belfry_event_name(event->type);

	assert_non_null(event->agent);
	if (event->account)
		party->account = event->account;
	switch (event->type) {
	case BELFRY_EVENT_INCOMING:
		party_on_incoming(party, event);
		break;
	case BELFRY_EVENT_ENDED:
		party_lose_call(party, event->call);
		party_note(party, "ended:%u%s%s", event->status,
			   event->is_ours ? ",ours" : "",
			   event->error ? belfry_error_text(event->error) : "");
		break;
	case BELFRY_EVENT_DIGIT:
		party_note(party, "digit:%c", event->digit);
		break;
	case BELFRY_EVENT_HELD:
		party_note(party, event->is_set ? "held" : "unheld");
		break;
	case BELFRY_EVENT_TRANSFER_WISH:
		party_on_wish(party, event);
		break;
	case BELFRY_EVENT_TRANSFER:
		party_note(party, event->is_set ? "transfer:%u,last" : "transfer:%u",
			   event->status);
		break;
	case BELFRY_EVENT_MESSAGE:
		party_note(party, "message:%s:%s", event->from, event->text);
		if (party->refuses_messages)
			belfry_message_refuse(event->agent, party->refuses_messages);
		break;
	case BELFRY_EVENT_PROGRESS:
	case BELFRY_EVENT_HEARD:
		if (party->is_quiet)
			break;
		party_note(party, event->status ? "%s:%u" : "%s", name, event->status);
		break;
	default:
		party_note(party, event->status ? "%s:%u" : "%s", name, event->status);
	}
}

static inline void party_on_log(void *user, enum belfry_log_level level, const char *text)
{
	struct party *party = user;
	struct bel_writer said = bel_writer_init(party->said, sizeof party->said - 1);

	(void)level;
	bel_write_text(&said, text);
	party->said[said.len] = '\0';
}

/* At 192.0.2.number; options may be NULL. */
static inline void party_open(struct party *party, struct bel_sim *sim, unsigned number,
			      const struct belfry_agent_options *options)
{
	const bel_addr ip = bel_addr_v4(192, 0, 2, (uint8_t)number, 0);
	struct bel_sim_node *node = bel_sim_node_new(sim, "party", &ip);
	struct belfry_agent_options opts = options ? *options
						   : (struct belfry_agent_options){ 0 };
	char listener[64];
	const char *const listen[] = { listener, NULL };

	*party = (struct party){ .is_quiet = true };
	party->log = bel_writer_init(party->text, sizeof party->text);
	snprintf(party->address, sizeof party->address, "sip:192.0.2.%u", number);
	snprintf(listener, sizeof listener, "udp:192.0.2.%u:5060", number);
	opts.on_event = party_on_event;
	opts.on_log = party_on_log;
	opts.user = party;
	opts.listen = listen;
	assert_int_equal(bel_sim_loop(&party->loop, node), BEL_OK);
	assert_int_equal(bel_agent_open_on(&party->agent, &opts, party->loop), BELFRY_OK);
}

static inline void party_close(struct party *party)
{
	belfry_agent_close(party->agent);
	bel_loop_close(party->loop);
}

/* The first count parties of one network. */
static inline void meeting_open(struct meeting *meeting, unsigned count,
				const struct belfry_agent_options *options)
{
	*meeting = (struct meeting){ .sim = bel_sim_new(1, NULL) };
	for (unsigned i = 0; i < count; i++)
		party_open(&meeting->parties[i], meeting->sim, i + 1, options);
}

static inline void meeting_close(struct meeting *meeting)
{
	for (unsigned i = 0; i < BEL_COUNT_OF(meeting->parties); i++)
		if (meeting->parties[i].agent)
			party_close(&meeting->parties[i]);
	bel_sim_free(meeting->sim);
}

static inline void meeting_run(struct meeting *meeting, uint64_t for_ms)
{
	bel_sim_run(meeting->sim, bel_sim_now_ms(meeting->sim) + for_ms);
}

static inline struct belfry_call *party_dial(struct party *party, const char *to)
{
	struct belfry_call *call = NULL;

	assert_int_equal(
		belfry_call_dial(&call, party->agent, &(struct belfry_dial){ .to = to }),
		BELFRY_OK);
	party_keep_call(party, call);
	return call;
}

/* A call that stands between the two, nothing noted. */
static inline void meeting_connect(struct meeting *meeting, struct party *caller,
				   struct party *callee)
{
	callee->answers = true;
	party_dial(caller, callee->address);
	meeting_run(meeting, 500);
	assert_told(caller, "answered");
	assert_told(callee, "incoming answered");
}

/* Two, and the first has called the second. */
static inline void meeting_begin(struct meeting *meeting)
{
	meeting_open(meeting, 2, NULL);
	meeting_connect(meeting, &meeting->parties[0], &meeting->parties[1]);
}

#endif
