/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/load.h"

enum { WORKERS_MAX = 64, DAY_S = 86400 };

static void take_log_form(struct bel_conf_loader *loader,
			  const struct bel_conf_word *word, struct bel_conf_scope *scope,
			  const struct bel_conf_statement *statement)
{
	struct bel_conf *conf = scope->base;

	if (!bel_conf_is_misshapen(loader, word, statement, 0, 0))
		conf->node.log_is_json = bel_str_is_equal(statement->words->text,
							  BEL_STR("json"));
}

static void take_log_level(struct bel_conf_loader *loader,
			   const struct bel_conf_word *word, struct bel_conf_scope *scope,
			   const struct bel_conf_statement *statement)
{
	static const char *const levels[] = { "debug", "info", "warning", "error" };
	struct bel_conf *conf = scope->base;
	unsigned level = 0;

	if (!bel_conf_is_misshapen(loader, word, statement, 1, 1) &&
	    bel_conf_choice_read(loader, &level, &statement->words[1], levels,
				 BEL_COUNT_OF(levels), "level of the log"))
		conf->node.log_level = (enum bel_log_level)level;
}

static bool log_form_differs(const struct bel_conf *a, const struct bel_conf *b)
{
	return a->node.log_is_json != b->node.log_is_json;
}

static bool log_level_differs(const struct bel_conf *a, const struct bel_conf *b)
{
	return a->node.log_level != b->node.log_level;
}

static const struct bel_conf_word log_rows[] = {
	{ .name = "text",
	  .kind = BEL_CONF_TAKE,
	  .is_usual = true,
	  .take = take_log_form,
	  .help = "Lines for people: so it is by itself." },
	{ .name = "json",
	  .kind = BEL_CONF_TAKE,
	  .is_at_start = true,
	  .differs = log_form_differs,
	  .sample = "",
	  .take = take_log_form,
	  .help = "One object a line." },
	{ .name = "level",
	  .kind = BEL_CONF_TAKE,
	  .is_at_start = true,
	  .differs = log_level_differs,
	  .form = "debug|info|warning|error",
	  .standard = "info",
	  .also = "verbosity loglevel",
	  .take = take_log_level,
	  .help = "What is written: this and everything more severe." },
	{ .name = "file",
	  .kind = BEL_CONF_PATH,
	  .is_at_start = true,
	  .form = "PATH",
	  .sample = "/var/log/belfry.log",
	  .otherwise = "the standard error",
	  .also = "path output",
	  .offset = offsetof(struct bel_conf, node.log_file),
	  .help = "Where it is written." },
};
static const struct bel_conf_words log_words = BEL_CONF_WORDS("Log", log_rows);
static const struct bel_conf_place log_place = {
	"log", (const struct bel_conf_words *const[]){ &log_words, NULL }
};

static const struct bel_conf_word store_rows[] = {
	{ .name = "sqlite",
	  .kind = BEL_CONF_PATH,
	  .is_at_start = true,
	  .form = "PATH",
	  .sample = "/var/lib/belfry/belfry.db",
	  .otherwise = "belfry.db in the state directory",
	  .also = "db database file",
	  .offset = offsetof(struct bel_conf, store.sqlite),
	  .help = "A file of SQLite." },
	{ .name = "postgres", .kind = BEL_CONF_LATER, .help = "A database server." },
	{ .name = "redis", .kind = BEL_CONF_LATER, .help = "Bindings of a cluster." },
};
static const struct bel_conf_words store_words = BEL_CONF_WORDS("Store", store_rows);
static const struct bel_conf_place store_place = {
	"store", (const struct bel_conf_words *const[]){ &store_words, NULL }
};

static const struct bel_conf_word run_rows[] = {
	{ .name = "as",
	  .kind = BEL_CONF_TEXT,
	  .is_at_start = true,
	  .form = "USER",
	  .sample = "belfry",
	  .otherwise = "whoever started it",
	  .offset = offsetof(struct bel_conf, node.run_as),
	  .help = "The system's user to become after listening." },
};
static const struct bel_conf_words run_words = BEL_CONF_WORDS("Process", run_rows);
static const struct bel_conf_place run_place = {
	"run", (const struct bel_conf_words *const[]){ &run_words, NULL }
};

static const struct bel_conf_word proxy_rows[] = {
	{ .name = "timer-c",
	  .kind = BEL_CONF_SECONDS,
	  .form = "DURATION",
	  .standard = "180s",
	  .min = 180,
	  .max = DAY_S,
	  .also = "timeout fr_inv_timer ring",
	  .offset = offsetof(struct bel_conf, proxy.timer_c_s),
	  .help = "How long a phone may ring (RFC 3261 section 16.6, timer C)." },
	{ .name = "forks",
	  .kind = BEL_CONF_COUNT,
	  .form = "COUNT",
	  .standard = "10",
	  .min = 1,
	  .max = 60,
	  .also = "branches max_branches",
	  .offset = offsetof(struct bel_conf, proxy.branches_max),
	  .help = "How many phones one call may ring." },
	{ .name = "record-route",
	  .kind = BEL_CONF_LATER,
	  .help = "Staying in the path." },
	{ .name = "sessions", .kind = BEL_CONF_LATER, .help = "Session timers." },
};
static const struct bel_conf_words proxy_words = BEL_CONF_WORDS("Calls", proxy_rows);
static const struct bel_conf_place proxy_place = {
	"proxy", (const struct bel_conf_words *const[]){ &proxy_words, NULL }
};

static const struct bel_conf_word rows[] = {
	{ .name = "proxy",
	  .kind = BEL_CONF_GROUP,
	  .form = "{ timer-c ...; forks ... }",
	  .sample = "{ timer-c 180s; forks 10 }",
	  .block = &proxy_place,
	  .help = "How calls are put through." },
	{ .name = "store",
	  .kind = BEL_CONF_GROUP,
	  .form = "sqlite PATH",
	  .sample = "sqlite /var/lib/belfry/belfry.db",
	  .also = "database db dburl db_url sql",
	  .block = &store_place,
	  .help = "Where users, messages and call records are kept." },
	{ .name = "sync",
	  .kind = BEL_CONF_MILLISECONDS,
	  .is_at_start = true,
	  .form = "DURATION|always",
	  .standard = "5ms",
	  .zero = "always",
	  .min = 1,
	  .max = 1000,
	  .offset = offsetof(struct bel_conf, store.sync_ms),
	  .help = "What a power cut may cost of the registrations; with always every "
		  "answer "
		  "waits for the disk." },
	{ .name = "workers",
	  .kind = BEL_CONF_COUNT,
	  .is_at_start = true,
	  .form = "COUNT",
	  .sample = "4",
	  .otherwise = "one for each core",
	  .min = 1,
	  .max = WORKERS_MAX,
	  .also = "children threads processes udp_workers tcp_children",
	  .offset = offsetof(struct bel_conf, node.workers),
	  .help = "Threads that handle calls." },
	{ .name = "drain",
	  .kind = BEL_CONF_SECONDS,
	  .form = "DURATION",
	  .standard = "5s",
	  .min = 0,
	  .max = DAY_S,
	  .offset = offsetof(struct bel_conf, node.drain_s),
	  .help = "How long a stop waits for answers that are under way." },
	{ .name = "watchdog",
	  .kind = BEL_CONF_SECONDS,
	  .form = "DURATION|off",
	  .standard = "2s",
	  .zero = "off",
	  .min = 1,
	  .max = 3600,
	  .offset = offsetof(struct bel_conf, node.watchdog_s),
	  .help = "How long a worker may stand still before the process starts again." },
	{ .name = "trace",
	  .kind = BEL_CONF_COUNT,
	  .is_at_start = true,
	  .form = "COUNT",
	  .standard = "1000",
	  .zero = "off",
	  .min = 1,
	  .max = 10000000,
	  .also = "siptrace history",
	  .offset = offsetof(struct bel_conf, node.trails),
	  .help = "How many decisions of past requests are kept for `belfry why`." },
	{ .name = "log",
	  .kind = BEL_CONF_GROUP,
	  .form = "text|json, level LEVEL, file PATH",
	  .sample = "level info",
	  .also = "debug logging loglevel log_level verbose",
	  .block = &log_place,
	  .help = "What is written about what happens." },
	{ .name = "run",
	  .kind = BEL_CONF_GROUP,
	  .form = "as USER",
	  .sample = "as belfry",
	  .also = "setuid uid",
	  .block = &run_place,
	  .help = "Whom the process becomes when it has its ports." },
};
const struct bel_conf_words bel_conf_words_node = BEL_CONF_WORDS("Server", rows);
