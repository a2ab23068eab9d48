/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/load.h"

enum { PORT_MIN = 1024, PAIRS_MIN = 2, NG_PORT = 22223 };

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

static void take_relay_ports(struct bel_conf_loader *loader,
			     const struct bel_conf_word *word,
			     struct bel_conf_scope *scope,
			     const struct bel_conf_statement *statement)
{
	struct bel_conf *conf = scope->base;

	if (!bel_conf_is_misshapen(loader, word, statement, 1, 1))
		bel_conf_ports_read(loader, &conf->relay.port_min, &conf->relay.port_max,
				    &statement->words[1], 4 * PAIRS_MIN, "40000-59999");
}

static void take_relay(struct bel_conf_loader *loader, const struct bel_conf_word *word,
		       struct bel_conf_scope *scope,
		       const struct bel_conf_statement *statement)
{
	/* by enum bel_conf_relay */
	static const char *const modes[] = { "auto", "always", "never" };
	struct bel_conf *conf = scope->base;
	unsigned mode;

	if (!bel_conf_is_misshapen(loader, word, statement, 1, 1) &&
	    bel_conf_choice_read(loader, &mode, &statement->words[1], modes,
				 BEL_COUNT_OF(modes), "way of relaying"))
		conf->relay.mode = (enum bel_conf_relay)mode;
}

static void take_fast(struct bel_conf_loader *loader, const struct bel_conf_word *word,
		      struct bel_conf_scope *scope,
		      const struct bel_conf_statement *statement)
{
	/* by enum bel_conf_fast */
	static const char *const modes[] = { "never", "auto" };
	struct bel_conf *conf = scope->base;
	unsigned mode;

	if (!bel_conf_is_misshapen(loader, word, statement, 1, 1) &&
	    bel_conf_choice_read(loader, &mode, &statement->words[1], modes,
				 BEL_COUNT_OF(modes), "way of packets"))
		conf->relay.fast = (enum bel_conf_fast)mode;
}

static bool fasts_differ(const struct bel_conf *a, const struct bel_conf *b)
{
	return a->relay.fast != b->relay.fast;
}

static void take_control(struct bel_conf_loader *loader, const struct bel_conf_word *word,
			 struct bel_conf_scope *scope,
			 const struct bel_conf_statement *statement)
{
	static const char *const protocols[] = { "ng" };
	struct bel_conf *conf = scope->base;
	unsigned protocol;

	if (bel_conf_is_misshapen(loader, word, statement, 2, 2) ||
	    !bel_conf_choice_read(loader, &protocol, &statement->words[1], protocols,
				  BEL_COUNT_OF(protocols), "protocol of control") ||
	    !bel_conf_addr_read(loader, &conf->relay.ng, &statement->words[2], NG_PORT))
		return;
	if (bel_addr_range(&conf->relay.ng) == BEL_ADDR_LOOPBACK)
		return;
	bel_conf_warn(loader->report, &statement->words[2],
		      "commands are taken from this machine alone");
	bel_conf_remedy(loader->report,
			"there are no passwords in this protocol: commands "
			"from other machines are dropped");
}

static bool controls_differ(const struct bel_conf *a, const struct bel_conf *b)
{
	return !bel_addr_is_equal(&a->relay.ng, &b->relay.ng);
}

static const struct bel_conf_word relay_rows[] = {
	{ .name = "relay",
	  .kind = BEL_CONF_TAKE,
	  .form = "auto|always|never",
	  .standard = "auto",
	  .also = "rtpproxy rtpengine directmedia canreinvite direct_media "
		  "rtp_proxy media_relay",
	  .take = take_relay,
	  .help = "Which calls have their media carried by the server: auto are those "
		  "where a NAT, two networks or two kinds of keys stand between the "
		  "phones." },
	{ .name = "ports",
	  .kind = BEL_CONF_TAKE,
	  .form = "FIRST-LAST",
	  .standard = "40000-59999",
	  .also = "port-min port-max rtpstart rtpend",
	  .take = take_relay_ports,
	  .help = "The UDP ports of carried media, for the firewall: two a side and "
		  "stream, or one with rtcp-mux." },
	{ .name = "fast",
	  .kind = BEL_CONF_TAKE,
	  .is_at_start = true,
	  .form = "auto|never",
	  .standard = "never",
	  .also = "table forwarding kernel ebpf xdp offload",
	  .take = take_fast,
	  .differs = fasts_differ,
	  .help = "Packets that need another address and no other keys are carried by "
		  "the kernel: auto where the server may (CAP_BPF, CAP_NET_ADMIN) and "
		  "where the way is known; all others go by sockets." },
	{ .name = "control",
	  .kind = BEL_CONF_TAKE,
	  .is_at_start = true,
	  .form = "ng ADDRESS",
	  .sample = "ng 127.0.0.1:22223",
	  .otherwise = "no other proxy",
	  .also = "listen-ng rtpengine_sock control-ng ng",
	  .take = take_control,
	  .differs = controls_differ,
	  .help = "Carries media for another proxy, as rtpengine does: Kamailio and "
		  "OpenSIPS are told rtpengine_sock \"udp:127.0.0.1:22223\". Commands "
		  "are taken from this machine alone." },
	{ .name = "silent",
	  .kind = BEL_CONF_MILLISECONDS,
	  .form = "TIME",
	  .standard = "3s",
	  .min = 1000,
	  .max = 60000,
	  .offset = offsetof(struct bel_conf, relay.silent_ms),
	  .help = "After so long without a packet from a side that should send, the log "
		  "and `why` say what is wrong." },
	{ .name = "timeout",
	  .kind = BEL_CONF_MILLISECONDS,
	  .form = "TIME",
	  .standard = "60s",
	  .min = 10000,
	  .max = 86400000,
	  .also = "silent-timeout rtptimeout rtp_timeout final-timeout",
	  .offset = offsetof(struct bel_conf, relay.timeout_ms),
	  .help = "After so long without any packet of a call that is not on hold, its "
		  "ports are given back." },
};
static const struct bel_conf_words relay_words = BEL_CONF_WORDS("Media", relay_rows);
static const struct bel_conf_place relay_place = {
	"media", (const struct bel_conf_words *const[]){ &relay_words, NULL }
};

static const struct bel_conf_word rows[] = {
	{ .name = "media",
	  .kind = BEL_CONF_GROUP,
	  .block = &relay_place,
	  .help = "How the media of calls between users are carried." },
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

void bel_conf_media_finish(struct bel_conf_loader *loader)
{
	char buf[128];
	struct bel_writer text = bel_writer_init(buf, sizeof buf);
	struct bel_conf_file file = { .name = BEL_STR("--ng") };

	if (!loader->opts->ng.len)
		return;
	bel_write_lit(&text, "media control ng ");
	bel_write_str(&text, loader->opts->ng);
	file.text = bel_conf_keep(loader, bel_writer_str(&text));
	bel_conf_text_take(loader, &loader->top, &file);
}
