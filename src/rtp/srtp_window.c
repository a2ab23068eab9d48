/* SPDX-License-Identifier: Apache-2.0
 *
 * Which packet a sequence number means, and whether it was there before. */
#include "rtp/srtp_int.h"

enum { SEQ_HALF = 1 << 15, WORD_BITS = 64 };

/* RFC 3711 section 3.3.1: of the three roll-over counters that come into question the one
 * that brings the index nearest to the highest so far. */
enum bel_err bel_srtp_window_guess(uint64_t *index, const struct bel_srtp_window *window,
				   uint16_t seq)
{
	uint16_t highest_seq = (uint16_t)window->highest;
	uint64_t roll_over = window->highest >> 16;
	int ahead = (int)seq - highest_seq;

	if (!window->has_any) {
		*index = seq;
		return BEL_OK;
	}
	if (highest_seq < SEQ_HALF && ahead > SEQ_HALF) {
		if (!roll_over)
			return BEL_ERR_EXISTS; /* before the first wrap there is nothing
						*/
		roll_over--;
	} else if (highest_seq >= SEQ_HALF && ahead < -SEQ_HALF) {
		roll_over++;
	}
	*index = roll_over << 16 | seq;
	return BEL_OK;
}

enum bel_err bel_srtp_window_check(const struct bel_srtp_window *window, uint64_t index)
{
	uint64_t back;

	if (!window->has_any || index > window->highest)
		return BEL_OK;
	back = window->highest - index;
	if (back >= BEL_SRTP_WINDOW_WORDS * WORD_BITS ||
	    window->seen[back / WORD_BITS] >> back % WORD_BITS & 1)
		return BEL_ERR_EXISTS;
	return BEL_OK;
}

/* The window moves on; what is older than it falls out. */
static void shift(uint64_t seen[BEL_SRTP_WINDOW_WORDS], uint64_t by)
{
	if (by >= 2 * WORD_BITS) {
		seen[0] = seen[1] = 0;
	} else if (by >= WORD_BITS) {
		seen[1] = seen[0] << (by - WORD_BITS);
		seen[0] = 0;
	} else if (by) {
		seen[1] = seen[1] << by | seen[0] >> (WORD_BITS - by);
		seen[0] <<= by;
	}
}

void bel_srtp_window_put(struct bel_srtp_window *window, uint64_t index)
{
	if (!window->has_any || index > window->highest) {
		shift(window->seen, window->has_any ? index - window->highest : 0);
		window->highest = index;
		window->has_any = true;
	}
	uint64_t back = window->highest - index;
	window->seen[back / WORD_BITS] |= (uint64_t)1 << back % WORD_BITS;
}
