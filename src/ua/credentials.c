/* SPDX-License-Identifier: Apache-2.0 */
#include "ua/ua_int.h"

enum { LINE_BYTES_MAX = 4096 };

/* The realm that a line answers, in its quotes. */
static bel_str realm_of(bel_str line)
{
	bel_str value = bel_str_slice(line, bel_str_find(line, ':') + 1, line.len);
	struct bel_sip_param param;
	struct bel_sip_auth auth;

	if (bel_sip_auth_parse(&auth, bel_str_trim(value)))
		return BEL_STR_NONE;
	while (bel_sip_auth_next(&param, &auth.params) == BEL_OK)
		if (bel_str_is_equal_nocase(param.name, BEL_STR("realm")))
			return param.value;
	return BEL_STR_NONE;
}

static struct answer *find(struct bel_ua_request *request, uint16_t status, bel_str realm)
{
	for (unsigned i = 0; i < request->answers_count; i++)
		if (request->answers[i].status == status &&
		    bel_str_is_equal(request->answers[i].realm, realm))
			return &request->answers[i];
	return NULL;
}

/* The line that answers it, in the arena. count is that of the requests with its nonce.
 */
static enum bel_err write_line(bel_str *out, struct bel_ua_request *request,
			       struct bel_sip_msg *challenge, uint32_t count)
{
	const struct bel_ua_send *send = &request->send;
	struct bel_ua *ua = request->ua;
	char buf[LINE_BYTES_MAX], cnonce[BEL_UA_TOKEN_BYTES];
	struct bel_writer line = bel_writer_init(buf, sizeof buf);
	struct bel_writer token = bel_writer_init(cnonce, sizeof cnonce);
	enum bel_err err;

	bel_ua_write_token(&token, ua);
	err = bel_auth_answer(&line, ua->opts.crypto, challenge, send->account,
			      bel_sip_method_name(send->method), send->uri, send->body,
			      bel_writer_str(&token), count);
	if (err)
		return err;
	*out = bel_arena_copy(&request->arena, bel_writer_str(&line));
	return out->ptr ? BEL_OK : BEL_ERR_SPACE;
}

/* Each proxy on the way and the one who answers may want credentials of their own (RFC
 * 3261 section 22.3). A second challenge of the same realm is answered only when it says
 * that the nonce was stale, for the password would be no better. */
static enum bel_err keep(struct bel_ua_request *request, struct bel_sip_msg *challenge,
			 bel_str line)
{
	struct answer *answer = find(request, challenge->status, realm_of(line));
	bel_str copy;

	if (answer && !bel_auth_is_stale(challenge))
		return BEL_ERR_MISMATCH;
	copy = bel_arena_copy(&request->arena, challenge->bytes);
	if (!copy.ptr)
		return BEL_ERR_SPACE;
	if (!answer)
		answer = &request->answers[request->answers_count++];
	*answer = (struct answer){ .status = challenge->status,
				   .realm = realm_of(line),
				   .line = line,
				   .challenge = copy };
	return BEL_OK;
}

/* Those that were answered before are answered with the next count (RFC 7616 section
 * 3.4): the same again would look like somebody who listened. */
static enum bel_err count_on(struct bel_ua_request *request)
{
	for (unsigned i = 0; i < request->answers_count; i++) {
		struct answer *answer = &request->answers[i];
		struct bel_sip_refusal why;
		struct bel_sip_msg msg;
		enum bel_err err;
		if (!answer->count++)
			continue;
		err = bel_sip_parse(&msg, &request->arena, answer->challenge, &why);
		if (!err)
			err = write_line(&answer->line, request, &msg, answer->count);
		if (err)
			return err;
	}
	return BEL_OK;
}

enum bel_err bel_ua_take_challenge(struct bel_ua_request *request,
				   struct bel_sip_msg *challenge)
{
	bel_str line;
	enum bel_err err;

	if (!request->send.account || request->rounds == ROUNDS_MAX)
		return BEL_ERR_LIMIT;
	err = write_line(&line, request, challenge, 1);
	if (!err)
		err = keep(request, challenge, line);
	if (!err)
		err = count_on(request);
	if (!err)
		request->rounds++;
	return err;
}

void bel_ua_write_credentials(struct bel_writer *writer,
			      const struct bel_ua_request *request)
{
	for (unsigned i = 0; i < request->answers_count; i++)
		bel_write_str(writer, request->answers[i].line);
}
