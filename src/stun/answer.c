/* SPDX-License-Identifier: Apache-2.0 */
#include "stun/stun.h"

static void refuse(struct bel_writer *writer, const struct bel_stun_msg *msg,
		   unsigned code)
{
	bel_stun_write_header(writer, BEL_STUN_ERROR, BEL_STUN_BINDING, msg->transaction);
	bel_stun_write_error(writer, code, BEL_STR_NONE);
}

enum bel_err bel_stun_answer(struct bel_writer *writer, bel_str request,
			     const bel_addr *source)
{
	struct bel_stun_msg msg;
	enum bel_err err = bel_stun_parse(&msg, request);

	if (err)
		return err;
	if (msg.class != BEL_STUN_REQUEST || msg.method != BEL_STUN_BINDING)
		return BEL_ERR_UNSUPPORTED;
	if (msg.is_malformed) {
		refuse(writer, &msg, 400);
	} else if (msg.unknown_count) {
		refuse(writer, &msg, 420);
		bel_stun_write_unknown(writer, &msg);
	} else {
		bel_stun_write_header(writer, BEL_STUN_SUCCESS, BEL_STUN_BINDING,
				      msg.transaction);
		bel_stun_write_addr(writer, BEL_STUN_XOR_MAPPED_ADDRESS, source);
	}
	return bel_writer_check(writer);
}
