/* SPDX-License-Identifier: Apache-2.0
 * What the files of the room share. */
#ifndef BEL_NG_NG_INT_H
#define BEL_NG_NG_INT_H

#include "ng/bencode.h"
#include "ng/cookies.h"
#include "ng/flags.h"
#include "ng/ng.h"

struct bel_ng {
	struct bel_ng_opts opts;
	struct bel_udp *udp;
	struct bel_ng_cookies cookies;
	struct bel_ng_counters counters;
	char answer[BEL_DATAGRAM_BYTES];
	char sdp[BEL_SDP_BYTES_MAX];
};

/* A command as it came: strings are borrowed from its datagram, empty when not there. */
struct bel_ng_request {
	struct bel_ng *ng;
	struct bel_bencode dictionary;
	bel_str call_id, from_tag, to_tag, sdp;
	struct bel_ng_flags flags;
	bel_str note; /* what is worth saying, in place of a warning of the flags */
	struct bel_writer *answer;
	struct bel_writer *why; /* words, when it cannot be carried out */
};

/* command.c: writes the answer to what came behind the cookie. True when it changed
 * something, so that it must not be carried out again. */
bool bel_ng_command_run(struct bel_ng *ng, struct bel_writer *answer, bel_str body);

/* report.c: what query, list and statistics say; dictionaries with result ok. */
enum { BEL_NG_CALLS_MAX = 64 }; /* of one Call-ID that are told of */
struct bel_ng_calls {
	bel_relay_call calls[BEL_NG_CALLS_MAX];
	unsigned count;
};
void bel_ng_report_calls(const struct bel_ng_request *request,
			 const struct bel_ng_calls *calls);
void bel_ng_report_list(const struct bel_ng_request *request);
void bel_ng_report_statistics(const struct bel_ng_request *request);

#endif
