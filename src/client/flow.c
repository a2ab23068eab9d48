/* SPDX-License-Identifier: Apache-2.0 */
#include "client/client_int.h"
#include "client/retry.h"

enum {
	SECOND_MS = 1000,
	PING_S = 25, /* RFC 5626 section 4.4.2 allows 24 to 29 */
	RETURN_S = 300,
	STEADY_MS = 120 * SECOND_MS /* a flow that lived so long was a good one */
};

static struct bel_registration *owner_of(struct bel_flow_waiter *waiter)
{
	return BEL_CONTAINER_OF(waiter, struct bel_registration, waiter);
}

/* ---- its end ---- */

static void on_flow_failed(struct bel_flow_waiter *waiter, enum bel_err err)
{
	struct bel_registration *registration = owner_of(waiter);
	uint64_t now_ms = bel_loop_now_ms(registration->loop);

	(void)err;
	if (registration->state != BEL_REGISTRATION_REGISTERED)
		return;
	if (now_ms - registration->kept_since_ms >= STEADY_MS)
		registration->losses = 0;
	registration->retry_after_s = 0;
	registration->failure =
		(struct bel_registration_failure){ .err = BEL_ERR_CLOSED };
	bel_registration_take(registration, registration->losses++
						    ? BEL_REGISTRATION_LOST_OFTEN
						    : BEL_REGISTRATION_LOST);
}

/* ---- keepalives (RFC 5626 section 4.4) ---- */

static void arm_ping(struct bel_registration *registration)
{
	const struct bel_registration_opts *opts = &registration->opts;
	uint64_t wait_ms = (uint64_t)(opts->ping_s ? opts->ping_s : PING_S) * SECOND_MS;

	if (bel_flow_is_stream(&registration->flow))
		wait_ms = bel_retry_stream_ping_ms(registration->binding.flow_timer_s,
						   bel_registration_draw(registration));
	bel_timer_start(registration->loop, &registration->pinging,
			bel_loop_now_ms(registration->loop) + wait_ms);
}

/* The address that the machine reaches the server from; family 0: none. */
static bel_addr local_of(const struct bel_registration *registration)
{
	bel_addr local;

	if (bel_loop_local_for(registration->loop, &registration->flow.peer, &local))
		return (bel_addr){ .family = 0 };
	return local;
}

/* Compared with what it was then, not with the flow: a listener may be bound to another
 * address than the machine would choose. A machine without a way waits for one. */
static bool has_moved(const struct bel_registration *registration)
{
	bel_addr local = local_of(registration);

	return local.family && !bel_addr_is_same_host(&local, &registration->local);
}

static void on_ping_due(void *user)
{
	struct bel_registration *registration = user;

	arm_ping(registration);
	if (has_moved(registration))
		bel_registration_renew(registration);
	else
		bel_flow_ping(registration->transport, &registration->flow);
}

/* ---- the way back to the first proxy ---- */

static void arm_return(struct bel_registration *registration)
{
	uint32_t return_s = registration->opts.return_s ? registration->opts.return_s
							: RETURN_S;

	bel_timer_start(registration->loop, &registration->returning,
			bel_loop_now_ms(registration->loop) +
				(uint64_t)return_s * SECOND_MS);
}

/* Any word of it will do, but that it cannot serve. */
static void on_probe_answer(void *user, struct bel_sip_msg *response, enum bel_err err)
{
	struct bel_registration *registration = user;

	(void)err;
	registration->probe = NULL;
	if (!response || bel_retry_is_server_fault(response->status) ||
	    registration->state != BEL_REGISTRATION_REGISTERED) {
		arm_return(registration);
		return;
	}
	registration->proxy_at = registration->proxies_tried = 0;
	bel_registration_renew(registration);
}

static void on_return_due(void *user)
{
	struct bel_registration *registration = user;
	const struct bel_registration_opts *opts = &registration->opts;

	if (bel_oneshot_send(&registration->probe,
			     &(struct bel_oneshot_opts){
				     .ua = opts->ua,
				     .method = BEL_SIP_OPTIONS,
				     .from = opts->aor,
				     .target = opts->proxies[0],
				     .account = opts->account,
				     .has_contact = true,
				     .contact_user = opts->contact_user,
				     .on_answer = on_probe_answer,
				     .user = registration,
			     }))
		arm_return(registration);
}

/* ---- for the room ---- */

void bel_registration_flow_init(struct bel_registration *registration)
{
	bel_flow_waiter_init(&registration->waiter, on_flow_failed);
	bel_timer_init(&registration->pinging, on_ping_due, registration);
	bel_timer_init(&registration->returning, on_return_due, registration);
}

static void stop_return(struct bel_registration *registration)
{
	bel_timer_stop(registration->loop, &registration->returning);
	bel_oneshot_drop(registration->probe);
	registration->probe = NULL;
}

void bel_registration_flow_keep(struct bel_registration *registration)
{
	bel_flow_forget(&registration->waiter);
	bel_flow_wait(registration->transport, &registration->flow,
		      &registration->waiter);
	if (bel_flow_is_stream(&registration->flow))
		bel_flow_keep(registration->transport, &registration->flow);
	registration->local = local_of(registration);
	registration->kept_since_ms = bel_loop_now_ms(registration->loop);
	registration->wants_new_flow = false;
	registration->proxies_tried = 0;
	arm_ping(registration);
	if (!registration->proxy_at)
		stop_return(registration);
	else if (!registration->probe && !bel_timer_is_running(&registration->returning))
		arm_return(registration);
}

void bel_registration_flow_leave(struct bel_registration *registration)
{
	bel_flow_forget(&registration->waiter);
	bel_timer_stop(registration->loop, &registration->pinging);
	stop_return(registration);
	registration->flow = (struct bel_flow){ .transport = BEL_SIP_TRANSPORT_OTHER };
}

bool bel_registration_flow_advance(struct bel_registration *registration)
{
	unsigned count = registration->opts.proxies_count;

	if (++registration->proxies_tried >= count) {
		/* Around once: from the best again, after a while. */
		registration->proxies_tried = registration->proxy_at = 0;
		return false;
	}
	registration->proxy_at = (registration->proxy_at + 1) % count;
	return true;
}

/* RFC 3608 section 6.1; while the flow is open it goes down that in any case. */
bool bel_registration_route(struct bel_registration_way *out,
			    const struct bel_registration *registration)
{
	const struct binding *binding = &registration->binding;
	unsigned at = registration->proxy_at;
	bool has_proxy = registration->opts.proxies_count > 0;

	if (registration->state != BEL_REGISTRATION_REGISTERED &&
	    registration->state != BEL_REGISTRATION_REFRESHING)
		return false;
	*out = (struct bel_registration_way){
		.flow = &registration->flow,
		.routes = binding->service_route,
		.public_gruu = binding->public_gruu,
	};
	if (has_proxy)
		out->next_hop = registration->opts.proxies[at];
	else if (!out->routes.len)
		out->next_hop = registration->redirect.len ? registration->redirect
							   : registration->opts.registrar;
	if (has_proxy && !out->routes.len)
		out->routes = registration->routes[at];
	return true;
}
