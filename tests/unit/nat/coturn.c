/* SPDX-License-Identifier: Apache-2.0
 * Our client with coturn's turnserver, data both ways; left out where there is none. */
#include "support/cert.h"
#include "support/relay_client.h"
#include "support/support.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WAIT_MS = 10000, LEFT_OUT = 77 };

static const char turnserver[] = "/usr/bin/turnserver";

struct ear {
	struct bel_udp *udp;
	unsigned count;
	bel_addr from;
	char last[256];
	size_t last_len;
};

struct stage {
	pid_t pid;
	char folder[64];
	uint16_t port, tls_port;
	struct bel_loop *loop;
	struct ear peer;
	struct bel_test_relay_client client;
};

#define TURN_UNTIL(loop, is_so)                                                          \
	do {                                                                             \
		uint64_t until_ms = bel_loop_clock_ms() + WAIT_MS;                       \
		while (!(is_so) && bel_loop_clock_ms() < until_ms)                       \
			bel_loop_turn((loop), 20);                                       \
		assert_true(is_so);                                                      \
	} while (0)

static void on_datagrams(void *user, struct bel_udp *udp, struct bel_datagram *datagrams,
			 unsigned count)
{
	struct ear *ear = user;
	const struct bel_datagram *last = &datagrams[count - 1];

	(void)udp;
	ear->count += count;
	ear->from = last->peer;
	ear->last_len = last->len < sizeof ear->last ? last->len : sizeof ear->last;
	memcpy(ear->last, last->buf, ear->last_len);
}

static uint16_t free_port(struct bel_loop *loop)
{
	struct bel_udp *udp;
	uint16_t port;

	assert_int_equal(bel_udp_open(&udp, loop,
				      &(struct bel_udp_opts){
					      .local = bel_addr_v4(127, 0, 0, 1, 0),
					      .on_datagrams = on_datagrams }),
			 BEL_OK);
	port = bel_udp_local(udp)->port;
	bel_udp_close(udp);
	return port;
}

/* In the child. */
static void become_turnserver(const struct stage *stage, char *const more[])
{
	char port[8], tls_port[8], db[96], cert[96], key[96];
	char *argv[32] = {
		(char *)(uintptr_t)turnserver,
		"-n",
		"-L",
		"127.0.0.1",
		"-p",
		port,
		"--tls-listening-port",
		tls_port,
		"--cert",
		cert,
		"--pkey",
		key,
		"--no-dtls",
		"--allow-loopback-peers",
		"--no-cli",
		"-r",
		"example.org",
		"-a",
		"--log-file",
		"stdout",
		"--db",
		db,
	};
	unsigned count = 22;
	int sink = open("/dev/null", O_RDWR);

	snprintf(port, sizeof port, "%u", stage->port);
	snprintf(tls_port, sizeof tls_port, "%u", stage->tls_port);
	snprintf(db, sizeof db, "%s/db", stage->folder);
	snprintf(cert, sizeof cert, "%s/cert", stage->folder);
	snprintf(key, sizeof key, "%s/key", stage->folder);
	while (*more)
		argv[count++] = *more++;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (chdir(stage->folder) == 0 && dup2(sink, 0) >= 0 && dup2(sink, 1) >= 0 &&
	    dup2(sink, 2) >= 0)
		execv(turnserver, argv);
	_exit(127);
}

static void write_file(const struct stage *stage, const char *name, bel_str text)
{
	char path[96];
	FILE *file;

	snprintf(path, sizeof path, "%s/%s", stage->folder, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(text.ptr, 1, text.len, file), text.len);
	fclose(file);
}

static void write_certificate(const struct stage *stage)
{
	struct bel_test_cert *cert = malloc(sizeof *cert);

	assert_non_null(cert);
	bel_test_cert_make(cert, &(struct bel_test_cert_opts){ .names = "IP:127.0.0.1" });
	write_file(stage, "cert", bel_test_cert_pem(cert));
	write_file(stage, "key", bel_test_key_pem(cert));
	free(cert);
}

static struct stage *open_stage(char *const more[])
{
	struct stage *stage = calloc(1, sizeof *stage);

	assert_non_null(stage);
	snprintf(stage->folder, sizeof stage->folder, "/tmp/belfry-coturn-XXXXXX");
	assert_non_null(mkdtemp(stage->folder));
	assert_int_equal(bel_loop_open(&stage->loop), BEL_OK);
	stage->port = free_port(stage->loop);
	stage->tls_port = free_port(stage->loop);
	write_certificate(stage);
	stage->pid = fork();
	assert_true(stage->pid >= 0);
	if (stage->pid == 0)
		become_turnserver(stage, more);
	assert_int_equal(bel_udp_open(&stage->peer.udp, stage->loop,
				      &(struct bel_udp_opts){
					      .local = bel_addr_v4(127, 0, 0, 1, 0),
					      .on_datagrams = on_datagrams,
					      .user = &stage->peer }),
			 BEL_OK);
	return stage;
}

static void close_stage(struct stage *stage)
{
	static const char *const files[] = { "db", "cert", "key" };

	bel_test_relay_close(&stage->client);
	bel_udp_close(stage->peer.udp);
	bel_loop_close(stage->loop);
	kill(stage->pid, SIGKILL);
	waitpid(stage->pid, NULL, 0);
	for (size_t i = 0; i < BEL_COUNT_OF(files); i++) {
		char path[96];
		snprintf(path, sizeof path, "%s/%s", stage->folder, files[i]);
		unlink(path);
	}
	rmdir(stage->folder);
	free(stage);
}

/* The server may not listen yet: a stream that is refused is tried again. */
static void connect_to(struct stage *stage, const struct bel_test_relay_opts *opts)
{
	struct bel_test_relay_client *client = &stage->client;
	uint64_t until_ms = bel_loop_clock_ms() + WAIT_MS;

	for (;;) {
		bel_test_relay_connect(client, opts);
		while (!client->is_ready && !client->is_ended &&
		       bel_loop_clock_ms() < until_ms)
			bel_loop_turn(stage->loop, 20);
		if (client->is_ready || bel_loop_clock_ms() >= until_ms)
			break;
		bel_test_relay_close(client);
		bel_loop_turn(stage->loop, 50);
	}
	assert_true(client->is_ready);
}

static void allocate(struct stage *stage, enum bel_turn_transport transport,
		     const char *username, const char *password)
{
	const struct bel_test_relay_opts opts = {
		.loop = stage->loop,
		.server = bel_addr_v4(127, 0, 0, 1,
				      transport == BEL_TURN_TLS ? stage->tls_port
								: stage->port),
		.transport = transport,
		.username = username,
		.password = password,
	};

	connect_to(stage, &opts);
	bel_test_relay_start(&stage->client, &opts);
	TURN_UNTIL(stage->loop, stage->client.is_open || stage->client.is_ended);
}

static void talk(struct stage *stage, bool with_channel)
{
	struct bel_test_relay_client *client = &stage->client;
	bel_addr peer = *bel_udp_local(stage->peer.udp);
	bel_addr relay = bel_test_relay_addr(client);

	bel_test_relay_permit(client, &peer, with_channel);
	TURN_UNTIL(stage->loop, client->granted_count == 1);
	bel_test_relay_say(client, &peer, BEL_STR("to the peer"));
	TURN_UNTIL(stage->loop, stage->peer.count == 1);
	assert_str(((bel_str){ stage->peer.last, stage->peer.last_len }), "to the peer");
	assert_true(bel_addr_is_equal(&stage->peer.from, &relay));
	bel_udp_send(stage->peer.udp, &relay, NULL, BEL_STR("and back"));
	TURN_UNTIL(stage->loop, client->data_count == 1);
	assert_str(((bel_str){ client->data, client->data_len }), "and back");
	assert_true(bel_addr_is_equal(&client->data_from, &peer));
	bel_test_relay_stop(client);
	TURN_UNTIL(stage->loop, client->is_ended);
	assert_int_equal(client->end_err, BEL_OK);
}

static void data_goes_both_ways_through_coturn(void **state)
{
	static char *const users[] = { "-u", "alice:wonder", NULL };
	static const enum bel_turn_transport transports[] = { BEL_TURN_UDP, BEL_TURN_TCP,
							      BEL_TURN_TLS };

	(void)state;
	for (size_t i = 0; i < 2 * BEL_COUNT_OF(transports); i++) {
		struct stage *stage = open_stage(users);
		allocate(stage, transports[i / 2], "alice", "wonder");
		assert_true(stage->client.is_open);
		talk(stage, i % 2);
		close_stage(stage);
	}
}

static void coturn_takes_our_time_limited_credentials(void **state)
{
	static char *const secret[] = { "--use-auth-secret", "--static-auth-secret",
					"sesame", NULL };
	struct stage *stage = open_stage(secret);

	(void)state;
	allocate(stage, BEL_TURN_UDP, "2100000000:carol", "5wiGGaiHWQ94SDNbgv8qeTtCkVI=");
	assert_true(stage->client.is_open);
	talk(stage, true);
	close_stage(stage);
}

static void a_wrong_password_is_refused_by_coturn(void **state)
{
	static char *const users[] = { "-u", "alice:wonder", NULL };
	struct stage *stage = open_stage(users);

	(void)state;
	allocate(stage, BEL_TURN_UDP, "alice", "guess");
	assert_true(stage->client.is_ended);
	assert_int_equal(stage->client.end_err, BEL_ERR_DENIED);
	assert_int_equal(stage->client.end_code, 401);
	close_stage(stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(data_goes_both_ways_through_coturn),
		cmocka_unit_test(coturn_takes_our_time_limited_credentials),
		cmocka_unit_test(a_wrong_password_is_refused_by_coturn),
	};

	if (access(turnserver, X_OK))
		return LEFT_OUT;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
