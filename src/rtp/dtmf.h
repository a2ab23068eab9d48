/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_RTP_DTMF_H
#define BEL_RTP_DTMF_H

#include "rtp/packet.h"

/* 0-9, *, # and A-D are the events 0 to 15 (RFC 4733 section 3.2), a hook flash is 16. */
enum { BEL_DTMF_FLASH = 16, BEL_DTMF_EVENT_BYTES = 4 };

/* '!' is the flash; a to d are taken. BEL_ERR_SYNTAX. */
enum bel_err bel_dtmf_from_char(uint8_t *event, char c);
/* '\0' for an event that has no sign. */
char bel_dtmf_to_char(uint8_t event);

/* The payload (section 2.3). */
struct bel_dtmf_event {
	uint8_t event;
	bool is_end;
	uint8_t volume_dbm0; /* 0 to 63, below zero */
	uint16_t duration;   /* in timestamp units, so far */
};
/* The first event of a payload; BEL_ERR_SYNTAX when it is shorter than four bytes. */
enum bel_err bel_dtmf_event_parse(struct bel_dtmf_event *out, bel_str payload);
void bel_dtmf_event_write(struct bel_writer *writer, const struct bel_dtmf_event *event);

/* ---- sending ---- */

/* One event after another; all zero is idle. */
struct bel_dtmf_sender {
	bool is_active;
	bool is_first;     /* the next packet is marked */
	uint8_t ends_left; /* final packets still to send; 0 while it lasts */
	uint8_t event, volume_dbm0;
	uint32_t timestamp;   /* where this segment began */
	uint32_t duration;    /* of this segment so far */
	uint32_t left;        /* samples until the end, beyond duration */
	uint8_t repeats_left; /* of a segment's final packet */
};
/* timestamp: of the stream's next sample. samples: how long, at least one packet's.
 * BEL_ERR_BUSY while another one lasts. */
enum bel_err bel_dtmf_sender_start(struct bel_dtmf_sender *sender, uint8_t event,
				   uint32_t timestamp, uint32_t samples);
/* The key was released: it ends with the next packet. */
void bel_dtmf_sender_stop(struct bel_dtmf_sender *sender);
/* Called every frame of the stream. True: send *event with *timestamp and marker; the
 * final packet comes three times (section 2.5.1.4), and one that lasts longer than 65,535
 * samples goes on in a new segment (section 2.5.1.3). False: idle. */
bool bel_dtmf_sender_next(struct bel_dtmf_event *event, uint32_t *timestamp,
			  bool *is_marked, struct bel_dtmf_sender *sender,
			  uint32_t frame_samples);

/* ---- receiving ---- */

enum bel_dtmf_news {
	BEL_DTMF_NOTHING, /* an update, a repetition, or of one that is over */
	BEL_DTMF_BEGUN,
	BEL_DTMF_ENDED,
};

/* All zero is the beginning. */
struct bel_dtmf_receiver {
	bool is_active;
	bool has_last; /* the fields below are of an event that was reported */
	bool is_over;  /* its end came with its beginning and is still to be reported */
	uint8_t event;
	uint32_t timestamp;         /* of the present segment */
	uint32_t duration;          /* of this segment so far */
	uint32_t segments_duration; /* of those before it */
	uint64_t last_us;
};

struct bel_dtmf_report {
	enum bel_dtmf_news news;
	bool has_ended_other; /* BEGUN ended one whose end was lost: `ended` was it */
	uint8_t event;
	uint32_t duration; /* of ENDED, in samples */
	uint8_t ended;
	uint32_t ended_duration;
};

/* Each event begins once and ends once, whatever is lost, repeated or reordered. An end
 * whose start was lost gives BEGUN at once; ask bel_dtmf_receiver_advance for its end. */
enum bel_err bel_dtmf_receiver_on_packet(struct bel_dtmf_report *out,
					 struct bel_dtmf_receiver *receiver,
					 const struct bel_rtp_packet *packet,
					 uint64_t now_us);
/* Ends an event of which nothing was heard for a while (three usual intervals: 150 ms),
 * or of which only the end came. To be called every frame, or at least then. */
void bel_dtmf_receiver_advance(struct bel_dtmf_report *out,
			       struct bel_dtmf_receiver *receiver, uint64_t now_us);

/* ---- in INFO ---- */

/* A body of application/dtmf-relay ("Signal=5 Duration=160", one a line) or
 * application/dtmf (the digit alone). */
struct bel_dtmf_info {
	uint8_t event;
	unsigned duration_ms; /* 0: not told */
};
/* Takes both forms. BEL_ERR_SYNTAX: no signal in it that is one. */
enum bel_err bel_dtmf_info_parse(struct bel_dtmf_info *out, bel_str body);
/* As application/dtmf-relay. */
void bel_dtmf_info_write(struct bel_writer *writer, const struct bel_dtmf_info *info);

#endif
