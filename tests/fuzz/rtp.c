/* SPDX-License-Identifier: Apache-2.0
 * A datagram that may be RTP: what parses is written to the same meaning, its elements
 * lie within it, and a receiver stays in a state that makes sense. */
#include <stdlib.h>
#include "rtp/rtp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool is_true)
{
	if (!is_true)
		abort();
}

static bool is_within(bel_str part, bel_str whole)
{
	return !part.len ||
	       (part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len);
}

static void check_elements(const struct bel_rtp_packet *packet)
{
	struct bel_cursor left = bel_cursor_init(packet->extension);
	struct bel_rtp_element element;
	bel_str found;

	while (packet->has_extension &&
	       bel_rtp_element_take(&element, &left, packet->extension_profile)) {
		require(is_within(element.value, packet->extension));
		require(!bel_rtp_element_find(&found, packet, element.id));
	}
}

static void check_packet(bel_str datagram)
{
	struct bel_rtp_packet packet, again;
	size_t header_bytes;

	bel_rtp_kind(datagram);
	if (bel_rtp_parse(&packet, datagram))
		return;
	require(is_within(packet.payload, datagram) && is_within(packet.csrcs, datagram));
	require(is_within(packet.extension, datagram));
	require(!bel_rtp_header_bytes(&header_bytes, datagram));
	require(header_bytes + packet.payload.len + packet.padding_bytes == datagram.len);
	check_elements(&packet);
	char *buf = malloc(datagram.len);
	struct bel_writer writer = bel_writer_init(buf, datagram.len);
	require(!bel_rtp_write(&writer, &packet) && writer.len == datagram.len);
	/* But for what padding is filled with, it is the same. */
	require(!memcmp(buf, datagram.ptr, datagram.len - packet.padding_bytes));
	require(!bel_rtp_parse(&again, bel_writer_str(&writer)));
	free(buf);
}

/* The bytes as many packets of a stream, three SSRCs and small steps. */
static void check_receiver(const uint8_t *data, size_t size)
{
	const bel_addr from = bel_addr_v4(192, 0, 2, 1, 4000);
	struct bel_rtp_receiver receiver;
	struct bel_rtp_packet packet = { 0 };
	struct bel_rtcp_report report;
	uint64_t now_us = 1;

	bel_rtp_receiver_init(&receiver, 3, 8000);
	for (size_t i = 0; i + 3 <= size; i += 3) {
		packet.ssrc = data[i] % 4;
		packet.seq = (uint16_t)(packet.seq +
					(int8_t)data[i + 1] * (data[i] >> 4));
		packet.timestamp += data[i + 2];
		now_us += (uint64_t)data[i + 2] * 1000;
		enum bel_rtp_verdict verdict = bel_rtp_receiver_on_packet(
			&receiver, &packet, &from, now_us);
		bool is_ours = packet.ssrc == 3;
		require(is_ours ==
			(verdict == BEL_RTP_COLLISION || verdict == BEL_RTP_LOOP));
		if (verdict == BEL_RTP_VALID || verdict == BEL_RTP_RESTARTED)
			require(receiver.source.ssrc == packet.ssrc);
		if (data[i] & 8 && receiver.has_source) {
			bel_rtp_source_report(&report, &receiver.source, now_us);
			require(report.lost <= 0x7fffff && report.lost >= -0x800000);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_packet((bel_str){ (const char *)data, size });
	check_receiver(data, size);
	return 0;
}
