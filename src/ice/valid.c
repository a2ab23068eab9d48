/* SPDX-License-Identifier: Apache-2.0
 * What checks come to: valid pairs, nomination (RFC 8445 section 8.1), consent (RFC 7675)
 * and what the user is told. */
#include "ice/agent_int.h"

static struct bel_ice_component *component_of(struct bel_ice *ice,
					      const struct bel_ice_pair *pair)
{
	return &ice->components[bel_ice_pair_component(ice, pair) - 1];
}

/* ---- pairs that work ---- */

void bel_ice_on_valid(struct bel_ice *ice, struct bel_ice_pair *pair, uint64_t now_ms)
{
	struct bel_ice_component *component = component_of(ice, pair);

	pair->is_valid = true;
	if (!component->first_valid_ms)
		component->first_valid_ms = now_ms;
	/* Section 7.2.5.3.3. */
	for (unsigned i = 0; i < ice->pairs_count; i++)
		if (ice->pairs[i].state == BEL_ICE_PAIR_FROZEN &&
		    bel_ice_pair_is_same_foundation(ice, pair, &ice->pairs[i]))
			bel_ice_pair_take(ice, &ice->pairs[i], BEL_ICE_PAIR_THAW, now_ms);
	if (pair->is_wanted)
		bel_ice_on_nominated(ice, pair, now_ms);
}

/* Another one may still be chosen where the nomination of this one failed: RFC 8445
 * section 7.2.5.3.4 would give up instead. */
void bel_ice_on_invalid(struct bel_ice *ice, struct bel_ice_pair *pair, uint64_t now_ms)
{
	struct bel_ice_component *component = component_of(ice, pair);

	(void)now_ms;
	pair->is_valid = pair->is_wanted = false;
	if (component->nominee == (int)(pair - ice->pairs))
		component->nominee = NONE;
}

/* Section 8.1.2. */
static void conclude(struct bel_ice *ice, const struct bel_ice_pair *selected,
		     uint64_t now_ms)
{
	for (unsigned i = 0; i < ice->pairs_count; i++) {
		struct bel_ice_pair *pair = &ice->pairs[i];
		if (pair == selected || bel_ice_pair_component(ice, pair) !=
						bel_ice_pair_component(ice, selected))
			continue;
		bel_ice_pair_take(ice, pair, BEL_ICE_PAIR_CONCLUDE, now_ms);
		pair->is_valid = pair->is_wanted = pair->is_nominated = false;
		pair->before.is_open = false;
	}
}

void bel_ice_on_nominated(struct bel_ice *ice, struct bel_ice_pair *pair, uint64_t now_ms)
{
	struct bel_ice_component *component = component_of(ice, pair);

	pair->is_nominated = true;
	/* Who nominates several means the best of them (section 8.1.1). */
	if (component->selected != NONE &&
	    ice->pairs[component->selected].priority >= pair->priority)
		return;
	component->selected = (int)(pair - ice->pairs);
	component->nominee = NONE;
	component->consents_count = 0;
	component->consent_due_ms = now_ms + CONSENT_MS;
	component->consent_expires_ms = now_ms + CONSENT_EXPIRES_MS;
	conclude(ice, pair, now_ms);
}

/* ---- choosing ---- */

static int best_valid(const struct bel_ice *ice, unsigned component)
{
	int best = NONE;

	for (unsigned i = 0; i < ice->pairs_count; i++) {
		const struct bel_ice_pair *pair = &ice->pairs[i];
		if (pair->is_valid && bel_ice_pair_component(ice, pair) == component &&
		    (best == NONE || pair->priority > ice->pairs[best].priority))
			best = (int)i;
	}
	return best;
}

static bool is_in_work(const struct bel_ice_pair *pair)
{
	return pair->state < BEL_ICE_PAIR_SUCCEEDED;
}

/* Whether a better one may still come. */
static bool has_hope(const struct bel_ice *ice, unsigned component, int best)
{
	for (unsigned i = 0; i < ice->pairs_count; i++)
		if (is_in_work(&ice->pairs[i]) &&
		    bel_ice_pair_component(ice, &ice->pairs[i]) == component &&
		    ice->pairs[i].priority > ice->pairs[best].priority)
			return true;
	return !ice->is_ended || !ice->is_remote_ended;
}

/* Whom we would choose, were it time; NONE: nobody, or it is not ours to choose. */
static int candidate_of(const struct bel_ice *ice, unsigned number)
{
	const struct bel_ice_component *component = &ice->components[number - 1];
	int best = best_valid(ice, number);

	if (!ice->is_controlling || component->selected != NONE ||
	    component->nominee != NONE || best == NONE ||
	    ice->pairs[best].state != BEL_ICE_PAIR_SUCCEEDED)
		return NONE;
	return best;
}

static void nominate(struct bel_ice *ice, unsigned number, uint64_t now_ms)
{
	struct bel_ice_component *component = &ice->components[number - 1];
	int best = candidate_of(ice, number);

	if (best == NONE)
		return;
	if (has_hope(ice, number, best) &&
	    now_ms < component->first_valid_ms + NOMINATE_MS)
		return;
	component->nominee = best;
	bel_ice_pair_take(ice, &ice->pairs[best], BEL_ICE_PAIR_NOMINATE, now_ms);
}

/* ---- consent ---- */

void bel_ice_consent_advance(struct bel_ice *ice, uint64_t now_ms)
{
	for (unsigned i = 0; i < ice->opts.components; i++) {
		struct bel_ice_component *component = &ice->components[i];
		if (component->selected == NONE)
			continue;
		if (now_ms >= component->consent_expires_ms)
			ice->state = BEL_ICE_LOST;
		else if (now_ms >= component->consent_due_ms)
			bel_ice_consent_send(ice, component, now_ms);
	}
}

/* ---- what the user is told ---- */

/* Nothing is left to try, and it was not enough. */
static bool may_fail(const struct bel_ice *ice)
{
	if (ice->state != BEL_ICE_CHECKING || !ice->is_ended || !ice->is_remote_ended)
		return false;
	for (unsigned i = 0; i < ice->pairs_count; i++)
		if (is_in_work(&ice->pairs[i]))
			return false;
	for (unsigned i = 1; i <= ice->opts.components; i++)
		if (best_valid(ice, i) == NONE)
			return true;
	return false;
}

static bool has_failed(const struct bel_ice *ice, uint64_t now_ms)
{
	return may_fail(ice) && now_ms >= ice->started_ms + PATIENCE_MS;
}

static enum bel_ice_state state_now(const struct bel_ice *ice, uint64_t now_ms)
{
	bool is_all = true;

	for (unsigned i = 0; i < ice->opts.components; i++)
		is_all &= ice->components[i].selected != NONE;
	if (is_all)
		return BEL_ICE_CONNECTED;
	return has_failed(ice, now_ms) ? BEL_ICE_FAILED : ice->state;
}

static void tell_way(struct bel_ice *ice, unsigned number)
{
	struct bel_ice_component *component = &ice->components[number - 1];
	int way = component->selected;

	if (way == NONE)
		way = best_valid(ice, number);
	if (ice->state == BEL_ICE_LOST)
		way = NONE;
	if (way == component->way)
		return;
	component->way = way;
	ice->opts.port->on_way(ice->opts.user, number);
}

/* One every Ta (section 6.1.4.2). */
static void send_next(struct bel_ice *ice, uint64_t now_ms)
{
	struct bel_ice_pair *pair;

	if (now_ms < ice->pace_due_ms)
		return;
	pair = bel_ice_pair_next(ice);
	if (!pair)
		return;
	ice->pace_due_ms = now_ms + ice->pace_ms;
	bel_ice_pair_take(ice, pair, BEL_ICE_PAIR_SEND, now_ms);
}

void bel_ice_settle(struct bel_ice *ice, uint64_t now_ms)
{
	enum bel_ice_state before = ice->told;

	if (ice->state != BEL_ICE_LOST && ice->remote_pwd_len) {
		bel_ice_pairs_thaw(ice);
		for (unsigned i = 1; i <= ice->opts.components; i++)
			nominate(ice, i, now_ms);
		send_next(ice, now_ms);
		ice->state = state_now(ice, now_ms);
	}
	for (unsigned i = 1; i <= ice->opts.components; i++)
		tell_way(ice, i);
	if (ice->state == before)
		return;
	ice->told = ice->state;
	ice->opts.port->on_state(ice->opts.user, ice->state);
}

static uint64_t earlier(uint64_t a_ms, uint64_t b_ms)
{
	return a_ms < b_ms ? a_ms : b_ms;
}

uint64_t bel_ice_settle_next_ms(const struct bel_ice *ice)
{
	uint64_t next_ms = UINT64_MAX;

	for (unsigned i = 0; i < ice->opts.components; i++) {
		const struct bel_ice_component *component = &ice->components[i];
		if (component->selected != NONE)
			next_ms = earlier(next_ms,
					  earlier(component->consent_due_ms,
						  component->consent_expires_ms));
		else if (candidate_of(ice, i + 1) != NONE)
			next_ms = earlier(next_ms,
					  component->first_valid_ms + NOMINATE_MS);
	}
	if (may_fail(ice))
		next_ms = earlier(next_ms, ice->started_ms + PATIENCE_MS);
	return next_ms;
}
