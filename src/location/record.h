/* SPDX-License-Identifier: Apache-2.0
 *
 * Records of location/ in a journal: making and reading them. Pure. */
#ifndef BEL_LOCATION_RECORD_H
#define BEL_LOCATION_RECORD_H

#include "location/location_int.h"

enum { RECORD_REFRESH_BYTES = 32, RECORD_COUNTER_BYTES = 12, RECORD_COVERED_BYTES = 4 };

enum bel_record_kind {
	BEL_RECORD_FULL,    /* aor and the drafts */
	BEL_RECORD_REFRESH, /* id, cseq, expires_ms, changed_ms */
	BEL_RECORD_GONE,    /* aor */
	BEL_RECORD_COUNTER, /* id */
	BEL_RECORD_COVERED, /* stripe */
};
struct bel_record {
	enum bel_record_kind kind;
	bel_str aor;
	uint64_t id, expires_ms, changed_ms;
	uint32_t cseq;
	uint16_t stripe;
};

/* At most what bel_record_write writes for this block. */
size_t bel_record_size(const struct bel_block *block);
void bel_record_write(struct bel_writer *writer, const struct bel_block *block);
void bel_record_write_refresh(struct bel_writer *writer, const struct bel_entry *entry);
void bel_record_write_gone(struct bel_writer *writer, bel_str aor);
void bel_record_write_counter(struct bel_writer *writer, uint64_t counter);
void bel_record_write_covered(struct bel_writer *writer, uint16_t stripe);

/* By its first byte. */
bool bel_record_is_refresh(bel_str record);
/* Strings are borrowed from the record. BEL_ERR_STORE for what is none. */
enum bel_err bel_record_parse(struct bel_record *out, struct bel_drafts *drafts,
			      bel_str record);

#endif
