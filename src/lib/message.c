/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "lib/lib_int.h"

enum { TEXT_BYTES_MAX = 16000, NAME_BYTES = 256 };

/* One of ours, until its answer. */
struct request {
	struct belfry_agent *agent;
	struct bel_list node;
	struct belfry_account *account;
	struct bel_oneshot *oneshot;
	uint64_t number;
};

static void free_request(struct request *request)
{
	bel_list_remove(&request->node);
	bel_account_unref(request->account);
	free(request);
}

void bel_requests_close(struct belfry_agent *agent)
{
	BEL_LIST_EACH(node, &agent->requests)
	{
		struct request *request = BEL_CONTAINER_OF(node, struct request, node);
		bel_oneshot_drop(request->oneshot);
		free_request(request);
	}
}

/* ---- ours ---- */

static void on_answer(void *user, struct bel_sip_msg *response, enum bel_err err)
{
	struct request *request = user;
	struct belfry_account *account = request->account;
	struct bel_news news = {
		.event = { .type = BELFRY_EVENT_REPLY,
			   .account = account && !account->is_removed ? account : NULL,
			   .request = request->number,
			   .status = response ? response->status : 0,
			   .error = response ? BELFRY_OK : bel_error_from(err) },
		.text = response ? bel_sip_status_phrase(response->status)
				 : bel_str_from(bel_err_text(err)),
	};

	bel_news_tell(request->agent, &news);
	free_request(request);
}

static enum bel_err start(struct request *request, const struct bel_oneshot_opts *wanted,
			  bel_str to)
{
	struct bel_oneshot_opts opts = *wanted;
	struct bel_arena arena;
	struct bel_way way;
	enum bel_err err;

	bel_arena_init(&arena, NULL, 0, TEXTS_BYTES_MAX);
	err = bel_way_find(&way, &arena, request->account, to);
	if (!err) {
		opts.ua = bel_lib_ua(request->agent->lib);
		opts.from = way.from;
		opts.target = way.target;
		opts.routes = way.routes;
		opts.next_hop = way.next_hop;
		opts.flow = way.flow;
		opts.account = way.auth;
		opts.contact_user = way.contact_user;
		opts.on_answer = on_answer;
		opts.user = request;
		err = bel_oneshot_send(&request->oneshot, &opts);
	}
	bel_arena_fini(&arena);
	return err;
}

static enum belfry_error ask(uint64_t *out, struct belfry_agent *agent,
			     struct belfry_account *account, const char *to,
			     const struct bel_oneshot_opts *opts)
{
	struct request *request;
	enum bel_err err;

	bel_agent_enter(agent);
	if (account && account->is_removed)
		return bel_fail_as(agent, BELFRY_ERROR_STATE,
				   "cannot send: the account was removed");
	request = calloc(1, sizeof *request);
	if (!request)
		return bel_fail(agent, bel_err_from_errno(ENOMEM), "cannot send");
	request->agent = agent;
	request->account = bel_account_ref(account);
	request->number = agent->requests_begun + 1;
	bel_list_put(&agent->requests, &request->node);
	err = start(request, opts, bel_str_from(to));
	if (err) {
		free_request(request);
		return bel_fail(agent, err, "cannot send to \"%s\"", to ? to : "");
	}
	agent->requests_begun++;
	if (out)
		*out = request->number;
	return BELFRY_OK;
}

enum belfry_error belfry_message_send(uint64_t *out, struct belfry_agent *agent,
				      const struct belfry_message *message)
{
	bel_str type = bel_str_from(message->content_type);
	bel_str text = message->text_count
			       ? (bel_str){ message->text, message->text_count }
			       : bel_str_from(message->text);
	const struct bel_oneshot_opts opts = {
		.method = BEL_SIP_MESSAGE,
		.content_type = type.len ? type : BEL_STR("text/plain;charset=UTF-8"),
		.body = text,
	};

	if (text.len > TEXT_BYTES_MAX)
		return bel_fail(agent, BEL_ERR_LIMIT, "cannot send a text of %zu bytes",
				text.len);
	return ask(out, agent, message->account, message->to, &opts);
}

enum belfry_error belfry_message_ask(uint64_t *out, struct belfry_agent *agent,
				     struct belfry_account *account, const char *to)
{
	const struct bel_oneshot_opts opts = {
		.method = BEL_SIP_OPTIONS,
		.has_contact = true,
		.lines = BEL_STR("Accept: application/sdp\r\n"),
	};

	return ask(out, agent, account, to, &opts);
}

/* ---- theirs ---- */

/* Returns the status to answer with. */
static uint16_t tell(struct belfry_agent *agent, struct bel_sip_msg *msg,
		     const struct bel_flow *came_by)
{
	const struct bel_sip_addr *from = bel_sip_from(msg), *to = bel_sip_to(msg);
	char name[NAME_BYTES];
	struct bel_arena arena;
	struct bel_news news = {
		.event = { .type = BELFRY_EVENT_MESSAGE,
			   .account = bel_account_find(agent, msg, came_by) },
		.from = from->uri.text,
		.to = to->uri.text,
		.text = bel_sip_body(msg),
		.content_type = bel_sip_value(msg, BEL_SIP_H_CONTENT_TYPE),
	};
	uint16_t status = 200;

	bel_arena_init(&arena, name, sizeof name, 0);
	news.from_name = bel_name_of(&arena, from);
	agent->message_status = &status;
	bel_news_tell(agent, &news);
	agent->message_status = NULL;
	return status;
}

static const struct bel_ua_incoming_port incoming_port = { .on_end = NULL };

bool bel_lib_on_request(void *user, struct bel_sip_msg *msg,
			const struct bel_flow *came_by)
{
	struct belfry_agent *agent = user;
	struct bel_ua *ua = bel_lib_ua(agent->lib);
	struct bel_ua_incoming *incoming;
	char buf[BEL_UA_TOKEN_BYTES];
	struct bel_writer tag = bel_writer_init(buf, sizeof buf);
	struct bel_sip_reply reply = { .status = 500 };

	if (msg->method != BEL_SIP_MESSAGE || !agent->opts.on_event)
		return false;
	bel_ua_write_token(&tag, ua);
	reply.to_tag = bel_writer_str(&tag);
	/* Kept until it is answered, so that one that comes again is told once. */
	if (bel_ua_take(&incoming, ua, msg, came_by, &incoming_port, agent)) {
		bel_ua_refuse(ua, msg, came_by, &reply);
		return true;
	}
	reply.status = tell(agent, msg, came_by);
	bel_ua_respond(incoming, &reply);
	bel_ua_drop(incoming);
	return true;
}

enum belfry_error belfry_message_refuse(struct belfry_agent *agent, uint16_t status)
{
	if (!agent->message_status)
		return bel_fail_as(agent, BELFRY_ERROR_STATE,
				   "there is no message to refuse");
	if (status < 300 || status > 699)
		return bel_fail(agent, BEL_ERR_LIMIT, "cannot refuse with %u", status);
	*agent->message_status = status;
	return BELFRY_OK;
}
