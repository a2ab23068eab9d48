/* SPDX-License-Identifier: Apache-2.0
 * A description from anybody, asked for all that it says of ICE. What is understood can
 * be used as it is, and is written so that it is understood again, the same. */
#include "ice/ice.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is_true)
{
	if (!is_true)
		__builtin_trap();
}

static bool is_same(const struct bel_ice_candidate *a, const struct bel_ice_candidate *b)
{
	return a->type == b->type && a->component == b->component &&
	       a->priority == b->priority && bel_addr_is_equal(&a->addr, &b->addr) &&
	       bel_str_is_equal(bel_str_from(a->foundation), bel_str_from(b->foundation));
}

static void use(const struct bel_ice_candidate *candidate)
{
	char text[256];
	struct bel_writer writer = bel_writer_init(text, sizeof text);
	struct bel_ice_candidate again;
	bel_str ufrag;

	check(candidate->type < BEL_ICE_TYPES);
	check(candidate->component >= 1 && candidate->component <= 256);
	check(candidate->priority >= 1 && candidate->priority <= INT32_MAX);
	check(candidate->addr.port && candidate->addr.family && !candidate->base.family);
	bel_ice_candidate_write(&writer, candidate);
	check(bel_writer_check(&writer) == BEL_OK);
	check(bel_ice_candidate_parse(&again, &ufrag, bel_writer_str(&writer)) == BEL_OK);
	check(is_same(candidate, &again) && ufrag.len == 0);
}

static void use_selected(const struct bel_sdp *sdp, unsigned media)
{
	bel_str left = BEL_STR_NONE;
	unsigned component;
	bel_addr addr;

	bel_sdp_attribute(&left, sdp, media, BEL_STR("remote-candidates"), 0, false);
	while (bel_ice_remote_candidate_next(&component, &addr, &left))
		check(component && component <= 256 && addr.port);
}

static void ask(const struct bel_sdp *sdp, unsigned media)
{
	struct bel_ice_candidate candidate;
	struct bel_ice_remote remote;
	unsigned at = 0;

	while (bel_ice_candidate_next(&candidate, sdp, media, &at))
		use(&candidate);
	if (bel_ice_remote_parse(&remote, sdp, media) == BEL_OK)
		check(remote.ufrag.len >= BEL_ICE_UFRAG_MIN &&
		      remote.ufrag.len <= BEL_ICE_UFRAG_MAX &&
		      remote.pwd.len >= BEL_ICE_PWD_MIN &&
		      remote.pwd.len <= BEL_ICE_PWD_MAX && remote.pace_ms <= 1000);
	bel_ice_has_default(sdp, media);
	use_selected(sdp, media);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bel_str text = { (const char *)data, size }, ufrag;
	struct bel_arena arena;
	struct bel_sdp sdp;
	struct bel_sdp_refusal why;
	struct bel_ice_candidate candidate;

	bel_arena_init(&arena, NULL, 0, 1 << 20);
	if (bel_ice_candidate_parse(&candidate, &ufrag, text) == BEL_OK)
		use(&candidate);
	if (bel_sdp_parse(&sdp, text, &arena, &why) == BEL_OK)
		for (unsigned i = 0; i < sdp.media_count; i++)
			ask(&sdp, i);
	bel_arena_fini(&arena);
	return 0;
}
