/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/report.h"

#include <stdarg.h>
#include <stdio.h>

#include "conf/tree.h"

enum {
	ARENA_BYTES = 256 << 10,
	TEXT_BYTES = 512,
};

void bel_conf_report_init(struct bel_conf_report *report)
{
	*report = (struct bel_conf_report){ .count = 0 };
	bel_arena_init(&report->arena, NULL, 0, ARENA_BYTES);
}

void bel_conf_report_fini(struct bel_conf_report *report)
{
	bel_arena_fini(&report->arena);
}

/* A message of our own making: cut, not refused, when it is too long. */
static bel_str format_text(struct bel_conf_report *report, const char *format,
			   va_list args)
{
	char buf[TEXT_BYTES];

	return bel_arena_copy(&report->arena,
			      bel_str_format(buf, sizeof buf, format, args));
}

static struct bel_conf_problem *add(struct bel_conf_report *report, bool is_warning)
{
	struct bel_conf_problem *problem;

	if (is_warning)
		report->warnings++;
	else
		report->errors++;
	if (report->count == BEL_CONF_PROBLEMS_MAX)
		return NULL;
	problem = &report->problems[report->count++];
	*problem = (struct bel_conf_problem){ .is_warning = is_warning };
	return problem;
}

static void add_at(struct bel_conf_report *report, bool is_warning,
		   const struct bel_conf_token *token, const char *format, va_list args)
{
	struct bel_conf_problem *problem = add(report, is_warning);

	if (!problem)
		return;
	problem->file = bel_arena_copy(&report->arena, token->file->name);
	problem->line = token->line;
	problem->column = token->column;
	problem->width = bel_conf_columns(token->raw);
	if (!problem->width)
		problem->width = 1;
	problem->text = format_text(report, format, args);
	bel_conf_source_copy(problem, &report->arena, token);
}

void bel_conf_complain(struct bel_conf_report *report, const struct bel_conf_token *token,
		       const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add_at(report, false, token, format, args);
	va_end(args);
}

void bel_conf_warn(struct bel_conf_report *report, const struct bel_conf_token *token,
		   const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add_at(report, true, token, format, args);
	va_end(args);
}

void bel_conf_complain_file(struct bel_conf_report *report, bel_str file,
			    const char *format, ...)
{
	struct bel_conf_problem *problem = add(report, false);
	va_list args;

	if (!problem)
		return;
	problem->file = bel_arena_copy(&report->arena, file);
	va_start(args, format);
	problem->text = format_text(report, format, args);
	va_end(args);
}

void bel_conf_remedy(struct bel_conf_report *report, const char *format, ...)
{
	va_list args;

	/* The problem it belongs to may be one too many to be kept. */
	if (report->errors + report->warnings > report->count)
		return;
	va_start(args, format);
	report->problems[report->count - 1].remedy = format_text(report, format, args);
	va_end(args);
}

void bel_conf_report_sort(struct bel_conf_report *report)
{
	struct bel_conf_problem *problems = report->problems;

	/* Files stay as they first came up; within one, as it reads. */
	for (unsigned i = 1; i < report->count; i++)
		for (unsigned j = i; j > 0; j--) {
			struct bel_conf_problem *a = &problems[j - 1], *b = &problems[j];
			struct bel_conf_problem swap = *a;
			if (!bel_str_is_equal(a->file, b->file) || a->line < b->line ||
			    (a->line == b->line && a->column <= b->column))
				break;
			*a = *b;
			*b = swap;
		}
}

/* A file is shown on terminals: what could steer one is shown as '?', one for one. */
static void write_shown(struct bel_writer *writer, bel_str text)
{
	while (text.len) {
		size_t len = bel_str_utf8_len(text);
		uint8_t c = (uint8_t)text.ptr[0];
		/* U+0080 to U+009F are controls too. */
		bool is_control = (c < ' ' && c != '\t') || c == 0x7f ||
				  (len == 2 && c == 0xc2 && (uint8_t)text.ptr[1] < 0xa0);
		if (!len || is_control)
			bel_write_char(writer, '?');
		else
			bel_write_str(writer, bel_str_slice(text, 0, len));
		text = bel_str_slice(text, len ? len : 1, text.len);
	}
}

/* Blanks of the line's own kind, so that tabs bring the caret to the right place. */
static void write_indent(struct bel_writer *writer,
			 const struct bel_conf_problem *problem)
{
	bel_str rest = problem->source;

	for (unsigned column = problem->source_column;
	     column < problem->column && rest.len; column++) {
		bel_write_char(writer, rest.ptr[0] == '\t' ? '\t' : ' ');
		rest = bel_str_slice(rest, bel_conf_char_len(rest), rest.len);
	}
}

static void write_caret(struct bel_writer *writer, const struct bel_conf_problem *problem)
{
	unsigned from = problem->column - problem->source_column;
	unsigned columns = bel_conf_columns(problem->source);
	unsigned width = problem->width;

	if (from < columns && width > columns - from)
		width = columns - from;
	bel_write_lit(writer, "        | ");
	write_indent(writer, problem);
	for (unsigned i = 0; i < width; i++)
		bel_write_char(writer, '^');
	if (problem->remedy.len) {
		bel_write_char(writer, ' ');
		write_shown(writer, problem->remedy);
	}
	bel_write_char(writer, '\n');
}

void bel_conf_problem_write(struct bel_writer *writer,
			    const struct bel_conf_problem *problem)
{
	write_shown(writer, problem->file);
	if (problem->line)
		bel_write_format(writer, ":%u:%u", problem->line, problem->column);
	bel_write_text(writer, problem->is_warning ? ": warning: " : ": ");
	write_shown(writer, problem->text);
	if (!problem->line && problem->remedy.len) {
		bel_write_lit(writer, "; ");
		write_shown(writer, problem->remedy);
	}
	bel_write_char(writer, '\n');
	if (!problem->line)
		return;
	bel_write_format(writer, "%7u | ", problem->line);
	write_shown(writer, problem->source);
	bel_write_char(writer, '\n');
	write_caret(writer, problem);
}

static void write_member(struct bel_writer *writer, const char *name, bel_str value)
{
	bel_write_format(writer, ",\"%s\":\"", name);
	bel_write_json(writer, value);
	bel_write_char(writer, '"');
}

void bel_conf_problem_write_json(struct bel_writer *writer,
				 const struct bel_conf_problem *problem)
{
	bel_write_format(writer, "{\"severity\":\"%s\"",
			 problem->is_warning ? "warning" : "error");
	write_member(writer, "file", problem->file);
	if (problem->line)
		bel_write_format(writer, ",\"line\":%u,\"column\":%u,\"width\":%u",
				 problem->line, problem->column, problem->width);
	write_member(writer, "text", problem->text);
	if (problem->remedy.len)
		write_member(writer, "remedy", problem->remedy);
	if (problem->line)
		write_member(writer, "source", problem->source);
	bel_write_lit(writer, "}\n");
}
