/* SPDX-License-Identifier: Apache-2.0
 * What is behind the public headers. Their opaque types are the structs below; everything
 * belongs to the thread that turns the agent's loop. */
#ifndef BEL_LIB_LIB_INT_H
#define BEL_LIB_LIB_INT_H

#include <stdatomic.h>

#include <belfry/belfry.h>

#include "lib/lib.h"

enum {
	LISTENERS_MAX = 16,
	SENTENCE_BYTES = 256,
	TEXTS_BYTES_MAX = 64 * 1024,
	SESSION_S = 1800, /* asked for by calls either way (RFC 4028) */
};

/* STUN and TURN servers by name: servers.c. */
struct bel_servers {
	struct bel_path_servers found; /* family 0: not yet, or not at all */
	struct bel_server {
		struct belfry_agent *agent;
		struct bel_targets_query query;
		struct bel_uri uri;
		bool is_finding;
	} stun, turn;
};

struct belfry_agent {
	/* set once */
	struct belfry_agent_options opts; /* texts in it are not kept */
	struct bel_arena arena;           /* of the texts below */
	const char *listeners[LISTENERS_MAX + 1], *codecs[BEL_OFFER_CODECS_MAX + 1];
	struct bel_log log;
	struct bel_lib *lib;
	struct bel_loop *loop;
	struct bel_dtls_context *dtls; /* of all lines */
	struct bel_servers servers;    /* that help through NATs */

	/* whatever lives */
	struct bel_list accounts, calls, audios, mixers, requests;
	uint64_t requests_begun;
	bool is_turning;
	uint16_t *message_status;      /* of the MESSAGE that is being told; NULL: none */
	char sentence[SENTENCE_BYTES]; /* of the last failure */

	/* any thread */
	_Atomic bool is_stopping;
};

/* On a loop of the caller's, for tests; NULL: one of its own. */
enum belfry_error bel_agent_open_on(struct belfry_agent **out,
				    const struct belfry_agent_options *options,
				    struct bel_loop *loop);
/* At the head of every function that begins something: between turns the clock of the
 * loop may stand at what it was long ago. */
void bel_agent_enter(struct belfry_agent *agent);
/* A timer of the agent that is due at once: what is told from inside a call into the
 * library is told by it instead. */
void bel_agent_soon(struct belfry_agent *agent, struct bel_timer *timer);

/* ---- error.c ---- */

enum belfry_error bel_error_from(enum bel_err err);
/* Keeps and logs the sentence "<format>: <text of err>"; err may be BEL_OK, and the
 * sentence is all of it then. Returns bel_error_from(err). */
enum belfry_error bel_fail(struct belfry_agent *agent, enum bel_err err,
			   const char *format, ...) __attribute__((format(printf, 3, 4)));
/* The same with an error of its own; to say BELFRY_ERROR_STATE. */
enum belfry_error bel_fail_as(struct belfry_agent *agent, enum belfry_error error,
			      const char *sentence);

/* ---- event.c ---- */

/* An event before its texts are terminated: those of event are not looked at. */
struct bel_news {
	struct belfry_event event;
	bel_str from, from_name, to, diverted_by, text, content_type;
};
void bel_news_tell(struct belfry_agent *agent, const struct bel_news *news);
/* A display name without its escapes, in the arena if it has any. */
bel_str bel_name_of(struct bel_arena *arena, const struct bel_sip_addr *addr);
/* A terminated copy; the empty text when there is no memory. */
const char *bel_text_copy(struct bel_arena *arena, bel_str str);

/* ---- servers.c ---- */

/* Begins to look for those of the options. SYNTAX for a name that is none. */
enum belfry_error bel_servers_open(struct belfry_agent *agent,
				   const struct belfry_agent_options *options);
void bel_servers_close(struct belfry_agent *agent);
/* What a server did not do, to the log. */
void bel_servers_tell(struct belfry_agent *agent, const struct bel_path *path);

/* ---- account.c ---- */

struct belfry_account {
	struct belfry_agent *agent;
	struct bel_list node;
	unsigned references; /* the agent's, and one for each call and request */
	struct bel_arena arena;
	const char *address; /* as it was added */
	const char *scheme;  /* "sip:" */
	bel_str uri;         /* without port of the transport's, parameters and headers */
	bel_str user, place; /* before and after its '@': example.com;transport=tcp */
	bel_str from;        /* value of From */
	bel_str proxy;       /* the first, or empty */
	struct bel_auth_account auth;
	bool has_auth;
	bool is_removed;
	struct bel_registration *registration; /* NULL: none, or no more */
	struct bel_timer soon;                 /* to say that it is removed */
	void *user_data;
};

struct belfry_account *bel_account_ref(struct belfry_account *account);
void bel_account_unref(struct belfry_account *account);
/* Of a request that came for one of ours; NULL. */
struct belfry_account *bel_account_find(const struct belfry_agent *agent,
					struct bel_sip_msg *request,
					const struct bel_flow *came_by);
void bel_accounts_close(struct belfry_agent *agent);

/* ---- way.c ---- */

/* How a request of an account goes to somebody. Texts lie in the account or the arena. */
struct bel_way {
	bel_str from, target;
	bel_str routes, next_hop, contact_user;
	const struct bel_flow *flow; /* NULL, or borrowed until the next turn */
	const struct bel_auth_account *auth;
	struct bel_uri hop; /* where it goes first, without a flow */
};
/* to as struct belfry_dial has it. SYNTAX, SPACE. account may be NULL. */
enum bel_err bel_way_find(struct bel_way *out, struct bel_arena *arena,
			  const struct belfry_account *account, bel_str to);

/* ---- audio.c ---- */

struct belfry_audio {
	struct belfry_agent *agent;
	struct bel_list node;
	struct bel_audio_port *port;  /* what it is */
	struct bel_audio_port *below; /* that it stands on: a device; NULL */
	struct bel_clip clip;         /* of a file */
	struct belfry_samples samples;
	struct bel_audio_port own;  /* of samples */
	bool has_end;               /* a recording, or a tone with a length */
	bool is_over;               /* and that was told */
	struct belfry_mixer *mixer; /* whose place it is; NULL */

	/* where it is plugged in */
	struct belfry_call *says_in, *hears_in;
	struct belfry_audio *partner;
	/* of the one of two partners that turns both */
	struct bel_audio_port
		*view; /* the partner in our format; ours to close, or NULL */
	struct bel_timer turn;
	uint64_t due_ms;
};

/* One with nothing in it yet, in the agent's list; NULL without memory. */
struct belfry_audio *bel_audio_new(struct belfry_agent *agent);
/* Out of calls and from its partner; it may be plugged in again. */
void bel_audio_unplug(struct belfry_audio *audio);
void bel_audios_close(struct belfry_agent *agent);

/* ---- media.c ---- */

/* What is said and heard in a call; zero is silence. */
struct bel_sound {
	struct bel_audio_port say, hear; /* what the stream sees */
	struct belfry_audio *source, *sink;
	struct belfry_audio *own; /* what play and tone opened; NULL */
	struct belfry_audio *recorder;
	struct bel_audio_port *recorder_view; /* the recorder in the format of hear */
	struct bel_audio_port *tones;         /* of digits; NULL: none were sent so */
	bool has_echo, is_muted;
};
/* Plugs what there is into the line, once it is open, and after each change. */
void bel_sound_plug(struct belfry_call *call);
/* SYNTAX, BUSY, -ENOMEM. */
enum bel_err bel_sound_send_tones(struct belfry_call *call, bel_str digits);
/* After the line. */
void bel_sound_close(struct belfry_call *call);

/* ---- call.c ---- */

enum { PENDING_PLAYED = 1, PENDING_END = 2 };

struct belfry_call {
	struct belfry_agent *agent;
	struct bel_list node;
	struct bel_arena arena;
	struct belfry_account *account; /* NULL: none */
	const char *peer, *peer_name;
	void *user_data;

	struct bel_call *call; /* NULL: not begun yet, or over */
	struct bel_line *line; /* NULL until it is known where from */
	struct bel_sound sound;
	struct bel_timer patience; /* while it rings */
	struct bel_timer soon;     /* tells what is pending */
	unsigned pending;
	struct bel_call_end end; /* of PENDING_END */

	/* before it is begun: looking for its first hop, and for ways through NATs */
	struct bel_way way;
	bel_str to, lines;
	enum { BEL_LIB_WAITS_NOT, BEL_LIB_WAITS_TO_DIAL, BEL_LIB_WAITS_TO_ANSWER } waits;
	struct bel_targets_query query;
	bool is_finding;

	/* what is so */
	bool is_incoming, is_ringing, is_answering, is_up, is_left, is_over;
	bool has_no_answer; /* patience ended it */
	uint64_t answered_ms;
	bool is_held;               /* as it was told */
	bool is_holding;            /* as it was agreed */
	bool wants_hold, is_asking; /* a re-INVITE of ours for it is under way */

	/* transfers */
	bool is_wished; /* the other side's wish is being told */
	const struct bel_call_refer *wish;
	bool is_followed; /* the wish that is told right now */
	/* Each other, while both live and the follower's INVITE was not sent. */
	struct belfry_call *follower, *wisher;
};

extern const struct bel_call_port bel_lib_call_port;
extern const struct bel_call_media bel_lib_call_media;

/* One with nothing in it yet, in the agent's list; NULL without memory. */
struct belfry_call *bel_lib_call_new(struct belfry_agent *agent,
				     struct belfry_account *account);
/* Without a word. */
void bel_lib_call_free(struct belfry_call *call);
void bel_lib_calls_close(struct belfry_agent *agent);
/* remote: whom the sound goes to, as far as it is known; shown: our address as the other
 * side sees it, or NULL. */
enum bel_err bel_lib_call_open_line(struct belfry_call *call, const bel_addr *local,
				    const bel_addr *shown);
/* Whether candidates are being gathered, so that it has to wait before it describes
 * itself; begins with it. */
bool bel_lib_call_gathers(struct belfry_call *call);
/* Begins it with more header lines, each ended by CRLF; wisher: the call in which they
 * asked for it, answered 202 already, or NULL. As belfry_call_dial. */
enum belfry_error bel_lib_call_begin(struct belfry_call **out, struct belfry_agent *agent,
				     const struct belfry_dial *dial, bel_str to,
				     bel_str lines, struct belfry_call *wisher);
/* NULL: none, or it was removed. */
struct belfry_account *bel_lib_call_account(const struct belfry_call *call);
/* An event of a call, with its account. */
struct bel_news bel_lib_call_news(const struct belfry_call *call,
				  enum belfry_event_type type);
void bel_lib_call_tell(struct belfry_call *call, enum belfry_event_type type);
void bel_lib_call_soon(struct belfry_call *call, unsigned pending);
/* A function that wants it to stand. */
enum belfry_error bel_lib_call_check_up(struct belfry_call *call);

/* ---- incoming.c, talk.c, message.c: what the rooms below call ---- */

void bel_lib_on_incoming(void *user, struct bel_call *call, struct bel_sip_msg *invite,
			 struct bel_call *replaced);
void bel_lib_on_modified(void *user, struct bel_call *call, uint16_t status);
void bel_lib_on_message(void *user, struct bel_call *call, struct bel_sip_msg *msg);
void bel_lib_on_refer(void *user, struct bel_call *call,
		      const struct bel_call_refer *refer);
void bel_lib_on_transfer(void *user, struct bel_call *call, uint16_t status,
			 bool is_last);
/* HELD, when it is no longer as it was told. */
void bel_lib_tell_held(struct belfry_call *call);
/* How a call goes that another one wished: status 0 for one that never had an answer. */
bool bel_lib_on_request(void *user, struct bel_sip_msg *request,
			const struct bel_flow *came_by);
void bel_requests_close(struct belfry_agent *agent);

/* ---- mixer.c ---- */

void bel_mixers_close(struct belfry_agent *agent);

#endif
