/* SPDX-License-Identifier: Apache-2.0
 *
 * Telephone events (RFC 4733): the payload, sending and receiving. */
#include "rtp/dtmf.h"

enum {
	END_BIT = 0x80,
	VOLUME_BITS = 0x3f,
	VOLUME_DEFAULT_DBM0 = 10,
	REPEATS = 2, /* section 2.5.1.4: a final packet is sent three times */
	SEGMENT_MAX = 0xffff,
	SILENT_US = 150000,
};

static const char signs[] = "0123456789*#ABCD!";

enum bel_err bel_dtmf_from_char(uint8_t *event, char c)
{
	for (size_t i = 0; i < sizeof signs - 1; i++)
		if (bel_char_lower(signs[i]) == bel_char_lower(c)) {
			*event = (uint8_t)i;
			return BEL_OK;
		}
	return BEL_ERR_SYNTAX;
}

char bel_dtmf_to_char(uint8_t event)
{
	return event < sizeof signs - 1 ? signs[event] : '\0';
}

enum bel_err bel_dtmf_event_parse(struct bel_dtmf_event *out, bel_str payload)
{
	struct bel_cursor cursor = bel_cursor_init(payload);
	struct bel_dtmf_event event;
	uint8_t flags;

	if (!bel_cursor_be8(&event.event, &cursor) || !bel_cursor_be8(&flags, &cursor) ||
	    !bel_cursor_be16(&event.duration, &cursor))
		return BEL_ERR_SYNTAX;
	event.is_end = flags & END_BIT;
	event.volume_dbm0 = flags & VOLUME_BITS;
	*out = event;
	return BEL_OK;
}

void bel_dtmf_event_write(struct bel_writer *writer, const struct bel_dtmf_event *event)
{
	bel_write_be8(writer, event->event);
	bel_write_be8(writer, (uint8_t)((event->is_end ? END_BIT : 0) |
					(event->volume_dbm0 & VOLUME_BITS)));
	bel_write_be16(writer, event->duration);
}

/* ---- sending ---- */

enum bel_err bel_dtmf_sender_start(struct bel_dtmf_sender *sender, uint8_t event,
				   uint32_t timestamp, uint32_t samples)
{
	if (sender->is_active)
		return BEL_ERR_BUSY;
	*sender = (struct bel_dtmf_sender){
		.is_active = true,
		.is_first = true,
		.event = event,
		.volume_dbm0 = VOLUME_DEFAULT_DBM0,
		.timestamp = timestamp,
		.left = samples,
	};
	return BEL_OK;
}

void bel_dtmf_sender_stop(struct bel_dtmf_sender *sender)
{
	sender->left = 0;
}

/* Time passes by a frame, or by what is left; the first packet has a frame to report. */
static void lengthen(struct bel_dtmf_sender *sender, uint32_t frame_samples)
{
	uint32_t step = sender->left < frame_samples ? sender->left : frame_samples;

	sender->left -= step;
	sender->duration += sender->is_first ? frame_samples : step;
}

/* Section 2.5.1.3: the last packet of a segment has the greatest duration and no E bit,
 * and comes three times as well; then the next segment reports what has passed since. */
static void end_segment(struct bel_dtmf_sender *sender)
{
	if (!sender->repeats_left) {
		sender->repeats_left = REPEATS;
	} else if (!--sender->repeats_left) {
		sender->timestamp += SEGMENT_MAX;
		sender->duration -= SEGMENT_MAX;
	}
}

bool bel_dtmf_sender_next(struct bel_dtmf_event *event, uint32_t *timestamp,
			  bool *is_marked, struct bel_dtmf_sender *sender,
			  uint32_t frame_samples)
{
	if (!sender->is_active)
		return false;
	if (!sender->ends_left)
		lengthen(sender, frame_samples);
	bool is_over_segment = sender->duration > SEGMENT_MAX;
	*timestamp = sender->timestamp;
	*is_marked = sender->is_first;
	*event = (struct bel_dtmf_event){
		.event = sender->event,
		.volume_dbm0 = sender->volume_dbm0,
		.duration = is_over_segment ? SEGMENT_MAX : (uint16_t)sender->duration,
		.is_end = !is_over_segment && !sender->left,
	};
	sender->is_first = false;
	if (is_over_segment)
		end_segment(sender);
	else if (sender->ends_left)
		sender->is_active = --sender->ends_left;
	else if (event->is_end)
		sender->ends_left = REPEATS;
	return true;
}

/* ---- receiving ---- */

static void report_end(struct bel_dtmf_report *out, struct bel_dtmf_receiver *receiver)
{
	receiver->is_active = receiver->is_over = false;
	out->news = BEL_DTMF_ENDED;
	out->event = receiver->event;
	out->duration = receiver->segments_duration + receiver->duration;
}

/* A new segment of the event that lasts (section 2.5.1.3). */
static bool is_continued(const struct bel_dtmf_receiver *receiver,
			 const struct bel_dtmf_event *event,
			 const struct bel_rtp_packet *packet)
{
	return receiver->is_active && event->event == receiver->event &&
	       !packet->is_marked &&
	       packet->timestamp - receiver->timestamp == SEGMENT_MAX;
}

/* Of the present or last event, or of one before it that is over: a timestamp that lies
 * back by no more than two segments. */
static bool is_old(const struct bel_dtmf_receiver *receiver, uint32_t timestamp)
{
	return receiver->has_last && receiver->timestamp - timestamp <= 2 * SEGMENT_MAX;
}

static void begin(struct bel_dtmf_report *out, struct bel_dtmf_receiver *receiver,
		  const struct bel_dtmf_event *event, uint32_t timestamp, uint64_t now_us)
{
	struct bel_dtmf_report before = { 0 };

	if (receiver->is_active) {
		report_end(&before, receiver);
		out->has_ended_other = true;
		out->ended = before.event;
		out->ended_duration = before.duration;
	}
	*receiver = (struct bel_dtmf_receiver){
		.is_active = true,
		.has_last = true,
		.is_over = event->is_end,
		.event = event->event,
		.timestamp = timestamp,
		.duration = event->duration,
		.last_us = now_us,
	};
	out->news = BEL_DTMF_BEGUN;
	out->event = event->event;
}

enum bel_err bel_dtmf_receiver_on_packet(struct bel_dtmf_report *out,
					 struct bel_dtmf_receiver *receiver,
					 const struct bel_rtp_packet *packet,
					 uint64_t now_us)
{
	struct bel_dtmf_report report = { 0 };
	struct bel_dtmf_event event;
	enum bel_err err = bel_dtmf_event_parse(&event, packet->payload);

	if (err)
		return err;
	if (is_continued(receiver, &event, packet)) {
		receiver->segments_duration += SEGMENT_MAX;
		receiver->timestamp = packet->timestamp;
		receiver->duration = 0;
	}
	if (!is_old(receiver, packet->timestamp)) {
		begin(&report, receiver, &event, packet->timestamp, now_us);
	} else if (receiver->is_active && packet->timestamp == receiver->timestamp &&
		   event.event == receiver->event) {
		receiver->last_us = now_us;
		if (event.duration > receiver->duration)
			receiver->duration = event.duration;
		if (event.is_end)
			report_end(&report, receiver);
	}
	*out = report;
	return BEL_OK;
}

void bel_dtmf_receiver_advance(struct bel_dtmf_report *out,
			       struct bel_dtmf_receiver *receiver, uint64_t now_us)
{
	*out = (struct bel_dtmf_report){ 0 };
	if (receiver->is_active &&
	    (receiver->is_over || now_us - receiver->last_us >= SILENT_US))
		report_end(out, receiver);
}
