/* SPDX-License-Identifier: Apache-2.0
 *
 * Elements of an RTP header extension (RFC 8285 sections 4.2 and 4.3). */
#include "rtp/packet.h"

enum {
	ONE_BYTE_ID_MAX = 14,
	ONE_BYTE_STOP = 15, /* "MUST NOT be used": nothing behind it is looked at */
	ONE_BYTE_LEN_MAX = 16,
	TWO_BYTE_LEN_MAX = 255,
	TWO_BYTE_MASK = 0xfff0,
};

static bool take_one_byte(struct bel_rtp_element *out, struct bel_cursor *left)
{
	uint8_t head;
	bel_str value;

	if (!bel_cursor_be8(&head, left) || head >> 4 == ONE_BYTE_STOP ||
	    !bel_cursor_bytes(&value, left, (size_t)(head & 0x0f) + 1))
		return false;
	*out = (struct bel_rtp_element){ .id = head >> 4, .value = value };
	return true;
}

static bool take_two_byte(struct bel_rtp_element *out, struct bel_cursor *left)
{
	uint8_t id, len;
	bel_str value;

	if (!bel_cursor_be8(&id, left) || !bel_cursor_be8(&len, left) ||
	    !bel_cursor_bytes(&value, left, len))
		return false;
	*out = (struct bel_rtp_element){ .id = id, .value = value };
	return true;
}

bool bel_rtp_element_take(struct bel_rtp_element *out, struct bel_cursor *left,
			  uint16_t profile)
{
	/* Padding is a byte of zeros in both forms; it may stand anywhere. */
	while (bel_cursor_take(left, '\0'))
		continue;
	if (profile == BEL_RTP_ONE_BYTE_PROFILE)
		return take_one_byte(out, left);
	if ((profile & TWO_BYTE_MASK) == BEL_RTP_TWO_BYTE_PROFILE)
		return take_two_byte(out, left);
	return false;
}

enum bel_err bel_rtp_element_find(bel_str *out, const struct bel_rtp_packet *packet,
				  uint8_t id)
{
	struct bel_cursor left = bel_cursor_init(packet->extension);
	struct bel_rtp_element element;

	while (packet->has_extension &&
	       bel_rtp_element_take(&element, &left, packet->extension_profile)) {
		if (element.id != id)
			continue;
		*out = element.value;
		return BEL_OK;
	}
	return BEL_ERR_NOT_FOUND;
}

static bool fits_one_byte(const struct bel_rtp_element *element)
{
	return element->id <= ONE_BYTE_ID_MAX && element->value.len &&
	       element->value.len <= ONE_BYTE_LEN_MAX;
}

enum bel_err bel_rtp_elements_write(struct bel_rtp_packet *packet,
				    struct bel_writer *writer,
				    const struct bel_rtp_element *elements,
				    unsigned count)
{
	size_t from = writer->len;
	bool is_short = true;

	for (unsigned i = 0; i < count; i++) {
		if (!elements[i].id || elements[i].value.len > TWO_BYTE_LEN_MAX)
			return BEL_ERR_LIMIT;
		is_short &= fits_one_byte(&elements[i]);
	}
	for (unsigned i = 0; i < count; i++) {
		size_t len = elements[i].value.len;
		if (is_short) {
			bel_write_be8(writer, (uint8_t)((unsigned)elements[i].id << 4 |
							(len - 1)));
		} else {
			bel_write_be8(writer, elements[i].id);
			bel_write_be8(writer, (uint8_t)len);
		}
		bel_write_str(writer, elements[i].value);
	}
	while (!writer->is_full && (writer->len - from) % 4)
		bel_write_be8(writer, 0);
	if (writer->is_full)
		return BEL_ERR_SPACE;
	packet->has_extension = true;
	packet->extension_profile = is_short ? BEL_RTP_ONE_BYTE_PROFILE
					     : BEL_RTP_TWO_BYTE_PROFILE;
	packet->extension = (bel_str){ writer->buf + from, writer->len - from };
	return BEL_OK;
}
