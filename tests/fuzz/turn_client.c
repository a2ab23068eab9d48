/* SPDX-License-Identifier: Apache-2.0
 * Bytes play the server, the user and time against a TURN client. The first byte chooses
 * its options; then each step is an operation and what it needs. Answers are signed here
 * with the right key, with a wrong one or not at all. Whatever happens: all that the
 * client sends is well formed and its requests are those of its state; nothing is sent or
 * said after its end, which comes once; no data goes to, and none is taken from, a peer
 * that was not asked for; time always makes it end. */
#include <stdlib.h>
#include "turn/turn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STEPS_MAX = 300, REQUESTS = 8, HOSTS = 8, PERMISSION_MS = 300 * 1000 };

struct request {
	enum bel_stun_method method;
	char id[BEL_STUN_TRANSACTION_BYTES];
	bool is_sha256; /* its key is */
	bool has_login;
	bel_addr peer;
};

struct bench {
	struct bel_turn_client *client;
	struct bel_crypto *crypto;
	struct bel_cursor input;
	uint64_t now_ms;
	struct request requests[REQUESTS]; /* the last ones */
	unsigned requests_count;
	bool has_asked[HOSTS];
	uint64_t granted_ms[HOSTS]; /* when a permission was last granted, 0: never */
	unsigned open_count, end_count, sends_in_step, reopens_count;
	uint8_t randoms;
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

static bel_addr host(unsigned index, uint16_t peer_port)
{
	if (index % 4 != 3)
		return bel_addr_v4(20, 1, 1, (uint8_t)(index % HOSTS), peer_port);
	return (bel_addr){ .ip = { 0x2a, 1, [15] = (uint8_t)(index % HOSTS) },
			   .family = 6,
			   .port = peer_port };
}

/* The number of one of ours, from its last byte. */
static unsigned host_of(const bel_addr *addr)
{
	bel_addr ours = host(addr->ip[15], addr->port);

	require(addr->ip[15] < HOSTS && bel_addr_is_equal(&ours, addr));
	return addr->ip[15];
}

/* ---- the client's surroundings ---- */

static void keep_request(struct bench *bench, const struct bel_stun_msg *msg)
{
	struct request *request = &bench->requests[bench->requests_count++ % REQUESTS];
	enum bel_stun_algorithm algorithm = BEL_STUN_MD5;

	require(msg->method == BEL_STUN_ALLOCATE || msg->method == BEL_STUN_REFRESH ||
		bench->open_count);
	bel_stun_find_algorithm(&algorithm, msg, BEL_STUN_PASSWORD_ALGORITHM);
	*request = (struct request){ .method = msg->method,
				     .is_sha256 = algorithm == BEL_STUN_SHA256,
				     .has_login = bel_stun_has(msg, BEL_STUN_NONCE) };
	memcpy(request->id, msg->transaction.ptr, sizeof request->id);
	if (bel_stun_find_addr(&request->peer, msg, BEL_STUN_XOR_PEER_ADDRESS))
		require(bench->has_asked[host_of(&request->peer)]);
	/* Both or none of them. */
	require((bel_stun_has(msg, BEL_STUN_USERNAME) ||
		 bel_stun_has(msg, BEL_STUN_USERHASH)) ==
		(bel_stun_has(msg, BEL_STUN_MESSAGE_INTEGRITY) ||
		 bel_stun_has(msg, BEL_STUN_MESSAGE_INTEGRITY_SHA256)));
}

static void require_granted(const struct bench *bench, const bel_addr *peer)
{
	uint64_t granted_ms = bench->granted_ms[host_of(peer)];

	require(granted_ms && bench->now_ms < granted_ms + PERMISSION_MS);
}

static void send_server(void *user, const bel_str *pieces, unsigned count)
{
	char bytes[4096];
	struct bel_writer writer = bel_writer_init(bytes, sizeof bytes);
	struct bench *bench = user;
	struct bel_stun_msg msg;
	bel_addr peer;

	for (unsigned i = 0; i < count; i++)
		bel_write_str(&writer, pieces[i]);
	require(bel_writer_check(&writer) == BEL_OK && !bench->end_count);
	require(++bench->sends_in_step <= 2 * BEL_TURN_CLIENT_PEERS_MAX);
	if (bel_turn_is_channel_data(bel_writer_str(&writer)))
		return;
	require(bel_stun_parse(&msg, bel_writer_str(&writer)) == BEL_OK);
	require(!msg.is_malformed && msg.unknown_count == 0);
	if (msg.class == BEL_STUN_REQUEST) {
		keep_request(bench, &msg);
		return;
	}
	require(msg.class == BEL_STUN_INDICATION && msg.method == BEL_STUN_SEND);
	require(bel_stun_find_addr(&peer, &msg, BEL_STUN_XOR_PEER_ADDRESS));
	require_granted(bench, &peer);
}

static void make_random(void *user, void *out, size_t len)
{
	struct bench *bench = user;

	memset(out, 0x33, len);
	((uint8_t *)out)[0] = ++bench->randoms;
}

static enum bel_err reopen(void *user, const bel_addr *server)
{
	struct bench *bench = user;

	/* Two more ports, and one other server. */
	require(++bench->reopens_count <= 3 && server->family == 4 && !bench->open_count);
	return BEL_OK;
}

static void on_open(void *user)
{
	struct bench *bench = user;

	require(++bench->open_count == 1 && !bench->end_count);
	require(bel_turn_client_relayed(bench->client, 4) ||
		bel_turn_client_relayed(bench->client, 6));
}

static void on_granted(void *user, const bel_addr *peer, enum bel_err err, unsigned code)
{
	struct bench *bench = user;

	(void)code;
	require(bench->open_count == 1 && !bench->end_count);
	require(bench->has_asked[host_of(peer)]);
	if (!err)
		require_granted(bench, peer);
}

static void on_data(void *user, const bel_addr *peer, bel_str data)
{
	struct bench *bench = user;

	(void)data;
	require(bench->open_count == 1 && !bench->end_count && peer->ip[15] < HOSTS);
	require(bench->has_asked[peer->ip[15]]);
}

static void on_icmp(void *user, const bel_addr *peer, uint8_t type, uint8_t code,
		    uint32_t mtu)
{
	(void)type;
	(void)code;
	(void)mtu;
	on_data(user, peer, BEL_STR_NONE);
}

static void on_end(void *user, enum bel_err err, unsigned code)
{
	struct bench *bench = user;

	(void)err;
	(void)code;
	require(++bench->end_count == 1);
}

static const struct bel_turn_client_port port = {
	.send = send_server,
	.random = make_random,
	.reopen = reopen,
	.on_open = on_open,
	.on_granted = on_granted,
	.on_data = on_data,
	.on_icmp = on_icmp,
	.on_end = on_end,
};

/* ---- the steps ---- */

static void receive(struct bench *bench, bel_str bytes)
{
	char *exact = malloc(bytes.len ? bytes.len : 1);

	require(exact != NULL);
	if (bytes.len)
		memcpy(exact, bytes.ptr, bytes.len);
	bel_turn_client_receive(bench->client, (bel_str){ exact, bytes.len },
				bench->now_ms);
	free(exact);
}

static void write_attr(struct bench *bench, struct bel_writer *answer)
{
	static const enum bel_stun_algorithm both[] = { BEL_STUN_SHA256, BEL_STUN_MD5 };
	uint8_t choice = draw(bench);
	bel_addr addr = host(choice >> 4, 9);
	char cookie[32];
	struct bel_writer nonce = bel_writer_init(cookie, sizeof cookie);

	switch (choice % 8) {
	case 0:
		bel_stun_write_addr(answer, BEL_STUN_XOR_RELAYED_ADDRESS, &addr);
		break;
	case 1:
		bel_stun_write_addr(answer, BEL_STUN_XOR_MAPPED_ADDRESS, &addr);
		break;
	case 2:
		bel_stun_write_u32(answer, BEL_STUN_LIFETIME,
				   (uint32_t)(choice >> 3) * 60);
		break;
	case 3:
		bel_stun_write_bytes(answer, BEL_STUN_REALM, BEL_STR("r"));
		break;
	case 4:
		if (choice & 8)
			bel_stun_write_cookie(&nonce, (uint32_t)choice << 18);
		bel_write_lit(&nonce, "nonce");
		bel_stun_write_bytes(answer, BEL_STUN_NONCE, bel_writer_str(&nonce));
		break;
	case 5:
		bel_stun_write_algorithms(answer, BEL_STUN_PASSWORD_ALGORITHMS,
					  both + (choice & 8 ? 1 : 0), 1);
		break;
	case 6:
		bel_stun_write_addr(answer, BEL_STUN_ALTERNATE_SERVER, &addr);
		break;
	default:
		bel_stun_write_bytes(answer, choice & 8 ? 0x7f : BEL_STUN_SOFTWARE,
				     BEL_STR("x"));
	}
}

static void sign(struct bench *bench, struct bel_writer *answer, bool is_sha256,
		 unsigned how)
{
	struct bel_stun_key key;

	if (how == 0)
		return;
	require(bel_stun_key_init(
			&key, bench->crypto, is_sha256 ? BEL_STUN_SHA256 : BEL_STUN_MD5,
			BEL_STR("alice"), BEL_STR("r"),
			how == 1 ? BEL_STR("guess") : BEL_STR("wonder")) == BEL_OK);
	bel_stun_write_integrity(answer, bench->crypto,
				 is_sha256 ? BEL_STUN_MESSAGE_INTEGRITY_SHA256
					   : BEL_STUN_MESSAGE_INTEGRITY,
				 bel_stun_key_str(&key));
}

/* Which request: three bits; how signed: two; how many attributes: three. */
static void answer(struct bench *bench)
{
	static const unsigned codes[] = {
		0, 0, 0, 401, 438, 300, 437, 403, 508, 400, 486
	};
	uint8_t choice = draw(bench), what = draw(bench);
	unsigned code = codes[what % BEL_COUNT_OF(codes)];
	const struct request request = bench->requests[choice % REQUESTS];
	char buf[2048];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	if (request.method == 0)
		return;
	bel_stun_write_header(&writer, code ? BEL_STUN_ERROR : BEL_STUN_SUCCESS,
			      request.method, (bel_str){ request.id, sizeof request.id });
	if (code)
		bel_stun_write_error(&writer, code, BEL_STR_NONE);
	for (unsigned i = choice >> 5; i > 0; i--)
		write_attr(bench, &writer);
	sign(bench, &writer, request.is_sha256, choice >> 3 & 3);
	require(bel_writer_check(&writer) == BEL_OK);
	/* Only what is signed grants anything, where there is something to sign with. */
	if (code == 0 && request.peer.family &&
	    (!request.has_login || (choice >> 3 & 3) >= 2))
		bench->granted_ms[host_of(&request.peer)] = bench->now_ms;
	receive(bench, bel_writer_str(&writer));
}

static void send_raw(struct bench *bench)
{
	bel_str bytes = BEL_STR_NONE;
	size_t len = draw(bench);

	if (len > bel_cursor_left(&bench->input))
		len = bel_cursor_left(&bench->input);
	bel_cursor_bytes(&bytes, &bench->input, len);
	receive(bench, bytes);
}

static void send_data(struct bench *bench, uint8_t choice)
{
	char buf[128];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	bel_addr peer = host(choice, 4000);

	if (choice & 128) {
		bel_write_be16(&writer, (uint16_t)(0x4000 + (choice & 7)));
		bel_write_be16(&writer, choice >> 3 & 7);
		bel_write_lit(&writer, "data");
	} else {
		bel_stun_write_header(&writer, BEL_STUN_INDICATION, BEL_STUN_DATA,
				      BEL_STR("abcdefghijkl"));
		bel_stun_write_addr(&writer, BEL_STUN_XOR_PEER_ADDRESS, &peer);
		if (choice & 64)
			bel_stun_write_bytes(&writer, BEL_STUN_DATA_VALUE,
					     BEL_STR("data"));
		if (choice & 32)
			bel_stun_write_u64(&writer, BEL_STUN_ICMP, choice);
	}
	receive(bench, bel_writer_str(&writer));
}

static void permit(struct bench *bench, uint8_t choice)
{
	bel_addr peer = host(choice, choice & 64 ? 4000 : 5000);
	bool was_asked = bench->has_asked[choice % HOSTS];

	bench->has_asked[choice % HOSTS] = true;
	if (bel_turn_client_permit(bench->client, &peer, choice & 128, bench->now_ms))
		bench->has_asked[choice % HOSTS] = was_asked;
}

static void say(struct bench *bench, uint8_t choice)
{
	bel_addr peer = host(choice, choice & 64 ? 4000 : 5000);

	if (bel_turn_client_send(bench->client, &peer, BEL_STR("data"), bench->now_ms) ==
	    BEL_OK)
		require_granted(bench, &peer);
}

static void change(struct bench *bench, uint8_t choice)
{
	bel_addr peer = host(choice >> 3, choice & 4 ? 4000 : 5000);

	if (choice % 4 < 2)
		bel_turn_client_forbid(bench->client, &peer);
	else if (choice == 2)
		bel_turn_client_stop(bench->client, bench->now_ms);
	else if (choice == 3)
		bel_turn_client_on_closed(bench->client, bench->now_ms);
}

static void step(struct bench *bench)
{
	uint8_t op = draw(bench);

	bench->sends_in_step = 0;
	switch (op % 8) {
	case 0:
		send_raw(bench);
		break;
	case 1:
	case 2:
		answer(bench);
		break;
	case 3:
		send_data(bench, draw(bench));
		break;
	case 4:
		bench->now_ms += (uint64_t)draw(bench) * (op & 8 ? 1000 : 20);
		bel_turn_client_advance(bench->client, bench->now_ms);
		break;
	case 5:
		permit(bench, draw(bench));
		break;
	case 6:
		say(bench, draw(bench));
		break;
	default:
		change(bench, draw(bench));
	}
}

/* Without answers it ends, by its own times alone: every one of them is a step ahead. */
static void let_end(struct bench *bench)
{
	bel_turn_client_stop(bench->client, bench->now_ms);
	for (unsigned i = 0; !bench->end_count; i++) {
		uint64_t next_ms = bel_turn_client_next_ms(bench->client);
		require(i < 10 && next_ms != UINT64_MAX);
		if (next_ms > bench->now_ms)
			bench->now_ms = next_ms;
		bench->sends_in_step = 0;
		bel_turn_client_advance(bench->client, bench->now_ms);
	}
	require(bel_turn_client_next_ms(bench->client) == UINT64_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct bench bench;
	struct bel_turn_client_opts opts = {
		.port = &port,
		.user = &bench,
		.server = bel_addr_v4(192, 0, 2, 1, 3478),
		.username = BEL_STR("alice"),
		.password = BEL_STR("wonder"),
	};

	bench = (struct bench){
		.input = bel_cursor_init((bel_str){ (const char *)data, size }),
		.now_ms = 1000 * 1000,
	};
	uint8_t choice = draw(&bench);
	opts.transport = choice & 1 ? BEL_TURN_TCP : BEL_TURN_UDP;
	opts.is_dual = choice & 2;
	opts.family = choice & 4 ? 6 : 4;
	opts.lifetime_s = choice & 8 ? 1200 : 0;
	require(bel_crypto_open(&bench.crypto) == BEL_OK);
	opts.crypto = bench.crypto;
	require(bel_turn_client_open(&bench.client, &opts, bench.now_ms) == BEL_OK);
	for (unsigned i = 0; i < STEPS_MAX && !bel_cursor_is_end(&bench.input); i++)
		step(&bench);
	let_end(&bench);
	bel_turn_client_close(bench.client);
	bel_crypto_close(bench.crypto);
	return 0;
}
