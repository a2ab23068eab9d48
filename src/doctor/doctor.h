/* SPDX-License-Identifier: Apache-2.0
 *
 * doctor: says what is wrong with this machine or network before a phone does. Checks run
 * side by side in one loop; each says what it found in one line, and what to do about it.
 *
 *   doctor.c       from open to the last finding; start here
 *   machine.c      listeners' ports, files, clock, addresses
 *   lookup.c       HOST[:PORT] into an address
 *   nat.c          what a NAT does with our packets (RFC 5780, RFC 4787)
 *   way.c          what happens to SIP on its way: SIP ALGs, long datagrams
 *   names.c        what DNS says of a domain (RFC 3263)
 *   certificate.c  what clients will think of the server's certificate
 *
 * One thread. */
#ifndef BEL_DOCTOR_DOCTOR_H
#define BEL_DOCTOR_DOCTOR_H

#include "conf/conf.h"
#include "io/io.h"

struct bel_doctor;

enum bel_doctor_level {
	BEL_DOCTOR_OK,
	BEL_DOCTOR_SKIPPED, /* could not be looked at; the remedy says how it could */
	BEL_DOCTOR_WARNING,
	BEL_DOCTOR_BAD,
	BEL_DOCTOR_LEVELS
};
/* "ok", "skip", "warn", "bad"; static. */
const char *bel_doctor_level_name(enum bel_doctor_level level);

/* Texts are borrowed for the call; what came from the network is in them as it came. */
struct bel_finding {
	enum bel_doctor_level level;
	const char *check; /* "nat", "sip-alg", ...; static */
	bel_str text, remedy;
};

enum { BEL_DOCTOR_SERVERS_MAX = 4, BEL_DOCTOR_DOMAINS_MAX = 16 };

/* All that is pointed to outlives the doctor. */
struct bel_doctor_opts {
	struct bel_loop *loop;
	struct bel_resolver *resolver;
	const struct bel_conf
		*conf; /* NULL: none, and nothing of this machine's server */
	bel_str stuns[BEL_DOCTOR_SERVERS_MAX]; /* HOST[:PORT] */
	unsigned stuns_count;
	/* HOST[:PORT]; empty: none. An address is asked for the first of the domains. */
	bel_str sip;
	bel_str domains[BEL_DOCTOR_DOMAINS_MAX]; /* beside those of the configuration */
	unsigned domains_count;
	bel_str certificate; /* PEM, with its chain; empty: none */
	int64_t now_s;       /* since 1970; for the certificate */
	/* Who has a port that cannot be opened; may write nothing. May be NULL. */
	void (*write_owner)(void *user, struct bel_writer *writer, const bel_addr *addr,
			    bool is_udp);
	void (*on_finding)(void *user, const struct bel_finding *finding);
	/* Everything was looked at, some seconds later at the most; not from inside
	 * bel_doctor_open. */
	void (*on_end)(void *user);
	void *user;
};

/* -ENOMEM. */
enum bel_err bel_doctor_open(struct bel_doctor **out, const struct bel_doctor_opts *opts);
/* Also before the end; NULL is allowed. Not from inside its callbacks. */
void bel_doctor_close(struct bel_doctor *doctor);

#endif
