/* SPDX-License-Identifier: Apache-2.0
 * A server from its start to its end: files, loops and threads, signals, the watchdog. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <pwd.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include "cmd/certificate.h"
#include "cmd/notify.h"

enum {
	JOBS_MAX = 4096,
	CHECK_MS = 500,
	CANCEL_MS = 5000, /* for the workers to cancel what rings */
	T1_MS = 500,      /* RFC 3261 section 17.1.1.1 */
	SPEC_BYTES = 100
};

struct server {
	const struct server_opts *opts;
	struct bel_conf *conf; /* of the start; the present one is the node's */
	struct bel_logger *logger;
	const struct bel_log *log;
	struct bel_disk *disk;
	struct bel_service *service;
	struct bel_loop *loops[BEL_NODE_WORKERS_MAX];
	pthread_t threads[BEL_NODE_WORKERS_MAX];
	unsigned workers, threads_count;
	struct bel_node *node;
	struct bel_api *api;
	pthread_mutex_t reload_lock; /* one reload at a time; guards the certificate */
	struct bel_certificate certificate;
	int lock_fd;
};

static uint64_t wall_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* ---- configuration ---- */

static struct bel_conf *load(const struct server *server, bel_str realm)
{
	return bel_cmd_load(server->opts->args, server->opts->conf_path,
			    server->opts->conf_text, realm);
}

/* Under the lock. */
static enum bel_err take_over(struct server *server, struct bel_conf *conf,
			      struct bel_writer *told)
{
	struct bel_certificate fresh;
	struct bel_node_failure failure = { .text = "" };
	enum bel_err err = bel_certificate_open(&fresh, conf, server->opts->state, told);

	if (!err) {
		const struct bel_node_tls tls = bel_certificate_tls(&fresh);
		err = bel_node_reload(server->node, conf, &tls, &failure);
		bel_write_text(told, failure.text);
	}
	if (err) {
		bel_certificate_close(&fresh);
		if (told->len)
			bel_write_char(told, '\n');
		return err;
	}
	bel_certificate_close(&server->certificate);
	server->certificate = fresh;
	return BEL_OK;
}

struct left_over {
	struct bel_writer *told;
	unsigned count;
};

static void tell_left_over(void *user, bel_str name)
{
	struct left_over *left = user;

	bel_write_text(left->told, left->count++ ? ", " : "left for the next start: ");
	bel_write_str(left->told, name);
}

static enum bel_err reload(void *user, struct bel_writer *told)
{
	struct server *server = user;
	struct left_over left = { .told = told };
	struct bel_conf *conf = NULL;
	enum bel_err err;

	pthread_mutex_lock(&server->reload_lock);
	err = bel_cmd_load_into(&conf, server->opts->args, server->opts->conf_path,
				server->opts->conf_text, bel_node_realm(server->node),
				false, told);
	if (!err)
		err = take_over(server, conf, told);
	pthread_mutex_unlock(&server->reload_lock);
	if (err)
		bel_write_format(told, "not reloaded, what ran before still runs: %s\n",
				 bel_err_text(err));
	else
		bel_write_lit(told, "reloaded\n");
	if (!err)
		bel_conf_each_at_start(server->conf, conf, tell_left_over, &left);
	if (left.count)
		bel_write_char(told, '\n');
	bel_conf_unref(conf);
	bel_log_write(server->log, err ? BEL_LOG_ERROR : BEL_LOG_INFO,
		      err ? "the configuration was not reloaded"
			  : "the configuration was reloaded",
		      NULL, 0);
	return err;
}

/* Renewed certificates are picked up without being told. */
static void check_certificate(struct server *server)
{
	char buf[PATH_BYTES + 256];
	struct bel_writer told = bel_writer_init(buf, sizeof buf);
	struct bel_conf *conf;
	enum bel_err err;

	pthread_mutex_lock(&server->reload_lock);
	/* Whoever renews writes one file after the other: each makes us look again. */
	if (bel_certificate_has_changed(&server->certificate)) {
		conf = bel_node_conf(server->node);
		err = take_over(server, conf, &told);
		bel_conf_unref(conf);
		BEL_LOG(server->log, err ? BEL_LOG_ERROR : BEL_LOG_INFO,
			err ? "the new certificate cannot be used: the old one stays"
			    : "the certificate has changed",
			{ "why", bel_str_trim(bel_writer_str(&told)) });
	}
	pthread_mutex_unlock(&server->reload_lock);
}

/* ---- opening ---- */

/* Two servers on one directory would overwrite each other's journals. The lock goes with
 * the process, however it ends. */
static int lock_state(struct server *server)
{
	char path[PATH_BYTES];

	bel_cmd_join_path(path, server->opts->state, BEL_STR("lock"));
	server->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (server->lock_fd < 0)
		return bel_cmd_fail("cannot write %s: %s", path,
				    bel_err_text(bel_err_from_errno(errno)));
	if (flock(server->lock_fd, LOCK_EX | LOCK_NB))
		return bel_cmd_fail(
			"a server runs already with state %s; use another --state",
			server->opts->state);
	return EXIT_YES;
}

static int open_state(struct server *server)
{
	const char *state = server->opts->state;
	enum bel_err err = bel_disk_open(&server->disk, state);

	if (err)
		return bel_cmd_fail("cannot use the state directory %s: %s", state,
				    bel_err_text(err));
	return lock_state(server);
}

static int open_log(struct server *server)
{
	const struct bel_conf *conf = server->conf;
	int fd = STDERR_FILENO;

	if (conf->node.log_file.len) {
		char path[PATH_BYTES];
		bel_cmd_join_path(path, server->opts->state, conf->node.log_file);
		fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
		if (fd < 0)
			return bel_cmd_fail("cannot write the log %s: %s", path,
					    bel_err_text(bel_err_from_errno(errno)));
	}
	if (bel_logger_open(&server->logger, fd, conf->node.log_is_json,
			    conf->node.log_level))
		return bel_cmd_fail("no memory");
	server->log = bel_logger_log(server->logger);
	return EXIT_YES;
}

static int open_loops(struct server *server)
{
	unsigned wanted = server->conf->node.workers;
	enum bel_err err = BEL_OK;

	if (!wanted)
		wanted = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
	if (wanted > BEL_NODE_WORKERS_MAX)
		wanted = BEL_NODE_WORKERS_MAX;
	for (; server->workers < wanted && !err; server->workers++)
		err = bel_loop_open(&server->loops[server->workers]);
	if (!err)
		err = bel_service_open(&server->service, server->loops[0], JOBS_MAX);
	return err ? bel_cmd_fail("cannot start: %s", bel_err_text(err)) : EXIT_YES;
}

static int fail_to_listen(const struct bel_node_failure *failure, enum bel_err err)
{
	char where[SPEC_BYTES], who[128];
	struct bel_writer addr = bel_writer_init(where, sizeof where - 1);
	struct bel_writer owner = bel_writer_init(who, sizeof who - 1);
	bool is_udp = failure->transport == BEL_SIP_UDP;
	const char *kind = is_udp                              ? "udp"
			   : failure->transport == BEL_SIP_TLS ? "tls"
							       : "tcp";

	bel_addr_write(&addr, &failure->addr);
	where[addr.len] = '\0';
	if ((int)err == -EADDRINUSE)
		bel_port_owner(&owner, &failure->addr, is_udp);
	who[owner.len] = '\0';
	if ((int)err == -EADDRINUSE && failure->is_turn)
		return bel_cmd_fail(
			"cannot listen on %s %s: in use%s%s; stop it or write "
			"another port: turn listen udp,tcp :%u",
			kind, where, owner.len ? " by " : "", who,
			(failure->addr.port + 1u) % 65536);
	if ((int)err == -EADDRINUSE && failure->is_ng)
		return bel_cmd_fail(
			"cannot listen on %s %s: in use%s%s; stop it or write "
			"another port: media control ng 127.0.0.1:%u",
			kind, where, owner.len ? " by " : "", who,
			(failure->addr.port + 10u) % 65536);
	if ((int)err == -EADDRINUSE)
		return bel_cmd_fail("cannot listen on %s %s: in use%s%s; stop it or use "
				    "--listen udp,tcp:127.0.0.1:%u",
				    kind, where, owner.len ? " by " : "", who,
				    (failure->addr.port + 10u) % 65536);
	if ((int)err == -EACCES)
		return bel_cmd_fail(
			"cannot listen on %s %s: ports below 1024 need root or "
			"CAP_NET_BIND_SERVICE",
			kind, where);
	if ((int)err == -EADDRNOTAVAIL)
		return bel_cmd_fail(
			"cannot listen on %s %s: this machine does not have that "
			"address",
			kind, where);
	return bel_cmd_fail("cannot listen on %s %s: %s", kind, where, bel_err_text(err));
}

static int read_certificate(struct server *server)
{
	char buf[PATH_BYTES + 256];
	struct bel_writer told = bel_writer_init(buf, sizeof buf);

	if (bel_certificate_open(&server->certificate, server->conf, server->opts->state,
				 &told))
		return bel_cmd_fail("%.*s", BEL_STR_ARG(bel_writer_str(&told)));
	return EXIT_YES;
}

static int open_node(struct server *server)
{
	char sqlite[PATH_BYTES];
	struct bel_node_failure failure;
	enum bel_err err;

	bel_cmd_join_path(sqlite, server->opts->state,
			  server->conf->store.sqlite.len ? server->conf->store.sqlite
							 : BEL_STR("belfry.db"));
	err = bel_node_open(&server->node, &failure,
			    &(struct bel_node_opts){
				    .conf = server->conf,
				    .loops = server->loops,
				    .workers = server->workers,
				    .disk = server->disk,
				    .service = server->service,
				    .sqlite_path = bel_str_from(sqlite),
				    .tls = bel_certificate_tls(&server->certificate),
				    .log = server->log,
			    });
	if (err && failure.addr.family)
		return fail_to_listen(&failure, err);
	if (err)
		return bel_cmd_fail("cannot start: %s%s%s", bel_err_text(err),
				    failure.text[0] ? ": " : "", failure.text);
	return EXIT_YES;
}

static int open_api(struct server *server)
{
	char control[PATH_BYTES];
	bel_addr http[8];
	unsigned count = 0;
	enum bel_err err;

	bel_cmd_join_path(control, server->opts->state, BEL_STR("control"));
	for (unsigned i = 0; i < server->conf->listens_count; i++)
		if (server->conf->listens[i].transport == BEL_CONF_HTTP && count < 8)
			http[count++] = server->conf->listens[i].addr;
	err = bel_api_open(&server->api, &(struct bel_api_opts){
						 .node = server->node,
						 .control_path = control,
						 .http = http,
						 .http_count = count,
						 .log = server->log,
						 .started_ms = wall_ms(),
						 .reload = reload,
						 .user = server,
					 });
	if ((int)err == -EADDRINUSE)
		return bel_cmd_fail(
			"a server runs already with state %s; use another --state",
			server->opts->state);
	return err ? bel_cmd_fail("cannot open %s: %s", control, bel_err_text(err))
		   : EXIT_YES;
}

/* Sockets are open: what follows needs no privileges. */
static int drop_privileges(const struct server *server)
{
	char name[64];
	struct bel_writer writer = bel_writer_init(name, sizeof name - 1);
	const struct passwd *user;

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (!server->conf->node.run_as.len || geteuid() != 0)
		return EXIT_YES;
	bel_write_str(&writer, server->conf->node.run_as);
	name[writer.len] = '\0';
	user = getpwnam(name);
	if (!user)
		return bel_cmd_fail("run as %s: there is no such user", name);
	if (chown(server->opts->state, user->pw_uid, user->pw_gid) ||
	    setgroups(0, NULL) || setgid(user->pw_gid) || setuid(user->pw_uid))
		return bel_cmd_fail("cannot become %s: %s", name,
				    bel_err_text(bel_err_from_errno(errno)));
	return EXIT_YES;
}

static void raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/* ---- running ---- */

static void *turn_loop(void *user)
{
	struct bel_loop *loop = user;

	if (bel_loop_run(loop))
		abort(); /* epoll itself failed: the watchdog of systemd starts us anew */
	return NULL;
}

static int start_threads(struct server *server)
{
	for (; server->threads_count < server->workers; server->threads_count++) {
		unsigned i = server->threads_count;
		int failure = pthread_create(&server->threads[i], NULL, turn_loop,
					     server->loops[i]);
		if (failure)
			return bel_cmd_fail("cannot start a thread: %s",
					    bel_err_text(bel_err_from_errno(failure)));
		if (server->workers > 1) {
			cpu_set_t cpus;
			CPU_ZERO(&cpus);
			CPU_SET(i % (unsigned)sysconf(_SC_NPROCESSORS_ONLN), &cpus);
			pthread_setaffinity_np(server->threads[i], sizeof cpus, &cpus);
		}
	}
	return EXIT_YES;
}

/* A worker that does not turn any more holds calls up without an end. */
static void watch_workers(struct server *server)
{
	struct bel_conf *conf = bel_node_conf(server->node);
	unsigned limit_s = conf->node.watchdog_s;

	bel_conf_unref(conf);
	if (!limit_s || bel_node_stuck_ms(server->node) < limit_s * 1000ull)
		return;
	bel_log_write(server->log, BEL_LOG_ERROR,
		      "a worker has not turned for too long: ending", NULL, 0);
	abort();
}

/* SIGTERM: no new work; what is unanswered gets its time, then what rings is cancelled.
 * A second signal ends at once. */
static void drain(struct server *server, int signal_fd)
{
	struct bel_conf *conf = bel_node_conf(server->node);
	uint64_t until = bel_loop_clock_ms() + conf->node.drain_s * 1000ull;
	struct pollfd poll_fd = { .fd = signal_fd, .events = POLLIN };

	bel_conf_unref(conf);
	bel_log_write(server->log, BEL_LOG_INFO, "ending: no new calls", NULL, 0);
	bel_notify("STOPPING=1");
	bel_node_drain(server->node);
	while (!bel_node_is_drained(server->node)) {
		if (bel_loop_clock_ms() >= until)
			break;
		if (poll(&poll_fd, 1, 100) > 0)
			return;
	}
	if (bel_node_is_drained(server->node))
		return;
	bel_node_cancel_pending(server->node);
	until = bel_loop_clock_ms() + CANCEL_MS;
	while (!bel_node_is_drained(server->node) && bel_loop_clock_ms() < until) {
		if (poll(&poll_fd, 1, 20) > 0)
			return;
	}
	/* What was lost is sent again once (RFC 3261 section 17.1.2.2). */
	poll(&poll_fd, 1, T1_MS + 100);
}

static void serve(struct server *server, int signal_fd)
{
	struct pollfd poll_fd = { .fd = signal_fd, .events = POLLIN };
	char told[8192];

	for (;;) {
		struct signalfd_siginfo info;
		int ready = poll(&poll_fd, 1, CHECK_MS);
		bel_notify("WATCHDOG=1");
		watch_workers(server);
		check_certificate(server);
		if (ready <= 0 || read(signal_fd, &info, sizeof info) != sizeof info)
			continue;
		if (info.ssi_signo == SIGHUP) {
			struct bel_writer writer = bel_writer_init(told, sizeof told);
			reload(server, &writer);
			fwrite(writer.buf, 1, writer.len, stderr);
			continue;
		}
		drain(server, signal_fd);
		return;
	}
}

static void close_all(struct server *server)
{
	bel_api_close(server->api);
	for (unsigned i = 0; i < server->threads_count; i++)
		bel_loop_stop(server->loops[i]);
	for (unsigned i = 0; i < server->threads_count; i++)
		pthread_join(server->threads[i], NULL);
	bel_node_close(server->node);
	bel_service_close(server->service);
	for (unsigned i = 0; i < server->workers; i++)
		bel_loop_close(server->loops[i]);
	bel_disk_close(server->disk);
	bel_logger_close(server->logger);
	bel_conf_unref(server->conf);
	if (server->lock_fd >= 0)
		close(server->lock_fd);
	bel_certificate_close(&server->certificate);
}

/* Secrets of the file were digested for the realm it suggests; that of the first start
 * holds. */
static int keep_realm(struct server *server)
{
	struct bel_node_failure failure;
	struct bel_node_tls tls;
	struct bel_conf *conf;
	enum bel_err err;

	if (bel_str_is_equal(server->conf->realm, bel_node_realm(server->node)))
		return EXIT_YES;
	conf = load(server, bel_node_realm(server->node));
	if (!conf)
		return EXIT_UNABLE;
	tls = bel_certificate_tls(&server->certificate);
	err = bel_node_reload(server->node, conf, &tls, &failure);
	bel_conf_unref(server->conf);
	server->conf = conf;
	return err ? bel_cmd_fail("cannot start: %s", bel_err_text(err)) : EXIT_YES;
}

static int start(struct server *server)
{
	int status = open_state(server);

	server->conf = status ? NULL : load(server, BEL_STR_NONE);
	if (!server->conf)
		return EXIT_UNABLE;
	if (!status)
		status = open_log(server);
	if (!status)
		status = read_certificate(server);
	if (!status)
		status = open_loops(server);
	if (!status)
		status = open_node(server);
	if (!status)
		status = keep_realm(server);
	if (!status)
		status = open_api(server);
	if (!status)
		status = drop_privileges(server);
	if (!status)
		status = start_threads(server);
	return status;
}

int bel_server_run(const struct server_opts *opts)
{
	struct server *server = calloc(1, sizeof *server);
	sigset_t signals;
	int signal_fd, status;

	if (!server)
		return bel_cmd_fail("no memory");
	server->opts = opts;
	server->lock_fd = -1;
	pthread_mutex_init(&server->reload_lock, NULL);
	raise_file_limit();
	/* Blocked before any thread starts: only the descriptor hears of them. */
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal_fd = signalfd(-1, &signals, SFD_CLOEXEC);
	status = start(server);
	if (!status) {
		if (opts->on_ready)
			opts->on_ready(opts->user, server->node);
		bel_notify("READY=1");
		serve(server, signal_fd);
	}
	close_all(server);
	close(signal_fd);
	pthread_mutex_destroy(&server->reload_lock);
	free(server);
	return status;
}
