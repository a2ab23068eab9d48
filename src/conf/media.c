/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/load.h"

enum { PORT_MIN = 1024, PAIRS_MIN = 2 };

static bool read_range(bel_str text, uint64_t *first, uint64_t *last)
{
	size_t dash = bel_str_find(text, '-');

	return bel_str_to_u64(first, bel_str_slice(text, 0, dash), UINT16_MAX) ==
		       BEL_OK &&
	       bel_str_to_u64(last, bel_str_slice(text, dash + 1, text.len),
			      UINT16_MAX) == BEL_OK;
}

bool bel_conf_ports_read(struct bel_conf_loader *loader, uint16_t *first, uint16_t *last,
			 const struct bel_conf_token *token, unsigned count_min,
			 const char *example)
{
	uint64_t from, to;

	if (read_range(token->text, &from, &to) && from >= PORT_MIN &&
	    to >= from + count_min - 1) {
		*first = (uint16_t)from;
		*last = (uint16_t)to;
		return true;
	}
	bel_conf_complain(loader->report, token, "\"%.*s\" is no range of ports",
			  BEL_CONF_SHOW(token->text));
	bel_conf_remedy(loader->report, "write the first and the last, 1024 or above: %s",
			example);
	return false;
}

static void take_rtp(struct bel_conf_loader *loader, const struct bel_conf_word *word,
		     struct bel_conf_scope *scope,
		     const struct bel_conf_statement *statement)
{
	struct bel_conf *conf = loader->conf;

	(void)scope;
	if (!bel_conf_is_misshapen(loader, word, statement, 1, 1))
		bel_conf_ports_read(loader, &conf->media.port_min, &conf->media.port_max,
				    &statement->words[1], 2 * PAIRS_MIN, "16384-32767");
}

static bool has_other_ports(const struct bel_conf *a, const struct bel_conf *b)
{
	return a->media.port_min != b->media.port_min ||
	       a->media.port_max != b->media.port_max;
}

static const struct bel_conf_word rows[] = {
	{ .name = "rtp",
	  .kind = BEL_CONF_TAKE,
	  .is_at_start = true,
	  .form = "FIRST-LAST",
	  .sample = "16384-32767",
	  .otherwise = "any port that the machine gives",
	  .also = "rtpstart rtpend media-port-min min-port port-min rtp_port",
	  .take = take_rtp,
	  .differs = has_other_ports,
	  .help = "The UDP ports of sound, for the firewall: two for each call that the "
		  "server answers." },
};
const struct bel_conf_words bel_conf_words_media = BEL_CONF_WORDS("Media", rows);
