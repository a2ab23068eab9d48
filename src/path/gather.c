/* SPDX-License-Identifier: Apache-2.0
 * Candidates (RFC 8445 section 5.1.1): our addresses, what a STUN server sees of them,
 * and addresses on a TURN server, which says that, too. */
#include "path/path_int.h"

/* ---- found ---- */

static void find(struct part *part, enum bel_ice_type type, const bel_addr *addr,
		 const bel_addr *base, const bel_addr *server)
{
	struct bel_path *path = part->path;
	struct found *found;

	for (unsigned i = 0; i < path->found_count; i++)
		if (path->found[i].candidate.component == part->component + 1u &&
		    bel_addr_is_equal(&path->found[i].candidate.addr, addr))
			return;
	if (path->found_count == FOUND_MAX)
		return;
	found = &path->found[path->found_count++];
	*found = (struct found){
		.candidate = { .type = type,
			       .component = (uint16_t)(part->component + 1),
			       .addr = *addr,
			       .base = *base },
		/* RFC 8421: IPv6 first, where both are there. */
		.preference = addr->family == 6 ? 65535 : 65534,
	};
	if (server)
		found->server = *server;
	if (type != BEL_ICE_HOST)
		found->candidate.related = part->local;
	bel_path_ice_add(path, found);
}

static void find_hosts(struct part *part)
{
	bel_addr shown = part->path->opts.shown;

	find(part, BEL_ICE_HOST, &part->local, &part->local, NULL);
	shown.port = part->local.port;
	if (shown.family == part->local.family &&
	    !bel_addr_is_same_host(&shown, &part->local))
		find(part, BEL_ICE_SERVER_REFLEXIVE, &shown, &part->local, &shown);
}

/* ---- the STUN server ---- */

static void ask(struct part *part)
{
	char buf[BEL_STUN_HEADER_BYTES + 8];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	bel_stun_write_header(&writer, BEL_STUN_REQUEST, BEL_STUN_BINDING,
			      (bel_str){ part->id, sizeof part->id });
	bel_stun_write_fingerprint(&writer);
	bel_udp_send(part->udp, &part->path->opts.servers.stun, NULL,
		     bel_writer_str(&writer));
	part->due_ms = bel_path_now_ms(part->path) +
		       ((uint64_t)STUN_RTO_MS << part->sent_count++);
}

bool bel_path_on_stun_answer(struct part *part, const bel_addr *from,
			     const struct bel_stun_msg *msg)
{
	const bel_addr *server = &part->path->opts.servers.stun;
	bel_addr mapped;

	if (!part->sent_count ||
	    !bel_str_is_equal(msg->transaction, (bel_str){ part->id, sizeof part->id }) ||
	    !bel_addr_is_equal(from, server))
		return false;
	if (!part->is_asking)
		return true;
	part->is_asking = false;
	part->stun_err = BEL_ERR_UNSUPPORTED;
	if (msg->class == BEL_STUN_SUCCESS && !msg->unknown_count &&
	    bel_stun_find_addr(&mapped, msg, BEL_STUN_XOR_MAPPED_ADDRESS)) {
		part->stun_err = BEL_OK;
		find(part, BEL_ICE_SERVER_REFLEXIVE, &mapped, &part->local, server);
	}
	bel_path_gather_advance(part->path);
	return true;
}

/* ---- the TURN server ---- */

static bool is_by_line(const struct part *part)
{
	return bel_turn_is_stream(part->path->opts.servers.turn_transport);
}

static void turn_send(void *user, const bel_str *pieces, unsigned count)
{
	struct part *part = user;
	char buf[BEL_DATAGRAM_BYTES];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	for (unsigned i = 0; i < count; i++)
		bel_write_str(&writer, pieces[i]);
	if (writer.is_full)
		return;
	if (part->line)
		bel_path_line_send(part->line, bel_writer_str(&writer));
	else if (part->udp && !is_by_line(part))
		bel_udp_send(part->udp, &part->path->opts.servers.turn, NULL,
			     bel_writer_str(&writer));
}

static void turn_random(void *user, void *out, size_t len)
{
	bel_loop_random(((struct part *)user)->path->opts.loop, out, len);
}

static void turn_on_open(void *user)
{
	struct part *part = user;
	const bel_addr *server = &part->path->opts.servers.turn;
	const bel_addr *mapped = bel_turn_client_mapped(part->turn);
	const bel_addr *relayed = bel_turn_client_relayed(part->turn,
							  part->path->opts.local.family);

	part->is_allocating = false;
	/* Of a connection it says nothing about our socket. */
	if (mapped && !is_by_line(part))
		find(part, BEL_ICE_SERVER_REFLEXIVE, mapped, &part->local, server);
	if (!relayed)
		return;
	part->relayed = *relayed;
	find(part, BEL_ICE_RELAYED, relayed, relayed, server);
}

static void turn_on_granted(void *user, const bel_addr *peer, enum bel_err err,
			    unsigned code)
{
	/* Where it was refused, checks stay without an answer, and another way is
	 * taken. */
	(void)user;
	(void)peer;
	(void)err;
	(void)code;
}

/* The bytes lie within the datagram that is being handed over, which may be changed. */
static void turn_on_data(void *user, const bel_addr *peer, bel_str data)
{
	struct part *part = user;
	struct bel_path *path = part->path;
	size_t at = (size_t)(data.ptr - path->receiving);

	if (at <= path->receiving_len && data.len <= path->receiving_len - at)
		bel_path_on_bytes(part, &part->relayed, path->receiving + at, data.len,
				  peer);
}

static void turn_on_end(void *user, enum bel_err err, unsigned code)
{
	struct part *part = user;

	part->is_allocating = false;
	part->is_turn_over = true;
	part->turn_err = err;
	part->turn_code = code;
}

static const struct bel_turn_client_port turn_port = {
	.send = turn_send,
	.random = turn_random,
	.on_open = turn_on_open,
	.on_granted = turn_on_granted,
	.on_data = turn_on_data,
	.on_end = turn_on_end,
};

static void open_client(struct part *part)
{
	const struct bel_path_servers *servers = &part->path->opts.servers;

	part->turn_err = bel_path_need_crypto(part->path);
	if (!part->turn_err)
		part->turn_err = bel_turn_client_open(
			&part->turn,
			&(struct bel_turn_client_opts){
				.port = &turn_port,
				.user = part,
				.crypto = part->path->crypto,
				.server = servers->turn,
				.transport = servers->turn_transport,
				.username = servers->turn_user,
				.password = servers->turn_password,
				.family = part->local.family,
			},
			bel_path_now_ms(part->path));
	part->is_allocating = part->turn_err == BEL_OK;
}

static void allocate(struct part *part)
{
	if (!is_by_line(part)) {
		open_client(part);
		return;
	}
	part->turn_err = bel_path_line_open(part);
	part->is_allocating = part->turn_err == BEL_OK;
}

void bel_path_on_line_open(struct part *part)
{
	open_client(part);
	bel_path_gather_advance(part->path);
}

void bel_path_on_line_end(struct part *part, enum bel_err err)
{
	if (part->turn)
		bel_turn_client_on_closed(part->turn, bel_path_now_ms(part->path));
	else
		part->turn_err = err;
	part->is_allocating = false;
	bel_path_gather_advance(part->path);
}

bool bel_path_on_turn(struct part *part, char *buf, size_t len, const bel_addr *from)
{
	return part->turn && !is_by_line(part) &&
	       bel_addr_is_equal(from, &part->path->opts.servers.turn) &&
	       bel_path_on_turn_message(part, buf, len);
}

bool bel_path_on_turn_message(struct part *part, char *buf, size_t len)
{
	struct bel_path *path = part->path;
	bool is_taken;

	if (!part->turn)
		return false;
	path->receiving = buf;
	path->receiving_len = len;
	is_taken = bel_turn_client_receive(part->turn, (bel_str){ buf, len },
					   bel_path_now_ms(path));
	path->receiving = NULL;
	path->receiving_len = 0;
	if (!path->is_closed)
		bel_path_gather_advance(path);
	return is_taken;
}

void bel_path_permit(struct part *part, const bel_addr *peer, bool wants_channel)
{
	if (part->turn && part->relayed.family == peer->family)
		bel_turn_client_permit(part->turn, peer, wants_channel,
				       bel_path_now_ms(part->path));
}

enum bel_err bel_path_send_relayed(struct part *part, const bel_addr *to, bel_str packet)
{
	enum bel_err err;

	if (!part->turn || part->is_turn_over)
		return BEL_ERR_CLOSED;
	err = bel_turn_client_send(part->turn, to, packet, bel_path_now_ms(part->path));
	if (err == BEL_ERR_DENIED)
		bel_path_permit(part, to, true);
	return err;
}

/* ---- all of it ---- */

static void start_part(struct part *part)
{
	const struct bel_path_servers *servers = &part->path->opts.servers;

	find_hosts(part);
	if (servers->stun.family == part->local.family) {
		bel_loop_random(part->path->opts.loop, part->id, sizeof part->id);
		part->is_asking = true;
		ask(part);
	}
	if (servers->turn.family == part->local.family)
		allocate(part);
}

static bool is_waiting(const struct part *part)
{
	return part->is_asking || part->is_allocating;
}

void bel_path_gather_start(struct bel_path *path)
{
	path->gather_end_ms = bel_path_now_ms(path) + GATHER_MS;
	for (unsigned i = 0; i < BEL_PATH_COMPONENTS; i++) {
		start_part(&path->parts[i]);
		path->is_gathering |= is_waiting(&path->parts[i]);
	}
}

bool bel_path_is_gathering(const struct bel_path *path)
{
	return path->is_gathering;
}

static void end_gathering(struct bel_path *path)
{
	bool is_waited_for = false;

	for (unsigned i = 0; i < BEL_PATH_COMPONENTS; i++)
		is_waited_for |= is_waiting(&path->parts[i]);
	if (!path->is_gathering ||
	    (is_waited_for && bel_path_now_ms(path) < path->gather_end_ms))
		return;
	path->is_gathering = false;
	if (path->opts.port->on_gathered)
		path->opts.port->on_gathered(path->opts.user);
}

static void advance_part(struct part *part, uint64_t now_ms)
{
	if (part->is_asking && now_ms >= part->due_ms) {
		part->is_asking = part->sent_count < STUN_SENT_MAX;
		part->stun_err = BEL_ERR_TIMEOUT;
		if (part->is_asking)
			ask(part);
	}
	if (!part->turn)
		return;
	if (!part->is_turn_over)
		bel_turn_client_advance(part->turn, now_ms);
	if (part->is_turn_over) {
		bel_turn_client_close(part->turn);
		part->turn = NULL;
		bel_path_line_close(part);
	}
}

void bel_path_gather_advance(struct bel_path *path)
{
	/* A client is not closed while it is hearing something. */
	if (!path->receiving)
		for (unsigned i = 0; i < BEL_PATH_COMPONENTS; i++)
			advance_part(&path->parts[i], bel_path_now_ms(path));
	end_gathering(path);
}

uint64_t bel_path_gather_next_ms(const struct bel_path *path)
{
	uint64_t next_ms = path->is_gathering ? path->gather_end_ms : UINT64_MAX;

	for (unsigned i = 0; i < BEL_PATH_COMPONENTS; i++) {
		const struct part *part = &path->parts[i];
		uint64_t turn_ms = part->turn ? bel_turn_client_next_ms(part->turn)
					      : UINT64_MAX;
		if (part->is_asking && part->due_ms < next_ms)
			next_ms = part->due_ms;
		if (turn_ms < next_ms)
			next_ms = turn_ms;
	}
	return next_ms;
}

/* The server's answer is not waited for: what it holds then ends by itself if the request
 * is lost. A client that is just being heard is closed with the path. */
void bel_path_gather_stop(struct bel_path *path)
{
	for (unsigned i = 0; i < BEL_PATH_COMPONENTS; i++)
		if (path->parts[i].turn)
			bel_turn_client_stop(path->parts[i].turn, bel_path_now_ms(path));
}

void bel_path_gather_fini(struct bel_path *path)
{
	for (unsigned i = 0; i < BEL_PATH_COMPONENTS; i++) {
		bel_turn_client_close(path->parts[i].turn);
		bel_path_line_close(&path->parts[i]);
	}
}

void bel_path_servers_report(struct bel_path_servers_report *out,
			     const struct bel_path *path)
{
	*out = (struct bel_path_servers_report){ .stun = BEL_OK };
	for (unsigned i = 0; i < BEL_PATH_COMPONENTS; i++) {
		const struct part *part = &path->parts[i];
		if (part->is_asking || part->stun_err)
			out->stun = part->is_asking ? BEL_ERR_AGAIN : part->stun_err;
		if (part->is_allocating || part->turn_err) {
			out->turn = part->is_allocating ? BEL_ERR_AGAIN : part->turn_err;
			out->turn_code = part->turn_code;
		}
	}
}
