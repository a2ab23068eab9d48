/* SPDX-License-Identifier: Apache-2.0 */
#include "support/ladder/ladder_int.h"

/* From anybody when peer is NULL. */
static struct ladder_message *first_unclaimed(struct ladder_actor *actor,
					      struct ladder_actor *peer)
{
	BEL_LIST_EACH(node, &actor->inbox)
	{
		struct ladder_message *message = BEL_CONTAINER_OF(
			node, struct ladder_message, node);
		if (!message->is_claimed &&
		    (!peer || bel_ladder_is_at(peer, &message->peer)))
			return message;
	}
	return NULL;
}

struct ladder_message *bel_ladder_next(struct ladder_actor *actor,
				       struct ladder_actor *peer)
{
	struct ladder_message *message = first_unclaimed(actor, peer);

	for (unsigned i = 0; !message && i < LADDER_PATIENCE_MS; i++) {
		bel_ground_run(actor->ladder->ground, 1);
		message = first_unclaimed(actor, peer);
	}
	return message;
}

/* What servers say to each other may go unread. */
static struct ladder_message *first_unread(struct ladder_actor *actor)
{
	BEL_LIST_EACH(node, &actor->inbox)
	{
		struct ladder_message *message = BEL_CONTAINER_OF(
			node, struct ladder_message, node);
		if (!message->is_claimed && (!actor->is_server || message->is_due))
			return message;
	}
	return NULL;
}

void bel_ladder_check_quiet(struct ladder *ladder)
{
	for (unsigned i = 0; i < ladder->actors_count && !ladder->has_failed; i++) {
		struct ladder_actor *actor = &ladder->actors[i];
		struct ladder_message *message = first_unread(actor);
		if (message)
			bel_ladder_fail(ladder,
					"%s got what no line expects, at %llu ms:\n%.*s",
					actor->name, (unsigned long long)message->at_ms,
					BEL_STR_ARG(message->msg.bytes));
	}
}

/* ---- what a message teaches ---- */

static void learn_routes(struct ladder_call *call, struct bel_sip_msg *msg,
			 bool is_reverse)
{
	struct bel_sip_values values;
	bel_str value;

	call->routes_count = 0;
	bel_sip_values_init(&values, msg, BEL_SIP_H_RECORD_ROUTE);
	while (call->routes_count < LADDER_ROUTES_MAX &&
	       bel_sip_values_next(&value, &values))
		call->routes[call->routes_count++] = value;
	for (unsigned i = 0; is_reverse && i < call->routes_count / 2; i++) {
		unsigned other = call->routes_count - 1 - i;
		value = call->routes[i];
		call->routes[i] = call->routes[other];
		call->routes[other] = value;
	}
}

static void learn_target(struct ladder_call *call, struct bel_sip_msg *msg)
{
	const struct bel_sip_addr *contact = bel_sip_contact(msg);

	if (contact)
		call->target = contact->uri.text;
}

/* RFC 3261 section 12.1.1. */
static void learn_request(struct ladder_actor *phone, struct ladder_message *message)
{
	struct ladder_call *call = bel_ladder_call(phone, false);
	struct bel_sip_msg *msg = &message->msg;

	if (msg->method == BEL_SIP_INVITE || msg->method == BEL_SIP_UPDATE)
		learn_target(call, msg);
	if (msg->method == BEL_SIP_ACK || msg->method == BEL_SIP_CANCEL ||
	    bel_sip_to(msg)->tag.len)
		return;
	call->id = bel_sip_call_id(msg);
	call->remote = bel_sip_value(msg, BEL_SIP_H_FROM);
	call->local = bel_ladder_format(phone->ladder, "%.*s;tag=%.*s",
					BEL_STR_ARG(bel_sip_value(msg, BEL_SIP_H_TO)),
					BEL_STR_ARG(call->tag));
	learn_routes(call, msg, false);
	call->has_dialog = true;
}

/* RFC 3261 section 12.1.2; the route set stays as it is within a dialog (section
 * 12.2). */
static void learn_response(struct ladder_actor *phone, struct ladder_message *message)
{
	struct ladder_call *call = bel_ladder_call(phone, false);
	struct bel_sip_msg *msg = &message->msg;
	bel_str to = bel_sip_value(msg, BEL_SIP_H_TO);

	if (msg->status == 401 || msg->status == 407) {
		phone->challenge = message;
		phone->nonce_count = 0;
	}
	if (bel_sip_cseq(msg)->method != BEL_SIP_INVITE)
		return;
	if (msg->status >= 200)
		call->answer = message;
	if (msg->status >= 300 || msg->status == 100)
		return;
	learn_target(call, msg);
	if (!call->has_dialog || !bel_str_is_equal(call->remote, to))
		learn_routes(call, msg, true);
	call->remote = to;
	call->has_dialog = msg->status >= 200;
}

void bel_ladder_learn(struct ladder_actor *phone, struct ladder_message *message)
{
	if (phone->is_server || phone->agent)
		return;
	if (message->msg.is_request)
		learn_request(phone, message);
	else
		learn_response(phone, message);
}

/* ---- what a line expects ---- */

/* In the pattern of a line brackets are those of an IPv6 address. */
static bool fits_pattern(struct ladder *ladder, bel_str pattern, bel_str text)
{
	char buf[4096];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	bel_str expanded = bel_ladder_expand(ladder, pattern);

	for (size_t i = 0; i < expanded.len; i++)
		if (expanded.ptr[i] == '[')
			bel_write_lit(&writer, "[[]");
		else
			bel_write_char(&writer, expanded.ptr[i]);
	return !writer.is_full && bel_str_is_match(bel_writer_str(&writer), text);
}

static unsigned count_values(struct bel_sip_msg *msg, enum bel_sip_header header)
{
	struct bel_sip_values values;
	unsigned count = 0;
	bel_str value;

	bel_sip_values_init(&values, msg, header);
	while (bel_sip_values_next(&value, &values))
		count++;
	return count;
}

static bool has_value(struct ladder *ladder, struct bel_sip_msg *msg,
		      const struct ladder_field *field, bel_str pattern)
{
	enum bel_sip_header header = bel_sip_header_find(field->name);
	struct bel_sip_values values;
	unsigned index = 0;
	bel_str value;

	if (header == BEL_SIP_H_OTHER) {
		value = bel_sip_value_named(msg, field->name);
		return value.ptr && fits_pattern(ladder, pattern, value);
	}
	bel_sip_values_init(&values, msg, header);
	while (bel_sip_values_next(&value, &values)) {
		index++;
		if ((!field->index || field->index == index) &&
		    fits_pattern(ladder, pattern, value))
			return true;
	}
	return false;
}

static bool fits_field(struct ladder_actor *actor, struct bel_sip_msg *msg,
		       const struct ladder_field *field)
{
	enum bel_sip_header header = bel_sip_header_find(field->name);
	bel_str pattern = field->sign ? BEL_STR("*") : field->value;
	uint64_t count;

	if (bel_str_is_equal(field->name, BEL_STR("Phrase")))
		return fits_pattern(actor->ladder, pattern, msg->reason);
	if (bel_str_is_equal(field->name, BEL_STR("Body")))
		return (bel_sip_body(msg).len &&
			fits_pattern(actor->ladder, pattern, bel_sip_body(msg))) ==
		       (field->sign != '-');
	if (field->sign == '+')
		return !bel_str_to_u64(&count, field->value, 99) &&
		       count_values(msg, header) == count;
	return has_value(actor->ladder, msg, field, pattern) == (field->sign != '-');
}

static bool fits_start(struct ladder_actor *actor, struct bel_sip_msg *msg)
{
	const struct ladder_line *line = actor->ladder->line;
	bel_str word = line->words_count > 4 ? line->words[4] : BEL_STR_NONE;
	uint64_t status;

	if (!bel_str_to_u64(&status, line->words[3], 699))
		return msg->status == status &&
		       (bel_sip_method_find(word) == BEL_SIP_METHOD_OTHER ||
			bel_str_is_equal(bel_sip_cseq(msg)->method_text, word));
	if (!bel_str_is_equal(msg->method_text, line->words[3]))
		return false;
	return bel_str_find(word, ':') == word.len ||
	       fits_pattern(actor->ladder, word, msg->uri_text);
}

/* A response comes back by one Via alone, that of a request of the phone's (RFC 3261
 * section 18.1.2). */
static bool is_answer(struct ladder_actor *phone, struct bel_sip_msg *msg)
{
	BEL_LIST_EACH(node, &phone->said)
	{
		struct ladder_message *said = BEL_CONTAINER_OF(
			node, struct ladder_message, node);
		const struct bel_sip_via *via = bel_sip_via(&said->msg);
		if (said->msg.is_request && via &&
		    bel_str_is_equal(via->branch, bel_sip_via(msg)->branch) &&
		    count_values(&said->msg, BEL_SIP_H_VIA) == bel_sip_vias_count(msg))
			return true;
	}
	return false;
}

static bool came_before(struct ladder_actor *actor, struct ladder_message *message)
{
	BEL_LIST_EACH(node, &actor->inbox)
	{
		struct ladder_message *other = BEL_CONTAINER_OF(
			node, struct ladder_message, node);
		if (other != message && other->is_claimed &&
		    bel_str_is_equal(other->msg.bytes, message->msg.bytes))
			return true;
	}
	return false;
}

/* Empty when the message is what the line expects, else what is wrong with it. */
static bel_str misfit(struct ladder_actor *actor, struct ladder_actor *peer,
		      struct ladder_message *message)
{
	const struct ladder_line *line = actor->ladder->line;
	struct bel_sip_msg *msg = &message->msg;

	if (!bel_ladder_is_at(peer, &message->peer))
		return BEL_STR("it came from somebody else");
	if (!fits_start(actor, msg))
		return BEL_STR("another message was expected");
	if (!actor->is_server && !actor->agent && !msg->is_request &&
	    !is_answer(actor, msg))
		return BEL_STR("it answers nothing that was said");
	if (bel_ladder_line_has(line, 4, "again") && !came_before(actor, message))
		return BEL_STR("it never came before");
	for (unsigned i = 0; i < line->fields_count; i++)
		if (!fits_field(actor, msg, &line->fields[i]))
			return bel_ladder_format(actor->ladder, "%.*s is not as expected",
						 BEL_STR_ARG(line->fields[i].name));
	return BEL_STR_NONE;
}

/* What servers say to each other is looked through for the one that fits. */
static struct ladder_message *overhear(struct ladder_actor *actor,
				       struct ladder_actor *peer)
{
	BEL_LIST_EACH(node, &actor->inbox)
	{
		struct ladder_message *message = BEL_CONTAINER_OF(
			node, struct ladder_message, node);
		if (!message->is_claimed && !misfit(actor, peer, message).len)
			return message;
	}
	return first_unclaimed(actor, NULL);
}

void bel_ladder_listen(struct ladder_actor *actor, struct ladder_actor *peer)
{
	struct ladder *ladder = actor->ladder;
	bool has_agent = actor->agent || peer->agent;
	struct ladder_message *message = bel_ladder_next(actor, has_agent ? peer : NULL);
	bel_str what;

	if (has_agent && bel_ladder_line_has(ladder->line, 4, "lost")) {
		bel_ladder_fail(ladder, "an agent gets what comes: cut the network");
		return;
	}
	if (message && actor->is_server && !has_agent)
		message = overhear(actor, peer);
	if (!message) {
		bel_ladder_fail(ladder, "nothing came");
		return;
	}
	what = misfit(actor, peer, message);
	if (what.len) {
		bel_ladder_fail(ladder, "%.*s:\n%.*s", BEL_STR_ARG(what),
				BEL_STR_ARG(message->msg.bytes));
		return;
	}
	message->is_claimed = true;
	if (bel_ladder_line_has(ladder->line, 4, "lost"))
		message->is_answered = true;
	else
		bel_ladder_learn(actor, message);
}
