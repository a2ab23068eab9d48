/* SPDX-License-Identifier: Apache-2.0 */
#include "ua/ua_int.h"

enum { MESSAGE_BUDGET_BYTES = 256 * 1024, WARNING_BYTES_MAX = 512 };

static void on_cancel(struct bel_ua *ua, struct bel_sip_msg *cancel,
		      const struct bel_flow *came_by)
{
	struct bel_tx *invite = bel_tx_find_cancelled(ua->opts.table, cancel);

	if (!invite || !bel_ua_on_cancel(ua, invite, cancel, came_by))
		bel_ua_refuse(ua, cancel, came_by,
			      &(struct bel_sip_reply){ .status = 481 });
}

static void on_message(struct bel_ua *ua, struct bel_sip_msg *msg,
		       const struct bel_flow *came_by)
{
	struct bel_tx *tx = msg->is_request ? bel_tx_find_server(ua->opts.table, msg)
					    : bel_tx_find_client(ua->opts.table, msg);

	if (!msg->is_request) {
		if (tx)
			bel_tx_on_response(tx, msg);
	} else if (tx) {
		bel_tx_on_request(tx, msg);
	} else if (msg->method == BEL_SIP_CANCEL) {
		on_cancel(ua, msg, came_by);
	} else {
		ua->opts.on_request(ua->opts.user, msg, came_by);
	}
}

static void refuse_malformed(struct bel_ua *ua, struct bel_sip_msg *msg,
			     const struct bel_flow *came_by,
			     const struct bel_sip_refusal *why)
{
	char buf[WARNING_BYTES_MAX], text[WARNING_BYTES_MAX / 2];
	struct bel_writer lines = bel_writer_init(buf, sizeof buf);
	struct bel_writer cause = bel_writer_init(text, sizeof text);

	if (!why->status || !bel_sip_can_respond(msg) || !bel_sip_via(msg))
		return;
	bel_sip_write_refusal(&cause, why);
	bel_sip_write_name(&lines, BEL_SIP_H_WARNING);
	bel_write_lit(&lines, "399 belfry ");
	bel_sip_write_quoted(&lines, bel_writer_str(&cause));
	bel_sip_write_crlf(&lines);
	bel_ua_refuse(ua, msg, came_by,
		      &(struct bel_sip_reply){ .status = why->status,
					       .lines = bel_writer_str(&lines) });
}

void bel_ua_receive(struct bel_ua *ua, struct bel_rx *rx, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct bel_arena arena;
		struct bel_sip_refusal why;
		bel_arena_init(&arena, ua->arena_block, sizeof ua->arena_block,
			       MESSAGE_BUDGET_BYTES);
		if (bel_sip_parse(&ua->msg, &arena, rx[i].bytes, &why) ||
		    bel_sip_validate(&ua->msg, &why))
			refuse_malformed(ua, &ua->msg, &rx[i].flow, &why);
		else
			on_message(ua, &ua->msg, &rx[i].flow);
		bel_arena_fini(&arena);
	}
}
