/* SPDX-License-Identifier: Apache-2.0
 * Keys that come in descriptions (RFC 4568), and the contexts of a leg. */
#include "relay/relay_int.h"

static const enum bel_srtp_suite offered_suites[OFFERED_SUITES] = {
	BEL_SRTP_AES_CM_128_HMAC_SHA1_80,
	BEL_SRTP_AES_CM_128_HMAC_SHA1_32,
};

static void make(struct relay_keys *keys, enum bel_srtp_suite suite,
		 struct bel_loop *loop)
{
	keys->suite = suite;
	keys->len = (uint8_t)(bel_srtp_key_bytes(suite) + bel_srtp_salt_bytes(suite));
	bel_loop_random(loop, keys->bytes, keys->len);
}

void bel_relay_keys_make(struct leg *leg)
{
	if (leg->offered[0].len)
		return;
	for (unsigned i = 0; i < OFFERED_SUITES; i++)
		make(&leg->offered[i], offered_suites[i], bel_relay_of(leg)->opts.loop);
}

const struct relay_keys *bel_relay_keys_answer(struct leg *leg)
{
	return &leg->ours;
}

static bool are_same(const struct relay_keys *a, const struct relay_keys *b)
{
	return a->len == b->len && a->suite == b->suite &&
	       !memcmp(a->bytes, b->bytes, a->len);
}

/* A context goes on while its keys stay: so does its count of packets. */
static enum bel_err open_context(struct bel_srtp **context, struct relay_keys *present,
				 const struct relay_keys *keys)
{
	struct bel_srtp_opts opts = { .suite = keys->suite,
				      .key = { (const char *)keys->bytes, keys->len } };
	struct bel_srtp *opened;
	enum bel_err err;

	if (*context && are_same(present, keys))
		return BEL_OK;
	err = bel_srtp_open(&opened, &opts);
	if (err)
		return err;
	bel_srtp_close(*context);
	*context = opened;
	*present = *keys;
	return BEL_OK;
}

enum bel_err bel_relay_keys_open(struct leg *leg, const struct relay_keys *ours,
				 const struct relay_keys *theirs)
{
	enum bel_err err = open_context(&leg->in, &leg->theirs, theirs);

	return err ? err : open_context(&leg->out, &leg->ours, ours);
}

/* Of what we offered, the one that they took; else one for theirs, made when it is first
 * needed. */
static const struct relay_keys *choose_ours(struct leg *leg, struct relay_keys *fresh)
{
	bool is_offerer = leg->side == leg->stream->call->offer_from;

	if (!is_offerer) {
		for (unsigned i = 0; i < OFFERED_SUITES; i++)
			if (leg->offered[i].len &&
			    leg->offered[i].suite == leg->said.keys.suite)
				return &leg->offered[i];
		return NULL;
	}
	if (leg->ours.len && leg->ours.suite == leg->said.keys.suite)
		return &leg->ours;
	make(fresh, leg->said.keys.suite, bel_relay_of(leg)->opts.loop);
	return fresh;
}

static enum bel_err agree_sdes(struct leg *leg)
{
	struct relay_keys fresh = { .len = 0 };
	const struct relay_keys *ours;
	enum bel_err err;

	bel_relay_dtls_close(leg);
	if (!leg->said.keys.len)
		return BEL_ERR_UNSUPPORTED;
	ours = choose_ours(leg, &fresh);
	if (!ours)
		return BEL_ERR_MISMATCH;
	err = bel_relay_keys_open(leg, ours, &leg->said.keys);
	bel_wipe(&fresh, sizeof fresh);
	return err;
}

enum bel_err bel_relay_keys_agree(struct leg *leg)
{
	switch (leg->keying) {
	case BEL_RELAY_SDES:
		return agree_sdes(leg);
	case BEL_RELAY_DTLS:
		return bel_relay_dtls_agree(leg);
	default:
		bel_relay_keys_close(leg);
		return BEL_OK;
	}
}

void bel_relay_keys_close(struct leg *leg)
{
	struct bel_srtp **const contexts[] = { &leg->in, &leg->out, &leg->in_rtcp,
					       &leg->out_rtcp };

	bel_relay_dtls_close(leg);
	for (unsigned i = 0; i < BEL_COUNT_OF(contexts); i++) {
		bel_srtp_close(*contexts[i]);
		*contexts[i] = NULL;
	}
	bel_wipe(&leg->ours, sizeof leg->ours);
	bel_wipe(&leg->theirs, sizeof leg->theirs);
}
