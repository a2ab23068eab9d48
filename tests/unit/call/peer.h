/* SPDX-License-Identifier: Apache-2.0
 * The other end of a wire, without a stack: it says what a test puts into its mouth, byte
 * by byte, and keeps what it is told. It sits at 192.0.2.9 and speaks UDP. */
#ifndef BEL_TESTS_CALL_PEER_H
#define BEL_TESTS_CALL_PEER_H

#include "support/support.h"

#include "io/io.h"
#include "io/sim.h"
#include "sip/sip.h"

enum { PEER_HEARD_MAX = 256, PEER_BYTES_MAX = 4096 };

struct peer {
	struct bel_sim *sim;
	struct bel_loop *loop;
	struct bel_udp *udp;
	uint8_t host; /* of the phone that it talks to */
	char heard[PEER_HEARD_MAX][PEER_BYTES_MAX];
	size_t heard_len[PEER_HEARD_MAX];
	unsigned heard_count, at; /* those before were looked at */
	struct bel_arena arena;
	struct bel_sip_msg msg;    /* found last */
	struct bel_sip_msg invite; /* theirs, found last */
	unsigned branches;
	const char *contact; /* a line; NULL: where it is */
	/* the dialog as the peer sees it */
	char call_id[128], local_tag[64], remote_tag[64];
};

static inline void peer_on_datagrams(void *user, struct bel_udp *udp,
				     struct bel_datagram *datagrams, unsigned count)
{
	struct peer *peer = user;

	(void)udp;
	for (unsigned i = 0; i < count; i++) {
		const bel_str bytes = { datagrams[i].buf, datagrams[i].len };
		assert_true(peer->heard_count < PEER_HEARD_MAX);
		assert_true(bytes.len < PEER_BYTES_MAX);
		memcpy(peer->heard[peer->heard_count], bytes.ptr, bytes.len);
		peer->heard_len[peer->heard_count++] = bytes.len;
	}
}

static inline void peer_open(struct peer *peer, struct bel_sim *sim, uint8_t host)
{
	const bel_addr ip = bel_addr_v4(192, 0, 2, 9, 0);

	*peer = (struct peer){ .sim = sim, .host = host };
	bel_arena_init(&peer->arena, NULL, 0, 8 << 20);
	assert_int_equal(bel_sim_loop(&peer->loop, bel_sim_node_new(sim, "peer", &ip)),
			 BEL_OK);
	assert_int_equal(bel_udp_open(&peer->udp, peer->loop,
				      &(struct bel_udp_opts){
					      .local = bel_addr_v4(192, 0, 2, 9, 5060),
					      .on_datagrams = peer_on_datagrams,
					      .user = peer }),
			 BEL_OK);
}

static inline void peer_close(struct peer *peer)
{
	bel_udp_close(peer->udp);
	bel_loop_close(peer->loop);
	bel_arena_fini(&peer->arena);
}

static inline void peer_keep(char *out, size_t size, bel_str text)
{
	assert_true(text.len < size);
	memcpy(out, text.ptr, text.len);
	out[text.len] = '\0';
}

/* Says bytes as they are, and lets 50 ms pass. */
static inline void peer_say(struct peer *peer, bel_str bytes)
{
	const bel_addr phone = bel_addr_v4(192, 0, 2, peer->host, 5060);

	bel_udp_send(peer->udp, &phone, NULL, bytes);
	bel_sim_run(peer->sim, bel_sim_now_ms(peer->sim) + 50);
}

static inline bool peer_parse(struct bel_sip_msg *msg, struct peer *peer, unsigned i)
{
	struct bel_sip_refusal why;
	const bel_str bytes = { peer->heard[i], peer->heard_len[i] };

	return !bel_sip_parse(msg, &peer->arena, bytes, &why) &&
	       !bel_sip_validate(msg, &why);
}

/* The next message that begins so, skipping others. */
static inline bool peer_find(struct peer *peer, const char *start)
{
	while (peer->at < peer->heard_count) {
		unsigned i = peer->at++;
		const bel_str bytes = { peer->heard[i], peer->heard_len[i] };
		if (!bel_str_has_prefix(bytes, bel_str_from(start)))
			continue;
		assert_true(peer_parse(&peer->msg, peer, i));
		if (peer->msg.is_request && peer->msg.method == BEL_SIP_INVITE)
			peer->invite = peer->msg;
		return true;
	}
	return false;
}

#define peer_heard(peer, start)                                                          \
	do {                                                                             \
		if (!peer_find((peer), (start)))                                         \
			fail_msg("the peer heard no %s", (start));                       \
	} while (0)
#define peer_heard_no(peer, start) assert_false(peer_find((peer), (start)))

/* How many there were since what was looked at last. */
static inline unsigned peer_count(const struct peer *peer, const char *start)
{
	unsigned count = 0;

	for (unsigned i = peer->at; i < peer->heard_count; i++)
		count += bel_str_has_prefix(
			(bel_str){ peer->heard[i], peer->heard_len[i] },
			bel_str_from(start));
	return count;
}

static inline void peer_write(struct bel_writer *writer, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	bel_write_str(writer, bel_str_format(text, sizeof text, format, args));
	va_end(args);
}

#define PEER_SDP                                                                         \
	"v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"      \
	"m=audio 4000 RTP/AVP 0\r\n"
#define PEER_CONTACT "Contact: <sip:peer@192.0.2.9:5060>\r\n"

/* Answers a request of theirs. The lines stand as they are; with a body, it is a session
 * description unless the lines say something else. */
static inline void peer_answer(struct peer *peer, struct bel_sip_msg *request,
			       uint16_t status, const char *tag, const char *lines,
			       const char *body)
{
	char buf[PEER_BYTES_MAX];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	assert_int_equal(
		bel_sip_respond(&writer, request,
				&(struct bel_sip_reply){
					.status = status,
					.record_route = true,
					.to_tag = bel_str_from(tag),
					.lines = bel_str_from(lines),
					.content_type = BEL_STR("application/sdp"),
					.body = bel_str_from(body) }),
		BEL_OK);
	peer_keep(peer->call_id, sizeof peer->call_id, bel_sip_call_id(request));
	peer_keep(peer->remote_tag, sizeof peer->remote_tag, bel_sip_from(request)->tag);
	if (tag[0])
		peer_keep(peer->local_tag, sizeof peer->local_tag, bel_str_from(tag));
	peer_say(peer, bel_writer_str(&writer));
}

/* A request of the peer: within the dialog, or without To tag when none is known. type
 * NULL: a body is a session description. */
static inline void peer_ask_typed(struct peer *peer, const char *method, unsigned cseq,
				  const char *lines, const char *type, const char *body)
{
	char buf[PEER_BYTES_MAX];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	peer_write(&writer, "%s sip:phone@192.0.2.%u SIP/2.0\r\n", method, peer->host);
	peer_write(&writer, "Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKpeer%u\r\n",
		   ++peer->branches);
	peer_write(&writer, "Max-Forwards: 70\r\nFrom: <sip:peer@192.0.2.9>;tag=%s\r\n",
		   peer->local_tag);
	peer_write(&writer, "To: <sip:phone@192.0.2.%u>%s%s\r\n", peer->host,
		   peer->remote_tag[0] ? ";tag=" : "", peer->remote_tag);
	peer_write(&writer, "Call-ID: %s\r\nCSeq: %u %s\r\n", peer->call_id, cseq,
		   method);
	bel_write_text(&writer, peer->contact ? peer->contact : PEER_CONTACT);
	bel_write_text(&writer, lines);
	if (body[0])
		peer_write(&writer, "Content-Type: %s\r\n",
			   type ? type : "application/sdp");
	peer_write(&writer, "Content-Length: %zu\r\n\r\n", strlen(body));
	bel_write_text(&writer, body);
	assert_false(writer.is_full);
	peer_say(peer, bel_writer_str(&writer));
}

static inline void peer_ask(struct peer *peer, const char *method, unsigned cseq,
			    const char *lines, const char *body)
{
	peer_ask_typed(peer, method, cseq, lines, NULL, body);
}

/* A call of the peer's own begins. */
static inline void peer_invite(struct peer *peer, const char *call_id, const char *lines,
			       const char *body)
{
	peer_keep(peer->call_id, sizeof peer->call_id, bel_str_from(call_id));
	peer_keep(peer->local_tag, sizeof peer->local_tag, BEL_STR("peer"));
	peer->remote_tag[0] = '\0';
	peer_ask(peer, "INVITE", 1, lines, body);
}

/* What the phone answered last tells its tag. */
static inline void peer_learn(struct peer *peer)
{
	peer_keep(peer->remote_tag, sizeof peer->remote_tag, bel_sip_to(&peer->msg)->tag);
}

/* The RAck that names the reliable answer heard last. */
static inline void peer_write_rack(char *buf, size_t size, struct peer *peer)
{
	struct bel_writer writer = bel_writer_init(buf, size - 1);

	bel_write_lit(&writer, "RAck: ");
	bel_write_str(&writer, bel_sip_value(&peer->msg, BEL_SIP_H_RSEQ));
	bel_write_lit(&writer, " 1 INVITE\r\n");
	buf[writer.len] = '\0';
}

static inline void peer_prack(struct peer *peer, unsigned cseq, const char *body)
{
	char rack[64];

	peer_write_rack(rack, sizeof rack, peer);
	peer_ask(peer, "PRACK", cseq, rack, body);
}

#endif
