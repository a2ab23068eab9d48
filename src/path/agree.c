/* SPDX-License-Identifier: Apache-2.0
 * What descriptions say of ICE, theirs and ours (RFC 8839 section 4), and the agents that
 * it makes. */
#include "path/path_int.h"

enum { REMOTES_CHARS_MAX = 128 }; /* two of IPv6, with ports */

/* ---- the agent's port ---- */

static void send_check(void *user, const struct bel_ice_candidate *from,
		       const bel_addr *to, bel_str datagram)
{
	struct bel_path *path = user;
	struct part *part = &path->parts[from->component - 1];

	if (!part->udp)
		return;
	if (bel_addr_is_equal(&from->base, &part->local))
		bel_udp_send(part->udp, to, NULL, datagram);
	else
		bel_path_send_relayed(part, to, datagram);
}

static void make_random(void *user, void *out, size_t len)
{
	bel_loop_random(((struct bel_path *)user)->opts.loop, out, len);
}

/* A way by the relay is used for long: a channel costs less (RFC 8656 section 12). */
static void on_way(void *user, unsigned number)
{
	struct bel_path *path = user;
	struct part *part = &path->parts[number - 1];
	struct bel_ice_candidate from, to;

	if (path->is_closed)
		return;
	if (bel_path_ice_way(&from, &to, path, part->component) &&
	    !bel_addr_is_equal(&from.base, &part->local))
		bel_path_permit(part, &to.addr, true);
	if (path->opts.port->on_way)
		path->opts.port->on_way(path->opts.user, part->component);
}

/* Nothing needs the old agent any more when the new one has all that it looked for. */
static void on_state(void *user, enum bel_ice_state state)
{
	struct bel_path *path = user;

	(void)state;
	if (path->former && bel_ice_state(path->ice) == BEL_ICE_CONNECTED) {
		bel_ice_close(path->former);
		path->former = NULL;
	}
}

static const struct bel_ice_port ice_port = { send_check, make_random, on_way, on_state };

/* ---- agents ---- */

static void add(struct bel_ice *ice, const struct found *found, uint64_t now_ms)
{
	/* As good as another one, or one too many: the others are enough. */
	bel_ice_add(ice, &found->candidate, found->preference, &found->server, now_ms);
}

/* Without memory there is none, and we speak of no ICE. */
static struct bel_ice *open_agent(struct bel_path *path, bool is_controlling,
				  unsigned components)
{
	uint64_t now_ms = bel_path_now_ms(path);
	struct bel_ice *ice;

	if (bel_path_need_crypto(path))
		return NULL;
	if (bel_ice_open(&ice,
			 &(struct bel_ice_opts){ .port = &ice_port,
						 .user = path,
						 .crypto = path->crypto,
						 .components = components,
						 .is_controlling = is_controlling }))
		return NULL;
	for (unsigned i = 0; i < path->found_count; i++)
		if (path->found[i].candidate.component <= components)
			add(ice, &path->found[i], now_ms);
	/* What comes later is used, though no description tells of it any more. */
	bel_ice_end(ice, now_ms);
	return ice;
}

void bel_path_ice_add(struct bel_path *path, const struct found *found)
{
	if (path->ice)
		add(path->ice, found, bel_path_now_ms(path));
}

void bel_path_ice_close(struct bel_path *path)
{
	bel_ice_close(path->ice);
	bel_ice_close(path->former);
	path->ice = path->former = NULL;
}

bool bel_path_on_check(struct part *part, const bel_addr *base, const bel_addr *from,
		       const struct bel_stun_msg *msg)
{
	struct bel_path *path = part->path;
	uint64_t now_ms = bel_path_now_ms(path);

	return (path->ice && bel_ice_receive(path->ice, base, from, msg, now_ms)) ||
	       (path->former && bel_ice_receive(path->former, base, from, msg, now_ms));
}

void bel_path_ice_advance(struct bel_path *path)
{
	uint64_t now_ms = bel_path_now_ms(path);

	if (path->ice)
		bel_ice_advance(path->ice, now_ms);
	if (path->former)
		bel_ice_advance(path->former, now_ms);
}

uint64_t bel_path_ice_next_ms(const struct bel_path *path)
{
	uint64_t next_ms = path->ice ? bel_ice_next_ms(path->ice) : UINT64_MAX;
	uint64_t former_ms = path->former ? bel_ice_next_ms(path->former) : UINT64_MAX;

	return next_ms < former_ms ? next_ms : former_ms;
}

bool bel_path_ice_way(struct bel_ice_candidate *from, struct bel_ice_candidate *to,
		      const struct bel_path *path, enum bel_path_component component)
{
	return path->use == USE_ICE &&
	       (bel_ice_way(from, to, path->ice, component + 1u) ||
		(path->former && bel_ice_way(from, to, path->former, component + 1u)));
}

bool bel_path_may_be_from(const struct bel_path *path, enum bel_path_component component,
			  const bel_addr *peer)
{
	return path->use != USE_ICE ||
	       bel_ice_has_remote(path->ice, component + 1u, peer) ||
	       (path->former && bel_ice_has_remote(path->former, component + 1u, peer));
}

/* ---- their offer ---- */

static bool has_mux(const struct bel_sdp *sdp, unsigned media)
{
	return bel_sdp_attribute(NULL, sdp, media, BEL_STR("rtcp-mux"), 0, false);
}

/* They began anew: so do we, beside what holds. */
static void restart(struct bel_path *path, unsigned components)
{
	struct bel_ice *fresh = open_agent(path, false, components);

	if (!fresh)
		return;
	bel_ice_close(path->former);
	path->former = path->ice;
	path->ice = fresh;
}

void bel_path_take_offer(struct bel_path *path, const struct bel_sdp *theirs,
			 unsigned media)
{
	struct bel_ice_remote remote;
	unsigned components = has_mux(theirs, media) ? 1 : BEL_PATH_COMPONENTS;

	path->is_silent = !path->opts.has_ice ||
			  bel_ice_remote_parse(&remote, theirs, media);
	path->is_mismatched = !path->is_silent && !bel_ice_has_default(theirs, media);
	path->is_silent |= path->is_mismatched;
	if (path->is_silent)
		return;
	if (!path->ice)
		path->ice = open_agent(path, false, components);
	else if (!bel_ice_is_remote(path->ice, &remote))
		restart(path, components);
	path->is_silent = !path->ice;
}

/* ---- our description ---- */

static void write_line(struct bel_writer *writer, const char *name, bel_str value)
{
	bel_write_lit(writer, "a=");
	bel_write_text(writer, name);
	bel_write_char(writer, ':');
	bel_write_str(writer, value);
	bel_write_lit(writer, "\r\n");
}

static void write_candidate(struct bel_writer *writer,
			    const struct bel_ice_candidate *candidate)
{
	bel_write_lit(writer, "a=candidate:");
	bel_ice_candidate_write(writer, candidate);
	bel_write_lit(writer, "\r\n");
}

/* RFC 8839 section 4.4.1.2.2: what was chosen, and nothing else. */
static void write_selected(struct bel_writer *writer, const struct bel_path *path)
{
	struct bel_ice_candidate from, to;
	char buf[REMOTES_CHARS_MAX];
	struct bel_writer remote = bel_writer_init(buf, sizeof buf);

	for (unsigned i = 1; i <= BEL_PATH_COMPONENTS; i++) {
		if (!bel_ice_is_selected(path->ice, i) ||
		    !bel_ice_way(&from, &to, path->ice, i))
			continue;
		write_candidate(writer, &from);
		bel_ice_remote_candidate_write(&remote, i, &to.addr);
	}
	if (bel_ice_is_controlling(path->ice))
		write_line(writer, "remote-candidates", bel_writer_str(&remote));
}

static void write_all(struct bel_writer *writer, const struct bel_path *path)
{
	const struct bel_ice_candidate *each;

	for (unsigned i = 0; (each = bel_ice_candidate(path->ice, i)); i++)
		write_candidate(writer, each);
}

void bel_path_write(struct bel_writer *writer, struct bel_path *path)
{
	if (path->is_mismatched)
		bel_write_lit(writer, "a=ice-mismatch\r\n");
	if (!path->opts.has_ice || !path->is_bound || path->is_silent ||
	    path->use == USE_NONE)
		return;
	if (!path->ice && path->opts.offers_ice)
		path->ice = open_agent(path, true, BEL_PATH_COMPONENTS);
	if (!path->ice)
		return;
	write_line(writer, "ice-ufrag", bel_ice_ufrag(path->ice));
	write_line(writer, "ice-pwd", bel_ice_pwd(path->ice));
	write_line(writer, "ice-options", BEL_STR("ice2"));
	if (bel_ice_state(path->ice) == BEL_ICE_CONNECTED)
		write_selected(writer, path);
	else
		write_all(writer, path);
}

/* Most likely to work: relayed ones work from anywhere, reflexive ones from nearly
 * anywhere (RFC 8839 section 4.2.2). */
static const struct bel_ice_candidate *best_found(const struct bel_path *path,
						  enum bel_path_component component)
{
	static const uint8_t order[BEL_ICE_TYPES] = {
		[BEL_ICE_RELAYED] = 3, [BEL_ICE_SERVER_REFLEXIVE] = 2, [BEL_ICE_HOST] = 1
	};
	const struct bel_ice_candidate *best = NULL;

	for (unsigned i = 0; i < path->found_count; i++) {
		const struct bel_ice_candidate *each = &path->found[i].candidate;
		if (each->component == component + 1u &&
		    (!best || order[each->type] > order[best->type]))
			best = each;
	}
	return best;
}

bel_addr bel_path_address(const struct bel_path *path, enum bel_path_component component)
{
	const struct part *part = &path->parts[component];
	const struct bel_ice_candidate *best = best_found(path, component);
	struct bel_ice_candidate from, to;
	bel_addr shown = path->opts.shown;

	if (!path->is_bound)
		return (bel_addr){ .family = 0 };
	if (path->use == USE_ICE && bel_ice_is_selected(path->ice, component + 1u) &&
	    bel_path_ice_way(&from, &to, path, component))
		return from.addr;
	if (best)
		return best->addr;
	shown.port = part->local.port;
	return shown.family ? shown : part->local;
}

/* ---- what was agreed ---- */

static void take_candidates(struct bel_path *path, const struct bel_path_agreed *agreed)
{
	struct bel_ice_candidate candidate;
	unsigned at = 0, count = agreed->has_mux ? 1 : BEL_PATH_COMPONENTS;
	uint64_t now_ms = bel_path_now_ms(path);

	while (bel_ice_candidate_next(&candidate, agreed->theirs, agreed->media, &at)) {
		if (candidate.component > count)
			continue;
		if (bel_ice_add_remote(path->ice, &candidate, now_ms) == BEL_OK)
			bel_path_permit(&path->parts[candidate.component - 1],
					&candidate.addr, false);
	}
	bel_ice_end_remote(path->ice, now_ms);
}

static bool agree_on_ice(struct bel_path *path, const struct bel_path_agreed *agreed)
{
	struct bel_ice_remote remote;

	if (!path->ice || path->is_silent || !agreed->theirs ||
	    bel_ice_remote_parse(&remote, agreed->theirs, agreed->media) ||
	    remote.is_mismatched)
		return false;
	path->use = USE_ICE;
	if (agreed->has_mux)
		bel_ice_drop_second(path->ice, bel_path_now_ms(path));
	/* Another peer than before without our having begun anew is no restart: what
	 * holds goes on. */
	if (bel_ice_set_remote(path->ice, &remote, bel_path_now_ms(path)) == BEL_OK)
		take_candidates(path, agreed);
	return true;
}

/* What we described is where they send to, and from where they expect us. */
static void agree_on_none(struct bel_path *path, const struct bel_path_agreed *agreed)
{
	const bel_addr *remotes[] = { &agreed->remote, &agreed->remote_rtcp };

	path->use = USE_NONE;
	bel_path_ice_close(path);
	for (unsigned i = 0; i < BEL_PATH_COMPONENTS; i++) {
		path->parts[i].is_by_relay = path->parts[i].relayed.family;
		if (path->parts[i].is_by_relay && remotes[i]->family)
			bel_path_permit(&path->parts[i], remotes[i], true);
	}
}

void bel_path_agree(struct bel_path *path, const struct bel_path_agreed *agreed)
{
	bel_path_enter(path);
	if (!agree_on_ice(path, agreed))
		agree_on_none(path, agreed);
	bel_path_leave(path);
}

/* ---- for people ---- */

static void write_end(struct bel_writer *writer,
		      const struct bel_ice_candidate *candidate)
{
	bel_write_str(writer, bel_ice_type_name(candidate->type));
	bel_write_char(writer, ' ');
	bel_addr_write(writer, &candidate->addr);
}

void bel_path_describe(struct bel_writer *writer, const struct bel_path *path)
{
	struct bel_ice_candidate from, to;

	if (path->use != USE_ICE)
		return;
	if (!bel_path_ice_way(&from, &to, path, BEL_PATH_RTP)) {
		bel_write_text(writer, bel_ice_state_name(bel_ice_state(path->ice)));
		return;
	}
	write_end(writer, &from);
	bel_write_lit(writer, " to ");
	write_end(writer, &to);
}
