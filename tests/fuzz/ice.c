/* SPDX-License-Identifier: Apache-2.0
 * An agent to whom the bytes say what comes: candidates of the peer, checks and answers
 * that are signed or not, repeated, cut or changed, and how time goes. */
#include "ice/ice.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is_true)
{
	if (!is_true)
		__builtin_trap();
}

enum { SENT_BYTES = 700, STEPS_MAX = 400 };

struct bench {
	struct bel_crypto *crypto;
	struct bel_ice *ice;
	uint64_t now_ms, seed;
	char sent[SENT_BYTES];
	size_t sent_len;
	bel_addr sent_to, sent_from;
	unsigned sends;
};

static const bel_str ufrag = { "peer", 4 };
static const bel_str pwd = { "apasswordof22charsabcd", 22 };

static void send_out(void *user, const struct bel_ice_candidate *from, const bel_addr *to,
		     bel_str datagram)
{
	struct bench *bench = user;

	check(datagram.len <= SENT_BYTES && to->family && from->component);
	memcpy(bench->sent, datagram.ptr, datagram.len);
	bench->sent_len = datagram.len;
	bench->sent_to = *to;
	bench->sent_from = from->base;
	bench->sends++;
}

static void make_random(void *user, void *out, size_t len)
{
	struct bench *bench = user;

	for (size_t i = 0; i < len; i++) {
		bench->seed = bench->seed * 6364136223846793005u + 1;
		((uint8_t *)out)[i] = (uint8_t)(bench->seed >> 56);
	}
}

static void on_way(void *user, unsigned component)
{
	struct bench *bench = user;
	struct bel_ice_candidate from, to;

	if (bel_ice_way(&from, &to, bench->ice, component))
		check(from.component == component && to.component == component);
}

static void on_state(void *user, enum bel_ice_state state)
{
	(void)user;
	check(state < BEL_ICE_STATES);
}

static const struct bel_ice_port port = { send_out, make_random, on_way, on_state };

static bel_addr addr_of(uint8_t byte)
{
	return bel_addr_v4(20, 0, byte >> 4, byte & 15, (uint16_t)(1000 + byte % 7));
}

static void give(struct bench *bench, bel_str bytes, uint8_t from_byte)
{
	bel_addr from = from_byte % 4 ? bench->sent_to : addr_of(from_byte);
	bel_addr base = from_byte % 8 == 5 ? addr_of(from_byte) : bench->sent_from;
	struct bel_stun_msg msg;

	if (bel_stun_parse(&msg, bytes) == BEL_OK)
		bel_ice_receive(bench->ice, &base, &from, &msg, bench->now_ms);
}

/* The answer to what was sent last, as a good peer gives it, or a refusal. */
static void answer(struct bench *bench, uint8_t kind, uint8_t from)
{
	static const unsigned codes[] = { 0, 0, 0, 487, 400, 401, 420, 500 };
	char buf[SENT_BYTES];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	struct bel_stun_msg msg;

	if (bel_stun_parse(&msg, (bel_str){ bench->sent, bench->sent_len }) ||
	    bel_ice_check_answer(&writer, bench->crypto, &msg, pwd, codes[kind % 8],
				 &bench->sent_from))
		return;
	if (kind & 64)
		buf[kind % writer.len] ^= 1;
	give(bench, bel_writer_str(&writer), from);
}

static void ask(struct bench *bench, uint8_t kind, uint8_t from)
{
	struct bel_ice_check asked = { .ufrag = ufrag,
				       .priority = 1u + kind * 1000u,
				       .is_controlling = kind & 1,
				       .tie_breaker = (uint64_t)kind << 56,
				       .nominates = kind & 2 };
	char buf[BEL_ICE_CHECK_BYTES_MAX];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	if (kind & 4)
		asked.ufrag = BEL_STR("someone");
	check(bel_ice_check_write(&writer, bench->crypto, BEL_STR("transaction."),
				  bel_ice_ufrag(bench->ice), bel_ice_pwd(bench->ice),
				  &asked) == BEL_OK);
	if (kind & 64)
		buf[kind % writer.len] ^= 1;
	give(bench, bel_writer_str(&writer), from);
}

static void add(struct bench *bench, uint8_t kind, uint8_t byte)
{
	struct bel_ice_candidate candidate = { .type = kind % BEL_ICE_TYPES,
					       .component = 1 + (kind >> 2) % 3,
					       .priority = 1u + byte,
					       .addr = addr_of(byte) };

	candidate.foundation[0] = (char)('a' + kind % 16);
	if (kind & 128) {
		candidate.base = candidate.type == BEL_ICE_HOST ? candidate.addr
								: bench->sent_from;
		bel_ice_add(bench->ice, &candidate, byte, &candidate.addr, bench->now_ms);
	} else {
		bel_ice_add_remote(bench->ice, &candidate, bench->now_ms);
	}
}

static void step(struct bench *bench, const uint8_t bytes[3])
{
	struct bel_ice_remote remote = { .ufrag = ufrag,
					 .pwd = pwd,
					 .is_lite = bytes[1] & 1 };

	switch (bytes[0] % 8) {
	case 0:
		add(bench, bytes[1], bytes[2]);
		break;
	case 1:
		bel_ice_set_remote(bench->ice, &remote, bench->now_ms);
		break;
	case 2:
		ask(bench, bytes[1], bytes[2]);
		break;
	case 3:
	case 4:
		answer(bench, bytes[1], bytes[2]);
		break;
	case 5:
		bytes[1] & 1 ? bel_ice_end(bench->ice, bench->now_ms)
			     : bel_ice_end_remote(bench->ice, bench->now_ms);
		break;
	default:
		bench->now_ms += bytes[1] * (bytes[2] & 1 ? 1u : 100u);
		break;
	}
	bel_ice_advance(bench->ice, bench->now_ms);
	check(bel_ice_next_ms(bench->ice) > bench->now_ms);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bench bench = { .seed = 7,
			       .sent_from = addr_of(0),
			       .sent_to = addr_of(1) };
	struct bel_ice_opts opts = { .port = &port, .user = &bench, .components = 2 };
	struct bel_ice_candidate host = { .component = 1,
					  .addr = addr_of(0),
					  .base = addr_of(0) };

	if (size < 1 || bel_crypto_open(&bench.crypto))
		return 0;
	opts.crypto = bench.crypto;
	opts.is_controlling = data[0] & 1;
	opts.components = 1 + (data[0] >> 1 & 1u);
	if (bel_ice_open(&bench.ice, &opts) == BEL_OK) {
		bel_ice_add(bench.ice, &host, 65535, NULL, 0);
		for (size_t i = 1; i + 3 <= size && i < 3 * STEPS_MAX; i += 3)
			step(&bench, data + i);
		bel_ice_close(bench.ice);
	}
	bel_crypto_close(bench.crypto);
	return 0;
}
