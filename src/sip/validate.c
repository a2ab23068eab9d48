/* SPDX-License-Identifier: Apache-2.0
 * Whether a message that has been indexed may be acted upon: RFC 3261 sections 8.1.1,
 * 8.2 and 16.3 step 1, and what RFC 4475 expects of a careful element. */
#include "sip/parse.h"

struct check {
	struct bel_sip_msg *msg;
	struct bel_sip_refusal why;
};

/* Always false, so that a check can end with it. */
static bool refuse(struct check *check, uint16_t status, enum bel_sip_header header,
		   const char *text)
{
	check->why = (struct bel_sip_refusal){ status, header, BEL_SIP_LIMIT_NONE, text };
	return false;
}

static bool refuse_limit(struct check *check, enum bel_sip_limit limit,
			 enum bel_sip_header header)
{
	check->why = bel_sip_limit_refusal(limit, header);
	return false;
}

static bool is_single(struct check *check, enum bel_sip_header header)
{
	const struct bel_sip_field *field = bel_sip_field_first(check->msg, header);

	if (!field || !field->next)
		return true;
	return refuse(check, 400, header, "it stands more than once");
}

/* RFC 3261 section 8.1.1, but for Max-Forwards, which RFC 2543 did not ask for. */
static const uint8_t mandatory[] = { BEL_SIP_H_VIA, BEL_SIP_H_FROM, BEL_SIP_H_TO,
				     BEL_SIP_H_CALL_ID, BEL_SIP_H_CSEQ };

static bool has_mandatory(struct check *check)
{
	for (unsigned i = 0; i < BEL_COUNT_OF(mandatory); i++)
		if (!check->msg->first[mandatory[i]])
			return refuse(check, 400, mandatory[i], "it is missing");
	return true;
}

/* Where a second line would make two readers act differently; a second Subject does not.
 */
static bool has_no_repeats(struct check *check)
{
	static const uint8_t singles[] = {
		BEL_SIP_H_FROM,
		BEL_SIP_H_TO,
		BEL_SIP_H_CALL_ID,
		BEL_SIP_H_CSEQ,
		BEL_SIP_H_MAX_FORWARDS,
		BEL_SIP_H_CONTENT_TYPE,
		BEL_SIP_H_EXPIRES,
		BEL_SIP_H_EVENT,
		BEL_SIP_H_SUBSCRIPTION_STATE,
		BEL_SIP_H_SESSION_EXPIRES,
		BEL_SIP_H_MIN_SE,
		BEL_SIP_H_REFER_TO,
		BEL_SIP_H_REPLACES,
		BEL_SIP_H_JOIN,
		BEL_SIP_H_RACK,
		BEL_SIP_H_RSEQ,
		BEL_SIP_H_MAX_BREADTH,
		BEL_SIP_H_SIP_IF_MATCH,
		BEL_SIP_H_TARGET_DIALOG,
	};

	for (unsigned i = 0; check->msg->has_repeats && i < BEL_COUNT_OF(singles); i++)
		if (!is_single(check, singles[i]))
			return false;
	return true;
}

/* Header fields in a Request-URI (RFC 3261 section 19.1.1) would be smuggled on. */
static bool has_uri(struct check *check)
{
	const struct bel_uri *uri = bel_sip_uri(check->msg);

	if (!uri)
		return refuse(check, 400, BEL_SIP_H_OTHER, "the Request-URI is no URI");
	if (uri->headers.ptr)
		return refuse(check, 400, BEL_SIP_H_OTHER,
			      "the Request-URI has header fields");
	return true;
}

static struct bel_sip_reader reader_at(const struct check *check, bel_str value)
{
	return reader_init(value, &check->msg->marks);
}

/* A header of which every value is looked at. */
struct list {
	enum bel_sip_header header;
	enum bel_sip_limit limit;
	bool (*is_good)(const struct check *check, bel_str value, unsigned index);
};

static bool refuse_value(struct check *check, enum bel_sip_header header)
{
	return refuse(check, 400, header, "the value is malformed");
}

/* *count: of those that are good. */
static bool has_good(struct check *check, const struct list *list, unsigned *count)
{
	unsigned max = bel_sip_limit_row(list->limit)->max;
	struct bel_sip_values values;
	bel_str value = only_value(check->msg, list->header);

	if (value.ptr) {
		*count = list->is_good(check, value, 0);
		return *count || refuse_value(check, list->header);
	}
	*count = 0;
	bel_sip_values_init(&values, check->msg, list->header);
	for (; bel_sip_values_next(&value, &values); ++*count) {
		if (max && *count == max)
			return refuse_limit(check, list->limit, list->header);
		if (!list->is_good(check, value, *count))
			return refuse_value(check, list->header);
	}
	return true;
}

/* The first value of Via and Contact stays decoded. */
static bool is_via(const struct check *check, bel_str value, unsigned index)
{
	struct bel_sip_via via;

	if (!index)
		return bel_sip_msg_keep_via(check->msg, value);
	return bel_sip_read_via(&via, reader_at(check, value));
}

static bool is_contact(const struct check *check, bel_str value, unsigned index)
{
	struct bel_sip_addr contact;

	if (!index)
		return bel_sip_msg_keep_contact(check->msg, value);
	return bel_sip_read_contact(&contact, reader_at(check, value));
}

static bool is_route(const struct check *check, bel_str value, unsigned index)
{
	struct bel_sip_addr route;

	(void)index;
	return bel_sip_read_addr(&route, reader_at(check, value)) && route.has_brackets;
}

static const struct list vias = { BEL_SIP_H_VIA, BEL_SIP_LIMIT_VIAS, is_via };
static const struct list contacts = { BEL_SIP_H_CONTACT, BEL_SIP_LIMIT_CONTACTS,
				      is_contact };
static const struct list routes = { BEL_SIP_H_ROUTE, BEL_SIP_LIMIT_NONE, is_route };

static bool has_vias(struct check *check)
{
	unsigned count;
	bool is_good = has_good(check, &vias, &count);

	check->msg->vias_count = (uint16_t)count;
	return is_good && (count || refuse_value(check, BEL_SIP_H_VIA));
}

static bool has_contacts_and_routes(struct check *check)
{
	unsigned count;

	return (!bel_sip_has(check->msg, BEL_SIP_H_CONTACT) ||
		has_good(check, &contacts, &count)) &&
	       (!bel_sip_has(check->msg, BEL_SIP_H_ROUTE) ||
		has_good(check, &routes, &count));
}

static bool is_call_id(const struct check *check)
{
	struct bel_sip_reader reader = reader_at(check, bel_sip_call_id(check->msg));
	bel_str call_id;

	return bel_sip_take_call_id(&call_id, &reader) && is_end(&reader);
}

static bool has_parties(struct check *check)
{
	if (!bel_sip_from(check->msg))
		return refuse(check, 400, BEL_SIP_H_FROM, "the value is malformed");
	if (!bel_sip_to(check->msg))
		return refuse(check, 400, BEL_SIP_H_TO, "the value is malformed");
	if (!is_call_id(check))
		return refuse(check, 400, BEL_SIP_H_CALL_ID, "the value is malformed");
	return true;
}

/* RFC 3261 section 8.1.1.5; for a method nobody knows, RFC 4475 section 3.1.2.18 prefers
 * to be told that. */
static bool has_cseq(struct check *check)
{
	struct bel_sip_msg *msg = check->msg;
	const struct bel_sip_cseq *cseq = bel_sip_cseq(msg);

	if (!cseq)
		return refuse(check, 400, BEL_SIP_H_CSEQ, "the value is malformed");
	if (!msg->is_request || (cseq->method && cseq->method == msg->method) ||
	    bel_str_is_equal(cseq->method_text, msg->method_text))
		return true;
	return refuse(check, msg->method == BEL_SIP_METHOD_OTHER ? 501 : 400,
		      BEL_SIP_H_CSEQ, "the method is not that of the request");
}

static bool has_max_forwards(struct check *check)
{
	uint32_t hops;
	enum bel_err err = bel_sip_number(&hops, check->msg, BEL_SIP_H_MAX_FORWARDS, 255);

	if (!err || err == BEL_ERR_NOT_FOUND)
		return true;
	return refuse(check, 400, BEL_SIP_H_MAX_FORWARDS, "the value is not 0 to 255");
}

/* In this order: what is missing, then what is there twice, then what is wrong. */
static bool is_valid(struct check *check)
{
	if (!has_mandatory(check) || !has_no_repeats(check))
		return false;
	if (check->msg->is_request && !has_uri(check))
		return false;
	return has_vias(check) && has_parties(check) && has_cseq(check) &&
	       has_max_forwards(check) && has_contacts_and_routes(check);
}

enum bel_err bel_sip_validate(struct bel_sip_msg *msg, struct bel_sip_refusal *why)
{
	struct check check = { .msg = msg };

	if (is_valid(&check))
		return BEL_OK;
	*why = check.why;
	if (!msg->is_request || msg->method == BEL_SIP_ACK)
		why->status = 0;
	return why->limit ? BEL_ERR_LIMIT : BEL_ERR_SYNTAX;
}

/* Replies repeat these fields byte for byte. */
static bool is_repeatable(const struct bel_sip_msg *msg, enum bel_sip_header header)
{
	const struct bel_sip_field *field = bel_sip_field_first(msg, header);

	for (; field; field = bel_sip_field_next(msg, field))
		if (field->has_control)
			return false;
	return true;
}

bool bel_sip_can_respond(struct bel_sip_msg *msg)
{
	if (!msg->is_request || msg->method == BEL_SIP_ACK ||
	    !bel_sip_has(msg, BEL_SIP_H_VIA) || !bel_sip_has(msg, BEL_SIP_H_CSEQ))
		return false;
	for (unsigned i = 0; i < BEL_COUNT_OF(mandatory); i++)
		if (!is_repeatable(msg, mandatory[i]))
			return false;
	return true;
}
