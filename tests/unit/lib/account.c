/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/lib/party.h"

#include "support/world.h"

#define SERVER "sip:203.0.113.1"

static const char *const proxies[] = { SERVER, NULL };

struct house {
	struct world *world;
	struct party alice, bob;
};

static void run(struct house *house, uint64_t for_ms)
{
	bel_sim_run(house->world->sim, bel_sim_now_ms(house->world->sim) + for_ms);
}

static struct belfry_account *add(struct party *party, const char *address,
				  const char *password)
{
	struct belfry_account *account = NULL;

	assert_int_equal(belfry_account_add(&account, party->agent,
					    &(struct belfry_account_options){
						    .address = address,
						    .password = password,
						    .name = "Some \"Body\"",
						    .proxies = proxies }),
			 BELFRY_OK);
	return account;
}

static void open_house(struct house *house, const struct belfry_agent_options *options)
{
	house->world = bel_world_new(1, NULL, 1, 1);
	party_open(&house->alice, house->world->sim, 1, options);
	party_open(&house->bob, house->world->sim, 2, options);
}

static void close_house(struct house *house)
{
	party_close(&house->alice);
	party_close(&house->bob);
	bel_world_free(house->world);
}

static void an_account_registers_and_takes_it_back(void **state)
{
	struct house house;
	struct belfry_account *account;

	(void)state;
	open_house(&house, NULL);
	account = add(&house.alice, "sip:alice@a.test", "alice-pw");
	assert_false(belfry_account_is_registered(account));
	assert_told(&house.alice, "");
	run(&house, 1000);
	assert_told(&house.alice, "registered:200");
	assert_true(belfry_account_is_registered(account));
	assert_ptr_equal(house.alice.account, account);
	assert_string_equal(belfry_account_address(account), "sip:alice@a.test");
	belfry_account_renew(account);
	run(&house, 1000);
	assert_told(&house.alice, "registered:200");
	belfry_account_remove(account);
	belfry_account_remove(account);
	assert_told(&house.alice, "");
	run(&house, 1000);
	assert_told(&house.alice, "removed");
	assert_true(bel_list_is_empty(&house.alice.agent->accounts));
	close_house(&house);
}

static void a_wrong_password_is_refused_and_nobody_is_lost(void **state)
{
	static const char *const nowhere[] = { "sip:192.0.2.99", NULL };
	struct house house;
	struct belfry_account *account;

	(void)state;
	open_house(&house, NULL);
	add(&house.alice, "sip:alice@a.test", "wrong");
	assert_int_equal(belfry_account_add(&account, house.bob.agent,
					    &(struct belfry_account_options){
						    .address = "sip:bob@a.test",
						    .proxies = nowhere }),
			 BELFRY_OK);
	run(&house, 1000);
	assert_told(&house.alice, "register refused:401");
	run(&house, 35 * 1000);
	assert_true(house.bob.log.len > 0);
	assert_true(bel_str_has_prefix(bel_writer_str(&house.bob.log),
				       BEL_STR("register lost")));
	/* Nobody answers that it goes, either. */
	house.bob.log.len = 0;
	belfry_account_remove(account);
	run(&house, 5000);
	assert_told(&house.bob, "removed");
	close_house(&house);
}

static void accounts_call_each_other_by_their_server(void **state)
{
	struct house house;
	struct belfry_account *alice, *bob;
	struct belfry_call *call;
	struct belfry_call_info info;

	(void)state;
	open_house(&house, NULL);
	alice = add(&house.alice, "sip:alice@a.test", "alice-pw");
	bob = add(&house.bob, "sip:bob@a.test", "bob-pw");
	house.bob.answers = true;
	run(&house, 1000);
	assert_told(&house.alice, "registered:200");
	assert_told(&house.bob, "registered:200");
	assert_int_equal(
		belfry_call_dial(&call, house.alice.agent,
				 &(struct belfry_dial){ .account = alice, .to = "bob" }),
		BELFRY_OK);
	run(&house, 1000);
	assert_told(&house.alice, "answered");
	assert_told(&house.bob, "incoming answered");
	belfry_call_info(&info, call);
	assert_string_equal(info.peer, "sip:bob@a.test");
	assert_ptr_equal(info.account, alice);
	belfry_call_info(&info, house.bob.calls[0]);
	assert_string_equal(info.peer, "sip:alice@a.test");
	assert_string_equal(info.peer_name, "Some \"Body\"");
	assert_ptr_equal(info.account, bob);

	/* The account goes, the call goes on. */
	belfry_account_remove(alice);
	run(&house, 2000);
	assert_told(&house.alice, "removed");
	belfry_call_info(&info, call);
	assert_int_equal(info.state, BELFRY_CALL_UP);
	assert_null(info.account);
	belfry_call_hang_up(call);
	run(&house, 2000);
	assert_told(&house.alice, "ended:0,ours");
	assert_told(&house.bob, "ended:0");
	close_house(&house);
}

static void an_account_may_be_without_registration(void **state)
{
	struct house house;
	struct belfry_account *alice;
	struct belfry_call *call;

	(void)state;
	open_house(&house, NULL);
	add(&house.bob, "sip:bob@a.test", "bob-pw");
	assert_int_equal(belfry_account_add(&alice, house.alice.agent,
					    &(struct belfry_account_options){
						    .address = "sip:alice@a.test",
						    .password = "alice-pw",
						    .has_no_registration = true,
						    .proxies = proxies }),
			 BELFRY_OK);
	house.bob.refuses = 486;
	run(&house, 1000);
	assert_told(&house.alice, "");
	assert_int_equal(
		belfry_call_dial(&call, house.alice.agent,
				 &(struct belfry_dial){ .account = alice, .to = "bob" }),
		BELFRY_OK);
	run(&house, 1000);
	assert_told(&house.alice, "ended:486");
	belfry_account_remove(alice);
	assert_told(&house.alice, "");
	run(&house, 100);
	assert_told(&house.alice, "removed");
	close_house(&house);
}

static void what_is_no_account_is_refused(void **state)
{
	static const char *const wrong[] = { "", "alice", "sip:a.test", "tel:+123",
					     "sip:al ice@a.test" };
	struct house house;
	struct belfry_account *account;

	(void)state;
	open_house(&house, NULL);
	for (unsigned i = 0; i < BEL_COUNT_OF(wrong); i++)
		assert_int_equal(belfry_account_add(&account, house.alice.agent,
						    &(struct belfry_account_options){
							    .address = wrong[i] }),
				 BELFRY_ERROR_SYNTAX);
	assert_true(bel_list_is_empty(&house.alice.agent->accounts));
	close_house(&house);
}

/* ---- messages ---- */

static void a_message_goes_by_the_server_and_is_answered(void **state)
{
	const struct belfry_agent_options options = { .has_messages = true };
	struct house house;
	struct belfry_account *alice;
	uint64_t number = 0;

	(void)state;
	open_house(&house, &options);
	alice = add(&house.alice, "sip:alice@a.test", "alice-pw");
	add(&house.bob, "sip:bob@a.test", "bob-pw");
	run(&house, 1000);
	assert_told(&house.alice, "registered:200");
	assert_told(&house.bob, "registered:200");
	house.bob.account = NULL;
	const struct belfry_message message = { .account = alice,
						.to = "bob",
						.text = "on my way" };
	assert_int_equal(belfry_message_send(&number, house.alice.agent, &message),
			 BELFRY_OK);
	assert_int_equal(number, 1);
	run(&house, 1000);
	assert_told(&house.bob, "message:sip:alice@a.test:on my way");
	assert_told(&house.alice, "reply:200");
	/* It came from its server. */
	assert_non_null(house.bob.account);
	house.bob.refuses_messages = 486;
	assert_int_equal(belfry_message_send(NULL, house.alice.agent, &message),
			 BELFRY_OK);
	run(&house, 1000);
	assert_told(&house.alice, "reply:486");
	close_house(&house);
}

static void messages_are_refused_by_who_does_not_want_them(void **state)
{
	struct house house;
	const struct belfry_message message = { .to = "sip:192.0.2.2", .text = "hello" };

	(void)state;
	open_house(&house, NULL);
	assert_int_equal(belfry_message_send(NULL, house.alice.agent, &message),
			 BELFRY_OK);
	run(&house, 1000);
	assert_told(&house.alice, "reply:405");
	assert_told(&house.bob, "");
	assert_int_equal(
		belfry_message_ask(NULL, house.alice.agent, NULL, "sip:192.0.2.2"),
		BELFRY_OK);
	run(&house, 1000);
	assert_told(&house.alice, "reply:200");
	assert_int_equal(
		belfry_message_ask(NULL, house.alice.agent, NULL, "sip:192.0.2.9"),
		BELFRY_OK);
	run(&house, 40 * 1000);
	assert_told(&house.alice, "reply");
	assert_int_equal(belfry_message_refuse(house.bob.agent, 486), BELFRY_ERROR_STATE);
	close_house(&house);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_account_registers_and_takes_it_back),
		cmocka_unit_test(a_wrong_password_is_refused_and_nobody_is_lost),
		cmocka_unit_test(accounts_call_each_other_by_their_server),
		cmocka_unit_test(an_account_may_be_without_registration),
		cmocka_unit_test(what_is_no_account_is_refused),
		cmocka_unit_test(a_message_goes_by_the_server_and_is_answered),
		cmocka_unit_test(messages_are_refused_by_who_does_not_want_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
