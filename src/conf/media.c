/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/load.h"

enum { PORT_MIN = 1024, PAIRS_MIN = 2 };

static bool read_ports(struct bel_conf *conf, bel_str text)
{
	size_t dash = bel_str_find(text, '-');
	uint64_t first, last;

	if (bel_str_to_u64(&first, bel_str_slice(text, 0, dash), UINT16_MAX) ||
	    bel_str_to_u64(&last, bel_str_slice(text, dash + 1, text.len), UINT16_MAX) ||
	    first < PORT_MIN || last < first + 2 * PAIRS_MIN - 1)
		return false;
	conf->media.port_min = (uint16_t)first;
	conf->media.port_max = (uint16_t)last;
	return true;
}

static void take_rtp(struct bel_conf_loader *loader, const struct bel_conf_word *word,
		     struct bel_conf_scope *scope,
		     const struct bel_conf_statement *statement)
{
	const struct bel_conf_token *ports;

	(void)scope;
	if (bel_conf_is_misshapen(loader, word, statement, 1, 1))
		return;
	ports = &statement->words[1];
	if (read_ports(loader->conf, ports->text))
		return;
	bel_conf_complain(loader->report, ports, "\"%.*s\" is no range of ports",
			  BEL_CONF_SHOW(ports->text));
	bel_conf_remedy(loader->report, "write the first and the last, 1024 or above: "
					"16384-32767");
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
