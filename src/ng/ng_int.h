/* SPDX-License-Identifier: Apache-2.0
 * What the files of the room share. */
#ifndef BEL_NG_NG_INT_H
#define BEL_NG_NG_INT_H

#include "ng/bencode.h"
#include "ng/cookies.h"
#include "ng/flags.h"
#include "ng/ng.h"

/* What list and statistics say of other workers. */
struct bel_ng_sum {
	struct bel_ng_counters control;
	uint64_t calls, calls_total, bytes, packets, errors, timeouts;
	bel_str names; /* Call-IDs, in bencode */
};

struct bel_ng {
	struct bel_ng_opts opts;
	struct bel_udp *udp;
	struct bel_ng_cookies cookies;
	struct bel_ng_counters counters;
	const struct bel_ng_sum *others; /* while a command is carried out; NULL: none */
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

/* server.c: a command from there, to here. */
void bel_ng_receive(struct bel_ng *ng, const bel_addr *peer, const bel_addr *local,
		    bel_str datagram);

/* letter.c: true when somebody else carries it out, or will hand it back. */
bool bel_ng_pass_on(struct bel_ng *ng, const bel_addr *peer, const bel_addr *local,
		    bel_str datagram, bel_str body);

/* Whether it asks about all calls. */
bool bel_ng_command_is_for_all(bel_str name);

/* report.c: what this worker has. */
void bel_ng_sum_add(struct bel_ng_sum *sum, const struct bel_ng *ng);
/* Call-IDs, in bencode, as many as fit. */
void bel_ng_write_names(struct bel_writer *writer, const struct bel_ng *ng);

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
