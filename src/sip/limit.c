/* SPDX-License-Identifier: Apache-2.0 */
#include "sip/parse.h"

static const struct bel_sip_limit_row limits[BEL_SIP_LIMIT_COUNT] = {
	[BEL_SIP_LIMIT_NONE] = { 0, 0, "" },
	[BEL_SIP_LIMIT_MESSAGE] = { BEL_SIP_MESSAGE_BYTES_MAX, 513,
				    "the message is over 65535 bytes" },
	[BEL_SIP_LIMIT_LINE] = { BEL_SIP_LINE_BYTES_MAX, 513,
				 "a header field is over 8192 bytes" },
	[BEL_SIP_LIMIT_FIELDS] = { BEL_SIP_FIELDS_MAX, 513,
				   "there are more than 200 header fields" },
	[BEL_SIP_LIMIT_VIAS] = { BEL_SIP_VIAS_MAX, 483, "there are more than 70 values" },
	[BEL_SIP_LIMIT_CONTACTS] = { BEL_SIP_CONTACTS_MAX, 400,
				     "there are more than 64 values" },
	[BEL_SIP_LIMIT_PARTS] = { BEL_SIP_PARTS_MAX, 400,
				  "the body has more than 32 parts" },
	[BEL_SIP_LIMIT_NESTING] = { BEL_SIP_NESTING_MAX, 400,
				    "something is nested more than 32 deep" },
};

const struct bel_sip_limit_row *bel_sip_limit_row(enum bel_sip_limit limit)
{
	return &limits[(unsigned)limit < BEL_SIP_LIMIT_COUNT ? limit
							     : BEL_SIP_LIMIT_NONE];
}

struct bel_sip_refusal bel_sip_limit_refusal(enum bel_sip_limit limit,
					     enum bel_sip_header header)
{
	const struct bel_sip_limit_row *row = bel_sip_limit_row(limit);

	return (struct bel_sip_refusal){ row->status, header, limit, row->text };
}
