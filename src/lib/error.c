/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdarg.h>

#include "lib/lib_int.h"

static const char *const texts[] = {
	[BELFRY_OK] = "no error",
	[BELFRY_ERROR_MEMORY] = "no memory",
	[BELFRY_ERROR_SYNTAX] = "it cannot be read",
	[BELFRY_ERROR_LIMIT] = "over a limit",
	[BELFRY_ERROR_NOT_FOUND] = "not found",
	[BELFRY_ERROR_UNSUPPORTED] = "not supported",
	[BELFRY_ERROR_DENIED] = "not allowed",
	[BELFRY_ERROR_MISMATCH] = "it does not match",
	[BELFRY_ERROR_CLOSED] = "the other side is gone",
	[BELFRY_ERROR_BUSY] = "busy",
	[BELFRY_ERROR_TIMEOUT] = "nobody answered",
	[BELFRY_ERROR_TLS] = "TLS failure",
	[BELFRY_ERROR_DNS] = "the name could not be looked up",
	[BELFRY_ERROR_STATE] = "not now",
	[BELFRY_ERROR_SYSTEM] = "the operating system refuses",
};

const char *belfry_error_text(enum belfry_error error)
{
	unsigned index = (unsigned)error;

	return index < BEL_COUNT_OF(texts) ? texts[index] : "unknown error";
}

static const struct {
	int err;
	enum belfry_error error;
} errors[] = {
	{ BEL_OK, BELFRY_OK },
	{ -ENOMEM, BELFRY_ERROR_MEMORY },
	{ BEL_ERR_SYNTAX, BELFRY_ERROR_SYNTAX },
	{ BEL_ERR_LIMIT, BELFRY_ERROR_LIMIT },
	{ BEL_ERR_SPACE, BELFRY_ERROR_LIMIT },
	{ BEL_ERR_NOT_FOUND, BELFRY_ERROR_NOT_FOUND },
	{ -ENOENT, BELFRY_ERROR_NOT_FOUND },
	{ BEL_ERR_UNSUPPORTED, BELFRY_ERROR_UNSUPPORTED },
	{ BEL_ERR_DENIED, BELFRY_ERROR_DENIED },
	{ -EACCES, BELFRY_ERROR_DENIED },
	{ -EPERM, BELFRY_ERROR_DENIED },
	{ BEL_ERR_MISMATCH, BELFRY_ERROR_MISMATCH },
	{ BEL_ERR_CLOSED, BELFRY_ERROR_CLOSED },
	{ BEL_ERR_BUSY, BELFRY_ERROR_BUSY },
	{ BEL_ERR_AGAIN, BELFRY_ERROR_BUSY },
	{ BEL_ERR_TIMEOUT, BELFRY_ERROR_TIMEOUT },
	{ BEL_ERR_TLS, BELFRY_ERROR_TLS },
	{ BEL_ERR_DNS, BELFRY_ERROR_DNS },
};

enum belfry_error bel_error_from(enum bel_err err)
{
	for (size_t i = 0; i < BEL_COUNT_OF(errors); i++)
		if (errors[i].err == (int)err)
			return errors[i].error;
	return BELFRY_ERROR_SYSTEM;
}

static void say(struct belfry_agent *agent, struct bel_writer *sentence)
{
	agent->sentence[sentence->len] = '\0';
	if (agent->opts.on_log)
		agent->opts.on_log(agent->opts.user, BELFRY_LOG_ERROR, agent->sentence);
}

enum belfry_error bel_fail(struct belfry_agent *agent, enum bel_err err,
			   const char *format, ...)
{
	struct bel_writer sentence = bel_writer_init(agent->sentence,
						     sizeof agent->sentence - 1);
	va_list args;

	va_start(args, format);
	sentence.len = bel_str_format(agent->sentence, sentence.size, format, args).len;
	va_end(args);
	if (err) {
		bel_write_lit(&sentence, ": ");
		bel_write_text(&sentence, bel_err_text(err));
	}
	say(agent, &sentence);
	return bel_error_from(err);
}

enum belfry_error bel_fail_as(struct belfry_agent *agent, enum belfry_error error,
			      const char *text)
{
	struct bel_writer sentence = bel_writer_init(agent->sentence,
						     sizeof agent->sentence - 1);

	bel_write_text(&sentence, text);
	say(agent, &sentence);
	return error;
}
