/* SPDX-License-Identifier: Apache-2.0
 * A phone that has called, or is called, and a peer that says anything. The first byte
 * says how the phone is set; then messages and deeds follow, parted by 0x1e. In a message
 * $T stands for the phone's tag, $C for the Call-ID, $B for the branch of the request
 * heard last and $I for that of its INVITE. A deed is a single letter, see below.
 * Whatever is said, in the end no call, transaction or request is left. */
#include <stdint.h>
#include <stdlib.h>

#include "call/call.h"
#include "io/sim.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	SEPARATOR = 0x1e,
	ITEMS_MAX = 24,
	CALLS_MAX = 4,
	TEXT_BYTES = 256,
	MESSAGE_BYTES = 16 * 1024,
	IS_CALLER = 1,
	ANSWERS = 2,
	IS_LATE = 4,
	HAS_TIMER = 8,
	IS_RELIABLE = 16,
	HAS_NO_MEDIA = 32,
};

struct text {
	char buf[TEXT_BYTES];
	size_t len;
};

struct bench {
	struct bel_sim *sim;
	struct bel_loop *loop, *peer_loop;
	struct bel_udp *peer;
	struct bel_crypto *crypto;
	struct bel_transport *transport;
	struct bel_resolver *resolver;
	struct bel_targets *targets;
	struct bel_tx_table *table;
	struct bel_ua *ua;
	struct bel_calls *calls;
	struct bel_call *alive[CALLS_MAX];
	unsigned alive_count;
	unsigned flags;
	bool is_dialling; /* there is no handle yet */
	struct text tag, call_id, branch, invite_branch;
	struct bel_sip_msg msg;
};

static void require(bool is_true)
{
	if (!is_true)
		abort();
}

/* ---- the phone ---- */

static void on_ended(void *user, struct bel_call *call, const struct bel_call_end *end)
{
	struct bench *bench = user;
	unsigned k = 0;

	require(end->reason.len < TEXT_BYTES);
	for (unsigned i = 0; i < bench->alive_count; i++)
		if (bench->alive[i] != call)
			bench->alive[k++] = bench->alive[i];
	/* It was there, and is told of once. */
	require(k + 1 == bench->alive_count);
	bench->alive_count = k;
}

/* Nothing is told of a call that ended. */
static void check_alive(struct bench *bench, const struct bel_call *call)
{
	bool is_found = bench->is_dialling;

	for (unsigned i = 0; i < bench->alive_count; i++)
		is_found |= bench->alive[i] == call;
	require(is_found);
}

static void on_progress(void *user, struct bel_call *call, uint16_t status,
			bool has_media)
{
	(void)status;
	(void)has_media;
	check_alive(user, call);
}

static void on_answered(void *user, struct bel_call *call)
{
	check_alive(user, call);
}

static void on_modified(void *user, struct bel_call *call, uint16_t status)
{
	(void)status;
	check_alive(user, call);
}

static void on_refer(void *user, struct bel_call *call,
		     const struct bel_call_refer *refer)
{
	check_alive(user, call);
	require(refer->target.len > 0);
}

static void on_message(void *user, struct bel_call *call, struct bel_sip_msg *msg)
{
	(void)msg;
	check_alive(user, call);
}

static const struct bel_call_port port = {
	.on_progress = on_progress,
	.on_answered = on_answered,
	.on_ended = on_ended,
	.on_modified = on_modified,
	.on_message = on_message,
	.on_refer = on_refer,
	.on_transfer = on_progress,
};

static enum bel_err describe(void *user, struct bel_call *call,
			     struct bel_offer_local *local)
{
	check_alive(user, call);
	local->streams_count = 1;
	local->streams[0] = (struct bel_offer_local_stream){
		.kind = BEL_STR("audio"),
		.addr = bel_addr_v4(192, 0, 2, 1, 4000),
		.direction = BEL_SDP_SENDRECV,
		.codecs = { { 0, 1, 8000, { "PCMU", 4 }, { NULL, 0 } } },
		.codecs_count = 1,
		.accepts_plain = true,
	};
	return BEL_OK;
}

static void apply(void *user, struct bel_call *call,
		  const struct bel_offer_stream *streams, unsigned count)
{
	check_alive(user, call);
	require(streams && count);
}

static const struct bel_call_media media = { .describe = describe, .apply = apply };

static void on_incoming(void *user, struct bel_call *call, struct bel_sip_msg *invite,
			struct bel_call *replaced)
{
	struct bench *bench = user;
	struct bel_call_diversion diversions[BEL_CALL_DIVERSIONS_MAX];

	require(bel_call_diversions(diversions, invite) <= BEL_CALL_DIVERSIONS_MAX);
	if (replaced)
		check_alive(bench, replaced);
	if (bench->alive_count == CALLS_MAX)
		return;
	bench->alive[bench->alive_count++] = call;
	bel_call_take_on(call,
			 &(struct bel_call_owner){
				 .port = &port,
				 .media = bench->flags & HAS_NO_MEDIA ? NULL : &media,
				 .contact_user = BEL_STR("phone"),
				 .user = bench });
	bel_call_ring(call, 180, bench->flags & IS_RELIABLE);
	if (bench->flags & ANSWERS)
		bel_call_answer(call);
}

static void on_request(void *user, struct bel_sip_msg *request,
		       const struct bel_flow *came_by)
{
	struct bench *bench = user;

	if (!bel_calls_on_request(bench->calls, request, came_by))
		bel_ua_refuse(bench->ua, request, came_by,
			      &(struct bel_sip_reply){ .status = 481,
						       .to_tag = BEL_STR("none") });
}

static void on_messages(void *user, struct bel_rx *rx, unsigned count)
{
	bel_ua_receive(((struct bench *)user)->ua, rx, count);
}

static void on_broken(void *user, const struct bel_flow *flow, bel_str bytes,
		      const struct bel_sip_refusal *why)
{
	(void)user;
	(void)flow;
	(void)bytes;
	(void)why;
}

static const struct bel_transport_port transport_port = { .on_messages = on_messages,
							  .on_broken = on_broken };

/* ---- the peer ---- */

static void keep(struct text *out, bel_str text)
{
	out->len = text.len < TEXT_BYTES ? text.len : TEXT_BYTES;
	if (out->len)
		memcpy(out->buf, text.ptr, out->len);
}

/* What the phone says tells its names. */
static void listen_to(struct bench *bench, bel_str bytes)
{
	struct bel_arena arena;
	struct bel_sip_refusal why;
	struct bel_sip_msg *msg = &bench->msg;

	bel_arena_init(&arena, NULL, 0, 1 << 18);
	if (!bel_sip_parse(msg, &arena, bytes, &why) && !bel_sip_validate(msg, &why)) {
		bel_str tag = msg->is_request ? bel_sip_from(msg)->tag
					      : bel_sip_to(msg)->tag;
		if (tag.len)
			keep(&bench->tag, tag);
		keep(&bench->call_id, bel_sip_call_id(msg));
		if (msg->is_request)
			keep(&bench->branch, bel_sip_via(msg)->branch);
		if (msg->is_request && msg->method == BEL_SIP_INVITE)
			bench->invite_branch = bench->branch;
	}
	bel_arena_fini(&arena);
}

static void on_datagrams(void *user, struct bel_udp *udp, struct bel_datagram *datagrams,
			 unsigned count)
{
	(void)udp;
	for (unsigned i = 0; i < count; i++)
		listen_to(user, (bel_str){ datagrams[i].buf, datagrams[i].len });
}

static const struct text *text_of(const struct bench *bench, char letter)
{
	return letter == 'T'   ? &bench->tag
	       : letter == 'C' ? &bench->call_id
	       : letter == 'B' ? &bench->branch
	       : letter == 'I' ? &bench->invite_branch
			       : NULL;
}

static void run_for(struct bench *bench, uint64_t ms)
{
	bel_sim_run(bench->sim, bel_sim_now_ms(bench->sim) + ms);
}

static void say(struct bench *bench, bel_str item)
{
	static char buf[MESSAGE_BYTES];
	const bel_addr phone = bel_addr_v4(192, 0, 2, 1, 5060);
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	for (size_t i = 0; i < item.len; i++) {
		const struct text *text = item.ptr[i] == '$' && i + 1 < item.len
						  ? text_of(bench, item.ptr[i + 1])
						  : NULL;
		if (text) {
			bel_write_str(&writer, (bel_str){ text->buf, text->len });
			i++;
		} else {
			bel_write_char(&writer, item.ptr[i]);
		}
	}
	if (!writer.is_full)
		bel_udp_send(bench->peer, &phone, NULL, bel_writer_str(&writer));
	run_for(bench, 100);
}

/* ---- deeds of the phone's user ---- */

static void act(struct bench *bench, char letter)
{
	struct bel_call *call = bench->alive_count ? bench->alive[0] : NULL;

	if (letter == 'W')
		run_for(bench, 40000);
	if (!call)
		return;
	switch (letter) {
	case 'A':
		bel_call_answer(call);
		break;
	case 'R':
		bel_call_ring(call, 183, true);
		break;
	case 'H':
		bel_call_hang_up(call, BEL_STR_NONE);
		break;
	case 'M':
		bel_call_modify(call);
		break;
	case 'I':
		bel_call_message(call, BEL_SIP_INFO, BEL_STR_NONE, BEL_STR("text/plain"),
				 BEL_STR("x"));
		break;
	case 'T':
		bel_call_transfer(call, BEL_STR("sip:c@192.0.2.9"), NULL);
		break;
	case 'r':
		bel_call_take_refer(call, 202);
		break;
	case 'f':
		bel_call_take_refer(call, 200);
		break;
	default:
		break;
	}
	run_for(bench, 20);
}

/* ---- opening and closing ---- */

static void open_stack(struct bench *bench)
{
	const bel_addr local = bel_addr_v4(192, 0, 2, 1, 5060);
	const struct bel_transport_listener listener = { BEL_SIP_UDP, local };

	require(!bel_crypto_open(&bench->crypto));
	require(!bel_transport_open(&bench->transport, NULL,
				    &(struct bel_transport_opts){ .loop = bench->loop,
								  .workers = 1,
								  .listeners = &listener,
								  .listeners_count = 1,
								  .port = &transport_port,
								  .user = bench }));
	require(!bel_resolver_open(&bench->resolver, bench->loop,
				   &(struct bel_resolver_opts){ .tries = 0 }));
	require(!bel_targets_open(&bench->targets,
				  &(struct bel_targets_opts){ .loop = bench->loop,
							      .resolver = bench->resolver,
							      .has_udp = true }));
	require(!bel_tx_table_open(&bench->table,
				   &(struct bel_tx_table_opts){ .loop = bench->loop }));
	require(!bel_ua_open(&bench->ua,
			     &(struct bel_ua_opts){ .loop = bench->loop,
						    .transport = bench->transport,
						    .targets = bench->targets,
						    .table = bench->table,
						    .crypto = bench->crypto,
						    .on_request = on_request,
						    .user = bench }));
	require(!bel_calls_open(&bench->calls,
				&(struct bel_calls_opts){ .ua = bench->ua,
							  .on_incoming = on_incoming,
							  .user = bench }));
}

static void open_bench(struct bench *bench)
{
	const bel_addr phone = bel_addr_v4(192, 0, 2, 1, 0);
	const bel_addr peer = bel_addr_v4(192, 0, 2, 9, 0);

	bench->sim = bel_sim_new(1, NULL);
	require(!bel_sim_loop(&bench->loop,
			      bel_sim_node_new(bench->sim, "phone", &phone)));
	require(!bel_sim_loop(&bench->peer_loop,
			      bel_sim_node_new(bench->sim, "peer", &peer)));
	open_stack(bench);
	require(!bel_udp_open(
		&bench->peer, bench->peer_loop,
		&(struct bel_udp_opts){ .local = bel_addr_v4(192, 0, 2, 9, 5060),
					.on_datagrams = on_datagrams,
					.user = bench }));
	keep(&bench->call_id, BEL_STR("of-the-peer"));
}

static void close_bench(struct bench *bench)
{
	bel_tx_table_close(bench->table);
	bel_calls_close(bench->calls);
	bel_ua_close(bench->ua);
	bel_targets_close(bench->targets);
	bel_resolver_close(bench->resolver);
	bel_transport_close(bench->transport);
	bel_crypto_close(bench->crypto);
	bel_udp_close(bench->peer);
	bel_loop_close(bench->loop);
	bel_loop_close(bench->peer_loop);
	bel_sim_free(bench->sim);
}

static void dial(struct bench *bench)
{
	const struct bel_call_dial wish = {
		.from = BEL_STR("<sip:phone@example.test>"),
		.target = BEL_STR("sip:peer@192.0.2.9"),
		.contact_user = BEL_STR("phone"),
		.session.interval_s = bench->flags & HAS_TIMER ? 90 : 0,
		.rel = bench->flags & IS_RELIABLE ? BEL_CALL_100REL_REQUIRED
						  : BEL_CALL_100REL_SUPPORTED,
		.is_late = bench->flags & IS_LATE,
		.port = &port,
		.media = bench->flags & HAS_NO_MEDIA ? NULL : &media,
		.user = bench,
	};
	struct bel_call *call;

	bench->is_dialling = true;
	require(!bel_call_dial(&call, bench->calls, &wish));
	bench->is_dialling = false;
	bench->alive[bench->alive_count++] = call;
	run_for(bench, 50);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bel_str left = { (const char *)data, size };
	struct bench *bench;

	if (!size)
		return 0;
	bench = calloc(1, sizeof *bench);
	require(bench != NULL);
	bench->flags = data[0];
	left = bel_str_slice(left, 1, left.len);
	open_bench(bench);
	if (bench->flags & IS_CALLER)
		dial(bench);
	for (unsigned i = 0; i < ITEMS_MAX && left.len; i++) {
		size_t end = bel_str_find(left, SEPARATOR);
		bel_str item = bel_str_slice(left, 0, end);
		if (item.len == 1)
			act(bench, item.ptr[0]);
		else
			say(bench, item);
		left = bel_str_slice(left, end + 1, left.len);
	}
	for (unsigned i = 0; i < 8; i++) {
		for (unsigned k = 0; k < bench->alive_count; k++)
			bel_call_hang_up(bench->alive[k], BEL_STR_NONE);
		run_for(bench, 40000);
	}
	require(!bench->alive_count && !bel_calls_count(bench->calls));
	require(!bel_tx_table_count(bench->table) && !bel_ua_pending(bench->ua));
	close_bench(bench);
	free(bench);
	return 0;
}
