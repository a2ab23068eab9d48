/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/load_words.h"

#include "sip/sip.h"

typedef unsigned long long number;

/* The distributions of both reports. */
static const struct {
	const char *title, *name;
	size_t offset;
} times[] = {
	{ "set up", "setup", offsetof(struct bel_load_figures, setup_us) },
	{ "first media", "first", offsetof(struct bel_load_figures, first_us) },
	{ "end", "end", offsetof(struct bel_load_figures, end_us) },
	{ "late", "late", offsetof(struct bel_load_figures, late_us) },
};

static const struct bel_load_histogram *at(const struct bel_load_figures *figures,
					   size_t offset)
{
	return (const void *)((const char *)figures + offset);
}

static double ms_of(const struct bel_load_histogram *us, double percent)
{
	return (double)bel_load_histogram_percentile(us, percent) / 1000;
}

static double mos_of(const struct bel_load_figures *figures, double percent)
{
	return (double)bel_load_histogram_percentile(&figures->mos, percent) /
	       BEL_LOAD_MOS_SCALE;
}

static double loss_of(const struct bel_load_figures *figures)
{
	uint64_t expected = figures->rtp_lost + figures->rtp_received;

	return expected ? 100.0 * (double)figures->rtp_lost / (double)expected : 0;
}

/* ---- while it goes on ---- */

void load_words_csv_title(FILE *file)
{
	fputs("time_s,started,up,done,failed,setup_p50_ms,setup_p99_ms\n", file);
}

void load_words_csv_line(FILE *file, const struct bel_load *load,
			 const struct bel_load_histogram *recent_us)
{
	const struct bel_load_figures *figures = bel_load_figures(load);

	fprintf(file, "%.1f,%llu,%llu,%llu,%llu,%.3f,%.3f\n",
		(double)bel_load_spent_ms(load) / 1000, (number)figures->begun,
		(number)figures->up, (number)(figures->succeeded + figures->failed),
		(number)figures->failed, ms_of(recent_us, 50), ms_of(recent_us, 99));
	fflush(file);
}

void load_words_progress(const struct bel_load *load,
			 const struct bel_load_histogram *recent_us)
{
	const struct bel_load_figures *figures = bel_load_figures(load);

	fprintf(stderr,
		"\r%5llu s  started %llu  up %llu  done %llu  failed %llu  set up p50 "
		"%.1f ms  p99 %.1f ms\033[K",
		(number)(bel_load_spent_ms(load) / 1000), (number)figures->begun,
		(number)figures->up, (number)(figures->succeeded + figures->failed),
		(number)figures->failed, ms_of(recent_us, 50), ms_of(recent_us, 99));
}

void load_words_progress_end(void)
{
	fputs("\r\033[K", stderr);
}

/* ---- the table at the end ---- */

static void print_heading(const struct load_words *words, const struct bel_load *load)
{
	if (words->to.len)
		printf("%.*s -> %.*s   calls at %g/s, held %g s%s",
		       BEL_STR_ARG(words->from), BEL_STR_ARG(words->to),
		       words->rate / 1000.0, (double)words->hold_ms / 1000,
		       words->has_media ? ", with sound" : "");
	else
		printf("%.*s   registrations at %g/s", BEL_STR_ARG(words->from),
		       words->rate / 1000.0);
	printf("; took %.1f s\n", (double)bel_load_spent_ms(load) / 1000);
}

static void print_counts(const struct bel_load_figures *figures)
{
	printf("  due %llu  begun %llu  answered %llu  succeeded %llu  failed %llu  at a "
	       "time %llu\n",
	       (number)figures->due, (number)figures->begun, (number)figures->answered,
	       (number)figures->succeeded, (number)figures->failed,
	       (number)figures->under_way_max);
}

static void print_times(const struct bel_load_figures *figures)
{
	printf("  %-11s %10s %10s %10s %10s %10s   ms\n", "", "p50", "p90", "p99",
	       "p99.9", "max");
	for (size_t i = 0; i < BEL_COUNT_OF(times); i++) {
		const struct bel_load_histogram *seen = at(figures, times[i].offset);
		if (!seen->count)
			continue;
		printf("  %-11s %10.1f %10.1f %10.1f %10.1f %10.1f\n", times[i].title,
		       ms_of(seen, 50), ms_of(seen, 90), ms_of(seen, 99),
		       ms_of(seen, 99.9), (double)seen->max / 1000);
	}
}

static void print_media(const struct bel_load_figures *figures)
{
	printf("  rtp   sent %llu  received %llu  lost %llu (%.2f %%)\n",
	       (number)figures->rtp_sent, (number)figures->rtp_received,
	       (number)figures->rtp_lost, loss_of(figures));
	if (figures->mos.count)
		printf("  MOS   p1 %.2f  p10 %.2f  p50 %.2f  min %.2f\n",
		       mos_of(figures, 1), mos_of(figures, 10), mos_of(figures, 50),
		       mos_of(figures, 0));
	if (figures->judged)
		printf("  audio %llu of %llu listened to were heard right\n",
		       (number)figures->heard, (number)figures->judged);
}

static void print_failures(const struct bel_load_figures *figures)
{
	for (unsigned i = 0; i < figures->failures_count; i++) {
		const struct bel_load_failure *failure = &figures->failures[i];
		printf("  failed %llu: ", (number)failure->count);
		if (failure->status)
			printf("%u %.*s\n", failure->status,
			       BEL_STR_ARG(bel_sip_status_phrase(failure->status)));
		else
			printf("%s%s%s\n", bel_load_cause_text(failure->cause),
			       failure->err ? ": " : "",
			       failure->err ? bel_err_text(failure->err) : "");
	}
	if (figures->failures_other)
		printf("  failed %llu: other reasons\n", (number)figures->failures_other);
}

static bool print_expectations(const struct load_words *words,
			       const struct bel_load_figures *figures)
{
	bool is_fine = true;

	for (unsigned i = 0; i < words->expect->count; i++) {
		const struct bel_load_expectation *item = &words->expect->items[i];
		bool is_met = bel_load_expectation_is_met(item, figures);
		char buf[64];
		struct bel_writer figure = bel_writer_init(buf, sizeof buf);
		bel_load_expectation_write_figure(&figure, item, figures);
		printf("  %-5s %.*s: %.*s\n", is_met ? "ok" : "no",
		       BEL_STR_ARG(item->text), BEL_STR_ARG(bel_writer_str(&figure)));
		is_fine &= is_met;
	}
	return is_fine;
}

/* Without a word of what is expected: that every one succeeds, and that there was one. */
static bool all_succeeded(const struct bel_load_figures *figures)
{
	return figures->due && figures->succeeded == figures->due;
}

bool load_words_summary(const struct load_words *words, const struct bel_load *load)
{
	const struct bel_load_figures *figures = bel_load_figures(load);

	print_heading(words, load);
	print_counts(figures);
	print_times(figures);
	if (words->has_media)
		print_media(figures);
	print_failures(figures);
	if (words->expect->count)
		return print_expectations(words, figures);
	printf("  %s\n", all_succeeded(figures) ? "ok    all succeeded"
						: "no    not all succeeded");
	return all_succeeded(figures);
}

/* ---- the same as one object ---- */

static void print_json_text(bel_str text)
{
	char buf[512];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	bel_write_json(&writer, text);
	printf("\"%.*s\"", BEL_STR_ARG(bel_writer_str(&writer)));
}

static void print_json_times(const struct bel_load_figures *figures)
{
	for (size_t i = 0; i < BEL_COUNT_OF(times); i++) {
		const struct bel_load_histogram *seen = at(figures, times[i].offset);
		if (!seen->count)
			continue;
		printf(",\"%s_ms\":{\"count\":%llu,\"min\":%.3f,\"mean\":%.3f,\"p50\":%."
		       "3f,\"p90\":%.3f,\"p99\":%.3f,\"p99_9\":%.3f,\"max\":%.3f}",
		       times[i].name, (number)seen->count, (double)seen->min / 1000,
		       bel_load_histogram_mean(seen) / 1000, ms_of(seen, 50),
		       ms_of(seen, 90), ms_of(seen, 99), ms_of(seen, 99.9),
		       (double)seen->max / 1000);
	}
}

static void print_json_media(const struct bel_load_figures *figures)
{
	printf(",\"rtp\":{\"sent\":%llu,\"received\":%llu,\"lost\":%llu,"
	       "\"loss_percent\":%.3f}",
	       (number)figures->rtp_sent, (number)figures->rtp_received,
	       (number)figures->rtp_lost, loss_of(figures));
	if (figures->mos.count)
		printf(",\"mos\":{\"count\":%llu,\"min\":%.2f,\"p1\":%.2f,\"p10\":%.2f,"
		       "\"p50\":%.2f}",
		       (number)figures->mos.count, mos_of(figures, 0), mos_of(figures, 1),
		       mos_of(figures, 10), mos_of(figures, 50));
	printf(",\"judged\":%llu,\"heard\":%llu", (number)figures->judged,
	       (number)figures->heard);
}

static void print_json_failures(const struct bel_load_figures *figures)
{
	printf(",\"failures\":[");
	for (unsigned i = 0; i < figures->failures_count; i++) {
		const struct bel_load_failure *failure = &figures->failures[i];
		printf("%s{\"cause\":\"%s\",\"status\":%u,\"error\":\"%s\",\"count\":%"
		       "llu}",
		       i ? "," : "", bel_load_cause_name(failure->cause), failure->status,
		       failure->err ? bel_err_text(failure->err) : "",
		       (number)failure->count);
	}
	printf("],\"failures_other\":%llu", (number)figures->failures_other);
}

static bool print_json_expectations(const struct load_words *words,
				    const struct bel_load_figures *figures)
{
	bool is_fine = true;

	printf(",\"expected\":[");
	for (unsigned i = 0; i < words->expect->count; i++) {
		const struct bel_load_expectation *item = &words->expect->items[i];
		bool is_met = bel_load_expectation_is_met(item, figures);
		printf("%s{\"text\":", i ? "," : "");
		print_json_text(item->text);
		printf(",\"ok\":%s}", is_met ? "true" : "false");
		is_fine &= is_met;
	}
	printf("]");
	return words->expect->count ? is_fine : all_succeeded(figures);
}

bool load_words_json(const struct load_words *words, const struct bel_load *load)
{
	const struct bel_load_figures *figures = bel_load_figures(load);
	bool is_fine;

	printf("{\"event\":\"load\",\"from\":");
	print_json_text(words->from);
	printf(",\"to\":");
	print_json_text(words->to);
	printf(",\"rate\":%.3f,\"took_s\":%.3f,\"due\":%llu,\"begun\":%llu,"
	       "\"answered\":%llu,\"succeeded\":%llu,\"failed\":%llu,\"at_once\":%llu",
	       words->rate / 1000.0, (double)bel_load_spent_ms(load) / 1000,
	       (number)figures->due, (number)figures->begun, (number)figures->answered,
	       (number)figures->succeeded, (number)figures->failed,
	       (number)figures->under_way_max);
	print_json_times(figures);
	if (words->has_media)
		print_json_media(figures);
	print_json_failures(figures);
	is_fine = print_json_expectations(words, figures);
	printf(",\"ok\":%s}\n", is_fine ? "true" : "false");
	return is_fine;
}
