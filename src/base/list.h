/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_BASE_LIST_H
#define BEL_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

/* Intrusive, circular, doubly linked. A node that stands in no list links to itself, so
 * that removing twice is harmless. */
struct bel_list {
	struct bel_list *next, *prev;
};

static inline void bel_list_init(struct bel_list *list)
{
	list->next = list->prev = list;
}

static inline bool bel_list_is_empty(const struct bel_list *list)
{
	return list->next == list;
}

/* At the end of the list. The node must not stand in one. */
static inline void bel_list_put(struct bel_list *list, struct bel_list *node)
{
	node->prev = list->prev;
	node->next = list;
	list->prev->next = node;
	list->prev = node;
}

static inline void bel_list_remove(struct bel_list *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	bel_list_init(node);
}

/* Moves all nodes of from to the end of list. */
static inline void bel_list_splice(struct bel_list *list, struct bel_list *from)
{
	if (bel_list_is_empty(from))
		return;
	from->next->prev = list->prev;
	list->prev->next = from->next;
	from->prev->next = list;
	list->prev = from->prev;
	bel_list_init(from);
}

/* The body may remove the present node, not the next one. */
#define BEL_LIST_EACH(node, list)                                                        \
	for (struct bel_list *node = (list)->next, *node##_next = node->next;            \
	     node != (list); node = node##_next, node##_next = node->next)

#endif
