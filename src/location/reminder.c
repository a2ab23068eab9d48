/* SPDX-License-Identifier: Apache-2.0
 * One-second lists. An address stands in one list, that of the second in which the first
 * of its bindings would be over when it was put there. A refresh moves nothing: when its
 * second comes the address is looked at, and put into the list of its new one. */
#include <errno.h>
#include <stdlib.h>

#include "location/location_int.h"

enum { PLACES_FIRST = 4 };

void bel_reminders_init(struct bel_reminders *reminders, uint64_t wall_s)
{
	atomic_init(&reminders->done_s, wall_s);
	for (unsigned i = 0; i < REMINDER_LOCKS; i++)
		pthread_mutex_init(&reminders->locks[i], NULL);
}

void bel_reminders_fini(struct bel_reminders *reminders)
{
	for (unsigned i = 0; i < REMINDER_SECONDS; i++)
		free(reminders->lists[i].places);
	for (unsigned i = 0; i < REMINDER_LOCKS; i++)
		pthread_mutex_destroy(&reminders->locks[i]);
}

static enum bel_err append(struct bel_reminder_list *list, bel_place place)
{
	if (list->count == list->size) {
		uint32_t size = list->size ? list->size + list->size / 2 : PLACES_FIRST;
		bel_place *places = realloc(list->places, size * sizeof *places);
		if (!places)
			return bel_err_from_errno(ENOMEM);
		list->places = places;
		list->size = size;
	}
	list->places[list->count++] = place;
	return BEL_OK;
}

/* The second that is wanted, as near as the ring comes to it. */
static uint64_t clamp(const struct bel_reminders *reminders, uint64_t wanted_s)
{
	uint64_t done_s = atomic_load(&reminders->done_s);

	if (wanted_s <= done_s)
		return done_s + 1;
	if (wanted_s - done_s >= REMINDER_SECONDS)
		return done_s + REMINDER_SECONDS - 1;
	return wanted_s;
}

enum bel_err bel_reminders_put(struct bel_reminders *reminders, uint64_t wanted_s,
			       bel_place place, uint64_t *at_s)
{
	for (;;) {
		uint64_t second = clamp(reminders, wanted_s);
		pthread_mutex_t *lock = &reminders->locks[second % REMINDER_LOCKS];
		enum bel_err err = BEL_ERR_AGAIN;

		pthread_mutex_lock(lock);
		/* The list may have been taken since: done_s moves before the lock. */
		if (atomic_load(&reminders->done_s) < second)
			err = append(&reminders->lists[second % REMINDER_SECONDS], place);
		pthread_mutex_unlock(lock);
		if (err != BEL_ERR_AGAIN) {
			*at_s = second;
			return err;
		}
	}
}

bool bel_reminders_take(struct bel_reminders *reminders, uint64_t wall_s,
			struct bel_reminder_list *out)
{
	uint64_t done_s = atomic_load(&reminders->done_s);

	/* After a long absence each list is taken once, not once for each turn of the
	 * ring. */
	if (wall_s > done_s + REMINDER_SECONDS)
		done_s = wall_s - REMINDER_SECONDS;
	while (done_s < wall_s) {
		uint64_t second = ++done_s;
		struct bel_reminder_list *list =
			&reminders->lists[second % REMINDER_SECONDS];
		atomic_store(&reminders->done_s, second);
		pthread_mutex_lock(&reminders->locks[second % REMINDER_LOCKS]);
		*out = *list;
		*list = (struct bel_reminder_list){ 0 };
		pthread_mutex_unlock(&reminders->locks[second % REMINDER_LOCKS]);
		if (out->count)
			return true;
		free(out->places);
	}
	return false;
}

void bel_reminders_free(struct bel_reminder_list *list)
{
	free(list->places);
}
