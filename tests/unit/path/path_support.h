/* SPDX-License-Identifier: Apache-2.0
 * Two paths in a simulated network, behind NATs, with a server between that serves STUN
 * and TURN. */
#ifndef BEL_TESTS_PATH_SUPPORT_H
#define BEL_TESTS_PATH_SUPPORT_H

#include <errno.h>

#include "unit/nat/nat_support.h"

#include "path/path.h"

enum { SDP_BYTES = 4096, ENDS = 2 };

struct end {
	struct world *world;
	int number;
	struct bel_loop *loop;
	struct bel_path *path;
	bool has_gathered, closes_on_packet;
	unsigned ways;
	struct heard {
		unsigned count;
		bel_addr from;
		char last[64];
		size_t len;
	} heard[BEL_PATH_COMPONENTS];
	char sdp[SDP_BYTES];
};

struct world {
	struct post *post;
	struct end ends[ENDS];
	bool has_mux;
	enum bel_turn_transport transport; /* to the TURN server */
	struct bel_tls_context *tls;       /* with TLS */
};

/* ---- ends ---- */

static inline void on_packet(void *user, enum bel_path_component component, char *buf,
			     size_t len, const bel_addr *peer)
{
	struct end *end = user;
	struct heard *heard = &end->heard[component];

	heard->count++;
	heard->from = *peer;
	heard->len = len < sizeof heard->last ? len : sizeof heard->last;
	memcpy(heard->last, buf, heard->len);
	if (!end->closes_on_packet)
		return;
	bel_path_close(end->path);
	end->path = NULL;
}

static inline void on_way(void *user, enum bel_path_component component)
{
	struct end *end = user;

	(void)component;
	end->ways++;
}

static inline void on_gathered(void *user)
{
	((struct end *)user)->has_gathered = true;
}

static const struct bel_path_port port = { on_packet, on_way, on_gathered };

static inline struct bel_path_opts opts_of(struct end *end, bel_addr local)
{
	const struct world *world = end->world;
	bool is_tls = world->transport == BEL_TURN_TLS;

	return (struct bel_path_opts){
		.loop = end->loop,
		.local = local,
		.has_ice = true,
		.offers_ice = true,
		.servers = { .stun = at(1, UDP_PORT),
			     .turn = at(1, is_tls ? TLS_PORT : UDP_PORT),
			     .turn_transport = world->transport,
			     .turn_name = BEL_STR("20.0.0.1"),
			     .turn_tls = world->tls,
			     .turn_user = end->number ? BEL_STR("bob") : BEL_STR("alice"),
			     .turn_password = end->number ? BEL_STR("builder")
							  : BEL_STR("wonder") },
		.port = &port,
		.user = end,
	};
}

static inline bel_addr inside(int number)
{
	return bel_addr_v4(10, 0, 0, (uint8_t)(number + 2), 0);
}

/* outer: of its NAT; those that name the same one are neighbours behind it. */
static inline void open_end(struct world *world, int number, enum bel_sim_nat_kind nat,
			    const bel_addr *outer)
{
	struct end *end = &world->ends[number];
	bel_addr local = nat == BEL_NAT_NONE
				 ? bel_addr_v4(40, 0, 0, (uint8_t)(number + 1), 0)
				 : inside(number);
	struct bel_sim_node *node = bel_sim_node_new(world->post->sim, "end", &local);

	*end = (struct end){ .world = world, .number = number };
	if (nat != BEL_NAT_NONE)
		assert_int_equal(bel_sim_node_nat(node, nat, outer, 0), BEL_OK);
	assert_int_equal(bel_sim_loop(&end->loop, node), BEL_OK);
	struct bel_path_opts opts = opts_of(end, local);
	assert_int_equal(bel_path_open(&end->path, &opts), BEL_OK);
}

static inline struct bel_tls_context *open_client_tls(bool has_verify_off)
{
	struct bel_tls_context *tls;

	assert_int_equal(
		bel_tls_context_new(
			&tls, &(struct bel_tls_opts){ .has_verify_off = has_verify_off },
			NULL),
		BEL_OK);
	return tls;
}

/* transport: to the TURN server. */
static inline void open_world_by(struct world *world, enum bel_turn_transport transport,
				 enum bel_sim_nat_kind first,
				 enum bel_sim_nat_kind second, bool is_shared)
{
	const bel_addr outers[] = { bel_addr_v4(30, 0, 0, 1, 0),
				    bel_addr_v4(30, 0, 0, 2, 0) };

	*world = (struct world){ .post = open_post("", ""),
				 .has_mux = true,
				 .transport = transport };
	if (transport == BEL_TURN_TLS)
		world->tls = open_client_tls(true);
	open_end(world, 0, first, &outers[0]);
	open_end(world, 1, second, &outers[!is_shared]);
}

static inline void open_world(struct world *world, enum bel_sim_nat_kind first,
			      enum bel_sim_nat_kind second, bool is_shared)
{
	open_world_by(world, BEL_TURN_UDP, first, second, is_shared);
}

static inline void close_world(struct world *world)
{
	for (int i = 0; i < ENDS; i++) {
		bel_path_close(world->ends[i].path);
		run_for(world->post, 200);
		bel_loop_close(world->ends[i].loop);
	}
	/* What it held was given back. */
	assert_int_equal(bel_nat_turn_counters(world->post->nat)->allocations, 0);
	bel_tls_context_unref(world->tls);
	close_post(world->post);
}

/* ---- descriptions ---- */

static inline void gather(struct end *end)
{
	assert_int_equal(bel_path_bind(end->path), BEL_OK);
	assert_true(bel_path_is_gathering(end->path));
	run_for(end->world->post, 500);
	assert_true(end->has_gathered);
	assert_false(bel_path_is_gathering(end->path));
}

static inline void write_addr(struct bel_writer *writer, const char *head,
			      const bel_addr *addr)
{
	bel_write_text(writer, head);
	bel_write_lit(writer, "IN IP4 ");
	bel_addr_write_host(writer, addr);
	bel_write_lit(writer, "\r\n");
}

static inline void describe(struct end *end)
{
	struct bel_writer sdp = bel_writer_init(end->sdp, sizeof end->sdp - 1);
	bel_addr rtp = bel_path_address(end->path, BEL_PATH_RTP);
	bel_addr rtcp = bel_path_address(end->path, BEL_PATH_RTCP);

	bel_write_lit(&sdp, "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=audio ");
	bel_write_u64(&sdp, rtp.port);
	bel_write_lit(&sdp, " RTP/AVP 0\r\n");
	write_addr(&sdp, "c=", &rtp);
	if (end->world->has_mux)
		bel_write_lit(&sdp, "a=rtcp-mux\r\n");
	bel_write_lit(&sdp, "a=rtcp:");
	bel_write_u64(&sdp, rtcp.port);
	write_addr(&sdp, " ", &rtcp);
	bel_path_write(&sdp, end->path);
	assert_false(sdp.is_full);
	end->sdp[sdp.len] = '\0';
}

static inline void parse(struct bel_sdp *out, const char *text, struct bel_arena *arena)
{
	struct bel_sdp_refusal why;

	bel_arena_init(arena, NULL, 0, 1 << 20);
	assert_int_equal(bel_sdp_parse(out, bel_str_from(text), arena, &why), BEL_OK);
}

static inline void hear_offer(struct end *end, const char *text)
{
	struct bel_arena arena;
	struct bel_sdp sdp;

	parse(&sdp, text, &arena);
	bel_path_take_offer(end->path, &sdp, 0);
	bel_arena_fini(&arena);
}

static inline void agree(struct end *end, const char *text)
{
	struct bel_arena arena;
	struct bel_sdp sdp;

	parse(&sdp, text, &arena);
	struct bel_path_agreed agreed = { .theirs = &sdp,
					  .has_mux = end->world->has_mux,
					  .remote = bel_sdp_address(&sdp, 0) };
	agreed.remote_rtcp = agreed.remote;
	if (!agreed.has_mux)
		agreed.remote_rtcp.port++;
	bel_path_agree(end->path, &agreed);
	bel_arena_fini(&arena);
}

static inline void exchange(struct end *from, struct end *to)
{
	describe(from);
	hear_offer(to, from->sdp);
	describe(to);
	agree(to, from->sdp);
	agree(from, to->sdp);
}

static inline void connect(struct world *world)
{
	gather(&world->ends[0]);
	gather(&world->ends[1]);
	exchange(&world->ends[0], &world->ends[1]);
	run_for(world->post, 3000);
}

/* ---- packets ---- */

static inline void say(struct end *end, enum bel_path_component component,
		       const char *text)
{
	bel_addr nowhere = bel_addr_v4(99, 9, 9, 9, 9);

	assert_int_equal(
		bel_path_send(end->path, component, &nowhere, bel_str_from(text)),
		BEL_OK);
	run_for(end->world->post, 100);
}

static inline void assert_got_by(struct end *end, enum bel_path_component component,
				 const char *text)
{
	struct heard *heard = &end->heard[component];

	assert_str(((bel_str){ heard->last, heard->len }), text);
	assert_true(bel_path_may_be_from(end->path, component, &heard->from));
}

static inline void assert_talk(struct world *world)
{
	unsigned components = world->has_mux ? 1 : BEL_PATH_COMPONENTS;

	for (unsigned i = 0; i < components; i++)
		for (int end = 0; end < ENDS; end++) {
			/* The first packet by a channel may come before the channel. */
			say(&world->ends[end], (enum bel_path_component)i, "one");
			say(&world->ends[end], (enum bel_path_component)i, "two");
			assert_got_by(&world->ends[1 - end], (enum bel_path_component)i,
				      "two");
		}
}

static inline bool is_by_relay(const struct end *end)
{
	char buf[128];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf - 1);

	bel_path_describe(&writer, end->path);
	buf[writer.len] = '\0';
	return strstr(buf, "relay");
}

static inline bool needs_relay(enum bel_sim_nat_kind a, enum bel_sim_nat_kind b)
{
	return (a == BEL_NAT_SYMMETRIC && b >= BEL_NAT_PORT_RESTRICTED) ||
	       (b == BEL_NAT_SYMMETRIC && a >= BEL_NAT_PORT_RESTRICTED);
}

#endif
