/* SPDX-License-Identifier: Apache-2.0 */
#include "sdp/sdp_int.h"

static void write_value(struct bel_writer *writer, bel_str text)
{
	if (memchr(text.ptr ? text.ptr : "", '\n', text.len) ||
	    memchr(text.ptr ? text.ptr : "", '\r', text.len))
		writer->is_full = true;
	bel_write_str(writer, text);
}

void bel_sdp_write_end(struct bel_writer *writer)
{
	bel_write_lit(writer, "\r\n");
}

void bel_sdp_write_line(struct bel_writer *writer, char type, bel_str value)
{
	bel_write_char(writer, type);
	bel_write_char(writer, '=');
	write_value(writer, value);
	bel_sdp_write_end(writer);
}

void bel_sdp_write(struct bel_writer *writer, const struct bel_sdp *sdp)
{
	for (unsigned i = 0; i < sdp->lines_count; i++)
		bel_sdp_write_line(writer, sdp->lines[i].type,
				   content_of(sdp, &sdp->lines[i]));
}

static void write_address(struct bel_writer *writer, const bel_addr *addr)
{
	bel_write_str(writer,
		      addr->family == 6 ? BEL_STR("IN IP6 ") : BEL_STR("IN IP4 "));
	bel_addr_write_host(writer, addr);
}

void bel_sdp_write_connection(struct bel_writer *writer, const bel_addr *addr)
{
	bel_write_lit(writer, "c=");
	write_address(writer, addr);
	bel_sdp_write_end(writer);
}

void bel_sdp_write_head(struct bel_writer *writer, const bel_addr *addr,
			uint64_t session_id, uint64_t version)
{
	bel_write_lit(writer, "v=0\r\no=- ");
	bel_write_u64(writer, session_id);
	bel_write_char(writer, ' ');
	bel_write_u64(writer, version);
	bel_write_char(writer, ' ');
	write_address(writer, addr);
	bel_write_lit(writer, "\r\ns=-\r\n");
	bel_sdp_write_connection(writer, addr);
	bel_write_lit(writer, "t=0 0\r\n");
}

void bel_sdp_write_media(struct bel_writer *writer, bel_str kind, uint16_t port,
			 bel_str proto)
{
	bel_write_lit(writer, "m=");
	write_value(writer, kind);
	bel_write_char(writer, ' ');
	bel_write_u64(writer, port);
	bel_write_char(writer, ' ');
	write_value(writer, proto);
}

void bel_sdp_write_format(struct bel_writer *writer, unsigned payload)
{
	bel_write_char(writer, ' ');
	bel_write_u64(writer, payload);
}

void bel_sdp_write_attribute(struct bel_writer *writer, bel_str name, bel_str value)
{
	bel_write_lit(writer, "a=");
	write_value(writer, name);
	if (value.ptr) {
		bel_write_char(writer, ':');
		write_value(writer, value);
	}
	bel_sdp_write_end(writer);
}

void bel_sdp_write_codec(struct bel_writer *writer, const struct bel_sdp_codec *codec)
{
	bel_write_lit(writer, "a=rtpmap:");
	bel_write_u64(writer, codec->payload);
	bel_write_char(writer, ' ');
	write_value(writer, codec->name);
	bel_write_char(writer, '/');
	bel_write_u64(writer, codec->clock_hz);
	if (codec->channels > 1) {
		bel_write_char(writer, '/');
		bel_write_u64(writer, codec->channels);
	}
	bel_sdp_write_end(writer);
	if (!codec->fmtp.len)
		return;
	bel_write_lit(writer, "a=fmtp:");
	bel_write_u64(writer, codec->payload);
	bel_write_char(writer, ' ');
	write_value(writer, codec->fmtp);
	bel_sdp_write_end(writer);
}

void bel_sdp_write_rtcp(struct bel_writer *writer, const bel_addr *rtcp,
			const bel_addr *media)
{
	bel_write_lit(writer, "a=rtcp:");
	bel_write_u64(writer, rtcp->port);
	if (!bel_addr_is_same_host(rtcp, media)) {
		bel_write_char(writer, ' ');
		write_address(writer, rtcp);
	}
	bel_sdp_write_end(writer);
}

void bel_sdp_write_crypto(struct bel_writer *writer, uint32_t tag, bel_str suite,
			  bel_str key)
{
	bel_write_lit(writer, "a=crypto:");
	bel_write_u64(writer, tag);
	bel_write_char(writer, ' ');
	write_value(writer, suite);
	bel_write_lit(writer, " inline:");
	bel_write_base64(writer, key);
	bel_sdp_write_end(writer);
}
