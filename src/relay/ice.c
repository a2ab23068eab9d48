/* SPDX-License-Identifier: Apache-2.0
 * ICE of a side that speaks it, as a lite agent (RFC 8445 section 2.5): a relay is
 * reached at its address, and looks for no other way. Whoever knows the password that the
 * side was told is the side, so that nobody has to be guessed by where packets come from.
 */
#include <errno.h>
#include <stdlib.h>

#include "ice/ice.h"
#include "relay/relay_int.h"

enum {
	UFRAG_BYTES = 6, /* 8 characters */
	PWD_BYTES = 18,  /* 24 characters */
	PLACES_MAX = 4,  /* from which checks came, of each socket */
	PREFERENCE = 65535,
};

/* What the side is told to check with. */
struct login {
	char ufrag[UFRAG_BYTES * 4 / 3], pwd[PWD_BYTES * 4 / 3];
	uint64_t peer; /* whom it was made for: what it said of itself */
};

/* Of one socket. */
struct places {
	bel_addr checked[PLACES_MAX];
	unsigned count;
	bool is_nominated; /* the latch has what the side chose */
};

struct relay_ice {
	/* The one that holds, and the one of an exchange that may still be rolled back.
	 */
	struct login logins[2];
	unsigned newest;
	struct places rtp, rtcp;
	bool is_used;
};

/* ---- what is said ---- */

static uint64_t name_of_peer(const struct call *call, const struct bel_ice_remote *remote)
{
	const bel_str texts[] = { remote->ufrag, remote->pwd };

	return bel_hash_list(&call->relay->key, texts, BEL_COUNT_OF(texts));
}

void bel_relay_ice_read(struct said *out, const struct call *call,
			const struct bel_sdp *sdp, unsigned media)
{
	struct bel_ice_remote remote;

	if (bel_ice_remote_parse(&remote, sdp, media) || remote.is_mismatched)
		return;
	out->ice = bel_ice_has_default(sdp, media) ? SAID_ICE : SAID_ICE_CHANGED;
	/* Two lite ones check nothing, and latch as others do. */
	if (out->ice == SAID_ICE && remote.is_lite)
		out->ice = SAID_ICE_LITE;
	out->ice_peer = name_of_peer(call, &remote);
}

static void make(struct login *login, struct bel_loop *loop)
{
	char bytes[PWD_BYTES];
	struct bel_writer ufrag = bel_writer_init(login->ufrag, sizeof login->ufrag);
	struct bel_writer pwd = bel_writer_init(login->pwd, sizeof login->pwd);

	bel_loop_random(loop, bytes, UFRAG_BYTES);
	bel_write_base64(&ufrag, (bel_str){ bytes, UFRAG_BYTES });
	bel_loop_random(loop, bytes, PWD_BYTES);
	bel_write_base64(&pwd, (bel_str){ bytes, PWD_BYTES });
	bel_wipe(bytes, sizeof bytes);
}

/* The one for this peer: another one is a restart (RFC 8839 section 4.4.1.1.1). 0: it is
 * not known yet who will answer. */
static const struct login *login_for(struct leg *leg, uint64_t peer)
{
	struct bel_loop *loop = bel_relay_of(leg)->opts.loop;
	struct relay_ice *ice = leg->ice;
	struct login *login = &ice->logins[ice->newest];

	if (peer && login->peer && login->peer != peer) {
		ice->newest = !ice->newest;
		login = &ice->logins[ice->newest];
		make(login, loop);
		login->peer = 0;
	}
	if (!login->ufrag[0])
		make(login, loop);
	if (peer)
		login->peer = peer;
	return login;
}

static void write_attribute(struct bel_writer *writer, bel_str name, const char *text,
			    size_t len)
{
	bel_sdp_write_attribute(writer, name, (bel_str){ text, len });
}

static void write_candidate(struct bel_writer *writer, const struct leg *leg,
			    unsigned component)
{
	struct bel_ice_candidate candidate = {
		.type = BEL_ICE_HOST,
		.component = (uint16_t)component,
		.priority = bel_ice_priority(BEL_ICE_HOST, PREFERENCE, component),
		.addr = bel_relay_leg_outer(leg),
		.foundation = "1",
	};
	char buf[128];
	struct bel_writer value = bel_writer_init(buf, sizeof buf);

	candidate.addr.port = (uint16_t)(leg->port + component - 1);
	bel_ice_candidate_write(&value, &candidate);
	bel_sdp_write_attribute(writer, BEL_STR("candidate"), bel_writer_str(&value));
}

static enum bel_err ensure(struct leg *leg)
{
	if (!leg->ice)
		leg->ice = calloc(1, sizeof *leg->ice);
	return leg->ice ? BEL_OK : bel_err_from_errno(ENOMEM);
}

enum bel_err bel_relay_ice_write(struct bel_writer *writer, struct leg *leg,
				 uint64_t peer, bool has_rtcp)
{
	const struct login *login;

	if (ensure(leg))
		return bel_err_from_errno(ENOMEM);
	login = login_for(leg, peer);
	write_attribute(writer, BEL_STR("ice-ufrag"), login->ufrag, sizeof login->ufrag);
	write_attribute(writer, BEL_STR("ice-pwd"), login->pwd, sizeof login->pwd);
	write_attribute(writer, BEL_STR("ice-options"), "ice2", 4);
	write_candidate(writer, leg, 1);
	if (has_rtcp)
		write_candidate(writer, leg, 2);
	return BEL_OK;
}

/* ---- what is agreed ---- */

enum bel_err bel_relay_ice_agree(struct leg *leg)
{
	bool was_used = leg->ice && leg->ice->is_used;

	/* Who answers what was offered without it has made it up. */
	if (leg->said.ice == SAID_ICE && leg->side == leg->stream->call->offer_from &&
	    ensure(leg))
		return bel_err_from_errno(ENOMEM);
	if (!leg->ice)
		return BEL_OK;
	leg->ice->is_used = leg->said.ice == SAID_ICE;
	/* What was guessed so far counts no more. */
	if (leg->ice->is_used && !was_used)
		leg->rtp_latch = leg->rtcp_latch = (struct latch){ .first_ms = 0 };
	return BEL_OK;
}

bool bel_relay_ice_is_used(const struct leg *leg)
{
	return leg->ice && leg->ice->is_used;
}

void bel_relay_ice_close(struct leg *leg)
{
	if (leg->ice)
		bel_wipe(leg->ice, sizeof *leg->ice);
	free(leg->ice);
	leg->ice = NULL;
}

/* ---- in another process ---- */

static void keep_places(struct bel_writer *writer, const struct places *places)
{
	bel_write_be8(writer, places->is_nominated);
	for (unsigned i = 0; i < PLACES_MAX; i++)
		bel_relay_keep_addr(writer, &places->checked[i]);
}

void bel_relay_ice_keep(struct bel_writer *writer, const struct leg *leg)
{
	const struct relay_ice *ice = leg->ice;
	const struct login *login = ice ? &ice->logins[ice->newest] : NULL;

	bel_write_be8(writer, login && login->ufrag[0]);
	if (!login || !login->ufrag[0])
		return;
	bel_write_be8(writer, ice->is_used);
	bel_write_str(writer, (bel_str){ login->ufrag, sizeof login->ufrag });
	bel_write_str(writer, (bel_str){ login->pwd, sizeof login->pwd });
	keep_places(writer, &ice->rtp);
	keep_places(writer, &ice->rtcp);
}

static bool restore_places(struct places *places, struct bel_cursor *record)
{
	uint8_t is_nominated;

	if (!bel_cursor_be8(&is_nominated, record))
		return false;
	places->is_nominated = is_nominated;
	for (unsigned i = 0; i < PLACES_MAX; i++)
		if (!bel_relay_restore_addr(&places->checked[i], record))
			return false;
	return true;
}

/* Whose credentials they were is not kept: the key of that hash was of the process. The
 * next offer of the side then looks like the one before. */
bool bel_relay_ice_restore(struct leg *leg, struct bel_cursor *record)
{
	uint8_t has_ice, is_used;
	struct login *login;
	bel_str ufrag, pwd;

	if (!bel_cursor_be8(&has_ice, record))
		return false;
	if (!has_ice)
		return true;
	if (ensure(leg))
		return false;
	login = &leg->ice->logins[0];
	if (!bel_cursor_be8(&is_used, record) ||
	    !bel_cursor_bytes(&ufrag, record, sizeof login->ufrag) ||
	    !bel_cursor_bytes(&pwd, record, sizeof login->pwd) ||
	    !restore_places(&leg->ice->rtp, record) ||
	    !restore_places(&leg->ice->rtcp, record))
		return false;
	leg->ice->is_used = is_used;
	memcpy(login->ufrag, ufrag.ptr, ufrag.len);
	memcpy(login->pwd, pwd.ptr, pwd.len);
	return true;
}

/* ---- what comes ---- */

static struct places *places_of(struct relay_socket *socket)
{
	struct relay_ice *ice = socket->leg->ice;

	return socket->is_rtcp ? &ice->rtcp : &ice->rtp;
}

static bool has_place(const struct places *places, const bel_addr *from)
{
	for (unsigned i = 0; i < BEL_COUNT_OF(places->checked); i++)
		if (bel_addr_is_equal(&places->checked[i], from))
			return true;
	return false;
}

bool bel_relay_ice_admits(struct relay_socket *socket, const bel_addr *from)
{
	struct latch *latch = socket->is_rtcp ? &socket->leg->rtcp_latch
					      : &socket->leg->rtp_latch;

	if (has_place(places_of(socket), from))
		return true;
	latch->foreign = *from;
	return false;
}

/* Until it has chosen, wherever it was heard from will do. */
static void take(struct relay_socket *socket, const struct bel_ice_check *check,
		 const bel_addr *from)
{
	struct leg *leg = socket->leg;
	struct latch *latch = socket->is_rtcp ? &leg->rtcp_latch : &leg->rtp_latch;
	struct places *places = places_of(socket);

	if (!has_place(places, from))
		places->checked[places->count++ % PLACES_MAX] = *from;
	if (!check->nominates && places->is_nominated)
		return;
	places->is_nominated |= check->nominates;
	if (!bel_addr_is_equal(&latch->remote, from))
		bel_relay_fast_end_both(leg->stream);
	latch->remote = *from;
	latch->is_latched = latch->is_met = true;
	bel_relay_dtls_on_way(leg, socket->is_rtcp);
}

static struct bel_crypto *crypto_of(struct bel_relay *relay)
{
	if (!relay->crypto)
		(void)bel_crypto_open(&relay->crypto);
	return relay->crypto;
}

void bel_relay_ice_receive(struct relay_socket *socket, const struct bel_datagram *got)
{
	struct leg *leg = socket->leg;
	struct bel_crypto *crypto = leg->ice ? crypto_of(bel_relay_of(leg)) : NULL;
	struct bel_stun_msg msg;

	if (!crypto || bel_stun_parse(&msg, (bel_str){ got->buf, got->len }))
		return;
	for (unsigned i = 0; i < BEL_COUNT_OF(leg->ice->logins); i++) {
		const struct login *login = &leg->ice->logins[i];
		char buf[BEL_ICE_CHECK_BYTES_MAX];
		struct bel_writer answer = bel_writer_init(buf, sizeof buf);
		struct bel_ice_check check;
		enum bel_err err;
		if (!login->ufrag[0])
			continue;
		err = bel_ice_lite_answer(&answer, &check, crypto, &msg,
					  (bel_str){ login->ufrag, sizeof login->ufrag },
					  (bel_str){ login->pwd, sizeof login->pwd },
					  &got->peer);
		if (err && err != BEL_ERR_DENIED)
			continue;
		(void)bel_udp_send(socket->udp, &got->peer, NULL,
				   bel_writer_str(&answer));
		if (!err)
			take(socket, &check, &got->peer);
		return;
	}
}
