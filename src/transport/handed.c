/* SPDX-License-Identifier: Apache-2.0
 * The kernel spreads datagrams and connections by their addresses, which are not the
 * call. What came to the wrong worker is handed over once, and stays where it then is. */
#include <stdlib.h>

#include "transport/transport_int.h"

struct handed {
	struct bel_letter letter;
	struct bel_flow flow;
	size_t len;
	char bytes[];
};

static size_t room_of(size_t len)
{
	return sizeof(struct handed) + len;
}

/* What waits is bounded by its bytes: the largest messages are a hundred times as long as
 * most. */
static bool take_room(struct bel_transport *to, size_t bytes, size_t max)
{
	size_t before = atomic_fetch_add_explicit(&to->handed_bytes, bytes,
						  memory_order_relaxed);

	return before + bytes <= max;
}

static void give_room(struct bel_transport *to, size_t bytes)
{
	atomic_fetch_sub_explicit(&to->handed_bytes, bytes, memory_order_relaxed);
}

static bool hand_over(struct bel_transport *to, const struct bel_rx *rx)
{
	size_t max = bel_flow_is_stream(&rx->flow) ? HANDED_BYTES_MAX : HANDED_BYTES_MANY;
	struct handed *handed = NULL;

	if (!take_room(to, room_of(rx->bytes.len), max))
		goto fail;
	handed = malloc(sizeof *handed + rx->bytes.len);
	if (!handed)
		goto fail;
	handed->flow = rx->flow;
	handed->len = rx->bytes.len;
	memcpy(handed->bytes, rx->bytes.ptr, rx->bytes.len);
	if (bel_mailbox_post(to->handed, &handed->letter))
		goto fail;
	return true;

fail:
	give_room(to, room_of(rx->bytes.len));
	free(handed);
	return false;
}

unsigned bel_transport_steer(struct bel_transport *transport, struct bel_rx *rx,
			     unsigned count)
{
	const struct bel_transport_opts *opts = &transport->opts;
	unsigned kept = 0;

	if (transport->others_count < 2 || !opts->port->find_owner)
		return count;
	for (unsigned i = 0; i < count; i++) {
		unsigned owner = opts->port->find_owner(opts->user, rx[i].bytes);
		if (owner == opts->worker || owner >= transport->others_count)
			rx[kept++] = rx[i];
		else if (hand_over(transport->others[owner], &rx[i]))
			transport->counters.handed_over++;
		else
			transport->counters.handed_lost++;
	}
	return kept;
}

void bel_transport_on_handed(void *user, struct bel_letter *letter)
{
	struct bel_transport *transport = user;
	struct handed *handed = BEL_CONTAINER_OF(letter, struct handed, letter);
	struct bel_rx rx = { .flow = handed->flow,
			     .bytes = { handed->bytes, handed->len } };

	give_room(transport, room_of(handed->len));
	if (transport->others_count)
		transport->opts.port->on_messages(transport->opts.user, &rx, 1);
	free(handed);
}
