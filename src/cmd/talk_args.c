/* SPDX-License-Identifier: Apache-2.0
 * What the command line asks of a talk, and its beginning and end. */
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cmd/talk.h"
#include "rtp/rtp.h"

static bool fail(const char *option, bel_str value, const char *remedy)
{
	bel_cmd_fail("%s takes no \"%.*s\": %s", option, BEL_STR_ARG(value), remedy);
	return false;
}

/* "10s", "1500ms", "2m". */
bool talk_read_duration(uint64_t *out_ms, const struct args *args, const char *option)
{
	static const struct {
		const char *unit;
		unsigned ms;
	} units[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "", 1000 } };
	bel_str value = bel_cmd_option(args, option);
	struct bel_cursor cursor = bel_cursor_init(value);
	uint64_t number;

	if (!value.len)
		return true;
	if (!bel_cursor_u64(&number, &cursor, 86400)) {
		bel_str unit = { cursor.ptr, (size_t)(cursor.end - cursor.ptr) };
		for (size_t i = 0; i < BEL_COUNT_OF(units); i++) {
			if (!bel_str_is_equal(unit, bel_str_from(units[i].unit)))
				continue;
			*out_ms = number * units[i].ms;
			return true;
		}
	}
	return fail(option, value, "write it like 10s");
}

static bool read_srtp(struct talk *talk)
{
	static const char *const names[] = {
		[BEL_LINE_SRTP_NONE] = "none",
		[BEL_LINE_SRTP_PREFER] = "prefer",
		[BEL_LINE_SRTP_SDES] = "sdes",
		[BEL_LINE_SRTP_DTLS] = "dtls",
	};
	bel_str value = bel_cmd_option(talk->args, "--srtp");

	for (size_t i = 0; i < BEL_COUNT_OF(names) && value.len; i++) {
		if (!bel_str_is_equal(value, bel_str_from(names[i])))
			continue;
		talk->srtp = (enum bel_line_srtp)i;
		return true;
	}
	return !value.len || fail("--srtp", value, "sdes, dtls, prefer or none");
}

/* Sounds that this program knows, by preference; "opus,PCMU" names some. Digits as events
 * are offered with them, unless digits shall be heard. */
static bool add_codec(struct talk *talk, unsigned *chosen, bel_str name)
{
	unsigned count;
	const struct bel_codec *all = bel_codecs(&count);

	for (unsigned i = 0; i < count && *chosen + 2 < BEL_COUNT_OF(talk->codecs); i++) {
		if (all[i].kind != BEL_CODEC_AUDIO ||
		    (name.len &&
		     !bel_str_is_equal_nocase(bel_str_from(all[i].name), name)))
			continue;
		talk->codecs[(*chosen)++] = all[i].name;
		if (name.len)
			return true;
	}
	return !name.len;
}

static bool read_codecs(struct talk *talk)
{
	bel_str value = bel_cmd_option(talk->args, "--codec"), left = value;
	unsigned chosen = 0;

	while (left.len) {
		size_t end = bel_str_find(left, ',');
		if (!add_codec(talk, &chosen, bel_str_slice(left, 0, end)))
			return fail("--codec", value, "opus G722 PCMU PCMA GSM L16");
		left = bel_str_slice(left, end + 1, left.len);
	}
	if (!chosen && talk->digits_by == TALK_DIGITS_TONES)
		add_codec(talk, &chosen, BEL_STR_NONE);
	if (chosen && talk->digits_by != TALK_DIGITS_TONES)
		talk->codecs[chosen] = "telephone-event";
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

bool talk_has_flag(const struct args *args, const char *name)
{
	for (unsigned i = 0; i < args->rest_count; i++)
		if (bel_str_is_equal(args->rest[i], bel_str_from(name)))
			return true;
	return false;
}

static bool read_transfer(struct talk *talk)
{
	talk->consults = talk_has_flag(talk->args, "--consult");
	talk->transfer = bel_cmd_option(talk->args, "--transfer");
	if (!talk->consults || talk->transfer.len)
		return true;
	bel_cmd_fail("--consult whom? for example: --transfer 601 --consult");
	return false;
}

bool talk_read_args(struct talk *talk)
{
	const struct args *args = talk->args;

	talk->has_ladder = talk_has_flag(args, "--ladder");
	talk->has_echo = talk_has_flag(args, "--echo");
	talk->follows = talk_has_flag(args, "--follow");
	return talk_read_duration(&talk->duration_ms, args, "--duration") &&
	       talk_read_duration(&talk->hold_ms, args, "--hold") && read_srtp(talk) &&
	       read_digits_by(talk) && read_codecs(talk) && read_digits(talk) &&
	       read_transfer(talk) && read_expect(talk);
}

bool talk_read_others(struct talk *talk)
{
	struct parties server = talk->parties;

	if (!parties_name_registrar(&server, &talk->arena))
		return false;
	talk->server = server.target;
	return parties_read_other(&talk->transfer, &talk->parties, talk->transfer,
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

static void on_signal(void *user, unsigned events)
{
	struct talk *talk = user;

	(void)events;
	if (talk_has_calls(talk))
		talk_hang_up(talk);
	else if (talk->on_over)
		talk->on_over(talk);
	else
		talk->is_over = true;
}

int talk_run(struct talk *talk)
{
	struct bel_watch *watch = NULL;
	sigset_t signals;
	int fd;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd >= 0)
		bel_watch_open(&watch, bel_lib_loop(talk->lib), fd, BEL_WATCH_READ,
			       on_signal, talk);
	while (!talk->is_over)
		bel_loop_turn(bel_lib_loop(talk->lib), -1);
	bel_watch_close(watch);
	if (fd >= 0)
		close(fd);
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
