/* SPDX-License-Identifier: Apache-2.0 */
#include "dialog/dialog.h"

/* clang-format off */
/* RFC 3261 sections 12.1 and 12.3: early by a tag, confirmed by a 2xx. */
static const uint8_t moves[BEL_DIALOG_STATE_COUNT][BEL_DIALOG_EVENT_COUNT] = {
	[BEL_DIALOG_TRYING] = {
		[BEL_DIALOG_PROVISIONAL] = BEL_DIALOG_EARLY,
		[BEL_DIALOG_SUCCESS]     = BEL_DIALOG_CONFIRMED,
		[BEL_DIALOG_REFUSED]     = BEL_DIALOG_OVER,
		[BEL_DIALOG_GONE]        = BEL_DIALOG_OVER,
	},
	[BEL_DIALOG_EARLY] = {
		[BEL_DIALOG_PROVISIONAL] = BEL_DIALOG_EARLY,
		[BEL_DIALOG_SUCCESS]     = BEL_DIALOG_CONFIRMED,
		[BEL_DIALOG_REFUSED]     = BEL_DIALOG_OVER,
		[BEL_DIALOG_GONE]        = BEL_DIALOG_OVER,
	},
	/* A late provisional answer, or a refusal that lost a race, changes nothing. */
	[BEL_DIALOG_CONFIRMED] = {
		[BEL_DIALOG_SUCCESS]     = BEL_DIALOG_CONFIRMED,
		[BEL_DIALOG_GONE]        = BEL_DIALOG_OVER,
	},
};
/* clang-format on */

enum bel_dialog_state bel_dialog_step(enum bel_dialog_state state,
				      enum bel_dialog_event event)
{
	return moves[state][event];
}

const char *bel_dialog_state_name(enum bel_dialog_state state)
{
	static const char *const names[] = {
		[BEL_DIALOG_NONE] = "none",   [BEL_DIALOG_TRYING] = "trying",
		[BEL_DIALOG_EARLY] = "early", [BEL_DIALOG_CONFIRMED] = "confirmed",
		[BEL_DIALOG_OVER] = "over",
	};

	return names[state];
}

/* RFC 5057 table 1; what it does not list is the transaction's alone. */
enum bel_dialog_effect bel_dialog_effect(uint16_t status)
{
	static const struct {
		uint16_t status;
		uint8_t effect;
	} rows[] = {
		{ 404, BEL_DIALOG_ALL },
		{ 405, BEL_DIALOG_USAGE },
		{ 410, BEL_DIALOG_ALL },
		{ 416, BEL_DIALOG_ALL },
		{ 480, BEL_DIALOG_USAGE },
		{ 481, BEL_DIALOG_USAGE },
		{ 482, BEL_DIALOG_ALL },
		{ 483, BEL_DIALOG_ALL },
		{ 484, BEL_DIALOG_ALL },
		{ 485, BEL_DIALOG_ALL },
		{ 489, BEL_DIALOG_USAGE },
		{ 501, BEL_DIALOG_USAGE },
		{ 502, BEL_DIALOG_ALL },
		{ 604, BEL_DIALOG_ALL },
		/* RFC 5057 section 5.2: as good as no answer at all. */
		{ 408, BEL_DIALOG_USAGE },
	};

	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++)
		if (rows[i].status == status)
			return rows[i].effect;
	return BEL_DIALOG_TRANSACTION;
}
