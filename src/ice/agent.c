/* SPDX-License-Identifier: Apache-2.0 */
#include "ice/agent_int.h"

#include <errno.h>
#include <stdlib.h>

static const char *const state_names[BEL_ICE_STATES] = {
	[BEL_ICE_WAITING] = "waiting",     [BEL_ICE_CHECKING] = "checking",
	[BEL_ICE_CONNECTED] = "connected", [BEL_ICE_FAILED] = "failed",
	[BEL_ICE_LOST] = "lost",
};

const char *bel_ice_state_name(enum bel_ice_state state)
{
	return state_names[state];
}

/* ---- the door ---- */

static void write_secret(char *out, size_t size, const struct bel_ice_opts *opts,
			 size_t count)
{
	char bytes[PWD_BYTES];
	struct bel_writer writer = bel_writer_init(out, size);

	opts->port->random(opts->user, bytes, count);
	bel_write_base64(&writer, (bel_str){ bytes, count });
	bel_wipe(bytes, sizeof bytes);
}

enum bel_err bel_ice_open(struct bel_ice **out, const struct bel_ice_opts *opts)
{
	struct bel_ice *ice = calloc(1, sizeof *ice);

	if (!ice)
		return bel_err_from_errno(ENOMEM);
	ice->opts = *opts;
	ice->is_controlling = opts->is_controlling;
	ice->pace_ms = BEL_ICE_PACE_MS;
	opts->port->random(opts->user, &ice->key, sizeof ice->key);
	opts->port->random(opts->user, &ice->tie_breaker, sizeof ice->tie_breaker);
	write_secret(ice->ufrag, sizeof ice->ufrag, opts, UFRAG_BYTES);
	write_secret(ice->pwd, sizeof ice->pwd, opts, PWD_BYTES);
	for (unsigned i = 0; i < BEL_ICE_COMPONENTS_MAX; i++)
		ice->components[i] = (struct bel_ice_component){ .selected = NONE,
								 .way = NONE,
								 .nominee = NONE };
	*out = ice;
	return BEL_OK;
}

void bel_ice_close(struct bel_ice *ice)
{
	if (!ice)
		return;
	bel_wipe(ice, sizeof *ice);
	free(ice);
}

bel_str bel_ice_ufrag(const struct bel_ice *ice)
{
	return (bel_str){ ice->ufrag, sizeof ice->ufrag };
}

bel_str bel_ice_pwd(const struct bel_ice *ice)
{
	return (bel_str){ ice->pwd, sizeof ice->pwd };
}

enum bel_ice_state bel_ice_state(const struct bel_ice *ice)
{
	return ice->state;
}

bool bel_ice_is_controlling(const struct bel_ice *ice)
{
	return ice->is_controlling;
}

/* Who changes roles wins no other conflict with the same number (RFC 8445 section
 * 7.2.5.1), and has nominated nothing. */
void bel_ice_set_role(struct bel_ice *ice, bool is_controlling)
{
	if (ice->is_controlling == is_controlling)
		return;
	ice->is_controlling = is_controlling;
	ice->opts.port->random(ice->opts.user, &ice->tie_breaker,
			       sizeof ice->tie_breaker);
	for (unsigned i = 0; i < BEL_ICE_COMPONENTS_MAX; i++)
		ice->components[i].nominee = NONE;
	for (unsigned i = 0; i < ice->pairs_count; i++)
		ice->pairs[i].is_wanted = false;
	bel_ice_pairs_order(ice);
}

/* ---- candidates ---- */

static unsigned count_of(const struct bel_ice_candidate *candidates, unsigned count,
			 unsigned component)
{
	unsigned found = 0;

	for (unsigned i = 0; i < count; i++)
		found += candidates[i].component == component;
	return found;
}

static bool has_room(const struct bel_ice *ice,
		     const struct bel_ice_candidate *candidates, unsigned count,
		     unsigned component)
{
	return component > 0 && component <= ice->opts.components &&
	       count_of(candidates, count, component) < BEL_ICE_CANDIDATES_MAX;
}

enum bel_err bel_ice_add(struct bel_ice *ice, const struct bel_ice_candidate *candidate,
			 uint16_t preference, const bel_addr *server, uint64_t now_ms)
{
	struct bel_ice_candidate *added;

	for (unsigned i = 0; i < ice->locals_count; i++)
		if (ice->locals[i].component == candidate->component &&
		    bel_addr_is_equal(&ice->locals[i].addr, &candidate->addr) &&
		    bel_addr_is_equal(&ice->locals[i].base, &candidate->base))
			return BEL_ERR_EXISTS;
	if (!has_room(ice, ice->locals, ice->locals_count, candidate->component))
		return BEL_ERR_LIMIT;
	added = &ice->locals[ice->locals_count++];
	*added = *candidate;
	added->priority = bel_ice_priority(candidate->type, preference,
					   candidate->component);
	bel_ice_foundation_make(added->foundation, &ice->key, added->type, &added->base,
				server);
	bel_ice_pair_local(ice, ice->locals_count - 1);
	bel_ice_settle(ice, now_ms);
	return BEL_OK;
}

void bel_ice_end(struct bel_ice *ice, uint64_t now_ms)
{
	ice->is_ended = true;
	bel_ice_settle(ice, now_ms);
}

const struct bel_ice_candidate *bel_ice_candidate(const struct bel_ice *ice,
						  unsigned index)
{
	return index < ice->locals_count ? &ice->locals[index] : NULL;
}

int bel_ice_find_base(const struct bel_ice *ice, const bel_addr *base)
{
	for (unsigned i = 0; i < ice->locals_count; i++)
		if (bel_addr_is_equal(&ice->locals[i].addr, base) &&
		    bel_addr_is_equal(&ice->locals[i].base, base))
			return (int)i;
	return NONE;
}

int bel_ice_find_remote(const struct bel_ice *ice, unsigned component,
			const bel_addr *addr)
{
	for (unsigned i = 0; i < ice->remotes_count; i++)
		if (ice->remotes[i].component == component &&
		    bel_addr_is_equal(&ice->remotes[i].addr, addr))
			return (int)i;
	return NONE;
}

static int put_remote(struct bel_ice *ice, const struct bel_ice_candidate *candidate)
{
	if (!has_room(ice, ice->remotes, ice->remotes_count, candidate->component))
		return NONE;
	ice->remotes[ice->remotes_count] = *candidate;
	return (int)ice->remotes_count++;
}

int bel_ice_learn_remote(struct bel_ice *ice, unsigned component, const bel_addr *addr,
			 uint32_t priority)
{
	struct bel_ice_candidate learned = { .type = BEL_ICE_PEER_REFLEXIVE,
					     .component = (uint16_t)component,
					     .priority = priority,
					     .addr = *addr };
	struct bel_writer foundation = bel_writer_init(learned.foundation,
						       BEL_ICE_FOUNDATION_MAX);
	int known = bel_ice_find_remote(ice, component, addr);

	if (known != NONE)
		return known;
	/* Of no other candidate: no description can hold such a character. */
	bel_write_lit(&foundation, "*");
	bel_write_u64(&foundation, ice->remotes_count);
	return put_remote(ice, &learned);
}

/* ---- the peer ---- */

static void keep_remote(struct bel_ice *ice, const struct bel_ice_remote *remote)
{
	memcpy(ice->remote_ufrag, remote->ufrag.ptr, remote->ufrag.len);
	memcpy(ice->remote_pwd, remote->pwd.ptr, remote->pwd.len);
	ice->remote_ufrag_len = remote->ufrag.len;
	ice->remote_pwd_len = remote->pwd.len;
	if (remote->pace_ms > ice->pace_ms)
		ice->pace_ms = remote->pace_ms;
	/* Who checks nothing cannot choose (RFC 8445 section 6.1.1). */
	if (remote->is_lite)
		bel_ice_set_role(ice, true);
}

bool bel_ice_is_remote(const struct bel_ice *ice, const struct bel_ice_remote *remote)
{
	bel_str ufrag = { ice->remote_ufrag, ice->remote_ufrag_len };

	return !ice->remote_pwd_len ||
	       (bel_str_is_equal(bel_ice_remote_pwd(ice), remote->pwd) &&
		bel_str_is_equal(ufrag, remote->ufrag));
}

enum bel_err bel_ice_set_remote(struct bel_ice *ice, const struct bel_ice_remote *remote,
				uint64_t now_ms)
{
	enum bel_err err = bel_ice_login_verify(remote->ufrag, remote->pwd);

	if (err)
		return err;
	if (!bel_ice_is_remote(ice, remote))
		return BEL_ERR_EXISTS;
	if (!ice->remote_pwd_len) {
		keep_remote(ice, remote);
		ice->state = BEL_ICE_CHECKING;
		ice->started_ms = ice->pace_due_ms = now_ms;
	}
	bel_ice_settle(ice, now_ms);
	return BEL_OK;
}

/* One that was learned from a check gets its own name (section 7.3.1.3); it keeps its
 * place among the pairs, and its priority is what the peer says now. */
enum bel_err bel_ice_add_remote(struct bel_ice *ice,
				const struct bel_ice_candidate *candidate,
				uint64_t now_ms)
{
	int known = bel_ice_find_remote(ice, candidate->component, &candidate->addr);

	if (known == NONE) {
		known = put_remote(ice, candidate);
		if (known == NONE)
			return BEL_ERR_LIMIT;
	} else if (ice->remotes[known].type == BEL_ICE_PEER_REFLEXIVE) {
		ice->remotes[known] = *candidate;
		bel_ice_pairs_order(ice);
	}
	bel_ice_pair_remote(ice, (unsigned)known);
	bel_ice_settle(ice, now_ms);
	return BEL_OK;
}

void bel_ice_end_remote(struct bel_ice *ice, uint64_t now_ms)
{
	ice->is_remote_ended = true;
	bel_ice_settle(ice, now_ms);
}

void bel_ice_drop_second(struct bel_ice *ice, uint64_t now_ms)
{
	if (ice->opts.components < 2)
		return;
	ice->opts.components = 1;
	for (unsigned i = 0; i < ice->pairs_count; i++)
		if (bel_ice_pair_component(ice, &ice->pairs[i]) == 2)
			bel_ice_pair_take(ice, &ice->pairs[i], BEL_ICE_PAIR_CONCLUDE,
					  now_ms);
	ice->components[1].way = ice->components[1].selected = NONE;
	bel_ice_settle(ice, now_ms);
}

/* ---- at work ---- */

bool bel_ice_receive(struct bel_ice *ice, const bel_addr *base, const bel_addr *from,
		     const struct bel_stun_msg *msg, uint64_t now_ms)
{
	bool is_ours = false;

	if (ice->state == BEL_ICE_LOST)
		return false;
	if (msg->class == BEL_STUN_REQUEST)
		is_ours = bel_ice_on_request(ice, base, from, msg, now_ms);
	else if (msg->class != BEL_STUN_INDICATION && ice->remote_pwd_len)
		is_ours = bel_ice_on_answer(ice, base, from, msg, now_ms);
	bel_ice_settle(ice, now_ms);
	return is_ours;
}

void bel_ice_advance(struct bel_ice *ice, uint64_t now_ms)
{
	if (ice->state == BEL_ICE_LOST || !ice->remote_pwd_len)
		return;
	for (unsigned i = 0; i < ice->pairs_count; i++)
		if (ice->pairs[i].state == BEL_ICE_PAIR_CHECKING &&
		    now_ms >= ice->pairs[i].due_ms)
			bel_ice_request_resend(ice, &ice->pairs[i], now_ms);
	bel_ice_consent_advance(ice, now_ms);
	bel_ice_settle(ice, now_ms);
}

uint64_t bel_ice_next_ms(const struct bel_ice *ice)
{
	uint64_t next_ms = bel_ice_settle_next_ms(ice);

	if (ice->state == BEL_ICE_LOST || !ice->remote_pwd_len)
		return UINT64_MAX;
	for (unsigned i = 0; i < ice->pairs_count; i++) {
		const struct bel_ice_pair *pair = &ice->pairs[i];
		if (pair->state == BEL_ICE_PAIR_CHECKING && pair->due_ms < next_ms)
			next_ms = pair->due_ms;
		if (pair->state == BEL_ICE_PAIR_WAITING && ice->pace_due_ms < next_ms)
			next_ms = ice->pace_due_ms;
	}
	return next_ms;
}

/* ---- the way ---- */

/* The end of a valid pair is what the peer sees (RFC 8445 section 7.2.5.3.2), sent from
 * the base that was checked. */
static struct bel_ice_candidate end_of(const struct bel_ice *ice,
				       const struct bel_ice_pair *pair)
{
	struct bel_ice_candidate end = ice->locals[pair->local];

	if (bel_addr_is_equal(&pair->mapped, &end.addr))
		return end;
	for (unsigned i = 0; i < ice->locals_count; i++)
		if (ice->locals[i].component == end.component &&
		    bel_addr_is_equal(&ice->locals[i].addr, &pair->mapped) &&
		    bel_addr_is_equal(&ice->locals[i].base, &end.base))
			return ice->locals[i];
	end.related = end.base;
	end.addr = pair->mapped;
	end.type = BEL_ICE_PEER_REFLEXIVE;
	end.priority = bel_ice_reflexive_priority(end.priority);
	bel_ice_foundation_make(end.foundation, &ice->key, end.type, &end.base, NULL);
	return end;
}

bool bel_ice_way(struct bel_ice_candidate *from, struct bel_ice_candidate *to,
		 const struct bel_ice *ice, unsigned component)
{
	int way = ice->components[component - 1].way;

	if (way == NONE)
		return false;
	*from = end_of(ice, &ice->pairs[way]);
	*to = ice->remotes[ice->pairs[way].remote];
	return true;
}

bool bel_ice_has_remote(const struct bel_ice *ice, unsigned component,
			const bel_addr *addr)
{
	return bel_ice_find_remote(ice, component, addr) != NONE;
}

bool bel_ice_is_selected(const struct bel_ice *ice, unsigned component)
{
	return ice->components[component - 1].selected != NONE;
}
