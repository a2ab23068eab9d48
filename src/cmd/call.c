/* SPDX-License-Identifier: Apache-2.0
 * belfry call [FROM] TO: one call, with sound, and a verdict on it. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cmd/talk.h"
#include "rtp/rtp.h"

enum { DURATION_MS = 5000, DIGIT_EVERY_MS = 200, RING_MS = 60000 };

/* ---- the course of a call ---- */

static void end_with(struct talk *talk, int status)
{
	talk->exit_status = status;
	talk->is_over = true;
}

static void set_timer(struct talk *talk, uint64_t after_ms)
{
	struct bel_loop *loop = bel_lib_loop(talk->lib);

	bel_timer_start(loop, &talk->timer, bel_loop_now_ms(loop) + after_ms);
}

/* Digits one by one, then the end. */
static void on_timer(void *user)
{
	struct talk *talk = user;
	uint64_t spent_ms;

	if (!talk->was_answered) {
		bel_call_hang_up(talk->call, BEL_STR_NONE);
		return;
	}
	if (talk->digits_sent < talk->digits.len) {
		bel_media_stream_send_digit(bel_line_stream(talk->line),
					    talk->digits.ptr[talk->digits_sent++]);
		set_timer(talk, DIGIT_EVERY_MS);
		return;
	}
	spent_ms = bel_loop_now_ms(bel_lib_loop(talk->lib)) - talk->answered_ms;
	if (spent_ms < talk->duration_ms)
		set_timer(talk, talk->duration_ms - spent_ms);
	else
		bel_call_hang_up(talk->call, BEL_STR_NONE);
}

static void on_progress(void *user, struct bel_call *call, uint16_t status,
			bool has_media)
{
	(void)call;
	(void)has_media;
	talk_say_progress(user, status);
}

static void on_answered(void *user, struct bel_call *call)
{
	struct talk *talk = user;

	(void)call;
	talk->was_answered = true;
	talk->answered_ms = bel_loop_now_ms(bel_lib_loop(talk->lib));
	talk_say_answered(talk);
	set_timer(talk, talk->digits.len ? DIGIT_EVERY_MS : talk->duration_ms);
}

static void on_ended(void *user, struct bel_call *call, const struct bel_call_end *end)
{
	struct talk *talk = user;

	(void)call;
	talk->call = NULL;
	bel_timer_stop(bel_lib_loop(talk->lib), &talk->timer);
	talk->status = end->was_up ? 200 : end->status;
	if (end->was_up) {
		end_with(talk, talk_say_verdict(talk));
		return;
	}
	talk_say_refused(talk, end);
	/* A refusal may be just what was expected. */
	end_with(talk, talk->has_expect ? talk_say_verdict(talk) : EXIT_NO);
}

static const struct bel_call_port call_port = { .on_progress = on_progress,
						.on_answered = on_answered,
						.on_ended = on_ended };

static enum bel_err describe(void *user, struct bel_call *call,
			     struct bel_offer_local *local)
{
	(void)call;
	return bel_line_describe(((struct talk *)user)->line, local);
}

static void apply(void *user, struct bel_call *call,
		  const struct bel_offer_stream *streams, unsigned count)
{
	(void)call;
	bel_line_apply(((struct talk *)user)->line, streams, count);
}

static const struct bel_call_media call_media = { .describe = describe, .apply = apply };

static void on_digit(void *user, char digit)
{
	talk_say_digit(user, digit);
}

static const struct bel_media_stream_port stream_port = { .on_digit = on_digit };

static void on_wire(void *user, const struct bel_flow *flow, bool is_sent, bel_str bytes)
{
	(void)flow;
	talk_note_wire(user, is_sent, bytes);
}

/* ---- beginning ---- */

static bool dial(struct talk *talk, const bel_addr *local)
{
	const struct args *args = talk->args;
	const struct parties *parties = &talk->parties;
	enum bel_err err = bel_dtls_context_self_signed(&talk->dtls);

	if (err) {
		bel_cmd_fail("no certificate: %s", bel_err_text(err));
		return false;
	}
	err = bel_line_open(&talk->line,
			    &(struct bel_line_opts){
				    .loop = bel_lib_loop(talk->lib),
				    .libs = bel_lib_media(talk->lib),
				    .local = *local,
				    .codecs = talk->codecs[0] ? talk->codecs : NULL,
				    .srtp = talk->srtp,
				    .dtls = talk->dtls,
				    .is_faithful = true,
				    .port = &stream_port,
				    .user = talk,
			    });

	if (err) {
		bel_cmd_fail("no sound: %s",
			     err == BEL_ERR_UNSUPPORTED
				     ? "none of these codecs is here; belfry help call "
				       "lists them"
				     : bel_err_text(err));
		return false;
	}
	if (!talk_open_sound(talk, bel_cmd_option(args, "--play"),
			     bel_cmd_option(args, "--record")))
		return false;
	if (!talk->duration_ms)
		talk->duration_ms = DURATION_MS;
	talk->began_ms = bel_loop_now_ms(bel_lib_loop(talk->lib));
	err = bel_call_dial(
		&talk->call, bel_lib_calls(talk->lib),
		&(struct bel_call_dial){
			.from = parties->from_value,
			.target = parties->target,
			.account = parties->has_account ? &parties->account : NULL,
			.contact_user = parties->from_user,
			.port = &call_port,
			.media = &call_media,
			.user = talk,
		});
	if (err) {
		bel_cmd_fail("cannot call: %s", bel_err_text(err));
		return false;
	}
	set_timer(talk, RING_MS);
	return true;
}

/* Where the call will go says which of our addresses the sound must come from. */
static void on_targets(struct bel_targets_query *query, enum bel_err err,
		       const struct bel_hop *hops, unsigned count)
{
	struct talk *talk = BEL_CONTAINER_OF(query, struct talk, query);
	bel_addr local;

	(void)count;
	if (!err)
		err = bel_loop_local_for(bel_lib_loop(talk->lib), &hops[0].addr, &local);
	if (err) {
		end_with(talk, bel_cmd_fail("there is no way to %.*s: %s",
					    BEL_STR_ARG(talk->parties.target_uri.host),
					    bel_err_text(err)));
		return;
	}
	if (!dial(talk, &local))
		end_with(talk, EXIT_UNABLE);
}

/* Ctrl-C hangs up; the verdict still comes. */
static void on_signal(void *user, unsigned events)
{
	struct talk *talk = user;

	(void)events;
	if (talk->call)
		bel_call_hang_up(talk->call, BEL_STR_NONE);
	else
		end_with(talk, EXIT_UNABLE);
}

static int converse(struct talk *talk)
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
	bel_timer_init(&talk->timer, on_timer, talk);
	talk->query.on_targets = on_targets;
	bel_targets_find(bel_lib_targets(talk->lib), &talk->query,
			 &talk->parties.target_uri, 0);
	while (!talk->is_over)
		bel_loop_turn(bel_lib_loop(talk->lib), -1);
	bel_watch_close(watch);
	if (fd >= 0)
		close(fd);
	return talk->exit_status;
}

/* ---- the command line ---- */

static bool fail(const char *option, bel_str value, const char *remedy)
{
	bel_cmd_fail("%s takes no \"%.*s\": %s", option, BEL_STR_ARG(value), remedy);
	return false;
}

/* "10s", "1500ms", "2m". */
static bool read_duration(struct talk *talk)
{
	static const struct {
		const char *unit;
		unsigned ms;
	} units[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "", 1000 } };
	bel_str value = bel_cmd_option(talk->args, "--duration");
	struct bel_cursor cursor = bel_cursor_init(value);
	uint64_t number;

	if (!value.len)
		return true;
	if (!bel_cursor_u64(&number, &cursor, 86400)) {
		bel_str unit = { cursor.ptr, (size_t)(cursor.end - cursor.ptr) };
		for (size_t i = 0; i < BEL_COUNT_OF(units); i++) {
			if (!bel_str_is_equal(unit, bel_str_from(units[i].unit)))
				continue;
			talk->duration_ms = number * units[i].ms;
			return true;
		}
	}
	return fail("--duration", value, "write it like 10s");
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

/* "opus,PCMU": names that the table knows, in this order. */
static bool read_codecs(struct talk *talk)
{
	bel_str value = bel_cmd_option(talk->args, "--codec"), left = value;
	unsigned count, chosen = 0;
	const struct bel_codec *all = bel_codecs(&count);

	while (left.len) {
		size_t end = bel_str_find(left, ',');
		bel_str name = bel_str_slice(left, 0, end);
		const char *found = NULL;
		left = bel_str_slice(left, end + 1, left.len);
		for (unsigned i = 0; i < count && !found; i++)
			if (all[i].kind == BEL_CODEC_AUDIO &&
			    bel_str_is_equal_nocase(bel_str_from(all[i].name), name))
				found = all[i].name;
		if (!found || chosen + 2 >= BEL_COUNT_OF(talk->codecs))
			return fail("--codec", value, "opus G722 PCMU PCMA GSM L16");
		talk->codecs[chosen++] = found;
	}
	if (chosen)
		talk->codecs[chosen] = "telephone-event";
	return true;
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

static bool read_parties(struct talk *talk)
{
	bel_str first = bel_cmd_word(talk->args, 0), second = bel_cmd_word(talk->args, 1);

	return parties_read(&talk->parties, talk->args, second.len ? first : BEL_STR_NONE,
			    second.len ? second : first, &talk->arena);
}

static bool read_args(struct talk *talk)
{
	const struct args *args = talk->args;

	for (unsigned i = 0; i < args->rest_count; i++)
		talk->has_ladder |= bel_str_is_equal(args->rest[i], BEL_STR("--ladder"));
	if (!bel_cmd_word(args, 0).len) {
		bel_cmd_fail("call whom? for example: belfry call alice 600");
		return false;
	}
	return read_duration(talk) && read_srtp(talk) && read_codecs(talk) &&
	       read_digits(talk) && read_expect(talk) && read_parties(talk);
}

int bel_cmd_call(const struct args *args)
{
	struct talk *talk = calloc(1, sizeof *talk);
	int status = EXIT_UNABLE;
	enum bel_err err;

	if (!talk)
		return bel_cmd_fail("no memory");
	talk->args = args;
	bel_arena_init(&talk->arena, NULL, 0, 1 << 20);
	talk->words = bel_writer_init(talk->words_text, sizeof talk->words_text);
	talk->ladder_text = malloc(LADDER_BYTES);
	talk->ladder = bel_writer_init(talk->ladder_text,
				       talk->ladder_text ? LADDER_BYTES : 0);
	if (read_args(talk)) {
		err = bel_lib_open(&talk->lib,
				   &(struct bel_lib_opts){ .has_verify_off = true,
							   .on_wire = on_wire,
							   .user = talk });
		status = err ? bel_cmd_fail("cannot start: %s", bel_err_text(err))
			     : converse(talk);
	}
	talk_close_sound(talk);
	bel_lib_close(talk->lib);
	bel_dtls_context_unref(talk->dtls);
	free(talk->ladder_text);
	bel_arena_fini(&talk->arena);
	bel_wipe(talk, sizeof *talk);
	free(talk);
	return status;
}
