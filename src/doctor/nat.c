/* SPDX-License-Identifier: Apache-2.0
 * What stands between us and the world. With a STUN server that has a second address the
 * tests of RFC 5780 section 4 say all of it; two servers without one say as much of the
 * mapping; one says whether there is a NAT. */
#include <errno.h>
#include <stdlib.h>

#include "doctor/doctor_int.h"
#include "stun/stun.h"

enum {
	STEP_MS = 250,
	TRIES = 5, /* so that a server of the other side of the world answers */
	CHANGE_REQUEST = 0x0003,
	CHANGE_NOTHING = 0,
	CHANGE_PORT = 2,
	CHANGE_BOTH = 6, /* RFC 5780 section 7.2 */
	SHARED = 0,      /* the socket of all tests of mapping */
	FRESH,           /* and one that has sent to one address only */
	SOCKETS,
	PROBES_MAX = BEL_DOCTOR_SERVERS_MAX + 4,
};

struct probe {
	unsigned socket;
	bel_addr to;
	uint32_t change;
	char transaction[BEL_STUN_TRANSACTION_BYTES];
	unsigned tries;
	bool is_answered;
	bel_addr mapped, other;
};

struct nat {
	struct task task;
	struct lookup lookups[BEL_DOCTOR_SERVERS_MAX];
	unsigned looking; /* lookups that run */
	struct bel_udp *udp[SOCKETS];
	struct bel_timer step;
	struct probe probes[PROBES_MAX];
	unsigned count;
	void (*next)(struct nat *nat); /* when all probes were answered, or are not */
	/* which of the probes; 0: none */
	unsigned teller; /* whose server has another address */
	unsigned other_host, other_both, filter, from_host, from_port;
};

enum mapping { MAPPING_UNKNOWN, MAPPING_SAME, MAPPING_BY_HOST, MAPPING_BY_PORT };

/* ---- probes ---- */

static void send_probe(struct nat *nat, struct probe *probe)
{
	char buf[BEL_STUN_HEADER_BYTES + 8];
	struct bel_writer request = bel_writer_init(buf, sizeof buf);

	bel_stun_write_header(&request, BEL_STUN_REQUEST, BEL_STUN_BINDING,
			      (bel_str){ probe->transaction, sizeof probe->transaction });
	if (probe->change)
		bel_stun_write_u32(&request, (enum bel_stun_attr)CHANGE_REQUEST,
				   probe->change);
	probe->tries++;
	bel_udp_send(nat->udp[probe->socket], &probe->to, NULL, bel_writer_str(&request));
}

/* Its number. */
static unsigned add_probe(struct nat *nat, unsigned socket, const bel_addr *to,
			  uint32_t change)
{
	struct probe *probe = &nat->probes[nat->count];

	*probe = (struct probe){ .socket = socket, .to = *to, .change = change };
	bel_loop_random(nat->task.doctor->opts.loop, probe->transaction,
			sizeof probe->transaction);
	send_probe(nat, probe);
	return nat->count++;
}

static void wait_for_answers(struct nat *nat, void (*next)(struct nat *nat))
{
	struct bel_loop *loop = nat->task.doctor->opts.loop;

	nat->next = next;
	bel_timer_start(loop, &nat->step, bel_loop_now_ms(loop) + STEP_MS);
}

static void on_step(void *user)
{
	struct nat *nat = user;
	bool is_waiting = false;

	for (unsigned i = 0; i < nat->count; i++) {
		struct probe *probe = &nat->probes[i];
		if (probe->is_answered || probe->tries > TRIES)
			continue;
		is_waiting = true;
		if (probe->tries < TRIES)
			send_probe(nat, probe);
		else
			probe->tries++;
	}
	if (is_waiting)
		wait_for_answers(nat, nat->next);
	else
		nat->next(nat);
}

static void on_datagrams(void *user, struct bel_udp *udp, struct bel_datagram *datagrams,
			 unsigned count)
{
	struct nat *nat = user;

	(void)udp;
	for (unsigned i = 0; i < count; i++) {
		const bel_str bytes = { datagrams[i].buf, datagrams[i].len };
		struct bel_stun_msg msg;
		if (bel_stun_parse(&msg, bytes) || msg.class != BEL_STUN_SUCCESS)
			continue;
		for (unsigned j = 0; j < nat->count; j++) {
			struct probe *probe = &nat->probes[j];
			const bel_str ours = { probe->transaction,
					       sizeof probe->transaction };
			if (!bel_str_is_equal(msg.transaction, ours) ||
			    (!bel_stun_find_addr(&probe->mapped, &msg,
						 BEL_STUN_XOR_MAPPED_ADDRESS) &&
			     !bel_stun_find_addr(&probe->mapped, &msg,
						 BEL_STUN_MAPPED_ADDRESS)))
				continue;
			probe->is_answered = true;
			bel_stun_find_addr(&probe->other, &msg, BEL_STUN_OTHER_ADDRESS);
		}
	}
}

static enum bel_err open_socket(struct nat *nat, unsigned which, uint8_t family)
{
	struct bel_udp_opts opts = { .local = bel_addr_v4(0, 0, 0, 0, 0),
				     .on_datagrams = on_datagrams,
				     .user = nat };

	if (family == 6)
		opts.local = (bel_addr){ .family = 6 };
	return bel_udp_open(&nat->udp[which], nat->task.doctor->opts.loop, &opts);
}

/* ---- what was found ---- */

static const struct probe *first_answered(const struct nat *nat)
{
	for (unsigned i = 0; i < nat->count; i++)
		if (nat->probes[i].is_answered)
			return &nat->probes[i];
	return NULL;
}

/* RFC 5780 section 4.3; with plain servers it is only told whether it is one for all. */
static enum mapping find_mapping(const struct nat *nat)
{
	const struct probe *first = first_answered(nat);
	const struct probe *host = &nat->probes[nat->other_host];
	const struct probe *both = &nat->probes[nat->other_both];
	enum mapping found = MAPPING_UNKNOWN;

	if (nat->other_host && host->is_answered && both->is_answered) {
		first = &nat->probes[nat->teller];
		return bel_addr_is_equal(&host->mapped, &first->mapped) ? MAPPING_SAME
		       : bel_addr_is_equal(&host->mapped, &both->mapped)
			       ? MAPPING_BY_HOST
			       : MAPPING_BY_PORT;
	}
	for (unsigned i = 0; i < nat->count; i++) {
		const struct probe *probe = &nat->probes[i];
		if (!probe->is_answered || probe->socket != SHARED ||
		    bel_addr_is_equal(&probe->to, &first->to))
			continue;
		if (!bel_addr_is_equal(&probe->mapped, &first->mapped))
			return MAPPING_BY_PORT;
		found = MAPPING_SAME;
	}
	return found;
}

/* RFC 5780 section 4.4. */
static const char *filtering_text(const struct nat *nat)
{
	if (!nat->filter || !nat->probes[nat->filter].is_answered)
		return "";
	return nat->probes[nat->from_host].is_answered   ? "; everybody is let in"
	       : nat->probes[nat->from_port].is_answered ? "; hosts that were sent to "
							   "are let in"
							 : "; only addresses with port "
							   "that were sent to are let in";
}

static bool is_own(struct bel_loop *loop, const struct probe *probe)
{
	bel_addr local;

	return !bel_loop_local_for(loop, &probe->to, &local) &&
	       bel_addr_is_same_host(&local, &probe->mapped);
}

static void say_kind(const struct nat *nat, const struct probe *seen)
{
	const struct bel_doctor *doctor = nat->task.doctor;
	bel_addr host = seen->mapped;
	char text[ADDR_BYTES];

	host.port = 0;
	bel_doctor_addr(text, &host);
	switch (find_mapping(nat)) {
	case MAPPING_SAME:
		bel_doctor_say(doctor, BEL_DOCTOR_OK, "nat", NULL,
			       "behind a NAT, seen as %s; the same port for all "
			       "destinations%s",
			       text, filtering_text(nat));
		return;
	case MAPPING_BY_HOST:
	case MAPPING_BY_PORT:
		bel_doctor_say(doctor, BEL_DOCTOR_WARNING, "nat",
			       "have a server outside carry the media (Belfry does it "
			       "unasked), or give agents a TURN server: --turn "
			       "USER:PASSWORD@HOST",
			       "behind a symmetric NAT, seen as %s: another port for "
			       "each %s%s",
			       text,
			       find_mapping(nat) == MAPPING_BY_HOST ? "host"
								    : "destination",
			       filtering_text(nat));
		return;
	case MAPPING_UNKNOWN:
		bel_doctor_say(doctor, BEL_DOCTOR_SKIPPED, "nat",
			       "name a second STUN server: --stun A --stun B",
			       "behind a NAT, seen as %s; of which kind a single server "
			       "cannot tell",
			       text);
	}
}

/* What the configuration says of it. */
static void say_public(const struct nat *nat, const struct probe *seen, bool has_nat)
{
	const struct bel_doctor *doctor = nat->task.doctor;
	const struct bel_conf *conf = doctor->opts.conf;
	bel_addr host = seen->mapped;
	char text[ADDR_BYTES];
	bool is_said = false;

	if (!conf || conf->public_is_auto)
		return;
	host.port = 0;
	bel_doctor_addr(text, &host);
	for (unsigned i = 0; i < conf->publics_count; i++)
		is_said |= bel_addr_is_same_host(&conf->publics[i], &host);
	if (is_said)
		bel_doctor_say(doctor, BEL_DOCTOR_OK, "public", NULL,
			       "the configuration says %s, and so does STUN", text);
	else if (conf->publics_count)
		bel_doctor_say(doctor, BEL_DOCTOR_BAD, "public",
			       "put the address that STUN sees behind public, unless "
			       "this machine has several ways out",
			       "the configuration says another public address than %s, "
			       "which STUN sees",
			       text);
	else if (has_nat)
		bel_doctor_say(doctor, BEL_DOCTOR_WARNING, "public",
			       "public ADDRESS in the configuration, when phones "
			       "outside are to be served",
			       "the world sees this machine as %s, and the configuration "
			       "does not say so",
			       text);
}

static void judge(struct nat *nat)
{
	const struct bel_doctor *doctor = nat->task.doctor;
	const struct probe *seen = first_answered(nat);
	char text[ADDR_BYTES];
	bool has_nat;

	if (!seen) {
		bel_doctor_say(doctor, BEL_DOCTOR_BAD, "nat",
			       "a firewall may drop UDP to other networks: open it, or "
			       "use TLS for SIP and TURN over TLS for media",
			       "no STUN server has answered");
		bel_task_end(&nat->task);
		return;
	}
	has_nat = !is_own(doctor->opts.loop, seen);
	if (has_nat) {
		say_kind(nat, seen);
	} else {
		bel_addr host = seen->mapped;
		host.port = 0;
		bel_doctor_say(doctor, BEL_DOCTOR_OK, "nat", NULL,
			       "no NAT: %s is what the world sees",
			       bel_doctor_addr(text, &host));
	}
	say_public(nat, seen, has_nat);
	bel_task_end(&nat->task);
}

/* ---- one test after the other ---- */

static void ask_for_others(struct nat *nat)
{
	const bel_addr to = nat->probes[nat->filter].to;

	nat->from_host = add_probe(nat, FRESH, &to, CHANGE_BOTH);
	nat->from_port = add_probe(nat, FRESH, &to, CHANGE_PORT);
	wait_for_answers(nat, judge);
}

/* From a port that has sent nothing to the server's other addresses. */
static void ask_afresh(struct nat *nat)
{
	const struct probe *teller = &nat->probes[nat->teller];

	if (open_socket(nat, FRESH, teller->to.family)) {
		judge(nat);
		return;
	}
	nat->filter = add_probe(nat, FRESH, &teller->to, CHANGE_NOTHING);
	wait_for_answers(nat, ask_for_others);
}

static void ask_elsewhere(struct nat *nat)
{
	bel_addr host, both;

	for (nat->teller = 0; nat->teller < nat->count; nat->teller++)
		if (nat->probes[nat->teller].other.family)
			break;
	if (nat->teller == nat->count) {
		judge(nat);
		return;
	}
	both = host = nat->probes[nat->teller].other;
	host.port = nat->probes[nat->teller].to.port;
	nat->other_host = add_probe(nat, SHARED, &host, CHANGE_NOTHING);
	nat->other_both = add_probe(nat, SHARED, &both, CHANGE_NOTHING);
	wait_for_answers(nat, ask_afresh);
}

static void ask_servers(struct nat *nat)
{
	if (nat->count)
		wait_for_answers(nat, ask_elsewhere);
	else
		bel_task_end(&nat->task);
}

static void say_unfound(const struct nat *nat, const struct lookup *lookup,
			enum bel_err err)
{
	bel_str server = nat->task.doctor->opts.stuns[lookup - nat->lookups];

	bel_doctor_say(nat->task.doctor, BEL_DOCTOR_BAD, "nat",
		       "it is written as HOST or HOST:PORT", "STUN server %.*s: %s",
		       BEL_STR_ARG(server), bel_err_text(err));
}

/* All of one family, by one socket: the first one's. */
static void on_found(struct lookup *lookup, const bel_addr *addr, enum bel_err err)
{
	struct nat *nat = lookup->user;

	if (addr && !nat->udp[SHARED])
		err = open_socket(nat, SHARED, addr->family);
	if (err)
		say_unfound(nat, lookup, err);
	else if (addr->family == bel_udp_local(nat->udp[SHARED])->family)
		add_probe(nat, SHARED, addr, CHANGE_NOTHING);
	if (--nat->looking == 0)
		ask_servers(nat);
}

static void close_nat(struct task *task)
{
	struct nat *nat = BEL_CONTAINER_OF(task, struct nat, task);

	for (unsigned i = 0; i < BEL_DOCTOR_SERVERS_MAX; i++)
		bel_lookup_stop(&nat->lookups[i]);
	for (unsigned i = 0; i < SOCKETS; i++)
		if (nat->udp[i])
			bel_udp_close(nat->udp[i]);
	bel_timer_stop(task->doctor->opts.loop, &nat->step);
	free(nat);
}

enum bel_err bel_doctor_nat(struct bel_doctor *doctor)
{
	const struct bel_doctor_opts *opts = &doctor->opts;
	struct nat *nat;

	if (!opts->stuns_count) {
		bel_doctor_say(
			doctor, BEL_DOCTOR_SKIPPED, "nat",
			"name a STUN server outside: --stun HOST, best two of them",
			"what the world sees of this machine cannot be told from "
			"inside");
		return BEL_OK;
	}
	nat = calloc(1, sizeof *nat);
	if (!nat)
		return bel_err_from_errno(ENOMEM);
	bel_task_start(&nat->task, doctor, close_nat);
	bel_timer_init(&nat->step, on_step, nat);
	nat->looking = opts->stuns_count;
	for (unsigned i = 0; i < opts->stuns_count; i++) {
		nat->lookups[i] = (struct lookup){ .doctor = doctor,
						   .on_found = on_found,
						   .user = nat };
		bel_lookup_start(&nat->lookups[i], opts->stuns[i], STUN_PORT);
	}
	return BEL_OK;
}
