/* SPDX-License-Identifier: Apache-2.0
 * How people write a TURN server (RFC 7065). */
#include "path/path.h"

enum { PORT = 3478, TLS_PORT = 5349 };

static bool take_prefix(bel_str *text, bel_str prefix)
{
	if (!bel_str_has_prefix_nocase(*text, prefix))
		return false;
	*text = bel_str_slice(*text, prefix.len, text->len);
	return true;
}

enum bel_err bel_path_turn_parse(struct bel_path_turn_words *out, bel_str text)
{
	static const struct {
		bel_str word;
		enum bel_turn_transport transport;
	} rows[] = { { { "udp", 3 }, BEL_TURN_UDP },
		     { { "tcp", 3 }, BEL_TURN_TCP },
		     { { "tls", 3 }, BEL_TURN_TLS } };
	bool is_secure = take_prefix(&text, BEL_STR("turns:"));
	size_t end = bel_str_find(text, '?');
	bel_str how = bel_str_slice(text, end, text.len);
	unsigned i = 0;

	if (!is_secure)
		take_prefix(&text, BEL_STR("turn:"));
	end = bel_str_find(text, '?');
	*out = (struct bel_path_turn_words){ .host = bel_str_slice(text, 0, end),
					     .transport = is_secure ? BEL_TURN_TLS
								    : BEL_TURN_UDP };
	if (how.len) {
		if (!take_prefix(&how, BEL_STR("?transport=")))
			return BEL_ERR_SYNTAX;
		while (i < BEL_COUNT_OF(rows) &&
		       !bel_str_is_equal_nocase(rows[i].word, how))
			i++;
		if (i == BEL_COUNT_OF(rows))
			return BEL_ERR_SYNTAX;
		/* By UDP that would be DTLS. */
		if (is_secure && rows[i].transport == BEL_TURN_UDP)
			return BEL_ERR_UNSUPPORTED;
		out->transport = is_secure ? BEL_TURN_TLS : rows[i].transport;
	}
	out->port = out->transport == BEL_TURN_TLS ? TLS_PORT : PORT;
	return out->host.len ? BEL_OK : BEL_ERR_SYNTAX;
}
