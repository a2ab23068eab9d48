/* SPDX-License-Identifier: Apache-2.0
 * belfry phone [WHO]: a phone in the terminal, or led by a script. */
#include <stdlib.h>

#include "cmd/party.h"
#include "crypto/crypto.h"
#include "phone/phone.h"

enum { CODECS_MAX = 8, NAME_BYTES = 16 };

struct seat {
	const struct args *args;
	struct bel_terminal *terminal;
	struct bel_phone *phone;
	struct bel_phone_port port;
	struct bel_arena arena; /* of the texts of the command line */
	const char *codecs[CODECS_MAX + 1];
	struct bel_phone_opts opts;
};

static const char *text_of(struct bel_arena *arena, bel_str str)
{
	char *text = bel_arena_bytes(arena, str.len + 1);

	if (!text)
		return NULL;
	memcpy(text, str.len ? str.ptr : "", str.len);
	text[str.len] = '\0';
	return text;
}

/* ---- accounts ---- */

/* The command line as if it had been given this password alone. */
static struct args with_password(const struct args *args, bel_str password)
{
	struct args out = *args;
	bel_str transport = bel_cmd_option(args, "--transport");

	out.rest_count = 0;
	if (password.len) {
		out.rest[out.rest_count++] = BEL_STR("--password");
		out.rest[out.rest_count++] = password;
	}
	if (transport.len) {
		out.rest[out.rest_count++] = BEL_STR("--transport");
		out.rest[out.rest_count++] = transport;
	}
	return out;
}

static bool find_account(struct seat *seat, struct belfry_account_options *out,
			 bel_str who, bel_str password, struct bel_arena *arena)
{
	struct args args = with_password(seat->args, password);
	struct parties parties;

	if (!parties_read(&parties, &args, who, who, arena))
		return false;
	out->address = text_of(arena, parties.target);
	if (parties.has_account)
		out->password = text_of(arena, parties.account.password);
	return out->address && (!parties.has_account || out->password);
}

/* ---- the port: the terminal's, and accounts ---- */

static void on_tell(void *user, enum bel_phone_kind kind, bel_str line)
{
	bel_terminal_port.tell(((struct seat *)user)->terminal, kind, line);
}

static uint64_t clock_ms(void *user)
{
	return bel_terminal_port.clock_ms(((struct seat *)user)->terminal);
}

static bool on_find_account(void *user, struct belfry_account_options *out, bel_str who,
			    bel_str password, struct bel_arena *arena)
{
	return find_account(user, out, who, password, arena);
}

/* ---- the command line ---- */

static bool read_codecs(struct seat *seat)
{
	bel_str left = bel_cmd_option(seat->args, "--codec");

	for (unsigned count = 0; left.len && count < CODECS_MAX; count++) {
		size_t end = bel_str_find(left, ',');
		seat->codecs[count] = text_of(&seat->arena, bel_str_slice(left, 0, end));
		if (!seat->codecs[count])
			return false;
		left = bel_str_slice(left, end + 1, left.len);
	}
	seat->opts.agent.codecs = seat->codecs[0] ? seat->codecs : NULL;
	return true;
}

static bool read_srtp(struct seat *seat)
{
	static const struct {
		bel_str word;
		enum belfry_protection protection;
	} rows[] = { { { "accept", 6 }, BELFRY_PROTECTION_ACCEPT },
		     { { "prefer", 6 }, BELFRY_PROTECTION_PREFER },
		     { { "sdes", 4 }, BELFRY_PROTECTION_SDES },
		     { { "dtls", 4 }, BELFRY_PROTECTION_DTLS } };
	bel_str value = bel_cmd_option(seat->args, "--srtp");

	for (size_t i = 0; i < BEL_COUNT_OF(rows) && value.len; i++) {
		if (!bel_str_is_equal(value, rows[i].word))
			continue;
		seat->opts.agent.protection = rows[i].protection;
		return true;
	}
	if (value.len)
		bel_cmd_fail("--srtp takes no \"%.*s\": sdes, dtls, prefer or accept",
			     BEL_STR_ARG(value));
	return !value.len;
}

/* A password may have an '@' in it, a host has none. */
static bool read_turn(struct seat *seat)
{
	bel_str value = bel_cmd_option(seat->args, "--turn");
	size_t host = value.len, colon = bel_str_find(value, ':');

	while (host > 0 && value.ptr[host - 1] != '@')
		host--;
	if (value.len && (colon == 0 || colon + 1 >= host)) {
		bel_cmd_fail("--turn takes USER:PASSWORD@HOST[:PORT]");
		return false;
	}
	if (!value.len)
		return true;
	seat->opts.agent.turn_user = text_of(&seat->arena,
					     bel_str_slice(value, 0, colon));
	seat->opts.agent.turn_password = text_of(
		&seat->arena, bel_str_slice(value, colon + 1, host - 1));
	seat->opts.agent.turn_server = text_of(&seat->arena,
					       bel_str_slice(value, host, value.len));
	return true;
}

static bool read_ways(struct seat *seat)
{
	bel_str stun = bel_cmd_option(seat->args, "--stun");

	seat->opts.agent.has_ice = bel_cmd_has_flag(seat->args, "--ice");
	if (stun.len)
		seat->opts.agent.stun_server = text_of(&seat->arena, stun);
	return read_turn(seat);
}

static bool read_args(struct seat *seat)
{
	bel_str device = bel_cmd_option(seat->args, "--device");
	bel_str ca = bel_cmd_option(seat->args, "--ca");

	seat->opts.is_json = seat->args->is_json;
	seat->opts.has_headset = bel_cmd_has_flag(seat->args, "--headset");
	seat->opts.agent.has_any_certificate = bel_cmd_has_flag(seat->args,
								"--any-certificate");
	if (device.len)
		seat->opts.device = text_of(&seat->arena, device);
	if (ca.len)
		seat->opts.agent.ca_file = text_of(&seat->arena, ca);
	return read_codecs(seat) && read_srtp(seat) && read_ways(seat);
}

/* ---- running ---- */

static bool open_phone(struct seat *seat)
{
	char buf[512];
	struct bel_writer why = bel_writer_init(buf, sizeof buf);
	enum belfry_error error;

	error = bel_phone_open(&seat->phone, &seat->opts, &why);
	if (error)
		bel_cmd_fail("cannot start: %.*s", BEL_STR_ARG(bel_writer_str(&why)));
	return !error;
}

/* Without WHO it is nobody yet: `register` makes it somebody. */
static bool add_account(struct seat *seat)
{
	struct belfry_account_options options = { .address = NULL };
	bel_str who = bel_cmd_word(seat->args, 0);
	enum belfry_error error;

	if (!who.len)
		return true;
	if (!find_account(seat, &options, who, bel_cmd_option(seat->args, "--password"),
			  &seat->arena))
		return false;
	error = bel_phone_add_account(seat->phone, &options);
	if (error)
		bel_cmd_fail("%s: %s", options.address, belfry_error_text(error));
	if (options.password)
		bel_wipe((void *)options.password, bel_str_from(options.password).len);
	return !error;
}

static int run(struct seat *seat)
{
	if (!read_args(seat) || !open_phone(seat) || !add_account(seat))
		return EXIT_UNABLE;
	if (!bel_terminal_run(seat->terminal, seat->phone))
		return bel_cmd_fail("the loop broke");
	return bel_phone_has_failed(seat->phone) ? EXIT_NO : EXIT_YES;
}

int bel_cmd_phone(const struct args *args)
{
	struct seat *seat = calloc(1, sizeof *seat);
	int status;

	if (!seat)
		return bel_cmd_fail("no memory");
	seat->args = args;
	seat->port = (struct bel_phone_port){ .tell = on_tell,
					      .clock_ms = clock_ms,
					      .find_account = on_find_account };
	seat->opts.port = &seat->port;
	seat->opts.user = seat;
	bel_arena_init(&seat->arena, NULL, 0, 1 << 20);
	seat->terminal = bel_terminal_open(args->is_json);
	status = seat->terminal ? run(seat) : bel_cmd_fail("no memory");
	bel_phone_close(seat->phone);
	bel_terminal_close(seat->terminal);
	bel_arena_fini(&seat->arena);
	free(seat);
	return status;
}
