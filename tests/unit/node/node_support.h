/* SPDX-License-Identifier: Apache-2.0
 * One server with a configuration of the test's, a peer who throws bytes at it, and
 * everything that the server sends. */
#ifndef BEL_TESTS_NODE_SUPPORT_H
#define BEL_TESTS_NODE_SUPPORT_H

#include "support/support.h"

#include "io/sim.h"
#include "node/node.h"

enum { SENT_BYTES = 8192, LOG_RECORDS_BYTES = 1 << 16 };

/* Something that the server sent. */
struct sent {
	unsigned count;
	bel_addr to;
	char bytes[SENT_BYTES];
	size_t len;
};

struct stage {
	struct bel_sim *sim;
	struct bel_sim_node *server_node, *peer_node;
	struct bel_loop *loop, *peer_loop;
	struct bel_conf *conf;
	struct bel_node *node;
	struct bel_udp *udp;
	struct sent answer; /* to the peer: the last response */
	struct sent other;  /* the last request, to whomever */
	struct sent stray;  /* the last response to anybody else */
	struct bel_log log;
	/* values of log records, one a line */
	char records[LOG_RECORDS_BYTES];
	struct bel_writer records_writer;
};

static inline bel_addr at(uint8_t d, uint16_t port)
{
	return bel_addr_v4(192, 0, 2, d, port);
}

static inline void keep_sent(struct sent *sent, const struct bel_sim_packet *packet)
{
	sent->count++;
	sent->to = packet->to;
	sent->len = packet->bytes.len < SENT_BYTES - 1 ? packet->bytes.len
						       : SENT_BYTES - 1;
	memcpy(sent->bytes, packet->bytes.ptr, sent->len);
	sent->bytes[sent->len] = '\0';
}

static inline void stage_on_packet(void *user, const struct bel_sim_packet *packet)
{
	struct stage *stage = user;
	const bel_addr server = at(1, 0), peer = at(2, 0);

	if (!bel_addr_is_same_host(&packet->from, &server))
		return;
	if (!bel_str_has_prefix(packet->bytes, BEL_STR("SIP/2.0 ")))
		keep_sent(&stage->other, packet);
	else if (bel_addr_is_same_host(&packet->to, &peer))
		keep_sent(&stage->answer, packet);
	else
		keep_sent(&stage->stray, packet);
}

static inline void stage_on_log(void *user, enum bel_log_level level, const char *text,
				const struct bel_log_field *fields, unsigned count)
{
	struct stage *stage = user;

	(void)level;
	bel_write_text(&stage->records_writer, text);
	for (unsigned i = 0; i < count; i++) {
		bel_write_lit(&stage->records_writer, " ");
		bel_write_text(&stage->records_writer, fields[i].name);
		bel_write_lit(&stage->records_writer, "=");
		bel_write_escaped(&stage->records_writer, fields[i].value);
	}
	bel_write_lit(&stage->records_writer, "\n");
}

static inline void stage_on_datagrams(void *user, struct bel_udp *udp,
				      struct bel_datagram *datagrams, unsigned count)
{
	(void)user;
	(void)udp;
	(void)datagrams;
	(void)count;
}

static inline struct bel_conf *load_conf(const char *text)
{
	struct bel_conf_report *report = malloc(sizeof *report);
	struct bel_conf *conf = NULL;

	assert_non_null(report);
	bel_conf_report_init(report);
	if (bel_conf_load(&conf, report,
			  &(struct bel_conf_opts){ .text = bel_str_from(text) }))
		fail_msg("line %u: %.*s", report->problems[0].line,
			 BEL_STR_ARG(report->problems[0].text));
	bel_conf_report_fini(report);
	free(report);
	return conf;
}

/* conf says everything but where to listen: that is 192.0.2.1:5060. */
static inline struct stage *open_stage(const char *conf)
{
	static const struct bel_sim_net net = { .delay_min_ms = 1, .delay_max_ms = 1 };
	struct stage *stage = calloc(1, sizeof *stage);
	const bel_addr server = at(1, 0), peer = at(2, 0);
	struct bel_node_failure failure;
	char text[4096];

	assert_non_null(stage);
	stage->sim = bel_sim_new(3, &net);
	stage->server_node = bel_sim_node_new(stage->sim, "server", &server);
	stage->peer_node = bel_sim_node_new(stage->sim, "peer", &peer);
	assert_int_equal(bel_sim_loop(&stage->loop, stage->server_node), BEL_OK);
	assert_int_equal(bel_sim_loop(&stage->peer_loop, stage->peer_node), BEL_OK);
	bel_sim_on_packet(stage->sim, stage_on_packet, stage);
	stage->log = (struct bel_log){ .write = stage_on_log, .user = stage };
	stage->records_writer = bel_writer_init(stage->records, sizeof stage->records);
	snprintf(text, sizeof text, "listen udp,tcp 192.0.2.1:5060\n%s", conf);
	stage->conf = load_conf(text);
	if (bel_node_open(&stage->node, &failure,
			  &(struct bel_node_opts){ .conf = stage->conf,
						   .loops = &stage->loop,
						   .workers = 1,
						   .log = &stage->log }))
		fail_msg("the server does not open: %s", failure.text);
	const struct bel_udp_opts udp = { .local = at(2, 5060),
					  .on_datagrams = stage_on_datagrams,
					  .user = stage };
	assert_int_equal(bel_udp_open(&stage->udp, stage->peer_loop, &udp), BEL_OK);
	return stage;
}

static inline void close_stage(struct stage *stage)
{
	bel_udp_close(stage->udp);
	bel_node_close(stage->node);
	bel_conf_unref(stage->conf);
	bel_loop_close(stage->loop);
	bel_loop_close(stage->peer_loop);
	bel_sim_free(stage->sim);
	free(stage);
}

static inline void run_for(struct stage *stage, uint64_t ms)
{
	bel_sim_run(stage->sim, bel_sim_now_ms(stage->sim) + ms);
}

/* A datagram, and what comes of it within a quarter of a second. */
static inline void throw_bytes(struct stage *stage, bel_str bytes)
{
	bel_addr server = at(1, 5060);

	stage->answer.count = stage->other.count = stage->stray.count = 0;
	stage->answer.len = stage->other.len = 0;
	stage->answer.bytes[0] = stage->other.bytes[0] = '\0';
	assert_int_equal(bel_udp_send(stage->udp, &server, NULL, bytes), BEL_OK);
	run_for(stage, 250);
}

/* Of the last answer; 0: there was none. */
static inline unsigned status_of(const struct stage *stage)
{
	uint64_t status = 0;

	if (stage->answer.count)
		bel_str_to_u64(&status, (bel_str){ stage->answer.bytes + 8, 3 }, 999);
	return (unsigned)status;
}

static inline uint64_t counter_value(struct stage *stage, const char *name);

struct counter_search {
	const char *name;
	uint64_t value;
	bool is_found;
};

static inline void stage_on_counter(void *user, const struct bel_node_counter *counter)
{
	struct counter_search *search = user;

	if (strcmp(counter->name, search->name) != 0)
		return;
	search->value = counter->value;
	search->is_found = true;
}

static inline uint64_t counter_value(struct stage *stage, const char *name)
{
	struct counter_search search = { .name = name };

	bel_node_counters(stage->node, stage_on_counter, &search);
	assert_true(search.is_found);
	return search.value;
}

#endif
