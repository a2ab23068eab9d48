/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include <errno.h>
#include <string.h>

static const char *const own_text[] = {
	[0] = "syntax error",
	[1] = "over a limit",
	[2] = "no room left",
	[3] = "not found",
	[4] = "exists already",
	[5] = "not supported",
	[6] = "not allowed",
	[7] = "does not match",
	[8] = "closed",
	[9] = "busy",
	[10] = "timed out",
	[11] = "TLS failure",
	[12] = "name look-up failed",
	[13] = "storage failure",
	[14] = "not yet",
};

const char *bel_err_text(enum bel_err err)
{
	int index = BEL_ERR_SYNTAX - (int)err;

	if (err == BEL_OK)
		return "no error";
	if (index >= 0 && index < (int)(sizeof own_text / sizeof own_text[0]))
		return own_text[index];
	const char *text = strerrordesc_np(-(int)err);
	return text ? text : "unknown error";
}

enum bel_err bel_err_from_errno(int number)
{
	return (enum bel_err) - (number > 0 ? number : EIO);
}
