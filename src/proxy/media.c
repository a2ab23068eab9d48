/* SPDX-License-Identifier: Apache-2.0
 * Media by way of the server: descriptions in requests and answers, as the other side
 * gets them. Which calls need it says anchor/; here is what a message means to it. */
#include "proxy/proxy_int.h"

#define SDP BEL_STR("application/sdp")

enum { LOOP_DETECTED = 482 };

typedef enum bel_err describe(struct bel_writer *writer, struct bel_relay *relay,
			      bel_relay_call call, enum bel_relay_side from, bel_str sdp,
			      struct bel_sdp_refusal *why);

/* A message on its way. */
struct passing {
	struct bel_proxy *proxy;
	struct bel_sip_msg *msg;
	bel_str sdp; /* in its body; empty: none */
};

static struct passing passing_of(struct bel_proxy *proxy, struct bel_sip_msg *msg)
{
	return (struct passing){ proxy, msg, bel_sip_body_find(msg, SDP) };
}

static struct bel_relay *relay_of(const struct bel_proxy *proxy)
{
	return bel_anchor_relay(proxy->opts.anchor);
}

/* The body with the description written anew, in proxy->body; empty when that cannot be
 * done, and the message stays as it is. */
static enum bel_err rewrite(bel_str *body, const struct passing *passing, describe *write,
			    bel_relay_call call, enum bel_relay_side from)
{
	struct bel_proxy *proxy = passing->proxy;
	bel_str whole = bel_sip_body(passing->msg);
	size_t before = (size_t)(passing->sdp.ptr - whole.ptr);
	struct bel_writer writer = bel_writer_init(proxy->body, sizeof proxy->body);
	enum bel_err err;

	bel_write_str(&writer, bel_str_slice(whole, 0, before));
	err = write(&writer, relay_of(proxy), call, from, passing->sdp, NULL);
	if (err) {
		bel_anchor_note(proxy->opts.anchor, bel_sip_call_id(passing->msg),
				"a description went on as it was: %s", bel_err_text(err));
		return err;
	}
	bel_write_str(&writer,
		      bel_str_slice(whole, before + passing->sdp.len, whole.len));
	if (bel_writer_check(&writer))
		return BEL_ERR_SPACE;
	*body = bel_writer_str(&writer);
	return BEL_OK;
}

/* ---- a call that begins ---- */

/* Where the first stream is, or all of them: the first c= line. */
static bel_addr media_of(bel_str sdp)
{
	bel_addr addr = { .family = 0 };

	while (sdp.len) {
		size_t end = bel_str_find(sdp, '\n');
		bel_str line = bel_str_trim(bel_str_slice(sdp, 0, end));
		if (bel_str_has_prefix(line, BEL_STR("c=IN IP"))) {
			(void)bel_addr_parse_host(&addr,
						  bel_str_slice(line, 9, line.len));
			break;
		}
		sdp = bel_str_slice(sdp, end + 1, sdp.len);
	}
	return addr;
}

static bel_addr host_of(bel_str text)
{
	bel_addr addr = { .family = 0 };
	struct bel_uri uri;

	if (bel_uri_parse(&uri, text) == BEL_OK)
		(void)bel_addr_parse_host(&addr, uri.host);
	return addr;
}

/* ---- keys ---- */

/* Of the first stream, as its transport says (RFC 4568, RFC 5764). */
static enum bel_relay_keying keying_of(bel_str sdp)
{
	while (sdp.len) {
		size_t end = bel_str_find(sdp, '\n');
		bel_str line = bel_str_slice(sdp, 0, end), word, proto = BEL_STR_NONE;
		sdp = bel_str_slice(sdp, end + 1, sdp.len);
		if (!bel_str_has_prefix(line, BEL_STR("m=")))
			continue;
		for (unsigned i = 0; i < 3 && bel_sdp_word_next(&word, &line); i++)
			proto = word;
		if (bel_str_has_prefix(proto, BEL_STR("UDP/TLS/")))
			return BEL_RELAY_DTLS;
		return bel_str_has_prefix(proto, BEL_STR("RTP/SAVP")) ? BEL_RELAY_SDES
								      : BEL_RELAY_PLAIN;
	}
	return BEL_RELAY_PLAIN;
}

static bel_str contact_uri_of(struct bel_sip_msg *msg)
{
	struct bel_sip_addr contact;

	return bel_sip_addr_parse(&contact, bel_sip_value(msg, BEL_SIP_H_CONTACT)) ==
			       BEL_OK
		       ? contact.uri.text
		       : BEL_STR_NONE;
}

/* Who offers keys wants them when it is called, too. Who offers none may still take them.
 */
static void learn_caller(const struct branch *branch, const struct passing *passing)
{
	enum bel_relay_keying keying = keying_of(passing->sdp);

	if (keying != BEL_RELAY_PLAIN)
		bel_anchor_learn(bel_anchor_known(branch->call->proxy->opts.anchor),
				 contact_uri_of(passing->msg),
				 &branch->call->came_by.peer, keying);
}

static void learn_callee(const struct branch *branch, const struct bel_flow *flow)
{
	struct bel_proxy *proxy = branch->call->proxy;

	bel_anchor_learn(
		bel_anchor_known(proxy->opts.anchor), branch->uri, &flow->peer,
		bel_relay_asked(relay_of(proxy), branch->media, BEL_RELAY_CALLEE));
}

/* The keys that the callee insists on, when they are others than those that are offered;
 * else AS_OFFERED. */
static enum bel_relay_keying known_of(const struct branch *branch,
				      const struct passing *passing,
				      const struct bel_flow *flow)
{
	enum bel_relay_keying keying;

	if (!passing->sdp.len)
		return BEL_RELAY_AS_OFFERED;
	keying = bel_anchor_recall(bel_anchor_known(branch->call->proxy->opts.anchor),
				   branch->uri, &flow->peer);
	return keying == keying_of(passing->sdp) ? BEL_RELAY_AS_OFFERED : keying;
}

/* ---- why ---- */

static unsigned reasons_of(const struct branch *branch, const struct passing *passing,
			   const struct bel_flow *flow, bool are_keys_refused)
{
	struct bel_anchor_facts facts = {
		.mode = bel_anchor_mode(branch->call->proxy->opts.anchor),
		.caller = branch->call->came_by.peer,
		.callee = flow->peer,
		.caller_says = passing->sdp.len ? media_of(passing->sdp)
						: host_of(contact_uri_of(passing->msg)),
		.are_keys_refused = are_keys_refused,
	};

	/* Behind further proxies the way there says nothing of the phone. */
	if (!branch->path.len && !branch->next_hop.len)
		facts.callee_says = host_of(branch->uri);
	return bel_anchor_need(&facts);
}

static enum bel_err begin(struct branch *branch, const struct passing *passing,
			  const struct bel_flow *flow, unsigned reasons)
{
	return bel_anchor_begin(&branch->media, branch->call->proxy->opts.anchor,
				&(struct bel_relay_names){
					.call_id = bel_sip_call_id(passing->msg),
					.caller_tag = bel_sip_from(passing->msg)->tag,
				},
				&branch->call->came_by, flow, reasons);
}

static void end(struct branch *branch)
{
	bel_relay_end(relay_of(branch->call->proxy), branch->media);
	branch->media = 0;
}

static bool is_shortage(enum bel_err err)
{
	return err == BEL_ERR_BUSY || ((int)err < 0 && (int)err > BEL_ERR_SYNTAX);
}

static enum bel_err on_invite(bel_str *body, struct branch *branch,
			      const struct passing *passing, const struct bel_flow *flow)
{
	enum bel_relay_keying known;
	enum bel_err err = BEL_OK;
	unsigned reasons;

	/* Another hop may be somewhere else. */
	if (branch->media && !branch->is_put_again)
		end(branch);
	branch->has_offered = passing->sdp.len;
	branch->media_side = BEL_RELAY_CALLER;
	if (!branch->media) {
		learn_caller(branch, passing);
		known = known_of(branch, passing, flow);
		reasons = reasons_of(branch, passing, flow, known);
		if (!reasons)
			return BEL_OK;
		err = begin(branch, passing, flow, reasons);
		if (!err)
			bel_relay_ask(relay_of(branch->call->proxy), branch->media,
				      BEL_RELAY_CALLEE, known);
	}
	if (!err && passing->sdp.len)
		err = rewrite(body, passing, bel_relay_offer, branch->media,
			      BEL_RELAY_CALLER);
	if (err)
		end(branch);
	/* A call without ports would be one without sound. */
	return is_shortage(err) ? err : BEL_OK;
}

/* ---- within it ---- */

/* A description in a request answers the offer that waits for it (in ACK and PRACK), else
 * it is one. */
static enum bel_err within(bel_str *body, const struct passing *passing,
			   bel_relay_call call, enum bel_relay_side side,
			   const bel_addr *source, bool *has_offered)
{
	struct bel_relay *relay = relay_of(passing->proxy);
	bool is_answer = bel_relay_awaits(relay, call, bel_relay_other(side));
	enum bel_err err;

	bel_relay_set_signal(relay, call, side, source);
	*has_offered = false;
	if (!passing->sdp.len)
		return BEL_OK;
	err = rewrite(body, passing, is_answer ? bel_relay_answer : bel_relay_offer, call,
		      side);
	*has_offered = !err && !is_answer;
	return is_shortage(err) ? err : BEL_OK;
}

static bel_relay_call find(const struct passing *passing, enum bel_relay_side *side)
{
	struct bel_sip_msg *msg = passing->msg;

	return bel_relay_find(relay_of(passing->proxy), side, bel_sip_call_id(msg),
			      bel_sip_from(msg)->tag, bel_sip_to(msg)->tag);
}

enum bel_err bel_media_on_request(bel_str *body, struct branch *branch,
				  struct bel_sip_msg *msg, const struct bel_flow *flow)
{
	struct call *call = branch->call;
	struct passing passing;
	enum bel_relay_side side;

	*body = BEL_STR_NONE;
	if (!call->proxy->opts.anchor)
		return BEL_OK;
	passing = passing_of(call->proxy, msg);
	if (!bel_sip_to(msg)->tag.len)
		return msg->method == BEL_SIP_INVITE
			       ? on_invite(body, branch, &passing, flow)
			       : BEL_OK;
	branch->media = find(&passing, &side);
	if (!branch->media)
		return BEL_OK;
	if (msg->method == BEL_SIP_BYE) {
		bel_anchor_end(call->proxy->opts.anchor, branch->media);
		return BEL_OK;
	}
	branch->is_within = true;
	branch->media_side = side;
	return within(body, &passing, branch->media, side, &call->came_by.peer,
		      &branch->has_offered);
}

bel_str bel_media_on_ack(struct bel_proxy *proxy, struct bel_sip_msg *ack,
			 const bel_addr *source)
{
	bel_str body = BEL_STR_NONE;
	struct passing passing;
	enum bel_relay_side side;
	bel_relay_call call;
	bool has_offered;

	if (!proxy->opts.anchor || !ack->body_len)
		return body;
	passing = passing_of(proxy, ack);
	call = find(&passing, &side);
	if (call && bel_relay_awaits(relay_of(proxy), call, bel_relay_other(side)))
		(void)within(&body, &passing, call, side, source, &has_offered);
	return body;
}

bel_str bel_media_on_response(struct branch *branch, struct bel_sip_msg *msg)
{
	struct bel_proxy *proxy = branch->call->proxy;
	bel_str body = BEL_STR_NONE, tag;
	struct passing passing;

	if (!branch->media || msg->status <= 100 || msg->status >= 300)
		return body;
	tag = bel_sip_to(msg)->tag;
	if (!branch->is_within && tag.len)
		bel_relay_set_callee_tag(relay_of(proxy), branch->media, tag);
	passing = passing_of(proxy, msg);
	if (passing.sdp.len && branch->is_put_again && branch->attempts)
		learn_callee(branch, &branch->attempts->waiter.flow);
	if (passing.sdp.len)
		(void)rewrite(&body, &passing,
			      branch->has_offered ? bel_relay_answer : bel_relay_offer,
			      branch->media, bel_relay_other(branch->media_side));
	return body;
}

/* ---- refusals ---- */

/* Refused for what was offered (RFC 3261 sections 21.4.13, 21.4.26 and 21.6.4). */
static bool is_of_offer(uint16_t status)
{
	return status == 488 || status == 606 || status == 415;
}

static bool begin_for_keys(struct branch *branch, const struct bel_flow *flow)
{
	struct bel_sip_msg *msg = bel_proxy_call_request(branch->call);
	struct passing passing;
	unsigned reasons;
	bel_str unused;

	if (!msg)
		return false;
	passing = passing_of(branch->call->proxy, msg);
	reasons = reasons_of(branch, &passing, flow, true);
	if (!reasons || begin(branch, &passing, flow, reasons))
		return false;
	if (!rewrite(&unused, &passing, bel_relay_offer, branch->media, BEL_RELAY_CALLER))
		return true;
	end(branch);
	return false;
}

bool bel_media_put_again(struct branch *branch, uint16_t status,
			 const struct bel_flow *flow)
{
	struct bel_proxy *proxy = branch->call->proxy;

	if (!proxy->opts.anchor || branch->is_within || !branch->has_offered ||
	    branch->call->is_cancelled)
		return false;
	/* It takes the second offer for a repetition of the first: the next call begins
	 * with it. */
	if (status == LOOP_DETECTED && branch->is_put_again)
		learn_callee(branch, flow);
	if (!is_of_offer(status))
		return false;
	if (!branch->media && !begin_for_keys(branch, flow))
		return false;
	if (!bel_relay_offer_next(relay_of(proxy), branch->media))
		return false;
	branch->is_put_again = true;
	bel_proxy_call_note(branch->call, "%u: offered again, as %s", status,
			    bel_relay_keying_text(bel_relay_asked(
				    relay_of(proxy), branch->media, BEL_RELAY_CALLEE)));
	return true;
}

void bel_media_drop(struct branch *branch)
{
	if (!branch->media)
		return;
	if (!branch->is_within)
		end(branch);
	else if (branch->has_offered)
		bel_relay_roll_back(relay_of(branch->call->proxy), branch->media);
}
