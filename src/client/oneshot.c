/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "client/client_int.h"

struct bel_oneshot {
	struct bel_ua_request *request;
	void (*on_answer)(void *user, struct bel_sip_msg *response, enum bel_err err);
	void *user;
};

static void finish(struct bel_oneshot *oneshot, struct bel_sip_msg *response,
		   enum bel_err err)
{
	oneshot->on_answer(oneshot->user, response, err);
	free(oneshot);
}

static void on_response(void *user, struct bel_ua_request *request,
			struct bel_sip_msg *response)
{
	(void)request;
	if (response->status >= 200)
		finish(user, response, BEL_OK);
}

static void on_failure(void *user, struct bel_ua_request *request, enum bel_err err)
{
	(void)request;
	finish(user, NULL, err);
}

static const struct bel_ua_port request_port = { .on_response = on_response,
						 .on_failure = on_failure };

static bool is_alone(enum bel_sip_method method)
{
	return method != BEL_SIP_INVITE && method != BEL_SIP_ACK &&
	       method != BEL_SIP_CANCEL && method != BEL_SIP_BYE;
}

static enum bel_err check(const struct bel_oneshot_opts *opts)
{
	struct bel_sip_addr addr;
	enum bel_err err = bel_sip_addr_parse(&addr, opts->from);

	if (!is_alone(opts->method))
		return BEL_ERR_UNSUPPORTED;
	if (!err && opts->to.len)
		err = bel_sip_addr_parse(&addr, opts->to);
	return err;
}

/* RFC 3261 section 8.1.1.1: the first Route is where it goes. */
static enum bel_err find_next_hop(bel_str *out, const struct bel_oneshot_opts *opts)
{
	bel_str left = opts->routes, value;
	struct bel_sip_addr addr;
	enum bel_err err;

	*out = opts->next_hop;
	if (out->len || !bel_sip_list_next(&value, &left))
		return BEL_OK;
	err = bel_sip_addr_parse(&addr, value);
	if (!err)
		*out = addr.uri.text;
	return err;
}

static void write_to(struct bel_writer *lines, const struct bel_oneshot_opts *opts)
{
	bel_sip_write_name(lines, BEL_SIP_H_TO);
	if (opts->to.len)
		bel_sip_write_text(lines, opts->to);
	else
		bel_sip_write_addr(lines, BEL_STR_NONE, opts->target, BEL_STR_NONE);
	bel_sip_write_crlf(lines);
}

static void write_lines(struct bel_writer *lines, const struct bel_oneshot_opts *opts)
{
	if (opts->routes.len)
		bel_sip_write_header(lines, BEL_SIP_H_ROUTE, opts->routes);
	bel_sip_write_name(lines, BEL_SIP_H_FROM);
	bel_sip_write_text(lines, opts->from);
	bel_write_lit(lines, ";tag=");
	bel_ua_write_token(lines, opts->ua);
	bel_sip_write_crlf(lines);
	write_to(lines, opts);
	bel_sip_write_name(lines, BEL_SIP_H_CALL_ID);
	bel_ua_write_token(lines, opts->ua);
	bel_ua_write_token(lines, opts->ua);
	bel_sip_write_crlf(lines);
	bel_write_str(lines, opts->lines);
}

enum bel_err bel_oneshot_send(struct bel_oneshot **out,
			      const struct bel_oneshot_opts *opts)
{
	char buf[LINES_BYTES_MAX];
	struct bel_writer lines = bel_writer_init(buf, sizeof buf);
	struct bel_oneshot *oneshot;
	bel_str next_hop;
	enum bel_err err = check(opts);

	if (!err)
		err = find_next_hop(&next_hop, opts);
	if (err)
		return err;
	write_lines(&lines, opts);
	if (lines.is_full)
		return BEL_ERR_SPACE;
	oneshot = calloc(1, sizeof *oneshot);
	if (!oneshot)
		return bel_err_from_errno(ENOMEM);
	oneshot->on_answer = opts->on_answer;
	oneshot->user = opts->user;
	err = bel_ua_start(&oneshot->request, opts->ua,
			   &(struct bel_ua_send){
				   .method = opts->method,
				   .uri = opts->target,
				   .next_hop = next_hop,
				   .flow = opts->flow,
				   .cseq = 1,
				   .lines = bel_writer_str(&lines),
				   .has_contact = opts->has_contact,
				   .contact_user = opts->contact_user,
				   .content_type = opts->content_type,
				   .body = opts->body,
				   .account = opts->account,
				   .port = &request_port,
				   .user = oneshot,
			   });
	if (err) {
		free(oneshot);
		return err;
	}
	*out = oneshot;
	return BEL_OK;
}

void bel_oneshot_drop(struct bel_oneshot *oneshot)
{
	if (!oneshot)
		return;
	bel_ua_forget(oneshot->request);
	free(oneshot);
}
