/* SPDX-License-Identifier: Apache-2.0
 * A side that should send and does not is told, once, with what is wrong and what helps.
 */
#include "support/support.h"

#include "support/relayed.h"

enum { SECOND_MS = 1000 };

static const struct bel_relay_event *find(const struct relayed *relayed,
					  enum bel_relay_news news)
{
	for (unsigned i = 0; i < relayed->events_count; i++)
		if (relayed->events[i].news == news)
			return &relayed->events[i];
	return NULL;
}

/* The side's sound stops, or never begins. */
static void silence(struct relayed *relayed, enum bel_relay_side side)
{
	struct relayed_side *mute = &relayed->sides[side];

	bel_media_stream_close(mute->stream);
	mute->stream = NULL;
}

static void assert_silent(const struct relayed *relayed, enum bel_relay_side side,
			  enum bel_relay_verdict verdict, const char *words)
{
	const struct bel_relay_event *event = find(relayed, BEL_RELAY_SILENT);
	char text[400];
	struct bel_writer writer = bel_writer_init(text, sizeof text - 1);

	assert_int_equal(relayed_count(relayed, BEL_RELAY_SILENT), 1);
	assert_int_equal(event->side, side);
	assert_int_equal(event->verdict, verdict);
	bel_relay_event_write(&writer, event);
	text[writer.len] = '\0';
	assert_non_null(strstr(text, words));
	assert_non_null(strstr(text, bel_relay_verdict_remedy(verdict)));
	assert_int_equal(relayed_leg(relayed, side).verdict, verdict);
}

static void nothing_that_came_is_told_after_three_seconds(void **state)
{
	struct relayed_how how = { .srtp = { BEL_OFFER_PLAIN, BEL_OFFER_PLAIN } };
	struct relayed *relayed = relayed_open(&how);

	(void)state;
	relayed_connect(relayed);
	silence(relayed, BEL_RELAY_CALLEE);
	relayed_run_ms(relayed, 2 * SECOND_MS);
	assert_int_equal(relayed->events_count, 0);
	relayed_run_ms(relayed, 20 * SECOND_MS);
	assert_silent(relayed, BEL_RELAY_CALLEE, BEL_RELAY_NO_PACKETS,
		      "no sound from the callee in 3.0 s: nothing came");
	assert_int_equal(relayed_count(relayed, BEL_RELAY_FLOWS), 0);
	relayed_close(relayed);
}

static void a_private_address_is_named(void **state)
{
	struct relayed_how how = { .srtp = { BEL_OFFER_PLAIN, BEL_OFFER_PLAIN },
				   .nat = { BEL_NAT_SYMMETRIC } };
	struct relayed *relayed = relayed_open(&how);

	(void)state;
	relayed_connect(relayed);
	silence(relayed, BEL_RELAY_CALLER);
	relayed_run_ms(relayed, 5 * SECOND_MS);
	assert_silent(relayed, BEL_RELAY_CALLER, BEL_RELAY_PRIVATE_ADDRESS,
		      "it announced 10.0.1.1:");
	relayed_close(relayed);
}

static void a_handshake_that_was_not_done_is_told(void **state)
{
	struct relayed_how how = { .srtp = { BEL_OFFER_PLAIN, BEL_OFFER_DTLS } };
	struct relayed *relayed = relayed_open(&how);

	(void)state;
	relayed_connect(relayed);
	silence(relayed, BEL_RELAY_CALLEE);
	relayed_run_ms(relayed, 5 * SECOND_MS);
	assert_silent(relayed, BEL_RELAY_CALLEE, BEL_RELAY_NO_KEYS,
		      "the handshake of DTLS was not done");
	relayed_close(relayed);
}

/* ---- packets that are not those that were agreed on ---- */

struct voice {
	struct bel_udp *udp;
	uint16_t seq;
};

static void on_datagrams(void *user, struct bel_udp *udp, struct bel_datagram *datagrams,
			 unsigned count)
{
	(void)user, (void)udp, (void)datagrams, (void)count;
}

/* At the side's own host, in the place of its phone, which is silent. */
static void open_voice(struct voice *voice, struct relayed *relayed,
		       enum bel_relay_side index)
{
	struct relayed_side *side = &relayed->sides[index];

	*voice = (struct voice){ .seq = 1 };
	silence(relayed, index);
	assert_int_equal(
		bel_udp_open(&voice->udp, side->loop,
			     &(struct bel_udp_opts){ .local = side->ip,
						     .on_datagrams = on_datagrams }),
		BEL_OK);
}

static void speak(struct voice *voice, struct relayed *relayed, enum bel_relay_side side,
		  uint8_t payload_type, unsigned seconds)
{
	bel_addr to = relayed_leg(relayed, side).outer;

	for (unsigned i = 0; i < seconds * 50; i++) {
		char packet[172] = { (char)0x80, (char)payload_type,
				     (char)(voice->seq >> 8), (char)voice->seq };
		voice->seq++;
		bel_udp_send(voice->udp, &to, NULL, (bel_str){ packet, sizeof packet });
		relayed_run_ms(relayed, 20);
	}
}

static void packets_under_no_key_are_told(void **state)
{
	struct relayed_how how = { .srtp = { BEL_OFFER_PLAIN, BEL_OFFER_SDES } };
	struct relayed *relayed = relayed_open(&how);
	struct voice voice;

	(void)state;
	relayed_connect(relayed);
	open_voice(&voice, relayed, BEL_RELAY_CALLEE);
	speak(&voice, relayed, BEL_RELAY_CALLEE, 0, 5);
	assert_silent(relayed, BEL_RELAY_CALLEE, BEL_RELAY_UNDECRYPTABLE,
		      "its packets are not encrypted with the agreed keys");
	bel_udp_close(voice.udp);
	relayed_close(relayed);
}

static void payloads_that_nobody_knows_are_told(void **state)
{
	struct relayed_how how = { .srtp = { BEL_OFFER_PLAIN, BEL_OFFER_PLAIN } };
	struct relayed *relayed = relayed_open(&how);
	struct voice voice;

	(void)state;
	relayed_connect(relayed);
	open_voice(&voice, relayed, BEL_RELAY_CALLER);
	speak(&voice, relayed, BEL_RELAY_CALLER, 118, 5);
	assert_silent(relayed, BEL_RELAY_CALLER, BEL_RELAY_WRONG_CODEC,
		      "it sends payload types that were not agreed on");
	bel_udp_close(voice.udp);
	relayed_close(relayed);
}

static void who_speaks_after_all_is_told(void **state)
{
	struct relayed_how how = { .srtp = { BEL_OFFER_PLAIN, BEL_OFFER_PLAIN } };
	struct relayed *relayed = relayed_open(&how);
	struct voice voice;

	(void)state;
	relayed_connect(relayed);
	open_voice(&voice, relayed, BEL_RELAY_CALLEE);
	relayed_run_ms(relayed, 5 * SECOND_MS);
	assert_silent(relayed, BEL_RELAY_CALLEE, BEL_RELAY_NO_PACKETS, "nothing came");
	speak(&voice, relayed, BEL_RELAY_CALLEE, 0, 5);
	assert_int_equal(relayed_count(relayed, BEL_RELAY_HEARD), 1);
	assert_int_equal(find(relayed, BEL_RELAY_HEARD)->side, BEL_RELAY_CALLEE);
	assert_int_equal(relayed_leg(relayed, BEL_RELAY_CALLEE).verdict, BEL_RELAY_FINE);
	bel_udp_close(voice.udp);
	relayed_close(relayed);
}

/* The sound of a call that was fine: a phone that lost its network, or was unplugged. */
static void who_stops_in_the_middle_is_told(void **state)
{
	struct relayed_how how = { .srtp = { BEL_OFFER_PLAIN, BEL_OFFER_PLAIN } };
	struct relayed *relayed = relayed_open(&how);
	struct voice voice;

	(void)state;
	relayed_connect(relayed);
	relayed_run_ms(relayed, 20 * SECOND_MS);
	assert_int_equal(relayed_count(relayed, BEL_RELAY_SILENT), 0);
	open_voice(&voice, relayed, BEL_RELAY_CALLEE);
	relayed_run_ms(relayed, 9 * SECOND_MS);
	assert_int_equal(relayed_count(relayed, BEL_RELAY_SILENT), 0);
	relayed_run_ms(relayed, 3 * SECOND_MS);
	assert_silent(relayed, BEL_RELAY_CALLEE, BEL_RELAY_STOPPED,
		      "s: it has stopped sending");
	speak(&voice, relayed, BEL_RELAY_CALLEE, 0, 2);
	assert_int_equal(relayed_count(relayed, BEL_RELAY_HEARD), 1);
	bel_udp_close(voice.udp);
	relayed_close(relayed);
}

/* With ICE it is known from where a side sends: from where its checks came. */
static void with_ice_it_is_the_checks_that_are_missing(void **state)
{
	struct relayed_how how = { .has_ice = { true, true } };
	struct relayed *relayed = relayed_open(&how);

	(void)state;
	assert_int_equal(bel_sim_partition(relayed->sim,
					   relayed->sides[BEL_RELAY_CALLER].node,
					   relayed->node, true),
			 BEL_OK);
	relayed_connect(relayed);
	relayed_run_ms(relayed, 5 * SECOND_MS);
	assert_silent(relayed, BEL_RELAY_CALLER, BEL_RELAY_NO_CHECKS,
		      "it speaks ICE, and none of its checks came");
	relayed_close(relayed);
}

static void packets_from_elsewhere_are_told_with_their_source(void **state)
{
	struct relayed_how how = { .has_ice = { true, true } };
	struct relayed *relayed = relayed_open(&how);
	struct voice voice;

	(void)state;
	relayed_connect(relayed);
	open_voice(&voice, relayed, BEL_RELAY_CALLER);
	speak(&voice, relayed, BEL_RELAY_CALLER, 0, 5);
	assert_silent(relayed, BEL_RELAY_CALLER, BEL_RELAY_WRONG_SOURCE,
		      ", they came from 198.51.100.1:");
	bel_udp_close(voice.udp);
	relayed_close(relayed);
}

static void hold_is_no_silence_and_no_timeout(void **state)
{
	struct relayed_how how = { .srtp = { BEL_OFFER_PLAIN, BEL_OFFER_SDES } };
	struct relayed *relayed = relayed_open(&how);

	(void)state;
	relayed_connect(relayed);
	relayed_run_ms(relayed, 2 * SECOND_MS);
	relayed->sides[0].direction = BEL_SDP_INACTIVE;
	assert_int_equal(relayed_offer(relayed, BEL_RELAY_CALLER), BEL_OK);
	assert_true(relayed_can_answer(relayed, BEL_RELAY_CALLEE));
	assert_int_equal(relayed_answer(relayed, BEL_RELAY_CALLEE), BEL_OK);
	relayed_run_ms(relayed, 300 * SECOND_MS);
	assert_true(bel_relay_has(relayed->relay, relayed->call));
	assert_int_equal(relayed_count(relayed, BEL_RELAY_SILENT), 0);
	/* And it goes on, under the keys of before. */
	relayed->sides[0].direction = BEL_SDP_SENDRECV;
	assert_int_equal(relayed_offer(relayed, BEL_RELAY_CALLER), BEL_OK);
	assert_true(relayed_can_answer(relayed, BEL_RELAY_CALLEE));
	assert_int_equal(relayed_answer(relayed, BEL_RELAY_CALLEE), BEL_OK);
	uint64_t before = relayed_leg(relayed, BEL_RELAY_CALLEE).packets;
	relayed_run_ms(relayed, 3 * SECOND_MS);
	assert_true(relayed_leg(relayed, BEL_RELAY_CALLEE).packets > before + 100);
	assert_int_equal(bel_relay_counters(relayed->relay)->unreadable, 0);
	relayed_close(relayed);
}

static void what_nobody_sends_in_is_ended_and_its_ports_are_free(void **state)
{
	struct relayed_how how = { .srtp = { BEL_OFFER_PLAIN, BEL_OFFER_PLAIN } };
	struct relayed *relayed = relayed_open(&how);

	(void)state;
	relayed_connect(relayed);
	relayed_run_ms(relayed, 2 * SECOND_MS);
	silence(relayed, BEL_RELAY_CALLER);
	silence(relayed, BEL_RELAY_CALLEE);
	relayed_run_ms(relayed, 55 * SECOND_MS);
	assert_true(bel_relay_has(relayed->relay, relayed->call));
	relayed_run_ms(relayed, 10 * SECOND_MS);
	assert_false(bel_relay_has(relayed->relay, relayed->call));
	assert_int_equal(relayed_count(relayed, BEL_RELAY_TIMEOUT), 1);
	assert_int_equal(bel_relay_counters(relayed->relay)->legs, 0);
	relayed_close(relayed);
}

static void every_verdict_has_its_words(void **state)
{
	(void)state;
	for (unsigned i = 0; i < BEL_RELAY_VERDICTS; i++) {
		assert_true(*bel_relay_verdict_text(i));
		assert_true(i == BEL_RELAY_FINE || *bel_relay_verdict_remedy(i));
	}
	for (unsigned i = 0; i < BEL_RELAY_KEYINGS; i++)
		assert_true(*bel_relay_keying_text(i));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_that_came_is_told_after_three_seconds),
		cmocka_unit_test(a_private_address_is_named),
		cmocka_unit_test(a_handshake_that_was_not_done_is_told),
		cmocka_unit_test(packets_under_no_key_are_told),
		cmocka_unit_test(payloads_that_nobody_knows_are_told),
		cmocka_unit_test(who_speaks_after_all_is_told),
		cmocka_unit_test(who_stops_in_the_middle_is_told),
		cmocka_unit_test(with_ice_it_is_the_checks_that_are_missing),
		cmocka_unit_test(packets_from_elsewhere_are_told_with_their_source),
		cmocka_unit_test(hold_is_no_silence_and_no_timeout),
		cmocka_unit_test(what_nobody_sends_in_is_ended_and_its_ports_are_free),
		cmocka_unit_test(every_verdict_has_its_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
