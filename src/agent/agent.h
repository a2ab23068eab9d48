/* SPDX-License-Identifier: Apache-2.0
 *
 * agent: a phone in the program. A line is the sound of one call, described, agreed and
 * carried out; the role answers calls to numbers of the server's own with an echo, a tone
 * or a recording, so that a newcomer hears something before there is a second phone.
 *
 *   line.c    the media port of a call (call/call.h) on a media stream
 *   clips.c   recordings, read once and shared
 *   agent.c   the role: whose call it is, what is heard, when it ends
 *
 * Lines and the role belong to the thread of the loop. Start with line.h. */
#ifndef BEL_AGENT_AGENT_H
#define BEL_AGENT_AGENT_H

#include "agent/line.h"
#include "base/base.h"
#include "call/call.h"
#include "conf/conf.h"
#include "io/io.h"
#include "media/media.h"
#include "ua/ua.h"

/* ---- recordings ---- */

/* Sound files by their path. They are read by the thread that loads them, never by one
 * that carries calls; any thread may look. They stay until the end. */
struct bel_clips;
enum bel_err bel_clips_open(struct bel_clips **out);
/* After everything that plays. NULL is allowed. */
void bel_clips_close(struct bel_clips *clips);
/* Reads it, again when it was read before: it may have changed. Errors as bel_clip_load,
 * and what was there stays. Blocks. */
enum bel_err bel_clips_load(struct bel_clips *clips, bel_str path);
/* NULL: it was never loaded. */
const struct bel_clip *bel_clips_find(struct bel_clips *clips, bel_str path);

/* ---- the role ---- */

struct bel_agent;

struct bel_agent_opts {
	struct bel_ua *ua;
	struct bel_transport *transport;
	struct bel_clips *clips;     /* borrowed; NULL: nothing is played */
	uint16_t port_min, port_max; /* of RTP; 0: any */
	unsigned calls_max;          /* 0: 20,000; more are answered 503 */
	/* A call that bel_agent_answer was given is over. */
	void (*on_ended)(void *user, uint64_t token);
	void *user;
};

enum bel_err bel_agent_open(struct bel_agent **out, const struct bel_agent_opts *opts);
/* After the table of transactions and before the ua. */
void bel_agent_close(struct bel_agent *agent);
size_t bel_agent_count(const struct bel_agent *agent);

/* A request with a To tag: true when it was one of a call of ours, and was dealt with. */
bool bel_agent_on_request(struct bel_agent *agent, struct bel_sip_msg *request,
			  const struct bel_flow *came_by);
/* An INVITE for a number of ours; user is its user part. False: it began no call (it was
 * refused, or is one that is known), and on_ended does not come. */
bool bel_agent_answer(struct bel_agent *agent, struct bel_sip_msg *invite,
		      const struct bel_flow *came_by, const struct bel_conf_route *answer,
		      bel_str user, uint64_t token);

#endif
