/* SPDX-License-Identifier: Apache-2.0
 * What the command line asks of a talk, and its beginning and end. */
#include <stdlib.h>

#include "cmd/signals.h"
#include "cmd/talk.h"
#include "rtp/rtp.h"

static bool fail(const char *option, bel_str value, const char *remedy)
{
	bel_cmd_fail("%s takes no \"%.*s\": %s", option, BEL_STR_ARG(value), remedy);
	return false;
}

/* Digits as events are offered with the sounds, unless digits shall be heard. */
static bool read_codecs(struct talk *talk)
{
	unsigned count;
	const struct bel_codec *all = bel_codecs(&count);

	if (!values_read_codecs(talk->codecs, talk->args))
		return false;
	if (talk->digits_by != TALK_DIGITS_TONES) {
		if (talk->codecs[0])
			values_add_codec(talk->codecs, "telephone-event");
		return true;
	}
	for (unsigned i = 0; i < count && !bel_cmd_option(talk->args, "--codec").len; i++)
		if (all[i].kind == BEL_CODEC_AUDIO)
			values_add_codec(talk->codecs, all[i].name);
	return true;
}

static bool read_digits_by(struct talk *talk)
{
	static const char *const names[] = { [TALK_DIGITS_EVENT] = "event",
					     [TALK_DIGITS_INFO] = "info",
					     [TALK_DIGITS_TONES] = "tones" };
	bel_str value = bel_cmd_option(talk->args, "--digits-by");

	for (size_t i = 0; i < BEL_COUNT_OF(names) && value.len; i++) {
		if (!bel_str_is_equal(value, bel_str_from(names[i])))
			continue;
		talk->digits_by = (enum talk_digits)i;
		return true;
	}
	return !value.len || fail("--digits-by", value, "event, info or tones");
}

static bool read_digits(struct talk *talk)
{
	uint8_t event;

	talk->digits = bel_cmd_option(talk->args, "--dtmf");
	for (size_t i = 0; i < talk->digits.len; i++)
		if (bel_dtmf_from_char(&event, talk->digits.ptr[i]))
			return fail("--dtmf", talk->digits, "0-9 * # A-D");
	return true;
}

static bool read_expect(struct talk *talk)
{
	bel_str value = bel_cmd_option(talk->args, "--expect");
	char buf[256];
	struct bel_writer told = bel_writer_init(buf, sizeof buf);

	talk->has_expect = value.len;
	if (expect_parse(&talk->expect, value, &told))
		return true;
	bel_cmd_fail("%.*s", BEL_STR_ARG(bel_writer_str(&told)));
	return false;
}

static bool read_transfer(struct talk *talk)
{
	talk->consults = bel_cmd_has_flag(talk->args, "--consult");
	talk->transfer = bel_cmd_option(talk->args, "--transfer");
	if (!talk->consults || talk->transfer.len)
		return true;
	bel_cmd_fail("--consult whom? for example: --transfer 601 --consult");
	return false;
}

bool talk_read_args(struct talk *talk)
{
	const struct args *args = talk->args;

	talk->has_ladder = bel_cmd_has_flag(args, "--ladder");
	talk->has_echo = bel_cmd_has_flag(args, "--echo");
	talk->follows = bel_cmd_has_flag(args, "--follow");
	talk->is_reliable = bel_cmd_has_flag(args, "--reliable");
	return values_read_duration(&talk->duration_ms, args, "--duration") &&
	       values_read_duration(&talk->hold_ms, args, "--hold") &&
	       values_read_srtp(&talk->srtp, args, true) && read_digits_by(talk) &&
	       read_codecs(talk) && read_digits(talk) && read_transfer(talk) &&
	       read_expect(talk);
}

bool talk_read_others(struct talk *talk)
{
	struct parties server = talk->parties;

	if (!parties_name_registrar(&server, &talk->arena))
		return false;
	talk->server = server.target;
	return ways_read(&talk->ways, talk->args,
			 server.has_account ? &server.account : NULL, &talk->arena) &&
	       parties_read_other(&talk->transfer, &talk->parties, talk->transfer,
				  &talk->arena);
}

/* ---- beginning and end ---- */

struct talk *talk_new(const struct args *args)
{
	struct talk *talk = calloc(1, sizeof *talk);

	if (!talk)
		return NULL;
	talk->args = args;
	talk->exit_status = EXIT_UNABLE;
	bel_arena_init(&talk->arena, NULL, 0, 1 << 20);
	talk->words = bel_writer_init(talk->words_text, sizeof talk->words_text);
	talk->ladder_text = malloc(LADDER_BYTES);
	talk->ladder = bel_writer_init(talk->ladder_text,
				       talk->ladder_text ? LADDER_BYTES : 0);
	return talk;
}

static void on_wire(void *user, const struct bel_flow *flow, bool is_sent, bel_str bytes)
{
	(void)flow;
	talk_note_wire(user, is_sent, bytes);
}

static void on_timer(void *user)
{
	talk_on_due(user);
}

bool talk_open(struct talk *talk)
{
	enum bel_err err = bel_lib_open(
		&talk->lib, &(struct bel_lib_opts){ .has_verify_off = true,
						    .on_incoming = talk_on_incoming,
						    .on_wire = on_wire,
						    .user = talk });

	bel_timer_init(&talk->timer, on_timer, talk);
	if (!err)
		err = bel_dtls_context_self_signed(&talk->dtls);
	if (err)
		bel_cmd_fail("cannot start: %s", bel_err_text(err));
	return !err;
}

static void on_signal(void *user)
{
	struct talk *talk = user;

	talk->is_over |= talk->is_interrupted;
	talk->is_interrupted = true;
	if (talk_has_calls(talk))
		talk_hang_up(talk);
	else if (talk->on_over)
		talk->on_over(talk);
	else
		talk->is_over = true;
}

int talk_run(struct talk *talk)
{
	struct bel_loop *loop = bel_lib_loop(talk->lib);
	struct signals signals;

	signals_open(&signals, loop, on_signal, talk);
	while (!talk->is_over)
		bel_loop_turn(loop, -1);
	signals_close(&signals);
	return talk->exit_status;
}

void talk_free(struct talk *talk)
{
	talk_close_sound(talk);
	bel_lib_close(talk->lib);
	bel_dtls_context_unref(talk->dtls);
	free(talk->ladder_text);
	bel_arena_fini(&talk->arena);
	bel_wipe(talk, sizeof *talk);
	free(talk);
}
