/* SPDX-License-Identifier: Apache-2.0
 * Figures for status, metrics and the console: summed over the workers when asked. */
#include "node/node_int.h"

static const struct {
	const char *name, *help;
} rows[COUNT_COUNT] = {
	[COUNT_REQUESTS] = { "requests_received", "SIP requests that could be read" },
	[COUNT_RESPONSES] = { "responses_received", "SIP responses that could be read" },
	[COUNT_MALFORMED] = { "messages_malformed", "Messages refused for their form" },
	[COUNT_STRAY_RESPONSES] = { "responses_stray",
				    "Responses that answer nothing of ours" },
	[COUNT_RETRANSMISSIONS] = { "retransmissions_received",
				    "Requests that were there before, and ACKs" },
	[COUNT_CHALLENGES] = { "challenges", "Requests asked for credentials" },
	[COUNT_REJECTED] = { "requests_refused", "Requests that the plan refused" },
	[COUNT_DROPPED] = { "requests_dropped", "Requests left without an answer" },
	[COUNT_REGISTERS] = { "registers", "REGISTER requests taken on" },
	[COUNT_FORWARDED] = { "requests_forwarded", "Requests carried on" },
	[COUNT_ANSWERED] = { "options_answered", "OPTIONS answered by the server" },
	[COUNT_CALLS_ANSWERED] = { "calls_answered",
				   "Calls to numbers of the server's own" },
	[COUNT_CALLS_REFUSED] = { "calls_refused", "Calls above the limits of a user" },
	[COUNT_REDIRECTED] = { "requests_redirected", "Requests answered with 3xx" },
	[COUNT_OVERLOAD_REFUSED] = { "overload_refused",
				     "New requests refused as there was too much to do" },
	[COUNT_WRONG_PASSWORDS] = { "wrong_passwords", "Credentials that were wrong" },
};

struct sink {
	void (*on_counter)(void *user, const struct bel_node_counter *counter);
	void *user;
};

static void tell(const struct sink *sink, const char *name, const char *help,
		 bool is_gauge, uint64_t value)
{
	const struct bel_node_counter counter = { name, help, is_gauge, value };

	sink->on_counter(sink->user, &counter);
}

/* Figures that a worker shows once a second. */
static const struct {
	const char *name, *help;
	bool is_gauge;
	size_t at; /* in struct worker */
} shown[] = {
	{ "handed_over", "Messages given to the worker they belong to", false,
	  offsetof(struct worker, handed_over) },
	{ "handed_over_lost", "Messages dropped, as their worker had too many waiting",
	  false, offsetof(struct worker, handed_lost) },
	{ "proxied_requests", "Requests in the proxy's hands", true,
	  offsetof(struct worker, calls) },
	{ "requests_pending", "Of these, without a final answer", true,
	  offsetof(struct worker, pending) },
	{ "transactions", "SIP transactions", true,
	  offsetof(struct worker, transactions) },
	{ "connections", "TCP and TLS connections", true,
	  offsetof(struct worker, connections) },
	{ "stun_bindings", "STUN requests on SIP ports", false,
	  offsetof(struct worker, stuns) },
	{ "turn_connections", "TCP and TLS connections of TURN clients", true,
	  offsetof(struct worker, turn_connections) },
	{ "turn_sources_refused", "TURN clients who are banned or have too many", false,
	  offsetof(struct worker, turn_refused) },
};

/* What each worker's TURN server counts. */
static const struct {
	const char *name, *help;
	bool is_gauge;
	size_t at; /* in struct bel_turn_counters */
} turn_rows[] = {
#define TURN(field) offsetof(struct bel_turn_counters, field)
	{ "turn_allocations", "TURN allocations", true, TURN(allocations) },
	{ "turn_relays", "Relayed addresses, reserved ones among them", true,
	  TURN(relays) },
	{ "turn_memory_bytes", "Memory of allocations, without sockets", true,
	  TURN(memory_bytes) },
	{ "turn_challenges", "TURN requests asked for credentials", false,
	  TURN(challenges) },
	{ "turn_refusals", "TURN and STUN requests refused", false, TURN(refusals) },
	{ "turn_unanswered", "Requests of strangers above what is answered", false,
	  TURN(unanswered) },
	{ "turn_packets_to_peers", "Packets relayed to peers", false,
	  TURN(packets_to_peers) },
	{ "turn_bytes_to_peers", "Bytes relayed to peers", false, TURN(bytes_to_peers) },
	{ "turn_packets_to_clients", "Packets relayed to clients", false,
	  TURN(packets_to_clients) },
	{ "turn_bytes_to_clients", "Bytes relayed to clients", false,
	  TURN(bytes_to_clients) },
	{ "turn_without_permission", "Packets dropped for want of a permission", false,
	  TURN(without_permission) },
	{ "turn_over_quota", "Packets dropped above a user's bytes per second", false,
	  TURN(over_quota) },
	{ "turn_broken", "Messages that were no STUN", false, TURN(broken) },
#undef TURN
};

/* What each worker's relay counts. */
static const struct {
	const char *name, *help;
	bool is_gauge;
	size_t at; /* in struct bel_relay_counters */
} relay_rows[] = {
#define RELAY(field) offsetof(struct bel_relay_counters, field)
	{ "relay_calls", "Calls whose media go by way of the server", true,
	  RELAY(calls) },
	{ "relay_legs", "Sides of streams that have sockets", true, RELAY(legs) },
	{ "relay_carried", "Calls whose media went by way of the server", false,
	  RELAY(calls_total) },
	{ "relay_packets", "Packets of media carried", false, RELAY(packets) },
	{ "relay_fast_packets", "Packets of them that the kernel carried", false,
	  RELAY(fast_packets) },
	{ "relay_fast_legs", "Sides whose packets the kernel carries", true,
	  RELAY(fast_legs) },
	{ "relay_bytes", "Bytes of media carried", false, RELAY(bytes) },
	{ "relay_foreign", "Packets from where a side may not send", false,
	  RELAY(foreign) },
	{ "relay_unreadable", "Packets that were not genuine", false, RELAY(unreadable) },
	{ "relay_homeless", "Packets whose other side was not known yet", false,
	  RELAY(homeless) },
	{ "relay_timeouts", "Calls ended for want of packets", false, RELAY(timeouts) },
	{ "relay_verdicts", "Sides that should have sent and did not", false,
	  RELAY(verdicts) },
	{ "relay_ports_out", "Times that no port was free", false, RELAY(ports_out) },
#undef RELAY
};

static uint64_t sum_counter(const struct bel_node *node, unsigned row)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < node->workers_count; i++)
		sum += atomic_load_explicit(&node->workers[i]->counters[row],
					    memory_order_relaxed);
	return sum;
}

static uint64_t sum_shown(const struct bel_node *node, size_t at)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < node->workers_count; i++) {
		const char *worker = (const char *)node->workers[i];
		sum += atomic_load_explicit((const _Atomic uint64_t *)(worker + at),
					    memory_order_relaxed);
	}
	return sum;
}

static void tell_workers(struct bel_node *node, const struct sink *sink)
{
	for (unsigned row = 0; row < COUNT_COUNT; row++)
		tell(sink, rows[row].name, rows[row].help, false, sum_counter(node, row));
	for (unsigned row = 0; row < BEL_COUNT_OF(shown); row++)
		tell(sink, shown[row].name, shown[row].help, shown[row].is_gauge,
		     sum_shown(node, shown[row].at));
	for (unsigned row = 0; row < BEL_COUNT_OF(relay_rows); row++)
		tell(sink, relay_rows[row].name, relay_rows[row].help,
		     relay_rows[row].is_gauge,
		     sum_shown(node,
			       offsetof(struct worker, relay) + relay_rows[row].at));
	for (unsigned row = 0; node->nat && row < BEL_COUNT_OF(turn_rows); row++)
		tell(sink, turn_rows[row].name, turn_rows[row].help,
		     turn_rows[row].is_gauge,
		     sum_shown(node, offsetof(struct worker, turn) + turn_rows[row].at));
}

void bel_node_counters(struct bel_node *node,
		       void (*on_counter)(void *user,
					  const struct bel_node_counter *counter),
		       void *user)
{
	const struct sink sink = { on_counter, user };
	struct bel_location_counters location;
	struct bel_guard_counters guard;

	bel_location_counters(node->location, &location);
	bel_guard_counters(node->guard, &guard);
	tell(&sink, "users", "Accounts", true, bel_users_count(node->users));
	tell(&sink, "addresses", "Addresses of record with a phone", true,
	     location.addresses);
	tell(&sink, "bindings", "Registered phones", true, location.bindings);
	tell(&sink, "bindings_added", "Registrations that were new", false,
	     location.added);
	tell(&sink, "bindings_refreshed", "Registrations renewed", false,
	     location.refreshed);
	tell(&sink, "bindings_expired", "Registrations that ran out", false,
	     location.expired);
	tell_workers(node, &sink);
	tell(&sink, "user_calls", "Calls of users that count for their limit", true,
	     guard.calls);
	tell(&sink, "bans", "Sources banned so far", false, guard.bans);
	tell(&sink, "banned_refused", "Datagrams of banned sources", false,
	     guard.refused);
	tell(&sink, "strangers_silenced", "Answers withheld from strangers", false,
	     guard.silenced);
}
