/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

void bel_log_write(const struct bel_log *log, enum bel_log_level level, const char *text,
		   const struct bel_log_field *fields, unsigned count)
{
	if (log && log->write && level >= log->level)
		log->write(log->user, level, text, fields, count);
}
