/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/expect.h"

#include <stdlib.h>

struct expect_row {
	const char *name, *unit;
	size_t offset; /* in struct measured */
};

static const struct expect_row rows[] = {
	{ "mos", "", offsetof(struct measured, mos) },
	{ "rtt", "ms", offsetof(struct measured, rtt_ms) },
	{ "loss", "%", offsetof(struct measured, loss_percent) },
	{ "jitter", "ms", offsetof(struct measured, jitter_ms) },
	{ "setup", "ms", offsetof(struct measured, setup_ms) },
	{ "first", "ms", offsetof(struct measured, first_ms) },
	{ "status", "", offsetof(struct measured, status) },
	{ "transfer", "", offsetof(struct measured, transfer) },
};

static const struct {
	const char *text;
	enum expect_sign sign;
} signs[] = {
	{ ">=", EXPECT_LEAST }, { "<=", EXPECT_MOST }, { ">", EXPECT_ABOVE },
	{ "<", EXPECT_BELOW },  { "=", EXPECT_EQUAL },
};

static bool complain(struct bel_writer *told, bel_str word, const char *what)
{
	bel_write_format(told, "--expect: \"%.*s\" %s", BEL_STR_ARG(word), what);
	return false;
}

static const struct expect_row *find_row(bel_str name)
{
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++)
		if (bel_str_is_equal(bel_str_from(rows[i].name), name))
			return &rows[i];
	return NULL;
}

/* "80ms", "4.2", "440Hz": the number, and what follows it. */
static bool take_number(double *out, bel_str *left)
{
	struct bel_cursor cursor = bel_cursor_init(*left);
	uint64_t whole, part = 0;
	double scale = 1;

	if (bel_cursor_u64(&whole, &cursor, 1000000))
		return false;
	if (bel_cursor_take(&cursor, '.')) {
		const char *from = cursor.ptr;
		if (bel_cursor_u64(&part, &cursor, 1000000))
			return false;
		for (; from < cursor.ptr; from++)
			scale *= 10;
	}
	*out = (double)whole + (double)part / scale;
	*left = (bel_str){ cursor.ptr, (size_t)(cursor.end - cursor.ptr) };
	return true;
}

static bool parse_audio(struct expect *out, bel_str word, bel_str rest,
			struct bel_writer *told)
{
	out->has_audio = true;
	if (!rest.len)
		return true;
	rest = bel_str_slice(rest, 1, rest.len);
	if (!take_number(&out->tone_hz, &rest) ||
	    (rest.len && !bel_str_is_equal_nocase(rest, BEL_STR("Hz"))))
		return complain(told, word, "is no tone: write it like audio=440Hz");
	return true;
}

static bool parse_digits(struct expectation *item, bel_str rest, bel_str word,
			 struct bel_writer *told)
{
	item->digits = bel_str_slice(rest, 1, rest.len);
	if (rest.len > 1 && rest.ptr[0] == '=')
		return true;
	return complain(told, word, "names no digits: write it like digits=12#");
}

static bool parse_figure(struct expectation *item, bel_str word, size_t name_len,
			 struct bel_writer *told)
{
	bel_str rest = bel_str_slice(word, name_len, word.len);

	item->row = find_row(bel_str_slice(word, 0, name_len));
	if (!item->row)
		return complain(told, word,
				"is not known: audio digits mos rtt loss jitter setup "
				"first status transfer");
	for (size_t i = 0; i < BEL_COUNT_OF(signs); i++) {
		bel_str sign = bel_str_from(signs[i].text);
		if (!bel_str_has_prefix(rest, sign))
			continue;
		item->sign = signs[i].sign;
		rest = bel_str_slice(rest, sign.len, rest.len);
		if (take_number(&item->value, &rest) &&
		    (!rest.len || bel_str_is_equal(rest, bel_str_from(item->row->unit))))
			return true;
		break;
	}
	return complain(told, word,
			"wants a sign and a number, as in mos>=4 or rtt<80ms");
}

static bool parse_one(struct expect *out, bel_str word, struct bel_writer *told)
{
	struct expectation *item = &out->items[out->count];
	size_t name_len = 0;

	if (out->count == EXPECTATIONS_MAX)
		return complain(told, word, "is one too many");
	while (name_len < word.len && word.ptr[name_len] >= 'a' &&
	       word.ptr[name_len] <= 'z')
		name_len++;
	*item = (struct expectation){ .text = word };
	out->count++;
	if (bel_str_is_equal(bel_str_slice(word, 0, name_len), BEL_STR("audio")))
		return parse_audio(out, word, bel_str_slice(word, name_len, word.len),
				   told);
	if (bel_str_is_equal(bel_str_slice(word, 0, name_len), BEL_STR("digits")))
		return parse_digits(item, bel_str_slice(word, name_len, word.len), word,
				    told);
	return parse_figure(item, word, name_len, told);
}

bool expect_parse(struct expect *out, bel_str text, struct bel_writer *told)
{
	*out = (struct expect){ 0 };
	while (bel_str_trim(text).len) {
		text = bel_str_trim(text);
		size_t end = bel_str_find(text, ' ');
		if (!parse_one(out, bel_str_slice(text, 0, end), told))
			return false;
		text = bel_str_slice(text, end, text.len);
	}
	return true;
}

static double figure_of(const struct expectation *item, const struct measured *measured)
{
	return *(const double *)(const void *)((const char *)measured +
					       item->row->offset);
}

bool expect_is_met(const struct expectation *item, const struct measured *measured)
{
	double figure;

	if (item->digits.len)
		return bel_str_is_equal(item->digits, measured->digits);
	if (!item->row)
		return measured->is_heard;
	figure = figure_of(item, measured);
	/* What was not measured meets nothing. */
	if (figure < 0)
		return false;
	switch (item->sign) {
	case EXPECT_LEAST:
		return figure >= item->value;
	case EXPECT_MOST:
		return figure <= item->value;
	case EXPECT_ABOVE:
		return figure > item->value;
	case EXPECT_BELOW:
		return figure < item->value;
	default:
		return figure >= item->value && figure <= item->value;
	}
}

void expect_write_figure(struct bel_writer *writer, const struct expectation *item,
			 const struct measured *measured)
{
	if (item->digits.len)
		bel_write_str(writer,
			      measured->digits.len ? measured->digits : BEL_STR("none"));
	else if (!item->row)
		bel_write_text(writer, measured->is_heard ? "heard" : "not heard");
	else if (figure_of(item, measured) < 0)
		bel_write_lit(writer, "not known");
	else
		bel_write_format(writer, "%.4g%s", figure_of(item, measured),
				 item->row->unit);
}
