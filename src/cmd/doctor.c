/* SPDX-License-Identifier: Apache-2.0
 * belfry doctor: what is wrong with this machine or network, each with its remedy. */
#include "doctor/doctor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "cmd/offline.h"

enum { LINE_BYTES = 4096 };

struct visit {
	const struct args *args;
	struct offline offline; /* the configuration */
	char *certificate;
	struct bel_doctor_opts opts;
	bool is_over, is_bad;
};

static void say_json(const struct bel_finding *finding, struct bel_writer *line)
{
	bel_write_lit(line, "{\"level\":\"");
	bel_write_text(line, bel_doctor_level_name(finding->level));
	bel_write_lit(line, "\",\"check\":\"");
	bel_write_text(line, finding->check);
	bel_write_lit(line, "\",\"text\":\"");
	bel_write_json(line, finding->text);
	bel_write_lit(line, "\",\"remedy\":\"");
	bel_write_json(line, finding->remedy);
	bel_write_lit(line, "\"}\n");
}

static void say_text(const struct bel_finding *finding, struct bel_writer *line)
{
	bel_write_format(line, "%-5s %-12s ", bel_doctor_level_name(finding->level),
			 finding->check);
	bel_write_escaped(line, finding->text);
	bel_write_lit(line, "\n");
	if (!finding->remedy.len)
		return;
	bel_write_format(line, "%-18s -> ", "");
	bel_write_escaped(line, finding->remedy);
	bel_write_lit(line, "\n");
}

static void on_finding(void *user, const struct bel_finding *finding)
{
	struct visit *visit = user;
	char buf[LINE_BYTES];
	struct bel_writer line = bel_writer_init(buf, sizeof buf);

	visit->is_bad |= finding->level == BEL_DOCTOR_BAD;
	(visit->args->is_json ? say_json : say_text)(finding, &line);
	fwrite(buf, 1, line.len, stdout);
	fflush(stdout);
}

static void on_end(void *user)
{
	((struct visit *)user)->is_over = true;
}

static void write_owner(void *user, struct bel_writer *writer, const bel_addr *addr,
			bool is_udp)
{
	(void)user;
	bel_port_owner(writer, addr, is_udp);
}

/* Values of an option that may be there several times. */
static bool read_all(bel_str *out, unsigned *count, unsigned max, const struct args *args,
		     const char *option)
{
	*count = 0;
	for (unsigned i = 0; i + 1 < args->rest_count; i++) {
		if (!bel_str_is_equal(args->rest[i], bel_str_from(option)))
			continue;
		if (*count == max) {
			bel_cmd_fail("%s is taken %u times at the most", option, max);
			return false;
		}
		out[(*count)++] = args->rest[i + 1];
	}
	return true;
}

static bool wants_tls(const struct bel_conf *conf)
{
	for (unsigned i = 0; i < conf->listens_count; i++)
		if (conf->listens[i].transport == BEL_CONF_TLS)
			return true;
	return false;
}

/* The one that the configuration names; or that the server has made, if it has. */
static void read_certificate(struct visit *visit)
{
	const struct bel_conf *conf = visit->offline.conf;
	char path[PATH_BYTES];
	size_t len = 0;

	if (!wants_tls(conf))
		return;
	bel_cmd_join_path(path, bel_cmd_find_state(visit->args),
			  conf->tls.cert.len ? conf->tls.cert : BEL_STR("tls-cert.pem"));
	visit->certificate = bel_cmd_read_file(path, &len);
	visit->opts.certificate = (bel_str){ visit->certificate, len };
	if (!visit->certificate && conf->tls.cert.len) {
		char text[PATH_BYTES + 128];
		struct bel_writer writer = bel_writer_init(text, sizeof text);
		bel_write_format(&writer, "cannot read %s: %s", path,
				 bel_err_text(bel_err_from_errno(errno)));
		on_finding(visit,
			   &(struct bel_finding){
				   .level = BEL_DOCTOR_BAD,
				   .check = "certificate",
				   .text = bel_writer_str(&writer),
				   .remedy = BEL_STR("the file behind tls, "
						     "readable for who runs belfry"),
			   });
	}
}

static int examine(struct visit *visit)
{
	struct bel_doctor *doctor = NULL;
	enum bel_err err = bel_loop_open(&visit->opts.loop);

	if (!err)
		err = bel_resolver_open(&visit->opts.resolver, visit->opts.loop,
					&(struct bel_resolver_opts){ .tries = 2 });
	if (!err) {
		read_certificate(visit);
		err = bel_doctor_open(&doctor, &visit->opts);
	}
	while (!err && !visit->is_over)
		err = bel_loop_turn(visit->opts.loop, -1);
	bel_doctor_close(doctor);
	if (visit->opts.resolver)
		bel_resolver_close(visit->opts.resolver);
	if (visit->opts.loop)
		bel_loop_close(visit->opts.loop);
	free(visit->certificate);
	if (err)
		return bel_cmd_fail("cannot look: %s", bel_err_text(err));
	return visit->is_bad ? EXIT_NO : EXIT_YES;
}

int bel_cmd_doctor(const struct args *args)
{
	struct visit visit = { .args = args };
	struct bel_doctor_opts *opts = &visit.opts;
	int status;

	*opts = (struct bel_doctor_opts){ .sip = bel_cmd_option(args, "--sip"),
					  .now_s = time(NULL),
					  .write_owner = write_owner,
					  .on_finding = on_finding,
					  .on_end = on_end,
					  .user = &visit };
	if (!read_all(opts->stuns, &opts->stuns_count, BEL_DOCTOR_SERVERS_MAX, args,
		      "--stun") ||
	    !read_all(opts->domains, &opts->domains_count, BEL_DOCTOR_DOMAINS_MAX, args,
		      "--domain"))
		return EXIT_UNABLE;
	status = bel_offline_open_conf(&visit.offline, args);
	if (!status) {
		opts->conf = visit.offline.conf;
		status = examine(&visit);
	}
	bel_offline_close(&visit.offline);
	return status;
}
