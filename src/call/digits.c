/* SPDX-License-Identifier: Apache-2.0
 * Digits by INFO, outside of any package (RFC 6086 section 1 calls that legacy use, and
 * it is what telephones do). */
#include "call/call_int.h"
#include "rtp/rtp.h"

enum { INFO_BYTES_MAX = 64 };

enum bel_err bel_call_send_digit(struct bel_call *call, char digit, unsigned duration_ms)
{
	char buf[INFO_BYTES_MAX];
	struct bel_writer body = bel_writer_init(buf, sizeof buf);
	struct bel_dtmf_info info = { .duration_ms = duration_ms };
	enum bel_err err = bel_dtmf_from_char(&info.event, digit);

	if (err)
		return err;
	bel_dtmf_info_write(&body, &info);
	return bel_call_message(call, BEL_SIP_INFO, BEL_STR_NONE,
				BEL_STR("application/dtmf-relay"), bel_writer_str(&body));
}

char bel_call_digit_of(struct bel_sip_msg *msg)
{
	struct bel_dtmf_info info;

	if (msg->method != BEL_SIP_INFO ||
	    !bel_str_has_prefix_nocase(bel_sip_value(msg, BEL_SIP_H_CONTENT_TYPE),
				       BEL_STR("application/dtmf")) ||
	    bel_dtmf_info_parse(&info, bel_sip_body(msg)))
		return '\0';
	return bel_dtmf_to_char(info.event);
}
