/* SPDX-License-Identifier: Apache-2.0 */
#include "node/node_int.h"

enum { TAG_DIGITS = 16, LINES_BYTES_MAX = 1024 };

/* What this server serves itself, told in every answer that asks for it. */
static const char allow_line[] =
	"Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, REGISTER, MESSAGE, SUBSCRIBE, NOTIFY, "
	"REFER, INFO, UPDATE, PRACK, PUBLISH\r\n";
static const char allow_self_line[] = "Allow: OPTIONS, REGISTER\r\n";

/* A keyed hash of what an ACK repeats: so the ACK of a stateless answer is known without
 * remembering anything (RFC 3261 section 8.2.7). That is the branch (section 17.1.1.3),
 * or what stands for one with peers of RFC 2543 (section 17.2.3). */
static uint64_t tag_of(const struct bel_hash_key *key, struct bel_sip_msg *msg)
{
	const struct bel_sip_via *via = bel_sip_via(msg);

	if (via && via->has_cookie)
		return bel_hash(key, via->branch);
	const struct bel_sip_addr *from = bel_sip_from(msg);
	const struct bel_sip_cseq *cseq = bel_sip_cseq(msg);
	uint32_t number = cseq ? cseq->number : 0;
	const bel_str repeated[] = { bel_sip_call_id(msg),
				     from ? from->tag : BEL_STR_NONE,
				     { (const char *)&number, sizeof number } };
	return bel_mac64_list(key, repeated, BEL_COUNT_OF(repeated));
}

static void write_tag(struct bel_writer *writer, const struct worker *worker,
		      struct bel_sip_msg *msg)
{
	bel_write_hex64(writer, tag_of(&worker->node->tag_key, msg), TAG_DIGITS);
}

bool bel_reply_is_acked(const struct worker *worker, struct bel_sip_msg *ack)
{
	char buf[TAG_DIGITS];
	struct bel_writer tag = bel_writer_init(buf, sizeof buf);

	write_tag(&tag, worker, ack);
	return bel_str_is_equal_secret(bel_sip_to(ack)->tag, bel_writer_str(&tag));
}

enum bel_err bel_reply_write(struct bel_writer *writer, struct worker *worker,
			     struct bel_sip_msg *request, const struct bel_flow *came_by,
			     const struct reply *answer)
{
	char buf[TAG_DIGITS];
	struct bel_writer tag = bel_writer_init(buf, sizeof buf);

	write_tag(&tag, worker, request);
	return bel_sip_respond(writer, request,
			       &(struct bel_sip_reply){
				       .status = answer->status,
				       .reason = answer->reason,
				       .to_tag = bel_writer_str(&tag),
				       .source = &came_by->peer,
				       .lines = answer->lines,
			       });
}

bool bel_reply_is_allowed(struct worker *worker, struct bel_sip_msg *request,
			  const struct bel_flow *came_by)
{
	struct bel_node *node = worker->node;
	const struct bel_uri *target = bel_sip_uri(request);
	bool is_ours = target &&
		       bel_route_is_own(worker->conf, node->own, node->own_count, target);

	/* Who holds a connection has shown that he is where he says, and a stream that is
	 * broken is told so before it ends. */
	if (bel_flow_is_stream(came_by) && (is_ours || !target))
		return true;
	if (bel_guard_is_trusted(node->guard, &came_by->peer) ||
	    bel_location_has_source(node->location, &came_by->peer) ||
	    bel_guard_may_reply(node->guard, &came_by->peer, !is_ours,
				bel_loop_now_ms(worker->loop)))
		return true;
	bel_count(worker, COUNT_DROPPED);
	return false;
}

void bel_reply_send(struct worker *worker, struct bel_sip_msg *request,
		    const struct bel_flow *came_by, const struct reply *answer)
{
	struct bel_writer writer = bel_writer_init(worker->reply, sizeof worker->reply);
	const struct bel_sip_via *via = bel_sip_via(request);
	struct bel_flow flow;

	if (bel_reply_write(&writer, worker, request, came_by, answer))
		return;
	/* An unreadable Via still came from somewhere. */
	if (!via || bel_flow_for_response(&flow, worker->transport, came_by, via))
		flow = *came_by;
	bel_flow_send(worker->transport, &flow, bel_writer_str(&writer));
}

void bel_reply_malformed(struct worker *worker, struct bel_sip_msg *msg,
			 const struct bel_flow *came_by,
			 const struct bel_sip_refusal *why)
{
	char buf[LINES_BYTES_MAX], refusal[LINES_BYTES_MAX / 2];
	struct bel_writer lines = bel_writer_init(buf, sizeof buf);
	struct bel_writer text = bel_writer_init(refusal, sizeof refusal);

	bel_count(worker, COUNT_MALFORMED);
	BEL_LOG(worker->node->log, BEL_LOG_DEBUG, "malformed message",
		{ "why", bel_str_from(why->text) },
		{ "header", bel_sip_header_name(why->header) });
	if (!why->status || !bel_sip_can_respond(msg) ||
	    !bel_reply_is_allowed(worker, msg, came_by))
		return;
	/* RFC 3261 section 20.43: 399 is for whatever else there is to say. */
	bel_sip_write_refusal(&text, why);
	bel_sip_write_name(&lines, BEL_SIP_H_WARNING);
	bel_write_lit(&lines, "399 belfry ");
	bel_sip_write_quoted(&lines, bel_writer_str(&text));
	bel_sip_write_crlf(&lines);
	bel_reply_send(worker, msg, came_by,
		       &(struct reply){ .status = why->status,
					.lines = bel_writer_str(&lines) });
}

void bel_reply_options(struct worker *worker, struct bel_sip_msg *request,
		       const struct bel_flow *came_by)
{
	char buf[LINES_BYTES_MAX];
	struct bel_writer lines = bel_writer_init(buf, sizeof buf);

	bel_count(worker, COUNT_ANSWERED);
	bel_write_text(&lines, allow_line);
	bel_write_lit(&lines, "Accept: application/sdp\r\nSupported: path, outbound\r\n");
	bel_reply_send(worker, request, came_by,
		       &(struct reply){ .status = 200, .lines = bel_writer_str(&lines) });
}

bel_str bel_reply_allow(uint16_t status)
{
	return status == 405 || status == 501 ? bel_str_from(allow_self_line)
					      : BEL_STR_NONE;
}
