/* SPDX-License-Identifier: Apache-2.0
 * Checks: ours and their answers (RFC 8445 section 7.2), and the peer's (section 7.3). */
#include "ice/agent_int.h"

/* ---- sent ---- */

static bel_str id_of(const char id[BEL_STUN_TRANSACTION_BYTES])
{
	return (bel_str){ id, BEL_STUN_TRANSACTION_BYTES };
}

static void send_check(struct bel_ice *ice, const struct bel_ice_pair *pair,
		       const char id[BEL_STUN_TRANSACTION_BYTES], bool is_controlling,
		       bool nominates)
{
	const struct bel_ice_candidate *local = &ice->locals[pair->local];
	const bel_str ufrag = { ice->remote_ufrag, ice->remote_ufrag_len };
	const struct bel_ice_check check = {
		.ufrag = bel_ice_ufrag(ice),
		.priority = bel_ice_reflexive_priority(local->priority),
		.is_controlling = is_controlling,
		.tie_breaker = ice->tie_breaker,
		.nominates = nominates,
	};
	char buf[BEL_ICE_CHECK_BYTES_MAX];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	/* Without OpenSSL there is no signature, and nothing to send; the pair fails. */
	if (bel_ice_check_write(&writer, ice->opts.crypto, id_of(id), ufrag,
				bel_ice_remote_pwd(ice), &check))
		return;
	ice->opts.port->send(ice->opts.user, local, &ice->remotes[pair->remote].addr,
			     bel_writer_str(&writer));
}

static uint64_t in_work(const struct bel_ice *ice)
{
	uint64_t count = 0;

	for (unsigned i = 0; i < ice->pairs_count; i++)
		count += ice->pairs[i].state == BEL_ICE_PAIR_WAITING ||
			 ice->pairs[i].state == BEL_ICE_PAIR_CHECKING;
	return count;
}

void bel_ice_request_send(struct bel_ice *ice, struct bel_ice_pair *pair, uint64_t now_ms)
{
	const struct bel_ice_component *component =
		&ice->components[bel_ice_pair_component(ice, pair) - 1];
	uint64_t rto_ms = ice->pace_ms * in_work(ice); /* section 14.3 */

	pair->now.is_open = true;
	pair->now.is_controlling = ice->is_controlling;
	pair->now.nominates = ice->is_controlling &&
			      component->nominee == (int)(pair - ice->pairs);
	ice->opts.port->random(ice->opts.user, pair->now.id, sizeof pair->now.id);
	pair->rto_ms = rto_ms > BEL_ICE_RTO_MIN_MS ? rto_ms : BEL_ICE_RTO_MIN_MS;
	pair->sent_count = 1;
	pair->due_ms = now_ms + pair->rto_ms;
	send_check(ice, pair, pair->now.id, pair->now.is_controlling,
		   pair->now.nominates);
}

/* RFC 8489 section 6.2.1. */
void bel_ice_request_resend(struct bel_ice *ice, struct bel_ice_pair *pair,
			    uint64_t now_ms)
{
	if (pair->sent_count == SENT_MAX) {
		bel_ice_pair_take(ice, pair, BEL_ICE_PAIR_FAILURE, now_ms);
		return;
	}
	pair->due_ms = now_ms + (++pair->sent_count == SENT_MAX
					 ? LAST_WAIT * pair->rto_ms
					 : pair->rto_ms << (pair->sent_count - 1));
	send_check(ice, pair, pair->now.id, pair->now.is_controlling,
		   pair->now.nominates);
}

/* RFC 7675 section 5.1: each once, with an identifier of its own. */
void bel_ice_consent_send(struct bel_ice *ice, struct bel_ice_component *component,
			  uint64_t now_ms)
{
	char *id = component->consents[component->consents_count++ % CONSENTS_MAX];
	uint32_t random;

	ice->opts.port->random(ice->opts.user, id, BEL_STUN_TRANSACTION_BYTES);
	ice->opts.port->random(ice->opts.user, &random, sizeof random);
	component->consent_due_ms = now_ms + CONSENT_MS * 4 / 5 +
				    random % (CONSENT_MS * 2 / 5 + 1);
	send_check(ice, &ice->pairs[component->selected], id, ice->is_controlling, false);
}

/* ---- answered ---- */

static struct bel_ice_request *request_of(struct bel_ice_pair *pair, bel_str id)
{
	struct bel_ice_request *requests[] = { &pair->now, &pair->before };

	for (unsigned i = 0; i < BEL_COUNT_OF(requests); i++)
		if (requests[i]->is_open && bel_str_is_equal(id_of(requests[i]->id), id))
			return requests[i];
	return NULL;
}

static enum bel_ice_pair_event read_answer(struct bel_ice *ice, struct bel_ice_pair *pair,
					   const struct bel_ice_request *request,
					   const bel_addr *base, const bel_addr *from,
					   const struct bel_stun_msg *msg)
{
	unsigned code = 0;
	bel_addr mapped;

	if (msg->class == BEL_STUN_ERROR) {
		bel_stun_find_error(&code, msg, BEL_STUN_ERROR_CODE);
		if (code != BEL_ICE_ROLE_CONFLICT)
			return BEL_ICE_PAIR_FAILURE;
		/* A second answer about the same role changes it no more. */
		if (request->is_controlling == ice->is_controlling)
			bel_ice_set_role(ice, !ice->is_controlling);
		return BEL_ICE_PAIR_CONFLICT;
	}
	/* Section 7.2.5.2.1. What we look like from there needs no pair of its own: what
	 * is sent to it leaves from the same base. */
	if (msg->is_malformed || msg->unknown_count ||
	    !bel_stun_find_addr(&mapped, msg, BEL_STUN_XOR_MAPPED_ADDRESS) ||
	    !bel_addr_is_equal(base, &ice->locals[pair->local].base) ||
	    !bel_addr_is_equal(from, &ice->remotes[pair->remote].addr))
		return BEL_ICE_PAIR_FAILURE;
	pair->mapped = mapped;
	return BEL_ICE_PAIR_SUCCESS;
}

static bool is_signed(struct bel_ice *ice, const struct bel_stun_msg *msg)
{
	return bel_stun_verify(msg, ice->opts.crypto, BEL_STUN_MESSAGE_INTEGRITY,
			       bel_ice_remote_pwd(ice)) == BEL_OK;
}

bool bel_ice_on_answer(struct bel_ice *ice, const bel_addr *base, const bel_addr *from,
		       const struct bel_stun_msg *msg, uint64_t now_ms)
{
	struct bel_ice_request *request = NULL;
	struct bel_ice_pair *pair = NULL;
	enum bel_ice_pair_event event;

	for (unsigned i = 0; i < ice->pairs_count && !request; i++) {
		pair = &ice->pairs[i];
		request = request_of(pair, msg->transaction);
	}
	if (!request)
		return bel_ice_on_consent(ice, msg, from, now_ms);
	/* RFC 8489 section 9.1.4: as if it had never come. */
	if (!is_signed(ice, msg))
		return true;
	event = read_answer(ice, pair, request, base, from, msg);
	/* A cancelled request that fails says nothing of the one that follows. */
	if (request == &pair->before && event != BEL_ICE_PAIR_SUCCESS) {
		request->is_open = false;
		return true;
	}
	pair->is_wanted |= event == BEL_ICE_PAIR_SUCCESS && request->nominates;
	request->is_open = false;
	bel_ice_pair_take(ice, pair, event, now_ms);
	return true;
}

bool bel_ice_on_consent(struct bel_ice *ice, const struct bel_stun_msg *msg,
			const bel_addr *from, uint64_t now_ms)
{
	for (unsigned i = 0; i < ice->opts.components; i++) {
		struct bel_ice_component *component = &ice->components[i];
		unsigned count = component->consents_count < CONSENTS_MAX
					 ? component->consents_count
					 : CONSENTS_MAX;
		for (unsigned j = 0; j < count; j++) {
			if (!bel_str_is_equal(id_of(component->consents[j]),
					      msg->transaction))
				continue;
			const struct bel_ice_pair *pair =
				&ice->pairs[component->selected];
			if (msg->class == BEL_STUN_SUCCESS && is_signed(ice, msg) &&
			    bel_addr_is_equal(from, &ice->remotes[pair->remote].addr))
				component->consent_expires_ms = now_ms +
								CONSENT_EXPIRES_MS;
			return true;
		}
	}
	return false;
}

/* ---- asked ---- */

/* RFC 8445 section 7.3.1.1: who keeps his role says so. */
static unsigned settle_role(struct bel_ice *ice, const struct bel_ice_check *check)
{
	bool is_larger = ice->tie_breaker >= check->tie_breaker;

	if (!check->has_role || check->is_controlling != ice->is_controlling)
		return 0;
	if (ice->is_controlling == is_larger)
		return BEL_ICE_ROLE_CONFLICT;
	bel_ice_set_role(ice, !ice->is_controlling);
	return 0;
}

static bool is_peer(const struct bel_ice *ice, bel_str ufrag)
{
	return !ice->remote_ufrag_len ||
	       bel_str_is_equal(ufrag,
				(bel_str){ ice->remote_ufrag, ice->remote_ufrag_len });
}

static void answer(struct bel_ice *ice, const struct bel_stun_msg *msg,
		   const struct bel_ice_candidate *local, unsigned code,
		   const bel_addr *from)
{
	char buf[BEL_ICE_CHECK_BYTES_MAX];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	if (bel_ice_check_answer(&writer, ice->opts.crypto, msg, bel_ice_pwd(ice), code,
				 from) == BEL_OK)
		ice->opts.port->send(ice->opts.user, local, from,
				     bel_writer_str(&writer));
}

/* Sections 7.3.1.3 to 7.3.1.5. */
static void trigger(struct bel_ice *ice, unsigned local, const bel_addr *from,
		    const struct bel_ice_check *check, uint64_t now_ms)
{
	int remote = bel_ice_learn_remote(ice, ice->locals[local].component, from,
					  check->priority);
	struct bel_ice_pair *pair =
		remote == NONE ? NULL : bel_ice_pair_make(ice, local, (unsigned)remote);
	bool is_chosen = check->nominates && !ice->is_controlling;

	if (!pair || pair->is_nominated)
		return;
	pair->is_wanted |= is_chosen;
	if (pair->state == BEL_ICE_PAIR_SUCCEEDED && is_chosen)
		bel_ice_on_nominated(ice, pair, now_ms);
	/* Whoever has his pair needs another one only if he is told to use it. */
	else if (is_chosen ||
		 ice->components[ice->locals[local].component - 1].selected == NONE)
		bel_ice_pair_take(ice, pair, BEL_ICE_PAIR_TRIGGER, now_ms);
}

bool bel_ice_on_request(struct bel_ice *ice, const bel_addr *base, const bel_addr *from,
			const struct bel_stun_msg *msg, uint64_t now_ms)
{
	struct bel_ice_check check;
	unsigned code;
	int local = bel_ice_find_base(ice, base);

	if (local == NONE || bel_ice_check_read(&check, &code, ice->opts.crypto, msg,
						bel_ice_ufrag(ice), bel_ice_pwd(ice)))
		return false;
	if (!code && !is_peer(ice, check.ufrag))
		code = 401;
	if (!code)
		code = settle_role(ice, &check);
	answer(ice, msg, &ice->locals[local], code, from);
	if (!code)
		trigger(ice, (unsigned)local, from, &check, now_ms);
	return true;
}
