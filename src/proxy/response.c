/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy/proxy_int.h"

enum { TAG_BYTES = 16 };

static bool is_misspelled(struct bel_sip_msg *msg)
{
	const bel_str name = bel_sip_header_name(BEL_SIP_H_RECORD_ROUTE);
	const struct bel_sip_field *field = bel_sip_field_first(msg,
								BEL_SIP_H_RECORD_ROUTE);

	for (; field; field = bel_sip_field_next(msg, field))
		if (!bel_str_is_equal(bel_sip_field_name(msg, field), name))
			return true;
	return false;
}

/* Some phones copy our Record-Route under another spelling of its name, and others read
 * only the one of RFC 3261: it leaves as we wrote it. */
static void restore_spelling(struct bel_writer *writer)
{
	const bel_str name = bel_sip_header_name(BEL_SIP_H_RECORD_ROUTE);
	bel_str left = bel_writer_str(writer);

	while (left.len) {
		size_t end = bel_str_find(left, '\n');
		bel_str line = bel_str_slice(left, 0, end);
		if (bel_str_trim(line).len == 0)
			return; /* the body begins */
		if (bel_str_has_prefix_nocase(line, name))
			memcpy(writer->buf + (line.ptr - writer->buf), name.ptr,
			       name.len);
		left = bel_str_slice(left, end + 1, left.len);
	}
}

static bool write_without_via(struct bel_writer *writer, struct branch *branch,
			      struct bel_sip_msg *msg)
{
	bel_str body = bel_media_on_response(branch, msg);
	struct bel_sip_splice splice;

	bel_sip_splice_init(&splice, msg);
	bel_sip_splice_remove_value(&splice, BEL_SIP_H_VIA, 0);
	bel_request_edit_body(&splice, body);
	bel_request_edit_length(&splice, &branch->call->reply_flow);
	if (bel_sip_splice_write(writer, &splice))
		return false;
	if (is_misspelled(msg))
		restore_spelling(writer);
	return true;
}

bel_str bel_response_keep(struct branch *branch, struct bel_sip_msg *msg)
{
	struct call *call = branch->call;
	struct bel_proxy *proxy = call->proxy;
	struct bel_writer writer = bel_writer_init(proxy->buf, sizeof proxy->buf);

	/* Ours was the only Via: then it answers a request of our own, and nobody is
	 * behind us to hear it (RFC 3261 section 16.7 step 3). */
	if (bel_sip_vias_count(msg) < 2 || !write_without_via(&writer, branch, msg))
		return BEL_STR_NONE;
	return bel_arena_copy(&call->work, bel_writer_str(&writer));
}

static void respond(struct call *call, uint16_t status, bel_str bytes)
{
	call->is_answered = true;
	if (status >= 200)
		bel_proxy_call_note_final(call, status);
	bel_tx_respond(&call->tx, status, bytes);
}

void bel_response_forward(struct branch *branch, struct bel_sip_msg *msg)
{
	struct call *call = branch->call;
	bel_str bytes = bel_response_keep(branch, msg);

	if (!bytes.ptr)
		return;
	bel_proxy_call_note_answer(call, msg);
	/* The caller was refused, and the callee answers all the same: the caller has to
	 * know, for nobody else can end that dialog (RFC 3261 section 16.7 step 5). The
	 * transaction is past it, so this goes by without. */
	if (call->has_final && call->tx.status >= 300) {
		call->tx.port->send(&call->tx, bytes);
		return;
	}
	respond(call, msg->status, bytes);
}

void bel_response_send(struct call *call, uint16_t status, bel_str reason, bel_str lines)
{
	struct bel_proxy *proxy = call->proxy;
	struct bel_sip_msg *request = bel_proxy_call_request(call);
	struct bel_writer writer = bel_writer_init(proxy->buf, sizeof proxy->buf);
	char tag[TAG_BYTES];
	struct bel_writer tag_writer = bel_writer_init(tag, sizeof tag);
	uint64_t random;
	bel_str bytes;

	if (!request || call->has_final)
		return;
	bel_loop_random(proxy->opts.loop, &random, sizeof random);
	bel_write_hex64(&tag_writer, random, TAG_BYTES);
	if (bel_sip_respond(&writer, request,
			    &(struct bel_sip_reply){
				    .status = status,
				    .reason = reason,
				    .to_tag = bel_writer_str(&tag_writer),
				    .source = &call->came_by.peer,
				    .lines = lines,
			    }))
		return;
	bytes = bel_arena_copy(&call->work, bel_writer_str(&writer));
	if (bytes.ptr)
		respond(call, status, bytes);
}

/* RFC 3261 section 16.7 step 6: 6xx before all, then the lowest class; within 4xx what
 * tells the caller most, challenges first of all. 503 counts last. */
static unsigned rank(uint16_t status)
{
	static const uint16_t telling[] = { 401, 407, 415, 420, 484 };

	if (status >= 600)
		return 0;
	for (unsigned i = 0; i < BEL_COUNT_OF(telling); i++)
		if (telling[i] == status)
			return 400 + i;
	if (status == 487)
		return 498; /* of branches that lost, not of the called */
	if (status == 408 || status == 503)
		return status == 408 ? 497 : 900;
	return status < 400 ? status : status < 500 ? 450 : status;
}

static struct branch *best_of(struct call *call)
{
	struct branch *best = NULL;

	for (struct branch *branch = call->branches; branch; branch = branch->next)
		if (branch->state == BRANCH_DONE && !branch->is_replaced &&
		    (!best || rank(branch->status) < rank(best->status)))
			best = branch;
	return best;
}

/* The challenges of every branch go back together (RFC 3261 section 16.7 step 7). */
static bel_str with_challenges(struct call *call, struct branch *best)
{
	static const enum bel_sip_header headers[] = { BEL_SIP_H_WWW_AUTHENTICATE,
						       BEL_SIP_H_PROXY_AUTHENTICATE };
	struct bel_proxy *proxy = call->proxy;
	struct bel_sip_msg *msg = &proxy->scratch;
	struct bel_sip_refusal why;
	struct bel_writer lines = bel_writer_init(proxy->buf, sizeof proxy->buf);

	proxy->scratch_of = NULL;
	for (struct branch *branch = call->branches; branch; branch = branch->next) {
		if (branch == best || !branch->answer.len ||
		    (branch->status != 401 && branch->status != 407) ||
		    bel_sip_parse(msg, &call->work, branch->answer, &why))
			continue;
		for (unsigned i = 0; i < BEL_COUNT_OF(headers); i++)
			for (const struct bel_sip_field *field =
				     bel_sip_field_first(msg, headers[i]);
			     field; field = bel_sip_field_next(msg, field))
				bel_write_str(&lines, bel_sip_field_line(msg, field));
	}
	if (!lines.len || lines.is_full)
		return best->answer;
	/* After the status line of the best answer there is always a header line. */
	size_t head = bel_str_find(best->answer, '\n') + 1;
	size_t size = best->answer.len + lines.len;
	char *buf = bel_arena_bytes(&call->work, size);
	struct bel_writer writer = bel_writer_init(buf, buf ? size : 0);
	bel_write_str(&writer, bel_str_slice(best->answer, 0, head));
	bel_write_str(&writer, bel_writer_str(&lines));
	bel_write_str(&writer, bel_str_slice(best->answer, head, best->answer.len));
	return buf ? bel_writer_str(&writer) : best->answer;
}

void bel_response_send_best(struct call *call)
{
	struct branch *best = best_of(call);
	bool is_invite = call->tx.method == BEL_SIP_INVITE;

	if (call->has_final)
		return;
	if (!best || (call->is_cancelled && best->status < 600)) {
		bel_response_send(call, call->is_cancelled ? 487 : 480, BEL_STR_NONE,
				  BEL_STR_NONE);
		return;
	}
	/* RFC 4320 section 4.2: nobody waits for a 408 to anything but INVITE. */
	if (best->status == 408 && !is_invite) {
		bel_proxy_call_note(call, "nobody answered in time");
		bel_proxy_call_end_silently(call);
		return;
	}
	/* A 503 would make the caller avoid us, not who is overloaded (section 16.7). */
	if (best->status == 503 || !best->answer.len) {
		bel_response_send(call, best->status == 503 ? 500 : best->status,
				  BEL_STR_NONE, BEL_STR_NONE);
		return;
	}
	bel_proxy_call_note(call, "the best of the answers is %u", best->status);
	respond(call, best->status,
		best->status == 401 || best->status == 407 ? with_challenges(call, best)
							   : best->answer);
}
