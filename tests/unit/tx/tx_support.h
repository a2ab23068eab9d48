/* SPDX-License-Identifier: Apache-2.0
 * A bench for transactions: a simulated loop, a table, one transaction, and a log of what
 * it did, with the times. */
#ifndef BEL_TESTS_TX_SUPPORT_H
#define BEL_TESTS_TX_SUPPORT_H

#include "support/support.h"

#include "io/sim.h"
#include "tx/tx.h"

enum { T1 = 500, T2 = 4000, T4 = 5000, LOG_BYTES = 4096 };

struct bench {
	struct bel_sim *sim;
	struct bel_loop *loop;
	struct bel_tx_table *table;
	struct bel_arena arena;
	struct bel_tx tx;
	/* "500 INVITE\n": when, and the method or status of what left; "32000 !timed
	 * out", "10 <200" and "37000 end" for what the user was told. */
	char log[LOG_BYTES];
	struct bel_writer writer;
	enum bel_err send_err;
	char last_sent[2048];
	size_t last_sent_len;
};

static inline struct bench *bench_of(struct bel_tx *tx)
{
	return tx->user;
}

static inline void log_line(struct bench *bench, const char *mark, bel_str text)
{
	bel_write_u64(&bench->writer, bel_loop_now_ms(bench->loop));
	bel_write_char(&bench->writer, ' ');
	bel_write_text(&bench->writer, mark);
	bel_write_str(&bench->writer, text);
	bel_write_char(&bench->writer, '\n');
}

/* The first word of a request; the second of a response. */
static inline bel_str name_of(bel_str bytes)
{
	struct bel_cursor cursor = bel_cursor_init(bytes);

	if (bel_str_has_prefix(bytes, BEL_STR("SIP/2.0 ")))
		bel_cursor_skip(&cursor, 8);
	return bel_cursor_until_char(&cursor, ' ');
}

static inline enum bel_err bench_send(struct bel_tx *tx, bel_str bytes)
{
	struct bench *bench = bench_of(tx);

	log_line(bench, bench->send_err ? "-" : "", name_of(bytes));
	bench->last_sent_len = bytes.len < sizeof bench->last_sent
				       ? bytes.len
				       : sizeof bench->last_sent;
	memcpy(bench->last_sent, bytes.ptr, bench->last_sent_len);
	return bench->send_err;
}

static inline void bench_on_message(struct bel_tx *tx, struct bel_sip_msg *msg)
{
	log_line(bench_of(tx), "<", name_of(msg->bytes));
}

static inline void bench_on_failure(struct bel_tx *tx, enum bel_err err)
{
	log_line(bench_of(tx), "!", bel_str_from(bel_err_text(err)));
}

static inline void bench_on_end(struct bel_tx *tx)
{
	log_line(bench_of(tx), "end", BEL_STR_NONE);
}

static const struct bel_tx_port bench_port = { .send = bench_send,
					       .on_message = bench_on_message,
					       .on_failure = bench_on_failure,
					       .on_end = bench_on_end };

static inline struct bench *open_bench(void)
{
	struct bench *bench = calloc(1, sizeof *bench);
	bel_addr ip = bel_addr_v4(192, 0, 2, 1, 0);
	struct bel_tx_table_opts opts = { 0 };

	assert_non_null(bench);
	bench->sim = bel_sim_new(1, NULL);
	assert_int_equal(
		bel_sim_loop(&bench->loop, bel_sim_node_new(bench->sim, "bench", &ip)),
		BEL_OK);
	opts.loop = bench->loop;
	assert_int_equal(bel_tx_table_open(&bench->table, &opts), BEL_OK);
	bel_arena_init(&bench->arena, NULL, 0, 1 << 20);
	bench->writer = bel_writer_init(bench->log, sizeof bench->log);
	return bench;
}

static inline void close_bench(struct bench *bench)
{
	bel_tx_table_close(bench->table);
	bel_arena_fini(&bench->arena);
	bel_loop_close(bench->loop);
	bel_sim_free(bench->sim);
	free(bench);
}

static inline void run_to(struct bench *bench, uint64_t ms)
{
	bel_sim_run(bench->sim, ms);
}

/* What was done since it was last asked. */
#define assert_log(bench, text)                                                          \
	do {                                                                             \
		assert_str(bel_writer_str(&(bench)->writer), (text));                    \
		(bench)->writer.len = 0;                                                 \
	} while (0)

#define assert_state(bench, expected)                                                    \
	assert_string_equal(bel_tx_state_name((bench)->tx.state), (expected))

static inline struct bel_sip_msg *parse_message(struct bench *bench, bel_str bytes)
{
	struct bel_sip_msg *msg = bel_arena_zalloc(&bench->arena, sizeof *msg);
	struct bel_sip_refusal why;

	assert_non_null(msg);
	assert_int_equal(bel_sip_parse(msg, &bench->arena,
				       bel_arena_copy(&bench->arena, bytes), &why),
			 BEL_OK);
	return msg;
}

/* What differs between the requests of a test; NULL: as usual. */
struct sample {
	const char *method, *uri, *via, *from_tag, *to_tag, *call_id, *extra;
	unsigned cseq; /* 0: 1 */
	const char *cseq_method;
};

static inline const char *or_else(const char *text, const char *usual)
{
	return text ? text : usual;
}

static inline void write_common(struct bel_writer *writer, const struct sample *sample)
{
	const char *method = or_else(sample->method, "INVITE");

	bel_write_format(writer, "Via: %s\r\n",
			 or_else(sample->via, "SIP/2.0/UDP a.test;branch=z9hG4bK1"));
	bel_write_format(writer, "From: <sip:a@a.test>;tag=%s\r\n",
			 or_else(sample->from_tag, "f1"));
	bel_write_format(writer, "To: <sip:b@b.test>%s%s\r\n",
			 sample->to_tag ? ";tag=" : "", or_else(sample->to_tag, ""));
	bel_write_format(writer, "Call-ID: %s\r\n", or_else(sample->call_id, "c1"));
	bel_write_format(writer, "CSeq: %u %s\r\n", sample->cseq ? sample->cseq : 1,
			 or_else(sample->cseq_method, method));
	bel_write_format(writer, "Max-Forwards: 70\r\n%sContent-Length: 0\r\n\r\n",
			 or_else(sample->extra, ""));
}

static inline bel_str make_request(struct bench *bench, const struct sample *sample)
{
	char buf[2048];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	bel_write_format(&writer, "%s %s SIP/2.0\r\n", or_else(sample->method, "INVITE"),
			 or_else(sample->uri, "sip:b@b.test"));
	write_common(&writer, sample);
	assert_int_equal(bel_writer_check(&writer), BEL_OK);
	return bel_arena_copy(&bench->arena, bel_writer_str(&writer));
}

static inline bel_str make_response(struct bench *bench, unsigned status,
				    const struct sample *sample)
{
	char buf[2048];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	bel_write_format(&writer, "SIP/2.0 %u Reason\r\n", status);
	write_common(&writer, sample);
	assert_int_equal(bel_writer_check(&writer), BEL_OK);
	return bel_arena_copy(&bench->arena, bel_writer_str(&writer));
}

#endif
