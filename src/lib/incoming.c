/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/lib_int.h"

enum { PATIENCE_MS = 180 * 1000 };

static void keep_peer(struct belfry_call *call, struct bel_sip_msg *invite)
{
	const struct bel_sip_addr *from = bel_sip_from(invite);

	call->peer = bel_text_copy(&call->arena, from->uri.text);
	call->peer_name = bel_text_copy(&call->arena, bel_name_of(&call->arena, from));
}

static enum bel_err open_line(struct belfry_call *call, const struct bel_flow *flow)
{
	bel_addr shown = bel_flow_own_addr(bel_lib_transport(call->agent->lib), flow);

	return bel_lib_call_open_line(call, &flow->local, &shown);
}

static void tell(struct belfry_call *call, struct bel_sip_msg *invite,
		 struct bel_call *replaced)
{
	struct bel_news news = bel_lib_call_news(call, BELFRY_EVENT_INCOMING);
	struct bel_call_diversion diversions[BEL_CALL_DIVERSIONS_MAX];

	if (bel_call_diversions(diversions, invite)) {
		news.diverted_by = diversions[0].uri;
		news.text = diversions[0].reason;
	}
	news.from = bel_str_from(call->peer);
	news.from_name = bel_str_from(call->peer_name);
	news.to = bel_sip_to(invite)->uri.text;
	news.event.other = replaced ? bel_call_user(replaced) : NULL;
	bel_news_tell(call->agent, &news);
}

void bel_lib_on_incoming(void *user, struct bel_call *below, struct bel_sip_msg *invite,
			 struct bel_call *replaced)
{
	struct belfry_agent *agent = user;
	const struct bel_flow *flow = bel_call_flow(below);
	struct belfry_account *account = bel_account_find(agent, invite, flow);
	struct belfry_call *call;

	/* Nobody would answer it: it is refused when this returns. */
	if (!agent->opts.on_event)
		return;
	call = bel_lib_call_new(agent, account);
	if (!call)
		return;
	call->is_incoming = true;
	if (open_line(call, flow)) {
		bel_lib_call_free(call);
		return;
	}
	call->call = below;
	bel_lib_call_gathers(call);
	keep_peer(call, invite);
	bel_call_take_on(
		below,
		&(struct bel_call_owner){
			.port = &bel_lib_call_port,
			.media = &bel_lib_call_media,
			.account = account && account->has_auth ? &account->auth : NULL,
			.contact_user = bel_sip_uri(invite)->user,
			.user = call });
	bel_timer_start(agent->loop, &call->patience,
			bel_loop_now_ms(agent->loop) + PATIENCE_MS);
	tell(call, invite, replaced);
}

/* ---- what the program does with it ---- */

static enum belfry_error check_waiting(struct belfry_call *call)
{
	bel_agent_enter(call->agent);
	if (call->is_incoming && call->call && !call->is_up && !call->is_answering &&
	    !call->is_left)
		return BELFRY_OK;
	return bel_fail_as(call->agent, BELFRY_ERROR_STATE,
			   "this call does not wait for an answer of ours");
}

enum belfry_error belfry_call_ring(struct belfry_call *call)
{
	enum belfry_error error = check_waiting(call);
	enum bel_err err;

	if (error || call->is_ringing)
		return error;
	err = bel_call_ring(call->call, 180, false);
	if (err)
		return bel_fail(call->agent, err, "cannot ring");
	call->is_ringing = true;
	return BELFRY_OK;
}

enum belfry_error belfry_call_answer(struct belfry_call *call)
{
	enum belfry_error error = check_waiting(call);
	enum bel_err err;

	if (error)
		return error;
	if (bel_lib_call_gathers(call)) {
		call->waits = BEL_LIB_WAITS_TO_ANSWER;
		call->is_answering = true;
		return BELFRY_OK;
	}
	err = bel_call_answer(call->call);
	if (err)
		return bel_fail(call->agent, err, "cannot answer");
	call->is_answering = true;
	return BELFRY_OK;
}

enum belfry_error belfry_call_refuse(struct belfry_call *call, uint16_t status)
{
	enum belfry_error error = check_waiting(call);

	if (error)
		return error;
	if (status < 300 || status > 699)
		return bel_fail(call->agent, BEL_ERR_LIMIT, "cannot refuse with %u",
				status);
	call->is_left = true;
	bel_call_refuse(call->call, status, BEL_STR_NONE);
	return BELFRY_OK;
}
