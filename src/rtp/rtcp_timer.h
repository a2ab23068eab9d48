/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_RTP_RTCP_TIMER_H
#define BEL_RTP_RTCP_TIMER_H

#include "base/base.h"

/* When a participant reports (RFC 3550 sections 6.2 and 6.3). The caller keeps count of
 * who is there, feeds this on every event, and asks at next_us. random is a fresh 32-bit
 * number of the caller's generator. */
struct bel_rtcp_timer {
	/* the caller sets these as they change */
	uint32_t bandwidth_bytes_s; /* for RTCP: 5 % of the session's; not 0 */
	unsigned senders;
	bool is_sender; /* we sent within the last two intervals */

	/* read by the caller */
	uint64_t next_us; /* when to call bel_rtcp_timer_is_due */

	/* for the timer alone */
	unsigned members, members_prior; /* with ourselves */
	uint64_t last_us;
	uint32_t average_bytes_q4; /* of compounds with UDP and IP headers, times 16 */
	bool is_initial;
};

/* The interval of appendix A.7, drawn from 0.5 to 1.5 times the calculated one. */
uint64_t bel_rtcp_interval_us(const struct bel_rtcp_timer *timer, uint32_t random);

/* first_bytes: what the first compound will probably take, headers included. */
void bel_rtcp_timer_start(struct bel_rtcp_timer *timer, uint32_t bandwidth_bytes_s,
			  uint32_t first_bytes, uint64_t now_us, uint32_t random);
/* At next_us. True: send now, then call bel_rtcp_timer_on_sent. False: the group has
 * grown, next_us is later (section 6.3.6, forward reconsideration). */
bool bel_rtcp_timer_is_due(struct bel_rtcp_timer *timer, uint64_t now_us,
			   uint32_t random);
/* bytes with UDP and IP headers, here and below. Instead of waiting, two who talk alone
 * may report at once, one time (section 6.2): the initial interval begins after it. */
void bel_rtcp_timer_on_early(struct bel_rtcp_timer *timer, uint32_t bytes,
			     uint64_t now_us, uint32_t random);
void bel_rtcp_timer_on_sent(struct bel_rtcp_timer *timer, uint32_t bytes, uint64_t now_us,
			    uint32_t random);
void bel_rtcp_timer_on_received(struct bel_rtcp_timer *timer, uint32_t bytes);
/* How many are there, ourselves among them. When some have left, the next report comes
 * sooner (section 6.3.4, reverse reconsideration). */
void bel_rtcp_timer_on_members(struct bel_rtcp_timer *timer, unsigned members,
			       uint64_t now_us);

#endif
