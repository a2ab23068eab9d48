/* SPDX-License-Identifier: Apache-2.0 */
#include "client/retry.h"

enum {
	SECOND_MS = 1000,
	REFRESH_MARGIN_MS = 5 * SECOND_MS,
	BASE_MS = 30 * SECOND_MS,        /* RFC 5626 section 4.5: all flows failed */
	DENIED_BASE_MS = 60 * SECOND_MS, /* a password does not get better by itself */
	WAIT_MAX_MS = 1800 * SECOND_MS,
	SOON_MS = SECOND_MS,
	RETRY_AFTER_MIN_MS = 5 * SECOND_MS,
	RETRY_AFTER_MAX_S = 86400,
	FLOW_TIMER_S = 120 /* RFC 5626 section 4.4.1 */
};

/* Evenly between the two. */
static uint64_t between(uint64_t low, uint64_t high, uint32_t random)
{
	return low + ((high - low) * random >> 32);
}

static uint64_t doubled(uint64_t base_ms, unsigned times)
{
	uint64_t wait_ms = base_ms;

	while (times-- && wait_ms < WAIT_MAX_MS)
		wait_ms *= 2;
	return wait_ms < WAIT_MAX_MS ? wait_ms : WAIT_MAX_MS;
}

uint64_t bel_retry_refresh_ms(uint32_t expires_s, uint32_t random)
{
	uint64_t expires_ms = (uint64_t)expires_s * SECOND_MS;
	uint64_t wait_ms = between(expires_ms * 85 / 100, expires_ms * 90 / 100, random);

	if (expires_ms <= 2 * REFRESH_MARGIN_MS)
		return expires_ms / 2;
	if (wait_ms > expires_ms - REFRESH_MARGIN_MS)
		wait_ms = expires_ms - REFRESH_MARGIN_MS;
	return wait_ms;
}

static bool is_denied(uint16_t status)
{
	return status == 401 || status == 403 || status == 407;
}

bool bel_retry_is_server_fault(uint16_t status)
{
	return !status || status == 408 || status == 430 ||
	       (status >= 500 && status < 600);
}

uint64_t bel_retry_wait_ms(const struct bel_retry *retry, uint32_t random)
{
	uint64_t asked_s = retry->retry_after_s < RETRY_AFTER_MAX_S ? retry->retry_after_s
								    : RETRY_AFTER_MAX_S;
	uint64_t asked_ms = asked_s * SECOND_MS, wait_ms;

	if (retry->has_other && bel_retry_is_server_fault(retry->status))
		return between(0, SOON_MS, random);
	if (is_denied(retry->status)) {
		wait_ms = doubled(DENIED_BASE_MS, retry->failures - 1);
		return wait_ms > asked_ms ? wait_ms : asked_ms;
	}
	/* A little later than asked: everybody was told the same. */
	if (asked_ms) {
		asked_ms = between(asked_ms, asked_ms + asked_ms / 10, random);
		return asked_ms > RETRY_AFTER_MIN_MS ? asked_ms : RETRY_AFTER_MIN_MS;
	}
	wait_ms = doubled(BASE_MS, retry->failures);
	return between(wait_ms / 2, wait_ms, random);
}

uint64_t bel_retry_stream_ping_ms(uint32_t flow_timer_s, uint32_t random)
{
	uint64_t most_ms = (uint64_t)(flow_timer_s ? flow_timer_s : FLOW_TIMER_S) *
			   SECOND_MS;

	return between(most_ms * 80 / 100, most_ms, random);
}
