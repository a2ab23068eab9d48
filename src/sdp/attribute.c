/* SPDX-License-Identifier: Apache-2.0 */
#include "sdp/sdp_int.h"

bool bel_sdp_word_next(bel_str *word, bel_str *left)
{
	bel_str text = bel_str_trim(*left);
	size_t end = bel_str_find(text, ' ');

	*word = bel_str_slice(text, 0, end);
	*left = bel_str_slice(text, end, text.len);
	return word->len;
}

/* Behind the name and its colon. */
static bel_str value_of(const struct bel_sdp *sdp, const struct bel_sdp_line *line)
{
	bel_str content = content_of(sdp, line);

	return bel_str_trim(
		bel_str_slice(content, (size_t)line->name_len + 1, content.len));
}

static bool find_from(bel_str *value, const struct bel_sdp *sdp, unsigned media,
		      bel_str name, unsigned *at)
{
	struct part part = part_of(sdp, media);
	uint8_t mark = mark_of(name.ptr, name.len);

	for (unsigned i = *at; i < part.count; i++) {
		const struct bel_sdp_line *line = &part.lines[i];
		if (line->mark != mark || line->type != 'a' ||
		    line->name_len != name.len ||
		    memcmp(sdp->text.ptr + line->at, name.ptr, name.len) != 0)
			continue;
		if (value)
			*value = value_of(sdp, line);
		*at = i + 1;
		return true;
	}
	*at = part.count;
	return false;
}

bool bel_sdp_attribute_next(bel_str *value, const struct bel_sdp *sdp, unsigned media,
			    bel_str name, unsigned *at)
{
	return name.len && find_from(value, sdp, media, name, at);
}

static bool find_nth(bel_str *value, const struct bel_sdp *sdp, unsigned media,
		     bel_str name, unsigned index)
{
	bel_str found;
	unsigned at = 0;

	while (bel_sdp_attribute_next(&found, sdp, media, name, &at)) {
		if (index--)
			continue;
		if (value)
			*value = found;
		return true;
	}
	return false;
}

bool bel_sdp_attribute(bel_str *value, const struct bel_sdp *sdp, unsigned media,
		       bel_str name, unsigned index, bool is_inherited)
{
	return find_nth(value, sdp, media, name, index) ||
	       (is_inherited && media != BEL_SDP_SESSION &&
		find_nth(value, sdp, BEL_SDP_SESSION, name, index));
}

static bool has_word(bel_str words, bel_str wanted)
{
	bel_str word;

	while (bel_sdp_word_next(&word, &words))
		if (bel_str_is_equal(word, wanted))
			return true;
	return false;
}

bool bel_sdp_group_find(bel_str *mids, const struct bel_sdp *sdp, bel_str semantics,
			bel_str mid)
{
	bel_str value, word;
	unsigned at = 0;

	while (bel_sdp_attribute_next(&value, sdp, BEL_SDP_SESSION, BEL_STR("group"),
				      &at)) {
		bel_sdp_word_next(&word, &value);
		if (!bel_str_is_equal(word, semantics) || !has_word(value, mid))
			continue;
		*mids = bel_str_trim(value);
		return true;
	}
	return false;
}

bool bel_sdp_ice(struct bel_sdp_ice *out, const struct bel_sdp *sdp, unsigned media)
{
	struct bel_sdp_ice ice = { 0 };

	if (!bel_sdp_attribute(&ice.ufrag, sdp, media, BEL_STR("ice-ufrag"), 0, true) ||
	    !bel_sdp_attribute(&ice.pwd, sdp, media, BEL_STR("ice-pwd"), 0, true))
		return false;
	bel_sdp_attribute(&ice.options, sdp, media, BEL_STR("ice-options"), 0, true);
	ice.is_lite = bel_sdp_attribute(NULL, sdp, BEL_SDP_SESSION, BEL_STR("ice-lite"),
					0, false);
	*out = ice;
	return true;
}
