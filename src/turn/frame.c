/* SPDX-License-Identifier: Apache-2.0 */
#include "turn/turn.h"

/* RFC 8656 section 12: the first two bits are 01. Numbers from 0x5000 on are reserved
 * there, and belonged to clients before (RFC 5766): decision 0013. */
bool bel_turn_is_channel_data(bel_str bytes)
{
	return bytes.len && ((uint8_t)bytes.ptr[0] & 0xc0) == 0x40;
}

enum bel_err bel_turn_channel_parse(uint16_t *number, bel_str *data, bel_str bytes)
{
	struct bel_cursor cursor = bel_cursor_init(bytes);
	uint16_t channel, len;
	bel_str payload;

	if (!bel_cursor_be16(&channel, &cursor) || !bel_cursor_be16(&len, &cursor) ||
	    !bel_cursor_bytes(&payload, &cursor, len) ||
	    channel < BEL_TURN_CHANNEL_FIRST || channel > BEL_TURN_CHANNEL_OLD_LAST)
		return BEL_ERR_SYNTAX;
	*number = channel;
	*data = payload;
	return BEL_OK;
}

enum bel_err bel_turn_frame_find(size_t *len, bel_str stream)
{
	struct bel_cursor cursor = bel_cursor_init(stream);
	uint16_t head, length;

	if (!bel_cursor_be16(&head, &cursor) || !bel_cursor_be16(&length, &cursor))
		return BEL_ERR_AGAIN;
	if (head >= BEL_TURN_CHANNEL_FIRST && head <= BEL_TURN_CHANNEL_OLD_LAST) {
		*len = BEL_TURN_CHANNEL_HEAD_BYTES + (((size_t)length + 3) & ~(size_t)3);
		return BEL_OK;
	}
	if (head & 0xc000 || length % 4)
		return BEL_ERR_SYNTAX;
	*len = (size_t)BEL_STUN_HEADER_BYTES + length;
	return BEL_OK;
}
