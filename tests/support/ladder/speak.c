/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/auth.h"
#include "support/ladder/ladder_int.h"

#define SDP                                                                              \
	"v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"      \
	"m=audio 49172 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"

static bel_str domain_of(const struct ladder_actor *phone)
{
	return bel_ladder_domain_of(phone->server);
}

static bel_str own_uri(struct ladder_actor *phone)
{
	return bel_ladder_format(phone->ladder, "sip:%.*s@%.*s", BEL_STR_ARG(phone->user),
				 BEL_STR_ARG(domain_of(phone)));
}

static bel_str own_addr(struct ladder_actor *phone)
{
	return bel_ladder_expand(phone->ladder,
				 bel_ladder_format(phone->ladder, "{%s}", phone->name));
}

static bel_str new_via(struct ladder_actor *phone)
{
	return bel_ladder_format(
		phone->ladder, "SIP/2.0/%s %.*s;rport;branch=%.*s",
		phone->is_tcp ? "TCP" : "UDP", BEL_STR_ARG(own_addr(phone)),
		BEL_STR_ARG(bel_ladder_expand(phone->ladder, BEL_STR("{branch}"))));
}

static bel_str own_contact(struct ladder_actor *phone)
{
	return bel_ladder_format(phone->ladder, "<sip:%.*s@%.*s%s>",
				 BEL_STR_ARG(phone->user), BEL_STR_ARG(own_addr(phone)),
				 phone->is_tcp ? ";transport=tcp" : "");
}

static bel_str cseq_of(struct ladder *ladder, uint32_t number, bel_str method)
{
	return bel_ladder_format(ladder, "%u %.*s", number, BEL_STR_ARG(method));
}

static void put_body(struct ladder_draft *draft, struct ladder *ladder)
{
	if (!bel_ladder_line_has(ladder->line, 4, "sdp"))
		return;
	bel_draft_put(draft, "Content-Type", BEL_STR("application/sdp"));
	draft->body = bel_ladder_place(ladder, BEL_STR(SDP));
}

/* ---- sending ---- */

static uint16_t other_port(const struct ladder_line *line)
{
	uint64_t port = 0;

	(void)bel_str_to_u64(&port, bel_ladder_line_after(line, "from"), UINT16_MAX);
	return (uint16_t)port;
}

static struct ladder_message *say(struct ladder_actor *phone, struct ladder_draft *draft,
				  const bel_addr *to, struct ladder_link *link)
{
	const struct ladder_line *line = phone->ladder->line;
	bel_str bytes = bel_draft_write(draft, phone);
	struct ladder_message *message = bel_ladder_keep(phone, &phone->said, bytes);

	if (!message)
		abort();
	message->peer = *to;
	message->link = link;
	if (!bel_ladder_line_has(line, 4, "lost"))
		bel_ladder_phone_send(phone, to, link, other_port(line), bytes);
	return message;
}

/* The newest message of that method, or response of that status. */
static struct ladder_message *find_said(struct ladder_actor *phone, bel_str method,
					uint16_t status)
{
	struct ladder_call *call = bel_ladder_call(phone, false);
	struct ladder_message *found = NULL;

	BEL_LIST_EACH(node, &phone->said)
	{
		struct ladder_message *message = BEL_CONTAINER_OF(
			node, struct ladder_message, node);
		if (message->msg.status == status &&
		    bel_str_is_equal(message->msg.method_text, method) &&
		    (!call->id.len ||
		     bel_str_is_equal(bel_sip_call_id(&message->msg), call->id)))
			found = message;
	}
	if (!found)
		bel_ladder_fail(phone->ladder, "%s has said no such thing", phone->name);
	return found;
}

static void say_again(struct ladder_actor *phone, bel_str method, uint16_t status)
{
	struct ladder_message *message = find_said(phone, method, status);

	if (message)
		bel_ladder_phone_send(phone, &message->peer, message->link,
				      other_port(phone->ladder->line),
				      message->msg.bytes);
}

/* ---- requests ---- */

/* The challenge was 401 or 407; what answers it depends on whom the request is for. */
static void put_credentials(struct ladder_draft *draft, struct ladder_actor *phone,
			    bel_str method, bel_str uri)
{
	struct ladder *ladder = phone->ladder;
	char buf[2048], password[64];
	struct bel_writer line = bel_writer_init(buf, sizeof buf);
	struct bel_writer word = bel_writer_init(password, sizeof password);
	struct bel_auth_account account = { .username = phone->user };
	bool is_register = bel_str_is_equal(method, BEL_STR("REGISTER"));

	if (!phone->challenge || phone->is_stranger)
		return;
	bel_write_str(&word, phone->user);
	bel_write_lit(&word, "-pw");
	account.password = bel_writer_str(&word);
	if (bel_auth_answer(&line, ladder->crypto, &phone->challenge->msg, &account,
			    method, uri, BEL_STR_NONE, BEL_STR("c0ffee"),
			    ++phone->nonce_count)) {
		bel_ladder_fail(ladder, "%s cannot answer the challenge", phone->name);
		return;
	}
	bel_str text = bel_arena_copy(&ladder->arena,
				      bel_str_trim(bel_writer_str(&line)));
	size_t colon = bel_str_find(text, ':');
	bel_draft_put(draft, is_register ? "Authorization" : "Proxy-Authorization",
		      bel_str_trim(bel_str_slice(text, colon + 1, text.len)));
}

static void begin(struct ladder_actor *phone, struct ladder_call *call, bel_str uri,
		  bool is_register)
{
	struct ladder *ladder = phone->ladder;

	if (call->local.len)
		return;
	call->local = bel_ladder_format(ladder, "<%.*s>;tag=%.*s",
					BEL_STR_ARG(own_uri(phone)),
					BEL_STR_ARG(call->tag));
	call->remote = bel_ladder_format(ladder, "<%.*s>",
					 BEL_STR_ARG(is_register ? own_uri(phone) : uri));
	call->id = bel_ladder_format(ladder, "%.*s-%s-%x", BEL_STR_ARG(call->name),
				     phone->name,
				     (unsigned)bel_ground_draw(ladder->ground, 1 << 24));
}

static bel_str uri_for(struct ladder_actor *phone, const struct ladder_call *call,
		       bool is_register)
{
	const struct ladder_line *line = phone->ladder->line;
	bel_str word = BEL_STR_NONE;

	if (line->words_count > 4)
		word = bel_ladder_expand(phone->ladder, line->words[4]);
	if (!is_register && bel_str_find(word, ':') < word.len)
		return word;
	if (call->target.len && !is_register)
		return call->target;
	return bel_ladder_format(phone->ladder, "sip:%.*s",
				 BEL_STR_ARG(domain_of(phone)));
}

static bool has_tag(bel_str addr)
{
	struct bel_sip_addr parsed;

	return !bel_sip_addr_parse(&parsed, addr) && parsed.tag.len;
}

static bool wants_contact(bel_str method)
{
	static const char *const methods[] = { "INVITE", "REGISTER", "SUBSCRIBE",
					       "NOTIFY", "REFER",    "UPDATE" };

	for (size_t i = 0; i < BEL_COUNT_OF(methods); i++)
		if (bel_str_is_equal(method, bel_str_from(methods[i])))
			return true;
	return false;
}

static void put_dialog(struct ladder_draft *draft, struct ladder *ladder,
		       const struct ladder_call *call, uint32_t number, bel_str method)
{
	bel_draft_put(draft, "Max-Forwards", BEL_STR("70"));
	for (unsigned i = 0; i < call->routes_count; i++)
		bel_draft_put(draft, "Route", call->routes[i]);
	bel_draft_put(draft, "From", call->local);
	bel_draft_put(draft, "To", call->remote);
	bel_draft_put(draft, "Call-ID", call->id);
	bel_draft_put(draft, "CSeq", cseq_of(ladder, number, method));
}

static bel_str request_line(struct ladder *ladder, bel_str method, bel_str uri)
{
	return bel_ladder_format(ladder, "%.*s %.*s SIP/2.0", BEL_STR_ARG(method),
				 BEL_STR_ARG(uri));
}

static void request(struct ladder_actor *phone, struct ladder_actor *peer, bel_str method)
{
	struct ladder *ladder = phone->ladder;
	bool is_register = bel_str_is_equal(method, BEL_STR("REGISTER"));
	struct ladder_call *call = bel_ladder_call(phone, is_register);
	bel_str uri = uri_for(phone, call, is_register), from;
	struct ladder_draft draft = { .start = request_line(ladder, method, uri) };
	struct ladder_message *said;

	begin(phone, call, uri, is_register);
	bel_draft_put(&draft, "Via", new_via(phone));
	put_dialog(&draft, ladder, call, ++call->cseq, method);
	if (wants_contact(method))
		bel_draft_put(&draft, "Contact", own_contact(phone));
	if (!has_tag(call->remote))
		put_credentials(&draft, phone, method, uri);
	put_body(&draft, ladder);
	said = say(phone, &draft, &peer->own, NULL);
	/* The line may have named others. */
	from = bel_sip_value(&said->msg, BEL_SIP_H_FROM);
	if (!from.len)
		return;
	call->local = from;
	call->remote = bel_sip_value(&said->msg, BEL_SIP_H_TO);
	call->id = bel_sip_call_id(&said->msg);
}

/* What goes with an INVITE hop by hop: its topmost Via, its target and its route (RFC
 * 3261 sections 9.1 and 17.1.1.3). */
static void beside_invite(struct ladder_actor *phone, struct ladder_actor *peer,
			  bel_str method, bel_str to)
{
	struct ladder *ladder = phone->ladder;
	struct ladder_message *invite = find_said(phone, BEL_STR("INVITE"), 0);
	struct bel_sip_values vias;
	struct ladder_draft draft = { 0 };
	bel_str via = BEL_STR_NONE;

	if (!invite)
		return;
	bel_sip_values_init(&vias, &invite->msg, BEL_SIP_H_VIA);
	bel_sip_values_next(&via, &vias);
	draft.start = request_line(ladder, method, invite->msg.uri_text);
	bel_draft_put(&draft, "Via", via);
	bel_draft_put(&draft, "Max-Forwards", BEL_STR("70"));
	bel_draft_copy(&draft, &invite->msg, BEL_SIP_H_ROUTE);
	bel_draft_copy(&draft, &invite->msg, BEL_SIP_H_FROM);
	bel_draft_put(&draft, "To",
		      to.len ? to : bel_sip_value(&invite->msg, BEL_SIP_H_TO));
	bel_draft_copy(&draft, &invite->msg, BEL_SIP_H_CALL_ID);
	bel_draft_put(&draft, "CSeq",
		      cseq_of(ladder, bel_sip_cseq(&invite->msg)->number, method));
	say(phone, &draft, &peer->own, NULL);
}

static void ack(struct ladder_actor *phone, struct ladder_actor *peer)
{
	struct ladder *ladder = phone->ladder;
	struct ladder_call *call = bel_ladder_call(phone, false);
	struct ladder_message *answer = call->answer;
	struct ladder_draft draft = { 0 };

	if (!answer) {
		bel_ladder_fail(ladder, "%s has nothing to acknowledge", phone->name);
		return;
	}
	if (answer->msg.status >= 300) {
		beside_invite(phone, peer, BEL_STR("ACK"),
			      bel_sip_value(&answer->msg, BEL_SIP_H_TO));
		return;
	}
	draft.start = request_line(ladder, BEL_STR("ACK"), uri_for(phone, call, false));
	bel_draft_put(&draft, "Via", new_via(phone));
	put_dialog(&draft, ladder, call, bel_sip_cseq(&answer->msg)->number,
		   BEL_STR("ACK"));
	put_body(&draft, ladder);
	say(phone, &draft, &peer->own, NULL);
}

/* ---- responses ---- */

static struct ladder_message *find_request(struct ladder_actor *phone, bel_str method)
{
	struct ladder_message *found = NULL;

	BEL_LIST_EACH(node, &phone->inbox)
	{
		struct ladder_message *message = BEL_CONTAINER_OF(
			node, struct ladder_message, node);
		if (!message->is_claimed || !message->msg.is_request ||
		    message->msg.method == BEL_SIP_ACK)
			continue;
		if (method.len ? bel_str_is_equal(message->msg.method_text, method)
			       : !message->is_answered)
			found = message;
	}
	if (!found)
		bel_ladder_fail(phone->ladder, "%s has nothing to answer", phone->name);
	return found;
}

static void mark_answered(struct ladder_actor *phone, struct ladder_message *request)
{
	bel_str cseq = bel_sip_value(&request->msg, BEL_SIP_H_CSEQ);
	bel_str call_id = bel_sip_call_id(&request->msg);

	BEL_LIST_EACH(node, &phone->inbox)
	{
		struct ladder_message *message = BEL_CONTAINER_OF(
			node, struct ladder_message, node);
		if (bel_str_is_equal(bel_sip_value(&message->msg, BEL_SIP_H_CSEQ),
				     cseq) &&
		    bel_str_is_equal(bel_sip_call_id(&message->msg), call_id))
			message->is_answered = true;
	}
}

static void respond(struct ladder_actor *phone, uint16_t status)
{
	struct ladder *ladder = phone->ladder;
	const struct ladder_line *line = ladder->line;
	bel_str method = line->words_count > 4 ? line->words[4] : BEL_STR_NONE;
	bool has_method = bel_sip_method_find(method) != BEL_SIP_METHOD_OTHER;
	struct ladder_message *request = find_request(phone,
						      has_method ? method : BEL_STR_NONE);
	struct ladder_call *call = bel_ladder_call(phone, false);
	struct ladder_draft draft = { 0 };
	bel_str to;

	if (!request)
		return;
	to = bel_sip_value(&request->msg, BEL_SIP_H_TO);
	draft.start = bel_ladder_format(ladder, "SIP/2.0 %u %.*s", status,
					BEL_STR_ARG(bel_sip_status_phrase(status)));
	bel_draft_copy(&draft, &request->msg, BEL_SIP_H_VIA);
	bel_draft_copy(&draft, &request->msg, BEL_SIP_H_FROM);
	bel_draft_put(&draft, "To",
		      status == 100 || has_tag(to)
			      ? to
			      : bel_ladder_format(ladder, "%.*s;tag=%.*s",
						  BEL_STR_ARG(to),
						  BEL_STR_ARG(call->tag)));
	bel_draft_copy(&draft, &request->msg, BEL_SIP_H_CALL_ID);
	bel_draft_copy(&draft, &request->msg, BEL_SIP_H_CSEQ);
	if (status > 100 && status < 300 && request->msg.method == BEL_SIP_INVITE) {
		bel_draft_copy(&draft, &request->msg, BEL_SIP_H_RECORD_ROUTE);
		bel_draft_put(&draft, "Contact", own_contact(phone));
	}
	put_body(&draft, ladder);
	say(phone, &draft, &request->peer, request->link);
	if (status >= 200)
		mark_answered(phone, request);
}

/* ---- */

void bel_ladder_speak(struct ladder_actor *phone, struct ladder_actor *peer)
{
	const struct ladder_line *line = phone->ladder->line;
	bel_str word = line->words[3];
	uint64_t status = 0;
	bool is_response = !bel_str_to_u64(&status, word, 699);

	if (bel_ladder_line_has(line, 4, "again"))
		say_again(phone, is_response ? BEL_STR_NONE : word, (uint16_t)status);
	else if (is_response)
		respond(phone, (uint16_t)status);
	else if (bel_str_is_equal(word, BEL_STR("ACK")))
		ack(phone, peer);
	else if (bel_str_is_equal(word, BEL_STR("CANCEL")))
		beside_invite(phone, peer, word, BEL_STR_NONE);
	else
		request(phone, peer, word);
}

void bel_ladder_register(struct ladder_actor *phone)
{
	struct ladder *ladder = phone->ladder;

	for (unsigned i = 0; i < 2 && !ladder->has_failed; i++) {
		struct ladder_message *message;
		request(phone, phone->server, BEL_STR("REGISTER"));
		message = bel_ladder_next(phone, NULL);
		if (!message) {
			bel_ladder_fail(ladder, "no answer to REGISTER");
			return;
		}
		message->is_claimed = true;
		bel_ladder_learn(phone, message);
		if (message->msg.status == 200)
			return;
		if (message->msg.status != 401)
			break;
	}
	bel_ladder_fail(ladder, "%s was not registered", phone->name);
}
