/* SPDX-License-Identifier: Apache-2.0
 * A message that nobody has looked at: what the parser accepts has the Call-ID and the
 * topmost Via that were found without it, byte for byte in the same place. */
#include <stdlib.h>

#include "sip/sip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool is_true)
{
	if (!is_true)
		abort();
}

static bool find_in(bel_str *out, struct bel_sip_msg *msg)
{
	struct bel_sip_values values;

	bel_sip_values_init(&values, msg,
			    msg->is_request ? BEL_SIP_H_CALL_ID : BEL_SIP_H_VIA);
	if (!msg->is_request)
		return bel_sip_values_next(out, &values);
	*out = bel_sip_call_id(msg);
	return bel_sip_has(msg, BEL_SIP_H_CALL_ID);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct bel_sip_msg msg;
	bel_str bytes = { (const char *)data, size }, text;
	struct bel_sip_refusal why;
	struct bel_sip_clue clue;
	bool is_found = bel_sip_clue_find(&clue, bytes);

	if (is_found)
		require(clue.text.ptr >= bytes.ptr &&
			clue.text.ptr + clue.text.len <= bytes.ptr + bytes.len);
	if (bel_sip_parse(&msg, NULL, bytes, &why))
		return 0;
	require(find_in(&text, &msg) == is_found);
	if (is_found)
		require(clue.is_request == msg.is_request && clue.text.ptr == text.ptr &&
			clue.text.len == text.len);
	return 0;
}
