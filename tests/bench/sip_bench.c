/* SPDX-License-Identifier: Apache-2.0
 * The codec on messages, for callgrind and for the clock:
 *   bench_sip ROUNDS FILE...
 * Every operation on every message: once to look at what comes out of it, then ROUNDS
 * times inside `measured`, which tests/bench/instructions.sh counts. A line is the name
 * of the message, the operation and nanoseconds for one round.
 *
 *   split      the index: start line, lines, names, body
 *   core       and every check of bel_sip_validate: Request-URI, each Via, From, To,
 *              Call-ID, CSeq, Max-Forwards, each Contact and Route as structures
 *   all        and every other header, each value of a list
 *   serialise  the message written anew from those structures
 *   forward    core, then Request-URI, Via, Record-Route, Max-Forwards, and the source
 *              in the topmost Via (of a response: its topmost Via gone)
 *   trying     core, then the 100 (requests) */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "sip_decode.h"

struct bench {
	bel_str bytes;
	struct bel_sip_msg msg;
	struct bel_sip_splice splice;
	struct bench_decoded decoded;
	char out[2 * 65536];
	bel_str made; /* what the operation has written */
};

static bool split(struct bench *bench)
{
	struct bel_sip_refusal why;

	return !bel_sip_parse(&bench->msg, NULL, bench->bytes, &why);
}

static bool core(struct bench *bench)
{
	struct bel_sip_refusal why;

	return split(bench) && !bel_sip_validate(&bench->msg, &why);
}

static bool all(struct bench *bench)
{
	return core(bench) && bench_decode(&bench->decoded, &bench->msg);
}

/* Of the message that the operation before has taken apart. */
static bool serialise(struct bench *bench)
{
	struct bel_writer writer = bel_writer_init(bench->out, sizeof bench->out);

	bench_serialise(&writer, &bench->msg, &bench->decoded);
	bench->made = bel_writer_str(&writer);
	return !bel_writer_check(&writer);
}

static void edit_request(struct bel_sip_splice *splice)
{
	bel_addr source = bel_addr_v4(192, 0, 2, 1, 5060);

	bel_sip_splice_uri(splice, BEL_STR("sip:bob@192.0.2.4:5060"));
	bel_sip_splice_via_source(splice, &source);
	bel_sip_splice_insert(
		splice, BEL_SIP_H_VIA,
		BEL_STR("SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bK0123456789"));
	bel_sip_splice_insert(splice, BEL_SIP_H_RECORD_ROUTE,
			      BEL_STR("<sip:192.0.2.9;lr>"));
	bel_sip_splice_set_number(splice, BEL_SIP_H_MAX_FORWARDS, 69);
}

static bool forward(struct bench *bench)
{
	struct bel_writer writer = bel_writer_init(bench->out, sizeof bench->out);

	if (!core(bench))
		return false;
	bel_sip_splice_init(&bench->splice, &bench->msg);
	if (bench->msg.is_request)
		edit_request(&bench->splice);
	else
		bel_sip_splice_remove_value(&bench->splice, BEL_SIP_H_VIA, 0);
	if (bel_sip_splice_write(&writer, &bench->splice))
		return false;
	bench->made = bel_writer_str(&writer);
	return true;
}

static bool trying(struct bench *bench)
{
	struct bel_writer writer = bel_writer_init(bench->out, sizeof bench->out);
	bel_addr source = bel_addr_v4(192, 0, 2, 1, 5060);
	struct bel_sip_reply reply = { .status = 100, .source = &source };

	if (!core(bench) || bel_sip_respond(&writer, &bench->msg, &reply))
		return false;
	bench->made = bel_writer_str(&writer);
	return true;
}

/* ---- what came out ---- */

static bool is_split(const struct bench *bench)
{
	const struct bel_sip_msg *msg = &bench->msg;

	return msg->fields_count >= 7 &&
	       msg->body_start + msg->body_len == msg->bytes.len;
}

static bool is_decoded(const struct bench *bench)
{
	return bench->decoded.values_count >= bench->msg.fields_count;
}

static size_t pass_taste(bel_str text, size_t at)
{
	while (at < text.len && (text.ptr[at] == ' ' || text.ptr[at] == '"'))
		at++;
	return at;
}

/* Byte for byte, but for what is a matter of taste: a blank after a comma, quotes around
 * a name. */
static bool is_same(const struct bench *bench)
{
	bel_str a = bench->made, b = bench->bytes;
	size_t i = pass_taste(a, 0), k = pass_taste(b, 0);

	while (i < a.len && k < b.len && a.ptr[i] == b.ptr[k]) {
		i = pass_taste(a, i + 1);
		k = pass_taste(b, k + 1);
	}
	return i == a.len && k == b.len;
}

/* What was made, read again. */
static bool read_again(struct bel_sip_msg *out, const struct bench *bench)
{
	struct bel_sip_refusal why;

	return !bel_sip_parse(out, NULL, bench->made, &why) &&
	       !bel_sip_validate(out, &why) &&
	       bel_str_is_equal(bel_sip_call_id(out), bel_sip_call_id(&bench->msg));
}

static bool is_forwarded(const struct bench *bench)
{
	static struct bel_sip_msg again;
	uint32_t hops;

	if (!bench->msg.is_request) {
		bel_sip_parse(&again, NULL, bench->made, &(struct bel_sip_refusal){ 0 });
		return again.fields_count + 1 == bench->msg.fields_count;
	}
	return read_again(&again, bench) &&
	       bel_str_is_equal(again.uri_text, BEL_STR("sip:bob@192.0.2.4:5060")) &&
	       bel_sip_vias_count(&again) == bel_sip_vias_count(&bench->msg) + 1 &&
	       !bel_sip_number(&hops, &again, BEL_SIP_H_MAX_FORWARDS, 255) &&
	       hops == 69 &&
	       bel_str_is_equal(bel_sip_value(&again, BEL_SIP_H_RECORD_ROUTE),
				BEL_STR("<sip:192.0.2.9;lr>")) &&
	       bel_str_is_equal(bel_sip_body(&again), bel_sip_body(&bench->msg));
}

static bool is_trying(const struct bench *bench)
{
	static struct bel_sip_msg again;

	return read_again(&again, bench) && again.status == 100 &&
	       bel_sip_via(&again)->received.len &&
	       bel_sip_vias_count(&again) == bel_sip_vias_count(&bench->msg);
}

static const struct operation {
	const char *name;
	bool (*run)(struct bench *bench);
	bool (*is_right)(const struct bench *bench);
	bool is_for_responses;
} operations[] = {
	{ "split", split, is_split, true },
	{ "core", core, is_split, true },
	{ "all", all, is_decoded, true },
	{ "serialise", serialise, is_same, true },
	{ "forward", forward, is_forwarded, true },
	{ "trying", trying, is_trying, false },
};

/* Its name is what callgrind is told to collect, so it is a function of its own. */
bool measured(bool (*run)(struct bench *bench), struct bench *bench, unsigned rounds);
__attribute__((noinline)) bool measured(bool (*run)(struct bench *bench),
					struct bench *bench, unsigned rounds)
{
	bool is_good = true;

	while (rounds--)
		is_good &= run(bench);
	return is_good;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static bool run(const struct operation *operation, struct bench *bench, const char *file,
		unsigned rounds)
{
	if (!operation->run(bench) || !operation->is_right(bench)) {
		fprintf(stderr, "%s: %s went wrong\n", file, operation->name);
		return false;
	}
	uint64_t began_ns = now_ns();
	if (!measured(operation->run, bench, rounds))
		return false;
	const char *slash = strrchr(file, '/');
	printf("%s %s %.0f\n", slash ? slash + 1 : file, operation->name,
	       (double)(now_ns() - began_ns) / rounds);
	return true;
}

static bool run_file(const char *file, unsigned rounds)
{
	static struct bench bench;
	static char bytes[65536];
	FILE *in = fopen(file, "rb");
	bool is_good = true;

	if (!in) {
		fprintf(stderr, "%s: cannot be read\n", file);
		return false;
	}
	bench.bytes = (bel_str){ bytes, fread(bytes, 1, sizeof bytes, in) };
	fclose(in);
	for (unsigned i = 0; is_good && i < BEL_COUNT_OF(operations); i++)
		if (operations[i].is_for_responses ||
		    (bench.msg.is_request && bench.msg.method != BEL_SIP_ACK))
			is_good = run(&operations[i], &bench, file, rounds);
	return is_good;
}

int main(int argc, char **argv)
{
	uint64_t rounds = 0;
	bool is_good = true;

	if (argc < 3 || bel_str_to_u64(&rounds, bel_str_from(argv[1]), UINT32_MAX) ||
	    !rounds) {
		fprintf(stderr, "usage: bench_sip ROUNDS FILE...\n");
		return 2;
	}
	for (int i = 2; i < argc; i++)
		is_good &= run_file(argv[i], (unsigned)rounds);
	return !is_good;
}
