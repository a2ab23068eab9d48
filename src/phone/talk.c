/* SPDX-License-Identifier: Apache-2.0
 * What is said, kept and asked in calls: digits, files, texts, figures. */
#include "phone/phone_int.h"

static bool is_off(bel_str word)
{
	return bel_str_is_equal_nocase(word, BEL_STR("off"));
}

/* ---- digits ---- */

void bel_phone_send_digits(struct bel_phone_call *call, bel_str digits,
			   enum belfry_digit_way way)
{
	char text[PHONE_NAME_BYTES];
	enum belfry_error error;

	if (!bel_phone_copy(text, sizeof text, digits)) {
		bel_phone_fail(call->phone, "that is too much to press at once");
		return;
	}
	error = belfry_call_send_digits(call->call, text, way);
	if (error)
		bel_phone_fail_by(call->phone, error);
}

void bel_phone_do_dtmf(struct bel_phone *phone, const struct bel_phone_words *words)
{
	static const struct {
		bel_str word;
		enum belfry_digit_way way;
	} ways[] = { { { "event", 5 }, BELFRY_DIGIT_EVENT },
		     { { "info", 4 }, BELFRY_DIGIT_INFO },
		     { { "tone", 4 }, BELFRY_DIGIT_TONE } };
	enum belfry_digit_way way = BELFRY_DIGIT_EVENT;
	struct bel_phone_words head = *words;
	struct bel_phone_call *call;
	unsigned index = 0;

	for (size_t i = 0; i < BEL_COUNT_OF(ways) && head.count > 2; i++) {
		if (!bel_str_is_equal_nocase(head.word[head.count - 1], ways[i].word))
			continue;
		way = ways[i].way;
		head.count--;
		break;
	}
	call = bel_phone_take_call(phone, &head, &index, 1);
	if (call)
		bel_phone_send_digits(call, bel_phone_word(&head, index), way);
}

/* ---- files ---- */

/* [N] FILE|off; path empty for the latter. */
static struct bel_phone_call *take_file(struct bel_phone *phone, char *path, size_t size,
					const struct bel_phone_words *words)
{
	unsigned index = 0;
	struct bel_phone_call *call = bel_phone_take_call(phone, words, &index, 1);
	bel_str word = bel_phone_word(words, index);

	if (!call)
		return NULL;
	if (!bel_phone_copy(path, size, is_off(word) ? BEL_STR_NONE : word)) {
		bel_phone_fail(phone, "there is no such file");
		return NULL;
	}
	return call;
}

void bel_phone_do_record(struct bel_phone *phone, const struct bel_phone_words *words)
{
	char path[PHONE_URI_BYTES];
	struct bel_phone_call *call = take_file(phone, path, sizeof path, words);
	enum belfry_error error;

	if (!call)
		return;
	error = belfry_call_record(call->call, path[0] ? path : NULL);
	if (error) {
		bel_phone_fail_by(phone, error);
		return;
	}
	call->is_recorded = path[0];
	bel_phone_tell(
		phone, BEL_PHONE_ANSWER,
		&(struct bel_phone_facts){ .event = path[0] ? "recording" : "recorded",
					   .call = call,
					   .file = path },
		path[0] ? "what %s says is kept in %s" : "what %s says is kept no more%s",
		call->name, path);
}

void bel_phone_do_play(struct bel_phone *phone, const struct bel_phone_words *words)
{
	char path[PHONE_URI_BYTES];
	struct bel_phone_call *call = take_file(phone, path, sizeof path, words);
	enum belfry_error error = BELFRY_OK;

	if (!call)
		return;
	if (path[0])
		error = belfry_call_play(call->call, path, false);
	if (error) {
		bel_phone_fail_by(phone, error);
		return;
	}
	bel_phone_sound_play(call, path[0]);
}

/* ---- texts ---- */

void bel_phone_do_message(struct bel_phone *phone, const struct bel_phone_words *words)
{
	char to[PHONE_URI_BYTES];
	bel_str text = bel_phone_rest(words, 1);
	struct belfry_message message = { .to = to };
	enum belfry_error error;

	if (!bel_phone_copy(to, sizeof to, bel_phone_word(words, 0))) {
		bel_phone_fail(phone, "nobody has such an address");
		return;
	}
	message.text = text.ptr;
	message.text_count = text.len;
	if (phone->account)
		message.account = phone->account->account;
	error = belfry_message_send(NULL, phone->agent, &message);
	if (error)
		bel_phone_fail_by(phone, error);
	else
		phone->replies_due++;
}

/* ---- what is known ---- */

static const char *state_of(const struct bel_phone_call *call,
			    const struct belfry_call_info *info)
{
	if (!call->is_up)
		return call->is_incoming ? "rings here"
					 : belfry_call_state_name(info->state);
	if (info->state == BELFRY_CALL_ENDING)
		return "ending";
	if (call->is_member)
		return "conference";
	if (info->is_holding)
		return "you hold it";
	return info->is_held ? "they hold it" : "talking";
}

static void tell_call(struct bel_phone *phone, const struct bel_phone_call *call)
{
	struct belfry_call_info info;
	char buf[32];
	struct bel_writer time = bel_writer_init(buf, sizeof buf);

	belfry_call_info(&info, call->call);
	if (call->is_up)
		bel_phone_write_time(&time, info.answered_ms_ago);
	bel_phone_tell(
		phone, BEL_PHONE_ANSWER,
		&(struct bel_phone_facts){ .event = "call", .call = call, .info = &info },
		"%c %u  %-20s %-12s %.*s  %s%s%s", call == phone->at_hand ? '*' : ' ',
		call->number, call->name, state_of(call, &info),
		BEL_STR_ARG(bel_writer_str(&time)), info.codec,
		info.is_protected ? ", protected" : "",
		call->is_recorded ? ", recorded" : "");
}

void bel_phone_do_calls(struct bel_phone *phone, const struct bel_phone_words *words)
{
	(void)words;
	for (unsigned i = 0; i < PHONE_CALLS_MAX; i++)
		if (phone->calls[i])
			tell_call(phone, phone->calls[i]);
	if (!bel_phone_calls_count(phone))
		bel_phone_tell(phone, BEL_PHONE_ANSWER,
			       &(struct bel_phone_facts){ .event = "no_call" },
			       "no call; \"call 600\" begins one");
}

/* What was measured. */
static void write_figures(struct bel_writer *out, const struct belfry_quality *quality)
{
	if (quality->loss >= 0)
		bel_write_format(out, "  loss %.1f %%", 100 * quality->loss);
	if (quality->jitter_ms >= 0)
		bel_write_format(out, "  jitter %.1f ms", quality->jitter_ms);
	if (quality->round_trip_ms >= 0)
		bel_write_format(out, "  round trip %.1f ms", quality->round_trip_ms);
	if (quality->mos >= 0)
		bel_write_format(out, "  MOS %.1f", quality->mos);
	if (quality->remote_loss >= 0)
		bel_write_format(out, "  loss there %.1f %%", 100 * quality->remote_loss);
	if (quality->remote_mos >= 0)
		bel_write_format(out, "  MOS there %.1f", quality->remote_mos);
}

void bel_phone_do_quality(struct bel_phone *phone, const struct bel_phone_words *words)
{
	unsigned index = 0;
	struct bel_phone_call *call = bel_phone_take_call(phone, words, &index, 0);
	struct belfry_call_info info;
	char buf[256];
	struct bel_writer figures = bel_writer_init(buf, sizeof buf);

	if (!call)
		return;
	belfry_call_info(&info, call->call);
	write_figures(&figures, &info.quality);
	bel_phone_tell(phone, BEL_PHONE_ANSWER,
		       &(struct bel_phone_facts){
			       .event = "quality", .call = call, .info = &info },
		       "%u %s  %s%s  sent %llu  got %llu%.*s", call->number, call->name,
		       info.codec[0] ? info.codec : "no sound yet",
		       info.is_protected ? ", protected" : "",
		       (unsigned long long)info.quality.packets_sent,
		       (unsigned long long)info.quality.packets_received,
		       BEL_STR_ARG(bel_writer_str(&figures)));
}

/* ---- codecs ---- */

void bel_phone_do_codec(struct bel_phone *phone, const struct bel_phone_words *words)
{
	const char *names[PHONE_WORDS_MAX + 1] = { NULL };
	char room[PHONE_WORDS_MAX][16];
	bel_str left = bel_phone_word(words, 0);
	unsigned count = 0;
	enum belfry_error error;

	if (!left.len) {
		bel_phone_do_quality(phone, words);
		return;
	}
	if (bel_str_is_equal_nocase(left, BEL_STR("all")))
		left = BEL_STR_NONE;
	while (left.len && count < PHONE_WORDS_MAX) {
		size_t end = bel_str_find(left, ',');
		if (!bel_phone_copy(room[count], sizeof room[count],
				    bel_str_slice(left, 0, end)))
			break;
		names[count] = room[count];
		count++;
		left = bel_str_slice(left, end + 1, left.len);
	}
	error = left.len ? BELFRY_ERROR_UNSUPPORTED
			 : belfry_agent_set_codecs(phone->agent, count ? names : NULL);
	if (error)
		bel_phone_fail(phone,
			       "no codec of these is here: opus G722 PCMU PCMA GSM "
			       "L16, as in: codec opus,PCMU");
	else
		bel_phone_tell(phone, BEL_PHONE_ANSWER,
			       &(struct bel_phone_facts){ .event = "codec" },
			       "calls from now on: %.*s",
			       BEL_STR_ARG(bel_phone_word(words, 0)));
}
