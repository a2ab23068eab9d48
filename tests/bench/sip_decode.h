/* SPDX-License-Identifier: Apache-2.0
 *
 * All that a message says, as structures, and the message written from them again: what
 * the codecs that decode everything do, done by the doors of sip/. */
#ifndef BEL_BENCH_SIP_DECODE_H
#define BEL_BENCH_SIP_DECODE_H

#include "base/base.h"
#include "sip/sip.h"

enum { BENCH_VALUES_MAX = 256 };

enum bench_kind {
	BENCH_TEXT, /* nothing but text: User-Agent, Call-ID, option tags */
	BENCH_ADDR,
	BENCH_VIA,
	BENCH_METHOD, /* Allow */
	BENCH_ITEM,
	BENCH_MEDIA,
	BENCH_CSEQ,
	BENCH_NUMBER,
	BENCH_EVENT,
	BENCH_SUB_STATE,
	BENCH_SESSION_EXPIRES,
	BENCH_REASON,
	BENCH_DATE,
	BENCH_AUTH,
};

/* What bel_sip_validate has decoded is pointed at, the rest is here. */
struct bench_value {
	enum bench_kind kind;
	bel_str text;
	const struct bel_sip_addr *addr;
	const struct bel_sip_via *via;
	const struct bel_sip_cseq *cseq;
	union {
		struct bel_sip_addr own_addr;
		struct bel_sip_via own_via;
		struct bel_sip_item item;
		struct bel_sip_media media;
		enum bel_sip_method method;
		uint32_t number;
		struct bel_sip_event event;
		struct bel_sip_sub_state sub_state;
		struct bel_sip_session_expires session_expires;
		struct bel_sip_reason reason;
		int64_t date_s;
		struct bel_sip_auth auth;
	};
};

/* The values of a message; field i has counts[i] of them, from first[i] on. */
struct bench_decoded {
	unsigned values_count, params_count;
	unsigned first[BEL_SIP_FIELDS_MAX], counts[BEL_SIP_FIELDS_MAX];
	struct bench_value values[BENCH_VALUES_MAX];
};

/* Of a message that bel_sip_validate accepts: what that has decoded is not decoded again.
 * False when a value is not what its header asks for. */
bool bench_decode(struct bench_decoded *out, struct bel_sip_msg *msg);

/* Byte for byte the message, when it was spelled as we spell. */
void bench_serialise(struct bel_writer *writer, const struct bel_sip_msg *msg,
		     const struct bench_decoded *decoded);

#endif
