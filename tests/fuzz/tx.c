/* SPDX-License-Identifier: Apache-2.0
 * Bytes choose events on the four machines, through the executor and its timers, in
 * virtual time. The first byte says which ends are reliable; each further one an event:
 * two bits for the machine, three for what happens, three for how much time passes then.
 * Whatever happens, every transaction ends once, and nothing is sent after its end. */
#include <stdlib.h>
#include "io/sim.h"
#include "tx/tx.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { EVENTS_MAX = 400, FOR_EVER_MS = 400000 };

struct machine {
	struct bel_tx tx;
	struct bench *bench;
	bool is_client, is_invite, is_over, must_fail;
	bool is_final; /* server: a final response was given */
	unsigned sends;
};

struct bench {
	struct bel_sim *sim;
	struct bel_loop *loop;
	struct bel_tx_table *table;
	struct bel_arena arena;
	struct machine machines[BEL_TX_KIND_COUNT];
	struct bel_sip_msg msg;
};

static void require(bool is_true)
{
	if (!is_true)
		abort();
}

static enum bel_err on_send(struct bel_tx *tx, bel_str bytes)
{
	struct machine *machine = tx->user;

	require(!machine->is_over && bytes.len);
	machine->sends++;
	return machine->must_fail ? BEL_ERR_CLOSED : BEL_OK;
}

static void on_message(struct bel_tx *tx, struct bel_sip_msg *msg)
{
	struct machine *machine = tx->user;

	require(!machine->is_over && msg->is_request != machine->is_client);
}

static void on_failure(struct bel_tx *tx, enum bel_err err)
{
	require(!((struct machine *)tx->user)->is_over && err);
}

static void on_end(struct bel_tx *tx)
{
	struct machine *machine = tx->user;

	require(!machine->is_over);
	machine->is_over = true;
}

static const struct bel_tx_port port = { .send = on_send,
					 .on_message = on_message,
					 .on_failure = on_failure,
					 .on_end = on_end };

/* Request, or response with a status, of a machine; "ACK" for that of an INVITE. */
static struct bel_sip_msg *make(struct bench *bench, const struct machine *machine,
				const char *method, unsigned status)
{
	char buf[512];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	struct bel_sip_refusal why;

	if (status)
		bel_write_format(&writer, "SIP/2.0 %u x\r\n", status);
	else
		bel_write_format(&writer, "%s sip:b@b.test SIP/2.0\r\n", method);
	bel_write_format(&writer,
			 "Via: SIP/2.0/UDP a.test;branch=z9hG4bK%u\r\n"
			 "From: <sip:a@a.test>;tag=f\r\nTo: <sip:b@b.test>;tag=t\r\n"
			 "Call-ID: c\r\nCSeq: 1 %s\r\nMax-Forwards: 70\r\n"
			 "Content-Length: 0\r\n\r\n",
			 (unsigned)(machine - bench->machines), method);
	require(!bel_sip_parse(&bench->msg, &bench->arena,
			       bel_arena_copy(&bench->arena, bel_writer_str(&writer)),
			       &why));
	return &bench->msg;
}

static const char *method_of(const struct machine *machine)
{
	return machine->is_invite ? "INVITE" : "MESSAGE";
}

static void start(struct bench *bench, unsigned index, bool is_reliable)
{
	static const bel_str branches[] = { { "z9hG4bK0", 8 }, { "z9hG4bK1", 8 } };
	struct machine *machine = &bench->machines[index];
	struct bel_sip_msg *msg;

	machine->bench = bench;
	machine->is_invite = index == BEL_TX_INVITE_CLIENT ||
			     index == BEL_TX_INVITE_SERVER;
	machine->is_client = index == BEL_TX_INVITE_CLIENT ||
			     index == BEL_TX_NON_INVITE_CLIENT;
	msg = make(bench, machine, method_of(machine), 0);
	if (!machine->is_client) {
		const struct bel_tx_server_opts opts = { .port = &port,
							 .user = machine,
							 .arena = &bench->arena,
							 .is_reliable = is_reliable };
		require(!bel_tx_server_start(&machine->tx, bench->table, msg, &opts));
		return;
	}
	const struct bel_tx_client_opts opts = { .port = &port,
						 .user = machine,
						 .arena = &bench->arena,
						 .branch = branches[index],
						 .request = msg->bytes,
						 .method = msg->method,
						 .is_reliable = is_reliable };
	bel_tx_client_start(&machine->tx, bench->table, &opts);
}

static void respond(struct machine *machine, uint16_t status)
{
	bel_tx_respond(&machine->tx, status, BEL_STR("SIP/2.0 200 OK\r\n\r\n"));
	machine->is_final |= status >= 200;
}

/* By the table, as the node does it. */
static void receive_request(struct bench *bench, struct machine *machine,
			    const char *method)
{
	struct bel_sip_msg *msg = make(bench, machine, method, 0);
	struct bel_tx *tx = bel_tx_find_server(bench->table, msg);

	if (tx) {
		require(tx == &machine->tx && !machine->is_over);
		bel_tx_on_request(tx, msg);
	}
}

static void receive_response(struct bench *bench, struct machine *machine,
			     uint16_t status)
{
	struct bel_sip_msg *msg = make(bench, machine, method_of(machine), status);
	struct bel_tx *tx = bel_tx_find_client(bench->table, msg);

	if (tx) {
		require(tx == &machine->tx && !machine->is_over);
		bel_tx_on_response(tx, msg);
	}
}

static void act_on_server(struct bench *bench, struct machine *machine, unsigned event)
{
	switch (event) {
	case 0:
		receive_request(bench, machine, method_of(machine));
		break;
	case 1:
		receive_request(bench, machine, "ACK");
		break;
	case 2:
		respond(machine, 180);
		break;
	case 3:
		respond(machine, 200);
		break;
	case 4:
		respond(machine, 486);
		break;
	case 5:
		bel_tx_on_unreachable(&machine->tx, BEL_ERR_CLOSED);
		break;
	case 6:
		machine->must_fail = !machine->must_fail;
		break;
	default:
		break;
	}
}

static void act_on_client(struct bench *bench, struct machine *machine, unsigned event)
{
	static const uint16_t statuses[] = { 100, 180, 200, 302, 486 };

	if (event < BEL_COUNT_OF(statuses))
		receive_response(bench, machine, statuses[event]);
	else if (event == 5)
		bel_tx_on_unreachable(&machine->tx, BEL_ERR_TIMEOUT);
	else if (event == 6)
		machine->must_fail = !machine->must_fail;
	else
		bel_tx_abandon(&machine->tx);
}

static void act(struct bench *bench, uint8_t byte)
{
	static const unsigned pauses_ms[] = { 0, 1, 10, 499, 500, 4000, 5000, 32000 };
	struct machine *machine = &bench->machines[byte & 3];

	if (!machine->is_over && machine->is_client)
		act_on_client(bench, machine, byte >> 2 & 7);
	else if (!machine->is_over)
		act_on_server(bench, machine, byte >> 2 & 7);
	if (byte >> 5)
		bel_sim_run(bench->sim,
			    bel_sim_now_ms(bench->sim) + pauses_ms[byte >> 5]);
}

/* What waits for its user alone is ended by him; all else ends by itself. */
static void end_all(struct bench *bench)
{
	for (unsigned i = 0; i < BEL_TX_KIND_COUNT; i++) {
		struct machine *machine = &bench->machines[i];
		if (machine->is_over)
			continue;
		if (!machine->is_client && !machine->is_final)
			respond(machine, 500);
		if (machine->is_client && machine->tx.state == BEL_TX_PROCEEDING)
			bel_tx_abandon(&machine->tx);
	}
	bel_sim_run(bench->sim, bel_sim_now_ms(bench->sim) + FOR_EVER_MS);
	for (unsigned i = 0; i < BEL_TX_KIND_COUNT; i++)
		require(bench->machines[i].is_over);
	require(bel_tx_table_count(bench->table) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const bel_addr ip = bel_addr_v4(192, 0, 2, 1, 0);
	struct bench *bench = calloc(1, sizeof *bench);
	struct bel_tx_table_opts opts = { 0 };

	if (!bench || !size) {
		free(bench);
		return 0;
	}
	bench->sim = bel_sim_new(1, NULL);
	require(!bel_sim_loop(&bench->loop, bel_sim_node_new(bench->sim, "a", &ip)));
	opts.loop = bench->loop;
	require(!bel_tx_table_open(&bench->table, &opts));
	bel_arena_init(&bench->arena, NULL, 0, 1 << 20);
	for (unsigned i = 0; i < BEL_TX_KIND_COUNT; i++)
		start(bench, i, data[0] >> i & 1);
	for (size_t i = 1; i < size && i <= EVENTS_MAX; i++)
		act(bench, data[i]);
	end_all(bench);
	bel_tx_table_close(bench->table);
	bel_arena_fini(&bench->arena);
	bel_loop_close(bench->loop);
	bel_sim_free(bench->sim);
	free(bench);
	return 0;
}
