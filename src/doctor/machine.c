/* SPDX-License-Identifier: Apache-2.0
 * What this machine has for its server. */
#include <errno.h>
#include <sys/resource.h>
#include <sys/timex.h>

#include "doctor/doctor_int.h"

enum { OWN_ADDRS_MAX = 64, OWNER_BYTES = 128, FILES_MIN = 4096, FILES_A_CALL = 4 };

/* ---- ports ---- */

static void on_datagrams(void *user, struct bel_udp *udp, struct bel_datagram *datagrams,
			 unsigned count)
{
	(void)user;
	(void)udp;
	(void)datagrams;
	(void)count;
}

static void on_accept(void *user, struct bel_listener *listener,
		      struct bel_stream *stream)
{
	(void)user;
	(void)listener;
	bel_stream_close(stream);
}

static enum bel_err try_port(struct bel_loop *loop, const bel_addr *addr, bool is_udp)
{
	struct bel_listener *listener;
	struct bel_udp *udp;
	enum bel_err err;

	if (is_udp) {
		err = bel_udp_open(
			&udp, loop,
			&(struct bel_udp_opts){ .local = *addr,
						.on_datagrams = on_datagrams });
		if (!err)
			bel_udp_close(udp);
		return err;
	}
	err = bel_listener_open(
		&listener, loop,
		&(struct bel_listener_opts){ .local = *addr, .on_accept = on_accept });
	if (!err)
		bel_listener_close(listener);
	return err;
}

static void say_in_use(const struct bel_doctor *doctor, const bel_addr *addr, bool is_udp)
{
	const struct bel_doctor_opts *opts = &doctor->opts;
	const char *protocol = is_udp ? "udp" : "tcp";
	char text[ADDR_BYTES], buf[OWNER_BYTES];
	struct bel_writer owner = bel_writer_init(buf, sizeof buf);
	bel_str name;

	if (opts->write_owner)
		opts->write_owner(opts->user, &owner, addr, is_udp);
	name = bel_writer_str(&owner);
	if (bel_str_has_prefix(name, BEL_STR("belfry ")))
		bel_doctor_say(doctor, BEL_DOCTOR_OK, "ports", NULL,
			       "%s %s: %.*s listens there", protocol,
			       bel_doctor_addr(text, addr), BEL_STR_ARG(name));
	else
		bel_doctor_say(doctor, BEL_DOCTOR_BAD, "ports",
			       "end that program, or have Belfry listen elsewhere: "
			       "listen udp,tcp :5070",
			       "%s %s is in use%s%.*s", protocol,
			       bel_doctor_addr(text, addr), name.len ? " by " : "",
			       BEL_STR_ARG(name));
}

static void look_at_port(const struct bel_doctor *doctor, const bel_addr *addr,
			 bool is_udp)
{
	enum bel_err err = try_port(doctor->opts.loop, addr, is_udp);
	const char *protocol = is_udp ? "udp" : "tcp";
	char text[ADDR_BYTES];

	bel_doctor_addr(text, addr);
	if (!err)
		bel_doctor_say(doctor, BEL_DOCTOR_OK, "ports", NULL, "%s %s is free",
			       protocol, text);
	else if ((int)err == -EADDRINUSE)
		say_in_use(doctor, addr, is_udp);
	else if ((int)err == -EACCES)
		bel_doctor_say(doctor, BEL_DOCTOR_BAD, "ports",
			       "ports below 1024 take rights: start it by systemd, or "
			       "with CAP_NET_BIND_SERVICE",
			       "%s %s may not be opened", protocol, text);
	else if ((int)err == -EADDRNOTAVAIL)
		bel_doctor_say(doctor, BEL_DOCTOR_BAD, "ports",
			       "name an address that `ip address` shows, or none: "
			       "listen udp,tcp :5060",
			       "%s %s: this machine has no such address", protocol, text);
	else
		bel_doctor_say(doctor, BEL_DOCTOR_BAD, "ports", NULL, "%s %s: %s",
			       protocol, text, bel_err_text(err));
}

static void look_at_listeners(const struct bel_doctor *doctor,
			      const struct bel_conf_listen *listens, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		look_at_port(doctor, &listens[i].addr,
			     listens[i].transport == BEL_CONF_UDP);
}

/* ---- files, clock ---- */

static void look_at_files(const struct bel_doctor *doctor)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	if (limit.rlim_max < FILES_MIN)
		bel_doctor_say(doctor, BEL_DOCTOR_WARNING, "files",
			       "LimitNOFILE=1048576 in the service, or ulimit -Hn",
			       "%llu open files at most: enough for %llu calls with "
			       "media by way of the server",
			       (unsigned long long)limit.rlim_max,
			       (unsigned long long)limit.rlim_max / FILES_A_CALL);
	else
		bel_doctor_say(doctor, BEL_DOCTOR_OK, "files", NULL,
			       "%llu open files at most",
			       (unsigned long long)limit.rlim_max);
}

/* Certificates and time-limited credentials are of no use to who has the wrong time. */
static void look_at_clock(const struct bel_doctor *doctor)
{
	struct timex timex = { .modes = 0 };
	int state = adjtimex(&timex);

	if (state < 0)
		bel_doctor_say(doctor, BEL_DOCTOR_SKIPPED, "clock", NULL,
			       "the kernel does not say whether it is right");
	else if (state == TIME_ERROR || timex.status & STA_UNSYNC)
		bel_doctor_say(doctor, BEL_DOCTOR_WARNING, "clock",
			       "timedatectl set-ntp true, or run chrony: certificates "
			       "and TURN credentials need the time",
			       "nobody keeps it right");
	else
		bel_doctor_say(doctor, BEL_DOCTOR_OK, "clock", NULL, "it is kept right");
}

/* ---- addresses ---- */

static bool is_for_itself(const struct bel_conf *conf)
{
	for (unsigned i = 0; i < conf->listens_count; i++)
		if (bel_addr_range(&conf->listens[i].addr) != BEL_ADDR_LOOPBACK)
			return false;
	return true;
}

static void look_at_addresses(const struct bel_doctor *doctor)
{
	const struct bel_conf *conf = doctor->opts.conf;
	bel_addr addrs[OWN_ADDRS_MAX];
	unsigned count = bel_loop_own_addrs(doctor->opts.loop, addrs, OWN_ADDRS_MAX);
	const bel_addr *inside = NULL;
	char text[ADDR_BYTES];

	if (is_for_itself(conf)) {
		bel_doctor_say(doctor, BEL_DOCTOR_OK, "addresses", NULL,
			       "the server listens to this machine only");
		return;
	}
	for (unsigned i = 0; i < count && i < OWN_ADDRS_MAX; i++) {
		enum bel_addr_range range = bel_addr_range(&addrs[i]);
		if (range == BEL_ADDR_GLOBAL) {
			bel_doctor_say(doctor, BEL_DOCTOR_OK, "addresses", NULL,
				       "%s can be reached from everywhere",
				       bel_doctor_addr(text, &addrs[i]));
			return;
		}
		if (range == BEL_ADDR_PRIVATE && (!inside || inside->family == 6))
			inside = &addrs[i];
	}
	if (!inside)
		bel_doctor_say(doctor, BEL_DOCTOR_WARNING, "addresses", NULL,
			       "this machine has no address but its own");
	else if (conf->publics_count || conf->public_is_auto)
		bel_doctor_say(doctor, BEL_DOCTOR_OK, "addresses", NULL,
			       "%s is private, and the configuration says what is public",
			       bel_doctor_addr(text, inside));
	else
		bel_doctor_say(doctor, BEL_DOCTOR_WARNING, "addresses",
			       "public ADDRESS in the configuration, and its ports "
			       "forwarded by the router",
			       "%s is private: phones outside of this network find "
			       "neither the server nor sound",
			       bel_doctor_addr(text, inside));
}

enum bel_err bel_doctor_machine(struct bel_doctor *doctor)
{
	const struct bel_conf *conf = doctor->opts.conf;

	if (!conf)
		return BEL_OK;
	look_at_listeners(doctor, conf->listens, conf->listens_count);
	if (conf->turn.is_on)
		look_at_listeners(doctor, conf->turn.listens, conf->turn.listens_count);
	look_at_files(doctor);
	look_at_clock(doctor);
	look_at_addresses(doctor);
	return BEL_OK;
}
