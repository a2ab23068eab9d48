/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "client/client_int.h"
#include "client/retry.h"

enum {
	ARENA_BUDGET_BYTES = 32 * 1024,
	END_MS = 4000,
	EXPIRES_S = 3600,
	SECOND_MS = 1000
};

uint32_t bel_registration_draw(const struct bel_registration *registration)
{
	uint32_t random;

	bel_loop_random(registration->loop, &random, sizeof random);
	return random;
}

static uint64_t now_ms(const struct bel_registration *registration)
{
	return bel_loop_now_ms(registration->loop);
}

static void arm(struct bel_registration *registration, uint64_t wait_ms)
{
	bel_timer_start(registration->loop, &registration->timer,
			now_ms(registration) + wait_ms);
}

/* ---- actions ---- */

static void forget(struct bel_registration *registration)
{
	if (registration->request)
		bel_ua_forget(registration->request);
	registration->request = NULL;
}

static void arm_refresh(struct bel_registration *registration)
{
	arm(registration, bel_retry_refresh_ms(registration->binding.expires_s,
					       bel_registration_draw(registration)));
	registration->failures = registration->longer = 0;
	registration->redirects = registration->moves = 0;
}

static void arm_retry(struct bel_registration *registration)
{
	struct bel_retry retry = { .status = registration->failure.status,
				   .retry_after_s = registration->retry_after_s };
	uint64_t wait_ms;

	retry.failures = ++registration->failures;
	if (bel_retry_is_server_fault(retry.status))
		retry.has_other = bel_registration_flow_advance(registration);
	wait_ms = bel_retry_wait_ms(&retry, bel_registration_draw(registration));
	registration->failure.retry_in_s = (uint32_t)((wait_ms + SECOND_MS - 1) /
						      SECOND_MS);
	registration->redirect = BEL_STR_NONE;
	registration->longer = registration->redirects = registration->moves = 0;
	arm(registration, wait_ms);
}

static void tell_registered(struct bel_registration *registration)
{
	const struct binding *binding = &registration->binding;
	const struct bel_flow flow = registration->flow;
	const struct bel_registration_grant grant = {
		.expires_s = binding->expires_s,
		.public_addr = binding->seen,
		.service_route = binding->service_route,
		.public_gruu = binding->public_gruu,
		.temporary_gruu = binding->temporary_gruu,
		.flow = &flow,
	};

	registration->opts.port->on_registered(registration->opts.user, registration,
					       &grant);
}

static void tell_failed(struct bel_registration *registration)
{
	const struct bel_registration_failure failure = registration->failure;

	registration->opts.port->on_failed(registration->opts.user, registration,
					   &failure);
}

void bel_registration_drop(struct bel_registration *registration)
{
	if (!registration)
		return;
	forget(registration);
	bel_registration_flow_leave(registration);
	bel_timer_stop(registration->loop, &registration->timer);
	bel_arena_fini(&registration->binding.arena);
	bel_arena_fini(&registration->arena);
	free(registration);
}

static void end(struct bel_registration *registration)
{
	const struct bel_registration_port *port = registration->opts.port;
	void *user = registration->opts.user;

	bel_registration_drop(registration);
	if (port->on_gone)
		port->on_gone(user);
}

static void send_register(struct bel_registration *registration);

/* The order of the lines is the order of the effects. */
void bel_registration_take(struct bel_registration *registration,
			   enum bel_registration_event event)
{
	struct bel_registration_move move = bel_registration_step(registration->state,
								  event);

	if (!move.is_move)
		return;
	registration->state = move.next;

	if (move.actions & BEL_REGISTRATION_FORGET)
		forget(registration);
	if (move.actions & BEL_REGISTRATION_LEAVE)
		bel_registration_flow_leave(registration);
	if (move.actions & BEL_REGISTRATION_KEEP)
		bel_registration_flow_keep(registration);
	if (move.actions & BEL_REGISTRATION_DISARM)
		bel_timer_stop(registration->loop, &registration->timer);
	if (move.actions & BEL_REGISTRATION_ARM_REFRESH)
		arm_refresh(registration);
	if (move.actions & BEL_REGISTRATION_ARM_RETRY)
		arm_retry(registration);
	if (move.actions & BEL_REGISTRATION_ARM_END)
		arm(registration, END_MS);
	if (move.actions & BEL_REGISTRATION_ARM_NOW)
		arm(registration, 0);
	if (move.actions & BEL_REGISTRATION_SEND)
		send_register(registration);
	/* The user comes last: it may end the registration. */
	if (move.actions & BEL_REGISTRATION_TELL_REGISTERED)
		tell_registered(registration);
	if (move.actions & BEL_REGISTRATION_TELL_FAILED)
		tell_failed(registration);
	if (move.actions & BEL_REGISTRATION_END)
		end(registration);
}

/* ---- events ---- */

static void on_response(void *user, struct bel_ua_request *request,
			struct bel_sip_msg *response)
{
	struct bel_registration *registration = user;

	if (response->status < 200)
		return;
	registration->request = NULL;
	bel_registration_take(registration,
			      bel_register_on_answer(registration, request, response));
}

static void on_failure(void *user, struct bel_ua_request *request, enum bel_err err)
{
	struct bel_registration *registration = user;

	(void)request;
	registration->request = NULL;
	registration->retry_after_s = 0;
	registration->failure = (struct bel_registration_failure){ .err = err };
	bel_registration_take(registration, BEL_REGISTRATION_FAILED);
}

static uint32_t next_cseq(void *user)
{
	return ++((struct bel_registration *)user)->cseq;
}

static const struct bel_ua_port request_port = { .on_response = on_response,
						 .on_failure = on_failure,
						 .next_cseq = next_cseq };

static void send_register(struct bel_registration *registration)
{
	enum bel_err err = bel_register_send(registration, &request_port);

	if (!err)
		return;
	/* Nothing is told from inside: the timer, which has nothing else to do while a
	 * REGISTER is out but to end us, brings the failure. */
	registration->is_unsent = true;
	registration->retry_after_s = 0;
	registration->failure = (struct bel_registration_failure){ .err = err };
	arm(registration, 0);
}

static void on_due(void *user)
{
	struct bel_registration *registration = user;
	bool is_unsent = registration->is_unsent;

	registration->is_unsent = false;
	bel_registration_take(registration,
			      is_unsent ? BEL_REGISTRATION_FAILED : BEL_REGISTRATION_DUE);
}

/* ---- the door ---- */

static bool is_addr(bel_str value)
{
	struct bel_sip_addr addr;

	return bel_sip_addr_parse(&addr, value) == BEL_OK && !addr.tag.len;
}

static bool is_uri(bel_str text)
{
	struct bel_uri uri;

	return text.len < URI_BYTES_MAX && bel_uri_parse(&uri, text) == BEL_OK &&
	       (uri.scheme == BEL_URI_SIP || uri.scheme == BEL_URI_SIPS);
}

static enum bel_err check(const struct bel_registration_opts *opts)
{
	if (opts->proxies_count > BEL_REGISTRATION_PROXIES_MAX)
		return BEL_ERR_LIMIT;
	if (!is_addr(opts->aor) || !is_uri(opts->registrar))
		return BEL_ERR_SYNTAX;
	for (unsigned i = 0; i < opts->proxies_count; i++) {
		if (!is_uri(opts->proxies[i]))
			return BEL_ERR_SYNTAX;
	}
	/* RFC 5626 section 4.2: a reg-id says nothing without an instance. */
	return opts->reg_id && !opts->instance.len ? BEL_ERR_SYNTAX : BEL_OK;
}

/* RFC 5626 section 4.2. */
static void write_contact_params(struct bel_writer *writer,
				 const struct bel_registration_opts *opts)
{
	bel_write_str(writer, opts->contact_params);
	if (opts->instance.len) {
		bel_write_lit(writer, ";+sip.instance=\"<");
		bel_write_str(writer, opts->instance);
		bel_write_lit(writer, ">\"");
	}
	if (opts->reg_id) {
		bel_write_lit(writer, ";reg-id=");
		bel_write_u64(writer, opts->reg_id);
	}
}

static bool copy_text(struct bel_arena *arena, bel_str *text)
{
	bel_str copy = bel_arena_copy(arena, *text);

	if (text->len && !copy.ptr)
		return false;
	*text = copy;
	return true;
}

static bool make_token(bel_str *out, struct bel_registration *registration)
{
	char buf[BEL_UA_TOKEN_BYTES];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	bel_ua_write_token(&writer, registration->opts.ua);
	*out = bel_writer_str(&writer);
	return copy_text(&registration->arena, out);
}

static bool copy_contact_params(struct bel_registration *registration)
{
	char buf[CONTACT_BYTES_MAX];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	write_contact_params(&writer, &registration->opts);
	registration->contact_params = bel_writer_str(&writer);
	return !writer.is_full &&
	       copy_text(&registration->arena, &registration->contact_params);
}

/* A proxy that we were told of is a route as if a dialog had it (RFC 3261 section
 * 8.1.2). */
static bool make_route(bel_str *out, struct bel_registration *registration, bel_str proxy)
{
	char buf[URI_BYTES_MAX + 8];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	struct bel_uri uri;

	bel_write_char(&writer, '<');
	bel_write_str(&writer, proxy);
	if (bel_uri_parse(&uri, proxy) == BEL_OK && !bel_uri_is_loose(&uri))
		bel_write_lit(&writer, ";lr");
	bel_write_char(&writer, '>');
	*out = bel_writer_str(&writer);
	return !writer.is_full && copy_text(&registration->arena, out);
}

static bool copy_proxies(struct bel_registration *registration)
{
	struct bel_registration_opts *opts = &registration->opts;
	struct bel_arena *arena = &registration->arena;
	bel_str *proxies = bel_arena_alloc(arena, opts->proxies_count * sizeof *proxies);
	bel_str *routes = bel_arena_alloc(arena, opts->proxies_count * sizeof *routes);

	if (!proxies || !routes)
		return false;
	for (unsigned i = 0; i < opts->proxies_count; i++) {
		proxies[i] = opts->proxies[i];
		if (!copy_text(arena, &proxies[i]) ||
		    !make_route(&routes[i], registration, proxies[i]))
			return false;
	}
	opts->proxies = proxies;
	registration->routes = routes;
	return true;
}

static bool copy_all(struct bel_registration *registration)
{
	struct bel_registration_opts *opts = &registration->opts;
	bel_str *texts[] = { &opts->aor, &opts->registrar, &opts->contact_user,
			     &opts->contact_params, &opts->instance };

	for (size_t i = 0; i < BEL_COUNT_OF(texts); i++) {
		if (!copy_text(&registration->arena, texts[i]))
			return false;
	}
	return copy_contact_params(registration) && copy_proxies(registration) &&
	       make_token(&registration->call_id, registration) &&
	       make_token(&registration->tag, registration);
}

enum bel_err bel_registration_start(struct bel_registration **out,
				    const struct bel_registration_opts *opts)
{
	struct bel_registration *registration;
	enum bel_err err = check(opts);

	if (err)
		return err;
	registration = calloc(1, sizeof *registration);
	if (!registration)
		return bel_err_from_errno(ENOMEM);
	registration->opts = *opts;
	registration->loop = bel_ua_loop(opts->ua);
	registration->transport = bel_ua_transport(opts->ua);
	registration->expires_s = opts->expires_s ? opts->expires_s : EXPIRES_S;
	bel_arena_init(&registration->arena, NULL, 0, ARENA_BUDGET_BYTES);
	bel_arena_init(&registration->binding.arena, NULL, 0, 0);
	bel_timer_init(&registration->timer, on_due, registration);
	bel_registration_flow_init(registration);
	if (!copy_all(registration)) {
		bel_registration_drop(registration);
		return BEL_ERR_SPACE;
	}
	bel_registration_take(registration, BEL_REGISTRATION_START);
	*out = registration;
	return BEL_OK;
}

void bel_registration_stop(struct bel_registration *registration)
{
	bool is_bound = registration->binding.contact.len &&
			now_ms(registration) < registration->bound_until_ms;

	bel_registration_take(registration, is_bound ? BEL_REGISTRATION_STOP_BOUND
						     : BEL_REGISTRATION_STOP);
}

void bel_registration_renew(struct bel_registration *registration)
{
	registration->wants_new_flow = true;
	bel_registration_take(registration, BEL_REGISTRATION_MOVED);
}

enum bel_registration_state
bel_registration_state(const struct bel_registration *registration)
{
	return registration->state;
}
