/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "node/node_int.h"

/* An answer that waits for the disk (`sync always`). */
struct waiting {
	struct bel_store_waiter waiter;
	struct worker *worker;
	struct bel_flow flow;
	size_t good_len, bad_len; /* the answer, and the 500 instead of it */
	char bytes[];
};

static void on_synced(struct bel_store_waiter *waiter, enum bel_err err)
{
	struct waiting *waiting = BEL_CONTAINER_OF(waiter, struct waiting, waiter);
	bel_str good = { waiting->bytes, waiting->good_len };
	bel_str bad = { waiting->bytes + waiting->good_len, waiting->bad_len };

	bel_flow_send(waiting->worker->transport, &waiting->flow, err ? bad : good);
	free(waiting);
}

/* Both answers are written now: the request is gone by then. */
static void send_later(struct worker *worker, struct bel_sip_msg *request,
		       const struct bel_flow *came_by, const struct bel_flow *flow,
		       bel_str good, uint64_t ticket)
{
	struct bel_registrar_answer lost = { .status = 500 };
	struct waiting *waiting = malloc(sizeof *waiting + good.len * 2 + 2048);
	struct bel_writer writer;

	/* Without memory there is no answer: the phone asks again. */
	if (!waiting)
		return;
	*waiting = (struct waiting){ .worker = worker, .flow = *flow };
	waiting->waiter.on_synced = on_synced;
	waiting->good_len = good.len;
	memcpy(waiting->bytes, good.ptr, good.len);
	bel_registrar_answer_lost(&lost);
	writer = bel_writer_init(waiting->bytes + good.len, good.len + 2048);
	if (bel_reply_write(
		    &writer, worker, request, came_by,
		    &(struct reply){ .status = lost.status, .lines = lost.lines }))
		writer.len = 0;
	waiting->bad_len = writer.len;
	bel_store_wait(worker->node->store, worker->index, ticket, &waiting->waiter);
}

void bel_node_register(struct worker *worker, struct bel_sip_msg *request,
		       const struct bel_flow *came_by, bel_str aor)
{
	struct bel_node *node = worker->node;
	const struct bel_registrar registrar = {
		.location = node->location,
		.conf = worker->conf,
		.worker = worker->index,
		.crypto = worker->crypto,
		.gruu_key = &node->gruu_key,
		.own = node->own,
		.own_count = node->own_count,
		.flow_timer_s = worker->conf->registrar.keepalive_s,
	};
	struct bel_registrar_request input = {
		.msg = request,
		.came_by = came_by,
		.aor = aor,
		.wall_ms = bel_loop_wall_ms(worker->loop),
		.arena = request->arena,
	};
	struct bel_writer writer = bel_writer_init(worker->reply, sizeof worker->reply);
	struct bel_registrar_answer result = { .status = 500 };
	struct bel_flow flow;

	if (worker->conf->registrar.has_gruu)
		bel_loop_random(worker->loop, &input.draw, sizeof input.draw);
	bel_registrar_on_request(&registrar, &input, &result);
	if (bel_reply_write(&writer, worker, request, came_by,
			    &(struct reply){ .status = result.status,
					     .reason = result.reason,
					     .lines = result.lines }) ||
	    bel_flow_for_response(&flow, worker->transport, came_by,
				  bel_sip_via(request)))
		return;
	if (result.keeps_flow)
		bel_flow_keep(worker->transport, came_by);
	if (result.ticket && node->store && worker->conf->store.sync_ms == 0)
		send_later(worker, request, came_by, &flow, bel_writer_str(&writer),
			   result.ticket);
	else
		bel_flow_send(worker->transport, &flow, bel_writer_str(&writer));
}
