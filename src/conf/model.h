/* SPDX-License-Identifier: Apache-2.0
 *
 * What a configuration says, as values. Data only; every item knows the line it came
 * from, so that a plan can name its cause. Strings live as long as the configuration. */
#ifndef BEL_CONF_MODEL_H
#define BEL_CONF_MODEL_H

#include <stdatomic.h>

#include "base/base.h"
#include "crypto/crypto.h"

/* Where a statement stands; line 0: nowhere, it is a default. */
struct bel_conf_at {
	bel_str file;
	unsigned line, column;
};

enum bel_conf_transport {
	BEL_CONF_UDP = 1,
	BEL_CONF_TCP = 2,
	BEL_CONF_TLS = 4,
	BEL_CONF_HTTP = 8,
};

struct bel_conf_listen {
	struct bel_conf_at at;
	unsigned transport; /* one of bel_conf_transport */
	bel_addr addr;      /* ports filled in; :5060 listens on 0.0.0.0 and, as a further
			       item, on :: */
};

/* What a redirect answers: 302 with the bindings, or with a target of its own. */
struct bel_conf_redirect {
	struct bel_conf_at at;
	uint16_t status; /* 0: none; 300, 301, 302, 305, 380 */
	bel_str target;  /* a URI; empty: the bindings */
};

struct bel_conf_domain {
	struct bel_conf_at at;
	bel_str name; /* lower case */
	bool is_open;
	struct bel_conf_redirect redirect;
};

/* A secret as it is kept: HA1 for each algorithm, empty where it is not known. */
struct bel_conf_secret {
	bel_str ha1[BEL_DIGEST_COUNT]; /* raw bytes */
};

struct bel_conf_user {
	struct bel_conf_at at;
	bel_str name; /* the user part of the address of record */
	bel_str display;
	struct bel_conf_secret secret;
	const bel_str *numbers; /* number, did and alias alike */
	unsigned numbers_count;
	struct bel_conf_redirect redirect;
};

struct bel_conf_net {
	struct bel_conf_at at;
	bel_addr addr;
	unsigned prefix_bits;
};

struct bel_conf_accept {
	struct bel_conf_at at;
	bel_str domain; /* empty: any */
};

/* A fixed address in place of DNS. */
struct bel_conf_host {
	struct bel_conf_at at;
	bel_str name;
	bel_addr addr;      /* port 0: the default of the transport */
	unsigned transport; /* 0: as the URI says */
};

/* Which calls have their media carried by the server. */
enum bel_conf_fast { BEL_CONF_FAST_NEVER, BEL_CONF_FAST_AUTO };
enum bel_conf_relay { BEL_CONF_RELAY_AUTO, BEL_CONF_RELAY_ALWAYS, BEL_CONF_RELAY_NEVER };

enum bel_conf_route_table { BEL_ROUTE_LOCAL, BEL_ROUTE_OUT };

enum bel_conf_step {
	BEL_STEP_REJECT,   /* status, text */
	BEL_STEP_REDIRECT, /* status, target */
	BEL_STEP_USER,     /* target is a user's name */
	BEL_STEP_TO,       /* target is the URI of the next hop */
	BEL_STEP_LOCAL,    /* go on with the bindings */
	BEL_STEP_ANSWER,   /* the server answers by itself: answer, tone_hz or target */
};

/* What is heard at a number that the server answers. */
enum bel_conf_answer {
	BEL_ANSWER_ECHO, /* what was said */
	BEL_ANSWER_TONE, /* of tone_hz */
	BEL_ANSWER_PLAY, /* target: the path of a sound file */
};

/* One row of `route local { ... }` or `route out { ... }`: the first that matches wins.
 */
struct bel_conf_route {
	struct bel_conf_at at;
	enum bel_conf_route_table table;
	bel_str pattern; /* glob over the user part, or user@host when it has an @ */
	enum bel_conf_step step;
	uint16_t status;
	bel_str text;
	bel_str target;
	bel_str as; /* rewrites the user part: '*' stands for what the star matched */
	enum bel_conf_answer answer;
	uint32_t tone_hz;
};

struct bel_conf {
	_Atomic unsigned refs;
	struct bel_arena arena;
	bel_str realm;

	const struct bel_conf_listen *listens;
	unsigned listens_count;
	const bel_addr *publics; /* port 0: that of the listener */
	unsigned publics_count;
	bool public_is_auto;

	const struct bel_conf_domain *domains; /* bel_conf_default_domain: one of them */
	unsigned domains_count;
	const struct bel_conf_user *users;
	unsigned users_count;
	const struct bel_conf_net *trusted;
	unsigned trusted_count;
	const struct bel_conf_accept *accepts;
	unsigned accepts_count;
	const struct bel_conf_host *hosts;
	unsigned hosts_count;
	const struct bel_conf_route *routes;
	unsigned routes_count;
	struct bel_conf_redirect redirect; /* of everything local */

	struct {
		uint16_t port_min, port_max; /* of RTP; 0: any */
	} media;

	/* media of calls between users */
	struct {
		enum bel_conf_relay mode;
		enum bel_conf_fast fast; /* packets carried by the kernel */
		uint16_t port_min, port_max;
		unsigned silent_ms, timeout_ms;
		bel_addr ng; /* of rtpengine's protocol; family 0: not served */
	} relay;

	struct {
		bool is_on;        /* `turn` is said */
		bool has_userhash; /* users are found by the hash of their name */
		const struct bel_conf_listen *listens; /* of udp, tcp, tls */
		unsigned listens_count;
		const bel_str *secrets; /* of time-limited credentials */
		unsigned secrets_count;
		/* peers beyond those with a global address, and peers refused */
		const struct bel_conf_net *allowed, *denied;
		unsigned allowed_count, denied_count;
		unsigned relays_max;  /* of one user */
		unsigned bytes_per_s; /* of one user; 0: not limited */
		uint16_t port_min, port_max;
		/* relayed addresses as the world sees them, at most one a family; none:
		 * bel_conf.publics */
		const bel_addr *publics;
		unsigned publics_count;
	} turn;

	struct {
		bel_str cert, key;  /* paths; empty: self-signed in the state directory */
		bel_str clients_ca; /* path; empty: client certificates are not asked for
				     */
		bool has_verify_off;
		unsigned min_version; /* 12 or 13 */
		struct bel_conf_at at;
	} tls;

	struct {
		enum bel_digest algorithms[BEL_DIGEST_COUNT]; /* as offered, best first */
		unsigned algorithms_count;
	} digest;

	struct {
		unsigned expires_s, min_s, max_s;
		unsigned contacts_max;
		bool has_outbound, has_gruu;
		unsigned keepalive_s; /* 0: off */
	} registrar;

	struct {
		bel_str country; /* "+49"; empty: numbers stay as dialled */
		bel_str trunk_prefix, international_prefix;
		struct bel_conf_at at;
	} dialling;

	struct {
		unsigned timer_c_s;
		unsigned branches_max;
	} proxy;

	struct {
		bool has_bans;
		unsigned failures_per_minute, ban_s;
		unsigned replies_per_minute;          /* to strangers, a source */
		unsigned calls_max, calls_per_second; /* of one user */
		unsigned connections_max;             /* of one source */
	} guard;

	struct {
		bel_str sqlite;   /* path; empty: STATE/belfry.db */
		unsigned sync_ms; /* 0: always, the answer waits */
	} store;

	struct {
		unsigned workers; /* 0: one a core */
		unsigned drain_s;
		unsigned watchdog_s;
		unsigned trails; /* kept decisions of past requests */
		bel_str run_as;
		bool log_is_json;
		enum bel_log_level log_level;
		bel_str log_file; /* empty: standard error */
		bel_addr dns;     /* family 0: the system's */
	} node;
};

#endif
