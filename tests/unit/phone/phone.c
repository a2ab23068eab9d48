/* SPDX-License-Identifier: Apache-2.0 */
#include "call/call_int.h"
#include "unit/phone/phone.h"

#include <unistd.h>

#define RECORDING "/tmp/belfry-phone-unit.wav"

/* ---- calls ---- */

static void who_is_called_presses_enter(void **state)
{
	struct office office;
	struct desk *alice = &office.desks[0], *bob = &office.desks[1];

	(void)state;
	office_open(&office, 2, false);
	assert_prompt(bob, "belfry> ");
	desk_type(alice, "call sip:bob@192.0.2.2");
	office_run(&office, 300);
	assert_said(alice, "it rings at bob@192.0.2.2");
	assert_prompt(alice, "belfry [1 bob@192.0.2.2 rings]> ");
	assert_int_equal(bob->rings, 1);
	assert_said(bob, "calls you (call 1): Enter answers, \"refuse\" does not");
	desk_type(bob, "");
	office_run(&office, 500);
	assert_said(alice, "you talk with bob@192.0.2.2 (call 1, ");
	assert_said(bob, "you talk with ");
	office_run(&office, 3000);
	assert_prompt(alice, "belfry [1 bob@192.0.2.2 0:03 MOS 4.4]> ");
	desk_type(alice, "quality");
	assert_said(alice, "loss 0.0 %");
	bel_phone_interrupt(alice->phone);
	office_run(&office, 500);
	assert_said(alice, "is over: you hung up after 0:03");
	assert_said(bob, "hung up after 0:03");
	assert_prompt(bob, "belfry> ");
	assert_int_equal(alice->problems + bob->problems, 0);
	office_close(&office);
}

static void a_refusal_says_why(void **state)
{
	static const struct {
		const char *line, *said;
	} rows[] = {
		{ "refuse", "busy (486)" },
		{ "refuse 1", "busy (486)" },
		{ "refuse 603", "declined (603)" },
		{ "refuse 1 480", "no phone of theirs is registered (480)" },
		{ "hangup", "busy (486)" },
	};
	struct office office;

	(void)state;
	office_open(&office, 2, false);
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		desk_type(&office.desks[0], "call sip:bob@192.0.2.2");
		office_run(&office, 300);
		desk_type(&office.desks[1], rows[i].line);
		office_run(&office, 1000);
		assert_said(&office.desks[0], rows[i].said);
		assert_int_equal(bel_phone_calls_count(office.desks[0].phone), 0);
		assert_int_equal(bel_phone_calls_count(office.desks[1].phone), 0);
	}
	office_close(&office);
}

static void a_number_alone_presses_keys_or_answers(void **state)
{
	struct office office;
	struct desk *alice = &office.desks[0], *bob = &office.desks[1];

	(void)state;
	office_open(&office, 2, false);
	desk_type(alice, "600");
	assert_said(alice, "did you mean \"call 600\"?");
	desk_type(alice, "call sip:bob@192.0.2.2");
	office_run(&office, 300);
	desk_type(bob, "1");
	office_run(&office, 500);
	assert_said(bob, "you talk with ");
	desk_type(alice, "4#");
	office_run(&office, 1500);
	assert_said(bob, "pressed #");
	desk_type(alice, "dtmf 1 7 info");
	office_run(&office, 500);
	assert_said(bob, "pressed 7");
	office_close(&office);
}

static void who_calls_another_has_the_first_wait(void **state)
{
	struct office office;
	struct desk *alice = &office.desks[0], *bob = &office.desks[1];
	struct desk *carol = &office.desks[2];

	(void)state;
	office_open(&office, 3, false);
	office_connect(&office);
	desk_type(alice, "call sip:carol@192.0.2.3");
	office_run(&office, 500);
	assert_said(bob, "puts you on hold");
	desk_type(carol, "answer");
	office_run(&office, 500);
	alice->said.len = 0;
	desk_type(alice, "calls");
	assert_true(desk_has_said(alice, "  1  bob@192.0.2.2        you hold it"));
	assert_said(alice, "* 2  carol@192.0.2.3      talking");
	assert_int_equal(alice->phone->calls[0]->plug, BEL_PHONE_UNPLUGGED);
	assert_int_equal(alice->phone->calls[1]->plug, BEL_PHONE_DEVICE);

	desk_type(alice, "resume 1");
	office_run(&office, 500);
	assert_said(bob, "talks with you again");
	assert_said(carol, "puts you on hold");
	assert_int_equal(alice->phone->calls[0]->plug, BEL_PHONE_DEVICE);

	/* The one that is left waits until it is resumed. */
	desk_type(alice, "hangup");
	office_run(&office, 500);
	assert_said(alice, "carol@192.0.2.3 waits: \"resume\" to talk");
	assert_int_equal(alice->phone->calls[1]->plug, BEL_PHONE_UNPLUGGED);
	desk_type(alice, "resume");
	office_run(&office, 500);
	assert_said(carol, "talks with you again");
	assert_int_equal(alice->phone->calls[1]->plug, BEL_PHONE_DEVICE);
	assert_int_equal(alice->problems, 0);
	office_close(&office);
}

static void three_talk_until_they_are_split(void **state)
{
	struct office office;
	struct desk *alice = &office.desks[0], *bob = &office.desks[1];
	struct desk *carol = &office.desks[2];

	(void)state;
	office_open(&office, 3, false);
	office_connect(&office);
	desk_type(alice, "join");
	assert_said(alice, "takes two calls that stand; there is one");
	office_connect_third(&office);
	desk_type(alice, "join");
	office_run(&office, 500);
	assert_said(alice, "a conference of 2 and you");
	assert_said(bob, "talks with you again");
	assert_prompt(alice, "belfry [2 carol@192.0.2.3 and others 0:00 MOS 4.4]> ");
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(alice->phone->calls[i]->plug, BEL_PHONE_PLACE);
	desk_type(alice, "mute");
	assert_prompt(alice,
		      "belfry [2 carol@192.0.2.3 and others 0:00 MOS 4.4 muted]> ");
	desk_type(alice, "unmute");

	desk_type(alice, "split 1");
	office_run(&office, 500);
	assert_said(carol, "puts you on hold");
	assert_null(alice->phone->mixer);
	assert_int_equal(alice->phone->calls[0]->plug, BEL_PHONE_DEVICE);

	/* And when one of three leaves, the other two talk on. */
	desk_type(alice, "join");
	office_run(&office, 500);
	desk_type(carol, "hangup");
	office_run(&office, 500);
	assert_null(alice->phone->mixer);
	assert_int_equal(alice->phone->calls[0]->plug, BEL_PHONE_DEVICE);
	office_close(&office);
}

static void a_call_is_handed_on(void **state)
{
	struct office office;
	struct desk *alice = &office.desks[0], *bob = &office.desks[1];
	struct desk *carol = &office.desks[2];

	(void)state;
	office_open(&office, 3, false);
	office_connect(&office);
	desk_type(alice, "transfer sip:carol@192.0.2.3");
	office_run(&office, 300);
	assert_said(bob, "hands you over to carol@192.0.2.3: calling (call 2)");
	desk_type(carol, "");
	office_run(&office, 1000);
	assert_said(alice, "bob@192.0.2.2 talks with carol@192.0.2.3 now");
	assert_int_equal(bel_phone_calls_count(alice->phone), 0);
	assert_int_equal(bel_phone_calls_count(bob->phone), 1);
	assert_prompt(carol, "belfry [1 anonymous 0:00 MOS 4.4]> ");
	desk_type(bob, "transfer sip:x@192.0.2.1;transport=sctp");
	office_run(&office, 1000);
	assert_said(bob, "could not be handed over to x@192.0.2.1");
	assert_true(bel_phone_has_failed(bob->phone));
	office_close(&office);
}

static void a_call_is_handed_on_after_a_word(void **state)
{
	struct office office;
	struct desk *alice = &office.desks[0], *bob = &office.desks[1];
	struct desk *carol = &office.desks[2];

	(void)state;
	office_open(&office, 3, false);
	office_connect(&office);
	office_connect_third(&office);
	/* The other one is meant when it is not said which. */
	desk_type(alice, "transfer to call 2");
	office_run(&office, 1500);
	assert_said(alice, "bob@192.0.2.2 talks with carol@192.0.2.3 now");
	assert_said(carol, "hands you over to ");
	assert_int_equal(bel_phone_calls_count(alice->phone), 0);
	assert_int_equal(bel_phone_calls_count(bob->phone), 1);
	assert_int_equal(bel_phone_calls_count(carol->phone), 1);
	assert_int_equal(carol->problems + bob->problems + alice->problems, 0);
	office_close(&office);
}

/* RFC 5589 section 7.7: bob's telephone does not know Replaces. */
static void a_call_is_handed_on_anew_to_who_cannot_take_it_over(void **state)
{
	struct office office;
	struct desk *alice = &office.desks[0], *bob = &office.desks[1];
	struct desk *carol = &office.desks[2];

	(void)state;
	office_open(&office, 3, false);
	office_connect(&office);
	office_connect_third(&office);
	alice->phone->calls[0]->call->call->knows_replaces = false;
	desk_type(alice, "transfer 1 to call 2");
	office_run(&office, 300);
	desk_type(carol, "answer");
	office_run(&office, 1500);
	assert_said(alice, "bob@192.0.2.2 talks with carol@192.0.2.3 now");
	assert_int_equal(bel_phone_calls_count(alice->phone), 0);
	assert_int_equal(bel_phone_calls_count(bob->phone), 1);
	assert_int_equal(bel_phone_calls_count(carol->phone), 1);
	office_close(&office);
}

/* ---- sound and texts ---- */

static void what_is_heard_is_kept_and_what_is_said_comes_from_files(void **state)
{
	struct office office;
	struct desk *alice = &office.desks[0];

	(void)state;
	unlink(RECORDING);
	office_open(&office, 2, false);
	office_connect(&office);
	desk_type(alice, "record " RECORDING);
	assert_said(alice, "is kept in " RECORDING);
	desk_type(alice, "play tests/data/hello.wav");
	assert_true(alice->phone->calls[0]->is_playing);
	office_run(&office, 6000);
	assert_said(alice, "heard all of it");
	desk_type(alice, "record off");
	assert_said(alice, "is kept no more");
	assert_int_equal(access(RECORDING, F_OK), 0);
	desk_type(alice, "play nowhere.wav");
	assert_said(alice, "nowhere.wav");
	desk_type(alice, "device null");
	assert_said(alice, "sound by null");
	desk_type(alice, "device pigeon");
	assert_said(alice, "pigeon");
	assert_int_equal(alice->phone->calls[0]->plug, BEL_PHONE_DEVICE);
	unlink(RECORDING);
	office_close(&office);
}

static void codecs_are_chosen(void **state)
{
	struct office office;
	struct desk *alice = &office.desks[0];

	(void)state;
	office_open(&office, 2, false);
	desk_type(alice, "codec G729");
	assert_said(alice, "no codec of these is here");
	desk_type(alice, "codec pcma,opus");
	assert_said(alice, "calls from now on: pcma,opus");
	desk_type(alice, "call sip:bob@192.0.2.2");
	office_run(&office, 300);
	desk_type(&office.desks[1], "");
	office_run(&office, 500);
	assert_said(alice, "(call 1, PCMA)");
	office_close(&office);
}

static void texts_are_said_without_their_controls(void **state)
{
	struct office office;
	struct desk *alice = &office.desks[0], *bob = &office.desks[1];

	(void)state;
	office_open(&office, 2, false);
	desk_type(alice, "message sip:bob@192.0.2.2 \"up \033[2J and away\"");
	office_run(&office, 500);
	assert_said(bob, "writes: up \\x1b[2J and away\n");
	assert_said(alice, "the message arrived");
	desk_type(alice, "message sip:bob@192.0.2.77;transport=sctp hi");
	office_run(&office, 500);
	assert_said(alice, "the message did not arrive");
	office_close(&office);
}

static void everything_is_json_when_it_is_asked_for(void **state)
{
	struct office office;
	struct desk *alice = &office.desks[0], *bob = &office.desks[1];

	(void)state;
	office_open(&office, 2, true);
	desk_type(alice, "call sip:bob@192.0.2.2");
	assert_said(alice,
		    "{\"event\":\"dialling\",\"call\":1,\"name\":\"bob@192.0.2.2\","
		    "\"to\":\"sip:bob@192.0.2.2\",\"says\":");
	office_run(&office, 300);
	assert_said(bob, "{\"event\":\"incoming\",\"call\":1,");
	desk_type(bob, "answer");
	office_run(&office, 500);
	assert_true(desk_has_said(alice, "{\"event\":\"answered\",\"call\":1,"));
	assert_said(alice, "\"state\":\"up\",\"peer\":\"sip:bob@192.0.2.2\"");
	desk_type(alice, "dtmf 5");
	desk_type(alice, "message sip:bob@192.0.2.2 a \"quoted\" word");
	office_run(&office, 1000);
	assert_true(desk_has_said(bob, "\"digit\":\"5\""));
	assert_said(bob, "\"text\":\"a \\\"quoted\\\" word\"");
	desk_type(alice, "quality");
	assert_said(alice, "\"mos\":4.");
	desk_type(alice, "nonsense");
	assert_said(alice, "{\"event\":\"problem\",\"says\":\"unknown word");
	office_close(&office);
}

/* ---- accounts ---- */

static void somebody_else_is_registered_used_and_removed(void **state)
{
	struct office office;
	struct desk *alice = &office.desks[0];

	(void)state;
	office_open(&office, 2, false);
	desk_type(alice, "register sip:alice@192.0.2.77 secret");
	desk_type(alice, "register \"sip:bob@192.0.2.77\"");
	desk_type(alice, "accounts");
	assert_true(desk_has_said(alice, "* alice        sip:alice@192.0.2.77  not "
					 "registered"));
	assert_said(alice, "  bob          sip:bob@192.0.2.77  not registered");
	assert_prompt(alice, "alice> ");
	desk_type(alice, "use bob");
	assert_said(alice, "you call as bob");
	assert_prompt(alice, "bob> ");
	office_run(&office, 33 * 1000);
	assert_said(alice, "alice is not registered: nobody answered; again in ");
	desk_type(alice, "unregister bob");
	office_run(&office, 5000);
	assert_said(alice, "bob is registered no more");
	assert_prompt(alice, "alice> ");
	desk_type(alice, "quit");
	office_run(&office, 5100);
	assert_true(bel_phone_is_over(alice->phone));
	office_close(&office);
}

static void no_more_accounts_than_there_is_room_for(void **state)
{
	struct office office;
	struct desk *alice = &office.desks[0];

	(void)state;
	office_open(&office, 1, false);
	for (unsigned i = 0; i < PHONE_ACCOUNTS_MAX; i++)
		desk_type(alice, "register sip:alice@192.0.2.77");
	assert_int_equal(alice->problems, 0);
	desk_type(alice, "register sip:alice@192.0.2.77");
	assert_said(alice, "you are 8 already");
	office_close(&office);
}

/* ---- words ---- */

static void wrong_words_get_a_hint(void **state)
{
	static const struct {
		const char *line, *said;
	} rows[] = {
		{ "hagup", "unknown word \"hagup\": did you mean hangup?" },
		{ "frobnicate", "\"help\" lists them" },
		{ "call", "call is written so: call WHO" },
		{ "call a b", "call is written so: call WHO" },
		{ "call \"\"", "call is written so: call WHO" },
		{ "hangup", "there is no call" },
		{ "hangup 3", "there is no call 3" },
		{ "hangup three", "\"three\" is no number of a call" },
		{ "answer", "nobody calls" },
		{ "resume", "there is no call" },
		{ "split", "there is no call" },
		{ "transfer 600", "transfer which call?" },
		{ "transfer 1 to call 2", "there is no call" },
		{ "transfer a b c d", "transfer is written so" },
		{ "dtmf 12", "there is no call" },
		{ "use bob", "you are no \"bob\"" },
		{ "unregister", "you are nobody already" },
		{ "register", "register is written so" },
		{ "register nobody", "cannot add the account nobody" },
		{ "wait", "wait is written so" },
		{ "wait soon", "wait for what?" },
		{ "wait answered soon", "wait for what?" },
		{ "wait answered", "waited for answered in vain" },
		{ "wait registered", "waited for registered in vain" },
		{ "call sip:", "sip:" },
		{ "message sip:bob@192.0.2.2", "message is written so" },
		{ "help hagup", "did you mean hangup?" },
	};
	struct office office;
	struct desk *desk = &office.desks[0];

	(void)state;
	office_open(&office, 1, false);
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		desk->problems = 0;
		desk_type(desk, rows[i].line);
		assert_said(desk, rows[i].said);
		assert_int_equal(desk->problems, 1);
	}
	assert_true(bel_phone_has_failed(desk->phone));
	office_close(&office);
}

static void remarks_blanks_and_help_are_no_problem(void **state)
{
	struct office office;
	struct desk *desk = &office.desks[0];

	(void)state;
	office_open(&office, 1, false);
	desk_type(desk, "# what follows is a test");
	desk_type(desk, "");
	desk_type(desk, " \t ");
	desk_type(desk, "HELP");
	assert_said(desk, "transfer [N] WHO | [N] to call M");
	desk_type(desk, "calls");
	assert_said(desk, "no call; \"call 600\" begins one");
	desk_type(desk, "accounts");
	assert_said(desk, "nobody; \"register alice\" makes you somebody");
	assert_int_equal(desk->problems, 0);
	assert_false(bel_phone_has_failed(desk->phone));
	office_close(&office);
}

static void a_word_is_completed_when_it_is_clear(void **state)
{
	static const struct {
		const char *begun, *rest;
	} rows[] = { { "han", "gup " }, { "call", "" }, { "calls", " " },
		     { "x", "" },       { "", "" },     { "tr", "ansfer " } };
	struct office office;
	char buf[32];

	(void)state;
	office_open(&office, 1, false);
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		struct bel_writer rest = bel_writer_init(buf, sizeof buf);
		bel_phone_complete(office.desks[0].phone, bel_str_from(rows[i].begun),
				   &rest);
		assert_str(bel_writer_str(&rest), rows[i].rest);
	}
	office_close(&office);
}

/* ---- scripts ---- */

static void a_script_waits_for_what_it_says(void **state)
{
	struct office office;
	struct desk *alice = &office.desks[0], *bob = &office.desks[1];

	(void)state;
	office_open(&office, 2, false);
	desk_type(bob, "wait incoming 10s");
	assert_true(bel_phone_is_waiting(bob->phone));
	desk_type(alice, "call sip:bob@192.0.2.2");
	desk_type(alice, "wait answered 2s");
	office_run(&office, 500);
	assert_false(bel_phone_is_waiting(bob->phone));
	assert_true(bel_phone_is_waiting(alice->phone));
	assert_int_equal(bel_phone_next_ms(alice->phone), 1500);
	office_run(&office, 2000);
	assert_false(bel_phone_is_waiting(alice->phone));
	assert_said(alice, "waited for answered in vain");

	desk_type(alice, "wait answered");
	desk_type(bob, "answer");
	office_run(&office, 500);
	assert_false(bel_phone_is_waiting(alice->phone));
	/* What came before it was waited for counts, once. */
	desk_type(alice, "12");
	office_run(&office, 1500);
	desk_type(bob, "wait digit");
	assert_false(bel_phone_is_waiting(bob->phone));
	desk_type(bob, "wait digit");
	assert_false(bel_phone_is_waiting(bob->phone));
	desk_type(bob, "wait digit 500ms");
	assert_true(bel_phone_is_waiting(bob->phone));
	office_run(&office, 600);
	assert_said(bob, "waited for digit in vain");

	desk_type(bob, "wait 1s");
	office_run(&office, 900);
	assert_true(bel_phone_is_waiting(bob->phone));
	office_run(&office, 200);
	assert_false(bel_phone_is_waiting(bob->phone));
	desk_type(bob, "wait ended");
	bel_phone_interrupt(bob->phone);
	assert_false(bel_phone_is_waiting(bob->phone));
	office_close(&office);
}

static void leaving_hangs_up_first(void **state)
{
	struct office office;
	struct desk *alice = &office.desks[0], *bob = &office.desks[1];

	(void)state;
	office_open(&office, 2, false);
	office_connect(&office);
	desk_type(alice, "quit");
	assert_false(bel_phone_is_over(alice->phone));
	office_run(&office, 500);
	assert_true(bel_phone_is_over(alice->phone));
	assert_int_equal(bel_phone_calls_count(bob->phone), 0);

	/* Nobody is left to answer: it does not wait for him. */
	desk_type(bob, "call sip:nobody@192.0.2.99");
	desk_type(bob, "message sip:nobody@192.0.2.99 hello");
	office_run(&office, 100);
	desk_type(bob, "quit");
	office_run(&office, 4900);
	assert_false(bel_phone_is_over(bob->phone));
	office_run(&office, 200);
	assert_true(bel_phone_is_over(bob->phone));
	office_close(&office);
}

static void ctrl_c_hangs_up_then_leaves(void **state)
{
	struct office office;
	struct desk *alice = &office.desks[0];

	(void)state;
	office_open(&office, 2, false);
	office_connect(&office);
	bel_phone_interrupt(alice->phone);
	assert_false(bel_phone_is_leaving(alice->phone));
	office_run(&office, 500);
	bel_phone_interrupt(alice->phone);
	assert_true(bel_phone_is_leaving(alice->phone));
	assert_true(bel_phone_is_over(alice->phone));
	office_close(&office);
}

static void a_device_that_is_not_there_is_said(void **state)
{
	struct bel_sim *sim = bel_sim_new(1, NULL);
	struct desk desk;
	char buf[256];
	struct bel_writer why = bel_writer_init(buf, sizeof buf);

	(void)state;
	assert_int_equal(desk_open(&desk, sim, 1, false, "pigeon", &why),
			 BELFRY_ERROR_SYNTAX);
	assert_true(bel_str_find(bel_writer_str(&why), 'p') < why.len);
	bel_loop_close(desk.loop);
	bel_sim_free(sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_is_called_presses_enter),
		cmocka_unit_test(a_refusal_says_why),
		cmocka_unit_test(a_number_alone_presses_keys_or_answers),
		cmocka_unit_test(who_calls_another_has_the_first_wait),
		cmocka_unit_test(three_talk_until_they_are_split),
		cmocka_unit_test(a_call_is_handed_on),
		cmocka_unit_test(a_call_is_handed_on_after_a_word),
		cmocka_unit_test(a_call_is_handed_on_anew_to_who_cannot_take_it_over),
		cmocka_unit_test(what_is_heard_is_kept_and_what_is_said_comes_from_files),
		cmocka_unit_test(codecs_are_chosen),
		cmocka_unit_test(texts_are_said_without_their_controls),
		cmocka_unit_test(everything_is_json_when_it_is_asked_for),
		cmocka_unit_test(somebody_else_is_registered_used_and_removed),
		cmocka_unit_test(no_more_accounts_than_there_is_room_for),
		cmocka_unit_test(wrong_words_get_a_hint),
		cmocka_unit_test(remarks_blanks_and_help_are_no_problem),
		cmocka_unit_test(a_word_is_completed_when_it_is_clear),
		cmocka_unit_test(a_script_waits_for_what_it_says),
		cmocka_unit_test(leaving_hangs_up_first),
		cmocka_unit_test(ctrl_c_hangs_up_then_leaves),
		cmocka_unit_test(a_device_that_is_not_there_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
