/* SPDX-License-Identifier: Apache-2.0
 * registrations BELFRY: kills the server at random moments under a load of REGISTER and
 * looks, after each restart, whether every registration that was acknowledged is there,
 * and whether a phone on UDP is called within a second of the start. $BELFRY_KILLS says
 * how often: a few, a number, or `all` (1000). Exit status 1 names what was lost. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/base.h"
#include "sip/sip.h"

enum {
	PHONES = 400,
	IN_FLIGHT = 48,
	KILLS_FEW = 4,
	KILLS_ALL = 1000,
	MESSAGE_BYTES = 4096,
	ANSWER_MS = 2000, /* after it a question is lost */
	READY_MS = 10000, /* a start that takes longer has failed */
	CALLED_MS = 1000,
	EXPIRES_FIRST_S = 600, /* each CSeq asks for another time, so that it is known */
	EXPIRES_STEP_S = 60,
	EXPIRES_STEPS = 40,
	ROUND_SLACK_S = 50, /* a round takes less */
};

/* One phone: what it asked for last, and what it was told. */
struct phone {
	uint32_t sent;  /* CSeq of the last request; 0: none */
	uint32_t acked; /* of the last that was answered 200 */
	bool waits;
	bool is_checked, is_right;
};

struct kill_test {
	const char *program;
	char directory[64], config[96];
	bel_addr server;
	int fd; /* of all phones */
	uint16_t port;
	pid_t pid;
	uint64_t random;
	uint64_t started_ms;
	struct phone phones[PHONES];
	unsigned waiting;
	uint64_t acked; /* in all */
	uint32_t call;  /* of INVITEs */
	bool is_called, is_ready;
	uint64_t slowest_start_ms, slowest_call_ms;
};

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static unsigned draw(struct kill_test *test, unsigned limit)
{
	test->random = test->random * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(test->random >> 33) % limit;
}

static void die(const char *text)
{
	fprintf(stderr, "registrations: %s: %s\n", text, strerror(errno));
	exit(2);
}

/* ---- the server ---- */

static int open_socket(uint16_t *port)
{
	struct sockaddr_storage addr;
	socklen_t len = sizeof addr;
	bel_addr local = bel_addr_v4(127, 0, 0, 1, 0);
	int fd = socket(AF_INET, SOCK_DGRAM, 0), size = 4 << 20;

	len = bel_addr_to_sockaddr(&addr, &local);
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, len))
		die("socket");
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
	len = sizeof addr;
	getsockname(fd, (struct sockaddr *)&addr, &len);
	local = bel_addr_from_sockaddr(&addr);
	*port = local.port;
	return fd;
}

static void write_config(struct kill_test *test)
{
	FILE *file;

	snprintf(test->config, sizeof test->config, "%s/kill.conf", test->directory);
	file = fopen(test->config, "w");
	if (!file)
		die(test->config);
	fprintf(file, "domain open.test { open }\ntrust 127.0.0.0/8\nsync 5ms\n");
	fclose(file);
}

static void start_server(struct kill_test *test)
{
	char listen[64];

	snprintf(listen, sizeof listen, "udp:127.0.0.1:%u", test->server.port);
	test->started_ms = now_ms();
	test->pid = fork();
	if (test->pid < 0)
		die("fork");
	if (test->pid)
		return;
	int log = open("server.log", O_WRONLY | O_CREAT | O_APPEND, 0600);
	if (log >= 0) {
		dup2(log, 1);
		dup2(log, 2);
	}
	execl(test->program, test->program, "run", "--config", test->config, "--state",
	      test->directory, "--workers", "2", "--listen", listen, (char *)NULL);
	_exit(127);
}

static void kill_server(struct kill_test *test)
{
	int status;

	kill(test->pid, SIGKILL);
	waitpid(test->pid, &status, 0);
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL) {
		fprintf(stderr, "registrations: the server had ended by itself (%x)\n",
			(unsigned)status);
		exit(1);
	}
}

/* ---- messages ---- */

static void send_text(struct kill_test *test, const struct bel_writer *writer)
{
	struct sockaddr_storage addr;
	unsigned len = bel_addr_to_sockaddr(&addr, &test->server);

	if (bel_writer_check(writer))
		die("message");
	/* ECONNREFUSED and its like: the server is down, which is the point. */
	sendto(test->fd, writer->buf, writer->len, 0, (struct sockaddr *)&addr, len);
}

static uint32_t expires_of(uint32_t cseq)
{
	/* Every seventh request takes the phone out. */
	return cseq % 7 == 0 ? 0
			     : EXPIRES_FIRST_S + EXPIRES_STEP_S * (cseq % EXPIRES_STEPS);
}

/* has_user: whether the Request-URI names the phone; otherwise it is the server. */
static void write_head(struct kill_test *test, struct bel_writer *writer,
		       const char *method, bool has_user, unsigned index,
		       const char *call_id, uint32_t cseq)
{
	bel_write_format(writer, "%s sip:", method);
	if (has_user)
		bel_write_format(writer, "u%u@", index);
	bel_write_format(writer,
			 "open.test SIP/2.0\r\n"
			 "Via: SIP/2.0/UDP 127.0.0.1:%u;branch=z9hG4bK%s-%u-%u\r\n"
			 "Max-Forwards: 70\r\nFrom: <sip:u%u@open.test>;tag=t\r\n"
			 "To: <sip:u%u@open.test>\r\nCall-ID: %s-%u\r\n"
			 "CSeq: %u %s\r\n",
			 test->port, call_id, index, cseq, index, index, call_id, index,
			 cseq, method);
}

static void send_register(struct kill_test *test, unsigned index)
{
	struct phone *phone = &test->phones[index];
	char buf[MESSAGE_BYTES];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	phone->sent++;
	phone->waits = true;
	test->waiting++;
	write_head(test, &writer, "REGISTER", false, index, "load", phone->sent);
	bel_write_format(&writer,
			 "Contact: <sip:u%u@127.0.0.1:%u>;expires=%u\r\n"
			 "Content-Length: 0\r\n\r\n",
			 index, test->port, expires_of(phone->sent));
	send_text(test, &writer);
}

static void send_plain(struct kill_test *test, const char *method, bool has_user,
		       unsigned index, const char *call_id, uint32_t cseq)
{
	char buf[MESSAGE_BYTES];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	write_head(test, &writer, method, has_user, index, call_id, cseq);
	bel_write_format(&writer,
			 "Contact: <sip:t@127.0.0.1:%u>\r\nContent-Length: 0\r\n\r\n",
			 test->port);
	send_text(test, &writer);
}

/* A REGISTER without Contact asks what is there. */
static void send_question(struct kill_test *test, unsigned index, uint32_t cseq)
{
	char buf[MESSAGE_BYTES];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	write_head(test, &writer, "REGISTER", false, index, "look", cseq);
	bel_write_lit(&writer, "Content-Length: 0\r\n\r\n");
	send_text(test, &writer);
}

/* ---- answers ---- */

/* Seconds that the binding has left by the answer; 0: there is none. */
static uint32_t left_of(struct bel_sip_msg *msg)
{
	const struct bel_sip_addr *contact = bel_sip_contact(msg);
	uint32_t seconds = 0;
	bel_str value;

	if (contact && bel_sip_param_find(&value, contact->params, BEL_STR("expires")))
		bel_sip_seconds_parse(&seconds, value);
	return seconds;
}

static bool is_state_of(uint32_t left_s, uint32_t cseq)
{
	uint32_t expires_s = cseq ? expires_of(cseq) : 0;

	if (!left_s || !expires_s)
		return left_s == expires_s;
	return left_s <= expires_s && left_s + ROUND_SLACK_S > expires_s;
}

/* What is there is what was acknowledged last, or what was asked for after that. */
static void check_phone(struct kill_test *test, unsigned index, struct bel_sip_msg *msg)
{
	struct phone *phone = &test->phones[index];
	uint32_t left_s = left_of(msg);

	if (phone->is_checked)
		return;
	phone->is_checked = true;
	phone->is_right = true;
	/* What was kept without an answer counts as told from here on. */
	if (is_state_of(left_s, phone->sent))
		phone->acked = phone->sent;
	else
		phone->is_right = is_state_of(left_s, phone->acked);
	if (!phone->is_right)
		fprintf(stderr,
			"registrations: u%u has %u s left; CSeq %u (%u s) was "
			"acknowledged, %u (%u s) sent\n",
			index, left_s, phone->acked, expires_of(phone->acked),
			phone->sent, expires_of(phone->sent));
	test->waiting--;
}

static void on_response(struct kill_test *test, struct bel_sip_msg *msg)
{
	bel_str call_id = bel_sip_call_id(msg), word;
	size_t dash = bel_str_find(call_id, '-');
	uint64_t index;

	if (bel_str_to_u64(&index, bel_str_slice(call_id, dash + 1, call_id.len),
			   PHONES - 1))
		return;
	word = bel_str_slice(call_id, 0, dash);
	test->is_ready |= bel_str_is_equal(word, BEL_STR("ready"));
	if (msg->status != 200)
		return;
	if (bel_str_is_equal(word, BEL_STR("look"))) {
		check_phone(test, (unsigned)index, msg);
	} else if (bel_str_is_equal(word, BEL_STR("load"))) {
		struct phone *phone = &test->phones[index];
		if (!phone->waits || bel_sip_cseq(msg)->number != phone->sent)
			return;
		phone->waits = false;
		phone->acked = phone->sent;
		test->waiting--;
		test->acked++;
	}
}

static void on_invite(struct kill_test *test, struct bel_sip_msg *msg)
{
	char buf[MESSAGE_BYTES];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	test->is_called = true;
	if (bel_sip_respond(&writer, msg,
			    &(struct bel_sip_reply){
				    .status = 486, .to_tag = BEL_STR("busy") }) == BEL_OK)
		send_text(test, &writer);
}

/* Takes what has come, for at most that long. */
static void receive(struct kill_test *test, int timeout_ms)
{
	struct pollfd ready = { .fd = test->fd, .events = POLLIN };
	char bytes[65536], scratch[2048];
	struct bel_sip_refusal why;
	struct bel_sip_msg msg;
	struct bel_arena arena;

	if (poll(&ready, 1, timeout_ms) <= 0)
		return;
	for (;;) {
		ssize_t len = recv(test->fd, bytes, sizeof bytes, MSG_DONTWAIT);
		if (len <= 0)
			return;
		bel_arena_init(&arena, scratch, sizeof scratch, 0);
		if (bel_sip_parse(&msg, &arena, (bel_str){ bytes, (size_t)len }, &why) ||
		    bel_sip_validate(&msg, &why))
			continue;
		if (!msg.is_request)
			on_response(test, &msg);
		else if (msg.method == BEL_SIP_INVITE)
			on_invite(test, &msg);
	}
}

/* ---- a round ---- */

static void load(struct kill_test *test, uint64_t for_ms)
{
	uint64_t until_ms = now_ms() + for_ms;

	test->waiting = 0;
	for (unsigned i = 0; i < PHONES; i++)
		test->phones[i].waits = false;
	while (now_ms() < until_ms) {
		for (unsigned tries = 0; test->waiting < IN_FLIGHT && tries < PHONES;
		     tries++) {
			unsigned index = draw(test, PHONES);
			if (!test->phones[index].waits)
				send_register(test, index);
		}
		receive(test, 1);
	}
}

static void wait_until_ready(struct kill_test *test)
{
	uint64_t took_ms;

	test->is_ready = false;
	for (uint32_t cseq = 1; !test->is_ready; cseq++) {
		if (now_ms() - test->started_ms > READY_MS) {
			fprintf(stderr,
				"registrations: the server does not start; see "
				"%s/server.log\n",
				test->directory);
			kill(test->pid, SIGKILL);
			exit(1);
		}
		send_plain(test, "OPTIONS", false, 0, "ready", ++test->call);
		receive(test, 5);
	}
	took_ms = now_ms() - test->started_ms;
	if (took_ms > test->slowest_start_ms)
		test->slowest_start_ms = took_ms;
}

/* Somebody who is registered, or PHONES. */
static unsigned find_registered(const struct kill_test *test)
{
	for (unsigned i = 0; i < PHONES; i++)
		if (test->phones[i].acked &&
		    test->phones[i].acked == test->phones[i].sent &&
		    expires_of(test->phones[i].acked))
			return i;
	return PHONES;
}

static bool is_called_in_time(struct kill_test *test)
{
	unsigned index = find_registered(test);
	uint64_t took_ms;

	if (index == PHONES)
		return true;
	test->is_called = false;
	while (!test->is_called && now_ms() - test->started_ms < 2 * CALLED_MS) {
		send_plain(test, "INVITE", true, index, "ring", ++test->call);
		receive(test, 50);
	}
	took_ms = now_ms() - test->started_ms;
	if (took_ms > test->slowest_call_ms)
		test->slowest_call_ms = took_ms;
	if (test->is_called && took_ms <= CALLED_MS)
		return true;
	fprintf(stderr, "registrations: u%u was %s %llu ms after the start\n", index,
		test->is_called ? "called" : "not called", (unsigned long long)took_ms);
	return false;
}

static bool is_everybody_there(struct kill_test *test, uint32_t round)
{
	uint64_t until_ms = now_ms() + ANSWER_MS;
	bool is_right = true;

	test->waiting = PHONES;
	for (unsigned i = 0; i < PHONES; i++)
		test->phones[i].is_checked = false;
	while (test->waiting && now_ms() < until_ms) {
		for (unsigned i = 0; i < PHONES; i++) {
			if (!test->phones[i].is_checked)
				send_question(test, i, ++test->call);
			if (i % IN_FLIGHT == 0)
				receive(test, 1);
		}
		receive(test, 20);
	}
	for (unsigned i = 0; i < PHONES; i++)
		is_right &= test->phones[i].is_checked && test->phones[i].is_right;
	if (test->waiting)
		fprintf(stderr, "registrations: round %u: %u questions had no answer\n",
			round, test->waiting);
	return is_right;
}

static unsigned kills_wanted(void)
{
	const char *wanted = getenv("BELFRY_KILLS");
	uint64_t count;

	if (!wanted || !*wanted)
		return KILLS_FEW;
	if (bel_str_to_u64(&count, bel_str_from(wanted), UINT32_MAX) == BEL_OK)
		return (unsigned)count;
	return bel_str_is_equal(bel_str_from(wanted), BEL_STR("all")) ? KILLS_ALL
								      : KILLS_FEW;
}

static void begin(struct kill_test *test, const char *program)
{
	int fd;

	test->program = realpath(program, NULL);
	if (!test->program)
		die(program);
	snprintf(test->directory, sizeof test->directory, "/tmp/belfry-kill-XXXXXX");
	if (!mkdtemp(test->directory) || chdir(test->directory))
		die(test->directory);
	write_config(test);
	test->random = (uint64_t)time(NULL) ^ (uint64_t)getpid() << 32;
	test->server = bel_addr_v4(127, 0, 0, 1, 0);
	fd = open_socket(&test->server.port);
	test->fd = open_socket(&test->port);
	close(fd);
}

static int end(const struct kill_test *test, unsigned rounds, bool is_right)
{
	printf("%u kills, %llu registrations acknowledged, slowest start %llu ms, "
	       "slowest "
	       "call %llu ms after the start: %s\n",
	       rounds, (unsigned long long)test->acked,
	       (unsigned long long)test->slowest_start_ms,
	       (unsigned long long)test->slowest_call_ms,
	       is_right ? "nothing lost" : "FAILED");
	if (!is_right) {
		printf("the state is kept in %s\n", test->directory);
		return 1;
	}
	if (chdir("/") == 0) {
		char command[128];
		snprintf(command, sizeof command, "rm -rf %s", test->directory);
		return system(command) == 0 ? 0 : 2;
	}
	return 2;
}

int main(int argc, char **argv)
{
	static struct kill_test test;
	unsigned kills = kills_wanted(), round = 0;
	bool is_right = true;

	if (argc != 2) {
		fprintf(stderr, "usage: registrations BELFRY\n");
		return 2;
	}
	begin(&test, argv[1]);
	start_server(&test);
	wait_until_ready(&test);
	for (; round < kills && is_right; round++) {
		load(&test, 20 + draw(&test, 400));
		kill_server(&test);
		start_server(&test);
		wait_until_ready(&test);
		is_right = is_called_in_time(&test);
		is_right &= is_everybody_there(&test, round);
	}
	kill_server(&test);
	return end(&test, round, is_right);
}
