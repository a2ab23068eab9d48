/* SPDX-License-Identifier: Apache-2.0
 * How long a registration waits. Pure: random is a fresh draw over all of 32 bits. */
#ifndef BEL_CLIENT_RETRY_H
#define BEL_CLIENT_RETRY_H

#include "base/base.h"

/* Until the refresh of a binding that was granted for so long: 85 to 90 % of it, at least
 * 5 s before its end where that leaves anything. */
uint64_t bel_retry_refresh_ms(uint32_t expires_s, uint32_t random);

struct bel_retry {
	unsigned failures;      /* in a row, this one included */
	uint16_t status;        /* 0: no answer */
	uint32_t retry_after_s; /* 0: it did not say */
	bool has_other;         /* there is a server that was not tried yet */
};
/* After a failure (RFC 5626 section 4.5, Retry-After of RFC 3261 section 20.33). */
uint64_t bel_retry_wait_ms(const struct bel_retry *retry, uint32_t random);

/* Between keepalives on a stream whose server keeps it open for so long without; 0: it
 * did not say (RFC 5626 sections 3.5 and 4.4.1). */
uint64_t bel_retry_stream_ping_ms(uint32_t flow_timer_s, uint32_t random);

/* Whether another server may do what this one refused. */
bool bel_retry_is_server_fault(uint16_t status);

#endif
