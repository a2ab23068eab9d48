/* SPDX-License-Identifier: Apache-2.0
 * Keys by DTLS (RFC 5763, RFC 5764): the relay is one end of it. Each port has an
 * association of its own (RFC 5764 section 3): one with rtcp-mux, else two. */
#include <errno.h>
#include <stdlib.h>

#include "relay/relay_int.h"

enum { OF_RTP, OF_RTCP, STRANGERS_MAX = 16, IDLE_MS = 1000 };

struct association {
	struct leg *leg;
	bool is_rtcp;
	bool is_client, is_started;
	struct bel_dtls *dtls;
	struct bel_timer timer;
	bel_addr peer; /* where they are, as far as is known */
	bool is_begun; /* something came */
	bool is_done;  /* and there are keys */
	bool is_known; /* from a host that signalling told of */
	uint64_t heard_ms;
	unsigned strangers;
	/* what it was made for */
	char hash[HASH_CHARS_MAX];
	uint8_t hash_len;
	struct bel_dtls_fingerprint fingerprint;
	bel_addr announced;
};

static struct latch *latch_of(const struct association *association)
{
	struct leg *leg = association->leg;

	return association->is_rtcp ? &leg->rtcp_latch : &leg->rtp_latch;
}

static struct bel_udp *udp_of(const struct association *association)
{
	const struct leg *leg = association->leg;

	return association->is_rtcp ? leg->rtcp.udp : leg->rtp.udp;
}

static void send_datagram(void *user, bel_str datagram)
{
	struct association *association = user;
	struct bel_udp *udp = udp_of(association);
	const bel_addr *to = bel_relay_ice_is_used(association->leg)
				     ? &latch_of(association)->remote
				     : &association->peer;

	if (udp && to->family)
		bel_udp_send(udp, to, NULL, datagram);
}

static enum bel_err open_dtls(struct association *association)
{
	association->is_begun = association->is_known = false;
	association->peer = latch_of(association)->remote;
	return bel_dtls_open(&association->dtls,
			     bel_relay_of(association->leg)->opts.dtls,
			     association->is_client, send_datagram, association);
}

static void close_dtls(struct association *association)
{
	bel_timer_stop(bel_relay_of(association->leg)->opts.loop, &association->timer);
	bel_dtls_close(association->dtls);
	association->dtls = NULL;
}

static void close_one(struct leg *leg, unsigned index)
{
	if (!leg->dtls[index])
		return;
	close_dtls(leg->dtls[index]);
	free(leg->dtls[index]);
	leg->dtls[index] = NULL;
}

void bel_relay_dtls_close(struct leg *leg)
{
	close_one(leg, OF_RTP);
	close_one(leg, OF_RTCP);
}

bool bel_relay_dtls_is_done(const struct leg *leg)
{
	return leg->dtls[OF_RTP] && leg->dtls[OF_RTP]->is_done;
}

/* ---- keys ---- */

static enum bel_err open_contexts(struct bel_srtp **out, struct bel_srtp **in,
				  const struct bel_dtls_keys *keys)
{
	struct bel_srtp_opts opts = { .key = { (const char *)keys->local, keys->len } };
	struct bel_srtp *opened;
	enum bel_err err = bel_srtp_suite_of_profile(&opts.suite, keys->profile);

	if (!err)
		err = bel_srtp_open(&opened, &opts);
	if (err)
		return err;
	bel_srtp_close(*out);
	*out = opened;
	opts.key.ptr = (const char *)keys->remote;
	err = bel_srtp_open(&opened, &opts);
	if (err)
		return err;
	bel_srtp_close(*in);
	*in = opened;
	return BEL_OK;
}

static enum bel_err take_keys(struct association *association)
{
	struct leg *leg = association->leg;
	bel_str hash = { association->hash, association->hash_len };
	struct bel_dtls_keys keys;
	enum bel_err err = bel_dtls_verify(association->dtls, hash,
					   &association->fingerprint);

	if (!err)
		err = bel_dtls_keys(&keys, association->dtls);
	if (err)
		return err;
	err = association->is_rtcp ? open_contexts(&leg->out_rtcp, &leg->in_rtcp, &keys)
				   : open_contexts(&leg->out, &leg->in, &keys);
	bel_wipe(&keys, sizeof keys);
	return err;
}

/* ---- the handshake ---- */

/* A stranger who was faster than the side itself must not keep it out: who waits, waits
 * anew. */
static void fail(struct association *association)
{
	close_dtls(association);
	if (!association->is_client)
		(void)open_dtls(association);
}

static void start_timer(struct association *association)
{
	struct bel_loop *loop = bel_relay_of(association->leg)->opts.loop;
	uint64_t after_us;

	if (bel_dtls_timeout_us(&after_us, association->dtls))
		bel_timer_stop(loop, &association->timer);
	else
		bel_timer_start(loop, &association->timer,
				bel_loop_now_ms(loop) + after_us / 1000 + 1);
}

static void go_on(struct association *association, enum bel_err err)
{
	struct latch *latch = latch_of(association);

	if (!err && !association->is_done) {
		err = take_keys(association);
		association->is_done = !err;
		/* They are where the handshake came from: no packet proves it better, but
		 * for a check of ICE. */
		if (!err && association->peer.family &&
		    !bel_relay_ice_is_used(association->leg)) {
			latch->remote = association->peer;
			latch->is_met = latch->is_latched = true;
		}
	}
	if (err && err != BEL_ERR_AGAIN)
		fail(association);
	else
		start_timer(association);
}

static void on_timer(void *user)
{
	struct association *association = user;

	go_on(association, bel_dtls_on_timer(association->dtls));
}

static bool is_known_host(const struct association *association, const bel_addr *from)
{
	const struct leg *leg = association->leg;

	return bel_addr_is_same_host(from,
				     &leg->stream->call->places[leg->side].signal) ||
	       bel_addr_is_same_host(from, &association->announced);
}

/* Behind a NAT the side is not where it says, and may begin from anywhere. But whoever
 * speaks in between ends a handshake that is under way, for the other end of it would not
 * begin anew: nobody may do so while it goes on, and none but its own kind to one that
 * began at a host that is known. */
static bool may_speak(const struct association *association, const bel_addr *from)
{
	struct leg *leg = association->leg;
	uint64_t now_ms = bel_loop_now_ms(bel_relay_of(leg)->opts.loop);
	bool is_idle = !association->is_begun || now_ms - association->heard_ms > IDLE_MS;

	if (bel_relay_ice_is_used(leg))
		return bel_relay_ice_admits(association->is_rtcp ? &leg->rtcp : &leg->rtp,
					    from);
	if (bel_addr_is_equal(from, &association->peer))
		return true;
	if (association->is_done)
		return false;
	if (is_known_host(association, from))
		return !association->is_known || is_idle;
	return !association->is_known && is_idle &&
	       association->strangers < STRANGERS_MAX;
}

/* What one began, another cannot end. */
static bool turn_to(struct association *association, const bel_addr *from)
{
	/* By ICE one side has many addresses. */
	bool is_same = bel_relay_ice_is_used(association->leg) ||
		       bel_addr_is_equal(from, &association->peer);

	if (!is_same && association->is_begun && !association->is_client) {
		association->strangers++;
		close_dtls(association);
		if (open_dtls(association))
			return false;
	}
	association->peer = *from;
	association->is_begun = true;
	association->is_known = is_known_host(association, from);
	association->heard_ms = bel_loop_now_ms(
		bel_relay_of(association->leg)->opts.loop);
	return true;
}

void bel_relay_dtls_receive(struct relay_socket *socket, const struct bel_datagram *got)
{
	struct association *association =
		socket->leg->dtls[socket->is_rtcp ? OF_RTCP : OF_RTP];

	if (!association || !association->dtls || !may_speak(association, &got->peer)) {
		socket->leg->foreign++;
		return;
	}
	if (turn_to(association, &got->peer))
		go_on(association, bel_dtls_on_datagram(association->dtls,
							(bel_str){ got->buf, got->len }));
}

/* ---- what was agreed ---- */

static bool is_client(const struct leg *leg)
{
	return leg->said.setup == BEL_SDP_SETUP_PASSIVE;
}

/* RFC 8842 section 4: another fingerprint, another role, another place; but where ICE
 * says which place it is, it may change. */
static bool is_same(const struct association *old, const struct leg *leg)
{
	const struct said *said = &leg->said;

	return old->is_client == is_client(leg) && old->hash_len == said->hash_len &&
	       !memcmp(old->hash, said->hash, said->hash_len) &&
	       old->fingerprint.len == said->fingerprint.len &&
	       !memcmp(old->fingerprint.bytes, said->fingerprint.bytes,
		       said->fingerprint.len) &&
	       (bel_relay_ice_is_used(leg) ||
		bel_addr_is_equal(&old->announced, &said->rtp));
}

/* The first flight, once it is known where to. */
static void start(struct association *association)
{
	if (!association->is_client || association->is_started ||
	    (bel_relay_ice_is_used(association->leg) &&
	     !latch_of(association)->remote.family))
		return;
	association->is_started = true;
	go_on(association, bel_dtls_start(association->dtls));
}

void bel_relay_dtls_on_way(struct leg *leg, bool is_rtcp)
{
	struct association *association = leg->dtls[is_rtcp ? OF_RTCP : OF_RTP];

	if (association && association->dtls)
		start(association);
}

static enum bel_err open_one(struct leg *leg, unsigned index)
{
	struct association *association = calloc(1, sizeof *association);
	enum bel_err err;

	if (!association)
		return bel_err_from_errno(ENOMEM);
	association->leg = leg;
	association->is_rtcp = index == OF_RTCP;
	association->is_client = is_client(leg);
	association->hash_len = leg->said.hash_len;
	memcpy(association->hash, leg->said.hash, leg->said.hash_len);
	association->fingerprint = leg->said.fingerprint;
	association->announced = leg->said.rtp;
	bel_timer_init(&association->timer, on_timer, association);
	leg->dtls[index] = association;
	err = open_dtls(association);
	if (err)
		return err;
	start(association);
	return BEL_OK;
}

enum bel_err bel_relay_dtls_agree(struct leg *leg)
{
	enum bel_err err;

	if (!bel_relay_of(leg)->opts.dtls || !leg->said.hash_len)
		return BEL_ERR_UNSUPPORTED;
	if (leg->dtls[OF_RTP] && is_same(leg->dtls[OF_RTP], leg))
		return BEL_OK;
	/* Keys of the signalling are over, too. */
	bel_relay_keys_close(leg);
	err = open_one(leg, OF_RTP);
	return err || leg->has_mux ? err : open_one(leg, OF_RTCP);
}
