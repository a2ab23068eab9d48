/* SPDX-License-Identifier: Apache-2.0 */
#include "rtp/rtcp_timer.h"

enum {
	MIN_US = 5000000,
	SENDERS_SHARE_OF = 4, /* senders have a quarter of the bandwidth */
	/* e - 3/2, thousandths: reconsideration converges below the intended value */
	COMPENSATION_MILLI = 1218,
};

/* RFC 3550 appendix A.7, rtcp_interval. */
uint64_t bel_rtcp_interval_us(const struct bel_rtcp_timer *timer, uint32_t random)
{
	uint64_t min_us = timer->is_initial ? MIN_US / 2 : MIN_US;
	uint64_t group = timer->members;
	uint64_t share = SENDERS_SHARE_OF; /* of SENDERS_SHARE_OF */

	if (timer->senders <= timer->members / SENDERS_SHARE_OF) {
		share = timer->is_sender ? 1 : SENDERS_SHARE_OF - 1;
		group = timer->is_sender ? timer->senders
					 : timer->members - timer->senders;
	}
	uint64_t bytes_q4 = group * timer->average_bytes_q4;
	uint64_t us = bytes_q4 * 1000000 / 16 * SENDERS_SHARE_OF /
		      (share * timer->bandwidth_bytes_s);
	if (us < min_us)
		us = min_us;
	/* From 0.5 to 1.5 times. */
	us = us / 2 + (uint64_t)((double)us * ((double)random / 4294967296.0));
	return us * 1000 / COMPENSATION_MILLI;
}

void bel_rtcp_timer_start(struct bel_rtcp_timer *timer, uint32_t bandwidth_bytes_s,
			  uint32_t first_bytes, uint64_t now_us, uint32_t random)
{
	*timer = (struct bel_rtcp_timer){
		.bandwidth_bytes_s = bandwidth_bytes_s ? bandwidth_bytes_s : 1,
		.members = 1,
		.members_prior = 1,
		.last_us = now_us,
		.average_bytes_q4 = first_bytes * 16,
		.is_initial = true,
	};
	timer->next_us = now_us + bel_rtcp_interval_us(timer, random);
}

bool bel_rtcp_timer_is_due(struct bel_rtcp_timer *timer, uint64_t now_us, uint32_t random)
{
	uint64_t next_us = timer->last_us + bel_rtcp_interval_us(timer, random);

	timer->members_prior = timer->members;
	if (next_us <= now_us)
		return true;
	timer->next_us = next_us;
	return false;
}

static void note_size(struct bel_rtcp_timer *timer, uint32_t bytes)
{
	timer->average_bytes_q4 += bytes - timer->average_bytes_q4 / 16;
}

void bel_rtcp_timer_on_early(struct bel_rtcp_timer *timer, uint32_t bytes,
			     uint64_t now_us, uint32_t random)
{
	note_size(timer, bytes);
	timer->last_us = now_us;
	timer->next_us = now_us + bel_rtcp_interval_us(timer, random);
}

void bel_rtcp_timer_on_sent(struct bel_rtcp_timer *timer, uint32_t bytes, uint64_t now_us,
			    uint32_t random)
{
	note_size(timer, bytes);
	timer->last_us = now_us;
	/* Drawn anew: the one that was just used is known to be small. */
	timer->next_us = now_us + bel_rtcp_interval_us(timer, random);
	timer->is_initial = false;
}

void bel_rtcp_timer_on_received(struct bel_rtcp_timer *timer, uint32_t bytes)
{
	note_size(timer, bytes);
}

static uint64_t scale(uint64_t us, unsigned numerator, unsigned denominator)
{
	return us / denominator * numerator + us % denominator * numerator / denominator;
}

/* Section 6.3.4. */
void bel_rtcp_timer_on_members(struct bel_rtcp_timer *timer, unsigned members,
			       uint64_t now_us)
{
	timer->members = members ? members : 1;
	if (timer->members >= timer->members_prior)
		return;
	if (timer->next_us > now_us)
		timer->next_us = now_us + scale(timer->next_us - now_us, timer->members,
						timer->members_prior);
	timer->last_us = now_us - scale(now_us - timer->last_us, timer->members,
					timer->members_prior);
	timer->members_prior = timer->members;
}
