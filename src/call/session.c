/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "call/call_int.h"

static bel_str find_body(struct bel_sip_msg *msg)
{
	return bel_sip_body_find(msg, BEL_STR("application/sdp"));
}

bool bel_session_has_body(struct bel_sip_msg *msg)
{
	return find_body(msg).len;
}

/* What need not be understood is passed over (RFC 3261 section 20.11). */
static bool is_optional(struct bel_sip_msg *msg)
{
	bel_str value = bel_sip_value(msg, BEL_SIP_H_CONTENT_DISPOSITION), handling;

	return bel_sip_param_find(
		       &handling,
		       bel_str_slice(value, bel_str_find(value, ';'), value.len),
		       BEL_STR("handling")) &&
	       bel_str_is_equal_nocase(handling, BEL_STR("optional"));
}

uint16_t bel_session_check_body(struct bel_writer *lines, struct bel_sip_msg *msg)
{
	bel_str encoding = bel_sip_value(msg, BEL_SIP_H_CONTENT_ENCODING);

	if (!msg->body_len || is_optional(msg))
		return 0;
	if (encoding.len && !bel_str_is_equal_nocase(encoding, BEL_STR("identity"))) {
		bel_write_lit(lines, "Accept-Encoding: identity\r\n");
		return 415;
	}
	if (bel_session_has_body(msg))
		return 0;
	bel_write_lit(lines, "Accept: application/sdp\r\n");
	return 415;
}

typedef enum bel_err (*write_fn)(struct bel_writer *writer, struct bel_offer *offer,
				 const struct bel_offer_local *local);

static enum bel_err write_ours(bel_str *body, struct bel_call *call,
			       struct bel_offer *offer, write_fn write)
{
	struct bel_writer writer = bel_writer_init(call->calls->body,
						   sizeof call->calls->body);
	struct bel_offer_local local = { .is_quiet = offer->state == BEL_OFFER_THEIRS &&
						     offer->is_quiet,
					 .theirs = offer->state == BEL_OFFER_THEIRS
							   ? bel_offer_theirs(offer)
							   : BEL_STR_NONE };
	enum bel_err err;

	*body = BEL_STR_NONE;
	if (!call->media) {
		bel_offer_roll_back(offer);
		return BEL_OK;
	}
	err = call->media->describe(call->user, call, &local);
	local.session_id = call->session_id;
	if (!err)
		err = write(&writer, offer, &local);
	if (!err)
		*body = bel_writer_str(&writer);
	return err;
}

enum bel_err bel_session_write_offer(bel_str *body, struct bel_call *call,
				     struct bel_offer *offer)
{
	return write_ours(body, call, offer, bel_offer_write_offer);
}

enum bel_err bel_session_write_answer(bel_str *body, struct bel_call *call,
				      struct bel_offer *offer)
{
	return write_ours(body, call, offer, bel_offer_write_answer);
}

enum bel_err bel_session_take_body(struct bel_offer *offer, struct bel_sip_msg *msg)
{
	struct bel_sdp_refusal why;
	bel_str body = find_body(msg);
	enum bel_err err = offer->state == BEL_OFFER_OURS
				   ? bel_offer_take_answer(offer, body, &why)
				   : bel_offer_take_offer(offer, body, &why);

	/* Too long, or of another version: to us it is no description. The other error
	 * codes speak of what we lack. */
	return err == BEL_ERR_LIMIT || err == BEL_ERR_UNSUPPORTED ? BEL_ERR_SYNTAX : err;
}

uint16_t bel_session_refusal(struct bel_writer *lines, enum bel_err err)
{
	static const struct {
		int err;
		uint16_t status;
	} rows[] = {
		{ BEL_ERR_SYNTAX, 400 },
		{ BEL_ERR_UNSUPPORTED, 488 },
		{ BEL_ERR_MISMATCH, 488 },
		/* No port, file or memory is left now: somebody else's end frees some. */
		{ BEL_ERR_LIMIT, 503 },
		{ BEL_ERR_SPACE, 503 },
		{ -EMFILE, 503 },
		{ -ENFILE, 503 },
		{ -EADDRINUSE, 503 },
		{ -ENOBUFS, 503 },
		{ -ENOMEM, 503 },
	};
	uint16_t status = 500;

	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++)
		if (rows[i].err == (int)err)
			status = rows[i].status;
	if (status == 503)
		bel_sip_write_number(lines, BEL_SIP_H_RETRY_AFTER, RETRY_AFTER_S);
	return status;
}

enum bel_err bel_session_take_preview(struct bel_offer *offer, struct bel_sip_msg *msg)
{
	struct bel_sdp_refusal why;

	return bel_offer_take_preview(offer, find_body(msg), &why);
}

void bel_session_apply(struct bel_call *call, const struct bel_offer *offer)
{
	unsigned count;
	const struct bel_offer_stream *streams = bel_offer_agreed(offer, &count);

	if (call->media && count)
		call->media->apply(call->user, call, streams, count);
}
