/* SPDX-License-Identifier: Apache-2.0
 * It is not the time for a re-INVITE or UPDATE: when to ask again. */
#include "call/call_int.h"

enum {
	GLARE_STEP_MS = 10,
	/* A minute of who chose the Call-ID: our patience with a re-INVITE that rings. */
	GLARE_TRIES_MAX = 20,
	BUSY_TRIES_MAX = 3,
	RETRY_AFTER_MAX_S = 10,
	OURS_MAX_S = 2,
};

static uint32_t draw(const struct bel_call *call, uint32_t below)
{
	uint32_t random;

	bel_loop_random(loop_of(call), &random, sizeof random);
	return random % below;
}

/* Who chose the Call-ID waits longer, so that the second try of both does not meet
 * again. */
unsigned bel_later_glare_ms(const struct bel_call *call)
{
	unsigned from_ms = call->is_caller ? 2100 : 0;
	unsigned until_ms = call->is_caller ? 4000 : 2000;

	return from_ms + draw(call, (until_ms - from_ms) / GLARE_STEP_MS) * GLARE_STEP_MS;
}

static bool wait_for_glare(unsigned *wait_ms, const struct bel_call *call,
			   struct bel_sip_msg *response)
{
	(void)response;
	*wait_ms = bel_later_glare_ms(call);
	return true;
}

/* As long as they say. That may be no time at all, but what is on its way to them, such
 * as an ACK that was overtaken, needs some. */
static bool wait_as_asked(unsigned *wait_ms, const struct bel_call *call,
			  struct bel_sip_msg *response)
{
	bel_str value = bel_sip_value(response, BEL_SIP_H_RETRY_AFTER);
	struct bel_sip_item item;
	uint32_t wait_s;

	(void)call;
	if (bel_sip_item_parse(&item, value) ||
	    bel_sip_seconds_parse(&wait_s, item.word) || wait_s > RETRY_AFTER_MAX_S)
		return false;
	*wait_ms = wait_s ? wait_s * 1000 : T1_MS;
	return true;
}

/* Refusals that only say that it was not the time. */
static const struct {
	uint16_t status;
	unsigned tries_max; /* asked again so often */
	/* False: it means what it says. */
	bool (*wait)(unsigned *wait_ms, const struct bel_call *call,
		     struct bel_sip_msg *response);
} rows[] = {
	/* Offers met: RFC 3261 section 14.1, RFC 3311 section 5.3. */
	{ 491, GLARE_TRIES_MAX, wait_for_glare },
	/* An exchange is not over there: RFC 3261 section 14.2, RFC 3311 section 5.2. */
	{ 500, BUSY_TRIES_MAX, wait_as_asked },
};

bool bel_later_may(unsigned *wait_ms, const struct bel_call *call,
		   struct bel_sip_msg *response)
{
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++)
		if (rows[i].status == response->status)
			return call->modify_tries < rows[i].tries_max &&
			       rows[i].wait(wait_ms, call, response);
	return false;
}

/* What is waited for is on its way mostly: the lower end of 0 to 10 s. */
void bel_later_write(struct bel_writer *lines, const struct bel_call *call)
{
	bel_sip_write_number(lines, BEL_SIP_H_RETRY_AFTER, 1 + draw(call, OURS_MAX_S));
}
