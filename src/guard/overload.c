/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/overload.h"

/* In overload, how late the messages may be before a class is refused. Small, for a call
 * waits as often as it has messages; and in steps, so that the next class is only touched
 * when refusing the one below was not enough. */
static const uint64_t lag_max_us[BEL_OVERLOAD_CLASSES] = {
	[BEL_OVERLOAD_BEGUN] = UINT64_MAX,
	[BEL_OVERLOAD_CALL] = 4000,
	[BEL_OVERLOAD_REGISTER] = 2000,
	[BEL_OVERLOAD_OTHER] = 1000,
};

static const struct {
	unsigned least, spread;
} retry_s[BEL_OVERLOAD_CLASSES] = {
	[BEL_OVERLOAD_BEGUN] = { 1, 1 },
	[BEL_OVERLOAD_CALL] = { 5, 10 },
	[BEL_OVERLOAD_REGISTER] = { 20, 40 },
	[BEL_OVERLOAD_OTHER] = { 20, 40 },
};

static void take_lag(struct bel_overload *overload, uint64_t lag_us, uint64_t now_ms)
{
	uint64_t gap_ms = now_ms - overload->read_ms;

	overload->read_ms = now_ms;
	overload->lag_us = lag_us;
	if (bel_overload_is_on(overload)) {
		if (lag_us >= lag_max_us[BEL_OVERLOAD_OTHER])
			overload->until_ms = now_ms + BEL_OVERLOAD_CALM_MS;
		return;
	}
	if (lag_us < BEL_OVERLOAD_LATE_US) {
		overload->late_since_ms = 0;
		return;
	}
	if (!overload->late_since_ms || gap_ms >= BEL_OVERLOAD_GAP_MS)
		overload->late_since_ms = now_ms;
	if (now_ms - overload->late_since_ms >= BEL_OVERLOAD_LATE_MS)
		overload->until_ms = now_ms + BEL_OVERLOAD_CALM_MS;
}

enum bel_overload_change bel_overload_on_lag(struct bel_overload *overload,
					     uint64_t lag_us, uint64_t now_ms)
{
	bool was_on = bel_overload_is_on(overload);

	take_lag(overload, lag_us, now_ms);
	if (now_ms < overload->until_ms) {
		if (was_on)
			return BEL_OVERLOAD_SAME;
		overload->began_ms = now_ms;
		return BEL_OVERLOAD_BEGINS;
	}
	if (!was_on)
		return BEL_OVERLOAD_SAME;
	overload->began_ms = 0;
	overload->late_since_ms = 0;
	return BEL_OVERLOAD_ENDS;
}

bool bel_overload_refuses(const struct bel_overload *overload,
			  enum bel_overload_class class)
{
	return bel_overload_is_on(overload) && overload->lag_us >= lag_max_us[class];
}

unsigned bel_overload_retry_s(enum bel_overload_class class, uint64_t random)
{
	return retry_s[class].least + (unsigned)(random % retry_s[class].spread);
}
