/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "cmd/cmd.h"
#include "cmd/party.h"
#include "cmd/talk.h"

const struct cmd bel_cmds[] = {
	{ "dev", bel_cmd_dev, "[--lan] [--listen SPEC]",
	  "a server that works at once, in ./belfry-dev, with users alice, bob and carol",
	  "serve", 0, "", NULL },
	{ "run", bel_cmd_run,
	  "[--config FILE] [--state DIR] [--listen SPEC] [--ng ADDRESS] [--workers N] "
	  "[--quiet]",
	  "the server, in the foreground", "serve", 0, " --ng=",
	  "  --config FILE   else /etc/belfry/belfry.conf when it is there\n"
	  "  --state DIR     else $BELFRY_STATE, else /var/lib/belfry\n"
	  "  --listen SPEC   instead of what the file says, repeated:\n"
	  "                  udp,tcp:127.0.0.1:5060\n"
	  "  --ng ADDRESS    carries media for another proxy, as rtpengine does:\n"
	  "                  127.0.0.1:22223\n" },
	{ "init", bel_cmd_init, "[FILE]", "write a sample configuration", "serve", 1, "",
	  NULL },
	{ "check", bel_cmd_check, "[FILE]", "say what is wrong in a configuration",
	  "serve", 1, "", NULL },
	{ "doctor", bel_cmd_doctor,
	  "[--config FILE] [--stun HOST] [--sip HOST] [--domain NAME] [--json]",
	  "what is wrong with this machine or network, and what to do", "serve", 0,
	  " --stun= --sip= --domain=",
	  "  --config FILE   else /etc/belfry/belfry.conf when it is there\n"
	  "  --stun HOST     what NAT there is; best two of them, or one that has a "
	  "second\n"
	  "                  address (RFC 5780)\n"
	  "  --sip HOST      what a router does to SIP on the way there, and to long\n"
	  "                  datagrams; HOST:PORT, by UDP\n"
	  "  --domain NAME   what DNS says of it, beside those of the configuration;\n"
	  "                  and what --sip ADDRESS is asked for\n"
	  "Exit status 0: nothing bad; 1: something is; 2: it could not look.\n" },
	{ "fmt", bel_cmd_fmt, "[FILE]", "lay a configuration out in the one way", "serve",
	  1, "", NULL },
	{ "reload", bel_cmd_remote, "", "have the server read its configuration again",
	  "serve", 0, "", NULL },
	{ "status", bel_cmd_remote, "[--json]", "what the server is doing", "look", 0, "",
	  NULL },
	{ "metrics", bel_cmd_remote, "", "its figures, for Prometheus", "look", 0, "",
	  NULL },
	{ "explain", bel_cmd_explain,
	  "FROM TO [--method M] [--source IP] [--config FILE] [--json|--mermaid]",
	  "where a call would go, rule by rule", "look", 2,
	  " --method= --source= --mermaid",
	  "  FROM and TO are users, numbers or URIs. The server is asked; with --config\n"
	  "  FILE the file is, with the users and registrations of --state if given.\n" },
	{ "why", bel_cmd_remote, "[CALL] [--json]", "what was decided about a past call",
	  "look", 1, "", "  CALL is a Call-ID, a unique beginning of one, or last.\n" },
	{ "calls", bel_cmd_remote, "[--json]", "calls that have their media carried here",
	  "look", 0, "",
	  "  With what comes from each side, and why nothing is heard of one that is "
	  "silent.\n"
	  "  Of calls that send their sound directly the server keeps nothing.\n" },
	{ "reg", bel_cmd_reg, "list|show|watch|add|remove|export ...",
	  "who is registered where", "manage", 3, " --expires= --sqlite=",
	  "  reg list                            all phones\n"
	  "  reg show USER                       those of one user\n"
	  "  reg watch                           changes, as they happen: + - ~\n"
	  "  reg add USER URI [--expires 3600]   a phone that does not register itself\n"
	  "  reg remove USER [URI]               one phone, or all of them\n"
	  "  reg export --sqlite FILE            all phones, as a table\n"
	  "list, show and export need no server that runs.\n" },
	{ "user", bel_cmd_user, "list|add|passwd|remove ...", "accounts", "manage",
	  REST_MAX, "",
	  "  user list                           and where each comes from\n"
	  "  user add NAME [NUMBER...]           makes a password, shown once\n"
	  "  user passwd NAME [NUMBER...]        a new password\n"
	  "  user remove NAME\n"
	  "None of them needs a server that runs.\n" },
	{ "ban", bel_cmd_remote, "list | remove ADDRESS",
	  "sources that guessed passwords", "manage", 2, "", NULL },
	{ "call", bel_cmd_call, "[FROM] TO [options]",
	  "a call with sound, and a verdict on what was heard", "call", 2,
	  TALK_OPTIONS PARTY_OPTIONS,
	  "  belfry call alice 600            a tone of 440 Hz for 5 s, and was it "
	  "heard?\n"
	  "FROM and TO are users and numbers of the server that is found, or addresses.\n"
	  "  --play FILE        a recording instead of the tone\n"
	  "  --record FILE      what was heard, as WAV\n"
	  "  --dtmf DIGITS      sent once it is answered, and --digits-by event, info or "
	  "tones\n"
	  "  --duration 10s     of the call; else 5 s, or the length of the recording\n"
	  "  --hold 2s          on hold for that long in the middle; then it goes on\n"
	  "  --transfer TO      at the end, the other side is asked to call TO instead;\n"
	  "                     --consult: TO is called first (attended)\n"
	  "  --follow           calls somebody else when the other side asks for it\n"
	  "  --reliable         ringing has to arrive (RFC 3262), or there is no call\n"
	  "  --codec opus,PCMU  in this order; else opus G722 PCMU PCMA GSM L16\n"
	  "  --srtp sdes        protected or not at all, with keys in the messages; "
	  "dtls: or\n"
	  "                     agreed on between the two; prefer: if they can; none\n"
	  "  --transport tcp    udp, tcp or tls\n"
	  "  --password file:F  of FROM; else what the server's directory says\n"
	  "  --ice              ways through NATs are looked for; --stun HOST[:PORT] "
	  "and\n"
	  "                     --turn [USER:PASSWORD@]HOST[:PORT] help; the latter\n"
	  "                     also as HOST?transport=tcp, or turns:HOST by TLS\n"
	  "  --ladder           every message\n"
	  "  --expect 'audio=440Hz mos>=4 rtt<80ms loss<1% setup<500ms status=200'\n"
	  "                     and digits=12# (that came), transfer=200\n"
	  "The exit status says whether what was expected came true; without --expect:\n"
	  "whether what was sent was heard.\n" },
	{ "phone", bel_cmd_phone, "[WHO] [options]",
	  "a phone in the terminal, or led by a script", "call", 1,
	  " --device= --headset --codec= --srtp= --ca= --any-certificate"
	  " --ice --stun= --turn=" PARTY_OPTIONS,
	  "  belfry phone alice               then: call 600, or help\n"
	  "  printf 'call 600\\nwait answered\\nwait 5s\\n' | belfry phone alice\n"
	  "WHO is a user of the server that is found, or sip:alice@example.com.\n"
	  "  --device DEVICE    alsa[:NAME], null, or file:SAYS.wav,HEARS.wav; else the "
	  "sound\n"
	  "                     card, if there is one\n"
	  "  --headset          nothing is done against echo\n"
	  "  --codec opus,PCMU  in this order; else opus G722 PCMU PCMA GSM L16\n"
	  "  --srtp sdes        protected or not at all, dtls: with keys that no server "
	  "knows;\n"
	  "                     prefer: if they can; accept: if they want it\n"
	  "  --ice              ways through NATs are looked for; --stun HOST[:PORT] "
	  "and\n"
	  "                     --turn USER:PASSWORD@HOST[:PORT] help; the latter also\n"
	  "                     as HOST?transport=tcp, or turns:HOST by TLS\n"
	  "  --transport tcp    udp, tcp or tls; --ca FILE: whom to trust; "
	  "--any-certificate:\n"
	  "                     everybody\n"
	  "  --password file:F  else what the server's directory says\n"
	  "  --json             everything that happens, an object a line\n"
	  "At the end of a script it hangs up. The exit status says whether all of it "
	  "was "
	  "done.\n" },
	{ "answer", bel_cmd_answer, "USER [options]",
	  "register, answer one call with sound, and a verdict on it", "call", 1,
	  " --echo --ring=" TALK_OPTIONS PARTY_OPTIONS,
	  "  belfry answer bob --expect 'audio=440Hz digits=12#'\n"
	  "  --echo             what comes goes back, packet by packet\n"
	  "  --ring 2s          before it is answered; else at once\n"
	  "  --duration 10s     of the call; else until the other side ends it\n"
	  "  --reliable         ringing has to arrive, if the caller can say that it "
	  "did\n"
	  "The others are those of belfry call; --transfer ends a call after 5 s if "
	  "nothing\n"
	  "else does. Without --expect: whether 440 Hz were heard, or what --play "
	  "says.\n" },
	{ "load", bel_cmd_load_run, "FROM TO [options] | USER --register [options]",
	  "calls or registrations at a rate, measured", "call", 2,
	  " --rate= --calls= --count= --for= --hold= --max= --media --codec= --srtp="
	  " --expect= --csv= --register" PARTY_OPTIONS,
	  "  belfry load alice 600 --rate 10 --for 60s --hold 5s\n"
	  "  belfry load alice --register --rate 100 --count 1000\n"
	  "Number n is due n / rate after the start, whatever became of the others; "
	  "times\n"
	  "count from when one was due, and what could not be begun has failed. \"late\" "
	  "is\n"
	  "how late this program was itself. The server's guard limits what a user may "
	  "do:\n"
	  "guard { rate N per second; calls N per user }, and what it answers to "
	  "addresses\n"
	  "without a phone; with `trust ADDRESS` it does not.\n"
	  "  --rate 10          a second; registrations 100\n"
	  "  --calls N          in all, or --for 60s; else for 10 s (--count with "
	  "--register)\n"
	  "  --hold 5s          from the answer to the end\n"
	  "  --max N            at a time; else 10,000\n"
	  "  --media            with sound both ways; else none is sent\n"
	  "  --codec opus,PCMU  in this order, and --srtp sdes, prefer or none: as in "
	  "call\n"
	  "  --transport tcp    udp, tcp or tls\n"
	  "  --password file:F  of FROM; else what the server's directory says\n"
	  "  --csv FILE         a line each second\n"
	  "  --expect 'success>=99.9% setup_p99<100ms mos_p1>=4 loss<1% audio'\n"
	  "                     success failed loss audio, and setup first end late mos\n"
	  "                     with _p99 or the like, _min, _mean, _max; audio: in one "
	  "of\n"
	  "                     a hundred calls, the tone sent was heard\n"
	  "The exit status says whether that came true; without --expect: whether every "
	  "one\n"
	  "succeeded.\n" },
	{ "message", bel_cmd_message, "FROM TO TEXT", "a text message", "call", 3,
	  PARTY_OPTIONS, NULL },
	{ "register", bel_cmd_register, "USER [--stay]",
	  "register as a phone does, and say what came of it", "call", 1,
	  " --stay" PARTY_OPTIONS,
	  "  --stay             until Ctrl-C; else it is taken back at once\n" },
	{ "options", bel_cmd_options, "URI",
	  "ask a SIP server or phone for a sign of life", "call", 1, PARTY_OPTIONS,
	  NULL },
	{ "version", bel_cmd_version, "", "the version", "help", 0, "", NULL },
	{ "help", bel_cmd_help, "[COMMAND]", "this list", "help", 1, "", NULL },
	{ "manual", bel_cmd_manual, "", "the manual page, as scdoc", NULL, 0, "", NULL },
};
const unsigned bel_cmds_count = BEL_COUNT_OF(bel_cmds);

int bel_cmd_fail(const char *format, ...)
{
	va_list args;

	fputs("belfry: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return EXIT_UNABLE;
}

static const struct cmd *find_cmd(bel_str name)
{
	for (unsigned i = 0; i < bel_cmds_count; i++)
		if (bel_str_is_equal(bel_str_from(bel_cmds[i].name), name))
			return &bel_cmds[i];
	return NULL;
}

static const char *closest(bel_str name)
{
	unsigned best = 3;
	const char *found = NULL;

	for (unsigned i = 0; i < bel_cmds_count; i++) {
		unsigned distance = bel_str_distance(bel_str_from(bel_cmds[i].name),
						     name);
		if (bel_cmds[i].group && distance < best) {
			best = distance;
			found = bel_cmds[i].name;
		}
	}
	return found;
}

/* Options that take a value, wherever they stand. */
static bool take_value(struct args *args, bel_str name, const char *value)
{
	uint64_t number;

	if (bel_str_is_equal(name, BEL_STR("--config"))) {
		args->config = value;
	} else if (bel_str_is_equal(name, BEL_STR("--state"))) {
		args->state = value;
	} else if (bel_str_is_equal(name, BEL_STR("--listen"))) {
		if (args->listens_count < LISTENS_MAX)
			args->listens[args->listens_count++] = bel_str_from(value);
	} else if (bel_str_is_equal(name, BEL_STR("--workers"))) {
		if (bel_str_to_u64(&number, bel_str_from(value), 64) || number == 0) {
			bel_cmd_fail("--workers takes a number from 1 to 64, not %s",
				     value);
			exit(EXIT_UNABLE);
		}
		args->workers = (unsigned)number;
	} else {
		return false;
	}
	return true;
}

static bool take_flag(struct args *args, bel_str name)
{
	if (bel_str_is_equal(name, BEL_STR("--json")))
		args->is_json = true;
	else if (bel_str_is_equal(name, BEL_STR("--lan")))
		args->is_lan = true;
	else if (bel_str_is_equal(name, BEL_STR("--quiet")))
		args->is_quiet = true;
	else if (args->command && (bel_str_is_equal(name, BEL_STR("--help")) ||
				   bel_str_is_equal(name, BEL_STR("-h"))))
		args->wants_help = true;
	else
		return false;
	return true;
}

static bool needs_value(bel_str name)
{
	static const char *const names[] = { "--config", "--state", "--listen",
					     "--workers" };

	for (size_t i = 0; i < BEL_COUNT_OF(names); i++)
		if (bel_str_is_equal(name, bel_str_from(names[i])))
			return true;
	return false;
}

static int parse(struct args *args, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		bel_str word = bel_str_from(argv[i]);
		if (needs_value(word)) {
			if (i + 1 == argc)
				return bel_cmd_fail("%s needs a value", argv[i]);
			take_value(args, word, argv[++i]);
		} else if (take_flag(args, word)) {
			continue;
		} else if (!args->command) {
			args->command = argv[i];
		} else if (args->rest_count < REST_MAX) {
			args->rest[args->rest_count++] = word;
		} else {
			return bel_cmd_fail("too many words");
		}
	}
	return EXIT_YES;
}

/* ---- what a command takes ---- */

enum takes { TAKES_NOT, TAKES_FLAG, TAKES_VALUE };

static enum takes takes(const struct cmd *cmd, bel_str name)
{
	bel_str left = bel_str_from(cmd->options);

	while (left.len) {
		left = bel_str_slice(left, 1, left.len);
		bel_str option = bel_str_slice(left, 0, bel_str_find(left, ' '));
		left = bel_str_slice(left, option.len, left.len);
		if (bel_str_is_equal(option, name))
			return TAKES_FLAG;
		if (option.len == name.len + 1 && bel_str_has_prefix(option, name))
			return TAKES_VALUE;
	}
	return TAKES_NOT;
}

/* A word too many or an option that a command does not know is a mistake worth a word:
 * what it was meant to do would not happen. */
static int check_words(const struct cmd *cmd, const struct args *args)
{
	unsigned words = 0;

	for (unsigned i = 0; i < args->rest_count; i++) {
		bel_str word = args->rest[i];
		enum takes kind = takes(cmd, word);
		if (kind == TAKES_VALUE && ++i == args->rest_count)
			return bel_cmd_fail("%.*s needs a value", BEL_STR_ARG(word));
		if (kind != TAKES_NOT)
			continue;
		if (bel_str_has_prefix(word, BEL_STR("-")) || ++words > cmd->words_max)
			return bel_cmd_fail("%s takes no \"%.*s\"; see belfry help %s",
					    cmd->name, BEL_STR_ARG(word), cmd->name);
	}
	return EXIT_YES;
}

bel_str bel_cmd_option(const struct args *args, const char *name)
{
	for (unsigned i = 0; i + 1 < args->rest_count; i++)
		if (bel_str_is_equal(args->rest[i], bel_str_from(name)))
			return args->rest[i + 1];
	return BEL_STR_NONE;
}

bool bel_cmd_has_flag(const struct args *args, const char *name)
{
	for (unsigned i = 0; i < args->rest_count; i++)
		if (bel_str_is_equal(args->rest[i], bel_str_from(name)))
			return true;
	return false;
}

bel_str bel_cmd_word(const struct args *args, unsigned index)
{
	const struct cmd *cmd = find_cmd(bel_str_from(args->command));

	for (unsigned i = 0; i < args->rest_count; i++) {
		enum takes kind = takes(cmd, args->rest[i]);
		i += kind == TAKES_VALUE;
		if (kind == TAKES_NOT && index-- == 0)
			return args->rest[i];
	}
	return BEL_STR_NONE;
}

int bel_cmd_main(int argc, char **argv)
{
	struct args args = { .command = NULL };
	const struct cmd *cmd;
	int status = parse(&args, argc, argv);

	if (status)
		return status;
	if (!args.command ||
	    bel_str_is_equal(bel_str_from(args.command), BEL_STR("--help")) ||
	    bel_str_is_equal(bel_str_from(args.command), BEL_STR("-h")))
		return bel_cmd_help(&args);
	if (bel_str_is_equal(bel_str_from(args.command), BEL_STR("--version")))
		return bel_cmd_version(&args);
	cmd = find_cmd(bel_str_from(args.command));
	if (!cmd) {
		const char *meant = closest(bel_str_from(args.command));
		return bel_cmd_fail("unknown command \"%s\"%s%s%s", args.command,
				    meant ? ": did you mean " : "; see belfry help",
				    meant ? meant : "", meant ? "?" : "");
	}
	if (args.wants_help) {
		bel_cmd_print_usage(cmd);
		return EXIT_YES;
	}
	status = check_words(cmd, &args);
	return status ? status : cmd->run(&args);
}
