/* SPDX-License-Identifier: Apache-2.0
 *
 * Digits in the body of an INFO: application/dtmf-relay and application/dtmf. Neither has
 * a standard; this is what phones and gateways send. */
#include "rtp/dtmf.h"

enum { DURATION_MAX_MS = 60000 };

/* A sign, or an event's number: some write 10 for *, 11 for # and 16 for the flash. */
static enum bel_err read_signal(uint8_t *event, bel_str text)
{
	uint64_t number;

	if (text.len == 1)
		return bel_dtmf_from_char(event, text.ptr[0]);
	if (bel_str_to_u64(&number, text, BEL_DTMF_FLASH))
		return BEL_ERR_SYNTAX;
	*event = (uint8_t)number;
	return BEL_OK;
}

/* Takes a line off, whatever ends it. */
static bel_str take_line(struct bel_cursor *left)
{
	bel_str line = bel_cursor_until_char(left, '\n');

	bel_cursor_take(left, '\n');
	return bel_str_trim(line);
}

enum bel_err bel_dtmf_info_parse(struct bel_dtmf_info *out, bel_str body)
{
	struct bel_cursor left = bel_cursor_init(body);
	struct bel_dtmf_info info = { 0 };
	enum bel_err err = BEL_ERR_SYNTAX;

	while (!bel_cursor_is_end(&left)) {
		bel_str line = take_line(&left);
		size_t equals = bel_str_find(line, '=');
		bel_str name = bel_str_trim(bel_str_slice(line, 0, equals));
		bel_str value = bel_str_trim(bel_str_slice(line, equals + 1, line.len));
		uint64_t ms;
		if (equals == line.len && line.len && err)
			err = read_signal(&info.event, line);
		else if (bel_str_is_equal_nocase(name, BEL_STR("Signal")))
			err = read_signal(&info.event, value);
		else if (bel_str_is_equal_nocase(name, BEL_STR("Duration")) &&
			 !bel_str_to_u64(&ms, value, DURATION_MAX_MS))
			info.duration_ms = (unsigned)ms;
	}
	if (!err)
		*out = info;
	return err;
}

void bel_dtmf_info_write(struct bel_writer *writer, const struct bel_dtmf_info *info)
{
	char sign = bel_dtmf_to_char(info->event);

	bel_write_lit(writer, "Signal=");
	if (sign)
		bel_write_char(writer, sign);
	else
		bel_write_u64(writer, info->event);
	bel_write_lit(writer, "\r\nDuration=");
	bel_write_u64(writer, info->duration_ms);
	bel_write_lit(writer, "\r\n");
}
