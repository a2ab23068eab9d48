/* SPDX-License-Identifier: Apache-2.0
 * Small records that change often and are worth nothing after a power cut: a file that is
 * memory, in which each has a place of its own. What was put survives the death of the
 * process; a record is written beside the one that it replaces, so that whenever the
 * process dies there is one that is whole.
 *
 * One thread at a time. Only making the file larger may block. */
#ifndef BEL_STORE_SLOTS_H
#define BEL_STORE_SLOTS_H

#include "base/base.h"
#include "io/io.h"

struct bel_slots;

/* A new file of that name; what was in one of before is gone. record_bytes: the largest.
 */
enum bel_err bel_slots_open(struct bel_slots **out, struct bel_disk *disk, bel_str name,
			    size_t record_bytes);
/* The file stays. NULL is allowed. */
void bel_slots_close(struct bel_slots *slots);

/* Into the place, or into a new one where it is 0. The same bytes again are no work.
 * BEL_ERR_LIMIT: too long; -ENOSPC; what was there stays then. */
enum bel_err bel_slots_put(struct bel_slots *slots, uint32_t *place, bel_str record);
/* Overwritten, too. */
void bel_slots_remove(struct bel_slots *slots, uint32_t place);

/* Of a file that nobody has open: calls on_record for each that is whole. -ENOENT. */
enum bel_err bel_slots_read(struct bel_disk *disk, bel_str name,
			    void (*on_record)(void *user, bel_str record), void *user);

#endif
