/* SPDX-License-Identifier: Apache-2.0
 * Commands: what each needs, and what it does. */
#include "ng/ng_int.h"

/* ---- finding ---- */

/* The call in which from-tag is one side's. A fork that is heard of for the first time
 * takes the place of the one before: the same offer was for both. */
static bel_relay_call find_call(const struct bel_ng_request *request,
				enum bel_relay_side *side)
{
	const struct bel_relay *relay = request->ng->opts.relay;
	bel_relay_call call = bel_relay_find(relay, side, request->call_id,
					     request->from_tag, request->to_tag);

	return call ? call
		    : bel_relay_find(relay, side, request->call_id, request->from_tag,
				     BEL_STR_NONE);
}

static void on_call(void *user, bel_relay_call call)
{
	struct bel_ng_calls *calls = user;

	if (calls->count < BEL_NG_CALLS_MAX)
		calls->calls[calls->count++] = call;
}

/* Those that are asked about: without tags all with that Call-ID. A tag that does not
 * agree is that of another fork. */
static void collect(struct bel_ng_calls *out, const struct bel_ng_request *request)
{
	const struct bel_relay *relay = request->ng->opts.relay;

	out->count = 0;
	if (!request->from_tag.len) {
		bel_relay_each(relay, request->call_id, on_call, out);
		return;
	}
	out->calls[0] = bel_relay_find(relay, NULL, request->call_id, request->from_tag,
				       request->to_tag);
	out->count = out->calls[0] != 0;
}

/* ---- beginning ---- */

static const struct bel_ng_face *face_for(const struct bel_ng *ng, uint8_t family)
{
	for (unsigned i = 0; i < ng->opts.faces_count; i++)
		if (ng->opts.faces[i].own.family == family)
			return &ng->opts.faces[i];
	return &ng->opts.faces[0];
}

static enum bel_err begin(bel_relay_call *out, const struct bel_ng_request *request)
{
	const struct bel_ng_flags *flags = &request->flags;
	const struct bel_ng_face *caller = face_for(request->ng, flags->signal.family);
	const struct bel_ng_face *callee = flags->family
						   ? face_for(request->ng, flags->family)
						   : caller;
	const struct bel_relay_names names = { request->call_id, request->from_tag,
					       request->to_tag };
	const struct bel_relay_place places[BEL_RELAY_SIDES] = {
		{ caller->own, caller->outer, flags->signal },
		{ callee->own, callee->outer, { .family = 0 } },
	};

	return bel_relay_new(out, request->ng->opts.relay, &names, places);
}

/* Of a side that speaks now: who it is, and where its signalling comes from. */
static void learn(const struct bel_ng_request *request, bel_relay_call call,
		  enum bel_relay_side side, bel_str tag)
{
	struct bel_relay *relay = request->ng->opts.relay;

	if (side == BEL_RELAY_CALLEE)
		bel_relay_set_callee_tag(relay, call, tag);
	if (request->flags.signal.family)
		bel_relay_set_signal(relay, call, side, &request->flags.signal);
}

/* ---- descriptions ---- */

/* Why a description could not be taken, where it says so itself. */
static enum bel_err refuse(const struct bel_ng_request *request, enum bel_err err,
			   const struct bel_sdp_refusal *why)
{
	if (why->text) {
		bel_write_lit(request->why, "sdp: ");
		bel_sdp_refusal_write(request->why, why);
	}
	return err;
}

static void write_described(const struct bel_ng_request *request,
			    const struct bel_writer *sdp)
{
	bel_bencode_write_lit(request->answer, "result");
	bel_bencode_write_lit(request->answer, "ok");
	bel_bencode_write_lit(request->answer, "sdp");
	bel_bencode_write_str(request->answer, bel_writer_str(sdp));
}

static enum bel_err run_offer(struct bel_ng_request *request)
{
	struct bel_ng *ng = request->ng;
	struct bel_relay *relay = ng->opts.relay;
	struct bel_writer sdp = bel_writer_init(ng->sdp, sizeof ng->sdp);
	struct bel_sdp_refusal why = { .text = NULL };
	enum bel_relay_side from = BEL_RELAY_CALLER;
	bel_relay_call call = find_call(request, &from);
	bool is_new = call == 0;
	enum bel_relay_keying asked;
	enum bel_err err;

	if (is_new) {
		err = begin(&call, request);
		if (err)
			return err;
	} else {
		learn(request, call, from, request->from_tag);
	}
	asked = bel_relay_asked(relay, call, bel_relay_other(from));
	if (request->flags.has_keying)
		bel_relay_ask(relay, call, bel_relay_other(from), request->flags.keying);
	err = bel_relay_offer(&sdp, relay, call, from, request->sdp, &why);
	if (!err) {
		write_described(request, &sdp);
		return BEL_OK;
	}
	if (is_new)
		bel_relay_end(relay, call);
	else
		bel_relay_ask(relay, call, bel_relay_other(from), asked);
	return refuse(request, err, &why);
}

static enum bel_err run_answer(struct bel_ng_request *request)
{
	struct bel_ng *ng = request->ng;
	struct bel_writer sdp = bel_writer_init(ng->sdp, sizeof ng->sdp);
	struct bel_sdp_refusal why = { .text = NULL };
	enum bel_relay_side offerer;
	bel_relay_call call = find_call(request, &offerer);
	enum bel_err err;

	if (!call)
		return BEL_ERR_NOT_FOUND;
	learn(request, call, bel_relay_other(offerer), request->to_tag);
	err = bel_relay_answer(&sdp, ng->opts.relay, call, bel_relay_other(offerer),
			       request->sdp, &why);
	if (err)
		return refuse(request, err, &why);
	write_described(request, &sdp);
	return BEL_OK;
}

/* ---- the other commands ---- */

static enum bel_err run_ping(struct bel_ng_request *request)
{
	bel_bencode_write_lit(request->answer, "result");
	bel_bencode_write_lit(request->answer, "pong");
	return BEL_OK;
}

static enum bel_err run_query(struct bel_ng_request *request)
{
	struct bel_ng_calls calls;

	collect(&calls, request);
	if (!calls.count)
		return BEL_ERR_NOT_FOUND;
	bel_ng_report_calls(request, &calls);
	return BEL_OK;
}

/* Both sides of a proxy may see the end of a call and say so: the second time is no
 * error, unless it is asked to be. */
static enum bel_err run_delete(struct bel_ng_request *request)
{
	struct bel_writer before = *request->answer;
	struct bel_ng_calls calls;

	collect(&calls, request);
	if (!calls.count && request->flags.is_fatal)
		return BEL_ERR_NOT_FOUND;
	if (calls.count)
		bel_ng_report_calls(request, &calls);
	if (!calls.count || bel_writer_check(request->answer)) {
		*request->answer = before;
		bel_bencode_write_lit(request->answer, "result");
		bel_bencode_write_lit(request->answer, "ok");
		request->note = calls.count ? BEL_STR("the report is too long")
					    : BEL_STR("no such call");
	}
	for (unsigned i = 0; i < calls.count; i++)
		bel_relay_end(request->ng->opts.relay, calls.calls[i]);
	return BEL_OK;
}

static enum bel_err run_list(struct bel_ng_request *request)
{
	bel_ng_report_list(request);
	return BEL_OK;
}

static enum bel_err run_statistics(struct bel_ng_request *request)
{
	bel_ng_report_statistics(request);
	return BEL_OK;
}

/* ---- the table ---- */

enum need { CALL_ID = 1, FROM_TAG = 2, TO_TAG = 4, SDP = 8 };

static const struct command {
	const char *name;
	unsigned needs;
	bool is_kept;    /* it changes something */
	bool is_for_all; /* it asks about the calls of all workers */
	enum bel_err (*run)(struct bel_ng_request *request);
} commands[] = {
	{ "ping", 0, false, false, run_ping },
	{ "offer", CALL_ID | FROM_TAG | SDP, true, false, run_offer },
	{ "answer", CALL_ID | FROM_TAG | TO_TAG | SDP, true, false, run_answer },
	{ "delete", CALL_ID, true, false, run_delete },
	{ "query", CALL_ID, false, false, run_query },
	{ "list", 0, false, true, run_list },
	{ "statistics", 0, false, true, run_statistics },
};

static const struct command *find_command(bel_str name)
{
	for (unsigned i = 0; i < BEL_COUNT_OF(commands); i++)
		if (bel_str_is_equal(name, bel_str_from(commands[i].name)))
			return &commands[i];
	return NULL;
}

bool bel_ng_command_is_for_all(bel_str name)
{
	const struct command *command = find_command(name);

	return command && command->is_for_all;
}

/* ---- running ---- */

static bool has_all(const struct bel_ng_request *request, const struct command *command)
{
	const struct {
		enum need need;
		const char *key;
		bel_str value;
	} keys[] = {
		{ CALL_ID, "call-id", request->call_id },
		{ FROM_TAG, "from-tag", request->from_tag },
		{ TO_TAG, "to-tag", request->to_tag },
		{ SDP, "sdp", request->sdp },
	};

	for (unsigned i = 0; i < BEL_COUNT_OF(keys); i++) {
		if (!(command->needs & keys[i].need) || keys[i].value.len)
			continue;
		bel_write_text(request->why, command->name);
		bel_write_lit(request->why, " without ");
		bel_write_text(request->why, keys[i].key);
		return false;
	}
	return true;
}

static enum bel_err run(struct bel_ng_request *request, bel_str body, bool *is_kept)
{
	enum bel_err err = bel_bencode_parse(&request->dictionary, body);
	const struct command *command;
	bel_str name;

	if (err || request->dictionary.kind != BEL_BENCODE_DICTIONARY) {
		bel_write_lit(request->why, "not a dictionary in bencode");
		return err ? err : BEL_ERR_SYNTAX;
	}
	name = bel_bencode_find_str(&request->dictionary, BEL_STR("command"));
	command = find_command(name);
	if (!command) {
		bel_write_lit(request->why, "no such command: ");
		bel_write_escaped(request->why, bel_str_slice(name, 0, 32));
		return BEL_ERR_UNSUPPORTED;
	}
	request->call_id = bel_bencode_find_str(&request->dictionary, BEL_STR("call-id"));
	request->from_tag = bel_bencode_find_str(&request->dictionary,
						 BEL_STR("from-tag"));
	request->to_tag = bel_bencode_find_str(&request->dictionary, BEL_STR("to-tag"));
	request->sdp = bel_bencode_find_str(&request->dictionary, BEL_STR("sdp"));
	if (!has_all(request, command))
		return BEL_ERR_SYNTAX;
	*is_kept = command->is_kept;
	bel_ng_flags_read(&request->flags, &request->dictionary);
	err = command->run(request);
	return err ? err : bel_writer_check(request->answer);
}

/* Kamailio asks its next relay when it reads the words for BUSY. */
static bel_str words_of(enum bel_err err)
{
	static const struct {
		enum bel_err err;
		const char *words;
	} rows[] = {
		{ BEL_ERR_BUSY, "Ran out of ports" },
		{ BEL_ERR_NOT_FOUND, "no such call" },
		{ BEL_ERR_UNSUPPORTED, "nothing in the sdp can be carried" },
		{ BEL_ERR_LIMIT, "names that are too long, or too many streams" },
		{ BEL_ERR_MISMATCH, "the answer does not fit the offer" },
		{ BEL_ERR_SPACE, "too long for a datagram" },
	};

	for (unsigned i = 0; i < BEL_COUNT_OF(rows); i++)
		if (rows[i].err == err)
			return bel_str_from(rows[i].words);
	return bel_str_from(bel_err_text(err));
}

static void write_refusal(const struct bel_ng_request *request, enum bel_err err)
{
	bel_str words = request->why->len ? bel_writer_str(request->why) : words_of(err);

	request->ng->counters.refused++;
	BEL_LOG(request->ng->opts.log, BEL_LOG_WARNING,
		"a command of another proxy was refused", { "call_id", request->call_id },
		{ "why", words });
	bel_bencode_write_lit(request->answer, "error-reason");
	bel_bencode_write_str(request->answer, words);
	bel_bencode_write_lit(request->answer, "result");
	bel_bencode_write_lit(request->answer, "error");
}

static void write_warning(const struct bel_ng_request *request)
{
	bel_str warning = bel_ng_flags_warning(&request->flags);

	if (request->note.len)
		warning = request->note;
	if (!warning.len)
		return;
	bel_bencode_write_lit(request->answer, "warning");
	bel_bencode_write_str(request->answer, warning);
}

bool bel_ng_command_run(struct bel_ng *ng, struct bel_writer *answer, bel_str body)
{
	char text[256];
	struct bel_writer why = bel_writer_init(text, sizeof text), before;
	struct bel_ng_request request = { .ng = ng, .answer = answer, .why = &why };
	bool is_kept = false;
	enum bel_err err;

	bel_bencode_begin_dictionary(answer);
	before = *answer;
	err = run(&request, body, &is_kept);
	if (err) {
		*answer = before;
		write_refusal(&request, err);
	} else {
		write_warning(&request);
	}
	bel_bencode_end(answer);
	return is_kept;
}
