/* SPDX-License-Identifier: Apache-2.0
 * What the files of a phone share. */
#ifndef BEL_PHONE_PHONE_INT_H
#define BEL_PHONE_PHONE_INT_H

#include "phone/phone.h"
#include "phone/ringing.h"

enum {
	PHONE_ACCOUNTS_MAX = 8,
	PHONE_CALLS_MAX = 20,
	PHONE_RATE_HZ = 16000,
	PHONE_WORDS_MAX = 8,
	PHONE_NAME_BYTES = 64,
	PHONE_URI_BYTES = 512,
	/* of a message, and of that as JSON at its worst */
	PHONE_LINE_BYTES = 20 * 1024,
	PHONE_OUT_BYTES = 256 * 1024,
};

/* Where the sound of a call goes to and comes from. */
enum bel_phone_plug {
	BEL_PHONE_UNPLUGGED,
	BEL_PHONE_DEVICE,
	BEL_PHONE_PLACE, /* in the conference */
};

struct bel_phone_call {
	struct bel_phone *phone;
	struct belfry_call *call;
	unsigned number;
	char name[PHONE_NAME_BYTES]; /* of the other side, for people */
	bool is_incoming, is_up, is_early;
	bool is_answered; /* by us; the caller does not know it yet */
	uint16_t status;  /* of the last progress that was told */
	bool is_leaving;  /* hung up or refused by us */

	/* hold: what is wanted, agreed, and under way */
	bool wants_hold, is_holding, is_asking, is_held;
	uint64_t settle_from_ms;        /* not to be asked for before */
	char goes_to[PHONE_NAME_BYTES]; /* where we transfer it; empty: nowhere */
	bool is_member;                 /* of the conference */
	bool is_recorded;

	enum bel_phone_plug plug;
	bool is_playing; /* a file; what is heard goes where it went */
	struct belfry_audio *place;
};

struct bel_phone_account {
	struct belfry_account *account;
	char name[PHONE_NAME_BYTES];
	bool is_told;    /* that it is registered */
	bool is_refused; /* by the registrar, as it is now */
	bool is_lost;    /* nobody answers, as it is now */
	bool is_leaving;
};

/* What is waited for. */
struct bel_phone_wait {
	const struct bel_phone_wait_word *word; /* NULL: for time alone */
	bool is_on;
	uint64_t until_ms, length_ms;
};

/* Occurrences that no wait took yet. */
enum bel_phone_unseen {
	BEL_PHONE_DIGITS,
	BEL_PHONE_MESSAGES,
	BEL_PHONE_HEARDS,
	BEL_PHONE_PLAYEDS,
	BEL_PHONE_TRANSFERS,
	BEL_PHONE_HOLDS,
	BEL_PHONE_REPLIES,
	BEL_PHONE_HANDOVERS,
	BEL_PHONE_UNSEEN_COUNT,
};

struct bel_phone {
	/* set once */
	const struct bel_phone_port *port;
	void *user;
	bool is_json, has_headset;
	struct belfry_agent *agent;

	struct bel_phone_account accounts[PHONE_ACCOUNTS_MAX];
	struct bel_phone_account *account; /* by which we call; NULL: none */
	struct bel_phone_call *calls[PHONE_CALLS_MAX];
	struct bel_phone_call *at_hand;

	/* sound */
	char device_words[PHONE_URI_BYTES];
	struct belfry_audio *device; /* NULL: none could be had */
	struct belfry_mixer *mixer;  /* of the conference; NULL: none */
	struct belfry_audio *own_place;
	struct belfry_audio *ring_audio; /* joined with the device; NULL: silent */
	struct bel_phone_tone tone;
	bool is_muted;

	struct bel_phone_wait wait;
	unsigned unseen[BEL_PHONE_UNSEEN_COUNT];
	unsigned replies_due;

	bool has_no_card, is_leaving, is_over, has_failed;
	uint64_t leave_by_ms;
	char said[PHONE_LINE_BYTES];
	char out[PHONE_OUT_BYTES];
};

/* ---- tell.c ---- */

/* What a program reads of a line; what is zero, NULL or empty is left out. */
struct bel_phone_facts {
	const char *event;
	const struct bel_phone_call *call;
	const struct belfry_call_info *info; /* state, codec, quality and more */
	uint16_t status;
	const char *from, *to, *address, *text, *file;
	size_t text_count; /* 0: up to the NUL */
	uint32_t seconds;
	char digit;
};
void bel_phone_tell(struct bel_phone *phone, enum bel_phone_kind kind,
		    const struct bel_phone_facts *facts, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* A command that was not done: marks the phone as failed. */
void bel_phone_fail(struct bel_phone *phone, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The same with the sentence of the library. */
void bel_phone_fail_by(struct bel_phone *phone, enum belfry_error error);

/* ---- names.c ---- */

/* How people call who has this address: his own name for himself, the user of an address
 * at our server, else user@host. out is terminated. */
void bel_phone_name(char out[PHONE_NAME_BYTES], const struct bel_phone *phone,
		    bel_str display, bel_str uri);
/* "0:42", "1:02:07". */
void bel_phone_write_time(struct bel_writer *out, uint64_t ms);
/* A terminated copy; false when it does not fit or holds a NUL. */
bool bel_phone_copy(char *out, size_t size, bel_str str);

/* ---- commands.c ---- */

/* One line, cut at blanks; "words in quotes" are one. */
struct bel_phone_words {
	bel_str line; /* all of it */
	bel_str word[PHONE_WORDS_MAX];
	unsigned count;
};
struct bel_phone_command {
	const char *name;
	const char *usage; /* what follows the name */
	const char *help;
	unsigned words_min, words_max; /* after the name */
	void (*run)(struct bel_phone *phone, const struct bel_phone_words *words);
};
/* Word number index after the name; empty when there is none. */
bel_str bel_phone_word(const struct bel_phone_words *words, unsigned index);
/* The rest of the line from that word on. */
bel_str bel_phone_rest(const struct bel_phone_words *words, unsigned index);
/* Takes a number of a call at *index, if one is there and more than least words follow,
 * else the call at hand. NULL, and it was told, when there is none. */
struct bel_phone_call *bel_phone_take_call(struct bel_phone *phone,
					   const struct bel_phone_words *words,
					   unsigned *index, unsigned least);

/* ---- calls.c ---- */

struct bel_phone_call *bel_phone_call_new(struct bel_phone *phone,
					  struct belfry_call *call, bool is_incoming);
void bel_phone_call_free(struct bel_phone_call *call);
struct bel_phone_call *bel_phone_call_number(const struct bel_phone *phone,
					     uint64_t number);
/* NULL: the event is of none, or of one that the phone did not take. */
struct bel_phone_call *bel_phone_call_of(const struct belfry_event *event);
/* The oldest that rings here; NULL. */
struct bel_phone_call *bel_phone_call_ringing(const struct bel_phone *phone);
unsigned bel_phone_calls_count(const struct bel_phone *phone);
/* Makes it the call at hand, and those beside it wait. */
void bel_phone_call_take(struct bel_phone_call *call);
/* Asks for what is wanted and not so: hold and resume, as soon as the call is free. */
void bel_phone_call_settle(struct bel_phone_call *call);
/* It will have to ask, or ask again. */
bool bel_phone_call_is_unsettled(const struct bel_phone_call *call);
/* How that went: 200, or why not. */
void bel_phone_call_settled(struct bel_phone_call *call, bool is_holding, uint16_t status,
			    const char *text);
void bel_phone_call_answer(struct bel_phone_call *call);
void bel_phone_call_hang_up(struct bel_phone_call *call);
void bel_phone_dial(struct bel_phone *phone, bel_str to);
void bel_phone_send_digits(struct bel_phone_call *call, bel_str digits,
			   enum belfry_digit_way way);

void bel_phone_do_call(struct bel_phone *phone, const struct bel_phone_words *words);
void bel_phone_do_answer(struct bel_phone *phone, const struct bel_phone_words *words);
void bel_phone_do_refuse(struct bel_phone *phone, const struct bel_phone_words *words);
void bel_phone_do_hangup(struct bel_phone *phone, const struct bel_phone_words *words);
void bel_phone_do_hold(struct bel_phone *phone, const struct bel_phone_words *words);
void bel_phone_do_resume(struct bel_phone *phone, const struct bel_phone_words *words);

/* ---- handover.c ---- */

void bel_phone_do_transfer(struct bel_phone *phone, const struct bel_phone_words *words);
/* How the other side fares with whom we sent it to. */
void bel_phone_on_transfer(struct bel_phone *phone, const struct belfry_event *event);
/* The other side wants us to call somebody else: so we do. */
void bel_phone_on_wish(struct bel_phone *phone, const struct belfry_event *event);

/* ---- talk.c ---- */

void bel_phone_do_calls(struct bel_phone *phone, const struct bel_phone_words *words);
void bel_phone_do_quality(struct bel_phone *phone, const struct bel_phone_words *words);
void bel_phone_do_dtmf(struct bel_phone *phone, const struct bel_phone_words *words);
void bel_phone_do_record(struct bel_phone *phone, const struct bel_phone_words *words);
void bel_phone_do_play(struct bel_phone *phone, const struct bel_phone_words *words);
void bel_phone_do_message(struct bel_phone *phone, const struct bel_phone_words *words);
void bel_phone_do_codec(struct bel_phone *phone, const struct bel_phone_words *words);

/* ---- accounts.c ---- */

struct bel_phone_account *bel_phone_account_of(struct bel_phone *phone,
					       const struct belfry_account *account);
unsigned bel_phone_accounts_count(const struct bel_phone *phone);
void bel_phone_account_gone(struct bel_phone_account *account, struct bel_phone *phone);
void bel_phone_do_accounts(struct bel_phone *phone, const struct bel_phone_words *words);
void bel_phone_do_register(struct bel_phone *phone, const struct bel_phone_words *words);
void bel_phone_do_unregister(struct bel_phone *phone,
			     const struct bel_phone_words *words);
void bel_phone_do_use(struct bel_phone *phone, const struct bel_phone_words *words);

/* ---- sound.c ---- */

/* Opens a device; the former one is closed when that succeeds. */
enum belfry_error bel_phone_sound_open(struct bel_phone *phone, const char *words);
/* Everybody hears whom he should, after each change of calls. */
void bel_phone_sound_plug(struct bel_phone *phone);
/* A file is said in it from now on, or no more. */
void bel_phone_sound_play(struct bel_phone_call *call, bool is_playing);
/* Before a call is gone. */
void bel_phone_sound_unplug(struct bel_phone_call *call);
void bel_phone_do_device(struct bel_phone *phone, const struct bel_phone_words *words);
void bel_phone_do_mute(struct bel_phone *phone, const struct bel_phone_words *words);
void bel_phone_do_unmute(struct bel_phone *phone, const struct bel_phone_words *words);
void bel_phone_do_join(struct bel_phone *phone, const struct bel_phone_words *words);
void bel_phone_do_split(struct bel_phone *phone, const struct bel_phone_words *words);

/* ---- events.c ---- */

void bel_phone_on_event(void *user, const struct belfry_event *event);

/* ---- phone.c ---- */

/* Leaving, it is over when nothing is left to wait for. */
void bel_phone_leave_check(struct bel_phone *phone);

/* ---- wait.c ---- */

void bel_phone_do_wait(struct bel_phone *phone, const struct bel_phone_words *words);
/* After each event: is it over? */
void bel_phone_wait_check(struct bel_phone *phone);
void bel_phone_wait_note(struct bel_phone *phone, enum bel_phone_unseen what);

#endif
