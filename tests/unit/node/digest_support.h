/* SPDX-License-Identifier: Apache-2.0
 * Requests with credentials at a stage. */
#ifndef BEL_TESTS_NODE_DIGEST_SUPPORT_H
#define BEL_TESTS_NODE_DIGEST_SUPPORT_H

#include "auth/auth.h"
#include "unit/node/node_support.h"

/* A request; NULL is what is usual: REGISTER of alice@example.com. */
struct ask {
	const char *method, *uri, *from, *to, *call_id, *lines;
	unsigned cseq;
};

static inline const char *or_else(const char *text, const char *usual)
{
	return text ? text : usual;
}

static inline void write_ask(struct bel_writer *writer, const struct ask *ask,
			     bel_str credentials)
{
	const char *method = or_else(ask->method, "REGISTER");

	bel_write_format(writer,
			 "%s %s SIP/2.0\r\n"
			 "Via: SIP/2.0/UDP 192.0.2.2;rport;branch=z9hG4bK%s%u%zu\r\n"
			 "From: <%s>;tag=f\r\nTo: <%s>\r\nCall-ID: %s\r\n"
			 "CSeq: %u %s\r\nMax-Forwards: 70\r\n"
			 "Contact: <sip:phone@192.0.2.2>\r\n%s",
			 method, or_else(ask->uri, "sip:example.com"), method, ask->cseq,
			 credentials.len, or_else(ask->from, "sip:alice@example.com"),
			 or_else(ask->to, "sip:alice@example.com"),
			 or_else(ask->call_id, "call"), ask->cseq, method,
			 or_else(ask->lines, ""));
	bel_write_str(writer, credentials);
	bel_write_lit(writer, "Content-Length: 0\r\n\r\n");
	assert_false(writer->is_full);
}

static inline void send_ask(struct stage *stage, const struct ask *ask,
			    bel_str credentials)
{
	char text[8192];
	struct bel_writer writer = bel_writer_init(text, sizeof text);

	write_ask(&writer, ask, credentials);
	throw_bytes(stage, bel_writer_str(&writer));
}

/* The line that answers the challenge of the last answer. */
static inline bel_str answer_challenge(struct stage *stage, char *buf, size_t size,
				       const struct ask *ask, const char *user,
				       const char *password)
{
	struct bel_writer writer = bel_writer_init(buf, size);
	const struct bel_auth_account account = { .username = bel_str_from(user),
						  .password = bel_str_from(password) };
	struct bel_sip_msg *msg = calloc(1, sizeof *msg);
	struct bel_sip_refusal why;
	struct bel_crypto *crypto;
	struct bel_arena arena;

	bel_arena_init(&arena, NULL, 0, 1 << 16);
	assert_int_equal(bel_crypto_open(&crypto), BEL_OK);
	assert_int_equal(
		bel_sip_parse(msg, &arena,
			      (bel_str){ stage->answer.bytes, stage->answer.len }, &why),
		BEL_OK);
	assert_int_equal(
		bel_auth_answer(&writer, crypto, msg, &account,
				bel_str_from(or_else(ask->method, "REGISTER")),
				bel_str_from(or_else(ask->uri, "sip:example.com")),
				BEL_STR_NONE, BEL_STR("cnonce"), 1),
		BEL_OK);
	bel_crypto_close(crypto);
	bel_arena_fini(&arena);
	free(msg);
	return bel_writer_str(&writer);
}

/* Asks, is challenged, and asks again with credentials. */
static inline unsigned ask_as(struct stage *stage, const struct ask *ask,
			      const char *user, const char *password)
{
	struct ask again = *ask;
	char line[1024];

	send_ask(stage, ask, BEL_STR_NONE);
	if (status_of(stage) != 401 && status_of(stage) != 407)
		return status_of(stage);
	bel_str credentials = answer_challenge(stage, line, sizeof line, ask, user,
					       password);
	again.cseq++;
	send_ask(stage, &again, credentials);
	return status_of(stage);
}

#endif
