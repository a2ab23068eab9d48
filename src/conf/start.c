/* SPDX-License-Identifier: Apache-2.0
 * What a running server does not take up: its sockets, threads and files stay as they
 * were opened. The rows of options say so themselves (is_at_start). */
#include "conf/word.h"

enum { NAME_BYTES = 64 };

struct search {
	const struct bel_conf *before, *after;
	void (*on_option)(void *user, bel_str name);
	void *user;
};

static const void *value_of(const struct bel_conf *conf, const struct bel_conf_word *row)
{
	return (const char *)conf + row->offset;
}

static bool texts_differ(const bel_str *a, const bel_str *b)
{
	return !bel_str_is_equal(*a, *b);
}

static bool numbers_differ(const unsigned *a, const unsigned *b)
{
	return *a != *b;
}

static bool flags_differ(const bool *a, const bool *b)
{
	return *a != *b;
}

static bool differs(const struct search *search, const struct bel_conf_word *row)
{
	const void *a = value_of(search->before, row), *b = value_of(search->after, row);

	switch (row->kind) {
	case BEL_CONF_TAKE:
		return row->differs(search->before, search->after);
	case BEL_CONF_TEXT:
	case BEL_CONF_PATH:
		return texts_differ(a, b);
	case BEL_CONF_COUNT:
	case BEL_CONF_SECONDS:
	case BEL_CONF_MILLISECONDS:
		return numbers_differ(a, b);
	case BEL_CONF_FLAG:
		return flags_differ(a, b);
	case BEL_CONF_GROUP:
		return row->is_switch && flags_differ(a, b);
	case BEL_CONF_LATER:
		break;
	}
	return false;
}

static void look_in(const struct search *search, bel_str group,
		    const struct bel_conf_word *row)
{
	char buf[NAME_BYTES];
	struct bel_writer name = bel_writer_init(buf, sizeof buf);

	bel_write_str(&name, group);
	bel_write_text(&name, row->name);
	if (row->is_at_start && differs(search, row))
		search->on_option(search->user, bel_writer_str(&name));
	if (row->kind != BEL_CONF_GROUP)
		return;
	bel_write_char(&name, ' ');
	for (const struct bel_conf_words *const *words = row->block->words; *words;
	     words++)
		for (unsigned i = 0; i < (*words)->count; i++)
			look_in(search, bel_writer_str(&name), &(*words)->rows[i]);
}

void bel_conf_each_at_start(const struct bel_conf *before, const struct bel_conf *after,
			    void (*on_option)(void *user, bel_str name), void *user)
{
	const struct search search = { before, after, on_option, user };

	for (const struct bel_conf_words *const *words = bel_conf_top.words; *words;
	     words++)
		for (unsigned i = 0; i < (*words)->count; i++)
			look_in(&search, BEL_STR_NONE, &(*words)->rows[i]);
}
