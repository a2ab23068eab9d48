/* SPDX-License-Identifier: Apache-2.0
 * The two requests that a client transaction makes out of the one it sent. */
#include "tx/tx.h"

/* A value as it stood in a parsed message, folds included. */
static void copy_value(struct bel_writer *writer, enum bel_sip_header header,
		       bel_str value)
{
	bel_sip_write_name(writer, header);
	bel_write_str(writer, value);
	bel_sip_write_crlf(writer);
}

/* Request-URI, topmost Via, From, To, Call-ID, the CSeq number and the Routes come from
 * the request (RFC 3261 sections 9.1 and 17.1.1.3). */
static enum bel_err write_sibling(struct bel_writer *writer, struct bel_sip_msg *request,
				  enum bel_sip_method method, bel_str to, bel_str extra)
{
	const struct bel_sip_cseq *cseq = bel_sip_cseq(request);
	struct bel_sip_values vias;
	const struct bel_sip_field *route;
	bel_str via;

	bel_sip_values_init(&vias, request, BEL_SIP_H_VIA);
	if (!cseq || !bel_sip_values_next(&via, &vias))
		return BEL_ERR_SYNTAX;
	bel_sip_write_request_line(writer, bel_sip_method_name(method),
				   request->uri_text);
	copy_value(writer, BEL_SIP_H_VIA, via);
	bel_sip_write_number(writer, BEL_SIP_H_MAX_FORWARDS, 70);
	for (route = bel_sip_field_first(request, BEL_SIP_H_ROUTE); route;
	     route = bel_sip_field_next(request, route))
		bel_write_str(writer, bel_sip_field_line(request, route));
	copy_value(writer, BEL_SIP_H_FROM, bel_sip_value(request, BEL_SIP_H_FROM));
	copy_value(writer, BEL_SIP_H_TO, to);
	copy_value(writer, BEL_SIP_H_CALL_ID, bel_sip_call_id(request));
	bel_sip_write_cseq(writer, cseq->number, bel_sip_method_name(method));
	bel_write_str(writer, extra);
	bel_sip_write_body(writer, BEL_STR_NONE, BEL_STR_NONE);
	return bel_writer_check(writer);
}

enum bel_err bel_tx_write_cancel(struct bel_writer *writer, const struct bel_tx *tx,
				 bel_str extra)
{
	struct bel_sip_msg request;
	struct bel_sip_refusal why;
	enum bel_err err = bel_sip_parse(&request, tx->arena, tx->last, &why);

	if (err)
		return err;
	return write_sibling(writer, &request, BEL_SIP_CANCEL,
			     bel_sip_value(&request, BEL_SIP_H_TO), extra);
}

enum bel_err bel_tx_write_ack(struct bel_writer *writer, const struct bel_tx *tx,
			      struct bel_sip_msg *response)
{
	struct bel_sip_msg request;
	struct bel_sip_refusal why;
	enum bel_err err = bel_sip_parse(&request, tx->arena, tx->last, &why);

	if (err)
		return err;
	return write_sibling(writer, &request, BEL_SIP_ACK,
			     bel_sip_value(response, BEL_SIP_H_TO), BEL_STR_NONE);
}
