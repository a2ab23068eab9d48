/* SPDX-License-Identifier: Apache-2.0
 * A datagram: parsed by every scanner alike, validated, read through every accessor,
 * answered and forwarded; what we make of it must be readable again. */
#include <stdlib.h>
#include "sip/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool is_true)
{
	if (!is_true)
		abort();
}

static void require_scanners_agree(const struct bel_sip_msg *msg, bel_str bytes)
{
	unsigned count;
	const struct bel_sip_scanner *scanners = bel_sip_scanners(&count);
	struct bel_sip_msg other;
	struct bel_sip_refusal why;

	for (unsigned i = 0; i < count; i++) {
		if (!scanners[i].is_here())
			continue;
		bel_sip_parse_with(&other, NULL, bytes, &why, scanners[i].scan);
		require(other.fields_count == msg->fields_count);
		require(other.body_start == msg->body_start &&
			other.body_len == msg->body_len);
		require(!memcmp(other.fields, msg->fields,
				msg->fields_count * sizeof msg->fields[0]));
	}
}

static void read_value(bel_str value, enum bel_sip_header header)
{
	struct bel_sip_addr addr;
	struct bel_sip_item item;
	struct bel_sip_param param;
	struct bel_sip_auth auth;

	if (!bel_sip_contact_parse(&addr, value))
		while (!bel_sip_param_next(&param, &addr.params))
			require(param.name.len);
	if (!bel_sip_item_parse(&item, value))
		while (!bel_sip_param_next(&param, &item.params))
			require(param.name.len);
	if (bel_sip_header_shape(header) == BEL_SIP_MANY &&
	    !bel_sip_auth_parse(&auth, value))
		while (!bel_sip_auth_next(&param, &auth.params))
			require(param.name.len);
}

static void read_all(struct bel_sip_msg *msg)
{
	bel_sip_uri(msg);
	bel_sip_via(msg);
	bel_sip_from(msg);
	bel_sip_to(msg);
	bel_sip_contact(msg);
	bel_sip_cseq(msg);
	for (unsigned h = 0; h < BEL_SIP_H_COUNT; h++) {
		struct bel_sip_values values;
		bel_sip_values_init(&values, msg, (enum bel_sip_header)h);
		for (bel_str value; bel_sip_values_next(&value, &values);)
			read_value(value, (enum bel_sip_header)h);
	}
	struct bel_sip_parts parts;
	struct bel_sip_part part;
	if (!bel_sip_parts_init(&parts, bel_sip_value(msg, BEL_SIP_H_CONTENT_TYPE),
				bel_sip_body(msg)))
		while (!bel_sip_parts_next(&part, &parts))
			require(parts.count <= BEL_SIP_PARTS_MAX);
}

static void answer(struct bel_sip_msg *msg, char *buf, size_t size)
{
	struct bel_writer writer = bel_writer_init(buf, size);
	bel_addr source = bel_addr_v4(192, 0, 2, 1, 5060);
	struct bel_sip_reply reply = { .status = 200,
				       .to_tag = BEL_STR("t"),
				       .source = &source,
				       .record_route = true };
	struct bel_sip_msg again;
	struct bel_sip_refusal why;

	require(!bel_sip_respond(&writer, msg, &reply));
	if (writer.len > BEL_SIP_MESSAGE_BYTES_MAX)
		return;
	enum bel_err err = bel_sip_parse(&again, NULL, bel_writer_str(&writer), &why);
	require(!err || err == BEL_ERR_LIMIT);
	if (!err)
		require(bel_str_is_equal(bel_sip_call_id(&again), bel_sip_call_id(msg)));
}

static void forward(struct bel_sip_msg *msg, char *buf, size_t size)
{
	struct bel_writer writer = bel_writer_init(buf, size);
	bel_addr source = bel_addr_v4(192, 0, 2, 1, 5060);
	struct bel_sip_splice splice;
	struct bel_sip_msg again;
	struct bel_sip_refusal why;

	bel_sip_splice_init(&splice, msg);
	if (msg->is_request)
		bel_sip_splice_uri(&splice, BEL_STR("sip:bob@192.0.2.4"));
	bel_sip_splice_via_source(&splice, &source);
	bel_sip_splice_insert(&splice, BEL_SIP_H_VIA,
			      BEL_STR("SIP/2.0/UDP p.example.com;branch=z9hG4bKx"));
	bel_sip_splice_set_number(&splice, BEL_SIP_H_MAX_FORWARDS, 69);
	if (bel_sip_has(msg, BEL_SIP_H_ROUTE) && bel_sip_value(msg, BEL_SIP_H_ROUTE).len)
		bel_sip_splice_remove_value(&splice, BEL_SIP_H_ROUTE, 0);
	require(!bel_sip_splice_write(&writer, &splice));
	if (writer.len > BEL_SIP_MESSAGE_BYTES_MAX)
		return;
	enum bel_err err = bel_sip_parse(&again, NULL, bel_writer_str(&writer), &why);
	require(!err || err == BEL_ERR_LIMIT);
	if (err)
		return;
	err = bel_sip_validate(&again, &why);
	require(!err || err == BEL_ERR_LIMIT);
	if (!err)
		require(bel_sip_vias_count(&again) == bel_sip_vias_count(msg) + 1);
	require(bel_str_is_equal(bel_sip_body(&again), bel_sip_body(msg)));
}

static void forward_unchanged(struct bel_sip_msg *msg, char *buf, size_t size)
{
	struct bel_writer writer = bel_writer_init(buf, size);
	struct bel_sip_splice splice;

	bel_sip_splice_init(&splice, msg);
	require(!bel_sip_splice_write(&writer, &splice));
	require(bel_str_has_suffix(msg->bytes, bel_writer_str(&writer)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct bel_sip_msg msg;
	struct bel_sip_refusal why = { 0 };
	bel_str bytes = { (const char *)data, size };
	size_t room = size * 2 + 4096;
	char *buf = malloc(room);

	if (!buf)
		return 0;
	enum bel_err err = bel_sip_parse(&msg, NULL, bytes, &why);
	require(!err == !why.text);
	require_scanners_agree(&msg, bytes);
	read_all(&msg);
	if (bel_sip_can_respond(&msg))
		answer(&msg, buf, room);
	if (!err && !bel_sip_validate(&msg, &why)) {
		forward_unchanged(&msg, buf, room);
		forward(&msg, buf, room);
	}
	free(buf);
	return 0;
}
