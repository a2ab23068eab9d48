/* SPDX-License-Identifier: Apache-2.0
 * What a description says of ICE (RFC 8839 section 5, RFC 8840 section 8). What is read
 * is borrowed from the text. */
#ifndef BEL_ICE_TEXT_H
#define BEL_ICE_TEXT_H

#include "ice/ice.h"

/* Value of a=candidate. *ufrag, unless it is NULL, becomes whose candidate it is (RFC
 * 8838 section 9), empty where that is not said. BEL_ERR_SYNTAX; BEL_ERR_UNSUPPORTED for
 * what is passed over: TCP, names for addresses, types that are not known, and addresses
 * that nobody has. */
enum bel_err bel_ice_candidate_parse(struct bel_ice_candidate *out, bel_str *ufrag,
				     bel_str value);
/* The next one of a media part that can be used; *at begins as 0. */
bool bel_ice_candidate_next(struct bel_ice_candidate *out, const struct bel_sdp *sdp,
			    unsigned media, unsigned *at);
/* The value alone, as trickling wants it. */
void bel_ice_candidate_write(struct bel_writer *writer,
			     const struct bel_ice_candidate *candidate);

/* The peer, but for his candidates. */
struct bel_ice_remote {
	bel_str ufrag, pwd;
	bool is_lite;
	bool is_trickling;  /* candidates come later: it can, and has not said the end */
	bool is_mismatched; /* he saw our default address changed: no ICE at all */
	uint32_t pace_ms;   /* Ta that he wants */
};
/* BEL_ERR_NOT_FOUND: no ICE in this media part. BEL_ERR_SYNTAX, BEL_ERR_LIMIT: the user
 * name fragment or the password cannot be one. */
enum bel_err bel_ice_remote_parse(struct bel_ice_remote *out, const struct bel_sdp *sdp,
				  unsigned media);
/* The same for who has them from elsewhere. */
enum bel_err bel_ice_login_verify(bel_str ufrag, bel_str pwd);

/* Whether the address that one without ICE would send to is among the candidates, or is
 * none (0.0.0.0 and port 9), or a name: otherwise somebody between has changed it, and
 * ICE is left alone (RFC 8839 section 4.2.5). */
bool bel_ice_has_default(const struct bel_sdp *sdp, unsigned media);

/* Takes the next address off the value of a=remote-candidates (section 5.2); false at its
 * end, and for what is none. */
bool bel_ice_remote_candidate_next(unsigned *component, bel_addr *addr, bel_str *left);
/* One of them, a blank in front when it is not the first. */
void bel_ice_remote_candidate_write(struct bel_writer *writer, unsigned component,
				    const bel_addr *addr);

#endif
