/* SPDX-License-Identifier: Apache-2.0 */
#include "load/expect.h"

/* One figure: a distribution, or a function of the rest. */
struct bel_load_metric {
	const char *name, *unit;
	size_t offset; /* of the distribution in the figures; 0: none */
	double scale;  /* from what it counts to the unit */
	/* Below 0: not measured. */
	double (*whole)(const struct bel_load_figures *figures);
};

static double share(uint64_t part, uint64_t all)
{
	return all ? 100.0 * (double)part / (double)all : -1;
}

static double success(const struct bel_load_figures *figures)
{
	return share(figures->succeeded, figures->due);
}

static double failed(const struct bel_load_figures *figures)
{
	return (double)figures->failed;
}

static double loss(const struct bel_load_figures *figures)
{
	return share(figures->rtp_lost, figures->rtp_lost + figures->rtp_received);
}

static double audio(const struct bel_load_figures *figures)
{
	return share(figures->heard, figures->judged);
}

#define AT(member) offsetof(struct bel_load_figures, member)
static const struct bel_load_metric metrics[] = {
	{ "success", "%", 0, 1, success },
	{ "failed", "", 0, 1, failed },
	{ "loss", "%", 0, 1, loss },
	{ "audio", "%", 0, 1, audio },
	{ "setup", "ms", AT(setup_us), 1e-3, NULL },
	{ "first", "ms", AT(first_us), 1e-3, NULL },
	{ "end", "ms", AT(end_us), 1e-3, NULL },
	{ "late", "ms", AT(late_us), 1e-3, NULL },
	{ "mos", "", AT(mos), 1.0 / BEL_LOAD_MOS_SCALE, NULL },
};
#undef AT

static const struct {
	const char *text;
	enum bel_load_sign sign;
} signs[] = {
	{ ">=", BEL_LOAD_LEAST }, { "<=", BEL_LOAD_MOST }, { ">", BEL_LOAD_ABOVE },
	{ "<", BEL_LOAD_BELOW },  { "=", BEL_LOAD_EQUAL },
};

static const struct {
	const char *name;
	enum bel_load_statistic statistic;
} statistics[] = {
	{ "min", BEL_LOAD_MIN },
	{ "mean", BEL_LOAD_MEAN },
	{ "max", BEL_LOAD_MAX },
};

/* ---- reading ---- */

static enum bel_err complain(struct bel_writer *told, bel_str word, const char *what)
{
	bel_write_format(told, "--expect: \"%.*s\" %s", BEL_STR_ARG(word), what);
	return BEL_ERR_SYNTAX;
}

static bool take_text(struct bel_cursor *cursor, const char *text)
{
	return bel_cursor_take_nocase(cursor, bel_str_from(text));
}

/* "99.9" */
static bool take_number(double *out, struct bel_cursor *cursor)
{
	uint64_t whole, part = 0;
	double scale = 1;
	const char *from;

	if (bel_cursor_u64(&whole, cursor, 1000000000))
		return false;
	if (bel_cursor_take(cursor, '.')) {
		from = cursor->ptr;
		if (bel_cursor_u64(&part, cursor, 1000000000))
			return false;
		for (; from < cursor->ptr; from++)
			scale *= 10;
	}
	*out = (double)whole + (double)part / scale;
	return true;
}

static bool take_metric(struct bel_load_expectation *item, struct bel_cursor *cursor)
{
	for (size_t i = 0; i < BEL_COUNT_OF(metrics); i++) {
		if (!take_text(cursor, metrics[i].name))
			continue;
		item->metric = &metrics[i];
		return true;
	}
	return false;
}

/* "_p99.9", "_max": of a distribution; nothing: of the rest. */
static bool take_statistic(struct bel_load_expectation *item, struct bel_cursor *cursor)
{
	item->statistic = BEL_LOAD_WHOLE;
	if (!item->metric->offset)
		return true;
	if (!bel_cursor_take(cursor, '_'))
		return false;
	for (size_t i = 0; i < BEL_COUNT_OF(statistics); i++) {
		if (!take_text(cursor, statistics[i].name))
			continue;
		item->statistic = statistics[i].statistic;
		return true;
	}
	item->statistic = BEL_LOAD_PERCENTILE;
	return take_text(cursor, "p") && take_number(&item->percent, cursor) &&
	       item->percent <= 100;
}

static bool take_unit(struct bel_load_expectation *item, struct bel_cursor *cursor)
{
	bool is_time = bel_str_is_equal(bel_str_from(item->metric->unit), BEL_STR("ms"));

	if (bel_cursor_is_end(cursor))
		return true;
	if (is_time && bel_cursor_take(cursor, 's'))
		item->value *= 1000;
	else if (!take_text(cursor, item->metric->unit))
		return false;
	return bel_cursor_is_end(cursor);
}

static bool take_bound(struct bel_load_expectation *item, struct bel_cursor *cursor)
{
	for (size_t i = 0; i < BEL_COUNT_OF(signs); i++) {
		if (!take_text(cursor, signs[i].text))
			continue;
		item->sign = signs[i].sign;
		return take_number(&item->value, cursor) && take_unit(item, cursor);
	}
	return false;
}

static enum bel_err parse_one(struct bel_load_expect *out, bel_str word,
			      struct bel_writer *told)
{
	struct bel_load_expectation *item = &out->items[out->count];
	struct bel_cursor cursor = bel_cursor_init(word);

	if (out->count == BEL_LOAD_EXPECTATIONS_MAX) {
		complain(told, word, "is one too many");
		return BEL_ERR_LIMIT;
	}
	*item = (struct bel_load_expectation){ .text = word };
	if (!take_metric(item, &cursor))
		return complain(told, word,
				"is not known: success failed loss audio, and setup "
				"first end late mos with _p99, _min, _mean or _max");
	if (!take_statistic(item, &cursor))
		return complain(told, word,
				"has many values: say which, as in setup_p99<100ms or "
				"mos_min>=4");
	out->count++;
	if (item->metric->whole == audio) {
		out->has_audio = true;
		item->value = 100;
		if (bel_cursor_is_end(&cursor))
			return BEL_OK;
	}
	if (take_bound(item, &cursor))
		return BEL_OK;
	return complain(told, word,
			"wants a sign and a number, as in success>=99.9% or "
			"setup_p99<100ms");
}

enum bel_err bel_load_expect_parse(struct bel_load_expect *out, bel_str text,
				   struct bel_writer *told)
{
	*out = (struct bel_load_expect){ 0 };
	for (text = bel_str_trim(text); text.len; text = bel_str_trim(text)) {
		size_t end = bel_str_find(text, ' ');
		enum bel_err err = parse_one(out, bel_str_slice(text, 0, end), told);
		if (err)
			return err;
		text = bel_str_slice(text, end, text.len);
	}
	return BEL_OK;
}

/* ---- comparing ---- */

/* Below 0: not measured. */
static double figure_of(const struct bel_load_expectation *item,
			const struct bel_load_figures *figures)
{
	const struct bel_load_metric *metric = item->metric;
	const struct bel_load_histogram *seen;

	if (!metric->offset)
		return metric->whole(figures);
	seen = (const void *)((const char *)figures + metric->offset);
	if (!seen->count)
		return -1;
	switch (item->statistic) {
	case BEL_LOAD_MIN:
		return metric->scale * (double)seen->min;
	case BEL_LOAD_MAX:
		return metric->scale * (double)seen->max;
	case BEL_LOAD_MEAN:
		return metric->scale * bel_load_histogram_mean(seen);
	default:
		return metric->scale *
		       (double)bel_load_histogram_percentile(seen, item->percent);
	}
}

bool bel_load_expectation_is_met(const struct bel_load_expectation *item,
				 const struct bel_load_figures *figures)
{
	double figure = figure_of(item, figures);

	if (figure < 0)
		return false;
	switch (item->sign) {
	case BEL_LOAD_LEAST:
		return figure >= item->value;
	case BEL_LOAD_MOST:
		return figure <= item->value;
	case BEL_LOAD_ABOVE:
		return figure > item->value;
	case BEL_LOAD_BELOW:
		return figure < item->value;
	default:
		return figure >= item->value && figure <= item->value;
	}
}

void bel_load_expectation_write_figure(struct bel_writer *writer,
				       const struct bel_load_expectation *item,
				       const struct bel_load_figures *figures)
{
	double figure = figure_of(item, figures);

	if (figure < 0)
		bel_write_lit(writer, "not measured");
	else
		bel_write_format(writer, "%.6g%s", figure, item->metric->unit);
}
