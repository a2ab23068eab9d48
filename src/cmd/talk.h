/* SPDX-License-Identifier: Apache-2.0
 * A call with a script: `belfry call` begins one, `belfry answer` waits for one. What
 * happens in it then (digits, hold, transfer, the end) is the same for both, and so is
 * the verdict.
 *
 *   talk_args.c    what the command line asks for
 *   talk_course.c  from the answer to the end, step by step
 *   talk_strand.c  one call of it: another begins when somebody is transferred
 *   talk_sound.c   what is said, and who listens
 *   talk_words.c   what is told of it
 */
#ifndef BEL_CMD_TALK_H
#define BEL_CMD_TALK_H

#include "cmd/cmd.h"
#include "cmd/expect.h"
#include "cmd/party.h"
#include "cmd/values.h"
#include "cmd/ways.h"
#include "lib/lib.h"

enum { WORDS_BYTES = 400, LADDER_BYTES = 64 * 1024, HEARD_DIGITS_MAX = 64 };
enum { STRANDS_MAX = 4, RING_MS = 60000 };

struct talk;

/* How digits are sent. */
enum talk_digits { TALK_DIGITS_EVENT, TALK_DIGITS_INFO, TALK_DIGITS_TONES };

/* One call, and its line. */
struct strand {
	struct talk *talk;
	struct bel_call *call; /* NULL: over, or never begun */
	struct bel_line *line; /* stays until the end: it knows the figures */
	bool is_up;
	/* Whom it comes after: whose REFER made it necessary, or whose place it takes;
	 * NULL: nobody. */
	struct strand *before;
	bool is_consulted; /* it is who the first one is transferred to */
	/* Done once its candidates are gathered. */
	enum { STRAND_IDLE, STRAND_DIALS, STRAND_ANSWERS } waits_to;
	bel_str target, lines; /* of who is dialled; in the arena */
};

/* How the other side's REFER, or ours, stands; 0: there was none. */
struct talk_transfer {
	uint16_t status;
	bool is_last;
};

/* What a script does one after the other; see talk_course.c. */
enum talk_step {
	TALK_RINGING,
	TALK_DIGITS,
	TALK_BEFORE_HOLD,
	TALK_HOLD,
	TALK_RESUME,
	TALK_AFTER_HOLD,
	TALK_PARK, /* on hold, while somebody is consulted */
	TALK_CONSULT,
	TALK_LEAVE, /* who was consulted, for their place cannot be taken */
	TALK_TRANSFER,
	TALK_END,
	TALK_STEP_COUNT
};

struct talk {
	const struct args *args;
	struct bel_lib *lib;
	struct bel_arena arena; /* of the texts of the command line */

	/* asked for */
	struct parties parties;
	bel_str digits;
	enum talk_digits digits_by;
	bool has_ladder, has_expect, has_echo, follows, consults, is_reliable;
	enum bel_line_srtp srtp;
	struct ways ways;
	const char *codecs[VALUES_CODECS_MAX]; /* ended by NULL; the first NULL: all */
	uint64_t duration_ms;                  /* 0: until the other side ends it */
	uint64_t hold_ms;                      /* 0: no hold */
	uint64_t ring_ms;                      /* before it is answered here */
	bel_str transfer;                      /* URI, or empty */
	bel_str server;                        /* URI of whom the first request goes to */
	double tone_hz;                        /* sent; 0: a recording */
	struct expect expect;

	/* its sound: talk_sound.c */
	struct bel_dtls_context *dtls; /* of the lines */
	bel_addr local;                /* of the lines */
	struct bel_audio_port *source, *recorder;
	struct bel_audio_port tee; /* to the judge and the recorder */
	struct bel_judge *judge;   /* NULL while nobody is to be heard */
	/* Of all parts that are over: the worst. */
	struct bel_judge_result heard;
	bool has_heard, has_sound;
	unsigned deaf_count; /* samples that are not judged, for a digit */
	struct bel_clip clip;
	int16_t *reference;
	size_t reference_count;

	/* its course */
	struct strand strands[STRANDS_MAX];
	unsigned strands_count;
	struct strand *now; /* the one that is heard; NULL before the first */
	enum talk_step step;
	struct bel_timer timer;
	unsigned digits_sent;
	char heard_digits[HEARD_DIGITS_MAX];
	unsigned heard_digits_count;
	uint64_t began_ms, answered_ms;
	uint64_t held_received; /* packets when the hold began */
	uint16_t status;        /* of the answer */
	struct talk_transfer transferred;
	uint16_t hold_status; /* of a hold that was refused; 0: none was */
	bool was_answered, is_held, is_interrupted, is_over;
	int exit_status;
	void *user; /* of the two below */
	/* Somebody calls: refuse it or take it on; NULL: nobody is answered. */
	void (*on_call)(struct talk *talk, struct bel_call *call);
	/* The last call is over and the verdict is spoken; NULL: is_over. */
	void (*on_over)(struct talk *talk);

	/* what went over the wire, until it was set up; and all of it for --ladder */
	char words_text[WORDS_BYTES];
	struct bel_writer words;
	bool has_words; /* no more are wanted */
	char *ladder_text;
	struct bel_writer ladder;
};

/* talk_args.c: options that call and answer share. */
#define TALK_OPTIONS                                                                     \
	" --play= --record= --dtmf= --digits-by= --duration= --hold= --srtp="            \
	" --codec= --transfer= --consult --follow --reliable --expect= "                 \
	"--ladder" WAYS_OPTIONS
struct talk *talk_new(const struct args *args);
/* Of everything but the parties. False, with words on standard error. */
bool talk_read_args(struct talk *talk);
/* Once the parties are known: the server, who a transfer is to, and servers that help. */
bool talk_read_others(struct talk *talk);
/* The library, and the certificate of the lines. False, with words. */
bool talk_open(struct talk *talk);
/* Turns the loop until the end; Ctrl-C hangs up, and the verdict still comes; once
 * more does not wait for that. */
int talk_run(struct talk *talk);
void talk_free(struct talk *talk);

/* talk_strand.c */
/* A strand without a call, with a line that sounds from local. NULL: words were said. */
struct strand *talk_strand_new(struct talk *talk, const bel_addr *local);
enum bel_err talk_strand_dial(struct strand *strand, bel_str target, bel_str lines);
void talk_strand_take_on(struct strand *strand, struct bel_call *call);
void talk_strand_answer(struct strand *strand);
/* This strand is the one that is heard now. */
void talk_strand_select(struct strand *strand);
/* For the library: somebody who takes the place of one of our calls is always taken. */
void talk_on_incoming(void *user, struct bel_call *call, struct bel_sip_msg *invite,
		      struct bel_call *replaced);
/* The last one is over, or there was none. */
bool talk_has_calls(const struct talk *talk);

/* talk_course.c */
/* The first strand is answered: the script begins. */
void talk_begin(struct talk *talk);
/* The step that is waited for is over. */
void talk_next(struct talk *talk);
void talk_set_timer(struct talk *talk, uint64_t after_ms);
void talk_stop_timer(struct talk *talk);
void talk_on_due(struct talk *talk); /* that timer */
/* Hangs up whatever is left; the verdict comes when all of it is over. */
void talk_hang_up(struct talk *talk);
/* Nothing is left. */
void talk_finish(struct talk *talk);
/* Who was to be consulted has answered; their call is over. */
void talk_on_consulted(struct talk *talk);
void talk_on_left(struct talk *talk);
/* They answered a hold, or held us. */
void talk_on_modified(struct talk *talk, uint16_t status);
void talk_on_held(struct talk *talk, bool is_held);
void talk_on_digit(struct talk *talk, char digit);

/* talk_sound.c: everything that is opened for the sound, before the first line. False,
 * with words on standard error, when something cannot be had. */
bool talk_open_sound(struct talk *talk);
void talk_close_sound(struct talk *talk);
/* What is said and heard is of this line. */
void talk_connect_sound(struct talk *talk, struct bel_line *line);
/* A part of what is heard is over and judged; with goes_on, another begins: what lies
 * between the two is nobody's fault. */
void talk_judge_part(struct talk *talk, bool goes_on);
/* A digit comes: what is heard instead of sound is not judged. */
void talk_judge_digit(struct talk *talk);

/* talk_words.c: what is said of it, as text or JSON. */
/* Somebody calls us: what the wire said before is not about that. */
void talk_note_caller(struct talk *talk, const struct bel_call *call);
void talk_note_wire(struct talk *talk, bool is_sent, bel_str bytes);
void talk_say_progress(const struct talk *talk, uint16_t status);
void talk_say_answered(const struct talk *talk);
void talk_say_digit(const struct talk *talk, char digit);
/* On hold, or no more; packets: that came meanwhile. */
void talk_say_hold(const struct talk *talk, bool is_held, bool is_ours, uint64_t packets);
void talk_say_transfer(const struct talk *talk);
/* Attended was asked for, and cannot be. */
void talk_say_unattended(const struct talk *talk);
/* The end of a call that was not answered. */
void talk_say_refused(const struct talk *talk, const struct bel_call_end *end);
/* The verdict; returns the exit status. */
int talk_say_verdict(struct talk *talk);

#endif
