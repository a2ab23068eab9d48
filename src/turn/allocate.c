/* SPDX-License-Identifier: Apache-2.0 */
#include "turn/server_int.h"

/* What an Allocate asks for. */
struct wish {
	uint8_t families[BEL_TURN_RELAYED_MAX];
	unsigned families_count;
	enum bel_turn_parity parity;
	bool is_mobile;
	uint64_t token; /* 0: none */
};

static unsigned read_families(struct wish *wish, const struct bel_stun_msg *msg)
{
	uint8_t family = 4, additional;

	if (bel_stun_find_family(&family, msg, BEL_STUN_REQUESTED_ADDRESS_FAMILY) &&
	    bel_stun_has(msg, BEL_STUN_ADDITIONAL_ADDRESS_FAMILY))
		return 400;
	if (family == 0)
		return 440;
	wish->families[wish->families_count++] = family;
	if (!bel_stun_find_family(&additional, msg, BEL_STUN_ADDITIONAL_ADDRESS_FAMILY))
		return 0;
	if (additional != 6)
		return 400;
	wish->families[wish->families_count++] = additional;
	return 0;
}

/* The checks of RFC 8656 section 7.2, in its order, from the third one on. */
static unsigned read_wish(struct wish *out, const struct bel_turn_request *request)
{
	const struct bel_stun_msg *msg = &request->msg;
	struct wish wish = { .parity = BEL_TURN_ANY_PORT };
	uint8_t protocol, even;
	bel_str ticket;

	if (!bel_stun_find_u8(&protocol, msg, BEL_STUN_REQUESTED_TRANSPORT))
		return 400;
	if (protocol != BEL_TURN_PROTOCOL_UDP)
		return 442;
	bool has_even = bel_stun_find_u8(&even, msg, BEL_STUN_EVEN_PORT);
	if (has_even)
		wish.parity = even & 0x80 ? BEL_TURN_PORT_PAIR : BEL_TURN_EVEN_PORT;
	if (bel_stun_find_u64(&wish.token, msg, BEL_STUN_RESERVATION_TOKEN)) {
		if (has_even || bel_stun_has(msg, BEL_STUN_REQUESTED_ADDRESS_FAMILY) ||
		    bel_stun_has(msg, BEL_STUN_ADDITIONAL_ADDRESS_FAMILY))
			return 400;
		if (wish.token == 0)
			return 508;
	}
	unsigned code = read_families(&wish, msg);
	if (code)
		return code;
	if (wish.parity == BEL_TURN_PORT_PAIR && wish.families_count > 1)
		return 400;
	/* RFC 8016 section 3.1: an Allocate asks with an empty ticket. Where mobility is
	 * off, the attribute is one that may be ignored. */
	if (bel_stun_find(&ticket, msg, BEL_STUN_MOBILITY_TICKET) && ticket.len)
		return 400;
	wish.is_mobile = request->server->opts.has_mobility &&
			 bel_stun_has(msg, BEL_STUN_MOBILITY_TICKET);
	*out = wish;
	return 0;
}

/* RFC 8656 section 7.2: what was asked for, within the default and the maximum. */
uint32_t bel_turn_lifetime(const struct bel_turn_request *request)
{
	uint32_t asked = BEL_TURN_LIFETIME_S;
	uint32_t max = request->server->opts.lifetime_max_s;

	bel_stun_find_u32(&asked, &request->msg, BEL_STUN_LIFETIME);
	if (asked < BEL_TURN_LIFETIME_S)
		asked = BEL_TURN_LIFETIME_S;
	return asked < max ? asked : max;
}

/* A token opens what the same user reserved. */
static struct bel_turn_relayed *find_reserved(struct bel_turn_server *server,
					      const struct bel_turn_account *account,
					      uint64_t token)
{
	for (uint32_t i = 0; i < server->slots_count; i++) {
		struct bel_turn_relayed *relayed = server->slots[i].relayed;
		if (relayed && relayed->token == token && !relayed->allocation &&
		    relayed->account == account)
			return relayed;
	}
	return NULL;
}

static unsigned needed(const struct wish *wish)
{
	if (wish->token)
		return 0; /* counted when it was reserved */
	return wish->families_count + (wish->parity == BEL_TURN_PORT_PAIR);
}

static unsigned open_families(struct bel_turn_allocation *allocation,
			      struct bel_turn_relayed **reserved,
			      const struct bel_turn_request *request,
			      const struct wish *wish)
{
	unsigned first_code = 0, opened = 0;

	for (unsigned i = 0; i < wish->families_count; i++) {
		struct bel_turn_relayed *made[2] = { NULL, NULL };
		unsigned code = bel_turn_relayed_open(
			made, request->server, allocation->account, wish->families[i],
			wish->parity, request->now_ms);
		if (code) {
			allocation->family_error = (uint16_t)code;
			allocation->failed_family = wish->families[i];
			if (first_code == 0)
				first_code = code;
			continue;
		}
		opened++;
		made[0]->allocation = allocation;
		allocation->relayed[i] = made[0];
		*reserved = made[1];
	}
	return opened ? 0 : first_code;
}

static void write_success(const struct bel_turn_request *request,
			  const struct bel_turn_allocation *allocation)
{
	char buf[BEL_TURN_ANSWER_BYTES_MAX];
	struct bel_writer answer = bel_writer_init(buf, sizeof buf);
	const struct bel_turn_relayed *first = NULL;

	bel_turn_answer_start(&answer, request, BEL_STUN_SUCCESS);
	for (unsigned i = 0; i < BEL_TURN_RELAYED_MAX; i++) {
		const struct bel_turn_relayed *relayed = allocation->relayed[i];
		if (!relayed)
			continue;
		bel_stun_write_addr(&answer, BEL_STUN_XOR_RELAYED_ADDRESS,
				    &relayed->addr);
		if (!first)
			first = relayed;
	}
	if (allocation->family_error)
		bel_stun_write_family_error(&answer, allocation->failed_family,
					    allocation->family_error);
	bel_stun_write_u32(&answer, BEL_STUN_LIFETIME,
			   (uint32_t)((first->expires_ms - request->now_ms) / 1000));
	if (allocation->token)
		bel_stun_write_u64(&answer, BEL_STUN_RESERVATION_TOKEN,
				   allocation->token);
	bel_stun_write_addr(&answer, BEL_STUN_XOR_MAPPED_ADDRESS, &request->from->client);
	if (allocation->is_mobile)
		bel_turn_ticket_write(&answer, request->server, first->id,
				      allocation->ticket);
	bel_turn_answer_send(&answer, request);
}

/* The relayed addresses of a new allocation; 0, or why there are none. */
static unsigned furnish(struct bel_turn_allocation *allocation,
			struct bel_turn_relayed **reserved,
			const struct bel_turn_request *request, const struct wish *wish)
{
	if (wish->token == 0)
		return open_families(allocation, reserved, request, wish);
	struct bel_turn_relayed *relayed = find_reserved(
		request->server, allocation->account, wish->token);
	if (!relayed)
		return 508;
	relayed->token = 0;
	relayed->allocation = allocation;
	allocation->relayed[0] = relayed;
	return 0;
}

static unsigned allocate(const struct bel_turn_request *request, const struct wish *wish,
			 struct bel_turn_account *account)
{
	struct bel_turn_server *server = request->server;
	struct bel_turn_relayed *reserved = NULL;
	uint64_t until_ms = request->now_ms +
			    1000u * (uint64_t)bel_turn_lifetime(request);

	if (account->relays_count + needed(wish) > server->opts.user_relays_max)
		return 486;
	if (server->counters.relays + needed(wish) > server->opts.relays_max)
		return 508;
	struct bel_turn_allocation *allocation = bel_turn_take(server,
							       sizeof *allocation);
	if (!allocation)
		return 508;
	allocation->account = account;
	allocation->is_mobile = wish->is_mobile;
	memcpy(allocation->transaction, request->msg.transaction.ptr,
	       sizeof allocation->transaction);
	unsigned code = furnish(allocation, &reserved, request, wish);
	if (code) {
		bel_turn_give(server, allocation, sizeof *allocation);
		return code;
	}
	for (unsigned i = 0; i < BEL_TURN_RELAYED_MAX; i++)
		if (allocation->relayed[i])
			bel_turn_relayed_expire(allocation->relayed[i], until_ms);
	if (reserved)
		allocation->token = reserved->token = bel_turn_token_new(server);
	server->counters.allocations++;
	bel_turn_path_open(server, &allocation->path, allocation, request->from);
	write_success(request, allocation);
	return 0;
}

unsigned bel_turn_on_allocate(struct bel_turn_request *request)
{
	struct bel_turn_server *server = request->server;
	struct wish wish;

	if (request->allocation) {
		/* The same request again is answered from what stands (RFC 8656 section
		 * 7.2, the note on the stateless stack approach). */
		bool is_again = memcmp(request->allocation->transaction,
				       request->msg.transaction.ptr,
				       sizeof request->allocation->transaction) == 0;
		if (!is_again)
			return 437;
		write_success(request, request->allocation);
		return 0;
	}
	unsigned code = read_wish(&wish, request);
	if (code)
		return code;
	struct bel_turn_account *account = bel_turn_account_find(
		server, request->auth.identity.account, request->now_ms);
	if (!account)
		return 508;
	code = allocate(request, &wish, account);
	if (code)
		bel_turn_account_unref(account, request->now_ms);
	return code;
}
