/* SPDX-License-Identifier: Apache-2.0
 *
 * Agents: a user agent, its sockets and its loop. */
#ifndef BELFRY_AGENT_H
#define BELFRY_AGENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <belfry/error.h>

#ifdef __cplusplus
extern "C" {
#endif

struct belfry_agent;
struct belfry_event;

/* What protects the sound of calls (SRTP). */
enum belfry_protection {
	/* Calls of ours are offered plain, and protection is taken from whom offers it:
	 * keys by DTLS or by SDES. */
	BELFRY_PROTECTION_ACCEPT = 0,
	BELFRY_PROTECTION_PREFER, /* keys by SDES if the other side can, else plain */
	BELFRY_PROTECTION_SDES,   /* or no call; the servers on the way see the keys */
	BELFRY_PROTECTION_DTLS,   /* or no call; nobody on the way sees them (RFC 5763) */
};

enum belfry_log_level {
	BELFRY_LOG_DEBUG = 0,
	BELFRY_LOG_INFO,
	BELFRY_LOG_WARNING,
	BELFRY_LOG_ERROR,
};

/* All are optional. */
struct belfry_agent_options {
	/* Everything that happens, in the thread that turns the loop. */
	void (*on_event)(void *user, const struct belfry_event *event);
	/* What is worth a line, and each failure of a function in a sentence. */
	void (*on_log)(void *user, enum belfry_log_level level, const char *text);
	/* Each SIP message that comes or goes, not ended by NUL; peer is
	 * "udp:192.0.2.1:5060". */
	void (*on_wire)(void *user, bool is_sent, const char *peer, const char *bytes,
			size_t bytes_count);
	void *user; /* of these three */

	const char *name; /* User-Agent; NULL: "belfry" and the version */
	/* "udp:0.0.0.0:5060", "tcp:[::]:5060", "tls:192.0.2.1:0", ended by NULL; port 0:
	 * one that is free. NULL: free ports of every address, by UDP, TCP and TLS. */
	const char *const *listen;
	/* What answers TLS connections of others; they come down ours otherwise. PEM. */
	const char *certificate_file, *key_file;
	const char *ca_file;      /* PEM: whom to trust; NULL: whom the system does */
	bool has_any_certificate; /* for tests: certificates of others are not verified */

	/* "opus", "G722", "PCMU", "PCMA", "GSM", "L16" in order of preference, ended by
	 * NULL; those that this machine lacks are left out. NULL: all it has. */
	const char *const *codecs;
	enum belfry_protection protection;
	uint16_t media_port_min, media_port_max; /* of RTP; 0: any */
	/* Calls look for the best way through NATs with whoever does so, too (ICE, RFC
	 * 8445). Who offers it is answered with it in any case. */
	bool has_ice;
	/* Servers that help, and has_ice with them: "192.0.2.1" or
	 * "stun.example.com:3478", by UDP. They are looked up once; a call that begins
	 * before they are found goes without them. With TURN there is sound even if the
	 * other side has no ICE; it may be "turn:turn.example.com?transport=tcp" or
	 * "turns:turn.example.com" (RFC 7065), where a firewall stops UDP. */
	const char *stun_server, *turn_server;
	const char *turn_user, *turn_password;
	/* MESSAGE of others is an event and answered 200; else it is answered 405. */
	bool has_messages;
	unsigned calls_max; /* at once; more are answered 503. 0: 100 */
};

/* Opens the sockets; nothing is sent yet. options may be NULL. Errors: SYNTAX for a
 * listener that cannot be read, NOT_FOUND, DENIED and TLS for certificate files, SYSTEM
 * for a port in use, MEMORY; on_log is told more. On success *out belongs to the caller,
 * who ends it with belfry_agent_close. */
enum belfry_error belfry_agent_open(struct belfry_agent **out,
				    const struct belfry_agent_options *options);
/* Ends everything that is left of it, without events: calls are hung up and nobody waits
 * for an answer, registrations stay until their time is over. To leave in order, hang up
 * and remove accounts before, and turn the loop until that is told. Objects of the agent
 * are gone afterwards. NULL is allowed. */
void belfry_agent_close(struct belfry_agent *agent);

/* What calls that begin from now on are coded with, as the option says it. SYNTAX for a
 * name that nobody knows, and nothing is changed. */
enum belfry_error belfry_agent_set_codecs(struct belfry_agent *agent,
					  const char *const *codecs);

/* ---- the loop, ours ---- */

/* Turns the loop until belfry_agent_stop. SYSTEM when it cannot go on; STATE in an event.
 */
enum belfry_error belfry_agent_run(struct belfry_agent *agent);
/* belfry_agent_run returns soon: the present one, or else the next. Any thread, and
 * signal handlers. */
void belfry_agent_stop(struct belfry_agent *agent);

/* ---- the loop, the caller's ---- */

/* Waits for at most wait_ms milliseconds (0: not at all, -1: without limit), deals with
 * what there is, and returns. SYSTEM; STATE in an event. */
enum belfry_error belfry_agent_step(struct belfry_agent *agent, int wait_ms);
/* Polls readable when belfry_agent_step has something to do; the agent's own, only to be
 * watched. */
int belfry_agent_fd(const struct belfry_agent *agent);
/* Milliseconds until belfry_agent_step is due though nothing came; 0: at once, -1: never.
 * Changes with every call into the library: ask before each wait. */
int belfry_agent_next_ms(const struct belfry_agent *agent);
/* Makes belfry_agent_fd readable, a waiting belfry_agent_step return. Any thread. */
void belfry_agent_wake(struct belfry_agent *agent);

/* ---- what it says of itself ---- */

/* A sentence about the last function of this agent that failed; empty: none did. Valid
 * until the next one fails. */
const char *belfry_agent_last_error(const struct belfry_agent *agent);
/* Where it listens: "udp:0.0.0.0:5060", the port filled in; NULL past the last. Valid as
 * long as the agent. */
const char *belfry_agent_listener(const struct belfry_agent *agent, unsigned index);
/* Calls that are not over. */
unsigned belfry_agent_calls(const struct belfry_agent *agent);
void *belfry_agent_user(const struct belfry_agent *agent);
/* Of the library: "0.1.0". Any thread. */
const char *belfry_version(void);

#ifdef __cplusplus
}
#endif

#endif
