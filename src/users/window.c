/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "users/users_int.h"

struct bel_users_window *bel_users_window_find(struct bel_users_part *part, uint64_t hash,
					       bel_str name)
{
	/* The lowest bits chose the part. */
	struct bel_users_window **list =
		&part->windows[hash / USERS_PARTS % WINDOW_LISTS];
	struct bel_users_window *window;

	for (window = *list; window; window = window->next)
		if (bel_str_is_equal((bel_str){ window->name, window->name_len }, name))
			return window;
	window = calloc(1, sizeof *window + name.len);
	if (!window)
		return NULL;
	window->name_len = name.len;
	memcpy(window->name, name.ptr, name.len);
	window->next = *list;
	*list = window;
	return window;
}

void bel_users_windows_sweep(struct bel_users_part *part, const struct bel_hash_key *key)
{
	for (unsigned i = 0; i < WINDOW_LISTS; i++) {
		struct bel_users_window **at = &part->windows[i], *window;
		while ((window = *at)) {
			bel_str name = { window->name, window->name_len };
			if (bel_users_table_find(part->table, bel_hash(key, name),
						 name)) {
				at = &window->next;
				continue;
			}
			*at = window->next;
			free(window);
		}
	}
}

void bel_users_windows_free(struct bel_users_part *part)
{
	for (unsigned i = 0; i < WINDOW_LISTS; i++) {
		struct bel_users_window *window;
		while ((window = part->windows[i])) {
			part->windows[i] = window->next;
			free(window);
		}
	}
}
