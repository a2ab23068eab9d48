/* SPDX-License-Identifier: Apache-2.0
 * Between the files of the ladder runner. */
#ifndef BEL_TESTS_LADDER_INT_H
#define BEL_TESTS_LADDER_INT_H

#include <stdlib.h>
#include "crypto/crypto.h"
#include "io/io.h"
#include "node/node.h"
#include "sip/sip.h"
#include "support/ladder/ground.h"
#include "support/ladder/ladder.h"

enum {
	LADDER_WORDS_MAX = 16,
	LADDER_FIELDS_MAX = 24,
	LADDER_LINES_MAX = 400,
	LADDER_ACTORS_MAX = 12,
	LADDER_CALLS_MAX = 8,
	LADDER_ROUTES_MAX = 8,
	LADDER_WORKERS = 2,
	LADDER_PORT = 5060,
	LADDER_BYTES_MAX = 65535,
	LADDER_PATIENCE_MS = 100,
};

/* ---- script.c ---- */

struct ladder_field {
	char sign; /* '+', '-' or 0 */
	bel_str name, value;
	unsigned index; /* of Name[2]; 0: none */
};

struct ladder_line {
	unsigned number;
	bel_str text;  /* as written, with the lines that go on with it */
	bel_str inner; /* those lines alone */
	bel_str words[LADDER_WORDS_MAX];
	unsigned words_count;
	struct ladder_field fields[LADDER_FIELDS_MAX];
	unsigned fields_count;
};

struct ladder_script {
	struct ladder_line lines[LADDER_LINES_MAX];
	unsigned count;
};

/* Borrows from text. False: too many lines, words or fields. */
bool bel_ladder_script_parse(struct ladder_script *script, bel_str text);
/* Whether one of the words from index on is that one. */
bool bel_ladder_line_has(const struct ladder_line *line, unsigned index,
			 const char *word);
/* The word after that one; empty when it is not there. */
bel_str bel_ladder_line_after(const struct ladder_line *line, const char *word);

/* ---- who takes part ---- */

/* A message that came in, or was said. Kept to the end. */
struct ladder_message {
	struct bel_list node;
	struct bel_arena arena;
	struct bel_sip_msg msg;
	bel_addr peer;
	struct ladder_link *link; /* the stream it came by */
	uint64_t at_ms;
	bool is_claimed;  /* a line expected it */
	bool is_due;      /* from or to an agent: some line has to expect it */
	bool is_answered; /* by a final response */
};

/* What a phone knows of a call. */
struct ladder_call {
	bel_str name, id, tag;
	bel_str local, remote; /* From and To, with tags */
	bel_str target;        /* the other end's Contact */
	bel_str routes[LADDER_ROUTES_MAX];
	unsigned routes_count;
	uint32_t cseq;
	bool has_dialog;
	struct ladder_message *answer; /* the last final response to an INVITE */
};

/* A TCP connection of a phone. */
struct ladder_link {
	struct bel_list node;
	struct ladder_actor *actor;
	struct bel_stream *stream;
	struct bel_sip_framer framer;
	size_t len;
	bool is_closed;
	char buf[LADDER_BYTES_MAX];
};

struct ladder_actor {
	struct ladder *ladder;
	char name[24];
	bel_addr own; /* with its port */
	struct ladder_host *host;
	struct bel_list inbox, said;

	/* a server */
	bool is_server;
	struct bel_loop *loops[LADDER_WORKERS];
	struct bel_conf *conf;
	struct bel_node *node;

	/* a phone or an agent */
	struct ladder_actor *server; /* NULL: an agent without */
	bel_str user;

	struct ladder_agent *agent; /* NULL: it is none */

	/* a phone */
	bool is_tcp, is_stranger;
	struct bel_udp *udp, *other_udp;
	struct bel_listener *listener;
	struct bel_list links;
	struct ladder_message *challenge;
	uint32_t nonce_count;
	struct ladder_call calls[LADDER_CALLS_MAX];
	unsigned calls_count;
};

struct ladder {
	struct bel_arena arena;
	struct ladder_ground *ground;
	struct bel_crypto *crypto;
	struct bel_writer *tale;
	struct bel_writer went; /* every packet, a line each */
	const struct ladder_script *script;
	const struct ladder_line *line; /* the one that is run */
	bel_str call;                   /* its name */
	bool has_failed, is_left_out;
	struct ladder_actor actors[LADDER_ACTORS_MAX];
	unsigned actors_count;
};

/* The first failure is told, with the ladder up to the line. */
void bel_ladder_fail(struct ladder *ladder, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* This ground cannot do what the line wants: the run ends here, and is no failure. */
void bel_ladder_leave_out(struct ladder *ladder, const char *why);
/* Whether a message from that address is the actor's: those that share a host differ by
 * their ports. */
bool bel_ladder_is_at(const struct ladder_actor *actor, const bel_addr *addr);
/* The place of a phone or agent, from the words of its line: user, server, ip. False and
 * failed when there is none. */
bool bel_ladder_actor_settle(struct ladder_actor *actor, const struct ladder_line *line,
			     struct ladder_actor *server);
/* The first server, made as written in ladder.h when there is none. */
struct ladder_actor *bel_ladder_standard_server(struct ladder *ladder);
bel_str bel_ladder_domain_of(const struct ladder_actor *server);
/* By its name or made, as a phone; NULL and failed when there are too many. */
struct ladder_actor *bel_ladder_actor(struct ladder *ladder, bel_str name);
struct ladder_actor *bel_ladder_actor_find(struct ladder *ladder, bel_str name);
/* A new one of that name, without a place yet; NULL and failed when it is taken. */
struct ladder_actor *bel_ladder_actor_new(struct ladder *ladder, bel_str name);
/* With the words of its line, if there is one. */
struct ladder_actor *bel_ladder_phone_new(struct ladder *ladder,
					  const struct ladder_line *line, bel_str name);
/* The call that the lines are about now, as the actor knows it. REGISTER has one of its
 * own. */
struct ladder_call *bel_ladder_call(struct ladder_actor *actor, bool is_register);
/* Text of the runner's own with the addresses that hosts have on this ground. */
bel_str bel_ladder_place(struct ladder *ladder, bel_str text);
/* Text with {NAME} and escapes replaced, in the ladder's arena. */
bel_str bel_ladder_expand(struct ladder *ladder, bel_str text);
bel_str bel_ladder_format(struct ladder *ladder, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* ---- server.c ---- */

bool bel_ladder_server_open(struct ladder_actor *server, bel_str conf_text);
void bel_ladder_server_close(struct ladder_actor *server);
/* False: there is no figure of that name. */
bool bel_ladder_server_figure(uint64_t *out, struct ladder_actor *server, bel_str name);

/* ---- phone.c ---- */

/* Its sockets, from user, server, own and is_tcp. */
bool bel_ladder_phone_open(struct ladder_actor *phone);
void bel_ladder_phone_close(struct ladder_actor *phone);
void bel_ladder_phone_hang_links(struct ladder_actor *phone);
/* By the link when it is open, else as the phone sends. port 0: its own. */
void bel_ladder_phone_send(struct ladder_actor *phone, const bel_addr *to,
			   struct ladder_link *link, uint16_t port, bel_str bytes);
/* Keeps bytes as a message of the list; NULL when they are none (and failed). */
struct ladder_message *bel_ladder_keep(struct ladder_actor *actor, struct bel_list *list,
				       bel_str bytes);

/* ---- agent.c ---- */

/* With the words of its line. */
void bel_ladder_agent_new(struct ladder *ladder, const struct ladder_line *line);
void bel_ladder_agent_close(struct ladder_agent *agent);
/* Waits until the server has granted it. */
void bel_ladder_agent_register(struct ladder_agent *agent);
/* False: there is no figure of that name. */
bool bel_ladder_agent_figure(uint64_t *out, struct ladder_agent *agent, bel_str name);
/* The value of Replaces that names its call where that is known by the other end; false
 * when it has none, or several. */
bool bel_ladder_agent_replaces(struct bel_writer *writer, struct ladder_agent *agent);

/* ---- steps.c ---- */

/* The line is what the agent does; false: it means nothing. */
bool bel_ladder_step(struct ladder_actor *actor, const struct ladder_line *line);

/* ---- draft.c ---- */

enum { DRAFT_ROWS_MAX = 64 };
struct ladder_draft {
	bel_str start; /* the start line */
	struct {
		bel_str name, value;
	} rows[DRAFT_ROWS_MAX];
	unsigned count;
	bel_str body;
};
void bel_draft_put(struct ladder_draft *draft, const char *name, bel_str value);
/* Every value of the header as the message has it. */
void bel_draft_copy(struct ladder_draft *draft, struct bel_sip_msg *msg,
		    enum bel_sip_header header);
/* The fields of the line, then the bytes, in the ladder's arena. */
bel_str bel_draft_write(struct ladder_draft *draft, struct ladder_actor *speaker);

/* ---- speak.c ---- */

/* The line's message from a phone to peer. */
void bel_ladder_speak(struct ladder_actor *phone, struct ladder_actor *peer);
/* REGISTER with the challenge of the server, and its 200. */
void bel_ladder_register(struct ladder_actor *phone);

/* ---- listen.c ---- */

/* Waits for the line's message from peer. */
void bel_ladder_listen(struct ladder_actor *actor, struct ladder_actor *peer);
/* The next message in the inbox that no line expected; waits up to 100 ms. From whom does
 * not matter when peer is NULL. */
struct ladder_message *bel_ladder_next(struct ladder_actor *actor,
				       struct ladder_actor *peer);
/* Takes what the message says about the call. */
void bel_ladder_learn(struct ladder_actor *phone, struct ladder_message *message);
/* Fails when a phone has got, or an agent has got or sent, what no line expected. */
void bel_ladder_check_quiet(struct ladder *ladder);

#endif
