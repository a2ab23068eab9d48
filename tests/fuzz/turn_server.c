/* SPDX-License-Identifier: Apache-2.0
 * Bytes play clients, peers and time against a TURN server. The first byte chooses its
 * options; then each step is an operation, its source and what it needs. Requests are
 * made here, with the right key of a user or a wrong one, for no mutation finds one.
 * Whatever happens: nothing goes to an address that is denied, or that its user was not
 * granted within five minutes; no user has more relays or bytes than his quota; memory is
 * bounded by relays; an answer goes where its request came from; every relay is closed.
 */
#include <stdlib.h>
#include "turn/turn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	SOURCES = 6,
	USERS = 2,
	RELAYS_MAX = 5,
	USER_RELAYS_MAX = 3,
	USER_BYTES_PER_S = 100000,
	OPENED_MAX = 512,
	STEPS_MAX = 400,
	GRANTS_MAX = 4 * STEPS_MAX,
	PERMISSION_MS = 300 * 1000,
	/* Tables and accounts, and what a relay with all its grants may take. */
	MEMORY_FIRST = 2048,
	MEMORY_PER_RELAY = 5000,
};

struct opened {
	bel_turn_relay id;
	bel_addr addr;
	unsigned user;
	bool is_open;
};

struct grant {
	unsigned user;
	bel_addr peer;
	uint64_t expires_ms;
};

struct bench {
	struct bel_turn_server *server;
	struct bel_crypto *crypto;
	struct bel_cursor input;
	uint64_t now_ms, start_ms;
	unsigned user;  /* who asks now */
	bool says_hash; /* of his name, and not the name */
	bel_str asking; /* the bytes that are being received; empty otherwise */
	const struct bel_turn_tuple *from;
	unsigned answers;
	bool has_succeeded;
	char nonces[SOURCES][64];
	size_t nonce_lens[SOURCES];
	char tickets[USERS][64];
	size_t ticket_lens[USERS];
	uint64_t token;
	struct opened opened[OPENED_MAX];
	unsigned opened_count;
	struct grant grants[GRANTS_MAX];
	unsigned grants_count;
	uint64_t passed_bytes[USERS];
	uint32_t transactions;
};

static void require(bool is_true)
{
	if (!is_true)
		abort();
}

static uint8_t draw(struct bench *bench)
{
	uint8_t byte = 0;

	bel_cursor_be8(&byte, &bench->input);
	return byte;
}

/* ---- addresses ---- */

static const bel_addr own = { .ip = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 8, 9, 10,
				      11 },
			      .port = 3478,
			      .family = 4 };

static struct bel_turn_tuple source(unsigned index)
{
	return (struct bel_turn_tuple){
		.client = bel_addr_v4(10, 0, 0, (uint8_t)(index / 2), (uint16_t)index),
		.server = own,
		.transport = index % 4 == 3 ? BEL_TURN_TCP : BEL_TURN_UDP,
	};
}

static bel_addr draw_peer(struct bench *bench)
{
	uint8_t choice = draw(bench);
	bel_addr addr = { .family = 6, .port = 4000 };

	switch (choice % 8) {
	case 0:
	case 1:
		return bel_addr_v4(20, 1, 1, choice >> 3, 4000);
	case 2: /* any of our ports, and relays among them */
		addr = own;
		addr.port = (uint16_t)(50000 + (choice >> 3));
		return addr;
	case 3:
		return bel_addr_v4(draw(bench), draw(bench), draw(bench), draw(bench), 9);
	case 4: /* 6to4, NAT64 and other prefixes, with any IPv4 address inside */
		addr.ip[0] = 0x20;
		addr.ip[1] = draw(bench);
		for (unsigned i = 2; i < 6; i++)
			addr.ip[i] = draw(bench);
		return addr;
	case 5:
		addr.ip[10] = addr.ip[11] = choice & 8 ? 0xff : 0;
		for (unsigned i = 12; i < 16; i++)
			addr.ip[i] = draw(bench);
		return addr;
	case 6:
		addr.ip[0] = 0x2a;
		addr.ip[15] = choice >> 3;
		return addr;
	default:
		for (unsigned i = 0; i < sizeof addr.ip; i++)
			addr.ip[i] = draw(bench);
		addr.port = draw(bench);
		return addr;
	}
}

static struct opened *find_opened(struct bench *bench, bel_turn_relay id)
{
	for (unsigned i = bench->opened_count; i-- > 0;)
		if (bench->opened[i].id == id && bench->opened[i].is_open)
			return &bench->opened[i];
	return NULL;
}

static bool is_relay(const struct bench *bench, const bel_addr *addr)
{
	for (unsigned i = 0; i < bench->opened_count; i++)
		if (bench->opened[i].is_open &&
		    bel_addr_is_equal(&bench->opened[i].addr, addr))
			return true;
	return false;
}

/* Said once more, in other words than the server's. */
static bool is_denied(const struct bench *bench, const bel_addr *peer)
{
	static const uint8_t zeros[10];
	bel_addr real = bel_addr_canonical(peer), plain = own;

	plain.port = real.port;
	if (peer->port == 0 || bel_addr_range(peer) != BEL_ADDR_GLOBAL)
		return true;
	if (peer->family == 6 && memcmp(peer->ip, zeros, sizeof zeros) == 0)
		return true;
	return bel_addr_is_same_host(&real, &plain) && !is_relay(bench, peer);
}

static bool is_granted(const struct bench *bench, unsigned user, const bel_addr *peer)
{
	for (unsigned i = 0; i < bench->grants_count; i++)
		if (bench->grants[i].user == user &&
		    bel_addr_is_same_host(&bench->grants[i].peer, peer) &&
		    bench->now_ms < bench->grants[i].expires_ms)
			return true;
	return false;
}

/* ---- the surroundings ---- */

static enum bel_err find_key(void *user, struct bel_turn_identity *out,
			     const struct bel_turn_login *login)
{
	static const char *const names[USERS] = { "a", "b" };

	(void)user;
	for (unsigned i = 0; i < USERS; i++) {
		/* The hash of a name is the name, again and again. */
		bool is_meant = login->userhash.len
					? login->userhash.ptr[0] == names[i][0]
					: bel_str_is_equal(login->username,
							   bel_str_from(names[i]));
		if (!is_meant)
			continue;
		out->account = bel_str_from(names[i]);
		out->key.len = 1;
		out->key.bytes[0] = (uint8_t)i;
		return BEL_OK;
	}
	return BEL_ERR_NOT_FOUND;
}

static bool may_answer(void *user, const bel_addr *addr, size_t request_bytes,
		       size_t answer_bytes)
{
	struct bench *bench = user;

	(void)addr;
	/* REALM of one byte: what a challenge adds to what asked for it. */
	require(request_bytes == bench->asking.len && answer_bytes <= 112);
	return true;
}

static uint64_t wall_s(void *user)
{
	(void)user;
	return 1700000000;
}

static enum bel_err open_relay(void *user, bel_addr *out, const bel_turn_relay *ids,
			       uint8_t family, enum bel_turn_parity parity)
{
	struct bench *bench = user;
	unsigned count = parity == BEL_TURN_PORT_PAIR ? 2 : 1;

	require(bench->asking.len && (family == 4 || family == 6));
	if (bench->opened_count + count > OPENED_MAX || bench->opened_count % 7 == 6)
		return bench->opened_count % 2 ? BEL_ERR_BUSY : BEL_ERR_UNSUPPORTED;
	for (unsigned i = 0; i < count; i++) {
		struct opened *opened = &bench->opened[bench->opened_count++];
		*opened = (struct opened){
			.id = ids[i], .addr = own, .user = bench->user, .is_open = true
		};
		opened->addr.port = (uint16_t)(50000 + bench->opened_count * 2 + i);
		if (family == 6)
			opened->addr = (bel_addr){ .ip = { 0x2a, 9 },
						   .family = 6,
						   .port = opened->addr.port };
		out[i] = opened->addr;
	}
	return BEL_OK;
}

static void close_relay(void *user, bel_turn_relay id)
{
	struct opened *opened = find_opened(user, id);

	require(opened != NULL);
	opened->is_open = false;
}

static void keep(char *to, size_t *len, const struct bel_stun_msg *msg,
		 enum bel_stun_attr attr)
{
	bel_str value;

	if (!bel_stun_find(&value, msg, attr))
		return;
	require(value.len <= 64);
	memcpy(to, value.ptr, value.len);
	*len = value.len;
}

static void on_answer(struct bench *bench, const struct bel_turn_tuple *to,
		      const struct bel_stun_msg *msg)
{
	unsigned index = to->client.port, code = 0;

	require(++bench->answers == 1 && bench->from);
	require(bel_addr_is_equal(&to->client, &bench->from->client));
	require(bel_str_is_equal(msg->transaction, bel_str_slice(bench->asking, 8, 20)));
	bench->has_succeeded = msg->class == BEL_STUN_SUCCESS;
	require(bench->has_succeeded ||
		bel_stun_find_error(&code, msg, BEL_STUN_ERROR_CODE));
	keep(bench->nonces[index], &bench->nonce_lens[index], msg, BEL_STUN_NONCE);
	keep(bench->tickets[bench->user], &bench->ticket_lens[bench->user], msg,
	     BEL_STUN_MOBILITY_TICKET);
	bel_stun_find_u64(&bench->token, msg, BEL_STUN_RESERVATION_TOKEN);
}

static void send_client(void *user, const struct bel_turn_tuple *to,
			const bel_str *pieces, unsigned count)
{
	static char bytes[UINT16_MAX + 64];
	struct bel_writer writer = bel_writer_init(bytes, sizeof bytes);
	struct bench *bench = user;
	struct bel_stun_msg msg;

	for (unsigned i = 0; i < count; i++)
		bel_write_str(&writer, pieces[i]);
	require(to->client.port < SOURCES && bel_writer_check(&writer) == BEL_OK);
	bel_str sent = bel_writer_str(&writer);
	if (bel_turn_is_channel_data(sent)) {
		require(!bench->asking.len);
		return;
	}
	require(bel_stun_parse(&msg, sent) == BEL_OK && !msg.is_malformed);
	if (msg.class == BEL_STUN_INDICATION)
		require(!bench->asking.len && msg.method == BEL_STUN_DATA);
	else
		on_answer(bench, to, &msg);
}

static void count_bytes(struct bench *bench, unsigned user, size_t bytes)
{
	uint64_t elapsed_ms = bench->now_ms - bench->start_ms;

	bench->passed_bytes[user] += bytes;
	require(bench->passed_bytes[user] <=
		USER_BYTES_PER_S + elapsed_ms * USER_BYTES_PER_S / 1000);
}

static void send_peer(void *user, bel_turn_relay id, const bel_addr *peer, bel_str data,
		      bool is_unfragmented)
{
	struct bench *bench = user;
	struct opened *opened = find_opened(bench, id);

	(void)is_unfragmented;
	require(opened && bench->asking.len);
	require(opened->addr.family == peer->family && !is_denied(bench, peer));
	require(is_granted(bench, opened->user, peer));
	count_bytes(bench, opened->user, data.len);
}

static const struct bel_turn_server_port port = {
	.find_key = find_key,
	.may_answer = may_answer,
	.wall_s = wall_s,
	.open_relay = open_relay,
	.close_relay = close_relay,
	.send_client = send_client,
	.send_peer = send_peer,
};

/* ---- the steps ---- */

static void receive(struct bench *bench, const struct bel_turn_tuple *from, bel_str bytes)
{
	/* A block of its size: one byte too far is seen. */
	char *exact = malloc(bytes.len ? bytes.len : 1);

	require(exact != NULL);
	if (bytes.len)
		memcpy(exact, bytes.ptr, bytes.len);
	bench->asking = (bel_str){ exact, bytes.len };
	bench->from = from;
	bench->answers = 0;
	bench->has_succeeded = false;
	bel_turn_server_receive(bench->server, from, bench->asking, bench->now_ms);
	bench->asking = BEL_STR_NONE;
	free(exact);
}

static void send_raw(struct bench *bench, const struct bel_turn_tuple *from)
{
	bel_str bytes = BEL_STR_NONE;
	size_t len = draw(bench);

	if (len > bel_cursor_left(&bench->input))
		len = bel_cursor_left(&bench->input);
	bel_cursor_bytes(&bytes, &bench->input, len);
	receive(bench, from, bytes);
}

static void write_attr(struct bench *bench, struct bel_writer *request, bel_addr *peers,
		       unsigned *peers_count)
{
	uint8_t choice = draw(bench);

	switch (choice % 10) {
	case 0:
		bel_stun_write_u32(request, BEL_STUN_LIFETIME, choice / 10 * 100u);
		break;
	case 1:
		bel_stun_write_u32(request, BEL_STUN_REQUESTED_ADDRESS_FAMILY,
				   (uint32_t)(1 + choice / 10 % 3) << 24);
		break;
	case 2:
		bel_stun_write_u32(request, BEL_STUN_ADDITIONAL_ADDRESS_FAMILY, 2u << 24);
		break;
	case 3:
		bel_stun_write_bytes(request, BEL_STUN_EVEN_PORT,
				     choice & 16 ? BEL_STR("\x80") : BEL_STR("\0"));
		break;
	case 4:
		bel_stun_write_u64(request, BEL_STUN_RESERVATION_TOKEN, bench->token);
		break;
	case 5:
		bel_stun_write_u32(request, BEL_STUN_CHANNEL_NUMBER,
				   (uint32_t)(0x4000 + choice / 10) << 16);
		break;
	case 6:
		bel_stun_write_bytes(
			request, BEL_STUN_MOBILITY_TICKET,
			choice & 16 ? BEL_STR_NONE
				    : (bel_str){ bench->tickets[bench->user],
						 bench->ticket_lens[bench->user] });
		break;
	case 7:
		bel_stun_write_bytes(request, choice & 16 ? BEL_STUN_DONT_FRAGMENT : 0x7f,
				     BEL_STR_NONE);
		break;
	default:
		if (*peers_count == 4)
			break;
		peers[*peers_count] = draw_peer(bench);
		bel_stun_write_addr(request, BEL_STUN_XOR_PEER_ADDRESS,
				    &peers[(*peers_count)++]);
	}
}

static void grant(struct bench *bench, const bel_addr *peer)
{
	require(bench->grants_count < GRANTS_MAX);
	bench->grants[bench->grants_count++] = (struct grant){
		.user = bench->user,
		.peer = *peer,
		.expires_ms = bench->now_ms + PERMISSION_MS,
	};
}

static void write_name(const struct bench *bench, struct bel_writer *request)
{
	char hash[BEL_STUN_USERHASH_BYTES];

	memset(hash, bench->user ? 'b' : 'a', sizeof hash);
	if (bench->says_hash)
		bel_stun_write_bytes(request, BEL_STUN_USERHASH,
				     (bel_str){ hash, sizeof hash });
	else
		bel_stun_write_bytes(request, BEL_STUN_USERNAME, (bel_str){ hash, 1 });
}

/* Who: bit 0 the user, bit 1 whether his key is wrong. How: how many attributes. */
static void ask(struct bench *bench, const struct bel_turn_tuple *from)
{
	static const enum bel_stun_method methods[] = {
		BEL_STUN_ALLOCATE,     BEL_STUN_REFRESH, BEL_STUN_CREATE_PERMISSION,
		BEL_STUN_CHANNEL_BIND, BEL_STUN_BINDING, BEL_STUN_SEND,
	};
	uint8_t choice = draw(bench), who = draw(bench);
	enum bel_stun_method method = methods[choice % BEL_COUNT_OF(methods)];
	unsigned peers_count = 0, index = from->client.port;
	char buf[1024], id[BEL_STUN_TRANSACTION_BYTES] = { 0 };
	struct bel_writer request = bel_writer_init(buf, sizeof buf);
	struct bel_writer transaction = bel_writer_init(id, sizeof id);
	bel_addr peers[4];

	bench->user = who & 1;
	if (who & 4 || bench->transactions == 0)
		bench->transactions++;
	bel_write_be32(&transaction, bench->transactions);
	bel_stun_write_header(&request, BEL_STUN_REQUEST, method,
			      (bel_str){ id, sizeof id });
	if (method == BEL_STUN_ALLOCATE && !(who & 8))
		bel_stun_write_u32(&request, BEL_STUN_REQUESTED_TRANSPORT, 17u << 24);
	for (unsigned i = choice / 6 % 6; i > 0; i--)
		write_attr(bench, &request, peers, &peers_count);
	write_name(bench, &request);
	bel_stun_write_bytes(&request, BEL_STUN_REALM, BEL_STR("r"));
	bel_stun_write_bytes(
		&request, BEL_STUN_NONCE,
		bench->nonce_lens[index]
			? (bel_str){ bench->nonces[index], bench->nonce_lens[index] }
			: BEL_STR("none"));
	const char key = (char)(who & 2 ? 9 : bench->user);
	bel_stun_write_integrity(&request, bench->crypto, BEL_STUN_MESSAGE_INTEGRITY,
				 (bel_str){ &key, 1 });
	if (who & 16)
		bel_stun_write_fingerprint(&request);
	require(bel_writer_check(&request) == BEL_OK);
	unsigned relays = bench->opened_count;
	receive(bench, from, bel_writer_str(&request));
	/* Without the right key nothing happens. */
	require(!(who & 2) || method == BEL_STUN_BINDING ||
		(!bench->has_succeeded && bench->opened_count == relays));
	if (!bench->has_succeeded ||
	    (method != BEL_STUN_CREATE_PERMISSION && method != BEL_STUN_CHANNEL_BIND))
		return;
	/* Only the first address of a ChannelBind counts. */
	for (unsigned i = 0; i < (method == BEL_STUN_CHANNEL_BIND ? 1 : peers_count); i++)
		grant(bench, &peers[i]);
}

static void say(struct bench *bench, const struct bel_turn_tuple *from)
{
	static const char payload[4096];
	bel_addr peer = draw_peer(bench);
	size_t len = (size_t)draw(bench) * 16;
	char buf[sizeof payload + 64];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	bel_stun_write_header(&writer, BEL_STUN_INDICATION, BEL_STUN_SEND,
			      BEL_STR("abcdefghijkl"));
	bel_stun_write_addr(&writer, BEL_STUN_XOR_PEER_ADDRESS, &peer);
	bel_stun_write_bytes(&writer, BEL_STUN_DATA_VALUE, (bel_str){ payload, len });
	receive(bench, from, bel_writer_str(&writer));
	require(bench->answers == 0);
}

static void say_by_channel(struct bench *bench, const struct bel_turn_tuple *from)
{
	static const char payload[4096];
	uint16_t number = (uint16_t)(0x4000 + draw(bench) % 26);
	uint16_t len = (uint16_t)(draw(bench) * 16);
	char buf[sizeof payload + 8];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	bel_write_be16(&writer, number);
	bel_write_be16(&writer, len);
	bel_write_str(&writer, (bel_str){ payload, len });
	receive(bench, from, bel_writer_str(&writer));
	require(bench->answers == 0);
}

static void hear(struct bench *bench, bool is_icmp)
{
	static const char payload[4096];
	uint8_t choice = draw(bench);
	bel_addr peer = draw_peer(bench);
	size_t len = (size_t)draw(bench) * 16;
	const struct opened *opened;
	const struct bel_turn_counters *counters = bel_turn_server_counters(
		bench->server);
	uint64_t before = counters->bytes_to_clients;

	if (bench->opened_count == 0)
		return;
	opened = &bench->opened[choice % bench->opened_count];
	if (is_icmp)
		bel_turn_server_on_icmp(bench->server, opened->id, &peer, choice & 15, 4,
					1400, bench->now_ms);
	else
		bel_turn_server_on_peer(bench->server, opened->id, &peer,
					(bel_str){ payload, len }, bench->now_ms);
	uint64_t heard = counters->bytes_to_clients - before;
	require(heard == 0 ||
		(opened->is_open && is_granted(bench, opened->user, &peer) &&
		 !is_denied(bench, &peer)));
	count_bytes(bench, opened->user, heard);
}

static void wait(struct bench *bench)
{
	uint8_t choice = draw(bench);

	bench->now_ms += (uint64_t)(choice & 63) * (choice & 64 ? 20 : 1) *
			 (choice & 128 ? 500 : 1);
	bel_turn_server_advance(bench->server, bench->now_ms);
}

static void check(const struct bench *bench)
{
	const struct bel_turn_counters *counters = bel_turn_server_counters(
		bench->server);
	unsigned of_user[USERS] = { 0 }, all = 0;

	for (unsigned i = 0; i < bench->opened_count; i++) {
		all += bench->opened[i].is_open;
		of_user[bench->opened[i].user] += bench->opened[i].is_open;
	}
	require(all == counters->relays && all <= RELAYS_MAX);
	require(counters->allocations <= all && counters->accounts <= USERS);
	for (unsigned i = 0; i < USERS; i++)
		require(of_user[i] <= USER_RELAYS_MAX);
	require(counters->memory_bytes <=
		MEMORY_FIRST + (uint64_t)MEMORY_PER_RELAY * all);
}

static void step(struct bench *bench)
{
	uint8_t choice = draw(bench);
	struct bel_turn_tuple from = source(choice / 8 % SOURCES);

	switch (choice % 8) {
	case 0:
		send_raw(bench, &from);
		break;
	case 1:
	case 2:
		ask(bench, &from);
		break;
	case 3:
		say(bench, &from);
		break;
	case 4:
		say_by_channel(bench, &from);
		break;
	case 5:
		hear(bench, choice & 128);
		break;
	case 6:
		wait(bench);
		break;
	default:
		if (from.transport == BEL_TURN_TCP)
			bel_turn_server_on_closed(bench->server, &from, bench->now_ms);
	}
	check(bench);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct bench bench;
	struct bel_turn_server_opts opts = {
		.port = &port,
		.user = &bench,
		.realm = BEL_STR("r"),
		.own = &own,
		.own_count = 1,
		.relays_max = RELAYS_MAX,
		.user_relays_max = USER_RELAYS_MAX,
		.user_bytes_per_s = USER_BYTES_PER_S,
	};

	bench = (struct bench){
		.input = bel_cursor_init((bel_str){ (const char *)data, size }),
		.now_ms = 1000 * 1000,
		.start_ms = 1000 * 1000,
	};
	uint8_t choice = draw(&bench);
	opts.has_mobility = choice & 1;
	opts.can_dont_fragment = choice & 2;
	opts.is_md5_only = choice & 4;
	opts.wants_userhash = choice & 8;
	bench.says_hash = choice & 16;
	require(bel_crypto_open(&bench.crypto) == BEL_OK);
	opts.crypto = bench.crypto;
	require(bel_turn_server_open(&bench.server, &opts, bench.now_ms) == BEL_OK);
	for (unsigned i = 0; i < STEPS_MAX && !bel_cursor_is_end(&bench.input); i++)
		step(&bench);
	bel_turn_server_close(bench.server);
	for (unsigned i = 0; i < bench.opened_count; i++)
		require(!bench.opened[i].is_open);
	bel_crypto_close(bench.crypto);
	return 0;
}
