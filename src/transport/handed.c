/* SPDX-License-Identifier: Apache-2.0
 * The kernel spreads datagrams and connections by their addresses, which are not the
 * call. What came to the wrong worker is handed over once, and stays where it then is. */
#include <stdlib.h>

#include "transport/transport_int.h"

enum { BLOCK_BYTES = 8 << 10, SPARE_MAX = 128 };

/* Messages of one batch for one worker. Blocks go to and fro between the two, so that no
 * worker waits for the allocator of another. */
struct handed {
	struct bel_letter letter;
	struct bel_transport *home; /* whose block it is */
	struct handed *next;        /* spare one, or one that came back */
	size_t size, used;          /* of the bytes */
	unsigned count;
	char bytes[]; /* of each message its head, then itself */
};

struct head {
	struct bel_flow flow;
	uint32_t len;
};

/* The messages of a batch that are being sorted. */
struct sorting {
	struct bel_transport *transport;
	struct {
		unsigned owner;
		struct handed *handed;
	} open[BEL_RX_BATCH];
	unsigned count;
};

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

static size_t room_of(const struct handed *handed)
{
	return sizeof *handed + handed->size;
}

/* ---- blocks ---- */

static void keep_spare(struct bel_transport *home, struct handed *handed)
{
	if (handed->size > BLOCK_BYTES || home->handed_spare_count == SPARE_MAX) {
		free(handed);
		return;
	}
	handed->next = home->handed_spare;
	home->handed_spare = handed;
	home->handed_spare_count++;
}

static void collect_returned(struct bel_transport *home)
{
	struct handed *handed = atomic_exchange_explicit(&home->handed_back, NULL,
							 memory_order_acquire);

	while (handed) {
		struct handed *next = handed->next;
		keep_spare(home, handed);
		handed = next;
	}
}

static struct handed *take_block(struct bel_transport *home, size_t size)
{
	struct handed *handed;

	if (!home->handed_spare)
		collect_returned(home);
	handed = home->handed_spare;
	if (handed && size == BLOCK_BYTES) {
		home->handed_spare = handed->next;
		home->handed_spare_count--;
	} else {
		handed = malloc(sizeof *handed + size);
		if (!handed)
			return NULL;
		handed->home = home;
		handed->size = size;
	}
	handed->used = 0;
	handed->count = 0;
	return handed;
}

/* By the worker that it was handed to. */
static void send_back(struct handed *handed)
{
	struct bel_transport *home = handed->home;

	handed->next = atomic_load_explicit(&home->handed_back, memory_order_relaxed);
	while (!atomic_compare_exchange_weak_explicit(&home->handed_back, &handed->next,
						      handed, memory_order_release,
						      memory_order_relaxed))
		;
}

void bel_transport_handed_free(struct bel_transport *transport)
{
	collect_returned(transport);
	while (transport->handed_spare) {
		struct handed *handed = transport->handed_spare;
		transport->handed_spare = handed->next;
		free(handed);
	}
}

/* ---- sorting ---- */

static void post(struct bel_transport *transport, unsigned owner, struct handed *handed)
{
	struct bel_transport *to = transport->others[owner];
	unsigned count = handed->count;

	if (!bel_mailbox_post(to->handed, &handed->letter)) {
		transport->counters.handed_over += count;
		return;
	}
	transport->counters.handed_lost += count;
	give_room(to, room_of(handed));
	keep_spare(transport, handed);
}

/* The block for messages to that worker, with space for len bytes; NULL when as much
 * waits for it as may. */
static struct handed *find_block(struct sorting *sorting, unsigned owner, size_t len,
				 size_t max)
{
	struct bel_transport *transport = sorting->transport;
	struct bel_transport *to = transport->others[owner];
	size_t size = len > BLOCK_BYTES ? len : BLOCK_BYTES;
	struct handed *handed = NULL;
	unsigned i = 0;

	while (i < sorting->count && sorting->open[i].owner != owner)
		i++;
	if (i < sorting->count) {
		handed = sorting->open[i].handed;
		if (handed->size - handed->used >= len)
			return handed;
		post(transport, owner, sorting->open[i].handed);
		sorting->open[i] = sorting->open[--sorting->count];
	}
	handed = take_room(to, sizeof *handed + size, max) ? take_block(transport, size)
							   : NULL;
	if (!handed) {
		give_room(to, sizeof *handed + size);
		return NULL;
	}
	sorting->open[sorting->count].owner = owner;
	sorting->open[sorting->count++].handed = handed;
	return handed;
}

static bool put(struct sorting *sorting, unsigned owner, const struct bel_rx *rx)
{
	size_t max = bel_flow_is_stream(&rx->flow) ? HANDED_BYTES_MAX : HANDED_BYTES_MANY;
	const struct head head = { rx->flow, (uint32_t)rx->bytes.len };
	struct handed *handed = find_block(sorting, owner, sizeof head + head.len, max);
	char *at;

	if (!handed)
		return false;
	at = handed->bytes + handed->used;
	memcpy(at, &head, sizeof head);
	memcpy(at + sizeof head, rx->bytes.ptr, head.len);
	handed->used += sizeof head + head.len;
	handed->count++;
	return true;
}

unsigned bel_transport_steer(struct bel_transport *transport, struct bel_rx *rx,
			     unsigned count)
{
	const struct bel_transport_opts *opts = &transport->opts;
	struct sorting sorting = { .transport = transport };
	unsigned kept = 0;

	if (transport->others_count < 2 || !opts->port->find_owner)
		return count;
	for (unsigned i = 0; i < count; i++) {
		unsigned owner = opts->port->find_owner(opts->user, rx[i].bytes);
		if (owner == opts->worker || owner >= transport->others_count)
			rx[kept++] = rx[i];
		else if (!put(&sorting, owner, &rx[i]))
			transport->counters.handed_lost++;
	}
	for (unsigned i = 0; i < sorting.count; i++)
		post(transport, sorting.open[i].owner, sorting.open[i].handed);
	return kept;
}

/* A block has no more messages than a batch. */
static void deliver(struct bel_transport *transport, const struct handed *handed)
{
	struct bel_rx rx[BEL_RX_BATCH];
	const char *at = handed->bytes;

	for (unsigned i = 0; i < handed->count; i++) {
		struct head head;
		memcpy(&head, at, sizeof head);
		at += sizeof head;
		rx[i] = (struct bel_rx){ .flow = head.flow, .bytes = { at, head.len } };
		at += head.len;
	}
	transport->opts.port->on_messages(transport->opts.user, rx, handed->count);
}

void bel_transport_on_handed(void *user, struct bel_letter *letter)
{
	struct bel_transport *transport = user;
	struct handed *handed = BEL_CONTAINER_OF(letter, struct handed, letter);

	give_room(transport, room_of(handed));
	if (transport->others_count)
		deliver(transport, handed);
	/* With the others gone the server is about to end, and they perhaps ended. */
	if (transport->others_count)
		send_back(handed);
	else
		free(handed);
}
