/* SPDX-License-Identifier: Apache-2.0
 *
 * path: how the packets of one stream leave and come. Two UDP sockets, for RTP and RTCP;
 * and where ICE is wanted, what a STUN server says of them, addresses on a TURN server,
 * and the agent that finds the way (RFC 8445). Who uses it sends to a component, and is
 * told when the way of one has changed.
 *
 *   path.c    sockets, what comes and what leaves; start here
 *   gather.c  candidates: hosts, what servers say, relays (RFC 8445 section 5.1.1)
 *   line.c    the connection to a TURN server that is not asked by UDP
 *   agree.c   what descriptions say of them, and the agents (RFC 8839 section 4)
 *   words.c   how a TURN server is written
 *   without_ice.c  in place of the last two, in a library that was built so
 *
 * One thread a path. */
#ifndef BEL_PATH_PATH_H
#define BEL_PATH_PATH_H

#include "crypto/crypto.h"
#include "ice/ice.h"
#include "io/io.h"
#include "sdp/sdp.h"
#include "turn/turn.h"

struct bel_path;

enum bel_path_component { BEL_PATH_RTP, BEL_PATH_RTCP, BEL_PATH_COMPONENTS };

/* The path may be closed in any of them. */
struct bel_path_port {
	/* A packet that is not ours: neither ICE's nor a server's. The bytes are the
	 * user's to change until it returns. */
	void (*on_packet)(void *user, enum bel_path_component component, char *buf,
			  size_t len, const bel_addr *peer);
	/* bel_path_way of a component has changed. May be NULL. */
	void (*on_way)(void *user, enum bel_path_component component);
	/* All candidates are there, or are waited for no longer; not called where
	 * bel_path_is_gathering was never true. May be NULL. */
	void (*on_gathered)(void *user);
};

/* Servers that help; all addresses may have family 0: none. Texts are borrowed as long as
 * the path lives. */
struct bel_path_servers {
	bel_addr stun;
	bel_addr turn;
	enum bel_turn_transport turn_transport; /* UDP, TCP or TLS */
	bel_str turn_user, turn_password;
	/* With TLS: whom its certificate has to name, and the context of a client, which
	 * lives as long as the path. */
	bel_str turn_name;
	struct bel_tls_context *turn_tls;
};

/* "HOST[:PORT]", "turn:HOST", "turns:HOST" (TLS), each with "?transport=udp", tcp or tls
 * behind. host is borrowed and has its port; port: where it has none. BEL_ERR_SYNTAX;
 * BEL_ERR_UNSUPPORTED: turns by UDP. */
struct bel_path_turn_words {
	bel_str host;
	uint16_t port;
	enum bel_turn_transport transport;
};
enum bel_err bel_path_turn_parse(struct bel_path_turn_words *out, bel_str text);

struct bel_path_opts {
	struct bel_loop *loop;
	bel_addr local; /* the address; its port does not matter */
	bel_addr shown; /* as the other side sees it; family 0: local */
	/* Even ports of this range are tried from one at random; 0: any the machine
	 * gives. */
	uint16_t port_min, port_max;
	bool has_ice;                    /* answered to who offers it */
	bool offers_ice;                 /* and offered */
	struct bel_path_servers servers; /* asked only with has_ice */
	const struct bel_path_port *port;
	void *user;
};

/* -ENOMEM. Nothing is opened yet. */
enum bel_err bel_path_open(struct bel_path **out, const struct bel_path_opts *opts);
/* What it holds on servers is given back. NULL is allowed. */
void bel_path_close(struct bel_path *path);

/* Opens its sockets, two neighbours (RFC 3550 section 11), and begins to gather; again is
 * no work. -EADDRINUSE when no port of the range is free; -EMFILE. */
enum bel_err bel_path_bind(struct bel_path *path);
bool bel_path_is_bound(const struct bel_path *path);
/* Whether a description would say more if it waited; at most for two seconds and a half.
 */
bool bel_path_is_gathering(const struct bel_path *path);

/* How the servers answered. */
struct bel_path_servers_report {
	enum bel_err stun, turn; /* BEL_OK: it helped, or none was asked; BEL_ERR_AGAIN:
				  * it is being asked */
	unsigned turn_code;      /* of its answer; 0: none came, or a good one */
};
void bel_path_servers_report(struct bel_path_servers_report *out,
			     const struct bel_path *path);

/* ---- descriptions ---- */

/* Where the other side should send, for who knows no ICE. Family 0 before the sockets are
 * open. */
bel_addr bel_path_address(const struct bel_path *path, enum bel_path_component component);
/* Their offer, before it is answered: whether to speak of ICE, and with which credentials
 * (a restart, RFC 8839 section 4.4.1.1.1). */
void bel_path_take_offer(struct bel_path *path, const struct bel_sdp *theirs,
			 unsigned media);
/* Attribute lines for our offer or answer; none without ICE. */
void bel_path_write(struct bel_writer *writer, struct bel_path *path);
/* What was agreed: their description as it holds now, and where it says that they are. */
struct bel_path_agreed {
	const struct bel_sdp *theirs; /* NULL: it cannot be read, and has no ICE */
	unsigned media;
	bool has_mux;
	bel_addr remote, remote_rtcp;
};
void bel_path_agree(struct bel_path *path, const struct bel_path_agreed *agreed);

/* ---- packets ---- */

/* To where the way goes; without ICE to that address. BEL_ERR_AGAIN: there is no way yet,
 * or none any more. */
enum bel_err bel_path_send(struct bel_path *path, enum bel_path_component component,
			   const bel_addr *to, bel_str packet);
/* Whether ICE was agreed on. Who is where is its business then. */
bool bel_path_has_ice(const struct bel_path *path);
/* Where packets go to by ICE. False: nowhere now. */
bool bel_path_way(bel_addr *remote, const struct bel_path *path,
		  enum bel_path_component component);
/* Whether a packet from there may be theirs; without ICE anyone's may. */
bool bel_path_may_be_from(const struct bel_path *path, enum bel_path_component component,
			  const bel_addr *peer);
/* For people: "checking", "host 192.0.2.1:4000 to srflx 198.51.100.2:9000". Nothing is
 * written without ICE. */
void bel_path_describe(struct bel_writer *writer, const struct bel_path *path);

#endif
