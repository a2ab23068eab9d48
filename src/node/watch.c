/* SPDX-License-Identifier: Apache-2.0
 * Who is told of every change of a binding. Nobody is, nearly always: then a change costs
 * one look at a number. */
#include "node/node_int.h"

void bel_node_watch(struct bel_node *node, struct bel_node_watcher *watcher)
{
	pthread_mutex_lock(&node->watchers_lock);
	bel_list_put(&node->watchers, &watcher->node);
	pthread_mutex_unlock(&node->watchers_lock);
	atomic_fetch_add(&node->watchers_count, 1);
}

void bel_node_unwatch(struct bel_node *node, struct bel_node_watcher *watcher)
{
	atomic_fetch_sub(&node->watchers_count, 1);
	pthread_mutex_lock(&node->watchers_lock);
	bel_list_remove(&watcher->node);
	pthread_mutex_unlock(&node->watchers_lock);
}

void bel_watchers_on_change(struct bel_node *node, bel_str aor,
			    const struct bel_binding *binding, bool is_gone)
{
	if (!atomic_load_explicit(&node->watchers_count, memory_order_relaxed))
		return;
	pthread_mutex_lock(&node->watchers_lock);
	BEL_LIST_EACH(at, &node->watchers)
	{
		struct bel_node_watcher *watcher = BEL_CONTAINER_OF(
			at, struct bel_node_watcher, node);
		watcher->on_change(watcher, aor, binding, is_gone);
	}
	pthread_mutex_unlock(&node->watchers_lock);
}
