/* SPDX-License-Identifier: Apache-2.0
 * What happens to SIP on its way to a server. An OPTIONS comes back with its Via, From,
 * To, Call-ID and CSeq as the server got them (RFC 3261 section 8.2.6.2): a router that
 * writes addresses into SIP shows there, unless it undoes all of it on the way back. Then
 * longer ones, to see whether they arrive. */
#include <errno.h>
#include <stdlib.h>

#include "doctor/doctor_int.h"
#include "sip/sip.h"

enum {
	STEP_MS = 500,
	TRIES = 3,
	ID_BYTES = 320,
	ASKED_BYTES_MAX = 4000,
	ARENA_BYTES = 64 << 10,
	COOKIE_BYTES = 7,
	PLAIN = 0, /* the first question; the others are about length */
	WHOLE,     /* as much as a cable takes in one piece */
	IN_PIECES,
	QUESTIONS,
};

/* Bytes of the datagram, without the headers of IP and UDP. */
static const size_t lengths[QUESTIONS] = {
	[PLAIN] = 0, [WHOLE] = 1440, [IN_PIECES] = 3000
};

struct question {
	char branch[32], call_id[ID_BYTES], from[ID_BYTES];
	unsigned tries;
	bool is_answered;
};

struct way {
	struct task task;
	struct lookup lookup;
	bel_addr server, local;
	struct bel_udp *udp;
	struct bel_timer step;
	struct question questions[QUESTIONS];
	unsigned first, last; /* those that are asked now */
};

/* ---- asking ---- */

static void write_body(struct bel_writer *writer, const struct way *way, size_t bytes)
{
	size_t begin = writer->len;

	bel_write_lit(writer, "v=0\r\no=- 1 1 IN ");
	bel_write_text(writer, way->local.family == 4 ? "IP4 " : "IP6 ");
	bel_addr_write_host(writer, &way->local);
	bel_write_lit(writer, "\r\ns=-\r\nc=IN ");
	bel_write_text(writer, way->local.family == 4 ? "IP4 " : "IP6 ");
	bel_addr_write_host(writer, &way->local);
	bel_write_lit(writer, "\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n");
	while (writer->len - begin < bytes && !writer->is_full)
		bel_write_lit(writer,
			      "a=x-length:------------------------------------\r\n");
}

/* Servers keep silent to strangers who do not name a domain of theirs, as that of both.
 */
static bel_str host_of(const struct way *way)
{
	const struct bel_doctor_opts *opts = &way->task.doctor->opts;
	bel_addr addr;

	return opts->domains_count && !bel_addr_parse(&addr, opts->sip, SIP_PORT)
		       ? opts->domains[0]
		       : opts->sip;
}

/* The one thing that nobody changes: by it an answer is known. */
static unsigned cseq_of(const struct way *way, const struct question *question)
{
	return (unsigned)(question - way->questions) + 1;
}

/* Letters in odd places: who takes SIP apart and puts it together again seldom keeps
 * them. */
static void write_head(struct bel_writer *writer, const struct way *way,
		       const struct question *question)
{
	bel_str server = host_of(way);

	bel_write_lit(writer, "OPTIONS sip:");
	bel_write_str(writer, server);
	bel_write_lit(writer, " SIP/2.0\r\nVia: SIP/2.0/UDP ");
	bel_addr_write(writer, &way->local);
	bel_write_lit(writer, ";branch=");
	bel_write_text(writer, question->branch);
	bel_write_lit(writer, ";rport\r\nMax-Forwards: 70\r\n"
			      "From: \"bElfry  DOCTOR\" <");
	bel_write_text(writer, question->from);
	bel_write_lit(writer, ">;tag=");
	bel_write_text(writer, question->branch + COOKIE_BYTES);
	bel_write_lit(writer, "\r\nTo: <sip:");
	bel_write_str(writer, server);
	bel_write_lit(writer, ">\r\nCall-ID: ");
	bel_write_text(writer, question->call_id);
	bel_write_lit(writer, "\r\nCSeq: ");
	bel_write_u64(writer, cseq_of(way, question));
	bel_write_lit(writer, " OPTIONS\r\nContact: <sip:dOctor@");
	bel_addr_write(writer, &way->local);
	bel_write_lit(writer, ">\r\nAccept: application/sdp\r\n"
			      "Content-Type: application/sdp\r\n");
}

static void ask(struct way *way, unsigned index)
{
	struct question *question = &way->questions[index];
	char buf[ASKED_BYTES_MAX], body_buf[ASKED_BYTES_MAX];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	struct bel_writer body = bel_writer_init(body_buf, sizeof body_buf);
	size_t wanted = lengths[index];

	write_head(&writer, way, question);
	write_body(&body, way, wanted > writer.len + 60 ? wanted - writer.len - 60 : 0);
	bel_write_lit(&writer, "Content-Length: ");
	bel_write_u64(&writer, body.len);
	bel_write_lit(&writer, "\r\n\r\n");
	bel_write_str(&writer, bel_writer_str(&body));
	question->tries++;
	bel_udp_send(way->udp, &way->server, NULL, bel_writer_str(&writer));
}

static void ask_all(struct way *way, unsigned first, unsigned last)
{
	struct bel_loop *loop = way->task.doctor->opts.loop;

	way->first = first;
	way->last = last;
	for (unsigned i = first; i <= last; i++)
		ask(way, i);
	bel_timer_start(loop, &way->step, bel_loop_now_ms(loop) + STEP_MS);
}

/* ---- what came back ---- */

static void compare(const struct way *way, const struct question *question,
		    struct bel_sip_msg *msg)
{
	char local[ADDR_BYTES];
	struct changed {
		const char *what;
		bel_str sent, came;
	} parts[] = {
		{ "the address in Via", bel_str_from(bel_doctor_addr(local, &way->local)),
		  bel_sip_via(msg)->sent_by },
		{ "the branch of Via", bel_str_from(question->branch),
		  bel_sip_via(msg)->branch },
		{ "Call-ID", bel_str_from(question->call_id), bel_sip_call_id(msg) },
		{ "the URI of From", bel_str_from(question->from),
		  bel_sip_from(msg)->uri.text },
	};

	for (unsigned i = 0; i < BEL_COUNT_OF(parts); i++) {
		if (bel_str_is_equal(parts[i].sent, parts[i].came))
			continue;
		bel_doctor_say(way->task.doctor, BEL_DOCTOR_BAD, "sip-alg",
			       "switch \"SIP ALG\" (or \"SIP helper\") off in the "
			       "router, or use TLS, which it cannot read",
			       "somebody between changes SIP: %s was %.*s and came back "
			       "as %.*s",
			       parts[i].what, BEL_STR_ARG(parts[i].sent),
			       BEL_STR_ARG(parts[i].came));
		return;
	}
	bel_doctor_say(way->task.doctor, BEL_DOCTOR_OK, "sip-alg", NULL,
		       "SIP by UDP comes back as it was sent");
}

static void take_answer(struct way *way, bel_str bytes)
{
	char first[ARENA_BYTES];
	struct bel_arena arena;
	struct bel_sip_msg msg;
	struct bel_sip_refusal why;

	bel_arena_init(&arena, first, sizeof first, ARENA_BYTES);
	if (!bel_sip_parse(&msg, &arena, bytes, &why) && !bel_sip_validate(&msg, &why) &&
	    !msg.is_request && msg.status >= 200) {
		unsigned index = bel_sip_cseq(&msg)->number - 1;
		struct question *question = &way->questions[index % QUESTIONS];
		if (index < QUESTIONS && question->tries && !question->is_answered) {
			question->is_answered = true;
			if (index == PLAIN)
				compare(way, question, &msg);
		}
	}
	bel_arena_fini(&arena);
}

static void on_datagrams(void *user, struct bel_udp *udp, struct bel_datagram *datagrams,
			 unsigned count)
{
	struct way *way = user;

	(void)udp;
	for (unsigned i = 0; i < count; i++)
		if (bel_addr_is_same_host(&datagrams[i].peer, &way->server))
			take_answer(way, (bel_str){ datagrams[i].buf, datagrams[i].len });
}

/* ---- from the lookup to the end ---- */

static void say_lengths(const struct way *way)
{
	const struct bel_doctor *doctor = way->task.doctor;
	static const char remedy[] =
		"let phones use TCP or TLS (transport tcp): an INVITE "
		"with video or ICE is longer than that";

	if (way->questions[IN_PIECES].is_answered)
		bel_doctor_say(doctor, BEL_DOCTOR_OK, "mtu", NULL,
			       "%zu bytes by UDP arrive, in pieces", lengths[IN_PIECES]);
	else if (way->questions[WHOLE].is_answered)
		bel_doctor_say(
			doctor, BEL_DOCTOR_WARNING, "mtu", remedy,
			"%zu bytes by UDP arrive, but fragments do not: %zu are lost",
			lengths[WHOLE], lengths[IN_PIECES]);
	else
		bel_doctor_say(doctor, BEL_DOCTOR_WARNING, "mtu", remedy,
			       "%zu bytes by UDP do not arrive", lengths[WHOLE]);
}

static bool has_tries_left(const struct way *way)
{
	for (unsigned i = way->first; i <= way->last; i++)
		if (!way->questions[i].is_answered && way->questions[i].tries < TRIES)
			return true;
	return false;
}

static bool is_answered(const struct way *way)
{
	for (unsigned i = way->first; i <= way->last; i++)
		if (!way->questions[i].is_answered)
			return false;
	return true;
}

static void on_step(void *user)
{
	struct way *way = user;
	char server[ADDR_BYTES];

	if (!is_answered(way) && has_tries_left(way)) {
		for (unsigned i = way->first; i <= way->last; i++)
			if (!way->questions[i].is_answered)
				ask(way, i);
		bel_timer_start(way->task.doctor->opts.loop, &way->step,
				bel_loop_now_ms(way->task.doctor->opts.loop) + STEP_MS);
		return;
	}
	if (way->first == PLAIN && way->questions[PLAIN].is_answered) {
		ask_all(way, WHOLE, IN_PIECES);
		return;
	}
	if (way->first == PLAIN)
		bel_doctor_say(way->task.doctor, BEL_DOCTOR_BAD, "sip",
			       "is it on, and is UDP to it allowed? A server may keep "
			       "silent to who does not name its domain: --domain NAME",
			       "no answer from %s to OPTIONS by UDP",
			       bel_doctor_addr(server, &way->server));
	else
		say_lengths(way);
	bel_task_end(&way->task);
}

static void make_question(struct way *way, unsigned index)
{
	struct question *question = &way->questions[index];
	uint64_t random;
	struct bel_writer branch = bel_writer_init(question->branch,
						   sizeof question->branch - 1);
	struct bel_writer call_id = bel_writer_init(question->call_id, ID_BYTES - 1);
	struct bel_writer from = bel_writer_init(question->from, ID_BYTES - 1);

	bel_loop_random(way->task.doctor->opts.loop, &random, sizeof random);
	bel_write_lit(&branch, "z9hG4bK");
	bel_write_hex64(&branch, random, 16);
	bel_write_hex64(&call_id, ~random, 16);
	bel_write_lit(&call_id, "@");
	bel_addr_write_uri_host(&call_id, &way->local);
	bel_write_lit(&from, "sip:dOctor@");
	bel_write_str(&from, host_of(way));
}

static enum bel_err begin(struct way *way, const bel_addr *server)
{
	struct bel_loop *loop = way->task.doctor->opts.loop;
	struct bel_udp_opts opts = { .is_fragmented = true,
				     .on_datagrams = on_datagrams,
				     .user = way };
	enum bel_err err = bel_loop_local_for(loop, server, &opts.local);

	way->server = *server;
	opts.local.port = 0;
	if (!err)
		err = bel_udp_open(&way->udp, loop, &opts);
	if (err)
		return err;
	way->local = *bel_udp_local(way->udp);
	for (unsigned i = 0; i < QUESTIONS; i++)
		make_question(way, i);
	ask_all(way, PLAIN, PLAIN);
	return BEL_OK;
}

static void on_found(struct lookup *lookup, const bel_addr *addr, enum bel_err err)
{
	struct way *way = lookup->user;
	bel_str server = lookup->doctor->opts.sip;

	if (!err)
		err = begin(way, addr);
	if (!err)
		return;
	bel_doctor_say(lookup->doctor, BEL_DOCTOR_BAD, "sip",
		       "it is written as HOST or HOST:PORT", "%.*s: %s",
		       BEL_STR_ARG(server), bel_err_text(err));
	bel_task_end(&way->task);
}

static void close_way(struct task *task)
{
	struct way *way = BEL_CONTAINER_OF(task, struct way, task);

	bel_lookup_stop(&way->lookup);
	if (way->udp)
		bel_udp_close(way->udp);
	bel_timer_stop(task->doctor->opts.loop, &way->step);
	free(way);
}

enum bel_err bel_doctor_way(struct bel_doctor *doctor)
{
	struct way *way;

	if (!doctor->opts.sip.len) {
		bel_doctor_say(
			doctor, BEL_DOCTOR_SKIPPED, "sip-alg",
			"name a SIP server outside: --sip HOST",
			"what the router does to SIP shows on the way to a server");
		return BEL_OK;
	}
	way = calloc(1, sizeof *way);
	if (!way)
		return bel_err_from_errno(ENOMEM);
	bel_task_start(&way->task, doctor, close_way);
	bel_timer_init(&way->step, on_step, way);
	way->lookup =
		(struct lookup){ .doctor = doctor, .on_found = on_found, .user = way };
	bel_lookup_start(&way->lookup, doctor->opts.sip, SIP_PORT);
	return BEL_OK;
}
