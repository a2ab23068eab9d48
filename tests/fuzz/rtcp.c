/* SPDX-License-Identifier: Apache-2.0
 * A datagram that may be RTCP: everything read from it lies within it, and reports are
 * written as they were read. */
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

static void check_report(const struct bel_rtcp_packet *packet, uint32_t ssrc)
{
	struct bel_rtcp_report report, again;
	char buf[64];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	struct bel_rtcp_packet written;

	if (bel_rtcp_report_find(&report, packet, ssrc))
		return;
	require(!bel_rtcp_report_write(&writer, packet->ssrc, NULL, &report, 1));
	struct bel_cursor left = bel_cursor_init(bel_writer_str(&writer));
	require(bel_rtcp_take(&written, &left));
	require(!bel_rtcp_report_find(&again, &written, ssrc));
	require(again.lost == report.lost && again.dlsr == report.dlsr &&
		again.highest_seq == report.highest_seq);
}

static void check_extended(const struct bel_rtcp_packet *packet)
{
	struct bel_rtcp_xr_block block;
	struct bel_rtcp_voip voip, again;
	struct bel_rtcp_dlrr dlrr;
	struct bel_cursor left;
	uint64_t ntp;

	if (bel_rtcp_xr(&left, packet))
		return;
	while (bel_rtcp_xr_take(&block, &left)) {
		char buf[64];
		struct bel_writer writer = bel_writer_init(buf, sizeof buf);
		struct bel_rtcp_packet written;
		require(is_within(block.body, packet->body));
		bel_rtcp_xr_reference_time(&ntp, &block);
		bel_rtcp_xr_dlrr_find(&dlrr, &block, 1);
		if (bel_rtcp_xr_voip(&voip, &block))
			continue;
		require(!bel_rtcp_voip_write(&writer, 1, &voip));
		struct bel_cursor inner = bel_cursor_init(bel_writer_str(&writer));
		require(bel_rtcp_take(&written, &inner) &&
			!bel_rtcp_xr(&inner, &written));
		require(bel_rtcp_xr_take(&block, &inner));
		require(!bel_rtcp_xr_voip(&again, &block));
		require(again.mos_cq == voip.mos_cq && again.config == voip.config);
	}
}

static void check_packet(const struct bel_rtcp_packet *packet)
{
	struct bel_rtcp_sender_info info;
	struct bel_rtcp_app app;
	struct bel_rtcp_nack nack;
	struct bel_cursor left;
	uint32_t ssrc = 0;
	bel_str text;

	bel_rtcp_sender_info(&info, packet);
	check_report(packet, 1);
	check_report(packet, packet->ssrc);
	if (!bel_rtcp_cname_find(&text, packet, 1))
		require(is_within(text, packet->body));
	if (!bel_rtcp_bye_reason(&text, packet))
		require(is_within(text, packet->body));
	if (!bel_rtcp_app(&app, packet))
		require(is_within(app.name, packet->body) &&
			is_within(app.data, packet->body));
	bel_rtcp_is_bye_of(packet, 1);
	if (!bel_rtcp_feedback(&ssrc, &left, packet))
		while (bel_rtcp_nack_take(&nack, &left))
			continue;
	bel_rtcp_is_picture_asked(packet, ssrc);
	check_extended(packet);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bel_str compound = { (const char *)data, size };
	struct bel_cursor left = bel_cursor_init(compound);
	struct bel_rtcp_packet packet;
	size_t total = 0;

	while (bel_rtcp_take(&packet, &left)) {
		require(is_within(packet.bytes, compound) &&
			is_within(packet.body, packet.bytes));
		total += packet.bytes.len;
		check_packet(&packet);
	}
	/* What passes the check is taken apart to its last byte. */
	if (!bel_rtcp_check(compound, true))
		require(total == size);
	if (!bel_rtcp_check(compound, false))
		require(!bel_rtcp_check(compound, true));
	return 0;
}
