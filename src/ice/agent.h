/* SPDX-License-Identifier: Apache-2.0
 * One full agent for one data stream: its candidates and the peer's are paired, checked,
 * and a pair nominated for each component (RFC 8445); then the peer has to consent every
 * few seconds (RFC 7675). Candidates may come at any time, of either side (RFC 8838).
 *
 * An agent has one set of credentials all its life. A restart (RFC 8445 section 9) is
 * another agent beside it, until that one has found a way; datagrams are shown to both.
 *
 * Nothing is allocated but the agent. One thread an agent. */
#ifndef BEL_ICE_AGENT_H
#define BEL_ICE_AGENT_H

#include "ice/ice.h"

struct bel_ice;

enum bel_ice_state {
	BEL_ICE_WAITING, /* for the peer's credentials */
	BEL_ICE_CHECKING,
	BEL_ICE_CONNECTED, /* each component has its selected pair */
	BEL_ICE_FAILED,    /* no way was found; checks of the peer may still find one */
	BEL_ICE_LOST,      /* the peer consented no more: nothing may be sent. The end */
	BEL_ICE_STATES,
};
/* "waiting", "checking", ...; static. */
const char *bel_ice_state_name(enum bel_ice_state state);

/* What an agent wants of its surroundings. The functions named on_ come last in what it
 * does: they may call into it, but not close it. */
struct bel_ice_port {
	/* From the base of one of ours; what is lost is sent again. */
	void (*send)(void *user, const struct bel_ice_candidate *from, const bel_addr *to,
		     bel_str datagram);
	/* Unguessable bytes. */
	void (*random)(void *user, void *out, size_t len);
	/* bel_ice_way of a component has changed. */
	void (*on_way)(void *user, unsigned component);
	void (*on_state)(void *user, enum bel_ice_state state);
};

/* All that is pointed to outlives the agent. */
struct bel_ice_opts {
	const struct bel_ice_port *port;
	void *user;
	struct bel_crypto *crypto; /* of the same thread */
	unsigned components;       /* 1 or 2 */
	bool is_controlling;       /* who made the offer (RFC 8445 section 6.1.1) */
};

/* -ENOMEM. */
enum bel_err bel_ice_open(struct bel_ice **out, const struct bel_ice_opts *opts);
/* NULL is allowed. Nothing is told any more. */
void bel_ice_close(struct bel_ice *ice);

/* Ours; until it is closed. */
bel_str bel_ice_ufrag(const struct bel_ice *ice);
bel_str bel_ice_pwd(const struct bel_ice *ice);
enum bel_ice_state bel_ice_state(const struct bel_ice *ice);
bool bel_ice_is_controlling(const struct bel_ice *ice);

/* ---- candidates ---- */

/* One of ours: type, component, addr, base and related are taken from it, the rest is
 * made. preference: which of one type is first, 65535 where there is one. server: who
 * told it, or relays; NULL for a host's. BEL_ERR_EXISTS: another one is as good (RFC 8445
 * section 5.1.3); BEL_ERR_LIMIT. */
enum bel_err bel_ice_add(struct bel_ice *ice, const struct bel_ice_candidate *candidate,
			 uint16_t preference, const bel_addr *server, uint64_t now_ms);
/* No more of ours will come. */
void bel_ice_end(struct bel_ice *ice, uint64_t now_ms);
/* By index, for a description; NULL after the last one. */
const struct bel_ice_candidate *bel_ice_candidate(const struct bel_ice *ice,
						  unsigned index);
/* The peer, once; checks begin. Errors as bel_ice_login_verify; BEL_ERR_EXISTS when it is
 * another one than before: that is a restart. */
enum bel_err bel_ice_set_remote(struct bel_ice *ice, const struct bel_ice_remote *remote,
				uint64_t now_ms);
/* Whether he is the one that was set; true before one was. */
bool bel_ice_is_remote(const struct bel_ice *ice, const struct bel_ice_remote *remote);
/* One of his; once more is no error. BEL_ERR_LIMIT. */
enum bel_err bel_ice_add_remote(struct bel_ice *ice,
				const struct bel_ice_candidate *candidate,
				uint64_t now_ms);
/* No more of his will come; at once where is_trickling was false. */
void bel_ice_end_remote(struct bel_ice *ice, uint64_t now_ms);

/* With rtcp-mux there is no second component (RFC 5761 section 5.1.3). */
void bel_ice_drop_second(struct bel_ice *ice, uint64_t now_ms);

/* ---- at work ---- */

/* A STUN message that came to the base of one of ours. False: not for this agent, and
 * not answered. */
bool bel_ice_receive(struct bel_ice *ice, const bel_addr *base, const bel_addr *from,
		     const struct bel_stun_msg *msg, uint64_t now_ms);
/* What is due. UINT64_MAX: nothing is. */
void bel_ice_advance(struct bel_ice *ice, uint64_t now_ms);
uint64_t bel_ice_next_ms(const struct bel_ice *ice);

/* How to send: from this one's base, to there; *from is as the peer sees us. The selected
 * pair, before that the best of which both ways are known to work (RFC 8445
 * section 12.1). False: not known, or not allowed. */
bool bel_ice_way(struct bel_ice_candidate *from, struct bel_ice_candidate *to,
		 const struct bel_ice *ice, unsigned component);
/* Whether the peer has shown that address, so that packets from there may be his. */
bool bel_ice_has_remote(const struct bel_ice *ice, unsigned component,
			const bel_addr *addr);
/* Whether it is the selected one. */
bool bel_ice_is_selected(const struct bel_ice *ice, unsigned component);

#endif
