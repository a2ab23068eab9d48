/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "call/call_int.h"

enum { CALL_ID_BYTES = 2 * BEL_UA_TOKEN_BYTES };

static enum bel_err send_invite(struct bel_call *call, const struct bel_flow *flow);

/* ---- answers ---- */

static bool ask_again(struct bel_call *call, struct bel_sip_msg *response)
{
	return bel_again_prepare(call, response) && !send_invite(call, NULL);
}

static void on_refusal(struct bel_call *call, struct bel_sip_msg *response)
{
	if (call->is_answered || ask_again(call, response))
		return;
	bel_call_take(
		call, CALL_RX_REFUSAL,
		&(struct call_cause){ .msg = response, .status = response->status });
}

static void on_response(void *user, struct bel_ua_request *request,
			struct bel_sip_msg *response)
{
	struct bel_call *call = user;

	if (!call->is_answered)
		call->flow = *bel_ua_flow(request);
	if (response->status < 200)
		bel_fork_on_provisional(call, response);
	else if (response->status < 300)
		bel_fork_on_success(call, request, response);
	else
		on_refusal(call, response);
}

static void on_failure(void *user, struct bel_ua_request *request, enum bel_err err)
{
	(void)request;
	bel_call_take(user, CALL_LOST, &(struct call_cause){ .err = err });
}

static void on_end(void *user, struct bel_ua_request *request)
{
	struct bel_call *call = user;

	if (call->invite == request)
		call->invite = NULL;
	bel_call_release(call);
}

static uint32_t next_cseq(void *user)
{
	struct bel_call *call = user;

	call->invite_cseq = bel_dialog_next_cseq(&call->trying);
	return call->invite_cseq;
}

static const struct bel_ua_port port = { .on_response = on_response,
					 .on_failure = on_failure,
					 .on_end = on_end,
					 .next_cseq = next_cseq };

/* ---- the INVITE ---- */

static enum bel_err send_invite(struct bel_call *call, const struct bel_flow *flow)
{
	char buf[WITHIN_BYTES_MAX];
	struct bel_writer lines = bel_writer_init(buf, sizeof buf);
	struct bel_ua_request *request;
	struct bel_dialog_way way;
	enum bel_err err;

	bel_dialog_write(&lines, &way, &call->trying);
	bel_call_write_abilities(&lines, call);
	if (call->rel == BEL_CALL_100REL_REQUIRED)
		bel_sip_write_header(&lines, BEL_SIP_H_REQUIRE, BEL_STR("100rel"));
	bel_session_write_request(&lines, &call->session, &call->policy);
	bel_write_str(&lines, call->lines);
	if (lines.is_full)
		return BEL_ERR_SPACE;
	call->invite_cseq = call->trying.local_cseq;
	err = bel_ua_start(&request, ua_of(call),
			   &(struct bel_ua_send){
				   .method = BEL_SIP_INVITE,
				   .uri = call->target,
				   .next_hop = call->next_hop.len        ? call->next_hop
					       : call->trying.routes.len ? way.next_hop
									 : call->target,
				   .flow = flow,
				   .cseq = call->invite_cseq,
				   .lines = bel_writer_str(&lines),
				   .has_contact = true,
				   .contact_user = call->contact_user,
				   .contact_params = call->contact_params,
				   .content_type = BEL_STR("application/sdp"),
				   .body = call->body,
				   .account = call->account,
				   .port = &port,
				   .user = call,
			   });
	if (err)
		return err;
	call->invite = request;
	call->references++;
	return BEL_OK;
}

static enum bel_err keep_all(struct bel_call *call, const struct bel_call_dial *dial)
{
	const struct {
		bel_str *out, text;
	} rows[] = {
		{ &call->target, dial->target },
		{ &call->next_hop, dial->next_hop },
		{ &call->lines, dial->lines },
		{ &call->contact_user, dial->contact_user },
		{ &call->contact_params, dial->contact_params },
	};

	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		*rows[i].out = bel_arena_copy(&call->arena, rows[i].text);
		if (rows[i].text.len && !rows[i].out->ptr)
			return BEL_ERR_SPACE;
	}
	return BEL_OK;
}

static enum bel_err begin_dialog(struct bel_call *call, const struct bel_call_dial *dial,
				 bel_str call_id)
{
	char from_text[LINES_BYTES_MAX], to_text[LINES_BYTES_MAX],
		tag[BEL_UA_TOKEN_BYTES];
	struct bel_writer from = bel_writer_init(from_text, sizeof from_text);
	struct bel_writer to = bel_writer_init(to_text, sizeof to_text);
	struct bel_writer token = bel_writer_init(tag, sizeof tag);

	bel_ua_write_token(&token, ua_of(call));
	bel_write_str(&from, dial->from);
	bel_write_lit(&from, ";tag=");
	bel_write_str(&from, bel_writer_str(&token));
	if (dial->to.len)
		bel_write_str(&to, dial->to);
	else
		bel_sip_write_addr(&to, BEL_STR_NONE, dial->target, BEL_STR_NONE);
	if (from.is_full || to.is_full)
		return BEL_ERR_SPACE;
	return bel_dialog_init(&call->trying, &(struct bel_dialog_opts){
						      .arena = &call->arena,
						      .call_id = call_id,
						      .local = bel_writer_str(&from),
						      .local_tag = bel_writer_str(&token),
						      .remote = bel_writer_str(&to),
						      .target = dial->target,
						      .routes = dial->routes,
						      .cseq = 1,
					      });
}

static enum bel_err begin(struct bel_call *call, const struct bel_call_dial *dial,
			  bel_str call_id)
{
	bel_str body = BEL_STR_NONE;
	enum bel_err err = keep_all(call, dial);

	if (!err)
		err = begin_dialog(call, dial, call_id);
	bel_offer_init(&call->offered, &call->arena);
	if (!err && !dial->is_late)
		err = bel_session_write_offer(&body, call, &call->offered);
	if (err)
		return err;
	call->body = bel_arena_copy(&call->arena, body);
	if (body.len && !call->body.ptr)
		return BEL_ERR_SPACE;
	return send_invite(call, dial->flow);
}

enum bel_err bel_call_dial(struct bel_call **out, struct bel_calls *calls,
			   const struct bel_call_dial *dial)
{
	char buf[CALL_ID_BYTES];
	struct bel_writer call_id = bel_writer_init(buf, sizeof buf);
	struct bel_call *call;
	enum bel_err err;

	if (calls->count >= calls->opts.calls_max)
		return BEL_ERR_LIMIT;
	bel_ua_write_token(&call_id, calls->opts.ua);
	bel_ua_write_token(&call_id, calls->opts.ua);
	call = bel_call_new(calls, bel_writer_str(&call_id));
	if (!call)
		return bel_err_from_errno(ENOMEM);
	call->is_caller = true;
	call->port = dial->port;
	call->media = dial->media;
	call->account = dial->account;
	call->user = dial->user;
	call->rel = dial->rel;
	call->policy = dial->session;
	call->is_faithful = dial->is_faithful;
	err = begin(call, dial, bel_writer_str(&call_id));
	if (err) {
		bel_call_release(call);
		return err;
	}
	call->asked_in = dial->asked_in;
	if (call->asked_in)
		call->asked_in->references++;
	bel_calls_put(calls, call);
	bel_call_take(call, CALL_DIAL, &(struct call_cause){ 0 });
	*out = call;
	return BEL_OK;
}
