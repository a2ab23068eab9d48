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

bool values_add_codec(const char *codecs[VALUES_CODECS_MAX], const char *name)
{
	unsigned count = 0;

	while (codecs[count])
		count++;
	if (count + 1 == VALUES_CODECS_MAX)
		return false;
	codecs[count] = name;
	codecs[count + 1] = NULL;
	return true;
}

static const struct bel_codec *find_sound(bel_str name)
{
	unsigned count;
	const struct bel_codec *all = bel_codecs(&count);

	for (unsigned i = 0; i < count; i++)
		if (all[i].kind == BEL_CODEC_AUDIO &&
		    bel_str_is_equal_nocase(bel_str_from(all[i].name), name))
			return &all[i];
	return NULL;
}

bool values_read_codecs(const char *out[VALUES_CODECS_MAX], const struct args *args)
{
	bel_str value = bel_cmd_option(args, "--codec"), left = value;

	while (left.len) {
		size_t end = bel_str_find(left, ',');
		const struct bel_codec *codec = find_sound(bel_str_slice(left, 0, end));
		if (!codec || !values_add_codec(out, codec->name))
			return fail("--codec", value, "opus G722 PCMU PCMA GSM L16");
		left = bel_str_slice(left, end + 1, left.len);
	}
	return true;
}

bool values_read_srtp(enum bel_line_srtp *out, const struct args *args, bool has_dtls)
{
	static const char *const names[] = {
		[BEL_LINE_SRTP_NONE] = "none",
		[BEL_LINE_SRTP_PREFER] = "prefer",
		[BEL_LINE_SRTP_SDES] = "sdes",
		[BEL_LINE_SRTP_DTLS] = "dtls",
	};
	size_t count = has_dtls ? BEL_COUNT_OF(names) : BEL_LINE_SRTP_DTLS;
	bel_str value = bel_cmd_option(args, "--srtp");

	for (size_t i = 0; i < count && value.len; i++) {
		if (!bel_str_is_equal(value, bel_str_from(names[i])))
			continue;
		*out = (enum bel_line_srtp)i;
		return true;
	}
	return !value.len ||
	       fail("--srtp", value,
		    has_dtls ? "sdes, dtls, prefer or none" : "sdes, prefer or none");
}
