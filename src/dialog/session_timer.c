/* SPDX-License-Identifier: Apache-2.0 */
#include "dialog/session_timer.h"

enum {
	LEAST_S = 90,  /* RFC 4028 section 4 */
	ABSURD_S = 10, /* what is shorter is no agreement but a way to make us busy */
	MARGIN_S = 32,
	SECOND_MS = 1000
};

#define ARM     BEL_SESSION_ARM
#define REFRESH BEL_SESSION_REFRESH
#define BYE     BEL_SESSION_BYE
#define GO(state, actions)                                                               \
	{                                                                                \
		BEL_SESSION_##state, (actions), true                                     \
	}
#define AGREE                                                                            \
	[BEL_SESSION_AGREED_OURS] = GO(OURS, ARM),                                       \
	[BEL_SESSION_AGREED_THEIRS] = GO(THEIRS, ARM),                                   \
	[BEL_SESSION_AGREED_NONE] = GO(OFF, ARM), [BEL_SESSION_ENDED] = GO(OVER, ARM)

/* clang-format off */
/* RFC 4028 sections 7.2, 9 and 10. */
static const struct bel_session_move moves[BEL_SESSION_STATE_COUNT]
					  [BEL_SESSION_EVENT_COUNT] = {
	[BEL_SESSION_OFF] = { AGREE },
	[BEL_SESSION_OURS] = {
		AGREE,
		[BEL_SESSION_DUE]    = GO(REFRESHING, ARM | REFRESH),
	},
	/* Nobody answered the refresh, or it was refused for good. What is due here is
	 * the end of the session. */
	[BEL_SESSION_REFRESHING] = {
		AGREE,
		[BEL_SESSION_DUE]    = GO(OVER, ARM | BYE),
		[BEL_SESSION_FAILED] = GO(OVER, ARM | BYE),
	},
	[BEL_SESSION_THEIRS] = {
		AGREE,
		[BEL_SESSION_DUE]    = GO(OVER, ARM | BYE),
	},
};
/* clang-format on */

struct bel_session_move bel_session_step(enum bel_session_state state,
					 enum bel_session_event event)
{
	return moves[state][event];
}

const char *bel_session_state_name(enum bel_session_state state)
{
	static const char *const names[] = {
		[BEL_SESSION_OFF] = "off",
		[BEL_SESSION_OURS] = "ours",
		[BEL_SESSION_REFRESHING] = "refreshing",
		[BEL_SESSION_THEIRS] = "theirs",
		[BEL_SESSION_OVER] = "over",
	};

	return names[state];
}

static uint64_t due_in_ms(const struct bel_session_timer *timer)
{
	uint64_t interval_ms = (uint64_t)timer->interval_s * SECOND_MS;
	uint64_t margin_ms = interval_ms / 3;

	if (margin_ms > MARGIN_S * SECOND_MS)
		margin_ms = MARGIN_S * SECOND_MS;
	return timer->state == BEL_SESSION_OURS ? interval_ms / 2
						: interval_ms - margin_ms;
}

static bool is_running(enum bel_session_state state)
{
	return state == BEL_SESSION_OURS || state == BEL_SESSION_THEIRS ||
	       state == BEL_SESSION_REFRESHING;
}

unsigned bel_session_take(struct bel_session_timer *timer, enum bel_session_event event,
			  uint64_t now_ms)
{
	struct bel_session_move move = bel_session_step(timer->state, event);

	if (!move.is_move)
		return 0;
	timer->state = move.next;
	if (!is_running(timer->state)) {
		timer->due_ms = timer->end_ms = 0;
	} else if (timer->state == BEL_SESSION_REFRESHING) {
		/* Only a 2xx moves the end. */
		uint64_t left_ms = timer->end_ms > now_ms ? timer->end_ms - now_ms : 0;
		timer->due_ms = now_ms + left_ms;
	} else {
		timer->due_ms = now_ms + due_in_ms(timer);
		timer->end_ms = now_ms + (uint64_t)timer->interval_s * SECOND_MS;
	}
	return move.actions;
}

/* ---- our requests ---- */

static uint32_t least_of(const struct bel_session_policy *policy)
{
	return policy->min_s > LEAST_S ? policy->min_s : LEAST_S;
}

void bel_session_write_request(struct bel_writer *lines,
			       const struct bel_session_timer *timer,
			       const struct bel_session_policy *policy)
{
	uint32_t interval_s = timer->interval_s ? timer->interval_s : policy->interval_s;

	if (!interval_s)
		return;
	if (interval_s < timer->min_s)
		interval_s = timer->min_s;
	if (interval_s < least_of(policy))
		interval_s = least_of(policy);
	bel_sip_write_name(lines, BEL_SIP_H_SESSION_EXPIRES);
	bel_write_u64(lines, interval_s);
	/* RFC 4028 section 7.4: a refresh keeps the refresher, who is the client of this
	 * request, whichever side began the call. */
	if (timer->state == BEL_SESSION_OURS || timer->state == BEL_SESSION_REFRESHING)
		bel_write_lit(lines, ";refresher=uac");
	else if (timer->state == BEL_SESSION_THEIRS)
		bel_write_lit(lines, ";refresher=uas");
	bel_sip_write_crlf(lines);
	if (timer->min_s)
		bel_sip_write_number(lines, BEL_SIP_H_MIN_SE, timer->min_s);
}

static bool read_interval(struct bel_sip_session_expires *out,
			  const struct bel_sip_msg *msg, enum bel_sip_header header)
{
	return bel_sip_has(msg, header) &&
	       bel_sip_session_expires_parse(out, bel_sip_value(msg, header)) == BEL_OK;
}

bool bel_session_on_too_small(struct bel_session_timer *timer,
			      struct bel_sip_msg *response)
{
	struct bel_sip_session_expires least;

	if (!read_interval(&least, response, BEL_SIP_H_MIN_SE) ||
	    least.interval_s <= timer->min_s || least.interval_s < LEAST_S)
		return false;
	timer->min_s = least.interval_s;
	return true;
}

unsigned bel_session_on_success(struct bel_session_timer *timer,
				struct bel_sip_msg *response, uint64_t now_ms)
{
	struct bel_sip_session_expires agreed;

	if (!read_interval(&agreed, response, BEL_SIP_H_SESSION_EXPIRES) ||
	    agreed.interval_s < ABSURD_S)
		return bel_session_take(timer, BEL_SESSION_AGREED_NONE, now_ms);
	timer->interval_s = agreed.interval_s;
	return bel_session_take(timer,
				agreed.refresher == BEL_SIP_REFRESHER_UAS
					? BEL_SESSION_AGREED_THEIRS
					: BEL_SESSION_AGREED_OURS,
				now_ms);
}

/* ---- their requests ---- */

uint16_t bel_session_check(struct bel_writer *lines, struct bel_sip_msg *request,
			   const struct bel_session_policy *policy)
{
	struct bel_sip_session_expires asked;

	if (!bel_sip_has(request, BEL_SIP_H_SESSION_EXPIRES))
		return 0;
	if (!read_interval(&asked, request, BEL_SIP_H_SESSION_EXPIRES))
		return 400;
	/* Who does not know the extension could not make use of a 422: a proxy asked. */
	if (asked.interval_s >= least_of(policy) ||
	    !bel_sip_has_token(request, BEL_SIP_H_SUPPORTED, BEL_STR("timer")))
		return 0;
	bel_sip_write_number(lines, BEL_SIP_H_MIN_SE, least_of(policy));
	return 422;
}

unsigned bel_session_accept(struct bel_writer *lines, struct bel_session_timer *timer,
			    struct bel_sip_msg *request,
			    const struct bel_session_policy *policy, uint64_t now_ms)
{
	bool knows = bel_sip_has_token(request, BEL_SIP_H_SUPPORTED, BEL_STR("timer"));
	struct bel_sip_session_expires asked = { 0 }, least = { 0 };
	bool is_asked = read_interval(&asked, request, BEL_SIP_H_SESSION_EXPIRES);
	uint32_t interval_s = is_asked ? asked.interval_s : policy->interval_s;
	bool is_theirs;

	if (interval_s < ABSURD_S)
		return bel_session_take(timer, BEL_SESSION_AGREED_NONE, now_ms);
	read_interval(&least, request, BEL_SIP_H_MIN_SE);
	if (!is_asked && interval_s < least.interval_s)
		interval_s = least.interval_s;
	if (!is_asked && interval_s < least_of(policy))
		interval_s = least_of(policy);
	/* Table 2: theirs when they can and did not say that we should. */
	is_theirs = knows && asked.refresher != BEL_SIP_REFRESHER_UAS;
	timer->interval_s = interval_s;
	bel_sip_write_name(lines, BEL_SIP_H_SESSION_EXPIRES);
	bel_write_u64(lines, interval_s);
	bel_write_str(lines,
		      is_theirs ? BEL_STR(";refresher=uac") : BEL_STR(";refresher=uas"));
	bel_sip_write_crlf(lines);
	if (knows)
		bel_sip_write_header(lines, BEL_SIP_H_REQUIRE, BEL_STR("timer"));
	return bel_session_take(
		timer, is_theirs ? BEL_SESSION_AGREED_THEIRS : BEL_SESSION_AGREED_OURS,
		now_ms);
}
