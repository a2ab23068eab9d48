/* SPDX-License-Identifier: Apache-2.0
 * Values of options that several commands take. Each reader leaves *out as it was when
 * the option is not there, and says what is wrong on standard error when it is false. */
#ifndef BEL_CMD_VALUES_H
#define BEL_CMD_VALUES_H

#include "agent/agent.h"
#include "cmd/cmd.h"

enum { VALUES_CODECS_MAX = 16 };

/* "10s", "1500ms", "2m", "1h"; a number alone is seconds. */
bool values_read_duration(uint64_t *out_ms, const struct args *args, const char *option);
/* From 1 to max. */
bool values_read_count(uint64_t *out, const struct args *args, const char *option,
		       uint64_t max);
/* "2.5" as 2,500; up to max thousandths, above 0. */
bool values_read_thousandths(uint32_t *out, const struct args *args, const char *option,
			     uint32_t max);
/* "opus,PCMU": names that the table has, in this order, ended by NULL. */
bool values_read_codecs(const char *out[VALUES_CODECS_MAX], const struct args *args);
/* One more at the end of such a list; false when there is no room. */
bool values_add_codec(const char *codecs[VALUES_CODECS_MAX], const char *name);
/* has_dtls: "dtls" is a value too. */
bool values_read_srtp(enum bel_line_srtp *out, const struct args *args, bool has_dtls);

#endif
