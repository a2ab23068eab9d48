/* SPDX-License-Identifier: Apache-2.0
 *
 * lib: the wiring without a server: a user agent on a loop of its own or of its caller,
 * with everything that it stands on. The tools of the command line begin here, and so
 * does what is behind include/belfry.
 *
 *   lib.c        opening, closing, what comes from the network
 *
 * and behind the public headers, one file a noun:
 *
 *   agent.c      belfry_agent: options, the loop, sentences about failures
 *   error.c      errors of the rooms as those of the library
 *   event.c      telling what happens
 *   account.c    belfry_account, on a registration (client)
 *   way.c        where a request goes, and by which account
 *   servers.c    STUN and TURN servers, looked up
 *   call.c       belfry_call: the life of a call (call, agent/line.h)
 *   incoming.c   calls of others
 *   talk.c       what is done in a call: holding, digits, texts, transfers
 *   info.c       what is known of a call
 *   media.c      what is said and heard in a call
 *   audio.c      audio objects, and two that are joined
 *   mixer.c      places in a mixer
 *   message.c    MESSAGE and OPTIONS
 *
 * Everything belongs to the loop's thread. Start with lib_int.h. */
#ifndef BEL_LIB_LIB_H
#define BEL_LIB_LIB_H

#include "agent/agent.h"
#include "base/base.h"
#include "call/call.h"
#include "client/client.h"
#include "io/io.h"
#include "media/media.h"
#include "transport/transport.h"
#include "ua/ua.h"

struct bel_lib;

struct bel_lib_opts {
	struct bel_loop *loop; /* borrowed; NULL: one of its own */
	/* Where to listen; count 0: on any port of every address, UDP, TCP and TLS. */
	const struct bel_transport_listener *listeners;
	unsigned listeners_count;
	bool has_verify_off; /* certificates of others are not looked at */
	bel_str ca_pem;      /* whom to trust; borrowed, empty: whom the system does */
	/* For TLS connections of others; borrowed, empty: they are refused. */
	bel_str cert_pem, key_pem;
	unsigned calls_max;                /* as in struct bel_calls_opts */
	struct bel_session_policy session; /* of incoming calls */
	bel_str name; /* User-Agent; borrowed, empty: "belfry" and the version */
	/* Somebody calls; as in struct bel_calls_opts. NULL: refused. */
	void (*on_incoming)(void *user, struct bel_call *call, struct bel_sip_msg *invite,
			    struct bel_call *replaced);
	/* A request that is about no call; false: it is none of theirs, and is answered
	 * here: OPTIONS by 200, the others refused. May be NULL. */
	bool (*on_request)(void *user, struct bel_sip_msg *request,
			   const struct bel_flow *came_by);
	/* Every message that comes or goes. May be NULL. */
	void (*on_wire)(void *user, const struct bel_flow *flow, bool is_sent,
			bel_str bytes);
	void *user;
	const struct bel_log *log; /* borrowed; NULL: nothing is written */
};

/* Errors as bel_transport_open, bel_tls_context_new, -ENOMEM. */
enum bel_err bel_lib_open(struct bel_lib **out, const struct bel_lib_opts *opts);
/* What is left ends without a word. NULL is allowed. */
void bel_lib_close(struct bel_lib *lib);

struct bel_loop *bel_lib_loop(const struct bel_lib *lib);
struct bel_ua *bel_lib_ua(const struct bel_lib *lib);
struct bel_calls *bel_lib_calls(const struct bel_lib *lib);
struct bel_targets *bel_lib_targets(const struct bel_lib *lib);
struct bel_media_libs *bel_lib_media(const struct bel_lib *lib);
struct bel_transport *bel_lib_transport(const struct bel_lib *lib);
/* Of a client, borrowed; NULL: without TLS. */
struct bel_tls_context *bel_lib_tls(const struct bel_lib *lib);

#endif
