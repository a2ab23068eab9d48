/* SPDX-License-Identifier: Apache-2.0
 *
 * phone: a telephone for people and scripts: accounts, numbered calls, one device, and a
 * conference, led by lines of words. It is built on the public headers alone and has no
 * terminal inside: a line goes in by bel_phone_command, and everything that is said comes
 * out of its port, a line of text or a JSON object at a time.
 *
 *   commands.c    the table of words: start here; the files below do them
 *   calls.c       numbered calls: begun, taken, held, ended
 *   handover.c    transfers, asked for by us and by the other side
 *   talk.c        within a call: digits, recordings, files, messages, quality
 *   accounts.c    under which name we register and call
 *   events.c      what the library tells, and what becomes of it
 *   sound.c       who hears whom: the device, the conference, the ringing tone
 *   wait.c        what a script waits for
 *   tell.c        lines of text and JSON
 *   terminal.h    standard input and output around it: keys, history, a live prompt
 *
 * There is a call at hand: that which was dialled, answered, resumed or named last. The
 * device belongs to it, or to the conference if it is in it; all others that stand are
 * held. Commands without a number mean it.
 *
 * One thread: whoever turns the agent's loop calls all of this. Nothing is told from
 * inside bel_phone_open. */
#ifndef BEL_PHONE_PHONE_H
#define BEL_PHONE_PHONE_H

#include <belfry/belfry.h>

#include "base/base.h"
#include "phone/terminal.h"

struct bel_phone;

/* What a line is. */
enum bel_phone_kind {
	BEL_PHONE_NEWS,    /* something happened */
	BEL_PHONE_RING,    /* somebody calls */
	BEL_PHONE_ANSWER,  /* to a command that asked */
	BEL_PHONE_PROBLEM, /* something was not done */
};

struct bel_phone_port {
	/* A line without its end, controls escaped; valid for the call. */
	void (*tell)(void *user, enum bel_phone_kind kind, bel_str line);
	/* Any clock that never goes back. */
	uint64_t (*clock_ms)(void *user);
	/* Whom `register WHO [PASSWORD]` means; texts in the arena. False: nobody, and
	 * the user was told why. NULL: WHO is an address and PASSWORD as it is. */
	bool (*find_account)(void *user, struct belfry_account_options *out, bel_str who,
			     bel_str password, struct bel_arena *arena);
};

struct bel_phone_opts {
	const struct bel_phone_port *port; /* outlives the phone */
	void *user;                        /* of the port */
	bool is_json;
	/* As belfry_audio_open_device has it. NULL: "alsa", or without a card "null". */
	const char *device;
	bool has_headset; /* no echo to be taken out */
	/* Its events, messages and user are the phone's. */
	struct belfry_agent_options agent;
	/* NULL: belfry_agent_open. For tests. */
	enum belfry_error (*open_agent)(struct belfry_agent **out,
					const struct belfry_agent_options *options,
					void *user);
};

/* Errors as belfry_agent_open and belfry_audio_open_device; why (may be NULL) gets a
 * sentence then. On success *out belongs to the caller. */
enum belfry_error bel_phone_open(struct bel_phone **out,
				 const struct bel_phone_opts *opts,
				 struct bel_writer *why);
/* Without a word to anybody: bel_phone_leave comes first. NULL is allowed. */
void bel_phone_close(struct bel_phone *phone);

/* Says who it is, how it sounds, and what may be typed. */
void bel_phone_greet(struct bel_phone *phone);
/* As belfry_account_add. */
enum belfry_error bel_phone_add_account(struct bel_phone *phone,
					const struct belfry_account_options *options);
/* Does what a line says; what comes of it is told. Nothing, once it leaves. */
void bel_phone_command(struct bel_phone *phone, bel_str line);
/* A script's next line has to wait. */
bool bel_phone_is_waiting(const struct bel_phone *phone);
/* Ctrl-C: what is waited for is given up; else the call at hand is hung up; else the
 * phone leaves. */
void bel_phone_interrupt(struct bel_phone *phone);
/* Hangs up, takes registrations back, and is over when that is done, at the latest after
 * 5 s. Calling it again changes nothing. */
void bel_phone_leave(struct bel_phone *phone);
bool bel_phone_is_leaving(const struct bel_phone *phone);
bool bel_phone_is_over(const struct bel_phone *phone);
/* A command of it was not done, a wait was in vain. */
bool bel_phone_has_failed(const struct bel_phone *phone);

/* What is due by the port's clock. */
void bel_phone_advance(struct bel_phone *phone);
/* Milliseconds until that; -1: never. */
int bel_phone_next_ms(const struct bel_phone *phone);
struct belfry_agent *bel_phone_agent(const struct bel_phone *phone);

/* "alice> ", "alice [1 bob 0:42 MOS 4.3]> ". */
void bel_phone_write_prompt(const struct bel_phone *phone, struct bel_writer *prompt);
/* What is to be appended to a line that was begun; nothing when that is not clear. */
void bel_phone_complete(const struct bel_phone *phone, bel_str begun,
			struct bel_writer *rest);

#endif
