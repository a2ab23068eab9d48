/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/values.h"

static bool fail(const char *option, bel_str value, const char *remedy)
{
	bel_cmd_fail("%s takes no \"%.*s\": %s", option, BEL_STR_ARG(value), remedy);
	return false;
}

static bel_str rest_of(const struct bel_cursor *cursor)
{
	return (bel_str){ cursor->ptr, bel_cursor_left(cursor) };
}

bool values_read_duration(uint64_t *out_ms, const struct args *args, const char *option)
{
	static const struct {
		const char *unit;
		unsigned ms;
	} units[] = {
		{ "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 }, { "", 1000 }
	};
	bel_str value = bel_cmd_option(args, option);
	struct bel_cursor cursor = bel_cursor_init(value);
	uint64_t number;

	if (!value.len)
		return true;
	if (!bel_cursor_u64(&number, &cursor, 86400)) {
		for (size_t i = 0; i < BEL_COUNT_OF(units); i++) {
			if (!bel_str_is_equal(rest_of(&cursor),
					      bel_str_from(units[i].unit)))
				continue;
			*out_ms = number * units[i].ms;
			if (*out_ms <= 86400000)
				return true;
		}
	}
	return fail(option, value, "write it like 10s; a day at most");
}

bool values_read_count(uint64_t *out, const struct args *args, const char *option,
		       uint64_t max)
{
	bel_str value = bel_cmd_option(args, option);
	char remedy[64];
	struct bel_writer writer = bel_writer_init(remedy, sizeof remedy - 1);

	if (!value.len || (!bel_str_to_u64(out, value, max) && *out))
		return true;
	bel_write_format(&writer, "a number from 1 to %llu", (unsigned long long)max);
	remedy[writer.len] = '\0';
	return fail(option, value, remedy);
}

bool values_read_thousandths(uint32_t *out, const struct args *args, const char *option,
			     uint32_t max)
{
	bel_str value = bel_cmd_option(args, option);
	struct bel_cursor cursor = bel_cursor_init(value);
	uint64_t number, digit = 0;
	unsigned scale = 1000;

	if (!value.len)
		return true;
	if (bel_cursor_u64(&number, &cursor, max / 1000))
		goto fail;
	number *= 1000;
	if (bel_cursor_take(&cursor, '.'))
		while (scale > 1 && bel_char_is_digit(bel_cursor_peek(&cursor))) {
			digit = (uint64_t)(*cursor.ptr++ - '0');
			scale /= 10;
			number += digit * scale;
		}
	if (!bel_cursor_is_end(&cursor) || !number || number > max)
		goto fail;
	*out = (uint32_t)number;
	return true;

fail:
	return fail(option, value, "a number a second, like 10 or 0.5");
}

bool values_read_codecs(const char *out[VALUES_CODECS_MAX], const struct args *args)
{
	bel_str value = bel_cmd_option(args, "--codec"), left = value;
	unsigned count, chosen = 0;
	const struct bel_codec *all = bel_codecs(&count);

	while (left.len) {
		size_t end = bel_str_find(left, ',');
		bel_str name = bel_str_slice(left, 0, end);
		const char *found = NULL;
		left = bel_str_slice(left, end + 1, left.len);
		for (unsigned i = 0; i < count && !found; i++)
			if (all[i].kind == BEL_CODEC_AUDIO &&
			    bel_str_is_equal_nocase(bel_str_from(all[i].name), name))
				found = all[i].name;
		if (!found || chosen + 2 >= VALUES_CODECS_MAX)
			return fail("--codec", value, "opus G722 PCMU PCMA GSM L16");
		out[chosen++] = found;
	}
	if (chosen)
		out[chosen++] = "telephone-event";
	if (chosen)
		out[chosen] = NULL;
	return true;
}

bool values_read_srtp(enum bel_line_srtp *out, const struct args *args)
{
	static const char *const names[] = {
		[BEL_LINE_SRTP_NONE] = "none",
		[BEL_LINE_SRTP_PREFER] = "prefer",
		[BEL_LINE_SRTP_SDES] = "sdes",
	};
	bel_str value = bel_cmd_option(args, "--srtp");

	for (size_t i = 0; i < BEL_COUNT_OF(names) && value.len; i++) {
		if (!bel_str_is_equal(value, bel_str_from(names[i])))
			continue;
		*out = (enum bel_line_srtp)i;
		return true;
	}
	return !value.len || fail("--srtp", value, "sdes, prefer or none");
}

bool values_have_flag(const struct args *args, const char *option)
{
	for (unsigned i = 0; i < args->rest_count; i++)
		if (bel_str_is_equal(args->rest[i], bel_str_from(option)))
			return true;
	return false;
}
