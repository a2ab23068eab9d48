/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_RTP_RTCP_H
#define BEL_RTP_RTCP_H

#include "base/base.h"

enum bel_rtcp_type {
	BEL_RTCP_SR = 200,
	BEL_RTCP_RR = 201,
	BEL_RTCP_SDES = 202,
	BEL_RTCP_BYE = 203,
	BEL_RTCP_APP = 204,
	BEL_RTCP_RTPFB = 205, /* RFC 4585 section 6.2 */
	BEL_RTCP_PSFB = 206,  /* RFC 4585 section 6.3 */
	BEL_RTCP_XR = 207,    /* RFC 3611 */
};

/* Formats (FMT) of feedback. */
enum {
	BEL_RTCP_NACK = 1, /* RTPFB */
	BEL_RTCP_PLI = 1,  /* PSFB */
	BEL_RTCP_FIR = 4,  /* PSFB, RFC 5104 section 4.3.1 */
};

enum {
	BEL_RTCP_HEADER_BYTES = 4,
	BEL_RTCP_REPORTS_MAX = 31, /* report blocks in one packet */
};

/* What a sender says of its stream (RFC 3550 section 6.4.1). */
struct bel_rtcp_sender_info {
	uint64_t ntp; /* 32.32 seconds since 1900 */
	uint32_t rtp_timestamp;
	uint32_t packets_count;
	uint32_t payload_bytes;
};

/* A report block. */
struct bel_rtcp_report {
	uint32_t ssrc;
	uint8_t fraction_lost; /* of 256, since the last report */
	int32_t lost;          /* since the beginning; 24 bits on the wire, clamped */
	uint32_t highest_seq;  /* with the cycles above its 16 bits */
	uint32_t jitter;       /* in timestamp units */
	uint32_t lsr;          /* middle 32 bits of the last sender report; 0: none */
	uint32_t dlsr;         /* since then, in 1/65,536 s */
};

/* ---- reading ---- */

/* One packet of a compound, borrowed from it. */
struct bel_rtcp_packet {
	uint8_t type;  /* enum bel_rtcp_type; others are kept as they are */
	uint8_t count; /* report count, source count, subtype or FMT */
	uint32_t ssrc; /* the first word of the body, except for SDES; 0 if there is none
			*/
	bel_str body;  /* after the header word, without padding */
	bel_str bytes; /* all of it */
};

/* RFC 3550 appendix A.2: version, lengths that add up, padding only at the end, first a
 * report. is_reduced: also a compound that starts with anything (RFC 5506).
 * BEL_ERR_SYNTAX otherwise. */
enum bel_err bel_rtcp_check(bel_str compound, bool is_reduced);
/* Takes the next packet; left starts as the whole compound. False at the end, or where
 * the rest is no packet. */
bool bel_rtcp_take(struct bel_rtcp_packet *out, struct bel_cursor *left);

/* Of an SR; BEL_ERR_SYNTAX when it is another packet or too short. */
enum bel_err bel_rtcp_sender_info(struct bel_rtcp_sender_info *out,
				  const struct bel_rtcp_packet *packet);
/* The block of an SR or RR that reports on this SSRC; BEL_ERR_NOT_FOUND. */
enum bel_err bel_rtcp_report_find(struct bel_rtcp_report *out,
				  const struct bel_rtcp_packet *packet, uint32_t ssrc);
/* The canonical name that an SDES gives to this SSRC (section 6.5.1). */
enum bel_err bel_rtcp_cname_find(bel_str *out, const struct bel_rtcp_packet *packet,
				 uint32_t ssrc);
/* Whether a BYE names this SSRC. */
bool bel_rtcp_is_bye_of(const struct bel_rtcp_packet *packet, uint32_t ssrc);
/* Why, in a BYE's own words; BEL_ERR_NOT_FOUND. */
enum bel_err bel_rtcp_bye_reason(bel_str *out, const struct bel_rtcp_packet *packet);

/* Of APP (section 6.7): four letters, and what the application put behind them. */
struct bel_rtcp_app {
	bel_str name;
	bel_str data;
};
enum bel_err bel_rtcp_app(struct bel_rtcp_app *out, const struct bel_rtcp_packet *packet);

/* A negative acknowledgement (RFC 4585 section 6.2.1): takes the next lost sequence
 * numbers; left starts as bel_rtcp_feedback gives it. */
struct bel_rtcp_nack {
	uint16_t seq;
	uint16_t following; /* bit n: seq + n + 1 is lost, too */
};
/* RTPFB and PSFB: whom it is about, and the control information behind. */
enum bel_err bel_rtcp_feedback(uint32_t *media_ssrc, struct bel_cursor *left,
			       const struct bel_rtcp_packet *packet);
bool bel_rtcp_nack_take(struct bel_rtcp_nack *out, struct bel_cursor *left);
/* Whether a PSFB asks this SSRC for a whole picture: PLI, or FIR with its entry. */
bool bel_rtcp_is_picture_asked(const struct bel_rtcp_packet *packet, uint32_t ssrc);

/* ---- extended reports (RFC 3611) ---- */

enum bel_rtcp_xr_type {
	BEL_RTCP_XR_REFERENCE_TIME = 4,
	BEL_RTCP_XR_DLRR = 5,
	BEL_RTCP_XR_VOIP = 7,
};

/* Section 4.7. Numbers as on the wire; the value for unknown is beside each. */
struct bel_rtcp_voip {
	uint32_t ssrc;
	uint8_t loss_rate, discard_rate; /* of 256 */
	uint8_t burst_density, gap_density;
	uint16_t burst_ms, gap_ms;
	uint16_t round_trip_ms, end_system_ms; /* 0 */
	int8_t signal_dbm, noise_dbm;          /* 127 */
	uint8_t echo_loss_db;                  /* 127 */
	uint8_t gmin;
	uint8_t r_factor, external_r_factor; /* 127 */
	uint8_t mos_lq, mos_cq;              /* times 10; 127 */
	uint8_t config; /* PLC, adaptivity and rate: enum bel_rtcp_voip_config */
	uint16_t jitter_nominal_ms, jitter_max_ms, jitter_limit_ms;
};
enum bel_rtcp_voip_config {
	BEL_RTCP_PLC_STANDARD = 3 << 6,
	BEL_RTCP_PLC_ENHANCED = 2 << 6,
	BEL_RTCP_PLC_DISABLED = 1 << 6,
	BEL_RTCP_JITTER_ADAPTIVE = 3 << 4,
	BEL_RTCP_JITTER_FIXED = 2 << 4,
};

/* Section 4.5: as lsr and dlsr of a report block, for who sends no media. */
struct bel_rtcp_dlrr {
	uint32_t ssrc;
	uint32_t lrr;
	uint32_t dlrr;
};

struct bel_rtcp_xr_block {
	uint8_t type; /* enum bel_rtcp_xr_type; others are kept as they are */
	uint8_t specific;
	bel_str body;
};
/* Takes the next block of an XR; left starts as bel_rtcp_xr gives it. */
enum bel_err bel_rtcp_xr(struct bel_cursor *left, const struct bel_rtcp_packet *packet);
bool bel_rtcp_xr_take(struct bel_rtcp_xr_block *out, struct bel_cursor *left);
enum bel_err bel_rtcp_xr_voip(struct bel_rtcp_voip *out,
			      const struct bel_rtcp_xr_block *block);
enum bel_err bel_rtcp_xr_reference_time(uint64_t *ntp,
					const struct bel_rtcp_xr_block *block);
enum bel_err bel_rtcp_xr_dlrr_find(struct bel_rtcp_dlrr *out,
				   const struct bel_rtcp_xr_block *block, uint32_t ssrc);

/* ---- writing: one packet each, one behind the other makes a compound ---- */

/* info NULL: a receiver report. BEL_ERR_LIMIT over 31 blocks. All of them: BEL_ERR_SPACE.
 */
enum bel_err bel_rtcp_report_write(struct bel_writer *writer, uint32_t ssrc,
				   const struct bel_rtcp_sender_info *info,
				   const struct bel_rtcp_report *reports, unsigned count);
/* BEL_ERR_LIMIT over 255 bytes. */
enum bel_err bel_rtcp_cname_write(struct bel_writer *writer, uint32_t ssrc,
				  bel_str cname);
/* reason may be empty. */
enum bel_err bel_rtcp_bye_write(struct bel_writer *writer, uint32_t ssrc, bel_str reason);
/* BEL_ERR_LIMIT: a name not of 4 bytes, data not a multiple of 4 bytes, or a subtype over
 * 31. */
enum bel_err bel_rtcp_app_write(struct bel_writer *writer, uint32_t ssrc, uint8_t subtype,
				const struct bel_rtcp_app *app);
enum bel_err bel_rtcp_nack_write(struct bel_writer *writer, uint32_t ssrc,
				 uint32_t media_ssrc, const struct bel_rtcp_nack *nacks,
				 unsigned count);
enum bel_err bel_rtcp_pli_write(struct bel_writer *writer, uint32_t ssrc,
				uint32_t media_ssrc);
/* command counts the requests made of this SSRC. */
enum bel_err bel_rtcp_fir_write(struct bel_writer *writer, uint32_t ssrc,
				uint32_t media_ssrc, uint8_t command);
enum bel_err bel_rtcp_voip_write(struct bel_writer *writer, uint32_t ssrc,
				 const struct bel_rtcp_voip *voip);
enum bel_err bel_rtcp_reference_time_write(struct bel_writer *writer, uint32_t ssrc,
					   uint64_t ntp);
enum bel_err bel_rtcp_dlrr_write(struct bel_writer *writer, uint32_t ssrc,
				 const struct bel_rtcp_dlrr *entries, unsigned count);

/* ---- time ---- */

/* 32.32 seconds since 1900 of microseconds since 1970. */
uint64_t bel_ntp_from_unix_us(uint64_t unix_us);
/* Its middle 32 bits, as LSR has it. */
uint32_t bel_ntp_middle(uint64_t ntp);
/* Section 6.4.1: from a block's lsr and dlsr (or lrr and dlrr) and our present time.
 * BEL_ERR_NOT_FOUND when lsr is 0, or when the clocks make it negative or over a minute.
 */
enum bel_err bel_rtcp_round_trip_us(uint32_t *out, uint64_t now_ntp, uint32_t lsr,
				    uint32_t dlsr);

#endif
