/* SPDX-License-Identifier: Apache-2.0 */
#include "ua/ua_int.h"

enum { MAX_FORWARDS = 70, CONTACT_BYTES_MAX = 1024 };

static enum bel_err make_contact(struct bel_ua_request *request,
				 const struct bel_flow *flow)
{
	const struct bel_ua_send *send = &request->send;
	char buf[CONTACT_BYTES_MAX];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	bel_ua_write_contact(&writer, request->ua, flow, send->contact_user,
			     send->contact_params,
			     bel_str_has_prefix_nocase(send->uri, BEL_STR("sips:")));
	if (writer.is_full)
		return BEL_ERR_SPACE;
	/* The same flow gives the same Contact: a second copy would only take room. */
	if (bel_str_is_equal(request->contact, bel_writer_str(&writer)))
		return BEL_OK;
	request->contact = bel_arena_copy(&request->arena, bel_writer_str(&writer));
	return request->contact.ptr ? BEL_OK : BEL_ERR_SPACE;
}

static enum bel_err make_branch(bel_str *out, struct bel_ua_request *request)
{
	char *buf = bel_arena_bytes(&request->arena, BRANCH_BYTES);
	struct bel_writer writer = bel_writer_init(buf, buf ? BRANCH_BYTES : 0);

	bel_write_lit(&writer, "z9hG4bK");
	bel_write_str(&writer, request->ua->opts.branch_mark);
	bel_ua_write_token(&writer, request->ua);
	*out = bel_writer_str(&writer);
	return bel_writer_check(&writer);
}

static void write_via(struct bel_writer *writer, const struct bel_ua *ua,
		      const struct bel_flow *flow, bel_str branch)
{
	char buf[HOST_BYTES_MAX];
	struct bel_writer host = bel_writer_init(buf, sizeof buf);
	bel_addr own = bel_flow_own_addr(ua->opts.transport, flow);

	bel_addr_write_uri_host(&host, &own);
	bel_sip_write_name(writer, BEL_SIP_H_VIA);
	bel_sip_write_via(writer, flow->transport, bel_writer_str(&host), own.port,
			  branch, true);
	bel_sip_write_crlf(writer);
}

enum bel_err bel_ua_write_request(bel_str *bytes, bel_str *branch,
				  struct bel_ua_request *request,
				  const struct bel_flow *flow)
{
	struct bel_ua *ua = request->ua;
	const struct bel_ua_send *send = &request->send;
	struct bel_writer writer = bel_writer_init(ua->buf, sizeof ua->buf);
	bel_str method = bel_sip_method_name(send->method), copy;
	enum bel_err err = make_branch(branch, request);

	if (!err && send->has_contact)
		err = make_contact(request, flow);
	if (err)
		return err;
	bel_sip_write_request_line(&writer, method, send->uri);
	write_via(&writer, ua, flow, *branch);
	bel_sip_write_number(&writer, BEL_SIP_H_MAX_FORWARDS, MAX_FORWARDS);
	bel_write_str(&writer, send->lines);
	bel_sip_write_cseq(&writer, send->cseq, method);
	if (send->has_contact)
		bel_sip_write_header(&writer, BEL_SIP_H_CONTACT, request->contact);
	bel_ua_write_credentials(&writer, request);
	if (ua->opts.name.len)
		bel_sip_write_header(&writer, BEL_SIP_H_USER_AGENT, ua->opts.name);
	bel_sip_write_body(&writer, send->content_type, send->body);
	if (writer.is_full)
		return BEL_ERR_SPACE;
	copy = bel_arena_copy(&request->arena, bel_writer_str(&writer));
	if (!copy.ptr)
		return BEL_ERR_SPACE;
	*bytes = copy;
	return BEL_OK;
}
