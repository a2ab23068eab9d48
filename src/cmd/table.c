/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/table.h"

#include <stdio.h>
#include <stdlib.h>

void table_init(struct table *table, const char *titles, bool is_aligned,
		bool is_streamed)
{
	*table = (struct table){ .titles = titles,
				 .is_aligned = is_aligned,
				 .is_streamed = is_streamed };
	if (!is_streamed)
		table->held = malloc(TABLE_BYTES);
}

/* Characters, not bytes: what continues a character in UTF-8 takes no room. */
static size_t width_of(bel_str cell)
{
	size_t width = 0;

	for (size_t i = 0; i < cell.len; i++)
		width += ((unsigned char)cell.ptr[i] & 0xc0) != 0x80;
	return width;
}

static bel_str cut(bel_str *rest, char at)
{
	size_t end = bel_str_find(*rest, at);
	bel_str piece = bel_str_slice(*rest, 0, end);

	*rest = bel_str_slice(*rest, end < rest->len ? end + 1 : end, rest->len);
	return piece;
}

static void measure(struct table *table, bel_str lines)
{
	while (lines.len) {
		bel_str line = cut(&lines, '\n');
		if (bel_str_find(line, '\t') == line.len)
			continue;
		for (unsigned i = 0; i < TABLE_COLUMNS_MAX && line.len; i++) {
			size_t width = width_of(cut(&line, '\t'));
			if (width > table->widths[i])
				table->widths[i] = width;
		}
	}
}

static void show_line(const struct table *table, bel_str line)
{
	for (unsigned i = 0; line.len; i++) {
		bel_str cell = cut(&line, '\t');
		size_t width = width_of(cell);
		fwrite(cell.ptr, 1, cell.len, stdout);
		for (; line.len && i < TABLE_COLUMNS_MAX && width < table->widths[i] + 2;
		     width++)
			putchar(' ');
	}
	putchar('\n');
}

static void show(struct table *table, bel_str lines)
{
	if (!table->is_aligned) {
		fwrite(lines.ptr, 1, lines.len, stdout);
		return;
	}
	if (lines.len && table->titles)
		measure(table, bel_str_from(table->titles));
	measure(table, lines);
	if (lines.len && table->titles)
		show_line(table, bel_str_from(table->titles));
	table->titles = NULL;
	while (lines.len)
		show_line(table, cut(&lines, '\n'));
}

/* Lists longer than what can be held are shown a part at a time; a line is not cut. */
static void make_room(struct table *table)
{
	size_t end = table->len;

	while (end && table->held[end - 1] != '\n')
		end--;
	if (!end)
		end = table->len;
	show(table, (bel_str){ table->held, end });
	memmove(table->held, table->held + end, table->len - end);
	table->len -= end;
}

void table_put(struct table *table, bel_str bytes)
{
	if (!table->held) {
		fwrite(bytes.ptr, 1, bytes.len, stdout);
		fflush(stdout);
		return;
	}
	while (bytes.len) {
		size_t piece = TABLE_BYTES - table->len;
		if (piece > bytes.len)
			piece = bytes.len;
		memcpy(table->held + table->len, bytes.ptr, piece);
		table->len += piece;
		bytes = bel_str_slice(bytes, piece, bytes.len);
		if (table->len == TABLE_BYTES)
			make_room(table);
	}
}

void table_fini(struct table *table, int status)
{
	bel_str left = { table->held, table->len };

	if (left.len && status == 2)
		fwrite(left.ptr, 1, left.len, stderr);
	else if (left.len)
		show(table, left);
	free(table->held);
	table->held = NULL;
}
