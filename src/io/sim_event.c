/* SPDX-License-Identifier: Apache-2.0
 * A pairing heap (Fredman, Sedgewick, Sleator, Tarjan 1986). The children of an event
 * form a list; `before` is the parent of the first child, the left sibling of the rest.
 */
#include "io/sim_int.h"

static bool is_earlier(const struct bel_sim_event *a, const struct bel_sim_event *b)
{
	if (a->at_ms != b->at_ms)
		return a->at_ms < b->at_ms;
	return a->rank != b->rank ? a->rank < b->rank : a->order < b->order;
}

static struct bel_sim_event *meld(struct bel_sim_event *a, struct bel_sim_event *b)
{
	struct bel_sim_event *top = a, *below = b;

	if (!a || !b)
		return a ? a : b;
	if (is_earlier(b, a)) {
		top = b;
		below = a;
	}
	below->sibling = top->child;
	if (top->child)
		top->child->before = below;
	below->before = top;
	top->child = below;
	return top;
}

/* Melds neighbours from left to right, then the pairs from right to left. */
static struct bel_sim_event *meld_children(struct bel_sim_event *child)
{
	struct bel_sim_event *pairs = NULL, *result = NULL;

	while (child) {
		struct bel_sim_event *a = child, *b = child->sibling;
		child = b ? b->sibling : NULL;
		a->sibling = a->before = NULL;
		if (b)
			b->sibling = b->before = NULL;
		a = meld(a, b);
		a->sibling = pairs;
		pairs = a;
	}
	while (pairs) {
		struct bel_sim_event *next = pairs->sibling;
		pairs->sibling = pairs->before = NULL;
		result = meld(result, pairs);
		pairs = next;
	}
	return result;
}

void bel_sim_event_put(struct bel_sim_queue *queue, struct bel_sim_event *event,
		       uint64_t at_ms, uint64_t rank)
{
	bel_sim_event_remove(queue, event);
	event->at_ms = at_ms;
	event->rank = rank;
	event->order = queue->order++;
	event->child = event->sibling = event->before = NULL;
	event->is_queued = true;
	queue->busy_count += !event->is_idle;
	queue->first = meld(queue->first, event);
}

static void cut(struct bel_sim_event *event)
{
	if (event->before->child == event)
		event->before->child = event->sibling;
	else
		event->before->sibling = event->sibling;
	if (event->sibling)
		event->sibling->before = event->before;
}

void bel_sim_event_remove(struct bel_sim_queue *queue, struct bel_sim_event *event)
{
	struct bel_sim_event *below;

	if (!event->is_queued)
		return;
	below = meld_children(event->child);
	if (queue->first == event) {
		queue->first = below;
	} else {
		cut(event);
		queue->first = meld(queue->first, below);
	}
	event->is_queued = false;
	queue->busy_count -= !event->is_idle;
}
