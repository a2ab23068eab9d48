/* SPDX-License-Identifier: Apache-2.0
 * One typed value: the first byte chooses the parser, the rest is the text. */
#include <stdlib.h>
#include "sip/sip_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool is_true)
{
	if (!is_true)
		abort();
}

static void read_params(bel_str params)
{
	struct bel_sip_param param;
	struct bel_arena arena;
	bel_str plain;

	bel_arena_init(&arena, NULL, 0, 1 << 20);
	while (!bel_sip_param_next(&param, &params)) {
		require(param.name.len);
		if (param.is_quoted) {
			require(!bel_sip_unquote(&plain, &arena, param.value));
			require(plain.len <= param.value.len);
		}
	}
	bel_arena_fini(&arena);
}

static void read_addr(bel_str text)
{
	struct bel_sip_addr addr;

	if (bel_sip_addr_parse(&addr, text))
		return;
	require(addr.uri.text.len);
	read_params(addr.params);
}

static void read_contact(bel_str text)
{
	struct bel_sip_addr addr;

	if (!bel_sip_contact_parse(&addr, text))
		require(addr.is_star || addr.uri.text.len);
}

static void read_via(bel_str text)
{
	struct bel_sip_via via;

	if (bel_sip_via_parse(&via, text))
		return;
	require(via.host.len && via.sent_by.len >= via.host.len);
	read_params(via.params);
}

static void read_numbers(bel_str text)
{
	struct bel_sip_cseq cseq;
	struct bel_sip_rack rack;
	uint32_t number;
	uint16_t q;

	if (!bel_sip_cseq_parse(&cseq, text))
		require(cseq.method_text.len);
	if (!bel_sip_rack_parse(&rack, text))
		require(rack.cseq.method_text.len);
	if (!bel_sip_number_parse(&number, text, 255))
		require(number <= 255);
	bel_sip_seconds_parse(&number, text);
	if (!bel_sip_q_parse(&q, text))
		require(q <= 1000);
}

static void read_items(bel_str text)
{
	struct bel_sip_item item;
	struct bel_sip_media media;
	struct bel_sip_event event;
	struct bel_sip_sub_state state;
	struct bel_sip_session_expires expires;
	struct bel_sip_reason reason;

	if (!bel_sip_item_parse(&item, text))
		read_params(item.params);
	if (!bel_sip_media_parse(&media, text))
		require(media.type.len && media.subtype.len);
	if (!bel_sip_event_parse(&event, text))
		require(event.package.len);
	if (!bel_sip_sub_state_parse(&state, text))
		require(state.expires_s >= -1);
	bel_sip_session_expires_parse(&expires, text);
	if (!bel_sip_reason_parse(&reason, text))
		require(reason.cause >= -1);
}

static void read_replaces(bel_str text)
{
	struct bel_sip_replaces replaces;

	if (!bel_sip_replaces_parse(&replaces, text))
		require(replaces.call_id.len && replaces.to_tag.len &&
			replaces.from_tag.len);
}

static void read_warning(bel_str text)
{
	struct bel_sip_warning warning;

	if (!bel_sip_warning_parse(&warning, text))
		require(warning.code >= 100 && warning.code <= 999);
}

/* A date that is read is written as it was, but for case. */
static void read_date(bel_str text)
{
	char buf[64];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	int64_t time_s, again_s;

	if (bel_sip_date_parse(&time_s, text) || time_s < 0)
		return;
	bel_sip_write_date(&writer, time_s);
	require(!bel_sip_date_parse(&again_s, bel_writer_str(&writer)));
	require(again_s == time_s);
}

static void read_auth(bel_str text)
{
	struct bel_sip_auth auth;
	struct bel_sip_param param;

	if (bel_sip_auth_parse(&auth, text))
		return;
	while (!bel_sip_auth_next(&param, &auth.params))
		require(param.name.len);
}

static void read_list(bel_str text)
{
	size_t total = 0;

	for (bel_str value; bel_sip_list_next(&value, &text);)
		total += value.len;
	require(total <= (size_t)1 << 30);
}

static void read_parts(bel_str text)
{
	struct bel_sip_parts parts;
	struct bel_sip_part part;

	if (bel_sip_parts_init(&parts, BEL_STR("multipart/mixed;boundary=b"), text))
		return;
	while (!bel_sip_parts_next(&part, &parts))
		require(part.body.len <= text.len);
	require(parts.count <= BEL_SIP_PARTS_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const readers[])(bel_str) = {
		read_addr,  read_contact,  read_via,     read_numbers,
		read_items, read_replaces, read_warning, read_date,
		read_auth,  read_list,     read_parts,
	};

	if (size)
		readers[data[0] % BEL_COUNT_OF(readers)](
			(bel_str){ (const char *)data + 1, size - 1 });
	return 0;
}
