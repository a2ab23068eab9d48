/* SPDX-License-Identifier: Apache-2.0
 * What is said: a sentence for people, or an object with the sentence in it. */
#include "phone/phone_int.h"

static void write_name(struct bel_writer *out, const char *name)
{
	bel_write_text(out, out->len > 1 ? ",\"" : "\"");
	bel_write_text(out, name);
	bel_write_lit(out, "\":");
}

static void write_text(struct bel_writer *out, const char *name, bel_str text)
{
	if (!text.len)
		return;
	write_name(out, name);
	bel_write_char(out, '"');
	bel_write_json(out, text);
	bel_write_char(out, '"');
}

static void write_number(struct bel_writer *out, const char *name, uint64_t number)
{
	if (!number)
		return;
	write_name(out, name);
	bel_write_u64(out, number);
}

static void write_truth(struct bel_writer *out, const char *name, bool is_so)
{
	if (!is_so)
		return;
	write_name(out, name);
	bel_write_lit(out, "true");
}

/* What nobody measured is left out. */
static void write_measure(struct bel_writer *out, const char *name, double measure)
{
	if (!(measure >= 0))
		return;
	write_name(out, name);
	bel_write_format(out, "%.3f", measure);
}

static void write_info(struct bel_writer *out, const struct belfry_call_info *info)
{
	const struct belfry_quality *quality = &info->quality;

	write_text(out, "state", bel_str_from(belfry_call_state_name(info->state)));
	write_text(out, "peer", bel_str_from(info->peer));
	write_text(out, "codec", bel_str_from(info->codec));
	write_truth(out, "incoming", info->is_incoming);
	write_truth(out, "holding", info->is_holding);
	write_truth(out, "held", info->is_held);
	write_truth(out, "protected", info->is_protected);
	write_number(out, "answered_ms_ago", info->answered_ms_ago);
	write_number(out, "sent", quality->packets_sent);
	write_number(out, "received", quality->packets_received);
	write_number(out, "lost", quality->packets_lost);
	write_measure(out, "loss", quality->loss);
	write_measure(out, "remote_loss", quality->remote_loss);
	write_measure(out, "jitter_ms", quality->jitter_ms);
	write_measure(out, "round_trip_ms", quality->round_trip_ms);
	write_measure(out, "mos", quality->mos);
	write_measure(out, "remote_mos", quality->remote_mos);
}

static void write_object(struct bel_writer *out, const struct bel_phone_facts *facts,
			 bel_str sentence)
{
	bel_str text = bel_str_from(facts->text);

	if (facts->text && facts->text_count)
		text.len = facts->text_count;
	bel_write_char(out, '{');
	write_text(out, "event", bel_str_from(facts->event));
	if (facts->call) {
		write_number(out, "call", facts->call->number);
		write_text(out, "name", bel_str_from(facts->call->name));
		write_truth(out, "conference", facts->call->is_member);
	}
	write_number(out, "status", facts->status);
	write_text(out, "from", bel_str_from(facts->from));
	write_text(out, "to", bel_str_from(facts->to));
	write_text(out, "address", bel_str_from(facts->address));
	write_text(out, "file", bel_str_from(facts->file));
	write_number(out, "seconds", facts->seconds);
	if (facts->digit)
		write_text(out, "digit", (bel_str){ &facts->digit, 1 });
	if (facts->info)
		write_info(out, facts->info);
	write_text(out, "text", text);
	write_text(out, "says", sentence);
	bel_write_char(out, '}');
}

static void tell(struct bel_phone *phone, enum bel_phone_kind kind,
		 const struct bel_phone_facts *facts, const char *format, va_list args)
{
	bel_str sentence = bel_str_format(phone->said, sizeof phone->said, format, args);
	struct bel_writer out = bel_writer_init(phone->out, sizeof phone->out);

	if (phone->is_json)
		write_object(&out, facts, sentence);
	else
		bel_write_escaped(&out, sentence);
	if (!out.is_full)
		phone->port->tell(phone->user, kind, bel_writer_str(&out));
}

void bel_phone_tell(struct bel_phone *phone, enum bel_phone_kind kind,
		    const struct bel_phone_facts *facts, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	tell(phone, kind, facts, format, args);
	va_end(args);
}

void bel_phone_fail(struct bel_phone *phone, const char *format, ...)
{
	va_list args;

	phone->has_failed = true;
	va_start(args, format);
	tell(phone, BEL_PHONE_PROBLEM, &(struct bel_phone_facts){ .event = "problem" },
	     format, args);
	va_end(args);
}

void bel_phone_fail_by(struct bel_phone *phone, enum belfry_error error)
{
	const char *sentence = belfry_agent_last_error(phone->agent);

	bel_phone_fail(phone, "%s", sentence[0] ? sentence : belfry_error_text(error));
}
