/* SPDX-License-Identifier: Apache-2.0
 * Keys by DTLS on the sockets of a stream (RFC 5763, 5764). Each pair of ports has an
 * association of its own (RFC 5764 section 3): one with rtcp-mux, else two. */
#include <errno.h>
#include <stdlib.h>

#include "media/stream_int.h"

enum {
	HASH_CHARS_MAX = 8,
	STRANGERS_MAX = 16,
	IDLE_MS = 1000,
};

/* What an association was made for. */
struct terms {
	char hash[HASH_CHARS_MAX];
	size_t hash_len;
	struct bel_dtls_fingerprint fingerprint;
	bool is_client, has_mux;
	bel_addr remote; /* signalled */
};

struct association {
	struct bel_media_stream *stream;
	enum bel_path_component component;
	struct bel_dtls *dtls; /* NULL: none, or none any more */
	struct bel_timer timer;
	bel_addr expected; /* where they should be */
	bel_addr peer;     /* where they are, as far as is known */
	bool is_started;   /* known where to */
	bool is_begun;     /* something came */
	bool is_met;       /* from where they should be */
	uint64_t heard_ms;
	unsigned strangers;
	enum bel_err state; /* as struct bel_media_stats tells it */
};

struct bel_stream_dtls {
	struct terms terms;
	struct association associations[BEL_PATH_COMPONENTS];
};

/* ---- what was agreed ---- */

/* "sha-256 4A:AD:..." (RFC 8122 section 5). */
static enum bel_err read_fingerprint(struct terms *out, bel_str text)
{
	struct bel_cursor cursor = bel_cursor_init(text);
	bel_str hash = bel_cursor_until_char(&cursor, ' ');
	struct bel_writer hash_text = bel_writer_init(out->hash, sizeof out->hash);
	struct bel_writer bytes = bel_writer_init((char *)out->fingerprint.bytes,
						  sizeof out->fingerprint.bytes);

	while (bel_cursor_take(&cursor, ' '))
		;
	do {
		bel_str byte = bel_cursor_until_char(&cursor, ':');
		if (byte.len != 2 || bel_write_from_hex(&bytes, byte))
			return BEL_ERR_SYNTAX;
	} while (bel_cursor_take(&cursor, ':'));
	bel_write_str(&hash_text, hash);
	if (hash_text.is_full)
		return BEL_ERR_UNSUPPORTED;
	out->hash_len = hash.len;
	out->fingerprint.len = bytes.len;
	return bytes.is_full ? BEL_ERR_SYNTAX : BEL_OK;
}

static bel_str hash_of(const struct terms *terms)
{
	return (bel_str){ terms->hash, terms->hash_len };
}

static enum bel_err read_terms(struct terms *out, const struct bel_media_stream *stream,
			       const struct bel_offer_stream *agreed)
{
	struct bel_dtls_fingerprint ours;
	enum bel_err err;

	*out = (struct terms){
		/* Who says nothing in an answer is passive (RFC 4145 section 4.1). */
		.is_client = agreed->setup != BEL_OFFER_PASSIVE,
		.has_mux = agreed->has_mux,
	};
	/* A way that ICE changes is no reason to begin anew (RFC 8842 section 4). */
	if (!bel_path_has_ice(stream->path))
		out->remote = agreed->remote;
	if (!stream->opts.dtls)
		return BEL_ERR_UNSUPPORTED;
	err = read_fingerprint(out, agreed->fingerprint);
	/* A hash that we cannot do for ours we cannot do for theirs. */
	return err ? err : bel_dtls_fingerprint(&ours, stream->opts.dtls, hash_of(out));
}

/* RFC 8842 section 4, without tls-id. A call that is held by 0.0.0.0 has moved nowhere.
 */
static bool is_same(const struct terms *old, const struct terms *new)
{
	bool has_moved = bel_stream_is_somewhere(&old->remote) &&
			 bel_stream_is_somewhere(&new->remote) &&
			 !bel_addr_is_equal(&old->remote, &new->remote);

	return !has_moved && old->is_client == new->is_client &&
	       old->has_mux == new->has_mux &&bel_str_is_equal_nocase(hash_of(old),
								      hash_of(new)) &&
	       old->fingerprint.len == new->fingerprint.len &&
	       !memcmp(old->fingerprint.bytes, new->fingerprint.bytes,
		       new->fingerprint.len);
}

/* ---- one association ---- */

static void send_datagram(void *user, bel_str datagram)
{
	struct association *association = user;

	/* By ICE the path knows where to. */
	if (bel_path_has_ice(association->stream->path) ||
	    bel_stream_is_somewhere(&association->peer))
		bel_path_send(association->stream->path, association->component,
			      &association->peer, datagram);
}

static bool is_of_rtcp(const struct association *association)
{
	return association->component == BEL_PATH_RTCP;
}

static enum bel_err open_one(struct association *association)
{
	struct bel_media_stream *stream = association->stream;

	association->is_begun = false;
	association->peer = association->expected;
	return bel_dtls_open(&association->dtls, stream->opts.dtls,
			     stream->dtls->terms.is_client, send_datagram, association);
}

static void close_one(struct association *association)
{
	if (!association->stream)
		return;
	bel_timer_stop(association->stream->opts.loop, &association->timer);
	bel_dtls_close(association->dtls);
	association->dtls = NULL;
}

static void start_timer(struct association *association)
{
	struct bel_loop *loop = association->stream->opts.loop;
	uint64_t after_us;

	if (bel_dtls_timeout_us(&after_us, association->dtls))
		bel_timer_stop(loop, &association->timer);
	else
		bel_timer_start(loop, &association->timer,
				bel_loop_now_ms(loop) + after_us / 1000 + 1);
}

static enum bel_err open_contexts(struct bel_srtp **protects,
				  struct bel_srtp **unprotects,
				  const struct bel_dtls_keys *keys)
{
	struct bel_srtp_opts opts = { .key = { (const char *)keys->local, keys->len } };
	enum bel_err err = bel_srtp_suite_of_profile(&opts.suite, keys->profile);

	if (!err)
		err = bel_srtp_open(protects, &opts);
	if (err)
		return err;
	opts.key.ptr = (const char *)keys->remote;
	err = bel_srtp_open(unprotects, &opts);
	if (err) {
		bel_srtp_close(*protects);
		*protects = NULL;
	}
	return err;
}

static enum bel_err take_keys(struct association *association)
{
	struct bel_media_stream *stream = association->stream;
	const struct terms *terms = &stream->dtls->terms;
	bool is_rtcp = is_of_rtcp(association);
	struct bel_dtls_keys keys;
	enum bel_err err = bel_dtls_verify(association->dtls, hash_of(terms),
					   &terms->fingerprint);

	if (!err)
		err = bel_dtls_keys(&keys, association->dtls);
	if (err)
		return err;
	err = open_contexts(is_rtcp ? &stream->protects_rtcp : &stream->protects,
			    is_rtcp ? &stream->unprotects_rtcp : &stream->unprotects,
			    &keys);
	bel_wipe(&keys, sizeof keys);
	return err;
}

/* They are where the handshake came from: proven better than by any packet. */
static void settle(struct association *association)
{
	struct bel_media_stream *stream = association->stream;

	association->state = BEL_OK;
	if (bel_path_has_ice(stream->path))
		return;
	if (is_of_rtcp(association)) {
		stream->remote_rtcp = association->peer;
		return;
	}
	stream->remote = association->peer;
	stream->latched_us = bel_loop_now_us(stream->opts.loop);
	stream->is_latched = true;
}

static void fail(struct association *association, enum bel_err err)
{
	close_one(association);
	association->state = err;
	/* A stranger who was faster than the other side must not keep it out. Without
	 * memory it stays failed. */
	if (!association->stream->dtls->terms.is_client)
		open_one(association);
}

/* After every step of the handshake, with what became of it. */
static void go_on(struct association *association, enum bel_err err)
{
	if (!err && association->state) {
		err = take_keys(association);
		if (!err)
			settle(association);
	}
	if (err && err != BEL_ERR_AGAIN)
		fail(association, err);
	else
		start_timer(association);
}

static void on_timer(void *user)
{
	struct association *association = user;

	go_on(association, bel_dtls_on_timer(association->dtls));
}

/* The client's first flight, once it is known where to. */
static void start(struct association *association, const bel_addr *remote)
{
	if (!association->dtls || association->is_started ||
	    !bel_stream_is_somewhere(remote))
		return;
	association->expected = *remote;
	association->is_started = true;
	if (!association->is_begun)
		association->peer = *remote;
	if (association->stream->dtls->terms.is_client)
		go_on(association, bel_dtls_start(association->dtls));
}

static enum bel_err open_association(struct bel_media_stream *stream, unsigned index)
{
	struct association *association = &stream->dtls->associations[index];

	association->stream = stream;
	association->component = (enum bel_path_component)index;
	association->state = BEL_ERR_AGAIN;
	bel_timer_init(&association->timer, on_timer, association);
	return open_one(association);
}

/* Behind a NAT the other side is not where it says. It may begin from anywhere, until
 * somebody spoke from where it should be: nobody else then disturbs the handshake. With
 * ICE it is known where it can be. */
static bool may_speak(const struct association *association, const bel_addr *peer)
{
	const struct bel_path *path = association->stream->path;
	uint64_t now_ms = bel_loop_now_ms(association->stream->opts.loop);

	if (bel_path_has_ice(path))
		return bel_path_may_be_from(path, association->component, peer);
	if (bel_addr_is_equal(peer, &association->peer))
		return true;
	if (!association->state || association->stream->dtls->terms.is_client)
		return false;
	if (bel_addr_is_equal(peer, &association->expected))
		return true;
	/* A handshake that is under way is ended by whoever speaks in between, for its
	 * other end would not begin anew. */
	return !association->is_met && association->strangers < STRANGERS_MAX &&
	       (!association->is_begun || now_ms - association->heard_ms > IDLE_MS);
}

/* What one began, another cannot end: it starts with an association of its own. */
static enum bel_err turn_to(struct association *association, const bel_addr *peer)
{
	enum bel_err err = BEL_OK;

	/* By ICE one peer has many addresses. */
	if (bel_path_has_ice(association->stream->path)) {
		association->is_begun = true;
		return BEL_OK;
	}
	if (!bel_addr_is_equal(peer, &association->peer) && association->is_begun) {
		close_one(association);
		err = open_one(association);
	}
	if (bel_addr_is_equal(peer, &association->expected))
		association->is_met = true;
	else if (!bel_addr_is_equal(peer, &association->peer))
		association->strangers++;
	association->peer = *peer;
	association->is_begun = true;
	association->heard_ms = bel_loop_now_ms(association->stream->opts.loop);
	return err;
}

void bel_stream_on_dtls(struct bel_media_stream *stream,
			enum bel_path_component component, bel_str datagram,
			const bel_addr *peer)
{
	struct association *association;

	if (!stream->dtls || bel_stream_is_wayless(stream, component)) {
		bel_stream_hello_keep(stream, component, datagram, peer);
		return;
	}
	association = &stream->dtls->associations[component];
	if (association->dtls && may_speak(association, peer) &&
	    !turn_to(association, peer))
		go_on(association, bel_dtls_on_datagram(association->dtls, datagram));
}

/* ---- all of them ---- */

static void start_all(struct bel_media_stream *stream)
{
	start(&stream->dtls->associations[BEL_PATH_RTP], &stream->remote);
	start(&stream->dtls->associations[BEL_PATH_RTCP], &stream->remote_rtcp);
}

void bel_stream_dtls_on_way(struct bel_media_stream *stream)
{
	if (!stream->dtls)
		return;
	start_all(stream);
	if (!stream->dtls->terms.is_client)
		bel_stream_hello_hand_over(stream);
}

enum bel_err bel_stream_dtls_agree(struct bel_media_stream *stream,
				   const struct bel_offer_stream *agreed)
{
	struct terms terms;
	enum bel_err err = read_terms(&terms, stream, agreed);

	if (err)
		return err;
	if (stream->dtls && is_same(&stream->dtls->terms, &terms)) {
		if (bel_stream_is_somewhere(&terms.remote))
			stream->dtls->terms.remote = terms.remote;
		start_all(stream);
		return BEL_OK;
	}
	bel_stream_dtls_close(stream);
	/* Keys of the signalling are over, too. */
	bel_srtp_close(stream->protects);
	bel_srtp_close(stream->unprotects);
	stream->protects = stream->unprotects = NULL;
	stream->dtls = calloc(1, sizeof *stream->dtls);
	if (!stream->dtls)
		return bel_err_from_errno(ENOMEM);
	stream->dtls->terms = terms;
	err = open_association(stream, BEL_PATH_RTP);
	if (!err && !terms.has_mux)
		err = open_association(stream, BEL_PATH_RTCP);
	if (err) {
		bel_stream_dtls_close(stream);
		return err;
	}
	start_all(stream);
	/* Two clients have nothing to say to each other. */
	if (terms.is_client)
		bel_stream_hello_forget(stream);
	else
		bel_stream_hello_hand_over(stream);
	return BEL_OK;
}

void bel_stream_dtls_close(struct bel_media_stream *stream)
{
	struct bel_srtp **const contexts[] = { &stream->protects, &stream->unprotects,
					       &stream->protects_rtcp,
					       &stream->unprotects_rtcp };

	if (!stream->dtls)
		return;
	for (unsigned i = 0; i < BEL_PATH_COMPONENTS; i++)
		close_one(&stream->dtls->associations[i]);
	for (unsigned i = 0; i < BEL_COUNT_OF(contexts); i++) {
		bel_srtp_close(*contexts[i]);
		*contexts[i] = NULL;
	}
	free(stream->dtls);
	stream->dtls = NULL;
}

/* ---- what the stream asks ---- */

enum bel_err bel_stream_keying(const struct bel_media_stream *stream)
{
	return stream->dtls ? stream->dtls->associations[BEL_PATH_RTP].state : BEL_OK;
}

bool bel_stream_is_keyless(const struct bel_media_stream *stream)
{
	return stream->dtls && !stream->protects;
}

static bool has_rtcp_apart(const struct bel_media_stream *stream)
{
	return stream->dtls && !stream->dtls->terms.has_mux;
}

bool bel_stream_is_rtcp_keyless(const struct bel_media_stream *stream)
{
	return stream->dtls && !bel_stream_rtcp_protects(stream);
}

struct bel_srtp *bel_stream_rtcp_protects(const struct bel_media_stream *stream)
{
	return has_rtcp_apart(stream) ? stream->protects_rtcp : stream->protects;
}

struct bel_srtp *bel_stream_rtcp_unprotects(const struct bel_media_stream *stream)
{
	return has_rtcp_apart(stream) ? stream->unprotects_rtcp : stream->unprotects;
}
