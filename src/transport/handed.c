/* SPDX-License-Identifier: Apache-2.0
 * The kernel spreads datagrams and connections by their addresses, which are not the
 * call. What came to the wrong worker is handed over once, and stays where it then is. */
#include <stdlib.h>

#include "transport/transport_int.h"

enum { SPARE_MAX = 128 };

/* Bytes of the blocks that go to and fro: for one message, and for those of a batch. What
 * is larger has a block of its own. */
static const size_t sizes[BEL_HANDED_SIZES] = { 1 << 10, 8 << 10 };

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
	size_t left; /* bytes of those that were not looked at yet, heads included */
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

/* BEL_HANDED_SIZES for what is larger than all. */
static unsigned size_of(size_t len)
{
	unsigned i = 0;

	while (i < BEL_HANDED_SIZES && sizes[i] < len)
		i++;
	return i;
}

static void keep_spare(struct bel_transport *home, struct handed *handed)
{
	unsigned size = size_of(handed->size);

	if (size == BEL_HANDED_SIZES || home->handed_spares_count[size] == SPARE_MAX) {
		free(handed);
		return;
	}
	handed->next = home->handed_spares[size];
	home->handed_spares[size] = handed;
	home->handed_spares_count[size]++;
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

static struct handed *take_spare(struct bel_transport *home, unsigned size)
{
	struct handed *handed;

	if (size == BEL_HANDED_SIZES)
		return NULL;
	if (!home->handed_spares[size])
		collect_returned(home);
	handed = home->handed_spares[size];
	if (handed) {
		home->handed_spares[size] = handed->next;
		home->handed_spares_count[size]--;
	}
	return handed;
}

static struct handed *take_block(struct bel_transport *home, size_t bytes)
{
	struct handed *handed = take_spare(home, size_of(bytes));

	if (!handed) {
		handed = malloc(sizeof *handed + bytes);
		if (!handed)
			return NULL;
		handed->home = home;
		handed->size = bytes;
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
	for (unsigned i = 0; i < BEL_HANDED_SIZES; i++) {
		while (transport->handed_spares[i]) {
			struct handed *handed = transport->handed_spares[i];
			transport->handed_spares[i] = handed->next;
			free(handed);
		}
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

/* Of a block for len bytes now, and perhaps for what is left of the batch. */
static size_t bytes_for(size_t len, size_t left)
{
	const size_t largest = sizes[BEL_HANDED_SIZES - 1];
	unsigned size = size_of(len + left);

	if (size < BEL_HANDED_SIZES)
		return sizes[size];
	return len > largest ? len : largest;
}

/* The block for messages to that worker, with space for len bytes; NULL when as much
 * waits for it as may. */
static struct handed *find_block(struct sorting *sorting, unsigned owner, size_t len,
				 size_t max)
{
	struct bel_transport *transport = sorting->transport;
	struct bel_transport *to = transport->others[owner];
	size_t bytes = bytes_for(len, sorting->left);
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
	handed = take_room(to, sizeof *handed + bytes, max) ? take_block(transport, bytes)
							    : NULL;
	if (!handed) {
		give_room(to, sizeof *handed + bytes);
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
	for (unsigned i = 0; i < count; i++)
		sorting.left += sizeof(struct head) + rx[i].bytes.len;
	for (unsigned i = 0; i < count; i++) {
		unsigned owner = opts->port->find_owner(opts->user, rx[i].bytes);
		sorting.left -= sizeof(struct head) + rx[i].bytes.len;
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
