/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "ua/ua_int.h"

enum { HEAD_BYTES = 400 };

/* ---- life ---- */

void bel_ua_release(struct bel_ua_request *request)
{
	const struct bel_ua_port *port = request->send.port;

	if (--request->references)
		return;
	bel_timer_stop(request->ua->opts.loop, &request->failing);
	bel_list_remove(&request->node);
	request->ua->requests_count--;
	if (!request->is_forgotten && port->on_end)
		port->on_end(request->send.user, request);
	bel_arena_fini(&request->arena);
	free(request);
}

/* The user has heard how it ended. */
static void close_request(struct bel_ua_request *request)
{
	if (!request->is_open)
		return;
	request->is_open = false;
	bel_ua_release(request);
}

static void stop_resolving(struct bel_ua_request *request)
{
	if (!request->is_resolving)
		return;
	request->is_resolving = false;
	bel_targets_cancel(request->ua->opts.targets, &request->query);
	bel_ua_release(request);
}

void bel_ua_forget(struct bel_ua_request *request)
{
	request->is_forgotten = true;
	request->references++;
	stop_resolving(request);
	close_request(request);
	bel_ua_release(request);
}

void bel_ua_tell(struct bel_ua_request *request, struct bel_sip_msg *response)
{
	if (!request->is_forgotten)
		request->send.port->on_response(request->send.user, request, response);
	if (response->status >= 200)
		close_request(request);
}

void bel_ua_tell_failure(struct bel_ua_request *request, enum bel_err err)
{
	/* An ACK has nobody to tell, and stays until it is forgotten. */
	if (!request->is_open || request->send.method == BEL_SIP_ACK)
		return;
	if (!request->is_forgotten)
		request->send.port->on_failure(request->send.user, request, err);
	close_request(request);
}

static void on_failing(void *user)
{
	struct bel_ua_request *request = user;

	bel_ua_tell_failure(request, request->failure);
}

/* Nothing is called from inside bel_ua_start. */
static void fail_later(struct bel_ua_request *request, enum bel_err err)
{
	struct bel_loop *loop = request->ua->opts.loop;

	request->failure = err;
	bel_timer_start(loop, &request->failing, bel_loop_now_ms(loop));
}

/* ---- targets ---- */

void bel_ua_try_next(struct bel_ua_request *request, enum bel_err err)
{
	struct bel_ua *ua = request->ua;

	while (!request->is_cancelled && !request->is_forgotten &&
	       request->hop_at < request->hops_count) {
		const struct bel_hop *hop = &request->hops[request->hop_at++];
		struct bel_flow flow;
		err = bel_flow_open(&flow, ua->opts.transport, hop);
		if (!err)
			err = bel_attempt_start(request, &flow, hop);
		if (!err)
			return;
		if (err == BEL_ERR_SPACE)
			break;
		bel_targets_failed(ua->opts.targets, hop);
	}
	fail_later(request, err);
}

static enum bel_err keep_hops(struct bel_ua_request *request, const struct bel_hop *hops,
			      unsigned count)
{
	request->hops = bel_arena_alloc(&request->arena, count * sizeof *hops);
	if (!request->hops)
		return BEL_ERR_SPACE;
	for (unsigned i = 0; i < count; i++) {
		request->hops[i] = hops[i];
		request->hops[i].name = bel_arena_copy(&request->arena, hops[i].name);
		if (hops[i].name.len && !request->hops[i].name.ptr)
			return BEL_ERR_SPACE;
	}
	request->hops_count = count;
	request->hop_at = 0;
	return BEL_OK;
}

static void on_targets(struct bel_targets_query *query, enum bel_err err,
		       const struct bel_hop *hops, unsigned count)
{
	struct bel_ua_request *request = BEL_CONTAINER_OF(query, struct bel_ua_request,
							  query);

	request->is_resolving = false;
	if (!err)
		err = keep_hops(request, hops, count);
	if (err)
		fail_later(request, err);
	else
		bel_ua_try_next(request, BEL_ERR_NOT_FOUND);
	bel_ua_release(request);
}

static enum bel_err resolve(struct bel_ua_request *request)
{
	const struct bel_ua_send *send = &request->send;
	struct bel_uri uri;
	enum bel_err err = bel_uri_parse(&uri,
					 send->next_hop.len ? send->next_hop : send->uri);

	if (err)
		return err;
	request->is_resolving = true;
	request->query.on_targets = on_targets;
	request->references++;
	bel_targets_find(request->ua->opts.targets, &request->query, &uri,
			 HEAD_BYTES + send->lines.len + send->body.len);
	return BEL_OK;
}

/* ---- answers ---- */

/* RFC 3261 section 22.2: the same request with credentials and a higher CSeq, down the
 * same flow. */
static enum bel_err answer_challenge(struct attempt *at, struct bel_sip_msg *challenge)
{
	struct bel_ua_request *request = at->request;
	struct bel_ua_send *send = &request->send;
	enum bel_err err;

	if (request->is_cancelled || request->is_forgotten)
		return BEL_ERR_CLOSED;
	err = bel_ua_take_challenge(request, challenge);
	if (err)
		return err;
	send->cseq = send->port->next_cseq ? send->port->next_cseq(send->user)
					   : send->cseq + 1;
	return bel_attempt_start(request, &at->flow,
				 at->hop.addr.family ? &at->hop : NULL);
}

void bel_ua_on_final(struct attempt *at, struct bel_sip_msg *response)
{
	struct bel_ua_request *request = at->request;
	uint16_t status = response->status;

	if ((status == 401 || status == 407) && !answer_challenge(at, response))
		return;
	if (status == 503 && request->hop_at < request->hops_count &&
	    !request->is_cancelled) {
		bel_targets_failed(request->ua->opts.targets, &at->hop);
		bel_ua_try_next(request, BEL_ERR_CLOSED);
		return;
	}
	bel_ua_tell(request, response);
}

/* ---- the door ---- */

static bool copy_all(struct bel_ua_request *request)
{
	struct bel_ua_send *send = &request->send;
	bel_str *texts[] = {
		&send->uri,          &send->next_hop,       &send->lines,
		&send->contact_user, &send->contact_params, &send->content_type,
		&send->body
	};

	for (size_t i = 0; i < BEL_COUNT_OF(texts); i++) {
		bel_str copy = bel_arena_copy(&request->arena, *texts[i]);
		if (texts[i]->len && !copy.ptr)
			return false;
		*texts[i] = copy;
	}
	return true;
}

static enum bel_err begin(struct bel_ua_request *request)
{
	const struct bel_flow *given = request->send.flow;
	struct bel_flow flow;

	request->send.flow = NULL; /* the caller's */
	if (!given || !bel_flow_is_open(request->ua->opts.transport, given))
		return resolve(request);
	flow = *given;
	return bel_attempt_start(request, &flow, NULL);
}

enum bel_err bel_ua_start(struct bel_ua_request **out, struct bel_ua *ua,
			  const struct bel_ua_send *send)
{
	struct bel_ua_request *request = calloc(1, sizeof *request);
	enum bel_err err = BEL_ERR_SPACE;

	if (!request)
		return bel_err_from_errno(ENOMEM);
	request->ua = ua;
	request->send = *send;
	request->is_open = true;
	request->references = 1;
	bel_arena_init(&request->arena, NULL, 0, ARENA_BUDGET_BYTES);
	bel_timer_init(&request->failing, on_failing, request);
	bel_list_put(&ua->requests, &request->node);
	ua->requests_count++;
	if (copy_all(request))
		err = begin(request);
	if (err) {
		bel_ua_forget(request);
		return err;
	}
	*out = request;
	return BEL_OK;
}

void bel_ua_cancel(struct bel_ua_request *request, bel_str lines)
{
	if (request->is_cancelled || !request->is_open)
		return;
	request->is_cancelled = true;
	request->cancel_lines = bel_arena_copy(&request->arena, lines);
	if (request->is_resolving) {
		stop_resolving(request);
		fail_later(request, BEL_ERR_CLOSED);
		return;
	}
	for (struct attempt *at = request->attempts; at; at = at->next)
		bel_attempt_cancel(at);
}

void bel_ua_resend(struct bel_ua_request *request)
{
	if (request->bytes.len)
		bel_flow_send(request->ua->opts.transport, &request->flow,
			      request->bytes);
	else if (!request->is_resolving)
		resolve(request);
}

const struct bel_flow *bel_ua_flow(const struct bel_ua_request *request)
{
	return &request->flow;
}

uint32_t bel_ua_cseq(const struct bel_ua_request *request)
{
	return request->send.cseq;
}

enum bel_sip_method bel_ua_method(const struct bel_ua_request *request)
{
	return request->send.method;
}

bel_str bel_ua_contact(const struct bel_ua_request *request)
{
	return request->contact;
}
