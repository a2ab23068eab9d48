/* SPDX-License-Identifier: Apache-2.0
 * What DNS says of a domain, as who looks for its server would read it (RFC 3263). */
#include <errno.h>
#include <stdlib.h>

#include "doctor/doctor_int.h"

enum {
	NAME_BYTES = 272,
	TARGETS_MAX = 16,
	QUERIES_MAX = 6 + TARGETS_MAX * 2,
	PATIENCE_MS = 6000,
};

enum service { UDP, TCP, TLS, SERVICES };
static const char *const services[SERVICES] = {
	[UDP] = "_sip._udp", [TCP] = "_sip._tcp", [TLS] = "_sips._tcp"
};

struct target {
	char name[NAME_BYTES];
	uint16_t port;
	enum service service;
	unsigned addrs; /* that it has */
	bool is_ours;   /* one of them is this machine's */
};

struct domain;
struct query {
	struct domain *domain;
	void (*take)(struct domain *domain, const struct query *query,
		     const struct bel_dns_record *record);
	unsigned index; /* of a service, or a target */
};

struct domain {
	struct task task;
	bel_str name;
	struct query queries[QUERIES_MAX];
	unsigned queries_count, waiting;
	enum bel_err err; /* of a query that nobody answered */
	struct bel_timer patience;
	unsigned naptrs, addrs, srvs[SERVICES];
	char replacement[NAME_BYTES]; /* of the last NAPTR record for SIP */
	struct target targets[TARGETS_MAX];
	unsigned targets_count;
};

static void copy_name(char out[NAME_BYTES], bel_str name)
{
	struct bel_writer writer = bel_writer_init(out, NAME_BYTES - 1);

	bel_write_str(&writer, bel_str_slice(name, 0, NAME_BYTES - 1));
	out[writer.len] = '\0';
}

static void judge(struct domain *domain);

static void on_answer(void *user, enum bel_err err, const struct bel_dns_record *records,
		      unsigned count, uint32_t ttl_s)
{
	struct query *query = user;
	struct domain *domain = query->domain;

	(void)ttl_s;
	if (err && err != BEL_ERR_NOT_FOUND)
		domain->err = err;
	for (unsigned i = 0; i < count; i++)
		query->take(domain, query, &records[i]);
	if (--domain->waiting == 0)
		judge(domain);
}

static void ask(struct domain *domain, bel_str name, enum bel_dns_type type,
		void (*take)(struct domain *domain, const struct query *query,
			     const struct bel_dns_record *record),
		unsigned index)
{
	struct query *query;

	if (domain->queries_count == QUERIES_MAX)
		return;
	query = &domain->queries[domain->queries_count++];
	*query = (struct query){ .domain = domain, .take = take, .index = index };
	if (!bel_resolver_query(domain->task.doctor->opts.resolver, name, type, on_answer,
				query))
		domain->waiting++;
}

/* ---- what comes ---- */

static bool is_own(const struct bel_doctor *doctor, const bel_addr *addr)
{
	bel_addr local, host = *addr;

	host.port = 0;
	return !bel_loop_local_for(doctor->opts.loop, &host, &local) &&
	       bel_addr_is_same_host(&local, &host);
}

static void take_target_addr(struct domain *domain, const struct query *query,
			     const struct bel_dns_record *record)
{
	struct target *target = &domain->targets[query->index];

	target->addrs++;
	target->is_ours |= is_own(domain->task.doctor, &record->addr);
}

static void take_srv(struct domain *domain, const struct query *query,
		     const struct bel_dns_record *record)
{
	struct target *target;
	unsigned index = domain->targets_count;

	domain->srvs[query->index]++;
	/* RFC 2782: a lone "." says that there is no such service. */
	if (index == TARGETS_MAX || !record->target.len)
		return;
	domain->targets_count++;
	target = &domain->targets[index];
	*target = (struct target){ .port = record->port,
				   .service = (enum service)query->index };
	copy_name(target->name, record->target);
	ask(domain, bel_str_from(target->name), BEL_DNS_A, take_target_addr, index);
	ask(domain, bel_str_from(target->name), BEL_DNS_AAAA, take_target_addr, index);
}

static void take_naptr(struct domain *domain, const struct query *query,
		       const struct bel_dns_record *record)
{
	(void)query;
	if (!bel_str_has_prefix_nocase(record->service, BEL_STR("SIP")))
		return;
	domain->naptrs++;
	copy_name(domain->replacement, record->target);
}

static void take_addr(struct domain *domain, const struct query *query,
		      const struct bel_dns_record *record)
{
	(void)query;
	(void)record;
	domain->addrs++;
}

/* ---- what it means ---- */

static bool listens(const struct bel_conf *conf, const struct target *target)
{
	static const unsigned transports[SERVICES] = {
		[UDP] = BEL_CONF_UDP, [TCP] = BEL_CONF_TCP, [TLS] = BEL_CONF_TLS
	};

	for (unsigned i = 0; i < conf->listens_count; i++)
		if (conf->listens[i].transport == transports[target->service] &&
		    conf->listens[i].addr.port == target->port)
			return true;
	return false;
}

static bool listens_to_tls(const struct bel_conf *conf)
{
	for (unsigned i = 0; i < conf->listens_count; i++)
		if (conf->listens[i].transport == BEL_CONF_TLS)
			return true;
	return false;
}

static bool say_target(const struct domain *domain, const struct target *target)
{
	const struct bel_doctor *doctor = domain->task.doctor;

	if (!target->addrs) {
		bel_doctor_say(doctor, BEL_DOCTOR_BAD, "dns",
			       "give it an address record, or take it out of SRV",
			       "%.*s: %s leads to %s, which has no address",
			       BEL_STR_ARG(domain->name), services[target->service],
			       target->name);
		return false;
	}
	if (target->is_ours && doctor->opts.conf && !listens(doctor->opts.conf, target)) {
		bel_doctor_say(doctor, BEL_DOCTOR_BAD, "dns",
			       "name the port in SRV that is behind listen",
			       "%.*s: %s leads to port %u of this machine, where the "
			       "configuration does not listen",
			       BEL_STR_ARG(domain->name), services[target->service],
			       target->port);
		return false;
	}
	return true;
}

static bool say_services(const struct domain *domain)
{
	const struct bel_doctor *doctor = domain->task.doctor;
	const struct bel_conf *conf = doctor->opts.conf;
	unsigned srvs = domain->srvs[UDP] + domain->srvs[TCP] + domain->srvs[TLS];

	if (!srvs && !domain->addrs) {
		bel_doctor_say(
			doctor, BEL_DOCTOR_BAD, "dns",
			"at the least an address record, better SRV: _sip._udp SRV 10 "
			"0 5060 sip",
			"%.*s has neither SRV nor address records: nobody finds "
			"its server",
			BEL_STR_ARG(domain->name));
		return false;
	}
	if (domain->naptrs && !srvs) {
		bel_doctor_say(doctor, BEL_DOCTOR_BAD, "dns",
			       "add the SRV records that NAPTR names, or take NAPTR out",
			       "%.*s: NAPTR leads to %s, but there are no SRV records",
			       BEL_STR_ARG(domain->name), domain->replacement);
		return false;
	}
	if (srvs && !domain->srvs[TLS] && conf && listens_to_tls(conf)) {
		bel_doctor_say(doctor, BEL_DOCTOR_WARNING, "dns",
			       "_sips._tcp SRV 10 0 5061 and the server's name",
			       "%.*s has no SRV records for TLS, to which the server "
			       "listens",
			       BEL_STR_ARG(domain->name));
		return false;
	}
	return true;
}

static void judge(struct domain *domain)
{
	const struct bel_doctor *doctor = domain->task.doctor;
	bool is_fine = true;

	if (domain->err) {
		bel_doctor_say(doctor, BEL_DOCTOR_BAD, "dns",
			       "see what /etc/resolv.conf says of name servers",
			       "%.*s: %s", BEL_STR_ARG(domain->name),
			       bel_err_text(domain->err));
		bel_task_end(&domain->task);
		return;
	}
	for (unsigned i = 0; i < domain->targets_count; i++)
		is_fine &= say_target(domain, &domain->targets[i]);
	is_fine &= say_services(domain);
	if (is_fine)
		bel_doctor_say(doctor, BEL_DOCTOR_OK, "dns", NULL,
			       "%.*s: NAPTR %u, SRV udp %u tcp %u tls %u, addresses %u",
			       BEL_STR_ARG(domain->name), domain->naptrs,
			       domain->srvs[UDP], domain->srvs[TCP], domain->srvs[TLS],
			       domain->addrs);
	bel_task_end(&domain->task);
}

/* ---- from open to close ---- */

static void on_impatient(void *user)
{
	struct domain *domain = user;

	domain->err = BEL_ERR_TIMEOUT;
	judge(domain);
}

static void close_domain(struct task *task)
{
	struct domain *domain = BEL_CONTAINER_OF(task, struct domain, task);

	for (unsigned i = 0; i < domain->queries_count; i++)
		bel_resolver_forget(task->doctor->opts.resolver, &domain->queries[i]);
	bel_timer_stop(task->doctor->opts.loop, &domain->patience);
	free(domain);
}

static enum bel_err look_at(struct bel_doctor *doctor, bel_str name)
{
	struct bel_loop *loop = doctor->opts.loop;
	struct domain *domain;
	bel_addr addr;

	/* An address, or a name for this house only. */
	if (!bel_addr_parse_host(&addr, name) || bel_str_find(name, '.') == name.len)
		return BEL_OK;
	domain = calloc(1, sizeof *domain);
	if (!domain)
		return bel_err_from_errno(ENOMEM);
	domain->name = name;
	bel_timer_init(&domain->patience, on_impatient, domain);
	bel_timer_start(loop, &domain->patience, bel_loop_now_ms(loop) + PATIENCE_MS);
	bel_task_start(&domain->task, doctor, close_domain);
	ask(domain, name, BEL_DNS_NAPTR, take_naptr, 0);
	ask(domain, name, BEL_DNS_A, take_addr, 0);
	ask(domain, name, BEL_DNS_AAAA, take_addr, 0);
	for (unsigned i = 0; i < SERVICES; i++) {
		char buf[NAME_BYTES];
		struct bel_writer srv = bel_writer_init(buf, sizeof buf);
		bel_write_text(&srv, services[i]);
		bel_write_lit(&srv, ".");
		bel_write_str(&srv, name);
		ask(domain, bel_writer_str(&srv), BEL_DNS_SRV, take_srv, i);
	}
	return BEL_OK;
}

enum bel_err bel_doctor_names(struct bel_doctor *doctor)
{
	const struct bel_doctor_opts *opts = &doctor->opts;
	enum bel_err err = BEL_OK;

	for (unsigned i = 0; i < opts->domains_count && !err; i++)
		err = look_at(doctor, opts->domains[i]);
	for (unsigned i = 0; opts->conf && i < opts->conf->domains_count && !err; i++)
		err = look_at(doctor, opts->conf->domains[i].name);
	return err;
}
