/* SPDX-License-Identifier: Apache-2.0
 * Two sides that talk by way of a relay, in a simulated network: a says 440 Hz, b 1,000
 * Hz. Their descriptions are carried by hand; each side's are made by offer/, its sound
 * by media/. OpenSSL's clock is the simulation's. With
 * $BELFRY_FAST=sim the relay's kernel carries what it can. */
#ifndef BEL_TESTS_RELAYED_H
#define BEL_TESTS_RELAYED_H

#include "io/sim.h"
#include "media/media.h"
#include "offer/offer.h"
#include "relay/relay.h"

enum { RELAYED_SDP_BYTES = 8192, RELAYED_EVENTS_MAX = 16 };

struct relayed_side {
	struct bel_sim_node *node;
	struct bel_loop *loop;
	bel_addr ip, signal;
	struct bel_dtls_context *dtls;
	char fingerprint[256];
	struct bel_media_stream *stream;
	struct bel_audio_port *source;
	struct bel_judge *judge;
	struct bel_arena arena;
	struct bel_offer offer;
	/* what it does with its next description */
	enum bel_offer_srtp srtp;
	bool has_mux, is_tolerant; /* takes keys of every kind, none included */
	enum bel_sdp_direction direction;
	char lines[1024]; /* of ICE */
};

struct relayed {
	struct bel_sim *sim;
	struct bel_media_libs *libs;
	struct bel_sim_node *node;
	struct bel_loop *loop;
	struct bel_ports *ports;
	struct bel_dtls_context *dtls;
	struct bel_fast *fast; /* NULL: every packet goes by a socket */
	struct bel_relay *relay;
	bel_relay_call call;
	struct relayed_side sides[BEL_RELAY_SIDES];
	struct bel_relay_event events[RELAYED_EVENTS_MAX];
	unsigned events_count;
	char sdp[RELAYED_SDP_BYTES]; /* the last, as the relay wrote it */
	size_t sdp_len;
	unsigned clear; /* packets whose payload was not encrypted */
	char record[BEL_RELAY_RECORD_BYTES_MAX]; /* what was kept of the call; empty: none
						  */
	size_t record_len;
};

struct relayed_how {
	enum bel_offer_srtp srtp[BEL_RELAY_SIDES];
	enum bel_sim_nat_kind nat[BEL_RELAY_SIDES];
	bool has_mux[BEL_RELAY_SIDES];
	bool has_ice[BEL_RELAY_SIDES];
	bool is_six[BEL_RELAY_SIDES]; /* by IPv6; without a NAT */
};

struct relayed *relayed_open(const struct relayed_how *how);
void relayed_close(struct relayed *relayed);
/* The process of the relay dies, and another one takes the call up from its record, after
 * so long. What it said of that. */
enum bel_err relayed_restart(struct relayed *relayed, unsigned after_ms);
/* From one side to the other, by the relay; what it wrote is in relayed->sdp. */
enum bel_err relayed_offer(struct relayed *relayed, enum bel_relay_side from);
enum bel_err relayed_answer(struct relayed *relayed, enum bel_relay_side from);
/* Whether the side can take what was offered to it last; else it is rolled back. */
bool relayed_can_answer(struct relayed *relayed, enum bel_relay_side side);
/* Offer of the caller, put another way while the callee refuses it, and answer. */
void relayed_connect(struct relayed *relayed);
void relayed_run_ms(struct relayed *relayed, unsigned ms);
bool relayed_hears(const struct relayed *relayed, enum bel_relay_side side);
/* The figures of one side of the first stream. */
struct bel_relay_leg relayed_leg(const struct relayed *relayed, enum bel_relay_side side);
/* Times that this was told. */
unsigned relayed_count(const struct relayed *relayed, enum bel_relay_news news);

#endif
