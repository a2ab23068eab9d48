/* SPDX-License-Identifier: Apache-2.0
 * What a command asks for besides: of everything in its dictionary, whether it is known
 * here, and what of it is carried out. */
#ifndef BEL_NG_FLAGS_H
#define BEL_NG_FLAGS_H

#include "ng/bencode.h"
#include "relay/relay.h"

enum { BEL_NG_WARNING_BYTES = 240 };

struct bel_ng_flags {
	bool has_keying;
	enum bel_relay_keying keying; /* for who gets the description */
	bool is_without[BEL_RELAY_KEYINGS];
	uint8_t family;       /* the same; 4 or 6, 0: not said */
	bel_addr signal;      /* of who made it; family 0: not said */
	bool is_fatal;        /* a call that is not there is an error */
	unsigned passed_over; /* how much is not carried out */
	char text[BEL_NG_WARNING_BYTES];
	size_t text_len;
};

void bel_ng_flags_read(struct bel_ng_flags *out, const struct bel_bencode *dictionary);
/* What is not carried out, as a clause; empty when all is. */
bel_str bel_ng_flags_warning(const struct bel_ng_flags *flags);

#endif
