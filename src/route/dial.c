/* SPDX-License-Identifier: Apache-2.0 */
#include "route/plan_int.h"

enum { NUMBER_BYTES_MAX = 64 };

static bool is_digits(bel_str str)
{
	size_t from = str.len && str.ptr[0] == '+';

	for (size_t i = from; i < str.len; i++)
		if (!bel_char_is_digit(str.ptr[i]))
			return false;
	return str.len > from;
}

static bel_str join(struct bel_arena *arena, bel_str a, bel_str b)
{
	char *buf = bel_arena_bytes(arena, a.len + b.len);
	struct bel_writer writer = bel_writer_init(buf, buf ? a.len + b.len : 0);

	bel_write_str(&writer, a);
	bel_write_str(&writer, b);
	return bel_writer_str(&writer);
}

/* Numbers as people dial them at home, as the one international form: 00 or + for abroad,
 * the trunk prefix for the own country. Short numbers are extensions and stay. */
static bel_str internationalise(struct bel_arena *arena, const struct bel_conf *conf,
				bel_str number)
{
	bel_str abroad = conf->dialling.international_prefix;
	bel_str trunk = conf->dialling.trunk_prefix;

	if (abroad.len && number.len > abroad.len && bel_str_has_prefix(number, abroad))
		return join(arena, BEL_STR("+"),
			    bel_str_slice(number, abroad.len, number.len));
	if (trunk.len && number.len > trunk.len && bel_str_has_prefix(number, trunk))
		return join(arena, conf->dialling.country,
			    bel_str_slice(number, trunk.len, number.len));
	return number;
}

bel_str bel_dial_normalise(struct bel_arena *arena, const struct bel_conf *conf,
			   bel_str dialled, bool is_phone)
{
	bel_str number = dialled;

	if (is_phone && dialled.len <= NUMBER_BYTES_MAX) {
		char *buf = bel_arena_bytes(arena, dialled.len);
		struct bel_writer writer = bel_writer_init(buf, buf ? dialled.len : 0);
		bel_uri_write_number(&writer, dialled);
		number = bel_writer_str(&writer);
	}
	if (!conf->dialling.country.len || !is_digits(number))
		return number;
	return internationalise(arena, conf, number);
}

bel_str bel_dial_rewrite(struct bel_arena *arena, bel_str pattern, bel_str as,
			 bel_str text)
{
	/* What the first star of the pattern stands for: the text without the pattern's
	 * literal head and tail. */
	size_t star = bel_str_find(pattern, '*');
	size_t tail = star < pattern.len ? pattern.len - star - 1 : 0;
	bel_str middle = star < pattern.len && text.len >= star + tail
				 ? bel_str_slice(text, star, text.len - tail)
				 : text;
	size_t at = bel_str_find(as, '*');

	if (at == as.len)
		return as;
	return join(arena, join(arena, bel_str_slice(as, 0, at), middle),
		    bel_str_slice(as, at + 1, as.len));
}
