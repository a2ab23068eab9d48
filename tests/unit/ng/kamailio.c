/* SPDX-License-Identifier: Apache-2.0
 * Kamailio's rtpengine module with our relay, a call with sound both ways; left out where
 * there is none. Two phones made of sockets call each other by way of a Kamailio that
 * knows nothing but to ask the relay: the figures that it got of it travel in headers of
 * the BYE. */
#include "support/support.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ng/ng.h"

enum { WAIT_MS = 20000, LEFT_OUT = 77, MESSAGE_BYTES = 8192, PACKETS = 40 };

static const char kamailio[] = "/usr/sbin/kamailio";

static const char config[] =
	"debug=0\nlog_stderror=yes\nchildren=2\ndisable_tcp=yes\nauto_aliases=no\n"
	"listen=udp:127.0.0.1:%u\n"
	"loadmodule \"tm.so\"\nloadmodule \"sl.so\"\nloadmodule \"rr.so\"\n"
	"loadmodule \"pv.so\"\nloadmodule \"siputils.so\"\nloadmodule \"textops.so\"\n"
	"loadmodule \"rtpengine.so\"\n"
	"modparam(\"rtpengine\", \"rtpengine_sock\", \"udp:127.0.0.1:%u\")\n"
	"modparam(\"rtpengine\", \"mos_average_pv\", \"$avp(mos)\")\n"
	"request_route {\n"
	"	if (is_method(\"OPTIONS\")) { sl_send_reply(\"200\", \"OK\"); exit; }\n"
	"	if (has_totag()) {\n"
	"		loose_route();\n"
	"		if (is_method(\"BYE\")) {\n"
	"			append_hf(\"X-Media: $rtpestat\\r\\n\");\n"
	"			rtpengine_delete();\n"
	"			append_hf(\"X-Mos: $avp(mos)\\r\\n\");\n"
	"		}\n"
	"		t_relay();\n"
	"		exit;\n"
	"	}\n"
	"	record_route();\n"
	"	if (!rtpengine_offer(\"%s\")) {\n"
	"		sl_send_reply(\"503\", \"No Relay\");\n"
	"		exit;\n"
	"	}\n"
	"	t_on_reply(\"ANSWER\");\n"
	"	t_relay();\n"
	"}\n"
	"onreply_route[ANSWER] {\n"
	"	if (has_body(\"application/sdp\")) rtpengine_answer(\"ICE=remove\");\n"
	"}\n";

/* A socket that keeps what it got last. */
struct ear {
	struct bel_udp *udp;
	unsigned count;
	size_t len;
	char last[MESSAGE_BYTES];
};

struct stage {
	pid_t pid;
	char folder[64];
	uint16_t port;
	struct bel_loop *loop;
	struct bel_ports *ports;
	struct bel_relay *relay;
	struct bel_ng *ng;
	struct ear caller, callee, caller_sound, callee_sound;
};

#define TURN_UNTIL(loop, is_so)                                                          \
	do {                                                                             \
		uint64_t until_ms = bel_loop_clock_ms() + WAIT_MS;                       \
		while (!(is_so) && bel_loop_clock_ms() < until_ms)                       \
			bel_loop_turn((loop), 20);                                       \
		assert_true(is_so);                                                      \
	} while (0)

/* ---- setting up ---- */

static void on_datagrams(void *user, struct bel_udp *udp, struct bel_datagram *datagrams,
			 unsigned count)
{
	struct ear *ear = user;
	const struct bel_datagram *last = &datagrams[count - 1];

	(void)udp;
	ear->count += count;
	ear->len = last->len < sizeof ear->last ? last->len : sizeof ear->last;
	memcpy(ear->last, last->buf, ear->len);
}

static void open_ear(struct ear *ear, struct bel_loop *loop)
{
	assert_int_equal(bel_udp_open(&ear->udp, loop,
				      &(struct bel_udp_opts){
					      .local = bel_addr_v4(127, 0, 0, 1, 0),
					      .on_datagrams = on_datagrams,
					      .user = ear }),
			 BEL_OK);
}

static uint16_t port_of(const struct ear *ear)
{
	return bel_udp_local(ear->udp)->port;
}

static void write_config(const struct stage *stage, const char *path, const char *flags)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fprintf(file, config, stage->port, bel_ng_local(stage->ng).port, flags);
	fclose(file);
}

/* In the child, at the head of a group of its own: Kamailio is several processes. */
static void become_kamailio(const struct stage *stage, const char *path)
{
	int sink = open("/dev/null", O_RDWR);

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (chdir(stage->folder) == 0 && dup2(sink, 0) >= 0 && dup2(sink, 1) >= 0 &&
	    dup2(sink, 2) >= 0)
		execl(kamailio, kamailio, "-f", path, "-m", "32", "-M", "8", "-DD", "-E",
		      "-P", "pid", "-Y", stage->folder, NULL);
	_exit(127);
}

static void open_relay(struct stage *stage)
{
	struct bel_relay_opts relay = { .loop = stage->loop,
					.ports = stage->ports,
					.port_min = 42000,
					.port_max = 42999,
					.silent_ms = 3000,
					.timeout_ms = 60000 };
	struct bel_ng_opts opts = { .loop = stage->loop,
				    .local = bel_addr_v4(127, 0, 0, 1, 0),
				    .faces_count = 1 };

	opts.faces[0].own = opts.faces[0].outer = bel_addr_v4(127, 0, 0, 1, 0);
	assert_int_equal(bel_relay_open(&stage->relay, &relay), BEL_OK);
	opts.relay = stage->relay;
	assert_int_equal(bel_ng_open(&stage->ng, &opts), BEL_OK);
}

static struct stage *open_stage(const char *flags)
{
	struct stage *stage = calloc(1, sizeof *stage);
	struct ear *ears[] = { &stage->caller, &stage->callee, &stage->caller_sound,
			       &stage->callee_sound };
	struct ear free_one;
	char path[96];

	assert_non_null(stage);
	snprintf(stage->folder, sizeof stage->folder, "/tmp/belfry-kamailio-XXXXXX");
	assert_non_null(mkdtemp(stage->folder));
	stage->ports = calloc(1, sizeof *stage->ports);
	assert_non_null(stage->ports);
	assert_int_equal(bel_loop_open(&stage->loop), BEL_OK);
	for (size_t i = 0; i < BEL_COUNT_OF(ears); i++)
		open_ear(ears[i], stage->loop);
	open_ear(&free_one, stage->loop);
	stage->port = port_of(&free_one);
	bel_udp_close(free_one.udp);
	open_relay(stage);
	snprintf(path, sizeof path, "%s/kamailio.cfg", stage->folder);
	write_config(stage, path, flags);
	stage->pid = fork();
	assert_true(stage->pid >= 0);
	if (stage->pid == 0)
		become_kamailio(stage, path);
	return stage;
}

static void remove_folder(const struct stage *stage)
{
	static const char *const files[] = { "kamailio.cfg", "pid", "kamailio_rpc.fifo",
					     "kamailio_ctl", "kamailio_rpc.sock" };
	char path[96];

	for (size_t i = 0; i < BEL_COUNT_OF(files); i++) {
		snprintf(path, sizeof path, "%s/%s", stage->folder, files[i]);
		unlink(path);
	}
	rmdir(stage->folder);
}

static void close_stage(struct stage *stage)
{
	struct ear *ears[] = { &stage->caller, &stage->callee, &stage->caller_sound,
			       &stage->callee_sound };

	kill(stage->pid, SIGTERM);
	waitpid(stage->pid, NULL, 0);
	bel_ng_close(stage->ng);
	bel_relay_close(stage->relay);
	for (size_t i = 0; i < BEL_COUNT_OF(ears); i++)
		bel_udp_close(ears[i]->udp);
	bel_loop_close(stage->loop);
	remove_folder(stage);
	free(stage->ports);
	free(stage);
}

/* ---- phones ---- */

static bel_str heard(const struct ear *ear)
{
	return (bel_str){ ear->last, ear->len };
}

static void send_to(struct stage *stage, struct ear *ear, const char *text)
{
	const bel_addr to = bel_addr_v4(127, 0, 0, 1, stage->port);

	assert_int_equal(bel_udp_send(ear->udp, &to, NULL, bel_str_from(text)), BEL_OK);
}

/* Copies the lines of a message that begin with the name. */
static void copy_lines(struct bel_writer *writer, bel_str message, const char *name)
{
	struct bel_cursor in = bel_cursor_init(message);

	while (!bel_cursor_is_end(&in)) {
		bel_str line = bel_cursor_until_char(&in, '\n');
		bel_cursor_take(&in, '\n');
		if (!bel_str_has_prefix_nocase(line, bel_str_from(name)))
			continue;
		bel_write_str(writer, line);
		bel_write_char(writer, '\n');
	}
}

static bel_str line_of(bel_str message, const char *name)
{
	static char buf[512];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	copy_lines(&writer, message, name);
	return bel_str_trim(
		bel_str_slice(bel_writer_str(&writer), strlen(name), writer.len));
}

static void write_sdp(struct bel_writer *writer, const struct ear *sound)
{
	char text[256];
	struct bel_writer sdp = bel_writer_init(text, sizeof text);

	bel_write_format(&sdp,
			 "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\n"
			 "c=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio %u RTP/AVP 0\r\n",
			 port_of(sound));
	bel_write_format(writer,
			 "Content-Type: application/sdp\r\nContent-Length: %zu\r\n\r\n",
			 sdp.len);
	bel_write_str(writer, bel_writer_str(&sdp));
}

static void request(struct stage *stage, const char *method, unsigned number,
		    const char *to_tag, bool has_sdp)
{
	char text[MESSAGE_BYTES];
	struct bel_writer writer = bel_writer_init(text, sizeof text - 1);

	bel_write_format(&writer,
			 "%s sip:bob@127.0.0.1:%u SIP/2.0\r\n"
			 "Via: SIP/2.0/UDP 127.0.0.1:%u;branch=z9hG4bK%u%s\r\n"
			 "Max-Forwards: 70\r\n"
			 "From: <sip:alice@127.0.0.1>;tag=a1\r\n"
			 "To: <sip:bob@127.0.0.1>%s\r\n"
			 "Call-ID: call-1@127.0.0.1\r\nCSeq: %u %s\r\n"
			 "Contact: <sip:alice@127.0.0.1:%u>\r\n",
			 method, port_of(&stage->callee), port_of(&stage->caller), number,
			 method, to_tag, number, method, port_of(&stage->caller));
	if (*to_tag)
		bel_write_format(&writer, "Route: <sip:127.0.0.1:%u;lr>\r\n",
				 stage->port);
	if (has_sdp)
		write_sdp(&writer, &stage->caller_sound);
	else
		bel_write_lit(&writer, "Content-Length: 0\r\n\r\n");
	text[writer.len] = '\0';
	send_to(stage, &stage->caller, text);
}

static void respond(struct stage *stage, bool has_sdp)
{
	static const char *const names[] = { "Via:", "From:", "Call-ID:", "CSeq:",
					     "Record-Route:" };
	char text[MESSAGE_BYTES];
	struct bel_writer writer = bel_writer_init(text, sizeof text - 1);
	bel_str asked = heard(&stage->callee);

	bel_write_lit(&writer, "SIP/2.0 200 OK\r\n");
	for (size_t i = 0; i < BEL_COUNT_OF(names); i++)
		copy_lines(&writer, asked, names[i]);
	bel_write_format(&writer,
			 "To: <sip:bob@127.0.0.1>;tag=b1\r\n"
			 "Contact: <sip:bob@127.0.0.1:%u>\r\n",
			 port_of(&stage->callee));
	if (has_sdp)
		write_sdp(&writer, &stage->callee_sound);
	else
		bel_write_lit(&writer, "Content-Length: 0\r\n\r\n");
	text[writer.len] = '\0';
	send_to(stage, &stage->callee, text);
}

/* The port of the media line of what was heard. */
static uint16_t media_port(const struct ear *ear)
{
	struct bel_cursor in = bel_cursor_init(line_of(heard(ear), "m=audio "));
	uint64_t port = 0;

	assert_int_equal(bel_cursor_u64(&port, &in, UINT16_MAX), BEL_OK);
	return (uint16_t)port;
}

static void say(struct ear *ear, uint16_t port)
{
	const bel_addr to = bel_addr_v4(127, 0, 0, 1, port);

	for (uint8_t i = 0; i < PACKETS; i++) {
		char packet[172] = { (char)0x80, 0, 0, (char)i };
		packet[6] = (char)(i * 160 >> 8);
		packet[7] = (char)(i * 160);
		packet[11] = (char)(port & 63) + 1;
		assert_int_equal(bel_udp_send(ear->udp, &to, NULL,
					      (bel_str){ packet, sizeof packet }),
				 BEL_OK);
	}
}

/* ---- tests ---- */

/* What is sent while Kamailio starts is lost. */
static void await_kamailio(struct stage *stage)
{
	uint64_t until_ms = bel_loop_clock_ms() + WAIT_MS;

	while (!stage->caller.count && bel_loop_clock_ms() < until_ms) {
		request(stage, "OPTIONS", 1, "", false);
		for (unsigned i = 0; i < 10 && !stage->caller.count; i++)
			bel_loop_turn(stage->loop, 20);
	}
	assert_true(bel_str_has_prefix(heard(&stage->caller), BEL_STR("SIP/2.0 200")));
	assert_true(bel_ng_counters(stage->ng)->commands > 0); /* a ping */
}

static bool is_established(const struct stage *stage)
{
	return bel_str_has_prefix(heard(&stage->caller), BEL_STR("SIP/2.0 200")) &&
	       line_of(heard(&stage->caller), "m=audio ").len;
}

static bool is_method(const struct ear *ear, const char *method)
{
	return bel_str_has_prefix(heard(ear), bel_str_from(method));
}

static void establish(struct stage *stage)
{
	uint16_t offered, answered;

	request(stage, "INVITE", 2, "", true);
	TURN_UNTIL(stage->loop, is_method(&stage->callee, "INVITE"));
	offered = media_port(&stage->callee);
	assert_true(offered >= 42000 && offered < 43000);
	respond(stage, true);
	TURN_UNTIL(stage->loop, is_established(stage));
	answered = media_port(&stage->caller);
	assert_true(answered >= 42000 && answered < 43000);
	request(stage, "ACK", 2, ";tag=b1", false);
	TURN_UNTIL(stage->loop, is_method(&stage->callee, "ACK"));
	say(&stage->caller_sound, answered);
	say(&stage->callee_sound, offered);
	TURN_UNTIL(stage->loop, stage->caller_sound.count == PACKETS &&
					stage->callee_sound.count == PACKETS);
}

static void a_call_of_kamailios_is_carried_and_told_of(void **state)
{
	struct stage *stage = open_stage("replace-origin replace-session-connection "
					 "trust-address ICE=remove RTP/AVP");
	bel_str figures;

	(void)state;
	await_kamailio(stage);
	establish(stage);
	assert_int_equal(bel_relay_counters(stage->relay)->calls, 1);
	request(stage, "BYE", 3, ";tag=b1", false);
	TURN_UNTIL(stage->loop, is_method(&stage->callee, "BYE"));
	figures = line_of(heard(&stage->callee), "X-Media:");
	assert_non_null(memmem(figures.ptr, figures.len, " 80 packets, 0 errors", 21));
	/* 4.4 as Kamailio writes it. */
	assert_true(bel_str_has_prefix(line_of(heard(&stage->callee), "X-Mos:"),
				       BEL_STR("4.")));
	respond(stage, false);
	assert_int_equal(bel_relay_counters(stage->relay)->calls, 0);
	assert_int_equal(bel_ng_counters(stage->ng)->refused, 0);
	close_stage(stage);
}

static void keys_that_kamailio_asks_for_are_offered(void **state)
{
	struct stage *stage = open_stage("RTP/SAVP ICE=remove DTLS=off");
	bel_str media;

	(void)state;
	await_kamailio(stage);
	request(stage, "INVITE", 2, "", true);
	TURN_UNTIL(stage->loop, is_method(&stage->callee, "INVITE"));
	media = line_of(heard(&stage->callee), "m=audio ");
	assert_non_null(memmem(media.ptr, media.len, "RTP/SAVP ", 9));
	assert_true(line_of(heard(&stage->callee), "a=crypto:1").len > 0);
	close_stage(stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_call_of_kamailios_is_carried_and_told_of),
		cmocka_unit_test(keys_that_kamailio_asks_for_are_offered),
	};

	if (access(kamailio, X_OK))
		return LEFT_OUT;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
