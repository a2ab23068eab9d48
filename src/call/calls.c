/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "call/call_int.h"

enum { BUCKETS = 4096, CALLS_MAX = 10000 };

enum bel_err bel_calls_open(struct bel_calls **out, const struct bel_calls_opts *opts)
{
	struct bel_calls *calls = calloc(1, sizeof *calls);

	if (calls)
		calls->buckets = calloc(BUCKETS, sizeof *calls->buckets);
	if (!calls || !calls->buckets) {
		free(calls);
		return bel_err_from_errno(ENOMEM);
	}
	calls->opts = *opts;
	if (!calls->opts.calls_max)
		calls->opts.calls_max = CALLS_MAX;
	bel_loop_random(bel_ua_loop(opts->ua), &calls->key, sizeof calls->key);
	bel_list_init(&calls->all);
	for (size_t i = 0; i < BUCKETS; i++)
		bel_list_init(&calls->buckets[i]);
	*out = calls;
	return BEL_OK;
}

void bel_calls_close(struct bel_calls *calls)
{
	if (!calls)
		return;
	BEL_LIST_EACH(node, &calls->all)
	bel_call_free(BEL_CONTAINER_OF(node, struct bel_call, node));
	free(calls->buckets);
	free(calls);
}

size_t bel_calls_count(const struct bel_calls *calls)
{
	return calls->count;
}

static struct bel_list *bucket_of(const struct bel_calls *calls, uint64_t hash)
{
	return &calls->buckets[hash % BUCKETS];
}

void bel_calls_put(struct bel_calls *calls, struct bel_call *call)
{
	bel_list_put(bucket_of(calls, call->hash), &call->bucket);
	calls->count++;
}

static struct leg *find_leg(const struct bel_call *call, bel_str call_id,
			    bel_str local_tag, bel_str remote_tag)
{
	BEL_LIST_EACH(node, &call->legs)
	{
		struct leg *leg = BEL_CONTAINER_OF(node, struct leg, node);
		const struct bel_dialog *dialog = &leg->dialog;
		if (bel_str_is_equal(dialog->local_tag, local_tag) &&
		    bel_str_is_equal(dialog->remote_tag, remote_tag) &&
		    bel_str_is_equal(dialog->call_id, call_id))
			return leg;
	}
	return NULL;
}

static struct leg *find(const struct bel_calls *calls, bel_str call_id, bel_str local_tag,
			bel_str remote_tag)
{
	uint64_t hash = bel_hash(&calls->key, call_id);

	BEL_LIST_EACH(node, bucket_of(calls, hash))
	{
		struct bel_call *call = BEL_CONTAINER_OF(node, struct bel_call, bucket);
		struct leg *leg = call->hash == hash
					  ? find_leg(call, call_id, local_tag, remote_tag)
					  : NULL;
		if (leg)
			return leg;
	}
	return NULL;
}

struct bel_call *bel_calls_find(const struct bel_calls *calls, bel_str call_id,
				bel_str local_tag, bel_str remote_tag)
{
	struct leg *leg = find(calls, call_id, local_tag, remote_tag);

	return leg ? leg->call : NULL;
}

/* What was refused for its offer may come again with another, from a proxy that changes
 * keys: that is no second way. */
static bool was_offer_refused(const struct bel_call *call)
{
	uint16_t status = call->incoming ? bel_ua_status(call->incoming) : 0;

	return status == 488 || status == 606 || status == 415;
}

/* RFC 3261 section 8.2.2.2: the same request by two ways. */
static bool is_merged(const struct bel_calls *calls, struct bel_sip_msg *invite)
{
	bel_str call_id = bel_sip_call_id(invite), tag = bel_sip_from(invite)->tag;
	uint64_t hash = bel_hash(&calls->key, call_id);

	BEL_LIST_EACH(node, bucket_of(calls, hash))
	{
		struct bel_call *call = BEL_CONTAINER_OF(node, struct bel_call, bucket);
		if (call->hash == hash && !call->is_caller && call->leg &&
		    bel_str_is_equal(call->leg->dialog.call_id, call_id) &&
		    bel_str_is_equal(call->leg->dialog.remote_tag, tag) &&
		    call->invite_cseq == bel_sip_cseq(invite)->number &&
		    !was_offer_refused(call))
			return true;
	}
	return false;
}

/* ---- requests within a call ---- */

static void on_bye(struct bel_call *call, struct bel_sip_msg *bye,
		   const struct bel_flow *came_by)
{
	bel_call_reply(call, bye, came_by, &(struct bel_sip_reply){ .status = 200 });
	bel_call_take(call, CALL_RX_BYE, &(struct call_cause){ .msg = bye });
}

static void on_ack(struct bel_call *call, struct bel_sip_msg *ack,
		   const struct bel_flow *came_by)
{
	(void)came_by;
	bel_call_on_ack(call, ack);
}

static void on_message(struct bel_call *call, struct bel_sip_msg *msg,
		       const struct bel_flow *came_by)
{
	bel_call_reply(call, msg, came_by, &(struct bel_sip_reply){ .status = 200 });
	if (call->port && call->port->on_message)
		call->port->on_message(call->user, call, msg);
}

static void on_options(struct bel_call *call, struct bel_sip_msg *options,
		       const struct bel_flow *came_by)
{
	char buf[LINES_BYTES_MAX];
	struct bel_writer lines = bel_writer_init(buf, sizeof buf);

	bel_call_write_abilities(&lines, call);
	bel_write_lit(&lines, "Accept: application/sdp\r\n");
	bel_call_reply(call, options, came_by,
		       &(struct bel_sip_reply){ .status = 200,
						.lines = bel_writer_str(&lines) });
}

static void on_other(struct bel_call *call, struct bel_sip_msg *request,
		     const struct bel_flow *came_by)
{
	char buf[LINES_BYTES_MAX];
	struct bel_writer lines = bel_writer_init(buf, sizeof buf);

	bel_call_write_abilities(&lines, call);
	bel_call_reply(call, request, came_by,
		       &(struct bel_sip_reply){ .status = request->method ? 405 : 501,
						.lines = bel_writer_str(&lines) });
}

static void (*const handlers[BEL_SIP_METHOD_COUNT])(struct bel_call *,
						    struct bel_sip_msg *,
						    const struct bel_flow *) = {
	[BEL_SIP_INVITE] = bel_modify_on_request,
	[BEL_SIP_UPDATE] = bel_modify_on_request,
	[BEL_SIP_ACK] = on_ack,
	[BEL_SIP_BYE] = on_bye,
	[BEL_SIP_PRACK] = bel_reliable_on_prack,
	[BEL_SIP_INFO] = on_message,
	[BEL_SIP_MESSAGE] = on_message,
	[BEL_SIP_OPTIONS] = on_options,
	[BEL_SIP_REFER] = bel_transfer_on_refer,
	[BEL_SIP_NOTIFY] = bel_transfer_on_notify,
};

/* A branch that lost: its BYE and what else it says are heard and change nothing. */
static void on_surplus(struct leg *leg, struct bel_sip_msg *request,
		       const struct bel_flow *came_by)
{
	if (request->method != BEL_SIP_ACK)
		bel_call_reply(
			leg->call, request, came_by,
			&(struct bel_sip_reply){
				.status = request->method == BEL_SIP_BYE ? 200 : 481 });
}

/* Why a request is not looked at: a status, or 0. An ACK always is. */
static uint16_t find_obstacle(struct bel_writer *lines, struct leg *leg,
			      struct bel_sip_msg *request)
{
	enum bel_call_state state = leg->call->state;
	uint16_t status;

	if (request->method == BEL_SIP_ACK)
		return 0;
	status = bel_dialog_take(&leg->dialog, request);
	/* Our BYE ended the call; theirs may have crossed it. Of the dialog a transfer
	 * may be left (RFC 5057 section 4.2). */
	if (request->method == BEL_SIP_NOTIFY && bel_transfer_is_awaited(leg->call))
		return status;
	if (state == BEL_CALL_OVER ||
	    (state == BEL_CALL_ENDING && request->method != BEL_SIP_BYE))
		return 481;
	return status ? status : bel_call_check_options(lines, request);
}

static void on_request_within(struct leg *leg, struct bel_sip_msg *request,
			      const struct bel_flow *came_by)
{
	struct bel_call *call = leg->call;
	char buf[LINES_BYTES_MAX];
	struct bel_writer lines = bel_writer_init(buf, sizeof buf);
	uint16_t status = find_obstacle(&lines, leg, request);

	if (status) {
		bel_call_reply(
			call, request, came_by,
			&(struct bel_sip_reply){ .status = status,
						 .lines = bel_writer_str(&lines) });
		return;
	}
	if (leg != call->leg) {
		on_surplus(leg, request, came_by);
		return;
	}
	call->references++;
	(handlers[request->method] ? handlers[request->method] : on_other)(call, request,
									   came_by);
	bel_call_release(call);
}

bool bel_calls_on_request(struct bel_calls *calls, struct bel_sip_msg *request,
			  const struct bel_flow *came_by)
{
	bel_str tag = bel_sip_to(request)->tag;
	struct leg *leg = find(calls, bel_sip_call_id(request), tag,
			       bel_sip_from(request)->tag);

	if (leg && (tag.len || request->method != BEL_SIP_INVITE)) {
		on_request_within(leg, request, came_by);
		return true;
	}
	if (tag.len || request->method != BEL_SIP_INVITE)
		return false;
	if (is_merged(calls, request)) {
		bel_ua_refuse(calls->opts.ua, request, came_by,
			      &(struct bel_sip_reply){ .status = 482,
						       .to_tag = BEL_STR("merged") });
		return true;
	}
	return bel_call_arrive(calls, request, came_by);
}
