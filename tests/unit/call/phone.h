/* SPDX-License-Identifier: Apache-2.0
 * Two phones in a simulated network that call each other, with media that only agrees.
 * What each sees is a line of words. */
#ifndef BEL_TESTS_CALL_PHONE_H
#define BEL_TESTS_CALL_PHONE_H

#include "support/support.h"

#include "call/call.h"
#include "support/endpoint.h"

struct phone {
	struct endpoint endpoint;
	struct bel_calls *calls;
	struct bel_call *alive[8], *call, *second; /* the first two of them */
	char text[4096];
	struct bel_writer log;
	/* how it answers */
	uint16_t rings;   /* 0: not at all */
	uint16_t refuses; /* status */
	bool answers, has_early_media, is_mute /* does nothing with what comes */;
	bool has_no_media;
	int describe_fails; /* an error; 0: it does not */
	struct bel_session_policy session;
	enum bel_call_100rel rel;
	enum bel_sdp_direction direction;
	const struct bel_sdp_codec *codec;
	char refer_target[128];
	struct bel_writer refer;
	/* what was agreed last */
	enum bel_sdp_direction agreed;
	bool is_held;
	char codec_name[32];
};

static const struct bel_sdp_codec phone_pcmu = { 0, 1, 8000, { "PCMU", 4 }, { NULL, 0 } };
static const struct bel_sdp_codec phone_pcma = { 8, 1, 8000, { "PCMA", 4 }, { NULL, 0 } };

static inline void phone_note(struct phone *phone, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	bel_str said = bel_str_format(text, sizeof text, format, args);
	va_end(args);
	bel_write_text(&phone->log, phone->log.len ? " " : "");
	bel_write_str(&phone->log, said);
}

static inline void phone_put_call(struct phone *phone, struct bel_call *call)
{
	unsigned i = 0;

	while (phone->alive[i])
		i++;
	assert_true(i < BEL_COUNT_OF(phone->alive));
	phone->alive[i] = call;
	phone->call = phone->alive[0];
	phone->second = phone->alive[1];
}

static inline void phone_remove_call(struct phone *phone, struct bel_call *call)
{
	unsigned k = 0;

	for (unsigned i = 0; i < BEL_COUNT_OF(phone->alive); i++)
		if (phone->alive[i] != call)
			phone->alive[k++] = phone->alive[i];
	while (k < BEL_COUNT_OF(phone->alive))
		phone->alive[k++] = NULL;
	phone->call = phone->alive[0];
	phone->second = phone->alive[1];
}

#define assert_saw(phone, text)                                                          \
	do {                                                                             \
		assert_str(bel_writer_str(&(phone)->log), (text));                       \
		(phone)->log.len = 0;                                                    \
	} while (0)

static inline void phone_on_progress(void *user, struct bel_call *call, uint16_t status,
				     bool has_media)
{
	(void)call;
	phone_note(user, "%u%s", status, has_media ? "+media" : "");
}

static inline void phone_on_answered(void *user, struct bel_call *call)
{
	(void)call;
	phone_note(user, "answered");
}

static inline void phone_on_ended(void *user, struct bel_call *call,
				  const struct bel_call_end *end)
{
	struct phone *phone = user;

	phone_note(phone, "ended(%u%s%s)", end->status, end->is_ours ? " ours" : "",
		   end->err ? " error" : "");
	phone_remove_call(phone, call);
}

static inline void phone_on_modified(void *user, struct bel_call *call, uint16_t status)
{
	(void)call;
	phone_note(user, "modified(%u)", status);
}

static inline void phone_on_message(void *user, struct bel_call *call,
				    struct bel_sip_msg *msg)
{
	bel_str body = bel_sip_body(msg);

	(void)call;
	phone_note(user, "%.*s(%.*s)", BEL_STR_ARG(msg->method_text), BEL_STR_ARG(body));
}

static inline void phone_on_refer(void *user, struct bel_call *call,
				  const struct bel_call_refer *refer)
{
	struct phone *phone = user;

	phone_note(phone, "refer(%.*s%s)", BEL_STR_ARG(refer->target),
		   refer->replaces.len ? " replaces" : "");
	phone->refer.len = 0;
	bel_write_str(&phone->refer, refer->replaces);
	bel_call_take_refer(call, 202);
}

static inline void phone_on_transfer(void *user, struct bel_call *call, uint16_t status,
				     bool is_last)
{
	(void)call;
	phone_note(user, "transfer(%u%s)", status, is_last ? " last" : "");
}

static const struct bel_call_port phone_port = {
	.on_progress = phone_on_progress,
	.on_answered = phone_on_answered,
	.on_ended = phone_on_ended,
	.on_modified = phone_on_modified,
	.on_message = phone_on_message,
	.on_refer = phone_on_refer,
	.on_transfer = phone_on_transfer,
};

static inline enum bel_err phone_describe(void *user, struct bel_call *call,
					  struct bel_offer_local *local)
{
	struct phone *phone = user;

	(void)call;
	if (phone->describe_fails)
		return (enum bel_err)phone->describe_fails;
	local->streams_count = 1;
	local->streams[0] = (struct bel_offer_local_stream){
		.kind = BEL_STR("audio"),
		.addr = bel_addr_v4(192, 0, 2, 1, 4000),
		.direction = phone->direction,
		.codecs = { *phone->codec },
		.codecs_count = 1,
		.accepts_plain = true,
	};
	return BEL_OK;
}

static inline void phone_apply(void *user, struct bel_call *call,
			       const struct bel_offer_stream *streams, unsigned count)
{
	struct phone *phone = user;
	struct bel_writer name = bel_writer_init(phone->codec_name,
						 sizeof phone->codec_name - 1);

	(void)call;
	assert_true(count >= 1);
	phone->agreed = streams[0].direction;
	phone->is_held = streams[0].is_held;
	if (streams[0].sends_count)
		bel_write_str(&name, streams[0].sends[0].name);
	phone->codec_name[name.len] = '\0';
}

static const struct bel_call_media phone_media = { .describe = phone_describe,
						   .apply = phone_apply };

static inline void phone_on_incoming(void *user, struct bel_call *call,
				     struct bel_sip_msg *invite,
				     struct bel_call *replaced)
{
	struct phone *phone = user;

	(void)invite;
	phone_note(phone, "incoming%s", replaced ? "(replaces)" : "");
	bel_call_take_on(call, &(struct bel_call_owner){
				       .port = &phone_port,
				       .media = phone->has_no_media ? NULL : &phone_media,
				       .contact_user = BEL_STR("phone"),
				       .rel = phone->rel,
				       .user = phone });
	phone_put_call(phone, call);
	if (phone->refuses) {
		bel_call_refuse(call, phone->refuses, BEL_STR_NONE);
		return;
	}
	if (phone->rings)
		bel_call_ring(call, phone->rings, phone->has_early_media);
	if (phone->answers)
		bel_call_answer(call);
}

static inline void phone_on_request(struct endpoint *endpoint,
				    struct bel_sip_msg *request,
				    const struct bel_flow *came_by)
{
	struct phone *phone = endpoint->user;

	if (!phone->is_mute && !bel_calls_on_request(phone->calls, request, came_by))
		bel_ua_refuse(endpoint->ua, request, came_by,
			      &(struct bel_sip_reply){ .status = 481,
						       .to_tag = BEL_STR("none") });
}

static inline enum bel_err phone_try_open(struct phone *phone, struct bel_sim *sim,
					  uint8_t host)
{
	enum bel_err err = endpoint_try_open(&phone->endpoint, sim, host);

	phone->endpoint.on_request = phone_on_request;
	phone->endpoint.user = phone;
	phone->log = bel_writer_init(phone->text, sizeof phone->text);
	phone->refer = bel_writer_init(phone->refer_target, sizeof phone->refer_target);
	phone->direction = BEL_SDP_SENDRECV;
	phone->codec = &phone_pcmu;
	if (err)
		return err;
	return bel_calls_open(&phone->calls,
			      &(struct bel_calls_opts){ .ua = phone->endpoint.ua,
							.session = phone->session,
							.on_incoming = phone_on_incoming,
							.user = phone });
}

static inline void phone_open(struct phone *phone, struct bel_sim *sim, uint8_t host)
{
	assert_int_equal(phone_try_open(phone, sim, host), BEL_OK);
}

/* No call, no transaction, no request. */
static inline bool phone_is_idle(const struct phone *phone)
{
	return !bel_calls_count(phone->calls) &&
	       !bel_tx_table_count(phone->endpoint.table) &&
	       !bel_ua_pending(phone->endpoint.ua);
}

static inline void phone_assert_idle(const struct phone *phone)
{
	assert_int_equal(bel_calls_count(phone->calls), 0);
	assert_int_equal(bel_tx_table_count(phone->endpoint.table), 0);
	assert_int_equal(bel_ua_pending(phone->endpoint.ua), 0);
}

static inline void phone_close(struct phone *phone)
{
	if (phone->endpoint.table)
		endpoint_close_table(&phone->endpoint);
	bel_calls_close(phone->calls);
	endpoint_close(&phone->endpoint);
}

static inline enum bel_err phone_dial(struct phone *phone, const char *target,
				      const struct bel_call_dial *more)
{
	struct bel_call_dial dial = more ? *more : (struct bel_call_dial){ 0 };
	struct bel_call *call;
	enum bel_err err;

	dial.from = BEL_STR("\"Phone\" <sip:phone@example.test>");
	dial.target = bel_str_from(target);
	dial.contact_user = BEL_STR("phone");
	dial.port = &phone_port;
	dial.media = phone->has_no_media ? NULL : &phone_media;
	dial.user = phone;
	dial.session = phone->session;
	dial.rel = phone->rel;
	err = bel_call_dial(&call, phone->calls, &dial);
	if (err)
		return err;
	phone_put_call(phone, call);
	return BEL_OK;
}

#endif
