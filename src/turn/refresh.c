/* SPDX-License-Identifier: Apache-2.0 */
#include "turn/server_int.h"

static bool is_meant(const struct bel_turn_relayed *relayed, uint8_t family)
{
	return relayed && (family == 0 || relayed->addr.family == family);
}

static void answer_refresh(const struct bel_turn_request *request, uint32_t lifetime_s,
			   const struct bel_turn_allocation *allocation)
{
	char buf[BEL_TURN_ANSWER_BYTES_MAX];
	struct bel_writer answer = bel_writer_init(buf, sizeof buf);
	const struct bel_turn_relayed *first = NULL;

	bel_turn_answer_start(&answer, request, BEL_STUN_SUCCESS);
	bel_stun_write_u32(&answer, BEL_STUN_LIFETIME, lifetime_s);
	if (allocation && allocation->is_mobile)
		first = allocation->relayed[0] ? allocation->relayed[0]
					       : allocation->relayed[1];
	/* Always, for the relay that the last one named may be gone. */
	if (first)
		bel_turn_ticket_write(&answer, request->server, first->id,
				      allocation->ticket);
	bel_turn_answer_send(&answer, request);
}

static bool is_family_right(const struct bel_turn_request *request,
			    const struct bel_turn_allocation *allocation)
{
	uint8_t family;

	return !bel_stun_find_family(&family, &request->msg,
				     BEL_STUN_REQUESTED_ADDRESS_FAMILY) ||
	       (family && bel_turn_allocation_relayed(allocation, family));
}

/* RFC 8656 section 8.2. */
static void refresh(const struct bel_turn_request *request,
		    struct bel_turn_allocation *allocation)
{
	uint32_t asked = BEL_TURN_LIFETIME_S, lifetime_s = bel_turn_lifetime(request);
	uint8_t family = 0;
	struct bel_turn_relayed *relayed[BEL_TURN_RELAYED_MAX];
	unsigned left = 0;

	bel_stun_find_family(&family, &request->msg, BEL_STUN_REQUESTED_ADDRESS_FAMILY);
	bel_stun_find_u32(&asked, &request->msg, BEL_STUN_LIFETIME);
	memcpy(relayed, allocation->relayed, sizeof relayed);
	for (unsigned i = 0; i < BEL_TURN_RELAYED_MAX; i++)
		left += relayed[i] && (asked || !is_meant(relayed[i], family));
	for (unsigned i = 0; i < BEL_TURN_RELAYED_MAX; i++) {
		if (!is_meant(relayed[i], family))
			continue;
		if (asked)
			bel_turn_relayed_expire(relayed[i],
						request->now_ms +
							1000u * (uint64_t)lifetime_s);
		else
			bel_turn_relayed_close(relayed[i], request->now_ms);
	}
	answer_refresh(request, asked ? lifetime_s : 0, left ? allocation : NULL);
}

/* RFC 8016 section 3.2.2. The old path stays in use until something comes by the new one;
 * where the old one was a stream that is gone, the new one is in use at once: the nonce
 * has already gone there and come back. */
static unsigned move(struct bel_turn_request *request, bel_str ticket)
{
	struct bel_turn_server *server = request->server;
	bel_turn_relay relay;
	uint32_t number;

	if (!server->opts.has_mobility)
		return 405;
	if (bel_turn_ticket_parse(&relay, &number, server, ticket))
		return 400;
	struct bel_turn_relayed *relayed = bel_turn_relayed_find(server, relay);
	struct bel_turn_allocation *allocation = relayed ? relayed->allocation : NULL;
	if (!allocation || !allocation->is_mobile)
		return 437;
	if (!bel_turn_account_is(allocation->account, request->auth.identity.account))
		return 441;
	/* The answer with the newer ticket may be lost, and the client may have moved on;
	 * once data came from there, the older one is worth nothing. */
	bool is_older = number + 1 == allocation->ticket && allocation->next_path.is_open;
	if (number != allocation->ticket && !is_older)
		return 400;
	if (!is_family_right(request, allocation))
		return 443;
	if (!is_older)
		allocation->ticket++;
	bel_turn_path_close(server, &allocation->next_path);
	bel_turn_path_open(server, &allocation->next_path, allocation, request->from);
	if (!allocation->path.is_open)
		bel_turn_path_confirm(server, allocation);
	refresh(request, allocation);
	return 0;
}

unsigned bel_turn_on_refresh(struct bel_turn_request *request)
{
	bel_str ticket;

	if (request->allocation) {
		if (!is_family_right(request, request->allocation))
			return 443;
		/* The client is there: no need to wait for data, but for a Refresh that
		 * is itself the move, repeated. */
		if (!bel_stun_has(&request->msg, BEL_STUN_MOBILITY_TICKET))
			bel_turn_path_confirm(request->server, request->allocation);
		refresh(request, request->allocation);
		return 0;
	}
	if (bel_stun_find(&ticket, &request->msg, BEL_STUN_MOBILITY_TICKET))
		return move(request, ticket);
	return 437;
}
