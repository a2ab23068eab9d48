/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_BASE_LOG_H
#define BEL_BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

enum bel_log_level { BEL_LOG_DEBUG, BEL_LOG_INFO, BEL_LOG_WARNING, BEL_LOG_ERROR };

/* One name and value of a record; the value is escaped by whoever writes it out. */
struct bel_log_field {
	const char *name;
	bel_str value;
};

/* Where records go. A port: the node fills it in (text or JSON, rate-limited), a test
 * collects. write may be called from any thread that was given the log; text is what
 * happened in one clause, without the values. */
struct bel_log {
	void (*write)(void *user, enum bel_log_level level, const char *text,
		      const struct bel_log_field *fields, unsigned count);
	void *user;
	enum bel_log_level level; /* below it nothing is written */
};

/* log may be NULL. */
void bel_log_write(const struct bel_log *log, enum bel_log_level level, const char *text,
		   const struct bel_log_field *fields, unsigned count);

/* With at least one field: BEL_LOG(log, BEL_LOG_INFO, "banned", { "source", text }). */
#define BEL_LOG(log, level, text, ...)                                                   \
	bel_log_write((log), (level), (text),                                            \
		      (const struct bel_log_field[]){ __VA_ARGS__ },                     \
		      sizeof((const struct bel_log_field[]){ __VA_ARGS__ }) /            \
			      sizeof(struct bel_log_field))

#endif
