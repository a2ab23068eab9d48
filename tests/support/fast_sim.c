/* SPDX-License-Identifier: Apache-2.0 */
#include "support/fast_sim.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fast/fast_int.h"
#include "fast/packet.h"

struct way {
	struct bel_list node;
	bel_addr from, outer, to;
	struct bel_fast_key key;
	struct bel_fast_value value;
};

struct simulated {
	struct bel_fast base;
	struct bel_sim *sim;
	struct bel_sim_node *node;
	struct bel_list ways;
};

static struct simulated *simulated_of(struct bel_fast *fast)
{
	return BEL_CONTAINER_OF(fast, struct simulated, base);
}

static struct way *find(struct simulated *fast, const bel_addr *local)
{
	struct bel_fast_key key = bel_fast_key_of(local);

	BEL_LIST_EACH(at, &fast->ways)
	{
		struct way *way = BEL_CONTAINER_OF(at, struct way, node);
		if (!memcmp(&way->key, &key, sizeof key))
			return way;
	}
	return NULL;
}

/* ---- packets ---- */

static bool is_carried(const struct bel_fast_rtp *rtp, bel_str bytes)
{
	enum { HEADERS_BYTES = 14 + 20 + 8 };

	return bytes.len >= BEL_FAST_RTP_BYTES &&
	       bytes.len + HEADERS_BYTES <= BEL_FAST_PACKET_BYTES_MAX &&
	       bel_fast_is_rtp(rtp) &&
	       bel_fast_is_whole(rtp, bytes.ptr + bytes.len, (uint32_t)bytes.len);
}

static bool on_arrival(void *user, bel_addr *from, bel_addr *to, bel_str bytes)
{
	struct simulated *fast = user;
	struct way *way = find(fast, to);
	const struct bel_fast_rtp *rtp = (const void *)bytes.ptr;

	if (!way || !bel_addr_is_equal(&way->from, from) || !is_carried(rtp, bytes))
		return false;
	const struct bel_fast_rtp head = { .second = rtp->second,
					   .seq = ntohs(rtp->seq),
					   .timestamp = ntohl(rtp->timestamp),
					   .ssrc = ntohl(rtp->ssrc) };
	bel_fast_count(&way->value, &head, (uint32_t)bytes.len,
		       bel_sim_now_ms(fast->sim) * 1000000);
	*from = way->outer;
	*to = way->to;
	return true;
}

/* ---- ways ---- */

static void forget(struct way *way)
{
	bel_list_remove(&way->node);
	free(way);
}

static void end(struct bel_fast *base)
{
	struct simulated *fast = simulated_of(base);

	bel_sim_on_arrival(fast->node, NULL, NULL);
	while (!bel_list_is_empty(&fast->ways))
		forget(BEL_CONTAINER_OF(fast->ways.next, struct way, node));
	free(fast);
}

static enum bel_err lay(struct bel_fast *base, const struct bel_fast_way *asked,
			const struct bel_rtp_source *source)
{
	struct simulated *fast = simulated_of(base);
	struct way *way = find(fast, &asked->local);

	if (asked->from.family != asked->to.family)
		return BEL_ERR_UNSUPPORTED;
	if (!way) {
		way = calloc(1, sizeof *way);
		if (!way)
			return bel_err_from_errno(ENOMEM);
		bel_list_put(&fast->ways, &way->node);
	}
	way->key = bel_fast_key_of(&asked->local);
	way->from = asked->from;
	way->outer = asked->outer;
	way->to = asked->to;
	way->value = bel_fast_value_of(asked, source);
	return BEL_OK;
}

static bool look(struct bel_fast_figures *out, struct bel_fast *base,
		 const bel_addr *local)
{
	const struct way *way = find(simulated_of(base), local);

	if (way)
		bel_fast_figures_of(out, &way->value);
	return way != NULL;
}

static bool take_back(struct bel_fast_figures *out, struct bel_fast *base,
		      const bel_addr *local)
{
	struct way *way = find(simulated_of(base), local);

	if (!way)
		return false;
	bel_fast_figures_of(out, &way->value);
	forget(way);
	return true;
}

static const struct bel_fast_kind simulated = { end, lay, look, take_back };

enum bel_err fast_sim_open(struct bel_fast **out, struct bel_sim *sim,
			   struct bel_sim_node *node)
{
	struct simulated *fast = calloc(1, sizeof *fast);

	if (!fast)
		return bel_err_from_errno(ENOMEM);
	fast->base.kind = &simulated;
	fast->sim = sim;
	fast->node = node;
	bel_list_init(&fast->ways);
	bel_sim_on_arrival(node, on_arrival, fast);
	*out = &fast->base;
	return BEL_OK;
}
