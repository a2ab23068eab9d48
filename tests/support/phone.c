/* SPDX-License-Identifier: Apache-2.0 */
#include "support/phone.h"

#include <stdio.h>
#include <stdlib.h>

#include "auth/auth.h"

enum { MESSAGE_BYTES = 4096, CALL_BUDGET = 256 << 10, T1_MS = 500, GIVE_UP_MS = 32000 };

/* A client transaction with the request it may have to send again with credentials. */
struct request {
	struct bel_tx tx;
	struct bel_list node;
	struct phone *phone;
	struct phone_call *call;      /* NULL: REGISTER, CANCEL */
	struct phone_call *cancelled; /* of a CANCEL */
	struct bel_arena arena;
	enum bel_sip_method method;
	bel_str uri;
	bool has_credentials;
	unsigned expires_s;
};

/* A server transaction. */
struct reply {
	struct bel_tx tx;
	struct bel_list node;
	struct phone *phone;
	struct phone_call *call;
	struct bel_arena arena;
	bel_addr to;
};

static void send_request(struct phone *phone, struct phone_call *call,
			 enum bel_sip_method method, bel_str uri, bel_str credentials,
			 unsigned expires_s);

static uint64_t now_ms(const struct phone *phone)
{
	return bel_loop_now_ms(phone->loop);
}

static void write_tag(struct bel_writer *writer, struct phone *phone)
{
	uint64_t random;

	bel_loop_random(phone->loop, &random, sizeof random);
	bel_write_hex64(writer, random, 16);
}

/* ---- calls ---- */

static void call_over(struct phone_call *call)
{
	call->state = PHONE_OVER;
	bel_timer_stop(call->phone->loop, &call->again);
	bel_timer_stop(call->phone->loop, &call->act);
}

static void on_act(void *user)
{
	struct phone_call *call = user;

	/* RFC 3261 section 9.1: cancelled, and no final answer came. */
	if (call->is_caller && call->state == PHONE_HANGING_UP && call->invite) {
		bel_tx_abandon(call->invite);
		call->status = 487;
		call_over(call);
		return;
	}

	bel_phone_hang_up(call);
}

/* RFC 3261 section 13.3.1.4: the 200 is sent until the ACK comes, and without it the call
 * is ended. */
static void on_again(void *user)
{
	struct phone_call *call = user;

	if (call->state != PHONE_ANSWERED)
		return;
	if (call->answer_ms > GIVE_UP_MS) {
		call->state = PHONE_TALKING;
		bel_phone_hang_up(call);
		return;
	}
	bel_udp_send(call->phone->udp, &call->answer_to, NULL, call->answer);
	call->answer_ms *= 2;
	bel_timer_start(call->phone->loop, &call->again,
			now_ms(call->phone) +
				(call->answer_ms > 4000 ? 4000 : call->answer_ms));
}

static struct phone_call *call_new(struct phone *phone, bool is_caller)
{
	struct phone_call *call = calloc(1, sizeof *call);

	if (!call)
		abort();
	call->phone = phone;
	call->is_caller = is_caller;
	bel_arena_init(&call->arena, NULL, 0, CALL_BUDGET);
	bel_timer_init(&call->again, on_again, call);
	bel_timer_init(&call->act, on_act, call);
	bel_list_put(&phone->calls, &call->node);
	return call;
}

struct phone_call *bel_phone_find(struct phone *phone, const char *id)
{
	BEL_LIST_EACH(node, &phone->calls)
	{
		struct phone_call *call = BEL_CONTAINER_OF(node, struct phone_call, node);
		if (bel_str_is_equal(bel_str_from(call->id), bel_str_from(id)))
			return call;
	}
	return NULL;
}

/* The dialog of a request: the same Call-ID may have reached us twice, by two flows. */
static struct phone_call *find_dialog(struct phone *phone, struct bel_sip_msg *msg)
{
	BEL_LIST_EACH(node, &phone->calls)
	{
		struct phone_call *call = BEL_CONTAINER_OF(node, struct phone_call, node);
		if (bel_str_is_equal(bel_str_from(call->id), bel_sip_call_id(msg)) &&
		    bel_str_has_suffix(call->local, bel_sip_to(msg)->tag))
			return call;
	}
	return NULL;
}

static bel_str format(struct bel_arena *arena, const char *head, bel_str a,
		      const char *mid, bel_str b)
{
	char buf[1024];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	bel_write_text(&writer, head);
	bel_write_str(&writer, a);
	bel_write_text(&writer, mid);
	bel_write_str(&writer, b);
	return bel_arena_copy(arena, bel_writer_str(&writer));
}

/* ---- requests ---- */

/* What a NAT has to keep open must leave by the socket that the pings come to: REGISTER,
 * and the INVITE that shows the way back. */
static struct bel_udp *socket_for(struct phone *phone, enum bel_sip_method method)
{
	uint32_t drawn;

	bel_loop_random(phone->loop, &drawn, sizeof drawn);
	if (method == BEL_SIP_REGISTER || (method == BEL_SIP_INVITE && phone->has_nat))
		return phone->udp;
	return drawn % 1000 < phone->roams ? phone->other_udp : phone->udp;
}

/* The ACK of a refusal is sent by the INVITE's transaction. */
static enum bel_err client_send(struct bel_tx *tx, bel_str bytes)
{
	struct request *request = tx->user;
	bool is_ack = bel_str_has_prefix(bytes, BEL_STR("ACK"));

	return bel_udp_send(
		socket_for(request->phone, is_ack ? BEL_SIP_ACK : request->method),
		&request->phone->server, NULL, bytes);
}

/* The route set of the caller: Record-Route values in reverse (RFC 3261 section 12.1.2);
 * of the callee: as they stand. */
static bel_str take_routes(struct phone_call *call, struct bel_sip_msg *msg,
			   bool is_reverse)
{
	bel_str values[16], value, lines = BEL_STR_NONE;
	struct bel_sip_values iterator;
	unsigned count = 0;
	char buf[2048];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	bel_sip_values_init(&iterator, msg, BEL_SIP_H_RECORD_ROUTE);
	while (count < BEL_COUNT_OF(values) && bel_sip_values_next(&value, &iterator))
		values[count++] = value;
	for (unsigned i = 0; i < count; i++)
		bel_sip_write_header(&writer, BEL_SIP_H_ROUTE,
				     values[is_reverse ? count - 1 - i : i]);
	lines = bel_arena_copy(&call->arena, bel_writer_str(&writer));
	return lines;
}

/* The ACK of a 200: no transaction, sent for every 200 (RFC 3261 section 13.2.2.4). */
static void send_ack(struct phone_call *call, uint32_t cseq)
{
	struct phone *phone = call->phone;
	char buf[MESSAGE_BYTES];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	bel_sip_write_request_line(&writer, BEL_STR("ACK"), call->target);
	bel_write_lit(&writer, "Via: SIP/2.0/UDP ");
	bel_addr_write(&writer, &phone->own);
	bel_write_lit(&writer, ";rport;branch=z9hG4bKack");
	write_tag(&writer, phone);
	bel_write_lit(&writer, "\r\nMax-Forwards: 70\r\n");
	bel_write_str(&writer, call->routes);
	bel_sip_write_header(&writer, BEL_SIP_H_FROM, call->local);
	bel_sip_write_header(&writer, BEL_SIP_H_TO, call->remote);
	bel_sip_write_header(&writer, BEL_SIP_H_CALL_ID, bel_str_from(call->id));
	bel_sip_write_cseq(&writer, cseq, BEL_STR("ACK"));
	bel_sip_write_body(&writer, BEL_STR_NONE, BEL_STR_NONE);
	bel_udp_send(socket_for(phone, BEL_SIP_ACK), &phone->server, NULL,
		     bel_writer_str(&writer));
}

/* ---- sound ---- */

static void take_sound(struct phone *phone, struct bel_sip_msg *msg)
{
	if (phone->sound)
		bel_phone_sound_take(phone->sound,
				     bel_sip_body_find(msg, BEL_STR("application/sdp")));
}

/* The description, of type; both empty for a phone without sound. */
static bel_str describe_sound(struct bel_writer *writer, const struct phone *phone,
			      bel_str *type)
{
	*type = phone->sound ? BEL_STR("application/sdp") : BEL_STR_NONE;
	if (phone->sound)
		bel_phone_sound_write(writer, phone->sound);
	return bel_writer_str(writer);
}

void bel_phone_open_sound(struct phone *phone)
{
	phone->sound = bel_phone_sound_open(phone->loop, &phone->own);
}

static void on_invite_ok(struct request *request, struct bel_sip_msg *msg)
{
	struct phone_call *call = request->call;
	const struct bel_sip_addr *contact = bel_sip_contact(msg);

	if (!contact)
		return;
	if (call->state == PHONE_CALLING || call->state == PHONE_HANGING_UP) {
		bool was_cancelled = call->state == PHONE_HANGING_UP;
		call->remote = bel_arena_copy(&call->arena,
					      bel_sip_value(msg, BEL_SIP_H_TO));
		call->target = bel_arena_copy(&call->arena, contact->uri.text);
		call->routes = take_routes(call, msg, true);
		call->status = msg->status;
		call->state = PHONE_TALKING;
		call->was_talking = true;
		take_sound(call->phone, msg);
		send_ack(call, bel_sip_cseq(msg)->number);
		/* The CANCEL came too late: what was answered is hung up. */
		if (was_cancelled)
			bel_phone_hang_up(call);
		return;
	}
	send_ack(call, bel_sip_cseq(msg)->number);
}

/* A challenge is answered once. */
static bool answer_challenge(struct request *request, struct bel_sip_msg *msg)
{
	struct phone *phone = request->phone;
	const struct bel_auth_account account = {
		.username = bel_str_from(phone->name),
		.password = bel_str_from(phone->password),
	};
	char buf[1024];
	struct bel_writer line = bel_writer_init(buf, sizeof buf);

	if ((msg->status != 401 && msg->status != 407) || request->has_credentials)
		return false;
	if (bel_auth_answer(&line, phone->crypto, msg, &account,
			    bel_sip_method_name(request->method), request->uri,
			    BEL_STR_NONE, BEL_STR("c0ffee"), 1))
		return false;
	send_request(phone, request->call, request->method, request->uri,
		     bel_writer_str(&line), request->expires_s);
	return true;
}

/* 481, although the INVITE has a provisional answer and no final one. A server that sent
 * a 2xx which was lost again and again has forgotten the INVITE 64*T1 later (RFC 6026
 * section 7.1, timer L). */
static bool is_disowned(const struct request *request, const struct bel_sip_msg *msg)
{
	const struct phone_call *call = request->cancelled;

	return call && msg->status == 481 && call->invite &&
	       call->invite->state == BEL_TX_PROCEEDING &&
	       now_ms(call->phone) - call->heard_ms < 64 * T1_MS;
}

static void on_final(struct request *request, struct bel_sip_msg *msg)
{
	struct phone_call *call = request->call;

	if (answer_challenge(request, msg))
		return;
	request->phone->disowned += is_disowned(request, msg);
	if (request->method == BEL_SIP_REGISTER) {
		request->phone->is_registered = msg->status == 200 &&
						request->expires_s > 0;
	} else if (request->method == BEL_SIP_INVITE && msg->status < 300) {
		on_invite_ok(request, msg);
	} else if (request->method == BEL_SIP_INVITE && call->state != PHONE_OVER &&
		   call->state != PHONE_TALKING) {
		call->status = msg->status;
		call_over(call);
	} else if (request->method == BEL_SIP_BYE) {
		call_over(call);
	}
}

static void client_on_message(struct bel_tx *tx, struct bel_sip_msg *msg)
{
	struct request *request = tx->user;

	if (msg->status < 200) {
		if (request->call) {
			request->call->has_provisional = true;
			request->call->heard_ms = now_ms(request->phone);
			if (request->call->wants_cancel)
				bel_phone_hang_up(request->call);
		}
		return;
	}
	on_final(request, msg);
}

static void client_on_failure(struct bel_tx *tx, enum bel_err err)
{
	struct request *request = tx->user;

	(void)err;
	if (!request->call || request->call->state == PHONE_OVER)
		return;
	if (request->method == BEL_SIP_INVITE && request->call->state != PHONE_TALKING) {
		request->call->status = 408;
		call_over(request->call);
	} else if (request->method == BEL_SIP_BYE) {
		call_over(request->call);
	}
}

static void client_on_end(struct bel_tx *tx)
{
	struct request *request = tx->user;

	if (request->call && request->call->invite == tx)
		request->call->invite = NULL;
	bel_list_remove(&request->node);
	bel_arena_fini(&request->arena);
	free(request);
}

static const struct bel_tx_port client_port = {
	.send = client_send,
	.on_message = client_on_message,
	.on_failure = client_on_failure,
	.on_end = client_on_end,
};

static void write_request(struct bel_writer *writer, struct phone *phone,
			  struct phone_call *call, const struct request *request,
			  bel_str branch, bel_str credentials)
{
	bool is_register = request->method == BEL_SIP_REGISTER;
	char buf[160], text[512];
	struct bel_writer own = bel_writer_init(buf, sizeof buf);
	struct bel_writer sound = bel_writer_init(text, sizeof text);
	bel_str body = BEL_STR_NONE, type = BEL_STR_NONE;

	bel_write_format(&own, "<sip:%s@%s>", phone->name, phone->domain);
	bel_sip_write_request_line(writer, bel_sip_method_name(request->method),
				   request->uri);
	bel_write_lit(writer, "Via: SIP/2.0/UDP ");
	bel_addr_write(writer, &phone->own);
	bel_write_lit(writer, ";rport;branch=");
	bel_write_str(writer, branch);
	bel_write_lit(writer, "\r\nMax-Forwards: 70\r\n");
	if (call)
		bel_write_str(writer, call->routes);
	bel_sip_write_header(writer, BEL_SIP_H_FROM,
			     call ? call->local : bel_writer_str(&own));
	bel_sip_write_header(writer, BEL_SIP_H_TO,
			     call ? call->remote : bel_writer_str(&own));
	if (call)
		bel_sip_write_header(writer, BEL_SIP_H_CALL_ID, bel_str_from(call->id));
	else
		bel_write_format(writer, "Call-ID: reg-%s\r\n", phone->name);
	bel_sip_write_cseq(writer, call ? call->cseq : phone->cseq,
			   bel_sip_method_name(request->method));
	bel_write_format(writer, "Contact: <sip:%s@", phone->name);
	bel_addr_write(writer, &phone->own);
	bel_write_lit(writer, ">\r\n");
	if (is_register)
		bel_sip_write_number(writer, BEL_SIP_H_EXPIRES, request->expires_s);
	bel_write_str(writer, credentials);
	if (request->method == BEL_SIP_INVITE)
		body = describe_sound(&sound, phone, &type);
	bel_sip_write_body(writer, type, body);
}

static void send_request(struct phone *phone, struct phone_call *call,
			 enum bel_sip_method method, bel_str uri, bel_str credentials,
			 unsigned expires_s)
{
	struct request *request = calloc(1, sizeof *request);
	char buf[MESSAGE_BYTES], id[40];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	struct bel_writer branch = bel_writer_init(id, sizeof id);

	if (!request)
		abort();
	bel_arena_init(&request->arena, NULL, 0, CALL_BUDGET);
	request->phone = phone;
	request->call = call;
	request->method = method;
	request->uri = bel_arena_copy(&request->arena, uri);
	request->has_credentials = credentials.len > 0;
	request->expires_s = expires_s;
	bel_list_put(&phone->requests, &request->node);
	if (call)
		call->cseq++;
	else
		phone->cseq++;
	bel_write_lit(&branch, "z9hG4bK");
	write_tag(&branch, phone);
	write_request(&writer, phone, call, request, bel_writer_str(&branch),
		      credentials);
	if (call && method == BEL_SIP_INVITE)
		call->invite = &request->tx;
	bel_tx_client_start(&request->tx, phone->table,
			    &(struct bel_tx_client_opts){
				    .port = &client_port,
				    .user = request,
				    .arena = &request->arena,
				    .branch = bel_arena_copy(&request->arena,
							     bel_writer_str(&branch)),
				    .request = bel_arena_copy(&request->arena,
							      bel_writer_str(&writer)),
				    .method = method,
			    });
}

static void send_cancel(struct phone_call *call)
{
	struct phone *phone = call->phone;
	struct request *request = calloc(1, sizeof *request);
	char buf[MESSAGE_BYTES];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	if (!request)
		abort();
	bel_arena_init(&request->arena, NULL, 0, CALL_BUDGET);
	request->phone = phone;
	request->method = BEL_SIP_CANCEL;
	request->cancelled = call;
	request->has_credentials = true;
	bel_list_put(&phone->requests, &request->node);
	if (bel_tx_write_cancel(&writer, call->invite, BEL_STR_NONE))
		abort();
	bel_tx_client_start(
		&request->tx, phone->table,
		&(struct bel_tx_client_opts){
			.port = &client_port,
			.user = request,
			.arena = &request->arena,
			.branch = bel_arena_copy(&request->arena, call->invite->key),
			.request = bel_arena_copy(&request->arena,
						  bel_writer_str(&writer)),
			.method = BEL_SIP_CANCEL,
		});
}

void bel_phone_hang_up(struct phone_call *call)
{
	switch (call->state) {
	case PHONE_CALLING:
		if (!call->is_caller)
			return;
		/* RFC 3261 section 9.1: not before a provisional answer. */
		if (!call->has_provisional || !call->invite) {
			call->wants_cancel = true;
			return;
		}
		call->wants_cancel = false;
		call->state = PHONE_HANGING_UP;
		send_cancel(call);
		bel_timer_start(call->phone->loop, &call->act,
				now_ms(call->phone) + GIVE_UP_MS);
		return;
	case PHONE_TALKING:
		call->state = PHONE_HANGING_UP;
		send_request(call->phone, call, BEL_SIP_BYE, call->target, BEL_STR_NONE,
			     0);
		return;
	default:
		return;
	}
}

struct phone_call *bel_phone_call(struct phone *phone, const char *uri)
{
	struct phone_call *call = call_new(phone, true);
	char tag[20], own[120];
	struct bel_writer tag_text = bel_writer_init(tag, sizeof tag);
	struct bel_writer own_text = bel_writer_init(own, sizeof own);

	write_tag(&tag_text, phone);
	snprintf(call->id, sizeof call->id, "%s-%u", phone->name, ++phone->made);
	bel_write_format(&own_text, "<sip:%s@%s>;tag=%.*s", phone->name, phone->domain,
			 BEL_STR_ARG(bel_writer_str(&tag_text)));
	call->local = bel_arena_copy(&call->arena, bel_writer_str(&own_text));
	call->remote = format(&call->arena, "<", bel_str_from(uri), ">", BEL_STR_NONE);
	send_request(phone, call, BEL_SIP_INVITE, bel_str_from(uri), BEL_STR_NONE, 0);
	return call;
}

void bel_phone_register(struct phone *phone, unsigned expires_s)
{
	char buf[64];
	struct bel_writer uri = bel_writer_init(buf, sizeof buf);

	bel_write_format(&uri, "sip:%s", phone->domain);
	send_request(phone, NULL, BEL_SIP_REGISTER, bel_writer_str(&uri), BEL_STR_NONE,
		     expires_s);
}

/* ---- being asked ---- */

static enum bel_err server_send(struct bel_tx *tx, bel_str bytes)
{
	struct reply *reply = tx->user;

	return bel_udp_send(reply->phone->udp, &reply->to, NULL, bytes);
}

static void server_on_message(struct bel_tx *tx, struct bel_sip_msg *msg)
{
	(void)tx;
	(void)msg;
}

static void server_on_end(struct bel_tx *tx)
{
	struct reply *reply = tx->user;

	if (reply->call && reply->call->invite == tx)
		reply->call->invite = NULL;
	bel_list_remove(&reply->node);
	bel_arena_fini(&reply->arena);
	free(reply);
}

static const struct bel_tx_port server_port = {
	.send = server_send,
	.on_message = server_on_message,
	.on_end = server_on_end,
};

static bel_str respond(struct reply *reply, struct bel_sip_msg *msg, uint16_t status,
		       bel_str tag)
{
	char buf[MESSAGE_BYTES], lines[128], text[512];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	struct bel_writer contact = bel_writer_init(lines, sizeof lines);
	struct bel_writer sound = bel_writer_init(text, sizeof text);
	bel_str body = BEL_STR_NONE, type = BEL_STR_NONE;
	bool is_dialog = msg->method == BEL_SIP_INVITE && status < 300;
	bel_str bytes;

	bel_write_format(&contact, "Contact: <sip:%s@", reply->phone->name);
	bel_addr_write(&contact, &reply->phone->own);
	bel_write_lit(&contact, ">\r\n");
	if (is_dialog && status >= 200)
		body = describe_sound(&sound, reply->phone, &type);
	if (bel_sip_respond(
		    &writer, msg,
		    &(struct bel_sip_reply){
			    .status = status,
			    .record_route = is_dialog,
			    .to_tag = tag,
			    .lines = is_dialog ? bel_writer_str(&contact) : BEL_STR_NONE,
			    .content_type = type,
			    .body = body,
		    }))
		abort();
	bytes = bel_arena_copy(&reply->arena, bel_writer_str(&writer));
	bel_tx_respond(&reply->tx, status, bytes);
	return bytes;
}

/* The 200 after ringing. The call outlives the reply, which goes with its transaction:
 * after a CANCEL only the call is there to be asked. */
struct ringing {
	struct bel_timer timer;
	struct phone_call *call;
	struct reply *reply;
	struct bel_sip_msg msg;
	char tag[16];
};

static void on_pick_up(void *user)
{
	struct ringing *ringing = user;
	struct phone_call *call = ringing->call;

	if (call->state != PHONE_CALLING)
		return;
	take_sound(call->phone, &ringing->msg);
	call->answer = bel_arena_copy(
		&call->arena, respond(ringing->reply, &ringing->msg, 200,
				      (bel_str){ ringing->tag, sizeof ringing->tag }));
	call->answer_to = ringing->reply->to;
	call->state = PHONE_ANSWERED;
	call->answer_ms = T1_MS;
	bel_timer_start(call->phone->loop, &call->again, now_ms(call->phone) + T1_MS);
}

static void on_invite(struct reply *reply, struct bel_sip_msg *msg)
{
	struct phone *phone = reply->phone;
	struct phone_call *call = call_new(phone, false);
	struct ringing *ringing = bel_arena_zalloc(&call->arena, sizeof *ringing);
	struct bel_writer tag = bel_writer_init(ringing->tag, sizeof ringing->tag);
	struct bel_sip_refusal why;
	bel_str id = bel_sip_call_id(msg), bytes;

	if (id.len < sizeof call->id)
		memcpy(call->id, id.ptr, id.len);
	write_tag(&tag, phone);
	reply->call = call;
	call->invite = &reply->tx;
	call->remote = bel_arena_copy(&call->arena, bel_sip_value(msg, BEL_SIP_H_FROM));
	call->local = format(&call->arena, "", bel_sip_value(msg, BEL_SIP_H_TO),
			     ";tag=", bel_writer_str(&tag));
	call->target = bel_arena_copy(&call->arena, bel_sip_contact(msg)->uri.text);
	call->routes = take_routes(call, msg, false);
	bytes = bel_arena_copy(&call->arena, msg->bytes);
	ringing->call = call;
	ringing->reply = reply;
	if (bel_sip_parse(&ringing->msg, &call->arena, bytes, &why) ||
	    bel_sip_validate(&ringing->msg, &why))
		abort();
	bel_timer_init(&ringing->timer, on_pick_up, ringing);
	bel_timer_init(&call->act, on_act, call);
	call->answer_ms = 0;
	respond(reply, msg, 180, bel_writer_str(&tag));
	bel_timer_start(phone->loop, &ringing->timer,
			now_ms(phone) + phone->answer_after_ms);
}

static void on_bye(struct reply *reply, struct bel_sip_msg *msg)
{
	struct phone_call *call = find_dialog(reply->phone, msg);

	respond(reply, msg, call ? 200 : 481, BEL_STR("none"));
	if (!call)
		return;
	/* The other end gave up on a call whose answer never got here. */
	if (call->is_caller && call->invite)
		bel_tx_abandon(call->invite);
	call_over(call);
}

static void on_cancel(struct reply *reply, struct bel_sip_msg *msg)
{
	struct bel_tx *invite = bel_tx_find_cancelled(reply->phone->table, msg);

	respond(reply, msg, invite ? 200 : 481, BEL_STR("none"));
	if (!invite)
		return;
	struct reply *ringing = invite->user;
	if (ringing->call->state != PHONE_CALLING)
		return;
	call_over(ringing->call);
	char buf[MESSAGE_BYTES];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	/* The 487 is made of the CANCEL: its Via, From, To, Call-ID and number are those
	 * of the INVITE; only the method differs. */
	if (bel_sip_respond(
		    &writer, msg,
		    &(struct bel_sip_reply){ .status = 487, .to_tag = BEL_STR("x") }))
		abort();
	for (size_t i = 0; i + 6 <= writer.len; i++)
		if (bel_str_is_equal((bel_str){ buf + i, 6 }, BEL_STR("CANCEL")))
			memcpy(buf + i, "INVITE", 6);
	bel_tx_respond(invite, 487,
		       bel_arena_copy(&ringing->arena, bel_writer_str(&writer)));
}

static void on_ack(struct phone *phone, struct bel_sip_msg *msg)
{
	struct phone_call *call = find_dialog(phone, msg);

	if (!call || call->state != PHONE_ANSWERED)
		return;
	call->state = PHONE_TALKING;
	call->was_talking = true;
	bel_timer_stop(phone->loop, &call->again);
	if (phone->talk_ms)
		bel_timer_start(phone->loop, &call->act, now_ms(phone) + phone->talk_ms);
}

static void on_request(struct phone *phone, struct bel_sip_msg *msg, const bel_addr *peer)
{
	struct bel_tx *tx = bel_tx_find_server(phone->table, msg);
	struct reply *reply;

	if (tx) {
		bel_tx_on_request(tx, msg);
		return;
	}
	if (msg->method == BEL_SIP_ACK) {
		on_ack(phone, msg);
		return;
	}
	reply = calloc(1, sizeof *reply);
	if (!reply)
		abort();
	bel_arena_init(&reply->arena, NULL, 0, CALL_BUDGET);
	reply->phone = phone;
	reply->to = *peer;
	if (bel_tx_server_start(&reply->tx, phone->table, msg,
				&(struct bel_tx_server_opts){ .port = &server_port,
							      .user = reply,
							      .arena = &reply->arena }))
		abort();
	bel_list_put(&phone->requests, &reply->node);
	if (msg->method == BEL_SIP_INVITE)
		on_invite(reply, msg);
	else if (msg->method == BEL_SIP_BYE)
		on_bye(reply, msg);
	else if (msg->method == BEL_SIP_CANCEL)
		on_cancel(reply, msg);
	else
		respond(reply, msg, 501, BEL_STR("none"));
}

static void on_datagrams(void *user, struct bel_udp *udp, struct bel_datagram *datagrams,
			 unsigned count)
{
	struct phone *phone = user;

	(void)udp;
	for (unsigned i = 0; i < count; i++) {
		struct bel_arena arena;
		struct bel_sip_msg msg;
		struct bel_sip_refusal why;
		bel_arena_init(&arena, NULL, 0, CALL_BUDGET);
		if (!bel_sip_parse(&msg, &arena,
				   (bel_str){ datagrams[i].buf, datagrams[i].len },
				   &why) &&
		    !bel_sip_validate(&msg, &why)) {
			struct bel_tx *tx = msg.is_request ? NULL
							   : bel_tx_find_client(
								     phone->table, &msg);
			if (msg.is_request)
				on_request(phone, &msg, &datagrams[i].peer);
			else if (tx)
				bel_tx_on_response(tx, &msg);
		}
		bel_arena_fini(&arena);
	}
}

/* ---- life ---- */

struct phone *bel_phone_new(const struct phone_opts *opts)
{
	struct phone *phone = calloc(1, sizeof *phone);
	bel_addr other = opts->ip;

	if (!phone)
		abort();
	other.port = 5062;
	snprintf(phone->name, sizeof phone->name, "%s", opts->name);
	snprintf(phone->password, sizeof phone->password, "%s", opts->password);
	snprintf(phone->domain, sizeof phone->domain, "%s", opts->domain);
	phone->server = opts->server;
	phone->own = opts->ip;
	phone->own.port = 5060;
	phone->answer_after_ms = 1000;
	phone->has_nat = opts->nat != BEL_NAT_NONE;
	bel_list_init(&phone->calls);
	bel_list_init(&phone->requests);
	phone->node = bel_sim_node_new(opts->sim, opts->name, &opts->ip);
	if (opts->nat != BEL_NAT_NONE &&
	    bel_sim_node_nat(phone->node, opts->nat, &opts->outer, 120))
		abort();
	if (bel_sim_loop(&phone->loop, phone->node) || bel_crypto_open(&phone->crypto) ||
	    bel_udp_open(&phone->udp, phone->loop,
			 &(struct bel_udp_opts){ .local = phone->own,
						 .on_datagrams = on_datagrams,
						 .user = phone }) ||
	    bel_udp_open(&phone->other_udp, phone->loop,
			 &(struct bel_udp_opts){ .local = other,
						 .on_datagrams = on_datagrams,
						 .user = phone }) ||
	    bel_tx_table_open(&phone->table,
			      &(struct bel_tx_table_opts){ .loop = phone->loop }))
		abort();
	return phone;
}

void bel_phone_free(struct phone *phone)
{
	bel_tx_table_close(phone->table);
	while (!bel_list_is_empty(&phone->calls)) {
		struct phone_call *call = BEL_CONTAINER_OF(phone->calls.next,
							   struct phone_call, node);
		call_over(call);
		bel_list_remove(&call->node);
		bel_arena_fini(&call->arena);
		free(call);
	}
	bel_phone_sound_close(phone->sound);
	bel_udp_close(phone->udp);
	bel_udp_close(phone->other_udp);
	bel_crypto_close(phone->crypto);
	bel_loop_close(phone->loop);
	free(phone);
}
