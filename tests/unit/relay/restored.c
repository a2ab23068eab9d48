/* SPDX-License-Identifier: Apache-2.0
 * Calls that another process goes on with. */
#include <errno.h>

#include "support/failing_alloc.h"
#include "support/support.h"

#include "rtp/rtp.h"
#include "support/relayed.h"

enum {
	TALK_MS = 3000,
	AWAY_MS = 700,
	INDEXES_MAX = 4096,
	FLOOD = 1000,         /* reports */
	WRAP_MS = 65536 * 20, /* after so long every sequence number was there */
};

static const enum bel_offer_srtp kinds[] = { BEL_OFFER_PLAIN, BEL_OFFER_SDES,
					     BEL_OFFER_DTLS };

static struct bel_media_stats stats_of(const struct relayed *relayed,
				       enum bel_relay_side side)
{
	struct bel_media_stats stats;

	bel_media_stream_stats(&stats, relayed->sides[side].stream);
	return stats;
}

/* What each hears of the other: nearly everything that is sent from now on. */
static void assert_sound(struct relayed *relayed)
{
	uint64_t received[BEL_RELAY_SIDES], forged[BEL_RELAY_SIDES];

	for (unsigned i = 0; i < BEL_RELAY_SIDES; i++) {
		struct bel_media_stats stats = stats_of(relayed, (enum bel_relay_side)i);
		received[i] = stats.received;
		forged[i] = stats.forged;
	}
	relayed_run_ms(relayed, 2000);
	for (unsigned i = 0; i < BEL_RELAY_SIDES; i++) {
		struct bel_media_stats stats = stats_of(relayed, (enum bel_relay_side)i);
		assert_true(stats.received - received[i] >= 98);
		assert_int_equal(stats.forged, forged[i]);
	}
	assert_int_equal(bel_relay_counters(relayed->relay)->unreadable, 0);
}

static bool is_lost(const struct relayed_how *how)
{
	return how->srtp[0] != how->srtp[1] &&
	       (how->srtp[0] == BEL_OFFER_DTLS || how->srtp[1] == BEL_OFFER_DTLS);
}

/* All keys, with and without rtcp-mux, with and without ICE, behind NATs; twice. Only
 * keys by DTLS that we were an end of were in that process alone. */
static void there_is_sound_after_a_restart(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 9 * 2 * 2; i++) {
		struct relayed_how how = {
			.srtp = { kinds[i % 3], kinds[i / 3 % 3] },
			.has_mux = { i / 9 % 2, i / 9 % 2 },
			.has_ice = { i / 18, i / 18 },
			/* A side that hides waits for no handshake in vain. */
			.nat = { BEL_NAT_NONE, BEL_NAT_SYMMETRIC },
		};
		struct relayed *relayed = relayed_open(&how);
		struct bel_relay_leg before, after;

		relayed_connect(relayed);
		relayed_run_ms(relayed, TALK_MS);
		before = relayed_leg(relayed, BEL_RELAY_CALLEE);
		if (is_lost(&how)) {
			assert_int_equal(relayed_restart(relayed, AWAY_MS),
					 BEL_ERR_UNSUPPORTED);
			assert_int_equal(bel_relay_counters(relayed->relay)->legs, 0);
			relayed_close(relayed);
			continue;
		}
		for (unsigned k = 0; k < 2; k++) {
			assert_int_equal(relayed_restart(relayed, AWAY_MS), BEL_OK);
			assert_sound(relayed);
		}
		after = relayed_leg(relayed, BEL_RELAY_CALLEE);
		assert_true(bel_addr_is_equal(&before.outer, &after.outer));
		bel_relay_end(relayed->relay, relayed->call);
		assert_int_equal(relayed->record_len, 0);
		relayed_close(relayed);
	}
}

/* In every moment of the first seconds. */
static void it_may_die_at_any_time(void **state)
{
	(void)state;
	for (unsigned ms = 0; ms < 2600; ms += 130) {
		struct relayed_how how = { .srtp = { BEL_OFFER_PLAIN, BEL_OFFER_SDES } };
		struct relayed *relayed = relayed_open(&how);
		relayed_connect(relayed);
		relayed_run_ms(relayed, ms);
		assert_int_equal(relayed_restart(relayed, 100), BEL_OK);
		relayed_run_ms(relayed, 200);
		assert_sound(relayed);
		relayed_close(relayed);
	}
}

/* RFC 3711 section 3.3.1: who lost the roll-over counter could read nothing. */
static void sequence_numbers_may_have_wrapped(void **state)
{
	struct relayed_how how = { .srtp = { BEL_OFFER_SDES, BEL_OFFER_PLAIN } };
	struct relayed *relayed = relayed_open(&how);

	(void)state;
	relayed_connect(relayed);
	relayed_run_ms(relayed, WRAP_MS);
	assert_int_equal(relayed_restart(relayed, AWAY_MS), BEL_OK);
	assert_sound(relayed);
	relayed_close(relayed);
}

/* ---- indexes of reports ---- */

struct indexes {
	struct {
		uint32_t ssrc, index;
		bel_addr to;
	} all[INDEXES_MAX];
	unsigned count;
};

static void on_packet(void *user, const struct bel_sim_packet *packet)
{
	struct indexes *indexes = user;
	bel_str bytes = packet->bytes;
	bel_addr relay = bel_addr_v4(203, 0, 113, 9, 0);
	const uint8_t *at;

	/* E and index, tag of ten bytes (RFC 3711 section 3.4). */
	if (bel_rtp_kind(bytes) != BEL_RTP_KIND_RTCP || bytes.len < 22 ||
	    !bel_addr_is_same_host(&packet->from, &relay) ||
	    indexes->count == INDEXES_MAX)
		return;
	at = (const uint8_t *)bytes.ptr + bytes.len - 14;
	if (!(at[0] & 0x80))
		return;
	indexes->all[indexes->count].index = (uint32_t)at[0] << 24 |
					     (uint32_t)at[1] << 16 | at[2] << 8u | at[3];
	at = (const uint8_t *)bytes.ptr + 4;
	indexes->all[indexes->count].ssrc = (uint32_t)at[0] << 24 |
					    (uint32_t)at[1] << 16 | at[2] << 8u | at[3];
	indexes->all[indexes->count++].to = packet->to;
}

static void assert_no_index_twice(const struct indexes *indexes)
{
	for (unsigned i = 0; i < indexes->count; i++)
		for (unsigned k = 0; k < i; k++)
			assert_false(indexes->all[i].index == indexes->all[k].index &&
				     indexes->all[i].ssrc == indexes->all[k].ssrc &&
				     bel_addr_is_equal(&indexes->all[i].to,
						       &indexes->all[k].to));
}

/* Section 9.1: the same index under the same key twice gives the keystream away. */
static void no_report_has_an_index_of_before(void **state)
{
	struct relayed_how how = { .srtp = { BEL_OFFER_PLAIN, BEL_OFFER_SDES } };
	struct relayed *relayed = relayed_open(&how);
	struct indexes *indexes = calloc(1, sizeof *indexes);

	(void)state;
	assert_non_null(indexes);
	bel_sim_on_packet(relayed->sim, on_packet, indexes);
	relayed_connect(relayed);
	for (unsigned i = 0; i < 20; i++) {
		relayed_run_ms(relayed, 4700 + i * 97);
		assert_int_equal(relayed_restart(relayed, 100), BEL_OK);
	}
	assert_true(indexes->count > 10);
	assert_no_index_twice(indexes);
	relayed_close(relayed);
	free(indexes);
}

static void on_datagrams(void *user, struct bel_udp *udp, struct bel_datagram *datagrams,
			 unsigned count)
{
	(void)user, (void)udp, (void)datagrams, (void)count;
}

/* Empty reports (RFC 3550 section 6.4.2) from where the caller's come from, at once. */
static void flood(struct relayed *relayed, const bel_addr *from, const bel_addr *to,
		  unsigned count)
{
	static const char report[] = { (char)0x80, (char)201, 0, 1, 1, 2, 3, 4 };
	struct bel_udp *udp;

	assert_int_equal(
		bel_udp_open(&udp, relayed->sides[BEL_RELAY_CALLER].loop,
			     &(struct bel_udp_opts){ .local = *from,
						     .on_datagrams = on_datagrams }),
		BEL_OK);
	for (unsigned i = 0; i < count; i++)
		bel_udp_send(udp, to, NULL, (bel_str){ report, sizeof report });
	relayed_run_ms(relayed, 100);
	bel_udp_close(udp);
}

/* A record is a second old at most, but a side may report as often as it likes. */
static void try_flood(unsigned count)
{
	struct relayed_how how = { .srtp = { BEL_OFFER_PLAIN, BEL_OFFER_SDES } };
	struct relayed *relayed = relayed_open(&how);
	struct indexes *indexes = calloc(1, sizeof *indexes);
	bel_addr from, to;

	assert_non_null(indexes);
	bel_sim_on_packet(relayed->sim, on_packet, indexes);
	relayed_connect(relayed);
	relayed_run_ms(relayed, TALK_MS + 300);
	from = relayed_leg(relayed, BEL_RELAY_CALLER).remote;
	to = relayed_leg(relayed, BEL_RELAY_CALLER).outer;
	from.port++, to.port++;
	bel_media_stream_close(relayed->sides[BEL_RELAY_CALLER].stream);
	relayed->sides[BEL_RELAY_CALLER].stream = NULL;
	for (unsigned i = 0; i < 3; i++) {
		flood(relayed, &from, &to, count);
		assert_int_equal(relayed_restart(relayed, 100), BEL_OK);
	}
	assert_true(indexes->count > 3 * count * 9 / 10);
	assert_no_index_twice(indexes);
	relayed_close(relayed);
	free(indexes);
}

/* More than may be missing in a record; and so few that none was written of them. */
static void no_flood_of_reports_brings_an_index_back(void **state)
{
	(void)state;
	try_flood(FLOOD);
	try_flood(20);
}

/* ---- what else ---- */

static void a_hold_and_its_end_go_on_with_the_call(void **state)
{
	struct relayed_how how = { .srtp = { BEL_OFFER_PLAIN, BEL_OFFER_SDES } };
	struct relayed *relayed = relayed_open(&how);

	(void)state;
	relayed_connect(relayed);
	relayed_run_ms(relayed, TALK_MS);
	assert_int_equal(relayed_restart(relayed, AWAY_MS), BEL_OK);
	for (unsigned i = 0; i < 2; i++) {
		relayed->sides[BEL_RELAY_CALLEE].direction = i ? BEL_SDP_SENDRECV
							       : BEL_SDP_SENDONLY;
		assert_int_equal(relayed_offer(relayed, BEL_RELAY_CALLEE), BEL_OK);
		assert_true(relayed_can_answer(relayed, BEL_RELAY_CALLER));
		assert_int_equal(relayed_answer(relayed, BEL_RELAY_CALLER), BEL_OK);
	}
	assert_sound(relayed);
	relayed_close(relayed);
}

static void who_does_not_come_back_is_forgotten(void **state)
{
	struct relayed_how how = { .srtp = { BEL_OFFER_PLAIN, BEL_OFFER_PLAIN } };
	struct relayed *relayed = relayed_open(&how);

	(void)state;
	relayed_connect(relayed);
	relayed_run_ms(relayed, TALK_MS);
	for (unsigned i = 0; i < BEL_RELAY_SIDES; i++) {
		bel_media_stream_close(relayed->sides[i].stream);
		relayed->sides[i].stream = NULL;
	}
	assert_int_equal(relayed_restart(relayed, AWAY_MS), BEL_OK);
	relayed_run_ms(relayed, 62000);
	assert_int_equal(bel_relay_counters(relayed->relay)->calls, 0);
	assert_int_equal(relayed->record_len, 0);
	relayed_close(relayed);
}

static void a_record_that_is_torn_is_none(void **state)
{
	struct relayed_how how = { .srtp = { BEL_OFFER_SDES, BEL_OFFER_PLAIN } };
	struct relayed *relayed = relayed_open(&how);
	size_t whole;

	(void)state;
	relayed_connect(relayed);
	relayed_run_ms(relayed, TALK_MS);
	whole = relayed->record_len;
	assert_true(whole > 200 && whole < 736);
	bel_relay_end(relayed->relay, relayed->call);
	for (size_t len = 0; len < whole; len++) {
		bel_str torn = bel_test_exact((bel_str){ relayed->record, len });
		bel_relay_call call;
		assert_int_equal(bel_relay_restore(&call, relayed->relay, torn),
				 BEL_ERR_SYNTAX);
		free((void *)(uintptr_t)torn.ptr);
	}
	assert_int_equal(bel_relay_counters(relayed->relay)->legs, 0);
	/* And once is enough. */
	assert_int_equal(bel_relay_restore(&relayed->call, relayed->relay,
					   (bel_str){ relayed->record, whole }),
			 BEL_OK);
	assert_int_equal(bel_relay_restore(&relayed->call, relayed->relay,
					   (bel_str){ relayed->record, whole }),
			 BEL_ERR_EXISTS);
	relayed_close(relayed);
}

/* Whatever byte of it is another one: it is taken up or it is not. */
static void a_record_that_is_damaged_does_no_harm(void **state)
{
	struct relayed_how how = { .srtp = { BEL_OFFER_SDES, BEL_OFFER_PLAIN },
				   .has_ice = { true, true } };
	struct relayed *relayed = relayed_open(&how);
	char whole[BEL_RELAY_RECORD_BYTES_MAX];
	size_t len;

	(void)state;
	relayed_connect(relayed);
	relayed_run_ms(relayed, TALK_MS);
	len = relayed->record_len;
	memcpy(whole, relayed->record, len);
	bel_relay_end(relayed->relay, relayed->call);
	for (size_t i = 0; i < 8 * len; i++) {
		bel_str damaged = bel_test_exact((bel_str){ whole, len });
		bel_relay_call call;
		((char *)(uintptr_t)damaged.ptr)[i / 8] ^= (char)(1 << i % 8);
		if (bel_relay_restore(&call, relayed->relay, damaged) == BEL_OK)
			bel_relay_end(relayed->relay, call);
		assert_int_equal(bel_relay_counters(relayed->relay)->legs, 0);
		free((void *)(uintptr_t)damaged.ptr);
	}
	relayed_close(relayed);
}

static enum bel_err try_to_restore(void *user)
{
	struct relayed *relayed = user;
	bel_str record = { relayed->record, relayed->record_len };
	bel_relay_call call;
	enum bel_err err = bel_relay_restore(&call, relayed->relay, record);

	/* Ending it forgets the record, which is needed again. */
	if (!err)
		bel_relay_end(relayed->relay, call);
	relayed->record_len = record.len;
	return err == BEL_ERR_SYNTAX ? bel_err_from_errno(ENOMEM) : err;
}

static void without_memory_it_stays_away(void **state)
{
	struct relayed_how how = { .srtp = { BEL_OFFER_SDES, BEL_OFFER_PLAIN },
				   .has_ice = { true, true } };
	struct relayed *relayed = relayed_open(&how);
	size_t len;

	(void)state;
	relayed_connect(relayed);
	relayed_run_ms(relayed, TALK_MS);
	len = relayed->record_len;
	bel_relay_end(relayed->relay, relayed->call);
	relayed->record_len = len;
	bel_test_each_allocation_fails(try_to_restore, relayed);
	assert_int_equal(bel_relay_counters(relayed->relay)->legs, 0);
	relayed_close(relayed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_is_sound_after_a_restart),
		cmocka_unit_test(it_may_die_at_any_time),
		cmocka_unit_test(sequence_numbers_may_have_wrapped),
		cmocka_unit_test(no_report_has_an_index_of_before),
		cmocka_unit_test(no_flood_of_reports_brings_an_index_back),
		cmocka_unit_test(a_hold_and_its_end_go_on_with_the_call),
		cmocka_unit_test(who_does_not_come_back_is_forgotten),
		cmocka_unit_test(a_record_that_is_torn_is_none),
		cmocka_unit_test(a_record_that_is_damaged_does_no_harm),
		cmocka_unit_test(without_memory_it_stays_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
