/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_LOAD_INT_H
#define BEL_LOAD_INT_H

#include "load/load.h"

struct bel_load {
	struct bel_load_opts opts;
	struct bel_loop *loop;
	bel_addr local; /* of this machine, towards the target */

	struct bel_targets_query query;
	bool is_searching; /* for the target */
	int clock_fd;      /* fires when the next one is due */
	struct bel_watch *clock;
	uint64_t start_us;
	bool is_stopping, is_over;

	struct bel_list under_way; /* of struct load_item */
	struct bel_load_figures figures;
	struct bel_load_histogram recent_us;
};

/* What calls and registrations have in common; each is malloc'ed and begins with it. */
struct load_item {
	struct bel_list node;
	struct bel_load *load;
	uint64_t due_us; /* of the loop's clock */
};

/* load.c */
uint64_t bel_load_now_us(const struct bel_load *load);
/* 200 came. */
void bel_load_note_setup(struct load_item *item);
/* It is over, and was counted as succeeded or failed before; frees it. */
void bel_load_finish(struct load_item *item);

/* What the two kinds do. */
struct load_kind {
	/* BEL_OK: *out is under way. */
	enum bel_err (*start)(struct load_item **out, struct bel_load *load, uint64_t n,
			      uint64_t due_us);
	/* It is to end soon; it may finish within. */
	void (*stop)(struct load_item *item);
	/* Here and now, without a word and without being counted. */
	void (*drop)(struct load_item *item);
};
extern const struct load_kind bel_load_caller, bel_load_register;

/* sound.c */
struct load_sound;
enum bel_err bel_load_sound_open(struct load_sound **out, struct load_item *item,
				 bool is_judged);
/* Counts what was sent, heard and judged. True when anything was heard. */
bool bel_load_sound_count(const struct load_sound *sound);
void bel_load_sound_close(struct load_sound *sound);
struct bel_line *bel_load_sound_line(const struct load_sound *sound);

#endif
