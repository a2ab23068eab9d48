/* SPDX-License-Identifier: Apache-2.0
 * Handshakes that nobody will finish, from ten thousand places, to a port where one is
 * waited for. */
#include <malloc.h>

#include "support/support.h"

#include "support/relayed.h"

enum { SOURCES = 10000, MEMORY_MAX = 1 << 20 };

struct flood {
	struct bel_sim_node *node;
	struct bel_loop *loop;
	char hello[512]; /* a first flight as a client writes it */
	size_t hello_len;
	uint64_t in, out; /* bytes, to the relay and back */
	bel_addr from;
};

static void on_datagrams(void *user, struct bel_udp *udp, struct bel_datagram *datagrams,
			 unsigned count)
{
	struct flood *flood = user;

	(void)udp;
	for (unsigned i = 0; i < count; i++)
		flood->out += datagrams[i].len;
}

static void on_hello(void *user, bel_str datagram)
{
	struct flood *flood = user;

	assert_true(datagram.len <= sizeof flood->hello);
	if (!flood->hello_len)
		memcpy(flood->hello, datagram.ptr, datagram.len);
	if (!flood->hello_len)
		flood->hello_len = datagram.len;
}

static void write_hello(struct flood *flood)
{
	struct bel_dtls_context *context;
	struct bel_dtls *dtls;

	assert_int_equal(bel_dtls_context_self_signed(&context), BEL_OK);
	assert_int_equal(bel_dtls_open(&dtls, context, true, on_hello, flood), BEL_OK);
	assert_int_equal(bel_dtls_start(dtls), BEL_ERR_AGAIN);
	bel_dtls_close(dtls);
	bel_dtls_context_unref(context);
	assert_true(flood->hello_len > 0);
}

/* Each source says one hello and is never heard of again. */
static void throw_all(struct flood *flood, struct relayed *relayed, const bel_addr *to)
{
	for (unsigned i = 0; i < SOURCES; i++) {
		struct bel_udp *udp;
		bel_addr from = flood->from;
		from.port = (uint16_t)(1024 + i);
		assert_int_equal(
			bel_udp_open(&udp, flood->loop,
				     &(struct bel_udp_opts){ .local = from,
							     .on_datagrams = on_datagrams,
							     .user = flood }),
			BEL_OK);
		bel_udp_send(udp, to, NULL, (bel_str){ flood->hello, flood->hello_len });
		flood->in += flood->hello_len;
		relayed_run_ms(relayed, 11);
		bel_udp_close(udp);
	}
}

static void ten_thousand_hellos_cost_little_and_keep_nobody_out(void **state)
{
	struct relayed_how how = { .srtp = { BEL_OFFER_SDES, BEL_OFFER_DTLS } };
	struct relayed *relayed = relayed_open(&how);
	struct flood flood = { .from = bel_addr_v4(66, 6, 6, 6, 0) };
	size_t before, after;
	bel_addr to;

	(void)state;
	flood.node = bel_sim_node_new(relayed->sim, "flood", &flood.from);
	assert_int_equal(bel_sim_loop(&flood.loop, flood.node), BEL_OK);
	write_hello(&flood);
	relayed_connect(relayed);
	to = relayed_leg(relayed, BEL_RELAY_CALLEE).outer;
	before = mallinfo2().uordblks;
	throw_all(&flood, relayed, &to);
	after = mallinfo2().uordblks;
	/* Of which the call itself, which has long begun, is a part. */
	assert_true(after < before + MEMORY_MAX);
	/* Nobody is made to send more than was sent. */
	assert_true(flood.out <= flood.in);
	relayed_run_ms(relayed, 3000);
	assert_true(relayed_hears(relayed, BEL_RELAY_CALLER));
	assert_true(relayed_hears(relayed, BEL_RELAY_CALLEE));
	bel_loop_close(flood.loop);
	relayed_close(relayed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ten_thousand_hellos_cost_little_and_keep_nobody_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
