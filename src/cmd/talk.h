/* SPDX-License-Identifier: Apache-2.0
 * One call of `belfry call`: its sound, what is expected of it, and what is said of it.
 */
#ifndef BEL_CMD_TALK_H
#define BEL_CMD_TALK_H

#include "cmd/cmd.h"
#include "cmd/expect.h"
#include "cmd/party.h"
#include "lib/lib.h"

enum { WORDS_BYTES = 400, LADDER_BYTES = 64 * 1024 };

struct talk {
	const struct args *args;
	struct bel_lib *lib;
	struct bel_arena arena; /* of the texts of the command line */

	/* asked for */
	struct parties parties;
	bel_str digits;
	bool has_ladder, has_expect;
	enum bel_line_srtp srtp;
	const char *codecs[8]; /* ended by NULL; the first NULL: all */
	char codec_names[128];
	uint64_t duration_ms;
	double tone_hz; /* sent; 0: a recording */
	struct expect expect;

	/* its sound: talk_sound.c */
	struct bel_line *line;
	struct bel_dtls_context *dtls; /* of the line */
	struct bel_audio_port *source, *recorder, *judge_port;
	struct bel_audio_port tee; /* to the judge and the recorder */
	struct bel_judge *judge;
	struct bel_clip clip;
	int16_t *reference;

	/* its course */
	struct bel_targets_query query;
	struct bel_call *call;
	struct bel_timer timer;
	unsigned digits_sent;
	uint64_t began_ms, answered_ms;
	uint16_t status; /* of the answer */
	bool was_answered, is_over;
	int exit_status;

	/* what went over the wire, until it was set up; and all of it for --ladder */
	char words_text[WORDS_BYTES];
	struct bel_writer words;
	bool has_words; /* no more are wanted */
	char *ladder_text;
	struct bel_writer ladder;
};

/* talk_sound.c: everything that is opened for the sound, after the line. False, with
 * words on standard error, when something cannot be had. */
bool talk_open_sound(struct talk *talk, bel_str play, bel_str record);
void talk_close_sound(struct talk *talk);

/* talk_words.c: what is said of it, as text or JSON. */
void talk_note_wire(struct talk *talk, bool is_sent, bel_str bytes);
void talk_say_progress(const struct talk *talk, uint16_t status);
void talk_say_answered(const struct talk *talk);
void talk_say_digit(const struct talk *talk, char digit);
/* The end of a call that was not answered. */
void talk_say_refused(const struct talk *talk, const struct bel_call_end *end);
/* The verdict; returns the exit status. */
int talk_say_verdict(struct talk *talk);

#endif
